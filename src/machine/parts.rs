//! Whether a short text contains one of some parts, whatever the case of its letters: many bytes at once.
//!
//! In: parts in lower case, texts. Out: yes or no, where ASCII alone says it. A part is looked for by its first and its
//! last byte, and compared where both stand as far from each other.

use super::{Any, Kind, WORD};

/// A part that is looked for.
#[derive(Clone, Debug)]
pub struct Part {
    text: Box<[u8]>,
    first: u8,
    last: u8,
}

impl Part {
    /// In lower case; an empty one is none.
    pub fn of(text: &str) -> Option<Part> {
        let bytes = text.as_bytes();
        Some(Part { text: bytes.into(), first: *bytes.first()?, last: *bytes.last()? })
    }

    #[inline(always)]
    fn is_in<K: Kind>(&self, kind: K, bytes: K::Bytes, text: &[u8]) -> bool {
        let gap = self.text.len() as u32 - 1;
        let mut places = kind.like(bytes, self.first) & kind.like(bytes, self.last).checked_shr(gap).unwrap_or(0);
        while places != 0 {
            let rest = text.get(places.trailing_zeros() as usize..).unwrap_or_default();
            if rest.get(..self.text.len()).is_some_and(|there| there.eq_ignore_ascii_case(&self.text)) {
                return true;
            }
            places &= places - 1;
        }
        false
    }
}

/// Whether a text contains any of the parts; `None` where it has more than [`WORD`] bytes, or letters beyond ASCII.
#[inline]
pub fn any_part_in(text: &[u8], parts: &[Part]) -> Option<bool> {
    if text.len() > WORD {
        return None;
    }
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(kind) = super::x86::Avx512::here() {
            return kind.any_part_in(text, parts);
        }
        if let Some(kind) = super::x86::Avx2::here() {
            return kind.any_part_in(text, parts);
        }
    }
    any_part_with(Any, text, parts)
}

#[inline(always)]
pub(super) fn any_part_with(kind: impl Kind, text: &[u8], parts: &[Part]) -> Option<bool> {
    let bytes = kind.lower(text)?;
    Some(parts.iter().any(|part| part.is_in(kind, bytes, text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]
        #[test]
        fn every_kind_of_machine_finds_what_is_there(
            text in "[aAbZ@\\[`{\\x00-\\x02ż]{0,66}", parts in prop::collection::vec("[ab@z\\x00{`ż]{1,5}|[a]{64}|[a]{65}", 0..4),
            of in any::<prop::sample::Index>(), len in 1_usize..70,
        ) {
            let mut parts = parts;
            // One that is there.
            let from = of.index(text.len() + 1);
            parts.extend(text.get(from..text.len().min(from + len)).map(str::to_ascii_lowercase));
            let sought: Vec<Part> = parts.iter().filter_map(|part| Part::of(part)).collect();
            let bytes = text.as_bytes();
            let lower = text.to_ascii_lowercase();
            let expected = sought.iter().any(|part| lower.as_bytes().windows(part.text.len()).any(|there| *there == *part.text));
            let says_it = text.is_ascii() && text.len() <= WORD;
            let expected = says_it.then_some(expected);
            prop_assert_eq!(any_part_in(bytes, &sought), expected);
            if bytes.len() <= WORD {
                prop_assert_eq!(any_part_with(Any, bytes, &sought), expected);
                #[cfg(target_arch = "x86_64")]
                if let Some(kind) = crate::machine::x86::Avx2::here() {
                    prop_assert_eq!(kind.any_part_in(bytes, &sought), expected);
                }
            }
        }
    }
}
