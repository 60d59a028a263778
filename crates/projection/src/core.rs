//! The writer's side: what reads the log and makes the columns grow. One thread at a time holds it.

use crate::flatten::Flattener;
use crate::manifest::NewPart;
use crate::news::{Moment, News};
use crate::whose::Whose;
use roaring::RoaringBitmap;
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_behaviour::{EventRef, PartId, Store};
use siyu_db::Db;
use siyu_kernel::{Clock, EventKind, PersonNum, Refusal, Zone};
use siyu_log::{Found, Log};
use siyu_people::People;
use std::sync::{Arc, PoisonError, RwLock};

/// Batches of the log in one read: at most 256 events each.
const BATCHES: i64 = 128;
/// Of these so many at once, until the events' texts come to so many bytes: an event can be a thousand times as large as usual.
const BATCHES_ONCE: i64 = 8;
const READ_BYTES_MAX: usize = 32 << 20;
/// Events that are gathered before parts are made of them.
const FACTS_MAX: usize = 400_000;
const FACTS_BYTES_MAX: usize = 192 << 20;

/// The platform's own events that say who is who.
const IDENTITY_EVENTS: [&str; 3] = ["Person Merged", "Person Split", "Person Erased"];

pub(crate) struct Core {
    pub store: Store,
    pub flattener: Flattener,
    pub whose: Arc<RwLock<Whose>>,
    /// The log is in the store up to here.
    pub seq: i64,
    /// It was read up to here: what lies between is with the flattener.
    read_to: i64,
    /// Listeners and readers were told of it up to here.
    told_to: i64,
    /// The stored parts hold it up to here.
    pub stored_seq: i64,
    /// What the tail takes in memory.
    pub tail_bytes: usize,
    /// Of the stored parts.
    pub files: FxHashMap<PartId, NewPart>,
    /// Readers were shown it.
    pub shown: bool,
    /// Only a part of the log: see [`Only`].
    pub only: Option<Only>,
    step: Step,
}

/// What is read to replace parts that were lost.
pub(crate) struct Only {
    /// Identities whose events are all there: those of others are what is missing.
    pub but: RoaringBitmap,
    /// Up to here.
    pub seq: i64,
}

/// What was read since parts were last made.
#[derive(Default)]
struct Step {
    events: FxHashMap<EventRef, RoaringBitmap>,
    since: Option<i64>,
    changed: RoaringBitmap,
    system: Vec<(Arc<str>, PersonNum)>,
}

/// What a core reads from.
pub(crate) struct Sources<'s> {
    pub db: &'s Db,
    pub log: &'s Log,
    pub people: &'s People,
    pub clock: &'s dyn Clock,
}

impl Core {
    pub fn new(zone: Zone, whose: Whose, seq: i64) -> Self {
        let mut store = Store::new(zone);
        store.set_erased(Arc::clone(&whose.erased));
        Self {
            store,
            flattener: Flattener::new(),
            whose: Arc::new(RwLock::new(whose)),
            seq,
            read_to: seq,
            told_to: seq,
            stored_seq: seq,
            tail_bytes: 0,
            files: FxHashMap::default(),
            shown: false,
            only: None,
            step: Step::default(),
        }
    }

    /// Reads on, at most so much as makes one step; `None` when there is nothing new. The flag tells whether the log may hold more.
    /// What was read before an error is kept, and the next call goes on behind it.
    pub fn advance(&mut self, from: &Sources<'_>, threads: usize) -> Result<Option<(News, bool)>, Refusal> {
        let mut as_of = from.clock.now();
        let mut more = true;
        while more && self.flattener.facts.len() < FACTS_MAX && self.flattener.facts.memory() < FACTS_BYTES_MAX {
            as_of = from.clock.now();
            more = self.read(from)?;
        }
        if self.read_to == self.told_to {
            return Ok(None);
        }
        self.put(threads);
        let step = std::mem::take(&mut self.step);
        let name = |event: &EventRef| Arc::from(self.flattener.facts.event_name(*event));
        let news = News {
            moment: Moment { snapshot: self.store.snapshot(), seq: self.seq, as_of },
            events: step.events.iter().map(|(event, people)| (name(event), people.clone())).collect(),
            since: step.since.unwrap_or(i64::MAX),
            changed: step.changed,
            system: step.system,
            reset: false,
        };
        self.told_to = self.seq;
        self.flattener.clear();
        Ok(Some((news, more)))
    }

