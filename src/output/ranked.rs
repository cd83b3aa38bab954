//! The ranked contacts: every input column unchanged, then the columns that leadscore adds.
//!
//! In: everybody scored. Out: a [`Sheet`] with a row a contact, by rank (rule reference, §8).

use super::{ColumnKind, Fill, Sheet, SheetColumn, SinkExt, formula, levels};
use crate::engine::accounts::Account;
use crate::engine::contacts::{ContactId, RowView};
use crate::engine::facts::Value;
use crate::engine::grades;
use crate::engine::plan::Plan;
use crate::engine::questions::Promoter;
use crate::engine::scored::Scored;
use crate::points::Points;
use crate::record::{Table, united_columns};
use crate::rules::added::{Added, added_columns};
use crate::rules::model::{Measure, Model};
use std::cell::RefCell;
use std::ops::Range;

/// Which contacts and columns are written.
pub struct Choice {
    /// The contacts, by rank.
    pub ranks: Ranks,
    /// Whether the reasons are written.
    pub reasons: bool,
}

/// Places in [`Scored::order`], which ascend.
pub enum Ranks {
    /// So many from the first on.
    First(usize),
    /// These.
    These(Vec<u32>),
}

impl Ranks {
    /// How many there are.
    pub fn count(&self) -> usize {
        match self {
            Ranks::First(count) => *count,
            Ranks::These(ranks) => ranks.len(),
        }
    }

    /// The n-th of them.
    #[inline]
    fn at(&self, item: usize) -> u32 {
        match self {
            Ranks::First(_) => item as u32,
            Ranks::These(ranks) => ranks[item],
        }
    }
}

/// Where a column that is written comes from.
enum From {
    /// A column of the exports: its place in each table.
    Input(Vec<Option<usize>>),
    /// One that leadscore adds.
    Added(Added),
}

/// The columns of the ranked contacts; known before anybody is scored.
pub fn columns(plan: &Plan<'_>, has_previous: bool, has_reasons: bool) -> Vec<SheetColumn> {
    sources(plan, has_previous, has_reasons).into_iter().map(|(column, _)| column).collect()
}

fn sources(plan: &Plan<'_>, has_previous: bool, has_reasons: bool) -> Vec<(SheetColumn, From)> {
    let model = plan.model;
    let added = added_columns(model, has_previous, has_reasons);
    let (united, maps) = united_columns(&plan.contact_tables);
    let mut columns = Vec::with_capacity(united.len() + added.len());
    for (at, name) in united.iter().enumerate() {
        let name = formula::unguarded(name);
        if added.iter().all(|(added, _)| added != name) {
            let places = maps.iter().map(|map| map.iter().position(|&united| united == at)).collect();
            columns.push((SheetColumn::new(name, ColumnKind::Input), From::Input(places)));
        }
    }
    columns.extend(added.into_iter().map(|(name, what)| {
        let column = SheetColumn { name, kind: kind_of(model, what), levels: levels::of(model, what) };
        (column, From::Added(what))
    }));
    columns
}

/// Whether each table is a scored file that came back: what guarded its cells is taken off.
fn came_back(plan: &Plan<'_>) -> Vec<bool> {
    let added = added_columns(plan.model, true, true);
    let is_added = |header: &String| added.iter().any(|(name, _)| name == formula::unguarded(header));
    plan.contact_tables.iter().map(|table| table.columns.iter().any(is_added)).collect()
}

/// For each table, whether the columns that are written begin with all of its own, in order: then
/// its rows are written as they stand.
fn written_whole(plan: &Plan<'_>, sources: &[From]) -> Vec<bool> {
    let is_whole = |table: usize| {
        let written: Vec<Option<usize>> = sources.iter().map_while(|source| source.place_in(table)).collect();
        let own = 0..plan.contact_tables[table].columns.len();
        written.into_iter().eq(own.map(Some))
    };
    (0..plan.contact_tables.len()).map(is_whole).collect()
}

impl From {
    /// For a column of the exports, its place in a table.
    fn place_in(&self, table: usize) -> Option<Option<usize>> {
        match self {
            From::Input(places) => Some(places[table]),
            From::Added(_) => None,
        }
    }

    fn added(&self) -> Option<Added> {
        match self {
            From::Input(_) => None,
            From::Added(what) => Some(*what),
        }
    }
}

