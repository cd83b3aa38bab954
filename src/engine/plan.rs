//! The plan: the model bound to the columns at hand.
//!
//! In: a validated [`Model`] and the headers of the exports. Out: for each table the place of each
//! column, and for each tally and activity rule a [`Fold`], the least that must be kept of the
//! activities while they stream by. After this stage nothing is looked up by name.

use super::fold::{Fold, Gather};
use super::questions::Question;
use super::settle::Settle;
use super::weight::Weight;
use crate::diagnostic::Diagnostic;
use crate::record::Table;
use crate::rules::columns;
use crate::rules::model::{
    ActivityRule, Check, ColumnId, Condition, Item, Measure, Model, Operand, Per, Rule, RuleKind, ScoreId, ScoreKind,
    Tally, Test, Worth,
};
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// Index into [`Plan::rules`]: rules are numbered through the whole file, in its order.
pub type RuleId = usize;
/// Index into [`Plan::folds`].
pub type FoldId = usize;
/// Index into [`Plan::questions`].
pub type QuestionId = usize;

/// The model bound to the columns at hand.
#[derive(Debug)]
pub struct Plan<'m> {
    /// The rule file.
    pub model: &'m Model,
    /// The contact exports.
    pub contact_tables: Vec<Table>,
    /// The activity exports.
    pub activity_tables: Vec<Table>,
    /// For each contact table, for each column of the model, its place.
    pub contact_columns: Vec<Vec<Option<usize>>>,
    /// For each activity table, for each column of the model, its place.
    pub activity_columns: Vec<Vec<Option<usize>>>,
    /// The column of each contact's own instant, with `--as-of-field`.
    pub as_of_column: Option<ColumnId>,
    /// What is kept of the activities.
    pub folds: Vec<Fold<'m>>,
    /// The fold of each tally.
    pub tally_folds: Vec<FoldId>,
    /// Every rule of every score.
    pub rules: Vec<PlannedRule<'m>>,
    /// The first rule of each score.
    pub first_rules: Vec<RuleId>,
    /// What each score counts in the first ranking score, where every composite has a value.
    pub weights: Vec<Weight>,
    /// What becomes of the sums of each score.
    pub settles: Vec<Settle>,
    /// The conditions about cells alone, or parts of conditions, that are answered while contacts are read.
    pub answered: Vec<&'m Condition>,
    /// Questions about cells alone that are answered while contacts are read.
    pub questions: Vec<Question<'m>>,
    /// The one about the columns whose filling is the completeness, where that is written.
    pub completeness_question: Option<QuestionId>,
    /// The Net Promoter question.
    pub promoter_question: Option<QuestionId>,
    /// For each test of the model with which one of them begins, its place there.
    begins: Vec<Option<usize>>,
    by_type: HashMap<&'m str, Vec<FoldId>, FixedState>,
    of_any_type: Vec<FoldId>,
}

/// A rule with its place in the whole.
#[derive(Debug)]
pub struct PlannedRule<'m> {
    /// The rule.
    pub rule: &'m Rule,
    /// Which contacts; `None`: all.
    pub when: Option<&'m Condition>,
    /// The name of its group.
    pub group: Option<&'m str>,
    /// What its activities are folded into.
    pub fold: Option<FoldId>,
    /// The same, if the rule says nothing of anybody without such an activity.
    pub needed: Option<FoldId>,
    /// What its card says of a column, where that is answered while contacts are read.
    pub question: Option<QuestionId>,
    /// Whose rule it is.
    pub score: ScoreId,
}

