//! What conditions are about: one thing, such as a contact, or some side by side.
//!
//! In: nothing; activities and contacts say what they are in these terms. Not here: what holds of
//! them.

use super::memo::Memos;
use super::read::ColumnCells;
use super::row_set::RowSet;
use crate::instant::{Instant, Zone};
use crate::points::Points;
use crate::rules::model::{Column, ColumnId, Condition, Model, Operand};
use crate::value::MissingMarkers;

/// What an operand is at the moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// No value.
    Missing,
    /// A cell that is not missing, trimmed.
    Cell(&'a str, ColumnId),
    /// A score, a number of activities, an age.
    Number(Points),
    /// The time of an activity.
    Instant(Instant),
    /// A grade.
    Text(&'a str),
}

/// How a cell could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// As a number.
    Number,
    /// As a date.
    Date,
    /// As yes or no.
    Boolean,
    /// As an answer on the scale.
    Answer,
}

/// In words: "is no number".
impl std::fmt::Display for Kind {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Kind::Number => "number",
            Kind::Date => "date",
            Kind::Boolean => "yes or no",
            Kind::Answer => "answer on the scale",
        })
    }
}

/// How the columns of one export are read.
#[derive(Clone, Copy, Debug)]
pub struct Readings<'a> {
    /// The columns, by their id.
    pub columns: &'a [Column],
    /// Texts that mean "no value".
    pub missing: &'a MissingMarkers,
    /// Of times without an offset.
    pub zone: &'a Zone,
}

impl<'a> Readings<'a> {
    /// Of the contact export.
    #[inline]
    pub fn of_contacts(model: &'a Model) -> Readings<'a> {
        Readings { columns: &model.contact_columns, missing: &model.contacts.missing, zone: &model.contacts.timezone }
    }
}

/// What conditions are about.
pub trait Facts {
    /// What an operand is.
    fn value(&self, operand: Operand) -> Value<'_>;
    /// The cell of a column, trimmed, unless it is missing.
    fn cell(&self, column: ColumnId) -> Option<&str>;
    /// How cells are read.
    fn readings(&self) -> Readings<'_>;
    /// "Now".
    fn as_of(&self) -> Instant;
    /// What is remembered of texts.
    fn memos(&self) -> &Memos;
    /// Takes note of a cell that a test could not read.
    fn unreadable(&self, column: ColumnId, kind: Kind);
}

/// Some things that conditions are about, side by side.
pub trait Rows {
    /// One of them.
    type One<'a>: Facts
    where
        Self: 'a;

    /// The one of a row.
    fn one(&self, row: usize) -> Self::One<'_>;
    /// For each row the cell of a column, trimmed, unless it is missing.
    fn cells<'a>(&'a self, column: ColumnId) -> impl Fn(usize) -> Option<&'a str>;
    /// The cells of a column, where what is read in them is kept for the next test.
    fn kept(&self, _column: ColumnId) -> Option<&ColumnCells<'_>> {
        None
    }
    /// For each row the number that an operand is; `None` where it is something else, or not at hand.
    #[inline(always)]
    fn numbers<'a>(&'a self, _operand: Operand) -> Option<impl Fn(usize) -> Option<Points> + 'a> {
        None::<fn(usize) -> Option<Points>>
    }
    /// The rows of which an operand, a number of activities, is not zero; `None` where it is something else, or
    /// that is not at hand.
    fn counted(&self, _operand: Operand) -> Option<RowSet> {
        None
    }
    /// Those of some rows of which a condition holds, where that was found out before.
    fn answered(&self, _condition: &Condition, _rows: RowSet) -> Option<RowSet> {
        None
    }
    /// How cells are read.
    fn readings(&self) -> Readings<'_>;
    /// What is remembered of texts.
    fn memos(&self) -> &Memos;
}

/// One thing alone: the row 0.
pub struct Alone<F>(pub F);

impl<F: Facts + Copy> Rows for Alone<F> {
    type One<'a>
        = F
    where
        Self: 'a;

    fn one(&self, _row: usize) -> F {
        self.0
    }

    #[inline(always)]
    fn cells<'a>(&'a self, column: ColumnId) -> impl Fn(usize) -> Option<&'a str> {
        move |_| self.0.cell(column)
    }

    #[inline(always)]
    fn readings(&self) -> Readings<'_> {
        self.0.readings()
    }

    fn memos(&self) -> &Memos {
        self.0.memos()
    }
}
