//! Parting records into cells.
//!
//! In: text that begins at a record. Out: batches of records, or one record. Not here: where the
//! bytes stand that end cells ([`Structure`](super::structure)), and what backslashes mean.

use super::Table;
use super::batch::{Batch, Even, Layout, Record, Row};
use super::escaped::{Escaped, Step};
use super::structure::{QuotesSeen, Structure};
use crate::machine;
use std::ops::Range;

/// Parts records into cells; made once a worker, used for many records.
///
/// What RFC 4180 describes is found by `Structure` and stays where it stands. Records in which a
/// quote is anything else (`12" pipes`) are parted by the csv crate's parser, those in which
/// backslashes mean something by [`Escaped`].
#[derive(Debug)]
pub struct Cells {
    delimiter: u8,
    escape: bool,
    pub(super) structure: Structure,
    /// For records with odd quotes; made when the first one comes.
    reader: Option<Box<csv_core::Reader>>,
    /// The cells of the records one after the other, where they are not taken as they stand; put
    /// together in `text`, checked once.
    pub(super) own: String,
    text: Vec<u8>,
    text_ends: Vec<usize>,
    pub(super) edges: Vec<u32>,
    parted: Parted,
    pub(super) rows: Vec<Row>,
    pub(super) ragged: Vec<Row>,
}
/// Where the cells of the record that was read last are.
#[derive(Clone, Copy, Debug, Default)]
struct Parted {
    /// Whether they are in the text of [`Cells`], else where they stood.
    is_own: bool,
    /// How many there are.
    count: usize,
    /// Where the first one begins.
    start: usize,
    /// Whether some stand in quotes, where they stood.
    quoted: bool,
}
/// So many bytes are searched for the ends of cells in one go: they fit into the first cache.
const WINDOW: usize = 8 << 10;
/// So many bytes are looked at for a single record at first.
const GLANCE: usize = 1 << 10;

impl Cells {
    /// For records whose cells `delimiter` parts.
    pub fn new(delimiter: u8) -> Cells {
        Cells {
            delimiter,
            escape: false,
            structure: Structure::default(),
            reader: None,
            own: String::new(),
            text: Vec::new(),
            text_ends: Vec::new(),
            edges: Vec::new(),
            parted: Parted::default(),
            rows: Vec::new(),
            ragged: Vec::new(),
        }
    }

    /// For records of a table.
    pub fn of(table: &Table) -> Cells {
        let mut cells = Cells::new(table.delimiter);
        cells.follow(table);
        cells
    }

    /// From here on reads records of this table.
    pub fn follow(&mut self, table: &Table) {
        self.escape = table.escape;
        if self.delimiter != table.delimiter {
            self.delimiter = table.delimiter;
            self.reader = None;
        }
    }

    /// Parts every record of a text, blank lines left out; `each` gets some of them at a time. Those
    /// that have not as many cells as are wanted are set aside: the batch has them too.
    pub fn for_each_batch(&mut self, text: &str, wanted: Option<usize>, mut each: impl FnMut(Batch<'_>)) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let base = at;
            self.rows.clear();
            self.ragged.clear();
            self.text.clear();
            self.edges.clear();
            if !self.escape {
                self.structure.find(&bytes[at..bytes.len().min(at + WINDOW)], self.delimiter);
                if let Some(width) = wanted
                    && let Some(len) = self.structure.even_lines(width).filter(|&len| len > 0)
                {
                    at += self.structure.edges()[len * width] as usize + 1;
                    each(Batch { text, base, cells: self, even: Some(Even { len, width }) });
                    continue;
                }
                at += self.gather_rows(bytes, at, wanted);
            }
            if at == base {
                let Some(found) = self.read(&bytes[at..]) else { return };
                let Parted { is_own, count, quoted, .. } = self.parted;
                let (start, end) = ((at + found.start) as u32, (at + found.end) as u32);
                let layout = if is_own { Layout::Own } else { Layout::Noted { quoted } };
                let row = Row { start, end, first: 0, count: count as u32, layout };
                if is_wanted(row.count, wanted) { &mut self.rows } else { &mut self.ragged }.push(row);
                at += found.end;
            }
            each(Batch { text, base, cells: self, even: None });
        }
    }

