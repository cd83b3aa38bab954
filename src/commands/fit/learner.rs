//! Cards, learned from some of the contacts and tested on others.
//!
//! In: how candidates are coded, and outcomes. Out: a card, and what cards gave contacts that they had not seen: those of
//! other folds, or the latest. Not here: what is told of them.

use super::{FOLDS, LEAST};
use crate::instant::Instant;
use crate::learn::integers::PointCard;
use crate::learn::model::Feature;
use crate::learn::training::Wanted;
use crate::learn::validation::{Unseen, judge, train_and_validate};

/// A split by time keeps one part in so many for testing: the latest.
const LATEST: usize = 5;

/// How cards are learned from some of the contacts.
pub struct Learner<'a> {
    /// The candidates in codes that are those of some contacts.
    pub coded: &'a (dyn Fn(&[u32]) -> Vec<Feature> + Sync),
    /// What became of everybody.
    pub outcome: &'a [bool],
    /// What is asked of the cards.
    pub wanted: &'a Wanted,
    /// Hears of each card.
    pub done: &'a (dyn Fn() + Sync),
}

impl Learner<'_> {
    /// The card of contacts, and what cards that had not seen them gave each.
    pub fn learn(&self, rows: &[u32]) -> (PointCard, Vec<Unseen>) {
        train_and_validate(self.coded, self.outcome, rows, FOLDS, self.wanted, self.done)
    }

    /// What a card learned from the earlier contacts gives the latest; nothing where there are no dates, or
    /// too few outcomes on either side.
    pub fn by_time(&self, dates: &[Option<Instant>], rows: &[u32]) -> Vec<Unseen> {
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
        let (earlier, later) = (sorted(&dated[..first]), sorted(&dated[first..]));
        let has_both = |rows: &[u32]| {
            let yes = rows.iter().filter(|&&row| self.outcome[row as usize]).count();
            yes.min(rows.len() - yes) >= LEAST
        };
        if !has_both(&earlier) || !has_both(&later) {
            return Vec::new();
        }
        judge(&self.learn(&earlier).0, &(self.coded)(&earlier), &later, 0)
    }
}
