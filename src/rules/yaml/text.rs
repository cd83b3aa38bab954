//! Bytes become text, or a fault that says what they are instead.
//!
//! In: the bytes of a file. Out: UTF-8 without a byte-order mark. Not here: YAML.

use crate::diagnostic::{Diagnostic, Place};

/// The largest rule file, in bytes; long lists belong into files of their own (`in_file`).
pub const LARGEST: usize = 4 << 20;

/// What some editors write before UTF-8.
pub const MARK: &[u8] = b"\xef\xbb\xbf";

/// The text of a rule file.
///
/// # Errors
/// Where the bytes are too many, in another encoding, or no text at all. With the text as far as
/// it can be shown.
pub fn decode(bytes: &[u8]) -> Result<String, (String, Box<Diagnostic>)> {
    let fault = |code, message: String, help: &str| {
        (String::new(), Box::new(Diagnostic::error(code, None, message).help(help)))
    };
    if bytes.len() > LARGEST {
        let message = format!("the rule file is larger than {} MB", LARGEST >> 20);
        return Err(fault(
            "file-too-large",
            message,
            "move long lists into files of their own and name them by `in_file`",
        ));
    }
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || looks_like_utf_16(bytes) {
        let message = "the rule file is in UTF-16".to_owned();
        return Err(fault("not-utf8", message, "save it as UTF-8 (in Notepad: Save as, Encoding: UTF-8)"));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            let shown = String::from_utf8_lossy(bytes).into_owned();
            let place = Place { start: at, end: at + 3 };
            let fault = Diagnostic::error("not-utf8", place, "the rule file is not in UTF-8")
                .label("no letter of UTF-8")
                .help("save it as UTF-8; Polish letters from Excel or an old editor are often in windows-1250");
            return Err((shown, Box::new(fault)));
        }
    };
    if let Some(at) = text.bytes().position(|byte| byte == 0) {
        let place = Place { start: at, end: at + 1 };
        let fault = Diagnostic::error("not-text", place, "the rule file holds a NUL byte, so it is no text file");
        return Err((text.to_owned(), Box::new(fault.help("give a YAML file written in a text editor"))));
    }
    Ok(text.to_owned())
}

/// Every second byte of the beginning is NUL: UTF-16 without a mark.
fn looks_like_utf_16(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(64)];
    head.len() >= 4 && (0..2).any(|odd| head.iter().skip(odd).step_by(2).all(|&byte| byte == 0))
}
