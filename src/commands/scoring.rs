//! From the arguments to everybody scored: what `score` and `explain` have in common.
//!
//! In: what is to be read. Out: [`Scored`] and a [`Report`] of the run, handed to whoever asked.
//! The only place where files, clock and engine meet.

use crate::cli::Inputs;
use crate::diagnostic::{Diagnostic, Source, draw};
use crate::engine::activities::{ActivitiesSeen, ActivityReader, Scene, Told};
use crate::engine::contacts::{ContactId, ContactsBuilder, ContactsSeen};
use crate::engine::plan::Plan;
use crate::engine::previous::{Previous, PreviousReader};
use crate::engine::scored::{Scored, own_instants, rounds, score_everybody};
use crate::engine::unread::{FirstUnread, Unread};
use crate::input::rejects::Rejects;
use crate::input::{self, Options, Reader, Watched};
use crate::instant::Instant;
use crate::output::file::Target;
use crate::output::progress::Progress;
use crate::record::{BadRow, Block, Round, Spare, Table};
use crate::rules::model::{Column, ColumnId, Model, ScoreId};
use crate::rules::{self, Faults, RuleFile, columns};
use crate::value::{Reading, parse_instant};
use anyhow::{anyhow, bail};
use serde::{Serialize, Serializer};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{self, Duration};

/// What the run saw, beside what [`Scored`] says.
#[derive(Clone, Debug)]
pub struct Report {
    /// As of when everybody was scored who has no instant of their own.
    pub as_of: Instant,
    /// The exports read.
    pub contact_files: Vec<String>,
    /// The exports read.
    pub activity_files: Vec<String>,
    /// What was noticed among the contacts.
    pub contacts: ContactsSeen,
    /// What was noticed among the activities, in full if somebody is told.
    pub activities: ActivitiesSeen,
    /// Cells of activities that could not be read.
    pub unread_activities: Unread,
    /// Rows set aside.
    pub rejected: u64,
    /// How many bytes of exports were read.
    pub bytes: u64,
    /// The first contact of each name that was asked about.
    pub found: Vec<Option<ContactId>>,
    /// Who was at the stage of the handoff in the earlier file, and is in no export any more.
    pub gone: Vec<String>,
    /// The contact exports to which another program may write.
    pub watched: Watched,
    /// How long what took.
    pub timings: Timings,
}

/// How long the stages of a run took.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Timings {
    /// Reading the contacts, and who is who.
    #[serde(serialize_with = "seconds")]
    pub contacts: Duration,
    /// Reading the earlier file.
    #[serde(serialize_with = "seconds")]
    pub previous: Duration,
    /// Reading the activities, and counting them.
    #[serde(serialize_with = "seconds")]
    pub activities: Duration,
    /// Scores, grades, stages, ranks.
    #[serde(serialize_with = "seconds")]
    pub scoring: Duration,
    /// Writing; not what follows it, the putting in place.
    #[serde(serialize_with = "seconds")]
    pub writing: Duration,
}

/// In seconds, with three decimals.
fn seconds<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64((time.as_secs_f64() * 1000.0).round() / 1000.0)
}

/// How a run is done.
pub struct Run<'a> {
    /// What is read.
    pub inputs: &'a Inputs,
    /// Columns that only options name: the option and the column. Each is among the model's columns
    /// under that name.
    pub columns: &'a [(&'a str, &'a str)],
    /// Ids or other names of contacts that are asked about; spaces around them do not count.
    pub who: &'a [String],
    /// How many reasons a contact gets.
    pub reasons: usize,
    /// Whether somebody is told what became of every activity, so that it must be found out; else what the report says of
    /// activities is not the whole.
    pub is_told: bool,
    /// Whether somebody asks what everybody did once they are scored: for tallies, or for how scores came about.
    pub looks_back: bool,
    /// "Now", read once.
    pub now: Instant,
    /// Where bad rows go; without it the first one ends the run.
    pub rejects: Option<Rejects<Target>>,
    /// What is shown meanwhile.
    pub progress: Progress,
    /// Asked whether what is to be written can be: once the columns are known, and again with the
    /// number of contacts, so that nobody waits for a run that comes to nothing.
    pub check: &'a (dyn Fn(&Plan<'_>, Option<usize>) -> anyhow::Result<()> + Sync),
}

