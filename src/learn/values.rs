//! Values become small numbers, each of which a rule can tell from the others.
//!
//! In: what a candidate says of every contact. Out: a [`Coding`] and the [`Feature`] it gives. Numbers
//! are cut where about equally many contacts lie on both sides, at the roundest bound there is; rare
//! texts share a code; outcomes are not looked at. Not here: which of the codes share points.

use super::binning::Direction;
use super::model::Feature;
use std::collections::HashMap;

/// The most codes of a number.
const BINS: usize = 64;
/// The most texts that are told apart.
const TEXTS: usize = 60;
/// A text that fewer contacts have shares a code with all such.
const RARE: usize = 10;
/// Milliseconds of an hour and of a day.
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// What a candidate says of every contact.
#[derive(Clone, Debug)]
pub enum Values {
    /// Millionths, rounded down; `None` where it is missing or unreadable.
    Number(Vec<Option<i64>>),
    /// Milliseconds since the date, less than 0 for one that is still to come.
    Age(Vec<Option<i64>>),
    /// An index into the texts.
    Text(Vec<Option<u32>>, Vec<String>),
    /// Whether something holds.
    Yes(Vec<bool>),
}

/// How the values of a candidate become codes. Code 0 is missing.
#[derive(Clone, Debug, PartialEq)]
pub enum Coding {
    /// Code k + 1 is from the k-th bound (in millionths) up; code 1 is below the first.
    Number(Vec<i64>),
    /// Code k + 1 is older than the k-th age (in milliseconds); code 1 is no older than the first.
    Age(Vec<i64>),
    /// Code k is the k-th text; the last code is any other text.
    Text(Vec<String>),
    /// Code 1: it does not hold. Code 2: it does.
    Yes,
}

/// How a candidate is coded, by the values of the contacts `rows`, and everybody's codes; `None`
/// where all of those have the same.
pub fn code(values: &Values, rows: &[u32], direction: Option<Direction>) -> Option<(Coding, Feature)> {
    let (coding, codes, size, ordered): (_, Vec<u8>, _, _) = match values {
        Values::Number(numbers) => {
            let bounds = bounds(numbers, rows, &roundest);
            let codes = codes_of(numbers, |number| bounds.partition_point(|&bound| bound <= number));
            let size = bounds.len() + 2;
            (Coding::Number(bounds), codes, size, true)
        }
        Values::Age(ages) => {
            let bounds = bounds(ages, rows, &roundest_age);
            let codes = codes_of(ages, |age| bounds.partition_point(|&bound| bound <= age));
            let size = bounds.len() + 2;
            (Coding::Age(bounds.into_iter().map(|bound| bound - 1).collect()), codes, size, true)
        }
        Values::Text(indices, texts) => {
            let kept = frequent(indices, rows, texts);
            let place: HashMap<u32, u8> = kept.iter().enumerate().map(|(at, &text)| (text, at as u8)).collect();
            let other = kept.len() as u8;
            let code = |text: &Option<u32>| text.map_or(0, |text| place.get(&text).copied().unwrap_or(other) + 1);
            let size = kept.len() + 2;
            let codes = indices.iter().map(code).collect();
            (Coding::Text(kept.iter().map(|&text| texts[text as usize].clone()).collect()), codes, size, false)
        }
        Values::Yes(holds) => (Coding::Yes, holds.iter().map(|&holds| 1 + u8::from(holds)).collect(), 3, true),
    };
    let is_one_value = rows.windows(2).all(|pair| codes[pair[0] as usize] == codes[pair[1] as usize]);
    let without_rule = match coding {
        Coding::Number(_) | Coding::Text(_) => None,
        Coding::Age(_) => Some(0),
        Coding::Yes => Some(1),
    };
    (!is_one_value).then_some((coding, Feature { codes, size, ordered, direction, without_rule }))
}

fn codes_of(numbers: &[Option<i64>], bin: impl Fn(i64) -> usize) -> Vec<u8> {
    numbers.iter().map(|number| number.map_or(0, |number| bin(number) as u8 + 1)).collect()
}

/// Bounds with about equally many contacts between them; a frequent value is alone. `between` finds
/// the bound above the one number and at most the other, if a rule can say one.
fn bounds(numbers: &[Option<i64>], rows: &[u32], between: &dyn Fn(i64, i64) -> Option<i64>) -> Vec<i64> {
    let mut sorted: Vec<i64> = rows.iter().filter_map(|&row| numbers[row as usize]).collect();
    sorted.sort_unstable();
    let mut bounds = Vec::new();
    let (mut start, mut left) = (0, BINS);
    while start < sorted.len() && left > 1 {
        let wanted = (sorted.len() - start).div_ceil(left);
        let least = sorted[(start + wanted - 1).min(sorted.len() - 1)];
        let end = sorted.partition_point(|&number| number <= least);
        if let Some(&next) = sorted.get(end)
            && let Some(bound) = between(least, next)
        {
            bounds.push(bound);
        }
        start = end;
        left -= 1;
    }
    bounds
}

