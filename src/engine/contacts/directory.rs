//! Who is called what: from the name that an activity gives to the contact.
//!
//! In: ids and other names. Out: contacts. As large as it is, it is needed only until everybody is
//! found; so it stands beside the contacts, and goes before they are scored.

use super::{ContactId, Contacts};
use crate::engine::ids::{Ids, Sought, Texts};
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
        let mut found = [None];
        self.find_together(&[self.seek(IdKey::of(name))], |_| name, contacts, &mut found);
        found[0]
    }

    /// Where the name with a key is to be looked for.
    #[inline(always)]
    pub(in crate::engine) fn seek(&self, key: IdKey) -> Sought {
        self.by_id.seek(key)
    }

    /// Asks for the places of names that will be looked up soon. In one go: to find the way to a place takes long,
    /// and is waited for, but several can be looked for at once.
    #[inline(always)]
    pub(in crate::engine) fn ask_ahead(&self, names: &[Sought]) {
        names.iter().for_each(|&name| self.by_id.ask_ahead(name));
    }

    /// The same as [`Directory::find`], of some names whose places are known; `name` gives the text of each.
    #[inline(always)]
    pub(in crate::engine) fn find_together<'n>(
        &self,
        names: &[Sought],
        name: impl Fn(usize) -> &'n str,
        contacts: &Contacts,
        found: &mut [Option<ContactId>],
    ) {
        let ask_ahead = |contact, near| contacts.ask_ahead_for_id(contact, near);
        let has_id = |at, contact| contacts.id(contact) == name(at);
        self.by_id.find_together(names, ask_ahead, has_id, found);
        if !self.known_as.is_empty() && found.contains(&None) {
            self.find_by_other_names(name, contacts, found);
        }
    }

    /// Looks for those who have not been found by their ids.
    #[inline(never)]
    fn find_by_other_names<'n>(
        &self,
        name: impl Fn(usize) -> &'n str,
        contacts: &Contacts,
        found: &mut [Option<ContactId>],
    ) {
        // A name stands for an id, so for every contact that shares it.
        let first = |bearer: ContactId| match contacts.share_ids() {
            true => self.find_id(contacts.id(bearer), contacts),
            false => Some(bearer),
        };
        let mut left: Vec<usize> = (0..found.len()).filter(|&at| found[at].is_none()).collect();
        for names in &self.known_as {
            let sought: Vec<Sought> = left.iter().map(|&at| names.by_name.seek(IdKey::of_folded(name(at)))).collect();
            sought.iter().for_each(|&one| names.by_name.ask_ahead(one));
            let mut bearers = vec![None; left.len()];
            let ask_ahead = |contact, near| names.texts.ask_ahead(contact as usize, near);
            let has_name = |at: usize, contact| names.texts.get(contact as usize) == fold(name(left[at]));
            names.by_name.find_together(&sought, ask_ahead, has_name, &mut bearers);
            for (&at, bearer) in left.iter().zip(bearers) {
                found[at] = bearer.and_then(first);
            }
            left.retain(|&at| found[at].is_none());
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
