//! A shorter card: only the rules that say something, or only the few that say most.
//!
//! In: a fit. Out: the same fit in few bins and with fewer rules, the least important taken away a few at a
//! time, the others settling in between (backward elimination). A column is a rule; of two columns crossed
//! each group with points of its own is one; a date is as many as it has spans.

use super::fitting::{Fit, Settings};
use super::model::{Term, loss};

/// A part that gains less log likelihood a rule is one of those that may be spared.
const LITTLE: f64 = 1.0;

/// A column, or a group of two columns crossed.
struct Part {
    /// How much the loss grows without it, for each of its rules.
    worth: f64,
    term: usize,
    group: usize,
    rules: usize,
}

impl Part {
    /// How much the loss grows without it.
    fn gain(&self) -> f64 {
        self.worth.max(0.0) * self.rules as f64
    }
}

/// Every part of a card of these terms, the least important first.
fn by_worth(fit: &Fit<'_>, terms: &[Term]) -> Vec<Part> {
    let mut parts = Vec::new();
    for (at, term) in terms.iter().enumerate() {
        let effects = term.cell_effects();
        let mut growth = vec![0.0; term.groups()];
        term.each_cell(fit.columns(), |row, cell| {
            if effects[cell] != 0.0 {
                let (log_odds, outcome) = (fit.log_odds()[row], fit.outcome()[row]);
                growth[cell / term.size] += loss(log_odds - effects[cell], outcome) - loss(log_odds, outcome);
            }
        });
        for (group, growth) in growth.into_iter().enumerate().filter(|&(group, _)| !term.group_is_flat(group)) {
            let rules = term.rules(group, fit.feature(term)).max(1);
            parts.push(Part { worth: growth / rules as f64, term: at, group, rules });
        }
    }
    parts.sort_by(|a, b| a.worth.total_cmp(&b.worth).then((a.term, a.group).cmp(&(b.term, b.group))));
    parts
}

/// How many rules there are.
pub fn rules(fit: &Fit<'_>) -> usize {
    by_worth(fit, &fit.terms).iter().map(|part| part.rules).sum()
}

/// Brings shapes to few bins, and takes rules away that gain too little: the card is shorter and says the same.
pub fn prune(fit: &mut Fit<'_>, settings: &Settings) {
    let mut spare = f64::INFINITY;
    loop {
        let terms = fit.binned(settings.bin);
        let parts = by_worth(fit, &terms);
        spare = spare.min(settings.spare * parts.iter().map(Part::gain).sum::<f64>());
        let mut lost = 0.0;
        let is_idle = |part: &Part| {
            let least = if terms[part.term].gate.is_some() { settings.rule } else { settings.idle };
            let is_spare = part.worth < LITTLE && lost + part.gain() <= spare;
            lost += part.gain();
            part.worth < least || is_spare
        };
        let idle: Vec<Part> = parts.into_iter().filter(is_idle).collect();
        if idle.is_empty() {
            return fit.settle(terms);
        }
        for part in &idle[..idle.len().div_ceil(2)] {
            spare -= part.gain();
            fit.close(part.term, part.group);
        }
        fit.cycle(2);
    }
}

/// Brings shapes to few bins, and leaves at most `most` rules.
pub fn shorten(fit: &mut Fit<'_>, settings: &Settings, most: usize) {
    fit.take_whole_steps();
    loop {
        let terms = fit.binned(settings.rule);
        let parts = by_worth(fit, &terms);
        let rules: usize = parts.iter().map(|part| part.rules).sum();
        if rules <= most {
            return fit.settle(terms);
        }
        let (wanted, mut gone) = ((rules - most).div_ceil(4), 0);
        for part in parts {
            if gone < wanted {
                fit.close(part.term, part.group);
                gone += part.rules;
            }
        }
        fit.cycle(4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::folds::Dice;
    use crate::learn::model::{Feature, chance};

    /// One column decides, eleven say next to nothing.
    #[test]
    fn columns_that_say_little_are_spared_as_long_as_all_of_them_say_little() {
        let mut dice = Dice::new(4);
        let mut column = || -> Vec<u8> { (0..2000).map(|_| 1 + (dice.next_bits() % 4) as u8).collect() };
        let codes: Vec<Vec<u8>> = (0..12).map(|_| column()).collect();
        let weak = |row: usize| codes[1..].iter().map(|codes| f64::from(codes[row]) - 2.5).sum::<f64>();
        let outcome: Vec<bool> = (0..2000)
            .map(|row| dice.next_share() < chance(2.0 * f64::from(codes[0][row]) - 5.0 + 0.04 * weak(row)))
            .collect();
        let feature = |codes: Vec<u8>| Feature { codes, size: 5, ordered: true, direction: None, without_rule: None };
        let features: Vec<Feature> = codes.iter().cloned().map(feature).collect();
        let rows: Vec<u32> = (0..2000).collect();
        let pruned = |spare: f64| {
            let settings = Settings { spare, ..Settings::default() };
            let mut fit = Fit::new(&features, &outcome, &rows, settings);
            fit.cycle(settings.cycles);
            prune(&mut fit, &settings);
            let all = fit.log_odds().iter().zip(fit.outcome());
            let total: f64 = all.map(|(&log_odds, &outcome)| loss(log_odds, outcome)).sum();
            (fit.terms.iter().filter(|term| !term.is_flat()).count(), total)
        };
        let ((whole, best), (short, loss)) = (pruned(0.0), pruned(0.01));
        let nothing = 2000.0 * std::f64::consts::LN_2;
        assert!(short + 2 <= whole && short >= 1, "{short} {whole}");
        assert!(loss - best < 0.01 * (nothing - best), "{loss} {best}");
    }
}
