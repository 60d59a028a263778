//! What people do next, or did before: steps inside sessions, in order of arrival.

use super::by::Cells;
use crate::bits::Bits;
use crate::kernel::{Kernel, Merge};
use crate::test::Select;
use crate::values::Groups;
use crate::view::{Places, Selection, View};
use rustc_hash::FxHashMap;

/// A session is a run of a person's events (those of `events`) without a gap longer than `session`. Each session gives one route of at most
/// `depth` nodes:
/// - neither `start` nor `end`: its first nodes;
/// - `start`: from the first start event of the session on; sessions without one give none;
/// - `end`: the nodes up to the last end event of the session (at or behind the start, when both are given); sessions without one give none.
///   With `end` alone the last `depth` nodes up to it.
///
/// Equal nodes in a row count once. Times of one node: the first.
#[derive(Clone, Debug)]
pub struct Paths {
    /// Which events count as steps; [`Select::default`] is all.
    pub events: Select,
    pub start: Option<Select>,
    pub end: Option<Select>,
    /// 2..=20.
    pub depth: usize,
    /// Microseconds; a gap of exactly this long still belongs together.
    pub session: i64,
    /// Name nodes by this property; events without it are left out. `None`: by event name.
    pub property: Option<String>,
    /// Sessions are cut at the ends of the span: only events inside it are seen.
    pub from: i64,
    pub to: i64,
}

/// People and times. Nodes are places in `names`.
#[derive(Clone, Debug, Default)]
pub struct PathsPartial {
    pub names: Vec<String>,
    /// (step, from, to) → (people, times). Step 0 is the first node of the route; `to` = [`PathsPartial::LEFT`] when the session had no further
    /// node. Routes cut at `depth` have no such link.
    pub links: FxHashMap<(u16, u32, u32), (u64, u64)>,
    pub routes: FxHashMap<Vec<u32>, (u64, u64)>,
    pub sessions: u64,
    pub people: u64,
}

impl PathsPartial {
    pub const LEFT: u32 = u32::MAX;
}

#[derive(Clone, Debug)]
pub enum PathCell {
    /// `to` `None`: left.
    Link {
        step: u16,
        from: String,
        to: Option<String>,
    },
    Route(Vec<String>),
}

impl Merge for PathsPartial {
    fn merge(&mut self, other: Self) {
        if self.names.is_empty() {
            let (people, sessions) = (self.people, self.sessions);
            *self = other;
            self.people += people;
            self.sessions += sessions;
            return;
        }
        let mut known: FxHashMap<&str, u32> = FxHashMap::default();
        let mut names = self.names.clone();
        for (at, name) in self.names.iter().enumerate() {
            known.insert(name, at as u32);
        }
        let number: Vec<u32> = other
            .names
            .iter()
            .map(|name| {
                known.get(name.as_str()).copied().unwrap_or_else(|| {
                    names.push(name.clone());
                    names.len() as u32 - 1
                })
            })
            .collect();
        drop(known);
        self.names = names;
        let of = |node: u32| if node == Self::LEFT { node } else { number[node as usize] };
        for ((step, from, to), (people, times)) in other.links {
            let own = self.links.entry((step, of(from), of(to))).or_default();
            own.0 += people;
            own.1 += times;
        }
        for (mut route, (people, times)) in other.routes {
            route.iter_mut().for_each(|node| *node = of(*node));
            let own = self.routes.entry(route).or_default();
            own.0 += people;
            own.1 += times;
        }
        self.sessions += other.sessions;
        self.people += other.people;
    }
}

impl PathsPartial {
    /// Empty for a number that is not there.
    pub fn name(&self, node: u32) -> &str {
        self.names.get(node as usize).map_or("", String::as_str)
    }
}

/// One event of a session.
#[derive(Clone, Copy)]
struct Step {
    node: u32,
    starts: bool,
    ends: bool,
}

