//! The breakdown: for each contact and score the lines that add up to it (rule reference, §9).
//!
//! In: everybody scored. Out: a [`Sheet`] with a row a line, contacts in the order of rank; each
//! contact is scored once more, by the same code, with somebody listening.

use super::{ColumnKind, Sheet, SheetColumn, Sink, SinkExt};
use crate::engine::scored::Scored;
use crate::engine::trace::{Line, Step};
use crate::points::Points;

/// The sheet of all lines; those of 0 points are left out.
pub fn sheet<'a>(scored: &'a Scored<'a>) -> Sheet<'a> {
    let text = ["contact", "score", "group", "rule", "step"].map(|name| (name, ColumnKind::Text));
    let numbers = ["units", "points_before_caps", "points"].map(|name| (name, ColumnKind::Number));
    let columns = text.into_iter().chain(numbers);
    let columns = columns.map(|(name, kind)| SheetColumn::new(name, kind)).collect();
    let fill = Box::new(move |item: usize, rows: &mut dyn Sink| {
        scored.ask_ahead(item, |place| scored.order.get(place).copied(), true);
        let contact = scored.order[item];
        scored.at_desk(|desk| {
            for line in scored.lines(contact, desk) {
                if line.points != Points::ZERO {
                    push(scored, contact, line, rows);
                }
            }
        });
    });
    Sheet { columns, len: scored.order.len(), fill }
}

fn push(scored: &Scored<'_>, contact: u32, line: Line<'_>, rows: &mut dyn Sink) {
    let plan = scored.scene.plan;
    rows.push(scored.scene.contacts.id(contact));
    rows.push(&plan.model.scores[line.score].name);
    let (group, rule, step) = match line.step {
        Step::Start => ("", "", "start"),
        Step::Rule { rule, .. } => (plan.rules[rule].group.unwrap_or_default(), scored.rule_name(rule), "rule"),
        Step::Choice(group) => (group, "", "choice"),
        Step::Limit(group) => (group, "", "limit"),
        Step::Multiply(name) => ("", name, "multiply"),
        Step::Range => ("", "", "range"),
        Step::Rounding => ("", "", "rounding"),
        Step::Sum(name) => ("", name, "sum"),
    };
    rows.push(group);
    rows.push(rule);
    rows.push(step);
    match line.step {
        Step::Rule { units, before_caps, .. } => {
            rows.print(Some(units));
            rows.print(Some(before_caps));
        }
        _ => {
            rows.push("");
            rows.push("");
        }
    }
    rows.print(Some(line.points));
    rows.end_row();
}
