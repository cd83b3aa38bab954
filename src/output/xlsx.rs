//! XLSX: a workbook whose first sheet holds the rows, and pages of text behind it.
//!
//! In: a [`Sheet`], and pages. Out: a workbook in which nothing is damaged by being opened, edited
//! and saved:
//!
//! * Columns of the input are text, whatever is in them, and so formatted: ids of 18 digits, leading
//!   zeros and dates stay as they are, also where somebody edits the cell. No cell is a formula; one
//!   that looks like it is marked as text (Excel's own quote prefix), so that editing it changes
//!   nothing either.
//! * Numbers of ours are numbers, unless they have more digits than Excel keeps (then text); flags
//!   are TRUE or FALSE, instants ISO texts, lists parted by `;`.
//! * What does not fit is an error, never cut: a cell of more than 32,767 characters, more than
//!   1,048,575 rows or 16,384 columns.
//!
//! Rows are rendered by all threads and written one by one; memory holds a few blocks of them. Not
//! here: what the pages say.

use super::blocks;
use super::formula;
use super::{ColumnKind, Rows, Sheet, SheetColumn};
use crate::instant::Instant;
use crate::value::readable;
use anyhow::{Context, anyhow, bail};
use rust_xlsxwriter::{
    ConditionalFormatCell, ConditionalFormatCellRule, DocProperties, ExcelDateTime, Format, FormatAlign, IgnoreError,
    Workbook, Worksheet, XlsxError,
};
use std::io::{self, Seek, Write};
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};

/// As many rows fit below the header.
pub const MOST_ROWS: usize = 1_048_575;
/// As many columns fit beside each other.
pub const MOST_COLUMNS: usize = 16_384;
/// As many characters (in UTF-16, as Excel counts) fit into a cell.
const MOST_CHARACTERS: usize = 32_767;

/// So many rows say how wide a column is.
const LOOKED_AT: u32 = 300;
/// The widths between which a column stays, in characters.
const WIDTHS: Range<usize> = 6..56;

/// Background and text from the best level to the worst.
const COLOURS: [(u32, u32); 5] = [
    (0x00C6_EFCE, 0x0000_6100),
    (0x00E5_F3DC, 0x0037_5623),
    (0x00FF_F2CC, 0x007F_6000),
    (0x00FC_E4D6, 0x0083_3C0B),
    (0x00ED_EDED, 0x0059_5959),
];
/// Of what is no level.
const OUT_COLOURS: (u32, u32) = (0x00FF_C7CE, 0x009C_0006);

/// A sheet of texts behind the first one.
pub struct Page {
    /// On its tab.
    pub name: &'static str,
    /// Its rows of cells.
    pub rows: Vec<Vec<String>>,
    /// Whether it is a file's text, to be shown as such.
    pub is_code: bool,
}

/// What stands around the rows.
pub struct Book {
    /// On the tab of the first sheet.
    pub name: &'static str,
    /// What comes behind it.
    pub pages: Vec<Page>,
    /// What the workbook says of when it was made: the same run gives the same bytes.
    pub made: Instant,
}

/// Refuses what a sheet cannot hold; `rows` are not counted where they aren't known yet.
///
/// # Errors
/// Where there are too many rows or columns.
pub fn check_size(columns: usize, rows: Option<usize>) -> anyhow::Result<()> {
    if columns > MOST_COLUMNS {
        bail!(
            "{columns} columns, and a sheet of Excel holds {MOST_COLUMNS}: choose some with --columns, or write .csv"
        );
    }
    if let Some(rows) = rows.filter(|&rows| rows > MOST_ROWS) {
        bail!(
            "{rows} rows, and a sheet of Excel holds {MOST_ROWS} below its header: write the best of them with --top, \
             --stage or --min, or write .csv"
        );
    }
    Ok(())
}

/// Writes the whole workbook.
///
/// # Errors
/// Where something does not fit, or `out` or the temporary folder cannot be written.
pub fn write(sheet: &Sheet, book: &Book, out: &mut dyn Write) -> anyhow::Result<()> {
    // The package gives up on a full temporary folder by a panic.
    let written = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut workbook = Workbook::new();
        if let Some(made) = made(book.made) {
            workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
        }
        let first = workbook.add_worksheet_with_constant_memory()?.set_name(book.name)?;
        write_rows(sheet, first)?;
        for page in &book.pages {
            write_page(page, workbook.add_worksheet_with_constant_memory()?.set_name(page.name)?)?;
        }
        let mut file = tempfile::tempfile().context("the temporary folder cannot be written")?;
        workbook.save_to_writer(&mut file)?;
        file.rewind()?;
        Ok::<_, anyhow::Error>(file)
    }));
    let mut file = written.map_err(|_| anyhow!("the temporary folder is full or cannot be written"))??;
    io::copy(&mut file, out)?;
    Ok(())
}

