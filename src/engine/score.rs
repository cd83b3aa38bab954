//! From rules to a score: rules, groups, factors, range, rounding, grade (rule reference, §5, §6).
//!
//! In: the facts of one contact. Out: the rounded value and grade of every score, the points of
//! every rule, and for a [`Listener`] how they came about.

use super::condition::{Facts, holds, points_of};
use super::contact::ContactFacts;
use super::decay::contribution;
use super::fold::Gather;
use super::grades;
use super::plan::{Plan, PlannedRule, RuleId};
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
    /// Whether it matches, for the choice of its group: a scorecard rule whose value is missing
    /// gives points and does not.
    matched: bool,
}

/// Evaluates every score of a contact, in order, into its facts.
///
/// What each rule gave goes there too; rules of scores that the contact does not have give nothing.
pub fn evaluate<'p>(facts: &mut ContactFacts<'p>, listener: &mut impl Listener<'p>) {
    let plan = facts.scene.plan;
    let rule_points = std::mem::take(&mut facts.rule_points);
    rule_points.fill(Points::ZERO);
    for &score in &plan.model.evaluation_order {
        let value = Scorer { facts, plan, score, sum: Points::ZERO, rule_points, listener }.value();
        facts.scores[score] = value;
        facts.grades[score] = grades::absolute(&plan.model.scores[score].grades, value);
    }
    facts.rule_points = rule_points;
}

/// Makes one score of one contact.
struct Scorer<'s, 'p, L> {
    facts: &'s ContactFacts<'p>,
    plan: &'p Plan<'p>,
    score: ScoreId,
    sum: Points,
    rule_points: &'s mut [Points],
    listener: &'s mut L,
}

impl<'p, L: Listener<'p>> Scorer<'_, 'p, L> {
    fn value(mut self) -> Option<Points> {
        let score = &self.plan.model.scores[self.score];
        if score.scored.as_ref().is_some_and(|condition| !holds(condition, self.facts)) {
            return None;
        }
        match &score.kind {
            ScoreKind::Rules { start, items, multiply } => {
                self.add(Step::Start, *start);
                self.add_items(items);
                multiply.iter().for_each(|multiplier| self.multiply(multiplier));
            }
            ScoreKind::Sum(parts) => self.add_components(parts)?,
        }
        self.become_value(Step::Range, score.range.clamp(self.sum));
        self.become_value(Step::Rounding, self.sum.rounded(score.decimals));
        Some(self.sum)
    }

    fn add(&mut self, step: Step<'p>, points: Points) {
        self.sum += points;
        if points != Points::ZERO || matches!(step, Step::Rule { .. }) {
            self.listener.hear(Line { score: self.score, step, points });
        }
    }

    fn become_value(&mut self, step: Step<'p>, value: Points) {
        self.add(step, value - self.sum);
    }

    fn add_items(&mut self, items: &'p [Item]) {
        let mut next = self.plan.first_rules[self.score];
        for item in items {
            match item {
                Item::Rule(_) => {
                    self.add_rule(next);
                    next += 1;
                }
                Item::Group(group) => {
                    self.add_group(group, next);
                    next += group.rules.len();
                }
            }
        }
    }

    /// Adds a rule's points; `None` where it does not match.
    #[inline(always)]
    fn add_rule(&mut self, rule: RuleId) -> Option<Points> {
        // Most rules about activities say nothing of most contacts.
        let needed = self.plan.rules[rule].needed;
        if needed.is_some_and(|fold| self.facts.ledger().counts_nothing(self.facts.contact, fold)) {
            return None;
        }
        self.add_points_of(rule)
    }

    fn add_points_of(&mut self, rule: RuleId) -> Option<Points> {
        let gave = give(&self.plan.rules[rule], self.facts)?;
        self.rule_points[rule] = gave.points;
        self.add(Step::Rule { rule, units: gave.units, before_caps: gave.before_caps }, gave.points);
        gave.matched.then_some(gave.points)
    }

    fn add_group(&mut self, group: &'p Group, first: RuleId) {
        let before = self.sum;
        let mut best: Option<Points> = None;
        let mut foremost: Option<Points> = None;
        for rule in first..first + group.rules.len() {
            if let Some(points) = self.add_rule(rule) {
                best = Some(best.map_or(points, |best| best.max(points)));
                foremost = foremost.or(Some(points));
            }
        }
        let taken = match group.take {
            Take::Sum => self.sum - before,
            Take::Best => best.unwrap_or_default(),
            Take::First => foremost.unwrap_or_default(),
        };
        self.become_value(Step::Choice(&group.name), before + taken);
        self.become_value(Step::Limit(&group.name), before + group.limit.clamp(taken));
    }

    fn multiply(&mut self, multiplier: &'p Multiplier) {
        if holds(&multiplier.when, self.facts) {
            self.become_value(Step::Multiply(&multiplier.name), self.sum.times(multiplier.by));
        }
    }

    fn add_components(&mut self, parts: &'p [Component]) -> Option<()> {
        let value_of = |part: &Component| self.facts.scores[part.score];
        if parts.iter().all(|part| value_of(part).is_none()) {
            return None;
        }
        for part in parts {
            let weighted = value_of(part).unwrap_or_default().times(part.weight);
            let name = &self.plan.model.scores[part.score].name;
            self.add(Step::Sum(name), weighted);
        }
        Some(())
    }
}

/// What a rule gives a contact, or `None` where it says nothing of it.
#[inline(always)]
fn give(planned: &PlannedRule<'_>, facts: &ContactFacts<'_>) -> Option<Gave> {
    if planned.when.is_some_and(|when| !holds(when, facts)) {
        return None;
    }
    let once = |points, matched| Gave { units: 1, before_caps: points, points, matched };
    match &planned.rule.kind {
        RuleKind::Contact(points) => Some(once(*points, true)),
        RuleKind::Scorecard { operand, card, .. } => {
            let points = points_of(card, facts.value(*operand), facts);
            Some(once(points.unwrap_or(card.missing), points.is_some()))
        }
        RuleKind::Activity(rule) => {
            let gave = units_of(planned, rule, facts);
            (gave.units > 0).then_some(gave)
        }
    }
}

/// The units of an activity rule, their sum before its caps and after.
fn units_of(planned: &PlannedRule<'_>, rule: &ActivityRule, facts: &ContactFacts<'_>) -> Gave {
    let Some(fold) = planned.fold else { unreachable!("an activity rule has a fold") };
    let (plan, ledger, contact) = (facts.scene.plan, facts.ledger(), facts.contact);
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
        return Gave { units, before_caps, points: Points::ZERO, matched: false };
    }
    let after_days = match rule.cap_per_day {
        // One unit or none is a day of its own.
        Some(_) if days.is_empty() => capped(before_caps, rule.cap_per_day),
        Some(_) => days.iter().map(|&(_, sum)| capped(sum, rule.cap_per_day)).sum(),
        None => before_caps,
    };
    Gave { units, before_caps, points: capped(after_days, rule.cap), matched: units > 0 }
}

fn add_to_day(days: &mut Vec<(i64, Points)>, day: i64, points: Points) {
    // Units come newest first: the day is nearly always the last one.
    match days.iter_mut().rev().find(|(known, _)| *known == day) {
        Some((_, sum)) => *sum += points,
        None => days.push((day, points)),
    }
}
