//! Reads single values of the tree: mappings by their keys, texts, numbers, durations.
//!
//! In: a node and what it stands for. Out: the value, or nothing with a fault noted. A fault is
//! noted once, where the value stands; whoever asked goes on with a stand-in. Not here: what
//! belongs together.

use super::Validator;
use crate::diagnostic::{Diagnostic, Place, did_you_mean, join, nearest};
use crate::instant::Span;
use crate::points::{Decimal, Points, Range};
use crate::rules::yaml::{Kind, Node, Type, shortened};

/// The entries of a mapping whose keys are known.
#[derive(Clone, Debug, Default)]
pub struct Entries<'n> {
    /// Key, its place, value.
    known: Vec<(&'n str, Place, &'n Node)>,
    /// Whether something in it is wrong already, so that a key that is absent may be misspelt.
    pub broken: bool,
}

impl<'n> Entries<'n> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.known.iter().find(|(known, _, _)| *known == key).map(|(_, _, value)| *value)
    }

    /// The value of a key, and where the key stands.
    pub fn get_with_place(&self, key: &str) -> Option<(&'n Node, Place)> {
        self.known.iter().find(|(known, _, _)| *known == key).map(|(_, place, value)| (*value, *place))
    }

    /// Whether a key is there.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Where a key stands.
    pub fn place(&self, key: &str) -> Option<Place> {
        self.known.iter().find(|(known, _, _)| *known == key).map(|(_, place, _)| *place)
    }
}

