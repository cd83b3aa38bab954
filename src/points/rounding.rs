//! Whole numbers divided and rounded, half away from zero everywhere.
//!
//! In: whole numbers, and by what they are divided. Out: the nearest whole number, without a division of 128 bits where
//! 64 do. Not here: what the numbers mean.

use super::MICRO;

/// A whole point in millionths.
const WHOLE: u64 = MICRO as u64;
/// A hundredth of a point.
const HUNDREDTH: u64 = WHOLE / 100;

/// Decimal digits that an `i128` always holds.
pub(super) const DIGITS: u32 = 38;

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
pub(super) fn power(digits: u32) -> i128 {
    POWERS[digits as usize]
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

/// The multiple of a unit that is nearest to a value less than 2⁶² in size, half away from zero; the unit is at most a
/// whole point.
#[inline(always)]
pub fn round_small(value: i64, unit: u64) -> i64 {
    let size = (nearest(value.unsigned_abs(), unit) * unit) as i64;
    if value < 0 { -size } else { size }
}

/// The multiple of a unit of at most [`MICRO`] that is nearest to a value, half away from zero; saturates.
#[inline]
pub(super) fn round_to(value: i128, unit: u64) -> i128 {
    // 64 bits nearly always do, and then nothing of 128 is multiplied.
    match small_size(value) {
        Some(size) => with_sign_of(value, nearest(size, unit) * unit),
        None => divide_rounding(value, unit.into()).saturating_mul(unit.into()),
    }
}

/// `value / unit`, rounded half away from zero; `unit` is above zero.
#[inline]
pub(super) fn divide_rounding(value: i128, unit: i128) -> i128 {
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
