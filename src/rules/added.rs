//! The columns that leadscore adds to a row, and their names (rule reference, §8).
//!
//! In: the model and what the run was asked for. Out: the columns in the order in which they are
//! written. Not here: what stands in them.

use super::model::{AccountScoreId, Model, ScoreId, TallyId, flag_name};

/// A column that leadscore adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// 1, 2, 3 …
    Rank,
    /// A score's value.
    Score(ScoreId),
    /// A score's grade.
    Grade(ScoreId),
    /// A tally that is shown.
    Tally(TallyId),
    /// The overall grade.
    OverallGrade,
    /// The stage, or `disqualified`.
    Stage,
    /// Whether a stage has been reached.
    StageFlag(usize),
    /// The first rule of `disqualify` that holds.
    DisqualifiedBy,
    /// The segments, joined by `;`.
    Segments,
    /// An account score's value.
    AccountScore(AccountScoreId),
    /// An account score's grade.
    AccountGrade(AccountScoreId),
    /// The stage of the account.
    AccountStage,
    /// Whether the account has reached a stage.
    AccountStageFlag(usize),
    /// How the Net Promoter question was answered.
    Nps,
    /// The stage in the earlier file.
    PreviousStage,
    /// The first ranking score now, less that in the earlier file.
    ScoreChange,
    /// Whether the contact is new at the stage of the handoff.
    Handoff,
    /// The share of the columns behind the ranking that are filled in.
    Completeness,
    /// The rules that moved the ranking most.
    Reasons,
}

/// The tallies that have a column, with their names.
pub fn shown_tallies(model: &Model) -> impl Iterator<Item = (TallyId, &str)> {
    let all = model.tallies.iter().enumerate();
    all.filter_map(|(id, tally)| Some((id, tally.name.as_deref().filter(|_| tally.show)?)))
}

/// The columns that a run adds, each with its name.
pub fn added_columns(model: &Model, has_previous: bool, has_reasons: bool) -> Vec<(String, Added)> {
    let mut columns = Columns { prefix: &model.output.prefix, all: Vec::new() };
    columns.add("rank", Added::Rank);
    for (id, score) in model.scores.iter().enumerate() {
        columns.add(&score.name, Added::Score(id));
        if score.grades.is_some() {
            columns.add(&format!("{}_grade", score.name), Added::Grade(id));
        }
    }
    shown_tallies(model).for_each(|(id, name)| columns.add(name, Added::Tally(id)));
    if !model.grade.is_empty() {
        columns.add("grade", Added::OverallGrade);
    }
    let has_stages = !model.stages.is_empty();
    if has_stages {
        columns.add("stage", Added::Stage);
        for (at, stage) in model.stages.iter().enumerate() {
            columns.add(&flag_name(&stage.name), Added::StageFlag(at));
        }
    }
    if !model.disqualify.is_empty() {
        columns.add("disqualified_by", Added::DisqualifiedBy);
    }
    if !model.segments.is_empty() {
        columns.add("segments", Added::Segments);
    }
    columns.all.extend(account_columns(model));
    if model.nps.is_some() {
        columns.add("nps", Added::Nps);
    }
    if has_previous {
        if has_stages {
            columns.add("previous_stage", Added::PreviousStage);
        }
        columns.add("score_change", Added::ScoreChange);
        if has_stages {
            columns.add("handoff", Added::Handoff);
        }
    }
    if model.output.completeness {
        columns.add("completeness", Added::Completeness);
    }
    if has_reasons {
        columns.add("reasons", Added::Reasons);
    }
    columns.all
}

/// The columns about the account, on a contact's row and in the file of accounts.
pub fn account_columns(model: &Model) -> Vec<(String, Added)> {
    let mut columns = Columns { prefix: &model.output.prefix, all: Vec::new() };
    let Some(accounts) = &model.accounts else { return columns.all };
    for (id, score) in accounts.scores.iter().enumerate() {
        columns.add(&score.name, Added::AccountScore(id));
        if score.grades.is_some() {
            columns.add(&format!("{}_grade", score.name), Added::AccountGrade(id));
        }
    }
    if !accounts.stages.is_empty() {
        columns.add("account_stage", Added::AccountStage);
        for (at, stage) in accounts.stages.iter().enumerate() {
            columns.add(&flag_name(&stage.name), Added::AccountStageFlag(at));
        }
    }
    columns.all
}

struct Columns<'a> {
    prefix: &'a str,
    all: Vec<(String, Added)>,
}

impl Columns<'_> {
    fn add(&mut self, name: &str, what: Added) {
        self.all.push((format!("{}{name}", self.prefix), what));
    }
}
