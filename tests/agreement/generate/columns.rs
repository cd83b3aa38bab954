//! Columns: what their cells hold, what rules may call them, and as what they may be tested.

use super::clock::Clock;
use super::dice::Dice;
use super::language::quoted;

/// What a name in a rule can be tested as.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Text(&'static [&'static str]),
    Number,
    /// Counted or scored, not read from a cell.
    Figure,
    Date,
    Flag,
    Members(&'static [&'static str]),
    Numbers,
}

/// A name as a rule may write it.
#[derive(Clone, Debug)]
pub struct Name {
    pub written: String,
    pub kind: Kind,
}

/// How the cells of a column are made up.
#[derive(Clone, Copy)]
pub enum Make {
    Words(&'static [&'static str]),
    Number,
    Money,
    Instant,
    Day,
    Flag,
    Members(&'static [&'static str]),
    Numbers,
    Key,
    Answer,
    /// Passed through, named by nothing.
    Ballast(&'static [&'static str]),
}

const COUNTRIES: &[&str] = &["PL", "pl ", "DE", "NO", "Österreich", "ÖSTERREICH", "UA"];
const TITLES: &[&str] = &[
    "CEO",
    "Prezes Zarządu",
    "PREZES ZARZĄDU",
    "Chief Executive, EMEA",
    "VP \"Sales\"",
    "dyrektor\nfinansowy",
    " manager ",
    "Straßenbau",
];
const CITIES: &[&str] = &["Łódź", "ŁÓDŹ", "Kraków", "Київ", "Oslo", "100", "100.0", "true"];
const INTERESTS: &[&str] = &["CRM", "crm", "ERP", "bi, ml", "żagle"];
const SENIORITIES: &[&str] = &["c-level", "director", "Director", "manager", "1", "intern"];
pub const MAILS: &[&str] = &["ann@acme.com", "Ann@ACME.com", "bob@gmail.com", "ola@wp.pl", "c3", "zoë@x.io"];
const URLS: &[&str] = &["/pricing", "/Pricing", "/blog?a=1,2", "/docs", "https://x.io/ł"];
const CAMPAIGNS: &[&str] = &["black-friday 26", "Black-Friday", "spring", "webinar \"AI\""];
const AGENTS: &[&str] = &["Mozilla/5.0", "GoogleBot", "mail scanner", "curl"];
pub const NOTES: &[&str] = &["", "a, b", "two\nlines", "\"quoted\"", " padded ", "=1+1", "007", "żółć"];

pub const CONTACT_COLUMNS: [(&str, Make); 14] = [
    ("email", Make::Words(MAILS)),
    ("Country", Make::Words(COUNTRIES)),
    ("Job Title", Make::Words(TITLES)),
    ("city", Make::Words(CITIES)),
    ("seniority", Make::Words(SENIORITIES)),
    ("Number of Employees", Make::Number),
    ("annual_revenue", Make::Money),
    ("Created At", Make::Instant),
    ("Close Date", Make::Day),
    ("opt-in", Make::Flag),
    ("Interests", Make::Members(INTERESTS)),
    ("sizes", Make::Numbers),
    ("company_id", Make::Key),
    ("notes", Make::Ballast(NOTES)),
];

pub const DEED_COLUMNS: [(&str, Make); 8] = [
    ("url", Make::Words(URLS)),
    ("Campaign", Make::Words(CAMPAIGNS)),
    ("User Agent", Make::Words(AGENTS)),
    ("value", Make::Number),
    ("price", Make::Money),
    ("due", Make::Instant),
    ("paid", Make::Flag),
    ("tags", Make::Members(INTERESTS)),
];

const NUMBERS: [&str; 24] = [
    "0",
    "1",
    "5",
    "10",
    "9.999999",
    "100",
    "-3",
    "+7",
    "12.5",
    ".5",
    "5.",
    "1e2",
    "2.5E-1",
    "1,234",
    "1 234",
    "1\u{a0}234",
    "1'234.50",
    "$ 12",
    "12 PLN",
    "15%",
    "0.0000005",
    "0.1234565",
    "99.995",
    "-0.0000015",
];
const MONEYS: [&str; 12] =
    ["0", "12,5", "1.234,50 zł", "1 234,567", "-3,25", "€10", "100", "1.000", ",5", "9,9999995", "7 uah", "1e1"];
const UNREADABLE: [&str; 8] =
    ["abc", "11/01/2026", "12,34", "1,2345", "2026-02-30", "-", "7 of 10", "2026-13-01T00:00"];
/// A multi-select that names nobody.
pub const MEMBERLESS: &str = " ; ;n/a";
pub const NOTHING: [&str; 6] = ["", "", "  ", "\u{a0}", "n/a", " SELECT "];

