//! From rules to a score: rules, groups, factors, range, rounding, grade (rule reference, §5, §6).
//!
//! In: the facts of a window of contacts. Out: the rounded value and grade of every score, the points
//! of every rule, and for a [`Listener`] how they came about. Each step is taken for all contacts of
//! the window that it is about, before the next one is looked at.

use super::card::points_of;
use super::contact::{ContactFacts, ContactRows, Given};
use super::decay::contribution;
use super::facts::Facts;
use super::fold::Gather;
use super::plan::{Plan, PlannedRule, RuleId};
use super::questions;
use super::row_set::{OfRows, ROWS, RowSet};
use super::settle::Settled;
use super::trace::{Line, Listener, Step};
use crate::points::Points;
use crate::rules::model::{
    ActivityRule, Component, Group, Item, Multiplier, RuleKind, ScoreId, ScoreKind, Take, Worth,
};

/// What a rule gave a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Gave {
    /// How many units counted; 1 for a rule about the contact.
    units: u64,
    /// Its points before its caps.
    before_caps: Points,
    /// Its points after its caps.
    points: Points,
}

impl Gave {
    fn once(points: Points) -> Gave {
        Gave { units: 1, before_caps: points, points }
    }
}

/// Evaluates every score of the contacts of a window, in order, into their facts.
///
/// What each rule gave goes there too; rules of scores that a contact does not have give nothing.
pub fn evaluate<'p>(window: &mut ContactRows<'p>, listener: &mut impl Listener<'p>) {
    let plan = window.scene.plan;
    let rows = window.rows();
    let mut given = std::mem::take(window.given);
    given.clear();
    for &score in &plan.model.evaluation_order {
        let sums = [Points::ZERO; ROWS];
        let (valued, sums) = Scorer { window, plan, score, sums, given: &mut given, listener }.sums(rows);
        let settle = &plan.settles[score];
        window.scores[score].set_all(valued, |row| {
            let Settled { in_range, value, grade } = settle.settle(sums[row]);
            tell(listener, score, Step::Range, in_range - sums[row]);
            tell(listener, score, Step::Rounding, value - in_range);
            (value, grade)
        });
    }
    *window.given = given;
}

/// Tells of what changed a sum.
#[inline(always)]
fn tell<'p>(listener: &mut impl Listener<'p>, score: ScoreId, step: Step<'p>, points: Points) {
    if points != Points::ZERO || matches!(step, Step::Rule { .. }) {
        listener.hear(Line { score, step, points });
    }
}

/// Makes one score of the contacts of a window.
struct Scorer<'s, 'p, L> {
    window: &'s ContactRows<'p>,
    plan: &'p Plan<'p>,
    score: ScoreId,
    sums: OfRows<Points>,
    given: &'s mut Given,
    listener: &'s mut L,
}

impl<'p, L: Listener<'p>> Scorer<'_, 'p, L> {
    /// Who has this score, and what their rules or components add up to.
    fn sums(mut self, rows: RowSet) -> (RowSet, OfRows<Points>) {
        let score = &self.plan.model.scores[self.score];
        let mut rows = score.scored.as_ref().map_or(rows, |condition| self.window.holding(condition, rows));
        match &score.kind {
            ScoreKind::Rules { start, items, multiply } => {
                if *start != Points::ZERO {
                    self.add_to_all(Step::Start, rows, |_| *start);
                }
                self.add_items(items, rows);
                multiply.iter().for_each(|multiplier| self.multiply(multiplier, rows));
            }
            ScoreKind::Sum(parts) => rows = self.add_components(parts, rows),
        }
        (rows, self.sums)
    }

    #[inline(always)]
    fn add(&mut self, row: usize, step: Step<'p>, points: Points) {
        self.sums[row] += points;
        tell(self.listener, self.score, step, points);
    }

    #[inline(always)]
    fn add_to_all(&mut self, step: Step<'p>, rows: RowSet, points: impl Fn(usize) -> Points) {
        rows.for_each(|row| self.add(row, step, points(row)));
    }

    #[inline(always)]
    fn become_values(&mut self, step: Step<'p>, rows: RowSet, value: impl Fn(usize, Points) -> Points) {
        for row in rows {
            let sum = self.sums[row];
            self.sums[row] = value(row, sum);
            tell(self.listener, self.score, step, self.sums[row] - sum);
        }
    }

    fn add_items(&mut self, items: &'p [Item], rows: RowSet) {
        let mut next = self.plan.first_rules[self.score];
        for item in items {
            match item {
                Item::Rule(_) => {
                    self.add_rule(next, rows);
                    next += 1;
                }
                Item::Group(group) => {
                    self.add_group(group, next, rows);
                    next += group.rules.len();
                }
            }
        }
    }

    /// Adds a rule's points; tells whom it matches, for the choice of its group. A scorecard rule whose
    /// value is missing gives points and does not match.
    fn add_rule(&mut self, rule: RuleId, rows: RowSet) -> RowSet {
        let (window, planned) = (self.window, &self.plan.rules[rule]);
        // Most rules about activities say nothing of most contacts.
        let rows = planned.needed.map_or(rows, |fold| rows & window.counted(fold));
        let rows = planned.when.map_or(rows, |when| window.holding(when, rows));
        match &planned.rule.kind {
            &RuleKind::Contact(points) => {
                self.given.give_all(rule, rows);
                self.add_to_all(Step::Rule { rule, units: 1, before_caps: points }, rows, |_| points);
                rows
            }
            RuleKind::Scorecard { operand, card, .. } => {
                let answers = planned.question.map(|question| window.answers_to(question, rows));
                rows.filter(|row| {
                    let known = answers.as_ref().and_then(|answers| questions::hit(card, answers[row]));
                    let points = match known {
                        Some(hit) => hit.points(card),
                        None => {
                            let facts = window.facts(row);
                            points_of(card, facts.value(*operand), &facts)
                        }
                    };
                    self.give(row, rule, Gave::once(points.unwrap_or(card.missing)));
                    points.is_some()
                })
            }
            RuleKind::Activity(activity) => rows.filter(|row| {
                let gave = units_of(planned, activity, window.facts(row), window);
                if gave.units > 0 {
                    self.give(row, rule, gave);
                }
                gave.units > 0
            }),
        }
    }

