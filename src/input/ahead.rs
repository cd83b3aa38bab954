//! A plain file in chunks, each read by whoever needs one next, beside the others: to copy it out of the system's
//! memory takes longer than to find where its records end, and only that must be done in the order of the input.
//!
//! In: a file. Out: [`Chunks`], bytes in order as [`Pending`](super::pending::Pending) wants them. Not here: where
//! they are cut.

use super::source::Counter;
use crate::machine::{Room, Text};
use crate::notice::Notice;
use anyhow::Context;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many bytes of room there are before those of a chunk: for the record that began in the chunk before.
const MARGIN: usize = 64 << 10;

/// A file that several read at once.
#[derive(Debug)]
pub struct Ahead {
    name: String,
    file: File,
    /// How many bytes a chunk has; the last one has fewer.
    chunk: usize,
    count: Counter,
    state: Mutex<State>,
    /// Told when a chunk was read.
    was_read: Notice,
}

#[derive(Debug, Default)]
struct State {
    /// How many chunks somebody has begun to read.
    begun: u64,
    /// How many of them have been taken.
    taken: u64,
    /// Those that were read and not yet taken, by their number.
    read: HashMap<u64, io::Result<Chunk>>,
    has_ended: bool,
    spare: Vec<Room>,
}

/// So many bytes behind the margin of a room.
#[derive(Debug)]
struct Chunk {
    room: Room,
    len: usize,
}

impl Ahead {
    /// All of a file called `name`, so many bytes at a time; `count` hears how many have been read.
    pub fn new(name: &str, file: File, chunk: usize, count: Counter) -> Arc<Ahead> {
        count.store(0, Ordering::Relaxed);
        let (state, was_read) = (Mutex::default(), Notice::default());
        Arc::new(Ahead { name: name.to_owned(), file, chunk, count, state, was_read })
    }

    /// Reads the next chunk that nobody has begun to read, unless there is one for every thread already. Whoever
    /// is about to ask for bytes does so first.
    pub fn read_one(&self) {
        let mut state = self.state();
        let ahead = state.begun - state.taken;
        if state.has_ended || ahead >= rayon::current_num_threads() as u64 {
            return;
        }
        let (number, spare) = state.begin();
        drop(state);
        let chunk = self.read(number, spare);
        let mut state = self.state();
        state.read.insert(number, chunk);
        self.was_read.tell(&state);
    }

    /// The next chunk, in order: read by somebody, or now.
    fn take(&self) -> io::Result<Chunk> {
        let mut state = self.state();
        let number = state.taken;
        state.taken += 1;
        if number == state.begun {
            let (_, spare) = state.begin();
            drop(state);
            return self.read(number, spare);
        }
        // Whoever reads it needs nothing that others hold.
        let mut state = self.was_read.wait_while(state, |state| !state.read.contains_key(&number));
        let Some(chunk) = state.read.remove(&number) else { unreachable!("it was waited for") };
        chunk
    }

    fn read(&self, number: u64, spare: Option<Room>) -> io::Result<Chunk> {
        let mut room = spare.map_or_else(|| Room::new(MARGIN + self.chunk), Ok)?;
        let (start, mut len) = (number * self.chunk as u64, 0);
        while len < self.chunk {
            match read_at(&self.file, &mut room[MARGIN + len..MARGIN + self.chunk], start + len as u64) {
                Ok(0) => break,
                Ok(count) => len += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.count.fetch_add(len as u64, Ordering::Relaxed);
        if len < self.chunk {
            self.state().has_ended = true;
        }
        Ok(Chunk { room, len })
    }

    fn take_back(&self, room: Room) {
        // One that was made for a long record is not kept.
        if room.len() == MARGIN + self.chunk {
            self.state().spare.push(room);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin(&mut self) -> (u64, Option<Room>) {
        self.begun += 1;
        (self.begun - 1, self.spare.pop())
    }
}

#[cfg(unix)]
fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, at)
}

#[cfg(windows)]
fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, at)
}

/// The chunks of a file, one after the other.
pub struct Chunks {
    ahead: Arc<Ahead>,
    /// The room in which the bytes stand that come next, and where; without one they are the rest.
    room: Option<(Room, Range<usize>)>,
    /// What was left when a text was cut off.
    rest: Vec<u8>,
    /// Whether the last chunk was taken.
    pub has_ended: bool,
}

