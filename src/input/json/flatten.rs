//! An object as cells: names joined by dots, texts as they stand.
//!
//! In: the text of a JSON object. Out: for each value in it that is no object the name of its
//! column and the text of its cell. Numbers stay as they are written, so that a long id loses no
//! digit; `null` is empty; an array of plain values is a multi-select (see [`MEMBER`]), one that
//! holds objects stays JSON.
//!
//! An object is read once, from left to right, and what is usual costs little: a name is compared
//! with the one that stood there in the object before, a text without escapes and a whole number
//! stay where they stand. Whatever else a value may be is serde_json's to read. Not here: what is
//! wrong with text that is no object; it is refused, and [`Elements`](super::elements) says why.

use crate::value::MEMBER;
use serde::Deserialize;
use serde::de::Visitor;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

/// Objects within objects deeper than this stay JSON.
const DEEPEST: usize = 16;
/// The object itself, which is a member of nothing.
const ROOT: usize = 0;

/// Walks through objects, and remembers the names of their members.
pub struct Walker {
    members: Vec<Member>,
    /// Members by the names as they are written, from the outermost inwards.
    known: HashMap<String, usize, foldhash::fast::RandomState>,
}

/// A member that some object had.
#[derive(Default)]
pub struct Member {
    /// Its name and those around it, joined by dots.
    pub path: String,
    /// The number of its column, once whoever hears of its cells has found it.
    pub column: Option<usize>,
    /// How it was introduced: what stood between the value or bracket before it and its own value.
    lead: String,
    /// The leads of those around it, and its own.
    leads: String,
    /// Which member came after it when it was last seen, and which was the first within it.
    next: usize,
    first: usize,
}

impl Walker {
    /// That has seen no object yet.
    pub fn new() -> Walker {
        Walker { members: vec![Member::default()], known: HashMap::default() }
    }

    /// Hands each cell of the object that begins `text` to `give`; returns how long the object is,
    /// or `None` where it is no sound object: then it may have given some cells.
    pub fn object<'t>(&mut self, text: &'t str, give: &mut impl FnMut(&mut Member, Cow<'t, str>)) -> Option<usize> {
        if !text.starts_with('{') {
            return None;
        }
        self.members_of(ROOT, text, 1, 0, give)
    }

    /// The members of the object that was opened just before the byte `at`; returns where it ends.
    fn members_of<'t>(
        &mut self,
        parent: usize,
        text: &'t str,
        mut at: usize,
        depth: usize,
        give: &mut impl FnMut(&mut Member, Cow<'t, str>),
    ) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut last = ROOT;
        loop {
            let rest = bytes.get(at..)?;
            let guess = if last == ROOT { self.members[parent].first } else { self.members[last].next };
            let lead = self.members[guess].lead.as_bytes();
            let member = if guess != ROOT && rest.starts_with(lead) {
                at = after_blanks(bytes, at + lead.len());
                guess
            } else {
                let begin = after_blanks(bytes, at);
                if *bytes.get(begin)? == b'}' {
                    return Some(begin + 1);
                }
                let lead = lead_at(text, at, last == ROOT)?;
                at += lead.len();
                let member = self.member(parent, lead)?;
                match last {
                    ROOT => self.members[parent].first = member,
                    _ => self.members[last].next = member,
                }
                member
            };
            last = member;
            at = match *bytes.get(at)? {
                b'{' if depth < DEEPEST => self.members_of(member, text, at + 1, depth + 1, give)?,
                first => {
                    let (cell, end) = usual(text, at, first).or_else(|| odd(text, at))?;
                    give(&mut self.members[member], cell);
                    end
                }
            };
        }
    }

    /// The member of `parent` that is introduced so.
    #[cold]
    fn member(&mut self, parent: usize, lead: &str) -> Option<usize> {
        let around = &self.members[parent];
        let leads = format!("{}{lead}", around.leads);
        if let Some(&known) = self.known.get(&leads) {
            return Some(known);
        }
        let name = lead[..lead.rfind(':')?].trim_start_matches([',', ' ', '\n', '\r', '\t']);
        let Text(name) = serde_json::from_str(name).ok()?;
        let path = if parent == ROOT { name.into_owned() } else { format!("{}.{name}", around.path) };
        let member = Member { path, lead: lead.to_owned(), leads: leads.clone(), ..Member::default() };
        self.known.insert(leads, self.members.len());
        self.members.push(member);
        Some(self.members.len() - 1)
    }
}

