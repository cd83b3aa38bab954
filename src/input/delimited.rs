//! Text the cells of which a character parts: its header, then block after block of whole records.
//!
//! In: text that is read. Out: a [`Table`] and [`Block`]s that are valid UTF-8 and end where a
//! record ends. Never holds more than a block and the longest record. Not here: cells of the
//! rows; whoever gets a block parts it.

use super::pending::{Pending, SAMPLE};
use super::split::Splitter;
use super::{Blocks, LONGEST_RECORD, Options, delimiter, encoding};
use crate::record::{Block, Cells, Table, line_ends};
use anyhow::bail;

/// Delimited text that is being read.
pub struct Delimited {
    table: Table,
    index: usize,
    options: Options,
    splitter: Splitter,
    /// Begins at a record.
    pending: Pending,
    /// The line and the byte at which `pending` begins.
    line: u64,
    offset: u64,
}

/// Reads the header of the text called `name`.
///
/// # Errors
/// Where it cannot be read, is no UTF-8 text, or has no header.
pub fn open(name: &str, pending: Pending, index: usize, options: &Options) -> anyhow::Result<(Table, Box<dyn Blocks>)> {
    let delimited = Delimited::new(name, pending, index, options)?;
    Ok((delimited.table.clone(), Box::new(delimited)))
}

impl Blocks for Delimited {
    fn next_block(&mut self) -> anyhow::Result<Option<Block>> {
        let mut wanted = self.options.block_bytes.max(self.splitter.reached());
        loop {
            self.pending.fill(wanted)?;
            let bytes = self.pending.bytes();
            let seen = self.pending.whole(wanted);
            let (end, is_all) = (self.splitter.scan(&bytes[..seen]), seen == bytes.len() && self.pending.has_ended());
            if let Some(mut end) = end {
                // A line end of two bytes stays whole, or its line would be counted twice.
                if bytes[end - 1] == b'\r' {
                    self.pending.fill(end + 1)?;
                    end += usize::from(self.pending.bytes().get(end) == Some(&b'\n'));
                }
                return self.hand_out(end).map(Some);
            }
            if is_all {
                if let Some(at) = self.splitter.open_quote() {
                    return Err(self.unclosed(at));
                }
                return if seen == 0 { Ok(None) } else { self.hand_out(seen).map(Some) };
            }
            if seen >= LONGEST_RECORD {
                return Err(self.too_long());
            }
            wanted = seen.max(wanted) * 2;
        }
    }

    fn take_back(&mut self, block: Block) {
        self.pending.take_back(block.text);
    }
}

impl Delimited {
    fn new(name: &str, pending: Pending, index: usize, options: &Options) -> anyhow::Result<Delimited> {
        let table = Table { name: name.to_owned(), escape: options.escape, ..Table::default() };
        let options = Options { block_bytes: pending.block_bytes(options.block_bytes), ..options.clone() };
        let mut reader =
            Delimited { splitter: Splitter::new(&table), table, index, options, pending, line: 1, offset: 0 };
        reader.pending.fill(SAMPLE + 1)?;
        reader.read_header()?;
        Ok(reader)
    }

    /// Parts the first `end` bytes from what is pending.
    fn hand_out(&mut self, end: usize) -> anyhow::Result<Block> {
        let lines = self.splitter.lines_in(self.pending.bytes(), end);
        let Some(text) = self.pending.cut(end, self.options.block_bytes)? else {
            let bytes = &self.pending.bytes()[..end];
            let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
            return Err(self.not_utf8(bytes, valid));
        };
        let block = Block { table: self.index, line: self.line, offset: self.offset, text, ..Block::default() };
        self.splitter.forget(end, lines);
        self.offset += end as u64;
        self.line += lines;
        Ok(block)
    }

