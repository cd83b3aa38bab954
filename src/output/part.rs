//! A file that is not in its place yet.
//!
//! In: bytes. Out: all of them on the disk, and a file that can take its place. Parts of it are sent to the disk while
//! those after them are made. Not here: places.

use crate::machine;
use anyhow::{Context, bail};
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

/// A file that is not in its place yet: `.OUT.part` beside OUT, so that the rename stays within one
/// file system. Its name is always the same and it is locked while it is written: two runs never
/// write one output at once, and what a killed run left behind is taken over by the next.
pub(super) struct Part {
    file: File,
    path: PathBuf,
    /// How many bytes were written, how many of them are on their way to the disk, and for how many there is room there.
    written: u64,
    begun: u64,
    reserved: u64,
    sender: Option<Sender>,
}

/// So many bytes are sent to the disk at a time, while those after them are made.
const SENT: u64 = 16 << 20;
/// So many bytes ahead there is room on the disk, once so much was written that more will likely come.
const RESERVED: u64 = SENT;

/// Sends parts of a file to the disk. A thread of its own waits where the disk is busy: whoever writes goes on.
struct Sender {
    parts: mpsc::Sender<Range<u64>>,
    thread: JoinHandle<()>,
}

impl Sender {
    fn of(file: &File) -> io::Result<Sender> {
        let file = file.try_clone()?;
        let (parts, coming) = mpsc::channel();
        let send_all = move || coming.into_iter().for_each(|part| machine::begin_writing_out(&file, part));
        let thread = thread::Builder::new().name("to the disk".to_owned()).spawn(send_all)?;
        Ok(Sender { parts, thread })
    }

    /// Ends; the thread's hold of the file ends with it.
    fn end(self) {
        drop(self.parts);
        let _ = self.thread.join();
    }
}

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
                return Ok(Part { file, path, written: 0, begun: 0, reserved: 0, sender: None });
            }
        }
    }

    /// Gives it the permissions of the file that it will replace.
    pub fn set_permissions(&self, permissions: Permissions) -> io::Result<()> {
        self.file.set_permissions(permissions)
    }

    /// Waits until all that was written is safely on the disk.
    ///
    /// # Errors
    /// Where some of it can't be written.
    pub fn settle(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Puts the file in its place.
    pub fn become_file(self, place: &Path) -> io::Result<()> {
        fs::rename(&self.path, place)
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.written += count as u64;
        if self.written - self.begun >= SENT {
            // Where there can be no such thread, the parts go to the disk at the end.
            self.sender = self.sender.take().or_else(|| Sender::of(&self.file).ok());
            let _ = self.sender.as_ref().map(|sender| sender.parts.send(self.begun..self.written));
            self.begun = self.written;
            let ahead = self.written.max(self.reserved)..self.written + RESERVED;
            self.reserved = ahead.end;
            machine::reserve_on_disk(&self.file, ahead);
        }
        Ok(count)
    }

    /// Gives back what was reserved behind the end, too: others may need it.
    fn flush(&mut self) -> io::Result<()> {
        if self.reserved > self.written {
            self.file.set_len(self.written)?;
            self.reserved = self.written;
        }
        self.file.flush()
    }
}

/// What is not put in its place goes away; the lock is held until then.
impl Drop for Part {
    fn drop(&mut self) {
        self.sender.take().into_iter().for_each(Sender::end);
        if is_at(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn no_room_on_the_disk_is_kept_from_others_behind_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let mut part = Part::lock(folder.path().join(".a.part"), Path::new("a")).unwrap();
        let bytes = vec![7; 1 << 20];
        (0..17).for_each(|_| part.write_all(&bytes).unwrap());
        part.flush().unwrap();
        part.write_all(b"end").unwrap();
        part.settle().unwrap();
        let facts = part.file.metadata().unwrap();
        assert_eq!(facts.len(), (17 << 20) + 3);
        assert!(facts.blocks() * 512 <= facts.len() + (1 << 20), "{}", facts.blocks());
    }
}
