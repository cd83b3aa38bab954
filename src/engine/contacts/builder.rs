//! Who is who: from blocks of the contact exports to [`Contacts`].
//!
//! In: blocks, in the order of the input. Out: contacts, their ids, names and accounts; which rows
//! are one contact is what `duplicates` says (rule reference, §2). Not here: the cells that rules
//! look at.

use super::accounts::Spellings;
use super::written::is_as_written;
use super::{ContactId, Contacts, ContactsSeen, Directory, NONE, RowRef};
use crate::engine::ids::{Key, Texts};
use crate::engine::plan::Plan;
use crate::record::{BadRow, Block, Cells};
use crate::rules::model::{ColumnId, Duplicates};
use crate::value::{MEMBER, Valued, fold};
use foldhash::fast::FixedState;
use rayon::prelude::*;
use std::collections::HashMap;

/// So many rows ahead a place in a table of ids is asked for.
pub(super) const AHEAD: usize = 16;

/// Gathers blocks into [`Contacts`].
#[derive(Debug)]
pub struct ContactsBuilder<'p> {
    plan: &'p Plan<'p>,
    blocks: Vec<Block>,
    /// What the last blocks gave, not yet set down.
    parsed: Vec<ParsedBlock>,
    rows: Vec<RowRef>,
    /// The id of each row; empty: none.
    ids: Texts,
    /// For each row its other names, folded, one after the other.
    names: Texts,
    accounts: Spellings,
}

/// What one block gave: for each record its place and its texts.
#[derive(Debug, Default)]
struct ParsedBlock {
    rows: Vec<RowRef>,
    ids: Texts,
    names: Texts,
    /// The keys of the accounts, trimmed; empty: none.
    accounts: Texts,
    bad: Vec<BadRow>,
}

impl<'p> ContactsBuilder<'p> {
    /// With no contacts yet.
    pub fn new(plan: &'p Plan<'p>) -> ContactsBuilder<'p> {
        let (ids, names, accounts) = (Texts::default(), Texts::default(), Spellings::default());
        ContactsBuilder { plan, blocks: Vec::new(), parsed: Vec::new(), rows: Vec::new(), ids, names, accounts }
    }

    /// Takes in blocks, in the order of the input; returns the rows that can't be used.
    pub fn add(&mut self, mut blocks: Vec<Block>) -> Vec<BadRow> {
        let (plan, first) = (self.plan, self.blocks.len());
        let parse = |(number, block)| parse(plan, block, first + number);
        let parse_all = || blocks.par_iter().enumerate().map(parse).collect();
        // What was parsed before is set down meanwhile.
        let (mut parsed, ()): (Vec<ParsedBlock>, ()) = rayon::join(parse_all, || self.set_down());
        let bad = parsed.iter_mut().flat_map(|parsed| std::mem::take(&mut parsed.bad)).collect();
        self.blocks.append(&mut blocks);
        self.parsed = parsed;
        bad
    }

    /// Sets down what the last blocks gave.
    fn set_down(&mut self) {
        for parsed in std::mem::take(&mut self.parsed) {
            self.rows.extend_from_slice(&parsed.rows);
            self.ids.append(&parsed.ids);
            self.names.append(&parsed.names);
            self.accounts.add(&parsed.accounts);
        }
    }

    /// Sorts out who is who.
    pub fn finish(mut self) -> (Contacts, Directory) {
        self.set_down();
        let model = self.plan.model;
        let rows = self.rows.len();
        let id_of = |row: usize| self.ids.get(row);
        let mut seen = ContactsSeen { rows: rows as u64, ..ContactsSeen::default() };
        let (mut merged, mut next_with_id) = (HashMap::<ContactId, Vec<RowRef>>::new(), Vec::new());
        let names = model.contacts.also_known_by.len();
        let mut directory = Directory::with_capacity(rows, names);
        let policy = model.contacts.duplicates;
        let replaced = if policy == Duplicates::Last { replaced_rows(rows, id_of) } else { Vec::new() };
        let mut last_with_id: HashMap<ContactId, ContactId, FixedState> = HashMap::default();
        let mut sources = Sources { first: Vec::with_capacity(rows), further: HashMap::default() };
        for (row, &place) in self.rows.iter().enumerate() {
            if row + AHEAD < rows {
                directory.ask_ahead(Key::of(id_of(row + AHEAD)));
            }
            let id = id_of(row);
            let key = Key::of(id);
            seen.without_id += u64::from(id.is_empty());
            let id_of_contact = |contact: ContactId| id_of(sources.first[contact as usize] as usize);
            let earlier = if id.is_empty() { None } else { directory.find_key(key, id, id_of_contact) };
            let is_replaced = replaced.get(row).copied().unwrap_or(false);
            seen.duplicates += u64::from(earlier.is_some() || is_replaced);
            match (earlier, policy) {
                _ if is_replaced => continue,
                (Some(_), Duplicates::First) => continue,
                (Some(first), Duplicates::Merge) => {
                    merged.entry(first).or_default().push(place);
                    sources.further.entry(first).or_default().push(row);
                    continue;
                }
                _ => {}
            }
            let contact = sources.first.len() as ContactId;
            sources.first.push(row as u32);
            match earlier {
                Some(first) => {
                    let last = last_with_id.insert(first, contact).unwrap_or(first);
                    next_with_id.resize(rows, NONE);
                    next_with_id[last as usize] = contact;
                }
                None if !id.is_empty() => directory.insert(key, contact),
                None => {}
            }
        }
        if sources.first.len() < rows {
            let mut ids = Texts::default();
            sources.first.iter().for_each(|&row| ids.push(id_of(row as usize)));
            self.rows = sources.first.iter().map(|&row| self.rows[row as usize]).collect();
            self.ids = ids;
        }
        let (blocks, rows, ids, account_keys) = (self.blocks, self.rows, self.ids, Texts::default());
        let mut contacts = Contacts { blocks, rows, merged, ids, next_with_id, account_keys, seen };
        for name in 0..names {
            let names = sources.iter().map(|(contact, row)| (contact, self.names.get(row * names + name)));
            contacts.seen.shared_names += directory.add_names(name, &contacts, names);
        }
        if model.accounts.is_some() {
            contacts.account_keys = self.accounts.give(&mut contacts.rows, sources.iter());
        }
        (contacts, directory)
    }
}

