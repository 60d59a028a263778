//! What the log keeps in memory: the newest batches' keys (the tail), and the list of runs.

use crate::index::Index;
use crate::read::Place;
use rustc_hash::FxHashMap;
use siyu_runs::{Entry, Run};
use std::sync::Arc;

/// The keys of one batch that no run covers yet.
pub struct TailBatch {
    pub seq: i64,
    pub rows: Vec<TailRow>,
}

#[derive(Clone, Copy)]
pub struct TailRow {
    pub digest: u64,
    pub person: u32,
    pub system: bool,
    pub at: i64,
}

impl TailBatch {
    pub fn place(&self, pos: usize) -> Place {
        Place::new(self.seq, pos, self.rows[pos].system)
    }
    pub fn entries(&self, index: Index) -> impl Iterator<Item = Entry> + '_ {
        self.rows.iter().enumerate().map(move |(pos, row)| {
            let place = self.place(pos).0;
            match index {
                Index::Message => Entry { key: row.digest, order: 0, place },
                Index::Person => Entry { key: u64::from(row.person), order: row.at, place },
            }
        })
    }
}

#[derive(Default)]
pub struct State {
    pub last_seq: i64,
    pub tail: Vec<Arc<TailBatch>>,
    pub tail_rows: usize,
    seen: FxHashMap<u64, Place>,
    pub runs: Vec<Run>,
}

impl State {
    /// Batches arrive in order; one that is here already, or that leaves a gap (another lane's is still missing), is left to `refresh`.
    pub fn push(&mut self, batch: TailBatch) {
        if batch.seq != self.last_seq + 1 {
            return;
        }
        self.last_seq = batch.seq;
        self.tail_rows += batch.rows.len();
        for (pos, row) in batch.rows.iter().enumerate() {
            self.seen.entry(row.digest).or_insert(batch.place(pos));
        }
        self.tail.push(Arc::new(batch));
    }
    pub fn in_tail(&self, digest: u64) -> Option<Place> {
        self.seen.get(&digest).copied()
    }
    pub fn indexed_to(&self) -> i64 {
        self.runs.iter().map(|run| run.seq_hi).max().unwrap_or(0)
    }
    /// Takes a new list of runs; what they cover leaves the tail.
    pub fn set_runs(&mut self, runs: Vec<Run>) {
        self.runs = runs;
        let covered = self.indexed_to();
        self.last_seq = self.last_seq.max(covered);
        let keep = self.tail.partition_point(|batch| batch.seq <= covered);
        for batch in self.tail.drain(..keep) {
            self.tail_rows -= batch.rows.len();
            for row in &batch.rows {
                if self.seen.get(&row.digest).is_some_and(|place| place.seq() == batch.seq) {
                    self.seen.remove(&row.digest);
                }
            }
        }
    }
}
