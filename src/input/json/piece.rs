//! A piece of a JSON export: many values, which can be looked into on any thread.
//!
//! In: text in which to find where values end, and such pieces. Out: a place to cut at, and the
//! values of a piece. A place is found without knowing what stands before it, and a piece that is
//! not as it should be is given up: what is wrong with it, [`Elements`](super::elements) says.

use super::elements::{Element, Shape};
use super::flatten::{after_blanks, plain_end, raw};
use memchr::{memchr, memchr2, memrchr};

/// Some values of a file, as they stand in it.
#[derive(Debug)]
pub struct Piece {
    /// The values and what parts them.
    pub text: Vec<u8>,
    /// The line and the byte of the file at which it begins, and the byte at which that line does.
    pub line: u64,
    pub offset: u64,
    pub line_start: u64,
    /// What of the file it begins with.
    pub shape: Shape,
    /// What it ends with.
    pub ending: Ending,
}

/// Where a piece ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Where a value does.
    Value,
    /// Where the file does.
    File,
    /// Nobody knows: there is no end of a value near.
    Anywhere,
}

impl Piece {
    /// One value alone.
    pub fn of(element: &Element<'_>) -> Piece {
        let Element { text, line, offset } = *element;
        let text = text.as_bytes().to_vec();
        Piece { text, line, offset, line_start: offset, shape: Shape::Lines, ending: Ending::Value }
    }

    /// Hands each value to `each`, which tells how long it is: an object with all that follows it,
    /// what is no object alone. `None` where the piece cannot be read to its end.
    pub fn for_each<'t>(&'t self, mut each: impl FnMut(Element<'t>) -> Option<usize>) -> Option<()> {
        if self.ending == Ending::Anywhere {
            return None;
        }
        let text = simdutf8::basic::from_utf8(&self.text).ok()?;
        let bytes = text.as_bytes();
        let (mut at, mut line) = (0, self.line);
        let mut line_end = memchr(b'\n', bytes);
        let (mut is_first, is_list) = (self.shape == Shape::Opened, self.shape != Shape::Lines);
        loop {
            at = after_blanks(bytes, at);
            match bytes.get(at) {
                None if is_list && self.ending == Ending::File => return None,
                None => return Some(()),
                Some(b']') if is_list && self.ending == Ending::File => {
                    return (after_blanks(bytes, at + 1) == bytes.len()).then_some(());
                }
                Some(b',') if is_list && !is_first => at = after_blanks(bytes, at + 1),
                Some(_) if is_list && !is_first => return None,
                Some(_) => {}
            }
            is_first = false;
            while let Some(end) = line_end.filter(|&end| end < at) {
                line += 1;
                line_end = memchr(b'\n', &bytes[end + 1..]).map(|found| end + 1 + found);
            }
            let rest = &text[at..];
            let text = if rest.starts_with('{') { rest } else { raw(rest)? };
            at += each(Element { text, line, offset: self.offset + at as u64 })?;
        }
    }
}

/// The last place in text of one value after the other where a value surely ends: where `}` and
/// `{` stand with nothing but a line end and blanks between them, which is nowhere within a value.
pub fn end_of_lines(text: &[u8]) -> Option<usize> {
    let mut end = text.len();
    while let Some(at) = memrchr(b'\n', &text[..end]) {
        if text.get(at + 1) == Some(&b'{') && text[..at].trim_ascii_end().ends_with(b"}") {
            return Some(at + 1);
        }
        end = at;
    }
    None
}

/// Finds where a member of a list ends, in text that grows while it looks.
#[derive(Debug, Default)]
pub struct Cut {
    /// How far it has looked.
    at: usize,
    /// How many brackets are open there; -1 behind the end of the list.
    depth: i64,
    /// Whether a member has begun.
    begun: bool,
    end: Option<usize>,
}

impl Cut {
    /// The last comma between members, but for one that stands before all of them.
    pub fn end_of_members(&mut self, text: &[u8]) -> Option<usize> {
        while self.depth >= 0
            && let Some(byte) = text.get(self.at)
        {
            match byte {
                b'"' => match end_of_text(text, self.at + 1) {
                    Some(end) => self.at = end,
                    None => return self.end, // to be looked at again when there is more
                },
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth -= 1,
                b',' if self.depth == 0 && self.begun => self.end = Some(self.at),
                _ => {}
            }
            self.begun |= !matches!(byte, b',' | b' ' | b'\n' | b'\r' | b'\t');
            self.at += 1;
        }
        self.end
    }
}

