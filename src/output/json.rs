//! JSON: a list of objects, one a line; and NDJSON: an object a line and nothing else.
//!
//! In: a [`Sheet`]. Out: an object a row, its keys in the order of the columns.
//!
//! * Columns of the input are texts, exactly as they stood: `"00123"` and `"1.33"` stay that. A
//!   header such as `properties.email`, which a nested object was flattened to, stays one key. A
//!   list stays a list of texts. An empty cell is `null`: exports don't tell the two apart.
//! * Numbers of ours are numbers, digit for digit as in CSV (never by way of a binary float);
//!   flags are `true` or `false`, segments a list of texts (perhaps an empty one), reasons a text,
//!   instants ISO texts. What is missing is `null`. Every object has every key.
//! * Of several columns with one name the later ones are called `name_2`, `name_3`, as keys of an
//!   object must differ.

use super::{ColumnKind, Rows, Sheet, SheetColumn, blocks};
use crate::value::MEMBER;
use std::collections::HashSet;
use std::io::{self, Write};
use std::ops::Range;

/// How the objects are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One list.
    List,
    /// One a line.
    Lines,
}

/// Writes the whole sheet.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(sheet: &Sheet, layout: Layout, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let keys = keys(&sheet.columns)?;
    let make = |items: Range<usize>| render(sheet, &keys, layout, items);
    if layout == Layout::Lines {
        return blocks::in_order(sheet.len, make, |block| out.write_all(&block));
    }
    // Some items have no rows: which row is the first shows when it comes.
    let mut begun = false;
    blocks::in_order(sheet.len, make, |block| {
        let (start, block) = if begun { ("", &block[..]) } else { ("[", block.strip_prefix(b",").unwrap_or(&block)) };
        begun |= !block.is_empty();
        out.write_all(if block.is_empty() { b"" } else { start.as_bytes() })?;
        out.write_all(block)
    })?;
    out.write_all(if begun { b"\n]\n" } else { b"[]\n" })
}

/// The keys, quoted and with their colons.
fn keys(columns: &[SheetColumn]) -> io::Result<Vec<Vec<u8>>> {
    let mut taken: HashSet<String> = columns.iter().map(|column| column.name.clone()).collect();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut keys = Vec::with_capacity(columns.len());
    for column in columns {
        let mut name = column.name.clone();
        if !seen.insert(&column.name) {
            let numbered = (2..).map(|nth| format!("{}_{nth}", column.name));
            name = numbered.filter(|name| !taken.contains(name)).take(1).collect();
            taken.insert(name.clone());
        }
        let mut key = serde_json::to_vec(&name)?;
        key.push(b':');
        keys.push(key);
    }
    Ok(keys)
}

fn render(sheet: &Sheet, keys: &[Vec<u8>], layout: Layout, items: Range<usize>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(items.len() * 32 * sheet.columns.len().min(64));
    let mut rows = Rows::default();
    for item in items {
        rows.clear();
        (sheet.fill)(item, &mut rows);
        for row in rows.iter() {
            if layout == Layout::List {
                bytes.extend_from_slice(b",\n");
            }
            let mut before = b'{';
            for ((cell, column), key) in row.zip(&sheet.columns).zip(keys) {
                bytes.push(before);
                bytes.extend_from_slice(key);
                push(cell, column.kind, &mut bytes)?;
                before = b',';
            }
            bytes.extend_from_slice(if before == b'{' { b"{}" } else { b"}" });
            if layout == Layout::Lines {
                bytes.push(b'\n');
            }
        }
    }
    Ok(bytes)
}

fn push(cell: &str, kind: ColumnKind, bytes: &mut Vec<u8>) -> io::Result<()> {
    match kind {
        ColumnKind::Input | ColumnKind::List if cell.starts_with(MEMBER) => {
            bytes.push(b'[');
            for (at, member) in cell.split(MEMBER).skip(1).enumerate() {
                if at > 0 {
                    bytes.push(b',');
                }
                serde_json::to_writer(&mut *bytes, member)?;
            }
            bytes.push(b']');
        }
        ColumnKind::List => bytes.extend_from_slice(b"[]"),
        _ if cell.is_empty() => bytes.extend_from_slice(b"null"),
        // They print as JSON has them.
        ColumnKind::Number | ColumnKind::Flag => bytes.extend_from_slice(cell.as_bytes()),
        ColumnKind::Input | ColumnKind::Text | ColumnKind::Instant => serde_json::to_writer(bytes, cell)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::SinkExt;
    use super::*;

    fn sheet(len: usize) -> Sheet<'static> {
        let columns = [
            ("id", ColumnKind::Input),
            ("note", ColumnKind::Input),
            ("note", ColumnKind::Input),
            ("note_2", ColumnKind::Input),
            ("lead_fit", ColumnKind::Number),
            ("lead_mql", ColumnKind::Flag),
            ("lead_segments", ColumnKind::List),
        ];
        Sheet {
            columns: columns.map(|(name, kind)| SheetColumn::new(name, kind)).to_vec(),
            len,
            fill: Box::new(|index, rows| {
                // Every third item has no row, every seventh two.
                for _ in 0..(index % 3).min(1) + usize::from(index % 7 == 6) {
                    rows.push(&format!("{index:05}"));
                    rows.push(["", "1.33", "say \"hi\"\\", "two\nlines\u{0}"][index % 4]);
                    rows.push("\u{1f}a;b\u{1f}");
                    rows.push("123456789012345678");
                    rows.push(if index % 5 > 0 { "123456789012345678.000001" } else { "" });
                    rows.print(Some(index % 2 == 0));
                    rows.push_list(["PL", "Black \"Friday\""].into_iter().take(index % 3));
                    rows.end_row();
                }
            }),
        }
    }

    fn text(sheet: &Sheet, layout: Layout) -> String {
        let mut bytes = Vec::new();
        write(sheet, layout, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn texts_stay_texts_and_numbers_keep_every_digit() {
        let expected = concat!(
            r#"{"id":"00001","note":"1.33","note_3":["a;b",""],"note_2":"123456789012345678","#,
            r#""lead_fit":123456789012345678.000001,"lead_mql":false,"lead_segments":["PL"]}"#,
            "\n",
            r#"{"id":"00002","note":"say \"hi\"\\","note_3":["a;b",""],"note_2":"123456789012345678","#,
            r#""lead_fit":123456789012345678.000001,"lead_mql":true,"lead_segments":["PL","Black \"Friday\""]}"#,
            "\n"
        );
        assert_eq!(text(&sheet(4), Layout::Lines), expected);
        let lines: Vec<&str> = expected.lines().collect();
        assert_eq!(text(&sheet(4), Layout::List), format!("[\n{}\n]\n", lines.join(",\n")));
    }

    #[test]
    fn any_number_of_rows_is_json() {
        for len in [0, 1, 2, 7, 5 * blocks::ITEMS + 3] {
            let list: Vec<serde_json::Value> = serde_json::from_str(&text(&sheet(len), Layout::List)).unwrap();
            let lines = text(&sheet(len), Layout::Lines);
            let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(list, lines);
            let rows: usize = (0..len).map(|index| (index % 3).min(1) + usize::from(index % 7 == 6)).sum();
            assert_eq!(list.len(), rows);
            assert!(list.iter().all(|row| row["note"].is_null() || row["note"].is_string()));
            assert!(list.is_sorted_by_key(|row| row["id"].as_str().unwrap().to_owned()));
        }
    }
}
