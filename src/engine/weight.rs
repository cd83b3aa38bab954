//! What a rule's points count in the score that ranks: the weights on the way, exactly.
//!
//! In: the composites of the model. Out: a [`Weight`] for each score, and points times it.

use crate::points::{self, Points};
use crate::rules::model::{Model, ScoreId, ScoreKind};

/// An exact product of weights: `coefficient / 10^decimals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    coefficient: i128,
    decimals: u32,
}

impl Weight {
    const ZERO: Weight = Weight { coefficient: 0, decimals: 0 };
    const ONE: Weight = Weight { coefficient: 1, decimals: 0 };

    /// For each score, what it counts in `root`: over several ways their sum. A composite without
    /// a value is no way.
    pub fn on_the_way_to(model: &Model, root: ScoreId, has_value: impl Fn(ScoreId) -> bool) -> Vec<Weight> {
        let mut weights = vec![Weight::ZERO; model.scores.len()];
        weights[root] = Weight::ONE;
        // Composites before their components: each passes on what it has got from all ways.
        for &score in model.evaluation_order.iter().rev() {
            if let ScoreKind::Sum(parts) = &model.scores[score].kind
                && has_value(score)
            {
                for part in parts {
                    let passed = weights[score].times(part.weight);
                    weights[part.score] = weights[part.score].plus(passed);
                }
            }
        }
        weights
    }

    fn times(self, weight: Points) -> Weight {
        if weight == Points::ONE {
            return self;
        }
        match self.coefficient.checked_mul(weight.0) {
            Some(coefficient) => Weight { coefficient, decimals: self.decimals + 6 }.shortened(),
            // Four composites on top of each other, with six decimals each: the last are dropped.
            None => Weight { coefficient: points::shifted(self.coefficient, weight.0, 6), decimals: self.decimals },
        }
    }

    fn plus(self, other: Weight) -> Weight {
        let decimals = self.decimals.max(other.decimals);
        let scaled = |weight: Weight| weight.coefficient.saturating_mul(10_i128.pow(decimals - weight.decimals));
        Weight { coefficient: scaled(self).saturating_add(scaled(other)), decimals }
    }

    fn shortened(mut self) -> Weight {
        while self.decimals > 0 && self.coefficient % 10 == 0 {
            self.coefficient /= 10;
            self.decimals -= 1;
        }
        self
    }

    /// Points times the weight, in hundredths of a point, rounded once.
    pub fn hundredths_of(self, points: Points) -> i64 {
        let hundredths = points::shifted(points.0, self.coefficient, self.decimals + 4);
        hundredths.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }
}
