//! Ordered steps: the one place that knows what "in order" means, for funnels and sequences.

use super::funnel::Exclusion;
use crate::bits::{Bits, WORDS};
use crate::fast::{Simd, Work, fast};
use crate::lane::{Ground, Lane, Many, One, Source, parted, present};
use crate::test::Select;
use crate::view::{List, Scratch, Selection, View};

/// At most this many steps.
pub(crate) const STEPS: usize = 10;

pub(crate) struct Chains<'q> {
    pub steps: &'q [Select],
    pub exclude: &'q [Exclusion],
    pub within: i64,
    /// Bounds the first event.
    pub from: i64,
    pub to: i64,
    /// All events lie before it.
    pub until: i64,
}

/// Somebody's way to the deepest step reached: the first to get there, by the latest events before.
#[derive(Clone, Copy)]
pub(crate) struct Chain {
    /// Steps reached, at least 1.
    pub depth: usize,
    /// The instants of the reached steps.
    pub times: [i64; STEPS],
    /// (list, row) of the first event in the selection of the first step.
    pub first: (u32, u32),
}

/// Called with the slot of everybody who reached the first step.
pub(crate) type Visit<'f> = &'f mut (dyn FnMut(u16, &Chain) + 'f);

impl Chains<'_> {
    /// Who reached each step. Calls `visit` for everybody who reached the first, when it is given; finding the chain costs more than the depth.
    pub fn reached(&self, view: &View, among: &Bits, mut visit: Option<Visit<'_>>) -> Vec<Bits> {
        let steps = &self.steps[..self.steps.len().min(STEPS)];
        let selections: Vec<Selection<'_>> = steps.iter().map(|step| view.select(step)).collect();
        let mut reached = vec![Bits::empty(); steps.len()];
        if selections.is_empty() {
            return reached;
        }
        if !self.exclude.is_empty() || shared(&selections) {
            let excluded: Vec<Selection<'_>> = self.exclude.iter().map(|own| view.select(&own.select)).collect();
            let mut none = |_: u16, _: &Chain| {};
            Ordered { chains: self, selections: &selections, excluded: &excluded }.run(
                among,
                &mut reached,
                visit.unwrap_or(&mut none),
            );
            return reached;
        }
        let grounds: Vec<Ground> = selections.iter().map(Ground::new).collect();
        let lanes: Vec<Vec<Lane<'_>>> = grounds.iter().zip(&selections).map(|(g, s)| g.lanes(s)).collect();
        let here: Vec<Bits> = lanes.iter().map(|lanes| present(lanes)).collect();
        let parts = parted(&lanes, among);
        if let (None, Some((_, newer))) = (&visit, &parts) {
            let first: Vec<Bits> = lanes.iter().map(|lanes| present(&lanes[..1])).collect();
            let sources: Vec<One<'_>> = lanes.iter().map(|lanes| One::new(lanes[0])).collect();
            fast(Search { chains: self, sources, here: &first, among, reached: &mut reached, visit: None });
            let mut among = newer.clone();
            among.and_not(&reached[steps.len() - 1]);
            if !among.is_empty() {
                let newer: Vec<Bits> = lanes.iter().map(|lanes| present(&lanes[1..])).collect();
                let since = lanes.iter().flat_map(|lanes| &lanes[1..]).flat_map(|lane| lane.times).min();
                let (since, reached) = (since.copied().unwrap_or(i64::MAX), &mut reached);
                let sources: Vec<Many<'_>> = lanes.into_iter().map(Many::new).collect();
                fast(Deepen { chains: self, sources, here: &here, newer: &newer, since, among: &among, reached });
            }
            return reached;
        }
        let (alone, others) = parts.unwrap_or_else(|| (Bits::empty(), among.clone()));
        if !alone.is_empty() {
            let sources: Vec<One<'_>> = lanes.iter().map(|lanes| One::new(lanes[0])).collect();
            let visit: Option<Visit<'_>> = match &mut visit {
                Some(visit) => Some(&mut **visit),
                None => None,
            };
            fast(Search { chains: self, sources, here: &here, among: &alone, reached: &mut reached, visit });
        }
        if !others.is_empty() {
            let sources: Vec<Many<'_>> = lanes.into_iter().map(Many::new).collect();
            fast(Search { chains: self, sources, here: &here, among: &others, reached: &mut reached, visit });
        }
        reached
    }
}

