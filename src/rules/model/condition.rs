//! Conditions about a contact, an activity or an account: what is looked at and what must hold.
//!
//! Not here: whether one holds; the engine says that, and a second back end in words of its own.

use super::{AccountScoreId, ColumnId, ScoreId, TallyId};
use crate::diagnostic::Place;
use crate::instant::{Instant, Span};
use crate::points::Points;
use crate::value::Words;
use regex::Regex;
use std::fmt;
use std::ops::Deref;

/// What a test looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A cell: of the contact, or in `where` and `ignore` of the activity.
    Column(ColumnId),
    /// A tally of the contact.
    Tally(TallyId),
    /// A score's rounded value.
    Score(ScoreId),
    /// A score's grade.
    Grade(ScoreId),
    /// An account score's value.
    AccountScore(AccountScoreId),
    /// An account score's grade.
    AccountGrade(AccountScoreId),
}

/// A condition about a contact, an activity or an account.
#[derive(Clone, Debug)]
pub enum Condition {
    /// All hold; nothing in it always holds.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// Something is looked at.
    Test(Test),
}

/// One operand and what must hold of it.
#[derive(Clone, Debug)]
pub struct Test {
    /// What is looked at.
    pub operand: Operand,
    /// As the rule file calls it; for a `did` the types and the window.
    pub name: String,
    /// All of them must hold.
    pub checks: Vec<Check>,
    /// Where a text alone decides, whoever's it is and whenever it is asked, and that takes long: the
    /// number under which the answers are remembered.
    pub memo: Option<usize>,
    /// Which of all tests of the rule file it is.
    pub number: usize,
    /// Where it stands.
    pub place: Place,
}

/// One operator with its argument.
#[derive(Clone, Debug)]
pub enum Check {
    /// There is a value.
    Present,
    /// There is none.
    Missing,
    /// It equals one of these.
    OneOf(Literals),
    /// The exact negation of [`Check::OneOf`]: holds for a missing value too.
    NoneOf(Literals),
    /// A number is at least, above, at most or below this.
    Number(Order, Points),
    /// A date is not before, after, not after or before this.
    Date(Order, Instant),
    /// A number from the first to the second, both included. One operator, so on a multi-select
    /// both ends must hold for the same member.
    NumberBetween(Points, Points),
    /// A date from the first to the second, both included; a last day without a time is its end.
    DateBetween(Instant, Instant),
    /// It contains one of these (lower case, not trimmed).
    Contains(Words),
    /// It starts with one of these (lower case, not trimmed).
    StartsWith(Words),
    /// It ends with one of these (lower case, not trimmed).
    EndsWith(Words),
    /// The pattern finds something in the trimmed text.
    Matches(Regex),
    /// A date with as_of − span ≤ t ≤ as_of.
    Within(Span),
    /// A date with t < as_of − span.
    OlderThan(Span),
}

impl Check {
    /// Whether the text of a cell alone decides.
    pub fn is_about_text(&self) -> bool {
        match self {
            Check::OneOf(literals) | Check::NoneOf(literals) => literals.words.is_some(),
            Check::Contains(_) | Check::StartsWith(_) | Check::EndsWith(_) | Check::Matches(_) => true,
            _ => false,
        }
    }

    /// Whether it looks at what time it is.
    pub fn is_about_now(&self) -> bool {
        matches!(self, Check::Within(_) | Check::OlderThan(_))
    }

    /// Whether to find the answer takes longer than to find it again where it was remembered; it may, at least.
    pub fn is_dear(&self) -> bool {
        const MANY: usize = 16;
        match self {
            Check::OneOf(literals) | Check::NoneOf(literals) => literals.len() > MANY,
            Check::StartsWith(parts) | Check::EndsWith(parts) => parts.len() > MANY,
            Check::Contains(_) | Check::Matches(_) => true,
            _ => false,
        }
    }
}

/// How something compares with a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// ≥
    AtLeast,
    /// >
    Above,
    /// ≤
    AtMost,
    /// <
    Below,
}

/// What a cell may equal; the type says how the cell is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// Folded: trimmed and in lower case.
    Text(String),
    /// At most six decimals.
    Number(Points),
    /// Yes or no.
    Boolean(bool),
}

/// What a cell may equal one of.
#[derive(Clone)]
pub struct Literals {
    all: Vec<Literal>,
    /// The same, if all of them are texts.
    pub words: Option<Words>,
}

impl From<Vec<Literal>> for Literals {
    fn from(all: Vec<Literal>) -> Literals {
        let text = |literal: &Literal| if let Literal::Text(text) = literal { Some(text.clone()) } else { None };
        let texts: Option<Vec<String>> = all.iter().map(text).collect();
        Literals { words: texts.map(Words::from), all }
    }
}

impl fmt::Debug for Literals {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.all, out)
    }
}

/// All of them.
impl Deref for Literals {
    type Target = [Literal];
    fn deref(&self) -> &[Literal] {
        &self.all
    }
}

impl Condition {
    /// The condition itself, where `all` or `any` hold nothing else.
    pub fn core(&self) -> &Condition {
        match self {
            Condition::All(inner) | Condition::Any(inner) if inner.len() == 1 => inner[0].core(),
            _ => self,
        }
    }

    /// The first test in it.
    pub fn first_test(&self) -> Option<&Test> {
        match self {
            Condition::All(inner) | Condition::Any(inner) => inner.iter().find_map(Condition::first_test),
            Condition::Not(inner) => inner.first_test(),
            Condition::Test(test) => Some(test),
        }
    }

    /// Visits every test in it, in order.
    pub fn for_each_test<'a>(&'a self, visit: &mut impl FnMut(&'a Test)) {
        match self {
            Condition::All(inner) | Condition::Any(inner) => {
                for condition in inner {
                    condition.for_each_test(visit);
                }
            }
            Condition::Not(inner) => inner.for_each_test(visit),
            Condition::Test(test) => visit(test),
        }
    }
}
