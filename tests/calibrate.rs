//! `leadscore calibrate`: from what past buyers did to the points in a rule file.

use assert_cmd::Command;
use std::fs;
use std::path::Path;

/// The guide's journey: three stages, each counted in a tally, and the value at which sales calls.
const RULES: &str = "\
version: 1
tallies:
  learned: { activity: learn }
  compared: { activity: compare }
  decided: { activity: decide }
scores:
  journey:
    rules:
      # Sales may raise single acts later.
      - { name: Learned,  points_by: learned,  times: 1 }   # one each
      - { name: Compared, points_by: compared, times: 2.50 }
      - group: Last steps
        rules:
          - name: Decided
            points_by: decided
            times: 0
stages:
  - { name: Sales-ready, when: { journey: { at_least: 100 } } }
";

/// A folder with rules, contacts and activities.
struct Desk(tempfile::TempDir);

/// What came of a run: its exit status, standard output, standard error.
#[derive(Debug)]
struct Told(i32, String, String);

impl Desk {
    /// Contacts with their outcome and how often they learned, compared and decided.
    fn new(rules: &str, contacts: &[(&str, &str, [usize; 3])]) -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        desk.put("rules.yaml", rules);
        let (mut people, mut acts) = ("id,won,phone\n".to_owned(), "contact_id,type,timestamp\n".to_owned());
        for (id, won, counts) in contacts {
            people += &format!("{id},{won},\n");
            for (kind, count) in ["learn", "compare", "decide"].iter().zip(counts) {
                acts += &format!("{id},{kind},2026-10-01\n").repeat(*count);
            }
        }
        desk.put("contacts.csv", &people);
        desk.put("acts.csv", &acts);
        desk
    }

    /// Three buyers with 5, 3 and 4 interactions on average, and others with few.
    fn of_the_guide(rules: &str) -> Desk {
        let buyers = [("a", "yes", [4, 3, 4]), ("b", "yes", [5, 2, 4]), ("c", "yes", [6, 4, 4])];
        let others = [("d", "no", [1, 0, 0]), ("e", "no", [9, 4, 2]), ("f", "", [7, 7, 7])];
        Desk::new(rules, &[&buyers[..], &others].concat())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path().join(name), text).unwrap();
    }

    fn get(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn run(&self, line: &str) -> Told {
        let mut command = Command::cargo_bin("leadscore").unwrap();
        command.current_dir(self.path()).env_remove("CLICOLOR_FORCE").args(line.split_whitespace());
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Told(output.status.code().expect("no signal ends it"), text(output.stdout), text(output.stderr))
    }

    fn calibrate(&self, more: &str) -> Told {
        self.run(&format!("calibrate contacts.csv -r rules.yaml -a acts.csv --as-of 2026-11-01 --outcome won {more}"))
    }

    /// Runs it and expects an error.
    fn refused(&self, more: &str) -> String {
        let Told(status, out, err) = self.calibrate(more);
        assert_eq!((status, &*out), (1, ""), "{err}");
        err
    }
}

#[test]
fn five_three_and_four_interactions_make_twelve_parts_of_a_hundred_some_eight_points_each() {
    let desk = Desk::of_the_guide(RULES);
    let Told(status, out, err) = desk.calibrate("");
    assert_eq!(status, 0, "{err}");
    insta::assert_snapshot!(out);
}

#[test]
fn the_new_file_differs_in_the_numbers_only_and_scores_as_announced() {
    let marked = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let desk = Desk::of_the_guide(&marked(RULES));
    let Told(status, out, err) = desk.calibrate("-o new.yaml");
    assert_eq!(status, 0, "{err}");
    assert!(out.contains("buyers          3             0 (0.0 %)   1 (33.3 %)"), "{out}");
    let known = RULES
        .replace("learned,  times: 1 }", "learned,  times: 8 }")
        .replace("2.50", "8")
        .replace("times: 0", "times: 8");
    assert_eq!(desk.get("new.yaml"), marked(&known));
    let Told(_, scored, _) = desk.run("score contacts.csv -r new.yaml -a acts.csv --as-of 2026-11-01 -q --reasons 0");
    let scores: Vec<&str> = scored.lines().skip(1).map(|line| line.split(',').nth(4).unwrap()).collect();
    assert_eq!(
        scores,
        ["168", "120", "112", "88", "88", "8"],
        "f, e, and the buyers c, a, b with 96 on average, then d"
    );
}

