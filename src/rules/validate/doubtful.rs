//! Names and texts that probably do not mean what their author thinks.
//!
//! In: names as they are looked up, and texts that they are compared with. Out: warnings. A short
//! name under `fields`, or `is:` before the text, silences each of them. Not here: what is at fault.

use super::Validator;
use super::check::OPERATORS;
use super::condition::DateContext;
use super::read::typographic_quotes;
use crate::diagnostic::{Diagnostic, Place};
use crate::instant::parse_date;
use crate::points::Decimal;
use crate::rules::yaml::{Kind, Node, Type, shortened};
use crate::value::fold;

/// Words that have a meaning of their own in a condition.
const WORDS: [&str; 4] = ["all", "any", "not", "did"];

impl Validator<'_> {
    /// Warns of a name that is taken for a column, and was hardly meant as one.
    pub fn maybe_no_column(&mut self, name: &str, place: Place, is_of_activity: bool) {
        let columns = if is_of_activity { &self.activity_columns } else { &self.contact_columns };
        if columns.fields.iter().any(|field| field.name == name) {
            return;
        }
        let fields = if is_of_activity { "activities.fields" } else { "contacts.fields" };
        if OPERATORS.contains(&name) {
            let warning = Diagnostic::warning(
                "operator-as-field",
                place,
                format!("`{name}` is read as the name of a column here"),
            )
            .label("an operator without a field")
            .help(format!("write `FIELD: {{ {name}: … }}`; a column of this name needs a short name under `{fields}`"));
            self.warnings.push(warning);
        } else if is_of_activity && self.is_score_or_tally(name) {
            let message = format!("`{name}` is read as a column of the activity here, not as the score or tally");
            let warning = Diagnostic::warning("score-in-where", place, message)
                .label("`where` and `ignore` see the activity's own columns only")
                .help(format!(
                    "test scores and tallies in `when`; a column of this name needs a short name under `{fields}`"
                ));
            self.warnings.push(warning);
        }
    }

    /// Warns of a text to compare with that was hardly meant as one.
    pub fn maybe_no_text(&mut self, field: &str, value: &Node, dates: &DateContext) {
        let Kind::Scalar(Type::Text, text) = &value.kind else { return };
        if matches!(text.as_str(), "present" | "missing") {
            return; // the words themselves
        }
        let as_text = format!("for this very text write `{{ is: {} }}`", in_quotes(text));
        let warning = if let Some(word) = nearly_a_word(text) {
            Diagnostic::warning(
                "nearly-a-word",
                value.place,
                format!("`{field}` is compared with the text `{}` here", shortened(text)),
            )
            .label("an ordinary text")
            .help(format!("did you mean `{word}`? {as_text}"))
        } else if let Some(test) = operator_in(text, dates) {
            Diagnostic::warning(
                "operator-in-text",
                value.place,
                format!("this holds only where `{field}` is the text `{}`", shortened(text)),
            )
            .label("nothing is compared by size here")
            .help(format!("write `{field}: {{ {test} }}`; {as_text}"))
        } else if let Some(help) = typographic_quotes(text) {
            let message = format!("the quotes belong to the text that `{field}` is compared with");
            Diagnostic::warning("typographic-quotes", value.place, message).help(help)
        } else {
            return;
        };
        self.warnings.push(warning);
    }

    fn is_score_or_tally(&self, name: &str) -> bool {
        self.names.scores.iter().chain(&self.names.tallies).any(|named| named.name == name)
    }

    /// Warns of names that no condition can use.
    pub fn doubtful_names(&mut self) {
        let names = &self.names;
        let named = names.scores.iter().chain(&names.tallies).chain(&names.account_scores);
        let mut warnings = Vec::new();
        for named in named.filter(|named| WORDS.contains(&named.name.as_str())) {
            let message = format!("no condition can use the name `{}`: it has a meaning of its own there", named.name);
            warnings.push(Diagnostic::warning("reserved-name", named.place, message).help("give it another name"));
        }
        for field in &self.contact_columns.fields {
            let Some(place) = field.place else { continue };
            if self.is_score_or_tally(&field.name) {
                let message =
                    format!("conditions take `{0}` for the score or tally `{0}`, never for this field", field.name);
                warnings
                    .push(Diagnostic::warning("shadowed-field", place, message).help("give the field another name"));
            }
        }
        self.warnings.extend(warnings);
    }
}

/// `present` or `missing`, where a text is one slip of the pen away from it.
fn nearly_a_word(text: &str) -> Option<&'static str> {
    let text = fold(text).replace(['_', '-'], " ");
    match text.as_ref() {
        "not missing" | "not empty" | "not null" | "is present" => return Some("present"),
        "not present" | "is missing" | "is empty" => return Some("missing"),
        _ => {}
    }
    ["present", "missing"].into_iter().find(|word| strsim::osa_distance(&text, word) <= 1)
}

/// The test that a text such as `>= 5` stands for in other languages.
fn operator_in(text: &str, dates: &DateContext) -> Option<String> {
    const SIGNS: [(&str, &str); 13] = [
        (">=", "at_least"),
        ("=>", "at_least"),
        ("≥", "at_least"),
        ("<=", "at_most"),
        ("=<", "at_most"),
        ("≤", "at_most"),
        ("<>", "is_not"),
        ("!=", "is_not"),
        ("≠", "is_not"),
        ("==", "is"),
        (">", "above"),
        ("<", "below"),
        ("=", "is"),
    ];
    let text = text.trim();
    let (operator, rest) = SIGNS.iter().find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?)))?;
    let rest = rest.trim();
    if Decimal::parse(rest).is_some() {
        return Some(format!("{operator}: {rest}"));
    }
    if parse_date(rest, dates.format.as_deref(), &dates.zone).is_some() {
        let operator = match operator {
            "above" => "after",
            "below" => "before",
            other => other,
        };
        return Some(format!("{operator}: {rest}"));
    }
    let is_of_texts = matches!(operator, "is" | "is_not") && !rest.is_empty();
    is_of_texts.then(|| format!("{operator}: {}", in_quotes(rest)))
}

/// A text as YAML reads it whatever it holds.
fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
