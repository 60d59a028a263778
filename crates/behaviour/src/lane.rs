//! A list of a selection laid out for going through all people of a bucket: bits of the present, place of each, rows in a run.
//!
//! Many questions need no merged history: the latest event up to an instant, a count, a sum are the same whether a person's rows lie in one part
//! or in five. Lanes answer those part by part, so that a bucket with a fresh tail costs little more than one without.

use crate::bits::{Bits, WORDS};
use crate::fast::Simd;
use crate::part::IndexView;
use crate::test::TestIn;
use crate::view::{List, Selection};

/// What has to be made to read the lists of a selection as lanes; keep it while lanes are in use.
pub(crate) struct Ground(Vec<Own>);

struct Own {
    /// A sparse index written out.
    dense: Option<Box<([u64; WORDS], [u32; WORDS])>>,
    /// Present and not hidden, when some are hidden.
    live: Option<Box<[u64; WORDS]>>,
}

#[derive(Clone, Copy)]
pub(crate) struct Lane<'v> {
    /// Who counts here.
    pub live: &'v [u64; WORDS],
    words: &'v [u64; WORDS],
    ranks: &'v [u32; WORDS],
    starts: &'v [u32],
    pub times: &'v [i64],
    pub tests: &'v [TestIn<'v>],
    /// Identities the rows came in with; empty when each is its person.
    origins: &'v [u32],
    bucket: u16,
    /// Place in [`Selection::lists`].
    pub list: u32,
}

impl Ground {
    pub fn new(selection: &Selection<'_>) -> Self {
        Self(selection.lists.iter().map(Own::new).collect())
    }
    pub fn lanes<'g>(&'g self, selection: &'g Selection<'g>) -> Vec<Lane<'g>> {
        let lane = |(at, (own, list)): (usize, (&'g Own, &'g List<'g>))| {
            let (words, ranks) = match (&own.dense, list.index) {
                (Some(dense), _) => (&dense.0, &dense.1),
                (None, IndexView::Dense { words, ranks }) => {
                    (words.try_into().expect(WHOLE), ranks.try_into().expect(WHOLE))
                }
                (None, IndexView::Sparse(_)) => unreachable!("sparse ones are written out"),
            };
            let live = own.live.as_deref().unwrap_or(words);
            let (starts, times, tests, origins) = (list.starts, list.times, &list.tests, list.origins);
            Lane { live, words, ranks, starts, times, tests, origins, bucket: selection.bucket(), list: at as u32 }
        };
        self.0.iter().zip(&selection.lists).enumerate().map(lane).collect()
    }
}

const WHOLE: &str = "an index covers its bucket";

impl Own {
    fn new(list: &List<'_>) -> Self {
        let dense = match list.index {
            IndexView::Dense { .. } => None,
            IndexView::Sparse(slots) => {
                let mut own = Box::new(([0u64; WORDS], [0u32; WORDS]));
                for slot in slots {
                    own.0[usize::from(slot >> 6)] |= 1 << (slot & 63);
                }
                let mut before = 0;
                for at in 0..WORDS {
                    own.1[at] = before;
                    before += own.0[at].count_ones();
                }
                Some(own)
            }
        };
        let live = list.hidden.map(|hidden| {
            let mut live = Bits::empty();
            list.index.add_to(&mut live);
            live.and_not(hidden);
            Box::new(*live.words())
        });
        Self { dense, live }
    }
}

impl<'v> Lane<'v> {
    /// The rows of slot `word * 64 + bit`: empty when it has none.
    #[inline(always)]
    pub fn range(&self, word: usize, bit: u32) -> (usize, usize) {
        let mask = 1u64 << bit;
        if self.live[word] & mask == 0 {
            return (0, 0);
        }
        let rank = (self.ranks[word] + (self.words[word] & (mask - 1)).count_ones()) as usize;
        (self.starts[rank] as usize, self.starts[rank + 1] as usize)
    }
    #[inline(always)]
    pub fn keeps(&self, row: usize) -> bool {
        self.tests.iter().all(|test| test.holds(row))
    }
    /// What decides between rows of the same instant, before their lists: the identity a row came in with.
    #[inline(always)]
    fn origin(&self, row: usize, slot: u32) -> u32 {
        self.origins.get(row).copied().unwrap_or(u32::from(self.bucket) << 16 | slot)
    }
}

