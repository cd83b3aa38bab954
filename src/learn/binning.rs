//! Optimal binning: which neighbouring values share points.
//!
//! In: for each value, in order, what a Newton step of the logistic loss says of it. Out: runs of
//! values that share a bin, such that no other runs explain the outcome better after a price for every
//! bin, found by dynamic programming over all of them (Bellman 1961; for weights of evidence
//! Navas-Palencia 2020). Values without an order are put into that of their effect first, which loses
//! nothing (Fisher 1958). Rising or falling bins: neighbours that break the order are pooled first,
//! and the best bins are runs of these pools (Haiminen, Gionis and Laasonen 2008).

/// What a Newton step says of a value or a run of values: `pull / weight` is its effect in log odds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// Σ weight × effect.
    pub pull: f64,
    /// Σ p (1 − p) of its contacts.
    pub weight: f64,
}

impl Cell {
    /// Both together.
    pub fn and(self, other: Cell) -> Cell {
        Cell { pull: self.pull + other.pull, weight: self.weight + other.weight }
    }

    /// Its effect in log odds.
    pub fn effect(self) -> f64 {
        if self.weight > 0.0 { self.pull / self.weight } else { 0.0 }
    }

    /// How much log likelihood it gains over an effect of 0.
    pub fn gain(self) -> f64 {
        self.pull * self.effect() / 2.0
    }
}

/// Which way the points may go as the number grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Never down.
    Rising,
    /// Never up.
    Falling,
}

/// The ends (exclusive) of the best runs of `cells`, and their gain after the price: the log likelihood
/// that every bin after the first must gain.
pub fn best_runs(cells: &[Cell], price: f64, direction: Option<Direction>) -> (Vec<usize>, f64) {
    let Some(direction) = direction else { return runs_of(cells, price) };
    let (pools, ends) = pooled(cells, direction);
    let (runs, gain) = runs_of(&pools, price);
    (runs.into_iter().map(|run| ends[run - 1]).collect(), gain)
}

fn runs_of(cells: &[Cell], price: f64) -> (Vec<usize>, f64) {
    // best[end]: the gain of the best runs of the first `end` cells, and where the last run begins.
    let mut best: Vec<(f64, usize)> = Vec::with_capacity(cells.len() + 1);
    best.push((price, 0)); // the first bin is free
    for end in 1..=cells.len() {
        let mut run = Cell::default();
        let mut found = (f64::NEG_INFINITY, 0);
        for start in (0..end).rev() {
            run = run.and(cells[start]);
            let gain = best[start].0 + run.gain() - price;
            if gain > found.0 {
                found = (gain, start);
            }
        }
        best.push(found);
    }
    let mut ends = Vec::new();
    let mut end = cells.len();
    while end > 0 {
        ends.push(end);
        end = best[end].1;
    }
    ends.reverse();
    (ends, best[cells.len()].0)
}

/// The effects of the cells, brought to rise or fall only, with the least change by their weights.
pub fn one_way(cells: &[Cell], direction: Direction) -> Vec<f64> {
    let (pools, ends) = pooled(cells, direction);
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let runs = pools.iter().zip(starts.zip(&ends));
    runs.flat_map(|(pool, (start, &end))| std::iter::repeat_n(pool.effect(), end - start)).collect()
}

/// Neighbours that break the order put together until none is left (Ayer et al. 1955), and where
/// each pool ends.
fn pooled(cells: &[Cell], direction: Direction) -> (Vec<Cell>, Vec<usize>) {
    let sign = if direction == Direction::Rising { 1.0 } else { -1.0 };
    let mut pools: Vec<Cell> = Vec::new();
    let mut ends: Vec<usize> = Vec::new();
    for (at, &cell) in cells.iter().enumerate() {
        pools.push(cell);
        ends.push(at + 1);
        while let [.., before, last] = pools[..]
            && sign * before.effect() >= sign * last.effect()
        {
            pools.truncate(pools.len() - 2);
            pools.push(before.and(last));
            ends.remove(ends.len() - 2);
        }
    }
    (pools, ends)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::folds::Dice;

    fn cells(dice: &mut Dice, count: usize) -> Vec<Cell> {
        let mut cell = || Cell { pull: dice.next_share() * 8.0 - 4.0, weight: 1.0 + dice.next_share() * 4.0 };
        (0..count).map(|_| cell()).collect()
    }

    /// The gain of runs, one way of parting the cells after the other: every set of cuts.
    fn brute_force(cells: &[Cell], price: f64, direction: Option<Direction>) -> f64 {
        let mut best = f64::NEG_INFINITY;
        for cuts in 0..1_u32 << (cells.len() - 1) {
            let mut runs = vec![cells[0]];
            for (at, &cell) in cells.iter().enumerate().skip(1) {
                match runs.last_mut() {
                    Some(run) if cuts >> (at - 1) & 1 == 0 => *run = run.and(cell),
                    _ => runs.push(cell),
                }
            }
            let effects: Vec<f64> = runs.iter().map(|run| run.effect()).collect();
            let is_allowed = match direction {
                None => true,
                Some(Direction::Rising) => effects.is_sorted(),
                Some(Direction::Falling) => effects.is_sorted_by(|a, b| a >= b),
            };
            if is_allowed {
                let gain: f64 = runs.iter().map(|run| run.gain()).sum();
                best = best.max(gain - price * (runs.len() - 1) as f64);
            }
        }
        best
    }

    #[test]
    fn no_other_runs_gain_more() {
        let mut dice = Dice::new(1);
        for case in 0..200 {
            let cells = cells(&mut dice, 1 + case % 10);
            let price = dice.next_share() * 2.0;
            let (ends, gain) = best_runs(&cells, price, None);
            assert!((gain - brute_force(&cells, price, None)).abs() < 1e-9, "{cells:?} {ends:?}");
        }
    }

    #[test]
    fn rising_and_falling_runs_are_the_best_of_their_kind() {
        let mut dice = Dice::new(2);
        for case in 0..200 {
            let cells = cells(&mut dice, 1 + case % 10);
            let price = dice.next_share() * 2.0;
            for direction in [Direction::Rising, Direction::Falling] {
                let (ends, gain) = best_runs(&cells, price, Some(direction));
                let best = brute_force(&cells, price, Some(direction));
                assert!((gain - best).abs() < 1e-9, "{direction:?} {cells:?} {ends:?}: {gain} is not {best}");
            }
        }
    }

    #[test]
    fn effects_that_may_only_rise_do() {
        for seed in 0..50 {
            let cells = cells(&mut Dice::new(seed), 12);
            let effects = one_way(&cells, Direction::Rising);
            assert!(effects.len() == 12 && effects.is_sorted(), "{effects:?}");
            // What rises already stays as it is.
            let rising: Vec<Cell> = effects.iter().map(|effect| Cell { pull: *effect, weight: 1.0 }).collect();
            let again = one_way(&rising, Direction::Rising);
            assert!(again.iter().zip(&effects).all(|(one, other)| (one - other).abs() < 1e-12), "{again:?}");
        }
    }
}
