//! Parts out of parts, column by column: compaction, and moving people from one number to another.
//!
//! What is taken from where is a list of [`Take`]s. Each event type becomes a list of runs of rows, worked out once; then every column is
//! copied run by run. At most one column and the runs of one type are in memory beside the sink's own.

use crate::bits::{Bits, SLOTS};
use crate::buf::Buf;
use crate::builder::WORD_BYTES_MAX;
use crate::column::{Column, ColumnKind, NO_BOOL, NO_INT, NO_WORD, Words};
use crate::part::{DayPart, Index, IndexView, Part, SPARSE_MAX, TypePart};
use crate::sink::Sink;
use crate::zone_days::Days;
use bytemuck::Pod;
use siyu_kernel::Zone;
use std::collections::{BTreeMap, BTreeSet};

/// Everything of a slot of a source, under a slot of the part that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Take {
    pub to: u16,
    pub source: u32,
    pub slot: u16,
    /// Only rows of the origins in this list of [`Plan::only`]; [`ALL`]: whatever their origin.
    pub only: u32,
}
pub(crate) const ALL: u32 = u32::MAX;

pub(crate) struct Plan<'p> {
    pub bucket: u16,
    /// In order of arrival.
    pub sources: Vec<&'p Part>,
    pub takes: Vec<Take>,
    /// Sorted origins.
    pub only: Vec<Vec<u32>>,
}

/// Neighbouring rows of one source.
#[derive(Clone, Copy)]
struct Run {
    source: u32,
    slot: u16,
    /// The rows stay with the person they are with.
    kept: bool,
    from: u32,
    len: u32,
}

/// One event type in one source.
#[derive(Clone, Copy)]
struct List<'p> {
    part: &'p TypePart,
    index: IndexView<'p>,
    starts: &'p [u32],
    times: &'p [i64],
    origins: &'p [u32],
}

impl<'p> List<'p> {
    fn new(part: &'p TypePart) -> Self {
        Self { part, index: part.index.view(), starts: &part.starts, times: &part.times, origins: &part.origins }
    }
    fn range(&self, slot: u16) -> Option<(u32, u32)> {
        let rank = self.index.rank(slot)?;
        Some((self.starts[rank], self.starts[rank + 1]))
    }
    fn origin(&self, row: u32, person: u32) -> u32 {
        self.origins.get(row as usize).copied().unwrap_or(person)
    }
}

