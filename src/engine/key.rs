//! What stands for a text in a table: the text itself where it is short, so that nothing else need be looked at.
//!
//! In: texts. Out: [`Key`]s of sixteen bytes. A longer text stands there by a hash, which is a hint and no proof.

use crate::value::{first_bytes, fold, lower_bytes};
use foldhash::fast::FixedState;
use std::hash::BuildHasher;

/// What stands for a text: itself, where it has at most `WHOLE` bytes, else a hash of it. The highest byte is one more
/// than the number of its bytes, never zero, or says that it is a hash; of the fifteen below it the lowest are free
/// where `WHOLE` is less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Key<const WHOLE: usize>(pub [u64; 2]);

/// For tables that hold a number beside the key, that of a contact or an account.
pub(super) type IdKey = Key<11>;
/// For all others.
pub(super) type TextKey = Key<15>;

/// The bytes of a key but the highest.
const BYTES: usize = 15;
/// Where the highest byte begins, in the upper half.
const LEN: u32 = 56;
/// The highest byte of a key that is a hash.
const HASHED: u64 = 0xff << LEN;

impl<const WHOLE: usize> Key<WHOLE> {
    /// So many of the lowest bits are free.
    pub const FREE: u32 = {
        assert!(WHOLE <= BYTES && WHOLE > BYTES - size_of::<u64>(), "the free bits are in the lower half");
        8 * (BYTES - WHOLE) as u32
    };

    /// The key of a text.
    #[inline(always)]
    pub fn of(text: &str) -> Key<WHOLE> {
        Key::of_bytes(text.as_bytes())
    }

    /// The key of the text that these bytes are.
    #[inline(always)]
    pub fn of_bytes(bytes: &[u8]) -> Key<WHOLE> {
        if bytes.len() <= WHOLE {
            return Key::of_short(first_bytes(bytes), bytes.len());
        }
        let hash = FixedState::default().hash_one(bytes);
        Key([hash << Self::FREE, hash >> 8 | HASHED])
    }

    /// The key of what a text that is trimmed is folded to.
    #[inline]
    pub fn of_folded(text: &str) -> Key<WHOLE> {
        match lower_bytes(text).filter(|_| text.len() <= WHOLE) {
            Some(all) => Key::of_short(all, text.len()),
            None => Key::of(&fold(text)),
        }
    }

    #[inline(always)]
    fn of_short(bytes: u128, len: usize) -> Key<WHOLE> {
        let bytes = bytes << Self::FREE;
        Key([bytes as u64, (bytes >> 64) as u64 | (len as u64 + 1) << LEN])
    }

    /// Whether it is no more than a hash of the text.
    #[inline(always)]
    pub fn is_hashed(self) -> bool {
        self.0[1] & HASHED == HASHED
    }

    /// A number that tells nearly all keys apart: both halves multiplied into one, as wyhash does it.
    #[inline(always)]
    pub fn hash(self) -> u64 {
        let product = u128::from(self.0[0] ^ 0x9e37_79b9_7f4a_7c15) * u128::from(self.0[1] ^ 0xe703_7ed1_a0b4_28db);
        product as u64 ^ (product >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tells_apart<const WHOLE: usize>(one: &str, other: &str) {
        let (a, b) = (Key::<WHOLE>::of(one), Key::<WHOLE>::of(other));
        assert_eq!(a == b, one == other, "{one:?} {other:?}");
        assert_eq!(a.is_hashed(), one.len() > WHOLE, "{one:?}");
        assert!(a.0[1] != 0 && a.0[0].trailing_zeros() >= Key::<WHOLE>::FREE, "{one:?}");
        assert_eq!(Key::<WHOLE>::of_folded(one), Key::of(&fold(one)), "{one:?}");
    }

    proptest! {
        #[test]
        fn a_key_is_that_of_one_text(one in "[aAżK\u{212a}İ\\x00]{0,18}", other in "[a\\x00]{0,3}") {
            for other in [&other, &one, &format!("{one}{other}")] {
                tells_apart::<11>(&one, other);
                tells_apart::<15>(&one, other);
            }
        }
    }
}
