//! One activity: as conditions see it, and its share in a fold.
//!
//! In: a record of an activity export. Out: [`Facts`], and what goes into the ledger or the log of
//! its worker. Not here: which activities count, and whose they are.

use super::card::points_of;
use super::condition::read_number;
use super::contacts::ContactId;
use super::decay::contribution;
use super::facts::{Facts, Kind, Readings, Rows, Value};
use super::fold::Gather;
use super::ledger::Ledger;
use super::memo::{Memo, Memos};
use super::plan::{FoldId, Plan};
use super::units::UnitLog;
use super::unread::Spot;
use crate::instant::{Instant, month_of_day, week_of_day};
use crate::points::Points;
use crate::record::{Batch, Standing};
use crate::rules::model::{ColumnId, Decay, Operand, Per, Worth};
use crate::value::{self, Valued};
use std::cell::RefCell;

/// One activity as conditions see it.
#[derive(Clone, Copy)]
pub(super) struct Activity<'a> {
    pub bench: &'a Bench<'a>,
    pub batch: Batch<'a>,
    /// Its place in the batch.
    pub at: u32,
    pub as_of: Instant,
}

/// What the activities of one block have in common.
pub(super) struct Bench<'a> {
    pub plan: &'a Plan<'a>,
    pub places: &'a [Option<usize>],
    pub memos: &'a Memos,
    /// The numbers of texts that tell units apart, as they are written.
    pub units: &'a RefCell<Memo<i64>>,
    pub log: &'a RefCell<UnitLog>,
    /// Cells that could not be read; one may be here several times.
    pub unread: RefCell<Vec<Spot>>,
}

/// Activities side by side as conditions see them: those of a batch from one on.
pub(super) struct Activities<'a> {
    pub bench: &'a Bench<'a>,
    pub batch: Batch<'a>,
    pub first: usize,
    pub as_of: Instant,
}

/// Where the cells of a column are, and when they have a value; looked up once for many activities.
#[derive(Clone, Copy)]
pub(super) struct CellsIn<'a> {
    place: Option<usize>,
    valued: Valued<'a>,
}

impl<'a> Bench<'a> {
    /// The cells of a column.
    #[inline(always)]
    pub fn cells_in(&self, column: ColumnId) -> CellsIn<'a> {
        let model = self.plan.model;
        let valued = Valued::by(&model.activity_columns[column].reading, &model.activities.missing);
        CellsIn { place: self.places[column], valued }
    }

    /// How cells are read.
    #[inline]
    fn readings(&self) -> Readings<'a> {
        let model = self.plan.model;
        Readings {
            columns: &model.activity_columns,
            missing: &model.activities.missing,
            zone: &model.activities.timezone,
        }
    }
}

impl CellsIn<'_> {
    /// The bytes of the one of a record, if it surely has a value.
    #[inline(always)]
    pub fn sure<'r>(&self, record: Standing<'r>) -> Option<&'r [u8]> {
        record.cell(self.place?).filter(|cell| self.valued.is_sure(cell))
    }

    /// Whether the one of a record surely has a value: one byte tells.
    #[inline(always)]
    pub fn is_surely_there(&self, record: Standing<'_>) -> bool {
        self.valued.is_surely_there(self.place.and_then(|place| record.cell(place)).unwrap_or_default())
    }

    /// Where cells are that are times if a calendar reads them.
    pub fn usual_times(&self) -> Option<usize> {
        self.place.filter(|_| self.valued.takes_usual_times())
    }

    /// The one of a record of a batch.
    #[inline(always)]
    pub fn at<'r>(&self, batch: Batch<'r>, at: usize) -> Option<&'r str> {
        self.valued.cell(batch.cell(at, self.place?))
    }
}

impl<'b> Rows for Activities<'b> {
    type One<'a>
        = Activity<'a>
    where
        Self: 'a;

    #[inline(always)]
    fn one(&self, row: usize) -> Activity<'_> {
        let &Activities { bench, batch, first, as_of } = self;
        Activity { bench, batch, at: (first + row) as u32, as_of }
    }

    #[inline(always)]
    fn cells<'a>(&'a self, column: ColumnId) -> impl Fn(usize) -> Option<&'a str> {
        let cells = self.bench.cells_in(column);
        move |row| cells.at(self.batch, self.first + row)
    }

    #[inline]
    fn readings(&self) -> Readings<'_> {
        self.bench.readings()
    }

    fn memos(&self) -> &Memos {
        self.bench.memos
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

    #[inline]
    fn cell(&self, column: ColumnId) -> Option<&str> {
        self.bench.cells_in(column).at(self.batch, self.at as usize)
    }

    #[inline]
    fn readings(&self) -> Readings<'_> {
        self.bench.readings()
    }

    fn as_of(&self) -> Instant {
        self.as_of
    }

    fn memos(&self) -> &Memos {
        self.bench.memos
    }

    fn unreadable(&self, column: ColumnId, kind: Kind) {
        let start = self.batch.place(self.at as usize).start;
        self.bench.unread.borrow_mut().push(Spot { column, kind, start });
    }
}

/// Adds an activity's share in a fold of a contact.
pub(super) fn share(ledger: &Ledger, contact: ContactId, fold: FoldId, activity: &Activity<'_>, time: Instant) {
    let plan = activity.bench.plan;
    let worth_of = |worth: &Worth| points_of_one(worth, activity);
    let fading = |worth: &Worth, decay: Option<Decay>| contribution(worth_of(worth), decay, time, activity.as_of);
    let day = || plan.model.activities.timezone.day(time);
    let set_down = |unit: i64, points: Points| activity.bench.log.borrow_mut().add(contact, fold, unit, time, points);
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
            set_down(day(), fading(worth, decay));
        }
        Gather::Recent { worth, .. } => set_down(0, worth_of(worth)),
        Gather::Units { per, worth } => {
            let unit = match per {
                Per::Event | Per::Contact => 0,
                Per::Day => day(),
                Per::Week => week_of_day(day()),
                Per::Month => month_of_day(day()),
                Per::Column(column) => {
                    let Some(cell) = activity.cell(column) else { return };
                    Memo::answer(activity.bench.units, cell, || ledger.number_of(&value::fold(cell)))
                }
            };
            set_down(unit, worth.map_or(Points::ZERO, worth_of));
        }
    }
}

fn points_of_one(worth: &Worth, activity: &Activity<'_>) -> Points {
    match worth {
        Worth::Points(points) => *points,
        Worth::Card(column, card) => {
            let value = activity.value(Operand::Column(*column));
            points_of(card, value, activity).unwrap_or(card.missing)
        }
    }
}
