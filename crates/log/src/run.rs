//! Sorted runs of (key, order, place), stored as chunks of 1,024 entries.

use crate::filter::Filter;
use crate::varint::{Damaged, Reader, put, put_signed};
use std::sync::Arc;

pub const CHUNK_ENTRIES: usize = 1_024;

/// Which question a run answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// key = digest of the message id, order = 0.
    Message = 1,
    /// key = person number, order = the event's instant.
    Person = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub key: u64,
    pub order: i64,
    /// See [`crate::Place`].
    pub place: u64,
}

/// A run in use. `firsts` holds the first (key, order) of each chunk and stays in memory: 16 bytes per 1,024 entries.
#[derive(Clone)]
pub struct Run {
    pub id: i64,
    pub index: Index,
    pub level: i64,
    pub seq_lo: i64,
    pub seq_hi: i64,
    pub n: i64,
    pub firsts: Arc<Vec<(u64, i64)>>,
    pub filter: Option<Arc<Filter>>,
}

impl Run {
    /// The chunks that may hold the key.
    pub fn chunks_of(&self, key: u64) -> std::ops::Range<usize> {
        let end = self.firsts.partition_point(|first| first.0 <= key);
        let start = self.firsts.partition_point(|first| first.0 < key).saturating_sub(1);
        start..end
    }
}

pub fn encode_chunk(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(entries.len() * 14);
    put(&mut out, entries.len() as u64);
    let mut last = Entry { key: 0, order: 0, place: 0 };
    for entry in entries {
        put(&mut out, entry.key.wrapping_sub(last.key));
        put_signed(&mut out, entry.order.wrapping_sub(last.order));
        put_signed(&mut out, (entry.place as i64).wrapping_sub(last.place as i64));
        last = *entry;
    }
    out
}

pub fn decode_chunk(bytes: &[u8]) -> Result<Vec<Entry>, Damaged> {
    let mut reader = Reader(bytes);
    let n = reader.count()?;
    let mut entries = Vec::with_capacity(n);
    let mut last = Entry { key: 0, order: 0, place: 0 };
    for _ in 0..n {
        last = Entry {
            key: last.key.wrapping_add(reader.number()?),
            order: last.order.wrapping_add(reader.signed()?),
            place: (last.place as i64).wrapping_add(reader.signed()?) as u64,
        };
        entries.push(last);
    }
    Ok(entries)
}

pub fn encode_firsts(firsts: &[(u64, i64)]) -> Vec<u8> {
    firsts.iter().flat_map(|(key, order)| [key.to_le_bytes(), order.to_le_bytes()].concat()).collect()
}
pub fn decode_firsts(bytes: &[u8]) -> Vec<(u64, i64)> {
    let word = |chunk: &[u8]| u64::from_le_bytes(chunk.try_into().expect("eight bytes"));
    bytes.chunks_exact(16).map(|pair| (word(&pair[..8]), word(&pair[8..]) as i64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn chunks_round_trip(raw in proptest::collection::vec((any::<u64>(), any::<i64>(), any::<u64>()), 0..200)) {
            let mut entries: Vec<Entry> = raw.into_iter().map(|(key, order, place)| Entry { key, order, place }).collect();
            entries.sort_unstable();
            prop_assert_eq!(decode_chunk(&encode_chunk(&entries)), Ok(entries));
        }
        #[test]
        fn random_chunks_are_refused_not_feared(bytes in proptest::collection::vec(any::<u8>(), 0..200)) { let _ = decode_chunk(&bytes); }
        #[test]
        fn every_entry_lies_in_the_chunks_of_its_key(mut keys in proptest::collection::vec(0u64..40, 1..120)) {
            keys.sort_unstable();
            let firsts: Vec<(u64, i64)> = keys.chunks(4).map(|chunk| (chunk[0], 0)).collect();
            let run = Run { id: 1, index: Index::Person, level: 1, seq_lo: 0, seq_hi: 0, n: 0, firsts: Arc::new(firsts), filter: None };
            for (at, key) in keys.iter().enumerate() { prop_assert!(run.chunks_of(*key).contains(&(at / 4))); }
        }
    }
}
