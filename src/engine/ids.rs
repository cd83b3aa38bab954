//! Ids in a table that answers "which contact?" with one look.
//!
//! In: texts, each with a contact. Out: the contact of a text. Short ids stand in the table
//! itself, so that a look-up touches no other memory; a longer one stands there by a hash and is
//! compared with its text. Two ids are never taken for one.

use super::contacts::ContactId;
use super::key::{IdKey, Key};
use super::row_set::{ROWS, RowSet};
use crate::machine::{self, Room};
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

/// Four places of the table, which come from memory together: for each a key and, in its free bits, a contact. Zero is
/// nobody. They fill up from the first on.
type Line = [[u64; 2]; 4];

impl IdKey {
    /// The places of a line where the upper half of the key is this one's, a bit each. None is looked at before the
    /// others: which one it is, nobody could foresee.
    #[inline(always)]
    fn like_in(self, line: &Line) -> u32 {
        let like = |place: usize| u32::from(line[place][1] == self.0[1]) << place;
        like(0) | like(1) | like(2) | like(3)
    }

    /// The contact at the first of some places, if all of the key is this one's.
    #[inline(always)]
    fn contact_at(self, line: &Line, places: u32) -> Option<ContactId> {
        // The remainder is the number itself, and says that it is a place.
        let lower = line[places.trailing_zeros() as usize % line.len()][0];
        ((places != 0) & ((lower ^ self.0[0]) >> IdKey::FREE == 0)).then_some(lower as ContactId)
    }

    /// The contact with this key in a line; where that does not say all, `is_it` tells whether it is that of a contact.
    #[inline(always)]
    fn find_in(self, line: &Line, is_it: impl Fn(ContactId) -> bool) -> Option<ContactId> {
        let mut places = self.like_in(line);
        while places != 0 {
            let contact = self.contact_at(line, places).filter(|&contact| !self.is_hashed() || is_it(contact));
            if contact.is_some() {
                return contact;
            }
            places &= places - 1;
        }
        None
    }

    /// Puts a contact into a line if a place is free there.
    #[inline(always)]
    fn put_in(self, line: &mut Line, contact: ContactId) -> bool {
        let Key([low, high]) = self;
        // As they fill up from the first on, those that are taken are counted: again, nobody could foresee it.
        let taken = line.iter().map(|place| usize::from(place[1] != 0)).sum::<usize>();
        line.get_mut(taken).is_some_and(|place| {
            *place = [low | u64::from(contact), high];
            true
        })
    }

    /// Whoever stands in a line.
    fn all_in(line: &Line) -> impl Iterator<Item = (IdKey, ContactId)> {
        let taken = line.iter().take_while(|[_, high]| *high != 0);
        taken.map(|&[low, high]| (Key([low >> IdKey::FREE << IdKey::FREE, high]), low as ContactId))
    }
}

fn is_full(line: &Line) -> bool {
    line[3][1] != 0
}

/// Three ids a line, so that few (one in ten) find their own line full.
const EACH: usize = 3;

fn lines_for(ids: usize) -> usize {
    ids / EACH + 1
}

/// An id that is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought<T> {
    /// What it is looked for: handed back with what was found.
    pub of: T,
    /// The contact, as far as it is known.
    pub found: Option<ContactId>,
    /// The line where it stands if no others have filled it.
    home: u32,
    key: IdKey,
}

/// Ids that are looked for together: to wait for memory, and to take the wrong way because nobody could foresee the
/// right one, would take longer than all that is done with them.
#[derive(Debug)]
pub(super) struct Lookup<T> {
    all: Vec<Sought<T>>,
    /// Those that may stand elsewhere in their first line, or in the next.
    further: Vec<u32>,
    /// Those whose key is a hash.
    hashed: Vec<u32>,
}

impl<T> Default for Lookup<T> {
    fn default() -> Lookup<T> {
        Lookup { all: Vec::new(), further: Vec::new(), hashed: Vec::new() }
    }
}

impl<T> Lookup<T> {
    /// Takes in an id, and asks for its first line.
    #[inline(always)]
    pub fn push(&mut self, of: T, ids: &Ids, key: IdKey) {
        let home = ids.home(key);
        machine::ask_ahead(&ids.lines, home as usize);
        self.all.push(Sought { of, found: None, home, key });
    }