impl Validator<'_> {
    /// Notes a fault.
    pub fn push(&mut self, fault: Diagnostic) {
        self.faults.push(fault);
    }

    /// A value of the wrong type: `what` begins the sentence, `wanted` ends it.
    pub fn wrong_type(&mut self, node: &Node, what: &str, wanted: &str) {
        let fault = Diagnostic::error("wrong-type", node.place, format!("{what} must be {wanted}"));
        self.push(fault.label(this_is(node)));
    }

    /// The same with what to do.
    pub fn wrong_type_but(&mut self, node: &Node, what: &str, wanted: &str, help: impl Into<String>) {
        let fault = Diagnostic::error("wrong-type", node.place, format!("{what} must be {wanted}"));
        self.push(fault.label(this_is(node)).help(help));
    }

    /// The entries of a mapping that may have only the keys `allowed`.
    pub fn entries<'n>(&mut self, node: &'n Node, what: &str, allowed: &[&str]) -> Entries<'n> {
        self.entries_hinted(node, what, allowed, |_| None)
    }

    /// The same, with a hint for a key that is not allowed here.
    pub fn entries_hinted<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        allowed: &[&str],
        hint: impl Fn(&str) -> Option<String>,
    ) -> Entries<'n> {
        let mut entries = Entries::default();
        for (key, value) in self.map(node, what, &format!("with keys such as `{}`", allowed[0])) {
            let Some(name) = key.scalar() else { continue };
            if allowed.contains(&name) {
                entries.known.push((name, key.place, value));
                continue;
            }
            entries.broken = true;
            let near = nearest(name, allowed.iter().copied());
            let help = hint(name).or_else(|| slip_in_key(name)).unwrap_or_else(|| {
                if near.is_empty() { format!("allowed here: {}", quoted(allowed)) } else { did_you_mean(&near) }
            });
            let fault = Diagnostic::error("unknown-key", key.place, format!("{what} has no key `{}`", shortened(name)));
            self.push(fault.label("unknown key").help(help));
        }
        entries.broken |= !matches!(node.kind, Kind::Map(_));
        entries
    }

    /// The entries of a mapping with free keys: each key once, and each a text.
    pub fn map<'n>(&mut self, node: &'n Node, what: &str, of: &str) -> Vec<(&'n Node, &'n Node)> {
        let Kind::Map(entries) = &node.kind else {
            let help = match &node.kind {
                Kind::Scalar(Type::Null, _) => "fill it in, or take the key out".to_owned(),
                Kind::Scalar(_, text) if text.contains(':') => "write a space after `:`".to_owned(),
                Kind::Scalar(..) => "write `key: value` lines under it, indented".to_owned(),
                _ => "write `key: value` lines, without `-`".to_owned(),
            };
            self.wrong_type_but(node, what, &format!("a mapping {of}"), help);
            return Vec::new();
        };
        let mut found: Vec<(&Node, &Node)> = Vec::with_capacity(entries.len());
        let mut seen: std::collections::HashMap<&str, Place> = std::collections::HashMap::new();
        for (key, value) in entries {
            let Some(name) = key.scalar() else {
                self.wrong_type(key, "a key", "a text");
                continue;
            };
            if let Some(first) = seen.get(name) {
                let line = self.source.line_and_column(first.start).0;
                let fault = Diagnostic::error("repeated-key", key.place, format!("the key `{name}` is given twice"));
                self.push(fault.label(format!("it stands on line {line} already")).help("keep one of the two"));
                continue;
            }
            seen.insert(name, key.place);
            if name == "<<" {
                let fault = Diagnostic::error("unknown-key", key.place, "YAML 1.2 has no merge key `<<`");
                self.push(fault.label("unknown key").help("write the keys out"));
                continue;
            }
            found.push((key, value));
        }
        found
    }

    /// The members of a list that must not be empty.
    pub fn list<'n>(&mut self, node: &'n Node, what: &str, of: &str) -> Vec<&'n Node> {
        match &node.kind {
            Kind::List(members) if members.is_empty() => {
                let fault = Diagnostic::error("empty-list", node.place, format!("{what} is an empty list"));
                self.push(fault.label("nothing in it").help("fill it in, or take the key out"));
                Vec::new()
            }
            _ => self.list_or_empty(node, what, of),
        }
    }

    /// The members of a list.
    pub fn list_or_empty<'n>(&mut self, node: &'n Node, what: &str, of: &str) -> Vec<&'n Node> {
        match &node.kind {
            Kind::List(members) => members.iter().collect(),
            Kind::Scalar(kind, text) if *kind != Type::Null => {
                let help = format!("write `[{}]`", shortened(text));
                self.wrong_type_but(node, what, &format!("a list {of}"), help);
                Vec::new()
            }
            Kind::Map(_) => {
                self.wrong_type_but(node, what, &format!("a list {of}"), "begin each entry with `- `");
                Vec::new()
            }
            Kind::Scalar(..) => {
                self.wrong_type_but(node, what, &format!("a list {of}"), "fill it in, or take the key out");
                Vec::new()
            }
        }
    }

    /// Any scalar as the text it was written as.
    pub fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.kind {
            Kind::Scalar(kind, text) if *kind != Type::Null => Some(text.clone()),
            _ => {
                self.wrong_type(node, what, "a text");
                None
            }
        }
    }

    /// A text that is not blank.
    pub fn name(&mut self, node: &Node, what: &str) -> Option<String> {
        let name = self.text(node, what)?;
        if name.trim().is_empty() {
            let fault = Diagnostic::error("empty-name", node.place, format!("{what} is empty"));
            self.push(fault.label("nothing in it"));
            return None;
        }
        Some(name)
    }

    /// One text or a list of them, each with its place.
    pub fn texts(&mut self, node: &Node, what: &str) -> Vec<(String, Place)> {
        let members = match &node.kind {
            Kind::List(_) => self.list(node, what, "of texts"),
            _ => vec![node],
        };
        members.into_iter().filter_map(|member| Some((self.text(member, what)?, member.place))).collect()
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        if let Kind::Scalar(Type::Boolean(value), _) = node.kind {
            return Some(value);
        }
        match node.scalar().map(str::to_lowercase).as_deref() {
            Some("yes" | "on" | "y" | "1") => {
                self.wrong_type_but(node, what, "`true` or `false`", "YAML 1.2 knows only these two: write `true`");
            }
            Some("no" | "off" | "n" | "0") => {
                self.wrong_type_but(node, what, "`true` or `false`", "YAML 1.2 knows only these two: write `false`");
            }
            _ => self.wrong_type(node, what, "`true` or `false`"),
        }
        None
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<T> {
        let found = node.scalar().and_then(|text| words.iter().find(|(word, _)| *word == text));
        if let Some((_, value)) = found {
            return Some(*value);
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let meant = match node.scalar().unwrap_or_default() {
            "," => "comma",
            "." => "point",
            "max" | "highest" | "greatest" => "best",
            word => word,
        };
        let near = nearest(meant, names.iter().copied());
        let wanted = if names.len() == 1 { quoted(&names) } else { format!("one of {}", quoted(&names)) };
        let fault =
            Diagnostic::error("unknown-word", node.place, format!("{what} must be {wanted}")).label(this_is(node));
        self.push(if near.is_empty() { fault } else { fault.help(did_you_mean(&near)) });
        None
    }

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

    /// Notes that a key is not there, unless it may be one of those that are misspelt.
    pub fn missing_key(&mut self, entries: &Entries<'_>, place: Place, what: &str, key: &str, help: &str) {
        self.missing(entries, place, format!("{what} has no `{key}`"), help);
    }

    /// The same in other words.
    pub fn missing(&mut self, entries: &Entries<'_>, place: Place, message: String, help: &str) {
        if !entries.broken {
            self.push(Diagnostic::error("missing-key", place, message).help(help));
        }
    }

    /// Notes that a name stands twice in a list.
    pub fn repeated_name(&mut self, place: Place, what: &str, name: &str, first: Place) {
        let line = self.source.line_and_column(first.start).0;
        let fault = Diagnostic::error("repeated-name", place, format!("{what} is called `{name}` already"))
            .label(format!("the name stands on line {line} already"))
            .help("give each a name of its own: results are reported by name");
        self.push(fault);
    }
}

/// What stands at a place, for the words at its mark.
pub fn this_is(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(Type::Null, text) if text.is_empty() => "nothing stands here".to_owned(),
        _ => format!("this is {}", node.describe()),
    }
}

