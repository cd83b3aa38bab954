//! Exact arithmetic: points and numbers as decimals, never as floats.
//!
//! In: digits of a cell or of a rule file. Out: [`Points`] (whole millionths) and [`Decimal`]
//! (what a cell says, with every digit). Rounding is half away from zero everywhere.
//! Not here: how a cell is written (grouping, currency); that is [`crate::value`].

use std::cmp::Ordering;
use std::fmt;

/// Millionths in one point.
pub const MICRO: i128 = 1_000_000;
/// The same, in 64 bits.
const WHOLE: u64 = MICRO as u64;
/// A hundredth of a point.
const HUNDREDTH: u64 = WHOLE / 100;

/// Decimal digits that an `i128` always holds.
const DIGITS: u32 = 38;

/// The powers of ten that an `i128` holds: none is worked out again for each number.
const POWERS: [i128; DIGITS as usize + 1] = {
    let mut powers = [1; DIGITS as usize + 1];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Ten to the power of at most [`DIGITS`].
fn power(digits: u32) -> i128 {
    POWERS[digits as usize]
}

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
        let unit = Points::step(decimals);
        // 64 bits nearly always do, and then nothing of 128 is multiplied.
        if let Some(size) = small_size(self.0) {
            return Points(with_sign_of(self.0, nearest(size, unit) * unit));
        }
        Points(divide_rounding(self.0, unit.into()).saturating_mul(unit.into()))
    }

    /// This value divided by a whole number above zero, rounded to six decimals.
    pub fn divided_by(self, count: u64) -> Points {
        Points(divide_rounding(self.0, i128::from(count.max(1))))
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
    fn add(self, other: Points) -> Points {
        Points(self.0.saturating_add(other.0))
    }
}

impl std::ops::AddAssign for Points {
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

/// A number as a cell gives it, exact to its last digit: `coefficient / 10^scale`.
///
/// Holds at most 38 significant digits (further decimals are dropped) and sizes below 10²⁴.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    coefficient: i128,
    scale: u32,
}

