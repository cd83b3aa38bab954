//! What the text of a cell can be read as: text, number, date, boolean, members of a set.
//!
//! In: a cell and the [`Reading`] of its column. Out: a typed value, or nothing where it cannot
//! be read that way (rule reference, §2). Not here: which column, and what is tested.

mod words;

use crate::instant::{Calendar, DateRead, Instant, Zone, parse_date};
use crate::points::Decimal;
use std::borrow::Cow;

pub use words::{Words, first_bytes, lower_bytes};

/// Which mark stands before the decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecimalMark {
    /// `1,234.50`
    #[default]
    Point,
    /// `1 234,50` and `1.234,50`
    Comma,
}

/// How the cells of a column are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Which mark stands before the decimals.
    pub decimal: DecimalMark,
    /// A strftime format that is tried before ISO 8601.
    pub date_format: Option<String>,
    /// What parts the members of a multi-select cell; `None`: the cell is one value.
    pub separator: Option<String>,
}

/// Texts of a section that mean "no value", beside the empty cell; kept folded.
#[derive(Clone, Debug)]
pub struct MissingMarkers {
    words: Words,
    /// For each byte whether a cell that begins with it surely is none of them, nor blank: of most cells that tells.
    ruled_out: [bool; 256],
}

/// No markers: only a blank cell has no value.
impl Default for MissingMarkers {
    fn default() -> MissingMarkers {
        MissingMarkers::new([])
    }
}

impl MissingMarkers {
    /// From the texts as a person wrote them.
    pub fn new(texts: impl IntoIterator<Item = String>) -> MissingMarkers {
        let texts: Vec<String> = texts.into_iter().map(|text| fold(&text).into_owned()).collect();
        let begins = |byte: u8| texts.iter().any(|text| text.as_bytes().first() == Some(&byte));
        // A letter beyond ASCII may be another one in lower case, even one of ASCII.
        let is_ruled_out = |byte: u8| matches!(byte, b'!'..=b'~') && !begins(byte.to_ascii_lowercase());
        let ruled_out = std::array::from_fn(|byte| is_ruled_out(byte as u8));
        MissingMarkers { words: Words::from(texts), ruled_out }
    }

    /// Whether a cell that begins with this byte surely has a value.
    #[inline(always)]
    fn rules_out(&self, byte: u8) -> bool {
        self.ruled_out[usize::from(byte)]
    }

    /// The trimmed cell, unless it means "no value".
    #[inline(always)]
    pub fn present<'a>(&self, cell: &'a str) -> Option<&'a str> {
        let text = trimmed(cell);
        let &first = text.as_bytes().first()?;
        (self.rules_out(first) || !self.is_marker(text)).then_some(text)
    }

    /// Whether a trimmed text is one of them.
    #[inline(never)]
    fn is_marker(&self, text: &str) -> bool {
        self.words.any_is(text)
    }
}

/// Without the white space around it.
#[inline(always)]
pub fn trimmed(text: &str) -> &str {
    // Nearly always there is none, and two bytes tell.
    match (text.as_bytes().first(), text.as_bytes().last()) {
        (Some(b'!'..=b'~'), Some(b'!'..=b'~')) | (None, _) => text,
        _ => text.trim(),
    }
}

/// Trimmed and in Unicode lower case: how texts, types and keys are compared.
pub fn fold(text: &str) -> Cow<'_, str> {
    lower(trimmed(text))
}

/// In Unicode lower case; borrowed where it is so already.
pub fn lower(text: &str) -> Cow<'_, str> {
    // Every byte is looked at, so that many can be at once.
    let differs = |byte: u8| byte & 0x80 | u8::from(byte.is_ascii_uppercase());
    if text.bytes().fold(0, |seen, byte| seen | differs(byte)) == 0 {
        Cow::Borrowed(text)
    } else if text.is_ascii() {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

/// Stands before each member of a cell that is a multi-select of its own accord, such as an array
/// in JSON: whatever the members hold, they are told apart, and no `separator` is needed. It is
/// ASCII's own mark between units, which no keyboard has.
pub const MEMBER: char = '\u{1f}';

/// Whether a cell is a multi-select of its own accord.
#[inline(always)]
pub fn is_set(cell: &str) -> bool {
    cell.as_bytes().first() == Some(&(MEMBER as u8))
}

/// The members of a multi-select cell, trimmed, without the empty and the missing ones; `None`
/// where the cell is one value.
#[inline]
pub fn members<'a>(
    cell: &'a str,
    separator: Option<&str>,
    missing: &MissingMarkers,
) -> Option<impl Iterator<Item = &'a str>> {
    let (cell, separator) = match cell.as_bytes().first() {
        Some(&first) if first == MEMBER as u8 => (&cell[1..], "\u{1f}"),
        _ => (cell, separator?),
    };
    Some(cell.split(separator).filter_map(|member| missing.present(member)))
}

