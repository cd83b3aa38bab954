//! A file that `score` wrote, read for what became of the contacts in it.
//!
//! In: the header and the blocks of the file; which columns are meant. Out: [`ScoredRows`]. No rule
//! file is needed: the names of the added columns (rule reference, §8) tell what they are, and the
//! ranks which of the scores ranked. Not here: figures.

mod added;

use super::outcome::{Answer, Outcome, Unclear};
use crate::instant::{DAY_MS, Zone, date_of_day};
use crate::record::{BadRow, Block, Cells, HeaderFault, Table};
use crate::value::{Reading, parse_instant};
use added::{Added, Texts};

/// The rows of a scored file, a column each; all of one length.
#[derive(Clone, Debug)]
pub struct ScoredRows {
    /// The header of the ranking score.
    pub score: String,
    /// The ranking score; `None` where the row has none, or is disqualified.
    pub scores: Vec<Option<f64>>,
    /// Whether the outcome was reached; `None`: not known yet.
    pub outcomes: Vec<Option<bool>>,
    /// How many rows are disqualified.
    pub disqualified: u64,
    /// The grades, a column each.
    pub grades: Vec<Levels>,
    /// The stage.
    pub stage: Option<Levels>,
    /// For each stage, the highest first, its name and who is there or above.
    pub reached: Vec<(String, Vec<bool>)>,
    /// The month of each row, as year × 12 + month from 0; with a column of dates.
    pub months: Option<Vec<Option<i64>>>,
}

/// A column of grades or stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels {
    /// Its header.
    pub column: String,
    /// The names, the highest first; last, if need be, `disqualified` and nothing.
    pub names: Vec<String>,
    /// How many of the names are known to be in an order.
    pub ordered: usize,
    /// For each row the index of its name.
    pub rows: Vec<u32>,
}

/// Which columns are meant.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// `COLUMN[=VALUE]`
    pub outcome: &'a str,
    /// The score, where it is named.
    pub score: Option<&'a str>,
    /// A column of dates.
    pub over: Option<&'a str>,
}

/// Reads a scored file.
#[derive(Debug)]
pub struct ScoredReader<'a> {
    table: Table,
    /// How the outcome is told.
    pub outcome: Outcome,
    outcome_at: usize,
    over: Option<(&'a str, usize)>,
    added: Added,
    zone: Zone,
    outcomes: Vec<Option<bool>>,
    unclear: Unclear,
    months: Vec<Option<i64>>,
}

impl<'a> ScoredReader<'a> {
    /// Finds the columns.
    ///
    /// # Errors
    /// Where one is not there, or a name leaves a choice.
    pub fn new(table: Table, wanted: &Wanted<'a>) -> Result<ScoredReader<'a>, String> {
        let outcome = Outcome::parse(wanted.outcome, |name| table.columns.iter().any(|column| column == name));
        let outcome_at = find(&table, "--outcome", &outcome.column)?;
        let over = wanted.over.map(|name| Ok::<_, String>((name, find(&table, "--over", name)?))).transpose()?;
        let added = Added::of(&table, wanted.score)?;
        let (outcomes, unclear, months) = (Vec::new(), Unclear::default(), Vec::new());
        Ok(ScoredReader { table, outcome, outcome_at, over, added, zone: Zone::utc(), outcomes, unclear, months })
    }

    /// Takes in a block.
    pub fn add(&mut self, block: &Block) -> Vec<BadRow> {
        let ScoredReader { table, outcome, outcome_at, over, added, zone, outcomes, unclear, months } = self;
        block.for_each_record(table, &mut Cells::of(table), |record, _| {
            let cell = record.get(*outcome_at);
            outcomes.push(match outcome.answer(Some(cell)) {
                Answer::Yes => Some(true),
                Answer::No => Some(false),
                Answer::Undecided => None,
                Answer::Unclear => {
                    unclear.note(cell);
                    None
                }
            });
            if let Some((_, at)) = over {
                let read = parse_instant(record.get(*at).trim(), &Reading::default(), zone);
                months.push(read.map(|read| {
                    let (year, month, _) = date_of_day(read.instant.0.div_euclid(DAY_MS));
                    year * 12 + i64::from(month) - 1
                }));
            }
            added.take(&record);
        })
    }

    /// Everything read, once it is clear what it means.
    ///
    /// # Errors
    /// Where words leave open whether the outcome was reached, no date can be read, or it cannot be told which
    /// column is the score that ranked.
    pub fn finish(self) -> Result<(Outcome, ScoredRows), String> {
        let name = &self.table.name;
        if let Some(fault) = self.unclear.fault(&self.outcome) {
            return Err(format!("{name}: {fault}"));
        }
        if let Some((over, _)) = self.over
            && self.months.iter().all(Option::is_none)
        {
            return Err(format!("{name}: --over {over}: no cell of `{over}` is a date"));
        }
        let months = self.over.map(|_| self.months);
        let mut added = self.added;
        let is_disqualified = added.disqualified();
        let at = added.ranking(name, &is_disqualified)?;
        let ranked = added.numbers[at].values.iter().zip(&is_disqualified);
        let scores = ranked.map(|(&value, &out)| (!out && !value.is_nan()).then_some(value)).collect();
        let (score, grades) = (added.numbers[at].header.clone(), added.grades());
        let (stage, reached) = added.stages();
        let rows = ScoredRows {
            score,
            scores,
            outcomes: self.outcomes,
            disqualified: is_disqualified.iter().filter(|&&out| out).count() as u64,
            grades,
            stage,
            reached,
            months,
        };
        Ok((self.outcome, rows))
    }
}

/// The column that an option names.
fn find(table: &Table, option: &str, name: &str) -> Result<usize, String> {
    table.find(&[name.to_owned()]).map_err(|fault| match fault {
        HeaderFault::Absent => {
            let near = crate::diagnostic::nearest(name, table.columns.iter().map(String::as_str));
            let help = if near.is_empty() {
                format!("it has: {}", table.columns.join(", "))
            } else {
                crate::diagnostic::did_you_mean(&near)
            };
            format!("{}: {option} {name}: there is no such column; {help}", table.name)
        }
        HeaderFault::Repeated(header) => format!("{}: several columns are called `{header}`", table.name),
        HeaderFault::Ambiguous(headers) => {
            format!("{}: {option} {name}: which column is meant: `{}`?", table.name, headers.join("` or `"))
        }
    })
}

impl Levels {
    /// From the texts of a column and how high each stands, where that is known: the higher the
    /// number the higher the level. Those of which nothing is known follow by name.
    fn sorted(column: &str, texts: Texts, height: impl Fn(&str) -> Option<f64>) -> Levels {
        let heights: Vec<Option<f64>> = texts.names.iter().map(|name| height(name)).collect();
        let mut order: Vec<usize> = (0..texts.names.len()).collect();
        order.sort_by(|&one, &other| {
            let named = |at: usize| (texts.names[at].is_empty(), texts.names[at] == added::DISQUALIFIED);
            let by_height = match (heights[one], heights[other]) {
                (Some(one), Some(other)) => other.total_cmp(&one),
                (one, other) => one.is_none().cmp(&other.is_none()),
            };
            by_height.then(named(one).cmp(&named(other))).then_with(|| texts.names[one].cmp(&texts.names[other]))
        });
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, &level)| place[level] = at as u32);
        Levels {
            column: column.to_owned(),
            ordered: heights.iter().flatten().count(),
            names: order.iter().map(|&at| texts.names[at].clone()).collect(),
            rows: texts.rows.iter().map(|&row| place[row as usize]).collect(),
        }
    }
}
