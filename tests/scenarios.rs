//! Runs every folder under `tests/scenarios` and `tests/published_examples` through the real
//! program and compares what it writes with the tables written by hand in the folder.
//!
//! A folder holds `rules.yaml`, `contacts.csv` (and `contacts-*`), perhaps `activities.csv` (and
//! `activities-*`) and `previous.csv`; `args` gives further arguments, one a line. Without an
//! `--as-of` or `--as-of-field` there the run is as of 2026-11-23T12:00:00Z. What must come out:
//!
//! * `expected.csv`, `expected-accounts.csv`, `expected-handoff.csv`, `expected-breakdown.csv`:
//!   whole tables, cell by cell; a cell `*` may be anything, the first column names the row;
//! * `expected-stderr.txt`: texts that must appear there, one a line;
//! * `expected-exit`: the exit status, where it is not 0 (then no table is looked at).
//!
//! A folder with a file `not-yet`, which says what is missing, must still differ; when it no longer
//! does, the file goes.
//!
//! Each folder runs twice, on one thread and on seven with tiny blocks, and must give the same
//! bytes. The breakdown must add up to every score exactly, and `explain` must know every contact.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const AS_OF: &str = "2026-11-23T12:00:00Z";
const TABLES: [&str; 4] = ["out", "breakdown", "accounts", "handoff"];

#[test]
fn scenarios_give_the_tables_written_by_hand() {
    run_all("scenarios");
}

#[test]
fn published_examples_give_their_printed_results() {
    run_all("published_examples");
}

