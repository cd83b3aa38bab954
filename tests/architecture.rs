//! Imports point down only: the stages of the data know those before them, never those after.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each module may use of the crate, from the bottom up.
const MAY_USE: [(&str, &[&str]); 17] = [
    ("machine", &[]),
    ("notice", &[]),
    ("turns", &["notice"]),
    ("points", &[]),
    ("instant", &[]),
    ("value", &["machine", "points", "instant"]),
    ("diagnostic", &["record"]),
    ("record", &["machine"]),
    ("rules", &["points", "instant", "value", "diagnostic", "record"]),
    ("input", &["machine", "notice", "value", "record"]),
    ("engine", &["machine", "turns", "points", "instant", "value", "diagnostic", "record", "rules"]),
    ("learn", &["points", "instant", "value", "diagnostic", "record", "rules", "engine"]),
    ("output", &["machine", "turns", "points", "instant", "value", "diagnostic", "record", "rules", "engine"]),
    ("cli", &["learn", "output"]),
    (
        "commands",
        &["points", "instant", "value", "diagnostic", "record", "rules", "input", "engine", "learn", "output", "cli"],
    ),
    ("lib", &[]),
    ("main", &[]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The first names behind `crate::` in the code of a file, comments left out.
fn used(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let first_name =
        |rest: &str| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("").to_owned();
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(list) => {
                names.extend(list.split('}').next().unwrap_or("").split(',').map(|one| first_name(one.trim())))
            }
            None => {
                names.insert(first_name(rest));
            }
        }
    }
    names.remove("");
    names
}

#[test]
fn imports_point_down_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 30, "the sources are where they are looked for");
    let mut faults = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let module = relative.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        let allowed = MAY_USE.iter().find(|(name, _)| *name == module);
        let Some((_, allowed)) = allowed else {
            faults.push(format!("src/{}: `{module}` has no place in the order of the stages", relative.display()));
            continue;
        };
        for name in used(&fs::read_to_string(&file).unwrap()) {
            if name != module && !allowed.contains(&name.as_str()) {
                faults.push(format!("src/{}: `{module}` must not use `{name}`", relative.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
