//! What a kernel sees of one bucket: its parts as one history per person.
//!
//! A person's events of a type usually lie in one part and are handed out as slices of it; only for people with events in several parts are
//! they gathered, by (instant, origin, event, part), into the reader's own memory. Parts are in order of arrival, so what one identity did at
//! the same instant stays in that order, and no order depends on how a history is cut into parts.

use crate::bits::Bits;
use crate::part::{IndexView, Part, TypePart};
use crate::test::{Select, TestIn};
use std::sync::Arc;

/// A part and the people in it whose rows do not count here: erased, or held by a newer part under another number.
#[derive(Clone)]
pub struct Held {
    pub part: Arc<Part>,
    pub hidden: Option<Arc<Bits>>,
}

/// One bucket at one moment. Parts in order of arrival.
#[derive(Clone)]
pub struct View {
    pub bucket: u16,
    pub parts: Vec<Held>,
}

/// A reader's own memory, one for each selection it reads at the same time.
#[derive(Default)]
pub struct Scratch {
    times: Vec<i64>,
    at: Vec<(u32, u32)>,
    sort: Vec<(i64, u32, u32, u32)>,
}

/// One person's events of a selection, by time.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// Microseconds UTC, rising.
    pub times: &'a [i64],
    at: At<'a>,
}

#[derive(Clone, Copy)]
enum At<'a> {
    Run { list: u32, first: u32 },
    Mixed(&'a [(u32, u32)]),
}

impl<'a> Rows<'a> {
    pub const NONE: Rows<'static> = Rows { times: &[], at: At::Run { list: 0, first: 0 } };

    pub fn len(&self) -> usize {
        self.times.len()
    }
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }
    /// (list, row) of the i-th event, for [`Selection::lists`] and their columns.
    #[inline]
    pub fn place(&self, i: usize) -> (usize, usize) {
        match self.at {
            At::Run { list, first } => (list as usize, first as usize + i),
            At::Mixed(at) => (at[i].0 as usize, at[i].1 as usize),
        }
    }
    /// The events with `from <= instant < to`.
    pub fn between(&self, from: i64, to: i64) -> Rows<'a> {
        let low = self.times.partition_point(|at| *at < from);
        let high = low.max(self.times.partition_point(|at| *at < to));
        Rows {
            times: &self.times[low..high],
            at: match self.at {
                At::Run { list, first } => At::Run { list, first: first + low as u32 },
                At::Mixed(at) => At::Mixed(&at[low..high]),
            },
        }
    }
}

/// One type of one part, as slices.
pub struct List<'v> {
    pub part: &'v TypePart,
    /// Places of the part in [`View::parts`] and of the type in [`Part::types`]: two lists with the same places are the same rows.
    pub place: (u32, u32),
    pub(crate) hidden: Option<&'v Bits>,
    pub(crate) index: IndexView<'v>,
    pub(crate) starts: &'v [u32],
    pub(crate) times: &'v [i64],
    pub(crate) origins: &'v [u32],
    pub(crate) tests: Vec<TestIn<'v>>,
}

impl List<'_> {
    #[inline]
    fn range(&self, slot: u16) -> Option<(usize, usize)> {
        if self.hidden.is_some_and(|hidden| hidden.contains(slot)) {
            return None;
        }
        let rank = self.index.rank(slot)?;
        Some((self.starts[rank] as usize, self.starts[rank + 1] as usize))
    }
    /// Everybody with events here who is not hidden.
    pub fn people(&self) -> Bits {
        let mut people = Bits::empty();
        self.index.add_to(&mut people);
        if let Some(hidden) = self.hidden {
            people.and_not(hidden);
        }
        people
    }
    /// How many events these people have here, whatever the tests.
    pub fn rows_of(&self, people: &Bits) -> u64 {
        people.iter().filter_map(|slot| self.range(slot)).map(|(from, to)| (to - from) as u64).sum()
    }
    /// What decides between events at the same instant before the order of arrival does.
    #[inline]
    pub(crate) fn origin(&self, row: usize, person: u32) -> u32 {
        self.origins.get(row).copied().unwrap_or(person)
    }
    #[inline]
    fn keeps(&self, row: usize) -> bool {
        self.tests.iter().all(|test| test.holds(row))
    }
}

