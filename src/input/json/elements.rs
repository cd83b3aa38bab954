//! The values of a JSON export one after the other: the members of one array, or one value a line.
//!
//! In: a stream of text. Out: each value's own text, with the line and the byte at which it
//! begins; or pieces of many values, cut where values end (see [`Piece`]), for others to look
//! into. Never holds more than a piece of the file and the longest value. Not here: what is in
//! the values.

use super::super::{LONGEST_RECORD, delimited::byte_order_mark, encoding};
use super::piece::{Cut, Ending, Piece, end_of_lines};
use anyhow::{Context, bail};
use serde_json::value::RawValue;
use std::io::Read;

/// The values of a file.
pub struct Elements {
    name: String,
    stream: Box<dyn Read + Send>,
    /// How many bytes are read in one go.
    piece: usize,
    pending: Vec<u8>,
    /// What of `pending` has been handed out.
    at: usize,
    /// The line and the byte of the file at which the rest begins, and the byte at which that line does.
    line: u64,
    offset: u64,
    line_start: u64,
    ended: bool,
    shape: Shape,
}

/// What a file is, and where in it one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nothing of it has been seen.
    Unknown,
    /// In an array, before its first member.
    Opened,
    /// In an array, after a member.
    Array,
    /// One value after the other.
    Lines,
}

/// One value.
pub struct Element<'a> {
    /// Its text.
    pub text: &'a str,
    /// The line on which it begins, from 1.
    pub line: u64,
    /// The byte at which it begins.
    pub offset: u64,
}

impl Elements {
    /// Of the text called `name`, read in pieces of so many bytes.
    pub fn new(name: &str, stream: Box<dyn Read + Send>, piece: usize) -> Elements {
        Elements {
            name: name.to_owned(),
            stream,
            piece,
            pending: Vec::new(),
            at: 0,
            line: 1,
            offset: 0,
            line_start: 0,
            ended: false,
            shape: Shape::Unknown,
        }
    }

