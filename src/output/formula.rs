//! Texts that a spreadsheet program would take for a formula.
//!
//! In: a cell. Out: the cell guarded, and, when a file so written comes back, as it was.
//!
//! A CSV file can't say "this is text": a program that opens it by double click evaluates what
//! begins with `=`, `+`, `-` or `@`, even in quotes, and whoever fills in a web form could so run a
//! formula on the computer of a salesperson. The guard is one tab before such a text:
//!
//! * spreadsheet programs then keep it as text, and show it as it is, but for a little indent;
//! * it survives being saved; and as every test of a rule trims its cell, the same score comes out;
//! * an apostrophe would be shown, would be there for good, and would change what rules see; `="…"`
//!   is itself a formula; a space is trimmed by some programs before they look.
//!
//! Plain numbers (`-5`, `+1 200,50`) and phone numbers of digits and spaces (`+48 600 100 200`) are
//! no danger and stay bare. `+48-600-100` does not: it would be reckoned out.

use std::borrow::Cow;

/// Stands before a text that is guarded.
const GUARD: char = '\t';

/// The cell, guarded where it must be.
pub fn guarded(cell: Cow<'_, str>) -> Cow<'_, str> {
    if is_dangerous(&cell) { Cow::Owned(format!("{GUARD}{cell}")) } else { cell }
}

/// The cell of a file that came back, without the guard that was put there.
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix(GUARD).filter(|rest| is_dangerous(rest)).unwrap_or(cell)
}

/// Whether a program may take the cell for a formula, or it begins with what looks like a guard.
pub fn is_dangerous(cell: &str) -> bool {
    // Nearly every cell begins with a letter or a digit.
    match cell.as_bytes().first() {
        None => return false,
        Some(first) if first.is_ascii_alphanumeric() => return false,
        Some(_) => {}
    }
    if cell.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    let mut letters = cell.trim_start().chars();
    match letters.next() {
        // The wide forms are the same to programs in East Asian languages.
        Some('=' | '@' | '＝' | '＠') => true,
        Some('+' | '-' | '＋' | '－') => {
            letters.any(|letter| !matches!(letter, '0'..='9' | ' ' | '.' | ',' | '\u{a0}' | '\u{202f}'))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_reckoned_out_is_guarded_and_comes_back() {
        for text in [
            "=SUM(A1)",
            "+SUM(A1)",
            "-2+3",
            "@SUM(A1)",
            " =1+1",
            "\u{a0}=1+1",
            "=",
            "\t=1+1",
            "\tx",
            "\r=1",
            "\n=1",
            "+48-600-100-200",
            "+50 Booked a meeting",
            "＝1+1",
        ] {
            let guard = guarded(Cow::Borrowed(text));
            assert_eq!(guard, format!("\t{text}"));
            assert_eq!(unguarded(&guard), text);
            assert_eq!(guarded(Cow::Borrowed(unguarded(&guard))), guard, "a second round changes nothing");
        }
    }

    #[test]
    fn numbers_phones_and_plain_texts_stay_bare() {
        for text in [
            "",
            "-5",
            "+48 600 100 200",
            "+48600100200",
            "-1 234,50",
            "-",
            "00123",
            "1+1",
            "a=b",
            " x",
            "e-mail",
            "(22) 600-100",
        ] {
            assert_eq!(guarded(Cow::Borrowed(text)), text);
            assert_eq!(unguarded(text), text);
        }
    }
}
