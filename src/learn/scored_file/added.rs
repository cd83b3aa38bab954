//! The columns that `score` added, told by their names and by what stands in them.
//!
//! In: the header of a scored file, and its records. Out: the score that ranked, grades and stages in
//! their order. Not here: outcomes.

use super::Levels;
use crate::record::{Record, Table, loose};
use crate::rules::model::flag_name;
use crate::value::{fold, parse_written_number};
use std::collections::HashMap;

/// The stage of those who are never handed over.
pub const DISQUALIFIED: &str = "disqualified";

/// Added columns that are numbers at times, and never a score.
const NO_SCORES: [&str; 6] = ["grade", "stage", "account_stage", "previous_stage", "score_change", "completeness"];

/// A column of numbers.
#[derive(Debug)]
pub struct Numbers {
    at: usize,
    /// Its header.
    pub header: String,
    /// Its cells; not a number where one is missing.
    pub values: Vec<f64>,
    /// The first cell that is neither empty nor a number.
    text: Option<String>,
}

/// A column of few different texts.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    at: usize,
    header: String,
    /// The different texts, as they appear.
    pub names: Vec<String>,
    /// For each row the index of its text.
    pub rows: Vec<u32>,
    known: HashMap<String, u32>,
}

/// A column of flags.
#[derive(Debug)]
struct Flags {
    at: usize,
    header: String,
    /// As far as all cells are flags.
    rows: Option<Vec<bool>>,
}

/// The added columns of a scored file.
#[derive(Debug)]
pub struct Added {
    prefix: String,
    /// The ranks; `None` where the file has none and the score is named.
    ranks: Option<Numbers>,
    /// Every column that may be a score.
    pub numbers: Vec<Numbers>,
    /// The one that is named.
    named: Option<usize>,
    grades: Vec<Texts>,
    stage: Option<Texts>,
    flags: Vec<Flags>,
    disqualified_by: Option<usize>,
    is_disqualified: Vec<bool>,
}

impl Added {
    /// Finds the columns; `score` is the score as the user names it, with the prefix or without.
    pub fn of(table: &Table, score: Option<&str>) -> Result<Added, String> {
        let ends = |at: &usize| table.columns[*at].ends_with("rank");
        let usual = table.columns.iter().position(|header| header == "lead_rank");
        let rank = usual.or_else(|| (0..table.columns.len()).rev().find(ends));
        // Behind the rank, which comes first among them.
        let prefix = match rank {
            Some(at) => table.columns[at].strip_suffix("rank").unwrap_or_default(),
            None => "lead_",
        };
        let headers = table.columns.iter().enumerate().filter(|&(at, _)| rank.is_none_or(|rank| at > rank));
        let added: Vec<(usize, &str)> =
            headers.filter_map(|(at, header)| Some((at, header.strip_prefix(prefix)?))).collect();
        let place = |name: &str| added.iter().find(|(_, known)| *known == name).map(|(at, _)| *at);
        let numbers_at = |at: usize| Numbers { at, header: table.columns[at].clone(), values: Vec::new(), text: None };
        let texts_at = |at: usize| Texts { at, header: table.columns[at].clone(), ..Texts::default() };

        let is_grade = |name: &str| name.strip_suffix("_grade").is_some_and(|score| place(score).is_some());
        let mut numbers: Vec<Numbers> = Vec::new();
        for &(at, name) in &added {
            if !NO_SCORES.contains(&name) && !is_grade(name) {
                numbers.push(numbers_at(at));
            }
        }
        let named = score.map(|score| named_score(table, score, place(score), &mut numbers, numbers_at)).transpose()?;
        if rank.is_none() && named.is_none() {
            return Err(format!(
                "{}: no column `lead_rank`, so it cannot be told which score ranked: is it a file that `leadscore \
                 score` wrote? Else name the score with --score NAME",
                table.name
            ));
        }
        let grades = added.iter().filter(|(_, name)| *name == "grade" || is_grade(name));
        Ok(Added {
            prefix: prefix.to_owned(),
            ranks: rank.map(numbers_at),
            numbers,
            named,
            grades: grades.map(|&(at, _)| texts_at(at)).collect(),
            stage: place("stage").map(texts_at),
            flags: added
                .iter()
                .map(|&(at, name)| Flags { at, header: name.to_owned(), rows: Some(Vec::new()) })
                .collect(),
            disqualified_by: place("disqualified_by"),
            is_disqualified: Vec::new(),
        })
    }

