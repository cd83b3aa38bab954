//! Telling threads that wait, where mostly nobody does.
//!
//! In: a lock, and what changes under it. Out: [`Notice`]. The standard library calls the system also where nobody
//! hears, which takes as long as to tell somebody. Not here: what is waited for.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Condvar, MutexGuard, PoisonError};
use std::time::Duration;

/// Goes with one lock: both the waiting and the telling are done by whoever holds it.
#[derive(Debug, Default)]
pub struct Notice {
    told: Condvar,
    /// Whether somebody waits who was not told since. It changes under the lock, which orders it.
    is_awaited: AtomicBool,
}

impl Notice {
    /// Tells all who wait.
    pub fn tell<T>(&self, _held: &MutexGuard<'_, T>) {
        if self.is_awaited.swap(false, Relaxed) {
            self.told.notify_all();
        }
    }

    /// Waits, with the lock given back meanwhile, as long as something holds.
    pub fn wait_while<'g, T>(&self, mut held: MutexGuard<'g, T>, holds: impl Fn(&T) -> bool) -> MutexGuard<'g, T> {
        // Not the library's own loop, which ends when another thread panics.
        while self.awaits(holds(&held)) {
            held = self.told.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        held
    }

    /// The same, no longer than `patience`; also tells whether that is at an end.
    pub fn wait_for_while<'g, T>(
        &self,
        held: MutexGuard<'g, T>,
        patience: Duration,
        holds: impl Fn(&T) -> bool,
    ) -> (MutexGuard<'g, T>, bool) {
        let waits = |state: &mut T| self.awaits(holds(state));
        let (held, outcome) =
            self.told.wait_timeout_while(held, patience, waits).unwrap_or_else(PoisonError::into_inner);
        (held, outcome.timed_out())
    }

    fn awaits(&self, waits: bool) -> bool {
        self.is_awaited.fetch_or(waits, Relaxed);
        waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::thread;

    #[test]
    fn all_who_wait_hear_of_every_change() {
        let (count, notice) = (Mutex::new(0), Notice::default());
        thread::scope(|threads| {
            for turn in 0..8 {
                let (count, notice) = (&count, &notice);
                threads.spawn(move || {
                    for round in 0..200 {
                        let mut count = notice.wait_while(count.lock().unwrap(), |count| *count != round * 8 + turn);
                        *count += 1;
                        notice.tell(&count);
                    }
                });
            }
        });
        assert_eq!(*count.lock().unwrap(), 1600);
    }

    #[test]
    fn patience_comes_to_an_end() {
        let (state, notice) = (Mutex::new(false), Notice::default());
        let wait = |for_what| {
            notice.wait_for_while(state.lock().unwrap(), Duration::from_millis(1), |state| *state != for_what).1
        };
        assert_eq!((wait(true), wait(false)), (true, false));
    }
}