    fn read_header(&mut self) -> anyhow::Result<()> {
        let mut start = byte_order_mark(self.pending.bytes());
        let declared = delimiter::declared(&self.pending.bytes()[start..]);
        if let Some((_, length)) = declared {
            start += length;
        }
        self.table.delimiter = match (self.options.delimiter, declared) {
            (Some(chosen), _) | (None, Some((chosen, _))) => chosen,
            (None, None) => {
                let bytes = self.pending.bytes();
                let is_all = self.pending.has_ended() && bytes.len() <= SAMPLE;
                delimiter::detect(&bytes[start..bytes.len().min(SAMPLE)], is_all, self.table.escape)
            }
        };
        let mut cells = Cells::of(&self.table);
        let found = loop {
            let (bytes, has_ended) = (self.pending.bytes(), self.pending.has_ended());
            match cells.read(&bytes[start..]) {
                Some(found) if start + found.end < bytes.len() || has_ended => break found,
                None if has_ended => bail!("{} is empty; it needs at least a line with the headers", self.table.name),
                _ if bytes.len() >= LONGEST_RECORD => return Err(self.too_long()),
                _ => self.pending.fill(bytes.len() * 2)?,
            }
        };
        let header = start + found.start..start + found.end;
        let bytes = self.pending.bytes();
        let mut quotes = Splitter::new(&self.table);
        quotes.scan(&bytes[header.clone()]);
        if let Some(at) = quotes.open_quote() {
            return Err(self.unclosed(header.start + at));
        }
        let text = match std::str::from_utf8(&bytes[start..header.end]) {
            Ok(text) => text,
            Err(error) => return Err(self.not_utf8(bytes, start + error.valid_up_to())),
        };
        if bytes[header.clone()].contains(&0) {
            bail!(
                "cannot read {}: its first line holds zero bytes, so it is no text; export it again",
                self.table.name
            );
        }
        let record = cells.record(text);
        self.table.columns = (0..record.len()).map(|at| record.get(at).to_owned()).collect();
        let line_feed_too = bytes[..header.end].ends_with(b"\r") && bytes[header.end..].starts_with(b"\n");
        let end = header.end + usize::from(line_feed_too);
        self.line = self.line_at(bytes, end);
        self.pending.skip(end);
        self.offset = end as u64;
        self.splitter = Splitter::new(&self.table);
        Ok(())
    }

    /// The line on which the byte `at` of `bytes` stands, which begin where `pending` does.
    fn line_at(&self, bytes: &[u8], at: usize) -> u64 {
        self.line + line_ends(&bytes[..at])
    }

    fn not_utf8(&self, bytes: &[u8], at: usize) -> anyhow::Error {
        encoding::not_utf8(&self.table.name, self.line_at(bytes, at), &bytes[at..])
    }

    fn unclosed(&self, at: usize) -> anyhow::Error {
        let (name, line) = (&self.table.name, self.line_at(self.pending.bytes(), at));
        anyhow::anyhow!("{name}:{line}: the quote that opens here is never closed")
    }

    fn too_long(&self) -> anyhow::Error {
        let (name, longest) = (&self.table.name, LONGEST_RECORD >> 20);
        match self.splitter.open_quote() {
            Some(at) => anyhow::anyhow!(
                "{name}:{}: the quote that opens here is not closed within {longest} MiB",
                self.line_at(self.pending.bytes(), at)
            ),
            None => anyhow::anyhow!("{name}:{}: a record longer than {longest} MiB", self.line),
        }
    }
}

