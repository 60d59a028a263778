//! The analyses again, slowly and plainly, over lists of events. What a number means is docs/analysis.md; how it is found here is by looking
//! at everything.

use crate::data::{DAY, Event, World, day, start, text};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub type Days = (i32, i32);

fn is(event: &Event, name: &str) -> bool {
    name == "*" || event.name == name
}
fn within(event: &Event, days: Days) -> bool {
    (days.0..=days.1).contains(&day(event.at))
}
fn week(day: i32) -> i32 {
    day - (day + 3).rem_euclid(7)
}
fn month(day: i32) -> i32 {
    let text = text(day);
    siyu_insight::parse_day(&format!("{}-01", &text[..7])).unwrap()
}
pub fn floor(unit: &str, day: i32) -> i32 {
    match unit {
        "day" => day,
        "week" => week(day),
        _ => month(day),
    }
}
fn next(unit: &str, first: i32) -> i32 {
    match unit {
        "day" => first + 1,
        "week" => first + 7,
        _ => month(first + 31),
    }
}
/// How many periods lie between two days.
fn distance(unit: &str, from: i32, to: i32) -> usize {
    let (mut at, to) = (floor(unit, from), floor(unit, to));
    let mut n = 0;
    while at < to {
        at = next(unit, at);
        n += 1;
    }
    n
}
fn periods(unit: &str, days: Days) -> Vec<i32> {
    let mut out = vec![floor(unit, days.0)];
    while next(unit, *out.last().unwrap()) <= days.1 {
        out.push(next(unit, *out.last().unwrap()));
    }
    out
}
fn share(part: u64, whole: u64) -> Value {
    if whole == 0 { Value::Null } else { json!(part as f64 / whole as f64) }
}

/// Depth and, for the chain that gets there first and then has the latest events before it, its instants.
fn deepest(history: &[Event], steps: &[&str], window: i64, days: Days) -> Vec<i64> {
    let mut best: Vec<i64> = Vec::new();
    fn walk(history: &[Event], steps: &[&str], until: i64, used: &mut Vec<usize>, best: &mut Vec<i64>) {
        let times: Vec<i64> = used.iter().map(|at| history[*at].at).collect();
        let better = match times.len().cmp(&best.len()) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => {
                // Earlier end first; then later instants before it, the last one counting most.
                let mut key = times.clone();
                let mut held = best.clone();
                key.reverse();
                held.reverse();
                (key[0], key[1..].iter().map(|at| -at).collect::<Vec<_>>())
                    < (held[0], held[1..].iter().map(|at| -at).collect::<Vec<_>>())
            }
        };
        if better {
            *best = times.clone();
        }
        let Some(step) = steps.get(used.len()) else { return };
        for (at, event) in history.iter().enumerate() {
            let later = event.at >= times[times.len() - 1] && event.at <= until;
            if later && is(event, step) && !used.contains(&at) {
                used.push(at);
                walk(history, steps, until, used, best);
                used.pop();
            }
        }
    }
    for (at, event) in history.iter().enumerate() {
        if is(event, steps[0]) && within(event, days) {
            walk(history, steps, event.at + window, &mut vec![at], &mut best);
        }
    }
    best
}

pub fn funnel(world: &World, steps: &[&str], window: i64, days: Days) -> Value {
    let chains: Vec<Vec<i64>> = world.histories().map(|own| deepest(own, steps, window, days)).collect();
    let people = |step: usize| chains.iter().filter(|chain| chain.len() > step).count() as u64;
    let out: Vec<Value> = (0..steps.len())
        .map(|step| {
            let mut seconds: Vec<i64> = match step {
                0 => Vec::new(),
                _ => chains
                    .iter()
                    .filter(|own| own.len() > step)
                    .map(|own| (own[step] - own[step - 1]) / 1_000_000)
                    .collect(),
            };
            seconds.sort_unstable();
            let median = (!seconds.is_empty()).then(|| seconds[(seconds.len() - 1) / 2]);
            json!({ "label": steps[step], "people": people(step), "of_first": share(people(step), people(0)),
                "of_previous": share(people(step), people(step.saturating_sub(1))), "seconds_median": median })
        })
        .collect();
    json!(out)
}

