//! All buckets while they grow: stored parts, and the tail of newest events in memory.
//!
//! One writer holds a [`Store`]; readers hold [`Snapshot`]s of it, which nothing changes any more. Files and what a database remembers of them
//! are the caller's: it is handed plans ([`Flush`], [`Compaction`]), carries them out beside readers and writers, and gives the result back.
//!
//! When people are merged, parted or erased, whoever lies in the wrong place is *hidden* in all parts, and copies of the rows go into the tail
//! under the right person. What was hidden when the tail was last stored is *settled*: the copies are safe, so compaction may leave the
//! originals out. Erased rows have no copies and are left out by any compaction.

use crate::assemble::{ALL, Plan, Take, assemble, takes_of};
use crate::bits::Bits;
use crate::builder::build_parts;
use crate::facts::Facts;
use crate::kernel::Snapshot;
use crate::part::Part;
use crate::sink::{Memory, Sink};
use crate::view::{Held, View};
use roaring::RoaringBitmap;
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_kernel::Zone;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A part is merged with all newer ones of its bucket when it is less than so many times as large as they are together: a stored bucket of
/// n rows has at most about log8(n / rows per flush) + 1 parts.
const STORED_RATIO: usize = 8;
/// The same for the tail.
const TAIL_RATIO: usize = 4;
/// Compaction rewrites a part of which at least one row in so many is hidden for good.
const HIDDEN_SHARE: u64 = 4;

/// The caller's name of a stored part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartId(pub i64);

#[derive(Clone)]
struct Stored {
    id: PartId,
    held: Held,
    settled: Option<Arc<Bits>>,
    /// Rows of erased people are in the file.
    dirty: bool,
}

#[derive(Clone, Default)]
struct Bucket {
    stored: Vec<Stored>,
    /// Being stored.
    frozen: Vec<Held>,
    tail: Vec<Held>,
}

pub struct Store {
    zone: Zone,
    buckets: BTreeMap<u16, Bucket>,
    /// A flush or a compaction is under way. One at a time: copies of hidden rows must not be stored while their originals are being merged.
    busy: bool,
    erased: Arc<RoaringBitmap>,
}

/// The tail of one moment, to be stored.
pub struct Flush {
    /// One stored part each.
    pub parts: Vec<Merge>,
    /// Every stored part that hides others than before, and all whom it hides: to be remembered together with the new parts.
    pub settled: Vec<(PartId, Arc<Bits>)>,
}

/// Parts of one bucket that become one.
pub struct Merge {
    pub bucket: u16,
    parts: Vec<Held>,
    /// People of whom nothing is kept.
    erased: Arc<RoaringBitmap>,
    zone: Zone,
}

/// Stored parts that become one.
pub struct Compaction {
    pub merge: Merge,
    pub ids: Vec<PartId>,
}

impl Merge {
    pub fn rows(&self) -> usize {
        self.parts.iter().map(|held| held.part.rows()).sum()
    }
    /// `None` when nothing is left.
    pub fn in_memory(&self) -> Option<Part> {
        let Ok(part) = self.write_to(&mut Memory);
        part
    }
    pub(crate) fn write_to<S: Sink>(&self, sink: &mut S) -> Result<Option<Part>, S::Error> {
        let mut takes = takes_of(self.parts.iter().map(|held| (&*held.part, held.hidden.as_deref())));
        let mut only = Vec::new();
        takes.retain_mut(|take| self.spares(take, &mut only));
        let mut plan =
            Plan { bucket: self.bucket, sources: self.parts.iter().map(|held| &*held.part).collect(), takes, only };
        assemble(&mut plan, &self.zone, sink)
    }
    /// False when all rows of the take are of erased people; narrows it when some are.
    fn spares(&self, take: &mut Take, only: &mut Vec<Vec<u32>>) -> bool {
        if self.erased.is_empty() {
            return true;
        }
        let part = &self.parts[take.source as usize].part;
        let person = part.person(take.slot);
        let mut origins: Vec<u32> = part.guests.guests_of(take.slot).collect();
        let own = !self.erased.contains(person);
        if own && !origins.iter().any(|origin| self.erased.contains(*origin)) {
            return true;
        }
        origins.push(person);
        origins.retain(|origin| !self.erased.contains(*origin));
        if origins.is_empty() {
            return false;
        }
        origins.sort_unstable();
        take.only = only.len() as u32;
        only.push(origins);
        true
    }
}

