//! How long from one thing to the next.

use super::by::Cells;
use super::chain::{self, OrderedScratch};
use super::runs;
use crate::bits::Bits;
use crate::kernel::{Kernel, Merge};
use crate::test::Select;
use crate::view::View;

/// Every `to` event with its last `before` event ahead of it, each `before` event used once at most: of several in a row the last one counts, of
/// several `to` events after it the first. With equal selections: the gaps between neighbours.
#[derive(Clone, Debug)]
pub struct Interval {
    pub before: Select,
    pub after: Select,
    /// Microseconds; longer gaps are left out.
    pub within: i64,
    /// Bounds the `before` event.
    pub from: i64,
    pub to: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntervalPartial {
    /// (whole seconds, how often), rising.
    pub seconds: Vec<(u32, u64)>,
    /// Distinct people with at least one.
    pub people: u64,
}

/// People with a gap of `from_seconds..to_seconds`.
#[derive(Clone, Copy, Debug)]
pub struct IntervalCell {
    pub from_seconds: u32,
    pub to_seconds: u32,
}

impl Merge for IntervalPartial {
    fn merge(&mut self, other: Self) {
        runs::merge(&mut self.seconds, other.seconds);
        self.people += other.people;
    }
}

impl IntervalPartial {
    /// How many gaps there are.
    pub fn count(&self) -> u64 {
        runs::len(&self.seconds)
    }
    /// The smallest gap in seconds that is at least as long as this share (0..=1) of all.
    pub fn quantile(&self, share: f64) -> Option<u32> {
        runs::quantile(&self.seconds, share)
    }
    /// How many gaps lie in `edges[i]..edges[i + 1]` (rising edges, seconds); the last bin has no upper end.
    pub fn bins(&self, edges: &[u32]) -> Vec<u64> {
        runs::bins(&self.seconds, edges)
    }
}

impl Interval {
    fn each(&self, view: &View, among: &Bits, mut call: impl FnMut(u16, u32)) {
        let steps = [self.before.clone(), self.after.clone()];
        let selections = [view.select(&steps[0]), view.select(&steps[1])];
        let ranks = chain::ranks(&steps, &selections);
        let mut people = selections[0].people();
        people.and(&selections[1].people());
        people.and(among);
        let mut scratch = OrderedScratch::default();
        for slot in people.iter() {
            let mut open: Option<i64> = None;
            chain::events(&selections, &ranks, slot, &mut scratch, |at, serves| {
                if serves & 2 != 0
                    && let Some(before) = open.take()
                    && before >= self.from
                    && before < self.to
                    && at - before <= self.within
                {
                    call(slot, ((at - before) / 1_000_000).min(i64::from(u32::MAX)) as u32);
                }
                if serves & 1 != 0 {
                    open = Some(at);
                }
            });
        }
    }
}

impl Kernel for Interval {
    type Partial = IntervalPartial;
    fn bucket(&self, view: &View, among: &Bits) -> IntervalPartial {
        let (mut seconds, mut people) = (Vec::new(), Bits::empty());
        self.each(view, among, |slot, gap| {
            seconds.push(gap);
            people.insert(slot);
        });
        IntervalPartial { seconds: runs::runs(seconds), people: people.len() }
    }
}

impl Cells for Interval {
    type Cell = IntervalCell;
    fn people(&self, view: &View, among: &Bits, cell: &IntervalCell) -> Bits {
        let mut people = Bits::empty();
        self.each(view, among, |slot, gap| {
            if gap >= cell.from_seconds && gap < cell.to_seconds {
                people.insert(slot);
            }
        });
        people
    }
}
