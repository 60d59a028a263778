//! Stages of life: new, active, at risk, lost, by the brand's purchase cycle; and the AARRR stages.

use super::by::Cells;
use super::condition::{Compare, Condition, Count, Window};
use super::runs;
use crate::bits::Bits;
use crate::calendar::Calendar;
use crate::days::Days;
use crate::kernel::{Kernel, Merge};
use crate::test::Select;
use crate::view::{Scratch, View};
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

/// `flow[from][to]`: people by stage on `against` and on `on`, places as in [`Stage::ALL`]. Without `against` nobody has moved.
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
    /// Retention: active on one of the last `retention_days` days up to `on`, and on a day before those.
    pub retention_days: u32,
    /// Revenue: did this, ever up to `on`.
    pub revenue: Select,
    /// Referral: did this, ever up to `on`, or is one of `referrers`.
    pub referral: Select,
    pub referrers: RoaringBitmap,
    pub on: i32,
    pub calendar: Arc<Calendar>,
}

/// Places as in [`AarrrPartial`].
#[derive(Clone, Copy, Debug)]
pub enum AarrrCell {
    Reached(usize),
    Stage(usize),
}

/// Acquisition (any event up to `on`), activation, retention, revenue, referral: people in each set, and people whose last stage it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AarrrPartial {
    pub reached: [u64; 5],
    pub stage: [u64; 5],
}

impl Merge for CyclePartial {
    fn merge(&mut self, other: Self) {
        runs::merge(&mut self.0, other.0);
    }
}
impl CyclePartial {
    /// The middle number of days between orders (the lower of two); `None` when nobody has ordered on two days.
    pub fn median(&self) -> Option<u32> {
        runs::quantile(&self.0, 0.5)
    }
}

impl Kernel for Cycle {
    type Partial = CyclePartial;
    fn bucket(&self, view: &View, among: &Bits) -> CyclePartial {
        let orders = view.select(&self.orders);
        let (from, to) = self.calendar.instants(self.from_day, self.to_day);
        let mut people = orders.people();
        people.and(among);
        let (mut scratch, mut gaps) = (Scratch::default(), Vec::new());
        for slot in people.iter() {
            let mut last = None;
            for at in orders.rows(slot, &mut scratch).between(from, to).times {
                let day = self.calendar.day(*at);
                gaps.extend(last.filter(|last| *last != day).map(|last| (day - last) as u32));
                last = Some(day);
            }
        }
        CyclePartial(runs::runs(gaps))
    }
}

impl Stage {
    pub const ALL: [Stage; 5] = [Stage::Prospect, Stage::New, Stage::Active, Stage::AtRisk, Stage::Lost];
}

fn days_before(day: i32, days: u32) -> i32 {
    (i64::from(day) - i64::from(days)).max(i64::from(i32::MIN)) as i32
}

impl Lifecycle {
    /// The people of `among` in each stage on a day, in the order of [`Stage::ALL`].
    pub fn stages_on(&self, view: &View, among: &Bits, on: i32) -> [Bits; 5] {
        let ordered = |from: i32, to: i32| {
            let condition = Condition::Did {
                select: self.orders.clone(),
                count: Count::Times,
                op: Compare::Gte,
                value: 1.0,
                window: Window::Days { from, to },
            };
            condition.people(view, among, &self.calendar, on)
        };
        let Stages { new_days, active_days, risk_days } = self.stages;
        let ever = ordered(i32::MIN, on);
        let without = |mut people: Bits, others: &Bits| {
            people.and_not(others);
            people
        };
        let first_old = days_before(on, new_days).checked_sub(1).map(|day| ordered(i32::MIN, day));
        let new = without(ever.clone(), &first_old.unwrap_or_default());
        let active = without(ordered(days_before(on, active_days), on), &new);
        let mut seen = new.clone();
        seen.or(&active);
        let risk = without(ordered(days_before(on, risk_days), on), &seen);
        seen.or(&risk);
        [without(among.clone(), &ever), new, active, risk, without(ever, &seen)]
    }
}

