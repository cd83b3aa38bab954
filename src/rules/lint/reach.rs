//! Between which values a score can lie at all.
//!
//! In: a model. Out: a range for each score and account score; an end that rules leave open is
//! `None`. Never too narrow: what is said to be out of reach is so for every contact. Not here:
//! what is made of it.

use crate::points::{Points, Range};
use crate::rules::model::{
    AccountKind, ActivityRule, Aggregate, Card, Item, Model, Operand, Per, Rule, RuleKind, Scale, Score, ScoreKind,
    Take, Worth,
};

const NOTHING: Range = Range { low: Some(Points::ZERO), high: Some(Points::ZERO) };
const ANYTHING: Range = Range { low: None, high: None };

/// The ranges of all scores, by score.
pub fn scores(model: &Model) -> Vec<Range> {
    let mut reach = vec![ANYTHING; model.scores.len()];
    for &id in &model.evaluation_order {
        let score = &model.scores[id];
        reach[id] = rounded(clamp(of_score(score, &reach), score.range), score.decimals);
    }
    reach
}

/// The ranges of all account scores, by account score.
pub fn account_scores(model: &Model, scores: &[Range]) -> Vec<Range> {
    let Some(accounts) = &model.accounts else { return Vec::new() };
    let of = |kind: &AccountKind| match kind {
        AccountKind::Count => Range { low: Some(Points::ZERO), high: None },
        AccountKind::Of { aggregate: Aggregate::Sum, .. } => ANYTHING,
        AccountKind::Of { score, .. } => scores[*score],
    };
    accounts.scores.iter().map(|score| rounded(clamp(of(&score.kind), score.range), score.decimals)).collect()
}

fn of_score(score: &Score, reach: &[Range]) -> Range {
    match &score.kind {
        ScoreKind::Sum(components) => components
            .iter()
            .map(|part| or_nothing(times(reach[part.score], part.weight))) // a missing one counts nothing
            .fold(NOTHING, plus),
        ScoreKind::Rules { start, items, multiply } => {
            let start = Range { low: Some(*start), high: Some(*start) };
            let sum = items.iter().map(|item| of_item(item, reach)).fold(start, plus);
            multiply.iter().fold(sum, |range, factor| either(range, times(range, factor.by)))
        }
    }
}

fn of_item(item: &Item, reach: &[Range]) -> Range {
    match item {
        Item::Rule(rule) => of_rule(rule, reach),
        Item::Group(group) => {
            let rules = group.rules.iter().map(|rule| of_rule(rule, reach));
            let range = match group.take {
                Take::Sum => rules.fold(NOTHING, plus),
                Take::Best | Take::First => rules.fold(NOTHING, either),
            };
            clamp(range, group.limit)
        }
    }
}

/// Every rule may give nothing, because it does not match.
fn of_rule(rule: &Rule, reach: &[Range]) -> Range {
    or_nothing(match &rule.kind {
        RuleKind::Contact(points) => exactly(*points),
        RuleKind::Scorecard { operand, card, .. } => {
            let is_column = matches!(operand, Operand::Column(_));
            let value = if let Operand::Score(score) = operand { reach[*score] } else { ANYTHING };
            of_card(card, is_column, value)
        }
        RuleKind::Activity(activity) => of_activities(activity),
    })
}

/// `is_column`: it may be a multi-select, whose members' points are summed.
fn of_card(card: &Card, is_column: bool, value: Range) -> Range {
    let listed = match &card.scale {
        Scale::Steps(steps) => steps.iter().fold(NOTHING, |range, (_, points)| either(range, exactly(*points))),
        Scale::Values(values) if is_column => {
            values.iter().map(|(_, points)| or_nothing(exactly(*points))).fold(NOTHING, plus)
        }
        Scale::Values(values) => values.iter().fold(NOTHING, |range, (_, points)| either(range, exactly(*points))),
        Scale::Times(factor) => times(value, *factor),
    };
    either(either(listed, exactly(card.otherwise)), exactly(card.missing))
}

fn of_activities(rule: &ActivityRule) -> Range {
    let unit = or_nothing(match &rule.worth {
        Worth::Points(points) => exactly(*points),
        Worth::Card(_, card) => of_card(card, true, ANYTHING),
    });
    let count = if rule.per == Per::Contact { Some(1) } else { rule.max_count };
    let many = |end: Option<Points>| match (end, count) {
        (Some(Points::ZERO), _) => end,
        (Some(points), Some(count)) => Some(Points(points.0.saturating_mul(i128::from(count)))),
        _ => None,
    };
    // A decay only ever brings a unit's points nearer to nothing.
    let range = Range { low: many(unit.low), high: many(unit.high) };
    rule.cap.map_or(range, |cap| clamp(range, Range { low: Some(-cap), high: Some(cap) }))
}

fn exactly(points: Points) -> Range {
    Range { low: Some(points), high: Some(points) }
}

fn or_nothing(range: Range) -> Range {
    either(range, NOTHING)
}

fn either(one: Range, other: Range) -> Range {
    Range {
        low: one.low.zip(other.low).map(|(one, other)| one.min(other)),
        high: one.high.zip(other.high).map(|(one, other)| one.max(other)),
    }
}

fn plus(one: Range, other: Range) -> Range {
    Range {
        low: one.low.zip(other.low).map(|(one, other)| one + other),
        high: one.high.zip(other.high).map(|(one, other)| one + other),
    }
}

fn times(range: Range, factor: Points) -> Range {
    let end = |end: Option<Points>| {
        if factor == Points::ZERO { Some(Points::ZERO) } else { end.map(|end| end.times(factor)) }
    };
    let (low, high) = (end(range.low), end(range.high));
    if factor < Points::ZERO { Range { low: high, high: low } } else { Range { low, high } }
}

/// What everybody sees of a score is rounded, and rounding never changes an order.
fn rounded(range: Range, decimals: u8) -> Range {
    Range { low: range.low.map(|end| end.rounded(decimals)), high: range.high.map(|end| end.rounded(decimals)) }
}

fn clamp(range: Range, within: Range) -> Range {
    Range {
        low: range.low.map(|low| within.clamp(low)).or(within.low),
        high: range.high.map(|high| within.clamp(high)).or(within.high),
    }
}
