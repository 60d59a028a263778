//! Conditions on what people did: as a set over a bucket, and for one person with the day until which time alone does not change the
//! answer. Both forms answer the same for the same day.
//!
//! Windows are whole days of the workspace's zone, so answers change by themselves only at midnights. Events later than today are not seen
//! until their day has come.

use super::chain::{Chains, OrderedScratch, Ranks, ranks, spans};
use super::measure::Sum;
use crate::bits::{Bits, WORDS};
use crate::calendar::Calendar;
use crate::days::{DayCounts, Days};
use crate::fast::{Simd, Work, fast};
use crate::kernel::{Kernel, People};
use crate::lane::{Ground, Lane, Many, Source};
use crate::test::Select;
use crate::values::Numbers;
use crate::view::{Rows, Scratch, Selection, View};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// `count` of the events in `window` compares to `value`. Nobody with a count of nothing is forgotten: "0 times" holds for people without
    /// any event, so the set form is a part of `among`, not of the people known here.
    Did { select: Select, count: Count, op: Compare, value: f64, window: Window },
    /// The first such event ever lies in the window.
    First { select: Select, window: Window },
    /// The last such event up to today lies in the window.
    Last { select: Select, window: Window },
    /// A chain of events of 1..=10 steps, in order (ties: see [the module](super)), all in the window, the last at most `within` microseconds
    /// after the first.
    Sequence { steps: Vec<Select>, within: i64, window: Window },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    Times,
    /// Distinct calendar days with such an event.
    Days,
    /// Sum of a property; 0 when there is none. Compared in millionths ([`Sum`]).
    Sum(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compare {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
}

/// Calendar days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Up to today.
    Ever,
    /// Today and the days before it, this many in all; 0 is no day.
    LastDays(u32),
    /// From the first to the second day, as far as they have come.
    Days { from: i32, to: i32 },
}

/// Whether somebody meets a condition, and how long that stays so without new events of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub holds: bool,
    /// The first day at whose start the answer is another one; `i32::MAX` when time alone never changes it. Exact, not a lower bound.
    pub until_day: i32,
}

/// A condition as a kernel over all buckets.
pub struct Members<'k> {
    pub condition: &'k Condition,
    pub calendar: &'k Calendar,
    pub today: i32,
}

impl Kernel for Members<'_> {
    type Partial = People;
    fn bucket(&self, view: &View, among: &Bits) -> People {
        People(self.condition.people(view, among, self.calendar, self.today).to_people(view.bucket))
    }
}

impl Window {
    /// First and last day as seen on `today`; empty when the first is behind the last.
    pub(crate) fn days(self, today: i32) -> (i32, i32) {
        match self {
            Self::Ever => (i32::MIN, today),
            Self::LastDays(days) => (clamp(i64::from(today) - i64::from(days) + 1), today),
            Self::Days { from, to } => (from, to.min(today)),
        }
    }
    /// The first and the last day on which an event of `day` is in the window; the first is behind the last when there is none.
    fn holds_on(self, day: i32) -> (i32, i32) {
        match self {
            Self::Ever => (day, i32::MAX),
            Self::LastDays(days) => (day, clamp(i64::from(day) + i64::from(days) - 1)),
            Self::Days { from, to } if (from..=to).contains(&day) => (day, i32::MAX),
            Self::Days { .. } => (i32::MAX, i32::MIN),
        }
    }
}

