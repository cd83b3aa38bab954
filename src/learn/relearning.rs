//! New points for the numbers that a rule file has already.
//!
//! In: the old totals of contacts, the numbers that may move, with who has each, and outcomes. Out:
//! [`Relearned`]. A number moves only where the contacts speak against it by more log likelihood than
//! one more number is worth, ½ ln n (BIC: Schwarz 1978); the others stay, and with them the scale. So
//! points do not flutter from one month to the next. Coordinate descent on whole points, as in
//! `integers`. Not here: what the numbers belong to, and new bins.

use super::integers::{Link, link_of};
use super::model::{chance, loss};
use super::validation::Unseen;

/// How often every number is looked at.
const ROUNDS: usize = 20;
/// What a point may be worth now, as multiples of what it is worth with the old points: a rule that tells
/// nothing any more makes every point seem worth less than it is elsewhere.
const SCALES: [f64; 7] = [1.0, 0.8, 1.25, 1.6, 2.0, 2.5, 3.2];
/// The old points were learned too: they count as if so much weight, Σ p (1 − p), spoke for them.
const OLD: f64 = 10.0;
/// A number that fewer contacts have stays.
const LEAST: f64 = 20.0;
/// A number moves by so many log odds at once.
const STEP: f64 = 2.0;
/// Totals beyond this are as good as this: no scale of points is that long.
const BEYOND: f64 = 1e6;

/// A number that may move.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Its points so far.
    pub points: f64,
    /// Who has it, in order.
    pub who: Vec<u32>,
}

/// A score as it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The sum of every contact's points, before the range.
    pub sums: Vec<f64>,
    /// What may move.
    pub slots: Vec<Slot>,
    /// Whether `start` may move too, to keep totals within the range.
    pub has_start: bool,
    /// Totals are clamped to this.
    pub range: (i32, i32),
}

/// What moves, and what totals mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Relearned {
    /// By how much each number moves: to whole points where it moves at all.
    pub moves: Vec<f64>,
    /// By how much `start` moves.
    pub start: i32,
    /// The probability of a total with the new points.
    pub link: Link,
    /// That with the old ones.
    pub old_link: Link,
}

impl Standing {
    /// Learns from the contacts `rows`, sorted, among whom there are both outcomes.
    pub fn relearn(&self, outcome: &[bool], rows: &[u32]) -> Relearned {
        let of: Vec<f64> = rows.iter().map(|&row| f64::from(u8::from(outcome[row as usize]))).collect();
        let mut is_in = vec![false; self.sums.len()];
        rows.iter().for_each(|&row| is_in[row as usize] = true);
        let learner = Learner { standing: self, outcome, rows, is_in, price: (rows.len() as f64).ln() / 2.0 };
        // Points that say nothing keep a scale: their whole span is worth a unit of log odds.
        let link = link_of_sums(&self.sums, rows, &of);
        let each = link.each.max(1.0 / self.span(rows));
        let totals = |sums: &[f64], start: i32| -> Vec<i32> {
            rows.iter().map(|&row| self.total(sums[row as usize], start)).collect()
        };
        let old_link = link_of(&totals(&self.sums, 0), &of, self.range, link);
        let tried = SCALES.iter().map(|scale| {
            let Tried { moves, sums, link, price } = learner.moves(Link { each: each * scale, ..link });
            let start = if self.has_start { self.start(&sums, rows) } else { 0 };
            // What a total within the range tells counts.
            let totals = totals(&sums, start);
            let link = link_of(&totals, &of, self.range, link);
            let of_one = |(&total, &of): (&i32, &f64)| loss(link.base + link.each * f64::from(total), of);
            let cost = price + totals.iter().zip(&of).map(of_one).sum::<f64>();
            (cost, Relearned { moves, start, link, old_link })
        });
        let best = tried.min_by(|one, other| one.0.total_cmp(&other.0));
        best.map_or_else(|| unreachable!("there are scales"), |(_, made)| made)
    }

    /// How far the sums lie apart; where they do not, how far they may.
    fn span(&self, rows: &[u32]) -> f64 {
        let of = || rows.iter().map(|&row| self.sums[row as usize]);
        let span = of().fold(f64::MIN, f64::max) - of().fold(f64::MAX, f64::min);
        if span >= 1.0 { span } else { f64::from(self.range.1 - self.range.0) }
    }

