//! From events in order of arrival to parts.

use crate::buf::Buf;
use crate::column::{Column, ColumnKind, NO_BOOL, NO_INT, NO_WORD, Words};
use crate::facts::Facts;
use crate::part::{DayPart, Index, Part, TypePart};
use crate::value::Fact;
use crate::zone_days::Days;
use rustc_hash::FxHashMap;
use siyu_kernel::Zone;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of distinct texts that one column of one part may hold; texts beyond, in byte order, are absent and counted.
pub const WORD_BYTES_MAX: usize = 1 << 30;

/// Sorts facts of any number of buckets into one part each, by rising bucket. The order of `facts` is the order of arrival.
pub fn build(facts: &[Fact], zone: &Zone) -> Vec<Part> {
    let mut all = Facts::default();
    facts.iter().for_each(|fact| all.push(fact));
    build_parts(&all, zone, 1)
}

/// The same from columns, on this many threads.
pub fn build_parts(facts: &Facts, zone: &Zone, threads: usize) -> Vec<Part> {
    let mut buckets: FxHashMap<u16, Vec<u32>> = FxHashMap::default();
    for (at, row) in facts.rows.iter().enumerate() {
        buckets.entry((row.person >> 16) as u16).or_default().push(at as u32);
    }
    let buckets: Vec<(u16, Vec<u32>)> = buckets.into_iter().collect();
    let shared = Shared::new(facts);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(buckets.len())));
    let work = || {
        let mut scratch = Scratch::new(facts, zone);
        while let Some((bucket, rows)) = buckets.get(next.fetch_add(1, Ordering::Relaxed)) {
            let part = part(*bucket, rows, facts, &shared, &mut scratch);
            done.lock().unwrap_or_else(|broken| broken.into_inner()).push(part);
        }
    };
    let threads = threads.clamp(1, buckets.len().max(1));
    std::thread::scope(|scope| {
        (1..threads).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    let mut parts = done.into_inner().unwrap_or_else(|broken| broken.into_inner());
    parts.sort_unstable_by_key(|part| part.bucket);
    parts
}

/// What all buckets of a batch share: its names and texts in order.
struct Shared {
    event_ranks: Vec<u32>,
    key_ranks: Vec<u32>,
    /// For each key, of its words: the rank of each, and the words by rank.
    words: Vec<(Vec<u32>, Vec<u32>)>,
}

impl Shared {
    fn new(facts: &Facts) -> Self {
        let mut keys: Vec<u32> = (0..facts.keys.len() as u32).collect();
        keys.sort_unstable_by_key(|key| {
            let key = &facts.keys[*key as usize];
            (&key.name, key.kind)
        });
        let mut key_ranks = vec![0; keys.len()];
        for (rank, key) in keys.iter().enumerate() {
            key_ranks[*key as usize] = rank as u32;
        }
        let words = facts.keys.iter().map(|key| key.words.ranks()).collect();
        Self { event_ranks: facts.events.ranks().0, key_ranks, words }
    }
}

/// A thread's own memory, cleared by whoever used it.
struct Scratch<'z> {
    days: Days<'z>,
    /// For each event type of the batch, its place in the part that is being made.
    place: Vec<u16>,
    /// For each key of the batch, its place among the columns that are being made.
    column: Vec<u32>,
    order: Vec<(u16, i64, u32, u32)>,
}

const NOWHERE: u32 = u32::MAX;

impl<'z> Scratch<'z> {
    fn new(facts: &Facts, zone: &'z Zone) -> Self {
        Self {
            days: Days::new(zone),
            place: vec![u16::MAX; facts.events.len()],
            column: vec![NOWHERE; facts.keys.len()],
            order: Vec::new(),
        }
    }
}

fn part(bucket: u16, rows: &[u32], facts: &Facts, shared: &Shared, scratch: &mut Scratch<'_>) -> Part {
    let mut order = std::mem::take(&mut scratch.order);
    order.clear();
    order.extend(rows.iter().map(|at| {
        let row = &facts.rows[*at as usize];
        (row.person as u16, row.at, row.origin, *at)
    }));
    order.sort_unstable();

    let mut events: Vec<u32> = Vec::new();
    for (_, _, _, at) in &order {
        let event = facts.rows[*at as usize].event;
        if scratch.place[event as usize] == u16::MAX {
            scratch.place[event as usize] = 0;
            events.push(event);
        }
    }
    events.sort_unstable_by_key(|event| shared.event_ranks[*event as usize]);
    for (place, event) in events.iter().enumerate() {
        scratch.place[*event as usize] = place as u16;
    }

    let mut by_type: Vec<Vec<(u16, u32)>> = vec![Vec::new(); events.len()];
    let mut trail = Vec::with_capacity(order.len());
    let mut days = DaysMaking::default();
    let mut days_by_type: Vec<DaysMaking> = (0..events.len()).map(|_| DaysMaking::default()).collect();
    let mut guests = Vec::new();
    for (slot, at, origin, row) in &order {
        let place = scratch.place[facts.rows[*row as usize].event as usize];
        by_type[usize::from(place)].push((*slot, *row));
        trail.push(place);
        let day = scratch.days.day(*at);
        days.push(day, *slot);
        days_by_type[usize::from(place)].push(day, *slot);
        if *origin != u32::from(bucket) << 16 | u32::from(*slot) {
            guests.push(u64::from(*slot) << 32 | u64::from(*origin));
        }
    }
    guests.sort_unstable();
    guests.dedup();
    let types = events
        .iter()
        .zip(&by_type)
        .zip(days_by_type)
        .map(|((event, rows), days)| type_part(*event, rows, days.finish(), facts, shared, scratch))
        .collect();
    let (index, starts) = index_of(order.iter().map(|(slot, ..)| *slot));
    events.iter().for_each(|event| scratch.place[*event as usize] = u16::MAX);
    scratch.order = order;
    Part { bucket, types, index, starts, trail: trail.into(), guests: guests.into(), days: days.finish() }
}

