//! The cells of contacts: their rows parted, those that were merged into one together.
//!
//! In: contacts, one or many in the order of the input. Out: [`RowsOf`] each of them, which gives
//! cells by column. Not here: what cells mean.

use super::{ContactId, Contacts};
use crate::engine::plan::Plan;
use crate::engine::row_set::ROWS;
use crate::record::{Cells, Record};
use crate::rules::model::ColumnId;
use crate::value::Valued;
use std::ops::Range;

impl Contacts {
    /// Parts the cells of a contact's row, and of the rows merged into it.
    pub fn view<'v>(&'v self, contact: ContactId, plan: &'v Plan<'_>, view: &'v mut RowView) -> RowsOf<'v> {
        self.part(contact, plan, &mut view.parts)
    }

    fn part<'v>(&'v self, contact: ContactId, plan: &'v Plan<'_>, parts: &'v mut Vec<Cells>) -> RowsOf<'v> {
        let mut used = 0;
        for row in self.rows_of(contact) {
            let block = &self.blocks[row.block()];
            if used == parts.len() {
                parts.push(Cells::new(b','));
            }
            let cells = &mut parts[used];
            cells.follow(&plan.contact_tables[block.table]);
            cells.read(self.text_of(*row).as_bytes());
            used += 1;
        }
        let first = self.rows[contact as usize];
        let record = parts[0].record(self.text_of(first));
        let places = &plan.contact_columns[self.blocks[first.block()].table];
        RowsOf { contacts: self, contact, parts: &parts[..used], first: Some((record, places)) }
    }

    /// Visits contacts in their order, in windows of at most [`ROWS`] and at least one, each of one table: rows that stand
    /// side by side are parted together.
    pub fn for_each_window(
        &self,
        contacts: Range<ContactId>,
        plan: &Plan<'_>,
        view: &mut RowView,
        mut visit: impl FnMut(Vec<RowsOf<'_>>),
    ) {
        let RowView { parts, run } = view;
        let mut visit = |window: Vec<RowsOf<'_>>| {
            if !window.is_empty() {
                visit(window);
            }
        };
        let mut next = contacts.start;
        while next < contacts.end {
            let first = self.rows[next as usize];
            let further = &self.rows[next as usize..contacts.end as usize];
            let end = next + further.partition_point(|row| row.block() == first.block()) as ContactId;
            let block = &self.blocks[first.block()];
            let places = &plan.contact_columns[block.table];
            run.follow(&plan.contact_tables[block.table]);
            let text = &block.text[first.start as usize..self.rows[end as usize - 1].end as usize];
            run.for_each_batch(text, None, |batch| {
                let mut window = Vec::with_capacity(batch.len().min(ROWS));
                for at in 0..batch.len() {
                    // Rows that are no contacts of their own stand between the others.
                    let start = first.start as usize + batch.place(at).start;
                    if next == end || self.rows[next as usize].start as usize != start {
                        continue;
                    }
                    let is_merged = self.is_merged(next);
                    if is_merged || window.len() == ROWS {
                        visit(std::mem::take(&mut window));
                    }
                    if is_merged {
                        visit(vec![self.part(next, plan, parts)]);
                    } else {
                        let first = Some((batch.record(at), &places[..]));
                        window.push(RowsOf { contacts: self, contact: next, parts: &[], first });
                    }
                    next += 1;
                }
                visit(window);
            });
            debug_assert_eq!(next, end, "every row is found again");
            next = end;
        }
    }

    /// A contact whose cells nobody asks for.
    pub fn unparted(&self, contact: ContactId) -> RowsOf<'_> {
        RowsOf { contacts: self, contact, parts: &[], first: None }
    }
}

/// Room for the cells of contacts; made once a worker.
#[derive(Debug)]
pub struct RowView {
    /// For the rows of one contact.
    parts: Vec<Cells>,
    /// For rows that stand side by side.
    run: Cells,
}

impl Default for RowView {
    fn default() -> RowView {
        RowView { parts: Vec::new(), run: Cells::new(b',') }
    }
}

/// The cells of one contact.
#[derive(Clone, Copy, Debug)]
pub struct RowsOf<'v> {
    contacts: &'v Contacts,
    /// Whose they are.
    pub contact: ContactId,
    /// The rows of the contact where several may have to be asked; else the first is the only one.
    parts: &'v [Cells],
    /// The first record, which nearly always is the only one, with the places of the columns there.
    first: Option<(Record<'v>, &'v [Option<usize>])>,
}

/// A column of the rule file, and when a cell of it has a value; looked up once for many contacts.
#[derive(Clone, Copy)]
pub(super) struct ColumnOf<'p> {
    column: ColumnId,
    valued: Valued<'p>,
    plan: &'p Plan<'p>,
}

