//! What may be learned from: every usable column, and what can be counted of activities.
//!
//! In: the exports, looked at. Out: [`Draft`], a rule file that asks for all candidates at once, so
//! that the engine itself reads and counts them, just as it will when it scores. Not here: their values.

use crate::cli::FitArgs;
use crate::commands::init::activities::{self, Activities};
use crate::commands::init::contacts::{self, Contacts, push_new};
use crate::commands::init::fields::Fields;
use crate::commands::init::page::{list, map, one_or_more};
use crate::commands::init::profile::{Column, Nature, Profile};
use crate::diagnostic::{did_you_mean, nearest};
use crate::input::{self, Options};
use crate::record::{Cells, Table, loose};
use crate::value::{DecimalMark, fold};
use anyhow::bail;
use serde_yaml::{Mapping, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The most types of activities that are counted each by itself.
const TYPES: usize = 15;
/// The windows in which activities are counted, in days.
const WINDOWS: [u16; 5] = [7, 30, 90, 180, 365];

/// Where the value of a candidate comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// A column, by the name that rules use, and what of it is learned from.
    Column(String, Kind),
    /// A tally: its name and what is counted.
    Tally(String, Value),
}

/// What of a column is learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its numbers.
    Number(DecimalMark),
    /// How long ago its dates are.
    Age,
    /// Its texts, or their members.
    Text,
    /// Only whether there is one: names, and addresses and numbers by which somebody is called.
    Presence,
}

/// Something that may be learned from.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// What people call it.
    pub label: String,
    /// Where its value comes from.
    pub origin: Origin,
}

impl Candidate {
    /// The name by which rules call it.
    pub fn name(&self) -> &str {
        match &self.origin {
            Origin::Column(name, _) | Origin::Tally(name, _) => name,
        }
    }

    /// Its entry under `tallies`, if it is one.
    pub fn tally_entry(&self) -> Option<(Value, Value)> {
        match &self.origin {
            Origin::Tally(name, definition) => Some((name.as_str().into(), definition.clone())),
            Origin::Column(..) => None,
        }
    }
}

/// The candidates, and how their files are read.
#[derive(Debug)]
pub struct Draft {
    /// In the order of the files.
    pub candidates: Vec<Candidate>,
    /// Why some columns are left out that nobody asked to leave out.
    pub left_out: Vec<String>,
    /// Columns that are read but not learned from: the outcome, dates.
    also_read: Vec<String>,
    contacts: Contacts,
    activities: Option<Activities>,
    /// The name of the score.
    pub score: String,
}

/// Looks at the exports and lays out the candidates.
///
/// # Errors
/// Where a file cannot be read, an option names no column, or nothing is left to learn from.
pub fn draft(args: &FitArgs, contact_files: &[String], outcome: Option<&str>) -> anyhow::Result<Draft> {
    let options = crate::commands::options(&args.reading);
    let mut profiles = Vec::new();
    for path in contact_files {
        profiles.push(Profile::of(path, profiles.len(), &options)?);
    }
    let doubtful: Vec<Doubtful> = profiles.iter_mut().flat_map(set_aside).collect();
    let columns = united(&profiles);
    let mut contacts = contacts::propose(&profiles);
    contacts.fields = Fields::default();
    let taken: Vec<String> = columns.iter().map(|column| loose(&column.header)).collect();
    let mut score = "learned".to_owned();
    while taken.iter().any(|header| header.starts_with(&score)) {
        score.push_str("_score");
    }
    let left_out = doubtful.iter().map(|one| format!("`{}` is left out: {}", one.header, one.why)).collect();
    let mut draft =
        Draft { candidates: Vec::new(), left_out, also_read: Vec::new(), contacts, activities: None, score };
    let read = [outcome, args.sources.as_of_field.as_deref(), args.time_split.as_deref()];
    let is_scored = columns.iter().any(|column| column.header == "lead_rank");
    // Where customers come in a file of their own, a column that only one of the files has tells them.
    let in_every_file = |column: &Column| {
        let has = |profile: &Profile| profile.columns.iter().any(|other| loose(&other.header) == loose(&column.header));
        profiles.iter().all(has)
    };
    for &column in &columns {
        let named = |names: &[String]| names.iter().any(|name| loose(name) == loose(&column.header));
        if read.iter().flatten().any(|name| loose(name) == loose(&column.header)) {
            push_new(&mut draft.also_read, &draft.contacts.fields.name(column));
            continue;
        }
        let is_id = draft.contacts.id.contains(&column.header) && tells_apart(column);
        let is_own = is_scored && column.header.starts_with("lead_");
        let is_wanted = (args.only.is_empty() || named(&args.only)) && !named(&args.exclude);
        if is_wanted && !is_id && !is_own && (args.customers.is_none() || in_every_file(column)) {
            let origin = Origin::Column(draft.contacts.fields.name(column), kind(column));
            draft.candidates.push(Candidate { label: label(&column.header), origin });
        }
    }
    let types = if args.sources.activities.is_empty() {
        Vec::new()
    } else {
        draft.count_activities(args, &profiles, &taken, &options)?
    };
    check_names(args, &columns, &types, &doubtful)?;
    if draft.candidates.is_empty() && !draft.left_out.is_empty() {
        bail!("there is nothing left to learn from; {}", draft.left_out.join("; "));
    }
    if draft.candidates.is_empty() {
        bail!("there is nothing left to learn from; name more columns with --only, or fewer with --exclude");
    }
    Ok(draft)
}

