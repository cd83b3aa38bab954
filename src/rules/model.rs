//! The model: a rule file that is known to be right, free of any file's columns.
//!
//! In: made by `validate`. Out: what the engine binds to the columns at hand, and what a
//! second back end compiles. Every name is an index here; a column is an entry of
//! [`Model::contact_columns`] or [`Model::activity_columns`] that the plan looks up in each file.

mod condition;
mod score;

pub use condition::*;
pub use score::*;

use crate::diagnostic::Place;
use crate::instant::{Instant, Span, Zone};
use crate::points::{Points, Range};
use crate::value::{MissingMarkers, Reading};

/// Index into [`Model::scores`].
pub type ScoreId = usize;
/// Index into [`Model::tallies`].
pub type TallyId = usize;
/// Index into [`Accounts::scores`].
pub type AccountScoreId = usize;
/// Index into [`Model::contact_columns`] or [`Model::activity_columns`].
pub type ColumnId = usize;

/// A whole rule file.
#[derive(Clone, Debug)]
pub struct Model {
    /// How the contact export is read.
    pub contacts: ContactSection,
    /// How the activity export is read.
    pub activities: ActivitySection,
    /// Every column of the contact export that something reads, each once.
    pub contact_columns: Vec<Column>,
    /// Every column of the activity export that something reads, each once.
    pub activity_columns: Vec<Column>,
    /// The named tallies, in order, and behind them one for each `did`.
    pub tallies: Vec<Tally>,
    /// How many numbers there are under which something is remembered: tests and cards about texts.
    pub memos: usize,
    /// How many tests there are.
    pub tests: usize,
    /// In the order of the file; that of evaluation is [`Model::evaluation_order`].
    pub scores: Vec<Score>,
    /// Every score, components before their composites.
    pub evaluation_order: Vec<ScoreId>,
    /// What the ranking goes by, the first first; never empty.
    pub rank_by: Vec<ScoreId>,
    /// The scores whose grades make the overall grade; empty where nothing asks for one.
    pub grade: Vec<ScoreId>,
    /// Who is never handed over.
    pub disqualify: Vec<NamedCondition>,
    /// The ladder, lowest first.
    pub stages: Vec<Stage>,
    /// Audiences.
    pub segments: Vec<NamedCondition>,
    /// The buying committees.
    pub accounts: Option<Accounts>,
    /// Net Promoter.
    pub nps: Option<Nps>,
    /// The stage whose newcomers are handed over; present where there are stages.
    pub handoff: Option<usize>,
    /// What is written, and how it is named.
    pub output: OutputSection,
    /// `contacts.fields`: what a command line option that names a column may name instead.
    pub contact_fields: Vec<Column>,
    /// `activities.fields`.
    pub activity_fields: Vec<Column>,
}

/// A column that something reads.
#[derive(Clone, Debug)]
pub struct Column {
    /// The name by which the rule file calls it.
    pub name: String,
    /// The headers that answer to it: in each file the first that it has.
    pub headers: Vec<String>,
    /// How its cells are read.
    pub reading: Reading,
    /// Where the rule file first asks for it; `None` for a default such as `contact_id`.
    pub place: Option<Place>,
}

/// `contacts:`
#[derive(Clone, Debug)]
pub struct ContactSection {
    /// The contact's id.
    pub id: ColumnId,
    /// Other columns by which an activity may name the contact.
    pub also_known_by: Vec<ColumnId>,
    /// Rows with the same id.
    pub duplicates: Duplicates,
    /// Texts that mean "no value".
    pub missing: MissingMarkers,
    /// Of times without an offset, and of `as_of`.
    pub timezone: Zone,
}

/// What becomes of rows with the same id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// Each row is scored by itself, all with the id's activities.
    #[default]
    Keep,
    /// Only the first row stays.
    First,
    /// Only the last row stays.
    Last,
    /// The first row stays, its missing cells filled from the later ones.
    Merge,
}

/// `activities:`
#[derive(Clone, Debug)]
pub struct ActivitySection {
    /// Whose activity it is.
    pub contact: ColumnId,
    /// What was done.
    pub kind: ColumnId,
    /// When.
    pub at: ColumnId,
    /// What tells a repeated activity.
    pub id: Option<ColumnId>,
    /// Activities that count nowhere.
    pub ignore: Vec<NamedCondition>,
    /// Texts that mean "no value".
    pub missing: MissingMarkers,
    /// Of times without an offset, and of calendar days.
    pub timezone: Zone,
}

