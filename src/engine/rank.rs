//! The order of the contacts: by their scores, then by their ids (rule reference, §7).
//!
//! In: everybody's scores. Out: the contacts by rank.

use super::contacts::{ContactId, Contacts};
use super::found::Found;
use crate::machine;
use crate::rules::model::ScoreId;
use rayon::prelude::*;
use std::cmp::Ordering;

/// The contacts by rank: by these scores, the disqualified last.
pub fn order(rank_by: &[ScoreId], contacts: &Contacts, found: &Found) -> Vec<ContactId> {
    let mut taking_part = machine::large_room(contacts.len());
    let mut disqualified = Vec::new();
    for contact in 0..contacts.len() as ContactId {
        let place = Place::new(found.bits(contact, rank_by[0]), contacts.id(contact), contact);
        let is_out = found.disqualified_by(contact).is_some();
        if is_out { &mut disqualified } else { &mut taking_part }.push(place);
    }
    // Values that are too large for the key are alike there, and further scores are not in it.
    let is_key_enough = rank_by.len() == 1 && !found.has_large();
    let compare = |a: &Place, b: &Place| {
        let (one, other) = (a.contact, b.contact);
        let scores = || {
            let scores = rank_by.iter().map(|&score| found.score(other, score).cmp(&found.score(one, score)));
            scores.fold(Ordering::Equal, Ordering::then).then(a.id.cmp(&b.id))
        };
        let keys = if is_key_enough { a.key().cmp(&b.key()) } else { scores() };
        let ids = || contacts.id(one).as_bytes().cmp(contacts.id(other).as_bytes());
        keys.then_with(ids).then(one.cmp(&other))
    };
    taking_part.par_sort_unstable_by(compare);
    disqualified.par_sort_unstable_by(compare);
    taking_part.into_iter().chain(disqualified).map(|place| place.contact).collect()
}

/// What nearly always decides where a contact is ranked: the first score, and how the id begins. All of
/// it ascends, whereas scores descend, and no value comes last.
struct Place {
    value: u64,
    id: u64,
    contact: ContactId,
}

impl Place {
    fn new(value: i64, id: &str, contact: ContactId) -> Place {
        let mut begin = [0; 8];
        let length = id.len().min(begin.len());
        begin[..length].copy_from_slice(&id.as_bytes()[..length]);
        Place { value: !(value as u64 ^ 1 << 63), id: u64::from_be_bytes(begin), contact }
    }

    /// Both as one number: that is compared without a branch that nobody could foresee.
    fn key(&self) -> u128 {
        u128::from(self.value) << 64 | u128::from(self.id)
    }
}
