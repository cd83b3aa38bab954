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
    let place = |contact: ContactId| Place::new(rank_by[0], contacts, found, contact);
    let mut places = machine::large_room(contacts.len());
    (0..contacts.len() as ContactId).into_par_iter().map(place).collect_into_vec(&mut places);
    // Values that are too large for the key are alike there, and further scores are not in it.
    let is_key_enough = rank_by.len() == 1 && !found.has_large();
    let compare = |a: &Place, b: &Place| {
        let (one, other) = (a.contact, b.contact);
        let scores = || {
            let scores = rank_by.iter().map(|&score| found.score(other, score).cmp(&found.score(one, score)));
            scores.fold(Ordering::Equal, Ordering::then).then(a.id.cmp(&b.id))
        };
        let keys = || if is_key_enough { a.key().cmp(&b.key()) } else { scores() };
        let ids = || contacts.id(one).as_bytes().cmp(contacts.id(other).as_bytes());
        a.is_disqualified.cmp(&b.is_disqualified).then_with(keys).then_with(ids).then(one.cmp(&other))
    };
    places.par_sort_unstable_by(compare);
    places.into_iter().map(|place| place.contact).collect()
}

/// What nearly always decides where a contact is ranked: the first score, and how the id begins. All of
/// it ascends, whereas scores descend, and no value comes last.
struct Place {
    value: u64,
    id: u64,
    contact: ContactId,
    is_disqualified: bool,
}

impl Place {
    fn new(score: ScoreId, contacts: &Contacts, found: &Found, contact: ContactId) -> Place {
        let (value, id) = (found.bits(contact, score), contacts.id(contact));
        let mut begin = [0; 8];
        let length = id.len().min(begin.len());
        begin[..length].copy_from_slice(&id.as_bytes()[..length]);
        Place {
            value: !(value as u64 ^ 1 << 63),
            id: u64::from_be_bytes(begin),
            contact,
            is_disqualified: found.disqualified_by(contact).is_some(),
        }
    }

    /// Both as one number: that is compared without a branch that nobody could foresee.
    fn key(&self) -> u128 {
        u128::from(self.value) << 64 | u128::from(self.id)
    }
}
