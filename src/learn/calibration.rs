//! How many points an interaction is worth if an average buyer is to be ready for sales.
//!
//! In: what past buyers took in at each stage of the journey, and what the rest of the score gave
//! them. Out: a [`Calibration`]: averages, one number of points for every interaction, and what an average buyer
//! then reaches. Not here: rule files, and scoring.

use crate::points::{MICRO, Points};
use clap::ValueEnum;

/// What a buyer took in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buyer {
    /// How many interactions there were, for each stage.
    pub interactions: Vec<Points>,
    /// What the rest of the score gives, before its range and rounding.
    pub rest: Points,
}

/// Which buyer is the average one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Average {
    /// The sum of all, divided by how many they are
    #[default]
    Mean,
    /// The one in the middle: a few very busy buyers don't count for more
    Median,
}

/// Both averages of a number, rounded to three decimals: what is shown is what is reckoned with, so that
/// a person can do the sum again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Averages {
    /// The one in the middle; of an even number of buyers the mean of the two in the middle.
    pub median: Points,
    /// The sum of all, divided by how many they are.
    pub mean: Points,
}

/// Of averages.
const DECIMALS: u8 = 3;

/// The points of an interaction, and how they come about.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// How many buyers there are.
    pub buyers: u64,
    /// Which average is reckoned with.
    pub average: Average,
    /// Of the interactions, for each stage.
    pub stages: Vec<Averages>,
    /// Of the points that the rest of the score gives.
    pub rest: Averages,
    /// The interactions of the average buyer, all stages together.
    pub interactions: Points,
    /// (ready − rest) / interactions.
    pub exact: f64,
    /// The same, as people like numbers.
    pub times: Points,
    /// What the average buyer reaches with these: rest + interactions × times.
    pub reaches: Points,
}

impl Averages {
    /// Of some numbers, at least one.
    fn of(mut numbers: Vec<Points>) -> Averages {
        numbers.sort_unstable();
        let count = numbers.len();
        let median = (numbers[(count - 1) / 2] + numbers[count / 2]).divided_by(2);
        let mean = numbers.into_iter().sum::<Points>().divided_by(count as u64);
        Averages { median: median.rounded(DECIMALS), mean: mean.rounded(DECIMALS) }
    }

    /// The one that is reckoned with.
    pub fn of_kind(self, average: Average) -> Points {
        match average {
            Average::Mean => self.mean,
            Average::Median => self.median,
        }
    }
}

impl Calibration {
    /// All stages get equal points an interaction, so that the average buyer reaches `ready`.
    ///
    /// # Errors
    /// Where there are no buyers, they have no interactions, or nothing is left for them to give.
    pub fn of(ready: Points, buyers: &[Buyer], average: Average) -> Result<Calibration, String> {
        let Some(first) = buyers.first() else {
            return Err("no contact with the score reached the outcome: there is no buyer to learn from".to_owned());
        };
        let numbers = |stage: usize| buyers.iter().map(|buyer| buyer.interactions[stage]).collect();
        let stages: Vec<Averages> = (0..first.interactions.len()).map(|at| Averages::of(numbers(at))).collect();
        let rest = Averages::of(buyers.iter().map(|buyer| buyer.rest).collect());
        let interactions: Points = stages.iter().map(|stage| stage.of_kind(average)).sum();
        let left = ready - rest.of_kind(average);
        if interactions == Points::ZERO {
            let kind = if average == Average::Median { " (by the median: try --average mean)" } else { "" };
            return Err(format!(
                "an average buyer has no interaction at any stage{kind}: do the tallies count the right activities, \
                 and were the activity exports given?"
            ));
        }
        if left <= Points::ZERO {
            return Err(format!(
                "the rest of the score alone takes an average buyer to {}, and {ready} are asked for: nothing is left \
                 for the stages of the journey to give",
                rest.of_kind(average)
            ));
        }
        let exact = left.to_f64() / interactions.to_f64();
        let times = roundest(exact);
        if times == Points::ZERO || times > MOST {
            return Err(format!("an interaction would have {exact} points; a rule file holds 0.000001 to {MOST}"));
        }
        let reaches = rest.of_kind(average) + interactions.times(times);
        Ok(Calibration { buyers: buyers.len() as u64, average, stages, rest, interactions, exact, times, reaches })
    }
}

/// The most points of a rule (rule reference, §5).
const MOST: Points = Points::whole(1_000_000);

/// How far from the exact number a round one may be.
const OFF: f64 = 0.05;

