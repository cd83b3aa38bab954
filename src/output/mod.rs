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
mod part;
pub mod progress;
pub mod ranked;
pub mod selection;
pub mod table;
pub mod xlsx;

use crate::instant::Instant;
use crate::points::Points;
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
    /// Any number of texts: a list (see [`MEMBER`](crate::value::MEMBER)), or empty.
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

/// Takes the rows of an item, cell by cell: most items have one row, some none or several.
pub trait Sink {
    /// Adds a cell to the row that is open.
    fn push(&mut self, cell: &str);

    /// Adds so many input cells that stand side by side, in quotes where they must (RFC 4180), if that
    /// is how they are taken; tells whether it is.
    fn push_record(&mut self, record: &str, delimiter: u8, cells: usize) -> bool;

    /// Where a number, a flag or an instant is printed before [`Sink::end_print`] makes a cell of it, or a text that is
    /// put together before [`Sink::end_text`] does.
    fn text(&mut self) -> &mut String;

    /// Ends the cell that was printed.
    fn end_print(&mut self);

    /// Ends a cell of any text that was put there.
    fn end_text(&mut self) {
        self.end_print();
    }

    /// Ends the row that is open.
    fn end_row(&mut self);

    /// Itself, if it is CSV: what fills very many cells is compiled for that once more, without asking for
    /// each of them what takes it.
    fn as_csv(&mut self) -> Option<&mut csv::Text> {
        None
    }
}

/// Cells that are more than a text.
pub trait SinkExt: Sink {
    /// Adds a number, a flag or an instant; nothing makes an empty cell.
    #[inline]
    fn print(&mut self, value: Option<impl Print>) {
        if let Some(value) = value {
            value.print(self.text());
        }
        self.end_print();
    }

    /// Adds a text that `put` puts together.
    #[inline]
    fn print_text(&mut self, put: impl FnOnce(&mut String)) {
        put(self.text());
        self.end_text();
    }

    /// Adds cells that follow from a key alone; where they are text and were made before, they are copied.
    fn push_alike(&mut self, _key: &[u64], _cells: usize, make: impl FnOnce(&mut Self)) {
        make(self);
    }

    /// Adds a list of texts.
    fn push_list<'t>(&mut self, members: impl IntoIterator<Item = &'t str>) {
        let members: Vec<&str> = members.into_iter().flat_map(|member| ["\u{1f}", member]).collect();
        self.push(&members.concat());
    }
}

impl SinkExt for dyn Sink + '_ {}

/// Prints itself behind a text: digits, `true` and `false`, ISO 8601.
pub trait Print {
    /// Adds what it says.
    fn print(&self, text: &mut String);
}

macro_rules! print_whole_numbers {
    ($($kind:ty)*) => { $(impl Print for $kind {
        #[inline]
        fn print(&self, text: &mut String) {
            text.push_str(itoa::Buffer::new().format(*self));
        }
    })* };
}
print_whole_numbers!(u8 u32 u64);

impl Print for bool {
    fn print(&self, text: &mut String) {
        text.push_str(if *self { "true" } else { "false" });
    }
}

impl Print for Points {
    fn print(&self, text: &mut String) {
        self.push_to(text);
    }
}

impl Print for Instant {
    fn print(&self, text: &mut String) {
        text.push_str(&self.to_string());
    }
}

/// Rows kept cell by cell, for formats that look at whole rows.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    text: String,
    /// Where each cell ends in the text.
    cells: Vec<usize>,
    /// Where each row ends among the cells.
    rows: Vec<usize>,
}

impl Sink for Rows {
    fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.cells.push(self.text.len());
    }

    fn push_record(&mut self, record: &str, delimiter: u8, _cells: usize) -> bool {
        let is_plain = memchr::memchr(b'"', record.as_bytes()).is_none();
        if is_plain {
            record.split(char::from(delimiter)).for_each(|cell| self.push(cell));
        }
        is_plain
    }

    fn text(&mut self) -> &mut String {
        &mut self.text
    }

    fn end_print(&mut self) {
        self.cells.push(self.text.len());
    }

    fn end_row(&mut self) {
        self.rows.push(self.cells.len());
    }
}

impl Rows {
    /// Takes everything out.
    pub fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
        self.rows.clear();
    }

    /// The rows, each with its cells in order.
    pub fn iter(&self) -> impl Iterator<Item = impl ExactSizeIterator<Item = &str>> {
        let from = |ends: &[usize], at: usize| if at == 0 { 0 } else { ends[at - 1] };
        (0..self.rows.len()).map(move |row| {
            let cells = from(&self.rows, row)..self.rows[row];
            cells.map(move |cell| &self.text[from(&self.cells, cell)..self.cells[cell]])
        })
    }
}

/// Makes the rows of an item.
pub type Fill<'a> = dyn Fn(usize, &mut dyn Sink) + Sync + 'a;

/// Rows to be written, made when they are asked for, by any number of threads.
pub struct Sheet<'a> {
    /// The columns, in order.
    pub columns: Vec<SheetColumn>,
    /// How many items there are.
    pub len: usize,
    /// Adds the rows of the n-th item.
    pub fill: Box<Fill<'a>>,
}

/// So often somebody who watches is told.
const WATCHED: usize = 1024;

impl<'a> Sheet<'a> {
    /// A few rows that are there already.
    pub fn of_rows(columns: Vec<SheetColumn>, rows: Vec<Vec<String>>) -> Sheet<'static> {
        let len = rows.len();
        let fill = move |item: usize, all: &mut dyn Sink| {
            rows[item].iter().for_each(|cell| all.push(cell));
            all.end_row();
        };
        Sheet { columns, len, fill: Box::new(fill) }
    }

    /// The same rows, while `watch` hears how many more items are being written.
    pub fn watched(self, watch: impl Fn(u64) + Sync + 'a) -> Sheet<'a> {
        let fill = self.fill;
        let fill = Box::new(move |item: usize, rows: &mut dyn Sink| {
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
        let fill = Box::new(move |item: usize, rows: &mut dyn Sink| {
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
