//! The engine: from a bound rule file and streamed rows to everybody scored and ranked.
//!
//! In the order of the data: [`plan`] binds names to columns; [`contacts`] learns who is who;
//! [`activities`] judges each activity and folds it into the [`ledger`]; [`score`] makes scores of
//! [`contact`]'s facts; [`scored`] puts everybody together: grades, accounts, stages, rank.
//! The engine never sees a file, the clock or the screen.

pub mod accounts;
pub mod activities;
mod activity;
pub mod card;
pub mod condition;
pub mod contact;
pub mod contacts;
pub mod decay;
pub mod facts;
pub mod fold;
mod found;
pub mod grades;
mod ids;
mod key;
pub mod ledger;
pub mod memo;
mod numbers;
pub mod plan;
pub mod previous;
pub mod questions;
mod rank;
pub mod read;
pub mod reasons;
mod repeated;
pub mod row_set;
pub mod score;
pub mod scored;
mod settle;
mod tight;
pub mod trace;
mod units;
pub mod unread;
pub mod weight;
