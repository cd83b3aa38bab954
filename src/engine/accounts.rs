//! Accounts: the contacts of one company together (rule reference, §7).
//!
//! In: everybody's scores. Out: for each account its values, grades and stage, and for each
//! contact its account.

use super::condition::holds;
use super::contact::ContactFacts;
use super::contacts::{ContactId, Contacts};
use super::grades;
use crate::points::{MICRO, Points};
use crate::rules::model::{AccountKind, AccountScore, Accounts, Aggregate};
use rayon::prelude::*;

/// What is known of an account.
#[derive(Clone, Debug, Default)]
pub struct AccountValues {
    /// Its contacts that are not disqualified.
    pub contacts: u64,
    /// Rounded values, for each account score.
    pub scores: Vec<Option<Points>>,
    /// For each account score the index of its grade.
    pub grades: Vec<Option<u16>>,
    /// The highest stage that it has reached.
    pub stage: Option<u16>,
}

/// For each account score with a filter, whether a contact that is not disqualified passes it;
/// `true` for those without one.
pub fn passes<'a>(accounts: &'a Accounts, facts: &'a ContactFacts<'_>) -> impl Iterator<Item = bool> + 'a {
    accounts.scores.iter().map(|score| score.filter.as_ref().is_none_or(|filter| holds(filter, facts)))
}

/// Every account, in the order of their first contacts.
///
/// `value` gives what a contact brings into a score of its account: nothing where it does not take
/// part, and then neither does one that is disqualified.
pub fn gather(
    accounts: &Accounts,
    contacts: &Contacts,
    is_disqualified: impl Fn(ContactId) -> bool + Sync,
    value: impl Fn(ContactId, &AccountScore, usize) -> Option<Points> + Sync,
) -> Vec<AccountValues> {
    // The contacts sorted by account, in the order of the input within each.
    let mut starts = vec![0; contacts.accounts() + 1];
    let of_account = (0..contacts.len() as ContactId).filter_map(|contact| Some((contact, contacts.account(contact)?)));
    of_account.clone().for_each(|(_, account)| starts[account as usize + 1] += 1);
    for account in 0..contacts.accounts() {
        starts[account + 1] += starts[account];
    }
    let mut next = starts.clone();
    let mut members = vec![0; starts[contacts.accounts()]];
    for (contact, account) in of_account {
        members[next[account as usize]] = contact;
        next[account as usize] += 1;
    }
    let account = |account: usize| {
        let members = &members[starts[account]..starts[account + 1]];
        let mut values = AccountValues {
            contacts: members.iter().filter(|&&contact| !is_disqualified(contact)).count() as u64,
            ..AccountValues::default()
        };
        for (number, score) in accounts.scores.iter().enumerate() {
            let brought = members.iter().filter(|&&contact| !is_disqualified(contact));
            let brought = brought.filter_map(|&contact| value(contact, score, number)).collect();
            let aggregated = aggregate(score, brought);
            values.grades.push(grades::absolute(&score.grades, aggregated));
            values.scores.push(aggregated);
        }
        values
    };
    (0..contacts.accounts()).into_par_iter().with_min_len(1024).map(account).collect()
}

/// One number from the values of the contacts that take part.
fn aggregate(score: &AccountScore, mut values: Vec<Points>) -> Option<Points> {
    let value = match &score.kind {
        AccountKind::Count => Points(values.len() as i128 * MICRO),
        AccountKind::Of { .. } if values.is_empty() => return None,
        AccountKind::Of { aggregate, top, shares, .. } => {
            values.sort_unstable_by(|a, b| b.cmp(a));
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
