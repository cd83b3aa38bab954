//! Who is called what: from the name that an activity gives to the contact.
//!
//! In: ids and other names. Out: contacts. As large as it is, it is needed only until everybody is
//! found; so it stands beside the contacts, and goes before they are scored.

use super::{ContactId, Contacts};
use crate::engine::ids::{Ids, Lookup, Sought, Texts};
use crate::engine::key::IdKey;
use crate::value::fold;
use foldhash::fast::FixedState;
use std::collections::HashSet;

/// The contacts by their names.
#[derive(Debug)]
pub struct Directory {
    by_id: Ids,
    /// For each column of `also_known_by` who is called what there.
    known_as: Vec<Names>,
}

/// The names of a column of `also_known_by`, folded.
#[derive(Debug)]
struct Names {
    by_name: Ids,
    /// The name of each contact there; empty where it has none.
    texts: Texts,
}

impl Directory {
    /// Of the contacts with these ids.
    pub(super) fn new(by_id: Ids) -> Directory {
        Directory { by_id, known_as: Vec::new() }
    }

    /// The first contact whom a text names: by its id, else by the other columns in their order.
    pub fn find(&self, name: &str, contacts: &Contacts) -> Option<ContactId> {
        let mut names = Lookup::default();
        self.look_for(&mut names, (), IdKey::of(name));
        self.begin(&mut names);
        self.finish(&mut names, |()| name, contacts)[0].found
    }

    /// Takes in the key of a name that is looked for among others, and asks for its place.
    #[inline(always)]
    pub(in crate::engine) fn look_for<T>(&self, names: &mut Lookup<T>, of: T, key: IdKey) {
        names.push(of, &self.by_id, key);
    }

    /// Begins to look for names, and asks for what is needed to go on.
    #[inline(always)]
    pub(in crate::engine) fn begin<T>(&self, names: &mut Lookup<T>) {
        names.begin(&self.by_id);
    }

    /// Whom each of the names means, as [`Directory::find`] says it; `name` gives the text of each.
    #[inline(always)]
    pub(in crate::engine) fn finish<'l, 'n, T>(
        &self,
        names: &'l mut Lookup<T>,
        name: impl Fn(&T) -> &'n str,
        contacts: &Contacts,
    ) -> &'l [Sought<T>] {
        let ask_ahead = |contact, near| contacts.ask_ahead_for_id(contact, near);
        let has_id = |of: &T, contact| contacts.id(contact) == name(of);
        let all = names.finish(&self.by_id, ask_ahead, has_id);
        if !self.known_as.is_empty() {
            self.find_by_other_names(name, contacts, all);
        }
        all
    }

    /// Looks for those who have not been found by their ids.
    #[inline(never)]
    fn find_by_other_names<'n, T>(&self, name: impl Fn(&T) -> &'n str, contacts: &Contacts, all: &mut [Sought<T>]) {
        // A name stands for an id, so for every contact that shares it.
        let first = |bearer: ContactId| match contacts.share_ids() {
            true => self.find_id(contacts.id(bearer), contacts),
            false => Some(bearer),
        };
        for names in &self.known_as {
            let mut bearers = Lookup::default();
            for sought in all.iter_mut().filter(|sought| sought.found.is_none()) {
                let name = name(&sought.of);
                bearers.push((name, sought), &names.by_name, IdKey::of_folded(name));
            }
            bearers.begin(&names.by_name);
            let ask_ahead = |contact, near| names.texts.ask_ahead(contact as usize, near);
            let has_name = |(name, _): &(&str, _), contact| names.texts.get(contact as usize) == fold(name);
            for bearer in bearers.finish(&names.by_name, ask_ahead, has_name) {
                bearer.of.1.found = bearer.found.and_then(first);
            }
        }
    }

    /// The first contact with this id.
    pub fn find_id(&self, id: &str, contacts: &Contacts) -> Option<ContactId> {
        self.by_id.find(IdKey::of(id), |contact| contacts.id(contact) == id)
    }

    /// Adds the names of a column of `also_known_by`: of each row of each contact, folded. Tells how
    /// many of them several contacts share.
    pub(super) fn add_names<'a>(
        &mut self,
        contacts: &Contacts,
        rows: impl Iterator<Item = (ContactId, &'a str)>,
    ) -> u64 {
        let mut shared: HashSet<&str, FixedState> = HashSet::default();
        let (by_name, texts) = (Ids::expecting(contacts.len()), Texts::with_room(contacts.len(), 0));
        let mut names = Names { by_name, texts };
        for (contact, name) in rows {
            // Of rows that are merged, the cell that the contact ends up with lends its name.
            let has_name = names.texts.len() > contact as usize;
            if name.is_empty() || contacts.id(contact).is_empty() || has_name {
                continue;
            }
            (names.texts.len()..contact as usize).for_each(|_| names.texts.push(""));
            names.texts.push(name);
            let is_it = |earlier: ContactId| names.texts.get(earlier as usize) == name;
            let earlier = names.by_name.find_or_insert(IdKey::of(name), contact, is_it);
            if earlier.is_some_and(|earlier| contacts.id(earlier) != contacts.id(contact)) {
                shared.insert(name);
            }
        }
        self.known_as.push(names);
        shared.len() as u64
    }
}
