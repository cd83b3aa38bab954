//! From activity exports to a proposal: which column says what, and what each type is worth.
//!
//! In: [`Profile`]s of activity exports, each perhaps of one type. Out: the `activities` section
//! and rules of engagement. Not here: contacts, and the text of the file.

use super::contacts::{Contacts, push_new};
use super::fields::Fields;
use super::page::{Idea, map};
use super::profile::{Column, Nature, Profile, words};
use crate::value;
use anyhow::bail;
use serde_yaml::Value;

/// The most types that get a rule; an export of page titles as types would make thousands.
const TYPES: usize = 25;

/// What the activity exports suggest.
#[derive(Debug, Default)]
pub struct Activities {
    /// Whose activity it is.
    pub contact: Vec<String>,
    /// What was done.
    pub kind: Vec<String>,
    /// When.
    pub at: Vec<String>,
    /// What tells a repeated activity.
    pub id: Option<String>,
    /// Readings.
    pub fields: Fields,
    /// Rules, one a type.
    pub rules: Vec<Idea>,
    /// The types by which somebody asks to be called.
    pub asks: Vec<String>,
    /// Texts for "no value".
    pub missing: Vec<String>,
}

/// What a kind of activity is worth.
struct Worth {
    /// Beginnings of words in the type.
    words: &'static [&'static str],
    why: &'static str,
    points: i64,
    /// Further keys of the rule.
    shape: &'static [(&'static str, &'static str)],
    /// Whether it asks for a call.
    asks: bool,
}

const fn worth(
    words: &'static [&'static str],
    why: &'static str,
    points: i64,
    shape: &'static [(&'static str, &'static str)],
) -> Worth {
    Worth { words, why, points, shape, asks: false }
}

/// The first that fits counts: `unsubscribe` before `subscribe`, `meeting_booked` before `call`.
const WORTHS: [Worth; 15] = [
    worth(&["unsub", "optout", "spam", "complain", "wypis"], "Wants less of us.", -30, &[("per", "contact")]),
    worth(&["bounc", "drop", "fail", "undeliver"], "Cannot be reached.", -10, &[("per", "contact")]),
    Worth {
        asks: true,
        ..worth(
            &["demo", "quote", "pric", "trial", "wycen", "ofert", "proposal"],
            "Asks for an offer: the strongest sign there is.",
            40,
            &[("per", "contact")],
        )
    },
    Worth {
        asks: true,
        ..worth(&["meeting", "book", "appointment", "spotkani"], "Wants to talk.", 50, &[("per", "contact")])
    },
    worth(&["purchas", "order", "won", "checkout", "zakup", "zamówieni"], "Has bought.", 30, &[("cap", "60")]),
    worth(&["cart", "basket", "koszyk"], "Is about to buy.", 10, &[("within", "30d"), ("per", "day")]),
    worth(&["webinar", "event", "conference", "attend", "szkoleni"], "Gave us an hour.", 20, &[("cap", "40")]),
    worth(&["download", "whitepaper", "ebook", "pdf", "pobra"], "Reads what we write.", 15, &[("cap", "45")]),
    worth(&["repl", "respon", "answer"], "Answers.", 15, &[("cap", "45")]),
    worth(
        &["form", "submi", "sign", "subscri", "newsletter", "regist", "survey", "ankiet", "zapis", "rejestr"],
        "Left their name.",
        10,
        &[("cap", "30")],
    ),
    worth(
        &["click", "klik"],
        "Wants to know more; worth half after 30 days.",
        5,
        &[("within", "180d"), ("half_life", "30d"), ("cap", "30")],
    ),
    worth(
        &["open", "otwar"],
        "Looked at it, or a mail program did: little, and once a day.",
        2,
        &[("within", "90d"), ("per", "day"), ("cap", "20")],
    ),
    worth(
        &["visit", "page", "view", "session", "wizyt", "login"],
        "Came by; once a day.",
        3,
        &[("within", "90d"), ("per", "day"), ("cap", "30")],
    ),
    worth(
        &["sent", "send", "deliver", "process", "queue", "defer", "target"],
        "What we did, not what they did: no points.",
        0,
        &[],
    ),
    worth(
        &["call", "phone", "chat", "email", "mail", "sms", "rozmow", "tel"],
        "We are in contact.",
        2,
        &[("within", "90d"), ("per", "day"), ("cap", "20")],
    ),
];

