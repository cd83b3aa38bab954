//! Units: activities of one contact and fold that are told apart by day, page or moment.
//!
//! In: activities, each with the number of its unit. Out: for each contact and fold its units, newest
//! first. While activities come each worker only sets them down, those of neighbouring contacts
//! together; when there are twice as many as were left the last time, those of one unit are made
//! one. So memory grows with the units, and is never looked up here and there.

use super::contacts::ContactId;
use super::fold::{Fold, Gather};
use super::plan::FoldId;
use crate::instant::Instant;
use crate::machine;
use crate::points::Points;
use foldhash::fast::FixedState;
use rayon::prelude::*;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

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

/// What all units have in common.
#[derive(Debug)]
pub struct Units {
    merges: Arc<[Merge]>,
    contacts: usize,
    /// Texts that tell units apart, each with its number.
    texts: Vec<Mutex<HashMap<Box<str>, i64, FixedState>>>,
}

/// The activities that one worker has set down.
#[derive(Debug)]
pub struct UnitLog {
    merges: Arc<[Merge]>,
    shards: Vec<Shard>,
}

/// How the activities of one unit of a fold become one.
#[derive(Clone, Copy, Debug)]
enum Merge {
    /// Their points are added.
    Sum,
    /// The newest stands for it; among equally new ones the one with the most points.
    Newest,
    /// Each is a unit of its own; the newest so many stay.
    Recent(usize),
}

/// The units of some neighbouring contacts.
#[derive(Debug, Default)]
struct Shard {
    entries: Vec<Entry>,
    /// Points that an entry has no room for.
    large: Vec<Points>,
    /// How many entries were left when those of one unit were last made one.
    settled: usize,
}

/// One activity, or several of one unit.
#[derive(Clone, Copy, Debug)]
struct Entry {
    unit: i64,
    time: Instant,
    points: TightPoints,
    count: u64,
    contact: ContactId,
    fold: u32,
}

/// Points in 64 bits; the lowest numbers are places among the large ones.
#[derive(Clone, Copy, Debug)]
struct TightPoints(i64);

/// Units to which nothing comes any more.
#[derive(Debug, Default)]
pub struct ClosedUnits {
    shards: Vec<ClosedShard>,
}

/// The units of some of the contacts, one contact's after the other's: by fold, newest first.
#[derive(Debug, Default)]
struct ClosedShard {
    /// Where the units of each contact begin, and behind the last one where they end.
    starts: Vec<u32>,
    folds: Vec<u32>,
    standings: Vec<Standing>,
}

/// So many neighbours are in a shard: the entries of usual contacts fit into the second cache.
const NEIGHBOURS: usize = 4096;
/// So many tables hold the texts.
const TEXT_SHARDS: usize = 64;
/// So many entries ahead a place is asked for: an activity comes to another shard than the last.
const AHEAD: usize = 2;
/// Fewer entries are not worth the work of making some of them one.
const FEW: usize = 1024;

impl Units {
    /// None yet; of so many contacts.
    pub fn new(folds: &[Fold<'_>], contacts: usize) -> Units {
        let merge = |fold: &Fold<'_>| match fold.gather {
            Gather::Days { .. } => Merge::Sum,
            Gather::Recent { count, .. } => Merge::Recent(usize::try_from(count).unwrap_or(usize::MAX)),
            _ => Merge::Newest,
        };
        Units {
            merges: folds.iter().map(merge).collect(),
            contacts,
            texts: std::iter::repeat_with(Mutex::default).take(TEXT_SHARDS).collect(),
        }
    }

    /// An empty log for a worker.
    pub fn log(&self) -> UnitLog {
        let shards = std::iter::repeat_with(Shard::default).take(self.contacts.div_ceil(NEIGHBOURS));
        UnitLog { merges: Arc::clone(&self.merges), shards: shards.collect() }
    }

