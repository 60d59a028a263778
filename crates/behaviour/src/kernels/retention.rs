//! How many of those who started come back, by periods since.

use super::by::{By, Cells, Grouped, add};
use crate::bits::{Bits, WORDS};
use crate::calendar::{Calendar, Grain};
use crate::days::Days;
use crate::fast::{Simd, Work, fast};
use crate::kernel::{Kernel, Merge};
use crate::test::Select;
use crate::values::Groups;
use crate::view::{Scratch, Selection, View};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A person is in the cohort of the period in which the start event lies; `returned[k]` counts those of it with a return event k periods later (the
/// same number of weeks or months on the calendar, not k × 7 × 24 hours). In period 0 a return must not lie before the start; the start event
/// itself counts when it is also a return event.
#[derive(Clone, Debug)]
pub struct Retention {
    pub start: Select,
    pub back: Select,
    pub grain: Grain,
    /// At most this many columns, period 0 included; 1..=1,000. Periods that begin after `today` are left out, so rows are ragged.
    pub periods: usize,
    pub mode: Mode,
    /// True: only the first start event ever counts, and it must lie in the span. False: every period with a start event in the span.
    pub first: bool,
    /// The days of start events, both included.
    pub from_day: i32,
    pub to_day: i32,
    /// Events of later days are not seen.
    pub today: i32,
    /// A property is that of the first start event in the cohort's period.
    pub by: By,
    pub calendar: Arc<Calendar>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Back in period k.
    On,
    /// Back in period k or a later one that has begun, also beyond the last column.
    Rolling,
}

/// By period number ([`Grain::first_day`] gives its day).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetentionPartial {
    pub all: BTreeMap<i32, Cohort>,
    /// Empty without a breakdown.
    pub groups: Grouped<BTreeMap<i32, Cohort>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cohort {
    pub people: u64,
    /// By periods since; as long as periods have begun.
    pub returned: Vec<u64>,
}

#[derive(Clone, Debug)]
pub struct RetentionCell {
    /// Period number of the cohort.
    pub cohort: i32,
    /// `None`: the whole cohort. Some(k): those of `returned[k]`.
    pub period: Option<usize>,
    /// `None`: all groups together.
    pub group: Option<Option<String>>,
}

impl Merge for Cohort {
    fn merge(&mut self, other: Self) {
        self.people += other.people;
        add(&mut self.returned, &other.returned);
    }
}
impl Merge for RetentionPartial {
    fn merge(&mut self, other: Self) {
        Merge::merge(&mut self.all, other.all);
        Merge::merge(&mut self.groups, other.groups);
    }
}

/// A cohort as sets: who is in it, and who came back in each period (others may be in there too).
struct Sets {
    people: Bits,
    returned: Vec<Arc<Bits>>,
}

impl Retention {
    /// How many columns a cohort has.
    fn columns(&self, cohort: i32) -> usize {
        let begun = i64::from(self.grain.of_day(self.today)) - i64::from(cohort) + 1;
        usize::try_from(begun).unwrap_or(0).min(self.periods)
    }
    fn last_day(&self) -> i32 {
        self.to_day.min(self.today)
    }

    /// From the sets of days, when nothing has to be read of single events but the order within a person's first period.
    fn sets_by_days(&self, view: &View, among: &Bits) -> Option<BTreeMap<i32, Sets>> {
        let (start, back) = (view.select(&self.start), view.select(&self.back));
        let starts = days_of(view, &self.start, &start)?;
        let backs = days_of(view, &self.back, &back)?;
        let cohorts = self.cohorts(&starts, among);
        let Some(first) = cohorts.keys().next().copied() else { return Some(BTreeMap::new()) };
        // Who came back in which period; in rolling mode in that one or later.
        let ends = cohorts.keys().map(|cohort| (cohort - first) as usize + self.columns(*cohort));
        let periods = ends.max().unwrap_or(0);
        let mut active = vec![Bits::empty(); periods];
        backs.each(self.grain.first_day(first), self.today, |day, people| {
            let at = (self.grain.of_day(day) - first) as usize;
            // Behind the last column only "or later" matters.
            let at = if self.mode == Mode::Rolling { at.min(periods - 1) } else { at };
            if let Some(active) = active.get_mut(at) {
                active.or_words(people);
            }
        });
        if self.mode == Mode::Rolling {
            for at in (1..periods).rev() {
                let (left, right) = active.split_at_mut(at);
                left[at - 1].or(&right[0]);
            }
        }
        let active: Vec<Arc<Bits>> = active.into_iter().map(Arc::new).collect();
        let mut own = Own { retention: self, start, back, scratch: Default::default() };
        let sets = cohorts.into_iter().map(|(cohort, people)| {
            let from = (cohort - first) as usize;
            let mut returned = active[from..from + self.columns(cohort)].to_vec();
            if let Some(zero) = returned.first_mut() {
                *zero = Arc::new(if self.start == self.back {
                    people.clone()
                } else {
                    own.first_period(cohort, &people, zero)
                });
            }
            (cohort, Sets { people, returned })
        });
        Some(sets.collect())
    }
    /// The people of each cohort, from the days of start events.
    fn cohorts(&self, starts: &Days<'_>, among: &Bits) -> BTreeMap<i32, Bits> {
        let mut cohorts: BTreeMap<i32, Bits> = BTreeMap::new();
        let mut seen = Bits::full();
        seen.and_not(among);
        let from = if self.first { i32::MIN } else { self.from_day };
        starts.each(from, self.last_day(), |day, people| {
            let inside = day >= self.from_day;
            let cohort = inside.then(|| cohorts.entry(self.grain.of_day(day)).or_insert_with(Bits::empty));
            if let Some(cohort) = cohort {
                for ((own, seen), people) in cohort.words_mut().iter_mut().zip(seen.words()).zip(people) {
                    *own |= people & !seen;
                }
            }
            if self.first {
                seen.or_words(people);
            }
        });
        cohorts.retain(|_, people| !people.is_empty());
        cohorts
    }
    /// Person by person: calls with the slot, the cohort, whether each column holds, and the start event.
    fn by_rows(&self, view: &View, among: &Bits, mut call: impl FnMut(u16, i32, &[bool], (usize, usize))) {
        let (start, back) = (view.select(&self.start), view.select(&self.back));
        let calendar = &*self.calendar;
        let (from, to) = calendar.instants(self.from_day, self.last_day());
        let end = calendar.start(self.today.saturating_add(1));
        let mut people = start.people();
        people.and(among);
        let (mut a, mut b) = (Scratch::default(), Scratch::default());
        let mut columns = Vec::new();
        for slot in people.iter() {
            let starts = start.rows(slot, &mut a);
            let backs = back.rows(slot, &mut b).between(i64::MIN, end);
            let mut last = None;
            for (i, at) in starts.times.iter().enumerate() {
                if self.first && i > 0 || *at >= to {
                    break;
                }
                if *at < from {
                    continue;
                }
                let cohort = calendar.period(self.grain, *at);
                if last == Some(cohort) {
                    continue;
                }
                last = Some(cohort);
                columns.clear();
                columns.resize(self.columns(cohort), false);
                let backs = backs.between(*at, i64::MAX);
                match self.mode {
                    Mode::On => {
                        for back in backs.times {
                            let k = (calendar.period(self.grain, *back) - cohort) as usize;
                            let Some(column) = columns.get_mut(k) else { break };
                            *column = true;
                        }
                    }
                    Mode::Rolling => {
                        if let Some(back) = backs.times.last() {
                            let k = (calendar.period(self.grain, *back) - cohort) as usize;
                            columns.iter_mut().take(k + 1).for_each(|column| *column = true);
                        }
                    }
                }
                call(slot, cohort, &columns, starts.place(i));
            }
        }
    }
    /// Person by person, as sets.
    fn sets_by_rows(&self, view: &View, among: &Bits, fits: impl Fn((usize, usize)) -> bool) -> BTreeMap<i32, Sets> {
        let mut sets: BTreeMap<i32, (Bits, Vec<Bits>)> = BTreeMap::new();
        self.by_rows(view, among, |slot, cohort, columns, place| {
            let empty = || (Bits::empty(), vec![Bits::empty(); columns.len()]);
            if !fits(place) {
                return;
            }
            let own = sets.entry(cohort).or_insert_with(empty);
            own.0.insert(slot);
            for (bits, _) in own.1.iter_mut().zip(columns).filter(|(_, holds)| **holds) {
                bits.insert(slot);
            }
        });
        let shared = |(people, returned): (Bits, Vec<Bits>)| Sets {
            people,
            returned: returned.into_iter().map(Arc::new).collect(),
        };
        sets.into_iter().map(|(cohort, own)| (cohort, shared(own))).collect()
    }
}

fn days_of<'v>(view: &'v View, select: &Select, selection: &Selection<'v>) -> Option<Days<'v>> {
    if select.events.is_empty() && select.tests.is_empty() {
        return Some(Days::all(view));
    }
    Days::of(selection)
}

/// Reads single events for the first period.
struct Own<'r, 'v> {
    retention: &'r Retention,
    start: Selection<'v>,
    back: Selection<'v>,
    scratch: (Scratch, Scratch),
}

impl Own<'_, '_> {
    /// Who of a cohort returned at or behind the start: in the cohort's period, or, rolling, ever.
    fn first_period(&mut self, cohort: i32, people: &Bits, active: &Bits) -> Bits {
        let Retention { calendar, grain, mode, first, from_day, today, .. } = self.retention;
        let end_day = grain.first_day(cohort + 1).saturating_sub(1).min(*today);
        let end = calendar.start(if *mode == Mode::On { end_day } else { *today }.saturating_add(1));
        // With `first` the very first one: it is known to lie in the period.
        let begin = if *first { i64::MIN } else { calendar.start(grain.first_day(cohort).max(*from_day)) };
        let mut asked = people.clone();
        asked.and(active);
        let mut returned = Bits::empty();
        for slot in asked.iter() {
            let starts = self.start.rows(slot, &mut self.scratch.0).between(begin, i64::MAX);
            let Some(start) = starts.times.first() else { continue };
            if !self.back.rows(slot, &mut self.scratch.1).between(*start, end).is_empty() {
                returned.insert(slot);
            }
        }
        returned
    }
}

/// How many of some people are in each of several sets.
struct Overlaps<'a> {
    people: &'a Bits,
    sets: &'a [Arc<Bits>],
}

