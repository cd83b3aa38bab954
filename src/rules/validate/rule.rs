//! Rules and groups (rule reference, §5).
//!
//! In: an entry of `rules`. Out: an [`Item`]. The keys tell the form: `rules` a group, `activity`
//! an activity rule, `points_by` a scorecard rule, else a contact rule. Not here: scores.

use super::Validator;
use super::names::Scope;
use super::read::Entries;
use super::score::Defaults;
use crate::diagnostic::{Diagnostic, Place};
use crate::points::{Points, Range};
use crate::rules::model::{ActivityRule, Condition, Decay, Group, Item, Per, Rule, RuleKind, Take, Worth};
use crate::rules::yaml::{Kind, Node, Type};
use std::collections::HashMap;

/// The names of a score's rules and groups so far, and where they stand.
pub type NamesSeen = HashMap<String, Place>;

/// Keys of a contact rule.
pub const CONTACT_KEYS: [&str; 3] = ["name", "when", "points"];
/// Keys of a scorecard rule.
pub const CARD_KEYS: [&str; 8] = ["name", "when", "points_by", "steps", "values", "times", "otherwise", "missing"];
/// Keys of an activity rule.
pub const ACTIVITY_KEYS: [&str; 18] = [
    "name",
    "activity",
    "points",
    "points_by",
    "steps",
    "values",
    "times",
    "otherwise",
    "missing",
    "where",
    "within",
    "between",
    "when",
    "per",
    "max_count",
    "decay",
    "cap_per_day",
    "cap",
];
/// Keys of `decay`.
pub const DECAY_KEYS: [&str; 5] = ["half_life", "linear", "lose", "keep", "every"];
/// Keys of a group.
pub const GROUP_KEYS: [&str; 4] = ["group", "rules", "take", "limit"];

