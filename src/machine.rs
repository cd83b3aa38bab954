//! What the machine can do beyond the language: many bytes at once, memory asked for ahead.
//!
//! In: bytes, slices. Out: masks of the bytes that part cells and records; whether short texts contain others; bytes as
//! text; hints.
//! This is the one module with `unsafe` code, with `room` and `x86` in it. Everything in it is safe to call with any arguments:
//! bytes are compared with AVX-512 or AVX2 where the machine says at run time that it has them,
//! else with ordinary words, and a test shows that all three see the same; what is loaded comes
//! from arrays of just that size, or under a mask that leaves out all that is not of the slice; pages are handed out as
//! values that zeros are; hints about memory change nothing but the time it takes.
#![allow(unsafe_code)]

mod map;
mod parts;
mod room;
mod text;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use map::Map;
pub use parts::{Part, any_part_in};
pub use room::{Room, ask_for_large_pages, cleared_room, cleared_zeros, large_room, large_text, zeros};
use std::fs::File;
use std::ops::Range;
pub use text::Text;

/// So many bytes are looked at in one go.
pub const WORD: usize = 64;

/// Which bytes of a word mean something: a bit a byte, the first byte lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    /// What parts cells.
    pub delimiters: u64,
    /// `\n` and `\r`.
    pub line_ends: u64,
    /// `\r`
    pub returns: u64,
    /// `"`
    pub quotes: u64,
}

/// Hears of one word after the other.
pub trait Listener {
    /// What changes from word to word: apart from the rest, so that it stays in registers.
    type State: Default;

    /// A word that begins at the byte `at`, of which the bytes in `valid` are text; `false` ends
    /// the search. To be inlined always, so that it is compiled for each kind of machine.
    fn hear(&mut self, state: &mut Self::State, at: usize, masks: Masks, valid: u64, kind: impl Kind) -> bool;

    /// The last state.
    fn end(&mut self, _state: Self::State) {}
}

/// What a kind of machine does with many bytes at once. Whoever has one has such a machine.
pub trait Kind: Copy {
    /// As many bytes as a word has.
    type Bytes: Copy;

    /// Which bytes of a word mean something.
    fn masks(self, word: &[u8; WORD], delimiter: u8) -> Masks;

    /// Writes where the bits of a word are set, counted from `at`, one after the other from the
    /// start of `room`; what stands behind them there is of no meaning.
    #[inline(always)]
    fn put(self, bits: u64, at: u32, room: &mut [u32; WORD]) {
        put_by_eights(bits, at, room);
    }

    /// For each bit of `among`, in order from the lowest, whether it is one of `bits`.
    #[inline(always)]
    fn gather(self, bits: u64, among: u64) -> u64 {
        gather_one_by_one(bits, among)
    }

    /// A text of at most a word, its letters in lower case and zeros behind it; `None` where some are beyond ASCII.
    fn lower(self, text: &[u8]) -> Option<Self::Bytes>;

    /// Which bytes are this one.
    fn like(self, bytes: Self::Bytes, byte: u8) -> u64;
}

/// Looks at every word of a text; tells whether the listener has heard all of them.
pub fn scan(text: &[u8], delimiter: u8, listener: &mut impl Listener) -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(kind) = x86::Avx512::here() {
            return kind.scan(text, delimiter, listener);
        }
        if let Some(kind) = x86::Avx2::here() {
            return kind.scan(text, delimiter, listener);
        }
    }
    scan_with(Any, text, delimiter, listener)
}

#[inline(always)]
fn scan_with(kind: impl Kind, text: &[u8], delimiter: u8, listener: &mut impl Listener) -> bool {
    let (words, rest) = text.as_chunks::<WORD>();
    let (mut state, mut all) = (Default::default(), true);
    for (number, word) in words.iter().enumerate() {
        all = listener.hear(&mut state, number * WORD, kind.masks(word, delimiter), u64::MAX, kind);
        if !all {
            break;
        }
    }
    if all && !rest.is_empty() {
        let valid = (1 << rest.len()) - 1;
        all = listener.hear(&mut state, words.len() * WORD, kind.masks(&word_of(rest), delimiter), valid, kind);
    }
    listener.end(state);
    all
}

