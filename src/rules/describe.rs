//! Conditions in the words of a person, for `explain` and messages.
//!
//! In: a part of a [`Model`]. Out: one line, such as `region is mazowieckie or małopolskie`.
//! Not here: whether it holds.

use super::model::{Check, Condition, Literal, Measure, Model, Operand, Order, Selection, Test};
use crate::diagnostic::join;
use crate::instant::{DAY_MS, Instant, Zone, date_of_day};
use crate::points::Points;

/// So many values of a list are named.
const NAMED: usize = 5;

/// What must hold of a contact or an account.
pub fn condition(model: &Model, condition: &Condition) -> String {
    whole(&model.contacts.timezone, model, condition)
}

/// One test of a contact or an account.
pub fn test(model: &Model, test: &Test) -> String {
    one_test(&model.contacts.timezone, model, test)
}

/// Which activities: `email_open or email_click within 90d where device is mobile`.
pub fn selection(model: &Model, selection: &Selection) -> String {
    let mut words = types_and_time(selection, &model.activities.timezone);
    for filter in &selection.filters {
        words.push_str(&format!(" where {}", nested(&model.activities.timezone, model, filter)));
    }
    words
}

/// Types and window of a selection, without its filters.
pub fn types_and_time(selection: &Selection, zone: &Zone) -> String {
    let mut words = match &selection.types {
        Some(types) => join(types, "or"),
        None => "any activity".to_owned(),
    };
    if let Some(span) = selection.within {
        words.push_str(&format!(" within {span}"));
    }
    for (from, to) in &selection.between {
        words.push_str(&format!(" from {} to {}", moment(*from, zone), moment(*to, zone)));
    }
    words
}

/// A `did` without its number: `did demo_request within 30d`.
pub fn did(selection: &Selection, measure: Measure, zone: &Zone) -> String {
    let which = types_and_time(selection, zone);
    match measure {
        Measure::Count => format!("did {which}"),
        Measure::Days => format!("days with {which}"),
        Measure::Distinct(_) => format!("different values in {which}"),
        Measure::Sum(_) => format!("sum over {which}"),
        Measure::Last => format!("last {which}"),
        Measure::First => format!("first {which}"),
        Measure::DaysSinceLast => format!("days since the last {which}"),
        Measure::DaysSinceFirst => format!("days since the first {which}"),
    }
}

/// An instant by the local clock: the date alone at midnight, and at the end of a day.
pub fn moment(instant: Instant, zone: &Zone) -> String {
    let local = zone.local(instant);
    let (year, month, date) = date_of_day(local.div_euclid(DAY_MS));
    let day = format!("{year:04}-{month:02}-{date:02}");
    match local.rem_euclid(DAY_MS) {
        0 => day,
        ms if ms == DAY_MS - 1 => format!("the end of {day}"),
        ms => {
            let seconds = ms / 1000;
            let clock = format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
            let rest = match (seconds % 60, ms % 1000) {
                (0, 0) => String::new(),
                (second, 0) => format!(":{second:02}"),
                (second, ms) => format!(":{second:02}.{ms:03}"),
            };
            format!("{day} {clock}{rest}")
        }
    }
}

fn whole(zone: &Zone, model: &Model, condition: &Condition) -> String {
    match condition {
        Condition::All(parts) if parts.is_empty() => "always".to_owned(),
        Condition::Any(parts) if parts.is_empty() => "never".to_owned(),
        Condition::All(parts) => joined(zone, model, parts, " and "),
        Condition::Any(parts) => joined(zone, model, parts, " or "),
        Condition::Not(inner) => format!("not ({})", whole(zone, model, inner)),
        Condition::Test(test) => one_test(zone, model, test),
    }
}

fn joined(zone: &Zone, model: &Model, parts: &[Condition], word: &str) -> String {
    match parts {
        [only] => whole(zone, model, only),
        _ => parts.iter().map(|part| nested(zone, model, part)).collect::<Vec<_>>().join(word),
    }
}

/// In brackets where it has several parts.
fn nested(zone: &Zone, model: &Model, condition: &Condition) -> String {
    let words = whole(zone, model, condition);
    match condition {
        Condition::All(parts) | Condition::Any(parts) if parts.len() > 1 => format!("({words})"),
        Condition::All(parts) | Condition::Any(parts) if parts.len() == 1 => nested(zone, model, &parts[0]),
        _ => words,
    }
}

fn one_test(zone: &Zone, model: &Model, test: &Test) -> String {
    let tally = match test.operand {
        Operand::Tally(tally) => model.tallies.get(tally),
        _ => None,
    };
    if let Some(tally) = tally.filter(|tally| tally.name.is_none()) {
        return did_test(zone, model, test, &tally.selection, tally.measure);
    }
    // Tallies of dates are read in the zone of the activities.
    let zone = if tally.is_some() { &model.activities.timezone } else { zone };
    let checks: Vec<String> = test.checks.iter().map(|check| self::check(check, zone)).collect();
    format!("{} {}", test.name, checks.join(" and "))
}

fn did_test(zone: &Zone, model: &Model, test: &Test, selection: &Selection, measure: Measure) -> String {
    let mut words = test.name.clone();
    for filter in &selection.filters {
        words.push_str(&format!(" where {}", nested(&model.activities.timezone, model, filter)));
    }
    if measure == Measure::Count {
        let times: Vec<String> = test.checks.iter().filter_map(times).collect();
        return if times.is_empty() { words } else { format!("{words} {}", times.join(" and ")) };
    }
    let checks: Vec<String> = test.checks.iter().map(|check| self::check(check, zone)).collect();
    format!("{words} {}", checks.join(" and "))
}

