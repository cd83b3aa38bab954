//! Points learned from data: what `fit` reports is what `score` gives, and it is honest about it.

use assert_cmd::Command;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Small random numbers that are the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % end
    }

    fn share(&mut self) -> f64 {
        self.below(1 << 20) as f64 / (1 << 20) as f64
    }
}

/// Leads with numbers, texts, sets, dates, gaps, a cross of two columns, and what became of them.
fn leads(folder: &Path, count: usize, seed: u64) {
    let mut dice = Dice(seed);
    let mut contacts =
        "lead_id,e mail,head.count,Source,country,interests,phone,created,notes,won,closed_by\n".to_owned();
    let mut activities = "lead_id,type,timestamp,value\n".to_owned();
    for lead in 0..count {
        let employees = dice.below(500);
        let source = ["web", "event", "Ads", "referral"][dice.below(4) as usize];
        let country = ["PL", "DE", "UA"][dice.below(3) as usize];
        let interests = ["crm", "crm;mail", "mail", "", "sms;crm"][dice.below(5) as usize];
        let has_phone = dice.below(3) > 0;
        let age = dice.below(300);
        let visits = dice.below(9);
        let mut log_odds = -3.0 + employees as f64 / 200.0 + visits as f64 / 3.0 + f64::from(u8::from(has_phone));
        log_odds += if interests.contains("sms") { 1.0 } else { 0.0 } - age as f64 / 200.0;
        log_odds += if (source == "Ads") == (country == "UA") { 0.8 } else { -1.2 };
        let won = dice.share() < 1.0 / (1.0 + (-log_odds).exp());
        let size = match dice.below(8) {
            0 => String::new(),
            1 => "n/a".to_owned(),
            _ if employees.is_multiple_of(7) => format!("{employees}.25"),
            _ => employees.to_string(),
        };
        let created = format!("2026-{:02}-{:02}T{:02}:30", 1 + age / 28 % 10, 1 + age % 28, dice.below(24));
        let phone = if has_phone { format!("+48 {lead}") } else { String::new() };
        let closed_by = if won { "Anna" } else { "" };
        let won = if lead % 50 == 49 {
            ""
        } else if won {
            "yes"
        } else {
            "no"
        };
        writeln!(
            contacts,
            "L{lead},l{lead}@x.example,{size},{source},{country},{interests},{phone},{created},note {lead},{won},{closed_by}"
        )
        .unwrap();
        for visit in 0..visits {
            let kind = if visit % 3 == 0 { "Page view" } else { "open" };
            let (month, day) = (1 + dice.below(10), 1 + dice.below(28));
            writeln!(activities, "L{lead},{kind},2026-{month:02}-{day:02},{}", dice.below(90)).unwrap();
        }
    }
    fs::write(folder.join("leads.csv"), contacts).unwrap();
    fs::write(folder.join("activities.csv"), activities).unwrap();
}

fn leadscore(folder: &Path, line: &str) -> Command {
    let mut command = Command::cargo_bin("leadscore").unwrap();
    command.current_dir(folder).args(line.split_whitespace());
    command
}

fn said(folder: &Path, line: &str) -> String {
    let output = leadscore(folder, line).assert().success().get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

/// The figures of a row of the report.
fn figures(report: &str, row: &str) -> Vec<f64> {
    let line = report.lines().find(|line| line.starts_with(row)).unwrap_or_else(|| panic!("{row} in {report}"));
    line[row.len()..].split_whitespace().map(|figure| figure.parse().unwrap()).collect()
}

const FIT: &str =
    "fit leads.csv --outcome won -a activities.csv --as-of 2026-11-01 --exclude closed_by -o learned.yaml";

#[test]
fn the_learned_file_scores_what_it_was_learned_from() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    leads(folder, 3000, 1);
    let report = said(folder, FIT);
    let learned = figures(&report, "learned, on folds not seen");
    assert!(learned[0] > 0.78 && learned[0] < 0.92 && learned[4] > 1.7, "{report}");
    // It is an ordinary file, without a doubt, and beats itself by a little only where it has seen the answers.
    leadscore(folder, "check learned.yaml -c leads.csv -a activities.csv").assert().success();
    fs::copy(folder.join("learned.yaml"), folder.join("rules.yaml")).unwrap();
    let report = said(folder, &format!("{FIT} --against rules.yaml --time-split created"));
    let against = figures(&report, "the rule file in use, on those folds");
    assert!(against[0] > learned[0] && against[0] < learned[0] + 0.06, "{report}");
    assert!(figures(&report, "learned, on the latest fifth")[0] > 0.7, "{report}");
}

