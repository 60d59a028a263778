//! Recency, frequency, monetary value of buyers, in scores of 1 (worst) to 5 (best).

use crate::calendar::Calendar;
use crate::kernel::Merge;
use crate::test::Select;
use std::sync::Arc;

/// Buyers are people with an order up to the day `as_of` (included).
///
/// Recency: whole calendar days from the last order to `as_of`. Frequency: as chosen. Monetary: sum of the value over orders and refunds up to
/// `as_of`, minor units.
///
/// Scores by [`Method::Quantile`] follow the reference definition (`docs/metrics.md`): buyers by rising person number, each measure ranked upward with ties in
/// that order, score = 1 + floor(n × (rank − 1) / buyers); recency is turned round (n + 1 − score), so that the most recent have n.
#[derive(Clone, Debug)]
pub struct Rfm {
    pub orders: Select,
    /// Events that only change the value (their amounts are negative).
    pub refunds: Option<Select>,
    /// Property with the value in minor units.
    pub value: String,
    pub frequency: Frequency,
    /// Day number.
    pub as_of: i32,
    /// Only orders from this day on; `i32::MIN` for all.
    pub since: i32,
    pub calendar: Arc<Calendar>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// Events of `orders`.
    Events,
    /// Distinct calendar days with an order.
    Days,
    /// Distinct values of a text or whole-number property, such as the order's number; events without it count once each.
    Distinct(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// This many groups of equal size, 2..=10.
    Quantile(u8),
    /// Groups by NTILE, as SQL knows it: larger groups first, recency ranked downward, ties by rising person number. For comparison with databases.
    Tiles(u8),
    Fixed(Bounds),
}

/// Lower bounds of the scores 2, 3 … for frequency and value (rising), upper bounds in days of the scores n, n − 1 … 2 for recency (rising). All three of
/// equal length, 1..=9; the number of scores is one more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub recency_days: Vec<i32>,
    pub frequency: Vec<u32>,
    pub value: Vec<i64>,
}

/// Buyers of one bucket, by rising slot; all of equal length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buyers {
    pub bucket: u16,
    pub slots: Vec<u16>,
    /// Day numbers.
    pub last: Vec<i32>,
    pub orders: Vec<u32>,
    pub value: Vec<i64>,
}

/// By rising bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RfmPartial(pub Vec<Buyers>);

/// Scored buyers, in the order of [`RfmPartial`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RfmScores {
    pub scores: u8,
    pub as_of: i32,
    pub buyers: Vec<Buyers>,
    /// Per bucket and buyer: ((r − 1) × n + f − 1) × n + m − 1, below 1,000.
    pub cells: Vec<Vec<u16>>,
}

/// A part of the grid. `None` fits every score.
#[derive(Clone, Debug, Default)]
pub struct RfmCell {
    pub r: Option<u8>,
    pub f: Option<u8>,
    pub m: Option<u8>,
    /// Name of a segment ([`SEGMENTS`]); only with five scores.
    pub segment: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RfmSegment {
    pub name: &'static str,
    pub people: u64,
    /// Minor units.
    pub value: i64,
    /// Sums: divide by `people` for means.
    pub recency_days: i64,
    pub orders: u64,
}

/// Names of segments by recency and frequency, in the order in which they are shown.
pub const SEGMENTS: [&str; 10] = [
    "champions",
    "loyal_customers",
    "potential_loyalists",
    "new_customers",
    "promising",
    "need_attention",
    "about_to_sleep",
    "at_risk",
    "cant_lose",
    "hibernating",
];

/// The segment of a recency and a frequency score of 1..=5.
pub fn segment_of(r: u8, f: u8) -> &'static str {
    match (r, f) {
        (0..=2, 0..=2) => "hibernating",
        (0..=2, 3..=4) => "at_risk",
        (0..=2, _) => "cant_lose",
        (3, 0..=2) => "about_to_sleep",
        (3, 3) => "need_attention",
        (3..=4, 4..) => "loyal_customers",
        (4, 0..=1) => "promising",
        (_, 0..=1) => "new_customers",
        (_, 2..=3) => "potential_loyalists",
        _ => "champions",
    }
}
