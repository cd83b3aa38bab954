//! What a scorecard says of a value (rule reference, §5).
//!
//! In: a card, and a value or the cells of a column. Out: a [`Hit`], and the points that follow from it. A card has few,
//! so that they can be kept instead of the cells (`questions`).

use super::condition::{any_member, read_number, text_of};
use super::facts::{Facts, Rows, Value};
use super::memo::Memo;
use super::read;
use super::row_set::RowSet;
use crate::points::Points;
use crate::rules::model::{Card, ColumnId, Scale};
use crate::value::fold;

/// What a card says of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// The value is missing or unreadable.
    Missing,
    /// Nothing lists it.
    Otherwise,
    /// The step that it reaches, or the value that it equals.
    Listed(usize),
    /// Points that no list says: of several listed members, or of a number times something.
    Worked(Points),
}

impl Hit {
    /// The points by a card; `None` for a missing or unreadable value.
    #[inline(always)]
    pub fn points(self, card: &Card) -> Option<Points> {
        match self {
            Hit::Missing => None,
            Hit::Otherwise => Some(card.otherwise),
            Hit::Listed(place) => Some(match &card.scale {
                Scale::Steps(steps) => steps[place].1,
                Scale::Values(values) => values[place].1,
                Scale::Times(_) => unreachable!("a factor lists nothing"),
            }),
            Hit::Worked(points) => Some(points),
        }
    }
}

/// The points that a value gives by a card; `None` for a missing or unreadable value.
pub fn points_of(card: &Card, value: Value<'_>, facts: &impl Facts) -> Option<Points> {
    hit_of(card, value, facts).points(card)
}

/// What a card says of each of some cells of a column.
#[inline(always)]
pub(super) fn each_hit<R: Rows>(
    card: &Card,
    column: ColumnId,
    rows: RowSet,
    among: &R,
    mut each: impl FnMut(usize, Hit),
) {
    let mut left = rows;
    if let Scale::Steps(steps) = &card.scale
        && let Some((known, read)) = read::numbers(column, rows, among)
    {
        known.for_each(|row| each(row, reached(steps, |bound| Points(read.number(row).into()) >= bound)));
        left = rows - known;
    }
    let cells = among.cells(column);
    for row in left {
        let cell = cells(row);
        each(row, cell.map_or(Hit::Missing, |cell| hit_of(card, Value::Cell(cell, column), &among.one(row))));
    }
}

fn hit_of(card: &Card, value: Value<'_>, facts: &impl Facts) -> Hit {
    let work_out = || worked_out(&card.scale, value, facts);
    match (card.memo, value) {
        (Some(memo), Value::Cell(text, _)) => Memo::answer(&facts.memos().cards[memo], text, work_out),
        _ => work_out(),
    }
}

fn worked_out(scale: &Scale, value: Value<'_>, facts: &impl Facts) -> Hit {
    match scale {
        Scale::Steps(steps) => match read_number(value, facts) {
            Some(number) => reached(steps, |bound| number.compare(bound).is_ge()),
            None => Hit::Missing,
        },
        Scale::Times(factor) => match read_number(value, facts) {
            Some(number) => Hit::Worked(number.times(*factor)),
            None => Hit::Missing,
        },
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
            match listed[..] {
                _ if is_empty => Hit::Missing,
                [] => Hit::Otherwise,
                [place] => Hit::Listed(place),
                _ => Hit::Worked(listed.iter().map(|&place| values[place].1).sum()),
            }
        }
    }
}

/// The last step whose bound a number reaches.
#[inline(always)]
fn reached(steps: &[(Points, Points)], reaches: impl Fn(Points) -> bool) -> Hit {
    match steps.partition_point(|&(bound, _)| reaches(bound)) {
        0 => Hit::Otherwise,
        count => Hit::Listed(count - 1),
    }
}
