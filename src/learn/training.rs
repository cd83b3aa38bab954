//! From codes and outcomes to a card: all steps of learning, in their order.
//!
//! In: every candidate as a [`Feature`], outcomes, and the contacts to learn from. Out: a
//! [`PointCard`]. Nothing here looks at any other contact.

use super::crosses;
use super::fitting::{Fit, Settings};
use super::integers::{PointCard, round};
use super::model::Feature;
use super::short::{prune, rules, shorten};

/// What is asked of the card.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// At most so many rules.
    pub max_rules: Option<usize>,
    /// Totals lie in this range.
    pub range: (i32, i32),
    /// Draws folds.
    pub seed: u64,
    /// How the model is fitted.
    pub settings: Settings,
}

/// Learns from the contacts `rows`, among whom there are both outcomes. Its link says what the
/// model says, which has been kept from following the contacts too closely, but has seen them.
pub fn train(features: &[Feature], outcome: &[bool], rows: &[u32], wanted: &Wanted) -> PointCard {
    let settings = wanted.settings;
    let mut fit = Fit::new(features, outcome, rows, settings);
    fit.cycle(settings.cycles);
    crosses::add_best(&mut fit, features, &settings);
    fit.cycle(settings.cycles / 2);
    match wanted.max_rules {
        None => {
            prune(&mut fit, &settings);
            let most = most_rules(fit.outcome());
            if rules(&fit) > most {
                shorten(&mut fit, &settings, most);
            }
        }
        Some(most) => shorten(&mut fit, &settings, most),
    }
    round(&fit, wanted.range)
}

/// How many rules there are at most where nobody says so: one for every five contacts of the rarer outcome
/// (E. Vittinghoff, C. E. McCulloch: "Relaxing the Rule of Ten Events per Variable in Logistic and Cox
/// Regression", 2007), but ten in any case. With more of them a person can't tell what is chance.
fn most_rules(outcome: &[f64]) -> usize {
    let yes = outcome.iter().filter(|&&outcome| outcome > 0.5).count();
    (yes.min(outcome.len() - yes) / 5).max(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::folds::Dice;
    use crate::learn::model::chance;

    /// Forty columns say something each, and 40 of 400 contacts have the rarer outcome.
    #[test]
    fn few_contacts_get_few_rules_unless_more_are_asked_for() {
        let mut dice = Dice::new(7);
        let mut column = || -> Vec<u8> { (0..400).map(|_| 1 + (dice.next_bits() % 4) as u8).collect() };
        let codes: Vec<Vec<u8>> = (0..40).map(|_| column()).collect();
        let sum = |row: usize| codes.iter().map(|codes| f64::from(codes[row]) - 2.5).sum::<f64>();
        let outcome: Vec<bool> = (0..400).map(|row| dice.next_share() < chance(0.5 * sum(row) - 4.0)).collect();
        let yes = outcome.iter().filter(|&&yes| yes).count();
        let feature = |codes: Vec<u8>| Feature { codes, size: 5, ordered: true, direction: None, without_rule: None };
        let features: Vec<Feature> = codes.into_iter().map(feature).collect();
        let rows: Vec<u32> = (0..400).collect();
        let rules = |max_rules| {
            let wanted = Wanted { max_rules, range: (0, 100), seed: 0, settings: Settings::default() };
            train(&features, &outcome, &rows, &wanted).terms.len()
        };
        assert_eq!(rules(None), (yes / 5).max(10));
        assert!(rules(Some(40)) > 30);
    }
}
