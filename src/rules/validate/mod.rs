//! From the tree of a rule file to its model, with every fault of the file noted in one go.
//!
//! In: a tree with places. Out: a [`Model`], or all faults. A part that cannot be read becomes a
//! stand-in, so that later parts are still looked at and nothing is reported twice. Not here:
//! YAML itself, and what is doubtful but not wrong (see `lint`).

mod activity;
mod after;
mod card;
mod check;
mod condition;
mod doubtful;
mod lists;
mod names;
mod numbers;
mod outputs;
mod read;
mod rule;
mod score;
mod sections;

pub use lists::reason;

use super::model::{Model, ScoreId, Tally};
use super::yaml::{Kind, Node, Type};
use crate::diagnostic::{Diagnostic, Place, Source};
use names::{Columns, Names, Scope};
use std::collections::HashSet;
use std::path::Path;

const KEYS: [&str; 14] = [
    "version",
    "contacts",
    "activities",
    "tallies",
    "scores",
    "rank_by",
    "grade",
    "disqualify",
    "stages",
    "segments",
    "accounts",
    "nps",
    "handoff",
    "output",
];

/// Reads a tree into a model.
struct Validator<'a> {
    source: &'a Source,
    /// Where `in_file` begins.
    folder: &'a Path,
    faults: Vec<Diagnostic>,
    /// What is doubtful, and can be seen only where names are looked up.
    warnings: Vec<Diagnostic>,
    contact_columns: Columns,
    activity_columns: Columns,
    /// How the time of an activity is read.
    activity_date_format: Option<String>,
    names: Names,
    tallies: Vec<Tally>,
    /// Under how many numbers something is remembered.
    memos: usize,
    /// How many tests there are so far.
    tests: usize,
    /// Which score uses which, and where.
    uses: Vec<(ScoreId, ScoreId, Place)>,
}

/// The model of a tree, and what was doubtful on the way.
///
/// # Errors
/// All faults of the file, in no order.
pub fn model(root: &Node, source: &Source, folder: &Path) -> Result<(Model, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut validator = Validator {
        source,
        folder,
        faults: Vec::new(),
        warnings: Vec::new(),
        contact_columns: Columns::new(),
        activity_columns: Columns::new(),
        activity_date_format: None,
        names: Names::default(),
        tallies: Vec::new(),
        memos: 0,
        tests: 0,
        uses: Vec::new(),
    };
    match validator.file(root) {
        Some(model) if validator.faults.is_empty() => {
            validator.doubtful_names();
            Ok((model, each_once(validator.warnings)))
        }
        _ => Err(each_once(validator.faults)),
    }
}

/// Without what an alias shows of its anchor again.
fn each_once(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut seen = HashSet::new();
    found.retain(|one| seen.insert((one.code, one.place, one.message.clone())));
    found
}

