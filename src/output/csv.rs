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

use super::{ColumnKind, Sheet, SheetColumn, Sink, SinkExt, blocks, formula};
use crate::value::{DecimalMark, MEMBER, readable};
use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

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
}

/// Rows as they are written.
pub struct Text {
    dialect: Dialect,
    kinds: Vec<ColumnKind>,
    text: String,
    /// Where the row that is open begins, and the cell that is printed.
    row: usize,
    cell: usize,
    /// The column of the next cell.
    column: usize,
    /// Whether cells are shown as they are.
    is_plain: bool,
    /// Whether what is printed may be shown otherwise, or hold the delimiter.
    is_print_shown: bool,
    /// Cells that were made before and may come again.
    alike: Vec<Alike>,
}

/// Some cells, and what they follow from.
#[derive(Clone, Default)]
struct Alike {
    key: Vec<u64>,
    cells: String,
}

/// So many are remembered: those that come one after the other have few values among them.
const ALIKE: usize = 64;

impl Text {
    fn new(dialect: Dialect, columns: &[SheetColumn]) -> Text {
        let is_delimiter_printed = dialect.delimiter.is_ascii_alphanumeric() || b"+-.:".contains(&dialect.delimiter);
        let is_plain = !dialect.excel && dialect.decimal == DecimalMark::Point;
        let is_print_shown = is_delimiter_printed || dialect.decimal == DecimalMark::Comma;
        let kinds = columns.iter().map(|column| column.kind).collect();
        Text {
            dialect,
            kinds,
            text: String::new(),
            row: 0,
            cell: 0,
            column: 0,
            is_plain,
            is_print_shown,
            alike: Vec::new(),
        }
    }

    /// Whether a cell must be in quotes.
    fn needs_quotes(&self, cell: &str) -> bool {
        let delimiter = self.dialect.delimiter;
        let is_special = |byte: u8| byte == delimiter || matches!(byte, b'"' | b'\r' | b'\n');
        // Every byte is looked at, so that many can be at once.
        cell.bytes().fold(false, |found, byte| found | is_special(byte))
    }

    fn quote_where_it_must_be(&mut self, cell: &str) {
        if !self.needs_quotes(cell) {
            return self.text.push_str(cell);
        }
        self.text.push('"');
        for (number, part) in cell.split('"').enumerate() {
            self.text.push_str(if number > 0 { "\"\"" } else { "" });
            self.text.push_str(part);
        }
        self.text.push('"');
    }

    /// Shows what was printed as any cell is shown.
    #[cold]
    fn show_print(&mut self) {
        let printed = self.text.split_off(self.cell);
        self.push(&printed);
    }

    #[inline(always)]
    fn end_cells(&mut self, count: usize) {
        self.text.push(char::from(self.dialect.delimiter));
        self.cell = self.text.len();
        self.column += count;
    }
}

impl Sink for Text {
    #[inline]
    fn push(&mut self, cell: &str) {
        if self.is_plain && !cell.starts_with(MEMBER) {
            self.quote_where_it_must_be(cell);
        } else {
            let kind = self.kinds.get(self.column).copied().unwrap_or(ColumnKind::Text);
            self.quote_where_it_must_be(&self.dialect.shown(cell, kind));
        }
        self.end_cells(1);
    }

    fn push_record(&mut self, record: &str, delimiter: u8, cells: usize) -> bool {
        let is_so = delimiter == self.dialect.delimiter && !self.dialect.excel;
        if is_so {
            self.text.push_str(record);
            self.end_cells(cells);
        }
        is_so
    }

    #[inline]
    fn text(&mut self) -> &mut String {
        &mut self.text
    }

    #[inline(always)]
    fn end_print(&mut self) {
        if self.is_print_shown { self.show_print() } else { self.end_cells(1) }
    }

    #[inline]
    fn end_text(&mut self) {
        let cell = &self.text[self.cell..];
        if self.is_plain && !cell.starts_with(MEMBER) && !self.needs_quotes(cell) {
            self.end_cells(1);
        } else {
            self.show_print();
        }
    }

