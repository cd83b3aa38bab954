//! From real effects to whole points.
//!
//! In: an additive model and the contacts it was fitted to. Out: a [`PointCard`] whose totals lie in a
//! range. The scale is chosen by the loss, not by the largest effect, which would round small ones to
//! nothing; then single bins are moved by whole points as long as that brings the probabilities of the
//! card nearer to those of the model (coordinate descent on integers, as in RiskSLIM, Ustun and Rudin
//! 2019, and FasterRisk, Liu et al. 2022). Nearer to the model, not to the outcomes: those the model
//! has been kept from following too closely.

use super::binning::Direction;
use super::fitting::Fit;
use super::model::{Gate, chance, each_cell, loss};

/// How often single bins are looked at.
const ROUNDS: usize = 12;

/// Shares of the contacts that may lie beyond each end of the range.
const BEYOND: [f64; 5] = [0.0, 0.0005, 0.002, 0.005, 0.01];

/// Points for the cells of a column, or of two columns crossed.
#[derive(Clone, Debug, PartialEq)]
pub struct PointTerm {
    /// Of two columns the one that parts the contacts.
    pub gate: Option<Gate>,
    /// The column whose values have points.
    pub feature: usize,
    /// How many codes it has.
    pub size: usize,
    /// The points of each code, group after group.
    pub points: Vec<i32>,
    /// Which way they may go.
    pub direction: Option<Direction>,
}

impl PointTerm {
    fn each_cell(&self, columns: &[Vec<u8>], with: impl FnMut(usize, usize)) {
        each_cell(self.gate.as_ref(), self.feature, self.size, columns, with);
    }

    /// Whether these points go the way they may.
    fn may_have(&self, points: &[i32]) -> bool {
        points.chunks(self.size).all(|group| match self.direction {
            None => true,
            Some(Direction::Rising) => group[1..].is_sorted(),
            Some(Direction::Falling) => group[1..].is_sorted_by(|a, b| a >= b),
        })
    }
}

/// Which probability a total stands for: the chance of `base + each × total`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// The log odds of no points.
    pub base: f64,
    /// What each point adds to them; never below 0.
    pub each: f64,
}

impl Link {
    /// The log odds of a total.
    pub fn log_odds(self, total: i32) -> f64 {
        self.base + self.each * f64::from(total)
    }

    /// The probability of a total.
    pub fn chance(self, total: i32) -> f64 {
        chance(self.log_odds(total))
    }

    /// The same total read in another way.
    pub fn read_as(self, reading: Link) -> Link {
        Link { base: reading.base + reading.each * self.base, each: reading.each * self.each }
    }
}

/// A model in whole points.
#[derive(Clone, Debug, PartialEq)]
pub struct PointCard {
    /// What everybody begins with.
    pub start: i32,
    /// What adds to it.
    pub terms: Vec<PointTerm>,
    /// Totals are clamped to this.
    pub range: (i32, i32),
    /// What a total means.
    pub link: Link,
}

impl PointCard {
    fn sums(&self, columns: &[Vec<u8>]) -> Vec<i32> {
        let mut sums = vec![self.start; columns.first().map_or(0, Vec::len)];
        for term in &self.terms {
            term.each_cell(columns, |at, cell| sums[at] += term.points[cell]);
        }
        sums
    }

    /// The total of every contact.
    pub fn totals(&self, columns: &[Vec<u8>]) -> Vec<i32> {
        let (low, high) = self.range;
        self.sums(columns).into_iter().map(|sum| sum.clamp(low, high)).collect()
    }
}

/// For every total of the range how many contacts have it, and the sum of what is wanted for them.
struct Counted {
    low: i32,
    counts: Vec<f64>,
    wanted: Vec<f64>,
}

