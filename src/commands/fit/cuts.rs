//! Where grades and stages begin.
//!
//! In: a card, and what its like gave contacts that they had not seen. Out: least points, each with
//! what those contacts did. Not here: points.

use crate::learn::integers::PointCard;
use crate::learn::validation::Unseen;

/// A grade begins where the odds are so many times everybody's.
const GRADES: [(&str, f64); 3] = [("A", 3.0), ("B", 1.5), ("C", 0.6)];

/// A name, its least points, and what the contacts did who have them.
pub type Cut = (&'static str, i32, String);

/// The contacts that cards had not seen, and what became of everybody.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// What the cards gave them.
    pub unseen: &'a [Unseen],
    /// What became of every contact.
    pub outcome: &'a [bool],
}

impl Seen<'_> {
    /// How many have at least `from` and less than `below`, and the share of them with the outcome.
    fn between(self, from: i32, below: i32) -> (usize, f64) {
        let inside = self.unseen.iter().filter(|one| (from..below).contains(&one.total));
        let (mut all, mut yes) = (0, 0);
        for one in inside {
            all += 1;
            yes += usize::from(self.outcome[one.row as usize]);
        }
        (all, yes as f64 / all.max(1) as f64)
    }

    fn told(self, from: i32, below: i32) -> String {
        let (all, share) = self.between(from, below);
        format!("{:.1} % of {all} contacts", share * 100.0)
    }

    /// The least total whose odds are so many times everybody's, if any is.
    fn total_of(self, card: &PointCard, times: f64) -> Option<i32> {
        let (_, share) = self.between(i32::MIN, i32::MAX);
        let wanted = share * times / (1.0 - share + share * times);
        (card.range.0..=card.range.1).find(|&total| card.link.chance(total) >= wanted)
    }

    /// Grades by what was observed; those that nobody had are left out.
    pub fn grades(self, card: &PointCard) -> Vec<Cut> {
        let mut grades: Vec<Cut> = Vec::new();
        let mut below = i32::MAX;
        let bounds = GRADES.map(|(name, times)| (name, self.total_of(card, times)));
        for (name, bound) in bounds.into_iter().chain([("D", Some(card.range.0))]) {
            let Some(bound) = bound.filter(|&bound| bound < below && self.between(bound, below).0 > 0) else {
                continue;
            };
            grades.push((name, bound, self.told(bound, below)));
            below = bound;
        }
        grades
    }

    /// MQL: more likely than everybody is. SQL: as many as sales can take, or as sure as asked, or
    /// else three times the odds.
    pub fn stages(self, card: &PointCard, capacity: Option<u64>, precision: Option<f64>) -> Vec<Cut> {
        let mut totals = card.range.0..=card.range.1;
        let ready = match (capacity, precision) {
            (Some(most), _) => totals.find(|&total| self.between(total, i32::MAX).0 as u64 <= most),
            (_, Some(least)) => totals.find(|&total| self.between(total, i32::MAX).1 >= least),
            _ => self.total_of(card, GRADES[0].1),
        };
        let ready = ready.unwrap_or(card.range.1);
        let qualified = self.total_of(card, 1.0).filter(|&total| total < ready);
        let stages = qualified.map(|total| ("MQL", total)).into_iter().chain([("SQL", ready)]);
        stages.map(|(name, total)| (name, total, format!("{} that reached it.", self.told(total, i32::MAX)))).collect()
    }
}
