//! Values and how a test reads them (the rule reference, §2): as text, number, date or boolean.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{Offset, TimeZone};
use regex::Regex;

use super::decimal::Dec;

/// What a section and a field say about the reading of a cell.
#[derive(Clone, Debug)]
pub struct How {
    pub comma: bool,
    pub format: Option<String>,
    pub separator: Option<String>,
    pub zone: TimeZone,
}

#[derive(Clone, Debug)]
pub enum Item {
    Text(String, How),
    Number(Dec),
    Date(i64, TimeZone),
}

/// Nothing is a missing value, several items are a multi-select.
pub type Value = Vec<Item>;

/// What "compared as text" compares.
pub fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

impl Item {
    pub fn text(&self) -> String {
        match self {
            Item::Text(text, _) => text.trim().to_string(),
            Item::Number(number) => number.to_string(),
            Item::Date(at, _) => iso(*at),
        }
    }

    pub fn folded(&self) -> String {
        folded(&self.text())
    }

    pub fn number(&self) -> Option<Dec> {
        match self {
            Item::Text(text, how) => number(text, how.comma),
            Item::Number(number) => Some(*number),
            Item::Date(..) => None,
        }
    }

    pub fn date(&self) -> Option<i64> {
        match self {
            Item::Text(text, how) => date(text, how.format.as_deref(), &how.zone),
            Item::Number(_) => None,
            Item::Date(at, _) => Some(*at),
        }
    }

    pub fn boolean(&self) -> Option<bool> {
        match self.folded().as_str() {
            "true" | "yes" | "y" | "t" | "1" | "on" | "tak" | "так" => Some(true),
            "false" | "no" | "n" | "f" | "0" | "off" | "nie" | "ні" => Some(false),
            _ => None,
        }
    }

    /// A date of the rule file, in the timezone of this value.
    pub fn literal_date(&self, literal: &str) -> Option<i64> {
        match self {
            Item::Text(_, how) => date(literal, how.format.as_deref(), &how.zone),
            Item::Number(_) => None,
            Item::Date(_, zone) => date(literal, None, zone),
        }
    }

    pub fn zone(&self) -> TimeZone {
        match self {
            Item::Text(_, how) => how.zone.clone(),
            Item::Date(_, zone) => zone.clone(),
            Item::Number(_) => TimeZone::UTC,
        }
    }
}

const MARKS: [&str; 12] = ["€", "$", "£", "zł", "₴", "usd", "eur", "pln", "gbp", "uah", "chf", "%"];

pub fn number(text: &str, comma: bool) -> Option<Dec> {
    let lower = text.trim().to_lowercase();
    let mut bare = lower.as_str();
    for mark in MARKS {
        if let Some(rest) = bare.strip_prefix(mark).or_else(|| bare.strip_suffix(mark)) {
            bare = rest.trim();
            break;
        }
    }
    let (point, group) = if comma { (",", r"\.") } else { (r"\.", ",") };
    let grouped: Vec<String> = [" ", "\u{a0}", "\u{202f}", "'", group]
        .iter()
        .map(|mark| format!(r"[1-9]\d{{0,2}}(?:{mark}\d{{3}})+"))
        .collect();
    let pattern = format!(
        r"^(?<sign>[+-]?)(?<whole>[0-9]*|{})(?:{point}(?<fraction>[0-9]*))?(?<exponent>e[+-]?[0-9]+)?$",
        grouped.join("|").replace(r"\d", "[0-9]")
    );
    let parts = Regex::new(&pattern).expect("a fixed pattern").captures(bare)?;
    let part = |name| parts.name(name).map_or("", |found| found.as_str());
    let whole: String = part("whole").chars().filter(char::is_ascii_digit).collect();
    Dec::plain(&format!("{}{whole}.{}{}", part("sign"), part("fraction"), part("exponent")))
}

pub fn date(text: &str, format: Option<&str>, zone: &TimeZone) -> Option<i64> {
    let text = text.trim();
    format.and_then(|format| formatted(text, format, zone)).or_else(|| standard(text, zone))
}

fn formatted(text: &str, format: &str, zone: &TimeZone) -> Option<i64> {
    let parts = BrokenDownTime::parse(format, text).ok()?;
    let time = parts.to_time().unwrap_or(Time::midnight());
    let clock = DateTime::from_parts(parts.to_date().ok()?, time);
    instant(clock, parts.offset(), zone)
}

fn standard(text: &str, zone: &TimeZone) -> Option<i64> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return match text.len() {
            10 => text.parse::<i64>().ok().map(|seconds| seconds * 1000),
            13 => text.parse().ok(),
            _ => None,
        };
    }
    let pattern = r"(?x)^ ([0-9]{4})-([0-9]{2})-([0-9]{2})
        (?: [T\ ] ([0-9]{1,2}):([0-9]{2}) (?: :([0-9]{2}) (?: \.([0-9]+) )? )?
            ( Z | \ UTC | [+-][0-9]{2}(?: :?[0-9]{2} )? )?
        )? $";
    let parts = Regex::new(pattern).expect("a fixed pattern").captures(text)?;
    let part = |index: usize| parts.get(index).map_or("0", |found| found.as_str());
    let day = Date::new(part(1).parse().ok()?, part(2).parse().ok()?, part(3).parse().ok()?);
    // What is finer than a millisecond is cut off.
    let millis: i32 = format!("{:0<3}", part(7))[..3].parse().ok()?;
    let time = Time::new(part(4).parse().ok()?, part(5).parse().ok()?, part(6).parse().ok()?, millis * 1_000_000);
    let offset = match parts.get(8).map(|found| found.as_str()) {
        None => None,
        Some("Z" | " UTC") => Some(Offset::UTC),
        Some(text) => {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            let padded = format!("{digits:0<4}");
            let minutes = padded[..2].parse::<i32>().ok()? * 60 + padded[2..].parse::<i32>().ok()?;
            let sign = if text.starts_with('-') { -1 } else { 1 };
            Some(Offset::from_seconds(sign * minutes * 60).ok()?)
        }
    };
    instant(DateTime::from_parts(day.ok()?, time.ok()?), offset, zone)
}

