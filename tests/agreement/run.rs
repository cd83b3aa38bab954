//! A case as files in a folder, and the real program's answer to it.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::generate::Case;
use crate::oracle::Answer;
use crate::oracle::sheet::csv_rows;

/// The files that the program wrote, as text.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub scored: String,
    pub breakdown: String,
    pub accounts: Option<String>,
    pub handoff: Option<String>,
}

/// What is wrong, and the folder where it can be looked at.
pub struct Mismatch(String);

impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A folder that is kept where something is wrong, and thrown away otherwise.
pub struct Folder<'a> {
    case: &'a Case,
    dir: TempDir,
}

impl<'a> Folder<'a> {
    pub fn new(case: &'a Case) -> Folder<'a> {
        let dir = tempfile::Builder::new().prefix("leadscore-case-").tempdir().expect("a folder");
        Folder { case, dir }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn seed(&self) -> u64 {
        self.case.seed
    }

    /// Keeps the folder, and says how to come back to the case.
    pub fn fault(self, what: &str) -> Mismatch {
        let seed = self.case.seed;
        let path = self.dir.keep();
        Mismatch(format!(
            "seed {seed}: {what}\nthe case is in {}\nreplay it with LEADSCORE_SEED={seed} cargo test \
             --test agreement",
            path.display()
        ))
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("a writable folder");
    }

    /// Puts what the oracle says beside what the program wrote, for whoever looks into the folder.
    pub fn expect(&self, answer: &Answer) {
        let files = [&answer.scored, &answer.breakdown, &answer.accounts, &answer.handoff];
        for (name, rows) in ["out", "breakdown", "accounts", "handoff"].into_iter().zip(files) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in rows {
                writer.write_record(row).expect("memory takes it");
            }
            let text = String::from_utf8(writer.into_inner().expect("memory takes it"));
            self.write(&format!("expected-{name}.csv"), &text.expect("texts were put in"));
        }
    }

    /// Scores the case with so many threads, each of which reads blocks of so many bytes.
    pub fn score(&self, threads: usize, block: Option<u64>) -> Result<Written, String> {
        let case = self.case;
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadscore"));
        command.current_dir(self.path()).arg("score");
        self.write("rules.yaml", &case.rules);
        for (name, text) in &case.lists {
            self.write(name, text);
        }
        for (index, table) in case.contacts.iter().enumerate() {
            let name = format!("contacts{index}.csv");
            self.write(&name, &table.text());
            command.arg(&name);
        }
        for (index, (kind, table)) in case.activities.iter().enumerate() {
            let name = format!("activities{index}.csv");
            self.write(&name, &table.text());
            let given = kind.as_ref().map_or(name.clone(), |kind| format!("{kind}={name}"));
            command.arg("--activities").arg(given);
        }
        command.args(["--rules", "rules.yaml", "--as-of", &case.as_of, "-o", "out.csv"]);
        command.args(["--breakdown", "breakdown.csv", "--quiet", "--no-progress"]);
        command.args(["--reasons", &case.reasons.to_string(), "--threads", &threads.to_string()]);
        if let Some(block) = block {
            command.env("LEADSCORE_CHUNK_BYTES", block.to_string());
        }
        if let Some(field) = &case.as_of_field {
            command.args(["--as-of-field", field]);
        }
        if case.has_accounts {
            command.args(["--accounts", "accounts.csv"]);
        }
        if let Some(previous) = &case.previous {
            self.write("previous.csv", &previous.text());
            command.args(["--previous", "previous.csv"]);
        }
        if case.hands_over() {
            command.args(["--handoff", "handoff.csv"]);
        }
        let output = command.output().expect("the program starts");
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{command:?} ended with {}:\n{said}", output.status));
        }
        let read = |name: &str| {
            let path = self.path().join(name);
            fs::read_to_string(path).map_err(|error| format!("{name} is not there: {error}"))
        };
        Ok(Written {
            scored: read("out.csv")?,
            breakdown: read("breakdown.csv")?,
            accounts: case.has_accounts.then(|| read("accounts.csv")).transpose()?,
            handoff: case.hands_over().then(|| read("handoff.csv")).transpose()?,
        })
    }
}

/// The case's answer by the program; the folder is kept where it gives none.
pub fn scored(case: &Case) -> Written {
    let folder = Folder::new(case);
    match folder.score(2, None) {
        Ok(written) => written,
        Err(what) => panic!("{:?}", folder.fault(&what)),
    }
}

/// Where two files differ first: the row, the column, and both values.
pub fn difference(file: &str, expected: &[Vec<String>], actual: &str) -> Option<String> {
    let actual = csv_rows(actual);
    let header = expected.first().cloned().unwrap_or_default();
    let name = |row: &[String]| row.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    for (index, row) in expected.iter().enumerate() {
        let Some(other) = actual.get(index) else {
            return Some(format!("{file}: row {index} ({}) is lacking", name(row)));
        };
        for place in 0..row.len().max(other.len()) {
            let (wanted, found) = (row.get(place), other.get(place));
            if wanted != found {
                let column = header.get(place).map_or("past the end", String::as_str);
                return Some(format!(
                    "{file}: row {index}, column {column}\n  by the reference: {wanted:?}\n  by the \
                     program:   {found:?}\n  expected row: {row:?}\n  actual row:   {other:?}"
                ));
            }
        }
    }
    let extra = actual.get(expected.len())?;
    Some(format!("{file}: row {} should not be there: {extra:?}", expected.len()))
}
