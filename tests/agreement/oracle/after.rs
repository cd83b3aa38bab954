//! What comes after the scores (the rule reference, §6, §7): relative grades, disqualification,
//! accounts, stages, segments, ranks and the handoff.

use std::collections::BTreeMap;

use super::cell::{Item, Value, folded};
use super::condition::{Subject, holds, holds_if_any};
use super::decimal::Dec;
use super::sheet::Sheet;
use super::world::{Person, World};
use super::{Yaml, dec_of, entries_of, list_of, maybe_dec, score, text_of, texts_of};

/// A contact, scored and placed.
pub struct Placed<'a> {
    pub person: Person<'a>,
    /// By the order of `scores` in the rule file.
    pub scores: Vec<(String, score::Scored)>,
    pub disqualified_by: Option<String>,
    pub account: Option<usize>,
    /// A place on the ladder, the lowest stage being 0.
    pub stage: Option<usize>,
    pub segments: Vec<String>,
    pub before: Option<Before>,
    pub handed_over: bool,
}

/// What an earlier scored file says about a contact.
#[derive(Clone)]
pub struct Before {
    pub stage: Option<usize>,
    pub score: Option<Dec>,
}

pub struct Account {
    pub key: String,
    pub counted: usize,
    pub values: BTreeMap<String, Value>,
    pub stage: Option<usize>,
}

impl Placed<'_> {
    pub fn score(&self, name: &str) -> Option<Dec> {
        self.scores.iter().find(|(known, _)| known == name).and_then(|(_, scored)| scored.value)
    }
}

/// The scores that rank, the first first.
pub fn rank_by(rules: &Yaml) -> Vec<String> {
    let given = texts_of(&rules["rank_by"]);
    if given.is_empty() { vec![entries_of(&rules["scores"])[0].0.clone()] } else { given }
}

/// Everybody in the order of rank, and the accounts in the order of theirs.
pub fn placed(world: &World) -> (Vec<Placed<'_>>, Vec<Account>) {
    let rules = &world.rules;
    let mut people: Vec<Placed> = (0..world.people.len())
        .map(|position| {
            let person = Person::new(world, position);
            let names = entries_of(&rules["scores"]).into_iter().map(|(name, _)| name);
            let scores = names.map(|name| (name.clone(), score::scored(&person, &name))).collect();
            let refused = list_of(&rules["disqualify"])
                .into_iter()
                .find(|entry| holds(&entry["when"], &person))
                .map(|entry| text_of(&entry["name"]));
            let before = before(world, &person.contact.id);
            Placed {
                person,
                scores,
                disqualified_by: refused,
                account: None,
                stage: None,
                segments: Vec::new(),
                before,
                handed_over: false,
            }
        })
        .collect();
    for (name, score) in entries_of(&rules["scores"]) {
        if is_relative(&score["grades"]) {
            relative_grades(&name, &score["grades"], &mut people);
        }
    }
    let mut accounts = accounts(world, &mut people);
    for placed in &mut people {
        place(world, placed);
    }
    people.sort_by(|a, b| {
        let by_scores = rank_by(rules).into_iter().map(|name| {
            // Missing is less than any number, as Option has it.
            b.score(&name).cmp(&a.score(&name))
        });
        let refused = |placed: &Placed| placed.disqualified_by.is_some();
        let by_scores = by_scores.fold(refused(a).cmp(&refused(b)), |so_far, next| so_far.then(next));
        let (a, b) = (&a.person, &b.person);
        by_scores.then_with(|| a.contact.id.as_bytes().cmp(b.contact.id.as_bytes())).then(a.position.cmp(&b.position))
    });
    if let Some((first, _)) = entries_of(&rules["accounts"]["scores"]).first() {
        let number = |account: &Account| account.values[first].first().and_then(Item::number);
        accounts.sort_by(|a, b| number(b).cmp(&number(a)).then_with(|| a.key.as_bytes().cmp(b.key.as_bytes())));
    }
    (people, accounts)
}

