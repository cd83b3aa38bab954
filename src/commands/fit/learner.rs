//! Cards, learned from some of the contacts and tested on others.
//!
//! In: how candidates are coded, and outcomes. Out: a card, and what cards gave contacts that they had not seen: those of
//! other folds, or the latest. Not here: what is told of them.

use super::{FOLDS, LEAST};
use crate::instant::Instant;
use crate::learn::model::Feature;
use crate::learn::training::Wanted;
use crate::learn::validation::{Unseen, Validated, judge, train_and_validate};

/// A split by time keeps one part in so many for testing: the latest.
const LATEST: usize = 5;

/// Contacts in two parts by time.
pub struct Split {
    earlier: Vec<u32>,
    later: Vec<u32>,
}

/// The latest contacts and those before them; `None` where there are no dates, or too few outcomes on either side.
pub fn by_time(dates: &[Option<Instant>], rows: &[u32], outcome: &[bool]) -> Option<Split> {
    let mut dated: Vec<(Instant, u32)> =
        rows.iter().filter_map(|&row| dates[row as usize].map(|date| (date, row))).collect();
    dated.sort_unstable();
    let cut = dated.len() - dated.len() / LATEST;
    // Contacts of one instant are on one side.
    let first = dated.get(cut).map_or(dated.len(), |(date, _)| dated.partition_point(|(other, _)| other < date));
    let sorted = |part: &[(Instant, u32)]| {
        let mut rows: Vec<u32> = part.iter().map(|&(_, row)| row).collect();
        rows.sort_unstable();
        rows
    };
    let split = Split { earlier: sorted(&dated[..first]), later: sorted(&dated[first..]) };
    let has_both = |rows: &[u32]| {
        let yes = rows.iter().filter(|&&row| outcome[row as usize]).count();
        yes.min(rows.len() - yes) >= LEAST
    };
    (has_both(&split.earlier) && has_both(&split.later)).then_some(split)
}

/// How cards are learned from some of the contacts.
pub struct Learner<'a, C> {
    /// The candidates in codes that are those of some contacts.
    pub coded: &'a (dyn Fn(&[u32]) -> C + Sync),
    /// What became of everybody.
    pub outcome: &'a [bool],
    /// What is asked of the cards.
    pub wanted: &'a Wanted,
    /// Hears of each card.
    pub done: &'a (dyn Fn() + Sync),
}

impl<C: AsRef<[Feature]> + Send> Learner<'_, C> {
    /// The card of contacts, and what cards that had not seen them gave each.
    pub fn learn(&self, rows: &[u32]) -> Validated<C> {
        train_and_validate(self.coded, self.outcome, rows, FOLDS, self.wanted, self.done)
    }

    /// What a card learned from the earlier contacts gives the latest.
    pub fn of_latest(&self, split: &Split) -> Vec<Unseen> {
        let made = self.learn(&split.earlier);
        judge(&made.card, made.coded.as_ref(), &split.later, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_part_by_time_where_both_sides_have_both_outcomes() {
        let rows: Vec<u32> = (0..400).collect();
        let outcome: Vec<bool> = rows.iter().map(|row| row % 3 == 0).collect();
        let dated = |day: &dyn Fn(u32) -> Option<i64>| -> Vec<Option<Instant>> {
            rows.iter().map(|&row| day(row).map(Instant)).collect()
        };
        let split = by_time(&dated(&|row| Some(i64::from(399 - row))), &rows, &outcome).unwrap();
        assert!(split.earlier.iter().copied().eq(80..400) && split.later.iter().copied().eq(0..80));
        // Contacts of one day stay together; those without a date are in neither part.
        let split = by_time(&dated(&|row| (row < 300).then_some(i64::from(row / 150))), &rows, &outcome).unwrap();
        assert!(split.earlier.iter().copied().eq(0..150) && split.later.iter().copied().eq(150..300));
        assert!(by_time(&dated(&|_| None), &rows, &outcome).is_none());
        assert!(by_time(&dated(&|row| Some(i64::from(row))), &rows, &vec![false; 400]).is_none());
    }
}
