//! From an identifier's digest to the persons that may hold it, on SQLite.
//!
//! The newest entries are rows of one small table, the rest is in sorted runs that never change and are known by memory: which of them
//! are in use is read in each unit, so that every reader has the look-up of its own snapshot. Keys are half a digest: whoever is found
//! still has to hold the identifier.

use crate::People;
use rustc_hash::FxHashMap;
use siyu_db::{Db, DbError, Engine, Param, Tx, acquire, params};
use siyu_kernel::{Clock, Digest128, PersonNum, Refusal, Time};
use siyu_runs::{Draft, Entry, Run, Tables, due_merge};
use std::sync::{PoisonError, RwLock};

/// A look-up leads to any chunk of a run: small ones are read and decoded in a few microseconds. Nobody learns of a run in one snapshot and
/// reads it in another.
const TABLES: Tables =
    Tables { runs: "identifier_run", chunks: "identifier_chunk", chunk_entries: 256, dead_seconds: 0 };
const KIND: i64 = 1;
/// Newest entries that make a run: a few hundred pages, which stay in the writer's memory.
const RUN_ENTRIES_MIN: i64 = 32_768;
const RUN_ENTRIES_MAX: i64 = 262_144;
/// Level of runs of the largest size, when the look-up is made anew.
const LEVEL_OF_MAX: i64 = 2;
const LEASE: &str = "people-compact";
const LEASE_SECONDS: i64 = 120;

/// What memory keeps of the runs.
#[derive(Default)]
pub(crate) struct Index(RwLock<FxHashMap<i64, Run>>);

fn key(hash: &Digest128) -> u64 {
    u64::from_be_bytes(hash[..8].try_into().expect("a digest has 16 bytes"))
}
/// As the table stores it.
fn stored(key: u64) -> i64 {
    key as i64
}
fn entry(key: u64, num: PersonNum) -> Entry {
    Entry { key, order: 0, place: u64::from(num) }
}

