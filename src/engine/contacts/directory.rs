//! Who is called what: from the name that an activity gives to the contact.
//!
//! In: ids and other names. Out: contacts. As large as it is, it is needed only until everybody is
//! found; so it stands beside the contacts, and goes before they are scored.

use super::{ContactId, Contacts};
use crate::engine::ids::{Ids, Key, Sought};
use crate::value::fold;
use foldhash::fast::FixedState;
use std::collections::{HashMap, HashSet};

/// The contacts by their names.
#[derive(Debug)]
pub struct Directory {
    by_id: Ids,
    /// For each column of `also_known_by` the contact of each name, folded.
    known_as: Vec<HashMap<Box<str>, ContactId, FixedState>>,
}

impl Directory {
    /// Of the contacts with these ids; with room for so many columns of names.
    pub(super) fn new(by_id: Ids, names: usize) -> Directory {
        Directory { by_id, known_as: vec![HashMap::default(); names] }
    }

    /// The first contact whom a text names: by its id, else by the other columns in their order.
    pub fn find(&self, name: &str, contacts: &Contacts) -> Option<ContactId> {
        self.find_sought(self.seek(Key::of(name)), || name, contacts)
    }

    /// Where the name with a key is to be looked for.
    #[inline(always)]
    pub(in crate::engine) fn seek(&self, key: Key) -> Sought {
        self.by_id.seek(key)
    }

    /// Asks for the places of names that will be looked up soon. In one go: to find the way to a place takes long,
    /// and is waited for, but several can be looked for at once.
    #[inline(always)]
    pub(in crate::engine) fn ask_ahead(&self, names: impl Iterator<Item = Sought>) {
        names.for_each(|name| self.by_id.ask_ahead(name));
    }

    /// The same as [`Directory::find`], of a name whose place is known.
    #[inline(always)]
    pub(in crate::engine) fn find_sought<'n>(
        &self,
        sought: Sought,
        name: impl Fn() -> &'n str,
        contacts: &Contacts,
    ) -> Option<ContactId> {
        // Nearly always nobody need look at the name itself.
        if sought.is_sure() && self.known_as.is_empty() {
            return self.by_id.find_sought(sought, |_| true);
        }
        self.find_by_name(sought, name(), contacts)
    }

    #[inline(never)]
    fn find_by_name(&self, sought: Sought, name: &str, contacts: &Contacts) -> Option<ContactId> {
        let found = self.by_id.find_sought(sought, |contact| contacts.id(contact) == name);
        if found.is_some() || self.known_as.is_empty() {
            return found;
        }
        let folded = fold(name);
        self.known_as.iter().find_map(|names| names.get(&*folded).copied())
    }

    /// The first contact with this id.
    pub fn find_id(&self, id: &str, contacts: &Contacts) -> Option<ContactId> {
        self.by_id.find(Key::of(id), |contact| contacts.id(contact) == id)
    }

    /// Adds the names of a column of `also_known_by`: of each row of each contact, folded. Tells how
    /// many of them several contacts share.
    pub(super) fn add_names<'a>(
        &mut self,
        column: usize,
        contacts: &Contacts,
        rows: impl Iterator<Item = (ContactId, &'a str)>,
    ) -> u64 {
        let mut shared: HashSet<&str, FixedState> = HashSet::default();
        // Of rows that are merged, the cell that the contact ends up with lends its name.
        let mut has_name = vec![false; contacts.len()];
        for (contact, name) in rows {
            if name.is_empty() || contacts.id(contact).is_empty() || has_name[contact as usize] {
                continue;
            }
            has_name[contact as usize] = true;
            match self.known_as[column].get(name) {
                None => {
                    // The name stands for the id, so for every contact that shares it.
                    let first = self.find_id(contacts.id(contact), contacts).unwrap_or(contact);
                    self.known_as[column].insert(name.into(), first);
                }
                Some(&holder) if contacts.id(holder) != contacts.id(contact) => {
                    shared.insert(name);
                }
                Some(_) => {}
            }
        }
        shared.len() as u64
    }
}
