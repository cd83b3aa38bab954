//! Accounts: the contacts of one company together (rule reference, §7).
//!
//! In: everybody's scores. Out: for each account its values, grades and stage, and for each
//! contact its account.

use super::condition::holds;
use super::contact::ContactFacts;
use super::contacts::ContactId;
use super::grades;
use crate::points::{MICRO, Points};
use crate::rules::model::{AccountKind, AccountScore, Accounts, Aggregate};
use crate::value::fold;
use std::collections::HashMap;

/// What is known of an account.
#[derive(Clone, Debug, Default)]
pub struct AccountValues {
    /// The key as its first contact writes it, trimmed.
    pub key: String,
    /// Its contacts that are not disqualified.
    pub contacts: u64,
    /// Rounded values, for each account score.
    pub scores: Vec<Option<Points>>,
    /// For each account score the index of its grade.
    pub grades: Vec<Option<u16>>,
    /// The highest stage that it has reached.
    pub stage: Option<u16>,
}

/// What one contact brings into its account.
#[derive(Clone, Debug, Default)]
pub struct Brought {
    /// The key of the account as the contact writes it, trimmed; `None`: no account.
    pub key: Option<String>,
    /// For each account score: `None` where the contact does not take part, else its value.
    pub values: Vec<Option<Points>>,
}

/// What a contact brings into its account; one that is disqualified brings its key only.
pub fn brought(accounts: &Accounts, facts: &ContactFacts<'_>, disqualified: bool) -> Brought {
    let key = facts.row().cell(facts.scene.plan, accounts.key).map(str::to_owned);
    let takes_part = key.is_some() && !disqualified;
    let value_of = |score: &AccountScore| {
        let counts = takes_part && score.filter.as_ref().is_none_or(|filter| holds(filter, facts));
        match score.kind {
            _ if !counts => None,
            AccountKind::Count => Some(Points::ONE),
            AccountKind::Of { score, .. } => facts.scores[score],
        }
    };
    Brought { values: accounts.scores.iter().map(value_of).collect(), key }
}

/// Every account, in the order of their first contacts, and each contact's account.
pub fn gather(
    accounts: &Accounts,
    brought: &[Brought],
    disqualified: impl Fn(ContactId) -> bool,
) -> (Vec<AccountValues>, Vec<Option<u32>>) {
    let mut by_key: HashMap<String, u32> = HashMap::new();
    let mut all: Vec<AccountValues> = Vec::new();
    let mut values: Vec<Vec<Vec<Points>>> = Vec::new();
    let mut of_contact = Vec::with_capacity(brought.len());
    for (contact, one) in brought.iter().enumerate() {
        let Some(key) = &one.key else {
            of_contact.push(None);
            continue;
        };
        let account = *by_key.entry(fold(key).into_owned()).or_insert_with(|| {
            all.push(AccountValues { key: key.clone(), ..AccountValues::default() });
            values.push(vec![Vec::new(); accounts.scores.len()]);
            all.len() as u32 - 1
        });
        of_contact.push(Some(account));
        all[account as usize].contacts += u64::from(!disqualified(contact as ContactId));
        for (known, value) in values[account as usize].iter_mut().zip(&one.values) {
            known.extend(*value);
        }
    }
    for (account, values) in all.iter_mut().zip(values) {
        for (score, values) in accounts.scores.iter().zip(values) {
            let value = aggregate(score, values);
            account.grades.push(grades::absolute(&score.grades, value));
            account.scores.push(value);
        }
    }
    (all, of_contact)
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
