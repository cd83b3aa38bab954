//! Points in time, spans of time, time zones and calendar days.
//!
//! In: the text of a cell (`reading`). Out: an [`Instant`], a whole number of milliseconds since 1970 in
//! UTC. Not here: the clock. "Now" is always an argument.

mod reading;

pub use reading::{Calendar, DateRead, parse_date};

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use std::fmt;

/// Milliseconds in a day of 24 hours.
pub const DAY_MS: i64 = 86_400_000;

/// Milliseconds since 1970-01-01T00:00:00Z; finer parts are cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

impl Instant {
    /// How long ago `earlier` was, in days of 24 hours, as a 64-bit float (rule reference, §4).
    pub fn days_since(self, earlier: Instant) -> f64 {
        (self.0 - earlier.0) as f64 / DAY_MS as f64
    }
}

/// ISO 8601 in UTC, milliseconds only where there are any.
impl fmt::Display for Instant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, ms) = (self.0.div_euclid(DAY_MS), self.0.rem_euclid(DAY_MS));
        let (year, month, date) = date_of_day(day);
        let (seconds, ms) = (ms / 1000, ms % 1000);
        write!(out, "{year:04}-{month:02}-{date:02}T")?;
        write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if ms != 0 {
            write!(out, ".{ms:03}")?;
        }
        out.write_str("Z")
    }
}

/// A length of time in milliseconds, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub i64);

impl Span {
    /// The length in days of 24 hours.
    pub fn days(self) -> f64 {
        self.0 as f64 / DAY_MS as f64
    }
}

/// As a rule file says it: `30d`, `12h`, `0.5h`.
impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % DAY_MS == 0 {
            write!(out, "{}d", self.0 / DAY_MS)
        } else {
            write!(out, "{}h", self.0 as f64 / 3_600_000.0)
        }
    }
}

/// A time zone, with its changes of the clock laid out so that no row asks a library.
#[derive(Clone, Debug)]
pub struct Zone {
    zone: TimeZone,
    name: String,
    /// From this UTC instant on, this offset; both in milliseconds.
    by_utc: Vec<(i64, i64)>,
    /// From this local wall clock on, this offset: one that the clocks show twice is read as the
    /// first, one that they skip with the offset before the change (rule reference, §2).
    by_local: Vec<(i64, i64)>,
}

