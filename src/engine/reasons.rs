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

/// Reasons one after the other, as many for each contact.
#[derive(Debug, Default)]
pub struct Reasons {
    rules: Vec<u32>,
    hundredths: Vec<i64>,
}

impl Reasons {
    fn push(&mut self, reason: Option<Reason>) {
        // No reason counts nothing.
        let Reason { rule, hundredths } = reason.unwrap_or(Reason { rule: 0, hundredths: 0 });
        self.rules.push(rule);
        self.hundredths.push(hundredths);
    }

    /// Adds reasons behind the others.
    pub fn append(&mut self, mut other: Reasons) {
        self.rules.append(&mut other.rules);
        self.hundredths.append(&mut other.hundredths);
    }

    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.rules.len()
    }

    /// Those at some places.
    pub fn get(&self, places: std::ops::Range<usize>) -> impl Iterator<Item = Reason> {
        let all = self.rules[places.clone()].iter().zip(&self.hundredths[places]);
        all.map(|(&rule, &hundredths)| Reason { rule, hundredths }).filter(|reason| reason.hundredths != 0)
    }
}

/// Adds the `most` strongest, padded to this number: by size, then by place in the file.
///
/// `has_value` tells which scores the contact has: a composite without a value is no way to the ranking.
/// `given` is what each rule gave that gave something.
pub fn strongest(
    plan: &Plan<'_>,
    has_value: impl Fn(ScoreId) -> bool,
    given: impl Iterator<Item = (RuleId, Points)>,
    most: usize,
    reasons: &mut Reasons,
) {
    let most = most.min(plan.rules.len());
    if most == 0 {
        return;
    }
    let is_composite = |score: ScoreId| matches!(plan.model.scores[score].kind, ScoreKind::Sum(_));
    let weights = if (0..plan.model.scores.len()).any(|score| is_composite(score) && !has_value(score)) {
        Cow::Owned(Weight::on_the_way_to(plan.model, plan.model.rank_by[0], has_value))
    } else {
        Cow::Borrowed(&plan.weights)
    };
    let start = reasons.len();
    (0..most).for_each(|_| reasons.push(None));
    let (rules, sizes) = (&mut reasons.rules[start..], &mut reasons.hundredths[start..]);
    let mut found = 0;
    for (rule, points) in given.filter(|(_, points)| *points != Points::ZERO) {
        let hundredths = weights[plan.rules[rule].score].hundredths_of(points);
        // Before the first that is smaller, so that of equals the one that stands first is first.
        let weaker = |known: &i64| known.unsigned_abs() < hundredths.unsigned_abs();
        let Some(place) = sizes.iter().position(weaker) else { continue };
        found = most.min(found + 1);
        rules.copy_within(place..found - 1, place + 1);
        sizes.copy_within(place..found - 1, place + 1);
        (rules[place], sizes[place]) = (rule as u32, hundredths);
    }
}
