//! What a person did wrong where YAML says "did not find expected key".
//!
//! In: the text, the place where the parser gave up, and its words. Out: a diagnostic with a hint.

use crate::diagnostic::{Diagnostic, Place};

/// A syntax fault in words that help.
pub fn syntax(text: &str, place: Option<Place>, found: &str) -> Diagnostic {
    let Some(place) = place else {
        return Diagnostic::error("yaml-syntax", None, format!("this is no YAML: {found}"));
    };
    Diagnostic::error(
        "yaml-syntax",
        Place { start: place.start.min(text.len()), end: place.end.min(text.len()) },
        format!("this is no YAML: {found}"),
    )
}
