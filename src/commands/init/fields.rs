//! Short names for columns, and how they are read.
//!
//! In: columns that rules use. Out: the entries of `fields`, and the names by which rules call the
//! columns. Not here: which columns are used.

use super::page::map;
use super::profile::{Column, Nature};
use crate::value::DecimalMark;
use serde_yaml::{Mapping, Value};

/// Entries of `fields`, made when a rule first needs one.
#[derive(Debug, Default)]
pub struct Fields {
    /// Name → column and reading.
    pub entries: Mapping,
    /// Whether a date among them may be read with day and month changed.
    pub unsure: bool,
}

/// Words of the rule language and of the file proposed, which a field must not be called by.
const TAKEN: [&str; 11] =
    ["all", "any", "not", "did", "fit", "engagement", "total", "fit_grade", "engagement_grade", "total_grade", "grade"];

impl Fields {
    /// The name by which a rule calls a column: its header where that is a plain name, else an
    /// entry of `fields`.
    pub fn name(&mut self, column: &Column) -> String {
        let mut reading = vec![("column", Value::from(column.header.as_str()))];
        match column.nature {
            Nature::Number(DecimalMark::Comma) => reading.push(("decimal", "comma".into())),
            Nature::Date(Some(format), unsure) => {
                reading.push(("date_format", format.into()));
                self.unsure |= unsure;
            }
            Nature::Several(separator) => reading.push(("separator", separator.to_string().into())),
            _ => {}
        }
        let entry = map(reading.clone());
        let known = self.entries.iter().find(|(_, value)| **value == entry);
        if let Some(name) = known.and_then(|(name, _)| name.as_str()) {
            return name.to_owned();
        }
        let plain = column.words.replace(' ', "_");
        let starts_well = plain.starts_with(char::is_alphabetic);
        let taken = TAKEN.contains(&plain.as_str());
        let one_word = column.header.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        if one_word && reading.len() == 1 && starts_well && !taken {
            return column.header.clone();
        }
        let mut name = if starts_well && !taken { plain } else { format!("column_{plain}") };
        while self.entries.contains_key(name.as_str()) {
            name.push('_');
        }
        self.entries.insert(Value::from(name.as_str()), entry);
        name
    }
}
