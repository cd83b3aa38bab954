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
        .or_else(|| Some(DateRead { instant: read_epoch(text.as_bytes())?, whole_day: None }))
}

/// Epoch seconds (10 digits) and milliseconds (13 digits).
fn read_epoch(bytes: &[u8]) -> Option<Instant> {
    let factor = match bytes.len() {
        10 => 1000,
        13 => 1,
        _ => return None,
    };
    Some(Instant(Scan(bytes).digits(bytes.len())? * factor))
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

/// Reads times as nearly all programs write them: `2026-11-01`, perhaps with `T` or a space and `14:05` or
/// `14:05:09.123`, perhaps with an offset; or epoch seconds and milliseconds; or by a format of numbers that are as
/// long as they can be. Remembers the last date, as exports mostly are in order.
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
    /// The instant of a time, by a strftime format where there is one; `None` for one that is written otherwise.
    #[inline(always)]
    pub fn read(&mut self, bytes: &[u8], format: Option<&str>, zone: &Zone) -> Option<Instant> {
        // Most are of the date before, and end with their seconds.
        if let Some((text, rest @ ([] | [b'Z']))) = bytes.split_first_chunk::<19>()
            && text.first_chunk() == Some(&self.date)
            && matches!(text[10], b'T' | b' ')
            && format.is_none()
            && let Some(time) = clock(*text.last_chunk()?)
        {
            let local = self.midnight + time;
            return Some(if rest.is_empty() { zone.instant(local) } else { Instant(local) });
        }
        self.read_any(bytes, format, zone)
    }

    #[inline(never)]
    fn read_any(&mut self, bytes: &[u8], format: Option<&str>, zone: &Zone) -> Option<Instant> {
        if let Some(format) = format {
            return Some(zone.instant(self.layout(format)?.read(bytes)?));
        }
        let (date, time) = bytes.split_first_chunk::<10>()?;
        if *date != self.date {
            if date[4] != b'-' {
                return read_epoch(bytes);
            }
            (self.date, self.midnight) = (*date, midnight(date)?);
        }
        let (time, offset) = match time {
            [] => (0, time),
            [b'T' | b' ', time @ ..] => time_of_day(time)?,
            _ => return None,
        };
        let local = self.midnight + time;
        let offset = match offset {
            [] => None,
            [b'Z'] => Some(0),
            _ => parse_offset(offset)?,
        };
        Some(offset.map_or_else(|| zone.instant(local), |offset| Instant(local - offset)))
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
    /// Where year, month, day, hour, minute and second begin; of the last three, the first ones may be there alone.
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
        let number = |part: usize| {
            let start = self.places[part]?;
            let digits = &text[start..start + digits_of(part)];
            Some(digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
        };
        let (year, month, day) = (number(0)?, number(1)? as u32, number(2)? as u32);
        let [hour, minute, second] = [3, 4, 5].map(|part| number(part).unwrap_or(0));
        let exists = year > 0 && (1..=12).contains(&month) && day > 0 && day <= days_in_month(year, month);
        if !exists || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        Some(day_of_date(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000)
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
    let (time, has_seconds, rest) = match bytes.split_first_chunk() {
        Some((time, rest)) if time[5] == b':' => (*time, true, rest),
        _ => {
            let (&[h, hh, mark, m, mm], rest) = bytes.split_first_chunk()?;
            ([h, hh, mark, m, mm, b':', b'0', b'0'], false, rest)
        }
    };
    let time = clock(time)?;
    let fraction = match rest {
        [b'.', fraction @ ..] if has_seconds => fraction,
        _ => return Some((time, rest)),
    };
    let count = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digit = |at: usize| fraction[..count].get(at).map_or(0, |digit| u32::from(digit - b'0'));
    let ms = digit(0) * 100 + digit(1) * 10 + digit(2);
    (count > 0).then(|| (time + i64::from(ms), &fraction[count..]))
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

/// The milliseconds of `14:05:09`.
#[inline(always)]
fn clock(time: [u8; 8]) -> Option<i64> {
    let [hour, _, _, minute, _, _, second, _] = pairs(time, *b"00:00:00")?;
    let seconds = (u32::from(hour) * 60 + u32::from(minute)) * 60 + u32::from(second);
    (hour < 24 && minute < 60 && second < 60).then_some(i64::from(seconds) * 1000)
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
            for date in ["-02-29", "-02-28", "-12-31", "-00-10", "-01-32", "-1O-01"] {
                for time in ["", "T", "T23:59:59", " 00:00", "T24:00:00", " 7:05", "t10:10", "T1O:00:00", "x10:10"] {
                    for fraction in ["", ".", ".5", ".1239", ",123", ".12x"] {
                        for end in ["", "Z", "z", " ", " UTC", "+01:00", "-0130", "+01", "+1", "x"] {
                            let text = format!("{year}{date}{time}{fraction}{end}");
                            let usual = calendar.read(text.as_bytes(), None, &warsaw);
                            let read = parse_iso(text.as_bytes(), &warsaw).map(|read| read.instant);
                            assert!(usual.is_none() || usual == read, "{text}");
                        }
                    }
                }
            }
        }
        for text in [
            "2026-11-01T14:05:09Z",
            "2026-11-01 14:05:09",
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
        for (text, format) in [("24.12.2026", "%d.%m.%Y"), ("29/02/2024 07:05", "%d/%m/%Y %H:%M")] {
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
