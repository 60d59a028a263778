//! Reading: in order from a cursor, by person newest first, by message.

use crate::codec;
use crate::index::{Index, TABLES};
use crate::log::Log;
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Event, EventKind, PersonNum, Time};
use siyu_runs::{Entry, Run};

/// Where an event lies: batch and position, and whether the platform wrote it (so that counting needs no decoding).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(pub u64);

impl Place {
    pub(crate) fn new(seq: i64, pos: usize, system: bool) -> Self {
        Self((seq as u64) << 21 | (pos as u64) << 1 | u64::from(system))
    }
    pub fn seq(self) -> i64 {
        (self.0 >> 21) as i64
    }
    pub fn pos(self) -> usize {
        (self.0 >> 1) as usize & ((1 << 20) - 1)
    }
    pub fn is_system(self) -> bool {
        self.0 & 1 == 1
    }
}

#[derive(Clone, Debug)]
pub struct Found {
    pub place: Place,
    pub event: Event,
}

/// What the index alone knows of a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub events: i64,
    pub first_at: Option<Time>,
    pub last_at: Option<Time>,
}

pub(crate) const ERASED: &str = "erased";

impl Log {
    /// Events after `seq`, whole batches, oldest first, with the `seq` to go on from. Never skips: a smaller `seq` cannot appear later.
    pub fn after(&self, tx: &mut Tx<'_>, seq: i64, batches: i64) -> Result<(Vec<Found>, i64), DbError> {
        let mut out = Vec::new();
        let mut last = seq;
        tx.each(
            "SELECT seq, body FROM log_batch WHERE seq > $1 ORDER BY seq LIMIT $2",
            params![seq, batches],
            |row| {
                last = row.int(0)?;
                out.extend(self.decode(last, &row.blob(1)?)?);
                Ok(())
            },
        )?;
        Ok((out, last))
    }
    /// The newest events of the workspace in order of arrival, newest first, before `before` (a place).
    pub fn newest(
        &self,
        tx: &mut Tx<'_>,
        before: Option<Place>,
        limit: usize,
        mut keep: impl FnMut(&Event) -> bool,
    ) -> Result<Vec<Found>, DbError> {
        const BATCHES_MAX: usize = 400;
        let mut out: Vec<Found> = Vec::new();
        let mut seq = before.map_or(i64::MAX, |place| place.seq() + 1);
        for _ in 0..BATCHES_MAX {
            let row = tx.opt(
                "SELECT seq, body FROM log_batch WHERE seq < $1 ORDER BY seq DESC LIMIT 1",
                params![seq],
                |row| Ok((row.int(0)?, row.blob(1)?)),
            )?;
            let Some((found, body)) = row else { break };
            seq = found;
            let batch = self.decode(seq, &body)?;
            out.extend(
                batch.into_iter().rev().filter(|found| before.is_none_or(|b| found.place < b) && keep(&found.event)),
            );
            if out.len() >= limit {
                break;
            }
        }
        out.truncate(limit);
        Ok(out)
    }
    /// Events of these people (one person's merged numbers), newest first; those at the same instant, last arrived first.
    /// `before` is the (instant, place) of the last one seen.
    pub fn of_people(
        &self,
        tx: &mut Tx<'_>,
        people: &[PersonNum],
        before: Option<(Time, Place)>,
        limit: usize,
        system: bool,
    ) -> Result<Vec<Found>, DbError> {
        let mut entries = Vec::new();
        for person in people {
            self.collect(tx, u64::from(*person), before, limit, system, &mut entries)?;
        }
        entries.sort_unstable_by_key(|entry| std::cmp::Reverse((entry.order, entry.place)));
        entries.dedup_by_key(|entry| entry.place);
        entries.truncate(limit);
        self.fetch(tx, &entries)
    }
    /// Counts without decoding a single event. The platform's own events are not counted.
    pub fn summary(&self, tx: &mut Tx<'_>, people: &[PersonNum]) -> Result<Summary, DbError> {
        let mut places = Vec::new();
        let mut summary = Summary::default();
        for person in people {
            self.each_entry(tx, u64::from(*person), |entry| {
                if !Place::of(entry).is_system() {
                    places.push(entry.place);
                    summary.first_at = Some(summary.first_at.map_or(Time(entry.order), |t| t.min(Time(entry.order))));
                    summary.last_at = Some(summary.last_at.map_or(Time(entry.order), |t| t.max(Time(entry.order))));
                }
            })?;
        }
        // A run and the tail may show the same event while compaction hands over.
        places.sort_unstable();
        places.dedup();
        summary.events = places.len() as i64;
        Ok(summary)
    }
    /// Takes the content out of all events of these people. The places stay, so that nothing else moves, and the message ids stay known,
    /// so that a repeated message does not bring the content back. Returns how many.
    pub fn erase(&self, tx: &mut Tx<'_>, people: &[PersonNum]) -> Result<i64, DbError> {
        // What another process appended a moment ago must not be left behind.
        if tx.engine() == siyu_db::Engine::Postgres {
            self.inner.lock(tx)?;
        }
        self.inner.load(tx)?;
        let mut by_batch: FxHashMap<i64, Vec<usize>> = FxHashMap::default();
        for person in people {
            self.each_entry(tx, u64::from(*person), |entry| {
                by_batch.entry(Place::of(entry).seq()).or_default().push(Place::of(entry).pos())
            })?;
        }
        let mut erased = 0;
        for (seq, positions) in by_batch {
            let Some(mut events) = self.batch(tx, seq)? else { continue };
            for pos in positions {
                if let Some(event) = events.get_mut(pos).filter(|event| event.name != ERASED) {
                    // A digest cannot be turned back into the id, and an id may itself name a person.
                    let message_id = format!("erased:{:016x}", self.digest(&event.message_id));
                    *event = Event {
                        message_id,
                        kind: EventKind::System,
                        name: ERASED.into(),
                        body: "{}".into(),
                        ..event.clone()
                    };
                    erased += 1;
                }
            }
            let body = codec::encode(&events.iter().collect::<Vec<_>>(), &self.inner.vault);
            tx.execute("UPDATE log_batch SET body = $1 WHERE seq = $2", params![&body, seq])?;
        }
        Ok(erased)
    }

