//! `--summary`: the whole of it, in a snapshot, timings masked.

use serde_json::{Value, json};
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const RULES: &str = "version: 1
contacts: { id: id, also_known_by: [email], duplicates: merge }
activities: { id: activity, ignore: [{ name: Scanners, when: { agent: { contains: bot } } }] }
scores:
  fit:
    grades: { A: 10, B: 0 }
    rules: [{ name: Big, when: { employees: { above: 100 } }, points: 10 }]
  engagement:
    rules: [{ name: Visited, activity: page_view, points: 5 }]
  total: { sum: { fit: 1, engagement: 1 } }
rank_by: total
disqualify: [{ name: Competitor, when: { email: { ends_with: '@rival.example' } } }]
stages:
  - { name: MQL, when: { total: { at_least: 5 } } }
  - { name: SQL, when: { total: { at_least: 15 } } }
segments: [{ name: Big, when: { fit_grade: A } }]
accounts:
  key: company
  scores: { account_score: { sum: engagement } }
  stages: [{ name: MQA, when: { account_score: { at_least: 10 } } }]
nps: { field: nps, scale: [0, 10] }
";

const CONTACTS: &str = "id,email,employees,company,nps
1,a@x.example,500,X,10
2,b@x.example,lots,X,3
3,c@rival.example,200,Rival,
4,a@x.example,1,Y,7
1,,900,,
,d@y.example,,Y,eleven
";

const ACTIVITIES: &str = "activity,contact_id,type,timestamp,agent
a1,1,page_view,2026-11-20,
a1,1,page_view,2026-11-20,
a2,1,page_view,2026-11-21,
a3,2,page_view,2026-11-21,a bot
a4,9,page_view,2026-11-21,
a5,4,page_view,2027-01-01,
a6,4,page_view,soon,
a7,4,,2026-11-21,
a8,b@x.example,page_view,2026-11-22,
a9,2,page_view
";

const EARLIER: &str = "id,lead_stage,lead_total
2,SQL,20
3,SQL,30
4,MQL,5
8,SQL,99
7,sql,98
";

#[test]
fn the_summary_says_what_the_run_saw_and_did() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in
        [("rules.yaml", RULES), ("contacts.csv", CONTACTS), ("activities.csv", ACTIVITIES), ("earlier.csv", EARLIER)]
    {
        fs::write(folder.path().join(name), text).expect("written");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_leadscore"))
        .current_dir(&folder)
        .args(["score", "contacts.csv", "--rules", "rules.yaml", "--activities", "activities.csv"])
        .args(["--previous", "earlier.csv", "--as-of", "2026-11-23", "--rejects", "rejects.csv"])
        .args(["-o", "out.csv", "--summary", "run.json"])
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("Handed over  1, 4 left"), "{said}");
    let mut summary = read(&folder.path().join("run.json"));
    let timings = summary["timings"].as_object().expect("timings").clone();
    assert!(timings.values().all(|time| time.as_f64().is_some_and(|time| time >= 0.0)));
    let parts: f64 = timings.values().filter_map(Value::as_f64).sum();
    assert!(summary["seconds"].as_f64().is_some_and(|all| all + 0.003 >= parts), "{summary}");
    for time in summary["timings"].as_object_mut().expect("timings").values_mut() {
        *time = json!("…");
    }
    summary["seconds"] = json!("…");
    summary["leadscore"] = json!("…");
    insta::assert_snapshot!(serde_json::to_string_pretty(&summary).expect("JSON"));
}

#[test]
fn activities_before_every_window_are_told_of_like_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let activities =
        "contact_id,type,timestamp\n1,visit,2026-11-20T12:00:00Z\n1,visit,2020-01-01T12:00:00Z\n1,,2020-01-02T12:00:00Z\n\"1\",\" \",2020-01-03T12:00:00Z
9,visit,2020-01-04T12:00:00Z\n,visit,2020-01-05T12:00:00Z\n1,visit,2027-01-01T12:00:00Z\n1,visit,soon\n1,call,2026-11-23T00:00:00Z\n1,call,2026-11-23T00:00:01Z\n";
    let rules = "scores: { s: { rules: [{ name: Visited, activity: visit, points: 1, within: 30d }] } }";
    let rules = format!("version: 1\ncontacts: {{ id: contact_id }}\n{rules}\n");
    let told = told_of(&folder, &rules, activities);
    let counts = ["rows", "orphaned", "future", "without_time", "without_type"].map(|name| told[name].as_u64());
    assert_eq!(counts, [10, 2, 2, 1, 2].map(Some), "{told}");
}

#[test]
fn each_of_many_activities_is_passed_over_by_the_first_cause_that_it_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut activities, mut seen) = ("id,contact_id,type,timestamp,agent\n".to_owned(), HashSet::new());
    let (mut bots, mut tests, mut repeated, mut counted) = (0, 0, 0, 0);
    for at in 0..3_000_u64 {
        // Some are bots, some tests, some both; every seventh has the id of one before, whatever it is.
        let (is_bot, is_test, id) = (at * at % 11 == 3, at % 5 == at / 100 % 5, if at % 7 == 6 { at / 2 } else { at });
        let is_new = seen.insert(id);
        let agent = [if is_bot { "bot" } else { "" }, if is_test { "test" } else { "" }].concat();
        // Every other one lies before the window.
        let year = 2025 + at % 2;
        activities += &format!("e{id},1,visit,{year}-11-20T12:00:00Z,{agent}\n");
        match (is_bot, is_test, is_new) {
            (true, ..) => bots += 1,
            (_, true, _) => tests += 1,
            (.., false) => repeated += 1,
            _ => counted += year - 2025,
        }
    }
    let rules = "version: 1
activities:
  id: id
  ignore: [{ name: Bots, when: { agent: { contains: bot } } }, { name: Tests, when: { agent: { contains: test } } }]
scores: { s: { rules: [{ name: Visited, activity: visit, points: 1, within: 30d }] } }
";
    let told = told_of(&folder, rules, &activities);
    let ignored = [0, 1].map(|rule| told["ignored"][rule]["count"].as_u64());
    assert_eq!((ignored, told["repeated"].as_u64()), ([Some(bots), Some(tests)], Some(repeated)), "{told}");
    let ranked = fs::read_to_string(folder.path().join("out.csv")).expect("written");
    assert!(ranked.contains(&format!("\n1,1,{counted},")), "{ranked}");
}

/// What the summary says of activities, which are one contact's by these rules.
fn told_of(folder: &TempDir, rules: &str, activities: &str) -> Value {
    for (name, text) in [("rules.yaml", rules), ("contacts.csv", "contact_id\n1\n"), ("a.csv", activities)] {
        fs::write(folder.path().join(name), text).expect("written");
    }
    let status = Command::new(env!("CARGO_BIN_EXE_leadscore"))
        .current_dir(folder)
        .args(["score", "contacts.csv", "--rules", "rules.yaml", "--activities", "a.csv", "--as-of", "2026-11-23"])
        .args(["-o", "out.csv", "--summary", "run.json", "--quiet"])
        .status()
        .expect("the program runs");
    assert!(status.success());
    read(&folder.path().join("run.json"))["activities"].take()
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("written")).expect("JSON")
}
