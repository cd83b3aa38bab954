//! YAML: bytes become a tree in which every value knows its place.
//!
//! In: the bytes of a file, whatever they are. Out: a [`Node`], or the faults that stop it from
//! being YAML. `serde_yaml` loads the document and says what type each scalar has; a pass over the
//! events of `saphyr-parser`, before it, bounds size, depth and aliases, and says where everything
//! stands and how it was written, so that numbers keep every digit. Not here: what a key means.

mod events;
mod hints;
mod text;
mod typed;

pub use text::{LARGEST, MARK, decode};

use crate::diagnostic::{Diagnostic, Place};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The value.
    pub kind: Kind,
    /// Where it stands; of a mapping or list from its first entry to its last.
    pub place: Place,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One word, number or text.
    Scalar(Type, String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file; a key given twice is in it twice.
    Map(Vec<(Node, Node)>),
}

/// What type a scalar has by YAML 1.2; its text is kept as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number,
    /// Any other text, and anything in quotes.
    Text,
}

impl Node {
    /// What it is, as a person would call it.
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Scalar(Type::Null, text) if text.is_empty() => "nothing".to_owned(),
            Kind::Scalar(Type::Null, text) => format!("`{text}` (nothing)"),
            Kind::Scalar(Type::Boolean(_), text) => format!("`{text}`"),
            Kind::Scalar(Type::Number, text) => format!("the number {text}"),
            Kind::Scalar(Type::Text, text) => format!("the text `{}`", shortened(text)),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a mapping".to_owned(),
        }
    }

    /// The text of a scalar, as it was written.
    pub fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(_, text) => Some(text),
            _ => None,
        }
    }
}

/// The first characters of a text, for a message.
pub fn shortened(text: &str) -> String {
    const KEPT: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= KEPT && line.len() == text.len() {
        text.to_owned()
    } else {
        line.chars().take(KEPT).chain(['…']).collect()
    }
}

/// Reads the one document of a text.
///
/// # Errors
/// Where the text is no YAML, holds no document or several, or is deeper or larger than any rule
/// file needs to be.
pub fn read(text: &str) -> Result<Node, Box<Diagnostic>> {
    let placed = events::read(text)?;
    let typed = typed::read(text)?;
    merge(placed, typed)
}

/// Gives every scalar the type that `serde_yaml` found in it.
fn merge(node: Node, typed: typed::Tree) -> Result<Node, Box<Diagnostic>> {
    use typed::Tree;
    let place = node.place;
    let kind = match (node.kind, typed) {
        (Kind::Scalar(_, _), Tree::Text(text)) => Kind::Scalar(Type::Text, text),
        (Kind::Scalar(_, text), Tree::Null) => Kind::Scalar(Type::Null, text),
        (Kind::Scalar(_, text), Tree::Boolean(value)) => Kind::Scalar(Type::Boolean(value), text),
        (Kind::Scalar(_, text), Tree::Number) => Kind::Scalar(Type::Number, text),
        (Kind::List(nodes), Tree::List(types)) if nodes.len() == types.len() => {
            Kind::List(nodes.into_iter().zip(types).map(|(node, typed)| merge(node, typed)).collect::<Result<_, _>>()?)
        }
        (Kind::Map(entries), Tree::Map(types)) if entries.len() == types.len() => Kind::Map(
            entries
                .into_iter()
                .zip(types)
                .map(|((key, value), (key_type, value_type))| Ok((merge(key, key_type)?, merge(value, value_type)?)))
                .collect::<Result<_, Box<Diagnostic>>>()?,
        ),
        _ => {
            let fault = Diagnostic::error("yaml-syntax", place, "this can be read in two ways")
                .help("put quotes around texts with special characters, and brackets on one line");
            return Err(Box::new(fault));
        }
    };
    Ok(Node { kind, place })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str) -> Vec<(Node, Node)> {
        match read(text).unwrap().kind {
            Kind::Map(entries) => entries,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn scalars_have_the_types_of_yaml_1_2_and_keep_their_digits() {
        let text = "a: NO\nb: true\nc: 1.50\nd: ~\ne: 2026-11-01\nf: '7'\ng:\n0.1: x\n";
        let found: Vec<_> = map(text).into_iter().map(|(key, value)| (key.kind, value.kind)).collect();
        let scalar = |kind, text: &str| Kind::Scalar(kind, text.to_owned());
        assert_eq!(found[0].1, scalar(Type::Text, "NO"));
        assert_eq!(found[1].1, scalar(Type::Boolean(true), "true"));
        assert_eq!(found[2].1, scalar(Type::Number, "1.50"));
        assert_eq!(found[3].1, scalar(Type::Null, "~"));
        assert_eq!(found[4].1, scalar(Type::Text, "2026-11-01"));
        assert_eq!(found[5].1, scalar(Type::Text, "7"));
        assert_eq!(found[6].1, scalar(Type::Null, ""));
        assert_eq!(found[7].0, scalar(Type::Number, "0.1"));
    }

    #[test]
    fn places_are_bytes_also_behind_letters_of_several() {
        let text = "żółw: [ą, 'b c']\r\nx: &a {k: v}\r\ny: *a\r\n";
        let entries = map(text);
        let at = |node: &Node| &text[node.place.start..node.place.end];
        assert_eq!(at(&entries[0].0), "żółw");
        assert_eq!(at(&entries[0].1), "[ą, 'b c']");
        let Kind::List(members) = &entries[0].1.kind else { panic!() };
        assert_eq!(at(&members[1]), "'b c'");
        assert_eq!(at(&entries[2].1), "*a");
        assert_eq!(entries[1].1.kind, entries[2].1.kind);
    }

    #[test]
    fn a_repeated_key_is_there_twice() {
        assert_eq!(map("a: 1\na: 2\n").len(), 2);
    }

    #[test]
    fn brackets_may_span_lines_as_in_json() {
        assert_eq!(map("a: {\n  b: [\n    1,\n  ],\n}\nc: 1\n").len(), 2);
    }
}
