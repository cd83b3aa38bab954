//! Finding the effects: backfitting in Newton steps.
//!
//! In: codes and outcomes of the contacts that are learned from. Out: [`Term`]s. One column after the
//! other takes a part of a Newton step of the logistic loss on what the others leave unexplained
//! (backfitting: Hastie and Tibshirani 1986; coordinate-wise Newton steps: Friedman, Hastie and Tibshirani
//! 2010), shrunk as far as the contacts call for (`smoothing`). Small parts of steps let columns that say nearly
//! the same share what they say (as in boosting: Bühlmann and Yu 2003). In the end the shapes are brought back to few bins.

use super::binning::Cell;
use super::model::{Feature, Gate, Term, chance, columns_of, each_cell};

/// How the model is fitted.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How often all columns are looked at, one after the other; with crosses half as often again.
    pub cycles: usize,
    /// Which part of a step is taken, above 0, to 1.
    pub part: f64,
    /// How much evidence there must be for two columns crossed, in log likelihood.
    pub cross: f64,
    /// How many crosses there may be.
    pub crosses: usize,
    /// By how much log likelihood a bin must bring a shape nearer to what it was.
    pub bin: f64,
    /// A column must gain so much log likelihood.
    pub idle: f64,
    /// Columns that gain little may go as long as all of them together gained no more than this share of the whole.
    pub spare: f64,
    /// Each rule for a group of a cross must gain so much, and of a short card each rule more for a date.
    pub rule: f64,
}

impl Default for Settings {
    /// Found on public data sets (see ARCHITECTURE.md), by how contacts that were not seen are ranked.
    fn default() -> Settings {
        Settings { cycles: 20, part: 0.2, cross: 3.0, crosses: 6, bin: 0.02, idle: 0.2, spare: 0.01, rule: 3.0 }
    }
}

/// The most that an effect changes in one step: where nearly all or nearly none have the outcome, a Newton step
/// knows no end.
const STEP: f64 = 1.5;
/// Effects that change by less have settled.
const SETTLED: f64 = 5e-3;

/// A fit in progress.
pub struct Fit<'a> {
    features: &'a [Feature],
    settings: Settings,
    columns: Vec<Vec<u8>>,
    outcome: Vec<f64>,
    /// The log odds of a contact without any effect.
    pub intercept: f64,
    /// What adds to them: a term for each feature, then the crosses.
    pub terms: Vec<Term>,
    log_odds: Vec<f64>,
    chance: Vec<f64>,
}

impl<'a> Fit<'a> {
    /// Of the contacts `rows`, among whom there are both outcomes.
    pub fn new(features: &'a [Feature], outcome: &[bool], rows: &[u32], settings: Settings) -> Fit<'a> {
        let outcome: Vec<f64> = rows.iter().map(|&row| f64::from(u8::from(outcome[row as usize]))).collect();
        let share = outcome.iter().sum::<f64>() / outcome.len() as f64;
        let intercept = (share / (1.0 - share)).ln();
        let terms = features.iter().enumerate().map(|(at, feature)| Term::flat(None, at, feature.size));
        Fit {
            features,
            settings,
            columns: columns_of(features, rows),
            intercept,
            terms: terms.collect(),
            log_odds: vec![intercept; outcome.len()],
            chance: vec![share; outcome.len()],
            outcome,
        }
    }

    /// The codes of the contacts that are learned from.
    pub fn columns(&self) -> &[Vec<u8>] {
        &self.columns
    }

    /// Their outcomes, 0 or 1.
    pub fn outcome(&self) -> &[f64] {
        &self.outcome
    }

    /// Their log odds by the model so far.
    pub fn log_odds(&self) -> &[f64] {
        &self.log_odds
    }

    /// The feature whose values a term bins.
    pub fn feature(&self, term: &Term) -> &'a Feature {
        &self.features[term.feature]
    }

    /// What the outcome says of every cell beside the terms so far.
    fn unexplained(&self, gate: Option<&Gate>, feature: usize) -> Vec<Cell> {
        let size = self.features[feature].size;
        let mut cells = vec![Cell::default(); gate.map_or(1, |gate| gate.groups) * size];
        each_cell(gate, feature, size, &self.columns, |at, cell| {
            let (chance, cell) = (self.chance[at], &mut cells[cell]);
            cell.pull += self.outcome[at] - chance;
            cell.weight += chance * (1.0 - chance);
        });
        cells
    }

