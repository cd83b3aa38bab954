//! How everybody is scored: round after round over all contacts, as many as the rules call for.
//!
//! In: contacts, a closed ledger. Out: [`Scored`]. What needs everybody's scores (grades by share,
//! accounts, stages that look at them) waits for a round of its own; all else is done in the first.

use super::Scored;
use crate::engine::accounts::{self, AllAccounts};
use crate::engine::activities::{AsOf, Scene};
use crate::engine::condition::{holds, read_instant};
use crate::engine::contact::{ContactRows, Desk};
use crate::engine::contacts::{ContactId, Contacts, RowView, RowsOf};
use crate::engine::facts::Facts;
use crate::engine::found::{ContactSpot, Found};
use crate::engine::ledger::ClosedLedger;
use crate::engine::memo::Desks;
use crate::engine::plan::Plan;
use crate::engine::previous::Previous;
use crate::engine::row_set::{ROWS, RowSet};
use crate::engine::trace::Silent;
use crate::engine::unread::{FirstUnread, Unread};
use crate::engine::{grades, questions, rank, score};
use crate::instant::Instant;
use crate::points::Points;
use crate::rules::model::{AccountKind, AccountScore, Accounts, GradeBounds, Grades, Model, Operand, ScoreId, Test};
use crate::turns::in_turn;
use crate::value::readable;
use rayon::prelude::*;
use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

/// So many contacts are scored by one worker at a time.
const AT_A_TIME: usize = 2048;
/// So many contacts have been looked at before their rows are let go: to let go takes long, whatever how much.
const LET_GO: u32 = 1 << 15;

/// When each contact is scored, where a column says so; unreadable cells are reported.
pub fn own_instants(plan: &Plan<'_>, contacts: &Contacts, run: Instant) -> (AsOf, Vec<ContactSpot>) {
    let Some(column) = plan.as_of_column else { return (AsOf { run, own: None }, Vec::new()) };
    let scene_as_of = AsOf { run, own: None };
    let scene = Scene { plan, contacts, as_of: &scene_as_of };
    let (ledger, accounts) = (ClosedLedger::empty(), AllAccounts::default());
    let parts: Vec<(Vec<Instant>, Vec<ContactSpot>)> = (0..contacts.len().div_ceil(AT_A_TIME))
        .into_par_iter()
        .map(|number| {
            let chunk = chunk(number, contacts.len());
            let Desk { mut rows, mut room } = Desk::new(plan);
            let (mut own, mut spots) = (Vec::with_capacity(chunk.len()), Vec::new());
            contacts.for_each_window(chunk, plan, &mut rows, |rows| {
                let window = ContactRows::new(scene, &ledger, &accounts, rows, &mut room);
                for facts in window.rows().map(|row| window.facts(row)) {
                    own.push(read_instant(facts.value(Operand::Column(column)), &facts).unwrap_or(run));
                }
                spots.extend(window.into_unread());
            });
            (own, spots)
        })
        .collect();
    let (own, spots): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    (AsOf { run, own: Some(own.concat()) }, spots.concat())
}

/// The contacts that a worker looks at in one go, the n-th time.
fn chunk(number: usize, contacts: usize) -> Range<ContactId> {
    let start = number * AT_A_TIME;
    start as ContactId..(start + AT_A_TIME).min(contacts) as ContactId
}

/// How often each contact is looked at.
pub fn rounds(model: &Model) -> u64 {
    1 + u64::from(filters_wait(model)) + u64::from(places_wait(model))
}

/// Whether a grade depends on what the others have.
fn has_relative_grades(model: &Model) -> bool {
    let is_relative = |grades: &Grades| matches!(grades.bounds, GradeBounds::Top(_));
    model.scores.iter().any(|score| score.grades.as_ref().is_some_and(is_relative))
}

/// Whether an account score counts only some contacts.
fn has_filters(model: &Model) -> bool {
    model.accounts.iter().flat_map(|accounts| &accounts.scores).any(|score| score.filter.is_some())
}

/// Whether who passes these filters can be told only when everybody has been graded.
fn filters_wait(model: &Model) -> bool {
    has_filters(model) && has_relative_grades(model)
}

/// Whether stages and segments can be told only when everybody has been scored.
fn places_wait(model: &Model) -> bool {
    let of_account = |operand| matches!(operand, Operand::AccountScore(_) | Operand::AccountGrade(_));
    has_relative_grades(model) || places_look_at(model, of_account)
}