fn is_relative(grades: &Yaml) -> bool {
    entries_of(grades).iter().any(|(_, bound)| bound.as_str().is_some_and(|b| b.starts_with("top")))
}

fn relative_grades(name: &str, grades: &Yaml, people: &mut [Placed]) {
    let counts = |placed: &Placed| placed.disqualified_by.is_none() && placed.score(name).is_some();
    let scores: Vec<Dec> = people.iter().filter(|p| counts(p)).filter_map(|placed| placed.score(name)).collect();
    let shares: Vec<(String, Dec)> = entries_of(grades)
        .into_iter()
        .map(|(grade, bound)| {
            let percent = text_of(bound).replace("top", "").replace('%', "");
            (grade, Dec::plain(percent.trim()).expect("top and a percentage"))
        })
        .collect();
    for placed in people {
        let mut grade = Value::new();
        if let Some(own) = placed.score(name).filter(|_| counts(placed)) {
            let better = scores.iter().filter(|score| **score > own).count();
            // rank ≤ ceil(share × n) is the same as rank − 1 < share × n.
            let reaches = |percent: Dec| Dec::whole(better * 100) < percent.times(Dec::whole(scores.len()));
            let best = shares.iter().filter(|(_, percent)| reaches(*percent));
            grade.extend(best.min_by_key(|(_, percent)| *percent).map(|(g, _)| score::word(g)));
        }
        placed.person.known.insert(format!("{name}_grade"), grade);
    }
}

fn before(world: &World, id: &str) -> Option<Before> {
    let rules = &world.rules;
    let earlier = Sheet::read(&rules["contacts"], &[world.inputs.previous.as_ref()?]);
    let row = earlier.rows.iter().find(|row| World::id_in(rules, &earlier, row) == id)?;
    let value = |column: &str| earlier.value(row, &format!("{}{column}", prefix(rules)));
    let stage = value("stage").first().map(Item::text);
    let score = value(&rank_by(rules)[0]).first().and_then(Item::number);
    let stages = list_of(&rules["stages"]);
    let known = stages.iter().position(|known| Some(text_of(&known["name"])) == stage);
    (!id.is_empty()).then_some(Before { stage: known, score })
}

pub fn prefix(rules: &Yaml) -> &str {
    rules["output"]["prefix"].as_str().unwrap_or("lead_")
}

fn accounts(world: &World, people: &mut [Placed]) -> Vec<Account> {
    let section = &world.rules["accounts"];
    let mut accounts: Vec<Account> = Vec::new();
    if section.is_null() {
        return accounts;
    }
    for placed in people.iter_mut() {
        let key = placed.person.world.contacts.value(&placed.person.contact.row, &text_of(&section["key"]));
        let Some(key) = key.first().map(Item::text) else { continue };
        let known = accounts.iter().position(|account| folded(&account.key) == folded(&key));
        placed.account = Some(known.unwrap_or(accounts.len()));
        if known.is_none() {
            accounts.push(Account { key, counted: 0, values: BTreeMap::new(), stage: None });
        }
    }
    for (index, account) in accounts.iter_mut().enumerate() {
        let of_it = |placed: &&Placed| placed.account == Some(index);
        let members: Vec<&Placed> = people.iter().filter(of_it).filter(|p| p.disqualified_by.is_none()).collect();
        account.counted = members.len();
        for (name, score) in entries_of(&section["scores"]) {
            let members = members.iter().filter(|p| holds_if_any(&score["where"], &p.person));
            let value = account_score(score, members.copied().collect());
            let grade = score::grade(&score["grades"], value).into_iter().collect();
            account.values.insert(format!("{name}_grade"), grade);
            account.values.insert(name, value.map(Item::Number).into_iter().collect());
        }
        let stages = list_of(&section["stages"]);
        let values = OfAccount(&account.values, world);
        account.stage = stages.iter().rposition(|stage| holds(&stage["when"], &values));
        for placed in people.iter_mut().filter(|placed| placed.account == Some(index)) {
            placed.person.known.extend(account.values.clone());
        }
    }
    for placed in people.iter_mut().filter(|placed| placed.account.is_none()) {
        for (name, _) in entries_of(&section["scores"]) {
            placed.person.known.insert(format!("{name}_grade"), Value::new());
            placed.person.known.insert(name, Value::new());
        }
    }
    accounts
}

