//! Random rules, groups, scores and composites.

use super::clock::Clock;
use super::columns::{Kind, Name};
use super::dice::Dice;
use super::language::{Scope, condition, quoted, selection};

/// Stands for the points of one rule, so that a property can raise them.
pub const BONUS: &str = "@BONUS@";

const POINTS: [&str; 16] = [
    "5",
    "10",
    "-10",
    "0.5",
    "2.25",
    "33.333333",
    "0.000001",
    "-7.125",
    "100",
    "12.345",
    "1",
    "-0.005",
    "0.015",
    "3",
    "1000000",
    "20",
];
const FACTORS: [&str; 7] = ["0.1", "1.5", "-2", "0.333333", "1", "0.000001", "0.5"];
const DECAYS: [&str; 10] = [
    "{ half_life: 30d }",
    "{ half_life: 36h }",
    "{ linear: 90d }",
    "{ linear: 1w }",
    "{ lose: 25%, every: 30d }",
    "{ lose: 12.5%, every: 1d }",
    "{ lose: 10%, every: 5h }",
    "{ keep: 75%, every: 30d }",
    "{ keep: 50%, every: 7d }",
    "{ keep: 90%, every: 36h }",
];
const GRADES: [&[&str]; 3] = [&["A", "B", "C"], &["1", "2", "3"], &["hot", "warm", "so so"]];

fn points(dice: &mut Dice) -> String {
    dice.pick(&POINTS).to_string()
}

fn rule_name(dice: &mut Dice, number: &mut usize) -> String {
    *number += 1;
    let names = ["Rule", "Rule", "Reguła \"ż\"", "Right, or so;", "-10 x"];
    quoted(&format!("{} {number}", dice.pick(&names)))
}

pub fn flow(entries: Vec<String>) -> String {
    format!("{{ {} }}", entries.join(", "))
}

/// Everything that a rule of some place in the file may be about.
pub struct Ground<'a> {
    pub clock: &'a Clock,
    pub deeds: &'a [Name],
    pub names: Vec<Name>,
}

impl Ground<'_> {
    pub fn when(&self, dice: &mut Dice) -> String {
        let scope = Scope { names: self.names.clone(), did: Some(self.deeds) };
        condition(dice, self.clock, &scope, 2)
    }

    pub fn name(&mut self, written: &str, kind: Kind) {
        self.names.push(Name { written: written.to_string(), kind });
    }
}

/// `steps`, `values` or `times`, with `otherwise` and `missing`.
fn card(dice: &mut Dice, kind: Kind) -> Option<Vec<String>> {
    let mut entries = match kind {
        Kind::Number | Kind::Figure if dice.chance(25) => {
            vec![format!("times: {}", dice.pick(&FACTORS))]
        }
        Kind::Number | Kind::Figure => {
            let bounds = ["-3", "0", "0.25", "1", "2", "5", "12.5", "100"];
            let steps: Vec<String> =
                bounds.iter().filter(|_| dice.chance(50)).map(|bound| (*bound).to_string()).collect();
            let steps = if steps.is_empty() { vec!["1".to_string()] } else { steps };
            let steps = steps.into_iter().map(|bound| format!("{bound}: {}", points(dice)));
            vec![format!("steps: {}", flow(steps.collect()))]
        }
        Kind::Text(words) | Kind::Members(words) => {
            let mut known = Vec::new();
            let mut values = Vec::new();
            for word in dice.some(words, 3) {
                let folded = word.trim().to_lowercase();
                let upper = dice.chance(30);
                if !known.contains(&folded) {
                    let word = if upper { word.to_uppercase() } else { word.to_string() };
                    values.push(format!("{}: {}", quoted(word.trim()), points(dice)));
                    known.push(folded);
                }
            }
            vec![format!("values: {}", flow(values))]
        }
        Kind::Flag => vec![format!("values: {{ \"Yes\": {}, \"0\": {} }}", points(dice), points(dice))],
        Kind::Date | Kind::Numbers => return None,
    };
    for key in ["otherwise", "missing"] {
        if dice.chance(35) && !(key == "otherwise" && entries[0].starts_with("times")) {
            entries.push(format!("{key}: {}", points(dice)));
        }
    }
    Some(entries)
}

