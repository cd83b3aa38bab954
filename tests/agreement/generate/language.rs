//! Random conditions and tests of the rule language, in YAML's flow style.

use super::clock::{Clock, DAY, INSTANTS};
use super::columns::{Kind, Name};
use super::data::TYPES;
use super::dice::Dice;

pub const DURATIONS: [&str; 9] = ["1d", "7d", "30d", "90d", "36h", "1.5d", "2w", "0.5d", "5h"];

/// What an analyst would leave bare stays bare; everything else is quoted.
pub fn quoted(text: &str) -> String {
    let bare = text.chars().all(|c| c.is_ascii_alphanumeric() || "_ ".contains(c))
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && !["true", "false", "null"].contains(&text.to_lowercase().as_str());
    if bare { text.to_string() } else { serde_json::to_string(text).expect("a text") }
}

pub fn lists() -> Vec<(String, String)> {
    let text = "# who we know\n\n ceo \nPL\nCRM\n/Pricing\n#ERP\r\nŁódź\r\n\nann@acme.com";
    vec![("known.txt".to_string(), text.to_string())]
}

/// What a condition may be about.
#[derive(Clone)]
pub struct Scope<'a> {
    pub names: Vec<Name>,
    /// The activities' names where `did` may be asked.
    pub did: Option<&'a [Name]>,
}

pub fn condition(dice: &mut Dice, clock: &Clock, scope: &Scope, depth: usize) -> String {
    let mut entries = Vec::new();
    let asks_did = scope.did.is_some() && (scope.names.is_empty() || dice.chance(15));
    if !asks_did || dice.chance(30) {
        let mut known = Vec::new();
        let most = if dice.chance(70) { 1 } else { 3 };
        for name in dice.some(&scope.names, most) {
            if !known.contains(&name.written) {
                entries.push(format!("{}: {}", quoted(&name.written), test(dice, clock, name.kind)));
                known.push(name.written);
            }
        }
    }
    if asks_did {
        entries.push(format!("did: {}", did(dice, clock, scope.did.unwrap_or(&[]))));
    }
    let inner = |dice: &mut Dice, key: &str| {
        let parts: Vec<String> = (0..1 + dice.below(3)).map(|_| condition(dice, clock, scope, depth - 1)).collect();
        format!("{key}: [{}]", parts.join(", "))
    };
    if depth > 0 {
        if dice.chance(20) {
            entries.push(inner(dice, "any"));
        }
        if dice.chance(12) {
            entries.push(inner(dice, "all"));
        }
        if dice.chance(15) {
            entries.push(format!("not: {}", condition(dice, clock, scope, depth - 1)));
        }
    }
    format!("{{ {} }}", entries.join(", "))
}

pub fn test(dice: &mut Dice, clock: &Clock, kind: Kind) -> String {
    if dice.chance(12) {
        return dice.pick(&["present", "missing"]).to_string();
    }
    match kind {
        Kind::Text(words) | Kind::Members(words) => text_test(dice, words),
        Kind::Number | Kind::Numbers if dice.chance(10) => text_test(dice, &["100", "1", "n/a", "abc"]),
        Kind::Number | Kind::Numbers | Kind::Figure => number_test(dice),
        Kind::Date => date_test(dice, clock),
        Kind::Flag => {
            let tests = ["true", "false", "{ is: true }", "{ is_not: false }", "[true, 0]", "{ not_in: [true, x] }"];
            dice.pick(&tests).to_string()
        }
    }
}

/// A word of the data, or a piece of one, perhaps in another case.
fn word(dice: &mut Dice, words: &[&str]) -> String {
    let word = dice.pick(words).trim().to_string();
    match dice.below(4) {
        0 => word.to_uppercase(),
        1 => word.to_lowercase(),
        _ => word,
    }
}

fn piece(dice: &mut Dice, words: &[&str]) -> String {
    let chars: Vec<char> = word(dice, words).chars().collect();
    let start = dice.below(chars.len());
    let length = 1 + dice.below(chars.len() - start);
    quoted(&chars[start..start + length].iter().collect::<String>())
}

