//! Ids in a table that answers "which contact?" with one look.
//!
//! In: texts, each with a contact. Out: the contact of a text. Short ids stand in the table
//! itself, so that a look-up touches no other memory; a longer one stands there by a hash and is
//! compared with its text. Two ids are never taken for one.

use super::contacts::ContactId;
use crate::machine;
use crate::value::{first_bytes, fold, lower_bytes};
use foldhash::fast::FixedState;
use rayon::prelude::*;
use std::hash::BuildHasher;
use std::ops::Range;

/// Texts one after the other in one allocation.
#[derive(Debug)]
pub(super) struct Texts {
    bytes: String,
    /// Where the first begins, and where each ends.
    ends: Vec<usize>,
}

impl Default for Texts {
    fn default() -> Texts {
        Texts::with_room(0, 0)
    }
}

impl Texts {
    /// With room for so many texts, which have so many bytes together.
    pub fn with_room(texts: usize, bytes: usize) -> Texts {
        let mut ends = machine::large_room(texts + 1);
        ends.push(0);
        Texts { bytes: machine::large_text(bytes), ends }
    }

    /// Adds a text behind the others.
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
    }

    /// Adds texts behind the others.
    pub fn append(&mut self, other: &Texts) {
        let start = self.bytes.len();
        self.bytes.push_str(&other.bytes);
        self.ends.extend(other.ends[1..].iter().map(|end| start + end));
    }

    /// The n-th text.
    pub fn get(&self, index: usize) -> &str {
        &self.bytes[self.place(index)]
    }

    /// The bytes of the n-th text.
    #[inline(always)]
    pub fn bytes_of(&self, index: usize) -> &[u8] {
        &self.bytes.as_bytes()[self.place(index)]
    }

    /// Asks where a text stands that will be looked at soon, or (`near`) what stands there.
    #[inline]
    pub fn ask_ahead(&self, index: usize, near: bool) {
        if near {
            machine::ask_ahead_for_all(self.bytes.as_bytes(), self.place(index));
        } else {
            machine::ask_ahead(&self.ends, index);
        }
    }

    #[inline(always)]
    fn place(&self, index: usize) -> Range<usize> {
        let ends = &self.ends[index..][..2];
        ends[0]..ends[1]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len() - 1
    }

    /// How many bytes they have together.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// What stands for an id in the table: the id itself where it has at most [`SHORT`] bytes, else a
/// hash of it, which is a hint and no proof.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Key([u64; 2]);

/// Ids of this many bytes and fewer are their own key; the sixteenth byte is their length.
const SHORT: usize = 15;
/// The last byte of a key that is a hash.
const HASHED: u64 = 0xff << 56;

impl Key {
    /// The key of an id.
    #[inline(always)]
    pub fn of(id: &str) -> Key {
        Key::of_bytes(id.as_bytes())
    }

    /// The key of the id that these bytes are.
    #[inline(always)]
    pub fn of_bytes(bytes: &[u8]) -> Key {
        if bytes.len() <= SHORT {
            return Key::of_short(first_bytes(bytes), bytes.len());
        }
        let hash = FixedState::default().hash_one(bytes);
        Key([hash, hash >> 8 | HASHED])
    }

    /// The key of what an id that is trimmed is folded to.
    #[inline]
    pub fn of_folded(id: &str) -> Key {
        match lower_bytes(id).filter(|_| id.len() <= SHORT) {
            Some(all) => Key::of_short(all, id.len()),
            None => Key::of(&fold(id)),
        }
    }

    #[inline(always)]
    fn of_short(bytes: u128, len: usize) -> Key {
        Key([bytes as u64, (bytes >> 64) as u64 | (len as u64) << 56])
    }

    pub fn is_hashed(self) -> bool {
        self.0[1] & HASHED == HASHED
    }

    /// Both halves multiplied into one, as wyhash does it.
    #[inline]
    pub fn hash(self) -> u64 {
        let product = u128::from(self.0[0] ^ 0x9e37_79b9_7f4a_7c15) * u128::from(self.0[1] ^ 0xe703_7ed1_a0b4_28db);
        product as u64 ^ (product >> 64) as u64
    }
}

/// Three places of the table, which come from memory together: for each a key, and a contact or [`FREE`].
/// They fill up from the first on.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line {
    keys: [u128; 3],
    contacts: [ContactId; 3],
}

const FREE: ContactId = ContactId::MAX;
impl Line {
    /// With keys that no id has: none is so long, and the last byte of a hash is another.
    const FREE: Line = Line { keys: [0xfe << 120; 3], contacts: [FREE; 3] };

