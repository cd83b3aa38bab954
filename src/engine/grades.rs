//! Grades: names for bands of a score (rule reference, §6).
//!
//! In: rounded values. Out: indices into a score's grades. Relative grades (`top 10%`) need
//! everybody's values and are given once all are there.

use crate::points::{MICRO, Points};
use crate::rules::model::{GradeBounds, Grades};

/// The grade of each value where bounds are absolute; of none, where they are not.
pub fn absolute(grades: &Option<Grades>) -> impl Fn(Points) -> Option<u16> {
    let mut bounds: Vec<(Points, u16)> = match grades.as_ref().map(|grades| &grades.bounds) {
        Some(GradeBounds::AtLeast(bounds)) => bounds.iter().copied().zip(0..).collect(),
        _ => Vec::new(),
    };
    // Of grades that share a bound the last is given.
    bounds.sort_unstable();
    move |value| {
        // All of them are compared: where the first lies that is reached, nobody could foresee.
        let reached = bounds.iter().fold(0, |reached, &(bound, _)| reached + usize::from(bound <= value));
        reached.checked_sub(1).map(|last| bounds[last].1)
    }
}

/// The grades of everybody who takes part where bounds are shares of them; `None` where they are
/// not. `values` holds those who have the score and are not disqualified.
pub fn relative(grades: &Option<Grades>, values: &[Points]) -> Option<impl Fn(Points) -> Option<u16>> {
    let GradeBounds::Top(shares) = &grades.as_ref()?.bounds else { return None };
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let mut by_share: Vec<(Points, u16)> = shares.iter().copied().zip(0..).collect();
    by_share.sort_unstable();
    // For each share the last rank that it takes in: ceil(share × n).
    let last_ranks: Vec<(i128, u16)> = by_share
        .into_iter()
        .map(|(share, grade)| ((share.0 * sorted.len() as i128 + MICRO - 1).div_euclid(MICRO), grade))
        .collect();
    Some(move |value: Points| {
        let rank = sorted.partition_point(|&other| other > value) as i128 + 1;
        last_ranks.iter().find(|&&(last, _)| rank <= last).map(|&(_, grade)| grade)
    })
}

/// The name of a grade.
pub fn name(grades: &Option<Grades>, grade: Option<u16>) -> Option<&str> {
    name_in(grades.as_ref()?, grade)
}

/// The name of a grade of these grades.
pub fn name_in(grades: &Grades, grade: Option<u16>) -> Option<&str> {
    grade.map(|grade| grades.names[usize::from(grade)].as_str())
}
