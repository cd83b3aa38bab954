//! How well a score told those who reached an outcome from those who did not.
//!
//! In: [`ScoredRows`]. Out: an [`Evaluation`]: every figure that `evaluate` shows. Who is disqualified
//! or has no score is not ranked, but counted among grades and stages; whose outcome is not known yet
//! counts nowhere but in what a capacity takes. Not here: how figures are shown.

mod warnings;

use super::certainty::{Interval, delong, wilson};
use super::measures::{Tie, average_precision, counts, roc_auc, ties, top_of_ties};
use super::outcome::Outcome;
use super::scored_file::{Levels, ScoredRows};
use serde::Serialize;

pub use warnings::Warning;

/// All figures. Shares are from 0 to 1, intervals of 95 %.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// Of this structure: fields may be added, none goes or changes its meaning.
    pub version: u32,
    /// The file, as it was named.
    pub file: String,
    /// The outcome, as `COLUMN` or `COLUMN=VALUE`.
    pub outcome: String,
    /// The header of the score.
    pub score: String,
    /// Who is in the file.
    pub contacts: Contacts,
    /// How many of those whose outcome is known reached it.
    pub conversion: Conversion,
    /// The area under the ROC curve.
    pub roc_auc: Option<Area>,
    /// The average precision.
    pub average_precision: Option<f64>,
    /// The ranked by tenths, the best first.
    pub lift: Vec<Part>,
    /// Each column of grades.
    pub grades: Vec<Group>,
    /// By the stage at which contacts stand.
    pub stages: Option<Group>,
    /// Who has reached a stage or one above it; the highest first.
    pub reached_stages: Vec<Reached>,
    /// What a threshold on the score would take, the highest first.
    pub thresholds: Vec<Threshold>,
    /// The threshold for a capacity, where one was given.
    pub capacity: Option<Capacity>,
    /// Month by month, where a column of dates was given.
    pub months: Option<Months>,
    /// What deserves a look.
    pub warnings: Vec<Warning>,
}

/// How many contacts are what.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Contacts {
    /// In the file.
    pub rows: u64,
    /// Whose outcome is not known yet.
    pub undecided: u64,
    /// Who is disqualified.
    pub disqualified: u64,
    /// Whose outcome is known, and who are ranked.
    pub ranked: u64,
    /// How many of the ranked reached the outcome.
    pub reached: u64,
}

/// How many of some contacts reached the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Conversion {
    /// How many they are.
    pub contacts: u64,
    /// How many of them reached the outcome.
    pub reached: u64,
    /// The share of them; `None` of nobody.
    pub conversion: Option<f64>,
    /// Its interval.
    pub interval: Option<Interval>,
}

/// The area under the ROC curve.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Area {
    /// From 0 to 1; 0.5 is no better than chance.
    pub value: f64,
    /// Its interval, where there is one.
    pub interval: Option<Interval>,
}

/// A part of the ranked contacts.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Part {
    /// 1 is the best.
    pub part: u64,
    /// How many they are.
    pub contacts: u64,
    /// The lowest score among them.
    pub least_score: f64,
    /// How many of them reached the outcome; a fraction where those who share a score are in two parts.
    pub reached: f64,
    /// The share of them.
    pub conversion: f64,
    /// How many times the conversion of all ranked contacts; `None` where nobody reached the outcome.
    pub lift: Option<f64>,
    /// The share of all ranked who reached the outcome that is in this part or a better one.
    pub recall: Option<f64>,
}

/// The conversion by the names in a column.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// Its header.
    pub column: String,
    /// Whether the names have an order that is known.
    pub ordered: bool,
    /// The names, the highest first.
    pub levels: Vec<Level>,
}

/// The contacts with one grade, or at one stage.
#[derive(Clone, Debug, Serialize)]
pub struct Level {
    /// The name; empty where contacts have none.
    pub name: String,
    /// Whether its place among the others is known.
    #[serde(skip)]
    pub is_in_order: bool,
    /// How they did.
    #[serde(flatten)]
    pub conversion: Conversion,
}

/// Who has reached a stage or one above it.
#[derive(Clone, Debug, Serialize)]
pub struct Reached {
    /// Its name.
    pub stage: String,
    /// How they did.
    #[serde(flatten)]
    pub conversion: Conversion,
    /// The share of all who reached the outcome, ranked or not, that they are.
    pub recall: Option<f64>,
}

/// What a threshold takes: the ranked contacts whose score is at least this.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// The least score.
    pub score: f64,
    /// How many it takes.
    pub contacts: u64,
    /// How many of them reached the outcome.
    pub reached: u64,
    /// The share of them.
    pub precision: Option<f64>,
    /// The share of all ranked who reached the outcome.
    pub recall: Option<f64>,
    /// The harmonic mean of precision and recall.
    pub f1: Option<f64>,
}

