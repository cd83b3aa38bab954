//! What is written: one writer a file, each given a [`Sheet`].
//!
//! In: rows in the order in which they are written. Out: bytes in one of the formats. Not here:
//! which rows, which columns, and what stands in them.

pub mod csv;
pub mod file;
pub mod format;
pub mod progress;
pub mod table;

/// What a column holds, for formats that know types (JSON, XLSX).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A column of the input: its text, unchanged.
    Input,
    /// A number, or empty.
    Number,
    /// A text, or empty.
    Text,
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
}

/// One row's cells, reused from row to row.
#[derive(Clone, Debug, Default)]
pub struct Row {
    text: String,
    ends: Vec<usize>,
}

impl Row {
    /// Takes all cells out.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Adds a cell.
    pub fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    /// Adds a cell that is printed in place, such as a number; nothing makes an empty cell.
    pub fn print(&mut self, value: Option<impl std::fmt::Display>) {
        use std::fmt::Write;
        if let Some(value) = value {
            let _ = write!(self.text, "{value}");
        }
        self.ends.push(self.text.len());
    }

    /// The cells, in order.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.ends.len()).map(|at| &self.text[if at == 0 { 0 } else { self.ends[at - 1] }..self.ends[at]])
    }
}

/// Adds the cells of the n-th row to an empty [`Row`].
pub type Fill<'a> = Box<dyn Fn(usize, &mut Row) + Sync + 'a>;

/// Rows to be written, made when they are asked for, by any number of threads.
pub struct Sheet<'a> {
    /// The columns, in order.
    pub columns: Vec<SheetColumn>,
    /// How many rows there are.
    pub len: usize,
    /// Adds the cells of the n-th row to an empty [`Row`].
    pub fill: Fill<'a>,
}