impl Validator<'_> {
    /// One entry of a score's `rules`.
    pub fn item(&mut self, node: &Node, scope: Scope, defaults: &Defaults, names: &mut NamesSeen) -> Item {
        if has(node, "group") || (has(node, "rules") && !has(node, "name")) {
            return Item::Group(self.group(node, scope, defaults, names));
        }
        Item::Rule(self.rule(node, scope, defaults, names))
    }

    fn group(&mut self, node: &Node, scope: Scope, defaults: &Defaults, names: &mut NamesSeen) -> Group {
        let entries = self.entries_hinted(node, "a group", &GROUP_KEYS, |key| {
            (key == "name").then(|| "a group is named by `group: NAME`".to_owned())
        });
        let (name, place) = match entries.get("group") {
            Some(name) => (self.name(name, "the name of a group").unwrap_or_default(), name.place),
            None => {
                self.missing(&entries, node.place, "a group has no name".to_owned(), "name it: `group: NAME`");
                (String::new(), node.place)
            }
        };
        self.unique(names, &name, place, "a rule or group of this score");
        let take = [("sum", Take::Sum), ("best", Take::Best), ("first", Take::First)];
        let take = entries.get("take").and_then(|node| self.word(node, "`take`", &take)).unwrap_or_default();
        let limit = entries.get("limit").map(|node| self.limit(node)).unwrap_or_default();
        let mut rules = Vec::new();
        match entries.get("rules") {
            Some(list) => {
                for member in self.list(list, "`rules` of a group", "of rules") {
                    if has(member, "group") {
                        let fault = Diagnostic::error("group-in-group", member.place, "a group cannot hold a group");
                        self.push(fault.help("put the inner group beside this one"));
                        continue;
                    }
                    rules.push(self.rule(member, scope, defaults, names));
                }
            }
            None => self.missing_key(&entries, place, "a group", "rules", "list its rules under `rules:`"),
        }
        Group { name, take, limit, rules, place }
    }

    fn unique(&mut self, names: &mut NamesSeen, name: &str, place: Place, what: &str) {
        if name.is_empty() {
            return;
        }
        match names.get(name) {
            Some(&first) => self.repeated_name(place, what, name, first),
            None => {
                names.insert(name.to_owned(), place);
            }
        }
    }

    /// `max`, or `[min, max]`.
    fn limit(&mut self, node: &Node) -> Range {
        match &node.kind {
            Kind::List(_) => self.range(node, "`limit`"),
            _ => {
                let before = self.faults.len();
                let high = self.number(node, "`limit`");
                if let Some(fault) = self.faults.get_mut(before).filter(|fault| fault.code == "wrong-type") {
                    fault.message = "`limit` must be a number or a list of two".to_owned();
                }
                Range { low: None, high }
            }
        }
    }

    fn rule(&mut self, node: &Node, scope: Scope, defaults: &Defaults, names: &mut NamesSeen) -> Rule {
        let (what, mut keys): (&str, Vec<&str>) = if has(node, "activity") {
            ("an activity rule", ACTIVITY_KEYS.to_vec())
        } else if has(node, "points_by") {
            ("a scorecard rule", CARD_KEYS.to_vec())
        } else {
            ("a contact rule", CONTACT_KEYS.to_vec())
        };
        if what == "a scorecard rule" && has(node, "points") {
            keys.push("points"); // reported below, in better words
        }
        let entries = self.entries_hinted(node, what, &keys, key_of_another_form);
        let (name, place) = self.entry_name(&entries, node, "a rule");
        self.unique(names, &name, place, "a rule or group of this score");
        let when = entries.get("when").map(|node| self.condition(node, scope));
        let kind = match what {
            "an activity rule" => RuleKind::Activity(self.activity_rule(&entries, node, defaults)),
            "a scorecard rule" => self.scorecard(&entries, node, scope),
            _ => RuleKind::Contact(self.contact_points(&entries, place)),
        };
        Rule { name, when, kind, place }
    }

    fn contact_points(&mut self, entries: &Entries<'_>, place: Place) -> Points {
        let Some(points) = entries.get("points") else {
            self.without_points(entries, place);
            return Points::ZERO;
        };
        if !entries.has("when") {
            self.missing_key(entries, place, "this rule", "when",
                "say who gets the points: `when: { FIELD: test }`, or `activity: TYPE`; for everybody, use `start` of the score");
        }
        self.points(points, "`points`").unwrap_or_default()
    }

    fn without_points(&mut self, entries: &Entries<'_>, place: Place) {
        if !entries.broken {
            let fault = Diagnostic::error("no-points", place, "this rule gives no points")
                .help("add `points: 10`, or `points_by: FIELD` with `steps`, `values` or `times`");
            self.push(fault);
        }
    }

    fn activity_rule(&mut self, entries: &Entries<'_>, node: &Node, defaults: &Defaults) -> ActivityRule {
        let place = entries.place("activity").unwrap_or(node.place);
        // `within: none` is no duration: it is read here, not by the selection.
        let within = match entries.get("within") {
            Some(node) => self.span_or_none(node, "`within`").flatten(),
            None => defaults.within,
        };
        let types = entries.get("activity").and_then(|node| self.types(node));
        let mut filters: Vec<Condition> = defaults.filter.clone().into_iter().collect();
        filters.extend(entries.get("where").map(|node| self.condition(node, Scope::ACTIVITY)));
        let dates = self.dates_of_activities();
        let between = entries.get("between").and_then(|node| self.date_window(node, &dates)).into_iter().collect();
        let decay = match entries.get("decay") {
            Some(node) => self.decay(node),
            None => defaults.decay,
        };
        let cap = |validator: &mut Self, key: &str| {
            let node = entries.get(key)?;
            let cap = validator.number(node, &format!("`{key}`"))?;
            if cap < Points::ZERO {
                let fault =
                    Diagnostic::error("number-out-of-range", node.place, format!("`{key}` must not be negative"))
                        .help(format!("it bounds both sides: `{key}: {}` means from {cap} to {}", -cap, -cap));
                validator.push(fault);
                return None;
            }
            Some(cap)
        };
        ActivityRule {
            selection: crate::rules::model::Selection { types, filters, within, between },
            worth: self.worth(entries, node, place),
            per: entries.get("per").and_then(|node| self.per(node)).unwrap_or_default(),
            max_count: entries.get("max_count").and_then(|node| self.whole(node, "`max_count`", 1, u64::MAX)),
            decay,
            cap_per_day: cap(self, "cap_per_day"),
            cap: cap(self, "cap"),
        }
    }

    fn worth(&mut self, entries: &Entries<'_>, node: &Node, place: Place) -> Worth {
        match (entries.get("points"), entries.get("points_by")) {
            (Some(_), Some(_)) => {
                let second = entries.place("points_by").unwrap_or(place);
                self.two_forms(second, "this rule", "points", "points_by");
                Worth::Points(Points::ZERO)
            }
            (Some(points), None) => {
                for key in ["steps", "values", "times", "otherwise", "missing"] {
                    if let Some(place) = entries.place(key) {
                        let fault = Diagnostic::error("unknown-key", place, format!("`{key}` needs `points_by`"));
                        self.push(fault.help("write `points_by: COLUMN` instead of `points`"));
                    }
                }
                Worth::Points(self.points(points, "`points`").unwrap_or_default())
            }
            (None, Some(field)) => {
                let card = self.card(entries, node);
                match self.name(field, "`points_by`") {
                    Some(name) => Worth::Card(self.activity_columns.named(&name, Some(field.place)), card),
                    None => Worth::Points(Points::ZERO),
                }
            }
            (None, None) => {
                let name = entries.get("name").map_or(place, |name| name.place);
                self.without_points(entries, name);
                Worth::Points(Points::ZERO)
            }
        }
    }

    fn per(&mut self, node: &Node) -> Option<Per> {
        Some(match self.name(node, "`per`")?.as_str() {
            "event" => Per::Event,
            "day" => Per::Day,
            "week" => Per::Week,
            "month" => Per::Month,
            "contact" => Per::Contact,
            column => Per::Column(self.activity_columns.named(column, Some(node.place))),
        })
    }

    /// `none`, or how points fade.
    pub fn decay(&mut self, node: &Node) -> Option<Decay> {
        if matches!(&node.kind, Kind::Scalar(Type::Text, text) if text == "none") {
            return None;
        }
        if !matches!(node.kind, Kind::Map(_)) {
            self.wrong_type_but(node, "`decay`", "a mapping or `none`",
                "write `{ half_life: 30d }`, `{ linear: 90d }`, `{ lose: 25%, every: 30d }` or `{ keep: 75%, every: 30d }`");
            return None;
        }
        let entries = self.entries(node, "`decay`", &DECAY_KEYS);
        let forms: Vec<&str> =
            ["half_life", "linear", "lose", "keep"].into_iter().filter(|key| entries.has(key)).collect();
        if let [first, second, ..] = forms[..] {
            self.two_forms(entries.place(second)?, "`decay`", first, second);
            return None;
        }
        let every = |validator: &mut Self| match entries.get("every") {
            Some(every) => validator.positive_span(every, "`every`"),
            None => {
                validator.missing_key(
                    &entries,
                    node.place,
                    "`decay`",
                    "every",
                    "say how often: `{ lose: 25%, every: 30d }`",
                );
                None
            }
        };
        match forms.first() {
            Some(&"half_life") => {
                self.no_every(&entries);
                self.positive_span(entries.get("half_life")?, "`half_life`").map(Decay::HalfLife)
            }
            Some(&"linear") => {
                self.no_every(&entries);
                self.positive_span(entries.get("linear")?, "`linear`").map(Decay::Linear)
            }
            Some(form) => {
                let share = entries.get(form)?;
                let share = self.percent(share, &format!("`{form}`"), share.scalar().unwrap_or_default());
                let every = every(self);
                Some(if *form == "lose" { Decay::Lose(share?, every?) } else { Decay::Keep(share?, every?) })
            }
            None => {
                self.missing_key(
                    &entries,
                    node.place,
                    "`decay`",
                    "half_life",
                    "write `half_life`, `linear`, `lose` with `every`, or `keep` with `every`",
                );
                None
            }
        }
    }

    fn no_every(&mut self, entries: &Entries<'_>) {
        if let Some(place) = entries.place("every") {
            let fault = Diagnostic::error("unknown-key", place, "`every` belongs to `lose` and `keep`");
            self.push(fault.help("take it out, or write `{ lose: 25%, every: 30d }`"));
        }
    }
}

/// Whether a mapping has a key, without any faults noted.
fn has(node: &Node, key: &str) -> bool {
    super::names::value_of(node, key).is_some()
}

fn key_of_another_form(key: &str) -> Option<String> {
    let form = match key {
        "where" | "within" | "between" | "per" | "max_count" | "decay" | "cap" | "cap_per_day" => {
            "belongs to an activity rule: add `activity: TYPE`"
        }
        "steps" | "values" | "times" | "otherwise" | "missing" => "belongs to a rule with `points_by: FIELD`",
        "limit" | "take" => "belongs to a group: `- group: NAME` with `rules:`",
        "range" | "grades" | "decimals" | "start" | "multiply" => "belongs to the score: indent it like `rules`",
        _ => return None,
    };
    Some(format!("`{key}` {form}"))
}
