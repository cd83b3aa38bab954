//! What becomes of the activities of a block.
//!
//! In: its records. Out: events in the ledger, and what was noticed. One step is taken for many records before the
//! next one: what their cells say of them, then who is called so, then what counts them. So what memory is needed for
//! is asked for in one go, and looked at in the next.

use super::{ActivitiesSeen, ActivityReader, Scene, Told, window_of_all};
use crate::engine::activity::{Activities, Activity, Bench, CellsIn, share};
use crate::engine::condition::{holding, holds};
use crate::engine::contacts::ContactId;
use crate::engine::facts::{Facts, Kind};
use crate::engine::fold::{Fold, Window};
use crate::engine::ids::{Lookup, Sought};
use crate::engine::key::IdKey;
use crate::engine::memo::{Memo, Memos};
use crate::engine::plan::FoldId;
use crate::engine::row_set::{ROWS, RowSet};
use crate::engine::units::UnitLog;
use crate::engine::unread::Unread;
use crate::instant::Instant;
use crate::record::{BadRow, Batch, Block, Cells};
use crate::value::{fold, parse_time};
use std::cell::RefCell;

/// What one block gave, beside what went into the ledger.
pub(super) struct Judged {
    pub seen: ActivitiesSeen,
    pub unread: Unread,
    pub bad: Vec<BadRow>,
}

/// What a worker has at hand from block to block.
#[derive(Debug)]
pub(super) struct Desk<'s> {
    cells: Cells,
    memos: Memos,
    /// Who takes activities of each type, as it is written.
    takers: RefCell<Memo<Takers<'s>>>,
    units: RefCell<Memo<i64>>,
    log: RefCell<UnitLog>,
    lists: Lists<'s>,
}

/// The activities of a batch, by what is to be done about them.
#[derive(Debug, Default)]
struct Lists<'s> {
    /// For each what becomes of it, if it is passed over; empty where nothing says so of any.
    passed_over: Vec<Option<Fate>>,
    /// Those of which more than the time is asked, with their times where a calendar reads them.
    left: Vec<(u32, Option<Instant>)>,
    /// Those that something may count, or that have not happened yet.
    dated: Lookup<Dated<'s>>,
    /// The places of those that nothing counts: all that is asked of them is whether somebody is called so.
    idle: Lookup<u32>,
    /// Of some that something may count, those of somebody.
    due: Vec<Due<'s>>,
    /// The same of those before, for whom memory was asked.
    waiting: Vec<Due<'s>>,
}

impl Desk<'_> {
    /// With as many memos, and a log of the ledger.
    pub fn new(memos: usize, log: UnitLog) -> Self {
        Desk {
            cells: Cells::new(b','),
            memos: Memos::new(memos),
            takers: RefCell::default(),
            units: RefCell::default(),
            log: RefCell::new(log),
            lists: Lists::default(),
        }
    }

    /// What is set down for the ledger.
    pub fn into_log(self) -> UnitLog {
        self.log.into_inner()
    }
}

/// What may count the activities of a type, and when: most lie outside every window, and nobody's
/// numbers need be touched for them.
#[derive(Clone, Copy, Debug)]
struct Takers<'s> {
    folds: &'s [FoldId],
    window: Window,
}

/// An activity whose time matters.
#[derive(Clone, Copy, Debug)]
struct Dated<'s> {
    /// Its place in the batch.
    at: u32,
    time: Instant,
    /// What may count it.
    takers: &'s [FoldId],
}

/// The same, of somebody.
#[derive(Clone, Copy, Debug)]
struct Due<'s> {
    /// Its place in the batch.
    at: u32,
    contact: ContactId,
    time: Instant,
    takers: &'s [FoldId],
}

/// The numbers of so many contacts are asked for in one go.
const TOGETHER: usize = 16;

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

/// What the cells of an activity say of it.
struct Said<'s> {
    time: Instant,
    of_type: Takers<'s>,
    /// The key of its name, if it has one.
    name: Option<IdKey>,
}

