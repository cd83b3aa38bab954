//! JSON: a list of objects, or one object a line.
//!
//! In: text that can be read twice. Out: a [`Table`], the header of which is every name that any
//! object has, in order of appearance, and [`Block`]s of its rows as CSV. The first reading finds
//! the names, the second the rows; both hold some pieces of the file only. A file of no more
//! pieces than that is read once.
//!
//! Whoever reads only cuts the file into pieces; all threads look into them (`piece.rs`). Where one
//! is not as it should be, the file is read on value by value (`elements.rs`), which says what is
//! wrong and where, whatever the pieces were.

mod elements;
mod flatten;
mod piece;

use super::canonical::{self, Rows};
use super::{Blocks, Options};
use crate::record::{Block, Table};
use anyhow::{anyhow, bail};
use elements::{Element, Elements};
use flatten::Walker;
use piece::Piece;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::io::Read;
use std::slice;
use std::sync::Mutex;

/// Names of so many columns may appear; with more the names are data, such as ids.
const MOST_COLUMNS: usize = 10_000;

/// Whether a file is JSON: by its name, or because it begins as no header does.
pub fn is_json(name: &str, first: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(&name);
    if [".json", ".jsonl", ".ndjson"].iter().any(|ending| name.ends_with(ending)) {
        return true;
    }
    let begins = |bytes: &[u8], with: &[u8]| bytes.trim_ascii_start().starts_with(with);
    let object = |bytes: &[u8]| {
        bytes.trim_ascii_start().strip_prefix(b"{").is_some_and(|rest| begins(rest, b"\"") || begins(rest, b"}"))
    };
    let first = first[super::delimited::byte_order_mark(first)..].trim_ascii_start();
    object(first) || first.strip_prefix(b"[").is_some_and(|rest| object(rest) || begins(rest, b"]"))
}

/// Reads all names of the text called `name`; `again` gives the same text once more.
///
/// # Errors
/// Where it cannot be read or is no JSON.
pub fn open(
    name: &str,
    text: Box<dyn Read + Send>,
    again: impl FnOnce() -> anyhow::Result<Box<dyn Read + Send>>,
    index: usize,
    options: &Options,
) -> anyhow::Result<(Table, Box<dyn Blocks>)> {
    let mut columns = Columns::default();
    let mut others = 0;
    let mut pieces = Pieces::new(name, text, options.block_bytes);
    loop {
        let found = pieces.next(names_in)?;
        if found.is_empty() {
            break;
        }
        for found in found {
            others += found.others;
            for (path, line) in found.names {
                columns.add(path).map_err(|message| anyhow!("{name}:{line}: {message}"))?;
            }
        }
    }
    if columns.names.is_empty() && others > 0 {
        bail!("{name} is JSON without an object; it needs a list of objects, or one a line");
    }
    let delimiter = canonical::DELIMITER;
    let table = Table { name: name.to_owned(), columns: columns.names.clone(), delimiter, ..Table::default() };
    let pieces = match pieces.rewound() {
        Some(pieces) => pieces,
        None => Pieces::new(name, again()?, options.block_bytes),
    };
    Ok((
        table,
        Box::new(Objects {
            name: name.to_owned(),
            index,
            columns,
            pieces,
            ready: VecDeque::new(),
            spare: Mutex::default(),
        }),
    ))
}

/// The names of columns, each with its place.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    places: HashMap<String, usize, foldhash::fast::RandomState>,
}

impl Columns {
    fn add(&mut self, path: String) -> Result<(), String> {
        if self.places.contains_key(&path) {
            return Ok(());
        }
        if self.names.len() == MOST_COLUMNS {
            return Err(format!(
                "more than {MOST_COLUMNS} different names, the last `{path}`; is an object keyed by ids?"
            ));
        }
        self.places.insert(path.clone(), self.names.len());
        self.names.push(path);
        Ok(())
    }
}

/// What the first reading finds.
#[derive(Default)]
struct Found {
    /// Names with the line of the object in which each appeared first; some perhaps more than once.
    names: Vec<(String, u64)>,
    /// How many values are no objects.
    others: u64,
}

fn names_in(pieces: &[Piece]) -> Option<Found> {
    let (mut walker, mut found) = (Walker::new(), Found::default());
    for piece in pieces {
        piece.for_each(|element| {
            if !element.text.starts_with('{') {
                found.others += 1;
                return Some(element.text.len());
            }
            walker.object(element.text, &mut |member, _| {
                if member.column.is_none() {
                    member.column = Some(found.names.len());
                    found.names.push((member.path.clone(), element.line));
                }
            })
        })?;
    }
    Some(found)
}

