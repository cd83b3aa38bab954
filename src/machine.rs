//! What the machine can do beyond the language: many bytes at once, memory asked for ahead.
//!
//! In: bytes, slices. Out: masks of the bytes that part cells and records; bytes as text; hints.
//! This is the one module with `unsafe` code. Everything in it is safe to call with any arguments:
//! bytes are compared with AVX-512 or AVX2 where the machine says at run time that it has them,
//! else with ordinary words, and a test shows that all three see the same; what is loaded comes
//! from arrays of just that size; hints about memory change nothing but the time it takes.
#![allow(unsafe_code)]

/// So many bytes are looked at in one go.
pub const WORD: usize = 64;

/// Which bytes of a word mean something: a bit a byte, the first byte lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    /// What parts cells.
    pub delimiters: u64,
    /// `\n` and `\r`.
    pub line_ends: u64,
    /// `"`
    pub quotes: u64,
}

/// Hears of one word after the other.
pub trait Listener {
    /// A word that begins at the byte `at`, of which the bytes in `valid` are text; `false` ends
    /// the search. To be inlined always, so that it is compiled for each kind of machine.
    fn hear(&mut self, at: usize, masks: Masks, valid: u64) -> bool;
}

/// Looks at every word of a text; tells whether the listener has heard all of them.
pub fn scan(text: &[u8], delimiter: u8, listener: &mut impl Listener) -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        if has!("bmi1") && has!("popcnt") {
            if has!("avx512bw") {
                // SAFETY: the machine has all that the function is compiled for.
                return unsafe { x86::scan_avx512(text, delimiter, listener) };
            }
            if has!("avx2") {
                // SAFETY: as above.
                return unsafe { x86::scan_avx2(text, delimiter, listener) };
            }
        }
    }
    scan_with(text, listener, |word| masks(word, delimiter))
}

#[inline(always)]
fn scan_with(text: &[u8], listener: &mut impl Listener, masks: impl Fn(&[u8; WORD]) -> Masks) -> bool {
    let (words, rest) = text.as_chunks::<WORD>();
    for (number, word) in words.iter().enumerate() {
        if !listener.hear(number * WORD, masks(word), u64::MAX) {
            return false;
        }
    }
    if rest.is_empty() {
        return true;
    }
    let mut word = [0; WORD];
    word[..rest.len()].copy_from_slice(rest);
    listener.hear(words.len() * WORD, masks(&word), (1 << rest.len()) - 1)
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
mod x86 {
    use super::{Listener, Masks, WORD, scan_with};
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx512bw,bmi1,popcnt")]
    pub fn scan_avx512(text: &[u8], delimiter: u8, listener: &mut impl Listener) -> bool {
        scan_with(text, listener, |word| masks_avx512(word, delimiter))
    }

    #[target_feature(enable = "avx2,bmi1,popcnt")]
    pub fn scan_avx2(text: &[u8], delimiter: u8, listener: &mut impl Listener) -> bool {
        scan_with(text, listener, |word| masks_avx2(word, delimiter))
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

/// Bytes as text.
///
/// # Errors
/// Gives the bytes back where they are not UTF-8.
pub fn text_of(bytes: Vec<u8>) -> Result<String, Vec<u8>> {
    match simdutf8::basic::from_utf8(&bytes) {
        // SAFETY: they have just been found to be UTF-8. The standard library would look again.
        Ok(_) => Ok(unsafe { String::from_utf8_unchecked(bytes) }),
        Err(_) => Err(bytes),
    }
}

/// Asks for a place of memory that will be needed soon; nothing where there is no such place.
#[inline(always)]
pub fn ask_ahead<T>(places: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(place) = places.get(index) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint about a place that is there; nothing is read or written.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(place).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (places, index);
}

/// Asks for large pages below a table that is looked up here and there, so that fewer of its
/// addresses have to be translated.
pub fn ask_for_large_pages<T>(table: &[T]) {
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let (start, size) = (table.as_ptr() as usize, size_of_val(table));
        let first = start.next_multiple_of(PAGE);
        let whole = (start + size).saturating_sub(first) / PAGE * PAGE;
        if whole >= 2 << 20 {
            // SAFETY: a hint about whole pages of the table's own memory, which stay as they are;
            // where it is not taken, nothing is lost.
            unsafe { libc::madvise(first as *mut libc::c_void, whole, libc::MADV_HUGEPAGE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = table;
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
        fn words_are_heard_alike_on_every_kind_of_machine(text in prop::collection::vec(any::<u8>(), 0..300)) {
            #[derive(Default, Debug, PartialEq)]
            struct Heard(Vec<(usize, Masks, u64)>);
            impl Listener for Heard {
                fn hear(&mut self, at: usize, masks: Masks, valid: u64) -> bool {
                    self.0.push((at, masks, valid));
                    at < 192
                }
            }
            let (mut one, mut other) = (Heard::default(), Heard::default());
            let all = scan(&text, b';', &mut one);
            prop_assert_eq!(all, scan_with(&text, &mut other, |word| masks(word, b';')));
            prop_assert_eq!(all, text.len() <= 192);
            prop_assert_eq!(one, other);
        }

        #[test]
        fn bytes_are_text_where_the_standard_library_says_so(bytes in prop::collection::vec(any::<u8>(), 0..9)) {
            prop_assert_eq!(text_of(bytes.clone()).ok(), String::from_utf8(bytes).ok());
        }
    }

    #[test]
    fn hints_can_be_given_about_anything() {
        let table = vec![7_u8; 5 << 20];
        ask_for_large_pages(&table);
        ask_for_large_pages(&table[1..4]);
        ask_for_large_pages::<u64>(&[]);
        ask_ahead(&table, 5);
        ask_ahead(&table, usize::MAX);
        assert!(table.iter().all(|&byte| byte == 7));
    }
}