    /// Takes in a row.
    pub fn take(&mut self, record: &Record<'_>) {
        self.ranks.iter_mut().chain(&mut self.numbers).for_each(|column| column.take(record));
        self.grades.iter_mut().chain(&mut self.stage).for_each(|column| column.take(record));
        for column in &mut self.flags {
            let Some(rows) = &mut column.rows else { continue };
            match &*fold(record.get(column.at)) {
                "true" => rows.push(true),
                "false" => rows.push(false),
                _ => column.rows = None,
            }
        }
        self.is_disqualified.push(self.disqualified_by.is_some_and(|at| !record.get(at).trim().is_empty()));
    }

    /// For each row whether it is disqualified.
    pub fn disqualified(&self) -> Vec<bool> {
        let mut all = self.is_disqualified.clone();
        if let Some(stage) = &self.stage {
            let is_out = |row: &u32| stage.names[*row as usize] == DISQUALIFIED;
            all.iter_mut().zip(&stage.rows).for_each(|(out, row)| *out |= is_out(row));
        }
        all
    }

    /// Which of the numbers is the score that ranked: the only one that never rises from rank to rank.
    pub fn ranking(&self, file: &str, is_disqualified: &[bool]) -> Result<usize, String> {
        if let Some(named) = self.named {
            let Numbers { header, text, .. } = &self.numbers[named];
            return match text {
                Some(text) => Err(format!("{file}: --score {header}: `{text}` is no number")),
                None => Ok(named),
            };
        }
        let ranks = self.ranks.as_ref().map_or(&[][..], |ranks| &ranks.values);
        let mut order: Vec<usize> = (0..ranks.len()).filter(|&row| !is_disqualified[row]).collect();
        order.sort_by(|&one, &other| ranks[one].total_cmp(&ranks[other]));
        let (mut falling, mut level) = (Vec::new(), Vec::new());
        for (at, column) in self.numbers.iter().enumerate().filter(|(_, column)| column.text.is_none()) {
            let values = order.iter().map(|&row| column.values[row]);
            // Who has no score stands behind everybody who has one.
            let keys: Vec<f64> = values.map(|value| if value.is_nan() { f64::NEG_INFINITY } else { value }).collect();
            if keys.iter().all(|&key| key == f64::NEG_INFINITY) || !keys.is_sorted_by(|one, next| one >= next) {
                continue;
            }
            if keys.first() == keys.last() { level.push(at) } else { falling.push(at) }
        }
        // A column that says the same of everybody fits any ranking.
        let fitting = if falling.is_empty() { level } else { falling };
        let names = |of: &[usize]| {
            let names = of.iter().map(|&at| self.short(&self.numbers[at].header));
            names.collect::<Vec<_>>().join(", ")
        };
        match fitting[..] {
            [only] => Ok(only),
            [] => {
                let numbers: Vec<usize> =
                    (0..self.numbers.len()).filter(|&at| self.numbers[at].text.is_none()).collect();
                let help =
                    if numbers.is_empty() { String::new() } else { format!("; numbers are: {}", names(&numbers)) };
                Err(format!(
                    "{file}: no score falls from rank to rank: name the one that is meant with --score NAME{help}"
                ))
            }
            _ => Err(format!(
                "{file}: several scores fall from rank to rank, and any of them may have ranked: name the one that is \
                 meant with --score NAME: {}",
                names(&fitting)
            )),
        }
    }

