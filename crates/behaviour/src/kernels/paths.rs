//! What people do next, or did before: steps inside sessions, in order of arrival.

use crate::calendar::Calendar;
use crate::kernel::Merge;
use crate::test::Select;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A session is a run of a person's events (those of `events`) without a gap longer than `session`. Each session gives one route of at most
/// `depth` nodes:
/// - neither `start` nor `end`: its first nodes;
/// - `start`: from the first start event of the session on; sessions without one give none;
/// - `end`: the nodes up to the last end event of the session (at or behind the start, when both are given); sessions without one give none.
///   With `end` alone the last `depth` nodes up to it.
///
/// Equal nodes in a row count once. Times of one node: the first.
#[derive(Clone, Debug)]
pub struct Paths {
    /// Which events count as steps; [`Select::default`] is all.
    pub events: Select,
    pub start: Option<Select>,
    pub end: Option<Select>,
    /// 2..=20.
    pub depth: usize,
    /// Microseconds; a gap of exactly this long still belongs together.
    pub session: i64,
    /// Name nodes by this property; events without it are left out. `None`: by event name.
    pub property: Option<String>,
    /// Sessions are cut at the ends of the span: only events inside it are seen.
    pub from: i64,
    pub to: i64,
}

/// People and times. Nodes are places in `names`.
#[derive(Clone, Debug, Default)]
pub struct PathsPartial {
    pub names: Vec<String>,
    /// (step, from, to) → (people, times). Step 0 is the first node of the route; `to` = [`PathsPartial::LEFT`] when the session had no further
    /// node. Routes cut at `depth` have no such link.
    pub links: FxHashMap<(u16, u32, u32), (u64, u64)>,
    pub routes: FxHashMap<Vec<u32>, (u64, u64)>,
    pub sessions: u64,
    pub people: u64,
}

impl PathsPartial {
    pub const LEFT: u32 = u32::MAX;
}

#[derive(Clone, Debug)]
pub enum PathCell {
    /// `to` `None`: left.
    Link {
        step: u16,
        from: String,
        to: Option<String>,
    },
    Route(Vec<String>),
}
