//! A file that is not in its place yet.
//!
//! In: bytes. Out: all of them on the disk, and a file that can take its place. Whoever writes does not wait for
//! the disk, and what is long does not go through the system's cache: nobody is about to read it, it would push out what
//! is read, and in a virtual machine to find the memory for it can take longer than to write it. Not here: places.

use crate::machine::{self, Room};
use anyhow::{Context, bail};
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};

/// `.OUT.part` beside OUT, so that the rename stays within one file system. Its name is always the same and it is
/// locked while it is written: two runs never write one output at once, and what a killed run left behind is taken
/// over by the next.
pub(super) struct Part {
    file: File,
    path: PathBuf,
    /// How many of its first bytes were written as any file is written: so are short ones.
    begun: usize,
    /// Who writes the rest.
    carrier: Option<Carrier>,
}

/// So many bytes are written as any file is written.
const BEGINNING: usize = 1 << 20;
/// So many bytes go to the disk in one go. Both are whole blocks of any disk.
const PIECE: usize = 1 << 20;
/// So many pieces wait for the disk before whoever writes does.
const PIECES: usize = 4;

impl Part {
    /// Takes the name and the lock; `shown` is how messages call the output.
    pub fn lock(path: PathBuf, shown: &Path) -> anyhow::Result<Part> {
        let failed = || format!("cannot write {}", shown.display());
        loop {
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    bail!("{}: another run is writing it; try again when that run is over", failed())
                }
                // A file system without locks: runs there are told apart by nobody.
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
                Err(TryLockError::Error(error)) => return Err(error).with_context(failed),
                Ok(()) => {}
            }
            // The run that had the lock may have put the file in its place meanwhile.
            if is_at(&file, &path) {
                file.set_len(0).with_context(failed)?;
                return Ok(Part { file, path, begun: 0, carrier: None });
            }
        }
    }

    /// Gives it the permissions of the file that it will replace.
    pub fn set_permissions(&self, permissions: Permissions) -> io::Result<()> {
        self.file.set_permissions(permissions)
    }

    /// Waits until all that was written is safely on the disk. Nothing can be written then.
    ///
    /// # Errors
    /// Where some of it can't be written.
    pub fn settle(&mut self) -> io::Result<()> {
        if let Some(carrier) = self.carrier.take() {
            let rest = carrier.end()?;
            self.file.write_all(&rest.room[..rest.filled])?;
        }
        self.file.sync_all()
    }

    /// Puts the file in its place.
    pub fn become_file(self, place: &Path) -> io::Result<()> {
        fs::rename(&self.path, place)
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(carrier) = &mut self.carrier {
            return carrier.take(bytes);
        }
        let count = self.file.write(&bytes[..bytes.len().min(BEGINNING - self.begun)])?;
        self.begun += count;
        if self.begun == BEGINNING {
            self.carrier = Some(Carrier::of(&self.file)?);
        }
        Ok(count)
    }

    /// What is held back goes to the disk in [`Part::settle`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is not put in its place goes away; the lock is held until then.
