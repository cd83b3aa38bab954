//! One section's exports read as one table, and the finding of a name in it (the rule reference, §2).

use jiff::tz::TimeZone;

use super::cell::{How, Item, Value, folded};
use super::{Yaml, text_of, texts_of};

pub struct Sheet {
    /// The union of the files' headers, in order of appearance.
    pub headers: Vec<String>,
    pub rows: Vec<Row>,
    pub zone: TimeZone,
    files: Vec<File>,
    fields: Yaml,
    missing: Vec<String>,
}

struct File {
    headers: Vec<String>,
    /// Where each of the file's own columns stands in the union.
    places: Vec<usize>,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub file: usize,
    pub cells: Vec<String>,
    /// Rows of the same id that were merged into this one.
    pub later: Vec<Row>,
}

pub fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.expect("well-formed CSV").iter().map(String::from).collect()).collect()
}

impl Sheet {
    pub fn read(section: &Yaml, files: &[&str]) -> Sheet {
        let zone = section["timezone"].as_str().unwrap_or("UTC");
        let mut sheet = Sheet {
            headers: Vec::new(),
            rows: Vec::new(),
            zone: TimeZone::get(zone).expect("a known timezone"),
            files: Vec::new(),
            fields: section["fields"].clone(),
            missing: texts_of(&section["missing"]).iter().map(|text| folded(text)).collect(),
        };
        for text in files {
            sheet.add(csv_rows(text));
        }
        for row in &mut sheet.rows {
            row.cells.resize(sheet.headers.len(), String::new());
        }
        sheet
    }

    fn add(&mut self, rows: Vec<Vec<String>>) {
        let mut rows = rows.into_iter();
        let headers = rows.next().expect("a header");
        let mut places: Vec<usize> = Vec::new();
        for header in &headers {
            let known =
                (0..self.headers.len()).find(|&place| self.headers[place] == *header && !places.contains(&place));
            places.push(known.unwrap_or_else(|| {
                self.headers.push(header.clone());
                self.headers.len() - 1
            }));
        }
        for own in rows {
            let mut cells = vec![String::new(); self.headers.len()];
            for (cell, &place) in own.into_iter().zip(&places) {
                cells[place] = cell;
            }
            self.rows.push(Row { file: self.files.len(), cells, later: Vec::new() });
        }
        self.files.push(File { headers, places });
    }

    fn header(&self, file: usize, name: &str) -> Option<usize> {
        let loose = |text: &str| folded(text).replace([' ', '-'], "_");
        let file = &self.files[file];
        let exact = file.headers.iter().position(|header| header == name);
        let found = exact.or_else(|| file.headers.iter().position(|header| loose(header) == loose(name)));
        found.map(|own| file.places[own])
    }

    /// The column that a name means in a file, and how its cells are read.
    pub fn find(&self, file: usize, name: &str) -> Option<(usize, How)> {
        let field = &self.fields[name];
        let how = How {
            comma: field["decimal"].as_str() == Some("comma"),
            format: field["date_format"].as_str().map(String::from),
            separator: field["separator"].as_str().map(String::from),
            zone: self.zone.clone(),
        };
        let candidates = if field.is_null() || field["column"].is_null() {
            vec![name.to_string()]
        } else {
            texts_of(&field["column"])
        };
        let place = candidates.iter().find_map(|candidate| self.header(file, candidate))?;
        Some((place, how))
    }

    fn is_missing(&self, text: &str) -> bool {
        text.trim().is_empty() || self.missing.contains(&folded(text))
    }

    /// What a name stands for in a row; of rows that are merged, in the first that has a value there.
    pub fn value(&self, row: &Row, name: &str) -> Value {
        self.first(row, &[name.to_string()])
    }

    fn cell(&self, row: &Row, place: usize, how: How) -> Value {
        let text = &row.cells[place];
        if self.is_missing(text) {
            return Vec::new();
        }
        let Some(separator) = &how.separator else {
            return vec![Item::Text(text.clone(), how)];
        };
        let members = text.split(separator.as_str()).filter(|member| !self.is_missing(member));
        members.map(|member| Item::Text(member.to_string(), how.clone())).collect()
    }

    /// The same for the first of several candidate names that a row's file has.
    pub fn first(&self, row: &Row, names: &[String]) -> Value {
        let in_row = |row: &Row| {
            let found = names.iter().find_map(|name| self.find(row.file, name));
            found.map_or(Vec::new(), |(place, how)| self.cell(row, place, how))
        };
        let rows = std::iter::once(row).chain(&row.later);
        rows.map(in_row).find(|value| !value.is_empty()).unwrap_or_default()
    }

    /// A cell as it is written out: of rows that are merged, the first that is not missing.
    pub fn shown<'a>(&self, row: &'a Row, place: usize) -> &'a str {
        let mut rows = std::iter::once(row).chain(&row.later);
        let filled = rows.find(|row| !self.is_empty_cell(row, place));
        &filled.unwrap_or(row).cells[place]
    }

    fn is_empty_cell(&self, row: &Row, place: usize) -> bool {
        let fields = self.fields.as_mapping().into_iter().flatten();
        let how = fields
            .filter_map(|(name, _)| self.find(row.file, &text_of(name)))
            .find(|(column, how)| *column == place && how.separator.is_some());
        match how {
            Some((_, how)) => self.cell(row, place, how).is_empty(),
            None => self.is_missing(&row.cells[place]),
        }
    }
}