#[test]
fn the_same_seed_gives_the_same_file_for_any_number_of_threads() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    leads(folder, 1200, 2);
    let file = |options: &str| {
        said(folder, &format!("{FIT} {options} -q"));
        fs::read_to_string(folder.join("learned.yaml")).unwrap()
    };
    let one = file("--threads 1");
    assert_eq!(one, file("--threads 3"));
    assert_ne!(one, file("--seed 7"));
}

#[test]
fn a_column_that_is_filled_in_only_for_winners_is_warned_of() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    leads(folder, 1000, 3);
    let report = said(folder, "fit leads.csv --outcome won -o learned.yaml");
    let warning = report.lines().find(|line| line.starts_with("Warning")).unwrap();
    assert!(warning.contains("`Closed by` is filled in only for those") && warning.contains("--exclude 'closed_by'"));
    let report = said(folder, FIT);
    assert!(!report.contains("Warning"), "{report}");
}

#[test]
fn a_rule_file_that_nobody_named_is_not_written_over() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    leads(folder, 1000, 3);
    let line = "fit leads.csv --outcome won --exclude closed_by -q";
    leadscore(folder, line).assert().success();
    fs::write(folder.join("learned.yaml"), "mine").unwrap();
    let error = leadscore(folder, line).assert().code(1).get_output().stderr.clone();
    assert_eq!(
        String::from_utf8(error).unwrap(),
        "error: learned.yaml exists already; to write over it, say so: -o learned.yaml\n"
    );
    assert_eq!(fs::read_to_string(folder.join("learned.yaml")).unwrap(), "mine");
}

#[test]
fn what_is_asked_for_and_cannot_be_had_is_said() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    leads(folder, 300, 3);
    let error = leadscore(folder, &format!("{FIT} --time-split country")).assert().code(1).get_output().stderr.clone();
    let error = String::from_utf8(error).unwrap();
    assert!(error.starts_with("error: --time-split country: no cell of `country` is a date"), "{error}");
    let report = said(folder, "fit leads.csv --outcome won --only country --precision 99% -o learned.yaml");
    assert!(report.contains("Warning   --precision 99 %: no number of points promised"), "{report}");
}

#[test]
fn too_few_outcomes_are_an_error_that_says_so() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    leads(folder, 40, 4);
    let error = leadscore(folder, "fit leads.csv --outcome won").assert().code(1).get_output().stderr.clone();
    let error = String::from_utf8(error).unwrap();
    assert!(error.contains("too little to learn from") && error.contains("at least 25"), "{error}");
    assert!(!folder.join("learned.yaml").exists());
}

#[test]
fn where_nothing_tells_them_apart_there_is_no_file_but_an_error_that_says_so() {
    let folder = TempDir::new().unwrap();
    let mut contacts = "id,size,won\n".to_owned();
    for lead in 0..400 {
        writeln!(contacts, "L{lead},{},{}", lead / 4 % 2, if lead % 4 == 0 { "yes" } else { "no" }).unwrap();
    }
    fs::write(folder.path().join("leads.csv"), contacts).unwrap();
    let error = leadscore(folder.path(), "fit leads.csv --outcome won").assert().code(1).get_output().stderr.clone();
    assert!(String::from_utf8(error).unwrap().contains("no rule to be learned"));
    assert!(!folder.path().join("learned.yaml").exists());
}

