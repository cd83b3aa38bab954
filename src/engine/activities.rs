//! The activities: each looked at once, dealt out as events, and forgotten.
//!
//! In: blocks of the activity exports, in order. Out: a filled [`Ledger`] and what was noticed on
//! the way (rule reference, §4). Blocks are parted and judged beside each other; only the question
//! whether an `id` was seen before is asked in the order of the input.

use super::activity::{Activity, Bench, share};
use super::condition::holds;
use super::contacts::{ContactId, Contacts, Directory};
use super::facts::{Facts, Kind};
use super::fold::{Fold, Window};
use super::ids::{Asked, Key};
use super::ledger::{ClosedLedger, Ledger};
use super::memo::{Desks, Memo, Memos};
use super::plan::{FoldId, Plan};
use super::repeated::{BlockIds, SeenIds};
use super::units::UnitLog;
use super::unread::Unread;
use crate::instant::Instant;
use crate::machine;
use crate::record::{BadRow, Block, Cells, Round};
use crate::value::{fold, parse_time};
use rayon::prelude::*;
use std::cell::RefCell;

/// What became of the activities. Where nobody is told, orphans, activities in the future and those without a
/// type are among them only as far as something might have counted them.
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

    /// Asks for the instant of a contact that will be looked at soon.
    fn ask_ahead(&self, contact: ContactId) {
        self.own.iter().for_each(|own| machine::ask_ahead(own, contact as usize));
    }
}

/// Reads activities block by block into a ledger.
#[derive(Debug)]
pub struct ActivityReader<'s> {
    scene: Scene<'s>,
    directory: &'s Directory,
    /// What has been folded so far.
    ledger: Ledger,
    /// What was noticed so far.
    seen: ActivitiesSeen,
    /// Cells that could not be read so far.
    unread: Unread,
    ids: SeenIds,
    /// The window of each fold, as of the run, and the window of all of them.
    windows: Vec<Window>,
    window: Window,
    /// Whether somebody is told what became of every activity.
    is_told: bool,
    desks: Desks<Desk<'s>>,
}

/// What one block gave, beside what went into the ledger.
#[derive(Default)]
struct Judged {
    seen: ActivitiesSeen,
    unread: Unread,
    bad: Vec<BadRow>,
}

impl ActivitiesSeen {
    fn of(plan: &Plan<'_>) -> ActivitiesSeen {
        ActivitiesSeen { ignored: vec![0; plan.model.activities.ignore.len()], ..ActivitiesSeen::default() }
    }

    fn note(&mut self, fate: Fate) {
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
    /// Nothing read yet. `is_told` says whether somebody is told what became of every activity: else whose one
    /// is that nothing counts, and of what type, is not asked.
    pub fn new(scene: Scene<'s>, directory: &'s Directory, is_told: bool) -> ActivityReader<'s> {
        let windows = scene.plan.folds.iter().map(|fold| fold.selection.window(scene.as_of.run));
        let windows: Vec<Window> = windows.collect();
        ActivityReader {
            scene,
            directory,
            ledger: Ledger::new(scene.plan, scene.contacts.len()),
            seen: ActivitiesSeen::of(scene.plan),
            unread: Unread::default(),
            ids: SeenIds::expecting(0),
            window: window_of_all(scene.as_of, windows.iter()),
            windows,
            is_told,
            desks: Desks::default(),
        }
    }

    /// Takes in the blocks that come next; returns the rows that can't be used.
    pub fn add(&mut self, mut round: Round<'_>) -> Vec<BadRow> {
        let repeated = self.repeated(&mut round);
        let judged = round.each(|number, block| {
            let set_up = || Desk::new(self.scene.plan.model.memos, self.ledger.unit_log());
            let repeated = repeated.get(number).map_or(&[][..], Vec::as_slice);
            self.desks.with(set_up, |desk| self.judge(block, repeated, desk))
        });
        let mut bad = Vec::new();
        for judged in judged {
            self.seen.add(&judged.seen);
            self.unread.append(judged.unread);
            bad.extend(judged.bad);
        }
        bad
    }

