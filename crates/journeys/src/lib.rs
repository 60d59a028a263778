//! Journeys: what happens to each person, step by step, over days.
//!
//! Nouns: **definition** – nodes and the ways between them, as drawn; **version** – a definition that was published, never changed again;
//! **entry** – one person's way through a journey, once; **step** – from one node to the next; **effect** – something that was decided and is to be
//! done by others (a message, a task, a tag); **outcome** – what became of it; **trail** – the nodes somebody passed.
//!
//! Invariants
//! - Of each journey, at every instant: entered = inside + finished + exited, in all and by reason; of each node, in each version: came = inside +
//!   passed on + finished + exited + moved. Rows and tallies change in one unit.
//! - A person is inside a journey once at most, whatever identities they have.
//! - An effect is written in the unit of the step that decides it, and handed on in the unit in which whoever takes it writes it down: with its key
//!   (journey, person, entry, step) it is done once, wherever a process is killed.
//! - People walk by the version in their row. A way at a split is drawn by a keyed hash: never anew.
//! - A journey that is paused takes in what happens and does nothing; nobody is lost and nothing is done twice.
//! - Stepping ([`step`]) is pure; everything that reads and writes is beside it.
//!
//! This crate knows no channel, no task and no tag: whoever carries effects out, and who fits a rule, is behind [`World`]. It reads the table of people
//! by SQL, and knows of audiences how their rules are written and their events are called.

mod batch;
pub mod calendar;
pub mod check;
pub mod definition;
mod effects;
mod enter;
mod feed;
mod folk;
pub mod model;
mod people;
mod plan;
mod port;
mod publish;
mod read;
mod refuse;
mod rows;
mod run;
mod simulate;
mod step;
mod tally;
mod trail;
mod trigger;
mod world;

pub use check::{Problem, problems};
pub use definition::Definition;
pub use effects::{Told, told};
pub use enter::Past;
pub use model::{CONTROL, End, Outcome, REASONS, State, Traveller};
pub use plan::Plan;
pub use port::Port;
pub use publish::{Change, Inside, Moves};
pub use read::{ControlSums, Drawn, NodeNumbers, Numbers, PathStep, PersonQuery, PersonRow, Stand, Sums, VersionRow};
pub use rows::{JourneyRow, JourneyState};
pub use run::Ran;
pub use simulate::{DAYS, Load, Simulation};
pub use step::{ANSWER_DAYS, Done, Emitted, Facts, Input, Order, draw, step};
pub use trail::{Mark, Trail, What};
pub use trigger::{Change as AudienceChange, Filter, Op, Trigger};
pub use world::{Answer, Effect, EffectKey, World};

use rustc_hash::FxHashMap;
use siyu_db::{Db, DbError, Engine, Migration, Tx, params};
use siyu_kernel::{Chance, Clock, Refusal, Time, Vault};
use siyu_log::Log;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};

pub const MIGRATIONS: &[Migration] =
    &[Migration { id: "journeys/0001_journeys", sql: include_str!("../migrations/0001_journeys.sql") }];

/// The operations. Cheap to clone.
#[derive(Clone)]
pub struct Journeys {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    log: Log,
    /// Draws the ways at splits: the same in every process of this workspace.
    key: u64,
    chance: Arc<Chance>,
    clock: Arc<dyn Clock>,
    world: Arc<dyn World>,
    /// By journey and version. What was published does not change.
    plans: Mutex<FxHashMap<(u32, u32), Arc<Plan>>>,
    /// The journey that had its turn last.
    turn: AtomicU32,
    /// Since when whoever answers conditions has been behind the log.
    behind: Mutex<Option<Time>>,
}

/// Plans kept in memory; more than that are read again.
const PLANS_MAX: usize = 1_000;

