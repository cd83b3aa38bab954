//! The places of a document, and its bounds: size once aliases are followed, depth, one document.
//!
//! In: text. Out: a tree of [`Node`]s in which every scalar still has the type text. Memory stays
//! within a small multiple of the text: what is beyond the bounds is refused as soon as it is met.

use super::{Kind, Node, Type, hints};
use crate::diagnostic::{Diagnostic, Place};
use saphyr_parser::{Event, Parser, Span, Tag};
use std::collections::HashMap;

/// No rule file nests deeper.
const DEEPEST: usize = 64;

/// No rule file holds more values once its aliases are followed.
const MOST_NODES: usize = 1_000_000;

type Fallible<T> = Result<T, Box<Diagnostic>>;

/// Reads the events of a text into a tree.
pub fn read(text: &str) -> Fallible<Node> {
    let mut reader = Reader { text, offsets: Offsets::of(text), open: Vec::new(), anchors: HashMap::new(), nodes: 0 };
    let mut parser = Parser::new_from_str(text);
    let mut document = None;
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| {
            let at = reader.offsets.byte(error.marker().index());
            // The scanner looks ahead, and has an end of its own.
            if error.info().contains("recursion limit") {
                return too_deep(Place { start: at, end: at });
            }
            Box::new(hints::syntax(text, Some(Place { start: at, end: at }), error.info()))
        })?;
        if matches!(event, Event::DocumentStart(_)) && document.is_some() {
            let fault = Diagnostic::error("several-documents", reader.place(span), "the file holds several documents")
                .label("the second one begins here")
                .help("keep one rule file per file: take the line `---` out, or split the file");
            return Err(Box::new(fault));
        }
        if let Some(whole) = reader.take(event, span)? {
            document = Some(whole);
        }
    }
    document.ok_or_else(|| {
        let fault = Diagnostic::error("empty-file", None, "the rule file is empty")
            .help("begin with `version: 1` and `scores:`; `leadscore init` writes a first file");
        Box::new(fault)
    })
}

/// A list or mapping whose end has not come yet.
struct Open {
    anchor: usize,
    start: usize,
    is_map: bool,
    children: Vec<Node>,
    /// How many nodes there were before it.
    nodes_before: usize,
}

struct Reader<'a> {
    text: &'a str,
    offsets: Offsets,
    open: Vec<Open>,
    /// Anchored nodes, and how many nodes each holds.
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
}

impl Reader<'_> {
    /// Takes one event in; returns the document when its last event came.
    fn take(&mut self, event: Event<'_>, span: Span) -> Fallible<Option<Node>> {
        let place = self.place(span);
        match event {
            Event::Scalar(text, _, anchor, tag) => {
                refuse_tag(tag.as_deref(), place)?;
                self.count(1, place)?;
                let node = Node { kind: Kind::Scalar(Type::Text, text.into_owned()), place };
                self.finish(node, anchor, 1)
            }
            Event::SequenceStart(anchor, tag) => self.begin(anchor, tag.as_deref(), place, false),
            Event::MappingStart(anchor, tag) => self.begin(anchor, tag.as_deref(), place, true),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(None) };
                let size = self.nodes - open.nodes_before;
                let anchor = open.anchor;
                self.finish(close(open, place), anchor, size)
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor) else {
                    let fault = Diagnostic::error("yaml-alias", place, "this alias is inside of what it stands for")
                        .help("write the value out instead of `*name`");
                    return Err(Box::new(fault));
                };
                let (kind, size) = (node.kind.clone(), *size);
                self.count(size, place)?;
                self.finish(Node { kind, place }, 0, size)
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(None)
            }
        }
    }

    fn begin(&mut self, anchor: usize, tag: Option<&Tag>, place: Place, is_map: bool) -> Fallible<Option<Node>> {
        refuse_tag(tag, place)?;
        if self.open.len() == DEEPEST {
            return Err(too_deep(place));
        }
        self.open.push(Open { anchor, start: place.start, is_map, children: Vec::new(), nodes_before: self.nodes });
        self.count(1, place)?;
        Ok(None)
    }

    fn finish(&mut self, node: Node, anchor: usize, size: usize) -> Fallible<Option<Node>> {
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut() {
            Some(parent) => {
                parent.children.push(node);
                Ok(None)
            }
            None => Ok(Some(node)),
        }
    }

    /// Refuses an alias bomb before it is followed.
    fn count(&mut self, more: usize, place: Place) -> Fallible<()> {
        self.nodes += more;
        if self.nodes <= MOST_NODES {
            return Ok(());
        }
        let message = format!("with its aliases followed the file holds more than {MOST_NODES} values");
        let fault = Diagnostic::error("file-too-large", place, message).help("write values out instead of `*name`");
        Err(Box::new(fault))
    }

    fn place(&self, span: Span) -> Place {
        let (start, end) = (self.offsets.byte(span.start.index()), self.offsets.byte(span.end.index()));
        let covered = self.text.get(start..end).unwrap_or_default();
        // A block scalar's span runs on to the next value.
        Place { start, end: start + covered.trim_end().len() }
    }
}

fn close(open: Open, end: Place) -> Node {
    let last = open.children.last().map_or(open.start, |node| node.place.end);
    // The end of a block has no text of its own; that of a flow is its bracket.
    let place = Place { start: open.start, end: if end.end > end.start { end.end } else { last } };
    if !open.is_map {
        return Node { kind: Kind::List(open.children), place };
    }
    let mut entries = Vec::with_capacity(open.children.len() / 2);
    let mut children = open.children.into_iter();
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        entries.push((key, value));
    }
    Node { kind: Kind::Map(entries), place }
}

fn too_deep(place: Place) -> Box<Diagnostic> {
    let message = format!("this is nested more than {DEEPEST} levels deep");
    let fault = Diagnostic::error("too-deep", Place { end: place.start + 1, ..place }, message)
        .help("conditions seldom need more than three levels of `all`, `any` and `not`");
    Box::new(fault)
}

/// Tags such as `!!str` and `!include` have no meaning in a rule file.
fn refuse_tag(tag: Option<&Tag>, place: Place) -> Fallible<()> {
    let Some(tag) = tag else { return Ok(()) };
    let name = if tag.is_yaml_core_schema() { format!("!!{}", tag.suffix) } else { tag.to_string() };
    let message = format!("the tag `{name}` means nothing in a rule file");
    Err(Box::new(
        Diagnostic::error("yaml-tag", place, message).help("take it out; a text that begins with `!` needs quotes"),
    ))
}

/// The byte of each character, where they differ.
struct Offsets(Option<Vec<usize>>, usize);

impl Offsets {
    fn of(text: &str) -> Offsets {
        let starts = (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect());
        Offsets(starts, text.len())
    }

    fn byte(&self, index: usize) -> usize {
        match &self.0 {
            Some(starts) => starts.get(index).copied().unwrap_or(self.1),
            None => index.min(self.1),
        }
    }
}
