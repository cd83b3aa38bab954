//! Invented activities. In: a seed, how many, of how many contacts. Out: the activity export in order of time.
//!
//! Skewed as real ones: a few contacts have very many, a third has none. A little of everything that exports
//! have: ids of contacts that are not in the contact export, mailboxes instead of ids, rows that two overlapping
//! exports both hold, types that no rule wants, activities later than "as of".

use std::io;

use jiff::Timestamp;

use crate::contacts;
use crate::random::Random;
use crate::record::{Cell, Records};

pub const HEADER: &[&str] = &["activity_id", "contact_id", "type", "timestamp", "url", "value", "campaign"];

/// What an activity of a type carries beside its contact and time.
#[derive(Clone, Copy)]
enum Carries {
    Nothing,
    /// The campaign of an e-mail.
    Campaign,
    /// A page, the seconds spent on it, perhaps a campaign.
    Page,
    /// A file.
    File,
    /// How many minutes.
    Minutes,
    /// How much money.
    Amount,
}

/// Type, how many of 1000 activities, what it carries.
const TYPES: &[(&str, u64, Carries)] = &[
    ("page_view", 330, Carries::Page),
    ("email_open", 210, Carries::Campaign),
    ("email_delivered", 160, Carries::Campaign),
    ("email_click", 60, Carries::Page),
    ("crm_sync", 50, Carries::Nothing),
    ("product_login", 40, Carries::Nothing),
    ("form_submit", 30, Carries::Page),
    ("content_download", 22, Carries::File),
    ("list_change", 20, Carries::Nothing),
    ("webinar_registered", 14, Carries::Campaign),
    ("social_click", 12, Carries::Campaign),
    ("add_to_cart", 10, Carries::Amount),
    ("webinar_attended", 9, Carries::Minutes),
    ("chat_started", 8, Carries::Page),
    ("call_connected", 6, Carries::Minutes),
    ("purchase", 5, Carries::Amount),
    ("unsubscribe", 4, Carries::Nothing),
    ("meeting_booked", 4, Carries::Nothing),
    ("demo_request", 3, Carries::Page),
    ("quote_request", 3, Carries::Amount),
];

const HOST: &str = "https://www.example.com";
const SITE: &[&str] =
    &["/", "/pricing", "/blog/", "/products/", "/docs/", "/customers/", "/pricing/teams", "/careers/"];

fn url(random: &mut Random) -> String {
    let section = random.pick_skewed(SITE);
    match section.len() > 1 && section.ends_with('/') {
        true => format!("{HOST}{section}article-{}", random.skewed(300)),
        false => format!("{HOST}{section}"),
    }
}

/// Whom an activity names.
fn named(seed: u64, contacts: u64, random: &mut Random) -> String {
    match random.below(1000) {
        // Not in the export: places behind its end.
        0..15 => contacts::id(contacts + random.below(contacts / 20 + 1)),
        draw => {
            // Popular contacts are spread over the export by a step that shares no factor with its length.
            let step = (contacts as f64 * 0.618) as u64 | 1;
            let step = (step..).step_by(2).find(|&step| coprime(step, contacts)).expect("a step");
            let place = random.skewed(contacts * 7 / 10) * step % contacts;
            match draw {
                15..25 => contacts::mailbox(seed, place).unwrap_or_else(|| contacts::id(place)),
                _ => contacts::id(place),
            }
        }
    }
}

fn coprime(a: u64, b: u64) -> bool {
    if b == 0 { a == 1 } else { coprime(b, a % b) }
}

/// Writes the activity export: from two years before `as_of` (seconds since 1970) to a day after it.
pub fn write(seed: u64, count: u64, contacts: u64, as_of: i64, records: &mut Records) -> io::Result<()> {
    let (first, span) = (as_of - 730 * 86_400, 731 * 86_400);
    for place in 0..count {
        // One of 250 rows is the one before it once more.
        let origin = if place > 0 && Random::new(seed ^ 0x7265_7065, place).per_mille(4) { place - 1 } else { place };
        let mut random = Random::new(seed ^ 0x6163_7469, origin);
        let contact = named(seed, contacts, &mut random);
        let mut draw = random.below(1000);
        let &(kind, _, carries) = TYPES
            .iter()
            .find(|(_, share, _)| {
                draw < *share || {
                    draw -= share;
                    false
                }
            })
            .expect("the shares are 1000 in all");
        let at = first + (origin as i128 * i128::from(span) / i128::from(count)) as i64;
        let at = Timestamp::from_second(at).expect("a second of this century").to_string();
        let campaign =
            format!("c{:02}-{}", random.skewed(60), random.pick(&["launch", "nurture", "webinar", "black-friday"]));
        let (url, value) = match carries {
            Carries::Page => (Some(url(&mut random)), Some((1 + random.skewed(900)).to_string())),
            Carries::File => (Some(format!("{HOST}/files/paper-{}.pdf", random.skewed(80))), None),
            Carries::Minutes => (None, Some((1 + random.below(60)).to_string())),
            Carries::Amount => (None, Some(format!("{}.{:02}", 5 + random.skewed(5000), random.below(100)))),
            Carries::Nothing | Carries::Campaign => (None, None),
        };
        let has_campaign = match carries {
            Carries::Campaign => true,
            Carries::Page => random.per_mille(250),
            _ => false,
        };
        records.write(&[
            Cell::Text(&format!("E{origin:09}")),
            Cell::Text(&contact),
            Cell::Text(kind),
            Cell::Text(&at),
            Cell::text(&url),
            Cell::literal(&value),
            if has_campaign { Cell::Text(&campaign) } else { Cell::Missing },
        ])?;
    }
    Ok(())
}
