//! From codes and outcomes to a card: all steps of learning, in their order.
//!
//! In: every candidate as a [`Feature`], outcomes, and the contacts to learn from. Out: a
//! [`PointCard`]. Nothing here looks at any other contact.

use super::crosses;
use super::fitting::{Fit, Settings};
use super::folds::Dice;
use super::integers::{PointCard, link_of, round};
use super::model::Feature;
use super::short::{prune, shorten};

/// What is asked of the card.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// At most so many rules.
    pub max_rules: Option<usize>,
    /// Totals lie in this range.
    pub range: (i32, i32),
    /// Draws parts and folds.
    pub seed: u64,
    /// How the model is fitted.
    pub settings: Settings,
}

/// Learns from the contacts `rows`, among whom there are both outcomes.
pub fn train(features: &[Feature], outcome: &[bool], rows: &[u32], wanted: &Wanted) -> PointCard {
    let mut fit = Fit::new(features, outcome, rows, wanted.settings);
    fit.cycle(6);
    crosses::add_best(&mut fit, features, &wanted.settings);
    fit.cycle(3);
    // A rough average tells which rules are idle; what is left is averaged well, for the share of
    // those that have gone is now the others'.
    let parts = wanted.settings.parts;
    fit.average(parts.div_ceil(3), &mut Dice::new(wanted.seed));
    prune(&mut fit, wanted.settings.idle);
    if let Some(most) = wanted.max_rules {
        shorten(&mut fit, most);
    }
    fit.average(parts, &mut Dice::new(wanted.seed));
    let mut card = round(&fit, wanted.range);
    card.link = link_of(&card.totals(fit.columns()), fit.outcome(), card.range, card.link);
    card
}
