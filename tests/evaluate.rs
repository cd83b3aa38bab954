//! `leadscore evaluate`: from a scored file to figures, at the command line.

use assert_cmd::Command;
use serde_json::Value;
use std::fs;

/// What came of a run: whether it was done, standard output, standard error.
struct Told(bool, String, String);

/// Runs `evaluate FILE …` on a file of this name and text.
fn evaluate(name: &str, text: impl AsRef<[u8]>, more: &[&str]) -> Told {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    let mut command = Command::cargo_bin("leadscore").unwrap();
    command.current_dir(folder.path()).env_remove("CLICOLOR_FORCE").arg("evaluate").arg(name).args(more);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Told(output.status.success(), text(output.stdout), text(output.stderr))
}

fn json(text: impl AsRef<[u8]>, more: &[&str]) -> Value {
    let Told(done, out, err) = evaluate("scored.csv", text, &[&["--format", "json"], more].concat());
    assert!(done, "{err}");
    serde_json::from_str(&out).unwrap()
}

fn refused(text: &str, more: &[&str]) -> String {
    let Told(done, out, err) = evaluate("scored.csv", text, more);
    assert!(!done && out.is_empty(), "{out}");
    err
}

const SCORED: &str = "\
id,won,decided,lead_rank,lead_fit,lead_fit_grade,lead_engagement,lead_total,lead_total_grade,lead_grade,lead_stage,\
lead_mql,lead_sql,lead_disqualified_by,lead_reasons
a,yes,2026-10-31T23:30:00-02:00,1,10,B,90,80,hot,B,SQL,true,true,,
b,no,2026-10-02,2,60,A,70,65,hot,A,MQL,true,false,,
c,YES,2026-11-05,3,60,A,40,50,warm,A,MQL,true,false,,
d,,2026-11-06,4,10,B,45,30,warm,B,,false,false,,
e,no,,5,0,C,5,2.5,cold,C,,false,false,,
f,no,2026-11-09,6,0,C,0,,,C,,false,false,,
g,yes,2026-11-10,7,70,A,95,90,hot,A,disqualified,false,false,Competitor,
";

#[test]
fn the_score_that_ranked_is_found_without_a_rule_file() {
    let found = json(SCORED, &["--outcome", "won"]);
    assert_eq!(found["score"], "lead_total");
    assert_eq!(
        found["contacts"],
        serde_json::json!({
            "rows": 7, "undecided": 1, "disqualified": 1, "ranked": 4, "reached": 2
        })
    );
    assert_eq!(found["roc_auc"]["value"], 0.75);
    assert_eq!(json(SCORED, &["--outcome", "won", "--score", "fit"])["score"], "lead_fit");
    assert_eq!(json(SCORED, &["--outcome", "won", "--score", "lead_engagement"])["roc_auc"]["value"], 5.0 / 6.0);
}

#[test]
fn grades_and_stages_stand_in_their_order_and_hold_everybody_decided() {
    let found = json(SCORED, &["--outcome", "won"]);
    let levels = |group: &Value| -> Vec<(String, u64, u64)> {
        let levels = group["levels"].as_array().unwrap().iter();
        levels
            .map(|of| {
                (
                    of["name"].as_str().unwrap().to_owned(),
                    of["contacts"].as_u64().unwrap(),
                    of["reached"].as_u64().unwrap(),
                )
            })
            .collect()
    };
    let is = |group: &Value, known: &[(&str, u64, u64)]| {
        let known: Vec<_> =
            known.iter().map(|&(name, contacts, reached)| (name.to_owned(), contacts, reached)).collect();
        assert_eq!(levels(group), known, "{}", group["column"]);
    };
    let grades = found["grades"].as_array().unwrap();
    assert_eq!(grades.len(), 2, "the overall grade is that of the fit, and said once");
    is(&grades[0], &[("A", 3, 2), ("B", 1, 1), ("C", 2, 0)]);
    is(&grades[1], &[("hot", 3, 2), ("warm", 1, 1), ("cold", 1, 0), ("", 1, 0)]);
    is(&found["stages"], &[("SQL", 1, 1), ("MQL", 2, 1), ("disqualified", 1, 1), ("", 2, 0)]);
    let reached = &found["reached_stages"];
    assert_eq!((&reached[0]["stage"], &reached[1]["stage"]), (&"SQL".into(), &"MQL".into()));
    assert_eq!((&reached[1]["contacts"], &reached[1]["reached"]), (&3.into(), &2.into()));
    assert_eq!(reached[1]["recall"], 2.0 / 3.0);
}

