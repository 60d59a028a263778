//! How many people do something how often, on how many days, for how much.

use super::measure::Sum;
use crate::calendar::Calendar;
use crate::kernel::Merge;
use crate::test::Select;
use std::sync::Arc;

/// One value per person with at least one such event in the span (one per event for [`Spread::Value`]).
#[derive(Clone, Debug)]
pub struct Distribution {
    pub event: Select,
    pub spread: Spread,
    pub from: i64,
    pub to: i64,
    pub calendar: Arc<Calendar>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Events per person: frequency.
    Count,
    /// Distinct calendar days per person.
    Days,
    /// Sum of a property per person.
    Sum(String),
    /// The property of each event; events without it are left out.
    Value(String),
}

/// Values in millionths and how many people (events) have each; rising. Exact: quantiles can be read off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DistributionPartial {
    pub values: Vec<(Sum, u64)>,
    /// Distinct people.
    pub people: u64,
}

/// People with a value in `from..to`; `None`: unbounded.
#[derive(Clone, Copy, Debug, Default)]
pub struct DistributionCell {
    pub from: Option<f64>,
    pub to: Option<f64>,
}
