//! Where people come from and go to: the touchpoint map.

use super::by::{Cells, at_group};
use crate::bits::Bits;
use crate::kernel::{Kernel, Merge};
use crate::test::Select;
use crate::values::Groups;
use crate::view::{Scratch, View};
use rustc_hash::FxHashMap;

/// A person's events in the span, in order of arrival, each at a node. Equal nodes in a row are one visit.
#[derive(Clone, Debug)]
pub struct Touchpoints {
    /// Which events count; [`Select::default`] is all.
    pub events: Select,
    /// Property that names the node; events without it are named by their event name.
    pub touch_by: String,
    pub conversion: Select,
    /// Microseconds: a visit has converted when a conversion lies at or at most this long after one of its events.
    pub within: i64,
    pub from: i64,
    pub to: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TouchpointNode {
    pub people: u64,
    /// Visits.
    pub count: u64,
    /// People with a visit that converted.
    pub converted: u64,
    /// People whose first, last node it is.
    pub entry: u64,
    pub exit: u64,
}

#[derive(Clone, Debug, Default)]
pub struct TouchpointsPartial {
    pub nodes: FxHashMap<String, TouchpointNode>,
    /// (from, to) → (people, times).
    pub links: FxHashMap<(String, String), (u64, u64)>,
    pub people: u64,
}

#[derive(Clone, Debug)]
pub enum TouchpointCell {
    Node(String),
    Converted(String),
    Entry(String),
    Exit(String),
    Link { from: String, to: String },
}

impl Merge for TouchpointsPartial {
    fn merge(&mut self, other: Self) {
        for (node, own) in other.nodes {
            let all = self.nodes.entry(node).or_default();
            all.people += own.people;
            all.count += own.count;
            all.converted += own.converted;
            all.entry += own.entry;
            all.exit += own.exit;
        }
        for (link, (people, times)) in other.links {
            let own = self.links.entry(link).or_default();
            own.0 += people;
            own.1 += times;
        }
        self.people += other.people;
    }
}

/// One visit of a node.
#[derive(Clone, Copy)]
struct Visit {
    node: u32,
    converted: bool,
}

impl Touchpoints {
    /// Calls with each person's visits, in order. Gives the names of nodes.
    fn each(&self, view: &View, among: &Bits, mut call: impl FnMut(u16, &[Visit])) -> Vec<String> {
        let events = view.select(&self.events);
        let conversions = view.select(&self.conversion);
        let places = events.places(view);
        let mut nodes = Groups::by_property(&events, &self.touch_by);
        let nameless = nodes.names.number(None);
        let fallback: Vec<u32> = events.lists.iter().map(|list| nodes.names.number(Some(&list.part.event))).collect();
        let mut people = events.people();
        people.and(among);
        let (mut walker, mut scratch) = (view.walker(), Scratch::default());
        let mut visits: Vec<Visit> = Vec::new();
        for slot in people.iter() {
            let ahead = conversions.rows(slot, &mut scratch).times;
            let mut next = 0;
            visits.clear();
            walker.walk(slot, |part, kind, row, at| {
                if at < self.from || at >= self.to {
                    return;
                }
                let Some(place) = events.find(&places, part, kind, row) else { return };
                let node = match nodes.of(place) {
                    node if node == nameless => fallback[place.0],
                    node => node,
                };
                while ahead.get(next).is_some_and(|time| *time < at) {
                    next += 1;
                }
                let converted = ahead.get(next).is_some_and(|time| time - at <= self.within);
                match visits.last_mut() {
                    Some(visit) if visit.node == node => visit.converted |= converted,
                    _ => visits.push(Visit { node, converted }),
                }
            });
            if !visits.is_empty() {
                call(slot, &visits);
            }
        }
        nodes.names.names.into_iter().map(Option::unwrap_or_default).collect()
    }
}

/// A node's numbers, and who was counted last (plus one) as visitor and as converted.
#[derive(Clone, Copy, Default)]
struct NodeMaking {
    node: TouchpointNode,
    seen: u32,
    converted: u32,
}

impl Kernel for Touchpoints {
    type Partial = TouchpointsPartial;
    fn bucket(&self, view: &View, among: &Bits) -> TouchpointsPartial {
        let mut nodes: Vec<NodeMaking> = Vec::new();
        let mut links: FxHashMap<(u32, u32), (u64, u64, u32)> = FxHashMap::default();
        let mut people = 0;
        let names = self.each(view, among, |slot, visits| {
            people += 1;
            let who = u32::from(slot) + 1;
            for visit in visits {
                let own = at_group(&mut nodes, visit.node as usize, NodeMaking::default);
                own.node.count += 1;
                own.node.people += u64::from(own.seen != who);
                own.seen = who;
                if visit.converted {
                    own.node.converted += u64::from(own.converted != who);
                    own.converted = who;
                }
            }
            nodes[visits[0].node as usize].node.entry += 1;
            nodes[visits[visits.len() - 1].node as usize].node.exit += 1;
            for pair in visits.windows(2) {
                let own = links.entry((pair[0].node, pair[1].node)).or_default();
                own.0 += u64::from(own.2 != who);
                own.1 += 1;
                own.2 = who;
            }
        });
        let name = |node: u32| names[node as usize].clone();
        let used = nodes.into_iter().enumerate().filter(|(_, own)| own.node.count > 0);
        TouchpointsPartial {
            nodes: used.map(|(at, own)| (name(at as u32), own.node)).collect(),
            links: links.into_iter().map(|((from, to), own)| ((name(from), name(to)), (own.0, own.1))).collect(),
            people,
        }
    }
}

impl Cells for Touchpoints {
    type Cell = TouchpointCell;
    fn people(&self, view: &View, among: &Bits, cell: &TouchpointCell) -> Bits {
        // Nodes get their numbers on the way, so people are gathered by node first.
        let mut found: FxHashMap<(u32, u32), Bits> = FxHashMap::default();
        let names = self.each(view, among, |slot, visits| {
            let mut put = |node: u32, other: u32| found.entry((node, other)).or_default().insert(slot);
            match cell {
                TouchpointCell::Node(_) => visits.iter().for_each(|visit| put(visit.node, 0)),
                TouchpointCell::Converted(_) => {
                    visits.iter().filter(|visit| visit.converted).for_each(|visit| put(visit.node, 0));
                }
                TouchpointCell::Entry(_) => put(visits[0].node, 0),
                TouchpointCell::Exit(_) => put(visits[visits.len() - 1].node, 0),
                TouchpointCell::Link { .. } => visits.windows(2).for_each(|pair| put(pair[0].node, pair[1].node)),
            }
        });
        let number = |name: &String| names.iter().position(|own| own == name).map(|at| at as u32);
        let key = match cell {
            TouchpointCell::Node(node)
            | TouchpointCell::Converted(node)
            | TouchpointCell::Entry(node)
            | TouchpointCell::Exit(node) => number(node).map(|node| (node, 0)),
            TouchpointCell::Link { from, to } => number(from).zip(number(to)),
        };
        key.and_then(|key| found.remove(&key)).unwrap_or_default()
    }
}