    /// Ends the reading; what was only needed for it goes.
    pub fn finish(self) -> (ClosedLedger, ActivitiesSeen, Unread) {
        let ActivityReader { ledger, seen, unread, ids, desks, .. } = self;
        drop(ids);
        let logs = desks.into_all().into_iter().map(|desk| desk.log.into_inner()).collect();
        (ledger.close(logs), seen, unread)
    }

    /// Which activities of each block bear an id that an earlier row bears; the only question that
    /// is asked in the order of the input. Empty where no activity has an id.
    fn repeated(&mut self, round: &mut Round<'_>) -> Vec<Vec<bool>> {
        let plan = self.scene.plan;
        let Some(id) = plan.model.activities.id else { return Vec::new() };
        let blocks = round.take_all();
        let ids_of = |block: &Block| {
            let table = &plan.activity_tables[block.table];
            let place = plan.activity_columns[block.table][id];
            let mut ids = BlockIds::default();
            block.for_each_record(table, &mut Cells::new(table.delimiter), |record, _| {
                let id = place.and_then(|at| plan.model.activities.missing.present(record.get(at)));
                ids.push(id.unwrap_or_default());
            });
            ids
        };
        let all: Vec<BlockIds> = blocks.par_iter().map(ids_of).collect();
        if let Some(share) = round.share().filter(|&share| share > 0.0 && self.seen.rows == 0) {
            let ids: usize = all.iter().map(BlockIds::len).sum();
            self.ids = SeenIds::expecting((ids as f64 / share) as usize);
        }
        round.put_back(blocks);
        self.ids.repeated(&all)
    }
}

/// What a worker has at hand from block to block.
#[derive(Debug)]
struct Desk<'s> {
    cells: Cells,
    memos: Memos,
    /// Who takes activities of each type, as it is written.
    takers: RefCell<Memo<Takers<'s>>>,
    units: RefCell<Memo<i64>>,
    log: RefCell<UnitLog>,
    /// The activities of a batch that lie before every window, and of which nothing else is to be told but whose.
    passed_over: Vec<PassedOver>,
    /// The others, with their times if these are written as nearly all programs write them.
    left: Vec<(u32, Option<Instant>)>,
    /// Those of them that have a time and name somebody.
    dated: Vec<Dated<'s>>,
    /// Those of them that a fold may take.
    due: Vec<Due<'s>>,
}

impl Desk<'_> {
    fn new(memos: usize, log: UnitLog) -> Self {
        Desk {
            cells: Cells::new(b','),
            memos: Memos::new(memos),
            takers: RefCell::default(),
            units: RefCell::default(),
            log: RefCell::new(log),
            passed_over: Vec::new(),
            left: Vec::new(),
            dated: Vec::new(),
            due: Vec::new(),
        }
    }
}

/// What may count the activities of a type, and when: most lie outside every window, and nobody's
/// numbers need be touched for them.
#[derive(Clone, Copy, Debug)]
struct Takers<'s> {
    folds: &'s [FoldId],
    window: Window,
}

/// An activity of which all that is asked is whether somebody is called so.
#[derive(Clone, Copy, Debug)]
struct PassedOver {
    /// Its place in the batch.
    at: u32,
    name: Asked,
}

/// An activity that has a time and names somebody.
#[derive(Clone, Copy, Debug)]
struct Dated<'s> {
    /// Its place in the batch.
    at: u32,
    time: Instant,
    /// What may count it; where nothing may, all that is asked is whether somebody is called so.
    takers: Option<&'s [FoldId]>,
    name: Asked,
}

/// An activity of somebody that something may count.
#[derive(Clone, Copy, Debug)]
struct Due<'s> {
    /// Its place in the batch.
    at: u32,
    contact: ContactId,
    time: Instant,
    takers: &'s [FoldId],
}