impl Chunks {
    /// All of them.
    pub fn of(ahead: Arc<Ahead>) -> Chunks {
        Chunks { ahead, room: None, rest: Vec::new(), has_ended: false }
    }

    /// The bytes that are here.
    pub fn bytes(&self) -> &[u8] {
        self.room.as_ref().map_or(&self.rest, |(room, place)| &room[place.clone()])
    }

    /// Gets `wanted` bytes here or some more, or all that are left.
    ///
    /// # Errors
    /// Where they cannot be read, or there is no memory for them.
    pub fn fill(&mut self, wanted: usize) -> anyhow::Result<()> {
        while self.bytes().len() < wanted && !self.has_ended {
            let context = || format!("cannot read {}", self.ahead.name);
            let Chunk { mut room, len } = self.ahead.take().with_context(context)?;
            self.has_ended = len < self.ahead.chunk;
            if self.room.is_none() && self.rest.len() <= MARGIN {
                let place = MARGIN - self.rest.len()..MARGIN + len;
                room[place.start..MARGIN].copy_from_slice(&self.rest);
                self.rest.clear();
                self.room = Some((room, place));
                continue;
            }
            // A record that is longer than a chunk: there is room for all that is wanted, or it would be copied with
            // every chunk.
            let fits = |(room, place): &(Room, Range<usize>)| room.len() - place.end >= len;
            if !self.room.as_ref().is_some_and(fits) {
                let before = self.bytes();
                let mut larger = Room::new(wanted.max(before.len() + len) + self.ahead.chunk).with_context(context)?;
                larger[..before.len()].copy_from_slice(before);
                let place = 0..before.len();
                self.rest.clear();
                self.room.replace((larger, place)).into_iter().for_each(|(room, _)| self.ahead.take_back(room));
            }
            if let Some((long, place)) = &mut self.room {
                long[place.end..place.end + len].copy_from_slice(&room[MARGIN..MARGIN + len]);
                place.end += len;
            }
            self.ahead.take_back(room);
        }
        Ok(())
    }

    /// Passes over the first `len` bytes that are here.
    pub fn skip(&mut self, len: usize) {
        match &mut self.room {
            Some((_, place)) => place.start += len,
            None => drop(self.rest.drain(..len)),
        }
    }

    /// Cuts off the first `len` bytes that are here; `None` where they are not UTF-8: then they are still here.
    pub fn cut(&mut self, len: usize) -> Option<Text> {
        let Some((room, place)) = self.room.take() else {
            let text = Text::from(std::str::from_utf8(&self.rest[..len]).ok()?.to_owned());
            self.skip(len);
            return Some(text);
        };
        self.rest.extend_from_slice(&room[place.start + len..place.end]);
        match Text::in_room(room, place.start..place.start + len) {
            Ok(text) => Some(text),
            Err(room) => {
                self.rest.clear();
                self.room = Some((room, place));
                None
            }
        }
    }

    /// Takes a text back that nobody needs any more: its room holds another chunk.
    pub fn take_back(&mut self, text: Text) {
        text.into_room().into_iter().for_each(|room| self.ahead.take_back(room));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn chunks_come_in_order_whoever_reads_them() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 25) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        for chunk in [1_000, 777, 99_999, 100_000, 200_000] {
            let ahead = Ahead::new("a.csv", file.try_clone().unwrap(), chunk, Counter::default());
            let mut chunks = Chunks::of(Arc::clone(&ahead));
            let mut all = String::new();
            std::thread::scope(|threads| {
                for _ in 0..3 {
                    threads.spawn(|| (0..200).for_each(|_| ahead.read_one()));
                }
                for wanted in (1..).map(|number| number * 531 % 1_700) {
                    chunks.fill(wanted).unwrap();
                    let here = chunks.bytes().len();
                    if here == 0 && chunks.has_ended {
                        break;
                    }
                    let cut = (here / 3 * 2).max(1).min(here);
                    if let Some(text) = chunks.cut(cut) {
                        all.push_str(&text);
                        chunks.take_back(text);
                    }
                }
            });
            assert!(all.as_bytes() == bytes, "{chunk}");
        }
    }
}
