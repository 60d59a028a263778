//! A run, or a part of one, ready to be written: sorted and encoded off the writing thread.

use crate::filter::Filter;
use crate::run::{Entry, encode_chunk};
use crate::tables::Tables;

#[derive(Clone)]
pub struct Draft {
    pub(crate) kind: i64,
    pub(crate) level: i64,
    pub(crate) range: (i64, i64),
    pub(crate) n: i64,
    pub(crate) firsts: Vec<(u64, i64)>,
    pub(crate) chunks: Vec<Vec<u8>>,
    pub(crate) filter: Option<Vec<u8>>,
}

impl Draft {
    /// Entries in any order. `filtered`: whether the run gets a filter, for keys that are mostly asked for in vain.
    pub fn new(
        tables: &Tables,
        kind: i64,
        level: i64,
        range: (i64, i64),
        mut entries: Vec<Entry>,
        filtered: bool,
    ) -> Self {
        entries.sort_unstable();
        let filter = filtered.then(|| {
            let mut filter = Filter::sized(entries.len());
            entries.iter().for_each(|entry| filter.add(entry.key));
            filter.into_bytes()
        });
        Self { filter, ..Self::part(tables, kind, level, range, &entries) }
    }
    /// Without a filter, from entries that are sorted.
    pub(crate) fn part(tables: &Tables, kind: i64, level: i64, range: (i64, i64), entries: &[Entry]) -> Self {
        let chunks = || entries.chunks(tables.chunk_entries);
        Self {
            kind,
            level,
            range,
            n: entries.len() as i64,
            firsts: chunks().map(|chunk| (chunk[0].key, chunk[0].order)).collect(),
            chunks: chunks().map(encode_chunk).collect(),
            filter: None,
        }
    }
}
