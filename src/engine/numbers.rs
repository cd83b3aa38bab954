//! One number for each contact and fold: counts, sums, the newest and the oldest time.
//!
//! In: additions and times from any thread. Out: the numbers. A contact's numbers stand side by
//! side, eight counts in the room of one sum, small points with their count and three others in one
//! word, so that an activity touches a line of memory or two; all begin at zero, so that memory
//! is taken for contacts of whom something is known. What does not fit is carried over to a table:
//! nothing wraps around.

use super::contacts::ContactId;
use super::fold::{Fold, Gather};
use super::plan::FoldId;
use super::row_set::{ROWS, RowSet};
use crate::instant::Instant;
use crate::machine::{self, Room};
use crate::points::Points;
use crate::rules::model::Worth;
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// The numbers of everybody.
#[derive(Debug)]
pub struct Numbers {
    words: Room<AtomicU64>,
    places: Vec<Place>,
    /// How many words a contact has.
    width: usize,
    /// The words that hold counts, and which of their eighths are the counts of which folds.
    counts: Vec<(usize, Vec<(u32, FoldId)>)>,
    /// What does not fit, by word and by bit where its number begins.
    overflow: Mutex<HashMap<(usize, u32), i128, FixedState>>,
    has_overflow: AtomicBool,
}

/// Where a fold's numbers are among a contact's words.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// The word of the count.
    count: usize,
    /// The bit of it where the count begins.
    shift: u32,
    /// The word of the sum or the time.
    value: usize,
    /// Whether the sum shares it with counts.
    is_narrow: bool,
}

/// So many counts have room in a word: the lower seven bits of each are its count, the highest says
/// whether some of it was carried over.
const COUNTS: u32 = 8;
const COUNT_BITS: u32 = u64::BITS / COUNTS;
const COUNT: u64 = CARRIED - 1;
const CARRIED: u64 = 1 << (COUNT_BITS - 1);
/// So much of a count is carried over when one more would go past its bits. The rest stays: a count that is
/// zero here is zero.
const AWAY: u64 = CARRIED / 2;
/// A sum beyond this gives it away to the overflow. Whoever goes beyond sees to it, so no number of threads can
/// carry one past its bits.
const FULL_SUM: i64 = 1 << 62;
const LARGEST_ADDEND: i128 = 1 << 50;
/// So many words have bits for their counts in one word.
const WORDS: usize = (u64::BITS / COUNTS) as usize;
/// A narrow sum has the upper 31 bits of its word; the bit below says whether some of it was carried over. Below that
/// there are counts.
const NARROW: u32 = u64::BITS - 31;
const NARROW_COUNTS: u32 = (NARROW - 1) / COUNT_BITS;
const NARROW_CARRIED: u64 = 1 << (NARROW - 1);
/// Points of which at least 64 fit into a narrow sum.
const NARROW_POINTS: i128 = 1 << 24;

impl Numbers {
    /// Zeros for so many contacts.
    pub fn new(folds: &[Fold<'_>], contacts: usize) -> Numbers {
        let mut places = vec![Place::default(); folds.len()];
        let mut width = 0;
        let mut next_word = || {
            width += 1;
            width - 1
        };
        // Where counts have room, and which folds still need some.
        let (mut free, mut counting) = (Vec::new(), Vec::new());
        for (fold, place) in places.iter_mut().enumerate() {
            match folds[fold].gather {
                gather if is_narrow(gather) => {
                    let word = next_word();
                    *place = Place { count: word, shift: 0, value: word, is_narrow: true };
                    free.extend((1..NARROW_COUNTS).map(|number| (word, COUNT_BITS * number)));
                }
                Gather::Total { .. } => {
                    place.value = next_word();
                    counting.push(fold);
                }
                Gather::Sum(_) | Gather::Newest | Gather::Oldest => place.value = next_word(),
                Gather::Count => counting.push(fold),
                Gather::Days { .. } | Gather::Recent { .. } | Gather::Units { .. } => {}
            }
        }
        for fold in counting {
            if free.is_empty() {
                let word = next_word();
                free.extend((0..COUNTS).map(|number| (word, COUNT_BITS * number)));
            }
            let (count, shift) = free.remove(0);
            places[fold] = Place { count, shift, ..places[fold] };
        }
        let mut counts = vec![Vec::new(); width];
        let is_counted = |fold: &FoldId| matches!(folds[*fold].gather, Gather::Count | Gather::Total { .. });
        for fold in (0..folds.len()).filter(is_counted) {
            counts[places[fold].count].push((places[fold].shift, fold));
        }
        let counts = counts.into_iter().enumerate().filter(|(_, folds)| !folds.is_empty()).collect();
        let (overflow, has_overflow) = (Mutex::default(), AtomicBool::new(false));
        let words = machine::zeros(contacts * width);
        Numbers { words, places, width, counts, overflow, has_overflow }
    }

    fn count_place(&self, contact: ContactId, fold: FoldId) -> (usize, u32) {
        let place = self.places[fold];
        (contact as usize * self.width + place.count, place.shift)
    }

    fn value_place(&self, contact: ContactId, fold: FoldId) -> usize {
        contact as usize * self.width + self.places[fold].value
    }

    /// How many bytes of memory they take.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.words)
    }

