//! Rule files whole: the one that uses every section is read without a warning, and no bytes
//! whatever make the reader panic, hang or flood the memory.

use leadscore::rules::{Faults, RuleFile, load, parse};
use std::path::Path;
use std::time::{Duration, Instant};

const FIT: &str = "scores: { fit: { rules: [ { name: Phone, when: { phone: present }, points: 5 } ] } }\n";

fn read(bytes: &[u8]) -> Result<RuleFile, Faults> {
    let begun = Instant::now();
    let read = parse("rules.yaml", bytes, Path::new(""));
    assert!(begun.elapsed() < Duration::from_secs(20), "took {:?}", begun.elapsed());
    read
}

/// The only code of a file's faults, and the place of the first.
fn code(bytes: &[u8]) -> (&'static str, String) {
    let faults = read(bytes).expect_err("a fault");
    let place = faults.source.locate(faults.diagnostics[0].place);
    assert!(faults.diagnostics.iter().all(|fault| fault.code == faults.diagnostics[0].code), "{faults}");
    assert!(!faults.to_string().is_empty());
    (faults.diagnostics[0].code, place)
}

fn whole() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rule-files/whole.yaml")).unwrap()
}

#[test]
fn a_file_that_uses_every_section_is_read_without_a_warning() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rule-files/whole.yaml");
    let file = load(&path).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(file.warnings.is_empty(), "{:?}", file.warnings);
    let model = file.model;
    assert_eq!(model.scores.len(), 4);
    assert_eq!(model.tallies.iter().filter(|tally| tally.name.is_some()).count(), 8);
    assert_eq!(model.stages[model.handoff.unwrap()].name, "SQL");
    assert_eq!(model.evaluation_order, [0, 1, 2, 3]);
}

#[test]
fn a_byte_order_mark_and_crlf_change_nothing() {
    let text = format!("\u{feff}version: 1\r\n{}", FIT.replace('\n', "\r\n"));
    assert_eq!(read(text.as_bytes()).unwrap().model.scores[0].name, "fit");
    let bad = format!("\u{feff}version: 1\r\nscore: 1\r\n{FIT}");
    assert_eq!(code(bad.as_bytes()), ("unknown-key", "rules.yaml:2:1".to_owned()));
}

#[test]
fn json_is_yaml() {
    let text =
        r#"{"version": 1, "scores": {"fit": {"rules": [{"name": "NO", "when": {"country": "NO"}, "points": 5}]}}}"#;
    assert_eq!(read(text.as_bytes()).unwrap().model.scores.len(), 1);
}

#[test]
fn what_is_no_text_is_said_to_be_none() {
    let text = format!("version: 1\n{FIT}");
    let utf_16 = |mark: &[u8], little: bool| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
        mark.iter().copied().chain(units).collect()
    };
    for bytes in [utf_16(b"\xff\xfe", true), utf_16(b"\xfe\xff", false), utf_16(b"", true), utf_16(b"", false)] {
        assert_eq!(code(&bytes).0, "not-utf8");
    }
    assert_eq!(code(b"version: 1\n# ma\xb3opolskie\n"), ("not-utf8", "rules.yaml:2:5".to_owned()));
    assert_eq!(code(b"version: 1\n\0\n"), ("not-text", "rules.yaml:2:1".to_owned()));
    assert_eq!(code(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").0, "not-utf8");
    for bytes in [&b""[..], b"\n\n", b"# only a comment", b"\xef\xbb\xbf", b"---\n"] {
        assert!(read(bytes).is_err());
    }
}

#[test]
fn aliases_that_blow_up_are_refused() {
    let mut bomb = String::from("version: 1\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..60 {
        let before = level - 1;
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{before}"); 10].join(", ")));
    }
    assert_eq!(code(bomb.as_bytes()).0, "file-too-large");
    let long = format!("a: &a [{}]\nb: [{}]\n", "x, ".repeat(30_000), "*a, ".repeat(30_000));
    assert_eq!(code(long.as_bytes()).0, "file-too-large");
}

#[test]
fn depth_has_an_end() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        let deep = format!("version: 1\nscores:\n  {}x{}\n", open.repeat(10_000), close.repeat(10_000));
        assert_eq!(code(deep.as_bytes()).0, "too-deep", "{open}");
    }
    let mut lines = String::new();
    for level in 0..3_000 {
        lines.push_str(&format!("{}a:\n", " ".repeat(level.min(1_000))));
    }
    assert!(read(lines.as_bytes()).is_err());
}

#[test]
fn size_has_an_end() {
    let long = format!("version: 1\n# {}\n{FIT}", "x".repeat(5 << 20));
    assert_eq!(code(long.as_bytes()).0, "file-too-large");
    let values: String = (0..50_000).map(|at| format!("          v{at}: 1\n")).collect();
    let rules = "scores:\n  fit:\n    rules:\n      - name: a\n        points_by: b\n        values:\n";
    let many = format!("version: 1\n{rules}{values}");
    assert!(read(many.as_bytes()).is_ok());
}

#[test]
fn a_file_that_is_cut_off_anywhere_never_panics() {
    let whole = whole();
    for end in (0..whole.len()).step_by(23).filter(|&end| whole.is_char_boundary(end)) {
        if let Err(faults) = read(&whole.as_bytes()[..end]) {
            assert!(!faults.to_string().is_empty());
        }
    }
}

