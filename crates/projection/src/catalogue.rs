//! Which events there are, what they say, and how often.

use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use siyu_behaviour::{Bits, Column, ColumnKind, Held, NO_INT, NO_WORD, Part, Snapshot, TypePart};
use siyu_kernel::Time;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Most frequent texts of a property that are named.
const VALUES_MAX: usize = 50;
/// Texts of one part that are counted on: of properties with more distinct texts than this, the frequencies of rare ones are too low.
const WORDS_MAX: usize = 2_000;

#[derive(Clone, Debug)]
pub struct Catalogue {
    /// By falling count.
    pub events: Vec<EventInfo>,
    pub as_of: Time,
}

#[derive(Clone, Debug)]
pub struct EventInfo {
    pub name: String,
    pub people: u64,
    pub count: u64,
    pub first_at: Time,
    pub last_at: Time,
    /// By name.
    pub properties: Vec<PropertyInfo>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyInfo {
    pub name: String,
    pub kinds: Vec<ColumnKind>,
    /// Events that have it.
    pub count: u64,
    /// Most frequent first, at most 50.
    pub values: Vec<(String, u64)>,
}

/// What one part says; parts do not change, so it is worked out once for each.
#[derive(Default)]
struct PartFigures {
    types: Vec<TypeFigures>,
}

struct TypeFigures {
    name: String,
    people: Bits,
    count: u64,
    first: i64,
    last: i64,
    properties: Vec<ColumnFigures>,
}

struct ColumnFigures {
    name: String,
    kind: ColumnKind,
    count: u64,
    values: Vec<(String, u64)>,
}

/// A part as it is seen: the part, and whom it hides, by their places in memory.
type Seen = (usize, usize);
/// Keeps no part alive; while these are there, no other part can come to lie at its place.
type Places = (Weak<Part>, Option<Weak<Bits>>);

#[derive(Default)]
pub(crate) struct Figures(Mutex<FxHashMap<Seen, (Places, Arc<PartFigures>)>>);

impl Figures {
    pub fn catalogue(&self, snapshot: &Snapshot, as_of: Time) -> Catalogue {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fresh: FxHashMap<Seen, (Places, Arc<PartFigures>)> = FxHashMap::default();
        let mut all: BTreeMap<String, Total> = BTreeMap::new();
        for view in snapshot.views.iter() {
            for held in &view.parts {
                let hidden = held.hidden.as_ref().map_or(0, |bits| Arc::as_ptr(bits) as usize);
                let seen = (Arc::as_ptr(&held.part) as usize, hidden);
                let (places, figures) = known.remove(&seen).unwrap_or_else(|| {
                    let places = (Arc::downgrade(&held.part), held.hidden.as_ref().map(Arc::downgrade));
                    (places, Arc::new(PartFigures::of(held)))
                });
                for own in &figures.types {
                    all.entry(own.name.clone()).or_default().add(own, view.bucket);
                }
                fresh.insert(seen, (places, figures));
            }
        }
        *known = fresh;
        let mut events: Vec<EventInfo> = all.into_iter().map(|(name, total)| total.info(name)).collect();
        events.sort_by_key(|event| std::cmp::Reverse(event.count));
        Catalogue { events, as_of }
    }
}

#[derive(Default)]
struct Total {
    people: RoaringBitmap,
    count: u64,
    first: Option<i64>,
    last: Option<i64>,
    properties: BTreeMap<String, PropertyTotal>,
}

#[derive(Default)]
struct PropertyTotal {
    kinds: Vec<ColumnKind>,
    count: u64,
    words: FxHashMap<String, u64>,
}

impl Total {
    fn add(&mut self, own: &TypeFigures, bucket: u16) {
        self.people |= own.people.to_people(bucket);
        self.count += own.count;
        self.first = Some(self.first.map_or(own.first, |first| first.min(own.first)));
        self.last = Some(self.last.map_or(own.last, |last| last.max(own.last)));
        for column in &own.properties {
            let total = self.properties.entry(column.name.clone()).or_default();
            if !total.kinds.contains(&column.kind) {
                total.kinds.push(column.kind);
            }
            total.count += column.count;
            for (word, n) in &column.values {
                match total.words.get_mut(word) {
                    Some(all) => *all += n,
                    None => drop(total.words.insert(word.clone(), *n)),
                }
            }
        }
    }
    fn info(self, name: String) -> EventInfo {
        let property = |(name, mut total): (String, PropertyTotal)| {
            total.kinds.sort_unstable();
            let mut values: Vec<(String, u64)> = total.words.into_iter().collect();
            values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            values.truncate(VALUES_MAX);
            PropertyInfo { name, kinds: total.kinds, count: total.count, values }
        };
        EventInfo {
            name,
            people: self.people.len(),
            count: self.count,
            first_at: Time(self.first.unwrap_or_default()),
            last_at: Time(self.last.unwrap_or_default()),
            properties: self.properties.into_iter().map(property).collect(),
        }
    }
}

impl PartFigures {
    fn of(held: &Held) -> Self {
        let types = held.part.types.iter().filter_map(|own| TypeFigures::of(own, held.hidden.as_deref()));
        Self { types: types.collect() }
    }
}

impl TypeFigures {
    /// `None` when everybody is hidden.
    fn of(own: &TypePart, hidden: Option<&Bits>) -> Option<Self> {
        let mut people = Bits::empty();
        own.index.view().add_to(&mut people);
        let mut rows: Vec<Range<usize>> = Vec::new();
        match hidden {
            None => rows.push(0..own.rows()),
            Some(hidden) => {
                people.and_not(hidden);
                for slot in people.iter() {
                    let Some(rank) = own.index.view().rank(slot) else { continue };
                    rows.push(own.starts[rank] as usize..own.starts[rank + 1] as usize);
                }
            }
        }
        let count: usize = rows.iter().map(Range::len).sum();
        let times = || rows.iter().flat_map(|range| &own.times[range.clone()]).copied();
        Some(Self {
            name: own.event.clone(),
            people,
            count: count as u64,
            first: times().min()?,
            last: times().max()?,
            properties: own
                .columns
                .iter()
                .map(|(name, column)| {
                    let (count, values) = column_figures(column, &rows);
                    ColumnFigures { name: name.clone(), kind: column.kind(), count, values }
                })
                .filter(|column| column.count > 0)
                .collect(),
        })
    }
}

fn column_figures(column: &Column, rows: &[Range<usize>]) -> (u64, Vec<(String, u64)>) {
    let all = || rows.iter().flat_map(Range::clone);
    let words = |counts: Vec<u32>, word: &dyn Fn(u32) -> String| {
        let mut used: Vec<(u32, u32)> =
            (0u32..).zip(counts).filter(|(_, n)| *n > 0).map(|(code, n)| (n, code)).collect();
        if used.len() > WORDS_MAX {
            used.select_nth_unstable_by(WORDS_MAX, |a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            used.truncate(WORDS_MAX);
        }
        used.into_iter().map(|(n, code)| (word(code), u64::from(n))).collect()
    };
    match column {
        Column::Int(values) => (all().filter(|row| values[*row] != NO_INT).count() as u64, Vec::new()),
        Column::Float(values) => (all().filter(|row| !values[*row].is_nan()).count() as u64, Vec::new()),
        Column::Bool(values) => (all().filter(|row| values[*row] < 2).count() as u64, Vec::new()),
        Column::Text { codes, words: own } => {
            let mut counts = vec![0u32; own.len()];
            let mut present = 0;
            for row in all() {
                let code = codes[row];
                if code != NO_WORD {
                    present += 1;
                    counts[code as usize] += 1;
                }
            }
            (present, words(counts, &|code| own.get(code).to_owned()))
        }
        Column::List { starts, codes, words: own } => {
            let mut counts = vec![0u32; own.len()];
            let mut present = 0;
            for row in all() {
                let list = &codes[starts[row] as usize..starts[row + 1] as usize];
                present += u64::from(!list.is_empty());
                list.iter().for_each(|code| counts[*code as usize] += 1);
            }
            (present, words(counts, &|code| own.get(code).to_owned()))
        }
    }
}