impl Counted {
    fn of(sums: &[i32], wanted: &[f64], (low, high): (i32, i32)) -> Counted {
        let size = (high - low) as usize + 1;
        let mut counted = Counted { low, counts: vec![0.0; size], wanted: vec![0.0; size] };
        for (&sum, wanted) in sums.iter().zip(wanted) {
            let at = (sum.clamp(low, high) - low) as usize;
            counted.counts[at] += 1.0;
            counted.wanted[at] += wanted;
        }
        counted
    }

    /// Each total that somebody has: the total, how many have it, and what is wanted for them.
    fn totals(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        let totals = self.counts.iter().zip(&self.wanted).zip(self.low..);
        totals
            .filter(|((count, _), _)| **count > 0.0)
            .map(|((&count, &wanted), total)| (f64::from(total), count, wanted))
    }

    fn loss(&self, link: Link) -> f64 {
        let of = |(total, count, wanted): (f64, f64, f64)| count * loss(link.base + link.each * total, wanted / count);
        self.totals().map(of).sum::<f64>() / self.counts.iter().sum::<f64>()
    }

    fn link(&self, guess: Link) -> Link {
        let totals: Vec<_> = self.totals().collect();
        link_through(&totals, guess)
    }
}

/// The link of the least loss (logistic regression on the total: Platt 2000), from a first guess, for totals, how
/// many have each, and the sum of what is wanted for them.
fn link_through(totals: &[(f64, f64, f64)], guess: Link) -> Link {
    let mut link = guess;
    for _ in 0..30 {
        let (mut pull, mut pull_total) = (0.0, 0.0);
        let (mut weight, mut weight_total, mut weight_square) = (1e-9, 0.0, 1e-9);
        for &(total, count, wanted) in totals {
            let chance = chance(link.base + link.each * total);
            let (rest, spread) = (wanted - count * chance, count * chance * (1.0 - chance));
            pull += rest;
            pull_total += rest * total;
            weight += spread;
            weight_total += spread * total;
            weight_square += spread * total * total;
        }
        let determinant = weight * weight_square - weight_total * weight_total;
        if determinant.abs() < 1e-12 {
            break;
        }
        let base = (pull * weight_square - pull_total * weight_total) / determinant;
        let each = (pull_total * weight - pull * weight_total) / determinant;
        let next = Link { base: link.base + base.clamp(-3.0, 3.0), each: (link.each + each.clamp(-0.5, 0.5)).max(0.0) };
        let moved = (next.base - link.base).abs() + (next.each - link.each).abs() * 100.0;
        link = next;
        if moved < 1e-9 {
            break;
        }
    }
    link
}

/// How log odds are to be read, by what became of contacts that had not been seen: (log odds, outcome). A slope
/// below 1 says that they were too sure (Cox 1958; van Houwelingen and le Cessie 1990). Outcomes count as a little
/// less than certain (Platt 2000), so that nobody is ever sure.
pub fn recalibration(unseen: &[(f64, bool)]) -> Link {
    let yes = unseen.iter().filter(|one| one.1).count() as f64;
    let no = unseen.len() as f64 - yes;
    let wanted = |outcome: bool| if outcome { (yes + 1.0) / (yes + 2.0) } else { 1.0 / (no + 2.0) };
    let points: Vec<_> = unseen.iter().map(|&(log_odds, outcome)| (log_odds, 1.0, wanted(outcome))).collect();
    link_through(&points, Link { base: 0.0, each: 1.0 })
}

/// The link between totals and outcomes of the least loss.
pub fn link_of(totals: &[i32], outcome: &[f64], range: (i32, i32), guess: Link) -> Link {
    Counted::of(totals, outcome, range).link(guess)
}

/// A card whose totals lie in `range`, the lower end first.
pub fn round(fit: &Fit<'_>, range: (i32, i32)) -> PointCard {
    let wanted: Vec<f64> = fit.log_odds().iter().map(|&log_odds| chance(log_odds)).collect();
    let (card, loss) = best_scaled(fit, &wanted, range);
    refined(card, loss, fit.columns(), &wanted)
}

