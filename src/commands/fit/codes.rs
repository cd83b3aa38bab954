//! The questions that are learned from, in codes.
//!
//! In: what every question says of every contact. Out: [`Codes`], those of some contacts. Not here: what is
//! learned from them.

use super::draft::{self, Draft};
use super::gather::{Gathered, Question};
use crate::cli::FitArgs;
use crate::learn::binning::Direction;
use crate::learn::model::Feature;
use crate::learn::values::{Coding, code};
use crate::record::loose;

/// One question that the card may ask, coded.
pub struct Coded<'a> {
    /// The question.
    pub question: &'a Question,
    /// What its codes stand for.
    pub coding: Coding,
}

/// The questions whose answers differ among the contacts learned from.
#[derive(Default)]
pub struct Codes<'a> {
    /// What is asked.
    pub coded: Vec<Coded<'a>>,
    /// Everybody's codes, question by question.
    pub features: Vec<Feature>,
}

impl AsRef<[Feature]> for Codes<'_> {
    fn as_ref(&self) -> &[Feature] {
        &self.features
    }
}

impl<'a> Codes<'a> {
    /// Cut and pooled as the values of the contacts `rows` call for.
    pub fn of(args: &FitArgs, draft: &Draft, gathered: &'a Gathered, rows: &[u32]) -> Codes<'a> {
        let named = |names: &[String], at: usize| {
            let candidate = &draft.candidates[at];
            // `head.count` is called `head_count` in rules and labelled `Head count`.
            let is_it = |name: &String| {
                loose(name) == loose(candidate.name()) || loose(&draft::label(name)) == loose(&candidate.label)
            };
            names.iter().any(is_it)
        };
        let mut made = Codes::default();
        for question in &gathered.questions {
            let direction = if named(&args.rising, question.candidate) {
                Some(Direction::Rising)
            } else {
                named(&args.falling, question.candidate).then_some(Direction::Falling)
            };
            let Some((coding, feature)) = code(&question.values, rows, direction) else { continue };
            // What says the same as another question would share its points in a way that nobody can read.
            if !made.features.iter().any(|other| is_same(other, &feature, rows)) {
                made.coded.push(Coded { question, coding });
                made.features.push(feature);
            }
        }
        made
    }
}

/// Whether nearly all contacts have the same code in both.
fn is_same(one: &Feature, other: &Feature, rows: &[u32]) -> bool {
    let differ = rows.iter().filter(|&&row| one.codes[row as usize] != other.codes[row as usize]);
    one.ordered == other.ordered && differ.take(rows.len() / 100 + 1).count() <= rows.len() / 100
}
