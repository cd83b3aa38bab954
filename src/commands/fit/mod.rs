//! `leadscore fit`: points from what became of past contacts.
//!
//! In: contacts, perhaps activities, and a column that says what became of them, or a file of
//! customers; with `--update` a rule file too. Out: a rule file, and a report of what it is worth. Not here: how points are found
//! (`learn`).

mod codes;
mod conditions;
mod cuts;
mod draft;
mod gather;
mod learned;
mod learner;
mod moves;
mod numbers;
mod page;
mod report;
mod suspects;
mod update;

use super::Status;
use super::scoring::{self, Run};
use crate::cli::{FitArgs, Inputs, Sources};
use crate::commands::figures::{self, percent};
use crate::input;
use crate::instant::Instant;
use crate::learn::fitting::Settings;
use crate::learn::model::columns_of;
use crate::learn::outcome::{Outcome, Unclear};
use crate::learn::training::Wanted;
use crate::learn::validation::Validated;
use crate::output::file::{Target, check_places};
use crate::output::progress::Progress;
use crate::record::{Table, loose};
use crate::rules::{self, RuleFile};
use anyhow::{Context, anyhow, bail};
use codes::Codes;
use cuts::Seen;
use draft::Draft;
use gather::Gathered;
use learned::Writer;
use learner::Learner;
use page::Frame;
use report::Report;
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// So many contacts of either outcome there must be.
const LEAST: usize = 25;
/// Parts of the cross-validation.
const FOLDS: usize = 5;

/// Runs the command.
///
/// # Errors
/// Where a file cannot be read or written, or there is too little to learn from.
pub fn run(args: &FitArgs) -> anyhow::Result<Status> {
    let now = Instant(jiff::Timestamp::now().as_millisecond());
    let threads = args.running.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start threads")?;
    let activities = args.sources.activities.iter().map(|argument| input::activity_source(argument).1);
    let mut inputs: Vec<&Path> =
        args.sources.contacts.iter().map(String::as_str).chain(activities).map(Path::new).collect();
    inputs.extend(args.customers.as_deref().map(Path::new));
    inputs.extend(args.against.as_deref());
    // The file that is updated may be the one that is written.
    inputs.extend(args.update.as_deref().filter(|path| *path == Path::new("-")));
    let is_pipe = |path: &&Path| path.metadata().is_ok_and(|facts| !facts.is_file() && !facts.is_dir());
    if inputs.contains(&Path::new("-")) || inputs.iter().any(is_pipe) {
        bail!("fit reads its files more than once, so none can be standard input or a pipe; save it in a file first");
    }
    let output = place(args)?;
    check_places(&[("-o", &output)], &inputs, false)?;
    pool.install(|| {
        Fit { args, now, files: args.sources.contacts.iter().chain(&args.customers).cloned().collect(), output }.run()
    })
}

/// Where the rule file goes. One that nobody named is not written over: it may have been changed by hand.
fn place(args: &FitArgs) -> anyhow::Result<PathBuf> {
    let unnamed = || PathBuf::from("learned.yaml");
    match &args.output {
        None if unnamed().symlink_metadata().is_ok() => {
            bail!("learned.yaml exists already; to write over it, say so: -o learned.yaml")
        }
        output => Ok(output.clone().unwrap_or_else(unnamed)),
    }
}

/// What is asked for, and "now".
struct Fit<'a> {
    args: &'a FitArgs,
    now: Instant,
    /// All files of contacts; the last one is that of the customers, if there is one.
    files: Vec<String>,
    /// Where the rule file goes.
    output: PathBuf,
}

