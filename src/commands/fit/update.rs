//! `leadscore fit --update`: the same rules, with the points that new contacts call for.
//!
//! In: a rule file, contacts whose outcome is known. Out: the file with other numbers at the same places,
//! and a report of what moved. Not here: which numbers there are (`numbers`), and how they are found
//! (`learn::relearning`).

use super::cuts::{Cut, Seen};
use super::moves::{Move, Moves, NewCut};
use super::numbers::{Number, Ranking, below};
use super::{FOLDS, Fit, enough, gather, in_words};
use crate::commands::{Status, scoring};
use crate::learn::integers::PointCard;
use crate::learn::outcome::Unclear;
use crate::learn::relearning::{Relearned, Slot, Standing};
use crate::learn::validation::{Unseen, in_folds};
use crate::output::file::Target;
use crate::points::Points;
use crate::rules::edit::{Numbers, Step};
use crate::rules::model::{Check, Condition, GradeBounds, Grades, Model, Operand, Order, ScoreKind};
use crate::rules::{self, MARK};
use anyhow::{anyhow, bail};
use std::io::Write;
use std::path::Path;

impl Fit<'_> {
    /// Moves the points of a rule file.
    pub(super) fn update(&self, path: &Path) -> anyhow::Result<Status> {
        let (args, progress) = (self.args, self.progress());
        let mut target = Target::create(&args.output)?;
        let rule_file = scoring::load_rules(path, args.running.quiet)?;
        let named = |message: String| anyhow!("{}: {message}", rule_file.source.name);
        let mut written = Numbers::of(&rule_file.source.text).map_err(named)?;
        let ranking = Ranking::of(&rule_file.model, &written).map_err(named)?;
        let start = below(&ranking.path, [Step::key("start")]);
        let has_start = written.has(&start);

        let Some(outcome) = self.outcome()? else { bail!("--update needs --outcome COLUMN") };
        let mut unclear = Unclear::default();
        let columns = [("--outcome", outcome.column.as_str())];
        let (standing, known) = self.scored(&rule_file, &columns, progress.clone(), |scored| {
            let mut known = gather::outcomes(scored, &outcome, &mut unclear);
            for (contact, known) in (0..).zip(&mut known) {
                *known = known.filter(|_| ranking.ranks(scored, contact));
            }
            (ranking.standing(scored, has_start), known)
        })?;
        if let Some(fault) = unclear.fault(&outcome) {
            bail!(fault);
        }
        let rows: Vec<u32> = (0..).zip(&known).filter_map(|(row, known)| known.map(|_| row)).collect();
        let left_out = known.len() - rows.len();
        let known: Vec<bool> = known.into_iter().map(|known| known == Some(true)).collect();
        let yes = rows.iter().filter(|&&row| known[row as usize]).count();
        enough(yes, rows.len() - yes)?;

        let bar = progress.rows("learning", (FOLDS + 1) as u64);
        let learn = |rows: &[u32]| {
            let made = standing.relearn(&known, rows);
            bar.add(1);
            made
        };
        let judge = |made: &Relearned, rows: &[u32], fold: u8| standing.judge(made, rows, fold);
        let (made, judged) = in_folds(&known, &rows, (FOLDS, args.seed), &learn, &judge);
        bar.finish();
        let (old, new): (Vec<Unseen>, Vec<Unseen>) = judged.into_iter().map(|[old, new]| (old, new)).unzip();

        let moves = moves(&ranking, &standing, &made, (&known, &rows));
        let card = PointCard { start: 0, terms: Vec::new(), range: standing.range, link: made.link };
        let seen = Seen { unseen: &new, outcome: &known };
        let mut cuts = grades(&ranking, &seen.grades(&card));
        let found = seen.stages(&card, args.capacity, args.precision);
        cuts.extend(stages(&rule_file.model, &ranking.score.name, &written, &found));
        let mut put = |path: &[Step], what: &str, before: Points, now: Points| {
            if before == now { Ok(()) } else { written.put(path, what, now).map_err(named) }
        };
        for (number, moved) in ranking.numbers.iter().zip(&moves) {
            put(&number.path, &format!("{} of the rule `{}`", moved.what(), moved.rule), moved.before, moved.now)?;
        }
        if let ScoreKind::Rules { start: before, .. } = &ranking.score.kind {
            put(&start, "`start`", *before, *before + Points::whole(i64::from(made.start)))?;
        }
        for cut in &cuts {
            put(&cut.path, &format!("where `{}` begins", cut.name), cut.before, cut.now)?;
        }
        let text = [if rule_file.has_mark { MARK } else { b"" }, written.text().as_bytes()].concat();
        rules::parse(&rule_file.source.name, &text, path.parent().unwrap_or(Path::new("")))?;
        target.write_all(&text)?;
        target.commit()?;
        if !args.running.quiet {
            let report = Moves {
                what: in_words(&outcome),
                contacts: rows.len(),
                yes,
                left_out,
                rules: ranking.rules(),
                moves: &moves,
                cuts: &cuts,
                start: made.start,
                kept: &ranking.kept,
                old: &old,
                new: &new,
                outcome: &known,
            };
            report.print(&args.output)?;
        }
        Ok(Status::Done)
    }
}