#[test]
fn what_was_promised_came_about_even_where_there_are_few_contacts() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    leads(folder, 300, 13);
    let report = said(folder, FIT);
    let bands: Vec<&str> = report.split("came about\n").nth(2).unwrap().lines().skip(1).take(3).collect();
    let (mut promised, mut reached, mut all) = (0.0, 0.0, 0.0);
    for band in bands {
        let figures: Vec<f64> = band.split_whitespace().filter_map(|word| word.replace(',', "").parse().ok()).collect();
        let [_, _, contacts, chance, share] = figures[..] else { panic!("{band}") };
        all += contacts;
        promised += contacts * chance / 100.0;
        reached += contacts * share / 100.0;
    }
    // The best of those that were not seen: within two standard deviations of what was promised.
    let deviation = (promised * (1.0 - promised / all)).sqrt();
    assert!(
        (promised - reached).abs() < 2.0 * deviation,
        "{promised} of {all} promised, {reached} came about: {report}"
    );
}

#[test]
fn a_short_card_has_no_more_rules_than_asked_and_points_go_one_way_where_asked() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    leads(folder, 2000, 5);
    let rules_of = |text: &str| {
        let file: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
        file["scores"]["learned"]["rules"].as_sequence().unwrap().clone()
    };
    // A date is a rule for each of its spans, a cross one for each of its parts: all of them count.
    for most in 1..9 {
        said(folder, &format!("{FIT} --max-rules {most} -q"));
        let text = fs::read_to_string(folder.join("learned.yaml")).unwrap();
        assert!((1..=most).contains(&rules_of(&text).len()), "{most}: {text}");
    }
    said(folder, &format!("{FIT} --max-rules 4 --exclude created --rising head.count -q"));
    let text = fs::read_to_string(folder.join("learned.yaml")).unwrap();
    let rules = rules_of(&text);
    assert!((1..=4).contains(&rules.len()), "{text}");
    let sizes: Vec<_> = rules.iter().filter(|rule| rule["points_by"] == "head_count").collect();
    assert!(!sizes.is_empty(), "{text}");
    for rule in sizes {
        let otherwise = rule.get("otherwise").map_or(0, |points| points.as_i64().unwrap());
        let steps = rule["steps"].as_mapping().unwrap().values().map(|points| points.as_i64().unwrap());
        assert!(std::iter::once(otherwise).chain(steps).is_sorted(), "{text}");
    }
}

#[test]
fn capacity_and_precision_set_where_sql_begins() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    leads(folder, 2000, 6);
    let reached = |option: &str| {
        said(folder, &format!("{FIT} {option} -q"));
        let text = fs::read_to_string(folder.join("learned.yaml")).unwrap();
        let told = text.lines().rfind(|line| line.contains("it came about for")).unwrap().to_owned();
        let share = told.split("came about for ").nth(1).unwrap();
        let share = share
            .split(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .next()
            .unwrap()
            .parse::<f64>()
            .unwrap();
        (share, told.split_whitespace().nth(1).unwrap().replace(',', "").parse::<f64>().unwrap())
    };
    let (_, contacts) = reached("--capacity 150");
    assert!(contacts <= 150.0 && contacts > 75.0, "{contacts}");
    let (share, _) = reached("--precision 60%");
    assert!((60.0..75.0).contains(&share), "{share}");
}

#[test]
fn a_lookalike_has_what_customers_have() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    leads(folder, 2000, 7);
    let text = fs::read_to_string(folder.join("leads.csv")).unwrap();
    let (mut customers, mut contacts) = (String::new(), String::new());
    for (at, line) in text.lines().enumerate() {
        let is_customer = line.contains(",UA,");
        if at == 0 || is_customer {
            writeln!(customers, "{line}").unwrap();
        }
        // Every third customer is among the contacts too.
        if at == 0 || !is_customer || at % 3 == 0 {
            writeln!(contacts, "{line}").unwrap();
        }
    }
    fs::write(folder.join("customers.csv"), &customers).unwrap();
    fs::write(folder.join("contacts.csv"), &contacts).unwrap();
    let report = said(folder, "fit contacts.csv --customers customers.csv --exclude won,closed_by");
    let both = contacts.lines().filter(|line| line.contains(",UA,")).count();
    assert!(
        report.starts_with("Outcome   customer: ") && report.contains(&format!("; {both} not decided or left out"))
    );
    said(folder, "score contacts.csv -r learned.yaml -o scored.csv");
    let scored = fs::read_to_string(folder.join("scored.csv")).unwrap();
    let best: Vec<&str> = scored.lines().skip(1).take(both).collect();
    assert!(best.iter().all(|line| line.contains(",UA,")), "who is like customers comes first");
}

