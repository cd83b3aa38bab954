//! Text that stands wherever its bytes were read to: in a room, in a file, or put together in memory.
//!
//! In: bytes. Out: [`Text`], which was found to be UTF-8 before anybody can see it as one.

use super::{Map, Room};
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A text that does not change any more, wherever it stands.
pub struct Text(Place);

enum Place {
    /// Put together bit by bit.
    String(String),
    /// The bytes of a room in this range, which are UTF-8.
    Room(Room, Range<usize>),
    /// The bytes of a file in this range, which were UTF-8 when they were looked at.
    File(Arc<Map>, Range<usize>),
}

impl Text {
    /// The bytes of a room in a range.
    ///
    /// # Errors
    /// Gives the room back where they are not UTF-8, or not there.
    pub fn in_room(room: Room, range: Range<usize>) -> Result<Text, Room> {
        match room.get(range.clone()).map(simdutf8::basic::from_utf8) {
            Some(Ok(_)) => Ok(Text(Place::Room(room, range))),
            _ => Err(room),
        }
    }

    /// The bytes of a file in a range; `None` where they are not UTF-8, or not there.
    pub fn in_file(map: &Arc<Map>, range: Range<usize>) -> Option<Text> {
        let is_text = simdutf8::basic::from_utf8(map.get(range.clone())?).is_ok();
        is_text.then(|| Text(Place::File(Arc::clone(map), range)))
    }

    /// Gives back the memory of texts that stand in a file, of `bytes` and perhaps a text more: nobody looks at them for
    /// a while. Those that stand side by side go together: what the other threads must be told, they are told once.
    pub fn let_go<'t>(texts: impl IntoIterator<Item = &'t Text>, mut bytes: usize) {
        let mut last: Option<(&Arc<Map>, Range<usize>)> = None;
        for text in texts {
            let Place::File(map, range) = &text.0 else { continue };
            if bytes == 0 {
                break;
            }
            bytes = bytes.saturating_sub(range.len());
            match &mut last {
                Some((before, part)) if Arc::ptr_eq(before, map) && part.end == range.start => part.end = range.end,
                _ => {
                    last.replace((map, range.clone())).into_iter().for_each(|(map, part)| map.let_go(part));
                }
            }
        }
        last.into_iter().for_each(|(map, part)| map.let_go(part));
    }

    /// The room of a text that nobody needs any more, if it has one of its own.
    pub fn into_room(self) -> Option<Room> {
        match self.0 {
            Place::Room(room, _) => Some(room),
            Place::String(_) | Place::File(..) => None,
        }
    }
}

impl Deref for Text {
    type Target = str;
    #[inline(always)]
    fn deref(&self) -> &str {
        match &self.0 {
            Place::String(text) => text,
            // SAFETY: these bytes were found to be UTF-8, and nobody can have changed them since: the
            // pages are of this process alone, and nothing gives them away but `into_room`.
            Place::Room(room, range) => unsafe { std::str::from_utf8_unchecked(&room[range.clone()]) },
            // SAFETY: the same, but for other programs that write to the file: see `Map::of`.
            Place::File(map, range) => unsafe { std::str::from_utf8_unchecked(&map[range.clone()]) },
        }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text(Place::String(text))
    }
}

/// A text that is no string yet is copied.
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
    use std::io::Write;

    proptest! {
        #[test]
        fn only_what_is_utf_8_is_text(
            bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..20), any::<String>().prop_map(String::into_bytes)],
            start in 0_usize..3,
            len in 0_usize..20,
        ) {
            let mut room = Room::new(bytes.len()).unwrap();
            room.copy_from_slice(&bytes);
            let expected = bytes.get(start..len).and_then(|part| std::str::from_utf8(part).ok());
            let text = Text::in_room(room, start..len).ok();
            prop_assert_eq!(text.as_deref(), expected);
            let copy = text.clone().map(String::from);
            prop_assert_eq!(copy.as_deref(), expected);
            prop_assert_eq!(text.and_then(Text::into_room).as_deref().is_some(), expected.is_some());

            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            let map = Arc::new(Map::of(file).unwrap());
            for start in 0..3 {
                let expected = bytes.get(start..len).and_then(|part| std::str::from_utf8(part).ok());
                let text = Text::in_file(&map, start..len);
                prop_assert_eq!(text.as_deref(), expected);
                Text::let_go(&text, usize::MAX);
                prop_assert_eq!(text.as_deref(), expected);
            }
            let parts = [0..1, 1..2, 3..4, 4..4].map(|part: Range<usize>| Text::in_file(&map, part));
            let parts_as_text = || parts.iter().map(|part| part.as_deref().map(str::to_owned)).collect::<Vec<_>>();
            let before = parts_as_text();
            Text::let_go(parts.iter().flatten(), usize::MAX);
            prop_assert_eq!(parts_as_text(), before);
        }
    }
}