/// Makes the part; `None` when nothing is taken.
pub(crate) fn assemble<S: Sink>(plan: &mut Plan<'_>, zone: &Zone, sink: &mut S) -> Result<Option<Part>, S::Error> {
    plan.takes.sort_unstable();
    let mut types = Vec::new();
    let mut guests = Vec::new();
    // For each source, where its types went.
    let mut places: Vec<Vec<u16>> = plan.sources.iter().map(|part| vec![u16::MAX; part.types.len()]).collect();
    let moves = Moves::new(plan);
    let names: BTreeSet<&str> =
        plan.sources.iter().flat_map(|part| &part.types).map(|own| own.event.as_str()).collect();
    for name in names {
        let lists: Vec<Option<(u16, List<'_>)>> = plan
            .sources
            .iter()
            .map(|part| {
                let at = part.types.binary_search_by(|own| own.event.as_str().cmp(name)).ok()?;
                Some((at as u16, List::new(&part.types[at])))
            })
            .collect();
        let found: Vec<Option<List<'_>>> = lists.iter().map(|list| list.map(|(_, list)| list)).collect();
        if let Some(made) = type_part(plan, name, &found, &moves, zone, &mut guests, sink)? {
            for (source, list) in lists.iter().enumerate() {
                if let Some((at, _)) = list {
                    places[source][usize::from(*at)] = types.len() as u16;
                }
            }
            types.push(made);
        }
    }
    if types.is_empty() {
        return Ok(None);
    }
    let (slots, starts, trail) = Trails::new(plan, &places).all();
    let index = sink.index(Index::new(&slots))?;
    let starts = sink.put(starts)?;
    let trail = sink.put(trail)?;
    guests.sort_unstable();
    guests.dedup();
    let guests = sink.put(guests)?;
    let lists: Vec<Vec<List<'_>>> =
        plan.sources.iter().map(|part| part.types.iter().map(List::new).collect()).collect();
    let days = days_of(plan, &moves, zone, |source| Some(&plan.sources[source].days), |source| &lists[source]);
    let days = sink.days(days)?;
    Ok(Some(Part { bucket: plan.bucket, types, index, starts, trail, guests, days }))
}

fn type_part<S: Sink>(
    plan: &Plan<'_>,
    name: &str,
    lists: &[Option<List<'_>>],
    moves: &Moves,
    zone: &Zone,
    guests: &mut Vec<u64>,
    sink: &mut S,
) -> Result<Option<TypePart>, S::Error> {
    let (mut runs, mut slots, mut starts): (Vec<Run>, Vec<u16>, Vec<u32>) = (Vec::new(), Vec::new(), Vec::new());
    let mut rows = 0u32;
    let mut pieces: Vec<Run> = Vec::new();
    for group in plan.takes.chunk_by(|a, b| a.to == b.to) {
        pieces.clear();
        for take in group {
            let Some(list) = &lists[take.source as usize] else { continue };
            if let Some((from, to)) = list.range(take.slot) {
                add_pieces(plan, take, list, from, to, &mut pieces);
            }
        }
        if pieces.is_empty() {
            continue;
        }
        slots.push(group[0].to);
        starts.push(rows);
        order(plan, lists, &mut pieces);
        for piece in &pieces {
            rows += piece.len;
            match runs.last_mut() {
                Some(last) if joins(last, piece) => last.len += piece.len,
                _ => runs.push(*piece),
            }
        }
    }
    if rows == 0 {
        return Ok(None);
    }
    starts.push(rows);
    let origins = origins(plan, lists, &runs, &slots, &starts);
    if !origins.is_empty() {
        for (at, slot) in slots.iter().enumerate() {
            let person = u32::from(plan.bucket) << 16 | u32::from(*slot);
            let own = &origins[starts[at] as usize..starts[at + 1] as usize];
            guests.extend(
                own.iter()
                    .filter(|origin| **origin != person)
                    .map(|origin| u64::from(*slot) << 32 | u64::from(*origin)),
            );
        }
    }
    let index = sink.index(Index::new(&slots))?;
    let starts = sink.put(starts)?;
    let times = sink.put(copied(&runs, rows, |source| lists[source].map(|list| list.times), 0))?;
    let origins = sink.put(origins)?;
    let mut left_out = lists.iter().flatten().map(|list| list.part.left_out).sum();
    let columns = columns(lists, &runs, rows, &mut left_out, sink)?;
    // A source without the type has no days of it; one whose days were not made is asked for its instants.
    let made = |source: usize| match lists[source] {
        Some(list) => Some(&list.part.days).filter(|days| !days.is_empty()),
        None => None,
    };
    let days = days_of(plan, moves, zone, made, |source| lists[source].as_slice());
    let days = sink.days(days)?;
    Ok(Some(TypePart { event: name.to_owned(), index, starts, times, origins, columns, days, left_out }))
}

/// The rows of a take that pass its filter.
fn add_pieces(plan: &Plan<'_>, take: &Take, list: &List<'_>, from: u32, to: u32, pieces: &mut Vec<Run>) {
    let kept = plan.sources[take.source as usize].bucket == plan.bucket && take.slot == take.to;
    let piece = |from: u32, len: u32| Run { source: take.source, slot: take.slot, kept, from, len };
    if take.only == ALL {
        return pieces.push(piece(from, to - from));
    }
    let only = &plan.only[take.only as usize];
    let person = plan.sources[take.source as usize].person(take.slot);
    let mut began = None;
    for row in from..to {
        let keeps = only.binary_search(&list.origin(row, person)).is_ok();
        match (keeps, began) {
            (true, None) => began = Some(row),
            (false, Some(first)) => {
                pieces.push(piece(first, row - first));
                began = None;
            }
            _ => {}
        }
    }
    if let Some(first) = began {
        pieces.push(piece(first, to - first));
    }
}

/// Puts one person's pieces into the order (instant, origin, source, row), cutting them where they interleave.
fn order(plan: &Plan<'_>, lists: &[Option<List<'_>>], pieces: &mut Vec<Run>) {
    let key = |piece: &Run, row: u32| {
        let person = plan.sources[piece.source as usize].person(piece.slot);
        lists[piece.source as usize].map_or((0, 0), |list| (list.times[row as usize], list.origin(row, person)))
    };
    let in_order = |a: &Run, b: &Run| key(a, a.from + a.len - 1) <= key(b, b.from);
    if pieces.windows(2).all(|pair| in_order(&pair[0], &pair[1])) {
        return;
    }
    let mut rows: Vec<((i64, u32), Run)> = pieces
        .iter()
        .flat_map(|piece| {
            (piece.from..piece.from + piece.len).map(|row| (key(piece, row), Run { from: row, len: 1, ..*piece }))
        })
        .collect();
    // Stable: pieces come by source and row.
    rows.sort_by_key(|(key, _)| *key);
    pieces.clear();
    for (_, row) in rows {
        match pieces.last_mut() {
            Some(last) if last.source == row.source && last.slot == row.slot && last.from + last.len == row.from => {
                last.len += 1;
            }
            _ => pieces.push(row),
        }
    }
}

/// A run may go on over several people who keep their numbers.
fn joins(last: &Run, next: &Run) -> bool {
    last.source == next.source
        && last.from + last.len == next.from
        && (last.slot == next.slot || last.kept && next.kept)
}

/// The origins of the rows of these runs; empty when all are the person they lie under.
fn origins(plan: &Plan<'_>, lists: &[Option<List<'_>>], runs: &[Run], slots: &[u16], starts: &[u32]) -> Vec<u32> {
    let of = |run: &Run| lists[run.source as usize].map(|list| list.origins).filter(|origins| !origins.is_empty());
    if runs.iter().all(|run| run.kept && of(run).is_none()) {
        return Vec::new();
    }
    let person = |at: usize| u32::from(plan.bucket) << 16 | u32::from(slots[at]);
    let mut out: Vec<u32> = Vec::with_capacity(starts[starts.len() - 1] as usize);
    for run in runs {
        let end = out.len() + run.len as usize;
        match of(run) {
            Some(origins) => out.extend_from_slice(&origins[run.from as usize..(run.from + run.len) as usize]),
            None if run.kept => {
                let mut at = starts.partition_point(|start| *start as usize <= out.len()) - 1;
                while out.len() < end {
                    out.resize(end.min(starts[at + 1] as usize), person(at));
                    at += 1;
                }
            }
            None => out.resize(end, plan.sources[run.source as usize].person(run.slot)),
        }
    }
    let own = |at: usize| out[starts[at] as usize..starts[at + 1] as usize].iter().all(|origin| *origin == person(at));
    if (0..slots.len()).all(own) { Vec::new() } else { out }
}