fn clamp(day: i64) -> i32 {
    day.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// The instants of the days `from..=to`.
pub(crate) fn instants(calendar: &Calendar, (from, to): (i32, i32)) -> (i64, i64) {
    if from > to {
        return (i64::MIN, i64::MIN);
    }
    let from = if from == i32::MIN { i64::MIN } else { calendar.start(from) };
    (from, calendar.start(to.saturating_add(1)))
}

/// A comparison as a range of what passes.
#[derive(Clone, Copy)]
struct Passes {
    least: Sum,
    most: Sum,
    inside: bool,
}

impl Passes {
    fn new(op: Compare, value: f64) -> Self {
        let value = Sum::of_number(value);
        let (least, most) = (Sum(i128::MIN), Sum(i128::MAX));
        let (least, most, inside) = match op {
            Compare::Eq => (value, value, true),
            Compare::Ne => (value, value, false),
            Compare::Gt => (Sum(value.0 + 1), most, true),
            Compare::Gte => (value, most, true),
            Compare::Lt => (least, Sum(value.0 - 1), true),
            Compare::Lte => (least, value, true),
        };
        Self { least, most, inside }
    }
    fn holds(self, sum: Sum) -> bool {
        (self.least <= sum && sum <= self.most) == self.inside
    }
    /// The same for whole numbers, as a range of them (empty: the first is larger).
    fn counts(self) -> (u64, u64) {
        let least = (self.least.0.max(0) + Sum::ONE - 1) / Sum::ONE;
        let most = if self.most.0 < 0 { return (1, 0) } else { self.most.0 / Sum::ONE };
        let limit = i128::from(u64::MAX);
        if least > most { (1, 0) } else { (least.min(limit) as u64, most.min(limit) as u64) }
    }
    /// Whether all counts but 0 are treated alike.
    fn alike_from_one(self) -> bool {
        let (least, most) = self.counts();
        least <= 1 && most == u64::MAX || most == 0 || least > most
    }
    fn holds_count(self, count: u64) -> bool {
        let (least, most) = self.counts();
        (least <= count && count <= most) == self.inside
    }
}

impl Condition {
    /// The people of `among` who meet it on `today`.
    pub fn people(&self, view: &View, among: &Bits, calendar: &Calendar, today: i32) -> Bits {
        self.answer(view, among, (calendar, today), true)
    }
    /// The same for few people: their rows are read rather than the sets of whole days.
    pub fn people_of_few(&self, view: &View, among: &Bits, calendar: &Calendar, today: i32) -> Bits {
        self.answer(view, among, (calendar, today), false)
    }
    fn answer(&self, view: &View, among: &Bits, (calendar, today): (&Calendar, i32), by_days: bool) -> Bits {
        match self {
            Self::Did { select, count, op, value, window } => {
                let passes = Passes::new(*op, *value);
                let selection = view.select(select);
                did(&selection, Days::when(by_days, &selection), among, calendar, count, passes, window.days(today))
            }
            Self::First { select, window } | Self::Last { select, window } => {
                let (selection, first) = (view.select(select), matches!(self, Self::First { .. }));
                edge(&selection, Days::when(by_days, &selection), among, calendar, window.days(today), today, first)
            }
            Self::Sequence { steps, within, window } => {
                let (from, to) = instants(calendar, window.days(today));
                let chains = Chains { steps, exclude: &[], within: *within, from, to, until: to };
                chains.reached(view, among, None).pop().unwrap_or_default()
            }
        }
    }
    /// What an answer for everybody takes beside that of other conditions: those that are answered from sets of days come before those that
    /// read rows, which are then read of fewer people.
    pub fn cost(&self) -> u32 {
        let tested = |select: &Select| u32::from(!select.tests.is_empty());
        match self {
            Self::Did { select, count: Count::Times, op, value, .. } => {
                let passes = Passes::new(*op, *value);
                let days = if passes.alike_from_one() { 0 } else { 1 + u32::from(passes.counts() != (2, u64::MAX)) };
                days.max(3 * tested(select))
            }
            Self::Did { select, count: Count::Days, .. } => (1).max(3 * tested(select)),
            Self::Did { count: Count::Sum(_), .. } => 4,
            Self::First { select, .. } | Self::Last { select, .. } => 3 * tested(select),
            Self::Sequence { .. } => 5,
        }
    }
    /// Made ready to ask about single people of one bucket.
    pub fn bind<'v>(&'v self, view: &'v View, calendar: &'v Calendar, today: i32) -> Bound<'v> {
        let select = |select: &Select| view.select(select);
        let (selections, numbers) = match self {
            Self::Did { select: own, count, .. } => {
                let selection = select(own);
                let numbers = if let Count::Sum(property) = count { Some(property) } else { None };
                let numbers = numbers.map(|property| Numbers::new(&selection, property));
                (vec![selection], numbers)
            }
            Self::First { select: own, .. } | Self::Last { select: own, .. } => (vec![select(own)], None),
            Self::Sequence { steps, .. } => (steps.iter().map(select).collect(), None),
        };
        let ranks = if let Self::Sequence { steps, .. } = self { ranks(steps, &selections) } else { Vec::new() };
        Bound {
            condition: self,
            calendar,
            today,
            selections,
            ranks,
            numbers,
            scratch: Scratch::default(),
            ordered: OrderedScratch::default(),
            rows: Vec::new(),
            spans: Vec::new(),
        }
    }
}

