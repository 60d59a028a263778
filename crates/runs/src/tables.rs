//! The two tables: runs, and their chunks.

use crate::draft::Draft;
use crate::filter::Filter;
use crate::run::{Entry, Run, decode_chunk, decode_firsts, encode_chunk, encode_firsts, seek_chunk};
use siyu_db::{Db, DbError, Param, Tx, params};
use siyu_kernel::{Refusal, Time};
use std::sync::Arc;

/// Chunks deleted in one unit.
const DELETED_MAX: i64 = 256;

/// The names of an owner's tables. Both have the columns that `log/0001_log` describes; `state` is 0 while a run is being built, 1 in use,
/// 2 to be deleted.
#[derive(Clone, Copy, Debug)]
pub struct Tables {
    pub runs: &'static str,
    pub chunks: &'static str,
    /// Entries a chunk: what a look-up reads and decodes.
    pub chunk_entries: usize,
    /// How long a merged-away run stays readable: as long as somebody may live who has learnt of the runs in an earlier snapshot.
    pub dead_seconds: i64,
}

impl Tables {
    /// The runs in use, by id.
    pub fn ids(&self, tx: &mut Tx<'_>) -> Result<Vec<i64>, DbError> {
        tx.query(&format!("SELECT id FROM {} WHERE state = 1 ORDER BY id", self.runs), &[], |row| row.int(0))
    }
    /// `None`: not in use, or not any more.
    pub fn load(&self, tx: &mut Tx<'_>, id: i64) -> Result<Option<Run>, DbError> {
        let columns = "kind, level, seq_lo, seq_hi, n, firsts, filter";
        tx.opt(&format!("SELECT {columns} FROM {} WHERE id = $1 AND state = 1", self.runs), params![id], |row| {
            Ok(Run {
                id,
                kind: row.int(0)?,
                level: row.int(1)?,
                seq_lo: row.int(2)?,
                seq_hi: row.int(3)?,
                n: row.int(4)?,
                firsts: Arc::new(decode_firsts(&row.blob(5)?)),
                filter: row.opt_blob(6)?.and_then(Filter::from_bytes).map(Arc::new),
            })
        })
    }
    /// One chunk of a run. Merged away since the list was read: its entries are in the newer run, and the caller's retry finds them.
    pub fn chunk(&self, tx: &mut Tx<'_>, run: &Run, no: usize) -> Result<Vec<Entry>, DbError> {
        let body = self.body(tx, run, no)?;
        decode_chunk(&body).map_err(|e| self.damaged(run, &e))
    }
    fn body(&self, tx: &mut Tx<'_>, run: &Run, no: usize) -> Result<Vec<u8>, DbError> {
        let sql = format!("SELECT body FROM {} WHERE run = $1 AND no = $2", self.chunks);
        let body = tx.opt(&sql, params![run.id, no as i64], |row| row.blob(0))?;
        body.ok_or_else(|| DbError::Conflict(format!("chunk {no} of run {} was merged away", run.id)))
    }
    fn damaged(&self, run: &Run, error: &impl std::fmt::Display) -> DbError {
        DbError::Decode(format!("{} {}: {error}", self.runs, run.id))
    }
    /// Every entry of the key in this run.
    pub fn each(&self, tx: &mut Tx<'_>, run: &Run, key: u64, mut each: impl FnMut(&Entry)) -> Result<(), DbError> {
        if !run.may_hold(key) {
            return Ok(());
        }
        for no in run.chunks_of(key) {
            let body = self.body(tx, run, no)?;
            seek_chunk(&body, key, &mut each).map_err(|e| self.damaged(run, &e))?;
        }
        Ok(())
    }