/// Scores, grades, stages and ranks everybody. `reasons` is how many reasons a contact gets;
/// `spots` are cells that could not be read before; `watch` hears how many more contacts have been
/// looked at, each in every one of the [`rounds`]. `looks_back` says whether somebody will ask for tallies, lines or
/// windows afterwards: else what everybody did, which takes much memory, goes before they are ranked.
pub fn score_everybody<'a>(
    scene: Scene<'a>,
    ledger: Arc<ClosedLedger>,
    previous: Option<&Previous>,
    reasons: usize,
    spots: Vec<ContactSpot>,
    looks_back: bool,
    watch: &(dyn Fn(u64) + Sync),
) -> Scored<'a> {
    let was = previous.map(|previous| {
        let everybody = 0..scene.contacts.len() as ContactId;
        everybody.map(|contact| previous.of(scene.contacts, contact)).collect()
    });
    let mut scored = Scored {
        scene,
        ledger,
        found: Found::with_capacity(scene.plan.model, reasons.min(scene.plan.rules.len()), 0),
        accounts: AllAccounts::default(),
        desks: Desks::default(),
        was,
        order: Vec::new(),
        unread: Unread::default(),
    };
    scored.found.spots = spots;
    let model = scene.plan.model;
    let accounts = model.accounts.as_ref();
    let (filters, filters_wait, places_wait) = (has_filters(model), filters_wait(model), places_wait(model));
    let with_cells = needs_cells(scene);
    // What needs everybody's scores waits for them; what does not is done in the same round.
    scored.round(watch, with_cells, |scored, found, window| {
        let disqualified = scored.score_window(found, window);
        if let Some(accounts) = accounts.filter(|_| filters && !filters_wait) {
            found.push_passing(&accounts::passing(accounts, window), window.rows());
        }
        if !places_wait {
            scored.place_window(found, window, disqualified);
        }
    });
    if has_relative_grades(model) {
        scored.give_relative_grades();
    }
    if let Some(accounts) = accounts {
        if filters_wait {
            scored.round(watch, with_cells, |_, found, window| {
                found.push_passing(&accounts::passing(accounts, window), window.rows());
            });
        }
        scored.gather_accounts(accounts);
    }
    if places_wait {
        let with_cells = with_cells && places_look_at(model, |operand| matches!(operand, Operand::Column(_)));
        scored.round(watch, with_cells, |scored, found, window| {
            let is_disqualified = |row| scored.disqualified_by(window.contact(row)).is_some();
            scored.place_window(found, window, window.rows().filter(is_disqualified));
        });
    }
    if !looks_back {
        scored.ledger = Arc::new(ClosedLedger::empty());
    }
    scored.order = rank::order(model, scene.contacts, &scored.found);
    scored.note_unread();
    scored
}

/// Whether rows have to be parted to score contacts. Nearly always everything that is asked of cells was answered while
/// they were read.
fn needs_cells(Scene { plan, contacts, .. }: Scene<'_>) -> bool {
    plan.scoring_looks_at_cells() || contacts.have_merged() || contacts.leave_questions_open()
}

/// Whether a stage or a segment tests something of the kind.
fn places_look_at(model: &Model, of_kind: impl Fn(Operand) -> bool) -> bool {
    let mut found = false;
    let mut look = |test: &Test| found |= of_kind(test.operand);
    for stage in &model.stages {
        stage.when.for_each_test(&mut look);
        stage.stay.iter().for_each(|stay| stay.for_each_test(&mut look));
    }
    model.segments.iter().for_each(|segment| segment.when.for_each_test(&mut look));
    found
}

