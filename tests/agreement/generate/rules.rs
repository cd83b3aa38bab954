//! Random rule files: every feature of the language often, and none of its errors.

use super::clock::Clock;
use super::columns::{Kind, Name};
use super::data::{Activities, Contacts};
use super::dice::Dice;
use super::language::{Scope, condition, measure, selection};
use super::scores::{Ground, Score, composite, decimals, flow, grades, plain_score, range};

pub struct Written {
    pub text: String,
    pub prefix: String,
    pub stages: Vec<String>,
    pub has_accounts: bool,
    pub first_rank: String,
}

fn tallies(dice: &mut Dice, ground: &mut Ground, text: &mut String) {
    let mut lines = Vec::new();
    for name in ["views", "last_seen", "spend", "idle"] {
        if !dice.chance(40) {
            continue;
        }
        let mut entries = selection(dice, ground.clock, ground.deeds, true);
        let dated = name == "last_seen";
        let figure = if dated { dice.pick(&["last", "first"]).to_string() } else { measure(dice, ground.deeds) };
        if dated || dice.chance(70) {
            entries.push(format!("measure: {figure}"));
        }
        if dice.chance(60) {
            entries.push("show: true".to_string());
        }
        ground.name(name, if dated { Kind::Date } else { Kind::Figure });
        lines.push(format!("  {name}: {}\n", flow(entries)));
    }
    if !lines.is_empty() {
        text.push_str("tallies:\n");
        text.extend(lines);
    }
}

pub fn rules(dice: &mut Dice, clock: &Clock, contacts: &Contacts, activities: &Activities) -> Written {
    let mut text = "version: 1\n".to_string();
    if !contacts.section.is_empty() {
        text.push_str(&format!("contacts: {{ {} }}\n", contacts.section));
    }
    let deeds = &activities.names[..];
    let mut section = activities.section.clone();
    if dice.chance(25) && !deeds.is_empty() {
        // Each contact at its own instant would make "ignored" depend on who looks.
        let undated = |name: &&Name| contacts.as_of_field.is_none() || name.kind != Kind::Date;
        let names: Vec<Name> = deeds.iter().filter(undated).cloned().collect();
        if !names.is_empty() {
            let scope = Scope { names, did: None };
            let when = condition(dice, clock, &scope, 1);
            let comma = if section.is_empty() { "" } else { ", " };
            section.push_str(&format!("{comma}ignore: [{{ name: Robots, when: {when} }}]"));
        }
    }
    if !section.is_empty() {
        text.push_str(&format!("activities: {{ {section} }}\n"));
    }

    let mut ground = Ground { clock, deeds, names: contacts.names.clone() };
    tallies(dice, &mut ground, &mut text);

    let mut scores: Vec<Score> = Vec::new();
    let bonus = dice.chance(50);
    for (index, name) in ["fit", "engagement", "local"].into_iter().enumerate() {
        if index > 0 && dice.chance(50) {
            break;
        }
        if index == 2 && dice.chance(50) {
            let of = ["fit".to_string(), "engagement".to_string()];
            scores.push(composite(dice, "middle", &of, &mut ground));
        }
        scores.push(plain_score(dice, name, &mut ground, bonus && index == 0));
    }
    if dice.chance(50) {
        let of: Vec<String> = scores.iter().map(|score| score.name.clone()).collect();
        let on_top = dice.chance(50);
        // Above its components only what stands above it may be asked about: no score does.
        let mut above = Ground { clock, deeds, names: contacts.names.clone() };
        let place = if on_top { &mut above } else { &mut ground };
        let total = composite(dice, "total", &of, place);
        if on_top {
            ground.names.extend(above.names.split_off(contacts.names.len()));
            scores.insert(0, total);
        } else {
            scores.push(total);
        }
    }
    text.push_str("scores:\n");
    for score in &scores {
        text.push_str(&format!("  {}:\n    {}\n", score.name, score.text));
    }
    let names: Vec<String> = scores.iter().map(|score| score.name.clone()).collect();
    let mut first_rank = names[0].clone();
    if names.len() > 1 || dice.chance(20) {
        let by = dice.some(&names, 2);
        first_rank = by[0].clone();
        let one = by.len() == 1 && dice.chance(50);
        let list = if one { by[0].clone() } else { format!("[{}]", by.join(", ")) };
        text.push_str(&format!("rank_by: {list}\n"));
    }
    let graded: Vec<String> = scores.iter().filter(|score| score.graded).map(|score| score.name.clone()).collect();
    if !graded.is_empty() && dice.chance(50) {
        text.push_str(&format!("grade: [{}]\n", dice.some(&graded, 3).join(", ")));
    }
    if dice.chance(40) {
        text.push_str("disqualify:\n");
        for name in ["Competitor", "\"Asked, to leave\""] {
            let when = ground.when(dice);
            text.push_str(&format!("  - {{ name: {name}, when: {when} }}\n"));
        }
    }
    ground.names.extend(scores.into_iter().filter_map(|score| score.late));

    let has_accounts = contacts.key.is_some() && dice.chance(60);
    if has_accounts {
        text.push_str(&format!("accounts:\n  key: {}\n  scores:\n", contacts.key.as_deref().unwrap()));
        accounts(dice, &names, &mut ground, &mut text);
    }
    let mut stages = Vec::new();
    if dice.chance(60) {
        text.push_str("stages:\n");
        for name in ["MQL", "Sales-ready", "SQL gold"] {
            if !stages.is_empty() && dice.chance(30) {
                break;
            }
            let mut entries = vec![format!("name: {name}"), format!("when: {}", ground.when(dice))];
            if dice.chance(40) {
                entries.push(format!("stay: {}", ground.when(dice)));
            }
            text.push_str(&format!("  - {}\n", flow(entries)));
            stages.push(name.to_string());
        }
        if dice.chance(40) {
            text.push_str(&format!("handoff: {}\n", dice.pick(&stages)));
        }
    }
    if dice.chance(40) {
        text.push_str("segments:\n");
        for name in ["PL Black Friday", "\"Łódź, now\""] {
            let when = ground.when(dice);
            text.push_str(&format!("  - {{ name: {name}, when: {when} }}\n"));
        }
    }
    if let Some(field) = &contacts.nps {
        let scale = dice.pick(&["", ", scale: [0, 10]", ", scale: [1, 10]"]);
        text.push_str(&format!("nps: {{ field: {field}{scale} }}\n"));
    }
    let mut output = Vec::new();
    let mut prefix = "lead_".to_string();
    if dice.chance(20) {
        prefix = "ls_".to_string();
        output.push("prefix: ls_".to_string());
    }
    // With files of different headers it would not be plain what a column is.
    if contacts.tables.len() == 1 && dice.chance(50) {
        output.push("completeness: true".to_string());
    }
    if !output.is_empty() {
        text.push_str(&format!("output: {}\n", flow(output)));
    }
    Written { text, prefix, stages, has_accounts, first_rank }
}

