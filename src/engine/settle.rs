//! From a sum to the value and the grade of a score: within its range, rounded, graded (rule reference, §5, §6).
//!
//! In: sums. Out: values and indices of grades. Not here: grades that are shares of all contacts, which need everybody's
//! values first ([`super::grades`]).

use crate::points::{Points, Range, round_small};
use crate::rules::model::{GradeBounds, Grades};

/// What becomes of the sums of one score.
#[derive(Debug)]
pub struct Settle {
    range: Range,
    decimals: u8,
    /// From the lowest grade up, the least value that has it.
    bounds: Vec<Points>,
    /// For each number of bounds that a value reaches, its grade.
    grades: Vec<Option<u16>>,
    /// The same in 64 bits, if these hold all of it.
    small: Option<Small>,
}

#[derive(Debug)]
struct Small {
    low: i64,
    high: i64,
    unit: u64,
    /// Behind the last, what no value reaches.
    bounds: Vec<[i64; TOGETHER]>,
}

/// So many bounds are compared in one go.
const TOGETHER: usize = 4;

/// What a sum has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Within the range.
    pub in_range: Points,
    /// The same, rounded: the score.
    pub value: Points,
    /// The index of its grade; none where grades are not bounded by values, or none is reached.
    pub grade: Option<u16>,
}

impl Settle {
    /// For a score within this range, of so many decimals (0 to 6), with these grades.
    pub fn new(range: Range, decimals: u8, grades: &Option<Grades>) -> Settle {
        let mut all: Vec<(Points, u16)> = match grades.as_ref().map(|grades| &grades.bounds) {
            Some(GradeBounds::AtLeast(bounds)) => bounds.iter().copied().zip(0..).collect(),
            _ => Vec::new(),
        };
        // Of grades that share a bound the last is given.
        all.sort_unstable();
        let (bounds, grades): (Vec<Points>, Vec<u16>) = all.into_iter().unzip();
        let small = Small::new(range, decimals, &bounds);
        Settle {
            range,
            decimals,
            bounds,
            grades: [None].into_iter().chain(grades.into_iter().map(Some)).collect(),
            small,
        }
    }

    /// What a sum becomes.
    #[inline(always)]
    pub fn settle(&self, sum: Points) -> Settled {
        match (&self.small, sum.small()) {
            (Some(small), Some(sum)) => {
                let in_range = sum.max(small.low).min(small.high);
                let value = round_small(in_range, small.unit);
                let grade = self.grades[small.reached(value)];
                Settled { in_range: Points(in_range.into()), value: Points(value.into()), grade }
            }
            _ => self.settle_large(sum),
        }
    }

    #[cold]
    fn settle_large(&self, sum: Points) -> Settled {
        let in_range = self.range.clamp(sum);
        let value = in_range.rounded(self.decimals);
        let reached = self.bounds.partition_point(|&bound| bound <= value);
        Settled { in_range, value, grade: self.grades[reached] }
    }
}

impl Small {
    fn new(range: Range, decimals: u8, bounds: &[Points]) -> Option<Small> {
        let of_some = |bounds: &[Points]| {
            let mut some = [i64::MAX; TOGETHER];
            for (small, bound) in some.iter_mut().zip(bounds) {
                *small = bound.small()?;
            }
            Some(some)
        };
        let end = |end: Option<Points>, open| end.map_or(Some(open), Points::small);
        Some(Small {
            low: end(range.low, i64::MIN)?,
            high: end(range.high, i64::MAX)?,
            unit: Points::step(decimals),
            bounds: bounds.chunks(TOGETHER).map(of_some).collect::<Option<_>>()?,
        })
    }

    /// How many bounds a value reaches. All of them are compared: which is the last, nobody could foresee.
    #[inline(always)]
    fn reached(&self, value: i64) -> usize {
        self.bounds.iter().flatten().map(|&bound| usize::from(bound <= value)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Points> {
        let sizes = prop_oneof![4 => -90_i128..90, 1 => Just(1 << 62), 1 => Just(1 << 63), 1 => Just(i128::MAX / 9)];
        (sizes, any::<bool>(), -9_i128..9)
            .prop_map(|(size, is_below, by)| Points(if is_below { by - size } else { by + size }))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]
        #[test]
        fn sums_of_any_size_become_what_the_reference_says(
            sum in values(), ends in any::<(bool, bool)>(), all in [values(), values()], decimals in 0_u8..=6,
            bounds in prop::collection::vec(values(), 0..5),
        ) {
            let [low, high] = if all[0] <= all[1] { all } else { [all[1], all[0]] };
            let range = Range { low: ends.0.then_some(low), high: ends.1.then_some(high) };
            let grades = Grades { names: bounds.iter().map(|_| "A".to_owned()).collect(), bounds: GradeBounds::AtLeast(bounds.clone()), places: Vec::new() };
            let settled = Settle::new(range, decimals, &Some(grades)).settle(sum);
            let value = range.clamp(sum).rounded(decimals);
            prop_assert_eq!((settled.in_range, settled.value), (range.clamp(sum), value));
            let best = (0..).zip(&bounds).filter(|&(_, &bound)| bound <= value).max_by_key(|&(at, &bound)| (bound, at));
            prop_assert_eq!(settled.grade, best.map(|(at, _)| at));
        }
    }
}
