//! What the learned rules are worth.
//!
//! In: what cards gave contacts that they had not seen, beside what the rule file in use gives them.
//! Out: tables for people. Not here: the measures.

use super::learned::Rules;
use crate::commands::figures::{Part, percent};
use crate::commands::summary::{counted, grouped};
use crate::learn::certainty::{Interval, delong};
use crate::learn::integers::PointCard;
use crate::learn::measures::{Band, Tie, average_precision, bands, brier, lift, log_loss, roc_auc, ties};
use crate::learn::validation::Unseen;
use crate::output::table::Look;
use std::io::{self, Write};
use std::path::Path;

/// Rows of the table of bands.
const BANDS: u64 = 10;
/// So many rules are listed by their share.
const LISTED: usize = 15;

/// Everything that is told.
pub struct Report<'a> {
    /// What came about.
    pub what: String,
    /// How many contacts were learned from.
    pub contacts: usize,
    /// For how many it came about.
    pub yes: usize,
    /// Contacts of whom nothing is known.
    pub left_out: usize,
    /// What cards of the other folds gave each contact.
    pub unseen: &'a [Unseen],
    /// What a card of the earlier contacts gave the latest.
    pub later: &'a [Unseen],
    /// What the rule file in use gives each contact.
    pub against: Option<&'a [f64]>,
    /// What became of each contact.
    pub outcome: &'a [bool],
    /// The rules.
    pub rules: &'a Rules,
    /// The card.
    pub card: &'a PointCard,
    /// What should be looked at.
    pub warnings: &'a [String],
}

impl Report<'_> {
    /// The comments at the head of the rule file.
    pub fn head(&self, files: &[String], activities: &[String]) -> Vec<String> {
        let name = |path: &String| Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let files: Vec<String> = files.iter().chain(activities).map(name).collect();
        let auc = by_fold(self.unseen, self.outcome, &total, roc_auc).unwrap_or(0.5);
        let link = self.card.link;
        let chance = |total: i32| percent(link.chance(total), 1);
        let (low, high) = self.card.range;
        vec![
            format!("Rules for `leadscore score`, learned from {}:", files.join(" and ")),
            format!(
                "{}, {} of them with {} ({}).",
                counted(self.contacts as u64, "contact"),
                grouped(self.yes as u64),
                self.what,
                percent(self.yes as f64 / self.contacts as f64, 1)
            ),
            format!("Contacts that it had not seen were ranked with a ROC AUC of {auc:.3} (cross-validation)."),
            format!(
                "{low} points: {} of such contacts; {}: {}; {high}: {}. Each point multiplies the odds by {:.3}.",
                chance(low),
                (low + high) / 2,
                chance((low + high) / 2),
                chance(high),
                link.each.exp()
            ),
            "Change what you know better; above a rule stands what the contacts did.".to_owned(),
        ]
    }

    /// Writes the report.
    ///
    /// # Errors
    /// Where `out` cannot be written.
    pub fn write(&self, output: &Path, out: &mut Vec<u8>) -> io::Result<()> {
        let look = Look::of_standard_output();
        let [yes, no, left_out] =
            [self.yes, self.contacts - self.yes, self.left_out].map(|count| grouped(count as u64));
        writeln!(out, "Outcome   {}: {yes} yes, {no} no; {left_out} not decided or left out", self.what)?;
        let entries: u64 = self.rules.rules.iter().map(|rule| rule.entries.len() as u64).sum();
        writeln!(out, "Rules     {} in {}", counted(entries, "rule"), output.display())?;
        for warning in self.warnings {
            writeln!(out, "Warning   {warning}")?;
        }
        let chances = ties_of(self.unseen, self.outcome, &|one| one.log_odds);
        if let Some(sure) = delong(&chances).filter(|sure| sure.low <= 0.5) {
            let Interval { low, high } = sure;
            writeln!(
                out,
                "Warning   contacts not seen may be ranked no better than by chance (ROC AUC, with 95 % confidence, {low:.3} \
                 to {high:.3}): more history is needed"
            )?;
        }
        self.measures().print(look, out)?;
        self.bands().print(look, out)?;
        self.shares().print(look, out)
    }

    fn measures(&self) -> Part {
        let mut rows = Vec::new();
        let mut add = |name: &str, unseen: &[Unseen], score: &dyn Fn(&Unseen) -> f64, has_chance: bool| {
            rows.extend((!unseen.is_empty()).then(|| measured(name, unseen, self.outcome, score, has_chance)));
        };
        add("learned, on folds not seen", self.unseen, &total, true);
        add("learned, on the latest fifth", self.later, &total, true);
        if let Some(against) = self.against {
            let score = |one: &Unseen| against[one.row as usize];
            add("the rule file in use, on those folds", self.unseen, &score, false);
            add("the rule file in use, on the latest fifth", self.later, &score, false);
        }
        how_well(rows)
    }

    fn bands(&self) -> Part {
        let row = |band: &Band| {
            vec![
                percent(band.from, 1),
                percent(band.to, 1),
                grouped(band.size),
                percent(band.predicted, 1),
                percent(band.observed, 1),
            ]
        };
        let rows = bands(&ties_of(self.unseen, self.outcome, &Unseen::chance), BANDS).iter().map(row).collect();
        let columns = ["from chance", "to chance", "contacts", "promised", "came about"];
        Part::new("What it promised contacts not seen, and what came about", &columns, 0, rows)
    }

    fn shares(&self) -> Part {
        let rules = self.rules.rules.iter().take(LISTED);
        let rows = rules.map(|rule| vec![rule.name.clone(), percent(rule.share, 1)]).collect();
        Part::new("The rules that part the contacts most", &["rule", "share"], 1, rows)
    }
}

