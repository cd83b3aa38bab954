//! Whose contact is whose: the accounts of contacts, by their keys.
//!
//! In: the key in each row, as it is written there. Out: the account of each contact, in the order
//! of their first contacts. Keys that are written alike are compared by what they are folded to
//! only once, while further rows are parsed.

use super::identities::{AHEAD, Sources};
use super::{ContactId, NONE, RowRef};
use crate::engine::ids::{Ids, Key, Texts};
use crate::value::fold;
use rayon::prelude::*;

/// How the keys of accounts are written.
#[derive(Debug, Default)]
pub(super) struct Spellings {
    texts: Texts,
    by_text: Ids,
    /// For each spelling the group of those that are one key.
    groups: Vec<u32>,
    /// The keys, folded, in the order of their first rows, and the first spelling of each.
    keys: Texts,
    by_key: Ids,
    first: Vec<u32>,
    /// The spelling in each row.
    of_row: Vec<u32>,
    room: String,
}

impl Spellings {
    /// Takes in the keys of some more rows; an empty one is none.
    pub fn take(&mut self, keys: Texts) {
        for row in 0..keys.len() {
            if row + AHEAD < keys.len() {
                self.by_text.ask_ahead(Key::of(keys.get(row + AHEAD)));
            }
            let text = keys.get(row);
            let spelling = if text.is_empty() { NONE } else { self.number_of(text) };
            self.of_row.push(spelling);
        }
    }

    fn number_of(&mut self, text: &str) -> u32 {
        let Spellings { texts, by_text, groups, keys, by_key, first, room, .. } = self;
        let key = Key::of(text);
        by_text.find(key, || text, |known| texts.get(known as usize)).unwrap_or_else(|| {
            let spelling = texts.len() as u32;
            texts.push(text);
            by_text.insert(key, spelling);
            let folded = folded(text, room);
            let key = Key::of(folded);
            groups.push(by_key.find(key, || folded, |known| keys.get(known as usize)).unwrap_or_else(|| {
                let group = keys.len() as u32;
                keys.push(folded);
                by_key.insert(key, group);
                first.push(spelling);
                group
            }));
            spelling
        })
    }

    /// Gives contacts their accounts and returns the keys. `sources` are the rows of each contact: of several
    /// the first that has a key counts.
    pub fn give(self, contacts: &mut [RowRef], sources: &Sources) -> Texts {
        if sources.are_all_rows(self.of_row.len()) {
            // The first rows are the first contacts.
            let given = contacts.par_iter_mut().zip(&self.of_row);
            given
                .for_each(|(row, &spelling)| row.account = self.groups.get(spelling as usize).copied().unwrap_or(NONE));
            if self.first.len() == self.texts.len() {
                return self.texts; // nothing is written in two ways
            }
            let mut keys = Texts::default();
            self.first.iter().for_each(|&spelling| keys.push(self.texts.get(spelling as usize)));
            return keys;
        }
        let mut keys = Texts::default();
        let mut accounts = vec![NONE; self.first.len()];
        for (contact, row) in contacts.iter_mut().enumerate() {
            let mut all = sources.rows_of(contact as ContactId).map(|row| self.of_row[row]);
            let Some(spelling) = all.find(|&spelling| spelling != NONE) else { continue };
            let account = &mut accounts[self.groups[spelling as usize] as usize];
            if *account == NONE {
                *account = keys.len() as u32;
                keys.push(self.texts.get(spelling as usize));
            }
            row.account = *account;
        }
        keys
    }
}

/// A trimmed text in lower case, made in a room that is used again.
fn folded<'t>(text: &str, room: &'t mut String) -> &'t str {
    room.clear();
    if text.is_ascii() {
        room.push_str(text);
        room.make_ascii_lowercase();
    } else {
        room.push_str(&fold(text));
    }
    room
}
