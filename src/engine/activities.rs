//! The activities: each looked at once, dealt out as events, and forgotten.
//!
//! In: blocks of the activity exports, in order. Out: a filled [`Ledger`] and what was noticed on
//! the way (rule reference, §4). Blocks are parted and judged beside each other; only the question
//! whether an `id` was seen before is asked in the order of the input.

use super::condition::{Facts, Kind, Readings, Value, holds, points_of, read_instant, read_number};
use super::contacts::{ContactId, Contacts};
use super::decay::contribution;
use super::fold::Gather;
use super::ledger::{Dealt, Event, Ledger, Unit};
use super::plan::{FoldId, Plan};
use super::unread::{Spot, Unread};
use crate::instant::{Instant, month_of_day, week_of_day};
use crate::points::Points;
use crate::record::{BadRow, Block, Cells};
use crate::rules::model::{ColumnId, Decay, Operand, Per, Worth};
use crate::value::{self, fold};
use rayon::prelude::*;
use std::cell::RefCell;
use std::collections::HashSet;

/// What became of the activities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivitiesSeen {
    /// Rows of the exports, the bad ones left out.
    pub rows: u64,
    /// Passed over by a rule of `ignore`, for each rule.
    pub ignored: Vec<u64>,
    /// Passed over because their id was seen before.
    pub repeated: u64,
    /// Without a time, or with one that can't be read.
    pub without_time: u64,
    /// Of contacts that are not in the contact export.
    pub orphaned: u64,
    /// Later than as_of.
    pub future: u64,
    /// Without a type.
    pub without_type: u64,
}

/// What becomes of one activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Counted,
    Ignored(u16),
    WithoutTime,
    Orphaned,
    Future,
}

/// The contacts and the instants as of which they are scored.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'s> {
    /// The bound rule file.
    pub plan: &'s Plan<'s>,
    /// Everybody.
    pub contacts: &'s Contacts,
    /// "Now".
    pub as_of: &'s AsOf,
}

/// As of when contacts are scored.
#[derive(Clone, Debug)]
pub struct AsOf {
    /// The run's own instant.
    pub run: Instant,
    /// With `--as-of-field`, each contact's own.
    pub own: Option<Vec<Instant>>,
}

impl AsOf {
    /// As of when a contact is scored.
    pub fn of(&self, contact: ContactId) -> Instant {
        self.own.as_ref().map_or(self.run, |own| own[contact as usize])
    }
}

/// Reads activities block by block into a ledger.
#[derive(Debug)]
pub struct ActivityReader<'s> {
    scene: Scene<'s>,
    /// What has been folded so far.
    pub ledger: Ledger,
    /// What was noticed so far.
    pub seen: ActivitiesSeen,
    /// Cells that could not be read so far.
    pub unread: Unread,
    ids: HashSet<Box<str>, foldhash::fast::FixedState>,
}

/// What one block gave.
struct Judged {
    dealt: Dealt,
    fates: Vec<Fate>,
    without_type: u64,
    /// With `activities.id`, the id of each activity; empty: none.
    ids: Vec<Box<str>>,
    unread: Vec<(u32, Spot)>,
    bad: Vec<BadRow>,
}

