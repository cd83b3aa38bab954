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
    let value_of = |contact: ContactId| found.bits(contact, rank_by[0]).filter(|_| says_value);
    let everybody = || (0..contacts.len() as ContactId).into_par_iter();
    let least_and_greatest = everybody().filter_map(value_of).map(|value| (value, value));
    let (least, greatest) =
        least_and_greatest.reduce_with(|one, other| (one.0.min(other.0), one.1.max(other.1))).unwrap_or_default();
    let room = Room::new(least, greatest);
    let letters = says_id.then(|| Letters::of(everybody().map(|contact| contacts.id(contact))));
    let place = |contact: ContactId| {
        let begin = letters.as_ref().map_or(0, |letters| letters.begin_of(contacts.id(contact)));
        Place { key: room.key(found.disqualified_by(contact).is_some(), value_of(contact), begin), contact }
    };
    let mut places = machine::large_room(contacts.len());
    everybody().map(place).collect_into_vec(&mut places);
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
    let all_alike = places.par_chunk_by_mut(|a, b| a.key == b.key).filter(|alike| alike.len() > 1);
    all_alike.for_each(|alike| alike.par_sort_unstable_by(compare));
    places.par_iter().map(|place| place.contact).collect()
}

/// What tells ids apart, in so few bits that a key holds most of it.
#[derive(Debug, Default)]
struct Letters {
    /// So many bytes are the same in all ids.
    shared: usize,
    /// The first places behind them where ids differ.
    places: Vec<Letter>,
    /// So many bits of a word they leave.
    left: u32,
}

/// A place of an id.
#[derive(Clone, Copy, Debug)]
struct Letter {
    /// Which byte it is, behind those that all ids share.
    at: usize,
    /// What is taken away from it: one less than the least, as the end of an id comes before all bytes.
    before: u8,
    /// How many bits hold what is left.
    bits: u32,
}

/// So many bytes of an id are told apart at most.
const LETTERS: usize = size_of::<u128>();

impl Letters {
    /// Those of all ids.
    fn of<'a>(ids: impl ParallelIterator<Item = &'a str> + Clone) -> Letters {
        let Some(any) = ids.clone().find_any(|_| true) else { return Letters::default() };
        let shared_with_any = |id: &str| id.bytes().zip(any.bytes()).take_while(|(one, other)| one == other).count();
        let shared = ids.clone().map(shared_with_any).min().unwrap_or_default();
        let none = || ([u8::MAX; LETTERS], [0; LETTERS]);
        let widened = |(mut before, mut last): ([u8; LETTERS], [u8; LETTERS]), id: &'a str| {
            let bytes = bytes_behind(shared, id);
            // The end of an id, which is a zero, is no least byte.
            before.iter_mut().zip(bytes).for_each(|(before, byte)| *before = (*before).min(byte.wrapping_sub(1)));
            last.iter_mut().zip(bytes).for_each(|(last, byte)| *last = (*last).max(byte));
            (before, last)
        };
        let pairs = |one: [u8; LETTERS], other: [u8; LETTERS], choose: fn(u8, u8) -> u8| {
            std::array::from_fn(|at| choose(one[at], other[at]))
        };
        let (before, last) = ids
            .fold(none, widened)
            .reduce(none, |one, other| (pairs(one.0, other.0, u8::min), pairs(one.1, other.1, u8::max)));
        let (mut places, mut left) = (Vec::new(), u64::BITS);
        for (at, (before, last)) in before.into_iter().zip(last).enumerate() {
            let bits = u8::BITS - last.saturating_sub(before).leading_zeros();
            match left.checked_sub(bits) {
                Some(less) if bits > 0 => {
                    places.push(Letter { at, before, bits });
                    left = less;
                }
                Some(_) => {}
                None => break,
            }
        }
        Letters { shared, places, left }
    }

    /// A number that ascends like the ids, in the upper bits of a word; ids that differ may have the same.
    #[inline]
    fn begin_of(&self, id: &str) -> u64 {
        let bytes = bytes_behind(self.shared, id);
        let add = |begin: u64, letter: &Letter| {
            begin << letter.bits | u64::from(bytes[letter.at % LETTERS].saturating_sub(letter.before))
        };
        self.places.iter().fold(0, add).unbounded_shl(self.left)
    }
}

/// Bytes of an id behind those that all share; zeros behind its end.
fn bytes_behind(shared: usize, id: &str) -> [u8; LETTERS] {
    first_bytes(&id.as_bytes()[shared.min(id.len())..]).to_le_bytes()
}

/// What nearly always decides where a contact is ranked. All of it ascends, whereas scores descend.
#[derive(Clone, Copy)]
struct Place {
    /// From the highest bit on: who is disqualified, the first score, and what tells the id from others.
    key: u64,
    contact: ContactId,
}

/// How the bits of a key are shared out.
struct Room {
    /// The greatest value, which comes first.
    greatest: i64,
    /// So many bits hold how far any value is from it, and one more than that for no value.
    bits: u32,
}

impl Room {
    fn new(least: i64, greatest: i64) -> Room {
        Room { greatest, bits: u64::BITS - (greatest.abs_diff(least) + 1).leading_zeros() }
    }

    fn key(&self, is_disqualified: bool, value: Option<i64>, begin_of_id: u64) -> u64 {
        let bits = self.bits.min(u64::BITS - 1);
        let rank = value.map_or(u64::MAX >> (u64::BITS - self.bits), |value| self.greatest.abs_diff(value));
        // Where there is no room for the last bit, two values share a key.
        let value = rank >> (self.bits - bits) << (u64::BITS - 1 - bits);
        u64::from(is_disqualified) << (u64::BITS - 1) | value | begin_of_id >> bits >> 1
    }
}

/// The bytes of the key, the last one first.
impl RadixKey for Place {
    const LEVELS: usize = size_of::<u64>();

    fn get_level(&self, level: usize) -> u8 {
        (self.key >> (8 * level)) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cmp::Reverse;

    fn values() -> impl Strategy<Value = Option<i64>> {
        let ends = prop_oneof![Just(i64::MIN + 1), Just(i64::MAX - 1), Just(0)];
        prop::option::of(prop_oneof![4 => -3_i64..100_000_000, 1 => ends, 1 => i64::MIN + 1..i64::MAX])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn keys_ascend_like_ranks(all in prop::collection::vec((any::<bool>(), values(), "(C{0,20}|x\\PC?)[0-9a-c]{0,12}"), 1..9)) {
            let there = || all.iter().filter_map(|(_, value, _)| *value);
            let (least, greatest) = (there().min().unwrap_or_default(), there().max().unwrap_or_default());
            let room = Room::new(least, greatest);
            let letters = Letters::of(all.par_iter().map(|(_, _, id)| id.as_str()));
            let key = |(is_disqualified, value, id): &(bool, Option<i64>, String)| {
                room.key(*is_disqualified, *value, letters.begin_of(id))
            };
            for (a, b) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
                let expected = a.0.cmp(&b.0).then(Reverse(a.1).cmp(&Reverse(b.1))).then(a.2.as_bytes().cmp(b.2.as_bytes()));
                prop_assert!(key(a).cmp(&key(b)) == expected || key(a) == key(b), "{a:?} {b:?}");
            }
        }
    }
}
