//! `leadscore init`: a rule file to start from, made from the exports at hand.
//!
//! In: contact and activity exports, or none; perhaps the system they are from. Out: a commented
//! rule file that scores just these: of a known system its preset, else made from the columns.
//! It reads the headers and the first rows only, and never replaces a file. Not here: learning
//! points from outcomes; these points are a guess to be changed.

pub(super) mod activities;
pub(super) mod contacts;
pub(super) mod fields;
pub(super) mod page;
mod presets;
pub(super) mod profile;

use super::Status;
use crate::cli::InitArgs;
use crate::input;
use crate::output::file::Target;
use crate::record::Table;
use activities::Activities;
use anyhow::bail;
use contacts::Contacts;
use fields::Fields;
use page::{Idea, Page, list, map, one_or_more};
use presets::Preset;
use profile::{Column, Profile};
use serde_yaml::Value;
use std::io::Write;
use std::path::Path;

/// Writes the rule file.
///
/// # Errors
/// Where an export cannot be read, or the rule file exists already.
pub fn run(args: &InitArgs) -> anyhow::Result<Status> {
    if args.output != Path::new("-") && args.output.symlink_metadata().is_ok() {
        bail!("{} exists already; name another file with -o", args.output.display());
    }
    let options = super::options(&args.reading);
    let mut contact_files = Vec::new();
    for path in &args.contacts {
        let profile = Profile::of(path, contact_files.len(), &options)?;
        if profile.columns.is_empty() {
            bail!("{path} has no header that stands there only once; give its columns names of their own");
        }
        contact_files.push(profile);
    }
    let mut activity_files = Vec::new();
    for argument in &args.activities {
        let (kind, path) = input::activity_source(argument);
        let mut profile = Profile::of(path, activity_files.len(), &options)?;
        if path != "-" {
            profile.read_on(path, &options)?;
        }
        profile.table.activity_type = kind.map(str::to_owned);
        activity_files.push(profile);
    }
    let text = match preset(args, &contact_files, &activity_files)? {
        Some(text) => text,
        None => propose(args, &contact_files, &activity_files)?,
    };
    let mut target = Target::create(&args.output)?;
    target.write_all(text.as_bytes())?;
    target.commit()?;
    if args.output != Path::new("-") {
        let _ = writeln!(
            std::io::stderr(),
            "wrote {0}; change its points to what your sales team knows, then run `leadscore check {0}`",
            args.output.display()
        );
    }
    Ok(Status::Done)
}

/// The rule file of the system that was named, or whose exports these are.
fn preset(args: &InitArgs, contacts: &[Profile], activities: &[Profile]) -> anyhow::Result<Option<String>> {
    let tables = |profiles: &[Profile]| profiles.iter().map(|profile| profile.table.clone()).collect::<Vec<_>>();
    let (contacts, activities) = (tables(contacts), tables(activities));
    let (preset, fitted) = match args.from {
        Some(system) => {
            let preset = Preset::of(system)?;
            let fitted = preset.fitted(&contacts, &activities)?;
            (preset, fitted)
        }
        None => {
            let Some(preset) = Preset::recognised(&contacts)? else { return Ok(None) };
            // Contacts of a known system, activities of another: better made from the columns.
            let Ok(fitted) = preset.fitted(&contacts, &activities) else { return Ok(None) };
            let names = args.contacts.join(" and ");
            let looks = if contacts.len() == 1 { "looks like an export" } else { "look like exports" };
            let _ = writeln!(std::io::stderr(), "{names} {looks} of {}: starting from its preset", preset.about.name);
            (preset, fitted)
        }
    };
    let mut page = Page::default();
    head(&mut page, args, Some(&preset));
    Ok(Some(page.0 + &fitted))
}

