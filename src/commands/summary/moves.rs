//! Who came to the stage of the handoff since the earlier file, and who left it.
//!
//! In: everybody scored, and who is not in the exports any more. Out: counts, and the first ids.

use crate::engine::scored::Scored;
use serde::Serialize;

/// So many ids are told; the count is of all.
const TOLD: usize = 100;

/// The stage of the handoff, then and now.
#[derive(Debug, Serialize)]
pub struct Handoff {
    stage: String,
    /// At the stage or above, and not there before.
    pub newcomers: Who,
    /// There before, and now below or disqualified.
    pub leavers: Who,
    /// There before, and not in the exports any more.
    pub gone: Who,
}

/// Some contacts.
#[derive(Debug, Serialize)]
pub struct Who {
    /// How many.
    pub count: u64,
    ids: Vec<String>,
}

impl Who {
    fn of<'i>(ids: impl Iterator<Item = &'i str>) -> Who {
        let mut who = Who { count: 0, ids: Vec::new() };
        for id in ids {
            who.count += 1;
            if who.ids.len() < TOLD {
                who.ids.push(id.to_owned());
            }
        }
        who
    }
}

/// The moves, where there is an earlier file and a stage.
pub fn handoff(scored: &Scored<'_>, gone: &[String]) -> Option<Handoff> {
    let model = scored.scene.plan.model;
    let stage = model.handoff.filter(|_| scored.has_previous())?;
    let there = |at: Option<u16>| at.is_some_and(|at| usize::from(at) >= stage);
    let was_there = |contact: u32| there(scored.was(contact).and_then(|was| was.stage));
    let ids = |takes: &dyn Fn(u32) -> bool| {
        let contacts = scored.order.iter().filter(|&&contact| takes(contact));
        Who::of(contacts.map(|&contact| scored.scene.contacts.id(contact)))
    };
    Some(Handoff {
        stage: model.stages[stage].name.clone(),
        newcomers: ids(&|contact| scored.is_handed_over(contact)),
        leavers: ids(&|contact| was_there(contact) && !there(scored.stage(contact))),
        gone: Who::of(gone.iter().map(String::as_str)),
    })
}
