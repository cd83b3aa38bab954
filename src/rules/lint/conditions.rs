//! Conditions that can never hold.
//!
//! In: a model and what its scores can reach. Out: warnings, at the test. Not here: what depends
//! on the data.

use super::never;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::points::{Points, Range};
use crate::rules::model::{Check, Condition, Grades, Literal, Measure, Model, Operand, Order, ScoreKind, Test};

/// Looks at every condition of a model.
pub struct Conditions<'a> {
    /// The model.
    pub model: &'a Model,
    /// What each score can reach.
    pub scores: Vec<Range>,
    /// What each account score can reach.
    pub account_scores: Vec<Range>,
    /// What was found.
    pub warnings: &'a mut Vec<Diagnostic>,
}

impl Conditions<'_> {
    /// Looks at every test.
    pub fn all(&mut self) {
        let model = self.model;
        let mut tests = Vec::new();
        model.for_each_condition(&mut |condition| condition.for_each_test(&mut |test| tests.push((test, false))));
        model.for_each_activity_condition(&mut |condition| {
            condition.for_each_test(&mut |test| tests.push((test, true)))
        });
        let mut seen = std::collections::HashSet::new();
        for (test, is_of_activity) in tests {
            // What a score says for all of its rules is in each of them.
            if seen.insert(test.place) {
                self.test(test, is_of_activity);
            }
        }
        for (what, named) in model
            .disqualify
            .iter()
            .map(|one| ("disqualifies", one))
            .chain(model.segments.iter().map(|one| ("takes in", one)))
        {
            if matches!(&named.when, Condition::All(parts) if parts.is_empty()) {
                let message = format!("`{}` {what} everybody: its condition is empty", named.name);
                self.warnings.push(
                    Diagnostic::warning("always-holds", named.place, message)
                        .help("say for whom: `when: { FIELD: test }`"),
                );
            }
        }
    }

    fn test(&mut self, test: &Test, is_of_activity: bool) {
        let found = self
            .of_kind(test, is_of_activity)
            .or_else(|| self.of_grade(test))
            .or_else(|| contradiction(test).filter(|_| !self.is_set(test.operand, is_of_activity)))
            .or_else(|| self.out_of_reach(test))
            .or_else(|| self.marked_missing(test, is_of_activity));
        self.warnings.extend(found);
    }

    /// Whether a column is a multi-select: each operator may hold for another member.
    fn is_set(&self, operand: Operand, is_of_activity: bool) -> bool {
        let columns = if is_of_activity { &self.model.activity_columns } else { &self.model.contact_columns };
        matches!(operand, Operand::Column(column) if columns[column].reading.separator.is_some())
    }

    /// A date is no number, and a count is never missing.
    fn of_kind(&self, test: &Test, is_of_activity: bool) -> Option<Diagnostic> {
        if is_of_activity {
            return None;
        }
        let needs_date = |check: &Check| {
            matches!(check, Check::Date(..) | Check::DateBetween(..) | Check::Within(_) | Check::OlderThan(_))
        };
        let needs_number = |check: &Check| matches!(check, Check::Number(..) | Check::NumberBetween(..));
        if is_date(self.model, test.operand) {
            return test.checks.iter().any(needs_number).then(|| {
                never(test.place, format!("this never holds: the tally `{}` is a date, not a number", test.name))
                    .help("test it with `within`, `older_than`, `before` or `after`, or measure `days_since_last`")
            });
        }
        if !matches!(test.operand, Operand::Column(_)) && test.checks.iter().any(needs_date) {
            let message = format!("this never holds: `{}` is no date", test.name);
            return Some(
                never(test.place, message).help("dates are columns, and tallies with the measure `last` or `first`"),
            );
        }
        let is_missing = test.checks.iter().any(|check| matches!(check, Check::Missing));
        (is_missing && self.is_never_missing(test.operand)).then(|| {
            let message = format!("this never holds: `{}` always has a value", test.name);
            never(test.place, message).help(format!("for none, write `{}: 0`", test.name))
        })
    }

    fn is_never_missing(&self, operand: Operand) -> bool {
        match operand {
            Operand::Tally(tally) => {
                matches!(
                    self.model.tallies[tally].measure,
                    Measure::Count | Measure::Days | Measure::Distinct(_) | Measure::Sum(_)
                )
            }
            Operand::Score(score) => {
                let score = &self.model.scores[score];
                score.scored.is_none() && matches!(score.kind, ScoreKind::Rules { .. })
            }
            _ => false,
        }
    }

    /// Grades that do not exist.
    fn of_grade(&self, test: &Test) -> Option<Diagnostic> {
        let grades = self.grades(test.operand)?;
        let literals = test.checks.iter().find_map(|check| match check {
            Check::OneOf(literals) | Check::NoneOf(literals) => Some(literals),
            _ => None,
        })?;
        let wrong = literals.iter().map(text_of).find(|text| {
            !grades.names.iter().any(|name| crate::value::fold(name) == *text || same_number(name, text))
        })?;
        let names: Vec<&str> = grades.names.iter().map(String::as_str).collect();
        let near = nearest(&wrong, names.iter().copied());
        let message = format!("`{}` is never `{wrong}`: there is no such grade", test.name);
        Some(Diagnostic::warning("unknown-grade", test.place, message).help(if near.is_empty() {
            format!("grades: {}", names.join(", "))
        } else {
            did_you_mean(&near)
        }))
    }

    fn grades(&self, operand: Operand) -> Option<&Grades> {
        match operand {
            Operand::Grade(score) => self.model.scores[score].grades.as_ref(),
            Operand::AccountGrade(score) => self.model.accounts.as_ref()?.scores[score].grades.as_ref(),
            _ => None,
        }
    }

    /// Bounds that a score cannot reach.
    fn out_of_reach(&self, test: &Test) -> Option<Diagnostic> {
        let reach = match test.operand {
            Operand::Score(score) => self.scores[score],
            Operand::AccountScore(score) => self.account_scores[score],
            Operand::Tally(tally) => match self.model.tallies[tally].measure {
                Measure::Sum(_) | Measure::Last | Measure::First => return None,
                _ => Range { low: Some(Points::ZERO), high: None },
            },
            _ => return None,
        };
        let (low, high) = bounds(test);
        let (lowest, highest) = (reach.low, reach.high);
        if let Some(highest) = highest
            && low.is_some_and(|(bound, is_open)| bound > highest || (is_open && bound == highest))
        {
            let message = format!("this never holds: `{}` goes up to {highest}", test.name);
            return Some(never(test.place, message).help("lower the bound, or give more points"));
        }
        let lowest = lowest
            .filter(|lowest| high.is_some_and(|(bound, is_open)| bound < *lowest || (is_open && bound == *lowest)))?;
        let message = format!("this never holds: `{}` is never below {lowest}", test.name);
        Some(never(test.place, message).help("raise the bound, or take the test out"))
    }

    /// Texts that the section says mean "no value".
    fn marked_missing(&self, test: &Test, is_of_activity: bool) -> Option<Diagnostic> {
        if !matches!(test.operand, Operand::Column(_)) {
            return None;
        }
        let missing = if is_of_activity { &self.model.activities.missing } else { &self.model.contacts.missing };
        test.checks.iter().find_map(|check| {
            let Check::OneOf(literals) = check else { return None };
            let Literal::Text(text) = literals
                .iter()
                .find(|literal| matches!(literal, Literal::Text(text) if missing.present(text).is_none()))?
            else {
                return None;
            };
            let message = if text.is_empty() {
                format!("an empty `{}` equals nothing", test.name)
            } else {
                format!("`{}` is never `{text}`: `missing` says that this means no value", test.name)
            };
            Some(never(test.place, message).help(format!("write `{}: missing`", test.name)))
        })
    }
}

