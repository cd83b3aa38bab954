//! What a card is worth on contacts that it has not seen.
//!
//! In: candidates, outcomes, and how many folds. Out: for each contact the total and the probability
//! of a card learned from the other folds only: binning, crosses, points and link included. Not here:
//! measures of them.

use super::folds::stratified;
use super::integers::PointCard;
use super::model::{Feature, columns_of};
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
    /// Its probability.
    pub chance: f64,
}

/// What a card gives contacts.
pub fn judge(card: &PointCard, features: &[Feature], rows: &[u32], fold: u8) -> Vec<Unseen> {
    let totals = card.totals(&columns_of(features, rows));
    let judged = rows.iter().zip(totals);
    judged.map(|(&row, total)| Unseen { row, fold, total, chance: card.link.chance(total) }).collect()
}

/// The card of all contacts `rows`, and what cards of the other folds gave each of them, in their
/// order. `rows` is sorted; `done` hears of each card.
pub fn train_and_validate(
    features: &[Feature],
    outcome: &[bool],
    rows: &[u32],
    folds: usize,
    wanted: &Wanted,
    done: &(dyn Fn() + Sync),
) -> (PointCard, Vec<Unseen>) {
    let learn = |rows: &[u32]| {
        let card = train(features, outcome, rows, wanted);
        done();
        card
    };
    in_folds(outcome, rows, (folds, wanted.seed), &learn, &|card, rows, fold| judge(card, features, rows, fold))
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
