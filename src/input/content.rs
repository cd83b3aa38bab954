//! What a file is, by its first bytes.
//!
//! In: the first bytes, unpacked. Out: how they are to be read, or an error that says what the
//! file is instead and what to do.

use encoding_rs::Encoding;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text, the byte-order mark of which names the encoding, if it has one.
    Text(Option<&'static Encoding>),
    /// A ZIP archive, which is what an Excel workbook is.
    Archive,
}

/// Tells what the file called `name` is; `chosen` is the encoding that the user named.
///
/// # Errors
/// Where it is nothing that can be read.
pub fn of(name: &str, first: &[u8], chosen: Option<&'static Encoding>) -> anyhow::Result<Content> {
    let unreadable = |what: &str, todo: &str| Err(anyhow::anyhow!("cannot read {name}: it is {what}; {todo}"));
    if let Some((encoding, _)) = Encoding::for_bom(first) {
        return Ok(Content::Text(Some(encoding)));
    }
    match first {
        [b'P', b'K', 3, 4, ..] if contains(&first[..first.len().min(128)], b"opendocument.spreadsheet") => {
            unreadable("an OpenDocument spreadsheet (.ods)", "save it as .xlsx or CSV")
        }
        [b'P', b'K', 3, 4, ..] => Ok(Content::Archive),
        [0xd0, 0xcf, 0x11, 0xe0, ..] if contains(first, b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0") => {
            unreadable("an Excel workbook with a password", "open it and save it without one")
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] => unreadable(
            "an Excel workbook of the old kind (.xls) or one with a password",
            "save it as .xlsx without a password",
        ),
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => unreadable("compressed twice", "unpack it once"),
        [b'P', b'A', b'R', b'1', ..] => unreadable("a Parquet file", "export it as CSV"),
        [b'%', b'P', b'D', b'F', ..] => unreadable("a PDF document", "export the table behind it as CSV"),
        _ if begins(first, b"<!doctype html") || begins(first, b"<html") => {
            unreadable("a web page", "look at it in a browser: the export may have asked for a login")
        }
        _ => match unmarked_utf16(first) {
            Some(label) if chosen.is_none() => {
                unreadable("UTF-16 text without a byte-order mark", &format!("say so with --encoding {label}"))
            }
            _ => Ok(Content::Text(None)),
        },
    }
}

/// Which UTF-16 it looks like: where every second byte is zero, as in text of Latin letters.
fn unmarked_utf16(first: &[u8]) -> Option<&'static str> {
    let pairs: Vec<&[u8]> = first[..first.len().min(256)].chunks_exact(2).collect();
    let zeros = |at: usize| pairs.iter().filter(|pair| pair[at] == 0).count();
    let (high, low) = (zeros(0), zeros(1));
    let many = |count: usize| pairs.len() >= 8 && count * 4 > pairs.len() * 3;
    match (many(high), many(low)) {
        (true, false) => Some("utf-16be"),
        (false, true) => Some("utf-16le"),
        (true, true) if high != low => Some(if high > low { "utf-16be" } else { "utf-16le" }),
        _ => None,
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

fn begins(bytes: &[u8], with: &[u8]) -> bool {
    let bytes = bytes.trim_ascii_start();
    bytes.len() >= with.len() && bytes[..with.len()].eq_ignore_ascii_case(with)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_export_is_told_by_its_first_bytes() {
        let fault = |first: &[u8]| of("x", first, None).unwrap_err().to_string();
        assert!(fault(b"\xd0\xcf\x11\xe0\xa1").contains("(.xls) or one with a password; save it as .xlsx"));
        assert!(fault(b"\xd0\xcf\x11\xe0E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0").contains("with a password"));
        assert!(
            fault(b"PK\x03\x04\x14\0\0\0mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK").contains(".ods")
        );
        assert!(fault(b"i\0d\0,\0n\0a\0m\0e\0\n\x001\0,\0").ends_with("say so with --encoding utf-16le"));
        assert!(fault(b"\0i\0d\0,\0n\0a\0m\0e\0\n\x001\0,").ends_with("say so with --encoding utf-16be"));
        assert!(fault(b"\n<!DOCTYPE html><html>").contains("web page"));
        assert!(fault(b"\x1f\x8b\x08").contains("compressed twice"));
        let utf16 = encoding_rs::UTF_16LE;
        assert_eq!(of("x", b"\xff\xfei\0d\0", None).unwrap(), Content::Text(Some(utf16)));
        assert_eq!(of("x", b"i\0d\0,\0n\0a\0m\0e\0\n\x001\0,\0", Some(utf16)).unwrap(), Content::Text(None));
        assert_eq!(of("x", b"PK\x03\x04", None).unwrap(), Content::Archive);
        assert_eq!(of("x", b"id,name\n", None).unwrap(), Content::Text(None));
    }
}
