//! `leadscore explain`: where a contact's points come from, which rules gave nothing and why, and
//! what is missing for the next grade and stage.
//!
//! Scores by the path of `score`, with somebody listening.

mod lacking;

use super::Status;
use super::scoring::{self, Run, score_named};
use crate::cli::ExplainArgs;
use crate::engine::contact::{ContactFacts, Desk};
use crate::engine::contacts::ContactId;
use crate::engine::facts::{Facts, Value};
use crate::engine::grades;
use crate::engine::plan::PlannedRule;
use crate::engine::scored::Scored;
use crate::engine::trace::{Line, Step};
use crate::instant::Instant;
use crate::output::progress::Progress;
use crate::points::{Points, Range};
use crate::rules::describe;
use crate::rules::model::{
    AccountKind, AccountScore, Aggregate, GradeBounds, Model, Operand, RuleKind, ScoreId, ScoreKind,
};
use anyhow::bail;
use lacking::{Lines, lacking};
use std::fmt::Write as _;
use std::io::Write as _;

/// Runs the command.
///
/// # Errors
/// As `score`; and where there is no such contact or score.
pub fn run(args: &ExplainArgs) -> anyhow::Result<Status> {
    let now = Instant(jiff::Timestamp::now().as_millisecond());
    let rule_file = scoring::load_rules(&args.inputs.rules, false)?;
    let only = args.score.as_ref().map(|name| score_named(&rule_file.model, "--score", name)).transpose()?;
    let run = Run {
        inputs: &args.inputs,
        columns: &[],
        who: &args.id,
        reasons: 0,
        is_told: false,
        looks_back: true,
        now,
        rejects: None,
        progress: Progress::new(true),
        check: &|_, _| Ok(()),
    };
    let text = scoring::run(run, &rule_file, |scored, report, _| {
        let mut text = String::new();
        for (id, first) in args.id.iter().zip(&report.found) {
            let &Some(first) = first else {
                bail!("--id {id}: none of the {} contacts has this id", scored.order.len());
            };
            for contact in scored.scene.contacts.with_same_id(first) {
                text += &explain(scored, contact, only)?;
            }
        }
        report.watched.refuse_changed()?;
        Ok(text)
    })?;
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(Status::Done)
}

/// One contact's explanation.
struct Explanation<'a> {
    scored: &'a Scored<'a>,
    model: &'a Model,
    facts: &'a ContactFacts<'a, 'a>,
    out: String,
}

/// Explains one contact: all scores or only one of them.
fn explain(scored: &Scored<'_>, contact: ContactId, only: Option<ScoreId>) -> Result<String, std::fmt::Error> {
    let model = scored.scene.plan.model;
    let (mut desk, mut listened_desk) = (Desk::new(scored.scene.plan), Desk::new(scored.scene.plan));
    let window = scored.window(contact, &mut desk, true);
    let facts = window.facts(0);
    let lines = scored.lines(contact, &mut listened_desk);
    let mut explanation = Explanation { scored, model, facts: &facts, out: String::new() };
    explanation.heading()?;
    // The ranking first, then what it is made of.
    let others = (0..model.scores.len()).filter(|score| !model.rank_by.contains(score));
    let order = model.rank_by.iter().copied().chain(others);
    for score in order.filter(|&score| only.is_none_or(|only| only == score)) {
        explanation.score(score, &lines)?;
    }
    explanation.tallies()?;
    explanation.account()?;
    explanation.next_stage()?;
    writeln!(explanation.out)?;
    Ok(explanation.out)
}