impl Index {
    /// The runs in use, as this snapshot sees them.
    pub fn runs(&self, tx: &mut Tx<'_>) -> Result<Vec<Run>, DbError> {
        let ids = TABLES.ids(tx)?;
        let mut runs = Vec::with_capacity(ids.len());
        let mut loaded = false;
        for id in &ids {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
            match known {
                Some(run) => runs.push(run),
                None => {
                    runs.extend(TABLES.load(tx, *id)?);
                    loaded = true;
                }
            }
        }
        if loaded {
            // Runs that are out of use go; a reader of an older snapshot that still wants one loads it again.
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            *known = runs.iter().map(|run| (run.id, run.clone())).collect();
        }
        Ok(runs)
    }
    /// The nodes that may hold each of these identifiers: (which one, node). Those with neighbouring digests should be neighbours.
    pub fn candidates(&self, tx: &mut Tx<'_>, hashes: &[Digest128]) -> Result<Vec<(usize, PersonNum)>, DbError> {
        let mut nodes = Vec::new();
        if hashes.is_empty() {
            return Ok(nodes);
        }
        let keys: Vec<[Param<'_>; 1]> = hashes.iter().map(|hash| [stored(key(hash)).into()]).collect();
        tx.query_all("SELECT num FROM identifier_new WHERE key = $1", &keys, |at, row| {
            nodes.push((at, row.num(0)?));
            Ok(())
        })?;
        for run in self.runs(tx)? {
            for (at, hash) in hashes.iter().enumerate() {
                TABLES.each(tx, &run, key(hash), |entry| nodes.push((at, entry.place as PersonNum)))?;
            }
        }
        Ok(nodes)
    }
    pub fn add(&self, tx: &mut Tx<'_>, identifiers: &[(&Digest128, PersonNum)]) -> Result<(), DbError> {
        let mut rows: Vec<[Param<'_>; 2]> =
            identifiers.iter().map(|(hash, num)| [stored(key(hash)).into(), (*num).into()]).collect();
        // In the order of the tree: neighbours share their pages.
        rows.sort_unstable_by_key(|row| if let Param::Int(key) = row[0] { key } else { 0 });
        tx.bulk("INSERT INTO identifier_new (key, num)", "ON CONFLICT (key, num) DO NOTHING", &rows).map(drop)
    }
    /// Before the identifiers of these nodes are deleted: nothing is left that leads from them to anybody, but for runs that
    /// a merge has just replaced and that are about to be deleted.
    pub fn forget(&self, tx: &mut Tx<'_>, nodes: &[i64]) -> Result<(), DbError> {
        let sql = format!("SELECT hash, num FROM identifier WHERE {}", tx.any("num", 1));
        let identifiers = tx.query(&sql, params![nodes], |row| Ok((digest(row, 0)?, row.num(1)?)))?;
        let runs = self.runs(tx)?;
        for (hash, num) in &identifiers {
            let key = key(hash);
            tx.execute("DELETE FROM identifier_new WHERE key = $1 AND num = $2", params![stored(key), *num])?;
            for run in &runs {
                TABLES.remove(tx, run, key, |entry| entry.place == u64::from(*num))?;
            }
        }
        Ok(())
    }

    /// Makes the look-up anew from the identifiers.
    fn rebuild(&self, tx: &mut Tx<'_>, now: Time) -> Result<(), DbError> {
        tx.execute("DELETE FROM identifier_new", &[])?;
        TABLES.retire(tx, None, now)?;
        let mut last: (PersonNum, Digest128) = (0, [0; 16]);
        loop {
            let sql = "SELECT num, hash FROM identifier WHERE (num, hash) > ($1, $2) ORDER BY num, hash LIMIT $3";
            let some =
                tx.query(sql, params![last.0, &last.1, RUN_ENTRIES_MAX], |row| Ok((row.num(0)?, digest(row, 1)?)))?;
            let Some(end) = some.last() else { return Ok(()) };
            last = *end;
            let entries = some.iter().map(|(num, hash)| entry(key(hash), *num)).collect();
            TABLES.write(tx, &Draft::new(&TABLES, KIND, LEVEL_OF_MAX, (0, 0), entries, true))?;
        }
    }
    /// A run of the newest entries, which leave their table in the same unit.
    fn flush(tx: &mut Tx<'_>) -> Result<(), DbError> {
        let mut last = None;
        let sql = "SELECT key, num FROM identifier_new ORDER BY key, num LIMIT $1";
        let entries = tx.query(sql, params![RUN_ENTRIES_MAX], |row| {
            last = Some((row.int(0)?, row.num(1)?));
            Ok(entry(row.int(0)? as u64, row.num(1)?))
        })?;
        let Some((key, num)) = last else { return Ok(()) };
        if (entries.len() as i64) < RUN_ENTRIES_MAX {
            // All of them: a table is emptied without looking at its rows.
            tx.execute("DELETE FROM identifier_new", &[])?;
        } else {
            tx.execute("DELETE FROM identifier_new WHERE (key, num) <= ($1, $2)", params![key, num])?;
        }
        TABLES.write(tx, &Draft::new(&TABLES, KIND, 1, (0, 0), entries, true)).map(drop)
    }
}

fn digest(row: siyu_db::RowRef<'_>, at: usize) -> Result<Digest128, DbError> {
    row.blob(at)?.try_into().map_err(|_| DbError::Decode("an identifier's digest has 16 bytes".into()))
}

impl People {
    /// Does one step of what is due for the look-up of identifiers; false when nothing is. `holder` names this process; another process's
    /// lease makes it false.
    pub fn compact(&self, db: &Db, holder: &str, clock: &dyn Clock) -> Result<bool, Refusal> {
        if db.engine() == Engine::Postgres {
            return Ok(false);
        }
        let (many, runs) = db.read(|tx| {
            // As far as it takes to know.
            let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM identifier_new LIMIT $1) newest";
            let newest = tx.one(sql, params![RUN_ENTRIES_MIN], |row| row.int(0))?;
            Ok((newest >= RUN_ENTRIES_MIN, self.inner.index.runs(tx)?))
        })?;
        let group = due_merge(&runs, KIND);
        if !many && group.is_none() && !TABLES.has_dead(db, clock.now())? {
            return Ok(false);
        }
        let hold_lease = || {
            let (name, now) = (holder.to_owned(), clock.now());
            db.transact(move |tx| Ok(acquire(tx, LEASE, &name, now, LEASE_SECONDS)?.is_some()))
        };
        if !hold_lease()? {
            return Ok(false);
        }
        match group {
            _ if many => db.transact(|tx| Ok(Index::flush(tx)?))?,
            Some(group) => TABLES.merge(db, &group, clock, || hold_lease().map(drop))?,
            None => return TABLES.delete_dead(db, clock.now()),
        }
        Ok(true)
    }

    /// Throws the look-up of identifiers away and makes it anew, in one unit: other writers wait for it, a second for a million of them.
    pub fn rebuild(&self, db: &Db, now: Time) -> Result<(), Refusal> {
        if db.engine() == Engine::Postgres {
            return Ok(());
        }
        let inner = std::sync::Arc::clone(&self.inner);
        db.transact(move |tx| Ok(inner.index.rebuild(tx, now)?))
    }
    /// Makes the look-up if there is none: after an upgrade, or after moving from PostgreSQL.
    pub(crate) fn build_if_missing(&self, db: &Db) -> Result<(), Refusal> {
        if db.engine() == Engine::Postgres {
            return Ok(());
        }
        let missing = |tx: &mut Tx<'_>| {
            let some = |tx: &mut Tx<'_>, table: &str| {
                tx.opt(&format!("SELECT 1 FROM {table} LIMIT 1"), &[], |row| row.int(0)).map(|found| found.is_some())
            };
            let made = some(tx, "identifier_new")? || !TABLES.ids(tx)?.is_empty();
            Ok::<_, Refusal>(!made && some(tx, "identifier")?)
        };
        if !db.read(missing)? {
            return Ok(());
        }
        let inner = std::sync::Arc::clone(&self.inner);
        // Two processes that start at once: the second finds it made.
        db.transact(move |tx| if missing(tx)? { Ok(inner.index.rebuild(tx, Time(0))?) } else { Ok(()) })
    }
}
