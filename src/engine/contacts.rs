//! The contacts: their rows, who is who, and which rows are one contact.
//!
//! In: blocks of the contact exports. Out: [`Contacts`], where a contact is a number, its row is
//! a range of bytes, and the name that an activity gives leads to it (rule reference, §2). Cells
//! are parted again when they are needed; only ids and names are kept.

mod rows;

use super::ids::{Ids, Key, Texts};
use super::plan::Plan;
use crate::machine;
use crate::record::{BadRow, Block, Cells};
use crate::rules::model::{ColumnId, Duplicates};
use crate::value::{self, MEMBER, fold};
use foldhash::fast::FixedState;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};

pub use rows::{RowView, RowsOf};

/// A contact: a row that is scored, in the order of the input.
pub type ContactId = u32;

const NONE: u32 = u32::MAX;
/// So many rows ahead a place in the table of ids is asked for.
const AHEAD: usize = 16;

/// Where a record stands.
#[derive(Clone, Copy, Debug)]
pub struct RowRef {
    block: u32,
    start: u32,
    end: u32,
}

/// All contacts that are scored.
#[derive(Debug)]
pub struct Contacts {
    blocks: Vec<Block>,
    rows: Vec<RowRef>,
    /// With `duplicates: merge`, the further rows of a contact.
    merged: HashMap<ContactId, Vec<RowRef>>,
    ids: Texts,
    by_id: Ids,
    /// With `duplicates: keep`, the next contact with the same id; empty where no two share one.
    next_with_id: Vec<u32>,
    known_as: Vec<HashMap<Box<str>, ContactId, FixedState>>,
    accounts: AccountKeys,
    /// What was noticed on the way.
    pub seen: ContactsSeen,
}

/// Whose contact is whose, by the key of the account.
#[derive(Debug, Default)]
struct AccountKeys {
    /// Each key as its first contact writes it, trimmed.
    keys: Texts,
    /// The account of each contact; empty where nothing asks for accounts.
    of_contact: Vec<u32>,
}

/// What was noticed while contacts were read.
#[derive(Clone, Debug, Default)]
pub struct ContactsSeen {
    /// Rows of the exports, the bad ones left out.
    pub rows: u64,
    /// Rows without an id.
    pub without_id: u64,
    /// Rows that share their id with an earlier one.
    pub duplicates: u64,
    /// Names in `also_known_by` that several contacts share.
    pub shared_names: u64,
}

/// What one block gave: for each record its place and its texts: its id (empty: none), its other
/// names and the key of its account.
struct ParsedBlock {
    rows: Vec<(u32, u32)>,
    texts: Texts,
    bad: Vec<BadRow>,
}

/// Gathers blocks into [`Contacts`].
#[derive(Debug)]
pub struct ContactsBuilder<'p> {
    plan: &'p Plan<'p>,
    blocks: Vec<Block>,
    rows: Vec<RowRef>,
    /// For each row its texts, one after the other.
    texts: Texts,
}

