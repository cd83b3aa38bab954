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
    count: usize,
    /// Its lines, one for each end that is a line end.
    pub lines: Vec<Line>,
    /// The quotes behind the last line end.
    pub rest: QuotesSeen,
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

impl Structure {
    /// [`BEFORE`], and the places of delimiters and line ends outside quotes, in order.
    pub fn edges(&self) -> &[u32] {
        &self.edges[..self.count]
    }

    /// Looks at a text, which has fewer than 2³² bytes.
    pub fn find(&mut self, text: &[u8], delimiter: u8) {
        // A word writes up to 64 places behind the last one.
        self.edges.resize(self.edges.len().max(1 + text.len() + WORD), BEFORE);
        self.lines.clear();
        (self.count, self.rest) = (1, QuotesSeen::None);
        let quotes = Quotes { is_open: 0, may_open: 1, must_end: 0, is_after_quote: 0 };
        let mut search = Search { found: self, quotes };
        let all = machine::scan(text, delimiter, &mut search);
        let is_open = search.quotes.is_open != 0;
        self.is_whole = all && !is_open;
    }
}

/// A search under way.
struct Search<'s> {
    found: &'s mut Structure,
    quotes: Quotes,
}

impl Listener for Search<'_> {
    #[inline(always)]
    fn hear(&mut self, at: usize, masks: Masks, valid: u64, kind: impl Kind) -> bool {
        let Masks { delimiters, line_ends, quotes } = masks;
        let Structure { edges, count, lines, rest, .. } = &mut *self.found;
        let (mut found, quotes) = ((delimiters | line_ends) & valid, quotes & valid);
        let mut odd = 0;
        if quotes | self.quotes.is_open | self.quotes.must_end == 0 {
            self.quotes.may_open = found >> 63;
        } else {
            (found, odd) = self.quotes.within(found, quotes, valid);
            found &= odd.wrapping_sub(1) & !odd; // all of it where nothing is odd
        }
        let doubled = quotes & (quotes << 1 | self.quotes.is_after_quote);
        self.quotes.is_after_quote = quotes >> 63;
        let seen_in = |part: u64| match (quotes & part, doubled & part) {
            (0, _) => QuotesSeen::None,
            (_, 0) => QuotesSeen::Around,
            _ => QuotesSeen::Doubled,
        };
        let (mut line_ends, mut behind) = (line_ends & found, u64::MAX);
        while line_ends != 0 {
            let before = (line_ends & line_ends.wrapping_neg()) - 1;
            let end = *count as u32 + (found & before).count_ones();
            lines.push(Line { end, quotes: seen_in(before & behind).max(std::mem::take(rest)) });
            behind = !before;
            line_ends &= line_ends - 1;
        }
        *rest = seen_in(behind).max(*rest);
        let Some(room) = edges[*count..].first_chunk_mut() else { unreachable!("a word has room") };
        kind.put(found, at as u32, room);
        *count += found.count_ones() as usize;
        odd == 0
    }
}

/// Where among quotes a word begins.
struct Quotes {
    /// All ones where a quote is open.
    is_open: u64,
    /// One where the byte before ends a cell or is a quote: here one may open.
    may_open: u64,
    /// One where the byte before is a quote that closes: here a cell must end, or it opens again.
    must_end: u64,
    /// One where the byte before is a quote.
    is_after_quote: u64,
}

impl Quotes {
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
        (structure.edges()[1..].to_vec(), structure.lines.iter().map(|line| line.end).collect(), structure.is_whole)
    }

    #[test]
    fn lines_know_their_quotes() {
        use QuotesSeen::{Around, Doubled, None};
        for padding in 0..70 {
            let text = format!("{}\na,b\n\"a\",b\na,\"\"\n\n\"\",\"\n\"\nx,\"a\"\"b\"\n\"y\"", "-".repeat(padding));
            let mut structure = Structure::default();
            structure.find(text.as_bytes(), b',');
            let quotes: Vec<QuotesSeen> = structure.lines.iter().map(|line| line.quotes).collect();
            assert_eq!(quotes, [None, None, Around, Doubled, None, Doubled, Doubled], "{padding}");
            assert_eq!(structure.rest, Around);
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
