//! `leadscore score`: scores everybody and writes the ranked contacts, and whatever else was asked
//! for. Nothing is put in its place before everything is written.

use super::Status;
use super::scoring::{self, Report, Run};
use super::summary::Summary;
use crate::cli::{self, ScoreArgs};
use crate::engine::contacts::ContactId;
use crate::engine::scored::Scored;
use crate::input::rejects::Rejects;
use crate::input::{activity_source, file_and_sheet};
use crate::instant::Instant;
use crate::output::file::{Target, check_places, commit_all};
use crate::output::format::Format;
use crate::output::progress::Progress;
use crate::output::table::Look;
use crate::output::{self, Sheet, ranked};
use crate::points::{Decimal, Points};
use crate::record::loose;
use crate::rules::model::{Model, ScoreId};
use anyhow::{Context, anyhow, bail};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time;

/// So many contacts are shown on a terminal unless `--top` says otherwise.
const SHOWN: usize = 20;

/// Runs the command.
///
/// # Errors
/// Faults of the rule file, of an export, or of a place that can't be written to.
pub fn run(args: &ScoreArgs) -> anyhow::Result<Status> {
    let started = time::Instant::now();
    let now = Instant(jiff::Timestamp::now().as_millisecond());
    let threads = args.running.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start threads")?;
    let places = Places::of(args)?;
    let rule_file = scoring::load_rules(&args.inputs.rules, args.running.quiet)?;
    let wanted = Wanted::of(args, &rule_file.model)?;
    let rejects = places.rejects.as_deref().map(Target::create).transpose()?.map(Rejects::new).transpose()?;
    let run = Run {
        inputs: &args.inputs,
        reasons: args.reasons,
        now,
        rejects,
        progress: Progress::new(!args.running.quiet && !args.running.no_progress),
    };
    pool.install(|| {
        scoring::run(run, &rule_file, |scored, report, rejects| {
            let summary = Summary::new(scored, report, args.inputs.as_of_field.as_deref(), started.elapsed());
            write_all(args, &places, &wanted, scored, &summary, rejects)?;
            if !args.running.quiet {
                let rejects = places.rejects.as_ref().map(|path| path.display().to_string());
                let _ = io::stderr().write_all(summary.text(rejects.as_deref()).as_bytes());
            }
            Ok(status(report))
        })
    })
}

fn status(report: &Report) -> Status {
    if report.rejected > 0 { Status::RowsRejected } else { Status::Done }
}

/// Where things are written.
struct Places {
    output: PathBuf,
    format: Format,
    handoff: Option<(PathBuf, Format)>,
    accounts: Option<(PathBuf, Format)>,
    breakdown: Option<(PathBuf, Format)>,
    summary: Option<PathBuf>,
    rejects: Option<PathBuf>,
}

impl Places {
    fn of(args: &ScoreArgs) -> anyhow::Result<Places> {
        let output = args.output.clone().unwrap_or_else(|| PathBuf::from("-"));
        let format = match args.format {
            Some(cli::Format::Csv) => Format::Csv,
            Some(cli::Format::Tsv) => Format::Tsv,
            Some(cli::Format::Table) => Format::Table,
            None if args.output.is_none() && io::stdout().is_terminal() => Format::Table,
            None => Format::of_file(&output)?,
        };
        let with_format = |path: &Option<PathBuf>| {
            path.clone().map(|path| Ok::<_, anyhow::Error>((Format::of_file(&path)?, path))).transpose()
        };
        let swap = |place: Option<(Format, PathBuf)>| place.map(|(format, path)| (path, format));
        let places = Places {
            output,
            format,
            handoff: swap(with_format(&args.handoff)?),
            accounts: swap(with_format(&args.accounts)?),
            breakdown: swap(with_format(&args.breakdown)?),
            summary: args.summary.clone(),
            rejects: args.rejects.clone(),
        };
        places.check(args)?;
        Ok(places)
    }

    fn check(&self, args: &ScoreArgs) -> anyhow::Result<()> {
        let flags: [(&str, Option<&Path>); 6] = [
            ("-o", Some(&self.output)),
            ("--handoff", self.handoff.as_ref().map(|(path, _)| path.as_path())),
            ("--accounts", self.accounts.as_ref().map(|(path, _)| path.as_path())),
            ("--breakdown", self.breakdown.as_ref().map(|(path, _)| path.as_path())),
            ("--summary", self.summary.as_deref()),
            ("--rejects", self.rejects.as_deref()),
        ];
        let outputs: Vec<(&str, &Path)> = flags.into_iter().filter_map(|(flag, path)| Some((flag, path?))).collect();
        let activities = args.inputs.activities.iter().map(|argument| activity_source(argument).1);
        let read = args.inputs.contacts.iter().map(String::as_str).chain(activities);
        let inputs: Vec<&Path> = read
            .chain(args.inputs.previous.as_deref())
            .map(|path| Path::new(file_and_sheet(path).0))
            .chain(std::iter::once(args.inputs.rules.as_path()))
            .collect();
        check_places(&outputs, &inputs, args.in_place)
    }
}

/// Who is written.
struct Wanted {
    stage: Option<StageWanted>,
    minimums: Vec<(ScoreId, Points)>,
}

/// `--stage`
enum StageWanted {
    At(u16),
    Disqualified,
}

