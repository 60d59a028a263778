//! Paths: what people do next.

use super::Env;
use crate::cell::Group;
use crate::spec;
use roaring::RoaringBitmap;
use serde::Serialize;
use siyu_behaviour::kernels::{PathCell, Paths, PathsPartial};
use std::cmp::Reverse;

#[derive(Serialize)]
pub(crate) struct PathsOut {
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
    people: u64,
    sessions: u64,
    links: Vec<Link>,
    routes: Vec<Route>,
    /// Links and routes that were too small to be shown.
    hidden: Hidden,
}

/// `to` null: left.
#[derive(Serialize)]
struct Link {
    step: u16,
    from: String,
    to: Option<String>,
    people: u64,
    count: u64,
}

#[derive(Serialize)]
struct Route {
    nodes: Vec<String>,
    people: u64,
    count: u64,
}

#[derive(Serialize)]
struct Hidden {
    links: usize,
    routes: usize,
}

fn kernel(ask: &spec::Paths, env: &Env<'_>) -> Paths {
    let (from, to) = env.instants();
    Paths {
        events: ask.events.select.clone(),
        start: ask.start.as_ref().map(|own| own.select.clone()),
        end: ask.end.as_ref().map(|own| own.select.clone()),
        depth: ask.depth,
        session: ask.session,
        property: ask.property.clone(),
        from,
        to,
    }
}

pub(crate) fn answer(ask: &spec::Paths, env: &Env<'_>) -> PathsOut {
    let table = |own: &Env<'_>| table(ask, own.run(&kernel(ask, own)));
    let groups = env
        .slices()
        .map(|slices| slices.into_iter().map(|(group, own)| GroupOut { group, table: table(&own) }).collect());
    PathsOut { table: table(env), groups }
}

fn table(ask: &spec::Paths, found: PathsPartial) -> Table {
    let name = |node: u32| found.names.get(node as usize).cloned().unwrap_or_default();
    let (all_links, all_routes) = (found.links.len(), found.routes.len());
    let mut by_step: Vec<Vec<Link>> = Vec::new();
    for ((step, from, to), (people, count)) in &found.links {
        by_step.resize_with(by_step.len().max(usize::from(*step) + 1), Vec::new);
        let to = (*to != PathsPartial::LEFT).then(|| name(*to));
        by_step[usize::from(*step)].push(Link { step: *step, from: name(*from), to, people: *people, count: *count });
    }
    let mut links = Vec::new();
    for mut step in by_step {
        step.sort_by(|a, b| (Reverse(a.count), &a.from, &a.to).cmp(&(Reverse(b.count), &b.from, &b.to)));
        step.truncate(ask.top);
        links.extend(step);
    }
    let route = |(nodes, (people, count)): (&Vec<u32>, &(u64, u64))| Route {
        nodes: nodes.iter().map(|node| name(*node)).collect(),
        people: *people,
        count: *count,
    };
    let mut routes: Vec<Route> = found.routes.iter().map(route).collect();
    routes.sort_by(|a, b| (Reverse(a.count), &a.nodes).cmp(&(Reverse(b.count), &b.nodes)));
    routes.truncate(ask.top);
    let hidden = Hidden { links: all_links - links.len(), routes: all_routes - routes.len() };
    Table { people: found.people, sessions: found.sessions, links, routes, hidden }
}

pub(crate) fn behind(ask: &spec::Paths, env: &Env<'_>, cell: &PathCell, group: &Group) -> RoaringBitmap {
    let own = env.slice(group);
    own.behind(&kernel(ask, &own), cell)
}
