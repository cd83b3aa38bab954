//! The presets of `leadscore init`: each fits the system's exports as they come, passes `check`
//! without a word and gives believable scores; and each system is known by its headers. The exports
//! in `tests/presets` are inventions with the headers and formats that the systems write.

use assert_cmd::Command;
use std::path::{Path, PathBuf};

/// A system, how its activities are given and files are read, and who comes first and last.
struct Case {
    system: &'static str,
    name: &'static str,
    activities: &'static str,
    reading: &'static str,
    best: &'static str,
    disqualified: &'static str,
}

const CASE: Case = Case {
    system: "",
    name: "",
    activities: "activities.csv",
    reading: "",
    best: "ada@lindfoods.example.com",
    disqualified: "eva@frost.example.com",
};

#[rustfmt::skip]
const CASES: [Case; 8] = [
    Case { system: "hubspot", name: "HubSpot", ..CASE },
    Case { system: "salesforce", name: "Salesforce", ..CASE },
    Case { system: "pipedrive", name: "Pipedrive", disqualified: "leo@dahllabs.example.com", ..CASE },
    Case {
        system: "mautic", name: "Mautic", activities: "page_hit=activities.csv", reading: "--escape backslash",
        disqualified: "mia.cole@gmail.com", ..CASE
    },
    Case { system: "mailchimp", name: "Mailchimp", ..CASE },
    Case { system: "getresponse", name: "GetResponse", ..CASE },
    Case { system: "dynamics", name: "Microsoft Dynamics 365", ..CASE },
    Case { system: "marketo", name: "Marketo", ..CASE },
];

/// A folder with a sample, and the program in it.
struct Sample(tempfile::TempDir);

