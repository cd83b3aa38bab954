//! The verbs of the program, one a file.
//!
//! In: the arguments of one command. Out: files, text on standard output, and a [`Status`]. Not
//! here: what may be typed (`cli`), and how a score comes about (`engine`).

pub mod calibrate;
pub mod check;
pub mod completions;
pub mod evaluate;
pub mod explain;
mod figures;
pub mod fit;
pub mod init;
pub mod man;
mod places;
pub mod schema;
pub mod score;
mod scoring;
mod summary;

pub use scoring::show;

use crate::cli::{Escape, Reading};
use crate::input::Options;

/// What the arguments say about how exports are read.
fn options(reading: &Reading) -> Options {
    Options {
        delimiter: reading.delimiter,
        escape: reading.escape == Some(Escape::Backslash),
        encoding: reading.encoding,
        ..Options::default()
    }
}

/// How a run ended that was not stopped by an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Everything asked for was done.
    Done,
    /// It was not done, and standard error has said why.
    NotDone,
    /// It was done, but rows were rejected.
    RowsRejected,
}

impl From<Status> for std::process::ExitCode {
    fn from(status: Status) -> std::process::ExitCode {
        std::process::ExitCode::from(match status {
            Status::Done => 0,
            Status::NotDone => 1,
            Status::RowsRejected => 3, // 2 is clap's, for wrong usage
        })
    }
}
