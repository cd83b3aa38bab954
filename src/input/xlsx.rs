//! Excel workbooks: one sheet of them, row by row.
//!
//! In: a file. Out: a [`Table`], the header of which is the first row that is not empty, and
//! [`Block`]s of the rows below it as CSV. A thread of its own reads the sheet and is never far
//! ahead of whoever takes the blocks; of the workbook only the table of shared texts is held as a
//! whole. What looks like a date there is a number with a format, and is written as ISO 8601.

use super::canonical::{self, Rows};
use super::source::Counted;
use super::{Blocks, Options};
use crate::record::{Block, Table};
use anyhow::{anyhow, bail};
use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};
use std::fs::File;
use std::io::BufReader;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A sheet has no more columns.
const MOST_COLUMNS: usize = 16_384;

type Book = Xlsx<BufReader<Counted<File>>>;

/// Reads the header of a sheet; without a name that of the first one that is shown.
///
/// # Errors
/// Where it is no workbook, has no such sheet, or the sheet is empty.
pub fn open(
    name: &str,
    file: Counted<File>,
    sheet: Option<&str>,
    index: usize,
    options: &Options,
) -> anyhow::Result<(Table, Box<dyn Blocks>)> {
    // One block waits while the next is made.
    let (send, receive) = sync_channel(1);
    let reading = Reading { name: name.to_owned(), index, block_bytes: options.block_bytes, header: None };
    let sheet = sheet.map(str::to_owned);
    std::thread::Builder::new().name("workbook".to_owned()).spawn(move || {
        let done = reading.read(file, sheet.as_deref(), &send);
        // Whoever took the blocks may have gone.
        let _ = send.send(done.map(|()| Part::End));
    })?;
    let mut sheet = Sheet { name: name.to_owned(), receive, ended: false };
    let Part::Header(columns) = sheet.next()? else {
        bail!("{name} is empty; it needs at least a row with the headers")
    };
    let table = Table { name: name.to_owned(), columns, delimiter: canonical::DELIMITER, ..Table::default() };
    Ok((table, Box::new(sheet)))
}

/// What the thread gives, in this order.
enum Part {
    Header(Vec<String>),
    Rows(Block),
    End,
}

struct Sheet {
    name: String,
    receive: Receiver<anyhow::Result<Part>>,
    ended: bool,
}

impl Sheet {
    fn next(&mut self) -> anyhow::Result<Part> {
        // Without an end the thread has met something that its reader was not made for.
        self.receive.recv().unwrap_or_else(|_| Err(broken(&self.name, "its sheet")))
    }
}

impl Blocks for Sheet {
    fn next_block(&mut self) -> anyhow::Result<Option<Block>> {
        if self.ended {
            return Ok(None);
        }
        match self.next()? {
            Part::Rows(block) => Ok(Some(block)),
            Part::Header(_) | Part::End => {
                self.ended = true;
                Ok(None)
            }
        }
    }
}

fn broken(name: &str, what: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("cannot read {name}: this workbook is broken ({what}); open it and save it again, or save the sheet as CSV")
}

/// What the thread does.
struct Reading {
    name: String,
    index: usize,
    block_bytes: usize,
    header: Option<usize>,
}

impl Reading {
    fn read(
        mut self,
        file: Counted<File>,
        sheet: Option<&str>,
        send: &SyncSender<anyhow::Result<Part>>,
    ) -> anyhow::Result<()> {
        let name = self.name.clone();
        let explain = |error: XlsxError| match error {
            XlsxError::Password => {
                anyhow!("cannot read {name}: it is an Excel workbook with a password; open it and save it without one")
            }
            XlsxError::Zip(_) => anyhow!("cannot read {name}: it is a damaged workbook or archive; fetch it again"),
            XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound => {
                anyhow!("cannot read {name}: it is an archive and no Excel workbook; unpack it first")
            }
            error => broken(&name, error),
        };
        let mut book = Book::new(BufReader::new(file)).map_err(explain)?;
        let sheet = choose(&name, &book, sheet)?;
        let mut cells = book.worksheet_cells_reader(&sheet).map_err(explain)?;
        let mut rows = Rows::new(self.index);
        let (mut row, mut number) = (Vec::new(), 0);
        while let Some(cell) = cells.next_cell().map_err(explain)? {
            let (line, column) = (u64::from(cell.get_position().0) + 1, cell.get_position().1 as usize);
            if column >= MOST_COLUMNS {
                bail!("{name}:{line}: a cell beyond the last column that a sheet can have");
            }
            if line != number {
                if !self.end_row(number, &mut row, &mut rows, send) {
                    return Ok(());
                }
                number = line;
            }
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            row[column] = text_of(cell.get_value());
        }
        if self.end_row(number, &mut row, &mut rows, send)
            && let Some(block) = rows.finish()
        {
            let _ = send.send(Ok(Part::Rows(block)));
        }
        Ok(())
    }

