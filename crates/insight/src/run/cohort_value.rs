//! What people are worth, by periods since they came.

use super::Env;
use super::groups::{Rest, top};
use super::numbers::sum;
use crate::calendar::show_day;
use crate::cell::Group;
use crate::spec;
use roaring::RoaringBitmap;
use serde::Serialize;
use serde_json::Value;
use siyu_behaviour::kernels::{CohortCell, CohortValue, Sum, ValueCohort};
use siyu_behaviour::{Operand, Select, Test, TestOp};
use siyu_kernel::Refusal;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(crate) struct CohortValueOut {
    cohorts: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    day: String,
    group: Option<String>,
    people: u64,
    buyers: u64,
    /// Added up: minor units by the end of each period.
    value: Vec<Value>,
}

type Cohorts = BTreeMap<i32, ValueCohort>;

fn kernel(ask: &spec::CohortValue, env: &Env<'_>) -> CohortValue {
    let has = Test { property: ask.value.clone(), op: TestOp::Exists, value: Operand::Bool(true) };
    CohortValue {
        start: ask.start.select.clone(),
        value: Select { events: Vec::new(), tests: vec![has] },
        property: ask.value.clone(),
        grain: ask.unit,
        periods: ask.periods + 1,
        from_day: env.days.0,
        to_day: env.days.1,
        today: env.scene.today(),
        by: env.by.clone(),
        calendar: env.calendar(),
    }
}

fn weight(cohorts: &Cohorts) -> i128 {
    cohorts.values().map(|cohort| i128::from(cohort.people)).sum()
}

pub(crate) fn answer(ask: &spec::CohortValue, env: &Env<'_>) -> CohortValueOut {
    let found = env.run(&kernel(ask, env));
    let groups = if env.split() { top(found.groups, env.groups, weight) } else { vec![(None, found.all)] };
    let mut cohorts = Vec::new();
    for (group, own) in groups {
        for (period, cohort) in own {
            let mut total = 0;
            let value = cohort.value.iter().map(|own| {
                total += own.0;
                sum(Sum(total))
            });
            cohorts.push(Row {
                day: show_day(ask.unit.first_day(period)),
                group: group.clone(),
                people: cohort.people,
                buyers: cohort.buyers,
                value: value.collect(),
            });
        }
    }
    CohortValueOut { cohorts }
}

pub(crate) fn behind(
    ask: &spec::CohortValue,
    env: &Env<'_>,
    day: i32,
    buyers: bool,
    group: &Group,
) -> Result<RoaringBitmap, Refusal> {
    let kernel = kernel(ask, env);
    let cohort = ask.unit.of_day(day);
    env.behind_group(
        &kernel,
        group,
        |group| CohortCell { cohort, buyers, group },
        || Rest::of(env.run(&kernel).groups, env.groups, weight),
    )
}
