//! An evaluation for people: a few lines, then tables.
//!
//! In: an [`Evaluation`]. Out: text, shares as per cents.

use crate::commands::figures;
use crate::commands::summary::{counted, grouped};
use crate::learn::certainty::Interval;
use crate::learn::evaluation::{Area, Capacity, Conversion, Evaluation, Group, Part, Threshold};
use crate::output::table::Look;
use std::io::{self, Write};

/// The whole report.
pub fn report(evaluation: &Evaluation, look: Look) -> io::Result<Vec<u8>> {
    let mut out = Report { text: Vec::new(), look };
    out.head(evaluation)?;
    out.lift(&evaluation.lift)?;
    for group in &evaluation.grades {
        out.group(group, "grade")?;
    }
    if let Some(stages) = &evaluation.stages {
        out.group(stages, "stage")?;
    }
    out.reached(evaluation)?;
    out.thresholds(&evaluation.thresholds)?;
    out.months(evaluation)?;
    if let Some(capacity) = &evaluation.capacity {
        out.capacity(capacity)?;
    }
    for (at, warning) in evaluation.warnings.iter().enumerate() {
        writeln!(out.text, "{}warning: {}", if at == 0 { "\n" } else { "" }, warning.message)?;
    }
    Ok(out.text)
}

struct Report {
    text: Vec<u8>,
    look: Look,
}

impl Report {
    fn head(&mut self, evaluation: &Evaluation) -> io::Result<()> {
        let Evaluation { contacts, conversion, .. } = evaluation;
        writeln!(self.text, "{}: {}, outcome {}", evaluation.file, evaluation.score, evaluation.outcome)?;
        let known = counted(conversion.contacts, "contact");
        let share = shown(conversion.conversion);
        let reached = grouped(conversion.reached);
        writeln!(self.text, "{known} with a known outcome, of whom {reached} reached it: {share}")?;
        if contacts.undecided > 0 {
            let undecided = counted(contacts.undecided, "contact");
            writeln!(self.text, "{undecided} left out: the outcome is not known yet")?;
        }
        let unranked = conversion.contacts - contacts.ranked;
        if unranked > 0 {
            let unranked = counted(unranked, "contact");
            writeln!(self.text, "{unranked} not ranked, disqualified or without the score: only in grades and stages")?;
        }
        let base = shown((contacts.ranked > 0).then(|| contacts.reached as f64 / contacts.ranked as f64));
        let area = evaluation.roc_auc.map_or("-".to_owned(), |Area { value, interval }| match interval {
            Some(Interval { low, high }) => format!("{value:.3}, with 95 % confidence {low:.3} to {high:.3}"),
            None => format!("{value:.3}"),
        });
        writeln!(self.text, "\nROC AUC            {area} (0.5 is chance, 1 is best)")?;
        let precision = shown(evaluation.average_precision);
        writeln!(self.text, "average precision  {precision} (chance is {base})")
    }

    fn lift(&mut self, parts: &[Part]) -> io::Result<()> {
        let columns = ["tenth", "contacts", "lowest score", "reached", "conversion", "lift", "of ranked reached"];
        let row = |part: &Part| {
            vec![
                part.part.to_string(),
                grouped(part.contacts),
                part.least_score.to_string(),
                // Those who share a score are in two parts at times.
                if part.reached.fract() == 0.0 { grouped(part.reached as u64) } else { format!("{:.1}", part.reached) },
                shown(Some(part.conversion)),
                part.lift.map_or(NOTHING.to_owned(), |lift| format!("{lift:.2}")),
                shown(part.recall),
            ]
        };
        self.table("Lift, the best tenth first", &columns, 0, parts.iter().map(row).collect())
    }

    fn group(&mut self, group: &Group, what: &str) -> io::Result<()> {
        let rows = group.levels.iter().map(|level| {
            let name = if level.name.is_empty() { "none".to_owned() } else { level.name.clone() };
            std::iter::once(name).chain(conversion(&level.conversion)).collect()
        });
        let title = format!("Conversion by {}", group.column);
        self.table(&title, &[&[what], &CONVERSION[..]].concat(), 1, rows.collect())
    }

