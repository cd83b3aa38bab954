//! What a name stands for: a score, its grade, a tally, an account score, a field, a header.
//!
//! In: the sections of a rule file. Out: the table of names, and the columns that are read, each
//! once. Not here: whether a column exists; that is known only when an export is at hand.

use super::Validator;
use crate::diagnostic::{Diagnostic, Place};
use crate::instant::Zone;
use crate::rules::model::{Column, ColumnId, Operand, ScoreId};
use crate::rules::yaml::{Kind, Node};
use crate::value::Reading;

/// One of the names that scores, tallies and account scores share.
#[derive(Clone, Debug)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Whether it has grades.
    pub has_grades: bool,
    /// Whether its grades are relative (`top 10%`).
    pub is_relative: bool,
}

/// The names that scores, tallies and account scores share.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// By score.
    pub scores: Vec<Named>,
    /// By tally.
    pub tallies: Vec<Named>,
    /// By account score.
    pub account_scores: Vec<Named>,
}

/// The columns of one kind of export.
#[derive(Clone, Debug)]
pub struct Columns {
    /// `fields:`
    pub fields: Vec<Column>,
    /// What something reads, each once.
    pub read: Vec<Column>,
    /// Which entry of `fields` each is.
    field_of: Vec<Option<usize>>,
    /// Of times without an offset.
    pub zone: Zone,
}

/// Which export a column is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The contact export.
    Contacts,
    /// The activity export.
    Activities,
}

/// What a condition is about, and what it may look at.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// What it is about.
    pub subject: Subject,
    /// The score that it belongs to, which may use only scores above.
    pub score: Option<ScoreId>,
    /// Whether grades such as `top 10%` are known by then.
    pub relative: bool,
    /// Whether account scores are known by then.
    pub accounts: bool,
}

/// What a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A contact.
    Contact,
    /// An activity.
    Activity,
    /// An account.
    Account,
}

impl Scope {
    /// In `where` and `ignore`.
    pub const ACTIVITY: Scope = Scope { subject: Subject::Activity, score: None, relative: false, accounts: false };
    /// In `disqualify`.
    pub const DISQUALIFY: Scope = Scope { subject: Subject::Contact, ..Scope::ACTIVITY };
    /// In the `where` of an account score.
    pub const ACCOUNT_SCORE: Scope = Scope { relative: true, ..Scope::DISQUALIFY };
    /// In stages and segments.
    pub const AFTERWARDS: Scope = Scope { accounts: true, ..Scope::ACCOUNT_SCORE };
    /// In the stages of accounts.
    pub const ACCOUNT: Scope = Scope { subject: Subject::Account, ..Scope::AFTERWARDS };

    /// In the rules of a score.
    pub fn of_score(score: ScoreId) -> Scope {
        Scope { score: Some(score), ..Scope::DISQUALIFY }
    }
}

impl Columns {
    /// No columns yet.
    pub fn new() -> Columns {
        Columns { fields: Vec::new(), read: Vec::new(), field_of: Vec::new(), zone: Zone::utc() }
    }

    /// The column that `name` stands for: an entry of `fields`, or else a header.
    pub fn named(&mut self, name: &str, place: Option<Place>) -> ColumnId {
        if let Some(field) = self.fields.iter().position(|field| field.name == name) {
            if let Some(known) = self.field_of.iter().position(|known| *known == Some(field)) {
                return known;
            }
            let column = Column { place, ..self.fields[field].clone() };
            return self.add(column, Some(field));
        }
        self.any_of(name, vec![name.to_owned()], Reading::default(), place)
    }

    /// The column that the first of several headers names.
    pub fn any_of(&mut self, name: &str, headers: Vec<String>, reading: Reading, place: Option<Place>) -> ColumnId {
        let known = self.read.iter().position(|known| known.headers == headers && known.reading == reading);
        match known {
            Some(known) if self.field_of[known].is_none() => known,
            _ => self.add(Column { name: name.to_owned(), headers, reading, place }, None),
        }
    }

    fn add(&mut self, column: Column, field: Option<usize>) -> ColumnId {
        self.read.push(column);
        self.field_of.push(field);
        self.read.len() - 1
    }
}