#[test]
fn an_option_that_names_no_column_is_an_error() {
    let folder = TempDir::new().unwrap();
    leads(folder.path(), 100, 8);
    for (option, hint) in
        [("--exclude closedby", "`closed_by`"), ("--rising employees", "there are:"), ("--only x", "there are:")]
    {
        let line = format!("fit leads.csv --outcome won {option}");
        let error = leadscore(folder.path(), &line).assert().code(1).get_output().stderr.clone();
        let error = String::from_utf8(error).unwrap();
        assert!(error.contains("there is no such column") && error.contains(hint), "{error}");
    }
}

/// The points of every number in the rules of a learned file, in order.
fn numbers(text: &str) -> Vec<i64> {
    fn collect(value: &serde_yaml::Value, found: &mut Vec<i64>) {
        match value {
            serde_yaml::Value::Mapping(entries) => entries.iter().for_each(|(key, value)| match value.as_i64() {
                Some(points) if key != "at_least" && key != "below" => found.push(points),
                _ => collect(value, found),
            }),
            serde_yaml::Value::Sequence(members) => members.iter().for_each(|member| collect(member, found)),
            _ => {}
        }
    }
    let file: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
    let mut found = Vec::new();
    collect(&file["scores"]["learned"]["rules"], &mut found);
    found
}

const UPDATE: &str = "fit leads.csv --outcome won -a activities.csv --as-of 2026-11-01 --update learned.yaml";

#[test]
fn an_update_with_the_same_contacts_leaves_the_points_as_they_are() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    leads(folder, 3000, 1);
    said(folder, &format!("{FIT} -q"));
    let before = fs::read_to_string(folder.join("learned.yaml")).unwrap();
    let report = said(folder, &format!("{UPDATE} -o again.yaml"));
    let after = fs::read_to_string(folder.join("again.yaml")).unwrap();
    let (old, new) = (numbers(&before), numbers(&after));
    assert!(old.len() > 20 && old.len() == new.len(), "{before}");
    assert!(old.iter().zip(&new).all(|(old, new)| (old - new).abs() <= 1), "{report}");
    assert!(report.starts_with("Moved     0 of "), "{report}");
    assert_eq!(figures(&report, "the old points").len(), 5);
    let begin = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.contains("grades:") || line.contains("learned: {")).map(str::to_owned).collect()
    };
    assert!(begin(&before).len() == 3 && begin(&before) == begin(&after), "{after}");
}

#[test]
fn an_update_moves_the_rule_that_drifted_and_says_why() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    leads(folder, 4000, 9);
    said(folder, &format!("{FIT} -q"));
    let learned = fs::read_to_string(folder.join("learned.yaml")).unwrap();
    // A person's hand: a comment, an order, a rule that cannot be learned again.
    let own = "    rules: # ours\n      # The newest visits count, whatever was learned.\n      - { name: Opens, activity: open, points: 3, decay: { half_life: 30d } } # as agreed\n";
    let edited = learned.replacen("    rules:\n", own, 1);
    assert_ne!(edited, learned);
    fs::write(folder.join("learned.yaml"), &edited).unwrap();
    // Those with a phone number do not buy any more often than others now: most of their wins are gone.
    leads(folder, 4000, 10);
    let text = fs::read_to_string(folder.join("leads.csv")).unwrap();
    let drifted = |(at, line): (usize, &str)| match line.contains("+48") && at % 5 > 0 {
        true => line.replace(",yes,Anna", ",no,"),
        false => line.to_owned(),
    };
    let drifted: Vec<String> = text.lines().enumerate().map(drifted).collect();
    fs::write(folder.join("leads.csv"), drifted.join("\n")).unwrap();
    let report = said(folder, &format!("{UPDATE} -o learned.yaml"));
    let why = report.lines().find(|line| line.starts_with("Why")).unwrap();
    assert!(why.starts_with("Why       Phone given") && why.contains(" → ") && why.contains(" % of "), "{report}");
    assert!(report.contains("Kept      Opens: it counts activities one by one"), "{report}");
    let (old, new) = (figures(&report, "the old points"), figures(&report, "the new points, on folds not seen"));
    assert!(new[0] > old[0] + 0.02 && new[2] < old[2], "{report}");
    // Only numbers are others: each line is there, in its place, and the person's as they were.
    let after = fs::read_to_string(folder.join("learned.yaml")).unwrap();
    let bare = |text: &str| text.replace(|letter: char| letter.is_ascii_digit() || letter == '-', "");
    assert_eq!(bare(&edited), bare(&after));
    assert!(after.contains(own) && after != edited, "{after}");
    leadscore(folder, "score leads.csv -r learned.yaml -a activities.csv -o scored.csv").assert().success();
}

