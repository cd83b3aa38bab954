//! One number for each contact and fold: counts, sums, the newest and the oldest time.
//!
//! In: additions and times from any thread. Out: the numbers. A contact's numbers stand side by
//! side, four counts in the room of one sum, so that an activity touches one or two lines of memory;
//! all begin at zero, so that memory is taken for contacts of whom something is known. What does
//! not fit is carried over to a table: nothing wraps around.

use super::contacts::ContactId;
use super::fold::{Fold, Gather};
use super::plan::FoldId;
use super::row_set::RowSet;
use crate::instant::Instant;
use crate::machine;
use crate::points::Points;
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// The numbers of everybody.
#[derive(Debug)]
pub struct Numbers {
    words: Box<[AtomicU64]>,
    places: Vec<Place>,
    /// How many words a contact has, and how many of them are sums and times: the counts stand behind these.
    width: usize,
    values: usize,
    /// The folds that count, in the order of their counts.
    counting: Vec<FoldId>,
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
}

/// So many counts have room in a word: the lower fifteen bits of each are its count, the highest says
/// whether some of it was carried over.
const COUNTS: usize = 4;
const COUNT_BITS: u32 = u64::BITS / COUNTS as u32;
const COUNT: u64 = CARRIED - 1;
const CARRIED: u64 = 1 << (COUNT_BITS - 1);
/// A count beyond this gives it away to the overflow; so do sums beyond theirs. Whoever goes beyond
/// sees to it, so no number of threads can carry one past its bits.
const FULL_COUNT: u64 = 1 << (COUNT_BITS - 2);
const FULL_SUM: i64 = 1 << 62;
const LARGEST_ADDEND: i128 = 1 << 50;

impl Numbers {
    /// Zeros for so many contacts.
    pub fn new(folds: &[Fold<'_>], contacts: usize) -> Numbers {
        let mut places = vec![Place::default(); folds.len()];
        let mut width = 0;
        let has_value =
            |gather| matches!(gather, Gather::Sum(_) | Gather::Total { .. } | Gather::Newest | Gather::Oldest);
        for (place, _) in places.iter_mut().zip(folds).filter(|(_, fold)| has_value(fold.gather)) {
            place.value = width;
            width += 1;
        }
        let values = width;
        let is_counted = |fold: &FoldId| matches!(folds[*fold].gather, Gather::Count | Gather::Total { .. });
        let counting: Vec<FoldId> = (0..folds.len()).filter(is_counted).collect();
        for (number, &fold) in counting.iter().enumerate() {
            let (count, shift) = (values + number / COUNTS, COUNT_BITS * (number % COUNTS) as u32);
            places[fold] = Place { count, shift, ..places[fold] };
        }
        width += counting.len().div_ceil(COUNTS);
        let (overflow, has_overflow) = (Mutex::default(), AtomicBool::new(false));
        let words = bytemuck::zeroed_slice_box(contacts * width);
        machine::ask_for_large_pages(&words);
        Numbers { words, places, width, values, counting, overflow, has_overflow }
    }

    fn count_place(&self, contact: ContactId, fold: FoldId) -> (usize, u32) {
        let place = self.places[fold];
        (contact as usize * self.width + place.count, place.shift)
    }

    fn value_place(&self, contact: ContactId, fold: FoldId) -> usize {
        contact as usize * self.width + self.places[fold].value
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
        let before = self.words[word].fetch_add(1 << shift, Relaxed) >> shift & COUNT;
        if before >= FULL_COUNT {
            self.relieve(word, shift);
        }
    }

    /// Carries some of a count over, unless another thread has just done so. Some of it stays: a count
    /// that is zero here is zero.
    #[cold]
    fn relieve(&self, word: usize, shift: u32) {
        let relieved = |all: u64| {
            let is_full = all >> shift & COUNT > FULL_COUNT;
            is_full.then(|| (all - (FULL_COUNT << shift)) | CARRIED << shift)
        };
        if self.words[word].fetch_update(Relaxed, Relaxed, relieved).is_ok() {
            self.carry(word, shift, FULL_COUNT.into());
        }
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
        for (word, folds) in (self.values..).zip(self.counting.chunks(COUNTS)) {
            let mut counted = [RowSet::NONE; COUNTS];
            for (row, contact) in contacts.clone().enumerate() {
                let counts = self.words[contact as usize * self.width + word].load(Relaxed);
                for (number, counted) in counted.iter_mut().enumerate() {
                    counted.insert_if(counts & COUNT << (number as u32 * COUNT_BITS) != 0, row);
                }
            }
            folds.iter().zip(counted).for_each(|(&fold, counted)| by_fold[fold] = counted);
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
        let sum = self.words[word].load(Relaxed) as i64;
        Points(i128::from(sum).saturating_add(self.carried(word, 0)))
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

/// Times as numbers that grow with them; zero and its complement stand for no instant that a date
/// can give.
fn newness(time: Instant) -> u64 {
    time.0 as u64 ^ 1 << 63
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::model::Selection;
    use std::thread;

    #[test]
    fn nothing_wraps_around_whatever_the_threads() {
        let selection = Selection::default();
        let folds: Vec<Fold<'_>> = (0..6).map(|_| Fold::new(&selection, Gather::Count)).collect();
        let numbers = Numbers::new(&folds, 2);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for number in 0..100_000 {
                        numbers.add_one(1, 2);
                        if number % 4 == 0 {
                            numbers.add_one(1, 3);
                        }
                    }
                });
            }
        });
        let counts: Vec<u64> = (0..6).map(|fold| numbers.count(1, fold)).collect();
        assert_eq!(counts, [0, 0, 400_000, 100_000, 0, 0]);
        let counted = numbers.counted([0, 1].into_iter());
        let of_contacts = |fold: usize| [0, 1].map(|row| counted[fold].contains(row));
        assert!((0..6).all(|fold| of_contacts(fold) == [false, matches!(fold, 2 | 3)]));
    }
}
