//! Random contacts, activities and earlier files, full of what exports hold in practice.

use super::clock::Clock;
use super::columns::{
    CONTACT_COLUMNS, DEED_COLUMNS, MAILS, MEMBERLESS, Make, NOTES, NOTHING, Name, cell, columns, instant, local,
    loosely,
};
use super::dice::Dice;
use super::language::quoted;
use super::rules::Written;
use super::{Style, Table};

fn style(dice: &mut Dice) -> Style {
    Style {
        crlf: dice.chance(20),
        quote_all: dice.chance(15),
        byte_order_mark: dice.chance(10),
        no_last_line_end: dice.chance(15),
    }
}

/// Names a column by its header or, now and then, by an entry of `fields` made for it.
fn called(dice: &mut Dice, header: &str, fields: &mut Vec<String>) -> String {
    if dice.chance(75) {
        return quoted(header);
    }
    let alias = format!("f_the_{}", fields.len());
    fields.push(format!("{alias}: {{ column: {} }}", quoted(header)));
    alias
}

pub struct Contacts {
    pub tables: Vec<Table>,
    /// The section of the rule file, in flow style.
    pub section: String,
    pub names: Vec<Name>,
    pub key: Option<String>,
    pub nps: Option<String>,
    pub as_of_field: Option<String>,
    pub id_header: String,
    pub id_place: usize,
    ids: Vec<String>,
    mails: bool,
    countries: bool,
}

pub fn contacts(dice: &mut Dice, clock: &Clock) -> Contacts {
    let mut columns = columns(dice, &CONTACT_COLUMNS);
    let id_header = dice.pick(&["contact_id", "Contact ID", "id", "Klient"]).to_string();
    let mut section = Vec::new();
    if id_header == "Klient" || dice.chance(20) {
        let header = loosely(dice, &id_header);
        section.push(format!("id: [Nowhere, {}]", called(dice, &header, &mut columns.fields)));
    }
    let mut nps = None;
    if dice.chance(30) {
        columns.made.push(("nps_answer".to_string(), Make::Answer));
        nps = Some(called(dice, "nps_answer", &mut columns.fields));
    }
    let mut as_of_field = None;
    if dice.chance(20) {
        columns.made.push(("qualified_at".to_string(), Make::Instant));
        as_of_field = Some(called(dice, "qualified_at", &mut columns.fields));
    }
    if dice.chance(10) {
        // What an earlier run added is replaced.
        columns.made.push(("lead_rank".to_string(), Make::Ballast(NOTES)));
        columns.made.push(("lead_old".to_string(), Make::Ballast(NOTES)));
    }
    if dice.chance(8) {
        columns.made.push(("twice".to_string(), Make::Ballast(NOTES)));
        columns.made.push(("twice".to_string(), Make::Ballast(NOTES)));
    }
    columns.made.push(("source".to_string(), Make::Ballast(NOTES)));
    let place = dice.below(columns.made.len() + 1);

    let ids: Vec<String> = (0..1 + dice.below(12))
        .map(|index| match dice.below(14) {
            0 => String::new(),
            1 => "n/a".to_string(),
            2 => format!(" c{index} "),
            3 => format!("C{index}"),
            4 => "c1".to_string(),
            5 => format!("ł{index}"),
            6 => format!("00{index}"),
            _ => format!("c{index}"),
        })
        .collect();
    let header = columns.made.iter().map(|(header, _)| header.clone());
    let mut header: Vec<String> = header.collect();
    header.insert(place, id_header.clone());
    // What tells rows of one id apart.
    header.push("row".to_string());
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        let made = columns.made.iter();
        let mut row: Vec<String> = made.map(|(_, make)| cell(dice, *make, clock, clock.contact_zone)).collect();
        row.insert(place, id.clone());
        row.push(format!("row {index}"));
        rows.push(row);
    }
    if dice.chance(2) {
        rows.clear();
    }

    let style = style(dice);
    let mut tables = vec![Table { header, rows, style }];
    if dice.chance(25) {
        let table = tables.remove(0);
        tables = apart(dice, table, &id_header);
    }

    let has = |wanted: &str| columns.made.iter().any(|(header, _)| header == wanted);
    let (mails, countries) = (has("email"), has("Country"));
    if mails && dice.chance(70) {
        let mail = called(dice, "email", &mut columns.fields);
        let names = if countries && dice.chance(25) { format!("Country, {mail}") } else { mail };
        section.push(format!("also_known_by: [{names}]"));
    }
    let key = columns.made.iter().find(|(_, make)| matches!(make, Make::Key)).map(|(header, _)| header.clone());
    let key = key.map(|header| called(dice, &header, &mut columns.fields));
    if dice.chance(60) {
        let way = dice.word(&["keep", "first", "last", "merge", "merge"]);
        section.push(format!("duplicates: {way}"));
        if way == "merge" {
            // Whether a multi-select without members is filled where no rule reads it as one is open.
            let cells = tables.iter_mut().flat_map(|table| &mut table.rows).flatten();
            cells.filter(|cell| *cell == MEMBERLESS).for_each(String::clear);
        }
    }
    if dice.chance(60) {
        section.push("missing: [Select, n/a]".to_string());
    }
    if clock.contact_zone != "UTC" {
        section.push(format!("timezone: {}", clock.contact_zone));
    }
    if !columns.fields.is_empty() {
        section.push(format!("fields: {{ {} }}", columns.fields.join(", ")));
    }
    Contacts {
        tables,
        section: section.join(", "),
        names: columns.names,
        key,
        nps,
        as_of_field,
        id_header,
        id_place: place,
        ids,
        mails,
        countries,
    }
}

