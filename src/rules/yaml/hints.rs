//! What a person did wrong where a YAML parser says "did not find expected key".
//!
//! In: the text, the place where the parser gave up, and its words. Out: a diagnostic that marks
//! the likely slip and says how to mend it. Not here: what keys mean.

use crate::diagnostic::{Diagnostic, Place};

/// A syntax fault in words that help.
pub fn syntax(text: &str, place: Option<Place>, found: &str) -> Diagnostic {
    let at = text.floor_char_boundary(place.map_or(0, |place| place.start).min(text.len()));
    let slip = Slip { text, at, found };
    slip.tab()
        .or_else(|| slip.hidden())
        .or_else(|| slip.quote())
        .or_else(|| slip.bracket())
        .or_else(|| slip.first_character())
        .or_else(|| slip.colon())
        .or_else(|| slip.indentation())
        .unwrap_or_else(|| fault(mark(text, at), format!("this is no YAML: {found}")))
}

fn fault(place: Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("yaml-syntax", place, message)
}

/// The character at a byte.
fn mark(text: &str, at: usize) -> Place {
    Place { start: at, end: at + text[at..].chars().next().map_or(0, char::len_utf8) }
}

struct Slip<'a> {
    text: &'a str,
    at: usize,
    /// The parser's own words.
    found: &'a str,
}