#[test]
fn a_file_that_lacks_a_line_or_has_one_twice_never_panics() {
    let whole = whole();
    let lines: Vec<&str> = whole.lines().collect();
    for at in 0..lines.len() {
        let without: Vec<&str> =
            lines.iter().enumerate().filter(|(line, _)| *line != at).map(|(_, text)| *text).collect();
        let twice: Vec<&str> = lines[..=at].iter().chain(&lines[at..]).copied().collect();
        for text in [without.join("\n"), twice.join("\n")] {
            if let Err(faults) = read(text.as_bytes()) {
                assert!(!faults.to_string().is_empty());
            }
        }
    }
}

#[test]
fn a_file_that_is_not_there_is_a_fault_of_its_own() {
    let faults = load(Path::new("no/such/rules.yaml")).unwrap_err();
    assert_eq!(faults.diagnostics[0].code, "unreadable-file");
    assert_eq!(load(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_err().diagnostics[0].code, "unreadable-file");
}

/// The rules of the first score of a file.
fn rules_of(text: &str) -> (leadscore::rules::model::Model, Vec<leadscore::rules::model::Rule>) {
    let file = read(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    let rules = file.model.scores[0].rules().cloned().collect();
    (file.model, rules)
}

#[test]
fn what_a_score_sets_for_its_activity_rules_is_in_each_of_them() {
    use leadscore::instant::Span;
    use leadscore::rules::model::{Decay, RuleKind};
    let (_, rules) = rules_of(
        "version: 1\nscores:\n  s:\n    within: 30d\n    decay: { half_life: 10d }\n    where: { a: x }\n    rules:\n\
         \x20     - { name: 1, activity: v, points: 1 }\n\
         \x20     - { name: 2, activity: v, points: 1, within: 7d, decay: { linear: 5d }, where: { b: y } }\n\
         \x20     - { name: 3, activity: any, points: 1, within: none, decay: none, between: [2026-01-01, 2026-01-31] }\n",
    );
    let found: Vec<_> = rules
        .iter()
        .map(|rule| match &rule.kind {
            RuleKind::Activity(rule) => {
                let selection = &rule.selection;
                (
                    selection.within,
                    rule.decay,
                    selection.filters.len(),
                    selection.between.len(),
                    selection.types.clone(),
                )
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let days = |count: i64| Span(count * 86_400_000);
    let v = Some(vec!["v".to_owned()]);
    assert_eq!(found[0], (Some(days(30)), Some(Decay::HalfLife(days(10))), 1, 0, v.clone()));
    assert_eq!(found[1], (Some(days(7)), Some(Decay::Linear(days(5))), 2, 0, v));
    assert_eq!(found[2], (None, None, 1, 1, None));
}

#[test]
fn dates_are_read_like_the_cells_they_are_compared_with() {
    use leadscore::rules::model::{Check, Condition};
    let (_, rules) = rules_of(
        "version: 1\ncontacts:\n  timezone: Europe/Warsaw\n  fields: { d: { column: D, date_format: \"%d.%m.%Y\" } }\n\
         scores:\n  s:\n    rules:\n      - name: r\n        points: 1\n        when:\n\
         \x20         all: [ { d: { between: [24.12.2026, 2026-12-24] } }, { e: [present, 2026-12-24, 5, true] } ]\n",
    );
    let Some(Condition::All(parts)) = &rules[0].when else { panic!("{:?}", rules[0].when) };
    let checks: Vec<&Check> = parts
        .iter()
        .map(|part| match part {
            Condition::Test(test) => &test.checks[0],
            other => panic!("{other:?}"),
        })
        .collect();
    let Check::DateBetween(from, to) = checks[0] else { panic!("{:?}", checks[0]) };
    assert_eq!((from.to_string(), to.to_string()), ("2026-12-23T23:00:00Z".into(), "2026-12-24T22:59:59.999Z".into()));
    let words = format!("{:?}", checks[1]);
    assert_eq!(words, r#"OneOf([Text("present"), Text("2026-12-24"), Number(Points(5000000)), Boolean(true)])"#);
}

#[test]
fn a_composite_may_stand_above_its_components() {
    let (model, _) = rules_of(
        "version: 1\nrank_by: total\nscores:\n  total: { sum: { b: 1, a: 2 } }\n  a: { rules: [ { name: r, when: { x: 1 }, points: 1 } ] }\n\
         \x20 b: { rules: [ { name: r, points_by: a, times: 2 } ] }\n",
    );
    assert_eq!(model.evaluation_order, [1, 2, 0]);
}

#[test]
fn a_field_and_a_header_of_one_name_are_two_columns() {
    let (model, _) = rules_of(
        "version: 1\ncontacts: { id: [crm, Record ID], also_known_by: [mail], fields: { mail: { column: [E-mail, Email] }, crm: { column: CRM Number } } }\n\
         scores: { s: { rules: [ { name: r, when: { E-mail: present, mail: present }, points: 1 } ] } }\n",
    );
    let found: Vec<_> = model.contact_columns.iter().map(|column| column.headers.join("|")).collect();
    assert_eq!(found, ["CRM Number|Record ID", "E-mail|Email", "E-mail"]);
    assert_eq!((model.contacts.id, &model.contacts.also_known_by[..]), (0, &[1][..]));
}
