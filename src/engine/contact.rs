//! Contacts as conditions see them: their cells, tallies, scores, grades and accounts.
//!
//! In: rows, the ledger, and what has been found out so far. Out: [`Facts`], and the rows of a window
//! of which a condition holds. A worker has one [`Desk`] and uses it for window after window.

use super::accounts::{Account, AllAccounts};
use super::activities::Scene;
use super::condition::holding;
use super::contacts::{ContactId, RowView, RowsOf, cells_of};
use super::facts::{Facts, Kind, Readings, Rows, Value};
use super::found::ContactSpot;
use super::grades;
use super::ledger::ClosedLedger;
use super::memo::Memos;
use super::plan::{FoldId, Plan, PlannedRule, QuestionId, RuleId};
use super::questions::Code;
use super::read::ColumnCells;
use super::row_set::{OfRows, ROWS, RowSet};
use crate::instant::Instant;
use crate::points::{MICRO, Points};
use crate::rules::model::{ColumnId, Condition, Measure, Operand, RuleKind, ScoreId, TallyId};
use std::cell::{OnceCell, RefCell};

/// What a worker has at hand for the contacts that it is about.
#[derive(Debug)]
pub struct Desk {
    /// For their cells.
    pub rows: RowView,
    /// For what is found out about them.
    pub room: Room,
}

/// Room for what is found out about the contacts of a window, and what is remembered from one to the
/// next.
#[derive(Debug)]
pub struct Room {
    memos: Memos,
    scores: Vec<ScoreOfRows>,
    given: Given,
}

/// A score of the contacts of a window.
#[derive(Clone, Debug)]
pub struct ScoreOfRows {
    /// Who has it, once it is evaluated.
    valued: RowSet,
    /// Its rounded value, of those who have it.
    values: OfRows<Points>,
    /// The index of its grade, of those who have it.
    grades: OfRows<Option<u16>>,
}

impl ScoreOfRows {
    fn of_nobody() -> ScoreOfRows {
        ScoreOfRows { valued: RowSet::NONE, values: [Points::ZERO; ROWS], grades: [None; ROWS] }
    }

    /// The value of a row, if it has one.
    #[inline(always)]
    pub fn value(&self, row: usize) -> Option<Points> {
        self.valued.contains(row).then(|| self.values[row])
    }

    /// The grade of a row, if it has one.
    #[inline(always)]
    pub fn grade(&self, row: usize) -> Option<u16> {
        self.grades[row].filter(|_| self.valued.contains(row))
    }

    /// Gives a row a value and a grade.
    pub fn set(&mut self, row: usize, value: Points, grade: Option<u16>) {
        self.valued.insert(row);
        (self.values[row], self.grades[row]) = (value, grade);
    }

    /// Gives just these rows their values and grades.
    #[inline(always)]
    pub fn set_all(&mut self, rows: RowSet, mut of_row: impl FnMut(usize) -> (Points, Option<u16>)) {
        self.valued = rows;
        rows.for_each(|row| (self.values[row], self.grades[row]) = of_row(row));
    }
}

/// What rules gave the contacts of a window, after their own caps.
#[derive(Debug, Default)]
pub struct Given {
    /// For each rule whom it gave something.
    rows: Vec<RowSet>,
    points: Vec<OfRows<Points>>,
}