struct Objects {
    name: String,
    index: usize,
    columns: Columns,
    pieces: Pieces,
    /// Made and not yet handed out.
    ready: VecDeque<Block>,
    /// Room of blocks that came back.
    spare: Mutex<Vec<Block>>,
}

impl Blocks for Objects {
    fn next_block(&mut self) -> anyhow::Result<Option<Block>> {
        while self.ready.is_empty() {
            let (index, columns, spare) = (self.index, &self.columns, &self.spare);
            let room = || spare.lock().map_or(None, |mut spare| spare.pop()).unwrap_or_default();
            let blocks = self.pieces.next(|pieces| rows_in(pieces, columns, Rows::in_room_of(room(), index)))?;
            if blocks.is_empty() {
                return Ok(None);
            }
            for rows in blocks {
                let rows = rows.map_err(|message| anyhow!("{}: {message}", self.name))?;
                self.ready.extend(rows.finish());
            }
        }
        Ok(self.ready.pop_front())
    }

    fn take_back(&mut self, block: Block) {
        if let Ok(spare) = self.spare.get_mut() {
            spare.push(block);
        }
    }
}

/// Makes rows of the objects; an error where one has a name that is no column.
fn rows_in(pieces: &[Piece], columns: &Columns, mut rows: Rows) -> Option<Result<Rows, &'static str>> {
    let mut walker = Walker::new();
    let mut row = vec![Cow::Borrowed(""); columns.names.len()];
    let mut is_strange = false;
    for piece in pieces {
        piece.for_each(|Element { text, line, offset }| {
            if !text.starts_with('{') {
                let message = format!("{} where an object should be", kind_of(text));
                rows.push_bad(line, offset, "not-an-object", message, text);
                return Some(text.len());
            }
            row.fill(Cow::Borrowed(""));
            let length = walker.object(text, &mut |member, cell| {
                if member.column.is_none() {
                    member.column = columns.places.get(&member.path).copied();
                }
                match member.column {
                    Some(column) => row[column] = cell,
                    None => is_strange = true,
                }
            })?;
            rows.push(line, offset, row.iter().map(|cell| &**cell));
            Some(length)
        })?;
    }
    Some(if is_strange { Err("the file was changed while it was read") } else { Ok(rows) })
}

/// The pieces of a file, some at a time, looked into by all threads.
struct Pieces {
    elements: Elements,
    block_bytes: usize,
    /// Those that were looked into last, and how often some were.
    last: Vec<Piece>,
    rounds: u64,
    /// Whether the values are read one by one, as a piece was not as it should be.
    one_by_one: bool,
    /// What the matter is with the file after what has been handed out.
    fault: Option<anyhow::Error>,
}

impl Pieces {
    fn new(name: &str, text: Box<dyn Read + Send>, block_bytes: usize) -> Pieces {
        let elements = Elements::new(name, text, block_bytes);
        Pieces { elements, block_bytes, last: Vec::new(), rounds: 0, one_by_one: false, fault: None }
    }

    /// What `look` makes of the next values, in their order; nothing at the end. `look` gives up
    /// where they are not as they should be.
    fn next<T: Send>(&mut self, look: impl Fn(&[Piece]) -> Option<T> + Sync) -> anyhow::Result<Vec<T>> {
        let is_over = self.rounds > 0 && self.elements.is_done();
        if !self.one_by_one && !is_over {
            self.read_on();
            let mut looked: Vec<Option<T>> = self.last.par_iter().map(|piece| look(slice::from_ref(piece))).collect();
            let good = looked.iter().take_while(|one| one.is_some()).count();
            if good < looked.len() {
                self.elements.take_back(&self.last[good..]);
                (self.one_by_one, self.fault) = (true, None);
                looked.truncate(good);
            }
            if good > 0 {
                return Ok(looked.into_iter().flatten().collect());
            }
        }
        if !self.one_by_one {
            return self.fault.take().map_or(Ok(Vec::new()), Err);
        }
        self.read_on_one_by_one();
        if self.last.is_empty() {
            return self.fault.take().map_or(Ok(Vec::new()), Err);
        }
        match look(&self.last) {
            Some(one) => Ok(vec![one]),
            None => bail!("cannot read the values from line {} on", self.last[0].line),
        }
    }