impl<'m> Plan<'m> {
    /// Binds the model to the headers of the exports.
    ///
    /// # Errors
    /// Every column that a rule names and no export has, or that several headers answer to.
    pub fn bind(
        model: &'m Model,
        contact_tables: Vec<Table>,
        activity_tables: Vec<Table>,
        as_of_column: Option<ColumnId>,
    ) -> Result<Plan<'m>, Vec<Diagnostic>> {
        let contacts = columns::bind(model, &model.contact_columns, &contact_tables, "contacts");
        let activities = columns::bind(model, &model.activity_columns, &activity_tables, "activities");
        let (contact_columns, activity_columns) = match (contacts, activities) {
            (Ok(contacts), Ok(activities)) => (contacts, activities),
            (contacts, activities) => {
                return Err([contacts.err(), activities.err()].into_iter().flatten().flatten().collect());
            }
        };
        let mut plan = Plan {
            model,
            contact_tables,
            activity_tables,
            contact_columns,
            activity_columns,
            as_of_column,
            folds: Vec::new(),
            tally_folds: Vec::new(),
            rules: Vec::new(),
            first_rules: Vec::new(),
            weights: Weight::on_the_way_to(model, model.rank_by[0], |_| true),
            settles: model.scores.iter().map(|score| Settle::new(score.range, score.decimals, &score.grades)).collect(),
            answered: Vec::new(),
            questions: Vec::new(),
            completeness_question: None,
            promoter_question: None,
            begins: vec![None; model.tests],
            by_type: HashMap::default(),
            of_any_type: Vec::new(),
        };
        for tally in &model.tallies {
            let fold = plan.add_fold(tally_fold(tally));
            plan.tally_folds.push(fold);
        }
        plan.number_rules();
        plan.sort_folds_by_type();
        plan.choose_answered();
        let completeness = model.output.completeness.then(|| Question::Filled(plan.columns_behind_ranking()));
        plan.completeness_question = completeness.map(|question| plan.add_question(question));
        plan.promoter_question = model.nps.map(|nps| plan.add_question(Question::Promoter(nps)));
        Ok(plan)
    }

    /// Where among [`Plan::answered`] a condition is, if it is one of them.
    #[inline]
    pub fn answered_as(&self, condition: &Condition) -> Option<usize> {
        let number = self.begins[condition.first_test()?.number]?;
        std::ptr::eq(self.answered[number], condition).then_some(number)
    }

    /// Whether cells are looked at when contacts are scored, by a test or a card that is not answered before.
    pub fn scoring_looks_at_cells(&self) -> bool {
        let is_open = |planned: &PlannedRule<'_>| {
            let is_card = matches!(planned.rule.kind, RuleKind::Scorecard { operand: Operand::Column(_), .. });
            is_card && planned.question.is_none()
        };
        let mut found = self.rules.iter().any(is_open);
        self.model.for_each_condition(&mut |condition| {
            condition.for_each_test(&mut |test| {
                found |= matches!(test.operand, Operand::Column(_)) && !self.can_be_answered(test);
            });
        });
        found
    }

    /// Whether a cell alone decides; but not what time it is, where contacts have instants of their own.
    fn can_be_answered(&self, test: &Test) -> bool {
        let is_about_now = || test.checks.iter().any(Check::is_about_now);
        matches!(test.operand, Operand::Column(_)) && !(self.as_of_column.is_some() && is_about_now())
    }

    fn choose_answered(&mut self) {
        let mut open = Vec::new();
        self.model.for_each_condition(&mut |condition| open.push(condition));
        while let Some(condition) = open.pop().map(Condition::core) {
            let mut can_be_answered = true;
            condition.for_each_test(&mut |test| can_be_answered &= self.can_be_answered(test));
            match (condition, condition.first_test()) {
                (_, Some(first)) if can_be_answered => {
                    self.begins[first.number] = Some(self.answered.len());
                    self.answered.push(condition);
                }
                (Condition::All(inner) | Condition::Any(inner), _) => open.extend(inner),
                (Condition::Not(inner), _) => open.push(inner),
                (Condition::Test(_), _) => {}
            }
        }
    }

    /// The folds that an activity of this type (folded) takes part in.
    pub fn folds_of_type(&self, kind: Option<&str>) -> &[FoldId] {
        kind.and_then(|kind| self.by_type.get(kind)).unwrap_or(&self.of_any_type)
    }

    fn add_fold(&mut self, fold: Fold<'m>) -> FoldId {
        self.folds.push(fold);
        self.folds.len() - 1
    }

    fn number_rules(&mut self) {
        for (id, score) in self.model.scores.iter().enumerate() {
            self.first_rules.push(self.rules.len());
            let ScoreKind::Rules { items, .. } = &score.kind else { continue };
            for item in items {
                match item {
                    Item::Rule(rule) => self.add_rule(rule, None, id),
                    Item::Group(group) => {
                        for rule in &group.rules {
                            self.add_rule(rule, Some(&group.name), id);
                        }
                    }
                }
            }
        }
    }

    fn add_question(&mut self, question: Question<'m>) -> QuestionId {
        self.questions.push(question);
        self.questions.len() - 1
    }

    fn add_rule(&mut self, rule: &'m Rule, group: Option<&'m str>, score: ScoreId) {
        let fold = match &rule.kind {
            RuleKind::Activity(activity) => Some(self.add_fold(Fold::new(&activity.selection, rule_gather(activity)))),
            RuleKind::Contact(_) | RuleKind::Scorecard { .. } => None,
        };
        let when = rule.when.as_ref().map(Condition::core);
        let needed = fold.filter(|_| when.is_none());
        let question = match &rule.kind {
            RuleKind::Scorecard { operand: Operand::Column(column), card, .. } => {
                Question::of_card(card, *column, self.model)
            }
            _ => None,
        };
        let question = question.map(|question| self.add_question(question));
        self.rules.push(PlannedRule { rule, when, group, fold, needed, question, score });
    }

    /// Lays out, for each type that anything names, its folds together with those of any type.
    fn sort_folds_by_type(&mut self) {
        for fold in &self.folds {
            for kind in fold.selection.types.iter().flatten() {
                self.by_type.entry(kind).or_default();
            }
        }
        for (id, fold) in self.folds.iter().enumerate() {
            match &fold.selection.types {
                None => {
                    self.of_any_type.push(id);
                    self.by_type.values_mut().for_each(|folds| folds.push(id));
                }
                Some(types) => {
                    for kind in types {
                        if let Some(folds) = self.by_type.get_mut(kind.as_str())
                            && folds.last() != Some(&id)
                        {
                            folds.push(id);
                        }
                    }
                }
            }
        }
    }

    /// The contact columns named in `when` and `points_by` of the rules behind the first ranking
    /// score, each once.
    fn columns_behind_ranking(&self) -> Vec<ColumnId> {
        let mut columns = Vec::new();
        let mut add = |operand: Operand| {
            if let Operand::Column(column) = operand
                && !columns.contains(&column)
            {
                columns.push(column);
            }
        };
        for (score, behind) in behind(self.model, self.model.rank_by[0]).into_iter().enumerate() {
            if !behind {
                continue;
            }
            let end = self.first_rules.get(score + 1).copied().unwrap_or(self.rules.len());
            for planned in &self.rules[self.first_rules[score]..end] {
                if let Some(when) = &planned.rule.when {
                    when.for_each_test(&mut |test| add(test.operand));
                }
                if let RuleKind::Scorecard { operand, .. } = planned.rule.kind {
                    add(operand);
                }
            }
        }
        columns
    }
}

