//! `contacts`, `activities`, `nps` and `output` (rule reference, §1 and §2).
//!
//! In: mappings of the tree. Out: the sections of the model. Not here: what exports hold.

use super::Validator;
use super::names::{Scope, Side};
use super::read::Entries;
use crate::diagnostic::{Diagnostic, Place, did_you_mean, nearest};
use crate::instant::Zone;
use crate::rules::model::{
    ActivitySection, Column, ColumnId, ContactSection, Duplicates, NamedCondition, Nps, OutputSection,
};
use crate::rules::yaml::{Kind, Node, Type};
use crate::value::{DecimalMark, MissingMarkers, Reading};

/// Headers that are taken for the contact's id where the rule file names none.
const ID_HEADERS: [&str; 6] = ["contact_id", "Contact ID", "Record ID", "Lead ID", "id", "email"];
/// Headers that are taken for the type of an activity.
const TYPE_HEADERS: [&str; 4] = ["type", "activity_type", "activity", "event"];
/// Headers that are taken for the time of an activity.
const AT_HEADERS: [&str; 5] = ["timestamp", "at", "occurred_at", "date", "created_at"];

/// Keys of an entry of `fields`.
pub const FIELD_KEYS: [&str; 4] = ["column", "decimal", "date_format", "separator"];
/// Keys of `contacts`.
pub const CONTACT_KEYS: [&str; 6] = ["id", "also_known_by", "duplicates", "fields", "missing", "timezone"];
/// Keys of `activities`.
pub const ACTIVITY_KEYS: [&str; 8] = ["contact", "type", "at", "id", "ignore", "fields", "missing", "timezone"];

/// Any date with a time of day, to try a format on.
const SAMPLE: &str = "2026-11-23T14:05:09";

