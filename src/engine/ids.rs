//! Ids in a table that answers "which contact?" with one look.
//!
//! In: texts, each with a contact. Out: the contact of a text. Short ids stand in the table
//! itself, so that a look-up touches no other memory; a longer one stands there by a hash and is
//! compared with its text. Two ids are never taken for one.

use super::contacts::ContactId;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// Texts one after the other in one allocation.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: String,
    ends: Vec<usize>,
}

impl Texts {
    /// Adds a text behind the others.
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
    }

    /// The n-th text.
    pub fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }
}

/// Ids of this many bytes and fewer stand in the table.
const SHORT: usize = 15;

/// The last byte of a key that is a hash; that of a short id is its length.
const HASHED: u8 = u8::MAX;

/// The contact of each id.
#[derive(Debug, Default)]
pub(super) struct Ids {
    table: HashTable<([u8; SHORT + 1], ContactId)>,
    hasher: FixedState,
}

impl Ids {
    /// The contact with this id; `texts` holds each contact's.
    pub fn find(&self, id: &str, texts: &Texts) -> Option<ContactId> {
        let hash = self.hasher.hash_one(id.as_bytes());
        let key = key_of(id, hash);
        let is_it = |&(other, contact): &([u8; SHORT + 1], ContactId)| {
            other == key && (key[SHORT] != HASHED || texts.get(contact as usize) == id)
        };
        self.table.find(hash, is_it).map(|&(_, contact)| contact)
    }

    /// Adds a contact whose id is not there yet.
    pub fn insert(&mut self, contact: ContactId, texts: &Texts) {
        let hash_of = |contact: ContactId| self.hasher.hash_one(texts.get(contact as usize).as_bytes());
        let hash = hash_of(contact);
        let key = key_of(texts.get(contact as usize), hash);
        self.table.insert_unique(hash, (key, contact), |&(_, contact)| hash_of(contact));
    }
}

fn key_of(id: &str, hash: u64) -> [u8; SHORT + 1] {
    let mut key = [0; SHORT + 1];
    if id.len() <= SHORT {
        key[..id.len()].copy_from_slice(id.as_bytes());
        key[SHORT] = id.len() as u8;
    } else {
        key[..8].copy_from_slice(&hash.to_le_bytes());
        key[SHORT] = HASHED;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_ids_are_told_apart() {
        let ids = ["", "a", "a\0", "123456789012345", "1234567890123456", "1234567890123457", "żółć-żółć-żółć"];
        let (mut texts, mut table) = (Texts::default(), Ids::default());
        for (contact, id) in ids.iter().enumerate() {
            assert_eq!(table.find(id, &texts), None);
            texts.push(id);
            table.insert(contact as ContactId, &texts);
        }
        for (contact, id) in ids.iter().enumerate() {
            assert_eq!(table.find(id, &texts), Some(contact as ContactId), "{id:?}");
        }
    }
}
