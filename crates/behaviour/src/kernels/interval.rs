//! How long from one thing to the next.

use crate::kernel::Merge;
use crate::test::Select;

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
