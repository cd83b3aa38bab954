//! Who is who: from blocks of the contact exports to [`Contacts`].
//!
//! In: blocks, in the order of the input. Out: contacts, their ids, names and accounts. Not here: which
//! rows are one contact ([`Identities`]), and the cells that rules look at.

use super::accounts::Spellings;
use super::identities::Identities;
use super::written::is_as_written;
use super::{Contacts, Directory, RowRef};
use crate::engine::ids::Texts;
use crate::engine::plan::Plan;
use crate::machine;
use crate::record::{BadRow, Block, Cells, Round};
use crate::rules::model::Duplicates;
use crate::value::{MEMBER, Valued, fold};
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// Gathers blocks into [`Contacts`].
#[derive(Debug)]
pub struct ContactsBuilder<'p> {
    plan: &'p Plan<'p>,
    blocks: Vec<Block>,
    /// What the last blocks gave, not yet set down.
    parsed: Vec<ParsedBlock>,
    /// What they and those before them are of the whole, where that is known.
    share: Option<f64>,
    rows: Vec<RowRef>,
    /// The id of each row; empty: none.
    ids: Texts,
    identities: Identities,
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
        let (blocks, parsed, rows, identities) = (Vec::new(), Vec::new(), Vec::new(), Identities::default());
        ContactsBuilder { plan, blocks, parsed, share: None, rows, ids, identities, names, accounts }
    }

    /// Takes in the blocks that come next; returns the rows that can't be used.
    pub fn add(&mut self, mut round: Round<'_>) -> Vec<BadRow> {
        let (plan, first) = (self.plan, self.blocks.len());
        let parse_all = || round.each_kept(|number, block| parse(plan, block, first + number));
        // What was parsed before is set down meanwhile.
        let ((mut blocks, mut parsed), ()) = rayon::join(parse_all, || self.set_down());
        let bad = parsed.iter_mut().flat_map(|parsed| std::mem::take(&mut parsed.bad)).collect();
        self.blocks.append(&mut blocks);
        (self.parsed, self.share) = (parsed, round.share());
        bad
    }

    /// Sets down what the last blocks gave.
    fn set_down(&mut self) {
        if let Some(share) = self.share.filter(|&share| share > 0.0 && self.rows.is_empty()) {
            // A little more than the first blocks let expect.
            let whole = |part: usize| (part as f64 / share * 1.05) as usize;
            let sum = |of_one: fn(&ParsedBlock) -> usize| whole(self.parsed.iter().map(of_one).sum());
            let rows = sum(|parsed| parsed.rows.len());
            self.rows = machine::large_room(rows);
            self.ids = Texts::with_room(sum(|parsed| parsed.ids.len()), sum(|parsed| parsed.ids.bytes()));
            self.identities = Identities::expecting(rows);
        }
        let parsed = std::mem::take(&mut self.parsed);
        let ContactsBuilder { plan, rows, ids, identities, names, accounts, .. } = self;
        let duplicates = plan.model.contacts.duplicates;
        let sort_out = || {
            for parsed in &parsed {
                rows.extend_from_slice(&parsed.rows);
                ids.append(&parsed.ids);
                names.append(&parsed.names);
            }
            // Which row is the last with an id, nobody knows yet.
            if duplicates != Duplicates::Last {
                identities.add_rows(rows, ids, duplicates, &[]);
            }
        };
        rayon::join(sort_out, || parsed.iter().for_each(|parsed| accounts.add(&parsed.accounts)));
    }

    /// Sorts out who is who.
    pub fn finish(mut self) -> (Contacts, Directory) {
        self.set_down();
        let model = self.plan.model;
        let id_of = |row: usize| self.ids.get(row);
        if model.contacts.duplicates == Duplicates::Last {
            let replaced = replaced_rows(self.rows.len(), id_of);
            self.identities.add_rows(&self.rows, &self.ids, Duplicates::Last, &replaced);
        }
        let Identities { by_id, sources, merged, next_with_id, seen, .. } = self.identities;
        if sources.first.len() < self.rows.len() {
            let mut ids = Texts::default();
            sources.first.iter().for_each(|&row| ids.push(id_of(row as usize)));
            self.rows = sources.first.iter().map(|&row| self.rows[row as usize]).collect();
            self.ids = ids;
        }
        let (blocks, rows, ids, account_keys) = (self.blocks, self.rows, self.ids, Texts::default());
        let mut contacts = Contacts { blocks, rows, merged, ids, next_with_id, account_keys, seen };
        let names = model.contacts.also_known_by.len();
        let mut directory = Directory::new(by_id, names);
        for name in 0..names {
            let names = sources.iter().map(|(contact, row)| (contact, self.names.get(row * names + name)));
            contacts.seen.shared_names += directory.add_names(name, &contacts, names);
        }
        if model.accounts.is_some() {
            contacts.account_keys = self.accounts.give(&mut contacts.rows, &sources);
        }
        (contacts, directory)
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
    let id = places[section.id];
    let account = plan.model.accounts.as_ref().map(|accounts| {
        let valued = Valued::by(&plan.model.contact_columns[accounts.key].reading, &section.missing);
        (places[accounts.key], valued)
    });
    let bad = block.for_each_record(table, &mut Cells::of(table), |record, place| {
        let row = &block.text.as_bytes()[place.clone()];
        let line = row.strip_suffix(b"\n").or_else(|| row.strip_suffix(b"\r")).unwrap_or(row);
        let is_as_written = !record.is_quoted() || is_as_written(line, table.delimiter);
        rows.push(RowRef::new(number, &place, is_as_written && (is_plain || !has_marks(line))));
        let cell = |place: Option<usize>| section.missing.present(record.get(place?));
        ids.push(cell(id).unwrap_or_default());
        for &column in &section.also_known_by {
            names.push(&cell(places[column]).map(fold).unwrap_or_default());
        }
        if let Some((place, valued)) = &account {
            accounts.push(place.and_then(|at| valued.cell(record.get(at))).unwrap_or_default());
        }
    });
    ParsedBlock { bad, ..parsed }
}
