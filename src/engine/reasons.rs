//! The reasons: the rules that moved a contact's ranking most (rule reference, §8).
//!
//! In: what each rule gave. Out: the strongest few, in hundredths of a point of the first ranking
//! score.

use super::plan::{Plan, RuleId};
use super::weight::Weight;
use crate::points::Points;
use crate::rules::model::{ScoreId, ScoreKind};
use std::borrow::Cow;
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
///
/// `scores` are the contact's values: a composite without one is no way to the ranking.
pub fn strongest(
    plan: &Plan<'_>,
    scores: &[Option<Points>],
    rule_points: &[Points],
    most: usize,
) -> Vec<Option<Reason>> {
    let most = most.min(rule_points.len());
    if most == 0 {
        return Vec::new();
    }
    let is_composite = |score: ScoreId| matches!(plan.model.scores[score].kind, ScoreKind::Sum(_));
    let weights = if (0..scores.len()).any(|score| is_composite(score) && scores[score].is_none()) {
        Cow::Owned(Weight::on_the_way_to(plan.model, plan.model.rank_by[0], |score| scores[score].is_some()))
    } else {
        Cow::Borrowed(&plan.weights)
    };
    let counts = |(rule, points): (RuleId, &Points)| {
        let hundredths = weights[plan.rules[rule].score].hundredths_of(*points);
        (hundredths != 0).then_some(Reason { rule: rule as u32, hundredths })
    };
    let mut all: Vec<Reason> = rule_points.iter().enumerate().filter_map(counts).collect();
    all.sort_by_key(|reason| std::cmp::Reverse(reason.hundredths.unsigned_abs()));
    all.into_iter().map(Some).chain(std::iter::repeat(None)).take(most).collect()
}
