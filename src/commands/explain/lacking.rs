//! Why a condition does not hold: the tests that fail, each with what stands there instead.
//!
//! In: a condition and the facts of a contact. Out: lines for people, indented by depth. Not
//! here: whether it holds; that is asked of the engine.

use crate::engine::condition::{holds, read_number};
use crate::engine::contact::ContactFacts;
use crate::engine::facts::{Facts, Value};
use crate::points::Points;
use crate::rules::describe;
use crate::rules::model::{Check, Condition, Model, Order, Test};

/// A line and how deep it stands.
pub type Lines = Vec<(usize, String)>;

/// What is missing for the condition to hold; nothing where it holds.
pub fn lacking(model: &Model, condition: &Condition, facts: &ContactFacts<'_, '_>) -> Lines {
    let mut lines = Lines::new();
    add(model, condition, facts, 0, &mut lines);
    lines
}

fn add(model: &Model, condition: &Condition, facts: &ContactFacts<'_, '_>, depth: usize, lines: &mut Lines) {
    if holds(condition, *facts) {
        return;
    }
    match condition {
        Condition::All(all) => all.iter().for_each(|inner| add(model, inner, facts, depth, lines)),
        Condition::Any(any) => {
            lines.push((depth, "any of these:".to_owned()));
            any.iter().for_each(|inner| add(model, inner, facts, depth + 1, lines));
        }
        Condition::Not(_) => lines.push((depth, format!("{}, but that holds", describe::condition(model, condition)))),
        Condition::Test(test) => {
            lines.push((depth, format!("{}: {}", describe::test(model, test), instead(test, facts))));
        }
    }
}

/// What stands there instead: `it is 62.5, 7.5 short`.
fn instead(test: &Test, facts: &ContactFacts<'_, '_>) -> String {
    let value = facts.value(test.operand);
    let stands = match value {
        Value::Missing => return "there is no value".to_owned(),
        Value::Cell(text, _) | Value::Text(text) => format!("it is `{}`", text.escape_debug()),
        Value::Number(number) => format!("it is {number}"),
        Value::Instant(instant) => format!("it is {instant}"),
    };
    let short = test.checks.iter().find_map(|check| match check {
        Check::Number(Order::AtLeast | Order::Above, bound) | Check::NumberBetween(bound, _) => {
            let number = read_number(value, facts)?.to_points();
            (number < *bound).then(|| *bound - number)
        }
        _ => None,
    });
    match short {
        Some(short) if short > Points::ZERO => format!("{stands}, {short} short"),
        _ => stands,
    }
}
