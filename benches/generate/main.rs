//! Invents the exports that the benchmarks read. In: a size, a folder, perhaps a seed. Out: `contacts` and
//! `activities` in that folder, as CSV and as NDJSON. The same bytes for the same seed, everywhere.
//!
//! `cargo run --release --example generate -- M target/bench-data/M`

mod activities;
mod contacts;
mod random;
mod record;

use std::path::Path;
use std::{env, fs, io};

use record::Records;

/// 2026-11-23T00:00:00Z, the instant as of which the benchmarks score.
const AS_OF: i64 = 1_795_392_000;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (size, folder, seed) = match arguments[..] {
        [size, folder] => (size, Path::new(folder), 1),
        [size, folder, seed] => (size, Path::new(folder), seed.parse().map_err(io::Error::other)?),
        _ => return Err(io::Error::other("usage: generate SIZE FOLDER [SEED]")),
    };
    let (contacts, activities) = match size {
        "S" => (10_000, 100_000),
        "M" => (1_000_000, 10_000_000),
        "L" => (2_000_000, 40_000_000),
        _ => return Err(io::Error::other("SIZE is S, M or L")),
    };
    fs::create_dir_all(folder)?;
    let mut records = Records::create(folder, "contacts", contacts::HEADER)?;
    contacts::write(seed, contacts, AS_OF, &mut records)?;
    records.finish()?;
    let mut records = Records::create(folder, "activities", activities::HEADER)?;
    activities::write(seed, activities, contacts, AS_OF, &mut records)?;
    records.finish()
}
