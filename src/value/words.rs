//! Whether a text is one of some words, begins or ends with one, or contains one, whatever the case of its letters.
//!
//! In: words in Unicode lower case, and a text. Out: yes or no. Sixteen bytes of the text are put in lower
//! case in a register and compared with every word; what lies beyond them, or beyond ASCII, is looked at only
//! where they leave it open.

use super::lower;
use crate::machine::{self, Part};
use std::ops::Deref;

/// Words in lower case.
#[derive(Clone, Debug, Default)]
pub struct Words {
    texts: Vec<String>,
    ends: Vec<Ends>,
    /// Whether one is longer than its ends.
    has_long: bool,
    /// The words as they are looked for within a text; none where there are many, or all texts contain one.
    parts: Option<Vec<Part>>,
}

/// How a word begins and ends: its first and its last bytes.
#[derive(Clone, Copy, Debug)]
struct Ends {
    head: u128,
    tail: u128,
    /// Those of them that are there.
    head_mask: u128,
    tail_mask: u128,
    len: usize,
}

/// So many words are looked for within a text before it takes longer than to remember the answer.
const FEW: usize = 16;
/// So many bytes are compared at once.
const BYTES: usize = size_of::<u128>();
/// A byte, sixteen times.
const fn each(byte: u8) -> u128 {
    u128::from_ne_bytes([byte; BYTES])
}

impl From<Vec<String>> for Words {
    fn from(texts: Vec<String>) -> Words {
        let ends = texts.iter().map(|text| Ends::of(text.as_bytes())).collect();
        let has_long = texts.iter().any(|text| text.len() > BYTES);
        let parts = if texts.len() <= FEW { texts.iter().map(|text| Part::of(text)).collect() } else { None };
        Words { texts, ends, has_long, parts }
    }
}

/// The words as texts.
impl Deref for Words {
    type Target = [String];
    fn deref(&self) -> &[String] {
        &self.texts
    }
}

impl Ends {
    fn of(word: &[u8]) -> Ends {
        let absent = 8 * BYTES.saturating_sub(word.len()) as u32;
        Ends {
            head: first_bytes(word),
            tail: last_bytes(word),
            head_mask: u128::MAX.checked_shr(absent).unwrap_or(0),
            tail_mask: u128::MAX.checked_shl(absent).unwrap_or(0),
            len: word.len(),
        }
    }
}

impl Words {
    /// Whether a text is one of them.
    #[inline]
    pub fn any_is(&self, text: &str) -> bool {
        let (bytes, head) = (text.as_bytes(), first_bytes(text.as_bytes()));
        let head_in_lower = ascii_lower(head);
        let is = |(ends, word): (&Ends, &String)| {
            ends.head == head_in_lower && ends.len == bytes.len() && (ends.len <= BYTES || is_same(bytes, word))
        };
        if self.ends.iter().zip(&self.texts).any(is) {
            return true;
        }
        let is_ascii = if bytes.len() <= BYTES { !is_beyond_ascii(head) } else { text.is_ascii() };
        !is_ascii && self.any(text, |text, word| text == word)
    }

    /// Whether a text begins with one of them.
    #[inline]
    pub fn any_starts(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let end_of = |ends: &Ends| (ends.head, ends.head_mask, 0);
        self.any_at_end(text, first_bytes(bytes), end_of, |text, word| text.starts_with(word))
    }

    /// Whether a text ends with one of them.
    #[inline]
    pub fn any_ends(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let end_of = |ends: &Ends| (ends.tail, ends.tail_mask, bytes.len().saturating_sub(ends.len));
        self.any_at_end(text, last_bytes(bytes), end_of, |text, word| text.ends_with(word))
    }

    /// Whether a text contains one of them.
    pub fn any_within(&self, text: &str) -> bool {
        self.within_at_once(text).unwrap_or_else(|| self.any(text, |text, word| text.contains(word)))
    }

    /// The same where it takes no longer than to remember the answer: where words are few, and the text is short and ASCII.
    #[inline(always)]
    pub fn within_at_once(&self, text: &str) -> Option<bool> {
        machine::any_part_in(text.as_bytes(), self.parts.as_ref()?)
    }

    /// Whether a word stands at an end of a text, of which some bytes are compared. `end_of` gives these bytes of a
    /// word, those of them that are there, and where it would begin in the text.
    #[inline(always)]
    fn any_at_end(
        &self,
        text: &str,
        compared: u128,
        end_of: impl Fn(&Ends) -> (u128, u128, usize),
        is_at_end: fn(&str, &str) -> bool,
    ) -> bool {
        let (bytes, in_lower) = (text.as_bytes(), ascii_lower(compared));
        let stands = |(ends, word): (&Ends, &String)| {
            let (end, mask, start) = end_of(ends);
            (in_lower ^ end) & mask == 0
                && ends.len <= bytes.len()
                && (ends.len <= BYTES || is_same(&bytes[start..start + ends.len], word))
        };
        self.ends.iter().zip(&self.texts).any(stands) || (self.is_open(compared, text) && self.any(text, is_at_end))
    }

