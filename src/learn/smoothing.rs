//! Shrinkage: how far to follow what a few contacts say of a value.
//!
//! In: for each value, what a Newton step of the logistic loss says of it. Out: effects that are drawn to
//! those of their neighbours, and to 0, as far as the contacts themselves call for. Not here: bins.
//!
//! Before looking, the effects of a number are a random walk along its values, those of texts independent
//! of each other (Gaussian Markov random fields: Rue and Held 2005). How widely they lie apart is not known:
//! every variance on a grid counts by its evidence (MacKay 1992), their standard deviation being as likely
//! to be large as small beforehand (Gelman 2006). So nothing has to be chosen, neither for many contacts nor for few.

use super::binning::Cell;

/// Variances of a step between neighbours, or of texts: four to a factor of ten.
const VARIANCES: [f64; 19] = [
    1e-4, 1.8e-4, 3.2e-4, 5.6e-4, 1e-3, 1.8e-3, 3.2e-3, 5.6e-3, 0.01, 0.018, 0.032, 0.056, 0.1, 0.18, 0.32, 0.56, 1.0,
    1.8, 3.2,
];
/// After so many steps a walk has forgotten where it began: longer than any, so that only its level is
/// drawn to 0.
const MEMORY: f64 = 100.0;

/// Effects, and how much speaks for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Smooth {
    /// Of each cell, in log odds.
    pub effects: Vec<f64>,
    /// The logarithm of the evidence that there are any, against none.
    pub evidence: f64,
}

/// The mean effects of all answers, each by its evidence; `ordered` cells are neighbours.
pub fn smooth(cells: &[Cell], ordered: bool) -> Smooth {
    let answer = |variance: f64| if ordered { walk(cells, variance) } else { apart(cells, variance) };
    let answers = VARIANCES.map(answer);
    let most = answers.iter().map(|answer| answer.evidence).fold(f64::NEG_INFINITY, f64::max);
    let (mut effects, mut all, mut before) = (vec![0.0; cells.len()], 0.0, 0.0);
    for (variance, answer) in VARIANCES.iter().zip(&answers) {
        let prior = variance.sqrt();
        let weight = (answer.evidence - most).exp() * prior;
        before += prior;
        all += weight;
        effects.iter_mut().zip(&answer.effects).for_each(|(sum, effect)| *sum += weight * effect);
    }
    effects.iter_mut().for_each(|effect| *effect /= all);
    Smooth { effects, evidence: most + (all / before).ln() }
}

/// Independent effects of one variance.
fn apart(cells: &[Cell], variance: f64) -> Smooth {
    let effects: Vec<f64> = cells.iter().map(|cell| cell.pull / (cell.weight + 1.0 / variance)).collect();
    let of_one = |(cell, effect): (&Cell, &f64)| cell.pull * effect - (cell.weight * variance).ln_1p();
    Smooth { evidence: cells.iter().zip(&effects).map(of_one).sum::<f64>() / 2.0, effects }
}

