//! What a kernel sees of one bucket: its parts as one history per person.
//!
//! A person's events of a type usually lie in one part and are handed out as slices of it; only for people with events in several parts are
//! they gathered, by (instant, part), into the reader's own memory. Parts are in order of arrival, so the same instant stays in that order.

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
    sort: Vec<(i64, u32, u32)>,
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
    #[inline]
    fn keeps(&self, row: usize) -> bool {
        self.tests.iter().all(|test| test.holds(row))
    }
}

/// The events of a [`Select`] in one bucket.
pub struct Selection<'v> {
    pub lists: Vec<List<'v>>,
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
                    tests,
                });
            }
        }
        let tested = lists.iter().any(|list| !list.tests.is_empty());
        Selection { lists, tested }
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
    /// A person's whole history: calls `each(list of all types, row, instant)` in order of (instant, arrival). `all` selects every type.
    pub fn walk(&self, slot: u16, mut each: impl FnMut(&TypePart, usize, i64)) {
        let mut cursors: Vec<Walk<'_>> =
            self.parts.iter().filter_map(|held| Walk::start(&held.part, held.hidden.as_deref(), slot)).collect();
        while let Some(next) = (0..cursors.len()).min_by_key(|at| (cursors[*at].at, *at)) {
            let walk = &mut cursors[next];
            each(walk.part(), walk.row(), walk.at);
            if !walk.step() {
                cursors.remove(next);
            }
        }
    }
}

/// Somebody's trail through one part.
struct Walk<'v> {
    part: &'v Part,
    trail: &'v [u16],
    /// The next row of each type, asked for when the type first appears.
    next: Vec<u32>,
    slot: u16,
    place: usize,
    at: i64,
}

impl<'v> Walk<'v> {
    fn start(part: &'v Part, hidden: Option<&Bits>, slot: u16) -> Option<Self> {
        if hidden.is_some_and(|hidden| hidden.contains(slot)) {
            return None;
        }
        let rank = part.index.view().rank(slot)?;
        let trail = &part.trail[part.starts[rank] as usize..part.starts[rank + 1] as usize];
        let mut walk = Self { part, trail, next: vec![u32::MAX; part.types.len()], slot, place: 0, at: 0 };
        walk.look();
        Some(walk)
    }
    fn look(&mut self) {
        let kind = usize::from(self.trail[self.place]);
        let part = &self.part.types[kind];
        if self.next[kind] == u32::MAX {
            let rank = part.index.view().rank(self.slot).expect("the trail names types that the slot has");
            self.next[kind] = part.starts[rank];
        }
        self.at = part.times[self.next[kind] as usize];
    }
    fn part(&self) -> &'v TypePart {
        &self.part.types[usize::from(self.trail[self.place])]
    }
    fn row(&self) -> usize {
        self.next[usize::from(self.trail[self.place])] as usize
    }
    fn step(&mut self) -> bool {
        self.next[usize::from(self.trail[self.place])] += 1;
        self.place += 1;
        let more = self.place < self.trail.len();
        if more {
            self.look();
        }
        more
    }
}

impl<'v> Selection<'v> {
    /// People with at least one event of these types. With tests, some of them may have none that holds.
    pub fn people(&self) -> Bits {
        let mut all = Bits::empty();
        for list in &self.lists {
            match list.hidden {
                None => list.index.add_to(&mut all),
                Some(hidden) => {
                    let mut own = Bits::empty();
                    list.index.add_to(&mut own);
                    own.and_not(hidden);
                    all.or(&own);
                }
            }
        }
        all
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
        scratch.sort.clear();
        for (at, list) in self.lists.iter().enumerate() {
            if let Some((from, to)) = list.range(slot) {
                let kept = (from..to).filter(|row| list.keeps(*row));
                scratch.sort.extend(kept.map(|row| (list.times[row], at as u32, row as u32)));
            }
        }
        if several {
            scratch.sort.sort_unstable();
        }
        scratch.times.clear();
        scratch.at.clear();
        for (time, list, row) in &scratch.sort {
            scratch.times.push(*time);
            scratch.at.push((*list, *row));
        }
        Rows { times: &scratch.times, at: At::Mixed(&scratch.at) }
    }
}
