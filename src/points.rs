//! Exact arithmetic: points and numbers as decimals, never as floats.
//!
//! In: digits of a cell or of a rule file. Out: [`Points`] (whole millionths) and [`Decimal`]
//! (what a cell says, with every digit). Rounding is half away from zero everywhere.
//! Not here: how a cell is written (grouping, currency); that is [`crate::value`].

mod decimal;
mod rounding;

pub use decimal::Decimal;
use rounding::{divide_rounding, power, round_to};
pub use rounding::{round_small, shifted};
use std::fmt;

/// Millionths in one point.
pub const MICRO: i128 = 1_000_000;

/// A number of points, or any value that has at most six decimals, in whole millionths.
///
/// Sums saturate at ±1.7 × 10³² points, far beyond what rules and readable cells can reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(pub i128);

impl Points {
    /// No points.
    pub const ZERO: Points = Points(0);
    /// One point; the weight that changes nothing.
    pub const ONE: Points = Points(MICRO);

    /// Whole points.
    pub const fn whole(points: i64) -> Points {
        Points(points as i128 * MICRO)
    }

    /// This value times `factor`, rounded to six decimals.
    pub fn times(self, factor: Points) -> Points {
        Points(shifted(self.0, factor.0, 6))
    }

    /// How many millionths there are from one value of so many `decimals` (0 to 6) to the next.
    pub fn step(decimals: u8) -> u64 {
        power(6 - u32::from(decimals.min(6))) as u64
    }

    /// Rounded to `decimals` (0 to 6).
    #[inline]
    pub fn rounded(self, decimals: u8) -> Points {
        Points(round_to(self.0, Points::step(decimals)))
    }

    /// This value divided by a whole number above zero, rounded to six decimals.
    pub fn divided_by(self, count: u64) -> Points {
        Points(divide_rounding(self.0, i128::from(count.max(1))))
    }

    /// The same in 64 bits, if it is less than 2⁶² in size: such may be added and rounded there.
    #[inline(always)]
    pub fn small(self) -> Option<i64> {
        let small = self.0 as i64;
        (i128::from(small) == self.0 && small.unsigned_abs() < 1 << 62).then_some(small)
    }

    /// Clamped to `[-limit, limit]`.
    pub fn clamped_to(self, limit: Points) -> Points {
        Range { low: Some(Points(-limit.0)), high: Some(limit) }.clamp(self)
    }

    /// The nearest 64-bit float, in points.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / MICRO as f64
    }

    /// From a float in millionths, rounded to the nearest whole one.
    pub fn from_micro_f64(micro: f64) -> Points {
        Points(micro.round() as i128)
    }
}

impl std::ops::Add for Points {
    type Output = Points;
    #[inline(always)]
    fn add(self, other: Points) -> Points {
        match self.0.checked_add(other.0) {
            Some(sum) => Points(sum),
            None => saturated(self, other),
        }
    }
}

/// The sum of two that are too large for one.
#[cold]
fn saturated(one: Points, other: Points) -> Points {
    Points(one.0.saturating_add(other.0))
}

impl std::ops::AddAssign for Points {
    #[inline(always)]
    fn add_assign(&mut self, other: Points) {
        *self = *self + other;
    }
}

impl std::ops::Sub for Points {
    type Output = Points;
    fn sub(self, other: Points) -> Points {
        Points(self.0.saturating_sub(other.0))
    }
}

impl std::ops::Neg for Points {
    type Output = Points;
    fn neg(self) -> Points {
        Points(-self.0)
    }
}

impl std::iter::Sum for Points {
    fn sum<I: Iterator<Item = Points>>(all: I) -> Points {
        all.fold(Points::ZERO, |sum, one| sum + one)
    }
}

impl Points {
    /// Adds its digits to a text, without trailing zeros, with `.` as the mark: `12`, `-0.5`, `1.25`.
    pub fn push_to(self, text: &mut String) {
        let size = self.0.unsigned_abs();
        if self.0 < 0 {
            text.push('-');
        }
        let mut fraction = match u64::try_from(size) {
            Ok(size) => {
                text.push_str(itoa::Buffer::new().format(size / MICRO as u64));
                (size % MICRO as u64) as u32
            }
            Err(_) => {
                text.push_str(itoa::Buffer::new().format(size / MICRO as u128));
                (size % MICRO as u128) as u32
            }
        };
        if fraction == 0 {
            return;
        }
        text.push('.');
        let mut unit = MICRO as u32 / 10;
        while fraction > 0 {
            text.push(char::from(b'0' + (fraction / unit) as u8));
            (fraction, unit) = (fraction % unit, unit / 10);
        }
    }
}

/// As [`Points::push_to`] has it.
impl fmt::Display for Points {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.push_to(&mut text);
        out.write_str(&text)
    }
}

/// Two ends, both included; a missing end is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The lower end.
    pub low: Option<Points>,
    /// The upper end.
    pub high: Option<Points>,
}

impl Range {
    /// The nearest value within the range.
    pub fn clamp(self, value: Points) -> Points {
        let value = self.low.map_or(value, |low| value.max(low));
        self.high.map_or(value, |high| value.min(high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Small, and around the sizes that 64 bits hold.
    fn values() -> impl Strategy<Value = i128> {
        let edges =
            prop_oneof![Just(0), Just(1_i128 << 62), Just(1_i128 << 63), Just(1_i128 << 64), Just(1_i128 << 100)];
        let by = prop_oneof![-9_i128..9, -3_000_000_i128..3_000_000];
        (edges, by, any::<bool>()).prop_map(|(edge, by, is_below)| if is_below { by - edge } else { by + edge })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]
        #[test]
        fn whatever_is_divided_is_rounded_half_away_from_zero(
            value in values(), digits in 0_u8..=6, count in prop_oneof![1_u64..9, Just(u64::MAX), any::<u64>()]
        ) {
            let by = |unit: i128| value.signum() * ((value.abs() * 2 + unit) / (unit * 2));
            let unit = i128::from(Points::step(digits));
            prop_assert_eq!(Points(value).rounded(digits), Points(by(unit) * unit));
            let count = count.max(1);
            prop_assert_eq!(Points(value).divided_by(count), Points(by(count.into())));
            prop_assert_eq!(Points(value).times(Points(7)), Points(value * 7).divided_by(MICRO as u64));
        }
    }

    fn points(text: &str) -> Points {
        Decimal::parse(text).unwrap().exactly().unwrap()
    }

    #[test]
    fn rounding_is_half_away_from_zero_on_both_sides() {
        assert_eq!(points("1.005").rounded(2), points("1.01"));
        assert_eq!(points("-1.005").rounded(2), points("-1.01"));
        assert_eq!(points("2.5").rounded(0), points("3"));
        assert_eq!(points("-2.4").rounded(0), points("-2"));
        assert_eq!(Points(1).times(points("0.5")), Points(1));
        assert_eq!(Points(-1).times(points("0.5")), Points(-1));
    }

    #[test]
    fn numbers_print_without_trailing_zeros() {
        for (text, printed) in
            [("1.500", "1.5"), ("-.5", "-0.5"), ("7.", "7"), ("1e3", "1000"), ("0.000001", "0.000001")]
        {
            assert_eq!(points(text).to_string(), printed);
        }
    }
}
