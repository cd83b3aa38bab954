//! `leadscore schema`: the JSON Schema of the rule file, for editors.
//!
//! In: nothing. Out: the schema on standard output. Not here: what it says (`rules::schema`).

use super::Status;
use crate::rules::SCHEMA;
use std::io::Write;

/// Prints the schema.
///
/// # Errors
/// Where standard output cannot be written.
pub fn run() -> anyhow::Result<Status> {
    std::io::stdout().lock().write_all(SCHEMA.as_bytes())?;
    Ok(Status::Done)
}
