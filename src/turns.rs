//! What many threads make, taken in its order.
//!
//! In: things and their numbers, from any thread. Out: each of them, handed on when all before it have been: by
//! whoever brings one, unless another thread is at it. So nobody waits for the others to end a round, and nobody
//! waits for their turn unless much has come ahead of it. Not here: what is made, and what becomes of it.

use crate::notice::Notice;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

/// Things that come in any order, and who takes them in theirs.
#[derive(Debug)]
pub struct Turns<T, W> {
    came: Mutex<Came<T>>,
    /// Told when the thing comes whose turn it is.
    comes: Notice,
    who: Mutex<W>,
}

#[derive(Debug)]
struct Came<T> {
    /// The number of the thing whose turn it is.
    next: usize,
    ahead: BTreeMap<usize, T>,
    /// Whether it has not come for so long that nobody waits for it any more.
    is_overdue: bool,
}

/// Whoever brings a thing while so many are ahead of their turn waits: memory would fill up with them.
const MOST_AHEAD: usize = 64;
/// Nobody waits longer: whoever was to make the thing whose turn it is may have come to grief.
const PATIENCE: Duration = Duration::from_secs(2);

impl<T, W> Turns<T, W> {
    /// `who` takes things from number 0 on.
    pub fn new(who: W) -> Turns<T, W> {
        let came = Came { next: 0, ahead: BTreeMap::new(), is_overdue: false };
        Turns { came: Mutex::new(came), comes: Notice::default(), who: Mutex::new(who) }
    }

