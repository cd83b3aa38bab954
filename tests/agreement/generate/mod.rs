//! Random but valid rule files, and random nasty data for them.

mod clock;
mod columns;
mod data;
pub mod dice;
mod language;
mod rules;
mod scores;

pub use scores::BONUS;

use dice::Dice;

use crate::oracle::Inputs;

/// A CSV file before it is text.
#[derive(Clone, Debug)]
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
    pub style: Style,
}

/// Ways to write the same cells.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    pub crlf: bool,
    pub quote_all: bool,
    pub byte_order_mark: bool,
    pub no_last_line_end: bool,
}

impl Table {
    pub fn text(&self) -> String {
        let mut writer = csv::WriterBuilder::new()
            .terminator(if self.style.crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .quote_style(if self.style.quote_all { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary })
            .from_writer(Vec::new());
        writer.write_record(&self.header).expect("memory takes it");
        for row in &self.rows {
            writer.write_record(row).expect("rows as long as the header");
        }
        let bytes = writer.into_inner().expect("memory takes it");
        let text = String::from_utf8(bytes).expect("texts were put in");
        let mark = if self.style.byte_order_mark { "\u{feff}" } else { "" };
        let text = format!("{mark}{text}");
        if self.style.no_last_line_end { text.trim_end_matches(['\r', '\n']).to_string() } else { text }
    }
}

/// A run of `leadscore score`, before it is files.
#[derive(Clone, Debug)]
pub struct Case {
    pub seed: u64,
    pub rules: String,
    /// The rules before the bonus is put in.
    pub template: String,
    pub contacts: Vec<Table>,
    /// Where the first contact file's id stands.
    pub id_place: usize,
    pub activities: Vec<(Option<String>, Table)>,
    pub lists: Vec<(String, String)>,
    pub previous: Option<Table>,
    pub as_of: String,
    pub as_of_field: Option<String>,
    pub reasons: usize,
    pub has_accounts: bool,
    has_stages: bool,
    /// Then the order of the activities says which of the repeats counts.
    pub has_activity_ids: bool,
    pub prefix: String,
}

impl Case {
    pub fn new(seed: u64) -> Case {
        let mut dice = Dice::new(seed);
        let clock = clock::Clock::new(&mut dice);
        let contacts = data::contacts(&mut dice, &clock);
        let activities = data::activities(&mut dice, &clock, &contacts);
        let written = rules::rules(&mut dice, &clock, &contacts, &activities);
        let previous = dice.chance(45).then(|| data::previous(&mut dice, &contacts, &written));
        Case {
            seed,
            rules: written.text.replace(BONUS, "5"),
            template: written.text,
            id_place: contacts.id_place,
            as_of: clock.as_of.clone(),
            as_of_field: contacts.as_of_field,
            contacts: contacts.tables,
            activities: activities.tables,
            lists: language::lists(),
            previous,
            reasons: if dice.chance(50) { 3 } else { 1 + dice.below(6) },
            has_accounts: written.has_accounts,
            has_stages: !written.stages.is_empty(),
            has_activity_ids: activities.has_ids,
            prefix: written.prefix,
        }
    }

    /// The same case with everybody there so many times, under ids of their own.
    pub fn crowd(mut self, times: usize) -> Case {
        let renamed = |cell: &mut String, time: usize| {
            let shared =
                cell.contains('@') || ["", "n/a", "select", "nobody"].contains(&cell.trim().to_lowercase().as_str());
            if time > 0 && !shared {
                cell.push_str(&format!("~{time}"));
            }
        };
        let multiply = |table: &mut Table, columns: &[&str]| {
            let places: Vec<usize> =
                (0..table.header.len()).filter(|&place| columns.contains(&table.header[place].as_str())).collect();
            let once = std::mem::take(&mut table.rows);
            for time in 0..times {
                for mut row in once.clone() {
                    places.iter().for_each(|&place| renamed(&mut row[place], time));
                    table.rows.push(row);
                }
            }
        };
        let id = self.contacts[0].header[self.id_place].clone();
        self.contacts.iter_mut().for_each(|table| multiply(table, &[&id, "row"]));
        self.previous.iter_mut().for_each(|table| multiply(table, &[&id]));
        for (_, table) in &mut self.activities {
            let contact = table.header[0].clone();
            multiply(table, &[&contact, "activity_id"]);
        }
        self
    }

    /// Whether the run can be asked for the file of those who are handed over.
    pub fn hands_over(&self) -> bool {
        self.has_stages && self.previous.is_some()
    }

    pub fn inputs(&self) -> Inputs {
        Inputs {
            rules: self.rules.clone(),
            contacts: self.contacts.iter().map(Table::text).collect(),
            activities: self.activities.iter().map(|(kind, table)| (kind.clone(), table.text())).collect(),
            lists: self.lists.clone(),
            previous: self.previous.as_ref().map(Table::text),
            as_of: self.as_of.clone(),
            as_of_field: self.as_of_field.clone(),
            reasons: self.reasons,
        }
    }
}
