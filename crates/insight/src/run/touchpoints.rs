//! The touchpoint map.

use super::Env;
use crate::cell::{Cell, Group, NodeWhich};
use crate::spec;
use roaring::RoaringBitmap;
use rustc_hash::FxHashSet;
use serde::Serialize;
use siyu_behaviour::kernels::{TouchpointCell, Touchpoints, TouchpointsPartial};
use std::cmp::Reverse;

#[derive(Serialize)]
pub(crate) struct TouchpointsOut {
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
    nodes: Vec<Node>,
    /// Between nodes that are shown.
    links: Vec<Link>,
    /// Nodes that were too small to be shown.
    hidden: usize,
}

#[derive(Serialize)]
struct Node {
    node: String,
    people: u64,
    count: u64,
    converted: u64,
    entry: u64,
    exit: u64,
}

#[derive(Serialize)]
struct Link {
    from: String,
    to: String,
    people: u64,
    count: u64,
}

/// For each node that is shown.
const LINKS: usize = 5;

fn kernel(ask: &spec::Touchpoints, env: &Env<'_>) -> Touchpoints {
    let (from, to) = env.instants();
    Touchpoints {
        events: ask.events.select.clone(),
        touch_by: ask.touch_by.clone(),
        conversion: ask.conversion.select.clone(),
        within: ask.within,
        from,
        to,
    }
}

pub(crate) fn answer(ask: &spec::Touchpoints, env: &Env<'_>) -> TouchpointsOut {
    let table = |own: &Env<'_>| table(ask, own.run(&kernel(ask, own)));
    let groups = env
        .slices()
        .map(|slices| slices.into_iter().map(|(group, own)| GroupOut { group, table: table(&own) }).collect());
    TouchpointsOut { table: table(env), groups }
}

fn table(ask: &spec::Touchpoints, found: TouchpointsPartial) -> Table {
    let mut nodes: Vec<Node> = found
        .nodes
        .into_iter()
        .map(|(node, own)| Node {
            node,
            people: own.people,
            count: own.count,
            converted: own.converted,
            entry: own.entry,
            exit: own.exit,
        })
        .collect();
    nodes.sort_by(|a, b| (Reverse(a.people), &a.node).cmp(&(Reverse(b.people), &b.node)));
    let hidden = nodes.len().saturating_sub(ask.top);
    nodes.truncate(ask.top);
    let shown: FxHashSet<&str> = nodes.iter().map(|own| own.node.as_str()).collect();
    let mut links: Vec<Link> = found
        .links
        .into_iter()
        .filter(|((from, to), _)| shown.contains(from.as_str()) && shown.contains(to.as_str()))
        .map(|((from, to), (people, count))| Link { from, to, people, count })
        .collect();
    links.sort_by(|a, b| (Reverse(a.count), &a.from, &a.to).cmp(&(Reverse(b.count), &b.from, &b.to)));
    links.truncate(LINKS * nodes.len());
    Table { people: found.people, nodes, links, hidden }
}

pub(crate) fn behind(ask: &spec::Touchpoints, env: &Env<'_>, cell: &Cell, group: &Group) -> RoaringBitmap {
    let cell = match cell {
        Cell::Node { node, which } => match which {
            NodeWhich::People => TouchpointCell::Node(node.clone()),
            NodeWhich::Converted => TouchpointCell::Converted(node.clone()),
            NodeWhich::Entry => TouchpointCell::Entry(node.clone()),
            NodeWhich::Exit => TouchpointCell::Exit(node.clone()),
        },
        Cell::Move { from, to } => TouchpointCell::Link { from: from.clone(), to: to.clone() },
        _ => return RoaringBitmap::new(),
    };
    let own = env.slice(group);
    own.behind(&kernel(ask, &own), &cell)
}
