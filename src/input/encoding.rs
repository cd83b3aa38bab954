//! Text of other encodings as UTF-8, and a guess at the encoding of what is not UTF-8.
//!
//! In: unpacked bytes, what their byte-order mark says, and what the user said. Out: the text in
//! UTF-8, as a stream. Text that is UTF-8 goes through untouched and unchecked; whoever parts it
//! into records checks it. Never puts a replacement character where a byte means nothing.

use super::source::Bytes;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::io::{self, ErrorKind, Read};

/// How much is decoded in one go, and how much is looked at to tell whether text is UTF-8.
const PIECE: usize = 64 << 10;

/// The bytes as UTF-8. `mark` is the encoding that a byte-order mark names, `chosen` the one that
/// the user named: it is that of the files which are not UTF-8, so that one word does for a
/// contact export from a spreadsheet beside an activity export from a web site.
pub fn decoded(
    bytes: Bytes,
    mark: Option<&'static Encoding>,
    chosen: Option<&'static Encoding>,
) -> Box<dyn Read + Send> {
    let Some(encoding) = other_encoding(&bytes.first, mark, chosen) else { return bytes.stream };
    let state = match encoding.is_ascii_compatible() {
        true => State::Undecided,
        false => State::Decoding(encoding.new_decoder_with_bom_removal()),
    };
    Box::new(Decoded {
        stream: bytes.stream,
        encoding,
        state,
        raw: Vec::new(),
        text: Vec::new(),
        given: 0,
        line: 1,
        ended: false,
    })
}

/// The encoding that bytes may be in, which begin with `first`; `None` where they are UTF-8, or nothing that is known.
pub fn other_encoding(
    first: &[u8],
    mark: Option<&'static Encoding>,
    chosen: Option<&'static Encoding>,
) -> Option<&'static Encoding> {
    let encoding = mark.or(chosen)?;
    let is_plain =
        encoding == UTF_8 || mark.is_none() && [UTF_16LE, UTF_16BE].contains(&encoding) && !first.contains(&0);
    (!is_plain).then_some(encoding)
}

/// That bytes of the file called `name`, which begin on `line`, are not UTF-8, and what they
/// probably are.
pub fn not_utf8(name: &str, line: u64, bytes: &[u8]) -> anyhow::Error {
    let bytes = &bytes[..bytes.len().min(PIECE)];
    let byte = bytes.first().copied().unwrap_or_default();
    if bytes.contains(&0) {
        return anyhow::anyhow!(
            "{name}:{line}: the byte 0x{byte:02X} is not UTF-8, and there are zero bytes after it, so it is no text; \
             export it again"
        );
    }
    let guess = guess(bytes);
    anyhow::anyhow!(
        "{name}:{line}: the byte 0x{byte:02X} is not UTF-8; if the file is {guess}, say so with \
         --encoding {guess}, else save it as UTF-8"
    )
}

/// The name of the encoding that bytes which are not UTF-8 are probably in.
fn guess(bytes: &[u8]) -> String {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny).name().to_lowercase();
    let is_polish = guess == "windows-1252" && bytes.iter().any(|byte| POLISH_ONLY.contains(byte));
    let is_likely = guess.starts_with("windows-") || LIKELY.contains(&&*guess);
    if is_likely && !is_polish { guess } else { "windows-1250".to_owned() }
}

/// What exports are found in, beside the encodings of Windows.
const LIKELY: [&str; 7] = ["iso-8859-2", "koi8-u", "gbk", "big5", "shift_jis", "euc-jp", "euc-kr"];

/// What tells a Polish file of few letters from a Western one: `ą`, `ś`, `ź`, `ł`, `ż` of
/// windows-1250 are superscripts, fractions and marks there, which hardly stand in names.
const POLISH_ONLY: [u8; 5] = [0xb9, 0x9c, 0x9f, 0xb3, 0xbf];