impl Decimal {
    /// Reads `[sign] digits [. digits] [e exponent]`; nothing else is passed over.
    ///
    /// `None` for anything else and for sizes of 10²⁴ and more.
    pub fn parse(text: &str) -> Option<Decimal> {
        let bytes = text.as_bytes();
        let (negative, mut at) = match bytes.first()? {
            b'-' => (true, 1),
            b'+' => (false, 1),
            _ => (false, 0),
        };
        let mut coefficient: i128 = 0;
        let mut scale: i64 = 0;
        let mut digits = 0usize;
        let mut after_mark = false;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'0'..=b'9' => {
                    digits += 1;
                    // Past 37 digits a whole part only grows the scale; decimals are dropped.
                    if coefficient < power(DIGITS - 2) {
                        coefficient = coefficient * 10 + i128::from(byte - b'0');
                        scale += i64::from(after_mark);
                    } else if !after_mark {
                        scale -= 1;
                    }
                }
                b'.' if !after_mark => after_mark = true,
                b'e' | b'E' if digits > 0 => break,
                _ => return None,
            }
            at += 1;
        }
        if digits == 0 {
            return None;
        }
        if at < bytes.len() {
            scale = scale.saturating_sub(parse_exponent(&bytes[at + 1..])?);
        }
        let signed = if negative { -coefficient } else { coefficient };
        Decimal::normalized(signed, scale)
    }

    /// Reads digits, among which may be a mark before the decimals, as most numbers are; `None` also for more of them
    /// than are usual.
    #[inline]
    pub fn parse_usual(text: &[u8], mark: u8) -> Option<Decimal> {
        if text.is_empty() || text.len() > 18 {
            return None;
        }
        let (mut number, mut marked) = (0_u64, None);
        for (at, &byte) in text.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit <= 9 {
                number = number * 10 + u64::from(digit);
            } else if byte == mark && marked.is_none() && text.len() > 1 {
                marked = Some(at);
            } else {
                return None;
            }
        }
        let mut scale = marked.map_or(0, |at| (text.len() - 1 - at) as u32);
        while scale > 0 && number.is_multiple_of(10) {
            (number, scale) = (number / 10, scale - 1);
        }
        Some(Decimal { coefficient: number.into(), scale })
    }

    fn normalized(mut coefficient: i128, mut scale: i64) -> Option<Decimal> {
        if coefficient == 0 {
            return Some(Decimal { coefficient: 0, scale: 0 });
        }
        while scale > 0 && coefficient % 10 == 0 {
            coefficient /= 10;
            scale -= 1;
        }
        while scale > i64::from(DIGITS - 1) {
            if coefficient == 0 {
                break;
            }
            coefficient /= 10;
            scale -= 1;
        }
        if coefficient == 0 {
            return Some(Decimal { coefficient: 0, scale: 0 });
        }
        while scale < 0 {
            if coefficient.unsigned_abs() >= 10_u128.pow(24) {
                return None;
            }
            coefficient *= 10;
            scale += 1;
        }
        let number = Decimal { coefficient, scale: scale as u32 };
        (number.whole_part().unsigned_abs() < 10_u128.pow(24)).then_some(number)
    }

    fn whole_part(self) -> i128 {
        self.coefficient / power(self.scale)
    }

    /// How it compares with a number of at most six decimals.
    #[inline]
    pub fn compare(self, other: Points) -> Ordering {
        if self.scale == 0 {
            return (self.coefficient * MICRO).cmp(&other.0);
        }
        if self.scale <= 6 {
            return (self.coefficient * power(6 - self.scale)).cmp(&other.0);
        }
        let unit = power(self.scale - 6);
        let floor = self.coefficient.div_euclid(unit);
        let above = self.coefficient.rem_euclid(unit) > 0;
        floor.cmp(&other.0).then(if above { Ordering::Greater } else { Ordering::Equal })
    }

    /// Rounded to six decimals.
    pub fn to_points(self) -> Points {
        self.times(Points::ONE)
    }

    /// Rounded down to six decimals: it is at least a bound of six decimals just when this is.
    pub fn rounded_down(self) -> Points {
        if self.scale <= 6 {
            return Points(self.coefficient * power(6 - self.scale));
        }
        Points(self.coefficient.div_euclid(power(self.scale - 6)))
    }

    /// Times `factor`, rounded once, to six decimals.
    pub fn times(self, factor: Points) -> Points {
        // coefficient / 10^scale × factor millionths, in millionths
        Points(shifted(self.coefficient, factor.0, self.scale))
    }

    /// The number as points, if six decimals hold it exactly.
    pub fn exactly(self) -> Option<Points> {
        let points = self.to_points();
        (self.compare(points) == Ordering::Equal).then_some(points)
    }

    /// The whole number it is, if it is one that fits.
    pub fn to_integer(self) -> Option<i64> {
        (self.scale == 0).then(|| i64::try_from(self.coefficient).ok()).flatten()
    }
}

impl From<Points> for Decimal {
    fn from(points: Points) -> Decimal {
        Decimal { coefficient: points.0, scale: 6 }
    }
}

