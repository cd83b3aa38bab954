//! The contacts, whose each activity is, and the measures over activities (the rule reference, §2, §4).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::cell::{self, Item, Value};
use super::condition::{Subject, counts, holds, holds_if_any};
use super::decimal::Dec;
use super::score;
use super::sheet::{Row, Sheet};
use super::{Inputs, Yaml, list_of, text_of, texts_of};

pub struct World {
    pub rules: Yaml,
    pub contacts: Sheet,
    pub activities: Sheet,
    pub people: Vec<Contact>,
    pub inputs: Inputs,
    pub as_of: i64,
    deeds: Vec<Deed>,
}

pub struct Contact {
    pub row: Row,
    /// Empty for a contact without one.
    pub id: String,
}

pub struct Deed {
    pub row: Row,
    pub kind: Option<String>,
    pub at: i64,
    owner: String,
}

const IDS: [&str; 6] = ["contact_id", "Contact ID", "Record ID", "Lead ID", "id", "email"];
const TYPES: [&str; 4] = ["type", "activity_type", "activity", "event"];
const TIMES: [&str; 5] = ["timestamp", "at", "occurred_at", "date", "created_at"];

fn names(yaml: &Yaml, otherwise: &[&str]) -> Vec<String> {
    let given = texts_of(yaml);
    if given.is_empty() { otherwise.iter().map(ToString::to_string).collect() } else { given }
}

fn text(value: &Value) -> Option<String> {
    value.first().map(Item::text)
}

impl World {
    pub fn read(inputs: &Inputs) -> World {
        let rules: Yaml = serde_yaml::from_str(&inputs.rules).expect("a rule file");
        let contact_texts: Vec<&str> = inputs.contacts.iter().map(String::as_str).collect();
        let contacts = Sheet::read(&rules["contacts"], &contact_texts);
        let activity_texts: Vec<&str> = inputs.activities.iter().map(|(_, text)| text.as_str()).collect();
        let activities = Sheet::read(&rules["activities"], &activity_texts);
        let as_of = cell::date(&inputs.as_of, None, &contacts.zone).expect("a readable instant");
        let people = contact_rows(&rules, &contacts);
        let mut world = World { rules, contacts, activities, people, inputs: inputs.clone(), as_of, deeds: Vec::new() };
        world.deeds = world.deeds();
        world
    }

    /// The activities that have a place, with repeats passed over.
    fn deeds(&self) -> Vec<Deed> {
        let section = &self.rules["activities"];
        let mut deeds = Vec::new();
        let mut seen = BTreeSet::new();
        for row in &self.activities.rows {
            let cell = |key: &str, otherwise: &[&str]| self.activities.first(row, &names(&section[key], otherwise));
            if let Some(id) = text(&cell("id", &[]))
                && !seen.insert(id)
            {
                continue;
            }
            let given = self.inputs.activities[row.file].0.as_ref();
            let kind = match given {
                Some(given) => Some(cell::folded(given)),
                None => cell("type", &TYPES).first().map(Item::folded),
            };
            let owner = text(&cell("contact", &IDS)).and_then(|name| self.owner(&name));
            let at = cell("at", &TIMES).first().and_then(Item::date);
            if let (Some(owner), Some(at)) = (owner, at) {
                deeds.push(Deed { row: row.clone(), kind, at, owner });
            }
        }
        deeds
    }

    /// The id of the contact that an activity names.
    fn owner(&self, name: &str) -> Option<String> {
        let with_id = || self.people.iter().filter(|contact| !contact.id.is_empty());
        if with_id().any(|contact| contact.id == name) {
            return Some(name.to_string());
        }
        texts_of(&self.rules["contacts"]["also_known_by"]).iter().find_map(|column| {
            let known_so = |contact: &&Contact| {
                let value = self.contacts.value(&contact.row, column);
                value.iter().any(|item| item.folded() == cell::folded(name))
            };
            with_id().find(known_so).map(|contact| contact.id.clone())
        })
    }

    /// The text of a file that `in_file` names.
    pub fn list(&self, path: &str) -> &str {
        let found = self.inputs.lists.iter().find(|(name, _)| name == path);
        &found.expect("the file that in_file names").1
    }

