//! One contact as conditions see it: its cells, tallies, scores, grades and its account.
//!
//! In: a row, the ledger, and what has been found out so far. Out: [`Facts`]. One
//! [`ContactFacts`] is reused from contact to contact by a worker.

use super::accounts::AccountValues;
use super::activities::Scene;
use super::condition::{Facts, Kind, Readings, Value};
use super::contacts::{ContactId, RowsOf};
use super::grades;
use super::ledger::ClosedLedger;
use crate::instant::Instant;
use crate::points::{MICRO, Points};
use crate::rules::model::{ColumnId, Measure, Operand, TallyId};
use std::cell::RefCell;

/// One contact, with what is known of it so far.
#[derive(Debug)]
pub struct ContactFacts<'a> {
    /// Everybody, and the rules.
    pub scene: Scene<'a>,
    ledger: &'a ClosedLedger,
    /// Who it is.
    pub contact: ContactId,
    row: RowsOf<'a>,
    /// Rounded values, for each score that has been evaluated.
    pub scores: Vec<Option<Points>>,
    /// For each score the index of its grade.
    pub grades: Vec<Option<u16>>,
    /// The account, once accounts are known.
    pub account: Option<&'a AccountValues>,
    /// Cells that a test could not read.
    pub unread: RefCell<Vec<(ColumnId, Kind)>>,
}

impl<'a> ContactFacts<'a> {
    /// Nothing evaluated yet.
    pub fn new(scene: Scene<'a>, ledger: &'a ClosedLedger, contact: ContactId, row: RowsOf<'a>) -> ContactFacts<'a> {
        let scores = scene.plan.model.scores.len();
        ContactFacts {
            scene,
            ledger,
            contact,
            row,
            scores: vec![None; scores],
            grades: vec![None; scores],
            account: None,
            unread: RefCell::default(),
        }
    }

    /// The cells of the row.
    pub fn row(&self) -> RowsOf<'a> {
        self.row
    }

    /// The ledger of activities.
    pub fn ledger(&self) -> &'a ClosedLedger {
        self.ledger
    }
}

/// The value of a contact's tally.
pub fn tally_value(scene: Scene<'_>, ledger: &ClosedLedger, contact: ContactId, tally: TallyId) -> Value<'static> {
    let plan = scene.plan;
    let fold = plan.tally_folds[tally];
    let number = |count: u64| Value::Number(Points(i128::from(count) * MICRO));
    let age = |time: Instant| {
        let days = scene.as_of.of(contact).days_since(time);
        Value::Number(Points::from_micro_f64(days * MICRO as f64))
    };
    match plan.model.tallies[tally].measure {
        Measure::Count => number(ledger.count(contact, fold)),
        Measure::Days | Measure::Distinct(_) => number(ledger.units(contact, fold).len() as u64),
        Measure::Sum(_) => Value::Number(ledger.sum(contact, fold)),
        Measure::Last | Measure::First => ledger.time(contact, fold).map_or(Value::Missing, Value::Instant),
        Measure::DaysSinceLast | Measure::DaysSinceFirst => ledger.time(contact, fold).map_or(Value::Missing, age),
    }
}

impl Facts for ContactFacts<'_> {
    fn value(&self, operand: Operand) -> Value<'_> {
        let model = self.scene.plan.model;
        let number = |value: Option<Points>| value.map_or(Value::Missing, Value::Number);
        match operand {
            Operand::Column(column) => {
                let cell = self.row.cell(self.scene.plan, column);
                cell.map_or(Value::Missing, |text| Value::Cell(text, column))
            }
            Operand::Tally(tally) => tally_value(self.scene, self.ledger, self.contact, tally),
            Operand::Score(score) => number(self.scores[score]),
            Operand::Grade(score) => {
                grades::name(&model.scores[score].grades, self.grades[score]).map_or(Value::Missing, Value::Text)
            }
            Operand::AccountScore(score) => number(self.account.and_then(|account| account.scores[score])),
            Operand::AccountGrade(score) => {
                let grade = self.account.and_then(|account| account.grades[score]);
                let grades = model.accounts.as_ref().and_then(|accounts| accounts.scores[score].grades.as_ref());
                grades.and_then(|grades| grades::name_in(grades, grade)).map_or(Value::Missing, Value::Text)
            }
        }
    }

    fn readings(&self) -> Readings<'_> {
        let model = self.scene.plan.model;
        Readings { columns: &model.contact_columns, missing: &model.contacts.missing, zone: &model.contacts.timezone }
    }

    fn as_of(&self) -> Instant {
        self.scene.as_of.of(self.contact)
    }

    fn unreadable(&self, column: ColumnId, kind: Kind) {
        let mut unread = self.unread.borrow_mut();
        if !unread.contains(&(column, kind)) {
            unread.push((column, kind));
        }
    }
}