fn hides(held: &Held, slot: u16) -> bool {
    held.hidden.as_ref().is_some_and(|hidden| hidden.contains(slot))
}
fn shows(held: &Held, slot: u16) -> bool {
    !hides(held, slot) && held.part.index.view().rank(slot).is_some()
}
/// Whom `now` hides and `before` did not.
fn newly(now: &Option<Arc<Bits>>, before: &Option<Arc<Bits>>) -> Bits {
    let mut bits = now.as_deref().cloned().unwrap_or_default();
    if let Some(before) = before {
        bits.and_not(before);
    }
    bits
}
/// Where merging should begin, so that sizes fall geometrically: everything from there on becomes one part.
fn due(rows: &[usize], ratio: usize) -> Option<usize> {
    let mut later = 0;
    let mut from = None;
    for (at, own) in rows.iter().enumerate().rev() {
        if at + 1 < rows.len() && *own < ratio * later {
            from = Some(at);
        }
        later += own;
    }
    from
}

impl Store {
    pub fn new(zone: Zone) -> Self {
        Self { zone, buckets: BTreeMap::new(), busy: false, erased: Arc::default() }
    }
    pub fn zone(&self) -> &Zone {
        &self.zone
    }
    /// Adds a stored part, newest last within its bucket.
    pub fn add_stored(&mut self, id: PartId, part: Arc<Part>, settled: Option<Arc<Bits>>) {
        let dirty = holds_any(&part, &self.erased);
        let stored = Stored { id, held: Held { part, hidden: settled.clone() }, settled, dirty };
        self.buckets.entry(stored.held.part.bucket).or_default().stored.push(stored);
    }
    /// The stored parts, by bucket and in order, each with whom it hides.
    pub fn stored(&self) -> impl Iterator<Item = (PartId, &Held)> {
        self.buckets.values().flat_map(|bucket| &bucket.stored).map(|stored| (stored.id, &stored.held))
    }
    /// Identities that have rows somewhere in sight.
    pub fn seen(&self) -> RoaringBitmap {
        let mut seen = RoaringBitmap::new();
        for held in self.buckets.values().flat_map(Bucket::held) {
            held.part.index.view().each(|slot| {
                if !hides(held, slot) {
                    seen.extend(held.part.guests.guests_of(slot));
                    if has_own_rows(&held.part, slot) {
                        seen.insert(held.part.person(slot));
                    }
                }
            });
        }
        seen
    }

    /// New events, in order of arrival.
    pub fn append(&mut self, facts: &Facts, threads: usize) {
        for part in build_parts(facts, &self.zone, threads) {
            self.push(part);
        }
    }
    fn push(&mut self, part: Part) {
        let bucket = self.buckets.entry(part.bucket).or_default();
        bucket.tail.push(Held { part: Arc::new(part), hidden: None });
        let rows: Vec<usize> = bucket.tail.iter().map(|held| held.part.rows()).collect();
        if let Some(from) = due(&rows, TAIL_RATIO) {
            let parts = bucket.tail.split_off(from);
            let bucket_no = parts[0].part.bucket;
            let merge = Merge { bucket: bucket_no, parts, erased: Arc::default(), zone: self.zone.clone() };
            bucket.tail.extend(merge.in_memory().map(|part| Held { part: Arc::new(part), hidden: None }));
        }
    }

    /// Who lies in the wrong place among the stored parts: `gone` are the numbers that are no person of their own any more (merged or erased),
    /// `whose` tells the person an identity belongs to, `None` when it was erased.
    pub fn misplaced(&self, gone: impl Iterator<Item = u32>, whose: impl Fn(u32) -> Option<u32>) -> Vec<u32> {
        let mut found = FxHashSet::default();
        for node in gone {
            let Some(bucket) = self.buckets.get(&((node >> 16) as u16)) else { continue };
            if bucket.held().any(|held| shows(held, node as u16)) {
                found.insert(node);
            }
        }
        for bucket in self.buckets.values() {
            for held in bucket.held() {
                for guest in held.part.guests.iter() {
                    let slot = (*guest >> 32) as u16;
                    let person = held.part.person(slot);
                    if whose(*guest as u32) != Some(person) && !hides(held, slot) {
                        found.insert(person);
                    }
                }
            }
        }
        found.into_iter().collect()
    }