    /// What was gathered becomes part of the store, and only then counts as being there.
    fn put(&mut self, threads: usize) {
        self.store.append(&self.flattener.facts, threads);
        self.seq = self.read_to;
        self.tail_bytes = self.store.tail_memory();
    }

    /// One read transaction: events, and who their people are by the same snapshot of the database.
    fn read(&mut self, from: &Sources<'_>) -> Result<bool, Refusal> {
        let (seq, people, follows) = (self.read_to, from.people, self.only.is_none());
        self.flattener.hidden.look_at(people.field_table());
        let whose = Arc::clone(&self.whose);
        let (found, last, more, seen) = from.db.read(|tx| {
            let (mut found, mut last, mut more, mut bytes) = (Vec::new(), seq, true, 0);
            while more && last - seq < BATCHES && bytes < READ_BYTES_MAX {
                let (some, to) = from.log.after(tx, last, BATCHES_ONCE)?;
                more = to - last >= BATCHES_ONCE;
                bytes += some.iter().map(|found| found.event.body.len()).sum::<usize>();
                found.extend(some);
                last = to;
            }
            let about: FxHashSet<PersonNum> = found
                .iter()
                .filter(|found| found.event.kind == EventKind::System)
                .filter(|found| IDENTITY_EVENTS.contains(&found.event.name.as_str()))
                .map(|found| found.event.person)
                .collect();
            let seen = if follows && !about.is_empty() { Some(Whose::look(tx, people, &about)?) } else { None };
            Ok((found, last, more, seen))
        })?;
        let learn = |seen| whose.write().unwrap_or_else(PoisonError::into_inner).learn(seen);
        if let Some(touched) = seen.map(learn).filter(|touched| !touched.is_empty()) {
            self.settle(&touched);
        }
        let whose = whose.read().unwrap_or_else(PoisonError::into_inner);
        match &self.only {
            None => found.iter().for_each(|found| self.take(found, &whose)),
            Some(Only { but, seq: end }) => {
                let wanted: Vec<&Found> = found
                    .iter()
                    .filter(|found| found.place.seq() <= *end && !but.contains(found.event.person))
                    .collect();
                let end = *end;
                wanted.into_iter().for_each(|found| self.take(found, &whose));
                self.read_to = last.min(end);
                return Ok(more && last < end);
            }
        }
        self.read_to = last;
        Ok(more)
    }
    fn take(&mut self, found: &Found, whose: &Whose) {
        let event = &found.event;
        let Some(person) = whose.owner(event.person) else { return };
        match self.flattener.add(event, person) {
            Some(kind) => {
                self.step.events.entry(kind).or_default().insert(person);
                self.step.since = Some(self.step.since.map_or(event.at.0, |since| since.min(event.at.0)));
            }
            None if event.kind == EventKind::System => {
                self.step.system.push((Arc::from(event.name.as_str()), event.person));
            }
            None => {}
        }
    }

    /// Moves rows to whom they belong to now. Those gathered and not in a part yet are made one first: they were placed by older knowledge.
    pub fn settle(&mut self, touched: &RoaringBitmap) {
        if !self.flattener.facts.is_empty() {
            self.put(1);
            self.flattener.clear();
        }
        let whose = self.whose.read().unwrap_or_else(PoisonError::into_inner);
        self.store.set_erased(Arc::clone(&whose.erased));
        self.store.resettle(&touched.iter().collect::<Vec<_>>(), |node| whose.owner(node));
        self.step.changed |= touched;
        self.tail_bytes = self.store.tail_memory();
    }
    /// Whether these are still the columns that somebody planned to change.
    pub fn is(&self, planned: &Arc<RwLock<Whose>>) -> bool {
        Arc::ptr_eq(&self.whose, planned)
    }
}