    /// Whether letters beyond ASCII may be the same as a word in lower case, where bytes are not. Those that
    /// stand beyond the bytes that are compared do not matter to a short word.
    #[inline(always)]
    fn is_open(&self, compared: u128, text: &str) -> bool {
        is_beyond_ascii(compared) || (self.has_long && !text.is_ascii())
    }

    #[cold]
    fn any(&self, text: &str, holds: fn(&str, &str) -> bool) -> bool {
        let text = lower(text);
        self.texts.iter().any(|word| holds(&text, word))
    }
}

fn is_same(text: &[u8], word: &str) -> bool {
    text.eq_ignore_ascii_case(word.as_bytes())
}

/// The first sixteen bytes, the first of them in the lowest place; zeros behind a shorter text.
#[inline(always)]
pub fn first_bytes(bytes: &[u8]) -> u128 {
    let len = bytes.len();
    if let Some(all) = bytes.first_chunk() {
        return u128::from_le_bytes(*all);
    }
    // Two pieces that overlap hold the same where they do.
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << (8 * (len - 8));
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return u128::from(u32::from_le_bytes(*first)) | u128::from(u32::from_le_bytes(*last)) << (8 * (len - 4));
    }
    let at = |place: usize| bytes.get(place).map_or(0, |&byte| u128::from(byte) << (8 * place));
    at(0) | at(len / 2) | at(len.saturating_sub(1))
}

/// The first sixteen bytes in lower case; nothing where some of them are of letters beyond ASCII.
#[inline(always)]
pub fn lower_bytes(text: &str) -> Option<u128> {
    let bytes = first_bytes(text.as_bytes());
    (!is_beyond_ascii(bytes)).then(|| ascii_lower(bytes))
}

/// The last sixteen bytes, the last of them in the highest place; zeros before a shorter text.
#[inline(always)]
fn last_bytes(bytes: &[u8]) -> u128 {
    match bytes.last_chunk() {
        Some(all) => u128::from_le_bytes(*all),
        None => first_bytes(bytes).checked_shl(8 * (BYTES - bytes.len()) as u32).unwrap_or(0),
    }
}

#[inline(always)]
fn is_beyond_ascii(bytes: u128) -> bool {
    bytes & each(0x80) != 0
}

/// The same bytes, ASCII letters in lower case.
#[inline(always)]
fn ascii_lower(bytes: u128) -> u128 {
    let low = bytes & each(0x7f);
    // Carried into the highest bit of a byte by what is at least `A`, or beyond `Z`.
    let (from_a, beyond_z) = (low + each(0x80 - b'A'), low + each(0x7f - b'Z'));
    let is_upper = from_a & !beyond_z & !bytes & each(0x80);
    bytes | is_upper >> 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]
        #[test]
        fn words_are_found_as_in_lower_case(
            words in prop::collection::vec("[a@żK.\u{212a}]{0,20}", 1..20), text in "[aAżŻkK\u{212a}.@Z\\[]{0,20}",
            of in any::<prop::sample::Index>(), more in "[aŻK]{0,12}"
        ) {
            let words = Words::from(words.iter().map(|word| lower(word).into_owned()).collect::<Vec<_>>());
            let word = of.get(&words).to_uppercase();
            for text in [text, word.clone(), format!("{word}{more}"), format!("{more}{word}")] {
                let text_in_lower = lower(&text);
                prop_assert_eq!(words.any_is(&text), words.iter().any(|word| *word == text_in_lower));
                prop_assert_eq!(words.any_starts(&text), words.iter().any(|word| text_in_lower.starts_with(word)));
                prop_assert_eq!(words.any_ends(&text), words.iter().any(|word| text_in_lower.ends_with(word)));
                prop_assert_eq!(words.any_within(&text), words.iter().any(|word| text_in_lower.contains(word)));
            }
        }

        #[test]
        fn bytes_stand_in_their_places(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            let (mut first, mut last) = ([0; BYTES], [0; BYTES]);
            let len = bytes.len().min(BYTES);
            first[..len].copy_from_slice(&bytes[..len]);
            last[BYTES - len..].copy_from_slice(&bytes[bytes.len() - len..]);
            prop_assert_eq!(first_bytes(&bytes).to_le_bytes(), first);
            prop_assert_eq!(last_bytes(&bytes).to_le_bytes(), last);
            first.make_ascii_lowercase();
            prop_assert_eq!(ascii_lower(first_bytes(&bytes)).to_le_bytes(), first);
        }
    }
}
