//! What a card is worth on contacts that it has not seen.
//!
//! In: how candidates are coded, outcomes, and how many folds. Out: for each contact the total and the
//! probability of a card learned from the other folds only: bounds, binning, crosses, points and link included.
//! Not here: measures of them.

use super::folds::stratified;
use super::integers::{Link, PointCard, recalibration};
use super::model::{Feature, chance, columns_of};
use super::training::{Wanted, train};
use rayon::prelude::*;

/// What a contact got from a card that had not seen it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Unseen {
    /// Which contact.
    pub row: u32,
    /// The fold it was kept in.
    pub fold: u8,
    /// Its total.
    pub total: i32,
    /// Its log odds by the link of the card.
    pub log_odds: f64,
}

impl Unseen {
    /// Its probability.
    pub fn chance(&self) -> f64 {
        chance(self.log_odds)
    }
}

/// A card, and what is known of it.
pub struct Validated<C> {
    /// The card of all contacts.
    pub card: PointCard,
    /// The candidates in the codes that it was learned from.
    pub coded: C,
    /// What cards of the other folds gave each contact.
    pub unseen: Vec<Unseen>,
}

/// What a card gives contacts.
pub fn judge(card: &PointCard, features: &[Feature], rows: &[u32], fold: u8) -> Vec<Unseen> {
    let totals = card.totals(&columns_of(features, rows));
    let judged = rows.iter().zip(totals);
    judged.map(|(&row, total)| Unseen { row, fold, total, log_odds: card.link.log_odds(total) }).collect()
}

/// The card of all contacts `rows`, and what cards of the other folds gave each of them, in their
/// order. `rows` is sorted; `coded` gives every candidate as codes that are those of some contacts; `done` hears of
/// each card.
///
/// What a total means is learned from contacts that the cards had not seen either: points fit those they were
/// learned from too well, the more so the fewer there are.
pub fn train_and_validate<C: AsRef<[Feature]> + Send>(
    coded: &(dyn Fn(&[u32]) -> C + Sync),
    outcome: &[bool],
    rows: &[u32],
    folds: usize,
    wanted: &Wanted,
    done: &(dyn Fn() + Sync),
) -> Validated<C> {
    let learn = |rows: &[u32]| {
        let coded = coded(rows);
        let card = train(coded.as_ref(), outcome, rows, wanted);
        done();
        (card, coded)
    };
    let judge = |made: &(PointCard, C), rows: &[u32], fold: u8| judge(&made.0, made.1.as_ref(), rows, fold);
    let ((mut card, coded), mut unseen) = in_folds(outcome, rows, (folds, wanted.seed), &learn, &judge);
    card.link = card.link.read_as(read_honestly(&mut unseen, outcome));
    Validated { card, coded, unseen }
}

/// Reads log odds as those of the contacts that were not seen call for, each fold's as the other folds do;
/// returns how all together do.
pub fn read_honestly(unseen: &mut [Unseen], outcome: &[bool]) -> Link {
    let of = |one: &Unseen| (one.log_odds, outcome[one.row as usize]);
    let folds = unseen.iter().map(|one| one.fold).max().unwrap_or(0);
    let but = |fold| recalibration(&unseen.iter().filter(|one| one.fold != fold).map(of).collect::<Vec<_>>());
    let readings: Vec<Link> = (0..=folds).map(but).collect();
    let all = recalibration(&unseen.iter().map(of).collect::<Vec<_>>());
    for one in unseen {
        let reading = readings[usize::from(one.fold)];
        one.log_odds = reading.base + reading.each * one.log_odds;
    }
    all
}

/// How something learned judges contacts of a fold.
type Judge<'a, C, J> = dyn Fn(&C, &[u32], u8) -> Vec<J> + Sync + 'a;

/// What is learned from all contacts `rows`, and how those that were learned from the other folds judge
/// each of them, in their order. The folds are so many, drawn with a seed.
pub fn in_folds<C: Send, J: Send>(
    outcome: &[bool],
    rows: &[u32],
    (folds, seed): (usize, u64),
    learn: &(dyn Fn(&[u32]) -> C + Sync),
    judge: &Judge<'_, C, J>,
) -> (C, Vec<J>) {
    let outcomes: Vec<bool> = rows.iter().map(|&row| outcome[row as usize]).collect();
    let fold_of = stratified(&outcomes, folds, seed);
    let of_folds = || {
        let judged: Vec<Vec<J>> = (0..folds)
            .into_par_iter()
            .map(|fold| {
                let part = |kept: bool| -> Vec<u32> {
                    let is_wanted = |at: &usize| (usize::from(fold_of[*at]) == fold) == kept;
                    (0..rows.len()).filter(is_wanted).map(|at| rows[at]).collect()
                };
                judge(&learn(&part(false)), &part(true), fold as u8)
            })
            .collect();
        let mut judged: Vec<_> = judged.into_iter().map(Vec::into_iter).collect();
        fold_of.iter().filter_map(|&fold| judged[usize::from(fold)].next()).collect()
    };
    rayon::join(|| learn(rows), of_folds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::folds::Dice;

    #[test]
    fn who_was_too_sure_is_read_as_less_sure() {
        let mut dice = Dice::new(5);
        let mut one = |row: u32| {
            let truth = dice.next_share() * 4.0 - 2.0;
            let unseen = Unseen { row, fold: (row % 5) as u8, total: 0, log_odds: truth * 3.0 + 1.0 };
            (unseen, dice.next_share() < chance(truth))
        };
        let (mut unseen, outcome): (Vec<Unseen>, Vec<bool>) = (0..20_000).map(&mut one).unzip();
        let before = unseen.clone();
        let reading = read_honestly(&mut unseen, &outcome);
        assert!((reading.each - 1.0 / 3.0).abs() < 0.02 && (reading.base + 1.0 / 3.0).abs() < 0.05, "{reading:?}");
        for (before, after) in before.iter().zip(&unseen) {
            assert!((after.log_odds - (before.log_odds - 1.0) / 3.0).abs() < 0.2, "{before:?} {after:?}");
        }
    }
}