fn did<'v>(
    selection: &Selection<'v>,
    days: Option<Days<'v>>,
    among: &Bits,
    calendar: &Calendar,
    count: &Count,
    passes: Passes,
    window: (i32, i32),
) -> Bits {
    // Everybody starts with nothing; those who did something are looked at.
    let nothing = if matches!(count, Count::Sum(_)) { passes.holds(Sum(0)) } else { passes.holds_count(0) };
    let mut met = if nothing { among.clone() } else { Bits::empty() };
    if window.0 > window.1 {
        return met;
    }
    let (least, most) = passes.counts();
    let two_or_more = matches!(count, Count::Times) && passes.inside && (least, most) == (2, u64::MAX);
    let (mut doers, mut twice) = match &days {
        Some(days) if two_or_more => days.twice(window.0, window.1),
        Some(days) => (days.any(window.0, window.1), Bits::empty()),
        None => (selection.people(), Bits::empty()),
    };
    doers.and(among);
    // Two days, or two parts, are two times: only those with all of them on one day are counted.
    twice.and(&doers);
    doers.and_not(&twice);
    met.or(&twice);
    match (count, &days) {
        (Count::Times | Count::Days, Some(_)) if passes.alike_from_one() => {
            // However often: no row needs to be read.
            if passes.holds_count(1) {
                met.or(&doers)
            } else {
                met.and_not(&doers)
            }
            return met;
        }
        (Count::Days, Some(days)) => {
            let mut sums = DayCounts::new();
            days.each(window.0, window.1, |_, people| sums.add(people));
            let mut inside = if least > most { Bits::empty() } else { sums.at_least(least) };
            if most < u64::MAX {
                inside.and_not(&sums.at_least(most + 1));
            }
            met = among.clone();
            if passes.inside {
                met.and(&inside)
            } else {
                met.and_not(&inside)
            }
            return met;
        }
        _ => {}
    }
    let span = instants(calendar, window);
    match count {
        Count::Times => {
            let ground = Ground::new(selection);
            let lanes = ground.lanes(selection);
            // Most have nothing in the newer parts: theirs is one look.
            let mut newer = Bits::empty();
            lanes.iter().skip(1).for_each(|lane| newer.or_words(lane.live));
            newer.and(&doers);
            doers.and_not(&newer);
            for (people, lanes) in [(&doers, &lanes[..lanes.len().min(1)]), (&newer, &lanes[..])] {
                if !people.is_empty() {
                    fast(Times { lanes, people, span, least, most, inside: passes.inside, met: &mut met });
                }
            }
        }
        Count::Days => {
            let mut scratch = Scratch::default();
            for slot in doers.iter() {
                let rows = selection.rows(slot, &mut scratch).between(span.0, span.1);
                let (mut days, mut last) = (0, None);
                for at in rows.times {
                    let day = Some(calendar.day(*at));
                    days += u64::from(day != last);
                    last = day;
                }
                set(&mut met, slot, passes.holds_count(days));
            }
        }
        Count::Sum(property) => {
            let numbers = Numbers::new(selection, property);
            let mut scratch = Scratch::default();
            for slot in doers.iter() {
                let rows = selection.rows(slot, &mut scratch).between(span.0, span.1);
                set(&mut met, slot, passes.holds(sum_of(&rows, &numbers)));
            }
        }
    }
    met
}

fn set(bits: &mut Bits, slot: u16, holds: bool) {
    if holds { bits.insert(slot) } else { bits.remove(slot) }
}

fn sum_of(rows: &Rows<'_>, numbers: &Numbers<'_>) -> Sum {
    (0..rows.len()).filter_map(|i| numbers.sum(rows.place(i))).fold(Sum(0), |all, own| Sum(all.0 + own.0))
}

/// How many rows each of some people has in a span.
struct Times<'a, 'v> {
    lanes: &'a [Lane<'v>],
    people: &'a Bits,
    span: (i64, i64),
    least: u64,
    most: u64,
    inside: bool,
    met: &'a mut Bits,
}

