//! Points by a value: `points_by` with `steps`, `values` or `times` (rule reference, §5).
//!
//! In: the entries of a rule. Out: a [`Card`]. Not here: which rule it belongs to.

use super::Validator;
use super::names::Scope;
use super::read::Entries;
use crate::diagnostic::Diagnostic;
use crate::points::Points;
use crate::rules::model::{Card, Operand, RuleKind, Scale};
use crate::rules::yaml::{Kind, Node};
use crate::value::fold;
use std::collections::HashSet;

impl Validator<'_> {
    /// A scorecard rule's kind.
    pub fn scorecard(&mut self, entries: &Entries<'_>, node: &Node, scope: Scope) -> RuleKind {
        if let Some(place) = entries.place("points") {
            self.two_forms(place, "this rule", "points", "points_by");
        }
        let card = self.card(entries, node);
        let field = entries.get("points_by").and_then(|field| Some((self.name(field, "`points_by`")?, field.place)));
        let operand = field.as_ref().and_then(|(name, place)| self.operand(name, *place, scope));
        RuleKind::Scorecard {
            // A stand-in: with its fault noted, no model is made.
            operand: operand.unwrap_or(Operand::Column(0)),
            name: field.map(|(name, _)| name).unwrap_or_default(),
            card,
        }
    }

    /// `steps`, `values` or `times`, with `otherwise` and `missing`.
    pub fn card(&mut self, entries: &Entries<'_>, node: &Node) -> Card {
        let forms: Vec<&str> = ["steps", "values", "times"].into_iter().filter(|key| entries.has(key)).collect();
        let place = entries.place("points_by").unwrap_or(node.place);
        if let [first, second, ..] = forms[..] {
            self.two_forms(entries.place(second).unwrap_or(place), "this rule", first, second);
        }
        let scale = match forms.first() {
            Some(&"steps") => entries.get("steps").map(|node| self.steps(node)),
            Some(&"values") => entries.get("values").map(|node| self.values(node)),
            Some(_) => entries.get("times").and_then(|node| self.number(node, "`times`")).map(Scale::Times),
            None => {
                if !entries.broken {
                    let fault = Diagnostic::error(
                        "no-points",
                        place,
                        "`points_by` says by what, but not how many points",
                    )
                    .help(
                        "add `steps: { 0: 5, 100: 10 }` for numbers, `values: { text: 5 }` for texts, or `times: 0.1`",
                    );
                    self.push(fault);
                }
                None
            }
        };
        let mut points =
            |key: &str| entries.get(key).and_then(|node| self.points(node, &format!("`{key}`"))).unwrap_or_default();
        let (otherwise, missing) = (points("otherwise"), points("missing"));
        let scale = scale.unwrap_or(Scale::Times(Points::ZERO));
        let memo = matches!(scale, Scale::Values(_)).then(|| self.next_memo());
        Card { scale, otherwise, missing, memo }
    }

    fn steps(&mut self, node: &Node) -> Scale {
        let mut steps: Vec<(Points, Points)> = Vec::new();
        let mut seen = HashSet::new();
        for (key, value) in self.filled_map(node, "`steps`", "of lower bounds and points") {
            let bound = self.number(key, "a bound of `steps`");
            let points = self.points(value, "the points of a step");
            let Some(bound) = bound else { continue };
            if !seen.insert(bound) {
                let fault = Diagnostic::error("repeated-key", key.place, format!("the bound {bound} is given twice"));
                self.push(fault.help("keep one of the two"));
                continue;
            }
            steps.push((bound, points.unwrap_or_default()));
        }
        steps.sort_by_key(|(bound, _)| *bound);
        Scale::Steps(steps)
    }

    fn values(&mut self, node: &Node) -> Scale {
        let mut values: Vec<(String, Points)> = Vec::new();
        let mut seen = HashSet::new();
        for (key, value) in self.filled_map(node, "`values`", "of texts and points") {
            let points = self.points(value, "the points of a value").unwrap_or_default();
            let text = fold(key.scalar().unwrap_or_default()).into_owned();
            if !seen.insert(text.clone()) {
                let message = format!("the value `{text}` is given twice: case and spaces around it do not count");
                let fault = Diagnostic::error("repeated-key", key.place, message);
                self.push(fault.help("keep one of the two"));
                continue;
            }
            values.push((text, points));
        }
        Scale::Values(values)
    }

    /// A mapping with free keys that must not be empty.
    pub fn filled_map<'n>(&mut self, node: &'n Node, what: &str, of: &str) -> Vec<(&'n Node, &'n Node)> {
        if matches!(&node.kind, Kind::Map(entries) if entries.is_empty()) {
            let fault = Diagnostic::error("empty-list", node.place, format!("{what} is empty"));
            self.push(fault.label("nothing in it").help("fill it in, or take the key out"));
        }
        self.map(node, what, of)
    }
}
