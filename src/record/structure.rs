//! Where cells and records end: the bytes of a text that mean something.
//!
//! In: text that begins at a record, and what parts its cells. Out: the places of the delimiters
//! and line ends that stand outside quotes. Quotes are told apart by their parity, which holds as
//! long as each opens at the start of a cell and closes at its end; at the first that does not
//! (`12" pipes`), the search ends and says so. Not here: cells, and how bytes are compared.

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
    /// The quotes, in order.
    quotes: Vec<Quote>,
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
    /// Side by side: perhaps two of them that stand for one.
    Doubled,
}

/// A quote.
#[derive(Clone, Copy, Debug)]
struct Quote {
    /// Which of the edges ends its cell.
    edge: u32,
    /// Whether the byte before is a quote, too.
    is_doubled: bool,
}

impl Structure {
    /// [`BEFORE`], and the places of delimiters and line ends outside quotes, in order.
    pub fn edges(&self) -> &[u32] {
        &self.edges[..self.count]
    }

    /// The lines, one for each edge that is a line end.
    #[inline(always)]
    pub fn lines(&self) -> impl Iterator<Item = Line> {
        let mut next_quote = 0;
        self.line_ends().map(move |end| {
            let mut quotes = QuotesSeen::None;
            while let Some(quote) = self.quotes.get(next_quote).filter(|quote| quote.edge <= end) {
                quotes = quotes.max(quote.seen());
                next_quote += 1;
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
        let cells = u32::try_from(cells).ok().filter(|&cells| cells > 1 && self.quotes.is_empty())?;
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
        self.quotes.iter().map(|quote| quote.seen()).max().unwrap_or_default()
    }

    /// Looks at a text, which has fewer than 2³² bytes.
    pub fn find(&mut self, text: &[u8], delimiter: u8) {
        // A word writes up to 64 places behind the last one.
        self.edges.resize(self.edges.len().max(1 + text.len() + WORD), BEFORE);
        self.line_ends.resize(self.line_ends.len().max(self.edges.len() / BITS + 2), 0);
        self.line_ends[0] = 0;
        self.quotes.clear();
        let Structure { edges, line_ends, quotes, .. } = self;
        let mut search = Search { edges, line_ends, quotes, count: 0, is_open: false };
        let all = machine::scan(text, delimiter, &mut search);
        (self.count, self.is_whole) = (search.count, all && !search.is_open);
    }
}

impl Quote {
    fn seen(&self) -> QuotesSeen {
        if self.is_doubled { QuotesSeen::Doubled } else { QuotesSeen::Around }
    }
}

/// So many edges have their bits in one word.
const BITS: usize = u64::BITS as usize;

/// A search under way.
struct Search<'s> {
    edges: &'s mut [u32],
    line_ends: &'s mut [u64],
    quotes: &'s mut Vec<Quote>,
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
        Reached { count: 1, quoting: Quoting { is_open: 0, may_open: 1, must_end: 0, is_after_quote: 0 } }
    }
}

impl Listener for Search<'_> {
    type State = Reached;

    #[inline(always)]
    fn hear(&mut self, reached: &mut Reached, at: usize, masks: Masks, valid: u64, kind: impl Kind) -> bool {
        let Masks { delimiters, line_ends, quotes } = masks;
        let (mut found, quotes) = ((delimiters | line_ends) & valid, quotes & valid);
        let mut odd = 0;
        let Reached { count, quoting } = reached;
        if quotes | quoting.is_open | quoting.must_end == 0 {
            quoting.may_open = found >> 63;
            quoting.is_after_quote = 0;
        } else {
            (found, odd) = quoting.within(found, quotes, valid);
            found &= odd.wrapping_sub(1) & !odd; // all of it where nothing is odd
            self.note(quotes, found, *count, quoting.is_after_quote);
            quoting.is_after_quote = quotes >> 63;
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
    /// Notes the quotes of a word in which these cells end, behind so many others.
    #[inline]
    fn note(&mut self, quotes: u64, found: u64, count: usize, is_after_quote: u64) {
        let doubled = quotes & (quotes << 1 | is_after_quote);
        let mut left = quotes;
        while left != 0 {
            let before = (left & left.wrapping_neg()) - 1;
            let edge = count as u32 + (found & before).count_ones();
            self.quotes.push(Quote { edge, is_doubled: doubled & left & left.wrapping_neg() != 0 });
            left &= left - 1;
        }
    }
}

/// Where among quotes a word begins.
struct Quoting {
    /// All ones where a quote is open.
    is_open: u64,
    /// One where the byte before ends a cell or is a quote: here one may open.
    may_open: u64,
    /// One where the byte before is a quote that closes: here a cell must end, or it opens again.
    must_end: u64,
    /// One where the byte before is a quote.
    is_after_quote: u64,
}

impl Quoting {
    /// Takes out what stands within quotes; gives what is left, and the first byte that shows that
    /// a quote is none, as a bit.
    #[inline(always)]
    fn within(&mut self, ends: u64, quotes: u64, valid: u64) -> (u64, u64) {
        let inside = parity(quotes) ^ self.is_open;
        let (opening, closing) = (quotes & inside, quotes & !inside);
        let outside = ends & !inside;
        let may_open = (outside | quotes) << 1 | self.may_open;
        let must_end = (closing << 1 | self.must_end) & valid;
        let odd = (opening & !may_open) | (must_end & !(outside | quotes));
        self.is_open = ((inside as i64) >> 63) as u64;
        self.may_open = (outside | quotes) >> 63;
        self.must_end = closing >> 63;
        (outside, odd & odd.wrapping_neg())
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
            assert_eq!(quotes, [None, None, Around, Doubled, None, Doubled, Doubled], "{padding}");
            assert_eq!(structure.quotes(), Doubled);
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
