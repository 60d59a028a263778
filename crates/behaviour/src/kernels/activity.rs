//! Who is there: active, new, returning; by event, by weekday and hour.

use crate::calendar::{Calendar, Grain};
use crate::kernel::Merge;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Any event makes somebody active.
#[derive(Clone, Debug)]
pub struct Activity {
    pub grain: Grain,
    /// Days, both included: the periods they lie in, cut to them.
    pub from_day: i32,
    pub to_day: i32,
    /// Read every event for `by_event` and `by_hour` and `events`; without it only the day sets are read.
    pub detail: bool,
    pub calendar: Arc<Calendar>,
}

/// `active[i]`, `new[i]`, `events[i]`: period `grain.of_day(from_day) + i`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityPartial {
    pub active: Vec<u64>,
    /// Whose first event ever lies in the period. Returning = active − new.
    pub new: Vec<u64>,
    pub events: Vec<u64>,
    /// Distinct people on the last day, in the last 7 and the last 30 days up to it; and the sum over those 30 days of people per day
    /// (stickiness = `day_sum` / 30 / `month`).
    pub day: u64,
    pub week: u64,
    pub month: u64,
    pub day_sum: u64,
    /// Distinct people in the span.
    pub people: u64,
    /// (people, events) in the span.
    pub by_event: BTreeMap<String, (u64, u64)>,
    /// Events by hour since Monday 0:00 in the zone: 168 numbers, or none without `detail`.
    pub by_hour: Vec<u64>,
}

#[derive(Clone, Debug)]
pub enum ActivityCell {
    /// Period numbers.
    Active(i32),
    New(i32),
    Returning(i32),
    Event(String),
    /// The people of `day`, `week`, `month`: in this many days up to the last one.
    Last(u32),
}
