//! The ledger: what has been folded so far, for each contact and fold.
//!
//! In: [`Event`]s, each one activity's share in one fold. Out: counts, sums, times and units.
//! Contacts are dealt out over partitions that fold beside each other without locks; as every
//! entry is a sum, a maximum or a set, nothing depends on the order in which events come.

use super::contacts::ContactId;
use super::fold::Gather;
use super::plan::{FoldId, Plan};
use crate::instant::Instant;
use crate::points::Points;
use foldhash::fast::FixedState;
use rayon::prelude::*;
use std::collections::HashMap;

/// One activity's share in one fold of one contact.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Whose.
    pub contact: ContactId,
    /// Which activity of its block.
    pub activity: u32,
    /// Which fold.
    pub fold: u32,
    /// When.
    pub time: Instant,
    /// Its points, its contribution or its number, as the fold asks.
    pub points: Points,
    /// Which unit it belongs to.
    pub unit: Unit,
}

/// What tells units apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A day, week or month by number, or the only one.
    Number(i64),
    /// A text of the block's arena.
    Text(u32, u32),
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

/// Where a fold's numbers stand in a partition.
#[derive(Clone, Copy, Debug, Default)]
struct Slots {
    count: usize,
    sum: usize,
    time: usize,
}

/// Everything that has been folded.
#[derive(Debug)]
pub struct Ledger {
    partitions: Vec<Partition>,
    slots: Vec<Slots>,
    contacts_each: usize,
}

#[derive(Debug, Default)]
struct Partition {
    /// For each contact and slot, in this order.
    counts: Vec<u32>,
    sums: Vec<i64>,
    /// What does not fit into a sum's 64 bits.
    overflows: HashMap<usize, i128, FixedState>,
    times: Vec<i64>,
    units: HashMap<(ContactId, u32, i64), Standing, FixedState>,
    recent: HashMap<(ContactId, u32), Vec<Standing>, FixedState>,
    /// Texts that tell units apart, each with its number.
    texts: HashMap<Box<str>, i64, FixedState>,
    /// The units once all are there, sorted.
    sorted: Vec<((ContactId, u32), Standing)>,
}

/// The events of one block, dealt out over the partitions.
#[derive(Debug, Default)]
pub struct Dealt {
    /// For each partition its events.
    pub events: Vec<Vec<Event>>,
    /// The texts of units.
    pub texts: String,
}

const PARTITIONS: usize = 64;
const NEVER: i64 = i64::MIN;

impl Ledger {
    /// An empty ledger for so many contacts.
    pub fn new(plan: &Plan<'_>, contacts: usize) -> Ledger {
        let mut width = Slots::default();
        let slots = plan.folds.iter().map(|fold| {
            let own = width;
            match fold.gather {
                Gather::Count => width.count += 1,
                Gather::Sum(_) => width.sum += 1,
                Gather::Total { .. } => (width.count, width.sum) = (width.count + 1, width.sum + 1),
                Gather::Newest | Gather::Oldest => width.time += 1,
                Gather::Days { .. } | Gather::Recent { .. } | Gather::Units { .. } => {}
            }
            own
        });
        let slots: Vec<Slots> = slots.collect();
        let contacts_each = contacts.div_ceil(PARTITIONS).max(1);
        let partitions = (0..contacts.div_ceil(contacts_each)).map(|number| {
            let own = contacts_each.min(contacts - number * contacts_each);
            Partition {
                counts: vec![0; own * width.count],
                sums: vec![0; own * width.sum],
                times: vec![NEVER; own * width.time],
                ..Partition::default()
            }
        });
        Ledger { partitions: partitions.collect(), slots: with_width(slots, width), contacts_each }
    }

    /// An empty hand of events for each partition.
    pub fn empty_hands(&self) -> Dealt {
        Dealt { events: vec![Vec::new(); self.partitions.len()], texts: String::new() }
    }

    /// Which partition holds a contact.
    pub fn partition_of(&self, contact: ContactId) -> usize {
        contact as usize / self.contacts_each
    }

    /// Folds the events of several blocks, except those of the activities that `counts` refuses.
    pub fn fold(&mut self, plan: &Plan<'_>, blocks: &[Dealt], counts: impl Fn(usize, u32) -> bool + Sync) {
        let (slots, contacts_each) = (&self.slots, self.contacts_each);
        self.partitions.par_iter_mut().enumerate().for_each(|(number, partition)| {
            let first = (number * contacts_each) as ContactId;
            for (block, dealt) in blocks.iter().enumerate() {
                for event in &dealt.events[number] {
                    if counts(block, event.activity) {
                        partition.apply(plan, slots, first, event, &dealt.texts);
                    }
                }
            }
        });
    }

    /// Ends the folding.
    pub fn close(&mut self) {
        self.partitions.par_iter_mut().for_each(|partition| {
            let units = std::mem::take(&mut partition.units);
            let recent = std::mem::take(&mut partition.recent);
            let units = units.into_iter().map(|((contact, fold, _), standing)| ((contact, fold), standing));
            let recent = recent.into_iter().flat_map(|(key, all)| all.into_iter().map(move |one| (key, one)));
            partition.sorted = units.chain(recent).collect();
            partition.sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
            partition.texts = HashMap::default();
        });
    }

