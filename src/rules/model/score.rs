//! Scores and what they are made of: rules, groups, cards, decays, composites, grades.
//!
//! Not here: how points come of them; see `engine::score`.

use super::{ColumnId, Condition, Operand, ScoreId, Selection};
use crate::diagnostic::Place;
use crate::instant::Span;
use crate::points::{Points, Range};

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
    /// Where a text alone decides: the number under which it is remembered what the card says.
    pub memo: Option<usize>,
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
