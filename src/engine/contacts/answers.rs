//! What conditions and questions about cells say of rows, found while the rows are parsed and lie in the cache.
//!
//! In: records. Out: for each condition the contacts of which it holds, for each question their answers, and those
//! whose cells it could not read: so that nobody has to part the rows again to score them. Not here: whether a condition
//! holds ([`condition`](crate::engine::condition)), what answers there are ([`questions`](crate::engine::questions)).

use super::ContactId;
use super::rows::ColumnOf;
use crate::engine::condition::holding;
use crate::engine::facts::{Facts, Kind, Readings, Rows, Value};
use crate::engine::memo::Memos;
use crate::engine::plan::{Plan, QuestionId};
use crate::engine::questions::{Code, Question};
use crate::engine::read::ColumnCells;
use crate::engine::row_set::{OfRows, ROWS, RowSet};
use crate::instant::Instant;
use crate::record::Record;
use crate::rules::model::{ColumnId, Operand};
use std::cell::{OnceCell, RefCell};
use std::ops::Range;

/// What the conditions that a plan has answered say of rows, in their order, and then the answers to its questions.
#[derive(Debug, Default)]
pub(super) struct Answers {
    rows: usize,
    all: Vec<Said>,
    /// Of each question which of `all` hold its answers.
    questions: Vec<Range<usize>>,
    /// Whether some answers leave a question open.
    are_open: bool,
}

/// What one condition says, or a bit of the answers to a question.
#[derive(Clone, Debug, Default)]
struct Said {
    /// A bit a row: whether it holds.
    holds: Bits,
    /// Cells that it could not read, in the order of the rows; those of a question are with its lowest bit.
    unread: Vec<(u32, ColumnId, Kind)>,
}

impl Answers {
    /// To what a plan has answered.
    pub fn to(plan: &Plan<'_>) -> Answers {
        let mut count = plan.answered.len();
        let place = |question: &Question<'_>| {
            let first = count;
            count += question.bits();
            first..count
        };
        let questions = plan.questions.iter().map(place).collect();
        Answers { rows: 0, all: vec![Said::default(); count], questions, are_open: false }
    }

    /// Whether some answers leave a question open.
    pub fn are_open(&self) -> bool {
        self.are_open
    }

    /// Asks all of the records that come next, whose columns are in these places.
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
            let note_unread = |said: &mut Said| {
                let mut found = rows.unread.take();
                found.sort_unstable();
                found.dedup();
                let before = self.rows as u32;
                said.unread.extend(found.into_iter().map(|(row, column, kind)| (before + row, column, kind)));
            };
            for (said, condition) in self.all.iter_mut().zip(&plan.answered) {
                said.holds.push(self.rows, holding(condition, RowSet::first(count), &rows).bits(), count);
                note_unread(said);
            }
            for (question, at) in plan.questions.iter().zip(&self.questions) {
                let codes = question.ask(RowSet::first(count), &rows, |column| places[column]);
                self.are_open |= codes[..count].iter().any(|&code| question.is_open(code));
                let bits = &mut self.all[at.clone()];
                for (bit, said) in bits.iter_mut().enumerate() {
                    let rows = RowSet::first(count).filter(|row| codes[row] >> bit & 1 == 1);
                    said.holds.push(self.rows, rows.bits(), count);
                }
                note_unread(&mut bits[0]);
            }
            self.rows += count;
        }
    }

    /// Adds what they say of the rows that come next.
    pub fn append(&mut self, other: Answers) {
        for (said, more) in self.all.iter_mut().zip(other.all) {
            for (at, &word) in more.holds.0.iter().enumerate() {
                said.holds.push(self.rows + at * ROWS, word, ROWS.min(other.rows - at * ROWS));
            }
            let before = self.rows as u32;
            said.unread.extend(more.unread.into_iter().map(|(row, column, kind)| (before + row, column, kind)));
        }
        self.rows += other.rows;
        self.are_open |= other.are_open;
    }

    /// Of some rows only, which ascend.
    pub fn select(self, rows: &[u32]) -> Answers {
        let of_rows = |Said { holds, unread }: Said| {
            let mut selected = Said::default();
            for (at, &row) in rows.iter().enumerate() {
                selected.holds.push(at, holds.from(row as usize) & 1, 1);
            }
            let place = |row: u32| rows.binary_search(&row).ok().map(|at| at as u32);
            selected
                .unread
                .extend(unread.into_iter().filter_map(|(row, column, kind)| Some((place(row)?, column, kind))));
            selected
        };
        Answers { rows: rows.len(), all: self.all.into_iter().map(of_rows).collect(), ..self }
    }

    /// Those of some contacts side by side, from the first one on, of which a condition holds; `unread` hears of the
    /// cells of them that it could not read.
    pub fn holding(
        &self,
        condition: usize,
        first: ContactId,
        rows: RowSet,
        unread: impl FnMut(usize, ColumnId, Kind),
    ) -> RowSet {
        let said = &self.all[condition];
        said.tell_unread(first, rows, unread);
        rows & RowSet::of(said.holds.from(first as usize))
    }

    /// The answers of the same contacts to a question; those of others are of no meaning.
    pub fn answers_to(
        &self,
        question: QuestionId,
        first: ContactId,
        rows: RowSet,
        unread: impl FnMut(usize, ColumnId, Kind),
    ) -> OfRows<Code> {
        let bits = &self.all[self.questions[question].clone()];
        bits[0].tell_unread(first, rows, unread);
        let mut codes = [0; ROWS];
        for (bit, said) in bits.iter().enumerate() {
            let word = said.holds.from(first as usize);
            (rows & RowSet::of(word)).for_each(|row| codes[row] |= 1 << bit);
        }
        codes
    }
}

