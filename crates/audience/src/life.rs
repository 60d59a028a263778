//! What the stages of life, the tiers of value, loyalty and the RFM scores mean in this workspace: rules and analyses ask the same numbers.

use serde::{Deserialize, Serialize};
use siyu_behaviour::kernels::{Aarrr, Cycle, CyclePartial, Frequency, Lifecycle, Loyal, Rfm, Score, Stages, Weights};
use siyu_behaviour::{Calendar, Operand, Select, Snapshot, Test, TestOp};
use siyu_db::{DbError, Tx, params};
use std::sync::Arc;

/// The event that every order gives, whether it came as an event or by import.
pub const ORDER_COMPLETED: &str = "Order Completed";
/// Events that change what an order was worth.
const CORRECTIONS: [&str; 4] = ["Order Paid", "Order Updated", "Order Refunded", "Order Cancelled"];

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
const SETTING: &str = "lifecycle";
/// The cycle as it was measured last, once a day: were it measured at each question, every order could move everybody.
const MEASURED: &str = "lifecycle.cycle";

/// The settings on one day, complete.
#[derive(Clone, Debug)]
pub struct Measures {
    life: Life,
    cycle_days: u32,
    on: i32,
    calendar: Arc<Calendar>,
}

fn orders() -> Select {
    Select::of(ORDER_COMPLETED)
}
fn corrections() -> Select {
    Select { events: CORRECTIONS.map(str::to_owned).to_vec(), tests: Vec::new() }
}

impl Life {
    pub fn load(tx: &mut Tx<'_>) -> Result<Self, DbError> {
        let text = tx.opt("SELECT value FROM setting WHERE name = $1", params![SETTING], |row| row.text(0))?;
        match text {
            None => Ok(Self::default()),
            Some(text) => {
                serde_json::from_str(&text).map_err(|error| DbError::Decode(format!("setting {SETTING}: {error}")))
            }
        }
    }
    pub fn save(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        put(tx, SETTING, &serde_json::to_string(self).expect("settings are JSON"))
    }
    /// Days between purchases as they were measured last, whether they count or not.
    pub fn measured(tx: &mut Tx<'_>) -> Result<Option<u32>, DbError> {
        Ok(measured(tx)?.map(|(_, cycle)| cycle))
    }
    /// `measure` runs the cycle over everybody; not called when the cycle is set.
    pub fn measures(
        &self,
        calendar: &Arc<Calendar>,
        on: i32,
        measure: impl FnOnce(&Cycle) -> CyclePartial,
    ) -> Measures {
        let cycle_days = self.cycle_days.or_else(|| {
            let (orders, calendar) = (orders(), Arc::clone(calendar));
            measure(&Cycle { orders, from_day: on - YEAR_DAYS + 1, to_day: on, calendar }).median()
        });
        self.with_cycle(cycle_days, calendar, on)
    }
    fn with_cycle(&self, cycle_days: Option<u32>, calendar: &Arc<Calendar>, on: i32) -> Measures {
        let cycle_days = cycle_days.unwrap_or(CYCLE_DAYS).max(1);
        Measures { life: self.clone(), cycle_days, on, calendar: Arc::clone(calendar) }
    }
}

fn put(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<(), DbError> {
    let sql =
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    tx.execute(sql, params![name, value]).map(drop)
}

/// The cycle as stored, with the day it was measured on.
fn measured(tx: &mut Tx<'_>) -> Result<Option<(i32, u32)>, DbError> {
    let text = tx.opt("SELECT value FROM setting WHERE name = $1", params![MEASURED], |row| row.text(0))?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}
pub(crate) fn store_measured(tx: &mut Tx<'_>, day: i32, cycle: u32) -> Result<(), DbError> {
    put(tx, MEASURED, &format!("[{day},{cycle}]"))
}

impl Measures {
    /// As rules and pages take them: the cycle of the last day it was measured on, or measured now when it never was.
    pub fn on(
        tx: &mut Tx<'_>,
        snapshot: &Snapshot,
        calendar: &Arc<Calendar>,
        on: i32,
        threads: usize,
    ) -> Result<Self, DbError> {
        let life = Life::load(tx)?;
        match measured(tx)?.filter(|_| life.cycle_days.is_none()) {
            Some((_, cycle)) => Ok(life.with_cycle(Some(cycle), calendar, on)),
            None => Ok(life.measures(calendar, on, |cycle| snapshot.run(cycle, None, threads))),
        }
    }
    /// The day's own cycle, for whoever stores it; `None` when it is stored already or set by hand.
    pub(crate) fn due(
        tx: &mut Tx<'_>,
        snapshot: &Snapshot,
        calendar: &Arc<Calendar>,
        day: i32,
        threads: usize,
    ) -> Result<Option<u32>, DbError> {
        let life = Life::load(tx)?;
        if life.cycle_days.is_some() || measured(tx)?.is_some_and(|(own, _)| own >= day) {
            return Ok(None);
        }
        Ok(Some(life.measures(calendar, day, |cycle| snapshot.run(cycle, None, threads)).cycle_days))
    }
    /// The same on another day.
    pub(crate) fn moved(&self, on: i32) -> Self {
        Self { on, ..self.clone() }
    }
    pub(crate) fn with_cycle(&self, cycle_days: u32) -> Self {
        Self { cycle_days: cycle_days.max(1), ..self.clone() }
    }
    pub(crate) fn day(&self) -> i32 {
        self.on
    }
    pub(crate) fn calendar(&self) -> &Arc<Calendar> {
        &self.calendar
    }
    /// The same settings give the same answers.
    pub(crate) fn name(&self) -> String {
        format!("{:?}/{}", self.life, self.cycle_days)
    }

    pub fn cycle_days(&self) -> u32 {
        self.cycle_days
    }
    /// New for one cycle, active for one and a half, lost after three.
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
            refunds: Some(corrections()),
            value: "amount".to_owned(),
            weights: Weights::default(),
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
            refunds: Some(corrections()),
            value: "amount".to_owned(),
            frequency: Frequency::Events,
            as_of: self.on,
            since: i32::MIN,
            calendar: Arc::clone(&self.calendar),
        }
    }
}
