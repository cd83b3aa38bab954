//! Room in large pages, so that fewer addresses have to be translated.
//!
//! In: sizes. Out: tables, and [`Room`] that is all zero. Safe to call with any arguments: pages that are all zero are
//! handed out as values of which zero is one, and the hints change nothing but time.

use bytemuck::Zeroable;
use memmap2::{MmapMut, MmapRaw};
use rayon::prelude::*;
use std::alloc::{Layout, handle_alloc_error};
use std::io;
use std::marker::PhantomData;
use std::mem::{MaybeUninit, needs_drop};
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

/// Room of so many values, all zero. As with every other table, the program ends where the system has no memory left.
pub fn zeros<T: Zeroable>(count: usize) -> Room<T> {
    Room::new(count).unwrap_or_else(|_| end_without_memory::<T>(count))
}

/// The same where all of it will surely be used: cleared on all threads before.
pub fn cleared_zeros<T: Zeroable + Send>(count: usize) -> Room<T> {
    Room::cleared(count).unwrap_or_else(|_| end_without_memory::<T>(count))
}

fn end_without_memory<T>(count: usize) -> ! {
    handle_alloc_error(Layout::array::<T>(count).unwrap_or(Layout::new::<T>()))
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

/// Values in pages of their own, all zero at first; memory is taken for those that are touched. An allocator writes a
/// mark before what it gives, and so takes a small page where the first large one should be: half of them, if the room
/// has two.
#[derive(Debug)]
pub struct Room<T = u8> {
    /// Seen through pointers only: values that threads share may change while others look at them.
    pages: MmapRaw,
    count: usize,
    of: PhantomData<T>,
}

impl<T: Zeroable> Room<T> {
    /// So many values.
    ///
    /// # Errors
    /// Where the system has no memory left.
    pub fn new(count: usize) -> io::Result<Room<T>> {
        const { assert!(align_of::<T>() <= PAGE && size_of::<T>() > 0 && !needs_drop::<T>()) };
        let size = count.checked_mul(size_of::<T>()).ok_or(io::ErrorKind::OutOfMemory)?;
        // The system begins whole large pages where one can stand.
        let whole = if size >= LARGE { size.checked_next_multiple_of(LARGE) } else { Some(size.max(1)) };
        let pages = MmapMut::map_anon(whole.ok_or(io::ErrorKind::OutOfMemory)?)?;
        ask_for_large_pages(&pages);
        Ok(Room { pages: pages.into(), count, of: PhantomData })
    }

    /// The same where all of it will surely be used: cleared on all threads before.
    ///
    /// # Errors
    /// Where the system has no memory left.
    pub fn cleared(count: usize) -> io::Result<Room<T>>
    where
        T: Send,
    {
        let mut room = Room::new(count)?;
        touch(&mut room, T::zeroed);
        Ok(room)
    }
}

impl<T: Zeroable> Deref for Room<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: the pages are large enough and begin where any value may stand; they were all zero, which is a
        // value, and only values were written since: by whoever has the room, or into what may change while shared.
        unsafe { std::slice::from_raw_parts(self.pages.as_ptr().cast(), self.count) }
    }
}

impl<T: Zeroable> DerefMut for Room<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and nobody else has the room.
        unsafe { std::slice::from_raw_parts_mut(self.pages.as_mut_ptr().cast(), self.count) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    #[test]
    fn a_room_is_as_large_as_it_was_asked_to_be() {
        for size in [0, 1, 4096, LARGE - 1, LARGE, LARGE + 1] {
            let cleared = Room::<u8>::cleared(size).unwrap();
            assert!(cleared.len() == size && cleared_room::<u64>(size).capacity() >= size);
            let room = Room::<u8>::new(size).unwrap();
            assert_eq!((room.len(), room.iter().all(|&byte| byte == 0)), (size, true));
            let mut lines = cleared_zeros::<[u64; 8]>(size / 64);
            assert!(lines.len() == size / 64 && lines.as_ptr().addr().is_multiple_of(64));
            lines.iter_mut().for_each(|line| line[7] = 1);
            assert!(lines.iter().all(|line| *line == [0, 0, 0, 0, 0, 0, 0, 1]));
        }
    }

    #[test]
    fn more_than_there_can_be_is_not_there() {
        for less in [0, 1, PAGE, LARGE - 1, LARGE] {
            assert!(Room::<u8>::new(usize::MAX - less).is_err() && Room::<u64>::new((usize::MAX - less) / 8).is_err());
        }
    }

    #[test]
    fn threads_add_to_what_they_share() {
        let counts = zeros::<AtomicU64>(1000);
        (0..8 * 4000).into_par_iter().for_each(|at| {
            counts[at % counts.len()].fetch_add(1, Relaxed);
        });
        assert!(counts.iter().all(|count| count.load(Relaxed) == 32));
    }
}