/// Lists by part and type; see [`Selection::places`].
pub struct Places(Vec<Vec<u32>>);

/// The events of a [`Select`] in one bucket.
#[derive(Default)]
pub struct Selection<'v> {
    /// By event, those of one event in order of arrival.
    pub lists: Vec<List<'v>>,
    bucket: u16,
    /// False when every test holds for every row, so that slices can be handed out as they are.
    tested: bool,
}

impl View {
    pub fn select<'v>(&'v self, select: &Select) -> Selection<'v> {
        let mut lists = Vec::new();
        for (at, held) in self.parts.iter().enumerate() {
            let hidden = held.hidden.as_deref();
            for (kind, part) in held.part.types.iter().enumerate().filter(|(_, part)| select.names(&part.event)) {
                let Some(tests) = select.tests_in(part) else { continue };
                lists.push(List {
                    part,
                    place: (at as u32, kind as u32),
                    hidden,
                    index: part.index.view(),
                    starts: &part.starts,
                    times: &part.times,
                    origins: &part.origins,
                    tests,
                });
            }
        }
        lists.sort_by(|a, b| a.part.event.cmp(&b.part.event));
        let tested = lists.iter().any(|list| !list.tests.is_empty());
        Selection { lists, bucket: self.bucket, tested }
    }
    /// The events of a [`Select`] that are not events of another.
    pub fn select_without<'v>(&'v self, select: &Select, without: &Select) -> Selection<'v> {
        let mut selection = self.select(select);
        selection.lists.retain_mut(|list| {
            if !without.names(&list.part.event) {
                return true;
            }
            match without.tests_in(list.part) {
                // No row of it is one of the others; or every one is.
                None => true,
                Some(tests) if tests.is_empty() => false,
                Some(tests) => {
                    list.tests.push(TestIn::NotAll(tests));
                    true
                }
            }
        });
        selection.tested = selection.lists.iter().any(|list| !list.tests.is_empty());
        selection
    }
    /// Everybody with an event of any type.
    pub fn people(&self) -> Bits {
        self.gathered(|part, bits| part.index.view().add_to(bits))
    }
    /// Everybody active on a day.
    pub fn active(&self, day: i32) -> Bits {
        self.gathered(|part, bits| {
            if let Ok(at) = part.days.binary_search_by_key(&day, |own| own.day) {
                part.days[at].slots.view().add_to(bits);
            }
        })
    }
    fn gathered(&self, add: impl Fn(&Part, &mut Bits)) -> Bits {
        let mut all = Bits::empty();
        for held in &self.parts {
            match &held.hidden {
                None => add(&held.part, &mut all),
                Some(hidden) => {
                    let mut own = Bits::empty();
                    add(&held.part, &mut own);
                    own.and_not(hidden);
                    all.or(&own);
                }
            }
        }
        all
    }
    /// First and last day with activity.
    pub fn days(&self) -> Option<(i32, i32)> {
        let first = self.parts.iter().filter_map(|held| held.part.days.first()).map(|day| day.day).min()?;
        let last = self.parts.iter().filter_map(|held| held.part.days.last()).map(|day| day.day).max()?;
        Some((first, last))
    }
    /// A person's whole history: calls `each(list of all types, row, instant)` in order of (instant, origin, arrival). For many people keep a
    /// [`Walker`].
    pub fn walk(&self, slot: u16, mut each: impl FnMut(&TypePart, usize, i64)) {
        self.walker().walk(slot, |part, kind, row, at| each(&self.parts[part].part.types[kind], row, at));
    }
    pub fn walker(&self) -> Walker<'_> {
        let cursor =
            |held: &'_ Held| Cursor { at: 0, origin: 0, place: 0, end: 0, next: vec![u32::MAX; held.part.types.len()] };
        Walker { parts: &self.parts, cursors: self.parts.iter().map(cursor).collect() }
    }
}

