//! Dates and times as texts write them.
//!
//! In: the text of a cell, trimmed, and the zone of times without an offset. Out: instants, or nothing
//! where it cannot be read (rule reference, §2). Not here: which cells.

use super::{DAY_MS, Instant, Zone, day_of_date, days_in_month};

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
