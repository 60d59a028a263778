//! From events in order of arrival to parts.

use crate::buf::Buf;
use crate::column::{Column, ColumnKind};
use crate::part::{DayPart, Index, Part, TypePart};
use crate::value::{Fact, Value};
use rustc_hash::FxHashMap;
use siyu_kernel::{Time, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// Sorts facts of any number of buckets into one part each, by rising bucket. The order of `facts` is the order of arrival.
pub fn build(facts: &[Fact], zone: &Zone) -> Vec<Part> {
    let mut buckets: BTreeMap<u16, Vec<&Fact>> = BTreeMap::new();
    for fact in facts {
        buckets.entry((fact.person >> 16) as u16).or_default().push(fact);
    }
    buckets.into_iter().map(|(bucket, facts)| part(bucket, facts, zone)).collect()
}

fn part(bucket: u16, mut facts: Vec<&Fact>, zone: &Zone) -> Part {
    // Stable: what arrived first stays first among equal instants.
    facts.sort_by_key(|fact| (fact.person as u16, fact.at));
    let names: BTreeSet<&str> = facts.iter().map(|fact| fact.event.as_str()).collect();
    let place: FxHashMap<&str, u16> = names.iter().enumerate().map(|(at, name)| (*name, at as u16)).collect();
    let mut by_type: Vec<Vec<&Fact>> = vec![Vec::new(); names.len()];
    let mut trail = Vec::with_capacity(facts.len());
    let mut days = DaysMaking::default();
    let mut days_by_type: Vec<DaysMaking> = (0..names.len()).map(|_| DaysMaking::default()).collect();
    for fact in &facts {
        let at = place[fact.event.as_str()];
        by_type[usize::from(at)].push(fact);
        trail.push(at);
        let day = zone.day(Time(fact.at));
        days.push(day, fact.person as u16);
        days_by_type[usize::from(at)].push(day, fact.person as u16);
    }
    let (index, starts) = index_of(facts.iter().map(|fact| fact.person as u16));
    Part {
        bucket,
        types: names
            .iter()
            .zip(by_type)
            .zip(days_by_type)
            .map(|((name, facts), days)| type_part(name, &facts, days.finish()))
            .collect(),
        index,
        starts,
        trail: trail.into(),
        days: days.finish(),
    }
}

/// Slots by day, each pushed in rising order.
#[derive(Default)]
struct DaysMaking(BTreeMap<i32, Vec<u16>>);

impl DaysMaking {
    fn push(&mut self, day: i32, slot: u16) {
        let slots = self.0.entry(day).or_default();
        if slots.last() != Some(&slot) {
            slots.push(slot);
        }
    }
    fn finish(self) -> Vec<DayPart> {
        self.0.into_iter().map(|(day, slots)| DayPart { day, slots: Index::new(&slots) }).collect()
    }
}

fn type_part(name: &str, facts: &[&Fact], days: Vec<DayPart>) -> TypePart {
    let (index, starts) = index_of(facts.iter().map(|fact| fact.person as u16));
    let moved = facts.iter().any(|fact| fact.origin != fact.person);
    let mut kinds: BTreeSet<(&str, ColumnKind)> = BTreeSet::new();
    for (name, value) in facts.iter().flat_map(|fact| &fact.properties) {
        kinds.insert((name, value.kind()));
    }
    let columns = kinds
        .into_iter()
        .map(|(name, kind)| {
            let values: Vec<Option<&Value>> = facts
                .iter()
                .map(|fact| {
                    fact.properties.iter().find(|(own, v)| own == name && v.kind() == kind).map(|(_, value)| value)
                })
                .collect();
            (name.to_owned(), Column::build(kind, &values))
        })
        .collect();
    TypePart {
        event: name.to_owned(),
        index,
        starts,
        times: facts.iter().map(|fact| fact.at).collect::<Vec<_>>().into(),
        origins: if moved { facts.iter().map(|fact| fact.origin).collect::<Vec<_>>().into() } else { Buf::default() },
        columns,
        days,
    }
}

/// The distinct slots of a rising run, and where each begins.
fn index_of(slots: impl Iterator<Item = u16>) -> (Index, Buf<u32>) {
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
