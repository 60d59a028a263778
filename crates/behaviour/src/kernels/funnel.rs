//! How many people go through ordered steps within a window of the first.

use super::by::{By, Grouped};
use crate::kernel::Merge;
use crate::test::Select;

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
}

/// A chain does not count when such an event lies between (by instant, both ends excluded) its steps `after` and `before`.
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
