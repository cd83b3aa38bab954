//! Everybody scored, graded, staged and ranked, in the order of rule reference, §7.
//!
//! In: contacts, a closed ledger, an earlier file if there is one. Out: [`Scored`], flat columns
//! by contact. How they are found is in `rounds`. Not here: which of it is written, and how.

mod rounds;

use super::accounts::{Account, AllAccounts};
use super::activities::Scene;
use super::contact::{ContactRows, Desk, Room, tally_value};
use super::contacts::{ContactId, RowsOf};
use super::facts::Value;
use super::found::Found;
use super::ledger::ClosedLedger;
use super::memo::Desks;
use super::plan::RuleId;
use super::previous::Was;
use super::questions::Promoter;
use super::reasons::Reason;
use super::trace::Line;
use super::unread::Unread;
use super::{grades, score};
use crate::points::Points;
use crate::rules::model::{Model, ScoreId, TallyId};
use std::sync::Arc;

pub use rounds::{own_instants, rounds, score_everybody};

/// So many contacts ahead is asked where something stands, and so many what stands there: by rank, they
/// stand all over the memory. Between the two, for so many of them at once, is asked how it begins.
const FAR: usize = 64;
const BETWEEN: usize = 32;
const TOGETHER: usize = 16;
const NEAR: usize = 16;

/// Everybody, scored.
#[derive(Debug)]
pub struct Scored<'a> {
    /// The rules and the contacts.
    pub scene: Scene<'a>,
    /// What everybody did.
    ledger: Arc<ClosedLedger>,
    found: Found,
    /// The accounts, in the order of their first contacts.
    pub accounts: AllAccounts,
    desks: Desks<Desk>,
    was: Option<Vec<Option<Was>>>,
    /// The contacts by rank.
    pub order: Vec<ContactId>,
    /// Cells of contacts that could not be read.
    pub unread: Unread,
}