    /// Gathers the records that were found in the window that begins at `base`; returns how many
    /// bytes they take up.
    fn gather_rows(&mut self, bytes: &[u8], base: usize, wanted: Option<usize>) -> usize {
        let Cells { structure, rows, ragged, text, edges: own_edges, .. } = self;
        let edges = structure.edges();
        let (mut start, mut next) = (base, 0);
        for line in structure.lines() {
            let end = base + edges[line.end as usize] as usize;
            let (begin, first) = (std::mem::replace(&mut start, end + 1), std::mem::replace(&mut next, line.end));
            if end == begin {
                continue; // a blank line, or the second half of a line end
            }
            let (count, layout) = (next - first, Layout::Standing { quoted: line.quotes == QuotesSeen::Around });
            let mut row = Row { start: begin as u32, end: end as u32 + 1, first, count, layout };
            if line.quotes == QuotesSeen::Doubled {
                row.layout = Layout::Own;
                row.first = own_edges.len() as u32;
                unquote(bytes, begin, base, &edges[first as usize + 1..=next as usize], text, own_edges);
            }
            if is_wanted(count, wanted) { &mut *rows } else { &mut *ragged }.push(row);
        }
        self.take_own();
        start - base
    }

    /// Reads the first record of `input`; returns the bytes it stands in, blank lines before it
    /// left out, or `None` where there is no record left.
    pub fn read(&mut self, input: &[u8]) -> Option<Range<usize>> {
        let start = input.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
        let input = &input[start..];
        if self.escape {
            return Some(start..start + self.read_escaped(input));
        }
        let mut glance = GLANCE;
        while glance <= WINDOW {
            let looked_at = &input[..input.len().min(glance)];
            self.structure.find(looked_at, self.delimiter);
            let (structure, edges) = (&self.structure, self.structure.edges());
            let (count, end, length, quotes) = match structure.lines().next() {
                Some(line) => {
                    let end = edges[line.end as usize] as usize;
                    (line.end as usize, end, end + 1, line.quotes)
                }
                // The last record may lack its line end.
                None if looked_at.len() == input.len() && structure.is_whole => {
                    (edges.len(), input.len(), input.len(), structure.quotes())
                }
                None if !structure.is_whole || looked_at.len() == input.len() => break,
                None => {
                    glance *= 4;
                    continue;
                }
            };
            self.edges.clear();
            self.edges.extend_from_slice(&edges[..edges.len().min(count + 1)]);
            if self.edges.len() <= count {
                self.edges.push(end as u32);
            }
            self.parted = Parted { is_own: false, count, start, quoted: quotes == QuotesSeen::Around };
            if quotes == QuotesSeen::Doubled {
                let standing = std::mem::take(&mut self.edges);
                self.text.clear();
                unquote(input, 0, 0, &standing[1..], &mut self.text, &mut self.edges);
                self.take_own();
                self.parted.is_own = true;
            }
            return Some(start..start + length);
        }
        self.read_odd(input).map(|length| start..start + length)
    }

    /// The record that was read last, in the text in which it was read.
    pub fn record<'a>(&'a self, text: &'a str) -> Record<'a> {
        let Parted { is_own, start, quoted, .. } = self.parted;
        if is_own {
            Record { text: &self.own, edges: &self.edges, base: 0, gap: 0, quoted: false }
        } else {
            Record { text, edges: &self.edges, base: start as u32, gap: 1, quoted }
        }
    }

    /// Reads a record with whatever quotes; returns how long it is.
    fn read_odd(&mut self, input: &[u8]) -> Option<usize> {
        let reader = self.reader.get_or_insert_with(|| parser(self.delimiter));
        self.text.resize(self.text.len().max(1024), 0);
        self.text_ends.resize(self.text_ends.len().max(64), 0);
        let (mut read, mut written, mut ends) = (0, 0, 0);
        loop {
            use csv_core::ReadRecordResult::{End, InputEmpty, OutputEndsFull, OutputFull, Record};
            let (result, took, wrote, ended) =
                reader.read_record(&input[read..], &mut self.text[written..], &mut self.text_ends[ends..]);
            (read, written, ends) = (read + took, written + wrote, ends + ended);
            match result {
                InputEmpty => {} // called again with nothing left, it ends the last record
                OutputFull => self.text.resize(self.text.len() * 2, 0),
                OutputEndsFull => self.text_ends.resize(self.text_ends.len() * 2, 0),
                Record => break,
                End => return None,
            }
        }
        if read == input.len() {
            restart(reader);
        }
        self.text.truncate(written);
        self.own(ends);
        Some(read)
    }