impl Work for Times<'_, '_> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (from, to) = (self.span.0.saturating_sub(1), self.span.1.saturating_sub(1));
        // Once the answer cannot change any more, the rest is not read.
        let enough = if self.most == u64::MAX { self.least } else { self.most.saturating_add(1) };
        if let ([lane], true, u64::MAX) = (self.lanes, self.inside, self.most)
            && lane.tests.is_empty()
            && let Ok(least) = usize::try_from(self.least)
            && least > 0
        {
            // So many or more in one lane: the one so many from the end tells.
            for word in 0..WORDS {
                let mut people = self.people.words()[word];
                let mut met = self.met.words()[word];
                while people != 0 {
                    let bit = people.trailing_zeros();
                    people &= people - 1;
                    let (first, end) = lane.range(word, bit);
                    let mut holds = end - first >= least;
                    if holds {
                        let past = lane.times[end - 1] > to;
                        let high = if past { first + simd.up_to(lane.times, first, end, to) } else { end };
                        holds = high - first >= least && lane.times[high - least] > from;
                    }
                    met = met & !(1 << bit) | u64::from(holds) << bit;
                }
                self.met.words_mut()[word] = met;
            }
            return;
        }
        for word in 0..WORDS {
            let mut people = self.people.words()[word];
            let mut met = self.met.words()[word];
            while people != 0 {
                let bit = people.trailing_zeros();
                people &= people - 1;
                let mut count = 0;
                for lane in self.lanes {
                    let (first, end) = lane.range(word, bit);
                    if first == end {
                        continue;
                    }
                    let low =
                        if lane.times[first] > from { first } else { first + simd.up_to(lane.times, first, end, from) };
                    let high = if lane.times[end - 1] <= to { end } else { low + simd.up_to(lane.times, low, end, to) };
                    if lane.tests.is_empty() {
                        count += (high - low) as u64;
                    } else if self.lanes.len() == 1 && self.inside && ((high - low) as u64) < self.least {
                        // Not enough of them, whatever they are.
                    } else if let [test] = lane.tests {
                        count += test.count(low..high, enough.saturating_sub(count));
                    } else {
                        for row in low..high {
                            count += u64::from(lane.keeps(row));
                            if count >= enough {
                                break;
                            }
                        }
                    }
                }
                let holds = (self.least <= count && count <= self.most) == self.inside;
                met = met & !(1 << bit) | u64::from(holds) << bit;
            }
            self.met.words_mut()[word] = met;
        }
    }
}

/// Whose first (last, up to today) event lies in the window.
fn edge<'v>(
    selection: &Selection<'v>,
    days: Option<Days<'v>>,
    among: &Bits,
    calendar: &Calendar,
    window: (i32, i32),
    today: i32,
    first: bool,
) -> Bits {
    if window.0 > window.1 {
        return Bits::empty();
    }
    if let Some(days) = days {
        let mut met = days.any(window.0, window.1);
        met.and(among);
        if first && window.0 > i32::MIN {
            met.and_not(&days.any(i32::MIN, window.0 - 1));
        } else if !first && window.1 < today {
            met.and_not(&days.any(window.1 + 1, today));
        }
        return met;
    }
    let mut people = selection.people();
    people.and(among);
    let (from, to) = instants(calendar, window);
    let end = calendar.start(today.saturating_add(1));
    let ground = Ground::new(selection);
    let mut met = Bits::empty();
    fast(Edge { source: Many::new(ground.lanes(selection)), people: &people, from, to, end, first, met: &mut met });
    met
}

struct Edge<'a, 'v> {
    source: Many<'v>,
    people: &'a Bits,
    from: i64,
    to: i64,
    end: i64,
    first: bool,
    met: &'a mut Bits,
}

impl Work for Edge<'_, '_> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        for word in 0..WORDS {
            let mut people = self.people.words()[word];
            while people != 0 {
                let bit = people.trailing_zeros();
                people &= people - 1;
                self.source.load(word, bit);
                let at = if self.first {
                    self.source.first_at().map_or(i64::MIN, |(at, ..)| at)
                } else {
                    self.source.latest(simd, self.end - 1)
                };
                if at > i64::MIN && at >= self.from && at < self.to {
                    self.met.words_mut()[word] |= 1 << bit;
                }
            }
        }
    }
}

/// A [`Condition`] ready for single people of one bucket. Making it costs as much as some dozen answers.
pub struct Bound<'v> {
    condition: &'v Condition,
    calendar: &'v Calendar,
    today: i32,
    selections: Vec<Selection<'v>>,
    ranks: Ranks,
    numbers: Option<Numbers<'v>>,
    scratch: Scratch,
    ordered: OrderedScratch,
    /// Day and weight of each row.
    rows: Vec<(i32, Sum)>,
    /// First and last day on which something holds.
    spans: Vec<(i32, i32)>,
}