/// The lowest threshold that takes at most so many contacts.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Capacity {
    /// At most so many.
    pub at_most: u64,
    /// How many ranked contacts of the file it takes, also those whose outcome is not known yet.
    pub takes: u64,
    /// The threshold, and how those did whose outcome is known; `None` where more contacts than that
    /// share the highest score.
    pub threshold: Option<Threshold>,
}

/// Month by month.
#[derive(Clone, Debug, Serialize)]
pub struct Months {
    /// The months in which there are contacts, the first first.
    pub months: Vec<Month>,
    /// How many ranked contacts with a known outcome have no readable date.
    pub without_date: u64,
}

/// The ranked contacts of a month.
#[derive(Clone, Debug, Serialize)]
pub struct Month {
    /// As `2026-11`, in UTC.
    pub month: String,
    /// How they did.
    #[serde(flatten)]
    pub conversion: Conversion,
    /// The area under the ROC curve among them.
    pub roc_auc: Option<Area>,
    /// The lift of their best tenth.
    pub lift_of_best_tenth: Option<f64>,
}

impl Evaluation {
    /// Works everything out; `capacity` is how many contacts can be handed over.
    pub fn of(file: &str, outcome: &Outcome, rows: &ScoredRows, capacity: Option<u64>) -> Evaluation {
        let known = |at: &usize| rows.outcomes[*at].is_some();
        let ranked = |at: usize| Some((rows.scores[at]?, rows.outcomes[at]?));
        let all = 0..rows.outcomes.len();
        let ties = ties(all.clone().filter_map(ranked));
        let (yes, no) = counts(&ties);
        let conversion = Conversion::of(all.clone(), rows);
        let mut evaluation = Evaluation {
            version: 1,
            file: file.to_owned(),
            outcome: outcome.to_string(),
            score: rows.score.clone(),
            contacts: Contacts {
                rows: all.len() as u64,
                undecided: all.clone().filter(|at| !known(at)).count() as u64,
                disqualified: rows.disqualified,
                ranked: yes + no,
                reached: yes,
            },
            conversion,
            roc_auc: Area::of(&ties),
            average_precision: average_precision(&ties),
            lift: lift(&ties),
            grades: rows.grades.iter().map(|levels| Group::of(levels, rows)).collect(),
            stages: rows.stage.as_ref().map(|levels| Group::of(levels, rows)),
            reached_stages: reached_stages(rows, conversion.reached),
            thresholds: thresholds(&ties),
            capacity: capacity.map(|at_most| Capacity::of(at_most, rows, &ties)),
            months: rows.months.as_ref().map(|months| Months::of(months, rows)),
            warnings: Vec::new(),
        };
        evaluation.warnings = warnings::all(&evaluation);
        evaluation
    }
}

impl Conversion {
    fn new(reached: u64, contacts: u64) -> Conversion {
        let conversion = (contacts > 0).then(|| reached as f64 / contacts as f64);
        Conversion { contacts, reached, conversion, interval: wilson(reached, contacts) }
    }

    /// Of some rows, those with a known outcome.
    fn of(some: impl Iterator<Item = usize>, rows: &ScoredRows) -> Conversion {
        let (mut reached, mut contacts) = (0, 0);
        for outcome in some.filter_map(|at| rows.outcomes[at]) {
            contacts += 1;
            reached += u64::from(outcome);
        }
        Conversion::new(reached, contacts)
    }
}

impl Area {
    fn of(ties: &[Tie]) -> Option<Area> {
        Some(Area { value: roc_auc(ties)?, interval: delong(ties) })
    }
}

impl Group {
    fn of(levels: &Levels, rows: &ScoredRows) -> Group {
        let mut found = vec![(0, 0); levels.names.len()];
        for (&row, outcome) in levels.rows.iter().zip(&rows.outcomes) {
            let Some(outcome) = *outcome else { continue };
            found[row as usize].0 += u64::from(outcome);
            found[row as usize].1 += 1;
        }
        let level = |(at, (reached, contacts)): (usize, (u64, u64))| Level {
            name: levels.names[at].clone(),
            is_in_order: at < levels.ordered,
            conversion: Conversion::new(reached, contacts),
        };
        Group {
            column: levels.column.clone(),
            ordered: levels.ordered > 0,
            levels: found.into_iter().enumerate().map(level).collect(),
        }
    }
}

/// So many parts.
const PARTS: u64 = 10;