    /// Looks at everything that lies under these people and moves it to whom it belongs to now. Rows of erased people vanish from sight.
    pub fn resettle(&mut self, people: &[u32], whose: impl Fn(u32) -> Option<u32>) {
        let mut slots: BTreeMap<u16, Vec<u16>> = BTreeMap::new();
        for person in people.iter().collect::<FxHashSet<_>>() {
            slots.entry((person >> 16) as u16).or_default().push(*person as u16);
        }
        // For each bucket that gets rows: what from which part (by bucket and place in it), in order.
        let mut moves: BTreeMap<u16, Vec<(u16, usize, Take)>> = BTreeMap::new();
        let mut only: Vec<Vec<u32>> = Vec::new();
        let mut sources: FxHashMap<(u16, usize), Arc<Part>> = FxHashMap::default();
        for (number, slots) in slots {
            let Some(bucket) = self.buckets.get_mut(&number) else { continue };
            let mut hide = Bits::empty();
            for slot in slots {
                let wrong = |held: &Held| shows(held, slot) && is_misplaced(&held.part, slot, &whose);
                if !bucket.held().any(wrong) {
                    continue;
                }
                hide.insert(slot);
                for (at, held) in bucket.held().enumerate().filter(|(_, held)| shows(held, slot)) {
                    for (to, origins) in owners(&held.part, slot, &whose) {
                        let only = match origins {
                            None => ALL,
                            Some(origins) => {
                                only.push(origins);
                                only.len() as u32 - 1
                            }
                        };
                        let take = Take { to: to as u16, source: 0, slot, only };
                        moves.entry((to >> 16) as u16).or_default().push((number, at, take));
                    }
                    sources.entry((number, at)).or_insert_with(|| Arc::clone(&held.part));
                }
            }
            if !hide.is_empty() {
                bucket.hide(&hide);
            }
        }
        for (to, mut takes) in moves {
            takes.sort_unstable_by_key(|(bucket, at, _)| (*bucket, *at));
            let mut plan = Plan { bucket: to, sources: Vec::new(), takes: Vec::new(), only: only.clone() };
            for group in takes.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
                let source = plan.sources.len() as u32;
                plan.sources.push(&sources[&(group[0].0, group[0].1)]);
                plan.takes.extend(group.iter().map(|(_, _, take)| Take { source, ..*take }));
            }
            let Ok(part) = assemble(&mut plan, &self.zone, &mut Memory);
            if let Some(part) = part {
                self.push(part);
            }
        }
    }
    /// Identities whose rows are to be kept nowhere: compaction rewrites the stored parts that hold some.
    pub fn set_erased(&mut self, erased: Arc<RoaringBitmap>) {
        if !Arc::ptr_eq(&self.erased, &erased) {
            self.erased = erased;
            for stored in self.buckets.values_mut().flat_map(|bucket| &mut bucket.stored) {
                stored.dirty = holds_any(&stored.held.part, &self.erased);
            }
        }
    }
    pub fn snapshot(&self) -> Snapshot {
        let view =
            |(number, bucket): (&u16, &Bucket)| View { bucket: *number, parts: bucket.held().cloned().collect() };
        Snapshot { views: self.buckets.iter().map(view).collect() }
    }
    /// Rows in memory.
    pub fn tail_rows(&self) -> usize {
        self.buckets
            .values()
            .flat_map(|bucket| bucket.tail.iter().chain(&bucket.frozen))
            .map(|held| held.part.rows())
            .sum()
    }
    pub fn tail_memory(&self) -> usize {
        let held = self.buckets.values().flat_map(|bucket| bucket.tail.iter().chain(&bucket.frozen));
        held.map(|held| held.part.memory()).sum()
    }
    /// Stored parts whose files hold rows of erased people.
    pub fn dirty_parts(&self) -> usize {
        self.buckets.values().flat_map(|bucket| &bucket.stored).filter(|stored| stored.dirty).count()
    }

    /// Sets the tail aside to be stored; further events make a new one. `None` when there is nothing to store, or another
    /// flush or compaction is under way.
    pub fn begin_flush(&mut self) -> Option<Flush> {
        if self.busy || self.buckets.values().all(|bucket| bucket.tail.is_empty()) {
            return None;
        }
        self.busy = true;
        let mut flush = Flush { parts: Vec::new(), settled: Vec::new() };
        for (number, bucket) in &mut self.buckets {
            // What was settled before and has not changed since is remembered already.
            let changed = |own: &Stored| {
                let hidden = own.held.hidden.as_ref()?;
                let same = own.settled.as_ref().is_some_and(|settled| Arc::ptr_eq(settled, hidden));
                (!same).then(|| (own.id, Arc::clone(hidden)))
            };
            let hiding = bucket.stored.iter().filter_map(changed);
            flush.settled.extend(hiding);
            if !bucket.tail.is_empty() {
                bucket.frozen = std::mem::take(&mut bucket.tail);
                flush.parts.push(Merge {
                    bucket: *number,
                    parts: bucket.frozen.clone(),
                    erased: Arc::clone(&self.erased),
                    zone: self.zone.clone(),
                });
            }
        }
        Some(flush)
    }
    /// The flush is safe: for each of its merges, in their order, the stored part it became.
    pub fn end_flush(&mut self, flush: &Flush, made: Vec<Option<(PartId, Arc<Part>)>>) {
        self.busy = false;
        let settled: FxHashMap<PartId, &Arc<Bits>> = flush.settled.iter().map(|(id, bits)| (*id, bits)).collect();
        for stored in self.buckets.values_mut().flat_map(|bucket| &mut bucket.stored) {
            if let Some(bits) = settled.get(&stored.id) {
                stored.settled = Some(Arc::clone(bits));
            }
        }
        for (merge, made) in flush.parts.iter().zip(made) {
            let Some(bucket) = self.buckets.get_mut(&merge.bucket) else { continue };
            let frozen = std::mem::take(&mut bucket.frozen);
            let Some((id, part)) = made else { continue };
            let hidden = hidden_since(frozen.iter().map(|held| &held.hidden), &merge.parts);
            // Somebody may have been erased since the flush began.
            let dirty = holds_any(&part, &self.erased);
            bucket.stored.push(Stored { id, held: Held { part, hidden }, settled: None, dirty });
        }
    }
    /// The flush failed: its events are part of the tail again.
    pub fn cancel_flush(&mut self) {
        self.busy = false;
        for bucket in self.buckets.values_mut() {
            let newer = std::mem::take(&mut bucket.tail);
            bucket.tail = std::mem::take(&mut bucket.frozen);
            bucket.tail.extend(newer);
        }
    }

    /// What is due: parts of a bucket that have become too many, hide too much, or hold rows of erased people.
    /// `None` also while a flush or another compaction is under way.
    pub fn begin_compaction(&mut self) -> Option<Compaction> {
        if self.busy {
            return None;
        }
        let due = self.due_compaction();
        self.busy = due.is_some();
        due
    }
    pub fn compaction_is_due(&self) -> bool {
        !self.busy && self.due_compaction().is_some()
    }
    pub fn cancel_compaction(&mut self) {
        self.busy = false;
    }
    fn due_compaction(&self) -> Option<Compaction> {
        self.buckets.iter().find_map(|(number, bucket)| {
            let rows: Vec<usize> = bucket.stored.iter().map(|stored| stored.held.part.rows()).collect();
            let worn = |stored: &Stored| {
                let hidden = stored.settled.as_ref().map_or(0, |bits| bits.len());
                let mut here = Bits::empty();
                if hidden > 0 {
                    stored.held.part.index.view().add_to(&mut here);
                }
                stored.dirty || hidden > 0 && hidden * HIDDEN_SHARE >= here.len()
            };
            let range = match due(&rows, STORED_RATIO) {
                Some(from) => from..rows.len(),
                None => {
                    let at = bucket.stored.iter().position(worn)?;
                    at..at + 1
                }
            };
            let chosen = &bucket.stored[range];
            let held = |stored: &Stored| Held { part: Arc::clone(&stored.held.part), hidden: stored.settled.clone() };
            Some(Compaction {
                ids: chosen.iter().map(|stored| stored.id).collect(),
                merge: Merge {
                    bucket: *number,
                    parts: chosen.iter().map(held).collect(),
                    erased: Arc::clone(&self.erased),
                    zone: self.zone.clone(),
                },
            })
        })
    }
    /// The compaction is safe: `made` takes the place of its parts. False (and nothing done) when they are not there any more.
    pub fn end_compaction(&mut self, done: &Compaction, made: Option<(PartId, Arc<Part>)>) -> bool {
        self.busy = false;
        let Some(bucket) = self.buckets.get_mut(&done.merge.bucket) else { return false };
        let Some(at) = bucket.stored.iter().position(|stored| stored.id == done.ids[0]) else { return false };
        let Some(old) = bucket.stored.get(at..at + done.ids.len()) else { return false };
        if old.iter().map(|stored| stored.id).ne(done.ids.iter().copied()) {
            return false;
        }
        let hidden = hidden_since(old.iter().map(|stored| &stored.held.hidden), &done.merge.parts);
        let new = made.map(|(id, part)| {
            let dirty = holds_any(&part, &self.erased);
            Stored { id, held: Held { part, hidden }, settled: None, dirty }
        });
        bucket.stored.splice(at..at + done.ids.len(), new);
        true
    }
}

