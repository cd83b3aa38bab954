//! Arguments of `evaluate` and `calibrate`, which hold scores against what became of people.

use super::{Inputs, Reading, with_formats};
use crate::learn::calibration::Average;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

const EVALUATE_EXAMPLES: &str = "Examples:\n  \
    leadscore evaluate scored.csv --outcome won\n  \
    leadscore evaluate scored.csv --outcome 'Deal Stage=Closed Won' --capacity 50 --over decided_at\n\n\
    Score the contacts as they stood when they were decided (score --as-of-field COLUMN): what a buyer\n\
    does after buying flatters the score.";

const CALIBRATE_EXAMPLES: &str = "Examples:\n  \
    leadscore calibrate contacts.csv -r rules.yaml -a activities.csv --outcome won --as-of-field decided_at\n  \
    leadscore calibrate contacts.csv -r rules.yaml -a activities.csv --outcome won -o new-rules.yaml\n\n\
    Give --as-of-field the day on which it was decided: what a buyer does after buying is no step towards it.";

/// `leadscore evaluate`
#[derive(Args, Clone, Debug)]
#[command(after_help = EVALUATE_EXAMPLES, after_long_help = with_formats(EVALUATE_EXAMPLES))]
pub struct EvaluateArgs {
    /// A file that `leadscore score` wrote, with a column that says what became of the contacts
    #[arg(value_name = "SCORED", value_hint = ValueHint::FilePath)]
    pub scored: String,

    /// Who reached the outcome: those with a yes in this column, or with this value
    ///
    /// An empty cell means that it is not known yet: the contact is left out. Without a value the
    /// column holds yes or no, true or false, 1 or 0.
    #[arg(long, value_name = "COLUMN[=VALUE]")]
    pub outcome: String,

    /// The score, with or without the prefix of its column [default: the one that ranked]
    #[arg(long, value_name = "NAME")]
    pub score: Option<String>,

    /// Find the threshold that takes at most N contacts
    #[arg(long, value_name = "N")]
    pub capacity: Option<u64>,

    /// Show the figures month by month, by the dates in this column
    #[arg(long, value_name = "COLUMN")]
    pub over: Option<String>,

    /// The form of the report
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub format: ReportFormat,

    /// How exports are read.
    #[command(flatten)]
    pub reading: Reading,
}

/// `leadscore calibrate`
#[derive(Args, Clone, Debug)]
#[command(after_help = CALIBRATE_EXAMPLES, after_long_help = with_formats(CALIBRATE_EXAMPLES))]
pub struct CalibrateArgs {
    /// What is read.
    #[command(flatten)]
    pub inputs: Inputs,

    /// Who bought: those with a yes in this column, or with this value
    ///
    /// An empty cell means that it is not known yet: the contact is left out. Without a value the
    /// column holds yes or no, true or false, 1 or 0.
    #[arg(long, value_name = "COLUMN[=VALUE]")]
    pub outcome: String,

    /// How many points make a contact ready for sales [default: what the stage that is handed over
    /// asks for]
    #[arg(long, value_name = "N")]
    pub ready: Option<String>,

    /// Which buyer is the average one
    #[arg(long, value_enum, value_name = "WHICH", default_value = "mean")]
    pub average: Average,

    /// Write the rule file with the new numbers to this file; `-` is standard output
    ///
    /// Only the numbers behind `times` change: comments, order and line ends stay as they are.
    #[arg(short, long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Let OUT replace the rule file
    #[arg(long)]
    pub in_place: bool,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people
    Table,
    /// For programs
    Json,
}
