//! Reading exports: from a path to blocks of whole records in UTF-8.
//!
//! In: a path as typed, or standard input. Out: a [`Reader`], which knows its header and gives
//! one [`Block`] after the other, whatever the format of the file. Not here:
//! what the columns mean; this module never sees a rule.

mod ahead;
mod canonical;
mod content;
mod delimited;
mod delimiter;
mod encoding;
mod json;
mod pending;
pub mod rejects;
mod source;
mod split;
mod watched;
mod xlsx;

use crate::machine::Map;
use crate::record::{Block, Spare, Table};
use ahead::Ahead;
use anyhow::Context;
use content::Content;
use encoding_rs::Encoding;
use pending::Pending;
pub use source::Counter;
use source::Source;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
pub use watched::Watched;

/// The longest record. One that is longer has a quote or a bracket that is not closed where it
/// should be, and must not draw the whole file into memory.
const LONGEST_RECORD: usize = 64 << 20;

/// How exports are read.
#[derive(Clone, Debug)]
pub struct Options {
    /// What parts the cells; `None`: found from the first lines.
    pub delimiter: Option<u8>,
    /// Whether a backslash within a cell takes its meaning from the next character.
    pub escape: bool,
    /// The encoding of the files that are not UTF-8.
    pub encoding: Option<&'static Encoding>,
    /// About how many bytes a block has; a longer record makes a longer block.
    pub block_bytes: usize,
    /// Whether the blocks stay to the end of the run: what stands in a file just so is not copied then.
    pub kept: bool,
}

/// Blocks that are looked at once are of this size: one fits into the second cache of a worker, and workers seldom
/// wait for each other's reading.
const STREAMED: usize = 1 << 20;
/// Blocks that are kept are of this size: two large pages of memory.
const KEPT: usize = 4 << 20;

/// `LEADSCORE_CHUNK_BYTES` says how large blocks are, whatever they are for, so that tests can show that
/// results do not depend on where a file is cut.
fn block_bytes(usual: usize) -> usize {
    let chosen = std::env::var("LEADSCORE_CHUNK_BYTES").ok().and_then(|text| text.parse().ok());
    chosen.unwrap_or(usual).max(1)
}

impl Default for Options {
    /// For blocks that are looked at once.
    fn default() -> Options {
        Options { delimiter: None, escape: false, encoding: None, block_bytes: block_bytes(STREAMED), kept: false }
    }
}

impl Options {
    /// For blocks that are kept.
    pub fn kept(self) -> Options {
        Options { block_bytes: block_bytes(KEPT), kept: true, ..self }
    }
}

/// An export that is being read.
pub struct Reader {
    table: Table,
    size: Option<u64>,
    read: Counter,
    block_bytes: usize,
    is_at_hand: bool,
    /// The file, where several read it at once.
    ahead: Option<Arc<Ahead>>,
    /// The file, where it is mapped.
    map: Option<Arc<Map>>,
    blocks: Box<dyn Blocks>,
    /// How it ended, once it has: there was nothing left, or what there was could not be read.
    end: Option<anyhow::Result<()>>,
}

/// Reads the rows of an export; one implementation a format.
pub trait Blocks: Send {
    /// The next rows as CSV records in UTF-8; `None` at the end.
    ///
    /// # Errors
    /// Where the file cannot be read, or what it holds cannot be told.
    fn next_block(&mut self) -> anyhow::Result<Option<Block>>;

    /// Takes the room of a block back that nobody needs any more.
    fn take_back(&mut self, _block: Block) {}
}

/// Opens an export and reads its header. `-` is standard input.
///
/// # Errors
/// Where it cannot be read, is in no format that is known, or has no header.
pub fn open(path: &str, table_index: usize, options: &Options) -> anyhow::Result<Reader> {
    let (file, sheet) = file_and_sheet(path);
    let mut source = Source::open(file)?;
    if sheet.is_some() {
        source.name = path.to_owned();
    }
    Reader::new(source, sheet, table_index, options)
}

/// Takes `FILE#SHEET` apart. A file that bears the whole name wins: `a#b.csv` may be just that.
pub fn file_and_sheet(path: &str) -> (&str, Option<&str>) {
    match path.rsplit_once('#') {
        Some((file, sheet)) if !file.is_empty() && !sheet.is_empty() && !Path::new(path).exists() => {
            (file, Some(sheet))
        }
        _ => (path, None),
    }
}

