//! What a worker remembers: the answers about texts that it has met.
//!
//! In: the number of a test or a card, and a text. Out: the answer, found again or worked out.
//! Titles, countries and pages come again and again, and what a rule says of one is always the
//! same; where texts hardly ever come again, remembering ends. One worker has one [`Memos`].

use super::card::Hit;
use super::key::TextKey;
use crate::instant::Calendar;
use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

/// So many texts are remembered of one test; and if after so many new ones not as many had come
/// again, none any more.
const MOST: usize = 4096;

/// Answers about texts: a table like that of ids, where a short text is its own key.
#[derive(Debug)]
pub struct Memo<V> {
    slots: Vec<Option<Slot<V>>>,
    used: usize,
    /// The texts that are longer than a key.
    texts: Vec<Box<str>>,
    /// How many more have come again than were new; below zero the memo costs more than it gives.
    balance: i64,
}

#[derive(Clone, Copy, Debug)]
struct Slot<V> {
    key: TextKey,
    /// The place of its text, where the key is a hash of it.
    text: u32,
    answer: V,
}

impl<V> Default for Memo<V> {
    fn default() -> Memo<V> {
        Memo { slots: Vec::new(), used: 0, texts: Vec::new(), balance: MOST as i64 }
    }
}

impl<V: Copy> Memo<V> {
    /// The answer about a text, worked out where it is not known.
    #[inline]
    pub fn answer(memo: &RefCell<Memo<V>>, text: &str, work_out: impl FnOnce() -> V) -> V {
        let key = TextKey::of(text);
        {
            let mut memo = memo.borrow_mut();
            if memo.balance < 0 {
                drop(memo);
                return work_out();
            }
            if let Some(known) = memo.find(key, text) {
                memo.balance = (memo.balance + 1).min(MOST as i64);
                return known;
            }
        }
        let answer = work_out();
        memo.borrow_mut().learn(key, text, answer);
        answer
    }

    /// The answer about a text that is its own key, where it is known; longer ones are not looked for.
    #[inline(always)]
    pub fn known(&self, text: &[u8]) -> Option<V> {
        self.find(TextKey::of_bytes(text), "")
    }

    #[inline(always)]
    fn find(&self, key: TextKey, text: &str) -> Option<V> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut place = key.hash() as usize & mask;
        while let Some(slot) = self.slots[place] {
            if slot.key == key && (!key.is_hashed() || *self.texts[slot.text as usize] == *text) {
                return Some(slot.answer);
            }
            place = (place + 1) & mask;
        }
        None
    }

    fn learn(&mut self, key: TextKey, text: &str, answer: V) {
        self.balance -= 1;
        if self.balance < 0 {
            *self = Memo { balance: -1, ..Memo::default() };
        } else if self.used < MOST {
            if self.used * 2 >= self.slots.len() {
                let room = vec![None; (self.slots.len() * 2).max(16)];
                let slots = std::mem::replace(&mut self.slots, room);
                slots.into_iter().flatten().for_each(|slot| self.put(slot));
            }
            self.put(Slot { key, text: self.texts.len() as u32, answer });
            self.used += 1;
            if key.is_hashed() {
                self.texts.push(text.into());
            }
        }
    }

    /// Puts a slot where there is room for it; there always is.
    fn put(&mut self, slot: Slot<V>) {
        let mask = self.slots.len() - 1;
        let mut place = slot.key.hash() as usize & mask;
        while self.slots[place].is_some() {
            place = (place + 1) & mask;
        }
        self.slots[place] = Some(slot);
    }
}

/// All that one worker remembers.
#[derive(Debug)]
pub struct Memos {
    /// Whether a test holds.
    pub tests: Vec<RefCell<Memo<bool>>>,
    /// What a card says.
    pub cards: Vec<RefCell<Memo<Hit>>>,
    /// The date that was read last.
    pub calendar: RefCell<Calendar>,
}

impl Memos {
    /// Nothing yet; of a model with so many numbers.
    pub fn new(numbers: usize) -> Memos {
        Memos {
            tests: std::iter::repeat_with(RefCell::default).take(numbers).collect(),
            cards: std::iter::repeat_with(RefCell::default).take(numbers).collect(),
            calendar: RefCell::default(),
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

    /// All of them, when the work is done.
    pub fn into_all(self) -> Vec<D> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
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
        let long = |number: usize| format!("Senior Vice President, number {number}");
        (0..100).for_each(|number| assert_eq!(Memo::answer(&memo, &long(number), || number), number));
        (0..100).for_each(|number| assert_eq!(Memo::answer(&memo, &long(number), || 0), number));
        assert_eq!(Memo::answer(&memo, "ceo", || 2), 1);
    }

    #[test]
    fn where_texts_do_not_come_again_nothing_is_remembered() {
        let memo = RefCell::default();
        for number in 0..3 * MOST {
            assert_eq!(Memo::answer(&memo, &number.to_string(), || number), number);
        }
        assert!(memo.borrow().slots.is_empty());
    }
}
