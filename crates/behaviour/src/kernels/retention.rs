//! How many of those who started come back, by periods since.

use super::by::{By, Grouped};
use crate::calendar::{Calendar, Grain};
use crate::test::Select;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A person is in the cohort of the period in which the start event lies; `returned[k]` counts those of it with a return event k periods later (the
/// same number of weeks or months on the calendar, not k × 7 × 24 hours). In period 0 a return must not lie before the start; the start event
/// itself counts when it is also a return event.
#[derive(Clone, Debug)]
pub struct Retention {
    pub start: Select,
    pub back: Select,
    pub grain: Grain,
    /// At most this many columns, period 0 included; 1..=1,000. Periods that begin at or after `now` are left out, so rows are ragged.
    pub periods: usize,
    pub mode: Mode,
    /// True: only the first start event ever counts, and it must lie in the span. False: every period with a start event in the span.
    pub first: bool,
    pub from: i64,
    pub to: i64,
    /// Events at or after it are not seen.
    pub now: i64,
    /// A property is that of the first start event in the cohort's period.
    pub by: By,
    pub calendar: Arc<Calendar>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Back in period k.
    On,
    /// Back in period k or a later one that has begun, also beyond the last column.
    Rolling,
}

/// By period number ([`Grain::first_day`] gives its day).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetentionPartial {
    pub all: BTreeMap<i32, Cohort>,
    /// Empty without a breakdown.
    pub groups: Grouped<BTreeMap<i32, Cohort>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cohort {
    pub people: u64,
    /// By periods since; as long as periods have begun.
    pub returned: Vec<u64>,
}

#[derive(Clone, Debug)]
pub struct RetentionCell {
    /// Period number of the cohort.
    pub cohort: i32,
    /// `None`: the whole cohort. Some(k): those of `returned[k]`.
    pub period: Option<usize>,
    /// `None`: all groups together.
    pub group: Option<Option<String>>,
}
