//! What is written in each format, through the real program: what was put in comes out unchanged.

use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

const RULES: &str = "version: 1
contacts: { id: id }
scores:
  fit:
    decimals: 3
    grades: { A: 10, B: 0 }
    rules:
      - { name: '=Big', when: { employees: { above: 100 } }, points: 12.345 }
      - { name: Phone, when: { phone: present }, points: -0.5 }
      - { name: A formula, when: { remark: { is: '=SUM(A1)' } }, points: 1 }
stages: [{ name: MQL, when: { fit: { at_least: 10 } } }]
segments:
  - { name: big, when: { employees: { above: 100 } } }
  - { name: 'has a phone', when: { phone: present } }
";

/// Cells that a spreadsheet program would spoil.
const CONTACTS: &str = "id,phone,employees,remark,note,note,when
00123,+48 600 100 200,250,=SUM(A1),-2+3,\"say \"\"hi\"\"\",2026-11-01
123456789012345678,,1.33,@x,\"two
lines\",🎉,
00042,-5,\"1,33\",+48-600-100,\"=HYPERLINK(\"\"a\"\")\",,1.11.2026
";

struct Scene(TempDir);

impl Scene {
    fn new() -> Scene {
        let scene = Scene(tempfile::tempdir().expect("a folder"));
        fs::write(scene.path("rules.yaml"), RULES).expect("written");
        fs::write(scene.path("contacts.csv"), CONTACTS).expect("written");
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, contacts: &str, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadscore"));
        command.current_dir(&self.0).args(["score", contacts, "--rules", "rules.yaml", "--as-of", "2026-11-23"]);
        command.args(args).output().expect("the program runs")
    }

    /// What is written to standard output.
    fn score(&self, contacts: &str, args: &[&str]) -> String {
        let output = self.run(contacts, args);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn error(&self, args: &[&str]) -> String {
        let output = self.run("contacts.csv", args);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr).expect("UTF-8")
    }
}

#[test]
fn json_keeps_texts_and_types() {
    let scene = Scene::new();
    let text = scene.score("contacts.csv", &["--format", "json"]);
    let rows: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        rows[0],
        json!({
            "id": "00123", "phone": "+48 600 100 200", "employees": "250", "remark": "=SUM(A1)", "note": "-2+3", "note_2": "say \"hi\"",
            "when": "2026-11-01", "lead_rank": 1, "lead_fit": 12.845, "lead_fit_grade": "A", "lead_grade": "A",
            "lead_stage": "MQL", "lead_mql": true, "lead_segments": ["big", "has a phone"],
            "lead_reasons": "+12.35 =Big; +1 A formula; -0.5 Phone"
        })
    );
    assert_eq!(rows[1]["phone"], json!(null));
    assert_eq!(rows[1]["lead_segments"], json!([]));
    assert_eq!((&rows[2]["lead_stage"], &rows[2]["lead_mql"]), (&json!(null), &json!(false)));
    // Scored again it is the same, as a list and as lines, lists and nulls as well.
    fs::write(scene.path("out.json"), &text).expect("written");
    assert_eq!(scene.score("out.json", &["--format", "json"]), text);
    let list = text.replacen("\"-2+3\"", "[\"a;b\",\"=c\"]", 1);
    fs::write(scene.path("out.json"), &list).expect("written");
    assert_eq!(scene.score("out.json", &["--format", "json"]), list);
    assert!(scene.score("out.json", &[]).contains(",a;b;=c,"));
    // By its ending too, an object a line.
    for name in ["out.ndjson", "out.jsonl"] {
        scene.score("contacts.csv", &["-o", name]);
        let lines = fs::read_to_string(scene.path(name)).expect("written");
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines, rows);
    }
}

