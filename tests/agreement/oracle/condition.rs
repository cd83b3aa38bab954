//! Conditions (the rule reference, §3), over anything that can give a value for a name.

use std::cmp::Ordering;

use regex::Regex;

use super::cell::{Item, Value, duration, folded, upper_end};
use super::decimal::Dec;
use super::{Yaml, dec_of, list_of, text_of};

pub trait Subject {
    fn value(&self, name: &str) -> Value;
    fn did(&self, spec: &Yaml) -> bool;
    fn as_of(&self) -> i64;
    /// The text of a file that `in_file` names.
    fn file(&self, path: &str) -> &str;
}

pub fn holds(condition: &Yaml, subject: &dyn Subject) -> bool {
    let entries = condition.as_mapping().expect("a condition is a mapping");
    entries.iter().all(|(key, test)| match text_of(key).as_str() {
        "all" => list_of(test).iter().all(|part| holds(part, subject)),
        "any" => list_of(test).iter().any(|part| holds(part, subject)),
        "not" => !holds(test, subject),
        "did" => subject.did(test),
        name => passes(&subject.value(name), test, subject),
    })
}

/// A condition that may be left out.
pub fn holds_if_any(condition: &Yaml, subject: &dyn Subject) -> bool {
    condition.is_null() || holds(condition, subject)
}

fn passes(value: &Value, test: &Yaml, subject: &dyn Subject) -> bool {
    match test {
        Yaml::Mapping(operators) => {
            operators.iter().all(|(operator, argument)| operates(value, &text_of(operator), argument, subject))
        }
        Yaml::String(word) if word == "present" => !value.is_empty(),
        Yaml::String(word) if word == "missing" => value.is_empty(),
        literals => any_equals(value, literals),
    }
}

fn any_equals(value: &Value, literals: &Yaml) -> bool {
    value.iter().any(|item| list_of(literals).iter().any(|literal| equals(item, literal)))
}

fn equals(item: &Item, literal: &Yaml) -> bool {
    match literal {
        Yaml::Number(_) => item.number() == Some(dec_of(literal)),
        Yaml::Bool(wanted) => item.boolean() == Some(*wanted),
        literal => item.folded() == folded(&text_of(literal)),
    }
}

fn operates(value: &Value, operator: &str, argument: &Yaml, subject: &dyn Subject) -> bool {
    let any = |test: &dyn Fn(&Item) -> bool| value.iter().any(test);
    let ordered = |wanted: &dyn Fn(Ordering) -> bool| any(&|item| compared(item, argument).is_some_and(wanted));
    let any_text = |test: &dyn Fn(&str, &str) -> bool| {
        any(&|item| {
            let text = item.folded();
            list_of(argument).iter().any(|part| test(&text, &text_of(part).to_lowercase()))
        })
    };
    match operator {
        "is" | "in" => any_equals(value, argument),
        "is_not" | "not_in" => !any_equals(value, argument),
        "in_file" => any(&|item| is_listed(item, subject.file(&text_of(argument)))),
        "not_in_file" => !any(&|item| is_listed(item, subject.file(&text_of(argument)))),
        "at_least" => ordered(&Ordering::is_ge),
        "above" => ordered(&Ordering::is_gt),
        "at_most" => ordered(&Ordering::is_le),
        "below" => ordered(&Ordering::is_lt),
        "before" => ordered(&Ordering::is_lt),
        "after" => ordered(&Ordering::is_gt),
        "between" => any(&|item| {
            compared(item, &argument[0]).is_some_and(Ordering::is_ge)
                && match &argument[1] {
                    Yaml::String(end) => item.date() <= upper_end(end, &item.zone()),
                    end => compared(item, end).is_some_and(Ordering::is_le),
                }
        }),
        "contains" => any_text(&|text, part| text.contains(part)),
        "starts_with" => any_text(&|text, part| text.starts_with(part)),
        "ends_with" => any_text(&|text, part| text.ends_with(part)),
        "matches" => {
            let pattern = Regex::new(&text_of(argument)).expect("a regular expression");
            any(&|item| pattern.is_match(&item.text()))
        }
        "within" | "older_than" => {
            let start = subject.as_of() - duration(&text_of(argument));
            any(&|item| match item.date() {
                Some(at) if operator == "within" => start <= at && at <= subject.as_of(),
                Some(at) => at < start,
                None => false,
            })
        }
        other => panic!("no such test: {other}"),
    }
}

/// Nothing where the value cannot be read as the literal's kind.
fn compared(item: &Item, literal: &Yaml) -> Option<Ordering> {
    match literal {
        Yaml::String(date) => Some(item.date()?.cmp(&item.literal_date(date)?)),
        number => Some(item.number()?.cmp(&dec_of(number))),
    }
}

fn is_listed(item: &Item, file: &str) -> bool {
    let lines = file.lines().map(folded).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.into_iter().any(|line| line == item.folded())
}

/// Whether a number passes the number tests among the keys of `did`; without one, at least 1.
pub fn counts(number: Option<Dec>, spec: &Yaml) -> bool {
    let tests = ["at_least", "above", "at_most", "below", "between", "is"];
    let value: Value = number.map(Item::Number).into_iter().collect();
    let numeric = |test: &str| {
        let first = if test == "between" { &spec[test][0] } else { &spec[test] };
        first.is_number()
    };
    let mut named = tests.into_iter().filter(|test| numeric(test)).peekable();
    if named.peek().is_none() {
        return number.is_some_and(|number| number >= Dec::whole(1));
    }
    named.all(|test| operates(&value, test, &spec[test], &Nobody))
}

/// Number tests ask nothing of their subject.
struct Nobody;

impl Subject for Nobody {
    fn value(&self, _: &str) -> Value {
        Vec::new()
    }
    fn did(&self, _: &Yaml) -> bool {
        false
    }
    fn as_of(&self) -> i64 {
        0
    }
    fn file(&self, _: &str) -> &str {
        ""
    }
}
