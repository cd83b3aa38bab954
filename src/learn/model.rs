//! The additive model: what the bins of columns, and of a few columns crossed, add to the log odds.
//!
//! In: codes of contacts in every column. Out: the terms that say what they add. Not here: how
//! effects are found ([`super::fitting`]), and whole points ([`super::integers`]).

use super::binning::{Cell, Direction, best_runs, one_way};
use super::smoothing::smooth;

/// The values of one candidate as small numbers.
#[derive(Clone, Debug)]
pub struct Feature {
    /// For each contact; 0 is missing.
    pub codes: Vec<u8>,
    /// How many codes there are, the missing one included.
    pub size: usize,
    /// Whether codes 1 upwards have an order, so that only neighbours share a bin.
    pub ordered: bool,
    /// Which way the points may go.
    pub direction: Option<Direction>,
    /// Where points are not one scorecard rule but a rule for each run of codes, as those of dates are: the
    /// code that needs none.
    pub without_rule: Option<u8>,
}

/// A column that parts the contacts into groups, in each of which another has its own bins.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Which column.
    pub feature: usize,
    /// The group of each code.
    pub group_of: Vec<u8>,
    /// How many groups.
    pub groups: usize,
}

/// What a column, or two columns crossed, add. Its *cells* are the codes of the column, one after
/// the other for each group of the gate.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Of two columns the one that parts the contacts.
    pub gate: Option<Gate>,
    /// The column whose values are binned.
    pub feature: usize,
    /// How many codes it has.
    pub size: usize,
    /// The bin of each cell; bin 0 says nothing.
    pub bin_of: Vec<u16>,
    /// The effect of each bin in log odds.
    pub effects: Vec<f64>,
    /// Groups that say nothing for good.
    closed: Vec<bool>,
}

impl Term {
    /// Without effect.
    pub fn flat(gate: Option<Gate>, feature: usize, size: usize) -> Term {
        let groups = gate.as_ref().map_or(1, |gate| gate.groups);
        Term { gate, feature, size, bin_of: vec![0; groups * size], effects: vec![0.0], closed: vec![false; groups] }
    }

    /// Whether it says nothing.
    pub fn is_flat(&self) -> bool {
        (0..self.groups()).all(|group| self.group_is_flat(group))
    }

    /// The cell of every contact, in order.
    pub fn each_cell(&self, columns: &[Vec<u8>], with: impl FnMut(usize, usize)) {
        each_cell(self.gate.as_ref(), self.feature, self.size, columns, with);
    }

    /// The effect of each cell.
    pub fn cell_effects(&self) -> Vec<f64> {
        self.bin_of.iter().map(|&bin| self.effects[usize::from(bin)]).collect()
    }

    /// Takes the effect of a group away for good.
    pub fn close_group(&mut self, group: usize) {
        self.closed[group] = true;
        self.bin_of[group * self.size..][..self.size].fill(0);
    }

    /// Whether a group says nothing for good.
    pub fn is_closed(&self, group: usize) -> bool {
        self.closed[group]
    }

    /// Whether a group says nothing.
    pub fn group_is_flat(&self, group: usize) -> bool {
        let bins = &self.bin_of[group * self.size..][..self.size];
        bins.iter().all(|&bin| self.effects[usize::from(bin)] == 0.0)
    }

    /// How many groups there are; 1 for a column by itself.
    pub fn groups(&self) -> usize {
        self.closed.len()
    }

    /// Gives every cell the effect that what `cells` say of it calls for, shrunk (see [`smooth`]); returns the
    /// evidence for those of all groups. Cells have bins of their own until they share some again.
    pub fn smooth(&mut self, cells: &[Cell], feature: &Feature) -> f64 {
        let mut evidence = 0.0;
        self.effects = vec![0.0; cells.len() + 1];
        for group in (0..self.groups()).filter(|&group| !self.closed[group]) {
            let first = group * self.size;
            let cells = &cells[first..first + self.size];
            // Missing is nobody's neighbour.
            let missing = smooth(&cells[..1], false);
            let mut given = smooth(&cells[1..], feature.ordered);
            if let Some(direction) = feature.direction {
                let cell = |(cell, effect): (&Cell, &f64)| {
                    let weight = cell.weight + 1e-9;
                    Cell { pull: weight * effect, weight }
                };
                let cells: Vec<Cell> = cells[1..].iter().zip(&given.effects).map(cell).collect();
                given.effects = one_way(&cells, direction);
            }
            evidence += missing.evidence.max(0.0) + given.evidence.max(0.0);
            for (cell, effect) in (first..).zip(missing.effects.into_iter().chain(given.effects)) {
                self.bin_of[cell] = cell as u16 + 1;
                self.effects[cell + 1] = effect;
            }
        }
        evidence
    }

