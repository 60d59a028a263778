//! Interval: how long from one thing to the next.

use super::Env;
use super::bins::gaps;
use crate::cell::Group;
use crate::spec;
use roaring::RoaringBitmap;
use serde::Serialize;
use siyu_behaviour::kernels::{Interval, IntervalCell, IntervalPartial};

#[derive(Serialize)]
pub(crate) struct IntervalOut {
    #[serde(flatten)]
    table: Table,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<GroupOut>>,
}

#[derive(Serialize)]
struct GroupOut {
    group: Option<String>,
    #[serde(flatten)]
    table: Table,
}

/// Quantiles are whole seconds.
#[derive(Serialize)]
struct Table {
    bins: Vec<BinOut>,
    count: u64,
    people: u64,
    median: Option<u32>,
    p25: Option<u32>,
    p75: Option<u32>,
    p90: Option<u32>,
}

/// `to_seconds` not included.
#[derive(Serialize)]
struct BinOut {
    from_seconds: u32,
    to_seconds: u32,
    count: u64,
}

fn kernel(ask: &spec::Interval, env: &Env<'_>) -> Interval {
    let (from, to) = env.instants();
    Interval { before: ask.from.select.clone(), after: ask.to.select.clone(), within: ask.within, from, to }
}

fn bins(ask: &spec::Interval) -> Vec<(u32, u32)> {
    gaps((ask.within / 1_000_000) as u32)
}

pub(crate) fn answer(ask: &spec::Interval, env: &Env<'_>) -> IntervalOut {
    let table = |own: &Env<'_>| table(ask, &own.run(&kernel(ask, own)));
    let groups = env
        .slices()
        .map(|slices| slices.into_iter().map(|(group, own)| GroupOut { group, table: table(&own) }).collect());
    IntervalOut { table: table(env), groups }
}

fn table(ask: &spec::Interval, found: &IntervalPartial) -> Table {
    let bins = bins(ask);
    let edges: Vec<u32> = bins.iter().map(|(from, _)| *from).collect();
    let bins = bins.iter().zip(found.bins(&edges)).map(|((from_seconds, to_seconds), count)| BinOut {
        from_seconds: *from_seconds,
        to_seconds: *to_seconds,
        count,
    });
    Table {
        bins: bins.collect(),
        count: found.count(),
        people: found.people,
        median: found.quantile(0.5),
        p25: found.quantile(0.25),
        p75: found.quantile(0.75),
        p90: found.quantile(0.9),
    }
}

pub(crate) fn behind(ask: &spec::Interval, env: &Env<'_>, bin: usize, group: &Group) -> RoaringBitmap {
    let bins = bins(ask);
    let Some((from_seconds, to_seconds)) = bins.get(bin).copied() else { return RoaringBitmap::new() };
    let own = env.slice(group);
    own.behind(&kernel(ask, &own), &IntervalCell { from_seconds, to_seconds })
}