/// Slots by day, each pushed in rising order.
#[derive(Default)]
struct DaysMaking {
    days: FxHashMap<i32, Vec<u16>>,
}

impl DaysMaking {
    fn push(&mut self, day: i32, slot: u16) {
        let slots = self.days.entry(day).or_default();
        if slots.last() != Some(&slot) {
            slots.push(slot);
        }
    }
    fn finish(self) -> Vec<DayPart> {
        let day = |(day, slots): (i32, Vec<u16>)| DayPart { day, slots: Index::set(&slots) };
        let mut days: Vec<DayPart> = self.days.into_iter().map(day).collect();
        days.sort_unstable_by_key(|day| day.day);
        days
    }
}

fn type_part(
    event: u32,
    rows: &[(u16, u32)],
    days: Vec<DayPart>,
    facts: &Facts,
    shared: &Shared,
    scratch: &mut Scratch<'_>,
) -> TypePart {
    let (index, starts) = index_of(rows.iter().map(|(slot, _)| *slot));
    let moved = rows.iter().map(|(_, at)| &facts.rows[*at as usize]).any(|row| row.origin != row.person);
    let of = |at: u32| &facts.rows[at as usize];
    let (columns, left_out) = columns(rows, facts, shared, scratch);
    TypePart {
        event: facts.events.get(event).to_owned(),
        index,
        starts,
        times: rows.iter().map(|(_, at)| of(*at).at).collect::<Vec<_>>().into(),
        origins: if moved {
            rows.iter().map(|(_, at)| of(*at).origin).collect::<Vec<_>>().into()
        } else {
            Buf::default()
        },
        columns,
        days,
        left_out,
    }
}

fn cells(facts: &Facts, at: u32) -> &[(u32, u64)] {
    let at = at as usize;
    let from = if at == 0 { 0 } else { facts.ends[at - 1] as usize };
    &facts.cells[from..facts.ends[at] as usize]
}

/// A column while rows are put into it; texts and lists still as numbers of the batch.
enum Raw {
    Int(Vec<i64>),
    Float(Vec<f64>),
    Bool(Vec<u8>),
    Text(Vec<u32>),
    List(Vec<u32>),
}

impl Raw {
    fn new(kind: ColumnKind, rows: usize) -> Self {
        match kind {
            ColumnKind::Int => Self::Int(vec![NO_INT; rows]),
            ColumnKind::Float => Self::Float(vec![f64::NAN; rows]),
            ColumnKind::Bool => Self::Bool(vec![NO_BOOL; rows]),
            ColumnKind::Text => Self::Text(vec![NO_WORD; rows]),
            ColumnKind::List => Self::List(vec![NO_WORD; rows]),
        }
    }
    #[inline]
    fn set(&mut self, row: usize, value: u64) {
        match self {
            Self::Int(values) => values[row] = value as i64,
            Self::Float(values) => values[row] = f64::from_bits(value),
            Self::Bool(values) => values[row] = value as u8,
            Self::Text(values) | Self::List(values) => values[row] = value as u32,
        }
    }
}

