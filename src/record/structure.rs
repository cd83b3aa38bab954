//! Whether bytes are text, and which of them end cells and records, 64 at a time.
//!
//! In: text that begins at a record, and what parts its cells. Out: the places of the delimiters
//! and line ends that stand outside quotes. Quotes are told apart by their parity, which holds as
//! long as each opens at the start of a cell and closes at its end; at the first that does not
//! (`12" pipes`), the search ends and says so. Not here: cells.
//!
//! The bytes are compared with AVX-512 or AVX2 where the machine has them, which is asked at run
//! time, else with ordinary words; all three give the same masks, and a test compares them. This is
//! the one module with `unsafe` code: loads of 64 bytes from an array of 64 bytes, calls of
//! functions for which the machine has just said that it has their instructions, and the taking of
//! bytes as text that have just been checked.

/// Bytes as text.
///
/// # Errors
/// Gives the bytes back where they are not UTF-8.
pub fn text_of(bytes: Vec<u8>) -> Result<String, Vec<u8>> {
    match simdutf8::basic::from_utf8(&bytes) {
        #[allow(unsafe_code)]
        // SAFETY: they have just been found to be UTF-8. The standard library would look again.
        Ok(_) => Ok(unsafe { String::from_utf8_unchecked(bytes) }),
        Err(_) => Err(bytes),
    }
}

/// What one word of 64 bytes holds, a bit a byte, the first byte lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Masks {
    delimiters: u64,
    line_ends: u64,
    quotes: u64,
}

/// Where cells and records end, counted from the start of the text; used for many texts.
#[derive(Debug, Default)]
pub struct Structure {
    /// The places of delimiters and line ends; only the first `count` are of this text.
    ends: Vec<u32>,
    count: usize,
    /// Which of the ends are line ends.
    pub lines: Vec<u32>,
    /// Whether there are quotes.
    pub has_quotes: bool,
    /// Whether everything was looked at, and no quote is open at the end.
    pub is_whole: bool,
}

/// So many bytes are looked at in one go.
const WORD: usize = 64;

impl Structure {
    /// The places of delimiters and line ends outside quotes, in order.
    pub fn ends(&self) -> &[u32] {
        &self.ends[..self.count]
    }

    /// Looks at a text, which has fewer than 2³² bytes.
    pub fn find(&mut self, text: &[u8], delimiter: u8) {
        #[cfg(target_arch = "x86_64")]
        if x86::find(self, text, delimiter) {
            return;
        }
        self.find_with(text, |word| masks(word, delimiter));
    }

