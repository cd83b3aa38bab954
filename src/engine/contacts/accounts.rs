//! Whose contact is whose: the accounts of contacts, by their keys.
//!
//! In: the key in each row, as it is written there. Out: the account of each contact, in the order
//! of their first contacts. Keys that are written alike are compared by what they are folded to
//! only once.

use super::identities::AHEAD;
use super::{ContactId, NONE, RowRef};
use crate::engine::ids::{Ids, Key, Texts};
use crate::value::fold;

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

    /// Gives contacts their accounts and returns the keys. `sources` are the contacts in their order
    /// with each of their rows: of several rows the first that has a key counts.
    pub fn give(&self, contacts: &mut [RowRef], sources: impl Iterator<Item = (ContactId, usize)>) -> Texts {
        let mut of_spelling = vec![NONE; self.texts.len()];
        let (mut keys, mut folded, mut by_key) = (Texts::default(), Texts::default(), Ids::default());
        for (contact, row) in sources {
            let (of_contact, spelling) = (&mut contacts[contact as usize].account, self.of_row[row]);
            if spelling == NONE || *of_contact != NONE {
                continue;
            }
            let account = &mut of_spelling[spelling as usize];
            if *account == NONE {
                let text = self.texts.get(spelling as usize);
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
            *of_contact = *account;
        }
        keys
    }
}