/// For a type that nothing above speaks of.
const OTHER: Worth = worth(&[], "What is this worth to you?", 1, &[("within", "90d"), ("per", "day"), ("cap", "10")]);

/// Looks at all exports.
///
/// # Errors
/// Where a file does not show whose its activities are, when they were, or of which type.
pub fn propose(profiles: &[Profile], contacts: &[Profile], made_of_contacts: &Contacts) -> anyhow::Result<Activities> {
    let mut made = Activities::default();
    let mut types: Vec<(String, usize)> = Vec::new();
    for profile in profiles {
        let contact = contact_column(profile, contacts, made_of_contacts)?;
        push_new(&mut made.contact, &contact.header);
        let at = at_column(profile)?;
        let name = made.fields.name(at);
        let named_by = if made.fields.entries.contains_key(name.as_str()) { &name } else { &at.header };
        push_new(&mut made.at, named_by);
        if let Some(kind) = &profile.table.activity_type {
            add_type(&mut types, kind, profile.rows);
        } else {
            let kind = type_column(profile, contact, at)?;
            push_new(&mut made.kind, &kind.header);
            kind.values.iter().for_each(|(text, count)| add_type(&mut types, text, *count));
        }
        let id = profile
            .named(&["activity id", "event id", "id"])
            .filter(|column| column.header != contact.header && (profile.is_unique(column) || profile.rows == 0));
        // Only where all exports have it: without an id of its own, no activity is a repeat.
        made.id = if profiles.len() == 1 { id.map(|column| column.header.clone()) } else { None };
        profile.missing.iter().for_each(|text| push_new(&mut made.missing, text));
        profile.columns.iter().filter(|column| column.needs_reading()).for_each(|column| {
            made.fields.name(column);
        });
    }
    types.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    types.truncate(TYPES);
    made.rules_for(types);
    Ok(made)
}

/// What somebody starts with who has no export at hand.
pub fn usual() -> Activities {
    let mut made =
        Activities { contact: vec!["contact_id".to_owned()], kind: vec!["type".to_owned()], ..Activities::default() };
    made.at = vec!["timestamp".to_owned()];
    let types = [
        "email_open",
        "email_click",
        "page_view",
        "content_download",
        "webinar_attended",
        "newsletter_signup",
        "demo_request",
        "quote_request",
        "meeting_booked",
        "unsubscribe",
    ];
    made.rules_for(types.map(|kind| (kind.to_owned(), 1)).to_vec());
    made
}

impl Activities {
    fn rules_for(&mut self, types: Vec<(String, usize)>) {
        let mut names: Vec<String> = Vec::new();
        for (kind, _) in types {
            let plain = words(&kind);
            let worth = WORTHS
                .iter()
                .find(|worth| plain.split(' ').any(|word| worth.words.iter().any(|start| word.starts_with(start))))
                .unwrap_or(&OTHER);
            let mut name = readable(&plain, &kind);
            while names.contains(&name) {
                name.push_str(" (2)");
            }
            names.push(name.clone());
            if worth.asks {
                self.asks.push(kind.clone());
            }
            let mut rule = vec![
                ("name", Value::from(name)),
                ("activity", Value::from(kind)),
                ("points", Value::from(if worth.points == 0 { 1 } else { worth.points })),
            ];
            rule.extend(worth.shape.iter().map(|&(key, text)| match key {
                "half_life" => ("decay", map([(key, text.into())])),
                "cap" => (key, text.parse::<i64>().map_or(Value::Null, Value::from)),
                _ => (key, text.into()),
            }));
            self.rules.push(Idea { why: worth.why, entry: map(rule), off: worth.points == 0 });
        }
    }
}

fn readable(plain: &str, kind: &str) -> String {
    let mut letters = plain.chars();
    match letters.next() {
        Some(first) if first.is_alphabetic() => first.to_uppercase().chain(letters).collect(),
        _ => format!("Activity {}", kind.trim()),
    }
}

fn add_type(types: &mut Vec<(String, usize)>, kind: &str, count: usize) {
    let key = value::fold(kind);
    if key == "any" {
        return; // the word for all types
    }
    match types.iter_mut().find(|(known, _)| value::fold(known) == key) {
        Some(known) => known.1 += count,
        None => types.push((kind.to_owned(), count)),
    }
}

