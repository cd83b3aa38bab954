//! The ledger: what has been folded so far, for each contact and fold.
//!
//! In: one activity's share in one fold of one contact, from any thread. Out: counts, sums, times
//! and units. Every entry is a sum, a maximum, a minimum or a set, so nothing depends on the order
//! in which shares come. What is one number is in `Numbers`; units, which most rules do without,
//! are kept in tables of which each holds some of the contacts behind a lock of its own.

use super::contacts::ContactId;
use super::numbers::Numbers;
use super::plan::{FoldId, Plan};
use crate::instant::Instant;
use crate::points::Points;
use foldhash::fast::FixedState;
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What tells units apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit<'a> {
    /// A day, week or month by number, or the only one.
    Number(i64),
    /// A text, folded.
    Text(&'a str),
}

/// What stands for a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// The time of its newest activity.
    pub time: Instant,
    /// The most points among the newest, or the sum of all.
    pub points: Points,
    /// How many activities it holds.
    pub count: u64,
}

/// Everything that has been folded.
#[derive(Debug)]
pub struct Ledger {
    numbers: Numbers,
    shards: Vec<Mutex<Shard>>,
}

/// The units of some of the contacts.
#[derive(Debug, Default)]
struct Shard {
    units: HashMap<(ContactId, u32, i64), Standing, FixedState>,
    recent: HashMap<(ContactId, u32), Vec<Standing>, FixedState>,
    /// Texts that tell units apart, each with its number.
    texts: HashMap<Box<str>, i64, FixedState>,
}

/// A ledger into which nothing comes any more.
#[derive(Debug)]
pub struct ClosedLedger {
    numbers: Numbers,
    /// The units of some of the contacts, by contact and fold; newest first.
    shards: Vec<Vec<((ContactId, u32), Standing)>>,
}

/// A contact's units are in the shard of this many of which its number says.
const SHARDS: usize = 64;

impl Ledger {
    /// An empty ledger for so many contacts.
    pub fn new(plan: &Plan<'_>, contacts: usize) -> Ledger {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Ledger { numbers: Numbers::new(&plan.folds, contacts), shards }
    }

    /// Asks for the numbers of a contact that will be added to soon.
    pub fn ask_ahead(&self, contact: ContactId) {
        self.numbers.ask_ahead(contact);
    }

    /// One activity more.
    pub fn add_one(&self, contact: ContactId, fold: FoldId) {
        self.numbers.add_one(contact, fold);
    }

    /// Adds to the sum of a column.
    pub fn add_number(&self, contact: ContactId, fold: FoldId, number: Points) {
        self.numbers.add(contact, fold, number);
    }

    /// One activity more, with its contribution.
    pub fn add_contribution(&self, contact: ContactId, fold: FoldId, contribution: Points) {
        self.numbers.add_one(contact, fold);
        self.numbers.add(contact, fold, contribution);
    }

    /// Keeps the newest time.
    pub fn keep_newest(&self, contact: ContactId, fold: FoldId, time: Instant) {
        self.numbers.keep_newest(contact, fold, time);
    }

    /// Keeps the oldest time.
    pub fn keep_oldest(&self, contact: ContactId, fold: FoldId, time: Instant) {
        self.numbers.keep_oldest(contact, fold, time);
    }

    /// Adds a contribution to a unit's sum.
    pub fn add_to_unit(&self, contact: ContactId, fold: FoldId, unit: Unit<'_>, contribution: Points) {
        let mut shard = self.shard(contact);
        let standing = shard.unit(contact, fold, unit);
        standing.points += contribution;
        standing.count += 1;
    }

    /// Lets an activity stand for a unit if it is the newest; among equally new the one with the
    /// most points.
    pub fn stand_for_unit(&self, contact: ContactId, fold: FoldId, unit: Unit<'_>, time: Instant, points: Points) {
        let mut shard = self.shard(contact);
        let standing = shard.unit(contact, fold, unit);
        if (time, points) > (standing.time, standing.points) {
            (standing.time, standing.points) = (time, points);
        }
        standing.count += 1;
    }

