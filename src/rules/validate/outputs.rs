//! The columns that a run adds: no two may have one name (rule reference, §8).
//!
//! In: a model. Out: a fault for each name that two columns would bear. Not here: writing them.

use super::Validator;
use crate::diagnostic::{Diagnostic, Place};
use crate::rules::model::{Model, flag_name};

/// A column that is written, what it holds and where the rule file asks for it.
struct Added {
    name: String,
    what: String,
    place: Option<Place>,
}

impl Validator<'_> {
    /// Notes every output column whose name another one has.
    pub fn output_columns(&mut self, model: &Model) {
        let mut seen: Vec<Added> = Vec::new();
        let (named, own): (Vec<Added>, Vec<Added>) =
            added(model).into_iter().partition(|column| column.place.is_some());
        for column in own.into_iter().chain(named) {
            if let Some(other) = seen.iter().find(|other| other.name == column.name) {
                if self.faults.iter().any(|fault| fault.code == "repeated-name" && fault.place == column.place) {
                    continue; // said already
                }
                let name = format!("{}{}", model.output.prefix, column.name);
                let at = other.place.map(|place| format!(" (line {})", self.source.line_and_column(place.start).0));
                let message = format!("two output columns would be called `{name}`");
                let label = format!("{}, beside {}{}", column.what, other.what, at.unwrap_or_default());
                let fault = Diagnostic::error("output-clash", column.place, message).label(label);
                self.push(fault.help("give it another name"));
                continue;
            }
            seen.push(column);
        }
    }
}

fn added(model: &Model) -> Vec<Added> {
    let mut columns = Vec::new();
    let mut add = |name: String, what: String, place: Option<Place>| columns.push(Added { name, what, place });
    let mut own = |name: &str| add(name.to_owned(), format!("the column `{name}` of leadscore"), None);
    for name in ["rank", "score_change", "reasons"] {
        own(name);
    }
    let conditional = [
        ("grade", !model.grade.is_empty()),
        ("stage", !model.stages.is_empty()),
        ("previous_stage", !model.stages.is_empty()),
        ("handoff", !model.stages.is_empty()),
        ("disqualified_by", !model.disqualify.is_empty()),
        ("segments", !model.segments.is_empty()),
        ("account_stage", model.accounts.as_ref().is_some_and(|accounts| !accounts.stages.is_empty())),
        ("nps", model.nps.is_some()),
        ("completeness", model.output.completeness),
    ];
    for (name, is_written) in conditional {
        if is_written {
            own(name);
        }
    }
    for score in &model.scores {
        add(score.name.clone(), format!("the score `{}`", score.name), Some(score.place));
        if score.grades.is_some() {
            add(format!("{}_grade", score.name), format!("the grade of `{}`", score.name), Some(score.place));
        }
    }
    for tally in model.tallies.iter().filter(|tally| tally.show) {
        let name = tally.name.clone().unwrap_or_default();
        add(name.clone(), format!("the tally `{name}`"), Some(tally.place));
    }
    for stage in &model.stages {
        add(flag_name(&stage.name), format!("the flag of the stage `{}`", stage.name), Some(stage.place));
    }
    if let Some(accounts) = &model.accounts {
        for score in &accounts.scores {
            add(score.name.clone(), format!("the account score `{}`", score.name), Some(score.place));
            if score.grades.is_some() {
                add(format!("{}_grade", score.name), format!("the grade of `{}`", score.name), Some(score.place));
            }
        }
        for stage in &accounts.stages {
            add(flag_name(&stage.name), format!("the flag of the account stage `{}`", stage.name), Some(stage.place));
        }
    }
    // A name that stands twice in a list is reported as such.
    let mut known: Vec<(String, String)> = Vec::new();
    columns.retain(|column| {
        let key = (column.name.clone(), column.what.clone());
        let is_new = !known.contains(&key);
        known.push(key);
        is_new
    });
    columns
}