impl<'p> ContactsBuilder<'p> {
    /// With no contacts yet.
    pub fn new(plan: &'p Plan<'p>) -> ContactsBuilder<'p> {
        ContactsBuilder { plan, blocks: Vec::new(), rows: Vec::new(), texts: Texts::default() }
    }

    /// Takes in blocks, in the order of the input; returns the rows that can't be used.
    pub fn add(&mut self, blocks: Vec<Block>) -> Vec<BadRow> {
        let plan = self.plan;
        let parsed: Vec<ParsedBlock> = blocks.par_iter().map(|block| parse(plan, block)).collect();
        let mut bad = Vec::new();
        for (block, parsed) in blocks.into_iter().zip(parsed) {
            let number = self.blocks.len() as u32;
            self.rows.extend(parsed.rows.iter().map(|&(start, end)| RowRef { block: number, start, end }));
            for index in 0..parsed.texts.len() {
                self.texts.push(parsed.texts.get(index));
            }
            bad.extend(parsed.bad);
            self.blocks.push(block);
        }
        bad
    }

    /// Sorts out who is who.
    pub fn finish(self) -> Contacts {
        let model = self.plan.model;
        let names = model.contacts.also_known_by.len();
        let width = 1 + names + usize::from(model.accounts.is_some());
        let id_of = |row: usize| self.texts.get(row * width);
        let mut contacts = Contacts {
            blocks: self.blocks,
            rows: Vec::with_capacity(self.rows.len()),
            merged: HashMap::new(),
            ids: Texts::default(),
            by_id: Ids::with_capacity(self.rows.len()),
            next_with_id: Vec::new(),
            known_as: vec![HashMap::default(); names],
            accounts: AccountKeys::default(),
            seen: ContactsSeen { rows: self.rows.len() as u64, ..ContactsSeen::default() },
        };
        let policy = model.contacts.duplicates;
        let replaced = if policy == Duplicates::Last { replaced_rows(self.rows.len(), id_of) } else { Vec::new() };
        let mut last_with_id: HashMap<ContactId, ContactId, FixedState> = HashMap::default();
        // The row of the export behind each contact, and further rows that lend names to it.
        let mut sources: Vec<(ContactId, usize)> = Vec::with_capacity(self.rows.len());
        for (row, &place) in self.rows.iter().enumerate() {
            if row + AHEAD < self.rows.len() {
                contacts.ask_ahead(Key::of(id_of(row + AHEAD)));
            }
            let id = id_of(row);
            contacts.seen.without_id += u64::from(id.is_empty());
            let earlier = if id.is_empty() { None } else { contacts.find_id(id) };
            let is_replaced = replaced.get(row).copied().unwrap_or(false);
            contacts.seen.duplicates += u64::from(earlier.is_some() || is_replaced);
            match (earlier, policy) {
                _ if is_replaced => continue,
                (Some(_), Duplicates::First) => continue,
                (Some(first), Duplicates::Merge) => {
                    contacts.merged.entry(first).or_default().push(place);
                    sources.push((first, row));
                    continue;
                }
                _ => {}
            }
            let contact = contacts.rows.len() as ContactId;
            contacts.rows.push(place);
            contacts.ids.push(id);
            sources.push((contact, row));
            match earlier {
                Some(first) => {
                    let last = last_with_id.insert(first, contact).unwrap_or(first);
                    contacts.next_with_id.resize(self.rows.len(), NONE);
                    contacts.next_with_id[last as usize] = contact;
                }
                None if !id.is_empty() => contacts.by_id.insert(Key::of(id), contact),
                None => {}
            }
        }
        // A contact that later rows are merged into keeps its place in the input.
        sources.sort_by_key(|&(contact, _)| contact);
        for name in 0..names {
            contacts.index_names(name, &sources, |row| self.texts.get(row * width + 1 + name));
        }
        if model.accounts.is_some() {
            let keys = sources.iter().map(|&(contact, row)| (contact, self.texts.get(row * width + 1 + names)));
            contacts.accounts = AccountKeys::new(contacts.len(), keys);
        }
        contacts
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

fn parse(plan: &Plan<'_>, block: &Block) -> ParsedBlock {
    let section = &plan.model.contacts;
    let table = &plan.contact_tables[block.table];
    let places = &plan.contact_columns[block.table];
    let mut cells = Cells::of(table);
    let (mut rows, mut texts) = (Vec::new(), Texts::default());
    let bad = block.for_each_record(table, &mut cells, |record, place| {
        rows.push((place.start as u32, place.end as u32));
        let cell = |column: ColumnId| places[column].and_then(|at| section.missing.present(record.get(at)));
        texts.push(cell(section.id).unwrap_or_default());
        for &column in &section.also_known_by {
            texts.push(&cell(column).map(fold).unwrap_or_default());
        }
        if let Some(accounts) = &plan.model.accounts {
            let reading = &plan.model.contact_columns[accounts.key].reading;
            let key = cell(accounts.key).and_then(|text| value::unless_empty(text, reading, &section.missing));
            texts.push(key.unwrap_or_default());
        }
    });
    ParsedBlock { rows, texts, bad }
}

impl AccountKeys {
    /// From the keys of contacts in their order; of several rows of one contact the first that has
    /// a key counts.
    fn new<'a>(contacts: usize, keys: impl Iterator<Item = (ContactId, &'a str)>) -> AccountKeys {
        let mut accounts = AccountKeys { keys: Texts::default(), of_contact: vec![NONE; contacts] };
        let (mut folded, mut by_key) = (Texts::default(), Ids::default());
        for (contact, key) in keys {
            let of_contact = &mut accounts.of_contact[contact as usize];
            if key.is_empty() || *of_contact != NONE {
                continue;
            }
            let compared = fold(key);
            let short = Key::of(&compared);
            *of_contact = by_key.find(short, || &compared, &folded).unwrap_or_else(|| {
                let account = accounts.keys.len() as u32;
                accounts.keys.push(key);
                folded.push(&compared);
                by_key.insert(short, account);
                account
            });
        }
        accounts
    }
}

impl Contacts {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The id of a contact, trimmed; empty where it has none.
    pub fn id(&self, contact: ContactId) -> &str {
        self.ids.get(contact as usize)
    }

    /// The number of a contact's account, in the order of their first contacts.
    pub fn account(&self, contact: ContactId) -> Option<u32> {
        self.accounts.of_contact.get(contact as usize).copied().filter(|&account| account != NONE)
    }