/// Judges the activities of a block. `repeated` tells which of them bear an id that was seen before; empty: none.
pub(super) fn judge<'s>(reader: &ActivityReader<'s>, block: &Block, repeated: &[bool], desk: &mut Desk<'s>) -> Judged {
    let plan = reader.scene.plan;
    let table = &plan.activity_tables[block.table];
    let Desk { cells, memos, takers, units, log, lists } = desk;
    let places = &plan.activity_columns[block.table];
    let bench = Bench { plan, places, memos, units, log, unread: RefCell::default() };
    let section = &plan.model.activities;
    let mut judge = Judge {
        reader,
        bench: &bench,
        kinds: bench.cells_in(section.kind),
        times: bench.cells_in(section.at),
        names: bench.cells_in(section.contact),
        of_file: table.activity_type.as_deref().map(|kind| takers_of(reader, Some(&fold(kind)))),
        of_none: takers_of(reader, None),
        takers,
        repeated,
        seen: ActivitiesSeen::of(plan),
    };
    let bad = block.for_each_batch(table, cells, |batch| judge.take(batch, lists));
    let seen = judge.seen;
    let mut unread = bench.unread.into_inner();
    unread.sort_unstable_by_key(|spot| (spot.start, spot.column, spot.kind));
    unread.dedup();
    Judged { seen, unread: Unread::of(&unread, block, plan), bad }
}

/// Who takes activities of a type (folded).
fn takers_of<'s>(reader: &ActivityReader<'s>, kind: Option<&str>) -> Takers<'s> {
    let Scene { plan, as_of, .. } = reader.scene;
    let folds = plan.folds_of_type(kind);
    Takers { folds, window: window_of_all(as_of, folds.iter().map(|&fold| &reader.windows[fold])) }
}

/// Judges the activities of one block, batch after batch.
struct Judge<'j, 's> {
    reader: &'j ActivityReader<'s>,
    bench: &'j Bench<'j>,
    kinds: CellsIn<'j>,
    times: CellsIn<'j>,
    names: CellsIn<'j>,
    /// Who takes the activities of the file, if it gives all of them their type.
    of_file: Option<Takers<'s>>,
    /// Who takes those without a type.
    of_none: Takers<'s>,
    takers: &'j RefCell<Memo<Takers<'s>>>,
    repeated: &'j [bool],
    seen: ActivitiesSeen,
}

