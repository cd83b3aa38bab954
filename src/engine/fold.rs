//! Folds: the least that must be kept of a contact's activities for one tally or one rule.
//!
//! In: a selection of activities and what is asked of them. Out: a [`Gather`], which the ledger
//! turns into numbers or units a contact. Every fold is a sum, a maximum or a set, so what comes
//! out does not depend on the order of the activities.

use crate::instant::Instant;
use crate::rules::model::{ColumnId, Decay, Per, Selection, Worth};

/// One tally's or rule's share of the activities.
#[derive(Debug)]
pub struct Fold<'m> {
    /// Which activities.
    pub selection: &'m Selection,
    /// What is kept of them.
    pub gather: Gather<'m>,
}

/// What is kept of the activities of one contact.
#[derive(Clone, Copy, Debug)]
pub enum Gather<'m> {
    /// How many.
    Count,
    /// The sum of a column.
    Sum(ColumnId),
    /// The time of the newest.
    Newest,
    /// The time of the oldest.
    Oldest,
    /// The sum of what each contributes, and how many.
    Total {
        /// The points of each.
        worth: &'m Worth,
        /// How they fade.
        decay: Option<Decay>,
    },
    /// For each calendar day the sum of what its activities contribute, and how many.
    Days {
        /// The points of each.
        worth: &'m Worth,
        /// How they fade.
        decay: Option<Decay>,
    },
    /// The newest few, each a unit.
    Recent {
        /// The points of each.
        worth: &'m Worth,
        /// How many.
        count: u64,
    },
    /// Units that may hold several activities; the newest stands for each.
    Units {
        /// What tells units apart; never [`Per::Event`].
        per: Per,
        /// The points of one; `None` where only their number counts.
        worth: Option<&'m Worth>,
    },
}

impl<'m> Fold<'m> {
    /// What is kept of the activities that `selection` takes.
    pub fn new(selection: &'m Selection, gather: Gather<'m>) -> Fold<'m> {
        Fold { selection, gather }
    }

    /// Whether an activity at `time` is within the fold's windows.
    pub fn takes(&self, time: Instant, as_of: Instant) -> bool {
        time <= as_of
            && self.selection.within.is_none_or(|span| time.0 >= as_of.0 - span.0)
            && self.selection.between.iter().all(|&(from, to)| from <= time && time <= to)
    }
}
