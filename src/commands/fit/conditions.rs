//! Conditions that hold just for some codes of a question.
//!
//! In: codes. Out: a condition in the rule language, and words for it. Not here: points.

use super::learned::Writer;
use crate::commands::init::page::{list, map};
use crate::learn::values::Coding;
use crate::points::Points;
use serde_yaml::{Mapping, Value};
use std::ops::RangeInclusive;

/// Milliseconds of an hour.
const HOUR: i64 = 3_600_000;
/// So many texts are named in words.
const NAMED: usize = 3;

impl Writer<'_> {
    /// The condition that a code is one of these, and words for it.
    pub(super) fn condition(&self, feature: usize, codes: &[u8]) -> (Value, String) {
        let name = self.name(feature);
        let is = |test: Value| map([(name, test)]);
        let any = |conditions: Vec<Value>| map([("any", Value::Sequence(conditions))]);
        let has_missing = codes.contains(&0);
        let present: Vec<u8> = codes.iter().copied().filter(|&code| code > 0).collect();
        let missing = || {
            if self.coded[feature].question.has_unread {
                // What cannot be read is neither a number from 0 nor one below it, and after no date.
                let read = match self.coded[feature].coding {
                    Coding::Age(_) => is(map([("after", "1000-01-01".into())])),
                    _ => any(vec![is(map([("at_least", 0.into())])), is(map([("below", 0.into())]))]),
                };
                not(read)
            } else {
                is("missing".into())
            }
        };
        let (Some(&first), Some(&last)) = (present.first(), present.last()) else {
            return (missing(), "missing".to_owned());
        };
        let (condition, words) = match &self.coded[feature].coding {
            Coding::Yes if first == 2 => return (self.holds(feature), "holds".to_owned()),
            Coding::Yes if last == 1 => return (not(self.holds(feature)), "does not hold".to_owned()),
            Coding::Yes => (any(vec![self.holds(feature), not(self.holds(feature))]), "or not".to_owned()),
            Coding::Text(texts) => {
                let text = |code: u8| texts.get(usize::from(code) - 1).map(String::as_str);
                let inside: Vec<&str> = present.iter().filter_map(|&code| text(code)).collect();
                let has_other = usize::from(last) == texts.len() + 1;
                let words = match inside.len() {
                    0 => "other".to_owned(),
                    count if count <= NAMED => inside.join(", ") + if has_other { " or other" } else { "" },
                    _ => inside[..NAMED].join(", ") + " and others",
                };
                if !has_other {
                    (is(list(inside)), words)
                } else {
                    let is_outside = |code: &u8| !present.contains(code);
                    let outside: Vec<&str> = (1..=texts.len() as u8).filter(is_outside).filter_map(text).collect();
                    let rest = (!outside.is_empty()).then(|| is(map([("not_in", list(outside))])));
                    (both(is("present".into()), rest), words)
                }
            }
            Coding::Number(_) | Coding::Age(_) => self.span(feature, &(first..=last)),
        };
        if has_missing { (any(vec![missing(), condition]), format!("{words} or missing")) } else { (condition, words) }
    }

    /// The condition that a number or an age is in a run of codes, and words for it.
    pub(super) fn span(&self, feature: usize, run: &RangeInclusive<u8>) -> (Value, String) {
        let is = |tests: Vec<(&str, Value)>| map([(self.name(feature), map(tests))]);
        let (first, last) = (usize::from(*run.start()), usize::from(*run.end()));
        let ends = |bounds: &[i64]| (first.checked_sub(2).map(|at| bounds[at]), bounds.get(last - 1).copied());
        match &self.coded[feature].coding {
            Coding::Number(bounds) => match ends(bounds) {
                (None, None) => {
                    let either = vec![is(vec![("at_least", 0.into())]), is(vec![("below", 0.into())])];
                    (map([("any", Value::Sequence(either))]), "given".to_owned())
                }
                (Some(low), None) => (is(vec![("at_least", plain_number(low))]), format!("from {}", millionths(low))),
                (None, Some(high)) => (is(vec![("below", plain_number(high))]), format!("below {}", millionths(high))),
                (Some(low), Some(high)) => (
                    is(vec![("at_least", plain_number(low)), ("below", plain_number(high))]),
                    format!("from {} below {}", millionths(low), millionths(high)),
                ),
            },
            Coding::Age(ages) => {
                let older = |age: i64| is(vec![("older_than", age_text(age).into())]);
                let any_date = || is(vec![("after", "1000-01-01".into())]);
                match ends(ages) {
                    (None, None) => (any_date(), "given".to_owned()),
                    (Some(low), None) => (older(low), format!("older than {}", age_text(low))),
                    // A date that is still to come is no older than anything, and within nothing.
                    (None, Some(high)) => {
                        (both(any_date(), Some(not(older(high)))), format!("within {}", age_text(high)))
                    }
                    (Some(low), Some(high)) => (
                        is(vec![("older_than", age_text(low).into()), ("within", age_text(high).into())]),
                        format!("older than {} within {}", age_text(low), age_text(high)),
                    ),
                }
            }
            Coding::Text(_) | Coding::Yes => (self.holds(feature), String::new()),
        }
    }
}

/// Runs of codes with equal points, from a first code on.
pub fn runs(points: &[i32], first: usize) -> Vec<RangeInclusive<u8>> {
    let mut runs: Vec<RangeInclusive<u8>> = Vec::new();
    for code in first..points.len() {
        match runs.last_mut() {
            Some(run) if points[code] == points[code - 1] => *run = *run.start()..=code as u8,
            _ => runs.push(code as u8..=code as u8),
        }
    }
    runs
}

/// The negation.
pub fn not(condition: Value) -> Value {
    map([("not", condition)])
}

/// Both conditions.
pub fn both(one: Value, other: Option<Value>) -> Value {
    let Some(other) = other else { return one };
    match (&one, &other) {
        (Value::Mapping(a), Value::Mapping(b)) if a.keys().all(|key| !b.contains_key(key)) => {
            Value::Mapping(a.iter().chain(b).map(|(key, value)| (key.clone(), value.clone())).collect::<Mapping>())
        }
        _ => map([("all", Value::Sequence(vec![one, other]))]),
    }
}

fn millionths(number: i64) -> Points {
    Points(i128::from(number))
}

/// As YAML writes a number of at most six decimals, each digit as it is.
pub fn plain_number(number: i64) -> Value {
    let text = millionths(number).to_string();
    serde_yaml::from_str(&text).unwrap_or(Value::String(text))
}

fn age_text(milliseconds: i64) -> String {
    let hours = milliseconds / HOUR;
    if hours % 24 == 0 { format!("{}d", hours / 24) } else { format!("{hours}h") }
}