struct Decoded {
    stream: Box<dyn Read + Send>,
    encoding: &'static Encoding,
    state: State,
    /// Read and not yet decoded.
    raw: Vec<u8>,
    /// Decoded; the first `given` bytes have been handed out.
    text: Vec<u8>,
    given: usize,
    /// The line on which `text` ends.
    line: u64,
    /// Whether everything has been read and decoded.
    ended: bool,
}

enum State {
    /// Nothing but ASCII so far.
    Undecided,
    /// It is UTF-8 after all.
    Plain,
    /// It is in the encoding.
    Decoding(Decoder),
}

impl Read for Decoded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            if let State::Plain = self.state
                && self.raw.is_empty()
            {
                return self.stream.read(into);
            }
            if self.ended {
                return Ok(0);
            }
            self.given = 0;
            self.text.clear();
            let got = (&mut self.stream).take(PIECE as u64).read_to_end(&mut self.raw)?;
            self.ended = got < PIECE;
            self.decode(self.ended)?;
        }
        let count = into.len().min(self.text.len() - self.given);
        into[..count].copy_from_slice(&self.text[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

impl Decoded {
    /// Makes text of what was read.
    fn decode(&mut self, ended: bool) -> io::Result<()> {
        if let State::Undecided = self.state {
            let plain = Encoding::ascii_valid_up_to(&self.raw);
            match judge(&self.raw[plain..], ended, self.encoding) {
                // What is ASCII is the same in both.
                None => {
                    let rest = self.raw.split_off(plain);
                    self.text = std::mem::replace(&mut self.raw, rest);
                    self.count_lines();
                    return Ok(());
                }
                Some(true) => self.state = State::Plain,
                Some(false) => self.state = State::Decoding(self.encoding.new_decoder_without_bom_handling()),
            }
        }
        let State::Decoding(decoder) = &mut self.state else {
            self.text = std::mem::take(&mut self.raw);
            return Ok(());
        };
        let room = decoder.max_utf8_buffer_length_without_replacement(self.raw.len()).unwrap_or(4 * PIECE);
        self.text.resize(room, 0);
        let (result, read, written) = decoder.decode_to_utf8_without_replacement(&self.raw, &mut self.text, ended);
        self.text.truncate(written);
        self.count_lines();
        if let DecoderResult::Malformed(length, after) = result {
            let end = read.saturating_sub(usize::from(after));
            let bytes = &self.raw[end.saturating_sub(usize::from(length))..end];
            let shown: Vec<String> = bytes.iter().map(|byte| format!("0x{byte:02X}")).collect();
            let (line, encoding) = (self.line, self.encoding.name());
            let message = format!("line {line}: the bytes {} are not {encoding}", shown.join(" "));
            return Err(io::Error::new(ErrorKind::InvalidData, message));
        }
        self.raw.drain(..read);
        Ok(())
    }

    fn count_lines(&mut self) {
        self.line += memchr::memchr_iter(b'\n', &self.text).count() as u64;
    }
}

/// Whether bytes that begin with one that is not ASCII are UTF-8 rather than `encoding`; `None`
/// where more of them are needed.
///
/// Two letters of an 8-bit encoding may by chance be a character of UTF-8, as `ÓŁ` in
/// windows-1250 is `ӣ`. So most of the characters must be such as the encoding has too.
fn judge(bytes: &[u8], ended: bool, encoding: &'static Encoding) -> Option<bool> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() && !ended => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return Some(false),
    };
    let (mut known, mut strange) = (0, 0);
    let mut buffer = [0; 4];
    for letter in text.chars().filter(|letter| !letter.is_ascii()) {
        let (_, _, unmapped) = encoding.encode(letter.encode_utf8(&mut buffer));
        *(if unmapped { &mut strange } else { &mut known }) += 1;
    }
    (known + strange > 0).then_some(known >= strange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn decode(bytes: &[u8], mark: Option<&'static Encoding>, chosen: Option<&'static Encoding>) -> io::Result<Vec<u8>> {
        let first = bytes[..bytes.len().min(100)].to_vec();
        let bytes = Bytes { first, stream: Box::new(Cursor::new(bytes.to_vec())), packed: false };
        let mut text = Vec::new();
        decoded(bytes, mark, chosen).read_to_end(&mut text)?;
        Ok(text)
    }

    fn read(bytes: &[u8], mark: Option<&'static Encoding>, chosen: Option<&'static Encoding>) -> io::Result<String> {
        decode(bytes, mark, chosen).map(|text| String::from_utf8(text).unwrap())
    }

    fn encoding(label: &str) -> &'static Encoding {
        Encoding::for_label(label.as_bytes()).unwrap()
    }

    fn in_utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn text_of_an_encoding_is_decoded_wherever_its_first_letter_stands() {
        for (label, text) in [
            ("windows-1250", "Zażółć gęślą jaźń"),
            ("iso-8859-2", "Zażółć gęślą jaźń"),
            ("windows-1251", "Вінниця, Київ"),
            ("windows-1252", "café — naïve"),
            ("shift_jis", "東京"),
        ] {
            for ascii in [0, 1, PIECE - 1, PIECE, 2 * PIECE + 5] {
                let text = format!("{}{text}\n{}", "a\n".repeat(ascii), "x".repeat(PIECE));
                let (bytes, _, unmapped) = encoding(label).encode(&text);
                assert!(!unmapped);
                assert_eq!(read(&bytes, None, Some(encoding(label))).unwrap(), text, "{label} {ascii}");
                // A file that is UTF-8 is read as it is, whatever was said of the others.
                assert_eq!(read(text.as_bytes(), None, Some(encoding(label))).unwrap(), text, "{label} {ascii}");
            }
        }
    }

    #[test]
    fn letters_that_are_utf8_by_chance_are_told_from_it() {
        let (bytes, ..) = encoding("windows-1250").encode("SPÓŁKA AKCYJNA");
        assert!(std::str::from_utf8(&bytes).is_ok());
        assert_eq!(read(&bytes, None, Some(encoding("windows-1250"))).unwrap(), "SPÓŁKA AKCYJNA");
    }

    #[test]
    fn utf16_is_read_by_its_mark_or_by_name() {
        for (label, big) in [("utf-16le", false), ("utf-16be", true)] {
            let text = format!("id;имя\n1;żółć 😀{}", "\nx".repeat(PIECE));
            let marked = in_utf16(&format!("\u{feff}{text}"), big);
            assert_eq!(read(&marked, Some(encoding(label)), None).unwrap(), text);
            assert_eq!(read(&in_utf16(&text, big), None, Some(encoding(label))).unwrap(), text);
            assert_eq!(read(text.as_bytes(), None, Some(encoding(label))).unwrap(), text);
        }
    }

    #[test]
    fn what_means_nothing_in_an_encoding_is_a_fault_with_its_line() {
        let mut bytes = in_utf16("\u{feff}id\n1\n", false);
        bytes.extend([0x00, 0xd8, b'x', 0]);
        let fault = read(&bytes, Some(UTF_16LE), None).unwrap_err().to_string();
        assert_eq!(fault, "line 3: the bytes 0x00 0xD8 are not UTF-16LE");
    }

    #[test]
    fn the_encoding_is_guessed() {
        for (label, text) in [
            ("windows-1250", "Zażółć gęślą jaźń; Łódź; Kraków; Świętochłowice"),
            ("windows-1251", "Вінниця; Київ; Харків; спасибо"),
        ] {
            let (bytes, ..) = encoding(label).encode(text);
            assert_eq!(guess(&bytes), label);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), which in 0..5_usize) {
            let chosen = encoding(["windows-1250", "utf-16le", "utf-16be", "shift_jis", "gb18030"][which]);
            let _ = decode(&bytes, None, Some(chosen));
            let _ = decode(&bytes, Some(chosen), None);
            guess(&bytes);
        }
    }
}
