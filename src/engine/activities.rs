//! The activities: each looked at once, dealt out as events, and forgotten.
//!
//! In: blocks of the activity exports, in order. Out: a filled [`Ledger`] and what was noticed on
//! the way (rule reference, §4). Blocks are parted and judged beside each other; only the question
//! whether an `id` was seen before is asked in the order of the input.

use super::condition::{Facts, Kind, Readings, Value, holds, points_of, read_instant, read_number};
use super::contacts::{ContactId, Contacts};
use super::decay::contribution;
use super::fold::Gather;
use super::ids::Texts;
use super::ledger::{Ledger, Unit};
use super::plan::{FoldId, Plan};
use super::unread::{Spot, Unread};
use crate::instant::{Instant, month_of_day, week_of_day};
use crate::points::Points;
use crate::record::{BadRow, Block, Cells, Record};
use crate::rules::model::{ColumnId, Decay, Operand, Per, Worth};
use crate::value::{self, fold};
use rayon::prelude::*;
use std::borrow::Cow;
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
    Ignored(usize),
    Repeated,
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

/// What one block gave, beside what went into the ledger.
#[derive(Default)]
struct Judged {
    seen: ActivitiesSeen,
    unread: Vec<Spot>,
    bad: Vec<BadRow>,
}

impl ActivitiesSeen {
    fn of(plan: &Plan<'_>) -> ActivitiesSeen {
        ActivitiesSeen { ignored: vec![0; plan.model.activities.ignore.len()], ..ActivitiesSeen::default() }
    }

    fn note(&mut self, fate: Fate) {
        self.rows += 1;
        match fate {
            Fate::Counted => {}
            Fate::Ignored(rule) => self.ignored[rule] += 1,
            Fate::Repeated => self.repeated += 1,
            Fate::WithoutTime => self.without_time += 1,
            Fate::Orphaned => self.orphaned += 1,
            Fate::Future => self.future += 1,
        }
    }

    fn add(&mut self, other: &ActivitiesSeen) {
        self.rows += other.rows;
        self.ignored.iter_mut().zip(&other.ignored).for_each(|(sum, more)| *sum += more);
        self.repeated += other.repeated;
        self.without_time += other.without_time;
        self.orphaned += other.orphaned;
        self.future += other.future;
        self.without_type += other.without_type;
    }
}

impl<'s> ActivityReader<'s> {
    /// Nothing read yet.
    pub fn new(scene: Scene<'s>) -> ActivityReader<'s> {
        ActivityReader {
            scene,
            ledger: Ledger::new(scene.plan, scene.contacts.len()),
            seen: ActivitiesSeen::of(scene.plan),
            unread: Unread::default(),
            ids: HashSet::default(),
        }
    }

    /// Takes in blocks, in the order of the input; returns the rows that can't be used.
    pub fn add(&mut self, blocks: &[Block]) -> Vec<BadRow> {
        let repeated = self.repeated(blocks);
        let (scene, ledger) = (self.scene, &self.ledger);
        let judge = |(block, repeated): (&Block, &Vec<bool>)| judge(scene, ledger, block, repeated);
        let judged: Vec<Judged> = blocks.par_iter().zip(&repeated).map(judge).collect();
        let mut bad = Vec::new();
        for (block, judged) in blocks.iter().zip(judged) {
            self.seen.add(&judged.seen);
            self.unread.note_all(judged.unread.into_iter(), block, scene.plan);
            bad.extend(judged.bad);
        }
        bad
    }

    /// Which activities of each block bear an id that an earlier row bears; the only question that
    /// is asked in the order of the input. Empty where no activity has an id.
    fn repeated(&mut self, blocks: &[Block]) -> Vec<Vec<bool>> {
        let plan = self.scene.plan;
        let Some(id) = plan.model.activities.id else { return vec![Vec::new(); blocks.len()] };
        let ids_of = |block: &Block| {
            let table = &plan.activity_tables[block.table];
            let place = plan.activity_columns[block.table][id];
            let mut ids = Texts::default();
            block.for_each_record(table, &mut Cells::new(table.delimiter), |record, _| {
                let id = place.and_then(|at| plan.model.activities.missing.present(record.get(at)));
                ids.push(id.unwrap_or_default());
            });
            ids
        };
        let all: Vec<Texts> = blocks.par_iter().map(ids_of).collect();
        let mut is_repeated = |id: &str| {
            let is_known = !id.is_empty() && self.ids.contains(id);
            if !id.is_empty() && !is_known {
                self.ids.insert(id.into());
            }
            is_known
        };
        all.iter().map(|ids| (0..ids.len()).map(|at| is_repeated(ids.get(at))).collect()).collect()
    }
}

/// One activity as conditions see it.
#[derive(Clone, Copy)]
struct Activity<'a> {
    plan: &'a Plan<'a>,
    record: Record<'a>,
    places: &'a [Option<usize>],
    as_of: Instant,
    unread: &'a RefCell<Vec<(ColumnId, Kind)>>,
}