    /// Reads a record in which backslashes mean something; returns how long it is.
    fn read_escaped(&mut self, input: &[u8]) -> usize {
        let mut machine = Escaped::new(self.delimiter);
        self.text.clear();
        self.text_ends.clear();
        let mut length = input.len();
        for (at, &byte) in input.iter().enumerate() {
            match machine.step(byte) {
                Step::Nothing => {}
                Step::Text(byte) => self.text.push(byte),
                Step::BackslashAnd(byte) => self.text.extend([b'\\', byte]),
                Step::Cell => self.text_ends.push(self.text.len()),
                Step::Record => {
                    length = at + 1;
                    break;
                }
            }
        }
        if machine.is_after_backslash() {
            self.text.push(b'\\');
        }
        self.text_ends.push(self.text.len());
        self.own(self.text_ends.len());
        length
    }

    /// Takes the bytes that were put together as text; they are, where the input is.
    fn take_own(&mut self) {
        let room = std::mem::take(&mut self.own).into_bytes();
        let bytes = std::mem::replace(&mut self.text, room);
        self.own = machine::text_of(bytes).unwrap_or_default();
    }

    /// The record is what stands in the own text, with so many ends.
    fn own(&mut self, count: usize) {
        self.take_own();
        self.edges.clear();
        self.edges.push(0);
        self.edges.extend(self.text_ends[..count].iter().map(|&end| end as u32));
        self.parted = Parted { is_own: true, count, start: 0, quoted: false };
    }

    /// How many cells the record has that was read last.
    pub fn len(&self) -> usize {
        self.parted.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Whether a record has as many cells as are wanted.
fn is_wanted(count: u32, wanted: Option<usize>) -> bool {
    wanted.is_none_or(|wanted| wanted == count as usize)
}

/// Copies the cells of a record without their quotes, which are as RFC 4180 has them, and notes their
/// edges. The first begins at `start`; they end where `ends` says, counted from `base`.
fn unquote(bytes: &[u8], start: usize, base: usize, ends: &[u32], text: &mut Vec<u8>, edges: &mut Vec<u32>) {
    let mut at = start;
    edges.push(text.len() as u32);
    for &end in ends {
        let end = base + end as usize;
        match &bytes[at..end] {
            [b'"', inner @ .., b'"'] => {
                let mut rest = inner;
                while let Some(quote) = memchr::memchr(b'"', rest) {
                    text.extend_from_slice(&rest[..=quote]);
                    rest = &rest[quote + 2..]; // the first of two
                }
                text.extend_from_slice(rest);
            }
            plain => text.extend_from_slice(plain),
        }
        edges.push(text.len() as u32);
        at = end + 1;
    }
}

fn parser(delimiter: u8) -> Box<csv_core::Reader> {
    let mut reader = Box::new(csv_core::ReaderBuilder::new().delimiter(delimiter).build());
    restart(&mut reader);
    reader
}

/// At the start of a record that is not the start of a file: there the parser would pass over a
/// byte-order mark, and what a cell says would depend on where the file is cut into blocks.
fn restart(reader: &mut csv_core::Reader) {
    reader.reset();
    reader.read_record(b"\n", &mut [0], &mut [0]);
}
#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_backslash_takes_its_meaning_from_the_next_character() {
        let input = r#"INDIE\, EGYPT,"a \"b\" ""c""",C:\new,\\,"x\
y",d\"#;
        let table = Table { delimiter: b',', escape: true, ..Table::default() };
        let mut cells = Cells::of(&table);
        assert_eq!(cells.read(input.as_bytes()), Some(0..input.len()));
        let record = cells.record(input);
        let found: Vec<&str> = (0..record.len()).map(|at| record.get(at)).collect();
        assert_eq!(found, ["INDIE, EGYPT", "a \"b\" \"c\"", "C:\\new", "\\", "x\ny", "d\\"]);
        cells.follow(&Table { delimiter: b',', ..Table::default() });
        assert_eq!(cells.read(b"a\\,b\nc"), Some(0..5));
        assert_eq!((cells.len(), cells.record("a\\,b\nc").get(0)), (2, "a\\"));
    }