    /// Writes a whole run and puts it in use.
    pub fn write(&self, tx: &mut Tx<'_>, draft: &Draft) -> Result<i64, DbError> {
        let id = self.open(tx, draft)?;
        self.write_chunks(tx, draft, id, 0)?;
        self.publish(tx, draft, id)?;
        Ok(id)
    }
    pub(crate) fn open(&self, tx: &mut Tx<'_>, draft: &Draft) -> Result<i64, DbError> {
        tx.one(
            &format!(
                "INSERT INTO {} (kind, level, seq_lo, seq_hi, n, state, firsts) VALUES ($1, $2, $3, $4, $5, 0, $6) RETURNING id",
                self.runs
            ),
            params![draft.kind, draft.level, draft.range.0, draft.range.1, draft.n, &Vec::<u8>::new()],
            |row| row.int(0),
        )
    }
    pub(crate) fn write_chunks(&self, tx: &mut Tx<'_>, draft: &Draft, id: i64, from: usize) -> Result<(), DbError> {
        let rows: Vec<[Param<'_>; 3]> = draft
            .chunks
            .iter()
            .enumerate()
            .map(|(no, body)| [id.into(), ((from + no) as i64).into(), body.into()])
            .collect();
        tx.bulk(&format!("INSERT INTO {} (run, no, body)", self.chunks), "", &rows).map(drop)
    }
    pub(crate) fn publish(&self, tx: &mut Tx<'_>, draft: &Draft, id: i64) -> Result<(), DbError> {
        tx.execute(
            &format!("UPDATE {} SET state = 1, n = $1, firsts = $2, filter = $3 WHERE id = $4", self.runs),
            params![draft.n, &encode_firsts(&draft.firsts), draft.filter.as_deref(), id],
        )
        .map(drop)
    }

    /// Takes entries out of a run in use: what must be forgotten at once. A merge of this run that is under way is given up.
    pub fn remove(&self, tx: &mut Tx<'_>, run: &Run, key: u64, gone: impl Fn(&Entry) -> bool) -> Result<(), DbError> {
        if !run.may_hold(key) {
            return Ok(());
        }
        for no in run.chunks_of(key) {
            let mut entries = self.chunk(tx, run, no)?;
            let before = entries.len();
            entries.retain(|entry| entry.key != key || !gone(entry));
            let removed = (before - entries.len()) as i64;
            if removed > 0 {
                let sql = format!("UPDATE {} SET body = $1 WHERE run = $2 AND no = $3", self.chunks);
                tx.execute(&sql, params![&encode_chunk(&entries), run.id, no as i64])?;
                tx.execute(&format!("UPDATE {} SET n = n - $1 WHERE id = $2", self.runs), params![removed, run.id])?;
            }
        }
        Ok(())
    }
    /// Puts these runs, or all, out of use.
    pub fn retire(&self, tx: &mut Tx<'_>, ids: Option<&[i64]>, now: Time) -> Result<(), DbError> {
        let which = ids.map_or_else(|| "state < 2".to_owned(), |_| tx.any("id", 2));
        let sql = format!("UPDATE {} SET state = 2, died_at = $1 WHERE {which}", self.runs);
        match ids {
            Some(ids) => tx.execute(&sql, params![now, ids]),
            None => tx.execute(&sql, params![now]),
        }
        .map(drop)
    }

    pub fn has_dead(&self, db: &Db, now: Time) -> Result<bool, Refusal> {
        let sql = format!("SELECT 1 FROM {} WHERE state <> 1 AND died_at <= $1 LIMIT 1", self.runs);
        db.read(|tx| Ok(tx.opt(&sql, params![now.plus_seconds(-self.dead_seconds)], |row| row.int(0))?.is_some()))
    }
    /// Removes what a merge (or a crash in the middle of one) left behind, a few chunks at a time; false when nothing is left.
    pub fn delete_dead(&self, db: &Db, now: Time) -> Result<bool, Refusal> {
        let (runs, chunks, before) = (self.runs, self.chunks, now.plus_seconds(-self.dead_seconds));
        db.transact(move |tx| {
            let oldest = format!("SELECT id FROM {runs} WHERE state <> 1 AND died_at <= $1 ORDER BY id LIMIT 1");
            let Some(id) = tx.opt(&oldest, params![before], |row| row.int(0))? else { return Ok(false) };
            let some = format!("DELETE FROM {chunks} WHERE run = $1 AND no IN (SELECT no FROM {chunks} WHERE run = $1 ORDER BY no LIMIT {DELETED_MAX})");
            if tx.execute(&some, params![id])? == 0 {
                tx.execute(&format!("DELETE FROM {runs} WHERE id = $1"), params![id])?;
            }
            Ok(true)
        })
    }
}