/// Reads a rule file and shows what is doubtful in it.
///
/// # Errors
/// [`Faults`] where it is at fault.
pub fn load_rules(path: &Path, quiet: bool) -> Result<RuleFile, Faults> {
    let file = rules::load(path)?;
    if !quiet && !file.warnings.is_empty() {
        show(&file.source, &file.warnings);
    }
    Ok(file)
}

/// The score that an option names.
///
/// # Errors
/// Where there is no such score; the message lists those that there are.
pub fn score_named(model: &Model, option: &str, name: &str) -> anyhow::Result<ScoreId> {
    model.scores.iter().position(|score| score.name == name).ok_or_else(|| {
        let names: Vec<&str> = model.scores.iter().map(|score| score.name.as_str()).collect();
        anyhow!("{option} {name}: there is no such score; there are: {}", names.join(", "))
    })
}

/// Draws faults or warnings on standard error, in colour where the terminal wants it.
pub fn show(source: &Source, diagnostics: &[Diagnostic]) {
    let mut out = anstream::stderr();
    let _ = out.write_all(draw(source, diagnostics, true).as_bytes());
}

/// Scores everybody and hands them to `then`.
///
/// # Errors
/// [`Faults`] where the rule file is at fault or does not fit the exports; else what kept a file
/// from being read, or the first bad row where nothing takes it.
pub fn run<R>(
    run: Run<'_>,
    rule_file: &RuleFile,
    then: impl FnOnce(&Scored<'_>, &Report, Option<Rejects<Target>>) -> anyhow::Result<R>,
) -> anyhow::Result<R> {
    let Run { inputs, columns: named, who, reasons, is_told, looks_back, now, rejects, progress, check } = run;
    let mut model = rule_file.model.clone();
    let as_of = as_of(inputs, &model, now)?;
    let in_rules = model.contact_columns.len();
    let as_of_column = inputs.sources.as_of_field.as_ref().map(|name| option_column(&mut model, name));
    let by_option = inputs.sources.as_of_field.as_deref().map(|name| ("--as-of-field", name));
    let by_option: Vec<(&str, &str, ColumnId)> = by_option
        .into_iter()
        .chain(named.iter().copied())
        .map(|(option, name)| (option, name, option_column(&mut model, name)))
        .collect();
    let model = model;

    let options = super::options(&inputs.reading);
    let contacts = open_all(&inputs.sources.contacts, &options.clone().kept(), false)?;
    let activities = open_all(&inputs.sources.activities, &options, true)?;
    let tables = |readers: &[Reader]| readers.iter().map(|reader| reader.table().clone()).collect::<Vec<Table>>();
    let contact_tables = tables(&contacts);
    // A column that only the command line names has no place in the rule file.
    for (option, name, id) in by_option.into_iter().filter(|&(.., id)| id >= in_rules) {
        if let Some(fault) = columns::fault_of_option(&model, id, &contact_tables) {
            bail!("{option} {name}: {fault}");
        }
    }
    let plan = Plan::bind(&model, contact_tables, tables(&activities), as_of_column)
        .map_err(|diagnostics| Faults { source: rule_file.source.clone(), diagnostics })?;

    check(&plan, None)?;

    let mut timings = Timings::default();
    let mut began = time::Instant::now();
    let mut lap = || {
        let now = time::Instant::now();
        now.duration_since(std::mem::replace(&mut began, now))
    };
    let watched = Watched::of(&contacts);
    watched.clone().unless_changed(|| {
        let mut bad_rows = BadRows { rejects, count: 0, first: None };
        let mut builder = ContactsBuilder::new(&plan, as_of);
        let mut bytes = read_all(contacts, Each { first: 1, at_hand: 4, made: 2 }, &progress, |round| {
            bad_rows.take(builder.add(round), &plan.contact_tables)
        })?;
        let (contacts, directory) = builder.finish();
        bad_rows.refuse_none_left(contacts.seen.rows, "contact")?;
        check(&plan, Some(contacts.len()))?;
        let (as_of, spots) = own_instants(&plan, &contacts, as_of);
        let scene = Scene { plan: &plan, contacts: &contacts, as_of: &as_of };
        timings.contacts = lap();
        let previous =
            inputs.previous.as_ref().map(|path| read_previous(path, &model, &options, &mut bad_rows)).transpose()?;

        timings.previous = lap();
        let told = match (is_told, inputs.strict) {
            (true, _) => Told::All,
            (false, true) => Told::Unreadable,
            (false, false) => Told::Nothing,
        };
        let mut reader = ActivityReader::new(scene, &directory, told);
        // Nobody looks at rows until scoring begins. They make room for the ledger, and no more than it needs: to come
        // back they take longer than to stay.
        contacts.let_go_of_rows(0..contacts.len() as ContactId, reader.ledger_bytes().unwrap_or(usize::MAX));
        let take = |round: Round<'_>| bad_rows.take(reader.add(round), &plan.activity_tables);
        bytes += read_all(activities, Each { first: 16, at_hand: 16, made: 4 }, &progress, take)?;
        let (ledger, seen, unread) = reader.finish();
        let found = who.iter().map(|name| directory.find(name.trim(), &contacts)).collect();
        let gone = previous.as_ref().zip(model.handoff);
        let gone = gone.map_or(Vec::new(), |(previous, stage)| previous.gone(stage, &contacts, &directory));
        drop(directory);
        timings.activities = lap();

        // The cells of contacts are looked at where they stand.
        watched.refuse_changed()?;
        let bar = progress.rows("scoring", contacts.len() as u64 * rounds(&model));
        let (ledger, watch) = (Arc::new(ledger), |looked_at| bar.add(looked_at));
        let scored = score_everybody(scene, ledger, previous.as_ref(), reasons, spots, looks_back, &watch);
        bar.finish();
        timings.scoring = lap();
        if inputs.strict {
            refuse_unread(&scored.unread, &model.contact_columns)?;
            refuse_unread(&unread, &model.activity_columns)?;
        }
        let report = Report {
            as_of: as_of.run,
            contact_files: plan.contact_tables.iter().map(|table| table.name.clone()).collect(),
            activity_files: plan.activity_tables.iter().map(|table| table.name.clone()).collect(),
            contacts: contacts.seen.clone(),
            activities: seen,
            unread_activities: unread,
            rejected: bad_rows.count,
            bytes,
            found,
            gone,
            timings,
            watched,
        };
        then(&scored, &report, bad_rows.rejects)
    })
}

/// How many blocks a round has for every thread.
#[derive(Clone, Copy)]
struct Each {
    /// Of a plain file, in the first round: what it tells of the rest is of use in the others.
    first: usize,
    /// In the others.
    at_hand: usize,
    /// Of what must be made first: all of them are, and those of the next round.
    made: usize,
}

/// Reads exports to their end, some blocks at a time, `each` for every thread. Those of a plain file are
/// read by whoever works on them; what takes longer is done while those before them are worked on.
fn read_all(
    mut readers: Vec<Reader>,
    each: Each,
    progress: &Progress,
    mut work: impl FnMut(Round<'_>) -> anyhow::Result<()> + Send,
) -> anyhow::Result<u64> {
    let mut bytes = 0;
    let whole: Option<u64> = readers.iter().map(Reader::size).sum();
    let threads = rayon::current_num_threads();
    for reader in &mut readers {
        let bar = progress.reading(&reader.table().name.clone(), reader.size());
        let position = reader.counter();
        let share = || whole.map(|whole| (bytes + position.load(Ordering::Relaxed)) as f64 / whole as f64);
        let spare = Spare::default();
        if reader.is_at_hand() {
            let (mut count, prepare) = (threads * each.first, reader.reading_ahead());
            while !reader.is_over()? {
                work(Round::new(reader.coming(count, &spare), share, Some(&spare)).preparing(&prepare))?;
                count = threads * each.at_hand;
                bar.reach(reader.position());
            }
        } else {
            let count = threads * each.made;
            let mut blocks: Vec<Block> = reader.coming(count, &spare).collect();
            while !blocks.is_empty() {
                let round = Round::new(blocks.into_iter(), share, Some(&spare));
                let (next, worked) = rayon::join(|| reader.coming(count, &spare).collect(), || work(round));
                worked?;
                blocks = next;
                bar.reach(reader.position());
            }
            reader.is_over()?;
        }
        bar.finish();
        bytes += reader.position();
    }
    Ok(bytes)
}

/// Bad rows go to the rejects, or end the run.
struct BadRows {
    rejects: Option<Rejects<Target>>,
    count: u64,
    /// The first of them, for people.
    first: Option<String>,
}

impl BadRows {
    fn take(&mut self, rows: Vec<BadRow>, tables: &[Table]) -> anyhow::Result<()> {
        for row in rows {
            let table = &tables[row.table];
            let Some(rejects) = &mut self.rejects else {
                bail!(
                    "{}:{}: {}\nMend the row, or set such rows aside with --rejects FILE and go on",
                    table.name,
                    row.line,
                    row.message
                );
            };
            rejects.write(&row, table)?;
            self.count += 1;
            if self.first.is_none() {
                self.first = Some(format!("{}:{}: {}", table.name, row.line, row.message));
            }
        }
        Ok(())
    }

    /// Where every row was bad the export itself is: nothing good could come of going on.
    fn refuse_none_left(&self, good: u64, what: &str) -> anyhow::Result<()> {
        match &self.first {
            Some(first) if good == 0 => {
                bail!("none of the {} {what} rows can be used; the first is {first}", self.count)
            }
            _ => Ok(()),
        }
    }
}

fn open_all(paths: &[String], options: &Options, activities: bool) -> anyhow::Result<Vec<Reader>> {
    let mut readers = Vec::with_capacity(paths.len());
    for argument in paths {
        let (kind, path) = if activities { input::activity_source(argument) } else { (None, argument.as_str()) };
        let mut reader = input::open(path, readers.len(), options)?;
        // A list without objects has no header: nothing happened, but somebody must be there.
        match (reader.table().columns.is_empty(), activities) {
            (true, true) => continue,
            (true, false) => bail!("{path} is empty: a list without a contact"),
            (false, _) => {}
        }
        reader.table_mut().activity_type = kind.map(str::to_owned);
        readers.push(reader);
    }
    Ok(readers)
}

fn as_of(inputs: &Inputs, model: &Model, now: Instant) -> anyhow::Result<Instant> {
    let Some(text) = &inputs.sources.as_of else { return Ok(now) };
    let read = parse_instant(text.trim(), &Reading::default(), &model.contacts.timezone);
    let read = read.ok_or_else(|| {
        anyhow!("--as-of {text}: not an instant; write it as 2026-11-01, 2026-11-01T12:00 or 2026-11-01T12:00:00+01:00")
    })?;
    Ok(read.instant)
}

/// The column that an option names: a name under `fields`, or a header.
fn option_column(model: &mut Model, name: &str) -> ColumnId {
    let known = model.contact_columns.iter().position(|column| column.name == name);
    known.unwrap_or_else(|| {
        model.contact_columns.push(model.contact_column(name));
        model.contact_columns.len() - 1
    })
}

fn read_previous(path: &str, model: &Model, options: &Options, bad: &mut BadRows) -> anyhow::Result<Previous> {
    let mut file = input::open(path, 0, options)?;
    let table = file.table().clone();
    let mut reader = PreviousReader::new(model, table.clone()).map_err(|message| anyhow!(message))?;
    while let Some(block) = file.next_block()? {
        bad.take(reader.add(&block), std::slice::from_ref(&table))?;
    }
    Ok(reader.finish())
}

fn refuse_unread(unread: &Unread, columns: &[Column]) -> anyhow::Result<()> {
    let Some((&(column, kind), FirstUnread { file, line, text, .. })) = unread.cells.iter().next() else {
        return Ok(());
    };
    bail!("{file}:{line}: `{text}` in `{}` is no {kind}, and with --strict that ends the run", columns[column].name)
}