fn contact_column<'a>(profile: &'a Profile, contacts: &[Profile], made: &Contacts) -> anyhow::Result<&'a Column> {
    const NAMES: [&str; 19] = [
        "contact id",
        "record id",
        "lead id",
        "person id",
        "who id",
        "prospect id",
        "contact",
        "lead",
        "recipient",
        "customer id",
        "client id",
        "user id",
        "email",
        "e mail",
        "email address",
        "person email work",
        "associated contact ids",
        "id kontaktu",
        "nr klienta",
    ];
    let known: Vec<&str> = contacts
        .iter()
        .flat_map(|profile| &profile.columns)
        .filter(|column| made.id.contains(&column.header) || made.known_by.contains(&column.header))
        .flat_map(|column| column.values.iter().map(|(text, _)| text.as_str()))
        .collect();
    // Where contacts are at hand, the column that names most of them; an id of the activity's own
    // (1, 2, 3 …) may look like one by chance, and is passed over.
    let hits = |column: &Column| {
        let named = |text: &str| known.iter().any(|known| known.eq_ignore_ascii_case(text));
        column.values.iter().filter(|(text, _)| named(text)).map(|(_, count)| count).sum::<usize>()
    };
    let found = profile
        .named(&NAMES)
        .or_else(|| {
            let candidates = profile.columns.iter().filter(|column| !profile.is_unique(column));
            candidates.max_by_key(|column| hits(column)).filter(|column| hits(column) > 0)
        })
        .or_else(|| profile.columns.iter().find(|column| column.nature == Nature::Email));
    match found {
        Some(column) => Ok(column),
        None => bail!(
            "{} has no column that says whose an activity is; rename one to contact_id (it has {})",
            profile.table.name,
            headers(profile)
        ),
    }
}

fn at_column(profile: &Profile) -> anyhow::Result<&Column> {
    const NAMES: [&str; 18] = [
        "timestamp",
        "at",
        "occurred at",
        "occurred",
        "event time",
        "activity date",
        "activity time",
        "date",
        "created at",
        "created",
        "time",
        "created date",
        "create date",
        "due date",
        "data",
        "kiedy",
        "start time",
        "date time",
    ];
    let dated = |column: &&Column| matches!(column.nature, Nature::Date(..)) || profile.rows == 0;
    let named = NAMES.iter().find_map(|name| profile.columns.iter().filter(dated).find(|column| column.words == *name));
    let any_date = || profile.columns.iter().find(|column| matches!(column.nature, Nature::Date(..)));
    match named.or_else(any_date) {
        Some(column) => Ok(column),
        None => bail!(
            "{} has no column that says when an activity was; rename one to timestamp (it has {})",
            profile.table.name,
            headers(profile)
        ),
    }
}

fn type_column<'a>(profile: &'a Profile, contact: &Column, at: &Column) -> anyhow::Result<&'a Column> {
    const NAMES: [&str; 12] = [
        "type",
        "type name",
        "activity type",
        "event type",
        "activity",
        "event",
        "action",
        "typ",
        "kind",
        "rodzaj",
        "task subtype",
        "activity type id",
    ];
    let usable = |column: &&Column| profile.rows == 0 || column.filled > 0;
    let of_name = |name| profile.columns.iter().filter(usable).filter(move |column| column.words == name);
    let named: Vec<&Column> = NAMES.into_iter().flat_map(of_name).collect();
    // `type` may be a number whose `type_name` stands beside it.
    let named = named.iter().find(|column| !matches!(column.nature, Nature::Number(_))).or(named.first()).copied();
    let choice = || {
        let other = |column: &&Column| column.header != contact.header && column.header != at.header;
        profile.columns.iter().filter(other).find(|column| column.nature == Nature::Choice)
    };
    match named.or_else(choice) {
        Some(column) => Ok(column),
        None => bail!(
            "{} has no column that says what was done; if all of it is of one type, say so: --activities \
             email_open={0} (it has {})",
            profile.table.name,
            headers(profile)
        ),
    }
}

fn headers(profile: &Profile) -> String {
    profile.table.columns.join(", ").replace(char::is_control, " ")
}
