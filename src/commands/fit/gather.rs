//! What every candidate says of every contact, as the engine reads it.
//!
//! In: everybody, scored by the draft. Out: [`Gathered`]. Not here: what follows from it.

use super::draft::{Candidate, Draft, Kind, Origin};
use crate::engine::contact::{ContactFacts, Desk};
use crate::engine::contacts::ContactId;
use crate::engine::facts::{Facts, Value as Fact};
use crate::engine::scored::Scored;
use crate::instant::Instant;
use crate::learn::outcome::{Answer, Outcome, Unclear};
use crate::learn::values::Values;
use crate::points::Points;
use crate::record::loose;
use crate::rules::model::{Model, Operand};
use crate::value::{self, DecimalMark, MissingMarkers, fold};
use std::collections::{HashMap, HashSet};

/// The most members of a multi-select that are candidates of their own.
const MEMBERS: usize = 20;

/// What a rule asks of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// Its number, its text or its age.
    Value,
    /// Whether it has a value at all.
    Present,
    /// Whether the set has this member.
    Member(String),
}

/// A candidate as one question about every contact.
#[derive(Debug)]
pub struct Question {
    /// Which candidate.
    pub candidate: usize,
    /// What is asked.
    pub aspect: Aspect,
    /// The answers.
    pub values: Values,
    /// Whether some cells could not be read.
    pub has_unread: bool,
}

impl Question {
    fn of(candidate: usize, aspect: Aspect, values: Values) -> Question {
        Question { candidate, aspect, values, has_unread: false }
    }
}

/// Everything that is learned from.
#[derive(Debug)]
pub struct Gathered {
    /// The questions, in the order of the candidates.
    pub questions: Vec<Question>,
    /// What became of each contact, where it is known.
    pub outcome: Vec<Option<bool>>,
    /// Each contact's date for the split by time.
    pub date: Vec<Option<Instant>>,
    /// Where each contact's row stands: table and byte.
    pub places: Vec<(usize, u64)>,
}

/// The text in a column of the rule file, trimmed, if there is any.
fn cell<'v>(facts: &'v ContactFacts<'_, '_>, column: usize) -> Option<&'v str> {
    match facts.value(Operand::Column(column)) {
        Fact::Cell(text, _) => Some(text),
        _ => None,
    }
}

/// The column of the rule file that a name or a header leads to.
fn column_named(model: &Model, name: &str) -> Option<usize> {
    let is_it = |other: &String| loose(other) == loose(name);
    model.contact_columns.iter().position(|column| is_it(&column.name) || column.headers.iter().any(is_it))
}

/// What an outcome column says of every contact; `unclear` hears of cells that say neither yes nor no.
pub fn outcomes(scored: &Scored<'_>, outcome: &Outcome, unclear: &mut Unclear) -> Vec<Option<bool>> {
    let place = column_named(scored.scene.plan.model, &outcome.column);
    let mut desk = Desk::new(scored.scene.plan);
    let read = |contact| {
        let window = scored.window(contact, &mut desk, true);
        let facts = window.facts(0);
        let cell = place.and_then(|place| cell(&facts, place));
        match outcome.answer(cell) {
            Answer::Yes => Some(true),
            Answer::No => Some(false),
            Answer::Undecided => None,
            Answer::Unclear => {
                unclear.note(cell.unwrap_or_default());
                None
            }
        }
    };
    (0..scored.scene.contacts.len() as ContactId).map(read).collect()
}

/// Who is a customer, where customers stand in the table `customers`: everybody there; of the others
/// nothing is said of those who are the same people.
pub fn customers(scored: &Scored<'_>, customers: usize) -> Vec<Option<bool>> {
    let (model, contacts) = (scored.scene.plan.model, scored.scene.contacts);
    let mut desk = Desk::new(scored.scene.plan);
    let mut names = |contact: ContactId| -> Vec<String> {
        let window = scored.window(contact, &mut desk, true);
        let facts = window.facts(0);
        let known = model.contacts.also_known_by.iter().filter_map(|&column| cell(&facts, column));
        let id = Some(contacts.id(contact)).filter(|id| !id.is_empty());
        known.map(|name| fold(name).into_owned()).chain(id.map(str::to_owned)).collect()
    };
    let everybody = 0..contacts.len() as ContactId;
    let is_there = |contact: ContactId| contacts.table(contact) == customers;
    let known: HashSet<String> = everybody.clone().filter(|&one| is_there(one)).flat_map(&mut names).collect();
    let of = |contact| match is_there(contact) {
        true => Some(true),
        false => (!names(contact).iter().any(|name| known.contains(name))).then_some(false),
    };
    everybody.map(of).collect()
}

/// The cells of one column, as they are read.
enum Column {
    Number(Vec<Option<i64>>, DecimalMark),
    Age(Vec<Option<i64>>),
    Text(Texts),
}

/// Different texts, and the members of sets.
#[derive(Default)]
struct Texts {
    known: HashMap<String, u32>,
    written: Vec<String>,
    of: Vec<Option<u32>>,
    /// For each member, folded: as it is written, and who has it.
    members: HashMap<String, (String, Vec<ContactId>)>,
}

/// A column that is a candidate.
struct Asked {
    candidate: usize,
    place: usize,
    column: Column,
    has_unread: bool,
    /// Whether only that there is one is learned from.
    is_presence: bool,
}