/// The rows of the exports behind each contact.
struct Sources {
    /// The row of each contact.
    first: Vec<u32>,
    /// The rows that are merged into it and lend names to it.
    further: HashMap<ContactId, Vec<usize>, FixedState>,
}

impl Sources {
    /// Every contact with each of its rows. A contact that later rows are merged into keeps its place
    /// in the input.
    fn iter(&self) -> impl Iterator<Item = (ContactId, usize)> {
        self.first.iter().zip(0..).flat_map(|(&row, contact)| {
            let further = if self.further.is_empty() { None } else { self.further.get(&contact) };
            let rows = std::iter::once(row as usize).chain(further.into_iter().flatten().copied());
            rows.map(move |row| (contact, row))
        })
    }
}

/// Which rows a later one with the same id replaces.
fn replaced_rows<'a>(rows: usize, id_of: impl Fn(usize) -> &'a str) -> Vec<bool> {
    let mut last: HashMap<&str, usize, FixedState> = HashMap::default();
    let mut replaced = vec![false; rows];
    for row in 0..rows {
        if !id_of(row).is_empty()
            && let Some(earlier) = last.insert(id_of(row), row)
        {
            replaced[earlier] = true;
        }
    }
    replaced
}

fn parse(plan: &Plan<'_>, block: &Block, number: usize) -> ParsedBlock {
    let section = &plan.model.contacts;
    let table = &plan.contact_tables[block.table];
    let places = &plan.contact_columns[block.table];
    let mut parsed = ParsedBlock::default();
    let ParsedBlock { rows, ids, names, accounts, .. } = &mut parsed;
    // What is written in another way, or may mean something else where it stands.
    let has_marks = |bytes: &[u8]| {
        memchr::memchr(MEMBER as u8, bytes).is_some() || (table.escape && memchr::memchr(b'\\', bytes).is_some())
    };
    let is_plain = !has_marks(block.text.as_bytes());
    let bad = block.for_each_record(table, &mut Cells::of(table), |record, place| {
        let row = &block.text.as_bytes()[place.clone()];
        let line = row.strip_suffix(b"\n").or_else(|| row.strip_suffix(b"\r")).unwrap_or(row);
        let is_as_written = !record.is_quoted() || is_as_written(line, table.delimiter);
        rows.push(RowRef::new(number, &place, is_as_written && (is_plain || !has_marks(line))));
        let cell = |column: ColumnId| places[column].and_then(|at| section.missing.present(record.get(at)));
        ids.push(cell(section.id).unwrap_or_default());
        for &column in &section.also_known_by {
            names.push(&cell(column).map(fold).unwrap_or_default());
        }
        if let Some(of_accounts) = &plan.model.accounts {
            let valued = Valued::by(&plan.model.contact_columns[of_accounts.key].reading, &section.missing);
            let key = places[of_accounts.key].and_then(|at| valued.cell(record.get(at)));
            accounts.push(key.unwrap_or_default());
        }
    });
    ParsedBlock { bad, ..parsed }
}
