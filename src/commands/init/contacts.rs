//! From the columns of contact exports to a proposal: who is who, and who fits.
//!
//! In: [`Profile`]s. Out: the `contacts` section, rules of fit, rules of behaviour that the CRM
//! has counted itself, and who is disqualified. Not here: activities, and the text of the file.

use super::fields::Fields;
use super::page::{Idea, list, map};
use super::profile::{Column, Nature, Profile};
use crate::points::Points;
use serde_yaml::{Mapping, Value};

/// What the contact exports suggest.
#[derive(Debug, Default)]
pub struct Contacts {
    /// The column, or the columns of several exports, with the id.
    pub id: Vec<String>,
    /// Whether those columns tell contacts apart, as far as the first rows show.
    pub id_is_unique: bool,
    /// Columns with e-mail addresses.
    pub known_by: Vec<String>,
    /// Short names and readings.
    pub fields: Fields,
    /// Rules about who a contact is.
    pub fit: Vec<Idea>,
    /// Rules about what a contact did, from numbers and dates in the contact export.
    pub behaviour: Vec<Idea>,
    /// Who wants to be left alone.
    pub disqualify: Vec<Idea>,
    /// Texts for "no value".
    pub missing: Vec<String>,
}

/// Looks at all exports; without one, at the headers that a first export may have.
pub fn propose(profiles: &[Profile]) -> Contacts {
    let mut made = Contacts { id_is_unique: true, ..Contacts::default() };
    for profile in profiles {
        if let Some(id) = id_column(profile) {
            push_new(&mut made.id, &id.header);
            made.id_is_unique &= profile.rows == 0 || id.values.len() == id.filled;
        }
        for column in profile.columns.iter().filter(|column| is_email(column)).take(3) {
            push_new(&mut made.known_by, &column.header);
        }
        profile.missing.iter().for_each(|text| push_new(&mut made.missing, text));
    }
    made.known_by.retain(|header| !made.id.contains(header));
    // What most can be said about comes first: rules look at each kind of column once.
    let columns: Vec<&Column> = profiles.iter().flat_map(|profile| &profile.columns).collect();
    let blank = profiles.iter().all(|profile| profile.rows == 0);
    let mut draft = Draft { columns, blank, fields: Fields::default(), scale: 1.0, sum: 0.0 };
    draft.fit();
    draft.scale = 100.0 / draft.sum;
    made.fit = draft.fit();
    (draft.scale, draft.sum) = (1.0, 0.0);
    made.behaviour = draft.behaviour();
    made.disqualify = draft.disqualify();
    draft.columns.iter().filter(|column| column.needs_reading()).for_each(|column| {
        draft.fields.name(column);
    });
    made.fields = draft.fields;
    made
}

/// Adds a text that is not there yet.
pub fn push_new(texts: &mut Vec<String>, text: &str) {
    if !texts.iter().any(|known| known == text) {
        texts.push(text.to_owned());
    }
}

fn id_column(profile: &Profile) -> Option<&Column> {
    const NAMES: [&str; 17] = [
        "contact id",
        "record id",
        "lead id",
        "person id",
        "prospect id",
        "id",
        "do not modify lead",
        "do not modify contact",
        "leid",
        "lead number",
        "prospect number",
        "identyfikator",
        "id kontaktu",
        "nr klienta",
        "customer id",
        "client id",
        "user id",
    ];
    let named = profile.named(&NAMES).filter(|column| profile.rows == 0 || column.filled > 0);
    named
        .or_else(|| profile.columns.iter().find(|column| is_email(column) && profile.is_unique(column)))
        .or_else(|| profile.columns.iter().find(|column| profile.is_unique(column)))
        .or_else(|| profile.columns.iter().find(|column| is_email(column)))
        .or_else(|| profile.columns.first())
}

fn is_email(column: &Column) -> bool {
    column.nature == Nature::Email
        || (column.nature == Nature::Empty && ["email", "e mail", "email address"].contains(&column.words.as_str()))
}

/// Rules in the making. Made twice: once to see what the points add up to, once so that they add
/// up to a hundred.
struct Draft<'a> {
    columns: Vec<&'a Column>,
    blank: bool,
    fields: Fields,
    scale: f64,
    sum: f64,
}

