//! An earlier scored file: at which stage everybody was, and with which score.
//!
//! In: blocks of a file that an earlier run wrote. Out: [`Previous`], by contact id (rule
//! reference, §7).

use super::contacts::{Contacts, Directory};
use crate::points::{Decimal, Points};
use crate::record::{BadRow, Block, Cells, HeaderFault, Table};
use crate::rules::model::Model;
use crate::value::{fold, parse_written_number};
use std::collections::HashMap;

/// What is known of a contact from an earlier run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Was {
    /// Index of the stage; `None`: at no stage of the ladder.
    pub stage: Option<u16>,
    /// The first ranking score.
    pub score: Option<Points>,
}

/// Everybody in the earlier file, by id.
#[derive(Clone, Debug, Default)]
pub struct Previous {
    by_id: HashMap<Box<str>, Was, foldhash::fast::FixedState>,
}

/// Reads an earlier scored file.
#[derive(Debug)]
pub struct PreviousReader<'m> {
    model: &'m Model,
    table: Table,
    id: usize,
    stage: Option<usize>,
    score: Option<usize>,
    previous: Previous,
}

impl<'m> PreviousReader<'m> {
    /// Finds the columns of the earlier file: the contact's id, its stage and its score.
    ///
    /// # Errors
    /// Where the file has no id, or several columns answer to one name.
    pub fn new(model: &'m Model, table: Table) -> Result<PreviousReader<'m>, String> {
        let find = |names: &[String]| match table.find(names) {
            Ok(at) => Ok(Some(at)),
            Err(HeaderFault::Absent) => Ok(None),
            Err(HeaderFault::Repeated(header)) => Err(format!("{}: several columns are called `{header}`", table.name)),
            Err(HeaderFault::Ambiguous(headers)) => {
                Err(format!("{}: which column is meant: `{}`?", table.name, headers.join("` or `")))
            }
        };
        let prefix = &model.output.prefix;
        let ids = &model.contact_columns[model.contacts.id].headers;
        let id = find(ids)?.ok_or_else(|| {
            format!("{}: no column with the contact's id (looked for `{}`)", table.name, ids.join("`, `"))
        })?;
        let stage = find(&[format!("{prefix}stage")])?;
        let score = find(&[format!("{prefix}{}", model.scores[model.rank_by[0]].name)])?;
        if stage.is_none() && score.is_none() {
            return Err(format!(
                "{}: this is no file that an earlier run wrote: it has neither `{prefix}stage` nor `{prefix}{}`",
                table.name, model.scores[model.rank_by[0]].name
            ));
        }
        Ok(PreviousReader { model, table, id, stage, score, previous: Previous::default() })
    }

    /// Takes in a block; of several rows with one id the first counts.
    pub fn add(&mut self, block: &Block) -> Vec<BadRow> {
        let (model, previous) = (self.model, &mut self.previous);
        let mut cells = Cells::of(&self.table);
        block.for_each_record(&self.table, &mut cells, |record, _| {
            let Some(id) = model.contacts.missing.present(record.get(self.id)) else { return };
            if previous.by_id.contains_key(id) {
                return;
            }
            let stage = self.stage.and_then(|at| {
                let name = fold(record.get(at));
                model.stages.iter().position(|stage| fold(&stage.name) == name)
            });
            let score = self.score.and_then(|at| parse_written_number(record.get(at).trim()));
            let was = Was { stage: stage.map(|at| at as u16), score: score.map(Decimal::to_points) };
            previous.by_id.insert(id.into(), was);
        })
    }

    /// Everybody who was read.
    pub fn finish(self) -> Previous {
        self.previous
    }
}

impl Previous {
    /// The ids of those who were at a stage or above and are not among the contacts, sorted.
    pub fn gone(&self, stage: usize, contacts: &Contacts, directory: &Directory) -> Vec<String> {
        let there = |was: &Was| was.stage.is_some_and(|at| usize::from(at) >= stage);
        let gone = self.by_id.iter().filter(|(id, was)| there(was) && directory.find_id(id, contacts).is_none());
        let mut ids: Vec<String> = gone.map(|(id, _)| id.to_string()).collect();
        ids.sort_unstable();
        ids
    }

    /// What is known of a contact; one without an id is never in the earlier file.
    pub fn of(&self, contacts: &Contacts, contact: super::contacts::ContactId) -> Option<Was> {
        self.by_id.get(contacts.id(contact)).copied()
    }
}
