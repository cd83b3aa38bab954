//! Whether a condition holds (rule reference, §3).
//!
//! In: a condition of the model and the [`Facts`] it is about: a contact, an activity or an
//! account. Out: yes or no. To add an operator, give it an arm in `holds_of_one`.

use super::facts::{Alone, Facts, Kind, Rows, Value};
use super::memo::Memo;
use super::row_set::RowSet;
use crate::instant::Instant;
use crate::points::{Decimal, Points};
use crate::rules::model::{Card, Check, ColumnId, Condition, Literal, Operand, Order, Scale, Test};
use crate::value::{self, DecimalMark, Reading, fold, lower, trimmed};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::ops::Range;

/// Whether a condition holds of the facts.
#[inline]
pub fn holds(condition: &Condition, facts: impl Facts + Copy) -> bool {
    !holding(condition, RowSet::first(1), &Alone(facts)).is_empty()
}

/// The rows of which a condition holds. None is asked what no longer matters to it: a cell that is not
/// looked at cannot be unreadable.
pub fn holding(condition: &Condition, rows: RowSet, among: &impl Rows) -> RowSet {
    if rows.is_empty() {
        return rows;
    }
    match condition {
        Condition::All(all) => all.iter().fold(rows, |rows, condition| holding(condition, rows, among)),
        Condition::Any(any) => {
            any.iter().fold(RowSet::NONE, |found, condition| found | holding(condition, rows - found, among))
        }
        Condition::Not(inner) => rows - holding(inner, rows, among),
        Condition::Test(test) => passing(test, rows, among),
    }
}

/// The rows of which one test holds.
fn passing(test: &Test, rows: RowSet, among: &impl Rows) -> RowSet {
    let Test { operand, checks, memo, .. } = test;
    if let Some(numbers) = among.numbers(*operand) {
        return rows.filter(|row| match numbers(row) {
            Some(number) => all(checks, |check| holds_of_one(check, Value::Number(number), &among.one(row))),
            None => hold_of_nothing(checks),
        });
    }
    let Operand::Column(column) = *operand else {
        return rows.filter(|row| {
            let facts = among.one(row);
            all_hold(checks, facts.value(*operand), &facts)
        });
    };
    let cells = among.cells(column);
    if let Some(memo) = memo {
        let memo = &among.memos().tests[*memo];
        return rows.filter(|row| match cells(row) {
            Some(cell) => Memo::answer(memo, cell, || are_found_to_hold(checks, cell, column, &among.one(row))),
            None => hold_of_nothing(checks),
        });
    }
    let is_parted = among.readings().columns[column].reading.separator.is_some();
    rows.filter(|row| match cells(row) {
        Some(cell) => hold_of_cell(checks, cell, column, is_parted, &among.one(row)),
        None => hold_of_nothing(checks),
    })
}

/// Whether all checks hold of a cell, the first time that they are asked of its text.
#[cold]
fn are_found_to_hold(checks: &[Check], cell: &str, column: ColumnId, facts: &impl Facts) -> bool {
    all_hold(checks, Value::Cell(cell, column), facts)
}

/// Whether all checks hold of a value. What kind of value it is, is told apart here: each kind gets
/// checks compiled for it alone.
fn all_hold(checks: &[Check], value: Value<'_>, facts: &impl Facts) -> bool {
    match value {
        Value::Missing => hold_of_nothing(checks),
        Value::Cell(cell, column) => {
            let is_parted = facts.readings().columns[column].reading.separator.is_some();
            hold_of_cell(checks, cell, column, is_parted, facts)
        }
        Value::Number(number) => all(checks, |check| holds_of_one(check, Value::Number(number), facts)),
        _ => checks.iter().all(|check| holds_of_other(check, value, facts)),
    }
}

/// Whether all checks hold where there is no value.
fn hold_of_nothing(checks: &[Check]) -> bool {
    checks.iter().all(|check| matches!(check, Check::Missing | Check::NoneOf(_)))
}

/// Whether all checks hold of a cell; `is_parted` tells whether a separator parts those of its column.
#[inline(always)]
fn hold_of_cell(checks: &[Check], cell: &str, column: ColumnId, is_parted: bool, facts: &impl Facts) -> bool {
    if is_parted || value::is_set(cell) {
        return checks.iter().all(|check| holds_of_set(check, cell, column, facts));
    }
    all(checks, |check| holds_of_one(check, Value::Cell(cell, column), facts))
}

/// `Iterator::all`, which is not always inlined.
#[inline(always)]
fn all(checks: &[Check], holds: impl Fn(&Check) -> bool) -> bool {
    for check in checks {
        if !holds(check) {
            return false;
        }
    }
    true
}

fn holds_of_other(check: &Check, value: Value<'_>, facts: &impl Facts) -> bool {
    holds_of_one(check, value, facts)
}