impl<'a> Scored<'a> {
    fn model(&self) -> &'a Model {
        self.scene.plan.model
    }

    /// What everybody did, to score them by another plan.
    pub fn ledger(&self) -> Arc<ClosedLedger> {
        Arc::clone(&self.ledger)
    }

    /// Works at a free desk.
    pub fn at_desk<R>(&self, work: impl FnOnce(&mut Desk) -> R) -> R {
        self.desks.with(|| Desk::new(self.scene.plan), work)
    }

    /// A window of one contact, with all that is known so far; without its cells where nothing asks for
    /// them.
    pub fn window<'v>(&'v self, contact: ContactId, desk: &'v mut Desk, with_cells: bool) -> ContactRows<'v> {
        let Desk { rows, room } = desk;
        let Scene { contacts, plan, .. } = self.scene;
        let row = if with_cells { contacts.view(contact, plan, rows) } else { contacts.unparted(contact) };
        self.window_of(vec![row], room)
    }

    /// The window of some rows, with all that is known so far.
    fn window_of<'v>(&'v self, rows: Vec<RowsOf<'v>>, room: &'v mut Room) -> ContactRows<'v> {
        let window = ContactRows::new(self.scene, &self.ledger, &self.accounts, rows, room);
        for row in window.rows().filter(|row| self.found.is_scored(window.contact(row))) {
            let contact = window.contact(row);
            for score in 0..self.model().scores.len() {
                if let Some(value) = self.score(contact, score) {
                    window.scores[score].set(row, value, self.grade(contact, score));
                }
            }
        }
        window
    }

    /// Asks for what is known of contacts that will be written soon; `at` gives the one who is written at a
    /// place, and `here` is the place of the one whose turn it is. `with_ledger` asks for what they did, too.
    pub fn ask_ahead(&self, here: usize, at: impl Fn(usize) -> Option<ContactId>, with_ledger: bool) {
        let contacts = self.scene.contacts;
        if let Some(contact) = at(here + FAR) {
            contacts.ask_where_row_is(contact);
            self.found.ask_ahead(contact);
            self.found.reasons.ask_ahead(contact);
            if with_ledger {
                self.ledger.ask_ahead(contact, false);
            }
        }
        // What hangs on something that was asked for before. To find the small page on which a row begins takes
        // long, and is waited for; but several can be looked for at once.
        if here.is_multiple_of(TOGETHER) {
            let begins = (here + BETWEEN..here + BETWEEN + TOGETHER).filter_map(&at);
            begins.for_each(|contact| contacts.ask_ahead_for_row(contact, false));
        }
        if let Some(contact) = at(here + NEAR) {
            contacts.ask_ahead_for_row(contact, true);
            contacts.account(contact).into_iter().for_each(|account| self.accounts.ask_ahead(account));
            if with_ledger {
                self.ledger.ask_ahead(contact, true);
            }
        }
    }

    /// What scores, grades, stages, segments and who is disqualified follow from, if so little says all.
    #[inline]
    pub fn found(&self, contact: ContactId) -> Option<&[u64]> {
        self.found.words(contact)
    }

    /// A score's rounded value.
    pub fn score(&self, contact: ContactId, score: ScoreId) -> Option<Points> {
        self.found.score(contact, score)
    }

    /// A score's grade, as the index of its name.
    pub fn grade(&self, contact: ContactId, score: ScoreId) -> Option<u16> {
        self.found.grade(contact, score)
    }

    /// The overall grade: of one score, or several joined; `None` when one of them is missing.
    pub fn overall_grade(&self, contact: ContactId) -> Option<String> {
        let model = self.model();
        let name = |&score: &ScoreId| grades::name(&model.scores[score].grades, self.grade(contact, score));
        model.grade.iter().map(name).collect()
    }

    /// The first rule of `disqualify` that holds.
    pub fn disqualified_by(&self, contact: ContactId) -> Option<u16> {
        self.found.disqualified_by(contact)
    }

    /// The stage, as its index; `None` also for the disqualified.
    pub fn stage(&self, contact: ContactId) -> Option<u16> {
        self.found.stage(contact)
    }

    /// Whether a contact is in each of the segments.
    pub fn segments(&self, contact: ContactId) -> impl Iterator<Item = bool> {
        self.found.segments(contact)
    }

    /// The reasons, the strongest first.
    pub fn reasons(&self, contact: ContactId) -> impl Iterator<Item = Reason> {
        self.found.reasons.of(contact)
    }

    /// The share of the columns that are filled in, in percent.
    pub fn completeness(&self, contact: ContactId) -> Option<u8> {
        *self.found.completeness.get(contact as usize)?
    }

    /// The answer to the Net Promoter question.
    pub fn promoter(&self, contact: ContactId) -> Option<Promoter> {
        *self.found.nps.get(contact as usize)?
    }

    /// The account.
    pub fn account(&self, contact: ContactId) -> Option<Account<'_>> {
        self.accounts.get(self.scene.contacts.account(contact)?)
    }

    /// What the earlier file says of a contact.
    pub fn was(&self, contact: ContactId) -> Option<Was> {
        self.was.as_ref()?[contact as usize]
    }

    /// Whether there is an earlier file.
    pub fn has_previous(&self) -> bool {
        self.was.is_some()
    }

    /// Whether a contact is new at the stage of the handoff.
    pub fn is_handed_over(&self, contact: ContactId) -> bool {
        let Some(handoff) = self.model().handoff else { return false };
        let there = |stage: Option<u16>| stage.is_some_and(|stage| usize::from(stage) >= handoff);
        self.has_previous() && there(self.stage(contact)) && !there(self.was(contact).and_then(|was| was.stage))
    }

    /// A tally's value.
    pub fn tally(&self, contact: ContactId, tally: TallyId) -> Value<'static> {
        tally_value(self.scene, &self.ledger, contact, tally)
    }

    /// The lines of a contact's scores, in the order of the rule file: it is scored once more, with
    /// somebody listening.
    pub fn lines<'v>(&'v self, contact: ContactId, desk: &'v mut Desk) -> Vec<Line<'v>> {
        let mut window = self.window(contact, desk, true);
        let mut lines = Vec::new();
        score::evaluate(&mut window, &mut lines);
        lines.sort_by_key(|line: &Line<'_>| line.score);
        lines
    }

    /// What a rule is called.
    pub fn rule_name(&self, rule: RuleId) -> &'a str {
        &self.scene.plan.rules[rule].rule.name
    }
}
