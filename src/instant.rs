//! Points in time, spans of time, time zones and calendar days.
//!
//! In: the text of a cell. Out: an [`Instant`], a whole number of milliseconds since 1970 in UTC.
//! Not here: the clock. "Now" is always an argument.

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

/// What a date in a text was: an instant, and whether it came without a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateRead {
    /// The instant; midnight where there was no time of day.
    pub instant: Instant,
    /// The local wall clock, where the date was given without a time of day.
    pub whole_day: Option<i64>,
}

impl DateRead {
    /// The last millisecond of the day, where the date was given without a time of day.
    pub fn end(self, zone: &Zone) -> Instant {
        self.whole_day.map_or(self.instant, |local| Instant(zone.instant(local + DAY_MS).0 - 1))
    }
}

/// Reads a date as a cell gives it: `format` (strftime) first where there is one, then ISO 8601,
/// then epoch seconds (10 digits) and milliseconds (13 digits). Times without an offset are in
/// `zone`. `text` is trimmed already.
pub fn parse_date(text: &str, format: Option<&str>, zone: &Zone) -> Option<DateRead> {
    format
        .and_then(|format| parse_formatted(text, format, zone))
        .or_else(|| parse_iso(text.as_bytes(), zone))
        .or_else(|| parse_epoch(text))
}

fn parse_epoch(text: &str) -> Option<DateRead> {
    let factor = match text.len() {
        10 => 1000,
        13 => 1,
        _ => return None,
    };
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let instant = Instant(text.parse::<i64>().ok()? * factor);
    Some(DateRead { instant, whole_day: None })
}

fn parse_formatted(text: &str, format: &str, zone: &Zone) -> Option<DateRead> {
    let parts = jiff::fmt::strtime::parse(format, text).ok()?;
    if let Ok(timestamp) = parts.to_timestamp() {
        return Some(DateRead { instant: Instant(timestamp.as_millisecond()), whole_day: None });
    }
    let date = parts.to_date().ok()?;
    let local = day_of_date(date.year().into(), date.month() as u32, date.day() as u32) * DAY_MS;
    if parts.hour().is_none() {
        return Some(DateRead { instant: zone.instant(local), whole_day: Some(local) });
    }
    let time = parts.to_time().ok()?;
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    let ms = seconds * 1000 + i64::from(time.subsec_nanosecond()) / 1_000_000;
    Some(DateRead { instant: zone.instant(local + ms), whole_day: None })
}

/// Reads digits and marks from the left.
struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn digits(&mut self, count: usize) -> Option<i64> {
        let (head, rest) = self.0.split_at_checked(count)?;
        let value = head
            .iter()
            .try_fold(0_i64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))?;
        self.0 = rest;
        Some(value)
    }

    fn mark(&mut self, mark: u8) -> Option<()> {
        let (&first, rest) = self.0.split_first()?;
        if first != mark {
            return None;
        }
        self.0 = rest;
        Some(())
    }
}

/// Reads times as nearly all programs write them: `2026-11-01T14:05:09`, parted by `T` or a space,
/// with `Z` or nothing behind it. Remembers the last date, as exports mostly are in order.
#[derive(Clone, Debug)]
pub struct Calendar {
    date: [u8; 10],
    /// The local wall clock at its midnight, in milliseconds.
    midnight: i64,
}

impl Default for Calendar {
    fn default() -> Calendar {
        Calendar { date: *b"1970-01-01", midnight: 0 }
    }
}

impl Calendar {
    /// The instant of a time; `None` for one that is written otherwise.
    #[inline]
    pub fn read(&mut self, bytes: &[u8], zone: &Zone) -> Option<Instant> {
        let (text, rest) = bytes.split_first_chunk::<19>()?;
        let is_utc = match rest {
            [] => false,
            [b'Z'] => true,
            _ => return None,
        };
        let date = text.first_chunk()?;
        if *date != self.date {
            (self.date, self.midnight) = (*date, midnight(date)?);
        }
        let [hour, _, _, minute, _, _, second, _] = pairs(*text.last_chunk()?, *b"00:00:00")?;
        if hour >= 24 || minute >= 60 || second >= 60 || !matches!(text[10], b'T' | b' ') {
            return None;
        }
        let seconds = (u32::from(hour) * 60 + u32::from(minute)) * 60 + u32::from(second);
        let local = self.midnight + i64::from(seconds) * 1000;
        Some(if is_utc { Instant(local) } else { zone.instant(local) })
    }
}