/// Jiff's "compatible" is the reference's rule: the first of two, the offset before a gap.
fn instant(clock: DateTime, offset: Option<Offset>, zone: &TimeZone) -> Option<i64> {
    let at = match offset {
        Some(offset) => offset.to_timestamp(clock).ok()?,
        None => zone.to_ambiguous_timestamp(clock).compatible().ok()?,
    };
    Some(at.as_nanosecond().div_euclid(1_000_000) as i64)
}

/// The upper end of a `between`: a date without a time means the end of that day.
pub fn upper_end(literal: &str, zone: &TimeZone) -> Option<i64> {
    let day_alone = Regex::new(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$").expect("a fixed pattern");
    if !day_alone.is_match(literal.trim()) {
        return date(literal, None, zone);
    }
    let next = literal.trim().parse::<Date>().ok()?.tomorrow().ok()?;
    Some(instant(next.at(0, 0, 0, 0), None, zone)? - 1)
}

/// The calendar day of an instant.
pub fn day(at: i64, zone: &TimeZone) -> Date {
    zone.to_datetime(jiff::Timestamp::from_millisecond(at).expect("a year that jiff knows")).date()
}

pub fn iso(at: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at).expect("a year that jiff knows");
    let finer = if at.subsec_millisecond() == 0 { "" } else { ".%3f" };
    at.strftime(&format!("%Y-%m-%dT%H:%M:%S{finer}Z")).to_string()
}

/// `30d`, `1.5h`, `2w` in milliseconds.
pub fn duration(text: &str) -> i64 {
    let (number, unit) = text.trim().split_at(text.trim().len() - 1);
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 7 * 24,
        other => panic!("no unit of time: {other}"),
    };
    let number = Dec::plain(number).expect("a duration is a number and a unit");
    let millis = number.times(Dec::whole(hours * 3_600_000));
    millis.to_string().parse().expect("a duration of whole milliseconds")
}

#[test]
fn numbers_are_read_as_the_reference_says() {
    let read = |text: &str, comma| number(text, comma).map(|dec| dec.to_string());
    for (text, comma, expected) in [
        ("1,234", false, Some("1234")),
        ("1,234", true, Some("1.234")),
        ("12,34", false, None),
        ("1.234,50 zł", true, Some("1234.5")),
        ("€ 1'234.5", false, Some("1234.5")),
        ("1 234 567", false, Some("1234567")),
        ("1 234,567", false, None),
        ("0,123", false, None),
        ("1234,567", false, None),
        (".5", false, Some("0.5")),
        ("5.", false, Some("5")),
        (".", false, None),
        ("", false, None),
        ("-1e3", false, Some("-1000")),
        ("50%", false, Some("50")),
        ("$5 USD", false, None),
        ("7EUR", false, Some("7")),
        ("\u{a0}1\u{202f}000\u{a0}", false, Some("1000")),
    ] {
        assert_eq!(read(text, comma).as_deref(), expected, "{text}");
    }
}

#[test]
fn dates_are_read_as_the_reference_says() {
    let warsaw = TimeZone::get("Europe/Warsaw").unwrap();
    let read = |text: &str, format| date(text, format, &warsaw).map(iso);
    for (text, format, expected) in [
        ("2026-11-01", None, Some("2026-10-31T23:00:00Z")),
        ("2026-11-01T9:05", None, Some("2026-11-01T08:05:00Z")),
        ("2026-11-01 14:05:09.1239Z", None, Some("2026-11-01T14:05:09.123Z")),
        ("2026-11-01 14:05:09 UTC", None, Some("2026-11-01T14:05:09Z")),
        ("2026-11-01 14:05+0130", None, Some("2026-11-01T12:35:00Z")),
        ("2026-11-01 14:05-01", None, Some("2026-11-01T15:05:00Z")),
        ("1793000000", None, Some("2026-10-26T07:33:20Z")),
        ("1793000000007", None, Some("2026-10-26T07:33:20.007Z")),
        ("2026-10-25T02:30", None, Some("2026-10-25T00:30:00Z")),
        ("2026-03-29T02:30", None, Some("2026-03-29T01:30:00Z")),
        ("11/01/2026", None, None),
        ("2026-02-30", None, None),
        ("01.11.2026", Some("%d.%m.%Y"), Some("2026-10-31T23:00:00Z")),
        ("2026-11-01", Some("%d.%m.%Y"), Some("2026-10-31T23:00:00Z")),
        ("01.11.2026 05:07", Some("%d.%m.%Y %H:%M"), Some("2026-11-01T04:07:00Z")),
    ] {
        assert_eq!(read(text, format).as_deref(), expected, "{text}");
    }
}