impl Paths {
    /// Calls with each route, person by person. `ended`: the session had no further node behind it.
    fn each(&self, view: &View, among: &Bits, mut call: impl FnMut(u16, &[u32], bool)) -> Vec<String> {
        let events = view.select(&self.events);
        let of = |select: &Option<Select>| select.as_ref().map(|select| view.select(select));
        let (start, end) = (of(&self.start), of(&self.end));
        let places = events.places(view);
        let (start_places, end_places) =
            (start.as_ref().map(|own| own.places(view)), end.as_ref().map(|own| own.places(view)));
        let is = |own: &Option<Selection<'_>>, places: &Option<Places>, (part, kind, row)| match (own, places) {
            (Some(own), Some(places)) => own.find(places, part, kind, row).is_some(),
            _ => false,
        };
        let mut names = match &self.property {
            Some(property) => Groups::by_property(&events, property),
            None => Groups::by_event(&events),
        };
        let nameless = names.names.number(None);
        let mut people = events.people();
        people.and(among);
        let mut walker = view.walker();
        let mut session: Vec<Step> = Vec::new();
        let mut nodes: Vec<u32> = Vec::new();
        for slot in people.iter() {
            let mut last = None;
            session.clear();
            walker.walk(slot, |part, kind, row, at| {
                if at < self.from || at >= self.to {
                    return;
                }
                let Some(place) = events.find(&places, part, kind, row) else { return };
                let node = names.of(place);
                if node == nameless {
                    return;
                }
                if last.is_some_and(|last| at - last > self.session) {
                    self.route(&session, &mut nodes, |nodes, ended| call(slot, nodes, ended));
                    session.clear();
                }
                last = Some(at);
                let starts = is(&start, &start_places, (part, kind, row));
                let ends = is(&end, &end_places, (part, kind, row));
                session.push(Step { node, starts, ends });
            });
            self.route(&session, &mut nodes, |nodes, ended| call(slot, nodes, ended));
        }
        names.names.names.into_iter().map(Option::unwrap_or_default).collect()
    }
    /// The route of one session, if it gives one.
    fn route(&self, session: &[Step], nodes: &mut Vec<u32>, call: impl FnOnce(&[u32], bool)) {
        let from = match &self.start {
            None => 0,
            Some(_) => match session.iter().position(|step| step.starts) {
                Some(at) => at,
                None => return,
            },
        };
        let to = match &self.end {
            None => session.len(),
            Some(_) => match session[from..].iter().rposition(|step| step.ends) {
                Some(at) => from + at + 1,
                None => return,
            },
        };
        nodes.clear();
        for step in &session[from..to] {
            if nodes.last() != Some(&step.node) {
                nodes.push(step.node);
            }
        }
        if nodes.is_empty() {
            return;
        }
        // Towards an end the last nodes count; all others begin at their start.
        let (all, depth) = (nodes.len(), self.depth.max(1));
        let ended = self.end.is_none() && all <= depth;
        let own = if self.start.is_none() && self.end.is_some() {
            &nodes[all.saturating_sub(depth)..]
        } else {
            &nodes[..all.min(depth)]
        };
        call(own, ended);
    }
}

/// (people, times) and who was counted last, plus one.
type Count = (u64, u64, u32);

fn count(own: &mut Count, slot: u16) {
    let who = u32::from(slot) + 1;
    own.0 += u64::from(own.2 != who);
    own.1 += 1;
    own.2 = who;
}

impl Kernel for Paths {
    type Partial = PathsPartial;
    fn bucket(&self, view: &View, among: &Bits) -> PathsPartial {
        let mut links: FxHashMap<(u16, u32, u32), Count> = FxHashMap::default();
        let mut routes: FxHashMap<Vec<u32>, Count> = FxHashMap::default();
        let (mut sessions, mut people) = (0, Bits::empty());
        let names = self.each(view, among, |slot, nodes, ended| {
            sessions += 1;
            people.insert(slot);
            for (step, pair) in nodes.windows(2).enumerate() {
                count(links.entry((step as u16, pair[0], pair[1])).or_default(), slot);
            }
            if let (true, Some(last)) = (ended, nodes.last()) {
                count(links.entry((nodes.len() as u16 - 1, *last, PathsPartial::LEFT)).or_default(), slot);
            }
            match routes.get_mut(nodes) {
                Some(own) => count(own, slot),
                None => count(routes.entry(nodes.to_vec()).or_default(), slot),
            }
        });
        PathsPartial {
            names,
            links: links.into_iter().map(|(link, own)| (link, (own.0, own.1))).collect(),
            routes: routes.into_iter().map(|(route, own)| (route, (own.0, own.1))).collect(),
            sessions,
            people: people.len(),
        }
    }
}

impl Cells for Paths {
    type Cell = PathCell;
    fn people(&self, view: &View, among: &Bits, cell: &PathCell) -> Bits {
        // Names get their numbers on the way: which those are is known behind the last person only.
        let mut found: FxHashMap<(u32, u32), Bits> = FxHashMap::default();
        let mut routes: FxHashMap<Vec<u32>, Bits> = FxHashMap::default();
        let names = self.each(view, among, |slot, nodes, ended| match cell {
            PathCell::Link { step, to, .. } => {
                let at = usize::from(*step);
                match (to, nodes.get(at), nodes.get(at + 1)) {
                    (Some(_), Some(from), Some(to)) => found.entry((*from, *to)).or_default().insert(slot),
                    (None, Some(from), None) if ended => {
                        found.entry((*from, PathsPartial::LEFT)).or_default().insert(slot);
                    }
                    _ => {}
                }
            }
            PathCell::Route(wanted) if wanted.len() == nodes.len() => match routes.get_mut(nodes) {
                Some(own) => own.insert(slot),
                None => routes.entry(nodes.to_vec()).or_default().insert(slot),
            },
            PathCell::Route(_) => {}
        });
        let number = |name: &String| names.iter().position(|own| own == name).map(|at| at as u32);
        let people = match cell {
            PathCell::Link { from, to, .. } => {
                let to = to.as_ref().map_or(Some(PathsPartial::LEFT), number);
                number(from).zip(to).and_then(|link| found.remove(&link))
            }
            PathCell::Route(wanted) => {
                let wanted: Option<Vec<u32>> = wanted.iter().map(number).collect();
                wanted.and_then(|wanted| routes.remove(&wanted))
            }
        };
        people.unwrap_or_default()
    }
}
