//! Questions about the cells of a contact that have few answers: what a card says, how many columns are filled in, how
//! somebody answered on the scale of the Net Promoter question.
//!
//! In: cells of rows side by side. Out: a number a row, so small that some bits hold it; these are kept while contacts are
//! read (`contacts/answers.rs`), so that nobody has to part the rows again to score them.

use super::card::{self, Hit};
use super::facts::{Facts, Kind, Rows};
use super::row_set::{OfRows, ROWS, RowSet};
use crate::rules::model::{Card, ColumnId, Model, Nps, Scale};
use crate::value::parse_number;

/// One question.
#[derive(Clone, Debug)]
pub enum Question<'m> {
    /// What a card says of a column.
    Card(&'m Card, ColumnId),
    /// How many of some columns are filled in.
    Filled(Vec<ColumnId>),
    /// How somebody answered.
    Promoter(Nps),
}

/// An answer as a number, below 2 to the power of [`Question::bits`].
pub type Code = u32;

/// Of the answers about filling in: the share is not known, as there are no columns.
const NO_SHARE: Code = 127;

/// How somebody answered the Net Promoter question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promoter {
    /// The rest of the scale.
    Detractor = 1,
    /// 7 and 8.
    Passive,
    /// 9 and 10.
    Promoter,
}

