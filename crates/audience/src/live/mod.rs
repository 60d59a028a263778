//! Keeping the members of rule audiences right, event by event and day by day.
//!
//! A step looks at what the log brought since the last one and asks each rule again only about people whom something it mentions happened to.
//! Time changes answers at the beginnings of days only (all windows are whole days) and when a tag runs out: at a new day each condition is
//! asked for both days as a set, and who differs is asked again. Finding those people as sets is cheaper than keeping, for each audience and
//! person, the day on which to look: that would be a list as long as all audiences together.
//!
//! One process at a time does it (hold a lease); that another one took over is noticed, since every step must find the clock of the last.
//! Members, their events and the clock are written in one transaction. After a crash a part of the log is looked at once more, which finds
//! everybody where they are already.

mod groups;
mod look;
mod save;

use crate::{Audience, Ctx};
use roaring::RoaringBitmap;
use siyu_db::Db;
use siyu_kernel::{Refusal, Time};
use std::sync::{Arc, Mutex};

pub(crate) use groups::Group;
pub(crate) use save::CLOCK;

/// Name of the event of somebody who came into an audience.
pub const ENTERED: &str = "Audience Entered";
/// And of somebody who is in it no longer.
pub const LEFT: &str = "Audience Left";

/// How far memberships are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    pub seq: i64,
    pub day: i32,
    pub at: Time,
}

/// What a step did.
#[derive(Clone, Debug, Default)]
pub struct StepReport {
    /// The log up to here is in the memberships.
    pub seq: i64,
    pub entered: u64,
    pub left: u64,
    /// How often a rule was put to a person.
    pub asked: u64,
    /// Audiences that were evaluated for everybody: new ones, and those with a new rule.
    pub whole: usize,
    /// (audience's id, code of why its rule cannot be evaluated): its people stay as they are.
    pub failed: Vec<(String, &'static str)>,
    /// Somebody else wrote meanwhile; nothing of this step was saved, the next one begins with what they left.
    pub lost: bool,
}

#[derive(Default)]
struct State {
    /// As it lies in the database.
    saved: Option<Clock>,
    /// As far as this process has come without anything to save.
    now: Option<Clock>,
    groups: Vec<Group>,
    marks: Option<groups::Marks>,
    living: Option<Arc<RoaringBitmap>>,
    board: Option<Arc<crate::lives::Board>>,
    folded: crate::fold::Progress,
}

/// The engine. One of a process, and one process at a time.
pub struct Live {
    audience: Audience,
    db: Db,
    /// Held through a step, which waits for a reading connection and for the writer: whoever has a transaction must not wait for it.
    state: Mutex<State>,
    /// Beside the state, and never held for longer than a copy takes: it is asked for inside transactions.
    as_of: Mutex<Option<Time>>,
}

impl Live {
    /// `audience` must be a remembering one.
    pub fn new(audience: Audience, db: Db) -> Self {
        Self { audience, db, state: Mutex::default(), as_of: Mutex::default() }
    }
    /// Everything that was saved before this instant is in the memberships; `None` before the first step. Waits for no step under way.
    pub fn as_of(&self) -> Option<Time> {
        *self.as_of.lock().unwrap_or_else(|broken| broken.into_inner())
    }
    fn stands_at(&self, as_of: Option<Time>) {
        *self.as_of.lock().unwrap_or_else(|broken| broken.into_inner()) = as_of;
    }
    /// Forgets what it knows; the next step begins with what is stored. Waits for a step under way: not for callers inside a transaction.
    pub fn forget(&self) {
        self.begin_anew(&mut self.lock());
    }
    fn begin_anew(&self, state: &mut State) {
        *state = State::default();
        self.stands_at(None);
    }
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|broken| broken.into_inner())
    }
    /// Brings all memberships up to what is in the log and in the columns of behaviour now.
    pub fn step(&self, ctx: &Ctx) -> Result<StepReport, Refusal> {
        let mut state = self.lock();
        if let Ok(memory) = self.audience.memory() {
            memory.sequences.rest(ctx.now);
        }
        // First the columns, then the transaction: what is in the columns is then in its snapshot.
        let moment = self.audience.history.moment()?;
        let found = self.db.read(|tx| self.look(tx, ctx, &mut state, &moment));
        let found = match found {
            Ok(found) => found,
            Err(refusal) => {
                self.begin_anew(&mut state);
                return Err(refusal);
            }
        };
        let saved = self.save(&mut state, found, ctx);
        if saved.as_ref().map_or(true, |report| report.lost) {
            self.begin_anew(&mut state);
        } else {
            self.fold_some(&mut state);
        }
        saved
    }
}
