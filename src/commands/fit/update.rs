//! `leadscore fit --update`: the same rules, with the points that new contacts call for.
//!
//! In: a rule file, contacts whose outcome is known. Out: the file with other numbers at the same places,
//! and a report of what moved. Not here: which numbers there are (`numbers`), and how they are found
//! (`learn::relearning`).

use super::cuts::{Cut, Seen};
use super::moves::{Move, Moves, NewCut};
use super::numbers::{Number, Ranking, below};
use super::{FOLDS, Fit, enough, gather, in_words};
use crate::commands::figures;
use crate::commands::{Status, scoring};
use crate::learn::outcome::Unclear;
use crate::learn::relearning::{Relearned, Slot, Standing};
use crate::learn::validation::{Unseen, in_folds, read_honestly};
use crate::output::file::Target;
use crate::points::Points;
use crate::rules::edit::{Numbers, Step};
use crate::rules::model::{Check, Condition, GradeBounds, Grades, Model, Operand, Order, ScoreKind, Stage};
use crate::rules::{self, MARK};
use anyhow::{anyhow, bail};
use std::io::Write;
use std::path::Path;

impl Fit<'_> {
    /// Moves the points of a rule file.
    pub(super) fn update(&self, path: &Path) -> anyhow::Result<Status> {
        let (args, progress) = (self.args, self.progress());
        let mut target = Target::create(&self.output)?;
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
        let (old, mut new): (Vec<Unseen>, Vec<Unseen>) = judged.into_iter().map(|[old, new]| (old, new)).unzip();
        let link = made.link.read_as(read_honestly(&mut new, &known));
        let seen: Vec<Unseen> = standing.judge(&made, &rows, 0).into_iter().map(|[_, new]| new).collect();

        let moves = moves(&ranking, &standing, &made, (&known, &rows));
        let totals: Vec<i32> = seen.iter().map(|one| one.total).collect();
        let cut = Seen { unseen: &new, outcome: &known, totals: &totals, range: standing.range, link };
        let mut kept = ranking.kept.clone();
        let of_grades = grades(&ranking, &cut.grades());
        if of_grades.is_none() {
            kept.push((
                "grades",
                "they are not A to D by points as fit writes them, or these contacts tell not all of them apart",
            ));
        }
        let found = cut.stages(args.capacity, args.precision);
        let of_stages = stages(&rule_file.model, &ranking.score.name, &written, &found);
        if of_stages.is_none() {
            kept.push(("stages", "they are not the MQL and SQL by points that fit writes"));
        }
        let mut cuts: Vec<NewCut> = of_grades.into_iter().chain(of_stages).flatten().collect();
        let is_as_it_was = !moves.iter().any(Move::is_far) && made.start.abs() <= 1;
        if is_as_it_was && args.capacity.is_none() && args.precision.is_none() {
            kept.push(("grades and stages", "no points moved by more than one, so they mean what they meant"));
            cuts.iter_mut().for_each(|cut| cut.now = cut.before);
        }
        let mut put = |path: &[Step], what: &str, before: Points, now: Points| {
            if before == now { Ok(()) } else { written.put(path, what, now).map_err(named) }
        };
        for (number, moved) in ranking.numbers.iter().zip(&moves) {
            put(&number.path, &format!("{} of the rule `{}`", moved.what(), moved.rule), moved.before, moved.now)?;
        }
        let before = match ranking.score.kind {
            ScoreKind::Rules { start, .. } => start,
            ScoreKind::Sum(_) => Points::ZERO,
        };
        let begin = (before, before + Points::whole(i64::from(made.start)));
        put(&start, "`start`", begin.0, begin.1)?;
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
                start: begin,
                kept: &kept,
                old: &old,
                new: &new,
                seen: &seen,
                outcome: &known,
            };
            figures::print_beside(&self.output, |text| report.write(&self.output, text))?;
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

/// Where the grades begin, if there are any; `None` where one is not such as `fit` writes.
fn grades(ranking: &Ranking<'_>, found: &[Cut]) -> Option<Vec<NewCut>> {
    let Some(Grades { names, bounds, .. }) = &ranking.score.grades else { return Some(Vec::new()) };
    let GradeBounds::AtLeast(bounds) = bounds else { return None };
    let cut = |(name, before): (&String, &Points)| {
        let path = below(&ranking.path, [Step::key("grades"), Step::key(name)]);
        NewCut::found(name, path, *before, found)
    };
    names.iter().zip(bounds).map(cut).collect()
}

