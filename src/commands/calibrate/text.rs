//! A calibration for people: what buyers took in, the arithmetic with its numbers, and who is ready.
//!
//! In: the figures. Out: text.

use crate::commands::figures::{Part, percent};
use crate::commands::summary::{counted, grouped};
use crate::engine::contacts::ContactId;
use crate::engine::scored::Scored;
use crate::learn::calibration::{Average, Averages, Calibration};
use crate::learn::journey::{Journey, JourneyStage};
use crate::output::table::Look;
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
        let share = self.ready as f64 / self.contacts.max(1) as f64;
        format!("{} ({})", grouped(self.ready), percent(share, 1))
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
        self.interactions().print(look, &mut out)?;
        writeln!(out, "\nPoints an interaction\n")?;
        self.arithmetic(&mut out)?;
        self.scored_again().print(look, &mut out)?;
        self.warnings(&mut out)?;
        Ok(out)
    }

    fn interactions(&self) -> Part {
        let Calibration { average, interactions, times, .. } = self.calibration;
        let stages = self.journey.stages.iter().zip(&self.calibration.stages);
        let row = |(stage, of): (&JourneyStage, &Averages)| {
            let share = percent(of.of_kind(average).to_f64() / interactions.to_f64(), 1);
            let mut row = vec![stage.rule.clone(), stage.tally.clone(), of.median.to_string(), of.mean.to_string()];
            row.extend([share, stage.times.to_string(), times.to_string()]);
            row
        };
        let columns = ["rule", "tally", "median", "mean", "share", "points before", "now"];
        Part::new("Interactions of a buyer", &columns, 2, stages.map(row).collect())
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

    fn scored_again(&self) -> Part {
        let rows = ["buyers", "others"].iter().zip(self.before.iter().zip(&self.now)).map(|(who, (before, now))| {
            let (of_before, of_now) = (short(before.mean), short(now.mean));
            vec![who.to_string(), grouped(before.contacts), before.share(), now.share(), of_before, of_now]
        });
        let at_least = format!("at least {} before", self.journey.ready);
        let columns = ["", "contacts", &at_least, "now", "mean score before", "now"];
        Part::new("Scored again", &columns, 1, rows.collect())
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

/// With two decimals at most.
fn short(number: Points) -> String {
    number.rounded(2).to_string()
}