/// The bound with the fewest digits above one number and at most another, in millionths.
fn roundest(below: i64, above: i64) -> Option<i64> {
    let units = (0..19).rev().map(|power| 10_i64.pow(power));
    units.flat_map(|unit| [unit.saturating_mul(5), unit]).find_map(|unit| {
        let bound = above.div_euclid(unit).saturating_mul(unit);
        (bound > below).then_some(bound)
    })
}

/// The first millisecond at which something is older than a round number of days, else of hours.
fn roundest_age(below: i64, above: i64) -> Option<i64> {
    [30 * DAY, 7 * DAY, DAY, HOUR].into_iter().find_map(|unit| {
        let bound = (above - 1).div_euclid(unit) * unit + 1;
        (bound > below && bound > 1).then_some(bound)
    })
}

/// The texts that enough contacts have, the most frequent first.
fn frequent(indices: &[Option<u32>], rows: &[u32], texts: &[String]) -> Vec<u32> {
    let mut counts = vec![0_usize; texts.len()];
    rows.iter().filter_map(|&row| indices[row as usize]).for_each(|text| counts[text as usize] += 1);
    let rare = RARE.max(rows.len() / 1000);
    let mut kept: Vec<u32> = (0..texts.len() as u32).filter(|&text| counts[text as usize] >= rare).collect();
    kept.sort_by(|&a, &b| counts[b as usize].cmp(&counts[a as usize]).then(texts[a as usize].cmp(&texts[b as usize])));
    kept.truncate(TEXTS);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everybody(count: u32) -> Vec<u32> {
        (0..count).collect()
    }

    #[test]
    fn bounds_are_as_round_as_the_numbers_around_them_allow() {
        let micro = |number: f64| (number * 1e6).round() as i64;
        for (below, above, bound) in [
            (34.0, 35.0, 35.0),
            (34.0, 36.5, 35.0),
            (96.0, 104.0, 100.0),
            (1.4, 4.2, 4.0),
            (-3.0, -1.0, -1.0),
            (-1.0, 2.0, 0.0),
            (0.000001, 0.000002, 0.000002),
            (4.857, 4.858, 4.858),
        ] {
            assert_eq!(roundest(micro(below), micro(above)), Some(micro(bound)), "{below} {above}");
        }
    }

    #[test]
    fn every_value_has_a_code_and_equal_values_the_same() {
        let numbers: Vec<Option<i64>> = (0..1000).map(|at| (at % 9 != 0).then_some(at % 300 * 1_000_000)).collect();
        let Some((Coding::Number(bounds), feature)) = code(&Values::Number(numbers.clone()), &everybody(1000), None)
        else {
            panic!()
        };
        assert!(bounds.len() > 50 && bounds.is_sorted() && feature.size == bounds.len() + 2);
        for (number, code) in numbers.iter().zip(&feature.codes) {
            let below = number.map(|number| bounds.iter().filter(|&&bound| bound <= number).count() as u8 + 1);
            assert_eq!(*code, below.unwrap_or(0));
        }
    }

    #[test]
    fn rare_texts_share_a_code_and_one_value_alone_says_nothing() {
        let texts: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let of = |at: u32| {
            if at < 50 {
                1
            } else if at < 85 {
                0
            } else {
                2 + at % 2
            }
        };
        let indices: Vec<Option<u32>> = (0..100).map(|at| Some(of(at))).collect();
        let (coding, feature) = code(&Values::Text(indices, texts), &everybody(100), None).unwrap();
        assert_eq!(coding, Coding::Text(vec!["b".to_owned(), "a".to_owned()]));
        assert_eq!([0, 60, 90, 91].map(|at| feature.codes[at]), [1, 2, 3, 3]);
        assert!(code(&Values::Yes(vec![true; 30]), &everybody(30), None).is_none());
    }

    #[test]
    fn ages_are_cut_at_whole_days_where_there_are_any() {
        let ages: Vec<Option<i64>> = (0..500).map(|at| Some(at * DAY + DAY / 2)).collect();
        let Some((Coding::Age(ages), _)) = code(&Values::Age(ages), &everybody(500), None) else { panic!() };
        assert!(ages.len() > 30 && ages.iter().all(|age| age % DAY == 0), "{ages:?}");
    }
}