impl Said {
    /// Tells of the cells of some rows side by side that could not be read.
    fn tell_unread(&self, first: ContactId, rows: RowSet, mut unread: impl FnMut(usize, ColumnId, Kind)) {
        if !self.unread.is_empty() {
            let begin = self.unread.partition_point(|&(row, ..)| row < first);
            let here = self.unread[begin..].iter().map(|&(row, column, kind)| ((row - first) as usize, column, kind));
            let here = here.take_while(|&(row, ..)| row < ROWS).filter(|&(row, ..)| rows.contains(row));
            here.for_each(|(row, column, kind)| unread(row, column, kind));
        }
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

/// Some records as conditions and questions about cells see them.
struct Parsed<'a> {
    plan: &'a Plan<'a>,
    places: &'a [Option<usize>],
    records: &'a [Record<'a>],
    now: Instant,
    memos: &'a Memos,
    /// The cells of each column that was asked for.
    cells: Vec<OnceCell<ColumnCells<'a>>>,
    unread: RefCell<Vec<(u32, ColumnId, Kind)>>,
}

impl<'a> Parsed<'a> {
    fn column(&self, column: ColumnId) -> &ColumnCells<'a> {
        let cells = || match ColumnOf::new(self.plan, column).in_table(self.places) {
            Some(column) => self.records.iter().map(|record| column.cell(record)).collect(),
            None => vec![None; self.records.len()].into(),
        };
        self.cells[column].get_or_init(|| ColumnCells::new(cells()))
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

    fn kept(&self, column: ColumnId) -> Option<&ColumnCells<'_>> {
        Some(self.column(column))
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
            _ => unreachable!("a plan has only conditions and questions about cells answered"),
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
            parts in prop::collection::vec(prop::collection::vec(any::<(bool, bool, bool, u8)>(), 0..90), 1..5),
        ) {
            // For each row: whether the condition holds, whether a cell could not be read, whether it stays, and the
            // answers to two questions, of three bits and of five.
            const BITS: usize = u8::BITS as usize;
            let of_one = || Answers {
                all: vec![Said::default(); 1 + BITS],
                questions: vec![1..4, 4..1 + BITS],
                ..Answers::default()
            };
            let mut all = of_one();
            for part in &parts {
                let mut some = of_one();
                for (at, &(holds, is_unread, _, answer)) in (0..).zip(part) {
                    (0..BITS).for_each(|bit| some.all[1 + bit].holds.push(at as usize, (answer >> bit & 1).into(), 1));
                    some.all[1].unread.extend(is_unread.then_some((at, 1, Kind::Answer)));
                    some.all[0].holds.push(at as usize, holds.into(), 1);
                    some.all[0].unread.extend(is_unread.then_some((at, 0, Kind::Number)));
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
                let mut unread = RowSet::NONE;
                let answers = all.answers_to(0, first as ContactId, asked, |at, _, _| unread.insert(at));
                let others = all.answers_to(1, first as ContactId, asked, |_, _, _| unreachable!("all were read"));
                for at in asked {
                    prop_assert_eq!(answers[at] | others[at] << 3, Code::from(row_of(at).3));
                }
                prop_assert_eq!(unread, asked.filter(|at| row_of(at).1));
            }
        }
    }
}
