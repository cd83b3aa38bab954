//! `leadscore completions SHELL`: a script that completes commands, flags and paths.
//!
//! In: the shell. Out: the script on standard output. Not here: installing it.

use super::Status;
use crate::cli::Cli;
use clap::CommandFactory;
use std::io::{self, Write};

/// Prints the script.
///
/// # Errors
/// Where standard output cannot be written.
pub fn run(shell: clap_complete::Shell) -> anyhow::Result<Status> {
    let mut script = Vec::new(); // the generator panics where writing fails, as with a closed pipe
    clap_complete::generate(shell, &mut Cli::command(), "leadscore", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Status::Done)
}