/// Everything lies in the past: every period of `columns` has begun and is over.
pub fn retention(
    world: &World,
    (start, back): (&str, &str),
    unit: &str,
    columns: usize,
    rolling: bool,
    days: Days,
) -> Value {
    let mut cohorts: BTreeMap<i32, (u64, Vec<u64>)> = BTreeMap::new();
    for history in world.histories() {
        let Some(first) = history.iter().find(|event| is(event, start)) else { continue };
        if !within(first, days) {
            continue;
        }
        let own = cohorts.entry(floor(unit, day(first.at))).or_insert_with(|| (0, vec![0; columns]));
        own.0 += 1;
        let later = history.iter().filter(|event| is(event, back) && event.at >= first.at);
        let after: BTreeSet<usize> = later.map(|event| distance(unit, day(first.at), day(event.at))).collect();
        for (k, returned) in own.1.iter_mut().enumerate() {
            let hit = if rolling { after.iter().any(|own| *own >= k) } else { after.contains(&k) };
            *returned += u64::from(hit);
        }
    }
    let average: Vec<Value> = (0..if cohorts.is_empty() { 0 } else { columns })
        .map(|k| share(cohorts.values().map(|own| own.1[k]).sum(), cohorts.values().map(|own| own.0).sum()))
        .collect();
    let rows: Vec<Value> =
        cohorts.iter().map(|(first, own)| json!({ "day": text(*first), "people": own.0, "returned": own.1 })).collect();
    json!({ "cohorts": rows, "average": average })
}

