//! Which two columns say more together than each by itself.
//!
//! In: a fit of single columns. Out: the same fit with the crosses that most speaks for, found in the manner
//! of FAST (Lou, Caruana, Gehrke and Hooker 2013): for every pair, the evidence for effects of one column within
//! groups of the other, on what is unexplained so far.

use super::fitting::{Fit, Settings};
use super::model::{Feature, Gate, Term};

/// A column with more values than this parts contacts by quarters.
const GROUPS: usize = 12;

/// Only so many columns, those that say most by themselves, are crossed: the pairs grow as their square.
const COLUMNS: usize = 24;

/// How contacts are parted by a column.
fn gate(feature: &Feature, at: usize) -> Gate {
    let group_of: Vec<u8> = if feature.size <= GROUPS + 1 {
        (0..feature.size as u8).collect()
    } else if feature.ordered {
        // The codes of a number hold about equally many contacts.
        let values = feature.size - 1;
        (0..feature.size).map(|code| if code == 0 { 0 } else { 1 + ((code - 1) * 4 / values) as u8 }).collect()
    } else {
        // The most frequent texts come first: those by themselves, the others together.
        (0..feature.size).map(|code| code.min(GROUPS) as u8).collect()
    };
    let groups = group_of.iter().max().map_or(1, |&group| usize::from(group) + 1);
    Gate { feature: at, group_of, groups }
}

/// The columns that say most by themselves.
fn foremost(fit: &Fit<'_>) -> Vec<usize> {
    let spread = |term: &Term| {
        let (mut sum, mut squares) = (0.0, 0.0);
        let effects = term.cell_effects();
        term.each_cell(fit.columns(), |_, cell| {
            sum += effects[cell];
            squares += effects[cell] * effects[cell];
        });
        let count = fit.outcome().len() as f64;
        squares / count - (sum / count).powi(2)
    };
    let mut by_spread: Vec<(f64, usize)> = fit.terms.iter().enumerate().map(|(at, term)| (spread(term), at)).collect();
    by_spread.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut columns: Vec<usize> = by_spread.into_iter().take(COLUMNS).map(|(_, at)| at).collect();
    columns.sort_unstable();
    columns
}

/// Adds the best crosses to a fit that has none, the best first.
pub fn add_best(fit: &mut Fit<'_>, features: &[Feature], settings: &Settings) {
    if settings.crosses == 0 {
        return;
    }
    let columns = foremost(fit);
    // Points that may go one way only would go another for each part.
    let free = columns.iter().filter(|&&at| features[at].direction.is_none());
    let gates: Vec<Gate> = free.map(|&at| gate(&features[at], at)).collect();
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (outer, gate) in gates.iter().enumerate() {
        for &inner in columns.iter().filter(|&&inner| inner != gate.feature) {
            pairs.push((fit.evidence_of_cross(gate, inner), outer, inner));
        }
    }
    let mut added = 0;
    while added < settings.crosses {
        // The evidence for a pair falls as others are added, so only the first in line is looked at again.
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let [(evidence, outer, inner), rest @ ..] = &mut pairs[..] else { return };
        let gate = &gates[*outer];
        *evidence = fit.evidence_of_cross(gate, *inner);
        if *evidence < rest.first().map_or(0.0, |next| next.0) {
            continue;
        }
        if *evidence < settings.cross {
            return;
        }
        let both = [gate.feature, *inner];
        fit.add_cross(gate.clone(), *inner);
        added += 1;
        // The same two the other way round would say the same.
        pairs.retain(|&(_, outer, inner)| !both.contains(&gates[outer].feature) || !both.contains(&inner));
    }
}
