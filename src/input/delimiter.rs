//! Which character parts the cells.
//!
//! In: the first bytes of an export. Out: the delimiter under which the lines have the same
//! number of cells as the header. Not here: a delimiter that the user named; that one is taken.

use crate::record::{Cells, Table};

/// The candidates; of two that fit equally well the first one wins. The comma comes last: it is
/// the one that stands in decimals and addresses of files that another one parts.
const CANDIDATES: [u8; 4] = [b';', b'\t', b'|', b','];

/// Parts a file of one column: a character that no text has (the ASCII unit separator).
const NEVER: u8 = 0x1f;

/// How many records are looked at.
const RECORDS: usize = 64;

/// A first line `sep=;`, as Excel writes and reads it: the delimiter, and where the next line begins.
pub fn declared(bytes: &[u8]) -> Option<(u8, usize)> {
    let end = memchr::memchr2(b'\r', b'\n', bytes)?;
    let line = bytes[..end].trim_ascii_end();
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let next = if bytes[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 };
    match line {
        [s, e, p, b'=', delimiter] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => Some((*delimiter, next)),
        [s, e, p, b'='] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") && bytes[..end].ends_with(b"\t") => {
            Some((b'\t', next))
        }
        _ => None,
    }
}

/// The delimiter that fits `sample` best; `whole` says that nothing comes after it, `escape` that
/// backslashes mean something in it.
pub fn detect(sample: &[u8], whole: bool, escape: bool) -> u8 {
    let mut best = (0.0, NEVER);
    for delimiter in CANDIDATES {
        let fit = fit(sample, whole, &Table { delimiter, escape, ..Table::default() });
        if fit > best.0 {
            best = (fit, delimiter);
        }
    }
    best.1
}

/// How well a delimiter fits: the header's cells beyond the first, times the share of the records
/// that have as many. Nothing where it does not part the header.
fn fit(sample: &[u8], whole: bool, table: &Table) -> f64 {
    let mut cells = Cells::of(table);
    let (mut at, mut header, mut records, mut alike) = (0, 0, 0, 0);
    while let Some(found) = cells.read(&sample[at..]) {
        at += found.end;
        if records > 0 && at == sample.len() && !whole {
            break; // this one may be cut short
        }
        if records == 0 {
            header = cells.len();
        }
        records += 1;
        alike += usize::from(cells.len() == header);
        if records == RECORDS {
            break;
        }
    }
    if records == 0 { 0.0 } else { (header - 1) as f64 * alike as f64 / records as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_that_parts_every_line_alike() {
        for (text, delimiter) in [
            ("id,name\n1,a;b\n2,c;d\n", b','),
            ("id;amount\n1;1,5\n2;2,5\n", b';'),
            ("id;amount, net;amount, gross\n1;1,5;2,5\n", b';'),
            ("id\tname, first\n1\tx\n2\ty, z\n", b'\t'),
            ("id|a;b\n1|x\n", b'|'),
            ("\"id;x\",name\n1,2\n", b','),
            ("id,note\n1,\"a;b\nc;d\"\n", b','),
            ("id,a,b,c\n1,2,3\n1,2,3,4\n1;2,3,4,5;\n", b','),
            ("\"Name\";\"Address, City\"\n\"A\";\"Street 1, Town\"\n", b';'),
            ("id,name", b','),
            ("email\na@b.example\n", NEVER),
            ("company\nACME, Inc.\n", NEVER),
        ] {
            assert_eq!(detect(text.as_bytes(), true, false) as char, delimiter as char, "{text}");
        }
    }

    #[test]
    fn a_record_that_the_sample_cuts_short_does_not_count() {
        assert_eq!(detect(b"a,b,c;d\n1,2,3;4\n1;2", false, false), b',');
    }

    #[test]
    fn a_first_line_may_name_it() {
        assert_eq!(declared(b"sep=;\r\na;b"), Some((b';', 7)));
        assert_eq!(declared(b"\"sep=,\"\na,b"), Some((b',', 8)));
        assert_eq!(declared(b"SEP=\t\na\tb"), Some((b'\t', 6)));
        assert_eq!(declared(b"sep,a\n1,2"), None);
        assert_eq!(declared(b"sep=;"), None);
    }
}
