//! How well scores tell one outcome from the other.
//!
//! In: scores, and for each whether the outcome was reached. Out: [`Tie`]s, and the measures that
//! follow from them. Who shares a score cannot be told apart by it, so nothing here depends on the
//! order in which they come. Not here: how sure a measure is (`certainty`).

/// Those who share a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tie {
    /// The score.
    pub score: f64,
    /// How many of them reached the outcome.
    pub yes: u64,
    /// How many did not.
    pub no: u64,
}

impl Tie {
    /// How many they are.
    pub fn size(&self) -> u64 {
        self.yes + self.no
    }
}

/// Everybody by score, the highest first; each score once.
pub fn ties(scored: impl IntoIterator<Item = (f64, bool)>) -> Vec<Tie> {
    let mut scored: Vec<(f64, bool)> = scored.into_iter().collect();
    scored.sort_unstable_by(|one, other| other.0.total_cmp(&one.0));
    let mut ties: Vec<Tie> = Vec::new();
    for (score, reached) in scored {
        if ties.last().is_none_or(|tie| tie.score != score) {
            ties.push(Tie { score, yes: 0, no: 0 });
        }
        if let Some(tie) = ties.last_mut() {
            tie.yes += u64::from(reached);
            tie.no += u64::from(!reached);
        }
    }
    ties
}

/// How many reached the outcome, and how many did not.
pub fn counts(ties: &[Tie]) -> (u64, u64) {
    (ties.iter().map(|tie| tie.yes).sum(), ties.iter().map(|tie| tie.no).sum())
}

/// The area under the ROC curve, 0 to 1: how probable it is that one who reached the outcome has a
/// higher score than one who did not, an equal score counting half (Mann and Whitney's U over all
/// pairs). `None` where one of the outcomes is missing.
pub fn roc_auc(ties: &[Tie]) -> Option<f64> {
    let (yes, no) = counts(ties);
    let mut below = no;
    let mut half_wins = 0_u128;
    for tie in ties {
        below -= tie.no;
        half_wins += u128::from(tie.yes) * u128::from(2 * below + tie.no);
    }
    let pairs = u128::from(yes) * u128::from(no);
    (pairs > 0).then(|| half_wins as f64 / (2 * pairs) as f64)
}

/// The average precision, 0 to 1: Σ (recall gained at a threshold × precision there), over all
/// thresholds from the highest score down. Without any order it is the share of those who reached the
/// outcome; `None` where nobody did.
pub fn average_precision(ties: &[Tie]) -> Option<f64> {
    let (yes, _) = counts(ties);
    let (mut found, mut taken, mut sum) = (0, 0, 0.0);
    for tie in ties {
        found += tie.yes;
        taken += tie.size();
        sum += tie.yes as f64 * (found as f64 / taken as f64);
    }
    (yes > 0).then(|| sum / yes as f64)
}

/// How many of the `first` with the highest scores reached the outcome. Where those who share a score
/// don't all belong to them, they do in their proportion: a fraction.
pub fn top_of_ties(ties: &[Tie], first: u64) -> f64 {
    let (mut left, mut found) = (first, 0.0);
    for tie in ties {
        if tie.size() >= left {
            return found + tie.yes as f64 * left as f64 / tie.size().max(1) as f64;
        }
        left -= tie.size();
        found += tie.yes as f64;
    }
    found
}

/// The mean of −ln of the probability given to what came about (natural logarithm, 0 upwards, less is
/// better); the scores are probabilities, kept 2⁻⁵² away from 0 and 1. `None` of nobody.
pub fn log_loss(ties: &[Tie]) -> Option<f64> {
    mean(ties, |probability, reached| {
        let probability = probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        -(if reached { probability } else { 1.0 - probability }).ln()
    })
}

/// The mean squared distance of probability and outcome, 0 to 1, less is better (Brier 1950); the
/// scores are probabilities. `None` of nobody.
pub fn brier(ties: &[Tie]) -> Option<f64> {
    mean(ties, |probability, reached| (probability - f64::from(u8::from(reached))).powi(2))
}

fn mean(ties: &[Tie], of: impl Fn(f64, bool) -> f64) -> Option<f64> {
    let (yes, no) = counts(ties);
    let of_tie = |tie: &Tie| of(tie.score, true) * tie.yes as f64 + of(tie.score, false) * tie.no as f64;
    (yes + no > 0).then(|| ties.iter().map(of_tie).sum::<f64>() / (yes + no) as f64)
}

/// How many times as many as by chance reached the outcome among the best `share` (above 0, to 1, of
/// whole contacts, at least one). `None` where nobody reached it.
pub fn lift(ties: &[Tie], share: f64) -> Option<f64> {
    let (yes, no) = counts(ties);
    let first = (((yes + no) as f64 * share).round() as u64).max(1);
    let by_chance = yes as f64 * first as f64 / (yes + no) as f64;
    (yes > 0).then(|| top_of_ties(ties, first) / by_chance)
}

/// Those of neighbouring scores: what was predicted, and what came about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// The lowest score in the band.
    pub from: f64,
    /// The highest score in the band.
    pub to: f64,
    /// How many they are.
    pub size: u64,
    /// The mean of the scores.
    pub predicted: f64,
    /// The share that reached the outcome.
    pub observed: f64,
}

