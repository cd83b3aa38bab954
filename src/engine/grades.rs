//! Grades: names for bands of a score (rule reference, §6).
//!
//! In: rounded values of everybody. Out: indices into a score's grades where these are shares (`top 10%`), and names.
//! Not here: grades that a value has whatever others have (`settle`).

use crate::points::{MICRO, Points};
use crate::rules::model::{GradeBounds, Grades};

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