impl<'s> ActivityReader<'s> {
    /// Who takes activities of a type (folded).
    fn takers(&self, kind: Option<&str>) -> Takers<'s> {
        let folds = self.scene.plan.folds_of_type(kind);
        Takers { folds, window: window_of_all(self.scene.as_of, folds.iter().map(|&fold| &self.windows[fold])) }
    }

    fn judge(&self, block: &Block, repeated: &[bool], desk: &mut Desk<'s>) -> Judged {
        let Scene { plan, contacts, as_of } = self.scene;
        let table = &plan.activity_tables[block.table];
        let mut judged = Judged { seen: ActivitiesSeen::of(plan), ..Judged::default() };
        let seen = &mut judged.seen;
        let of_file = table.activity_type.as_deref().map(|kind| self.takers(Some(&fold(kind))));
        let of_none = self.takers(None);
        let places = &plan.activity_columns[block.table];
        let Desk { cells, memos, takers, units, log, passed_over, left, dated, due } = desk;
        let bench = Bench { plan, places, memos, units, log, unread: RefCell::default() };
        let section = &plan.model.activities;
        let (kinds, times, names) =
            (bench.cells_in(section.kind), bench.cells_in(section.at), bench.cells_in(section.contact));
        let of_time = &plan.model.activity_columns[section.at];
        let usual_times = times.usual_times();
        let time_tells = repeated.is_empty() && section.ignore.is_empty();
        let is_passed_over = |time: Instant| time_tells && time <= as_of.run && !self.window.holds(time);
        judged.bad = block.for_each_batch(table, cells, |batch| {
            let activity = |at: u32| Activity { bench: &bench, batch, at, as_of: as_of.run };
            // When an activity was, or what becomes of one that does not tell.
            let when = |at: u32, usual: Option<Instant>, is_repeated: bool| {
                if let Some(rule) = section.ignore.iter().position(|rule| holds(&rule.when, activity(at))) {
                    return Err(Fate::Ignored(rule));
                }
                if is_repeated {
                    return Err(Fate::Repeated);
                }
                if let Some(time) = usual {
                    return Ok(time);
                }
                let text = times.at(batch, at as usize).ok_or(Fate::WithoutTime)?;
                let time = parse_time(text, &of_time.reading, &section.timezone, &mut memos.calendar.borrow_mut());
                time.ok_or_else(|| {
                    activity(at).unreadable(section.at, Kind::Date);
                    Fate::WithoutTime
                })
            };
            // Most lie before every window: all that may be asked of them is whose they are, and if they have a type.
            passed_over.clear();
            left.clear();
            let mut calendar = memos.calendar.borrow_mut();
            for (at, record) in (0..).zip(batch.all_standing()) {
                let usual = usual_times.and_then(|place| calendar.read(record.cell(place)?, &section.timezone));
                if usual.is_some_and(is_passed_over) {
                    if !self.is_told {
                        continue;
                    }
                    let has_type = of_file.is_some() || kinds.is_surely_there(record);
                    if let Some(name) = names.sure(record).filter(|_| has_type) {
                        let name = self.directory.ask_ahead(Key::of_bytes(name));
                        passed_over.push(PassedOver { at, name });
                        continue;
                    }
                }
                left.push((at, usual));
            }
            drop(calendar);
            // What may count an activity, and the key of its name, where its cells say so as they stand.
            let said_at_once = |at: u32| {
                let record = batch.standing_at(at as usize);
                let takers = of_file.or_else(|| takers.borrow().known(kinds.sure(record)?))?;
                Some((takers, Key::of_bytes(names.sure(record)?)))
            };
            // What memory is needed for is asked for in one go, and looked at in the next.
            dated.clear();
            let first = seen.rows as usize;
            seen.rows += batch.len() as u64;
            for &(at, usual) in &*left {
                let is_repeated = repeated.get(first + at as usize) == Some(&true);
                let usual = usual.filter(|_| section.ignore.is_empty() && !is_repeated);
                let (time, of_type, name) = match usual.and_then(|time| Some((time, said_at_once(at)?))) {
                    Some((time, (of_type, name))) => (time, of_type, Some(name)),
                    None => {
                        let kind = if of_file.is_some() { None } else { kinds.at(batch, at as usize) };
                        seen.without_type += u64::from(self.is_told && of_file.is_none() && kind.is_none());
                        let time = match when(at, usual, is_repeated) {
                            Ok(time) => time,
                            Err(fate) => {
                                seen.note(fate);
                                continue;
                            }
                        };
                        let of_kind = |kind| Memo::answer(takers, kind, || self.takers(Some(&fold(kind))));
                        let of_type = of_file.unwrap_or_else(|| kind.map_or(of_none, of_kind));
                        (time, of_type, names.at(batch, at as usize).map(Key::of))
                    }
                };
                let is_taken = self.window.holds(time) && of_type.window.holds(time);
                if !is_taken && !self.is_told {
                    continue;
                }
                match name {
                    Some(name) => {
                        let takers = is_taken.then_some(of_type.folds);
                        dated.push(Dated { at, time, takers, name: self.directory.ask_ahead(name) });
                    }
                    None => seen.note(Fate::Orphaned),
                }
            }
            for &PassedOver { at, name } in &*passed_over {
                let text = || names.at(batch, at as usize).unwrap_or_default();
                seen.orphaned += u64::from(self.directory.find_asked(name, text, contacts).is_none());
            }
            due.clear();
            for &one in &*dated {
                let name = || names.at(batch, one.at as usize).unwrap_or_default();
                match (self.directory.find_asked(one.name, name, contacts), one.takers) {
                    (None, _) => seen.note(Fate::Orphaned),
                    (Some(contact), Some(takers)) => {
                        self.ledger.ask_ahead(contact);
                        as_of.ask_ahead(contact);
                        due.push(Due { at: one.at, contact, time: one.time, takers });
                    }
                    (Some(_), None) if one.time > as_of.run => seen.note(Fate::Future),
                    (Some(_), None) => seen.note(Fate::Counted),
                }
            }
            for one in &*due {
                seen.note(self.deal_out(one, activity(one.at)));
            }
        });
        let mut unread = bench.unread.into_inner();
        unread.sort_unstable_by_key(|spot| (spot.start, spot.column, spot.kind));
        unread.dedup();
        judged.unread = Unread::of(&unread, block, plan);
        judged
    }

    /// Deals an activity out to the folds of everybody who is called so.
    fn deal_out(&self, one: &Due<'_>, mut activity: Activity<'_>) -> Fate {
        let Scene { plan, contacts, as_of } = self.scene;
        let mut happened = false;
        for contact in contacts.with_same_id(one.contact) {
            activity.as_of = as_of.of(contact);
            if one.time > activity.as_of {
                continue;
            }
            happened = true;
            for &fold in one.takers {
                let Fold { selection, .. } = &plan.folds[fold];
                let window = if as_of.own.is_none() { self.windows[fold] } else { selection.window(activity.as_of) };
                if window.holds(one.time) && selection.filters.iter().all(|filter| holds(filter, activity)) {
                    share(&self.ledger, contact, fold, &activity, one.time);
                }
            }
        }
        if happened { Fate::Counted } else { Fate::Future }
    }
}

/// The times that any of these windows holds, as of the run; all, where contacts have instants of their own:
/// then so have windows.
fn window_of_all<'w>(as_of: &AsOf, windows: impl Iterator<Item = &'w Window>) -> Window {
    if as_of.own.is_some() { Window::ALWAYS } else { windows.copied().fold(Window::NEVER, Window::or) }
}