impl Work for Overlaps<'_> {
    type Out = Vec<u64>;
    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> Vec<u64> {
        // Later cohorts are small: words without anybody are not looked at again.
        let mut words = [0u16; WORDS];
        let mut used = 0;
        for (at, word) in self.people.words().iter().enumerate() {
            words[used] = at as u16;
            used += usize::from(*word != 0);
        }
        let mut counts = Vec::with_capacity(self.sets.len());
        for set in self.sets {
            let mut count = 0u64;
            for at in &words[..used] {
                let at = usize::from(*at) % WORDS;
                count += u64::from((self.people.words()[at] & set.words()[at]).count_ones());
            }
            counts.push(count);
        }
        counts
    }
}

impl Kernel for Retention {
    type Partial = RetentionPartial;
    fn bucket(&self, view: &View, among: &Bits) -> RetentionPartial {
        let mut partial = RetentionPartial::default();
        if let By::Property(property) = &self.by {
            let mut groups = Groups::by_property(&view.select(&self.start), property);
            let mut numbers: Vec<BTreeMap<i32, Cohort>> = Vec::new();
            self.by_rows(view, among, |_, cohort, columns, place| {
                let count = |cohorts: &mut BTreeMap<i32, Cohort>| {
                    let own = cohorts.entry(cohort).or_default();
                    own.people += 1;
                    own.returned.resize(columns.len(), 0);
                    own.returned.iter_mut().zip(columns).for_each(|(own, holds)| *own += u64::from(*holds));
                };
                count(&mut partial.all);
                groups.each(place, |group| {
                    if numbers.len() <= group as usize {
                        numbers.resize_with(group as usize + 1, BTreeMap::new);
                    }
                    count(&mut numbers[group as usize]);
                });
            });
            partial.groups = Grouped(groups.names.names.into_iter().zip(numbers).collect());
            return partial;
        }
        let sets = self.sets_by_days(view, among).unwrap_or_else(|| self.sets_by_rows(view, among, |_| true));
        for (cohort, Sets { people, returned }) in sets {
            let count =
                |people: &Bits| Cohort { people: people.len(), returned: fast(Overlaps { people, sets: &returned }) };
            partial.all.insert(cohort, count(&people));
            self.by.each_label(view.bucket, |name, label| {
                let mut own = people.clone();
                own.and(label);
                if !own.is_empty() {
                    partial.groups.0.entry(name).or_default().insert(cohort, count(&own));
                }
            });
        }
        partial
    }
}

