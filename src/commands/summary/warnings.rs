//! What deserves a look: one list for whoever watches many runs.
//!
//! In: a [`Summary`], and what is doubtful in the rule file. Out: warnings, each with a stable code.

use super::Summary;
use super::text::{FUTURE, ORPHANED, SHARED, WITHOUT_TIME, counted};
use crate::rules::RuleFile;
use crate::rules::model::{Item, Model, Rule, RuleKind, Score, ScoreKind};
use serde::Serialize;

/// Something that a person should look at.
#[derive(Debug, Serialize)]
pub struct Warning {
    /// A stable kebab-case name of the kind.
    code: &'static str,
    pub(super) message: String,
}

impl Warning {
    /// Whether no other line of the summary tells it.
    pub(super) fn is_told_nowhere_else(&self) -> bool {
        matches!(self.code, "no-contacts" | "no-activities" | "no-activity-found-its-contact")
    }
}

/// All warnings of a run.
pub fn all(summary: &Summary, rule_file: &RuleFile) -> Vec<Warning> {
    let mut all: Vec<Warning> = Vec::new();
    for doubt in &rule_file.warnings {
        let message = format!("{}: {}", rule_file.source.locate(doubt.place), doubt.message);
        all.push(Warning { code: doubt.code, message });
    }
    let (contacts, activities) = (&summary.contacts, &summary.activities);
    if contacts.scored == 0 {
        all.push(Warning { code: "no-contacts", message: "there are no contacts".to_owned() });
    }
    if activities.files.is_empty() && counts_activities(&rule_file.model) {
        let message = "the rules count activities, and none were given: name their export with --activities";
        all.push(Warning { code: "no-activities", message: message.to_owned() });
    }
    let found = activities.rows - activities.orphaned;
    if activities.rows > 0 && found == 0 {
        let message = format!("none of {} found its contact", counted(activities.rows, "activity"));
        all.push(Warning { code: "no-activity-found-its-contact", message });
    }
    for (count, what, code, text) in [
        (contacts.duplicates, "row", "duplicate-ids", summary.fate_of_duplicates()),
        (contacts.without_id, "row", "without-id", "without an id"),
        (contacts.shared_names, "name", "shared-names", SHARED),
        (activities.orphaned, "activity", "orphaned-activities", ORPHANED),
        (activities.future, "activity", "future-activities", FUTURE),
        (activities.without_time, "activity", "activities-without-time", WITHOUT_TIME),
        (summary.rejected_rows, "row", "rejected-rows", "rejected"),
    ] {
        if count > 0 {
            all.push(Warning { code, message: format!("{} {text}", counted(count, what)) });
        }
    }
    for cell in &summary.unreadable {
        let (cells, place) = (counted(cell.count, "cell"), format!("{}:{}", cell.file, cell.line));
        let message =
            format!("{cells} of `{}`, no {}: the first is `{}` at {place}", cell.column, cell.expected, cell.text);
        all.push(Warning { code: "unreadable-cells", message });
    }
    all
}

/// Whether a rule, a tally or a condition counts activities.
fn counts_activities(model: &Model) -> bool {
    let of_activities = |rule: &Rule| matches!(rule.kind, RuleKind::Activity(_));
    let has_rule = |item: &Item| match item {
        Item::Rule(rule) => of_activities(rule),
        Item::Group(group) => group.rules.iter().any(of_activities),
    };
    let in_score = |score: &Score| matches!(&score.kind, ScoreKind::Rules { items, .. } if items.iter().any(has_rule));
    !model.tallies.is_empty() || model.scores.iter().any(in_score)
}
