//! leadscore: arguments → commands → exit status; nothing else.

use clap::Parser;
use leadscore::cli::{Cli, Command};
use leadscore::commands::{self, Status};
use leadscore::rules::Faults;
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(status) => status.into(),
        Err(error) if is_closed_pipe(&error) => Status::Done.into(),
        Err(error) => {
            if let Some(faults) = error.downcast_ref::<Faults>() {
                commands::show(&faults.source, &faults.diagnostics);
                return Status::NotDone.into();
            }
            let _ = writeln!(io::stderr(), "error: {error:#}");
            Status::NotDone.into()
        }
    }
}

fn run(command: Command) -> anyhow::Result<Status> {
    match command {
        Command::Score(args) => commands::score::run(&args),
        Command::Init(args) => commands::init::run(&args),
        Command::Evaluate(args) => commands::evaluate::run(&args),
        Command::Calibrate(args) => commands::calibrate::run(&args),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Fit(args) => commands::fit::run(&args),
        Command::Schema => commands::schema::run(),
        Command::Completions { shell } => commands::completions::run(shell),
        Command::Man => commands::man::run(),
    }
}

/// Whoever reads a pipe may stop when they have seen enough: `leadscore schema | head`.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let kinds = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    kinds.map(io::Error::kind).any(|kind| kind == io::ErrorKind::BrokenPipe)
}
