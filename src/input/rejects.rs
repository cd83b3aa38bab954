//! The rejects file: every row that could not be used, and why.
//!
//! In: [`BadRow`]s and the tables they are from. Out: CSV that a person can sort and mend. Not
//! here: which rows are bad.

use crate::record::{BadRow, Table};
use std::io::{self, Write};

/// Writes bad rows as CSV.
pub struct Rejects<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> Rejects<W> {
    /// Begins with the header.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn new(out: W) -> io::Result<Rejects<W>> {
        let mut out = csv::Writer::from_writer(out);
        out.write_record(["file", "line", "byte_offset", "column", "code", "message", "raw"])?;
        Ok(Rejects { out })
    }

    /// Adds a row; `table` is the one it is from.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&mut self, row: &BadRow, table: &Table) -> io::Result<()> {
        let raw = row.raw.strip_suffix(b"\n").unwrap_or(&row.raw);
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        self.out.write_record([
            table.name.as_bytes(),
            row.line.to_string().as_bytes(),
            row.offset.to_string().as_bytes(),
            row.column.as_deref().unwrap_or_default().as_bytes(),
            row.code.as_bytes(),
            row.message.as_bytes(),
            raw,
        ])?;
        Ok(())
    }

    /// Ends the file, gives back what it was written to.
    ///
    /// # Errors
    /// Where the last bytes cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.out.into_inner().map_err(|error| error.into_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_row_says_where_it_stood_and_stays_whole() {
        let table = Table { name: "contacts.csv".to_owned(), ..Table::default() };
        let row = BadRow {
            table: 0,
            line: 7,
            offset: 120,
            column: None,
            code: "ragged-row",
            message: "3 cells where the header has 2".to_owned(),
            raw: b"1,\"a\",b\r\n".to_vec(),
        };
        let mut rejects = Rejects::new(Vec::new()).unwrap();
        rejects.write(&row, &table).unwrap();
        assert_eq!(
            String::from_utf8(rejects.finish().unwrap()).unwrap(),
            "file,line,byte_offset,column,code,message,raw\n\
             contacts.csv,7,120,,ragged-row,3 cells where the header has 2,\"1,\"\"a\"\",b\"\n"
        );
    }
}
