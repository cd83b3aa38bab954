//! Where `score` writes what, and in which form.
//!
//! In: the arguments. Out: [`Places`], refused where two of them are one file or an input, and
//! [`write_sheet`]. Not here: what is written.

use crate::cli::{self, ScoreArgs};
use crate::input::{activity_source, file_and_sheet};
use crate::output::csv::Dialect;
use crate::output::file::{Target, check_places};
use crate::output::format::Format;
use crate::output::json::Layout;
use crate::output::table::Look;
use crate::output::xlsx::Book;
use crate::output::{self, Sheet};
use crate::value::DecimalMark;
use anyhow::{Context, bail};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// A file of rows.
pub struct Place {
    /// Where it is; `-` is standard output.
    pub path: PathBuf,
    /// In which form it is written.
    pub format: Format,
}

/// Where things are written.
pub struct Places {
    /// The ranked contacts.
    pub output: Place,
    /// The newcomers.
    pub handoff: Option<Place>,
    /// The accounts.
    pub accounts: Option<Place>,
    /// The lines that add up to the scores.
    pub breakdown: Option<Place>,
    /// What the run saw and did.
    pub summary: Option<PathBuf>,
    /// Rows that can't be used.
    pub rejects: Option<PathBuf>,
    excel: bool,
    decimal: DecimalMark,
}

impl Places {
    /// The places that the arguments name.
    ///
    /// # Errors
    /// Where a place makes no sense, or an option is about none of them.
    pub fn of(args: &ScoreArgs) -> anyhow::Result<Places> {
        let output = args.output.clone().unwrap_or_else(|| PathBuf::from("-"));
        let format = match args.format {
            Some(format) => format,
            None if args.output.is_none() && io::stdout().is_terminal() => Format::Table,
            None => Format::of_file(&output)?,
        };
        if format == Format::Xlsx && output == Path::new("-") && io::stdout().is_terminal() {
            bail!("a workbook is nothing for a terminal; name a file with -o");
        }
        let beside = |path: &Option<PathBuf>| {
            let place = |path: PathBuf| Ok::<_, anyhow::Error>(Place { format: Format::of_file(&path)?, path });
            path.clone().map(place).transpose()
        };
        let places = Places {
            output: Place { path: output, format },
            handoff: beside(&args.handoff)?,
            accounts: beside(&args.accounts)?,
            breakdown: beside(&args.breakdown)?,
            summary: args.summary.clone(),
            rejects: args.rejects.clone(),
            excel: args.excel,
            decimal: match args.decimal {
                cli::Decimal::Point => DecimalMark::Point,
                cli::Decimal::Comma => DecimalMark::Comma,
            },
        };
        places.check_options()?;
        places.check(args)?;
        Ok(places)
    }

    fn of_rows(&self) -> impl Iterator<Item = (&'static str, &Place)> {
        let beside = [("--handoff", &self.handoff), ("--accounts", &self.accounts), ("--breakdown", &self.breakdown)];
        let beside = beside.into_iter().filter_map(|(flag, place)| Some((flag, place.as_ref()?)));
        std::iter::once(("-o", &self.output)).chain(beside)
    }

    /// Whether a summary of the run is written: for itself, or as a page of a workbook.
    pub fn have_summary(&self) -> bool {
        self.summary.is_some() || self.output.format == Format::Xlsx
    }

    /// An option that changes nothing is a misunderstanding.
    fn check_options(&self) -> anyhow::Result<()> {
        let is_comma = self.decimal == DecimalMark::Comma;
        if (self.excel || is_comma) && !self.of_rows().any(|(_, place)| place.format.is_delimited()) {
            let option = if self.excel { "--excel" } else { "--decimal comma" };
            bail!(
                "{option} is about CSV and TSV, and none is written; a workbook (.xlsx) needs no such option, Excel \
                 shows its numbers as they are usual where it runs"
            );
        }
        Ok(())
    }

    fn check(&self, args: &ScoreArgs) -> anyhow::Result<()> {
        let others = [("--summary", &self.summary), ("--rejects", &self.rejects)];
        let others = others.into_iter().filter_map(|(flag, path)| Some((flag, path.as_deref()?)));
        let outputs: Vec<(&str, &Path)> =
            self.of_rows().map(|(flag, place)| (flag, place.path.as_path())).chain(others).collect();
        let activities = args.inputs.sources.activities.iter().map(|argument| activity_source(argument).1);
        let read = args.inputs.sources.contacts.iter().map(String::as_str).chain(activities);
        let inputs: Vec<&Path> = read
            .chain(args.inputs.previous.as_deref())
            .map(|path| Path::new(file_and_sheet(path).0))
            .chain(std::iter::once(args.inputs.rules.as_path()))
            .collect();
        check_places(&outputs, &inputs, args.in_place)
    }

    /// Writes rows, not yet put in place; `book` is what stands around them in a workbook.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn write(
        &self,
        sheet: &Sheet<'_>,
        place: &Place,
        mut target: Target,
        book: &dyn Fn() -> Book,
    ) -> anyhow::Result<Target> {
        let dialect = |delimiter| Dialect { delimiter, excel: self.excel, decimal: self.decimal };
        let comma = if self.decimal == DecimalMark::Comma { b';' } else { b',' };
        let written = match place.format {
            Format::Csv => output::csv::write(sheet, dialect(comma), &mut target).map_err(Into::into),
            Format::Tsv => output::csv::write(sheet, dialect(b'\t'), &mut target).map_err(Into::into),
            Format::Json => output::json::write(sheet, Layout::List, &mut target).map_err(Into::into),
            Format::Ndjson => output::json::write(sheet, Layout::Lines, &mut target).map_err(Into::into),
            Format::Xlsx => output::xlsx::write(sheet, &book(), &mut target),
            Format::Table => {
                let look = if place.path == Path::new("-") { Look::of_standard_output() } else { Look::default() };
                output::table::write(sheet, look, &mut target).map_err(Into::into)
            }
        };
        let all = written.and_then(|()| Ok(target.flush()?));
        all.with_context(|| format!("cannot write {}", place.path.display()))?;
        Ok(target)
    }
}