/// Whether an operand is a date: a tally of the newest or the oldest.
pub fn is_date(model: &Model, operand: Operand) -> bool {
    matches!(operand, Operand::Tally(tally) if matches!(model.tallies[tally].measure, Measure::Last | Measure::First))
}

/// What a condition that is one lower bound asks for.
pub fn least(condition: &Condition) -> Option<(Operand, Points, &str)> {
    match condition {
        Condition::Test(Test { operand, name, checks, .. }) if matches!(operand, Operand::Score(_)) => match checks[..]
        {
            [Check::Number(Order::AtLeast, bound)] => Some((*operand, bound, name)),
            _ => None,
        },
        _ => None,
    }
}

/// A bound, and whether it leaves its own value out.
type End = Option<(Points, bool)>;

/// The tightest lower and upper bound of a test.
fn bounds(test: &Test) -> (End, End) {
    let (mut low, mut high): (End, End) = (None, None);
    for check in &test.checks {
        let (from, to) = match check {
            Check::Number(Order::AtLeast, bound) => (Some((*bound, false)), None),
            Check::Number(Order::Above, bound) => (Some((*bound, true)), None),
            Check::Number(Order::AtMost, bound) => (None, Some((*bound, false))),
            Check::Number(Order::Below, bound) => (None, Some((*bound, true))),
            Check::NumberBetween(from, to) => (Some((*from, false)), Some((*to, false))),
            _ => (None, None),
        };
        low = low.max(from);
        high = match (high, to) {
            (Some(one), Some(other)) => Some(if (other.0, !other.1) < (one.0, !one.1) { other } else { one }),
            (one, other) => one.or(other),
        };
    }
    (low, high)
}

/// Several operators that exclude each other.
fn contradiction(test: &Test) -> Option<Diagnostic> {
    if let ((Some((low, low_open)), Some((high, high_open))), true) = (bounds(test), test.checks.len() > 1)
        && (low > high || (low == high && (low_open || high_open)))
    {
        let message = format!(
            "this never holds: no number is both {} {low} and {} {high}",
            if low_open { "above" } else { "at least" },
            if high_open { "below" } else { "at most" }
        );
        return Some(
            never(test.place, message).help("the operators of one mapping must all hold; for either of two, use `any`"),
        );
    }
    None
}

fn text_of(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => text.clone(),
        Literal::Number(number) => number.to_string(),
        Literal::Boolean(value) => value.to_string(),
    }
}

fn same_number(name: &str, text: &str) -> bool {
    let read = |text: &str| crate::points::Decimal::parse(text.trim()).and_then(crate::points::Decimal::exactly);
    read(name).is_some_and(|number| read(text) == Some(number))
}