fn made(instant: Instant) -> Option<ExcelDateTime> {
    ExcelDateTime::from_timestamp(instant.0.div_euclid(1000)).ok()
}

/// How cells look.
struct Looks {
    header: Format,
    text: Format,
    /// As text, and marked as no formula.
    quoted: Format,
    other: Format,
}

fn write_rows(sheet: &Sheet, to: &mut Worksheet) -> anyhow::Result<()> {
    check_size(sheet.columns.len(), None)?;
    let top = Format::new().set_align(FormatAlign::Top);
    let text = top.clone().set_num_format("@").set_indent(1); // else numbers touch the texts beside them
    let looks = Looks {
        header: Format::new().set_bold().set_background_color(0x00DD_EBF7).set_align(FormatAlign::Top).set_indent(1),
        text: text.clone(),
        quoted: text.set_quote_prefix(),
        other: top,
    };
    for (at, column) in (0..).zip(&sheet.columns) {
        write_text(to, 0, at, &column.name, &looks.header)?;
        let is_number = column.kind == ColumnKind::Number;
        to.set_column_format(at, if is_number { &looks.other } else { &looks.text })?;
    }
    let mut widths: Vec<usize> = sheet.columns.iter().map(|column| width(&column.name) + 3).collect();
    let mut row = 0;
    let mut fault = None;
    let make = |items: Range<usize>| {
        let mut rows = Rows::default();
        items.for_each(|item| (sheet.fill)(item, &mut rows));
        Ok(rows)
    };
    let written = blocks::in_order(sheet.len, make, |rows: Rows| {
        for cells in rows.iter() {
            row += 1;
            let cells: Vec<&str> = cells.collect();
            if let Err(error) = write_row(&cells, &sheet.columns, row, &looks, to) {
                fault = Some(error);
                return Err(io::ErrorKind::Other.into());
            }
            if row <= LOOKED_AT {
                widths.iter_mut().zip(&cells).for_each(|(widest, cell)| *widest = width(cell).max(*widest));
            }
        }
        Ok(())
    });
    if let Some(fault) = fault {
        return Err(fault);
    }
    written?;
    for (at, width) in (0..).zip(widths) {
        to.set_column_width(at, width.clamp(WIDTHS.start, WIDTHS.end) as f64 + 1.0)?;
    }
    to.set_freeze_panes(1, 0)?;
    to.set_landscape().set_repeat_rows(0, 0)?; // on paper
    let Some(last) = sheet.columns.len().checked_sub(1).map(|last| last as u16) else { return Ok(()) };
    to.autofilter(0, 0, row, last)?;
    if row > 0 {
        to.ignore_error_range(1, 0, row, last, IgnoreError::NumberStoredAsText)?;
        colour(&sheet.columns, row, to)?;
    }
    Ok(())
}

fn write_row(
    cells: &[&str],
    columns: &[SheetColumn],
    row: u32,
    looks: &Looks,
    to: &mut Worksheet,
) -> anyhow::Result<()> {
    check_size(columns.len(), Some(row as usize))?;
    for (at, (cell, column)) in (0..).zip(cells.iter().zip(columns)) {
        if cell.is_empty() {
            continue;
        }
        let number = if column.kind == ColumnKind::Number { kept_number(cell) } else { None };
        match (column.kind, number) {
            (_, Some(number)) => drop(to.write_number_with_format(row, at, number, &looks.other)?),
            (ColumnKind::Flag, _) => drop(to.write_boolean_with_format(row, at, *cell == "true", &looks.other)?),
            _ => {
                let text = readable(cell);
                let look = if formula::is_dangerous(&text) { &looks.quoted } else { &looks.text };
                write_text(to, row, at, &text, look).with_context(|| {
                    format!("row {row} (`{}`: {}), column `{}`", columns[0].name, shortened(cells[0]), column.name)
                })?;
            }
        }
    }
    Ok(())
}

fn write_text(to: &mut Worksheet, row: u32, column: u16, text: &str, look: &Format) -> anyhow::Result<()> {
    match to.write_string_with_format(row, column, text, look) {
        Ok(_) => Ok(()),
        Err(XlsxError::MaxStringLengthExceeded) => bail!(
            "the text has {} characters, and a cell of Excel holds {MOST_CHARACTERS}: leave the column out with \
             --columns, or write .csv or .json",
            text.encode_utf16().count()
        ),
        Err(error) => Err(error.into()),
    }
}

/// The number of a cell, if a double keeps every digit that is written.
fn kept_number(cell: &str) -> Option<f64> {
    let number: f64 = cell.parse().ok()?;
    (number.is_finite() && number.to_string() == cell).then_some(number)
}

