//! The floor of the benchmarks: the csv crate merely reads the files, cell by cell, and does nothing with them.
//! In: CSV files. Out: how many records and bytes of cells there were.

use std::{env, error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    for path in env::args_os().skip(1) {
        let path = Path::new(&path);
        let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 20).from_path(path)?;
        let (mut records, mut bytes) = (0_u64, 0);
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record)? {
            records += 1;
            bytes += record.iter().map(<[u8]>::len).sum::<usize>();
        }
        println!("{}: {records} records, {bytes} bytes of cells", path.display());
    }
    Ok(())
}
