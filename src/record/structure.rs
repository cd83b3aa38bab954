//! Where cells and records end: the bytes of a text that mean something.
//!
//! In: text that begins at a record, and what parts its cells. Out: the places of the delimiters
//! and line ends that stand outside quotes. Quotes are told apart by their parity, which holds as
//! long as each opens at the start of a cell and closes at its end; at the first that does not
//! (`12" pipes`), the search ends and says so. A [`Glance`] at bytes that may begin within a record
//! tells by the same parity where the last record ends. Not here: cells, and how bytes are compared.

use crate::machine::{self, Kind, Listener, Masks, WORD};

/// Where what stands before a text ends: one byte before it.
pub const BEFORE: u32 = u32::MAX;

/// Where cells and records end, counted from the start of the text; used for many texts.
#[derive(Debug, Default)]
pub struct Structure {
    /// [`BEFORE`] and the places of delimiters and line ends; only the first `count` are of this text.
    edges: Vec<u32>,
    /// For each edge a bit that tells whether it is a line end.
    line_ends: Vec<u64>,
    count: usize,
    /// Which edges end cells that stand in quotes, in order.
    quoted: Vec<Quoted>,
    /// For each quote that stands for one together with the quote before it, the edge that ends its cell.
    doubled: Vec<u32>,
    has_quotes: bool,
    /// Whether everything was looked at, and no quote is open at the end.
    pub is_whole: bool,
}

/// A line of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which of the edges is its end.
    pub end: u32,
    /// Its quotes.
    pub quotes: QuotesSeen,
}

/// What quotes there are, all of them as RFC 4180 has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum QuotesSeen {
    /// None.
    #[default]
    None,
    /// Around cells only: the cells stand between them as they are.
    Around,
    /// Within cells, too, where two of them stand for one.
    Doubled,
}

/// Some edges side by side: from the `first` on a bit for each that ends a cell in quotes.
#[derive(Clone, Copy, Debug, Default)]
struct Quoted {
    first: u32,
    bits: u64,
}

impl Structure {
    /// [`BEFORE`], and the places of delimiters and line ends outside quotes, in order.
    pub fn edges(&self) -> &[u32] {
        &self.edges[..self.count]
    }

    /// The lines, one for each edge that is a line end.
    #[inline(always)]
    pub fn lines(&self) -> impl Iterator<Item = Line> {
        let (mut quoted, mut doubled) = (self.quoted.iter().copied(), self.doubled.iter().peekable());
        let mut left = quoted.next().unwrap_or_default();
        self.line_ends().map(move |end| {
            let mut quotes = QuotesSeen::None;
            while left.bits != 0 && left.first <= end {
                let here = left.bits & (u64::MAX >> (u64::BITS - 1).saturating_sub(end - left.first));
                if here != 0 {
                    quotes = QuotesSeen::Around;
                }
                left.bits ^= here;
                if left.bits != 0 {
                    break;
                }
                left = quoted.next().unwrap_or_default();
            }
            while doubled.next_if(|edge| **edge <= end).is_some() {
                quotes = QuotesSeen::Doubled;
            }
            Line { end, quotes }
        })
    }

    /// Which of the edges are line ends.
    #[inline(always)]
    fn line_ends(&self) -> impl Iterator<Item = u32> {
        let words = &self.line_ends[..=self.count / BITS];
        let (mut word, mut left) = (0, words[0]);
        std::iter::from_fn(move || {
            while left == 0 {
                word += 1;
                left = *words.get(word)?;
            }
            let end = word as u32 * u64::BITS + left.trailing_zeros();
            left &= left - 1;
            Some(end)
        })
    }

    /// How many lines there are, if each has so many cells and none a quote.
    pub fn even_lines(&self, cells: usize) -> Option<usize> {
        let cells = u32::try_from(cells).ok().filter(|&cells| cells > 1 && !self.has_quotes)?;
        let (mut lines, mut expected) = (0, 0);
        for end in self.line_ends() {
            expected += cells;
            if end != expected {
                return None;
            }
            lines += 1;
        }
        Some(lines)
    }