/// A header that leaves open which column it means.
struct Doubtful {
    header: String,
    /// Why, and what to do.
    why: String,
}

/// Takes out of a profile the columns that a rule could not tell from another one.
fn set_aside(profile: &mut Profile) -> Vec<Doubtful> {
    let headers = &profile.table.columns;
    let alike = |header: &str| headers.iter().filter(|other| loose(other) == loose(header)).count();
    let mut doubtful: Vec<Doubtful> = Vec::new();
    for header in headers.iter().filter(|header| !header.trim().is_empty() && alike(header) > 1) {
        if !doubtful.iter().any(|known| loose(&known.header) == loose(header)) {
            doubtful.push(Doubtful { header: header.clone(), why: several(&profile.table) });
        }
    }
    profile.columns.retain(|column| alike(&column.header) == 1);
    doubtful
}

/// Why a header is doubtful that several columns of a table have.
pub fn several(table: &Table) -> String {
    format!("{} has several columns of this name; rename all but one of them in the export", table.name)
}

/// The columns of all files, each once.
fn united(profiles: &[Profile]) -> Vec<&Column> {
    let mut columns: Vec<&Column> = Vec::new();
    for column in profiles.iter().flat_map(|profile| &profile.columns) {
        match columns.iter_mut().find(|known| loose(&known.header) == loose(&column.header)) {
            // A file whose first rows are empty there says nothing about the column.
            Some(known) if known.nature == Nature::Empty => *known = column,
            Some(_) => {}
            None => columns.push(column),
        }
    }
    columns
}

/// Every option must name something, so that a typing error lets no leak through.
fn check_names(args: &FitArgs, columns: &[&Column], types: &[String], doubtful: &[Doubtful]) -> anyhow::Result<()> {
    let headers = || columns.iter().map(|column| column.header.as_str());
    let options = [("--only", &args.only), ("--rising", &args.rising), ("--falling", &args.falling)];
    let named = options.iter().flat_map(|(option, names)| names.iter().map(|name| (*option, name.as_str())));
    let named = named.chain(args.time_split.as_deref().map(|name| ("--time-split", name)));
    let known = |name: &str| headers().any(|header| loose(header) == loose(name));
    for (option, name) in named.chain(args.exclude.iter().map(|name| ("--exclude", name.as_str()))) {
        let one = doubtful.iter().find(|one| loose(&one.header) == loose(name));
        if let Some(one) = one.filter(|_| option != "--exclude") {
            bail!("{option} {name}: {}", one.why);
        }
        let is_known = known(name) || one.is_some();
        let is_type = option == "--exclude" && types.iter().any(|kind| loose(kind) == loose(name));
        if !is_known && !is_type {
            let like = nearest(name, headers().chain(types.iter().map(String::as_str)));
            let all: Vec<&str> = headers().collect();
            let hint = if like.is_empty() { format!("there are: {}", all.join(", ")) } else { did_you_mean(&like) };
            bail!("{option} {name}: there is no such column; {hint}");
        }
    }
    Ok(())
}

/// Whether a column looks like an id rather than a measure that happens to differ from row to row.
fn tells_apart(column: &Column) -> bool {
    let is_called_so = column.speaks_of(&["id", "ids", "number", "no", "nr", "key", "leid", "identyfikator"]);
    is_called_so || !matches!(column.nature, Nature::Number(_) | Nature::Choice | Nature::Flag | Nature::Date(..))
}

/// What of a column is learned from; ids in digits are texts.
fn kind(column: &Column) -> Kind {
    let numbers = ["phone", "mobile", "tel", "telephone", "telefon", "fax"];
    let names =
        ["first name", "firstname", "last name", "lastname", "full name", "surname", "imie", "imię", "nazwisko"];
    match column.nature {
        Nature::Email => Kind::Presence,
        Nature::Number(_) | Nature::Choice | Nature::Text if column.speaks_of(&[&numbers[..], &names].concat()) => {
            Kind::Presence
        }
        Nature::Number(mark) if !column.speaks_of(&["id", "ids"]) => Kind::Number(mark),
        Nature::Date(..) => Kind::Age,
        _ => Kind::Text,
    }
}

