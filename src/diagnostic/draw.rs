//! Draws diagnostics: each under its line of the rule file.
//!
//! In: a source and its diagnostics. Out: text for a terminal or a log, in the order of the file.
//! Not here: where it is printed, and whether colours are wanted.

use super::{Diagnostic, Severity, Source};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

/// So many are drawn; of the others there is only their number.
const DRAWN: usize = 50;

/// Draws the diagnostics in the order of their places, a blank line between them, and says how
/// many there are where there are several; ends with the end of a line.
pub fn draw(source: &Source, diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut ordered: Vec<&Diagnostic> = diagnostics.iter().collect();
    ordered.sort_by_key(|diagnostic| (diagnostic.severity == Severity::Warning, diagnostic.place));
    ordered.truncate(DRAWN);
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
    if let Some(counted) = counted(diagnostics) {
        drawn.push('\n');
        if diagnostics.len() > DRAWN {
            drawn.push_str(&format!("and {} more\n", with_thousands(diagnostics.len() - DRAWN)));
        }
        drawn.push_str(&counted);
        drawn.push('\n');
    }
    drawn
}

/// "12 faults", "2 faults and 1 warning"; nothing where there is one that everybody sees.
fn counted(diagnostics: &[Diagnostic]) -> Option<String> {
    let warnings = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Warning).count();
    let some = |count: usize, what: &str| {
        let plural = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{} {what}{plural}", with_thousands(count)))
    };
    let parts: Vec<String> =
        [some(diagnostics.len() - warnings, "fault"), some(warnings, "warning")].into_iter().flatten().collect();
    (diagnostics.len() > 1).then(|| parts.join(" and "))
}

/// `19,950`
fn with_thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut written = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_of_faults_are_a_page_and_a_number() {
        let source = Source::new("r.yaml", "a\n".repeat(20_000));
        let faults: Vec<Diagnostic> = (0..20_000)
            .map(|at| {
                Diagnostic::error("unknown-key", crate::diagnostic::Place { start: at * 2, end: at * 2 + 1 }, "no")
            })
            .collect();
        let drawn = draw(&source, &faults, false);
        assert_eq!(drawn.matches("error[unknown-key]").count(), DRAWN);
        assert!(drawn.ends_with("\nand 19,950 more\n20,000 faults\n"), "{drawn}");
    }

    #[test]
    fn a_lone_fault_is_not_counted_and_faults_come_before_warnings() {
        let source = Source::new("r.yaml", "a\n");
        let fault = Diagnostic::error("unknown-key", None, "no");
        assert!(!draw(&source, std::slice::from_ref(&fault), false).contains("1 fault"));
        let mut many = vec![Diagnostic::warning("always-holds", None, "hm"); DRAWN];
        many.push(fault);
        let drawn = draw(&source, &many, false);
        assert!(drawn.contains("error[unknown-key]"));
        assert!(drawn.ends_with("\nand 1 more\n1 fault and 50 warnings\n"), "{drawn}");
    }
}