impl<'a> Slip<'a> {
    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    fn line(&self, start: usize) -> &'a str {
        self.text[start..].lines().next().unwrap_or_default()
    }

    /// The line before the one at `start` that says something, and where it starts.
    fn line_before(&self, start: usize) -> Option<(usize, &'a str)> {
        let mut start = start;
        while start > 0 {
            start = self.line_start(start - 1);
            let line = self.line(start);
            let said = line.trim_start();
            if !said.is_empty() && !said.starts_with('#') {
                return Some((start, line));
            }
        }
        None
    }

    fn tab(&self) -> Option<Diagnostic> {
        let start = self.line_start(self.at);
        let line = self.line(start);
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..indent].find('\t') {
            let tabs = line[tab..indent].chars().take_while(|&c| c == '\t').count();
            let place = Place { start: start + tab, end: start + tab + tabs };
            return Some(
                fault(place, "a tab cannot indent a line of YAML")
                    .label("a tab")
                    .help("indent with spaces, two for each level"),
            );
        }
        if !self.found.contains("tab") && !self.found.contains("valid YAML whitespace") {
            return None;
        }
        let (start, line) = if line.contains('\t') { (start, line) } else { self.line_before(start)? };
        let tab = start + line.find('\t')?;
        Some(fault(mark(self.text, tab), "a tab stands where YAML wants a space").label("a tab").help("write a space"))
    }

    fn hidden(&self) -> Option<Diagnostic> {
        // A mark at the beginning of the file was taken off before.
        let is_second = self.found.contains("byte order mark") || self.found.contains("more than one document");
        if let Some(at) = self.text.find('\u{feff}').filter(|_| is_second) {
            let message = "an invisible byte-order mark stands here";
            return Some(fault(mark(self.text, at), message).help("delete it, or type the line anew"));
        }
        if self.found.contains("block scalar") {
            let start = self.line_start(self.at);
            let at = start + self.line(start).find(['>', '|'])?;
            let sign = &self.text[at..=at];
            let help = if sign == ">" {
                "to compare, write `FIELD: { above: 100 }` or `{ at_least: 100 }`"
            } else {
                "for either of several values write a list, such as `[PL, DE]`"
            };
            return Some(
                fault(mark(self.text, at), format!("a text that begins with `{sign}` needs quotes")).help(help),
            );
        }
        self.found.contains("document start").then(|| {
            let message = "the file ended before this line, as YAML reads it";
            fault(mark(self.text, self.at), message)
                .label("a second document would begin here")
                .help("look at the lines above: one of them is no `key: value`, or stands outside of the mapping")
        })
    }

    fn quote(&self) -> Option<Diagnostic> {
        let place = mark(self.text, self.at);
        if self.found.contains("trailing content after double-quoted") {
            return Some(
                fault(place, "the text goes on after its closing quote")
                    .label("the quotes end before this")
                    .help("put the whole text into quotes; within single quotes write `''` for `'`"),
            );
        }
        if self.found.contains("escape") {
            return Some(
                fault(place, "`\\` begins an escape in double quotes, and this one does not exist")
                    .label("in this text")
                    .help("use single quotes, where `\\` stands for itself"),
            );
        }
        self.found.contains("quoted scalar").then(|| {
            fault(place, "a quote is opened here and never closed")
                .label("opened here")
                .help("close it at the end of the text; a text that needs no quotes may go without")
        })
    }

    fn bracket(&self) -> Option<Diagnostic> {
        if self.found.contains("misplaced bracket") {
            let message = "this bracket closes nothing";
            return Some(fault(mark(self.text, self.at), message).help("take it out, or open it before"));
        }
        let is_in_brackets =
            ["flow", "illegal placement of ':'", "expected node content", "simple key", "only valid inside a block"];
        if !is_in_brackets.iter().any(|words| self.found.contains(words)) {
            return None;
        }
        let open = innermost_bracket(&self.text[..self.at])?;
        let close = if self.text[open..].starts_with('{') { '}' } else { ']' };
        if self.line_start(open) == self.line_start(self.at) && self.at < self.text.trim_end().len() {
            return Some(
                fault(mark(self.text, self.at), format!("a `,` or `{close}` is missing before this"))
                    .label("unexpected here")
                    .help("part entries by `, `, and put quotes around a text that holds `,` `:` or a bracket"),
            );
        }
        let opened = &self.text[open..=open];
        Some(
            fault(mark(self.text, open), format!("this `{opened}` is not closed"))
                .label("opened here")
                .help(format!("close it with `{close}`")),
        )
    }

    fn first_character(&self) -> Option<Diagnostic> {
        let place = mark(self.text, self.at);
        let first = self.text[self.at..].chars().next()?;
        let is_reserved = self.found.contains("unexpected character") && matches!(first, '@' | '`' | '%');
        let is_anchor = self.found.contains("anchor") && matches!(first, '*' | '&');
        (is_reserved || is_anchor).then(|| {
            let rest = self.text[self.at..].split([' ', ',', ']', '}', '\n', '\r']).next().unwrap_or_default();
            fault(place, format!("a text that begins with `{first}` needs quotes")).help(format!("write `\"{rest}\"`"))
        })
    }

    fn colon(&self) -> Option<Diagnostic> {
        if !self.found.contains("mapping values are not allowed") && !self.found.contains("simple key expect") {
            return None;
        }
        let start = self.line_start(self.at);
        let before = &self.text[start..self.at];
        if let Some(first) = before.find(": ") {
            let value = self.line(start)[first + 2..].trim();
            return Some(
                fault(mark(self.text, self.at), "a second `:` on one line")
                    .label("this one")
                    .help(format!("put quotes around a text that holds `: `, such as `\"{value}\"`")),
            );
        }
        let (start, line) = self.line_before(start)?;
        let said = line.trim_start();
        let begin = start + line.len() - said.len();
        let whole = Place { start: begin, end: begin + said.trim_end().len() };
        if said.starts_with(['–', '—', '−']) {
            let message = "this dash is no hyphen, so it begins no entry of a list";
            return Some(fault(mark(self.text, begin), message).help("write `- `"));
        }
        if said.starts_with('-') && !said.starts_with("- ") {
            let message = "there must be a space after the `-` that begins an entry";
            return Some(fault(mark(self.text, begin), message).help(format!("write `- {}`", said[1..].trim())));
        }
        match said.find(':') {
            Some(colon) if !said[colon + 1..].starts_with([' ', '\t']) && colon + 1 < said.trim_end().len() => {
                let message = "there must be a space after `:`";
                let help = format!("write `{}: {}`", said[..colon].trim_start_matches("- "), said[colon + 1..].trim());
                Some(fault(mark(self.text, begin + colon), message).help(help))
            }
            None => Some(
                fault(whole, "there is no `:` after this key")
                    .label("a key, or a text that goes on below")
                    .help(format!("write `{}:`", said.trim_end().trim_start_matches("- "))),
            ),
            Some(_) => Some(
                fault(
                    mark(self.text, begin_of_said(self.text, self.at)),
                    "this line is indented deeper than the one above, which has a value already",
                )
                .label("indented too far")
                .help("keys of one mapping begin in the same column"),
            ),
        }
    }

    fn indentation(&self) -> Option<Diagnostic> {
        let is_list = self.found.contains("expected '-' indicator");
        let is_map = self.found.contains("did not find expected key") || self.found.contains("invalid indentation");
        if !is_list && !is_map {
            return None;
        }
        let at = begin_of_said(self.text, self.at);
        let help = if is_list {
            "the keys of one list entry begin in the same column, two to the right of its `-`"
        } else {
            "keys of one mapping, and the `-` of one list, begin in the same column"
        };
        Some(
            fault(mark(self.text, at), "this line does not line up with the ones above it")
                .label("indented differently")
                .help(help),
        )
    }
}

/// Where the line of a byte begins to say something.
fn begin_of_said(text: &str, at: usize) -> usize {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    start + line.len() - line.trim_start().len()
}

/// The last bracket that is open at the end of the text, quotes and comments passed over.
fn innermost_bracket(text: &str) -> Option<usize> {
    let mut open = Vec::new();
    let mut quote = None;
    let mut in_comment = false;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if in_comment => in_comment = c != '\n',
            (Some(mark), _) => quote = (c != mark || before == '\\').then_some(mark),
            // A quote in the middle of a word is an apostrophe.
            (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(c),
            (None, '#') if before.is_whitespace() => in_comment = true,
            (None, '{' | '[') => open.push(at),
            (None, '}' | ']') => {
                open.pop();
            }
            _ => {}
        }
        before = c;
    }
    open.pop()
}
