//! Reads mappings by their keys, lists, texts and words.
//!
//! In: a node and what it stands for. Out: the value, or nothing with a fault noted. A fault is
//! noted once, where the value stands; whoever asked goes on with a stand-in. Not here: numbers,
//! and what belongs together.

use super::Validator;
use crate::diagnostic::{Diagnostic, Place, did_you_mean, join, nearest};
use crate::rules::yaml::{Kind, Node, Type, shortened};

/// The entries of a mapping whose keys are known.
#[derive(Clone, Debug, Default)]
pub struct Entries<'n> {
    /// Key, its place, value.
    known: Vec<(&'n str, Place, &'n Node)>,
    /// Whether something in it is wrong already, so that a key that is absent may be misspelt.
    pub broken: bool,
}

impl<'n> Entries<'n> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.known.iter().find(|(known, _, _)| *known == key).map(|(_, _, value)| *value)
    }

    /// The value of a key, and where the key stands.
    pub fn get_with_place(&self, key: &str) -> Option<(&'n Node, Place)> {
        self.known.iter().find(|(known, _, _)| *known == key).map(|(_, place, value)| (*value, *place))
    }

    /// Whether a key is there.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Where a key stands.
    pub fn place(&self, key: &str) -> Option<Place> {
        self.known.iter().find(|(known, _, _)| *known == key).map(|(_, place, _)| *place)
    }
}