impl Draft<'_> {
    /// The first column that speaks of one of `words`, the first words first, and has values.
    fn column(&self, words: &[&str], suits: impl Fn(&Nature) -> bool) -> Option<Column> {
        let usable = |column: &&&Column| (self.blank || column.filled > 0) && suits(&column.nature);
        let found = words.iter().find_map(|&word| {
            self.columns
                .iter()
                .filter(usable)
                .find(|column| column.speaks_of(&[word]) && !column.speaks_of(&["id", "ids"]))
        });
        found.map(|&column| column.clone())
    }

    fn points(&self, weight: f64) -> Value {
        let exact = weight * self.scale;
        let step = if exact < 10.0 { 1.0 } else { 5.0 }; // round points are easier to argue about
        Value::from(((exact / step).round() * step) as i64)
    }

    fn fit(&mut self) -> Vec<Idea> {
        self.sum = 0.0;
        let mut ideas = Vec::new();
        self.position(&mut ideas);
        self.sizes(&mut ideas);
        self.market(&mut ideas);
        self.reachable(&mut ideas);
        self.members(&mut ideas);
        if self.sum == 0.0 {
            self.whatever_is_filled(&mut ideas);
        }
        self.choices(&mut ideas);
        ideas
    }

    fn position(&mut self, ideas: &mut Vec<Idea>) {
        const WORDS: [&str; 6] = ["job title", "title", "position", "stanowisko", "role", "funkcja"];
        let Some(title) = self.column(&WORDS, |nature| matches!(nature, Nature::Text | Nature::Choice | Nature::Empty))
        else {
            return;
        };
        const DECIDES: [&str; 10] = [
            "chief",
            "CEO",
            "founder",
            "owner",
            "president",
            "director",
            "head of",
            "prezes",
            "właściciel",
            "dyrektor",
        ];
        let name = self.fields.name(&title);
        let rule = |rule: &str, words: &[&str], points| {
            let test = map([(name.as_str(), map([("contains", list(words.iter().copied()))]))]);
            map([("name", rule.into()), ("when", test), ("points", points)])
        };
        let rules = vec![
            rule("Decides", &DECIDES, self.points(20.0)),
            rule("Manages", &["manager", "lead", "kierownik"], self.points(10.0)),
        ];
        self.sum += 20.0;
        ideas.push(Idea {
            why: "Who decides about buying? The best of these counts.",
            entry: map([("group", "Position".into()), ("take", "best".into()), ("rules", Value::Sequence(rules))]),
            off: false,
        });
    }

    fn sizes(&mut self, ideas: &mut Vec<Idea>) {
        const HEADS: [&str; 6] =
            ["employees", "company size", "headcount", "liczba pracowników", "pracowników", "zatrudnienie"];
        let number = |nature: &Nature| matches!(nature, Nature::Number(_) | Nature::Empty);
        if let Some(column) = self.column(&HEADS, number) {
            let steps = [("10", 5.0), ("50", 10.0), ("250", 15.0)];
            self.steps(ideas, "Company size", "Points of the highest bound that is reached.", &column, &steps);
        }
        const MONEY: [&str; 8] =
            ["annual revenue", "revenue", "budget", "amount", "deal value", "wartość", "kwota", "przychód"];
        if let Some(column) = self.column(&MONEY, |nature| matches!(nature, Nature::Number(_))) {
            let (low, high) = bounds(&column.numbers());
            if let (Some(low), Some(high)) = (low, high) {
                let steps = [(low.as_str(), 5.0), (high.as_str(), 10.0)];
                self.steps(
                    ideas,
                    "Money",
                    "The bounds are the middle and the upper fifth of the export.",
                    &column,
                    &steps,
                );
            }
        }
    }

    /// A scorecard rule over a number.
    fn steps(&mut self, ideas: &mut Vec<Idea>, rule: &str, why: &'static str, column: &Column, steps: &[(&str, f64)]) {
        let bound = |text: &str| serde_yaml::from_str(text).unwrap_or(Value::from(text));
        let points = steps.iter().map(|&(text, weight)| (bound(text), self.points(weight))).collect::<Mapping>();
        self.sum += steps.last().map_or(0.0, |&(_, weight)| weight);
        let name = self.fields.name(column);
        let entry = map([("name", rule.into()), ("points_by", name.into()), ("steps", Value::Mapping(points))]);
        ideas.push(Idea { why, entry, off: false });
    }

    fn market(&mut self, ideas: &mut Vec<Idea>) {
        const WORDS: [&str; 5] = ["country", "country region", "kraj", "cc", "państwo"];
        let Some(column) = self.column(&WORDS, |nature| matches!(nature, Nature::Text | Nature::Choice)) else {
            return;
        };
        let Some((home, count)) = column.values.first() else { return };
        if count * 5 < column.filled {
            return; // one country among many is no home market
        }
        let home = list([home.as_str()]);
        let name = self.fields.name(&column);
        let entry =
            map([("name", "Home market".into()), ("when", map([(&*name, home)])), ("points", self.points(10.0))]);
        self.sum += 10.0;
        ideas.push(Idea { why: "The most frequent country of the export; put your markets here.", entry, off: false });
    }

    fn reachable(&mut self, ideas: &mut Vec<Idea>) {
        const PHONES: [&str; 6] = ["phone", "mobile", "telefon", "tel", "komórka", "mobile phone"];
        if let Some(column) = self.column(&PHONES, |_| true) {
            let when = map([(&*self.fields.name(&column), "present".into())]);
            let entry = map([("name", "Phone number given".into()), ("when", when), ("points", self.points(5.0))]);
            self.sum += 5.0;
            ideas.push(Idea { why: "Somebody who can be called.", entry, off: false });
        }
        if let Some(column) = self.columns.iter().copied().find(|column| is_email(column)) {
            const FREE: [&str; 7] =
                ["@gmail.com", "@yahoo.com", "@hotmail.com", "@outlook.com", "@wp.pl", "@o2.pl", "@ukr.net"];
            let when = map([(&*self.fields.name(column), map([("ends_with", list(FREE))]))]);
            let entry = map([("name", "Free mailbox".into()), ("when", when), ("points", (-10).into())]);
            ideas.push(Idea { why: "No address of a company.", entry, off: false });
        }
    }

    fn members(&mut self, ideas: &mut Vec<Idea>) {
        let several: Vec<Column> =
            self.columns.iter().filter(|column| is_several(column)).take(2).map(|&column| column.clone()).collect();
        for column in several {
            let Nature::Several(separator) = column.nature else { continue };
            let mut counts: Vec<(&str, usize)> = Vec::new();
            for (text, count) in &column.values {
                for member in text.split(separator).map(str::trim).filter(|member| !member.is_empty()) {
                    match counts.iter_mut().find(|(known, _)| *known == member) {
                        Some(known) => known.1 += count,
                        None => counts.push((member, *count)),
                    }
                }
            }
            counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
            counts.truncate(3);
            let values = counts.iter().map(|&(member, _)| (member, self.points(3.0))).collect::<Vec<_>>();
            self.sum += 3.0 * values.len() as f64;
            let name = self.fields.name(&column);
            let entry = map([
                ("name", format!("{} chosen", column.header.trim()).into()),
                ("points_by", name.into()),
                ("values", map(values)),
            ]);
            let why = "The most frequent answers; give points to those that buyers give.";
            ideas.push(Idea { why, entry, off: false });
        }
    }

    /// Nothing is known about the columns: being filled in is a sign of some kind.
    fn whatever_is_filled(&mut self, ideas: &mut Vec<Idea>) {
        let most = self.columns.iter().map(|column| column.filled).max().unwrap_or_default();
        let partly = |column: &&&Column| (1..most).contains(&column.filled) && !column.speaks_of(&["id", "ids"]);
        let mut columns: Vec<Column> =
            self.columns.iter().filter(partly).take(3).map(|&column| column.clone()).collect();
        if columns.is_empty() {
            columns = self.columns.iter().take(1).map(|&column| column.clone()).collect();
        }
        for column in columns {
            let when = map([(&*self.fields.name(&column), "present".into())]);
            let entry = map([
                ("name", format!("{} given", column.header.trim()).into()),
                ("when", when),
                ("points", self.points(10.0)),
            ]);
            self.sum += 10.0;
            ideas.push(Idea { why: "A stand-in: which columns say who is a good lead?", entry, off: false });
        }
    }

    /// Columns of few values, for the reader to give points to.
    fn choices(&mut self, ideas: &mut Vec<Idea>) {
        const WORDS: [&str; 16] = [
            "industry",
            "branża",
            "sector",
            "source",
            "źródło",
            "lifecycle",
            "seniority",
            "persona",
            "function",
            "department",
            "segment",
            "rating",
            "status",
            "region",
            "state",
            "company size",
        ];
        let suits = |column: &&&Column| column.nature == Nature::Choice && column.speaks_of(&WORDS);
        let columns: Vec<Column> = self.columns.iter().filter(suits).take(5).map(|&column| column.clone()).collect();
        for column in columns {
            let values = map(column.values.iter().take(8).map(|(text, _)| (text.as_str(), 5.into())));
            // Not through `fields`: an entry that only a comment uses would be one too many.
            let entry = map([
                ("name", column.header.trim().into()),
                ("points_by", column.header.as_str().into()),
                ("values", values),
            ]);
            ideas.push(Idea { why: "Switch this on with points of your own.", entry, off: true });
        }
    }

    fn behaviour(&mut self) -> Vec<Idea> {
        const COUNTS: [(&str, &str, f64); 6] = [
            ("pageviews", "Pages viewed", 15.0),
            ("sessions", "Sessions", 15.0),
            ("form submissions", "Forms submitted", 30.0),
            ("emails clicked", "E-mails clicked", 20.0),
            ("emails opened", "E-mails opened", 10.0),
            ("event completions", "Events", 20.0),
        ];
        let mut ideas = Vec::new();
        for (word, rule, weight) in COUNTS {
            let Some(column) = self.column(&[word], |nature| matches!(nature, Nature::Number(_))) else { continue };
            if let (Some(low), Some(high)) = bounds(&column.numbers()) {
                let steps = [(low.as_str(), weight / 2.0), (high.as_str(), weight)];
                self.steps(
                    &mut ideas,
                    rule,
                    "The bounds are the middle and the upper fifth of the export.",
                    &column,
                    &steps,
                );
            }
        }
        const LAST: [&str; 6] =
            ["last activity", "last engagement", "last seen", "last visit", "ostatnia aktywność", "last change"];
        if let Some(column) = self.column(&LAST, |nature| matches!(nature, Nature::Date(..))) {
            let name = self.fields.name(&column);
            let rule = |rule: &str, test: &str, span: &str, points: i64| {
                let when = map([(name.as_str(), map([(test, span.into())]))]);
                map([("name", rule.into()), ("when", when), ("points", points.into())])
            };
            ideas.push(Idea {
                why: "Interest is fresh.",
                entry: rule("Active in the last 30 days", "within", "30d", 20),
                off: false,
            });
            ideas.push(Idea {
                why: "Interest has gone cold.",
                entry: rule("Quiet for 90 days", "older_than", "90d", -10),
                off: false,
            });
        }
        ideas
    }

    fn disqualify(&mut self) -> Vec<Idea> {
        const WORDS: [&str; 5] = ["opted out of email", "unsubscribed", "opt out", "unsubscribe", "email opt out"];
        let Some(column) = self.column(&WORDS, |nature| *nature == Nature::Flag) else { return Vec::new() };
        let when = map([(&*self.fields.name(&column), true.into())]);
        let entry = map([("name", "Wants no e-mail".into()), ("when", when)]);
        vec![Idea { why: "", entry, off: false }]
    }
}

fn is_several(column: &Column) -> bool {
    matches!(column.nature, Nature::Several(_)) && !column.speaks_of(&["id", "ids", "owner"])
}

/// The middle and the upper fifth of the numbers above zero, rounded to two digits; nothing where
/// they do not tell contacts apart.
fn bounds(numbers: &[f64]) -> (Option<String>, Option<String>) {
    let above: Vec<f64> = numbers.iter().copied().filter(|&number| number > 0.0).collect();
    let at = |share: f64| above.get((above.len() as f64 * share) as usize).copied().map(two_digits);
    match (at(0.5), at(0.8)) {
        (Some(low), Some(high)) if low < high => (Some(low.to_string()), Some(high.to_string())),
        _ => (None, None),
    }
}

fn two_digits(number: f64) -> Points {
    let unit = 10f64.powf(number.log10().floor() - 1.0);
    Points::from_micro_f64((number / unit).round() * unit * 1e6)
}
