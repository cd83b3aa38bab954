//! Whose contact is whose: the accounts of contacts, by their keys.
//!
//! In: the key in each row, as it is written there. Out: the account of each contact, in the order
//! of their first contacts. Keys that are written alike are compared by what they are folded to
//! only once.

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
    /// The spelling in each row.
    of_row: Vec<u32>,
}

impl Spellings {
    /// Takes in the keys of some more rows; an empty one is none.
    pub fn add(&mut self, keys: &Texts) {
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
        let key = Key::of(text);
        self.by_text.find(key, || text, |known| self.texts.get(known as usize)).unwrap_or_else(|| {
            let spelling = self.texts.len() as u32;
            self.texts.push(text);
            self.by_text.insert(key, spelling);
            spelling
        })
    }

    /// Gives contacts their accounts and returns the keys. `sources` are the rows of each contact: of several
    /// the first that has a key counts.
    pub fn give(&self, contacts: &mut [RowRef], sources: &Sources) -> Texts {
        let spelling_of = |contact: usize| {
            let mut all = sources.rows_of(contact as ContactId).map(|row| self.of_row[row]);
            all.find(|&spelling| spelling != NONE).map(|spelling| spelling as usize)
        };
        let mut of_spelling = vec![NONE; self.texts.len()];
        let (mut keys, mut folded, mut by_key) = (Texts::default(), Texts::default(), Ids::default());
        for spelling in (0..contacts.len()).filter_map(spelling_of) {
            let account = &mut of_spelling[spelling];
            if *account == NONE {
                let text = self.texts.get(spelling);
                let compared = fold(text);
                let key = Key::of(&compared);
                *account = by_key.find(key, || &compared, |known| folded.get(known as usize)).unwrap_or_else(|| {
                    let account = keys.len() as u32;
                    keys.push(text);
                    folded.push(&compared);
                    by_key.insert(key, account);
                    account
                });
            }
        }
        contacts.par_iter_mut().enumerate().for_each(|(contact, row)| {
            row.account = spelling_of(contact).map_or(NONE, |spelling| of_spelling[spelling]);
        });
        keys
    }
}
