//! Some rows of a window, one bit each.
//!
//! In: rows. Out: a set of them that fits into a register. Rules are asked of a window of rows at a
//! time, each of the rows that are left to it: so one rule after the other is unwound once for many
//! contacts, and what the processor learns from one row helps with the next.

use std::ops::{BitAnd, BitOr, Sub};

/// So many rows a window has at most.
pub const ROWS: usize = u64::BITS as usize;

/// One thing of each row of a window.
pub type OfRows<T> = [T; ROWS];

/// A set of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowSet(u64);

impl RowSet {
    /// No row.
    pub const NONE: RowSet = RowSet(0);

    /// So many from the first on, at most [`ROWS`].
    pub fn first(rows: usize) -> RowSet {
        RowSet(u64::MAX.checked_shr((ROWS - rows) as u32).unwrap_or(0))
    }

    /// Those whose bits are set.
    pub fn of(bits: u64) -> RowSet {
        RowSet(bits)
    }

    /// A bit a row.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// For each bit the rows that have it.
    pub fn of_bits(mut bits: [u64; ROWS]) -> [RowSet; ROWS] {
        // Quarters of the square change places, then quarters of these, and so on (Warren, Hacker's Delight, 7-3).
        let (mut step, mut mask) = (ROWS / 2, u64::MAX >> (ROWS / 2));
        while step > 0 {
            for row in (0..ROWS).filter(|row| row & step == 0) {
                let differ = (bits[row] >> step ^ bits[row + step]) & mask;
                bits[row] ^= differ << step;
                bits[row + step] ^= differ;
            }
            step /= 2;
            mask ^= mask << step;
        }
        bits.map(RowSet)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether a row is among them.
    pub fn contains(self, row: usize) -> bool {
        self.0 >> row & 1 == 1
    }

    /// Takes one in.
    #[inline(always)]
    pub fn insert(&mut self, row: usize) {
        self.0 |= 1 << row;
    }

    /// Takes one in if something holds, which nobody could foresee.
    #[inline(always)]
    pub fn insert_if(&mut self, holds: bool, row: usize) {
        self.0 |= u64::from(holds) << row;
    }

    /// Those of which something holds; each is asked once, in order.
    #[inline(always)]
    pub fn filter(self, mut holds: impl FnMut(usize) -> bool) -> RowSet {
        let mut kept = RowSet::NONE;
        for row in self {
            kept.insert_if(holds(row), row);
        }
        kept
    }
}

/// The rows that are in one or the other.
impl BitOr for RowSet {
    type Output = RowSet;
    fn bitor(self, other: RowSet) -> RowSet {
        RowSet(self.0 | other.0)
    }
}

/// The rows that are in both.
impl BitAnd for RowSet {
    type Output = RowSet;
    fn bitand(self, other: RowSet) -> RowSet {
        RowSet(self.0 & other.0)
    }
}

/// The rows that are not in the other.
impl Sub for RowSet {
    type Output = RowSet;
    fn sub(self, other: RowSet) -> RowSet {
        RowSet(self.0 & !other.0)
    }
}

/// In order.
impl Iterator for RowSet {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let row = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_rows_are_sets() {
        for count in [0, 1, 2, 63, 64] {
            assert!(RowSet::first(count).eq(0..count));
        }
        let (threes, fives) =
            (RowSet::first(64).filter(|row| row % 3 == 0), RowSet::first(31).filter(|row| row % 5 == 0));
        assert!((fives - threes).eq([5, 10, 20, 25]));
        assert!((threes | fives).eq((0..64).filter(|row| row % 3 == 0 || (row % 5 == 0 && *row < 31))));
        assert!((threes & fives).eq([0, 15, 30]));
        let mut bits = [0; ROWS];
        threes.for_each(|row| bits[row] = 1 << 5 | 1 << 63);
        fives.for_each(|row| bits[row] |= 1);
        let of_bits = RowSet::of_bits(bits);
        assert_eq!([0, 1, 5, 62, 63].map(|bit| of_bits[bit]), [fives, RowSet::NONE, threes, RowSet::NONE, threes]);
        assert!(threes.contains(63) && !threes.contains(62) && (threes - threes).is_empty());
    }
}