    /// The key of an account as its first contact writes it, trimmed.
    pub fn account_key(&self, account: u32) -> &str {
        self.accounts.keys.get(account as usize)
    }

    /// How many accounts there are.
    pub fn accounts(&self) -> usize {
        self.accounts.keys.len()
    }

    /// The first contact whom a text names: by its id, else by the other columns in their order.
    pub fn find(&self, name: &str) -> Option<ContactId> {
        self.find_by_key(Key::of(name), || name)
    }

    /// Asks for the place where a contact will be looked up soon.
    #[inline]
    pub(super) fn ask_ahead(&self, key: Key) {
        self.by_id.ask_ahead(key);
    }

    /// The first contact whom the text behind a key names.
    #[inline]
    pub(super) fn find_by_key<'n>(&self, key: Key, name: impl Fn() -> &'n str) -> Option<ContactId> {
        let found = self.by_id.find(key, &name, &self.ids);
        if found.is_some() || self.known_as.is_empty() {
            return found;
        }
        let folded = fold(name());
        self.known_as.iter().find_map(|names| names.get(&*folded).copied())
    }

    /// This contact and those that share its id.
    pub fn with_same_id(&self, first: ContactId) -> impl Iterator<Item = ContactId> {
        let next = |contact: &ContactId| self.next_with_id.get(*contact as usize).copied().filter(|&next| next != NONE);
        std::iter::successors(Some(first), next)
    }

    /// The first contact with this id.
    pub fn find_id(&self, id: &str) -> Option<ContactId> {
        self.by_id.find(Key::of(id), || id, &self.ids)
    }

    fn index_names<'a>(&mut self, column: usize, sources: &[(ContactId, usize)], name_of: impl Fn(usize) -> &'a str) {
        let mut shared: HashSet<&str, FixedState> = HashSet::default();
        // Of rows that are merged, the cell that the contact ends up with lends its name.
        let mut has_name = vec![false; self.len()];
        for &(contact, row) in sources {
            let name = name_of(row);
            if name.is_empty() || self.id(contact).is_empty() || has_name[contact as usize] {
                continue;
            }
            has_name[contact as usize] = true;
            match self.known_as[column].get(name) {
                None => {
                    // The name stands for the id, so for every contact that shares it.
                    let first = self.find_id(self.id(contact)).unwrap_or(contact);
                    self.known_as[column].insert(name.into(), first);
                }
                Some(&holder) if self.id(holder) != self.id(contact) => {
                    shared.insert(name);
                }
                Some(_) => {}
            }
        }
        self.seen.shared_names += shared.len() as u64;
    }

    /// The table of the export in which a contact's (first) row stands, and the line of that row.
    pub fn source(&self, contact: ContactId) -> (usize, u64) {
        let row = self.rows[contact as usize];
        (self.table(contact), self.blocks[row.block as usize].line_at(row.start as usize))
    }

    /// Asks for the row of a contact that will be written soon: where it stands, or (`near`) what
    /// stands there.
    pub fn ask_ahead_for_row(&self, contact: ContactId, near: bool) {
        if !near {
            machine::ask_ahead(&self.rows, contact as usize);
            return machine::ask_ahead(&self.accounts.of_contact, contact as usize);
        }
        let row = self.rows[contact as usize];
        let text = self.blocks[row.block as usize].text.as_bytes();
        (row.start..row.end).step_by(64).for_each(|at| machine::ask_ahead(text, at as usize));
    }

    /// The table of the export in which a contact's (first) row stands.
    pub fn table(&self, contact: ContactId) -> usize {
        self.blocks[self.rows[contact as usize].block as usize].table
    }

    /// A contact's row without its line end, where its cells stand there as they are: without
    /// quotes, backslashes and lists, and not merged with others.
    pub fn as_it_stands(&self, contact: ContactId) -> Option<&str> {
        if self.is_merged(contact) {
            return None;
        }
        let text = self.text_of(self.rows[contact as usize]);
        let line = text.strip_suffix(['\n', '\r']).unwrap_or(text);
        memchr::memchr3(b'"', b'\\', MEMBER as u8, line.as_bytes()).is_none().then_some(line)
    }

    /// Whether there are further rows of a contact.
    fn is_merged(&self, contact: ContactId) -> bool {
        !self.merged.is_empty() && self.merged.contains_key(&contact)
    }

    /// Its row, and the rows merged into it.
    fn rows_of(&self, contact: ContactId) -> impl Iterator<Item = &RowRef> {
        let further = if self.merged.is_empty() { None } else { self.merged.get(&contact) };
        std::iter::once(&self.rows[contact as usize]).chain(further.into_iter().flatten())
    }

    fn text_of(&self, row: RowRef) -> &str {
        &self.blocks[row.block as usize].text[row.start as usize..row.end as usize]
    }
}
