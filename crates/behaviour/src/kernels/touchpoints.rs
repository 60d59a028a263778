//! Where people come from and go to: the touchpoint map.

use crate::calendar::Calendar;
use crate::kernel::Merge;
use crate::test::Select;
use rustc_hash::FxHashMap;

/// A person's events in the span, in order of arrival, each at a node. Equal nodes in a row are one visit.
#[derive(Clone, Debug)]
pub struct Touchpoints {
    /// Which events count; [`Select::default`] is all.
    pub events: Select,
    /// Property that names the node; events without it are named by their event name.
    pub touch_by: String,
    pub conversion: Select,
    /// Microseconds: a visit has converted when a conversion lies at or at most this long after one of its events.
    pub within: i64,
    pub from: i64,
    pub to: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TouchpointNode {
    pub people: u64,
    /// Visits.
    pub count: u64,
    /// People with a visit that converted.
    pub converted: u64,
    /// People whose first, last node it is.
    pub entry: u64,
    pub exit: u64,
}

#[derive(Clone, Debug, Default)]
pub struct TouchpointsPartial {
    pub nodes: FxHashMap<String, TouchpointNode>,
    /// (from, to) → (people, times).
    pub links: FxHashMap<(String, String), (u64, u64)>,
    pub people: u64,
}

#[derive(Clone, Debug)]
pub enum TouchpointCell {
    Node(String),
    Converted(String),
    Entry(String),
    Exit(String),
    Link { from: String, to: String },
}
