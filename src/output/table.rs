//! A table for people: one line a row, as wide as the terminal.
//!
//! In: a [`Sheet`] of a few columns. Out: aligned text; grades and stages in colour where the
//! terminal wants it. Cells that are too long are cut off, and control characters, which could
//! drive the terminal, are shown as spaces. Not here: which columns and rows are worth showing.

use super::{ColumnKind, Rows, Sheet, SheetColumn};
use crate::value::readable;
use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, LineStyle, Table};
use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

/// The longest cell, in characters, where no terminal says how much fits.
const LONGEST: usize = 60;

/// Blanks behind each column.
const GAP: usize = 2;

/// A text that is no longer than this, such as a grade, gives nothing away to longer ones.
const SHORT: usize = 20;

/// The last column, the reasons, is worth having with this many characters.
const LEAST_REASONS: usize = 30;

/// How the table is to look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// How many characters a line may have; `None`: as many as it takes.
    pub width: Option<u16>,
    /// Whether grades and stages have colours.
    pub colour: bool,
}

impl Look {
    /// As standard output wants it: the terminal's width, and colours unless `NO_COLOR` is set.
    pub fn of_standard_output() -> Look {
        let out = io::stdout();
        Look {
            width: if out.is_terminal() { Table::new().width() } else { None },
            colour: anstream::AutoStream::choice(&out) != anstream::ColorChoice::Never,
        }
    }
}

/// Writes the whole sheet.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(sheet: &Sheet, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new();
    let lines = comfy_table::TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
    table.load_style(lines).force_no_tty().set_content_arrangement(ContentArrangement::Dynamic);
    table.set_delimiter('\n'); // no cell has one: cut where the room ends, not at the word before
    if look.colour {
        table.enforce_styling();
    }
    if let Some(width) = look.width {
        table.set_width(width);
    }
    let mut content: Vec<Vec<String>> = Vec::new();
    let mut rows = Rows::default();
    for index in 0..sheet.len {
        rows.clear();
        (sheet.fill)(index, &mut rows);
        for row in rows.iter() {
            content.push(
                row.zip(&sheet.columns).map(|(text, column)| shown(&readable(text), column).into_owned()).collect(),
            );
        }
    }
    let widths: Vec<usize> = (0..sheet.columns.len())
        .map(|at| {
            let cells = content.iter().map(|row| row[at].chars().count());
            cells.chain([sheet.columns[at].name.chars().count()]).max().unwrap_or(0) + GAP
        })
        .collect();
    let kept = fitting(sheet, &widths, look.width.map(usize::from));
    table.set_header(kept.iter().map(|&at| {
        let column = &sheet.columns[at];
        let cell = Cell::new(&column.name).set_alignment(alignment(column));
        if look.colour { cell.add_attribute(Attribute::Bold) } else { cell }
    }));
    let mut palettes: Vec<Palette> = sheet.columns.iter().map(Palette::of).collect();
    for row in &content {
        let cells = kept.iter().map(|&at| {
            let cell = Cell::new(&row[at]).set_alignment(alignment(&sheet.columns[at]));
            match palettes[at].colour(&row[at]) {
                Some(colour) if look.colour => cell.fg(colour),
                _ => cell,
            }
        });
        let mut line = comfy_table::Row::from(cells.collect::<Vec<_>>());
        line.max_height(1);
        table.add_row(line);
    }
    for (&at, shape) in kept.iter().zip(table.column_iter_mut()) {
        shape.set_padding((0, GAP as u16));
        if least_width(sheet, &widths, at) == widths[at] {
            shape.set_constraint(ColumnConstraint::ContentWidth); // half a number is a wrong number
        }
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The columns that fit: where they don't, the input's own, the last first, make room for the last
/// column, which says why. The rank and the id, the first two, always stay.
fn fitting(sheet: &Sheet, widths: &[usize], room: Option<usize>) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..widths.len()).collect();
    let Some(room) = room else { return kept };
    loop {
        let needed: usize = kept.iter().map(|&at| least_width(sheet, widths, at)).sum();
        let spare = (2..kept.len()).rev().find(|&place| sheet.columns[kept[place]].kind == ColumnKind::Input);
        match spare {
            Some(place) if needed > room => kept.remove(place),
            _ => return kept,
        };
    }
}