impl Given {
    fn by(rules: &[PlannedRule<'_>]) -> Given {
        // Of those that give all the same it is known beforehand.
        let points = rules.iter().map(|planned| match planned.rule.kind {
            RuleKind::Contact(points) => [points; ROWS],
            _ => [Points::ZERO; ROWS],
        });
        Given { rows: vec![RowSet::NONE; rules.len()], points: points.collect() }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.rows.fill(RowSet::NONE);
    }

    /// Notes what a rule gives.
    #[inline(always)]
    pub fn set(&mut self, rule: RuleId, row: usize, points: Points) {
        self.rows[rule].insert(row);
        self.points[rule][row] = points;
    }

    /// Notes whom a rule gives something that gives all the same.
    pub fn give_all(&mut self, rule: RuleId, rows: RowSet) {
        self.rows[rule] = rows;
    }

    /// What a rule gave to a row to which it gave something.
    pub fn get(&self, rule: RuleId, row: usize) -> Points {
        self.points[rule][row]
    }

    /// The rules, each with whom it gave something, and what.
    pub fn by_rule(&self) -> impl Iterator<Item = (RuleId, RowSet, &OfRows<Points>)> {
        self.rows.iter().zip(&self.points).enumerate().map(|(rule, (&rows, points))| (rule, rows, points))
    }
}

impl Desk {
    /// For the contacts of a plan.
    pub fn new(plan: &Plan<'_>) -> Desk {
        let room = Room {
            memos: Memos::new(plan.model.memos),
            scores: vec![ScoreOfRows::of_nobody(); plan.model.scores.len()],
            given: Given::by(&plan.rules),
        };
        Desk { rows: RowView::default(), room }
    }
}

/// Some contacts, with what is known of them so far; at most [`ROWS`].
#[derive(Debug)]
pub struct ContactRows<'a> {
    /// Everybody, and the rules.
    pub scene: Scene<'a>,
    ledger: &'a ClosedLedger,
    rows: Vec<RowsOf<'a>>,
    memos: &'a Memos,
    /// Values and grades, for each score.
    pub scores: &'a mut [ScoreOfRows],
    /// For each fold of whom it may have taken something, once that was asked.
    counted: OnceCell<Vec<RowSet>>,
    /// What rules gave; those of scores that are not there, nothing.
    pub given: &'a mut Given,
    /// The accounts, once they are known.
    accounts: &'a AllAccounts,
    /// The cells of each column that was asked for.
    cells: Vec<OnceCell<ColumnCells<'a>>>,
    unread: RefCell<Vec<ContactSpot>>,
}

impl<'a> ContactRows<'a> {
    /// Nothing evaluated yet.
    pub fn new(
        scene: Scene<'a>,
        ledger: &'a ClosedLedger,
        accounts: &'a AllAccounts,
        rows: Vec<RowsOf<'a>>,
        room: &'a mut Room,
    ) -> ContactRows<'a> {
        let Room { memos, scores, given } = room;
        scores.iter_mut().for_each(|score| score.valued = RowSet::NONE);
        let cells = vec![OnceCell::new(); scene.plan.model.contact_columns.len()];
        let (counted, unread) = (OnceCell::new(), RefCell::default());
        ContactRows { scene, ledger, rows, memos, scores, counted, given, accounts, cells, unread }
    }

    /// All its rows.
    pub fn rows(&self) -> RowSet {
        RowSet::first(self.rows.len())
    }

    /// Whose row it is.
    #[inline]
    pub fn contact(&self, row: usize) -> ContactId {
        self.rows[row].contact
    }

    /// The contact of a row.
    #[inline(always)]
    pub fn facts(&self, row: usize) -> ContactFacts<'_, 'a> {
        ContactFacts { window: self, contact: self.rows[row].contact, row }
    }

    fn column(&self, column: ColumnId) -> &ColumnCells<'a> {
        self.cells[column].get_or_init(|| ColumnCells::new(cells_of(&self.rows, self.scene.plan, column)))
    }

    /// The rows of which a condition holds.
    pub fn holding(&self, condition: &Condition, rows: RowSet) -> RowSet {
        holding(condition, rows, self)
    }

    /// The answers of some rows to a question about cells.
    pub fn answers_to(&self, question: QuestionId, rows: RowSet) -> OfRows<Code> {
        let plan = self.scene.plan;
        let unread = |row: usize, column, kind| self.unread.borrow_mut().push((column, kind, self.contact(row)));
        let answers = self.scene.contacts.answers_to(question, self.contact(0), rows, unread);
        let place = |column| self.rows[0].place(plan, column);
        answers.unwrap_or_else(|| plan.questions[question].ask(rows, self, place))
    }

    /// The rows of which a fold may have taken something: all, if it is one that does not count.
    pub fn counted(&self, fold: FoldId) -> RowSet {
        self.counted.get_or_init(|| self.ledger.counted(self.rows.iter().map(|row| row.contact)))[fold]
    }

    /// The ledger of activities.
    pub fn ledger(&self) -> &'a ClosedLedger {
        self.ledger
    }

    /// Cells that a test could not read.
    pub fn into_unread(self) -> Vec<ContactSpot> {
        let mut unread = self.unread.into_inner();
        // Several tests look at one cell.
        unread.sort_unstable();
        unread.dedup();
        unread
    }
}

impl<'w> Rows for ContactRows<'w> {
    type One<'a>
        = ContactFacts<'a, 'w>
    where
        Self: 'a;

    #[inline(always)]
    fn one(&self, row: usize) -> ContactFacts<'_, 'w> {
        self.facts(row)
    }