/// The words of everybody in any of the lanes.
pub(crate) fn present(lanes: &[Lane<'_>]) -> Bits {
    let mut all = Bits::empty();
    lanes.iter().for_each(|lane| all.or_words(lane.live));
    all
}

/// Those of `among` who have rows in the first lane only, for whom [`One`] does, and the others: with a fresh tail most people have nothing in it. `None`
/// when the first lane has tests or there is none.
pub(crate) fn parted(steps: &[Vec<Lane<'_>>], among: &Bits) -> Option<(Bits, Bits)> {
    let mut newer = Bits::empty();
    for lanes in steps {
        let (first, more) = lanes.split_first()?;
        if !first.tests.is_empty() {
            return None;
        }
        more.iter().for_each(|lane| newer.or_words(lane.live));
    }
    newer.and(among);
    let mut alone = among.clone();
    alone.and_not(&newer);
    Some((alone, newer))
}

/// One person's rows of a step, for questions that need no merged history.
pub(crate) trait Source {
    fn load(&mut self, word: usize, bit: u32);
    /// The instant of the last row at or before `at`; `i64::MIN` when there is none.
    fn latest<S: Simd>(&self, simd: S, at: i64) -> i64;
    /// (instant, list, row) of [`Source::latest`]; of the same instant the last by (origin, list, row).
    fn latest_at<S: Simd>(&self, simd: S, at: i64) -> Option<(i64, u32, u32)>;
    /// The person's lanes: times, and where the person's rows begin and end. (Loops over them stand where they are used: a closure would not be compiled for
    /// the newer processor.)
    fn lanes(&self) -> usize;
    /// The list of a lane.
    fn list(&self, lane: usize) -> u32;
    fn run(&self, lane: usize) -> (&[i64], usize, usize);
    fn keeps(&self, lane: usize, row: usize) -> bool;
    /// Of a row: what comes before its list in the order of the same instant.
    fn origin(&self, lane: usize, row: usize) -> u32;
}

/// A single lane without tests: the usual case, when parts are compacted.
pub(crate) struct One<'v> {
    lane: Lane<'v>,
    from: usize,
    to: usize,
}

impl<'v> One<'v> {
    pub fn new(lane: Lane<'v>) -> Self {
        Self { lane, from: 0, to: 0 }
    }
}

impl Source for One<'_> {
    #[inline(always)]
    fn load(&mut self, word: usize, bit: u32) {
        (self.from, self.to) = self.lane.range(word, bit);
    }
    #[inline(always)]
    fn latest<S: Simd>(&self, simd: S, at: i64) -> i64 {
        let until = simd.up_to(self.lane.times, self.from, self.to, at);
        if until == 0 { i64::MIN } else { self.lane.times[self.from + until - 1] }
    }
    #[inline(always)]
    fn latest_at<S: Simd>(&self, simd: S, at: i64) -> Option<(i64, u32, u32)> {
        let row = self.from + simd.up_to(self.lane.times, self.from, self.to, at);
        (row > self.from).then(|| (self.lane.times[row - 1], self.lane.list, row as u32 - 1))
    }
    #[inline(always)]
    fn lanes(&self) -> usize {
        1
    }
    #[inline(always)]
    fn list(&self, _: usize) -> u32 {
        self.lane.list
    }
    #[inline(always)]
    fn run(&self, _: usize) -> (&[i64], usize, usize) {
        (self.lane.times, self.from, self.to)
    }
    #[inline(always)]
    fn keeps(&self, _: usize, _: usize) -> bool {
        true
    }
    #[inline(always)]
    fn origin(&self, _: usize, _: usize) -> u32 {
        0
    }
}

/// Any number of lanes, with tests.
pub(crate) struct Many<'v> {
    lanes: Vec<Lane<'v>>,
    /// Those in which the person has rows: with a fresh tail there are many lanes, and one or two for each person.
    here: Vec<Run>,
    /// The instant of the person's oldest row outside the first lane, whether it is kept or not; `i64::MAX` when there is none.
    newer: i64,
    /// Whether the first lane has no tests.
    plain: bool,
    slot: u32,
}

/// A person's rows in a lane.
#[derive(Clone, Copy)]
struct Run {
    lane: u32,
    from: u32,
    to: u32,
}

