//! JSON: a list of objects, or one object a line.
//!
//! In: text that can be read twice. Out: a [`Table`], the header of which is every name that any
//! object has, in order of appearance, and [`Block`]s of its rows as CSV. The first reading finds
//! the names, the second the rows; both hold a piece of the file only.

mod elements;
mod flatten;

use super::canonical::{self, Rows};
use super::{Blocks, Options};
use crate::record::{Block, Table};
use anyhow::{Context, anyhow, bail};
use elements::Elements;
use flatten::flatten;
use std::collections::HashMap;
use std::io::Read;

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
    let piece = options.block_bytes;
    let mut columns = Columns::default();
    let mut strangers = 0;
    let mut elements = Elements::new(name, text, piece);
    while let Some(element) = elements.next()? {
        if !element.text.starts_with('{') {
            strangers += 1;
            continue;
        }
        let mut last = None;
        let found = flatten(element.text, &mut |path, _| {
            last = Some(match columns.find(path, last) {
                Some(column) => column,
                None if columns.names.len() < MOST_COLUMNS => columns.add(path),
                None => return Err(format!("more than {MOST_COLUMNS} different names, the last `{path}`")),
            });
            Ok(())
        });
        found.map_err(|error| anyhow!("{name}:{}: {error}; is an object keyed by ids?", element.line))?;
    }
    drop(elements);
    if columns.names.is_empty() && strangers > 0 {
        bail!("{name} is JSON without an object; it needs a list of objects, or one a line");
    }
    let delimiter = canonical::DELIMITER;
    let table = Table { name: name.to_owned(), columns: columns.names.clone(), delimiter, ..Table::default() };
    let row = vec![String::new(); columns.names.len()];
    let elements = Elements::new(name, again()?, piece);
    Ok((table, Box::new(Objects { index, block_bytes: piece, columns, elements, row })))
}

/// The names of columns, each with its place.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    places: HashMap<String, usize, foldhash::fast::RandomState>,
}

impl Columns {
    /// The column of a path; in most objects it is the one after the `last`.
    fn find(&self, path: &str, last: Option<usize>) -> Option<usize> {
        let next = last.map_or(0, |last| last + 1);
        match self.names.get(next) {
            Some(name) if name == path => Some(next),
            _ => self.places.get(path).copied(),
        }
    }

    fn add(&mut self, path: &str) -> usize {
        self.places.insert(path.to_owned(), self.names.len());
        self.names.push(path.to_owned());
        self.names.len() - 1
    }
}

struct Objects {
    index: usize,
    block_bytes: usize,
    columns: Columns,
    elements: Elements,
    /// The cells of one row, reused.
    row: Vec<String>,
}

impl Blocks for Objects {
    fn next_block(&mut self) -> anyhow::Result<Option<Block>> {
        let mut rows = Rows::new(self.index);
        while rows.len() < self.block_bytes
            && let Some(element) = self.elements.next()?
        {
            if !element.text.starts_with('{') {
                let message = format!("{} where an object should be", kind_of(element.text));
                rows.push_bad(element.line, element.offset, "not-an-object", message, element.text);
                continue;
            }
            self.row.iter_mut().for_each(String::clear);
            let mut last = None;
            let row = &mut self.row;
            let columns = &self.columns;
            flatten(element.text, &mut |path, cell| {
                let column = columns.find(path, last).ok_or("the file was changed while it was read")?;
                last = Some(column);
                row[column].clear();
                row[column].push_str(cell);
                Ok(())
            })
            .with_context(|| format!("cannot read the object on line {}", element.line))?;
            rows.push(element.line, element.offset, self.row.iter().map(String::as_str));
        }
        Ok(rows.finish())
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