fn propose(args: &InitArgs, contact_files: &[Profile], activity_files: &[Profile]) -> anyhow::Result<String> {
    let contacts = if contact_files.is_empty() {
        contacts::propose(&[usual_contacts()])
    } else {
        contacts::propose(contact_files)
    };
    let activities = match (contact_files.is_empty(), activity_files.is_empty()) {
        (true, true) => Some(activities::usual()),
        (false, true) => None,
        (_, false) => Some(activities::propose(activity_files, contact_files, &contacts)?),
    };
    let mut page = Page::default();
    head(&mut page, args, None);
    page.line(0, "");
    page.entry(0, "version", 1);
    contacts_section(&mut page, &contacts);
    if let Some(activities) = &activities {
        activities_section(&mut page, activities);
    }
    scores(&mut page, &contacts, activities.as_ref());
    Ok(page.0)
}

/// The columns of an export that nobody has shown yet.
fn usual_contacts() -> Profile {
    let headers = ["contact_id", "email", "phone", "title", "employees"].map(str::to_owned).to_vec();
    let columns = headers.iter().map(|header| Column::of(header, std::iter::empty())).collect();
    let table = Table { columns: headers, ..Table::default() };
    Profile { table, columns, missing: Vec::new(), rows: 0 }
}

fn head(page: &mut Page, args: &InitArgs, preset: Option<&Preset>) {
    let name = |path: &String| Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let files: Vec<String> = args.contacts.iter().chain(&args.activities).map(name).collect();
    let made_of = if files.is_empty() { String::new() } else { format!(", made from {}", files.join(" and ")) };
    let of = preset.map(|preset| format!(" for exports of {}", preset.about.name)).unwrap_or_default();
    page.comment(0, &format!("Rules for `leadscore score`: a start{of}{made_of}."));
    page.comment(0, "The points are a guess. Change them to what your sales team knows.");
    if preset.is_some() {
        page.comment(
            0,
            "Entries that begin with # ask for columns that your export may not have: switch on what it has.",
        );
    }
}

fn contacts_section(page: &mut Page, contacts: &Contacts) {
    page.line(0, "");
    page.line(0, "contacts:");
    if !contacts.id_is_unique {
        page.comment(1, "Does this column tell contacts apart? Several rows have the same value in it.");
    }
    page.entry(1, "id", one_or_more(&contacts.id));
    if !contacts.known_by.is_empty() {
        page.comment(1, "An activity may name the contact by these too.");
        page.entry(1, "also_known_by", list(contacts.known_by.iter().map(String::as_str)));
    }
    fields(page, "Short names for columns, and how they are read.", &contacts.fields);
    if !contacts.missing.is_empty() {
        page.comment(1, "Texts that mean \"no value\".");
        page.entry(1, "missing", list(contacts.missing.iter().map(String::as_str)));
    }
    page.comment(1, "Times without an offset are UTC unless you say otherwise:\ntimezone: Europe/Warsaw");
}

fn activities_section(page: &mut Page, activities: &Activities) {
    page.line(0, "");
    page.line(0, "activities:");
    page.entry(1, "contact", one_or_more(&activities.contact));
    if !activities.kind.is_empty() {
        page.entry(1, "type", one_or_more(&activities.kind));
    }
    page.entry(1, "at", one_or_more(&activities.at));
    if let Some(id) = &activities.id {
        page.comment(1, "An activity that two exports hold counts once.");
        page.entry(1, "id", id.as_str());
    }
    fields(page, "How columns are read.", &activities.fields);
    if !activities.missing.is_empty() {
        page.entry(1, "missing", list(activities.missing.iter().map(String::as_str)));
    }
    page.comment(1, "timezone: Europe/Warsaw");
}

fn fields(page: &mut Page, why: &str, fields: &Fields) {
    if fields.entries.is_empty() {
        return;
    }
    page.comment(1, why);
    if fields.unsure {
        page.comment(1, "Does the month come first (%m/%d) or the day (%d/%m)? The export does not tell.");
    }
    page.entry(1, "fields", Value::Mapping(fields.entries.clone()));
}

