//! Rule files: `yaml` (what stands where) → `validate` → [`model`].
//!
//! In: a path or bytes. Out: a [`RuleFile`], or all of its [`Faults`] at once. Not here: exports,
//! and scoring.

pub mod added;
pub mod columns;
pub mod describe;
pub mod edit;
mod lint;
pub mod model;
mod schema;
mod validate;
mod walk;
mod yaml;

pub use lint::unused;
pub use schema::SCHEMA;
pub use yaml::MARK;

use crate::diagnostic::{Diagnostic, Source, draw};
use model::Model;
use std::fmt;
use std::io::Read;
use std::path::Path;

/// A rule file that can be used, with what is doubtful in it.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// Name and text, for drawing places.
    pub source: Source,
    /// What it says.
    pub model: Model,
    /// What is doubtful.
    pub warnings: Vec<Diagnostic>,
    /// Whether the file begins with a byte-order mark.
    pub has_mark: bool,
}

/// The faults of one source, all of them.
#[derive(Clone, Debug)]
pub struct Faults {
    /// Name and text, for drawing places.
    pub source: Source,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Drawn without colours.
impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(draw(&self.source, &self.diagnostics, false).trim_end())
    }
}

impl std::error::Error for Faults {}

/// Reads a rule file.
///
/// # Errors
/// Every fault of the file at once, or that it cannot be read.
pub fn load(path: &Path) -> Result<RuleFile, Faults> {
    let name = path.display().to_string();
    match read(path) {
        Ok(bytes) => parse(&name, &bytes, path.parent().unwrap_or(Path::new(""))),
        Err(error) => {
            let message = format!("cannot read the rule file: {}", validate::reason(&error));
            let fault = Diagnostic::error("unreadable-file", None, message);
            Err(Faults { source: Source::new(name, ""), diagnostics: vec![fault] })
        }
    }
}

/// Reads no more than what shows that a file is too large.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(yaml::LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads the bytes of a rule file; `folder` is where the paths of `in_file` begin.
///
/// # Errors
/// Every fault of the file at once.
pub fn parse(name: &str, bytes: &[u8], folder: &Path) -> Result<RuleFile, Faults> {
    let text = match yaml::decode(bytes) {
        Ok(text) => text,
        Err((shown, fault)) => {
            return Err(Faults { source: Source::new(name, shown), diagnostics: vec![*fault] });
        }
    };
    let source = Source::new(name, text);
    let root = match yaml::read(&source.text) {
        Ok(root) => root,
        Err(fault) => return Err(Faults { source, diagnostics: vec![*fault] }),
    };
    match validate::model(&root, &source, folder) {
        Ok((model, mut warnings)) => {
            warnings.extend(lint::lint(&model));
            Ok(RuleFile { source, model, warnings, has_mark: bytes.starts_with(yaml::MARK) })
        }
        Err(diagnostics) => Err(Faults { source, diagnostics }),
    }
}
