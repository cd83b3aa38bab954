//! Every cell that the program writes against the oracle's, for several numbers of threads.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::generate::Case;
use crate::oracle::{self, Answer};
use crate::run::{Folder, difference};

/// The seeds to run: the one asked for, or the first so many.
pub fn seeds(default: u64) -> Vec<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match number("LEADSCORE_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("LEADSCORE_CASES").unwrap_or(default)).collect(),
    }
}

fn differences(folder: &Folder, answer: &Answer) -> Option<String> {
    let mut first = None;
    // Blocks smaller than the files, so that several threads have something to do.
    for (threads, block) in [(1, None), (2, Some(400)), (7, Some(1 + folder.seed() % 150))] {
        let written = match folder.score(threads, block) {
            Ok(written) => written,
            Err(what) => return Some(what),
        };
        if let Some(first) = &first {
            if *first != written {
                return Some(format!(
                    "{threads} threads with blocks of {block:?} bytes write other files than one does"
                ));
            }
            continue;
        }
        let found = difference("out.csv", &answer.scored, &written.scored)
            .or_else(|| difference("breakdown.csv", &answer.breakdown, &written.breakdown))
            .or_else(|| difference("accounts.csv", &answer.accounts, written.accounts.as_ref()?))
            .or_else(|| difference("handoff.csv", &answer.handoff, written.handoff.as_ref()?));
        if found.is_some() {
            return found;
        }
        first = Some(written);
    }
    None
}

#[test]
fn the_program_writes_what_the_oracle_does() {
    for seed in seeds(150) {
        agrees(&Case::new(seed));
    }
}

/// Many contacts, for what depends on how many there are: ranks, shares of them, accounts.
#[test]
fn the_program_writes_what_the_oracle_does_for_a_crowd() {
    for seed in seeds(150).into_iter().step_by(20) {
        agrees(&Case::new(seed).crowd(25));
    }
}

fn agrees(case: &Case) {
    let folder = Folder::new(case);
    let answer = catch_unwind(AssertUnwindSafe(|| oracle::answer(&case.inputs())));
    let fault = match answer {
        Ok(answer) => differences(&folder, &answer).inspect(|_| folder.expect(&answer)),
        Err(_) => Some(format!("the oracle itself fails on\n{}", case.rules)),
    };
    if let Some(what) = fault {
        panic!("{:?}", folder.fault(&what));
    }
}

/// Random cases that never reach a feature would agree about it for nothing.
#[test]
fn the_random_cases_reach_every_column_and_step() {
    let mut steps = std::collections::BTreeMap::<String, usize>::new();
    for seed in 1..=200 {
        let answer = oracle::answer(&Case::new(seed).inputs());
        for row in answer.breakdown.iter().skip(1) {
            *steps.entry(row[4].clone()).or_default() += 1;
        }
        let header = &answer.scored[0];
        for row in answer.scored.iter().skip(1) {
            for (name, cell) in header.iter().zip(row) {
                if let Some(name) = name.strip_prefix("lead_")
                    && !cell.is_empty()
                    && cell != "false"
                {
                    *steps.entry(name.to_string()).or_default() += 1;
                }
            }
        }
        *steps.entry("handed over".to_string()).or_default() += answer.handoff.len() - 1;
    }
    for reached in [
        "start",
        "rule",
        "choice",
        "limit",
        "multiply",
        "range",
        "rounding",
        "sum",
        "fit",
        "engagement",
        "middle",
        "total",
        "fit_grade",
        "total_grade",
        "grade",
        "views",
        "last_seen",
        "spend",
        "idle",
        "stage",
        "mql",
        "sales_ready",
        "sql_gold",
        "disqualified_by",
        "segments",
        "account_score",
        "account_score_grade",
        "committee",
        "account_stage",
        "mqa",
        "nps",
        "previous_stage",
        "score_change",
        "handoff",
        "handed over",
        "completeness",
        "reasons",
    ] {
        let times = steps.get(reached).copied().unwrap_or_default();
        assert!(times >= 10, "{reached} is reached {times} times only: {steps:?}");
    }
}