/// What tells whether a cell of a column has a value.
#[derive(Clone, Copy, Debug)]
pub struct Valued<'r> {
    reading: &'r Reading,
    missing: &'r MissingMarkers,
    /// Whether nothing parts a cell into members, unless it is a set of its own accord.
    is_plain: bool,
}

impl<'r> Valued<'r> {
    /// By the reading of the column and the texts that mean "no value".
    #[inline(always)]
    pub fn by(reading: &'r Reading, missing: &'r MissingMarkers) -> Valued<'r> {
        Valued { reading, missing, is_plain: reading.separator.is_none() }
    }

    /// The cell, trimmed, unless it means "no value" or is a multi-select without members.
    #[inline(always)]
    pub fn cell<'a>(&self, cell: &'a str) -> Option<&'a str> {
        if self.is_sure(cell.as_bytes()) {
            return Some(cell);
        }
        if cell.is_empty() { None } else { self.any_cell(cell) }
    }

    /// Whether two bytes of a cell tell that it has a value and needs no trimming: nearly always they do.
    #[inline(always)]
    pub fn is_sure(&self, cell: &[u8]) -> bool {
        let (Some(first), Some(last)) = (cell.first(), cell.last()) else { return false };
        self.is_plain && self.missing.rules_out(*first) && matches!(last, b'!'..=b'~')
    }

    /// Whether the first byte of a cell tells that it has a value.
    #[inline(always)]
    pub fn is_surely_there(&self, cell: &[u8]) -> bool {
        self.is_plain && cell.first().is_some_and(|first| self.missing.rules_out(*first))
    }

    /// Whether a time that a [`Calendar`] reads is one: such begin with digits, so that they are no markers.
    pub fn takes_usual_times(&self) -> bool {
        self.is_plain && (b'0'..=b'9').all(|digit| self.missing.rules_out(digit))
    }

    #[inline(never)]
    fn any_cell<'a>(&self, cell: &'a str) -> Option<&'a str> {
        let cell = self.missing.present(cell)?;
        match members(cell, self.reading.separator.as_deref(), self.missing).map(|mut all| all.next().is_none()) {
            Some(true) => None,
            _ => Some(cell),
        }
    }
}

/// A cell as people and other programs read it: the members of a [`MEMBER`] set parted by `;`.
pub fn readable(cell: &str) -> Cow<'_, str> {
    match cell.strip_prefix(MEMBER) {
        Some(members) => Cow::Owned(members.replace(MEMBER, ";")),
        None => Cow::Borrowed(cell),
    }
}

/// Yes or no, in English, Polish and Ukrainian. `text` is trimmed already.
pub fn parse_boolean(text: &str) -> Option<bool> {
    let in_lower = |text: &str| match text {
        "true" | "yes" | "y" | "t" | "1" | "on" | "tak" | "так" => Some(true),
        "false" | "no" | "n" | "f" | "0" | "off" | "nie" | "ні" => Some(false),
        _ => None,
    };
    // Most are in lower case already.
    in_lower(text).or_else(|| in_lower(&lower(text)))
}

/// The instant of a date by the column's format, ISO 8601 or epoch. `text` is trimmed already.
#[inline(always)]
pub fn parse_time(text: &str, reading: &Reading, zone: &Zone, calendar: &mut Calendar) -> Option<Instant> {
    usual_time(text, reading, zone, calendar).or_else(|| Some(parse_instant(text, reading, zone)?.instant))
}

/// The same of a date that is written as most are; `None` for all others.
#[inline(always)]
pub fn usual_time(text: &str, reading: &Reading, zone: &Zone, calendar: &mut Calendar) -> Option<Instant> {
    calendar.read(text.as_bytes(), reading.date_format.as_deref(), zone)
}

/// A date by the column's format, ISO 8601 or epoch. `text` is trimmed already.
pub fn parse_instant(text: &str, reading: &Reading, zone: &Zone) -> Option<DateRead> {
    parse_date(text, reading.date_format.as_deref(), zone)
}

