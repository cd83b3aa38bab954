//! Columns that may betray the outcome: known only afterwards.
//!
//! In: what is learned from. Out: a sentence for each column that is too good to be true. Not here: a
//! judgement; only people know when a field is filled in.

use super::codes::Coded;
use super::draft::Draft;
use crate::learn::measures::{Tie, counts, roc_auc, ties};
use crate::learn::model::Feature;

/// A single column that ranks as well as this is looked at twice.
const TOO_GOOD: f64 = 0.8;
/// Nearly all, and nearly none.
const NEARLY: f64 = 0.98;
/// So many contacts say something.
const ENOUGH: u64 = 25;

/// Words in headers of what is known only afterwards.
const AFTERWARDS: [&str; 16] = [
    "won",
    "lost",
    "closed",
    "close",
    "deal",
    "contract",
    "invoice",
    "customer",
    "churn",
    "signed",
    "paid",
    "payment",
    "revenue",
    "outcome",
    "result",
    "converted",
];

/// What should be looked at.
pub fn suspects(
    draft: &Draft,
    coded: &[Coded<'_>],
    features: &[Feature],
    rows: &[u32],
    outcome: &[bool],
) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut last = None;
    for (coded, feature) in coded.iter().zip(features) {
        let at = coded.question.candidate;
        let candidate = &draft.candidates[at];
        let (label, name) = (&candidate.label, candidate.name());
        let is_column = candidate.tally_entry().is_none();
        let why = betrays(feature, rows, outcome).or_else(|| speaks_of_afterwards(label).filter(|_| is_column));
        if let Some(why) = why.filter(|_| last != Some(at)) {
            last = Some(at);
            let remedy = if is_column { format!("--exclude '{name}'") } else { "--as-of-field COLUMN".to_owned() };
            found.push(format!("`{label}` {why}. Is it known before the outcome? If not: {remedy}"));
        }
    }
    found
}

fn betrays(feature: &Feature, rows: &[u32], outcome: &[bool]) -> Option<String> {
    let mut codes = vec![Tie { score: 0.0, yes: 0, no: 0 }; feature.size];
    for &row in rows {
        let code = &mut codes[usize::from(feature.codes[row as usize])];
        *(if outcome[row as usize] { &mut code.yes } else { &mut code.no }) += 1;
    }
    let (yes, no) = counts(&codes);
    let (yes, no) = (yes as f64, no as f64);
    let everybody = yes / (yes + no);
    // Of a question of yes and no the code of "no" is as good as missing.
    let absent = if codes[0].size() > 0 || feature.size != 3 { codes[0] } else { codes[1] };
    if absent.no as f64 >= NEARLY * no && absent.yes as f64 <= (1.0 - NEARLY) * yes {
        return Some("is filled in only for those for whom the outcome came about".to_owned());
    }
    let sure = codes.iter().filter(|code| code.size() >= ENOUGH && code.yes as f64 >= NEARLY * code.size() as f64);
    let held: f64 = sure.map(|code| code.yes as f64).sum();
    if held >= yes / 5.0 && everybody < 0.5 {
        return Some(format!("alone tells {:.0} % of the outcomes, nearly without a mistake", held / yes * 100.0));
    }
    let alone = [0, 1].map(|half| of_half(feature, rows, outcome, half)).into_iter().sum::<Option<f64>>()? / 2.0;
    (alone >= TOO_GOOD).then(|| format!("alone ranks with a ROC AUC of {alone:.3}"))
}

/// How well a question alone ranks every second contact by what the others did: of those that it
/// learned from, any question with many answers would seem to know everything.
fn of_half(feature: &Feature, rows: &[u32], outcome: &[bool], half: usize) -> Option<f64> {
    let code = |row: u32| usize::from(feature.codes[row as usize]);
    let mut others = vec![(0.0, 0.0); feature.size];
    for &row in rows.iter().skip(1 - half).step_by(2) {
        let (yes, all) = &mut others[code(row)];
        *yes += f64::from(u8::from(outcome[row as usize]));
        *all += 1.0;
    }
    let (yes, all) = others.iter().fold((0.0, 0.0), |(yes, all), other| (yes + other.0, all + other.1));
    let chance = |row: u32| (others[code(row)].0 + yes / all) / (others[code(row)].1 + 1.0);
    roc_auc(&ties(rows.iter().skip(half).step_by(2).map(|&row| (chance(row), outcome[row as usize]))))
}

fn speaks_of_afterwards(label: &str) -> Option<String> {
    let lower = label.to_lowercase();
    let word = lower.split(|letter: char| !letter.is_alphanumeric()).find(|word| AFTERWARDS.contains(word))?;
    Some(format!("speaks of `{word}`"))
}
