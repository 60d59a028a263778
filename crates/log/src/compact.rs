//! Turning the tail into runs and small runs into larger ones, a bounded step at a time, beside the writers.

use crate::filter::Filter;
use crate::log::{Log, load_run};
use crate::read::chunk;
use crate::run::{CHUNK_ENTRIES, Entry, Index, Run, encode_chunk, encode_firsts};
use crate::state::TailBatch;
use siyu_db::{Db, DbError, Tx, acquire, params};
use siyu_kernel::Refusal;
use std::sync::Arc;

/// Rows in the tail that make a run. Below, memory answers faster than any file.
const RUN_ROWS_MIN: usize = 32_768;
const RUN_ROWS_MAX: usize = 262_144;
const FAN_IN: usize = 8;
/// Chunks written in one unit while merging: a unit of work must not keep other writers waiting for long.
const CHUNKS_PER_UNIT: usize = 48;
const LEASE_SECONDS: i64 = 120;
/// A merged-away run stays readable for as long as a reader that began before the merge may live.
const DEAD_SECONDS: i64 = 60;
const LEASE: &str = "log-compact";
const INDEXES: [Index; 2] = [Index::Message, Index::Person];

impl Log {
    /// Does one step of what is due; false when nothing is. `holder` names this process; another process's lease makes it false.
    pub fn compact(&self, db: &Db, holder: &str) -> Result<bool, Refusal> {
        if self.inner.read().tail_rows < RUN_ROWS_MIN && !self.merge_is_due() && !self.has_dead(db)? {
            return Ok(false);
        }
        if !self.hold_lease(db, holder)? {
            return Ok(false);
        }
        if self.inner.read().tail_rows >= RUN_ROWS_MIN {
            return self.flush_tail(db);
        }
        for index in INDEXES {
            if let Some(group) = self.due_merge(index) {
                return self.merge(db, &group, holder);
            }
        }
        self.delete_dead(db)
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
        db.transact(move |tx| Ok(tx.execute("UPDATE log_run SET state = 2 WHERE state < 2", &[])?))?;
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
        while self.merge_is_due() || self.has_dead(db)? {
            if !self.step_after_rebuild(db, holder)? {
                break;
            }
        }
        Ok(())
    }
    fn step_after_rebuild(&self, db: &Db, holder: &str) -> Result<bool, Refusal> {
        for index in INDEXES {
            if let Some(group) = self.due_merge(index) {
                return self.merge(db, &group, holder);
            }
        }
        self.delete_dead(db)
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
        let prepared: Arc<Vec<Prepared>> = Arc::new(
            INDEXES
                .map(|index| {
                    Prepared::new(index, 1, range, batches.iter().flat_map(|batch| batch.entries(index)).collect())
                })
                .into(),
        );
        let inner = Arc::clone(&self.inner);
        db.transact(move |tx| {
            let taken = tx.one(
                "SELECT COUNT(*) FROM log_run WHERE state = 1 AND seq_hi >= $1 AND seq_lo <= $2",
                params![range.0, range.1],
                |row| row.int(0),
            )?;
            if taken == 0 {
                for run in prepared.iter() {
                    let id = run.open(tx)?;
                    run.write_chunks(tx, id, 0)?;
                    run.publish(tx, id)?;
                }
            }
            Ok(())
        })?;
        db.read(|tx| Ok(inner.load(tx)?))
    }

    fn merge_is_due(&self) -> bool {
        INDEXES.iter().any(|index| self.due_merge(*index).is_some())
    }
    fn due_merge(&self, index: Index) -> Option<Vec<Run>> {
        let state = self.inner.read();
        let mut level = 1;
        loop {
            let mut runs: Vec<Run> =
                state.runs.iter().filter(|run| run.index == index && run.level == level).cloned().collect();
            if runs.len() >= FAN_IN {
                runs.sort_by_key(|run| run.seq_lo);
                runs.truncate(FAN_IN);
                return Some(runs);
            }
            level += 1;
            if level > 12 {
                return None;
            }
        }
    }

    /// Merges neighbours into one run of the next level: chunk by chunk, in many small units, visible at the end at once.
    fn merge(&self, db: &Db, runs: &[Run], holder: &str) -> Result<bool, Refusal> {
        let (index, level) = (runs[0].index, runs[0].level + 1);
        let range = (
            runs.iter().map(|r| r.seq_lo).min().unwrap_or_default(),
            runs.iter().map(|r| r.seq_hi).max().unwrap_or_default(),
        );
        let n: i64 = runs.iter().map(|run| run.n).sum();
        let header = Prepared { index, level, range, n, firsts: Vec::new(), chunks: Vec::new(), filter: None };
        let id = db.transact({
            let header = header.clone();
            move |tx| Ok(header.open(tx)?)
        })?;
        let mut cursors: Vec<RunCursor> =
            runs.iter().map(|run| RunCursor { run: run.clone(), next_chunk: 0, entries: Vec::new(), at: 0 }).collect();
        let (mut firsts, mut keys, mut written) = (Vec::new(), Vec::new(), 0usize);
        loop {
            let mut entries: Vec<Entry> = Vec::with_capacity(CHUNKS_PER_UNIT * CHUNK_ENTRIES);
            db.read(|tx| {
                while entries.len() < CHUNKS_PER_UNIT * CHUNK_ENTRIES {
                    match smallest(tx, &mut cursors)? {
                        Some(entry) => entries.push(entry),
                        None => break,
                    }
                }
                Ok(())
            })?;
            if entries.is_empty() {
                break;
            }
            if index == Index::Message {
                keys.extend(entries.iter().map(|entry| entry.key));
            }
            let part = Prepared::new(index, level, range, entries);
            firsts.extend_from_slice(&part.firsts);
            let from = written;
            written += part.chunks.len();
            db.transact(move |tx| Ok(part.write_chunks(tx, id, from)?))?;
            self.hold_lease(db, holder)?;
        }
        let filter = (index == Index::Message).then(|| Filter::build(keys.iter().copied(), keys.len()));
        let last = Prepared { firsts, filter: filter.map(|f| Arc::from(f.bytes())), ..header };
        let old: Vec<i64> = runs.iter().map(|run| run.id).collect();
        let now = self.inner.clock.now();
        db.transact(move |tx| {
            last.publish(tx, id)?;
            Ok(tx.execute(
                &format!("UPDATE log_run SET state = 2, died_at = $1 WHERE {}", tx.any("id", 2)),
                params![now, &old],
            )?)
        })?;
        db.read(|tx| Ok(self.inner.load(tx)?))?;
        Ok(true)
    }

