//! What past outcomes say: how well a ranking told buyers from others, which points past buyers call
//! for, and points from data altogether.
//!
//! In: scored rows, or contacts with their cells, each with its outcome. Out: figures and points. Not
//! here: reading files, how figures are shown, and what rules mean.
//!
//! `evaluate` goes `scored_file` → `evaluation`, `calibrate` goes `journey` → `calibration`, by way of
//! `outcome`. `fit` finds points in the order `values` (cells become small numbers) → `binning` → `model`
//! (an additive model in log odds) → `smoothing` → `fitting` → `crosses` → `short` → `integers` (whole points);
//! `training` puts these together, `folds` and `validation` say what they are worth on contacts that
//! they have not seen; `relearning` moves the points of a rule file that there is. `measures` are everybody's.

pub mod binning;
pub mod calibration;
pub mod certainty;
pub mod crosses;
pub mod evaluation;
pub mod fitting;
pub mod folds;
pub mod integers;
pub mod journey;
pub mod measures;
pub mod model;
pub mod outcome;
pub mod relearning;
pub mod scored_file;
pub mod short;
pub mod smoothing;
pub mod training;
pub mod validation;
pub mod values;
