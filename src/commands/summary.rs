//! What a run saw and did: the last lines on standard error, and `--summary FILE.json`.
//!
//! In: everybody scored and the [`Report`] of the run. Out: text for people, JSON for dashboards.

use super::scoring::Report;
use crate::engine::scored::{Promoter, Scored};
use crate::engine::unread::Unread;
use crate::points::{MICRO, Points};
use crate::rules::model::{Column, Duplicates};
use serde::Serialize;
use std::fmt::Write;
use std::time::Duration;

/// The summary, version 1. Fields are only ever added.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Of this structure.
    version: u32,
    leadscore: &'static str,
    as_of: String,
    as_of_field: Option<String>,
    seconds: f64,
    bytes_read: u64,
    contacts: Contacts,
    activities: Activities,
    scores: Vec<ScoreSummary>,
    stages: Vec<Count>,
    segments: Vec<Count>,
    disqualified: Vec<Count>,
    accounts: Option<AccountsSummary>,
    nps: Option<NpsSummary>,
    handed_over: Option<u64>,
    unreadable: Vec<Unreadable>,
    rejected_rows: u64,
}

#[derive(Debug, Serialize)]
struct Contacts {
    files: Vec<String>,
    rows: u64,
    scored: u64,
    without_id: u64,
    duplicates_policy: &'static str,
    duplicates: u64,
    shared_names: u64,
}

#[derive(Debug, Serialize)]
struct Activities {
    files: Vec<String>,
    rows: u64,
    counted: u64,
    orphaned: u64,
    future: u64,
    without_time: u64,
    without_type: u64,
    repeated: u64,
    ignored: Vec<Count>,
}

#[derive(Debug, Serialize)]
struct ScoreSummary {
    name: String,
    scored: u64,
    mean: Option<String>,
    grades: Vec<Count>,
}

#[derive(Debug, Serialize)]
struct Count {
    name: String,
    count: u64,
}

#[derive(Debug, Serialize)]
struct AccountsSummary {
    accounts: u64,
    stages: Vec<Count>,
}

#[derive(Debug, Serialize)]
struct NpsSummary {
    score: Option<String>,
    promoters: u64,
    passives: u64,
    detractors: u64,
}

#[derive(Debug, Serialize)]
struct Unreadable {
    export: &'static str,
    column: String,
    expected: String,
    count: u64,
    file: String,
    line: u64,
    text: String,
}

impl Summary {
    /// Counts everybody once.
    pub fn new(scored: &Scored<'_>, report: &Report, as_of_field: Option<&str>, elapsed: Duration) -> Summary {
        let model = scored.scene.plan.model;
        let seen = &report.activities;
        let ignored: u64 = seen.ignored.iter().sum();
        let passed_over = ignored + seen.repeated + seen.without_time + seen.orphaned + seen.future;
        let everybody = || scored.order.iter().copied();
        let count = |name: &str, holds: &dyn Fn(u32) -> bool| Count {
            name: name.to_owned(),
            count: everybody().filter(|&contact| holds(contact)).count() as u64,
        };
        let mut unreadable = unreadable(&scored.unread, &model.contact_columns, "contacts");
        unreadable.extend(self::unreadable(&report.unread_activities, &model.activity_columns, "activities"));
        let mut stages: Vec<Count> = (0..model.stages.len() as u16)
            .rev()
            .map(|at| count(&model.stages[usize::from(at)].name, &|contact| scored.stage(contact) == Some(at)))
            .collect();
        if !stages.is_empty() {
            stages.push(count("", &|contact| {
                scored.stage(contact).is_none() && scored.disqualified_by(contact).is_none()
            }));
        }
        Summary {
            version: 1,
            leadscore: env!("CARGO_PKG_VERSION"),
            as_of: report.as_of.to_string(),
            as_of_field: as_of_field.map(str::to_owned),
            seconds: elapsed.as_secs_f64(),
            bytes_read: report.bytes,
            contacts: Contacts {
                files: report.contact_files.clone(),
                rows: report.contacts.rows,
                scored: scored.order.len() as u64,
                without_id: report.contacts.without_id,
                duplicates_policy: match model.contacts.duplicates {
                    Duplicates::Keep => "keep",
                    Duplicates::First => "first",
                    Duplicates::Last => "last",
                    Duplicates::Merge => "merge",
                },
                duplicates: report.contacts.duplicates,
                shared_names: report.contacts.shared_names,
            },
            activities: Activities {
                files: report.activity_files.clone(),
                rows: seen.rows,
                counted: seen.rows - passed_over,
                orphaned: seen.orphaned,
                future: seen.future,
                without_time: seen.without_time,
                without_type: seen.without_type,
                repeated: seen.repeated,
                ignored: model
                    .activities
                    .ignore
                    .iter()
                    .zip(&seen.ignored)
                    .map(|(rule, &count)| Count { name: rule.name.clone(), count })
                    .collect(),
            },
            scores: (0..model.scores.len()).map(|score| score_summary(scored, score)).collect(),
            stages,
            segments: model
                .segments
                .iter()
                .enumerate()
                .map(|(at, segment)| count(&segment.name, &|contact| scored.segments(contact)[at]))
                .collect(),
            disqualified: (0..model.disqualify.len() as u16)
                .map(|at| {
                    let rule = &model.disqualify[usize::from(at)];
                    count(&rule.name, &|contact| scored.disqualified_by(contact) == Some(at))
                })
                .collect(),
            accounts: model.accounts.as_ref().map(|accounts| AccountsSummary {
                accounts: scored.accounts.len() as u64,
                stages: (0..accounts.stages.len() as u16)
                    .rev()
                    .map(|at| Count {
                        name: accounts.stages[usize::from(at)].name.clone(),
                        count: scored.accounts.iter().filter(|account| account.stage == Some(at)).count() as u64,
                    })
                    .collect(),
            }),
            nps: model.nps.map(|_| nps_summary(scored)),
            handed_over: (scored.has_previous() && model.handoff.is_some())
                .then(|| everybody().filter(|&contact| scored.is_handed_over(contact)).count() as u64),
            unreadable,
            rejected_rows: report.rejected,
        }
    }