    /// The contact here with this key; where that does not say all, `is_it` tells whether it is that of a contact.
    #[inline(always)]
    fn find(&self, key: Key, is_it: impl Fn(ContactId) -> bool) -> Option<ContactId> {
        let packed: u128 = bytemuck::cast(key.0);
        // All three are compared at once: which of them it is, nobody could foresee.
        let like = |place: usize| usize::from(self.keys[place] == packed) << place;
        let mut alike = like(0) | like(1) | like(2);
        while alike != 0 {
            let contact = self.contacts[alike.trailing_zeros() as usize];
            if !key.is_hashed() || is_it(contact) {
                return Some(contact);
            }
            alike &= alike - 1;
        }
        None
    }

    /// Puts a contact here if a place is free.
    #[inline(always)]
    fn put(&mut self, key: Key, contact: ContactId) -> bool {
        let place = self.contacts.iter().position(|&contact| contact == FREE);
        place.is_some_and(|place| {
            (self.keys[place], self.contacts[place]) = (bytemuck::cast(key.0), contact);
            true
        })
    }
}

/// So many lines one thread makes in one go.
const SHARE: usize = 1 << 14;

/// Two ids a line, so that few (one in seven) find their own line full.
const EACH: usize = 2;

fn lines_for(ids: usize) -> usize {
    ids / EACH + 1
}

/// An id that is looked for in the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought {
    key: Key,
    /// The line where it stands if no others have filled it.
    home: u32,
}

/// The contact of each id: a table in which an id stands in the line that its hash says, or in the
/// next one with a free place. Kept here, and not taken from a library, because a look-up must be
/// able to ask for its line ahead.
#[derive(Debug, Default)]
pub(super) struct Ids {
    lines: Vec<Line>,
    used: usize,
}

impl Ids {
    /// With room for so many. Tables grow where nobody may wait for other threads (`turns`), so one makes it.
    pub fn with_capacity(ids: usize) -> Ids {
        let mut lines = machine::large_room(lines_for(ids));
        lines.resize(lines_for(ids), Line::FREE);
        Ids { lines, used: 0 }
    }

    /// The same, made on all threads.
    pub fn expecting(ids: usize) -> Ids {
        let mut lines = machine::large_room(lines_for(ids));
        let free = rayon::iter::repeat_n(Line::FREE, lines_for(ids));
        free.with_min_len(SHARE).with_max_len(SHARE).collect_into_vec(&mut lines);
        Ids { lines, used: 0 }
    }

    /// The line where an id stands if no others have filled it.
    #[inline(always)]
    fn home(&self, key: Key) -> u32 {
        ((u128::from(key.hash()) * self.lines.len() as u128) >> 64) as u32
    }

    fn after(&self, line: usize) -> usize {
        if line + 1 == self.lines.len() { 0 } else { line + 1 }
    }

    /// Where an id is to be looked for.
    #[inline(always)]
    pub fn seek(&self, key: Key) -> Sought {
        Sought { key, home: self.home(key) }
    }

    /// Asks for the line of an id that will be looked up soon.
    #[inline(always)]
    pub fn ask_ahead(&self, Sought { home, .. }: Sought) {
        machine::ask_ahead(&self.lines, home as usize);
    }

    /// The contact with this id; where its key does not say all, `is_it` tells whether it is that of a contact.
    #[inline(always)]
    pub fn find(&self, key: Key, is_it: impl Fn(ContactId) -> bool) -> Option<ContactId> {
        self.find_sought(self.seek(key), is_it)
    }

    /// The same of an id whose place is known.
    #[inline(always)]
    pub fn find_sought(&self, sought: Sought, is_it: impl Fn(ContactId) -> bool) -> Option<ContactId> {
        let Sought { key, home } = sought;
        let mut at = home as usize;
        loop {
            let line = self.lines.get(at)?; // an empty table has no lines
            let found = line.find(key, &is_it);
            if found.is_some() || line.contacts[2] == FREE {
                return found; // there is always a free place
            }
            at = self.after(at);
        }
    }

    /// The same of some ids together; `is_it` tells whether the n-th is that of a contact. Where keys don't say all,
    /// `ask_ahead` asks where the ids of those stand who may be meant, and then (`near`) for these: as this comes from
    /// memory, too, it is asked for all before it is looked at for any.
    #[inline(always)]
    pub fn find_together(
        &self,
        sought: &[Sought],
        ask_ahead: impl Fn(ContactId, bool),
        is_it: impl Fn(usize, ContactId) -> bool,
        found: &mut [Option<ContactId>],
    ) {
        let mut are_sure = true;
        for (found, &one) in found.iter_mut().zip(sought) {
            *found = self.find_sought(one, |_| true);
            are_sure &= !one.key.is_hashed();
        }
        if are_sure {
            return;
        }
        let unsure = |found: &[Option<ContactId>], at: usize| found[at].filter(|_| sought[at].key.is_hashed());
        for near in [false, true] {
            (0..sought.len()).filter_map(|at| unsure(found, at)).for_each(|contact| ask_ahead(contact, near));
        }
        for at in 0..sought.len() {
            // Next to impossible: another has an id with the same hash.
            if unsure(found, at).is_some_and(|contact| !is_it(at, contact)) {
                found[at] = self.find_sought(sought[at], |contact| is_it(at, contact));
            }
        }
    }

