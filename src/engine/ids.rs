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

/// What stands for an id in the table: the id itself where it has at most [`SHORT`] bytes, else a
/// hash of it, which is a hint and no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key([u64; 2]);

/// Ids of this many bytes and fewer are their own key; the sixteenth byte is their length.
const SHORT: usize = 15;
/// The last byte of a key that is a hash.
const HASHED: u64 = 0xff << 56;

impl Key {
    /// The key of an id.
    #[inline]
    pub fn of(id: &str) -> Key {
        let bytes = id.as_bytes();
        let length = bytes.len();
        if let (8..=SHORT, Some(first), Some(last)) = (length, bytes.first_chunk(), bytes.last_chunk()) {
            // The last eight bytes without those that are among the first.
            let rest = u64::from_le_bytes(*last).checked_shr(8 * (16 - length) as u32).unwrap_or(0);
            return Key([u64::from_le_bytes(*first), rest | (length as u64) << 56]);
        }
        if length < 8 {
            let mut low = [0; 8];
            low[..length].copy_from_slice(bytes);
            return Key([u64::from_le_bytes(low), (length as u64) << 56]);
        }
        let hash = FixedState::default().hash_one(bytes);
        Key([hash, hash >> 8 | HASHED])
    }

    fn is_hashed(self) -> bool {
        self.0[1] & HASHED == HASHED
    }

    /// Both halves multiplied into one, as wyhash does it.
    #[inline]
    fn hash(self) -> u64 {
        let product =
            u128::from(self.0[0] ^ 0x9e37_79b9_7f4a_7c15) * u128::from(self.0[1] ^ 0xe703_7ed1_a0b4_28db);
        product as u64 ^ (product >> 64) as u64
    }

    /// In words that need no room for their alignment.
    fn packed(self) -> [u32; 4] {
        bytemuck::cast(self.0)
    }
}

/// The contact of each id.
#[derive(Debug, Default)]
pub(super) struct Ids {
    table: HashTable<([u32; 4], ContactId)>,
}

impl Ids {
    /// With room for so many.
    pub fn with_capacity(ids: usize) -> Ids {
        Ids { table: HashTable::with_capacity(ids) }
    }

    /// The contact with this id; `texts` holds each contact's.
    #[inline]
    pub fn find(&self, key: Key, id: &str, texts: &Texts) -> Option<ContactId> {
        let packed = key.packed();
        let is_it = |&(other, contact): &([u32; 4], ContactId)| {
            other == packed && (!key.is_hashed() || texts.get(contact as usize) == id)
        };
        self.table.find(key.hash(), is_it).map(|&(_, contact)| contact)
    }

    /// Adds a contact whose id is not there yet.
    pub fn insert(&mut self, key: Key, contact: ContactId) {
        let hash_of = |&(packed, _): &([u32; 4], ContactId)| Key(bytemuck::cast(packed)).hash();
        self.table.insert_unique(key.hash(), (key.packed(), contact), hash_of);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_ids_are_told_apart() {
        let ids = ["", "a", "a\0", "1234567", "12345678", "123456789", "123456789012345", "aaaaaaaaa", "aaaaaaaaaa", "1234567890123456", "1234567890123457", "żółć-żółć-żółć"];
        let (mut texts, mut table) = (Texts::default(), Ids::default());
        for (contact, id) in ids.iter().enumerate() {
            assert_eq!(table.find(Key::of(id), id, &texts), None);
            texts.push(id);
            table.insert(Key::of(id), contact as ContactId);
        }
        for (contact, id) in ids.iter().enumerate() {
            assert_eq!(table.find(Key::of(id), id, &texts), Some(contact as ContactId), "{id:?}");
        }
    }
}