    fn total(&self, sum: f64, start: i32) -> i32 {
        let (low, high) = self.range;
        (sum + f64::from(start)).round().clamp(f64::from(low), f64::from(high)) as i32
    }

    /// The least move of `start` with which no more contacts are beyond the range than before, or else
    /// as few as can be.
    fn start(&self, sums: &[f64], rows: &[u32]) -> i32 {
        let sorted = |sums: &[f64]| {
            let mut sums: Vec<i32> = rows.iter().map(|&row| whole(sums[row as usize])).collect();
            sums.sort_unstable();
            sums
        };
        let (low, high) = self.range;
        let beyond = |sums: &[i32], start: i32| {
            let inside =
                sums.partition_point(|&sum| sum + start <= high) - sums.partition_point(|&sum| sum + start < low);
            sums.len() - inside
        };
        let (before, sums) = (beyond(&sorted(&self.sums), 0), sorted(sums));
        let width = (high - low).min(100_000);
        let mut best = (usize::MAX, 0);
        for start in (0..=width).flat_map(|start| [start, -start]) {
            let found = beyond(&sums, start).max(before);
            if found < best.0 {
                best = (found, start);
            }
            if best.0 == before {
                break;
            }
        }
        best.1
    }

    /// What the old points and the new ones give contacts.
    pub fn judge(&self, made: &Relearned, rows: &[u32], fold: u8) -> Vec<[Unseen; 2]> {
        let sums = self.sums_with(made);
        let judged = |row: u32| {
            let one = |sum: f64, start: i32, link: Link| {
                let total = self.total(sum, start);
                Unseen { row, fold, total, log_odds: link.log_odds(total) }
            };
            [one(self.sums[row as usize], 0, made.old_link), one(sums[row as usize], made.start, made.link)]
        };
        rows.iter().map(|&row| judged(row)).collect()
    }

    fn sums_with(&self, made: &Relearned) -> Vec<f64> {
        let mut sums = self.sums.clone();
        for (slot, moved) in self.slots.iter().zip(&made.moves).filter(|(_, moved)| **moved != 0.0) {
            slot.who.iter().for_each(|&row| sums[row as usize] += moved);
        }
        sums
    }
}

/// The contacts that are learned from.
struct Learner<'a> {
    standing: &'a Standing,
    outcome: &'a [bool],
    rows: &'a [u32],
    is_in: Vec<bool>,
    /// What a number that moves must gain in log likelihood.
    price: f64,
}

/// The moves with one worth of a point.
struct Tried {
    moves: Vec<f64>,
    sums: Vec<f64>,
    link: Link,
    /// That of what moved, in log likelihood.
    price: f64,
}

impl Learner<'_> {
    fn outcome(&self, row: u32) -> f64 {
        f64::from(u8::from(self.outcome[row as usize]))
    }

    /// Moves numbers as long as that gains, a point being worth what the link says.
    fn moves(&self, mut link: Link) -> Tried {
        let each = link.each;
        let mut sums = self.standing.sums.clone();
        let mut moves = vec![0.0; self.standing.slots.len()];
        for _ in 0..ROUNDS {
            link.base = self.base(&sums, link);
            let mut has_moved = false;
            for (slot, moved) in self.standing.slots.iter().zip(&mut moves) {
                let (mut pull, mut weight, mut count) = (0.0, 0.0, 0.0);
                for &row in slot.who.iter().filter(|&&row| self.is_in[row as usize]) {
                    let chance = chance(link.base + each * sums[row as usize]);
                    pull += self.outcome(row) - chance;
                    weight += chance * (1.0 - chance);
                    count += 1.0;
                }
                if count < LEAST {
                    continue;
                }
                // What a move from the old points, in log odds, gains: a parabola.
                let (pull, curve) = (pull + weight * each * *moved, weight + OLD);
                let most = STEP / each;
                let wanted = (pull / curve / each).clamp(*moved - most, *moved + most);
                let wanted = (slot.points + wanted).round() - slot.points;
                let gain = each * wanted * (pull - curve * each * wanted / 2.0);
                let wanted = if gain > self.price { wanted } else { 0.0 };
                if wanted != *moved {
                    slot.who.iter().for_each(|&row| sums[row as usize] += wanted - *moved);
                    *moved = wanted;
                    has_moved = true;
                }
            }
            if !has_moved {
                break;
            }
        }
        let of_move = |moved: &f64| if *moved == 0.0 { 0.0 } else { self.price + OLD * (each * moved).powi(2) / 2.0 };
        Tried { price: moves.iter().map(of_move).sum(), moves, sums, link }
    }

    /// The log odds of no points with which as many come about as did.
    fn base(&self, sums: &[f64], link: Link) -> f64 {
        let mut base = link.base;
        for _ in 0..ROUNDS {
            let (mut pull, mut weight) = (0.0, 1e-9);
            for &row in self.rows {
                let chance = chance(base + link.each * sums[row as usize]);
                pull += self.outcome(row) - chance;
                weight += chance * (1.0 - chance);
            }
            let step = (pull / weight).clamp(-STEP, STEP);
            base += step;
            if step.abs() < 1e-6 {
                break;
            }
        }
        base
    }
}

