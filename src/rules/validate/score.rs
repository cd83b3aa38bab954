//! Scores: rules or a sum of other scores, range, grades (rule reference, §6).
//!
//! In: `scores`. Out: [`Score`]s in the order of the file, and the order in which they can be
//! computed. Not here: single rules.

use super::Validator;
use super::names::Scope;
use super::numbers::parse_percent;
use super::read::Entries;
use crate::diagnostic::{Diagnostic, Place};
use crate::instant::Span;
use crate::points::Points;
use crate::rules::model::{Component, Condition, Decay, GradeBounds, Grades, Multiplier, Score, ScoreId, ScoreKind};
use crate::rules::yaml::{Kind, Node, Type};

/// What a score sets for all of its activity rules.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// Replaced by a rule's own.
    pub within: Option<Span>,
    /// Replaced by a rule's own.
    pub decay: Option<Decay>,
    /// Added to a rule's own.
    pub filter: Option<Condition>,
}

/// Keys of a score made of rules.
pub const RULES_KEYS: [&str; 10] =
    ["rules", "for", "start", "multiply", "range", "decimals", "grades", "where", "within", "decay"];
/// Keys of a composite.
pub const SUM_KEYS: [&str; 5] = ["sum", "for", "range", "decimals", "grades"];

impl Validator<'_> {
    /// `scores:`
    pub fn scores(&mut self, node: &Node) -> Vec<Score> {
        let entries = self.filled_map(node, "`scores`", "of names and scores");
        entries.into_iter().enumerate().map(|(id, (key, value))| self.score(id, key, value)).collect()
    }

    fn score(&mut self, id: ScoreId, key: &Node, node: &Node) -> Score {
        let name = self.name(key, "the name of a score").unwrap_or_default();
        let what = format!("the score `{name}`");
        let is_sum = super::names::value_of(node, "sum").is_some();
        let has_rules = super::names::value_of(node, "rules").is_some();
        let entries = if is_sum && !has_rules {
            self.entries_hinted(node, &what, &SUM_KEYS, |key| {
                let other = RULES_KEYS.contains(&key);
                other.then(|| {
                    format!("a score with `sum` has no rules of its own: take `{key}` to one of its components")
                })
            })
        } else {
            let keys: Vec<&str> = RULES_KEYS.into_iter().chain(has_rules.then_some("sum")).collect();
            self.entries_hinted(node, &what, &keys, |key| {
                ["points", "when", "activity", "points_by"]
                    .contains(&key)
                    .then(|| format!("`{key}` belongs to a rule: write it under `rules:`, after `- name: …`"))
            })
        };
        let scope = Scope::of_score(id);
        let scored = entries.get("for").map(|node| self.condition(node, scope));
        let kind = if is_sum && has_rules {
            self.two_forms(entries.place("sum").unwrap_or(key.place), &what, "rules", "sum");
            ScoreKind::Sum(Vec::new())
        } else if is_sum {
            ScoreKind::Sum(entries.get("sum").map(|node| self.components(id, node)).unwrap_or_default())
        } else {
            self.rules(&entries, key.place, &what, scope)
        };
        Score {
            name,
            scored,
            kind,
            range: entries.get("range").map(|node| self.range(node, "`range`")).unwrap_or_default(),
            decimals: self.decimals(&entries),
            grades: entries.get("grades").and_then(|node| self.grades(node, true)),
            place: key.place,
        }
    }

    /// To how many decimals a score is rounded.
    pub fn decimals(&mut self, entries: &Entries<'_>) -> u8 {
        let decimals = entries.get("decimals").and_then(|node| self.whole(node, "`decimals`", 0, 6));
        decimals.map_or(2, |decimals| decimals as u8)
    }

    fn rules(&mut self, entries: &Entries<'_>, place: Place, what: &str, scope: Scope) -> ScoreKind {
        let start = entries.get("start").and_then(|node| self.points(node, "`start`")).unwrap_or_default();
        let defaults = Defaults {
            within: entries.get("within").and_then(|node| self.span_or_none(node, "`within`").flatten()),
            decay: entries.get("decay").and_then(|node| self.decay(node)),
            filter: entries.get("where").map(|node| self.condition(node, Scope::ACTIVITY)),
        };
        let mut names = super::rule::NamesSeen::new();
        let mut items = Vec::new();
        match entries.get("rules") {
            Some(list) => {
                for member in self.list(list, &format!("`rules` of {what}"), "of rules") {
                    items.push(self.item(member, scope, &defaults, &mut names));
                }
            }
            None => {
                self.missing_key(entries, place, what, "rules", "give it `rules:`, or `sum:` to add up other scores")
            }
        }
        let multiply = entries.get("multiply").map(|node| self.multiply(node, scope)).unwrap_or_default();
        ScoreKind::Rules { start, items, multiply }
    }

    fn multiply(&mut self, node: &Node, scope: Scope) -> Vec<Multiplier> {
        let what = "a multiplier";
        let mut found = Vec::new();
        for member in self.list_or_empty(node, "`multiply`", "of mappings with `name`, `when` and `by`") {
            let entries = self.entries(member, what, &["name", "when", "by"]);
            let (name, place) = self.entry_name(&entries, member, what);
            let when = match entries.get("when") {
                Some(when) => self.condition(when, scope),
                None => {
                    self.missing_key(&entries, place, what, "when", "say for whom: `when: { FIELD: test }`");
                    Condition::All(Vec::new())
                }
            };
            let by = match entries.get("by") {
                Some(by) => self.number(by, "`by`"),
                None => {
                    self.missing_key(&entries, place, what, "by", "say the factor: `by: 0.7`");
                    None
                }
            };
            found.push(Multiplier { name, when, by: by.unwrap_or(Points::ONE), place });
        }
        found
    }

    fn components(&mut self, id: ScoreId, node: &Node) -> Vec<Component> {
        let mut found = Vec::new();
        for (key, value) in
            self.filled_map(node, "`sum`", "of scores and weights, such as `{ fit: 0.4, engagement: 0.6 }`")
        {
            let Some(name) = key.scalar() else { continue };
            let weight = self.number(value, "a weight");
            let Some(score) = self.score_named(name, key.place, "`sum`") else { continue };
            self.uses.push((id, score, key.place));
            found.push(Component { score, weight: weight.unwrap_or(Points::ONE) });
        }
        found
    }

    /// `grades:` — bounds of one kind.
    pub fn grades(&mut self, node: &Node, may_be_relative: bool) -> Option<Grades> {
        let mut grades = Grades { names: Vec::new(), bounds: GradeBounds::AtLeast(Vec::new()), places: Vec::new() };
        let (mut values, mut shares) = (Vec::new(), Vec::new());
        for (key, bound) in self.filled_map(node, "`grades`", "of names and lower bounds") {
            let Some(name) = self.name(key, "the name of a grade") else { continue };
            grades.names.push(name);
            grades.places.push(Place { start: key.place.start, end: bound.place.end });
            match top_of(bound) {
                Some(share) if may_be_relative => {
                    shares.push(self.percent(bound, "a bound", share).unwrap_or(Points::ONE))
                }
                Some(_) => {
                    let fault =
                        Diagnostic::error("relative-grade", bound.place, "account scores have no relative grades");
                    self.push(fault.help("give a lower bound, such as `200`"));
                }
                None => values.push(self.grade_bound(bound).unwrap_or_default()),
            }
        }
        if !values.is_empty() && !shares.is_empty() {
            let fault = Diagnostic::error("mixed-grades", node.place, "`grades` mixes bounds with `top` shares")
                .label("one kind of bound, please")
                .help("either lower bounds (`A: 75`) or shares of the contacts (`A: top 10%`) throughout");
            self.push(fault);
            return None;
        }
        grades.bounds = if shares.is_empty() { GradeBounds::AtLeast(values) } else { GradeBounds::Top(shares) };
        Some(grades)
    }

    fn grade_bound(&mut self, bound: &Node) -> Option<Points> {
        if let Kind::Scalar(Type::Text, text) = &bound.kind
            && parse_percent(text).is_some()
        {
            let help = format!("write `top {text}`");
            self.wrong_type_but(bound, "the bound of a grade", "a number or `top 10%`", help);
            return None;
        }
        self.number(bound, "the bound of a grade")
    }

    /// The order in which scores can be computed; a circle is a fault.
    pub fn evaluation_order(&mut self, count: usize) -> Vec<ScoreId> {
        let mut order = Vec::with_capacity(count);
        let mut state = vec![State::New; count];
        for score in 0..count {
            self.visit(score, &mut state, &mut order, &mut Vec::new());
        }
        order
    }

    /// Depth-first; scores are few, and each is visited once.
    fn visit(
        &mut self,
        score: ScoreId,
        state: &mut [State],
        order: &mut Vec<ScoreId>,
        path: &mut Vec<(ScoreId, Place)>,
    ) {
        match state[score] {
            State::Done => return,
            State::Open => return self.circle(score, path),
            State::New => {}
        }
        state[score] = State::Open;
        let uses: Vec<(ScoreId, Place)> =
            self.uses.iter().filter(|(user, _, _)| *user == score).map(|&(_, used, place)| (used, place)).collect();
        for (used, place) in uses {
            if used < state.len() {
                path.push((score, place));
                self.visit(used, state, order, path);
                path.pop();
            }
        }
        state[score] = State::Done;
        order.push(score);
    }

    fn circle(&mut self, score: ScoreId, path: &[(ScoreId, Place)]) {
        let start = path.iter().position(|(user, _)| *user == score).unwrap_or(0);
        let names: Vec<String> = path[start..]
            .iter()
            .map(|(user, _)| *user)
            .chain([score])
            .map(|id| self.names.scores[id].name.clone())
            .collect();
        let place = path.last().map(|(_, place)| *place);
        let fault =
            Diagnostic::error("score-circle", place, format!("scores go round in a circle: {}", names.join(" → ")))
                .label("this closes the circle")
                .help("a score cannot be computed from itself: take one of these steps out");
        self.push(fault);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

/// `top 10%` → `10%`.
fn top_of(bound: &Node) -> Option<&str> {
    match &bound.kind {
        Kind::Scalar(Type::Text, text) => text.trim().strip_prefix("top").map(str::trim),
        _ => None,
    }
}