/// Whether an event could serve two steps.
pub(crate) fn shared(selections: &[Selection<'_>]) -> bool {
    let mut places: Vec<(u32, u32)> = selections.iter().flat_map(|s| s.lists.iter().map(|list| list.place)).collect();
    let all = places.len();
    places.sort_unstable();
    places.dedup();
    places.len() < all
}

/// Steps that share no event, nothing excluded: then a chain to an event is best made of the latest event of each step before it, and nobody's
/// events need to be merged. Going from the last step back touches few of the many events of the first.
struct Search<'a, 'q, 'f, S> {
    chains: &'a Chains<'q>,
    sources: Vec<S>,
    here: &'a [Bits],
    among: &'a Bits,
    reached: &'a mut [Bits],
    visit: Option<Visit<'f>>,
}

impl<S: Source> Work for Search<'_, '_, '_, S> {
    type Out = ();
    #[inline(always)]
    fn run<P: Simd>(mut self, simd: P) {
        let steps = self.sources.len();
        let mut may = [0u64; STEPS];
        let mut got = [0u64; STEPS];
        for word in 0..WORDS {
            // Who has events of this step and of all before it.
            let mut left = self.among.words()[word];
            #[allow(clippy::needless_range_loop, reason = "the step is a place in several arrays")]
            for step in 0..steps {
                left &= self.here[step].words()[word];
                may[step] = left;
                got[step] = 0;
            }
            let mut people = may[0];
            while people != 0 {
                let bit = people.trailing_zeros();
                people &= people - 1;
                let mut most = 1;
                while most < steps && may[most] >> bit & 1 == 1 {
                    most += 1;
                }
                let depth = match &mut self.visit {
                    None => depth(simd, self.chains, &mut self.sources[..most], word, bit),
                    Some(visit) => {
                        let chain = chain(simd, self.chains, &mut self.sources[..most], word, bit);
                        if let Some(chain) = &chain {
                            visit((word * 64) as u16 | bit as u16, chain);
                        }
                        chain.map_or(0, |chain| chain.depth)
                    }
                };
                for own in &mut got[..depth] {
                    *own |= 1 << bit;
                }
            }
            for (reached, got) in self.reached.iter_mut().zip(&got) {
                reached.words_mut()[word] |= got;
            }
        }
    }
}

/// People with rows in newer lanes, of whom the first lanes have been searched already. Missing are the chains with an event of a newer lane, and
/// the last event of such a chain is not older than the oldest of those: with a fresh tail that leaves few rows to look at.
struct Deepen<'a, 'q, 'v> {
    chains: &'a Chains<'q>,
    sources: Vec<Many<'v>>,
    here: &'a [Bits],
    /// Who has rows of each step in newer lanes.
    newer: &'a [Bits],
    /// The oldest of those, of anybody.
    since: i64,
    among: &'a Bits,
    reached: &'a mut [Bits],
}

impl Work for Deepen<'_, '_, '_> {
    type Out = ();
    #[inline(always)]
    fn run<P: Simd>(mut self, simd: P) {
        let steps = self.sources.len();
        for word in 0..WORDS {
            let mut people = self.among.words()[word];
            while people != 0 {
                let bit = people.trailing_zeros();
                people &= people - 1;
                let has = |bits: &Bits| bits.words()[word] >> bit & 1 == 1;
                let (mut most, mut depth) = (0, 0);
                while most < steps && has(&self.here[most]) {
                    most += 1;
                }
                while depth < most && has(&self.reached[depth]) {
                    depth += 1;
                }
                if depth == most {
                    continue;
                }
                // Usually what is new is of a step that was reached anyway, and later steps have nothing so late.
                let (mut fresh, mut late) = (false, false);
                for step in depth..most {
                    fresh |= has(&self.newer[step]);
                }
                if !fresh {
                    for step in depth.max(1)..most {
                        late |= self.sources[step].latest_of_first(word, bit) >= self.since;
                    }
                    if !late {
                        continue;
                    }
                }
                let sources = &mut self.sources[..most];
                load(sources, word, bit);
                let mut since = i64::MAX;
                for source in sources.iter() {
                    since = since.min(source.newer());
                }
                let mut level = most;
                while level > depth.max(1) && !ends_since(simd, self.chains, sources, level - 1, since) {
                    level -= 1;
                }
                if level == 1 && depth == 0 {
                    level = usize::from(begins(simd, self.chains, &sources[0]));
                }
                for own in self.reached[depth..level.max(depth)].iter_mut() {
                    own.words_mut()[word] |= 1 << bit;
                }
            }
        }
    }
}

