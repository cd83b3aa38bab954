//! The files that the run writes (the rule reference, §8, §9), cell by cell.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::after::{Account, Placed, nps, prefix, rank_by};
use super::cell::{Item, Value};
use super::condition::Subject;
use super::decimal::Dec;
use super::world::World;
use super::{Answer, Yaml, dec_of, entries_of, list_of, text_of, texts_of};

/// The columns that leadscore adds, each with a cell for everybody.
struct Added<'a, 'w> {
    people: &'a [Placed<'w>],
    columns: Vec<(String, Vec<String>)>,
}

impl<'w> Added<'_, 'w> {
    fn column(&mut self, name: impl ToString, cell: impl Fn(&Placed<'w>) -> String) {
        self.columns.push((name.to_string(), self.people.iter().map(cell).collect()));
    }
}

pub fn answer(world: &World, people: &[Placed], accounts: &[Account]) -> Answer {
    let prefix = prefix(&world.rules);
    let added = added(world, people, accounts);
    let names: Vec<String> = added.columns.iter().map(|(name, _)| format!("{prefix}{name}")).collect();
    let headers = &world.contacts.headers;
    let kept: Vec<usize> = (0..headers.len()).filter(|&place| !names.contains(&headers[place])).collect();
    let header = kept.iter().map(|&place| headers[place].clone()).chain(names).collect();
    let mut scored: Vec<Vec<String>> = vec![header];
    let mut handoff = scored.clone();
    for (index, placed) in people.iter().enumerate() {
        let own = kept.iter().map(|&place| world.contacts.shown(&placed.person.contact.row, place).to_string());
        let new = added.columns.iter().map(|(_, cells)| cells[index].clone());
        scored.push(own.chain(new).collect());
        if placed.handed_over {
            handoff.extend(scored.last().cloned());
        }
    }
    let accounts = account_rows(world, accounts);
    Answer { scored, breakdown: breakdown(people), accounts, handoff }
}

fn shown(value: &Value) -> String {
    value.first().map_or(String::new(), Item::text)
}

fn number(number: Option<Dec>) -> String {
    number.map_or(String::new(), |number| number.to_string())
}

fn added<'a, 'w>(world: &World, people: &'a [Placed<'w>], accounts: &[Account]) -> Added<'a, 'w> {
    let rules = &world.rules;
    let mut added = Added { people, columns: Vec::new() };
    let ranks: Vec<usize> = people.iter().map(|placed| placed.person.position).collect();
    added.column("rank", |placed| {
        let rank = ranks.iter().position(|&position| position == placed.person.position);
        (rank.expect("everybody has a rank") + 1).to_string()
    });
    for (name, score) in entries_of(&rules["scores"]) {
        added.column(&name, |placed| number(placed.score(&name)));
        if !score["grades"].is_null() {
            let grade = format!("{name}_grade");
            added.column(&grade, |placed| shown(&placed.person.value(&grade)));
        }
    }
    for (name, tally) in entries_of(&rules["tallies"]) {
        if tally["show"].as_bool() == Some(true) {
            added.column(&name, |placed| shown(&placed.person.value(&name)));
        }
    }
    let ranking = rank_by(rules);
    let graded = !rules["scores"][ranking[0].as_str()]["grades"].is_null();
    if !rules["grade"].is_null() || graded {
        let asked = texts_of(&rules["grade"]);
        let names = if asked.is_empty() { vec![ranking[0].clone()] } else { asked };
        added.column("grade", |placed| {
            let grade = |name: &String| placed.person.value(&format!("{name}_grade"));
            let grades: Vec<Value> = names.iter().map(grade).collect();
            let missing = grades.iter().any(Value::is_empty);
            if missing { String::new() } else { grades.iter().map(shown).collect() }
        });
    }
    let stages = list_of(&rules["stages"]);
    if !stages.is_empty() {
        added.column("stage", |placed| match placed.disqualified_by {
            Some(_) => "disqualified".to_string(),
            None => stage_name(&stages, placed.stage),
        });
        for (index, stage) in stages.iter().enumerate() {
            added.column(flag(stage), |placed| placed.stage.is_some_and(|reached| reached >= index).to_string());
        }
    }
    if !rules["disqualify"].is_null() {
        added.column("disqualified_by", |p| p.disqualified_by.clone().unwrap_or_default());
    }
    if !rules["segments"].is_null() {
        added.column("segments", |placed| placed.segments.join(";"));
    }
    let own_account = |placed: &Placed| {
        let account = placed.account?;
        let key = placed.person.world.contacts.value(&placed.person.contact.row, &text_of(&rules["accounts"]["key"]));
        let key = key.first().map(Item::folded);
        let found = accounts.iter().find(|known| Some(super::cell::folded(&known.key)) == key);
        Some((account, found.expect("an account has its key")))
    };
    for column in account_columns(world) {
        added.column(&column, |placed| match own_account(placed) {
            Some((_, account)) => account_cell(world, account, &column),
            None if account_flags(world).contains(&column) => "false".to_string(),
            None => String::new(),
        });
    }
    if !rules["nps"].is_null() {
        added.column("nps", |placed| nps(world, &placed.person).unwrap_or_default().to_string());
    }
    if world.inputs.previous.is_some() {
        if !stages.is_empty() {
            added.column("previous_stage", |placed| {
                stage_name(&stages, placed.before.as_ref().and_then(|before| before.stage))
            });
        }
        added.column("score_change", |placed| {
            let before = placed.before.as_ref().and_then(|before| before.score);
            let now = placed.score(&ranking[0]);
            number(now.zip(before).map(|(now, before)| now.minus(before)))
        });
        if !stages.is_empty() {
            added.column("handoff", |placed| placed.handed_over.to_string());
        }
    }
    if rules["output"]["completeness"].as_bool() == Some(true) {
        added.column("completeness", |placed| completeness(world, placed));
    }
    added.column("reasons", |placed| reasons(world, placed));
    added
}