    /// Asks for the numbers of a contact that will be added to soon.
    pub fn ask_ahead(&self, contact: ContactId) {
        let start = contact as usize * self.width;
        machine::ask_ahead_for_all(&self.words, start..start + self.width);
    }

    /// Counts one more.
    #[inline]
    pub fn add_one(&self, contact: ContactId, fold: FoldId) {
        let (word, shift) = self.count_place(contact, fold);
        let added = |all: u64| Some(with_one_more(all, shift));
        let before = self.words[word].fetch_update(Relaxed, Relaxed, added).unwrap_or_default();
        self.carry_count(before, word, shift);
    }

    /// Carries over what one more has carried away from a count, before which the word was `before`.
    #[inline(always)]
    fn carry_count(&self, before: u64, word: usize, shift: u32) {
        if is_full(before, shift) {
            self.carry(word, shift, AWAY.into());
        }
    }

    /// Counts one more and adds its points.
    #[inline]
    pub fn add_contribution(&self, contact: ContactId, fold: FoldId, points: Points) {
        if self.places[fold].is_narrow {
            self.add_narrow(self.value_place(contact, fold), points);
        } else {
            self.add_one(contact, fold);
            self.add(contact, fold, points);
        }
    }

    /// The same in a word that has both.
    #[inline]
    fn add_narrow(&self, word: usize, points: Points) {
        let addend = i64::try_from(points.0).ok().and_then(|points| points.checked_mul(1 << NARROW));
        let mut carried = None;
        let added = |all: u64| {
            let sum = addend.and_then(|addend| (all as i64).checked_add(addend));
            carried = if sum.is_some() { None } else { Some(i128::from(narrow_sum(all)).saturating_add(points.0)) };
            let all = sum.map_or(all & (NARROW_CARRIED - 1) | NARROW_CARRIED, |sum| sum as u64);
            Some(with_one_more(all, 0))
        };
        let before = self.words[word].fetch_update(Relaxed, Relaxed, added).unwrap_or_default();
        if let Some(sum) = carried {
            self.carry(word, NARROW, sum);
        }
        self.carry_count(before, word, 0);
    }

    /// Adds to a sum.
    #[inline]
    pub fn add(&self, contact: ContactId, fold: FoldId, points: Points) {
        let word = self.value_place(contact, fold);
        if points.0.abs() >= LARGEST_ADDEND {
            return self.carry(word, 0, points.0);
        }
        let before = self.words[word].fetch_add(points.0 as u64, Relaxed) as i64;
        if before.abs() > FULL_SUM {
            let away = FULL_SUM * before.signum();
            self.words[word].fetch_sub(away as u64, Relaxed);
            self.carry(word, 0, away.into());
        }
    }

    #[cold]
    fn carry(&self, word: usize, shift: u32, points: i128) {
        self.has_overflow.store(true, Relaxed);
        let mut overflow = self.overflow.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = overflow.entry((word, shift)).or_insert(0);
        *sum = sum.saturating_add(points);
    }

    #[inline]
    fn carried(&self, word: usize, shift: u32) -> i128 {
        if !self.has_overflow.load(Relaxed) {
            return 0;
        }
        let overflow = self.overflow.lock().unwrap_or_else(PoisonError::into_inner);
        overflow.get(&(word, shift)).copied().unwrap_or(0)
    }

    /// Keeps the newest time.
    pub fn keep_newest(&self, contact: ContactId, fold: FoldId, time: Instant) {
        self.words[self.value_place(contact, fold)].fetch_max(newness(time), Relaxed);
    }

