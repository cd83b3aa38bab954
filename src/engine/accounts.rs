//! Accounts: the contacts of one company together (rule reference, §7).
//!
//! In: everybody's scores. Out: for each account its values, grades and stage, and for each
//! contact its account.

use super::contact::ContactRows;
use super::contacts::{ContactId, Contacts};
use super::grades;
use super::row_set::RowSet;
use super::tight::Tight;
use crate::points::{MICRO, Points};
use crate::rules::model::{AccountKind, AccountScore, AccountScoreId, Accounts, Aggregate, Condition};
use rayon::prelude::*;
use std::ops::Range;

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
/// So many accounts are worked on by one worker at a time.
const AT_A_TIME: usize = 1024;

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

/// The contacts of each account, in the order of the input.
#[derive(Debug)]
pub struct Members {
    contacts: Vec<ContactId>,
    /// Where those of each account begin, and where the last ones end.
    starts: Vec<u32>,
}

impl Members {
    /// Of all accounts.
    pub fn of(contacts: &Contacts) -> Members {
        let mut starts = vec![0; contacts.accounts() + 1];
        let all = 0..contacts.len() as ContactId;
        let of_account = all.filter_map(|contact| Some((contact, contacts.account(contact)? as usize)));
        of_account.clone().for_each(|(_, account)| starts[account + 1] += 1);
        (0..contacts.accounts()).for_each(|account| starts[account + 1] += starts[account]);
        let mut next = starts.clone();
        let mut members = vec![0; starts[contacts.accounts()] as usize];
        for (contact, account) in of_account {
            members[next[account] as usize] = contact;
            next[account] += 1;
        }
        Members { contacts: members, starts }
    }

    /// How many accounts there are.
    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Where the contacts of an account stand among all.
    fn span(&self, account: usize) -> Range<usize> {
        self.starts[account] as usize..self.starts[account + 1] as usize
    }
}

/// Every account, in the order of their first contacts.
///
/// `value` gives what a contact brings into a score of its account: nothing where it does not take
/// part, and then neither does one that is disqualified. `ask_ahead` asks for a contact's scores.
pub fn gather(
    accounts: &Accounts,
    members: &Members,
    ask_ahead: impl Fn(ContactId) + Sync,
    is_disqualified: impl Fn(ContactId) -> bool + Sync,
    value: impl Fn(ContactId, &AccountScore, usize) -> Option<Points> + Sync,
) -> AllAccounts {
    let grades_of: Vec<_> = accounts.scores.iter().map(|score| grades::absolute(&score.grades)).collect();
    let add = |all: &mut AllAccounts, account: usize, taking_part: &mut Vec<ContactId>, brought: &mut Vec<Points>| {
        let span = members.span(account);
        members.contacts[span.end..].iter().take(span.len()).for_each(|&contact| ask_ahead(contact));
        taking_part.clear();
        taking_part.extend(members.contacts[span].iter().copied().filter(|&contact| !is_disqualified(contact)));
        all.contacts.push(taking_part.len() as u32);
        let row = all.rows.add_rows(1);
        for (at, (score, grade_of)) in accounts.scores.iter().zip(&grades_of).enumerate() {
            brought.clear();
            brought.extend(taking_part.iter().filter_map(|&contact| value(contact, score, at)));
            let value = aggregate(score, brought);
            all.rows.set_value(row, at, value);
            all.rows.set_code(row, at, value.and_then(grade_of).unwrap_or(NONE));
        }
        all.rows.set_code(row, accounts.scores.len(), NONE);
    };
    let width = accounts.scores.len();
    let none = |room: usize| AllAccounts {
        contacts: Vec::new(),
        rows: Tight::with_capacity(width, width + 1, room),
        scores: width,
    };
    let some = |from: usize| {
        let (mut some, mut taking_part, mut brought) = (none(AT_A_TIME), Vec::new(), Vec::new());
        for account in from..members.len().min(from + AT_A_TIME) {
            add(&mut some, account, &mut taking_part, &mut brought);
        }
        some
    };
    let parts: Vec<AllAccounts> =
        (0..members.len()).into_par_iter().step_by(AT_A_TIME).with_max_len(1).map(some).collect();
    let mut all = none(members.len());
    parts.into_iter().for_each(|part| all.append(part));
    all
}

/// One number from the values of the contacts that take part.
fn aggregate(score: &AccountScore, values: &mut Vec<Points>) -> Option<Points> {
    let value = match &score.kind {
        AccountKind::Count => Points(values.len() as i128 * MICRO),
        AccountKind::Of { .. } if values.is_empty() => return None,
        AccountKind::Of { aggregate, top, shares, .. } => {
            // Which of them come first is asked for by few.
            if top.is_some() || shares.is_some() || matches!(aggregate, Aggregate::Max | Aggregate::Min) {
                values.sort_unstable_by(|a, b| b.cmp(a));
            }
            values.truncate(top.map_or(usize::MAX, |top| usize::try_from(top).unwrap_or(usize::MAX)));
            let sum = || values.iter().copied().sum::<Points>();
            match (aggregate, shares) {
                (Aggregate::Sum, Some(shares)) => {
                    values.iter().zip(shares).map(|(value, share)| value.times(*share)).sum()
                }
                (Aggregate::Sum, None) => sum(),
                (Aggregate::Mean, _) => sum().divided_by(values.len() as u64),
                (Aggregate::Max, _) => values[0],
                (Aggregate::Min, _) => values[values.len() - 1],
            }
        }
    };
    Some(score.range.clamp(value).rounded(score.decimals))
}
