//! What was found out about everybody: scores, grades, stages, reasons.
//!
//! In: what visits to contacts push, in order. Out: the same by contact. Not here: how it is found.

use super::contact::ScoreOfRows;
use super::contacts::ContactId;
use super::facts::Kind;
use super::questions::Promoter;
use super::reasons::Reasons;
use super::row_set::{OfRows, RowSet};
use super::tight::Tight;
use crate::points::Points;
use crate::rules::model::{ColumnId, Model, ScoreId};

/// No grade, no stage, not disqualified.
pub const NONE: u16 = u16::MAX;

/// A cell of a contact that could not be read.
pub type ContactSpot = (ColumnId, Kind, ContactId);

/// What was found out about contacts, in their order.
#[derive(Debug)]
pub struct Found {
    /// The values of scores. The codes: their grades, the stage, the segments, and who disqualifies where somebody may.
    rows: Tight,
    scores: usize,
    segments: usize,
    may_disqualify: bool,
    /// Until a round ends, for each contact that has been placed its stage and 1 for each segment that it is in.
    placed: Vec<u16>,
    /// Why they stand where they stand.
    pub reasons: Reasons,
    /// The share of the columns that are filled in, in percent.
    pub completeness: Vec<Option<u8>>,
    /// The answers to the Net Promoter question.
    pub nps: Vec<Option<Promoter>>,
    /// For each account score whether the contact passes its filter; empty where none has one.
    pub passes: Vec<bool>,
    /// Cells that could not be read.
    pub spots: Vec<ContactSpot>,
}

impl Found {
    /// Nothing yet; with room for so many contacts, who have so many reasons each.
    pub fn with_capacity(model: &Model, reasons: usize, contacts: usize) -> Found {
        let (scores, segments, may_disqualify) =
            (model.scores.len(), model.segments.len(), !model.disqualify.is_empty());
        Found {
            rows: Tight::with_capacity(scores, scores + 1 + segments + usize::from(may_disqualify), contacts),
            scores,
            segments,
            may_disqualify,
            placed: Vec::new(),
            reasons: Reasons::with_room(reasons, contacts),
            completeness: Vec::new(),
            nps: Vec::new(),
            passes: Vec::new(),
            spots: Vec::new(),
        }
    }

    /// Adds, for the contacts of a window, the values of scores, their grades and the rules that disqualify.
    pub fn push(&mut self, contacts: usize, scores: &[ScoreOfRows], disqualified_by: &OfRows<Option<u16>>) {
        let first = self.rows.add_rows(contacts);
        for (row, rule) in disqualified_by[..contacts].iter().enumerate() {
            for (at, score) in scores.iter().enumerate() {
                self.rows.set_value(first + row, at, score.value(row));
                self.rows.set_code(first + row, at, score.grade(row).unwrap_or(NONE));
            }
            self.rows.set_code(first + row, self.scores, NONE);
            if self.may_disqualify {
                self.rows.set_code(first + row, self.scores + 1 + self.segments, rule.unwrap_or(NONE));
            }
        }
    }

    /// Adds the stage and the segments of a contact.
    pub fn push_place(&mut self, stage: Option<u16>, segments: impl Iterator<Item = bool>) {
        self.placed.push(stage.unwrap_or(NONE));
        self.placed.extend(segments.map(u16::from));
    }

    /// Adds, for each of some contacts and each account score, whether the contact passes its filter.
    pub fn push_passing(&mut self, passing: &[RowSet], rows: RowSet) {
        rows.for_each(|row| self.passes.extend(passing.iter().map(|passing| passing.contains(row))));
    }

    /// Adds what was found out about the contacts that come next.
    pub fn append(&mut self, mut other: Found) {
        self.rows.append(&other.rows);
        self.placed.append(&mut other.placed);
        self.reasons.append(other.reasons);
        self.completeness.append(&mut other.completeness);
        self.nps.append(&mut other.nps);
        self.passes.append(&mut other.passes);
        self.spots.append(&mut other.spots);
    }

    /// Takes in what a round over everybody found out; the first finds their scores.
    pub fn take_in(&mut self, mut round: Found) {
        let placed = std::mem::take(&mut round.placed);
        if self.rows.len() == 0 {
            std::mem::swap(&mut self.rows, &mut round.rows);
            std::mem::swap(&mut self.reasons, &mut round.reasons);
        }
        self.append(round);
        self.rows.set_codes(self.scores, 1 + self.segments, &placed);
    }

    /// Whether the scores of a contact are there.
    #[inline]
    pub fn is_scored(&self, contact: ContactId) -> bool {
        (contact as usize) < self.rows.len()
    }

    /// The rounded value of a score.
    #[inline]
    pub fn score(&self, contact: ContactId, score: ScoreId) -> Option<Points> {
        self.rows.value(contact as usize, score)
    }

    /// 64 bits that order values like the values, if none is too large for that; nothing for no value.
    pub fn bits(&self, contact: ContactId, score: ScoreId) -> Option<i64> {
        self.rows.value_bits(contact as usize, score)
    }

    /// The values and codes of a contact; nothing where values do not fit in there.
    #[inline]
    pub fn words(&self, contact: ContactId) -> Option<&[u64]> {
        (!self.rows.has_large()).then(|| self.rows.words(contact as usize))
    }

    /// Whether there are values that 64 bits do not hold.
    pub fn has_large(&self) -> bool {
        self.rows.has_large()
    }

    /// The index of a score's grade.
    #[inline]
    pub fn grade(&self, contact: ContactId, score: ScoreId) -> Option<u16> {
        self.code(contact, score)
    }

    /// Sets a score's grade.
    pub fn set_grade(&mut self, contact: ContactId, score: ScoreId, grade: Option<u16>) {
        self.rows.set_code(contact as usize, score, grade.unwrap_or(NONE));
    }

    /// The first rule of `disqualify` that holds.
    #[inline]
    pub fn disqualified_by(&self, contact: ContactId) -> Option<u16> {
        self.may_disqualify.then(|| self.code(contact, self.scores + 1 + self.segments))?
    }

    /// The stage.
    #[inline]
    pub fn stage(&self, contact: ContactId) -> Option<u16> {
        self.code(contact, self.scores)
    }

    /// Whether a contact is in each of the segments.
    pub fn segments(&self, contact: ContactId) -> impl Iterator<Item = bool> {
        (0..self.segments).map(move |at| self.rows.code(contact as usize, self.scores + 1 + at) == 1)
    }

    #[inline]
    fn code(&self, contact: ContactId, at: usize) -> Option<u16> {
        Some(self.rows.code(contact as usize, at)).filter(|&code| code != NONE)
    }

    /// Asks for a contact that will be looked at soon.
    pub fn ask_ahead(&self, contact: ContactId) {
        self.rows.ask_ahead(contact as usize);
    }
}
