//! The program against a naive oracle of its own rule language, on random rules and data.
//!
//! `LEADSCORE_CASES` says how many random cases are run; `LEADSCORE_SEED` replays one of them.

mod generate;
mod oracle;
mod properties;
mod random_cases;
mod run;