/// Eight at a time, which any machine can.
#[inline(always)]
fn put_by_eights(mut bits: u64, at: u32, room: &mut [u32; WORD]) {
    for room in room.as_chunks_mut::<8>().0 {
        if bits == 0 {
            return;
        }
        for place in room {
            *place = at + bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
    }
}

/// Bit by bit: what can do it at once is slow on some machines.
#[inline(always)]
fn gather_one_by_one(bits: u64, among: u64) -> u64 {
    let (mut gathered, mut left) = (0, bits & among);
    while left != 0 {
        gathered |= 1 << (among & ((left & left.wrapping_neg()) - 1)).count_ones();
        left &= left - 1;
    }
    gathered
}

/// A machine of which nothing is known.
#[derive(Clone, Copy)]
struct Any;

impl Kind for Any {
    type Bytes = [u64; WORD / 8];

    #[inline(always)]
    fn masks(self, word: &[u8; WORD], delimiter: u8) -> Masks {
        let mut masks = Masks::default();
        let (parts, _) = word.as_chunks::<8>();
        for (number, part) in parts.iter().enumerate() {
            let part = u64::from_le_bytes(*part);
            let like = |byte: u8| like(part, byte) << (number * 8);
            masks.delimiters |= like(delimiter);
            masks.line_ends |= like(b'\n') | like(b'\r');
            masks.returns |= like(b'\r');
            masks.quotes |= like(b'"');
        }
        masks
    }

    #[inline(always)]
    fn lower(self, text: &[u8]) -> Option<Self::Bytes> {
        let mut word = word_of(text);
        word.make_ascii_lowercase();
        word.is_ascii().then(|| bytemuck::cast(word))
    }

    #[inline(always)]
    fn like(self, bytes: Self::Bytes, byte: u8) -> u64 {
        let parts = bytes.iter().enumerate();
        parts.fold(0, |all, (number, &part)| all | like(u64::from_le(part), byte) << (number * 8))
    }
}

/// A text of at most a word, zeros behind it.
#[inline(always)]
fn word_of(text: &[u8]) -> [u8; WORD] {
    let mut word = [0; WORD];
    word[..text.len()].copy_from_slice(text);
    word
}

/// A bit for each of eight bytes that is `byte`.
fn like(part: u64, byte: u8) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let unlike = part ^ (u64::from(byte) * 0x0101_0101_0101_0101);
    let alike = !(((unlike & LOW) + LOW) | unlike | LOW);
    (alike >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
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

/// Asks for places that stand side by side, and come from memory some at a time.
#[inline(always)]
pub fn ask_ahead_for_all<T>(places: &[T], run: Range<usize>) {
    const LINE: usize = 64;
    let at_a_time = const { LINE / size_of::<T>() };
    run.clone().step_by(at_a_time).for_each(|index| ask_ahead(places, index));
    // The last may be in a line that these steps do not meet.
    ask_ahead(places, run.end.saturating_sub(1));
}

/// Asks the system to begin writing a part of a file to the disk, without waiting for it: so there is less
/// to wait for when all of it must be there.
pub fn begin_writing_out(file: &File, part: Range<u64>) {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        let (Ok(start), Ok(len)) = (i64::try_from(part.start), i64::try_from(part.end - part.start)) else { return };
        // SAFETY: a hint about a file that is open; what is in it stays as it is. Where the hint is not
        // taken, nothing is lost.
        unsafe { libc::sync_file_range(file.as_raw_fd(), start, len, libc::SYNC_FILE_RANGE_WRITE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, part);
}

/// Asks the system to find room on the disk for a part of a file that will be written soon, behind its end: for all of
/// it in one go, and not once for each page. The file does not grow, but nobody else has that room until it is cut off.
pub fn reserve_on_disk(file: &File, part: Range<u64>) {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        let (Ok(start), Ok(len)) = (part.start.try_into(), (part.end - part.start).try_into()) else { return };
        // SAFETY: nothing is read or written, and the length of the file stays; where the hint is not taken, or there is
        // no such room, whoever writes will find it as without.
        unsafe { libc::fallocate(file.as_raw_fd(), libc::FALLOC_FL_KEEP_SIZE, start, len) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, part);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Does the same with every kind of machine that this one is.
    fn with_each_kind<R>(mut each: impl FnMut(&dyn Fn(&[u8], &mut Heard) -> bool) -> R) -> Vec<R> {
        let mut results = vec![each(&|text, heard| scan_with(Any, text, b',', heard))];
        #[cfg(target_arch = "x86_64")]
        {
            results.extend(x86::Avx512::here().map(|kind| each(&|text, heard| kind.scan(text, b',', heard))));
            results.extend(x86::Avx2::here().map(|kind| each(&|text, heard| kind.scan(text, b',', heard))));
        }
        results
    }

    /// What a listener has heard: where, which bytes, where the delimiters are, and which of what parts cells
    /// parts records.
    #[derive(Default, Debug, PartialEq)]
    struct Heard(Vec<(usize, Masks, u64, Vec<u32>, u64)>);

    impl Listener for Heard {
        type State = ();
        fn hear(&mut self, (): &mut (), at: usize, masks: Masks, valid: u64, kind: impl Kind) -> bool {
            let mut room = [0; WORD];
            kind.put(masks.delimiters, at as u32, &mut room);
            let places = room[..masks.delimiters.count_ones() as usize].to_vec();
            let parting = masks.delimiters | masks.line_ends;
            self.0.push((at, masks, valid, places, kind.gather(masks.line_ends, parting)));
            at < 192
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn every_kind_of_machine_sees_the_same(text in prop::collection::vec(
            prop_oneof![3 => Just(b','), 1 => Just(b'\n'), 1 => Just(b'\r'), 1 => Just(b'"'), 1 => Just(b'-'), 2 => any::<u8>()], 0..300)
        ) {
            let mut naive = Heard::default();
            for (number, word) in text.chunks(WORD).enumerate().take(4) {
                let mut masks = Masks::default();
                for (at, &byte) in word.iter().enumerate() {
                    masks.delimiters |= u64::from(byte == b',') << at;
                    masks.line_ends |= u64::from(matches!(byte, b'\n' | b'\r')) << at;
                    masks.returns |= u64::from(byte == b'\r') << at;
                    masks.quotes |= u64::from(byte == b'"') << at;
                }
                let places = (0..WORD).filter(|at| masks.delimiters >> at & 1 == 1).map(|at| (number * WORD + at) as u32);
                let parting = word.iter().filter(|&&byte| matches!(byte, b',' | b'\n' | b'\r')).enumerate();
                let line_ends = parting.fold(0, |bits, (at, &byte)| bits | u64::from(byte != b',') << at);
                naive.0.push((number * WORD, masks, u64::MAX >> (WORD - word.len()), places.collect(), line_ends));
            }
            let all = text.len() <= 192 || naive.0.last().is_some_and(|last| last.0 < 192);
            for (heard, result) in with_each_kind(|scan| { let mut heard = Heard::default(); let all = scan(&text, &mut heard); (heard, all) }) {
                prop_assert_eq!(&heard, &naive);
                prop_assert_eq!(result, all);
            }
        }

        #[test]
        fn bytes_are_text_where_the_standard_library_says_so(bytes in prop::collection::vec(any::<u8>(), 0..9)) {
            prop_assert_eq!(text_of(bytes.clone()).ok(), String::from_utf8(bytes).ok());
        }
    }

    #[test]
    fn every_bit_of_a_word_may_be_set() {
        for count in [1, 16, 17, 32, 33, 63, 64, 130] {
            let places = with_each_kind(|scan| {
                let mut heard = Heard::default();
                scan(&vec![b','; count], &mut heard);
                heard
                    .0
                    .into_iter()
                    .flat_map(|(_, _, valid, places, _)| {
                        assert_eq!(valid.count_ones() as usize, places.len());
                        places
                    })
                    .collect::<Vec<u32>>()
            });
            assert!(places.iter().all(|places| places.iter().copied().eq(0..count as u32)), "{count}: {places:?}");
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
        ask_ahead_for_all(&table, 3..300);
        ask_ahead_for_all(&table, 0..0);
        assert!(table.iter().all(|&byte| byte == 7));
    }
}
