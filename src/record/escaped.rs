//! Cells in which a backslash takes its meaning from the character after it.
//!
//! In: one byte after the other. Out: what each does. `\"`, `\\`, a backslash before the
//! delimiter and one before a line end stand for the character itself, within quotes and without
//! them; before anything else (`C:\new`, `\N`) the backslash is text. Doubled quotes mean what
//! they mean in other files. [`Cells`](super::Cells) and the search for the ends of records both
//! follow this machine, so that they cannot disagree.

/// What a byte does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing yet.
    Nothing,
    /// Adds itself to the cell.
    Text(u8),
    /// Adds a backslash and itself to the cell.
    BackslashAnd(u8),
    /// Ends the cell.
    Cell,
    /// Ends the cell and the record.
    Record,
}

/// Where among cells and quotes the last byte stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    PlainBackslash,
    Quoted,
    QuotedBackslash,
    /// After a quote that closes, or is the first of two.
    Quote,
}

/// Follows the bytes of records.
#[derive(Clone, Debug)]
pub struct Escaped {
    delimiter: u8,
    state: State,
}

impl Escaped {
    /// At the start of a record the cells of which `delimiter` parts.
    pub fn new(delimiter: u8) -> Escaped {
        Escaped { delimiter, state: State::Start }
    }

    /// What the next byte does.
    pub fn step(&mut self, byte: u8) -> Step {
        let stands_for_itself = || byte == self.delimiter || matches!(byte, b'"' | b'\\' | b'\r' | b'\n');
        let (state, step) = match (self.state, byte) {
            (State::PlainBackslash, _) if stands_for_itself() => (State::Plain, Step::Text(byte)),
            (State::PlainBackslash, _) => (State::Plain, Step::BackslashAnd(byte)),
            (State::QuotedBackslash, _) if stands_for_itself() => (State::Quoted, Step::Text(byte)),
            (State::QuotedBackslash, _) => (State::Quoted, Step::BackslashAnd(byte)),
            (State::Quoted, b'"') => (State::Quote, Step::Nothing),
            (State::Quoted, b'\\') => (State::QuotedBackslash, Step::Nothing),
            (State::Quoted, _) => (State::Quoted, Step::Text(byte)),
            (State::Start, b'"') => (State::Quoted, Step::Nothing),
            (State::Quote, b'"') => (State::Quoted, Step::Text(byte)),
            (_, b'\r' | b'\n') => (State::Start, Step::Record),
            (_, b'\\') => (State::PlainBackslash, Step::Nothing),
            (_, _) if byte == self.delimiter => (State::Start, Step::Cell),
            (_, _) => (State::Plain, Step::Text(byte)),
        };
        self.state = state;
        step
    }

    /// Whether a quote is open, or the last byte would be the one that closes it.
    pub fn is_within_quotes(&self) -> bool {
        matches!(self.state, State::Quoted | State::QuotedBackslash | State::Quote)
    }

    /// Whether a quote is never closed when there are no more bytes.
    pub fn is_unclosed(&self) -> bool {
        matches!(self.state, State::Quoted | State::QuotedBackslash)
    }

    /// Whether the last byte is a backslash that waits for the next.
    pub fn is_after_backslash(&self) -> bool {
        matches!(self.state, State::PlainBackslash | State::QuotedBackslash)
    }
}
