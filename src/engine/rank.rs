//! The order of the contacts: by their scores, then by their ids (rule reference, §7).
//!
//! In: everybody's scores. Out: the contacts by rank.

use super::contacts::{ContactId, Contacts};
use super::found::Found;
use crate::machine;
use crate::points::Points;
use crate::rules::model::Model;
use crate::value::first_bytes;
use rayon::prelude::*;
use rdst::RadixSort;
use std::cmp::Ordering;

/// The contacts by rank: by these scores, the disqualified last.
pub fn order(model: &Model, contacts: &Contacts, found: &Found) -> Vec<ContactId> {
    let (rank_by, first) = (&model.rank_by[..], &model.scores[model.rank_by[0]]);
    // Values that are too large for the key are alike there, whatever their sign: then it says nothing of
    // anybody's. Further scores are not in it.
    let says_value = !found.has_large();
    let says_id = says_value && rank_by.len() == 1;
    let value_of = |contact: ContactId| found.bits(contact, rank_by[0]).filter(|_| says_value);
    let everybody = || (0..contacts.len() as ContactId).into_par_iter();
    let least_and_greatest = everybody().filter_map(value_of).map(|value| (value, value));
    let (least, greatest) =
        least_and_greatest.reduce_with(|one, other| (one.0.min(other.0), one.1.max(other.1))).unwrap_or_default();
    let layout = Layout::new(least, greatest, Points::step(first.decimals), contacts.len());
    let id_of = |contact: usize| contacts.id_bytes(contact as ContactId);
    let letters = says_id.then(|| Letters::of(contacts.len(), id_of));
    let place = |contact: ContactId| {
        let begin = letters.as_ref().map_or(0, |letters| letters.begin_of(contacts.id_bytes(contact)));
        layout.place(found.disqualified_by(contact).is_some(), value_of(contact), begin, contact)
    };
    let mut places = machine::large_room(contacts.len());
    everybody().map(place).collect_into_vec(&mut places);
    places.radix_sort_builder().with_low_mem_tuner().sort();
    let scores = |one: ContactId, other: ContactId| {
        let scores = rank_by.iter().map(|&score| found.score(other, score).cmp(&found.score(one, score)));
        scores.fold(Ordering::Equal, Ordering::then)
    };
    let compare = |a: &u64, b: &u64| {
        let (one, other) = (layout.contact(*a), layout.contact(*b));
        let ids = || contacts.id_bytes(one).cmp(contacts.id_bytes(other));
        scores(one, other).then_with(ids).then(one.cmp(&other))
    };
    let all_alike = places.par_chunk_by_mut(|&a, &b| layout.key(a) == layout.key(b)).filter(|alike| alike.len() > 1);
    all_alike.for_each(|alike| alike.par_sort_unstable_by(compare));
    places.par_iter().map(|&place| layout.contact(place)).collect()
}

/// What tells ids apart, in so few bits that a key holds most of it.
#[derive(Debug, Default)]
struct Letters {
    /// So many bytes are passed over, which are the same in all ids.
    shared: usize,
    /// What is taken away from each byte behind them: one less than the least, as the end of an id comes
    /// before all bytes.
    before: u128,
    /// The first places there where ids differ: which bytes, and how many bits hold what is left of each.
    places: Vec<(usize, u32)>,
    /// So many bits of a word they leave.
    left: u32,
}

/// So many bytes of an id are told apart at most.
const LETTERS: usize = size_of::<u128>();
type Bytes = [u8; LETTERS];
/// So many ids are looked at by one worker at a time.
const AT_A_TIME: usize = 4096;

/// Which bytes some ids have at each of the first places.
#[derive(Clone, Copy)]
struct Spread {
    /// The least at each place, less one.
    before: Bytes,
    greatest: Bytes,
    /// How long the shortest is, as far as it is looked at.
    shortest: usize,
}

impl Spread {
    const NONE: Spread = Spread { before: [u8::MAX; LETTERS], greatest: [0; LETTERS], shortest: usize::MAX };

