//! Who is there: active, new, returning; by event, by weekday and hour.

use super::by::{Cells, add};
use crate::bits::Bits;
use crate::calendar::{Calendar, Grain};
use crate::days::Days;
use crate::kernel::{Kernel, Merge};
use crate::test::Select;
use crate::view::View;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Any event makes somebody active.
#[derive(Clone, Debug)]
pub struct Activity {
    pub grain: Grain,
    /// Days, both included: the periods they lie in, cut to them.
    pub from_day: i32,
    pub to_day: i32,
    /// Read every event for `by_event` and `by_hour` and `events`; without it only the day sets are read.
    pub detail: bool,
    pub calendar: Arc<Calendar>,
}

/// `active[i]`, `new[i]`, `events[i]`: period `grain.of_day(from_day) + i`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityPartial {
    pub active: Vec<u64>,
    /// Whose first event ever lies in the period. Returning = active − new.
    pub new: Vec<u64>,
    pub events: Vec<u64>,
    /// Distinct people on the last day, in the last 7 and the last 30 days up to it; and the sum over those 30 days of people per day
    /// (stickiness = `day_sum` / 30 / `month`).
    pub day: u64,
    pub week: u64,
    pub month: u64,
    pub day_sum: u64,
    /// Distinct people in the span.
    pub people: u64,
    /// (people, events) in the span.
    pub by_event: BTreeMap<String, (u64, u64)>,
    /// Events by hour since Monday 0:00 in the zone: 168 numbers, or none without `detail`.
    pub by_hour: Vec<u64>,
}

#[derive(Clone, Debug)]
pub enum ActivityCell {
    /// Period numbers.
    Active(i32),
    New(i32),
    Returning(i32),
    Event(String),
    /// The people of `day`, `week`, `month`: in this many days up to the last one.
    Last(u32),
}

impl Merge for ActivityPartial {
    fn merge(&mut self, other: Self) {
        add(&mut self.active, &other.active);
        add(&mut self.new, &other.new);
        add(&mut self.events, &other.events);
        add(&mut self.by_hour, &other.by_hour);
        self.day += other.day;
        self.week += other.week;
        self.month += other.month;
        self.day_sum += other.day_sum;
        self.people += other.people;
        for (event, (people, events)) in other.by_event {
            let own = self.by_event.entry(event).or_default();
            own.0 += people;
            own.1 += events;
        }
    }
}

/// Who was active, and who for the first time, in each period.
struct Sets {
    active: Vec<Bits>,
    new: Vec<Bits>,
}

impl Activity {
    fn place(&self, day: i32) -> usize {
        (self.grain.of_day(day) - self.grain.of_day(self.from_day)) as usize
    }
    fn periods(&self) -> usize {
        usize::try_from(self.grain.of_day(self.to_day) - self.grain.of_day(self.from_day) + 1).unwrap_or(0)
    }
    fn sets(&self, view: &View, among: &Bits) -> Sets {
        let days = Days::all(view);
        let empty = || vec![Bits::empty(); self.periods()];
        let mut sets = Sets { active: empty(), new: empty() };
        let mut seen = days.any(i32::MIN, self.from_day.saturating_sub(1));
        days.each(self.from_day, self.to_day, |day, people| {
            let period = self.place(day);
            sets.active[period].or_words(people);
            let new = sets.new[period].words_mut().iter_mut().zip(seen.words()).zip(people);
            new.for_each(|((new, seen), people)| *new |= people & !seen);
            seen.or_words(people);
        });
        sets.active.iter_mut().chain(&mut sets.new).for_each(|people| people.and(among));
        sets
    }
    /// Active in this many days up to the last one.
    fn lately(&self, view: &View, among: &Bits, days: u32) -> Bits {
        let first = i64::from(self.to_day) - i64::from(days) + 1;
        let first = first.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
        let mut people = Days::all(view).any(first, self.to_day);
        people.and(among);
        people
    }
    fn of_event(&self, view: &View, among: &Bits, event: &str) -> Bits {
        let selection = view.select(&Select::of(event));
        if let Some(days) = Days::of(&selection) {
            let mut people = days.any(self.from_day, self.to_day);
            people.and(among);
            return people;
        }
        let (from, to) = self.calendar.instants(self.from_day, self.to_day);
        let mut people = Bits::empty();
        selection.each_row(among, from, to, |slot, _, _| people.insert(slot));
        people
    }
}

impl Kernel for Activity {
    type Partial = ActivityPartial;
    fn bucket(&self, view: &View, among: &Bits) -> ActivityPartial {
        let sets = self.sets(view, among);
        let mut people = Bits::empty();
        sets.active.iter().for_each(|own| people.or(own));
        let mut day_sum = 0;
        let mut day = Bits::empty();
        Days::all(view).each(self.to_day.saturating_sub(29), self.to_day, |_, own| {
            day.clear();
            day.or_words(own);
            day_sum += day.and_len(among);
        });
        let mut partial = ActivityPartial {
            active: sets.active.iter().map(Bits::len).collect(),
            new: sets.new.iter().map(Bits::len).collect(),
            day: self.lately(view, among, 1).len(),
            week: self.lately(view, among, 7).len(),
            month: self.lately(view, among, 30).len(),
            day_sum,
            people: people.len(),
            ..ActivityPartial::default()
        };
        if !self.detail {
            return partial;
        }
        partial.events = vec![0; self.periods()];
        partial.by_hour = vec![0; 168];
        let (from, to) = self.calendar.instants(self.from_day, self.to_day);
        let all = view.select(&Select::default());
        let mut counts = vec![0u64; all.lists.len()];
        all.each_row(among, from, to, |_, at, (list, _)| {
            counts[list] += 1;
            partial.events[self.place(self.calendar.day(at))] += 1;
            partial.by_hour[self.calendar.hour_of_week(at)] += 1;
        });
        for (list, count) in all.lists.iter().zip(counts).filter(|(_, count)| *count > 0) {
            partial.by_event.entry(list.part.event.clone()).or_default().1 += count;
        }
        for (event, own) in &mut partial.by_event {
            own.0 = self.of_event(view, among, event).len();
        }
        partial
    }
}

impl Cells for Activity {
    type Cell = ActivityCell;
    fn people(&self, view: &View, among: &Bits, cell: &ActivityCell) -> Bits {
        let take = |mut sets: Vec<Bits>, period: i32| {
            let at = i64::from(period) - i64::from(self.grain.of_day(self.from_day));
            match usize::try_from(at) {
                Ok(at) if at < sets.len() => sets.swap_remove(at),
                _ => Bits::empty(),
            }
        };
        match cell {
            ActivityCell::Active(period) => take(self.sets(view, among).active, *period),
            ActivityCell::New(period) => take(self.sets(view, among).new, *period),
            ActivityCell::Returning(period) => {
                let Sets { active, new } = self.sets(view, among);
                let mut people = take(active, *period);
                people.and_not(&take(new, *period));
                people
            }
            ActivityCell::Event(event) => self.of_event(view, among, event),
            ActivityCell::Last(days) => self.lately(view, among, *days),
        }
    }
}