/// Whom the part made of `before` must hide: those whom its sources came to hide since.
fn hidden_since<'a>(now: impl Iterator<Item = &'a Option<Arc<Bits>>>, before: &[Held]) -> Option<Arc<Bits>> {
    let mut all = Bits::empty();
    for (now, before) in now.zip(before) {
        all.or(&newly(now, &before.hidden));
    }
    (!all.is_empty()).then(|| Arc::new(all))
}

/// Whether rows of any of these identities are in the part.
fn holds_any(part: &Part, erased: &RoaringBitmap) -> bool {
    if erased.is_empty() {
        return false;
    }
    let mut here = Bits::empty();
    part.index.view().add_to(&mut here);
    here.and(&Bits::of_people(erased, part.bucket));
    here.iter().any(|slot| has_own_rows(part, slot)) || part.guests.iter().any(|guest| erased.contains(*guest as u32))
}

/// Whether a slot that occurs has rows that came in with its own number.
fn has_own_rows(part: &Part, slot: u16) -> bool {
    if part.guests.guests_of(slot).next().is_none() {
        return true;
    }
    let person = part.person(slot);
    part.types.iter().any(|own| {
        let Some(rank) = own.index.view().rank(slot) else { return false };
        let rows = own.starts[rank] as usize..own.starts[rank + 1] as usize;
        own.origins.get(rows).is_none_or(|origins| origins.contains(&person))
    })
}

