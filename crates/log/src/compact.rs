//! Turning the tail into runs and small runs into larger ones, a bounded step at a time, beside the writers.

use crate::index::{Index, TABLES};
use crate::log::Log;
use crate::state::TailBatch;
use siyu_db::{Db, acquire, params};
use siyu_kernel::Refusal;
use siyu_runs::{Draft, Run, due_merge};
use std::sync::Arc;

/// Rows in the tail that make a run. Below, memory answers faster than any file.
const RUN_ROWS_MIN: usize = 32_768;
const RUN_ROWS_MAX: usize = 262_144;
const LEASE_SECONDS: i64 = 120;
const LEASE: &str = "log-compact";

impl Log {
    /// Does one step of what is due; false when nothing is. `holder` names this process; another process's lease makes it false.
    pub fn compact(&self, db: &Db, holder: &str) -> Result<bool, Refusal> {
        if self.inner.read().tail_rows < RUN_ROWS_MIN && self.due_merge().is_none() && !self.has_dead(db)? {
            return Ok(false);
        }
        if !self.hold_lease(db, holder)? {
            return Ok(false);
        }
        if self.inner.read().tail_rows >= RUN_ROWS_MIN {
            return self.flush_tail(db);
        }
        self.step(db, holder)
    }
    /// Merges once, or deletes a little of what is merged.
    fn step(&self, db: &Db, holder: &str) -> Result<bool, Refusal> {
        let Some(group) = self.due_merge() else { return TABLES.delete_dead(db, self.inner.clock.now()) };
        TABLES.merge(db, &group, &*self.inner.clock, || self.hold_lease(db, holder).map(drop))?;
        db.read(|tx| Ok(self.inner.load(tx)?))?;
        Ok(true)
    }
    fn has_dead(&self, db: &Db) -> Result<bool, Refusal> {
        TABLES.has_dead(db, self.inner.clock.now())
    }
    fn due_merge(&self) -> Option<Vec<Run>> {
        let state = self.inner.read();
        Index::ALL.iter().find_map(|index| due_merge(&state.runs, index.kind()))
    }
    fn hold_lease(&self, db: &Db, holder: &str) -> Result<bool, Refusal> {
        let (name, now) = (holder.to_owned(), self.inner.clock.now());
        Ok(db.transact(move |tx| Ok(acquire(tx, LEASE, &name, now, LEASE_SECONDS)?))?.is_some())
    }

    /// Throws the look-up away and makes it anew from the batches.
    pub fn rebuild(&self, db: &Db, holder: &str, mut progress: impl FnMut(i64, i64)) -> Result<(), Refusal> {
        if !self.hold_lease(db, holder)? {
            return Err(Refusal::conflict(
                "busy_elsewhere",
                "Another process is compacting this log. Try again in two minutes.",
                "另一进程正在整理日志，请两分钟后再试。",
            ));
        }
        let inner = Arc::clone(&self.inner);
        // Died long ago: nobody needs them while this runs.
        db.transact(move |tx| Ok(TABLES.retire(tx, None, siyu_kernel::Time(0))?))?;
        {
            let mut state = inner.write();
            *state = crate::state::State::default();
        }
        let total = db.read(|tx| Ok(tx.one("SELECT COALESCE(MAX(seq), 0) FROM log_batch", &[], |row| row.int(0))?))?;
        let mut seq = 0;
        while seq < total {
            let mut batches = Vec::new();
            let mut rows = 0;
            db.read(|tx| {
                while rows < RUN_ROWS_MAX {
                    let next = tx.opt(
                        "SELECT seq, body FROM log_batch WHERE seq > $1 ORDER BY seq LIMIT 1",
                        params![seq],
                        |row| Ok((row.int(0)?, row.blob(1)?)),
                    )?;
                    let Some((found, body)) = next else { break };
                    seq = found;
                    let batch = inner.tail_batch(seq, &body)?;
                    rows += batch.rows.len();
                    batches.push(Arc::new(batch));
                }
                Ok(())
            })?;
            if batches.is_empty() {
                break;
            }
            self.write_level_one(db, batches)?;
            progress(seq, total);
        }
        while (self.due_merge().is_some() || self.has_dead(db)?) && self.step(db, holder)? {}
        Ok(())
    }

    fn flush_tail(&self, db: &Db) -> Result<bool, Refusal> {
        let mut rows = 0;
        let batches: Vec<Arc<TailBatch>> = self
            .inner
            .read()
            .tail
            .iter()
            .take_while(|batch| {
                rows += batch.rows.len();
                rows <= RUN_ROWS_MAX || rows == batch.rows.len()
            })
            .cloned()
            .collect();
        self.write_level_one(db, batches)?;
        Ok(true)
    }
    fn write_level_one(&self, db: &Db, batches: Vec<Arc<TailBatch>>) -> Result<(), Refusal> {
        let (Some(first), Some(last)) = (batches.first(), batches.last()) else { return Ok(()) };
        let range = (first.seq, last.seq);
        // Sorting and encoding happen here, not on the writing thread.
        let drafts = Index::ALL.map(|index| {
            let entries = batches.iter().flat_map(|batch| batch.entries(index)).collect();
            Draft::new(&TABLES, index.kind(), 1, range, entries, index.is_filtered())
        });
        let inner = Arc::clone(&self.inner);
        db.transact(move |tx| {
            let taken = tx.one(
                "SELECT COUNT(*) FROM log_run WHERE state = 1 AND seq_hi >= $1 AND seq_lo <= $2",
                params![range.0, range.1],
                |row| row.int(0),
            )?;
            if taken == 0 {
                for draft in &drafts {
                    TABLES.write(tx, draft)?;
                }
            }
            Ok(())
        })?;
        db.read(|tx| Ok(inner.load(tx)?))
    }
}
