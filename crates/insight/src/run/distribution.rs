//! Distribution: how many people how often, on how many days, for how much.

use super::Env;
use super::bins::{Bin, between, natural};
use super::numbers::{number, sum};
use crate::cell::Group;
use crate::spec::{self, Measured};
use roaring::RoaringBitmap;
use serde::Serialize;
use serde_json::Value;
use siyu_behaviour::kernels::{Distribution, DistributionCell, DistributionPartial, Spread, Sum};

#[derive(Serialize)]
pub(crate) struct DistributionOut {
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

#[derive(Serialize)]
struct Table {
    bins: Vec<BinOut>,
    people: u64,
    /// The sum of what is distributed.
    total: Value,
    mean: Option<f64>,
    median: Option<Value>,
    p90: Option<Value>,
}

/// `from` included, `to` not; null is unbounded. `people` are events when a property of each event is distributed.
#[derive(Serialize)]
struct BinOut {
    from: Option<Value>,
    to: Option<Value>,
    people: u64,
}

fn kernel(ask: &spec::Distribution, env: &Env<'_>) -> Distribution {
    let (from, to) = env.instants();
    let spread = match &ask.measure {
        Measured::Days => Spread::Days,
        Measured::Sum(property) => Spread::Sum(property.clone()),
        Measured::Value(property) => Spread::Value(property.clone()),
        Measured::Count | Measured::People => Spread::Count,
    };
    Distribution { event: ask.event.select.clone(), spread, from, to, calendar: env.calendar() }
}

fn bins(ask: &spec::Distribution, found: &DistributionPartial) -> Vec<Bin> {
    ask.bins.as_deref().map_or_else(|| natural(&found.values), between)
}

pub(crate) fn answer(ask: &spec::Distribution, env: &Env<'_>) -> DistributionOut {
    let found = env.run(&kernel(ask, env));
    // Groups are cut where the whole is cut, so that they can stand side by side.
    let bins = bins(ask, &found);
    let groups = env.slices().map(|slices| {
        let table = |own: Env<'_>| table(&own.run(&kernel(ask, &own)), &bins);
        slices.into_iter().map(|(group, own)| GroupOut { group, table: table(own) }).collect()
    });
    DistributionOut { table: table(&found, &bins), groups }
}

fn table(found: &DistributionPartial, bins: &[Bin]) -> Table {
    let bins = bins.iter().map(|bin| {
        let above = |value: &Sum, edge: f64| *value >= Sum::of_number(edge);
        let fits = found.values.iter().filter(|(value, _)| {
            bin.from.is_none_or(|from| above(value, from)) && bin.to.is_none_or(|to| !above(value, to))
        });
        BinOut { from: bin.from.map(number), to: bin.to.map(number), people: fits.map(|(_, times)| times).sum() }
    });
    Table {
        bins: bins.collect(),
        people: found.people,
        total: sum(found.total()),
        mean: found.mean(),
        median: found.quantile(0.5).map(sum),
        p90: found.quantile(0.9).map(sum),
    }
}

pub(crate) fn behind(ask: &spec::Distribution, env: &Env<'_>, bin: usize, group: &Group) -> RoaringBitmap {
    let whole = env.slice(&Group::All);
    let bins = match &ask.bins {
        Some(edges) => between(edges),
        None => natural(&whole.run(&kernel(ask, &whole)).values),
    };
    let Some(bin) = bins.get(bin) else { return RoaringBitmap::new() };
    let own = env.slice(group);
    own.behind(&kernel(ask, &own), &DistributionCell { from: bin.from, to: bin.to })
}
