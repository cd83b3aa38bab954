//! What may be typed: commands, arguments, flags and their help.
//!
//! In: the words of the command line. Out: [`Cli`], or clap's own message and exit status 2. Not
//! here: what the commands do, and anything that needs a file to be opened.

mod fit;
mod outcome;

pub use fit::FitArgs;
pub use outcome::{CalibrateArgs, EvaluateArgs, ReportFormat};

use crate::output::format::Format;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use encoding_rs::Encoding;
use std::path::PathBuf;

const SCORE_EXAMPLES: &str = "Examples:\n  \
    leadscore score contacts.csv --rules rules.yaml --activities activities.csv -o scored.csv\n  \
    leadscore score crm.csv -r rules.yaml -a email_open=opens.csv -a page_view=visits.csv --top 20\n  \
    leadscore score contacts.csv -r rules.yaml --previous yesterday.csv --handoff newcomers.csv -o today.csv";

const EXPLAIN_EXAMPLES: &str = "Example:\n  \
    leadscore explain contacts.csv --rules rules.yaml --activities activities.csv --id 1042";

const CHECK_EXAMPLES: &str = "Examples:\n  \
    leadscore check rules.yaml\n  \
    leadscore check rules.yaml --contacts contacts.csv --activities activities.csv";

const INIT_EXAMPLES: &str = "Examples:\n  \
    leadscore init --contacts contacts.csv --activities activities.csv -o rules.yaml\n  \
    leadscore init --from hubspot -o rules.yaml";

/// Scores sales leads by rules that a marketer can read.
///
/// Takes the contact export of a CRM, the activity exports, and a rule file; gives the contacts
/// back ranked, graded and staged, each with the reasons.
#[derive(Debug, Parser)]
#[command(
    name = "leadscore",
    version,
    max_term_width = 100,
    propagate_version = true,
    after_help = "Start here:\n  \
        leadscore init --contacts contacts.csv -o rules.yaml\n  \
        leadscore score contacts.csv --rules rules.yaml -o scored.csv\n\n\
        Exit status: 0 done · 1 not done · 2 wrong usage · 3 done, but rows were rejected"
)]
pub struct Cli {
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Score and rank contacts
    Score(Box<ScoreArgs>),
    /// Show where a contact's points come from, and what is missing for the next grade and stage
    Explain(ExplainArgs),
    /// Look for faults in a rule file
    Check(CheckArgs),
    /// Write a rule file to start from
    Init(InitArgs),
    /// Show how well the scores told who reached an outcome
    Evaluate(EvaluateArgs),
    /// Set the points of an interaction by what past buyers did
    Calibrate(CalibrateArgs),
    /// Learn a rule file from what became of past contacts
    ///
    /// Writes an ordinary rule file in whole points, and says how well it ranks contacts that it has not
    /// seen. Looks only at contacts whose outcome is known. An honest test looks at each of them as it
    /// stood when it was decided: --as-of-field.
    Fit(Box<FitArgs>),
    /// Print the JSON Schema of the rule file, for editors
    Schema,
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  leadscore completions bash > /etc/bash_completion.d/leadscore")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example:\n  leadscore man > leadscore.1 && man ./leadscore.1")]
    Man,
}

/// Whom and what they did, and as of when: the same for every command that reads both.
#[derive(Args, Clone, Debug)]
pub struct Sources {
    /// Contact exports, read as one list: CSV, JSON or XLSX, `FILE.xlsx#SHEET`
    #[arg(required = true, value_name = "CONTACTS", value_hint = ValueHint::FilePath)]
    pub contacts: Vec<String>,

    /// An activity export; `TYPE=FILE` gives every row this type. May be given several times
    #[arg(short, long, value_name = "[TYPE=]FILE", value_hint = ValueHint::FilePath)]
    pub activities: Vec<String>,

    /// Take everybody as things stood at this instant, such as 2026-11-01 or 2026-11-01T12:00Z
    /// [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub as_of: Option<String>,

    /// Take each contact as it stood at the instant in this column, such as the day of the decision
    #[arg(long, value_name = "COLUMN")]
    pub as_of_field: Option<String>,
}