/// Something that holds or not, with the name it is reported by.
#[derive(Clone, Debug)]
pub struct NamedCondition {
    /// The name.
    pub name: String,
    /// What must hold.
    pub when: Condition,
    /// Where it stands.
    pub place: Place,
}

/// Which activities are meant.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The types, folded; `None`: any, also one without a type.
    pub types: Option<Vec<String>>,
    /// What must hold of the activity's own columns: each of these.
    pub filters: Vec<Condition>,
    /// as_of − span ≤ t ≤ as_of.
    pub within: Option<Span>,
    /// Both ends included: each of these windows.
    pub between: Vec<(Instant, Instant)>,
}

/// A named number counted from activities, or that of a `did`.
#[derive(Clone, Debug)]
pub struct Tally {
    /// `None` for a `did`.
    pub name: Option<String>,
    /// Which activities.
    pub selection: Selection,
    /// What is counted.
    pub measure: Measure,
    /// Whether it is written.
    pub show: bool,
    /// Where it stands.
    pub place: Place,
}

impl Tally {
    /// Whether it is how many activities there were.
    pub fn is_count(&self) -> bool {
        self.measure == Measure::Count
    }
}

/// What a tally counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// How many.
    Count,
    /// On how many calendar days of `activities.timezone`.
    Days,
    /// How many different texts; missing ones are passed over.
    Distinct(ColumnId),
    /// The sum of a column, each number rounded to six decimals.
    Sum(ColumnId),
    /// The newest: a date.
    Last,
    /// The oldest: a date.
    First,
    /// The age of the newest in days, rounded to six decimals.
    DaysSinceLast,
    /// The age of the oldest in days, rounded to six decimals.
    DaysSinceFirst,
}

/// A rung of the ladder.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Who enters.
    pub when: Condition,
    /// Who was here stays while this holds.
    pub stay: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}

/// The buying committees.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// What contacts of one account share.
    pub key: ColumnId,
    /// In the order of the file.
    pub scores: Vec<AccountScore>,
    /// The ladder of accounts, lowest first.
    pub stages: Vec<NamedCondition>,
}

/// A number about an account.
#[derive(Clone, Debug)]
pub struct AccountScore {
    /// Its name.
    pub name: String,
    /// How contacts become one number.
    pub kind: AccountKind,
    /// Which of the account's contacts; `None`: all that are not disqualified.
    pub filter: Option<Condition>,
    /// Clamped to this.
    pub range: Range,
    /// Rounded to so many decimals (0 to 6).
    pub decimals: u8,
    /// The grades, never relative.
    pub grades: Option<Grades>,
    /// Where its name stands.
    pub place: Place,
}

/// How the contacts of an account become one number.
#[derive(Clone, Debug)]
pub enum AccountKind {
    /// How many there are.
    Count,
    /// A measure of one of their scores.
    Of {
        /// Which measure.
        aggregate: Aggregate,
        /// Of which score.
        score: ScoreId,
        /// Only so many of the highest count.
        top: Option<u64>,
        /// With [`Aggregate::Sum`]: the share of the highest, the next … that counts.
        shares: Option<Vec<Points>>,
    },
}

/// How several values become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// Together.
    Sum,
    /// The greatest.
    Max,
    /// The average, rounded to six decimals.
    Mean,
    /// The least.
    Min,
}

/// `nps:`
#[derive(Clone, Copy, Debug)]
pub struct Nps {
    /// The answer.
    pub field: ColumnId,
    /// The lowest answer: 0 or 1; the highest is 10.
    pub lowest: i64,
}

/// `output:`
#[derive(Clone, Debug)]
pub struct OutputSection {
    /// Before the name of every column that leadscore adds.
    pub prefix: String,
    /// Whether the share of the columns that are filled in is written.
    pub completeness: bool,
}

/// The name of a stage's flag column, without the prefix: `Sales Ready` → `sales_ready`.
pub fn flag_name(stage: &str) -> String {
    stage.to_lowercase().replace([' ', '-'], "_")
}

impl Model {
    /// The contact column that an option such as `--as-of-field` names: an entry of
    /// `contacts.fields`, or else a header.
    pub fn contact_column(&self, name: &str) -> Column {
        self.contact_fields.iter().find(|field| field.name == name).cloned().unwrap_or_else(|| Column::plain(name))
    }
}

impl Column {
    /// The column with this header, read in the usual way.
    pub fn plain(name: &str) -> Column {
        Column { name: name.to_owned(), headers: vec![name.to_owned()], reading: Reading::default(), place: None }
    }
}
