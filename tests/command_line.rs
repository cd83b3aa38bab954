//! What a person or a script meets at the command line: exit statuses, what goes to which stream,
//! and what becomes of files when a run fails.

use assert_cmd::Command;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Stdio};

const RULES: &str = "\
version: 1
contacts: { id: id }
scores:
  fit:
    grades: { A: 5, B: 0 }
    rules:
      - { name: Phone, when: { phone: present }, points: 5 }
      - { name: Opened an e-mail, activity: email_open, points: 1 }
stages:
  - { name: MQL, when: { fit: { at_least: 5 } } }
";

const CONTACTS: &str = "id,phone\n1,\n2,123\n";

const SCORED: &str = "\
id,phone,lead_rank,lead_fit,lead_fit_grade,lead_grade,lead_stage,lead_mql,lead_reasons
2,123,1,5,A,A,MQL,true,+5 Phone
1,,2,0,B,B,,false,
";

/// A folder with rules, contacts and opened e-mails.
struct Desk(tempfile::TempDir);

/// What came of a run.
#[derive(Debug)]
struct Told {
    status: i32,
    out: String,
    err: String,
}

impl Desk {
    fn new() -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        desk.put("rules.yaml", RULES);
        desk.put("contacts.csv", CONTACTS);
        desk.put("opens.csv", "contact_id,timestamp\n1,2026-11-01\n");
        desk
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    fn get(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// The names of all files, sorted.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::cargo_bin("leadscore").expect("the program is built");
        command.current_dir(self.path()).args(line.split_whitespace());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command
    }

