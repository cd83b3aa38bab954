//! The numbers of a rule file whose points can be learned again, and who has each.
//!
//! In: a rule file, and everybody scored by it. Out: [`Ranking`], and a [`Standing`]. The engine's own
//! conditions and cards tell who has what: each number of a card becomes a bit. Not here: new points.

use crate::engine::card::points_of;
use crate::engine::condition::holds;
use crate::engine::contact::{ContactFacts, Desk};
use crate::engine::contacts::ContactId;
use crate::engine::facts::Facts;
use crate::engine::scored::Scored;
use crate::engine::trace::{Line, Step as Heard};
use crate::learn::relearning::{Slot, Standing};
use crate::points::{Points, Range};
use crate::rules::edit::{Numbers, Step};
use crate::rules::model::{Card, Group, Item, Model, Operand, Rule, RuleKind, Scale, Score, ScoreId, ScoreKind, Take};

/// A card with more numbers keeps them: each is a bit of a point.
const MOST: usize = 126;
/// No scale of points goes further.
const FURTHEST: f64 = 1e6;

/// A number that may move.
pub struct Number {
    /// The rule it belongs to, among those that may move.
    rule: usize,
    /// Which part of the rule: a value, a step.
    pub bin: String,
    /// Where it stands.
    pub path: Vec<Step>,
    /// What it is.
    pub points: Points,
}

/// A rule whose numbers may move.
struct Movable<'m> {
    rule: &'m Rule,
    /// Its first number.
    first: usize,
    /// What it looks at, with a bit for each of its numbers; nothing where it only has points.
    card: Option<(Operand, Card)>,
}

/// The score that ranks, as far as it can be learned again.
pub struct Ranking<'m> {
    /// The score.
    pub score: &'m Score,
    at: ScoreId,
    /// Where it stands.
    pub path: Vec<Step>,
    /// What may move, rule after rule.
    pub numbers: Vec<Number>,
    movable: Vec<Movable<'m>>,
    /// Rules that keep their points, and why.
    pub kept: Vec<(&'m str, &'static str)>,
}