fn whole(sum: f64) -> i32 {
    sum.round().clamp(-BEYOND, BEYOND) as i32
}

fn link_of_sums(sums: &[f64], rows: &[u32], outcome: &[f64]) -> Link {
    let totals: Vec<i32> = rows.iter().map(|&row| whole(sums[row as usize])).collect();
    let range = totals.iter().fold((i32::MAX, i32::MIN), |(low, high), &total| (low.min(total), high.max(total)));
    link_of(&totals, outcome, range, Link { base: 0.0, each: 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::folds::Dice;

    /// Two columns of four values each; the first is worth `worth` log odds a step, by the card one.
    fn contacts(worth: f64) -> (Standing, Vec<bool>) {
        let mut dice = Dice::new(7);
        let codes: Vec<[usize; 2]> = (0..6000).map(|_| [0, 1].map(|_| (dice.next_bits() % 4) as usize)).collect();
        let points = |code: usize| 10.0 * code as f64;
        let log_odds = |[one, other]: [usize; 2]| worth * one as f64 + other as f64 - 3.0;
        let outcome = codes.iter().map(|&codes| dice.next_share() < chance(log_odds(codes))).collect();
        let slot = |column: usize, code: usize| {
            let who = (0..).zip(&codes).filter(|(_, codes)| codes[column] == code).map(|(row, _)| row).collect();
            Slot { points: points(code), who }
        };
        let slots = (0..8).map(|at| slot(at / 4, at % 4)).collect();
        let sums = codes.iter().map(|[one, other]| points(*one) + points(*other)).collect();
        (Standing { sums, slots, has_start: true, range: (0, 60) }, outcome)
    }

    #[test]
    fn points_that_hold_stay_as_they_are() {
        let (standing, outcome) = contacts(1.0);
        let made = standing.relearn(&outcome, &(0..6000).collect::<Vec<_>>());
        assert!(made.moves.iter().all(|moved| *moved == 0.0) && made.start == 0, "{made:?}");
        assert!((made.link.each - 0.1).abs() < 0.01, "{made:?}");
    }

    #[test]
    fn only_the_column_that_drifted_moves() {
        let (standing, outcome) = contacts(0.0);
        let made = standing.relearn(&outcome, &(0..6000).collect::<Vec<_>>());
        let (drifted, held) = made.moves.split_at(4);
        let now: Vec<f64> = (0..4).map(|code| 10.0 * code as f64 + drifted[code]).collect();
        let spread = now.iter().copied().fold(f64::MIN, f64::max) - now.iter().copied().fold(f64::MAX, f64::min);
        assert!(spread < 5.0, "it tells nothing any more: {made:?}");
        assert!(held.iter().all(|moved| moved.abs() < 3.0), "{made:?}");
    }

    #[test]
    fn start_moves_where_points_would_be_lost_beyond_the_range() {
        let (standing, outcome) = contacts(-1.0);
        let rows: Vec<u32> = (0..6000).collect();
        let made = standing.relearn(&outcome, &rows);
        let sums = standing.sums_with(&made);
        let beyond = |start: i32| sums.iter().filter(|&&sum| !(0.0..=60.0).contains(&(sum + f64::from(start)))).count();
        assert!(made.start != 0 && beyond(made.start) < beyond(0), "{made:?}");
        let unseen = standing.judge(&made, &rows, 0);
        assert!(unseen.iter().all(|[_, now]| (0..=60).contains(&now.total)));
    }
}
