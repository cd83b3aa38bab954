//! Rows of another format as CSV records: the one form in which everything behind this module
//! gets rows.
//!
//! In: the cells of a row and where it stands in its file. Out: a [`Block`] of records parted by
//! commas, quotes doubled, which knows the place of each. Not here: where the cells come from.

use crate::machine::{self, Kind, Listener, Masks};
use crate::record::{BadRow, Block, Place};

/// What parts the cells of the records.
pub const DELIMITER: u8 = b',';

/// Gathers rows into a block.
pub struct Rows {
    /// The records so far.
    text: String,
    /// All else about them.
    block: Block,
}

impl Rows {
    /// No rows yet, of the table `index`.
    pub fn new(index: usize) -> Rows {
        Rows::in_room_of(Block::default(), index)
    }

    /// No rows yet, in the room of a block that nobody needs any more.
    pub fn in_room_of(block: Block, index: usize) -> Rows {
        let (mut text, mut places) = (String::from(block.text), block.places);
        text.clear();
        places.clear();
        Rows { text, block: Block { table: index, places, ..Block::default() } }
    }

    /// How many bytes the records have.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Adds a row, which stands on `line` at the byte `offset` of its file.
    pub fn push<'a>(&mut self, line: u64, offset: u64, cells: impl Iterator<Item = &'a str> + Clone) {
        self.begin(line, offset);
        let Rows { text, block } = self;
        let relative = |here: u64, start: u64| u32::try_from(here - start).unwrap_or(u32::MAX);
        let at = text.len();
        block.places.push(Place {
            at: u32::try_from(at).unwrap_or(u32::MAX),
            line: relative(line, block.line),
            offset: relative(offset, block.offset),
        });
        let parted = cells.clone().count().saturating_sub(1);
        push_cells(cells.clone(), text, |cell, text| text.push_str(cell));
        // Mostly no cell has in it what parts cells, which is seen fastest for all of them at once.
        let mut seen = Seen::default();
        machine::scan(&text.as_bytes()[at..], DELIMITER, &mut seen);
        if seen.delimiters as usize != parted || seen.others {
            text.truncate(at);
            push_cells(cells, text, push_cell);
        }
        if text.len() == at {
            text.push_str("\"\""); // one empty cell is no blank line
        }
        text.push('\n');
    }

    /// Adds what stands among the rows and is none.
    pub fn push_bad(&mut self, line: u64, offset: u64, code: &'static str, message: String, raw: &str) {
        self.begin(line, offset);
        let (table, raw) = (self.block.table, raw.as_bytes().to_vec());
        self.block.bad.push(BadRow { table, line, offset, column: None, code, message, raw });
    }

    /// The block, unless it is empty.
    pub fn finish(self) -> Option<Block> {
        (self.block.line > 0).then(|| Block { text: self.text.into(), ..self.block })
    }

    fn begin(&mut self, line: u64, offset: u64) {
        if self.block.line == 0 {
            (self.block.line, self.block.offset) = (line, offset);
        }
    }
}

/// What parts cells and records, in a row.
#[derive(Default)]
struct Seen {
    delimiters: u32,
    others: bool,
}

impl Listener for Seen {
    type State = ();

    #[inline(always)]
    fn hear(&mut self, (): &mut (), _: usize, masks: Masks, valid: u64, _: impl Kind) -> bool {
        self.delimiters += (masks.delimiters & valid).count_ones();
        self.others |= (masks.line_ends | masks.quotes) & valid != 0;
        true
    }
}

fn push_cells<'a>(cells: impl Iterator<Item = &'a str>, text: &mut String, push: impl Fn(&str, &mut String)) {
    for (number, cell) in cells.enumerate() {
        if number > 0 {
            text.push(char::from(DELIMITER));
        }
        push(cell, text);
    }
}

fn push_cell(cell: &str, text: &mut String) {
    if !cell.bytes().any(|byte| matches!(byte, DELIMITER | b'"' | b'\r' | b'\n')) {
        text.push_str(cell);
        return;
    }
    text.push('"');
    for (number, part) in cell.split('"').enumerate() {
        if number > 0 {
            text.push_str("\"\"");
        }
        text.push_str(part);
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Cells, Table};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_come_out_as_they_went_in(
            rows in (1_usize..4).prop_flat_map(|width| {
                prop::collection::vec(prop::collection::vec("[a,\"\n\r \u{feff}ż]{0,5}", width), 1..6)
            })
        ) {
            let mut made = Rows::new(0);
            for (number, row) in rows.iter().enumerate() {
                made.push(number as u64 * 10 + 3, number as u64 * 100, row.iter().map(String::as_str));
            }
            let block = made.finish().unwrap();
            let columns = vec![String::new(); rows[0].len()];
            let table = Table { delimiter: DELIMITER, columns, ..Table::default() };
            let mut read: Vec<Vec<String>> = Vec::new();
            let bad = block.for_each_record(&table, &mut Cells::of(&table), |record, place| {
                assert_eq!(block.line_at(place.start), read.len() as u64 * 10 + 3);
                assert_eq!(block.offset_at(place.start), read.len() as u64 * 100);
                read.push((0..record.len()).map(|at| record.get(at).to_owned()).collect());
            });
            prop_assert!(bad.is_empty());
            prop_assert_eq!(read, rows);
        }
    }
}
