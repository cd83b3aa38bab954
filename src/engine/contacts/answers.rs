//! What conditions about cells say of rows, found while the rows are parsed and lie in the cache.
//!
//! In: records. Out: for each condition the contacts of which it holds, and those whose cells it could not
//! read: so that nobody has to part the rows again to score them. Not here: whether a condition holds
//! ([`condition`](crate::engine::condition)).

use super::ContactId;
use super::rows::ColumnOf;
use crate::engine::condition::holding;
use crate::engine::facts::{Facts, Kind, Readings, Rows, Value};
use crate::engine::memo::Memos;
use crate::engine::plan::Plan;
use crate::engine::read::{Column, Read};
use crate::engine::row_set::{ROWS, RowSet};
use crate::instant::Instant;
use crate::record::Record;
use crate::rules::model::{ColumnId, Operand};
use std::cell::{OnceCell, RefCell};

/// What the conditions that a plan has answered say of rows, in their order.
#[derive(Debug, Default)]
pub(super) struct Answers {
    rows: usize,
    conditions: Vec<Answer>,
}

/// What one condition says.
#[derive(Clone, Debug, Default)]
struct Answer {
    /// A bit a row: whether it holds.
    holds: Bits,
    /// Cells that it could not read, in the order of the rows.
    unread: Vec<(u32, ColumnId, Kind)>,
}

impl Answers {
    /// Of so many conditions.
    pub fn of(conditions: usize) -> Answers {
        Answers { rows: 0, conditions: vec![Answer::default(); conditions] }
    }

    /// Asks all conditions of the records that come next, whose columns are in these places.
    pub fn ask(
        &mut self,
        plan: &Plan<'_>,
        places: &[Option<usize>],
        records: &[Record<'_>],
        now: Instant,
        memos: &Memos,
    ) {
        for records in records.chunks(ROWS) {
            let (count, cells) = (records.len(), vec![OnceCell::new(); places.len()]);
            let rows = Parsed { plan, places, records, now, memos, cells, unread: RefCell::default() };
            for (Answer { holds, unread }, condition) in self.conditions.iter_mut().zip(&plan.answered) {
                holds.push(self.rows, holding(condition, RowSet::first(count), &rows).bits(), count);
                let mut found = rows.unread.take();
                found.sort_unstable();
                found.dedup();
                unread.extend(found.into_iter().map(|(row, column, kind)| (self.rows as u32 + row, column, kind)));
            }
            self.rows += count;
        }
    }

    /// Adds what they say of the rows that come next.
    pub fn append(&mut self, other: Answers) {
        for (answer, more) in self.conditions.iter_mut().zip(other.conditions) {
            for (at, &word) in more.holds.0.iter().enumerate() {
                answer.holds.push(self.rows + at * ROWS, word, ROWS.min(other.rows - at * ROWS));
            }
            let before = self.rows as u32;
            answer.unread.extend(more.unread.into_iter().map(|(row, column, kind)| (before + row, column, kind)));
        }
        self.rows += other.rows;
    }

    /// Of some rows only, which ascend.
    pub fn select(self, rows: &[u32]) -> Answers {
        let of_rows = |Answer { holds, unread }: Answer| {
            let mut selected = Answer::default();
            for (at, &row) in rows.iter().enumerate() {
                selected.holds.push(at, holds.from(row as usize) & 1, 1);
            }
            let place = |row: u32| rows.binary_search(&row).ok().map(|at| at as u32);
            selected
                .unread
                .extend(unread.into_iter().filter_map(|(row, column, kind)| Some((place(row)?, column, kind))));
            selected
        };
        Answers { rows: rows.len(), conditions: self.conditions.into_iter().map(of_rows).collect() }
    }

    /// Those of some contacts side by side, from the first one on, of which a condition holds; `unread` hears of the
    /// cells of them that it could not read.
    pub fn holding(
        &self,
        condition: usize,
        first: ContactId,
        rows: RowSet,
        mut unread: impl FnMut(usize, ColumnId, Kind),
    ) -> RowSet {
        let answer = &self.conditions[condition];
        if !answer.unread.is_empty() {
            let begin = answer.unread.partition_point(|&(row, ..)| row < first);
            let here = answer.unread[begin..].iter().map(|&(row, column, kind)| ((row - first) as usize, column, kind));
            let here = here.take_while(|&(row, ..)| row < ROWS).filter(|&(row, ..)| rows.contains(row));
            here.for_each(|(row, column, kind)| unread(row, column, kind));
        }
        rows & RowSet::of(answer.holds.from(first as usize))
    }
}

/// Bits one after the other.
#[derive(Clone, Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    /// Adds so many behind the `len` that are there; all others of the word are zero.
    fn push(&mut self, len: usize, word: u64, count: usize) {
        let shift = len % ROWS;
        match self.0.last_mut() {
            Some(last) if shift > 0 => {
                *last |= word << shift;
                if shift + count > ROWS {
                    self.0.push(word >> (ROWS - shift));
                }
            }
            _ => self.0.push(word),
        }
    }