/// What is read: the same for every command that scores.
#[derive(Args, Clone, Debug)]
pub struct Inputs {
    /// Whom, and what they did.
    #[command(flatten)]
    pub sources: Sources,

    /// The rule file
    #[arg(short, long, value_name = "RULES", value_hint = ValueHint::FilePath)]
    pub rules: PathBuf,

    /// An earlier scored file, for stages that hold on and for newcomers
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub previous: Option<String>,

    /// How exports are read.
    #[command(flatten)]
    pub reading: Reading,

    /// Stop at the first cell that cannot be read as its rule asks, instead of counting it as missing
    #[arg(long)]
    pub strict: bool,
}

const READING: &str = "How exports are read";

/// What of the formats is told behind the examples.
const FORMATS: &str = "Formats of exports, told by what is in the file:\n  \
    CSV   cells parted by , ; tab or |\n  \
    JSON  a list of objects, or one object a line; properties.email is a field in a field, an\n        \
          array is a multi-select\n  \
    XLSX  the first sheet, or FILE.xlsx#SHEET; the first row that is not empty is the header\n\n\
    Each may be compressed (.gz, .zst) or be standard input (-). Text is UTF-8, UTF-16 with its\n\
    mark, or in the encoding that --encoding names.";

fn with_formats(examples: &str) -> String {
    format!("{examples}\n\n{FORMATS}")
}

/// How exports are read: the same for every command that reads any.
#[derive(Args, Clone, Debug, Default)]
pub struct Reading {
    /// What parts the cells of the files read: one character, or `tab` [default: found by itself]
    #[arg(long, value_name = "C", value_parser = delimiter, help_heading = READING)]
    pub delimiter: Option<u8>,

    /// The encoding of the files that are not UTF-8, such as windows-1250 [UTF-16 is told by its mark]
    #[arg(long, value_name = "NAME", value_parser = encoding, help_heading = READING)]
    pub encoding: Option<&'static Encoding>,

    /// What takes its meaning from a quote or a delimiter within a cell, beside quotes around the
    /// cell; Mautic and Mailchimp write backslashes
    #[arg(long, value_enum, value_name = "HOW", help_heading = READING)]
    pub escape: Option<Escape>,
}

/// `--escape`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Escape {
    /// A backslash before it
    Backslash,
}

/// How the work is done and what is said meanwhile.
#[derive(Args, Clone, Debug, Default)]
pub struct Running {
    /// How many threads work [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Show no progress bars
    #[arg(long)]
    pub no_progress: bool,
}

/// `leadscore score`
#[derive(Args, Clone, Debug)]
#[command(after_help = SCORE_EXAMPLES, after_long_help = with_formats(SCORE_EXAMPLES))]
pub struct ScoreArgs {
    /// What is read.
    #[command(flatten)]
    pub inputs: Inputs,

    /// Where the ranked contacts go; `-` is standard output [default: standard output, on a
    /// terminal a table of the best]
    #[arg(short, long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Write the newly handed over to this file: with --previous, who reached the stage since then
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub handoff: Option<PathBuf>,

    /// Write one ranked row an account to this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub accounts: Option<PathBuf>,

    /// Write every rule's points for every contact to this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub breakdown: Option<PathBuf>,

    /// Write what the run saw and did to this file, as JSON
    ///
    /// One object. Its version is 1: fields may be added, none goes or changes its meaning.
    ///   version, leadscore      of this structure, of the program
    ///   as_of, as_of_field      as of when everybody was scored; the --as-of-field
    ///   seconds                 of the whole run
    ///   timings                 seconds for: contacts, previous, activities, scoring, writing
    ///   bytes_read              of the exports
    ///   contacts                files, rows, scored, without_id, duplicates_policy,
    ///                           duplicates, shared_names
    ///   activities              files, rows, counted, orphaned, future, without_time,
    ///                           without_type, repeated, ignored (a count a rule)
    ///   scores                  for each: name, scored, mean, grades (a count a grade)
    ///   stages                  how many stand at each, the highest first; "" is none
    ///   segments, disqualified  a count for each
    ///   accounts, nps           null where the rule file has none
    ///   handed_over             how many newcomers; null without --previous or stages
    ///   handoff                 the stage, and since the earlier file: newcomers, leavers
    ///                           (below it now), gone (in no export any more), each with a
    ///                           count and the first 100 ids
    ///   unreadable              for each column: how many cells, and the first of them
    ///   rejected_rows           how many went to --rejects
    ///   warnings                what deserves a look: a code that stays, and a message
    #[arg(long, verbatim_doc_comment, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub summary: Option<PathBuf>,