/// What introduces the member after the byte `at`: a comma where it is not the first, its name and
/// a colon, with all blanks.
fn lead_at(text: &str, at: usize, is_first: bool) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut end = after_blanks(bytes, at);
    if !is_first {
        if *bytes.get(end)? != b',' {
            return None;
        }
        end = after_blanks(bytes, end + 1);
    }
    if *bytes.get(end)? != b'"' {
        return None;
    }
    end = match plain_end(bytes, end + 1) {
        Some(quote) => quote + 1,
        None => end + raw(&text[end..])?.len(),
    };
    end = after_blanks(bytes, end);
    (*bytes.get(end)? == b':').then(|| &text[at..after_blanks(bytes, end + 1)])
}

/// The first byte from `at` on that is not blank.
#[inline]
pub fn after_blanks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The cell of the value that begins with `first` at the byte `at`, and where the value ends, if it
/// is of the usual kinds.
#[inline(always)]
fn usual(text: &str, at: usize, first: u8) -> Option<(Cow<'_, str>, usize)> {
    let bytes = text.as_bytes();
    match first {
        b'"' => {
            let end = plain_end(bytes, at + 1)?;
            Some((Cow::Borrowed(&text[at + 1..end]), end + 1))
        }
        b'0'..=b'9' => {
            let mut end = at + 1;
            while bytes.get(end).is_some_and(u8::is_ascii_digit) {
                end += 1;
            }
            let is_whole = !matches!(bytes.get(end), Some(b'.' | b'e' | b'E')) && (first != b'0' || end == at + 1);
            is_whole.then(|| (Cow::Borrowed(&text[at..end]), end))
        }
        b'n' => bytes[at..].starts_with(b"null").then_some((Cow::Borrowed(""), at + 4)),
        _ => None,
    }
}

/// The same of any value.
#[cold]
fn odd(text: &str, at: usize) -> Option<(Cow<'_, str>, usize)> {
    let raw = raw(&text[at..])?;
    Some((cell(raw).ok()?, at + raw.len()))
}

/// The value that begins `text`, whatever it is.
pub fn raw(text: &str) -> Option<&str> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    Some(values.next()?.ok()?.get())
}