/// What becomes of every number, and what the contacts did who have it.
fn moves<'m>(
    ranking: &Ranking<'m>,
    standing: &Standing,
    made: &Relearned,
    (outcome, rows): (&[bool], &[u32]),
) -> Vec<Move<'m>> {
    let numbers = ranking.numbers.iter().zip(&standing.slots).zip(&made.moves);
    let of = |((number, slot), moved): ((&Number, &Slot), &f64)| {
        let inside = slot.who.iter().filter(|row| rows.binary_search(row).is_ok());
        let (mut contacts, mut yes) = (0, 0);
        for &row in inside {
            contacts += 1;
            yes += u64::from(outcome[row as usize]);
        }
        let now = if *moved == 0.0 { number.points } else { Points::whole((slot.points + moved).round() as i64) };
        Move { rule: ranking.rule(number), bin: number.bin.clone(), before: number.points, now, contacts, yes }
    };
    numbers.map(of).collect()
}

/// Where the grades begin, if they are those that `fit` writes; all of them or none.
fn grades(ranking: &Ranking<'_>, found: &[Cut]) -> Vec<NewCut> {
    let Some(Grades { names, bounds: GradeBounds::AtLeast(bounds), .. }) = &ranking.score.grades else {
        return Vec::new();
    };
    let cut = |(name, before): (&String, &Points)| {
        let path = below(&ranking.path, [Step::key("grades"), Step::key(name)]);
        NewCut::found(name, path, *before, found)
    };
    names.iter().zip(bounds).map(cut).collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// Where MQL and SQL begin, if they begin at totals of the score as `fit` writes it; all stages or none.
fn stages(model: &Model, score: &str, written: &Numbers<'_>, found: &[Cut]) -> Vec<NewCut> {
    let cut = |(at, stage): (usize, &crate::rules::model::Stage)| {
        let path = ["when", score, "at_least"].map(Step::key);
        let path = below(&[Step::key("stages"), Step::Member(at)], path);
        let Condition::Test(test) = single(&stage.when) else { return None };
        match (test.operand, &test.checks[..]) {
            (Operand::Score(of), [Check::Number(Order::AtLeast, before)])
                if model.scores[of].name == score && written.has(&path) =>
            {
                NewCut::found(&stage.name, path, *before, found)
            }
            _ => None,
        }
    };
    model.stages.iter().enumerate().map(cut).collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// A condition without the lists of one that it is wrapped in.
fn single(condition: &Condition) -> &Condition {
    match condition {
        Condition::All(all) if all.len() == 1 => single(&all[0]),
        _ => condition,
    }
}