/// How long the byte-order mark is. Programs that add one without looking leave two of them.
pub fn byte_order_mark(first: &[u8]) -> usize {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let after_one = first.strip_prefix(MARK).unwrap_or(first);
    first.len() - after_one.strip_prefix(MARK).unwrap_or(after_one).len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::ahead::Ahead;
    use crate::input::source::Counter;
    use crate::machine::Map;
    use proptest::prelude::*;
    use std::io::{Cursor, Write};
    use std::sync::Arc;

    fn options(delimiter: Option<u8>, block_bytes: usize) -> Options {
        Options { delimiter, block_bytes, ..Options::default() }
    }

    /// The header and all records, which do not depend on whether the text is a stream, a file in chunks or one as memory.
    fn read_all(text: &[u8], options: &Options) -> anyhow::Result<Vec<Vec<String>>> {
        let mut file = tempfile::tempfile()?;
        file.write_all(text)?;
        let stream = Pending::read_from("contacts.csv", Box::new(Cursor::new(text.to_vec())))?;
        let read = read_pending(text, stream, options);
        let ahead = Ahead::new("contacts.csv", file.try_clone()?, options.block_bytes, Counter::default());
        let chunks = read_pending(text, Pending::at_hand(ahead), options);
        let mapped = read_pending(text, Pending::mapped(Arc::new(Map::of(file)?), Counter::default()), options);
        let said = |read: &anyhow::Result<_>| read.as_ref().err().map(ToString::to_string);
        for other in [chunks, mapped] {
            assert_eq!((read.as_ref().ok(), said(&read)), (other.as_ref().ok(), said(&other)));
        }
        read
    }

    fn read_pending(text: &[u8], pending: Pending, options: &Options) -> anyhow::Result<Vec<Vec<String>>> {
        let (table, mut reader) = open("contacts.csv", pending, 0, options)?;
        let mut all = vec![table.columns.clone()];
        let mut cells = Cells::of(&table);
        while let Some(block) = reader.next_block()? {
            assert_eq!(block.line, line_ends(&text[..block.offset as usize]) + 1);
            assert!(text[block.offset as usize..].starts_with(block.text.as_bytes()));
            let mut at = 0;
            while let Some(found) = cells.read(&block.text.as_bytes()[at..]) {
                let record = cells.record(&block.text[at..]);
                all.push((0..record.len()).map(|cell| record.get(cell).to_owned()).collect());
                at += found.end;
            }
        }
        Ok(all)
    }

    fn records(text: &str) -> Vec<Vec<String>> {
        read_all(text.as_bytes(), &options(None, 16)).unwrap()
    }

    fn fault(text: impl AsRef<[u8]>) -> String {
        read_all(text.as_ref(), &options(None, 16)).unwrap_err().to_string()
    }

    /// What the csv crate makes of the whole text; `None` where a quote is never closed: then a
    /// further line is no further record.
    fn by_csv_crate(text: &str) -> Option<Vec<Vec<String>>> {
        let whole = format!("{text}\nEND\n");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(whole.as_bytes());
        let mut all: Vec<Vec<String>> =
            reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
        (all.pop()? == ["END"]).then_some(all)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn records_do_not_depend_on_where_the_file_is_cut(
            text in "[ab\"\",,\n\r ż\\x00]{0,200}",
            block_bytes in 1_usize..40,
        ) {
            // Zero bytes are text in rows only; the header is the first line that is not blank.
            let text = format!("\n\"h\",\r\n{text}");
            let like_utf16 = text.matches('\0').count() * 3 >= text.len();
            let text = if like_utf16 { text.replace('\0', "x") } else { text };
            let read = read_all(text.as_bytes(), &options(Some(b','), block_bytes));
            match by_csv_crate(&text) {
                Some(expected) if !expected.is_empty() => prop_assert_eq!(read.unwrap(), expected),
                Some(_) => prop_assert!(read.unwrap_err().to_string().contains("is empty")),
                None => prop_assert!(read.unwrap_err().to_string().contains("never closed")),
            }
        }
    }

    #[test]
    fn every_kind_of_line_end_parts_records() {
        for text in ["id,b\r\n1,2\r\n3,4", "id,b\n1,2\n3,4\n", "id,b\r1,2\r3,4\r", "\n\nid,b\n\r\n1,2\n\n3,4\r\n\n"] {
            assert_eq!(records(text), [["id", "b"], ["1", "2"], ["3", "4"]], "{text:?}");
        }
    }

    #[test]
    fn a_header_may_be_quoted_and_hold_line_ends() {
        assert_eq!(records("\"a\nb\",\"c,d\",\n1,2,3"), [["a\nb", "c,d", ""], ["1", "2", "3"]]);
        assert_eq!(records("\u{feff}sep=;\r\na;b\r\n1,5;2"), [["a", "b"], ["1,5", "2"]]);
        assert_eq!(records("\u{feff}\u{feff}a,b"), [["a", "b"]]);
    }

    #[test]
    fn a_byte_order_mark_within_the_file_is_text_wherever_the_file_is_cut() {
        for block_bytes in 1..30 {
            let text = "a,b\n\u{feff}1,2\n\u{feff}3,4\n5,\u{feff}6\n".as_bytes();
            let read = read_all(text, &options(None, block_bytes)).unwrap();
            assert_eq!(read[1..], [["\u{feff}1", "2"], ["\u{feff}3", "4"], ["5", "\u{feff}6"]]);
        }
    }

    #[test]
    fn a_record_longer_than_a_block_makes_a_longer_block() {
        let long = "x\n".repeat(200_000);
        assert_eq!(records(&format!("a,b\n1,\"{long}\"\n2,y"))[1][1], long);
        assert_eq!(records(&format!("a,\"{long}\"\n2,y"))[0][1], long);
    }

    #[test]
    fn a_file_without_a_header_says_so() {
        assert_eq!(fault(""), "contacts.csv is empty; it needs at least a line with the headers");
        assert_eq!(fault("\n\r\n"), "contacts.csv is empty; it needs at least a line with the headers");
    }

    #[test]
    fn a_fault_names_its_line() {
        assert_eq!(
            fault(b"id,name\n1,a\n2,Za\xbf\xf3\xb3\xe6\n"),
            "contacts.csv:3: the byte 0xBF is not UTF-8; if the file is windows-1250, say so with \
             --encoding windows-1250, else save it as UTF-8"
        );
        assert!(fault(b"id,na\xbfme\n").starts_with("contacts.csv:1: the byte 0xBF is not UTF-8; "));
        let unclosed = format!("id,name\n1,a\n2,\"b\n{}", "3,c\n".repeat(50));
        assert_eq!(fault(unclosed), "contacts.csv:3: the quote that opens here is never closed");
        assert_eq!(fault("id,\"name\n1,a\n"), "contacts.csv:1: the quote that opens here is never closed");
    }
}
