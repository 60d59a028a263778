//! From the peers' plain columns to part files, a bucket of people at a time.

use crate::Outcome;
use serde::Deserialize;
use siyu_behaviour::{ColumnKind, EventRef, Facts, KeyRef, build_parts, file};
use siyu_kernel::Zone;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// `about.json` of bench/peers/events.py.
#[derive(Deserialize)]
pub struct About {
    pub events: u64,
    pub start: i64,
    pub days: i32,
    pub names: Vec<String>,
}

pub const VIEW: usize = 0;
pub const CART: usize = 1;
pub const ORDER: usize = 2;
pub const TOUCH: usize = 3;
pub const REFUND: usize = 18;

impl About {
    pub fn read(folder: &Path) -> Outcome<Self> {
        Ok(serde_json::from_str(&std::fs::read_to_string(folder.join("about.json"))?)?)
    }
    pub fn first_day(&self) -> i32 {
        (self.start / siyu_behaviour::DAY) as i32
    }
    pub fn end(&self) -> i64 {
        self.start + i64::from(self.days) * siyu_behaviour::DAY
    }
}

pub struct Built {
    pub parts: usize,
    pub bytes: u64,
}

/// One column, value by value.
struct Column<const N: usize>(BufReader<File>);

impl<const N: usize> Column<N> {
    fn open(folder: &Path, name: &str) -> Outcome<Self> {
        Ok(Self(BufReader::with_capacity(1 << 20, File::open(folder.join(name))?)))
    }
    fn next(&mut self) -> Outcome<[u8; N]> {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// One event of the peers' columns.
#[derive(Clone, Copy)]
pub struct Event {
    pub person: u32,
    pub at: i64,
    name: u8,
    detail: u8,
    cents: i64,
}

/// Calls for every event, by person and time.
pub fn each(events: &Path, about: &About, mut call: impl FnMut(Event) -> Outcome) -> Outcome {
    let mut persons = Column::<4>::open(events, "person.u32")?;
    let mut times = Column::<8>::open(events, "ts.i64")?;
    let mut names = Column::<1>::open(events, "name.u8")?;
    let mut details = Column::<1>::open(events, "detail.u8")?;
    let mut amounts = Column::<8>::open(events, "amount.i64")?;
    for _ in 0..about.events {
        let (person, at) = (u32::from_le_bytes(persons.next()?), i64::from_le_bytes(times.next()?));
        let ([name], [detail]) = (names.next()?, details.next()?);
        call(Event { person, at, name, detail, cents: i64::from_le_bytes(amounts.next()?) })?;
    }
    Ok(())
}

/// Events as facts.
pub struct Batch {
    pub facts: Facts,
    kinds: Vec<EventRef>,
    category: KeyRef,
    channel: KeyRef,
    amount: KeyRef,
}

impl Batch {
    pub fn new(about: &About) -> Self {
        let mut facts = Facts::default();
        let kinds = about.names.iter().map(|name| facts.event(name)).collect();
        let category = facts.key("category", ColumnKind::Text);
        let channel = facts.key("channel", ColumnKind::Text);
        let amount = facts.key("amount", ColumnKind::Int);
        Self { facts, kinds, category, channel, amount }
    }
    pub fn put(&mut self, event: Event) {
        let name = usize::from(event.name);
        self.facts.begin(event.person, event.person, event.at, self.kinds[name]);
        match name {
            VIEW => self.facts.text(self.category, &event.detail.to_string()),
            TOUCH => self.facts.text(self.channel, &event.detail.to_string()),
            ORDER => self.facts.int(self.amount, event.cents),
            _ => {}
        }
    }
}

/// A part of each bucket, of the events that are wanted. `events` are sorted by person: a bucket is complete when the next one begins.
pub fn parts(events: &Path, about: &About, folder: &Path, wanted: impl Fn(i64) -> bool) -> Outcome<Built> {
    std::fs::create_dir_all(folder)?;
    let mut batch = Batch::new(about);
    let mut built = Built { parts: 0, bytes: 0 };
    let mut bucket = 0;
    each(events, about, |event| {
        if event.person >> 16 != bucket {
            store(&mut batch.facts, folder, &mut built)?;
            bucket = event.person >> 16;
        }
        if wanted(event.at) {
            batch.put(event);
        }
        Ok(())
    })?;
    store(&mut batch.facts, folder, &mut built)?;
    file::sync_folder(folder)?;
    Ok(built)
}

fn store(facts: &mut Facts, folder: &Path, built: &mut Built) -> Outcome {
    for part in build_parts(facts, &Zone::utc(), super::questions::threads()) {
        let written = file::write(&part, &folder.join(format!("{:05}.part", part.bucket)))?;
        built.parts += 1;
        built.bytes += written.bytes;
    }
    facts.clear();
    Ok(())
}
