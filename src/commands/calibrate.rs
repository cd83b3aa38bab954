//! `leadscore calibrate`: the points an interaction should have, from what past buyers did.
//!
//! In: contacts with a column of outcomes, their activities, a rule file whose rules multiply tallies.
//! Out: the arithmetic on standard output, and with `-o` the rule file with the new numbers. Not
//! here: the arithmetic itself (`learn::calibration`).

mod text;

use super::Status;
use super::scoring::{self, Run};
use crate::cli::CalibrateArgs;
use crate::engine::activities::Scene;
use crate::engine::contacts::ContactId;
use crate::engine::plan::Plan;
use crate::engine::scored::{Scored, score_everybody};
use crate::input::{activity_source, file_and_sheet};
use crate::instant::Instant;
use crate::learn::calibration::{Buyer, Calibration};
use crate::learn::journey::Journey;
use crate::learn::outcome::{Answer, Outcome, Unclear};
use crate::output::file::{Target, check_places};
use crate::output::progress::Progress;
use crate::output::table::Look;
use crate::points::{Decimal, Points};
use crate::rules::RuleFile;
use crate::rules::edit::{NewFactor, with_factors};
use crate::rules::model::Model;
use anyhow::{anyhow, bail};
use std::io::Write;
use std::path::Path;
use text::{Group, Report};

/// Runs the command.
///
/// # Errors
/// As `score`; and where nothing can be learnt, or the new numbers cannot be written into the file.
pub fn run(args: &CalibrateArgs) -> anyhow::Result<Status> {
    let now = Instant(jiff::Timestamp::now().as_millisecond());
    check_output(args)?;
    let target = args.output.as_deref().map(Target::create).transpose()?;
    let rule_file = scoring::load_rules(&args.inputs.rules, false)?;
    let journey = Journey::find(&rule_file.model, args.ready.as_deref().map(ready).transpose()?)
        .map_err(|message| anyhow!("{}: {message}", rule_file.source.name))?;
    let is_field = |name: &str| rule_file.model.contact_fields.iter().any(|field| field.name == name);
    let outcome = Outcome::parse(&args.outcome, is_field);
    let run = Run {
        inputs: &args.inputs,
        columns: &[("--outcome", &outcome.column)],
        who: &[],
        reasons: 0,
        is_told: false,
        looks_back: true,
        now,
        rejects: None,
        progress: Progress::new(true),
        check: &|_, _| Ok(()),
    };
    let report = scoring::run(run, &rule_file, |scored, report, _| {
        let learned = learn(args, &rule_file, &journey, &outcome, scored)?;
        report.watched.refuse_changed()?;
        Ok(learned)
    })?;
    let edited = target.is_some().then(|| edited(&rule_file, &journey, report.calibration.times)).transpose()?;
    let report = report.text(Look::of_standard_output())?;
    match (target, edited) {
        (Some(mut target), Some(edited)) => {
            target.write_all(&edited)?;
            // Where the rules go to standard output, talk does not.
            if args.output.as_deref() == Some(Path::new("-")) {
                std::io::stderr().write_all(&report)?;
            } else {
                std::io::stdout().write_all(&report)?;
            }
            target.commit()?;
        }
        _ => std::io::stdout().write_all(&report)?,
    }
    Ok(Status::Done)
}

fn check_output(args: &CalibrateArgs) -> anyhow::Result<()> {
    let Some(output) = &args.output else { return Ok(()) };
    let activities = args.inputs.sources.activities.iter().map(|argument| activity_source(argument).1);
    let read = args
        .inputs
        .sources
        .contacts
        .iter()
        .map(String::as_str)
        .chain(activities)
        .chain(args.inputs.previous.as_deref());
    let mut inputs: Vec<&Path> = read.map(|path| Path::new(file_and_sheet(path).0)).collect();
    // Only the rule file may be replaced: never an export.
    check_places(&[("-o", output)], &inputs, false)?;
    inputs.push(&args.inputs.rules);
    check_places(&[("-o", output)], &inputs, args.in_place)
}

fn ready(text: &str) -> anyhow::Result<Points> {
    let number = Decimal::parse(text).and_then(Decimal::exactly);
    number.ok_or_else(|| anyhow!("--ready {text}: not a number of at most 6 decimals"))
}