    /// The id of a row of the contacts, or of an earlier scored file; empty where it has none.
    pub fn id_in(rules: &Yaml, sheet: &Sheet, row: &Row) -> String {
        text(&sheet.first(row, &names(&rules["contacts"]["id"], &IDS))).unwrap_or_default()
    }
}

fn contact_rows(rules: &Yaml, sheet: &Sheet) -> Vec<Contact> {
    let mut kept: Vec<Contact> = Vec::new();
    let duplicates = rules["contacts"]["duplicates"].as_str().unwrap_or("keep");
    for row in &sheet.rows {
        let contact = Contact { id: World::id_in(rules, sheet, row), row: row.clone() };
        let twin = kept.iter().position(|known| known.id == contact.id && !known.id.is_empty());
        match (duplicates, twin) {
            ("keep", _) | (_, None) => kept.push(contact),
            ("first", _) => {}
            ("last", Some(place)) => {
                kept.remove(place);
                kept.push(contact);
            }
            ("merge", Some(place)) => kept[place].row.later.push(contact.row),
            (other, _) => panic!("no such way with duplicates: {other}"),
        }
    }
    kept
}

/// A contact as it stands at its instant, with what is found out about it after the scores.
pub struct Person<'a> {
    pub world: &'a World,
    pub contact: &'a Contact,
    pub position: usize,
    pub as_of: i64,
    deeds: Vec<&'a Deed>,
    /// Relative grades and account values: what is known only after everybody is scored.
    pub known: BTreeMap<String, Value>,
}

impl<'a> Person<'a> {
    pub fn new(world: &'a World, position: usize) -> Person<'a> {
        let contact = &world.people[position];
        let own_instant = world
            .inputs
            .as_of_field
            .as_ref()
            .and_then(|field| world.contacts.value(&contact.row, field).first().and_then(Item::date));
        let as_of = own_instant.unwrap_or(world.as_of);
        let ignore = list_of(&world.rules["activities"]["ignore"]);
        let counted = |deed: &&Deed| {
            let subject = DeedAt { deed, world, as_of };
            !contact.id.is_empty()
                && deed.owner == contact.id
                && deed.at <= as_of
                && !ignore.iter().any(|entry| holds(&entry["when"], &subject))
        };
        let deeds = world.deeds.iter().filter(counted).collect();
        Person { world, contact, position, as_of, deeds, known: BTreeMap::new() }
    }

    pub fn zone(&self) -> &TimeZone {
        &self.world.activities.zone
    }

    pub fn age_days(&self, at: i64) -> f64 {
        (self.as_of - at) as f64 / 86_400_000.0
    }

    /// A column of an activity.
    pub fn of_deed(&self, deed: &Deed, name: &str) -> Value {
        self.world.activities.value(&deed.row, name)
    }

    /// The activities that `activity`, `where`, `within` and `between` of a mapping select.
    pub fn select(&self, spec: &Yaml, also_where: &Yaml, within: &Yaml) -> Vec<&'a Deed> {
        let kinds = texts_of(&spec["activity"]);
        let wanted = |deed: &&Deed| {
            let kind = |kind: &String| kind == "any" || deed.kind.as_ref() == Some(&cell::folded(kind));
            let at = Item::Date(deed.at, self.zone().clone());
            let recent = within.is_null() || text_of(within) == "none" || {
                deed.at >= self.as_of - cell::duration(&text_of(within))
            };
            let between = list_of(&spec["between"]);
            let in_between = between.len() != 2 || between[0].is_number() || {
                Some(deed.at) >= at.literal_date(&text_of(between[0]))
                    && Some(deed.at) <= cell::upper_end(&text_of(between[1]), self.zone())
            };
            let subject = DeedAt { deed, world: self.world, as_of: self.as_of };
            kinds.iter().any(kind)
                && recent
                && in_between
                && holds_if_any(&spec["where"], &subject)
                && holds_if_any(also_where, &subject)
        };
        self.deeds.iter().copied().filter(wanted).collect()
    }

