//! How good each text of a grade or stage column is, for formats that can show it in colour.
//!
//! In: a model and a column that leadscore adds. Out: its texts, the best first. Not here: colours.

use crate::rules::added::Added;
use crate::rules::model::{GradeBounds, Grades, Model};
use std::cmp::Reverse;

/// A text that a grade or stage column may hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// The text.
    pub text: String,
    /// How far it is from the best (0) on the way to the worst (1); nothing for what is no level.
    pub distance: Option<f64>,
}

/// What stands in the stage column of somebody who is never handed over.
pub const DISQUALIFIED: &str = "disqualified";

/// More combinations of grades than these get no colours: nobody would learn them.
const MOST: usize = 100;

/// The levels of a column, the best first; none where it is no grade and no stage.
pub fn of(model: &Model, what: Added) -> Vec<Level> {
    let accounts = model.accounts.as_ref();
    match what {
        Added::Grade(score) => grades(&best_first(&model.scores[score].grades)),
        Added::AccountGrade(score) => {
            accounts.map_or(Vec::new(), |accounts| grades(&best_first(&accounts.scores[score].grades)))
        }
        Added::OverallGrade => joined(model),
        Added::Stage | Added::PreviousStage => {
            let mut levels = stages(model.stages.iter().map(|stage| stage.name.as_str()));
            levels.push(Level { text: DISQUALIFIED.to_owned(), distance: None });
            levels
        }
        Added::AccountStage => {
            accounts.map_or(Vec::new(), |accounts| stages(accounts.stages.iter().map(|stage| stage.name.as_str())))
        }
        _ => Vec::new(),
    }
}

fn best_first(grades: &Option<Grades>) -> Vec<&str> {
    let Some(grades) = grades else { return Vec::new() };
    let mut order: Vec<usize> = (0..grades.names.len()).collect();
    match &grades.bounds {
        GradeBounds::AtLeast(bounds) => order.sort_by_key(|&at| Reverse(bounds[at])),
        GradeBounds::Top(shares) => order.sort_by_key(|&at| shares[at]),
    }
    order.into_iter().map(|at| grades.names[at].as_str()).collect()
}

/// From the best grade to the worst.
fn grades(names: &[&str]) -> Vec<Level> {
    levels(names.iter().copied(), names.len().saturating_sub(1))
}

/// Below the lowest rung of a ladder there is still having none.
fn stages<'a>(lowest_first: impl DoubleEndedIterator<Item = &'a str> + ExactSizeIterator) -> Vec<Level> {
    let steps = lowest_first.len();
    levels(lowest_first.rev(), steps)
}

fn levels<'a>(best_first: impl Iterator<Item = &'a str>, steps: usize) -> Vec<Level> {
    let distance = |at: usize| Some(at as f64 / steps.max(1) as f64);
    best_first.enumerate().map(|(at, text)| Level { text: text.to_owned(), distance: distance(at) }).collect()
}

/// Of several grades in one: every combination, the mean of the distances.
fn joined(model: &Model) -> Vec<Level> {
    let parts: Vec<Vec<Level>> =
        model.grade.iter().map(|&score| grades(&best_first(&model.scores[score].grades))).collect();
    if parts.iter().map(Vec::len).product::<usize>() > MOST {
        return Vec::new();
    }
    let share = 1.0 / parts.len().max(1) as f64;
    let start = vec![(String::new(), 0.0)];
    let mut all = parts.iter().fold(start, |before, part| {
        let beside = |(text, distance): &(String, f64)| {
            let joined = |one: &Level| (format!("{text}{}", one.text), distance + one.distance.unwrap_or(1.0) * share);
            part.iter().map(joined).collect::<Vec<_>>()
        };
        before.iter().flat_map(beside).collect()
    });
    all.sort_by(|a, b| a.1.total_cmp(&b.1));
    all.into_iter().map(|(text, distance)| Level { text, distance: Some(distance) }).collect()
}