/// The values of the runs; `absent` for each row of a source that has none.
fn copied<'p, T: Pod>(runs: &[Run], rows: u32, of: impl Fn(usize) -> Option<&'p [T]>, absent: T) -> Vec<T> {
    let mut out = Vec::with_capacity(rows as usize);
    for run in runs {
        match of(run.source as usize) {
            Some(values) => out.extend_from_slice(&values[run.from as usize..(run.from + run.len) as usize]),
            None => out.resize(out.len() + run.len as usize, absent),
        }
    }
    out
}

fn columns<S: Sink>(
    lists: &[Option<List<'_>>],
    runs: &[Run],
    rows: u32,
    left_out: &mut u64,
    sink: &mut S,
) -> Result<Vec<(String, Column)>, S::Error> {
    let keys: BTreeSet<(&str, ColumnKind)> = lists
        .iter()
        .flatten()
        .flat_map(|list| &list.part.columns)
        .map(|(name, column)| (name.as_str(), column.kind()))
        .collect();
    let mut columns = Vec::with_capacity(keys.len());
    for (name, kind) in keys {
        let own: Vec<Option<&Column>> =
            lists.iter().map(|list| list.as_ref().and_then(|list| list.part.column(name, kind))).collect();
        if let Some(column) = column(&own, kind, runs, rows, left_out, sink)? {
            columns.push((name.to_owned(), column));
        }
    }
    Ok(columns)
}

/// `None` when no row that is taken has a value.
fn column<S: Sink>(
    own: &[Option<&Column>],
    kind: ColumnKind,
    runs: &[Run],
    rows: u32,
    left_out: &mut u64,
    sink: &mut S,
) -> Result<Option<Column>, S::Error> {
    match kind {
        ColumnKind::Int => {
            let of = |source: usize| if let Some(Column::Int(values)) = own[source] { Some(&values[..]) } else { None };
            let values = copied(runs, rows, of, NO_INT);
            Ok(if values.iter().all(|v| *v == NO_INT) { None } else { Some(Column::Int(sink.put(values)?)) })
        }
        ColumnKind::Float => {
            let of =
                |source: usize| if let Some(Column::Float(values)) = own[source] { Some(&values[..]) } else { None };
            let values = copied(runs, rows, of, f64::NAN);
            Ok(if values.iter().all(|v| v.is_nan()) { None } else { Some(Column::Float(sink.put(values)?)) })
        }
        ColumnKind::Bool => {
            let of =
                |source: usize| if let Some(Column::Bool(values)) = own[source] { Some(&values[..]) } else { None };
            let values = copied(runs, rows, of, NO_BOOL);
            Ok(if values.iter().all(|v| *v == NO_BOOL) { None } else { Some(Column::Bool(sink.put(values)?)) })
        }
        ColumnKind::Text => texts(own, runs, rows, left_out, sink),
        ColumnKind::List => text_lists(own, runs, rows, left_out, sink),
    }
}

fn texts<S: Sink>(
    own: &[Option<&Column>],
    runs: &[Run],
    rows: u32,
    left_out: &mut u64,
    sink: &mut S,
) -> Result<Option<Column>, S::Error> {
    let of = |source: usize| match own[source] {
        Some(Column::Text { codes, words }) => Some((&codes[..], words)),
        _ => None,
    };
    let mut merged = MergedWords::new(own.len(), |source| of(source).map(|(_, words)| words));
    for run in runs {
        if let Some((codes, _)) = of(run.source as usize) {
            merged.uses(run.source as usize, &codes[run.from as usize..(run.from + run.len) as usize]);
        }
    }
    let words = merged.merge();
    if words.is_empty() && merged.lost == 0 {
        return Ok(None);
    }
    let mut out: Vec<u32> = Vec::with_capacity(rows as usize);
    for run in runs {
        match of(run.source as usize) {
            Some((codes, _)) => {
                let to = &merged.sources[run.source as usize].to;
                let own = &codes[run.from as usize..(run.from + run.len) as usize];
                out.extend(own.iter().map(|code| to.get(*code as usize).copied().unwrap_or(NO_WORD)));
            }
            None => out.resize(out.len() + run.len as usize, NO_WORD),
        }
    }
    if merged.lost > 0 {
        let before: usize = runs
            .iter()
            .filter_map(|run| Some(&of(run.source as usize)?.0[run.from as usize..(run.from + run.len) as usize]))
            .map(|codes| codes.iter().filter(|code| **code != NO_WORD).count())
            .sum();
        *left_out += (before - out.iter().filter(|code| **code != NO_WORD).count()) as u64;
    }
    Ok(Some(Column::Text { codes: sink.put(out)?, words: sink.words(words)? }))
}

fn text_lists<S: Sink>(
    own: &[Option<&Column>],
    runs: &[Run],
    rows: u32,
    left_out: &mut u64,
    sink: &mut S,
) -> Result<Option<Column>, S::Error> {
    let of = |source: usize| match own[source] {
        Some(Column::List { starts, codes, words }) => Some((&starts[..], &codes[..], words)),
        _ => None,
    };
    let items = |run: &Run| {
        let (starts, codes, _) = of(run.source as usize)?;
        let (from, to) = (starts[run.from as usize], starts[(run.from + run.len) as usize]);
        Some((starts, &codes[from as usize..to as usize]))
    };
    let mut merged = MergedWords::new(own.len(), |source| of(source).map(|(_, _, words)| words));
    for run in runs {
        if let Some((_, codes)) = items(run) {
            merged.uses(run.source as usize, codes);
        }
    }
    let words = merged.merge();
    if words.is_empty() && merged.lost == 0 {
        return Ok(None);
    }
    let (mut starts, mut out): (Vec<u32>, Vec<u32>) = (Vec::with_capacity(rows as usize + 1), Vec::new());
    starts.push(0);
    for run in runs {
        let Some((own, codes)) = items(run) else {
            starts.resize(starts.len() + run.len as usize, out.len() as u32);
            continue;
        };
        let to = &merged.sources[run.source as usize].to;
        let first = own[run.from as usize];
        for row in run.from..run.from + run.len {
            let (from, end) = (own[row as usize] - first, own[row as usize + 1] - first);
            // Codes rise with the words in every dictionary: a list stays in order.
            let list = codes[from as usize..end as usize].iter();
            let kept = out.len() as u64 + u64::from(end - from);
            out.extend(list.map(|code| to.get(*code as usize).copied().unwrap_or(NO_WORD)).filter(|c| *c != NO_WORD));
            *left_out += kept - out.len() as u64;
            starts.push(out.len() as u32);
        }
    }
    Ok(Some(Column::List { starts: sink.put(starts)?, codes: sink.put(out)?, words: sink.words(words)? }))
}

/// One dictionary out of several, of the words that are used.
struct MergedWords<'p> {
    sources: Vec<SourceWords<'p>>,
    /// Words that had no room.
    lost: usize,
    bytes_max: usize,
}