/// Whether a check holds of a cell that may have several members: of any of them, or of none.
fn holds_of_set(check: &Check, cell: &str, column: ColumnId, facts: &impl Facts) -> bool {
    let any = |holds: &dyn Fn(Value<'_>) -> bool| any_member(Value::Cell(cell, column), facts, holds);
    match check {
        Check::Present => true,
        Check::Missing => false,
        Check::NoneOf(literals) => !any(&|one| equals_any(literals, one, facts)),
        _ => any(&|one| holds_of_other(check, one, facts)),
    }
}

/// Whether something holds of the value, or of any member where it is a set; never of nothing.
fn any_member(value: Value<'_>, facts: &impl Facts, mut holds: impl FnMut(Value<'_>) -> bool) -> bool {
    let readings = facts.readings();
    match value {
        Value::Missing => false,
        Value::Cell(cell, column) => {
            let separator = readings.columns[column].reading.separator.as_deref();
            match value::members(cell, separator, readings.missing) {
                Some(mut members) => members.any(|member| holds(Value::Cell(member, column))),
                None => holds(value),
            }
        }
        _ => holds(value),
    }
}

#[inline(always)]
fn holds_of_one(check: &Check, value: Value<'_>, facts: &impl Facts) -> bool {
    let number = || read_number(value, facts);
    let date = || read_instant(value, facts);
    match check {
        Check::Present => true,
        Check::Missing => false,
        Check::NoneOf(literals) => !equals_any(literals, value, facts),
        Check::OneOf(literals) => equals_any(literals, value, facts),
        Check::Number(order, bound) => number().is_some_and(|number| order.holds(number.compare(*bound))),
        Check::NumberBetween(low, high) => {
            number().is_some_and(|number| number.compare(*low).is_ge() && number.compare(*high).is_le())
        }
        Check::Date(order, bound) => date().is_some_and(|instant| order.holds(instant.cmp(bound))),
        Check::DateBetween(from, to) => date().is_some_and(|instant| (*from..=*to).contains(&instant)),
        Check::Contains(parts) => {
            let text = text_of(value);
            let text = lower(&text);
            parts.iter().any(|part| text.contains(part))
        }
        Check::StartsWith(parts) => {
            has_end(parts, &text_of(value), |_, part| Some(0..part), |text, part| text.starts_with(part))
        }
        Check::EndsWith(parts) => {
            let end = |text: usize, part: usize| Some(text.checked_sub(part)?..text);
            has_end(parts, &text_of(value), end, |text, part| text.ends_with(part))
        }
        Check::Matches(pattern) => pattern.is_match(&text_of(value)),
        Check::Within(span) => {
            let now = facts.as_of();
            date().is_some_and(|instant| (Instant(now.0 - span.0)..=now).contains(&instant))
        }
        Check::OlderThan(span) => date().is_some_and(|instant| instant < Instant(facts.as_of().0 - span.0)),
    }
}

/// Whether one of the parts, which are in lower case, is an end of a text. Nearly always ASCII tells,
/// and nothing has to be put in lower case. `end_of` says where that end stands, from both lengths.
#[inline(always)]
fn has_end(
    parts: &[String],
    text: &str,
    end_of: fn(usize, usize) -> Option<Range<usize>>,
    is_end: fn(&str, &str) -> bool,
) -> bool {
    let is_same = |part: &String| {
        let end = end_of(text.len(), part.len()).and_then(|end| text.as_bytes().get(end));
        end.is_some_and(|end| is_same_in_ascii(end, part.as_bytes()))
    };
    if parts.iter().any(is_same) {
        return true;
    }
    !text.is_ascii() && {
        let text = lower(text);
        parts.iter().any(|part| is_end(&text, part))
    }
}

/// Whether texts of one length are the same but for the case of letters in ASCII.
#[inline(always)]
fn is_same_in_ascii(one: &[u8], other: &[u8]) -> bool {
    // The first byte nearly always tells.
    let first = |text: &[u8]| text.first().map(u8::to_ascii_lowercase);
    first(one) == first(other) && one.eq_ignore_ascii_case(other)
}

impl Order {
    fn holds(self, compared: Ordering) -> bool {
        match self {
            Order::AtLeast => compared.is_ge(),
            Order::Above => compared.is_gt(),
            Order::AtMost => compared.is_le(),
            Order::Below => compared.is_lt(),
        }
    }
}

#[inline(always)]
fn equals_any(literals: &[Literal], value: Value<'_>, facts: &impl Facts) -> bool {
    if let Value::Cell(text, _) | Value::Text(text) = value
        && let Some(known) = equals_any_text(literals, trimmed(text))
    {
        return known;
    }
    equals_any_kind(literals, value, facts)
}