/// The years for which a zone's changes are laid out; outside them the library is asked.
const LAID_OUT: std::ops::Range<i16> = 1900..2200;

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Zone {
        Zone::lay_out(TimeZone::UTC, "UTC")
    }

    /// A zone of the IANA database, such as `Europe/Warsaw`.
    pub fn named(name: &str) -> Option<Zone> {
        Some(Zone::lay_out(TimeZone::get(name).ok()?, name))
    }

    fn lay_out(zone: TimeZone, name: &str) -> Zone {
        let new_year =
            |year| Timestamp::from_millisecond(day_of_date(year, 1, 1) * DAY_MS).unwrap_or(Timestamp::UNIX_EPOCH);
        let offset_ms = |offset: jiff::tz::Offset| i64::from(offset.seconds()) * 1000;
        let (start, end) = (new_year(LAID_OUT.start.into()), new_year(LAID_OUT.end.into()));
        let mut offset = offset_ms(zone.to_offset(start));
        let mut by_utc = vec![(start.as_millisecond(), offset)];
        let mut by_local = vec![(start.as_millisecond() + offset, offset)];
        for change in zone.following(start).take_while(|change| change.timestamp() < end) {
            let (at, next) = (change.timestamp().as_millisecond(), offset_ms(change.offset()));
            by_utc.push((at, next));
            by_local.push((at + offset.max(next), next));
            offset = next;
        }
        Zone { zone, name: name.to_owned(), by_utc, by_local }
    }

    /// The name it was asked for by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The local wall clock at an instant, in milliseconds since local 1970-01-01.
    pub fn local(&self, instant: Instant) -> i64 {
        let offset = Self::offset_in(&self.by_utc, instant.0).unwrap_or_else(|| {
            Timestamp::from_millisecond(instant.0).map_or(0, |t| i64::from(self.zone.to_offset(t).seconds()) * 1000)
        });
        instant.0 + offset
    }

    /// The instant at which the local wall clock shows `local`.
    pub fn instant(&self, local: i64) -> Instant {
        let offset = Self::offset_in(&self.by_local, local);
        Instant(offset.map_or_else(|| self.instant_by_library(local), |offset| local - offset))
    }

    /// The calendar day of an instant, in days since 1970-01-01.
    pub fn day(&self, instant: Instant) -> i64 {
        self.local(instant).div_euclid(DAY_MS)
    }

    fn offset_in(table: &[(i64, i64)], time: i64) -> Option<i64> {
        if let [(_, only)] = table {
            return Some(*only);
        }
        let laid_out = table[0].0 <= time && time < day_of_date(LAID_OUT.end.into(), 1, 1) * DAY_MS - 2 * DAY_MS;
        laid_out.then(|| table[table.partition_point(|&(from, _)| from <= time) - 1].1)
    }

    fn instant_by_library(&self, local: i64) -> i64 {
        let (year, month, date) = date_of_day(local.div_euclid(DAY_MS));
        let ms = local.rem_euclid(DAY_MS);
        let read = || {
            let date = civil::Date::new(i16::try_from(year).ok()?, month as i8, date as i8).ok()?;
            let hours = (ms / 3_600_000) as i8;
            let clock =
                date.at(hours, (ms / 60_000 % 60) as i8, (ms / 1000 % 60) as i8, (ms % 1000) as i32 * 1_000_000);
            Some(self.zone.to_ambiguous_timestamp(clock).compatible().ok()?.as_millisecond())
        };
        read().unwrap_or(local)
    }
}

/// The week of a day, counted so that a week begins on Monday.
pub fn week_of_day(day: i64) -> i64 {
    (day + 3).div_euclid(7)
}

/// The month of a day, in months since year 0.
pub fn month_of_day(day: i64) -> i64 {
    let (year, month, _) = date_of_day(day);
    year * 12 + i64::from(month) - 1
}

/// Year, month and day of the month of a day since 1970-01-01 (proleptic Gregorian).
pub fn date_of_day(day: i64) -> (i64, u32, u32) {
    // Counted in eras of 400 years from the 1st of March of year 0, so that a leap day ends a year.
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let date = (day_of_year - (153 * from_march + 2) / 5 + 1) as u32;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, date)
}

/// Days since 1970-01-01 of a date that exists.
#[inline]
pub fn day_of_date(year: i64, month: u32, date: u32) -> i64 {
    // Years from the 1st of March on, so that a leap day ends one.
    let year = year - i64::from(month <= 2);
    let from_march = i64::from(if month > 2 { month - 3 } else { month + 9 });
    let leap_days = (year >> 2) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + (153 * from_march + 2) / 5 + i64::from(date) - 719_469
}

fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_weeks_and_months_are_of_the_local_calendar() {
        let warsaw = Zone::named("Europe/Warsaw").unwrap();
        let late = parse_date("2026-06-30T22:30:00Z", None, &warsaw).unwrap().instant;
        assert_eq!(date_of_day(warsaw.day(late)), (2026, 7, 1));
        let monday = day_of_date(2026, 11, 23);
        assert_eq!(week_of_day(monday), week_of_day(monday + 6));
        assert_eq!(week_of_day(monday) - 1, week_of_day(monday - 1));
        assert_eq!(month_of_day(day_of_date(1969, 12, 31)) + 1, month_of_day(0));
        for day in (-800_000..800_000).step_by(97) {
            let (year, month, date) = date_of_day(day);
            assert_eq!(day_of_date(year, month, date), day);
        }
    }
}
