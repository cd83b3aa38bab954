//! Finding the effects: backfitting in Newton steps.
//!
//! In: codes and outcomes of the contacts that are learned from. Out: [`Term`]s. One column after the
//! other takes a Newton step of the logistic loss on what the others leave unexplained (backfitting:
//! Hastie and Tibshirani 1986; coordinate-wise Newton steps with a ridge: Friedman, Hastie and Tibshirani
//! 2010), its bins chosen anew each time on just these terms. So its bins are optimal beside the
//! other columns, and a column that adds nothing to them has one bin and is left out. Bins chosen once
//! jump from sample to sample; so the shapes are averaged over many random parts of the contacts
//! (bagging: Breiman 1996; of shapes: Lou, Caruana and Gehrke 2012) and then brought back to few bins.

use super::binning::{Cell, Price};
use super::folds::Dice;
use super::model::{Feature, Gate, Term, chance, columns_of, each_cell};

/// How the model is fitted.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The price of a bin of a column.
    pub price: Price,
    /// The price of a bin of two columns crossed.
    pub cross_price: Price,
    /// A cross must gain so much log likelihood after that price.
    pub cross_gain: f64,
    /// How many crosses there may be.
    pub crosses: usize,
    /// Over how many random parts shapes are averaged.
    pub parts: usize,
    /// How large a part is, above 0, to 1.
    pub part: f64,
    /// What a bin of an averaged shape must be worth.
    pub shape_bin: f64,
    /// A rule must gain so much log likelihood.
    pub idle: f64,
}

