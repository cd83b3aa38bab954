//! What the columns of an export seem to hold.
//!
//! In: the header and the first rows of an export. Out: a [`Column`] for each header, with its
//! [`Nature`]. Not here: what follows for the rules.

use crate::input;
use crate::instant::Zone;
use crate::record::{Cells, Table};
use crate::value::{self, DecimalMark, MissingMarkers, Reading};
use std::collections::HashMap;

/// How many rows are looked at.
const ROWS: usize = 500;
/// A column has few values where each came so many times on average.
const FEW: usize = 5;
/// No more values of a column than this are counted.
const MOST: usize = 10_000;

/// Texts by which programs say "no value". Proposed as `missing` where a file has them.
const MARKERS: [&str; 10] =
    ["n/a", "#n/a", "null", "none", "select", "unknown", "(not set)", "-", "brak", "nie dotyczy"];

/// Formats of dates, those with more parts first: a shorter one would not read the rest.
const DATE_FORMATS: [&str; 14] = [
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d-%m-%Y",
    "%Y%m%d",
];

/// An export, looked at.
pub struct Profile {
    /// Its header, name and delimiter.
    pub table: Table,
    /// One for each header that a rule can name; a header that stands there twice can't be named.
    pub columns: Vec<Column>,
    /// The texts it has for "no value".
    pub missing: Vec<String>,
    /// How many rows were looked at.
    pub rows: usize,
}

/// A column, looked at.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its header, as written.
    pub header: String,
    /// Its header in plain words: lower case, words parted by one space.
    pub words: String,
    /// The different values, the most frequent first, as written and how often.
    pub values: Vec<(String, usize)>,
    /// How many cells have a value.
    pub filled: usize,
    /// What it seems to hold.
    pub nature: Nature,
}

/// What a column seems to hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Nature {
    /// No cell has a value.
    Empty,
    /// E-mail addresses.
    Email,
    /// Yes and no.
    Flag,
    /// Numbers.
    Number(DecimalMark),
    /// Dates: ISO 8601 (`None`) or of a format; `true` where day and month might change places.
    Date(Option<&'static str>, bool),
    /// Several members in one cell, parted by this.
    Several(char),
    /// One of a few texts.
    Choice,
    /// Anything else.
    Text,
}

impl Profile {
    /// Looks at the header and the first rows.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn of(path: &str, index: usize, options: &input::Options) -> anyhow::Result<Profile> {
        let mut reader = input::open(path, index, options)?;
        let table = reader.table().clone();
        let mut cells = Cells::new(table.delimiter);
        let mut texts: Vec<Vec<String>> = vec![Vec::new(); table.columns.len()];
        let mut rows = 0;
        while let Some(block) = reader.next_block()? {
            block.for_each_record(&table, &mut cells, |record, _| {
                if rows < ROWS {
                    rows += 1;
                    texts
                        .iter_mut()
                        .enumerate()
                        .for_each(|(at, column)| column.push(value::readable(record.get(at).trim()).into_owned()));
                }
            });
            if rows == ROWS {
                break;
            }
        }
        let seen = |marker: &str| texts.iter().flatten().any(|text| value::fold(text) == marker);
        let missing: Vec<String> = MARKERS.into_iter().filter(|marker| seen(marker)).map(str::to_owned).collect();
        let markers = MissingMarkers::new(missing.clone());
        let nameable = |header: &String| table.columns.iter().filter(|other| *other == header).count() == 1;
        let columns = table.columns.iter().zip(&texts).filter(|(header, _)| nameable(header));
        let mut columns: Vec<Column> = columns
            .map(|(header, texts)| Column::of(header, texts.iter().filter_map(|t| markers.present(t))))
            .collect();
        agree_on_decimals(&mut columns);
        Ok(Profile { table, columns, missing, rows })
    }

    /// Counts the values of the columns that have few to the end of the file: of activities the rare ones count
    /// most, and where they stand by time, new ones come last.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn read_on(&mut self, path: &str, options: &input::Options) -> anyhow::Result<()> {
        let mut reader = input::open(path, 0, options)?;
        let markers = MissingMarkers::new(self.missing.clone());
        let has_few = |column: &&mut Column| column.values.len() * FEW <= column.filled;
        let mut columns: Vec<(usize, &mut Column)> = self.columns.iter_mut().filter(has_few).map(|c| (0, c)).collect();
        for (place, column) in &mut columns {
            *place = self.table.columns.iter().position(|header| *header == column.header).unwrap_or_default();
        }
        let mut counts: Vec<HashMap<String, usize>> = vec![HashMap::new(); columns.len()];
        let mut cells = Cells::new(self.table.delimiter);
        while let Some(block) = reader.next_block()? {
            block.for_each_record(&self.table, &mut cells, |record, _| {
                for ((place, _), counts) in columns.iter().zip(&mut counts) {
                    let cell = value::readable(record.get(*place));
                    let Some(text) = markers.present(&cell) else { continue };
                    if let Some(count) = counts.get_mut(text) {
                        *count += 1;
                    } else if counts.len() < MOST {
                        counts.insert(text.to_owned(), 1);
                    }
                }
            });
        }
        for ((_, column), counts) in columns.into_iter().zip(counts) {
            column.filled = counts.values().sum();
            column.values = by_frequency(counts);
        }
        Ok(())
    }

    /// The first column whose plain words are one of these, the first words first.
    pub fn named(&self, names: &[&str]) -> Option<&Column> {
        names.iter().find_map(|name| self.columns.iter().find(|column| column.words == *name))
    }

    /// Whether every row has a value of its own in this column.
    pub fn is_unique(&self, column: &Column) -> bool {
        self.rows > 0 && column.filled == self.rows && column.values.len() == self.rows
    }
}

