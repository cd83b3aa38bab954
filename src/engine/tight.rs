//! Values and codes of contacts or accounts, tightly: 64 bits a value and 16 a code, those of one
//! side by side, so that they come from memory together.
//!
//! In: rows of values and codes, in order. Out: the same by place; a value that is absurdly large is
//! kept in a table of its own. Not here: what codes mean.

use crate::machine;
use crate::points::Points;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Rows of values, some of them missing, and codes.
#[derive(Debug, Default)]
pub struct Tight {
    words: Vec<u64>,
    /// How many values and how many words a row has; its codes stand behind its values.
    values: usize,
    width: usize,
    rows: usize,
    large: BTreeMap<(usize, usize), Points>,
}

/// So many rows are worked on by one worker at a time.
const AT_A_TIME: usize = 4096;
/// So many codes have room in a word.
const CODES: usize = 4;

impl Tight {
    /// What stands for no value: less than all others.
    const MISSING: i64 = i64::MIN;
    /// What stands for a value that 64 bits do not hold, whatever its sign.
    const LARGE: i64 = i64::MAX;

    /// With room for so many rows of so many values and codes.
    pub fn with_capacity(values: usize, codes: usize, rows: usize) -> Tight {
        let width = values + codes.div_ceil(CODES);
        Tight { words: machine::cleared_room(rows * width), values, width, rows: 0, large: BTreeMap::new() }
    }

    /// Adds rows behind the others; their values are 0 and their codes, too. Returns the first of them.
    pub fn add_rows(&mut self, count: usize) -> usize {
        let first = self.rows;
        self.rows += count;
        self.words.resize(self.rows * self.width, 0);
        first
    }

    /// Sets a value, once.
    #[inline]
    pub fn set_value(&mut self, row: usize, at: usize, value: Option<Points>) {
        let tight = match value.map(|points| (i64::try_from(points.0), points)) {
            None => Tight::MISSING,
            Some((Ok(tight), _)) if tight != Tight::MISSING && tight != Tight::LARGE => tight,
            Some((_, points)) => {
                self.large.insert((row, at), points);
                Tight::LARGE
            }
        };
        self.words[row * self.width + at] = tight as u64;
    }

    /// Adds the rows of another behind these.
    pub fn append(&mut self, other: &Tight) {
        let before = self.rows;
        self.large.extend(other.large.iter().map(|(&(row, at), &points)| ((before + row, at), points)));
        self.words.extend_from_slice(&other.words);
        self.rows += other.rows;
    }

    /// Whether there are values that 64 bits do not hold.
    pub fn has_large(&self) -> bool {
        !self.large.is_empty()
    }

    /// How many rows there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// The values and codes of a row.
    #[inline]
    pub fn words(&self, row: usize) -> &[u64] {
        &self.words[row * self.width..][..self.width]
    }

    /// A value.
    #[inline]
    pub fn value(&self, row: usize, at: usize) -> Option<Points> {
        match self.bits(row, at) {
            Tight::MISSING => None,
            Tight::LARGE => self.large.get(&(row, at)).copied(),
            tight => Some(Points(tight.into())),
        }
    }

    /// The 64 bits of a value, if there is one.
    #[inline]
    pub fn value_bits(&self, row: usize, at: usize) -> Option<i64> {
        Some(self.bits(row, at)).filter(|&bits| bits != Tight::MISSING)
    }

    #[inline]
    fn bits(&self, row: usize, at: usize) -> i64 {
        self.words[row * self.width + at] as i64
    }

    /// A code.
    #[inline]
    pub fn code(&self, row: usize, at: usize) -> u16 {
        let codes: &[u16] = bytemuck::cast_slice(&self.words);
        codes[(row * self.width + self.values) * CODES + at]
    }

    /// Sets a code.
    #[inline]
    pub fn set_code(&mut self, row: usize, at: usize, code: u16) {
        let codes: &mut [u16] = bytemuck::cast_slice_mut(&mut self.words);
        codes[(row * self.width + self.values) * CODES + at] = code;
    }

    /// Sets so many codes of each row from the `first` on, of those rows of which there are any.
    pub fn set_codes(&mut self, first: usize, count: usize, codes: &[u16]) {
        let place = self.values * CODES + first;
        let set_some = |(words, codes): (&mut [u64], &[u16])| {
            let rows: &mut [u16] = bytemuck::cast_slice_mut(words);
            let rows = rows.chunks_exact_mut(self.width * CODES).zip(codes.chunks_exact(count));
            rows.for_each(|(row, codes)| row[place..place + count].copy_from_slice(codes));
        };
        let some = self.words.par_chunks_mut(self.width * AT_A_TIME).zip(codes.par_chunks(count * AT_A_TIME));
        some.for_each(set_some);
    }

    /// Asks for a row that will be looked at soon.
    pub fn ask_ahead(&self, row: usize) {
        let start = row * self.width;
        machine::ask_ahead_for_all(&self.words, start..start + self.width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_and_code_comes_back() {
        let values = [0, -5, i128::MAX, i64::MAX.into(), i64::MIN.into(), i128::from(i64::MIN) + 1, i128::MIN];
        let values: Vec<Option<Points>> = values.map(|value| Some(Points(value))).into_iter().chain([None]).collect();
        let (mut all, mut part) = (Tight::with_capacity(2, 5, 1), Tight::with_capacity(2, 5, 0));
        let row = |at: usize| [values[at], values[values.len() - 1 - at]].into_iter();
        let codes = |at: usize| (0..5).map(move |code| (at * 10 + code) as u16);
        let push = |to: &mut Tight, from: usize| {
            let added = to.add_rows(4);
            for at in 0..4 {
                row(from + at).enumerate().for_each(|(place, value)| to.set_value(added + at, place, value));
                codes(from + at).enumerate().for_each(|(place, code)| to.set_code(added + at, place, code));
            }
        };
        push(&mut all, 0);
        push(&mut part, 4);
        all.append(&part);
        assert_eq!((all.len(), all.has_large()), (8, true));
        for at in 0..8 {
            assert!(row(at).eq([all.value(at, 0), all.value(at, 1)]));
            assert!(codes(at).eq((0..5).map(|code| all.code(at, code))));
        }
        all.set_code(7, 4, 9);
        all.set_codes(1, 2, &[5, 6, 7, 8]);
        let codes_of = |row: usize| (0..5).map(|code| all.code(row, code)).collect::<Vec<_>>();
        assert_eq!([codes_of(0), codes_of(1), codes_of(7)], [[0, 5, 6, 3, 4], [10, 7, 8, 13, 14], [70, 71, 72, 73, 9]]);
        assert_eq!((all.value(1, 1), all.len()), (values[6], 8));
    }
}
