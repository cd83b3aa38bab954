//! What a worker remembers: the answers about texts that it has met.
//!
//! In: the number of a test or a card, and a text. Out: the answer, found again or worked out.
//! Titles, countries and pages come again and again, and what a rule says of one is always the
//! same; where texts hardly ever come again, remembering ends. One worker has one [`Memos`].

use crate::points::Points;
use foldhash::fast::FixedState;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// So many texts are remembered of one test; and if after so many new ones not as many had come
/// again, none any more.
const MOST: usize = 4096;

/// Answers about texts.
#[derive(Debug)]
pub struct Memo<V> {
    known: HashMap<Box<str>, V, FixedState>,
    /// How many more have come again than were new; below zero the memo costs more than it gives.
    balance: i64,
}

impl<V> Default for Memo<V> {
    fn default() -> Memo<V> {
        Memo { known: HashMap::default(), balance: MOST as i64 }
    }
}

impl<V: Copy> Memo<V> {
    /// The answer about a text, worked out where it is not known.
    pub fn answer(memo: &RefCell<Memo<V>>, text: &str, work_out: impl FnOnce() -> V) -> V {
        {
            let mut memo = memo.borrow_mut();
            if memo.balance < 0 {
                drop(memo);
                return work_out();
            }
            if let Some(&known) = memo.known.get(text) {
                memo.balance = (memo.balance + 1).min(MOST as i64);
                return known;
            }
        }
        let answer = work_out();
        let mut memo = memo.borrow_mut();
        memo.balance -= 1;
        if memo.balance < 0 {
            memo.known = HashMap::default();
        } else if memo.known.len() < MOST {
            memo.known.insert(text.into(), answer);
        }
        answer
    }
}

/// All that one worker remembers.
#[derive(Debug)]
pub struct Memos {
    /// Whether a test holds.
    pub tests: Vec<RefCell<Memo<bool>>>,
    /// The points of a card; `None` for a set without members.
    pub cards: Vec<RefCell<Memo<Option<Points>>>>,
}

impl Memos {
    /// Nothing yet; of a model with so many numbers.
    pub fn new(numbers: usize) -> Memos {
        Memos {
            tests: std::iter::repeat_with(RefCell::default).take(numbers).collect(),
            cards: std::iter::repeat_with(RefCell::default).take(numbers).collect(),
        }
    }
}

/// What workers have at hand, handed from one piece of work to the next.
#[derive(Debug)]
pub struct Desks<D>(Mutex<Vec<D>>);

impl<D> Default for Desks<D> {
    fn default() -> Desks<D> {
        Desks(Mutex::default())
    }
}

impl<D> Desks<D> {
    /// Works at a free desk; sets one up where there is none.
    pub fn with<R>(&self, set_up: impl FnOnce() -> D, work: impl FnOnce(&mut D) -> R) -> R {
        let free = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = free().pop();
        let mut desk = desk.unwrap_or_else(set_up);
        let result = work(&mut desk);
        free().push(desk);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_worked_out_once() {
        let memo = RefCell::default();
        assert_eq!(Memo::answer(&memo, "ceo", || 1), 1);
        assert_eq!(Memo::answer(&memo, "ceo", || 2), 1);
        assert_eq!(Memo::answer(&memo, "cto", || 3), 3);
    }

    #[test]
    fn where_texts_do_not_come_again_nothing_is_remembered() {
        let memo = RefCell::default();
        for number in 0..3 * MOST {
            assert_eq!(Memo::answer(&memo, &number.to_string(), || number), number);
        }
        assert!(memo.borrow().known.is_empty());
    }
}