/// A walk along the cells with steps of one variance.
fn walk(cells: &[Cell], variance: f64) -> Smooth {
    let (step, level) = (1.0 / variance, 1.0 / (variance * MEMORY));
    let last = cells.len().saturating_sub(1);
    // The precision is tridiagonal, before looking and after it: elimination by Thomas's algorithm, whose pivots
    // also give the determinants.
    let (mut before, mut after, mut evidence) = (0.0, 0.0, 0.0);
    let (mut pivots, mut effects) = (Vec::with_capacity(cells.len()), Vec::with_capacity(cells.len()));
    for (at, cell) in cells.iter().enumerate() {
        let end = f64::from(u8::from(at == 0)) + f64::from(u8::from(at == last));
        let own = step * (2.0 - end) + level * (end + 1.0 / MEMORY);
        let (carried, pull) = if at == 0 { (0.0, 0.0) } else { (step / after, effects[at - 1]) };
        before = own - if at == 0 { 0.0 } else { step * step / before };
        after = own + cell.weight - carried * step;
        evidence += (before / after).ln();
        effects.push(cell.pull + carried * pull);
        pivots.push(after);
    }
    for at in (0..cells.len()).rev() {
        let next = if at < last { step * effects[at + 1] } else { 0.0 };
        effects[at] = (effects[at] + next) / pivots[at];
    }
    evidence += cells.iter().zip(&effects).map(|(cell, effect)| cell.pull * effect).sum::<f64>();
    Smooth { effects, evidence: evidence / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::folds::Dice;

    fn cells(effects: &[f64], weight: f64, seed: u64) -> Vec<Cell> {
        let mut dice = Dice::new(seed);
        // Twelve dice make a Gaussian.
        let mut noise = || (0..12).map(|_| dice.next_share()).sum::<f64>() - 6.0;
        effects.iter().map(|effect| Cell { pull: weight * effect + weight.sqrt() * noise(), weight }).collect()
    }

    fn error(truth: &[f64], found: &[f64]) -> f64 {
        truth.iter().zip(found).map(|(truth, found)| (truth - found).powi(2)).sum::<f64>()
    }

    #[test]
    fn neighbours_and_the_few_are_followed_as_far_as_they_can_be_trusted() {
        let slope: Vec<f64> = (0..40).map(|at| f64::from(at) / 20.0 - 1.0).collect();
        let (none, jumps) = (vec![0.0; 40], (0..40).map(|at| f64::from(at * 7 % 5) - 2.0).collect::<Vec<f64>>());
        for (truth, ordered) in [(&slope, true), (&none, true), (&none, false), (&jumps, false)] {
            let (mut raw, mut found, mut evidence) = (0.0, 0.0, 0.0);
            for seed in 0..20 {
                let cells = cells(truth, 3.0, seed);
                raw += error(truth, &cells.iter().map(|cell| cell.pull / cell.weight).collect::<Vec<f64>>());
                let smooth = smooth(&cells, ordered);
                found += error(truth, &smooth.effects);
                evidence += smooth.evidence;
            }
            assert!(found < raw * 0.95, "{found} {raw} {truth:?}");
            assert_eq!(evidence > 0.0, truth != &none, "{evidence} {truth:?}");
        }
    }

    #[test]
    fn many_contacts_are_believed() {
        let truth: Vec<f64> = (0..30).map(|at| if at < 11 { -1.0 } else { 2.0 }).collect();
        let found = smooth(&cells(&truth, 1e4, 1), true);
        assert!(error(&truth, &found.effects) < 0.02, "{found:?}");
    }

    /// Against the inverse of the matrix, by elimination without the band.
    #[test]
    fn the_walk_is_the_answer_of_its_equations() {
        let cells = cells(&[0.5, -1.0, 0.2, 1.5], 2.0, 3);
        let (variance, count) = (0.3, cells.len());
        let mut rows: Vec<Vec<f64>> = (0..count)
            .map(|at| {
                let mut row = vec![0.0; count + 1];
                let end = f64::from(u8::from(at == 0)) + f64::from(u8::from(at + 1 == count));
                row[at] = (2.0 - end) / variance + (end + 1.0 / MEMORY) / (variance * MEMORY) + cells[at].weight;
                (at > 0).then(|| row[at - 1] = -1.0 / variance);
                (at + 1 < count).then(|| row[at + 1] = -1.0 / variance);
                row[count] = cells[at].pull;
                row
            })
            .collect();
        for pivot in 0..count {
            let top = rows[pivot].clone();
            for row in (0..count).filter(|&row| row != pivot) {
                let factor = rows[row][pivot] / top[pivot];
                rows[row].iter_mut().zip(&top).for_each(|(one, top)| *one -= factor * top);
            }
        }
        let found = walk(&cells, variance).effects;
        for (at, row) in rows.iter().enumerate() {
            assert!((row[count] / row[at] - found[at]).abs() < 1e-9, "{found:?}");
        }
    }
}
