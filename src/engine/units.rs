//! Units: activities of one contact and fold that are told apart by day, page or moment.
//!
//! In: activities from any thread, each with the number of its unit. Out: for each contact and fold
//! its units, newest first. While activities come, units stand in tables of which each holds some
//! of the contacts behind a lock of its own; then each contact's are put side by side.

use super::contacts::ContactId;
use super::plan::FoldId;
use crate::instant::Instant;
use crate::points::Points;
use foldhash::fast::FixedState;
use rayon::prelude::*;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// Units to which activities come.
#[derive(Debug)]
pub struct Units {
    shards: Vec<Mutex<Shard>>,
    /// Texts that tell units apart, each with its number.
    texts: Vec<Mutex<HashMap<Box<str>, i64, FixedState>>>,
}

/// The units of some of the contacts.
#[derive(Debug, Default)]
struct Shard {
    units: HashMap<(ContactId, u32, i64), Standing, FixedState>,
    recent: HashMap<(ContactId, u32), Vec<Standing>, FixedState>,
}

/// Units to which nothing comes any more.
#[derive(Debug, Default)]
pub struct ClosedUnits {
    shards: Vec<ClosedShard>,
}

/// The units of some of the contacts, one contact's after the other's: by fold, newest first.
#[derive(Debug, Default)]
struct ClosedShard {
    /// Where the units of each contact begin, and behind the last one where they end.
    starts: Vec<usize>,
    folds: Vec<u32>,
    standings: Vec<Standing>,
}

/// A contact's units are in the shard of this many of which its number says; so are texts.
const SHARDS: usize = 64;

impl Default for Units {
    fn default() -> Units {
        let shards = std::iter::repeat_with(Mutex::default).take(SHARDS).collect();
        Units { shards, texts: std::iter::repeat_with(Mutex::default).take(SHARDS).collect() }
    }
}

fn locked<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Units {
    /// The number of a text, always the same.
    pub fn number_of(&self, text: &str) -> i64 {
        let shard = FixedState::default().hash_one(text) as usize % SHARDS;
        let mut texts = locked(&self.texts[shard]);
        if let Some(&number) = texts.get(text) {
            return number;
        }
        let number = (texts.len() * SHARDS + shard) as i64;
        texts.insert(text.into(), number);
        number
    }

    /// Adds to a unit's sum.
    pub fn add(&self, contact: ContactId, fold: FoldId, unit: i64, contribution: Points) {
        let mut shard = self.shard(contact);
        let standing = shard.unit(contact, fold, unit);
        standing.points += contribution;
        standing.count += 1;
    }

    /// Lets an activity stand for a unit if it is the newest; among equally new the one with the
    /// most points.
    pub fn stand_for(&self, contact: ContactId, fold: FoldId, unit: i64, time: Instant, points: Points) {
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

    fn shard(&self, contact: ContactId) -> MutexGuard<'_, Shard> {
        locked(&self.shards[contact as usize % SHARDS])
    }

    /// Puts each contact's units side by side.
    pub fn close(self, contacts: usize) -> ClosedUnits {
        let shards =
            self.shards.into_par_iter().map(|shard| shard.into_inner().unwrap_or_else(PoisonError::into_inner));
        ClosedUnits { shards: shards.map(|shard| shard.close(contacts.div_ceil(SHARDS))).collect() }
    }
}

impl Shard {
    /// A unit; a new one is older than every activity and holds none.
    fn unit(&mut self, contact: ContactId, fold: FoldId, unit: i64) -> &mut Standing {
        let nothing = Standing { time: Instant(i64::MIN), points: Points::ZERO, count: 0 };
        self.units.entry((contact, fold as u32, unit)).or_insert(nothing)
    }

    fn close(self, contacts: usize) -> ClosedShard {
        if self.units.is_empty() && self.recent.is_empty() {
            return ClosedShard::default();
        }
        let place = |contact: ContactId| contact as usize / SHARDS;
        let mut starts = vec![0; contacts + 1];
        self.units.keys().for_each(|&(contact, ..)| starts[place(contact) + 1] += 1);
        self.recent.iter().for_each(|(&(contact, _), all)| starts[place(contact) + 1] += all.len());
        for contact in 0..contacts {
            starts[contact + 1] += starts[contact];
        }
        let nothing = (0, Standing { time: Instant(0), points: Points::ZERO, count: 0 });
        let mut sorted = vec![nothing; starts[contacts]];
        let mut next = starts.clone();
        let mut put = |contact: ContactId, fold: u32, standing: Standing| {
            let next = &mut next[place(contact)];
            sorted[*next] = (fold, standing);
            *next += 1;
        };
        self.units.into_iter().for_each(|((contact, fold, _), standing)| put(contact, fold, standing));
        for ((contact, fold), all) in self.recent {
            all.into_iter().for_each(|standing| put(contact, fold, standing));
        }
        for contact in 0..contacts {
            sorted[starts[contact]..starts[contact + 1]].sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        }
        let (folds, standings) = sorted.into_iter().unzip();
        ClosedShard { starts, folds, standings }
    }
}

impl ClosedUnits {
    /// The units of a fold of a contact: newest first, those with more points before others.
    pub fn of(&self, contact: ContactId, fold: FoldId) -> &[Standing] {
        let Some(ClosedShard { starts, folds, standings }) = self.shards.get(contact as usize % SHARDS) else {
            return &[];
        };
        let place = contact as usize / SHARDS;
        let [Some(&start), Some(&end)] = [starts.get(place), starts.get(place + 1)] else { return &[] };
        let folds = &folds[start..end];
        let first = folds.partition_point(|&other| (other as usize) < fold);
        let count = folds[first..].partition_point(|&other| other as usize == fold);
        &standings[start + first..start + first + count]
    }
}
