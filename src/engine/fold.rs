//! Folds: the least that must be kept of a contact's activities for one tally or one rule.
//!
//! In: a selection of activities and what is asked of them. Out: a [`Gather`], which the ledger
//! turns into numbers or units a contact. Every fold is a sum, a maximum or a set, so what comes
//! out does not depend on the order of the activities.

use crate::instant::{DAY_MS, Instant};
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

impl Gather<'_> {
    /// Whether units are kept, of which nobody knows before how many come.
    pub fn keeps_units(self) -> bool {
        matches!(self, Gather::Days { .. } | Gather::Recent { .. } | Gather::Units { .. })
    }
}

impl<'m> Fold<'m> {
    /// What is kept of the activities that `selection` takes.
    pub fn new(selection: &'m Selection, gather: Gather<'m>) -> Fold<'m> {
        Fold { selection, gather }
    }
}

/// The times of the activities that a selection takes, both ends included.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    from: Instant,
    to: Instant,
}

impl Window {
    /// No time.
    pub const NEVER: Window = Window { from: Instant(i64::MAX), to: Instant(i64::MIN) };
    /// Any time.
    pub const ALWAYS: Window = Window { from: Instant(i64::MIN), to: Instant(i64::MAX) };

    /// All times within one of the two, and those between them.
    pub fn or(self, other: Window) -> Window {
        Window { from: self.from.min(other.from), to: self.to.max(other.to) }
    }

    /// Whether a day with this local midnight (in milliseconds) is over before it begins, whatever the zone of a time.
    pub fn begins_after_day(self, midnight: i64) -> bool {
        // A zone is less than a day from UTC.
        midnight.saturating_add(3 * DAY_MS) < self.from.0
    }

    /// Whether a time is within it.
    pub fn holds(self, time: Instant) -> bool {
        self.from <= time && time <= self.to
    }
}

impl Selection {
    /// Where all its windows overlap; nothing after `as_of` has happened yet.
    pub fn window(&self, as_of: Instant) -> Window {
        let since = self.within.map_or(Instant(i64::MIN), |span| Instant(as_of.0 - span.0));
        self.between.iter().fold(Window { from: since, to: as_of }, |window, &(from, to)| Window {
            from: window.from.max(from),
            to: window.to.min(to),
        })
    }
}
