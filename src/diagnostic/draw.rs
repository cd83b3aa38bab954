//! Draws diagnostics: each under its line of the rule file.
//!
//! In: a source and its diagnostics. Out: text for a terminal or a log, in the order of the file.
//! Not here: where it is printed, and whether colours are wanted.

use super::{Diagnostic, Severity, Source};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

/// Draws every diagnostic, in the order of their places, a blank line between them; ends with
/// the end of a line.
pub fn draw(source: &Source, diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut ordered: Vec<&Diagnostic> = diagnostics.iter().collect();
    ordered.sort_by_key(|diagnostic| diagnostic.place);
    let starts: Vec<usize> =
        std::iter::once(0).chain(memchr::memchr_iter(b'\n', source.text.as_bytes()).map(|at| at + 1)).collect();
    let mut drawn = String::new();
    for diagnostic in ordered {
        if !drawn.is_empty() {
            drawn.push('\n');
        }
        let text = renderer.render(&[group(source, &starts, diagnostic)]);
        for line in text.lines() {
            drawn.push_str(line.trim_end());
            drawn.push('\n');
        }
    }
    drawn
}

fn group<'a>(source: &'a Source, starts: &[usize], diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let at: Element<'_> = match diagnostic.place {
        Some(place) => {
            // The renderer gets the one line, so that many faults of a long file are drawn at once.
            let marked = first_line(source, source.clip(place));
            let line = starts.partition_point(|&start| start <= marked.start);
            let start = starts[line - 1];
            let text = source.text[start..].lines().next().unwrap_or_default();
            let mark = AnnotationKind::Primary.span(marked.start - start..marked.end - start);
            let mark = if diagnostic.label.is_empty() { mark } else { mark.label(diagnostic.label.as_str()) };
            Snippet::source(text).line_start(line).path(source.name.as_str()).annotation(mark).into()
        }
        None => Origin::path(source.name.as_str()).into(),
    };
    let group = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code).element(at);
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

/// A mark over many lines hides what it points at: only the first line is marked.
fn first_line(source: &Source, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let text = &source.text[range.clone()];
    let line = text.lines().next().unwrap_or_default().trim_end();
    range.start..range.start + line.len()
}