/// How narrow a column may become: numbers and short texts stay whole.
fn least_width(sheet: &Sheet, widths: &[usize], at: usize) -> usize {
    let least = if at + 1 == widths.len() { LEAST_REASONS } else { SHORT };
    if sheet.columns[at].kind == ColumnKind::Number { widths[at] } else { widths[at].min(least + GAP) }
}

fn alignment(column: &SheetColumn) -> CellAlignment {
    if column.kind == ColumnKind::Number { CellAlignment::Right } else { CellAlignment::Left }
}

/// A cell's text on one line.
fn shown<'a>(text: &'a str, column: &SheetColumn) -> Cow<'a, str> {
    let too_long = column.kind != ColumnKind::Number && text.chars().nth(LONGEST).is_some();
    if !too_long && !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let kept = if too_long { LONGEST - 1 } else { usize::MAX };
    let mut line: String =
        text.chars().take(kept).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if too_long {
        line.push('…');
    }
    Cow::Owned(line)
}

/// Gives the values of a grade or stage column their colours in the order in which they appear:
/// rows come by rank, so the best is green.
struct Palette {
    /// Empty for a column of no steps.
    colours: &'static [Color],
    seen: Vec<String>,
}

impl Palette {
    fn of(column: &SheetColumn) -> Palette {
        let name = column.name.to_lowercase();
        let steps = column.kind == ColumnKind::Text && (name.ends_with("grade") || name.ends_with("stage"));
        let colours: &[Color] = if steps { &[Color::Green, Color::Cyan, Color::Yellow] } else { &[] };
        Palette { colours, seen: Vec::new() }
    }

    fn colour(&mut self, text: &str) -> Option<Color> {
        if self.colours.is_empty() || text.is_empty() {
            return None;
        }
        if text == "disqualified" {
            return Some(Color::Red);
        }
        let place = self.seen.iter().position(|seen| seen == text).unwrap_or_else(|| {
            self.seen.push(text.to_owned());
            self.seen.len() - 1
        });
        self.colours.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet<'static> {
        let columns = [
            ("lead_rank", ColumnKind::Number),
            ("company", ColumnKind::Input),
            ("lead_total", ColumnKind::Number),
            ("lead_grade", ColumnKind::Text),
        ];
        let rows: [[&str; 4]; 3] = [
            ["1", "Zażółć \u{1b}[31mGęślą\nJaźń", "97.25", "A1"],
            ["2", "A company whose name goes on and on and on until nobody reads it any more", "8", "C3"],
            ["3", "", "", ""],
        ];
        Sheet {
            columns: columns.map(|(name, kind)| SheetColumn::new(name, kind)).to_vec(),
            len: 3,
            fill: Box::new(move |index, all| {
                rows[index].iter().for_each(|cell| all.push(cell));
                all.end_row();
            }),
        }
    }

    fn text(look: Look) -> String {
        let mut bytes = Vec::new();
        write(&sheet(), look, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_row_is_a_line_and_numbers_stand_to_the_right() {
        insta::assert_snapshot!(text(Look::default()));
    }

    #[test]
    fn it_fits_the_terminal_and_numbers_stay_whole() {
        insta::assert_snapshot!(text(Look { width: Some(48), colour: false }));
    }

    #[test]
    fn colours_come_only_where_they_are_wanted() {
        assert!(!text(Look::default()).contains('\u{1b}'));
        let coloured = text(Look { width: None, colour: true });
        assert!(coloured.contains("A1") && coloured.contains("\u{1b}[38;5;10m"), "{coloured:?}");
        assert!(!coloured.contains("\u{1b}[31m"), "data does not drive the terminal");
    }
}