fn run_all(under: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(under);
    let mut folders: Vec<PathBuf> = fs::read_dir(&root)
        .unwrap_or_else(|e| panic!("{}: {e}", root.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let mut failures = String::new();
    let mut failed = 0;
    for path in folders.iter().filter(|p| p.to_string_lossy().contains(&only)) {
        let scenario = Scenario::read(path);
        let mut faults = scenario.faults();
        if scenario.has("not-yet") {
            faults = match faults.is_empty() {
                true => vec!["gives what it should: remove its file `not-yet`".to_owned()],
                false => Vec::new(),
            };
        }
        if !faults.is_empty() {
            failed += 1;
            let _ = writeln!(failures, "\n{}", scenario.name);
            for fault in faults {
                let _ = writeln!(failures, "    {}", fault.trim_end().replace('\n', "\n    "));
            }
        }
    }
    assert!(failed == 0, "{failed} of {} folders under {under} differ:\n{failures}", folders.len());
}

struct Scenario {
    path: PathBuf,
    name: String,
    contacts: Vec<String>,
    activities: Vec<String>,
    args: Vec<String>,
}

/// A table as text: the header is its first row.
type Table = Vec<Vec<String>>;

impl Scenario {
    fn read(path: &Path) -> Self {
        let named = |stem: &str| -> Vec<String> {
            let mut names: Vec<String> = fs::read_dir(path)
                .expect("a readable folder")
                .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
                .filter(|n| n.starts_with(&format!("{stem}.")) || n.starts_with(&format!("{stem}-")))
                .collect();
            names.sort_by_key(|n| (n.starts_with(&format!("{stem}-")), n.clone()));
            names
        };
        let mut args: Vec<String> = text(&path.join("args")).unwrap_or_default().lines().map(str::to_owned).collect();
        if !args.iter().any(|a| a.starts_with("--as-of")) {
            args.extend(["--as-of".to_owned(), AS_OF.to_owned()]);
        }
        Scenario {
            name: path.file_name().expect("a name").to_string_lossy().into_owned(),
            contacts: named("contacts"),
            activities: named("activities"),
            args,
            path: path.to_owned(),
        }
    }

    fn has(&self, file: &str) -> bool {
        self.path.join(file).exists()
    }

    /// The program in this folder, with the inputs that `score` and `explain` share.
    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadscore"));
        command.current_dir(&self.path).env("NO_COLOR", "1").env_remove("LEADSCORE_CHUNK_BYTES");
        command.arg(verb).args(&self.contacts).args(["--rules", "rules.yaml"]);
        for file in &self.activities {
            command.args(["--activities", file]);
        }
        command
    }

    fn score(&self, out: &Path, threads: &str, chunk: Option<&str>) -> Output {
        let mut command = self.command("score");
        if self.has("previous.csv") {
            command.args(["--previous", "previous.csv"]);
        }
        command.arg("-o").arg(out.join("out.csv"));
        command.arg("--breakdown").arg(out.join("breakdown.csv"));
        for table in ["accounts", "handoff"] {
            if self.has(&format!("expected-{table}.csv")) {
                command.arg(format!("--{table}")).arg(out.join(format!("{table}.csv")));
            }
        }
        if let Some(bytes) = chunk {
            command.env("LEADSCORE_CHUNK_BYTES", bytes);
        }
        command.args(&self.args).args(["--threads", threads]).output().expect("the program runs")
    }

    /// Everything that is not as it should be.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let one = tempfile::tempdir().expect("a temporary folder");
        let run = self.score(one.path(), "1", None);
        let stderr = String::from_utf8_lossy(&run.stderr);
        // However its lines are broken to fit the terminal.
        let said = stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        for line in text(&self.path.join("expected-stderr.txt")).unwrap_or_default().lines() {
            if !said.contains(line) {
                faults.push(format!("stderr lacks {line:?}:\n{stderr}"));
            }
        }
        let wanted: i32 = text(&self.path.join("expected-exit"))
            .map_or(0, |t| t.trim().parse().expect("expected-exit holds a number"));
        if run.status.code() != Some(wanted) {
            faults.push(format!("exit status {:?}, expected {wanted}:\n{stderr}", run.status.code()));
            return faults;
        }
        if wanted != 0 {
            return faults;
        }

        let many = tempfile::tempdir().expect("a temporary folder");
        let again = self.score(many.path(), "7", Some("64"));
        if !again.status.success() {
            let stderr = String::from_utf8_lossy(&again.stderr);
            faults.push(format!("fails with seven threads and tiny blocks:\n{stderr}"));
        }
        for table in TABLES {
            let file = format!("{table}.csv");
            let bytes = [one.path(), many.path()].map(|d| fs::read(d.join(&file)).ok());
            if bytes[0] != bytes[1] {
                faults.push(format!("{file} is other bytes with seven threads and tiny blocks"));
            }
            let expected = match table {
                "out" => self.path.join("expected.csv"),
                _ => self.path.join(format!("expected-{file}")),
            };
            if let Some(expected) = table_of(&expected) {
                match table_of(&one.path().join(&file)) {
                    Some(found) => differences(&file, &expected, &found, &mut faults),
                    None => faults.push(format!("{file} was not written")),
                }
            }
        }
        if let Some(out) = table_of(&one.path().join("out.csv")) {
            let breakdown = table_of(&one.path().join("breakdown.csv")).unwrap_or_default();
            let scores = self.scores();
            self.breakdown_adds_up(&scores, &out, &breakdown, &mut faults);
            self.explain_knows(&scores, &out, &mut faults);
        }
        faults
    }

    /// The names of the scores, each with its column.
    fn scores(&self) -> Vec<(String, String)> {
        let rules = text(&self.path.join("rules.yaml")).expect("rules.yaml");
        let rules: serde_yaml::Value = serde_yaml::from_str(&rules).expect("YAML");
        let prefix = rules["output"]["prefix"].as_str().unwrap_or("lead_").to_owned();
        rules["scores"]
            .as_mapping()
            .into_iter()
            .flat_map(|m| m.keys().filter_map(|k| k.as_str()))
            .map(|name| (name.to_owned(), format!("{prefix}{name}")))
            .collect()
    }

    /// The lines of a contact and a score sum to the score, in whole millionths.
    fn breakdown_adds_up(&self, scores: &[(String, String)], out: &Table, breakdown: &Table, faults: &mut Vec<String>) {
        let mut sums: BTreeMap<(String, String), i128> = BTreeMap::new();
        for line in breakdown.iter().skip(1) {
            let cell = |name: &str| column(breakdown, name).map_or("", |c| &line[c]);
            let key = (cell("contact").trim().to_owned(), cell("score").to_owned());
            match millionths(cell("points")) {
                Some(points) => *sums.entry(key).or_default() += points,
                None => faults.push(format!("breakdown: {:?} is no number", cell("points"))),
            }
        }
        let mut values: BTreeMap<(String, String), i128> = BTreeMap::new();
        for row in out.iter().skip(1) {
            for (name, header) in scores {
                let value = column(out, header).map_or("", |c| &row[c]);
                let key = (row[0].trim().to_owned(), name.clone());
                *values.entry(key).or_default() += millionths(value).unwrap_or(0);
            }
        }
        for (key, value) in &values {
            let sum = sums.remove(key).unwrap_or(0);
            if sum != *value {
                let (id, score) = key;
                faults.push(format!(
                    "breakdown of {id}, {score}: its lines sum to {sum} millionths, the score is {value}"
                ));
            }
        }
        for ((id, score), _) in sums {
            faults.push(format!("breakdown: a line of {id:?} and {score:?}, which are not in the output"));
        }
    }

    /// `explain` finds each contact by its id; the steps that it shows sum to each of its scores.
    fn explain_knows(&self, scores: &[(String, String)], out: &Table, faults: &mut Vec<String>) {
        for row in out.iter().skip(1).filter(|row| !row[0].trim().is_empty()) {
            let mut command = self.command("explain");
            let mut args = self.args.iter();
            while let Some(arg) = args.next() {
                if ["--as-of", "--as-of-field", "--activities"].contains(&arg.as_str()) {
                    command.arg(arg).args(args.next());
                }
            }
            let run = command.arg("--id").arg(row[0].trim()).output().expect("the program runs");
            let told = String::from_utf8_lossy(&run.stdout);
            if !run.status.success() {
                let stderr = String::from_utf8_lossy(&run.stderr);
                faults.push(format!("explain --id {} fails:\n{stderr}", row[0]));
                return;
            }
            for (name, header) in scores {
                let value = column(out, header).map_or("", |c| &row[c]);
                if !told_sums(&told, name).contains(&millionths(value)) {
                    faults.push(format!("explain --id {} does not add {name} up to {value:?}:\n{told}", row[0]));
                }
            }
        }
    }
}

