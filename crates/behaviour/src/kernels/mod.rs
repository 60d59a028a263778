//! The questions. One file each; every one has a slow, obviously right twin in `tests/`.
//!
//! What holds for all of them
//! - **Span**: `from..to` are instants, `to` not included; [`Calendar::instants`] makes them from days. What they bound is said at each kernel.
//! - **Ties**: events of the same instant are taken in the order in which the question first names their types; those of types named
//!   together by the identity they came in with, then by name; those of one identity and type in order of arrival. One event serves one
//!   step. Only [`Paths`] and [`Touchpoints`] read a whole history by (instant, identity, arrival) across types.
//! - **Durations** include their end: "within 7 days" holds when the difference is at most 7 × 24 hours.
//! - **People** are counted once however many identities were merged into them; only people of `among` count.
//! - **Breakdown**: [`By`] splits a result by a property of the event that is counted, or by labels of people. A person can be in several
//!   groups, so people of groups do not add up; events with a list property count in each of its entries.
//! - **Sums** are exact and do not depend on how the history is cut into parts or on the number of threads.
//! - **People behind**: [`Cells::people`] gives the people of one number of the result; [`Behind`] runs that over all buckets.
//!
//! [`Calendar::instants`]: crate::Calendar::instants

mod activity;
mod attribution;
mod board;
mod by;
mod catalogue;
mod chain;
mod cohort;
mod condition;
mod credit;
mod distribution;
mod funnel;
mod interval;
mod lifecycle;
mod loyal;
mod measure;
mod paths;
mod retention;
mod rfm;
mod runs;
mod score;
mod share;
mod touchpoints;
mod trend;
mod ways;

pub use activity::{Activity, ActivityCell, ActivityPartial};
pub use attribution::{
    Attributed, Attribution, AttributionCell, AttributionPartial, Credit, Model, OnlyOf, Refunds, TouchWindow,
};
pub use board::{Board, BoardCell, BoardPartial, BoardRow, BoardWhich};
pub use by::{Behind, By, Cells, Grouped, Labels};
pub use catalogue::{Catalogue, CataloguePartial, EventFacts, PropertyFacts};
pub use cohort::{CohortCell, CohortValue, CohortValuePartial, ValueCohort};
pub use condition::{Bound, Compare, Condition, Count, Members, Standing, Window};
pub use credit::{CreditLine, CreditLines, CreditTouch, Credits};
pub use distribution::{Distribution, DistributionCell, DistributionPartial, Spread};
pub use funnel::{Exclusion, Funnel, FunnelCell, FunnelPartial, Reached};
pub use interval::{Interval, IntervalCell, IntervalPartial};
pub use lifecycle::{
    Aarrr, AarrrCell, AarrrPartial, Cycle, CyclePartial, Lifecycle, LifecycleCell, LifecyclePartial, Stage, Stages,
};
pub use loyal::Loyal;
pub use measure::{Measure, Sum};
pub use paths::{PathCell, Paths, PathsPartial};
pub use retention::{Cohort, Mode, Retention, RetentionCell, RetentionPartial};
pub use rfm::{
    Bounds, Buyers, Frequency, Method, Rfm, RfmCell, RfmCount, RfmPartial, RfmScores, RfmSegment, SEGMENTS, segment_of,
};
pub use score::{Score, ScoreFacts, ScorePartial, ScoreParts, Tier, Weights};
pub use touchpoints::{TouchpointCell, TouchpointNode, Touchpoints, TouchpointsPartial};
pub use trend::{Trend, TrendCell, TrendPartial};
pub use ways::Ways;
