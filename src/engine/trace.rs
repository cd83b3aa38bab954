//! What a listener hears while a score is made: a line for each thing that changed the sum.
//!
//! In: the steps of [`super::score`]. Out: whatever the listener keeps; [`Silent`] keeps nothing,
//! so that scoring and explaining are one path (rule reference, §9).

use super::plan::RuleId;
use crate::points::Points;
use crate::rules::model::ScoreId;

/// One line of a breakdown. The points of a score's lines add up to it exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Which score.
    pub score: ScoreId,
    /// What it comes from.
    pub step: Step<'a>,
    /// By how much it changed the sum.
    pub points: Points,
}

/// What a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// What everybody begins with.
    Start,
    /// A rule.
    Rule {
        /// Which one.
        rule: RuleId,
        /// How many units counted; 1 for a rule about the contact.
        units: u64,
        /// Its points before its caps.
        before_caps: Points,
    },
    /// What a group's choice takes away.
    Choice(&'a str),
    /// What a group's limit changes.
    Limit(&'a str),
    /// What a factor changes.
    Multiply(&'a str),
    /// What the range changes.
    Range,
    /// What rounding changes.
    Rounding,
    /// A component of a composite, times its weight.
    Sum(&'a str),
}

/// Hears the lines of a contact's scores.
pub trait Listener<'a> {
    /// One line; never one of 0 points, except for rules that matched.
    fn hear(&mut self, line: Line<'a>);
}

/// Hears nothing.
#[derive(Debug)]
pub struct Silent;

impl<'a> Listener<'a> for Silent {
    fn hear(&mut self, _line: Line<'a>) {}
}

impl<'a> Listener<'a> for Vec<Line<'a>> {
    fn hear(&mut self, line: Line<'a>) {
        self.push(line);
    }
}