    /// The number of a text, always the same.
    pub fn number_of(&self, text: &str) -> i64 {
        let shard = FixedState::default().hash_one(text) as usize % TEXT_SHARDS;
        let mut texts = self.texts[shard].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&number) = texts.get(text) {
            return number;
        }
        let number = (texts.len() * TEXT_SHARDS + shard) as i64;
        texts.insert(text.into(), number);
        number
    }

    /// Puts each contact's units side by side, whichever worker set them down.
    pub fn close(self, logs: Vec<UnitLog>) -> ClosedUnits {
        let mut shards: Vec<Vec<Shard>> = Vec::new();
        for log in logs {
            shards.resize_with(log.shards.len(), Vec::new);
            shards.iter_mut().zip(log.shards).for_each(|(shards, shard)| shards.push(shard));
        }
        let close = |shards: Vec<Shard>| Shard::of_all(shards).close(&self.merges);
        ClosedUnits { shards: shards.into_par_iter().map(close).collect() }
    }
}

impl UnitLog {
    /// Adds an activity to a unit; how it counts there follows from the fold.
    #[inline]
    pub fn add(&mut self, contact: ContactId, fold: FoldId, unit: i64, time: Instant, points: Points) {
        let shard = &mut self.shards[contact as usize / NEIGHBOURS];
        if shard.entries.len() == shard.entries.capacity() {
            shard.make_room(&self.merges);
        }
        let points = TightPoints::of(points, &mut shard.large);
        shard.entries.push(Entry { unit, time, points, contact, fold: fold as u32, count: 1 });
        machine::ask_ahead(shard.entries.spare_capacity_mut(), AHEAD);
    }
}

impl TightPoints {
    /// Numbers below this one are places.
    const LEAST: i64 = i64::MIN + (1 << 32);

    fn of(points: Points, large: &mut Vec<Points>) -> TightPoints {
        match i64::try_from(points.0) {
            Ok(tight) if tight >= TightPoints::LEAST => TightPoints(tight),
            _ => {
                large.push(points);
                TightPoints(i64::MIN + large.len() as i64 - 1)
            }
        }
    }

    fn points(self, large: &[Points]) -> Points {
        if self.0 >= TightPoints::LEAST {
            return Points(self.0.into());
        }
        large[(self.0 - i64::MIN) as usize]
    }
}

impl Shard {
    /// The entries of several in one.
    fn of_all(shards: Vec<Shard>) -> Shard {
        let mut shards = shards.into_iter();
        let mut all = shards.next().unwrap_or_default();
        for Shard { entries, large, .. } in shards {
            all.entries.extend(entries.into_iter().map(|entry| {
                let points = TightPoints::of(entry.points.points(&large), &mut all.large);
                Entry { points, ..entry }
            }));
        }
        all
    }

    /// Makes those of a unit one where there may be many, and room for as many again.
    #[cold]
    fn make_room(&mut self, merges: &[Merge]) {
        if self.entries.len() >= 2 * self.settled.max(FEW) {
            self.settle(merges);
        }
        self.entries.reserve_exact(self.entries.len().max(FEW));
        machine::ask_for_large_pages(self.entries.spare_capacity_mut());
    }