impl<'s> Judge<'_, 's> {
    #[inline(always)]
    fn take(&mut self, batch: Batch<'_>, lists: &mut Lists<'s>) {
        self.pass_over(batch, &mut lists.passed_over);
        self.tell_apart(batch, lists);
        self.ask_cells(batch, lists);
        self.find(batch, lists);
    }

    fn activity<'a>(&'a self, batch: Batch<'a>, at: u32) -> Activity<'a> {
        Activity { bench: self.bench, batch, at, as_of: self.reader.scene.as_of.run }
    }

    /// Which are passed over: by a rule of `ignore`, or because their id was seen before.
    fn pass_over(&self, batch: Batch<'_>, passed_over: &mut Vec<Option<Fate>>) {
        let Scene { plan, as_of, .. } = self.reader.scene;
        let ignore = &plan.model.activities.ignore;
        passed_over.clear();
        if ignore.is_empty() && self.repeated.is_empty() {
            return;
        }
        let repeated = self.repeated.iter().skip(self.seen.rows as usize).take(batch.len());
        passed_over.extend(repeated.map(|&is_repeated| is_repeated.then_some(Fate::Repeated)));
        passed_over.resize(batch.len(), None);
        for (number, fates) in passed_over.chunks_mut(ROWS).enumerate() {
            let some = Activities { bench: self.bench, batch, first: number * ROWS, as_of: as_of.run };
            let mut rows = RowSet::first(fates.len());
            for (rule, ignored) in ignore.iter().enumerate() {
                let ignored = holding(&ignored.when, rows, &some);
                ignored.for_each(|row| fates[row] = Some(Fate::Ignored(rule)));
                rows = rows - ignored;
            }
        }
    }

    /// Most lie before every window: all that may be asked of them is whose they are, and if they have a type.
    #[inline(always)]
    fn tell_apart(&self, batch: Batch<'_>, lists: &mut Lists<'s>) {
        let ActivityReader { scene, window, directory, told, .. } = self.reader;
        let Lists { passed_over, left, dated, idle, .. } = lists;
        let section = &scene.plan.model.activities;
        let is_before = |time: &Instant| *time <= scene.as_of.run && !window.holds(*time);
        let usual_times = self.times.usual_times();
        let format = scene.plan.model.activity_columns[section.at].reading.date_format.as_deref();
        let mut calendar = self.bench.memos.calendar.borrow_mut();
        // The date that was read last, if all of its day is over before every window.
        let mut past = None;
        let passes_days = *told == Told::Nothing && format.is_none() && passed_over.is_empty();
        left.clear();
        dated.clear();
        idle.clear();
        for (at, record) in (0..).zip(batch.all_standing()) {
            let cell = usual_times.and_then(|place| record.cell(place));
            if past.is_some_and(|date: [u8; 10]| cell.is_some_and(|cell| cell.starts_with(&date))) {
                continue;
            }
            let usual = cell.and_then(|cell| calendar.read(cell, format, &section.timezone));
            let is_passed_over = passed_over.get(at as usize).is_some_and(Option::is_some);
            if usual.is_some_and(|time| is_before(&time)) && !is_passed_over {
                if *told != Told::All {
                    let (date, midnight) = calendar.last_date();
                    past = (passes_days && window.begins_after_day(midnight)).then_some(date);
                    continue;
                }
                let has_type = self.of_file.is_some() || self.kinds.is_surely_there(record);
                if let Some(name) = self.names.sure(record).filter(|_| has_type) {
                    directory.look_for(idle, at, IdKey::of_bytes(name));
                    continue;
                }
            }
            left.push((at, usual));
        }
    }

    /// When the others were, what may count them and whom they name.
    #[inline(always)]
    fn ask_cells(&mut self, batch: Batch<'_>, Lists { passed_over, left, dated, idle, .. }: &mut Lists<'s>) {
        let ActivityReader { window, directory, told, scene, .. } = *self.reader;
        self.seen.rows += batch.len() as u64;
        for &(at, usual) in &*left {
            let fate = passed_over.get(at as usize).copied().flatten();
            let at_once = usual.filter(|_| fate.is_none()).and_then(|time| self.at_once(batch, at, time));
            let said = at_once.map_or_else(|| self.one_by_one(batch, at, usual, fate), Ok);
            let Said { time, of_type, name } = match said {
                Ok(said) => said,
                Err(fate) => {
                    self.note(fate);
                    continue;
                }
            };
            let is_taken = window.holds(time) && of_type.window.holds(time);
            if !is_taken && told != Told::All {
                continue;
            }
            let Some(name) = name else {
                self.note(Fate::Orphaned);
                continue;
            };
            // Whether it has not happened yet is asked of those that nothing counts, too.
            if is_taken || time > scene.as_of.run {
                let takers = if is_taken { of_type.folds } else { &[] };
                directory.look_for(dated, Dated { at, time, takers }, name);
            } else {
                directory.look_for(idle, at, name);
            }
        }
    }

    /// What the cells say of an activity whose time is known, if they say it as they stand.
    #[inline(always)]
    fn at_once(&self, batch: Batch<'_>, at: u32, time: Instant) -> Option<Said<'s>> {
        let record = batch.standing_at(at as usize);
        let of_type = self.of_file.or_else(|| self.takers.borrow().known(self.kinds.sure(record)?))?;
        Some(Said { time, of_type, name: Some(IdKey::of_bytes(self.names.sure(record)?)) })
    }

    /// The same, whatever the cells say, or what becomes of an activity that is passed over.
    fn one_by_one(
        &mut self,
        batch: Batch<'_>,
        at: u32,
        usual: Option<Instant>,
        fate: Option<Fate>,
    ) -> Result<Said<'s>, Fate> {
        let kind = if self.of_file.is_some() { None } else { self.kinds.at(batch, at as usize) };
        self.seen.without_type += u64::from(self.reader.told == Told::All && self.of_file.is_none() && kind.is_none());
        if let Some(fate) = fate {
            return Err(fate);
        }
        let time = usual.map_or_else(|| self.any_time(batch, at), Some).ok_or(Fate::WithoutTime)?;
        let of_kind = |kind| Memo::answer(self.takers, kind, || takers_of(self.reader, Some(&fold(kind))));
        let of_type = self.of_file.unwrap_or_else(|| kind.map_or(self.of_none, of_kind));
        Ok(Said { time, of_type, name: self.names.at(batch, at as usize).map(IdKey::of) })
    }

    /// The time of an activity, however it is written.
    fn any_time(&self, batch: Batch<'_>, at: u32) -> Option<Instant> {
        let model = self.reader.scene.plan.model;
        let section = &model.activities;
        let (text, reading) = (self.times.at(batch, at as usize)?, &model.activity_columns[section.at].reading);
        let time = parse_time(text, reading, &section.timezone, &mut self.bench.memos.calendar.borrow_mut());
        if time.is_none() {
            self.activity(batch, at).unreadable(section.at, Kind::Date);
        }
        time
    }

    /// Who is called so, and what counts what they did.
    #[inline(always)]
    fn find(&mut self, batch: Batch<'_>, Lists { dated, idle, due, waiting, .. }: &mut Lists<'s>) {
        let ActivityReader { scene, directory, ref ledger, .. } = *self.reader;
        let names = self.names;
        let text = |at: u32| names.at(batch, at as usize).unwrap_or_default();
        directory.begin(idle);
        directory.begin(dated);
        let idle = directory.finish(idle, |&at| text(at), scene.contacts);
        self.seen.orphaned += idle.iter().filter(|sought| sought.found.is_none()).count() as u64;
        let dated = directory.finish(dated, |one| text(one.at), scene.contacts);
        for some in dated.chunks(TOGETHER) {
            for &Sought { of: Dated { at, time, takers }, found, .. } in some {
                match found {
                    Some(contact) => due.push(Due { at, contact, time, takers }),
                    None => self.note(Fate::Orphaned),
                }
            }
            for one in &*due {
                ledger.ask_ahead(one.contact);
                scene.as_of.ask_ahead(one.contact);
            }
            // Those before have come meanwhile.
            self.deal_out_all(batch, waiting);
            std::mem::swap(due, waiting);
        }
        self.deal_out_all(batch, waiting);
    }

    /// Deals activities out, so that none is left.
    #[inline(always)]
    fn deal_out_all(&mut self, batch: Batch<'_>, due: &mut Vec<Due<'s>>) {
        for one in due.drain(..) {
            self.note(self.deal_out(&one, self.activity(batch, one.at)));
        }
    }

    /// Deals an activity out to the folds of everybody who is called so.
    #[inline(always)]
    fn deal_out(&self, one: &Due<'_>, mut activity: Activity<'_>) -> Fate {
        let ActivityReader { scene: Scene { plan, contacts, as_of }, ref ledger, ref windows, .. } = *self.reader;
        let mut happened = false;
        for contact in contacts.with_same_id(one.contact) {
            activity.as_of = as_of.of(contact);
            if one.time > activity.as_of {
                continue;
            }
            happened = true;
            for &fold in one.takers {
                let Fold { selection, .. } = &plan.folds[fold];
                let window = if as_of.own.is_none() { windows[fold] } else { selection.window(activity.as_of) };
                if window.holds(one.time) && selection.filters.iter().all(|filter| holds(filter, activity)) {
                    share(ledger, contact, fold, &activity, one.time);
                }
            }
        }
        if happened { Fate::Counted } else { Fate::Future }
    }

    fn note(&mut self, fate: Fate) {
        match fate {
            Fate::Counted => {}
            Fate::Ignored(rule) => self.seen.ignored[rule] += 1,
            Fate::Repeated => self.seen.repeated += 1,
            Fate::WithoutTime => self.seen.without_time += 1,
            Fate::Orphaned => self.seen.orphaned += 1,
            Fate::Future => self.seen.future += 1,
        }
    }
}