    /// The bits from one on, as many as a word has; zeros behind the last.
    fn from(&self, first: usize) -> u64 {
        let word = |at: usize| self.0.get(at).copied().unwrap_or_default();
        let (at, shift) = (first / ROWS, (first % ROWS) as u32);
        word(at) >> shift | word(at + 1).unbounded_shl(u64::BITS - shift)
    }
}

/// Some records as conditions about cells see them.
struct Parsed<'a> {
    plan: &'a Plan<'a>,
    places: &'a [Option<usize>],
    records: &'a [Record<'a>],
    now: Instant,
    memos: &'a Memos,
    /// The cells of each column that was asked for.
    cells: Vec<OnceCell<Column<'a>>>,
    unread: RefCell<Vec<(u32, ColumnId, Kind)>>,
}

impl<'a> Parsed<'a> {
    fn column(&self, column: ColumnId) -> &Column<'a> {
        let cells = || match ColumnOf::new(self.plan, column).in_table(self.places) {
            Some(column) => self.records.iter().map(|record| column.cell(record)).collect(),
            None => vec![None; self.records.len()].into(),
        };
        self.cells[column].get_or_init(|| Column::new(cells()))
    }
}

impl<'p> Rows for Parsed<'p> {
    type One<'a>
        = ParsedRow<'a, 'p>
    where
        Self: 'a;

    #[inline(always)]
    fn one(&self, row: usize) -> ParsedRow<'_, 'p> {
        ParsedRow { rows: self, row }
    }

    #[inline(always)]
    fn cells<'a>(&'a self, column: ColumnId) -> impl Fn(usize) -> Option<&'a str> {
        let cells = &self.column(column).cells;
        |row| cells[row]
    }

    fn read(&self, column: ColumnId, kind: Kind) -> Option<&Read> {
        self.column(column).read(kind)
    }

    #[inline]
    fn readings(&self) -> Readings<'_> {
        Readings::of_contacts(self.plan.model)
    }

    fn memos(&self) -> &Memos {
        self.memos
    }
}

/// One of them.
#[derive(Clone, Copy)]
struct ParsedRow<'a, 'p> {
    rows: &'a Parsed<'p>,
    row: usize,
}

impl Facts for ParsedRow<'_, '_> {
    fn value(&self, operand: Operand) -> Value<'_> {
        match operand {
            Operand::Column(column) => self.cell(column).map_or(Value::Missing, |text| Value::Cell(text, column)),
            _ => unreachable!("a plan has only conditions about cells answered"),
        }
    }

    #[inline(always)]
    fn cell(&self, column: ColumnId) -> Option<&str> {
        self.rows.column(column).cells[self.row]
    }

    #[inline]
    fn readings(&self) -> Readings<'_> {
        self.rows.readings()
    }

    fn as_of(&self) -> Instant {
        self.rows.now
    }

    fn memos(&self) -> &Memos {
        self.rows.memos
    }

    fn unreadable(&self, column: ColumnId, kind: Kind) {
        self.rows.unread.borrow_mut().push((self.row as u32, column, kind));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_come_back_wherever_they_are_cut(parts in prop::collection::vec(prop::collection::vec(any::<bool>(), 1..=ROWS), 0..9)) {
            let (mut bits, mut all) = (Bits::default(), Vec::new());
            for part in parts {
                let word = part.iter().enumerate().fold(0, |word, (at, &bit)| word | u64::from(bit) << at);
                bits.push(all.len(), word, part.len());
                all.extend(part);
            }
            for first in 0..all.len() + 2 {
                let expected = all.iter().skip(first).take(ROWS).enumerate();
                prop_assert_eq!(bits.from(first), expected.fold(0, |word, (at, &bit)| word | u64::from(bit) << at));
            }
        }

        #[test]
        fn answers_are_those_of_the_rows_that_stay(
            parts in prop::collection::vec(prop::collection::vec(any::<(bool, bool, bool)>(), 0..90), 1..5),
        ) {
            // For each row: whether the condition holds, whether a cell could not be read, and whether it stays.
            let mut all = Answers::of(1);
            for part in &parts {
                let mut some = Answers::of(1);
                for (at, &(holds, is_unread, _)) in (0..).zip(part) {
                    some.conditions[0].holds.push(at as usize, holds.into(), 1);
                    some.conditions[0].unread.extend(is_unread.then_some((at, 0, Kind::Number)));
                }
                some.rows = part.len();
                all.append(some);
            }
            let rows = parts.concat();
            let stay: Vec<u32> = (0..).zip(&rows).filter(|(_, row)| row.2).map(|(at, _)| at).collect();
            let all = all.select(&stay);
            for first in 0..stay.len() {
                let row_of = |at: usize| rows[stay[first + at] as usize];
                let asked = RowSet::first(ROWS.min(stay.len() - first)).filter(|at| at % 3 != 1);
                let mut unread = RowSet::NONE;
                let holding = all.holding(0, first as ContactId, asked, |at, _, _| unread.insert(at));
                prop_assert_eq!(holding, asked.filter(|at| row_of(at).0));
                prop_assert_eq!(unread, asked.filter(|at| row_of(at).1));
            }
        }
    }
}