/// The quote that ends the text which goes on from `at`, if nothing before it has to be looked at:
/// no backslash, and no control character, which JSON does not allow there. Eight bytes at a time.
#[inline]
pub fn plain_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES * 0x80;
    // The lowest bit that is set is that of a byte below `limit`; those above it may be wrong.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*word);
        let alike = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
        let ends = alike(b'"') | alike(b'\\') | below(word, 0x20);
        if ends != 0 {
            at += ends.trailing_zeros() as usize / 8;
            return (bytes[at] == b'"').then_some(at);
        }
        at += 8;
    }
    let found = bytes.get(at..)?.iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
    (bytes[at + found] == b'"').then_some(at + found)
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
    use proptest::prelude::*;

    fn cells(object: &str) -> Vec<(String, String)> {
        let mut cells = Vec::new();
        let give = &mut |member: &mut Member, cell: Cow<'_, str>| cells.push((member.path.clone(), cell.into_owned()));
        assert_eq!(Walker::new().object(object, give), Some(object.len()));
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

    /// What serde_json makes of an object, value by value.
    fn by_serde(object: &str, path: &str, depth: usize, cells: &mut Vec<(String, String)>) -> serde_json::Result<()> {
        struct Entries<'a>(Vec<(Text<'a>, &'a RawValue)>);
        impl<'de> Deserialize<'de> for Entries<'de> {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct All;
                impl<'de> Visitor<'de> for All {
                    type Value = Entries<'de>;
                    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                        out.write_str("an object")
                    }
                    fn visit_map<M: serde::de::MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                        let mut all = Vec::new();
                        while let Some(entry) = map.next_entry()? {
                            all.push(entry);
                        }
                        Ok(Entries(all))
                    }
                }
                from.deserialize_map(All)
            }
        }
        for (Text(name), value) in serde_json::from_str::<Entries<'_>>(object)?.0 {
            let path = if depth == 0 { name.into_owned() } else { format!("{path}.{name}") };
            match value.get().starts_with('{') && depth < DEEPEST {
                true => by_serde(value.get(), &path, depth + 1, cells)?,
                false => cells.push((path, cell(value.get())?.into_owned())),
            }
        }
        Ok(())
    }

    /// Objects, most of them sound.
    fn objects() -> impl Strategy<Value = String> {
        let plain = "[0-9]{1,3}|-?[0-9.eE+-]{1,4}|true|false|nul{1,2}|\"[a-d ,ż]{0,20}\"|\"([a-c\\n]|\\\\[n\"\\\\u/]|\\\\ud83d){0,9}\"";
        fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
            let name = prop::sample::select(vec!["\"a\"", "\"b c\"", "\"\"", "\"\\u0061\"", "\"ż.a\"", "\"a:,\""]);
            let blank = || prop::sample::select(vec!["", "", "", "", " ", "\r\n\t"]);
            let member = (name, blank(), value, blank())
                .prop_map(|(name, before, value, after)| format!("{name}{before}:{after}{value}{before}"));
            (prop::collection::vec(member, 0..4), blank())
                .prop_map(|(members, blank)| format!("{{{blank}{}}}", members.join(&format!(",{blank}"))))
        }
        let value = plain.prop_recursive(4, 20, 4, |inner| {
            let list =
                prop::collection::vec(inner.clone(), 0..4).prop_map(|members| format!("[{}]", members.join(",")));
            prop_oneof![list, object(inner)]
        });
        object(value)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn objects_are_read_as_serde_json_reads_them(
            objects in prop::collection::vec(objects(), 1..5),
            change in prop::option::of((any::<prop::sample::Index>(), "[\\x00-\\x7f]")),
        ) {
            let mut walker = Walker::new();
            for mut object in objects {
                if let Some((place, letter)) = &change {
                    let place = place.index(object.len());
                    if object.is_char_boundary(place) && object.is_char_boundary(place + 1) {
                        object.replace_range(place..=place, letter);
                    }
                }
                let mut expected = Vec::new();
                let sound = serde_json::from_str::<&RawValue>(&object).is_ok()
                    && by_serde(&object, "", 0, &mut expected).is_ok();
                let mut found = Vec::new();
                let give = &mut |member: &mut Member, cell: Cow<'_, str>| found.push((member.path.clone(), cell.into_owned()));
                let length = walker.object(&object, give);
                let whole = length.is_some_and(|length| after_blanks(object.as_bytes(), length) == object.len());
                prop_assert_eq!(whole, sound, "{}", object);
                if sound {
                    prop_assert_eq!(found, expected, "{}", object);
                }
            }
        }

        #[test]
        fn a_text_ends_at_its_quote(bytes in prop::collection::vec(
            prop_oneof![8 => 0x20..=0xff_u8, 1 => Just(b'"'), 1 => Just(b'\\'), 1 => 0..0x20_u8], 0..40)
        ) {
            let first = bytes.iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            prop_assert_eq!(plain_end(&bytes, 0), first.filter(|&at| bytes[at] == b'"'));
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
        assert!(cells(&deep)[0].1.starts_with("{\"a\":{"));
        assert!(one(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))).starts_with("[["));
    }
}
