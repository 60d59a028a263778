//! What people are worth, by periods since they came.

use super::by::{By, Grouped};
use super::measure::Sum;
use crate::calendar::{Calendar, Grain};
use crate::kernel::Merge;
use crate::test::Select;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A person is in the cohort of the period of the first start event ever, if that lies in the span. What they bring from that event on
/// (same instant included) is summed by periods since.
#[derive(Clone, Debug)]
pub struct CohortValue {
    /// [`Select::default`]: any first event.
    pub start: Select,
    /// The events that bring value, refunds among them.
    pub value: Select,
    pub property: String,
    pub grain: Grain,
    /// Columns, period 0 included.
    pub periods: usize,
    pub from: i64,
    pub to: i64,
    /// Events at or after it are not seen; periods that begin at or after it are left out.
    pub now: i64,
    /// A property is that of the start event.
    pub by: By,
    pub calendar: Arc<Calendar>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueCohort {
    pub people: u64,
    /// With at least one value event so far.
    pub buyers: u64,
    /// Per period, not yet added up.
    pub value: Vec<Sum>,
}

/// By period number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CohortValuePartial {
    pub all: BTreeMap<i32, ValueCohort>,
    pub groups: Grouped<BTreeMap<i32, ValueCohort>>,
}

#[derive(Clone, Debug)]
pub struct CohortCell {
    pub cohort: i32,
    /// Only those with a value event.
    pub buyers: bool,
    pub group: Option<Option<String>>,
}