impl<'v> Many<'v> {
    pub fn new(lanes: Vec<Lane<'v>>) -> Self {
        let plain = lanes.first().is_some_and(|lane| lane.tests.is_empty());
        Self { here: Vec::with_capacity(lanes.len()), lanes, newer: i64::MAX, plain, slot: 0 }
    }
    /// The instant of somebody's last row in the first lane, whether it is kept or not; `i64::MIN` when there is none.
    #[inline(always)]
    pub fn latest_of_first(&self, word: usize, bit: u32) -> i64 {
        let lane = &self.lanes[0];
        let (from, to) = lane.range(word, bit);
        if from < to { lane.times[to - 1] } else { i64::MIN }
    }
    #[inline(always)]
    pub fn newer(&self) -> i64 {
        self.newer
    }
    /// Up to `at` only the first lane may have rows, and it keeps all of them: with a fresh tail that is the usual case.
    #[inline(always)]
    fn first_alone(&self, at: i64) -> bool {
        at < self.newer && self.plain
    }
    /// The last row of the first lane at or before `at`.
    #[inline(always)]
    fn last_of_first<S: Simd>(&self, simd: S, at: i64) -> Option<usize> {
        let run = self.here.first().filter(|run| run.lane == 0)?;
        let (from, to) = (run.from as usize, run.to as usize);
        let until = simd.up_to(self.lanes[0].times, from, to, at);
        (until > 0).then(|| from + until - 1)
    }
    /// (instant, list, row) of the first kept row by (instant, origin, list, row).
    #[inline(always)]
    pub fn first_at(&self) -> Option<(i64, u32, u32)> {
        let mut first: Option<(i64, u32, u32, u32)> = None;
        for Run { lane, from, to } in &self.here {
            let lane = &self.lanes[*lane as usize];
            for row in *from as usize..*to as usize {
                let at = lane.times[row];
                if first.is_some_and(|first| first.0 < at) {
                    break;
                }
                if lane.keeps(row) {
                    let found = (at, lane.origin(row, self.slot), lane.list, row as u32);
                    first = Some(first.map_or(found, |first| first.min(found)));
                    break;
                }
            }
        }
        first.map(|(at, _, list, row)| (at, list, row))
    }
    /// The last kept row at or before `at` of each lane.
    #[inline(always)]
    fn last_of<S: Simd>(simd: S, lane: &Lane<'_>, run: Run, at: i64) -> Option<usize> {
        let (from, to) = (run.from as usize, run.to as usize);
        let mut row = from + simd.up_to(lane.times, from, to, at);
        while row > from {
            row -= 1;
            if lane.keeps(row) {
                return Some(row);
            }
        }
        None
    }
}

impl Source for Many<'_> {
    #[inline(always)]
    fn load(&mut self, word: usize, bit: u32) {
        self.slot = word as u32 * 64 + bit;
        self.here.clear();
        self.newer = i64::MAX;
        for (at, lane) in self.lanes.iter().enumerate() {
            let (from, to) = lane.range(word, bit);
            if from < to {
                if at > 0 {
                    self.newer = self.newer.min(lane.times[from]);
                }
                self.here.push(Run { lane: at as u32, from: from as u32, to: to as u32 });
            }
        }
    }
    #[inline(always)]
    fn latest<S: Simd>(&self, simd: S, at: i64) -> i64 {
        if self.first_alone(at) {
            return self.last_of_first(simd, at).map_or(i64::MIN, |row| self.lanes[0].times[row]);
        }
        let mut last = i64::MIN;
        for run in &self.here {
            let lane = &self.lanes[run.lane as usize];
            if let Some(row) = Self::last_of(simd, lane, *run, at) {
                last = last.max(lane.times[row]);
            }
        }
        last
    }
    #[inline(always)]
    fn latest_at<S: Simd>(&self, simd: S, at: i64) -> Option<(i64, u32, u32)> {
        if self.first_alone(at) {
            let row = self.last_of_first(simd, at)?;
            return Some((self.lanes[0].times[row], self.lanes[0].list, row as u32));
        }
        let mut last: Option<(i64, u32, u32, u32)> = None;
        for run in &self.here {
            let lane = &self.lanes[run.lane as usize];
            if let Some(row) = Self::last_of(simd, lane, *run, at) {
                last = last.max(Some((lane.times[row], lane.origin(row, self.slot), lane.list, row as u32)));
            }
        }
        last.map(|(at, _, list, row)| (at, list, row))
    }
    #[inline(always)]
    fn lanes(&self) -> usize {
        self.here.len()
    }
    #[inline(always)]
    fn list(&self, lane: usize) -> u32 {
        self.lanes[self.here[lane].lane as usize].list
    }
    #[inline(always)]
    fn run(&self, lane: usize) -> (&[i64], usize, usize) {
        let run = self.here[lane];
        (self.lanes[run.lane as usize].times, run.from as usize, run.to as usize)
    }
    #[inline(always)]
    fn keeps(&self, lane: usize, row: usize) -> bool {
        self.lanes[self.here[lane].lane as usize].keeps(row)
    }
    #[inline(always)]
    fn origin(&self, lane: usize, row: usize) -> u32 {
        self.lanes[self.here[lane].lane as usize].origin(row, self.slot)
    }
}