fn scores(page: &mut Page, contacts: &Contacts, activities: Option<&Activities>) {
    let mut engagement: Vec<&[Idea]> = vec![&contacts.behaviour];
    engagement.extend(activities.map(|activities| activities.rules.as_slice()));
    engagement.retain(|ideas| ideas.iter().any(|idea| !idea.off));
    page.line(0, "");
    page.line(0, "scores:");
    page.comment(1, "Who they are.");
    score(page, "fit", [0, 100], &[("A", 75), ("B", 50), ("C", 25), ("D", 0)], &[&contacts.fit]);
    let (mut ranked_by, mut reach) = ("fit", 100);
    if !engagement.is_empty() {
        page.line(0, "");
        page.comment(1, "What they do.");
        // Grades and stages are parts of what these rules can give: few types give few points.
        let most = engagement.iter().copied().flatten().map(most_points).sum::<i64>().min(100);
        if most > 0 {
            let grades = [("1", part(most, 60)), ("2", part(most, 30)), ("3", 0)];
            score(page, "engagement", [0, 100], &grades, &engagement);
        } else {
            score(page, "engagement", [-100, 0], &[("1", 0), ("2", -30), ("3", -100)], &engagement);
        }
        (ranked_by, reach) = ("total", (100 + most) / 2);
        page.line(0, "");
        page.line(1, "total:");
        page.entry(2, "sum", map([("fit", Value::from(0.5)), ("engagement", Value::from(0.5))]));
        page.line(0, "");
        page.comment(0, "Whom to call first.");
        page.entry(0, "rank_by", "total");
        page.comment(0, "A1 .. D3");
        page.entry(0, "grade", list(["fit", "engagement"]));
    }
    if !contacts.disqualify.is_empty() {
        page.line(0, "");
        page.comment(0, "Never handed over, ranked last.");
        page.line(0, "disqualify:");
        page.ideas(1, &contacts.disqualify);
    }
    let reaches = |percent| map([(ranked_by, map([("at_least", part(reach, percent).into())]))]);
    stages(page, reaches(40), reaches(70), activities.map_or(&[], |activities| &activities.asks));
}

/// A part of the points, rounded down to one that is easy to remember.
fn part(whole: i64, percent: i64) -> i64 {
    let exact = whole * percent / 100;
    if exact < 10 { exact } else { exact / 5 * 5 }
}

/// The most points that a rule can give.
fn most_points(idea: &Idea) -> i64 {
    let number = |key: &str| idea.entry.get(key).and_then(Value::as_i64);
    let steps = idea.entry.get("steps").and_then(Value::as_mapping);
    let highest_step = || steps.and_then(|steps| steps.values().filter_map(Value::as_i64).max());
    let most = number("cap").or_else(|| number("points")).or_else(highest_step).unwrap_or_default();
    if idea.off { 0 } else { most.max(0) }
}

fn score(page: &mut Page, name: &str, range: [i64; 2], grades: &[(&str, i64)], rules: &[&[Idea]]) {
    page.line(1, &format!("{name}:"));
    page.entry(2, "range", range.map(Value::from).to_vec());
    page.entry(2, "grades", map(grades.iter().map(|&(grade, bound)| (grade, bound.into()))));
    page.line(2, "rules:");
    rules.iter().for_each(|ideas| page.ideas(3, ideas));
}

fn stages(page: &mut Page, qualified: Value, hot: Value, asks: &[String]) {
    let sales_ready = if asks.is_empty() {
        hot
    } else {
        let did = map([("did", list(asks.iter().map(String::as_str)))]);
        map([("any", Value::Sequence(vec![hot, did]))])
    };
    page.line(0, "");
    page.comment(0, "A ladder, lowest first.");
    page.line(0, "stages:");
    page.ideas(
        1,
        &[
            Idea {
                why: "Marketing goes on with these.",
                entry: map([("name", "MQL".into()), ("when", qualified)]),
                off: false,
            },
            Idea { why: "Sales calls these.", entry: map([("name", "SQL".into()), ("when", sales_ready)]), off: false },
        ],
    );
}