    /// Forgets all ids.
    pub fn clear(&mut self) {
        self.all.clear();
        self.further.clear();
        self.hashed.clear();
    }

    /// Looks at the first line of each, once, and asks for the next line of those that may stand elsewhere.
    #[inline(always)]
    pub fn begin(&mut self, ids: &Ids) {
        let Lookup { all, further, hashed } = self;
        for (number, some) in all.chunks_mut(ROWS).enumerate() {
            let (mut are_further, mut are_hashed) = (RowSet::NONE, RowSet::NONE);
            for (at, Sought { found, home, key, .. }) in some.iter_mut().enumerate() {
                let line = &ids.lines[*home as usize];
                let places = key.like_in(line);
                *found = key.contact_at(line, places);
                are_further.insert_if(found.is_none() & ((places != 0) | is_full(line)), at);
                are_hashed.insert_if(key.is_hashed(), at);
            }
            let first = (number * ROWS) as u32;
            further.extend(are_further.map(|at| first + at as u32));
            hashed.extend(are_hashed.map(|at| first + at as u32));
        }
        for &at in &*further {
            machine::ask_ahead(&ids.lines, ids.after(all[at as usize].home as usize));
        }
    }

    /// Finds all; `is_it` tells whether one of the ids is that of a contact. Where keys don't say all, `ask_ahead` asks
    /// where the ids of those stand who may be meant, and then (`near`) for these: as this comes from memory, too, it
    /// is asked for all before it is looked at for any.
    #[inline(always)]
    pub fn finish(
        &mut self,
        ids: &Ids,
        ask_ahead: impl Fn(ContactId, bool),
        is_it: impl Fn(&T, ContactId) -> bool,
    ) -> &mut [Sought<T>] {
        let Lookup { all, further, hashed } = self;
        for &at in &*further {
            let Sought { found, home, key, .. } = &mut all[at as usize];
            *found = ids.find_from(*home, *key, |_| true);
        }
        for near in [false, true] {
            hashed.iter().filter_map(|&at| all[at as usize].found).for_each(|contact| ask_ahead(contact, near));
        }
        for &at in &*hashed {
            // Next to impossible: another has an id with the same hash.
            let Sought { of, found, home, key } = &mut all[at as usize];
            if found.is_some_and(|contact| !is_it(of, contact)) {
                *found = ids.find_from(*home, *key, |contact| is_it(of, contact));
            }
        }
        all
    }
}

/// The contact of each id: a table in which an id stands in the line that its hash says, or in the
/// next one with a free place. Kept here, and not taken from a library, because a look-up must be
/// able to ask for its line ahead.
#[derive(Debug)]
pub(super) struct Ids {
    lines: Room<Line>,
    used: usize,
}

impl Default for Ids {
    fn default() -> Ids {
        Ids::with_capacity(0)
    }
}

impl Ids {
    /// With room for so many. Tables grow where nobody may wait for other threads (`turns`), so one makes it.
    pub fn with_capacity(ids: usize) -> Ids {
        Ids { lines: machine::zeros(lines_for(ids)), used: 0 }
    }

    /// The same, made on all threads.
    pub fn expecting(ids: usize) -> Ids {
        Ids { lines: machine::cleared_zeros(lines_for(ids)), used: 0 }
    }

    /// The line where an id stands if no others have filled it.
    #[inline(always)]
    fn home(&self, key: IdKey) -> u32 {
        ((u128::from(key.hash()) * self.lines.len() as u128) >> 64) as u32
    }

    fn after(&self, line: usize) -> usize {
        if line + 1 == self.lines.len() { 0 } else { line + 1 }
    }

    /// Asks for the first line of an id that will be looked up soon.
    #[inline(always)]
    pub fn ask_ahead(&self, key: IdKey) {
        machine::ask_ahead(&self.lines, self.home(key) as usize);
    }

    /// The contact with this id; where its key does not say all, `is_it` tells whether it is that of a contact.
    #[inline(always)]
    pub fn find(&self, key: IdKey, is_it: impl Fn(ContactId) -> bool) -> Option<ContactId> {
        self.find_from(self.home(key), key, is_it)
    }

