//! What may be typed behind `leadscore fit`.

use super::{Reading, Running, Sources};
use clap::{ArgGroup, Args, ValueHint};
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:\n  \
    leadscore fit contacts.csv --outcome won --activities activities.csv -o learned.yaml\n  \
    leadscore fit leads.csv --outcome status=Customer --as-of-field decided_at --against rules.yaml\n  \
    leadscore fit contacts.csv --customers customers.csv -o lookalike.yaml\n  \
    leadscore fit this-year.csv --outcome won --update learned.yaml -o learned.yaml";

/// What says which rules there are to be, where they are there already.
const NOT_WITH_UPDATE: [&str; 9] =
    ["customers", "against", "max_rules", "range", "only", "exclude", "rising", "falling", "time_split"];

/// `leadscore fit`
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES, group(ArgGroup::new("from").required(true).args(["outcome", "customers"])))]
pub struct FitArgs {
    /// Whom, and what they did.
    #[command(flatten)]
    pub sources: Sources,

    /// The column that says what became of a contact, and which text in it means yes
    ///
    /// Without a VALUE the column holds words for yes and no, such as yes, true, 1; no, false, 0. With
    /// a VALUE that text means yes and every other one no. A contact whose cell is empty is not decided
    /// yet, and is left out.
    #[arg(long, value_name = "COLUMN[=VALUE]")]
    pub outcome: Option<String>,

    /// Learn what the customers in this file have more often than the contacts at large; contacts who
    /// are customers already are left out of the comparison
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub customers: Option<String>,

    /// Where the rule file goes; `-` is standard output [default: learned.yaml, if there is none yet]
    #[arg(short, long, value_name = "RULES", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Show beside it how well this rule file ranks the same contacts
    #[arg(long, value_name = "RULES", value_hint = ValueHint::FilePath)]
    pub against: Option<PathBuf>,

    /// Keep the rules of this file and only move its points to what these contacts say; tells what
    /// moved, and why. It may be the file that is written. --capacity and --precision are not in the
    /// file: give them again
    #[arg(long, value_name = "RULES", value_hint = ValueHint::FilePath, conflicts_with_all = NOT_WITH_UPDATE)]
    pub update: Option<PathBuf>,

    /// Write at most so many rules [default: ten, or one for every five contacts of the rarer outcome]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub max_rules: Option<u16>,

    /// The least and the most points of a contact
    #[arg(long, value_name = "LEAST,MOST", default_value = "0,100", value_parser = range, allow_hyphen_values = true)]
    pub range: (i32, i32),

    /// How many of these contacts sales can take: sets where the stage SQL begins
    #[arg(long, value_name = "N", conflicts_with = "precision")]
    pub capacity: Option<u64>,

    /// For which share of those handed over it should come about, such as 30%: sets where SQL begins
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub precision: Option<f64>,

    /// Learn from these columns only, such as industry,employees; with activities, from these and
    /// what is counted of them
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub only: Vec<String>,

    /// Do not learn from these columns, nor from activities of these types
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub exclude: Vec<String>,

    /// Points of these columns may only rise with the number
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub rising: Vec<String>,

    /// Points of these columns may only fall as the number grows
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub falling: Vec<String>,

    /// Also learn from the earlier contacts by the date in this column and test on the latest fifth
    /// [default: the column of --as-of-field]
    #[arg(long, value_name = "COLUMN")]
    pub time_split: Option<String>,

    /// Draws the folds of the cross-validation
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    /// How exports are read.
    #[command(flatten)]
    pub reading: Reading,

    /// How the work is done.
    #[command(flatten)]
    pub running: Running,
}

fn range(text: &str) -> Result<(i32, i32), String> {
    let parsed =
        text.split_once(',').and_then(|(low, high)| Some((low.trim().parse().ok()?, high.trim().parse().ok()?)));
    let (low, high): (i32, i32) = parsed.ok_or("write it as LEAST,MOST in whole points, such as 0,100")?;
    if !(-100_000..=100_000).contains(&low) || !(low.saturating_add(2)..=100_000).contains(&high) {
        return Err("the most must be at least two points above the least, both within 100000".to_owned());
    }
    Ok((low, high))
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    let share = number.filter(|number| *number > 0.0 && *number < 100.0).map(|number| number / 100.0);
    share.ok_or_else(|| "write it as a percentage, such as 30%".to_owned())
}