    /// All quotes.
    pub fn quotes(&self) -> QuotesSeen {
        match (self.has_quotes, self.doubled.is_empty()) {
            (false, _) => QuotesSeen::None,
            (true, true) => QuotesSeen::Around,
            (true, false) => QuotesSeen::Doubled,
        }
    }

    /// Looks at a text, which has fewer than 2³² bytes.
    pub fn find(&mut self, text: &[u8], delimiter: u8) {
        // A word writes up to 64 places behind the last one.
        self.edges.resize(self.edges.len().max(1 + text.len() + WORD), BEFORE);
        self.line_ends.resize(self.line_ends.len().max(self.edges.len() / BITS + 2), 0);
        self.line_ends[0] = 0;
        self.quoted.clear();
        self.doubled.clear();
        let Structure { edges, line_ends, quoted, doubled, .. } = self;
        let mut search = Search { edges, line_ends, quoted, doubled, has_quotes: false, count: 0, is_open: false };
        let all = machine::scan(text, delimiter, &mut search);
        self.has_quotes = search.has_quotes;
        (self.count, self.is_whole) = (search.count, all && !search.is_open);
    }
}

/// So many edges have their bits in one word.
const BITS: usize = u64::BITS as usize;

/// A search under way.
struct Search<'s> {
    edges: &'s mut [u32],
    line_ends: &'s mut [u64],
    quoted: &'s mut Vec<Quoted>,
    doubled: &'s mut Vec<u32>,
    has_quotes: bool,
    /// At the end: how many edges there are, and whether a quote is open.
    count: usize,
    is_open: bool,
}

/// How far a search has come.
struct Reached {
    /// How many edges there are.
    count: usize,
    quoting: Quoting,
}

/// Before the first byte, behind the edge before it.
impl Default for Reached {
    #[inline(always)]
    fn default() -> Reached {
        Reached { count: 1, quoting: Quoting::default() }
    }
}

impl Listener for Search<'_> {
    type State = Reached;

    #[inline(always)]
    fn hear(&mut self, reached: &mut Reached, at: usize, masks: Masks, valid: u64, kind: impl Kind) -> bool {
        let Masks { delimiters, line_ends, quotes, .. } = masks;
        let (mut found, quotes) = ((delimiters | line_ends) & valid, quotes & valid);
        let mut odd = 0;
        let Reached { count, quoting } = reached;
        if quotes | quoting.is_open | quoting.must_end == 0 {
            quoting.may_open = found >> 63;
        } else {
            let is_after_quote = quoting.must_end;
            let within = quoting.within(found, quotes, valid);
            odd = within.odd;
            found = within.outside & odd.wrapping_sub(1) & !odd; // all of it where nothing is odd
            self.has_quotes |= quotes != 0;
            let quoted = found & (quotes << 1 | is_after_quote);
            if quoted != 0 {
                self.quoted.push(Quoted { first: *count as u32, bits: kind.gather(quoted, found) });
            }
            self.note_doubled(within.doubled, found, *count);
        }
        // Bits are put behind those that are there, without asking how many they are.
        let ended = kind.gather(line_ends & found, found);
        let (word, shift) = (*count / BITS, *count % BITS);
        self.line_ends[word] |= ended << shift;
        self.line_ends[word + 1] = ended >> 1 >> (BITS - 1 - shift);
        let Some(room) = self.edges[*count..].first_chunk_mut() else { unreachable!("a word has room") };
        kind.put(found, at as u32, room);
        *count += found.count_ones() as usize;
        odd == 0
    }

    fn end(&mut self, last: Reached) {
        (self.count, self.is_open) = (last.count, last.quoting.is_open != 0);
    }
}

impl Search<'_> {
    /// Notes the doubled quotes of a word in which these cells end, behind so many others.
    #[inline(always)]
    fn note_doubled(&mut self, mut doubled: u64, found: u64, count: usize) {
        while doubled != 0 {
            let before = (doubled & doubled.wrapping_neg()) - 1;
            self.doubled.push(count as u32 + (found & before).count_ones());
            doubled &= doubled - 1;
        }
    }
}