/// The ranked by tenths; fewer than ten contacts make fewer parts.
fn lift(ties: &[Tie]) -> Vec<Part> {
    let (yes, no) = counts(ties);
    let all = yes + no;
    let part = |part: u64| {
        let (from, to) = (tenth(all, part - 1), tenth(all, part));
        let reached = top_of_ties(ties, to) - top_of_ties(ties, from);
        let conversion = reached / (to - from) as f64;
        Part {
            part,
            contacts: to - from,
            least_score: score_of_last(ties, to),
            reached,
            conversion,
            lift: (yes > 0).then(|| conversion * all as f64 / yes as f64),
            recall: (yes > 0).then(|| top_of_ties(ties, to) / yes as f64),
        }
    };
    (1..=PARTS).filter(|&number| tenth(all, number) > tenth(all, number - 1)).map(part).collect()
}

/// How many of `all` the best `tenths` are, rounded.
fn tenth(all: u64, tenths: u64) -> u64 {
    (all * tenths + PARTS / 2) / PARTS
}

/// The score of the last of the `first` with the highest scores.
fn score_of_last(ties: &[Tie], first: u64) -> f64 {
    let mut seen = 0;
    let mut of_last = f64::NAN;
    for tie in ties {
        if seen >= first {
            break;
        }
        seen += tie.size();
        of_last = tie.score;
    }
    of_last
}

fn reached_stages(rows: &ScoredRows, all_reached: u64) -> Vec<Reached> {
    let reached = |(stage, is_there): &(String, Vec<bool>)| {
        let conversion = Conversion::of((0..is_there.len()).filter(|&at| is_there[at]), rows);
        let recall = (all_reached > 0).then(|| conversion.reached as f64 / all_reached as f64);
        Reached { stage: stage.clone(), conversion, recall }
    };
    rows.reached.iter().map(reached).collect()
}

/// About so many thresholds are shown.
const THRESHOLDS: u64 = 20;

/// Every threshold there is, or, where there are many, the first that takes each further twentieth.
fn thresholds(ties: &[Tie]) -> Vec<Threshold> {
    let (yes, no) = counts(ties);
    let step = if ties.len() as u64 <= THRESHOLDS { 1 } else { (yes + no).div_ceil(THRESHOLDS) };
    let (mut taken, mut found, mut next) = (0, 0, step);
    let mut all = Vec::new();
    for tie in ties {
        taken += tie.size();
        found += tie.yes;
        if taken >= next {
            all.push(Threshold::new(tie.score, taken, found, yes));
            next = (taken / step + 1) * step;
        }
    }
    all
}

impl Threshold {
    fn new(score: f64, contacts: u64, reached: u64, all_reached: u64) -> Threshold {
        let share = |of: u64| (of > 0).then(|| reached as f64 / of as f64);
        let f1 = (contacts + all_reached > 0).then(|| 2.0 * reached as f64 / (contacts + all_reached) as f64);
        Threshold { score, contacts, reached, precision: share(contacts), recall: share(all_reached), f1 }
    }
}

impl Capacity {
    fn of(at_most: u64, rows: &ScoredRows, decided: &[Tie]) -> Capacity {
        let everybody = ties(rows.scores.iter().flatten().map(|&score| (score, true)));
        let mut takes = 0;
        let mut least = None;
        for tie in everybody {
            if takes + tie.size() > at_most {
                break;
            }
            takes += tie.size();
            least = Some(tie.score);
        }
        let threshold = least.map(|score| {
            let within: Vec<Tie> = decided.iter().copied().filter(|tie| tie.score >= score).collect();
            let (reached, others) = counts(&within);
            Threshold::new(score, reached + others, reached, counts(decided).0)
        });
        Capacity { at_most, takes, threshold }
    }
}

impl Months {
    fn of(months: &[Option<i64>], rows: &ScoredRows) -> Months {
        let ranked = |at: usize| Some((months[at], (rows.scores[at]?, rows.outcomes[at]?)));
        let mut dated: Vec<(Option<i64>, (f64, bool))> = (0..months.len()).filter_map(ranked).collect();
        dated.sort_by_key(|(month, _)| *month); // no month comes first
        let month = |of_month: &[(Option<i64>, (f64, bool))]| {
            let month = of_month.first()?.0?;
            let ties = ties(of_month.iter().map(|(_, scored)| *scored));
            let (yes, no) = counts(&ties);
            Some(Month {
                month: format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1),
                conversion: Conversion::new(yes, yes + no),
                roc_auc: Area::of(&ties),
                lift_of_best_tenth: lift(&ties).first().and_then(|part| part.lift),
            })
        };
        Months {
            months: dated.chunk_by(|one, next| one.0 == next.0).filter_map(month).collect(),
            without_date: dated.iter().filter(|(month, _)| month.is_none()).count() as u64,
        }
    }
}

#[cfg(test)]
mod tests;
