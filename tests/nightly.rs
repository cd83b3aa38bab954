//! What a job that runs every night relies on: newcomers are handed over once, a killed run leaves
//! whole files, and two runs never write one file at once.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const RULES: &str = "version: 1
scores: { lead: { rules: [{ name: Points, points_by: points, times: 1 }] } }
stages:
  - { name: MQL, when: { lead: { at_least: 10 } } }
  - { name: SQL, when: { lead: { at_least: 50 } } }
";

struct Nights(tempfile::TempDir);

impl Nights {
    fn new() -> Nights {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("rules.yaml"), RULES).unwrap();
        Nights(folder)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn contacts(&self, rows: &str) {
        fs::write(self.path("contacts.csv"), format!("id,points\n{rows}")).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadscore"));
        command.current_dir(&self.0).args("score contacts.csv --rules rules.yaml --quiet -o scored.csv".split(' '));
        if self.path("scored.csv").exists() {
            command.args("--previous scored.csv --handoff newcomers.csv --in-place".split(' '));
        }
        command.stdout(Stdio::null());
        command
    }

    fn night(&self) {
        let output = self.command().output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty(), "quiet on success");
    }

    fn newcomers(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("newcomers.csv")).unwrap();
        text.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
    }
}

#[test]
fn each_newcomer_is_handed_over_once() {
    let nights = Nights::new();
    nights.contacts("a,60\nb,20\nc,5\n");
    nights.night();
    assert!(!nights.path("newcomers.csv").exists(), "the first night floods nobody");
    nights.contacts("a,60\nb,55\nc,5\nd,70\n");
    nights.night();
    assert_eq!(nights.newcomers(), ["d", "b"]);
    nights.night();
    assert!(nights.newcomers().is_empty());
}

#[test]
fn a_run_that_is_killed_leaves_whole_files_and_the_next_one_goes_on() {
    let nights = Nights::new();
    let many: String = (0..20_000).map(|contact| format!("contact-{contact},{}\n", contact % 100)).collect();
    nights.contacts(&many);
    nights.night();
    let whole = fs::read(nights.path("scored.csv")).unwrap();
    let lines = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == b'\n').count();
    for ms in [1, 5, 10, 20, 40, 80, 120, 160, 240] {
        let mut child = nights.command().spawn().unwrap();
        std::thread::sleep(Duration::from_millis(ms));
        let _ = child.kill();
        let _ = child.wait();
        let found = fs::read(nights.path("scored.csv")).unwrap();
        assert_eq!(lines(&found), lines(&whole), "killed after {ms} ms");
    }
    nights.night();
    let left: Vec<_> = fs::read_dir(&nights.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !Path::new(name).to_string_lossy().ends_with(".part")), "{left:?}");
}

#[test]
fn the_second_of_two_runs_ends_with_a_message() {
    let nights = Nights::new();
    nights.contacts("a,60\n");
    let part = fs::File::create(nights.path(".scored.csv.part")).unwrap();
    part.lock().unwrap();
    let output = nights.command().output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "error: cannot write scored.csv: another run is writing it; try again when that run is over\n");
    drop(part);
    nights.night();
}
