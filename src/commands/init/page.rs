//! The text of a rule file that is being proposed.
//!
//! In: values, and words about them. Out: YAML with comments. Every scalar is quoted by
//! serde_yaml, so that whatever stands in a header or a cell stays the text it is. Not
//! here: what is proposed.

use serde_yaml::{Mapping, Value};

/// Spaces a level.
const INDENT: usize = 2;

/// The longest list or mapping on one line.
const LINE: usize = 100;

/// What YAML takes for the end of a line.
const LINE_ENDS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// A rule, or another entry of a list, and what it is good for.
#[derive(Debug)]
pub struct Idea {
    /// Stands above it.
    pub why: &'static str,
    /// The entry.
    pub entry: Value,
    /// Written as a comment: for the reader to complete and switch on.
    pub off: bool,
}

/// The text so far.
#[derive(Debug, Default)]
pub struct Page(pub String);

impl Page {
    /// A line, as it is.
    pub fn line(&mut self, level: usize, text: &str) {
        self.0.extend(std::iter::repeat_n(' ', level * INDENT));
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// A comment; control characters, which could end it, are left out.
    pub fn comment(&mut self, level: usize, text: &str) {
        for line in text.lines() {
            self.line(level, &format!("# {}", line.replace(|c: char| c.is_control() || LINE_ENDS.contains(&c), " ")));
        }
    }

    /// A key and its value.
    pub fn entry(&mut self, level: usize, key: &str, value: impl Into<Value>) {
        self.value(level, &map([(key, value.into())]), false);
    }

    /// The entries of a list, each with its comment.
    pub fn ideas(&mut self, level: usize, ideas: &[Idea]) {
        for idea in ideas {
            self.comment(level, idea.why);
            self.value(level, &Value::Sequence(vec![idea.entry.clone()]), idea.off);
        }
    }

    /// An entry of a list.
    pub fn item(&mut self, level: usize, entry: &Value) {
        self.value(level, &Value::Sequence(vec![entry.clone()]), false);
    }

    fn value(&mut self, level: usize, value: &Value, off: bool) {
        for line in block(value) {
            self.line(level, &if off { format!("# {line}") } else { line });
        }
    }
}

/// The lines of a value, an entry a line; what is short and flat stands on one.
fn block(value: &Value) -> Vec<String> {
    let indented = |line: String| format!("{}{line}", " ".repeat(INDENT));
    match value {
        Value::Mapping(entries) => entries
            .iter()
            .flat_map(|(key, value)| match flow(value) {
                Some(text) => vec![format!("{}: {text}", scalar(key))],
                None => {
                    [format!("{}:", scalar(key))].into_iter().chain(block(value).into_iter().map(indented)).collect()
                }
            })
            .collect(),
        Value::Sequence(items) => items
            .iter()
            .flat_map(|item| {
                let mut lines = block(item);
                lines.iter_mut().for_each(|line| line.insert_str(0, "  "));
                if let Some(first) = lines.first_mut() {
                    first.replace_range(..1, "-");
                }
                lines
            })
            .collect(),
        one => vec![scalar(one)],
    }
}

/// A value on one line, if it is flat enough and short enough for that.
fn flow(value: &Value) -> Option<String> {
    let deep = |value: &Value| matches!(value, Value::Sequence(_) | Value::Mapping(_));
    let text = match value {
        Value::Mapping(entries) => {
            if entries.len() > 1 && entries.values().any(deep) {
                return None;
            }
            let entries =
                entries.iter().map(|(key, value)| Some(format!("{}: {}", flow_scalar(key), flow_part(value)?)));
            format!("{{ {} }}", entries.collect::<Option<Vec<_>>>()?.join(", "))
        }
        Value::Sequence(items) if items.iter().any(deep) => return None,
        Value::Sequence(items) => format!("[{}]", items.iter().map(flow_scalar).collect::<Vec<_>>().join(", ")),
        one => scalar(one),
    };
    (text.len() <= LINE || !deep(value)).then_some(text)
}

/// Within braces: there a comma and a brace end a plain text.
fn flow_part(value: &Value) -> Option<String> {
    match value {
        Value::Sequence(_) | Value::Mapping(_) => flow(value),
        one => Some(flow_scalar(one)),
    }
}

fn flow_scalar(value: &Value) -> String {
    let plain = scalar(value);
    match value {
        Value::String(text) if !plain.starts_with(['\'', '"']) => {
            let safe = plain.starts_with(char::is_alphanumeric) && !plain.contains([',', '[', ']', '{', '}']);
            if safe { plain } else { json(text) }
        }
        _ => plain,
    }
}

/// As serde_yaml quotes it; a text that it would write on several lines as JSON, which is YAML too.
fn scalar(value: &Value) -> String {
    // Printing fails only for what a rule file has none of, such as tags.
    let plain = serde_yaml::to_string(value).unwrap_or_default();
    match value {
        Value::String(text) if text.contains(LINE_ENDS) => json(text),
        _ => plain.trim_end_matches('\n').to_owned(),
    }
}

fn json(text: &str) -> String {
    // JSON leaves these as they are; YAML reads them as line ends.
    let quoted = serde_json::Value::from(text).to_string();
    quoted.replace('\u{85}', "\\u0085").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// A mapping, in this order.
pub fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value::Mapping(entries.into_iter().map(|(key, value)| (Value::from(key), value)).collect::<Mapping>())
}

/// A list of texts; one text stands alone.
pub fn one_or_more(texts: &[String]) -> Value {
    match texts {
        [one] => Value::from(one.as_str()),
        many => list(many.iter().map(String::as_str)),
    }
}

/// A list of texts.
pub fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> Value {
    Value::Sequence(texts.into_iter().map(Value::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn whatever_a_header_holds_it_stays_that_text(
            text in "([-a:#,'\"\\[\\]{}&*!|>%@`?~ \n\t\\\\0.=<yno]|\\PC|\u{85}|\u{2028}|\u{7}|\u{feff}){0,12}",
        ) {
            let mut page = Page::default();
            page.comment(1, &text);
            page.line(0, "rules:");
            let entry = map([
                ("name", text.as_str().into()),
                ("flat", list([text.as_str(), "b", &text])),
                (&format!("k{text}"), map([(text.as_str(), list([text.as_str()]))])),
            ]);
            page.ideas(1, &[Idea { why: "because", entry: entry.clone(), off: false }]);
            page.ideas(1, &[Idea { why: "because", entry: entry.clone(), off: true }]);
            let read: Value = serde_yaml::from_str(&page.0).map_err(|error| TestCaseError::fail(format!("{error}\n{}", page.0)))?;
            prop_assert_eq!(&read["rules"], &Value::Sequence(vec![entry]), "{}", page.0);
        }
    }

    #[test]
    fn what_is_short_stands_on_one_line() {
        let mut page = Page::default();
        page.entry(0, "when", map([("phone", "present".into())]));
        page.entry(0, "steps", Value::Mapping([(Value::from(10), Value::from(5))].into_iter().collect()));
        page.entry(0, "deep", map([("a", map([("b", list(["x, y", "z"]))])), ("c", 1.into())]));
        page.entry(0, "long", "word ".repeat(60).trim_end());
        assert_eq!(
            page.0.lines().take(5).collect::<Vec<_>>(),
            ["when: { phone: present }", "steps: { 10: 5 }", "deep:", "  a: { b: [\"x, y\", z] }", "  c: 1",]
        );
        assert_eq!(page.0.lines().count(), 6);
    }
}
