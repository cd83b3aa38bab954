//! One contact as conditions see it: its cells, tallies, scores, grades and its account.
//!
//! In: a row, the ledger, and what has been found out so far. Out: [`Facts`]. A worker has one
//! [`Desk`] and uses it for contact after contact.

use super::accounts::Account;
use super::activities::Scene;
use super::condition::{Facts, Kind, Readings, Value};
use super::contacts::{ContactId, RowView, RowsOf};
use super::grades;
use super::ledger::ClosedLedger;
use super::memo::Memos;
use super::plan::Plan;
use crate::instant::Instant;
use crate::points::{MICRO, Points};
use crate::rules::model::{ColumnId, Measure, Operand, TallyId};
use std::cell::RefCell;

/// What a worker has at hand for the contacts that it is about.
#[derive(Debug)]
pub struct Desk {
    /// For their cells.
    pub rows: RowView,
    /// For what is found out about one of them.
    pub room: Room,
}

/// Room for what is found out about one contact, and what is remembered from one to the next.
#[derive(Debug)]
pub struct Room {
    memos: Memos,
    scores: Vec<Option<Points>>,
    grades: Vec<Option<u16>>,
    rule_points: Vec<Points>,
}

impl Desk {
    /// For the contacts of a plan.
    pub fn new(plan: &Plan<'_>) -> Desk {
        let room = Room {
            memos: Memos::new(plan.model.memos),
            scores: vec![None; plan.model.scores.len()],
            grades: vec![None; plan.model.scores.len()],
            rule_points: vec![Points::ZERO; plan.rules.len()],
        };
        Desk { rows: RowView::default(), room }
    }
}

/// One contact, with what is known of it so far.
#[derive(Debug)]
pub struct ContactFacts<'a> {
    /// Everybody, and the rules.
    pub scene: Scene<'a>,
    ledger: &'a ClosedLedger,
    /// Who it is.
    pub contact: ContactId,
    row: RowsOf<'a>,
    memos: &'a Memos,
    /// Rounded values, for each score that has been evaluated.
    pub scores: &'a mut [Option<Points>],
    /// For each score the index of its grade.
    pub grades: &'a mut [Option<u16>],
    /// For each rule its points after its own caps; of scores that are not there, nothing.
    pub rule_points: &'a mut [Points],
    /// The account, once accounts are known.
    pub account: Option<Account<'a>>,
    /// Cells that a test could not read.
    pub unread: RefCell<Vec<(ColumnId, Kind)>>,
}

impl<'a> ContactFacts<'a> {
    /// Nothing evaluated yet.
    pub fn new(scene: Scene<'a>, ledger: &'a ClosedLedger, row: RowsOf<'a>, room: &'a mut Room) -> ContactFacts<'a> {
        let Room { memos, scores, grades, rule_points } = room;
        scores.fill(None);
        grades.fill(None);
        let (contact, account, unread) = (row.contact, None, RefCell::default());
        ContactFacts { scene, ledger, contact, row, memos, scores, grades, rule_points, account, unread }
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
        Measure::Last => ledger.newest(contact, fold).map_or(Value::Missing, Value::Instant),
        Measure::First => ledger.oldest(contact, fold).map_or(Value::Missing, Value::Instant),
        Measure::DaysSinceLast => ledger.newest(contact, fold).map_or(Value::Missing, age),
        Measure::DaysSinceFirst => ledger.oldest(contact, fold).map_or(Value::Missing, age),
    }
}

impl Facts for ContactFacts<'_> {
    fn value(&self, operand: Operand) -> Value<'_> {
        let model = self.scene.plan.model;
        let number = |value: Option<Points>| value.map_or(Value::Missing, Value::Number);
        match operand {
            Operand::Column(column) => self.cell(column).map_or(Value::Missing, |text| Value::Cell(text, column)),
            Operand::Tally(tally) => tally_value(self.scene, self.ledger, self.contact, tally),
            Operand::Score(score) => number(self.scores[score]),
            Operand::Grade(score) => {
                grades::name(&model.scores[score].grades, self.grades[score]).map_or(Value::Missing, Value::Text)
            }
            Operand::AccountScore(score) => number(self.account.and_then(|account| account.score(score))),
            Operand::AccountGrade(score) => {
                let grade = self.account.and_then(|account| account.grade(score));
                let grades = model.accounts.as_ref().and_then(|accounts| accounts.scores[score].grades.as_ref());
                grades.and_then(|grades| grades::name_in(grades, grade)).map_or(Value::Missing, Value::Text)
            }
        }
    }

    #[inline]
    fn cell(&self, column: ColumnId) -> Option<&str> {
        self.row.cell(self.scene.plan, column)
    }

    #[inline]
    fn readings(&self) -> Readings<'_> {
        let model = self.scene.plan.model;
        Readings { columns: &model.contact_columns, missing: &model.contacts.missing, zone: &model.contacts.timezone }
    }

    fn as_of(&self) -> Instant {
        self.scene.as_of.of(self.contact)
    }

    fn memos(&self) -> &Memos {
        self.memos
    }

    fn unreadable(&self, column: ColumnId, kind: Kind) {
        let mut unread = self.unread.borrow_mut();
        if !unread.contains(&(column, kind)) {
            unread.push((column, kind));
        }
    }
}