    /// Puts another term in the place of one; returns the greatest change of an effect.
    fn replace(&mut self, index: usize, term: Term) -> f64 {
        let before = self.terms[index].cell_effects();
        let changes: Vec<f64> = term.cell_effects().iter().zip(before).map(|(after, before)| after - before).collect();
        let greatest = changes.iter().fold(0.0_f64, |most, change| most.max(change.abs()));
        if greatest > 0.0 {
            let (log_odds, chances) = (&mut self.log_odds, &mut self.chance);
            term.each_cell(&self.columns, |at, cell| {
                if changes[cell] != 0.0 {
                    log_odds[at] += changes[cell];
                    chances[at] = chance(log_odds[at]);
                }
            });
        }
        self.terms[index] = term;
        greatest
    }

    /// A step of one term; returns the greatest change of an effect.
    fn step(&mut self, index: usize) -> f64 {
        let mut term = self.terms[index].clone();
        if (0..term.groups()).all(|group| term.is_closed(group)) {
            return 0.0;
        }
        let mut cells = self.unexplained(term.gate.as_ref(), term.feature);
        let before = term.cell_effects();
        cells.iter_mut().zip(&before).for_each(|(cell, effect)| cell.pull += cell.weight * effect);
        term.smooth(&cells, self.feature(&term));
        term.go_from(&before, self.settings.part, STEP);
        self.replace(index, term)
    }

    fn step_intercept(&mut self) {
        let pull: f64 = self.outcome.iter().zip(&self.chance).map(|(outcome, chance)| outcome - chance).sum();
        let weight: f64 = self.chance.iter().map(|chance| chance * (1.0 - chance)).sum();
        let change = (pull / weight.max(1e-9)).clamp(-STEP, STEP);
        self.intercept += change;
        for (log_odds, one) in self.log_odds.iter_mut().zip(&mut self.chance) {
            *log_odds += change;
            *one = chance(*log_odds);
        }
    }

    /// Steps of all terms, one after the other, so many times or until nothing moves.
    pub fn cycle(&mut self, times: usize) {
        for _ in 0..times {
            let greatest = (0..self.terms.len()).map(|term| self.step(term)).fold(0.0, f64::max);
            self.step_intercept();
            if greatest < SETTLED {
                break;
            }
        }
    }

    /// How much evidence there is for a cross.
    pub fn evidence_of_cross(&self, gate: &Gate, feature: usize) -> f64 {
        let mut term = Term::flat(Some(gate.clone()), feature, self.features[feature].size);
        term.smooth(&self.unexplained(Some(gate), feature), &self.features[feature])
    }

    /// Adds a cross and lets it take a first step.
    pub fn add_cross(&mut self, gate: Gate, feature: usize) {
        self.terms.push(Term::flat(Some(gate), feature, self.features[feature].size));
        self.step(self.terms.len() - 1);
    }

    /// The terms with their shapes in few bins; a rule more for a date is worth `rule`.
    pub fn binned(&self, rule: f64) -> Vec<Term> {
        let binned = |term: &Term| {
            let (cells, feature) = (self.unexplained(term.gate.as_ref(), term.feature), self.feature(term));
            let price = if feature.without_rule.is_some() { rule } else { self.settings.bin };
            term.binned(&cells, feature, price)
        };
        self.terms.iter().map(binned).collect()
    }

    /// Puts these terms in the place of those it has.
    pub fn settle(&mut self, terms: Vec<Term>) {
        for (at, term) in terms.into_iter().enumerate() {
            self.replace(at, term);
        }
        self.step_intercept();
    }

    /// Takes whole steps from here on: what is left shares nothing with what goes.
    pub fn take_whole_steps(&mut self) {
        self.settings.part = 1.0;
    }

    /// Lets a group of a term say nothing from here on.
    pub fn close(&mut self, term: usize, group: usize) {
        let mut flat = self.terms[term].clone();
        flat.close_group(group);
        self.replace(term, flat);
    }
}
