//! A naive reading of the rule reference, to compare the program with: no plan, no index, no threads.
//!
//! Rules stay the YAML that was written and are interpreted anew for every contact, and every contact
//! looks at every activity. It does not diagnose: on a wrong rule file it may panic.

pub mod after;
pub mod cell;
pub mod condition;
pub mod decimal;
pub mod score;
pub mod sheet;
pub mod world;
pub mod write;

use decimal::Dec;

pub type Yaml = serde_yaml::Value;

/// Everything that a run of `leadscore score` reads.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    pub rules: String,
    pub contacts: Vec<String>,
    /// Each with the type that the command line gives all its rows, if it does.
    pub activities: Vec<(Option<String>, String)>,
    /// The files that `in_file` names, beside the rule file.
    pub lists: Vec<(String, String)>,
    pub previous: Option<String>,
    pub as_of: String,
    pub as_of_field: Option<String>,
    pub reasons: usize,
}

/// What the run must write: each file's rows, the header first.
#[derive(Debug)]
pub struct Answer {
    pub scored: Vec<Vec<String>>,
    pub breakdown: Vec<Vec<String>>,
    pub accounts: Vec<Vec<String>>,
    pub handoff: Vec<Vec<String>>,
}

pub fn answer(inputs: &Inputs) -> Answer {
    let world = world::World::read(inputs);
    let (people, accounts) = after::placed(&world);
    write::answer(&world, &people, &accounts)
}

/// A scalar as the rule file writes it.
pub fn text_of(yaml: &Yaml) -> String {
    match yaml {
        Yaml::String(text) => text.clone(),
        Yaml::Number(number) => number.to_string(),
        Yaml::Bool(boolean) => boolean.to_string(),
        other => panic!("no scalar: {other:?}"),
    }
}

/// A list, or the one thing that stands for a list of one; nothing where the key is left out.
pub fn list_of(yaml: &Yaml) -> Vec<&Yaml> {
    match yaml {
        Yaml::Null => Vec::new(),
        Yaml::Sequence(parts) => parts.iter().collect(),
        one => vec![one],
    }
}

pub fn texts_of(yaml: &Yaml) -> Vec<String> {
    list_of(yaml).into_iter().map(text_of).collect()
}

pub fn dec_of(yaml: &Yaml) -> Dec {
    maybe_dec(yaml).unwrap_or_else(|| panic!("no number: {yaml:?}"))
}

pub fn maybe_dec(yaml: &Yaml) -> Option<Dec> {
    if yaml.is_null() { None } else { Dec::plain(&text_of(yaml)) }
}

pub fn dec_or(yaml: &Yaml, default: Dec) -> Dec {
    maybe_dec(yaml).unwrap_or(default)
}

/// The entries of a mapping with their keys as texts, in the file's order.
pub fn entries_of(yaml: &Yaml) -> Vec<(String, &Yaml)> {
    yaml.as_mapping().into_iter().flatten().map(|(key, value)| (text_of(key), value)).collect()
}