#[test]
fn what_the_rest_gives_is_left_to_it() {
    let rules = RULES.replace("    rules:\n      #", "    start: 4\n    rules:\n      #");
    let Told(_, out, err) = Desk::of_the_guide(&rules).calibrate("");
    assert!(out.contains("100 - 4 = 96\n") && out.contains("96 / 12 = 8, rounded to 8\n"), "{out}{err}");
    // The range is about the whole: what the rest takes away must be made up for.
    let below = RULES.replace("    rules:\n      #", "    start: -20\n    range: [0, 200]\n    rules:\n      #");
    let Told(_, out, err) = Desk::of_the_guide(&below).calibrate("");
    assert!(out.contains("100 - -20 = 120\n") && out.contains("-20 + 12 × 10 = 100\n"), "{out}{err}");
    let alone = RULES.replace("    rules:\n      #", "    start: 100\n    rules:\n      #");
    assert!(
        Desk::of_the_guide(&alone).refused("").contains("the rest of the score alone takes an average buyer to 100")
    );
}

#[test]
fn a_rule_counts_for_those_it_is_about_only() {
    // Nobody has a phone, so that nobody's comparing counts: 9 interactions are left.
    let gated = RULES.replace("name: Compared,", "name: Compared, when: { phone: present },");
    let Told(_, out, err) = Desk::of_the_guide(&gated).calibrate("");
    assert!(out.contains("5 + 0 + 4 = 9 (mean)"), "{out}{err}");
}

#[test]
fn the_median_and_another_value_may_be_asked_for() {
    let busy = [("a", "1", [2, 0, 0]), ("b", "1", [4, 0, 0]), ("c", "1", [60, 0, 0]), ("d", "0", [0, 0, 0])];
    let desk = Desk::new(RULES, &busy);
    let Told(_, out, _) = desk.calibrate("--average median --ready 50");
    assert!(out.contains("4 + 0 + 0 = 4 (median)") && out.contains("50 / 4 = 12.5, rounded to 13"), "{out}");
    let Told(_, out, _) = desk.calibrate("");
    assert!(out.contains("22 + 0 + 0 = 22 (mean)"), "{out}");
    let most_do_nothing = [("a", "1", [0, 0, 0]), ("b", "1", [0, 0, 0]), ("c", "1", [9, 0, 0])];
    assert!(Desk::new(RULES, &most_do_nothing).refused("--average median").contains("try --average mean"));
}

#[test]
fn what_bends_the_sum_is_named() {
    let limited = RULES.replace("group: Last steps\n", "group: Last steps\n        limit: 10\n");
    let Told(_, out, err) = Desk::of_the_guide(&limited).calibrate("");
    assert!(out.contains("knows nothing of the group `Last steps`"), "{out}{err}");
    let capped = RULES.replace("    rules:\n      #", "    range: [0, 90]\n    rules:\n      #");
    assert!(
        Desk::of_the_guide(&capped).refused("").contains("nobody can reach 100: the range of `journey` ends at 90")
    );
}