    /// A header without the prefix.
    fn short<'h>(&self, header: &'h str) -> &'h str {
        header.strip_prefix(&self.prefix).unwrap_or(header)
    }

    /// The columns of grades, each in the order of its score's values. The overall grade is one of
    /// them again, and left out, or several joined: those have no order.
    pub fn grades(&mut self) -> Vec<Levels> {
        let overall = format!("{}grade", self.prefix);
        let columns = std::mem::take(&mut self.grades);
        let is_copy = |column: &Texts| {
            let mut others = columns.iter().filter(|other| other.header != overall);
            others.any(|other| column.cells().eq(other.cells()))
        };
        let kept: Vec<bool> = columns.iter().map(|column| column.header != overall || !is_copy(column)).collect();
        let graded = columns.into_iter().zip(kept).filter(|(_, kept)| *kept);
        graded.map(|(column, _)| self.graded(column)).collect()
    }

    fn graded(&self, column: Texts) -> Levels {
        let score = column.header.strip_suffix("_grade").unwrap_or_default();
        let score = self.numbers.iter().find(|numbers| numbers.header == score && numbers.text.is_none());
        let mut highest = vec![f64::NEG_INFINITY; column.names.len()];
        if let Some(score) = score {
            for (&row, &value) in column.rows.iter().zip(&score.values) {
                highest[row as usize] = highest[row as usize].max(value);
            }
        }
        let height = |name: &str| {
            let highest = highest[column.names.iter().position(|known| known == name)?];
            (!name.is_empty() && highest > f64::NEG_INFINITY).then_some(highest)
        };
        let (header, texts) = (column.header.clone(), column.clone());
        Levels::sorted(&header, texts, height)
    }

    /// The stages in the order of the ladder, and for each, the highest first, who has reached it. The
    /// flags stand behind the stage, the lowest first.
    pub fn stages(self) -> (Option<Levels>, Vec<(String, Vec<bool>)>) {
        let Some(stage) = self.stage else { return (None, Vec::new()) };
        let behind = self.flags.into_iter().filter(|column| column.at > stage.at);
        let flags: Vec<(String, Vec<bool>)> = behind.map_while(|column| Some((column.header, column.rows?))).collect();
        let rung = |name: &str| flags.iter().position(|(header, _)| loose(header) == loose(&flag_name(name)));
        let named = |header: &str| stage.names.iter().find(|name| loose(header) == loose(&flag_name(name)));
        let mut reached: Vec<(String, Vec<bool>)> = Vec::new();
        for (header, rows) in flags.iter().rev() {
            reached.push((named(header).unwrap_or(header).clone(), rows.clone()));
        }
        let (header, texts) = (stage.header.clone(), stage.clone());
        (Some(Levels::sorted(&header, texts, |name| rung(name).map(|rung| rung as f64))), reached)
    }
}

/// The place among the numbers of the score that the user names.
fn named_score(
    table: &Table,
    score: &str,
    added: Option<usize>,
    numbers: &mut Vec<Numbers>,
    numbers_at: impl Fn(usize) -> Numbers,
) -> Result<usize, String> {
    let at = match added {
        Some(at) => at,
        None => super::find(table, "--score", score)?,
    };
    Ok(numbers.iter().position(|column| column.at == at).unwrap_or_else(|| {
        numbers.push(numbers_at(at));
        numbers.len() - 1
    }))
}

impl Numbers {
    fn take(&mut self, record: &Record<'_>) {
        let cell = record.get(self.at).trim();
        let value = match parse_written_number(cell) {
            Some(number) => number.to_points().to_f64(),
            None => f64::NAN,
        };
        if value.is_nan() && !cell.is_empty() && self.text.is_none() {
            self.text = Some(cell.to_owned());
        }
        self.values.push(value);
    }
}

impl Texts {
    fn cells(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|&row| &*self.names[row as usize])
    }

    fn take(&mut self, record: &Record<'_>) {
        let cell = record.get(self.at).trim();
        let row = match self.known.get(cell) {
            Some(&row) => row,
            None => {
                let row = self.names.len() as u32;
                self.known.insert(cell.to_owned(), row);
                self.names.push(cell.to_owned());
                row
            }
        };
        self.rows.push(row);
    }
}
