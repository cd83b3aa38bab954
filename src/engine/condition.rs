//! Whether a condition holds (rule reference, §3).
//!
//! In: a condition of the model and the [`Facts`] it is about: a contact, an activity or an
//! account. Out: yes or no. To add an operator, give it an arm in `holds_of_one`.

use super::facts::{Alone, Facts, Kind, Rows, Value};
use super::memo::Memo;
use super::read::{self, ReadOnce};
use super::row_set::RowSet;
use crate::instant::Instant;
use crate::points::{Decimal, Points};
use crate::rules::model::{Check, ColumnId, Condition, Literal, Literals, Operand, Order, Test};
use crate::value::{self, DecimalMark, Reading, fold, trimmed};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::cmp::Ordering;

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
    if let Some(holding) = among.answered(condition, rows) {
        return holding;
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
    // Who did anything of a kind is known of all rows at once.
    if let [Check::Number(order, bound)] = checks[..]
        && order.holds_from_one_on(bound)
        && let Some(counted) = among.counted(*operand)
    {
        return rows & counted;
    }
    if let Some(numbers) = among.numbers(*operand) {
        return checks.iter().fold(rows, |rows, check| numbers_passing(check, rows, &numbers, among));
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
        let remembered =
            |cell, row| Memo::answer(memo, cell, || are_found_to_hold(checks, cell, column, &among.one(row)));
        let words = match checks[..] {
            [Check::Contains(ref words)] if !has_members(column, among) => Some(words),
            _ => None,
        };
        let at_once = |cell| words.filter(|_| !value::is_set(cell)).and_then(|words| words.within_at_once(cell));
        return rows.filter(|row| match cells(row) {
            Some(cell) => at_once(cell).unwrap_or_else(|| remembered(cell, row)),
            None => hold_of_nothing(checks),
        });
    }
    checks.iter().fold(rows, |rows, check| cells_passing(check, rows, column, &cells, among))
}

/// The rows of whose numbers a check holds.
#[inline(always)]
fn numbers_passing(
    check: &Check,
    rows: RowSet,
    numbers: &impl Fn(usize) -> Option<Points>,
    among: &impl Rows,
) -> RowSet {
    if let Check::Number(order, bound) = check {
        return rows.filter(|row| numbers(row).is_some_and(|number| order.holds(number.cmp(bound))));
    }
    rows.filter(|row| match numbers(row) {
        Some(number) => holds_of_one(check, Value::Number(number), &among.one(row)),
        None => holds_of_nothing(check),
    })
}

/// The rows of whose cells a check holds. What kind of check it is, is told apart before any row is looked at.
#[inline(always)]
fn cells_passing<'a, R: Rows>(
    check: &Check,
    rows: RowSet,
    column: ColumnId,
    cells: &impl Fn(usize) -> Option<&'a str>,
    among: &R,
) -> RowSet {
    let of_set = |cell: &str, row: usize| holds_of_set(check, cell, column, &among.one(row));
    let each = Each { rows, cells, of_set, of_nothing: holds_of_nothing(check) };
    if has_members(column, among) {
        return each.passing(each.of_set);
    }
    match check {
        Check::Present => rows.filter(|row| cells(row).is_some()),
        Check::Missing => rows.filter(|row| cells(row).is_none()),
        Check::OneOf(Literals { words: Some(words), .. }) => each.passing(|cell, _| words.any_is(cell)),
        Check::NoneOf(Literals { words: Some(words), .. }) => each.passing(|cell, _| !words.any_is(cell)),
        Check::StartsWith(words) => each.passing(|cell, _| words.any_starts(cell)),
        Check::EndsWith(words) => each.passing(|cell, _| words.any_ends(cell)),
        Check::Number(..) | Check::NumberBetween(..) => {
            let of_usual = |number: i64, _| holds_of_number(check, |bound| Points(number.into()).cmp(&bound));
            let of_any = |cell: &'a str, row: usize| number_holds(check, Value::Cell(cell, column), &among.one(row));
            each.passing_read(read::numbers(column, rows, among), of_usual, of_any)
        }
        Check::Date(..) | Check::DateBetween(..) | Check::Within(_) | Check::OlderThan(_) => {
            let of_usual = |date: i64, row: usize| holds_of_date(check, Instant(date), among.one(row).as_of());
            let of_any = |cell: &'a str, row: usize| date_holds(check, Value::Cell(cell, column), &among.one(row));
            each.passing_read(read::dates(column, rows, among), of_usual, of_any)
        }
        _ => each.passing(|cell, row| holds_of_one(check, Value::Cell(cell, column), &among.one(row))),
    }
}

/// Whether something parts the cells of a column into members.
fn has_members(column: ColumnId, among: &impl Rows) -> bool {
    among.readings().columns[column].reading.separator.is_some()
}

/// Each of some rows, its cell, and what is so where it is a set or missing.
#[derive(Clone, Copy)]
struct Each<'c, C, S> {
    rows: RowSet,
    cells: &'c C,
    of_set: S,
    of_nothing: bool,
}

