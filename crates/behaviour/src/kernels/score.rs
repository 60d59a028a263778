//! The private-domain value score: 0..=100 points with visible parts.

use super::loyal::Loyal;
use crate::bits::Bits;
use crate::calendar::Calendar;
use crate::days::{DayCounts, Days};
use crate::kernel::{Kernel, Merge};
use crate::test::Select;
use crate::values::Numbers;
use crate::view::{Scratch, View};
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

/// Those of rules and pages: the one place that says them.
impl Default for Weights {
    fn default() -> Self {
        Self { recency: 25, frequency: 25, money: 30, engagement: 10, referral: 10 }
    }
}

impl ScoreParts {
    /// The score, in thousandths of a point.
    pub fn total(self) -> u32 {
        self.recency + self.frequency + self.money + self.engagement + self.referral
    }
}

impl Merge for ScorePartial {
    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.sort_unstable_by_key(|(person, ..)| *person);
    }
}

/// Thousandths of points of a part that is `has` of `full`.
fn points(weight: u32, has: i64, full: i64) -> u32 {
    let full = i128::from(full.max(1));
    (i128::from(weight) * 1_000 * i128::from(has).clamp(0, full) / full) as u32
}

/// What the parts of one person are counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScoreFacts {
    /// Days since the last order; `None` without one.
    pub recency_days: Option<i64>,
    /// In the last 365 days.
    pub orders: i64,
    /// Minor units, in the last 365 days, refunds taken off.
    pub money: i64,
    /// Of the last 30.
    pub active_days: i64,
    pub referred: i64,
}

impl Score {
    pub fn parts(&self, facts: &ScoreFacts) -> ScoreParts {
        let (w, recency_days) = (&self.weights, i64::from(self.recency_days));
        ScoreParts {
            recency: points(w.recency, facts.recency_days.map_or(0, |days| recency_days - days), recency_days),
            frequency: points(w.frequency, facts.orders, i64::from(self.frequency_orders)),
            money: points(w.money, facts.money, self.money_full),
            engagement: points(w.engagement, facts.active_days, i64::from(self.active_days)),
            referral: points(w.referral, facts.referred, i64::from(self.referrals_full)),
        }
    }
    pub fn tier(&self, parts: ScoreParts, loyal: bool) -> Tier {
        if parts.total() >= self.super_vip {
            Tier::SuperVip
        } else if loyal {
            Tier::Loyal
        } else {
            Tier::Ordinary
        }
    }
    /// By rising person; people of `among` with any event only. The flag: whether they meet the loyal rule.
    pub fn each(&self, view: &View, among: &Bits, mut found: impl FnMut(u32, ScoreFacts, bool)) {
        let days = Days::all(view);
        let mut people = days.any(i32::MIN, self.on);
        people.and(among);
        let mut active = DayCounts::new();
        days.each(self.on.saturating_sub(29), self.on, |_, own| active.add(own));
        let loyal = self.loyal.people(view, &people);
        let calendar = &*self.calendar;
        let orders = view.select(&self.orders);
        let refunds = self.refunds.as_ref().map(|select| view.select(select)).unwrap_or_default();
        let (order_values, refund_values) = (Numbers::new(&orders, &self.value), Numbers::new(&refunds, &self.value));
        let (from, to) = calendar.instants(self.on.saturating_sub(364), self.on);
        let (mut a, mut b) = (Scratch::default(), Scratch::default());
        let base = u32::from(view.bucket) << 16;
        let mut referrals = &self.referrals[self.referrals.partition_point(|(person, _)| *person < base)..];
        for slot in people.iter() {
            let person = base | u32::from(slot);
            let bought = orders.rows(slot, &mut a).between(i64::MIN, to);
            let recency_days = bought.times.last().map(|at| i64::from(self.on - calendar.day(*at)));
            let year = bought.between(from, to);
            let mut money = 0i64;
            (0..year.len()).for_each(|i| money = money.saturating_add(order_values.whole(year.place(i))));
            let back = refunds.rows(slot, &mut b).between(from, to);
            (0..back.len()).for_each(|i| money = money.saturating_add(refund_values.whole(back.place(i))));
            while referrals.first().is_some_and(|(own, _)| *own < person) {
                referrals = &referrals[1..];
            }
            let referred = referrals.first().filter(|(own, _)| *own == person).map_or(0, |(_, count)| *count);
            let facts = ScoreFacts {
                recency_days,
                orders: year.len() as i64,
                money,
                active_days: active.of(slot) as i64,
                referred: i64::from(referred),
            };
            found(person, facts, loyal.contains(slot));
        }
    }
}

impl Kernel for Score {
    type Partial = ScorePartial;
    fn bucket(&self, view: &View, among: &Bits) -> ScorePartial {
        let mut scores = Vec::new();
        self.each(view, among, |person, facts, loyal| {
            let parts = self.parts(&facts);
            scores.push((person, parts, self.tier(parts, loyal)));
        });
        ScorePartial(scores)
    }
}
