//! What processors with AVX-512 or AVX2 do with many bytes at once.
//!
//! In: words, short texts. Out: the same that any machine finds ([`super::Any`]), in fewer steps. Whoever has an [`Avx512`]
//! or [`Avx2`] runs on such a processor: only `here`, which asks it, gives one away. Not here: what is looked for.

use super::parts::{Part, any_part_with};
use super::{Kind, Listener, Masks, WORD, scan_with, word_of};
use std::arch::is_x86_feature_detected as has;
use std::arch::x86_64::*;

/// A machine with AVX-512, VBMI2 included.
#[derive(Clone, Copy)]
pub struct Avx512(());

impl Avx512 {
    /// One, where this is such a machine.
    #[inline]
    pub fn here() -> Option<Avx512> {
        let is = has!("avx512bw") && has!("avx512vbmi2") && has!("bmi1") && has!("bmi2") && has!("popcnt");
        is.then_some(Avx512(()))
    }

    pub fn scan(self, text: &[u8], delimiter: u8, listener: &mut impl Listener) -> bool {
        #[target_feature(enable = "avx512bw,avx512vbmi2,bmi1,bmi2,popcnt")]
        fn scan(kind: Avx512, text: &[u8], delimiter: u8, listener: &mut impl Listener) -> bool {
            scan_with(kind, text, delimiter, listener)
        }
        // SAFETY: the machine has all that the function is compiled for, or `self` were not there.
        unsafe { scan(self, text, delimiter, listener) }
    }

    pub fn any_part_in(self, text: &[u8], parts: &[Part]) -> Option<bool> {
        #[target_feature(enable = "avx512bw,bmi1,bmi2")]
        fn any_part_in(kind: Avx512, text: &[u8], parts: &[Part]) -> Option<bool> {
            any_part_with(kind, text, parts)
        }
        // SAFETY: as above.
        unsafe { any_part_in(self, text, parts) }
    }
}

impl Kind for Avx512 {
    type Bytes = __m512i;

    #[inline(always)]
    fn lower(self, text: &[u8]) -> Option<__m512i> {
        #[inline]
        #[target_feature(enable = "avx512bw,bmi2")]
        fn lower(text: &[u8]) -> Option<__m512i> {
            debug_assert!(text.len() <= WORD);
            let there = _bzhi_u64(u64::MAX, text.len().min(WORD) as u32);
            // SAFETY: the mask has no bit at or beyond the length of the text, and what it leaves out is not read.
            let bytes = unsafe { _mm512_maskz_loadu_epi8(there, text.as_ptr().cast()) };
            let each = |byte: u8| _mm512_set1_epi8(byte as i8);
            let is_upper = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, each(b'A')), each(26));
            let lower = _mm512_mask_add_epi8(bytes, is_upper, bytes, each(b'a' - b'A'));
            (_mm512_movepi8_mask(bytes) == 0).then_some(lower)
        }
        // SAFETY: the machine has all that the function is compiled for, or `self` were not there.
        unsafe { lower(text) }
    }

    #[inline(always)]
    fn like(self, bytes: __m512i, byte: u8) -> u64 {
        #[inline]
        #[target_feature(enable = "avx512bw")]
        fn like(bytes: __m512i, byte: u8) -> u64 {
            _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte as i8))
        }
        // SAFETY: as above.
        unsafe { like(bytes, byte) }
    }

    #[inline(always)]
    fn masks(self, word: &[u8; WORD], delimiter: u8) -> Masks {
        #[inline]
        #[target_feature(enable = "avx512bw")]
        fn masks(word: &[u8; WORD], delimiter: u8) -> Masks {
            // SAFETY: 64 bytes are read from an array of 64 bytes, wherever it stands.
            let bytes = unsafe { _mm512_loadu_si512(word.as_ptr().cast()) };
            let like = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte as i8));
            let (delimiters, returns) = (like(delimiter), like(b'\r'));
            Masks { delimiters, line_ends: like(b'\n') | returns, returns, quotes: like(b'"') }
        }
        // SAFETY: as above.
        unsafe { masks(word, delimiter) }
    }

    #[inline(always)]
    fn put(self, bits: u64, at: u32, room: &mut [u32; WORD]) {
        #[inline]
        #[target_feature(enable = "avx512bw,avx512vbmi2,popcnt")]
        fn put(bits: u64, at: u32, room: &mut [u32; WORD]) {
            const NUMBERS: [u8; WORD] = {
                let mut numbers = [0; WORD];
                let mut at = 0;
                while at < WORD {
                    numbers[at] = at as u8;
                    at += 1;
                }
                numbers
            };
            // SAFETY: 64 bytes are read from an array of 64 bytes.
            let numbers = unsafe { _mm512_loadu_si512(NUMBERS.as_ptr().cast()) };
            let set = _mm512_maskz_compress_epi8(bits, numbers);
            let at = _mm512_set1_epi32(at as i32);
            let (rooms, _) = room.as_chunks_mut::<16>();
            let mut put = |room: usize, numbers: __m128i| {
                let places = _mm512_add_epi32(at, _mm512_cvtepu8_epi32(numbers));
                // SAFETY: sixteen words of 32 bits are written to an array of sixteen.
                unsafe { _mm512_storeu_si512(rooms[room].as_mut_ptr().cast(), places) };
            };
            put(0, _mm512_castsi512_si128(set));
            let count = bits.count_ones();
            if count > 16 {
                put(1, _mm512_extracti32x4_epi32::<1>(set));
                if count > 32 {
                    put(2, _mm512_extracti32x4_epi32::<2>(set));
                    put(3, _mm512_extracti32x4_epi32::<3>(set));
                }
            }
        }
        // SAFETY: the machine has all that the function is compiled for, or `self` were not there.
        unsafe { put(bits, at, room) }
    }

    #[inline(always)]
    fn gather(self, bits: u64, among: u64) -> u64 {
        #[inline]
        #[target_feature(enable = "bmi2")]
        fn gather(bits: u64, among: u64) -> u64 {
            _pext_u64(bits, among)
        }
        // SAFETY: as above.
        unsafe { gather(bits, among) }
    }
}