    /// Keeps the oldest time.
    pub fn keep_oldest(&self, contact: ContactId, fold: FoldId, time: Instant) {
        self.words[self.value_place(contact, fold)].fetch_max(!newness(time), Relaxed);
    }

    /// For each fold the contacts of whom it may have counted something: all, if it is one that counts none.
    pub fn counted(&self, contacts: impl ExactSizeIterator<Item = ContactId> + Clone) -> Vec<RowSet> {
        let mut by_fold = vec![RowSet::first(contacts.len()); self.places.len()];
        for words in self.counts.chunks(WORDS) {
            let mut there = [0; ROWS];
            for (there, contact) in there.iter_mut().zip(contacts.clone()) {
                for (at, (word, _)) in (0..).zip(words) {
                    let counts = self.words[contact as usize * self.width + word].load(Relaxed);
                    *there |= counts_there(counts) << (COUNTS * at);
                }
            }
            let rows_of = RowSet::of_bits(there);
            for (at, (_, folds)) in (0..).zip(words) {
                // What stands in the other eighths is part of a sum, or nobody's.
                let of_count = |shift: u32| rows_of[(COUNTS * at + shift / COUNT_BITS) as usize];
                folds.iter().for_each(|&(shift, fold)| by_fold[fold] = of_count(shift));
            }
        }
        by_fold
    }

    /// What was counted.
    #[inline]
    pub fn count(&self, contact: ContactId, fold: FoldId) -> u64 {
        let (word, shift) = self.count_place(contact, fold);
        let all = self.words[word].load(Relaxed) >> shift;
        let carried = if all & CARRIED == 0 { 0 } else { self.carried(word, shift) as u64 };
        (all & COUNT) + carried
    }

    /// What was added.
    #[inline]
    pub fn sum(&self, contact: ContactId, fold: FoldId) -> Points {
        let word = self.value_place(contact, fold);
        let all = self.words[word].load(Relaxed);
        let (sum, carried) = match self.places[fold].is_narrow {
            true if all & NARROW_CARRIED == 0 => (narrow_sum(all), 0),
            true => (narrow_sum(all), self.carried(word, NARROW)),
            false => (all as i64, self.carried(word, 0)),
        };
        Points(i128::from(sum).saturating_add(carried))
    }

    /// The newest time.
    pub fn newest(&self, contact: ContactId, fold: FoldId) -> Option<Instant> {
        match self.words[self.value_place(contact, fold)].load(Relaxed) {
            0 => None,
            newness => Some(Instant((newness ^ 1 << 63) as i64)),
        }
    }

    /// The oldest time.
    pub fn oldest(&self, contact: ContactId, fold: FoldId) -> Option<Instant> {
        match self.words[self.value_place(contact, fold)].load(Relaxed) {
            0 => None,
            oldness => Some(Instant((!oldness ^ 1 << 63) as i64)),
        }
    }
}

/// A bit for each of the counts in a word that is not zero.
fn counts_there(counts: u64) -> u64 {
    const ONE_EACH: u64 = u64::MAX / ((1 << COUNT_BITS) - 1);
    // Into the highest bit of each byte a one is carried by any other bit of it.
    let carried = (counts & (ONE_EACH * COUNT)) + ONE_EACH * COUNT;
    let there = carried >> (COUNT_BITS - 1) & ONE_EACH;
    // The eight bits come to stand side by side at the top; no two others meet.
    there.wrapping_mul(0x0102_0408_1020_4080) >> (u64::BITS - COUNTS)
}

/// Whether one more would go past the bits of a count.
#[inline(always)]
fn is_full(all: u64, shift: u32) -> bool {
    all >> shift & COUNT == COUNT
}

/// A word with one more at a count; where there is no room for it, some of the count is carried away.
#[inline(always)]
fn with_one_more(all: u64, shift: u32) -> u64 {
    if is_full(all, shift) { (all - ((AWAY - 1) << shift)) | CARRIED << shift } else { all + (1 << shift) }
}

/// Whether what is gathered fits into a word with its count.
fn is_narrow(gather: Gather<'_>) -> bool {
    matches!(gather, Gather::Total { worth: Worth::Points(points), .. } if points.0.abs() <= NARROW_POINTS)
}

fn narrow_sum(all: u64) -> i64 {
    all as i64 >> NARROW
}