    fn take(&mut self, id: &[u8]) {
        let bytes = first_bytes(id);
        // A zero counts as the end of the id, behind which zeros change nothing: all bytes are looked at at once.
        self.shortest = self.shortest.min((!filled(bytes) & HIGH).trailing_zeros() as usize / 8);
        for ((before, greatest), byte) in self.before.iter_mut().zip(&mut self.greatest).zip(bytes.to_le_bytes()) {
            *before = (*before).min(byte.wrapping_sub(1));
            *greatest = (*greatest).max(byte);
        }
    }

    fn with(mut self, other: Spread) -> Spread {
        self.shortest = self.shortest.min(other.shortest);
        self.before.iter_mut().zip(other.before).for_each(|(one, other)| *one = (*one).min(other));
        self.greatest.iter_mut().zip(other.greatest).for_each(|(one, other)| *one = (*one).max(other));
        self
    }

    /// How many bits tell apart what ids have at a place; none where all have the same.
    fn bits(&self, at: usize) -> u32 {
        let kinds = self.greatest[at].saturating_sub(self.before[at]);
        if kinds <= 1 && self.shortest > at { 0 } else { u8::BITS - kinds.leading_zeros() }
    }
}

impl Letters {
    /// Those of so many ids.
    fn of<'a>(ids: usize, id_of: impl Fn(usize) -> &'a [u8] + Sync) -> Letters {
        let mut shared = 0;
        loop {
            let some = |first: usize| {
                let mut spread = Spread::NONE;
                (first..ids.min(first + AT_A_TIME)).for_each(|id| spread.take(behind(shared, id_of(id))));
                spread
            };
            let parts = (0..ids).into_par_iter().step_by(AT_A_TIME).with_max_len(1);
            let spread = parts.map(some).reduce(|| Spread::NONE, Spread::with);
            let bits: [u32; LETTERS] = std::array::from_fn(|at| spread.bits(at));
            if ids > 0 && spread.shortest >= LETTERS && bits == [0; LETTERS] {
                shared += LETTERS;
                continue;
            }
            let (mut places, mut left) = (Vec::new(), u64::BITS);
            for (at, bits) in bits.into_iter().enumerate().filter(|&(_, bits)| bits > 0) {
                let Some(less) = left.checked_sub(bits) else { break };
                places.push((at, bits));
                left = less;
            }
            return Letters { shared, before: u128::from_le_bytes(spread.before), places, left };
        }
    }

    /// A number that ascends like the ids, in the upper bits of a word; ids that differ may have the same.
    #[inline]
    fn begin_of(&self, id: &[u8]) -> u64 {
        let bytes = first_bytes(behind(self.shared, id));
        // Nothing is taken away from zeros; of all others no more than they are.
        let there = filled(bytes);
        let letters = (bytes - (self.before & (there | (there - (there >> 7))))).to_le_bytes();
        let add = |begin: u64, &(at, bits): &(usize, u32)| begin << bits | u64::from(letters[at % LETTERS]);
        self.places.iter().fold(0, add).unbounded_shl(self.left)
    }
}

const HIGH: u128 = u128::from_le_bytes([0x80; LETTERS]);

/// The highest bit of each byte that is not zero.
#[inline(always)]
fn filled(bytes: u128) -> u128 {
    (((bytes & !HIGH) + !HIGH) | bytes) & HIGH
}

/// An id without so many bytes that all share.
#[inline(always)]
fn behind(shared: usize, id: &[u8]) -> &[u8] {
    id.get(shared..).unwrap_or_default()
}

/// How the bits of a place are shared out: what nearly always decides where a contact is ranked, and the contact. From
/// the highest bit on: who is disqualified, the first score, what tells the id from others, and the number of the
/// contact. All of it ascends, whereas scores descend.
struct Layout {
    /// The greatest value, which comes first.
    greatest: i64,
    /// All values are multiples of this, as scores are rounded last.
    step: u64,
    /// So many bits hold how many steps any value is from the greatest, and one more than that for no value.
    value_bits: u32,
    /// So many bits hold any contact.
    contact_bits: u32,
}

