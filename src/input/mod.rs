//! Reading exports: from a path to blocks of whole records in UTF-8.
//!
//! In: a path as typed, or standard input. Out: a [`Reader`], which knows its header and gives
//! one [`Block`](crate::record::Block) after the other. Not here: what the columns mean; this
//! module never sees a rule.

mod decode;
mod delimiter;
mod reader;
pub mod rejects;
mod split;

pub use reader::{Reader, open};

/// How exports are read.
#[derive(Clone, Debug)]
pub struct Options {
    /// What parts the cells; `None`: found from the first lines.
    pub delimiter: Option<u8>,
    /// About how many bytes a block has; a longer record makes a longer block.
    pub block_bytes: usize,
}

impl Default for Options {
    /// One mebibyte a block; `LEADSCORE_CHUNK_BYTES` overrides it, so that tests can show that
    /// results do not depend on where a file is cut.
    fn default() -> Options {
        let chosen = std::env::var("LEADSCORE_CHUNK_BYTES").ok().and_then(|text| text.parse().ok());
        Options { delimiter: None, block_bytes: chosen.unwrap_or(1 << 20).max(1) }
    }
}

/// Takes `TYPE=FILE` apart into the type and the path.
///
/// A file that bears the whole name wins: `a=b.csv` may be just that.
pub fn activity_source(argument: &str) -> (Option<&str>, &str) {
    match argument.split_once('=') {
        Some((kind, path)) if !kind.is_empty() && !std::path::Path::new(argument).exists() => (Some(kind), path),
        _ => (None, argument),
    }
}

#[cfg(test)]
mod tests {
    use super::activity_source;

    #[test]
    fn a_type_stands_before_the_file_unless_the_whole_is_a_file() {
        assert_eq!(activity_source("email_open=opens.csv"), (Some("email_open"), "opens.csv"));
        assert_eq!(activity_source("email_open=a=b.csv"), (Some("email_open"), "a=b.csv"));
        assert_eq!(activity_source("email_open=-"), (Some("email_open"), "-"));
        assert_eq!(activity_source("opens.csv"), (None, "opens.csv"));
        assert_eq!(activity_source("=opens.csv"), (None, "=opens.csv"));
        let file = tempfile::Builder::new().suffix("a=b.csv").tempfile().unwrap();
        let path = file.path().to_str().unwrap();
        assert_eq!(activity_source(path), (None, path));
    }
}