/// Whether a chain ends at a step behind the first at `since` or later.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "the row is a place in several columns")]
fn ends_since<P: Simd, S: Source>(simd: P, chains: &Chains<'_>, sources: &[S], level: usize, since: i64) -> bool {
    for lane in 0..sources[level].lanes() {
        let (times, from, to) = sources[level].run(lane);
        let first = from + simd.up_to(times, from, to, since.max(chains.from).saturating_sub(1));
        for row in first..to {
            if times[row] >= chains.until {
                break;
            }
            if sources[level].keeps(lane, row) && start(simd, chains, sources, level, times[row]) != i64::MIN {
                return true;
            }
        }
    }
    false
}

/// Whether there is an event of the first step inside the span.
#[inline(always)]
fn begins<P: Simd, S: Source>(simd: P, chains: &Chains<'_>, first: &S) -> bool {
    let last = first.latest(simd, chains.to.min(chains.until).saturating_sub(1));
    last != i64::MIN && last >= chains.from
}

/// Calls with (slot, start, end) of every way through steps that share no event, each end with its latest start; by person, ends rising.
pub(crate) fn lay(
    chains: &Chains<'_>,
    selections: &[Selection<'_>],
    among: &Bits,
    each: &mut dyn FnMut(u16, i64, i64),
) {
    let grounds: Vec<Ground> = selections.iter().map(Ground::new).collect();
    let lanes: Vec<Vec<Lane<'_>>> = grounds.iter().zip(selections).map(|(g, s)| g.lanes(s)).collect();
    let mut among = among.clone();
    lanes.iter().for_each(|lanes| among.and(&present(lanes)));
    let (alone, others) = parted(&lanes, &among).unwrap_or_else(|| (Bits::empty(), among.clone()));
    let mut found = Vec::new();
    if !alone.is_empty() {
        let sources = lanes.iter().map(|lanes| One::new(lanes[0])).collect();
        fast(Lay { chains, sources, among: &alone, found: &mut found });
    }
    if !others.is_empty() {
        let sources = lanes.into_iter().map(Many::new).collect();
        fast(Lay { chains, sources, among: &others, found: &mut found });
        found.sort_unstable_by_key(|(slot, _, end)| (*slot, *end));
    }
    found.into_iter().for_each(|(slot, start, end)| each(slot, start, end));
}

struct Lay<'a, 'q, S> {
    chains: &'a Chains<'q>,
    sources: Vec<S>,
    among: &'a Bits,
    found: &'a mut Vec<(u16, i64, i64)>,
}

impl<S: Source> Work for Lay<'_, '_, S> {
    type Out = ();
    #[inline(always)]
    fn run<P: Simd>(mut self, simd: P) {
        let Some(last) = self.sources.len().checked_sub(1) else { return };
        for word in 0..WORDS {
            let mut people = self.among.words()[word];
            while people != 0 {
                let bit = people.trailing_zeros();
                people &= people - 1;
                load(&mut self.sources, word, bit);
                for lane in 0..self.sources[last].lanes() {
                    let (times, from, to) = self.sources[last].run(lane);
                    // Of ends with the same start the first is enough; in another lane an earlier one may come.
                    let mut before = i64::MIN;
                    #[allow(clippy::needless_range_loop, reason = "the row is a place in several columns")]
                    for row in from..to {
                        let end = times[row];
                        if !self.sources[last].keeps(lane, row) {
                            continue;
                        }
                        let start = start(simd, self.chains, &self.sources, last, end);
                        if start != before {
                            before = start;
                            self.found.push(((word * 64) as u16 | bit as u16, start, end));
                        }
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn load<S: Source>(sources: &mut [S], word: usize, bit: u32) {
    sources.iter_mut().for_each(|source| source.load(word, bit));
}

/// The start of the best chain over steps `..level` to an event of step `level` at `end`; `i64::MIN` when there is none.
#[inline(always)]
fn start<P: Simd, S: Source>(simd: P, chains: &Chains<'_>, sources: &[S], level: usize, end: i64) -> i64 {
    let low = chains.from.max(end.saturating_sub(chains.within));
    let mut at = end;
    for step in (0..level).rev() {
        at = sources[step].latest(simd, if step == 0 { at.min(chains.to.saturating_sub(1)) } else { at });
        if at < low {
            return i64::MIN;
        }
    }
    at
}

/// The instant at which a step is first reached, `i64::MAX` when it is not, and (lane, row) of the event.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "iterators' closures would not be compiled for the newer processor")]
fn first_end<P: Simd, S: Source>(simd: P, chains: &Chains<'_>, sources: &[S], level: usize) -> (i64, u32, u32) {
    let until = if level == 0 { chains.to.min(chains.until) } else { chains.until };
    let mut first = (i64::MAX, 0, 0);
    for lane in 0..sources[level].lanes() {
        let (times, from, to) = sources[level].run(lane);
        #[allow(clippy::needless_range_loop, reason = "the row is a place in several columns")]
        for row in from..to {
            let end = times[row];
            if end >= until || end > first.0 {
                break;
            }
            if end >= chains.from
                && sources[level].keeps(lane, row)
                && (level == 0 || start(simd, chains, sources, level, end) != i64::MIN)
            {
                let earlier =
                    || sources[level].origin(lane, row) < sources[level].origin(first.1 as usize, first.2 as usize);
                if end < first.0 || earlier() {
                    first = (end, lane as u32, row as u32);
                }
                break;
            }
        }
    }
    first
}

#[inline(always)]
fn depth<P: Simd, S: Source>(simd: P, chains: &Chains<'_>, sources: &mut [S], word: usize, bit: u32) -> usize {
    load(sources, word, bit);
    for level in (1..sources.len()).rev() {
        if first_end(simd, chains, sources, level).0 != i64::MAX {
            return level + 1;
        }
    }
    usize::from(begins(simd, chains, &sources[0]))
}

#[inline(always)]
fn chain<P: Simd, S: Source>(simd: P, chains: &Chains<'_>, sources: &mut [S], word: usize, bit: u32) -> Option<Chain> {
    load(sources, word, bit);
    for level in (0..sources.len()).rev() {
        let (end, lane, row) = first_end(simd, chains, sources, level);
        if end == i64::MAX {
            continue;
        }
        let mut chain = Chain { depth: level + 1, times: [0; STEPS], first: (0, 0) };
        chain.times[level] = end;
        for step in (0..level).rev() {
            let until = chain.times[step + 1];
            chain.times[step] =
                sources[step].latest(simd, if step == 0 { until.min(chains.to.saturating_sub(1)) } else { until });
        }
        chain.first = if level == 0 {
            (sources[0].list(lane as usize), row)
        } else {
            sources[0].latest_at(simd, chain.times[0]).map(|(_, list, row)| (list, row))?
        };
        return Some(chain);
    }
    None
}

/// The general case: everybody's events of all steps in one order, gone through once.
struct Ordered<'a, 'q, 'v> {
    chains: &'a Chains<'q>,
    selections: &'a [Selection<'v>],
    excluded: &'a [Selection<'v>],
}

/// One event: (instant, step that first names its type, origin, type and part, row).
type Key = (i64, u32, u32, u32, u32);

#[derive(Default)]
pub(crate) struct OrderedScratch {
    /// With the list of the first step that it may serve as, and all that it may serve as.
    events: Vec<(Key, u32, u32)>,
    exclusions: Vec<(i64, u32)>,
    scratch: Scratch,
}

/// A chain under way.
#[derive(Clone, Copy)]
struct State {
    times: [i64; STEPS],
    first: (u32, u32),
}

impl Ordered<'_, '_, '_> {
    fn run(&self, among: &Bits, reached: &mut [Bits], visit: Visit<'_>) {
        let mut people = self.selections[0].people();
        people.and(among);
        let ranks = self.ranks();
        let mut own = OrderedScratch::default();
        for slot in people.iter() {
            self.gather(slot, &ranks, &mut own);
            if let Some(chain) = self.deepest(&own) {
                reached[..chain.depth].iter_mut().for_each(|bits| bits.insert(slot));
                visit(slot, &chain);
            }
        }
    }
    fn ranks(&self) -> Ranks {
        ranks(self.chains.steps, self.selections)
    }
    fn gather(&self, slot: u16, ranks: &Ranks, own: &mut OrderedScratch) {
        gather(self.selections, ranks, slot, own);
        own.exclusions.clear();
        for (at, selection) in self.excluded.iter().enumerate() {
            let rows = selection.rows(slot, &mut own.scratch);
            own.exclusions.extend(rows.times.iter().map(|time| (*time, at as u32)));
        }
        own.exclusions.sort_unstable();
    }
    fn deepest(&self, own: &OrderedScratch) -> Option<Chain> {
        let chains = self.chains;
        let mut states: [Option<State>; STEPS] = [None; STEPS];
        let mut best: Option<Chain> = None;
        let mut exclusions = own.exclusions.iter().peekable();
        for ((at, _, _, _, row), list, serves) in &own.events {
            let at = *at;
            if at >= chains.until {
                break;
            }
            // What lies before this instant ends the chains it lies inside of.
            while let Some((when, which)) = exclusions.next_if(|(when, _)| *when < at) {
                let Exclusion { after, before, .. } = &chains.exclude[*which as usize];
                for state in &mut states[(*after).min(STEPS)..(*before).min(STEPS)] {
                    if state.is_some_and(|state| state.times[*after] < *when) {
                        *state = None;
                    }
                }
            }
            // From the deepest step down: one event serves one step.
            for step in (0..self.selections.len()).rev().filter(|step| serves >> step & 1 == 1) {
                let next = if step == 0 {
                    (at >= chains.from && at < chains.to).then_some(State { times: [0; STEPS], first: (*list, *row) })
                } else {
                    states[step - 1].filter(|before| at - before.times[0] <= chains.within)
                };
                let Some(mut next) = next else { continue };
                next.times[step] = at;
                if states[step].is_none_or(|old| old.times[0] <= next.times[0]) {
                    states[step] = Some(next);
                }
                if best.is_none_or(|best| best.depth <= step) {
                    best = Some(Chain { depth: step + 1, times: next.times, first: next.first });
                }
            }
        }
        best
    }
}

/// For each step and list: the first step that names the list's type, and the place of type and part among all of them.
pub(crate) type Ranks = Vec<Vec<(u32, u32)>>;

pub(crate) fn ranks(steps: &[Select], selections: &[Selection<'_>]) -> Ranks {
    let mut names: Vec<&str> =
        selections.iter().flat_map(|own| own.lists.iter().map(|list| list.part.event.as_str())).collect();
    names.sort_unstable();
    names.dedup();
    let rank = |list: &List<'_>| {
        let event = list.part.event.as_str();
        let first = steps.iter().position(|step| step.names(event)).unwrap_or(0);
        let name = names.binary_search(&event).unwrap_or(0);
        (first as u32, (name as u32) << 16 | list.place.0)
    };
    selections.iter().map(|own| own.lists.iter().map(rank).collect()).collect()
}

/// One person's events of all steps in order, each with the steps it may serve as.
fn gather(selections: &[Selection<'_>], ranks: &Ranks, slot: u16, own: &mut OrderedScratch) {
    own.events.clear();
    for (step, selection) in selections.iter().enumerate() {
        let rows = selection.rows(slot, &mut own.scratch);
        for i in 0..rows.len() {
            let (list, row) = rows.place(i);
            let ((first, place), origin) = (ranks[step][list], selection.origin(list, row, slot));
            own.events.push(((rows.times[i], first, origin, place, row as u32), list as u32, 1 << step));
        }
    }
    // `list` differs between selections for the same event: it must not part the entries of one event.
    own.events.sort_unstable_by_key(|(key, _, serves)| (*key, *serves));
    let mut kept = 0;
    for at in 0..own.events.len() {
        let (key, list, serves) = own.events[at];
        if kept > 0 && own.events[kept - 1].0 == key {
            own.events[kept - 1].2 |= serves;
        } else {
            own.events[kept] = (key, list, serves);
            kept += 1;
        }
    }
    own.events.truncate(kept);
}

/// Calls with the instant of each of a person's events, in order, and the steps it may serve as (bit n: step n).
pub(crate) fn events(
    selections: &[Selection<'_>],
    ranks: &Ranks,
    slot: u16,
    own: &mut OrderedScratch,
    mut each: impl FnMut(i64, u32),
) {
    gather(selections, ranks, slot, own);
    own.events.iter().for_each(|((at, ..), _, serves)| each(*at, *serves));
}

/// For one person: the (start, end) of every chain over all steps, each end with its latest start.
pub(crate) fn spans(
    selections: &[Selection<'_>],
    ranks: &Ranks,
    within: i64,
    keeps: impl Fn(i64) -> bool,
    slot: u16,
    own: &mut OrderedScratch,
    mut each: impl FnMut(i64, i64),
) {
    gather(selections, ranks, slot, own);
    let mut starts: [Option<i64>; STEPS] = [None; STEPS];
    let steps = selections.len();
    for ((at, ..), _, serves) in own.events.iter().filter(|((at, ..), ..)| keeps(*at)) {
        for step in (0..steps).rev().filter(|step| serves >> step & 1 == 1) {
            let next = if step == 0 { Some(*at) } else { starts[step - 1].filter(|start| at - start <= within) };
            let Some(start) = next else { continue };
            starts[step] = starts[step].max(Some(start));
            if step + 1 == steps {
                each(start, *at);
            }
        }
    }
}