impl Reader {
    fn new(mut source: Source, sheet: Option<&str>, index: usize, options: &Options) -> anyhow::Result<Reader> {
        let (name, encoding) = (source.name.clone(), options.encoding);
        let (mut is_at_hand, mut ahead, mut map) = (false, None, None);
        let bytes = source.bytes()?;
        let (table, blocks) = match content::of(&source.name, &bytes.first, options.encoding)? {
            Content::Archive => xlsx::open(&name, source.seekable(bytes)?, sheet, index, options)?,
            Content::Text(_) if sheet.is_some() => {
                anyhow::bail!("cannot read {name}: only Excel workbooks (.xlsx) have sheets to be named after `#`")
            }
            Content::Text(mark) => {
                let is_plain = !bytes.packed && encoding::other_encoding(&bytes.first, mark, encoding).is_none();
                let text = encoding::decoded(bytes, mark, options.encoding);
                let (first, text) = source::look(text).with_context(|| format!("cannot read {name}"))?;
                if json::is_json(&name, &first) {
                    let (text, again) =
                        source::twice(&mut source, text, move |bytes| encoding::decoded(bytes, mark, encoding))?;
                    json::open(&name, text, again, index, options)?
                } else {
                    if is_plain && options.kept {
                        map = source.map().map(Arc::new);
                    } else if is_plain {
                        ahead = source.in_chunks(options.block_bytes);
                    }
                    let bytes = match (&map, &ahead) {
                        (Some(map), _) => Pending::mapped(Arc::clone(map), source.read.clone()),
                        (None, Some(ahead)) => Pending::at_hand(Arc::clone(ahead)),
                        (None, None) => Pending::read_from(&name, text)?,
                    };
                    is_at_hand = is_plain && source.size.is_some();
                    delimited::open(&name, bytes, index, options)?
                }
            }
        };
        let (size, read, block_bytes) = (source.size, source.read, options.block_bytes);
        Ok(Reader { table, size, read, block_bytes, is_at_hand, ahead, map, blocks, end: None })
    }

    /// What is known of the export.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// To set what only the command line knows.
    pub fn table_mut(&mut self) -> &mut Table {
        &mut self.table
    }

    /// How many bytes the file has, where that is known.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// How many bytes of the file have been read.
    pub fn position(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Whether its blocks need only be cut off a file; else they are made first, and had better be made while
    /// those before them are worked on.
    pub fn is_at_hand(&self) -> bool {
        self.is_at_hand
    }

    /// What whoever is about to take a block does first, beside the others.
    pub fn reading_ahead(&self) -> impl Fn() + Send + Sync + use<> {
        let ahead = self.ahead.clone();
        move || ahead.iter().for_each(|ahead| ahead.read_one())
    }

    /// Counts how many bytes of the file have been read.
    pub fn counter(&self) -> Counter {
        Arc::clone(&self.read)
    }

    /// The next blocks, each read when it is asked for: as many bytes as so many blocks usually have, if there are
    /// so many left. `spare` are some that nobody needs any more.
    pub fn coming<'r>(&'r mut self, count: usize, spare: &'r Spare) -> Coming<'r> {
        let left = count * self.block_bytes;
        Coming { reader: self, left, spare }
    }

    /// Whether there is nothing behind the blocks that came.
    ///
    /// # Errors
    /// What kept the next one from being read, as in [`Reader::next_block`].
    pub fn is_over(&mut self) -> anyhow::Result<bool> {
        match self.end.take() {
            Some(Err(fault)) => Err(fault),
            end => {
                self.end = end;
                Ok(self.end.is_some())
            }
        }
    }

    /// The next records; `None` at the end.
    ///
    /// # Errors
    /// Where reading fails, bytes are not UTF-8, or a quote is never closed.
    pub fn next_block(&mut self) -> anyhow::Result<Option<Block>> {
        self.blocks.next_block()
    }
}

/// The next blocks of an export.
pub struct Coming<'r> {
    reader: &'r mut Reader,
    /// How many bytes are still to come.
    left: usize,
    spare: &'r Spare,
}

impl Iterator for Coming<'_> {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        if self.left == 0 || self.reader.end.is_some() {
            return None;
        }
        self.spare.take().into_iter().for_each(|block| self.reader.blocks.take_back(block));
        match self.reader.next_block() {
            Ok(Some(block)) => {
                self.left = self.left.saturating_sub(block.text.len().max(1));
                return Some(block);
            }
            Ok(None) => self.reader.end = Some(Ok(())),
            Err(error) => self.reader.end = Some(Err(error)),
        }
        None
    }
}

