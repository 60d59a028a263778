//! A definition ready to be walked: nodes by number, ways resolved.

use crate::definition::{Act, Definition, Node};
use crate::port::Port;
use crate::trigger::Trigger;
use rustc_hash::FxHashMap;

#[derive(Debug)]
pub struct Plan {
    pub version: u32,
    pub definition: Definition,
    pub start: u32,
    by_num: FxHashMap<u32, usize>,
    nums: Vec<u32>,
    ways: Vec<Vec<(Port, u32)>>,
    /// Names of the events that mean something here.
    names: Vec<String>,
    /// Whether a person's own clock is needed.
    pub zoned: bool,
}

impl Plan {
    /// `nums`: the number of each node's id. The definition has been checked; a way that leads nowhere leads to the start.
    pub fn new(version: u32, definition: Definition, nums: &FxHashMap<String, u32>) -> Self {
        let num = |id: &Option<String>| id.as_ref().and_then(|id| nums.get(id)).copied();
        let start = num(&definition.start).unwrap_or_default();
        let own: Vec<u32> =
            definition.nodes.iter().map(|node| nums.get(&node.id).copied().unwrap_or_default()).collect();
        let ways = definition
            .nodes
            .iter()
            .map(|node| node.act.edges().into_iter().map(|(port, edge)| (port, num(edge).unwrap_or(start))).collect())
            .collect();
        let mut names: Vec<String> = triggers(&definition).map(|own| own.event_name().to_owned()).collect();
        names.sort_unstable();
        names.dedup();
        let zoned = definition.nodes.iter().any(|node| needs_zone(&node.act));
        Self {
            version,
            start,
            by_num: own.iter().enumerate().map(|(at, num)| (*num, at)).collect(),
            nums: own,
            ways,
            names,
            zoned,
            definition,
        }
    }
    pub fn node(&self, num: u32) -> Option<&Node> {
        self.by_num.get(&num).map(|at| &self.definition.nodes[*at])
    }
    /// Where a way leads.
    pub fn to(&self, node: u32, port: Port) -> u32 {
        let ways = self.by_num.get(&node).map(|at| &self.ways[*at]);
        ways.and_then(|ways| ways.iter().find(|(own, _)| *own == port)).map_or(self.start, |(_, to)| *to)
    }
    pub fn nodes(&self) -> impl Iterator<Item = (u32, &Node)> {
        self.nums.iter().copied().zip(&self.definition.nodes)
    }
    /// What conditions ask.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &serde_json::Value> {
        self.definition.nodes.iter().filter_map(|node| match &node.act {
            Act::Condition { rule, .. } => Some(rule),
            _ => None,
        })
    }
    pub(crate) fn event_names(&self) -> &[String] {
        &self.names
    }
    /// The goals of tests.
    pub(crate) fn tests(&self) -> impl Iterator<Item = (u32, &Trigger, u32)> {
        self.nodes().filter_map(|(num, node)| match &node.act {
            Act::Ab { goal: Some(goal), within_days, .. } => Some((num, goal, *within_days)),
            _ => None,
        })
    }
}

/// Everything that something is waited for by.
pub(crate) fn triggers(own: &Definition) -> impl Iterator<Item = &Trigger> {
    let entry = match &own.entry {
        crate::definition::Entry::Trigger { on } => Some(on),
        crate::definition::Entry::Schedule { .. } => None,
    };
    let nodes = own.nodes.iter().filter_map(|node| match &node.act {
        Act::WaitEvent { on, .. } => Some(on),
        Act::Ab { goal, .. } => goal.as_ref(),
        _ => None,
    });
    let goal = own.goal.iter().map(|own| &own.on);
    entry.into_iter().chain(goal).chain(own.exits.iter().map(|own| &own.on)).chain(nodes)
}

/// Days, weeks and months end by the person's clock; minutes and hours by any.
fn needs_zone(act: &Act) -> bool {
    use crate::calendar::Unit::{Hour, Minute};
    let by_calendar = |own: &crate::calendar::Span| !matches!(own.unit, Minute | Hour);
    match act {
        Act::Wait { span, .. } => by_calendar(span),
        Act::WaitUntil { .. } => true,
        Act::WaitEvent { timeout, .. } => by_calendar(timeout),
        Act::Task { deadline, nudge, .. } => by_calendar(deadline) || nudge.as_ref().is_some_and(by_calendar),
        _ => false,
    }
}
