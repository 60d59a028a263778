//! The events of `bench/peers/events.py`, made in memory: the same distributions, our own numbers.
//!
//! Activity per person is exponential (1 % of the people make about 6 % of the events); instants are even over 180 days from 2026-01-01; 70 %
//! views with one of 20 categories, 12 % add_to_cart, 6 % orders of 500 to 50,000 cents, 12 % touches by one of 12 channels.

use siyu_behaviour::{Column, DAY, DayPart, Held, Index, Part, SLOTS, Snapshot, TypePart, View, Words};
use std::sync::Arc;

pub const START: i64 = 1_767_225_600_000_000;
pub const DAYS: i64 = 180;
pub const FIRST_DAY: i32 = (START / DAY) as i32;

/// SplitMix64: small, seeded, good enough for instants and categories.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
    fn exponential(&mut self) -> f64 {
        -(1.0 - self.unit()).ln()
    }
    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }
}

/// One type under way.
#[derive(Default)]
struct Making {
    slots: Vec<u16>,
    starts: Vec<u32>,
    times: Vec<i64>,
    details: Vec<u32>,
    amounts: Vec<i64>,
    days: DaysMaking,
}

struct DaysMaking(Vec<Vec<u16>>);

impl Default for DaysMaking {
    fn default() -> Self {
        Self(vec![Vec::new(); DAYS as usize])
    }
}

impl DaysMaking {
    fn push(&mut self, at: i64, slot: u16) {
        let day = &mut self.0[((at - START) / DAY) as usize];
        if day.last() != Some(&slot) {
            day.push(slot);
        }
    }
    fn finish(self) -> Vec<DayPart> {
        let days = self.0.iter().enumerate().filter(|(_, slots)| !slots.is_empty());
        days.map(|(day, slots)| DayPart { day: FIRST_DAY + day as i32, slots: Index::new(slots) }).collect()
    }
}

impl Making {
    fn push(&mut self, slot: u16, at: i64, detail: u32, amount: i64) {
        if self.slots.last() != Some(&slot) {
            self.slots.push(slot);
            self.starts.push(self.times.len() as u32);
        }
        self.days.push(at, slot);
        self.times.push(at);
        self.details.push(detail);
        self.amounts.push(amount);
    }
    fn finish(mut self, event: &str) -> Option<TypePart> {
        if self.times.is_empty() {
            return None;
        }
        self.starts.push(self.times.len() as u32);
        let columns = match event {
            "order" => vec![("amount".to_owned(), Column::Int(self.amounts.into()))],
            "touch" => {
                // Codes are places among the sorted words.
                let mut words: Vec<String> = (0..12).map(|n| format!("channel {n}")).collect();
                words.sort();
                let code: Vec<u32> =
                    (0..12).map(|n| words.binary_search(&format!("channel {n}")).unwrap_or_default() as u32).collect();
                let codes: Vec<u32> = self.details.iter().map(|detail| code[*detail as usize]).collect();
                let words = Words::new(words.iter().map(String::as_str));
                vec![("channel".to_owned(), Column::Text { codes: codes.into(), words })]
            }
            "view" => {
                let details: Vec<i64> = self.details.iter().map(|detail| i64::from(*detail)).collect();
                vec![("category".to_owned(), Column::Int(details.into()))]
            }
            _ => Vec::new(),
        };
        Some(TypePart {
            event: event.to_owned(),
            index: Index::new(&self.slots),
            starts: self.starts.into(),
            times: self.times.into(),
            origins: Vec::new().into(),
            columns,
            days: self.days.finish(),
        })
    }
}

const NAMES: [&str; 4] = ["add_to_cart", "order", "touch", "view"];

struct PartMaking {
    types: [Making; 4],
    slots: Vec<u16>,
    starts: Vec<u32>,
    trail: Vec<u16>,
    days: DaysMaking,
}

impl PartMaking {
    fn new() -> Self {
        Self {
            types: Default::default(),
            slots: Vec::new(),
            starts: Vec::new(),
            trail: Vec::new(),
            days: DaysMaking::default(),
        }
    }
    fn push(&mut self, slot: u16, kind: usize, at: i64, detail: u32, amount: i64) {
        if self.slots.last() != Some(&slot) {
            self.slots.push(slot);
            self.starts.push(self.trail.len() as u32);
        }
        self.types[kind].push(slot, at, detail, amount);
        self.trail.push(kind as u16);
        self.days.push(at, slot);
    }
    fn finish(mut self, bucket: u16) -> Option<Part> {
        if self.trail.is_empty() {
            return None;
        }
        self.starts.push(self.trail.len() as u32);
        // Types nobody has are left out, and the trail counts those that are.
        let mut number = [0u16; 4];
        let mut types = Vec::new();
        for (kind, (making, name)) in self.types.into_iter().zip(NAMES).enumerate() {
            number[kind] = types.len() as u16;
            types.extend(making.finish(name));
        }
        Some(Part {
            bucket,
            types,
            index: Index::new(&self.slots),
            starts: self.starts.into(),
            trail: self.trail.iter().map(|kind| number[usize::from(*kind)]).collect::<Vec<_>>().into(),
            days: self.days.finish(),
        })
    }
}

fn view(bucket: u16, people: usize, per_person: f64, tail_from: i64) -> (View, u64) {
    let mut dice = Dice(20_260_101 + (u64::from(bucket) << 32));
    let mut parts = [PartMaking::new(), PartMaking::new()];
    let mut events = 0;
    for slot in 0..people {
        let gap = DAYS as f64 * DAY as f64 / (per_person * dice.exponential()).max(1e-9);
        let (mut at, mut last) = (0.0, -1);
        loop {
            at += gap * dice.exponential();
            if at >= (DAYS * DAY) as f64 {
                break;
            }
            let own = (START + at as i64).max(last + 1);
            last = own;
            let draw = dice.unit();
            let (kind, detail, amount) = match draw {
                d if d < 0.70 => (3, dice.below(20), 0),
                d if d < 0.82 => (0, 0, 0),
                d if d < 0.88 => (1, 0, 500 + dice.below(49_500)),
                _ => (2, dice.below(12), 0),
            };
            let part = usize::from(own >= tail_from);
            parts[part].push(slot as u16, kind, own, detail as u32, amount as i64);
            events += 1;
        }
    }
    let held = parts.into_iter().filter_map(|part| part.finish(bucket));
    (View { bucket, parts: held.map(|part| Held { part: Arc::new(part), hidden: None }).collect() }, events)
}

/// About `events` events of `people` people. The newest of them from `tail_from` on lie in a part of their own.
pub fn make(events: u64, people: usize, tail_from: i64) -> (Snapshot, u64) {
    let buckets = people.div_ceil(SLOTS);
    let per_person = events as f64 / people as f64;
    let half = |from: usize| -> Vec<(View, u64)> {
        (from..buckets)
            .step_by(2)
            .map(|b| view(b as u16, (people - b * SLOTS).min(SLOTS), per_person, tail_from))
            .collect()
    };
    let mut views = std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        let mut own = half(0);
        own.extend(other.join().unwrap_or_default());
        own
    });
    views.sort_by_key(|(view, _)| view.bucket);
    let total = views.iter().map(|(_, events)| events).sum();
    (Snapshot { views: views.into_iter().map(|(view, _)| view).collect() }, total)
}
