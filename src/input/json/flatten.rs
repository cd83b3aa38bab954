//! An object as cells: names joined by dots, texts as they stand.
//!
//! In: the text of a JSON object. Out: for each value in it that is no object its path and the
//! text of its cell. Numbers stay as they are written, so that a long id loses no digit; `null`
//! is empty; an array of plain values is a multi-select (see [`MEMBER`]), one that holds objects
//! stays JSON.

use crate::value::MEMBER;
use serde::Deserialize;
use serde::de::{Deserializer as _, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Objects within objects deeper than this stay JSON.
const DEEPEST: usize = 16;

/// Hands each cell of an object to `give`, with its path.
///
/// # Errors
/// What `give` fails with, or a fault of the text, which is JSON already.
pub fn flatten(object: &str, give: &mut impl FnMut(&str, &str) -> Result<(), String>) -> serde_json::Result<()> {
    fields(object, &mut String::new(), 0, give)
}

fn fields(
    object: &str,
    path: &mut String,
    depth: usize,
    give: &mut impl FnMut(&str, &str) -> Result<(), String>,
) -> serde_json::Result<()> {
    serde_json::Deserializer::from_str(object).deserialize_map(Fields { path, depth, give })
}

struct Fields<'f, F> {
    path: &'f mut String,
    depth: usize,
    give: &'f mut F,
}

impl<'de, F: FnMut(&str, &str) -> Result<(), String>> Visitor<'de> for Fields<'_, F> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let length = self.path.len();
        while let Some((Text(key), value)) = map.next_entry::<Text<'de>, &RawValue>()? {
            if self.depth > 0 {
                self.path.push('.');
            }
            self.path.push_str(&key);
            let value = value.get();
            if value.starts_with('{') && self.depth < DEEPEST {
                fields(value, self.path, self.depth + 1, self.give).map_err(M::Error::custom)?;
            } else {
                let cell = cell(value).map_err(M::Error::custom)?;
                (self.give)(self.path, &cell).map_err(M::Error::custom)?;
            }
            self.path.truncate(length);
        }
        Ok(())
    }
}

/// The text of the cell that a value makes.
fn cell(value: &str) -> serde_json::Result<Cow<'_, str>> {
    match value.as_bytes().first() {
        Some(b'"') => Ok(serde_json::from_str::<Text<'_>>(value)?.0),
        Some(b'[') => set(value),
        Some(b'n') => Ok(Cow::Borrowed("")),
        _ => Ok(Cow::Borrowed(value)),
    }
}

fn set(value: &str) -> serde_json::Result<Cow<'_, str>> {
    let members: Vec<&RawValue> = serde_json::from_str(value)?;
    if members.iter().any(|member| member.get().starts_with(['{', '['])) {
        return Ok(Cow::Borrowed(value));
    }
    // A number on its own is read as one too.
    if let [only] = members[..]
        && !only.get().starts_with('"')
    {
        return cell(only.get());
    }
    let mut set = String::new();
    for member in members {
        let text = cell(member.get())?;
        if member.get() != "null" {
            set.push(MEMBER);
            set.push_str(&text.replace(MEMBER, " "));
        }
    }
    Ok(Cow::Owned(set))
}

/// A text of JSON. Half a surrogate pair, as programs leave it that cut texts short, becomes
/// replacement characters: no reason to lose the row.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Text<'de>, D::Error> {
        struct Whole;
        impl<'de> Visitor<'de> for Whole {
            type Value = Text<'de>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text")
            }
            fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Text<'de>, E> {
                Ok(Text(String::from_utf8_lossy(bytes)))
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(String::from_utf8_lossy(bytes).into_owned())))
            }
        }
        from.deserialize_bytes(Whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(object: &str) -> Vec<(String, String)> {
        let mut cells = Vec::new();
        flatten(object, &mut |path, cell| {
            cells.push((path.to_owned(), cell.to_owned()));
            Ok(())
        })
        .unwrap();
        cells
    }

    fn one(value: &str) -> String {
        let cells = cells(&format!("{{\"a\":{value}}}"));
        assert_eq!(cells.len(), 1);
        cells[0].1.clone()
    }

    #[test]
    fn names_within_names_are_joined_by_dots() {
        let found = cells(r#"{"id":1, "p":{"e-mail":"a@b","q":{"x":true},"none":{}}, "p.z":null, "ś\"":""}"#);
        let expected = [("id", "1"), ("p.e-mail", "a@b"), ("p.q.x", "true"), ("p.z", ""), ("ś\"", "")];
        assert_eq!(found, expected.map(|(path, cell)| (path.to_owned(), cell.to_owned())));
    }

    #[test]
    fn values_stay_as_they_are_written() {
        for number in ["123456789012345678", "1.10", "-0", "1E5", "0.1"] {
            assert_eq!(one(number), number);
        }
        assert_eq!(one(r#""a\u0142\n\"""#), "ał\n\"");
        assert_eq!(one(r#""cut \ud83d""#).trim_end_matches('\u{fffd}'), "cut ");
        assert_eq!(one(r#"[{"a": 1}, 2]"#), r#"[{"a": 1}, 2]"#);
    }

    #[test]
    fn a_list_of_plain_values_is_a_multi_select() {
        assert_eq!(one(r#"["a;b", 2, null, true, "x\u001fy"]"#), "\u{1f}a;b\u{1f}2\u{1f}true\u{1f}x y");
        assert_eq!(one(r#"["a"]"#), "\u{1f}a");
        assert_eq!(one("[5]"), "5");
        assert_eq!(one("[]"), "");
        assert_eq!(one("[null]"), "");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
        assert!(cells(&deep)[0].1.starts_with("{\"a\":{"));
        assert!(one(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))).starts_with("[["));
    }
}
