//! One test: a literal, a list, a word, or a mapping of operators (rule reference, §3).
//!
//! In: the value after a field's name. Out: [`Check`]s that must all hold. Not here: which field.

use super::Validator;
use super::condition::DateContext;
use super::read::quoted;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::instant::{DateRead, Instant, parse_date};
use crate::points::Points;
use crate::rules::model::{Check, Literal, Order};
use crate::rules::yaml::{Kind, Node, Type, shortened};
use crate::value::{fold, lower};
use regex::Regex;

/// Every operator, as it is written.
pub const OPERATORS: [&str; 19] = [
    "is",
    "is_not",
    "in",
    "not_in",
    "in_file",
    "not_in_file",
    "at_least",
    "above",
    "at_most",
    "below",
    "between",
    "contains",
    "starts_with",
    "ends_with",
    "matches",
    "within",
    "older_than",
    "before",
    "after",
];

/// A number or a date that something is compared with.
pub enum Bound {
    /// A number.
    Number(Points),
    /// A date.
    Date(DateRead),
}

impl Validator<'_> {
    /// What a field must be.
    pub fn checks(&mut self, field: &str, node: &Node, dates: &DateContext) -> Vec<Check> {
        match &node.kind {
            Kind::Scalar(Type::Text, text) if text == "present" => vec![Check::Present],
            Kind::Scalar(Type::Text, text) if text == "missing" => vec![Check::Missing],
            Kind::Scalar(Type::Null, _) => {
                let fault = Diagnostic::error("wrong-type", node.place, format!("the test of `{field}` is empty"))
                    .label("nothing to compare with")
                    .help(format!("write `{field}: missing` for a field without a value"));
                self.push(fault);
                Vec::new()
            }
            Kind::Scalar(..) => {
                self.literal(node).map(|literal| Check::OneOf(vec![literal].into())).into_iter().collect()
            }
            Kind::List(_) => vec![Check::OneOf(self.literals(node, &format!("the list of `{field}`")).into())],
            Kind::Map(_) => self.operators(field, node, dates),
        }
    }

    fn operators(&mut self, field: &str, node: &Node, dates: &DateContext) -> Vec<Check> {
        let mut checks = Vec::new();
        let entries = self.map(node, &format!("the test of `{field}`"), "of operators");
        if entries.is_empty() {
            let fault = Diagnostic::error("missing-key", node.place, format!("the test of `{field}` has no operator"));
            self.push(fault.help(format!("operators: {}", quoted(&OPERATORS))));
        }
        for (key, value) in entries {
            let Some(operator) = key.scalar() else { continue };
            if OPERATORS.contains(&operator) {
                checks.extend(self.operator(operator, value, dates));
            } else {
                let message = format!("there is no operator `{}`", shortened(operator));
                let fault = Diagnostic::error("unknown-operator", key.place, message).label("unknown operator");
                self.push(fault.help(operator_hint(operator, field)));
            }
        }
        checks
    }

    fn operator(&mut self, operator: &str, value: &Node, dates: &DateContext) -> Option<Check> {
        let what = format!("`{operator}`");
        match operator {
            "is" | "is_not" => {
                if matches!(value.kind, Kind::List(_)) {
                    let list = if operator == "is" { "in" } else { "not_in" };
                    self.wrong_type_but(value, &what, "one value", format!("for several values write `{list}: […]`"));
                    return None;
                }
                let literals = vec![self.literal(value)?].into();
                Some(if operator == "is" { Check::OneOf(literals) } else { Check::NoneOf(literals) })
            }
            "in" => Some(Check::OneOf(self.literals(value, &what).into())),
            "not_in" => Some(Check::NoneOf(self.literals(value, &what).into())),
            "in_file" => Some(Check::OneOf(self.lines_of(value, &what)?.into())),
            "not_in_file" => Some(Check::NoneOf(self.lines_of(value, &what)?.into())),
            "at_least" => self.compare(Order::AtLeast, value, &what, dates),
            "above" => self.compare(Order::Above, value, &what, dates),
            "at_most" => self.compare(Order::AtMost, value, &what, dates),
            "below" => self.compare(Order::Below, value, &what, dates),
            "between" => match self.window(value, &what, dates)? {
                Window::Numbers(from, to) => Some(Check::NumberBetween(from, to)),
                Window::Dates(from, to) => Some(Check::DateBetween(from, to)),
            },
            "before" => Some(Check::Date(Order::Below, self.date(value, &what, dates)?.instant)),
            "after" => Some(Check::Date(Order::Above, self.date(value, &what, dates)?.instant)),
            "contains" => Some(Check::Contains(self.parts(value, &what).into())),
            "starts_with" => Some(Check::StartsWith(self.parts(value, &what).into())),
            "ends_with" => Some(Check::EndsWith(self.parts(value, &what).into())),
            "matches" => self.pattern(value, &what).map(Check::Matches),
            "within" => Some(Check::Within(self.span(value, &what)?)),
            "older_than" => Some(Check::OlderThan(self.span(value, &what)?)),
            _ => unreachable!("an operator of `OPERATORS` has an arm here"),
        }
    }

    fn compare(&mut self, order: Order, value: &Node, what: &str, dates: &DateContext) -> Option<Check> {
        Some(match self.bound(value, what, dates)? {
            Bound::Number(number) => Check::Number(order, number),
            Bound::Date(date) => Check::Date(order, date.instant),
        })
    }

    /// A number, text or boolean, by the type it is written as.
    pub fn literal(&mut self, node: &Node) -> Option<Literal> {
        match &node.kind {
            Kind::Scalar(Type::Text, text) => Some(Literal::Text(fold(text).into_owned())),
            Kind::Scalar(Type::Boolean(value), _) => Some(Literal::Boolean(*value)),
            Kind::Scalar(Type::Number, _) => self.number(node, "the number").map(Literal::Number),
            Kind::Scalar(Type::Null, _) => {
                self.wrong_type_but(
                    node,
                    "a value",
                    "a text, a number, `true` or `false`",
                    "for a field without a value write `FIELD: missing`",
                );
                None
            }
            _ => {
                self.wrong_type(node, "a value", "a text, a number, `true` or `false`");
                None
            }
        }
    }

    fn literals(&mut self, node: &Node, what: &str) -> Vec<Literal> {
        self.list(node, what, "of values").into_iter().filter_map(|member| self.literal(member)).collect()
    }

    /// Parts of texts: in lower case, not trimmed.
    fn parts(&mut self, node: &Node, what: &str) -> Vec<String> {
        self.texts(node, what).into_iter().map(|(text, _)| lower(&text).into_owned()).collect()
    }

    fn pattern(&mut self, node: &Node, what: &str) -> Option<Regex> {
        let text = self.text(node, what)?;
        match Regex::new(&text) {
            Ok(pattern) => Some(pattern),
            Err(regex::Error::CompiledTooBig(_)) => {
                let message = format!("{what} is a regular expression that needs too much memory");
                let help = "repeat less, such as `{1,20}` instead of `{1,9999}`, or part it into several tests";
                self.push(Diagnostic::error("bad-pattern", node.place, message).help(help));
                None
            }
            Err(error) => {
                let said = error.to_string();
                let reason = said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                let fault =
                    Diagnostic::error("bad-pattern", node.place, format!("{what} is no regular expression: {reason}"));
                self.push(fault.help(pattern_hint(&text)));
                None
            }
        }
    }

    /// A number, or a date where the literal is one.
    pub fn bound(&mut self, node: &Node, what: &str, dates: &DateContext) -> Option<Bound> {
        match &node.kind {
            Kind::Scalar(Type::Number, _) => self.number(node, what).map(Bound::Number),
            Kind::Scalar(Type::Text, text) => {
                if let Some(date) = parse_date(text.trim(), dates.format.as_deref(), &dates.zone) {
                    return Some(Bound::Date(date));
                }
                self.no_bound(node, what);
                None
            }
            _ => {
                self.wrong_type(node, what, "a number or a date");
                None
            }
        }
    }

    fn no_bound(&mut self, node: &Node, what: &str) {
        let text = node.scalar().unwrap_or_default();
        if text.bytes().any(|byte| byte.is_ascii_digit()) && text.contains(['-', '/', '.', ':']) && !text.contains(',')
        {
            self.bad_date(node, what);
        } else if super::numbers::parse_span(text).is_some() {
            self.wrong_type_but(
                node,
                what,
                "a number or a date",
                format!("for an age write `within: {text}` or `older_than: {text}`"),
            );
        } else {
            // The number's own words help with `1,5` and `"100"`.
            let before = self.faults.len();
            self.number(node, what);
            if let Some(fault) = self.faults.get_mut(before) {
                fault.message = format!("{what} must be a number or a date");
            }
        }
    }

    fn bad_date(&mut self, node: &Node, what: &str) {
        let fault =
            Diagnostic::error("bad-date", node.place, format!("{what} needs a date, and this cannot be read as one"))
                .label(super::read::this_is(node))
                .help(node.scalar().and_then(super::read::typographic_quotes).unwrap_or_else(|| {
                    "write `2026-11-01` or `2026-11-01T14:05`, if need be with an offset such as `+01:00`".to_owned()
                }));
        self.push(fault);
    }

    fn date(&mut self, node: &Node, what: &str, dates: &DateContext) -> Option<DateRead> {
        let read = match &node.kind {
            Kind::Scalar(Type::Text | Type::Number, text) => {
                parse_date(text.trim(), dates.format.as_deref(), &dates.zone)
            }
            _ => None,
        };
        if read.is_none() {
            self.bad_date(node, what);
        }
        read
    }

    /// Two numbers or two dates, the first not after the second.
    pub fn window(&mut self, node: &Node, what: &str, dates: &DateContext) -> Option<Window> {
        let ends = match &node.kind {
            Kind::List(ends) if ends.len() == 2 => ends,
            _ => {
                self.wrong_type_but(
                    node,
                    what,
                    "a list of two numbers or two dates",
                    "write `[10, 20]` or `[2026-11-01, 2026-11-30]`; for one end write `at_least` or `at_most`",
                );
                return None;
            }
        };
        let from = self.bound(&ends[0], what, dates);
        let to = self.bound(&ends[1], what, dates);
        let (window, is_reversed) = match (from?, to?) {
            (Bound::Number(from), Bound::Number(to)) => (Window::Numbers(from, to), from > to),
            (Bound::Date(from), Bound::Date(to)) => {
                let end = to.end(&dates.zone);
                (Window::Dates(from.instant, end), from.instant > end)
            }
            _ => {
                let fault = Diagnostic::error("wrong-type", node.place, format!("{what} mixes a number and a date"));
                self.push(fault.help("give two numbers or two dates"));
                return None;
            }
        };
        if is_reversed {
            let text = |node: &Node| node.scalar().unwrap_or_default().to_owned();
            self.reversed(node, what, &format!("[{}, {}]", text(&ends[1]), text(&ends[0])));
            return None;
        }
        Some(window)
    }

    /// A window of time: `between: [from, to]`.
    pub fn date_window(&mut self, node: &Node, dates: &DateContext) -> Option<(Instant, Instant)> {
        match self.window(node, "`between`", dates)? {
            Window::Dates(from, to) => Some((from, to)),
            Window::Numbers(..) => {
                self.wrong_type_but(node, "`between`", "two dates here", "write `[2026-11-01, 2026-11-30]`");
                None
            }
        }
    }
}

