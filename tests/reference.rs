//! Runs what the project shows: every example of the rule reference (`rules/README.md`), every rule
//! file in `rules/` on the sample data, and the generator of the sample data.
//!
//! An example begins with a block ```` ```yaml rules ````, which is a whole rule file; what follows
//! `rules` are further arguments of `score`. The blocks after it, up to the next example, are
//!
//! - `csv contacts` or `json contacts`, `csv activities`, `csv previous`: the input;
//! - `text NAME` with a dot in it: a file beside the rule file;
//! - `csv expected`: the output's columns named in the first line, and the rows in their order;
//!   with `whole`, all columns; `expected-accounts`, `expected-handoff`, `expected-breakdown`
//!   likewise for the other files.
//!
//! Without contacts the rule file is only checked. A block `yaml wrong` must be refused by `check`,
//! with every line of the block `text says` somewhere in the message.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const AS_OF: &str = "2026-11-23T12:00:00Z";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn leadscore() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadscore"));
    command.current_dir(root());
    command
}

fn run(command: &mut Command) -> Output {
    command.output().expect("leadscore starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// One fenced block: the line of its opening fence, the words after the backticks, the text inside.
struct Block {
    line: usize,
    info: Vec<String>,
    text: String,
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in markdown.lines().enumerate() {
        if let Some(info) = line.strip_prefix("```") {
            match open.take() {
                Some(block) => found.push(block),
                None => {
                    open = Some(Block {
                        line: index + 1,
                        info: info.split_whitespace().map(String::from).collect(),
                        text: String::new(),
                    });
                }
            }
        } else if let Some(block) = &mut open {
            block.text.push_str(line);
            block.text.push('\n');
        }
    }
    assert!(open.is_none(), "the last block is never closed");
    found
}

/// A rule file of the reference and the blocks that belong to it.
struct Example {
    rules: Block,
    others: Vec<Block>,
}

fn examples() -> Vec<Example> {
    let markdown = fs::read_to_string(root().join("rules/README.md")).expect("the reference is there");
    let mut found: Vec<Example> = Vec::new();
    for block in blocks(&markdown) {
        let words: Vec<&str> = block.info.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["yaml", "rules" | "wrong", ..] => found.push(Example { rules: block, others: Vec::new() }),
            ["yaml", ..] => panic!("line {}: say `yaml rules` or `yaml wrong`", block.line),
            [_, _, ..] => match found.last_mut() {
                Some(example) => example.others.push(block),
                None => panic!("line {}: a block before the first rule file", block.line),
            },
            _ => {}
        }
    }
    found
}

fn table(text: &str) -> Vec<Vec<String>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes())
        .records()
        .map(|row| row.expect("CSV").iter().map(String::from).collect())
        .collect()
}

/// The columns of `table` that `header` names, header included.
fn columns(table: &[Vec<String>], header: &[String]) -> Result<Vec<Vec<String>>, String> {
    let places: Vec<usize> = header
        .iter()
        .map(|name| {
            let place = table.first().and_then(|first| first.iter().position(|column| column == name));
            place.ok_or_else(|| format!("the output has no column {name}: {:?}", table.first()))
        })
        .collect::<Result<_, _>>()?;
    Ok(table.iter().map(|row| places.iter().map(|&place| row[place].clone()).collect()).collect())
}

fn show(table: &[Vec<String>]) -> String {
    table.iter().map(|row| format!("      {}\n", row.join(","))).collect()
}

fn compare(expected: &Block, actual: &str) -> Result<(), String> {
    let whole = expected.info.iter().any(|word| word == "whole");
    let expected = table(&expected.text);
    let actual = table(actual);
    let actual = if whole { actual } else { columns(&actual, &expected[0])? };
    if expected == actual {
        return Ok(());
    }
    Err(format!("    expected\n{}    but got\n{}", show(&expected), show(&actual)))
}

