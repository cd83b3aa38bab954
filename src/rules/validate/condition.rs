//! Conditions: `when`, `where`, `for`, `stay` (rule reference, §3).
//!
//! In: a mapping of the tree and what it is about. Out: a [`Condition`]. A part that cannot be
//! read is left out, with its fault noted. Not here: single tests, and `did`.

use super::Validator;
use super::names::{Scope, Side, Subject};
use crate::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::instant::Zone;
use crate::rules::model::{Check, Condition, NamedCondition, Operand, Test};
use crate::rules::yaml::{Kind, Node, Type, shortened};
use crate::value::lower;

/// How a date in the rule file is read: like the cells it is compared with.
#[derive(Clone, Debug)]
pub struct DateContext {
    /// Tried before ISO 8601.
    pub format: Option<String>,
    /// Of times without an offset.
    pub zone: Zone,
}

impl Validator<'_> {
    /// A condition; one that cannot be read always holds.
    pub fn condition(&mut self, node: &Node, scope: Scope) -> Condition {
        if !matches!(node.kind, Kind::Map(_)) {
            let help = match &node.kind {
                Kind::List(_) => "write `all:` or `any:` before the list, with the list under it",
                Kind::Scalar(Type::Null, _) => "write `FIELD: test` lines under it, indented",
                Kind::Scalar(..) => "write `FIELD: test`, such as `country: PL`",
                Kind::Map(_) => "",
            };
            self.wrong_type_but(node, "a condition", "a mapping", help);
            return Condition::All(Vec::new());
        }
        let mut parts = Vec::new();
        for (key, value) in self.map(node, "a condition", "") {
            let Some(name) = key.scalar() else { continue };
            let part = match name {
                "all" => Some(Condition::All(self.conditions(value, "`all`", scope))),
                "any" => Some(Condition::Any(self.conditions(value, "`any`", scope))),
                "not" => Some(Condition::Not(Box::new(self.condition(value, scope)))),
                "did" => self.did(key, value, scope).map(Condition::Test),
                _ if self.is_misnamed_connective(name, key.place, value) => None,
                _ => self.test(name, key.place, value, scope).map(Condition::Test),
            };
            parts.extend(part);
        }
        match parts.len() {
            1 => parts.remove(0),
            _ => Condition::All(parts),
        }
    }

    fn conditions(&mut self, node: &Node, what: &str, scope: Scope) -> Vec<Condition> {
        let members = self.list(node, what, "of conditions");
        members.into_iter().map(|member| self.condition(member, scope)).collect()
    }

    /// `or:` and its like, before conditions: no test of a field looks so. The fault is noted.
    fn is_misnamed_connective(&mut self, name: &str, place: Place, value: &Node) -> bool {
        let holds_conditions = match &value.kind {
            Kind::List(members) => members.iter().any(|member| matches!(member.kind, Kind::Map(_))),
            Kind::Map(_) => lower(name) == "not",
            Kind::Scalar(..) => false,
        };
        if !holds_conditions {
            return false;
        }
        let help = match lower(name).as_ref() {
            "or" | "any" | "any_of" | "anyof" | "one_of" | "some" | "either" | "lub" => did_you_mean(&["any"]),
            "and" | "all" | "all_of" | "allof" | "both" | "every" | "oraz" => did_you_mean(&["all"]),
            "not" => did_you_mean(&["not"]),
            "none" | "nor" | "none_of" | "neither" => "write `not: { any: […] }`".to_owned(),
            _ => "conditions are put together by `all`, `any` and `not`".to_owned(),
        };
        let message = format!("a condition cannot be put together by `{}`", shortened(name));
        self.push(Diagnostic::error("unknown-key", place, message).label("conditions stand under this").help(help));
        true
    }

    /// A number under which something is remembered.
    pub fn next_memo(&mut self) -> usize {
        self.memos += 1;
        self.memos - 1
    }

    /// The number of one more test.
    pub fn next_test(&mut self) -> usize {
        self.tests += 1;
        self.tests - 1
    }

    fn test(&mut self, name: &str, place: Place, value: &Node, scope: Scope) -> Option<Test> {
        if name.trim().is_empty() {
            let fault = Diagnostic::error("empty-name", place, "a test needs the name of a field");
            self.push(fault.help("write `FIELD: test`, such as `country: PL`"));
            return None;
        }
        let operand = self.operand(name, place, scope);
        let dates = self.dates_of(operand, scope);
        if !matches!(operand, Some(Operand::Grade(_) | Operand::AccountGrade(_))) {
            self.maybe_no_text(name, value, &dates);
        }
        let checks = self.checks(name, value, &dates);
        let place = Place { start: place.start, end: value.place.end.max(place.end) };
        let is_about_text = matches!(operand, Some(Operand::Column(_))) && checks.iter().all(Check::is_about_text);
        let memo = (is_about_text && checks.iter().any(Check::is_dear)).then(|| self.next_memo());
        Some(Test { operand: operand?, name: name.to_owned(), checks, memo, number: self.next_test(), place })
    }

    /// How a date that is compared with an operand is read.
    pub fn dates_of(&self, operand: Option<Operand>, scope: Scope) -> DateContext {
        let (columns, format) = match (operand, scope.subject) {
            (Some(Operand::Column(id)), Subject::Activity) => {
                (&self.activity_columns, self.activity_columns.read[id].reading.date_format.clone())
            }
            (Some(Operand::Column(id)), _) => {
                (&self.contact_columns, self.contact_columns.read[id].reading.date_format.clone())
            }
            (Some(Operand::Tally(_)), _) => return self.dates_of_activities(),
            _ => (&self.contact_columns, None),
        };
        DateContext { format, zone: columns.zone.clone() }
    }

    /// How a date that is compared with the time of an activity is read.
    pub fn dates_of_activities(&self) -> DateContext {
        DateContext { format: self.activity_date_format.clone(), zone: self.activity_columns.zone.clone() }
    }

    /// A list of conditions with names: `{ name: …, when: … }`.
    pub fn named_conditions(&mut self, node: &Node, list: &str, what: &str, scope: Scope) -> Vec<NamedCondition> {
        let mut found: Vec<NamedCondition> = Vec::new();
        for member in self.list_or_empty(node, list, "of mappings with `name` and `when`") {
            let entries = self.entries(member, what, &["name", "when"]);
            let (name, place) = self.entry_name(&entries, member, what);
            if let Some(first) = found.iter().find(|known| known.name == name && !name.is_empty()) {
                let first = first.place;
                self.repeated_name(place, what, &name, first);
            }
            let when = match entries.get("when") {
                Some(when) => self.condition(when, scope),
                None => {
                    self.missing_key(&entries, place, what, "when", "say what must hold: `when: { FIELD: test }`");
                    Condition::All(Vec::new())
                }
            };
            found.push(NamedCondition { name, when, place });
        }
        found
    }

    /// The `name` of an entry and where it stands; empty where there is none.
    pub fn entry_name(&mut self, entries: &super::read::Entries<'_>, node: &Node, what: &str) -> (String, Place) {
        match entries.get("name") {
            Some(name) => (self.name(name, &format!("the name of {what}")).unwrap_or_default(), name.place),
            None => {
                self.missing_key(entries, node.place, what, "name", "every result is reported by name: add `name: …`");
                (String::new(), node.place)
            }
        }
    }

    /// A column that a section names: one name, or a list of candidate headers.
    pub fn section_column(&mut self, side: Side, node: &Node, what: &str) -> Option<crate::rules::model::ColumnId> {
        let names = self.texts(node, what);
        let (first, place) = names.first()?.clone();
        if names.len() == 1 {
            return Some(self.columns(side).named(&first, Some(place)));
        }
        let columns = self.columns(side);
        let mut headers = Vec::new();
        let mut reading = None;
        for (name, _) in names {
            match columns.fields.iter().position(|field| field.name == name) {
                Some(field) => {
                    headers.extend(columns.fields[field].headers.iter().cloned());
                    reading.get_or_insert_with(|| columns.fields[field].reading.clone());
                }
                None => headers.push(name),
            }
        }
        Some(columns.any_of(&first, headers, reading.unwrap_or_default(), Some(node.place)))
    }
}