#[derive(Default)]
struct SourceWords<'p> {
    words: Option<&'p Words>,
    used: Vec<u64>,
    /// The new code of each.
    to: Vec<u32>,
}

impl<'p> MergedWords<'p> {
    fn new(sources: usize, of: impl Fn(usize) -> Option<&'p Words>) -> Self {
        let source = |at: usize| {
            let words = of(at);
            let n = words.map_or(0, Words::len);
            SourceWords { words, used: vec![0; n.div_ceil(64)], to: vec![NO_WORD; n] }
        };
        Self { sources: (0..sources).map(source).collect(), lost: 0, bytes_max: WORD_BYTES_MAX }
    }
    fn uses(&mut self, source: usize, codes: &[u32]) {
        let used = &mut self.sources[source].used;
        for code in codes.iter().filter(|code| **code != NO_WORD) {
            if let Some(word) = used.get_mut(*code as usize / 64) {
                *word |= 1 << (code % 64);
            }
        }
    }
    fn merge(&mut self) -> Words {
        let mut chosen: Vec<(u32, u32)> = Vec::new();
        let mut cursors: Vec<u32> = self.sources.iter().map(|own| own.next_used(0)).collect();
        let (mut n, mut bytes, mut full) = (0u32, 0usize, false);
        loop {
            let mut least: Option<(&str, usize)> = None;
            for (source, cursor) in cursors.iter().enumerate() {
                let Some(word) = self.sources[source].word(*cursor) else { continue };
                if least.is_none_or(|(best, _)| word.as_bytes() < best.as_bytes()) {
                    least = Some((word, source));
                }
            }
            let Some((word, first)) = least else { break };
            full |= word.len() > self.bytes_max - bytes;
            if full {
                self.lost += 1;
            } else {
                bytes += word.len();
                chosen.push((first as u32, cursors[first]));
            }
            for (own, cursor) in self.sources.iter_mut().zip(&mut cursors) {
                if own.word(*cursor) == Some(word) {
                    if !full {
                        own.to[*cursor as usize] = n;
                    }
                    *cursor = own.next_used(*cursor + 1);
                }
            }
            n += u32::from(!full);
        }
        let word = |(source, code): &(u32, u32)| self.sources[*source as usize].word(*code).unwrap_or_default();
        Words::new(chosen.iter().map(word))
    }
}