    /// The contact with this id, as [`Ids::find`] tells it; where there is none, from here on it is `contact`.
    #[inline]
    pub fn find_or_insert(
        &mut self,
        key: Key,
        contact: ContactId,
        is_it: impl Fn(ContactId) -> bool,
    ) -> Option<ContactId> {
        if self.used >= self.lines.len() * EACH {
            self.grow();
        }
        let mut at = self.home(key) as usize;
        loop {
            let line = &mut self.lines[at];
            let found = line.find(key, &is_it);
            if found.is_some() {
                return found;
            }
            if line.put(key, contact) {
                self.used += 1;
                return None;
            }
            at = self.after(at);
        }
    }

    #[cold]
    fn grow(&mut self) {
        let larger = Ids::with_capacity((self.used * 3 / 2).max(64));
        let Ids { lines, used } = std::mem::replace(self, larger);
        for Line { keys, contacts } in lines {
            let ids = keys.into_iter().zip(contacts).filter(|&(_, contact)| contact != FREE);
            for (key, contact) in ids.map(|(packed, contact)| (Key(bytemuck::cast(packed)), contact)) {
                let mut at = self.home(key) as usize;
                while !self.lines[at].put(key, contact) {
                    at = self.after(at);
                }
            }
        }
        self.used = used;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_ids_are_told_apart() {
        let ids = [
            "",
            "a",
            "a\0",
            "1234567",
            "12345678",
            "123456789",
            "123456789012345",
            "aaaaaaaaa",
            "aaaaaaaaaa",
            "1234567890123456",
            "1234567890123457",
            "żółć-żółć-żółć",
        ];
        let (mut texts, mut table) = (Texts::default(), Ids::default());
        for (contact, id) in ids.iter().enumerate() {
            let insert = |table: &mut Ids, texts: &Texts| {
                table.find_or_insert(Key::of(id), contact as ContactId, |contact| texts.get(contact as usize) == *id)
            };
            assert_eq!(insert(&mut table, &texts), None);
            texts.push(id);
            assert_eq!(insert(&mut table, &texts), Some(contact as ContactId));
        }
        for (contact, id) in ids.iter().enumerate() {
            let found = table.find(Key::of(id), |contact| texts.get(contact as usize) == *id);
            assert_eq!(found, Some(contact as ContactId), "{id:?}");
        }
        let names: Vec<&str> = ids.into_iter().chain(["b", "1234567890123458"]).collect();
        let sought: Vec<Sought> = names.iter().map(|name| table.seek(Key::of(name))).collect();
        let mut found = vec![None; names.len()];
        let has_id = |at: usize, contact: ContactId| texts.get(contact as usize) == names[at];
        table.find_together(&sought, |_, _| {}, has_id, &mut found);
        let expected = (0..names.len()).map(|at| (at < ids.len()).then_some(at as ContactId));
        assert!(found.iter().copied().eq(expected));
        // One that has the hash of an id and is another.
        table.find_together(&sought[9..10], |_, _| {}, |_, _| false, &mut found);
        assert_eq!(found[0], None);
    }

    #[test]
    fn the_table_grows_with_its_ids() {
        let (mut texts, mut table) = (Texts::default(), Ids::default());
        for contact in 0..10_000 {
            texts.push(&format!("{contact}"));
            let key = Key::of(texts.get(contact as usize));
            assert_eq!(table.find_or_insert(key, contact, |_| true), None);
        }
        let text_of = |contact: ContactId| texts.get(contact as usize);
        let find = |id| table.find(Key::of(id), |contact| text_of(contact) == id);
        assert!((0..10_000).map(|contact| find(text_of(contact))).eq((0..10_000).map(Some)));
        assert_eq!(find("10000"), None);
    }

    #[test]
    fn a_folded_key_is_the_key_of_what_is_folded() {
        for id in ["", "A", "aB-9", "ABCDEFGHIJKLMNO", "ABCDEFGHIJKLMNOP", "Żółć", "ABCDEFGHIJKLMNOPŻ", "\u{212a}", "İ"]
        {
            assert_eq!(Key::of_folded(id), Key::of(&fold(id)), "{id}");
        }
    }
}
