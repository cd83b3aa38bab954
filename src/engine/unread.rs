//! Cells that a test could not read: counted by column, the first one kept (rule reference, §2).
//!
//! In: [`Spot`]s. Out: [`Unread`], the same for any number of threads. Each cell counts once for
//! each way in which it could not be read, however many tests looked at it.

use super::facts::Kind;
use super::plan::Plan;
use crate::record::{Block, Cells};
use crate::rules::model::ColumnId;
use crate::value::readable;
use std::collections::BTreeMap;

/// A cell that could not be read, by where its record begins in its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The column of the rule file.
    pub column: ColumnId,
    /// How it could not be read.
    pub kind: Kind,
    /// Where the record begins, in bytes of the block.
    pub start: usize,
}

/// The first cell of its kind that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstUnread {
    /// How many there are.
    pub count: u64,
    /// The file of the first.
    pub file: String,
    /// Its line, from 1.
    pub line: u64,
    /// Its text.
    pub text: String,
}

/// Cells that could not be read, by the name of the column and how.
#[derive(Clone, Debug, Default)]
pub struct Unread {
    /// In the order of the columns of the rule file.
    pub cells: BTreeMap<(ColumnId, Kind), FirstUnread>,
}

impl Unread {
    /// Those of an activity block, in their order.
    pub fn of(spots: &[Spot], block: &Block, plan: &Plan<'_>) -> Unread {
        let mut unread = Unread::default();
        for spot in spots {
            let known = unread.cells.entry((spot.column, spot.kind)).or_insert_with(|| {
                let table = &plan.activity_tables[block.table];
                let mut cells = Cells::of(table);
                let text = &block.text[spot.start..];
                cells.read(text.as_bytes());
                let place = plan.activity_columns[block.table][spot.column];
                FirstUnread {
                    count: 0,
                    file: table.name.clone(),
                    line: block.line_at(spot.start),
                    text: readable(place.map_or("", |at| cells.record(text).get(at)).trim()).into_owned(),
                }
            });
            known.count += 1;
        }
        unread
    }

    /// Adds those that come behind these in the order of the input.
    pub fn append(&mut self, later: Unread) {
        for (cell, later) in later.cells {
            let known = self.cells.entry(cell).or_insert_with(|| FirstUnread { count: 0, ..later.clone() });
            known.count += later.count;
        }
    }
}