impl Validator<'_> {
    /// Takes in the names of `scores`, `tallies` and `accounts.scores` before any of them is read.
    pub fn collect_names(&mut self, scores: Option<&Node>, tallies: Option<&Node>, accounts: Option<&Node>) {
        self.names = Names {
            scores: named_in(scores),
            tallies: named_in(tallies),
            account_scores: named_in(accounts.and_then(|node| value_of(node, "scores"))),
        };
        let lists = [
            (&self.names.scores, "a score"),
            (&self.names.tallies, "a tally"),
            (&self.names.account_scores, "an account score"),
        ];
        // The same name twice in one mapping is a key given twice, and reported as such.
        let mut all: Vec<(Named, &str)> =
            lists.into_iter().flat_map(|(list, what)| list.iter().map(move |named| (named.clone(), what))).collect();
        all.sort_by_key(|(named, _)| named.place);
        for (at, (named, _)) in all.iter().enumerate() {
            if let Some((first, what)) = all[..at].iter().find(|(first, _)| first.name == named.name) {
                self.repeated_name(named.place, what, &named.name, first.place);
            }
        }
    }

    /// The columns of one kind of export.
    pub fn columns(&mut self, side: Side) -> &mut Columns {
        match side {
            Side::Contacts => &mut self.contact_columns,
            Side::Activities => &mut self.activity_columns,
        }
    }

    /// What a name stands for in a condition or after `points_by`.
    pub fn operand(&mut self, name: &str, place: Place, scope: Scope) -> Option<Operand> {
        match scope.subject {
            Subject::Activity => {
                self.maybe_no_column(name, place, true);
                Some(Operand::Column(self.activity_columns.named(name, Some(place))))
            }
            Subject::Account => self.account_operand(name, place),
            Subject::Contact => self.contact_operand(name, place, scope),
        }
    }

    fn contact_operand(&mut self, name: &str, place: Place, scope: Scope) -> Option<Operand> {
        if let Some(score) = self.names.scores.iter().position(|score| score.name == name) {
            return self.usable_score(score, place, scope).then_some(Operand::Score(score));
        }
        if let Some(score) = graded(&self.names.scores, name) {
            if !self.usable_score(score, place, scope) {
                return None;
            }
            if self.names.scores[score].is_relative && !scope.relative {
                let message =
                    format!("the grade of `{}` is known only after everybody is scored", self.names.scores[score].name);
                let fault = Diagnostic::error("relative-grade", place, message)
                    .label("a grade with a bound such as `top 10%`")
                    .help("stages, segments and account conditions may use it; here use the score itself");
                self.push(fault);
                return None;
            }
            return Some(Operand::Grade(score));
        }
        if let Some(tally) = self.names.tallies.iter().position(|tally| tally.name == name) {
            return Some(Operand::Tally(tally));
        }
        let account = &self.names.account_scores;
        let found = match account.iter().position(|score| score.name == name) {
            Some(score) => Some(Operand::AccountScore(score)),
            None => graded(account, name).map(Operand::AccountGrade),
        };
        if found.is_some() && !scope.accounts {
            let fault =
                Diagnostic::error("account-score-here", place, format!("the account score `{name}` is not known yet"))
                    .label("accounts are counted after the contacts are scored")
                    .help("stages, segments and account stages may use account scores");
            self.push(fault);
            return None;
        }
        if found.is_none() {
            self.maybe_no_column(name, place, false);
        }
        found.or_else(|| Some(Operand::Column(self.contact_columns.named(name, Some(place)))))
    }

    fn account_operand(&mut self, name: &str, place: Place) -> Option<Operand> {
        let account = &self.names.account_scores;
        if let Some(score) = account.iter().position(|score| score.name == name) {
            return Some(Operand::AccountScore(score));
        }
        if let Some(score) = graded(account, name) {
            return Some(Operand::AccountGrade(score));
        }
        let known = every_name(account);
        self.unknown_name(
            "unknown-account-score",
            name,
            place,
            "account score",
            &known,
            "account stages test account scores and their grades only",
        );
        None
    }

    /// Whether a rule of this score may use that one: only what stands above.
    fn usable_score(&mut self, used: ScoreId, place: Place, scope: Scope) -> bool {
        let Some(user) = scope.score else { return true };
        if used < user {
            self.uses.push((user, used, place));
            return true;
        }
        let name = self.names.scores[used].name.clone();
        let fault = if used == user {
            Diagnostic::error("score-of-itself", place, format!("the score `{name}` is used to compute itself"))
                .label("not known yet")
                .help(format!("a column `{name}` needs another name here: `contacts: {{ fields: {{ {name}_column: {{ column: {name} }} }} }}`"))
        } else {
            let line = self.source.line_and_column(self.names.scores[used].place.start).0;
            Diagnostic::error("score-below", place, format!("the score `{name}` stands below, so it is not known yet"))
                .label(format!("`{name}` begins on line {line}"))
                .help(format!(
                    "move `{name}` above `{}`; a column of that name needs another one under `contacts.fields`",
                    self.names.scores[user].name
                ))
        };
        self.push(fault);
        false
    }

    /// The score that a name stands for, where only scores may stand.
    pub fn score_named(&mut self, name: &str, place: Place, what: &str) -> Option<ScoreId> {
        if let Some(score) = self.names.scores.iter().position(|score| score.name == name) {
            return Some(score);
        }
        let other = if self.names.tallies.iter().any(|tally| tally.name == name) {
            Some(format!("`{name}` is a tally, and {what} takes scores: give points for it in a score (`points_by`)"))
        } else if self.names.account_scores.iter().any(|score| score.name == name) {
            Some(format!("`{name}` is an account score, and {what} takes scores of contacts"))
        } else {
            None
        };
        let known: Vec<String> = self.names.scores.iter().map(|score| score.name.clone()).collect();
        match other {
            Some(help) => {
                let fault = Diagnostic::error("unknown-score", place, format!("there is no score `{name}`"));
                self.push(fault.label("unknown score").help(help));
            }
            None => self.unknown_name("unknown-score", name, place, "score", &known, ""),
        }
        None
    }

    /// Notes that nothing has this name, with the nearest one or all there are.
    pub fn unknown_name(
        &mut self,
        code: &'static str,
        name: &str,
        place: Place,
        what: &str,
        known: &[String],
        also: &str,
    ) {
        let near = crate::diagnostic::nearest(name, known.iter().map(String::as_str));
        let mut help = if !near.is_empty() {
            crate::diagnostic::did_you_mean(&near)
        } else if known.is_empty() {
            format!("the file has no {what}s")
        } else {
            let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("there are: {}", known.join(", "))
        };
        if !also.is_empty() {
            help = format!("{help}\n{also}");
        }
        let fault = Diagnostic::error(code, place, format!("there is no {what} `{name}`"));
        self.push(fault.label(format!("unknown {what}")).help(help));
    }
}

