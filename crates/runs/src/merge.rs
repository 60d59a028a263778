//! Small runs into larger ones, a bounded step at a time, beside the writers.

use crate::draft::Draft;
use crate::filter::Filter;
use crate::run::{Entry, Run};
use crate::tables::Tables;
use siyu_db::{Db, DbError, Tx, params};
use siyu_kernel::{Clock, Refusal};

/// Runs of one level that become one of the next.
const FAN_IN: usize = 8;
/// Entries written in one unit: a unit of work must not keep other writers waiting for long.
const ENTRIES_PER_UNIT: usize = 48 * 1_024;

/// The oldest neighbours of the lowest level that has enough of them.
pub fn due_merge(runs: &[Run], kind: i64) -> Option<Vec<Run>> {
    let top = runs.iter().map(|run| run.level).max().unwrap_or(0);
    (1..=top).find_map(|level| {
        let mut group: Vec<Run> = runs.iter().filter(|run| run.kind == kind && run.level == level).cloned().collect();
        group.sort_by_key(|run| (run.seq_lo, run.id));
        group.truncate(FAN_IN);
        (group.len() == FAN_IN).then_some(group)
    })
}

impl Tables {
    /// Merges them into one run of the next level: chunk by chunk, in many small units, visible at the end at once. `between` is called
    /// after each unit, to keep a lease. What is in the runs and what they answer stays the same.
    pub fn merge(
        &self,
        db: &Db,
        runs: &[Run],
        clock: &dyn Clock,
        mut between: impl FnMut() -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let tables = *self;
        let ids: Vec<i64> = runs.iter().map(|run| run.id).collect();
        let (kind, level) = (runs[0].kind, runs[0].level + 1);
        let range = (
            runs.iter().map(|r| r.seq_lo).min().unwrap_or_default(),
            runs.iter().map(|r| r.seq_hi).max().unwrap_or_default(),
        );
        let mut whole = Draft::part(self, kind, level, range, &[]);
        let (id, n) = db.transact({
            let (header, ids) = (whole.clone(), ids.clone());
            move |tx| Ok((tables.open(tx, &header)?, tables.count(tx, &ids)?))
        })?;
        let mut cursors: Vec<Cursor> = runs.iter().cloned().map(Cursor::new).collect();
        let mut filter = runs[0].filter.is_some().then(|| Filter::sized(usize::try_from(n).unwrap_or(0)));
        loop {
            let entries = db.read(|tx| Ok(self.next_entries(tx, &mut cursors)?))?;
            if entries.is_empty() {
                break;
            }
            if let Some(filter) = &mut filter {
                entries.iter().for_each(|entry| filter.add(entry.key));
            }
            let part = Draft::part(self, kind, level, range, &entries);
            let from = whole.firsts.len();
            whole.firsts.extend_from_slice(&part.firsts);
            whole.n += part.n;
            db.transact(move |tx| Ok(tables.write_chunks(tx, &part, id, from)?))?;
            between()?;
        }
        whole.filter = filter.map(Filter::into_bytes);
        let now = clock.now();
        db.transact(move |tx| {
            // Something was taken out of them meanwhile, or another process merged them: what we wrote is not theirs any more.
            if tables.count(tx, &ids)? != n {
                return Ok(tables.retire(tx, Some(&[id]), now)?);
            }
            tables.publish(tx, &whole, id)?;
            Ok(tables.retire(tx, Some(&ids), now)?)
        })
    }
    /// Entries of these runs, those out of use not counted.
    fn count(&self, tx: &mut Tx<'_>, ids: &[i64]) -> Result<i64, DbError> {
        // CAST: a sum of BIGINT is NUMERIC on PostgreSQL.
        let sql = format!(
            "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM {} WHERE state = 1 AND {}",
            self.runs,
            tx.any("id", 1)
        );
        tx.one(&sql, params![ids], |row| row.int(0))
    }
    fn next_entries(&self, tx: &mut Tx<'_>, cursors: &mut [Cursor]) -> Result<Vec<Entry>, DbError> {
        let mut entries = Vec::with_capacity(ENTRIES_PER_UNIT);
        while entries.len() < ENTRIES_PER_UNIT {
            let mut best: Option<(usize, Entry)> = None;
            for (which, cursor) in cursors.iter_mut().enumerate() {
                if let Some(entry) = cursor.peek(tx, self)?
                    && best.is_none_or(|(_, other)| entry < other)
                {
                    best = Some((which, entry));
                }
            }
            let Some((which, entry)) = best else { break };
            cursors[which].at += 1;
            entries.push(entry);
        }
        Ok(entries)
    }
}

struct Cursor {
    run: Run,
    next_chunk: usize,
    entries: Vec<Entry>,
    at: usize,
}

impl Cursor {
    fn new(run: Run) -> Self {
        Self { run, next_chunk: 0, entries: Vec::new(), at: 0 }
    }
    fn peek(&mut self, tx: &mut Tx<'_>, tables: &Tables) -> Result<Option<Entry>, DbError> {
        // A chunk may have lost all its entries.
        while self.at == self.entries.len() {
            if self.next_chunk == self.run.firsts.len() {
                return Ok(None);
            }
            self.entries = tables.chunk(tx, &self.run, self.next_chunk)?;
            self.next_chunk += 1;
            self.at = 0;
        }
        Ok(Some(self.entries[self.at]))
    }
}
