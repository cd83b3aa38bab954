//! Which rows are one contact (rule reference, §2: `duplicates`).
//!
//! In: rows and their ids, in the order of the input, some at a time. Out: the contacts, each with its rows,
//! and a table that leads from an id to its first contact.

use super::{ContactId, ContactsSeen, NONE, RowRef};
use crate::engine::ids::{Ids, Texts};
use crate::engine::key::IdKey;
use crate::rules::model::Duplicates;
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::ops::Range;

/// So many rows ahead a place in a table of ids is asked for.
pub(super) const AHEAD: usize = 16;

/// Who the rows are that have been looked at so far.
#[derive(Debug, Default)]
pub(super) struct Identities {
    /// The first contact with each id.
    pub by_id: Ids,
    pub sources: Sources,
    /// The further rows of contacts.
    pub merged: HashMap<ContactId, Vec<RowRef>>,
    /// The next contact with the same id; empty where no two share one.
    pub next_with_id: Vec<ContactId>,
    last_with_id: HashMap<ContactId, ContactId, FixedState>,
    pub seen: ContactsSeen,
}

/// The rows of the exports behind each contact.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// How many contacts there are.
    contacts: usize,
    /// The row of each contact; empty as long as the first rows are the contacts, each its own.
    first: Vec<u32>,
    /// The rows that are merged into it and lend names to it.
    further: HashMap<ContactId, Vec<usize>, FixedState>,
}

impl Sources {
    /// Adds a contact, whose row this is.
    #[inline]
    fn add(&mut self, row: usize) {
        if !self.first.is_empty() || row != self.contacts {
            if self.first.is_empty() {
                self.first = (0..self.contacts as u32).collect();
            }
            self.first.push(row as u32);
        }
        self.contacts += 1;
    }

    /// The (first) row of a contact.
    #[inline]
    fn row_of(&self, contact: ContactId) -> usize {
        self.first.get(contact as usize).map_or(contact as usize, |&row| row as usize)
    }

    /// The rows of a contact, in the order of the input.
    #[inline]
    pub fn rows_of(&self, contact: ContactId) -> impl Iterator<Item = usize> {
        let further = if self.further.is_empty() { None } else { self.further.get(&contact) };
        std::iter::once(self.row_of(contact)).chain(further.into_iter().flatten().copied())
    }

    /// Whether every one of so many rows is a contact of its own.
    pub fn are_all_rows(&self, rows: usize) -> bool {
        self.contacts == rows
    }

    /// The (first) row of each contact.
    pub fn first_rows(&self) -> Vec<u32> {
        self.contacts().map(|contact| self.row_of(contact) as u32).collect()
    }

    /// Every contact with each of its rows. A contact that later rows are merged into keeps its place
    /// in the input.
    pub fn iter(&self) -> impl Iterator<Item = (ContactId, usize)> {
        self.contacts().flat_map(|contact| self.rows_of(contact).map(move |row| (contact, row)))
    }

    fn contacts(&self) -> Range<ContactId> {
        0..self.contacts as ContactId
    }
}

impl Identities {
    /// Of nobody yet, with room for so many rows.
    pub fn expecting(rows: usize) -> Identities {
        Identities { by_id: Ids::expecting(rows), ..Identities::default() }
    }

    /// Looks at the rows that have come since it last did. `replaced` tells which of all rows a later one
    /// replaces; empty: none.
    pub fn add_rows(&mut self, rows: &[RowRef], ids: &Texts, policy: Duplicates, replaced: &[bool]) {
        let Identities { by_id, sources, merged, next_with_id, last_with_id, seen } = self;
        let id_of = |row: usize| ids.bytes_of(row);
        // The keys of the rows that come next.
        let mut ahead = [IdKey::default(); AHEAD];
        let first = seen.rows as usize;
        for next in first..rows.len() + AHEAD {
            let key = ahead[next % AHEAD];
            if next < rows.len() {
                ahead[next % AHEAD] = IdKey::of_bytes(id_of(next));
                by_id.ask_ahead(ahead[next % AHEAD]);
            }
            if next < first + AHEAD {
                continue;
            }
            let row = next - AHEAD;
            let (id, place) = (id_of(row), rows[row]);
            seen.without_id += u64::from(id.is_empty());
            if replaced.get(row) == Some(&true) {
                seen.duplicates += 1;
                continue;
            }
            let contact = sources.contacts as ContactId;
            let is_it = |earlier: ContactId| id_of(sources.row_of(earlier)) == id;
            let earlier = if id.is_empty() { None } else { by_id.find_or_insert(key, contact, is_it) };
            seen.duplicates += u64::from(earlier.is_some());
            match (earlier, policy) {
                (None, _) => {}
                (Some(_), Duplicates::First) => continue,
                (Some(first), Duplicates::Merge) => {
                    merged.entry(first).or_default().push(place);
                    sources.further.entry(first).or_default().push(row);
                    continue;
                }
                (Some(first), Duplicates::Keep | Duplicates::Last) => {
                    let last = last_with_id.insert(first, contact).unwrap_or(first);
                    next_with_id.resize(contact as usize + 1, NONE);
                    next_with_id[last as usize] = contact;
                }
            }
            sources.add(row);
        }
        seen.rows = rows.len() as u64;
    }
}
