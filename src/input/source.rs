//! From a path to the bytes of a file, unpacked.
//!
//! In: a path, `-` for standard input. Out: a [`Source`], which counts what is read of it, and
//! [`Bytes`] whose first ones can be looked at before anything is read. Compression is told by
//! the first bytes, not by the name. Not here: what the bytes say.

use super::ahead::Ahead;
use crate::machine::Map;
use anyhow::{Context, bail};
use std::fs::File;
use std::io::{self, BufReader, Cursor, ErrorKind, Read, Seek, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How many bytes are looked at to tell what a file is.
const LOOKED_AT: usize = 64 << 10;

/// A file or standard input.
pub struct Source {
    /// As typed on the command line; for messages.
    pub name: String,
    /// How many bytes there are, where that is known.
    pub size: Option<u64>,
    /// How many of them have been read.
    pub read: Counter,
    origin: Origin,
}

/// Counts bytes, wherever they are read.
pub type Counter = Arc<AtomicU64>;

enum Origin {
    /// Can be read again.
    File(File),
    /// Can be read once; then it is gone.
    Stream(Option<Box<dyn Read + Send>>),
}

/// Unpacked bytes.
pub struct Bytes {
    /// The first of them, in full where there are only so many.
    pub first: Vec<u8>,
    /// All of them, the first included.
    pub stream: Box<dyn Read + Send>,
    /// Whether they were compressed.
    pub packed: bool,
}

/// Standard input can be read once only; the second reader would see an empty file.
static STANDARD_INPUT_TAKEN: AtomicBool = AtomicBool::new(false);

impl Source {
    /// Opens `path`.
    ///
    /// # Errors
    /// Where it cannot be opened, or is a folder.
    pub fn open(path: &str) -> anyhow::Result<Source> {
        let source =
            |name: &str, origin, size| Source { name: name.to_owned(), size, read: Counter::default(), origin };
        if path == "-" {
            if STANDARD_INPUT_TAKEN.swap(true, Ordering::Relaxed) {
                bail!("standard input (`-`) can be read only once");
            }
            return Ok(source("standard input", Origin::Stream(Some(Box::new(io::stdin()))), None));
        }
        let file = File::open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => anyhow::anyhow!("cannot open {path}: there is no such file"),
            ErrorKind::PermissionDenied => anyhow::anyhow!("cannot open {path}: you may not read it; ask its owner"),
            _ => anyhow::Error::new(error).context(format!("cannot open {path}")),
        })?;
        let facts = file.metadata().with_context(|| format!("cannot open {path}"))?;
        if facts.is_dir() {
            bail!("cannot read {path}: it is a folder; name a file in it");
        }
        Ok(match facts.is_file() {
            true => source(path, Origin::File(file), Some(facts.len())),
            false => source(path, Origin::Stream(Some(Box::new(file))), None),
        })
    }

    /// Bytes that a test gives.
    #[cfg(test)]
    pub fn of(name: &str, bytes: &[u8]) -> Source {
        let stream: Box<dyn Read + Send> = Box::new(Cursor::new(bytes.to_vec()));
        Source { name: name.to_owned(), size: None, read: Counter::default(), origin: Origin::Stream(Some(stream)) }
    }

    /// The bytes as a file in which any place can be read: the file itself, or a temporary one
    /// where they are packed or no file.
    ///
    /// # Errors
    /// Where they cannot be read, or there is no place for a temporary file.
    pub fn seekable(&mut self, mut bytes: Bytes) -> anyhow::Result<Counted<File>> {
        let itself = match &mut self.origin {
            Origin::File(file) if !bytes.packed => file.rewind().and_then(|()| file.try_clone()),
            _ => tempfile::tempfile().and_then(|mut file| {
                io::copy(&mut bytes.stream, &mut file)?;
                file.rewind()?;
                Ok(file)
            }),
        };
        let inner = itself.with_context(|| format!("cannot read {}", self.name))?;
        Ok(Counted { inner, count: Arc::clone(&self.read) })
    }

    /// The file as memory, where it is one that can be mapped.
    pub fn map(&self) -> Option<Map> {
        match &self.origin {
            Origin::File(file) => Map::of(file.try_clone().ok()?).ok(),
            Origin::Stream(_) => None,
        }
    }

    /// The file to be read in chunks of so many bytes, if it is one.
    pub fn in_chunks(&self, chunk: usize) -> Option<Arc<Ahead>> {
        match &self.origin {
            Origin::File(file) => Some(Ahead::new(&self.name, file.try_clone().ok()?, chunk, Arc::clone(&self.read))),
            Origin::Stream(_) => None,
        }
    }

    /// All its bytes from the start, unpacked. What is no file gives them only once.
    ///
    /// # Errors
    /// Where the first bytes cannot be read.
    pub fn bytes(&mut self) -> anyhow::Result<Bytes> {
        self.read.store(0, Ordering::Relaxed);
        let inner: Box<dyn Read + Send> = match &mut self.origin {
            Origin::Stream(stream) => stream.take().unwrap_or_else(|| Box::new(io::empty())),
            Origin::File(file) => {
                let file = file.rewind().and_then(|()| file.try_clone());
                Box::new(file.with_context(|| format!("cannot read {}", self.name))?)
            }
        };
        let counted = Counted { inner, count: Arc::clone(&self.read) };
        unpack(Box::new(counted)).with_context(|| format!("cannot read {}", self.name))
    }
}