impl Column {
    /// Looks at a column's values.
    pub fn of<'a>(header: &str, cells: impl Iterator<Item = &'a str>) -> Column {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut filled = 0;
        for cell in cells {
            *counts.entry(cell).or_default() += 1;
            filled += 1;
        }
        let values = by_frequency(counts.into_iter().map(|(text, count)| (text.to_owned(), count)));
        let words = words(header);
        let nature = nature(&words, &values, filled);
        Column { header: header.to_owned(), words, values, filled, nature }
    }

    /// Whether the header has one of these words or runs of words.
    pub fn speaks_of(&self, words: &[&str]) -> bool {
        let own = format!(" {} ", self.words);
        words.iter().any(|word| own.contains(&format!(" {word} ")))
    }

    /// Whether its numbers or dates are misread unless the rule file says how they are written: then
    /// it says so even where no rule asks for them yet.
    pub fn needs_reading(&self) -> bool {
        matches!(self.nature, Nature::Number(DecimalMark::Comma) | Nature::Date(Some(_), _))
    }

    /// How the rule file has to read it.
    pub fn reading(&self) -> Reading {
        let mut reading = Reading::default();
        match self.nature {
            Nature::Number(mark) => reading.decimal = mark,
            Nature::Date(format, _) => reading.date_format = format.map(str::to_owned),
            Nature::Several(separator) => reading.separator = Some(separator.to_string()),
            _ => {}
        }
        reading
    }

    /// Its numbers, from the least to the greatest.
    pub fn numbers(&self) -> Vec<f64> {
        let mark = self.reading().decimal;
        let mut numbers: Vec<f64> = Vec::new();
        for (text, count) in &self.values {
            if let Some(number) = value::parse_number(text, mark) {
                numbers.extend(std::iter::repeat_n(number.to_points().to_f64(), *count));
            }
        }
        numbers.sort_by(f64::total_cmp);
        numbers
    }
}

/// The most frequent first.
fn by_frequency(counts: impl IntoIterator<Item = (String, usize)>) -> Vec<(String, usize)> {
    let mut values: Vec<(String, usize)> = counts.into_iter().collect();
    values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    values
}

/// `NumberOfEmployees`, `number_of_employees` and `Number of Employees` are the same words.
pub fn words(header: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for letter in header.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        words.extend(if letter.is_alphanumeric() { letter } else { ' ' }.to_lowercase());
        before = letter;
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn nature(words: &str, values: &[(String, usize)], filled: usize) -> Nature {
    if filled == 0 {
        return Nature::Empty;
    }
    // Nearly all: one typing error in a column of dates leaves it a column of dates.
    let nearly_all = |test: &dyn Fn(&str) -> bool| {
        let passed: usize = values.iter().filter(|(text, _)| test(text)).map(|(_, count)| count).sum();
        passed * 20 >= filled * 19
    };
    let dated = ["date", "time", "timestamp", "data", "at", "created"].iter().any(|word| words.contains(word));
    let iso = |text: &str| (dated || text.contains('-')) && is_date(text, None);
    let number = |mark| move |text: &str| value::parse_number(text, mark).is_some();
    if nearly_all(&|text| text.split_once('@').is_some_and(|(_, domain)| domain.contains('.'))) {
        Nature::Email
    } else if values.len() <= 3 && nearly_all(&|text| value::parse_boolean(text).is_some()) {
        Nature::Flag
    } else if nearly_all(&iso) {
        Nature::Date(None, false)
    } else if let Some(format) = date_format(values, dated, &nearly_all) {
        let swapped = format.replace("%d", "%x").replace("%m", "%d").replace("%x", "%m");
        Nature::Date(Some(format), format.contains('/') && nearly_all(&|text| is_date(text, Some(&swapped))))
    } else if nearly_all(&number(DecimalMark::Point)) {
        Nature::Number(DecimalMark::Point)
    } else if nearly_all(&number(DecimalMark::Comma)) {
        Nature::Number(DecimalMark::Comma)
    } else if let Some(separator) = [';', '|'].into_iter().find(|&mark| has_members(values, filled, mark)) {
        Nature::Several(separator)
    } else if values.len() <= 15 && values.len() * 3 <= filled && values.iter().all(|(text, _)| text.len() <= 60) {
        Nature::Choice
    } else {
        Nature::Text
    }
}

fn date_format(
    values: &[(String, usize)],
    dated: bool,
    nearly_all: &impl Fn(&dyn Fn(&str) -> bool) -> bool,
) -> Option<&'static str> {
    let marked = values.iter().all(|(text, _)| text.contains(['.', '/', '-', ':']));
    DATE_FORMATS
        .into_iter()
        .filter(|_| marked || dated)
        // A format reads nothing that ISO 8601 reads: those were found before.
        .find(|format| nearly_all(&|text| is_date(text, Some(format))))
}

