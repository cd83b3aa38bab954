//! Who is who: from blocks of the contact exports to [`Contacts`].
//!
//! In: blocks, in the order of the input. Out: contacts, their ids, names and accounts. Not here: which
//! rows are one contact ([`Identities`]), and the cells that rules look at.

use super::accounts::{Groups, Keys};
use super::answers::Answers;
use super::identities::Identities;
use super::written::is_as_written;
use super::{Contacts, Directory, RowRef, RowView};
use crate::engine::ids::Texts;
use crate::engine::memo::{Desks, Memos};
use crate::engine::plan::Plan;
use crate::instant::Instant;
use crate::machine;
use crate::record::{BadRow, Block, Cells, Record, Round, line_ends};
use crate::rules::model::Duplicates;
use crate::turns::Turns;
use crate::value::{MEMBER, Valued, fold};
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::ops::Range;

/// Gathers blocks into [`Contacts`].
#[derive(Debug)]
pub struct ContactsBuilder<'p> {
    plan: &'p Plan<'p>,
    blocks: Vec<Block>,
    now: Instant,
    memos: Desks<Memos>,
    people: Turns<Named, People>,
    accounts: Turns<Keys, Groups>,
}

/// The rows so far, and whose they are.
#[derive(Debug)]
struct People {
    duplicates: Duplicates,
    rows: Vec<RowRef>,
    /// The id of each row; empty: none.
    ids: Texts,
    /// For each row its other names, folded, one after the other.
    names: Texts,
    answers: Answers,
    identities: Identities,
}

/// What one block says of its rows: for each its place and its names, and what conditions say of them.
#[derive(Debug)]
struct Named {
    rows: Vec<RowRef>,
    ids: Texts,
    names: Texts,
    answers: Answers,
}

/// What one block gave.
#[derive(Debug)]
struct ParsedBlock {
    named: Named,
    accounts: Keys,
    bad: Vec<BadRow>,
}

impl ParsedBlock {
    /// With room for so many rows.
    fn expecting(rows: usize, plan: &Plan<'_>) -> ParsedBlock {
        /// So many bytes most ids and keys have at most.
        const USUAL: usize = 16;
        let answers = Answers::to(plan);
        let (ids, names) = (Texts::with_room(rows, rows * USUAL), Texts::default());
        let named = Named { rows: Vec::with_capacity(rows), ids, names, answers };
        let has_accounts = plan.model.accounts.is_some();
        let accounts = if has_accounts { Keys::with_room(rows, rows * USUAL) } else { Keys::default() };
        ParsedBlock { named, accounts, bad: Vec::new() }
    }
}

impl<'p> ContactsBuilder<'p> {
    /// With no contacts yet; conditions that look at what time it is hear that it is `now`.
    pub fn new(plan: &'p Plan<'p>, now: Instant) -> ContactsBuilder<'p> {
        let people = Turns::new(People::of(plan));
        let accounts = Turns::new(Groups::default());
        ContactsBuilder { plan, blocks: Vec::new(), now, memos: Desks::default(), people, accounts }
    }

    /// Takes in the blocks that come next; returns the rows that can't be used.
    pub fn add(&mut self, round: Round<'_>) -> Vec<BadRow> {
        if self.blocks.is_empty() { self.add_first(round) } else { self.add_further(round) }
    }

    /// The first blocks tell how many rows there will be, before anything is set down.
    fn add_first(&mut self, mut round: Round<'_>) -> Vec<BadRow> {
        let (blocks, parsed) = round.each_kept(|number, block| self.parse(block, number));
        self.blocks = blocks;
        if let Some(share) = round.share().filter(|&share| share > 0.0) {
            let rows = self.people.who().expect(share, &parsed);
            if self.plan.model.accounts.is_some() {
                self.accounts.who().expect(rows);
            }
        }
        let mut all_bad = Vec::new();
        for (number, ParsedBlock { named, accounts, mut bad }) in (0..).zip(parsed) {
            self.people.put(number, named);
            self.accounts.put(number, accounts);
            all_bad.append(&mut bad);
        }
        all_bad
    }

    fn add_further(&mut self, mut round: Round<'_>) -> Vec<BadRow> {
        let first = self.blocks.len();
        let (mut blocks, bad) = round.each_kept(|number, block| {
            let ParsedBlock { named, accounts, bad } = self.parse(block, first + number);
            self.people.bring(first + number, named, People::take);
            self.accounts.bring(first + number, accounts, Groups::take);
            bad
        });
        self.blocks.append(&mut blocks);
        bad.into_iter().flatten().collect()
    }

    fn parse(&self, block: &Block, number: usize) -> ParsedBlock {
        self.memos.with(|| Memos::new(self.plan.model.memos), |memos| parse(self.plan, block, number, self.now, memos))
    }

    /// Sorts out who is who.
    pub fn finish(self) -> (Contacts, Directory) {
        let (people, accounts) =
            rayon::join(|| self.people.finish(People::take), || self.accounts.finish(Groups::take));
        let People { duplicates, mut rows, mut ids, names: all_names, mut answers, mut identities } = people;
        if duplicates == Duplicates::Last {
            let replaced = replaced_rows(rows.len(), |row| ids.get(row));
            identities.add_rows(&rows, &ids, duplicates, &replaced);
        }
        let Identities { by_id, sources, merged, next_with_id, seen, .. } = identities;
        if !sources.are_all_rows(rows.len()) {
            let (first, mut ids_of_contacts) = (sources.first_rows(), Texts::default());
            first.iter().for_each(|&row| ids_of_contacts.push(ids.get(row as usize)));
            rows = first.iter().map(|&row| rows[row as usize]).collect();
            ids = ids_of_contacts;
            answers = answers.select(&first);
        }
        let account_keys = Texts::default();
        let mut contacts =
            Contacts { blocks: self.blocks, rows, merged, ids, next_with_id, account_keys, answers, seen };
        let model = self.plan.model;
        let names = model.contacts.also_known_by.len();
        let mut directory = Directory::new(by_id);
        for name in 0..names {
            let names = sources.iter().map(|(contact, row)| (contact, all_names.get(row * names + name)));
            contacts.seen.shared_names += directory.add_names(&contacts, names);
        }
        if let Some(section) = &model.accounts {
            contacts.account_keys = accounts.give(&mut contacts.rows, &sources).unwrap_or_else(|first| {
                let (mut keys, mut view) = (Texts::default(), RowView::default());
                for contact in first {
                    keys.push(
                        contacts.view(contact, self.plan, &mut view).cell(self.plan, section.key).unwrap_or_default(),
                    );
                }
                keys
            });
        }
        (contacts, directory)
    }
}

