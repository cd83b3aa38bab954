//! Blocks of rows, made by all threads and taken in order.
//!
//! In: how many items there are, and how a run of them is made. Out: what was made, one block
//! after the other, taken by one thread while others make the next ones: memory holds a few blocks,
//! whatever the number of rows. Not here: what a block is.

use crate::turns::in_turn;
use std::io;
use std::ops::Range;

/// Items that one thread works on in one go.
pub const ITEMS: usize = 1024;

/// Makes blocks in parallel and hands them to `take` in order.
///
/// # Errors
/// The first error of `make` or `take`.
pub fn in_order<T: Send>(
    len: usize,
    make: impl Fn(Range<usize>) -> io::Result<T> + Sync,
    mut take: impl FnMut(T) -> io::Result<()> + Send,
) -> io::Result<()> {
    let block = |number: usize| make(number * ITEMS..len.min((number + 1) * ITEMS));
    in_turn(len.div_ceil(ITEMS), block, |block| take(block?))
}
