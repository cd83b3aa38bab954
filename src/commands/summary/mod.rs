//! What a run saw and did: the last lines on standard error, and `--summary FILE.json`.
//!
//! In: everybody scored and the [`Report`] of the run. Out: [`Summary`], which is the JSON for
//! dashboards (its fields are told in the help of `--summary`), and `text`, the same for people.

mod moves;
mod text;
mod warnings;

pub use text::{counted, grouped};

use super::scoring::{Report, Timings};
use crate::engine::contacts::ContactId;
use crate::engine::facts::Kind;
use crate::engine::questions::Promoter;
use crate::engine::scored::Scored;
use crate::engine::unread::{FirstUnread, Unread};
use crate::points::{MICRO, Points};
use crate::rules::RuleFile;
use crate::rules::model::{Column, Duplicates};
use moves::Handoff;
use rayon::prelude::*;
use serde::Serialize;
use std::time::Duration;
use warnings::Warning;

/// The summary, version 1. Fields are only ever added.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Of this structure.
    version: u32,
    leadscore: &'static str,
    as_of: String,
    as_of_field: Option<String>,
    seconds: f64,
    timings: Timings,
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
    handoff: Option<Handoff>,
    unreadable: Vec<Unreadable>,
    rejected_rows: u64,
    warnings: Vec<Warning>,
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

/// So many contacts are counted by one worker at a time.
const AT_A_TIME: usize = 1 << 14;

impl Summary {
    /// Counts everybody once.
    pub fn new(scored: &Scored<'_>, report: &Report, as_of_field: Option<&str>, rule_file: &RuleFile) -> Summary {
        let model = scored.scene.plan.model;
        let seen = &report.activities;
        let ignored: u64 = seen.ignored.iter().sum();
        let passed_over = ignored + seen.repeated + seen.without_time + seen.orphaned + seen.future;
        let count = |name: &str, holds: &(dyn Fn(ContactId) -> bool + Sync)| Count {
            name: name.to_owned(),
            count: everybody(scored).filter(|&contact| holds(contact)).count() as u64,
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
        let handoff = moves::handoff(scored, &report.gone);
        let mut summary = Summary {
            version: 1,
            leadscore: env!("CARGO_PKG_VERSION"),
            as_of: report.as_of.to_string(),
            as_of_field: as_of_field.map(str::to_owned),
            seconds: 0.0,
            timings: report.timings.clone(),
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
                .map(|(at, segment)| count(&segment.name, &|contact| scored.segments(contact).nth(at) == Some(true)))
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
                        count: scored.accounts.iter().filter(|account| account.stage() == Some(at)).count() as u64,
                    })
                    .collect(),
            }),
            nps: model.nps.map(|_| nps_summary(scored)),
            handed_over: handoff.as_ref().map(|handoff| handoff.newcomers.count),
            handoff,
            unreadable,
            rejected_rows: report.rejected,
            warnings: Vec::new(),
        };
        summary.warnings = warnings::all(&summary, rule_file);
        summary
    }

    /// When everything is written: how long that took, and the whole run.
    pub fn finish(&mut self, writing: Duration, whole: Duration) {
        self.timings.writing = writing;
        self.seconds = (whole.as_secs_f64() * 1000.0).round() / 1000.0;
    }
}

/// All contacts, for all threads.
fn everybody(scored: &Scored<'_>) -> impl IndexedParallelIterator<Item = ContactId> {
    (0..scored.order.len() as ContactId).into_par_iter().with_min_len(AT_A_TIME)
}

fn score_summary(scored: &Scored<'_>, score: usize) -> ScoreSummary {
    let known = &scored.scene.plan.model.scores[score];
    let (own, everybody) = (known.grades.as_ref(), scored.order.len());
    let without = own.map_or(0, |own| own.names.len());
    // Always the same contacts together, so that no sum depends on the number of threads.
    let count_some = |from: usize| {
        let (mut counts, mut count, mut sum) = (vec![0; without + 1], 0, Points::ZERO);
        for contact in from as ContactId..everybody.min(from + AT_A_TIME) as ContactId {
            let value = scored.score(contact, score);
            (count, sum) = (count + u64::from(value.is_some()), sum + value.unwrap_or_default());
            counts[scored.grade(contact, score).map_or(without, usize::from)] += 1;
        }
        (counts, count, sum)
    };
    let starts = (0..everybody).into_par_iter().step_by(AT_A_TIME);
    let parts: Vec<(Vec<u64>, u64, Points)> = starts.map(count_some).collect();
    let count = parts.iter().map(|(_, count, _)| count).sum();
    let sum: Points = parts.iter().map(|&(.., sum)| sum).sum();
    let mut grades: Vec<Count> = Vec::new();
    if let Some(own) = own {
        let counted = |at: usize| parts.iter().map(|(counts, ..)| counts[at]).sum();
        let names = own.names.iter().map(String::as_str).chain([""]);
        grades.extend(names.enumerate().map(|(at, name)| Count { name: name.to_owned(), count: counted(at) }));
        if grades.last().is_some_and(|none| none.count == 0) {
            grades.pop();
        }
    }
    let mean = || sum.divided_by(count).rounded(2).to_string();
    ScoreSummary { name: known.name.clone(), scored: count, mean: (count > 0).then(mean), grades }
}

/// % promoters − % detractors of those who answered, in hundredths.
fn nps_summary(scored: &Scored<'_>) -> NpsSummary {
    let count = |which| everybody(scored).filter(|&contact| scored.promoter(contact) == Some(which)).count() as u64;
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
    let one = |(&(column, kind), first): (&(usize, Kind), &FirstUnread)| Unreadable {
        export,
        column: columns[column].name.clone(),
        expected: kind.to_string(),
        count: first.count,
        file: first.file.clone(),
        line: first.line,
        text: first.text.clone(),
    };
    unread.cells.iter().map(one).collect()
}