/// Where MQL and SQL begin, if there are stages; `None` where one is not such as `fit` writes.
fn stages(model: &Model, score: &str, written: &Numbers<'_>, found: &[Cut]) -> Option<Vec<NewCut>> {
    let cut = |(at, stage): (usize, &Stage)| {
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
    model.stages.iter().enumerate().map(cut).collect()
}

/// A condition without the lists of one that it is wrapped in.
fn single(condition: &Condition) -> &Condition {
    match condition {
        Condition::All(all) if all.len() == 1 => single(&all[0]),
        _ => condition,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use crate::instant::Instant;
    use crate::output::progress::Progress;
    use clap::Parser;
    use std::path::PathBuf;

    /// Rules of every kind; those that move: `points`, steps, values, also of a set, in a group, in a place.
    const RULES: &str = "version: 1
contacts: { fields: { tags: { column: tags, separator: '|' } } }
scores:
  other: { rules: [{ name: Big, when: { size: { at_least: 50 } }, points: 1 }] }
  learned:
    start: 10
    rules:
      - { name: Phone, when: { phone: present, other: { at_least: 1 } }, points: 2.5 }
      - { name: Size, points_by: size, steps: { 90: 9, 10: 1, 50: 5 }, missing: 4 }
      - group: Both
        rules:
          - { name: Tags, points_by: tags, values: { CRM: 3, mail: 2, sms: -1 }, otherwise: 1 }
          - { name: Size too, points_by: size, when: { tags: [crm] }, steps: { 0: 1 }, otherwise: 0, missing: 0 }
      - group: Best
        take: best
        rules: [{ name: Either, when: { size: { below: 30 } }, points: 4 }]
      - { name: Per head, points_by: size, times: 0.1 }
      - { name: Opens, activity: open, points: 2, decay: { half_life: 30d } }
rank_by: learned
";

    #[test]
    fn each_number_is_had_by_just_those_whom_score_gives_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name).display().to_string();
        let mut contacts = "id,size,tags,phone\n".to_owned();
        for lead in 0..200 {
            let size = ["", "many", "-5", "0", "9.99", "10", "49", "50", "90", "1000"][lead % 10];
            let tags = ["", "crm", "CRM|mail|crm", "mail|sms|web", "web", " sms ", "|"][lead % 7];
            contacts += &format!("L{lead},{size},{tags},{}\n", ["", "1"][lead % 3 % 2]);
        }
        std::fs::write(place("contacts.csv"), contacts).unwrap();
        std::fs::write(place("activities.csv"), "contact_id,type,timestamp\nL1,open,2026-10-01\nL2,open,2026-05-01\n")
            .unwrap();
        let (contacts, activities) = (place("contacts.csv"), place("activities.csv"));
        let line = [
            "leadscore",
            "fit",
            &contacts,
            "-a",
            &activities,
            "--as-of",
            "2026-11-01",
            "--outcome",
            "x",
            "--update",
            "x",
        ];
        let Command::Fit(args) = Cli::parse_from(line).command else { panic!() };
        let fit = Fit {
            args: &args,
            now: Instant(0),
            files: args.sources.contacts.clone(),
            output: PathBuf::from("learned.yaml"),
        };
        let totals = |text: &str| -> Vec<f64> {
            let file =
                rules::parse("rules.yaml", text.as_bytes(), Path::new("")).unwrap_or_else(|fault| panic!("{fault}"));
            let everybody = 0..200;
            fit.scored(&file, &[], Progress::new(false), |scored| {
                everybody.map(|contact| scored.score(contact, 1).unwrap().to_f64()).collect()
            })
            .unwrap()
        };
        let text = RULES.replace("    start: 10", "    start: 10\n    decimals: 6");
        let file = rules::parse("rules.yaml", text.as_bytes(), Path::new("")).unwrap();
        let ranking = Ranking::of(&file.model, &Numbers::of(&text).unwrap()).unwrap();
        let names: Vec<_> = ranking.numbers.iter().map(|one| (ranking.rule(one), one.bin.as_str())).collect();
        assert_eq!(names.len(), 12, "{names:?}");
        assert_eq!(ranking.kept.iter().map(|one| one.0).collect::<Vec<_>>(), ["Either", "Per head", "Opens"]);
        let standing = fit.scored(&file, &[], Progress::new(false), |scored| ranking.standing(scored, true)).unwrap();
        let before = totals(&text);
        assert_eq!(standing.sums, before);
        for (number, slot) in ranking.numbers.iter().zip(&standing.slots) {
            let mut written = Numbers::of(&text).unwrap();
            written.put(&number.path, &number.bin, number.points + Points::whole(7)).unwrap();
            let after = totals(&written.text());
            let gained = |who: &u32| (after[*who as usize] - before[*who as usize] - 7.0).abs() < 1e-6;
            let have: Vec<u32> = (0..200).filter(gained).collect();
            assert_eq!(have, slot.who, "{} {}", ranking.rule(number), number.bin);
            assert!(!have.is_empty() || number.bin == "otherwise", "{} {}", ranking.rule(number), number.bin);
        }
    }
}
