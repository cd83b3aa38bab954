//! Tables, blocks and cells: the vocabulary that input and engine share.
//!
//! A [`Table`] is one export with its header; a [`Block`] is a run of whole records of it, in
//! UTF-8; [`Cells`] parts one record after the other. Not here: files, encodings, meaning.

mod batch;
mod cells;
mod escaped;
mod round;
mod structure;

use crate::machine::Text;
use std::collections::HashMap;
use std::ops::Range;

pub use batch::{Batch, Record, Standing};
pub use cells::Cells;
pub use escaped::{Escaped, Step};
pub use round::{Round, Spare};
pub use structure::{Before, Glance};

/// One export: its name as the user typed it, and its header.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// As typed on the command line; for messages.
    pub name: String,
    /// The headers, as written.
    pub columns: Vec<String>,
    /// What parts the cells.
    pub delimiter: u8,
    /// Whether a backslash takes its meaning from the next character (see [`Escaped`]).
    pub escape: bool,
    /// `--activities TYPE=FILE`: the type of every row.
    pub activity_type: Option<String>,
}

/// Why a header cannot be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// No column answers to the name.
    Absent,
    /// Several columns bear exactly this header.
    Repeated(String),
    /// Several columns answer to the name, none exactly.
    Ambiguous(Vec<String>),
}

impl Table {
    /// The column that answers to the first of `names` that this table has: exactly, or failing
    /// that with case, surrounding spaces and the difference of space, `-` and `_` ignored.
    ///
    /// # Errors
    /// Where none does, or one does in a way that leaves a choice.
    pub fn find(&self, names: &[String]) -> Result<usize, HeaderFault> {
        for name in names {
            match self.find_one(name) {
                Err(HeaderFault::Absent) => {}
                found => return found,
            }
        }
        Err(HeaderFault::Absent)
    }

    fn find_one(&self, name: &str) -> Result<usize, HeaderFault> {
        let exact: Vec<usize> = (0..self.columns.len()).filter(|&at| self.columns[at] == name).collect();
        match exact[..] {
            [only] => return Ok(only),
            [] => {}
            _ => return Err(HeaderFault::Repeated(name.to_owned())),
        }
        let key = loose(name);
        let near: Vec<usize> = (0..self.columns.len()).filter(|&at| loose(&self.columns[at]) == key).collect();
        match near[..] {
            [] => Err(HeaderFault::Absent),
            [only] => Ok(only),
            [first, .., last] if self.columns[first] == self.columns[last] => {
                Err(HeaderFault::Repeated(self.columns[first].clone()))
            }
            _ => Err(HeaderFault::Ambiguous(near.into_iter().map(|at| self.columns[at].clone()).collect())),
        }
    }
}

/// A header with case, surrounding spaces and the difference of space, `-` and `_` taken out.
pub fn loose(header: &str) -> String {
    header.trim().to_lowercase().replace(['-', '_'], " ")
}

/// The headers of several tables as one list, each once, in order of appearance.
///
/// A header that one table bears several times keeps as many places.
pub fn united_columns<'a>(tables: impl IntoIterator<Item = &'a Table>) -> (Vec<String>, Vec<Vec<usize>>) {
    let mut united: Vec<String> = Vec::new();
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    let mut maps = Vec::new();
    for table in tables {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut map = Vec::with_capacity(table.columns.len());
        for column in &table.columns {
            let nth = seen.entry(column).or_default();
            let known = places.entry(column.clone()).or_default();
            if known.len() == *nth {
                known.push(united.len());
                united.push(column.clone());
            }
            map.push(known[*nth]);
            *nth += 1;
        }
        maps.push(map);
    }
    (united, maps)
}

/// A run of whole records of one table, in UTF-8, without its header.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Which of the tables it is from.
    pub table: usize,
    /// The line of the file on which it begins, from 1.
    pub line: u64,
    /// The byte of the (decoded) file at which it begins.
    pub offset: u64,
    /// The records.
    pub text: Text,
    /// Where each record stands in the file, in order, if the records are not the file's own text
    /// but made from it; else nothing.
    pub places: Vec<Place>,
    /// What stands among the records and is none.
    pub bad: Vec<BadRow>,
}

/// Where in the file a record stands that was made from something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where the record begins in its block.
    pub at: u32,
    /// Its line, counted from that of the block.
    pub line: u32,
    /// Its byte, counted from that of the block.
    pub offset: u32,
}

impl Block {
    /// The line of the file on which the byte `at` of this block stands, from 1.
    pub fn line_at(&self, at: usize) -> u64 {
        match self.place_of(at) {
            Some(place) => self.line + u64::from(place.line),
            None => self.line + line_ends(&self.text.as_bytes()[..at]),
        }
    }