impl<'p> ColumnOf<'p> {
    pub fn new(plan: &'p Plan<'_>, column: ColumnId) -> ColumnOf<'p> {
        let valued = Valued::by(&plan.model.contact_columns[column].reading, &plan.model.contacts.missing);
        ColumnOf { column, valued, plan }
    }

    /// The column in a table, if it has it there.
    #[inline(always)]
    pub fn in_table(&self, places: &[Option<usize>]) -> Option<ColumnIn<'p>> {
        Some(ColumnIn { place: places[self.column]?, valued: self.valued })
    }

    /// The cell of a record, trimmed, if it has a value there.
    #[inline(always)]
    fn of<'v>(&self, record: &Record<'v>, places: &[Option<usize>]) -> Option<&'v str> {
        self.in_table(places)?.cell(record)
    }

    /// The cell of a contact, trimmed, of the first row that has a value there.
    #[inline(always)]
    fn cell<'v>(&self, contact: &RowsOf<'v>) -> Option<&'v str> {
        let (record, places) = contact.first.as_ref()?;
        let first = self.of(record, places);
        if first.is_some() || contact.parts.len() <= 1 { first } else { self.cell_of_further_rows(contact) }
    }

    fn cell_of_further_rows<'v>(&self, contact: &RowsOf<'v>) -> Option<&'v str> {
        contact.records().find_map(|(record, table)| self.of(&record, &self.plan.contact_columns[table]))
    }
}

/// A column of the rule file in one table.
#[derive(Clone, Copy)]
pub(super) struct ColumnIn<'p> {
    place: usize,
    valued: Valued<'p>,
}

impl ColumnIn<'_> {
    /// The cell of a record, trimmed, if it has a value there.
    #[inline(always)]
    pub fn cell<'v>(&self, record: &Record<'v>) -> Option<&'v str> {
        self.valued.cell(record.get(self.place))
    }
}

/// The cells of some contacts in a column of the rule file, trimmed; of several rows the first that has a
/// value there.
pub fn cells_of<'v>(contacts: &[RowsOf<'v>], plan: &Plan<'_>, column: ColumnId) -> Box<[Option<&'v str>]> {
    debug_assert!(contacts.iter().all(|contact| contact.first.is_some()), "nobody parted the rows");
    let of = ColumnOf::new(plan, column);
    let [RowsOf { parts: [], first: Some((_, places)), .. }, ..] = contacts else {
        return contacts.iter().map(|contact| of.cell(contact)).collect();
    };
    // Rows that were parted together are of one table.
    let Some(column) = of.in_table(places) else { return vec![None; contacts.len()].into() };
    contacts.iter().map(|contact| column.cell(&contact.first.as_ref()?.0)).collect()
}

impl<'v> RowsOf<'v> {
    /// Its records, each with the table it is from.
    fn records(self) -> impl Iterator<Item = (Record<'v>, usize)> {
        let RowsOf { contacts, contact, parts, .. } = self;
        contacts
            .rows_of(contact)
            .zip(parts)
            .map(move |(row, cells)| (cells.record(contacts.text_of(*row)), contacts.blocks[row.block()].table))
    }

    /// The cell in a column of the rule file, trimmed, of the first row that has a value there.
    pub fn cell(&self, plan: &Plan<'_>, column: ColumnId) -> Option<&'v str> {
        ColumnOf::new(plan, column).cell(self)
    }

    /// The cell in a column of the united exports as it stands; `places` gives, for each table,
    /// its place there. Of several rows the first that has a value, else the first.
    pub fn raw(self, plan: &Plan<'_>, place: impl Fn(usize) -> Option<usize>) -> &'v str {
        let missing = &plan.model.contacts.missing;
        // A cell that some rule reads as a multi-select has a value where it has members.
        let has_value = |table: usize, at: usize, cell: &str| {
            missing.present(cell).is_some_and(|text| {
                let columns = plan.model.contact_columns.iter().zip(&plan.contact_columns[table]);
                let mut read_here = columns.filter(|(_, place)| **place == Some(at));
                read_here.all(|(column, _)| Valued::by(&column.reading, missing).cell(text).is_some())
            })
        };
        let cell = |(record, table): (Record<'v>, usize)| Some((table, place(table)?, record.get(place(table)?)));
        // A column that the first row's file lacks is empty there.
        let first = self.records().next().and_then(cell).map_or("", |(_, _, cell)| cell);
        if self.parts.len() == 1 {
            return first;
        }
        let filled = self.records().filter_map(cell).find(|&(table, at, cell)| has_value(table, at, cell));
        filled.map_or(first, |(_, _, cell)| cell)
    }

    /// Which column of the (first) table a column of the rule file is, if the table has it.
    pub fn place(self, plan: &Plan<'_>, column: ColumnId) -> Option<usize> {
        plan.contact_columns[self.contacts.table(self.contact)][column]
    }
}