#[test]
fn it_says_what_is_missing() {
    let desk = Desk::of_the_guide(RULES);
    desk.put("contacts.csv", "id,won\na,maybe\nb,won\n");
    let told = desk.refused("");
    assert!(told.contains("2 cells of `won` say neither yes nor no: `maybe`, `won`"), "{told}");
    desk.put("contacts.csv", "id,wonn\na,yes\n");
    let told = desk.refused("");
    assert!(
        told.contains("--outcome won: no column `won` in contacts.csv") && told.contains("did you mean `wonn`?"),
        "{told}"
    );
    desk.put("contacts.csv", "id,won\na,no\n");
    assert!(desk.refused("").contains("there is no buyer to learn from"));
    let asks_otherwise = RULES.replace("journey: { at_least: 100 }", "journey: { above: 100 }");
    assert!(
        Desk::of_the_guide(&asks_otherwise).refused("").contains("say with --ready N how many points of `journey`")
    );
    assert!(Desk::of_the_guide(RULES).refused("--ready lots").contains("--ready lots: not a number"));
    let nothing_to_set = RULES
        .replace("times: 1 }", "steps: { 0: 1 } }")
        .replace("times: 2.50", "times: -1")
        .replace("times: 0", "steps: { 0: 1 }");
    assert!(Desk::of_the_guide(&nothing_to_set).refused("").contains("no rule multiplies a tally of interactions"));
    let spent = RULES.replace("{ activity: learn }", "{ activity: learn, measure: days_since_last }");
    let Told(_, out, _) = Desk::of_the_guide(&spent).calibrate("");
    assert!(!out.contains("Learned") && out.contains("3 + 4 = 7"), "days are no interactions: {out}");
}

#[test]
fn of_several_scores_the_one_is_meant_that_sales_is_waiting_for() {
    let second = "  other: { rules: [{ name: Learned, points_by: learned, times: 5 }] }\nrank_by: journey\nstages:\n";
    let rules = RULES.replace("stages:\n", second);
    let desk = Desk::of_the_guide(&rules);
    let Told(status, _, err) = desk.calibrate("-o new.yaml");
    assert_eq!(status, 0, "{err}");
    assert!(
        desk.get("new.yaml").contains("{ name: Learned, points_by: learned, times: 5 }"),
        "the other is left alone"
    );
    let none = rules.replace("when: { journey: { at_least: 100 } }", "when: { phone: present }");
    assert!(
        Desk::of_the_guide(&none).refused("--ready 100").contains("several scores multiply tallies: journey, other")
    );
}

#[test]
fn only_the_rule_file_may_be_replaced_and_only_when_asked() {
    let desk = Desk::of_the_guide(RULES);
    assert!(desk.refused("-o rules.yaml").contains("say --in-place"));
    assert!(desk.refused("-o contacts.csv --in-place").contains("would overwrite a file that is read"));
    assert_eq!(desk.get("rules.yaml"), RULES);
    assert_eq!(desk.calibrate("-o rules.yaml --in-place").0, 0);
    assert!(desk.get("rules.yaml").contains("points_by: learned,  times: 8 }   # one each"));
    let Told(status, out, err) = desk.calibrate("-o -");
    assert_eq!((status, out), (0, desk.get("rules.yaml")), "already right, and written as it is");
    assert!(err.contains("100 / 12 = 8.33, rounded to 8"), "{err}");
}

#[test]
fn a_shared_number_is_not_changed_and_no_file_appears() {
    let shared = RULES.replace("times: 1 }", "times: &each 1 }").replace("times: 2.50", "times: *each");
    let desk = Desk::of_the_guide(&shared);
    assert!(desk.refused("-o new.yaml").contains("`Learned` cannot be changed by itself"));
    assert!(!desk.path().join("new.yaml").exists());
    assert_eq!(desk.calibrate("").0, 0, "the numbers can be had all the same");
}

/// Bytes of the rule file and the contacts changed at random: done or refused, never a panic.
#[test]
fn no_bytes_make_it_panic() {
    let mut state = 11_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    let desk = Desk::of_the_guide(RULES);
    for round in 0..60 {
        let name = if round % 3 == 0 { "contacts.csv" } else { "rules.yaml" };
        let sound = desk.get(name);
        let mut bytes = sound.clone().into_bytes();
        for _ in 0..1 + random(3) {
            let at = random(bytes.len());
            bytes[at] = b"0123456789-.,:{}[]&*# \n\"yn\xff"[random(27)];
        }
        desk.put(name, &bytes);
        let Told(status, _, err) = desk.calibrate("-o new.yaml");
        assert!(status <= 1, "{err}\n{}", String::from_utf8_lossy(&bytes));
        assert!(!err.contains("panicked"), "{err}");
        desk.put(name, sound);
    }
}
