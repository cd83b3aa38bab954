//! A calibration for people: what buyers took in, the arithmetic with its numbers, and who is ready.
//!
//! In: the figures. Out: text.

use crate::commands::summary::{counted, grouped};
use crate::engine::contacts::ContactId;
use crate::engine::scored::Scored;
use crate::learn::calibration::{Average, Averages, Calibration};
use crate::learn::journey::{Journey, JourneyStage};
use crate::output::table::{self, Look};
use crate::output::{ColumnKind, Sheet, SheetColumn};
use crate::points::{MICRO, Points};
use std::io::{self, Write};

/// With fewer buyers the average is little more than chance.
const FEW: u64 = 25;

/// What is shown.
pub struct Report {
    /// The rule file.
    pub file: String,
    /// The score.
    pub score: String,
    /// As it was asked for.
    pub outcome: String,
    /// How many contacts have no known outcome.
    pub undecided: u64,
    /// The rules that get the points.
    pub journey: Journey,
    /// What in the score changes the points of an interaction.
    pub caveats: Vec<String>,
    /// The points, and how they come about.
    pub calibration: Calibration,
    /// Buyers and the others, by the rules as they are.
    pub before: [Group; 2],
    /// The same with the new points.
    pub now: [Group; 2],
}

/// How some contacts do with one rule file.
pub struct Group {
    contacts: u64,
    ready: u64,
    mean: Points,
}

impl Group {
    /// Of these contacts, who all have the score.
    pub fn of(scored: &Scored<'_>, journey: &Journey, contacts: &[ContactId]) -> Group {
        let scores = || contacts.iter().filter_map(|&contact| scored.score(contact, journey.score));
        Group {
            contacts: contacts.len() as u64,
            ready: scores().filter(|score| *score >= journey.ready).count() as u64,
            mean: scores().sum::<Points>().divided_by(contacts.len() as u64),
        }
    }

    fn share(&self) -> String {
        let share = self.ready as f64 / self.contacts.max(1) as f64 * 100.0;
        format!("{} ({share:.1}%)", grouped(self.ready))
    }
}

impl Report {
    /// The whole report.
    pub fn text(&self, look: Look) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        let Calibration { buyers, .. } = self.calibration;
        writeln!(
            out,
            "{}: {}, learnt from {}, outcome {}",
            self.file,
            self.score,
            counted(buyers, "buyer"),
            self.outcome
        )?;
        if self.undecided > 0 {
            writeln!(out, "{} left out: the outcome is not known yet", counted(self.undecided, "contact"))?;
        }
        writeln!(out, "\nInteractions of a buyer")?;
        table::write(&self.interactions(), look, &mut out)?;
        writeln!(out, "\nPoints an interaction")?;
        self.arithmetic(&mut out)?;
        writeln!(out, "\nScored again")?;
        table::write(&self.scored_again(), look, &mut out)?;
        self.warnings(&mut out)?;
        Ok(out)
    }

    fn interactions(&self) -> Sheet<'static> {
        let mut columns = vec![SheetColumn::new("rule", ColumnKind::Text), SheetColumn::new("tally", ColumnKind::Text)];
        columns.extend(["median", "mean", "share", "points before", "now"].map(number));
        let Calibration { average, interactions, times, .. } = self.calibration;
        let stages = self.journey.stages.iter().zip(&self.calibration.stages);
        let row = |(stage, of): (&JourneyStage, &Averages)| {
            let share = of.of_kind(average).to_f64() / interactions.to_f64() * 100.0;
            let mut row = vec![stage.rule.clone(), stage.tally.clone(), of.median.to_string(), of.mean.to_string()];
            row.extend([format!("{share:.1}%"), stage.times.to_string(), times.to_string()]);
            row
        };
        Sheet::of_rows(columns, stages.map(row).collect())
    }

    /// The formula with its numbers, a line a step.
    fn arithmetic(&self, out: &mut dyn Write) -> io::Result<()> {
        let Calibration { average, rest, interactions, exact, times, reaches, .. } = &self.calibration;
        let kind = match average {
            Average::Mean => "mean",
            Average::Median => "median",
        };
        let ready = self.journey.ready;
        let (rest, all) = (rest.of_kind(*average), interactions);
        let left = ready - rest;
        let stages: Vec<String> =
            self.calibration.stages.iter().map(|stage| stage.of_kind(*average).to_string()).collect();
        let exact = short(Points::from_micro_f64(exact * MICRO as f64));
        for (what, sum) in [
            ("left for the stages: ready - rest of the score", format!("{ready} - {rest} = {left}")),
            ("interactions of an average buyer", format!("{} = {all} ({kind})", stages.join(" + "))),
            ("points an interaction", format!("{left} / {all} = {exact}, rounded to {times}")),
            ("what an average buyer then reaches", format!("{rest} + {all} × {times} = {reaches}")),
        ] {
            writeln!(out, "{what:<48}{sum}")?;
        }
        Ok(())
    }

    fn scored_again(&self) -> Sheet<'static> {
        let ready = self.journey.ready;
        let mut columns = vec![SheetColumn::new("", ColumnKind::Text)];
        let at_least = [format!("at least {ready} before"), "now".to_owned()];
        columns.push(number("contacts"));
        columns.extend(at_least.iter().map(|name| number(name)));
        columns.extend(["mean score before", "now"].map(number));
        let rows = ["buyers", "others"].iter().zip(self.before.iter().zip(&self.now)).map(|(who, (before, now))| {
            vec![
                who.to_string(),
                grouped(before.contacts),
                before.share(),
                now.share(),
                short(before.mean),
                short(now.mean),
            ]
        });
        Sheet::of_rows(columns, rows.collect())
    }

    fn warnings(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut warnings = Vec::new();
        if self.calibration.buyers < FEW {
            let buyers = counted(self.calibration.buyers, "buyer");
            warnings.push(format!("only {buyers}: under {FEW} say little"));
        }
        if !self.caveats.is_empty() {
            warnings.push(format!(
                "the arithmetic adds points up and knows nothing of {}; what the scores become is shown under `Scored \
                 again`",
                self.caveats.join(", ")
            ));
        }
        for (at, warning) in warnings.iter().enumerate() {
            writeln!(out, "{}warning: {warning}", if at == 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

fn number(name: &str) -> SheetColumn {
    SheetColumn::new(name, ColumnKind::Number)
}

/// With two decimals at most.
fn short(number: Points) -> String {
    number.rounded(2).to_string()
}
