//! The rules that a card says, in the rule language.
//!
//! In: a card, and what its codes stand for. Out: [`Rules`]. Every rule tells contacts apart just as
//! the codes do, so that `score` gives the totals that were measured. Not here: the file around them.

use super::codes::Coded;
use super::conditions::{both, plain_number, runs};
use super::draft::Draft;
use super::gather::Aspect;
use crate::commands::init::page::{list, map};
use crate::learn::integers::{PointCard, PointTerm};
use crate::learn::model::Feature;
use crate::learn::values::Coding;
use serde_yaml::{Mapping, Value};
use std::collections::{BTreeMap, BTreeSet};

/// So many bins are told in a comment.
const TOLD: usize = 12;

/// A rule of the card.
pub struct Rule {
    /// What it is called.
    pub name: String,
    /// The rule itself, or the rules of a date: one for each span.
    pub entries: Vec<Value>,
    /// What the contacts did.
    pub why: String,
    /// Its part in what parts the contacts, 0 to 1.
    pub share: f64,
}

/// What the card says, in the rule language.
pub struct Rules {
    /// What everybody begins with.
    pub start: i32,
    /// The one that parts the contacts most first.
    pub rules: Vec<Rule>,
    /// The names that the rules use.
    pub used: BTreeSet<String>,
}

/// Writes rules for cards.
pub struct Writer<'a> {
    /// The candidates.
    pub draft: &'a Draft,
    /// The questions of the features, in their order.
    pub coded: &'a [Coded<'a>],
    /// The features.
    pub features: &'a [Feature],
    /// The contacts learned from.
    pub rows: &'a [u32],
    /// What became of every contact.
    pub outcome: &'a [bool],
}

/// Who a rule is for: the condition, and words for it.
type Place = Option<(Value, String)>;

