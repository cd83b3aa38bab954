//! Reads numbers, points, durations, percentages and ranges.
//!
//! In: a node and what it stands for. Out: the value, exact to its last digit, or nothing with a
//! fault noted. Not here: what it is good for.

use super::Validator;
use super::read::this_is;
use crate::diagnostic::Diagnostic;
use crate::instant::Span;
use crate::points::{Decimal, Points, Range};
use crate::rules::yaml::{Kind, Node, Type};

impl Validator<'_> {
    /// A decimal number with at most six decimals.
    pub fn number(&mut self, node: &Node, what: &str) -> Option<Points> {
        let Kind::Scalar(Type::Number, text) = &node.kind else {
            match number_hint(node) {
                Some(help) => self.wrong_type_but(node, what, "a number", help),
                None => self.wrong_type(node, what, "a number"),
            }
            return None;
        };
        let fault = match Decimal::parse(text) {
            _ if has_too_many_decimals(text) => {
                Diagnostic::error("too-many-decimals", node.place, format!("{what} has more than 6 decimals"))
                    .help("leadscore computes with exact decimals of at most 6 places: round it")
            }
            Some(number) => return Some(number.to_points()),
            None if text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) => {
                Diagnostic::error("number-out-of-range", node.place, format!("{what} is too large"))
            }
            None => Diagnostic::error("wrong-type", node.place, format!("{what} must be a decimal number"))
                .label("this is another kind of number")
                .help("write it in digits, such as `10` or `-2.5`"),
        };
        self.push(fault);
        None
    }

    /// Points: a number from −1 000 000 to 1 000 000.
    pub fn points(&mut self, node: &Node, what: &str) -> Option<Points> {
        const MOST: Points = Points::whole(1_000_000);
        let points = self.number(node, what)?;
        if points > MOST || points < -MOST {
            let fault = Diagnostic::error(
                "number-out-of-range",
                node.place,
                format!("{what} must be from -1000000 to 1000000"),
            );
            self.push(fault);
            return None;
        }
        Some(points)
    }

    /// A whole number of at least `least`.
    pub fn whole(&mut self, node: &Node, what: &str, least: u64, most: u64) -> Option<u64> {
        let number = self.number(node, what)?;
        let whole = u64::try_from(number.0 / crate::points::MICRO).ok();
        match whole {
            Some(whole) if number.rounded(0) == number && (least..=most).contains(&whole) => Some(whole),
            _ => {
                let bounds =
                    if most == u64::MAX { format!("{least} or more") } else { format!("from {least} to {most}") };
                let message = format!("{what} must be a whole number, {bounds}");
                self.push(Diagnostic::error("number-out-of-range", node.place, message));
                None
            }
        }
    }

    /// A length of time such as `30d`.
    pub fn span(&mut self, node: &Node, what: &str) -> Option<Span> {
        let text = node.scalar().unwrap_or_default();
        if let Some(span) = parse_span(text) {
            return Some(span);
        }
        let fault = Diagnostic::error("bad-duration", node.place, format!("{what} must be a duration such as `30d`"))
            .label(this_is(node));
        self.push(fault.help(span_hint(text)));
        None
    }

    /// A length of time above zero.
    pub fn positive_span(&mut self, node: &Node, what: &str) -> Option<Span> {
        let span = self.span(node, what)?;
        if span.0 == 0 {
            let fault = Diagnostic::error("bad-duration", node.place, format!("{what} must be longer than nothing"));
            self.push(fault);
            return None;
        }
        Some(span)
    }

    /// A share such as `25%`, as a decimal (0.25).
    pub fn percent(&mut self, node: &Node, what: &str, text: &str) -> Option<Points> {
        if let Some(share) = parse_percent(text) {
            return Some(share);
        }
        let message = format!("{what} must be a percentage above 0% and up to 100%, such as `25%`");
        let fault = Diagnostic::error("bad-percentage", node.place, message);
        let number = Decimal::parse(text).and_then(Decimal::exactly).filter(|number| *number > Points::ZERO);
        self.push(fault.label(this_is(node)).help(match number {
            Some(share) if share < Points::ONE => format!("write `{}%`", Points(share.0 * 100)),
            Some(percent) => format!("write `{percent}%`"),
            None => "a number with at most 4 decimals, and `%` after it".to_owned(),
        }));
        None
    }

    /// Two ends, either of which may be `null`.
    pub fn range(&mut self, node: &Node, what: &str) -> Range {
        let ends = match &node.kind {
            Kind::List(ends) if ends.len() == 2 => ends,
            _ => {
                self.wrong_type_but(node, what, "a list of two numbers", "write `[0, 100]`; `null` leaves an end open");
                return Range::default();
            }
        };
        let mut end = |node: &Node| match node.kind {
            Kind::Scalar(Type::Null, _) => None,
            _ => self.number(node, what),
        };
        let range = Range { low: end(&ends[0]), high: end(&ends[1]) };
        if let (Some(low), Some(high)) = (range.low, range.high)
            && low > high
        {
            self.reversed(node, what, &format!("[{high}, {low}]"));
            return Range::default();
        }
        range
    }

    /// Two ends in the wrong order.
    pub fn reversed(&mut self, node: &Node, what: &str, other: &str) {
        let fault = Diagnostic::error("reversed-range", node.place, format!("{what} ends before it begins"));
        self.push(fault.label("the first is greater than the second").help(format!("write `{other}`")));
    }
}

