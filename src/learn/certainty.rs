//! How sure a figure is that comes from so many people and no more.
//!
//! In: counts, or scores with their outcomes. Out: 95 % intervals and probabilities. Not here: the
//! figures themselves (`measures`).

use super::measures::{Tie, counts, roc_auc};
use serde::Serialize;

/// So many standard deviations to either side of the mean hold 95 % of a normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Where the true value lies with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The interval of the area under the ROC curve, by DeLong's variance and a normal distribution, cut to 0 to 1.
/// `None` where it says nothing: with fewer than two of either outcome, or where each score tells as
/// much as every other (all in the right order, or all equal).
///
/// Source: E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Biometrics 44 (1988), 837–845.
pub fn delong(ties: &[Tie]) -> Option<Interval> {
    let (yes, no) = counts(ties);
    let area = roc_auc(ties)?;
    // For each of one outcome: the share of the other that it is in the right order with.
    let (mut above, mut below) = (0, no);
    let (mut of_yes, mut of_no) = (0.0, 0.0);
    for tie in ties {
        below -= tie.no;
        let beats = (below as f64 + tie.no as f64 / 2.0) / no as f64;
        let beaten = (above as f64 + tie.yes as f64 / 2.0) / yes as f64;
        of_yes += tie.yes as f64 * (beats - area).powi(2);
        of_no += tie.no as f64 * (beaten - area).powi(2);
        above += tie.yes;
    }
    let variance = |squares: f64, count: u64| squares / (count as f64 - 1.0) / count as f64;
    let deviation = (variance(of_yes, yes) + variance(of_no, no)).sqrt();
    // Rounding leaves some 1e-17 of what is nothing.
    let tells = yes > 1 && no > 1 && deviation > 1e-9;
    tells.then(|| Interval { low: (area - Z * deviation).max(0.0), high: (area + Z * deviation).min(1.0) })
}

/// The interval of a share: `yes` of `all` (Wilson's score interval). `None` of nobody.
///
/// Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209–212.
pub fn wilson(yes: u64, all: u64) -> Option<Interval> {
    if all == 0 {
        return None;
    }
    let (n, share, z2) = (all as f64, yes as f64 / all as f64, Z * Z);
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    // The ends are exactly 0 and 1 where nobody or everybody did.
    let low = if yes == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if yes == all { 1.0 } else { (middle + half).min(1.0) };
    Some(Interval { low, high })
}

/// How probable it is that the first group has at most as many as it has (`first.0` of `first.1`) if
/// both are of one kind: Fisher's exact test of a two by two table, one-sided.
///
/// Source: R. A. Fisher, Journal of the Royal Statistical Society 85 (1922), 87–94.
pub fn fisher(first: (u64, u64), second: (u64, u64)) -> f64 {
    let (all, yes, taken) = (first.1 + second.1, first.0 + second.0, first.1);
    let least = yes.saturating_sub(second.1);
    let ln_choose = |n: u64, k: u64| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
    // From the term of what is there down, each a fraction of the one before.
    let mut term = (ln_choose(yes, first.0) + ln_choose(all - yes, taken - first.0) - ln_choose(all, taken)).exp();
    let mut sum = term;
    for k in (least..first.0).rev() {
        let (k, no) = (k as f64, (all - yes) as f64);
        term *= (k + 1.0) * (no - taken as f64 + k + 1.0) / ((yes as f64 - k) * (taken as f64 - k));
        sum += term;
    }
    sum.min(1.0)
}

/// ln(n!), by Stirling's series from 16 on: right to some 14 digits.
fn ln_factorial(n: u64) -> f64 {
    if n < 16 {
        return (2..=n).map(|k| (k as f64).ln()).sum();
    }
    let n = n as f64;
    let inverse = 1.0 / (n * n);
    let correction = (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * (1.0 / 1260.0 - inverse / 1680.0))) / n;
    (n + 0.5) * n.ln() - n + 0.5 * std::f64::consts::TAU.ln() + correction
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::measures::{average_precision, ties};

    fn near(found: f64, known: f64) {
        assert!((found - known).abs() <= 1e-9 * known.abs().max(1e-9), "{found} is not {known}");
    }

    /// Forty people with eleven scores. The figures are those of scikit-learn 1.9 and, for the interval, of
    /// DeLong's formula over all pairs in numpy.
    #[test]
    fn the_figures_are_those_of_other_programs() {
        let people = (0..40_u64).map(|i| {
            let score = (i * 37) % 11;
            (score as f64, score + (i * i * 3) % 13 > 12)
        });
        let ties = ties(people);
        near(roc_auc(&ties).unwrap(), 0.764);
        near(average_precision(&ties).unwrap(), 0.6522930353959766);
        let Interval { low, high } = delong(&ties).unwrap();
        near(low, 0.6177760695203762);
        near(high, 0.9102239304796238);
    }

    #[test]
    fn an_interval_of_the_area_needs_two_of_each_and_some_disorder() {
        let of = |scored: &[(f64, bool)]| delong(&ties(scored.iter().copied()));
        assert_eq!(of(&[(2.0, true), (1.0, false), (3.0, false)]), None);
        assert_eq!(of(&[(4.0, true), (3.0, true), (2.0, false), (1.0, false)]), None);
        assert_eq!(of(&[(1.0, true), (1.0, true), (1.0, false), (1.0, false)]), None);
        assert!(of(&[(4.0, true), (2.0, true), (3.0, false), (1.0, false)]).is_some());
        assert_eq!(of(&[]), None);
    }

    /// Against scipy 1.17, `binomtest(k, n).proportion_ci(method="wilson")`.
    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        for (yes, all, low, high) in [
            (0, 10, 0.0, 0.27753279986288926),
            (3, 10, 0.10779126740630102, 0.6032218525388546),
            (10, 10, 0.7224672001371109, 1.0),
            (1, 1, 0.20654931437723745, 1.0),
            (250, 1000, 0.2241530989836914, 0.27776028025908617),
        ] {
            let interval = wilson(yes, all).unwrap();
            near(interval.low, low);
            near(interval.high, high);
        }
        assert_eq!(wilson(0, 0), None);
    }

    /// Against scipy 1.17, `fisher_exact(…, alternative="less")`.
    #[test]
    fn a_worse_share_may_be_chance_or_not() {
        for (first, second, probability) in [
            ((1, 10), (5, 10), 0.07043343653250772),
            ((3, 20), (3, 20), 0.6692901692901693),
            ((0, 5), (5, 5), 0.003968253968253969),
            ((30, 400), (60, 400), 0.0005409617906084974),
            ((10, 3000), (40, 4000), 0.000567870682354226),
            ((5, 5), (0, 5), 1.0),
            ((2, 10), (0, 0), 1.0),
            ((0, 0), (0, 0), 1.0),
        ] {
            near(fisher(first, second), probability);
        }
    }

    #[test]
    fn factorials_are_right_where_the_series_begins_and_far_beyond() {
        near(ln_factorial(15), 27.899271383840894);
        near(ln_factorial(16), 30.671860106080675);
        near(ln_factorial(1000), 5912.128178488164);
        near(ln_factorial(1_000_000), 12815518.384658169);
    }
}