/// Bands of about equal size, the highest first; who share a score share a band, so there may be
/// fewer than `count`.
pub fn bands(ties: &[Tie], count: u64) -> Vec<Band> {
    let (yes, no) = counts(ties);
    let mut found = Vec::new();
    let (mut start, mut taken, mut next_end) = (0, 0, 1);
    for (at, tie) in ties.iter().enumerate() {
        taken += tie.size();
        let full_bands = taken * count / (yes + no);
        if full_bands >= next_end || at + 1 == ties.len() {
            found.push(band(&ties[start..=at]));
            // A tie may fill several bands at once.
            (start, next_end) = (at + 1, full_bands + 1);
        }
    }
    found
}

/// One band of ties, the highest first; there is at least one.
fn band(ties: &[Tie]) -> Band {
    let (yes, no) = counts(ties);
    let sum: f64 = ties.iter().map(|tie| tie.score * tie.size() as f64).sum();
    let size = yes + no;
    let (from, to) = (ties[ties.len() - 1].score, ties[0].score);
    Band { from, to, size, predicted: sum / size as f64, observed: yes as f64 / size as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scored: &[(f64, u8)]) -> Vec<Tie> {
        ties(scored.iter().map(|&(score, reached)| (score, reached == 1)))
    }

    #[test]
    fn equal_scores_are_one_tie_and_the_highest_comes_first() {
        let ties = of(&[(1.0, 0), (3.0, 1), (1.0, 1), (3.0, 1), (-2.0, 0)]);
        let shown: Vec<_> = ties.iter().map(|tie| (tie.score, tie.yes, tie.no)).collect();
        assert_eq!(shown, [(3.0, 2, 0), (1.0, 1, 1), (-2.0, 0, 1)]);
        assert_eq!(counts(&ties), (3, 2));
    }

    #[test]
    fn the_area_is_the_share_of_pairs_in_the_right_order() {
        // Of 2 × 3 pairs: 3 beats all of 2, 1, 1; 1 beats none, ties with two.
        assert_eq!(roc_auc(&of(&[(3.0, 1), (2.0, 0), (1.0, 1), (1.0, 0), (1.0, 0)])), Some((3.0 + 1.0) / 6.0));
        assert_eq!(roc_auc(&of(&[(2.0, 1), (1.0, 0)])), Some(1.0));
        assert_eq!(roc_auc(&of(&[(2.0, 0), (1.0, 1)])), Some(0.0));
        assert_eq!(roc_auc(&of(&[(2.0, 0), (1.0, 0)])), None);
        assert_eq!(roc_auc(&[]), None);
    }

    #[test]
    fn the_average_precision_weighs_precision_with_the_recall_gained() {
        // At 4: 1 of 1; at 3: still 1 of 2; at 2: a tie of two brings 1 more, 2 of 4.
        let ties = of(&[(4.0, 1), (3.0, 0), (2.0, 1), (2.0, 0)]);
        assert_eq!(average_precision(&ties), Some(0.5 * 1.0 + 0.5 * 0.5));
        assert_eq!(average_precision(&of(&[(1.0, 0)])), None);
        assert_eq!(average_precision(&of(&[(1.0, 0), (1.0, 1), (1.0, 0), (1.0, 0)])), Some(0.25));
    }

    #[test]
    fn a_cut_through_a_tie_takes_its_share() {
        let ties = of(&[(4.0, 1), (2.0, 1), (2.0, 0), (2.0, 0), (2.0, 0), (1.0, 1)]);
        let found: Vec<f64> = (0..8).map(|first| top_of_ties(&ties, first)).collect();
        assert_eq!(found, [0.0, 1.0, 1.25, 1.5, 1.75, 2.0, 3.0, 3.0]);
    }

    /// The figures are scikit-learn's (1.9.1: roc_auc_score, average_precision_score, log_loss,
    /// brier_score_loss) for the same eight probabilities, two of them equal.
    #[test]
    fn the_measures_are_those_of_scikit_learn() {
        let scores = [0.9, 0.8, 0.7, 0.6, 0.6, 0.3, 0.2, 0.1];
        let ties = ties(scores.into_iter().zip([1, 0, 1, 1, 0, 0, 1, 0].map(|reached| reached == 1)));
        for (found, expected) in [
            (roc_auc(&ties), 0.65625),
            (average_precision(&ties), 0.7095238095238094),
            (log_loss(&ties), 0.696257887462683),
            (brier(&ties), 0.25),
        ] {
            assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?} is not {expected}");
        }
        assert_eq!((log_loss(&[]), brier(&[]), lift(&[], 0.1)), (None, None, None));
    }

    #[test]
    fn lift_takes_its_share_of_a_tie() {
        let scores = [5.0, 3.0, 3.0, 3.0, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        let ties = ties(scores.into_iter().zip([1, 1, 0, 0, 0, 0, 0, 0, 0, 0].map(|reached| reached == 1)));
        assert!((lift(&ties, 0.3).unwrap() - 1.5 / (2.0 * 0.3)).abs() < 1e-12);
    }

    #[test]
    fn bands_hold_everybody_once_and_never_part_equal_scores() {
        let ties = ties((0..100).map(|at| (f64::from(at / 7), at % 3 == 0)));
        let bands = bands(&ties, 10);
        assert_eq!(bands.iter().map(|band| band.size).sum::<u64>(), 100);
        assert!(bands.windows(2).all(|pair| pair[0].from > pair[1].to) && bands.len() <= 10);
        let reached: f64 = bands.iter().map(|band| band.observed * band.size as f64).sum();
        assert!((reached - 34.0).abs() < 1e-9);
    }
}