impl<'p> SourceWords<'p> {
    fn word(&self, code: u32) -> Option<&'p str> {
        self.words.filter(|words| (code as usize) < words.len()).map(|words| words.get(code))
    }
    fn next_used(&self, from: u32) -> u32 {
        let mut at = from as usize / 64;
        let Some(mut left) = self.used.get(at).map(|word| word & (u64::MAX << (from % 64))) else { return u32::MAX };
        loop {
            if left != 0 {
                return at as u32 * 64 + left.trailing_zeros();
            }
            at += 1;
            match self.used.get(at) {
                Some(word) => left = *word,
                None => return u32::MAX,
            }
        }
    }
}

/// The trails of everybody who is taken.
struct Trails<'a, 'p> {
    plan: &'a Plan<'p>,
    /// For each source and type of it, the type's place in the new part.
    places: &'a [Vec<u16>],
    sources: Vec<SourceTrail<'p>>,
}

struct SourceTrail<'p> {
    part: &'p Part,
    index: IndexView<'p>,
    starts: &'p [u32],
    trail: &'p [u16],
    lists: Vec<List<'p>>,
    /// The next row of each type while one person's trail is followed.
    next: Vec<u32>,
}

impl<'p> SourceTrail<'p> {
    fn of(&self, slot: u16) -> Option<&'p [u16]> {
        let rank = self.index.rank(slot)?;
        Some(&self.trail[self.starts[rank] as usize..self.starts[rank + 1] as usize])
    }
    /// The (instant, origin) of the first and the last event of a slot.
    fn ends(&self, slot: u16, trail: &[u16]) -> Option<[(i64, u32); 2]> {
        let (first, last) = (self.lists[usize::from(*trail.first()?)], self.lists[usize::from(*trail.last()?)]);
        let (from, to) = (first.range(slot)?.0, last.range(slot)?.1 - 1);
        let person = self.part.person(slot);
        Some([
            (first.times[from as usize], first.origin(from, person)),
            (last.times[to as usize], last.origin(to, person)),
        ])
    }
}