    fn reached(&mut self, evaluation: &Evaluation) -> io::Result<()> {
        let rows = evaluation.reached_stages.iter().map(|reached| {
            let cells = std::iter::once(reached.stage.clone()).chain(conversion(&reached.conversion));
            cells.chain([shown(reached.recall)]).collect()
        });
        let columns = [&["stage"], &CONVERSION[..], &["of all reached"]].concat();
        self.table("At a stage or above it", &columns, 1, rows.collect())
    }

    fn thresholds(&mut self, thresholds: &[Threshold]) -> io::Result<()> {
        let row = |threshold: &Threshold| {
            let Threshold { score, contacts, reached, precision, recall, f1 } = *threshold;
            let mut row = vec![score.to_string(), grouped(contacts), grouped(reached)];
            row.extend([precision, recall, f1].map(shown));
            row
        };
        let columns = ["score from", "contacts", "reached", "precision", "recall", "F1"];
        self.table("Thresholds", &columns, 0, thresholds.iter().map(row).collect())
    }

    fn months(&mut self, evaluation: &Evaluation) -> io::Result<()> {
        let Some(months) = &evaluation.months else { return Ok(()) };
        let rows = months.months.iter().map(|month| {
            let three = |value: Option<f64>| value.map_or(NOTHING.to_owned(), |value| format!("{value:.3}"));
            let interval = month.roc_auc.and_then(|area| area.interval);
            let area = [
                three(month.roc_auc.map(|area| area.value)),
                three(interval.map(|interval| interval.low)),
                three(interval.map(|interval| interval.high)),
                month.lift_of_best_tenth.map_or(NOTHING.to_owned(), |lift| format!("{lift:.2}")),
            ];
            std::iter::once(month.month.clone()).chain(conversion(&month.conversion)).chain(area).collect()
        });
        let area = ["ROC AUC", "95 % from", "to", "lift of best tenth"];
        self.table("Month by month", &[&["month"], &CONVERSION[..], &area].concat(), 1, rows.collect())?;
        if months.without_date > 0 {
            writeln!(self.text, "{} without a readable date", counted(months.without_date, "ranked contact"))?;
        }
        Ok(())
    }

    fn capacity(&mut self, capacity: &Capacity) -> io::Result<()> {
        let Capacity { at_most, takes, threshold } = capacity;
        match threshold {
            Some(threshold) => writeln!(
                self.text,
                "\nFor at most {}: hand over from a score of {}. That takes {}; of {} with a known outcome {} reached \
                 it: precision {}, recall {}",
                counted(*at_most, "contact"),
                threshold.score,
                grouped(*takes),
                grouped(threshold.contacts),
                grouped(threshold.reached),
                shown(threshold.precision),
                shown(threshold.recall)
            ),
            None => writeln!(
                self.text,
                "\nFor at most {}: no threshold takes so few: more contacts share the highest score",
                counted(*at_most, "contact")
            ),
        }
    }

    /// A table under a title, with so many columns of text; nothing where there are no rows.
    fn table(&mut self, title: &str, columns: &[&str], texts: usize, rows: Vec<Vec<String>>) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        figures::Part::new(title, columns, texts, rows).print(self.look, &mut self.text)
    }
}

/// Where there is no figure.
const NOTHING: &str = "-";

const CONVERSION: [&str; 5] = ["contacts", "reached", "conversion", "95 % from", "to"];

fn conversion(of: &Conversion) -> [String; 5] {
    let interval = of.interval;
    [
        grouped(of.contacts),
        grouped(of.reached),
        shown(of.conversion),
        shown(interval.map(|interval| interval.low)),
        shown(interval.map(|interval| interval.high)),
    ]
}

/// A share as `12.3 %`.
fn shown(share: Option<f64>) -> String {
    share.map_or(NOTHING.to_owned(), |share| figures::percent(share, 1))
}