impl<'s> ActivityReader<'s> {
    /// Nothing read yet.
    pub fn new(scene: Scene<'s>) -> ActivityReader<'s> {
        let ledger = Ledger::new(scene.plan, scene.contacts.len());
        let ignored = vec![0; scene.plan.model.activities.ignore.len()];
        let seen = ActivitiesSeen { ignored, ..ActivitiesSeen::default() };
        ActivityReader { scene, ledger, seen, unread: Unread::default(), ids: HashSet::default() }
    }

    /// Takes in blocks, in the order of the input; returns the rows that can't be used.
    pub fn add(&mut self, blocks: &[Block]) -> Vec<BadRow> {
        let judged: Vec<Judged> = blocks.par_iter().map(|block| judge(self.scene, &self.ledger, block)).collect();
        let repeated: Vec<Vec<bool>> = judged.iter().map(|judged| self.repeated(&judged.ids)).collect();
        let is_repeated = |block: usize, activity: u32| repeated[block].get(activity as usize) == Some(&true);
        let mut dealt = Vec::with_capacity(judged.len());
        let mut bad = Vec::new();
        for (number, judged) in judged.into_iter().enumerate() {
            self.seen.rows += judged.fates.len() as u64;
            self.seen.without_type += judged.without_type;
            for (activity, fate) in judged.fates.iter().enumerate() {
                match fate {
                    Fate::Ignored(rule) => self.seen.ignored[usize::from(*rule)] += 1,
                    _ if is_repeated(number, activity as u32) => self.seen.repeated += 1,
                    Fate::WithoutTime => self.seen.without_time += 1,
                    Fate::Orphaned => self.seen.orphaned += 1,
                    Fate::Future => self.seen.future += 1,
                    Fate::Counted => {}
                }
            }
            let spots = judged.unread.into_iter().filter(|(activity, _)| !is_repeated(number, *activity));
            self.unread.note_all(spots.map(|(_, spot)| spot), &blocks[number], self.scene.plan);
            bad.extend(judged.bad);
            dealt.push(judged.dealt);
        }
        self.ledger.fold(self.scene.plan, &dealt, |block, activity| !is_repeated(block, activity));
        bad
    }

    fn repeated(&mut self, ids: &[Box<str>]) -> Vec<bool> {
        ids.iter().map(|id| !id.is_empty() && !self.ids.insert(id.clone())).collect()
    }
}

/// One activity as conditions see it.
#[derive(Clone, Copy)]
struct Activity<'a> {
    plan: &'a Plan<'a>,
    cells: &'a Cells,
    places: &'a [Option<usize>],
    as_of: Instant,
    unread: &'a RefCell<Vec<(ColumnId, Kind)>>,
}

impl Activity<'_> {
    fn cell(&self, column: ColumnId) -> Option<&str> {
        let missing = &self.plan.model.activities.missing;
        let text = missing.present(self.cells.get(self.places[column]?))?;
        value::unless_empty(text, &self.plan.model.activity_columns[column].reading, missing)
    }
}

impl Facts for Activity<'_> {
    fn value(&self, operand: Operand) -> Value<'_> {
        match operand {
            Operand::Column(column) => self.cell(column).map_or(Value::Missing, |text| Value::Cell(text, column)),
            // Validation lets `where` and `ignore` name columns only.
            _ => Value::Missing,
        }
    }

    fn readings(&self) -> Readings<'_> {
        let model = self.plan.model;
        Readings {
            columns: &model.activity_columns,
            missing: &model.activities.missing,
            zone: &model.activities.timezone,
        }
    }

    fn as_of(&self) -> Instant {
        self.as_of
    }

    fn unreadable(&self, column: ColumnId, kind: Kind) {
        let mut unread = self.unread.borrow_mut();
        if !unread.contains(&(column, kind)) {
            unread.push((column, kind));
        }
    }
}

fn judge(scene: Scene<'_>, ledger: &Ledger, block: &Block) -> Judged {
    let Scene { plan, as_of, .. } = scene;
    let table = &plan.activity_tables[block.table];
    let of_file = table.activity_type.as_deref().map(fold);
    let mut judged = Judged {
        dealt: ledger.empty_hands(),
        fates: Vec::new(),
        without_type: 0,
        ids: Vec::new(),
        unread: Vec::new(),
        bad: Vec::new(),
    };
    let unread = RefCell::new(Vec::new());
    let mut cells = Cells::of(table);
    judged.bad = block.for_each_record(table, &mut cells, |cells, place| {
        let number = judged.fates.len() as u32;
        let activity =
            Activity { plan, cells, places: &plan.activity_columns[block.table], as_of: as_of.run, unread: &unread };
        if let Some(id) = plan.model.activities.id {
            judged.ids.push(activity.cell(id).unwrap_or_default().into());
        }
        let kind = of_file.clone().or_else(|| activity.cell(plan.model.activities.kind).map(fold));
        judged.without_type += u64::from(kind.is_none());
        let fate = fate_of(scene, activity, kind.as_deref(), number, ledger, &mut judged.dealt);
        judged.fates.push(fate);
        let spot = |(column, kind)| (number, Spot { column, kind, start: place.start });
        judged.unread.extend(unread.borrow_mut().drain(..).map(spot));
    });
    judged
}

