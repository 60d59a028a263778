//! What the stages of life, the tiers of value and loyalty mean in this workspace.

use serde::{Deserialize, Serialize};
use siyu_behaviour::kernels::{Aarrr, Cycle, CyclePartial, Frequency, Lifecycle, Loyal, Rfm, Score, Stages, Weights};
use siyu_behaviour::{Calendar, Operand, Select, Test, TestOp};
use std::sync::Arc;

use crate::{ORDER_COMPLETED, corrections};

/// Settings; what is absent is measured or usual.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Life {
    /// Days between purchases; `None`: the median of the last year's.
    pub cycle_days: Option<u32>,
    pub retention_days: u32,
    pub referral_event: String,
    pub loyal_orders: u32,
    pub loyal_days: u32,
    pub loyal_before: bool,
    /// Points.
    pub super_vip: u32,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            cycle_days: None,
            retention_days: 30,
            referral_event: "Referral Completed".to_owned(),
            loyal_orders: 4,
            loyal_days: 30,
            loyal_before: true,
            super_vip: 80,
        }
    }
}

/// When nobody has bought twice.
const CYCLE_DAYS: u32 = 30;
const YEAR_DAYS: i32 = 365;

/// The settings on one day, complete.
pub(crate) struct Measures {
    life: Life,
    cycle_days: u32,
    on: i32,
    calendar: Arc<Calendar>,
}

fn orders() -> Select {
    Select::of(ORDER_COMPLETED)
}
fn refunds() -> Select {
    corrections(&orders())
}

impl Life {
    /// `measure` runs the cycle over everybody.
    pub(crate) fn measures(
        &self,
        calendar: &Arc<Calendar>,
        on: i32,
        measure: impl FnOnce(&Cycle) -> CyclePartial,
    ) -> Measures {
        let cycle_days = self.cycle_days.or_else(|| {
            let cycle =
                Cycle { orders: orders(), from_day: on - YEAR_DAYS + 1, to_day: on, calendar: Arc::clone(calendar) };
            measure(&cycle).median()
        });
        Measures {
            life: self.clone(),
            cycle_days: cycle_days.unwrap_or(CYCLE_DAYS).max(1),
            on,
            calendar: Arc::clone(calendar),
        }
    }
}

impl Measures {
    pub fn cycle_days(&self) -> u32 {
        self.cycle_days
    }
    pub fn lifecycle(&self, against: Option<i32>) -> Lifecycle {
        let cycle = self.cycle_days;
        let stages = Stages { new_days: cycle, active_days: cycle * 3 / 2, risk_days: cycle * 3 };
        Lifecycle { orders: orders(), stages, on: self.on, against, calendar: Arc::clone(&self.calendar) }
    }
    /// Activation: anything that was tracked; looking at pages and being named do not count.
    pub fn aarrr(&self) -> Aarrr {
        let tracked = Test { property: "kind".to_owned(), op: TestOp::Eq, value: Operand::Text("track".to_owned()) };
        Aarrr {
            activation: Select { events: Vec::new(), tests: vec![tracked] },
            retention_days: self.life.retention_days,
            revenue: orders(),
            referral: Select::of(&self.life.referral_event),
            referrers: Default::default(),
            on: self.on,
            calendar: Arc::clone(&self.calendar),
        }
    }
    pub fn loyal(&self) -> Loyal {
        Loyal {
            select: orders(),
            orders: self.life.loyal_orders,
            days: self.life.loyal_days,
            before: self.life.loyal_before,
            on: self.on,
            calendar: Arc::clone(&self.calendar),
        }
    }
    pub fn score(&self) -> Score {
        Score {
            orders: orders(),
            refunds: Some(refunds()),
            value: "amount".to_owned(),
            weights: Weights { recency: 25, frequency: 25, money: 30, engagement: 10, referral: 10 },
            recency_days: self.cycle_days * 3,
            frequency_orders: 12,
            money_full: 1_000_000,
            active_days: 10,
            referrals_full: 3,
            referrals: Arc::default(),
            loyal: self.loyal(),
            super_vip: self.life.super_vip * 1_000,
            on: self.on,
            calendar: Arc::clone(&self.calendar),
        }
    }
    /// All buyers with what they have brought in.
    pub fn rfm(&self) -> Rfm {
        Rfm {
            orders: orders(),
            refunds: Some(refunds()),
            value: "amount".to_owned(),
            frequency: Frequency::Events,
            as_of: self.on,
            since: i32::MIN,
            calendar: Arc::clone(&self.calendar),
        }
    }
}
