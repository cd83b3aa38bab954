//! The buyer's journey in a rule file: the rules that multiply a tally of interactions, one a stage.
//!
//! In: the model, and contacts that are scored. Out: a [`Journey`], and what each buyer took in. Not here:
//! how many points an interaction is worth (`calibration`).

use super::calibration::Buyer;
use crate::engine::condition::holds;
use crate::engine::contacts::ContactId;
use crate::engine::facts::{Facts, Value};
use crate::engine::scored::Scored;
use crate::engine::trace::Step;
use crate::points::Points;
use crate::rules::model::{
    Check, Item, Measure, Model, Operand, Order, Rule, RuleKind, Scale, Score, ScoreId, ScoreKind, Take,
};

/// The rules of a score that give points for each interaction of a stage.
#[derive(Clone, Debug)]
pub struct Journey {
    /// The score.
    pub score: ScoreId,
    /// From how many points on a contact is ready for sales.
    pub ready: Points,
    /// In the order of the file.
    pub stages: Vec<JourneyStage>,
}

/// A stage of the journey.
#[derive(Clone, Debug)]
pub struct JourneyStage {
    /// The name of its rule.
    pub rule: String,
    /// The tally that counts its interactions.
    pub tally: String,
    /// The points an interaction has so far.
    pub times: Points,
}

/// The factor of a rule that multiplies a number of interactions, with the tally's name.
fn stage<'m>(model: &'m Model, rule: &'m Rule) -> Option<(&'m str, Points)> {
    let RuleKind::Scorecard { operand: Operand::Tally(tally), name, card } = &rule.kind else { return None };
    let Scale::Times(times) = card.scale else { return None };
    let counts = matches!(model.tallies[*tally].measure, Measure::Count | Measure::Days | Measure::Distinct(_));
    // What takes points away is no step towards a sale.
    (counts && times >= Points::ZERO).then_some((name, times))
}

impl Journey {
    /// Finds the score, its stages, and how many points the stage of the handoff asks for; `ready`
    /// is asked for instead.
    ///
    /// # Errors
    /// Where there are no such rules, or it is not clear which score is meant or how many points are asked for.
    pub fn find(model: &Model, ready: Option<Points>) -> Result<Journey, String> {
        let has_stages = |score: &Score| score.rules().any(|rule| stage(model, rule).is_some());
        let fitting: Vec<ScoreId> = (0..model.scores.len()).filter(|&id| has_stages(&model.scores[id])).collect();
        let asked = asked_for(model);
        let of_handoff = asked.iter().find(|(score, _)| fitting.contains(score));
        let score = match (fitting[..].first(), of_handoff) {
            (None, _) => {
                return Err(
                    "no rule multiplies a tally of interactions: count those of each stage of the journey in a \
                            tally, and add a rule for each, such as `{ name: Read, points_by: TALLY, times: 1 }`"
                        .to_owned(),
                );
            }
            (_, Some((score, _))) => *score,
            (Some(only), None) if fitting.len() == 1 => *only,
            _ => {
                let names: Vec<&str> = fitting.iter().map(|&id| model.scores[id].name.as_str()).collect();
                return Err(format!(
                    "several scores multiply tallies: {}; let the stage that is handed over ask for one of them, such \
                     as `when: {{ {}: {{ at_least: 100 }} }}`",
                    names.join(", "),
                    names[0]
                ));
            }
        };
        let name = &model.scores[score].name;
        let ready = ready.or(of_handoff.map(|(_, bound)| *bound)).ok_or_else(|| {
            format!(
                "the stage that is handed over does not ask for `{name}: {{ at_least: N }}`: say with --ready N how \
                 many points of `{name}` make a contact ready for sales"
            )
        })?;
        if let Some(high) = model.scores[score].range.high.filter(|high| *high < ready) {
            return Err(format!("nobody can reach {ready}: the range of `{name}` ends at {high}"));
        }
        let stages = model.scores[score].rules().filter_map(|rule| {
            let (tally, times) = stage(model, rule)?;
            Some(JourneyStage { rule: rule.name.clone(), tally: tally.to_owned(), times })
        });
        Ok(Journey { score, ready, stages: stages.collect() })
    }

    /// The model with another factor for every stage.
    pub fn with_times(&self, model: &Model, times: Points) -> Model {
        let mut changed = model.clone();
        let ScoreKind::Rules { items, .. } = &mut changed.scores[self.score].kind else { return changed };
        let rules = items.iter_mut().flat_map(|item| match item {
            Item::Rule(rule) => std::slice::from_mut(rule),
            Item::Group(group) => &mut group.rules,
        });
        for rule in rules.filter(|rule| self.stages.iter().any(|stage| stage.rule == rule.name)) {
            if let RuleKind::Scorecard { card, .. } = &mut rule.kind {
                card.scale = Scale::Times(times);
            }
        }
        changed
    }

    /// What a buyer took in, and what the rest of the score gives; `None` where the buyer does not have the score.
    /// `without` are the contacts scored with no points for the journey.
    pub fn buyer(&self, without: &Scored<'_>, contact: ContactId) -> Option<Buyer> {
        without.score(contact, self.score)?;
        let model = without.scene.plan.model;
        let interactions = without.at_desk(|desk| {
            let window = without.window(contact, desk, true);
            let facts = window.facts(0);
            let of_rule = |rule: &Rule| {
                stage(model, rule)?;
                let RuleKind::Scorecard { operand, .. } = rule.kind else { return None };
                let counts = rule.when.as_ref().is_none_or(|when| holds(when, facts));
                match facts.value(operand) {
                    Value::Number(number) if counts => Some(number),
                    _ => Some(Points::ZERO),
                }
            };
            model.scores[self.score].rules().filter_map(of_rule).collect()
        });
        let rest = without.at_desk(|desk| {
            let lines = without.lines(contact, desk).into_iter().filter(|line| line.score == self.score);
            // The range and the rounding are about the whole.
            let of_rest = lines.filter(|line| !matches!(line.step, Step::Range | Step::Rounding));
            of_rest.map(|line| line.points).sum()
        });
        Some(Buyer { interactions, rest })
    }

    /// What in the score changes the points of an interaction, so that they are not simply added up.
    pub fn caveats(&self, model: &Model) -> Vec<String> {
        let score = &model.scores[self.score];
        let mut caveats = Vec::new();
        let is_stage = |rule: &Rule| stage(model, rule).is_some();
        for item in score.items() {
            if let Item::Group(group) = item
                && group.rules.iter().any(is_stage)
                && (group.take != Take::Sum || group.limit.low.or(group.limit.high).is_some())
            {
                caveats.push(format!("the group `{}`, which limits its points or chooses among its rules", group.name));
            }
        }
        if let ScoreKind::Rules { multiply, .. } = &score.kind {
            caveats.extend(multiply.iter().map(|multiplier| format!("the factor `{}`", multiplier.name)));
        }
        caveats
    }
}

/// The scores of which the stage that is handed over asks for at least so many points.
fn asked_for(model: &Model) -> Vec<(ScoreId, Points)> {
    let mut asked = Vec::new();
    if let Some(handoff) = model.handoff {
        model.stages[handoff].when.for_each_test(&mut |test| {
            let Operand::Score(score) = test.operand else { return };
            asked.extend(test.checks.iter().filter_map(|check| match check {
                Check::Number(Order::AtLeast, bound) => Some((score, *bound)),
                _ => None,
            }));
        });
    }
    asked
}
