//! What is read of a text and not yet handed out.
//!
//! In: a stream of bytes, a file in chunks, or one as memory. Out: the bytes that come next, as many as are asked for, and
//! [`Text`]s cut off their front. Not here: where a text may be cut, what is wrong where it is none.

use super::ahead::{Ahead, Chunks};
use super::source::Counter;
use crate::machine::{Map, Room, Text};
use anyhow::Context;
use std::io::{ErrorKind, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How much is read of a text at first.
pub const SAMPLE: usize = 64 << 10;

/// What comes next of a text.
pub enum Pending {
    /// Of a stream.
    Read(Incoming),
    /// Of a file that several read at once.
    Chunks(Chunks),
    /// Of a file as memory.
    Mapped {
        map: Arc<Map>,
        /// The bytes that were asked for and not yet handed out.
        here: Range<usize>,
        /// Counts what is handed out.
        count: Counter,
    },
}

/// What was read of a stream.
pub struct Incoming {
    /// What the stream is called; for messages.
    name: String,
    stream: Box<dyn Read + Send>,
    /// Room, of which the first `filled` bytes are read and not yet handed out.
    room: Room,
    filled: usize,
    /// The room of texts that came back.
    spare: Vec<Room>,
    has_ended: bool,
}

impl Pending {
    /// All of a stream called `name`.
    ///
    /// # Errors
    /// Where there is no memory for its first bytes.
    pub fn read_from(name: &str, stream: Box<dyn Read + Send>) -> anyhow::Result<Pending> {
        let (name, spare) = (name.to_owned(), Vec::new());
        // One more, to see whether there is one more.
        let room = room(&name, SAMPLE + 1, false)?;
        Ok(Pending::Read(Incoming { name, stream, room, filled: 0, spare, has_ended: false }))
    }

    /// All of a file that several read at once.
    pub fn at_hand(ahead: Arc<Ahead>) -> Pending {
        Pending::Chunks(Chunks::of(ahead))
    }

    /// All of a file.
    pub fn mapped(map: Arc<Map>, count: Counter) -> Pending {
        count.store(0, Ordering::Relaxed);
        Pending::Mapped { map, here: 0..0, count }
    }

    /// How large blocks best are, where rooms for them would have `usual` bytes: what is not copied need not fill
    /// large pages, and what several look at one after the other stays in the cache if it is small.
    pub fn block_bytes(&self, usual: usize) -> usize {
        match self {
            Pending::Read(_) | Pending::Chunks(_) => usual,
            Pending::Mapped { .. } => (usual / 8).max(1),
        }
    }

    /// How many of the bytes that are here a block had better have where so many were wanted: of a chunk all, else
    /// no more.
    pub fn whole(&self, wanted: usize) -> usize {
        match self {
            Pending::Chunks(chunks) => chunks.bytes().len(),
            Pending::Read(_) | Pending::Mapped { .. } => wanted.min(self.bytes().len()),
        }
    }

    /// The bytes that are here; after [`Pending::fill`] as many as were wanted, if there are so many.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Pending::Read(incoming) => &incoming.room[..incoming.filled],
            Pending::Chunks(chunks) => chunks.bytes(),
            Pending::Mapped { map, here, .. } => &map[here.clone()],
        }
    }

    /// Whether those that are here are all that are left.
    pub fn has_ended(&self) -> bool {
        match self {
            Pending::Read(incoming) => incoming.has_ended,
            Pending::Chunks(chunks) => chunks.has_ended,
            Pending::Mapped { map, here, .. } => here.end == map.len(),
        }
    }

    /// Gets `wanted` bytes here, or all that are left.
    ///
    /// # Errors
    /// Where they cannot be read, or there is no memory for them.
    pub fn fill(&mut self, wanted: usize) -> anyhow::Result<()> {
        match self {
            Pending::Read(incoming) => incoming.fill(wanted),
            Pending::Chunks(chunks) => chunks.fill(wanted),
            Pending::Mapped { map, here, .. } => {
                here.end = here.end.max(map.len().min(here.start.saturating_add(wanted)));
                Ok(())
            }
        }
    }

    /// Passes over the first `len` bytes that are here.
    pub fn skip(&mut self, len: usize) {
        match self {
            Pending::Read(Incoming { room, filled, .. }) => {
                room.copy_within(len..*filled, 0);
                *filled -= len;
            }
            Pending::Chunks(chunks) => chunks.skip(len),
            Pending::Mapped { here, count, .. } => {
                here.start += len;
                count.fetch_add(len as u64, Ordering::Relaxed);
            }
        }
    }

    /// Cuts off the first `len` bytes that are here; `None` where they are not UTF-8: then they are still here.
    /// After them about `next` bytes will be wanted.
    ///
    /// # Errors
    /// Where there is no memory for what comes next.
    pub fn cut(&mut self, len: usize, next: usize) -> anyhow::Result<Option<Text>> {
        match self {
            Pending::Read(incoming) => incoming.cut(len, next),
            Pending::Chunks(chunks) => Ok(chunks.cut(len)),
            Pending::Mapped { map, here, .. } => {
                let text = Text::in_file(map, here.start..here.start + len);
                if text.is_some() {
                    self.skip(len);
                }
                Ok(text)
            }
        }
    }

    /// Takes a text back that nobody needs any more: its room holds another one.
    pub fn take_back(&mut self, text: Text) {
        match self {
            Pending::Read(incoming) => incoming.spare.extend(text.into_room()),
            Pending::Chunks(chunks) => chunks.take_back(text),
            Pending::Mapped { .. } => {}
        }
    }
}

impl Incoming {
    fn fill(&mut self, wanted: usize) -> anyhow::Result<()> {
        if self.room.len() < wanted && !self.has_ended {
            let mut larger = room(&self.name, wanted, false)?;
            larger[..self.filled].copy_from_slice(&self.room[..self.filled]);
            self.room = larger;
        }
        while self.filled < wanted && !self.has_ended {
            match self.stream.read(&mut self.room[self.filled..wanted]) {
                Ok(count) => (self.filled, self.has_ended) = (self.filled + count, count == 0),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).with_context(|| format!("cannot read {}", self.name)),
            }
        }
        Ok(())
    }

    fn cut(&mut self, len: usize, next: usize) -> anyhow::Result<Option<Text>> {
        let rest = self.filled - len;
        let size = rest.max(next);
        let mut following = match self.spare.pop().filter(|spare| spare.len() >= size) {
            Some(spare) => spare,
            None => room(&self.name, size, !self.has_ended)?,
        };
        following[..rest].copy_from_slice(&self.room[len..self.filled]);
        let mut whole = std::mem::replace(&mut self.room, following);
        // One that is cut out of the room of a long record.
        if whole.len() > 2 * len.max(next) {
            let mut smaller = room(&self.name, len, false)?;
            smaller.copy_from_slice(&whole[..len]);
            whole = smaller;
        }
        let text = Text::in_room(whole, 0..len).map_err(|whole| self.room = whole).ok();
        self.filled = if text.is_some() { rest } else { len };
        Ok(text)
    }
}

/// Room for so many bytes of the text called `name`; `all` tells whether so many are surely to come.
fn room(name: &str, size: usize, all: bool) -> anyhow::Result<Room> {
    let room = if all { Room::cleared(size) } else { Room::new(size) };
    room.with_context(|| format!("cannot read {name}: no memory for {size} bytes of it"))
}