/// The sheet of the ranked contacts.
pub fn sheet<'a>(scored: &'a Scored<'a>, choice: &'a Choice) -> Sheet<'a> {
    let plan = scored.scene.plan;
    let came_back = came_back(plan);
    let (columns, sources): (Vec<_>, Vec<_>) = sources(plan, scored.has_previous(), choice.reasons).into_iter().unzip();
    let written_whole = written_whole(plan, &sources);
    let added: Vec<Added> = sources.iter().filter_map(From::added).collect();
    let has_tallies = added.iter().any(|what| matches!(what, Added::Tally(_)));
    let alike = longest_run(&added, |what| is_found(*what));
    let writer = Writer { scored, came_back, written_whole, sources, added, alike };
    let fill: Box<Fill<'a>> = Box::new(move |item, rows| {
        let contact_at = |item: usize| scored.order[choice.ranks.at(item) as usize];
        scored.ask_ahead(item, |place| (place < choice.ranks.count()).then(|| contact_at(place)), has_tallies);
        let rank = choice.ranks.at(item);
        match rows.as_csv() {
            Some(rows) => writer.write(rank, rows),
            None => writer.write(rank, rows),
        }
    });
    Sheet { columns, len: choice.ranks.count(), fill }
}

/// Writes contacts, one after the other.
struct Writer<'a> {
    scored: &'a Scored<'a>,
    came_back: Vec<bool>,
    written_whole: Vec<bool>,
    sources: Vec<From>,
    added: Vec<Added>,
    /// Those of them that follow from what was found out about a contact, and stand side by side.
    alike: Range<usize>,
}

/// Whether a column follows from what [`Scored::found`] gives.
fn is_found(what: Added) -> bool {
    use Added::{DisqualifiedBy, Grade, OverallGrade, Score, Segments, Stage, StageFlag};
    matches!(what, Score(_) | Grade(_) | OverallGrade | Stage | StageFlag(_) | DisqualifiedBy | Segments)
}

/// The longest run of what is so.
fn longest_run<T>(all: &[T], is_so: impl Fn(&T) -> bool) -> Range<usize> {
    let ends = |start: usize| start + all[start..].iter().take_while(|one| is_so(one)).count();
    (0..all.len()).map(|start| start..ends(start)).max_by_key(Range::len).unwrap_or_default()
}