    /// Reads as many pieces as keep all threads at work.
    fn read_on(&mut self) {
        let mut rooms: Vec<Vec<u8>> = self.last.drain(..).map(|piece| piece.text).collect();
        self.rounds += 1;
        while self.last.len() < rayon::current_num_threads() * 4 && self.fault.is_none() {
            match self.elements.piece(rooms.pop().unwrap_or_default()) {
                Ok(Some(piece)) => self.last.push(piece),
                Ok(None) => return,
                Err(fault) => self.fault = Some(fault),
            }
        }
    }

    /// Reads values, each a piece of its own, as many as make a block.
    fn read_on_one_by_one(&mut self) {
        self.last.clear();
        let mut length = 0;
        while length < self.block_bytes && self.fault.is_none() {
            match self.elements.next() {
                Ok(Some(element)) => {
                    length += element.text.len();
                    self.last.push(Piece::of(&element));
                }
                Ok(None) => return,
                Err(fault) => self.fault = Some(fault),
            }
        }
    }

    /// From the beginning once more, if the file had but one round of pieces: they are still there.
    fn rewound(mut self) -> Option<Pieces> {
        let is_whole = self.rounds == 1 && self.elements.is_done() && !self.one_by_one;
        is_whole.then(|| {
            self.elements.take_back(&self.last);
            self.rounds = 0;
            self
        })
    }
}

fn kind_of(value: &str) -> &'static str {
    match value.as_bytes().first() {
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b'n') => "null",
        Some(b't' | b'f') => "true or false",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Cells;
    use proptest::prelude::*;
    use std::io::Cursor;

    /// A header, then each row with its line and byte, then the bad ones.
    type Everything = (Vec<String>, Vec<(u64, u64, Vec<String>)>, Vec<(u64, u64, Vec<u8>)>);

    fn everything(text: &str, block_bytes: usize) -> Result<Everything, String> {
        let stream = || Box::new(Cursor::new(text.to_owned().into_bytes()));
        let read = || -> anyhow::Result<Everything> {
            let options = Options { block_bytes, ..Options::default() };
            let (table, mut blocks) = open("x.json", stream(), || Ok(stream()), 0, &options)?;
            let (mut rows, mut bad) = (Vec::new(), Vec::new());
            while let Some(block) = blocks.next_block()? {
                let found = block.for_each_record(&table, &mut Cells::of(&table), |record, place| {
                    let cells = (0..record.len()).map(|at| record.get(at).to_owned()).collect();
                    rows.push((block.line_at(place.start), block.offset_at(place.start), cells));
                });
                bad.extend(found.into_iter().map(|row| (row.line, row.offset, row.raw)));
                blocks.take_back(block);
            }
            Ok((table.columns, rows, bad))
        };
        read().map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn the_last_of_equal_names_counts_and_names_come_in_order_of_appearance() {
        let text = "{\"b\":1,\"b\":2}\n{\"p\":{\"q\":[\"x\",\"y\"]},\"b\":\"a,\\\"b\"}\n7\n\n{}\n";
        for block_bytes in [1, 20, 1 << 20] {
            let (columns, rows, bad) = everything(text, block_bytes).unwrap();
            assert_eq!(columns, ["b", "p.q"]);
            let cells = |b: &str, q: &str| vec![b.to_owned(), q.to_owned()];
            let expected = [(1, 0, cells("2", "")), (2, 14, cells("a,\"b", "\u{1f}x\u{1f}y")), (5, 51, cells("", ""))];
            assert_eq!(rows, expected);
            assert_eq!(bad, [(3, 48, b"7".to_vec())]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn nothing_depends_on_the_size_of_the_blocks(
            objects in prop::collection::vec(prop::sample::select(vec![
                "{\"a\":1,\"b\":\"x\"}", "{\"b\":\"y,\\n\",\"a\":-1.50}", "{\"c\":{\"d\":null},\"a\":[1,2]}", "{\"a\" : 1 , \"b\":{}}",
                "5", "{}", "{\"a\":1,}", "[[],{}]", "{\"ż\":[{},\n{\"b\":1}]}", "{\"a\":tru}",
            ]), 0..12),
            between in prop::sample::select(vec!["\n", "\r\n", ",", ",\n", " ", ""]),
            block_bytes in 1..80_usize,
        ) {
            let text = objects.join(between);
            let text = if between.starts_with(',') { format!(" [{text}]\n") } else { text };
            prop_assert_eq!(everything(&text, block_bytes), everything(&text, 1 << 20), "{}", text);
        }
    }
}
