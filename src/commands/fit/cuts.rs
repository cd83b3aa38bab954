//! Where grades and stages begin.
//!
//! In: what totals of the card mean, and what its like gave contacts that they had not seen. Out: least points, each
//! with what such contacts did. Not here: points.

use crate::commands::figures::percent;
use crate::commands::summary::counted;
use crate::learn::integers::Link;
use crate::learn::validation::Unseen;

/// A grade begins where the odds are so many times everybody's.
const GRADES: [(&str, f64); 3] = [("A", 3.0), ("B", 1.5), ("C", 0.6)];

/// A name, its least points, and what the contacts did who have them.
pub type Cut = (&'static str, i32, String);

/// What a card gives contacts, and what became of them. Points of different cards are not the same; what they mean
/// is, so contacts that were not seen are on the side of a cut where their log odds are.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// What cards that had not seen them gave the contacts.
    pub unseen: &'a [Unseen],
    /// What became of every contact.
    pub outcome: &'a [bool],
    /// The totals by the card itself.
    pub totals: &'a [i32],
    /// The ends of the range of totals.
    pub range: (i32, i32),
    /// What totals of the card mean.
    pub link: Link,
}

impl Seen<'_> {
    /// How many are worth at least `from` and less than `below`, and the share of them with the outcome.
    fn between(self, from: i32, below: i32) -> (u64, f64) {
        let log_odds = |total: i32| if total > self.range.1 { f64::INFINITY } else { self.link.log_odds(total) };
        let from = if from <= self.range.0 { f64::NEG_INFINITY } else { log_odds(from) };
        let inside = self.unseen.iter().filter(|one| (from..log_odds(below)).contains(&one.log_odds));
        let (mut all, mut yes) = (0, 0);
        for one in inside {
            all += 1;
            yes += u64::from(self.outcome[one.row as usize]);
        }
        (all, yes as f64 / all.max(1) as f64)
    }

    /// How many have at least `from` points.
    fn reaching(self, from: i32) -> u64 {
        self.totals.iter().filter(|&&total| total >= from).count() as u64
    }

    /// The least total whose odds are so many times everybody's, if any is.
    fn total_of(self, times: f64) -> Option<i32> {
        let (_, share) = self.between(i32::MIN, i32::MAX);
        let wanted = share * times / (1.0 - share + share * times);
        (self.range.0..=self.range.1).find(|&total| self.link.chance(total) >= wanted)
    }

    /// The least total from which on the outcome came about for such a share.
    fn as_sure_as(self, share: f64) -> Option<i32> {
        (self.range.0..=self.range.1).find(|&total| self.between(total, i32::MAX).1 >= share)
    }

    /// Whether the outcome came about for such a share from any total on.
    pub fn is_reached(self, share: f64) -> bool {
        self.as_sure_as(share).is_some()
    }

    /// Grades by what was observed; those that nobody had, or that converted no better than the next one, are
    /// left out.
    pub fn grades(self) -> Vec<Cut> {
        let bounds = GRADES.map(|(name, times)| (name, self.total_of(times)));
        let mut grades: Vec<(&'static str, i32)> = Vec::new();
        for (name, bound) in bounds.into_iter().chain([("D", Some(self.range.0))]) {
            grades.extend(bound.filter(|&bound| grades.last().is_none_or(|last| bound < last.1)).map(|at| (name, at)));
        }
        let of = |grades: &[(&str, i32)], at: usize| {
            self.between(grades[at].1, if at == 0 { i32::MAX } else { grades[at - 1].1 })
        };
        let is_idle = |grades: &[(&str, i32)], at: usize| {
            let (all, share) = of(grades, at);
            all == 0 || at + 1 < grades.len() && share <= of(grades, at + 1).1
        };
        while let Some(idle) = (0..grades.len() - 1).find(|&at| is_idle(&grades, at)) {
            grades.remove(idle);
        }
        let told = |at: usize| {
            let (all, share) = of(&grades, at);
            (grades[at].0, grades[at].1, format!("{} of {}", percent(share, 1), counted(all, "contact")))
        };
        (0..grades.len()).map(told).collect()
    }

    /// MQL: more likely than everybody is. SQL: as many as sales can take, or as sure as asked, or
    /// else three times the odds.
    pub fn stages(self, capacity: Option<u64>, precision: Option<f64>) -> Vec<Cut> {
        let mut totals = self.range.0..=self.range.1;
        let ready = match (capacity, precision) {
            (Some(most), _) => totals.find(|&total| self.reaching(total) <= most),
            (_, Some(least)) => self.as_sure_as(least),
            _ => self.total_of(GRADES[0].1),
        };
        let ready = ready.unwrap_or(self.range.1);
        let qualified = self.total_of(1.0).filter(|&total| total < ready);
        let stages = qualified.map(|total| ("MQL", total)).into_iter().chain([("SQL", ready)]);
        let told = |total: i32| {
            let (all, share) = self.between(total, i32::MAX);
            let reaching = counted(self.reaching(total), "contact");
            let unseen = match all {
                0 => "no contact that the points had not seen was as likely".to_owned(),
                _ => format!("it came about for {} of {} not seen", percent(share, 1), counted(all, "contact")),
            };
            format!("{reaching} here from {total} points; {unseen}.")
        };
        stages.map(|(name, total)| (name, total, told(total))).collect()
    }
}