/// What a person may have typed wrong around a key.
fn slip_in_key(key: &str) -> Option<String> {
    if key.starts_with(['\u{a0}', '\u{202f}', '\u{3000}']) {
        return Some("no-break spaces stand before it, which do not indent: write ordinary spaces".to_owned());
    }
    if key.contains(['“', '”', '„', '‘', '’']) {
        return Some("typographic quotes are no quotes in YAML: write `\"`".to_owned());
    }
    let (name, value) = key.split_once(':')?;
    Some(format!("write a space after `:`, as in `{}: {}`", name.trim(), shortened(value)))
}

/// `` `a`, `b` and `c` ``
pub fn quoted(names: &[&str]) -> String {
    join(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), "and")
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
    let write = |letter: char| {
        let meant = format!("{digits}{letter}");
        if parse_span(&meant).is_some() {
            format!("write `{meant}`")
        } else {
            "at most 1000000 days, with at most 6 decimals".to_owned()
        }
    };
    match (digits.as_str(), unit) {
        ("", _) => "a number with `h` (hours), `d` (days) or `w` (weeks), such as `12h`, `30d` or `1.5w`".to_owned(),
        (digits, "") => format!("say of what: `{digits}d` for days, `{digits}h` for hours, `{digits}w` for weeks"),
        (_, "h" | "hr" | "hrs" | "hour" | "hours") => write('h'),
        (_, "d" | "day" | "days" | "dni") => write('d'),
        (_, "w" | "week" | "weeks") => write('w'),
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
    fn a_hint_never_repeats_the_fault() {
        assert_eq!(span_hint("30 Days"), "write `30d`");
        for text in ["99999999d", "1.0000001d", "1.2.3 days"] {
            assert!(!span_hint(text).contains("write"), "{text}");
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