/// Which scores a score is made of, itself among them.
fn behind(model: &Model, root: ScoreId) -> Vec<bool> {
    let mut behind = vec![false; model.scores.len()];
    let mut open = vec![root];
    while let Some(score) = open.pop() {
        if !std::mem::replace(&mut behind[score], true)
            && let ScoreKind::Sum(parts) = &model.scores[score].kind
        {
            open.extend(parts.iter().map(|part| part.score));
        }
    }
    behind
}

fn tally_fold(tally: &Tally) -> Fold<'_> {
    let gather = match tally.measure {
        Measure::Count => Gather::Count,
        Measure::Days => Gather::Units { per: Per::Day, worth: None },
        Measure::Distinct(column) => Gather::Units { per: Per::Column(column), worth: None },
        Measure::Sum(column) => Gather::Sum(column),
        Measure::Last | Measure::DaysSinceLast => Gather::Newest,
        Measure::First | Measure::DaysSinceFirst => Gather::Oldest,
    };
    Fold::new(&tally.selection, gather)
}

/// The least that has to be kept for a rule: numbers where numbers do, units where they must be
/// told apart.
fn rule_gather(rule: &ActivityRule) -> Gather<'_> {
    let constant = matches!(rule.worth, Worth::Points(_));
    match rule.per {
        Per::Event => match (rule.max_count, rule.cap_per_day) {
            (_, None) if constant && rule.decay.is_none() => Gather::Count,
            (None, None) => Gather::Total { worth: &rule.worth, decay: rule.decay },
            (None, Some(_)) => Gather::Days { worth: &rule.worth, decay: rule.decay },
            (Some(count), _) => Gather::Recent { worth: &rule.worth, count },
        },
        Per::Contact if constant => Gather::Newest,
        per => Gather::Units { per, worth: Some(&rule.worth) },
    }
}
