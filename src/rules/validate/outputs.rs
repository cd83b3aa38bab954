//! The columns that a run adds: no two may have one name (rule reference, §8).
//!
//! In: a model. Out: a fault for each name that two columns would bear. Not here: writing them.

use super::Validator;
use crate::diagnostic::{Diagnostic, Place};
use crate::rules::added::{Added, added_columns};
use crate::rules::model::{AccountScoreId, Model};

impl Validator<'_> {
    /// Notes every output column whose name another one has.
    pub fn output_columns(&mut self, model: &Model) {
        let columns = added_columns(model, true, true).into_iter().map(|(name, what)| Written::new(model, name, what));
        // A column of leadscore's own has its name first; the fault is the one that the file gives.
        let (named, own): (Vec<Written>, Vec<Written>) = columns.partition(|column| column.place.is_some());
        let mut seen: Vec<Written> = Vec::new();
        for column in own.into_iter().chain(named) {
            let Some(other) = seen.iter().find(|other| other.name == column.name) else {
                seen.push(column);
                continue;
            };
            // A name that is given twice is reported as such.
            if column.what == other.what || (column.named.is_some() && column.named == other.named) {
                continue;
            }
            let message = format!("two output columns would be called `{}`", column.name);
            let at = other.place.map(|place| format!(" (line {})", self.source.line_and_column(place.start).0));
            let label = format!("{}, beside {}{}", column.what, other.what, at.unwrap_or_default());
            let fault = Diagnostic::error("output-clash", column.place, message).label(label);
            self.push(fault.help("give it another name"));
        }
    }
}

/// A column that is written, what it holds and where the rule file asks for it.
struct Written {
    name: String,
    what: String,
    /// The list of names that its own is from, each of which must be given once only.
    named: Option<&'static str>,
    place: Option<Place>,
}

impl Written {
    fn new(model: &Model, name: String, what: Added) -> Written {
        let named = match what {
            Added::Score(_) | Added::Tally(_) | Added::AccountScore(_) => Some("scores and tallies"),
            Added::Grade(_) | Added::AccountGrade(_) => Some("grades"),
            _ => None,
        };
        let of_account = |id: AccountScoreId, whose: &str| {
            let score = model.accounts.as_ref().map(|accounts| &accounts.scores[id]);
            (format!("{whose} `{}`", score.map_or("", |score| &score.name)), score.map(|score| score.place))
        };
        let (what, place) = match what {
            Added::Score(id) => {
                let score = &model.scores[id];
                (format!("the score `{}`", score.name), Some(score.place))
            }
            Added::Grade(id) => {
                let score = &model.scores[id];
                (format!("the grade of `{}`", score.name), Some(score.place))
            }
            Added::Tally(id) => {
                let tally = &model.tallies[id];
                (format!("the tally `{}`", tally.name.as_deref().unwrap_or_default()), Some(tally.place))
            }
            Added::StageFlag(at) => {
                let stage = &model.stages[at];
                (format!("the flag of the stage `{}`", stage.name), Some(stage.place))
            }
            Added::AccountScore(id) => of_account(id, "the account score"),
            Added::AccountGrade(id) => of_account(id, "the grade of the account score"),
            Added::AccountStageFlag(at) => {
                let stage = model.accounts.as_ref().map(|accounts| &accounts.stages[at]);
                let stage_name = stage.map_or("", |stage| &stage.name);
                (format!("the flag of the account stage `{stage_name}`"), stage.map(|stage| stage.place))
            }
            _ => (format!("the column `{name}` of leadscore"), None),
        };
        Written { name, what, named, place }
    }
}
