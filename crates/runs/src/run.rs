//! Entries of (key, order, place), and their stored form.

use crate::filter::Filter;
use crate::varint::{Damaged, Reader, put, put_signed};
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub key: u64,
    /// Sorts the entries of one key.
    pub order: i64,
    /// What the entry leads to.
    pub place: u64,
}

/// A run in use. `firsts` holds the first (key, order) of each chunk: 16 bytes a chunk.
#[derive(Clone)]
pub struct Run {
    pub id: i64,
    /// Which question it answers: several kinds can share the tables.
    pub kind: i64,
    pub level: i64,
    /// What it covers, as its owner counts.
    pub seq_lo: i64,
    pub seq_hi: i64,
    pub n: i64,
    pub firsts: Arc<Vec<(u64, i64)>>,
    pub filter: Option<Arc<Filter>>,
}

impl Run {
    /// False when it surely does not hold the key.
    pub fn may_hold(&self, key: u64) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.may_hold(key))
    }
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

/// Every entry of the key, without looking at what comes behind it: a filter lets one stranger in a hundred through, which is most look-ups.
pub fn seek_chunk(bytes: &[u8], key: u64, mut each: impl FnMut(&Entry)) -> Result<(), Damaged> {
    let mut reader = Reader(bytes);
    let n = reader.count()?;
    let mut last = Entry { key: 0, order: 0, place: 0 };
    for _ in 0..n {
        last = next(&mut reader, &last)?;
        match last.key.cmp(&key) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => each(&last),
            std::cmp::Ordering::Greater => break,
        }
    }
    Ok(())
}

fn next(reader: &mut Reader<'_>, last: &Entry) -> Result<Entry, Damaged> {
    Ok(Entry {
        key: last.key.wrapping_add(reader.number()?),
        order: last.order.wrapping_add(reader.signed()?),
        place: (last.place as i64).wrapping_add(reader.signed()?) as u64,
    })
}

pub fn decode_chunk(bytes: &[u8]) -> Result<Vec<Entry>, Damaged> {
    let mut reader = Reader(bytes);
    let n = reader.count()?;
    let mut entries = Vec::with_capacity(n);
    let mut last = Entry { key: 0, order: 0, place: 0 };
    for _ in 0..n {
        last = next(&mut reader, &last)?;
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
        fn seeking_finds_what_decoding_finds(mut keys in proptest::collection::vec(0u64..30, 0..120), key in 0u64..31) {
            keys.sort_unstable();
            let entries: Vec<Entry> = keys.into_iter().zip(0..).map(|(key, at)| Entry { key, order: at, place: at as u64 }).collect();
            let mut found = Vec::new();
            seek_chunk(&encode_chunk(&entries), key, |entry| found.push(*entry)).expect("whole");
            let expected: Vec<Entry> = entries.into_iter().filter(|entry| entry.key == key).collect();
            prop_assert_eq!(found, expected);
        }
        #[test]
        fn random_chunks_are_refused_not_feared(bytes in proptest::collection::vec(any::<u8>(), 0..200)) { let _ = (decode_chunk(&bytes), seek_chunk(&bytes, 7, |_| {})); }
        #[test]
        fn every_entry_lies_in_the_chunks_of_its_key(mut keys in proptest::collection::vec(0u64..40, 1..120)) {
            keys.sort_unstable();
            let firsts: Vec<(u64, i64)> = keys.chunks(4).map(|chunk| (chunk[0], 0)).collect();
            let run = Run { id: 1, kind: 2, level: 1, seq_lo: 0, seq_hi: 0, n: 0, firsts: Arc::new(firsts), filter: None };
            for (at, key) in keys.iter().enumerate() { prop_assert!(run.chunks_of(*key).contains(&(at / 4))); }
        }
    }
}