pub fn cell(dice: &mut Dice, make: Make, clock: &Clock, zone: &str) -> String {
    if let Make::Ballast(texts) = make {
        return dice.pick(texts).to_string();
    }
    if dice.chance(12) {
        return dice.pick(&NOTHING).to_string();
    }
    if dice.chance(5) {
        return dice.pick(&UNREADABLE).to_string();
    }
    match make {
        Make::Words(texts) | Make::Ballast(texts) => dice.pick(texts).to_string(),
        Make::Number => dice.pick(&NUMBERS).to_string(),
        Make::Money => dice.pick(&MONEYS).to_string(),
        Make::Instant => instant(dice, clock, zone),
        Make::Day => {
            let at = *dice.pick(&clock.pool);
            let format = if dice.chance(70) { "%d.%m.%Y" } else { "%Y-%m-%d" };
            local(at, zone).strftime(format).to_string()
        }
        Make::Flag => {
            let words = ["true", "Yes", "y", "1", "TAK", "так", "false", "no", "0", "off", "ні"];
            dice.pick(&words).to_string()
        }
        Make::Members(texts) => {
            let mut members = dice.some(texts, 3);
            if dice.chance(25) {
                members.push(*dice.pick(&["", " n/a ", texts[0]]));
            }
            if dice.chance(5) { MEMBERLESS.to_string() } else { members.join(";") }
        }
        Make::Numbers => dice.some(&NUMBERS, 3).join("|"),
        Make::Key => dice.pick(&["ACME", "acme ", "Beta, Inc", "żubr", "ŻUBR"]).to_string(),
        Make::Answer => dice.pick(&["0", "1", "6", "7", "8.0", "9", "10", "11", "9.5", "-1"]).to_string(),
    }
}

pub fn local(at: i64, zone: &str) -> jiff::Zoned {
    let at = jiff::Timestamp::from_millisecond(at).expect("a year that jiff knows");
    at.in_tz(zone).expect("a known timezone")
}

/// One of the ways in which an export may write one of the pool's instants.
pub fn instant(dice: &mut Dice, clock: &Clock, zone: &str) -> String {
    if dice.chance(4) {
        let texts = ["2026-10-25 02:30", "2026-03-29T02:30:00", "2026-11-01 01:15", "2026-04-24"];
        return dice.pick(&texts).to_string();
    }
    let at = *dice.pick(&clock.pool);
    let utc = local(at, "UTC");
    let there = local(at, zone);
    match dice.below(13) {
        0 => at.to_string(),
        1 if at % 1000 == 0 => (at / 1000).to_string(),
        2 => there.strftime("%Y-%m-%d %H:%M:%S%.f").to_string(),
        3 => there.strftime("%Y-%m-%dT%-H:%M:%S%.f%:z").to_string(),
        4 => there.strftime("%Y-%m-%dT%H:%M:%S%.f%z").to_string(),
        5 => utc.strftime("%Y-%m-%d %H:%M:%S.%3f999 UTC").to_string(),
        6 => utc.strftime("%Y-%m-%dT%H:%M:%S%.f+00").to_string(),
        7 => there.strftime("%Y-%m-%d").to_string(),
        8 => there.strftime(" %Y-%m-%dT%H:%M ").to_string(),
        9 => utc.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
        _ => utc.strftime("%Y-%m-%dT%H:%M:%S%.fZ").to_string(),
    }
}

/// A header, or one that only case, spaces, `-` and `_` tell from it.
pub fn loosely(dice: &mut Dice, header: &str) -> String {
    match dice.below(4) {
        0 => header.to_lowercase().replace(' ', "_"),
        1 => header.to_uppercase().replace('_', "-"),
        2 => header.replace(['_', '-'], " "),
        _ => header.to_string(),
    }
}

/// The columns of one section: what its files hold and what rules may call them.
pub struct Columns {
    pub made: Vec<(String, Make)>,
    pub names: Vec<Name>,
    pub fields: Vec<String>,
}

pub fn columns(dice: &mut Dice, from: &[(&str, Make)]) -> Columns {
    let mut columns = Columns { made: Vec::new(), names: Vec::new(), fields: Vec::new() };
    for (header, make) in from {
        if !dice.chance(65) {
            continue;
        }
        columns.made.push((header.to_string(), *make));
        let (kind, reading) = match make {
            Make::Words(texts) => (Kind::Text(texts), ""),
            Make::Number => (Kind::Number, ""),
            Make::Money => (Kind::Number, "decimal: comma"),
            Make::Instant => (Kind::Date, ""),
            Make::Day => (Kind::Date, "date_format: \"%d.%m.%Y\""),
            Make::Flag => (Kind::Flag, ""),
            Make::Members(texts) => (Kind::Members(texts), "separator: \";\""),
            Make::Numbers => (Kind::Numbers, "separator: \"|\""),
            Make::Key | Make::Answer | Make::Ballast(_) => continue,
        };
        let written = if reading.is_empty() && dice.chance(70) {
            loosely(dice, header)
        } else {
            let alias = format!("f_{}", header.to_lowercase().replace([' ', '-'], "_"));
            let column = loosely(dice, header);
            let column = match dice.below(3) {
                0 => format!("[Nowhere, {}]", quoted(&column)),
                _ => quoted(&column),
            };
            let comma = if reading.is_empty() { "" } else { ", " };
            columns.fields.push(format!("{alias}: {{ column: {column}{comma}{reading} }}"));
            alias
        };
        columns.names.push(Name { written, kind });
    }
    columns
}