    #[inline(always)]
    fn find_with(&mut self, text: &[u8], masks: impl Fn(&[u8; WORD]) -> Masks) {
        let (ends, lines) = (&mut self.ends, &mut self.lines);
        lines.clear();
        // A word writes up to 64 places behind the last one.
        ends.resize(ends.len().max(text.len() + WORD), 0);
        let mut count = 0;
        let mut state = Quotes { is_open: 0, may_open: 1, must_end: 0 };
        let mut has_quotes = false;
        let mut is_whole = true;
        let mut look = |at: usize, word: &[u8; WORD], valid: u64| {
            let Masks { delimiters, line_ends, quotes } = masks(word);
            let (mut found, quotes) = ((delimiters | line_ends) & valid, quotes & valid);
            let mut odd = 0;
            if quotes | state.is_open | state.must_end == 0 {
                state.may_open = found >> 63;
            } else {
                has_quotes = true;
                (found, odd) = state.within(found, quotes, valid);
                found &= odd.wrapping_sub(1) & !odd; // all of it where nothing is odd
            }
            let mut line_ends = line_ends & found;
            while line_ends != 0 {
                let before = found & (line_ends & line_ends.wrapping_neg()).wrapping_sub(1);
                lines.push(count as u32 + before.count_ones());
                line_ends &= line_ends - 1;
            }
            count += put(ends, count, at as u32, found);
            odd == 0
        };
        let (words, rest) = text.as_chunks::<WORD>();
        for (number, word) in words.iter().enumerate() {
            if !look(number * WORD, word, u64::MAX) {
                is_whole = false;
                break;
            }
        }
        if is_whole && !rest.is_empty() {
            let mut word = [0; WORD];
            word[..rest.len()].copy_from_slice(rest);
            is_whole = look(words.len() * WORD, &word, (1 << rest.len()) - 1);
        }
        self.is_whole = is_whole && state.is_open == 0;
        self.has_quotes = has_quotes;
        self.count = count;
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

/// Writes the places of the bits; gives their number. What stands behind them is overwritten by
/// the next.
#[inline(always)]
fn put(ends: &mut [u32], count: usize, at: u32, mut found: u64) -> usize {
    let number = found.count_ones() as usize;
    let mut written = 0;
    while written < number {
        let Some(room) = ends[count + written..].first_chunk_mut::<8>() else { unreachable!("a word has room") };
        for place in room {
            *place = at + found.trailing_zeros();
            found &= found.wrapping_sub(1);
        }
        written += 8;
    }
    number
}

/// The masks of a word, eight bytes at a time.
fn masks(word: &[u8; WORD], delimiter: u8) -> Masks {
    let mut masks = Masks::default();
    let (parts, _) = word.as_chunks::<8>();
    for (number, part) in parts.iter().enumerate() {
        let part = u64::from_le_bytes(*part);
        let like = |byte: u8| like(part, byte) << (number * 8);
        masks.delimiters |= like(delimiter);
        masks.line_ends |= like(b'\n') | like(b'\r');
        masks.quotes |= like(b'"');
    }
    masks
}

/// A bit for each of eight bytes that is `byte`.
fn like(part: u64, byte: u8) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let unlike = part ^ (u64::from(byte) * 0x0101_0101_0101_0101);
    let alike = !(((unlike & LOW) + LOW) | unlike | LOW);
    (alike >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86 {
    use super::{Masks, Structure, WORD};
    use std::arch::is_x86_feature_detected as has;
    use std::arch::x86_64::*;

    /// Looks at a text with what the machine has; `false` where it has neither.
    pub fn find(structure: &mut Structure, text: &[u8], delimiter: u8) -> bool {
        if has!("bmi1") && has!("popcnt") {
            if has!("avx512bw") {
                // SAFETY: the machine has all that the function is compiled for.
                unsafe { find_avx512(structure, text, delimiter) };
                return true;
            }
            if has!("avx2") {
                // SAFETY: as above.
                unsafe { find_avx2(structure, text, delimiter) };
                return true;
            }
        }
        false
    }

    #[target_feature(enable = "avx512bw,bmi1,popcnt")]
    fn find_avx512(structure: &mut Structure, text: &[u8], delimiter: u8) {
        structure.find_with(text, |word| masks_avx512(word, delimiter));
    }

    #[target_feature(enable = "avx2,bmi1,popcnt")]
    fn find_avx2(structure: &mut Structure, text: &[u8], delimiter: u8) {
        structure.find_with(text, |word| masks_avx2(word, delimiter));
    }

    #[inline]
    #[target_feature(enable = "avx512bw")]
    pub fn masks_avx512(word: &[u8; WORD], delimiter: u8) -> Masks {
        // SAFETY: 64 bytes are read from an array of 64 bytes, wherever it stands.
        let bytes = unsafe { _mm512_loadu_si512(word.as_ptr().cast()) };
        let like = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte as i8));
        Masks { delimiters: like(delimiter), line_ends: like(b'\n') | like(b'\r'), quotes: like(b'"') }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn masks_avx2(word: &[u8; WORD], delimiter: u8) -> Masks {
        let (halves, _) = word.as_chunks::<32>();
        // SAFETY: 32 bytes are read from each of two arrays of 32 bytes, wherever they stand.
        let [low, high] = [0, 1].map(|half| unsafe { _mm256_loadu_si256(halves[half].as_ptr().cast()) });
        let like = |byte: u8| {
            let byte = _mm256_set1_epi8(byte as i8);
            let of = |half| u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(half, byte)) as u32);
            of(low) | of(high) << 32
        };
        Masks { delimiters: like(delimiter), line_ends: like(b'\n') | like(b'\r'), quotes: like(b'"') }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn every_kind_of_machine_sees_the_same(word in prop::collection::vec(
            prop_oneof![Just(b','), Just(b'\n'), Just(b'\r'), Just(b'"'), Just(b'-'), any::<u8>()], WORD)
        ) {
            let word: [u8; WORD] = word.try_into().unwrap();
            let mut naive = Masks::default();
            for (at, byte) in word.into_iter().enumerate() {
                naive.delimiters |= u64::from(byte == b',') << at;
                naive.line_ends |= u64::from(matches!(byte, b'\n' | b'\r')) << at;
                naive.quotes |= u64::from(byte == b'"') << at;
            }
            prop_assert_eq!(masks(&word, b','), naive);
            #[cfg(target_arch = "x86_64")]
            #[allow(unsafe_code)]
            {
                if std::arch::is_x86_feature_detected!("avx512bw") {
                    // SAFETY: the machine has AVX-512 BW.
                    prop_assert_eq!(unsafe { x86::masks_avx512(&word, b',') }, naive);
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the machine has AVX2.
                    prop_assert_eq!(unsafe { x86::masks_avx2(&word, b',') }, naive);
                }
            }
        }

        #[test]
        fn every_kind_of_machine_finds_the_same_ends(text in "[ab,,\"\"\n\r]{0,400}") {
            let (mut found, mut portable) = (Structure::default(), Structure::default());
            found.find(text.as_bytes(), b',');
            portable.find_with(text.as_bytes(), |word| masks(word, b','));
            prop_assert_eq!((found.ends(), &found.lines), (portable.ends(), &portable.lines));
            prop_assert_eq!((found.has_quotes, found.is_whole), (portable.has_quotes, portable.is_whole));
        }
    }

    fn found(text: &str) -> (Vec<u32>, Vec<u32>, bool) {
        let mut structure = Structure::default();
        structure.find(text.as_bytes(), b',');
        (structure.ends().to_vec(), structure.lines, structure.is_whole)
    }

    #[test]
    fn ends_within_quotes_are_none() {
        assert_eq!(found("a,\"b,\n\"\"c\",d\n"), (vec![1, 10, 12], vec![2], true));
        let long = format!("\"{}\",x\n\"\",y", "z,\n".repeat(50));
        assert_eq!(found(&long), (vec![152, 154, 157], vec![1], true));
    }

    #[test]
    fn the_search_ends_at_a_quote_that_is_none() {
        for (text, ends) in [("a\n1,2\" x\n3,4\n", vec![1, 3]), ("\"a\"b,c\n", vec![]), ("a,\"b\n", vec![1])] {
            let (found, _, is_whole) = found(text);
            assert_eq!((found, is_whole), (ends, false), "{text:?}");
        }
    }
}
