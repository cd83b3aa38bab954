//! Rules, groups, scores and absolute grades (the rule reference, §5, §6), with the lines of the breakdown.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::cell::{self, How, Item, Value};
use super::condition::{Subject, holds_if_any};
use super::decimal::Dec;
use super::world::Person;
use super::{Yaml, dec_of, dec_or, entries_of, list_of, maybe_dec, text_of};

/// A line of the breakdown, 0 points included.
#[derive(Debug)]
pub struct Line {
    pub group: String,
    pub rule: String,
    pub step: &'static str,
    /// Units, and points before the rule's caps: only rules have them.
    pub units: Option<(usize, Dec)>,
    pub points: Dec,
}

pub struct Scored {
    pub value: Option<Dec>,
    pub lines: Vec<Line>,
}

/// What a rule makes of a contact.
struct Given {
    units: usize,
    before_caps: Dec,
    points: Dec,
    matches: bool,
}

pub fn value(person: &Person, name: &str) -> Option<Dec> {
    scored(person, name).value
}

pub fn scored(person: &Person, name: &str) -> Scored {
    let score = &person.world.rules["scores"][name];
    let mut lines = Vec::new();
    if !holds_if_any(&score["for"], person) {
        return Scored { value: None, lines };
    }
    let step =
        |step, rule: &str, points| Line { group: String::new(), rule: rule.to_string(), step, units: None, points };
    if score["sum"].is_null() {
        lines.push(step("start", "", dec_or(&score["start"], Dec::ZERO)));
        for rule in list_of(&score["rules"]) {
            if rule["group"].is_null() {
                lines.push(rule_line(rule, "", &given(person, score, rule)));
            } else {
                group_lines(person, score, rule, &mut lines);
            }
        }
    } else {
        let components = entries_of(&score["sum"]);
        let values: Vec<_> = components.iter().map(|(name, _)| value(person, name)).collect();
        if values.iter().all(Option::is_none) {
            return Scored { value: None, lines };
        }
        for ((name, weight), value) in components.iter().zip(values) {
            let product = value.unwrap_or(Dec::ZERO).times(dec_of(weight)).rounded(6);
            lines.push(step("sum", name, product));
        }
    }
    let mut sum = Dec::sum(lines.iter().map(|line| line.points));
    for multiplier in list_of(&score["multiply"]) {
        if holds_if_any(&multiplier["when"], person) {
            let product = sum.times(dec_of(&multiplier["by"])).rounded(6);
            lines.push(step("multiply", &text_of(&multiplier["name"]), product.minus(sum)));
            sum = product;
        }
    }
    let ranged = in_range(score, sum);
    lines.push(step("range", "", ranged.minus(sum)));
    let rounded = ranged.rounded(decimals(score));
    lines.push(step("rounding", "", rounded.minus(ranged)));
    Scored { value: Some(rounded), lines }
}

pub fn in_range(score: &Yaml, sum: Dec) -> Dec {
    let range = &score["range"];
    sum.clamped(maybe_dec(&range[0]), maybe_dec(&range[1]))
}

pub fn decimals(score: &Yaml) -> u32 {
    score["decimals"].as_u64().unwrap_or(2) as u32
}

/// The grade with the greatest bound that the score reaches.
pub fn grade(grades: &Yaml, score: Option<Dec>) -> Option<Item> {
    let score = score?;
    let reached = entries_of(grades).into_iter().filter(|(_, bound)| dec_of(bound) <= score);
    reached.max_by_key(|(_, bound)| dec_of(bound)).map(|(name, _)| word(&name))
}

/// A text of the rule file's own, such as a grade.
pub fn word(text: &str) -> Item {
    let zone = jiff::tz::TimeZone::UTC;
    Item::Text(text.to_string(), How { comma: false, format: None, separator: None, zone })
}

fn rule_line(rule: &Yaml, group: &str, given: &Given) -> Line {
    Line {
        group: group.to_string(),
        rule: text_of(&rule["name"]),
        step: "rule",
        units: Some((given.units, given.before_caps)),
        points: given.points,
    }
}

fn group_lines(person: &Person, score: &Yaml, group: &Yaml, lines: &mut Vec<Line>) {
    let name = text_of(&group["group"]);
    let rules = list_of(&group["rules"]);
    let givens: Vec<Given> = rules.iter().map(|rule| given(person, score, rule)).collect();
    for (rule, given) in rules.iter().zip(&givens) {
        lines.push(rule_line(rule, &name, given));
    }
    let sum = Dec::sum(givens.iter().map(|given| given.points));
    let mut matching = givens.iter().filter(|given| given.matches).map(|given| given.points);
    let chosen = match group["take"].as_str().unwrap_or("sum") {
        "sum" => sum,
        "best" => matching.max().unwrap_or(Dec::ZERO),
        "first" => matching.next().unwrap_or(Dec::ZERO),
        other => panic!("no such way to take: {other}"),
    };
    let limited = match &group["limit"] {
        Yaml::Sequence(ends) => chosen.clamped(maybe_dec(&ends[0]), maybe_dec(&ends[1])),
        end => chosen.clamped(None, maybe_dec(end)),
    };
    for (step, points) in [("choice", chosen.minus(sum)), ("limit", limited.minus(chosen))] {
        lines.push(Line { group: name.clone(), rule: String::new(), step, units: None, points });
    }
}

