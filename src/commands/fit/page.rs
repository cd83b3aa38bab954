//! The rule file around the rules that were learned.
//!
//! In: rules, grades, stages and comments. Out: the text of an ordinary rule file. Not here: the
//! rules, and where grades and stages begin.

use super::cuts::Cut;
use super::draft::Draft;
use super::learned::Rules;
use crate::commands::init::page::{Page, map};
use serde_yaml::{Mapping, Value};
use std::collections::BTreeSet;

/// What stands around the rules.
pub struct Frame<'a> {
    /// Comments at the head of the file.
    pub head: Vec<String>,
    /// The least and the most points.
    pub range: (i32, i32),
    /// The grades, the best first.
    pub grades: &'a [Cut],
    /// The stages, the lowest first.
    pub stages: &'a [Cut],
}

/// The text of the rule file.
pub fn page(draft: &Draft, rules: &Rules, frame: &Frame<'_>) -> String {
    let mut page = Page::default();
    frame.head.iter().for_each(|line| page.comment(0, line));
    page.line(0, "");
    page.entry(0, "version", 1);
    section(&mut page, "contacts", draft.contacts_section(|name| rules.used.contains(name)));
    let used = draft.candidates.iter().filter(|candidate| rules.used.contains(candidate.name()));
    let tallies: Mapping = used.filter_map(|candidate| candidate.tally_entry()).collect();
    if !tallies.is_empty() {
        let columns: BTreeSet<&str> = tallies.values().filter_map(measured).collect();
        if let Some(activities) = draft.activities_section(|name| columns.contains(name)) {
            section(&mut page, "activities", activities);
        }
        section(&mut page, "tallies", tallies);
    }
    let points = |points: i32| Value::from(i64::from(points));
    page.line(0, "");
    page.line(0, "scores:");
    page.line(1, &format!("{}:", draft.score));
    page.comment(2, "Everybody begins with this; the rules add to it and take from it.");
    page.entry(2, "start", points(rules.start));
    page.entry(2, "range", vec![points(frame.range.0), points(frame.range.1)]);
    for (name, least, told) in frame.grades {
        page.comment(2, &format!("{name}, from {least}: {told}"));
    }
    page.entry(2, "grades", map(frame.grades.iter().map(|(name, least, _)| (*name, points(*least)))));
    page.line(2, "rules:");
    for rule in &rules.rules {
        if !rule.why.is_empty() {
            page.comment(3, &rule.why);
        }
        rule.entries.iter().for_each(|entry| page.item(3, entry));
    }
    page.line(0, "");
    page.line(0, "stages:");
    for (name, least, told) in frame.stages {
        page.comment(1, told);
        let when = map([(draft.score.as_str(), map([("at_least", points(*least))]))]);
        page.item(1, &map([("name", (*name).into()), ("when", when)]));
    }
    page.0
}

/// The column of the activities that a tally measures.
fn measured(definition: &Value) -> Option<&str> {
    let measure = definition.get("measure")?;
    measure.get("sum").or_else(|| measure.get("distinct"))?.as_str()
}

fn section(page: &mut Page, name: &str, entries: Mapping) {
    page.line(0, "");
    page.line(0, &format!("{name}:"));
    entries.into_iter().for_each(|(key, value)| page.entry(1, key.as_str().unwrap_or_default(), value));
}