fn accounts(dice: &mut Dice, scores: &[String], ground: &mut Ground, text: &mut String) {
    let before = ground.names.len();
    let contacts = Ground { clock: ground.clock, deeds: ground.deeds, names: ground.names.clone() };
    for name in ["account_score", "committee"] {
        let score = dice.pick(scores);
        let mut entries = vec![match dice.below(8) {
            0 => format!("max: {score}"),
            1 => format!("mean: {score}"),
            2 => format!("min: {score}"),
            3 => "count: contacts".to_string(),
            4 | 5 => format!("sum: {score}, shares: [1, 0.5, 0.333333]"),
            _ => format!("sum: {score}"),
        }];
        let counts = entries[0].starts_with("count");
        if !counts && !entries[0].contains("shares") && dice.chance(40) {
            entries.push(format!("top: {}", dice.between(1, 3)));
        }
        if dice.chance(35) {
            entries.push(format!("where: {}", contacts.when(dice)));
        }
        entries.extend(range(dice));
        entries.extend(decimals(dice));
        if dice.chance(50) {
            entries.push(grades(dice, name, ground));
        }
        ground.name(name, Kind::Figure);
        text.push_str(&format!("    {name}: {}\n", flow(entries)));
        if dice.chance(40) {
            break;
        }
    }
    if dice.chance(50) {
        text.push_str("  stages:\n");
        let scope = Scope { names: ground.names[before..].to_vec(), did: None };
        for name in ["MQA", "Hot account"] {
            let when = condition(dice, ground.clock, &scope, 1);
            text.push_str(&format!("    - {{ name: {name}, when: {when} }}\n"));
        }
    }
}