/// The score whose grade a name such as `fit_grade` stands for.
fn graded(scores: &[Named], name: &str) -> Option<usize> {
    let score = name.strip_suffix("_grade")?;
    scores.iter().position(|named| named.has_grades && named.name == score)
}

fn every_name(scores: &[Named]) -> Vec<String> {
    let mut names = Vec::new();
    for score in scores {
        names.push(score.name.clone());
        if score.has_grades {
            names.push(format!("{}_grade", score.name));
        }
    }
    names
}

fn named_in(section: Option<&Node>) -> Vec<Named> {
    let Some(Kind::Map(entries)) = section.map(|node| &node.kind) else { return Vec::new() };
    let mut found: Vec<Named> = Vec::new();
    for (key, value) in entries {
        let Some(name) = key.scalar() else { continue };
        if name == "<<" || found.iter().any(|named| named.name == name) {
            continue;
        }
        let grades = value_of(value, "grades");
        let is_relative = match grades.map(|node| &node.kind) {
            Some(Kind::Map(bounds)) => {
                bounds.iter().any(|(_, bound)| bound.scalar().is_some_and(|text| text.trim_start().starts_with("top")))
            }
            _ => false,
        };
        found.push(Named { name: name.to_owned(), place: key.place, has_grades: grades.is_some(), is_relative });
    }
    found
}

/// The value of a key, without any faults noted.
pub fn value_of<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Kind::Map(entries) = &node.kind else { return None };
    entries.iter().find(|(name, _)| name.scalar() == Some(key)).map(|(_, value)| value)
}
