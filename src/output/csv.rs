//! CSV and TSV: cells parted by a character, quoted where they must be.
//!
//! In: a [`Sheet`]. Out: its header and rows, the cells' text unchanged, lines ended by `\n`.
//! Rows are rendered in blocks by all threads while the blocks before them are written, so that
//! memory holds a few blocks, whatever the number of rows. Not here: files (see `file`).

use super::{Rows, Sheet, blocks, plain};
use std::io::{self, Write};
use std::ops::Range;

/// Writes the whole sheet.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(sheet: &Sheet, delimiter: u8, out: &mut dyn Write) -> io::Result<()> {
    let mut header = Vec::new();
    write_records(delimiter, &mut header, |writer| {
        writer.write_record(sheet.columns.iter().map(|column| column.name.as_str()))
    })?;
    out.write_all(&header)?;
    blocks::in_order(sheet.len, |items| render(sheet, delimiter, items), |block| out.write_all(&block))
}

fn render(sheet: &Sheet, delimiter: u8, items: Range<usize>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(items.len() * 16 * sheet.columns.len().min(64));
    let mut rows = Rows::default();
    write_records(delimiter, &mut bytes, |writer| {
        for item in items {
            rows.clear();
            (sheet.fill)(item, &mut rows);
            for row in rows.iter() {
                row.map(plain).try_for_each(|cell| writer.write_field(cell.as_bytes()))?;
                writer.write_record(None::<&[u8]>)?;
            }
        }
        Ok(())
    })?;
    Ok(bytes)
}

fn write_records(
    delimiter: u8,
    bytes: &mut Vec<u8>,
    records: impl FnOnce(&mut csv::Writer<&mut Vec<u8>>) -> csv::Result<()>,
) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(bytes);
    records(&mut writer).map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(error) => error, // its kind tells a closed pipe from a full disk
        other => io::Error::other(format!("{other:?}")),
    })?;
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::super::{ColumnKind, SheetColumn};
    use super::*;

    fn sheet(len: usize) -> Sheet<'static> {
        let columns = [("id", ColumnKind::Input), ("note", ColumnKind::Input), ("lead_score", ColumnKind::Number)];
        Sheet {
            columns: columns.map(|(name, kind)| SheetColumn::new(name, kind)).to_vec(),
            len,
            fill: Box::new(|index, rows| {
                rows.push(&format!("{index:04}"));
                rows.push(["", "a, b", "say \"hi\"", "two\nlines", " x;y ", "=1+1"][index % 6]);
                rows.print((index % 5 > 0).then_some(index as f64 / 2.0));
                rows.end_row();
            }),
        }
    }

    fn text(sheet: &Sheet, delimiter: u8) -> String {
        let mut bytes = Vec::new();
        write(sheet, delimiter, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn cells_are_quoted_only_where_they_must_be() {
        assert_eq!(
            text(&sheet(5), b','),
            "id,note,lead_score\n0000,,\n0001,\"a, b\",0.5\n0002,\"say \"\"hi\"\"\",1\n0003,\"two\nlines\",1.5\n\
             0004, x;y ,2\n"
        );
        assert!(text(&sheet(5), b';').contains("\n0001;a, b;0.5\n"));
        assert_eq!(text(&sheet(0), b'\t'), "id\tnote\tlead_score\n");
    }

    #[test]
    fn rows_come_in_order_whatever_the_number_of_threads() {
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let rows = blocks::ITEMS * 13 + 7;
        let expected = one.install(|| text(&sheet(rows), b','));
        assert_eq!(three.install(|| text(&sheet(rows), b',')), expected);
        let mut reader = csv::Reader::from_reader(expected.as_bytes());
        assert!(reader.records().enumerate().all(|(at, record)| record.unwrap()[0] == format!("{at:04}")));
    }

    #[test]
    fn an_error_of_the_file_keeps_its_kind() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert_eq!(write(&sheet(9), b',', &mut Closed).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