    /// Write rows that cannot be used to this file and go on, instead of stopping at them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub rejects: Option<PathBuf>,

    /// The format of OUT [default: by its ending, else csv]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,

    /// Write CSV that Excel opens by double click
    ///
    /// Accents come out right (a byte-order mark), lines end as Excel ends them, and a text that
    /// Excel would run as a formula, such as =SUM(A1), has a tab before it, which the next run takes
    /// off again. Excel itself still turns 00123 into 123 when it opens a CSV file: to edit and save a
    /// file, write .xlsx. Where the decimal comma is usual, add --decimal comma.
    #[arg(long)]
    pub excel: bool,

    /// The decimal mark of the numbers in CSV that leadscore adds; with a comma, `;` parts the cells
    #[arg(long, value_enum, value_name = "MARK", default_value = "point")]
    pub decimal: Decimal,

    /// Write only these columns, in this order, such as email,lead_score or 'lead_*'
    ///
    /// Names as in the header, parted by commas; one that has a comma itself stands in double quotes.
    /// `*` stands for any text: lead_* is all that leadscore adds, and a lone * every column that no
    /// other word names: --columns 'lead_rank,*' moves one column to the front. Also for --handoff.
    #[arg(long, value_name = "NAMES")]
    pub columns: Vec<String>,

    /// Write only the N best contacts
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,

    /// Write only contacts at this stage
    #[arg(long, value_name = "NAME")]
    pub stage: Option<String>,

    /// Write only contacts whose score is at least N. May be given several times
    #[arg(long, value_name = "SCORE=N", value_parser = minimum)]
    pub min: Vec<Minimum>,

    /// How many reasons stand beside a contact; 0 for none
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub reasons: usize,

    /// Let OUT replace a file that is read
    #[arg(long)]
    pub in_place: bool,

    /// How the work is done.
    #[command(flatten)]
    pub running: Running,
}

/// `leadscore explain`
#[derive(Args, Clone, Debug)]
#[command(after_help = EXPLAIN_EXAMPLES, after_long_help = with_formats(EXPLAIN_EXAMPLES))]
pub struct ExplainArgs {
    /// What is read.
    #[command(flatten)]
    pub inputs: Inputs,

    /// The contact's id. May be given several times
    #[arg(long, value_name = "ID", required = true)]
    pub id: Vec<String>,

    /// Only this score
    #[arg(long, value_name = "NAME")]
    pub score: Option<String>,
}

/// `leadscore check`
#[derive(Args, Clone, Debug)]
#[command(after_help = CHECK_EXAMPLES, after_long_help = with_formats(CHECK_EXAMPLES))]
pub struct CheckArgs {
    /// The rule file
    #[arg(value_name = "RULES", value_hint = ValueHint::FilePath)]
    pub rules: PathBuf,

    /// A contact export whose columns the rules must find. May be given several times
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub contacts: Vec<String>,

    /// An activity export whose columns the rules must find. May be given several times
    #[arg(short, long, value_name = "[TYPE=]FILE", value_hint = ValueHint::FilePath)]
    pub activities: Vec<String>,

    /// How exports are read.
    #[command(flatten)]
    pub reading: Reading,
}

/// `leadscore init`
#[derive(Args, Clone, Debug)]
#[command(after_help = INIT_EXAMPLES, after_long_help = with_formats(INIT_EXAMPLES))]
pub struct InitArgs {
    /// Start from the rule file for this system's exports [default: found by the headers of the
    /// contact exports]
    #[arg(long, value_enum, value_name = "SYSTEM")]
    pub from: Option<System>,

    /// A contact export, for its columns. May be given several times
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub contacts: Vec<String>,