/// Every effect times the scale of the least loss, rounded; and that loss.
fn best_scaled(fit: &Fit<'_>, wanted: &[f64], range: (i32, i32)) -> (PointCard, f64) {
    let mut sorted = fit.log_odds().to_vec();
    sorted.sort_by(f64::total_cmp);
    let scaled = |beyond: f64| {
        let out = (sorted.len() as f64 * beyond) as usize;
        let (low, high) = (sorted[out], sorted[sorted.len() - 1 - out]);
        scaled(fit, wanted, range, low, f64::from(range.1 - range.0) / (high - low).max(1e-6))
    };
    let first = scaled(BEYOND[0]);
    BEYOND[1..].iter().fold(first, |best, &beyond| {
        let next = scaled(beyond);
        if next.1 < best.1 { next } else { best }
    })
}

/// Every effect times a scale, rounded; and the loss of that.
fn scaled(fit: &Fit<'_>, wanted: &[f64], range: (i32, i32), low: f64, scale: f64) -> (PointCard, f64) {
    // Points of more than this are beyond any range.
    let points = |effect: f64| (effect * scale).round().clamp(-1e6, 1e6) as i32;
    let terms = fit.terms.iter().filter(|term| !term.is_flat()).map(|term| PointTerm {
        gate: term.gate.clone(),
        feature: term.feature,
        size: term.size,
        points: term.cell_effects().into_iter().map(points).collect(),
        direction: fit.feature(term).direction,
    });
    let start = range.0 + points(fit.intercept - low);
    let link = Link { base: low - f64::from(range.0) / scale, each: 1.0 / scale };
    let mut card = PointCard { start, terms: terms.collect(), range, link };
    let counted = Counted::of(&card.sums(fit.columns()), wanted, range);
    card.link = counted.link(card.link);
    let loss = counted.loss(card.link);
    (card, loss)
}

/// Moves points of single bins by whole points as long as the loss, `best` so far, falls.
fn refined(mut card: PointCard, mut best: f64, columns: &[Vec<u8>], wanted: &[f64]) -> PointCard {
    let mut sums = card.sums(columns);
    for _ in 0..ROUNDS {
        let before = best;
        for at in 0..card.terms.len() {
            let Some(points) = moved(&card, at, &sums, columns, wanted) else { continue };
            let mut others = sums.clone();
            let old = &card.terms[at].points;
            card.terms[at].each_cell(columns, |row, cell| others[row] += points[cell] - old[cell]);
            let counted = Counted::of(&others, wanted, card.range);
            let link = counted.link(card.link);
            let loss = counted.loss(link);
            if loss < best {
                (card.terms[at].points, card.link, sums, best) = (points, link, others, loss);
            }
        }
        if best >= before {
            break;
        }
    }
    card.terms.retain(|term| term.points.iter().any(|&points| points != 0));
    card
}