/// The local wall clock at midnight of `2026-11-01`, in milliseconds.
fn midnight(text: &[u8; 10]) -> Option<i64> {
    let [hundreds, _, years, _, _, month, ..] = pairs(*text.first_chunk()?, *b"0000-00-")?;
    let [tens, ones] = [text[8], text[9]].map(|digit| digit.wrapping_sub(b'0'));
    let date = tens.wrapping_mul(10).wrapping_add(ones);
    let year = i64::from(hundreds) * 100 + i64::from(years);
    let is_date = tens <= 9 && ones <= 9 && (1..=12).contains(&month) && date > 0;
    let exists = is_date && (date <= 28 || u32::from(date) <= days_in_month(year, month.into()));
    exists.then(|| day_of_date(year, month.into(), date.into()) * DAY_MS)
}

/// For each byte the number that its digit and the next one make, where the form has a `0`; `None`
/// where the text has no digit there, or another mark than the form.
#[inline]
fn pairs(text: [u8; 8], form: [u8; 8]) -> Option<[u8; 8]> {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // What carries a digit above nine, or a mark that is another, into the highest bit.
    let room = form.map(|mark| if mark == b'0' { 0x80 - 10 } else { 0x80 - 1 });
    let digits = u64::from_le_bytes(text) ^ u64::from_le_bytes(form);
    if (digits | digits.wrapping_add(u64::from_le_bytes(room))) & HIGH != 0 {
        return None;
    }
    Some((digits * 10 + (digits >> 8)).to_le_bytes())
}

fn parse_iso(bytes: &[u8], zone: &Zone) -> Option<DateRead> {
    let mut scan = Scan(bytes);
    let year = scan.digits(4)?;
    scan.mark(b'-')?;
    let month = scan.digits(2)? as u32;
    scan.mark(b'-')?;
    let date = scan.digits(2)? as u32;
    if !(1..=12).contains(&month) || date == 0 || date > days_in_month(year, month) {
        return None;
    }
    let local = day_of_date(year, month, date) * DAY_MS;
    if scan.0.is_empty() {
        return Some(DateRead { instant: zone.instant(local), whole_day: Some(local) });
    }
    scan.mark(b'T').or_else(|| scan.mark(b't')).or_else(|| scan.mark(b' '))?;
    let local = local + parse_time_of_day(&mut scan)?;
    let instant = match parse_offset(scan.0)? {
        Some(offset) => Instant(local - offset),
        None => zone.instant(local),
    };
    Some(DateRead { instant, whole_day: None })
}

