//! Trend: numbers over time, side by side.

use super::Env;
use super::groups::{Rest, top};
use super::numbers::sum;
use crate::calendar::show_day;
use crate::cell::Group;
use crate::spec::{self, EventSel, Measured};
use roaring::RoaringBitmap;
use serde::Serialize;
use serde_json::Value;
use siyu_behaviour::Grain;
use siyu_behaviour::kernels::{Grouped, Measure, Sum, Trend, TrendCell};
use siyu_kernel::Refusal;

#[derive(Serialize)]
pub(crate) struct TrendOut {
    series: Vec<Series>,
}

#[derive(Serialize)]
struct Series {
    label: String,
    group: Option<String>,
    points: Vec<Point>,
    /// Of people: distinct ones over the whole span.
    total: Value,
}

#[derive(Serialize)]
struct Point {
    day: String,
    value: Value,
}

fn kernel(ask: &spec::Trend, env: &Env<'_>, events: &[EventSel], grain: Grain) -> Trend {
    let measure = match &ask.measure {
        Measured::People => Measure::People,
        Measured::Sum(property) => Measure::Sum(property.clone()),
        Measured::Count | Measured::Days | Measured::Value(_) => Measure::Count,
    };
    Trend {
        events: events.iter().map(|event| event.select.clone()).collect(),
        grain,
        measure,
        from_day: env.days.0,
        to_day: env.days.1,
        by: env.by.clone(),
        calendar: env.calendar(),
    }
}

type Lines = Vec<Vec<Sum>>;

fn weight(lines: &Lines) -> i128 {
    lines.iter().flatten().map(|sum| sum.0.abs()).sum()
}

/// One period that is the whole span: distinct people of a group over the span are no sum of its periods.
fn whole(days: (i32, i32)) -> Grain {
    Grain::Days { length: days.1 - days.0 + 1, anchor: days.0 }
}

pub(crate) fn answer(ask: &spec::Trend, env: &Env<'_>) -> TrendOut {
    let found = env.run(&kernel(ask, env, &ask.events, ask.unit));
    let people = ask.measure == Measured::People;
    let days = days(ask.unit, env.days);
    let added = |line: &[Sum]| Sum(line.iter().map(|own| own.0).sum());
    if !env.split() {
        let series = ask.events.iter().zip(&found.all).enumerate().map(|(at, (event, line))| {
            let total =
                if people { found.people.get(at).copied().unwrap_or_default().into() } else { sum(added(line)) };
            Series { label: event.label.clone(), group: None, points: points(&days, line), total }
        });
        return TrendOut { series: series.collect() };
    }
    let spans = people.then(|| env.run(&kernel(ask, env, &ask.events, whole(env.days))).groups);
    let mut series = Vec::new();
    let shown = top(found.groups, env.groups, weight);
    let named: Vec<Option<String>> = shown.iter().filter_map(|(group, _)| group.clone().map(Some)).collect();
    for (at, event) in ask.events.iter().enumerate() {
        for (group, lines) in &shown {
            let empty = vec![Sum::default(); days.len()];
            let line = lines.get(at).unwrap_or(&empty);
            let total = match &spans {
                None => sum(added(line)),
                Some(spans) => total(spans, group, &named, at),
            };
            series.push(Series {
                label: event.label.clone(),
                group: group.clone(),
                points: points(&days, line),
                total,
            });
        }
    }
    TrendOut { series }
}

/// People of a group over the span. Of the rest they are known only when it is one group.
fn total(spans: &Grouped<Lines>, group: &Option<String>, named: &[Option<String>], series: usize) -> Value {
    let of = |group: &Option<String>| {
        spans.0.get(group).and_then(|lines| lines.get(series)?.first()).map_or(0, |own| own.whole())
    };
    if group.is_some() {
        return of(group).into();
    }
    let rest: Vec<&Option<String>> = spans.0.keys().filter(|own| !named.contains(own)).collect();
    match rest[..] {
        [only] => of(only).into(),
        _ => Value::Null,
    }
}

/// First days of the periods of a span; the first one may begin before it.
pub(super) fn days(unit: Grain, days: (i32, i32)) -> Vec<String> {
    (unit.of_day(days.0)..=unit.of_day(days.1)).map(|period| show_day(unit.first_day(period))).collect()
}

fn points(days: &[String], line: &[Sum]) -> Vec<Point> {
    let value = |at: usize| sum(line.get(at).copied().unwrap_or_default());
    days.iter().enumerate().map(|(at, day)| Point { day: day.clone(), value: value(at) }).collect()
}

pub(crate) fn behind(
    ask: &spec::Trend,
    env: &Env<'_>,
    series: usize,
    day: Option<i32>,
    group: &Group,
) -> Result<RoaringBitmap, Refusal> {
    let kernel = kernel(ask, env, &ask.events, ask.unit);
    let period = day.map(|day| ask.unit.of_day(day));
    env.behind_group(
        &kernel,
        group,
        |group| TrendCell { series, period, group },
        || Rest::of(env.run(&kernel).groups, env.groups, weight),
    )
}