    /// The same where the line is known in which it stands first.
    #[inline(always)]
    fn find_from(&self, home: u32, key: IdKey, is_it: impl Fn(ContactId) -> bool) -> Option<ContactId> {
        let mut at = home as usize;
        loop {
            let line = &self.lines[at];
            let found = key.find_in(line, &is_it);
            if found.is_some() || !is_full(line) {
                return found; // there is always a free place
            }
            at = self.after(at);
        }
    }

    /// The contact with this id, as [`Ids::find`] tells it; where there is none, from here on it is `contact`.
    #[inline]
    pub fn find_or_insert(
        &mut self,
        key: IdKey,
        contact: ContactId,
        is_it: impl Fn(ContactId) -> bool,
    ) -> Option<ContactId> {
        if self.used >= self.lines.len() * EACH {
            self.grow();
        }
        let mut at = self.home(key) as usize;
        loop {
            let line = &mut self.lines[at];
            let found = key.find_in(line, &is_it);
            if found.is_some() {
                return found;
            }
            if key.put_in(line, contact) {
                self.used += 1;
                return None;
            }
            at = self.after(at);
        }
    }

    #[cold]
    fn grow(&mut self) {
        let larger = Ids::with_capacity((self.used * 2).max(64));
        let Ids { lines, used } = std::mem::replace(self, larger);
        for (key, contact) in lines.iter().flat_map(IdKey::all_in) {
            let mut at = self.home(key) as usize;
            while !key.put_in(&mut self.lines[at], contact) {
                at = self.after(at);
            }
        }
        self.used = used;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found_together(
        table: &Ids,
        names: &[&str],
        is_it: impl Fn(&usize, ContactId) -> bool,
    ) -> Vec<Option<ContactId>> {
        let mut lookup = Lookup::default();
        names.iter().enumerate().for_each(|(at, name)| lookup.push(at, table, IdKey::of(name)));
        lookup.begin(table);
        lookup.finish(table, |_, _| {}, is_it).iter().map(|sought| sought.found).collect()
    }

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
                table.find_or_insert(IdKey::of(id), contact as ContactId, |contact| texts.get(contact as usize) == *id)
            };
            assert_eq!(insert(&mut table, &texts), None);
            texts.push(id);
            assert_eq!(insert(&mut table, &texts), Some(contact as ContactId));
        }
        for (contact, id) in ids.iter().enumerate() {
            let found = table.find(IdKey::of(id), |contact| texts.get(contact as usize) == *id);
            assert_eq!(found, Some(contact as ContactId), "{id:?}");
        }
        let names: Vec<&str> = ids.into_iter().chain(["b", "1234567890123458"]).collect();
        let has_id = |&at: &usize, contact: ContactId| texts.get(contact as usize) == names[at];
        let expected = (0..names.len()).map(|at| (at < ids.len()).then_some(at as ContactId));
        assert!(found_together(&table, &names, has_id).into_iter().eq(expected));
        // One that has the hash of an id and is another.
        assert_eq!(found_together(&table, &names[9..10], |_, _| false), [None]);
    }

    #[test]
    fn ids_in_one_line_that_begin_differently_are_told_apart() {
        // The upper halves of their keys are the same.
        let (ids, mut table) = (["one-alike", "two-alike"], Ids::default());
        for (contact, id) in ids.iter().enumerate() {
            assert_eq!(table.find_or_insert(IdKey::of(id), contact as ContactId, |_| true), None);
        }
        assert_eq!(table.lines.len(), 1);
        let names = ["two-alike", "one-alike", "tri-alike"];
        assert_eq!(found_together(&table, &names, |_, _| true), [Some(1), Some(0), None]);
    }

    #[test]
    fn the_table_grows_with_its_ids() {
        let (mut texts, mut table) = (Texts::default(), Ids::default());
        for contact in 0..10_000 {
            texts.push(&format!("{contact}"));
            let key = IdKey::of(texts.get(contact as usize));
            assert_eq!(table.find_or_insert(key, contact, |_| true), None);
        }
        let text_of = |contact: ContactId| texts.get(contact as usize);
        let find = |id| table.find(IdKey::of(id), |contact| text_of(contact) == id);
        assert!((0..10_000).map(|contact| find(text_of(contact))).eq((0..10_000).map(Some)));
        let names: Vec<&str> = (0..10_000).map(text_of).collect();
        assert!(found_together(&table, &names, |_, _| true).into_iter().eq((0..10_000).map(Some)));
        assert_eq!(find("10000"), None);
    }
}
