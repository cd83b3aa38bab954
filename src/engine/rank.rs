//! The order of the contacts: by their scores, then by their ids (rule reference, §7).
//!
//! In: everybody's scores. Out: the contacts by rank.

use super::contacts::{ContactId, Contacts};
use super::found::Found;
use crate::machine;
use crate::rules::model::ScoreId;
use crate::value::first_bytes;
use rayon::prelude::*;
use rdst::{RadixKey, RadixSort};
use std::cmp::Ordering;

/// The contacts by rank: by these scores, the disqualified last.
pub fn order(rank_by: &[ScoreId], contacts: &Contacts, found: &Found) -> Vec<ContactId> {
    // Values that are too large for the key are alike there, whatever their sign: then it says nothing of
    // anybody's. Further scores are not in it.
    let says_value = !found.has_large();
    let says_id = says_value && rank_by.len() == 1;
    let place = |contact: ContactId| {
        let value = if says_value { found.bits(contact, rank_by[0]) } else { 0 };
        let id = if says_id { contacts.id(contact) } else { "" };
        Place::new(contact, found.disqualified_by(contact).is_some(), value, id)
    };
    let mut places = machine::large_room(contacts.len());
    (0..contacts.len() as ContactId).into_par_iter().map(place).collect_into_vec(&mut places);
    places.radix_sort_builder().with_low_mem_tuner().sort();
    let scores = |one: ContactId, other: ContactId| {
        let scores = rank_by.iter().map(|&score| found.score(other, score).cmp(&found.score(one, score)));
        scores.fold(Ordering::Equal, Ordering::then)
    };
    let compare = |a: &Place, b: &Place| {
        let (one, other) = (a.contact, b.contact);
        let ids = || contacts.id(one).as_bytes().cmp(contacts.id(other).as_bytes());
        scores(one, other).then_with(ids).then(one.cmp(&other))
    };
    for alike in places.chunk_by_mut(|a, b| a.key() == b.key()).filter(|alike| alike.len() > 1) {
        alike.par_sort_unstable_by(compare);
    }
    places.par_iter().map(|place| place.contact).collect()
}

/// What nearly always decides where a contact is ranked: the first score, and how the id begins. All of
/// it ascends, whereas scores descend, and no value comes last.
#[derive(Clone, Copy)]
struct Place {
    value: u64,
    id: u64,
    contact: ContactId,
    is_disqualified: bool,
}

impl Place {
    fn new(contact: ContactId, is_disqualified: bool, value: i64, id: &str) -> Place {
        let begin = (first_bytes(id.as_bytes()) as u64).swap_bytes();
        Place { value: !(value as u64 ^ 1 << 63), id: begin, contact, is_disqualified }
    }

    fn key(&self) -> (bool, u64, u64) {
        (self.is_disqualified, self.value, self.id)
    }
}

/// The bytes of the key, the last one first.
impl RadixKey for Place {
    const LEVELS: usize = 17;

    fn get_level(&self, level: usize) -> u8 {
        match level {
            0..8 => (self.id >> (8 * level)) as u8,
            8..16 => (self.value >> (8 * (level - 8))) as u8,
            _ => u8::from(self.is_disqualified),
        }
    }
}