    fn has_dead(&self, db: &Db) -> Result<bool, Refusal> {
        let before = self.inner.clock.now().plus_seconds(-DEAD_SECONDS);
        db.read(|tx| {
            Ok(tx.one("SELECT COUNT(*) FROM log_run WHERE state <> 1 AND died_at <= $1", params![before], |row| {
                row.int(0)
            })? > 0)
        })
    }
    /// Removes what a merge (or a crash in the middle of one) left behind, a few chunks at a time.
    fn delete_dead(&self, db: &Db) -> Result<bool, Refusal> {
        let before = self.inner.clock.now().plus_seconds(-DEAD_SECONDS);
        db.transact(move |tx| {
            let Some(id) = tx.opt("SELECT id FROM log_run WHERE state <> 1 AND died_at <= $1 ORDER BY id LIMIT 1", params![before], |row| row.int(0))? else { return Ok(false) };
            let gone = tx.execute("DELETE FROM log_chunk WHERE run = $1 AND no IN (SELECT no FROM log_chunk WHERE run = $1 ORDER BY no LIMIT 256)", params![id])?;
            if gone == 0 {
                tx.execute("DELETE FROM log_run WHERE id = $1", params![id])?;
            }
            Ok(true)
        })
    }
}

/// A run ready to be written.
#[derive(Clone)]
struct Prepared {
    index: Index,
    level: i64,
    range: (i64, i64),
    n: i64,
    firsts: Vec<(u64, i64)>,
    chunks: Vec<Vec<u8>>,
    filter: Option<Arc<[u8]>>,
}

impl Prepared {
    fn new(index: Index, level: i64, range: (i64, i64), mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable();
        let filter = (index == Index::Message).then(|| Filter::build(entries.iter().map(|e| e.key), entries.len()));
        Self {
            index,
            level,
            range,
            n: entries.len() as i64,
            firsts: entries.chunks(CHUNK_ENTRIES).map(|chunk| (chunk[0].key, chunk[0].order)).collect(),
            chunks: entries.chunks(CHUNK_ENTRIES).map(encode_chunk).collect(),
            filter: filter.map(|f| Arc::from(f.bytes())),
        }
    }
    fn open(&self, tx: &mut Tx<'_>) -> Result<i64, DbError> {
        tx.one(
            "INSERT INTO log_run (kind, level, seq_lo, seq_hi, n, state, firsts) VALUES ($1, $2, $3, $4, $5, 0, $6) RETURNING id",
            params![self.index as i64, self.level, self.range.0, self.range.1, self.n, &Vec::<u8>::new()],
            |row| row.int(0),
        )
    }
    fn write_chunks(&self, tx: &mut Tx<'_>, id: i64, from: usize) -> Result<(), DbError> {
        let rows: Vec<[siyu_db::Param<'_>; 3]> = self
            .chunks
            .iter()
            .enumerate()
            .map(|(no, body)| [id.into(), ((from + no) as i64).into(), body.into()])
            .collect();
        tx.bulk("INSERT INTO log_chunk (run, no, body)", "", &rows).map(drop)
    }
    fn publish(&self, tx: &mut Tx<'_>, id: i64) -> Result<(), DbError> {
        let filter = self.filter.as_deref();
        tx.execute(
            "UPDATE log_run SET state = 1, firsts = $1, filter = $2 WHERE id = $3",
            params![&encode_firsts(&self.firsts), filter, id],
        )?;
        debug_assert!(load_run(tx, id)?.is_some());
        Ok(())
    }
}

struct RunCursor {
    run: Run,
    next_chunk: usize,
    entries: Vec<Entry>,
    at: usize,
}

impl RunCursor {
    fn peek(&mut self, tx: &mut Tx<'_>) -> Result<Option<Entry>, DbError> {
        if self.at == self.entries.len() {
            if self.next_chunk == self.run.firsts.len() {
                return Ok(None);
            }
            self.entries = chunk(tx, &self.run, self.next_chunk)?;
            self.next_chunk += 1;
            self.at = 0;
        }
        Ok(self.entries.get(self.at).copied())
    }
}

fn smallest(tx: &mut Tx<'_>, cursors: &mut [RunCursor]) -> Result<Option<Entry>, DbError> {
    let mut best: Option<(usize, Entry)> = None;
    for (which, cursor) in cursors.iter_mut().enumerate() {
        if let Some(entry) = cursor.peek(tx)?
            && best.is_none_or(|(_, other)| entry < other)
        {
            best = Some((which, entry));
        }
    }
    Ok(best.map(|(which, entry)| {
        cursors[which].at += 1;
        entry
    }))
}