impl Writer<'_> {
    /// The rules of a card.
    pub fn rules(&self, card: &PointCard) -> Rules {
        let mut made = Rules { start: card.start, rules: Vec::new(), used: BTreeSet::new() };
        for term in &card.terms {
            made.used.insert(self.name(term.feature).to_owned());
            let Some(gate) = &term.gate else {
                let share = self.spread(term, None);
                made.start += self.add(term.feature, &term.points, None, share, &mut made.rules);
                continue;
            };
            made.used.insert(self.name(gate.feature).to_owned());
            for group in 0..gate.groups {
                let points = &term.points[group * term.size..][..term.size];
                let in_group = |code: &u8| usize::from(gate.group_of[usize::from(*code)]) == group;
                let codes: Vec<u8> = (0..self.features[gate.feature].size as u8).filter(in_group).collect();
                if points.iter().any(|&points| points != 0) && !codes.is_empty() {
                    let (when, words) = self.condition(gate.feature, &codes);
                    let place = Some((when, format!("{} {words}", self.label(gate.feature))));
                    self.add(term.feature, points, place, self.spread(term, Some(group)), &mut made.rules);
                }
            }
        }
        let all: f64 = made.rules.iter().map(|rule| rule.share).sum();
        made.rules.iter_mut().for_each(|rule| rule.share /= all.max(1e-9));
        made.rules.sort_by(|a, b| b.share.total_cmp(&a.share));
        distinguish(&mut made.rules);
        made
    }

    /// How much the points of a term, or of one of its groups, lie apart among the contacts: their
    /// variance.
    fn spread(&self, term: &PointTerm, group: Option<usize>) -> f64 {
        let (mut sum, mut squares) = (0.0, 0.0);
        for &row in self.rows {
            let code = usize::from(self.features[term.feature].codes[row as usize]);
            let own = term
                .gate
                .as_ref()
                .map(|gate| usize::from(gate.group_of[usize::from(self.features[gate.feature].codes[row as usize])]));
            if own == group {
                let points = f64::from(term.points[own.unwrap_or(0) * term.size + code]);
                sum += points;
                squares += points * points;
            }
        }
        let count = self.rows.len() as f64;
        squares / count - (sum / count).powi(2)
    }

    /// The name by which rules call the candidate of a feature.
    pub(super) fn name(&self, feature: usize) -> &str {
        self.draft.candidates[self.coded[feature].question.candidate].name()
    }

    /// What people call a feature.
    pub(super) fn label(&self, feature: usize) -> String {
        let question = self.coded[feature].question;
        let label = &self.draft.candidates[question.candidate].label;
        match &question.aspect {
            Aspect::Value => label.clone(),
            Aspect::Present => format!("{label} given"),
            Aspect::Member(member) => format!("{label} has {member}"),
        }
    }

    /// The condition of a question of yes and no.
    pub(super) fn holds(&self, feature: usize) -> Value {
        let test = match &self.coded[feature].question.aspect {
            Aspect::Member(member) => list([member.as_str()]),
            Aspect::Value | Aspect::Present => "present".into(),
        };
        map([(self.name(feature), test)])
    }

    /// Adds the rules of one feature, perhaps only for some contacts; returns the points of those whom
    /// they leave out, which everybody gets instead.
    fn add(&self, feature: usize, points: &[i32], place: Place, share: f64, rules: &mut Vec<Rule>) -> i32 {
        let why = if place.is_none() { self.told(feature, points) } else { String::new() };
        let (when, suffix) = match place {
            Some((when, words)) => (Some(when), format!(", where {words}")),
            None => (None, String::new()),
        };
        let name = format!("{}{suffix}", self.label(feature));
        let number = |points: i32| Value::from(i64::from(points));
        let (entries, start) = match &self.coded[feature].coding {
            Coding::Number(bounds) => {
                let changes = bounds.iter().zip(points[1..].windows(2)).filter(|(_, pair)| pair[0] != pair[1]);
                let mut steps: Mapping = changes.map(|(&bound, pair)| (plain_number(bound), number(pair[1]))).collect();
                if steps.is_empty() {
                    steps.insert(plain_number(bounds.first().copied().unwrap_or_default()), number(points[1]));
                }
                (vec![self.scorecard(feature, &name, when, ("steps", steps), points[1], points[0])], 0)
            }
            Coding::Text(texts) => {
                let other = points[texts.len() + 1];
                let listed = texts.iter().zip(&points[1..]).filter(|(_, points)| **points != other);
                let mut values: Mapping =
                    listed.map(|(text, &points)| (text.as_str().into(), number(points))).collect();
                if values.is_empty() {
                    values.insert(texts.first().map_or("", String::as_str).into(), number(other));
                }
                (vec![self.scorecard(feature, &name, when, ("values", values), other, points[0])], 0)
            }
            Coding::Yes => {
                let parts = vec![(self.label(feature), self.holds(feature), points[2])];
                (relative(&name, &suffix, when.as_ref(), points[1], parts), points[1])
            }
            Coding::Age(_) => {
                let part = |run: std::ops::RangeInclusive<u8>| {
                    let (condition, words) = self.span(feature, &run);
                    (format!("{} {words}", self.label(feature)), condition, points[usize::from(*run.start())])
                };
                let parts = runs(points, 1).into_iter().map(part).collect();
                (relative(&name, &suffix, when.as_ref(), points[0], parts), points[0])
            }
        };
        let is_gated = !suffix.is_empty();
        if !entries.is_empty() {
            rules.push(Rule { name, entries, why, share });
        }
        if is_gated { 0 } else { start }
    }

    fn scorecard(
        &self,
        feature: usize,
        name: &str,
        when: Option<Value>,
        (key, scale): (&'static str, Mapping),
        otherwise: i32,
        missing: i32,
    ) -> Value {
        let mut entry = vec![("name", name.into()), ("points_by", self.name(feature).into())];
        entry.extend(when.map(|when| ("when", when)));
        entry.push((key, Value::Mapping(scale)));
        for (key, points) in [("otherwise", otherwise), ("missing", missing)] {
            entry.extend((points != 0).then(|| (key, i64::from(points).into())));
        }
        map(entry)
    }

    /// What the contacts of each run of equal points did.
    fn told(&self, feature: usize, points: &[i32]) -> String {
        let mut counts = vec![(0_u64, 0_u64); points.len()];
        for &row in self.rows {
            let (all, yes) = &mut counts[usize::from(self.features[feature].codes[row as usize])];
            *all += 1;
            *yes += u64::from(self.outcome[row as usize]);
        }
        let mut parts: Vec<Vec<u8>> = vec![vec![0]];
        if self.features[feature].ordered {
            parts.extend(runs(points, 1).into_iter().map(Iterator::collect));
        } else {
            let mut by_points: BTreeMap<i32, Vec<u8>> = BTreeMap::new();
            (1..points.len()).for_each(|code| by_points.entry(points[code]).or_default().push(code as u8));
            parts.extend(by_points.into_values().rev());
        }
        let told = parts.iter().filter_map(|codes| {
            let count = codes.iter().map(|&code| counts[usize::from(code)]);
            let (all, yes) = count.fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
            let words = match self.coded[feature].coding {
                Coding::Yes => if codes[0] == 2 { "yes" } else { "no" }.to_owned(),
                _ => self.condition(feature, codes).1,
            };
            (all > 0).then(|| format!("{words}: {:.1} % of {all}", yes as f64 * 100.0 / all as f64))
        });
        let told: Vec<String> = told.collect();
        let more = if told.len() > TOLD { " · …" } else { "" };
        told[..told.len().min(TOLD)].join(" · ") + more
    }
}

/// Rules for the parts that have other points than the base: they get the difference. In a place of its
/// own the base is a rule too.
fn relative(name: &str, suffix: &str, when: Option<&Value>, base: i32, parts: Vec<(String, Value, i32)>) -> Vec<Value> {
    let rule = |name: String, when: Value, points: i32| {
        map([("name", name.into()), ("when", when), ("points", i64::from(points).into())])
    };
    let everybody = when.filter(|_| base != 0).map(|when| rule(format!("{name}: everybody"), when.clone(), base));
    let others = parts.into_iter().filter(|(_, _, points)| *points != base).map(|(part, condition, points)| {
        rule(format!("{part}{suffix}"), both(condition, when.cloned()), points - base)
    });
    everybody.into_iter().chain(others).collect()
}

/// Gives the rules of one score different names.
fn distinguish(rules: &mut [Rule]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for entry in rules.iter_mut().flat_map(|rule| &mut rule.entries) {
        let Some(slot) = entry.get_mut("name") else { continue };
        let name = slot.as_str().unwrap_or_default().to_owned();
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            *slot = Value::from(format!("{name} ({count})"));
        }
    }
}
