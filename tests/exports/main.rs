//! The same contacts and activities in every format that is read give the same scored file, byte
//! for byte; and what cannot be read says why.

mod faults;
mod sheets;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const RULES: &str = r#"
version: 1
contacts:
  id: id
  fields:
    interests: { column: interests, separator: ";" }
    revenue: { column: Przychód }
activities: { contact: contact, type: type, at: at }
scores:
  fit:
    rules:
      - { name: Łódź, when: { city: "łódź, śródmieście" }, points: 1 }
      - { name: Likes ERP, when: { interests: erp }, points: 10 }
      - { name: No interests, when: { interests: missing }, points: 100 }
      - { name: Revenue, points_by: revenue, times: 1000 }
      - { name: Consent, when: { consent: true }, points: 100000 }
      - { name: Soon, when: { closes: { after: 2026-11-01 } }, points: 1000000 }
      - { name: Visited, activity: visit, points: 0.5, where: { note: { contains: "say \"yes\"" } } }
"#;

/// The header and the rows; cells that spreadsheets know as numbers, dates and so on are such.
const CONTACTS: [[&str; 7]; 5] = [
    ["id", "name", "city", "interests", "Przychód", "consent", "closes"],
    ["007", "Żaneta \"Zoé\" Źrebak", "Łódź, Śródmieście", "CRM;erp", "1.5", "true", "2026-11-02"],
    ["123456789012345678", "Two\nlines", "Kraków", "", "600100200", "false", "2026-11-01T14:05:00"],
    ["b;2", "Ólaf", "", "erp", "", "true", ""],
    ["42", "=1+1", "Łódź, Śródmieście", "x", "-2", "", "2026-10-31"],
];
const ACTIVITIES: [[&str; 4]; 4] = [
    ["contact", "type", "at", "note"],
    ["007", "visit", "2026-11-03T10:00:00", "they say \"yes\", twice"],
    ["123456789012345678", "VISIT", "2026-11-04", "say \"no\""],
    ["42", "visit", "2026-11-05", "I say \"YES\""],
];

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadscore"));
    command.current_dir(folder).env("NO_COLOR", "1").env_remove("LEADSCORE_CHUNK_BYTES");
    command
}

fn score(folder: &Path, contacts: &[&str], activities: &[&str], more: &[&str]) -> Output {
    let mut command = program(folder);
    command.arg("score").args(contacts).args(["--rules", "rules.yaml", "--as-of", "2026-11-23", "-o", "-"]);
    activities.iter().for_each(|file| {
        command.args(["--activities", file]);
    });
    command.args(more).output().expect("the program runs")
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn scored(folder: &Path, contacts: &[&str], activities: &[&str], more: &[&str]) -> String {
    text(&score(folder, contacts, activities, more))
}

/// A folder with the rules and with the data as plain CSV.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.yaml"), RULES).unwrap();
    fs::write(folder.path().join("contacts.csv"), delimited(&CONTACTS, ",")).unwrap();
    fs::write(folder.path().join("activities.csv"), delimited(&ACTIVITIES, ",")).unwrap();
    folder
}

fn delimited<const N: usize>(rows: &[[&str; N]], delimiter: &str) -> String {
    let quoted = |cell: &&str| format!("\"{}\"", cell.replace('"', "\"\""));
    rows.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(delimiter) + "\r\n").collect()
}

fn with_backslashes<const N: usize>(rows: &[[&str; N]]) -> String {
    let escaped = |cell: &&str| cell.replace('"', "\\\"").replace(',', "\\,").replace('\n', "\\\n");
    rows.iter().map(|row| row.iter().map(escaped).collect::<Vec<_>>().join(",") + "\n").collect()
}

