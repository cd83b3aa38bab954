//! A file seen as memory: what is kept of it need not be copied.
//!
//! In: a file. Out: [`Map`]. Another program may change the file meanwhile. One that cuts it short would end
//! the run with a bus error: instead it ends with a message. Any other change is seen when the run asks
//! [`Map::is_unchanged`], which it does before anything that came of the file is put in its place.

use memmap2::Mmap;
#[cfg(target_os = "linux")]
use memmap2::UncheckedAdvice;
use std::fs::File;
use std::io;
use std::ops::{Deref, Range};
use std::time::SystemTime;

/// All bytes of a file.
#[derive(Debug)]
pub struct Map {
    bytes: Mmap,
    file: File,
    found: Option<State>,
}

/// What changes where somebody writes to a file: its size, and when it was written to.
type State = (u64, SystemTime);

impl Map {
    /// Of a file as it is now.
    ///
    /// # Errors
    /// Where the system cannot map it.
    pub fn of(file: File) -> io::Result<Map> {
        answer_bus_errors();
        let found = state(&file);
        // SAFETY: what this promises (nobody changes the bytes) cannot be held against other programs. Bytes
        // that change under a text may make it say something else, or be no UTF-8; the standard library may
        // then find other characters in it, or panic, and whatever comes of it is thrown away at the end.
        let bytes = unsafe { Mmap::map(&file)? };
        Ok(Map { bytes, file, found })
    }

    /// Whether the file is still as it was, as far as its size and its time tell.
    pub fn is_unchanged(&self) -> bool {
        state(&self.file) == self.found
    }

    /// Gives back the memory in which a part of the file stands. Whoever looks at it again finds it there as
    /// before: it comes back from the file.
    pub fn let_go(&self, part: Range<usize>) {
        #[cfg(target_os = "linux")]
        {
            let start = part.start.min(self.bytes.len());
            let len = part.end.min(self.bytes.len()).saturating_sub(start);
            // SAFETY: pages of a file that is mapped to be read hold nothing that is not in the file.
            // Where the hint is not taken, they stay.
            let _ = unsafe { self.bytes.unchecked_advise_range(UncheckedAdvice::DontNeed, start, len) };
        }
        #[cfg(not(target_os = "linux"))]
        let _ = part;
    }
}

impl Deref for Map {
    type Target = [u8];
    #[inline(always)]
    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

fn state(file: &File) -> Option<State> {
    let facts = file.metadata().ok()?;
    Some((facts.len(), facts.modified().ok()?))
}

/// The system ends whoever reads what is not there any more. Let it say why.
fn answer_bus_errors() {
    #[cfg(unix)]
    {
        use std::sync::Once;
        static ONCE: Once = Once::new();
        extern "C" fn end(_signal: libc::c_int) {
            const WHY: &[u8] = b"error: a contact export became shorter while it was read; no output was put in its \
                place. Run again when the program that writes it is done.\n";
            // SAFETY: both may be called from a signal's handler, and the bytes are there for good.
            unsafe {
                libc::write(libc::STDERR_FILENO, WHY.as_ptr().cast(), WHY.len());
                libc::_exit(1);
            }
        }
        // SAFETY: the handler does nothing but what handlers may do, and never returns.
        ONCE.call_once(|| unsafe {
            libc::signal(libc::SIGBUS, end as *const () as libc::sighandler_t);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_change_is_seen() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"id\n1\n").unwrap();
        let map = Map::of(file.reopen().unwrap()).unwrap();
        assert_eq!((&*map, map.is_unchanged()), (&b"id\n1\n"[..], true));
        file.write_all(b"2\n").unwrap();
        assert!(!map.is_unchanged());
        assert!(Map::of(file.reopen().unwrap()).unwrap().is_unchanged());
    }

    #[test]
    fn what_was_let_go_comes_back() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let bytes: Vec<u8> = (0..100_000).map(|at| at as u8).collect();
        file.write_all(&bytes).unwrap();
        let map = Map::of(file.reopen().unwrap()).unwrap();
        for part in [0..0, 5..5, 0..1, 4095..8193, 0..100_000, 99_999..200_000, 100_000..100_000, 900_000..1_000_000] {
            assert!(*map == *bytes);
            map.let_go(part);
        }
        assert!(*map == *bytes);
    }
}
