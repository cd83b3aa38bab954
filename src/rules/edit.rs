//! Changes numbers of a rule file where they stand, and nothing else: comments, order and line ends stay.
//!
//! In: the text of a rule file that can be used, and the rules whose `times` is another. Out: the
//! text with the new numbers, or why one cannot be changed by itself. Not here: which numbers.

use super::yaml::{self, Kind, Node};
use crate::diagnostic::Place;
use crate::points::Points;

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
    let Ok(root) = yaml::read(text) else { return Err("the rule file is no YAML".to_owned()) };
    let mut changes: Vec<(Place, String)> = Vec::new();
    for factor in factors {
        // An alias stands where the number is used, not where it is written; what an alias repeats is
        // in the tree several times, each time with the place where it is written.
        let is_its_own = |node: &&Node| {
            text.get(node.place.start..node.place.end) == node.scalar() && how_often(&root, node.place) == 1
        };
        let node = times_of(&root, factor).filter(is_its_own).ok_or_else(|| shared(factor))?;
        changes.push((node.place, factor.times.to_string()));
    }
    changes.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    let mut edited = text.to_owned();
    for (place, number) in changes {
        edited.replace_range(place.start..place.end, &number);
    }
    Ok(edited)
}

fn shared(factor: &NewFactor<'_>) -> String {
    format!(
        "the `times` of the rule `{}` cannot be changed by itself: it, or what it is in, is shared by way of a YAML \
         anchor (&name) or alias (*name); write it out where the rule stands",
        factor.rule
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