#[test]
fn what_cannot_be_updated_is_an_error_that_says_why() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    leads(folder, 200, 11);
    let sum = "scores: { a: { rules: [{ name: A, when: { phone: present }, points: 1 }] }, b: { sum: { a: 1 } } }\nrank_by: b";
    let decay = "scores: { a: { rules: [{ name: A, activity: open, points: 1 }] } }";
    let shared = "scores: { a: { rules: [{ name: A, when: { phone: present }, points: &n 9 }, \
                  { name: B, when: { phone: missing }, points: *n }] } }";
    for (text, hint) in [
        ("stages: []", "no `scores`"),
        (sum, "is a sum of other scores"),
        (decay, "no rule of the score `a` can be learned again"),
    ] {
        fs::write(folder.join("rules.yaml"), format!("version: 1\n{text}\n")).unwrap();
        let line = "fit leads.csv --outcome won -a activities.csv --update rules.yaml -o new.yaml";
        let error = leadscore(folder, line).assert().code(1).get_output().stderr.clone();
        let error = String::from_utf8(error).unwrap();
        assert!(error.contains(hint), "{error}");
        assert!(!folder.join("new.yaml").exists());
    }
    let error = |line: &str, code: i32| {
        let error = leadscore(folder, line).assert().code(code).get_output().stderr.clone();
        String::from_utf8(error).unwrap()
    };
    assert!(
        error("fit leads.csv --outcome won --update none.yaml -o new.yaml", 1).contains("cannot read the rule file")
    );
    assert!(error("fit leads.csv --outcome won --update rules.yaml --max-rules 3", 2).contains("--max-rules"));
    fs::write(folder.join("rules.yaml"), format!("version: 1\n{shared}\n")).unwrap();
    leads(folder, 2000, 12);
    let line = "fit leads.csv --outcome won --update rules.yaml -o new.yaml";
    assert!(error(line, 1).contains("cannot be changed by itself"));
    assert!(!folder.join("new.yaml").exists());
    leads(folder, 40, 4);
    assert!(
        error("fit leads.csv --outcome won --update rules.yaml -o new.yaml", 1).contains("too little to learn from")
    );
}

#[test]
fn a_header_that_stands_twice_is_left_out_and_named() {
    let folder = TempDir::new().unwrap();
    leads(folder.path(), 400, 3);
    let twice = fs::read_to_string(folder.path().join("leads.csv")).unwrap().replacen("country", "source", 1);
    fs::write(folder.path().join("leads.csv"), twice).unwrap();
    let why = "leads.csv has several columns of this name; rename all but one of them in the export";
    let report = said(folder.path(), "fit leads.csv --outcome won -o learned.yaml");
    assert!(report.contains(&format!("Warning   `Source` is left out: {why}")), "{report}");
    let learned = fs::read_to_string(folder.path().join("learned.yaml")).unwrap();
    assert!(!learned.contains("source") && !learned.contains("Source"), "{learned}");
    // Where it is asked for, there is no way around it.
    let fails = |options: &str, message: &str| {
        let line = format!("fit leads.csv {options} -o never.yaml");
        let failed = leadscore(folder.path(), &line).assert().failure();
        let told = String::from_utf8_lossy(&failed.get_output().stderr).into_owned();
        assert!(told.contains(message), "{options}: {told}");
    };
    fails("--outcome won --only source", &format!("--only source: {why}"));
    fails("--outcome source=Ads", &format!("--outcome source=Ads: {why}"));
    fs::write(folder.path().join("leads.csv"), "lead_id,won,a,A\n1,yes,2,3\n").unwrap();
    fails("--outcome won", &format!("nothing left to learn from; `a` is left out: {why}"));
}