/// Currency marks and codes that may stand before or after a number, folded.
const CURRENCIES: [&str; 11] = ["€", "$", "£", "zł", "₴", "usd", "eur", "pln", "gbp", "uah", "chf"];

/// A number as people and programs write it: `1,234.50`, `1 234,50 zł`, `€5`, `12%`, `1e3`.
/// `text` is trimmed already.
#[inline]
pub fn parse_number(text: &str, mark: DecimalMark) -> Option<Decimal> {
    Decimal::parse_usual(text.as_bytes(), decimal_mark(mark)).or_else(|| parse_any_number(text, mark))
}

/// The same in millionths, of a number that is written as most are and that 64 bits hold exactly; `None` for all others.
#[inline(always)]
pub fn usual_number(text: &str, mark: DecimalMark) -> Option<i64> {
    Decimal::parse_usual(text.as_bytes(), decimal_mark(mark))?.in_millionths()
}

fn decimal_mark(mark: DecimalMark) -> u8 {
    if mark == DecimalMark::Point { b'.' } else { b',' }
}

fn parse_any_number(text: &str, mark: DecimalMark) -> Option<Decimal> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
    if plain && mark == DecimalMark::Point {
        return Decimal::parse(text);
    }
    let number = strip_unit(text);
    let (body, exponent) = match number.find(['e', 'E']) {
        Some(at) => number.split_at(at),
        None => (number, ""),
    };
    let (sign, body) = match body.strip_prefix(['+', '-']) {
        Some(rest) => (&body[..1], rest),
        None => ("", body),
    };
    let decimal_mark = if mark == DecimalMark::Comma { ',' } else { '.' };
    let (whole, fraction) = match body.split_once(decimal_mark) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (body, None),
    };
    let mut digits = String::with_capacity(text.len());
    digits.push_str(sign);
    push_ungrouped(whole, mark, &mut digits)?;
    if let Some(fraction) = fraction {
        if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        digits.push('.');
        digits.push_str(fraction);
    }
    digits.push_str(exponent);
    Decimal::parse(&digits)
}

/// A number as leadscore itself writes it, perhaps by way of a spreadsheet program: never in groups, so
/// that a comma is its decimal mark. `text` is trimmed already.
pub fn parse_written_number(text: &str) -> Option<Decimal> {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let has_comma = text
        .strip_prefix('-')
        .unwrap_or(text)
        .split_once(',')
        .is_some_and(|(whole, decimals)| !whole.is_empty() && digits(whole) && digits(decimals));
    parse_number(text, if has_comma { DecimalMark::Comma } else { DecimalMark::Point })
}

/// Takes one currency mark, code or `%` away, before the number or after it.
fn strip_unit(text: &str) -> &str {
    let is_unit = |part: &str| part == "%" || CURRENCIES.contains(&&*fold(part));
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '+' | '-');
    let Some(start) = text.find(is_number) else { return text };
    if start > 0 {
        return if is_unit(text[..start].trim_end()) { &text[start..] } else { text };
    }
    let end = text.rfind(is_number).map_or(0, |at| at + 1);
    if end < text.len() && is_unit(text[end..].trim_start()) { &text[..end] } else { text }
}

