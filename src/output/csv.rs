//! CSV and TSV: cells parted by a character, quoted where they must be.
//!
//! In: a [`Sheet`]. Out: its header and rows, the cells' text unchanged, lines ended by `\n`.
//!
//! For Excel, which opens a CSV file by double click without asking anything, the file begins with a
//! byte-order mark (else `ł` becomes `Å‚`), lines end in CRLF, and texts that would be taken for a
//! formula are guarded (see [`formula`]). With a decimal comma the numbers that leadscore adds have
//! one and `;` parts the cells, as in Excel where that comma is usual; input cells stay as they are.
//!
//! Rows are rendered in blocks by all threads while the blocks before them are written, so that
//! memory holds a few blocks, whatever the number of rows. Not here: files (see `file`).

use super::{ColumnKind, Piece, Rows, Sheet, SheetColumn, blocks, formula};
use crate::value::DecimalMark;
use crate::value::readable;
use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

/// How the text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// What parts the cells.
    pub delimiter: u8,
    /// Whether it is to be opened in Excel by double click.
    pub excel: bool,
    /// The decimal mark of the numbers that leadscore adds.
    pub decimal: DecimalMark,
}

impl Dialect {
    /// For other programs.
    pub fn plain(delimiter: u8) -> Dialect {
        Dialect { delimiter, excel: false, decimal: DecimalMark::Point }
    }

    fn shown<'a>(self, cell: &'a str, kind: ColumnKind) -> Cow<'a, str> {
        match kind {
            ColumnKind::Number if self.decimal == DecimalMark::Comma => Cow::Owned(cell.replace('.', ",")),
            ColumnKind::Number | ColumnKind::Flag | ColumnKind::Instant => Cow::Borrowed(cell),
            _ if self.excel => formula::guarded(readable(cell)),
            _ => readable(cell),
        }
    }

    /// Adds a row to `bytes`.
    fn write_row<'a>(self, bytes: &mut Vec<u8>, pieces: impl Iterator<Item = Piece<'a>>, columns: &[SheetColumn]) {
        let start = bytes.len();
        let mut columns = columns.iter();
        for piece in pieces {
            match piece {
                Piece::Run(cells, delimiter) if delimiter == self.delimiter && !self.excel => {
                    columns.by_ref().take(memchr::memchr_iter(delimiter, cells.as_bytes()).count() + 1).for_each(drop);
                    bytes.extend_from_slice(cells.as_bytes());
                    bytes.push(self.delimiter);
                }
                _ => {
                    for (cell, column) in piece.cells().zip(columns.by_ref()) {
                        self.write_cell(bytes, &self.shown(cell, column.kind));
                    }
                }
            }
        }
        bytes.truncate(bytes.len().saturating_sub(1).max(start));
        if bytes.len() == start {
            bytes.extend_from_slice(b"\"\""); // one empty cell is no blank line
        }
        bytes.extend_from_slice(if self.excel { b"\r\n" } else { b"\n" });
    }

    /// Adds a cell, quoted where it must be, and the delimiter.
    fn write_cell(self, bytes: &mut Vec<u8>, cell: &str) {
        let is_special = |byte: u8| (byte <= b'"' && matches!(byte, b'"' | b'\r' | b'\n')) || byte == self.delimiter;
        if cell.bytes().any(is_special) {
            bytes.push(b'"');
            for part in cell.split_inclusive('"') {
                bytes.extend_from_slice(part.as_bytes());
                if part.ends_with('"') {
                    bytes.push(b'"');
                }
            }
            bytes.push(b'"');
        } else {
            bytes.extend_from_slice(cell.as_bytes());
        }
        bytes.push(self.delimiter);
    }
}

/// Writes the whole sheet.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(sheet: &Sheet, dialect: Dialect, out: &mut dyn Write) -> io::Result<()> {
    let mut header = if dialect.excel { "\u{feff}".into() } else { Vec::new() };
    let names: Vec<SheetColumn> =
        sheet.columns.iter().map(|column| SheetColumn::new(column.name.as_str(), ColumnKind::Text)).collect();
    dialect.write_row(&mut header, names.iter().map(|column| Piece::Cell(&column.name)), &names);
    out.write_all(&header)?;
    blocks::in_order(sheet.len, |items| Ok(render(sheet, dialect, items)), |block| out.write_all(&block))
}

fn render(sheet: &Sheet, dialect: Dialect, items: Range<usize>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(items.len() * 16 * sheet.columns.len().min(64));
    let mut rows = Rows::default();
    for item in items {
        rows.clear();
        (sheet.fill)(item, &mut rows);
        for row in rows.pieces() {
            dialect.write_row(&mut bytes, row, &sheet.columns);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::{ColumnKind, SheetColumn};
    use super::*;

    fn sheet(len: usize) -> Sheet<'static> {
        let columns = [("id", ColumnKind::Input), ("note", ColumnKind::Input), ("lead_score", ColumnKind::Number)];
        Sheet {
            columns: columns.map(|(name, kind)| SheetColumn::new(name, kind)).to_vec(),
            len,
            fill: Box::new(|index, rows| {
                rows.push(&format!("{index:04}"));
                rows.push(["", "a, b", "say \"hi\"", "two\nlines", " x;y ", "=1+1"][index % 6]);
                rows.print((index % 5 > 0).then_some(index as f64 / 2.0));
                rows.end_row();
            }),
        }
    }

    fn text(sheet: &Sheet, delimiter: u8) -> String {
        let mut bytes = Vec::new();
        write(sheet, Dialect::plain(delimiter), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn cells_are_quoted_only_where_they_must_be() {
        assert_eq!(
            text(&sheet(5), b','),
            "id,note,lead_score\n0000,,\n0001,\"a, b\",0.5\n0002,\"say \"\"hi\"\"\",1\n0003,\"two\nlines\",1.5\n\
             0004, x;y ,2\n"
        );
        assert!(text(&sheet(5), b';').contains("\n0001;a, b;0.5\n"));
        assert_eq!(text(&sheet(0), b'\t'), "id\tnote\tlead_score\n");
    }

    #[test]
    fn excel_opens_it_by_double_click() {
        let mut bytes = Vec::new();
        let dialect = Dialect { delimiter: b';', excel: true, decimal: DecimalMark::Comma };
        write(&sheet(6), dialect, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("\u{feff}id;note;lead_score\r\n0000;;\r\n0001;a, b;0,5\r\n"), "{text:?}");
        assert!(text.ends_with("\r\n0004;\" x;y \";2\r\n0005;\t=1+1;\r\n"), "{text:?}");
    }

    #[test]
    fn rows_come_in_order_whatever_the_number_of_threads() {
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let rows = blocks::ITEMS * 13 + 7;
        let expected = one.install(|| text(&sheet(rows), b','));
        assert_eq!(three.install(|| text(&sheet(rows), b',')), expected);
        let mut reader = csv::Reader::from_reader(expected.as_bytes());
        assert!(reader.records().enumerate().all(|(at, record)| record.unwrap()[0] == format!("{at:04}")));
    }

    #[test]
    fn an_error_of_the_file_keeps_its_kind() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert_eq!(write(&sheet(9), Dialect::plain(b','), &mut Closed).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