impl<'a, C: Fn(usize) -> Option<&'a str>, S: Fn(&str, usize) -> bool + Copy> Each<'_, C, S> {
    #[inline(always)]
    fn passing(&self, holds: impl Fn(&'a str, usize) -> bool) -> RowSet {
        self.rows.filter(|row| match (self.cells)(row) {
            None => self.of_nothing,
            Some(cell) if value::is_set(cell) => (self.of_set)(cell, row),
            Some(cell) => holds(cell, row),
        })
    }

    /// The same where cells are read as numbers: by what was `read`, where something was.
    #[inline(always)]
    fn passing_read(
        &self,
        read: Option<(RowSet, &ReadOnce)>,
        of_usual: impl Fn(i64, usize) -> bool,
        of_any: impl Fn(&'a str, usize) -> bool,
    ) -> RowSet {
        let Some((known, read)) = read else { return self.passing(of_any) };
        let unknown = Each { rows: self.rows - known, ..*self };
        known.filter(|row| of_usual(read.number(row), row)) | unknown.passing(of_any)
    }
}

/// Whether all checks hold of a cell, the first time that they are asked of its text.
#[cold]
fn are_found_to_hold(checks: &[Check], cell: &str, column: ColumnId, facts: &impl Facts) -> bool {
    all_hold(checks, Value::Cell(cell, column), facts)
}

/// Whether all checks hold of a value.
fn all_hold(checks: &[Check], value: Value<'_>, facts: &impl Facts) -> bool {
    checks.iter().all(|check| match value {
        Value::Missing => holds_of_nothing(check),
        Value::Cell(cell, column) if may_be_set(cell, column, facts) => holds_of_set(check, cell, column, facts),
        _ => holds_of_one(check, value, facts),
    })
}

/// Whether all checks hold where there is no value.
fn hold_of_nothing(checks: &[Check]) -> bool {
    checks.iter().all(holds_of_nothing)
}

fn holds_of_nothing(check: &Check) -> bool {
    matches!(check, Check::Missing | Check::NoneOf(_))
}

fn may_be_set(cell: &str, column: ColumnId, facts: &impl Facts) -> bool {
    value::is_set(cell) || facts.readings().columns[column].reading.separator.is_some()
}

/// Whether a check holds of a cell that may have several members: of any of them, or of none.
fn holds_of_set(check: &Check, cell: &str, column: ColumnId, facts: &impl Facts) -> bool {
    let any = |holds: &dyn Fn(Value<'_>) -> bool| any_member(Value::Cell(cell, column), facts, holds);
    match check {
        Check::Present => true,
        Check::Missing => false,
        Check::NoneOf(literals) => !any(&|one| equals_any(literals, one, facts)),
        _ => any(&|one| holds_of_one(check, one, facts)),
    }
}

/// Whether something holds of the value, or of any member where it is a set; never of nothing.
pub(super) fn any_member(value: Value<'_>, facts: &impl Facts, mut holds: impl FnMut(Value<'_>) -> bool) -> bool {
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

/// Whether a check holds of one value that is there.
fn holds_of_one(check: &Check, value: Value<'_>, facts: &impl Facts) -> bool {
    match check {
        Check::Present => true,
        Check::Missing => false,
        Check::NoneOf(literals) => !equals_any(literals, value, facts),
        Check::OneOf(literals) => equals_any(literals, value, facts),
        Check::Number(..) | Check::NumberBetween(..) => number_holds(check, value, facts),
        Check::Date(..) | Check::DateBetween(..) | Check::Within(_) | Check::OlderThan(_) => {
            date_holds(check, value, facts)
        }
        Check::Contains(words) => words.any_within(&text_of(value)),
        Check::StartsWith(words) => words.any_starts(&text_of(value)),
        Check::EndsWith(words) => words.any_ends(&text_of(value)),
        Check::Matches(pattern) => pattern.is_match(&text_of(value)),
    }
}

/// Whether a check that reads numbers holds of a value.
#[inline(always)]
fn number_holds(check: &Check, value: Value<'_>, facts: &impl Facts) -> bool {
    read_number(value, facts).is_some_and(|number| holds_of_number(check, |bound| number.compare(bound)))
}

/// Whether a check that reads dates holds of a value.
#[inline(always)]
fn date_holds(check: &Check, value: Value<'_>, facts: &impl Facts) -> bool {
    read_instant(value, facts).is_some_and(|date| holds_of_date(check, date, facts.as_of()))
}

/// Whether a check that reads numbers holds of one; `compare` compares it with a bound.
#[inline(always)]
fn holds_of_number(check: &Check, compare: impl Fn(Points) -> Ordering) -> bool {
    match check {
        Check::Number(order, bound) => order.holds(compare(*bound)),
        Check::NumberBetween(low, high) => compare(*low).is_ge() && compare(*high).is_le(),
        _ => false,
    }
}

/// Whether a check that reads dates holds of one.
#[inline(always)]
fn holds_of_date(check: &Check, date: Instant, now: Instant) -> bool {
    match check {
        Check::Date(order, bound) => order.holds(date.cmp(bound)),
        Check::DateBetween(from, to) => (*from..=*to).contains(&date),
        Check::Within(span) => (Instant(now.0 - span.0)..=now).contains(&date),
        Check::OlderThan(span) => date < Instant(now.0 - span.0),
        _ => false,
    }
}

impl Order {
    /// Whether of whole numbers it holds of one and all above, and of none below.
    fn holds_from_one_on(self, bound: Points) -> bool {
        match self {
            Order::AtLeast => Points::ZERO < bound && bound <= Points::ONE,
            Order::Above => Points::ZERO <= bound && bound < Points::ONE,
            Order::AtMost | Order::Below => false,
        }
    }

    fn holds(self, compared: Ordering) -> bool {
        match self {
            Order::AtLeast => compared.is_ge(),
            Order::Above => compared.is_gt(),
            Order::AtMost => compared.is_le(),
            Order::Below => compared.is_lt(),
        }
    }
}

fn equals_any(literals: &Literals, value: Value<'_>, facts: &impl Facts) -> bool {
    if let Some(words) = &literals.words {
        return words.any_is(trimmed(&text_of(value)));
    }
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
pub(super) fn text_of(value: Value<'_>) -> Cow<'_, str> {
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
