//! The reasons: the rules that moved a contact's ranking most (rule reference, §8).
//!
//! In: what each rule gave. Out: the strongest few, in hundredths of a point of the first ranking
//! score.

use super::plan::{Plan, RuleId};
use crate::points::Points;
use std::fmt;

/// A rule and what it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The rule.
    pub rule: u32,
    /// What it counts in the first ranking score, in hundredths of a point.
    pub hundredths: i64,
}

impl Reason {
    /// The rule.
    pub fn rule(self) -> RuleId {
        self.rule as RuleId
    }
}

/// With its sign: `+50`, `-0.25`.
impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.hundredths > 0 { "+" } else { "" };
        write!(out, "{sign}{}", Points(i128::from(self.hundredths) * 10_000))
    }
}

/// The `most` strongest, padded to this number: by size, then by place in the file.
pub fn strongest(plan: &Plan<'_>, rule_points: &[Points], most: usize) -> Vec<Option<Reason>> {
    let most = most.min(rule_points.len());
    if most == 0 {
        return Vec::new();
    }
    let counts = |(rule, points): (RuleId, &Points)| {
        let hundredths = plan.rules[rule].weight.hundredths_of(*points);
        (hundredths != 0).then_some(Reason { rule: rule as u32, hundredths })
    };
    let mut all: Vec<Reason> = rule_points.iter().enumerate().filter_map(counts).collect();
    all.sort_by_key(|reason| std::cmp::Reverse(reason.hundredths.unsigned_abs()));
    let mut padded: Vec<Option<Reason>> = all.into_iter().map(Some).collect();
    padded.resize(most.max(padded.len()), None);
    padded.truncate(most);
    padded
}
