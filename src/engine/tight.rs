//! Values of scores, tightly: 64 bits each, and a table for the few that need more.
//!
//! In: values in order. Out: the same values by place; what is absurdly large is kept too.

use crate::machine;
use crate::points::Points;
use std::collections::BTreeMap;

/// Values one after the other, some of them missing.
#[derive(Debug, Default)]
pub struct Tight {
    values: Vec<i64>,
    large: BTreeMap<usize, Points>,
}

impl Tight {
    /// What stands for no value: less than all others.
    const MISSING: i64 = i64::MIN;
    /// What stands for a value that 64 bits do not hold, whatever its sign.
    const LARGE: i64 = i64::MAX;

    /// With room for so many.
    pub fn with_capacity(count: usize) -> Tight {
        Tight { values: machine::large_room(count), large: BTreeMap::new() }
    }

    /// Adds a value behind the others.
    #[inline]
    pub fn push(&mut self, value: Option<Points>) {
        let tight = match value {
            None => Tight::MISSING,
            Some(points) => match i64::try_from(points.0) {
                Ok(tight) if tight != Tight::MISSING && tight != Tight::LARGE => tight,
                _ => {
                    self.large.insert(self.values.len(), points);
                    Tight::LARGE
                }
            },
        };
        self.values.push(tight);
    }

    /// Adds values behind the others.
    pub fn append(&mut self, mut other: Tight) {
        let start = self.values.len();
        self.large.extend(other.large.into_iter().map(|(at, points)| (start + at, points)));
        self.values.append(&mut other.values);
    }

    /// Whether there are values that 64 bits do not hold.
    pub fn has_large(&self) -> bool {
        !self.large.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The value at a place.
    #[inline]
    pub fn get(&self, at: usize) -> Option<Points> {
        match self.values[at] {
            Tight::MISSING => None,
            Tight::LARGE => self.large.get(&at).copied(),
            tight => Some(Points(tight.into())),
        }
    }

    /// Asks for a value that will be looked at soon.
    pub fn ask_ahead(&self, at: usize) {
        machine::ask_ahead(&self.values, at);
    }

    /// The 64 bits at a place.
    #[inline]
    pub fn tight(&self, at: usize) -> i64 {
        self.values[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back() {
        let values = [0, -5, i128::MAX, i64::MAX.into(), i64::MIN.into(), i128::from(i64::MIN) + 1, i128::MIN];
        let values: Vec<Option<Points>> = values.map(|value| Some(Points(value))).into_iter().chain([None]).collect();
        let (mut all, mut part) = (Tight::default(), Tight::default());
        values.iter().for_each(|value| all.push(*value));
        values.iter().rev().for_each(|value| part.push(*value));
        all.append(part);
        let expected: Vec<_> = values.iter().chain(values.iter().rev()).copied().collect();
        assert_eq!((0..all.len()).map(|at| all.get(at)).collect::<Vec<_>>(), expected);
    }
}