fn contact_rule(dice: &mut Dice, ground: &Ground, number: &mut usize) -> String {
    let mut entries = vec![format!("name: {}", rule_name(dice, number))];
    let by = (!ground.names.is_empty() && dice.chance(45)).then(|| dice.pick(&ground.names).clone());
    match by.and_then(|name| Some((card(dice, name.kind)?, name))) {
        Some((card, name)) => {
            entries.push(format!("points_by: {}", quoted(&name.written)));
            entries.extend(card);
            if dice.chance(25) {
                entries.push(format!("when: {}", ground.when(dice)));
            }
        }
        None => {
            entries.push(format!("when: {}", ground.when(dice)));
            entries.push(format!("points: {}", points(dice)));
        }
    }
    flow(entries)
}

fn activity_rule(dice: &mut Dice, ground: &Ground, number: &mut usize) -> String {
    let mut entries = vec![format!("name: {}", rule_name(dice, number))];
    entries.extend(selection(dice, ground.clock, ground.deeds, true));
    let by = (!ground.deeds.is_empty() && dice.chance(35)).then(|| dice.pick(ground.deeds).clone());
    match by.and_then(|name| Some((card(dice, name.kind)?, name))) {
        Some((card, name)) => {
            entries.push(format!("points_by: {}", quoted(&name.written)));
            entries.extend(card);
        }
        None => entries.push(format!("points: {}", points(dice))),
    }
    if entries.iter().all(|entry| !entry.starts_with("within")) && dice.chance(15) {
        entries.push("within: none".to_string());
    }
    if dice.chance(25) {
        entries.push(format!("when: {}", ground.when(dice)));
    }
    if dice.chance(55) {
        let columns: Vec<&Name> = ground.deeds.iter().filter(|name| matches!(name.kind, Kind::Text(_))).collect();
        let per = if columns.is_empty() || dice.chance(70) {
            dice.pick(&["event", "day", "day", "week", "week", "month", "contact"]).to_string()
        } else {
            quoted(&dice.pick(&columns).written)
        };
        entries.push(format!("per: {per}"));
    }
    if dice.chance(30) {
        entries.push(format!("max_count: {}", dice.between(1, 4)));
    }
    if dice.chance(40) {
        let none = dice.chance(10);
        entries.push(format!("decay: {}", if none { "none" } else { dice.pick(&DECAYS) }));
    }
    for (key, caps) in [("cap_per_day", ["5", "7.5", "20"]), ("cap", ["0.5", "15", "45"])] {
        if dice.chance(25) {
            entries.push(format!("{key}: {}", dice.pick(&caps)));
        }
    }
    flow(entries)
}

fn rule(dice: &mut Dice, ground: &Ground, number: &mut usize) -> String {
    if dice.chance(55) { activity_rule(dice, ground, number) } else { contact_rule(dice, ground, number) }
}

fn group(dice: &mut Dice, ground: &Ground, number: &mut usize) -> String {
    *number += 1;
    let rules: Vec<String> = (0..1 + dice.below(3)).map(|_| rule(dice, ground, number)).collect();
    let mut entries = vec![format!("group: Group {number}")];
    if dice.chance(70) {
        entries.push(format!("take: {}", dice.pick(&["sum", "best", "best", "first"])));
    }
    if dice.chance(60) {
        let limits = ["30", "[-10, 30]", "[0, 12.5]", "[5, 20]", "-1", "[-1000, 0.5]"];
        entries.push(format!("limit: {}", dice.pick(&limits)));
    }
    entries.push(format!("rules: [{}]", rules.join(", ")));
    flow(entries)
}

pub fn range(dice: &mut Dice) -> Option<String> {
    let ranges = ["[0, 100]", "[0, null]", "[null, 50]", "[-20, 99.995]", "[1, 500]"];
    dice.chance(50).then(|| format!("range: {}", dice.pick(&ranges)))
}

pub fn decimals(dice: &mut Dice) -> Option<String> {
    dice.chance(35).then(|| format!("decimals: {}", dice.below(7)))
}