fn stage_name(stages: &[&Yaml], stage: Option<usize>) -> String {
    stage.map_or(String::new(), |index| text_of(&stages[index]["name"]))
}

/// A stage's column: in lower case, spaces and hyphens as `_`.
fn flag(stage: &Yaml) -> String {
    text_of(&stage["name"]).to_lowercase().replace([' ', '-'], "_")
}

fn account_flags(world: &World) -> Vec<String> {
    list_of(&world.rules["accounts"]["stages"]).into_iter().map(flag).collect()
}

fn account_columns(world: &World) -> Vec<String> {
    let section = &world.rules["accounts"];
    let mut columns = Vec::new();
    for (name, score) in entries_of(&section["scores"]) {
        columns.push(name.clone());
        if !score["grades"].is_null() {
            columns.push(format!("{name}_grade"));
        }
    }
    if !section["stages"].is_null() {
        columns.push("account_stage".to_string());
        columns.extend(account_flags(world));
    }
    columns
}

fn account_cell(world: &World, account: &Account, column: &str) -> String {
    let stages = list_of(&world.rules["accounts"]["stages"]);
    let flag = account_flags(world).iter().position(|flag| flag == column);
    match (account.values.get(column), flag) {
        (Some(value), _) => shown(value),
        (None, Some(index)) => account.stage.is_some_and(|stage| stage >= index).to_string(),
        (None, None) => stage_name(&stages, account.stage),
    }
}

fn account_rows(world: &World, accounts: &[Account]) -> Vec<Vec<String>> {
    let section = &world.rules["accounts"];
    if section.is_null() {
        return Vec::new();
    }
    let place = world.contacts.find(0, &text_of(&section["key"])).expect("the key's column").0;
    let columns = account_columns(world);
    let named = columns.iter().map(|column| format!("{}{column}", prefix(&world.rules)));
    let fixed = [world.contacts.headers[place].clone(), "contacts".to_string()];
    let mut rows = vec![fixed.into_iter().chain(named).collect()];
    for account in accounts {
        let values = columns.iter().map(|column| account_cell(world, account, column));
        let fixed = [account.key.clone(), account.counted.to_string()];
        rows.push(fixed.into_iter().chain(values).collect());
    }
    rows
}