/// The same rows in two files; the second's columns stand in another order, some under a header that
/// only case, spaces, `-` and `_` tell from the first's, one is lacking, and one is new.
fn apart(dice: &mut Dice, table: Table, id_header: &str) -> Vec<Table> {
    let at = dice.below(table.rows.len() + 1);
    let (first, second) = table.rows.split_at(at);
    let mut order: Vec<usize> = (0..table.header.len()).collect();
    let apart_from_order = table.header.iter().any(|header| header == "twice");
    if !apart_from_order {
        dice.shuffle(&mut order);
        let lacking = dice.below(order.len());
        let header = &table.header[order[lacking]];
        if dice.chance(50) && header != id_header && header != "row" {
            order.remove(lacking);
        }
    }
    let mut header: Vec<String> = order.iter().map(|&place| table.header[place].clone()).collect();
    if dice.chance(40) {
        for name in header.iter_mut().filter(|name| !["row", "twice", id_header].contains(&name.as_str())) {
            if dice.chance(30) && !name.starts_with("lead_") {
                *name = loosely(dice, name);
            }
        }
    }
    header.push("only here".to_string());
    let rows = second
        .iter()
        .map(|row| {
            let mut row: Vec<String> = order.iter().map(|&place| row[place].clone()).collect();
            row.push(dice.pick(NOTES).to_string());
            row
        })
        .collect();
    let first = Table { header: table.header.clone(), rows: first.to_vec(), style: table.style };
    vec![first, Table { header, rows, style: style(dice) }]
}

pub struct Activities {
    pub tables: Vec<(Option<String>, Table)>,
    pub section: String,
    pub names: Vec<Name>,
    pub has_ids: bool,
}

const DOTTED: &str = "%d.%m.%Y %H:%M:%S";

pub const TYPES: &[&str] = &["email_open", "page_view", "purchase", "demo request", "Webinar"];

