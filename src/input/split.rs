//! Finds where records end, without parting them into cells.
//!
//! In: bytes that begin at a record's first byte. Out: the last place at which a record is surely
//! over. Sees quotes just as the CSV parser does: one opens only at the start of a cell, so that
//! `12" pipes` is plain text, and what follows a closing quote is plain text again. Not here:
//! cells, lines, encodings.

use crate::record::{Escaped, Step, Table};
use memchr::{memchr, memrchr2};

/// The state of the search between two calls.
#[derive(Debug)]
pub struct Splitter {
    delimiter: u8,
    /// From here on nothing has been looked at.
    at: usize,
    /// Where the quote that is open stands.
    open: Option<usize>,
    /// Where the plain text that ends at `at` begins.
    plain_from: usize,
    /// The last record end found.
    end: Option<usize>,
    /// Where backslashes mean something, what follows them.
    escaped: Option<Escaped>,
}

impl Splitter {
    /// For the records of a table.
    pub fn new(table: &Table) -> Splitter {
        let escaped = table.escape.then(|| Escaped::new(table.delimiter));
        Splitter { delimiter: table.delimiter, at: 0, open: None, plain_from: 0, end: None, escaped }
    }

    /// Goes on to the end of `bytes`, which grow from call to call; returns the end of the last
    /// record that is whole.
    pub fn scan(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.escaped.is_some() {
            return self.scan_escaped(bytes);
        }
        while let Some(quote) = memchr(b'"', &bytes[self.at..]).map(|found| self.at + found) {
            if self.open.is_none() {
                self.at = quote + 1;
                if quote == 0 || self.ends_cell(bytes[quote - 1]) {
                    self.note_end(&bytes[..quote]);
                    self.open = Some(quote);
                }
            } else {
                match bytes.get(quote + 1) {
                    // Whether it closes or is the first of two shows only with the next byte.
                    None => {
                        self.at = quote;
                        return self.end;
                    }
                    Some(b'"') => self.at = quote + 2,
                    Some(_) => {
                        self.open = None;
                        self.at = quote + 1;
                        self.plain_from = self.at;
                    }
                }
            }
        }
        self.at = bytes.len();
        if self.open.is_none() {
            self.note_end(bytes);
            self.plain_from = bytes.len();
        }
        self.end
    }

    fn scan_escaped(&mut self, bytes: &[u8]) -> Option<usize> {
        let machine = self.escaped.as_mut()?;
        for (at, &byte) in bytes.iter().enumerate().skip(self.at) {
            if machine.step(byte) == Step::Record {
                self.end = Some(at + 1);
            }
            self.open = machine.is_within_quotes().then(|| self.open.unwrap_or(at));
        }
        self.at = bytes.len().max(self.at);
        self.end
    }

    /// Where a quote stands that is still open when `bytes` are all there is.
    pub fn unclosed(&self, bytes: &[u8]) -> Option<usize> {
        if let Some(machine) = &self.escaped {
            return self.open.filter(|_| machine.is_unclosed());
        }
        // The last byte may be a quote that `scan` could not judge: it closes.
        self.open.filter(|_| self.at >= bytes.len())
    }

    /// Where the quote stands that is open at the place reached.
    pub fn open_quote(&self) -> Option<usize> {
        self.open
    }

    /// How far it has looked.
    pub fn reached(&self) -> usize {
        self.at
    }

    /// Takes the first `count` bytes, whole records, out of view.
    pub fn forget(&mut self, count: usize) {
        self.at = self.at.saturating_sub(count);
        self.open = self.open.and_then(|open| open.checked_sub(count));
        self.plain_from = self.plain_from.saturating_sub(count);
        self.end = None;
    }

    fn ends_cell(&self, byte: u8) -> bool {
        byte == self.delimiter || byte == b'\n' || byte == b'\r'
    }

    /// Looks for the last line end of the plain text that ends where `bytes` end.
    fn note_end(&mut self, bytes: &[u8]) {
        if let Some(found) = memrchr2(b'\n', b'\r', &bytes[self.plain_from..]) {
            self.end = Some(self.plain_from + found + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(escape: bool) -> Splitter {
        Splitter::new(&Table { delimiter: b',', escape, ..Table::default() })
    }

    fn end(text: &str) -> Option<usize> {
        made(false).scan(text.as_bytes())
    }

    #[test]
    fn a_record_ends_at_a_line_end_outside_quotes() {
        assert_eq!(end("a,b\nc,\"d\ne\""), Some(4));
        assert_eq!(end("a,b\nc,\"d\ne\"\n"), Some(12));
        assert_eq!(end("a\rb"), Some(2));
        assert_eq!(end("\"a\n\"\"\n\",b\nc"), Some(10));
        assert_eq!(end("a,b"), None);
    }

    #[test]
    fn a_quote_within_a_cell_is_plain_text() {
        assert_eq!(end("12\" pipes,x\nb"), Some(12));
        assert_eq!(end("\"a\"b\"c\nd"), Some(7));
        assert_eq!(end("a, \"b\nc"), Some(6));
    }

    #[test]
    fn what_it_finds_does_not_depend_on_the_pieces() {
        let text = b"a,\"b\"\"\n\",c\n\"\"\"\",\"x\"\n\"\"\n\"y\n";
        for piece in 1..text.len() {
            let mut splitter = made(false);
            let mut last = None;
            for until in (piece..text.len()).step_by(piece).chain([text.len()]) {
                last = splitter.scan(&text[..until]);
            }
            assert_eq!(last, made(false).scan(text), "{piece}");
        }
    }

    #[test]
    fn a_backslash_takes_the_meaning_from_quotes_and_line_ends() {
        let text = b"a,\"b\\\"\n\",c\nd\\\ne,\"\"\"\",\\\"\nf,\"\n";
        for piece in 1..text.len() {
            let mut splitter = made(true);
            let mut last = None;
            for until in (piece..text.len()).step_by(piece).chain([text.len()]) {
                last = splitter.scan(&text[..until]);
            }
            assert_eq!(last, Some(text.len() - 4), "{piece}");
            assert_eq!(splitter.unclosed(text), Some(text.len() - 2));
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told_from_one_that_closes_last() {
        for (text, unclosed) in [("a,\"b\n", Some(2)), ("a,\"b\"", None), ("a,\"b\"\"", Some(2)), ("\"", Some(0))] {
            let mut splitter = made(false);
            splitter.scan(text.as_bytes());
            assert_eq!(splitter.unclosed(text.as_bytes()), unclosed, "{text}");
        }
    }
}