impl People {
    fn of(plan: &Plan<'_>) -> People {
        let (ids, names, answers) = (Texts::default(), Texts::default(), Answers::to(plan));
        let duplicates = plan.model.contacts.duplicates;
        People { duplicates, rows: Vec::new(), ids, names, answers, identities: Identities::default() }
    }

    /// Makes room: the first blocks are such a share of all. Tells for how many rows.
    fn expect(&mut self, share: f64, first: &[ParsedBlock]) -> usize {
        // A little more than they let expect.
        let whole = |part: usize| (part as f64 / share * 1.05) as usize;
        let sum = |of_one: fn(&Named) -> usize| whole(first.iter().map(|parsed| of_one(&parsed.named)).sum());
        let rows = sum(|named| named.rows.len());
        self.rows = machine::large_room(rows);
        self.ids = Texts::with_room(sum(|named| named.ids.len()), sum(|named| named.ids.size()));
        self.identities = Identities::expecting(rows);
        rows
    }

    /// Takes in the rows that come next.
    fn take(&mut self, named: Named) {
        self.rows.extend_from_slice(&named.rows);
        self.ids.append(&named.ids);
        self.names.append(&named.names);
        self.answers.append(named.answers);
        // Which row is the last with an id, nobody knows yet.
        if self.duplicates != Duplicates::Last {
            self.identities.add_rows(&self.rows, &self.ids, self.duplicates, &[]);
        }
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

/// How many rows there may be, by the lines in the first of so many bytes.
fn rows_in(bytes: &[u8]) -> usize {
    const FIRST: usize = 8 << 10;
    let first = &bytes[..bytes.len().min(FIRST)];
    (line_ends(first) as usize + 1) * bytes.len() / first.len().max(1)
}

fn parse(plan: &Plan<'_>, block: &Block, number: usize, now: Instant, memos: &Memos) -> ParsedBlock {
    let section = &plan.model.contacts;
    let table = &plan.contact_tables[block.table];
    let places = &plan.contact_columns[block.table];
    let mut parsed = ParsedBlock::expecting(rows_in(block.text.as_bytes()), plan);
    let ParsedBlock { named: Named { rows, ids, names, answers }, accounts, .. } = &mut parsed;
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
    let mut add = |record: Record<'_>, place: Range<usize>| {
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
    };
    let bad = block.for_each_batch(table, &mut Cells::of(table), |batch| {
        let records: Vec<Record<'_>> = (0..batch.len()).map(|at| batch.record(at)).collect();
        records.iter().enumerate().for_each(|(at, &record)| add(record, batch.place(at)));
        answers.ask(plan, places, &records, now, memos);
    });
    ParsedBlock { bad, ..parsed }
}