pub fn activities(dice: &mut Dice, clock: &Clock, contacts: &Contacts) -> Activities {
    let mut columns = columns(dice, &DEED_COLUMNS);
    let mut section = Vec::new();
    let contact = dice.pick(&["contact_id", "Contact ID", "email", "who"]).to_string();
    if contact == "who" || dice.chance(20) {
        section.push(format!("contact: {}", called(dice, &contact, &mut columns.fields)));
    }
    let kind = dice.pick(&["type", "Activity Type", "event", "what"]).to_string();
    if kind == "what" || dice.chance(20) {
        section.push(format!("type: {}", called(dice, &kind, &mut columns.fields)));
    }
    let at = dice.pick(&["timestamp", "Occurred At", "date", "when"]).to_string();
    let dotted = dice.chance(20);
    if dotted {
        section.push("at: f_at".to_string());
        columns.fields.push(format!("f_at: {{ column: {}, date_format: \"{DOTTED}\" }}", quoted(&at)));
    } else if at == "when" || dice.chance(20) {
        section.push(format!("at: [{}]", quoted(&at)));
    }
    let has_ids = dice.chance(35);
    if has_ids {
        section.push("id: activity_id".to_string());
    }
    if dice.chance(35) {
        section.push("missing: [n/a, \"-\"]".to_string());
    }
    if clock.activity_zone != "UTC" {
        section.push(format!("timezone: {}", clock.activity_zone));
    }
    if !columns.fields.is_empty() {
        section.push(format!("fields: {{ {} }}", columns.fields.join(", ")));
    }

    let mut header = vec![contact, kind, at];
    if has_ids {
        header.push("activity_id".to_string());
    }
    header.extend(columns.made.iter().map(|(header, _)| header.clone()));
    let most = *dice.pick(&[0, 8, 25, 60, 60]);
    let busy = contacts.ids.iter().find(|id| !["", "n/a"].contains(&id.as_str()));
    let busy = busy.unwrap_or(&contacts.ids[0]).clone();
    let mut rows: Vec<Vec<String>> = (0..dice.below(most + 1))
        .map(|_| {
            let id = if dice.chance(50) { &busy } else { dice.pick(&contacts.ids) };
            let who = match dice.below(20) {
                0 => "nobody".to_string(),
                1 => dice.pick(&NOTHING).to_string(),
                2 => id.to_uppercase(),
                3 => format!(" {id} "),
                4..8 if contacts.mails => dice.pick(MAILS).to_uppercase(),
                8 if contacts.countries => dice.pick(&["PL", "de", "ÖSTERREICH"]).to_string(),
                _ => id.clone(),
            };
            let what = match dice.below(20) {
                0 => dice.pick(&NOTHING).to_string(),
                1 => "unknown".to_string(),
                2 => format!(" {} ", dice.pick(TYPES).to_uppercase()),
                _ => dice.pick(TYPES).to_string(),
            };
            let spoilt = dice.chance(25);
            let at = match spoilt {
                true => cell(dice, Make::Instant, clock, clock.activity_zone),
                false if dotted && dice.chance(60) => {
                    local(*dice.pick(&clock.pool), clock.activity_zone).strftime(DOTTED).to_string()
                }
                false => instant(dice, clock, clock.activity_zone),
            };
            let mut row = vec![who, what, at];
            if has_ids {
                row.push(match dice.below(8) {
                    0 => dice.pick(&NOTHING).to_string(),
                    1 => " a1 ".to_string(),
                    _ => format!("a{}", dice.below(60)),
                });
            }
            let made = columns.made.iter();
            row.extend(made.map(|(_, make)| cell(dice, *make, clock, clock.activity_zone)));
            row
        })
        .collect();
    // Activities that differ in one column only are where ties are told apart.
    for _ in 0..rows.len() / 5 {
        let mut twin = dice.pick(&rows).clone();
        let place = dice.below(twin.len());
        twin[place] = dice.pick(&rows)[place].clone();
        rows.push(twin);
    }

    let mut tables = Vec::new();
    if dice.chance(30) {
        let given = dice.chance(50).then(|| dice.pick(TYPES).to_string());
        let second = rows.split_off(dice.below(rows.len() + 1));
        let mut table = Table { header: header.clone(), rows: second, style: style(dice) };
        if given.is_some() && dice.chance(50) {
            table.header.remove(1);
            table.rows.iter_mut().for_each(|row| {
                row.remove(1);
            });
        }
        tables.push((given, table));
    }
    tables.insert(0, (None, Table { header, rows, style: style(dice) }));
    Activities { tables, section: section.join(", "), names: columns.names, has_ids }
}

/// An earlier scored file: some of the contacts, at stages that the ladder may or may not have.
pub fn previous(dice: &mut Dice, contacts: &Contacts, written: &Written) -> Table {
    let prefix = &written.prefix;
    let header = vec![contacts.id_header.clone(), format!("{prefix}stage"), format!("{prefix}{}", written.first_rank)];
    let mut stages = written.stages.clone();
    stages.extend(["".to_string(), "disqualified".to_string(), "Long gone".to_string()]);
    let mut rows = Vec::new();
    for id in &contacts.ids {
        if dice.chance(75) {
            let score = dice.pick(&["0", "12.5", "-7.01", "100", "", "?"]).to_string();
            rows.push(vec![id.clone(), dice.pick(&stages).clone(), score]);
        }
    }
    rows.push(vec!["left us".to_string(), stages[0].clone(), "1".to_string()]);
    Table { header, rows, style: style(dice) }
}