impl Merge for LifecyclePartial {
    fn merge(&mut self, other: Self) {
        let own = self.flow.as_flattened_mut().iter_mut();
        own.zip(other.flow.as_flattened()).for_each(|(own, other)| *own += other);
    }
}

impl Kernel for Lifecycle {
    type Partial = LifecyclePartial;
    fn bucket(&self, view: &View, among: &Bits) -> LifecyclePartial {
        let mut partial = LifecyclePartial::default();
        let now = self.stages_on(view, among, self.on);
        let Some(against) = self.against else {
            (0..5).for_each(|stage| partial.flow[stage][stage] = now[stage].len());
            return partial;
        };
        let before = self.stages_on(view, among, against);
        for (from, row) in before.iter().zip(&mut partial.flow) {
            row.iter_mut().zip(&now).for_each(|(count, to)| *count = from.and_len(to));
        }
        partial
    }
}

impl Cells for Lifecycle {
    type Cell = LifecycleCell;
    fn people(&self, view: &View, among: &Bits, cell: &LifecycleCell) -> Bits {
        let mut people = among.clone();
        if let Some(stage) = cell.to {
            people.and(&self.stages_on(view, among, self.on)[stage as usize]);
        }
        if let Some(stage) = cell.from {
            people.and(&self.stages_on(view, among, self.against.unwrap_or(self.on))[stage as usize]);
        }
        people
    }
}

impl Aarrr {
    /// The people of `among` in each set: acquisition, activation, retention, revenue, referral.
    pub fn sets(&self, view: &View, among: &Bits) -> [Bits; 5] {
        let did = |select: &Select| {
            let condition = Condition::Did {
                select: select.clone(),
                count: Count::Times,
                op: Compare::Gte,
                value: 1.0,
                window: Window::Ever,
            };
            condition.people(view, among, &self.calendar, self.on)
        };
        let days = Days::all(view);
        let mut acquired = days.any(i32::MIN, self.on);
        acquired.and(among);
        let mut retained = days.any(days_before(self.on, self.retention_days).saturating_add(1), self.on);
        retained.and(&days.any(i32::MIN, days_before(self.on, self.retention_days)));
        retained.and(among);
        let mut referral = Bits::of_people(&self.referrers, view.bucket);
        referral.and(among);
        referral.or(&did(&self.referral));
        [acquired, did(&self.activation), retained, did(&self.revenue), referral]
    }
    /// The people of `among` whose last set it is; people in none are in no stage.
    pub fn stages(&self, view: &View, among: &Bits) -> [Bits; 5] {
        let mut sets = self.sets(view, among);
        for stage in 0..4 {
            let (low, high) = sets.split_at_mut(stage + 1);
            high.iter().for_each(|later| low[stage].and_not(later));
        }
        sets
    }
}

impl Merge for AarrrPartial {
    fn merge(&mut self, other: Self) {
        for stage in 0..5 {
            self.reached[stage] += other.reached[stage];
            self.stage[stage] += other.stage[stage];
        }
    }
}

impl Kernel for Aarrr {
    type Partial = AarrrPartial;
    fn bucket(&self, view: &View, among: &Bits) -> AarrrPartial {
        let count = |sets: [Bits; 5]| sets.map(|people| people.len());
        AarrrPartial { reached: count(self.sets(view, among)), stage: count(self.stages(view, among)) }
    }
}

impl Cells for Aarrr {
    type Cell = AarrrCell;
    fn people(&self, view: &View, among: &Bits, cell: &AarrrCell) -> Bits {
        match *cell {
            AarrrCell::Reached(stage) => self.sets(view, among).into_iter().nth(stage),
            AarrrCell::Stage(stage) => self.stages(view, among).into_iter().nth(stage),
        }
        .unwrap_or_default()
    }
}
