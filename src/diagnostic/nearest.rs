//! "Did you mean": the names nearest to one that nothing answers to.
//!
//! In: a name and the names there are. Out: at most three of them, the nearest first; none where
//! none is near. Not here: what is said about them.

use crate::record::loose;

/// At most this many names are offered.
const OFFERED: usize = 3;

/// The candidates that a person may have meant by `name`, the nearest first.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = loose(name);
    let mut found: Vec<(usize, &str)> = Vec::new();
    for candidate in candidates {
        if let Some(distance) = distance(&wanted, &loose(candidate))
            && !found.iter().any(|(_, known)| *known == candidate)
        {
            found.push((distance, candidate));
        }
    }
    found.sort_by_key(|(distance, _)| *distance);
    // What is as near as can be needs no rivals.
    let best = found.first().map_or(0, |(distance, _)| *distance);
    found.retain(|(distance, _)| *distance <= best + 2);
    found.into_iter().take(OFFERED).map(|(_, candidate)| candidate).collect()
}

/// How many slips of the pen lie between two names, or nothing where they are too far apart.
fn distance(wanted: &str, candidate: &str) -> Option<usize> {
    let length = wanted.chars().count().max(candidate.chars().count());
    let slips = strsim::osa_distance(wanted, candidate);
    if slips <= (length / 3).max(1) && slips < length {
        return Some(slips);
    }
    // `employees` for `Number of Employees`, `Warsaw` for `Europe/Warsaw`.
    let (short, long) = if wanted.len() < candidate.len() { (wanted, candidate) } else { (candidate, wanted) };
    (short.chars().count() >= 4 && long.contains(short)).then_some(length / 3 + 1)
}

/// "did you mean `a`?", or "did you mean `a` or `b`?".
pub fn did_you_mean(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("did you mean {}?", join(&quoted, "or"))
}

/// `a`, `a or b`, `a, b or c`.
pub fn join(parts: &[String], word: &str) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} {word} {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_are_found_and_strangers_are_not() {
        let operators = ["at_least", "at_most", "above", "below", "between"];
        assert_eq!(nearest("at_leats", operators)[0], "at_least");
        assert_eq!(nearest("atleast", operators), ["at_least"]);
        assert!(nearest("colour", operators).is_empty());
        assert_eq!(nearest("employees", ["Number of Employees", "e"]), ["Number of Employees"]);
    }

    #[test]
    fn names_are_joined_as_a_person_writes_them() {
        assert_eq!(did_you_mean(&["a", "b", "c"]), "did you mean `a`, `b` or `c`?");
    }
}
