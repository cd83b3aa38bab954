//! In which form the rows are written.
//!
//! In: the place they go to. Out: a [`Format`]. Not here: the writers.

use anyhow::bail;
use clap::ValueEnum;
use std::path::Path;

/// A form in which rows are written; `--format` calls them by these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Cells parted by commas.
    Csv,
    /// Cells parted by tabs.
    Tsv,
    /// A list of objects.
    Json,
    /// An object a line.
    Ndjson,
    /// A workbook: contacts, summary and rules, each on a sheet.
    Xlsx,
    /// A table for people.
    Table,
}

impl Format {
    /// Whether it is text in cells that a character parts.
    pub fn is_delimited(self) -> bool {
        matches!(self, Format::Csv | Format::Tsv)
    }

    /// The format that a file's ending stands for; CSV where it has none, as `-` and `/dev/stdout`.
    ///
    /// # Errors
    /// Where the ending is of a format that is not written.
    pub fn of_file(path: &Path) -> anyhow::Result<Format> {
        let Some(ending) = path.extension() else { return Ok(Format::Csv) };
        match ending.to_string_lossy().to_lowercase().as_str() {
            "csv" => Ok(Format::Csv),
            "tsv" | "tab" => Ok(Format::Tsv),
            "json" => Ok(Format::Json),
            "ndjson" | "jsonl" => Ok(Format::Ndjson),
            "xlsx" => Ok(Format::Xlsx),
            "txt" => Ok(Format::Table),
            other => bail!(
                "no format is known by the ending of {}: name it with --format, or end the name in .csv, .tsv, \
                 .json, .ndjson, .xlsx or .txt (a table) instead of .{other}",
                path.display()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_names_the_format() {
        let of = |name: &str| Format::of_file(Path::new(name)).map_err(|error| error.to_string());
        assert_eq!(of("a/b.CSV"), Ok(Format::Csv));
        assert_eq!(of("b.tsv"), Ok(Format::Tsv));
        assert_eq!(of("b.txt"), Ok(Format::Table));
        assert_eq!(of("b.XLSX"), Ok(Format::Xlsx));
        assert_eq!(of("b.json"), Ok(Format::Json));
        assert_eq!((of("b.ndjson"), of("b.jsonl")), (Ok(Format::Ndjson), Ok(Format::Ndjson)));
        assert_eq!(of("-"), Ok(Format::Csv));
        assert_eq!(
            of("scored.pdf"),
            Err("no format is known by the ending of scored.pdf: name it with --format, or end the name in .csv, .tsv, \
                 .json, .ndjson, .xlsx or .txt (a table) instead of .pdf"
                .to_owned())
        );
    }
}