/// Copies the digits of a whole part, without the separators of its groups of three.
fn push_ungrouped(whole: &str, mark: DecimalMark, digits: &mut String) -> Option<()> {
    let grouping = |c: char| match c {
        ' ' | '\u{a0}' | '\u{202f}' | '\'' => true,
        ',' => mark == DecimalMark::Point,
        '.' => mark == DecimalMark::Comma,
        _ => false,
    };
    let Some(separator) = whole.chars().find(|&c| grouping(c)) else {
        digits.push_str(whole);
        return whole.bytes().all(|byte| byte.is_ascii_digit()).then_some(());
    };
    for (index, group) in whole.split(separator).enumerate() {
        let right_size =
            if index == 0 { (1..=3).contains(&group.len()) && !group.starts_with('0') } else { group.len() == 3 };
        if !right_size || !group.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        digits.push_str(group);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str, mark: DecimalMark) -> Option<String> {
        parse_number(text, mark).map(|number| number.to_points().to_string())
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        use DecimalMark::{Comma, Point};
        for (text, mark, read) in [
            ("12", Point, "12"),
            ("-12.50", Point, "-12.5"),
            (".5", Point, "0.5"),
            ("5.", Point, "5"),
            ("+1e3", Point, "1000"),
            ("1,234,567.5", Point, "1234567.5"),
            ("1 234.5", Point, "1234.5"),
            ("1'234", Point, "1234"),
            ("1\u{a0}234,50 zł", Comma, "1234.5"),
            ("1\u{202f}234,5", Comma, "1234.5"),
            ("1.234,5", Comma, "1234.5"),
            (",5", Comma, "0.5"),
            ("€5", Point, "5"),
            ("$ 1,000", Point, "1000"),
            ("5EUR", Point, "5"),
            ("1e3 eur", Point, "1000"),
            ("12 %", Point, "12"),
            ("PLN -3", Point, "-3"),
        ] {
            assert_eq!(number(text, mark).as_deref(), Some(read), "{text}");
        }
    }

    #[test]
    fn what_is_not_surely_a_number_is_unreadable() {
        use DecimalMark::{Comma, Point};
        for (text, mark) in [
            ("1,23", Point),
            ("0,123", Point),
            ("1,234 567", Point),
            ("1234,567", Point),
            ("1.5", Comma),
            ("1.5.5", Point),
            ("€5€", Point),
            ("€ 5 %", Point),
            ("abc", Point),
            ("5 apples", Point),
            ("1 2", Point),
            ("e5", Point),
            ("1,5,", Comma),
            ("", Point),
            ("- 5", Point),
        ] {
            assert_eq!(number(text, mark), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn usual_numbers_are_read_like_every_other(text in "[0-9]{0,12}[.,]?[0-9]{0,9}|[0-9.,]{0,9}", comma in any::<bool>()) {
            let (mark, byte) = if comma { (DecimalMark::Comma, b',') } else { (DecimalMark::Point, b'.') };
            let usual = Decimal::parse_usual(text.as_bytes(), byte);
            let marks = text.bytes().filter(|&it| it == byte).count();
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            let is_usual = digits > 0 && marks <= 1 && digits + marks == text.len() && text.len() <= 18;
            prop_assert_eq!(usual.is_some(), is_usual);
            if usual.is_some() {
                prop_assert_eq!(format!("{usual:?}"), format!("{:?}", parse_any_number(&text, mark)));
            }
            let exactly = usual.and_then(|number| i64::try_from(number.exactly()?.0).ok());
            prop_assert_eq!(usual_number(&text, mark), exactly);
        }
    }

    #[test]
    fn a_comma_is_the_decimal_mark_of_what_an_earlier_run_wrote() {
        for (text, points) in [("12.5", 12_500_000), ("12,5", 12_500_000), ("-1,234", -1_234_000), ("7", 7_000_000)] {
            assert_eq!(parse_written_number(text).map(|number| number.to_points().0), Some(points), "{text}");
        }
        assert!(parse_written_number("high").is_none() && parse_written_number(",5").is_none());
    }

    #[test]
    fn missing_is_empty_blank_or_a_marker() {
        let markers = MissingMarkers::new(["Select".to_owned(), " n/a ".to_owned()]);
        for cell in ["", "  ", "\u{a0}", "select", " N/A"] {
            assert_eq!(markers.present(cell), None, "{cell:?}");
        }
        assert_eq!(markers.present(" x "), Some("x"));
        let beyond_ascii = MissingMarkers::new(["Żaden".to_owned(), "kelvin".to_owned()]);
        for (cell, present) in [("żADEN", None), ("\u{212a}elvin", None), ("Kelvins", Some("Kelvins"))] {
            assert_eq!(beyond_ascii.present(cell), present, "{cell}");
        }
        let parted = |cell, separator| members(cell, separator, &markers).map(Iterator::collect::<Vec<_>>);
        assert_eq!(parted("a; ;SELECT;b ", Some(";")).unwrap(), ["a", "b"]);
        assert_eq!(parted("a;b", None), None);
        assert_eq!(parted("\u{1f}a;b\u{1f} n/a\u{1f} c", Some(";")).unwrap(), ["a;b", "c"]);
        assert_eq!((&*readable("\u{1f}a\u{1f}b"), &*readable("a;b")), ("a;b", "a;b"));
    }

    #[test]
    fn booleans_speak_three_languages() {
        assert_eq!(parse_boolean("TAK"), Some(true));
        assert_eq!(parse_boolean("Ні"), Some(false));
        assert_eq!(parse_boolean("2"), None);
    }
}