impl<'a, 'p> Trails<'a, 'p> {
    fn new(plan: &'a Plan<'p>, places: &'a [Vec<u16>]) -> Self {
        let source = |part: &&'p Part| SourceTrail {
            part,
            index: part.index.view(),
            starts: &part.starts,
            trail: &part.trail,
            lists: part.types.iter().map(List::new).collect(),
            next: vec![u32::MAX; part.types.len()],
        };
        Self { plan, places, sources: plan.sources.iter().map(source).collect() }
    }
    fn all(mut self) -> (Vec<u16>, Vec<u32>, Vec<u16>) {
        let (mut slots, mut starts, mut out) = (Vec::new(), Vec::new(), Vec::new());
        let plan = self.plan;
        for group in plan.takes.chunk_by(|a, b| a.to == b.to) {
            let from = out.len();
            if !self.whole(group, &mut out) {
                out.truncate(from);
                self.mixed(group, &mut out);
            }
            if out.len() > from {
                slots.push(group[0].to);
                starts.push(from as u32);
            }
        }
        starts.push(out.len() as u32);
        (slots, starts, out)
    }
    /// Copies trails that follow each other; false when they do not.
    fn whole(&self, group: &[Take], out: &mut Vec<u16>) -> bool {
        let mut before: Option<(i64, u32)> = None;
        for take in group {
            let source = &self.sources[take.source as usize];
            let Some(trail) = source.of(take.slot) else { continue };
            if take.only != ALL {
                return false;
            }
            if group.len() > 1 {
                let Some([first, last]) = source.ends(take.slot, trail) else { return false };
                if before.is_some_and(|before| before > first) {
                    return false;
                }
                before = Some(last);
            }
            let places = &self.places[take.source as usize];
            out.extend(trail.iter().map(|own| places[usize::from(*own)]));
        }
        true
    }
    fn mixed(&mut self, group: &[Take], out: &mut Vec<u16>) {
        let mut events: Vec<(i64, u32, u16)> = Vec::new();
        for take in group {
            let source = &mut self.sources[take.source as usize];
            let Some(trail) = source.of(take.slot) else { continue };
            let person = source.part.person(take.slot);
            let only = self.plan.only.get(take.only as usize);
            for own in trail {
                let own = usize::from(*own);
                let list = source.lists[own];
                if source.next[own] == u32::MAX {
                    source.next[own] = list.range(take.slot).map_or(0, |range| range.0);
                }
                let row = source.next[own];
                source.next[own] += 1;
                let origin = list.origin(row, person);
                if only.is_none_or(|only| only.binary_search(&origin).is_ok()) {
                    events.push((list.times[row as usize], origin, self.places[take.source as usize][own]));
                }
            }
            trail.iter().for_each(|own| source.next[usize::from(*own)] = u32::MAX);
        }
        // Stable: takes come by source.
        events.sort_by_key(|(at, origin, _)| (*at, *origin));
        out.extend(events.iter().map(|(_, _, place)| *place));
    }
}