#[test]
fn joined_grades_are_sorted_by_name_and_have_no_order() {
    let text = SCORED.replace(",hot,B,", ",hot,B1,").replace(",hot,A,", ",hot,A1,").replace(",warm,A,", ",warm,A2,");
    let found = json(&text, &["--outcome", "won"]);
    let joined = &found["grades"][2];
    assert_eq!((&joined["column"], &joined["ordered"]), (&"lead_grade".into(), &false.into()));
    let names: Vec<&str> = joined["levels"].as_array().unwrap().iter().map(|of| of["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["A1", "A2", "B", "B1", "C"]);
}

#[test]
fn several_scores_that_could_have_ranked_are_asked_about() {
    let twice = "won,lead_rank,lead_one,lead_two\nyes,1,5,9\nno,2,3,8\n";
    let told = refused(twice, &["--outcome", "won"]);
    assert!(told.contains("several scores fall") && told.contains("--score NAME: one, two"), "{told}");
    assert_eq!(json(twice, &["--outcome", "won", "--score", "two"])["score"], "lead_two");
    let never = "won,lead_rank,lead_one\nyes,1,5\nno,2,7\n";
    assert!(refused(never, &["--outcome", "won"]).contains("no score falls from rank to rank"));
    let unranked = "won,points\nyes,5\nno,7\n";
    assert!(refused(unranked, &["--outcome", "won"]).contains("no column `lead_rank`"));
    assert_eq!(json(unranked, &["--outcome", "won", "--score", "Points"])["roc_auc"]["value"], 0.0);
    assert!(
        refused("won,points\nyes,5\nno,many\n", &["--outcome", "won", "--score", "points"])
            .contains("`many` is no number")
    );
}

#[test]
fn what_is_no_score_is_not_taken_for_the_one_that_ranked() {
    // The change, the completeness and a grade that is a number fall from rank to rank as well.
    let text = "won,lead_rank,lead_s,lead_s_grade,lead_score_change,lead_completeness\n\
                yes,1,5,3,2,90\nno,2,4,2,1,80\nno,3,1,1,0,70\n";
    let found = json(text, &["--outcome", "won"]);
    assert_eq!((&found["score"], &found["grades"][0]["levels"][0]["name"]), (&"lead_s".into(), &"3".into()));
}

#[test]
fn the_stage_and_the_rule_each_tell_who_is_disqualified() {
    for renamed in [SCORED.replace("lead_disqualified_by", "x"), SCORED.replace("lead_stage", "x")] {
        assert_eq!(json(renamed, &["--outcome", "won"])["contacts"]["disqualified"], 1);
    }
}

#[test]
fn another_prefix_and_rows_in_another_order_change_nothing() {
    let mut lines: Vec<String> = SCORED.replace("lead_", "pkt_").lines().map(str::to_owned).collect();
    lines[1..].reverse();
    let found = json(lines.join("\n"), &["--outcome", "won"]);
    assert_eq!((&found["score"], &found["roc_auc"]["value"]), (&"pkt_total".into(), &0.75.into()));
    assert_eq!(found["stages"]["levels"][0]["name"], "SQL");
}

#[test]
fn a_spreadsheet_may_have_written_the_file() {
    let text = SCORED.replace("2.5", "\"2,5\"").replace("true", "TRUE").replace("false", "FALSE");
    assert_eq!(json(&text, &["--outcome", "won"])["thresholds"][3]["score"], 2.5);
    assert_eq!(json(text, &["--outcome", "won"])["reached_stages"][1]["stage"], "MQL");
    let rows = r#"[{"won": true, "lead_rank": 1, "lead_s": 3}, {"won": false, "lead_rank": 2, "lead_s": 1.5}]"#;
    let Told(done, out, err) = evaluate("scored.json", rows, &["--outcome", "won"]);
    assert!(done && out.contains("ROC AUC            1.000"), "{out}{err}");
}

#[test]
fn the_outcome_is_a_value_or_a_word_for_yes() {
    let text = "deal,lead_rank,lead_s\nClosed Won,1,5\nclosed lost,2,4\n,3,3\nOPEN,4,2\n";
    let found = json(text, &["--outcome", "deal=closed won"]);
    assert_eq!((&found["contacts"]["ranked"], &found["contacts"]["reached"]), (&3.into(), &1.into()));
    let told = refused(text, &["--outcome", "deal"]);
    assert!(told.contains("3 cells of `deal` say neither yes nor no: `Closed Won`, `closed lost`, `OPEN`"), "{told}");
    assert!(told.contains("--outcome 'deal=Closed Won'"), "{told}");
    assert!(refused(text, &["--outcome", "daal=x"]).contains("did you mean `deal`?"));
    let told = refused(text, &["--outcome", "deal=Won"]);
    assert!(told.contains("--outcome deal=Won: no cell of `deal` holds `Won`"), "{told}");
    let open = "won,lead_rank,lead_s\n,1,5\n";
    assert!(refused(open, &["--outcome", "won"]).contains("no contact has a known outcome"));
}

#[test]
fn months_are_those_of_utc() {
    let found = json(SCORED, &["--outcome", "won", "--over", "decided"]);
    let months = found["months"]["months"].as_array().unwrap();
    let shown: Vec<_> =
        months.iter().map(|of| (of["month"].as_str().unwrap(), of["contacts"].as_u64().unwrap())).collect();
    assert_eq!(shown, [("2026-10", 1), ("2026-11", 2)], "half past eleven in a zone behind is the next day");
    assert_eq!(found["months"]["without_date"], 1);
    assert!(refused(SCORED, &["--outcome", "won", "--over", "id"]).contains("no cell of `id` is a date"));
}

#[test]
fn the_report_for_people_says_the_same() {
    let Told(done, out, err) =
        evaluate("scored.csv", SCORED, &["--outcome", "won", "--capacity", "2", "--over", "decided"]);
    assert!(done, "{err}");
    insta::assert_snapshot!(out);
}

#[test]
fn a_ragged_row_is_named() {
    let told = refused("won,lead_rank,lead_s\nyes,1,5\nno,2\n", &["--outcome", "won"]);
    assert!(told.contains("scored.csv:3: 2 cells where the header has 3"), "{told}");
}

/// Bytes of a scored file changed at random: a report or a message, never a panic.
#[test]
fn no_bytes_make_it_panic() {
    let mut state = 7_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    for _ in 0..60 {
        let mut bytes = SCORED.as_bytes().to_vec();
        for _ in 0..1 + random(12) {
            let at = random(bytes.len());
            bytes[at] = b",\"\n0123456789-.eE=ayx \xff"[random(23)];
        }
        bytes.truncate(1 + random(bytes.len() * 2));
        let Told(done, _, err) =
            evaluate("scored.csv", &bytes, &["--outcome", "won", "--over", "decided", "--capacity", "3"]);
        assert!(done || err.starts_with("error: "), "{err}\n{}", String::from_utf8_lossy(&bytes));
    }
}
