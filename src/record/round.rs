//! The blocks of an export that come next, for whoever is free to work on one.
//!
//! In: blocks in the order of the input, at hand or read when they are asked for: then whoever reads one
//! works on it while it is in their cache. Out: what was made of each, in their order. Not here: files.

use super::Block;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Some blocks, one after the other.
pub struct Round<'r> {
    blocks: Box<dyn Iterator<Item = Block> + Send + 'r>,
    share: Box<dyn Fn() -> Option<f64> + Send + Sync + 'r>,
    spare: Option<&'r Spare>,
    prepare: Box<dyn Fn() + Send + Sync + 'r>,
}

/// Blocks that nobody needs any more: their room holds others.
#[derive(Debug, Default)]
pub struct Spare(Mutex<Vec<Block>>);

impl Spare {
    /// Adds one.
    pub fn put(&self, block: Block) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(block);
    }

    /// Takes all of them.
    pub fn take(&self) -> Vec<Block> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<'r> Round<'r> {
    /// `blocks` in the order of the input. `share` says what share of the whole those that have come and
    /// those before them are, where that is known; `spare` takes those that nobody needs any more.
    pub fn new(
        blocks: impl Iterator<Item = Block> + Send + 'r,
        share: impl Fn() -> Option<f64> + Send + Sync + 'r,
        spare: Option<&'r Spare>,
    ) -> Round<'r> {
        Round { blocks: Box::new(blocks), share: Box::new(share), spare, prepare: Box::new(|| ()) }
    }

    /// The same, where everybody who is about to take a block does something first, beside the others.
    pub fn preparing(self, prepare: impl Fn() + Send + Sync + 'r) -> Round<'r> {
        Round { prepare: Box::new(prepare), ..self }
    }

    /// What `work`, which hears the number of each, makes of them: on all threads, in their order. Nobody needs
    /// them any more then.
    pub fn each<T: Send>(&mut self, work: impl Fn(usize, &Block) -> T + Sync) -> Vec<T> {
        let (blocks, spare) = (self.take(), self.spare);
        in_order(blocks, &*self.prepare, |number, block| {
            let made = work(number, &block);
            if let Some(spare) = spare {
                spare.put(block);
            }
            made
        })
    }

    /// The same, and the blocks, which stay.
    pub fn each_kept<T: Send>(&mut self, work: impl Fn(usize, &Block) -> T + Sync) -> (Vec<Block>, Vec<T>) {
        let kept = in_order(self.take(), &*self.prepare, |number, block| (work(number, &block), block));
        kept.into_iter().map(|(made, block)| (block, made)).unzip()
    }

    fn take(&mut self) -> Box<dyn Iterator<Item = Block> + Send + 'r> {
        std::mem::replace(&mut self.blocks, Box::new(std::iter::empty()))
    }

    /// Takes all of them out, where something is asked of them together before they are worked on.
    pub fn take_all(&mut self) -> Vec<Block> {
        self.take().collect()
    }

    /// Puts blocks back that were taken out.
    pub fn put_back(&mut self, blocks: Vec<Block>) {
        self.blocks = Box::new(blocks.into_iter());
    }

    /// What share of the whole those that have come and those before them are, where that is known.
    pub fn share(&self) -> Option<f64> {
        (self.share)()
    }
}

/// Every thread takes one block after the other, as long as there are some.
fn in_order<T: Send>(
    blocks: impl Iterator<Item = Block> + Send,
    prepare: &(dyn Fn() + Sync),
    work: impl Fn(usize, Block) -> T + Sync,
) -> Vec<T> {
    let blocks = Mutex::new(blocks.enumerate());
    let next = || blocks.lock().unwrap_or_else(PoisonError::into_inner).next();
    let at_it: Vec<AtomicBool> = (0..rayon::current_num_threads()).map(|_| AtomicBool::default()).collect();
    let work_on_some = |_| {
        let mut made = Vec::new();
        // A thread that waits for others while it makes a block may be given this to do: then it does it already.
        let here = &at_it[rayon::current_thread_index().unwrap_or_default() % at_it.len()];
        if !here.swap(true, Ordering::Relaxed) {
            loop {
                prepare();
                let Some((number, block)) = next() else { break };
                made.push((number, work(number, block)));
            }
            here.store(false, Ordering::Relaxed);
        }
        made
    };
    let threads = (0..at_it.len()).into_par_iter().with_max_len(1);
    let mut made: Vec<(usize, T)> = threads.flat_map_iter(work_on_some).collect();
    made.sort_unstable_by_key(|&(number, _)| number);
    made.into_iter().map(|(_, made)| made).collect()
}

/// Blocks that are all there, of which nothing else is known.
impl From<Vec<Block>> for Round<'_> {
    fn from(blocks: Vec<Block>) -> Self {
        Round::new(blocks.into_iter(), || None, None)
    }
}
