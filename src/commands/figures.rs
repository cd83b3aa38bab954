//! Figures for people.
//!
//! In: rows of text. Out: a table under a title. Not here: the figures.

use crate::output::table::{self, Look};
use crate::output::{ColumnKind, Sheet, SheetColumn};
use std::io::{self, Write};
use std::path::Path;

/// 0.123 as `12.3 %`.
pub fn percent(share: f64, decimals: usize) -> String {
    format!("{:.decimals$} %", share * 100.0)
}

/// Prints a report: beside a file that goes to standard output, on standard error.
///
/// # Errors
/// Where nobody takes it, or it can't be made.
pub fn print_beside(output: &Path, write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<()> {
    let mut text = Vec::new();
    write(&mut text)?;
    if output == Path::new("-") { io::stderr().write_all(&text) } else { io::stdout().write_all(&text) }
}

/// A table under a title.
pub struct Part {
    title: String,
    columns: Vec<SheetColumn>,
    /// A cell for each column.
    pub rows: Vec<Vec<String>>,
}

impl Part {
    /// With so many columns of text at the left; the others are numbers.
    pub fn new(title: impl Into<String>, columns: &[&str], texts: usize, rows: Vec<Vec<String>>) -> Part {
        let kind = |at: usize| if at < texts { ColumnKind::Text } else { ColumnKind::Number };
        let columns = columns.iter().enumerate().map(|(at, name)| SheetColumn::new(*name, kind(at))).collect();
        Part { title: title.into(), columns, rows }
    }

    /// Prints the title and the table.
    ///
    /// # Errors
    /// Where `out` cannot be written.
    pub fn print(self, look: Look, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\n{}\n", self.title)?;
        table::write(&Sheet::of_rows(self.columns, self.rows), look, out)
    }
}
