//! Which columns are written, and in which order.
//!
//! In: what `--columns` says, and the columns there are. Out: their places. A name is a header as
//! it stands, else with case, spaces, `-` and `_` ignored; `*` in it stands for any text, so that
//! `lead_*` is every such column and a lone `*` all that no other word names. A column is written
//! once, where it is first named; a header that several columns bear names all of them.

use crate::diagnostic::{did_you_mean, nearest};
use crate::record::loose;
use anyhow::{anyhow, bail};

/// Takes the list apart: names parted by commas, one that has a comma itself in quotes.
///
/// # Errors
/// Where nothing is named.
pub fn parse(lists: &[String]) -> anyhow::Result<Vec<String>> {
    let mut words = Vec::new();
    for list in lists {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(list.as_bytes());
        for record in reader.records() {
            words.extend(record?.iter().map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()));
        }
    }
    if words.is_empty() && !lists.is_empty() {
        bail!("--columns names no column; write it as --columns email,lead_score or --columns 'lead_*'");
    }
    Ok(words)
}

/// The places of the columns that are named, in the order of the words.
///
/// # Errors
/// Where a word names no column; the message offers the nearest names.
pub fn places(words: &[String], columns: &[&str]) -> anyhow::Result<Vec<usize>> {
    let mut named: Vec<Option<Vec<usize>>> = Vec::with_capacity(words.len());
    for word in words {
        named.push(if word == "*" { None } else { Some(named_by(word, columns)?) });
    }
    let explicit: Vec<usize> = named.iter().flatten().flatten().copied().collect();
    let rest = (0..columns.len()).filter(|at| !explicit.contains(at)).collect::<Vec<_>>();
    let mut places = Vec::new();
    for at in named.into_iter().flat_map(|places| places.unwrap_or_else(|| rest.clone())) {
        if !places.contains(&at) {
            places.push(at);
        }
    }
    Ok(places)
}

fn named_by(word: &str, columns: &[&str]) -> anyhow::Result<Vec<usize>> {
    let all = |fits: &dyn Fn(&str) -> bool| (0..columns.len()).filter(|&at| fits(columns[at])).collect::<Vec<_>>();
    let (key, has_star) = (loose(word), word.contains('*'));
    let mut found = all(&|name| name == word);
    if found.is_empty() {
        found = all(&|name| if has_star { fits(&key, &loose(name)) } else { loose(name) == key });
    }
    if !found.is_empty() {
        return Ok(found);
    }
    if has_star {
        return Err(anyhow!("--columns {word}: no column fits"));
    }
    let near = nearest(word, columns.iter().copied());
    let offer = if near.is_empty() { format!("there are: {}", columns.join(", ")) } else { did_you_mean(&near) };
    Err(anyhow!("--columns {word}: there is no such column; {offer}"))
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            let tails = text.char_indices().map(|(at, _)| &text[at..]).chain([""]);
            tails.into_iter().any(|tail| fits(rest, tail))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [&str; 7] = ["Contact ID", "E-mail", "note", "note", "Address, City", "lead_rank", "lead_fit"];

    fn chosen(list: &str) -> Result<Vec<usize>, String> {
        let words = parse(&[list.to_owned()]).map_err(|error| error.to_string())?;
        places(&words, &COLUMNS).map_err(|error| error.to_string())
    }

    #[test]
    fn names_and_stars_choose_and_order() {
        assert_eq!(chosen("lead_fit,Contact ID"), Ok(vec![6, 0]));
        assert_eq!(chosen("lead_*, contact_id"), Ok(vec![5, 6, 0]));
        assert_eq!(chosen("lead_rank,*"), Ok(vec![5, 0, 1, 2, 3, 4, 6]));
        assert_eq!(chosen("*,e-mail"), Ok(vec![0, 2, 3, 4, 5, 6, 1]));
        assert_eq!(chosen("note,\"Address, City\",note"), Ok(vec![2, 3, 4]));
        assert_eq!(chosen("*a*"), Ok(vec![0, 1, 4, 5, 6]));
    }

    #[test]
    fn a_name_that_nothing_answers_to_is_an_error() {
        assert_eq!(
            chosen("lead_rnak"),
            Err("--columns lead_rnak: there is no such column; did you mean `lead_rank`?".to_owned())
        );
        assert!(chosen("colour").unwrap_err().contains("there are: Contact ID, E-mail"));
        assert_eq!(chosen("mkt_*"), Err("--columns mkt_*: no column fits".to_owned()));
        assert!(chosen(" , ").unwrap_err().starts_with("--columns names no column"));
    }
}
