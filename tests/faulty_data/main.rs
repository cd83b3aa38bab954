//! Files that are not as they should be: each is a clear message or a counted row, never a panic
//! and never a silent loss. The files are made here, byte by byte; all that the program says and
//! writes stands in `snapshots`, one file a group.

mod activities;
mod contacts;
mod sound;

use assert_cmd::Command;

/// Rules that every case is scored by.
const RULES: &str = "\
version: 1
contacts: { id: id }
scores:
  fit:
    rules:
      - { name: Phone, when: { phone: present }, points: 5 }
      - { name: Opened an e-mail, activity: email_open, points: 1 }
";

/// One odd file.
struct Case {
    /// What is odd about it.
    name: &'static str,
    /// The files, `contacts.csv` among them.
    files: Vec<(&'static str, Vec<u8>)>,
    /// Words behind `score`.
    arguments: String,
    /// Standard input.
    input: &'static str,
}

impl Case {
    /// `score contacts.csv --rules rules.yaml`
    fn contacts(name: &'static str, contacts: impl Into<Vec<u8>>) -> Case {
        let arguments = "contacts.csv --rules rules.yaml --quiet --as-of 2026-11-23".to_owned();
        Case { name, files: vec![("contacts.csv", contacts.into())], arguments, input: "" }
    }

    /// With further flags.
    fn with(mut self, arguments: &str) -> Case {
        self.arguments = format!("{} {arguments}", self.arguments);
        self
    }

    /// With other words in place of the usual ones.
    fn called(mut self, arguments: &str) -> Case {
        self.arguments = arguments.to_owned();
        self
    }

    fn file(mut self, name: &'static str, bytes: impl Into<Vec<u8>>) -> Case {
        self.files.push((name, bytes.into()));
        self
    }

    fn input(mut self, text: &'static str) -> Case {
        self.input = text;
        self
    }

    /// Runs it; tells all that came of it.
    fn told(&self) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rules.yaml"), RULES).unwrap();
        for (name, bytes) in &self.files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let mut command = Command::cargo_bin("leadscore").expect("the program is built");
        command.current_dir(folder.path()).env("NO_COLOR", "1").arg("score").args(self.arguments.split_whitespace());
        let output = command.write_stdin(self.input).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("only UTF-8 is written");
        let (said, mut written) = (text(output.stderr), text(output.stdout));
        assert!(!said.contains("panicked") && output.status.code().is_some(), "{}: {said}", self.name);
        if written.len() > 2000 {
            written = format!("{} bytes, ending in {:?}\n", written.len(), &written[written.len() - 20..]);
        }
        // A character that a terminal would not show is written as Rust writes it.
        let shown = |text: String| -> String {
            text.chars()
                .map(|c| if c.is_control() && c != '\n' { c.escape_default().to_string() } else { c.into() })
                .collect()
        };
        let status = output.status.code().unwrap_or_default();
        format!("== {}: exit status {status}\n{}{}", self.name, shown(said), shown(written))
    }
}

/// Holds everything that comes of the cases against `snapshots`.
fn hold(group: &str, cases: Vec<Case>) {
    let told = cases.iter().map(Case::told).collect::<Vec<_>>().join("\n");
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(group, told));
}
