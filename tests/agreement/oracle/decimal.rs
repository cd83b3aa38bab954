//! Exact decimals: a whole number of units, and how many of its digits stand after the point.

use std::cmp::Ordering;
use std::fmt;

/// Kept in lowest terms, so that two equal decimals are also equal field by field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dec {
    units: i128,
    places: u32,
}

impl Dec {
    pub const ZERO: Dec = Dec { units: 0, places: 0 };

    pub fn new(mut units: i128, mut places: u32) -> Dec {
        while places > 0 && units % 10 == 0 {
            units /= 10;
            places -= 1;
        }
        Dec { units, places }
    }

    pub fn whole(number: usize) -> Dec {
        Dec::new(number as i128, 0)
    }

    /// A number as a YAML file or Rust writes one: sign, digits, point, exponent; nothing else.
    pub fn plain(text: &str) -> Option<Dec> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let negative = mantissa.starts_with('-');
        let digits = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let units: i128 = all.parse().expect("the generator keeps to numbers that fit");
        let units = if negative { -units } else { units };
        let places = fraction.len() as i32 - exponent;
        Some(if places >= 0 {
            Dec::new(units, places as u32)
        } else {
            Dec::new(units * 10i128.pow((-places) as u32), 0)
        })
    }

    fn at(self, places: u32) -> i128 {
        self.units * 10i128.pow(places - self.places)
    }

    fn aligned(self, other: Dec) -> (i128, i128, u32) {
        let places = self.places.max(other.places);
        (self.at(places), other.at(places), places)
    }

    pub fn plus(self, other: Dec) -> Dec {
        let (a, b, places) = self.aligned(other);
        Dec::new(a + b, places)
    }

    pub fn minus(self, other: Dec) -> Dec {
        self.plus(other.negated())
    }

    pub fn times(self, other: Dec) -> Dec {
        Dec::new(self.units * other.units, self.places + other.places)
    }

    pub fn negated(self) -> Dec {
        Dec { units: -self.units, ..self }
    }

    pub fn abs(self) -> Dec {
        Dec { units: self.units.abs(), ..self }
    }

    /// Half away from zero.
    pub fn rounded(self, places: u32) -> Dec {
        if self.places <= places {
            return self;
        }
        let step = 10i128.pow(self.places - places);
        let (whole, rest) = (self.units / step, self.units % step);
        let away = if rest.abs() * 2 >= step { self.units.signum() } else { 0 };
        Dec::new(whole + away, places)
    }

    /// A quotient rounded to 6 decimals.
    pub fn over(self, count: usize) -> Dec {
        // Two digits more than asked for would still round twice, so the division is done by hand.
        let (numerator, places) = if self.places > 6 { (self.units, self.places) } else { (self.at(6), 6) };
        let divisor = count as i128 * 10i128.pow(places - 6);
        let (whole, rest) = (numerator / divisor, numerator % divisor);
        let away = if rest.abs() * 2 >= divisor { numerator.signum() } else { 0 };
        Dec::new(whole + away, 6)
    }

    pub fn clamped(self, low: Option<Dec>, high: Option<Dec>) -> Dec {
        let raised = low.map_or(self, |low| self.max(low));
        high.map_or(raised, |high| raised.min(high))
    }

    pub fn is_zero(self) -> bool {
        self.units == 0
    }

    pub fn is_whole(self) -> bool {
        self.places == 0
    }

    pub fn float(self) -> f64 {
        self.to_string().parse().expect("a decimal is a float to Rust")
    }

    /// The nearest millionth, half away from zero.
    pub fn from_millionths(float: f64) -> Dec {
        Dec::new(float.round() as i128, 6)
    }

    pub fn sum(numbers: impl IntoIterator<Item = Dec>) -> Dec {
        numbers.into_iter().fold(Dec::ZERO, Dec::plus)
    }
}

impl PartialOrd for Dec {
    fn partial_cmp(&self, other: &Dec) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Dec {
    fn cmp(&self, other: &Dec) -> Ordering {
        let (a, b, _) = self.aligned(*other);
        a.cmp(&b)
    }
}

impl fmt::Display for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:0>width$}", self.units.abs(), width = self.places as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.places as usize);
        let sign = if self.units < 0 { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

#[test]
fn decimals_round_half_away_from_zero_and_lose_their_trailing_zeros() {
    let rounded = |text: &str, places| Dec::plain(text).unwrap().rounded(places).to_string();
    assert_eq!(rounded("2.345", 2), "2.35");
    assert_eq!(rounded("-2.345", 2), "-2.35");
    assert_eq!(rounded("-0.004", 2), "0");
    assert_eq!(rounded("1.999", 2), "2");
    assert_eq!(rounded("12e-4", 3), "0.001");
    assert_eq!(rounded("1.5e3", 3), "1500");
    assert_eq!(Dec::plain("10").unwrap().over(3).to_string(), "3.333333");
    assert_eq!(Dec::plain("-5").unwrap().over(3).to_string(), "-1.666667");
    assert!(Dec::plain("-0.5").unwrap() < Dec::plain("0.25").unwrap());
}