/// Where among quotes a word begins.
#[derive(Clone, Copy, Debug)]
struct Quoting {
    /// All ones where a quote is open.
    is_open: u64,
    /// One where the byte before ends a cell or is a quote: here one may open.
    may_open: u64,
    /// One where the byte before is a quote that closes: here a cell must end, or it opens again.
    must_end: u64,
}

/// At the start of a cell.
impl Default for Quoting {
    #[inline(always)]
    fn default() -> Quoting {
        Quoting { is_open: 0, may_open: 1, must_end: 0 }
    }
}

/// What quotes make of a word, bit by bit.
struct Within {
    /// What ends cells outside quotes.
    outside: u64,
    /// Quotes that open at the start of a cell.
    opening: u64,
    /// Quotes that open again where one has just closed: the two stand for one.
    doubled: u64,
    /// The first byte that shows that a quote is none.
    odd: u64,
}

impl Quoting {
    /// Tells what stands within quotes.
    #[inline(always)]
    fn within(&mut self, ends: u64, quotes: u64, valid: u64) -> Within {
        let inside = parity(quotes) ^ self.is_open;
        let (opening, closing) = (quotes & inside, quotes & !inside);
        let outside = ends & !inside;
        let may_open = (outside | quotes) << 1 | self.may_open;
        let must_end = (closing << 1 | self.must_end) & valid;
        let odd = (opening & !may_open) | (must_end & !(outside | quotes));
        self.is_open = ((inside as i64) >> 63) as u64;
        self.may_open = (outside | quotes) >> 63;
        self.must_end = closing >> 63;
        let doubled = opening & must_end;
        Within { outside, opening: opening & !doubled, doubled, odd: odd & odd.wrapping_neg() }
    }
}

/// What one look at some bytes tells, which may begin within a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// How many lines end in them, within quotes or not: by `\n`, `\r\n`, or a `\r` alone.
    pub line_ends: u64,
    /// Whether a quote is none: then the rest tells nothing.
    pub is_odd: bool,
    /// Behind the last line end outside quotes.
    pub last_end: Option<usize>,
    /// Where the last cell in quotes begins.
    pub opened: Option<usize>,
    /// Whether a quote is open at the end.
    pub is_open: bool,
}

/// What stands before some bytes.
#[derive(Clone, Copy, Debug)]
pub struct Before {
    /// Whether a quote is open.
    pub is_open: bool,
    /// Whether a cell begins here.
    pub is_start: bool,
    /// Whether a quote has just closed.
    pub has_just_closed: bool,
}

/// Nothing: a cell begins.
impl Default for Before {
    fn default() -> Before {
        Before { is_open: false, is_start: true, has_just_closed: false }
    }
}

impl Glance {
    /// Looks at every byte, once; there is at least one, or no quote is open.
    pub fn at(bytes: &[u8], delimiter: u8, before: Before) -> Glance {
        let mut look = Look { bytes, delimiter, before, found: Glance::default() };
        machine::scan(bytes, delimiter, &mut look);
        look.found
    }
}

/// A look under way.
struct Look<'l> {
    bytes: &'l [u8],
    delimiter: u8,
    before: Before,
    found: Glance,
}

/// What has been seen so far.
#[derive(Default)]
struct Seen {
    is_open: u64,
    must_end: u64,
    line_ends: u64,
    /// One where the byte before is a `\r`.
    after_return: u64,
    is_odd: bool,
    /// The last word in which a record ends, and where it begins; the same of cells in quotes that begin.
    ends: (u64, usize),
    opened: (u64, usize),
}

