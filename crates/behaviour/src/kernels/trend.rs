//! Numbers over time.

use super::by::{By, Cells, Grouped, Split, add, at_group};
use super::measure::{Measure, Sum};
use crate::bits::Bits;
use crate::calendar::{Calendar, Grain};
use crate::days::Days;
use crate::kernel::{Kernel, Merge};
use crate::test::Select;
use crate::values::Numbers;
use crate::view::View;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Trend {
    /// 1..=8 series.
    pub events: Vec<Select>,
    pub grain: Grain,
    pub measure: Measure,
    /// Days, both included: the periods they lie in, cut to them.
    pub from_day: i32,
    pub to_day: i32,
    pub by: By,
    pub calendar: Arc<Calendar>,
}

/// Per series; `points[i]` is period `grain.of_day(from_day) + i`. Counts and people are whole ([`Sum::whole`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrendPartial {
    pub all: Vec<Vec<Sum>>,
    /// Distinct people of each series over the whole span.
    pub people: Vec<u64>,
    /// Empty without a breakdown.
    pub groups: Grouped<Vec<Vec<Sum>>>,
}

#[derive(Clone, Debug)]
pub struct TrendCell {
    pub series: usize,
    /// Period number; `None`: the whole span.
    pub period: Option<i32>,
    pub group: Option<Option<String>>,
}

impl Merge for TrendPartial {
    fn merge(&mut self, other: Self) {
        merge_series(&mut self.all, &other.all);
        add(&mut self.people, &other.people);
        for (group, own) in other.groups.0 {
            merge_series(self.groups.0.entry(group).or_default(), &own);
        }
    }
}
fn merge_series(own: &mut Vec<Vec<Sum>>, other: &[Vec<Sum>]) {
    if own.len() < other.len() {
        own.resize(other.len(), Vec::new());
    }
    own.iter_mut().zip(other).for_each(|(own, other)| add(own, other));
}

impl Trend {
    fn first_period(&self) -> i32 {
        self.grain.of_day(self.from_day)
    }
    fn periods(&self) -> usize {
        usize::try_from(self.grain.of_day(self.to_day) - self.first_period() + 1).unwrap_or(0)
    }
    /// The period of each day of the span, counted from the first.
    fn of_days(&self) -> Vec<u32> {
        (self.from_day..=self.to_day).map(|day| (self.grain.of_day(day) - self.first_period()) as u32).collect()
    }
    /// Distinct people per period from the sets of days.
    fn people_by_days(&self, days: &Days<'_>, among: &Bits) -> Vec<Bits> {
        let mut all = vec![Bits::empty(); self.periods()];
        let of_days = self.of_days();
        days.each(self.from_day, self.to_day, |day, people| {
            all[of_days[(day - self.from_day) as usize] as usize].or_words(people);
        });
        all.iter_mut().for_each(|people| people.and(among));
        all
    }
}

/// Sums by period and group under way.
struct Making {
    sums: Vec<Sum>,
    /// Who was counted last, plus one.
    last: Vec<u32>,
}

impl Making {
    fn new(periods: usize) -> Self {
        Self { sums: vec![Sum(0); periods], last: vec![0; periods] }
    }
    #[inline]
    fn add(&mut self, period: usize, slot: u16, weight: Option<Sum>) {
        match weight {
            Some(weight) => self.sums[period] += weight,
            None => {
                let who = u32::from(slot) + 1;
                if self.last[period] != who {
                    self.last[period] = who;
                    self.sums[period].0 += Sum::ONE;
                }
            }
        }
    }
}

impl Kernel for Trend {
    type Partial = TrendPartial;
    fn bucket(&self, view: &View, among: &Bits) -> TrendPartial {
        let (from, to) = self.calendar.instants(self.from_day, self.to_day);
        let (periods, of_days) = (self.periods(), self.of_days());
        let mut partial = TrendPartial::default();
        for (series, select) in self.events.iter().enumerate() {
            let selection = view.select(select);
            if let (Measure::People, Some(days), false) =
                (&self.measure, Days::of(&selection), matches!(self.by, By::Property(_)))
            {
                let people = self.people_by_days(&days, among);
                let whole = |all: &Bits| Sum::of_whole(all.len() as i64);
                partial.all.push(people.iter().map(whole).collect());
                let mut all = Bits::empty();
                people.iter().for_each(|own| all.or(own));
                partial.people.push(all.len());
                self.by.each_label(view.bucket, |name, label| {
                    let own: Vec<Sum> =
                        people.iter().map(|people| Sum::of_whole(people.and_len(label) as i64)).collect();
                    put(&mut partial.groups, name, series, self.events.len(), own);
                });
                continue;
            }
            let numbers =
                if let Measure::Sum(name) = &self.measure { Some(Numbers::new(&selection, name)) } else { None };
            let mut split = Split::new(&self.by, view.bucket, &selection);
            let mut all = Making::new(periods);
            let mut groups: Vec<Making> = Vec::new();
            let mut people = Bits::empty();
            selection.each_row(among, from, to, |slot, at, place| {
                let day = self.calendar.day(at) - self.from_day;
                let Some(period) = of_days.get(day as usize) else { return };
                let period = *period as usize;
                let weight = match (&self.measure, &numbers) {
                    (Measure::People, _) => None,
                    (Measure::Sum(_), Some(numbers)) => Some(numbers.sum(place).unwrap_or_default()),
                    _ => Some(Sum::of_whole(1)),
                };
                people.insert(slot);
                all.add(period, slot, weight);
                split.each(slot, place, |group| {
                    at_group(&mut groups, group, || Making::new(periods)).add(period, slot, weight);
                });
            });
            partial.all.push(all.sums);
            partial.people.push(people.len());
            for (name, own) in split.names().into_iter().zip(groups) {
                put(&mut partial.groups, name, series, self.events.len(), own.sums);
            }
        }
        partial
    }
}

/// Groups in which nothing happened are left out.
fn put(groups: &mut Grouped<Vec<Vec<Sum>>>, name: Option<String>, series: usize, all: usize, own: Vec<Sum>) {
    if own.iter().any(|sum| *sum != Sum(0)) {
        groups.0.entry(name).or_insert_with(|| vec![Vec::new(); all])[series] = own;
    }
}

impl Cells for Trend {
    type Cell = TrendCell;
    fn people(&self, view: &View, among: &Bits, cell: &TrendCell) -> Bits {
        let Some(select) = self.events.get(cell.series) else { return Bits::empty() };
        let (mut from, mut to) = (self.from_day, self.to_day);
        if let Some(period) = cell.period {
            from = from.max(self.grain.first_day(period));
            to = to.min(self.grain.first_day(period.saturating_add(1)) - 1);
        }
        if from > to {
            return Bits::empty();
        }
        let selection = view.select(select);
        let labelled = match (&cell.group, &self.by) {
            (Some(group), by @ By::Labels(_)) => by.members(view.bucket, among, group),
            _ => among.clone(),
        };
        if let (Some(days), false) = (Days::of(&selection), cell.group.is_some() && matches!(self.by, By::Property(_)))
        {
            let mut people = days.any(from, to);
            people.and(&labelled);
            return people;
        }
        let mut split = Split::new(&self.by, view.bucket, &selection);
        let (from, to) = self.calendar.instants(from, to);
        let mut people = Bits::empty();
        selection.each_row(&labelled, from, to, |slot, _, place| {
            if split.fits(slot, place, &cell.group) {
                people.insert(slot);
            }
        });
        people
    }
}