/// A literal of a list: mostly a text, now and then a number or a boolean.
fn literal(dice: &mut Dice, words: &[&str]) -> String {
    match dice.below(12) {
        0 => "100".to_string(),
        1 => "true".to_string(),
        _ => {
            let word = word(dice, words);
            let reserved = ["present", "missing"].contains(&word.as_str());
            if reserved { "other".to_string() } else { quoted(&word) }
        }
    }
}

fn text_test(dice: &mut Dice, words: &[&str]) -> String {
    let list = |dice: &mut Dice, one: &dyn Fn(&mut Dice) -> String| {
        let parts: Vec<String> = (0..1 + dice.below(3)).map(|_| one(dice)).collect();
        format!("[{}]", parts.join(", "))
    };
    let literals = |dice: &mut Dice| list(dice, &|dice| literal(dice, words));
    let pieces = |dice: &mut Dice| {
        if dice.chance(50) { piece(dice, words) } else { list(dice, &|dice| piece(dice, words)) }
    };
    match dice.below(13) {
        0 | 1 => literal(dice, words),
        2 | 3 => literals(dice),
        4 => format!("{{ is: {} }}", literal(dice, words)),
        5 => format!("{{ is_not: {} }}", literal(dice, words)),
        6 => format!("{{ in: {} }}", literals(dice)),
        7 => format!("{{ not_in: {} }}", literals(dice)),
        8 => format!("{{ contains: {} }}", pieces(dice)),
        9 => format!("{{ starts_with: {} }}", pieces(dice)),
        10 => format!("{{ ends_with: {}, is_not: {} }}", pieces(dice), literal(dice, words)),
        11 => {
            let patterns = ["(?i)ceo|prezes", "^[A-Z]", "\\d", "ł", "^.{1,5}$", "\\bm", "o$"];
            format!("{{ matches: {} }}", quoted(dice.word(&patterns)))
        }
        _ => format!("{{ {}: known.txt }}", dice.pick(&["in_file", "not_in_file"])),
    }
}

fn bound(dice: &mut Dice) -> String {
    let bounds = ["0", "1", "2", "5", "10", "12.5", "100", "-3", "9.999999", "0.25", "1000", "1234"];
    dice.pick(&bounds).to_string()
}

/// Two bounds, the lower first.
fn bounds(dice: &mut Dice) -> (String, String) {
    let (a, b) = (bound(dice), bound(dice));
    let number = |text: &String| text.parse::<f64>().expect("a number");
    if number(&a) <= number(&b) { (a, b) } else { (b, a) }
}

fn number_test(dice: &mut Dice) -> String {
    let operators = ["at_least", "above", "at_most", "below"];
    match dice.below(9) {
        0 => bound(dice),
        1 => format!("[{}, {}]", bound(dice), bound(dice)),
        2 => format!("{{ is_not: {} }}", bound(dice)),
        3 | 4 => {
            let (low, high) = bounds(dice);
            format!("{{ between: [{low}, {high}] }}")
        }
        5 => {
            let (low, high) = bounds(dice);
            format!("{{ above: {low}, at_most: {high} }}")
        }
        _ => format!("{{ {}: {} }}", dice.pick(&operators), bound(dice)),
    }
}

/// A date as a rule may write one; `upper` ones may be a day alone that means its end.
pub fn date_literal(dice: &mut Dice, clock: &Clock) -> (i64, String) {
    let at = *dice.pick(&clock.pool);
    let stamp = jiff::Timestamp::from_millisecond(at).expect("a year that jiff knows");
    let there = stamp.in_tz(clock.activity_zone).expect("a known timezone");
    let text = match dice.below(5) {
        0 | 1 => there.strftime("%Y-%m-%d").to_string(),
        2 => there.strftime("\"%Y-%m-%d %H:%M:%S%.f\"").to_string(),
        3 => there.strftime("%Y-%m-%dT%H:%M").to_string(),
        _ => stamp.strftime("\"%Y-%m-%dT%H:%M:%S%.fZ\"").to_string(),
    };
    (at, text)
}