    pub(crate) fn place_of(&self, tx: &mut Tx<'_>, digest: u64) -> Result<Option<Place>, DbError> {
        let (tail, runs) = {
            let state = self.inner.read();
            let maybe: Vec<Run> = state
                .runs
                .iter()
                .filter(|run| run.kind == Index::Message.kind() && run.may_hold(digest))
                .cloned()
                .collect();
            (state.in_tail(digest), maybe)
        };
        if tail.is_some() {
            return Ok(tail);
        }
        for run in runs {
            let mut place = None;
            TABLES.each(tx, &run, digest, |entry| {
                place.get_or_insert(Place::of(entry));
            })?;
            if place.is_some() {
                return Ok(place);
            }
        }
        Ok(None)
    }

    fn collect(
        &self,
        tx: &mut Tx<'_>,
        key: u64,
        before: Option<(Time, Place)>,
        limit: usize,
        system: bool,
        out: &mut Vec<Entry>,
    ) -> Result<(), DbError> {
        let fits = |entry: &Entry| {
            entry.key == key
                && (system || !Place::of(entry).is_system())
                && before.is_none_or(|(at, place)| (entry.order, entry.place) < (at.0, place.0))
        };
        let (runs, tail) = self.snapshot(key);
        out.extend(tail.into_iter().filter(|entry| fits(entry)));
        for run in runs {
            let mut taken = 0;
            for no in run.chunks_of(key).rev() {
                // Chunks that begin after the cursor hold nothing for us.
                if before.is_some_and(|(at, _)| run.firsts[no] > (key, at.0)) {
                    continue;
                }
                let entries = TABLES.chunk(tx, &run, no)?;
                for entry in entries.iter().rev().filter(|entry| fits(entry)).take(limit - taken) {
                    out.push(*entry);
                    taken += 1;
                }
                if taken >= limit {
                    break;
                }
            }
        }
        Ok(())
    }
    fn each_entry(&self, tx: &mut Tx<'_>, key: u64, mut each: impl FnMut(&Entry)) -> Result<(), DbError> {
        let (runs, tail) = self.snapshot(key);
        tail.iter().for_each(&mut each);
        for run in runs {
            for no in run.chunks_of(key) {
                TABLES.chunk(tx, &run, no)?.iter().filter(|entry| entry.key == key).for_each(&mut each);
            }
        }
        Ok(())
    }
    /// The person's runs and tail entries as of one moment.
    fn snapshot(&self, key: u64) -> (Vec<Run>, Vec<Entry>) {
        let state = self.inner.read();
        let runs = state.runs.iter().filter(|run| run.kind == Index::Person.kind()).cloned().collect();
        let tail =
            state.tail.iter().flat_map(|batch| batch.entries(Index::Person)).filter(|entry| entry.key == key).collect();
        (runs, tail)
    }
    fn fetch(&self, tx: &mut Tx<'_>, entries: &[Entry]) -> Result<Vec<Found>, DbError> {
        let mut batches: FxHashMap<i64, Option<Vec<Event>>> = FxHashMap::default();
        let mut out = Vec::with_capacity(entries.len());
        for entry in entries {
            let place = Place::of(entry);
            let batch = match batches.entry(place.seq()) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(new) => new.insert(self.batch(tx, place.seq())?),
            };
            // A batch that our snapshot does not have yet, or that retention removed, has nothing to show.
            if let Some(event) =
                batch.as_ref().and_then(|events| events.get(place.pos())).filter(|event| event.name != ERASED)
            {
                out.push(Found { place, event: event.clone() });
            }
        }
        Ok(out)
    }
    fn batch(&self, tx: &mut Tx<'_>, seq: i64) -> Result<Option<Vec<Event>>, DbError> {
        let body = tx.opt("SELECT body FROM log_batch WHERE seq = $1", params![seq], |row| row.blob(0))?;
        body.map(|body| {
            codec::decode(&body, &self.inner.vault).map_err(|e| DbError::Decode(format!("log batch {seq}: {e}")))
        })
        .transpose()
    }
    fn decode(&self, seq: i64, body: &[u8]) -> Result<Vec<Found>, DbError> {
        let events =
            codec::decode(body, &self.inner.vault).map_err(|e| DbError::Decode(format!("log batch {seq}: {e}")))?;
        let found = |(pos, event): (usize, Event)| Found {
            place: Place::new(seq, pos, event.kind == EventKind::System),
            event,
        };
        Ok(events.into_iter().enumerate().map(found).filter(|found| found.event.name != ERASED).collect())
    }
}
