//! Numbers as cells give them, exact to their last digit.
//!
//! In: digits. Out: [`Decimal`]s, which are compared and multiplied as they stand. Not here: how a cell is written
//! (grouping, currency); that is [`crate::value`].

use super::rounding::{DIGITS, power, shifted};
use super::{MICRO, Points};
use std::cmp::Ordering;

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

    /// In millionths, where it is a whole number of them that 64 bits hold.
    #[inline(always)]
    pub fn in_millionths(self) -> Option<i64> {
        const UNITS: [i64; 7] = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
        i64::try_from(self.coefficient).ok()?.checked_mul(*UNITS.get(self.scale as usize)?)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> Points {
        Decimal::parse(text).unwrap().exactly().unwrap()
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