fn columns(
    rows: &[(u16, u32)],
    facts: &Facts,
    shared: &Shared,
    scratch: &mut Scratch<'_>,
) -> (Vec<(String, Column)>, u64) {
    let mut keys: Vec<u32> = Vec::new();
    let mut raw: Vec<Raw> = Vec::new();
    for (row, (_, at)) in rows.iter().enumerate() {
        for (key, value) in cells(facts, *at) {
            let mut place = scratch.column[*key as usize];
            if place == NOWHERE {
                place = raw.len() as u32;
                scratch.column[*key as usize] = place;
                keys.push(*key);
                raw.push(Raw::new(facts.keys[*key as usize].kind, rows.len()));
            }
            raw[place as usize].set(row, *value);
        }
    }
    let mut left_out = 0;
    let mut made: Vec<(u32, Column)> = keys
        .into_iter()
        .zip(raw)
        .map(|(key, raw)| {
            scratch.column[key as usize] = NOWHERE;
            let words = WordsOf { facts, key, shared };
            let column = match raw {
                Raw::Int(values) => Column::Int(values.into()),
                Raw::Float(values) => Column::Float(values.into()),
                Raw::Bool(values) => Column::Bool(values.into()),
                Raw::Text(mut values) => {
                    let (words, lost) = words.code(&mut values);
                    left_out += lost;
                    Column::Text { codes: values.into(), words }
                }
                Raw::List(lists) => {
                    let (column, lost) = words.lists(&lists);
                    left_out += lost;
                    column
                }
            };
            (key, column)
        })
        .collect();
    made.sort_unstable_by_key(|(key, _)| shared.key_ranks[*key as usize]);
    let named = |(key, column): (u32, Column)| (facts.keys[key as usize].name.to_string(), column);
    (made.into_iter().map(named).collect(), left_out)
}

/// The words of one key of the batch.
struct WordsOf<'f> {
    facts: &'f Facts,
    key: u32,
    shared: &'f Shared,
}

impl WordsOf<'_> {
    /// Turns the batch's numbers of words into codes of a dictionary that holds just those.
    fn code(&self, values: &mut [u32]) -> (Words, u64) {
        let (ranks, by_rank) = &self.shared.words[self.key as usize];
        let interner = &self.facts.keys[self.key as usize].words;
        let mut used = vec![0u64; by_rank.len().div_ceil(64)];
        let few = used.len() > 4 * values.len();
        let mut distinct: Vec<u32> = Vec::new();
        if few {
            // Looking through a bit for each word of the batch would cost more than sorting these.
            distinct = values.iter().filter(|id| **id != NO_WORD).map(|id| ranks[*id as usize]).collect();
            distinct.sort_unstable();
            distinct.dedup();
        } else {
            for id in values.iter().filter(|id| **id != NO_WORD) {
                let rank = ranks[*id as usize];
                used[rank as usize / 64] |= 1 << (rank % 64);
            }
            for (at, word) in used.iter().enumerate() {
                let mut left = *word;
                while left != 0 {
                    distinct.push(at as u32 * 64 + left.trailing_zeros());
                    left &= left - 1;
                }
            }
        }
        let words = Words::bounded(distinct.iter().map(|rank| interner.get(by_rank[*rank as usize])), WORD_BYTES_MAX);
        let kept = words.len() as u32;
        let mut before: Vec<u32> = Vec::new();
        if !few {
            let mut sum = 0;
            before.extend(used.iter().map(|word| {
                let own = sum;
                sum += word.count_ones();
                own
            }));
        }
        let mut lost = 0;
        for value in values.iter_mut().filter(|value| **value != NO_WORD) {
            let rank = ranks[*value as usize];
            let code = if few {
                distinct.partition_point(|own| *own < rank) as u32
            } else {
                let (at, bit) = (rank as usize / 64, rank % 64);
                before[at] + (used[at] & ((1 << bit) - 1)).count_ones()
            };
            *value = if code < kept {
                code
            } else {
                lost += 1;
                NO_WORD
            };
        }
        (words, lost)
    }
    fn lists(&self, lists: &[u32]) -> (Column, u64) {
        let mut codes = Vec::new();
        let mut ends = Vec::with_capacity(lists.len());
        for list in lists {
            if *list != NO_WORD {
                codes.extend_from_slice(self.facts.items_of(u64::from(*list)));
            }
            ends.push(codes.len());
        }
        let (words, lost) = self.code(&mut codes);
        let (mut starts, mut kept) = (Vec::with_capacity(lists.len() + 1), Vec::with_capacity(codes.len()));
        starts.push(0u32);
        let mut from = 0;
        for end in ends {
            let own = &mut codes[from..end];
            from = end;
            own.sort_unstable();
            let first = kept.len();
            for code in own.iter().filter(|code| **code != NO_WORD) {
                if kept.len() == first || kept.last() != Some(code) {
                    kept.push(*code);
                }
            }
            starts.push(kept.len() as u32);
        }
        (Column::List { starts: starts.into(), codes: kept.into(), words }, lost)
    }
}

/// The distinct slots of a rising run, and where each begins.
pub(crate) fn index_of(slots: impl Iterator<Item = u16>) -> (Index, Buf<u32>) {
    let (mut distinct, mut starts): (Vec<u16>, Vec<u32>) = (Vec::new(), Vec::new());
    let mut rows = 0;
    for slot in slots {
        if distinct.last() != Some(&slot) {
            distinct.push(slot);
            starts.push(rows);
        }
        rows += 1;
    }
    starts.push(rows);
    (Index::new(&distinct), starts.into())
}