impl Sample {
    fn of(case: &Case) -> Sample {
        let folder = tempfile::tempdir().unwrap();
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/presets").join(case.system);
        for name in ["contacts.csv", "activities.csv"] {
            std::fs::copy(samples.join(name), folder.path().join(name)).unwrap();
        }
        Sample(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the program, which must succeed; returns what it said.
    fn run(&self, line: &str) -> String {
        let mut command = Command::cargo_bin("leadscore").expect("the program is built");
        let output =
            command.current_dir(&self.0).env("NO_COLOR", "1").args(line.split_whitespace()).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{line}: {said}");
        said
    }

    /// Checks the rule file and scores with it: no doubts, no cells that cannot be read, and the
    /// scores that the case expects.
    fn fits(&self, case: &Case, rules: &str) {
        let Case { system, activities, reading, .. } = case;
        let said = self.run(&format!("check {rules} {reading} --contacts contacts.csv --activities {activities}"));
        assert!(said.contains("no faults\n"), "{system}: {said}");
        self.run(&format!(
            "score contacts.csv -r {rules} {reading} -a {activities} --as-of 2026-11-23 -o scored.csv --summary run.json --strict"
        ));
        let summary: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(self.path("run.json")).unwrap()).unwrap();
        assert_eq!(summary["warnings"], serde_json::json!([]), "{system}");
        assert_eq!(summary["activities"]["orphaned"], 0, "{system}: every activity finds its contact");
        assert_eq!(summary["activities"]["without_time"], 0, "{system}");
        let mut scored = csv::Reader::from_path(self.path("scored.csv")).unwrap();
        let headers = scored.headers().unwrap().clone();
        let at = |name: &str| headers.iter().position(|header| header == name).unwrap_or_else(|| panic!("{name}"));
        let rows: Vec<csv::StringRecord> = scored.records().map(Result::unwrap).collect();
        let number = |row: &csv::StringRecord, name: &str| row[at(name)].parse::<f64>().unwrap();
        assert!(rows[0].iter().any(|cell| cell == case.best), "{system}: {:?}", rows[0]);
        assert!(number(&rows[0], "lead_fit") >= 50.0, "{system}: {:?}", rows[0]);
        assert!(number(&rows[0], "lead_engagement") >= 10.0, "{system}: {:?}", rows[0]);
        assert_eq!(&rows[0][at("lead_stage")], "SQL", "{system}: {:?}", rows[0]);
        let somewhat = rows.iter().filter(|row| number(row, "lead_total") > 0.0).count();
        assert!(somewhat >= 2, "{system}: {rows:?}");
        let out = rows.iter().find(|row| row.iter().any(|cell| cell == case.disqualified)).unwrap();
        assert_eq!(&out[at("lead_stage")], "disqualified", "{system}: {out:?}");
    }
}

#[test]
fn the_preset_of_a_system_fits_its_exports() {
    for case in &CASES {
        let sample = Sample::of(case);
        let system = case.system;
        // As it comes, without a file: nothing that an export may lack is asked for.
        sample.run(&format!("init --from {system} -o least.yaml"));
        let said = sample.run("check least.yaml");
        assert!(said.contains("no faults\n"), "{system}: {said}");
        sample.run(&format!("score contacts.csv -r least.yaml {} -a {} -o least.csv", case.reading, case.activities));
        // With the exports: all that they have.
        let files = format!("--contacts contacts.csv --activities {} {}", case.activities, case.reading);
        sample.run(&format!("init --from {system} {files} -o named.yaml"));
        let said = sample.run(&format!("init {files} -o found.yaml"));
        assert!(said.contains(&format!("contacts.csv looks like an export of {}", case.name)), "{said}");
        let text = |name: &str| std::fs::read_to_string(sample.path(name)).unwrap();
        assert_eq!(text("named.yaml"), text("found.yaml"));
        assert!(text("found.yaml").starts_with(&format!(
            "# Rules for `leadscore score`: a start for exports of {}, made from contacts.csv",
            case.name
        )));
        sample.fits(case, "found.yaml");
    }
}

#[test]
fn contacts_alone_tell_the_system() {
    for case in &CASES {
        let said = Sample::of(case).run(&format!("init --contacts contacts.csv {}", case.reading));
        assert!(said.contains(case.name), "{}: {said}", case.system);
    }
}

#[test]
fn what_an_export_lacks_is_a_comment() {
    let sample = Sample::of(&CASES[0]);
    std::fs::write(
        sample.path("few.csv"),
        "Record ID,Email,Phone Number,Number of Pageviews\n1,a@b.example.com,555,12\n",
    )
    .unwrap();
    sample.run("init --contacts few.csv");
    let rules = std::fs::read_to_string(sample.path("rules.yaml")).unwrap();
    assert!(rules.contains("\n      # - group: Position\n      #   take: best\n"), "{rules}");
    assert!(rules.contains("\n      - { name: Pages viewed,"), "{rules}");
    sample.run("score few.csv -r rules.yaml -a activities.csv");
}

#[test]
fn activities_of_another_system_leave_the_columns_to_speak() {
    let sample = Sample::of(&CASES[0]);
    std::fs::write(sample.path("log.csv"), "email,action,timestamp\nada@lindfoods.example.com,demo,2026-11-01\n")
        .unwrap();
    let said = sample.run("init --contacts contacts.csv --activities log.csv");
    assert!(!said.contains("looks like"), "{said}");
    sample.run("score contacts.csv -r rules.yaml -a log.csv");
}

#[test]
fn exports_of_another_system_than_the_one_named_are_told_what_they_lack() {
    let sample = Sample::of(&CASES[3]);
    for (line, said) in [
        (
            "--from salesforce --contacts contacts.csv --activities activities.csv",
            "error: activities.csv does not say when an activity was: exports of Salesforce do in one of \
             ActivityDateTime, ActivityDate, Date, Due Date Only, FirstRespondedDate, First Responded Date, activity_date\n",
        ),
        (
            "--from mautic --activities activities.csv",
            "error: activities.csv does not say what was done: exports of Mautic do in one of event_type, type, event; \
             or say it: --activities TYPE=FILE\n",
        ),
    ] {
        let mut command = Command::cargo_bin("leadscore").expect("the program is built");
        let output = command.current_dir(&sample.0).arg("init").args(line.split(' ')).output().expect("it runs");
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(1), said));
        assert!(!sample.path("rules.yaml").exists());
    }
}