    /// Who takes them, while nobody brings any.
    pub fn who(&mut self) -> &mut W {
        self.who.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a thing where those find it who bring others; returns how many are there.
    pub fn put(&self, number: usize, thing: T) -> usize {
        let mut came = self.came();
        came.ahead.insert(number, thing);
        if number == came.next {
            self.comes.tell(&came);
        }
        came.ahead.len()
    }

    /// Brings a thing, and has those taken whose turn it is. `take` must not wait for other threads: they may
    /// be waiting for it.
    pub fn bring(&self, number: usize, thing: T, take: impl Fn(&mut W, T)) {
        let next = || {
            let mut came = self.came();
            let next = came.next;
            let thing = came.ahead.remove(&next)?;
            came.next += 1;
            Some(thing)
        };
        let mut is_much_ahead = self.put(number, thing) > MOST_AHEAD;
        loop {
            let who = match self.who.try_lock() {
                Err(TryLockError::WouldBlock) if is_much_ahead => self.who.lock().ok(),
                tried => tried.ok(),
            };
            let Some(mut who) = who else { return };
            while let Some(thing) = next() {
                take(&mut who, thing);
            }
            drop(who);
            is_much_ahead = self.wait_for_next();
            if !is_much_ahead {
                return;
            }
        }
    }

    /// Where much is ahead, waits for the thing whose turn it is; tells whether it has come, and much is ahead still.
    fn wait_for_next(&self) -> bool {
        let waits =
            |came: &Came<T>| came.ahead.len() > MOST_AHEAD && !came.ahead.contains_key(&came.next) && !came.is_overdue;
        let (mut came, is_overdue) = self.comes.wait_for_while(self.came(), PATIENCE, waits);
        came.is_overdue |= is_overdue;
        came.ahead.len() > MOST_AHEAD && !came.is_overdue
    }

    /// Has those taken that are left, when nobody brings any more; gives back who took them.
    pub fn finish(self, mut take: impl FnMut(&mut W, T)) -> W {
        let mut who = self.who.into_inner().unwrap_or_else(PoisonError::into_inner);
        let came = self.came.into_inner().unwrap_or_else(PoisonError::into_inner);
        came.ahead.into_values().for_each(|thing| take(&mut who, thing));
        who
    }

    fn came(&self) -> MutexGuard<'_, Came<T>> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes so many things on all threads and has each taken in its turn.
///
/// # Errors
/// The first error of `take`; nothing is taken after it.
pub fn in_turn<T: Send, E: Send, F: FnMut(T) -> Result<(), E> + Send>(
    count: usize,
    make: impl Fn(usize) -> T + Sync,
    take: F,
) -> Result<(), E> {
    let turns = Turns::new((take, Ok(())));
    let has_failed = AtomicBool::new(false);
    let hand_on = |(take, outcome): &mut (F, Result<(), E>), thing| {
        if outcome.is_ok() {
            *outcome = take(thing);
            has_failed.store(outcome.is_err(), Relaxed);
        }
    };
    let bring = |number| {
        turns.bring(number, make(number), hand_on);
        // After a panic of `take`, which is on its way to the caller, nobody takes anything any more.
        (!has_failed.load(Relaxed) && !turns.who.is_poisoned()).then_some(())
    };
    let _ = (0..count).par_bridge().try_for_each(bring);
    turns.finish(hand_on).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic;
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    fn on_threads<R: Send>(threads: usize, run: impl FnOnce() -> R + Send) -> R {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
    }

    #[test]
    fn everything_is_taken_in_its_order_and_little_is_ahead_of_it() {
        for threads in [1, 2, 5] {
            let (made, mut taken) = (AtomicUsize::new(0), Vec::new());
            let make = |number: usize| {
                made.fetch_add(1, Relaxed);
                thread::sleep(Duration::from_micros([0, 50, 500][number % 3]));
                number
            };
            let take = |number| {
                if number == 20 {
                    thread::sleep(Duration::from_millis(50)); // the others make what they may meanwhile
                }
                assert!(made.load(Relaxed) <= number + 1 + MOST_AHEAD + 2 * threads);
                taken.push(number);
                Ok::<_, ()>(())
            };
            on_threads(threads, || in_turn(300, make, take)).unwrap();
            assert!(taken.into_iter().eq(0..300));
        }
    }

    #[test]
    fn nothing_is_taken_after_an_error_and_not_much_is_made() {
        for threads in [1, 3] {
            let (made, mut taken) = (AtomicUsize::new(0), 0);
            let make = |number: usize| {
                made.fetch_add(1, Relaxed);
                number
            };
            let take = |number| {
                taken += 1;
                if number == 7 { Err(number) } else { Ok(()) }
            };
            assert_eq!(on_threads(threads, || in_turn(100_000, make, take)), Err(7));
            assert_eq!(taken, 8);
            assert!(made.into_inner() <= 8 + MOST_AHEAD + 2 * threads);
        }
    }

    #[test]
    fn whoever_is_far_ahead_waits_for_the_one_whose_turn_it_is() {
        let (made, mut taken) = (AtomicUsize::new(0), 0);
        let make = |number: usize| {
            if number == 3 {
                thread::sleep(Duration::from_millis(200));
                assert!(made.load(Relaxed) <= 3 + MOST_AHEAD + 6);
            }
            made.fetch_add(1, Relaxed);
        };
        let take = |()| {
            taken += 1;
            Ok::<_, ()>(())
        };
        on_threads(3, || in_turn(10_000, make, take)).unwrap();
        assert_eq!(taken, 10_000);
    }

    #[test]
    fn whoever_makes_nothing_for_a_panic_keeps_the_others_for_a_while_only() {
        let make = |number: usize| assert!(number != 3, "no");
        let run = panic::AssertUnwindSafe(|| on_threads(3, || in_turn(10_000, make, |()| Ok::<_, ()>(()))));
        assert!(panic::catch_unwind(run).is_err());
    }

    #[test]
    fn a_panic_of_whoever_takes_reaches_the_caller() {
        let take = |number| if number == 7 { panic!("full") } else { Ok::<_, ()>(()) };
        let run =
            panic::catch_unwind(panic::AssertUnwindSafe(|| on_threads(3, || in_turn(1000, |number| number, take))));
        assert_eq!(run.unwrap_err().downcast_ref(), Some(&"full"));
    }
}
