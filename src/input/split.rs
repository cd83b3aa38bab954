//! Finds where records end, without parting them into cells.
//!
//! In: bytes that begin at a record's first byte. Out: the last place at which a record is surely
//! over. Sees quotes just as the CSV parser does: one opens only at the start of a cell, so that
//! `12" pipes` is plain text, and what follows a closing quote is plain text again. Not here:
//! cells, lines, encodings.

use crate::record::{Before, Escaped, Glance, Step, Table, line_ends};
use memchr::{memchr_iter, memrchr2};

/// The state of the search between two calls.
#[derive(Debug)]
pub struct Splitter {
    delimiter: u8,
    /// From here on nothing has been looked at.
    at: usize,
    /// Whether a quote is open at `at`.
    is_open: bool,
    /// Where the quote that opened last stands.
    opened: usize,
    /// Behind the quote that closed last: a quote here makes the two one quote in the text.
    closed: usize,
    /// Where the plain text that ends at `at` begins.
    plain_from: usize,
    /// The last record end found.
    end: Option<usize>,
    /// How many lines end before `at`.
    lines: u64,
    /// Where backslashes mean something, what follows them.
    escaped: Option<Escaped>,
}

impl Splitter {
    /// For the records of a table.
    pub fn new(table: &Table) -> Splitter {
        Splitter {
            delimiter: table.delimiter,
            at: 0,
            is_open: false,
            opened: 0,
            closed: usize::MAX,
            plain_from: 0,
            end: None,
            lines: 0,
            escaped: table.escape.then(|| Escaped::new(table.delimiter)),
        }
    }

    /// Goes on to the end of `bytes`, which grow from call to call; returns the end of the last
    /// record that is whole.
    pub fn scan(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.at == bytes.len() {
            return self.end;
        }
        let glance = Glance::at(&bytes[self.at..], self.delimiter, self.before(bytes));
        let is_within_line_end = self.at > 0 && bytes[self.at - 1..].starts_with(b"\r\n");
        self.lines += glance.line_ends - u64::from(is_within_line_end);
        if self.escaped.is_some() {
            return self.scan_escaped(bytes);
        }
        if glance.is_odd {
            self.scan_odd(bytes);
        } else {
            self.end = glance.last_end.map(|end| self.at + end).or(self.end);
            self.opened = glance.opened.map_or(self.opened, |opened| self.at + opened);
            self.is_open = glance.is_open;
            let has_just_closed = !self.is_open && bytes.last() == Some(&b'"');
            self.closed = if has_just_closed { bytes.len() } else { usize::MAX };
        }
        (self.at, self.plain_from) = (bytes.len(), bytes.len());
        self.end
    }

    /// Where a quote is plain text, each is looked at by itself.
    fn scan_odd(&mut self, bytes: &[u8]) {
        memchr_iter(b'"', &bytes[self.at..]).for_each(|place| self.quote(bytes, self.at + place));
        if !self.is_open {
            self.note_end(bytes);
        }
    }

    /// What stands before the bytes that nobody has looked at.
    fn before(&self, bytes: &[u8]) -> Before {
        let is_start = self.at == 0 || self.ends_cell(bytes[self.at - 1]);
        Before { is_open: self.is_open, is_start, has_just_closed: self.closed == self.at }
    }

    fn scan_escaped(&mut self, bytes: &[u8]) -> Option<usize> {
        let machine = self.escaped.as_mut()?;
        for (at, &byte) in bytes.iter().enumerate().skip(self.at) {
            let was_open = machine.is_within_quotes();
            if machine.step(byte) == Step::Record {
                self.end = Some(at + 1);
            }
            if machine.is_within_quotes() && !was_open {
                self.opened = at;
            }
        }
        self.is_open = machine.is_unclosed();
        self.at = bytes.len();
        self.end
    }

    /// Where the quote stands that is open at the place reached.
    pub fn open_quote(&self) -> Option<usize> {
        self.is_open.then_some(self.opened)
    }

    /// How far it has looked.
    pub fn reached(&self) -> usize {
        self.at
    }

    /// How many lines end in the first `count` of the bytes that it has looked at.
    pub fn lines_in(&self, bytes: &[u8], count: usize) -> u64 {
        self.lines - line_ends(&bytes[count.min(self.at)..self.at])
    }

    /// Takes the first `count` bytes, whole records in which so many lines end, out of view.
    pub fn forget(&mut self, count: usize, lines: u64) {
        self.lines -= lines;
        self.at = self.at.saturating_sub(count);
        self.opened = self.opened.saturating_sub(count);
        self.closed = self.closed.checked_sub(count).unwrap_or(usize::MAX);
        self.plain_from = self.plain_from.saturating_sub(count);
        self.end = None;
    }

    /// Takes a quote into account: it closes, is the second of two, opens, or is plain text.
    fn quote(&mut self, bytes: &[u8], place: usize) {
        if self.is_open {
            self.is_open = false;
            self.closed = place + 1;
            self.plain_from = place + 1;
        } else if place == self.closed {
            self.is_open = true;
        } else if place == 0 || self.ends_cell(bytes[place - 1]) {
            self.note_end(&bytes[..place]);
            self.is_open = true;
            self.opened = place;
        }
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
    use proptest::prelude::*;

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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn many_quotes_at_once_are_seen_as_one_by_one(
            text in "(\"[a,\r\n]{0,9}(\"\")?[ab]{0,70}\"[,\n]|[a,]{0,9}\"?[\r\n]{0,2}){0,20}", piece in 1..200_usize
        ) {
            let bytes = text.as_bytes();
            let mut one_by_one = made(false);
            one_by_one.scan_odd(bytes);
            let mut splitter = made(false);
            let mut end = None;
            for until in (piece..bytes.len()).step_by(piece).chain([bytes.len()]) {
                end = splitter.scan(&bytes[..until]);
            }
            prop_assert_eq!((end, splitter.open_quote()), (one_by_one.end, one_by_one.open_quote()));
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
            assert_eq!(splitter.open_quote(), Some(text.len() - 2));
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told_from_one_that_closes_last() {
        for (text, unclosed) in [("a,\"b\n", Some(2)), ("a,\"b\"", None), ("a,\"b\"\"", Some(2)), ("\"", Some(0))] {
            let mut splitter = made(false);
            splitter.scan(text.as_bytes());
            assert_eq!(splitter.open_quote(), unclosed, "{text}");
        }
    }
}