    #[test]
    fn records_are_parted_one_after_the_other() {
        let input = "\r\na,\"b\n\"\"x\"\"\",\r\n\n1,2,3";
        let mut cells = Cells::new(b',');
        let first = cells.read(input.as_bytes()).unwrap();
        let record = cells.record(input);
        assert_eq!((record.len(), record.get(1), record.get(2)), (3, "b\n\"x\"", ""));
        let rest = &input[first.end..];
        let second = cells.read(rest.as_bytes()).unwrap();
        let record = cells.record(rest);
        assert_eq!((record.get(0), record.get(2), record.get(3)), ("1", "3", ""));
        assert_eq!(cells.read(&rest.as_bytes()[second.end..]), None);
    }

    /// What the csv crate makes of a text.
    fn by_csv_crate(text: &str) -> Vec<Vec<String>> {
        // A byte-order mark is text here, but not for the crate.
        let text = format!("\n{text}");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn cells_are_those_of_the_csv_crate(
            parts in prop::collection::vec("[ab,\"\n\r ż\u{feff}]{0,9}|,{1,70}|[a,]{0,80}\n|(\"[a,\n]{0,40}(\"\")?\",){1,9}", 0..30)
        ) {
            let text = parts.concat();
            let all = |record: Record<'_>| (0..record.len()).map(|at| record.get(at).to_owned()).collect::<Vec<_>>();
            let (mut cells, mut block, mut single) = (Cells::new(b','), Vec::new(), Vec::new());
            cells.for_each_batch(&text, None, |batch| block.extend((0..batch.len()).map(|at| all(batch.record(at)))));
            let mut at = 0;
            while let Some(found) = cells.read(&text.as_bytes()[at..]) {
                single.push(all(cells.record(&text[at..])));
                at += found.end;
            }
            let expected = by_csv_crate(&text);
            prop_assert_eq!(&block, &expected);
            prop_assert_eq!(&single, &expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn records_with_as_many_cells_each_are_those_of_the_csv_crate(
            lines in prop::collection::vec(prop_oneof![9 => "[ab]{0,30},[ż\u{feff}]{0,9},a?", 1 => "a,b|,|\"a\",b,|a,\"\"\"\",|a,b\"c,d|"], 0..600),
            end in "\n|\r|\r\n", ends in any::<bool>(), width in 1..4_usize,
        ) {
            let text = lines.join(&end) + if ends { &end } else { "" };
            let (mut found, mut ragged) = (Vec::new(), 0);
            Cells::new(b',').for_each_batch(&text, Some(width), |batch| {
                let standing: Vec<_> = batch.all_standing().collect();
                assert_eq!(standing.len(), batch.len());
                for at in 0..batch.len() {
                    let record = batch.record(at);
                    let cells: Vec<String> = (0..record.len()).map(|index| batch.cell(at, index).to_owned()).collect();
                    assert!((0..width).all(|index| record.get(index) == cells[index]));
                    let stands_so = |index: usize| standing[at].cell(index).is_none_or(|cell| cell == cells[index].as_bytes());
                    assert!((0..width).all(stands_so));
                    assert_eq!(by_csv_crate(&text[batch.place(at)]), std::slice::from_ref(&cells));
                    found.push(cells);
                }
                ragged += batch.ragged().count();
            });
            let (even, uneven): (Vec<_>, Vec<_>) = by_csv_crate(&text).into_iter().partition(|record| record.len() == width);
            prop_assert_eq!((found, ragged), (even, uneven.len()));
        }
    }
}