    /// The next value; `None` at the end.
    ///
    /// # Errors
    /// Where the file cannot be read, is no JSON, or holds too long a value.
    pub fn next(&mut self) -> anyhow::Result<Option<Element<'_>>> {
        self.begin()?;
        match (self.shape, self.peek()?) {
            (Shape::Lines, None) => return Ok(None),
            (Shape::Opened | Shape::Array, Some(b']')) => {
                self.advance(1);
                self.shape = Shape::Lines;
                return match self.peek()? {
                    None => Ok(None),
                    Some(_) => Err(self.broken(0, 1, "text after the end of the list")),
                };
            }
            (Shape::Array, Some(b',')) => self.advance(1),
            (Shape::Array, Some(_)) => return Err(self.broken(0, 1, "expected `,` or `]`")),
            _ => {}
        }
        if self.shape == Shape::Opened {
            self.shape = Shape::Array;
        }
        if self.peek()?.is_none() {
            bail!("{}:{}: the JSON ends before its list does; the file is cut short", self.name, self.line);
        }
        let length = self.value_length()?;
        let (start, line, offset) = (self.at, self.line, self.offset);
        self.advance(length);
        let text = std::str::from_utf8(&self.pending[start..start + length])?;
        Ok(Some(Element { text, line, offset }))
    }

    /// The next values, as many as go into a piece; `None` at the end. They are not looked at.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn piece(&mut self, mut room: Vec<u8>) -> anyhow::Result<Option<Piece>> {
        self.begin()?;
        let (mut wanted, mut cut) = (self.piece, Cut::default());
        let (length, ending) = loop {
            while self.pending.len() - self.at < wanted && !self.ended {
                self.fill()?;
            }
            let rest = &self.pending[self.at..];
            let seen = &rest[..wanted.min(rest.len())];
            if self.ended && seen.len() == rest.len() {
                break (rest.len(), Ending::File);
            }
            let end = if self.shape == Shape::Lines { end_of_lines(seen) } else { cut.end_of_members(seen) };
            match end {
                Some(end) => break (end, Ending::Value),
                None if seen.len() >= LONGEST_RECORD => break (seen.len(), Ending::Anywhere),
                None => wanted *= 2,
            }
        };
        if length == 0 {
            return Ok(None);
        }
        let Elements { at, line, offset, line_start, shape, .. } = *self;
        self.advance(length);
        room.clear();
        if at == 0 && self.pending.len() < 2 * length {
            room.extend_from_slice(&self.pending[length..]);
            std::mem::swap(&mut room, &mut self.pending);
            room.truncate(length);
            self.at = 0;
        } else {
            room.extend_from_slice(&self.pending[at..at + length]);
        }
        if self.shape == Shape::Opened {
            self.shape = Shape::Array;
        }
        Ok(Some(Piece { text: room, line, offset, line_start, shape, ending }))
    }

    /// Takes the pieces back that it gave last, to give what is in them once more.
    pub fn take_back(&mut self, pieces: &[Piece]) {
        let Some(&Piece { line, offset, line_start, shape, .. }) = pieces.first() else { return };
        (self.line, self.offset, self.line_start, self.shape) = (line, offset, line_start, shape);
        let mut pending: Vec<u8> = pieces.iter().flat_map(|piece| &piece.text).copied().collect();
        pending.extend_from_slice(&self.pending[self.at..]);
        (self.pending, self.at) = (pending, 0);
    }

    /// Whether everything has been handed out.
    pub fn is_done(&self) -> bool {
        self.ended && self.at == self.pending.len()
    }

    /// Looks whether there is a list, at the beginning of the file.
    fn begin(&mut self) -> anyhow::Result<()> {
        if self.shape != Shape::Unknown {
            return Ok(());
        }
        const TWO_MARKS: usize = 6;
        while self.pending.len() < TWO_MARKS && !self.ended {
            self.fill()?;
        }
        self.advance(byte_order_mark(&self.pending));
        self.shape = match self.peek()? {
            Some(b'[') => {
                self.advance(1);
                Shape::Opened
            }
            _ => Shape::Lines,
        };
        Ok(())
    }

    /// How long the value is that begins here; reads on until it is whole.
    fn value_length(&mut self) -> anyhow::Result<usize> {
        loop {
            let rest = &self.pending[self.at..];
            let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<&RawValue>();
            let error = match values.next() {
                // A number may go on.
                Some(Ok(_)) if values.byte_offset() < rest.len() || self.ended => return Ok(values.byte_offset()),
                Some(Err(error)) => Some(error).filter(|error| self.ended || !error.is_eof()),
                _ => None,
            };
            match error {
                Some(error) => return Err(self.explained(&error)),
                None if rest.len() >= LONGEST_RECORD => {
                    bail!("{}:{}: a value longer than {} MiB", self.name, self.line, LONGEST_RECORD >> 20)
                }
                None => self.fill()?,
            }
        }
    }

    /// What is the matter with the value that begins here.
    fn explained(&self, error: &serde_json::Error) -> anyhow::Error {
        let rest = &self.pending[self.at..];
        if let Err(fault) = std::str::from_utf8(rest)
            && error.to_string().starts_with("invalid unicode")
        {
            let at = fault.valid_up_to();
            let line = self.line + memchr::memchr_iter(b'\n', &rest[..at]).count() as u64;
            return encoding::not_utf8(&self.name, line, &rest[at..]);
        }
        if error.is_eof() {
            let (name, line) = (&self.name, self.line);
            return anyhow::anyhow!("{name}:{line}: the JSON ends before this value does; the file is cut short");
        }
        let text = error.to_string();
        let words = text.rsplit_once(" at line ").map_or(&*text, |(words, _)| words);
        self.broken(error.line().saturating_sub(1), error.column().max(1), words)
    }

    /// A fault so many lines and columns on from here.
    fn broken(&self, lines: usize, column: usize, words: &str) -> anyhow::Error {
        let column = column as u64 + if lines == 0 { self.offset - self.line_start } else { 0 };
        anyhow::anyhow!("{}:{}:{column}: broken JSON: {words}", self.name, self.line + lines as u64)
    }

    /// The next byte that is not blank.
    fn peek(&mut self) -> anyhow::Result<Option<u8>> {
        loop {
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
            let rest = &self.pending[self.at..];
            let found = rest.iter().position(|byte| !blank(byte));
            let (skipped, byte) = (found.unwrap_or(rest.len()), found.map(|at| rest[at]));
            self.advance(skipped);
            if byte.is_some() || self.ended {
                return Ok(byte);
            }
            self.fill()?;
        }
    }

    fn advance(&mut self, count: usize) {
        let passed = &self.pending[self.at..self.at + count];
        if let Some(last) = memchr::memrchr(b'\n', passed) {
            self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
            self.line_start = self.offset + last as u64 + 1;
        }
        self.at += count;
        self.offset += count as u64;
    }

    /// Lets go of what was handed out, and reads as much as is left, at least a piece.
    fn fill(&mut self) -> anyhow::Result<()> {
        self.pending.drain(..self.at);
        self.at = 0;
        let wanted = self.pending.len().max(self.piece);
        self.pending.reserve(wanted);
        let got = (&mut self.stream)
            .take(wanted as u64)
            .read_to_end(&mut self.pending)
            .with_context(|| format!("cannot read {}", self.name))?;
        self.ended = got < wanted;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(text: &[u8], piece: usize) -> Result<Vec<(String, u64, u64)>, String> {
        let mut elements = Elements::new("x.json", Box::new(std::io::Cursor::new(text.to_vec())), piece);
        let mut all = Vec::new();
        loop {
            match elements.next() {
                Ok(Some(element)) => all.push((element.text.to_owned(), element.line, element.offset)),
                Ok(None) => return Ok(all),
                Err(error) => return Err(format!("{error:#}")),
            }
        }
    }

    #[test]
    fn values_are_the_members_of_a_list_or_stand_one_after_the_other() {
        for piece in [1, 2, 3, 7, 1000] {
            let list = all(b" [\n{\"a\": [1, \"]\"]} ,\n 12,\"x\\\"\"\n,null]\n ", piece).unwrap();
            let texts: Vec<&str> = list.iter().map(|(text, ..)| text.as_str()).collect();
            assert_eq!(texts, ["{\"a\": [1, \"]\"]}", "12", "\"x\\\"\"", "null"]);
            assert_eq!(list.iter().map(|(_, line, _)| *line).collect::<Vec<_>>(), [2, 3, 3, 4]);
            let lines = all("\u{feff}{\"a\":1}\r\n\r\n{\"a\":\n2}\n3".as_bytes(), piece).unwrap();
            assert_eq!(
                lines.iter().map(|(_, line, offset)| (*line, *offset)).collect::<Vec<_>>(),
                [(1, 3), (3, 14), (5, 23)]
            );
            assert_eq!(all(b"[]", piece).unwrap(), []);
            assert_eq!(all(b"\n", piece).unwrap(), []);
        }
    }

    #[test]
    fn broken_json_says_where() {
        for piece in [1, 5, 1000] {
            let fault = |text: &str| all(text.as_bytes(), piece).unwrap_err();
            assert_eq!(fault("[\n {\"a\": 1},\n {\"b\" 2}\n]"), "x.json:3:7: broken JSON: expected `:`");
            assert_eq!(fault("[{\"a\":1} {\"b\":2}]"), "x.json:1:10: broken JSON: expected `,` or `]`");
            assert_eq!(fault("[1]\n2"), "x.json:2:1: broken JSON: text after the end of the list");
            assert_eq!(fault("{\"a\":1}\nid,name\n"), "x.json:2:1: broken JSON: expected value");
            assert_eq!(fault("[1,\n2"), "x.json:2: the JSON ends before its list does; the file is cut short");
            assert_eq!(fault("[1,\n{\"a\":"), "x.json:2: the JSON ends before this value does; the file is cut short");
        }
        let fault = all(b"{\"a\":1}\n{\"a\":\"\xbf\xf3\"}", 1000).unwrap_err();
        assert!(fault.starts_with("x.json:2: the byte 0xBF is not UTF-8"), "{fault}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), piece in 1..20_usize) {
            let _ = all(&bytes, piece);
        }

        #[test]
        fn nothing_depends_on_the_pieces(text in "[\\[\\]{}\",:1a\n \\\\]{0,30}", piece in 1..20_usize) {
            prop_assert_eq!(all(text.as_bytes(), piece), all(text.as_bytes(), 1000));
        }
    }
}
