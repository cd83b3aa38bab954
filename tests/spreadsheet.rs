//! A scored file through a real spreadsheet program, LibreOffice: opened, saved, scored again.
//!
//! Nothing may be damaged on the way: the same scores, every cell that was not ours as it was, no
//! column doubled. Needs `soffice` (Debian: `apt-get install --no-install-recommends
//! libreoffice-calc`). Where it is missing, CI fails and everybody else is told so, loudly.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const RULES: &str = "version: 1
contacts: { id: id, fields: { amount: { column: amount, decimal: comma } } }
scores:
  fit:
    range: [-100, 100]
    decimals: 3
    grades: { A: 20, B: 5, C: -100 }
    rules:
      - { name: Big, when: { employees: { above: 1 } }, points: 1.125 }
      - { name: Phone, when: { phone: { starts_with: '+48' } }, points: 2.25 }
      - { name: Amount, points_by: amount, times: 3 }
      - { name: Soon, when: { closes: { after: 2026-10-31 } }, points: 5 }
      - { name: Formula, when: { note: { in: ['=SUM(A1)', '@x', '-2+3'] } }, points: -0.5 }
      - { name: Lines, when: { note: { contains: \"two\\nlines\" } }, points: 8 }
      - { name: Known, when: { id: ['00123', '123456789012345678'] }, points: 16 }
stages: [{ name: MQL, when: { fit: { at_least: 20 } } }]
segments: [{ name: a, when: { phone: present } }, { name: b, when: { note: present } }]
";

/// Cells that spreadsheet programs are known to spoil.
const CONTACTS: &str = "id,phone,employees,amount,closes,note,note 2
00123,+48 600 100 200,1.33,\"1,33\",2026-11-01,=SUM(A1),\"say \"\"hi\"\", she said\"
123456789012345678,+48600100200,1E5,\"1 234,50\",2026-11-01T10:00:00Z,\"two
lines\",🎉 zażółć
00042,+48-600-100-200,007,0,1.11.2026,@x,\"=HYPERLINK(\"\"http://x.example\"\",\"\"a\"\")\"
7,-5,,,01/02,-2+3,TRUE
8,,1/2,5%,,'quoted,_x0041_
";

/// Each sheet of text has as many columns as the scored file at most.
const COLUMNS: usize = 40;

struct Scene {
    folder: TempDir,
    /// A profile of its own, so that no running LibreOffice is asked.
    profile: PathBuf,
}

impl Scene {
    fn new() -> Scene {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("rules.yaml"), RULES).expect("written");
        fs::write(folder.path().join("contacts.csv"), CONTACTS).expect("written");
        Scene { profile: folder.path().join("profile"), folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Scores a file and gives the rows back, read as CSV.
    fn score(&self, contacts: &str) -> Vec<Vec<String>> {
        self.score_to(contacts, "out.csv", &[]);
        read(&self.path("out.csv"), b',')
    }

    fn score_to(&self, contacts: &str, out: &str, options: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadscore"));
        command.current_dir(&self.folder).args(["score", contacts, "--rules", "rules.yaml", "--as-of", "2026-11-23"]);
        let output = command.args(["-o", out]).args(options).output().expect("the program runs");
        assert!(output.status.success(), "{contacts}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Opens a file in LibreOffice and saves it in another format; `reading` says how text is read.
    fn save_as(&self, name: &str, reading: Option<&str>, format: &str, into: &str) -> PathBuf {
        let mut command = Command::new("soffice");
        command.arg("--headless").arg(format!("-env:UserInstallation=file://{}", self.profile.display()));
        command.args(reading.map(|reading| format!("--infilter=CSV:{reading}")));
        command.args(["--convert-to", format, "--outdir"]).arg(self.path(into)).arg(self.path(name));
        let output = command.output().expect("soffice starts");
        let ending = format.split(':').next().unwrap();
        let name = Path::new(name);
        let saved = self.path(into).join(name.with_extension(ending).file_name().expect("a name"));
        assert!(saved.exists(), "{}: {}", name.display(), String::from_utf8_lossy(&output.stderr));
        saved
    }
}

fn read(path: &Path, delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).delimiter(delimiter).from_path(path).expect("a file");
    reader.records().map(|row| row.expect("CSV").iter().map(str::to_owned).collect()).collect()
}

fn relative(scene: &Scene, path: &Path) -> String {
    path.strip_prefix(scene.folder.path()).expect("in the folder").display().to_string()
}

/// Saves text in UTF-8 with commas, quoted where it must be.
const CSV: &str = "csv:Text - txt - csv (StarCalc):44,34,76,1";

/// What a person chooses in the import dialog: the separator, UTF-8, every column as text.
fn every_column_as_text(delimiter: u8) -> String {
    let columns: Vec<String> = (1..=COLUMNS).map(|column| format!("{column}/2")).collect();
    format!("{delimiter},34,76,1,{}", columns.join("/"))
}

#[test]
fn a_scored_file_comes_back_from_a_spreadsheet_program_undamaged() {
    if Command::new("soffice").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "soffice is not on PATH, and CI must have it");
        // Straight to the stream: the test runner would swallow what a macro prints.
        let loud = "\n*** NOT TESTED: the round trip through a spreadsheet program, as `soffice` is not on PATH ***\n";
        std::io::stderr().write_all(loud.as_bytes()).expect("standard error");
        return;
    }
    let scene = Scene::new();
    let expected = scene.score("contacts.csv");
    assert_eq!(expected.len(), 6);

    // A workbook, read as it is; opened and saved as CSV, and as a workbook again.
    scene.score_to("contacts.csv", "book.xlsx", &[]);
    assert_eq!(scene.score("book.xlsx"), expected, "a workbook");
    let saved = scene.save_as("book.xlsx", None, CSV, "from-book");
    assert_eq!(scene.score(&relative(&scene, &saved)), expected, "a workbook saved as CSV");
    let saved = scene.save_as("book.xlsx", None, "xlsx", "again");
    assert_eq!(scene.score(&relative(&scene, &saved)), expected, "a workbook saved as one");
    let saved = scene.save_as(&relative(&scene, &saved), None, CSV, "from-again");
    assert_eq!(scene.score(&relative(&scene, &saved)), expected, "a workbook saved as one, then as CSV");

    // CSV, opened with every column as text.
    for (name, options, delimiter) in [
        ("plain.csv", &[][..], b','),
        ("excel.csv", &["--excel"], b','),
        ("comma.csv", &["--excel", "--decimal", "comma"], b';'),
    ] {
        scene.score_to("contacts.csv", name, options);
        let saved = scene.save_as(name, Some(&every_column_as_text(delimiter)), CSV, "from-text");
        assert_eq!(scene.score(&relative(&scene, &saved)), expected, "{name}, every column as text");
    }

    // CSV by double click, nothing chosen: ids suffer, as the manual says, but no formula is run.
    let note = |rows: &[Vec<String>], at: usize| -> Vec<String> {
        let mut notes: Vec<String> = rows[1..].iter().map(|row| row[at].clone()).collect();
        notes.sort();
        notes
    };
    let saved = scene.save_as("excel.csv", Some("44,34,76,1"), CSV, "double-click");
    let again = scene.score(&relative(&scene, &saved));
    assert_eq!(again[0], expected[0]);
    assert_eq!((note(&again, 5), note(&again, 6)), (note(&expected, 5), note(&expected, 6)), "no formula was run");
    let saved = scene.save_as("plain.csv", Some("44,34,76,1"), CSV, "double-click");
    let bare = read(&saved, b',');
    assert!(!note(&bare, 5).contains(&"=SUM(A1)".to_owned()), "without --excel it is run, so the guard is needed");
}
