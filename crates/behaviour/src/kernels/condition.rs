//! Conditions on what people did: as a set over a bucket, and for one person with the instant until which time alone does not change the
//! answer. Both forms answer the same for the same day.
//!
//! Windows are whole days of the workspace's zone, so answers change by themselves only at midnights. Events later than today are not seen
//! until their day has come.

use crate::test::Select;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// `count` of the events in `window` compares to `value`. Nobody with a count of nothing is forgotten: "0 times" holds for people without
    /// any event, so the set form is a part of `among`, not of the people known here.
    Did { select: Select, count: Count, op: Compare, value: f64, window: Window },
    /// The first such event ever lies in the window.
    First { select: Select, window: Window },
    /// The last such event up to today lies in the window.
    Last { select: Select, window: Window },
    /// A chain of events of the steps, in order (ties: see [the module](super)), all in the window, the last at most `within` microseconds
    /// after the first.
    Sequence { steps: Vec<Select>, within: i64, window: Window },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    Times,
    /// Distinct calendar days with such an event.
    Days,
    /// Sum of a property; 0 when there is none. Compared in millionths ([`Sum`](super::Sum)).
    Sum(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compare {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
}

/// Calendar days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Up to today.
    Ever,
    /// Today and the days before it, this many in all; 0 is no day.
    LastDays(u32),
    /// From the first to the second day, as far as they have come.
    Days { from: i32, to: i32 },
}

/// Whether somebody meets a condition, and how long that stays so without new events of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub holds: bool,
    /// The first day at whose start the answer is another one; `i32::MAX` when time alone never changes it. Exact, not a lower bound.
    pub until_day: i32,
}