/// What people call a column.
pub fn label(header: &str) -> String {
    let plain = header.trim().replace(['_', '.'], " ");
    let mut letters = plain.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    first + letters.as_str()
}

impl Draft {
    /// Adds what can be counted; returns the types and the columns of the activities.
    fn count_activities(
        &mut self,
        args: &FitArgs,
        contacts: &[Profile],
        taken: &[String],
        options: &Options,
    ) -> anyhow::Result<Vec<String>> {
        let mut profiles = Vec::new();
        for argument in &args.sources.activities {
            let (kind, path) = input::activity_source(argument);
            let mut profile = Profile::of(path, profiles.len(), options)?;
            profile.table.activity_type = kind.map(str::to_owned);
            let told = |one: Doubtful| format!("`{}` of the activities is left out: {}", one.header, one.why);
            self.left_out.extend(set_aside(&mut profile).into_iter().map(told));
            profiles.push(profile);
        }
        let mut found = activities::propose(&profiles, contacts, &self.contacts)?;
        let mut types: BTreeMap<String, (String, u64)> = BTreeMap::new();
        for argument in &args.sources.activities {
            count_types(argument, &found.kind, options, &mut types)?;
        }
        let mut types: Vec<(String, u64)> = types.into_values().collect();
        types.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let is_out = |name: &str| args.exclude.iter().any(|other| loose(other) == loose(name));
        let mut names: Vec<String> = types.iter().map(|(kind, _)| kind.clone()).collect();
        let (mut sums, mut texts) = (BTreeMap::new(), BTreeMap::new());
        let own: BTreeSet<&String> = [&found.contact, &found.kind].into_iter().flatten().chain(&found.id).collect();
        for column in united(&profiles) {
            names.push(column.header.clone());
            if own.contains(&column.header) || is_out(&column.header) {
                continue;
            }
            match column.nature {
                Nature::Number(_) => sums.insert(found.fields.name(column), label(&column.header)),
                Nature::Choice | Nature::Text => texts.insert(found.fields.name(column), label(&column.header)),
                _ => None,
            };
        }
        let several = types.len() > 1;
        types.retain(|(kind, _)| !is_out(kind) && fold(kind) != "any");
        let kinds = types.iter().take(TYPES).map(|(kind, _)| kind.as_str());
        // Of types that are left out, `any` would tell after all.
        let is_whole = several && types.len() == names.len() - united(&profiles).len();
        for kind in is_whole.then_some("any").into_iter().chain(kinds) {
            self.add_tallies(kind, &sums, &texts, taken);
        }
        self.activities = Some(found);
        Ok(names)
    }

    fn add_tallies(
        &mut self,
        kind: &str,
        sums: &BTreeMap<String, String>,
        texts: &BTreeMap<String, String>,
        taken: &[String],
    ) {
        let measure = |measure: Value| map([("activity", kind.into()), ("measure", measure)]);
        let called = if kind == "any" { "Any activity".to_owned() } else { label(kind) };
        let mut add = |what: &str, words: String, definition: Value| {
            let name = self.tally_name(kind, what, taken);
            self.candidates
                .push(Candidate { label: format!("{called}{words}"), origin: Origin::Tally(name, definition) });
        };
        add("count", ", how often".to_owned(), map([("activity", kind.into())]));
        for days in WINDOWS {
            let window = map([("activity", kind.into()), ("within", format!("{days}d").into())]);
            add(&format!("{days}d"), format!(" within {days} days"), window);
        }
        add("days", ", on how many days".to_owned(), measure("days".into()));
        add("idle", ", days since the last".to_owned(), measure("days_since_last".into()));
        add("age", ", days since the first".to_owned(), measure("days_since_first".into()));
        for (name, column) in sums {
            let definition = measure(map([("sum", name.as_str().into())]));
            add(&format!("sum_{name}"), format!(", sum of {column}"), definition);
        }
        for (name, column) in texts {
            let definition = measure(map([("distinct", name.as_str().into())]));
            add(&format!("different_{name}"), format!(", how many different {column}"), definition);
        }
    }

    /// A name for a tally that nothing else has.
    fn tally_name(&self, kind: &str, what: &str, taken: &[String]) -> String {
        let plain = |letter: char| if letter.is_alphanumeric() { letter } else { '_' };
        let mut name: String = format!("{kind}_{what}").to_lowercase().chars().map(plain).collect();
        if !name.starts_with(char::is_alphabetic) {
            name.insert_str(0, "activity_");
        }
        let is_taken = |name: &String| {
            taken.contains(&loose(name)) || self.candidates.iter().any(|other| loose(other.name()) == loose(name))
        };
        while is_taken(&name) {
            name.push_str("_2");
        }
        name
    }

