//! What comes after the scores: stages, accounts, ranking, hand-over (rule reference, §7).
//!
//! In: the sections of the tree. Out: those of the model. Not here: scores.

use super::Validator;
use super::names::{Scope, Side};
use super::read::Entries;
use crate::diagnostic::{Diagnostic, Place};
use crate::points::Points;
use crate::rules::model::{
    AccountKind, AccountScore, Accounts, Aggregate, Condition, NamedCondition, Score, ScoreId, Stage,
};
use crate::rules::yaml::{Kind, Node};

const AGGREGATES: [(&str, Aggregate); 4] =
    [("sum", Aggregate::Sum), ("max", Aggregate::Max), ("mean", Aggregate::Mean), ("min", Aggregate::Min)];

/// Keys of an account score.
pub const ACCOUNT_KEYS: [&str; 11] =
    ["sum", "max", "mean", "min", "count", "where", "top", "shares", "range", "decimals", "grades"];

impl Validator<'_> {
    /// `stages:`
    pub fn stages(&mut self, node: &Node) -> Vec<Stage> {
        let mut stages: Vec<Stage> = Vec::new();
        for member in self.list_or_empty(node, "`stages`", "of mappings with `name` and `when`") {
            let entries = self.entries(member, "a stage", &["name", "when", "stay"]);
            let (name, place) = self.entry_name(&entries, member, "a stage");
            if let Some(first) = stages.iter().find(|known| known.name == name && !name.is_empty()) {
                let first = first.place;
                self.repeated_name(place, "a stage", &name, first);
            }
            let when = match entries.get("when") {
                Some(when) => self.condition(when, Scope::AFTERWARDS),
                None => {
                    self.missing_key(
                        &entries,
                        place,
                        "a stage",
                        "when",
                        "say who reaches it: `when: { SCORE: { at_least: 50 } }`",
                    );
                    Condition::All(Vec::new())
                }
            };
            let stay = entries.get("stay").map(|node| self.condition(node, Scope::AFTERWARDS));
            stages.push(Stage { name, when, stay, place });
        }
        stages
    }

    /// `accounts:`
    pub fn accounts(&mut self, node: &Node, place: Place) -> Option<Accounts> {
        let entries = self.entries(node, "`accounts`", &["key", "scores", "stages"]);
        let key = match entries.get("key") {
            Some(key) => self.section_column(Side::Contacts, key, "`accounts.key`"),
            None => {
                self.missing_key(
                    &entries,
                    place,
                    "`accounts`",
                    "key",
                    "name the column that contacts of one account share: `key: company_id`",
                );
                None
            }
        };
        let mut scores = Vec::new();
        if let Some(node) = entries.get("scores") {
            for (key, value) in self.map(node, "`accounts.scores`", "of names and account scores") {
                scores.push(self.account_score(key, value));
            }
        }
        let stages = match entries.get("stages") {
            Some(node) => self.named_conditions(node, "`accounts.stages`", "an account stage", Scope::ACCOUNT),
            None => Vec::<NamedCondition>::new(),
        };
        Some(Accounts { key: key?, scores, stages })
    }

    fn account_score(&mut self, key: &Node, node: &Node) -> AccountScore {
        let name = self.name(key, "the name of an account score").unwrap_or_default();
        let what = format!("the account score `{name}`");
        let entries = self.entries(node, &what, &ACCOUNT_KEYS);
        let kind = self.account_kind(&entries, key.place, &what);
        AccountScore {
            name,
            kind: kind.unwrap_or(AccountKind::Count),
            filter: entries.get("where").map(|node| self.condition(node, Scope::ACCOUNT_SCORE)),
            range: entries.get("range").map(|node| self.range(node, "`range`")).unwrap_or_default(),
            decimals: self.decimals(&entries),
            grades: entries.get("grades").and_then(|node| self.grades(node, false)),
            place: key.place,
        }
    }

    fn account_kind(&mut self, entries: &Entries<'_>, place: Place, what: &str) -> Option<AccountKind> {
        let forms: Vec<&str> =
            ["sum", "max", "mean", "min", "count"].into_iter().filter(|key| entries.has(key)).collect();
        if let [first, second, ..] = forms[..] {
            self.two_forms(entries.place(second).unwrap_or(place), what, first, second);
            return None;
        }
        let Some(&form) = forms.first() else {
            let help = "write `sum: SCORE`, `max: SCORE`, `mean: SCORE`, `min: SCORE` or `count: contacts`";
            self.missing(entries, place, format!("{what} does not say what to compute"), help);
            return None;
        };
        let value = entries.get(form)?;
        let top = entries.get("top").and_then(|node| self.whole(node, "`top`", 1, u64::MAX));
        let shares = entries.get("shares").map(|node| {
            let members = self.list(node, "`shares`", "of numbers");
            members.into_iter().filter_map(|member| self.number(member, "a share")).collect::<Vec<Points>>()
        });
        if let (Some(place), true) = (entries.place("shares"), form != "sum") {
            let fault =
                Diagnostic::error("shares-without-sum", place, format!("`shares` goes with `sum`, not with `{form}`"));
            self.push(fault.help("take it out, or write `sum: SCORE`"));
        }
        if form == "count" {
            if let Some(place) = entries.place("top") {
                let fault = Diagnostic::error("unknown-key", place, "`top` goes with `sum`, `max`, `mean` or `min`");
                self.push(fault.help("take it out: a count has no highest values"));
            }
            self.word(value, "`count`", &[("contacts", ())])?;
            return Some(AccountKind::Count);
        }
        let (_, aggregate) = AGGREGATES.into_iter().find(|(word, _)| *word == form)?;
        let name = self.name(value, &format!("`{form}`"))?;
        let score = self.score_named(&name, value.place, &format!("`{form}`"))?;
        Some(AccountKind::Of { aggregate, score, top, shares })
    }

    /// One score or a list of them, each once.
    pub fn score_list(&mut self, node: &Node, what: &str) -> Vec<(ScoreId, Place)> {
        let mut found: Vec<(ScoreId, Place)> = Vec::new();
        for (name, place) in self.texts(node, what) {
            let Some(score) = self.score_named(&name, place, what) else { continue };
            match found.iter().find(|(known, _)| *known == score) {
                Some(&(_, first)) => self.repeated_name(place, &format!("a score of {what}"), &name, first),
                None => found.push((score, place)),
            }
        }
        found
    }

    /// `rank_by`, or the only score.
    pub fn rank_by(&mut self, entries: &Entries<'_>, scores: &[Score]) -> Vec<ScoreId> {
        match entries.get("rank_by") {
            Some(node) => self.score_list(node, "`rank_by`").into_iter().map(|(score, _)| score).collect(),
            None if scores.len() > 1 && entries.broken => Vec::new(),
            None if scores.len() > 1 => {
                let place = entries.place("scores");
                let names: Vec<&str> = scores.iter().map(|score| score.name.as_str()).collect();
                let message = "there are several scores, and no `rank_by` says which one ranks the contacts";
                let fault = Diagnostic::error("missing-rank-by", place, message).help(format!(
                    "add `rank_by: {}`, or another of {}",
                    names[names.len() - 1],
                    super::read::quoted(&names)
                ));
                self.push(fault);
                Vec::new()
            }
            None => (0..scores.len()).collect(),
        }
    }

    /// `grade`, or the first `rank_by` score where it has grades.
    pub fn grade(&mut self, node: Option<&Node>, scores: &[Score], rank_by: &[ScoreId]) -> Vec<ScoreId> {
        let Some(node) = node else {
            let first = rank_by.first().copied();
            return first.filter(|&score| scores[score].grades.is_some()).into_iter().collect();
        };
        let found = self.score_list(node, "`grade`");
        for &(score, place) in &found {
            if !self.names.scores[score].has_grades {
                let fault =
                    Diagnostic::error("no-grades", place, format!("the score `{}` has no grades", scores[score].name));
                self.push(fault.help("give it `grades: { A: 75, B: 50 }`, or name a score that has grades"));
            }
        }
        found.into_iter().map(|(score, _)| score).collect()
    }

    /// `handoff`, or the highest stage.
    pub fn handoff(&mut self, node: Option<&Node>, stages: &[Stage]) -> Option<usize> {
        let Some(node) = node else { return stages.len().checked_sub(1) };
        if matches!(node.kind, Kind::List(_)) {
            self.wrong_type_but(node, "`handoff`", "the name of one stage", "the stages above it are handed over too");
            return None;
        }
        let name = self.name(node, "`handoff`")?;
        let found = stages.iter().position(|stage| stage.name == name);
        if found.is_none() {
            let known: Vec<String> = stages.iter().map(|stage| stage.name.clone()).collect();
            self.unknown_name("unknown-stage", &name, node.place, "stage", &known, "");
        }
        found
    }
}