    #[inline(always)]
    fn give(&mut self, row: usize, rule: RuleId, Gave { units, before_caps, points }: Gave) {
        self.given.set(rule, row, points);
        self.add(row, Step::Rule { rule, units, before_caps }, points);
    }

    fn add_group(&mut self, group: &'p Group, first: RuleId, rows: RowSet) {
        let before = self.sums;
        let (mut best, mut foremost) = ([Points::ZERO; ROWS], [Points::ZERO; ROWS]);
        let mut matched = RowSet::NONE;
        for rule in first..first + group.rules.len() {
            let matching = self.add_rule(rule, rows);
            for row in matching {
                let points = self.given.get(rule, row);
                if !matched.contains(row) {
                    (best[row], foremost[row]) = (points, points);
                }
                best[row] = best[row].max(points);
            }
            matched = matched | matching;
        }
        let summed = self.sums;
        let taken = |row: usize| match group.take {
            Take::Sum => summed[row] - before[row],
            Take::Best => best[row],
            Take::First => foremost[row],
        };
        self.become_values(Step::Choice(&group.name), rows, |row, _| before[row] + taken(row));
        self.become_values(Step::Limit(&group.name), rows, |row, _| before[row] + group.limit.clamp(taken(row)));
    }

    fn multiply(&mut self, multiplier: &'p Multiplier, rows: RowSet) {
        let rows = self.window.holding(&multiplier.when, rows);
        self.become_values(Step::Multiply(&multiplier.name), rows, |_, sum| sum.times(multiplier.by));
    }

    /// Adds up what a composite is made of; tells who has any of it.
    fn add_components(&mut self, parts: &'p [Component], rows: RowSet) -> RowSet {
        let value_of = |part: &Component, row: usize| self.window.scores[part.score].value(row);
        let rows = rows.filter(|row| parts.iter().any(|part| value_of(part, row).is_some()));
        for part in parts {
            let name = &self.plan.model.scores[part.score].name;
            let weighted = |row| value_of(part, row).unwrap_or_default().times(part.weight);
            self.add_to_all(Step::Sum(name), rows, weighted);
        }
        rows
    }
}

/// The units of an activity rule, their sum before its caps and after.
fn units_of(
    planned: &PlannedRule<'_>,
    rule: &ActivityRule,
    facts: ContactFacts<'_, '_>,
    window: &ContactRows<'_>,
) -> Gave {
    let Some(fold) = planned.fold else { unreachable!("an activity rule has a fold") };
    let (plan, ledger, contact) = (window.scene.plan, window.ledger(), facts.contact);
    let constant = if let Worth::Points(points) = rule.worth { points } else { Points::ZERO };
    let fading = |points, time| contribution(points, rule.decay, time, facts.as_of());
    let capped = |points: Points, cap: Option<Points>| cap.map_or(points, |cap| points.clamped_to(cap));
    let most = rule.max_count.unwrap_or(u64::MAX);
    // The sums of calendar days where they are capped each.
    let mut days: Vec<(i64, Points)> = Vec::new();
    let (units, before_caps) = match plan.folds[fold].gather {
        Gather::Count => {
            let units = ledger.count(contact, fold).min(most);
            (units, Points(constant.0.saturating_mul(units.into())))
        }
        Gather::Total { .. } => ledger.total(contact, fold),
        Gather::Newest => match ledger.newest(contact, fold) {
            Some(time) => (1, fading(constant, time)),
            None => (0, Points::ZERO),
        },
        Gather::Recent { .. } | Gather::Units { .. } => {
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            ledger.units(contact, fold).iter().take(most).fold((0, Points::ZERO), |(units, sum), unit| {
                let points = fading(unit.points, unit.time);
                if rule.cap_per_day.is_some() {
                    add_to_day(&mut days, plan.model.activities.timezone.day(unit.time), points);
                }
                (units + 1, sum + points)
            })
        }
        Gather::Days { .. } => {
            days.extend(
                ledger.units(contact, fold).iter().enumerate().map(|(number, day)| (number as i64, day.points)),
            );
            let units = ledger.units(contact, fold).iter().map(|day| day.count).sum();
            (units, days.iter().map(|&(_, sum)| sum).sum())
        }
        Gather::Sum(_) | Gather::Oldest => unreachable!("kept for tallies only"),
    };
    if units == 0 {
        return Gave { units, before_caps, points: Points::ZERO };
    }
    let after_days = match rule.cap_per_day {
        // One unit or none is a day of its own.
        Some(_) if days.is_empty() => capped(before_caps, rule.cap_per_day),
        Some(_) => days.iter().map(|&(_, sum)| capped(sum, rule.cap_per_day)).sum(),
        None => before_caps,
    };
    Gave { units, before_caps, points: capped(after_days, rule.cap) }
}

fn add_to_day(days: &mut Vec<(i64, Points)>, day: i64, points: Points) {
    // Units come newest first: the day is nearly always the last one.
    match days.iter_mut().rev().find(|(known, _)| *known == day) {
        Some((_, sum)) => *sum += points,
        None => days.push((day, points)),
    }
}