#[test]
fn what_excel_gets_comes_back_as_it_was() {
    let scene = Scene::new();
    let plain = scene.score("contacts.csv", &[]);
    for (name, options) in [
        ("point.csv", &["--excel"][..]),
        ("comma.csv", &["--excel", "--decimal", "comma"]),
        ("excel.tsv", &["--excel"]),
        ("only-comma.csv", &["--decimal", "comma"]),
    ] {
        scene.score("contacts.csv", &[&["-o", name], options].concat());
        assert_eq!(scene.score(name, &[]), plain, "{name} is scored like the file that it is from");
        scene.score(
            name,
            &[&["-o", "again.csv", "--format", if name.ends_with("tsv") { "tsv" } else { "csv" }], options].concat(),
        );
        assert_eq!(fs::read(scene.path(name)).unwrap(), fs::read(scene.path("again.csv")).unwrap(), "{name}");
    }
    let text = fs::read_to_string(scene.path("comma.csv")).unwrap();
    assert!(text.starts_with("\u{feff}id;phone;employees;"), "{text}");
    assert!(text.contains("\r\n00123;+48 600 100 200;250;\t=SUM(A1);"), "{text}");
    assert!(text.contains(";12,845;A;") && text.contains(";\"\t+12.35 =Big;"), "{text}");
}

#[test]
fn a_score_with_a_decimal_comma_is_read_back_as_the_earlier_one() {
    let scene = Scene::new();
    scene.score("contacts.csv", &["-o", "earlier.csv", "--excel", "--decimal", "comma"]);
    let text =
        scene.score("contacts.csv", &["--previous", "earlier.csv", "--columns", "lead_score_change,lead_handoff"]);
    assert_eq!(text, "lead_score_change,lead_handoff\n0,false\n0,false\n0,false\n");
}

#[test]
fn columns_choose_and_order_what_is_written() {
    let scene = Scene::new();
    let text = scene.score("contacts.csv", &["--columns", "lead_fit,ID", "--columns", "note"]);
    assert!(text.starts_with("lead_fit,id,note,note\n12.845,00123,-2+3,"), "{text}");
    let text = scene.score("contacts.csv", &["--columns", "lead_*grade, id", "--format", "ndjson", "--top", "1"]);
    assert_eq!(text, "{\"lead_fit_grade\":\"A\",\"lead_grade\":\"A\",\"id\":\"00123\"}\n");
    let text = scene.score("contacts.csv", &["--columns", "id,lead_fit", "--format", "table"]);
    assert!(text.starts_with("id                   lead_fit\n"), "{text}");
    let said = scene.error(&["--columns", "id,lead_ranc"]);
    assert!(
        said.starts_with("error: --columns lead_ranc: there is no such column; did you mean `lead_rank`"),
        "{said}"
    );
}

#[test]
fn an_option_that_changes_nothing_is_refused() {
    let scene = Scene::new();
    assert!(scene.error(&["--excel", "-o", "out.xlsx"]).contains("--excel is about CSV and TSV, and none is written"));
    assert!(scene.error(&["--decimal", "comma", "--format", "json"]).contains("--decimal comma is about CSV and TSV"));
    assert!(!scene.path("out.xlsx").exists());
}

#[test]
fn a_workbook_is_the_same_for_any_number_of_threads() {
    let scene = Scene::new();
    scene.score("contacts.csv", &["-o", "one.xlsx", "--threads", "1"]);
    scene.score("contacts.csv", &["-o", "seven.xlsx", "--threads", "7"]);
    let (one, seven) = (fs::read(scene.path("one.xlsx")).unwrap(), fs::read(scene.path("seven.xlsx")).unwrap());
    assert!(one.starts_with(b"PK"));
    assert!(one == seven);
    let text = scene.run("contacts.csv", &["--format", "xlsx"]).stdout;
    assert!(text.starts_with(b"PK"), "to a pipe as well");
}

#[test]
fn what_no_sheet_holds_is_refused_before_anything_is_read() {
    let scene = Scene::new();
    let more: Vec<String> = (0..16_384).map(|column| format!("c{column}")).collect();
    let contacts = format!("id,phone,employees,remark,{}\n1,2\n", more.join(","));
    fs::write(scene.path("contacts.csv"), contacts).expect("written");
    let said = scene.error(&["-o", "out.xlsx"]);
    assert!(said.contains("columns, and a sheet of Excel holds 16384: choose some with --columns"), "{said}");
    assert!(!scene.path("out.xlsx").exists());
    // The bad row is met only when so many columns are no hindrance.
    assert!(scene.error(&["-o", "out.xlsx", "--columns", "id,lead_*"]).contains("2 cells where the header has"));
}