fn parse_time_of_day(scan: &mut Scan<'_>) -> Option<i64> {
    let one_digit = scan.0.get(1) == Some(&b':');
    let hour = scan.digits(if one_digit { 1 } else { 2 })?;
    scan.mark(b':')?;
    let minute = scan.digits(2)?;
    let mut second = 0;
    let mut ms = 0;
    if scan.mark(b':').is_some() {
        second = scan.digits(2)?;
        if scan.mark(b'.').or_else(|| scan.mark(b',')).is_some() {
            let count = scan.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let kept = count.min(3);
            ms = scan.digits(kept)? * [0, 100, 10, 1][kept];
            if count == 0 {
                return None;
            }
            scan.0 = &scan.0[count - kept..];
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(((hour * 60 + minute) * 60 + second) * 1000 + ms)
}

/// `Some(None)`: no offset given; `None`: something unreadable stands there.
fn parse_offset(bytes: &[u8]) -> Option<Option<i64>> {
    let bytes = bytes.trim_ascii_start();
    let sign = match bytes {
        [] => return Some(None),
        [b'Z' | b'z'] => return Some(Some(0)),
        _ if bytes.eq_ignore_ascii_case(b"UTC") => return Some(Some(0)),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let mut scan = Scan(&bytes[1..]);
    let hours = scan.digits(2)?;
    let minutes = if scan.0.is_empty() {
        0
    } else {
        let _ = scan.mark(b':');
        scan.digits(2)?
    };
    let valid = scan.0.is_empty() && hours <= 23 && minutes <= 59;
    valid.then(|| Some(sign * (hours * 60 + minutes) * 60_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(text: &str, zone: &Zone) -> Option<String> {
        parse_date(text, None, zone).map(|read| read.instant.to_string())
    }

    #[test]
    fn every_form_of_a_date_is_read() {
        let utc = Zone::utc();
        for (text, read) in [
            ("2026-11-01", "2026-11-01T00:00:00Z"),
            ("2026-11-01T14:05", "2026-11-01T14:05:00Z"),
            ("2026-11-01 14:05:09.1239", "2026-11-01T14:05:09.123Z"),
            ("2026-11-01 3:15:52", "2026-11-01T03:15:52Z"),
            ("2026-11-01T14:05:09Z", "2026-11-01T14:05:09Z"),
            ("2026-11-01 14:05:09 UTC", "2026-11-01T14:05:09Z"),
            ("2026-11-01T14:05:09+01:00", "2026-11-01T13:05:09Z"),
            ("2026-11-01T14:05:09-0130", "2026-11-01T15:35:09Z"),
            ("2026-11-01T14:05+01", "2026-11-01T13:05:00Z"),
            ("1767225600", "2026-01-01T00:00:00Z"),
            ("1767225600123", "2026-01-01T00:00:00.123Z"),
        ] {
            assert_eq!(iso(text, &utc).as_deref(), Some(read), "{text}");
        }
        for text in [
            "11/01/2026",
            "2026-02-29",
            "2026-13-01",
            "2026-11-01T24:00",
            "2026-11-01T",
            "",
            "20261101",
            "2026-11-01T14:05+1",
        ] {
            assert_eq!(iso(text, &utc), None, "{text}");
        }
    }

    #[test]
    fn the_usual_form_is_read_like_every_other() {
        let (warsaw, mut calendar) = (Zone::named("Europe/Warsaw").unwrap(), Calendar::default());
        for year in ["1999", "2000", "2026", "2100", "0000", "20 6"] {
            for rest in ["-02-29T23:59:59", "-02-28 00:00:00", "-12-31T24:00:00", "-00-10T10:10:10", "-01-32T1O:00:00"]
            {
                for end in ["", "Z", "z", " ", "+01:00"] {
                    let text = format!("{year}{rest}{end}");
                    let usual = calendar.read(text.as_bytes(), &warsaw);
                    let read = parse_iso(text.as_bytes(), &warsaw).map(|read| read.instant);
                    assert!(usual.is_none() || usual == read, "{text}");
                }
            }
        }
        for text in ["2026-11-01T14:05:09Z", "2026-11-01 14:05:09", "1970-01-01 00:00:00"] {
            let read = parse_iso(text.as_bytes(), &warsaw).map(|read| read.instant);
            assert!(read.is_some());
            assert_eq!(calendar.read(text.as_bytes(), &warsaw), read, "{text}");
        }
    }

    #[test]
    fn an_hour_shown_twice_is_the_first_and_a_skipped_one_keeps_the_offset_before() {
        let warsaw = Zone::named("Europe/Warsaw").unwrap();
        assert_eq!(iso("2026-10-25 02:30", &warsaw).unwrap(), "2026-10-25T00:30:00Z");
        assert_eq!(iso("2026-10-25 03:00", &warsaw).unwrap(), "2026-10-25T02:00:00Z");
        assert_eq!(iso("2026-03-29 02:30", &warsaw).unwrap(), "2026-03-29T01:30:00Z");
        assert_eq!(iso("2026-03-29 03:30", &warsaw).unwrap(), "2026-03-29T01:30:00Z");
        assert_eq!(iso("1850-01-01 12:00", &warsaw).unwrap(), "1850-01-01T10:36:00Z");
    }

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

    #[test]
    fn a_format_is_tried_first_and_iso_after_it() {
        let warsaw = Zone::named("Europe/Warsaw").unwrap();
        let read = |text| parse_date(text, Some("%d.%m.%Y"), &warsaw).map(|read| read.instant.to_string());
        assert_eq!(read("24.12.2026").unwrap(), "2026-12-23T23:00:00Z");
        assert_eq!(read("2026-12-24").unwrap(), "2026-12-23T23:00:00Z");
        assert_eq!(read("12/24/2026"), None);
        let timed = parse_date("12/24/2026 9:30 PM", Some("%m/%d/%Y %I:%M %p"), &Zone::utc()).unwrap();
        assert_eq!(timed.instant.to_string(), "2026-12-24T21:30:00Z");
    }

    #[test]
    fn the_end_of_a_day_is_its_last_millisecond_by_the_local_clock() {
        let warsaw = Zone::named("Europe/Warsaw").unwrap();
        let day = parse_date("2026-10-25", None, &warsaw).unwrap();
        assert_eq!(day.end(&warsaw).0 - day.instant.0 + 1, 25 * 3_600_000);
    }
}