impl Default for Settings {
    /// Found on public data sets (see ARCHITECTURE.md), by how contacts that were not seen are ranked.
    fn default() -> Settings {
        Settings {
            price: Price { bin: 1.5, ridge: 1.0, least: 20.0 },
            cross_price: Price { bin: 5.0, ridge: 10.0, least: 20.0 },
            cross_gain: 5.0,
            crosses: 6,
            parts: 20,
            part: 0.63,
            shape_bin: 0.1,
            idle: 2.0,
        }
    }
}

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
    /// The contacts that say what a step is; all of them where it is empty.
    sample: Vec<bool>,
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
            sample: Vec::new(),
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

    /// What the outcome says of every cell beside the terms so far.
    fn unexplained(&self, gate: Option<&Gate>, feature: usize) -> Vec<Cell> {
        let size = self.features[feature].size;
        let mut cells = vec![Cell::default(); gate.map_or(1, |gate| gate.groups) * size];
        each_cell(gate, feature, size, &self.columns, |at, cell| {
            if self.sample.is_empty() || self.sample[at] {
                let (chance, cell) = (self.chance[at], &mut cells[cell]);
                cell.pull += self.outcome[at] - chance;
                cell.weight += chance * (1.0 - chance);
                cell.count += 1.0;
            }
        });
        cells
    }

    /// What the outcome says of every cell of a term beside the other terms.
    fn cells(&self, term: &Term) -> Vec<Cell> {
        let mut cells = self.unexplained(term.gate.as_ref(), term.feature);
        for (cell, &bin) in cells.iter_mut().zip(&term.bin_of) {
            cell.pull += cell.weight * term.effects[usize::from(bin)];
        }
        cells
    }

    fn price(&self, term: &Term) -> Price {
        if term.gate.is_some() { self.settings.cross_price } else { self.settings.price }
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

    /// A step of one term with new bins; returns the greatest change of an effect.
    fn step(&mut self, index: usize) -> f64 {
        let mut term = self.terms[index].clone();
        let cells = self.cells(&term);
        let price = self.price(&term);
        let feature = &self.features[term.feature];
        term.bin_anew(&cells, feature, price);
        self.replace(index, term)
    }

    /// A step of one term with the bins it has; returns the greatest change of an effect.
    fn step_within_bins(&mut self, index: usize) -> f64 {
        let mut term = self.terms[index].clone();
        let mut bins = vec![Cell::default(); term.effects.len()];
        for (cell, &bin) in self.cells(&term).iter().zip(&term.bin_of) {
            bins[usize::from(bin)] = bins[usize::from(bin)].and(*cell);
        }
        let ridge = self.price(&term).ridge;
        for (effect, bin) in term.effects.iter_mut().zip(bins).skip(1) {
            *effect = bin.effect(ridge);
        }
        self.replace(index, term)
    }

    fn step_intercept(&mut self) {
        let pull: f64 = self.outcome.iter().zip(&self.chance).map(|(outcome, chance)| outcome - chance).sum();
        let weight: f64 = self.chance.iter().map(|chance| chance * (1.0 - chance)).sum();
        let change = pull / weight.max(1e-9);
        self.intercept += change;
        for (log_odds, one) in self.log_odds.iter_mut().zip(&mut self.chance) {
            *log_odds += change;
            *one = chance(*log_odds);
        }
    }

    /// Steps of all terms with new bins, one after the other, so many times or until nothing moves.
    pub fn cycle(&mut self, times: usize) {
        self.steps(times, Self::step);
    }

    /// Steps of all terms with the bins they have.
    pub fn settle(&mut self, times: usize) {
        self.steps(times, Self::step_within_bins);
    }

    fn steps(&mut self, times: usize, step: fn(&mut Self, usize) -> f64) {
        for _ in 0..times {
            let greatest = (0..self.terms.len()).map(|term| step(self, term)).fold(0.0, f64::max);
            self.step_intercept();
            if greatest < 1e-3 {
                break;
            }
        }
    }

    /// How much a cross would gain after its price.
    pub fn gain_of_cross(&self, gate: &Gate, feature: usize) -> f64 {
        let mut term = Term::flat(Some(gate.clone()), feature, self.features[feature].size);
        let cells = self.unexplained(Some(gate), feature);
        term.bin_anew(&cells, &self.features[feature], self.settings.cross_price)
    }

    /// Adds a cross and lets it take a first step.
    pub fn add_cross(&mut self, gate: Gate, feature: usize) {
        self.terms.push(Term::flat(Some(gate), feature, self.features[feature].size));
        self.step(self.terms.len() - 1);
    }

    /// Averages the shapes of all terms over steps that so many random parts of the contacts ask for.
    pub fn average(&mut self, parts: usize, dice: &mut Dice) {
        let mut sums: Vec<Vec<f64>> = self.terms.iter().map(|term| vec![0.0; term.bin_of.len()]).collect();
        for _ in 0..parts {
            self.sample = self.outcome.iter().map(|_| dice.next_share() < self.settings.part).collect();
            for (at, sum) in sums.iter_mut().enumerate() {
                self.step(at);
                let effects = self.terms[at].cell_effects();
                sum.iter_mut().zip(effects).for_each(|(sum, effect)| *sum += effect / parts as f64);
            }
            self.sample.clear();
            self.step_intercept();
        }
        let price = Price { bin: self.settings.shape_bin, ridge: 1e-9, least: self.settings.price.least };
        for (at, shape) in sums.into_iter().enumerate() {
            let mut term = self.terms[at].clone();
            let mut cells = self.unexplained(term.gate.as_ref(), term.feature);
            cells.iter_mut().zip(shape).for_each(|(cell, effect)| cell.pull = cell.weight * effect);
            let feature = &self.features[term.feature];
            term.bin_anew(&cells, feature, price);
            self.replace(at, term);
        }
        self.step_intercept();
    }

    /// Lets what says nothing stay silent.
    pub fn close_flat(&mut self) {
        for term in &mut self.terms {
            for group in 0..term.groups() {
                if term.group_is_flat(group) {
                    term.close_group(group);
                }
            }
        }
    }

    /// Lets a group of a term say nothing from here on.
    pub fn close(&mut self, term: usize, group: usize) {
        let mut flat = self.terms[term].clone();
        flat.close_group(group);
        self.replace(term, flat);
    }
}