/// Absolute grades, their names among those that conditions know from here on.
pub fn grades(dice: &mut Dice, score: &str, ground: &mut Ground) -> String {
    let names = *dice.pick(&GRADES);
    let bounds = *dice.pick(&[["75", "50", "0"], ["20", "10.5", "-5"], ["5", "0.01", "0"]]);
    let entries = names.iter().zip(bounds).map(|(name, bound)| format!("{name}: {bound}"));
    ground.name(&format!("{score}_grade"), Kind::Text(names));
    format!("grades: {}", flow(entries.collect()))
}

/// A score's name, its text, and whether it has grades; relative ones are known later.
pub struct Score {
    pub name: String,
    pub text: String,
    pub graded: bool,
    pub late: Option<Name>,
}

fn any_grades(dice: &mut Dice, name: &str, ground: &mut Ground, score: &mut Score) -> Option<String> {
    if !dice.chance(70) {
        return None;
    }
    score.graded = true;
    if dice.chance(70) {
        return Some(grades(dice, name, ground));
    }
    let shares = dice.pick(&[["10%", "50%", "100%"], ["12.5%", "33.3%", "66.6%"], ["1%", "25%", "75%"]]);
    let names = *dice.pick(&GRADES);
    let entries = names.iter().zip(shares).map(|(name, share)| format!("{name}: top {share}"));
    score.late = Some(Name { written: format!("{name}_grade"), kind: Kind::Text(names) });
    Some(format!("grades: {}", flow(entries.collect())))
}

fn empty_score(name: &str) -> Score {
    Score { name: name.to_string(), text: String::new(), graded: false, late: None }
}

pub fn plain_score(dice: &mut Dice, name: &str, ground: &mut Ground, bonus: bool) -> Score {
    let mut lines = Vec::new();
    if dice.chance(20) {
        lines.push(format!("for: {}", ground.when(dice)));
    }
    if dice.chance(25) {
        lines.push(format!("start: {}", points(dice)));
    }
    if dice.chance(15) && !ground.deeds.is_empty() {
        let scope = Scope { names: ground.deeds.to_vec(), did: None };
        lines.push(format!("where: {}", condition(dice, ground.clock, &scope, 1)));
    }
    if dice.chance(25) {
        lines.push(format!("within: {}", ground.clock.window(dice)));
    }
    if dice.chance(25) {
        lines.push(format!("decay: {}", dice.pick(&DECAYS)));
    }
    lines.extend(range(dice));
    lines.extend(decimals(dice));
    lines.push("rules:".to_string());
    let mut number = 0;
    for _ in 0..1 + dice.below(4) {
        let grouped = dice.chance(30);
        let rule = if grouped { group(dice, ground, &mut number) } else { rule(dice, ground, &mut number) };
        lines.push(format!("  - {rule}"));
    }
    if bonus {
        let when = ground.when(dice);
        lines.push(format!("  - {{ name: Bonus, when: {when}, points: {BONUS} }}"));
    }
    if dice.chance(35) {
        lines.push("multiply:".to_string());
        for index in 0..1 + dice.below(2) {
            let by = dice.pick(&["0.7", "1.5", "0", "0.333333", "1", "-0.5"]).to_string();
            let when = ground.when(dice);
            lines.push(format!("  - {{ name: Times {index}, when: {when}, by: {by} }}"));
        }
    }
    let mut score = empty_score(name);
    lines.extend(any_grades(dice, name, ground, &mut score));
    ground.name(name, Kind::Figure);
    score.text = lines.join("\n    ");
    score
}

pub fn composite(dice: &mut Dice, name: &str, of: &[String], ground: &mut Ground) -> Score {
    let mut lines = Vec::new();
    let weights = ["0.4", "0.6", "1", "0.333333", "-0.5", "2"];
    let parts: Vec<String> = dice.some(of, 3).iter().map(|part| format!("{part}: {}", dice.pick(&weights))).collect();
    lines.push(format!("sum: {}", flow(parts)));
    if dice.chance(20) {
        // What stands in a composite's `for` must not lead back to the composite: columns do not.
        lines.push(format!("for: {}", ground.when(dice)));
    }
    lines.extend(range(dice));
    lines.extend(decimals(dice));
    let mut score = empty_score(name);
    lines.extend(any_grades(dice, name, ground, &mut score));
    ground.name(name, Kind::Figure);
    score.text = lines.join("\n    ");
    score
}