fn is_date(text: &str, format: Option<&str>) -> bool {
    let reading = Reading { date_format: format.map(str::to_owned), ..Reading::default() };
    value::parse_instant(text, &reading, &Zone::utc()).is_some()
}

fn has_members(values: &[(String, usize)], filled: usize, separator: char) -> bool {
    let with: usize = values.iter().filter(|(text, _)| text.contains(separator)).map(|(_, count)| count).sum();
    let mut members: Vec<&str> = values.iter().flat_map(|(text, _)| text.split(separator)).map(str::trim).collect();
    members.sort_unstable();
    members.dedup();
    with * 10 >= filled && members.len() <= 30 && members.iter().all(|member| member.len() <= 60)
}

/// `1.234` alone may be either; a column that can only have decimal commas settles it for all.
fn agree_on_decimals(columns: &mut [Column]) {
    if !columns.iter().any(|column| column.nature == Nature::Number(DecimalMark::Comma)) {
        return;
    }
    for column in columns {
        let commas = |(text, _): &(String, usize)| value::parse_number(text, DecimalMark::Comma).is_some();
        if column.nature == Nature::Number(DecimalMark::Point)
            && column.values.iter().all(commas)
            && column.values.iter().any(|(text, _)| text.contains('.'))
        {
            column.nature = Nature::Number(DecimalMark::Comma);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nature_of(header: &str, cells: &[&str]) -> Nature {
        Column::of(header, cells.iter().copied()).nature
    }

    #[test]
    fn headers_of_every_program_are_the_same_words() {
        for header in ["NumberOfEmployees", "number_of_employees", "Number of  Employees", "number-of employees"] {
            assert_eq!(words(header), "number of employees");
        }
        assert_eq!(words("Person - Email - Work"), "person email work");
        assert_eq!(words("Liczba pracowników"), "liczba pracowników");
    }

    #[test]
    fn cells_tell_what_a_column_holds() {
        use DecimalMark::{Comma, Point};
        for (header, cells, nature) in [
            ("a", &["x@y.pl", "a.b@c.example"][..], Nature::Email),
            ("a", &["TRUE", "FALSE", "TRUE"], Nature::Flag),
            ("a", &["12", "3.5"], Nature::Number(Point)),
            ("a", &["1 234,50", "12"], Nature::Number(Comma)),
            ("phone", &["5551234567", "5551234568"], Nature::Number(Point)),
            ("a", &["2026-11-01", "2026-11-02 10:00"], Nature::Date(None, false)),
            ("created", &["1767225600", "1767225601"], Nature::Date(None, false)),
            ("a", &["1.11.2026", "24.12.2026"], Nature::Date(Some("%d.%m.%Y"), false)),
            ("a", &["24.12.2026 9:05", "1.1.2026 10:00"], Nature::Date(Some("%d.%m.%Y %H:%M"), false)),
            ("a", &["11/28/2026", "1/2/2026"], Nature::Date(Some("%m/%d/%Y"), false)),
            ("a", &["28/11/2026", "1/2/2026"], Nature::Date(Some("%d/%m/%Y"), false)),
            ("a", &["01/02/2026", "1/2/2026"], Nature::Date(Some("%m/%d/%Y"), true)),
            ("a", &["a;b", "b", "a"], Nature::Several(';')),
            ("a", &["x", "y", "x", "x", "y", "y"], Nature::Choice),
            ("a", &["some text", "another"], Nature::Text),
            ("a", &[], Nature::Empty),
        ] {
            assert_eq!(nature_of(header, cells), nature, "{cells:?}");
        }
    }
}
