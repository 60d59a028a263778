//! Stages of life: new, active, at risk, lost, by the brand's purchase cycle; and the AARRR stages.

use crate::bits::Bits;
use crate::calendar::Calendar;
use crate::kernel::Merge;
use crate::test::Select;
use roaring::RoaringBitmap;
use std::sync::Arc;

/// How often buyers buy: the days between neighbouring order days of a person, over all people.
#[derive(Clone, Debug)]
pub struct Cycle {
    pub orders: Select,
    pub from_day: i32,
    pub to_day: i32,
    pub calendar: Arc<Calendar>,
}

/// (days, how often), rising: the median is the purchase cycle ([`CyclePartial::median`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CyclePartial(pub Vec<(u32, u64)>);

/// In days since orders up to the day in question (0 = that day).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stages {
    /// New: the first order is at most this old.
    pub new_days: u32,
    /// Active: not new, the last order is at most this old.
    pub active_days: u32,
    /// At risk: not active, the last order is at most this old. Older: lost.
    pub risk_days: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// No order yet.
    Prospect,
    New,
    Active,
    AtRisk,
    Lost,
}

/// The stage of everybody in `among` on one day, and on an earlier day to compare with. Orders after the day in question are not seen.
///
/// Prospects are the people of `among` without an order: pass the people that exist.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    pub orders: Select,
    pub stages: Stages,
    pub on: i32,
    pub against: Option<i32>,
    pub calendar: Arc<Calendar>,
}

/// `flow[from][to]`: people by stage on `against` and on `on`; without `against` everybody is in row `on`'s own stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LifecyclePartial {
    pub flow: [[u64; 5]; 5],
}

/// People in `to` on `on`, and in `from` on `against`; `None` fits all.
#[derive(Clone, Copy, Debug, Default)]
pub struct LifecycleCell {
    pub from: Option<Stage>,
    pub to: Option<Stage>,
}

/// The pirate stages, each a set of its own; somebody's stage is the last of them that holds.
#[derive(Clone, Debug)]
pub struct Aarrr {
    /// Activation: did this, ever up to `on`.
    pub activation: Select,
    /// Retention: active on at least one day in the last `retention_days` days up to `on` and on a day at least `retention_days` before that one.
    pub retention_days: u32,
    /// Revenue: did this, ever up to `on`.
    pub revenue: Select,
    /// Referral: did this, ever up to `on`, or is one of `referrers`.
    pub referral: Select,
    pub referrers: RoaringBitmap,
    pub on: i32,
    pub calendar: Arc<Calendar>,
}

/// Acquisition (any event up to `on`), activation, retention, revenue, referral: people in each set, and people whose last stage it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AarrrPartial {
    pub reached: [u64; 5],
    pub stage: [u64; 5],
}