fn fate_of(
    scene: Scene<'_>,
    mut activity: Activity<'_>,
    kind: Option<&str>,
    number: u32,
    ledger: &Ledger,
    dealt: &mut Dealt,
) -> Fate {
    let Scene { plan, contacts, as_of } = scene;
    let section = &plan.model.activities;
    if let Some(rule) = section.ignore.iter().position(|rule| holds(&rule.when, &activity)) {
        return Fate::Ignored(rule as u16);
    }
    let Some(time) = read_instant(activity.value(Operand::Column(section.at)), &activity) else {
        return Fate::WithoutTime;
    };
    let Some(first) = activity.cell(section.contact).and_then(|name| contacts.find(name)) else {
        return Fate::Orphaned;
    };
    let mut happened = false;
    for contact in contacts.with_same_id(first) {
        activity.as_of = as_of.of(contact);
        if time > activity.as_of {
            continue;
        }
        happened = true;
        for &fold in plan.folds_of_type(kind) {
            let taken = plan.folds[fold].takes(time, activity.as_of)
                && plan.folds[fold].selection.filters.iter().all(|filter| holds(filter, &activity));
            if taken && let Some((points, unit)) = share_in(plan, fold, &activity, time, dealt) {
                let event = Event { contact, activity: number, fold: fold as u32, time, points, unit };
                dealt.events[ledger.partition_of(contact)].push(event);
            }
        }
    }
    if happened { Fate::Counted } else { Fate::Future }
}

/// What an activity brings into a fold; `None` where it makes no unit of it.
fn share_in(
    plan: &Plan<'_>,
    fold: FoldId,
    activity: &Activity<'_>,
    time: Instant,
    dealt: &mut Dealt,
) -> Option<(Points, Unit)> {
    const ONLY: Unit = Unit::Number(0);
    let worth_of = |worth: &Worth| points_of_one(worth, activity);
    let fading = |worth: &Worth, decay: Option<Decay>| contribution(worth_of(worth), decay, time, activity.as_of);
    let day = || plan.model.activities.timezone.day(time);
    match plan.folds[fold].gather {
        Gather::Count | Gather::Newest | Gather::Oldest => Some((Points::ZERO, ONLY)),
        Gather::Sum(column) => {
            let number = read_number(activity.value(Operand::Column(column)), activity);
            number.map(|number| (number.to_points(), ONLY))
        }
        Gather::Total { worth, decay } => Some((fading(worth, decay), ONLY)),
        Gather::Days { worth, decay } => Some((fading(worth, decay), Unit::Number(day()))),
        Gather::Recent { worth, .. } => Some((worth_of(worth), ONLY)),
        Gather::Units { per, worth } => {
            let unit = match per {
                Per::Event | Per::Contact => ONLY,
                Per::Day => Unit::Number(day()),
                Per::Week => Unit::Number(week_of_day(day())),
                Per::Month => Unit::Number(month_of_day(day())),
                Per::Column(column) => {
                    let text = value::fold(activity.cell(column)?);
                    let start = dealt.texts.len() as u32;
                    dealt.texts.push_str(&text);
                    Unit::Text(start, dealt.texts.len() as u32)
                }
            };
            Some((worth.map_or(Points::ZERO, worth_of), unit))
        }
    }
}

fn points_of_one(worth: &Worth, activity: &Activity<'_>) -> Points {
    match worth {
        Worth::Points(points) => *points,
        Worth::Card(column, card) => {
            let value = activity.value(Operand::Column(*column));
            points_of(&card.scale, card.otherwise, value, activity).unwrap_or(card.missing)
        }
    }
}