impl Validator<'_> {
    fn file(&mut self, root: &Node) -> Option<Model> {
        if !matches!(root.kind, Kind::Map(_)) {
            let help = "begin with `version: 1` and `scores:`, each on a line of its own";
            self.wrong_type_but(root, "a rule file", "a mapping", help);
            return None;
        }
        let entries = self.entries(root, "a rule file", &KEYS);
        self.version(&entries, root);
        self.collect_names(entries.get("scores"), entries.get("tallies"), entries.get("accounts"));
        let contacts = self.contacts(entries.get("contacts"));
        let activities = self.activities(entries.get("activities"));
        if let Some(node) = entries.get("tallies") {
            self.tallies(node);
        }
        let scores = match entries.get("scores") {
            Some(node) => self.scores(node),
            None => {
                self.missing_key(&entries, first_key(root), "the rule file", "scores",
                    "give at least one score with one rule:\nscores:\n  fit:\n    rules:\n      - { name: Phone given, when: { phone: present }, points: 5 }");
                Vec::new()
            }
        };
        let evaluation_order = self.evaluation_order(scores.len());
        let rank_by = self.rank_by(&entries, &scores);
        let grade = self.grade(entries.get("grade"), &scores, &rank_by);
        let disqualify = match entries.get("disqualify") {
            Some(node) => self.named_conditions(node, "`disqualify`", "a disqualification", Scope::DISQUALIFY),
            None => Vec::new(),
        };
        let stages = entries.get("stages").map(|node| self.stages(node)).unwrap_or_default();
        let handoff = self.handoff(entries.get("handoff"), &stages);
        let segments = entries.get("segments").map(|node| self.segments(node)).unwrap_or_default();
        let accounts = entries.get_with_place("accounts").map(|(node, place)| self.accounts(node, place));
        let nps = entries.get_with_place("nps").map(|(node, place)| self.nps(node, place));
        let output = self.output(entries.get("output"));
        let model = Model {
            contacts,
            activities,
            contact_columns: self.contact_columns.read.clone(),
            activity_columns: self.activity_columns.read.clone(),
            tallies: std::mem::take(&mut self.tallies),
            memos: self.memos,
            tests: self.tests,
            scores,
            evaluation_order,
            rank_by,
            grade,
            disqualify,
            stages,
            segments,
            accounts: accounts.flatten(),
            nps: nps.flatten(),
            handoff,
            output,
            contact_fields: self.contact_columns.fields.clone(),
            activity_fields: self.activity_columns.fields.clone(),
        };
        self.output_columns(&model);
        Some(model)
    }

    fn version(&mut self, entries: &read::Entries<'_>, root: &Node) {
        let help = "this program reads version 1 of the rule language: `version: 1`";
        match entries.get("version") {
            None => self.missing_key(
                entries,
                first_key(root),
                "the rule file",
                "version",
                "begin the file with `version: 1`",
            ),
            Some(node) => {
                let is_one = matches!(&node.kind, Kind::Scalar(Type::Number, text)
                    if crate::points::Decimal::parse(text).and_then(|number| number.exactly()) == Some(crate::points::Points::ONE));
                if !is_one {
                    let fault = Diagnostic::error("unknown-version", node.place, "`version` must be 1");
                    self.push(fault.label(read::this_is(node)).help(help));
                }
            }
        }
    }
}

/// Where in the JSON Schema the keys of each mapping stand, and which there are.
#[cfg(test)]
pub fn known_keys() -> Vec<(&'static [&'static str], Vec<&'static str>)> {
    vec![
        (&[""], KEYS.to_vec()),
        (&["/properties/contacts"], sections::CONTACT_KEYS.to_vec()),
        (&["/properties/activities"], sections::ACTIVITY_KEYS.to_vec()),
        (&["/definitions/field"], sections::FIELD_KEYS.to_vec()),
        (&["/definitions/tally"], activity::TALLY_KEYS.to_vec()),
        (&["/definitions/did"], activity::DID_KEYS.to_vec()),
        (&["/definitions/operators"], check::OPERATORS.to_vec()),
        (&["/definitions/rulesScore"], score::RULES_KEYS.to_vec()),
        (&["/definitions/sumScore"], score::SUM_KEYS.to_vec()),
        (&["/definitions/contactRule"], rule::CONTACT_KEYS.to_vec()),
        (&["/definitions/scorecardRule"], rule::CARD_KEYS.to_vec()),
        (&["/definitions/activityRule"], rule::ACTIVITY_KEYS.to_vec()),
        (&["/definitions/group"], rule::GROUP_KEYS.to_vec()),
        (
            &[
                "/definitions/accountScore/anyOf/0",
                "/definitions/accountScore/anyOf/1",
                "/definitions/accountScore/anyOf/2",
                "/definitions/accountScore/anyOf/3",
                "/definitions/accountScore/anyOf/4",
            ],
            after::ACCOUNT_KEYS.to_vec(),
        ),
        (
            &[
                "/definitions/decay/anyOf/1",
                "/definitions/decay/anyOf/2",
                "/definitions/decay/anyOf/3",
                "/definitions/decay/anyOf/4",
            ],
            rule::DECAY_KEYS.to_vec(),
        ),
    ]
}

/// Where the file begins to say something.
fn first_key(root: &Node) -> Place {
    match &root.kind {
        Kind::Map(entries) => entries.first().map_or(root.place, |(key, _)| key.place),
        _ => root.place,
    }
}