    /// The rule file that asks for everything.
    pub fn rules(&self) -> String {
        let columns = self.candidates.iter().filter(|candidate| candidate.tally_entry().is_none());
        let read = columns.map(Candidate::name).chain(self.also_read.iter().map(String::as_str));
        let asks = |name: &str| map([(name, "present".into())]);
        let tallies: Mapping = self.candidates.iter().filter_map(Candidate::tally_entry).collect();
        let first_tally = tallies.keys().next().and_then(Value::as_str).map(asks);
        let conditions = read.map(asks).chain(first_tally);
        let rule =
            |(at, when): (usize, Value)| map([("name", at.to_string().into()), ("when", when), ("points", 1.into())]);
        let rules: Vec<Value> = conditions.enumerate().map(rule).collect();
        let mut file = vec![("version", Value::from(1)), ("contacts", Value::Mapping(self.contacts_section(|_| true)))];
        file.extend(self.activities_section(|_| true).map(|section| ("activities", Value::Mapping(section))));
        if !tallies.is_empty() {
            file.push(("tallies", Value::Mapping(tallies)));
        }
        file.push(("scores", map([(self.score.as_str(), map([("rules", Value::Sequence(rules))]))])));
        // Printing fails only for what a rule file has none of, such as tags.
        serde_yaml::to_string(&map(file)).unwrap_or_default()
    }

    /// `contacts:`, with the fields that are wanted.
    pub fn contacts_section(&self, wanted: impl Fn(&str) -> bool) -> Mapping {
        let mut section = vec![("id", one_or_more(&self.contacts.id))];
        if !self.contacts.known_by.is_empty() {
            section.push(("also_known_by", list(self.contacts.known_by.iter().map(String::as_str))));
        }
        section.extend(fields(&self.contacts.fields, &wanted));
        if !self.contacts.missing.is_empty() {
            section.push(("missing", list(self.contacts.missing.iter().map(String::as_str))));
        }
        section.into_iter().map(|(key, value)| (Value::from(key), value)).collect()
    }

    /// `activities:`, with the fields that are wanted.
    pub fn activities_section(&self, wanted: impl Fn(&str) -> bool) -> Option<Mapping> {
        let found = self.activities.as_ref()?;
        let mut section = vec![("contact", one_or_more(&found.contact)), ("at", one_or_more(&found.at))];
        if !found.kind.is_empty() {
            section.push(("type", one_or_more(&found.kind)));
        }
        section.extend(found.id.as_ref().map(|id| ("id", Value::from(id.as_str()))));
        section.extend(fields(&found.fields, &|name: &str| wanted(name) || found.at.iter().any(|at| at == name)));
        if !found.missing.is_empty() {
            section.push(("missing", list(found.missing.iter().map(String::as_str))));
        }
        Some(section.into_iter().map(|(key, value)| (Value::from(key), value)).collect())
    }
}

fn fields(fields: &Fields, wanted: &impl Fn(&str) -> bool) -> Option<(&'static str, Value)> {
    let is_wanted = |name: &Value| name.as_str().is_some_and(wanted);
    let entries = fields.entries.iter().filter(|(name, _)| is_wanted(name));
    let entries: Mapping = entries.map(|(name, entry)| (name.clone(), entry.clone())).collect();
    (!entries.is_empty()).then_some(("fields", Value::Mapping(entries)))
}

/// Counts the types in an activity export, to its end, by their folded names.
fn count_types(
    argument: &str,
    headers: &[String],
    options: &Options,
    types: &mut BTreeMap<String, (String, u64)>,
) -> anyhow::Result<()> {
    let (kind, path) = input::activity_source(argument);
    if let Some(kind) = kind {
        types.entry(fold(kind).into_owned()).or_insert_with(|| (kind.to_owned(), 0)).1 += 1;
        return Ok(());
    }
    let mut reader = input::open(path, 0, options)?;
    let table = reader.table().clone();
    let Ok(place) = table.find(headers) else { return Ok(()) };
    let mut cells = Cells::of(&table);
    while let Some(block) = reader.next_block()? {
        block.for_each_record(&table, &mut cells, |record, _| {
            let text = record.get(place).trim();
            if let Some(known) = types.get_mut(&*fold(text)) {
                known.1 += 1;
            } else if !text.is_empty() {
                types.insert(fold(text).into_owned(), (text.to_owned(), 1));
            }
        });
    }
    Ok(())
}
