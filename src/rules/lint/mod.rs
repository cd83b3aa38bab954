//! What is doubtful in a rule file that can be used: warnings.
//!
//! In: a model, and what validation noticed on the way. Out: [`Diagnostic`]s, each about
//! something that does nothing or never happens. What only may be unusual is not warned about.
//! Not here: faults.

mod conditions;
mod reach;

use super::model::{
    Card, Column, GradeBounds, Grades, Item, Model, Operand, Rule, RuleKind, Scale, Stage, Take, Worth,
};
use crate::diagnostic::{Diagnostic, Place};
use crate::points::{Points, Range};
use conditions::Conditions;

/// Everything doubtful in a model.
pub fn lint(model: &Model) -> Vec<Diagnostic> {
    let scores = reach::scores(model);
    let account_scores = reach::account_scores(model, &scores);
    let mut warnings = Vec::new();
    for (score, reach) in model.scores.iter().zip(&scores) {
        grades(&score.name, score.grades.as_ref(), *reach, &mut warnings);
    }
    for (score, reach) in model.accounts.iter().flat_map(|accounts| &accounts.scores).zip(&account_scores) {
        grades(&score.name, score.grades.as_ref(), *reach, &mut warnings);
    }
    rules(model, &scores, &mut warnings);
    Conditions { model, scores, account_scores, warnings: &mut warnings }.all();
    stages(model, &mut warnings);
    warnings
}

/// Grades that no value reaches.
fn grades(name: &str, grades: Option<&Grades>, reach: Range, warnings: &mut Vec<Diagnostic>) {
    let Some(Grades { names, bounds: GradeBounds::AtLeast(bounds), places }) = grades else { return };
    for (at, bound) in bounds.iter().enumerate() {
        if let Some(high) = reach.high.filter(|high| bound > high) {
            let message = format!("no one can get the grade `{}`: `{name}` goes up to {high}", names[at]);
            warnings.push(
                Diagnostic::warning("unreachable-grade", places[at], message)
                    .help(format!("lower the bound to {high} or less, or give more points")),
            );
        }
        if let Some(other) = bounds[..at].iter().position(|other| other == bound) {
            let message = format!("the grades `{}` and `{}` begin at the same bound", names[other], names[at]);
            warnings.push(
                Diagnostic::warning("unreachable-grade", places[at], message).help("only one of the two is ever given"),
            );
        }
    }
}

fn rules(model: &Model, scores: &[Range], warnings: &mut Vec<Diagnostic>) {
    for item in model.scores.iter().flat_map(|score| score.items()) {
        match item {
            Item::Rule(one) => rule(model, one, scores, warnings),
            Item::Group(group) => {
                if let (Take::Best | Take::First, [_]) = (group.take, &group.rules[..]) {
                    let message = format!("the group `{}` chooses among one rule", group.name);
                    warnings.push(
                        Diagnostic::warning("lone-choice", group.place, message)
                            .help("put the other rules into the group, or take `take` out"),
                    );
                }
                for one in &group.rules {
                    // Where one is chosen, a rule of 0 points keeps the others out.
                    if group.take == Take::Sum || !gives_nothing(one) {
                        rule(model, one, scores, warnings);
                    }
                }
            }
        }
    }
}

fn rule(model: &Model, rule: &Rule, scores: &[Range], warnings: &mut Vec<Diagnostic>) {
    let card = match &rule.kind {
        RuleKind::Contact(_) => None,
        RuleKind::Scorecard { card, .. } => Some(card),
        RuleKind::Activity(activity) => match &activity.worth {
            Worth::Card(_, card) => Some(card),
            Worth::Points(_) => None,
        },
    };
    if gives_nothing(rule) {
        let message = format!("the rule `{}` always gives 0 points", rule.name);
        warnings.push(Diagnostic::warning("always-zero", rule.place, message).help("give it points, or take it out"));
        return;
    }
    if let Some(card) = card
        && matches!(card.scale, Scale::Times(_))
        && card.otherwise != Points::ZERO
    {
        let message = format!("`otherwise` of the rule `{}` is never used: `times` takes every number", rule.name);
        warnings.push(
            Diagnostic::warning("unused-otherwise", rule.place, message)
                .help("for a missing or unreadable value write `missing`"),
        );
    }
    let RuleKind::Scorecard { operand, name, card } = &rule.kind else { return };
    if conditions::is_date(model, *operand) && !matches!(card.scale, Scale::Values(_)) {
        let message = format!("the tally `{name}` is a date, so it has no steps and cannot be multiplied");
        warnings.push(
            Diagnostic::warning("date-as-number", rule.place, message)
                .help("measure `days_since_last` or `days_since_first` instead"),
        );
    }
    if let (Operand::Score(score), Scale::Steps(steps)) = (operand, &card.scale)
        && let Some(high) = scores[*score].high
        && let Some((bound, _)) = steps.iter().find(|(bound, _)| *bound > high)
    {
        let message =
            format!("the step {bound} of the rule `{}` is never reached: `{name}` goes up to {high}", rule.name);
        warnings
            .push(Diagnostic::warning("unreachable-step", rule.place, message).help("lower the bound, or take it out"));
    }
}