/// Goes through whole histories, one person after the other, without asking for memory each time.
pub struct Walker<'v> {
    parts: &'v [Held],
    cursors: Vec<Cursor>,
}

/// A place in somebody's trail through one part.
struct Cursor {
    /// The instant of the event at `place`.
    at: i64,
    /// The identity it came in with: what decides at the same instant.
    origin: u32,
    place: usize,
    end: usize,
    /// The next row of each type, looked up when the type first appears.
    next: Vec<u32>,
}

impl Walker<'_> {
    /// Calls `each(part, type, row, instant)` in order of (instant, origin, arrival); part and type are places in [`View::parts`] and [`Part::types`].
    pub fn walk(&mut self, slot: u16, mut each: impl FnMut(usize, usize, usize, i64)) {
        let mut left = 0;
        for (held, cursor) in self.parts.iter().zip(&mut self.cursors) {
            cursor.start(held, slot);
            left += usize::from(cursor.place < cursor.end);
        }
        while left > 0 {
            let open = self.cursors.iter().enumerate().filter(|(_, cursor)| cursor.place < cursor.end);
            let Some((at, _)) = open.min_by_key(|(at, cursor)| (cursor.at, cursor.origin, *at)) else { return };
            let (part, cursor) = (&self.parts[at].part, &mut self.cursors[at]);
            loop {
                let kind = usize::from(part.trail[cursor.place]);
                each(at, kind, cursor.next[kind] as usize, cursor.at);
                cursor.next[kind] += 1;
                cursor.place += 1;
                if cursor.place == cursor.end {
                    left -= 1;
                    break;
                }
                cursor.look(part, slot);
                // Alone there is nothing to compare with.
                if left > 1 {
                    break;
                }
            }
        }
    }
}

impl Cursor {
    fn start(&mut self, held: &Held, slot: u16) {
        (self.place, self.end) = (0, 0);
        if held.hidden.as_ref().is_some_and(|hidden| hidden.contains(slot)) {
            return;
        }
        let Some(rank) = held.part.index.view().rank(slot) else { return };
        self.place = held.part.starts[rank] as usize;
        self.end = held.part.starts[rank + 1] as usize;
        self.next.fill(u32::MAX);
        self.look(&held.part, slot);
    }
    fn look(&mut self, part: &Part, slot: u16) {
        let kind = usize::from(part.trail[self.place]);
        let own = &part.types[kind];
        if self.next[kind] == u32::MAX {
            let rank = own.index.view().rank(slot).expect("the trail names types that the slot has");
            self.next[kind] = own.starts[rank];
        }
        let row = self.next[kind] as usize;
        self.at = own.times[row];
        self.origin = own.origins.get(row).copied().unwrap_or(part.person(slot));
    }
}

