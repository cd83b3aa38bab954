//! What past outcomes say about scores: how well a ranking told buyers from others, and which points
//! past buyers call for.
//!
//! In: scored rows or scored contacts, each with its outcome. Out: figures. Not here: reading files,
//! and how figures are shown.
//!
//! `evaluate` goes `scored_file` → `evaluation`, `calibrate` goes `journey` → `calibration`; both by way of
//! `outcome`.

pub mod calibration;
pub mod certainty;
pub mod evaluation;
pub mod journey;
pub mod measures;
pub mod outcome;
pub mod scored_file;