/// The weight on the way from a score down to each score that has rules of its own, several ways
/// added up; no way leads through a composite that `passable` does not let through.
fn weights(rules: &Yaml, top: &str, weight: Dec, passable: &dyn Fn(&str) -> bool, reached: &mut Vec<(String, Dec)>) {
    let components = entries_of(&rules["scores"][top]["sum"]);
    for (name, share) in components.iter().filter(|_| passable(top)) {
        weights(rules, name, weight.times(dec_of(share)), passable, reached);
    }
    if components.is_empty() {
        match reached.iter_mut().find(|(name, _)| name == top) {
            Some((_, known)) => *known = known.plus(weight),
            None => reached.push((top.to_string(), weight)),
        }
    }
}

fn behind(rules: &Yaml, passable: &dyn Fn(&str) -> bool) -> Vec<(String, Dec)> {
    let mut reached = Vec::new();
    weights(rules, &rank_by(rules)[0], Dec::whole(1), passable, &mut reached);
    reached
}

fn reasons(world: &World, placed: &Placed) -> String {
    // Where a composite's `for` left the contact out, its rules moved nothing.
    let weights = behind(&world.rules, &|composite| placed.score(composite).is_some());
    let mut moved: Vec<(Dec, String)> = Vec::new();
    for (name, scored) in &placed.scores {
        let Some((_, weight)) = weights.iter().find(|(known, _)| known == name) else { continue };
        for line in scored.lines.iter().filter(|line| line.step == "rule") {
            moved.push((line.points.times(*weight).rounded(2), line.rule.clone()));
        }
    }
    moved.retain(|(points, _)| !points.is_zero());
    moved.sort_by_key(|(points, _)| Reverse(points.abs()));
    moved.truncate(world.inputs.reasons);
    let texts: Vec<String> = moved
        .iter()
        .map(|(points, rule)| {
            let sign = if *points > Dec::ZERO { "+" } else { "" };
            format!("{sign}{points} {rule}")
        })
        .collect();
    texts.join("; ")
}

/// The names that a condition tests, `did` aside.
fn tested(condition: &Yaml, names: &mut BTreeSet<String>) {
    for (key, value) in entries_of(condition) {
        match key.as_str() {
            "all" | "any" | "not" => list_of(value).iter().for_each(|part| tested(part, names)),
            "did" => {}
            _ => {
                names.insert(key);
            }
        }
    }
}

fn completeness(world: &World, placed: &Placed) -> String {
    let rules = &world.rules;
    let mut names = BTreeSet::new();
    for (score, _) in behind(rules, &|_| true) {
        let listed = list_of(&rules["scores"][score.as_str()]["rules"]);
        let inner = listed.iter().flat_map(|group| list_of(&group["rules"]));
        for rule in listed.iter().copied().chain(inner) {
            tested(&rule["when"], &mut names);
            if rule["activity"].is_null() && !rule["points_by"].is_null() {
                names.insert(text_of(&rule["points_by"]));
            }
        }
    }
    names.retain(|name| {
        let score = name.strip_suffix("_grade").unwrap_or(name);
        let is = |section: &str, name: &str| !rules[section][name].is_null();
        !is("scores", name) && !is("scores", score) && !is("tallies", name)
    });
    let row = &placed.person.contact.row;
    let mut seen = BTreeSet::new();
    let columns: Vec<&String> = names
        .iter()
        .filter(|name| match world.contacts.find(row.file, name) {
            Some((place, _)) => seen.insert(place),
            None => true,
        })
        .collect();
    let filled = columns.iter().filter(|name| !world.contacts.value(row, name).is_empty()).count();
    if columns.is_empty() { String::new() } else { (100 * filled / columns.len()).to_string() }
}

fn breakdown(people: &[Placed]) -> Vec<Vec<String>> {
    let header = ["contact", "score", "group", "rule", "step", "units", "points_before_caps", "points"];
    let mut rows = vec![header.map(String::from).to_vec()];
    for placed in people {
        for (name, scored) in &placed.scores {
            for line in scored.lines.iter().filter(|line| !line.points.is_zero()) {
                rows.push(vec![
                    placed.person.contact.id.clone(),
                    name.clone(),
                    line.group.clone(),
                    line.rule.clone(),
                    line.step.to_string(),
                    line.units.map_or(String::new(), |(units, _)| units.to_string()),
                    number(line.units.map(|(_, before_caps)| before_caps)),
                    line.points.to_string(),
                ]);
            }
        }
    }
    rows
}
