//! Whether a record stands in its file as it would be written: then it is copied, and nobody looks
//! for its cells.
//!
//! In: a record. Out: whether just those cells stand in quotes that must (RFC 4180).

/// Whether a record without its line end is written just so where `delimiter` parts its cells.
pub(super) fn is_as_written(record: &[u8], delimiter: u8) -> bool {
    let mut at = 0;
    while let Some(quote) = memchr::memchr(b'"', &record[at..]) {
        let start = at + quote;
        let opens = start == 0 || record[start - 1] == delimiter;
        let Some(end) = end_of_quoted(record, start + 1, delimiter).filter(|_| opens) else { return false };
        at = end;
    }
    true
}

/// Where a cell ends whose first quote ends at `start`, if it must stand in quotes.
fn end_of_quoted(record: &[u8], start: usize, delimiter: u8) -> Option<usize> {
    let (mut at, mut has_quotes) = (start, false);
    loop {
        let quote = at + memchr::memchr(b'"', &record[at..])?;
        match record.get(quote + 1) {
            Some(b'"') => (at, has_quotes) = (quote + 2, true),
            Some(&next) if next != delimiter => return None,
            _ => {
                let must = has_quotes || memchr::memchr3(delimiter, b'\r', b'\n', &record[start..quote]).is_some();
                return must.then_some(quote + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Cells;
    use proptest::prelude::*;

    #[test]
    fn only_the_quotes_that_must_be_there_are() {
        for record in ["", "a,b", "a,\"b,\",c", "\"a\nb\"", "\"\"\"\"", "\"say \"\"hi\"\"\",x", ",\",\""] {
            assert!(is_as_written(record.as_bytes(), b','), "{record}");
        }
        for record in ["\"\"", "a,\"b\"", "12\" pipes", "\"a,\"b", "\"a,", " \"a,b\""] {
            assert!(!is_as_written(record.as_bytes(), b','), "{record}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn what_is_so_is_written_so(text in "(\"?[a,;\"\n]{0,3}\"?,?){0,4}") {
            let mut cells = Cells::new(b',');
            if let Some(place) = cells.read(text.as_bytes()) {
                let line = text[place].trim_end_matches('\n');
                if is_as_written(line.as_bytes(), b',') {
                    let record = cells.record(&text);
                    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
                    writer.write_record((0..record.len()).map(|at| record.get(at))).unwrap();
                    let written = String::from_utf8(writer.into_inner().unwrap()).unwrap();
                    prop_assert_eq!(written.strip_suffix('\n').unwrap(), line);
                }
            }
        }
    }
}
