//! All ways through the steps of a sequence, laid out once: while somebody edits its days, nobody's history is read again.

use super::chain::{Chains, OrderedScratch, lay, ranks, shared, spans};
use super::condition::{Window, instants};
use crate::bits::Bits;
use crate::calendar::Calendar;
use crate::kernel::{Kernel, Merge, Snapshot};
use crate::test::Select;
use crate::view::{Selection, View};
use roaring::RoaringBitmap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// For each start the first end, by person: whatever a window lets in of a later end with the same start, it lets in of the first.
#[derive(Default)]
pub struct Ways {
    buckets: Vec<Own>,
}

#[derive(Default)]
struct Own {
    bucket: u16,
    slots: Vec<u16>,
    starts: Vec<i64>,
    ends: Vec<i64>,
}

impl Ways {
    /// Of everybody; `None` when there are more than `most`.
    pub fn all(steps: &[Select], snapshot: &Snapshot, most: usize, threads: usize) -> Option<Self> {
        let kernel = Laying { steps, most, found: AtomicUsize::new(0) };
        let mut ways = snapshot.run(&kernel, None, threads);
        ways.buckets.sort_unstable_by_key(|own| own.bucket);
        (kernel.found.into_inner() <= most).then_some(ways)
    }
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }
    pub fn bytes(&self) -> usize {
        self.buckets.iter().map(|own| own.slots.len() * 18).sum()
    }
    /// Who meets [`super::Condition::Sequence`] of the same steps.
    pub fn people(
        &self,
        within: i64,
        window: Window,
        calendar: &Calendar,
        today: i32,
        threads: usize,
    ) -> RoaringBitmap {
        let (from, to) = instants(calendar, window.days(today));
        let each = self.buckets.len().div_ceil(threads.max(1)).max(1);
        let of = |own: &[Own]| {
            let mut all = RoaringBitmap::new();
            own.iter().for_each(|own| all |= own.people(within, from, to).to_people(own.bucket));
            all
        };
        std::thread::scope(|scope| {
            let mut parts = self.buckets.chunks(each);
            let first = parts.next();
            let others: Vec<_> = parts.map(|part| scope.spawn(move || of(part))).collect();
            let mut all = first.map(of).unwrap_or_default();
            others.into_iter().for_each(|other| all |= other.join().expect("no panic"));
            all
        })
    }
}

impl Own {
    fn people(&self, within: i64, from: i64, to: i64) -> Bits {
        let mut met = Bits::empty();
        let words = met.words_mut();
        for ((slot, start), end) in self.slots.iter().zip(&self.starts).zip(&self.ends) {
            let holds = *start >= from && *end < to && *end <= start.saturating_add(within);
            words[usize::from(slot >> 6)] |= u64::from(holds) << (slot & 63);
        }
        met
    }
    fn push(&mut self, slot: u16, start: i64, end: i64) {
        // Ends rise, and so do their latest starts.
        if (self.slots.last(), self.starts.last()) != (Some(&slot), Some(&start)) {
            self.slots.push(slot);
            self.starts.push(start);
            self.ends.push(end);
        }
    }
}

impl Merge for Ways {
    fn merge(&mut self, other: Self) {
        self.buckets.extend(other.buckets);
    }
}

struct Laying<'k> {
    steps: &'k [Select],
    most: usize,
    found: AtomicUsize,
}

impl Kernel for Laying<'_> {
    type Partial = Ways;
    fn bucket(&self, view: &View, among: &Bits) -> Ways {
        if self.found.load(Ordering::Relaxed) > self.most {
            return Ways::default();
        }
        let selections: Vec<Selection<'_>> = self.steps.iter().map(|step| view.select(step)).collect();
        let mut own = Own { bucket: view.bucket, ..Own::default() };
        if shared(&selections) {
            let ranks = ranks(self.steps, &selections);
            let mut people = among.clone();
            selections.iter().for_each(|selection| people.and(&selection.people()));
            let mut scratch = OrderedScratch::default();
            for slot in people.iter() {
                let each = |start, end| own.push(slot, start, end);
                spans(&selections, &ranks, i64::MAX, |_| true, slot, &mut scratch, each);
            }
        } else {
            let chains = Chains {
                steps: self.steps,
                exclude: &[],
                within: i64::MAX,
                from: i64::MIN,
                to: i64::MAX,
                until: i64::MAX,
            };
            lay(&chains, &selections, among, &mut |slot, start, end| own.push(slot, start, end));
        }
        self.found.fetch_add(own.slots.len(), Ordering::Relaxed);
        if own.slots.is_empty() {
            return Ways::default();
        }
        own.slots.shrink_to_fit();
        own.starts.shrink_to_fit();
        own.ends.shrink_to_fit();
        Ways { buckets: vec![own] }
    }
}