impl Activity<'_> {
    fn cell(&self, column: ColumnId) -> Option<&str> {
        let missing = &self.plan.model.activities.missing;
        let text = missing.present(self.record.get(self.places[column]?))?;
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

fn judge(scene: Scene<'_>, ledger: &Ledger, block: &Block, repeated: &[bool]) -> Judged {
    let Scene { plan, as_of, .. } = scene;
    let table = &plan.activity_tables[block.table];
    let of_file = table.activity_type.as_deref().map(fold);
    let mut judged = Judged { seen: ActivitiesSeen::of(plan), ..Judged::default() };
    let unread = RefCell::new(Vec::new());
    let mut cells = Cells::of(table);
    judged.bad = block.for_each_record(table, &mut cells, |record, place| {
        let activity =
            Activity { plan, record, places: &plan.activity_columns[block.table], as_of: as_of.run, unread: &unread };
        let is_repeated = repeated.get(judged.seen.rows as usize) == Some(&true);
        let kind = of_file.as_ref().map(|kind| Cow::Borrowed(&**kind));
        let kind = kind.or_else(|| activity.cell(plan.model.activities.kind).map(fold));
        judged.seen.without_type += u64::from(kind.is_none());
        judged.seen.note(fate_of(scene, activity, kind.as_deref(), is_repeated, ledger));
        let spot = |(column, kind)| Spot { column, kind, start: place.start };
        judged.unread.extend(unread.borrow_mut().drain(..).map(spot));
    });
    judged
}

fn fate_of(
    scene: Scene<'_>,
    mut activity: Activity<'_>,
    kind: Option<&str>,
    is_repeated: bool,
    ledger: &Ledger,
) -> Fate {
    let Scene { plan, contacts, as_of } = scene;
    let section = &plan.model.activities;
    if let Some(rule) = section.ignore.iter().position(|rule| holds(&rule.when, &activity)) {
        return Fate::Ignored(rule);
    }
    if is_repeated {
        return Fate::Repeated;
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
            if taken {
                share(ledger, contact, fold, &activity, time);
            }
        }
    }
    if happened { Fate::Counted } else { Fate::Future }
}

/// Adds an activity's share in a fold of a contact.
fn share(ledger: &Ledger, contact: ContactId, fold: FoldId, activity: &Activity<'_>, time: Instant) {
    let plan = activity.plan;
    let worth_of = |worth: &Worth| points_of_one(worth, activity);
    let fading = |worth: &Worth, decay: Option<Decay>| contribution(worth_of(worth), decay, time, activity.as_of);
    let day = || plan.model.activities.timezone.day(time);
    match plan.folds[fold].gather {
        Gather::Count => ledger.add_one(contact, fold),
        Gather::Newest => ledger.keep_newest(contact, fold, time),
        Gather::Oldest => ledger.keep_oldest(contact, fold, time),
        Gather::Sum(column) => {
            if let Some(number) = read_number(activity.value(Operand::Column(column)), activity) {
                ledger.add_number(contact, fold, number.to_points());
            }
        }
        Gather::Total { worth, decay } => ledger.add_contribution(contact, fold, fading(worth, decay)),
        Gather::Days { worth, decay } => {
            ledger.add_to_unit(contact, fold, Unit::Number(day()), fading(worth, decay));
        }
        Gather::Recent { worth, count } => ledger.keep_recent(contact, fold, time, worth_of(worth), count),
        Gather::Units { per, worth } => {
            let text;
            let unit = match per {
                Per::Event | Per::Contact => Unit::Number(0),
                Per::Day => Unit::Number(day()),
                Per::Week => Unit::Number(week_of_day(day())),
                Per::Month => Unit::Number(month_of_day(day())),
                Per::Column(column) => {
                    let Some(cell) = activity.cell(column) else { return };
                    text = value::fold(cell);
                    Unit::Text(&text)
                }
            };
            ledger.stand_for_unit(contact, fold, unit, time, worth.map_or(Points::ZERO, worth_of));
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
