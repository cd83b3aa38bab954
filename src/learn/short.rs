//! A shorter card: only the rules that say something, or only the few that say most.
//!
//! In: a fit. Out: the same fit with fewer rules, the least important taken away a few at a time, the
//! others settling in between (backward elimination). A column is a rule; of two columns crossed each
//! group with points of its own is one.

use super::fitting::Fit;
use super::model::loss;

/// Every rule, with how much the loss grows without it; the least important first.
fn by_importance(fit: &Fit<'_>) -> Vec<(f64, usize, usize)> {
    let mut rules = Vec::new();
    for (at, term) in fit.terms.iter().enumerate() {
        let effects = term.cell_effects();
        let mut growth = vec![0.0; term.groups()];
        term.each_cell(fit.columns(), |row, cell| {
            if effects[cell] != 0.0 {
                let (log_odds, outcome) = (fit.log_odds()[row], fit.outcome()[row]);
                growth[cell / term.size] += loss(log_odds - effects[cell], outcome) - loss(log_odds, outcome);
            }
        });
        let groups = growth.into_iter().enumerate().filter(|&(group, _)| !term.group_is_flat(group));
        rules.extend(groups.map(|(group, growth)| (growth, at, group)));
    }
    rules.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    rules
}

/// Takes rules away that gain less than so much log likelihood: the card is shorter and says the
/// same.
pub fn prune(fit: &mut Fit<'_>, least: f64) {
    loop {
        let rules = by_importance(fit);
        let idle = rules.iter().take_while(|rule| rule.0 < least).count();
        if idle == 0 {
            return;
        }
        for &(_, term, group) in &rules[..idle.div_ceil(3)] {
            fit.close(term, group);
        }
        fit.settle(1);
    }
}

/// Leaves at most `most` rules; the others are closed for good.
pub fn shorten(fit: &mut Fit<'_>, most: usize) {
    loop {
        let rules = by_importance(fit);
        if rules.len() <= most {
            return fit.close_flat();
        }
        for &(_, term, group) in &rules[..(rules.len() - most).div_ceil(4)] {
            fit.close(term, group);
        }
        fit.settle(3);
    }
}
