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
        .or_else(|| parse_iso(text.as_bytes(), zone, midnight))
        .or_else(|| Some(DateRead { instant: read_epoch(text.as_bytes())?, whole_day: None }))
}

/// Epoch seconds (10 digits) and milliseconds (13 digits).
fn read_epoch(bytes: &[u8]) -> Option<Instant> {
    let factor = match bytes.len() {
        10 => 1000,
        13 => 1,
        _ => return None,
    };
    Some(Instant(number(bytes)? * factor))
}

/// The number that some digits make; `None` where one is none.
fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
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

/// Reads the same, many one after the other: remembers the last date, as exports mostly are in order, and where a
/// format has its parts. Of formats it reads only those of numbers that are as long as they can be.
#[derive(Clone, Debug)]
pub struct Calendar {
    date: [u8; 10],
    /// The local wall clock at its midnight, in milliseconds.
    midnight: i64,
    /// The formats that were asked for, and what they say where each part of a date is.
    layouts: Vec<(String, Option<Layout>)>,
}

impl Default for Calendar {
    fn default() -> Calendar {
        Calendar { date: *b"1970-01-01", midnight: 0, layouts: Vec::new() }
    }
}

impl Calendar {
    /// The instant of a time, by a strftime format where there is one and then by no other; `None` for one that
    /// is written otherwise.
    #[inline(always)]
    pub fn read(&mut self, bytes: &[u8], format: Option<&str>, zone: &Zone) -> Option<Instant> {
        // Most are of the date before, and end with their seconds.
        if let Some((text, rest @ ([] | [b'Z']))) = bytes.split_first_chunk::<19>()
            && text.first_chunk() == Some(&self.date)
            && matches!(text[10], b'T' | b' ')
            && format.is_none()
            && let Some(time) = clock_of(*text.last_chunk()?)
        {
            let local = self.midnight + time;
            return Some(if rest.is_empty() { zone.instant(local) } else { Instant(local) });
        }
        self.read_any(bytes, format, zone)
    }

    /// The date that was read last, as it is written, and the local wall clock at its midnight in milliseconds.
    pub fn last_date(&self) -> ([u8; 10], i64) {
        (self.date, self.midnight)
    }

    #[inline(never)]
    fn read_any(&mut self, bytes: &[u8], format: Option<&str>, zone: &Zone) -> Option<Instant> {
        if let Some(format) = format {
            return Some(zone.instant(self.layout(format)?.read(bytes)?));
        }
        if bytes.get(4) != Some(&b'-') {
            return read_epoch(bytes);
        }
        let midnight = |date: &[u8; 10]| {
            if *date != self.date {
                (self.date, self.midnight) = (*date, midnight(date)?);
            }
            Some(self.midnight)
        };
        Some(parse_iso(bytes, zone, midnight)?.instant)
    }

    fn layout(&mut self, format: &str) -> Option<&Layout> {
        let known = self.layouts.iter().position(|(known, _)| known == format);
        let at = known.unwrap_or_else(|| {
            self.layouts.push((format.to_owned(), Layout::of(format)));
            self.layouts.len() - 1
        });
        self.layouts[at].1.as_ref()
    }
}

/// Where the parts of a date are in texts of one format, if all of them are as long.
#[derive(Clone, Debug)]
struct Layout {
    /// A text of this format, with `0` for all digits.
    form: Vec<u8>,
    /// Where year, month, day, hour, minute and second begin. A minute comes with its hour, and a second with its
    /// minute: to all others jiff gives a meaning.
    places: [Option<usize>; 6],
}

impl Layout {
    /// Of a strftime format; `None` where it has other parts, texts of it may be of several lengths, or do not begin
    /// with a digit.
    fn of(format: &str) -> Option<Layout> {
        let (mut form, mut places) = (Vec::new(), [None; 6]);
        let mut bytes = format.bytes();
        while let Some(byte) = bytes.next() {
            if byte == b'%' {
                let directive = bytes.next()?;
                let part = PARTS.iter().position(|&part| part == directive)?;
                if places[part].replace(form.len()).is_some() {
                    return None;
                }
                form.resize(form.len() + digits_of(part), b'0');
            } else if matches!(byte, b' '..=b'~') && !byte.is_ascii_digit() {
                form.push(byte);
            } else {
                return None;
            }
        }
        let [year, month, day, times @ ..] = &places;
        let has_date = year.and(*month).and(*day).is_some();
        let is_usual = has_date && times.is_sorted_by_key(Option::is_none) && form.first() == Some(&b'0');
        is_usual.then_some(Layout { form, places })
    }