    /// Starts a run whose end somebody waits for.
    #[cfg(unix)]
    fn spawn(&self, line: &str) -> Child {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_leadscore"));
        command.current_dir(self.path()).args(line.split_whitespace());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn run(&self, line: &str) -> Told {
        told(&mut self.command(line))
    }

    /// `score contacts.csv --rules rules.yaml` and more.
    fn score(&self, more: &str) -> Told {
        self.run(&format!("score contacts.csv --rules rules.yaml --as-of 2026-11-23 {more}"))
    }
}

fn told(command: &mut Command) -> Told {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let status = output.status.code().expect("no signal ends it");
    Told { status, out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn the_exit_status_says_how_it_went() {
    let desk = Desk::new();
    assert_eq!(desk.score("").status, 0);
    assert_eq!(desk.score("--accounts accounts.csv").status, 1, "the rules have no accounts");
    assert_eq!(desk.score("--colour").status, 2);
    desk.put("contacts.csv", "id,phone\n1,\n2\n");
    assert_eq!(desk.score("").status, 1);
    assert_eq!(desk.score("--rejects rejects.csv").status, 3);
    desk.put("rules.yaml", "version: 2\n");
    assert_eq!(desk.score("").status, 1);
    assert_eq!(desk.run("check rules.yaml").status, 1);
}

#[test]
fn data_goes_to_standard_output_and_talk_to_standard_error() {
    let desk = Desk::new();
    let told = desk.score("");
    assert_eq!(told.out, SCORED);
    assert!(told.err.contains("2 contacts"), "{}", told.err);
    let told = desk.score("--quiet");
    assert_eq!((told.out.as_str(), told.err.as_str()), (SCORED, ""));
    let told = desk.score("-o scored.csv");
    assert_eq!((told.out.as_str(), desk.get("scored.csv").as_str()), ("", SCORED));
    let told = desk.score("--stage SQL");
    assert_eq!((told.status, told.out.as_str()), (1, ""));
    assert_eq!(told.err, "error: --stage SQL: there is no such stage; there are: MQL, disqualified\n");
}

#[test]
fn an_option_that_names_what_is_not_there_is_named_itself() {
    let desk = Desk::new();
    let told = desk.score("--as-of-field phon");
    assert_eq!((told.status, told.out.as_str()), (1, ""));
    assert_eq!(told.err, "error: --as-of-field phon: no column `phon` in contacts.csv; did you mean `phone`?\n");
    desk.put(
        "bare.yaml",
        "version: 1\nscores:\n  fit:\n    rules:\n      - { name: P, when: { phone: present }, points: 1 }\n",
    );
    let told = desk.run("score contacts.csv --rules bare.yaml --stage SQL");
    assert_eq!(told.err, "error: --stage SQL needs `stages` in the rule file: it has none\n");
}

#[test]
fn a_comma_too_many_in_the_header_is_seen_in_its_rows() {
    let desk = Desk::new();
    desk.put("contacts.csv", "id,phone,\n1,\n");
    let told = desk.score("");
    assert!(
        told.err.starts_with(
            "error: contacts.csv:2: 2 cells where the header has 3; the header ends with an empty name, so its line \
             may end with a `,` too many\n"
        ),
        "{}",
        told.err
    );
}

#[test]
fn help_is_no_error_and_wrong_usage_says_what_is_meant() {
    let desk = Desk::new();
    for line in ["--help", "score --help", "--version", "score --version"] {
        let told = desk.run(line);
        assert!(
            told.status == 0 && told.err.is_empty() && told.out.starts_with(char::is_alphabetic),
            "{line}: {told:?}"
        );
    }
    let told = desk.run("score contacts.csv --rule rules.yaml");
    assert_eq!((told.status, told.out.as_str()), (2, ""));
    assert!(told.err.contains("a similar argument exists: '--rules'"), "{}", told.err);
    let told = desk.run("scor contacts.csv");
    assert!(told.status == 2 && told.err.contains("'score'"), "{}", told.err);
    assert_eq!(desk.run("").status, 2);
}

#[test]
fn everything_else_is_printed_where_it_can_be_piped_on() {
    let desk = Desk::new();
    for line in ["man", "schema", "completions bash", "completions zsh", "completions fish", "completions powershell"] {
        let told = desk.run(line);
        assert!(told.status == 0 && told.err.is_empty() && told.out.len() > 1000, "{line}: {}", told.err);
    }
}

#[test]
fn standard_input_is_a_file_too() {
    let desk = Desk::new();
    let mut command = desk.command("score - --rules rules.yaml --quiet");
    assert_eq!(told(command.write_stdin(CONTACTS)).out, SCORED);
    let mut command = desk.command("score contacts.csv --rules rules.yaml --quiet -a email_open=- --as-of 2026-11-23");
    assert!(told(command.write_stdin(desk.get("opens.csv"))).out.contains("\n1,,2,1,B,B,,false,+1 Opened an e-mail\n"));
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let desk = Desk::new();
    let rows: String = (0..200_000).map(|id| format!("{id},\n")).collect();
    desk.put("contacts.csv", &format!("id,phone\n{rows}"));
    for line in
        ["score contacts.csv --rules rules.yaml --quiet --breakdown breakdown.csv", "schema", "man", "completions bash"]
    {
        let mut child = desk.spawn(line);
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
        assert_eq!(output.status.code(), Some(0), "{line}");
    }
    assert!(desk.files().contains(&"breakdown.csv".to_owned()), "the other files are written all the same");
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let desk = Desk::new();
    let line = "score contacts.csv --rules rules.yaml --format table";
    let coloured = |variables: &[(&str, &str)], line: &str| {
        let told = told(desk.command(line).envs(variables.iter().copied()));
        (told.out.contains('\u{1b}'), told.err.contains('\u{1b}'))
    };
    assert_eq!(coloured(&[], line), (false, false));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")], line).0);
    assert_eq!(coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], line), (false, false));
    desk.put("rules.yaml", "version: 2\n");
    assert_eq!(coloured(&[], line), (false, false));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")], line).1);
}

#[test]
fn a_run_that_fails_leaves_every_old_file_as_it_was() {
    let desk = Desk::new();
    desk.put("scored.csv", "old\n");
    desk.put("summary.json", "{}");
    desk.put("faulty.csv", "contact_id,type,timestamp\n1,email_open,\"2026-11-01\n");
    let before = desk.files();
    let told =
        desk.score("--activities faulty.csv -o scored.csv --summary summary.json --rejects r.csv --breakdown b.csv");
    assert_eq!(
        (told.status, told.err.as_str()),
        (1, "error: faulty.csv:2: the quote that opens here is never closed\n")
    );
    assert_eq!(desk.get("scored.csv"), "old\n");
    assert_eq!(desk.get("summary.json"), "{}");
    assert_eq!(desk.files(), before, "nothing is left behind");
    assert_eq!(desk.score("-o scored.csv").status, 0);
    assert_eq!(desk.get("scored.csv"), SCORED);
}

/// Contacts are scored where they stand in their file. The activities come through a pipe, so that the run
/// waits while the file is written to.
#[cfg(unix)]
#[test]
fn contacts_that_change_while_they_are_read_end_the_run() {
    let changed = "contacts.csv was changed by another program while it was read; run again when that one is done";
    let shorter = "a contact export became shorter while it was read; no output was put in its place. Run again when the \
                   program that writes it is done.";
    let (score, explain) = ("score -o scored.csv", "explain --id 1");
    let longer = "id,phone\n1,\n2,123\n3,\n";
    let (header, other) = ("id,phone\n", "id,phone\n\u{105}\u{105}\u{105}\u{105}\u{105}\u{105}\n");
    for (command, before, now, said) in [
        (score, CONTACTS, longer, changed),
        (score, CONTACTS, other, changed),
        (score, header, longer, changed),
        (score, CONTACTS, "", shorter),
        (explain, CONTACTS, longer, changed),
    ] {
        let desk = Desk::new();
        desk.put("contacts.csv", before);
        desk.put("scored.csv", "old\n");
        let pipe = desk.path().join("pipe.csv");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let run = desk.spawn(&format!("{command} contacts.csv --rules rules.yaml --activities pipe.csv"));
        let mut activities = fs::File::options().write(true).open(&pipe).unwrap();
        fs::write(desk.path().join("contacts.csv"), now).unwrap();
        activities.write_all(b"contact_id,type,timestamp\n1,email_open,2026-11-01\n").unwrap();
        drop(activities);
        let output = run.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let told = (output.status.code(), text(output.stdout), text(output.stderr));
        assert_eq!(told, (Some(1), String::new(), format!("error: {said}\n")));
        assert_eq!(desk.get("scored.csv"), "old\n");
        desk.put("contacts.csv", CONTACTS);
        assert_eq!(desk.score("-o scored.csv").status, 0);
        assert_eq!(desk.get("scored.csv"), SCORED);
    }
}

#[test]
fn what_is_read_is_not_overwritten() {
    let desk = Desk::new();
    for (flags, shown) in [
        ("-o contacts.csv", "-o contacts.csv"),
        ("-o ./contacts.csv", "-o ./contacts.csv"),
        ("-o rules.yaml --format csv", "-o rules.yaml"),
        ("-a email_open=opens.csv --rejects opens.csv", "--rejects opens.csv"),
    ] {
        let told = desk.score(flags);
        let expected =
            format!("error: {shown} would overwrite a file that is read; name another file, or say --in-place\n");
        assert_eq!((told.status, told.err, told.out.as_str()), (1, expected, ""), "{flags}");
    }
    assert_eq!(desk.get("contacts.csv"), CONTACTS);
    let told = desk.score("-o scored.csv --summary ./scored.csv");
    assert_eq!(told.err, "error: -o and --summary both write ./scored.csv; name two files\n");

    assert_eq!(desk.score("-o contacts.csv --in-place").status, 0);
    assert_eq!(desk.get("contacts.csv"), SCORED);
    assert_eq!(desk.score("-o contacts.csv --in-place").status, 0);
    assert_eq!(desk.get("contacts.csv"), SCORED, "a scored file stays the same");
}

#[test]
fn a_place_that_cannot_be_written_says_why() {
    let desk = Desk::new();
    fs::create_dir(desk.path().join("folder")).unwrap();
    for (flags, said) in [
        ("-o lost/scored.csv", "cannot write lost/scored.csv: there is no folder lost; make it with `mkdir -p`"),
        ("-o folder", "cannot write folder: it is a folder; name a file in it"),
        (
            "-o scored.pdf",
            "no format is known by the ending of scored.pdf: name it with --format, or end the name in .csv, .tsv, \
             .json, .ndjson, .xlsx or .txt (a table) instead of .pdf",
        ),
    ] {
        let told = desk.score(flags);
        assert_eq!((told.status, told.err), (1, format!("error: {said}\n")), "{flags}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let desk = Desk::new();
    let told = desk.score("-o /dev/full");
    assert_eq!(
        (told.status, told.err.as_str()),
        (1, "error: cannot write /dev/full: No space left on device (os error 28)\n")
    );
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_leadscore"))
        .current_dir(desk.path())
        .args(["score", "contacts.csv", "--rules", "rules.yaml", "--quiet"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).ends_with("No space left on device (os error 28)\n"), "{output:?}");
}

#[test]
fn the_ending_names_the_format_unless_the_flag_does() {
    let desk = Desk::new();
    desk.score("-o scored.tsv");
    assert_eq!(desk.get("scored.tsv"), SCORED.replace(',', "\t"));
    desk.score("-o scored.tsv --format csv");
    assert_eq!(desk.get("scored.tsv"), SCORED);
    desk.score("-o scored.txt");
    assert!(desk.get("scored.txt").starts_with("rank   id"));
    desk.put("contacts.csv", "id~phone\n1~2,3\n");
    assert!(desk.score("--delimiter ~").out.contains("\n1,\"2,3\",1,5,A"));
}

/// However the rows come, and whoever reads them.
#[test]
fn of_several_faults_the_first_is_named() {
    let desk = Desk::new();
    let rows = "1,\n".repeat(100);
    let faulty = [b"id,phone\n1,\n2,x,y\n", rows.as_bytes(), b"3,\xff\n"].concat();
    fs::write(desk.path().join("faulty.csv"), &faulty).unwrap();
    for threads in [1, 2, 7] {
        for (input, name) in [("faulty.csv", "faulty.csv"), ("-", "standard input")] {
            let line = format!("score {input} --rules rules.yaml --threads {threads}");
            let told = told(desk.command(&line).env("LEADSCORE_CHUNK_BYTES", "64").write_stdin(faulty.clone()));
            let first = format!("error: {name}:3: 3 cells where the header has 2\n");
            assert!(told.status == 1 && told.err.starts_with(&first), "{threads} {input}: {}", told.err);
        }
    }
}

/// What parts the cells is found in the first 64 KiB, and there may be just as many.
#[test]
fn a_file_says_the_same_as_a_stream_of_its_bytes() {
    let desk = Desk::new();
    for size in [(64 << 10) - 1, 64 << 10, (64 << 10) + 1] {
        let (header, last) = ("id,x;id\n1,2;", "\n4,5\n");
        let text = format!("{header}{}{last}", "k".repeat(size - header.len() - last.len()));
        desk.put("contacts.csv", &text);
        desk.put(
            "rules.yaml",
            "version: 1\nscores: { s: { rules: [{ name: W, points: 1, when: { id: present } }] } }\n",
        );
        let from_file = desk.run("score contacts.csv --rules rules.yaml --quiet");
        let from_stream = told(desk.command("score - --rules rules.yaml --quiet").write_stdin(text));
        let err = from_stream.err.replace("standard input", "contacts.csv");
        assert_eq!((from_file.out, from_file.err), (from_stream.out, err), "{size}");
    }
}

/// Whose an activity is that nothing counts, is asked only where somebody is told.
#[test]
fn a_quiet_run_says_the_same_of_everybody() {
    let desk = Desk::new();
    desk.put("rules.yaml", &RULES.replace("activity: email_open,", "activity: email_open, within: 90d,"));
    desk.put(
        "visits.csv",
        "contact_id,type,timestamp\n1,email_open,2026-11-01\n2,email_open,2020-01-01\n9,email_open,2020-01-01\n\
         9,email_open,2026-11-01\n9,,2026-11-01\n,email_open,2020-01-01\n1,email_open,2031-01-01\n2,,\n",
    );
    let loud = desk.score("--activities visits.csv");
    let quiet = desk.score("--activities visits.csv --quiet");
    assert_eq!((loud.status, quiet.status), (0, 0));
    assert_eq!((&quiet.out, quiet.err.as_str()), (&loud.out, ""));
    assert!(loud.out.contains("\n1,,2,1,"), "{}", loud.out);
    assert_eq!(desk.score("--activities visits.csv --quiet --summary told.json -o x.csv").status, 0);
    let told: serde_json::Value = serde_json::from_str(&desk.get("told.json")).unwrap();
    let seen = ["rows", "counted", "orphaned", "future", "without_time", "without_type"];
    assert_eq!(seen.map(|name| told["activities"][name].as_u64().unwrap()), [8, 2, 4, 1, 1, 2]);
}

/// Of days that are over before every window the times of day are read only where somebody is told.
#[test]
fn a_quiet_run_passes_over_days_but_not_over_what_counts() {
    let desk = Desk::new();
    desk.put("rules.yaml", &RULES.replace("activity: email_open,", "activity: email_open, within: 90d,"));
    let times = |day: u32| {
        ["T00:00:00Z", "T23:59:59Z", " 12:00:00", "T24:61:00Z", "T12:00", "", "T23:00:00-23:00", "T01:00:00+23:00"]
            .map(|time| format!("1,email_open,2026-08-{day:02}{time}\n"))
            .concat()
    };
    // The window begins on the 25th. Days come in order, out of order, and again.
    let rows: String = (15..=31).chain([20, 25, 31, 18, 24, 25]).map(times).collect();
    desk.put("visits.csv", &format!("contact_id,type,timestamp\n{rows}"));
    let (loud, quiet) = (desk.score("--activities visits.csv"), desk.score("--activities visits.csv --quiet"));
    assert_eq!((loud.status, quiet.status), (0, 0), "{}{}", loud.err, quiet.err);
    assert_eq!(quiet.out, loud.out);
    assert!(loud.err.contains("24:61"), "{}", loud.err);
    for line in ["--activities visits.csv --strict", "--activities visits.csv --strict --quiet"] {
        let strict = desk.score(line);
        assert!(strict.status != 0 && strict.err.contains("visits.csv:5: `2026-08-15T24:61:00Z`"), "{}", strict.err);
    }
}

#[test]
fn threads_and_blocks_change_nothing() {
    let desk = Desk::new();
    let rows: String = (0..3000).map(|id| format!("{id},\"{}\n\"\n", "1".repeat(id % 3))).collect();
    desk.put("contacts.csv", &format!("id,phone\n{rows}"));
    let line = "score contacts.csv --rules rules.yaml --quiet --as-of 2026-11-23 -a email_open=opens.csv";
    let one = told(desk.command(&format!("{line} --threads 1")).env("LEADSCORE_CHUNK_BYTES", "37"));
    let three = told(&mut desk.command(&format!("{line} --threads 3")));
    assert_eq!(one.status, 0);
    assert_eq!(one.out.lines().count(), three.out.lines().count());
    assert_eq!(one.out, three.out);
}