impl Writer<'_> {
    /// Writes the contact of a rank, counted from 0.
    #[inline]
    fn write(&self, rank: u32, rows: &mut (impl SinkExt + ?Sized)) {
        thread_local! {
            static VIEW: RefCell<RowView> = RefCell::default();
        }
        let Scored { scene, order, .. } = self.scored;
        let (plan, contacts) = (scene.plan, scene.contacts);
        let contact = order[rank as usize];
        let table = contacts.table(contact);
        let Table { delimiter, columns, .. } = &plan.contact_tables[table];
        let came_back = self.came_back[table];
        let record = contacts.as_written(contact).filter(|_| self.written_whole[table] && !came_back);
        if !record.is_some_and(|record| rows.push_record(record, *delimiter, columns.len())) {
            VIEW.with_borrow_mut(|view| {
                let row = contacts.view(contact, plan, view);
                for source in &self.sources {
                    let From::Input(places) = source else { break };
                    let cell = row.raw(plan, |table| places[table]);
                    rows.push(if came_back { formula::unguarded(cell) } else { cell });
                }
            });
        }
        let (before, after) = (&self.added[..self.alike.start], &self.added[self.alike.end..]);
        let alike = &self.added[self.alike.clone()];
        before.iter().for_each(|&what| self.push_added(contact, rank, what, rows));
        let make = |rows: &mut _| alike.iter().for_each(|&what| self.push_added(contact, rank, what, rows));
        match self.scored.found(contact) {
            Some(key) => rows.push_alike(key, alike.len(), make),
            None => make(rows),
        }
        after.iter().for_each(|&what| self.push_added(contact, rank, what, rows));
        rows.end_row();
    }

    #[inline]
    fn push_added(&self, contact: ContactId, rank: u32, what: Added, rows: &mut (impl SinkExt + ?Sized)) {
        let scored = self.scored;
        let model = scored.scene.plan.model;
        let stage_name = |stage: Option<u16>| stage.map(|stage| &*model.stages[usize::from(stage)].name);
        match what {
            Added::Rank => rows.print(Some(rank + 1)),
            Added::Score(score) => rows.print(scored.score(contact, score)),
            Added::Grade(score) => {
                let name = grades::name(&model.scores[score].grades, scored.grade(contact, score));
                rows.push(name.unwrap_or_default());
            }
            Added::Tally(tally) => match scored.tally(contact, tally) {
                Value::Number(number) => rows.print(Some(number)),
                Value::Instant(instant) => rows.print(Some(instant)),
                _ => rows.push(""),
            },
            Added::OverallGrade => rows.push(&scored.overall_grade(contact).unwrap_or_default()),
            Added::Stage => {
                let disqualified = scored.disqualified_by(contact).map(|_| levels::DISQUALIFIED);
                rows.push(disqualified.or_else(|| stage_name(scored.stage(contact))).unwrap_or_default());
            }
            Added::StageFlag(stage) => {
                let reached = scored.stage(contact).is_some_and(|at| usize::from(at) >= stage);
                rows.print(Some(reached));
            }
            Added::DisqualifiedBy => {
                let rule = scored.disqualified_by(contact);
                rows.push(rule.map_or("", |rule| &model.disqualify[usize::from(rule)].name));
            }
            Added::Segments => {
                let within = scored.segments(contact).zip(&model.segments);
                rows.push_list(within.filter(|(within, _)| *within).map(|(_, one)| one.name.as_str()));
            }
            Added::AccountScore(_) | Added::AccountGrade(_) | Added::AccountStage | Added::AccountStageFlag(_) => {
                push_of_account(scored, scored.account(contact), what, rows);
            }
            Added::Nps => rows.push(match scored.promoter(contact) {
                Some(Promoter::Promoter) => "promoter",
                Some(Promoter::Passive) => "passive",
                Some(Promoter::Detractor) => "detractor",
                None => "",
            }),
            Added::PreviousStage => {
                rows.push(stage_name(scored.was(contact).and_then(|was| was.stage)).unwrap_or_default());
            }
            Added::ScoreChange => {
                let before = scored.was(contact).and_then(|was| was.score);
                let now = scored.score(contact, model.rank_by[0]);
                rows.print(now.zip(before).map(|(now, before): (Points, Points)| now - before));
            }
            Added::Handoff => rows.print(Some(scored.is_handed_over(contact))),
            Added::Completeness => rows.print(scored.completeness(contact)),
            Added::Reasons => rows.print_text(|text| push_reasons(scored, contact, text)),
        }
    }
}

/// What an added column holds.
fn kind_of(model: &Model, what: Added) -> ColumnKind {
    match what {
        Added::Rank | Added::Score(_) | Added::AccountScore(_) | Added::ScoreChange | Added::Completeness => {
            ColumnKind::Number
        }
        Added::Tally(tally) => match model.tallies[tally].measure {
            Measure::Last | Measure::First => ColumnKind::Instant,
            _ => ColumnKind::Number,
        },
        Added::StageFlag(_) | Added::AccountStageFlag(_) | Added::Handoff => ColumnKind::Flag,
        Added::Segments => ColumnKind::List,
        _ => ColumnKind::Text,
    }
}

/// Adds the reasons of a contact in one cell: `+50 Asked for a demo; +5 Phone`.
fn push_reasons(scored: &Scored<'_>, contact: ContactId, text: &mut String) {
    for (number, reason) in scored.reasons(contact).enumerate() {
        text.push_str(if number > 0 { "; " } else { "" });
        reason.push_to(text);
        text.push(' ');
        text.push_str(scored.rule_name(reason.rule));
    }
}

/// A cell about an account; empty where there is none.
#[inline]
pub(super) fn push_of_account(
    scored: &Scored<'_>,
    account: Option<Account<'_>>,
    what: Added,
    rows: &mut (impl SinkExt + ?Sized),
) {
    let Some(accounts) = &scored.scene.plan.model.accounts else { return rows.push("") };
    let stage = account.and_then(|account| account.stage());
    match what {
        Added::AccountScore(score) => rows.print(account.and_then(|account| account.score(score))),
        Added::AccountGrade(score) => {
            let grade = account.and_then(|account| account.grade(score));
            rows.push(grades::name(&accounts.scores[score].grades, grade).unwrap_or_default());
        }
        Added::AccountStage => rows.push(stage.map_or("", |stage| &accounts.stages[usize::from(stage)].name)),
        Added::AccountStageFlag(flag) => rows.print(Some(stage.is_some_and(|stage| usize::from(stage) >= flag))),
        _ => unreachable!("no column about an account"),
    }
}
