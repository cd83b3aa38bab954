//! The run's instant, timezones, and instants at which something may change.

use jiff::tz::TimeZone;

use super::dice::Dice;
use super::language::DURATIONS;
use crate::oracle::cell;

/// The run's instant, and instants worth having an activity at.
pub struct Clock {
    pub as_of: String,
    pub pool: Vec<i64>,
    /// Few, so that rules often have a window that an instant of the pool is the edge of.
    windows: Vec<&'static str>,
    pub contact_zone: &'static str,
    pub activity_zone: &'static str,
}

pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;

const ZONES: [&str; 7] =
    ["UTC", "Europe/Warsaw", "Europe/Warsaw", "America/New_York", "Asia/Kolkata", "Africa/Cairo", "America/Havana"];

pub const INSTANTS: [&str; 9] = [
    "2026-11-10T12:00:00Z",
    "2026-10-25T02:30:00+01:00",
    "2026-10-26",
    "2026-11-01 09:30",
    "2026-03-30",
    "2026-03-29T03:30:00.250+02:00",
    "2026-06-15 8:00:00.999 UTC",
    "2026-11-01T01:30:00-0500",
    "2026-04-24",
];

impl Clock {
    pub fn new(dice: &mut Dice) -> Clock {
        let contact_zone = *dice.pick(&ZONES);
        let activity_zone = if dice.chance(60) { contact_zone } else { dice.pick(&ZONES) };
        let as_of = dice.pick(&INSTANTS).to_string();
        let zone = TimeZone::get(contact_zone).expect("a known timezone");
        let at = cell::date(&as_of, None, &zone).expect("a readable instant");
        let activity = TimeZone::get(activity_zone).expect("a known timezone");
        let mut pool = Vec::new();
        let windows = dice.some(&DURATIONS, 2);
        for _ in 0..4 + dice.below(8) {
            let window = cell::duration(dice.word(&windows));
            let nudge = *dice.pick(&[0, 0, 0, 1, -1, 1000, -HOUR]);
            let instant = match dice.below(10) {
                0 | 1 => at - window + nudge,
                2 => at - dice.between(0, 40) * DAY,
                3 => at + nudge,
                4 => at + *dice.pick(&[1, 1000, DAY]),
                5 => at - (2 * dice.between(0, 40_000) + 1) * *dice.pick(&[27_000, 216]),
                6 => at - dice.between(0, 60 * DAY),
                // A local midnight, and the last millisecond before it.
                7 => {
                    let day = cell::day(at - dice.between(0, 20) * DAY, &activity);
                    let midnight = day.to_zoned(activity.clone()).expect("a known day");
                    midnight.timestamp().as_millisecond() - dice.between(0, 1)
                }
                8 => {
                    // A Sunday and the Monday after it.
                    let day = cell::day(at - dice.between(0, 20) * DAY, &activity);
                    let since_monday = i64::from(day.weekday().to_monday_zero_offset());
                    let noon = day.to_zoned(activity.clone()).expect("a known day").timestamp();
                    let monday = noon.as_millisecond() + DAY / 2 - since_monday * DAY;
                    pool.push(monday - DAY);
                    monday
                }
                _ => at - dice.between(0, 100 * 24) * HOUR,
            };
            pool.push(instant);
        }
        Clock { as_of, pool, windows, contact_zone, activity_zone }
    }

    pub fn window(&self, dice: &mut Dice) -> &'static str {
        if dice.chance(75) { dice.word(&self.windows) } else { dice.word(&DURATIONS) }
    }
}
