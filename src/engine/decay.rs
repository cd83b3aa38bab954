//! How points fade with age, and what one unit contributes (rule reference, §5).

use crate::instant::Instant;
use crate::points::{MICRO, Points};
use crate::rules::model::Decay;

impl Decay {
    /// The factor of something that is `age` days old, in 64-bit floats; between 0 and 1.
    pub fn factor(self, age: f64) -> f64 {
        let periods = |every: crate::instant::Span| (age / every.days()).floor();
        match self {
            Decay::HalfLife(half_life) => 2_f64.powf(-age / half_life.days()),
            Decay::Linear(span) => (1.0 - age / span.days()).max(0.0),
            Decay::Lose(share, every) => (1.0 - share.to_f64() * periods(every)).max(0.0),
            Decay::Keep(share, every) => share.to_f64().powf(periods(every)),
        }
    }
}

/// What a unit of `points` at `time` contributes: its points, or with a decay points × factor,
/// rounded to a millionth.
pub fn contribution(points: Points, decay: Option<Decay>, time: Instant, as_of: Instant) -> Points {
    match decay {
        None => points,
        Some(decay) => {
            let factor = decay.factor(as_of.days_since(time));
            Points::from_micro_f64(points.to_f64() * factor * MICRO as f64)
        }
    }
}