    /// A tally's value, or what `did` counts.
    pub fn measured(&self, spec: &Yaml) -> Value {
        let deeds = self.select(spec, &Yaml::Null, &spec["within"]);
        let times = || deeds.iter().map(|deed| deed.at);
        let date = |at: i64| Item::Date(at, self.zone().clone());
        let since = |at: i64| Item::Number(Dec::from_millionths(self.age_days(at) * 1_000_000.0));
        let count = |number: usize| vec![Item::Number(Dec::whole(number))];
        let measure = &spec["measure"];
        if measure.is_mapping() {
            let field = text_of(if measure["sum"].is_null() { &measure["distinct"] } else { &measure["sum"] });
            let items: Vec<Item> = deeds.iter().flat_map(|deed| self.of_deed(deed, &field)).collect();
            if measure["sum"].is_null() {
                return count(items.iter().map(Item::folded).collect::<BTreeSet<_>>().len());
            }
            let numbers = items.iter().filter_map(Item::number);
            return vec![Item::Number(Dec::sum(numbers.map(|number| number.rounded(6))))];
        }
        match measure.as_str().unwrap_or("count") {
            "count" => count(deeds.len()),
            "days" => count(times().map(|at| cell::day(at, self.zone())).collect::<BTreeSet<_>>().len()),
            "last" => times().max().map(date).into_iter().collect(),
            "first" => times().min().map(date).into_iter().collect(),
            "days_since_last" => times().max().map(since).into_iter().collect(),
            "days_since_first" => times().min().map(since).into_iter().collect(),
            other => panic!("no such measure: {other}"),
        }
    }

    /// Which unit of a rule's `per` an activity falls into; nothing where its column is missing.
    pub fn unit(&self, deed: &Deed, per: &str, index: usize) -> Option<String> {
        let day = cell::day(deed.at, self.zone());
        Some(match per {
            "event" => index.to_string(),
            "day" => day.to_string(),
            "week" => {
                let since_monday = day.weekday().since(Weekday::Monday);
                day.checked_sub(jiff::Span::new().days(since_monday)).expect("a Monday").to_string()
            }
            "month" => format!("{}-{}", day.year(), day.month()),
            "contact" => String::new(),
            column => self.of_deed(deed, column).first()?.folded(),
        })
    }
}

impl Subject for Person<'_> {
    fn value(&self, name: &str) -> Value {
        if let Some(value) = self.known.get(name) {
            return value.clone();
        }
        let rules = &self.world.rules;
        if !rules["scores"][name].is_null() {
            return score::value(self, name).map(Item::Number).into_iter().collect();
        }
        let graded = name.strip_suffix("_grade").filter(|name| !rules["scores"][*name].is_null());
        if let Some(score) = graded {
            let grades = &rules["scores"][score]["grades"];
            return score::grade(grades, score::value(self, score)).into_iter().collect();
        }
        if !rules["tallies"][name].is_null() {
            return self.measured(&rules["tallies"][name]);
        }
        self.world.contacts.value(&self.contact.row, name)
    }

    fn did(&self, spec: &Yaml) -> bool {
        let mut whole = serde_yaml::Mapping::new();
        whole.insert("activity".into(), spec.clone());
        let spec = if spec.is_mapping() { spec.clone() } else { whole.into() };
        counts(self.measured(&spec).first().and_then(Item::number), &spec)
    }

    fn as_of(&self) -> i64 {
        self.as_of
    }

    fn file(&self, path: &str) -> &str {
        self.world.list(path)
    }
}

/// An activity as `where` and `ignore` see it: its own fields and columns only.
struct DeedAt<'a> {
    deed: &'a Deed,
    world: &'a World,
    as_of: i64,
}

impl Subject for DeedAt<'_> {
    fn value(&self, name: &str) -> Value {
        self.world.activities.value(&self.deed.row, name)
    }

    fn did(&self, _: &Yaml) -> bool {
        panic!("did is only about a contact")
    }

    fn as_of(&self) -> i64 {
        self.as_of
    }

    fn file(&self, path: &str) -> &str {
        self.world.list(path)
    }
}
