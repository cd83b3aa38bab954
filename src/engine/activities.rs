//! The activities: each looked at once, dealt out as events, and forgotten.
//!
//! In: blocks of the activity exports, in order. Out: a filled [`Ledger`] and what was noticed on
//! the way (rule reference, §4). Blocks are parted and judged (`judge`) beside each other; only the question
//! whether an `id` was seen before is asked in the order of the input.

mod judge;

use super::contacts::{ContactId, Contacts, Directory};
use super::fold::Window;
use super::ledger::{ClosedLedger, Ledger};
use super::memo::Desks;
use super::plan::Plan;
use super::repeated::{BlockIds, SeenIds};
use super::unread::Unread;
use crate::instant::Instant;
use crate::machine;
use crate::record::{BadRow, Block, Cells, Round};
use judge::Desk;
use rayon::prelude::*;

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

/// What somebody is told of activities that nothing counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// What became of every one.
    All,
    /// Of cells that cannot be read.
    Unreadable,
    /// Nothing.
    Nothing,
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
    /// The ids seen so far, once activities with any have come.
    ids: Option<SeenIds>,
    /// The window of each fold, as of the run, and the window of all of them.
    windows: Vec<Window>,
    window: Window,
    told: Told,
    desks: Desks<Desk<'s>>,
}

impl ActivitiesSeen {
    fn of(plan: &Plan<'_>) -> ActivitiesSeen {
        ActivitiesSeen { ignored: vec![0; plan.model.activities.ignore.len()], ..ActivitiesSeen::default() }
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
    /// Nothing read yet. Unless somebody is told of all activities, whose one is that nothing counts, and of what type,
    /// is not asked; where nobody is told anything, neither is the time of day of those on a day before every window.
    pub fn new(scene: Scene<'s>, directory: &'s Directory, told: Told) -> ActivityReader<'s> {
        let windows = scene.plan.folds.iter().map(|fold| fold.selection.window(scene.as_of.run));
        let windows: Vec<Window> = windows.collect();
        ActivityReader {
            scene,
            directory,
            ledger: Ledger::new(scene.plan, scene.contacts.len()),
            seen: ActivitiesSeen::of(scene.plan),
            unread: Unread::default(),
            ids: None,
            window: window_of_all(scene.as_of, windows.iter()),
            windows,
            told,
            desks: Desks::default(),
        }
    }

    /// How many bytes of memory the ledger will take; `None` where it keeps units.
    pub fn ledger_bytes(&self) -> Option<usize> {
        let keeps_units = self.scene.plan.folds.iter().any(|fold| fold.gather.keeps_units());
        (!keeps_units).then(|| self.ledger.bytes_of_numbers())
    }

    /// Takes in the blocks that come next; returns the rows that can't be used.
    pub fn add(&mut self, mut round: Round<'_>) -> Vec<BadRow> {
        let repeated = self.repeated(&mut round);
        let judged = round.each(|number, block| {
            let set_up = || Desk::new(self.scene.plan.model.memos, self.ledger.unit_log());
            let repeated = repeated.get(number).map_or(&[][..], Vec::as_slice);
            self.desks.with(set_up, |desk| judge::judge(self, block, repeated, desk))
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
        let logs = desks.into_all().into_iter().map(Desk::into_log).collect();
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
        // The first blocks tell how many ids there will be.
        let expected = || {
            let ids: usize = all.iter().map(BlockIds::len).sum();
            round.share().filter(|&share| share > 0.0).map_or(0, |share| (ids as f64 / share) as usize)
        };
        let repeated = self.ids.get_or_insert_with(|| SeenIds::expecting(expected())).repeated(&all);
        round.put_back(blocks);
        repeated
    }
}

/// The times that any of these windows holds, as of the run; all, where contacts have instants of their own:
/// then so have windows.
fn window_of_all<'w>(as_of: &AsOf, windows: impl Iterator<Item = &'w Window>) -> Window {
    if as_of.own.is_some() { Window::ALWAYS } else { windows.copied().fold(Window::NEVER, Window::or) }
}