fn given(person: &Person, score: &Yaml, rule: &Yaml) -> Given {
    let applies = holds_if_any(&rule["when"], person);
    let once = |points: Dec, matches| Given { units: 1, before_caps: points, points, matches };
    if !applies {
        return Given { units: 0, before_caps: Dec::ZERO, points: Dec::ZERO, matches: false };
    }
    if !rule["activity"].is_null() {
        return activity_rule(person, score, rule);
    }
    if rule["points_by"].is_null() {
        return once(dec_of(&rule["points"]), true);
    }
    let value = person.value(&text_of(&rule["points_by"]));
    match listed(rule, &value) {
        Some(points) => once(points, true),
        None => once(dec_or(&rule["missing"], Dec::ZERO), false),
    }
}

/// The points that `steps`, `values` or `times` give a value; nothing if it is missing or unreadable.
fn listed(rule: &Yaml, value: &Value) -> Option<Dec> {
    let otherwise = dec_or(&rule["otherwise"], Dec::ZERO);
    if rule["values"].is_mapping() {
        let values = entries_of(&rule["values"]);
        // A multi-select is a set: a text that it names twice, in whatever case, is one member of it.
        let members: BTreeSet<String> = value.iter().map(Item::folded).collect();
        let listed = values.iter().filter(|(text, _)| members.contains(&cell::folded(text)));
        let found: Vec<Dec> = listed.map(|(_, points)| dec_of(points)).collect();
        let sum = if found.is_empty() { otherwise } else { Dec::sum(found) };
        return (!value.is_empty()).then_some(sum);
    }
    let number = value.first().and_then(Item::number)?;
    if !rule["times"].is_null() {
        return Some(number.times(dec_of(&rule["times"])).rounded(6));
    }
    let bounds = entries_of(&rule["steps"])
        .into_iter()
        .map(|(bound, points)| (Dec::plain(&bound).expect("a bound is a number"), dec_of(points)));
    let greatest = bounds.filter(|(bound, _)| *bound <= number).max_by_key(|(bound, _)| *bound);
    Some(greatest.map_or(otherwise, |(_, points)| points))
}

fn activity_rule(person: &Person, score: &Yaml, rule: &Yaml) -> Given {
    let own_or_the_scores = |key: &str| if rule[key].is_null() { score[key].clone() } else { rule[key].clone() };
    let deeds = person.select(rule, &score["where"], &own_or_the_scores("within"));
    let points = |deed| {
        if rule["points_by"].is_null() {
            return dec_of(&rule["points"]);
        }
        let value = person.of_deed(deed, &text_of(&rule["points_by"]));
        listed(rule, &value).unwrap_or_else(|| dec_or(&rule["missing"], Dec::ZERO))
    };

    let per = if rule["per"].is_null() { "event".to_string() } else { text_of(&rule["per"]) };
    let mut units: Vec<(String, i64, Dec)> = Vec::new();
    for (index, deed) in deeds.into_iter().enumerate() {
        let Some(name) = person.unit(deed, &per, index) else { continue };
        let this = (deed.at, points(deed));
        match units.iter_mut().find(|(known, ..)| *known == name) {
            // The newest stands for its unit; among equally new ones, the one with the most points.
            Some((_, at, points)) if (*at, *points) < this => (*at, *points) = this,
            Some(_) => {}
            None => units.push((name, this.0, this.1)),
        }
    }
    units.sort_by_key(|(_, at, points)| Reverse((*at, *points)));
    units.truncate(rule["max_count"].as_u64().map_or(usize::MAX, |count| count as usize));

    let decay = own_or_the_scores("decay");
    let contributions: Vec<(i64, Dec)> =
        units.iter().map(|(_, at, points)| (*at, decayed(*points, &decay, person.age_days(*at)))).collect();
    let before_caps = Dec::sum(contributions.iter().map(|(_, points)| *points));
    let cap = |points: Dec, cap: &Yaml| match maybe_dec(cap) {
        Some(cap) => points.clamped(Some(cap.negated()), Some(cap)),
        None => points,
    };
    let mut days: Vec<_> = contributions.iter().map(|(at, _)| cell::day(*at, person.zone())).collect();
    days.sort();
    days.dedup();
    let capped_days = days.iter().map(|day| {
        let that_day = contributions.iter().filter(|(at, _)| cell::day(*at, person.zone()) == *day);
        cap(Dec::sum(that_day.map(|(_, points)| *points)), &rule["cap_per_day"])
    });
    Given {
        units: units.len(),
        before_caps,
        points: cap(Dec::sum(capped_days), &rule["cap"]),
        matches: !units.is_empty(),
    }
}

fn decayed(points: Dec, decay: &Yaml, age: f64) -> Dec {
    if !decay.is_mapping() {
        return points;
    }
    let days = |key: &str| cell::duration(&text_of(&decay[key])) as f64 / 86_400_000.0;
    let share = |key: &str| {
        let percent = Dec::plain(text_of(&decay[key]).trim_end_matches('%')).expect("a percentage");
        percent.float() / 100.0
    };
    let factor = if !decay["half_life"].is_null() {
        2f64.powf(-age / days("half_life"))
    } else if !decay["linear"].is_null() {
        (1.0 - age / days("linear")).max(0.0)
    } else if !decay["lose"].is_null() {
        (1.0 - share("lose") * (age / days("every")).floor()).max(0.0)
    } else {
        share("keep").powf((age / days("every")).floor())
    };
    Dec::from_millionths(points.float() * factor * 1_000_000.0)
}