/// What stands after `between`.
pub enum Window {
    /// Two numbers.
    Numbers(Points, Points),
    /// Two dates; the second is the end of its day where it has no time.
    Dates(Instant, Instant),
}

fn operator_hint(operator: &str, field: &str) -> String {
    let meant = match lower(operator).as_ref() {
        "present" | "missing" => return format!("write `{field}: {operator}`"),
        "exists" | "not_empty" | "filled" => return format!("write `{field}: present`"),
        "empty" | "is_empty" | "null" => return format!("write `{field}: missing`"),
        ">=" | "gte" | "ge" | "min" | "from" | "since" => "at_least",
        ">" | "gt" | "more_than" | "greater_than" | "over" => "above",
        "<=" | "lte" | "le" | "max" | "to" | "until" => "at_most",
        "<" | "lt" | "less_than" | "under" => "below",
        "=" | "==" | "eq" | "equals" | "equal" | "value" => "is",
        "!=" | "<>" | "ne" | "not" | "not_equals" | "isnt" => "is_not",
        "one_of" | "any" | "any_of" | "values" | "list" => "in",
        "none_of" | "not_any_of" | "nin" => "not_in",
        "regex" | "regexp" | "match" | "pattern" => "matches",
        "newer_than" | "last" | "in_last" => "within",
        "older" | "not_within" => "older_than",
        "like" | "includes" | "has" => "contains",
        "begins_with" | "prefix" | "starts" => "starts_with",
        "suffix" | "ends" => "ends_with",
        "not_contains" | "does_not_contain" => {
            return "write `not: { FIELD: { contains: … } }` as an entry of the condition".to_owned();
        }
        _ => "",
    };
    if !meant.is_empty() {
        return did_you_mean(&[meant]);
    }
    let near = nearest(operator, OPERATORS);
    if near.is_empty() { format!("operators: {}", quoted(&OPERATORS)) } else { did_you_mean(&near) }
}

fn pattern_hint(text: &str) -> String {
    if text.contains("(?=") || text.contains("(?!") || text.contains("(?<") {
        "look-ahead and look-behind are not supported: use a second test, or `not`".to_owned()
    } else if text.starts_with('*') || text.starts_with('+') {
        "`*` repeats what stands before it: `.*` is any text, and `contains` needs no pattern".to_owned()
    } else {
        "put `\\` before a mark that stands for itself, and the pattern in single quotes; `contains` needs no pattern"
            .to_owned()
    }
}
