//! leadscore tells a sales team whom to call first, and why.
//!
//! The stages of the data, each a module: [`rules`] reads what a marketer wrote, `input` reads
//! exports, `engine` scores, `learn` asks past outcomes, `output` writes, `commands` are the verbs of the program.

pub mod cli;
pub mod commands;
pub mod diagnostic;
pub mod engine;
pub mod input;
pub mod instant;
pub mod learn;
pub mod machine;
mod notice;
pub mod output;
pub mod points;
pub mod record;
pub mod rules;
pub mod turns;
pub mod value;
