//! Accounts: the contacts of one company together (rule reference, §7).
//!
//! In: everybody's scores. Out: for each account its values, grades and stage, and for each
//! contact its account.

use super::contact::ContactRows;
use super::contacts::{ContactId, Contacts};
use super::row_set::RowSet;
use super::settle::Settle;
use super::tight::Tight;
use crate::points::Points;
use crate::rules::model::{AccountKind, AccountScore, AccountScoreId, Accounts, Aggregate, Condition};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What is known of all accounts, in the order of their first contacts.
#[derive(Debug, Default)]
pub struct AllAccounts {
    contacts: Vec<u32>,
    /// The values of account scores. The codes: their grades, the stage.
    rows: Tight,
    /// How many account scores there are.
    scores: usize,
}

/// One account.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    all: &'a AllAccounts,
    number: usize,
}

/// No grade, no stage.
const NONE: u16 = u16::MAX;
/// So many workers look for the contacts of their accounts at most: each looks at all contacts.
const MOST_WORKERS: usize = 8;

impl AllAccounts {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.contacts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.contacts.is_empty()
    }

    /// The account of a number.
    pub fn get(&self, number: u32) -> Option<Account<'_>> {
        ((number as usize) < self.len()).then_some(Account { all: self, number: number as usize })
    }

    /// Asks for an account that will be looked at soon.
    pub fn ask_ahead(&self, number: u32) {
        if let Some(account) = self.get(number) {
            self.rows.ask_ahead(account.number);
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Account<'_>> {
        (0..self.len()).map(|number| Account { all: self, number })
    }

    /// Says which stages they have reached.
    pub fn set_stages(&mut self, stages: impl Iterator<Item = Option<u16>>) {
        for (account, stage) in stages.enumerate() {
            self.rows.set_code(account, self.scores, stage.unwrap_or(NONE));
        }
    }

    fn append(&mut self, mut other: AllAccounts) {
        self.contacts.append(&mut other.contacts);
        self.rows.append(&other.rows);
    }
}

impl Account<'_> {
    /// Its contacts that are not disqualified.
    pub fn contacts(self) -> u32 {
        self.all.contacts[self.number]
    }

    /// The rounded value of an account score.
    pub fn score(self, score: AccountScoreId) -> Option<Points> {
        self.all.rows.value(self.number, score)
    }

    /// The index of an account score's grade.
    pub fn grade(self, score: AccountScoreId) -> Option<u16> {
        self.code(score)
    }

    /// The highest stage that it has reached.
    pub fn stage(self) -> Option<u16> {
        self.code(self.all.scores)
    }

    fn code(self, at: usize) -> Option<u16> {
        Some(self.all.rows.code(self.number, at)).filter(|&code| code != NONE)
    }
}

/// For each account score with a filter, the contacts of a window that pass it; all, where it has none.
pub fn passing(accounts: &Accounts, window: &ContactRows<'_>) -> Vec<RowSet> {
    let all = window.rows();
    let passing = |filter: &Option<Condition>| filter.as_ref().map_or(all, |filter| window.holding(filter, all));
    accounts.scores.iter().map(|score| passing(&score.filter)).collect()
}

/// What the contacts of some accounts bring into a score of theirs.
struct Pot<'r> {
    score: &'r AccountScore,
    /// For each account, how many have brought something.
    counts: Vec<u32>,
    held: Held<'r>,
}

/// What a pot holds, for each account.
enum Held<'r> {
    /// What has been brought, put together by a measure.
    Together(Aggregate, Vec<Points>),
    /// So many of the highest, of which the measure is, or the sum of a share of each.
    Highest { most: usize, measure: Aggregate, shares: Option<&'r [Points]>, values: Vec<BinaryHeap<Reverse<Points>>> },
}