    /// Goes only a part of the way from the effects of another state, and no further than `most`.
    pub fn go_from(&mut self, before: &[f64], part: f64, most: f64) {
        for (&bin, before) in self.bin_of.iter().zip(before).filter(|(bin, _)| **bin > 0) {
            let effect = &mut self.effects[usize::from(bin)];
            *effect = before + (part * (*effect - before)).clamp(-most, most);
        }
    }

    /// The shape in few bins: group by group such that no others would come nearer to it after the price.
    /// `cells` say how much each cell weighs.
    pub fn binned(&self, cells: &[Cell], feature: &Feature, price: f64) -> Term {
        let shape = cells.iter().zip(self.cell_effects());
        let cells: Vec<Cell> =
            shape.map(|(cell, effect)| Cell { pull: cell.weight * effect, weight: cell.weight }).collect();
        let mut term = Term { effects: vec![0.0], bin_of: vec![0; cells.len()], ..self.clone() };
        for group in (0..self.groups()).filter(|&group| !self.closed[group]) {
            term.bin_group(group, &cells[group * self.size..][..self.size], feature, price);
        }
        term
    }

    /// How many rules say a group at most, however its points are rounded.
    pub fn rules(&self, group: usize, feature: &Feature) -> usize {
        let Some(base) = feature.without_rule else { return 1 };
        let bins = &self.bin_of[group * self.size..][..self.size];
        let runs = (1..self.size).filter(|&code| code == 1 || bins[code] != bins[code - 1]);
        let with_base = usize::from(base > 0);
        runs.count() - with_base + usize::from(self.gate.is_some())
    }

    fn bin_group(&mut self, group: usize, cells: &[Cell], feature: &Feature, price: f64) {
        let crossed = self.gate.is_some();
        let bins = &mut self.bin_of[group * self.size..][..self.size];
        // Missing has a bin of its own.
        if cells[0].gain() > price {
            bins[0] = self.effects.len() as u16;
            self.effects.push(cells[0].effect());
        }
        let mut order: Vec<usize> = (1..cells.len()).filter(|&code| cells[code].weight > 0.0).collect();
        if !feature.ordered {
            let effect = |code: usize| cells[code].effect();
            order.sort_by(|&a, &b| effect(a).total_cmp(&effect(b)).then(a.cmp(&b)));
        }
        let sorted: Vec<Cell> = order.iter().map(|&code| cells[code]).collect();
        let (ends, gain) = best_runs(&sorted, price, feature.direction);
        // One bin for everybody says nothing; for everybody in a group it does, at a bin's price.
        if ends.len() < 2 && (!crossed || gain <= price) {
            return;
        }
        let mut start = 0;
        for end in ends {
            let bin = self.effects.len() as u16;
            let run = sorted[start..end].iter().fold(Cell::default(), |all, cell| all.and(*cell));
            self.effects.push(run.effect());
            if feature.ordered {
                // Codes that nobody has go with the run before them.
                let first = if start == 0 { 1 } else { order[start] };
                let last = order.get(end).copied().unwrap_or(cells.len());
                bins[first..last].fill(bin);
            } else {
                order[start..end].iter().for_each(|&code| bins[code] = bin);
            }
            start = end;
        }
    }
}

/// The cell of every contact in the term of a column, or of two crossed.
pub fn each_cell(
    gate: Option<&Gate>,
    feature: usize,
    size: usize,
    columns: &[Vec<u8>],
    mut with: impl FnMut(usize, usize),
) {
    let inner = &columns[feature];
    match gate {
        None => inner.iter().enumerate().for_each(|(at, &code)| with(at, usize::from(code))),
        Some(gate) => {
            for (at, (&code, &outer)) in inner.iter().zip(&columns[gate.feature]).enumerate() {
                with(at, usize::from(gate.group_of[usize::from(outer)]) * size + usize::from(code));
            }
        }
    }
}

/// The codes of some contacts in every column.
pub fn columns_of(features: &[Feature], rows: &[u32]) -> Vec<Vec<u8>> {
    features.iter().map(|feature| rows.iter().map(|&row| feature.codes[row as usize]).collect()).collect()
}

/// The probability of log odds.
pub fn chance(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// The loss of log odds, −ln of the probability of what came about; a part of an outcome counts in
/// parts.
pub fn loss(log_odds: f64, outcome: f64) -> f64 {
    // ln(1 + e^x) − y x, without overflow
    log_odds.max(0.0) + (-log_odds.abs()).exp().ln_1p() - outcome * log_odds
}
