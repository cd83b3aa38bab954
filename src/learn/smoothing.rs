//! Shrinkage: how far to follow what a few contacts say of a value.
//!
//! In: for each value, what a Newton step of the logistic loss says of it. Out: effects that are drawn to
//! those of their neighbours, and to 0, as far as the contacts themselves call for. Not here: bins.
//!
//! Before looking, the effects of a number are a straight line along its values and a random walk around it, those
//! of texts independent of each other (Gaussian Markov random fields: Rue and Held 2005; a line beside the walk:
//! Wahba 1978). How steep the line is and how widely effects lie apart is not known: every slope and variance on a grid
//! counts by its evidence (MacKay 1992), the standard deviation being as likely to be large as small beforehand (Gelman
//! 2006). So nothing has to be chosen, neither for many contacts nor for few.

use super::binning::Cell;

/// Variances of a step between neighbours, or of texts: two to a factor of ten.
const VARIANCES: [f64; 10] = [1e-4, 3.2e-4, 1e-3, 3.2e-3, 0.01, 0.032, 0.1, 0.32, 1.0, 3.2];
/// How far from 0 the slope of a line may be expected, in log odds for a standard deviation of the codes.
const SLOPES: [f64; 6] = [0.03, 0.06, 0.12, 0.25, 0.5, 1.0];
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
    let line = if ordered && cells.len() > 2 { line(cells.len()) } else { Vec::new() };
    let answers = VARIANCES.map(|variance| Around::of(cells, ordered, &line, variance));
    let most = answers.iter().map(|answer| answer.evidence()).fold(f64::NEG_INFINITY, f64::max);
    let (mut effects, mut all, mut before) = (vec![0.0; cells.len()], 0.0, 0.0);
    for (variance, answer) in VARIANCES.iter().zip(&answers) {
        let (mut weight, mut slope) = (0.0, 0.0);
        for of in &answer.slopes {
            let prior = variance.sqrt() * of.prior;
            before += prior;
            weight += (of.evidence - most).exp() * prior;
            slope += (of.evidence - most).exp() * prior * of.slope;
        }
        all += weight;
        effects.iter_mut().zip(&answer.level).for_each(|(sum, effect)| *sum += weight * effect);
        effects.iter_mut().zip(&answer.turn).for_each(|(sum, turn)| *sum += slope * turn);
    }
    effects.iter_mut().for_each(|effect| *effect /= all);
    Smooth { effects, evidence: most + (all / before).ln() }
}

/// Numbers that rise by equal steps, of mean 0 and variance 1.
fn line(count: usize) -> Vec<f64> {
    let count = count as f64;
    let spread = ((count * count - 1.0) / 12.0).sqrt();
    (0..count as usize).map(|at| (at as f64 - (count - 1.0) / 2.0) / spread).collect()
}

/// The answers of one variance around lines of every slope.
struct Around {
    /// The effects without a line.
    level: Vec<f64>,
    /// What a slope of 1 changes in them; empty where there is no line.
    turn: Vec<f64>,
    slopes: Vec<Slope>,
}

/// The slope that a line is expected to have.
struct Slope {
    prior: f64,
    slope: f64,
    evidence: f64,
}

impl Around {
    fn of(cells: &[Cell], ordered: bool, line: &[f64], variance: f64) -> Around {
        let alone = |evidence| Slope { prior: 1.0, slope: 0.0, evidence };
        if !ordered {
            let Smooth { effects, evidence } = apart(cells, variance);
            return Around { level: effects, turn: Vec::new(), slopes: vec![alone(evidence)] };
        }
        let walk = Walk::along(cells, variance);
        let Smooth { effects: level, evidence } = walk.answer(cells);
        if line.is_empty() {
            return Around { level, turn: Vec::new(), slopes: vec![alone(evidence)] };
        }
        // No line is as likely as the flattest.
        let mut slopes = vec![Slope { prior: SLOPES[0], ..alone(evidence) }];
        // Given the slope, effects are the line and a walk through what it leaves; the slope is then one number with
        // a Gaussian of its own.
        let mut turn = walk.effects(|at| cells[at].weight * line[at]);
        turn.iter_mut().zip(line).for_each(|(turn, at)| *turn = at - *turn);
        let (mut pull, mut weight) = (0.0, 0.0);
        for (((cell, at), level), turn) in cells.iter().zip(line).zip(&level).zip(&turn) {
            pull += at * (cell.pull - cell.weight * level);
            weight += at * cell.weight * turn;
        }
        slopes.extend(SLOPES.map(|prior| {
            let slope = pull / (weight + 1.0 / (prior * prior));
            let evidence = evidence + (pull * slope - (weight * prior * prior).ln_1p()) / 2.0;
            Slope { prior, slope, evidence }
        }));
        Around { level, turn, slopes }
    }

    fn evidence(&self) -> f64 {
        self.slopes.iter().map(|slope| slope.evidence).fold(f64::NEG_INFINITY, f64::max)
    }
}

/// Independent effects of one variance.
fn apart(cells: &[Cell], variance: f64) -> Smooth {
    let effects: Vec<f64> = cells.iter().map(|cell| cell.pull / (cell.weight + 1.0 / variance)).collect();
    let of_one = |(cell, effect): (&Cell, &f64)| cell.pull * effect - (cell.weight * variance).ln_1p();
    Smooth { evidence: cells.iter().zip(&effects).map(of_one).sum::<f64>() / 2.0, effects }
}