impl Layout {
    fn new(least: i64, greatest: i64, step: u64, contacts: usize) -> Layout {
        let value_bits = u64::BITS - (greatest.abs_diff(least) / step + 1).leading_zeros();
        Layout { greatest, step, value_bits, contact_bits: usize::BITS - contacts.leading_zeros() }
    }

    fn place(&self, is_disqualified: bool, value: Option<i64>, begin_of_id: u64, contact: ContactId) -> u64 {
        let bits = self.value_bits.min(u64::BITS - 1);
        let rank = match value {
            Some(value) => self.greatest.abs_diff(value) / self.step,
            None => u64::MAX >> (u64::BITS - self.value_bits),
        };
        debug_assert!(value.is_none_or(|value| self.greatest.abs_diff(value).is_multiple_of(self.step)));
        // Where there is no room for the last bits, several values share a key.
        let value = rank >> (self.value_bits - bits) << (u64::BITS - 1 - bits);
        let all = u64::from(is_disqualified) << (u64::BITS - 1) | value | begin_of_id >> bits >> 1;
        all >> self.contact_bits << self.contact_bits | u64::from(contact)
    }

    /// What decides the rank.
    fn key(&self, place: u64) -> u64 {
        place >> self.contact_bits
    }

    fn contact(&self, place: u64) -> ContactId {
        (place & ((1 << self.contact_bits) - 1)) as ContactId
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
        fn places_ascend_like_ranks(
            all in prop::collection::vec((any::<bool>(), values(), "(C{0,20}|C{40}|x\\PC?|C{0,3}\\x00)[0-9a-c]{0,12}"), 1..9),
            decimals in 0_u8..=6, others in prop_oneof![Just(0), Just(1 << 20), Just(u32::MAX as usize - 9)],
        ) {
            let step = Points::step(decimals);
            let all: Vec<_> = all.into_iter().map(|(is_disqualified, value, id)| {
                (is_disqualified, value.map(|value| value / step as i64 * step as i64), id)
            }).collect();
            let there = || all.iter().filter_map(|(_, value, _)| *value);
            let (least, greatest) = (there().min().unwrap_or_default(), there().max().unwrap_or_default());
            let layout = Layout::new(least, greatest, step, others + all.len());
            let letters = Letters::of(all.len(), |at| all[at].2.as_bytes());
            let place = |at: usize| {
                let (is_disqualified, value, id) = &all[at];
                let contact = (others + at) as ContactId;
                let place = layout.place(*is_disqualified, *value, letters.begin_of(id.as_bytes()), contact);
                assert_eq!(layout.contact(place), contact);
                place
            };
            for (one, other) in (0..all.len()).flat_map(|one| (0..all.len()).map(move |other| (one, other))) {
                let (a, b) = (&all[one], &all[other]);
                let expected = a.0.cmp(&b.0).then(Reverse(a.1).cmp(&Reverse(b.1))).then(a.2.as_bytes().cmp(b.2.as_bytes()));
                let found = layout.key(place(one)).cmp(&layout.key(place(other)));
                prop_assert!(found == expected || (found.is_eq() && a.0 == b.0), "{a:?} {b:?}");
                prop_assert!(found != Ordering::Equal || place(one).cmp(&place(other)) == one.cmp(&other));
            }
        }
    }

    #[test]
    fn a_key_nearly_always_tells_all_contacts_apart() {
        // A score to hundredths and an id of eight digits, of a million contacts.
        let all = (0..1000_u64).map(|at| (at as i64 % 7 * 10_000, format!("C{:08}", at * 48_271 % 90_000_000)));
        let all: Vec<(i64, String)> = all.collect();
        let layout = Layout::new(0, 100_000_000, Points::step(2), 1_000_000);
        let letters = Letters::of(all.len(), |at| all[at].1.as_bytes());
        let key = |(value, id): &(i64, String)| {
            layout.key(layout.place(false, Some(*value), letters.begin_of(id.as_bytes()), 0))
        };
        let mut keys: Vec<u64> = all.iter().map(key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert!(keys.len() > 990, "{}", keys.len());
    }
}
