//! What must hold whatever the rules: order, chunks and orphans change nothing, lines add up to scores.

use std::collections::BTreeMap;

use crate::generate::BONUS;
use crate::generate::Case;
use crate::generate::dice::Dice;
use crate::oracle::decimal::Dec;
use crate::oracle::sheet::csv_rows;
use crate::random_cases::seeds;
use crate::run::{Folder, Written, scored};

/// Runs a property over random cases; a case for which it says nothing is passed over.
fn for_cases(property: impl Fn(&mut Case) -> Option<Result<(), String>>) {
    let seeds = seeds(40);
    let mut told = 0;
    for &seed in &seeds {
        let mut case = Case::new(seed);
        match property(&mut case) {
            Some(Err(what)) => panic!("{:?}", Folder::new(&case).fault(&what)),
            Some(Ok(())) => told += 1,
            None => {}
        }
    }
    assert!(told > 0 || seeds.len() == 1, "no case says anything");
}

fn same(before: &Written, after: &Written, what: &str) -> Result<(), String> {
    if before == after {
        return Ok(());
    }
    Err(format!("{what} changes what is written\nbefore:\n{before:#?}\nafter:\n{after:#?}"))
}

#[test]
fn the_order_of_the_activities_does_not_matter() {
    for_cases(|case| {
        if case.has_activity_ids {
            return None;
        }
        let before = scored(case);
        let mut dice = Dice::new(case.seed);
        for (_, table) in &mut case.activities {
            dice.shuffle(&mut table.rows);
        }
        case.activities.reverse();
        Some(same(&before, &scored(case), "another order of the activities"))
    });
}

#[test]
fn activities_in_two_files_are_the_same_activities() {
    for_cases(|case| {
        let before = scored(case);
        let (kind, mut table) = case.activities.remove(0);
        let at = Dice::new(case.seed).below(table.rows.len() + 1);
        let mut second = table.clone();
        second.rows = table.rows.split_off(at);
        case.activities.insert(0, (kind.clone(), second));
        case.activities.insert(0, (kind, table));
        Some(same(&before, &scored(case), "a second activity file"))
    });
}

#[test]
fn contacts_in_two_files_are_the_same_contacts() {
    for_cases(|case| {
        let before = scored(case);
        let mut table = case.contacts.remove(0);
        let at = Dice::new(case.seed).below(table.rows.len() + 1);
        let mut second = table.clone();
        second.rows = table.rows.split_off(at);
        case.contacts.insert(0, second);
        case.contacts.insert(0, table);
        Some(same(&before, &scored(case), "a second contact file"))
    });
}

#[test]
fn an_orphan_changes_nothing() {
    for_cases(|case| {
        let before = scored(case);
        let table = &mut case.activities[0].1;
        let mut orphan = table.rows.first()?.clone();
        // The contact stands first; an activity's id, where there is one, after the time.
        orphan[0] = "a stranger".to_string();
        if case.has_activity_ids {
            orphan[3] = "an id of its own".to_string();
        }
        table.rows.push(orphan);
        Some(same(&before, &scored(case), "an orphan activity"))
    });
}

/// The rows of a CSV text as mappings; of two columns of one name the last one stays.
fn records(text: &str) -> Vec<BTreeMap<String, String>> {
    let rows = csv_rows(text);
    let header = rows[0].clone();
    let record = |row: &Vec<String>| header.iter().cloned().zip(row.iter().cloned()).collect();
    rows[1..].iter().map(record).collect()
}

fn number(text: &str) -> Dec {
    Dec::plain(text).unwrap_or_else(|| panic!("{text} is no plain number"))
}

#[test]
fn the_lines_of_the_breakdown_add_up_to_the_score() {
    for_cases(|case| {
        let written = scored(case);
        let mut open: BTreeMap<(String, String), Dec> = BTreeMap::new();
        let mut add = |id: &str, score: &str, points: Dec| {
            // Contacts without an id cannot be told apart in the breakdown: they are summed up.
            let none = ["", "n/a", "select"].contains(&id.trim().to_lowercase().as_str());
            let id = if none { String::new() } else { id.trim().to_string() };
            let sum = open.entry((id, score.to_string())).or_insert(Dec::ZERO);
            *sum = sum.plus(points);
        };
        for line in records(&written.breakdown) {
            add(&line["contact"], &line["score"], number(&line["points"]));
        }
        for row in records(&written.scored) {
            for score in ["fit", "engagement", "local", "middle", "total"] {
                let value = row.get(&format!("{}{score}", case.prefix));
                if let Some(value) = value.filter(|value| !value.is_empty()) {
                    add(&row[&case.contacts[0].header[case.id_place]], score, number(value).negated());
                }
            }
        }
        let off = open.into_iter().find(|(_, sum)| !sum.is_zero());
        Some(off.map_or(Ok(()), |((id, score), sum)| Err(format!("the lines of {id:?} for {score} are off by {sum}"))))
    });
}

#[test]
fn more_points_for_a_contact_rule_never_lower_its_score() {
    for_cases(|case| {
        // A negative multiplier is the one thing that may turn the direction.
        if !case.template.contains(BONUS) || case.template.contains("by: -") {
            return None;
        }
        let column = format!("{}fit", case.prefix);
        let scores = |case: &Case| {
            let rows = records(&scored(case).scored);
            rows.into_iter().map(|row| (row["row"].clone(), row[&column].clone())).collect::<BTreeMap<_, _>>()
        };
        let before = scores(case);
        case.rules = case.template.replace(BONUS, "17.5");
        let after = scores(case);
        let lowered = before.iter().find(|(row, score)| !score.is_empty() && number(score) > number(&after[*row]));
        Some(
            lowered.map_or(Ok(()), |(row, score)| {
                Err(format!("{row} had {score} and has {} with more points", after[row]))
            }),
        )
    });
}

#[test]
fn a_scored_file_scored_again_is_the_same_file() {
    for_cases(|case| {
        // Files of different headers become one file in which each has its column; and to whom a
        // shared name belongs depends on the order.
        if case.contacts.len() > 1 || case.rules.contains("also_known_by") {
            return None;
        }
        let before = scored(case);
        let mut rows = csv_rows(&before.scored);
        case.contacts[0].header = rows.remove(0);
        case.contacts[0].rows = rows;
        let mut after = scored(case);
        // An account's key is written as its first contact in the input writes it.
        after.accounts.clone_from(&before.accounts);
        Some(same(&before, &after, "scoring again"))
    });
}