/// The points of one term with its bins moved to where a Newton step would have them, in whole points;
/// `None` where they are there, or may not go.
fn moved(card: &PointCard, at: usize, sums: &[i32], columns: &[Vec<u8>], wanted: &[f64]) -> Option<Vec<i32>> {
    let (low, high) = card.range;
    let chances: Vec<f64> = (low..=high).map(|total| card.link.chance(total)).collect();
    let term = &card.terms[at];
    // Cells of equal points in a group move together: they are one bin; missing is another.
    let bin = |(cell, &points): (usize, &i32)| (cell / term.size, cell % term.size == 0, points);
    let cells: Vec<(usize, bool, i32)> = term.points.iter().enumerate().map(bin).collect();
    let mut bins = cells.clone();
    bins.sort_unstable();
    bins.dedup();
    let bin_of: Vec<usize> = cells.iter().map(|cell| bins.partition_point(|bin| bin < cell)).collect();
    let mut pulls = vec![(0.0, 0.0); bins.len()];
    term.each_cell(columns, |row, cell| {
        let total = sums[row].clamp(low, high);
        let chance = chances[(total - low) as usize];
        let (pull, weight) = &mut pulls[bin_of[cell]];
        *pull += wanted[row] - chance;
        // Who is beyond the range does not move with a point.
        *weight += if total == sums[row] { chance * (1.0 - chance) } else { 0.0 };
    });
    let step =
        |&(pull, weight): &(f64, f64)| (pull / (weight * card.link.each).max(1e-9)).round().clamp(-5.0, 5.0) as i32;
    // A group without points stays one: it would be a rule more.
    let has_points = |group: usize| bins.iter().any(|&(other, _, points)| other == group && points != 0);
    let steps: Vec<i32> =
        pulls.iter().zip(&bins).map(|(pull, bin)| if has_points(bin.0) { step(pull) } else { 0 }).collect();
    if steps.iter().all(|&step| step == 0) {
        return None;
    }
    let points: Vec<i32> = term.points.iter().zip(&bin_of).map(|(points, &bin)| points + steps[bin]).collect();
    term.may_have(&points).then_some(points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::fitting::Settings;
    use crate::learn::folds::Dice;
    use crate::learn::model::Feature;

    /// Contacts whose outcome two columns decide, one of them weakly.
    fn fitted<'a>(features: &'a mut Vec<Feature>, seed: u64) -> Fit<'a> {
        let mut dice = Dice::new(seed);
        let mut column =
            |size: u8| -> Vec<u8> { (0..3000).map(|_| 1 + (dice.next_bits() % u64::from(size)) as u8).collect() };
        let columns = [column(6), column(4)];
        let log_odds = |row: usize| f64::from(columns[0][row]) - 4.5 + 0.15 * f64::from(columns[1][row]);
        let outcome: Vec<bool> = (0..3000).map(|row| dice.next_share() < chance(log_odds(row))).collect();
        *features = columns
            .map(|codes| Feature { codes, size: 8, ordered: true, direction: None, without_rule: None })
            .to_vec();
        let rows: Vec<u32> = (0..3000).collect();
        let mut fit = Fit::new(features, &outcome, &rows, Settings::default());
        fit.cycle(20);
        fit.settle(fit.binned(0.02));
        fit
    }

    #[test]
    fn refined_points_are_never_further_from_the_model_than_rounded_ones() {
        let mut closer = 0;
        for seed in 0..20 {
            for range in [(0, 10), (0, 100), (-5, 20)] {
                let mut features = Vec::new();
                let fit = fitted(&mut features, seed);
                let wanted: Vec<f64> = fit.log_odds().iter().map(|&log_odds| chance(log_odds)).collect();
                let (rounded, loss) = best_scaled(&fit, &wanted, range);
                let refined = refined(rounded, loss, fit.columns(), &wanted);
                let after = Counted::of(&refined.sums(fit.columns()), &wanted, range).loss(refined.link);
                assert!(after <= loss, "{after} {loss}");
                closer += usize::from(after < loss);
                assert!(refined.totals(fit.columns()).iter().all(|total| (range.0..=range.1).contains(total)));
            }
        }
        assert!(closer > 0, "refinement has something to do");
    }

    #[test]
    fn a_total_stands_for_the_share_that_has_the_outcome() {
        let totals: Vec<i32> = (0..1000).map(|at| at % 2).collect();
        let outcome: Vec<f64> =
            (0..1000).map(|at| if at % 2 == 0 { f64::from(at % 10 == 0) } else { f64::from(at % 5 < 3) }).collect();
        let link = link_of(&totals, &outcome, (0, 1), Link { base: 0.0, each: 0.0 });
        assert!((link.chance(0) - 0.2).abs() < 1e-6 && (link.chance(1) - 0.6).abs() < 1e-6, "{link:?}");
    }
}