/// An object for each row; a multi-select is an array, a number a number, nothing is null.
fn objects<const N: usize>(rows: &[[&str; N]]) -> Vec<String> {
    let value = |header: &str, cell: &str| match (header, cell) {
        (_, "") if header != "city" => "null".to_owned(),
        ("interests", _) => serde_json::to_string(&cell.split(';').collect::<Vec<_>>()).unwrap(),
        ("Przychód" | "consent", _) => cell.to_owned(),
        _ => serde_json::to_string(cell).unwrap(),
    };
    let object = |row: &[&str; N]| {
        let fields: Vec<String> =
            rows[0].iter().zip(row).map(|(header, cell)| format!("\"{header}\": {}", value(header, cell))).collect();
        format!("{{{}}}", fields.join(", "))
    };
    rows[1..].iter().map(object).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn encoded(text: &str, label: &str) -> Vec<u8> {
    let (bytes, _, unmapped) = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(text);
    assert!(!unmapped);
    bytes.into_owned()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The end of the files' names, the contacts, the activities, and what must be said about them.
type Exports = (&'static str, Vec<u8>, Vec<u8>, &'static [&'static str]);

/// The data in every format.
fn formats() -> Vec<Exports> {
    let csv = |delimiter| (delimited(&CONTACTS, delimiter), delimited(&ACTIVITIES, delimiter));
    let (commas, comma_activities) = csv(",");
    let mut formats: Vec<Exports> = Vec::new();
    for (name, delimiter) in [("comma.csv", ","), ("semicolon.csv", ";"), ("tab.tsv", "\t"), ("bar.txt", "|")] {
        let (contacts, activities) = csv(delimiter);
        formats.push((name, contacts.into_bytes(), activities.into_bytes(), &[]));
    }
    let marked = |text: &str| format!("\u{feff}{text}");
    formats.push(("marked.csv", marked(&commas).into_bytes(), marked(&comma_activities).into_bytes(), &[]));
    formats.push(("x.csv.gz", gzip(commas.as_bytes()), gzip(comma_activities.as_bytes()), &[]));
    let zstd = |text: &str| zstd::encode_all(text.as_bytes(), 3).unwrap();
    formats.push(("any-name", zstd(&commas), zstd(&comma_activities), &[]));
    formats.push(("utf16.csv", utf16(&marked(&commas)), utf16(&marked(&comma_activities)), &[]));
    formats.push(("unmarked.csv", utf16(&commas), utf16(&comma_activities), &["--encoding", "utf-16le"]));
    for label in ["windows-1250", "iso-8859-2"] {
        let how: &[&str] =
            if label == "iso-8859-2" { &["--encoding", "latin2"] } else { &["--encoding", "windows-1250"] };
        formats.push(("polish.csv", encoded(&commas, label), encoded(&comma_activities, label), how));
    }
    let backslashes = (with_backslashes(&CONTACTS), with_backslashes(&ACTIVITIES));
    formats.push(("backslash.csv", backslashes.0.into(), backslashes.1.into(), &["--escape", "backslash"]));
    let list = |objects: Vec<String>| format!("[\n  {}\n]\n", objects.join(",\n  "));
    let (contacts, activities) = (list(objects(&CONTACTS)), list(objects(&ACTIVITIES)));
    formats.push(("list.json", contacts.clone().into(), activities.clone().into(), &[]));
    formats.push(("list", gzip(contacts.as_bytes()), gzip(activities.as_bytes()), &[]));
    formats.push(("utf16.json", utf16(&marked(&contacts)), utf16(&marked(&activities)), &[]));
    let lines = |objects: Vec<String>| objects.join("\n").into_bytes();
    formats.push(("lines.ndjson", lines(objects(&CONTACTS)), lines(objects(&ACTIVITIES)), &[]));
    let (contacts, activities) = (sheets::workbook(&CONTACTS), sheets::workbook(&ACTIVITIES));
    formats.push(("book.xlsx.gz", gzip(&contacts), gzip(&activities), &[]));
    formats.push(("book.xlsx", contacts, activities, &[]));
    formats
}

#[test]
fn every_format_gives_the_same_scored_file() {
    let folder = folder();
    let path = folder.path();
    let expected = scored(path, &["contacts.csv"], &["activities.csv"], &[]);
    assert!(expected.contains("\n=1+1,") || expected.contains(",=1+1,"), "{expected}");
    for points in ["1101511.5", "600101200100", "-1998.5", "100010"] {
        assert!(expected.contains(points), "{points}: {expected}");
    }
    for (name, contacts, activities, how) in formats() {
        let (contacts_file, activities_file) = (format!("contacts-{name}"), format!("activities-{name}"));
        fs::write(path.join(&contacts_file), &contacts).unwrap();
        fs::write(path.join(&activities_file), &activities).unwrap();
        assert_eq!(scored(path, &[&contacts_file], &[&activities_file], how), expected, "{name}");
        // One file in the format, the other plain; tiny blocks; standard input.
        assert_eq!(scored(path, &["contacts.csv"], &[&activities_file], how), expected, "{name}");
        let mut command = program(path);
        command.args(["score", "-", "--rules", "rules.yaml", "--as-of", "2026-11-23", "-o", "-", "--activities"]);
        command.arg(&activities_file).args(how).env("LEADSCORE_CHUNK_BYTES", "5");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(&contacts).unwrap();
        assert_eq!(text(&child.wait_with_output().unwrap()), expected, "{name} on standard input");
    }
}

#[test]
fn files_of_several_formats_are_read_as_one() {
    let folder = folder();
    let path = folder.path();
    let rows = |rows: &[[&'static str; 7]]| [&CONTACTS[..1], rows].concat();
    fs::write(path.join("1.csv"), delimited(&rows(&CONTACTS[1..2]), ";")).unwrap();
    fs::write(path.join("2.json"), objects(&rows(&CONTACTS[2..3])).join("\n")).unwrap();
    fs::write(path.join("3.xlsx"), sheets::workbook(&rows(&CONTACTS[3..4]))).unwrap();
    fs::write(path.join("4.csv"), encoded(&delimited(&rows(&CONTACTS[4..]), ","), "windows-1250")).unwrap();
    let visits: Vec<String> = objects(&ACTIVITIES).into_iter().skip(1).collect();
    fs::write(path.join("visits.jsonl.gz"), gzip(visits.join("\n").as_bytes())).unwrap();
    fs::write(path.join("first.xlsx"), sheets::workbook(&ACTIVITIES[..2])).unwrap();
    let found = scored(
        path,
        &["1.csv", "2.json", "3.xlsx", "4.csv"],
        &["first.xlsx", "visit=visits.jsonl.gz"],
        &["--encoding", "windows-1250"],
    );
    assert_eq!(found, scored(path, &["contacts.csv"], &["activities.csv"], &[]));
}

#[test]
fn a_list_without_activities_is_no_fault() {
    let folder = folder();
    fs::write(folder.path().join("none.json"), "[]\n").unwrap();
    let with = scored(folder.path(), &["contacts.csv"], &["none.json", "activities.csv"], &[]);
    assert_eq!(with, scored(folder.path(), &["contacts.csv"], &["activities.csv"], &[]));
}

#[test]
fn very_wide_exports_are_read() {
    let folder = folder();
    let headers: Vec<String> =
        (0..400).map(|at| if at == 0 { "id".to_owned() } else { format!("column {at}") }).collect();
    let cells: Vec<String> = (0..400).map(|at| at.to_string()).collect();
    let rules = "version: 1\nscores: { s: { rules: [{ name: Last, points_by: column 399, times: 1 }] } }\n";
    fs::write(folder.path().join("rules.yaml"), rules).unwrap();
    fs::write(folder.path().join("wide.csv"), format!("{}\n{}\n", headers.join(","), cells.join(","))).unwrap();
    let fields: Vec<String> = headers.iter().zip(&cells).map(|(header, cell)| format!("\"{header}\":{cell}")).collect();
    fs::write(folder.path().join("wide.json"), format!("{{{}}}", fields.join(","))).unwrap();
    let found = scored(folder.path(), &["wide.csv"], &[], &[]);
    assert!(found.contains(",398,399,1,399,"), "{found}");
    assert_eq!(scored(folder.path(), &["wide.json"], &[], &[]), found);
}

#[test]
fn every_command_reads_every_format() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("contacts.xlsx"), sheets::workbook(&CONTACTS)).unwrap();
    fs::write(path.join("activities.json"), objects(&ACTIVITIES).join("\n")).unwrap();
    fs::write(path.join("contacts.json"), objects(&CONTACTS).join("\n")).unwrap();
    let run = |words: &[&str]| text(&program(path).args(words).output().unwrap());
    let inputs = ["contacts.xlsx", "--rules", "rules.yaml", "--activities", "activities.json", "--as-of", "2026-11-23"];
    let told = run(&[&["explain", "--id", "007"], &inputs[..]].concat());
    assert!(told.contains("1101511.5"), "{told}");
    let checked =
        run(&["check", "rules.yaml", "--contacts", "contacts.xlsx#Sheet1", "--activities", "activities.json"]);
    assert!(checked.contains("contacts.xlsx#Sheet1") && checked.contains("activities.json"), "{checked}");
    run(&["init", "--contacts", "contacts.json", "--activities", "activities.json", "-o", "new.yaml"]);
    run(&["check", "new.yaml", "--contacts", "contacts.xlsx", "--activities", "activities.json"]);
    let before = run(&[&["score"], &inputs[..], &["-o", "before.csv"]].concat());
    assert!(before.is_empty());
    fs::write(path.join("before.csv.gz"), gzip(&fs::read(path.join("before.csv")).unwrap())).unwrap();
    let after = run(&[&["score"], &inputs[..], &["--previous", "before.csv.gz", "-o", "-"]].concat());
    assert!(after.lines().next().unwrap().contains("lead_score_change"), "{after}");
    assert_eq!(after.matches(",0,").count(), CONTACTS.len() - 1, "{after}");
}
