//! Appending, and the memory that goes with it.

use crate::codec;
use crate::index::TABLES;
use crate::read::Place;
use crate::state::{State, TailBatch, TailRow};
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_db::{CommitHook, Db, DbError, Engine, Slot, Slots, Tx, params};
use siyu_kernel::{Clock, Event, EventKind, Refusal, Time, Vault};
use std::any::Any;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Events per stored batch at most: a profile page decodes one batch for each event it shows.
const BATCH_EVENTS_MAX: usize = 256;

#[derive(Clone)]
pub struct Log {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub vault: Vault,
    pub clock: Arc<dyn Clock>,
    pub state: RwLock<State>,
}

/// Figures for metrics and back-pressure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    pub last_seq: i64,
    /// Events that no run covers yet; they are held in memory.
    pub tail_rows: usize,
    pub runs: usize,
}

/// The events of the units in the open transaction.
#[derive(Default)]
struct Pending {
    events: Vec<(Event, u64)>,
    seen: FxHashSet<u64>,
    /// How far the log had come when this transaction first asked whether a message is new.
    asked_at: Option<i64>,
    /// Filled by `before_commit` for `after_commit`.
    written: Vec<TailBatch>,
}

impl Slot for Pending {
    fn mark(&self) -> usize {
        self.events.len()
    }
    fn rewind(&mut self, mark: usize) {
        for (_, digest) in self.events.drain(mark..) {
            self.seen.remove(&digest);
        }
    }
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

impl Log {
    /// Attaches the log to a database; from here on every commit carries its events.
    pub fn open(db: &Db, vault: Vault, clock: Arc<dyn Clock>) -> Result<Self, Refusal> {
        let inner = Arc::new(Inner { vault, clock, state: RwLock::default() });
        let log = Self { inner: Arc::clone(&inner) };
        db.read(|tx| Ok(inner.load(tx)?))?;
        db.add_hook(Arc::new(Hook(log.clone())));
        Ok(log)
    }
    /// The present, by the clock events are stamped with.
    pub fn now(&self) -> Time {
        self.inner.clock.now()
    }
    pub fn digest(&self, message_id: &str) -> u64 {
        self.inner.vault.digest64(message_id)
    }

    /// True when no committed event, and none of the open transaction, has this message id.
    pub fn is_new(&self, tx: &mut Tx<'_>, message_id: &str) -> Result<bool, DbError> {
        let digest = self.digest(message_id);
        self.digest_is_new(tx, digest)
    }
    /// The same for a digest worked out beforehand, off the writing thread.
    pub fn digest_is_new(&self, tx: &mut Tx<'_>, digest: u64) -> Result<bool, DbError> {
        let last = self.inner.read().last_seq;
        let pending = tx.slot::<Pending>();
        if pending.seen.contains(&digest) {
            return Ok(false);
        }
        pending.asked_at.get_or_insert(last);
        Ok(self.place_of(tx, digest)?.is_none())
    }
    /// Hands an event to the open transaction. It is in the log once that commits, and gone when the unit is refused.
    /// The caller has asked [`Log::is_new`]; events of the platform itself carry ids derived from what caused them.
    pub fn append(&self, tx: &mut Tx<'_>, event: Event) {
        let digest = self.digest(&event.message_id);
        self.append_digested(tx, event, digest);
    }
    pub fn append_digested(&self, tx: &mut Tx<'_>, event: Event, digest: u64) {
        let last = self.inner.read().last_seq;
        let pending = tx.slot::<Pending>();
        pending.asked_at.get_or_insert(last);
        pending.seen.insert(digest);
        pending.events.push((event, digest));
    }
    /// On PostgreSQL units ran side by side: only now, alone, do we learn whether another one has appended the same message
    /// since this one asked.
    fn settle(&self, tx: &mut Tx<'_>, pending: &Pending) -> Result<(), DbError> {
        self.inner.lock(tx)?;
        self.inner.load(tx)?;
        let asked_at = pending.asked_at.unwrap_or(0);
        if self.inner.read().last_seq == asked_at {
            return Ok(());
        }
        let compacted = self.inner.read().indexed_to() > asked_at;
        for (_, digest) in &pending.events {
            let place = if compacted { self.place_of(tx, *digest)? } else { self.inner.read().in_tail(*digest) };
            if place.is_some_and(|place| place.seq() > asked_at) {
                return Err(DbError::Conflict("the same message was appended by another unit".into()));
            }
        }
        Ok(())
    }
    /// Learns what other processes appended, for those that only read: on PostgreSQL appending learns it under the lock, reading does not.
    pub fn catch_up(&self, db: &Db) -> Result<(), Refusal> {
        db.read(|tx| Ok(self.inner.load(tx)?))
    }
    pub fn stats(&self) -> Stats {
        let state = self.inner.read();
        Stats { last_seq: state.last_seq, tail_rows: state.tail_rows, runs: state.runs.len() }
    }
    /// Committed events, the platform's own apart: (behaviour, system).
    pub fn totals(&self, tx: &mut Tx<'_>) -> Result<(i64, i64), DbError> {
        let rows: FxHashMap<String, i64> = tx
            .query("SELECT name, n FROM log_total", &[], |row| Ok((row.text(0)?, row.int(1)?)))?
            .into_iter()
            .collect();
        let of = |name: &str| rows.get(name).copied().unwrap_or(0);
        Ok((of("events"), of("system")))
    }
}

impl Inner {
    pub fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(|broken| broken.into_inner())
    }
    pub fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Learns what other processes appended or compacted.
    pub fn load(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        let (known, last) = {
            let state = self.read();
            (state.runs.iter().map(|run| (run.id, run.clone())).collect::<FxHashMap<_, _>>(), state.last_seq)
        };
        let ids = TABLES.ids(tx)?;
        if ids.len() != known.len() || ids.iter().any(|id| !known.contains_key(id)) {
            let mut runs = Vec::with_capacity(ids.len());
            for id in ids {
                match known.get(&id) {
                    Some(run) => runs.push(run.clone()),
                    None => runs.extend(TABLES.load(tx, id)?),
                }
            }
            self.write().set_runs(runs);
        }
        let from = last.max(self.read().indexed_to());
        let mut batches = Vec::new();
        tx.each("SELECT seq, body FROM log_batch WHERE seq > $1 ORDER BY seq", params![from], |row| {
            batches.push(self.tail_batch(row.int(0)?, &row.blob(1)?)?);
            Ok(())
        })?;
        let mut state = self.write();
        batches.into_iter().for_each(|batch| state.push(batch));
        Ok(())
    }
    pub fn tail_batch(&self, seq: i64, body: &[u8]) -> Result<TailBatch, DbError> {
        let events = codec::decode(body, &self.vault).map_err(|e| DbError::Decode(format!("log batch {seq}: {e}")))?;
        Ok(TailBatch {
            seq,
            rows: events.iter().map(|event| tail_row(event, self.vault.digest64(&event.message_id))).collect(),
        })
    }

