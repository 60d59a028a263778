//! The one door to people.
//!
//! Nouns: **run** – a message for many people; **part** – some thousand of its people who are not decided yet; **decision** – the row of one person
//! and one run: go, wait until, skip because, and in the end what became of it; **touch** – a message somebody had or is to have, in their
//! **memory**; **rules** – what is edited: caps, quota, quiet hours, fatigue, contest, holdout.
//!
//! Invariants
//! - Of each run, at every instant: people = waiting + sent + skipped + failed. A row, its tally and its touch change in one unit.
//! - The checks have one order ([`judge`]): duplicate, consent, reachability, quota, caps, quiet hours, fatigue and contest, holdout.
//! - What was let through counts in every period until it is known what became of it: no order of events breaks a cap.
//! - Rules of marketing never hold a service message.
//! - The judging is pure; everything that reads and writes is beside it.
//!
//! This crate knows no channel and no port: who is reachable is told by whoever asks. It reads the tables of people by SQL.

mod calendar;
mod decide;
mod decisions;
mod facts;
mod judge;
mod model;
mod reasons;
mod refuse;
mod replay;
mod rules;
mod runs;
mod settle;
mod shelf;
mod touch;

pub use calendar::{Period, Quiet};
pub use decide::{Due, Taken};
pub use decisions::{DecisionQuery, DecisionRow, Memory};
pub use judge::{Case, Rival, judge, used};
pub use model::{Candidate, Channel, Class, Consent, End, Judged, Spec, Touch, Verdict};
pub use reasons::{CODES, sentence};
pub use refuse::run_unknown;
pub use replay::{Load, Replay};
pub use rules::{Cap, Fatigue, Holdout, QuietHours, Quota, Rules, Whose};
pub use runs::{RunChange, RunIn, RunRow, Sums};
pub use shelf::RulesRow;

use siyu_db::{DbError, Engine, Migration, Tx};
use siyu_kernel::{PersonNum, Vault};

pub const MIGRATIONS: &[Migration] = &[
    Migration { id: "gate/0001_gate", sql: include_str!("../migrations/0001_gate.sql") },
    Migration { id: "gate/0002_held", sql: include_str!("../migrations/0002_held.sql") },
];

/// The gate and its operations. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    /// Draws who is held out: the same people in every process of this workspace.
    key: u64,
}

impl Gate {
    pub fn new(vault: &Vault) -> Self {
        Self { key: vault.derived64("gate-holdout") }
    }
    /// Units that decide or settle stand in line: each has to see what the one before it has let through. SQLite has one writer anyway.
    pub(crate) fn lock(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        if tx.engine() == Engine::Postgres {
            tx.each(
                "SELECT pg_advisory_xact_lock(hashtext('siyu-gate'), hashtext(current_schema()))",
                &[],
                |_| Ok(()),
            )?;
        }
        Ok(())
    }
    /// Whether the brand's holdout keeps somebody, by these rules: marketing does not reach them.
    pub fn keeps(&self, rules: &Rules, root: PersonNum) -> bool {
        self.is_held_out(root, salted(&rules.holdout.salt), rules.holdout.percent)
    }
    /// For a unit that puts people who were let through on another way: it sees whether the run was cancelled, and whoever cancels it afterwards sees them.
    pub fn stand_in_line(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        self.lock(tx)
    }
    /// Whether somebody is among those held out: `percent` of all, the same ones for the same salt.
    pub(crate) fn is_held_out(&self, root: PersonNum, salt: u64, percent: f64) -> bool {
        if percent <= 0.0 {
            return false;
        }
        let drawn = mix(mix(self.key ^ salt).wrapping_add(u64::from(root)));
        (drawn as f64) < percent / 100.0 * u64::MAX as f64
    }
}

pub(crate) fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
pub(crate) fn salted(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| mix(hash ^ u64::from(byte)))
}

/// `column` is one of `nums`, which ascend: as a range where they lie close together, which is read in one go.
pub(crate) fn among<'a>(tx: &Tx<'_>, column: &str, nums: &'a [i64], params: &mut Vec<siyu_db::Param<'a>>) -> String {
    let (first, last) = (nums.first().copied().unwrap_or(0), nums.last().copied().unwrap_or(-1));
    let at = params.len() + 1;
    if last.saturating_sub(first) < 4 * nums.len() as i64 {
        params.extend([siyu_db::Param::from(first), siyu_db::Param::from(last)]);
        format!("{column} BETWEEN ${at} AND ${}", at + 1)
    } else {
        params.push(nums.into());
        tx.any(column, at)
    }
}
