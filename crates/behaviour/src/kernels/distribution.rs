//! How many people do something how often, on how many days, for how much.

use super::by::Cells;
use super::measure::Sum;
use super::runs;
use crate::bits::Bits;
use crate::calendar::Calendar;
use crate::kernel::{Kernel, Merge};
use crate::test::Select;
use crate::values::Numbers;
use crate::view::{Scratch, View};
use std::sync::Arc;

/// One value per person with at least one such event in the span (one per event for [`Spread::Value`]).
#[derive(Clone, Debug)]
pub struct Distribution {
    pub event: Select,
    pub spread: Spread,
    pub from: i64,
    pub to: i64,
    pub calendar: Arc<Calendar>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Events per person: frequency.
    Count,
    /// Distinct calendar days per person.
    Days,
    /// Sum of a property per person.
    Sum(String),
    /// The property of each event; events without it are left out.
    Value(String),
}

/// Values in millionths and how many people (events) have each; rising. Exact: quantiles can be read off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DistributionPartial {
    pub values: Vec<(Sum, u64)>,
    /// Distinct people.
    pub people: u64,
}

/// People with a value in `from..to`; `None`: unbounded.
#[derive(Clone, Copy, Debug, Default)]
pub struct DistributionCell {
    pub from: Option<f64>,
    pub to: Option<f64>,
}

impl Merge for DistributionPartial {
    fn merge(&mut self, other: Self) {
        runs::merge(&mut self.values, other.values);
        self.people += other.people;
    }
}

impl DistributionPartial {
    /// How many values there are.
    pub fn count(&self) -> u64 {
        runs::len(&self.values)
    }
    pub fn total(&self) -> Sum {
        self.values.iter().fold(Sum(0), |sum, (value, times)| Sum(sum.0 + value.0 * i128::from(*times)))
    }
    /// `None` without values.
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.total().number() / count as f64)
    }
    /// The smallest value that is at least as large as this share (0..=1) of all.
    pub fn quantile(&self, share: f64) -> Option<Sum> {
        runs::quantile(&self.values, share)
    }
    /// How many values lie in `edges[i]..edges[i + 1]` (rising edges); the last bin has no upper end.
    pub fn bins(&self, edges: &[f64]) -> Vec<u64> {
        let edges: Vec<Sum> = edges.iter().map(|edge| Sum::of_number(*edge)).collect();
        runs::bins(&self.values, &edges)
    }
}

impl Distribution {
    /// Calls with each person and value.
    fn each(&self, view: &View, among: &Bits, mut call: impl FnMut(u16, Sum)) {
        let selection = view.select(&self.event);
        let mut people = selection.people();
        people.and(among);
        let numbers = match &self.spread {
            Spread::Sum(property) | Spread::Value(property) => Some(Numbers::new(&selection, property)),
            _ => None,
        };
        let mut scratch = Scratch::default();
        for slot in people.iter() {
            let rows = selection.rows(slot, &mut scratch).between(self.from, self.to);
            if rows.is_empty() {
                continue;
            }
            let values = |numbers: &Numbers<'_>, i: usize| numbers.sum(rows.place(i));
            match (&self.spread, &numbers) {
                (Spread::Days, _) => {
                    let (mut days, mut last) = (0, None);
                    for at in rows.times {
                        let day = Some(self.calendar.day(*at));
                        days += i64::from(day != last);
                        last = day;
                    }
                    call(slot, Sum::of_whole(days));
                }
                (Spread::Sum(_), Some(numbers)) => {
                    let sum = (0..rows.len()).filter_map(|i| values(numbers, i));
                    call(slot, sum.fold(Sum(0), |all, own| Sum(all.0 + own.0)));
                }
                (Spread::Value(_), Some(numbers)) => {
                    (0..rows.len()).filter_map(|i| values(numbers, i)).for_each(|value| call(slot, value));
                }
                _ => call(slot, Sum::of_whole(rows.len() as i64)),
            }
        }
    }
}

impl Kernel for Distribution {
    type Partial = DistributionPartial;
    fn bucket(&self, view: &View, among: &Bits) -> DistributionPartial {
        let (mut values, mut people) = (Vec::new(), Bits::empty());
        self.each(view, among, |slot, value| {
            values.push(value);
            people.insert(slot);
        });
        DistributionPartial { values: runs::runs(values), people: people.len() }
    }
}

impl Cells for Distribution {
    type Cell = DistributionCell;
    fn people(&self, view: &View, among: &Bits, cell: &DistributionCell) -> Bits {
        let (from, to) = (cell.from.map(Sum::of_number), cell.to.map(Sum::of_number));
        let mut people = Bits::empty();
        self.each(view, among, |slot, value| {
            if from.is_none_or(|from| value >= from) && to.is_none_or(|to| value < to) {
                people.insert(slot);
            }
        });
        people
    }
}