impl Bound<'_> {
    pub fn standing(&mut self, slot: u16) -> Standing {
        match self.condition {
            Condition::Did { count, op, value, window, .. } => {
                self.read(slot, count);
                self.did(count, Passes::new(*op, *value), *window)
            }
            Condition::First { window, .. } => {
                self.read(slot, &Count::Times);
                let spans = self.rows.first().map(|(day, _)| window.holds_on(*day));
                self.spans.clear();
                self.spans.extend(spans);
                self.union()
            }
            Condition::Last { window, .. } => {
                self.read(slot, &Count::Times);
                self.spans.clear();
                for (at, (day, _)) in self.rows.iter().enumerate() {
                    // It is the last one until the day of the next has come.
                    let (from, to) = window.holds_on(*day);
                    let next = self.rows.get(at + 1).map_or(i32::MAX, |(next, _)| next - 1);
                    self.spans.push((from, if to == i32::MAX { next } else { to.min(next) }));
                }
                self.union()
            }
            Condition::Sequence { within, window, .. } => {
                let calendar = self.calendar;
                let inside = |at: i64| {
                    let Window::Days { from, to } = *window else { return true };
                    (from..=to).contains(&calendar.day(at))
                };
                let all = &mut self.spans;
                all.clear();
                spans(&self.selections, &self.ranks, *within, inside, slot, &mut self.ordered, |start, end| {
                    let (start, end) = (calendar.day(start), calendar.day(end));
                    // In the window from the day of its last event to the last day that still sees its first.
                    all.push((end, window.holds_on(start).1));
                });
                self.union()
            }
        }
    }
    fn read(&mut self, slot: u16, count: &Count) {
        let rows = self.selections[0].rows(slot, &mut self.scratch);
        self.rows.clear();
        for (i, at) in rows.times.iter().enumerate() {
            let day = self.calendar.day(*at);
            let weight = match (count, &self.numbers) {
                (Count::Sum(_), Some(numbers)) => numbers.sum(rows.place(i)).unwrap_or_default(),
                (Count::Days, _) if self.rows.last().is_some_and(|(last, _)| *last == day) => continue,
                _ => Sum::of_whole(1),
            };
            self.rows.push((day, weight));
        }
    }
    fn did(&self, count: &Count, passes: Passes, window: Window) -> Standing {
        let holds = |sum: Sum| match count {
            Count::Sum(_) => passes.holds(sum),
            _ => passes.holds_count((sum.0 / Sum::ONE) as u64),
        };
        let rows = &self.rows;
        let inside = |day: i32| !matches!(window, Window::Days { from, to } if day < from || day > to);
        let stays = if let Window::LastDays(days) = window { i64::from(days) } else { i64::from(u32::MAX) * 4 };
        // Rows that have left, and rows that have come.
        let low = self.today as i64 - stays;
        let mut left = rows.partition_point(|(day, _)| i64::from(*day) <= low);
        let mut come = rows.partition_point(|(day, _)| *day <= self.today).max(left);
        let weigh = |row: &(i32, Sum)| if inside(row.0) { row.1.0 } else { 0 };
        let mut sum: i128 = rows[left..come].iter().map(weigh).sum();
        let now = holds(Sum(sum));
        loop {
            let leaves = rows.get(left).map_or(i64::MAX, |(day, _)| i64::from(*day) + stays);
            let comes = rows.get(come).map_or(i64::MAX, |(day, _)| i64::from(*day));
            let day = leaves.min(comes);
            if day >= i64::from(i32::MAX) {
                return Standing { holds: now, until_day: i32::MAX };
            }
            while rows.get(come).is_some_and(|(own, _)| i64::from(*own) <= day) {
                sum += weigh(&rows[come]);
                come += 1;
            }
            while left < come && i64::from(rows[left].0) + stays <= day {
                sum -= weigh(&rows[left]);
                left += 1;
            }
            if holds(Sum(sum)) != now {
                return Standing { holds: now, until_day: day as i32 };
            }
        }
    }
    /// Holds on any day of any span.
    fn union(&mut self) -> Standing {
        self.spans.retain(|(from, to)| from <= to && *to >= self.today);
        self.spans.sort_unstable();
        let mut until = None;
        for (from, to) in &self.spans {
            match until {
                None if *from > self.today => return Standing { holds: false, until_day: *from },
                None => until = Some(*to),
                Some(end) if end < i32::MAX && *from > end + 1 => break,
                Some(end) => until = Some(end.max(*to)),
            }
        }
        match until {
            None => Standing { holds: false, until_day: i32::MAX },
            Some(end) => Standing { holds: true, until_day: end.saturating_add(1) },
        }
    }
}
