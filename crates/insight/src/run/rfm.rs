//! RFM: the grid, its cells, its segments.

use super::Env;
use crate::cell::Group;
use crate::spec;
use crate::{corrections, refuse};
use roaring::RoaringBitmap;
use serde::Serialize;
use siyu_behaviour::Select;
use siyu_behaviour::kernels::{Frequency, Rfm, RfmCell, RfmScores, SEGMENTS, segment_of};
use siyu_kernel::Refusal;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(crate) struct RfmOut {
    #[serde(flatten)]
    grid: Grid,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<GroupOut>>,
}

#[derive(Serialize)]
struct GroupOut {
    group: Option<String>,
    #[serde(flatten)]
    grid: Grid,
}

#[derive(Serialize)]
struct Grid {
    people: u64,
    /// `grid[r - 1][f - 1]`: people.
    grid: Vec<Vec<u64>>,
    cells: Vec<CellOut>,
    /// With five scores only.
    segments: Vec<SegmentOut>,
}

#[derive(Serialize)]
struct CellOut {
    r: u8,
    f: u8,
    m: u8,
    people: u64,
    value: i64,
}

/// Means are per person.
#[derive(Serialize)]
struct SegmentOut {
    segment: &'static str,
    people: u64,
    value: i64,
    recency_days: Option<f64>,
    orders: Option<f64>,
}

/// What of the order's numbers is counted: an order that several events tell of counts once.
fn frequency(orders: &Select) -> Frequency {
    if orders.events.len() == 1 { Frequency::Events } else { Frequency::Distinct(crate::ORDER_KEY.to_owned()) }
}

pub(crate) fn kernel(ask: &spec::Rfm, env: &Env<'_>, since: i32) -> Rfm {
    Rfm {
        orders: ask.orders.select.clone(),
        refunds: Some(corrections(&ask.orders.select)),
        value: "amount".to_owned(),
        frequency: frequency(&ask.orders.select),
        as_of: env.days.1,
        since,
        calendar: env.calendar(),
    }
}

/// `since`: only orders from this day on.
pub(crate) fn scores(ask: &spec::Rfm, env: &Env<'_>, since: i32) -> RfmScores {
    env.run(&kernel(ask, env, since)).scores(&ask.method, env.scene.threads)
}

pub(crate) fn answer(ask: &spec::Rfm, env: &Env<'_>, since: i32) -> RfmOut {
    let scores = scores(ask, env, since);
    let groups = env.labels().map(|labels| {
        let mut rest = scores.people(&RfmCell::default());
        let mut out: Vec<GroupOut> = Vec::new();
        for (name, people) in &labels.0 {
            rest -= people;
            out.push(GroupOut { group: Some(name.clone()), grid: grid(ask, &scores, Some(people)) });
        }
        if !rest.is_empty() {
            out.push(GroupOut { group: None, grid: grid(ask, &scores, Some(&rest)) });
        }
        out
    });
    RfmOut { grid: grid(ask, &scores, None), groups }
}

/// `among`: only these people; a group is seen in the whole brand's grid, not in one of its own.
fn grid(ask: &spec::Rfm, scores: &RfmScores, among: Option<&RoaringBitmap>) -> Grid {
    let n = usize::from(scores.scores);
    let mut grid = vec![vec![0; n]; n];
    let mut cells: BTreeMap<u16, (u64, i64)> = BTreeMap::new();
    let mut segments: BTreeMap<&str, Sums> = BTreeMap::new();
    let mut people = 0;
    for (buyers, own) in scores.buyers.iter().zip(&scores.cells) {
        let base = u32::from(buyers.bucket) << 16;
        for (at, cell) in own.iter().enumerate() {
            if among.is_some_and(|among| !among.contains(base | u32::from(buyers.slots[at]))) {
                continue;
            }
            let (r, f) = (usize::from(*cell) / (n * n), usize::from(*cell) / n % n);
            grid[r][f] += 1;
            people += 1;
            let sum = cells.entry(*cell).or_default();
            *sum = (sum.0 + 1, sum.1 + buyers.value[at]);
            let sums = segments.entry(segment_of(r as u8 + 1, f as u8 + 1)).or_default();
            sums.people += 1;
            sums.value += buyers.value[at];
            sums.days += u64::from(buyers.recency_days[at]);
            sums.orders += u64::from(buyers.orders[at]);
        }
    }
    let score = |at: usize| at as u8 + 1;
    let cells = cells.into_iter().map(|(cell, (people, value))| {
        let cell = usize::from(cell);
        CellOut { r: score(cell / (n * n)), f: score(cell / n % n), m: score(cell % n), people, value }
    });
    let named: &[&str] = if ask.scores() == 5 { &SEGMENTS } else { &[] };
    let segments = named.iter().map(|segment| {
        let sums = segments.get(segment).copied().unwrap_or_default();
        let mean = |sum: u64| (sums.people > 0).then(|| sum as f64 / sums.people as f64);
        SegmentOut {
            segment,
            people: sums.people,
            value: sums.value,
            recency_days: mean(sums.days),
            orders: mean(sums.orders),
        }
    });
    Grid { people, grid, cells: cells.collect(), segments: segments.collect() }
}

#[derive(Clone, Copy, Default)]
struct Sums {
    people: u64,
    value: i64,
    days: u64,
    orders: u64,
}

pub(crate) fn behind(
    ask: &spec::Rfm,
    env: &Env<'_>,
    since: i32,
    cell: &RfmCell,
    group: &Group,
) -> Result<RoaringBitmap, Refusal> {
    if cell.segment.is_some() && ask.scores() != 5 {
        let en = "Segments have names only with five scores.";
        return Err(refuse::cell("cell.segment", en, "只有分为五档时才有分群名称。"));
    }
    let people = scores(ask, env, since).people(cell);
    Ok(env.of_group(people, group))
}
