//! What an update moved, and why.
//!
//! In: every number before and now, with what the contacts did who have it; what the old points and the
//! new ones gave contacts. Out: a report for people, and for whoever watches: its first lines. Not here:
//! the measures.

use super::cuts::Cut;
use super::report::{by_fold, how_well, measured, total};
use crate::commands::figures::{Part, percent};
use crate::commands::summary::{counted, grouped};
use crate::learn::measures::roc_auc;
use crate::learn::validation::Unseen;
use crate::output::table::Look;
use crate::points::Points;
use crate::rules::edit::Step;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

/// So many moves are told in a sentence.
const TOLD: usize = 5;

/// A number before and now.
pub struct Move<'m> {
    /// Its rule.
    pub rule: &'m str,
    /// Which part of the rule; empty for a rule's only points.
    pub bin: String,
    /// Before.
    pub before: Points,
    /// Now.
    pub now: Points,
    /// How many contacts have it.
    pub contacts: u64,
    /// For how many of them it came about.
    pub yes: u64,
}

impl Move<'_> {
    /// Which number of its rule.
    pub fn what(&self) -> String {
        if self.bin.is_empty() { "`points`".to_owned() } else { format!("`{}`", self.bin) }
    }

    /// Whether it moved by more than a point.
    pub fn is_far(&self) -> bool {
        self.size() > Points::ONE
    }

    fn size(&self) -> Points {
        (self.now - self.before).max(self.before - self.now)
    }

    fn share(&self) -> String {
        if self.contacts == 0 { String::new() } else { percent(self.yes as f64 / self.contacts as f64, 1) }
    }

    fn sentence(&self) -> String {
        let part = if self.bin.is_empty() { String::new() } else { format!(", {}", self.bin) };
        let (before, now) = (signed(self.before), signed(self.now));
        let contacts = counted(self.contacts, "contact");
        format!("{}{part}: {before} → {now}, came about for {} of {contacts}", self.rule, self.share())
    }
}

/// Where a grade or a stage begins, before and now.
pub struct NewCut {
    /// Its name.
    pub name: String,
    /// Where the number stands.
    pub path: Vec<Step>,
    /// Before.
    pub before: Points,
    /// Now.
    pub now: Points,
}

impl NewCut {
    /// The cut of a name among those that were found.
    pub fn found(name: &str, path: Vec<Step>, before: Points, found: &[Cut]) -> Option<NewCut> {
        let (_, least, _) = found.iter().find(|(other, ..)| *other == name)?;
        Some(NewCut { name: name.to_owned(), path, before, now: Points::whole(i64::from(*least)) })
    }
}

/// Everything that is told.
pub struct Moves<'a> {
    /// What came about.
    pub what: String,
    /// How many contacts were learned from.
    pub contacts: usize,
    /// For how many it came about.
    pub yes: usize,
    /// Contacts of whom nothing is known, or who are not ranked.
    pub left_out: usize,
    /// How many rules could move.
    pub rules: usize,
    /// Every number that could.
    pub moves: &'a [Move<'a>],
    /// Where grades and stages begin, as far as they are those that `fit` writes.
    pub cuts: &'a [NewCut],
    /// `start`, before and now.
    pub start: (Points, Points),
    /// What stays as it was whatever the contacts say, and why.
    pub kept: &'a [(&'a str, &'static str)],
    /// What the old points give each contact.
    pub old: &'a [Unseen],
    /// What points that were moved without it give each contact.
    pub new: &'a [Unseen],
    /// What the new points give each contact, all of which they have seen.
    pub seen: &'a [Unseen],
    /// What became of each contact.
    pub outcome: &'a [bool],
}

impl Moves<'_> {
    /// Writes the report.
    ///
    /// # Errors
    /// Where `out` cannot be written.
    pub fn write(&self, output: &Path, out: &mut Vec<u8>) -> io::Result<()> {
        let look = Look::of_standard_output();
        let moved: BTreeSet<&str> = self.moves.iter().filter(|one| one.is_far()).map(|one| one.rule).collect();
        let auc = |unseen: &[Unseen]| by_fold(unseen, self.outcome, &total, roc_auc).unwrap_or(0.5);
        writeln!(
            out,
            "Moved     {} of {} by more than one point; written to {}",
            moved.len(),
            counted(self.rules as u64, "rule"),
            output.display()
        )?;
        let [old, new, seen] = [self.old, self.new, self.seen].map(auc);
        writeln!(out, "ROC AUC   {old:.4} before; now {new:.4} on folds not seen, {seen:.4} where they were seen")?;
        writeln!(
            out,
            "          If the old points were learned from any of these contacts, hold them against the latter"
        )?;
        let [yes, no, left_out] =
            [self.yes, self.contacts - self.yes, self.left_out].map(|count| grouped(count as u64));
        writeln!(out, "Outcome   {}: {yes} yes, {no} no; {left_out} not decided, not ranked or left out", self.what)?;
        let mut largest: Vec<&Move<'_>> = self.moves.iter().filter(|one| one.size() > Points::ZERO).collect();
        largest.sort_by_key(|one| Reverse((one.size(), one.contacts)));
        for one in largest.into_iter().take(TOLD) {
            writeln!(out, "Why       {}", one.sentence())?;
        }
        for (rule, why) in self.kept {
            writeln!(out, "Kept      {rule}: {why}")?;
        }
        let measured = |name, unseen| measured(name, unseen, self.outcome, &total, true);
        let rows = [
            ("the old points", self.old),
            ("the new points, on folds not seen", self.new),
            ("the new points, on contacts they have seen", self.seen),
        ];
        how_well(rows.map(|(name, unseen)| measured(name, unseen)).to_vec()).print(look, out)?;
        let points = self.points();
        if points.rows.is_empty() { Ok(()) } else { points.print(look, out) }
    }

    /// What is another number now, in the order of the file.
    fn points(&self) -> Part {
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut add = |rule: &str, bin: &str, (before, now): (Points, Points), known: [String; 2]| {
            if before != now {
                let texts = [rule, bin].map(str::to_owned);
                rows.push([texts, [before, now].map(|points| points.to_string()), known].concat());
            }
        };
        add("start", "", self.start, Default::default());
        for one in self.moves {
            add(one.rule, &one.bin, (one.before, one.now), [grouped(one.contacts), one.share()]);
        }
        for cut in self.cuts {
            add("begins at", &cut.name, (cut.before, cut.now), Default::default());
        }
        Part::new("What moved", &["rule", "", "before", "now", "contacts", "came about"], 2, rows)
    }
}

fn signed(points: Points) -> String {
    if points > Points::ZERO { format!("+{points}") } else { points.to_string() }
}