impl Fit<'_> {
    fn run(&self) -> anyhow::Result<Status> {
        let args = self.args;
        if let Some(path) = &args.update {
            return self.update(path);
        }
        let mut target = Target::create(&self.output)?;
        let progress = self.progress();
        let outcome = self.outcome()?;
        let draft = draft::draft(args, &self.files, outcome.as_ref().map(|outcome| outcome.column.as_str()))?;
        let mut unclear = Unclear::default();
        let gathered = self.gathered(&draft, outcome.as_ref(), &mut unclear, progress.clone())?;
        if let Some(fault) = outcome.as_ref().and_then(|outcome| unclear.fault(outcome)) {
            bail!(fault);
        }
        let known: Vec<bool> = gathered.outcome.iter().map(|outcome| *outcome == Some(true)).collect();
        let rows: Vec<u32> = (0..).zip(&gathered.outcome).filter_map(|(row, known)| known.map(|_| row)).collect();
        let yes = rows.iter().filter(|&&row| known[row as usize]).count();
        enough(yes, rows.len() - yes)?;

        let wanted = Wanted {
            max_rules: args.max_rules.map(usize::from),
            range: args.range,
            seed: args.seed,
            settings: Settings::default(),
        };
        if let Some(column) = &args.time_split
            && rows.iter().all(|&row| gathered.date[row as usize].is_none())
        {
            bail!("--time-split {column}: no cell of `{column}` is a date, or it is not of a format that is known");
        }
        let split = learner::by_time(&gathered.date, &rows, &known);
        let bar = progress.rows("learning", (FOLDS as u64 + 1) * if split.is_some() { 2 } else { 1 });
        let coded = |rows: &[u32]| Codes::of(args, &draft, &gathered, rows);
        let learner = Learner { coded: &coded, outcome: &known, wanted: &wanted, done: &|| bar.add(1) };
        let Validated { card, coded: Codes { coded, features }, unseen } = learner.learn(&rows);
        let later = split.map_or(Vec::new(), |split| learner.of_latest(&split));
        bar.finish();
        if features.is_empty() {
            bail!("there is nothing to learn from: every column says the same of all {} contacts", rows.len());
        }
        if card.terms.is_empty() {
            bail!(
                "there is no rule to be learned: nothing tells the {yes} contacts with the outcome from the other {}; \
                 give more history or other columns, or write rules by hand (leadscore init)",
                rows.len() - yes
            );
        }
        let mut warnings = draft.left_out.clone();
        warnings.extend(suspects::suspects(&draft, &coded, &features, &rows, &known));
        if args.time_split.is_some() && later.is_empty() {
            warnings.push(format!(
                "--time-split: the latest fifth, or the contacts before it, are too few for a test: {LEAST} of either \
                 outcome are needed on each side"
            ));
        }
        let totals = card.totals(&columns_of(&features, &rows));
        let seen = Seen { unseen: &unseen, outcome: &known, totals: &totals, range: card.range, link: card.link };
        if let Some(precision) = args.precision.filter(|&precision| !seen.is_reached(precision)) {
            warnings.push(format!(
                "--precision {}: no number of points promised contacts not seen as much; SQL begins where the scale ends",
                percent(precision, 0)
            ));
        }
        let against = args.against.as_ref().map(|path| self.against(path, &gathered)).transpose()?;

        let writer = Writer { draft: &draft, coded: &coded, features: &features, rows: &rows, outcome: &known };
        let rules = writer.rules(&card);
        let what = outcome.as_ref().map_or("customer".to_owned(), in_words);
        let report = Report {
            what,
            contacts: rows.len(),
            yes,
            left_out: known.len() - rows.len(),
            unseen: &unseen,
            later: &later,
            against: against.as_deref(),
            outcome: &known,
            rules: &rules,
            card: &card,
            warnings: &warnings,
        };
        let (grades, stages) = (seen.grades(), seen.stages(args.capacity, args.precision));
        let head = report.head(&self.files, &args.sources.activities);
        let frame = Frame { head, range: args.range, grades: &grades, stages: &stages };
        target.write_all(page::page(&draft, &rules, &frame).as_bytes())?;
        target.commit()?;
        if !args.running.quiet {
            figures::print_beside(&self.output, |text| report.write(&self.output, text))?;
        }
        Ok(Status::Done)
    }

    fn progress(&self) -> Progress {
        Progress::new(!self.args.running.quiet && !self.args.running.no_progress)
    }

    /// The outcome that the command line names; none where customers come in a file of their own.
    fn outcome(&self) -> anyhow::Result<Option<Outcome>> {
        let Some(text) = &self.args.outcome else { return Ok(None) };
        let options = super::options(&self.args.reading);
        let mut tables = Vec::new();
        for path in &self.args.sources.contacts {
            tables.push(input::open(path, 0, &options)?.table().clone());
        }
        let headers: Vec<String> = tables.iter().flat_map(|table| &table.columns).map(|header| loose(header)).collect();
        let outcome = Outcome::parse(text, |name| headers.contains(&loose(name)));
        let of_name = |table: &&Table| table.columns.iter().filter(|one| loose(one) == loose(&outcome.column)).count();
        if let Some(table) = tables.iter().find(|table| of_name(table) > 1) {
            bail!("--outcome {text}: {}", draft::several(table));
        }
        if !headers.contains(&loose(&outcome.column)) {
            bail!("--outcome {text}: there is no column `{}`; there are: {}", outcome.column, headers.join(", "));
        }
        Ok(Some(outcome))
    }

    /// Scores everybody by a rule file.
    fn scored<R>(
        &self,
        rule_file: &RuleFile,
        columns: &[(&str, &str)],
        progress: Progress,
        then: impl FnOnce(&crate::engine::scored::Scored<'_>) -> R,
    ) -> anyhow::Result<R> {
        let inputs = Inputs {
            sources: Sources { contacts: self.files.clone(), ..self.args.sources.clone() },
            rules: self.output.clone(),
            previous: None,
            reading: self.args.reading.clone(),
            strict: false,
        };
        let run = Run {
            inputs: &inputs,
            who: &[],
            reasons: 0,
            is_told: false,
            looks_back: true,
            now: self.now,
            rejects: None,
            progress,
            columns,
            check: &|_, _| Ok(()),
        };
        scoring::run(run, rule_file, |scored, report, _| {
            let made = then(scored);
            report.watched.refuse_changed()?;
            Ok(made)
        })
    }

    /// Lets the engine read and count all candidates.
    fn gathered(
        &self,
        draft: &Draft,
        outcome: Option<&Outcome>,
        unclear: &mut Unclear,
        progress: Progress,
    ) -> anyhow::Result<Gathered> {
        let rule_file = rules::parse("the candidates", draft.rules().as_bytes(), Path::new(""))
            .map_err(|faults| anyhow!("rules cannot name these columns; rename them, or leave them out:\n{faults}"))?;
        let date = self.args.time_split.as_deref().or(self.args.sources.as_of_field.as_deref());
        self.scored(&rule_file, &[], progress, |scored| {
            let known = match outcome {
                Some(outcome) => gather::outcomes(scored, outcome, unclear),
                None => gather::customers(scored, self.files.len() - 1),
            };
            gather::gather(scored, draft, date, known)
        })
    }

    /// What another rule file gives the same contacts; the higher the sooner they are called.
    fn against(&self, path: &Path, gathered: &Gathered) -> anyhow::Result<Vec<f64>> {
        let rule_file = scoring::load_rules(path, self.args.running.quiet)?;
        let scores: HashMap<(usize, u64), f64> = self.scored(&rule_file, &[], Progress::new(false), |scored| {
            let ranked_by = scored.scene.plan.model.rank_by[0];
            let score = |contact| {
                let value = scored.score(contact, ranked_by).filter(|_| scored.disqualified_by(contact).is_none());
                (scored.scene.contacts.place(contact), value.map_or(f64::MIN, |points| points.to_f64()))
            };
            (0..scored.scene.contacts.len() as u32).map(score).collect()
        })?;
        // A row that this rule file leaves out, such as a duplicate, is called last.
        Ok(gathered.places.iter().map(|row| scores.get(row).copied().unwrap_or(f64::MIN)).collect())
    }
}

