//! `leadscore check` as a person runs it: what it prints where, and how it ends.

use assert_cmd::Command;
use std::fs;
use tempfile::TempDir;

const RULES: &str = "\
version: 1
tallies:
  visits: { activity: page_view }
  unread: { activity: email_open }
scores:
  fit:
    grades: { A: 10, B: 0 }
    rules:
      - { name: Phone, when: { phone: present }, points: 5 }
      - { name: Visits, points_by: visits, times: 1 }
      - { name: Page, activity: page_view, where: { url: present }, points: 1 }
";

struct Desk(TempDir);

impl Desk {
    fn with(files: &[(&str, &str)]) -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        for (name, text) in files {
            fs::write(desk.0.path().join(name), text).unwrap();
        }
        desk
    }

    /// Status, standard output, standard error.
    fn check(&self, arguments: &str) -> (i32, String, String) {
        let mut command = Command::cargo_bin("leadscore").unwrap();
        let output = command.current_dir(&self.0).arg("check").args(arguments.split(' ')).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }
}

#[test]
fn a_good_file_is_summed_up_on_standard_output() {
    let desk = Desk::with(&[
        ("rules.yaml", RULES),
        ("contacts.csv", "contact_id,Phone\n"),
        ("visits.csv", "contact_id,timestamp,url\n"),
    ]);
    let (status, out, err) = desk.check("rules.yaml --contacts contacts.csv --activities page_view=visits.csv");
    assert_eq!((status, err.as_str()), (0, ""));
    assert_eq!(
        out,
        "rules.yaml: no faults\n  \
         scores      fit: 3 rules, grades A B\n  \
         ranked by   fit\n  \
         grade of    fit\n  \
         tallies     visits, unread\n  \
         not used    the tally `unread`\n  \
         fits        contacts.csv\n  \
         fits        visits.csv\n"
    );
}

#[test]
fn every_fault_is_drawn_on_standard_error_without_colours_for_a_pipe() {
    let desk = Desk::with(&[("rules.yaml", &RULES.replace("points: 5", "point: 5").replace("grades:", "grade:"))]);
    let (status, out, err) = desk.check("rules.yaml");
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(err.starts_with("error[unknown-key]: the score `fit` has no key `grade`\n --> rules.yaml:7:5\n"), "{err}");
    assert_eq!(err.matches("error[").count(), 2, "{err}");
    assert!(!err.contains('\u{1b}'));
}

#[test]
fn columns_that_no_export_has_are_drawn_where_a_rule_names_them() {
    let desk = Desk::with(&[
        ("rules.yaml", RULES),
        ("contacts.csv", "contact_id,phones\n"),
        ("visits.csv", "contact_id,timestamp,page url\n"),
    ]);
    let (status, out, err) = desk.check("rules.yaml --contacts contacts.csv --activities visits.csv");
    assert_eq!((status, out.as_str()), (1, ""));
    for said in [
        "no column `phone` in contacts.csv",
        "rules.yaml:9:32",
        "did you mean `phones`?",
        "no column `url` in visits.csv",
        "rules.yaml:11:53",
        "give the type with the file: `--activities TYPE=visits.csv`",
    ] {
        assert!(err.contains(said), "{said}\n{err}");
    }
}

#[test]
fn warnings_do_not_keep_a_file_from_being_used() {
    let desk = Desk::with(&[("rules.yaml", &RULES.replace("points: 5", "points: 0"))]);
    let (status, out, err) = desk.check("rules.yaml");
    assert_eq!(status, 0);
    assert!(out.starts_with("rules.yaml: no faults, 1 warning\n"), "{out}");
    assert!(err.starts_with("warning[always-zero]: the rule `Phone` always gives 0 points\n"), "{err}");
}

#[test]
fn an_export_that_cannot_be_opened_is_named() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let (status, _, err) = desk.check("rules.yaml --contacts nowhere.csv");
    assert_eq!(status, 1);
    assert!(err.contains("nowhere.csv"), "{err}");
}