    /// For people: a line for each thing that is worth a look.
    pub fn text(&self, rejects: Option<&str>) -> String {
        let mut out = String::new();
        for (head, text) in self.lines(rejects, true) {
            // A text of several lines stands under one head.
            for (number, text) in text.lines().enumerate() {
                let _ = writeln!(out, "{:<12} {text}", if number == 0 { head } else { "" });
            }
        }
        out
    }

    /// What a workbook says: nothing that another run over the same files would say differently.
    pub fn page(&self) -> Vec<Vec<String>> {
        let lines = self.lines(None, false).into_iter();
        lines.map(|(head, text)| vec![head.to_owned(), text]).collect()
    }

    fn lines(&self, rejects: Option<&str>, with_time: bool) -> Vec<(&'static str, String)> {
        let mut out = Vec::new();
        let mut line = |head: &'static str, text: String| out.push((head, text));
        let speed = self.bytes_read as f64 / 1e6 / self.seconds.max(1e-9);
        let time = if with_time { format!(" in {:.2} s ({speed:.0} MB/s)", self.seconds) } else { String::new() };
        let own = self.as_of_field.as_ref().map_or(String::new(), |field| format!(", or each contact's `{field}`"));
        line("As of", format!("{}{own}", self.as_of));
        line(
            "Read",
            format!(
                "{} and {}{time}",
                counted(self.contacts.rows, "contact"),
                counted(self.activities.rows, "activity"),
            ),
        );
        for score in &self.scores {
            if !score.grades.is_empty() {
                line("Grades", format!("{}: {}", score.name, counts(&score.grades, "none")));
            }
        }
        if !self.stages.is_empty() {
            line("Stages", counts(&self.stages, "none"));
        }
        if let Some(count) = self.handed_over {
            line("Handed over", grouped(count));
        }
        if !self.segments.is_empty() {
            line("Segments", counts(&self.segments, ""));
        }
        if self.disqualified.iter().any(|rule| rule.count > 0) {
            line("Disqualified", counts(&self.disqualified, ""));
        }
        if let Some(accounts) = &self.accounts {
            let stages =
                if accounts.stages.is_empty() { String::new() } else { format!(": {}", counts(&accounts.stages, "")) };
            line("Accounts", format!("{}{stages}", grouped(accounts.accounts)));
        }
        if let Some(nps) = &self.nps {
            let score = nps.score.as_deref().unwrap_or("nobody answered");
            line(
                "NPS",
                format!(
                    "{score} ({} promoters, {} passives, {} detractors)",
                    nps.promoters, nps.passives, nps.detractors
                ),
            );
        }
        if let Some(text) = self.passed_over() {
            line("Passed over", text);
        }
        if let Some(text) = self.who_is_who() {
            line("Who is who", text);
        }
        for cell in &self.unreadable {
            let Unreadable { column, expected, count, file, line: at, text, .. } = cell;
            line(
                "Unreadable",
                format!(
                    "{} of `{column}`, no {expected}: the first is `{text}`\nat {file}:{at}",
                    counted(*count, "cell")
                ),
            );
        }
        if self.rejected_rows > 0 {
            let place = rejects.map_or(String::new(), |path| format!(", see {path}"));
            line("Rejected", format!("{}{place}", counted(self.rejected_rows, "row")));
        }
        out
    }

