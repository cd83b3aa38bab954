//! The reasons: the rules that moved a contact's ranking most (rule reference, §8).
//!
//! In: what each rule gave the contacts of a window. Out: the strongest few, in hundredths of a point of the
//! first ranking score.

use super::contact::Given;
use super::contacts::ContactId;
use super::plan::{Plan, RuleId};
use super::row_set::{OfRows, RowSet};
use super::weight::Weight;
use crate::machine;
use crate::points::Points;
use crate::rules::model::{ScoreId, ScoreKind};
use std::collections::BTreeMap;

/// A rule and what it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// The rule.
    pub rule: RuleId,
    /// What it counts in the first ranking score, in hundredths of a point.
    pub hundredths: i64,
}

impl Reason {
    /// Adds what it counts to a text, with its sign: `+50`, `-0.25`.
    pub fn push_to(self, text: &mut String) {
        if self.hundredths > 0 {
            text.push('+');
        }
        Points(i128::from(self.hundredths) * 10_000).push_to(text);
    }
}

/// Reasons one after the other, as many for each contact.
#[derive(Debug, Default)]
pub struct Reasons {
    /// How many a contact has at most.
    each: usize,
    tight: Vec<Tight>,
    /// What counts more than is kept with its rule, by place.
    large: BTreeMap<usize, i64>,
}

/// A reason in few bytes; one that counts nothing is none.
#[derive(Clone, Copy, Debug)]
struct Tight {
    rule: u32,
    hundredths: i32,
}

/// What stands for hundredths that 32 bits do not hold, whatever their sign.
const LARGE: i32 = i32::MIN;

impl Reasons {
    /// None yet; with room for so many contacts, and so many for each.
    pub fn with_room(each: usize, contacts: usize) -> Reasons {
        Reasons { each, tight: machine::large_room(each * contacts), large: BTreeMap::new() }
    }

    /// How many a contact has at most.
    pub fn each(&self) -> usize {
        self.each
    }

    /// Adds those of the contacts of a window, of whom there are so many: the strongest by size, then by place in the
    /// file.
    ///
    /// `has_value` tells which scores a contact has: a composite without a value is no way to the ranking.
    pub fn add(&mut self, plan: &Plan<'_>, rows: usize, has_value: impl Fn(ScoreId, usize) -> bool, given: &Given) {
        if self.each == 0 {
            return;
        }
        let mut strongest = vec![Reason::default(); rows * self.each];
        let mut of_row = strongest.chunks_exact_mut(self.each);
        let of_rows: OfRows<&mut [Reason]> = std::array::from_fn(|_| of_row.next().unwrap_or_default());
        let is_composite = |score: ScoreId| matches!(plan.model.scores[score].kind, ScoreKind::Sum(_));
        let usual = (0..plan.model.scores.len())
            .filter(|&score| is_composite(score))
            .fold(RowSet::first(rows), |rows, score| rows.filter(|row| has_value(score, row)));
        for (rule, given_to, points) in given.by_rule() {
            let weight = plan.weights[plan.rules[rule].score];
            // Most rules give everybody the same.
            let (mut last, mut hundredths) = (Points::ZERO, 0);
            for row in given_to & usual {
                if points[row] != last {
                    (last, hundredths) = (points[row], weight.hundredths_of(points[row]));
                }
                insert(of_rows[row], Reason { rule, hundredths });
            }
        }
        for row in RowSet::first(rows) - usual {
            let has_value = |score: ScoreId| has_value(score, row);
            let weights = Weight::on_the_way_to(plan.model, plan.model.rank_by[0], has_value);
            for (rule, _, points) in given.by_rule().filter(|(_, rows, _)| rows.contains(row)) {
                let hundredths = weights[plan.rules[rule].score].hundredths_of(points[row]);
                insert(of_rows[row], Reason { rule, hundredths });
            }
        }
        strongest.into_iter().for_each(|reason| self.push(reason));
    }

    fn push(&mut self, reason: Reason) {
        let tight = i32::try_from(reason.hundredths).unwrap_or(LARGE);
        if tight == LARGE {
            self.large.insert(self.tight.len(), reason.hundredths);
        }
        self.tight.push(Tight { rule: reason.rule as u32, hundredths: tight });
    }

    /// Adds those of the contacts that come next.
    pub fn append(&mut self, other: Reasons) {
        let before = self.tight.len();
        self.large.extend(other.large.into_iter().map(|(place, hundredths)| (before + place, hundredths)));
        self.tight.extend_from_slice(&other.tight);
    }

    /// Those of a contact, the strongest first.
    pub fn of(&self, contact: ContactId) -> impl Iterator<Item = Reason> {
        let first = contact as usize * self.each;
        let all = self.tight[first..first + self.each].iter().zip(first..);
        all.filter(|(tight, _)| tight.hundredths != 0).map(|(tight, place)| {
            let hundredths = match tight.hundredths {
                LARGE => self.large[&place],
                tight => tight.into(),
            };
            Reason { rule: tight.rule as RuleId, hundredths }
        })
    }

    /// Asks for those of a contact that will be looked at soon.
    pub fn ask_ahead(&self, contact: ContactId) {
        let first = contact as usize * self.each;
        machine::ask_ahead_for_all(&self.tight, first..first + self.each);
    }
}

/// Puts a reason before the first that is smaller, so that of equals the one that came first is first; the last goes.
#[inline(always)]
fn insert(strongest: &mut [Reason], reason: Reason) {
    let is_smaller = |known: &Reason| known.hundredths.unsigned_abs() < reason.hundredths.unsigned_abs();
    if let Some(place) = strongest.iter().position(is_smaller) {
        strongest.copy_within(place..strongest.len() - 1, place + 1);
        strongest[place] = reason;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_come_back_whatever_they_count() {
        let sizes = [5, -25, i32::MAX.into(), i32::MIN.into(), i64::from(i32::MIN) - 1, i64::MAX, i64::MIN, 0];
        let reasons = (1..).zip(sizes).map(|(rule, hundredths)| Reason { rule, hundredths });
        let (mut all, mut more) = (Reasons::with_room(2, 1), Reasons::with_room(2, 0));
        for (at, reason) in reasons.clone().enumerate() {
            if at < 2 { all.push(reason) } else { more.push(reason) }
        }
        all.append(more);
        let of_all: Vec<Reason> = (0..4).flat_map(|contact| all.of(contact)).collect();
        // The last counts nothing.
        assert!(of_all.into_iter().eq(reasons.take(sizes.len() - 1)));
    }

    #[test]
    fn the_strongest_stay_and_of_equals_the_first() {
        let mut strongest = [Reason::default(); 3];
        for (rule, hundredths) in (0..).zip([3, 0, -7, 7, 2, 3]) {
            insert(&mut strongest, Reason { rule, hundredths });
        }
        assert_eq!(strongest.map(|reason| (reason.rule, reason.hundredths)), [(2, -7), (3, 7), (0, 3)]);
    }
}
