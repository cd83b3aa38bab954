//! The model: a rule file that is known to be right, free of any file's columns.
//!
//! In: made by `validate`. Out: what the engine binds to the columns at hand, and what a
//! second back end compiles. Every name is an index here; a column is an entry of
//! [`Model::contact_columns`] or [`Model::activity_columns`] that the plan looks up in each file.

use crate::diagnostic::Place;
use crate::instant::{Instant, Span, Zone};
use crate::points::{Points, Range};
use crate::value::{MissingMarkers, Reading};
use regex::Regex;

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
    OneOf(Vec<Literal>),
    /// The exact negation of [`Check::OneOf`]: holds for a missing value too.
    NoneOf(Vec<Literal>),
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
    Contains(Vec<String>),
    /// It starts with one of these (lower case, not trimmed).
    StartsWith(Vec<String>),
    /// It ends with one of these (lower case, not trimmed).
    EndsWith(Vec<String>),
    /// The pattern finds something in the trimmed text.
    Matches(Regex),
    /// A date with as_of − span ≤ t ≤ as_of.
    Within(Span),
    /// A date with t < as_of − span.
    OlderThan(Span),
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

/// A scale of points.
#[derive(Clone, Debug)]
pub struct Score {
    /// Its name.
    pub name: String,
    /// Who is scored; anyone else has no value.
    pub scored: Option<Condition>,
    /// What it is made of.
    pub kind: ScoreKind,
    /// Clamped to this.
    pub range: Range,
    /// Rounded to so many decimals (0 to 6).
    pub decimals: u8,
    /// The grades, if it has any.
    pub grades: Option<Grades>,
    /// Where its name stands.
    pub place: Place,
}

/// What a score is made of.
#[derive(Clone, Debug)]
pub enum ScoreKind {
    /// Rules and groups, then factors.
    Rules {
        /// What everybody begins with.
        start: Points,
        /// In the order of the file.
        items: Vec<Item>,
        /// After the rules, before the range.
        multiply: Vec<Multiplier>,
    },
    /// A weighted sum of other scores.
    Sum(Vec<Component>),
}

/// A component of a composite score.
#[derive(Clone, Copy, Debug)]
pub struct Component {
    /// The score.
    pub score: ScoreId,
    /// What its rounded value is multiplied by.
    pub weight: Points,
}

/// A factor for those of whom something holds.
#[derive(Clone, Debug)]
pub struct Multiplier {
    /// Its name.
    pub name: String,
    /// Of whom.
    pub when: Condition,
    /// The factor.
    pub by: Points,
    /// Where it stands.
    pub place: Place,
}

/// A rule or a group of rules.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a file has few rules, and the plan takes what rows need")]
pub enum Item {
    /// One rule.
    Rule(Rule),
    /// Several, of which some count, within a limit.
    Group(Group),
}

/// Several rules, of which some count, within a limit.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Which of them count.
    pub take: Take,
    /// What their points are clamped to.
    pub limit: Range,
    /// The rules.
    pub rules: Vec<Rule>,
    /// Where its name stands.
    pub place: Place,
}

/// Which rules of a group count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Take {
    /// All that match.
    #[default]
    Sum,
    /// The one with the most points among those that match.
    Best,
    /// The first that matches.
    First,
}

/// A rule with a name.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, unique within its score.
    pub name: String,
    /// Which contacts; `None`: all.
    pub when: Option<Condition>,
    /// Where the points come from.
    pub kind: RuleKind,
    /// Where it stands.
    pub place: Place,
}

/// Where a rule's points come from.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a file has few rules, and the plan takes what rows need")]
pub enum RuleKind {
    /// Once, if `when` holds.
    Contact(Points),
    /// By a value of the contact.
    Scorecard {
        /// The value.
        operand: Operand,
        /// As the rule file calls it.
        name: String,
        /// The points it gives.
        card: Card,
    },
    /// By what the contact did.
    Activity(ActivityRule),
}

/// Points by a value.
#[derive(Clone, Debug)]
pub struct Card {
    /// How the value turns into points.
    pub scale: Scale,
    /// For a readable value that nothing lists.
    pub otherwise: Points,
    /// For a missing or unreadable one.
    pub missing: Points,
}

/// How a value turns into points.
#[derive(Clone, Debug)]
pub enum Scale {
    /// The points of the greatest bound ≤ the number; bounds ascend.
    Steps(Vec<(Points, Points)>),
    /// The points of the equal text (folded); a multi-select sums its members'.
    Values(Vec<(String, Points)>),
    /// The number times this.
    Times(Points),
}

/// Points for activities.
#[derive(Clone, Debug)]
pub struct ActivityRule {
    /// Which activities; the score's own `within` and `where` are in it already.
    pub selection: Selection,
    /// The points of one unit.
    pub worth: Worth,
    /// What counts as one unit.
    pub per: Per,
    /// Only so many of the newest units count.
    pub max_count: Option<u64>,
    /// How points fade with age; the score's own is in it already.
    pub decay: Option<Decay>,
    /// Each calendar day's sum is clamped to ±this.
    pub cap_per_day: Option<Points>,
    /// The rule's sum is clamped to ±this.
    pub cap: Option<Points>,
}

/// The points of one unit.
#[derive(Clone, Debug)]
pub enum Worth {
    /// Always the same.
    Points(Points),
    /// By a column of the activity.
    Card(ColumnId, Card),
}

/// What counts as one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Per {
    /// Each activity.
    #[default]
    Event,
    /// Each calendar day.
    Day,
    /// Each calendar week, from Monday.
    Week,
    /// Each calendar month.
    Month,
    /// All together.
    Contact,
    /// Each different text of a column; missing ones are passed over.
    Column(ColumnId),
}

/// How points fade with the age of a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    /// 2^(−age / half-life)
    HalfLife(Span),
    /// max(0, 1 − age / span)
    Linear(Span),
    /// max(0, 1 − share × floor(age / every))
    Lose(Points, Span),
    /// share^floor(age / every)
    Keep(Points, Span),
}

/// Names for bands of a score.
#[derive(Clone, Debug)]
pub struct Grades {
    /// In the order of the file.
    pub names: Vec<String>,
    /// One bound for each name.
    pub bounds: GradeBounds,
    /// Where each stands.
    pub places: Vec<Place>,
}

/// Where grades begin.
#[derive(Clone, Debug)]
pub enum GradeBounds {
    /// At this value and above.
    AtLeast(Vec<Points>),
    /// Up to this share of those who have the score (0.1 is `top 10%`).
    Top(Vec<Points>),
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

impl Condition {
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