/// `from` well before or at `to`, whatever the timezone they are read in.
pub fn date_window(dice: &mut Dice, clock: &Clock) -> String {
    let ((first, from), (second, to)) = (date_literal(dice, clock), date_literal(dice, clock));
    let days_apart = 2 * DAY;
    let (from, to) = if (first - second).abs() < days_apart {
        let day = crate::oracle::cell::day(first, &jiff::tz::TimeZone::UTC);
        (day.to_string(), day.to_string())
    } else if first < second {
        (from, to)
    } else {
        (to, from)
    };
    format!("[{from}, {to}]")
}

fn date_test(dice: &mut Dice, clock: &Clock) -> String {
    let operators = ["before", "after", "at_least", "above", "at_most", "below"];
    match dice.below(8) {
        0 | 1 => format!("{{ within: {} }}", clock.window(dice)),
        2 => format!("{{ older_than: {} }}", clock.window(dice)),
        3 => format!("{{ between: {} }}", date_window(dice, clock)),
        4 => format!("{{ {}: {} }}", dice.pick(&operators), quoted(dice.word(&INSTANTS))),
        _ => format!("{{ {}: {} }}", dice.pick(&operators), date_literal(dice, clock).1),
    }
}

pub fn activity(dice: &mut Dice) -> String {
    match dice.below(6) {
        0 | 1 => "any".to_string(),
        2 => {
            let kinds: Vec<String> = dice.some(TYPES, 3).iter().map(|kind| quoted(kind)).collect();
            format!("[{}]", kinds.join(", "))
        }
        3 => quoted(&dice.pick(TYPES).to_uppercase()),
        _ => quoted(dice.word(TYPES)),
    }
}

/// `activity` and what narrows it, as entries of a mapping.
pub fn selection(dice: &mut Dice, clock: &Clock, deeds: &[Name], dates: bool) -> Vec<String> {
    let mut entries = vec![format!("activity: {}", activity(dice))];
    if dice.chance(20) && !deeds.is_empty() {
        let scope = Scope { names: deeds.to_vec(), did: None };
        entries.push(format!("where: {}", condition(dice, clock, &scope, 1)));
    }
    if dice.chance(30) {
        entries.push(format!("within: {}", clock.window(dice)));
    }
    if dates && dice.chance(15) {
        entries.push(format!("between: {}", date_window(dice, clock)));
    }
    entries
}

/// A measure that is a number.
pub fn measure(dice: &mut Dice, deeds: &[Name]) -> String {
    if dice.chance(50) && !deeds.is_empty() {
        let deed = dice.pick(deeds);
        let sums = deed.kind == Kind::Number;
        if sums || matches!(deed.kind, Kind::Text(_)) {
            let what = if sums && dice.chance(75) { "sum" } else { "distinct" };
            return format!("{{ {what}: {} }}", quoted(&deed.written));
        }
    }
    let words = ["count", "days", "days", "days_since_last", "days_since_first"];
    dice.pick(&words).to_string()
}

fn did(dice: &mut Dice, clock: &Clock, deeds: &[Name]) -> String {
    if dice.chance(40) {
        let kind = activity(dice);
        return if kind == "any" { quoted(TYPES[0]) } else { kind };
    }
    let mut entries = selection(dice, clock, deeds, false);
    if dice.chance(50) {
        entries.push(format!("measure: {}", measure(dice, deeds)));
    }
    match dice.below(5) {
        0 => {
            let (low, high) = bounds(dice);
            entries.push(format!("between: [{low}, {high}]"));
        }
        1 => entries.push(format!("between: {}", date_window(dice, clock))),
        2 => entries.push(format!("is: {}", bound(dice))),
        3 => {
            let operators = ["at_least", "above", "at_most", "below"];
            entries.push(format!("{}: {}", dice.pick(&operators), bound(dice)));
        }
        _ => {}
    }
    format!("{{ {} }}", entries.join(", "))
}
