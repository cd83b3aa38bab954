//! From codes and outcomes to a card: all steps of learning, in their order.
//!
//! In: every candidate as a [`Feature`], outcomes, and the contacts to learn from. Out: a
//! [`PointCard`]. Nothing here looks at any other contact.

use super::crosses;
use super::fitting::{Fit, Settings};
use super::integers::{PointCard, round};
use super::model::Feature;
use super::short::{prune, shorten};

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
        None => prune(&mut fit, &settings),
        Some(most) => shorten(&mut fit, &settings, most),
    }
    round(&fit, wanted.range)
}
