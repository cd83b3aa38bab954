//! Which activities are meant, and what is counted of them: tallies and `did` (rule reference,
//! §1, §3, §4).
//!
//! In: mappings of the tree. Out: [`Selection`]s and [`Tally`]s. Not here: points for activities.

use super::Validator;
use super::check::Window;
use super::names::{Scope, Subject};
use super::read::Entries;
use crate::diagnostic::{Diagnostic, Place};
use crate::instant::Span;
use crate::points::Points;
use crate::rules::describe;
use crate::rules::model::{Check, Literal, Measure, Operand, Order, Selection, Tally, Test};
use crate::rules::yaml::{Kind, Node, Type};
use crate::value::fold;

const MEASURES: [(&str, Measure); 6] = [
    ("count", Measure::Count),
    ("days", Measure::Days),
    ("last", Measure::Last),
    ("first", Measure::First),
    ("days_since_last", Measure::DaysSinceLast),
    ("days_since_first", Measure::DaysSinceFirst),
];

/// Keys of a tally.
pub const TALLY_KEYS: [&str; 6] = ["activity", "where", "within", "between", "measure", "show"];

/// Keys of a `did` in full.
pub const DID_KEYS: [&str; 10] =
    ["activity", "where", "within", "between", "measure", "at_least", "above", "at_most", "below", "is"];

