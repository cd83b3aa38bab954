//! `leadscore check`: whether a rule file can be used, and fits the exports it is meant for.
//!
//! In: a rule file, and the exports whose columns it must find. Out: every fault at once on
//! standard error, or what the file holds in a few lines. It reads the headers of exports only.
//! Not here: what is a fault (`rules`).

use super::{Status, scoring, show};
use crate::cli::CheckArgs;
use crate::input::{self, Options};
use crate::record::Table;
use crate::rules::model::{Model, Score, ScoreKind};
use crate::rules::{self, RuleFile, columns, model::Item};
use std::io::Write;

/// Checks a rule file.
///
/// # Errors
/// `Faults` where the rule file is at fault; else where an export cannot be opened.
pub fn run(args: &CheckArgs) -> anyhow::Result<Status> {
    let file = scoring::load_rules(&args.rules, false)?;
    let options = super::options(&args.reading);
    let contacts = tables(&args.contacts, &options, false)?;
    let activities = tables(&args.activities, &options, true)?;
    let model = &file.model;
    let mut faults = Vec::new();
    for (columns, tables, which) in
        [(&model.contact_columns, &contacts, "contacts"), (&model.activity_columns, &activities, "activities")]
    {
        faults.extend(columns::bind(model, columns, tables, which).err().into_iter().flatten());
    }
    if !faults.is_empty() {
        show(&file.source, &faults);
        return Ok(Status::NotDone);
    }
    let mut out = std::io::stdout().lock();
    write!(out, "{}", summary(&file))?;
    for table in contacts.iter().chain(&activities) {
        writeln!(out, "  {:<12}{}", "fits", table.name)?;
    }
    Ok(Status::Done)
}

fn tables(arguments: &[String], options: &Options, activities: bool) -> anyhow::Result<Vec<Table>> {
    let open = |(index, argument): (usize, &String)| {
        let (kind, path) = if activities { input::activity_source(argument) } else { (None, argument.as_str()) };
        let reader = input::open(path, index, options)?;
        Ok(Table { activity_type: kind.map(str::to_owned), ..reader.table().clone() })
    };
    arguments.iter().enumerate().map(open).collect()
}

/// What a rule file holds, one line a section.
fn summary(file: &RuleFile) -> String {
    let model = &file.model;
    let verdict = match file.warnings.len() {
        0 => "no faults".to_owned(),
        1 => "no faults, 1 warning".to_owned(),
        count => format!("no faults, {count} warnings"),
    };
    let mut text = format!("{}: {verdict}\n", file.source.name);
    let mut line = |label: &str, words: String| {
        if !words.is_empty() {
            text.push_str(&format!("  {label:<12}{words}\n"));
        }
    };
    for (at, score) in model.scores.iter().enumerate() {
        line(if at == 0 { "scores" } else { "" }, describe(model, score));
    }
    let names = |scores: &[usize]| scores.iter().map(|&id| model.scores[id].name.as_str()).collect::<Vec<_>>();
    line("ranked by", names(&model.rank_by).join(", then "));
    line("grade of", names(&model.grade).join(" and "));
    line("disqualify", listed(model.disqualify.iter().map(|entry| entry.name.as_str())));
    line("stages", model.stages.iter().map(|stage| stage.name.as_str()).collect::<Vec<_>>().join(" → "));
    line("handed over", model.handoff.map(|stage| model.stages[stage].name.clone()).unwrap_or_default());
    line("segments", listed(model.segments.iter().map(|segment| segment.name.as_str())));
    if let Some(accounts) = &model.accounts {
        let scores = listed(accounts.scores.iter().map(|score| score.name.as_str()));
        line("accounts", format!("by {}: {scores}", model.contact_columns[accounts.key].name));
    }
    let tallies = model.tallies.iter().filter_map(|tally| tally.name.as_deref());
    line("tallies", listed(tallies));
    let unused = rules::unused(model);
    line("not used", listed(unused.iter().map(String::as_str)));
    text
}

fn describe(model: &Model, score: &Score) -> String {
    let of = match &score.kind {
        ScoreKind::Sum(components) => {
            let parts = components.iter().map(|part| format!("{} × {}", part.weight, model.scores[part.score].name));
            parts.collect::<Vec<_>>().join(" + ")
        }
        ScoreKind::Rules { items, .. } => {
            let count: usize =
                items.iter().map(|item| if let Item::Group(group) = item { group.rules.len() } else { 1 }).sum();
            format!("{count} {}", if count == 1 { "rule" } else { "rules" })
        }
    };
    let grades = score.grades.as_ref().map(|grades| format!(", grades {}", grades.names.join(" "))).unwrap_or_default();
    format!("{}: {of}{grades}", score.name)
}

/// The first names, and how many more there are.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const NAMED: usize = 8;
    let names: Vec<&str> = names.collect();
    let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED { format!("{shown} and {} more", names.len() - NAMED) } else { shown }
}
