//! `leadscore evaluate`: how well the scores of a scored file told who reached an outcome.
//!
//! In: a file that `score` wrote, with a column of outcomes. Out: the figures, as tables or as JSON.
//! Not here: how they are worked out (`learn::evaluation`).

mod text;

use super::Status;
use crate::cli::{EvaluateArgs, ReportFormat};
use crate::input;
use crate::learn::evaluation::Evaluation;
use crate::learn::scored_file::{ScoredReader, Wanted};
use crate::output::table::Look;
use anyhow::{anyhow, bail};
use std::io::Write;

/// Runs the command.
///
/// # Errors
/// Where the file can't be read, a column is not there, or it stays open what a column means.
pub fn run(args: &EvaluateArgs) -> anyhow::Result<Status> {
    let mut file = input::open(&args.scored, 0, &super::options(&args.reading))?;
    let table = file.table().clone();
    let wanted = Wanted { outcome: &args.outcome, score: args.score.as_deref(), over: args.over.as_deref() };
    let mut reader = ScoredReader::new(table.clone(), &wanted).map_err(|message| anyhow!(message))?;
    while let Some(block) = file.next_block()? {
        if let Some(row) = reader.add(&block).first() {
            bail!("{}:{}: {}", table.name, row.line, row.message);
        }
    }
    let (outcome, rows) = reader.finish().map_err(|message| anyhow!(message))?;
    if rows.outcomes.iter().all(Option::is_none) {
        bail!("{}: --outcome {outcome}: no contact has a known outcome: every cell is empty", table.name);
    }
    if let Some(value) = outcome.value.as_ref().filter(|_| !rows.outcomes.contains(&Some(true))) {
        bail!("{}: --outcome {outcome}: no cell of `{}` holds `{value}`", table.name, outcome.column);
    }
    let evaluation = Evaluation::of(&table.name, &outcome, &rows, args.capacity);
    let mut out = std::io::stdout().lock();
    match args.format {
        ReportFormat::Json => {
            serde_json::to_writer_pretty(&mut out, &evaluation)?;
            out.write_all(b"\n")?;
        }
        ReportFormat::Table => out.write_all(&text::report(&evaluation, Look::of_standard_output())?)?,
    }
    Ok(Status::Done)
}