impl Validator<'_> {
    /// `tallies:`
    pub fn tallies(&mut self, node: &Node) {
        for (key, value) in self.map(node, "`tallies`", "of names and what is counted") {
            let name = self.name(key, "the name of a tally").unwrap_or_default();
            let what = format!("the tally `{name}`");
            let entries = self.entries(value, &what, &TALLY_KEYS);
            let selection = self.selection(&entries, key.place, &what);
            let between = entries.get("between").and_then(|node| {
                let dates = self.dates_of_activities();
                self.date_window(node, &dates)
            });
            let measure = entries.get("measure").and_then(|node| self.measure(node)).unwrap_or(Measure::Count);
            let show = entries.get("show").and_then(|node| self.boolean(node, "`show`")).unwrap_or(false);
            let selection = Selection { between: between.into_iter().collect(), ..selection };
            self.tallies.push(Tally { name: Some(name), selection, measure, show, place: key.place });
        }
    }

    /// `activity`, `where` and `within`; what is between comes with whoever asks.
    pub fn selection(&mut self, entries: &Entries<'_>, place: Place, what: &str) -> Selection {
        let types = match entries.get("activity") {
            Some(node) => self.types(node),
            None => {
                self.missing_key(
                    entries,
                    place,
                    what,
                    "activity",
                    "say which activities: `activity: email_open`, a list of types, or `activity: any`",
                );
                None
            }
        };
        let filters = entries.get("where").map(|node| self.condition(node, Scope::ACTIVITY)).into_iter().collect();
        let within = entries.get("within").and_then(|node| self.span(node, "`within`"));
        Selection { types, filters, within, between: Vec::new() }
    }

    /// One type, a list of types, or `any`.
    pub fn types(&mut self, node: &Node) -> Option<Vec<String>> {
        let texts = self.texts(node, "`activity`");
        let is_list = matches!(node.kind, Kind::List(_));
        if !is_list && texts.first().is_some_and(|(text, _)| text == "any") {
            return None;
        }
        let mut types: Vec<String> = Vec::new();
        for (text, place) in texts {
            if is_list && text == "any" {
                let fault = Diagnostic::error("any-in-list", place, "`any` stands for every type, so it stands alone");
                self.push(fault.help("write `any` without a list, or take it out"));
            } else if text.trim().is_empty() {
                let fault = Diagnostic::error("empty-name", place, "the type of an activity is empty");
                self.push(fault.help("for activities of every type, also without one, write `any`"));
            } else {
                let folded = fold(&text).into_owned();
                if !types.contains(&folded) {
                    types.push(folded);
                }
            }
        }
        Some(types)
    }

    /// What is counted.
    pub fn measure(&mut self, node: &Node) -> Option<Measure> {
        if !matches!(node.kind, Kind::Map(_)) {
            return match node.scalar() {
                Some(word @ ("distinct" | "sum")) => {
                    let help = format!("write `measure: {{ {word}: COLUMN }}`");
                    self.wrong_type_but(node, &format!("`{word}`"), "given a column", help);
                    None
                }
                _ => self.word(node, "`measure`", &MEASURES),
            };
        }
        let entries = self.entries(node, "`measure`", &["distinct", "sum"]);
        let (distinct, sum) = (entries.get("distinct"), entries.get("sum"));
        if distinct.is_some() && sum.is_some() {
            self.two_forms(node.place, "`measure`", "distinct", "sum");
        }
        let field = distinct.or(sum);
        if field.is_none() {
            let help = "write `{ sum: COLUMN }` or `{ distinct: COLUMN }`";
            self.missing(&entries, node.place, "`measure` does not say what to count".to_owned(), help);
        }
        let name = self.name(field?, "the column of `measure`")?;
        let column = self.activity_columns.named(&name, Some(field?.place));
        Some(if distinct.is_some() { Measure::Distinct(column) } else { Measure::Sum(column) })
    }

    /// Notes that two keys exclude each other.
    pub fn two_forms(&mut self, place: Place, what: &str, one: &str, other: &str) {
        let fault = Diagnostic::error("two-forms", place, format!("{what} has both `{one}` and `{other}`"));
        self.push(fault.label("these exclude each other").help("keep one of the two"));
    }

    /// `did: …`: a test of a tally that has no name.
    pub fn did(&mut self, key: &Node, value: &Node, scope: Scope) -> Option<Test> {
        if scope.subject != Subject::Contact {
            let fault =
                Diagnostic::error("did-here", key.place, "`did` asks about a contact, and this is not about one");
            self.push(match scope.subject {
                Subject::Activity => {
                    fault.help("`where` and `ignore` test the activity's own columns: take `did` to `when`")
                }
                _ => fault.help("test an account score instead, such as a count of contacts `where` they did it"),
            });
            return None;
        }
        let place = Place { start: key.place.start, end: value.place.end.max(key.place.end) };
        let (selection, measure, checks) = match &value.kind {
            Kind::Map(_) => self.did_in_full(value, place),
            _ => {
                let types = self.types(value);
                (Selection { types, ..Selection::default() }, Measure::Count, Vec::new())
            }
        };
        let checks = if checks.is_empty() { vec![Check::Number(Order::AtLeast, Points::ONE)] } else { checks };
        let name = describe::did(&selection, measure, &self.activity_columns.zone);
        self.tallies.push(Tally { name: None, selection, measure, show: false, place });
        let (operand, number) = (Operand::Tally(self.tallies.len() - 1), self.next_test());
        Some(Test { operand, name, checks, memo: None, number, place })
    }

    fn did_in_full(&mut self, node: &Node, place: Place) -> (Selection, Measure, Vec<Check>) {
        let entries = self.entries(node, "`did`", &DID_KEYS);
        let mut selection = self.selection(&entries, place, "`did`");
        let measure = entries.get("measure").and_then(|node| self.did_measure(node)).unwrap_or(Measure::Count);
        let mut checks = Vec::new();
        if let Some(node) = entries.get("between") {
            let dates = self.dates_of_activities();
            match self.window(node, "`between`", &dates) {
                Some(Window::Numbers(from, to)) => checks.push(Check::NumberBetween(from, to)),
                Some(Window::Dates(from, to)) => selection.between.push((from, to)),
                None => {}
            }
        }
        for (key, order) in
            [("at_least", Order::AtLeast), ("above", Order::Above), ("at_most", Order::AtMost), ("below", Order::Below)]
        {
            let number = entries.get(key).and_then(|node| self.number(node, &format!("`{key}`")));
            checks.extend(number.map(|number| Check::Number(order, number)));
        }
        let number = entries.get("is").and_then(|node| self.number(node, "`is`"));
        checks.extend(number.map(|number| Check::OneOf(vec![Literal::Number(number)].into())));
        (selection, measure, checks)
    }

    fn did_measure(&mut self, node: &Node) -> Option<Measure> {
        let measure = self.measure(node)?;
        if matches!(measure, Measure::Last | Measure::First) {
            let fault = Diagnostic::error("date-measure", node.place, "the measure of `did` must be a number")
                .label("this is a date")
                .help("write `days_since_last` or `days_since_first`, or make a tally and test it with `within`");
            self.push(fault);
            return None;
        }
        Some(measure)
    }

    /// A duration, or `none`: `Some(None)`.
    pub fn span_or_none(&mut self, node: &Node, what: &str) -> Option<Option<Span>> {
        match &node.kind {
            Kind::Scalar(Type::Text, text) if text == "none" => Some(None),
            _ => self.span(node, what).map(Some),
        }
    }
}
