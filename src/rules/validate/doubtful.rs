//! Names that probably do not mean what their author thinks.
//!
//! In: names as they are looked up. Out: warnings. Giving a column a short name under `fields`
//! silences each of them. Not here: names that are at fault.

use super::Validator;
use super::check::OPERATORS;
use crate::diagnostic::{Diagnostic, Place};

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
