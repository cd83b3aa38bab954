//! What is written: one writer a file, each given a [`Sheet`].
//!
//! What the formats make of a cell:
//!
//! | | input column | number | flag | list | missing |
//! |---|---|---|---|---|---|
//! | CSV, TSV | its text | decimal | `true`, `false` | `a;b` | empty |
//! | with `--excel` | its text, [guarded](formula) | decimal | `true`, `false` | `a;b` | empty |
//! | JSON, NDJSON | text | number | boolean | list of texts | `null` |
//! | XLSX | text | number | boolean | `a;b` | blank |
//!
//! In: rows in the order in which they are written. Out: bytes in one of the formats. Not here:
//! which rows, which columns, and what stands in them.

pub mod accounts;
mod blocks;
pub mod breakdown;
pub mod csv;
pub mod file;
pub mod format;
pub mod formula;
pub mod json;
pub mod levels;
pub mod progress;
pub mod ranked;
pub mod selection;
pub mod table;
pub mod xlsx;

use crate::value::MEMBER;
use levels::Level;
use std::cell::RefCell;

/// What a column holds, for formats that know types (JSON, XLSX).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A column of the input: its text, unchanged.
    Input,
    /// A number, or empty.
    Number,
    /// A text, or empty.
    Text,
    /// Any number of texts: a list (see [`MEMBER`]), or empty.
    List,
    /// `true` or `false`.
    Flag,
    /// An instant in ISO 8601, or empty.
    Instant,
}

/// A column that is written.
#[derive(Clone, Debug)]
pub struct SheetColumn {
    /// Its header.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Of a grade or a stage: its texts, the best first.
    pub levels: Vec<Level>,
}

impl SheetColumn {
    /// A column.
    pub fn new(name: impl Into<String>, kind: ColumnKind) -> SheetColumn {
        SheetColumn { name: name.into(), kind, levels: Vec::new() }
    }
}

/// The rows of one item, reused from item to item: most items have one, some none or several.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    text: String,
    pieces: Vec<PieceEnd>,
    /// Where each row ends among the pieces.
    rows: Vec<usize>,
}

/// Where a piece of a row ends in the text.
#[derive(Clone, Copy, Debug)]
struct PieceEnd {
    end: usize,
    /// What parts its cells, where it is a run of them.
    delimiter: Option<u8>,
}

/// A part of a row.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    /// A cell.
    Cell(&'a str),
    /// Cells without quotes and line ends, with what parts them.
    Run(&'a str, u8),
}

impl<'a> Piece<'a> {
    /// Its cells.
    pub fn cells(self) -> impl Iterator<Item = &'a str> {
        let (cell, run) = match self {
            Piece::Cell(cell) => (Some(cell), None),
            Piece::Run(cells, delimiter) => (None, Some(cells.split(char::from(delimiter)))),
        };
        cell.into_iter().chain(run.into_iter().flatten())
    }
}

impl Rows {
    /// Takes everything out.
    pub fn clear(&mut self) {
        self.text.clear();
        self.pieces.clear();
        self.rows.clear();
    }

    /// Adds a cell to the row that is open.
    pub fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.end_cell();
    }

    /// Adds cells that stand side by side in a text without quotes and line ends.
    pub fn push_run(&mut self, cells: &str, delimiter: u8) {
        self.text.push_str(cells);
        self.pieces.push(PieceEnd { end: self.text.len(), delimiter: Some(delimiter) });
    }

    /// Adds a cell that is printed in place, such as a number; nothing makes an empty cell.
    pub fn print(&mut self, value: Option<impl std::fmt::Display>) {
        use std::fmt::Write;
        if let Some(value) = value {
            let _ = write!(self.text, "{value}");
        }
        self.end_cell();
    }

    /// Adds a cell that is a list of texts.
    pub fn push_list<'t>(&mut self, members: impl IntoIterator<Item = &'t str>) {
        for member in members {
            self.text.push(MEMBER);
            self.text.push_str(member);
        }
        self.end_cell();
    }

    fn end_cell(&mut self) {
        self.pieces.push(PieceEnd { end: self.text.len(), delimiter: None });
    }

    /// Ends the row that is open.
    pub fn end_row(&mut self) {
        self.rows.push(self.pieces.len());
    }

    /// The rows, each with its cells in order.
    pub fn iter(&self) -> impl Iterator<Item = impl Iterator<Item = &str>> {
        self.pieces().map(|row| row.flat_map(Piece::cells))
    }

    /// The rows, each with its pieces in order.
    pub fn pieces(&self) -> impl Iterator<Item = impl Iterator<Item = Piece<'_>>> {
        let before = |at: usize| at.checked_sub(1);
        (0..self.rows.len()).map(move |row| {
            let pieces = before(row).map_or(0, |row| self.rows[row])..self.rows[row];
            pieces.map(move |at| {
                let start = before(at).map_or(0, |at| self.pieces[at].end);
                let PieceEnd { end, delimiter } = self.pieces[at];
                let text = &self.text[start..end];
                delimiter.map_or(Piece::Cell(text), |delimiter| Piece::Run(text, delimiter))
            })
        })
    }
}

/// Makes the rows of an item.
pub type Fill<'a> = dyn Fn(usize, &mut Rows) + Sync + 'a;

/// Rows to be written, made when they are asked for, by any number of threads.
pub struct Sheet<'a> {
    /// The columns, in order.
    pub columns: Vec<SheetColumn>,
    /// How many items there are.
    pub len: usize,
    /// Adds the rows of the n-th item to empty [`Rows`].
    pub fill: Box<Fill<'a>>,
}

/// So often somebody who watches is told.
const WATCHED: usize = 1024;

impl<'a> Sheet<'a> {
    /// The same rows, while `watch` hears how many more items are being written.
    pub fn watched(self, watch: impl Fn(u64) + Sync + 'a) -> Sheet<'a> {
        let fill = self.fill;
        let fill = Box::new(move |item: usize, rows: &mut Rows| {
            if item.is_multiple_of(WATCHED) {
                watch(WATCHED as u64);
            }
            fill(item, rows);
        });
        Sheet { fill, ..self }
    }

    /// The same rows with only these columns, in this order.
    pub fn pick(self, picked: Vec<usize>) -> Sheet<'a> {
        let columns = picked.iter().map(|&at| self.columns[at].clone()).collect();
        let fill = self.fill;
        let fill = Box::new(move |item: usize, rows: &mut Rows| {
            thread_local! {
                static WHOLE: RefCell<Rows> = RefCell::default();
            }
            WHOLE.with_borrow_mut(|whole| {
                whole.clear();
                fill(item, whole);
                for row in whole.iter() {
                    let cells: Vec<&str> = row.collect();
                    picked.iter().for_each(|&at| rows.push(cells[at]));
                    rows.end_row();
                }
            });
        });
        Sheet { columns, len: self.len, fill }
    }
}