    /// The local wall clock of a text, in milliseconds; `None` where it has not just this form, or there is no such
    /// time.
    fn read(&self, text: &[u8]) -> Option<i64> {
        let fits = |(byte, mark): (&u8, &u8)| if *mark == b'0' { byte.is_ascii_digit() } else { byte == mark };
        if text.len() != self.form.len() || !text.iter().zip(&self.form).all(fits) {
            return None;
        }
        let part = |part: usize| {
            let start = self.places[part]?;
            number(&text[start..start + digits_of(part)])
        };
        let [hour, minute, second] = [3, 4, 5].map(|time| part(time).unwrap_or(0));
        let year = part(0).filter(|&year| year > 0)?;
        Some(wall_clock(year, part(1)?, part(2)?)? + clock(hour, minute, second)?)
    }
}

/// The directives of strftime that stand for year, month, day, hour, minute and second.
const PARTS: [u8; 6] = *b"YmdHMS";

/// How many digits such a part has.
fn digits_of(part: usize) -> usize {
    if part == 0 { 4 } else { 2 }
}

/// The milliseconds of `14:05` or `14:05:09.123`, and what stands behind it.
#[inline(always)]
fn time_of_day(bytes: &[u8]) -> Option<(i64, &[u8])> {
    // An hour of one digit lacks the first byte.
    let start = usize::from(bytes.get(1) == Some(&b':'));
    let has_seconds = bytes.get(5 - start) == Some(&b':');
    let end = if has_seconds { 8 } else { 5 };
    let (text, rest) = bytes.split_at_checked(end - start)?;
    let mut time = *b"00:00:00";
    time[start..end].copy_from_slice(text);
    let time = clock_of(time)?;
    let fraction = match rest {
        [b'.' | b',', fraction @ ..] if has_seconds => fraction,
        _ => return Some((time, rest)),
    };
    let count = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digit = |at: usize| fraction[..count].get(at).map_or(0, |digit| i64::from(digit - b'0'));
    (count > 0).then(|| (time + digit(0) * 100 + digit(1) * 10 + digit(2), &fraction[count..]))
}

/// The local wall clock at midnight of `2026-11-01`, in milliseconds.
fn midnight(text: &[u8; 10]) -> Option<i64> {
    let [hundreds, _, years, _, _, month, ..] = pairs(*text.first_chunk()?, *b"0000-00-")?;
    let [tens, ones] = [text[8], text[9]].map(|digit| digit.wrapping_sub(b'0'));
    let year = i64::from(hundreds) * 100 + i64::from(years);
    if tens > 9 || ones > 9 {
        return None;
    }
    wall_clock(year, month.into(), (tens * 10 + ones).into())
}

/// The same of a date; `None` where there is no such one.
#[inline]
fn wall_clock(year: i64, month: i64, date: i64) -> Option<i64> {
    // Nearly always the day is one that every month has.
    let exists =
        (1..=12).contains(&month) && date > 0 && (date <= 28 || date <= days_in_month(year, month as u32).into());
    exists.then(|| day_of_date(year, month as u32, date as u32) * DAY_MS)
}

/// The milliseconds of `14:05:09`.
#[inline(always)]
fn clock_of(time: [u8; 8]) -> Option<i64> {
    let [hour, _, _, minute, _, _, second, _] = pairs(time, *b"00:00:00")?;
    clock(hour.into(), minute.into(), second.into())
}

