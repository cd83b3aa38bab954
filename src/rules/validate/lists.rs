//! Texts in files of their own: `in_file` (rule reference, §3).
//!
//! In: a path in a rule file. Out: the folded lines of that file. Not here: how they are compared.

use super::Validator;
use crate::diagnostic::Diagnostic;
use crate::rules::model::Literal;
use crate::rules::yaml::Node;
use crate::value::fold;

/// The largest list, in bytes.
const LARGEST: u64 = 256 << 20;

impl Validator<'_> {
    /// The lines of a file beside the rule file, without empty ones and those that begin with `#`.
    pub fn lines_of(&mut self, node: &Node, what: &str) -> Option<Vec<Literal>> {
        if matches!(node.kind, crate::rules::yaml::Kind::List(_)) {
            self.wrong_type_but(node, what, "the path of one file", "for several values write `in: […]`");
            return None;
        }
        let name = self.name(node, what)?;
        let path = self.folder.join(&name);
        match read_text(&path) {
            Ok(text) => Some(lines(&text)),
            Err(reason) => {
                let message = format!("cannot read the list {}: {reason}", path.display());
                let fault = Diagnostic::error("unreadable-list", node.place, message)
                    .label("a path relative to the rule file")
                    .help("give a UTF-8 text file with one value per line");
                self.push(fault);
                None
            }
        }
    }
}

fn read_text(path: &std::path::Path) -> Result<String, String> {
    let found = std::fs::metadata(path).map_err(|error| reason(&error))?;
    if found.is_dir() {
        return Err("it is a folder".to_owned());
    }
    // A device such as /dev/zero has no end.
    if !found.is_file() {
        return Err("it is no file".to_owned());
    }
    if found.len() > LARGEST {
        return Err(format!("it is larger than {} MB", LARGEST >> 20));
    }
    let bytes = std::fs::read(path).map_err(|error| reason(&error))?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        format!("line {line} is not in UTF-8")
    })
}

/// Why a file cannot be read, in words that are the same on every system.
pub fn reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind::{IsADirectory, NotFound, PermissionDenied};
    match error.kind() {
        NotFound => "there is no such file".to_owned(),
        PermissionDenied => "no permission to read it".to_owned(),
        IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}

fn lines(text: &str) -> Vec<Literal> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| Literal::Text(fold(line).into_owned()))
        .collect()
}