    /// How many activities a counting fold has taken.
    pub fn count(&self, contact: ContactId, fold: FoldId) -> u64 {
        let (partition, local) = self.locate(contact);
        u64::from(partition.counts[local * self.width().count + self.slots[fold].count])
    }

    /// The sum of a summing fold.
    pub fn sum(&self, contact: ContactId, fold: FoldId) -> Points {
        let (partition, local) = self.locate(contact);
        let at = local * self.width().sum + self.slots[fold].sum;
        Points(i128::from(partition.sums[at]) + partition.overflows.get(&at).copied().unwrap_or(0))
    }

    /// The time that a fold of the newest or the oldest has kept.
    pub fn time(&self, contact: ContactId, fold: FoldId) -> Option<Instant> {
        let (partition, local) = self.locate(contact);
        let time = partition.times[local * self.width().time + self.slots[fold].time];
        (time != NEVER).then_some(Instant(time))
    }

    /// The units of a fold that keeps units: newest first, those with more points before others.
    pub fn units(&self, contact: ContactId, fold: FoldId) -> impl ExactSizeIterator<Item = &Standing> {
        let (partition, _) = self.locate(contact);
        let key = (contact, fold as u32);
        let start = partition.sorted.partition_point(|(at, _)| *at < key);
        let len = partition.sorted[start..].partition_point(|(at, _)| *at == key);
        partition.sorted[start..start + len].iter().map(|(_, standing)| standing)
    }

    fn locate(&self, contact: ContactId) -> (&Partition, usize) {
        let contact = contact as usize;
        (&self.partitions[contact / self.contacts_each], contact % self.contacts_each)
    }

    fn width(&self) -> Slots {
        *self.slots.last().unwrap_or(&Slots::default())
    }
}

/// The slots of all folds, with the width of a contact's share behind them.
fn with_width(mut slots: Vec<Slots>, width: Slots) -> Vec<Slots> {
    slots.push(width);
    slots
}

impl Partition {
    fn apply(&mut self, plan: &Plan<'_>, slots: &[Slots], first: ContactId, event: &Event, texts: &str) {
        let fold = event.fold as usize;
        let (slot, width) = (slots[fold], slots[slots.len() - 1]);
        let local = (event.contact - first) as usize;
        match plan.folds[fold].gather {
            Gather::Count => self.count(local * width.count + slot.count),
            Gather::Sum(_) => self.add(local * width.sum + slot.sum, event.points),
            Gather::Total { .. } => {
                self.count(local * width.count + slot.count);
                self.add(local * width.sum + slot.sum, event.points);
            }
            Gather::Newest => {
                let time = &mut self.times[local * width.time + slot.time];
                *time = event.time.0.max(*time);
            }
            Gather::Oldest => {
                let time = &mut self.times[local * width.time + slot.time];
                *time = if *time == NEVER { event.time.0 } else { event.time.0.min(*time) };
            }
            Gather::Recent { count, .. } => self.keep_recent(event, count),
            Gather::Days { .. } => {
                let unit = self.unit(event, texts);
                unit.points += event.points;
                unit.count += 1;
            }
            Gather::Units { .. } => {
                let unit = self.unit(event, texts);
                if (event.time, event.points) > (unit.time, unit.points) {
                    (unit.time, unit.points) = (event.time, event.points);
                }
                unit.count += 1;
            }
        }
    }

    fn count(&mut self, at: usize) {
        self.counts[at] = self.counts[at].saturating_add(1);
    }

    fn add(&mut self, at: usize, points: Points) {
        let sum = i128::from(self.sums[at]) + points.0;
        match i64::try_from(sum) {
            Ok(sum) => self.sums[at] = sum,
            Err(_) => {
                let over = self.overflows.entry(at).or_insert(0);
                *over = over.saturating_add(points.0);
            }
        }
    }

    /// The unit of an event; a new one begins with the event's own time and, for a sum, nothing.
    fn unit(&mut self, event: &Event, texts: &str) -> &mut Standing {
        let key = match event.unit {
            Unit::Number(number) => number,
            Unit::Text(start, end) => self.text_number(&texts[start as usize..end as usize]),
        };
        let nothing = Standing { time: Instant(i64::MIN), points: Points::ZERO, count: 0 };
        self.units.entry((event.contact, event.fold, key)).or_insert(nothing)
    }

    fn text_number(&mut self, text: &str) -> i64 {
        if let Some(&number) = self.texts.get(text) {
            return number;
        }
        let number = self.texts.len() as i64;
        self.texts.insert(text.into(), number);
        number
    }

    /// Keeps the newest `count`, those with more points before others.
    fn keep_recent(&mut self, event: &Event, count: u64) {
        let kept = self.recent.entry((event.contact, event.fold)).or_default();
        kept.push(Standing { time: event.time, points: event.points, count: 1 });
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count == 0 {
            kept.clear();
        } else if kept.len() > count.saturating_mul(2).max(16) {
            kept.select_nth_unstable_by(count - 1, |a, b| b.cmp(a));
            kept.truncate(count);
        }
    }
}
