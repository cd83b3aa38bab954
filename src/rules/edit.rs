//! Changes numbers of a rule file where they stand, and nothing else: comments, order and line ends stay.
//!
//! In: the text of a rule file that can be used, where numbers stand in it, and what they become. Out:
//! the text with the new numbers, or why one cannot be changed by itself. Not here: which numbers.

use super::yaml::{self, Kind, Node};
use crate::diagnostic::Place;
use crate::points::{Decimal, Points};
use crate::value::fold;

/// A step on the way from the top of a rule file to a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The value of a key.
    Key(String),
    /// The value of a key that is this number: a bound.
    Bound(Points),
    /// The value of a key that is this text, folded.
    Text(String),
    /// The member of a list, from 0.
    Member(usize),
}

impl Step {
    /// The value of a key.
    pub fn key(key: &str) -> Step {
        Step::Key(key.to_owned())
    }

    fn from<'n>(&self, node: &'n Node) -> Option<&'n Node> {
        let value = |is_it: &dyn Fn(&str) -> bool| {
            let Kind::Map(entries) = &node.kind else { return None };
            entries.iter().find(|(key, _)| key.scalar().is_some_and(is_it)).map(|(_, value)| value)
        };
        match self {
            Step::Key(key) => value(&|name| name == key),
            Step::Bound(bound) => value(&|name| Decimal::parse(name).and_then(Decimal::exactly) == Some(*bound)),
            Step::Text(text) => value(&|name| fold(name) == *text),
            Step::Member(at) => members(node).get(*at),
        }
    }
}

/// The numbers of a rule file, some of them changed.
pub struct Numbers<'t> {
    text: &'t str,
    root: Node,
    changes: Vec<(Place, String)>,
}

impl<'t> Numbers<'t> {
    /// Of a text, so far unchanged.
    ///
    /// # Errors
    /// Where it is no YAML.
    pub fn of(text: &'t str) -> Result<Numbers<'t>, String> {
        let Ok(root) = yaml::read(text) else { return Err("the rule file is no YAML".to_owned()) };
        Ok(Numbers { text, root, changes: Vec::new() })
    }

    /// What stands at the end of a path.
    fn at(&self, path: &[Step]) -> Option<&Node> {
        path.iter().try_fold(&self.root, |node, step| step.from(node))
    }

    /// Whether a path leads to anything.
    pub fn has(&self, path: &[Step]) -> bool {
        self.at(path).is_some()
    }

    /// Puts another number where a path leads; `what` it is.
    ///
    /// # Errors
    /// Where it stands behind a YAML anchor or alias: other places may share it.
    pub fn put(&mut self, path: &[Step], what: &str, number: Points) -> Result<(), String> {
        let place = self.own_place(self.at(path)).ok_or_else(|| shared(what))?;
        self.changes.push((place, number.to_string()));
        Ok(())
    }

    /// The place of a number that nothing else shares. An alias stands where the number is used, not
    /// where it is written; what an alias repeats is in the tree several times, each time with the place
    /// where it is written.
    fn own_place(&self, node: Option<&Node>) -> Option<Place> {
        let place = node?.place;
        let is_its_own = self.text.get(place.start..place.end) == node?.scalar() && how_often(&self.root, place) == 1;
        is_its_own.then_some(place)
    }

    /// The text with the new numbers.
    pub fn text(mut self) -> String {
        self.changes.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
        let mut edited = self.text.to_owned();
        for (place, number) in self.changes {
            edited.replace_range(place.start..place.end, &number);
        }
        edited
    }
}

/// A new `times` for a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFactor<'a> {
    /// The name of the rule's score.
    pub score: &'a str,
    /// The rule's name.
    pub rule: &'a str,
    /// What its value is to be multiplied by.
    pub times: Points,
}