    /// Takes in a row, unless it is empty; whether somebody still wants more.
    fn end_row(
        &mut self,
        line: u64,
        row: &mut Vec<String>,
        rows: &mut Rows,
        send: &SyncSender<anyhow::Result<Part>>,
    ) -> bool {
        let width = row.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
        row.truncate(width);
        let mut wanted = true;
        match self.header {
            _ if row.is_empty() => {}
            None => {
                self.header = Some(width);
                return send.send(Ok(Part::Header(std::mem::take(row)))).is_ok();
            }
            Some(header) => {
                row.resize(width.max(header), String::new());
                rows.push(line, 0, row.iter().map(String::as_str));
                if rows.len() >= self.block_bytes {
                    let full = std::mem::replace(rows, Rows::new(self.index)).finish();
                    wanted = full.is_none_or(|block| send.send(Ok(Part::Rows(block))).is_ok());
                }
            }
        }
        row.clear();
        wanted
    }
}

/// The sheet called so, or the first one that is shown.
fn choose(name: &str, book: &Book, wanted: Option<&str>) -> anyhow::Result<String> {
    let sheets = || book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let Some(wanted) = wanted else {
        let shown = sheets().find(|sheet| sheet.visible == SheetVisible::Visible);
        let sheet = shown.or(sheets().next()).ok_or_else(|| anyhow!("{name} has no sheet with cells"))?;
        return Ok(sheet.name.clone());
    };
    let alike = |sheet: &&calamine::Sheet| sheet.name.to_lowercase() == wanted.to_lowercase();
    let sheet = sheets().find(|sheet| sheet.name == wanted).or(sheets().find(alike));
    sheet.map(|sheet| sheet.name.clone()).ok_or_else(|| {
        let names: Vec<String> = sheets().map(|sheet| format!("`{}`", sheet.name)).collect();
        anyhow!("{name}: there is no sheet `{wanted}`; there are: {}", names.join(", "))
    })
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(date) => date_text(date),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// A number as the sheet shows it: whole, or of the 15 digits that Excel works with, so that
/// 0.1 + 0.2 is 0.3.
fn number_text(number: f64) -> String {
    const EXACT: f64 = 9_007_199_254_740_992.0; // up to here every whole number is one of its own
    if !number.is_finite() {
        String::new()
    } else if number.fract() == 0.0 && number.abs() < EXACT {
        (number as i64).to_string()
    } else {
        let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
        rounded.to_string()
    }
}

/// A date, a date with its time, or a time alone; a span of time in hours.
fn date_text(date: &ExcelDateTime) -> String {
    let days = date.as_f64();
    if !days.is_finite() || !(0.0..2_958_466.0).contains(&days) {
        return number_text(days); // no date that a calendar has
    }
    if date.is_duration() {
        let seconds = (days * 86_400.0).round() as u64;
        return format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, milli) = date.to_ymd_hms_milli();
    let mut text = if days < 1.0 { String::new() } else { format!("{year:04}-{month:02}-{day:02}") };
    if days < 1.0 || (hour, minute, second, milli) != (0, 0, 0, 0) {
        let mark = if text.is_empty() { "" } else { "T" };
        text.push_str(&format!("{mark}{hour:02}:{minute:02}:{second:02}"));
        if milli > 0 {
            text.push_str(&format!(".{milli:03}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::ExcelDateTimeType;

    #[test]
    fn numbers_have_no_noise() {
        for (number, text) in [
            (600_100_200.0, "600100200"),
            (0.1 + 0.2, "0.3"),
            (-0.0, "0"),
            (1.1, "1.1"),
            (1e-7, "0.0000001"),
            (1e20, "100000000000000000000"),
            (123_456_789.123, "123456789.123"),
            (f64::NAN, ""),
        ] {
            assert_eq!(number_text(number), text);
        }
    }

    #[test]
    fn dates_are_iso_8601() {
        let text = |days, kind| date_text(&ExcelDateTime::new(days, kind, false));
        let date = |days| text(days, ExcelDateTimeType::DateTime);
        assert_eq!(date(46327.0), "2026-11-01");
        assert_eq!(date(46327.0 + 14.0 / 24.0 + 5.0 / 1440.0), "2026-11-01T14:05:00");
        assert_eq!(date(45943.541), "2025-10-13T12:59:02.400");
        assert_eq!(date(0.5), "12:00:00");
        assert_eq!(date(-1.0), "-1");
        assert_eq!(date(1e300), number_text(1e300));
        assert_eq!(text(1.5, ExcelDateTimeType::TimeDelta), "36:00:00");
        let in_1904 = ExcelDateTime::new(44865.0, ExcelDateTimeType::DateTime, true);
        assert_eq!(date_text(&in_1904), "2026-11-01");
    }
}