/// Grades and stages in colour, by rules of Excel's own, so that an edited cell changes its colour.
fn colour(columns: &[SheetColumn], last_row: u32, to: &mut Worksheet) -> anyhow::Result<()> {
    for (at, column) in (0..).zip(columns) {
        for level in &column.levels {
            let place = |distance: f64| (distance * (COLOURS.len() - 1) as f64).round() as usize;
            let (background, letters) =
                level.distance.map_or(OUT_COLOURS, |distance| COLOURS[place(distance).min(COLOURS.len() - 1)]);
            let look = Format::new().set_background_color(background).set_font_color(letters);
            // Excel doubles a quote within a text; equality there ignores case.
            let rule = ConditionalFormatCellRule::EqualTo(format!("\"{}\"", level.text.replace('"', "\"\"")));
            let rule = ConditionalFormatCell::new().set_rule(rule).set_format(look);
            to.add_conditional_format(1, at, last_row, at, &rule)?;
        }
    }
    Ok(())
}

fn write_page(page: &Page, to: &mut Worksheet) -> anyhow::Result<()> {
    let mut look = Format::new().set_num_format("@").set_align(FormatAlign::Top);
    if page.is_code {
        look = look.set_font_name("Consolas");
    }
    let bold = look.clone().set_bold();
    let mut widths = Vec::new();
    let mut at = 0;
    for row in &page.rows {
        for (column, text) in (0..).zip(row) {
            let look = if column == 0 && row.len() > 1 { &bold } else { &look };
            // A line of a rule file may be longer than a cell; it goes on below.
            for (below, part) in (0..).zip(parts(text)) {
                write_text(to, at + below, column, part, look)?;
            }
            let place = usize::from(column);
            widths.resize(widths.len().max(place + 1), 0);
            widths[place] = widths[place].max(width(text));
        }
        at += row.iter().map(|text| parts(text).len() as u32).max().unwrap_or(1);
        check_size(1, Some(at as usize))?;
    }
    for (column, width) in (0..).zip(widths) {
        to.set_column_width(column, width.clamp(WIDTHS.start, 110) as f64 + 2.0)?;
    }
    Ok(())
}

/// A text in pieces that fit into cells.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while rest.len() > MOST_CHARACTERS {
        let (part, tail) = rest.split_at(rest.floor_char_boundary(MOST_CHARACTERS));
        parts.push(part);
        rest = tail;
    }
    parts.push(rest);
    parts
}

/// In characters, of the first line.
fn width(text: &str) -> usize {
    text.lines().next().unwrap_or_default().chars().count()
}

fn shortened(text: &str) -> String {
    if text.chars().nth(40).is_none() { text.to_owned() } else { text.chars().take(39).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::super::Sink;
    use super::*;

    #[test]
    fn what_does_not_fit_is_said() {
        assert!(check_size(MOST_COLUMNS, Some(MOST_ROWS)).is_ok());
        let message = |columns, rows| check_size(columns, rows).unwrap_err().to_string();
        assert!(message(MOST_COLUMNS + 1, None).starts_with("16385 columns, and a sheet of Excel holds 16384"));
        assert!(message(1, Some(MOST_ROWS + 1)).starts_with("1048576 rows, and a sheet"));
    }

    #[test]
    fn a_cell_that_is_too_long_is_named() {
        let fill = |item: usize, rows: &mut dyn Sink| {
            rows.push(&format!("{item:03}"));
            rows.push(&"ż".repeat(MOST_CHARACTERS + item));
            rows.end_row();
        };
        let columns = ["id", "note"].map(|name| SheetColumn::new(name, ColumnKind::Input)).to_vec();
        let sheet = Sheet { columns, len: 2, fill: Box::new(fill) };
        let book = Book { name: "Contacts", pages: Vec::new(), made: Instant(0) };
        let error = write(&sheet, &book, &mut io::sink()).unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            "row 2 (`id`: 001), column `note`: the text has 32768 characters, and a cell of Excel holds 32767: leave \
             the column out with --columns, or write .csv or .json"
        );
    }

    #[test]
    fn only_a_number_that_keeps_its_digits_is_one() {
        assert_eq!(kept_number("12.5"), Some(12.5));
        assert_eq!(kept_number("-0.000001"), Some(-0.000001));
        assert_eq!(kept_number("123456789012345678"), None);
        assert_eq!(kept_number("1e5"), None);
    }

    #[test]
    fn a_long_line_goes_on_below() {
        let text = "ł".repeat(20_000);
        assert_eq!(parts(&text).concat(), text);
        assert_eq!(parts(&text).len(), 2);
        assert_eq!(parts(""), [""]);
    }
}