    fn end_row(&mut self) {
        self.text.truncate((self.text.len() - 1).max(self.row)); // the last delimiter
        if self.text.len() == self.row {
            self.text.push_str("\"\""); // one empty cell is no blank line
        }
        self.text.push_str(if self.dialect.excel { "\r\n" } else { "\n" });
        (self.row, self.cell, self.column) = (self.text.len(), self.text.len(), 0);
    }

    fn as_csv(&mut self) -> Option<&mut Text> {
        Some(self)
    }
}

impl SinkExt for Text {
    #[inline]
    fn push_alike(&mut self, key: &[u64], cells: usize, make: impl FnOnce(&mut Text)) {
        const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed = key.iter().fold(0, |mixed: u64, &part| (mixed.rotate_left(23) ^ part).wrapping_mul(MIX));
        let place = (mixed >> (u64::BITS - ALIKE.ilog2())) as usize;
        if let Some(alike) = self.alike.get(place).filter(|alike| alike.key == key) {
            self.text.push_str(&alike.cells);
            self.cell = self.text.len();
            self.column += cells;
            return;
        }
        let start = self.text.len();
        make(self);
        self.alike.resize(ALIKE, Alike::default());
        let alike = &mut self.alike[place];
        alike.key.clear();
        alike.key.extend_from_slice(key);
        alike.cells.clear();
        alike.cells.push_str(&self.text[start..]);
    }
}

/// Writes the whole sheet.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(sheet: &Sheet, dialect: Dialect, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let mut header = Text::new(dialect, &[]);
    sheet.columns.iter().for_each(|column| header.push(&column.name));
    header.end_row();
    out.write_all(if dialect.excel { "\u{feff}".as_bytes() } else { b"" })?;
    out.write_all(header.text.as_bytes())?;
    // Room of blocks that are written holds further ones, so that the system need not find and clear more of it.
    let spare = Mutex::<Vec<String>>::default();
    let spare = || spare.lock().unwrap_or_else(PoisonError::into_inner);
    let make = |items| {
        let room = spare().pop().unwrap_or_default();
        Ok(render(sheet, dialect, items, room))
    };
    blocks::in_order(sheet.len, make, |mut block| {
        out.write_all(block.as_bytes())?;
        block.clear();
        spare().push(block);
        Ok(())
    })
}

/// Renders some items, in room that is empty.
fn render(sheet: &Sheet, dialect: Dialect, items: Range<usize>, room: String) -> String {
    let mut rows = Text::new(dialect, &sheet.columns);
    rows.text = room;
    rows.text.reserve(items.len() * 16 * sheet.columns.len().min(64));
    items.for_each(|item| (sheet.fill)(item, &mut rows));
    rows.text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::Points;

    fn sheet(len: usize) -> Sheet<'static> {
        let columns = [("id", ColumnKind::Input), ("note", ColumnKind::Input), ("lead_score", ColumnKind::Number)];
        Sheet {
            columns: columns.map(|(name, kind)| SheetColumn::new(name, kind)).to_vec(),
            len,
            fill: Box::new(|index, rows| {
                rows.push(&format!("{index:04}"));
                rows.push(["", "a, b", "say \"hi\"", "two\nlines", " x;y ", "=1+1"][index % 6]);
                rows.print((index % 5 > 0).then_some(Points(index as i128 * 500_000)));
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
    fn cells_that_were_made_before_are_the_same() {
        for dialect in [Dialect::plain(b','), Dialect { delimiter: b';', excel: true, decimal: DecimalMark::Comma }] {
            let columns = [ColumnKind::Number, ColumnKind::Text, ColumnKind::Text];
            let columns = columns.map(|kind| SheetColumn::new("column", kind));
            let (mut text, mut plainly) = (Text::new(dialect, &columns), Text::new(dialect, &columns));
            for number in (0..1000_u64).map(|number| number * number % 331) {
                let make = |rows: &mut Text| {
                    rows.print(Some(Points(i128::from(number) * 250_000)));
                    rows.push(["=A", "say \"hi\"", "", "a; b, c"][number as usize % 4]);
                };
                text.push_alike(&[number, 7], 2, make);
                make(&mut plainly);
                for rows in [&mut text, &mut plainly] {
                    rows.push("=end");
                    rows.end_row();
                }
            }
            assert_eq!(text.text, plainly.text);
        }
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