    pub(crate) fn lock(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        tx.each("SELECT pg_advisory_xact_lock(hashtext('siyu-log'), hashtext(current_schema()))", &[], |_| Ok(()))
    }

    fn write_batches(&self, tx: &mut Tx<'_>, pending: &mut Pending) -> Result<(), DbError> {
        let mut seq = self.read().last_seq;
        let now = self.clock.now();
        let (mut behaviour, mut system) = (0i64, 0i64);
        for chunk in pending.events.chunks(BATCH_EVENTS_MAX) {
            seq += 1;
            let events: Vec<&Event> = chunk.iter().map(|(event, _)| event).collect();
            let body = codec::encode(&events, &self.vault);
            let at = |pick: fn(i64, i64) -> i64| events.iter().map(|e| e.at.0).reduce(pick).unwrap_or_default();
            tx.execute(
                "INSERT INTO log_batch (seq, at_min, at_max, received_at, n, body) VALUES ($1, $2, $3, $4, $5, $6)",
                params![seq, at(i64::min), at(i64::max), now, events.len() as i64, &body],
            )?;
            let rows: Vec<TailRow> = chunk.iter().map(|(event, digest)| tail_row(event, *digest)).collect();
            let own = rows.iter().filter(|row| row.system).count() as i64;
            system += own;
            behaviour += rows.len() as i64 - own;
            pending.written.push(TailBatch { seq, rows });
        }
        for (name, n) in [("events", behaviour), ("system", system)] {
            if n > 0 {
                tx.execute("UPDATE log_total SET n = n + $1 WHERE name = $2", params![n, name])?;
            }
        }
        Ok(())
    }
}

fn tail_row(event: &Event, digest: u64) -> TailRow {
    TailRow { digest, person: event.person, system: event.kind == EventKind::System, at: event.at.0 }
}

struct Hook(Log);

impl CommitHook for Hook {
    fn refresh(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        // On PostgreSQL the look happens under the lock, in `settle`.
        if tx.engine() == Engine::Sqlite {
            self.0.inner.load(tx)?;
        }
        Ok(())
    }
    fn before_commit(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        let mut pending = std::mem::take(tx.slot::<Pending>());
        if pending.events.is_empty() {
            return Ok(());
        }
        if tx.engine() == Engine::Postgres {
            self.0.settle(tx, &pending)?;
        }
        let result = self.0.inner.write_batches(tx, &mut pending);
        *tx.slot::<Pending>() = pending;
        Ok(result?)
    }
    fn after_commit(&self, slots: &mut Slots, saved: bool) {
        let pending = std::mem::take(slots.get::<Pending>());
        if saved && !pending.written.is_empty() {
            let mut state = self.0.inner.write();
            pending.written.into_iter().for_each(|batch| state.push(batch));
        }
    }
}

impl Place {
    pub(crate) fn of(entry: &siyu_runs::Entry) -> Self {
        Self(entry.place)
    }
}
