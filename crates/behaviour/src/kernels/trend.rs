//! Numbers over time.

use super::by::{By, Grouped};
use super::measure::{Measure, Sum};
use crate::calendar::{Calendar, Grain};
use crate::kernel::Merge;
use crate::test::Select;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Trend {
    /// 1..=8 series.
    pub events: Vec<Select>,
    pub grain: Grain,
    pub measure: Measure,
    /// Days, both included: the periods they lie in, cut to them.
    pub from_day: i32,
    pub to_day: i32,
    pub by: By,
    pub calendar: Arc<Calendar>,
}

/// Per series; `points[i]` is period `grain.of_day(from_day) + i`. Counts and people are whole ([`Sum::whole`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrendPartial {
    pub all: Vec<Vec<Sum>>,
    /// Distinct people of each series over the whole span.
    pub people: Vec<u64>,
    /// Empty without a breakdown.
    pub groups: Grouped<Vec<Vec<Sum>>>,
}

#[derive(Clone, Debug)]
pub struct TrendCell {
    pub series: usize,
    /// Period number; `None`: the whole span.
    pub period: Option<i32>,
    pub group: Option<Option<String>>,
}