/// Runs one example in a folder of its own. Failures name the line of the block.
fn try_example(example: &Example) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let rules = path("rules.yaml");
    fs::write(&rules, &example.rules.text).expect("written");

    let mut score = leadscore();
    let mut has_contacts = false;
    let mut comparisons: Vec<(&Block, PathBuf)> = Vec::new();
    let mut says: Vec<&str> = Vec::new();
    score.arg("score").arg("--rules").arg(&rules).args(["--as-of", AS_OF]).args(&example.rules.info[2..]);
    for block in &example.others {
        let words: Vec<&str> = block.info.iter().map(String::as_str).collect();
        let write = |name: &str| {
            fs::write(path(name), &block.text).expect("written");
            path(name)
        };
        match words.as_slice() {
            [kind @ ("csv" | "json"), "contacts"] => {
                has_contacts = true;
                score.arg(write(&format!("contacts.{kind}")));
            }
            [kind @ ("csv" | "json"), "activities"] => {
                score.arg("--activities").arg(write(&format!("activities.{kind}")));
            }
            ["csv", "previous"] => {
                score.arg("--previous").arg(write("previous.csv"));
            }
            ["csv", "expected", ..] => comparisons.push((block, path("out.csv"))),
            ["csv", other, ..] if other.starts_with("expected-") => {
                let what = other.trim_start_matches("expected-");
                let file = path(&format!("{what}.csv"));
                score.arg(format!("--{what}")).arg(&file);
                comparisons.push((block, file));
            }
            ["text", "says"] => says.extend(block.text.lines()),
            ["text", name] if name.contains('.') => {
                write(name);
            }
            _ => return Err(format!("line {}: nobody knows this kind of block: {words:?}", block.line)),
        }
    }

    let line = example.rules.line;
    if !has_contacts {
        let output = run(leadscore().arg("check").arg(&rules));
        let wrong = example.rules.info[1] == "wrong";
        if output.status.code() != Some(i32::from(wrong)) {
            return Err(format!("line {line}: `check` ended with {}\n{}", output.status, stderr(&output)));
        }
        let missing: Vec<&&str> = says.iter().filter(|text| !stderr(&output).contains(**text)).collect();
        if !missing.is_empty() {
            return Err(format!("line {line}: `check` does not say {missing:?}:\n{}", stderr(&output)));
        }
        return Ok(());
    }

    let output = run(score.arg("-o").arg(path("out.csv")));
    if output.status.code() != Some(0) {
        return Err(format!("line {line}: `score` ended with {}\n{}", output.status, stderr(&output)));
    }
    if comparisons.is_empty() {
        return Err(format!("line {line}: contacts, but nothing is expected"));
    }
    for (block, file) in comparisons {
        let actual = fs::read_to_string(&file).map_err(|error| format!("line {}: {error}", block.line))?;
        compare(block, &actual).map_err(|difference| format!("line {}:\n{difference}", block.line))?;
    }
    Ok(())
}

#[test]
fn every_example_of_the_reference_does_what_it_says() {
    let examples = examples();
    assert!(examples.len() > 30, "only {} examples found", examples.len());
    let failures: Vec<String> = examples.iter().filter_map(|example| try_example(example).err()).collect();
    assert!(
        failures.is_empty(),
        "{} of {} examples of rules/README.md fail:\n\n{}",
        failures.len(),
        examples.len(),
        failures.join("\n\n")
    );
}

fn rule_files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(root().join("rules"))
        .expect("the folder rules")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    files.sort();
    assert!(files.len() >= 11, "{files:?}");
    files
}

#[test]
fn every_rule_file_opens_with_the_line_that_editors_look_for() {
    for file in rule_files() {
        let text = fs::read_to_string(&file).expect("readable");
        let first = text.lines().next();
        assert_eq!(first, Some("# yaml-language-server: $schema=leadscore.schema.json"), "{}", file.display());
    }
}

#[test]
fn the_reference_lists_every_rule_file() {
    let reference = fs::read_to_string(root().join("rules/README.md")).expect("readable");
    for file in rule_files() {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(reference.contains(&format!("[`{name}`]({name})")), "rules/README.md does not list {name}");
    }
}

#[test]
fn every_rule_file_fits_the_sample_data_without_a_warning() {
    for file in rule_files() {
        let output = run(leadscore().arg("check").arg(&file).args([
            "--contacts",
            "sample-data/contacts.csv",
            "--activities",
            "sample-data/activities.csv",
        ]));
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(0), "{}:\n{said}", file.display());
        assert!(!said.to_lowercase().contains("warning"), "{}:\n{said}", file.display());
    }
}

#[test]
fn every_rule_file_ranks_the_sample_data() {
    let input = fs::read_to_string(root().join("sample-data/contacts.csv")).expect("readable");
    let rows = table(&input).len();
    for file in rule_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("scored.csv");
        let output = run(leadscore()
            .args(["score", "sample-data/contacts.csv", "--activities", "sample-data/activities.csv"])
            .args(["--as-of", AS_OF, "--rules"])
            .arg(&file)
            .arg("-o")
            .arg(&out));
        assert_eq!(output.status.code(), Some(0), "{}:\n{}", file.display(), stderr(&output));
        let scored = table(&fs::read_to_string(&out).expect("written"));
        let ranks = columns(&scored, &["lead_rank".into()]).expect("a rank");
        let merged = scored.len() < rows; // `duplicates: merge` makes one row of several
        assert!(
            scored.len() == rows || (merged && rows - scored.len() < 5),
            "{}: {} rows",
            file.display(),
            scored.len()
        );
        let in_order = ranks.iter().skip(1).enumerate().all(|(index, rank)| rank[0] == (index + 1).to_string());
        assert!(in_order, "{}: the ranks are not 1, 2, 3 …", file.display());
    }
}

#[test]
fn the_generator_makes_the_sample_data_that_is_here() {
    let folder = tempfile::tempdir().expect("a folder");
    let generator = root().join("sample-data/generate.py");
    let output = match Command::new("python3").arg(generator).arg("--out").arg(folder.path()).output() {
        Ok(output) => output,
        Err(error) => {
            eprintln!("skipped: no python3 here ({error})");
            return;
        }
    };
    assert!(output.status.success(), "{}", stderr(&output));
    for name in ["contacts.csv", "activities.csv"] {
        let made = fs::read(folder.path().join(name)).expect("made");
        let here = fs::read(root().join("sample-data").join(name)).expect("committed");
        assert!(made == here, "sample-data/{name} is not what generate.py makes");
    }
}