/// Slots of a day.
enum DaySlots {
    /// Those of one source, as they are.
    Whole(Index),
    Few(Vec<u16>),
    Many(Bits),
}

impl Default for DaySlots {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl DaySlots {
    fn add(&mut self, slot: u16) {
        match self {
            Self::Many(bits) => bits.insert(slot),
            Self::Few(slots) => {
                slots.push(slot);
                if slots.len() > 4 * SPARSE_MAX {
                    *self = Self::Many(slots.iter().copied().collect());
                }
            }
            Self::Whole(index) => {
                let mut bits = Bits::empty();
                index.view().add_to(&mut bits);
                bits.insert(slot);
                *self = Self::Many(bits);
            }
        }
    }
    fn index(self) -> Index {
        match self {
            Self::Whole(index) => index,
            Self::Few(mut slots) => {
                slots.sort_unstable();
                slots.dedup();
                Index::set(&slots)
            }
            Self::Many(bits) => Index::set(&bits.iter().collect::<Vec<_>>()),
        }
    }
}

/// For each source, where its slots go whole.
struct Moves {
    to: Vec<To>,
    /// Every slot of the source stays where it is.
    stays: Vec<bool>,
}
const NOWHERE: u32 = u32::MAX;
/// So many slots are looked for in each day; of more, each day is gone through.
const FEW_MAX: usize = 64;

/// Where slots of one source go.
enum To {
    /// (slot, where to).
    Few(Vec<(u16, u16)>),
    /// By slot; [`NOWHERE`].
    Many(Vec<u32>),
}

impl To {
    /// Calls for each slot of a day that goes somewhere.
    fn each(&self, day: &DayPart, mut call: impl FnMut(u16)) {
        let slots = day.slots.view();
        match self {
            Self::Few(few) => few.iter().filter(|(slot, _)| slots.contains(*slot)).for_each(|(_, to)| call(*to)),
            Self::Many(many) => slots.each(|slot| {
                if many[usize::from(slot)] != NOWHERE {
                    call(many[usize::from(slot)] as u16);
                }
            }),
        }
    }
}

impl Moves {
    fn new(plan: &Plan<'_>) -> Self {
        let mut pairs: Vec<Vec<(u16, u16)>> = vec![Vec::new(); plan.sources.len()];
        let mut kept = vec![0usize; plan.sources.len()];
        for take in plan.takes.iter().filter(|take| take.only == ALL) {
            pairs[take.source as usize].push((take.slot, take.to));
            kept[take.source as usize] += usize::from(take.slot == take.to);
        }
        let slots = |part: &Part| part.starts.len() - 1;
        let stays = plan.sources.iter().zip(kept).map(|(part, kept)| kept == slots(part)).collect();
        let to = |pairs: Vec<(u16, u16)>| {
            if pairs.len() <= FEW_MAX {
                return To::Few(pairs);
            }
            let mut many = vec![NOWHERE; SLOTS];
            pairs.iter().for_each(|(slot, to)| many[usize::from(*slot)] = u32::from(*to));
            To::Many(many)
        };
        Self { to: pairs.into_iter().map(to).collect(), stays }
    }
}

/// Who is active on which day, out of the days of the sources; where those were not made, or only a part of somebody's rows is taken, out of
/// the instants of `lists`.
fn days_of<'p>(
    plan: &Plan<'_>,
    moves: &Moves,
    zone: &Zone,
    days: impl Fn(usize) -> Option<&'p Vec<DayPart>>,
    lists: impl Fn(usize) -> &'p [List<'p>],
) -> Vec<DayPart> {
    let mut all: BTreeMap<i32, DaySlots> = BTreeMap::new();
    let mut clock = Days::new(zone);
    for (source, part) in plan.sources.iter().enumerate() {
        let to = &moves.to[source];
        let made = days(source);
        for day in made.into_iter().flatten() {
            if moves.stays[source] && !all.contains_key(&day.day) {
                all.insert(day.day, DaySlots::Whole(day.slots.clone()));
                continue;
            }
            to.each(day, |slot| all.entry(day.day).or_default().add(slot));
        }
        let own = plan.takes.iter().filter(|take| take.source as usize == source);
        for take in own.filter(|take| take.only != ALL || made.is_none()) {
            let (only, person) = (plan.only.get(take.only as usize), part.person(take.slot));
            for list in lists(source) {
                let Some((from, end)) = list.range(take.slot) else { continue };
                for row in from..end {
                    if only.is_none_or(|only| only.binary_search(&list.origin(row, person)).is_ok()) {
                        all.entry(clock.day(list.times[row as usize])).or_default().add(take.to);
                    }
                }
            }
        }
    }
    let day = |(day, slots): (i32, DaySlots)| DayPart { day, slots: slots.index() };
    all.into_iter().map(day).filter(|day| !day.slots.is_empty()).collect()
}

/// Every slot of these parts that is not hidden, as it is.
pub(crate) fn takes_of<'a>(parts: impl Iterator<Item = (&'a Part, Option<&'a Bits>)>) -> Vec<Take> {
    let mut takes = Vec::new();
    for (source, (part, hidden)) in parts.enumerate() {
        part.index.view().each(|slot| {
            if !hidden.is_some_and(|hidden| hidden.contains(slot)) {
                takes.push(Take { to: slot, source: source as u32, slot, only: ALL });
            }
        });
    }
    takes
}

impl Buf<u64> {
    /// Of a part's `guests`, the origins under a slot.
    pub(crate) fn guests_of(&self, slot: u16) -> impl Iterator<Item = u32> + '_ {
        let from = self.partition_point(|guest| *guest < u64::from(slot) << 32);
        self[from..].iter().take_while(move |guest| (**guest >> 32) as u16 == slot).map(|guest| *guest as u32)
    }
}