impl Wanted {
    fn of(args: &ScoreArgs, model: &Model) -> anyhow::Result<Wanted> {
        if args.handoff.is_some() && args.inputs.previous.is_none() {
            bail!("--handoff FILE needs --previous FILE: who is new is seen against an earlier scored file");
        }
        if args.handoff.is_some() && model.stages.is_empty() {
            bail!("--handoff FILE needs `stages` in the rule file: it has none");
        }
        if args.accounts.is_some() && model.accounts.is_none() {
            bail!("--accounts FILE needs `accounts` in the rule file: it has none");
        }
        let stage = args.stage.as_ref().map(|name| stage_wanted(name, model)).transpose()?;
        let minimum = |minimum: &cli::Minimum| {
            let score = scoring::score_named(model, "--min", &minimum.score)?;
            let value = Decimal::parse(&minimum.value).and_then(Decimal::exactly);
            let value = value.ok_or_else(|| {
                anyhow!("--min {}={}: not a number of at most 6 decimals", minimum.score, minimum.value)
            })?;
            Ok::<_, anyhow::Error>((score, value))
        };
        Ok(Wanted { stage, minimums: args.min.iter().map(minimum).collect::<Result<_, _>>()? })
    }

    fn takes(&self, scored: &Scored<'_>, contact: ContactId) -> bool {
        let at_stage = match self.stage {
            None => true,
            Some(StageWanted::At(stage)) => scored.stage(contact) == Some(stage),
            Some(StageWanted::Disqualified) => scored.disqualified_by(contact).is_some(),
        };
        let reaches =
            |&(score, least): &(ScoreId, Points)| scored.score(contact, score).is_some_and(|value| value >= least);
        at_stage && self.minimums.iter().all(reaches)
    }
}

fn stage_wanted(name: &str, model: &Model) -> anyhow::Result<StageWanted> {
    if let Some(at) = model.stages.iter().position(|stage| stage.name.to_lowercase() == name.to_lowercase()) {
        return Ok(StageWanted::At(at as u16));
    }
    if name.eq_ignore_ascii_case("disqualified") {
        return Ok(StageWanted::Disqualified);
    }
    let names: Vec<&str> = model.stages.iter().map(|stage| stage.name.as_str()).collect();
    bail!("--stage {name}: there is no such stage; there are: {}", [&names[..], &["disqualified"]].concat().join(", "))
}

fn write_all(
    args: &ScoreArgs,
    places: &Places,
    wanted: &Wanted,
    scored: &Scored<'_>,
    summary: &Summary,
    rejects: Option<Rejects<Target>>,
) -> anyhow::Result<()> {
    let mut targets = Vec::new();
    if let Some(rejects) = rejects {
        targets.push(rejects.finish()?);
    }
    let everybody = 0..scored.order.len() as u32;
    let chosen = |takes: &dyn Fn(ContactId) -> bool, most: usize| ranked::Choice {
        ranks: everybody.clone().filter(|&rank| takes(scored.order[rank as usize])).take(most).collect(),
        reasons: args.reasons > 0,
    };
    if let Some((path, format)) = &places.handoff {
        let choice = chosen(&|contact| scored.is_handed_over(contact), usize::MAX);
        targets.push(write_sheet(ranked::sheet(scored, &choice), *format, path)?);
    }
    if let Some((path, format)) = &places.accounts {
        targets.push(write_sheet(output::accounts::sheet(scored), *format, path)?);
    }
    if let Some((path, format)) = &places.breakdown {
        targets.push(write_sheet(output::breakdown::sheet(scored), *format, path)?);
    }
    if let Some(path) = &places.summary {
        let mut target = Target::create(path)?;
        serde_json::to_writer_pretty(&mut target, summary)?;
        target.write_all(b"\n")?;
        targets.push(target);
    }
    let shown = if places.format == Format::Table && args.output.is_none() { SHOWN } else { usize::MAX };
    let choice = chosen(&|contact| wanted.takes(scored, contact), args.top.unwrap_or(shown));
    let mut sheet = ranked::sheet(scored, &choice);
    if places.format == Format::Table {
        let columns = shown_columns(scored, &sheet);
        sheet = sheet.pick(columns);
    }
    targets.push(write_sheet(sheet, places.format, &places.output)?);
    commit_all(targets)
}

fn write_sheet(sheet: Sheet<'_>, format: Format, path: &Path) -> anyhow::Result<Target> {
    let mut target = Target::create(path)?;
    match format.delimiter() {
        Some(delimiter) => output::csv::write(&sheet, delimiter, &mut target),
        None => {
            let look = if path == Path::new("-") { Look::of_standard_output() } else { Look::default() };
            output::table::write(&sheet, look, &mut target)
        }
    }
    .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(target)
}

/// The columns of a table for people: the rank, who it is, what the ranking says, and why.
fn shown_columns(scored: &Scored<'_>, sheet: &Sheet<'_>) -> Vec<usize> {
    const TELLING: [&str; 8] =
        ["full name", "name", "first name", "firstname", "last name", "lastname", "company", "company name"];
    let model = scored.scene.plan.model;
    let place = |name: &str| sheet.columns.iter().position(|column| column.name == name);
    let prefixed = |name: &str| place(&format!("{}{name}", model.output.prefix));
    let ids = &model.contact_columns[model.contacts.id].headers;
    let id = sheet.columns.iter().position(|column| ids.iter().any(|id| loose(id) == loose(&column.name)));
    let telling = (0..sheet.columns.len()).filter(|&at| TELLING.contains(&loose(&sheet.columns[at].name).as_str()));
    let scores = model.rank_by.iter().map(|&score| prefixed(&model.scores[score].name));
    let mut shown: Vec<usize> = [prefixed("rank"), id].into_iter().flatten().chain(telling.take(3)).collect();
    shown.extend(scores.chain([prefixed("grade"), prefixed("stage"), prefixed("reasons")]).flatten());
    shown
}