impl Cells for Retention {
    type Cell = RetentionCell;
    fn people(&self, view: &View, among: &Bits, cell: &RetentionCell) -> Bits {
        let among = match (&cell.group, &self.by) {
            (Some(group), by @ By::Labels(_)) => &by.members(view.bucket, among, group),
            _ => among,
        };
        let start = view.select(&self.start);
        let groups = match (&cell.group, &self.by) {
            (Some(_), By::Property(property)) => Some(std::cell::RefCell::new(Groups::by_property(&start, property))),
            _ => None,
        };
        let fits = |place| {
            let Some(groups) = &groups else { return true };
            let mut belongs = false;
            groups.borrow_mut().each_named(place, |name| {
                belongs |= cell.group.as_ref().is_some_and(|group| group.as_deref() == name);
            });
            belongs
        };
        let by_days = if groups.is_none() { self.sets_by_days(view, among) } else { None };
        let mut all = by_days.unwrap_or_else(|| self.sets_by_rows(view, among, fits));
        let Some(Sets { mut people, returned }) = all.remove(&cell.cohort) else { return Bits::empty() };
        match cell.period.map(|k| returned.get(k)) {
            None => people,
            Some(None) => Bits::empty(),
            Some(Some(returned)) => {
                people.and(returned);
                people
            }
        }
    }
}