/// The milliseconds of a time of day; `None` where there is no such one.
#[inline(always)]
fn clock(hour: i64, minute: i64, second: i64) -> Option<i64> {
    (hour < 24 && minute < 60 && second < 60).then_some(((hour * 60 + minute) * 60 + second) * 1000)
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

/// Reads `2026-11-01`, perhaps with a time of day and an offset; `midnight` gives the local wall clock at the midnight
/// of a date.
#[inline(always)]
fn parse_iso(bytes: &[u8], zone: &Zone, midnight: impl FnOnce(&[u8; 10]) -> Option<i64>) -> Option<DateRead> {
    let (date, time) = bytes.split_first_chunk()?;
    let midnight = midnight(date)?;
    let (time, offset) = match time {
        [] => return Some(DateRead { instant: zone.instant(midnight), whole_day: Some(midnight) }),
        [b'T' | b't' | b' ', time @ ..] => time_of_day(time)?,
        _ => return None,
    };
    let local = midnight + time;
    let instant = match parse_offset(offset)? {
        Some(offset) => Instant(local - offset),
        None => zone.instant(local),
    };
    Some(DateRead { instant, whole_day: None })
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
    let (hours, rest) = bytes[1..].split_at_checked(2)?;
    let minutes = match rest.strip_prefix(b":").unwrap_or(rest) {
        [] if rest.is_empty() => 0,
        minutes @ [_, _] => number(minutes)?,
        _ => return None,
    };
    let hours = number(hours)?;
    (hours <= 23 && minutes <= 59).then(|| Some(sign * (hours * 60 + minutes) * 60_000))
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
            ("2026-11-01t7:05", "2026-11-01T07:05:00Z"),
            ("2026-11-01 7:05:09,5 +00:30", "2026-11-01T06:35:09.500Z"),
            ("2024-02-29 23:59:59.07z", "2024-02-29T23:59:59.070Z"),
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
            "2026-11-01T14:05+01:",
            "2026-11-01T14:05+01:0x",
            "2026-11-01T14:05+24",
            "2026-11-01T14:05.5",
            "2026-11-01T14:05:9",
            "2026-11-01T14:05:09.",
            "2026-11-01T14:60",
            "2026-11-01T1:5",
            "2026-11-01x14:05",
            "2026-11-31",
            "1767225x00",
        ] {
            assert_eq!(iso(text, &utc), None, "{text}");
        }
    }

    #[test]
    fn the_usual_form_is_read_like_every_other() {
        let (warsaw, mut calendar) = (Zone::named("Europe/Warsaw").unwrap(), Calendar::default());
        for year in ["1999", "2000", "2026", "2100", "0000", "20 6"] {
            for date in ["-02-29", "-02-28", "-12-31", "-00-10", "-01-32", "-1O-01"] {
                for time in ["", "T", "T23:59:59", " 00:00", "T24:00:00", " 7:05", "t10:10", "T1O:00:00", "x10:10"] {
                    for fraction in ["", ".", ".5", ".1239", ",123", ".12x"] {
                        for end in ["", "Z", "z", " ", " UTC", "+01:00", "-0130", "+01", "+1", "x"] {
                            let text = format!("{year}{date}{time}{fraction}{end}");
                            let usual = calendar.read(text.as_bytes(), None, &warsaw);
                            let read = parse_iso(text.as_bytes(), &warsaw, midnight).map(|read| read.instant);
                            assert!(usual.is_none() || usual == read, "{text}");
                        }
                    }
                }
            }
        }
        for text in [
            "2026-11-01T14:05:09Z",
            "2026-11-01 14:05:10Z",
            "2026-11-01T14:05:11",
            "1970-01-01 00:00:00",
            "2026-11-01",
            "2026-11-01 14:05",
            "2026-11-01T14:05:09.120+0000",
            "2026-11-01T14:05:09.123456+01:00",
            "2026-11-01 14:05 UTC",
            "1767225600",
            "1767225600123",
        ] {
            let read = parse_date(text, None, &warsaw).map(|read| read.instant);
            assert!(read.is_some());
            assert_eq!(calendar.read(text.as_bytes(), None, &warsaw), read, "{text}");
        }
        for text in ["176722560", "17672256001", "1767-25600", "1767225x00"] {
            assert_eq!(calendar.read(text.as_bytes(), None, &warsaw), None, "{text}");
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
    fn a_format_of_numbers_alone_is_read_like_every_other() {
        let (warsaw, mut calendar) = (Zone::named("Europe/Warsaw").unwrap(), Calendar::default());
        let formats =
            ["%d.%m.%Y", "%d/%m/%Y %H:%M", "%Y%m%d%H%M%S", "%Y-%m-%d at %H h", "%m/%d/%Y %M", "%d.%m.%Y %S:%H:%M"];
        let numbers = ["24.12.2026", "29/02/2024 07:05", "29/02/2023 07:05", "20261224235960", "20261224235959"];
        let others = ["00/00/0000 00:00", "2026-12-24 at 24 h", "2026-12-24 at 23 h", "12/24/2026 59", " 4.12.2026"];
        for text in numbers.into_iter().chain(others).chain(["24.12.2026 59:23:01", "24.12.-026", "", "24.12.20261"]) {
            for format in formats {
                let usual = calendar.read(text.as_bytes(), Some(format), &warsaw);
                let read = parse_formatted(text, format, &warsaw).map(|read| read.instant);
                assert!(usual.is_none() || usual == read, "{text} by {format}: {usual:?}, {read:?}");
            }
        }
        for (text, format) in [
            ("24.12.2026", "%d.%m.%Y"),
            ("29/02/2024 07:05", "%d/%m/%Y %H:%M"),
            ("20261224235959", "%Y%m%d%H%M%S"),
            ("2026-12-24 at 23 h", "%Y-%m-%d at %H h"),
            ("24.12.2026 59:23:01", "%d.%m.%Y %S:%H:%M"),
        ] {
            let read = parse_formatted(text, format, &warsaw).map(|read| read.instant);
            assert!(read.is_some() && calendar.read(text.as_bytes(), Some(format), &warsaw) == read, "{text}");
        }
        for format in
            ["%d.%m.%y", "%e.%m.%Y", "%d.%m.%Y %M", "%m.%Y", "%d.%m.%Y 0%H", "%d%d.%m.%Y", "%d.%m.%Y %", " %d.%m.%Y"]
        {
            assert!(Layout::of(format).is_none(), "{format}");
        }
    }

    #[test]
    fn the_end_of_a_day_is_its_last_millisecond_by_the_local_clock() {
        let warsaw = Zone::named("Europe/Warsaw").unwrap();
        let day = parse_date("2026-10-25", None, &warsaw).unwrap();
        assert_eq!(day.end(&warsaw).0 - day.instant.0 + 1, 25 * 3_600_000);
    }
}