/// Takes `TYPE=FILE` apart into the type and the path.
///
/// A file that bears the whole name wins: `a=b.csv` may be just that.
pub fn activity_source(argument: &str) -> (Option<&str>, &str) {
    match argument.split_once('=') {
        Some((kind, path)) if !kind.is_empty() && !Path::new(argument).exists() => (Some(kind), path),
        _ => (None, argument),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Cells;
    use proptest::prelude::*;
    use std::io::Write;

    /// Reads everything; how many records there were, or what the matter was.
    fn drain(bytes: &[u8], options: &Options) -> Result<u64, String> {
        let read = || -> anyhow::Result<u64> {
            let mut reader = Reader::new(Source::of("x", bytes), None, 0, options)?;
            let (table, mut count) = (reader.table().clone(), 0);
            while let Some(block) = reader.next_block()? {
                let bad = block.for_each_record(&table, &mut Cells::of(&table), |_, _| count += 1);
                count += bad.len() as u64;
            }
            assert!(reader.next_block()?.is_none(), "after the end there is nothing");
            Ok(count)
        };
        read().map_err(|error| format!("{error:#}"))
    }

    /// A sound file of each kind.
    fn seeds() -> Vec<Vec<u8>> {
        let text = "id;name\n1;\"Łódź;\"\"a\"\"\"\n2;x\\;y\n";
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_row(0, 0, ["id", "name"]).unwrap();
        sheet.write_row(1, 0, [1.5, 2.0]).unwrap();
        vec![
            text.as_bytes().to_vec(),
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "\u{feff}a".encode_utf16().flat_map(u16::to_be_bytes).collect(),
            br#"[{"id": 1, "a": {"b": [1, "x"]}}, {"c": null}, 5]"#.to_vec(),
            b"{\"id\": 1}\n{\"id\": \"\\ud800\"}\n".to_vec(),
            gzip.finish().unwrap(),
            zstd::encode_all(text.as_bytes(), 1).unwrap(),
            book.save_to_buffer().unwrap(),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn no_bytes_make_a_reader_panic(
            kind in 0..9_usize,
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            end in any::<prop::sample::Index>(),
            whole in any::<bool>(),
            noise in prop::collection::vec(any::<u8>(), 0..80),
            escape in any::<bool>(),
            encoding in prop::option::of(0..4_usize),
            block_bytes in 1..200_usize,
        ) {
            let mut bytes = seeds().into_iter().nth(kind).unwrap_or(noise);
            for (place, byte) in changes {
                if !bytes.is_empty() {
                    let place = place.index(bytes.len());
                    bytes[place] = byte;
                }
            }
            if !whole && !bytes.is_empty() {
                bytes.truncate(end.index(bytes.len()));
            }
            let labels = [&b"windows-1250"[..], b"utf-16le", b"utf-16be", b"gb18030"];
            let encoding = encoding.and_then(|which| Encoding::for_label(labels[which]));
            let _ = drain(&bytes, &Options { escape, encoding, block_bytes, ..Options::default() });
        }
    }

    #[test]
    fn sound_files_are_read() {
        let counts: Vec<_> = seeds().iter().map(|bytes| drain(bytes, &Options::default())).collect();
        let unmarked =
            Err("cannot read x: it is UTF-16 text without a byte-order mark; say so with --encoding utf-16le");
        let expected = [Ok(2), unmarked, Ok(0), Ok(3), Ok(2), Ok(2), Ok(2), Ok(1)];
        assert_eq!(counts, expected.map(|one| one.map_err(str::to_owned)));
    }

    #[test]
    fn a_sheet_is_named_behind_the_file() {
        assert_eq!(file_and_sheet("a.xlsx#Q1#2"), ("a.xlsx#Q1", Some("2")));
        assert_eq!(file_and_sheet("a.xlsx#"), ("a.xlsx#", None));
        assert_eq!(file_and_sheet("#a"), ("#a", None));
        assert_eq!(file_and_sheet("-#Leads"), ("-", Some("Leads")));
    }

    #[test]
    fn a_type_stands_before_the_file_unless_the_whole_is_a_file() {
        assert_eq!(activity_source("email_open=opens.csv"), (Some("email_open"), "opens.csv"));
        assert_eq!(activity_source("email_open=a=b.csv"), (Some("email_open"), "a=b.csv"));
        assert_eq!(activity_source("email_open=-"), (Some("email_open"), "-"));
        assert_eq!(activity_source("opens.csv"), (None, "opens.csv"));
        assert_eq!(activity_source("=opens.csv"), (None, "=opens.csv"));
        let file = tempfile::Builder::new().suffix("a=b.csv").tempfile().unwrap();
        let path = file.path().to_str().unwrap();
        assert_eq!(activity_source(path), (None, path));
    }
}
