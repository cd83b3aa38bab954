//! Walks through a model: every rule, every condition.
//!
//! In: a [`Model`]. Out: its parts, one after the other, in the order of the file. Not here: what
//! is made of them.

use super::model::{Condition, Item, Model, Rule, RuleKind, Score, ScoreKind};

impl Score {
    /// Its rules and groups; none where it is a sum of other scores.
    pub fn items(&self) -> &[Item] {
        match &self.kind {
            ScoreKind::Rules { items, .. } => items,
            ScoreKind::Sum(_) => &[],
        }
    }

    /// Its rules, those of its groups included.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.items().iter().flat_map(|item| match item {
            Item::Rule(rule) => std::slice::from_ref(rule),
            Item::Group(group) => &group.rules,
        })
    }
}

impl Model {
    /// Every condition about a contact or an account.
    pub fn for_each_condition<'a>(&'a self, visit: &mut impl FnMut(&'a Condition)) {
        for score in &self.scores {
            score.scored.iter().for_each(&mut *visit);
            score.rules().filter_map(|rule| rule.when.as_ref()).for_each(&mut *visit);
            if let ScoreKind::Rules { multiply, .. } = &score.kind {
                multiply.iter().for_each(|multiplier| visit(&multiplier.when));
            }
        }
        self.disqualify.iter().for_each(|named| visit(&named.when));
        for stage in &self.stages {
            visit(&stage.when);
            stage.stay.iter().for_each(&mut *visit);
        }
        self.segments.iter().for_each(|named| visit(&named.when));
        if let Some(accounts) = &self.accounts {
            accounts.scores.iter().filter_map(|score| score.filter.as_ref()).for_each(&mut *visit);
            accounts.stages.iter().for_each(|named| visit(&named.when));
        }
    }

    /// Every condition about an activity.
    pub fn for_each_activity_condition<'a>(&'a self, visit: &mut impl FnMut(&'a Condition)) {
        self.activities.ignore.iter().for_each(|named| visit(&named.when));
        self.tallies.iter().flat_map(|tally| &tally.selection.filters).for_each(&mut *visit);
        for rule in self.scores.iter().flat_map(Score::rules) {
            if let RuleKind::Activity(activity) = &rule.kind {
                activity.selection.filters.iter().for_each(&mut *visit);
            }
        }
    }
}