impl Validator<'_> {
    /// `contacts:`
    pub fn contacts(&mut self, node: Option<&Node>) -> ContactSection {
        let entries = node.map(|node| self.entries(node, "`contacts`", &CONTACT_KEYS)).unwrap_or_default();
        let timezone = self.timezone(&entries, Side::Contacts);
        self.fields(&entries, Side::Contacts);
        let id = self.section_id(&entries, Side::Contacts, "id", &ID_HEADERS);
        let also_known_by = match entries.get("also_known_by") {
            Some(node) => {
                let members = self.list_or_empty(node, "`also_known_by`", "of columns");
                let names = members.into_iter().filter_map(|node| Some((self.name(node, "a column")?, node.place)));
                let names: Vec<_> = names.collect();
                names.into_iter().map(|(name, place)| self.contact_columns.named(&name, Some(place))).collect()
            }
            None => Vec::new(),
        };
        let words = [
            ("keep", Duplicates::Keep),
            ("first", Duplicates::First),
            ("last", Duplicates::Last),
            ("merge", Duplicates::Merge),
        ];
        let duplicates = entries.get("duplicates").and_then(|node| self.word(node, "`duplicates`", &words));
        ContactSection {
            id,
            also_known_by,
            duplicates: duplicates.unwrap_or_default(),
            missing: self.missing_markers(&entries),
            timezone,
        }
    }

    /// `activities:`
    pub fn activities(&mut self, node: Option<&Node>) -> ActivitySection {
        let entries = node.map(|node| self.entries(node, "`activities`", &ACTIVITY_KEYS)).unwrap_or_default();
        let timezone = self.timezone(&entries, Side::Activities);
        self.fields(&entries, Side::Activities);
        let contact = self.section_id(&entries, Side::Activities, "contact", &ID_HEADERS);
        let kind = self.section_id(&entries, Side::Activities, "type", &TYPE_HEADERS);
        let at = self.section_id(&entries, Side::Activities, "at", &AT_HEADERS);
        let id = entries.get("id").and_then(|node| self.section_column(Side::Activities, node, "`activities.id`"));
        self.activity_date_format = self.activity_columns.read[at].reading.date_format.clone();
        let missing = self.missing_markers(&entries);
        let ignore = match entries.get("ignore") {
            Some(node) => self.named_conditions(node, "`ignore`", "an entry of `ignore`", Scope::ACTIVITY),
            None => Vec::<NamedCondition>::new(),
        };
        ActivitySection { contact, kind, at, id, ignore, missing, timezone }
    }

    fn section_id(&mut self, entries: &Entries<'_>, side: Side, key: &str, headers: &[&str]) -> ColumnId {
        let given = entries.get(key).and_then(|node| self.section_column(side, node, &format!("`{key}`")));
        given.unwrap_or_else(|| {
            let headers = headers.iter().map(|&header| header.to_owned()).collect();
            self.columns(side).any_of(headers_name(key), headers, Reading::default(), None)
        })
    }

    fn missing_markers(&mut self, entries: &Entries<'_>) -> MissingMarkers {
        let Some(node) = entries.get("missing") else { return MissingMarkers::default() };
        let members = self.list_or_empty(node, "`missing`", "of texts");
        // `null` is taken by its letters: exports write it so.
        let texts = members.into_iter().filter_map(|member| match &member.kind {
            Kind::Scalar(Type::Null, text) if !text.is_empty() => Some(text.clone()),
            _ => self.text(member, "an entry of `missing`"),
        });
        MissingMarkers::new(texts.collect::<Vec<_>>())
    }

    fn timezone(&mut self, entries: &Entries<'_>, side: Side) -> Zone {
        let zone = entries.get("timezone").and_then(|node| {
            let name = self.name(node, "`timezone`")?;
            let zone = Zone::named(&name);
            if zone.is_none() {
                let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
                let near = nearest(&name, known.iter().map(String::as_str));
                let fault = Diagnostic::error("bad-timezone", node.place, format!("there is no time zone `{name}`"))
                    .label("unknown time zone");
                self.push(fault.help(if near.is_empty() {
                    "write a name of the IANA database, such as `Europe/Warsaw`, `Europe/Kyiv` or `UTC`".to_owned()
                } else {
                    did_you_mean(&near)
                }));
            }
            zone
        });
        let zone = zone.unwrap_or_else(Zone::utc);
        self.columns(side).zone = zone.clone();
        zone
    }

    fn fields(&mut self, entries: &Entries<'_>, side: Side) {
        let Some(node) = entries.get("fields") else { return };
        for (key, value) in self.map(node, "`fields`", "of names and columns") {
            let Some(name) = self.name(key, "the name of a field") else { continue };
            let what = format!("the field `{name}`");
            if matches!(value.kind, Kind::Scalar(..) | Kind::List(_)) {
                let help = format!("write `{name}: {{ column: … }}`");
                self.wrong_type_but(value, &what, "a mapping with `column`", help);
                continue;
            }
            let entries = self.entries(value, &what, &FIELD_KEYS);
            let mut headers = match entries.get("column") {
                Some(node) => self.texts(node, "`column`").into_iter().map(|(header, _)| header).collect(),
                None => Vec::new(),
            };
            if headers.is_empty() {
                headers.push(name.clone());
            }
            let marks = [("point", DecimalMark::Point), ("comma", DecimalMark::Comma)];
            let reading = Reading {
                decimal: entries
                    .get("decimal")
                    .and_then(|node| self.word(node, "`decimal`", &marks))
                    .unwrap_or_default(),
                date_format: entries.get("date_format").and_then(|node| self.date_format(node)),
                separator: entries.get("separator").and_then(|node| self.separator(node)),
            };
            let columns = self.columns(side);
            columns.fields.push(Column { name, headers, reading, place: Some(key.place) });
        }
    }

    fn separator(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "`separator`")?;
        if text.is_empty() {
            let fault = Diagnostic::error("empty-name", node.place, "`separator` is empty");
            self.push(fault.help("give what stands between the members, such as `;`"));
            return None;
        }
        Some(text)
    }

    /// A strftime format that tells a date.
    fn date_format(&mut self, node: &Node) -> Option<String> {
        let format = self.name(node, "`date_format`")?;
        let sample = SAMPLE.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        let help = "such as `%d.%m.%Y` for 23.11.2026, `%m/%d/%Y %H:%M` for 11/23/2026 14:05, `%Y%m%d` for 20261123";
        let message = match jiff::fmt::strtime::format(&format, &sample) {
            Err(error) => Some(format!("`date_format` is no strftime format: {error}")),
            Ok(_) if !format.contains('%') => {
                Some("`date_format` marks the parts of a date by `%`, and this has none".to_owned())
            }
            Ok(written) if crate::instant::parse_date(&written, Some(&format), &Zone::utc()).is_none() => {
                Some("`date_format` tells no date: it needs a year, a month and a day".to_owned())
            }
            Ok(_) => None,
        };
        if let Some(message) = message {
            self.push(Diagnostic::error("bad-date-format", node.place, message).help(help));
            return None;
        }
        Some(format)
    }

    /// `nps:`
    pub fn nps(&mut self, node: &Node, place: Place) -> Option<Nps> {
        let entries = self.entries(node, "`nps`", &["field", "scale"]);
        let lowest = entries.get("scale").and_then(|node| self.nps_scale(node)).unwrap_or(0);
        let Some(field) = entries.get("field") else {
            self.missing_key(
                &entries,
                place,
                "`nps`",
                "field",
                "name the column with the answers: `field: nps_answer`",
            );
            return None;
        };
        let field = self.section_column(Side::Contacts, field, "`nps.field`")?;
        Some(Nps { field, lowest })
    }

    fn nps_scale(&mut self, node: &Node) -> Option<i64> {
        let Kind::List(ends) = &node.kind else {
            self.wrong_type(node, "`scale`", "`[0, 10]` or `[1, 10]`");
            return None;
        };
        match ends.iter().map(Node::scalar).collect::<Vec<_>>()[..] {
            [Some("0"), Some("10")] => Some(0),
            [Some("1"), Some("10")] => Some(1),
            _ => {
                let fault = Diagnostic::error("unknown-word", node.place, "`scale` must be `[0, 10]` or `[1, 10]`");
                self.push(fault.help("Net Promoter is asked on one of these two scales"));
                None
            }
        }
    }

    /// `output:`
    pub fn output(&mut self, node: Option<&Node>) -> OutputSection {
        let entries = node.map(|node| self.entries(node, "`output`", &["prefix", "completeness"])).unwrap_or_default();
        let prefix = entries.get("prefix").and_then(|node| self.text(node, "`prefix`"));
        let completeness = entries.get("completeness").and_then(|node| self.boolean(node, "`completeness`"));
        OutputSection {
            prefix: prefix.unwrap_or_else(|| "lead_".to_owned()),
            completeness: completeness.unwrap_or(false),
        }
    }
}

/// The name under which a default column is reported.
fn headers_name(key: &str) -> &'static str {
    match key {
        "type" => TYPE_HEADERS[0],
        "at" => AT_HEADERS[0],
        _ => ID_HEADERS[0],
    }
}