fn gives_nothing(rule: &Rule) -> bool {
    let is_empty = |card: &Card| {
        let listed = match &card.scale {
            Scale::Steps(steps) => steps.iter().all(|(_, points)| *points == Points::ZERO),
            Scale::Values(values) => values.iter().all(|(_, points)| *points == Points::ZERO),
            Scale::Times(factor) => *factor == Points::ZERO,
        };
        listed && card.otherwise == Points::ZERO && card.missing == Points::ZERO
    };
    match &rule.kind {
        RuleKind::Contact(points) => *points == Points::ZERO,
        RuleKind::Scorecard { card, .. } => is_empty(card),
        RuleKind::Activity(activity) => {
            let is_capped = activity.cap == Some(Points::ZERO) || activity.cap_per_day == Some(Points::ZERO);
            is_capped
                || match &activity.worth {
                    Worth::Points(points) => *points == Points::ZERO,
                    Worth::Card(_, card) => is_empty(card),
                }
        }
    }
}

/// Tallies and fields that nothing reads: no fault, but perhaps a slip. In words, such as
/// ``the tally `views` ``.
pub fn unused(model: &Model) -> Vec<String> {
    let mut used: Vec<bool> = model.tallies.iter().map(|tally| tally.show || tally.name.is_none()).collect();
    let mut note = |operand: Operand| {
        if let Operand::Tally(tally) = operand {
            used[tally] = true;
        }
    };
    model.for_each_condition(&mut |condition| condition.for_each_test(&mut |test| note(test.operand)));
    for rule in model.scores.iter().flat_map(|score| score.rules()) {
        if let RuleKind::Scorecard { operand, .. } = &rule.kind {
            note(*operand);
        }
    }
    let tallies = model.tallies.iter().zip(used).filter(|(_, used)| !used).filter_map(|(tally, _)| tally.name.as_ref());
    let mut found: Vec<String> = tallies.map(|name| format!("the tally `{name}`")).collect();
    for (fields, read) in
        [(&model.contact_fields, &model.contact_columns), (&model.activity_fields, &model.activity_columns)]
    {
        // A field may be one of several candidates for a section's column.
        let is_read = |field: &Column| {
            read.iter().any(|column| field.headers.iter().all(|header| column.headers.contains(header)))
        };
        found.extend(fields.iter().filter(|field| !is_read(field)).map(|field| format!("the field `{}`", field.name)));
    }
    found
}

/// Stages that a higher one swallows, and `stay` that keeps nobody.
fn stages(model: &Model, warnings: &mut Vec<Diagnostic>) {
    for (at, stage) in model.stages.iter().enumerate() {
        let Some((operand, needed, name)) = conditions::least(&stage.when) else { continue };
        let swallows = |higher: &&Stage| {
            conditions::least(&higher.when).is_some_and(|(other, least, _)| other == operand && least <= needed)
        };
        if let Some(higher) = model.stages[at + 1..].iter().find(swallows) {
            let message = format!(
                "nobody is ever at the stage `{}`: whoever reaches it reaches `{}` above it",
                stage.name, higher.name
            );
            warnings.push(
                Diagnostic::warning("stage-order", stage.place, message)
                    .label(format!("asks for `{name}` of {needed}"))
                    .help("stages stand lowest first: raise the bound of the higher one, or change their order"),
            );
        }
        if let Some((other, least, _)) = stage.stay.as_ref().and_then(conditions::least)
            && other == operand
            && least >= needed
        {
            let message = format!("`stay` of the stage `{}` keeps nobody whom `when` does not", stage.name);
            warnings.push(
                Diagnostic::warning("stay-too-strict", stage.place, message)
                    .label(format!("`when` asks for {needed}, `stay` for {least}"))
                    .help("give `stay` a lower bound than `when`, or take it out"),
            );
        }
    }
}

/// A warning about something at a place, for conditions.
fn never(place: Place, message: String) -> Diagnostic {
    Diagnostic::warning("never-holds", place, message)
}