impl Journeys {
    pub fn new(
        db: Db,
        vault: &Vault,
        log: Log,
        chance: Arc<Chance>,
        clock: Arc<dyn Clock>,
        world: Arc<dyn World>,
    ) -> Self {
        let key = vault.derived64("journey-split");
        let (plans, turn, behind) = (Mutex::default(), AtomicU32::new(0), Mutex::default());
        Self { inner: Arc::new(Inner { db, log, key, chance, clock, world, plans, turn, behind }) }
    }
    pub(crate) fn now(&self) -> Time {
        self.inner.clock.now()
    }
    pub(crate) fn key(&self) -> u64 {
        self.inner.key
    }
    pub(crate) fn world(&self) -> &dyn World {
        &*self.inner.world
    }
    /// Units that move people stand in line: each has to see where the one before it has left them. SQLite has one writer anyway.
    pub(crate) fn lock(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        if tx.engine() == Engine::Postgres {
            tx.each(
                "SELECT pg_advisory_xact_lock(hashtext('siyu-journeys'), hashtext(current_schema()))",
                &[],
                |_| Ok(()),
            )?;
        }
        Ok(())
    }
    /// Errors: `journey_unknown`.
    pub fn journey(&self, tx: &mut Tx<'_>, id: &str) -> Result<JourneyRow, Refusal> {
        let sql = format!("{} WHERE id = $1", rows::JOURNEY);
        tx.opt(&sql, params![id], rows::journey_row)?.ok_or_else(refuse::unknown)
    }
    /// The newest first, those made before `before`.
    pub fn journeys(&self, tx: &mut Tx<'_>, before: Option<u32>, limit: i64) -> Result<Vec<JourneyRow>, Refusal> {
        let sql = format!("{} WHERE num < $1 ORDER BY num DESC LIMIT $2", rows::JOURNEY);
        let before = before.map_or(i64::MAX, i64::from);
        Ok(tx.query(&sql, params![before, limit.clamp(1, 201)], rows::journey_row)?)
    }
    /// Whether any journey was published and has not ended: without one there is nothing to step.
    pub fn any_open(&self, tx: &mut Tx<'_>) -> Result<bool, Refusal> {
        let sql = "SELECT 1 FROM journey WHERE ended_at IS NULL AND state <> 'draft' LIMIT 1";
        Ok(tx.opt(sql, &[], |row| row.int(0))?.is_some())
    }
    pub(crate) fn by_num(&self, tx: &mut Tx<'_>, num: u32) -> Result<JourneyRow, Refusal> {
        let sql = format!("{} WHERE num = $1", rows::JOURNEY);
        tx.opt(&sql, params![num], rows::journey_row)?.ok_or_else(refuse::unknown)
    }
    /// Errors: `journey_version_unknown`.
    pub(crate) fn plan(&self, tx: &mut Tx<'_>, journey: u32, version: u32) -> Result<Arc<Plan>, Refusal> {
        let known = |own: &Self| own.plans().get(&(journey, version)).cloned();
        if let Some(plan) = known(self) {
            return Ok(plan);
        }
        let sql = "SELECT body FROM journey_version WHERE journey = $1 AND version = $2";
        let body = tx.opt(sql, params![journey, version], |row| row.text(0))?.ok_or_else(refuse::version_unknown)?;
        let definition = Definition::from_text(&body)?;
        let nums = node_nums(tx, journey)?;
        let plan = Arc::new(Plan::new(version, definition, &nums));
        let mut plans = self.plans();
        if plans.len() >= PLANS_MAX {
            plans.clear();
        }
        plans.insert((journey, version), Arc::clone(&plan));
        Ok(plan)
    }
    fn plans(&self) -> std::sync::MutexGuard<'_, FxHashMap<(u32, u32), Arc<Plan>>> {
        self.inner.plans.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

pub(crate) fn node_nums(tx: &mut Tx<'_>, journey: u32) -> Result<FxHashMap<String, u32>, DbError> {
    let sql = "SELECT id, node FROM journey_node WHERE journey = $1";
    Ok(tx.query(sql, params![journey], |row| Ok((row.text(0)?, row.num(1)?)))?.into_iter().collect())
}
