//! The private-domain value score: 0..=100 points with visible parts.

use super::loyal::Loyal;
use crate::calendar::Calendar;
use crate::kernel::Merge;
use crate::test::Select;
use roaring::RoaringBitmap;
use std::sync::Arc;

/// Points of a part = weight × how much of it is full; each in thousandths of a point, rounded down, so that parts add up to the score exactly.
///
/// | part | full when | otherwise |
/// |---|---|---|
/// | recency | ordered today | falls evenly to nothing at `recency_days` days |
/// | frequency | `frequency_orders` orders or more in the last 365 days | in proportion |
/// | money | net value of `money_full` or more in the last 365 days | in proportion |
/// | engagement | active (any event) on `active_days` days or more of the last 30 | in proportion |
/// | referral | `referrals_full` people or more referred | in proportion |
#[derive(Clone, Debug)]
pub struct Score {
    pub orders: Select,
    pub refunds: Option<Select>,
    /// Property with the value in minor units.
    pub value: String,
    pub weights: Weights,
    pub recency_days: u32,
    pub frequency_orders: u32,
    /// Minor units, above 0.
    pub money_full: i64,
    pub active_days: u32,
    pub referrals_full: u32,
    /// (person, how many they referred), by rising person.
    pub referrals: Arc<Vec<(u32, u32)>>,
    pub loyal: Loyal,
    /// Super VIP from this score on, in thousandths.
    pub super_vip: u32,
    pub on: i32,
    pub calendar: Arc<Calendar>,
}

/// Points; 100 together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    pub recency: u32,
    pub frequency: u32,
    pub money: u32,
    pub engagement: u32,
    pub referral: u32,
}

/// Thousandths of points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScoreParts {
    pub recency: u32,
    pub frequency: u32,
    pub money: u32,
    pub engagement: u32,
    pub referral: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    Ordinary,
    /// Meets the loyal rule.
    Loyal,
    /// At or above `super_vip` points, loyal or not.
    SuperVip,
}

/// (person, parts, tier), by rising person; people of `among` with any event only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScorePartial(pub Vec<(u32, ScoreParts, Tier)>);