/// A walk along the cells with steps of one variance. The precision is tridiagonal, before looking and after
/// it: elimination by Thomas's algorithm, whose pivots also give the determinants.
struct Walk {
    step: f64,
    pivots: Vec<f64>,
    /// The logarithm of the determinant before looking by the one after it.
    shrunk: f64,
}

impl Walk {
    fn along(cells: &[Cell], variance: f64) -> Walk {
        let (step, level) = (1.0 / variance, 1.0 / (variance * MEMORY));
        let last = cells.len().saturating_sub(1);
        let (mut before, mut after, mut shrunk) = (0.0, 0.0, 0.0);
        let mut pivots = Vec::with_capacity(cells.len());
        for (at, cell) in cells.iter().enumerate() {
            let end = f64::from(u8::from(at == 0)) + f64::from(u8::from(at == last));
            let own = step * (2.0 - end) + level * (end + 1.0 / MEMORY);
            let carried = if at == 0 { 0.0 } else { step / after };
            before = own - if at == 0 { 0.0 } else { step * step / before };
            after = own + cell.weight - carried * step;
            shrunk += (before / after).ln();
            pivots.push(after);
        }
        Walk { step, pivots, shrunk }
    }

    /// The effects to which each cell is pulled so much.
    fn effects(&self, pull: impl Fn(usize) -> f64) -> Vec<f64> {
        let count = self.pivots.len();
        let mut effects = Vec::with_capacity(count);
        for at in 0..count {
            let carried = if at == 0 { 0.0 } else { self.step / self.pivots[at - 1] * effects[at - 1] };
            effects.push(pull(at) + carried);
        }
        for at in (0..count).rev() {
            let next = if at + 1 < count { self.step * effects[at + 1] } else { 0.0 };
            effects[at] = (effects[at] + next) / self.pivots[at];
        }
        effects
    }

    /// What the cells along which it goes say.
    fn answer(&self, cells: &[Cell]) -> Smooth {
        let effects = self.effects(|at| cells[at].pull);
        let explained: f64 = cells.iter().zip(&effects).map(|(cell, effect)| cell.pull * effect).sum();
        Smooth { effects, evidence: (self.shrunk + explained) / 2.0 }
    }
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

    /// Where the line says all, few contacts are enough to see it to its ends.
    #[test]
    fn a_slope_is_told_from_few_contacts_better_than_by_a_walk_alone() {
        let slope: Vec<f64> = line(40).iter().map(|at| at * 0.8).collect();
        let (mut alone, mut found) = (0.0, 0.0);
        for seed in 0..40 {
            let cells = cells(&slope, 1.0, seed);
            let best = VARIANCES.map(|variance| error(&slope, &Walk::along(&cells, variance).answer(&cells).effects));
            alone += best.into_iter().fold(f64::INFINITY, f64::min);
            found += error(&slope, &smooth(&cells, true).effects);
        }
        // Even than by the variance that happens to be the best each time.
        assert!(found < alone, "{found} {alone}");
    }

    /// Against the evidence and the effects with the line among the walk's covariances, one contact after the other
    /// (the same posterior, updated cell by cell).
    #[test]
    fn a_line_and_a_walk_are_one_gaussian() {
        let cells = cells(&[0.5, -1.0, 0.2, 1.5], 2.0, 3);
        let (variance, line) = (0.3, line(4));
        let answer = Around::of(&cells, true, &line, variance);
        let unit = |at: usize| -> Vec<Cell> {
            (0..4).map(|one| Cell { pull: f64::from(u8::from(one == at)), weight: 0.0 }).collect()
        };
        let walks: Vec<Vec<f64>> =
            (0..4).map(|at| Walk::along(&unit(at), variance).answer(&unit(at)).effects).collect();
        for of in &answer.slopes[1..] {
            let mut covariance: Vec<Vec<f64>> = (0..4)
                .map(|at| (0..4).map(|to| walks[at][to] + of.prior * of.prior * line[at] * line[to]).collect())
                .collect();
            let (mut mean, mut evidence) = (vec![0.0; 4], 0.0);
            for (at, cell) in cells.iter().enumerate() {
                let (seen, noise) = (cell.pull / cell.weight, 1.0 / cell.weight);
                let (spread, column) = (covariance[at][at] + noise, covariance[at].clone());
                let surprise = seen - mean[at];
                evidence += (seen * seen / noise - surprise * surprise / spread - (spread / noise).ln()) / 2.0;
                for one in 0..4 {
                    mean[one] += column[one] / spread * surprise;
                    (0..4).for_each(|to| covariance[one][to] -= column[one] * column[to] / spread);
                }
            }
            let found: Vec<f64> =
                answer.level.iter().zip(&answer.turn).map(|(own, turn)| own + of.slope * turn).collect();
            assert!(error(&mean, &found) < 1e-12 && (evidence - of.evidence).abs() < 1e-9, "{mean:?} {found:?}");
        }
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
        let found = Walk::along(&cells, variance).answer(&cells).effects;
        for (at, row) in rows.iter().enumerate() {
            assert!((row[count] / row[at] - found[at]).abs() < 1e-9, "{found:?}");
        }
    }
}
