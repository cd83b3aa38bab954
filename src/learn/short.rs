//! A shorter card: only the rules that say something, or only the few that say most.
//!
//! In: a fit. Out: the same fit in few bins and with fewer rules, the least important taken away a few at a
//! time, the others settling in between (backward elimination). A column is a rule; of two columns crossed
//! each group with points of its own is one; a date is as many as it has spans.

use super::fitting::{Fit, Settings};
use super::model::{Term, loss};

/// A column, or a group of two columns crossed.
struct Part {
    /// How much the loss grows without it, for each of its rules.
    worth: f64,
    term: usize,
    group: usize,
    rules: usize,
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

/// Brings shapes to few bins, and takes rules away that gain too little: the card is shorter and says the same.
pub fn prune(fit: &mut Fit<'_>, settings: &Settings) {
    loop {
        let terms = fit.binned(settings.bin);
        let is_idle = |part: &Part| {
            let least = if terms[part.term].gate.is_some() { settings.rule } else { settings.idle };
            part.worth < least
        };
        let idle: Vec<Part> = by_worth(fit, &terms).into_iter().filter(is_idle).collect();
        if idle.is_empty() {
            return fit.settle(terms);
        }
        for part in &idle[..idle.len().div_ceil(2)] {
            fit.close(part.term, part.group);
        }
        fit.cycle(2);
    }
}

/// Brings shapes to few bins, and leaves at most `most` rules.
pub fn shorten(fit: &mut Fit<'_>, settings: &Settings, most: usize) {
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