/// The quote that ends the text which goes on from `at`.
fn end_of_text(text: &[u8], mut at: usize) -> Option<usize> {
    if let Some(end) = plain_end(text, at) {
        return Some(end);
    }
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::super::elements::Elements;
    use super::*;
    use proptest::prelude::*;
    use serde_json::value::RawValue;
    use std::io::Cursor;

    /// A file of values, most of them objects.
    fn files() -> impl Strategy<Value = String> {
        let value = prop::sample::select(vec![
            "{\"a\":1}",
            "{}",
            "{\"a\":[{},\n{\"b\":\"}\\n{\"}]}",
            "{\"a\":\"[,\\\"\"}",
            "{\"a\":{\"b\":[1,2]}}",
            "12",
            "[1,{}]",
            "\"},{\"",
        ]);
        let blank = prop::sample::select(vec!["\n", "\n", "\r\n", " \n\n", "\n "]);
        (prop::collection::vec((value, blank), 0..8), any::<bool>()).prop_map(|(values, is_list)| {
            let text = |between: &str| -> String {
                values.iter().map(|(value, blank)| format!("{value}{between}{blank}")).collect()
            };
            if is_list { format!("[{}]", text(",").trim_end().trim_end_matches(',')) } else { text("") }
        })
    }

    fn element(element: &Element<'_>, length: usize) -> (String, u64, u64) {
        (element.text[..length].to_owned(), element.line, element.offset)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn pieces_hold_what_is_found_one_by_one(
            text in files(),
            change in prop::option::of((any::<prop::sample::Index>(), "[\\[\\]{},\"1\n ]")),
            bytes in 1..60_usize,
        ) {
            let mut text = text;
            if let Some((place, letter)) = change.filter(|_| !text.is_empty()) {
                let place = place.index(text.len());
                text.replace_range(place..=place, &letter);
            }
            let mut elements = Elements::new("x.json", Box::new(Cursor::new(text.clone().into_bytes())), bytes);
            let (mut expected, mut is_sound) = (Vec::new(), true);
            loop {
                match elements.next() {
                    Ok(Some(found)) => expected.push(element(&found, found.text.len())),
                    Ok(None) => break,
                    Err(_) => {
                        is_sound = false;
                        break;
                    }
                }
            }
            let mut elements = Elements::new("x.json", Box::new(Cursor::new(text.clone().into_bytes())), bytes);
            let mut found = Vec::new();
            let mut is_whole = true;
            while let Some(piece) = elements.piece(Vec::new()).unwrap() {
                prop_assert!(!piece.text.is_empty());
                let good = found.len();
                let all = piece.for_each(|value| {
                    let mut values = serde_json::Deserializer::from_str(value.text).into_iter::<&RawValue>();
                    let length = values.next()?.ok()?.get().len();
                    found.push(element(&value, length));
                    Some(length)
                });
                if all.is_none() {
                    // What was given up is found one by one, with its fault.
                    found.truncate(good);
                    elements.take_back(std::slice::from_ref(&piece));
                    while let Some(value) = elements.next().unwrap_or_else(|_| { is_whole = false; None }) {
                        found.push(element(&value, value.text.len()));
                    }
                    prop_assert!(!is_whole, "{text:?} was given up though it is sound");
                    break;
                }
            }
            prop_assert_eq!(found, expected, "{:?}", text);
            prop_assert_eq!(is_whole, is_sound, "{:?}", text);
        }
    }

    #[test]
    fn text_is_cut_where_a_value_surely_ends() {
        assert_eq!(end_of_lines(b"{}\n{\"a\":1} \r\n{\"a\":[{},\n{"), Some(13));
        assert_eq!(end_of_lines(b"{}\n5\n"), None);
        let members = |text: &str| Cut::default().end_of_members(text.as_bytes());
        assert_eq!(members("\n,{\"a,\\\"\":[1,2]},{\"b\":1,"), Some(16));
        assert_eq!(members(",{},{\"b\":\","), Some(3));
        assert_eq!(members("{}], 1"), None);
    }
}
