//! What became of a contact: whether it did what was hoped for.
//!
//! In: `COLUMN[=VALUE]` as typed, and cells of that column. Out: an [`Answer`] a cell. Not here: which
//! cells.

use crate::value::{DecimalMark, fold, parse_boolean, parse_number};
use std::borrow::Cow;
use std::fmt;

/// `--outcome COLUMN[=VALUE]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The column.
    pub column: String,
    /// What stands there when it was reached; `None`: a word for yes.
    pub value: Option<String>,
}

/// What a cell says of the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was reached.
    Yes,
    /// It was not.
    No,
    /// Not known yet: the cell is empty.
    Undecided,
    /// Neither a word for yes nor one for no.
    Unclear,
}

impl Outcome {
    /// Takes `COLUMN=VALUE` apart. A column that bears the whole name wins: `a=b` may be just that.
    pub fn parse(argument: &str, is_column: impl Fn(&str) -> bool) -> Outcome {
        match argument.split_once('=') {
            Some((column, value)) if !is_column(argument) => {
                Outcome { column: column.trim().to_owned(), value: Some(value.to_owned()) }
            }
            _ => Outcome { column: argument.to_owned(), value: None },
        }
    }

    /// What a cell says; `None` is a missing one.
    ///
    /// With a value the cell is compared with it, trimmed and with case ignored. Without one it is
    /// read as yes or no (rule reference, §2), or as the number 1 or 0, however it is written.
    pub fn answer(&self, cell: Option<&str>) -> Answer {
        let Some(text) = cell.map(str::trim).filter(|text| !text.is_empty()) else { return Answer::Undecided };
        let reached = match &self.value {
            Some(value) => Some(fold(text) == fold(value)),
            None => parse_boolean(text).or_else(|| {
                // A column of ones, zeros and gaps comes out of some programs as 1.0 and 0.0.
                match parse_number(text, DecimalMark::Point)?.to_integer()? {
                    1 => Some(true),
                    0 => Some(false),
                    _ => None,
                }
            }),
        };
        match reached {
            Some(true) => Answer::Yes,
            Some(false) => Answer::No,
            None => Answer::Unclear,
        }
    }
}

/// As it is typed.
impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(out, "{}={value}", self.column),
            None => out.write_str(&self.column),
        }
    }
}

/// So many words are named.
const NAMED: usize = 5;

/// Words of an outcome that are neither yes nor no: the first different ones, and how many cells.
#[derive(Clone, Debug, Default)]
pub struct Unclear {
    words: Vec<String>,
    cells: u64,
}

impl Unclear {
    /// Takes note of a cell.
    pub fn note(&mut self, cell: &str) {
        self.cells += 1;
        let word = fold(cell);
        if self.words.len() < NAMED && !self.words.iter().any(|known| fold(known) == word) {
            self.words.push(cell.trim().to_owned());
        }
    }

    /// What is wrong and what to do, if there was such a cell.
    pub fn fault(&self, outcome: &Outcome) -> Option<String> {
        let first = self.words.first()?;
        let words: Vec<Cow<'_, str>> = self.words.iter().map(|word| format!("`{word}`").into()).collect();
        let (column, cells) = (&outcome.column, if self.cells == 1 { "cell" } else { "cells" });
        Some(format!(
            "--outcome {column}: {} {cells} of `{column}` say neither yes nor no: {}\nSay which value means that it \
             was reached, such as --outcome '{column}={first}'; an empty cell means that it is not known yet",
            self.cells,
            words.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_may_hold_an_equals_sign_of_its_own() {
        let parse = |text: &str| Outcome::parse(text, |name| name == "a=b");
        assert_eq!(parse("a=b"), Outcome { column: "a=b".to_owned(), value: None });
        assert_eq!(parse("Stage=Closed=Won").value.as_deref(), Some("Closed=Won"));
        assert_eq!(parse("won"), Outcome { column: "won".to_owned(), value: None });
        assert_eq!((parse("won").to_string(), parse("s=W").to_string()), ("won".to_owned(), "s=W".to_owned()));
    }

    #[test]
    fn without_a_value_only_words_for_yes_and_no_are_clear() {
        let won = Outcome::parse("won", |_| false);
        for (cell, answer) in [
            ("yes", Answer::Yes),
            (" TAK ", Answer::Yes),
            ("1.0", Answer::Yes),
            ("0", Answer::No),
            ("0.0", Answer::No),
            ("false", Answer::No),
            ("", Answer::Undecided),
            (" \u{a0}", Answer::Undecided),
            ("2", Answer::Unclear),
            ("won", Answer::Unclear),
        ] {
            assert_eq!(won.answer(Some(cell)), answer, "{cell:?}");
        }
        assert_eq!(won.answer(None), Answer::Undecided);
    }

    #[test]
    fn a_value_is_compared_with_case_and_spaces_ignored() {
        let closed = Outcome::parse("stage= Closed WON", |_| false);
        assert_eq!(closed.answer(Some("closed won ")), Answer::Yes);
        assert_eq!(closed.answer(Some("Łódź")), Answer::No);
        assert_eq!(closed.answer(Some("")), Answer::Undecided);
    }

    #[test]
    fn unclear_words_are_named_once_each() {
        let mut unclear = Unclear::default();
        let won = Outcome::parse("won", |_| false);
        assert_eq!(unclear.fault(&won), None);
        ["won", "Won ", "lost"].iter().for_each(|word| unclear.note(word));
        let fault = unclear.fault(&won).unwrap();
        assert!(
            fault.starts_with("--outcome won: 3 cells of `won` say neither yes nor no: `won`, `lost`\n"),
            "{fault}"
        );
    }
}
