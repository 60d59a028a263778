//! The stored form of a batch: columns, then zstd, then the seal. Version 1; older versions stay readable for ever.

use siyu_kernel::{Event, EventKind, Time, Vault};
use siyu_runs::varint::{Damaged, Reader, put, put_bytes, put_signed};

const VERSION: u8 = 1;
/// Fast, and within a few percent of the default level on batches this small.
const ZSTD_LEVEL: i32 = 1;
const PLAIN_BYTES_MAX: usize = 1 << 30;

pub fn encode(events: &[&Event], vault: &Vault) -> Vec<u8> {
    let plain = columns(events);
    let packed = zstd::bulk::compress(&plain, ZSTD_LEVEL).expect("compressing into memory does not fail");
    vault.seal(&packed)
}

pub fn decode(stored: &[u8], vault: &Vault) -> Result<Vec<Event>, Damaged> {
    let packed = vault.open(stored).map_err(|_| Damaged)?;
    let size = zstd::bulk::Decompressor::upper_bound(&packed).filter(|size| *size <= PLAIN_BYTES_MAX).ok_or(Damaged)?;
    let plain = zstd::bulk::decompress(&packed, size).map_err(|_| Damaged)?;
    rows(&plain)
}

fn columns(events: &[&Event]) -> Vec<u8> {
    let mut out = Vec::with_capacity(events.iter().map(|e| e.body.len() + 64).sum());
    out.push(VERSION);
    put(&mut out, events.len() as u64);
    out.extend(events.iter().map(|e| e.kind.code()));
    for event in events {
        put(&mut out, u64::from(event.person));
    }
    let mut last = 0;
    for event in events {
        put_signed(&mut out, event.at.0.wrapping_sub(last));
        last = event.at.0;
    }
    let mut last = 0;
    for event in events {
        put_signed(&mut out, event.received_at.0.wrapping_sub(last));
        last = event.received_at.0;
    }
    dictionary(&mut out, events.iter().map(|e| e.name.as_str()));
    dictionary(&mut out, events.iter().map(|e| e.source.as_str()));
    for event in events {
        put_bytes(&mut out, event.message_id.as_bytes());
    }
    for event in events {
        put_bytes(&mut out, event.body.as_bytes());
    }
    out
}

/// Distinct words in order of appearance, then a place in that list for each row.
fn dictionary<'a>(out: &mut Vec<u8>, words: impl Iterator<Item = &'a str>) {
    let mut distinct: Vec<&str> = Vec::new();
    let mut places = Vec::new();
    let mut known = rustc_hash::FxHashMap::default();
    for word in words {
        let place = *known.entry(word).or_insert_with(|| {
            distinct.push(word);
            distinct.len() - 1
        });
        put(&mut places, place as u64);
    }
    put(out, distinct.len() as u64);
    distinct.iter().for_each(|word| put_bytes(out, word.as_bytes()));
    out.extend_from_slice(&places);
}

fn rows(plain: &[u8]) -> Result<Vec<Event>, Damaged> {
    let mut reader = Reader(plain);
    if reader.byte()? != VERSION {
        return Err(Damaged);
    }
    let n = reader.count()?;
    let mut events = Vec::with_capacity(n);
    for _ in 0..n {
        let kind = EventKind::from_code(reader.byte()?).ok_or(Damaged)?;
        events.push(Event {
            message_id: String::new(),
            kind,
            name: String::new(),
            person: 0,
            at: Time(0),
            received_at: Time(0),
            source: String::new(),
            body: String::new(),
        });
    }
    for event in &mut events {
        event.person = u32::try_from(reader.number()?).map_err(|_| Damaged)?;
    }
    let mut last = 0i64;
    for event in &mut events {
        last = last.wrapping_add(reader.signed()?);
        event.at = Time(last);
    }
    last = 0;
    for event in &mut events {
        last = last.wrapping_add(reader.signed()?);
        event.received_at = Time(last);
    }
    let words = read_words(&mut reader)?;
    for event in &mut events {
        event.name = word(&words, &mut reader)?;
    }
    let words = read_words(&mut reader)?;
    for event in &mut events {
        event.source = word(&words, &mut reader)?;
    }
    for event in &mut events {
        event.message_id = reader.text()?.to_owned();
    }
    for event in &mut events {
        event.body = reader.text()?.to_owned();
    }
    Ok(events)
}

fn read_words<'a>(reader: &mut Reader<'a>) -> Result<Vec<&'a str>, Damaged> {
    let n = reader.count()?;
    (0..n).map(|_| reader.text()).collect()
}
fn word(words: &[&str], reader: &mut Reader<'_>) -> Result<String, Damaged> {
    let place = usize::try_from(reader.number()?).map_err(|_| Damaged)?;
    words.get(place).map(|word| (*word).to_owned()).ok_or(Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(n: u32) -> Event {
        Event {
            message_id: format!("m{n}"),
            kind: EventKind::ALL[n as usize % 7],
            name: format!("名{}", n % 3),
            person: n * 7,
            at: Time(i64::from(n) - 5),
            received_at: Time(i64::from(n) * 1_000_000),
            source: "key_1".into(),
            body: format!("{{\"n\":{n}}}"),
        }
    }

    /// Pinned: stored logs are read for ever. If this fails, the format changed: give it a new version and keep reading this one.
    #[test]
    fn the_format_is_pinned() {
        let events = [event(1), event(2)];
        let bytes = columns(&events.iter().collect::<Vec<_>>());
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            hex,
            "01020102070e0702\
            80897a80897a0204e5908d3104e5908d320001\
            01056b65795f310000026d31026d32077b226e223a317d077b226e223a327d"
        );
    }

    #[test]
    fn a_wrong_key_or_a_flipped_byte_is_seen() {
        let vault = Vault::from_key([1; 32]);
        let stored = encode(&[&event(1)], &vault);
        assert_eq!(decode(&stored, &vault).unwrap(), [event(1)]);
        assert!(decode(&stored, &Vault::from_key([2; 32])).is_err());
        for at in 0..stored.len() {
            let mut broken = stored.clone();
            broken[at] ^= 0x10;
            assert!(decode(&broken, &vault).is_err());
        }
    }

    proptest! {
        #[test]
        fn round_trip(ids in proptest::collection::vec((any::<u32>(), any::<i64>(), "\\PC{0,20}"), 0..60)) {
            let events: Vec<Event> = ids.into_iter().map(|(n, at, text)| Event { at: Time(at), body: text.clone(), name: text, ..event(n % 100) }).collect();
            prop_assert_eq!(rows(&columns(&events.iter().collect::<Vec<_>>())), Ok(events));
        }
        #[test]
        fn random_bytes_are_refused_not_feared(bytes in proptest::collection::vec(any::<u8>(), 0..300)) { let _ = rows(&bytes); }
    }
}