/// Times as numbers that grow with them; zero and its complement stand for no instant that a date
/// can give.
fn newness(time: Instant) -> u64 {
    time.0 as u64 ^ 1 << 63
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::model::Selection;
    use proptest::prelude::*;
    use std::thread;

    /// Folds that count, one more with small points and one with large ones.
    fn folds<'f>(selection: &'f Selection, small: &'f Worth, large: &'f Worth) -> Vec<Fold<'f>> {
        let total = |worth| Gather::Total { worth, decay: None };
        let mut all: Vec<Fold<'_>> = (0..6).map(|_| Fold::new(selection, Gather::Count)).collect();
        all[1].gather = total(small);
        all[4].gather = total(large);
        all
    }

    #[test]
    fn nothing_wraps_around_whatever_the_threads() {
        let (selection, small, large) = (Selection::default(), worth(16_000_000), worth(17_000_000));
        let numbers = Numbers::new(&folds(&selection, &small, &large), 2);
        assert_eq!(numbers.width, 3);
        thread::scope(|scope| {
            for thread in 0..4 {
                let numbers = &numbers;
                scope.spawn(move || {
                    for number in 0..100_000 {
                        numbers.add_one(1, 2);
                        if number % 4 == 0 {
                            numbers.add_one(1, 3);
                        }
                        numbers.add_contribution(1, 1, Points(16_000_000 - thread));
                        numbers.add_contribution(1, 4, Points(-17_000_000 - thread));
                    }
                });
            }
        });
        let counts: Vec<u64> = (0..6).map(|fold| numbers.count(1, fold)).collect();
        assert_eq!(counts, [0, 400_000, 400_000, 100_000, 400_000, 0]);
        assert_eq!(numbers.sum(1, 1), Points(100_000 * (4 * 16_000_000 - 6)));
        assert_eq!(numbers.sum(1, 4), Points(100_000 * (4 * -17_000_000 - 6)));
        let counted = numbers.counted([0, 1].into_iter());
        let of_contacts = |fold: usize| [0, 1].map(|row| counted[fold].contains(row));
        assert!((0..6).all(|fold| of_contacts(fold) == [false, matches!(fold, 1..=4)]));
    }

    fn worth(micro: i128) -> Worth {
        Worth::Points(Points(micro))
    }

    #[test]
    fn whoever_has_counts_is_found_among_many_folds() {
        let selection = Selection::default();
        let folds: Vec<Fold<'_>> = (0..150).map(|_| Fold::new(&selection, Gather::Count)).collect();
        let numbers = Numbers::new(&folds, 64);
        let has = |contact: usize, fold: usize| (contact * 7 + fold * fold).is_multiple_of(5);
        for (contact, fold) in (0..64).flat_map(|contact| (0..150).map(move |fold| (contact, fold))) {
            (0..contact * 50).filter(|_| has(contact, fold)).for_each(|_| numbers.add_one(contact as ContactId, fold));
        }
        for contacts in [0..64, 5..40_usize] {
            let counted = numbers.counted((contacts.clone()).map(|contact| contact as ContactId));
            for (fold, counted) in counted.into_iter().enumerate() {
                assert!(
                    counted.eq(contacts
                        .clone()
                        .zip(0..)
                        .filter(|&(one, _)| one > 0 && has(one, fold))
                        .map(|(_, row)| row))
                );
            }
        }
    }

    proptest! {
        #[test]
        fn sums_are_exact_whatever_is_added(
            addends in prop::collection::vec(prop_oneof![
                3 => -NARROW_POINTS..=NARROW_POINTS,
                1 => -3 * NARROW_POINTS * 64..3 * NARROW_POINTS * 64,
                1 => -(1_i128 << 70)..1_i128 << 70,
            ], 0..300)
        ) {
            let (selection, small, large) = (Selection::default(), worth(1), worth(NARROW_POINTS + 1));
            let numbers = Numbers::new(&folds(&selection, &small, &large), 1);
            for fold in [1, 4] {
                addends.iter().for_each(|&addend| numbers.add_contribution(0, fold, Points(addend)));
                prop_assert_eq!(numbers.sum(0, fold), Points(addends.iter().sum()));
            }
            let counts: Vec<u64> = (0..6).map(|fold| numbers.count(0, fold)).collect();
            let count = addends.len() as u64;
            prop_assert_eq!(counts, [0, count, 0, 0, count, 0]);
        }
    }
}