impl<'v> Selection<'v> {
    pub(crate) fn bucket(&self) -> u16 {
        self.bucket
    }
    /// Of an event, what decides at the same instant before its type and its arrival do.
    pub(crate) fn origin(&self, list: usize, row: usize, slot: u16) -> u32 {
        self.lists[list].origin(row, u32::from(self.bucket) << 16 | u32::from(slot))
    }
    /// People with at least one event of these types. With tests, some of them may have none that holds.
    pub fn people(&self) -> Bits {
        let mut all = Bits::empty();
        for list in &self.lists {
            match list.hidden {
                None => list.index.add_to(&mut all),
                Some(_) => all.or(&list.people()),
            }
        }
        all
    }
    /// Calls `each(slot, instant, (list, row))` for the events of `among` with `from <= instant < to`: person by person, by list and time. Not one
    /// history: for what does not depend on the order.
    pub fn each_row(&self, among: &Bits, from: i64, to: i64, mut each: impl FnMut(u16, i64, (usize, usize))) {
        let mut people = self.people();
        people.and(among);
        for slot in people.iter() {
            for (at, list) in self.lists.iter().enumerate() {
                let Some((first, end)) = list.range(slot) else { continue };
                for row in first..end {
                    let time = list.times[row];
                    if time >= to {
                        break;
                    }
                    if time >= from && list.keeps(row) {
                        each(slot, time, (at, row));
                    }
                }
            }
        }
    }
    /// For each part and type, which list it is here: to find a [`Walker`]'s events in a selection.
    pub fn places(&self, view: &View) -> Places {
        let mut places: Vec<Vec<u32>> = view.parts.iter().map(|held| vec![u32::MAX; held.part.types.len()]).collect();
        for (at, list) in self.lists.iter().enumerate() {
            places[list.place.0 as usize][list.place.1 as usize] = at as u32;
        }
        Places(places)
    }
    /// Whether an event of a walk is one of the selection: (list, row).
    #[inline]
    pub fn find(&self, places: &Places, part: usize, kind: usize, row: usize) -> Option<(usize, usize)> {
        let list = places.0[part][kind] as usize;
        self.lists.get(list).filter(|list| list.keeps(row)).map(|_| (list, row))
    }
    /// The person's events, by time.
    #[inline]
    pub fn rows<'s>(&'s self, slot: u16, scratch: &'s mut Scratch) -> Rows<'s> {
        if let [list] = &self.lists[..]
            && !self.tested
        {
            return match list.range(slot) {
                Some((from, to)) => Rows { times: &list.times[from..to], at: At::Run { list: 0, first: from as u32 } },
                None => Rows::NONE,
            };
        }
        self.gather(slot, scratch)
    }
    fn gather<'s>(&'s self, slot: u16, scratch: &'s mut Scratch) -> Rows<'s> {
        let mut only = None;
        let mut several = false;
        for (at, list) in self.lists.iter().enumerate() {
            if let Some(range) = list.range(slot) {
                several |= only.is_some();
                only = Some((at, range));
            }
        }
        let Some((at, (from, to))) = only else { return Rows::NONE };
        if !several && !self.tested {
            let times = &self.lists[at].times[from..to];
            return Rows { times, at: At::Run { list: at as u32, first: from as u32 } };
        }
        scratch.times.clear();
        scratch.at.clear();
        let person = u32::from(self.bucket) << 16 | u32::from(slot);
        let mut last = (i64::MIN, 0);
        let mut sorted = true;
        for (at, list) in self.lists.iter().enumerate() {
            let Some((from, to)) = list.range(slot) else { continue };
            for row in from..to {
                if self.tested && !list.keeps(row) {
                    continue;
                }
                let key = (list.times[row], list.origin(row, person));
                sorted &= last <= key;
                last = key;
                scratch.times.push(key.0);
                scratch.at.push((at as u32, row as u32));
            }
        }
        if !sorted {
            self.sort(person, scratch);
        }
        Rows { times: &scratch.times, at: At::Mixed(&scratch.at) }
    }
    /// Parts seldom overlap in time; where they do, what was gathered is put in order.
    fn sort(&self, person: u32, scratch: &mut Scratch) {
        let Scratch { times, at, sort } = scratch;
        sort.clear();
        let place = |(list, row): &(u32, u32)| self.lists[*list as usize].origin(*row as usize, person);
        sort.extend(times.iter().zip(&*at).map(|(time, own)| (*time, place(own), own.0, own.1)));
        // Lists are by event, those of one event by part: (instant, origin, event, arrival).
        sort.sort_unstable();
        times.clear();
        at.clear();
        for (time, _, list, row) in sort {
            times.push(*time);
            at.push((*list, *row));
        }
    }
}