pub fn cohort_value(world: &World, start: &str, unit: &str, columns: usize, days: Days) -> Value {
    let mut cohorts: BTreeMap<i32, (u64, u64, Vec<i64>)> = BTreeMap::new();
    for history in world.histories() {
        let Some(first) = history.iter().find(|event| is(event, start)) else { continue };
        if !within(first, days) {
            continue;
        }
        let own = cohorts.entry(floor(unit, day(first.at))).or_insert_with(|| (0, 0, vec![0; columns]));
        own.0 += 1;
        let mut bought = false;
        for event in history.iter().filter(|event| event.at >= first.at) {
            let Some(amount) = event.amount else { continue };
            bought = true;
            let k = distance(unit, day(first.at), day(event.at));
            own.2.iter_mut().skip(k).for_each(|value| *value += amount);
        }
        own.1 += u64::from(bought);
    }
    let rows: Vec<Value> = cohorts
        .iter()
        .map(|(first, own)| json!({ "day": text(*first), "group": null, "people": own.0, "buyers": own.1, "value": own.2 }))
        .collect();
    json!(rows)
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Window {
    SameDay,
    Days(i64),
}

/// Credits by (touch, model, window); touch `None`: nobody's. Without decay, whose weights are no whole numbers.
pub fn attribution(
    world: &World,
    windows: &[Window],
    days: Days,
) -> BTreeMap<(Option<String>, &'static str, usize), (f64, i64)> {
    let mut sums: BTreeMap<(Option<String>, &'static str, usize), (f64, i64)> = BTreeMap::new();
    for history in world.histories() {
        for order in history.iter().filter(|event| event.name == "Order Completed" && within(event, days)) {
            for (at, window) in windows.iter().enumerate() {
                let touches: Vec<&Event> = history
                    .iter()
                    .filter(|event| event.channel.is_some() && event.at <= order.at)
                    .filter(|event| match window {
                        Window::SameDay => day(event.at) == day(order.at),
                        Window::Days(days) => order.at - event.at <= days * DAY,
                    })
                    .collect();
                for model in ["last", "first", "linear", "position"] {
                    let amount = order.amount.unwrap_or_default();
                    if touches.is_empty() {
                        let sum = sums.entry((None, model, at)).or_default();
                        *sum = (sum.0 + 1.0, sum.1 + amount);
                        continue;
                    }
                    let weights = weights(model, touches.len());
                    for ((touch, weight), part) in touches.iter().zip(&weights).zip(shared(amount, &weights)) {
                        let sum = sums.entry((touch.channel.clone(), model, at)).or_default();
                        let all: i64 = weights.iter().sum();
                        *sum = (sum.0 + *weight as f64 / all as f64, sum.1 + part);
                    }
                }
            }
        }
    }
    sums
}

fn weights(model: &str, n: usize) -> Vec<i64> {
    let mut out = vec![0; n];
    match (model, n) {
        ("last", _) => out[n - 1] = 1,
        ("first", _) => out[0] = 1,
        ("position", 3..) => {
            // 40 % at both ends, 20 % evenly between: in parts of 5 (n − 2).
            let between = n as i64 - 2;
            out.fill(1);
            out[0] = 2 * between;
            out[n - 1] = 2 * between;
        }
        _ => out.fill(1),
    }
    out
}

/// Largest remainder; of equal ones the earlier first.
fn shared(amount: i64, weights: &[i64]) -> Vec<i64> {
    let all: i64 = weights.iter().sum();
    let mut parts: Vec<i64> = weights.iter().map(|weight| amount * weight / all).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(amount * weights[*at] % all));
    let left = amount - parts.iter().sum::<i64>();
    order.iter().take(left as usize).for_each(|at| parts[*at] += 1);
    parts
}

pub fn distribution(world: &World, name: &str, of: impl Fn(&[&Event]) -> i64, edges: &[i64], days: Days) -> Value {
    let mut values: Vec<i64> = Vec::new();
    for history in world.histories() {
        let own: Vec<&Event> = history.iter().filter(|event| is(event, name) && within(event, days)).collect();
        if !own.is_empty() {
            values.push(of(&own));
        }
    }
    values.sort_unstable();
    let count = |low: Option<i64>, high: Option<i64>| {
        values
            .iter()
            .filter(|value| low.is_none_or(|low| **value >= low) && high.is_none_or(|high| **value < high))
            .count()
    };
    let mut bins = vec![json!({ "from": null, "to": edges[0], "people": count(None, Some(edges[0])) })];
    for pair in edges.windows(2) {
        bins.push(json!({ "from": pair[0], "to": pair[1], "people": count(Some(pair[0]), Some(pair[1])) }));
    }
    let last = edges[edges.len() - 1];
    bins.push(json!({ "from": last, "to": null, "people": count(Some(last), None) }));
    let at = |share: f64| values[((share * values.len() as f64).ceil() as usize).max(1) - 1];
    let total: i64 = values.iter().sum();
    json!({ "bins": bins, "people": values.len(), "total": total, "mean": total as f64 / values.len() as f64, "median": at(0.5), "p90": at(0.9) })
}

/// Seconds of every gap, and people with one.
pub fn interval(world: &World, (from, to): (&str, &str), limit: i64, days: Days) -> (Vec<i64>, usize) {
    let (mut gaps, mut people) = (Vec::new(), 0);
    for history in world.histories() {
        let before = gaps.len();
        let mut held: Option<&Event> = None;
        // At one instant the `from` event is taken first.
        let mut order: Vec<&Event> = history.iter().collect();
        order.sort_by_key(|event| (event.at, !is(event, from)));
        for event in order {
            if is(event, to)
                && let Some(first) = held.take()
                && event.at - first.at <= limit
                && within(first, days)
            {
                gaps.push((event.at - first.at) / 1_000_000);
            }
            if is(event, from) {
                held = Some(event);
            }
        }
        people += usize::from(gaps.len() > before);
    }
    gaps.sort_unstable();
    (gaps, people)
}

pub fn trend(world: &World, name: &str, measure: &str, unit: &str, days: Days) -> Value {
    let periods = periods(unit, days);
    let mut all: BTreeMap<i32, (i64, BTreeSet<i64>, i64)> =
        periods.iter().map(|first| (*first, Default::default())).collect();
    let mut everybody = BTreeSet::new();
    for (person, history) in &world.people {
        for event in history.iter().filter(|event| is(event, name) && within(event, days)) {
            let own = all.get_mut(&floor(unit, day(event.at))).unwrap();
            own.0 += 1;
            own.1.insert(*person);
            own.2 += event.amount.unwrap_or_default();
            everybody.insert(*person);
        }
    }
    let value = |own: &(i64, BTreeSet<i64>, i64)| match measure {
        "count" => own.0,
        "people" => own.1.len() as i64,
        _ => own.2,
    };
    let points: Vec<Value> =
        all.iter().map(|(first, own)| json!({ "day": text(*first), "value": value(own) })).collect();
    let total = if measure == "people" { everybody.len() as i64 } else { all.values().map(value).sum() };
    json!({ "label": name, "group": null, "points": points, "total": total })
}

pub fn activity(world: &World, unit: &str, days: Days) -> Value {
    let mut points: BTreeMap<i32, (BTreeSet<i64>, u64, u64)> =
        periods(unit, days).into_iter().map(|first| (first, Default::default())).collect();
    let (mut by_event, mut hours) = (BTreeMap::<&str, (BTreeSet<i64>, u64)>::new(), vec![vec![0u64; 24]; 7]);
    let mut last: [BTreeSet<i64>; 3] = Default::default();
    let mut month_days: BTreeSet<(i64, i32)> = BTreeSet::new();
    let mut everybody = BTreeSet::new();
    for (person, history) in &world.people {
        if let Some(first) = history.first().filter(|event| within(event, days)) {
            points.get_mut(&floor(unit, day(first.at))).unwrap().1 += 1;
        }
        for event in history.iter() {
            let own = day(event.at);
            for (set, length) in last.iter_mut().zip([1, 7, 30]) {
                if (days.1 - length + 1..=days.1).contains(&own) {
                    set.insert(*person);
                    if length == 30 {
                        month_days.insert((*person, own));
                    }
                }
            }
            if !within(event, days) {
                continue;
            }
            everybody.insert(*person);
            let point = points.get_mut(&floor(unit, own)).unwrap();
            point.0.insert(*person);
            point.2 += 1;
            let kind = by_event.entry(event.name).or_default();
            kind.0.insert(*person);
            kind.1 += 1;
            hours[(own + 3).rem_euclid(7) as usize][((event.at - start(own)) / 3_600_000_000) as usize] += 1;
        }
    }
    let points: Vec<Value> = points
        .iter()
        .map(|(first, (active, new, events))| {
            json!({ "day": text(*first), "active": active.len(), "new": new, "returning": active.len() as u64 - new, "events": events })
        })
        .collect();
    let mut events: Vec<(&str, usize, u64)> =
        by_event.into_iter().map(|(name, own)| (name, own.0.len(), own.1)).collect();
    events.sort_by_key(|own| std::cmp::Reverse(own.2));
    let events: Vec<Value> =
        events.iter().map(|own| json!({ "event": own.0, "people": own.1, "count": own.2 })).collect();
    let [day, week, month] = last.map(|set| set.len());
    let sticky = if month == 0 { Value::Null } else { json!(month_days.len() as f64 / 30.0 / month as f64) };
    json!({ "points": points, "people": everybody.len(), "dau": day, "wau": week, "mau": month, "stickiness": sticky, "by_event": events, "by_hour": hours })
}

/// (step, from, to) → (people, times), and routes → (people, times), by event name.
#[allow(clippy::type_complexity, reason = "a table with its keys")]
pub fn paths(
    world: &World,
    depth: usize,
    gap: i64,
    days: Days,
) -> (BTreeMap<(usize, String, Option<String>), (u64, u64)>, BTreeMap<Vec<String>, (u64, u64)>, u64) {
    let (mut links, mut routes, mut sessions) = (BTreeMap::new(), BTreeMap::new(), 0);
    for history in world.histories() {
        let own: Vec<&Event> = history.iter().filter(|event| within(event, days)).collect();
        let mut cut: Vec<Vec<&Event>> = Vec::new();
        for event in own {
            match cut.last_mut() {
                Some(session) if event.at - session[session.len() - 1].at <= gap => session.push(event),
                _ => cut.push(vec![event]),
            }
        }
        let (mut seen_links, mut seen_routes) = (BTreeSet::new(), BTreeSet::new());
        for session in cut {
            sessions += 1;
            let mut nodes: Vec<String> = session.iter().map(|event| event.name.to_owned()).collect();
            nodes.dedup();
            let whole = nodes.len() <= depth;
            nodes.truncate(depth);
            for (step, from) in nodes.iter().enumerate() {
                let to = nodes.get(step + 1).cloned();
                if to.is_none() && !whole {
                    continue;
                }
                let key = (step, from.clone(), to);
                let sum: &mut (u64, u64) = links.entry(key.clone()).or_default();
                *sum = (sum.0 + u64::from(seen_links.insert(key)), sum.1 + 1);
            }
            let sum: &mut (u64, u64) = routes.entry(nodes.clone()).or_default();
            *sum = (sum.0 + u64::from(seen_routes.insert(nodes)), sum.1 + 1);
        }
    }
    (links, routes, sessions)
}

/// node → (people, visits, converted, entry, exit), (from, to) → (people, times).
#[allow(clippy::type_complexity, reason = "a table with its keys")]
pub fn touchpoints(
    world: &World,
    limit: i64,
    days: Days,
) -> (BTreeMap<String, [u64; 5]>, BTreeMap<(String, String), (u64, u64)>) {
    let (mut nodes, mut links) = (BTreeMap::<String, [u64; 5]>::new(), BTreeMap::<(String, String), (u64, u64)>::new());
    for history in world.histories() {
        let orders: Vec<i64> =
            history.iter().filter(|event| event.name == "Order Completed").map(|event| event.at).collect();
        let mut visits: Vec<(String, Vec<i64>)> = Vec::new();
        for event in history.iter().filter(|event| within(event, days)) {
            let node = event.channel.clone().unwrap_or_else(|| event.name.to_owned());
            match visits.last_mut() {
                Some((own, times)) if *own == node => times.push(event.at),
                _ => visits.push((node, vec![event.at])),
            }
        }
        let mut seen: BTreeMap<&str, bool> = BTreeMap::new();
        for (node, times) in &visits {
            let converted = times.iter().any(|at| orders.iter().any(|order| (*at..=*at + limit).contains(order)));
            *seen.entry(node).or_default() |= converted;
            nodes.entry(node.clone()).or_default()[1] += 1;
        }
        for (node, converted) in seen {
            let own = nodes.get_mut(node).unwrap();
            own[0] += 1;
            own[2] += u64::from(converted);
        }
        if let (Some(first), Some(last)) = (visits.first(), visits.last()) {
            nodes.get_mut(&first.0).unwrap()[3] += 1;
            nodes.get_mut(&last.0).unwrap()[4] += 1;
        }
        let mut once = BTreeSet::new();
        for pair in visits.windows(2) {
            let key = (pair[0].0.clone(), pair[1].0.clone());
            let sum = links.entry(key.clone()).or_default();
            *sum = (sum.0 + u64::from(once.insert(key)), sum.1 + 1);
        }
    }
    (nodes, links)
}

/// store → [people, new_people, active, buyers, repeat_buyers, orders, value].
pub fn stores(world: &World, days: Days) -> BTreeMap<String, [i64; 7]> {
    let mut rows: BTreeMap<String, [i64; 7]> = BTreeMap::new();
    for history in world.histories() {
        let mut own: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
        for event in history.iter().filter(|event| day(event.at) <= days.1) {
            if let Some(store) = &event.store {
                own.entry(store).or_default().push(event);
            }
        }
        for (store, events) in own {
            let row = rows.entry(store.to_owned()).or_default();
            let inside: Vec<&&Event> = events.iter().filter(|event| within(event, days)).collect();
            let bought: BTreeSet<i32> = inside.iter().map(|event| day(event.at)).collect();
            row[0] += 1;
            row[1] += i64::from(within(events[0], days));
            row[2] += i64::from(!inside.is_empty());
            row[3] += i64::from(!bought.is_empty());
            row[4] += i64::from(bought.len() > 1);
            row[5] += inside.len() as i64;
            row[6] += inside.iter().filter_map(|event| event.amount).sum::<i64>();
        }
    }
    rows
}

/// How many are prospect, new, active, at_risk, lost on a day.
pub fn stages(world: &World, cycle: i32, on: i32) -> [u64; 5] {
    let mut out = [0; 5];
    for history in world.histories() {
        let days: Vec<i32> = history
            .iter()
            .filter(|event| event.name == "Order Completed" && day(event.at) <= on)
            .map(|event| on - day(event.at))
            .collect();
        let stage = match (days.first(), days.last()) {
            (Some(first), _) if *first <= cycle => 1,
            (_, Some(last)) if *last <= cycle * 3 / 2 => 2,
            (_, Some(last)) if *last <= cycle * 3 => 3,
            (_, Some(_)) => 4,
            _ => 0,
        };
        out[stage] += 1;
    }
    out
}
