//! The file of accounts: a row an account, ranked (rule reference, §9).
//!
//! In: everybody scored. Out: a [`Sheet`].

use super::ranked::push_of_account;
use super::{ColumnKind, Sheet, SheetColumn, Sink, SinkExt, levels};
use crate::engine::scored::Scored;
use crate::rules::added::{Added, account_columns};

/// The sheet of the accounts: by the first account score, highest first, then by key.
pub fn sheet<'a>(scored: &'a Scored<'a>) -> Sheet<'a> {
    let plan = scored.scene.plan;
    let added = account_columns(plan.model);
    let key_header = plan.model.accounts.as_ref().and_then(|accounts| {
        let mut tables = plan.contact_tables.iter().zip(&plan.contact_columns);
        tables.find_map(|(table, places)| places[accounts.key].map(|at| table.columns[at].clone()))
    });
    let mut columns = vec![
        SheetColumn::new(key_header.unwrap_or_default(), ColumnKind::Input),
        SheetColumn::new("contacts", ColumnKind::Number),
    ];
    columns.extend(added.iter().map(|(name, what)| {
        let kind = match what {
            Added::AccountScore(_) => ColumnKind::Number,
            Added::AccountStageFlag(_) => ColumnKind::Flag,
            _ => ColumnKind::Text,
        };
        SheetColumn { name: name.clone(), kind, levels: levels::of(plan.model, *what) }
    }));
    let has_scores = plan.model.accounts.as_ref().is_some_and(|accounts| !accounts.scores.is_empty());
    let mut order: Vec<u32> = (0..scored.accounts.len() as u32).collect();
    order.sort_by(|&a, &b| {
        let score = |account: u32| {
            let account = scored.accounts.get(account).filter(|_| has_scores);
            account.and_then(|account| account.score(0))
        };
        let key = |account: u32| scored.scene.contacts.account_key(account).as_bytes();
        score(b).cmp(&score(a)).then_with(|| key(a).cmp(key(b)))
    });
    let len = order.len();
    let fill = Box::new(move |item: usize, rows: &mut dyn Sink| {
        let Some(account) = scored.accounts.get(order[item]) else { return };
        rows.push(scored.scene.contacts.account_key(order[item]));
        rows.print(Some(account.contacts()));
        for (_, what) in &added {
            push_of_account(scored, Some(account), *what, rows);
        }
        rows.end_row();
    });
    Sheet { columns, len, fill }
}
