//! From a path to plain bytes: opens it, and tells what it is by its first bytes.
//!
//! In: a path, `-` for standard input. Out: a stream of bytes that are to be UTF-8 text, or an
//! error that says what the file is instead and what to do. Compressed files and UTF-16 are
//! recognised but not read.

use anyhow::{Context, bail};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes of a file or of standard input.
pub struct Source {
    /// Where they come from.
    pub stream: Box<dyn Read + Send>,
    /// How many there are, where that is known.
    pub size: Option<u64>,
}

/// Standard input can be read once only; the second reader would see an empty file.
static STANDARD_INPUT_TAKEN: AtomicBool = AtomicBool::new(false);

/// Opens `path`.
pub fn open(path: &str) -> anyhow::Result<Source> {
    if path == "-" {
        if STANDARD_INPUT_TAKEN.swap(true, Ordering::Relaxed) {
            bail!("standard input (`-`) can be read only once");
        }
        return Ok(Source { stream: Box::new(std::io::stdin()), size: None });
    }
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow::anyhow!("cannot open {path}: there is no such file"),
        ErrorKind::PermissionDenied => anyhow::anyhow!("cannot open {path}: you may not read it; ask its owner"),
        _ => anyhow::Error::new(error).context(format!("cannot open {path}")),
    })?;
    let facts = file.metadata().with_context(|| format!("cannot open {path}"))?;
    if facts.is_dir() {
        bail!("cannot read {path}: it is a folder; name a file in it");
    }
    Ok(Source { stream: Box::new(file), size: facts.is_file().then_some(facts.len()) })
}

/// What the first bytes of `path` say it is: the length of a UTF-8 byte-order mark to pass over,
/// or an error where it is no UTF-8 text.
pub fn byte_order_mark(path: &str, first: &[u8]) -> anyhow::Result<usize> {
    let no_text = |what: &str, todo: &str| anyhow::anyhow!("cannot read {path}: it is {what}; {todo}");
    const SAVE_AS_CSV: &str = "save the sheet as CSV UTF-8";
    match first {
        // Programs that add a mark without looking leave two of them.
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok(3 + if rest.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }),
        [0x1f, 0x8b, ..] => Err(no_text("compressed with gzip", "unpack it with `gunzip` first")),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Err(no_text("compressed with zstd", "unpack it with `unzstd` first")),
        [b'P', b'K', 3, 4, ..] => Err(no_text("a ZIP archive or an Excel workbook", SAVE_AS_CSV)),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(no_text("an Excel workbook", SAVE_AS_CSV)),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(no_text("UTF-16 text", "save it as UTF-8")),
        _ if is_json(first) => Err(no_text("JSON", "export the contacts or activities as CSV")),
        _ if is_unmarked_utf16(first) => Err(no_text("UTF-16 text", "save it as UTF-8")),
        _ if begins(first, b"<!doctype html") || begins(first, b"<html") => {
            Err(no_text("a web page", "look at it in a browser: the export may have asked for a login"))
        }
        _ => Ok(0),
    }
}

/// Whether every second byte is zero, as in UTF-16 text of Latin letters.
fn is_unmarked_utf16(first: &[u8]) -> bool {
    let pairs: Vec<&[u8]> = first[..first.len().min(256)].chunks_exact(2).collect();
    let zeros = |at: usize| pairs.iter().filter(|pair| pair[at] == 0).count();
    pairs.len() >= 8 && (zeros(0) * 4 > pairs.len() * 3 || zeros(1) * 4 > pairs.len() * 3) && zeros(0) != zeros(1)
}

/// Whether it begins as a list of objects or as one object a line: no header looks like that.
fn is_json(first: &[u8]) -> bool {
    let first = first.trim_ascii_start();
    let object = |bytes: &[u8]| bytes.strip_prefix(b"{").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\""));
    object(first) || first.strip_prefix(b"[").is_some_and(|rest| object(rest.trim_ascii_start()))
}

fn begins(bytes: &[u8], with: &[u8]) -> bool {
    let bytes = bytes.trim_ascii_start();
    bytes.len() >= with.len() && bytes[..with.len()].eq_ignore_ascii_case(with)
}
