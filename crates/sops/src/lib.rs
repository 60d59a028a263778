//! SOPs for groups and for moments: programmes by day, whose steps ask staff to do something.
//!
//! Nouns: **programme** – steps with their times, in versions; **subject** – who is in it: a group, or for moments a member of staff;
//! **step** – what the owner of the group (or that member) is asked: to confirm a message, to publish a moment, to do a task; **grade** – how deep a guide
//! works (A, B, C); **deadline** – a step's time and its grace: until then it is done on time.
//!
//! Invariants
//! - A step is marked in the unit that makes its message, moment or task: nothing is asked twice, nothing is lost.
//! - A step whose deadline has passed before anybody could be asked is missed and says so; it is never made up for in a burst.
//! - A step that lay behind when its subject came in, or when the version with it was saved, is not planned.
//! - A step that a subject has had comes never again, whatever a later version says of its day.
//! - What was done is read where it is known (tasks of guides, messages and moments of reach) and is not copied.
//!
//! Programmes for a customer are journeys. This crate knows no HTTP and no roles; the workspace's zone is told by a trait.

mod board;
mod due;
mod enrol;
mod grade;
mod keep;
mod names;
mod programme;
mod refuse;
mod work;

pub use board::{Board, BoardQuery, End, Share, StepFilter, StepRow, Sums};
pub use grade::{Depth, Grade, grade_of};
pub use keep::{ProgrammeIn, ProgrammeRow};
pub use names::{Names, Unnamed};
pub use programme::{Anchor, Deed, Kind, Rule, Step, When};

use siyu_db::{Db, Migration, Tx};
use siyu_guides::Guides;
use siyu_kernel::{Chance, Clock, Refusal, Time, Vault, Zone};
use siyu_reach::Reach;
use std::sync::Arc;

pub const MIGRATIONS: &[Migration] =
    &[Migration { id: "sops/0001_sops", sql: include_str!("../migrations/0001_sops.sql") }];

/// What is known of the workspace beside this crate.
pub trait Around: Send + Sync {
    fn zone(&self, tx: &mut Tx<'_>) -> Result<Zone, Refusal>;
}

pub struct Parts {
    pub db: Db,
    pub vault: Vault,
    pub reach: Reach,
    pub guides: Guides,
    pub chance: Arc<Chance>,
    pub clock: Arc<dyn Clock>,
    pub around: Arc<dyn Around>,
}

/// The operations. Cheap to clone.
#[derive(Clone)]
pub struct Sops {
    inner: Arc<Parts>,
}

impl Sops {
    pub fn new(parts: Parts) -> Self {
        Self { inner: Arc::new(parts) }
    }
    fn now(&self) -> Time {
        self.inner.clock.now()
    }
}
