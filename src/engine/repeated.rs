//! Whether the id of an activity was seen before; the one question about activities whose answer
//! depends on their order.
//!
//! In: the ids of blocks, in the order of the input. Out: for each activity whether an earlier one
//! bears its id. Ids are dealt out to tables by their keys, and each table goes through the blocks
//! in order: all of them can do so at once.

use super::ids::{Ids, Texts};
use super::key::IdKey;
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
#[derive(Debug)]
struct Shard {
    ids: Ids,
    texts: Texts,
}

/// The ids of a block, one for each activity; an empty one is none.
#[derive(Debug)]
pub(super) struct BlockIds {
    activities: u32,
    /// Those of which a key does not say all.
    long: Texts,
    /// For each shard its ids, in order.
    by_shard: [Vec<BlockId>; SHARDS],
}

/// The id of an activity.
#[derive(Debug)]
struct BlockId {
    /// Which activity of the block.
    at: u32,
    key: IdKey,
    /// Its place among the long ones, if it is one.
    long: u32,
}

impl Default for BlockIds {
    fn default() -> BlockIds {
        BlockIds { activities: 0, long: Texts::default(), by_shard: std::array::from_fn(|_| Vec::new()) }
    }
}

impl BlockIds {
    /// How many ids there are.
    pub fn len(&self) -> usize {
        self.by_shard.iter().map(Vec::len).sum()
    }

    /// Adds the id of the next activity.
    pub fn push(&mut self, id: &str) {
        if !id.is_empty() {
            let (at, key, long) = (self.activities, IdKey::of(id), self.long.len() as u32);
            self.by_shard[key.hash() as usize % SHARDS].push(BlockId { at, key, long });
            if key.is_hashed() {
                self.long.push(id);
            }
        }
        self.activities += 1;
    }
}

impl SeenIds {
    /// None yet, with room for so many: a table that grows as it fills is filled twice.
    pub fn expecting(ids: usize) -> SeenIds {
        // Some shards get a few more than others.
        let each = (ids + ids / 16) / SHARDS;
        let shard = |_| Shard { ids: Ids::with_capacity(each), texts: Texts::default() };
        SeenIds { shards: (0..SHARDS).into_par_iter().map(shard).collect() }
    }

    /// For each activity of each block whether its id was seen before; from now on it was.
    pub fn repeated(&mut self, blocks: &[BlockIds]) -> Vec<Vec<bool>> {
        let repeated: Vec<Vec<(usize, u32)>> = self
            .shards
            .par_iter_mut()
            .enumerate()
            .map(|(number, shard)| {
                let mut repeated = Vec::new();
                for (block, ids) in blocks.iter().enumerate() {
                    let of_shard = &ids.by_shard[number];
                    for (place, id) in of_shard.iter().enumerate() {
                        if let Some(ahead) = of_shard.get(place + AHEAD) {
                            shard.ids.ask_ahead(ahead.key);
                        }
                        if shard.knows(id.key, || ids.long.get(id.long as usize)) {
                            repeated.push((block, id.at));
                        }
                    }
                }
                repeated
            })
            .collect();
        let mut answers: Vec<Vec<bool>> = blocks.iter().map(|ids| vec![false; ids.activities as usize]).collect();
        repeated.into_iter().flatten().for_each(|(block, at)| answers[block][at as usize] = true);
        answers
    }
}

impl Shard {
    /// Whether an id was seen before; from now on it was.
    fn knows<'i>(&mut self, key: IdKey, id: impl Fn() -> &'i str) -> bool {
        let Shard { ids, texts } = self;
        let known = ids.find_or_insert(key, texts.len() as u32, |known| texts.get(known as usize) == id());
        // Only the text of a long id is ever looked at.
        if known.is_none() && key.is_hashed() {
            texts.push(id());
        }
        known.is_some()
    }
}
