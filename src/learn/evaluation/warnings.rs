//! What of an evaluation deserves a look.
//!
//! In: an [`Evaluation`]. Out: warnings, each with a stable code.

use super::{Evaluation, Group, Level};
use crate::learn::certainty::fisher;
use serde::Serialize;

/// With fewer of either outcome, figures are little more than chance.
const FEW: u64 = 25;

/// What is less probable is hardly chance.
const HARDLY: f64 = 0.05;

/// Something that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// A stable kebab-case name of the kind.
    pub code: &'static str,
    /// What it is.
    pub message: String,
}

/// All warnings.
pub fn all(evaluation: &Evaluation) -> Vec<Warning> {
    let (ranked, reached) = (evaluation.contacts.ranked, evaluation.contacts.reached);
    let mut all = Vec::new();
    for (count, what) in [(reached, "reached"), (ranked - reached, "did not reach")] {
        if count < FEW {
            let message = format!("only {count} of the ranked contacts {what} the outcome: under {FEW} say little");
            all.push(Warning { code: "few-outcomes", message });
        }
    }
    for group in evaluation.grades.iter().chain(&evaluation.stages).filter(|group| group.ordered) {
        all.extend(inversions(group));
    }
    all
}

/// Where a higher level converts worse than a lower one: neighbours always, others where it is hardly chance.
fn inversions(group: &Group) -> Vec<Warning> {
    let named = |level: &&Level| level.is_in_order && level.conversion.contacts > 0;
    let levels: Vec<&Level> = group.levels.iter().filter(named).collect();
    let mut found = Vec::new();
    for (at, high) in levels.iter().enumerate() {
        for (lower, low) in levels.iter().enumerate().skip(at + 1) {
            let (of_high, of_low) = (high.conversion, low.conversion);
            if of_high.reached * of_low.contacts >= of_low.reached * of_high.contacts {
                continue;
            }
            let chance = fisher((of_high.reached, of_high.contacts), (of_low.reached, of_low.contacts));
            if chance >= HARDLY && lower != at + 1 {
                continue;
            }
            let (code, words) = match chance < HARDLY {
                true => ("higher-converts-worse", "which is hardly chance"),
                false => ("higher-converts-worse-perhaps", "which may be chance"),
            };
            let share = |of: super::Conversion| format!("{} of {}", of.reached, of.contacts);
            let message = format!(
                "{}: {} converts worse than {} ({} against {}), {words} (p = {chance:.2})",
                group.column,
                high.name,
                low.name,
                share(of_high),
                share(of_low)
            );
            found.push(Warning { code, message: message.replace("(p = 0.00)", "(p < 0.005)") });
        }
    }
    found
}
