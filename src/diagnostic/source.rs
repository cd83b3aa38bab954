//! The text that a [`Place`] points into.
//!
//! In: the name by which the user knows a rule file, and its text. Out: lines and columns for
//! messages. Not here: reading the file.

use super::Place;

/// A rule file's name and text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// As the user typed it.
    pub name: String,
    /// The whole text, without a byte-order mark.
    pub text: String,
}

impl Source {
    /// A named text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Source {
        Source { name: name.into(), text: text.into() }
    }

    /// The line and the column (in characters) of a byte, both from 1.
    pub fn line_and_column(&self, byte: usize) -> (usize, usize) {
        let before = &self.text[..self.floor(byte)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// `rules.yaml:12:7`, or the name alone where there is no place.
    pub fn locate(&self, place: Option<Place>) -> String {
        match place {
            Some(place) => {
                let (line, column) = self.line_and_column(place.start);
                format!("{}:{line}:{column}", self.name)
            }
            None => self.name.clone(),
        }
    }

    /// The place cut to the text, at whole characters.
    pub(super) fn clip(&self, place: Place) -> std::ops::Range<usize> {
        let start = self.floor(place.start);
        start..self.floor(place.end).max(start)
    }

    fn floor(&self, byte: usize) -> usize {
        self.text.floor_char_boundary(byte.min(self.text.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_places_never_leave_the_text() {
        let source = Source::new("r.yaml", "a: 1\nżó: 2\n");
        assert_eq!(source.line_and_column(9), (2, 3));
        assert_eq!(source.locate(Some(Place { start: 5, end: 9 })), "r.yaml:2:1");
        assert_eq!(source.clip(Place { start: 6, end: 99 }), 5..13);
    }
}
