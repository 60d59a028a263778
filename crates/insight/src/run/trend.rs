//! Trend: numbers over time, side by side.

use super::Env;
use super::groups::top;
use super::numbers::sum;
use crate::calendar::show_day;
use crate::cell::Group;
use crate::spec::{self, EventSel, Measured};
use roaring::RoaringBitmap;
use serde::Serialize;
use serde_json::Value;
use siyu_behaviour::kernels::{By, Grouped, Measure, Sum, Trend, TrendCell, TrendPartial};
use siyu_behaviour::{Grain, Merge, Operand, Test, TestOp};

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
    if !env.split() {
        return TrendOut { series: whole_series(ask, None, &found, &days) };
    }
    let (names, any_left) = shown(&found.groups, env);
    let spans = people.then(|| env.run(&kernel(ask, env, &ask.events, whole(env.days))).groups);
    let mut series = Vec::new();
    for name in names.iter().map(|name| Some(name.clone())).chain(labels_rest(env)) {
        let empty = Lines::new();
        let lines = found.groups.0.get(&name).unwrap_or(&empty);
        for (at, event) in ask.events.iter().enumerate() {
            let line = lines.get(at).map_or(&[][..], Vec::as_slice);
            let in_span = |spans: &Grouped<Lines>| spans.0.get(&name)?.get(at)?.first().map(|own| own.whole());
            let total = match &spans {
                None => sum(added(line)),
                Some(spans) => in_span(spans).unwrap_or_default().into(),
            };
            let points = points(&days, line);
            series.push(Series { label: event.label.clone(), group: name.clone(), points, total });
        }
    }
    if let By::Property(property) = &env.by
        && any_left
    {
        let rest = Env { by: By::Nothing, ..env.clone() };
        let found = rest.run(&kernel(ask, &rest, &left_over(&ask.events, property, &names), ask.unit));
        series.extend(whole_series(ask, None, &found, &days));
    }
    // Event by event, as without a breakdown.
    series.sort_by_key(|own| ask.events.iter().position(|event| event.label == own.label));
    TrendOut { series }
}

fn added(line: &[Sum]) -> Sum {
    Sum(line.iter().map(|own| own.0).sum())
}

fn whole_series(ask: &spec::Trend, group: Option<&str>, found: &TrendPartial, days: &[String]) -> Vec<Series> {
    let people = ask.measure == Measured::People;
    let series = ask.events.iter().zip(&found.all).enumerate().map(|(at, (event, line))| {
        let distinct = found.people.get(at).copied().unwrap_or_default();
        let total = if people { distinct.into() } else { sum(added(line)) };
        let group = group.map(str::to_owned);
        Series { label: event.label.clone(), group, points: points(days, line), total }
    });
    series.collect()
}

/// The groups that are shown, and whether they leave anything over.
fn shown(groups: &Grouped<Lines>, env: &Env<'_>) -> (Vec<String>, bool) {
    let weights = groups.0.iter().map(|(name, lines)| (name.clone(), Weight(weight(lines))));
    let all = top(Grouped(weights.collect()), env.groups, |own: &Weight| own.0);
    let left = all.iter().any(|(name, _)| name.is_none());
    (all.into_iter().filter_map(|(name, _)| name).collect(), left)
}

#[derive(Default)]
struct Weight(i128);
impl Merge for Weight {
    fn merge(&mut self, other: Self) {
        self.0 += other.0;
    }
}

/// People without any of the labels are a group of the kernel's own.
fn labels_rest(env: &Env<'_>) -> Option<Option<String>> {
    env.labels().map(|_| None)
}

/// The events that have none of the shown values: somebody in two small groups counts once.
fn left_over(events: &[EventSel], property: &str, names: &[String]) -> Vec<EventSel> {
    let test = |op, value| Test { property: property.to_owned(), op, value };
    let numbers: Vec<f64> = names.iter().filter_map(|name| name.parse().ok()).collect();
    let mut tests = vec![test(TestOp::Nin, Operand::Texts(names.to_vec()))];
    if !numbers.is_empty() {
        tests.push(test(TestOp::Nin, Operand::Numbers(numbers)));
    }
    let flags = names.iter().filter_map(|name| name.parse().ok());
    tests.extend(flags.map(|flag| test(TestOp::Ne, Operand::Bool(flag))));
    let mut events = events.to_vec();
    events.iter_mut().for_each(|event| event.select.tests.extend(tests.iter().cloned()));
    events
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
) -> RoaringBitmap {
    let kernel_of = |env: &Env<'_>, events: &[EventSel]| kernel(ask, env, events, ask.unit);
    let period = day.map(|day| ask.unit.of_day(day));
    let own = kernel_of(env, &ask.events);
    let group = match (group, &env.by) {
        (Group::Rest, By::Property(property)) => {
            let (names, _) = shown(&env.run(&own).groups, env);
            let rest = Env { by: By::Nothing, ..env.clone() };
            let left = kernel_of(&rest, &left_over(&ask.events, property, &names));
            return rest.behind(&left, &TrendCell { series, period, group: None });
        }
        (Group::All, _) => None,
        (Group::Rest, _) => Some(None),
        (Group::Named(name), _) => Some(Some(name.clone())),
    };
    env.behind(&own, &TrendCell { series, period, group })
}
