//! Whose contact is whose: the accounts of contacts, by their keys.
//!
//! In: the key in each row, as it is written there. Out: the account of each contact, in the order
//! of their first contacts. Keys are compared by what they are folded to, while further rows are parsed.

use super::identities::{AHEAD, Sources};
use super::{ContactId, NONE, RowRef};
use crate::engine::ids::{Ids, Texts};
use crate::engine::key::IdKey;
use crate::machine;
use crate::value::fold;
use rayon::prelude::*;

/// The keys of accounts in some rows, made while the rows are parsed.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// As they are written, trimmed; empty: none.
    texts: Texts,
    /// What each is looked up by.
    folded: Vec<IdKey>,
}

impl Keys {
    /// With room for so many, which have so many bytes together.
    pub fn with_room(keys: usize, bytes: usize) -> Keys {
        Keys { texts: Texts::with_room(keys, bytes), folded: Vec::with_capacity(keys) }
    }

    /// Adds the key of a row.
    pub fn push(&mut self, text: &str) {
        self.texts.push(text);
        self.folded.push(IdKey::of_folded(text));
    }
}

/// Whose the rows are: groups of those that have one key, in the order of their first rows.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// The key of each as its first row writes it, trimmed.
    keys: Texts,
    by_key: Ids,
    of_row: Vec<u32>,
}

/// An account has about so many rows as a rule. To begin with a table that is too small takes long, as it is moved again and
/// again, and one that is too large takes memory.
const ROWS_AN_ACCOUNT: usize = 8;

impl Groups {
    /// Makes room for so many rows.
    pub fn expect(&mut self, rows: usize) {
        self.of_row = machine::large_room(rows);
        self.by_key = Ids::with_capacity(rows / ROWS_AN_ACCOUNT);
    }

    /// Takes in the keys of some more rows.
    pub fn take(&mut self, Keys { texts, folded }: Keys) {
        let Groups { keys, by_key, of_row } = self;
        for (row, &key) in folded.iter().enumerate() {
            if let Some(&ahead) = folded.get(row + AHEAD) {
                by_key.ask_ahead(ahead);
            }
            let text = texts.get(row);
            let is_it = |group: u32| {
                let known = keys.get(group as usize);
                known == text || fold(known) == fold(text)
            };
            let new = keys.len() as u32;
            let group = if text.is_empty() { NONE } else { by_key.find_or_insert(key, new, is_it).unwrap_or(new) };
            if group == new {
                keys.push(text);
            }
            of_row.push(group);
        }
    }

    /// Gives contacts their accounts; returns the key of each account, or its first contact where that may write it
    /// otherwise. `sources` are the rows of each contact: of several the first that has a key counts.
    pub fn give(self, contacts: &mut [RowRef], sources: &Sources) -> Result<Texts, Vec<ContactId>> {
        if sources.are_all_rows(self.of_row.len()) {
            // The first rows are the first contacts.
            contacts.par_iter_mut().zip(&self.of_row).for_each(|(row, &group)| row.account = group);
            return Ok(self.keys);
        }
        let (mut accounts, mut first) = (vec![NONE; self.keys.len()], Vec::new());
        for (contact, row) in contacts.iter_mut().enumerate() {
            let contact = contact as ContactId;
            let mut all = sources.rows_of(contact).map(|row| self.of_row[row]);
            let Some(group) = all.find(|&group| group != NONE) else { continue };
            let account = &mut accounts[group as usize];
            if *account == NONE {
                *account = first.len() as u32;
                first.push(contact);
            }
            row.account = *account;
        }
        Err(first)
    }
}