    fn passed_over(&self) -> Option<String> {
        let seen = &self.activities;
        let mut parts = vec![
            (seen.orphaned, "of contacts that are not in the export".to_owned()),
            (seen.repeated, "repeated".to_owned()),
            (seen.future, "later than as of".to_owned()),
            (seen.without_time, "without a readable time".to_owned()),
        ];
        parts.extend(seen.ignored.iter().map(|rule| (rule.count, format!("by `{}`", rule.name))));
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, cause)| format!("{} {cause}", grouped(count)))
            .collect();
        (!parts.is_empty()).then(|| {
            let passed_over = grouped(seen.rows - seen.counted);
            format!("{passed_over} of {}:\n{}", counted(seen.rows, "activity"), parts.join("\n"))
        })
    }

    /// Rows that share an id or a name, or have no id, and what became of them.
    fn who_is_who(&self) -> Option<String> {
        let seen = &self.contacts;
        let fate = match seen.duplicates_policy {
            "merge" => "merged into the first of their id",
            "first" => "left out: the first of their id stays",
            "last" => "left out: the last of their id stays",
            _ => "with the id of an earlier one, each scored by itself",
        };
        let parts = [
            (seen.duplicates, "row", fate),
            (seen.without_id, "row", "without an id"),
            (seen.shared_names, "name", "of `also_known_by` shared by several contacts"),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, what, fate)| format!("{} {fate}", counted(*count, what)))
            .collect();
        (!parts.is_empty()).then(|| parts.join("\n"))
    }
}

fn score_summary(scored: &Scored<'_>, score: usize) -> ScoreSummary {
    let known = &scored.scene.plan.model.scores[score];
    let values: Vec<Points> = scored.order.iter().filter_map(|&contact| scored.score(contact, score)).collect();
    let mut grades: Vec<Count> = Vec::new();
    if let Some(own) = &known.grades {
        grades.extend(own.names.iter().map(|name| Count { name: name.clone(), count: 0 }));
        grades.push(Count { name: String::new(), count: 0 });
        for &contact in &scored.order {
            let grade = scored.grade(contact, score).map_or(own.names.len(), usize::from);
            grades[grade].count += 1;
        }
        if grades.last().is_some_and(|none| none.count == 0) {
            grades.pop();
        }
    }
    let mean = || values.iter().copied().sum::<Points>().divided_by(values.len() as u64).rounded(2).to_string();
    ScoreSummary {
        name: known.name.clone(),
        scored: values.len() as u64,
        mean: (!values.is_empty()).then(mean),
        grades,
    }
}

/// % promoters − % detractors of those who answered, in hundredths.
fn nps_summary(scored: &Scored<'_>) -> NpsSummary {
    let count = |which| scored.order.iter().filter(|&&contact| scored.promoter(contact) == Some(which)).count() as u64;
    let (promoters, passives, detractors) =
        (count(Promoter::Promoter), count(Promoter::Passive), count(Promoter::Detractor));
    let all = promoters + passives + detractors;
    let score = || {
        let balance = Points((i128::from(promoters) - i128::from(detractors)) * 100 * MICRO);
        balance.divided_by(all).rounded(2).to_string()
    };
    NpsSummary { score: (all > 0).then(score), promoters, passives, detractors }
}

fn unreadable(unread: &Unread, columns: &[Column], export: &'static str) -> Vec<Unreadable> {
    let one =
        |(&(column, kind), first): (&(usize, crate::engine::condition::Kind), &crate::engine::unread::FirstUnread)| {
            Unreadable {
                export,
                column: columns[column].name.clone(),
                expected: kind.to_string(),
                count: first.count,
                file: first.file.clone(),
                line: first.line,
                text: first.text.clone(),
            }
        };
    unread.cells.iter().map(one).collect()
}

fn counts(counts: &[Count], unnamed: &str) -> String {
    let one = |count: &Count| {
        let name = if count.name.is_empty() { unnamed } else { &count.name };
        format!("{name} {}", grouped(count.count))
    };
    counts.iter().map(one).collect::<Vec<_>>().join(" · ")
}

/// With a comma between groups of three digits.
fn grouped(count: u64) -> String {
    indicatif::HumanCount(count).to_string()
}

/// `1 row`, `2 rows`, `3 activities`.
fn counted(count: u64, what: &str) -> String {
    match (count, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{} {stem}ies", grouped(count)),
        (_, None) => format!("{} {what}s", grouped(count)),
    }
}