/// How often; nothing for "at least once", which `did` says by itself.
fn times(check: &Check) -> Option<String> {
    Some(match check {
        Check::Number(Order::AtLeast, Points::ONE) => return None,
        Check::Number(order, number) => format!("{} {number} times", order_word(*order)),
        Check::NumberBetween(from, to) => format!("from {from} to {to} times"),
        Check::OneOf(literals) => format!("exactly {} times", literal_list(literals, "or")),
        _ => return None,
    })
}

/// One operator with its argument: `is at least 5`, `contains prezes or ceo`.
pub fn check(check: &Check, zone: &Zone) -> String {
    match check {
        Check::Present => "is given".to_owned(),
        Check::Missing => "is missing".to_owned(),
        Check::OneOf(literals) => format!("is {}", literal_list(literals, "or")),
        Check::NoneOf(literals) => format!("is not {}", literal_list(literals, "or")),
        Check::Number(order, number) => format!("is {} {number}", order_word(*order)),
        Check::NumberBetween(from, to) => format!("is from {from} to {to}"),
        Check::Date(order, instant) => {
            let words = match order {
                Order::AtLeast => "not before",
                Order::Above => "after",
                Order::AtMost => "not after",
                Order::Below => "before",
            };
            format!("is {words} {}", moment(*instant, zone))
        }
        Check::DateBetween(from, to) => format!("is from {} to {}", moment(*from, zone), moment(*to, zone)),
        Check::Contains(parts) => format!("contains {}", list(parts)),
        Check::StartsWith(parts) => format!("starts with {}", list(parts)),
        Check::EndsWith(parts) => format!("ends with {}", list(parts)),
        Check::Matches(pattern) => format!("matches {pattern}"),
        Check::Within(span) => format!("is within {span}"),
        Check::OlderThan(span) => format!("is older than {span}"),
    }
}

fn order_word(order: Order) -> &'static str {
    match order {
        Order::AtLeast => "at least",
        Order::Above => "above",
        Order::AtMost => "at most",
        Order::Below => "below",
    }
}

fn literal_list(literals: &[Literal], word: &str) -> String {
    let texts = literals.iter().take(NAMED + 1).map(|literal| match literal {
        Literal::Text(text) => text.clone(),
        Literal::Number(number) => number.to_string(),
        Literal::Boolean(value) => value.to_string(),
    });
    shortened(texts.collect(), literals.len(), word)
}

fn list(parts: &[String]) -> String {
    shortened(parts.iter().take(NAMED + 1).cloned().collect(), parts.len(), "or")
}

fn shortened(mut texts: Vec<String>, count: usize, word: &str) -> String {
    if count == 0 {
        return "one of no values".to_owned();
    }
    if count > NAMED + 1 {
        texts.truncate(NAMED);
        texts.push(format!("{} others", count - NAMED));
    }
    join(&texts, word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::parse;

    fn described(when: &str) -> String {
        let text = format!(
            "version: 1\ncontacts: {{ timezone: Europe/Warsaw }}\ntallies: {{ views: {{ activity: view }} }}\n\
             scores: {{ s: {{ rules: [ {{ name: r, when: {when}, points: 1 }} ] }} }}\n"
        );
        let file = parse("r.yaml", text.as_bytes(), std::path::Path::new("")).unwrap();
        let mut words = String::new();
        if let crate::rules::model::ScoreKind::Rules { items, .. } = &file.model.scores[0].kind
            && let crate::rules::model::Item::Rule(rule) = &items[0]
        {
            words = condition(&file.model, rule.when.as_ref().unwrap());
        }
        words
    }

    #[test]
    fn conditions_read_like_sentences() {
        for (when, words) in [
            ("{ region: [Mazowieckie, małopolskie] }", "region is mazowieckie or małopolskie"),
            ("{ employees: { above: 100, at_most: 5000 } }", "employees is above 100 and is at most 5000"),
            ("{ phone: present, any: [ { a: 1 }, { b: missing } ] }", "phone is given and (a is 1 or b is missing)"),
            ("{ not: { all: [ { a: x }, { b: true } ] } }", "not (a is x and b is true)"),
            ("{ did: demo_request }", "did demo_request"),
            ("{ did: { activity: [a, b], within: 30d, at_least: 3 } }", "did a or b within 30d at least 3 times"),
            (
                "{ did: { activity: any, measure: days, above: 2, where: { d: x } } }",
                "days with any activity where d is x is above 2",
            ),
            (
                "{ did: { activity: a, between: [2026-11-23, 2026-11-30] } }",
                "did a from 2026-11-23 to the end of 2026-11-30",
            ),
            ("{ d: { between: [2026-11-01, 2026-11-02T08:30] } }", "d is from 2026-11-01 to 2026-11-02 08:30"),
            ("{ views: { at_least: 4 } }", "views is at least 4"),
            ("{ c: [a, b, c, d, e, f, g, h] }", "c is a, b, c, d, e or 3 others"),
            ("{ e: { ends_with: ['@Gmail.com', '@wp.pl'] } }", "e ends with @gmail.com or @wp.pl"),
            ("{}", "always"),
        ] {
            assert_eq!(described(when), words, "{when}");
        }
    }
}