impl Listener for Look<'_> {
    type State = Seen;

    #[inline(always)]
    fn hear(&mut self, seen: &mut Seen, at: usize, masks: Masks, valid: u64, _: impl Kind) -> bool {
        let Masks { delimiters, line_ends, returns, quotes } = masks;
        let (mut ends, returns, quotes) = (line_ends & valid, returns & valid, quotes & valid);
        if at == 0 {
            seen.is_open = if self.before.is_open { u64::MAX } else { 0 };
            seen.must_end = self.before.has_just_closed.into();
        }
        // Most words have nothing but plain cells and `\n`.
        if returns | quotes | seen.after_return | seen.is_open | seen.must_end == 0 {
            seen.line_ends += u64::from(ends.count_ones());
        } else {
            // Of two bytes that are one line end the first counts.
            let second = ends & !returns & (returns << 1 | seen.after_return);
            seen.line_ends += u64::from((ends & !second).count_ones());
            seen.after_return = returns >> 63;
            let mut quoting = Quoting { is_open: seen.is_open, may_open: self.may_open(at), must_end: seen.must_end };
            let within = quoting.within(delimiters & valid | ends, quotes, valid);
            (seen.is_open, seen.must_end) = (quoting.is_open, quoting.must_end);
            seen.is_odd |= within.odd != 0;
            if within.opening != 0 {
                seen.opened = (within.opening, at);
            }
            ends &= within.outside;
        }
        if ends != 0 {
            seen.ends = (ends, at);
        }
        true
    }

    fn end(&mut self, seen: Seen) {
        let Seen { is_open, line_ends, is_odd, ends, opened, .. } = seen;
        let last = |(bits, at): (u64, usize)| bits.checked_ilog2().map(|bit| at + bit as usize);
        self.found = Glance {
            line_ends,
            is_odd,
            last_end: last(ends).map(|end| end + 1),
            opened: last(opened),
            is_open: is_open != 0,
        };
    }
}

impl Look<'_> {
    /// One where a quote may open at this byte, if none is open there: a cell begins, or a quote has just closed.
    #[inline(always)]
    fn may_open(&self, at: usize) -> u64 {
        let may_open = match at.checked_sub(1) {
            Some(before) => [self.delimiter, b'\n', b'\r', b'"'].contains(&self.bytes[before]),
            None => self.before.is_start || self.before.has_just_closed,
        };
        may_open.into()
    }
}

/// For each bit, whether an odd number of bits is set up to it, itself counted.
#[inline(always)]
fn parity(bits: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].into_iter().fold(bits, |bits, step| bits ^ bits << step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (Vec<u32>, Vec<u32>, bool) {
        let mut structure = Structure::default();
        structure.find(text.as_bytes(), b',');
        (structure.edges()[1..].to_vec(), structure.lines().map(|line| line.end).collect(), structure.is_whole)
    }

    #[test]
    fn lines_know_their_quotes() {
        use QuotesSeen::{Around, Doubled, None};
        for padding in 0..70 {
            let text = format!("{}\na,b\n\"a\",b\na,\"\"\n\n\"\",\"\n\"\nx,\"a\"\"b\"\n\"y\"", "-".repeat(padding));
            let mut structure = Structure::default();
            structure.find(text.as_bytes(), b',');
            let quotes: Vec<QuotesSeen> = structure.lines().map(|line| line.quotes).collect();
            assert_eq!(quotes, [None, None, Around, Around, None, Around, Doubled], "{padding}");
            assert_eq!(structure.quotes(), Doubled);
        }
    }

    #[test]
    fn a_glance_sees_nothing_odd_in_whole_quotes_wherever_they_stand() {
        for padding in 0..140 {
            let text = format!("{},\"a\"\"b\",\"\"\n\"\",\"\r\nc\"\r\n\"d\ne", "-".repeat(padding));
            let glance = Glance::at(text.as_bytes(), b',', Before::default());
            let expected = Glance {
                line_ends: 4,
                is_odd: false,
                last_end: Some(text.len() - 4),
                opened: Some(text.len() - 4),
                is_open: true,
            };
            assert_eq!(glance, expected, "{padding}");
        }
    }

    #[test]
    fn ends_within_quotes_are_none() {
        assert_eq!(found("a,\"b,\n\"\"c\",d\n"), (vec![1, 10, 12], vec![3], true));
        let long = format!("\"{}\",x\n\"\",y", "z,\n".repeat(50));
        assert_eq!(found(&long), (vec![152, 154, 157], vec![2], true));
    }

    #[test]
    fn the_search_ends_at_a_quote_that_is_none() {
        for (text, ends) in [("a\n1,2\" x\n3,4\n", vec![1, 3]), ("\"a\"b,c\n", vec![]), ("a,\"b\n", vec![1])] {
            let (found, _, is_whole) = found(text);
            assert_eq!((found, is_whole), (ends, false), "{text:?}");
        }
    }
}