/// A row of measures for each way to score.
pub fn how_well(rows: Vec<Vec<String>>) -> Part {
    Part::new("How well it ranks", &["", "ROC AUC", "PR AUC", "log loss", "Brier", "lift at 10 %"], 1, rows)
}

/// The measures of one way to score.
pub fn measured(
    name: &str,
    unseen: &[Unseen],
    outcome: &[bool],
    score: &dyn Fn(&Unseen) -> f64,
    has_chance: bool,
) -> Vec<String> {
    let chances = ties_of(unseen, outcome, &Unseen::chance);
    let of_chance = |measure: fn(&[Tie]) -> Option<f64>| shown(measure(&chances).filter(|_| has_chance));
    let lift = by_fold(unseen, outcome, score, |ties| lift(ties, 0.1));
    vec![
        name.to_owned(),
        shown(by_fold(unseen, outcome, score, roc_auc)),
        shown(by_fold(unseen, outcome, score, average_precision)),
        of_chance(log_loss),
        of_chance(brier),
        lift.map_or(String::new(), |lift| format!("{lift:.2}")),
    ]
}

/// A measure of every fold's own ranking, averaged: the totals of different cards are not compared.
pub fn by_fold(
    unseen: &[Unseen],
    outcome: &[bool],
    score: &dyn Fn(&Unseen) -> f64,
    measure: fn(&[Tie]) -> Option<f64>,
) -> Option<f64> {
    let folds = unseen.iter().map(|one| one.fold).max()?;
    let of = |fold| {
        let part: Vec<Unseen> = unseen.iter().filter(|one| one.fold == fold).copied().collect();
        measure(&ties_of(&part, outcome, score))
    };
    let values: Vec<f64> = (0..=folds).filter_map(of).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn ties_of(unseen: &[Unseen], outcome: &[bool], score: &dyn Fn(&Unseen) -> f64) -> Vec<Tie> {
    ties(unseen.iter().map(|one| (score(one), outcome[one.row as usize])))
}

/// What a contact has.
pub fn total(one: &Unseen) -> f64 {
    f64::from(one.total)
}

fn shown(measure: Option<f64>) -> String {
    measure.map_or(String::new(), |measure| format!("{measure:.4}"))
}
