//! Whether the id of an activity was seen before; the one question about activities whose answer
//! depends on their order.
//!
//! In: the ids of blocks, in the order of the input. Out: for each activity whether an earlier one
//! bears its id. Ids are dealt out to tables by their keys, and each table goes through the blocks
//! in order: all of them can do so at once.

use super::ids::{Ids, Key, Texts};
use rayon::prelude::*;

/// So many tables hold the ids.
const SHARDS: usize = 32;
/// So many ids ahead a place in a table is asked for.
const AHEAD: usize = 8;

/// The ids seen so far.
#[derive(Debug)]
pub(super) struct SeenIds {
    shards: Vec<Shard>,
}

/// Some of the ids; long ones with their texts.
#[derive(Debug, Default)]
struct Shard {
    ids: Ids,
    texts: Texts,
}

/// The ids of a block, one for each activity; an empty one is none.
#[derive(Debug, Default)]
pub(super) struct BlockIds {
    texts: Texts,
    /// For each shard the activities with their keys, in order.
    by_shard: Vec<Vec<(u32, Key)>>,
}

impl BlockIds {
    /// Adds the id of the next activity.
    pub fn push(&mut self, id: &str) {
        self.by_shard.resize(SHARDS, Vec::new());
        if !id.is_empty() {
            let key = Key::of(id);
            self.by_shard[key.hash() as usize % SHARDS].push((self.texts.len() as u32, key));
        }
        self.texts.push(id);
    }
}

impl Default for SeenIds {
    fn default() -> SeenIds {
        SeenIds { shards: std::iter::repeat_with(Shard::default).take(SHARDS).collect() }
    }
}

impl SeenIds {
    /// For each activity of each block whether its id was seen before; from now on it was.
    pub fn repeated(&mut self, blocks: &[BlockIds]) -> Vec<Vec<bool>> {
        let repeated: Vec<Vec<(usize, u32)>> = self
            .shards
            .par_iter_mut()
            .enumerate()
            .map(|(number, shard)| {
                let mut repeated = Vec::new();
                for (block, ids) in blocks.iter().enumerate() {
                    let of_shard = ids.by_shard.get(number).map_or(&[][..], |ids| ids);
                    for (place, &(at, key)) in of_shard.iter().enumerate() {
                        if let Some(&(_, ahead)) = of_shard.get(place + AHEAD) {
                            shard.ids.ask_ahead(ahead);
                        }
                        if shard.knows(key, ids.texts.get(at as usize)) {
                            repeated.push((block, at));
                        }
                    }
                }
                repeated
            })
            .collect();
        let mut answers: Vec<Vec<bool>> = blocks.iter().map(|ids| vec![false; ids.texts.len()]).collect();
        repeated.into_iter().flatten().for_each(|(block, at)| answers[block][at as usize] = true);
        answers
    }
}

impl Shard {
    /// Whether an id was seen before; from now on it was.
    fn knows(&mut self, key: Key, id: &str) -> bool {
        let is_known = self.ids.find(key, || id, &self.texts).is_some();
        if !is_known {
            // Only the text of a long id is ever looked at.
            self.ids.insert(key, self.texts.len() as u32);
            if key.is_hashed() {
                self.texts.push(id);
            }
        }
        is_known
    }
}
