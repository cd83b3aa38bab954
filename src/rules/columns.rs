//! Binds the columns of a rule file to the headers of exports.
//!
//! In: the columns that a [`Model`] reads, and the tables at hand. Out: for each table where each
//! column stands, or every fault at its place in the rule file. Not here: reading the exports.

use super::model::{Column, ColumnId, Model};
use crate::diagnostic::{Diagnostic, did_you_mean, join, nearest};
use crate::record::{HeaderFault, Table};

/// Where each column stands: for each table, for each [`ColumnId`], the index of the column in
/// that table, or `None` where that table lacks it.
///
/// `which` is `contacts` or `activities`: it says which columns every table must have. No tables,
/// no faults.
///
/// # Errors
/// Where no table has a column, a table lacks one that each must have, or a header leaves a choice.
pub fn bind(
    model: &Model,
    columns: &[Column],
    tables: &[Table],
    which: &str,
) -> Result<Vec<Vec<Option<usize>>>, Vec<Diagnostic>> {
    let mut faults = Vec::new();
    let mut bound = vec![vec![None; columns.len()]; tables.len()];
    for (id, column) in columns.iter().enumerate() {
        let (found, at_fault) = find_in_each(model, (id, column), tables, which);
        bound.iter_mut().zip(found).for_each(|(table, index)| table[id] = index);
        faults.extend(at_fault);
    }
    if faults.is_empty() { Ok(bound) } else { Err(faults) }
}

/// What is wrong with a contact column that an option names, which has no place in the rule file.
pub fn fault_of_option(model: &Model, id: ColumnId, tables: &[Table]) -> Option<String> {
    let (_, faults) = find_in_each(model, (id, &model.contact_columns[id]), tables, "contacts");
    let fault = faults.into_iter().next()?;
    Some(fault.help.map_or(fault.message.clone(), |help| format!("{}; {help}", fault.message)))
}

/// Where a column stands in each table, and what is wrong with it.
fn find_in_each(
    model: &Model,
    (id, column): (ColumnId, &Column),
    tables: &[Table],
    which: &str,
) -> (Vec<Option<usize>>, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let mut bound = vec![None; tables.len()];
    let mut lacking = Vec::new();
    for (table, bound) in tables.iter().zip(&mut bound) {
        if is_given_on_the_command_line(model, id, table, which) {
            continue;
        }
        match table.find(&column.headers) {
            Ok(index) => *bound = Some(index),
            Err(HeaderFault::Absent) => lacking.push(table),
            Err(HeaderFault::Repeated(header)) => faults.push(repeated(column, table, &header)),
            Err(HeaderFault::Ambiguous(headers)) => faults.push(ambiguous(column, table, &headers)),
        }
    }
    let must = needed_in_each(model, id, which);
    if !lacking.is_empty() && (must.is_some() || lacking.len() == tables.len()) {
        faults.push(absent(model, column, &lacking, must, which));
    }
    (bound, faults)
}

/// `--activities email_open=opens.csv` says the type: the table needs no column for it.
fn is_given_on_the_command_line(model: &Model, id: ColumnId, table: &Table, which: &str) -> bool {
    which == "activities" && table.activity_type.is_some() && id == model.activities.kind
}

/// What a column is for, where every table must have it.
fn needed_in_each(model: &Model, id: ColumnId, which: &str) -> Option<&'static str> {
    match which {
        "contacts" if id == model.contacts.id => Some("the id of the contact (`contacts.id`)"),
        "activities" if id == model.activities.contact => Some("whose activity it is (`activities.contact`)"),
        "activities" if id == model.activities.at => Some("when it was (`activities.at`)"),
        "activities" if id == model.activities.kind => Some("the type of the activity (`activities.type`)"),
        _ => None,
    }
}

fn absent(model: &Model, column: &Column, lacking: &[&Table], must: Option<&str>, which: &str) -> Diagnostic {
    let files: Vec<String> = lacking.iter().map(|table| table.name.clone()).collect();
    let files = join(&files, "or");
    let names: Vec<String> = column.headers.iter().map(|header| format!("`{header}`")).collect();
    let wanted = match &names[..] {
        [only] => format!("no column {only} in {files}"),
        _ => format!("none of the columns {} in {files}", join(&names, "and")),
    };
    let message = match must {
        Some(purpose) => format!("{wanted}: {purpose} must be in every file"),
        None => wanted,
    };
    // What stands in the rule file may have been meant as well: a tally, a score, a field.
    let mut others = names_of(model, which);
    others.retain(|name| *name != column.name);
    let headers = || lacking.iter().flat_map(|table| &table.columns).chain(&others).map(String::as_str);
    let near = column.headers.iter().map(|header| nearest(header, headers())).find(|near| !near.is_empty());
    let nameless = lacking.iter().find(|table| table.columns.iter().all(|header| header.trim().is_empty()));
    let help = match near {
        _ if let Some(table) = nameless => {
            format!("the header of {} has no names: is its first line the header?", table.name)
        }
        _ if must.is_some_and(|purpose| purpose.contains("type")) => {
            format!("give the type with the file: `--activities TYPE={}`", lacking[0].name)
        }
        Some(near) => did_you_mean(&near),
        None => format!("the file has: {}", listed(lacking[0])),
    };
    Diagnostic::error("unknown-column", column.place, message).label("nothing answers to this name").help(help)
}

/// The names that conditions may use beside columns.
fn names_of(model: &Model, which: &str) -> Vec<String> {
    let fields = if which == "contacts" { &model.contact_fields } else { &model.activity_fields };
    let mut names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    if which == "contacts" {
        names.extend(model.tallies.iter().filter_map(|tally| tally.name.clone()));
        for score in &model.scores {
            names.push(score.name.clone());
            names.extend(score.grades.is_some().then(|| format!("{}_grade", score.name)));
        }
    }
    names
}

/// The headers of a table, the first twenty.
fn listed(table: &Table) -> String {
    let named = table.columns.iter().filter(|header| !header.trim().is_empty());
    let shown: Vec<String> = named.clone().take(20).map(|header| format!("`{header}`")).collect();
    let more = named.count().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    if shown.is_empty() { "no columns".to_owned() } else { shown.join(", ") + &more }
}

fn repeated(column: &Column, table: &Table, header: &str) -> Diagnostic {
    let message = format!("{} has several columns `{header}`, so `{}` could be any of them", table.name, column.name);
    Diagnostic::error("repeated-column", column.place, message)
        .label("this column is there more than once")
        .help("rename all but one of them in the export")
}

fn ambiguous(column: &Column, table: &Table, headers: &[String]) -> Diagnostic {
    let names: Vec<String> = headers.iter().map(|header| format!("`{header}`")).collect();
    let message = format!("`{}` could be {} in {}", column.name, join(&names, "or"), table.name);
    Diagnostic::error("ambiguous-column", column.place, message)
        .label("several columns are named nearly so, none exactly so")
        .help("write the header exactly as it stands in the file")
}
