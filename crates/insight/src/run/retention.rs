//! Retention.

use super::Env;
use super::groups::{Rest, top};
use super::numbers::ratio;
use crate::calendar::show_day;
use crate::cell::Group;
use crate::spec;
use roaring::RoaringBitmap;
use serde::Serialize;
use siyu_behaviour::kernels::{Cohort, Retention, RetentionCell};
use siyu_kernel::Refusal;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(crate) struct RetentionOut {
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
    cohorts: Vec<Row>,
    /// Over the cohorts whose period is over; null where none is.
    average: Vec<Option<f64>>,
}

#[derive(Serialize)]
struct Row {
    day: String,
    people: u64,
    returned: Vec<u64>,
}

type Cohorts = BTreeMap<i32, Cohort>;

fn kernel(ask: &spec::Retention, env: &Env<'_>) -> Retention {
    Retention {
        start: ask.start.select.clone(),
        back: ask.back.select.clone(),
        grain: ask.unit,
        periods: ask.periods + 1,
        mode: ask.mode,
        first: ask.first,
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

pub(crate) fn answer(ask: &spec::Retention, env: &Env<'_>) -> RetentionOut {
    let found = env.run(&kernel(ask, env));
    let today = env.scene.today();
    let groups = env.split().then(|| {
        let shown = top(found.groups, env.groups, weight).into_iter();
        shown.map(|(group, cohorts)| GroupOut { group, table: table(ask, cohorts, today) }).collect()
    });
    RetentionOut { table: table(ask, found.all, today), groups }
}

fn table(ask: &spec::Retention, cohorts: Cohorts, today: i32) -> Table {
    let columns = cohorts.values().map(|cohort| cohort.returned.len()).max().unwrap_or_default();
    let average = (0..columns)
        .map(|k| {
            let over = cohorts.iter().filter(|(period, cohort)| {
                k < cohort.returned.len() && ask.unit.first_day(*period + k as i32 + 1) <= today
            });
            let (back, people) =
                over.fold((0, 0), |(back, people), (_, own)| (back + own.returned[k], people + own.people));
            ratio(back, people)
        })
        .collect();
    let cohorts = cohorts.into_iter().map(|(period, own)| Row {
        day: show_day(ask.unit.first_day(period)),
        people: own.people,
        returned: own.returned,
    });
    Table { cohorts: cohorts.collect(), average }
}

pub(crate) fn behind(
    ask: &spec::Retention,
    env: &Env<'_>,
    day: i32,
    period: Option<usize>,
    group: &Group,
) -> Result<RoaringBitmap, Refusal> {
    let kernel = kernel(ask, env);
    let cohort = ask.unit.of_day(day);
    env.behind_group(
        &kernel,
        group,
        |group| RetentionCell { cohort, period, group },
        || Rest::of(env.run(&kernel).groups, env.groups, weight),
    )
}
