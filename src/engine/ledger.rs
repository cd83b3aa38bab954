//! The ledger: what has been folded so far, for each contact and fold.
//!
//! In: one activity's share in one fold of one contact, from any thread. Out: counts, sums, times
//! and units. Every entry is a sum, a maximum, a minimum or a set, so nothing depends on the order
//! in which shares come. What is one number is in `Numbers`; units, which most rules do without,
//! are in `Units`.

use super::contacts::ContactId;
use super::numbers::Numbers;
use super::plan::{FoldId, Plan};
use super::row_set::RowSet;
use super::units::{ClosedUnits, Standing, UnitLog, Units};
use crate::instant::Instant;
use crate::points::Points;

/// Everything that has been folded.
#[derive(Debug)]
pub struct Ledger {
    numbers: Numbers,
    units: Units,
}

/// A ledger into which nothing comes any more.
#[derive(Debug)]
pub struct ClosedLedger {
    numbers: Numbers,
    units: ClosedUnits,
}

impl Ledger {
    /// An empty ledger for so many contacts.
    pub fn new(plan: &Plan<'_>, contacts: usize) -> Ledger {
        Ledger { numbers: Numbers::new(&plan.folds, contacts), units: Units::new(&plan.folds, contacts) }
    }

    /// How many bytes of memory it takes, units left out.
    pub fn bytes_of_numbers(&self) -> usize {
        self.numbers.bytes()
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
        self.numbers.add_contribution(contact, fold, contribution);
    }

    /// Keeps the newest time.
    pub fn keep_newest(&self, contact: ContactId, fold: FoldId, time: Instant) {
        self.numbers.keep_newest(contact, fold, time);
    }

    /// Keeps the oldest time.
    pub fn keep_oldest(&self, contact: ContactId, fold: FoldId, time: Instant) {
        self.numbers.keep_oldest(contact, fold, time);
    }

    /// The number of a text that tells units apart, always the same in this ledger.
    pub fn number_of(&self, text: &str) -> i64 {
        self.units.number_of(text)
    }

    /// An empty log, in which a worker sets down what comes to units.
    pub fn unit_log(&self) -> UnitLog {
        self.units.log()
    }

    /// Ends the folding; gives the ledger from which contacts are scored.
    pub fn close(self, logs: Vec<UnitLog>) -> ClosedLedger {
        ClosedLedger { units: self.units.close(logs), numbers: self.numbers }
    }
}

impl ClosedLedger {
    /// Of nobody.
    pub fn empty() -> ClosedLedger {
        ClosedLedger { numbers: Numbers::new(&[], 0), units: ClosedUnits::default() }
    }

    /// Asks for what a contact did that will be looked at soon: where it stands, or (`near`) what stands
    /// there.
    pub fn ask_ahead(&self, contact: ContactId, near: bool) {
        if !near {
            self.numbers.ask_ahead(contact);
        }
        self.units.ask_ahead(contact, near);
    }

    /// For each fold the contacts of whom it may have taken an activity.
    pub fn counted(&self, contacts: impl ExactSizeIterator<Item = ContactId> + Clone) -> Vec<RowSet> {
        self.numbers.counted(contacts)
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
        match self.numbers.count(contact, fold) {
            0 => (0, Points::ZERO),
            count => (count, self.numbers.sum(contact, fold)),
        }
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
    pub fn units(&self, contact: ContactId, fold: FoldId) -> &[Standing] {
        self.units.of(contact, fold)
    }
}
