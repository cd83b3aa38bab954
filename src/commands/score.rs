//! `leadscore score`: scores everybody and writes the ranked contacts, and whatever else was asked
//! for. Nothing is put in its place before everything is written.

use super::Status;
use super::places::{Place, Places};
use super::scoring::{self, Report, Run};
use super::summary::Summary;
use crate::cli::{self, ScoreArgs};
use crate::engine::contacts::ContactId;
use crate::engine::plan::Plan;
use crate::engine::scored::Scored;
use crate::input::rejects::Rejects;
use crate::instant::Instant;
use crate::output::file::{Target, commit_all};
use crate::output::format::Format;
use crate::output::progress::Progress;
use crate::output::ranked::{self, Ranks};
use crate::output::xlsx::{self, Book, Page};
use crate::output::{self, ColumnKind, Sheet, selection};
use crate::points::{Decimal, Points};
use crate::record::loose;
use crate::rules::added::shown_tallies;
use crate::rules::model::{Model, ScoreId};
use anyhow::{Context, anyhow, bail};
use rayon::prelude::*;
use std::io::{self, Write};
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
    // Taken before anything is read: a place that can't be written to, or that another run is
    // writing, ends the run at once.
    let target = Target::create(&places.output.path)?;
    let rejects = places.rejects.as_deref().map(Target::create).transpose()?.map(Rejects::new).transpose()?;
    let columns = selection::parse(&args.columns)?;
    let check = |plan: &Plan<'_>, contacts: Option<usize>| {
        let all = ranked::columns(plan, args.inputs.previous.is_some(), args.reasons > 0);
        let names: Vec<&str> = all.iter().map(|column| column.name.as_str()).collect();
        let written = if columns.is_empty() { names.len() } else { selection::places(&columns, &names)?.len() };
        if places.output.format == Format::Xlsx {
            let everybody = args.stage.is_none() && args.min.is_empty();
            let rows = contacts.filter(|_| everybody).map(|contacts| contacts.min(args.top.unwrap_or(usize::MAX)));
            xlsx::check_size(written, rows)?;
        }
        Ok(())
    };
    let progress = Progress::new(!args.running.quiet && !args.running.no_progress);
    let is_told = !args.running.quiet || places.have_summary();
    let run = Run {
        inputs: &args.inputs,
        columns: &[],
        who: &[],
        reasons: args.reasons,
        is_told,
        looks_back: args.breakdown.is_some() || shown_tallies(&rule_file.model).next().is_some(),
        now,
        rejects,
        progress: progress.clone(),
        check: &check,
    };
    pool.install(|| {
        scoring::run(run, &rule_file, |scored, report, rejects| {
            let scored_at = time::Instant::now();
            let as_of_field = args.inputs.sources.as_of_field.as_deref();
            let mut summary = is_told.then(|| Summary::new(scored, report, as_of_field, &rule_file));
            let (rules, as_of) = (&rule_file.source.text, report.as_of);
            let (places, wanted, columns) = (&places, &wanted, &columns);
            let progress = &progress;
            let mut targets =
                Writing { args, places, wanted, columns, scored, summary: summary.as_ref(), rules, as_of, progress }
                    .write_all(target, rejects)?;
            if let Some(summary) = &mut summary {
                summary.finish(scored_at.elapsed(), started.elapsed());
            }
            if let Some(path) = &places.summary {
                let mut target = Target::create(path)?;
                serde_json::to_writer_pretty(&mut target, &summary)?;
                target.write_all(b"\n")?;
                targets.push(target);
            }
            report.watched.refuse_changed()?;
            // Nobody looks at the rows any more: their memory goes while the disk is waited for.
            let everybody = 0..scored.scene.contacts.len() as ContactId;
            let let_go = || scored.scene.contacts.let_go_of_rows(everybody, usize::MAX);
            rayon::join(|| commit_all(targets), let_go).0?;
            if let Some(summary) = summary.filter(|_| !args.running.quiet) {
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

    /// Whether nobody is left out.
    fn is_anybody(&self) -> bool {
        self.stage.is_none() && self.minimums.is_empty()
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
    if model.stages.is_empty() {
        bail!("--stage {name} needs `stages` in the rule file: it has none");
    }
    let names: Vec<&str> = model.stages.iter().map(|stage| stage.name.as_str()).collect();
    bail!("--stage {name}: there is no such stage; there are: {}", [&names[..], &["disqualified"]].concat().join(", "))
}

/// What is written, and from what.
struct Writing<'a> {
    args: &'a ScoreArgs,
    places: &'a Places,
    wanted: &'a Wanted,
    columns: &'a [String],
    scored: &'a Scored<'a>,
    /// What the run saw and did, where somebody is told.
    summary: Option<&'a Summary>,
    rules: &'a str,
    as_of: Instant,
    progress: &'a Progress,
}

/// What the sheet of the ranked contacts is called in a workbook.
const CONTACTS: &str = "Contacts";

impl Writing<'_> {
    /// Writes everything but the summary, not yet put in place.
    fn write_all(&self, target: Target, rejects: Option<Rejects<Target>>) -> anyhow::Result<Vec<Target>> {
        let Writing { args, places, scored, .. } = *self;
        let mut targets = Vec::new();
        if let Some(rejects) = rejects {
            targets.push(rejects.finish()?);
        }
        if let Some(place) = &places.handoff {
            let choice = self.chosen(Some(&|contact| scored.is_handed_over(contact)), usize::MAX);
            let sheet = self.selected(ranked::sheet(scored, &choice))?;
            targets.push(self.write(sheet, place, Target::create(&place.path)?, "Handed over")?);
        }
        if let Some(place) = &places.accounts {
            let sheet = output::accounts::sheet(scored);
            targets.push(self.write(sheet, place, Target::create(&place.path)?, "Accounts")?);
        }
        if let Some(place) = &places.breakdown {
            let sheet = output::breakdown::sheet(scored);
            targets.push(self.write(sheet, place, Target::create(&place.path)?, "Breakdown")?);
        }
        let output = &places.output;
        let shown = if output.format == Format::Table && args.output.is_none() { SHOWN } else { usize::MAX };
        let most = args.top.unwrap_or(shown);
        let takes = |contact| self.wanted.takes(scored, contact);
        let choice = self.chosen((!self.wanted.is_anybody()).then_some(&takes), most);
        if output.format == Format::Xlsx {
            xlsx::check_size(0, Some(choice.ranks.count()))?;
        }
        let mut sheet = self.selected(ranked::sheet(scored, &choice))?;
        if output.format == Format::Table && self.columns.is_empty() {
            let columns = shown_columns(scored, &sheet);
            sheet = sheet.pick(columns);
            for column in sheet.columns.iter_mut().filter(|column| column.kind != ColumnKind::Input) {
                let name = column.name.strip_prefix(&scored.scene.plan.model.output.prefix);
                column.name = name.unwrap_or(&column.name).to_owned();
            }
        }
        targets.push(self.write(sheet, output, target, CONTACTS)?);
        Ok(targets)
    }

    /// Those who are taken, or anybody; so many by rank at most.
    fn chosen(&self, takes: Option<&(dyn Fn(ContactId) -> bool + Sync)>, most: usize) -> ranked::Choice {
        let order = &self.scored.order;
        let ranks = match takes {
            None => Ranks::First(order.len().min(most)),
            Some(takes) => {
                let ranks = (0..order.len() as u32).into_par_iter().filter(|&rank| takes(order[rank as usize]));
                let mut ranks: Vec<u32> = ranks.collect();
                ranks.truncate(most);
                Ranks::These(ranks)
            }
        };
        ranked::Choice { ranks, reasons: self.args.reasons > 0 }
    }

    /// What `--columns` leaves of a sheet.
    fn selected<'s>(&self, sheet: Sheet<'s>) -> anyhow::Result<Sheet<'s>> {
        if self.columns.is_empty() {
            return Ok(sheet);
        }
        let names: Vec<&str> = sheet.columns.iter().map(|column| column.name.as_str()).collect();
        let places = selection::places(self.columns, &names)?;
        Ok(sheet.pick(places))
    }

    /// Writes one of the sheets; `name` is what it is called in a workbook.
    fn write(&self, sheet: Sheet<'_>, place: &Place, target: Target, name: &'static str) -> anyhow::Result<Target> {
        let bar = self.progress.rows(&place.path.display().to_string(), sheet.len as u64);
        let sheet = sheet.watched(|written| bar.add(written));
        let target = self.places.write(&sheet, place, target, &|| self.book(name));
        bar.finish();
        target
    }

    /// A workbook; that of the ranked contacts says how they came about.
    fn book(&self, name: &'static str) -> Book {
        let mut pages = Vec::new();
        if name == CONTACTS {
            pages.extend(self.summary.map(|summary| Page { name: "Summary", rows: summary.page(), is_code: false }));
            let rows = self.rules.lines().map(|line| vec![line.to_owned()]).collect();
            pages.push(Page { name: "Rules", rows, is_code: true });
        }
        Book { name, pages, made: self.as_of }
    }
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
