//! Where output goes: a file that appears whole or not at all, or standard output.
//!
//! In: a path, and bytes. Out: the file beside its place until everything is written, then
//! renamed; a run that fails or is killed leaves the old file as it was. Not here: formats.

use super::part::Part;
use anyhow::{Context, anyhow, bail};
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A file that is being written.
pub struct Target {
    /// As the user named it; for messages.
    path: PathBuf,
    out: Out,
}

enum Out {
    /// Standard output; whoever reads it may stop reading when they have seen enough.
    Standard(io::Stdout),
    /// It has stopped reading.
    Closed,
    /// A device or a named pipe, which cannot be replaced.
    Special(BufWriter<File>),
    /// Beside its place, which comes last.
    Beside(BufWriter<Part>, PathBuf),
}

impl Target {
    /// Begins a file; `-` is standard output.
    ///
    /// # Errors
    /// Where nothing can be written at that place.
    pub fn create(path: &Path) -> anyhow::Result<Target> {
        let shown = path.display();
        let out = if is_standard(path) {
            Out::Standard(io::stdout())
        } else {
            let place = resolve(path);
            match fs::metadata(&place) {
                Ok(facts) if facts.is_dir() => bail!("cannot write {shown}: it is a folder; name a file in it"),
                Ok(facts) if !facts.is_file() => Out::Special(BufWriter::new(
                    File::options().write(true).open(&place).with_context(|| format!("cannot write {shown}"))?,
                )),
                known => Out::Beside(BufWriter::with_capacity(1 << 16, beside(path, &place, known.ok())?), place),
            }
        };
        Ok(Target { path: path.to_owned(), out })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// Where the disk is full, or the place can't be written to.
    pub fn commit(self) -> anyhow::Result<()> {
        commit_all([self])
    }

    /// Writes out everything that is still held back.
    fn settle(&mut self) -> io::Result<()> {
        self.flush()?;
        match &self.out {
            Out::Beside(out, _) => out.get_ref().settle(),
            _ => Ok(()),
        }
    }
}

/// Puts several files in their places, after all of them are safely on the disk: a full disk
/// leaves every old file as it was.
///
/// # Errors
/// Where one of them cannot be written or put in place.
pub fn commit_all(targets: impl IntoIterator<Item = Target>) -> anyhow::Result<()> {
    let mut targets: Vec<Target> = targets.into_iter().collect();
    for target in &mut targets {
        target.settle().with_context(|| format!("cannot write {}", target.path.display()))?;
    }
    for target in targets {
        if let Out::Beside(out, place) = target.out {
            let failed = |error: io::Error| anyhow!(error).context(format!("cannot write {}", target.path.display()));
            let part = out.into_inner().map_err(|error| failed(error.into_error()))?;
            part.become_file(&place).map_err(failed)?;
        }
    }
    Ok(())
}

/// Refuses outputs that would overwrite what is read, and two outputs of one name.
///
/// `outputs` are paths with the flag that names each. Two names of one file (links) count as one.
///
/// # Errors
/// Where there is such an output.
pub fn check_places(outputs: &[(&str, &Path)], inputs: &[&Path], in_place: bool) -> anyhow::Result<()> {
    let inputs: Vec<PathBuf> = inputs.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
    let mut seen: Vec<(&str, PathBuf)> = Vec::new();
    for &(flag, path) in outputs {
        let place = if is_standard(path) { PathBuf::from("-") } else { resolve(path) };
        if !is_standard(&place) && fs::metadata(&place).is_ok_and(|facts| !facts.is_file() && !facts.is_dir()) {
            continue; // /dev/null takes any number of them
        }
        if !in_place && inputs.contains(&place) {
            bail!(
                "{flag} {} would overwrite a file that is read; name another file, or say --in-place",
                path.display()
            );
        }
        if let Some((other, _)) = seen.iter().find(|(_, other)| *other == place) {
            bail!("{other} and {flag} both write {}; name two files", path.display());
        }
        seen.push((flag, place));
    }
    Ok(())
}

/// A new file in the folder of `place`.
fn beside(path: &Path, place: &Path, old: Option<fs::Metadata>) -> anyhow::Result<Part> {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let shown_folder = path.parent().unwrap_or(folder).display();
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let part = Part::lock(folder.join(format!(".{name}.part")), path).map_err(|error| {
        let shown = path.display();
        match error.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(ErrorKind::NotFound) => {
                anyhow!("cannot write {shown}: there is no folder {shown_folder}; make it with `mkdir -p`")
            }
            Some(ErrorKind::PermissionDenied) => anyhow!("cannot write {shown}: you may not write to its folder"),
            Some(_) => error.context(format!("cannot write {shown}")),
            None => error,
        }
    })?;
    if let Some(old) = old {
        if old.permissions().readonly() {
            bail!("cannot write {}: it is write-protected", path.display());
        }
        part.set_permissions(old.permissions()).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(part)
}

/// `/dev/stdout` may be a file that the shell has opened: replacing it would not be what was meant.
fn is_standard(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new("/dev/stdout")
}

/// The place that a path leads to, links followed, whether there is a file yet or not.
fn resolve(path: &Path) -> PathBuf {
    if let Ok(place) = fs::canonicalize(path) {
        return place;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(link) = fs::read_link(path) {
        return folder.join(link); // leads to a file that is not there yet
    }
    match (fs::canonicalize(folder), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = match &mut self.out {
            Out::Standard(out) => out.write(bytes),
            Out::Closed => Ok(bytes.len()),
            Out::Special(out) => out.write(bytes),
            Out::Beside(out, _) => out.write(bytes),
        };
        self.unless_closed(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = match &mut self.out {
            Out::Standard(out) => out.flush(),
            Out::Closed => Ok(()),
            Out::Special(out) => out.flush(),
            Out::Beside(out, _) => out.flush(),
        };
        self.unless_closed(result, ())
    }
}

impl Target {
    /// A closed pipe is no error, and no reason to leave the other files unwritten.
    fn unless_closed<T>(&mut self, result: io::Result<T>, value: T) -> io::Result<T> {
        match (&self.out, result) {
            (Out::Standard(_) | Out::Special(_), Err(error)) if error.kind() == ErrorKind::BrokenPipe => {
                self.out = Out::Closed;
                Ok(value)
            }
            (_, result) => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) -> anyhow::Result<()> {
        let mut target = Target::create(path)?;
        target.write_all(text.as_bytes())?;
        target.commit()
    }

    #[test]
    fn the_old_file_stays_until_the_new_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        write(&path, "old").unwrap();
        let mut target = Target::create(&path).unwrap();
        target.write_all(b"half").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        drop(target);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        write(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_goes_to_the_disk_meanwhile_holds_no_lock_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let write_much = || {
            let mut target = Target::create(&path).unwrap();
            (0..40_u8).for_each(|part| target.write_all(&vec![part; 1 << 20]).unwrap());
            target
        };
        drop(write_much());
        write_much().commit().unwrap();
        let written = fs::read(&path).unwrap();
        assert_eq!(written.len(), 40 << 20);
        assert!(written.chunks(1 << 20).zip(0..).all(|(part, number)| part.iter().all(|&byte| byte == number)));
        write(&path, "small").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "small");
    }

    #[test]
    fn two_runs_never_write_one_file_and_a_killed_one_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(folder.path().join(".out.csv.part"), "what a killed run left behind").unwrap();
        let mut first = Target::create(&path).unwrap();
        first.write_all(b"first").unwrap();
        let message = Target::create(&path).map(|_| ()).unwrap_err().to_string();
        assert!(message.ends_with("another run is writing it; try again when that run is over"), "{message}");
        first.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        write(&path, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_the_mode_stays() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("out.csv"), folder.path().join("latest.csv"));
        symlink("out.csv", &link).unwrap();
        write(&link, "first").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        write(&link, "second").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[cfg(unix)]
    #[test]
    fn an_input_is_not_overwritten_by_any_of_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("in.csv"), folder.path().join("link.csv"));
        fs::write(&path, "id").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let inputs = [path.as_path()];
        for place in [&path, &link, &folder.path().join("./in.csv")] {
            let message = check_places(&[("-o", place)], &inputs, false).unwrap_err().to_string();
            assert!(message.ends_with("would overwrite a file that is read; name another file, or say --in-place"));
            assert!(check_places(&[("-o", place)], &inputs, true).is_ok());
        }
        let new = folder.path().join("new.csv");
        assert!(check_places(&[("-o", &new), ("--accounts", Path::new("/dev/null"))], &inputs, false).is_ok());
        let twice = [("-o", new.as_path()), ("--accounts", &folder.path().join(".").join("new.csv"))];
        assert!(check_places(&twice, &inputs, true).unwrap_err().to_string().starts_with("-o and --accounts both"));
    }

    #[test]
    fn a_place_that_cannot_be_written_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let message = |path: &Path| Target::create(path).map(|_| ()).unwrap_err().to_string();
        assert!(message(folder.path()).ends_with("it is a folder; name a file in it"));
        let lost = folder.path().join("no/out.csv");
        let expected = format!("there is no folder {}; make it with `mkdir -p`", folder.path().join("no").display());
        assert!(message(&lost).ends_with(&expected), "{}", message(&lost));
    }
}