fn parse_exponent(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes.first()? {
        b'-' => (true, &bytes[1..]),
        b'+' => (false, &bytes[1..]),
        _ => (false, bytes),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size = digits
        .iter()
        .fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')).min(1_000_000));
    Some(if negative { -size } else { size })
}

/// `size / unit`, rounded half up; `unit` is above zero. To divide by a number that is known beforehand takes a
/// fraction of the time: by whole points, or by the hundredths to which scores are rounded.
#[inline(always)]
fn nearest(size: u64, unit: u64) -> u64 {
    match unit {
        1 => size,
        WHOLE => (size + WHOLE / 2) / WHOLE,
        HUNDREDTH => (size + HUNDREDTH / 2) / HUNDREDTH,
        _ => (size + unit / 2) / unit,
    }
}

/// `value / unit`, rounded half away from zero; `unit` is above zero.
#[inline]
fn divide_rounding(value: i128, unit: i128) -> i128 {
    // Divisions of 128 bits take many times as long, and hardly ever are needed.
    if let (Some(size), Ok(unit)) = (small_size(value), u64::try_from(unit)) {
        return with_sign_of(value, nearest(size, unit));
    }
    let quotient = value / unit;
    let rest = (value % unit).unsigned_abs();
    if rest >= (unit as u128).div_ceil(2) { quotient + value.signum() } else { quotient }
}

/// The size of a value that 64 bits hold with its sign: half of any unit may be added to it in 64 bits.
#[inline(always)]
fn small_size(value: i128) -> Option<u64> {
    Some(i64::try_from(value).ok()?.unsigned_abs())
}

#[inline(always)]
fn with_sign_of(value: i128, size: u64) -> i128 {
    if value < 0 { -i128::from(size) } else { size.into() }
}

/// `a × b / 10^digits`, rounded half away from zero, through 256 bits where it must; saturates.
pub fn shifted(a: i128, b: i128, digits: u32) -> i128 {
    let small = |a: i128, b: i128| Some(i128::from(i64::try_from(a).ok()?) * i128::from(i64::try_from(b).ok()?));
    if digits <= DIGITS
        && let Some(product) = small(a, b).or_else(|| a.checked_mul(b))
    {
        return divide_rounding(product, power(digits));
    }
    let negative = (a < 0) != (b < 0);
    let mut limbs = wide_product(a.unsigned_abs(), b.unsigned_abs());
    let mut last_digit = 0;
    for _ in 0..digits {
        last_digit = divide_by_ten(&mut limbs);
    }
    let size = if limbs[2] | limbs[3] != 0 { u128::MAX } else { u128::from(limbs[0]) | u128::from(limbs[1]) << 64 };
    let rounded = size.saturating_add(u128::from(last_digit >= 5));
    let bounded = i128::try_from(rounded).unwrap_or(i128::MAX);
    if negative { -bounded } else { bounded }
}

fn wide_product(a: u128, b: u128) -> [u64; 4] {
    let split = |value: u128| [value as u64, (value >> 64) as u64];
    let (a, b) = (split(a), split(b));
    let mut limbs = [0_u64; 4];
    for (i, &low) in a.iter().enumerate() {
        let mut carry = 0_u128;
        for (j, &high) in b.iter().enumerate() {
            let sum = u128::from(low) * u128::from(high) + u128::from(limbs[i + j]) + carry;
            limbs[i + j] = sum as u64;
            carry = sum >> 64;
        }
        limbs[i + 2] = carry as u64;
    }
    limbs
}

/// Divides in place and returns the digit that fell out.
fn divide_by_ten(limbs: &mut [u64; 4]) -> u64 {
    let mut rest = 0_u128;
    for limb in limbs.iter_mut().rev() {
        let value = rest << 64 | u128::from(*limb);
        *limb = (value / 10) as u64;
        rest = value % 10;
    }
    rest as u64
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

    #[test]
    fn comparison_sees_digits_beyond_the_sixth() {
        let close = Decimal::parse("0.1000000000001").unwrap();
        assert_eq!(close.compare(points("0.1")), Ordering::Greater);
        assert_eq!(Decimal::parse("-0.1000000000001").unwrap().compare(points("-0.1")), Ordering::Less);
        assert!(close.exactly().is_none());
    }

    #[test]
    fn wide_products_are_exact() {
        let number = Decimal::parse("12345678901234567890.123456789").unwrap();
        assert_eq!(number.times(points("1000000")).0, 12_345_678_901_234_567_890_123_456_789_000);
        let long = Decimal::parse("0.12345678901234567890123456789012345").unwrap();
        assert_eq!(long.times(points("1000000")), points("123456.789012"));
    }

    #[test]
    fn absurd_numbers_are_unreadable_and_never_panic() {
        for text in ["1e999999999999", "1e24", "", ".", "-", "1e", "e5", "1.2.3", "--1"] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
        assert_eq!(Decimal::parse("1e-999999999999").unwrap().to_points(), Points::ZERO);
        assert_eq!(Decimal::parse(&"9".repeat(24)).unwrap().to_points().to_string(), "9".repeat(24));
        assert!(Decimal::parse(&"9".repeat(60)).is_none());
    }
}