/// Whether a text equals one of these, if all of them are texts.
#[inline]
fn equals_any_text(literals: &[Literal], text: &str) -> Option<bool> {
    for literal in literals {
        let Literal::Text(literal) = literal else { return None };
        if literal.len() == text.len() && is_same_in_ascii(literal.as_bytes(), text.as_bytes()) {
            return Some(true);
        }
    }
    // Beyond ASCII other letters may be one in lower case.
    Some(
        !text.is_ascii() && {
            let text = lower(text);
            literals.iter().any(|literal| matches!(literal, Literal::Text(literal) if *literal == text))
        },
    )
}

fn equals_any_kind(literals: &[Literal], value: Value<'_>, facts: &impl Facts) -> bool {
    let (text, number) = (OnceCell::new(), OnceCell::new());
    literals.iter().any(|literal| match literal {
        Literal::Text(literal) => text.get_or_init(|| fold(&text_of(value)).into_owned()) == literal,
        Literal::Number(literal) => {
            number.get_or_init(|| read_number(value, facts)).is_some_and(|read| read.compare(*literal).is_eq())
        }
        Literal::Boolean(boolean) => read_boolean(value, facts) == Some(*boolean),
    })
}

/// The value as a text, as the output would write it.
#[inline(always)]
fn text_of(value: Value<'_>) -> Cow<'_, str> {
    match value {
        Value::Missing => Cow::Borrowed(""),
        Value::Cell(text, _) | Value::Text(text) => Cow::Borrowed(text),
        Value::Number(number) => Cow::Owned(number.to_string()),
        Value::Instant(instant) => Cow::Owned(instant.to_string()),
    }
}

/// The value as a number; a cell that is none is reported.
#[inline(always)]
pub fn read_number(value: Value<'_>, facts: &impl Facts) -> Option<Decimal> {
    match value {
        Value::Number(number) => Some(number.into()),
        Value::Cell(text, column) => {
            let read = value::parse_number(text, facts.readings().columns[column].reading.decimal);
            note_unread(read, column, Kind::Number, facts)
        }
        Value::Text(text) => value::parse_number(text, DecimalMark::Point),
        Value::Missing | Value::Instant(_) => None,
    }
}

/// The value as a date; a cell that is none is reported.
#[inline(always)]
pub fn read_instant(value: Value<'_>, facts: &impl Facts) -> Option<Instant> {
    match value {
        Value::Instant(instant) => Some(instant),
        Value::Cell(text, column) => {
            let readings = facts.readings();
            let mut calendar = facts.memos().calendar.borrow_mut();
            let read = value::parse_time(text, &readings.columns[column].reading, readings.zone, &mut calendar);
            note_unread(read, column, Kind::Date, facts)
        }
        Value::Number(_) | Value::Text(_) => {
            let read = value::parse_instant(&text_of(value), &Reading::default(), facts.readings().zone);
            read.map(|read| read.instant)
        }
        Value::Missing => None,
    }
}

fn read_boolean(value: Value<'_>, facts: &impl Facts) -> Option<bool> {
    let read = value::parse_boolean(&text_of(value));
    match value {
        Value::Cell(_, column) => note_unread(read, column, Kind::Boolean, facts),
        _ => read,
    }
}

#[inline]
fn note_unread<T>(read: Option<T>, column: ColumnId, kind: Kind, facts: &impl Facts) -> Option<T> {
    if read.is_none() {
        facts.unreadable(column, kind);
    }
    read
}

/// The points that a value gives by a card; `None` for a missing or unreadable value.
pub fn points_of(card: &Card, value: Value<'_>, facts: &impl Facts) -> Option<Points> {
    let work_out = || worked_out(&card.scale, card.otherwise, value, facts);
    match (card.memo, value) {
        (Some(memo), Value::Cell(text, _)) => Memo::answer(&facts.memos().cards[memo], text, work_out),
        _ => work_out(),
    }
}

fn worked_out(scale: &Scale, otherwise: Points, value: Value<'_>, facts: &impl Facts) -> Option<Points> {
    match scale {
        Scale::Steps(steps) => {
            let number = read_number(value, facts)?;
            let reached = steps.partition_point(|(bound, _)| number.compare(*bound).is_ge());
            Some(if reached == 0 { otherwise } else { steps[reached - 1].1 })
        }
        Scale::Times(factor) => Some(read_number(value, facts)?.times(*factor)),
        Scale::Values(values) => {
            // A set has each member once; only members that are listed need telling apart.
            let mut listed: Vec<usize> = Vec::new();
            let mut is_empty = true;
            any_member(value, facts, |member| {
                is_empty = false;
                let text = text_of(member);
                let text = fold(&text);
                let place = values.iter().position(|(value, _)| *value == text);
                listed.extend(place.filter(|place| !listed.contains(place)));
                false
            });
            let points = || listed.iter().map(|&place| values[place].1).sum();
            (!is_empty).then(|| if listed.is_empty() { otherwise } else { points() })
        }
    }
}