/// The roundest number at most 5 % off: the nearest multiple of 1000, else of 500, 100, 50, 10, 5, 1,
/// 0.5 and so on, the first that is near enough.
fn roundest(exact: f64) -> Points {
    let micro = exact * MICRO as f64;
    let units = (0..=12).rev().flat_map(|power| [5.0, 1.0].map(|digit| digit * 10_f64.powi(power)));
    let nearest = units.map(|unit| (micro / unit).round() * unit);
    let mut near = nearest.filter(|number| (number - micro).abs() <= OFF * micro);
    Points(near.next().unwrap_or(micro).round() as i128)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buyers(of: &[(&[i64], i64)]) -> Vec<Buyer> {
        let buyer = |&(interactions, rest): &(&[i64], i64)| Buyer {
            interactions: interactions.iter().map(|&count| Points::whole(count)).collect(),
            rest: Points::whole(rest),
        };
        of.iter().map(buyer).collect()
    }

    fn of(ready: i64, all: &[(&[i64], i64)], average: Average) -> Result<Calibration, String> {
        Calibration::of(Points::whole(ready), &buyers(all), average)
    }

    /// The guide's figures: 5, 3 and 4 interactions make 12 parts of 100, some 8 points each.
    #[test]
    fn twelve_parts_of_a_hundred_are_eight_points_each() {
        let all: [(&[i64], i64); 3] = [(&[4, 3, 4], 0), (&[5, 2, 4], 0), (&[6, 4, 4], 0)];
        let found = of(100, &all, Average::Mean).unwrap();
        let means: Vec<String> = found.stages.iter().map(|stage| stage.mean.to_string()).collect();
        assert_eq!(means, ["5", "3", "4"]);
        assert_eq!(
            (found.interactions, found.times, found.reaches),
            (Points::whole(12), Points::whole(8), Points::whole(96))
        );
        assert!((found.exact - 100.0 / 12.0).abs() < 1e-12);
    }

    #[test]
    fn what_the_rest_of_the_score_gives_is_subtracted() {
        let found = of(100, &[(&[6, 4], 10), (&[4, 6], 30)], Average::Mean).unwrap();
        assert_eq!((found.rest.mean, found.exact, found.reaches), (Points::whole(20), 8.0, Points::whole(100)));
        let below = of(100, &[(&[10], -20)], Average::Mean).unwrap();
        assert_eq!((below.exact, below.reaches), (12.0, Points::whole(100)));
    }

    #[test]
    fn a_very_busy_buyer_moves_the_mean_and_not_the_median() {
        let all: [(&[i64], i64); 4] = [(&[2], 0), (&[4], 0), (&[6], 8), (&[88], 0)];
        let (mean, median) = (of(100, &all, Average::Mean).unwrap(), of(100, &all, Average::Median).unwrap());
        assert_eq!((mean.stages, mean.interactions), (median.stages.clone(), Points::whole(25)));
        assert_eq!((median.interactions, median.times), (Points::whole(5), Points::whole(20)));
        assert_eq!((mean.rest.mean, median.rest.median), (Points::whole(2), Points::ZERO));
    }

    #[test]
    fn where_nothing_can_be_learnt_it_is_said() {
        assert!(of(100, &[], Average::Mean).unwrap_err().contains("no buyer"));
        assert!(of(100, &[(&[0, 0], 5)], Average::Mean).unwrap_err().contains("no interaction"));
        assert!(of(100, &[(&[3], 100)], Average::Mean).unwrap_err().contains("alone takes an average buyer to 100"));
        let tiny = Calibration::of(Points(1), &buyers(&[(&[100], 0)]), Average::Mean);
        assert!(tiny.unwrap_err().contains("points; a rule file holds 0.000001 to 1000000"));
    }

    #[test]
    fn numbers_are_rounded_as_people_like_them() {
        for (exact, round) in [
            (8.333333, "8"),
            (8.0, "8"),
            (0.8333, "0.8"),
            (9.6, "10"),
            (9.4, "9"),
            (12.4, "12"),
            (37.0, "37"),
            (52.0, "50"),
            (47.0, "45"),
            (104.9, "100"),
            (106.0, "110"),
            (2.3, "2.3"),
            (1.45, "1.5"),
            (0.0512, "0.05"),
            (0.000001, "0.000001"),
            (960_000.0, "1000000"),
        ] {
            assert_eq!(roundest(exact).to_string(), round, "{exact}");
        }
    }

    #[test]
    fn a_rounded_number_is_never_more_than_a_twentieth_off() {
        for step in 1..20_000 {
            let exact = 0.0007 * 1.001_f64.powi(step);
            let off = (roundest(exact).to_f64() - exact).abs() / exact;
            assert!(off <= OFF + 1e-9, "{exact}: {off}");
        }
    }
}