fn is_misplaced(part: &Part, slot: u16, whose: &impl Fn(u32) -> Option<u32>) -> bool {
    let person = part.person(slot);
    std::iter::once(person).chain(part.guests.guests_of(slot)).any(|origin| whose(origin) != Some(person))
}

/// Whom the rows of a slot belong to, with the origins of each; no list of origins when all belong to one.
fn owners(part: &Part, slot: u16, whose: &impl Fn(u32) -> Option<u32>) -> Vec<(u32, Option<Vec<u32>>)> {
    let mut by_owner: BTreeMap<Option<u32>, Vec<u32>> = BTreeMap::new();
    for origin in std::iter::once(part.person(slot)).chain(part.guests.guests_of(slot)) {
        by_owner.entry(whose(origin)).or_default().push(origin);
    }
    let one = by_owner.len() == 1;
    let owned = by_owner.into_iter().filter_map(|(owner, mut origins)| {
        origins.sort_unstable();
        Some((owner?, (!one).then_some(origins)))
    });
    owned.collect()
}

impl Bucket {
    /// In order of arrival.
    fn held(&self) -> impl Iterator<Item = &Held> {
        self.stored.iter().map(|stored| &stored.held).chain(&self.frozen).chain(&self.tail)
    }
    fn hide(&mut self, slots: &Bits) {
        let stored = self.stored.iter_mut().map(|stored| &mut stored.held);
        for held in stored.chain(&mut self.frozen).chain(&mut self.tail) {
            let mut own = Bits::empty();
            held.part.index.view().add_to(&mut own);
            own.and(slots);
            if !own.is_empty() {
                let hidden = held.hidden.get_or_insert_with(|| Arc::new(Bits::empty()));
                Arc::make_mut(hidden).or(&own);
            }
        }
    }
}