impl<'r> Pot<'r> {
    /// Nothing yet, of so many accounts.
    fn new(score: &'r AccountScore, accounts: usize) -> Pot<'r> {
        let together = |measure| Held::Together(measure, vec![Points::ZERO; accounts]);
        let held = match &score.kind {
            AccountKind::Count => together(Aggregate::Sum),
            AccountKind::Of { aggregate, top: None, shares: None, .. } => together(*aggregate),
            AccountKind::Of { aggregate, top, shares, .. } => {
                let top = top.map_or(usize::MAX, |top| usize::try_from(top).unwrap_or(usize::MAX));
                let most = top.min(shares.as_ref().map_or(usize::MAX, Vec::len));
                let values = vec![BinaryHeap::new(); accounts];
                Held::Highest { most, measure: *aggregate, shares: shares.as_deref(), values }
            }
        };
        Pot { score, counts: vec![0; accounts], held }
    }

    /// Takes in what a contact of an account brings.
    fn add(&mut self, account: usize, brought: Points) {
        match &mut self.held {
            Held::Together(measure, values) => {
                let value = &mut values[account];
                *value = match measure {
                    _ if self.counts[account] == 0 => brought,
                    Aggregate::Sum | Aggregate::Mean => *value + brought,
                    Aggregate::Max => brought.max(*value),
                    Aggregate::Min => brought.min(*value),
                };
            }
            Held::Highest { most, values, .. } => {
                let values = &mut values[account];
                values.push(Reverse(brought));
                if values.len() > *most {
                    values.pop();
                }
            }
        }
        self.counts[account] += 1;
    }

    /// What an account has together; nothing where nobody has brought any.
    fn take(&mut self, account: usize) -> Option<Points> {
        let (count, score) = (self.counts[account], self.score);
        if count == 0 && !matches!(score.kind, AccountKind::Count) {
            return None;
        }
        Some(match &mut self.held {
            Held::Together(Aggregate::Mean, values) => values[account].divided_by(count.into()),
            Held::Together(_, values) => values[account],
            Held::Highest { measure, shares, values, .. } => {
                // The highest first.
                let values: Vec<Points> =
                    std::mem::take(&mut values[account]).into_sorted_vec().into_iter().map(|one| one.0).collect();
                let sum = || values.iter().copied().sum::<Points>();
                match (measure, shares) {
                    (Aggregate::Sum, Some(shares)) => {
                        values.iter().zip(*shares).map(|(value, share)| value.times(*share)).sum()
                    }
                    (Aggregate::Sum, None) => sum(),
                    (Aggregate::Mean, _) => sum().divided_by(values.len() as u64),
                    (Aggregate::Max, _) => values[0],
                    (Aggregate::Min, _) => values[values.len() - 1],
                }
            }
        })
    }
}

/// Every account, in the order of their first contacts.
///
/// `value` gives what a contact brings into a score of its account, nothing where it does not take part; one that is
/// disqualified takes part in none.
pub fn gather(
    accounts: &Accounts,
    contacts: &Contacts,
    is_disqualified: impl Fn(ContactId) -> bool + Sync,
    value: impl Fn(ContactId, &AccountScore, usize) -> Option<Points> + Sync,
) -> AllAccounts {
    let settle = |score: &AccountScore| Settle::new(score.range, score.decimals, &score.grades);
    let settles: Vec<Settle> = accounts.scores.iter().map(settle).collect();
    let width = accounts.scores.len();
    // Each worker looks at all contacts, in their order, for those of its own accounts: that takes less time than to
    // find them one account after the other.
    let some = |first: usize, len: usize| {
        let mut pots: Vec<Pot<'_>> = accounts.scores.iter().map(|score| Pot::new(score, len)).collect();
        let mut taking_part = vec![0; len];
        for contact in 0..contacts.len() as ContactId {
            let own = contacts.account(contact).map(|account| (account as usize).wrapping_sub(first));
            let Some(account) = own.filter(|&account| account < len && !is_disqualified(contact)) else { continue };
            taking_part[account] += 1;
            for (at, pot) in pots.iter_mut().enumerate() {
                if let Some(brought) = value(contact, pot.score, at) {
                    pot.add(account, brought);
                }
            }
        }
        let mut rows = Tight::with_capacity(width, width + 1, len);
        rows.add_rows(len);
        for account in 0..len {
            for (at, (pot, settle)) in pots.iter_mut().zip(&settles).enumerate() {
                let settled = pot.take(account).map(|together| settle.settle(together));
                rows.set_value(account, at, settled.map(|settled| settled.value));
                rows.set_code(account, at, settled.and_then(|settled| settled.grade).unwrap_or(NONE));
            }
            rows.set_code(account, width, NONE);
        }
        AllAccounts { contacts: taking_part, rows, scores: width }
    };
    let all = contacts.accounts();
    let each = all.div_ceil(rayon::current_num_threads().min(MOST_WORKERS)).max(1);
    let parts: Vec<AllAccounts> = (0..all)
        .into_par_iter()
        .step_by(each)
        .with_max_len(1)
        .map(|first| some(first, each.min(all - first)))
        .collect();
    let mut together =
        AllAccounts { contacts: Vec::new(), rows: Tight::with_capacity(width, width + 1, all), scores: width };
    parts.into_iter().for_each(|part| together.append(part));
    together
}
