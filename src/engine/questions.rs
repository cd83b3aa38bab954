//! Questions about the cells of a contact that have few answers: what a card says, how many columns are filled in, how
//! somebody answered on the scale of the Net Promoter question.
//!
//! In: cells of rows side by side. Out: a number a row, so small that some bits hold it; these are kept while contacts are
//! read (`contacts/answers.rs`), so that nobody has to part the rows again to score them.

use super::card::{self, Outcome};
use super::contact::OfRows;
use super::facts::{Facts, Kind, Rows};
use super::row_set::{ROWS, RowSet};
use super::scored::Promoter;
use crate::points::Points;
use crate::rules::model::{Card, ColumnId, Model, Nps, Scale};
use crate::value::parse_number;

/// One question.
#[derive(Clone, Debug)]
pub enum Question<'m> {
    /// What a card says of a column.
    Card {
        /// The card.
        card: &'m Card,
        /// The column.
        column: ColumnId,
        /// Whether it may give points that no list says: a number times something, or those of several members.
        sums: bool,
    },
    /// How many of some columns are filled in.
    Filled(Vec<ColumnId>),
    /// How somebody answered.
    Promoter(Nps),
}

/// An answer: a number below 2 to the power of [`Question::bits`].
pub type Answer = u64;

/// Of the answers about filling in: the share is not known, as there are no columns.
const NO_SHARE: Answer = 127;

impl<'m> Question<'m> {
    /// What a card says of a column.
    pub fn of_card(card: &'m Card, column: ColumnId, model: &Model) -> Question<'m> {
        let has_members = model.contact_columns[column].reading.separator.is_some();
        Question::Card { card, column, sums: has_members || matches!(card.scale, Scale::Times(_)) }
    }

    /// In how many bits its answers fit.
    pub fn bits(&self) -> usize {
        let greatest = match self {
            Question::Card { sums: true, .. } => Answer::MAX,
            Question::Card { card, .. } => open(card),
            Question::Filled(_) => NO_SHARE,
            Question::Promoter(_) => 3,
        };
        (Answer::BITS - greatest.leading_zeros()) as usize
    }

    /// Asks some rows; other answers are of no meaning. `place` tells which column of their table a column is.
    #[inline(always)]
    pub(super) fn ask<R: Rows>(
        &self,
        rows: RowSet,
        among: &R,
        place: impl Fn(ColumnId) -> Option<usize>,
    ) -> OfRows<Answer> {
        let mut answers = [0; ROWS];
        match self {
            &Question::Card { card, column, sums } => {
                let each = |row: usize, outcome| answers[row] = answer_of(card, sums, outcome);
                card::each_outcome(card, column, rows, among, each);
            }
            Question::Filled(columns) => answers = shares(columns, rows, among, place),
            Question::Promoter(nps) => {
                let cells = among.cells(nps.field);
                rows.for_each(|row| answers[row] = cells(row).map_or(0, |cell| answer_to(*nps, cell, &among.one(row))));
            }
        }
        answers
    }

    /// Whether an answer leaves it open what a card says.
    pub fn is_open(&self, answer: Answer) -> bool {
        matches!(self, Question::Card { card, .. } if answer == open(card))
    }
}

/// What a card says; `None` where that is left open.
#[inline(always)]
pub(super) fn outcome(card: &Card, answer: Answer) -> Option<Outcome> {
    let first = otherwise(card);
    match answer.wrapping_sub(first) {
        0 => Some(Outcome::Otherwise),
        1 => Some(Outcome::Missing),
        2 => None,
        _ if answer < first => Some(Outcome::Listed(answer as usize)),
        worked => {
            // The sign stands in the lowest bit, so that small numbers need few bits.
            let (size, sign) = ((worked - 3) >> 1, (worked - 3) & 1);
            Some(Outcome::Worked(Points((size as i64 ^ -(sign as i64)).into())))
        }
    }
}

/// The share of columns that are filled in, in whole percent.
pub(super) fn share(answer: Answer) -> Option<u8> {
    (answer != NO_SHARE).then_some(answer as u8)
}

/// How somebody answered, if they did.
pub(super) fn promoter(answer: Answer) -> Option<Promoter> {
    [None, Some(Promoter::Detractor), Some(Promoter::Passive), Some(Promoter::Promoter)][answer as usize]
}

/// The answer that nothing lists a value. Before it there is one for each that is listed, behind it come those that a
/// value is missing, that the question is left open, and points that no list says.
fn otherwise(card: &Card) -> Answer {
    match &card.scale {
        Scale::Steps(steps) => steps.len() as Answer,
        Scale::Values(values) => values.len() as Answer,
        Scale::Times(_) => 0,
    }
}

fn open(card: &Card) -> Answer {
    otherwise(card) + 2
}

#[inline(always)]
fn answer_of(card: &Card, sums: bool, outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Listed(place) => place as Answer,
        Outcome::Otherwise => otherwise(card),
        Outcome::Missing => otherwise(card) + 1,
        Outcome::Worked(Points(points)) => match i64::try_from(points) {
            Ok(points) if sums && points.unsigned_abs() < 1 << 62 => {
                open(card) + 1 + ((points << 1) ^ (points >> 63)) as Answer
            }
            _ => open(card),
        },
    }
}

