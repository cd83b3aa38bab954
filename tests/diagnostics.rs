//! Every fault that a rule file can have, drawn whole: `diagnostics/CODE.yaml` is a file with that
//! fault (or `diagnostics/CODE/NAME.yaml`, several), and a `.txt` beside it what a person reads
//! about it. Headers to bind stand beside it as `.contacts.csv` and `.activities.csv`.
//! `UPDATE=1 cargo test --test diagnostics` writes the texts anew: read each before committing.

use leadscore::diagnostic::{Diagnostic, draw};
use leadscore::record::Table;
use leadscore::rules::model::Model;
use leadscore::rules::{columns, parse};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Faults of files that are no text worth keeping here; made in the tests below.
const MADE_HERE: [&str; 5] = ["file-too-large", "not-text", "not-utf8", "too-deep", "unreadable-file"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

fn bad_files() -> Vec<PathBuf> {
    let mut files = sources(&folder());
    files.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    files.sort();
    files
}

/// The code that a file is about: its name, or that of its folder where there are several.
fn code_of(path: &Path) -> &str {
    let parent = path.parent().unwrap();
    let named = if parent == folder() { path } else { parent };
    named.file_stem().unwrap().to_str().unwrap()
}

/// The header beside a rule file, such as `unknown-column.contacts.csv`.
fn tables(rules: &Path, which: &str) -> Vec<Table> {
    let path = rules.with_extension(format!("{which}.csv"));
    let Ok(header) = fs::read_to_string(&path) else { return Vec::new() };
    let columns = header.trim_end().split(',').map(str::to_owned).collect();
    vec![Table { name: format!("{which}.csv"), columns, delimiter: b',', ..Table::default() }]
}

fn bind(model: &Model, rules: &Path) -> Vec<Diagnostic> {
    let contacts = columns::bind(model, &model.contact_columns, &tables(rules, "contacts"), "contacts");
    let activities = columns::bind(model, &model.activity_columns, &tables(rules, "activities"), "activities");
    contacts.err().into_iter().chain(activities.err()).flatten().collect()
}

/// What a person reads about a file, and the codes in it.
fn read(path: &Path) -> (String, BTreeSet<&'static str>) {
    let name = path.file_name().unwrap().to_str().unwrap();
    let (source, found) = match parse(name, &fs::read(path).unwrap(), Path::new("")) {
        Ok(file) => {
            let found = [bind(&file.model, path), file.warnings].concat();
            (file.source, found)
        }
        Err(faults) => (faults.source, faults.diagnostics),
    };
    let codes = found.iter().map(|fault| fault.code).collect();
    (draw(&source, &found, false), codes)
}

#[test]
fn every_fault_is_drawn_as_it_was_approved() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut different = Vec::new();
    for path in bad_files() {
        let (drawn, codes) = read(&path);
        let code = code_of(&path);
        assert!(codes.contains(code), "{} has only {codes:?}\n{drawn}", path.display());
        let expected = path.with_extension("txt");
        if update {
            fs::write(&expected, &drawn).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != drawn {
            different.push(format!("{}:\n{drawn}", expected.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn every_code_in_the_source_has_a_file_with_that_fault() {
    let mut known: BTreeSet<String> = MADE_HERE.iter().map(|code| (*code).to_owned()).collect();
    known.extend(bad_files().iter().map(|path| code_of(path).to_owned()));
    let mut missing = BTreeSet::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        for begin in ["Diagnostic::error(", "Diagnostic::warning("] {
            for call in text.split(begin).skip(1) {
                let code = call.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                missing.extend(code.filter(|code| !known.contains(*code)).map(str::to_owned));
            }
        }
    }
    assert!(missing.is_empty(), "no tests/diagnostics/CODE.yaml for {missing:?}");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(path);
        }
    }
    found
}