/// What came about.
fn in_words(outcome: &Outcome) -> String {
    match &outcome.value {
        None => outcome.column.clone(),
        Some(value) => format!("{} = {value}", outcome.column),
    }
}

fn enough(yes: usize, no: usize) -> anyhow::Result<()> {
    if yes.min(no) >= LEAST {
        return Ok(());
    }
    bail!(
        "too little to learn from: the outcome came about for {yes} contacts and did not for {no}; at least {LEAST} of \
         either kind are needed: give more history, or write rules by hand (leadscore init)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use crate::learn::training::train;
    use crate::learn::values::Coding;
    use crate::points::Points;
    use clap::Parser;
    use std::fmt::Write as _;
    use std::fs;

    /// With this seed two numbers say something only together.
    const PARTED_BY_NUMBERS: u64 = 6;

    /// Leads with every kind of column, unreadable cells and gaps, and activities.
    fn leads(folder: &Path, seed: u64) {
        let mut dice = crate::learn::folds::Dice::new(seed);
        let mut below = |end: u64| dice.next_bits() % end;
        let mut contacts = "id,size,Source,country,interests,phone,created,won\n".to_owned();
        let mut activities = "id,type,timestamp,value\n".to_owned();
        for lead in 0..1500 {
            let (size, age, visits) = (below(50) * 10, below(400), below(9));
            let source = ["web", "event", "Ads", "Referral", "rare"][(below(41) / 10) as usize];
            let country = ["PL", "DE", "UA", ""][below(4) as usize];
            let interests = ["crm", "CRM;mail", "mail", "", "sms;crm"][below(5) as usize];
            let phone = if below(3) > 0 { "+48" } else { "" };
            let log_odds = size as f64 / 150.0 + visits as f64 / 3.0 - age as f64 / 150.0 - 2.0
                + if (source == "Ads") == (country == "UA") { 1.0 } else { -1.0 }
                + if (size < 250) == phone.is_empty() { 1.5 } else { -1.5 }
                + if seed != PARTED_BY_NUMBERS {
                    0.0
                } else if (size < 250) == (visits < 4) {
                    3.0
                } else {
                    -3.0
                }
                + if interests.contains("sms") { 1.0 } else { 0.0 };
            let won = below(1000) as f64 / 1000.0 < crate::learn::model::chance(log_odds);
            let size = match below(40) {
                0..4 => String::new(),
                4 => "many".to_owned(),
                5..9 => format!("{size}.{:07}", below(10_000_000)),
                _ => size.to_string(),
            };
            let created = match below(30) {
                0 => String::new(),
                1 => "soon".to_owned(),
                2 => "2027-05-01".to_owned(),
                _ => {
                    format!("{}-{:02}-{:02}T{:02}:30", 2025 + age / 330 % 2, 1 + age / 28 % 10, 1 + age % 28, below(24))
                }
            };
            let won = if won { "yes" } else { "no" };
            writeln!(contacts, "L{lead},{size},{source},{country},{interests},{phone},{created},{won}").unwrap();
            for visit in 0..visits {
                let kind = ["Page view", "open"][visit as usize % 2];
                writeln!(activities, "L{lead},{kind},2026-{:02}-{:02},{}", 1 + below(10), 1 + below(28), below(90))
                    .unwrap();
            }
        }
        fs::write(folder.join("leads.csv"), contacts).unwrap();
        fs::write(folder.join("activities.csv"), activities).unwrap();
    }

    #[test]
    fn score_gives_the_learned_file_exactly_the_totals_that_were_measured() {
        let mut origins = std::collections::BTreeSet::new();
        for (seed, options) in [
            (1, ""),
            (2, "--max-rules 5"),
            (3, "--range=-20,35"),
            (4, "--falling size"),
            (5, "--range 0,1000"),
            (PARTED_BY_NUMBERS, ""),
        ] {
            let folder = tempfile::tempdir().unwrap();
            leads(folder.path(), seed);
            let place = |name: &str| folder.path().join(name).display().to_string();
            let (contacts, activities) = (place("leads.csv"), place("activities.csv"));
            let line = ["leadscore", "fit", &contacts, "--outcome", "won", "-a", &activities, "--as-of", "2026-11-01"];
            let Command::Fit(args) = Cli::parse_from(line.into_iter().chain(options.split_whitespace())).command else {
                panic!()
            };
            let fit = Fit {
                args: &args,
                now: Instant(0),
                files: args.sources.contacts.clone(),
                output: PathBuf::from("learned.yaml"),
            };
            let outcome = fit.outcome().unwrap();
            let draft = draft::draft(&args, &fit.files, Some("won")).unwrap();
            let gathered =
                fit.gathered(&draft, outcome.as_ref(), &mut Unclear::default(), Progress::new(false)).unwrap();
            let known: Vec<bool> = gathered.outcome.iter().map(|outcome| *outcome == Some(true)).collect();
            let rows: Vec<u32> = (0..known.len() as u32).collect();
            let Codes { coded, features } = Codes::of(&args, &draft, &gathered, &rows);
            let max_rules = args.max_rules.map(usize::from);
            let wanted = Wanted { max_rules, range: args.range, seed, settings: Settings::default() };
            let card = train(&features, &known, &rows, &wanted);
            let rules =
                Writer { draft: &draft, coded: &coded, features: &features, rows: &rows, outcome: &known }.rules(&card);
            let frame = Frame {
                head: Vec::new(),
                range: args.range,
                grades: &[("D", 0, String::new())],
                stages: &[("SQL", 9, String::new())],
            };
            let text = page::page(&draft, &rules, &frame);
            let file = rules::parse("learned.yaml", text.as_bytes(), Path::new(""))
                .unwrap_or_else(|faults| panic!("{faults}\n{text}"));
            let given = fit.scored(&file, &[], Progress::new(false), |scored| {
                (0..known.len() as u32).map(|contact| scored.score(contact, 0).unwrap()).collect::<Vec<_>>()
            });
            let made: Vec<Points> = card
                .totals(&columns_of(&features, &rows))
                .into_iter()
                .map(|total| Points::whole(i64::from(total)))
                .collect();
            assert_eq!(given.unwrap(), made, "{options}\n{text}");
            let kind = |feature: usize| match coded[feature].coding {
                Coding::Number(_) => "number",
                Coding::Age(_) => "age",
                Coding::Text(_) => "text",
                Coding::Yes => "yes",
            };
            let kinds =
                card.terms.iter().map(|term| (kind(term.feature), term.gate.as_ref().map(|gate| kind(gate.feature))));
            origins.extend(kinds);
        }
        let proved = |kind| origins.contains(&(kind, None));
        assert!(["number", "age", "text", "yes"].into_iter().all(proved), "{origins:?}");
        let gates: Vec<_> = origins.iter().filter_map(|(_, gate)| *gate).collect();
        assert!(["yes", "text", "number"].iter().all(|kind| gates.contains(kind)), "{origins:?}");
    }
}