impl Drop for Part {
    fn drop(&mut self) {
        self.carrier.take().into_iter().for_each(|carrier| drop(carrier.end()));
        if is_at(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Carries what is written to the disk, piece by piece, on a thread of its own.
struct Carrier {
    /// Tells whether it has written everything.
    thread: JoinHandle<bool>,
    to_disk: Sender<Room>,
    /// Pieces that are on the disk, whose room takes others, or why the thread has ended.
    back: Receiver<io::Result<Room>>,
    /// How many pieces there are.
    pieces: usize,
    held: Held,
}

/// What is not a whole piece yet.
struct Held {
    room: Room,
    filled: usize,
}

impl Carrier {
    /// From where the file is written up to.
    fn of(file: &File) -> io::Result<Carrier> {
        let (to_disk, coming) = channel::<Room>();
        let (send_back, back) = channel();
        let mut out = file.try_clone()?;
        let carry = move || {
            let mut is_direct = machine::pass_the_cache(&out, true);
            let all_written = coming.into_iter().all(|piece| {
                let written = write_piece(&mut out, &piece, &mut is_direct).map(|()| piece);
                let is_written = written.is_ok();
                // Nobody takes it back once no more are sent.
                let _ = send_back.send(written);
                is_written
            });
            // The rest may be less than a block of the disk.
            machine::pass_the_cache(&out, false);
            all_written
        };
        let thread = thread::Builder::new().name("to the disk".to_owned()).spawn(carry)?;
        let held = Held { room: Room::new(PIECE)?, filled: 0 };
        Ok(Carrier { thread, to_disk, back, pieces: 1, held })
    }

    /// Takes some bytes, all that have room in a piece; returns how many.
    fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Held { room, filled } = &mut self.held;
        let count = bytes.len().min(PIECE - *filled);
        room[*filled..][..count].copy_from_slice(&bytes[..count]);
        *filled += count;
        if *filled == PIECE {
            let next = self.next_room()?;
            let piece = std::mem::replace(&mut self.held, Held { room: next, filled: 0 }).room;
            // Where the thread has ended, no further room is to be had.
            let _ = self.to_disk.send(piece);
        }
        Ok(count)
    }

    fn next_room(&mut self) -> io::Result<Room> {
        match self.back.try_recv() {
            Ok(back) => back,
            Err(TryRecvError::Empty) if self.pieces < PIECES => {
                self.pieces += 1;
                Room::new(PIECE)
            }
            Err(_) => self.back.recv().unwrap_or_else(|_| Err(ended())),
        }
    }

    /// Ends when all whole pieces are written; gives back what is left.
    fn end(self) -> io::Result<Held> {
        drop(self.to_disk);
        let all_written = self.thread.join().unwrap_or(false);
        self.back.into_iter().try_for_each(|back| back.map(drop))?;
        if all_written { Ok(self.held) } else { Err(ended()) }
    }
}

fn ended() -> io::Error {
    io::Error::other("the thread that writes has ended")
}

/// Writes a piece past the cache; from where the file system can't, as any file is written.
fn write_piece(out: &mut File, piece: &[u8], is_direct: &mut bool) -> io::Result<()> {
    let mut left = piece;
    while !left.is_empty() {
        match out.write(left) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => left = &left[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::InvalidInput && *is_direct => {
                *is_direct = false;
                machine::pass_the_cache(out, false);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether this very file stands at the path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |a: fs::Metadata, b: fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    file.metadata().is_ok_and(|own| fs::symlink_metadata(path).is_ok_and(|there| same(own, there)))
}

/// Whether this very file stands at the path: elsewhere a file that is open keeps its name.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(folder: &Path) -> Part {
        let path = folder.join(".out.csv.part");
        Part::lock(path, Path::new("out.csv")).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]
        #[test]
        fn all_that_was_written_is_there_in_its_order(sizes in prop::collection::vec(prop_oneof![
            0..9_usize, Just(PIECE), PIECE - 5..PIECE + 5, 0..3 * PIECE,
        ], 0..7)) {
            let folder = tempfile::tempdir()?;
            let mut part = part(folder.path());
            let mut expected = Vec::new();
            for size in sizes {
                let start = expected.len();
                expected.extend((start..start + size).map(|at| (at ^ at >> 11) as u8));
                part.write_all(&expected[start..])?;
                part.flush()?;
            }
            part.settle()?;
            let place = folder.path().join("out.csv");
            part.become_file(&place)?;
            prop_assert!(fs::read(&place)? == expected);
        }
    }

    #[test]
    fn a_disk_that_takes_no_more_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("read only");
        fs::write(&path, "old").unwrap();
        let mut carrier = Carrier::of(&File::open(&path).unwrap()).unwrap();
        let bytes = vec![7; PIECE];
        let failed = (0..=PIECES).find_map(|_| carrier.take(&bytes).err()).unwrap();
        let told = File::open(&path).unwrap().write(b"new").unwrap_err();
        assert_eq!(failed.to_string(), told.to_string());
        assert!(carrier.take(&bytes).is_err() && carrier.end().is_err());
        let mut short = Carrier::of(&File::open(&path).unwrap()).unwrap();
        short.take(&bytes).unwrap();
        assert_eq!(short.end().map(|_| ()).unwrap_err().to_string(), told.to_string());
    }
}
