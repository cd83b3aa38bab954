//! Whether another program writes to an export while its contacts are scored where they stand in it.
//!
//! In: the readers of contact exports. Out: a refusal, before anything that came of them is shown. Not here: an
//! export that becomes shorter; that ends the run at once (`machine/map.rs`).

use super::Reader;
use crate::machine::Map;
use anyhow::bail;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

/// The contact exports that are mapped, with what they are called: another program may write to them.
#[derive(Clone, Debug)]
pub struct Watched(Vec<(String, Arc<Map>)>);

impl Watched {
    /// Those of the files that are read.
    pub fn of(readers: &[Reader]) -> Watched {
        Watched(readers.iter().filter_map(|reader| Some((reader.table().name.clone(), reader.map.clone()?))).collect())
    }

    /// Refuses what came of an export that was written to meanwhile: rows may be of one state of it and of
    /// another. To be asked before anything that came of it is shown or put in its place.
    ///
    /// # Errors
    /// Where there is such an export.
    pub fn refuse_changed(&self) -> anyhow::Result<()> {
        let Some((name, _)) = self.0.iter().find(|(_, map)| !map.is_unchanged()) else { return Ok(()) };
        bail!("{name} was changed by another program while it was read; run again when that one is done")
    }

    /// Refuses it, too, where such a change made `work` fail, or panic: what was found somewhere may not stand
    /// there any more.
    ///
    /// # Errors
    /// Where there is such an export, else the errors of `work`.
    pub fn unless_changed<R>(&self, work: impl FnOnce() -> anyhow::Result<R>) -> anyhow::Result<R> {
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(Ok(made)) => Ok(made),
            failed => {
                self.refuse_changed()?;
                failed.unwrap_or_else(|panic| resume_unwind(panic))
            }
        }
    }
}
