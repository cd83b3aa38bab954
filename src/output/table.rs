//! A table for people: one line a row, as wide as the terminal.
//!
//! In: a [`Sheet`] of a few columns. Out: aligned text; grades and stages in colour where the
//! terminal wants it. Where it is narrow, columns of the input are left out, so that the rest can be
//! read. Cells that are too long are cut off, and control characters, which could
//! drive the terminal, are shown as spaces. Not here: which columns and rows are worth showing.

use super::{ColumnKind, Rows, Sheet, SheetColumn};
use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, LineStyle, Table};
use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

/// The longest cell, in characters, where no terminal says how much fits.
const LONGEST: usize = 60;

/// A column of ours that is no wider than this, such as a grade, gives nothing away to wider ones.
const SHORT: u16 = 20;

/// The least a column of words gets; where there is no room for that, a column of the input is left out.
const LEAST: u16 = 12;

/// The least that a longer column of ours gets, such as the reasons: they say more than a company's name.
const LEAST_OF_OURS: u16 = 24;

/// Blanks after a cell; one more, the separator, parts it from the next.
const GAP: u16 = 2;

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
    table.set_header(sheet.columns.iter().map(|column| {
        let cell = Cell::new(&column.name).set_alignment(alignment(column));
        if look.colour { cell.add_attribute(Attribute::Bold) } else { cell }
    }));
    let mut palettes: Vec<Palette> = sheet.columns.iter().map(Palette::of).collect();
    let mut rows = Rows::default();
    for index in 0..sheet.len {
        rows.clear();
        (sheet.fill)(index, &mut rows);
        for row in rows.iter() {
            let cells = row.zip(&sheet.columns).zip(&mut palettes).map(|((text, column), palette)| {
                let cell = Cell::new(shown(text, column)).set_alignment(alignment(column));
                match palette.colour(text) {
                    Some(colour) if look.colour => cell.fg(colour),
                    _ => cell,
                }
            });
            let mut line = comfy_table::Row::from(cells.collect::<Vec<_>>());
            line.max_height(1);
            table.add_row(line);
        }
    }
    let widths = table.column_max_content_widths();
    let room = look.width.unwrap_or(u16::MAX);
    for ((stand, shape), width) in stands(&sheet.columns, &widths, room).iter().zip(table.column_iter_mut()).zip(widths)
    {
        shape.set_padding((0, GAP));
        match stand {
            Stand::Whole => _ = shape.set_constraint(ColumnConstraint::ContentWidth),
            Stand::Cut(least) => {
                let least = comfy_table::Width::Fixed(width.min(*least) + GAP);
                shape.set_constraint(ColumnConstraint::LowerBoundary(least));
            }
            Stand::Out => _ = shape.set_constraint(ColumnConstraint::Hidden),
        }
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// How a column stands in a table that may be too narrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    /// Never cut: half a number is a wrong number, and half an id is nobody's.
    Whole,
    /// Cut where it must be, but not below this.
    Cut(u16),
    /// Left out.
    Out,
}

/// Leaves columns of the input out, the last first, until the rest can be read. The first of them stays: it
/// says who it is.
fn stands(columns: &[SheetColumn], widths: &[u16], room: u16) -> Vec<Stand> {
    let who = columns.iter().position(|column| column.kind == ColumnKind::Input);
    let mut stands: Vec<Stand> = (0..columns.len())
        .map(|at| {
            let ours = columns[at].kind != ColumnKind::Input;
            let is_short = widths[at] <= SHORT && (ours || Some(at) == who);
            match columns[at].kind {
                _ if is_short => Stand::Whole,
                ColumnKind::Number => Stand::Whole,
                ColumnKind::Input => Stand::Cut(LEAST),
                _ => Stand::Cut(LEAST_OF_OURS),
            }
        })
        .collect();
    let needed = |stands: &[Stand]| -> u32 {
        let least = |(stand, &width): (&Stand, &u16)| match stand {
            Stand::Whole => u32::from(width) + u32::from(GAP) + 1,
            Stand::Cut(least) => u32::from(width.min(*least)) + u32::from(GAP) + 1,
            Stand::Out => 0,
        };
        stands.iter().zip(widths).map(least).sum::<u32>().saturating_sub(1)
    };
    for at in (0..columns.len()).rev() {
        if columns[at].kind == ColumnKind::Input && Some(at) != who && needed(&stands) > u32::from(room) {
            stands[at] = Stand::Out;
        }
    }
    if needed(&stands) > u32::from(room) {
        for stand in &mut stands {
            if let Stand::Cut(least) = stand {
                *least = 0; // a line that the terminal breaks is worse than a short one
            }
        }
    }
    stands
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
            columns: columns.map(|(name, kind)| SheetColumn { name: name.to_owned(), kind }).to_vec(),
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
    fn a_narrow_terminal_loses_columns_of_the_input_and_no_id() {
        let column = |name: &str, kind| SheetColumn { name: name.to_owned(), kind };
        let columns = [
            column("lead_rank", ColumnKind::Number),
            column("id", ColumnKind::Input),
            column("first_name", ColumnKind::Input),
            column("company", ColumnKind::Input),
            column("lead_reasons", ColumnKind::Text),
        ];
        let widths = [9, 6, 10, 30, 60];
        let at = |room| stands(&columns, &widths, room);
        let (whole, input, ours) = (Stand::Whole, Stand::Cut(LEAST), Stand::Cut(LEAST_OF_OURS));
        assert_eq!(at(75), [whole, whole, input, input, ours]);
        assert_eq!(at(74), [whole, whole, input, Stand::Out, ours]);
        assert_eq!(at(47), [whole, whole, Stand::Out, Stand::Out, ours]);
        assert_eq!(at(46), [whole, whole, Stand::Out, Stand::Out, Stand::Cut(0)]);
    }

    #[test]
    fn colours_come_only_where_they_are_wanted() {
        assert!(!text(Look::default()).contains('\u{1b}'));
        let coloured = text(Look { width: None, colour: true });
        assert!(coloured.contains("A1") && coloured.contains("\u{1b}[38;5;10m"), "{coloured:?}");
        assert!(!coloured.contains("\u{1b}[31m"), "data does not drive the terminal");
    }
}
