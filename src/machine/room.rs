//! Room in large pages, so that fewer addresses have to be translated, and text that stands there.
//!
//! In: sizes, bytes. Out: tables, [`Room`] for bytes, [`Text`]. Safe to call with any arguments: the hints
//! change nothing but time, and a text was found to be UTF-8 before anybody can see it as one.

use memmap2::MmapMut;
use rayon::prelude::*;
use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};

/// The size of a large page, and of a small one.
const LARGE: usize = 2 << 20;
const PAGE: usize = 4096;

/// Room for so many values, below large pages where it is large.
pub fn large_room<T>(count: usize) -> Vec<T> {
    let mut room = Vec::with_capacity(count);
    ask_for_large_pages(room.spare_capacity_mut());
    room
}

/// The same for a text of so many bytes.
pub fn large_text(bytes: usize) -> String {
    String::from_utf8(large_room(bytes)).unwrap_or_default()
}

/// Room for so many values, all of which will surely be used: cleared on all threads before.
pub fn cleared_room<T: Send>(count: usize) -> Vec<T> {
    let mut room = large_room(count);
    touch(room.spare_capacity_mut(), MaybeUninit::zeroed);
    room
}

/// Touches every page of what is not used yet. The system clears a page when it is first touched, which may take
/// longer than all that is done with it: so that is done on all threads.
fn touch<T: Send>(room: &mut [T], zero: impl Fn() -> T + Sync) {
    let in_one = |page: usize| (page / size_of::<T>().max(1)).max(1);
    if room.len() > in_one(LARGE) {
        let touch_each = |part: &mut [T]| part.chunks_mut(in_one(PAGE)).for_each(|page| page[0] = zero());
        room.par_chunks_mut(in_one(LARGE)).for_each(touch_each);
    }
}

/// Asks for large pages below a table that is looked up here and there.
pub fn ask_for_large_pages<T>(table: &[T]) {
    #[cfg(target_os = "linux")]
    {
        let (start, size) = (table.as_ptr() as usize, size_of_val(table));
        // With the pages at both ends: a large page that lacks one of them is none.
        let (first, end) = (start / PAGE * PAGE, (start + size).next_multiple_of(PAGE));
        if size >= LARGE {
            // SAFETY: a hint about the pages on which the table stands. What stands there, the table
            // or something else, stays as it is; where the hint is not taken, nothing is lost.
            unsafe { libc::madvise(first as *mut libc::c_void, end - first, libc::MADV_HUGEPAGE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = table;
}

/// Bytes in pages of their own, all zero at first. An allocator writes a mark before what it gives, and so
/// takes a small page where the first large one should be: half of them, if the room has two.
#[derive(Debug)]
pub struct Room {
    pages: MmapMut,
    size: usize,
}

impl Room {
    /// So many bytes.
    ///
    /// # Errors
    /// Where the system has no memory left.
    pub fn new(size: usize) -> io::Result<Room> {
        // The system begins whole large pages where one can stand.
        let whole = if size >= LARGE { size.next_multiple_of(LARGE) } else { size.max(1) };
        let pages = MmapMut::map_anon(whole)?;
        ask_for_large_pages(&pages);
        Ok(Room { pages, size })
    }

    /// The same where all of it will surely be used: cleared on all threads before.
    ///
    /// # Errors
    /// Where the system has no memory left.
    pub fn cleared(size: usize) -> io::Result<Room> {
        let mut room = Room::new(size)?;
        touch(&mut room, || 0);
        Ok(room)
    }
}

impl Deref for Room {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.pages[..self.size]
    }
}

impl DerefMut for Room {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.pages[..self.size]
    }
}

/// A text that does not change any more, wherever it stands.
pub struct Text(Place);

enum Place {
    /// Put together bit by bit.
    String(String),
    /// The first bytes of a room, so many of which are UTF-8.
    Room(Room, usize),
}

impl Text {
    /// The first `len` bytes of a room.
    ///
    /// # Errors
    /// Gives the room back where they are not UTF-8, or not so many.
    pub fn in_room(room: Room, len: usize) -> Result<Text, Room> {
        match room.get(..len).map(simdutf8::basic::from_utf8) {
            Some(Ok(_)) => Ok(Text(Place::Room(room, len))),
            _ => Err(room),
        }
    }

    /// The room of a text that nobody needs any more, if it has one of its own.
    pub fn into_room(self) -> Option<Room> {
        match self.0 {
            Place::Room(room, _) => Some(room),
            Place::String(_) => None,
        }
    }
}

impl Deref for Text {
    type Target = str;
    #[inline(always)]
    fn deref(&self) -> &str {
        match &self.0 {
            Place::String(text) => text,
            // SAFETY: so many bytes were found to be UTF-8, and nobody can have changed them since: the
            // pages are of this process alone, and nothing gives them away but `into_room`.
            Place::Room(room, len) => unsafe { std::str::from_utf8_unchecked(&room[..*len]) },
        }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text(Place::String(text))
    }
}

/// A text in room of its own is a string then.
impl From<Text> for String {
    fn from(text: Text) -> String {
        match text.0 {
            Place::String(text) => text,
            room => str::to_owned(&Text(room)),
        }
    }
}

impl Default for Text {
    fn default() -> Text {
        Text::from(String::new())
    }
}

impl Clone for Text {
    fn clone(&self) -> Text {
        Text::from(str::to_owned(self))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_room_is_as_large_as_it_was_asked_to_be() {
        for size in [0, 1, 4096, LARGE - 1, LARGE, LARGE + 1] {
            let cleared = Room::cleared(size).unwrap();
            assert!(cleared.len() == size && cleared_room::<u64>(size).capacity() >= size);
            let mut room = Room::new(size).unwrap();
            assert_eq!((room.len(), room.iter().all(|&byte| byte == 0)), (size, true));
            room.fill(b'x');
            assert!(Text::in_room(room, size + 1).is_err());
        }
    }

    proptest! {
        #[test]
        fn only_what_is_utf_8_is_text(
            bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..20), any::<String>().prop_map(String::into_bytes)],
            len in 0_usize..20,
        ) {
            let mut room = Room::new(bytes.len()).unwrap();
            room.copy_from_slice(&bytes);
            let expected = bytes.get(..len).and_then(|part| std::str::from_utf8(part).ok());
            let text = Text::in_room(room, len).ok();
            prop_assert_eq!(text.as_deref(), expected);
            let copy = text.clone().map(String::from);
            prop_assert_eq!(copy.as_deref(), expected);
            prop_assert_eq!(text.and_then(Text::into_room).as_deref().is_some(), expected.is_some());
        }
    }
}