/// The share of the columns that are filled in, in whole percent, rounded down.
fn shares<R: Rows>(
    columns: &[ColumnId],
    rows: RowSet,
    among: &R,
    place: impl Fn(ColumnId) -> Option<usize>,
) -> OfRows<Answer> {
    // Two names of one column count once.
    let place = |at: usize| place(columns[at]);
    let is_new = |&at: &usize| place(at).is_none_or(|it| !(0..at).any(|other| place(other) == Some(it)));
    let (mut all, mut filled) = (0, [0_usize; ROWS]);
    for at in (0..columns.len()).filter(is_new) {
        let cells = among.cells(columns[at]);
        all += 1;
        rows.for_each(|row| filled[row] += usize::from(cells(row).is_some()));
    }
    filled.map(|filled| (filled * 100).checked_div(all).map_or(NO_SHARE, |share| share as Answer))
}

/// The answer about a cell that is not missing.
fn answer_to(nps: Nps, cell: &str, facts: &impl Facts) -> Answer {
    let number = parse_number(cell, facts.readings().columns[nps.field].reading.decimal);
    match number.and_then(|number| number.to_integer()) {
        Some(9..=10) => 3,
        Some(7..=8) => 2,
        Some(answer) if (nps.lowest..7).contains(&answer) => 1,
        _ => {
            facts.unreadable(nps.field, Kind::Answer);
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_comes_back_from_its_answer() {
        let steps = Scale::Steps([0, 5, 9].map(|bound| (Points(bound), Points(bound * 2))).to_vec());
        let values = Scale::Values(vec![("a".to_owned(), Points(1)), ("b".to_owned(), Points(2))]);
        let worked = [0, 1, -1, 5_000_000, -5_000_000, (1 << 62) - 1, 1 - (1 << 62)];
        for (scale, listed, sums) in [(steps, 3, false), (values, 2, true), (Scale::Times(Points(1)), 0, true)] {
            let card = &Card { scale, otherwise: Points::ZERO, missing: Points::ZERO, memo: None };
            let question = Question::Card { card, column: 0, sums };
            let comes_back = |outcome_there: Outcome, is_kept: bool| {
                let answer = answer_of(card, sums, outcome_there);
                assert_eq!(outcome(card, answer), Some(outcome_there).filter(|_| is_kept));
                assert_eq!(question.is_open(answer), !is_kept);
                assert!(question.bits() == 64 || answer >> question.bits() == 0);
            };
            (0..listed).for_each(|place| comes_back(Outcome::Listed(place), true));
            comes_back(Outcome::Otherwise, true);
            comes_back(Outcome::Missing, true);
            worked.into_iter().for_each(|points| comes_back(Outcome::Worked(Points(points)), sums));
            for points in [1 << 62, -(1 << 62), i128::from(i64::MIN), i128::MAX] {
                comes_back(Outcome::Worked(Points(points)), false);
            }
        }
    }
}