/// Asks every candidate about every contact, of whom `outcome` says what became of them.
pub fn gather(scored: &Scored<'_>, draft: &Draft, date_column: Option<&str>, outcome: Vec<Option<bool>>) -> Gathered {
    let (model, contacts) = (scored.scene.plan.model, scored.scene.contacts);
    let everybody = 0..contacts.len() as ContactId;
    let mut columns: Vec<Asked> =
        draft.candidates.iter().enumerate().filter_map(|(at, one)| asked(model, at, one)).collect();
    let date_place = date_column.and_then(|name| column_named(model, name));
    let mut gathered = Gathered { questions: Vec::new(), outcome, date: Vec::new(), places: Vec::new() };
    let mut desk = Desk::new(scored.scene.plan);
    for contact in everybody.clone() {
        let window = scored.window(contact, &mut desk, true);
        let facts = window.facts(0);
        let instant = |column: usize| {
            let reading = &model.contact_columns[column].reading;
            let read = value::parse_instant(cell(&facts, column)?, reading, &model.contacts.timezone);
            read.map(|read| read.instant)
        };
        gathered.date.push(date_place.and_then(instant));
        gathered.places.push(contacts.place(contact));
        for Asked { place, column, has_unread, .. } in &mut columns {
            let cell = cell(&facts, *place);
            match column {
                Column::Number(numbers, mark) => {
                    let number = cell.and_then(|cell| value::parse_number(cell, *mark));
                    *has_unread |= number.is_none() && cell.is_some();
                    numbers.push(number.map(|number| in_64_bits(number.rounded_down())));
                }
                Column::Age(ages) => {
                    let date = instant(*place);
                    *has_unread |= date.is_none() && cell.is_some();
                    ages.push(date.map(|date| facts.as_of().0.saturating_sub(date.0)));
                }
                Column::Text(texts) => {
                    let separator = model.contact_columns[*place].reading.separator.as_deref();
                    texts.add(contact, cell, separator, &model.contacts.missing);
                }
            }
        }
    }
    let mut columns = columns.into_iter().peekable();
    for (at, candidate) in draft.candidates.iter().enumerate() {
        if let Some(asked) = columns.next_if(|asked| asked.candidate == at) {
            asked.put(contacts.len(), &mut gathered.questions);
        } else if let Some(tally) = model.tallies.iter().position(|one| one.name.as_deref() == Some(candidate.name())) {
            let number = |contact| match scored.tally(contact, tally) {
                Fact::Number(points) => Some(in_64_bits(points)),
                _ => None,
            };
            let values = Values::Number(everybody.clone().map(number).collect());
            gathered.questions.push(Question::of(at, Aspect::Value, values));
        }
    }
    gathered
}

fn asked(model: &Model, candidate: usize, one: &Candidate) -> Option<Asked> {
    let Origin::Column(name, kind) = &one.origin else { return None };
    let place = model.contact_columns.iter().position(|column| column.name == *name)?;
    let column = match *kind {
        Kind::Number(mark) => Column::Number(Vec::new(), mark),
        Kind::Age => Column::Age(Vec::new()),
        Kind::Text | Kind::Presence => Column::Text(Texts::default()),
    };
    Some(Asked { candidate, place, column, has_unread: false, is_presence: *kind == Kind::Presence })
}

/// As millionths: what is larger than any bound is as large as the largest.
fn in_64_bits(points: Points) -> i64 {
    points.0.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

impl Texts {
    fn add(&mut self, contact: ContactId, cell: Option<&str>, separator: Option<&str>, missing: &MissingMarkers) {
        for member in cell.and_then(|cell| value::members(cell, separator, missing)).into_iter().flatten() {
            let key = fold(member).into_owned();
            let (_, have) = self.members.entry(key).or_insert_with(|| (member.to_owned(), Vec::new()));
            if have.last() != Some(&contact) {
                have.push(contact);
            }
        }
        self.of.push(cell.map(|cell| match self.known.get(&*fold(cell)) {
            Some(&known) => known,
            None => {
                self.written.push(cell.to_owned());
                self.known.insert(fold(cell).into_owned(), self.written.len() as u32 - 1);
                self.written.len() as u32 - 1
            }
        }));
    }
}

impl Asked {
    /// Puts the questions that a rule can ask of this column.
    fn put(self, contacts: usize, questions: &mut Vec<Question>) {
        let Asked { candidate, has_unread, .. } = self;
        let value = |values| Question { has_unread, ..Question::of(candidate, Aspect::Value, values) };
        let texts = match self.column {
            Column::Number(numbers, _) => return questions.push(value(Values::Number(numbers))),
            Column::Age(ages) => return questions.push(value(Values::Age(ages))),
            Column::Text(texts) => texts,
        };
        let filled = texts.of.iter().flatten().count();
        // Of names, addresses, notes only whether there is one can be learned from.
        if !self.is_presence && texts.members.is_empty() && texts.written.len() * 2 <= filled {
            return questions.push(value(Values::Text(texts.of, texts.written)));
        }
        let present = texts.of.iter().map(Option::is_some).collect();
        questions.push(Question::of(candidate, Aspect::Present, Values::Yes(present)));
        let mut members: Vec<(String, Vec<ContactId>)> = texts.members.into_values().collect();
        members.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
        for (member, have) in members.into_iter().take(MEMBERS) {
            let mut holds = vec![false; contacts];
            have.iter().for_each(|&contact| holds[contact as usize] = true);
            questions.push(Question::of(candidate, Aspect::Member(member), Values::Yes(holds)));
        }
    }
}