impl<'m> Question<'m> {
    /// What a card says of a column, if that can be listed: what is kept are places in the card and no points, which may
    /// change while contacts stay. Of a number times something, and of several members, points are all that there is.
    pub fn of_card(card: &'m Card, column: ColumnId, model: &Model) -> Option<Question<'m>> {
        let can_be_listed = match card.scale {
            Scale::Steps(_) => true,
            Scale::Values(_) => model.contact_columns[column].reading.separator.is_none(),
            Scale::Times(_) => false,
        };
        can_be_listed.then_some(Question::Card(card, column))
    }

    /// In how many bits its answers fit.
    pub fn bits(&self) -> usize {
        let greatest = match self {
            Question::Card(card, _) => open(card),
            Question::Filled(_) => NO_SHARE,
            Question::Promoter(_) => Promoter::Promoter as Code,
        };
        (Code::BITS - greatest.leading_zeros()) as usize
    }

    /// Asks some rows; the answers of others are of no meaning. `place` tells which column of their table a column is.
    #[inline(always)]
    pub(super) fn ask<R: Rows>(
        &self,
        rows: RowSet,
        among: &R,
        place: impl Fn(ColumnId) -> Option<usize>,
    ) -> OfRows<Code> {
        let mut codes = [0; ROWS];
        match self {
            Question::Card(card, column) => {
                card::each_hit(card, *column, rows, among, |row, hit| codes[row] = code_of(card, hit));
            }
            Question::Filled(columns) => codes = shares(columns, rows, among, place),
            Question::Promoter(nps) => {
                let cells = among.cells(nps.field);
                let answer = |row| answer_to(*nps, cells(row)?, &among.one(row));
                rows.for_each(|row| codes[row] = answer(row).map_or(0, |promoter| promoter as Code));
            }
        }
        codes
    }

    /// Whether an answer leaves it open what a card says: a set stood where nobody could expect one, and several of its
    /// members are listed.
    pub fn is_open(&self, code: Code) -> bool {
        matches!(self, Question::Card(card, _) if code == open(card))
    }
}

/// What a card says; `None` where that is left open.
#[inline(always)]
pub(super) fn hit(card: &Card, code: Code) -> Option<Hit> {
    let listed = listed(card);
    match code {
        place if place < listed => Some(Hit::Listed(place as usize)),
        place if place == listed => Some(Hit::Otherwise),
        place if place == listed + 1 => Some(Hit::Missing),
        _ => None,
    }
}

/// The share of columns that are filled in, in whole percent.
pub(super) fn share(code: Code) -> Option<u8> {
    (code != NO_SHARE).then_some(code as u8)
}

/// How somebody answered, if they did.
pub(super) fn promoter(code: Code) -> Option<Promoter> {
    [Promoter::Promoter, Promoter::Passive, Promoter::Detractor].into_iter().find(|&promoter| promoter as Code == code)
}

/// How many steps or values a card lists. Their answers come first, then those that nothing lists a value, that it is
/// missing, and that the question is left open.
fn listed(card: &Card) -> Code {
    match &card.scale {
        Scale::Steps(steps) => steps.len() as Code,
        Scale::Values(values) => values.len() as Code,
        Scale::Times(_) => 0,
    }
}

fn open(card: &Card) -> Code {
    listed(card) + 2
}

#[inline(always)]
fn code_of(card: &Card, hit: Hit) -> Code {
    match hit {
        Hit::Listed(place) => place as Code,
        Hit::Otherwise => listed(card),
        Hit::Missing => listed(card) + 1,
        Hit::Worked(_) => open(card),
    }
}

/// The share of the columns that are filled in, in whole percent, rounded down.
fn shares<R: Rows>(
    columns: &[ColumnId],
    rows: RowSet,
    among: &R,
    place: impl Fn(ColumnId) -> Option<usize>,
) -> OfRows<Code> {
    // Two names of one column count once.
    let place = |at: usize| place(columns[at]);
    let is_new = |&at: &usize| place(at).is_none_or(|it| !(0..at).any(|other| place(other) == Some(it)));
    let (mut all, mut filled) = (0, [0_usize; ROWS]);
    for at in (0..columns.len()).filter(is_new) {
        let cells = among.cells(columns[at]);
        all += 1;
        rows.for_each(|row| filled[row] += usize::from(cells(row).is_some()));
    }
    filled.map(|filled| (filled * 100).checked_div(all).map_or(NO_SHARE, |share| share as Code))
}

/// How somebody answered whose cell is not missing; one that is no answer is reported.
fn answer_to(nps: Nps, cell: &str, facts: &impl Facts) -> Option<Promoter> {
    let number = parse_number(cell, facts.readings().columns[nps.field].reading.decimal);
    match number.and_then(|number| number.to_integer()) {
        Some(9..=10) => Some(Promoter::Promoter),
        Some(7..=8) => Some(Promoter::Passive),
        Some(answer) if (nps.lowest..7).contains(&answer) => Some(Promoter::Detractor),
        _ => {
            facts.unreadable(nps.field, Kind::Answer);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::Points;

    #[test]
    fn what_a_card_says_comes_back_from_its_answer() {
        let steps = |count: i128| Scale::Steps((0..count).map(|bound| (Points(bound), Points(bound * 2))).collect());
        let values = Scale::Values(vec![("a".to_owned(), Points(1)), ("b".to_owned(), Points(2))]);
        for (scale, count) in [(steps(1), 1), (steps(6), 6), (steps(100_000), 100_000), (values, 2)] {
            let card = &Card { scale, otherwise: Points::ZERO, missing: Points::ZERO, memo: None };
            let question = Question::Card(card, 0);
            let comes_back = |there: Hit, is_kept: bool| {
                let code = code_of(card, there);
                assert_eq!(hit(card, code), Some(there).filter(|_| is_kept));
                assert_eq!(question.is_open(code), !is_kept);
                assert!(code >> question.bits() == 0, "{there:?} takes more than {} bits", question.bits());
            };
            (0..count).for_each(|place| comes_back(Hit::Listed(place), true));
            comes_back(Hit::Otherwise, true);
            comes_back(Hit::Missing, true);
            comes_back(Hit::Worked(Points(5)), false);
        }
    }

    #[test]
    fn shares_and_promoters_come_back_from_their_answers() {
        assert!((0..=100).all(|percent| share(percent) == Some(percent as u8) && percent >> 7 == 0));
        assert_eq!((share(NO_SHARE), promoter(0)), (None, None));
        for answer in [Promoter::Promoter, Promoter::Passive, Promoter::Detractor] {
            assert_eq!(promoter(answer as Code), Some(answer));
        }
    }
}