impl<'a> Scored<'a> {
    /// Visits every contact in parallel; what the visits push is put together in order.
    fn round(
        &mut self,
        watch: &(dyn Fn(u64) + Sync),
        with_cells: bool,
        visit: impl Fn(&Scored<'a>, &mut Found, &mut ContactRows<'_>) + Sync,
    ) {
        let (this, contacts, reasons) = (&*self, self.scene.contacts, self.found.reasons.each());
        let visit_all = |number: usize| {
            let chunk = chunk(number, contacts.len());
            let mut found = Found::with_capacity(this.model(), reasons, chunk.len());
            watch(chunk.len() as u64);
            this.at_desk(|Desk { rows, room }| {
                let mut visit_window = |rows: Vec<RowsOf<'_>>| {
                    let mut window = this.window_of(rows, room);
                    visit(this, &mut found, &mut window);
                    found.spots.extend(window.into_unread());
                };
                if with_cells {
                    contacts.for_each_window(chunk.clone(), this.scene.plan, rows, visit_window);
                } else {
                    for first in chunk.clone().step_by(ROWS) {
                        let window = first..chunk.end.min(first + ROWS as ContactId);
                        visit_window(window.map(|contact| contacts.unparted(contact)).collect());
                    }
                }
            });
            (chunk.end, found)
        };
        // Room for everybody's scores, which only the first round finds.
        let scores = if this.found.is_scored(0) { 0 } else { contacts.len() };
        let (mut all, mut let_go_until) = (Found::with_capacity(this.model(), reasons, scores), 0);
        let put_together = |(end, found): (ContactId, Found)| {
            all.append(found);
            if with_cells && (end - let_go_until >= LET_GO || end as usize == contacts.len()) {
                contacts.let_go_of_rows(let_go_until..end, usize::MAX);
                let_go_until = end;
            }
            Ok::<_, Infallible>(())
        };
        let Ok(()) = in_turn(contacts.len().div_ceil(AT_A_TIME), visit_all, put_together);
        self.found.take_in(all);
    }

    /// Scores the contacts of a window; tells who are disqualified.
    fn score_window(&self, found: &mut Found, window: &mut ContactRows<'_>) -> RowSet {
        let (model, plan) = (self.model(), self.scene.plan);
        score::evaluate(window, &mut Silent);
        let (mut qualified, mut disqualified_by) = (window.rows(), [None; ROWS]);
        for (number, rule) in model.disqualify.iter().enumerate() {
            let disqualified = window.holding(&rule.when, qualified);
            disqualified.for_each(|row| disqualified_by[row] = Some(number as u16));
            qualified = qualified - disqualified;
        }
        found.push(window.rows().len(), window.scores, &disqualified_by);
        let has_value = |score: ScoreId, row: usize| window.scores[score].value(row).is_some();
        found.reasons.add(plan, window.rows().len(), has_value, window.given);
        let answers = |question| window.answers_to(question, window.rows()).into_iter().take(window.rows().len());
        if let Some(completeness) = plan.completeness_question {
            found.completeness.extend(answers(completeness).map(questions::share));
        }
        if let Some(promoter) = plan.promoter_question {
            found.nps.extend(answers(promoter).map(questions::promoter));
        }
        window.rows() - qualified
    }

    fn give_relative_grades(&mut self) {
        let contacts = self.scene.contacts.len() as ContactId;
        let width = self.model().scores.len();
        for score in 0..width {
            let takes_part = |contact: &ContactId| self.disqualified_by(*contact).is_none();
            let values: Vec<Points> =
                (0..contacts).filter(takes_part).filter_map(|contact| self.score(contact, score)).collect();
            let Some(grade_of) = grades::relative(&self.model().scores[score].grades, &values) else { continue };
            for contact in 0..contacts {
                let value = self.score(contact, score).filter(|_| self.disqualified_by(contact).is_none());
                self.found.set_grade(contact, score, value.and_then(&grade_of));
            }
        }
    }

    fn gather_accounts(&mut self, accounts: &Accounts) {
        let width = accounts.scores.len();
        let passes = std::mem::take(&mut self.found.passes);
        let is_disqualified = |contact| self.disqualified_by(contact).is_some();
        let value = |contact: ContactId, score: &AccountScore, number: usize| match score.kind {
            _ if passes.get(contact as usize * width + number) == Some(&false) => None,
            AccountKind::Count => Some(Points::ONE),
            AccountKind::Of { score, .. } => self.score(contact, score),
        };
        self.accounts = accounts::gather(accounts, self.scene.contacts, is_disqualified, value);
        if accounts.stages.is_empty() {
            return;
        }
        // An account's stages see account values only; any of its contacts can tell them.
        let mut contact_of = vec![None; self.accounts.len()];
        for contact in 0..self.scene.contacts.len() as ContactId {
            if let Some(account) = self.scene.contacts.account(contact) {
                contact_of[account as usize].get_or_insert(contact);
            }
        }
        let stage_of = |contact: &Option<ContactId>| {
            self.at_desk(|desk| {
                let window = self.window((*contact)?, desk, false);
                let reached = accounts.stages.iter().rposition(|stage| holds(&stage.when, window.facts(0)));
                reached.map(|at| at as u16)
            })
        };
        let stages: Vec<Option<u16>> = contact_of.iter().map(stage_of).collect();
        self.accounts.set_stages(stages.into_iter());
    }

    /// Stages and segments of the contacts of a window.
    fn place_window(&self, found: &mut Found, window: &ContactRows<'_>, disqualified: RowSet) {
        let (model, all) = (self.model(), window.rows());
        let (mut left, mut stages) = (all, [None; ROWS]);
        for (at, stage) in model.stages.iter().enumerate().rev() {
            let was_there = |row: usize| {
                let was = self.was(window.contact(row)).and_then(|was| was.stage);
                was.is_some_and(|was| usize::from(was) >= at)
            };
            let stay = stage.stay.as_ref().map_or(RowSet::NONE, |stay| window.holding(stay, left.filter(was_there)));
            let reached = stay | window.holding(&stage.when, left - stay);
            (reached - disqualified).for_each(|row| stages[row] = Some(at as u16));
            left = left - reached;
        }
        let within = model.segments.iter().map(|segment| window.holding(&segment.when, all - disqualified));
        let segments: Vec<RowSet> = within.collect();
        all.for_each(|row| found.push_place(stages[row], segments.iter().map(|within| within.contains(row))));
    }

    fn note_unread(&mut self) {
        let (plan, contacts) = (self.scene.plan, self.scene.contacts);
        let mut spots = std::mem::take(&mut self.found.spots);
        spots.sort_unstable();
        spots.dedup();
        let mut view = RowView::default();
        for (column, kind, contact) in spots {
            let first = self.unread.cells.entry((column, kind)).or_insert_with(|| {
                let (table, line) = contacts.source(contact);
                let text = contacts.view(contact, plan, &mut view).cell(plan, column);
                FirstUnread {
                    count: 0,
                    file: plan.contact_tables[table].name.clone(),
                    line,
                    text: readable(text.unwrap_or_default()).into_owned(),
                }
            });
            first.count += 1;
        }
    }
}
