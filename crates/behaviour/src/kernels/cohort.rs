//! What people are worth, by periods since they came.

use super::by::{By, Cells, Grouped, Split, add, at_group};
use super::measure::Sum;
use crate::bits::Bits;
use crate::calendar::{Calendar, Grain};
use crate::kernel::{Kernel, Merge};
use crate::lane::{Ground, Many, Source};
use crate::test::Select;
use crate::values::Numbers;
use crate::view::{Scratch, Selection, View};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A person is in the cohort of the period of the first start event ever, if that lies in the span. What they bring from that event on
/// (same instant included) is summed by periods since.
#[derive(Clone, Debug)]
pub struct CohortValue {
    /// [`Select::default`]: any first event.
    pub start: Select,
    /// The events that bring value, refunds among them.
    pub value: Select,
    pub property: String,
    pub grain: Grain,
    /// Columns, period 0 included.
    pub periods: usize,
    /// The days of start events, both included.
    pub from_day: i32,
    pub to_day: i32,
    /// Events of later days are not seen; periods that begin later are left out.
    pub today: i32,
    /// A property is that of the start event.
    pub by: By,
    pub calendar: Arc<Calendar>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueCohort {
    pub people: u64,
    /// With at least one value event so far.
    pub buyers: u64,
    /// Per period, not yet added up.
    pub value: Vec<Sum>,
}

/// By period number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CohortValuePartial {
    pub all: BTreeMap<i32, ValueCohort>,
    pub groups: Grouped<BTreeMap<i32, ValueCohort>>,
}

#[derive(Clone, Debug)]
pub struct CohortCell {
    pub cohort: i32,
    /// Only those with a value event.
    pub buyers: bool,
    pub group: Option<Option<String>>,
}

impl Merge for ValueCohort {
    fn merge(&mut self, other: Self) {
        self.people += other.people;
        self.buyers += other.buyers;
        add(&mut self.value, &other.value);
    }
}
impl Merge for CohortValuePartial {
    fn merge(&mut self, other: Self) {
        Merge::merge(&mut self.all, other.all);
        Merge::merge(&mut self.groups, other.groups);
    }
}

impl CohortValue {
    fn columns(&self, cohort: i32) -> usize {
        let begun = i64::from(self.grain.of_day(self.today)) - i64::from(cohort) + 1;
        usize::try_from(begun).unwrap_or(0).min(self.periods)
    }
    /// Calls with the slot, the cohort, the start event and, by period, what the person brought (`true`: anything, even 0).
    fn each<'v>(
        &self,
        view: &'v View,
        start: &Selection<'v>,
        among: &Bits,
        mut call: impl FnMut(u16, i32, (usize, usize), &[Sum], bool),
    ) {
        let value = view.select(&self.value);
        let numbers = Numbers::new(&value, &self.property);
        let calendar = &*self.calendar;
        let (from, to) = calendar.instants(self.from_day, self.to_day.min(self.today));
        let end = calendar.start(self.today.saturating_add(1));
        let ground = Ground::new(start);
        let mut firsts = Many::new(ground.lanes(start));
        let mut people = start.people();
        people.and(among);
        let mut scratch = Scratch::default();
        let mut sums: Vec<Sum> = Vec::new();
        for slot in people.iter() {
            firsts.load(usize::from(slot >> 6), u32::from(slot & 63));
            let Some((at, list, row)) = firsts.first_at() else { continue };
            if at < from || at >= to {
                continue;
            }
            let cohort = calendar.period(self.grain, at);
            sums.clear();
            sums.resize(self.columns(cohort), Sum(0));
            let rows = value.rows(slot, &mut scratch).between(at, end);
            for i in 0..rows.len() {
                let k = (calendar.period(self.grain, rows.times[i]) - cohort) as usize;
                if let (Some(sum), Some(own)) = (sums.get_mut(k), numbers.sum(rows.place(i))) {
                    *sum += own;
                }
            }
            call(slot, cohort, (list as usize, row as usize), &sums, !rows.is_empty());
        }
    }
}

impl Kernel for CohortValue {
    type Partial = CohortValuePartial;
    fn bucket(&self, view: &View, among: &Bits) -> CohortValuePartial {
        let mut partial = CohortValuePartial::default();
        let start = view.select(&self.start);
        let mut split = Split::new(&self.by, view.bucket, &start);
        let mut groups: Vec<BTreeMap<i32, ValueCohort>> = Vec::new();
        self.each(view, &start, among, |slot, cohort, place, sums, buyer| {
            let count = |cohorts: &mut BTreeMap<i32, ValueCohort>| {
                let own = cohorts.entry(cohort).or_default();
                own.people += 1;
                own.buyers += u64::from(buyer);
                add(&mut own.value, sums);
            };
            count(&mut partial.all);
            split.each(slot, place, |group| count(at_group(&mut groups, group, BTreeMap::new)));
        });
        let named = split.names().into_iter().zip(groups);
        partial.groups = Grouped(named.filter(|(_, cohorts)| !cohorts.is_empty()).collect());
        partial
    }
}

impl Cells for CohortValue {
    type Cell = CohortCell;
    fn people(&self, view: &View, among: &Bits, cell: &CohortCell) -> Bits {
        let start = view.select(&self.start);
        let mut split = Split::new(&self.by, view.bucket, &start);
        let mut people = Bits::empty();
        self.each(view, &start, among, |slot, cohort, place, _, buyer| {
            if cohort == cell.cohort && (buyer || !cell.buyers) && split.fits(slot, place, &cell.group) {
                people.insert(slot);
            }
        });
        people
    }
}