/// Whether a number as written needs more than six decimals.
fn has_too_many_decimals(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).filter(u8::is_ascii_digit).collect();
    if digits.iter().all(|&digit| digit == b'0') {
        return false;
    }
    let zeros = digits.iter().rev().take_while(|&&digit| digit == b'0').count();
    let exponent = exponent.parse::<i64>().unwrap_or(0);
    (fraction.len() as i64 - zeros as i64).saturating_sub(exponent) > 6
}

fn number_hint(node: &Node) -> Option<String> {
    let Kind::Scalar(Type::Text, text) = &node.kind else { return None };
    let text = text.trim();
    if Decimal::parse(text).is_some() {
        return Some(format!("write {text} without quotes"));
    }
    let with_point = text.replace(',', ".");
    if Decimal::parse(&with_point).is_some() {
        return Some(format!("with a decimal point: {with_point}"));
    }
    let together: String = text.chars().filter(|c| !matches!(c, ' ' | '_' | '\u{a0}' | '\u{202f}' | '\'')).collect();
    Decimal::parse(&together).is_some().then(|| format!("write {together}"))
}

/// `12h`, `30d`, `1.5w`: at most six decimals, at most a million days.
pub fn parse_span(text: &str) -> Option<Span> {
    let unit_ms = match text.bytes().last()? {
        b'h' => 3_600_000,
        b'd' => 86_400_000,
        b'w' => 7 * 86_400_000,
        _ => return None,
    };
    let number = &text[..text.len() - 1];
    if !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') || has_too_many_decimals(number) {
        return None;
    }
    let ms = Decimal::parse(number)?.times(Points::whole(unit_ms)).rounded(0).0 / crate::points::MICRO;
    (ms <= 1_000_000 * i128::from(crate::instant::DAY_MS)).then_some(Span(ms as i64))
}

fn span_hint(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let digits: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let unit = text[digits.len()..].trim();
    match (digits.as_str(), unit) {
        ("", _) => "a number with `h` (hours), `d` (days) or `w` (weeks), such as `12h`, `30d` or `1.5w`".to_owned(),
        (digits, "") => format!("say of what: `{digits}d` for days, `{digits}h` for hours, `{digits}w` for weeks"),
        (digits, "h" | "hr" | "hrs" | "hour" | "hours") => format!("write `{digits}h`"),
        (digits, "d" | "day" | "days" | "dni") => format!("write `{digits}d`"),
        (digits, "w" | "week" | "weeks") => format!("write `{digits}w`"),
        (_, "m" | "mo" | "month" | "months") => "months differ in length: write days, such as `30d`".to_owned(),
        (_, "y" | "year" | "years") => "write days, such as `365d`".to_owned(),
        _ => "units are `h` (hours), `d` (days) and `w` (weeks)".to_owned(),
    }
}

/// `25%` → 0.25; above nothing, at most everything.
pub fn parse_percent(text: &str) -> Option<Points> {
    let number = text.strip_suffix('%')?.trim_end();
    if !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let percent = Decimal::parse(number)?.exactly()?;
    let share = Points(percent.0 / 100);
    (percent.0 % 100 == 0 && share > Points::ZERO && share <= Points::ONE).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_decimals_with_a_unit() {
        assert_eq!(parse_span("1.5w"), Some(Span(907_200_000)));
        assert_eq!(parse_span("0.5h"), Some(Span(1_800_000)));
        for text in ["30", "30 d", "-1d", "d", "1e3d", "1.0000001d", "99999999d", "30D", ""] {
            assert_eq!(parse_span(text), None, "{text}");
        }
    }

    #[test]
    fn decimals_are_counted_as_written() {
        for text in ["1.123456", "1.1234560", "1e-6", "10e-7", "0.0000000", "123"] {
            assert!(!has_too_many_decimals(text), "{text}");
        }
        for text in ["1.1234567", "1e-7", "0.00000000000000000000000000000000000000000000001"] {
            assert!(has_too_many_decimals(text), "{text}");
        }
    }

    #[test]
    fn percentages_are_shares() {
        assert_eq!(parse_percent("2.5%"), Some(Points(25_000)));
        assert_eq!(parse_percent("100 %"), Some(Points::ONE));
        for text in ["0%", "101%", "25", "0.00001%", "-1%"] {
            assert_eq!(parse_percent(text), None, "{text}");
        }
    }
}