    /// An activity export, for its columns and types. May be given several times
    #[arg(short, long, value_name = "[TYPE=]FILE", value_hint = ValueHint::FilePath)]
    pub activities: Vec<String>,

    /// Where the rule file goes; `-` is standard output
    #[arg(short, long, value_name = "RULES", default_value = "rules.yaml", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,

    /// How exports are read.
    #[command(flatten)]
    pub reading: Reading,
}

/// `--from`: a system whose exports `init` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum System {
    /// HubSpot
    Hubspot,
    /// Salesforce
    Salesforce,
    /// Pipedrive
    Pipedrive,
    /// Mautic
    Mautic,
    /// Mailchimp
    Mailchimp,
    /// GetResponse
    Getresponse,
    /// Microsoft Dynamics 365
    Dynamics,
    /// Marketo
    Marketo,
}

/// What stands before the decimals of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Decimal {
    /// 12.5
    Point,
    /// 12,5
    Comma,
}

/// `--min SCORE=N`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minimum {
    /// The score's name.
    pub score: String,
    /// The least value, as typed; it is a number.
    pub value: String,
}

fn minimum(text: &str) -> Result<Minimum, String> {
    let (score, value) = text.rsplit_once('=').ok_or("write it as SCORE=N, such as total=50")?;
    let is_number = value.parse::<f64>().is_ok_and(f64::is_finite);
    if score.is_empty() || !is_number {
        return Err("write it as SCORE=N, such as total=50".to_owned());
    }
    Ok(Minimum { score: score.to_owned(), value: value.to_owned() })
}

fn encoding(name: &str) -> Result<&'static Encoding, String> {
    // Some labels stand for text that is never to be shown to anyone.
    let known = Encoding::for_label(name.as_bytes()).filter(|encoding| encoding.name() != "replacement");
    known.ok_or_else(|| {
        "not known; some that are: windows-1250, windows-1251, windows-1252, iso-8859-2, utf-16le".to_owned()
    })
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        _ if matches!(text, "tab" | "\\t") => Ok(b'\t'),
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'"' | b'\r' | b'\n') => {
            Ok(*byte)
        }
        _ => Err("write one character, such as ';', or the word tab".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_whole_line_is_taken_apart() {
        let line = "leadscore score a.csv b.csv -r r.yaml -a open=o.csv -a all.csv --min fit=10.5 --min a=b=-3 \
                    --delimiter tab --top 5 --format tsv -q";
        let Command::Score(args) = parse(line).unwrap().command else { panic!() };
        assert_eq!(args.inputs.sources.contacts, ["a.csv", "b.csv"]);
        assert_eq!(args.inputs.sources.activities, ["open=o.csv", "all.csv"]);
        assert_eq!((args.min[1].score.as_str(), args.min[1].value.as_str()), ("a=b", "-3"));
        assert_eq!((args.inputs.reading.delimiter, args.top, args.reasons), (Some(b'\t'), Some(5), 3));
        assert_eq!(args.format, Some(Format::Tsv));
        assert!(args.running.quiet);
    }

    #[test]
    fn what_makes_no_sense_is_wrong_usage() {
        for line in [
            "leadscore",
            "leadscore score",
            "leadscore score a.csv",
            "leadscore score a.csv -r r --min total",
            "leadscore score a.csv -r r --min total=many",
            "leadscore score a.csv -r r --delimiter ,,",
            "leadscore score a.csv -r r --delimiter x",
            "leadscore score a.csv -r r --encoding klingon",
            "leadscore score a.csv -r r --encoding iso-2022-kr",
            "leadscore score a.csv -r r --escape slash",
            "leadscore score a.csv -r r --threads 0",
            "leadscore score a.csv -r r --colour",
            "leadscore explain a.csv -r r",
            "leadscore evaluate a.csv",
            "leadscore evaluate a.csv --outcome won --capacity many",
            "leadscore calibrate a.csv -r r",
            "leadscore calibrate a.csv -r r --outcome won --average mode",
            "leadscore completions cmd",
        ] {
            assert_eq!(parse(line).expect_err(line).exit_code(), 2, "{line}");
        }
    }
}