/// What the steps of a score sum to in each of its blocks in the text of `explain`, in
/// millionths; nothing where it says that there is no value. A block whose steps sum to
/// something else than it says is left out.
fn told_sums(told: &str, score: &str) -> Vec<Option<i128>> {
    let mut sums = Vec::new();
    let mut lines = told.lines();
    while let Some(line) = lines.next() {
        let Some(rest) = line.strip_prefix(score) else {
            continue;
        };
        if rest == ": no value" {
            sums.push(None);
        }
        let Some(title) = rest.strip_prefix(' ') else {
            continue;
        };
        let value = title.split(' ').next().and_then(millionths);
        let mut sum = 0;
        for step in lines.by_ref().map(str::trim_start) {
            if let Some(total) = step.strip_prefix("= ") {
                if value == Some(sum) && value == millionths(total) {
                    sums.push(value);
                }
                break;
            }
            match step.split(' ').next().map(|n| n.trim_start_matches('+')).and_then(millionths) {
                Some(points) => sum += points,
                None => break,
            }
        }
    }
    sums
}

/// Adds a line for each cell that differs, or one if the columns or the number of rows do.
fn differences(file: &str, expected: &Table, found: &Table, faults: &mut Vec<String>) {
    if expected[0] != found[0] {
        faults.push(format!("{file}: columns\nexpected {}\nfound    {}", expected[0].join(","), found[0].join(",")));
        return;
    }
    if expected.len() != found.len() {
        faults.push(format!(
            "{file}: expected {} rows, found {}:\n{}",
            expected.len() - 1,
            found.len() - 1,
            found.iter().map(|row| row.join(",") + "\n").collect::<String>()
        ));
        return;
    }
    for (number, (want, have)) in expected.iter().zip(found).enumerate().skip(1) {
        for (c, header) in expected[0].iter().enumerate() {
            let have = have.get(c).map_or("", String::as_str);
            if want[c] != "*" && want[c] != have {
                faults.push(format!(
                    "{file}: row {number} ({}), {header}: expected {:?}, found {have:?}",
                    want[0], want[c]
                ));
            }
        }
    }
}

fn column(table: &Table, name: &str) -> Option<usize> {
    table.first()?.iter().position(|header| header == name)
}

fn text(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

fn table_of(path: &Path) -> Option<Table> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(path).ok()?;
    let table: Table = reader.records().map(|row| row.expect("CSV").iter().map(str::to_owned).collect()).collect();
    (!table.is_empty()).then_some(table)
}

/// A decimal of at most six places in millionths, without ever being a float.
fn millionths(number: &str) -> Option<i128> {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, number),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || part.len() > 6 {
        return None;
    }
    let digits = format!("{whole}{part:0<6}");
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok().map(|n: i128| sign * n))?
}