impl Explanation<'_> {
    fn heading(&mut self) -> std::fmt::Result {
        let (scored, contact) = (self.scored, self.facts.contact);
        let rank = scored.order.iter().position(|&other| other == contact).map_or(0, |at| at + 1);
        let id = scored.scene.contacts.id(contact);
        write!(self.out, "{id}: rank {rank} of {}", scored.order.len())?;
        if let Some(grade) = scored.overall_grade(contact).filter(|_| !self.model.grade.is_empty()) {
            write!(self.out, ", grade {grade}")?;
        }
        if let Some(stage) = scored.stage(contact) {
            write!(self.out, ", stage {}", self.model.stages[usize::from(stage)].name)?;
        }
        if let Some(rule) = scored.disqualified_by(contact) {
            write!(self.out, ", disqualified: {}", self.model.disqualify[usize::from(rule)].name)?;
        }
        let within = scored.segments(contact).zip(&self.model.segments).filter(|(within, _)| *within);
        let segments: Vec<&str> = within.map(|(_, segment)| segment.name.as_str()).collect();
        if !segments.is_empty() {
            write!(self.out, ", segments {}", segments.join(" and "))?;
        }
        writeln!(self.out, "\nas of {}", self.facts.as_of())?;
        Ok(())
    }

    fn score(&mut self, score: ScoreId, lines: &[Line<'_>]) -> std::fmt::Result {
        let known = &self.model.scores[score];
        let Some(value) = self.scored.score(self.facts.contact, score) else {
            writeln!(self.out, "\n{}: no value", known.name)?;
            if let Some(scored) = &known.scored {
                return self.lines("    ", lacking(self.model, scored, self.facts));
            }
            return Ok(());
        };
        let grade = grades::name(&known.grades, self.scored.grade(self.facts.contact, score));
        let grade = grade.map_or(String::new(), |grade| format!(" ({grade})"));
        writeln!(self.out, "\n{} {value}{grade}", known.name)?;
        for line in lines.iter().filter(|line| line.score == score && line.points != Points::ZERO) {
            writeln!(self.out, "  {:>10}  {}", signed(line.points), self.origin(line))?;
        }
        writeln!(self.out, "  {:>10}", format!("= {value}"))?;
        self.silent_rules(score, lines)?;
        self.next_grade(score, value)
    }

    /// Where a line's points come from.
    fn origin(&self, line: &Line<'_>) -> String {
        let score = &self.model.scores[line.score];
        match line.step {
            Step::Start => "start".to_owned(),
            Step::Rule { rule, units, before_caps } => {
                let planned = &self.scored.scene.plan.rules[rule];
                let group = planned.group.map_or(String::new(), |group| format!("{group}: "));
                format!("{group}{}{}", planned.rule.name, self.detail(planned, units, before_caps, line.points))
            }
            Step::Choice(group) => format!("{group}: only the rule that its `take` chooses counts"),
            Step::Limit(group) => format!("{group}: the limit of the group"),
            Step::Multiply(name) => format!("{name} (a factor)"),
            Step::Range => format!("the range {}", range(score.range)),
            Step::Rounding => "rounding".to_owned(),
            Step::Sum(name) => match &score.kind {
                ScoreKind::Sum(parts) => {
                    let part = parts.iter().find(|part| self.model.scores[part.score].name == name);
                    let value = part.and_then(|part| self.facts.score(part.score)).unwrap_or_default();
                    format!("{name}: {value} × {}", part.map_or(Points::ONE, |part| part.weight))
                }
                ScoreKind::Rules { .. } => name.to_owned(),
            },
        }
    }

    fn detail(&self, planned: &PlannedRule<'_>, units: u64, before_caps: Points, points: Points) -> String {
        match &planned.rule.kind {
            RuleKind::Contact(_) => String::new(),
            RuleKind::Scorecard { operand, name, .. } => format!(" ({name} {})", stands(self.facts.value(*operand))),
            RuleKind::Activity(rule) => {
                let which = describe::types_and_time(&rule.selection, &self.model.activities.timezone);
                let capped = if before_caps == points { String::new() } else { format!(", {before_caps} before caps") };
                format!(" ({units} × {which}{capped})")
            }
        }
    }

    /// The rules that gave nothing, and why.
    fn silent_rules(&mut self, score: ScoreId, lines: &[Line<'_>]) -> std::fmt::Result {
        let gave = |rule: usize| {
            let of_rule = |line: &&Line<'_>| matches!(line.step, Step::Rule { rule: other, .. } if other == rule);
            lines.iter().find(of_rule).is_some_and(|line| line.points != Points::ZERO)
        };
        let plan = self.scored.scene.plan;
        let silent = (0..plan.rules.len()).filter(|&rule| plan.rules[rule].score == score && !gave(rule));
        for (number, rule) in silent.enumerate() {
            if number == 0 {
                writeln!(self.out, "  gave nothing")?;
            }
            let planned = &plan.rules[rule];
            let group = planned.group.map_or(String::new(), |group| format!("{group}: "));
            writeln!(self.out, "    {group}{}", planned.rule.name)?;
            let why = self.why_silent(planned);
            self.lines("      ", why)?;
        }
        Ok(())
    }

    fn why_silent(&self, planned: &PlannedRule<'_>) -> Lines {
        let unmet = planned.rule.when.as_ref().map(|when| lacking(self.model, when, self.facts)).unwrap_or_default();
        if !unmet.is_empty() {
            return unmet;
        }
        let reason = match &planned.rule.kind {
            RuleKind::Contact(_) => "it gives 0 points".to_owned(),
            RuleKind::Scorecard { operand, name, .. } => match self.facts.value(*operand) {
                Value::Missing => format!("{name}: there is no value"),
                value => format!("{name} {} gives 0 points", stands(value)),
            },
            RuleKind::Activity(rule) => format!("no {}", describe::selection(self.model, &rule.selection)),
        };
        vec![(0, reason)]
    }

    fn next_grade(&mut self, score: ScoreId, value: Points) -> std::fmt::Result {
        let Some(grades) = &self.model.scores[score].grades else { return Ok(()) };
        let own = self.scored.grade(self.facts.contact, score);
        let next = match &grades.bounds {
            GradeBounds::AtLeast(bounds) => {
                let above = bounds.iter().zip(&grades.names).filter(|(bound, _)| **bound > value);
                above.min_by_key(|(bound, _)| **bound).map(|(bound, name)| (*bound, name))
            }
            // The least value that has the next better grade today.
            GradeBounds::Top(shares) => {
                let better = |grade: u16| own.is_none_or(|own| shares[usize::from(grade)] < shares[usize::from(own)]);
                let everybody = self.scored.order.iter();
                let above = everybody.filter_map(|&contact| {
                    let grade = self.scored.grade(contact, score).filter(|&grade| better(grade))?;
                    Some((self.scored.score(contact, score)?, &grades.names[usize::from(grade)]))
                });
                above.min_by_key(|(value, _)| *value)
            }
        };
        if let Some((bound, name)) = next.filter(|(bound, _)| *bound > value) {
            writeln!(self.out, "  next grade {name}: {} points more, at {bound}", bound - value)?;
        }
        Ok(())
    }

    fn tallies(&mut self) -> std::fmt::Result {
        let named = self.model.tallies.iter().enumerate().filter_map(|(id, tally)| Some((id, tally.name.as_ref()?)));
        let shown: Vec<String> =
            named.map(|(id, name)| format!("{name} {}", stands(self.facts.value(Operand::Tally(id))))).collect();
        if shown.is_empty() { Ok(()) } else { writeln!(self.out, "\ntallies: {}", shown.join(", ")) }
    }

    /// The account: what its scores are made of, and what its next stage needs.
    fn account(&mut self) -> std::fmt::Result {
        let (Some(account), Some(accounts)) = (self.scored.account(self.facts.contact), &self.model.accounts) else {
            return Ok(());
        };
        let stage = account.stage().map(|stage| &accounts.stages[usize::from(stage)].name);
        let stage = stage.map_or(String::new(), |stage| format!(", stage {stage}"));
        let others =
            if account.contacts() == 1 { "1 contact".to_owned() } else { format!("{} contacts", account.contacts()) };
        let contacts = self.scored.scene.contacts;
        let key = contacts.account(self.facts.contact).map_or("", |account| contacts.account_key(account));
        writeln!(self.out, "\naccount {key} ({others}, the disqualified left out{stage})")?;
        for (at, score) in accounts.scores.iter().enumerate() {
            let value = account.score(at).map_or("no value".to_owned(), |value| value.to_string());
            let grade = grades::name(&score.grades, account.grade(at));
            let grade = grade.map_or(String::new(), |grade| format!(" ({grade})"));
            writeln!(self.out, "    {} {value}{grade}: {}", score.name, self.made_of(score))?;
        }
        let next = account.stage().map_or(0, |stage| usize::from(stage) + 1);
        if let Some(stage) = accounts.stages.get(next) {
            writeln!(self.out, "  next account stage {} needs", stage.name)?;
            self.lines("    ", lacking(self.model, &stage.when, self.facts))?;
        }
        Ok(())
    }

    /// `the sum of engagement, the highest counting 1, 0.5, 0.25, where seniority is director`.
    fn made_of(&self, score: &AccountScore) -> String {
        let mut words = match &score.kind {
            AccountKind::Count => "how many contacts".to_owned(),
            AccountKind::Of { aggregate, score, top, shares } => {
                let measure = match aggregate {
                    Aggregate::Sum => "the sum",
                    Aggregate::Max => "the greatest",
                    Aggregate::Mean => "the mean",
                    Aggregate::Min => "the least",
                };
                let mut words = format!("{measure} of {}", self.model.scores[*score].name);
                if let Some(top) = top {
                    words += &format!(" of the {top} highest");
                }
                if let Some(shares) = shares {
                    let shares: Vec<String> = shares.iter().map(ToString::to_string).collect();
                    words += &format!(", the highest counting {}", shares.join(", "));
                }
                words
            }
        };
        if let Some(filter) = &score.filter {
            words += &format!(" where {}", describe::condition(self.model, filter));
        }
        words
    }

    fn next_stage(&mut self) -> std::fmt::Result {
        let contact = self.facts.contact;
        if let Some(rule) = self.scored.disqualified_by(contact) {
            let rule = &self.model.disqualify[usize::from(rule)];
            let condition = describe::condition(self.model, &rule.when);
            return writeln!(self.out, "\nat no stage while disqualified: {} ({condition})", rule.name);
        }
        let next = self.scored.stage(contact).map_or(0, |stage| usize::from(stage) + 1);
        let Some(stage) = self.model.stages.get(next) else { return Ok(()) };
        writeln!(self.out, "\nnext stage {} needs", stage.name)?;
        self.lines("    ", lacking(self.model, &stage.when, self.facts))
    }

    fn lines(&mut self, indent: &str, lines: Lines) -> std::fmt::Result {
        lines.into_iter().try_for_each(|(depth, line)| writeln!(self.out, "{indent}{}{line}", "  ".repeat(depth)))
    }
}

fn stands(value: Value<'_>) -> String {
    match value {
        Value::Missing => "has no value".to_owned(),
        Value::Cell(text, _) | Value::Text(text) => format!("is `{}`", text.escape_debug()),
        Value::Number(number) => format!("is {number}"),
        Value::Instant(instant) => format!("is {instant}"),
    }
}

fn signed(points: Points) -> String {
    if points > Points::ZERO { format!("+{points}") } else { points.to_string() }
}

fn range(range: Range) -> String {
    match (range.low, range.high) {
        (Some(low), Some(high)) => format!("from {low} to {high}"),
        (Some(low), None) => format!("from {low} up"),
        (None, Some(high)) => format!("up to {high}"),
        (None, None) => "without ends".to_owned(),
    }
}