    /// The byte of the (decoded) file at which the byte `at` of this block stands.
    pub fn offset_at(&self, at: usize) -> u64 {
        self.offset + self.place_of(at).map_or(at as u64, |place| u64::from(place.offset))
    }

    fn place_of(&self, at: usize) -> Option<&Place> {
        let later = self.places.partition_point(|place| place.at as usize <= at);
        self.places.get(later.checked_sub(1)?)
    }
}

/// How many lines end in `bytes`: by `\n`, `\r\n`, or a `\r` alone.
pub fn line_ends(bytes: &[u8]) -> u64 {
    Glance::at(bytes, b',', Before::default()).line_ends
}

/// A record that can't be used: counted, and set aside or an end to the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Which of the tables it is from.
    pub table: usize,
    /// The line of the file on which it begins, from 1.
    pub line: u64,
    /// The byte of the (decoded) file at which it begins.
    pub offset: u64,
    /// The column, where one cell is at fault.
    pub column: Option<String>,
    /// A stable kebab-case name of the fault, such as `ragged-row`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The record as it stands in the file.
    pub raw: Vec<u8>,
}

impl Block {
    /// Parts every record; those with another number of cells than the header are bad rows.
    ///
    /// `good` gets the record and where in the block it stands.
    pub fn for_each_record(
        &self,
        table: &Table,
        cells: &mut Cells,
        mut good: impl FnMut(Record<'_>, Range<usize>),
    ) -> Vec<BadRow> {
        self.for_each_batch(table, cells, |batch| {
            (0..batch.len()).for_each(|at| good(batch.record(at), batch.place(at)))
        })
    }

    /// The same, some records at a time, so that what they ask of memory can be asked at once.
    pub fn for_each_batch(&self, table: &Table, cells: &mut Cells, mut good: impl FnMut(Batch<'_>)) -> Vec<BadRow> {
        cells.follow(table);
        let mut bad = self.bad.clone();
        // Lines are counted on from the last bad row: there may be many.
        let (mut at, mut line) = (0, self.line);
        cells.for_each_batch(&self.text, Some(table.columns.len()), |batch| {
            good(batch);
            for (found, place) in batch.ragged() {
                line = match self.places.is_empty() {
                    true => line + line_ends(&self.text.as_bytes()[at..place.start]),
                    false => self.line_at(place.start),
                };
                at = place.start;
                bad.push(self.ragged_row(table, found, place, line));
            }
        });
        if !self.bad.is_empty() {
            bad.sort_by_key(|row| (row.line, row.offset));
        }
        bad
    }

    fn ragged_row(&self, table: &Table, found: usize, place: Range<usize>, line: u64) -> BadRow {
        let expected = table.columns.len();
        let noun = if found == 1 { "cell" } else { "cells" };
        let nameless = table.columns.iter().rev().take_while(|header| header.trim().is_empty()).count();
        let why = if nameless > 0 && found + nameless == expected {
            let delimiter = char::from(table.delimiter).escape_default();
            format!("; the header ends with an empty name, so its line may end with a `{delimiter}` too many")
        } else {
            String::new()
        };
        BadRow {
            table: self.table,
            line,
            offset: self.offset_at(place.start),
            column: None,
            code: "ragged-row",
            message: format!("{found} {noun} where the header has {expected}{why}"),
            raw: self.text.as_bytes()[place].to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(columns: &[&str]) -> Table {
        Table { columns: columns.iter().map(|&c| c.to_owned()).collect(), ..Table::default() }
    }

    #[test]
    fn a_header_matches_exactly_before_it_matches_loosely() {
        let table = table(&["Job-Title", "job_title", "Phone Number "]);
        let find = |name: &str| table.find(&[name.to_owned()]);
        assert_eq!(find("job_title"), Ok(1));
        assert_eq!(find("phone-number"), Ok(2));
        assert!(matches!(find("JOB TITLE"), Err(HeaderFault::Ambiguous(names)) if names.len() == 2));
        assert_eq!(find("mail"), Err(HeaderFault::Absent));
    }

    #[test]
    fn several_tables_share_one_list_of_columns() {
        let (united, maps) = united_columns([&table(&["a", "b", "b"]), &table(&["b", "c"])]);
        assert_eq!(united, ["a", "b", "b", "c"]);
        assert_eq!(maps, [vec![0, 1, 2], vec![1, 3]]);
    }

    proptest! {
        #[test]
        fn lines_end_as_they_do_in_any_program(text in "[a\r\n]{0,200}|(ab\r\n){0,60}") {
            let lone = text.replace("\r\n", "");
            let ends = text.matches("\r\n").count() + lone.matches(['\r', '\n']).count();
            prop_assert_eq!(line_ends(text.as_bytes()), ends as u64);
        }
    }
}