fn account_score(score: &Yaml, members: Vec<&Placed>) -> Option<Dec> {
    let kinds = ["sum", "max", "mean", "min", "count"];
    let kind = kinds.into_iter().find(|kind| !score[kind].is_null()).expect("a kind of score");
    let value = if kind == "count" {
        Dec::whole(members.len())
    } else {
        let name = text_of(&score[kind]);
        let mut values: Vec<Dec> = members.iter().filter_map(|placed| placed.score(&name)).collect();
        values.sort();
        values.reverse();
        values.truncate(score["top"].as_u64().map_or(usize::MAX, |top| top as usize));
        if let Some(shares) = score["shares"].as_sequence() {
            let weighed = values.iter().zip(shares);
            values = weighed.map(|(value, share)| value.times(dec_of(share)).rounded(6)).collect();
        }
        let (first, last) = (*values.first()?, *values.last()?);
        match kind {
            "sum" => Dec::sum(values),
            "max" => first,
            "min" => last,
            _ => Dec::sum(values.iter().copied()).over(values.len()),
        }
    };
    Some(score::in_range(score, value).rounded(score::decimals(score)))
}

/// Account stages know the account's own values only.
struct OfAccount<'a>(&'a BTreeMap<String, Value>, &'a World);

impl Subject for OfAccount<'_> {
    fn value(&self, name: &str) -> Value {
        self.0[name].clone()
    }
    fn did(&self, _: &Yaml) -> bool {
        panic!("did is only about a contact")
    }
    fn as_of(&self) -> i64 {
        panic!("an account has no dates")
    }
    fn file(&self, path: &str) -> &str {
        self.1.list(path)
    }
}

fn place(world: &World, placed: &mut Placed) {
    if placed.disqualified_by.is_some() {
        return;
    }
    let rules = &world.rules;
    let stages = list_of(&rules["stages"]);
    let earlier = placed.before.as_ref().and_then(|before| before.stage);
    placed.stage = (0..stages.len()).rev().find(|&index| {
        let was_there = earlier.is_some_and(|earlier| earlier >= index);
        let stay = &stages[index]["stay"];
        holds(&stages[index]["when"], &placed.person) || (was_there && !stay.is_null() && holds(stay, &placed.person))
    });
    let segments = list_of(&rules["segments"]);
    let held = segments.iter().filter(|segment| holds(&segment["when"], &placed.person));
    placed.segments = held.map(|segment| text_of(&segment["name"])).collect();
    let goal = match rules["handoff"].as_str() {
        Some(name) => stages.iter().position(|stage| text_of(&stage["name"]) == name),
        None => stages.len().checked_sub(1),
    };
    placed.handed_over = world.inputs.previous.is_some() && goal.is_some() && placed.stage >= goal && earlier < goal;
}

/// `promoter`, `passive` or `detractor`.
pub fn nps(world: &World, person: &Person) -> Option<&'static str> {
    let nps = &world.rules["nps"];
    let answer = person.world.contacts.value(&person.contact.row, &text_of(&nps["field"]));
    let answer = answer.first().and_then(Item::number).filter(|answer| answer.is_whole())?;
    let lowest = maybe_dec(&nps["scale"][0]).unwrap_or(Dec::ZERO);
    let of = |number: usize| Dec::whole(number);
    match answer {
        answer if answer < lowest || answer > of(10) => None,
        answer if answer >= of(9) => Some("promoter"),
        answer if answer >= of(7) => Some("passive"),
        _ => Some("detractor"),
    }
}
