//! Lifecycle: stages and their flow, the AARRR stages, tiers of value, loyal buyers.

use super::Env;
use crate::calendar::show_day;
use crate::cell::{AARRR, Group, Living, STAGES, TIERS};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use serde::Serialize;
use siyu_audience::Measures;
use siyu_behaviour::kernels::{AarrrCell, LifecycleCell, Tier};

#[derive(Serialize)]
pub(crate) struct LifecycleOut {
    /// The days that are compared.
    on: String,
    against: String,
    cycle_days: u32,
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
    stages: Vec<StageOut>,
    flow: Vec<Flow>,
    aarrr: Vec<AarrrOut>,
    tiers: Vec<TierOut>,
    loyal: LoyalOut,
}

#[derive(Serialize)]
struct StageOut {
    stage: &'static str,
    people: u64,
    before: u64,
}

#[derive(Serialize)]
struct Flow {
    from: &'static str,
    to: &'static str,
    people: u64,
}

/// `people`: whose last stage it is. `reached`: who is in it at all.
#[derive(Serialize)]
struct AarrrOut {
    stage: &'static str,
    people: u64,
    reached: u64,
}

/// `value`: what these people have brought in up to the day, refunds taken off.
#[derive(Serialize)]
struct TierOut {
    tier: &'static str,
    people: u64,
    value: i64,
}

#[derive(Serialize)]
struct LoyalOut {
    people: u64,
    rule: LoyalRule,
}

#[derive(Serialize)]
struct LoyalRule {
    orders: u32,
    days: u32,
    before: bool,
}

/// What the words mean on the day, and the day that is compared with.
pub(crate) struct Ask<'a> {
    pub measures: &'a Measures,
    pub against: i32,
}

pub(crate) fn answer(ask: &Ask<'_>, env: &Env<'_>) -> LifecycleOut {
    let measures = ask.measures;
    let groups = env.slices().map(|slices| {
        let table = |own: Env<'_>| table(ask, measures, &own);
        slices.into_iter().map(|(group, own)| GroupOut { group, table: table(own) }).collect()
    });
    LifecycleOut {
        on: show_day(env.days.1),
        against: show_day(ask.against),
        cycle_days: measures.cycle_days(),
        table: table(ask, measures, env),
        groups,
    }
}

fn table(ask: &Ask<'_>, measures: &Measures, env: &Env<'_>) -> Table {
    let flow = env.run(&measures.lifecycle(Some(ask.against))).flow;
    let stages = STAGES.into_iter().enumerate().map(|(at, (stage, _))| StageOut {
        stage,
        people: flow.iter().map(|row| row[at]).sum(),
        before: flow[at].iter().sum(),
    });
    let flows = STAGES.into_iter().enumerate().flat_map(|(a, (from, _))| {
        STAGES.into_iter().enumerate().map(move |(b, (to, _))| Flow { from, to, people: flow[a][b] })
    });
    let aarrr = env.run(&measures.aarrr());
    let aarrr = AARRR.into_iter().enumerate().map(|(at, stage)| AarrrOut {
        stage,
        people: aarrr.stage[at],
        reached: aarrr.reached[at],
    });
    let loyal = measures.loyal();
    Table {
        stages: stages.collect(),
        flow: flows.filter(|flow| flow.people > 0).collect(),
        aarrr: aarrr.collect(),
        tiers: tiers(measures, env),
        loyal: LoyalOut {
            people: env.run(&loyal).0.len(),
            rule: LoyalRule { orders: loyal.orders, days: loyal.days, before: loyal.before },
        },
    }
}

fn tiers(measures: &Measures, env: &Env<'_>) -> Vec<TierOut> {
    let mut value: FxHashMap<u32, i64> = FxHashMap::default();
    for buyers in env.run(&measures.rfm()).0 {
        let base = u32::from(buyers.bucket) << 16;
        value.extend(buyers.slots.iter().zip(&buyers.value).map(|(slot, value)| (base | u32::from(*slot), *value)));
    }
    let mut sums = [(0, 0); 3];
    for (person, _, tier) in env.run(&measures.score()).0 {
        let sum = &mut sums[place(tier)];
        *sum = (sum.0 + 1, sum.1 + value.get(&person).copied().unwrap_or_default());
    }
    TIERS.into_iter().zip(sums).map(|((tier, _), (people, value))| TierOut { tier, people, value }).collect()
}

fn place(tier: Tier) -> usize {
    TIERS.iter().position(|(_, own)| *own == tier).unwrap_or_default()
}

pub(crate) fn behind(ask: &Ask<'_>, env: &Env<'_>, cell: Living, group: &Group) -> RoaringBitmap {
    let measures = ask.measures;
    let own = env.slice(group);
    match cell {
        Living::Stage { from, to } => own.behind(&measures.lifecycle(Some(ask.against)), &LifecycleCell { from, to }),
        Living::Tier(tier) => {
            let scored = own.run(&measures.score()).0.into_iter();
            scored.filter(|(_, _, own)| *own == tier).map(|(person, _, _)| person).collect()
        }
        Living::Aarrr(stage) => own.behind(&measures.aarrr(), &AarrrCell::Stage(stage)),
        Living::Loyal => own.run(&measures.loyal()).0,
    }
}