    /// Sorts the entries by contact, fold and unit, the newest first, and makes those of a unit one.
    fn settle(&mut self, merges: &[Merge]) {
        let mut entries = by_contact(&self.entries);
        let earlier = std::mem::take(&mut self.large);
        self.entries.clear();
        for of_contact in entries.chunk_by_mut(|a, b| a.contact == b.contact) {
            of_contact.sort_unstable_by(|a, b| {
                let newest =
                    || b.time.cmp(&a.time).then_with(|| b.points.points(&earlier).cmp(&a.points.points(&earlier)));
                a.fold.cmp(&b.fold).then(a.unit.cmp(&b.unit)).then_with(newest)
            });
            for of_unit in of_contact.chunk_by(|a, b| a.fold == b.fold && a.unit == b.unit) {
                let points_of = |entry: &Entry| entry.points.points(&earlier);
                let newest = of_unit[0];
                let points = match merges[newest.fold as usize] {
                    Merge::Recent(count) => {
                        for &entry in of_unit.iter().take(count) {
                            let points = TightPoints::of(points_of(&entry), &mut self.large);
                            self.entries.push(Entry { points, ..entry });
                        }
                        continue;
                    }
                    Merge::Newest => points_of(&newest),
                    Merge::Sum => of_unit.iter().map(points_of).sum(),
                };
                let points = TightPoints::of(points, &mut self.large);
                let count = of_unit.iter().map(|entry| entry.count).sum();
                self.entries.push(Entry { points, count, ..newest });
            }
        }
        self.settled = self.entries.len();
    }

    fn close(mut self, merges: &[Merge]) -> ClosedShard {
        if self.entries.is_empty() {
            return ClosedShard::default();
        }
        self.settle(merges);
        let starts = starts(&self.entries);
        let standing = |entry: &Entry| {
            let points = entry.points.points(&self.large);
            (entry.fold, Standing { time: entry.time, points, count: entry.count })
        };
        let mut sorted: Vec<(u32, Standing)> = self.entries.iter().map(standing).collect();
        for ends in starts.windows(2) {
            let of_contact = &mut sorted[ends[0] as usize..ends[1] as usize];
            of_contact.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        }
        let (folds, standings) = sorted.into_iter().unzip();
        ClosedShard { starts, folds, standings }
    }
}

impl Entry {
    /// The place of its contact among its neighbours.
    fn place(&self) -> usize {
        self.contact as usize % NEIGHBOURS
    }
}

/// The entries by contact: as contacts are few, each finds its place at once.
fn by_contact(entries: &[Entry]) -> Vec<Entry> {
    let Some(&first) = entries.first() else { return Vec::new() };
    let mut next = starts(entries);
    let mut sorted = vec![first; entries.len()];
    for entry in entries {
        let next = &mut next[entry.place()];
        sorted[*next as usize] = *entry;
        *next += 1;
    }
    sorted
}

/// Where the entries of each contact begin if they stand by contact, and behind the last one where they
/// end.
fn starts(entries: &[Entry]) -> Vec<u32> {
    let mut starts = vec![0; NEIGHBOURS + 1];
    entries.iter().for_each(|entry| starts[entry.place() + 1] += 1);
    for at in 0..NEIGHBOURS {
        starts[at + 1] += starts[at];
    }
    starts
}

impl ClosedUnits {
    /// Asks for the units of a contact that will be looked at soon: where they stand, or (`near`) what
    /// stands there.
    pub fn ask_ahead(&self, contact: ContactId, near: bool) {
        let Some(ClosedShard { starts, folds, standings }) = self.shards.get(contact as usize / NEIGHBOURS) else {
            return;
        };
        let place = contact as usize % NEIGHBOURS;
        match starts.get(place) {
            Some(&start) if near => {
                machine::ask_ahead(folds, start as usize);
                machine::ask_ahead(standings, start as usize);
            }
            _ => machine::ask_ahead(starts, place),
        }
    }

    /// The units of a fold of a contact: newest first, those with more points before others.
    pub fn of(&self, contact: ContactId, fold: FoldId) -> &[Standing] {
        let Some(ClosedShard { starts, folds, standings }) = self.shards.get(contact as usize / NEIGHBOURS) else {
            return &[];
        };
        let place = contact as usize % NEIGHBOURS;
        let [Some(&start), Some(&end)] = [starts.get(place), starts.get(place + 1)] else { return &[] };
        let (start, end) = (start as usize, end as usize);
        let folds = &folds[start..end];
        let first = folds.partition_point(|&other| (other as usize) < fold);
        let count = folds[first..].partition_point(|&other| other as usize == fold);
        &standings[start + first..start + first + count]
    }
}
