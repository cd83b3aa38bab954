//! Blocks of rows, made by all threads and taken in order.
//!
//! In: how many items there are, and how a run of them is made. Out: what was made, one block
//! after the other, taken by one thread while the next ones are made: memory holds a few blocks,
//! whatever the number of rows. Not here: what a block is.

use rayon::prelude::*;
use std::io;
use std::ops::Range;

/// Items that one thread works on in one go.
pub const ITEMS: usize = 1024;

/// So many blocks for each thread are made before those who are done wait for the others.
const WAVE: usize = 8;

/// Makes blocks in parallel and hands them to `take` in order.
///
/// # Errors
/// The first error of `make` or `take`.
pub fn in_order<T: Send>(
    len: usize,
    make: impl Fn(Range<usize>) -> io::Result<T> + Sync,
    mut take: impl FnMut(T) -> io::Result<()>,
) -> io::Result<()> {
    let starts: Vec<usize> = (0..len).step_by(ITEMS).collect();
    let mut waves = starts.chunks(rayon::current_num_threads() * WAVE);
    let (mut ready, mut next) = (Vec::new(), Vec::new());
    loop {
        let wave = waves.next();
        let more = wave.is_some();
        rayon::in_place_scope(|scope| {
            let (next, make) = (&mut next, &make);
            if let Some(wave) = wave {
                scope.spawn(move |_| {
                    let block = |&start: &usize| make(start..len.min(start + ITEMS));
                    wave.par_iter().map(block).collect_into_vec(next);
                });
            }
            ready.drain(..).try_for_each(|block: io::Result<T>| take(block?))
        })?;
        if !more {
            return Ok(());
        }
        std::mem::swap(&mut ready, &mut next);
    }
}
