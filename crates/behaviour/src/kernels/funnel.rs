//! How many people go through ordered steps within a window of the first.

use super::by::{By, Cells, Grouped, add};
use super::chain::{Chain, Chains, Visit};
use crate::bits::Bits;
use crate::calendar::Calendar;
use crate::kernel::{Kernel, Merge};
use crate::test::Select;
use crate::values::Groups;
use crate::view::View;
use std::sync::Arc;

/// A person has reached step n when events e1, e2 … en of the steps follow each other in order (ties: see [the module](super)), e1 lies in the
/// span, and the last is at most `window` after e1. Later steps may lie behind the span.
///
/// Among the chains to a person's deepest step the one that gets there first counts, and of those the one with the latest events before: its
/// durations are the times to convert, the group of its first event is the person's group.
#[derive(Clone, Debug)]
pub struct Funnel {
    /// 2..=10.
    pub steps: Vec<Select>,
    /// Microseconds.
    pub window: i64,
    pub from: i64,
    pub to: i64,
    pub exclude: Vec<Exclusion>,
    /// A property is that of the first step's event.
    pub by: By,
    /// Collect the times to convert.
    pub timings: bool,
    pub calendar: Arc<Calendar>,
}

/// A chain ends before the first such event that lies behind its step `after` and ahead of its step `before` (by instant, both excluded):
/// the steps in between are not reached either when it lies ahead of them.
#[derive(Clone, Debug)]
pub struct Exclusion {
    pub select: Select,
    /// Places in `steps`, `after < before`.
    pub after: usize,
    pub before: usize,
}

/// People by step: `people[i]` reached step i (counted from 0), so it never rises along the steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached(pub Vec<u64>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunnelPartial {
    pub all: Reached,
    /// Empty without a breakdown.
    pub groups: Grouped<Reached>,
    /// `seconds[i]`: whole seconds from step i to step i + 1, one per person that reached i + 1. In no order. Empty without `timings`.
    pub seconds: Vec<Vec<u32>>,
}

#[derive(Clone, Debug)]
pub struct FunnelCell {
    /// Counted from 0.
    pub step: usize,
    /// False: reached `step`. True: reached the step before it and not `step` (lost on the way to it); nobody for step 0.
    pub dropped: bool,
    /// `None`: all groups together.
    pub group: Option<Option<String>>,
}

impl Merge for Reached {
    fn merge(&mut self, other: Self) {
        add(&mut self.0, &other.0);
    }
}

impl Merge for FunnelPartial {
    fn merge(&mut self, other: Self) {
        self.all.merge(other.all);
        self.groups.merge(other.groups);
        if self.seconds.len() < other.seconds.len() {
            self.seconds.resize(other.seconds.len(), Vec::new());
        }
        self.seconds.iter_mut().zip(other.seconds).for_each(|(own, other)| own.extend(other));
    }
}

impl FunnelPartial {
    /// Median time from step i to step i + 1 in seconds (the lower of two middle ones); `None` when nobody got there or without `timings`.
    pub fn median_seconds(&mut self, step: usize) -> Option<u32> {
        let all = self.seconds.get_mut(step).filter(|all| !all.is_empty())?;
        let middle = (all.len() - 1) / 2;
        Some(*all.select_nth_unstable(middle).1)
    }
}

impl Funnel {
    fn chains(&self) -> Chains<'_> {
        Chains {
            steps: &self.steps,
            exclude: &self.exclude,
            within: self.window,
            from: self.from,
            to: self.to,
            until: i64::MAX,
        }
    }
    /// Who reached each step, all or those of a property's group.
    fn reached(&self, view: &View, among: &Bits, group: &Option<Option<String>>) -> Vec<Bits> {
        match (group, &self.by) {
            (None, _) => self.chains().reached(view, among, None),
            (Some(group), By::Property(property)) => {
                let first = view.select(&self.steps[0]);
                let mut groups = Groups::by_property(&first, property);
                let mut own = vec![Bits::empty(); self.steps.len()];
                let mut visit = |slot: u16, chain: &Chain| {
                    let mut belongs = false;
                    groups.each_named((chain.first.0 as usize, chain.first.1 as usize), |name| {
                        belongs |= name == group.as_deref();
                    });
                    if belongs {
                        own[..chain.depth].iter_mut().for_each(|bits| bits.insert(slot));
                    }
                };
                self.chains().reached(view, among, Some(&mut visit));
                own
            }
            (Some(group), by) => self.chains().reached(view, &by.members(view.bucket, among, group), None),
        }
    }
}

impl Kernel for Funnel {
    type Partial = FunnelPartial;
    fn bucket(&self, view: &View, among: &Bits) -> FunnelPartial {
        let mut seconds = vec![Vec::new(); if self.timings { self.steps.len().saturating_sub(1) } else { 0 }];
        let mut time = |chain: &Chain| {
            for (step, own) in seconds.iter_mut().enumerate().take(chain.depth - 1) {
                own.push(((chain.times[step + 1] - chain.times[step]) / 1_000_000).min(i64::from(u32::MAX)) as u32);
            }
        };
        let chains = self.chains();
        let mut partial = FunnelPartial::default();
        let reached = match &self.by {
            By::Property(property) => {
                let first = view.select(&self.steps[0]);
                let mut groups = Groups::by_property(&first, property);
                let mut numbers: Vec<Reached> = Vec::new();
                let mut visit = |_: u16, chain: &Chain| {
                    time(chain);
                    groups.each((chain.first.0 as usize, chain.first.1 as usize), |group| {
                        let group = group as usize;
                        if numbers.len() <= group {
                            numbers.resize_with(group + 1, || Reached(vec![0; self.steps.len()]));
                        }
                        numbers[group].0[..chain.depth].iter_mut().for_each(|people| *people += 1);
                    });
                };
                let reached = chains.reached(view, among, Some(&mut visit));
                partial.groups = Grouped(groups.names.names.into_iter().zip(numbers).collect());
                reached
            }
            by => {
                let mut visit = |_: u16, chain: &Chain| time(chain);
                let visit: Option<Visit<'_>> = if self.timings { Some(&mut visit) } else { None };
                let reached = chains.reached(view, among, visit);
                by.each_label(view.bucket, |name, people| {
                    let own: Vec<u64> = reached.iter().map(|bits| bits.and_len(people)).collect();
                    if own.first().is_some_and(|people| *people > 0) {
                        partial.groups.0.insert(name, Reached(own));
                    }
                });
                reached
            }
        };
        partial.all = Reached(reached.iter().map(Bits::len).collect());
        partial.seconds = seconds;
        partial
    }
}

impl Cells for Funnel {
    type Cell = FunnelCell;
    fn people(&self, view: &View, among: &Bits, cell: &FunnelCell) -> Bits {
        let reached = self.reached(view, among, &cell.group);
        let Some(own) = reached.get(cell.step) else { return Bits::empty() };
        match (cell.dropped, cell.step) {
            (false, _) => own.clone(),
            (true, 0) => Bits::empty(),
            (true, step) => {
                let mut lost = reached[step - 1].clone();
                lost.and_not(own);
                lost
            }
        }
    }
}