    /// Keeps an activity if it is among the newest `count`; those with more points before others.
    pub fn keep_recent(&self, contact: ContactId, fold: FoldId, time: Instant, points: Points, count: u64) {
        let mut shard = self.shard(contact);
        let kept = shard.recent.entry((contact, fold as u32)).or_default();
        kept.push(Standing { time, points, count: 1 });
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > 0 && kept.len() > count.saturating_mul(2).max(16) {
            kept.select_nth_unstable_by(count - 1, |a, b| b.cmp(a));
            kept.truncate(count);
        }
    }

    fn shard(&self, contact: ContactId) -> std::sync::MutexGuard<'_, Shard> {
        self.shards[contact as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the folding; gives the ledger from which contacts are scored.
    pub fn close(self) -> ClosedLedger {
        let shards = self.shards.into_par_iter().map(|shard| {
            let shard = shard.into_inner().unwrap_or_else(PoisonError::into_inner);
            let units = shard.units.into_iter().map(|((contact, fold, _), standing)| ((contact, fold), standing));
            let recent = shard.recent.into_iter().flat_map(|(key, all)| all.into_iter().map(move |one| (key, one)));
            let mut sorted: Vec<((ContactId, u32), Standing)> = units.chain(recent).collect();
            sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
            sorted
        });
        ClosedLedger { shards: shards.collect(), numbers: self.numbers }
    }
}

impl Shard {
    /// A unit; a new one is older than every activity and holds none.
    fn unit(&mut self, contact: ContactId, fold: FoldId, unit: Unit<'_>) -> &mut Standing {
        let key = match unit {
            Unit::Number(number) => number,
            Unit::Text(text) => self.number_of(text),
        };
        let nothing = Standing { time: Instant(i64::MIN), points: Points::ZERO, count: 0 };
        self.units.entry((contact, fold as u32, key)).or_insert(nothing)
    }

    fn number_of(&mut self, text: &str) -> i64 {
        if let Some(&number) = self.texts.get(text) {
            return number;
        }
        let number = self.texts.len() as i64;
        self.texts.insert(text.into(), number);
        number
    }
}

impl ClosedLedger {
    /// Of nobody.
    pub fn empty() -> ClosedLedger {
        ClosedLedger { numbers: Numbers::new(&[], 0), shards: Vec::new() }
    }

    /// How many activities a counting fold has taken.
    pub fn count(&self, contact: ContactId, fold: FoldId) -> u64 {
        self.numbers.count(contact, fold)
    }

    /// The sum of a column.
    pub fn sum(&self, contact: ContactId, fold: FoldId) -> Points {
        self.numbers.sum(contact, fold)
    }

    /// How many activities have contributed, and how much.
    pub fn total(&self, contact: ContactId, fold: FoldId) -> (u64, Points) {
        (self.numbers.count(contact, fold), self.numbers.sum(contact, fold))
    }

    /// The time that a fold of the newest has kept.
    pub fn newest(&self, contact: ContactId, fold: FoldId) -> Option<Instant> {
        self.numbers.newest(contact, fold)
    }

    /// The time that a fold of the oldest has kept.
    pub fn oldest(&self, contact: ContactId, fold: FoldId) -> Option<Instant> {
        self.numbers.oldest(contact, fold)
    }

    /// The units of a fold that keeps units: newest first, those with more points before others.
    pub fn units(&self, contact: ContactId, fold: FoldId) -> impl ExactSizeIterator<Item = &Standing> {
        let shard = &self.shards[contact as usize % SHARDS];
        let key = (contact, fold as u32);
        let start = shard.partition_point(|(at, _)| *at < key);
        let len = shard[start..].partition_point(|(at, _)| *at == key);
        shard[start..start + len].iter().map(|(_, standing)| standing)
    }
}