impl<'m> Ranking<'m> {
    /// Finds the numbers of the score that ranks where they are written in the file.
    ///
    /// # Errors
    /// Where its points do not add up, or none of them can be learned.
    pub fn of(model: &'m Model, written: &Numbers<'_>) -> Result<Ranking<'m>, String> {
        let at = model.rank_by[0];
        let score = &model.scores[at];
        let name = &score.name;
        let items = match &score.kind {
            ScoreKind::Sum(_) => {
                return Err(format!(
                    "the score `{name}`, which ranks, is a sum of other scores; only a score with rules of its own can \
                     be learned again"
                ));
            }
            ScoreKind::Rules { multiply, .. } if !multiply.is_empty() => {
                return Err(format!(
                    "the score `{name}` has `multiply`, so its points do not add up; only sums can be learned again"
                ));
            }
            ScoreKind::Rules { items, .. } => items,
        };
        let path = vec![Step::key("scores"), Step::key(name)];
        let mut ranking = Ranking { score, at, path, numbers: Vec::new(), movable: Vec::new(), kept: Vec::new() };
        let rules = below(&ranking.path, [Step::key("rules")]);
        for (at, item) in items.iter().enumerate() {
            let path = below(&rules, [Step::Member(at)]);
            match item {
                Item::Rule(rule) => ranking.add(rule, &path, written),
                Item::Group(Group { take: Take::Sum, limit: Range { low: None, high: None }, rules, .. }) => {
                    for (at, rule) in rules.iter().enumerate() {
                        ranking.add(rule, &below(&path, [Step::key("rules"), Step::Member(at)]), written);
                    }
                }
                Item::Group(group) => {
                    let why = "its group does not simply add up";
                    ranking.kept.extend(group.rules.iter().map(|rule| (rule.name.as_str(), why)));
                }
            }
        }
        if ranking.numbers.is_empty() {
            return Err(format!(
                "no rule of the score `{name}` can be learned again: there must be `points`, `steps` or `values` of \
                 contacts; `leadscore fit` without --update learns a new file"
            ));
        }
        Ok(ranking)
    }

    fn add(&mut self, rule: &'m Rule, path: &[Step], written: &Numbers<'_>) {
        let mut found: Vec<(String, Vec<Step>, Points)> = Vec::new();
        let mut find = |bin: String, steps: Vec<Step>, points: &mut Points| {
            let path = below(path, steps);
            if written.has(&path) {
                let bit = Points(1_i128.checked_shl(found.len() as u32).unwrap_or(0));
                found.push((bin, path, std::mem::replace(points, bit)));
            } else {
                // What is not written gives nothing, and stays so.
                *points = Points::ZERO;
            }
        };
        let card = match &rule.kind {
            RuleKind::Activity(_) => return self.kept.push((&rule.name, "it counts activities one by one")),
            RuleKind::Scorecard { card: Card { scale: Scale::Times(_), .. }, .. } => {
                return self.kept.push((&rule.name, "it multiplies a number"));
            }
            RuleKind::Contact(points) => {
                find(String::new(), vec![Step::key("points")], &mut points.clone());
                None
            }
            RuleKind::Scorecard { operand, card, .. } => {
                // The points of several members would be remembered as they are in the file.
                let mut card = Card { memo: None, ..card.clone() };
                match &mut card.scale {
                    Scale::Steps(steps) => steps.iter_mut().for_each(|(bound, points)| {
                        find(format!("from {bound}"), vec![Step::key("steps"), Step::Bound(*bound)], points);
                    }),
                    Scale::Values(values) => values.iter_mut().for_each(|(text, points)| {
                        find(text.clone(), vec![Step::key("values"), Step::Text(text.clone())], points);
                    }),
                    Scale::Times(_) => {}
                }
                find("otherwise".to_owned(), vec![Step::key("otherwise")], &mut card.otherwise);
                find("missing".to_owned(), vec![Step::key("missing")], &mut card.missing);
                Some((*operand, card))
            }
        };
        if found.len() > MOST {
            return self.kept.push((&rule.name, "it has more than 126 numbers"));
        }
        let (of, first) = (self.movable.len(), self.numbers.len());
        let numbers = found.into_iter().map(|(bin, path, points)| Number { rule: of, bin, path, points });
        self.numbers.extend(numbers);
        self.movable.push(Movable { rule, first, card });
    }

    /// The name of the rule of a number.
    pub fn rule(&self, number: &Number) -> &'m str {
        &self.movable[number.rule].rule.name
    }

    /// How many rules may move.
    pub fn rules(&self) -> usize {
        self.movable.len()
    }

    /// Whether a contact is ranked: it has the score, and nothing disqualifies it.
    pub fn ranks(&self, scored: &Scored<'_>, contact: ContactId) -> bool {
        scored.score(contact, self.at).is_some() && scored.disqualified_by(contact).is_none()
    }

    /// What everybody has, and of whom each number is a part.
    pub fn standing(&self, scored: &Scored<'_>, has_start: bool) -> Standing {
        let slot = |number: &Number| Slot { points: number.points.to_f64(), who: Vec::new() };
        let mut slots: Vec<Slot> = self.numbers.iter().map(slot).collect();
        let mut sums = Vec::with_capacity(scored.scene.contacts.len());
        let mut desk = Desk::new(scored.scene.plan);
        for contact in 0..scored.scene.contacts.len() as ContactId {
            let is_point =
                |line: &&Line<'_>| line.score == self.at && !matches!(line.step, Heard::Range | Heard::Rounding);
            let lines = scored.lines(contact, &mut desk);
            sums.push(lines.iter().filter(is_point).map(|line| line.points).sum::<Points>().to_f64());
            let window = scored.window(contact, &mut desk, true);
            let facts = window.facts(0);
            for movable in &self.movable {
                let mut bits = movable.bits(&facts);
                while bits != 0 {
                    slots[movable.first + bits.trailing_zeros() as usize].who.push(contact);
                    bits &= bits - 1;
                }
            }
        }
        let range = whole_range(self.score.range, &sums);
        Standing { sums, slots, has_start, range }
    }
}

impl Movable<'_> {
    /// Which of its numbers the contact has.
    fn bits(&self, facts: &ContactFacts<'_, '_>) -> i128 {
        if self.rule.when.as_ref().is_some_and(|when| !holds(when, *facts)) {
            return 0;
        }
        match &self.card {
            None => 1,
            Some((operand, card)) => points_of(card, facts.value(*operand), facts).unwrap_or(card.missing).0,
        }
    }
}

/// A path that leads on.
pub fn below(path: &[Step], steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
    path.iter().cloned().chain(steps).collect()
}

/// The range of a score in whole points; where an end is open, there is room for as much again as there
/// is between the totals, or for the usual hundred points.
fn whole_range(range: Range, sums: &[f64]) -> (i32, i32) {
    let (least, most) = sums.iter().fold((f64::MAX, f64::MIN), |(least, most), &sum| (least.min(sum), most.max(sum)));
    let room = (most - least).max(100.0);
    let low = range.low.map_or(least - room, Points::to_f64).floor().clamp(-FURTHEST, FURTHEST) as i32;
    let high = range.high.map_or(most + room, Points::to_f64).ceil().clamp(-FURTHEST, FURTHEST) as i32;
    (low, high.max(low + 1))
}
