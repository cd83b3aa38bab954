//! Numbers and dates of a column, read once for all tests that ask for them: a column has several tests as a rule, one
//! for each band of its values.
//!
//! In: the cells of a window of rows. Out: whole numbers in 64 bits. Not here: cells that say something else, or say it
//! in an unusual way; whoever asks looks at these itself.

use super::facts::Rows;
use super::row_set::{ROWS, RowSet};
use crate::rules::model::ColumnId;
use crate::value::{is_set, usual_number, usual_time};
use std::cell::{Cell, OnceCell};

/// The cells of a column in some rows, trimmed, unless they are missing, and what was read in them.
#[derive(Clone, Debug)]
pub struct ColumnCells<'v> {
    /// A cell a row.
    pub cells: Box<[Option<&'v str>]>,
    numbers: OnceCell<Box<ReadOnce>>,
    dates: OnceCell<Box<ReadOnce>>,
}

impl<'v> ColumnCells<'v> {
    /// Nothing read yet.
    pub fn new(cells: Box<[Option<&'v str>]>) -> ColumnCells<'v> {
        ColumnCells { cells, numbers: OnceCell::new(), dates: OnceCell::new() }
    }

    fn numbers(&self) -> &ReadOnce {
        self.numbers.get_or_init(Box::default)
    }

    fn dates(&self) -> &ReadOnce {
        self.dates.get_or_init(Box::default)
    }
}

/// Those of some rows whose cells are numbers written as most are, and these, in millionths; `None` where nothing read is
/// kept.
#[inline(always)]
pub fn numbers<R: Rows>(column: ColumnId, rows: RowSet, among: &R) -> Option<(RowSet, &ReadOnce)> {
    let (kept, cells) = (among.kept(column)?.numbers(), among.cells(column));
    let mark = among.readings().columns[column].reading.decimal;
    let number = |row: usize| usual_number(cells(row).filter(|cell| !is_set(cell))?, mark);
    Some((kept.known(rows, number), kept))
}

/// The same of dates, in milliseconds.
#[inline(always)]
pub fn dates<R: Rows>(column: ColumnId, rows: RowSet, among: &R) -> Option<(RowSet, &ReadOnce)> {
    let (kept, cells) = (among.kept(column)?.dates(), among.cells(column));
    let (readings, calendar) = (among.readings(), &among.memos().calendar);
    let reading = &readings.columns[column].reading;
    let date = |row: usize| {
        let cell = cells(row).filter(|cell| !is_set(cell))?;
        Some(usual_time(cell, reading, readings.zone, &mut calendar.borrow_mut())?.0)
    };
    Some((kept.known(rows, date), kept))
}

/// A number a row, of those rows that were asked for and have one.
#[derive(Clone, Debug)]
pub struct ReadOnce {
    asked: Cell<RowSet>,
    known: Cell<RowSet>,
    numbers: [Cell<i64>; ROWS],
}

impl Default for ReadOnce {
    fn default() -> ReadOnce {
        ReadOnce { asked: Cell::default(), known: Cell::default(), numbers: [const { Cell::new(0) }; ROWS] }
    }
}

impl ReadOnce {
    /// Those of some rows that have a number; `number` reads it, once.
    #[inline(always)]
    fn known(&self, rows: RowSet, number: impl Fn(usize) -> Option<i64>) -> RowSet {
        let (new, mut known) = (rows - self.asked.get(), RowSet::NONE);
        for row in new {
            let number = number(row);
            self.numbers[row].set(number.unwrap_or_default());
            known.insert_if(number.is_some(), row);
        }
        self.asked.set(self.asked.get() | new);
        self.known.set(self.known.get() | known);
        rows & self.known.get()
    }

    /// The number of a row that has one.
    #[inline(always)]
    pub fn number(&self, row: usize) -> i64 {
        self.numbers[row % ROWS].get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_row_is_read_once_whoever_asks(
            numbers in prop::collection::vec(any::<Option<i64>>(), ROWS),
            asked in prop::collection::vec(any::<u64>().prop_map(RowSet::of), 1..5),
        ) {
            let read = ReadOnce::default();
            let mut before = RowSet::NONE;
            for rows in asked {
                let mut known = read.known(rows, |row| {
                    assert!(rows.contains(row) && !before.contains(row));
                    numbers[row]
                });
                prop_assert_eq!(known, rows.filter(|row| numbers[row].is_some()));
                prop_assert!(known.all(|row| Some(read.number(row)) == numbers[row]));
                before = before | rows;
            }
        }
    }
}
