//! The reference cuts a written-out history into sessions and sessions into routes.

use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::kernels::*;
use std::collections::{BTreeMap, BTreeSet};

type Routes = Vec<(u32, Vec<String>, bool)>;

fn routes(world: &World, question: &Paths) -> Routes {
    let mut all = Vec::new();
    for person in world.people() {
        let mut sessions: Vec<Vec<(String, Seen<'_>)>> = Vec::new();
        for seen in world.history(person) {
            let at = seen.fact.at;
            let name = match &question.property {
                None => Some(seen.fact.event.clone()),
                Some(property) => groups(seen.fact, property).remove(0),
            };
            let (Some(name), true) =
                (name, matches(&question.events, seen.fact) && at >= question.from && at < question.to)
            else {
                continue;
            };
            match sessions.last_mut() {
                Some(own) if at - own[own.len() - 1].1.fact.at <= question.session => own.push((name, seen)),
                _ => sessions.push(vec![(name, seen)]),
            }
        }
        for session in sessions {
            let mut own = &session[..];
            if let Some(start) = &question.start {
                let Some(at) = own.iter().position(|(_, seen)| matches(start, seen.fact)) else { continue };
                own = &own[at..];
            }
            if let Some(end) = &question.end {
                let Some(at) = own.iter().rposition(|(_, seen)| matches(end, seen.fact)) else { continue };
                own = &own[..=at];
            }
            let mut nodes: Vec<String> = own.iter().map(|(name, _)| name.clone()).collect();
            nodes.dedup();
            let whole = nodes.len() <= question.depth && question.end.is_none();
            if question.end.is_some() && question.start.is_none() {
                nodes = nodes.split_off(nodes.len().saturating_sub(question.depth));
            }
            nodes.truncate(question.depth);
            all.push((person, nodes, whole));
        }
    }
    all
}

proptest! {
    #[test]
    fn next_and_before(
        world in worlds(),
        events in prop_oneof![2 => Just(siyu_behaviour::Select::default()), 1 => selects()],
        start in proptest::option::of(selects()),
        end in proptest::option::of(selects()),
        (depth, hours) in (2usize..6, 0i64..40),
        property in proptest::option::of(prop_oneof![Just("channel".to_owned()), Just("tags".to_owned())]),
        (from, to) in spans(),
    ) {
        let question = Paths { events, start, end, depth, session: hours * HOUR, property, from, to };
        check(&world, &question);
    }
}

/// Against the reference.
pub fn check(world: &World, question: &Paths) {
    let all = routes(world, question);
    // (people, times) of a link: (step, from, to), `to` none when the person left; and of a route.
    type Numbers<K> = BTreeMap<K, (BTreeSet<u32>, u64)>;
    let mut links: Numbers<(u16, String, Option<String>)> = BTreeMap::new();
    let mut whole: Numbers<Vec<String>> = BTreeMap::new();
    for (person, nodes, left) in &all {
        for step in 0..nodes.len() {
            let to = nodes.get(step + 1).cloned();
            if to.is_some() || *left {
                let own = links.entry((step as u16, nodes[step].clone(), to)).or_default();
                own.0.insert(*person);
                own.1 += 1;
            }
        }
        let own = whole.entry(nodes.clone()).or_default();
        own.0.insert(*person);
        own.1 += 1;
    }
    let partial = run(world, question);
    let name = |node: u32| partial.name(node).to_owned();
    let found: BTreeMap<_, _> = partial
        .links
        .iter()
        .map(|((step, from, to), numbers)| {
            ((*step, name(*from), (*to != PathsPartial::LEFT).then(|| name(*to))), *numbers)
        })
        .collect();
    let expected: BTreeMap<_, _> =
        links.iter().map(|(link, (people, times))| (link.clone(), (people.len() as u64, *times))).collect();
    assert_eq!(found, expected);
    let found: BTreeMap<Vec<String>, _> = partial
        .routes
        .iter()
        .map(|(route, numbers)| (route.iter().map(|node| name(*node)).collect(), *numbers))
        .collect();
    let expected: BTreeMap<_, _> =
        whole.iter().map(|(route, (people, times))| (route.clone(), (people.len() as u64, *times))).collect();
    assert_eq!(found, expected);
    assert_eq!(partial.sessions, all.len() as u64);
    assert_eq!(partial.people, all.iter().map(|(person, ..)| person).collect::<BTreeSet<_>>().len() as u64);
    for ((step, from, to), (people, _)) in links.iter().take(12) {
        let cell = PathCell::Link { step: *step, from: from.clone(), to: to.clone() };
        assert_eq!(behind(world, question, &cell), people.iter().copied().collect::<Vec<_>>());
    }
    for (route, (people, _)) in whole.iter().take(12) {
        assert_eq!(
            behind(world, question, &PathCell::Route(route.clone())),
            people.iter().copied().collect::<Vec<_>>()
        );
    }
    assert!(behind(world, question, &PathCell::Route(vec!["nobody".into()])).is_empty());
}