impl Validator<'_> {
    /// Notes a fault.
    pub fn push(&mut self, fault: Diagnostic) {
        self.faults.push(fault);
    }

    /// A value of the wrong type: `what` begins the sentence, `wanted` ends it.
    pub fn wrong_type(&mut self, node: &Node, what: &str, wanted: &str) {
        let fault = Diagnostic::error("wrong-type", node.place, format!("{what} must be {wanted}"));
        self.push(fault.label(this_is(node)));
    }

    /// The same with what to do.
    pub fn wrong_type_but(&mut self, node: &Node, what: &str, wanted: &str, help: impl Into<String>) {
        let fault = Diagnostic::error("wrong-type", node.place, format!("{what} must be {wanted}"));
        self.push(fault.label(this_is(node)).help(help));
    }

    /// The entries of a mapping that may have only the keys `allowed`.
    pub fn entries<'n>(&mut self, node: &'n Node, what: &str, allowed: &[&str]) -> Entries<'n> {
        self.entries_hinted(node, what, allowed, |_| None)
    }

    /// The same, with a hint for a key that is not allowed here.
    pub fn entries_hinted<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        allowed: &[&str],
        hint: impl Fn(&str) -> Option<String>,
    ) -> Entries<'n> {
        let mut entries = Entries::default();
        for (key, value) in self.map(node, what, &format!("with keys such as `{}`", allowed[0])) {
            let Some(name) = key.scalar() else { continue };
            if allowed.contains(&name) {
                entries.known.push((name, key.place, value));
                continue;
            }
            entries.broken = true;
            let near = nearest(name, allowed.iter().copied());
            let help = hint(name).or_else(|| slip_in_key(name)).unwrap_or_else(|| {
                if near.is_empty() { format!("allowed here: {}", quoted(allowed)) } else { did_you_mean(&near) }
            });
            let fault = Diagnostic::error("unknown-key", key.place, format!("{what} has no key `{}`", shortened(name)));
            self.push(fault.label("unknown key").help(help));
        }
        entries.broken |= !matches!(node.kind, Kind::Map(_));
        entries
    }

    /// The entries of a mapping with free keys: each key once, and each a text.
    pub fn map<'n>(&mut self, node: &'n Node, what: &str, of: &str) -> Vec<(&'n Node, &'n Node)> {
        let Kind::Map(entries) = &node.kind else {
            let help = match &node.kind {
                Kind::Scalar(Type::Null, _) => "fill it in, or take the key out".to_owned(),
                Kind::Scalar(_, text) if text.contains(':') => "write a space after `:`".to_owned(),
                Kind::Scalar(..) => "write `key: value` lines under it, indented".to_owned(),
                _ => "write `key: value` lines, without `-`".to_owned(),
            };
            self.wrong_type_but(node, what, &format!("a mapping {of}"), help);
            return Vec::new();
        };
        let mut found: Vec<(&Node, &Node)> = Vec::with_capacity(entries.len());
        let mut seen: std::collections::HashMap<&str, Place> = std::collections::HashMap::new();
        for (key, value) in entries {
            let Some(name) = key.scalar() else {
                self.wrong_type(key, "a key", "a text");
                continue;
            };
            if let Some(first) = seen.get(name) {
                let line = self.source.line_and_column(first.start).0;
                let fault = Diagnostic::error("repeated-key", key.place, format!("the key `{name}` is given twice"));
                self.push(fault.label(format!("it stands on line {line} already")).help("keep one of the two"));
                continue;
            }
            seen.insert(name, key.place);
            if name == "<<" {
                let fault = Diagnostic::error("unknown-key", key.place, "YAML 1.2 has no merge key `<<`");
                self.push(fault.label("unknown key").help("write the keys out"));
                continue;
            }
            found.push((key, value));
        }
        found
    }

    /// The members of a list that must not be empty.
    pub fn list<'n>(&mut self, node: &'n Node, what: &str, of: &str) -> Vec<&'n Node> {
        match &node.kind {
            Kind::List(members) if members.is_empty() => {
                let fault = Diagnostic::error("empty-list", node.place, format!("{what} is an empty list"));
                self.push(fault.label("nothing in it").help("fill it in, or take the key out"));
                Vec::new()
            }
            _ => self.list_or_empty(node, what, of),
        }
    }

    /// The members of a list.
    pub fn list_or_empty<'n>(&mut self, node: &'n Node, what: &str, of: &str) -> Vec<&'n Node> {
        match &node.kind {
            Kind::List(members) => members.iter().collect(),
            Kind::Scalar(kind, text) if *kind != Type::Null => {
                let help = format!("write `[{}]`", shortened(text));
                self.wrong_type_but(node, what, &format!("a list {of}"), help);
                Vec::new()
            }
            Kind::Map(_) => {
                self.wrong_type_but(node, what, &format!("a list {of}"), "begin each entry with `- `");
                Vec::new()
            }
            Kind::Scalar(..) => {
                self.wrong_type_but(node, what, &format!("a list {of}"), "fill it in, or take the key out");
                Vec::new()
            }
        }
    }

    /// Any scalar as the text it was written as.
    pub fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.kind {
            Kind::Scalar(kind, text) if *kind != Type::Null => Some(text.clone()),
            _ => {
                self.wrong_type(node, what, "a text");
                None
            }
        }
    }

    /// A text that is not blank.
    pub fn name(&mut self, node: &Node, what: &str) -> Option<String> {
        let name = self.text(node, what)?;
        if name.trim().is_empty() {
            let fault = Diagnostic::error("empty-name", node.place, format!("{what} is empty"));
            self.push(fault.label("nothing in it"));
            return None;
        }
        Some(name)
    }

    /// One text or a list of them, each with its place.
    pub fn texts(&mut self, node: &Node, what: &str) -> Vec<(String, Place)> {
        let members = match &node.kind {
            Kind::List(_) => self.list(node, what, "of texts"),
            _ => vec![node],
        };
        members.into_iter().filter_map(|member| Some((self.text(member, what)?, member.place))).collect()
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        if let Kind::Scalar(Type::Boolean(value), _) = node.kind {
            return Some(value);
        }
        match node.scalar().map(str::to_lowercase).as_deref() {
            Some("yes" | "on" | "y" | "1") => {
                self.wrong_type_but(node, what, "`true` or `false`", "YAML 1.2 knows only these two: write `true`");
            }
            Some("no" | "off" | "n" | "0") => {
                self.wrong_type_but(node, what, "`true` or `false`", "YAML 1.2 knows only these two: write `false`");
            }
            _ => self.wrong_type(node, what, "`true` or `false`"),
        }
        None
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<T> {
        let found = node.scalar().and_then(|text| words.iter().find(|(word, _)| *word == text));
        if let Some((_, value)) = found {
            return Some(*value);
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let meant = match node.scalar().unwrap_or_default() {
            "," => "comma",
            "." => "point",
            "max" | "highest" | "greatest" => "best",
            word => word,
        };
        let near = nearest(meant, names.iter().copied());
        let wanted = if names.len() == 1 { quoted(&names) } else { format!("one of {}", quoted(&names)) };
        let fault =
            Diagnostic::error("unknown-word", node.place, format!("{what} must be {wanted}")).label(this_is(node));
        self.push(if near.is_empty() { fault } else { fault.help(did_you_mean(&near)) });
        None
    }

    /// Notes that a key is not there, unless it may be one of those that are misspelt.
    pub fn missing_key(&mut self, entries: &Entries<'_>, place: Place, what: &str, key: &str, help: &str) {
        self.missing(entries, place, format!("{what} has no `{key}`"), help);
    }

    /// The same in other words.
    pub fn missing(&mut self, entries: &Entries<'_>, place: Place, message: String, help: &str) {
        if !entries.broken {
            self.push(Diagnostic::error("missing-key", place, message).help(help));
        }
    }

    /// Notes that a name stands twice in a list.
    pub fn repeated_name(&mut self, place: Place, what: &str, name: &str, first: Place) {
        let line = self.source.line_and_column(first.start).0;
        let fault = Diagnostic::error("repeated-name", place, format!("{what} is called `{name}` already"))
            .label(format!("the name stands on line {line} already"))
            .help("give each a name of its own: results are reported by name");
        self.push(fault);
    }
}

/// What stands at a place, for the words at its mark.
pub fn this_is(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(Type::Null, text) if text.is_empty() => "nothing stands here".to_owned(),
        _ => format!("this is {}", node.describe()),
    }
}

/// What a person may have typed wrong around a key.
fn slip_in_key(key: &str) -> Option<String> {
    if key.starts_with(['\u{a0}', '\u{202f}', '\u{3000}']) {
        return Some("no-break spaces stand before it, which do not indent: write ordinary spaces".to_owned());
    }
    if key.contains(['“', '”', '„', '‘', '’']) {
        return Some("typographic quotes are no quotes in YAML: write `\"`".to_owned());
    }
    let (name, value) = key.split_once(':')?;
    Some(format!("write a space after `:`, as in `{}: {}`", name.trim(), shortened(value)))
}

/// `` `a`, `b` and `c` ``
pub fn quoted(names: &[&str]) -> String {
    join(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), "and")
}