/// The text with the new factors.
///
/// # Errors
/// Where one of the numbers stands behind a YAML anchor or alias: other places may share it.
pub fn with_factors(text: &str, factors: &[NewFactor<'_>]) -> Result<String, String> {
    let mut numbers = Numbers::of(text)?;
    for factor in factors {
        let what = format!("the `times` of the rule `{}`", factor.rule);
        let place = numbers.own_place(times_of(&numbers.root, factor)).ok_or_else(|| shared(&what))?;
        numbers.changes.push((place, factor.times.to_string()));
    }
    Ok(numbers.text())
}

fn shared(what: &str) -> String {
    format!(
        "{what} cannot be changed by itself: it, or what it is in, is shared by way of a YAML anchor (&name) or alias \
         (*name); write it out where it stands"
    )
}

/// The value of a rule's `times`.
fn times_of<'n>(root: &'n Node, factor: &NewFactor<'_>) -> Option<&'n Node> {
    let score = entry(entry(root, "scores")?, factor.score)?;
    let mut rules = Vec::new();
    for item in members(entry(score, "rules")?) {
        match entry(item, "group").and_then(|_| entry(item, "rules")) {
            Some(of_group) => rules.extend(members(of_group)),
            None => rules.push(item),
        }
    }
    let is_meant =
        |rule: &&Node| entry(rule, "name").and_then(Node::scalar).is_some_and(|name| name.trim() == factor.rule.trim());
    entry(rules.into_iter().find(is_meant)?, "times")
}

fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Kind::Map(entries) = &node.kind else { return None };
    entries.iter().find(|(name, _)| name.scalar() == Some(key)).map(|(_, value)| value)
}

fn members(node: &Node) -> &[Node] {
    if let Kind::List(members) = &node.kind { members } else { &[] }
}

/// How often the scalar of a place is in the tree.
fn how_often(node: &Node, place: Place) -> usize {
    match &node.kind {
        Kind::Scalar(..) => usize::from(node.place == place),
        Kind::List(members) => members.iter().map(|member| how_often(member, place)).sum(),
        Kind::Map(entries) => entries.iter().map(|(_, value)| how_often(value, place)).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# żółw: times: 1\r\nscores:\r\n  other: { rules: [{ name: Read, points_by: x, times: 7 }] }\r\n  \
        journey:\r\n    rules:\r\n      - { name: Read, points_by: a, times: 1 } # times: 1\r\n      - group: G\r\n        \
        rules:\r\n          - name: \"Asked\"\r\n            times:   2.50   # half\r\n            points_by: b\r\n";

    fn change(text: &str, changes: &[(&str, i64)]) -> Result<String, String> {
        let factor = |&(rule, times)| NewFactor { score: "journey", rule, times: Points::whole(times) };
        with_factors(text, &changes.iter().map(factor).collect::<Vec<_>>())
    }

    #[test]
    fn only_the_numbers_change() {
        let edited = change(FILE, &[("Asked", 12), ("Read", 8)]).unwrap();
        let known = FILE.replace("a, times: 1 }", "a, times: 8 }").replace("2.50   #", "12   #");
        assert_eq!(edited, known);
        assert_eq!(change(FILE, &[]).unwrap(), FILE);
    }

    #[test]
    fn a_number_that_is_shared_is_left_alone() {
        for text in [
            "scores: { journey: { rules: [{ name: Read, times: &n 1 }, { name: Also, times: *n }] } }",
            "n: &n 1\nscores: { journey: { rules: [{ name: Also, times: 2 }, { name: Read, times: *n }] } }",
            "scores: { a: { rules: &r [{ name: Read, times: 1 }] }, journey: { rules: *r } }",
            "scores: { journey: { rules: &r [{ name: Read, times: 1 }] }, b: { rules: *r } }",
            "scores: { a: &a { rules: [{ name: Read, times: 1 }] }, journey: *a }",
        ] {
            let fault = change(text, &[("Read", 8)]).expect_err(text);
            assert!(fault.contains("`times` of the rule `Read`"), "{fault}");
        }
    }

    #[test]
    fn an_anchor_that_nothing_shares_does_no_harm() {
        let text = "scores: { journey: &j { rules: [{ name: Read, times: 1 }] } }";
        assert_eq!(change(text, &[("Read", 8)]).unwrap(), text.replace("times: 1", "times: 8"));
    }
}
