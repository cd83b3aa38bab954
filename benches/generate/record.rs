//! One record at a time, written as CSV and as NDJSON beside each other. In: cells in the order of the header.
//! Out: the same record in both files. It knows nothing of contacts and activities.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

pub enum Cell<'a> {
    Missing,
    Text(&'a str),
    /// Written as a number or a boolean where the format has them.
    Literal(&'a str),
}

impl Cell<'_> {
    pub fn text(text: &Option<String>) -> Cell<'_> {
        text.as_deref().map_or(Cell::Missing, Cell::Text)
    }

    pub fn literal(text: &Option<String>) -> Cell<'_> {
        text.as_deref().map_or(Cell::Missing, Cell::Literal)
    }
}

pub struct Records {
    header: &'static [&'static str],
    csv: BufWriter<File>,
    ndjson: BufWriter<File>,
}

impl Records {
    /// Creates `FOLDER/NAME.csv` and `FOLDER/NAME.ndjson`.
    pub fn create(folder: &Path, name: &str, header: &'static [&'static str]) -> io::Result<Records> {
        let open = |ending: &str| {
            let file = File::create(folder.join(format!("{name}.{ending}")))?;
            Ok::<_, io::Error>(BufWriter::with_capacity(1 << 20, file))
        };
        let mut records = Records { header, csv: open("csv")?, ndjson: open("ndjson")? };
        writeln!(records.csv, "{}", header.join(","))?;
        Ok(records)
    }

    pub fn write(&mut self, cells: &[Cell]) -> io::Result<()> {
        assert_eq!(cells.len(), self.header.len(), "a cell a column");
        for (place, (name, cell)) in self.header.iter().zip(cells).enumerate() {
            let (comma, brace) = if place == 0 { ("", "{") } else { (",", ",") };
            write!(self.csv, "{comma}")?;
            write!(self.ndjson, "{brace}\"{name}\":")?;
            match cell {
                Cell::Missing => self.ndjson.write_all(b"null")?,
                Cell::Literal(text) => {
                    self.csv.write_all(text.as_bytes())?;
                    self.ndjson.write_all(text.as_bytes())?;
                }
                Cell::Text(text) => {
                    quoted_where_needed(&mut self.csv, text)?;
                    escaped(&mut self.ndjson, text)?;
                }
            }
        }
        self.csv.write_all(b"\n")?;
        self.ndjson.write_all(b"}\n")
    }

    pub fn finish(mut self) -> io::Result<()> {
        self.csv.flush()?;
        self.ndjson.flush()
    }
}

/// A cell of CSV (RFC 4180).
fn quoted_where_needed(out: &mut impl Write, text: &str) -> io::Result<()> {
    if text.contains(['"', ',', '\n']) {
        write!(out, "\"{}\"", text.replace('"', "\"\""))
    } else {
        out.write_all(text.as_bytes())
    }
}

/// A string of JSON (RFC 8259) of texts whose only control character is the line feed.
fn escaped(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(b"\"")?;
    if text.contains(['"', '\\', '\n']) {
        out.write_all(text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").as_bytes())?;
    } else {
        out.write_all(text.as_bytes())?;
    }
    out.write_all(b"\"")
}
