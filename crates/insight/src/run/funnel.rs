//! Funnel.

use super::Env;
use super::groups::{Rest, top};
use super::numbers::ratio;
use crate::cell::Group;
use crate::spec;
use roaring::RoaringBitmap;
use serde::Serialize;
use siyu_behaviour::kernels::{Exclusion, Funnel, FunnelCell, FunnelPartial, Reached};
use siyu_kernel::Refusal;

#[derive(Serialize)]
pub(crate) struct FunnelOut {
    steps: Vec<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<GroupOut>>,
}

#[derive(Serialize)]
struct Step {
    label: String,
    people: u64,
    of_first: Option<f64>,
    of_previous: Option<f64>,
    /// From the step before; null for the first.
    seconds_median: Option<u32>,
}

#[derive(Serialize)]
struct GroupOut {
    group: Option<String>,
    people: Vec<u64>,
}

fn kernel(ask: &spec::Funnel, env: &Env<'_>, timings: bool) -> Funnel {
    let (from, to) = env.instants();
    Funnel {
        steps: ask.steps.iter().map(|step| step.select.clone()).collect(),
        window: ask.window,
        from,
        to,
        exclude: ask
            .exclude
            .iter()
            .map(|one| Exclusion { select: one.select.select.clone(), after: one.after, before: one.before })
            .collect(),
        by: env.by.clone(),
        timings,
        calendar: env.calendar(),
    }
}

fn weight(reached: &Reached) -> i128 {
    i128::from(reached.0.first().copied().unwrap_or_default())
}

pub(crate) fn answer(ask: &spec::Funnel, env: &Env<'_>) -> FunnelOut {
    let mut found: FunnelPartial = env.run(&kernel(ask, env, true));
    let medians: Vec<Option<u32>> = (1..ask.steps.len()).map(|step| found.median_seconds(step - 1)).collect();
    let people = |step: usize| found.all.0.get(step).copied().unwrap_or_default();
    let steps = ask.steps.iter().enumerate().map(|(at, step)| Step {
        label: step.label.clone(),
        people: people(at),
        of_first: ratio(people(at), people(0)),
        of_previous: ratio(people(at), people(at.saturating_sub(1))),
        seconds_median: at.checked_sub(1).and_then(|before| medians.get(before).copied().flatten()),
    });
    let steps = steps.collect();
    let groups = spec_groups(env, std::mem::take(&mut found.groups), ask.steps.len());
    FunnelOut { steps, groups }
}

fn spec_groups(
    env: &Env<'_>,
    grouped: siyu_behaviour::kernels::Grouped<Reached>,
    steps: usize,
) -> Option<Vec<GroupOut>> {
    env.split().then(|| {
        let shown = top(grouped, env.groups, weight).into_iter();
        shown
            .map(|(group, mut reached)| {
                reached.0.resize(steps, 0);
                GroupOut { group, people: reached.0 }
            })
            .collect()
    })
}

pub(crate) fn behind(
    ask: &spec::Funnel,
    env: &Env<'_>,
    step: usize,
    dropped: bool,
    group: &Group,
) -> Result<RoaringBitmap, Refusal> {
    let kernel = kernel(ask, env, false);
    env.behind_group(
        &kernel,
        group,
        |group| FunnelCell { step, dropped, group },
        || Rest::of(env.run(&kernel).groups, env.groups, weight),
    )
}