/// Text and a way to read it once more: a file is opened again and made into text by `decoded`;
/// what is no file is kept in a temporary one while it is read.
///
/// # Errors
/// Where there is no place for a temporary file.
pub fn twice<'s>(
    source: &'s mut Source,
    text: Box<dyn Read + Send>,
    decoded: impl FnOnce(Bytes) -> Box<dyn Read + Send> + 's,
) -> anyhow::Result<(Box<dyn Read + Send>, Again<'s>)> {
    if let Origin::File(_) = source.origin {
        return Ok((text, Box::new(move || Ok(decoded(source.bytes()?)))));
    }
    let file = tempfile::tempfile().context("cannot make a temporary file to keep the input in")?;
    let copy = file.try_clone().context("cannot make a temporary file to keep the input in")?;
    let first = Box::new(Kept { inner: text, copy });
    let again = move || {
        let mut file = file;
        file.rewind().context("cannot read the temporary file that keeps the input")?;
        let kept: Box<dyn Read + Send> = Box::new(BufReader::with_capacity(LOOKED_AT, file));
        Ok(kept)
    };
    Ok((first, Box::new(again)))
}

/// Gives the same text once more.
pub type Again<'s> = Box<dyn FnOnce() -> anyhow::Result<Box<dyn Read + Send>> + 's>;

/// Keeps what is read through it.
struct Kept<R> {
    inner: R,
    copy: File,
}

impl<R: Read> Read for Kept<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(into)?;
        self.copy.write_all(&into[..got])?;
        Ok(got)
    }
}

/// Counts what is read through it.
pub struct Counted<R> {
    /// What is read.
    pub inner: R,
    /// Where the bytes are counted.
    pub count: Counter,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(into)?;
        self.count.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Takes off gzip or zstd, where the first bytes say so.
fn unpack(stream: Box<dyn Read + Send>) -> io::Result<Bytes> {
    let (first, stream) = look(stream)?;
    let unpacked: Box<dyn Read + Send> = match first[..] {
        [0x1f, 0x8b, ..] => {
            let inner = flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(LOOKED_AT, stream));
            Box::new(Unpacked { inner, format: "gzip" })
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            Box::new(Unpacked { inner: zstd::stream::read::Decoder::new(stream)?, format: "zstd" })
        }
        _ => return Ok(Bytes { first, stream, packed: false }),
    };
    let (first, stream) = look(unpacked)?;
    Ok(Bytes { first, stream, packed: true })
}

/// The first bytes, and all of them.
pub fn look(mut stream: Box<dyn Read + Send>) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut first = Vec::new();
    (&mut stream).take(LOOKED_AT as u64).read_to_end(&mut first)?;
    let all: Box<dyn Read + Send> = Box::new(Cursor::new(first.clone()).chain(stream));
    Ok((first, all))
}

/// Says what is the matter with compressed bytes, not what their decoder calls it.
struct Unpacked<R> {
    inner: R,
    format: &'static str,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.inner.read(into).map_err(|error| {
            let what = match error.kind() {
                ErrorKind::Interrupted => return error,
                ErrorKind::UnexpectedEof => "end too early: the file is cut short; fetch it again",
                // What the operating system says is about the file, not about what is in it.
                _ if error.raw_os_error().is_some() => return error,
                _ => "are damaged; fetch the file again",
            };
            io::Error::new(ErrorKind::InvalidData, format!("its {} data {what}", self.format))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut all = Vec::new();
        let source = Source::of("x", bytes).bytes();
        let done = source.and_then(|mut bytes| Ok(bytes.stream.read_to_end(&mut all)?));
        done.map(|_| all).map_err(|error| format!("{error:#}"))
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn what_is_compressed_is_unpacked_whole() {
        let long = "id,name\n1,a\n".repeat(40_000);
        let (start, end) = long.as_bytes().split_at(77_777);
        assert_eq!(unpacked(&[gzip(start), gzip(b""), gzip(end)].concat()).unwrap(), long.as_bytes());
        let zstd = |text: &[u8]| zstd::encode_all(text, 1).unwrap();
        assert_eq!(unpacked(&[zstd(start), zstd(end)].concat()).unwrap(), long.as_bytes());
        assert_eq!(unpacked(b"id,name\n").unwrap(), b"id,name\n");
    }

    #[test]
    fn what_is_cut_short_or_damaged_says_so() {
        let noise: Vec<u8> = (0..300_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let short = "end too early: the file is cut short; fetch it again";
        for (format, whole) in [("gzip", gzip(&noise)), ("zstd", zstd::encode_all(&noise[..], 1).unwrap())] {
            for end in [5, 9, whole.len() / 2, whole.len() - 1] {
                let fault = unpacked(&whole[..end]).unwrap_err();
                assert!(fault.ends_with(&format!("its {format} data {short}")), "{format} {end}: {fault}");
            }
        }
        let mut damaged = gzip(&noise);
        let last = damaged.len() - 6;
        damaged[last] ^= 1;
        assert!(unpacked(&damaged).unwrap_err().contains("its gzip data are damaged"));
    }
}
