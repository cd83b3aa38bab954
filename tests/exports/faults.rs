//! What cannot be read says which file, where in it, and what to do.

use super::{encoded, folder, gzip, score, sheets, utf16};
use std::fs;

const RULES: &str = "version: 1\nscores: { s: { rules: [{ name: A, when: { id: a }, points: 1 }] } }\n";

/// What is said about a contact file.
fn said(name: &str, bytes: &[u8], how: &[&str]) -> String {
    let folder = folder();
    fs::write(folder.path().join(name), bytes).unwrap();
    fs::write(folder.path().join("rules.yaml"), RULES).unwrap();
    let run = score(folder.path(), &[name], &[], how);
    assert_eq!(run.status.code(), Some(1), "{}", String::from_utf8_lossy(&run.stdout));
    String::from_utf8(run.stderr).unwrap()
}

#[test]
fn a_file_in_another_encoding_names_the_line_and_the_flag() {
    let text = encoded("id;city\n1;Kraków\n2;Świętochłowice, Łódź\n", "windows-1250");
    let said = said("x.csv", &text, &[]);
    assert!(said.starts_with("error: x.csv:2: the byte 0xF3 is not UTF-8; if the file is windows-1250, "), "{said}");
    assert!(said.contains("say so with --encoding windows-1250"), "{said}");
}

#[test]
fn what_cannot_be_read_says_why() {
    let book = sheets::workbook(&super::CONTACTS);
    let json = "[{\"id\": 1},\n {\"id\": 2, \"a\" 3}]";
    for (name, bytes, expected) in [
        (
            "x.csv",
            utf16("id,name\n1,a\n2,b\n"),
            "x.csv: it is UTF-16 text without a byte-order mark; say so with --encoding utf-16le",
        ),
        (
            "x.gz",
            gzip(&b"id,name\n1,a\n".repeat(9000))[..200].to_vec(),
            "cannot read x.gz: its gzip data end too early: the file is cut short",
        ),
        ("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "(.xls)"),
        (
            "x.xlsx",
            book[..book.len() / 2].to_vec(),
            "cannot read x.xlsx: it is a damaged workbook or archive; fetch it again",
        ),
        ("x.zip", b"PK\x03\x04rubbish".to_vec(), "damaged workbook or archive"),
        ("x.json", json.into(), "x.json:2:16: broken JSON: expected `:`"),
        ("x.json", b"[{\"id\": 1},".to_vec(), "x.json:1: the JSON ends before its list does"),
        ("x.json", b"[]".to_vec(), "x.json is empty: a list without a contact"),
        ("x.json", b"[1, 2]".to_vec(), "x.json is JSON without an object"),
        ("x.json", b"id,name\n".to_vec(), "x.json:1:1: broken JSON"),
        ("x.json", b"{\"id\": 1}\n[2]\n".to_vec(), "x.json:2: a list where an object should be"),
    ] {
        let said = said(name, &bytes, &[]);
        assert!(said.contains(expected), "{name}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn what_is_no_object_goes_to_the_rejects() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("x.json"), "[\n{\"id\": \"a\"},\n\"b\",\n{\"id\": \"c\"}\n]").unwrap();
    fs::write(path.join("rules.yaml"), RULES).unwrap();
    let run = score(path, &["x.json"], &[], &["--rejects", "rejects.csv", "--reasons", "0"]);
    assert_eq!(run.status.code(), Some(3));
    assert_eq!(String::from_utf8_lossy(&run.stdout), "id,lead_rank,lead_s\na,1,1\nc,2,0\n");
    let rejects = fs::read_to_string(path.join("rejects.csv")).unwrap();
    assert_eq!(
        rejects.lines().nth(1),
        Some("x.json,3,15,,not-an-object,a text where an object should be,\"\"\"b\"\"\"")
    );
}