/// The rule file with the new factors, byte for byte the same elsewhere.
fn edited(rule_file: &RuleFile, journey: &Journey, times: Points) -> anyhow::Result<Vec<u8>> {
    let score = &rule_file.model.scores[journey.score].name;
    let factors: Vec<NewFactor<'_>> =
        journey.stages.iter().map(|stage| NewFactor { score, rule: &stage.rule, times }).collect();
    let text = with_factors(&rule_file.source.text, &factors);
    let text = text.map_err(|message| anyhow!("{}: {message}", rule_file.source.name))?;
    let mark: &[u8] = if rule_file.has_mark { crate::rules::MARK } else { b"" };
    Ok([mark, text.as_bytes()].concat())
}

/// Works the points out, and scores everybody again with them.
fn learn(
    args: &CalibrateArgs,
    rule_file: &RuleFile,
    journey: &Journey,
    outcome: &Outcome,
    scored: &Scored<'_>,
) -> anyhow::Result<Report> {
    let model = scored.scene.plan.model;
    let answers = answers(outcome, scored)?;
    let who = |wanted: Answer| {
        let all = answers.iter().enumerate().filter(move |(_, answer)| **answer == wanted);
        let all = all.map(|(contact, _)| contact as ContactId);
        all.filter(|&contact| scored.score(contact, journey.score).is_some()).collect::<Vec<_>>()
    };
    let (buyers, others) = (who(Answer::Yes), who(Answer::No));
    let taken_in: Vec<Buyer> = scored_with(&journey.with_times(model, Points::ZERO), scored, |without| {
        buyers.iter().filter_map(|&buyer| journey.buyer(without, buyer)).collect()
    })?;
    let calibration = Calibration::of(journey.ready, &taken_in, args.average).map_err(|message| anyhow!(message))?;
    let measure = |scored: &Scored<'_>| [&buyers, &others].map(|group| Group::of(scored, journey, group));
    let before = measure(scored);
    let now = scored_with(&journey.with_times(model, calibration.times), scored, measure)?;
    Ok(Report {
        file: rule_file.source.name.clone(),
        score: model.scores[journey.score].name.clone(),
        outcome: outcome.to_string(),
        undecided: answers.iter().filter(|answer| **answer == Answer::Undecided).count() as u64,
        journey: journey.clone(),
        caveats: journey.caveats(model),
        calibration,
        before,
        now,
    })
}

/// What each contact's cell says of the outcome.
fn answers(outcome: &Outcome, scored: &Scored<'_>) -> anyhow::Result<Vec<Answer>> {
    let plan = scored.scene.plan;
    let column = plan.model.contact_columns.iter().position(|column| column.name == outcome.column);
    let Some(column) = column else { bail!("--outcome {outcome}: there is no such column") };
    let mut unclear = Unclear::default();
    let answers = scored.at_desk(|desk| {
        let answer = |contact: usize| {
            let window = scored.window(contact as ContactId, desk, true);
            let cell = window.facts(0).row().cell(plan, column);
            let answer = outcome.answer(cell);
            if answer == Answer::Unclear {
                unclear.note(cell.unwrap_or_default());
            }
            answer
        };
        (0..scored.order.len()).map(answer).collect()
    });
    match unclear.fault(outcome) {
        Some(fault) => bail!(fault),
        None => Ok(answers),
    }
}

/// The same contacts with the same activities, scored by another model, which differs in points only.
fn scored_with<R>(model: &Model, scored: &Scored<'_>, then: impl FnOnce(&Scored<'_>) -> R) -> anyhow::Result<R> {
    let plan = scored.scene.plan;
    let again = Plan::bind(model, plan.contact_tables.clone(), plan.activity_tables.clone(), plan.as_of_column);
    // What was bound once is bound again: the columns are the same.
    let again = again.map_err(|_| anyhow!("the exports have changed"))?;
    let scene = Scene { plan: &again, ..scored.scene };
    Ok(then(&score_everybody(scene, scored.ledger(), None, 0, Vec::new(), true, &|_| ())))
}