    #[inline(always)]
    fn cells<'a>(&'a self, column: ColumnId) -> impl Fn(usize) -> Option<&'a str> {
        let cells = &self.column(column).cells;
        |row| cells[row]
    }

    fn kept(&self, column: ColumnId) -> Option<&ColumnCells<'_>> {
        Some(self.column(column))
    }

    #[inline(always)]
    fn numbers<'a>(&'a self, operand: Operand) -> Option<impl Fn(usize) -> Option<Points> + 'a> {
        let plan = self.scene.plan;
        let (score, fold) = match operand {
            Operand::Score(score) => (Some(score), 0),
            Operand::Tally(tally) if plan.model.tallies[tally].is_count() => (None, plan.tally_folds[tally]),
            _ => return None,
        };
        Some(move |row: usize| match score {
            Some(score) => self.scores[score].value(row),
            None => Some(points_of_count(self.ledger.count(self.contact(row), fold))),
        })
    }

    fn counted(&self, operand: Operand) -> Option<RowSet> {
        let Operand::Tally(tally) = operand else { return None };
        let plan = self.scene.plan;
        plan.model.tallies[tally].is_count().then(|| self.counted(plan.tally_folds[tally]))
    }

    fn answered(&self, condition: &Condition, rows: RowSet) -> Option<RowSet> {
        let number = self.scene.plan.answered_as(condition)?;
        let unread = |row: usize, column, kind| self.unread.borrow_mut().push((column, kind, self.contact(row)));
        self.scene.contacts.answered(number, self.contact(0), rows, unread)
    }

    #[inline]
    fn readings(&self) -> Readings<'_> {
        Readings::of_contacts(self.scene.plan.model)
    }

    fn memos(&self) -> &Memos {
        self.memos
    }
}

/// One contact, with what is known of it so far.
#[derive(Clone, Copy, Debug)]
pub struct ContactFacts<'a, 'w> {
    window: &'a ContactRows<'w>,
    /// Who it is.
    pub contact: ContactId,
    row: usize,
}

impl<'w> ContactFacts<'_, 'w> {
    /// The cells of the row.
    pub fn row(&self) -> RowsOf<'w> {
        self.window.rows[self.row]
    }

    /// The rounded value of a score, once it is evaluated.
    pub fn score(&self, score: ScoreId) -> Option<Points> {
        self.window.scores[score].value(self.row)
    }

    fn account(&self) -> Option<Account<'w>> {
        self.window.accounts.get(self.window.scene.contacts.account(self.contact)?)
    }
}

/// A number of activities as a number.
fn points_of_count(count: u64) -> Points {
    Points(i128::from(count) * MICRO)
}

/// The value of a contact's tally.
pub fn tally_value(scene: Scene<'_>, ledger: &ClosedLedger, contact: ContactId, tally: TallyId) -> Value<'static> {
    let plan = scene.plan;
    let fold = plan.tally_folds[tally];
    let number = |count: u64| Value::Number(points_of_count(count));
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

impl Facts for ContactFacts<'_, '_> {
    fn value(&self, operand: Operand) -> Value<'_> {
        let ContactRows { scene, ledger, scores, .. } = self.window;
        let model = scene.plan.model;
        let number = |value: Option<Points>| value.map_or(Value::Missing, Value::Number);
        match operand {
            Operand::Column(column) => self.cell(column).map_or(Value::Missing, |text| Value::Cell(text, column)),
            Operand::Tally(tally) => tally_value(*scene, ledger, self.contact, tally),
            Operand::Score(score) => number(self.score(score)),
            Operand::Grade(score) => {
                let grade = scores[score].grade(self.row);
                grades::name(&model.scores[score].grades, grade).map_or(Value::Missing, Value::Text)
            }
            Operand::AccountScore(score) => number(self.account().and_then(|account| account.score(score))),
            Operand::AccountGrade(score) => {
                let grade = self.account().and_then(|account| account.grade(score));
                let grades = model.accounts.as_ref().and_then(|accounts| accounts.scores[score].grades.as_ref());
                grades.and_then(|grades| grades::name_in(grades, grade)).map_or(Value::Missing, Value::Text)
            }
        }
    }

    #[inline(always)]
    fn cell(&self, column: ColumnId) -> Option<&str> {
        self.window.cells(column)(self.row)
    }

    #[inline]
    fn readings(&self) -> Readings<'_> {
        self.window.readings()
    }

    fn as_of(&self) -> Instant {
        self.window.scene.as_of.of(self.contact)
    }

    fn memos(&self) -> &Memos {
        self.window.memos
    }

    fn unreadable(&self, column: ColumnId, kind: Kind) {
        self.window.unread.borrow_mut().push((column, kind, self.contact));
    }
}