/// A machine with AVX2.
#[derive(Clone, Copy)]
pub struct Avx2(());

impl Avx2 {
    /// One, where this is such a machine.
    #[inline]
    pub fn here() -> Option<Avx2> {
        (has!("avx2") && has!("bmi1") && has!("popcnt")).then_some(Avx2(()))
    }

    pub fn scan(self, text: &[u8], delimiter: u8, listener: &mut impl Listener) -> bool {
        #[target_feature(enable = "avx2,bmi1,popcnt")]
        fn scan(kind: Avx2, text: &[u8], delimiter: u8, listener: &mut impl Listener) -> bool {
            scan_with(kind, text, delimiter, listener)
        }
        // SAFETY: the machine has all that the function is compiled for, or `self` were not there.
        unsafe { scan(self, text, delimiter, listener) }
    }

    pub fn any_part_in(self, text: &[u8], parts: &[Part]) -> Option<bool> {
        #[target_feature(enable = "avx2,bmi1")]
        fn any_part_in(kind: Avx2, text: &[u8], parts: &[Part]) -> Option<bool> {
            any_part_with(kind, text, parts)
        }
        // SAFETY: as above.
        unsafe { any_part_in(self, text, parts) }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn like(low: __m256i, high: __m256i, byte: u8) -> u64 {
    let byte = _mm256_set1_epi8(byte as i8);
    let of = |half| u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(half, byte)) as u32);
    of(low) | of(high) << 32
}

impl Kind for Avx2 {
    type Bytes = [__m256i; 2];

    #[inline(always)]
    fn lower(self, text: &[u8]) -> Option<[__m256i; 2]> {
        #[inline]
        #[target_feature(enable = "avx2")]
        fn lower(text: &[u8]) -> Option<[__m256i; 2]> {
            let word = word_of(text);
            let (halves, _) = word.as_chunks::<32>();
            // SAFETY: 32 bytes are read from each of two arrays of 32 bytes, wherever they stand.
            let halves = [0, 1].map(|half| unsafe { _mm256_loadu_si256(halves[half].as_ptr().cast()) });
            let each = |byte: u8| _mm256_set1_epi8(byte as i8);
            // Beyond ASCII, where these comparisons are of numbers below zero, nothing is said.
            let lower = halves.map(|half| {
                let is_upper =
                    _mm256_and_si256(_mm256_cmpgt_epi8(half, each(b'A' - 1)), _mm256_cmpgt_epi8(each(b'Z' + 1), half));
                _mm256_or_si256(half, _mm256_and_si256(is_upper, each(b'a' - b'A')))
            });
            (_mm256_movemask_epi8(_mm256_or_si256(halves[0], halves[1])) == 0).then_some(lower)
        }
        // SAFETY: the machine has all that the function is compiled for, or `self` were not there.
        unsafe { lower(text) }
    }

    #[inline(always)]
    fn like(self, [low, high]: [__m256i; 2], byte: u8) -> u64 {
        // SAFETY: as above.
        unsafe { like(low, high, byte) }
    }

    #[inline(always)]
    fn masks(self, word: &[u8; WORD], delimiter: u8) -> Masks {
        #[inline]
        #[target_feature(enable = "avx2")]
        fn masks(word: &[u8; WORD], delimiter: u8) -> Masks {
            let (halves, _) = word.as_chunks::<32>();
            // SAFETY: 32 bytes are read from each of two arrays of 32 bytes, wherever they stand.
            let [low, high] = [0, 1].map(|half| unsafe { _mm256_loadu_si256(halves[half].as_ptr().cast()) });
            let like = |byte: u8| like(low, high, byte);
            let (delimiters, returns) = (like(delimiter), like(b'\r'));
            Masks { delimiters, line_ends: like(b'\n') | returns, returns, quotes: like(b'"') }
        }
        // SAFETY: as above.
        unsafe { masks(word, delimiter) }
    }
}
