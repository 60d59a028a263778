//! What a rule means besides its text: when that changes, everybody is asked again, and nobody is told, since nobody did anything.

use crate::Ctx;
use crate::life::Life;
use crate::plan::{Leaf, Plan};
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// To be raised when the same rule comes to mean something else with the same settings: other weights of the score, another reading of a day.
const EDITION: u32 = 1;

/// What plans share.
pub(crate) struct Terms<'t> {
    pub ctx: &'t Ctx,
    pub life: &'t Life,
    /// How many products there are, and when one was changed last.
    pub products: (i64, i64),
}

/// A fingerprint of a plan and everything else that its answers depend on and no event tells of. The same in every process; one that differs
/// for no reason costs an evaluation.
pub(crate) fn meaning(plan: &Plan, terms: &Terms<'_>) -> i64 {
    let mut hasher = FxHasher::default();
    let mut add = |text: &str| {
        hasher.write(text.as_bytes());
        hasher.write_u8(0xff);
    };
    add(&EDITION.to_string());
    // Types of fields and numbers of tags, stores and audiences are in the plan.
    add(&format!("{:?}{:?}", plan.root, plan.traits));
    add(terms.ctx.zone.name());
    add(terms.ctx.currency.code());
    for leaf in plan.leaves() {
        match leaf {
            Leaf::Life(_) => add(&format!("{:?}", terms.life)),
            Leaf::Category(..) => add(&format!("{:?}", terms.products)),
            _ => {}
        }
    }
    hasher.finish() as i64
}
