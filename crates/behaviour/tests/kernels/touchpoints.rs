//! The reference writes out everybody's visits.

use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::kernels::*;
use std::collections::{BTreeMap, BTreeSet};

/// Whether somebody's visits, (node, converted), are such.
type Fits<'f> = &'f dyn Fn(&Vec<(String, bool)>) -> bool;

proptest! {
    #[test]
    fn where_people_come_from_and_go_to(
        world in worlds(),
        events in prop_oneof![2 => Just(siyu_behaviour::Select::default()), 1 => selects()],
        conversion in selects(),
        hours in 0i64..200,
        (from, to) in spans(),
        touch_by in prop_oneof![Just("channel".to_owned()), Just("tags".to_owned())],
    ) {
        let question = Touchpoints { events, touch_by, conversion, within: hours * HOUR, from, to };
        check(&world, &question);
    }
}

/// Against the reference.
pub fn check(world: &World, question: &Touchpoints) {
    let (from, to) = (question.from, question.to);
    // (node, converted) per visit.
    let mut all: BTreeMap<u32, Vec<(String, bool)>> = BTreeMap::new();
    for person in world.people() {
        let conversions: Vec<i64> = world.of(person, &question.conversion).iter().map(|seen| seen.fact.at).collect();
        let mut visits: Vec<(String, bool)> = Vec::new();
        for seen in world
            .history(person)
            .iter()
            .filter(|seen| matches(&question.events, seen.fact) && seen.fact.at >= from && seen.fact.at < to)
        {
            let node = groups(seen.fact, &question.touch_by).remove(0).unwrap_or_else(|| seen.fact.event.clone());
            let converted = conversions.iter().any(|at| *at >= seen.fact.at && at - seen.fact.at <= question.within);
            match visits.last_mut() {
                Some(visit) if visit.0 == node => visit.1 |= converted,
                _ => visits.push((node, converted)),
            }
        }
        if !visits.is_empty() {
            all.insert(person, visits);
        }
    }
    let partial = run(world, question);
    assert_eq!(partial.people, all.len() as u64);
    let nodes: BTreeSet<String> = all.values().flatten().map(|(node, _)| node.clone()).collect();
    assert_eq!(partial.nodes.keys().cloned().collect::<BTreeSet<_>>(), nodes.clone());
    for node in nodes.iter().take(12) {
        let who = |fits: Fits<'_>| -> Vec<u32> {
            all.iter().filter(|(_, visits)| fits(visits)).map(|(person, _)| *person).collect()
        };
        let people = who(&|visits| visits.iter().any(|(own, _)| own == node));
        let converted = who(&|visits| visits.iter().any(|(own, converted)| own == node && *converted));
        let entry = who(&|visits| visits[0].0 == *node);
        let exit = who(&|visits| visits[visits.len() - 1].0 == *node);
        let count = all.values().flatten().filter(|(own, _)| own == node).count() as u64;
        let own = partial.nodes[node];
        assert_eq!(
            own,
            TouchpointNode {
                people: people.len() as u64,
                count,
                converted: converted.len() as u64,
                entry: entry.len() as u64,
                exit: exit.len() as u64
            }
        );
        assert_eq!(behind(world, question, &TouchpointCell::Node(node.clone())), people);
        assert_eq!(behind(world, question, &TouchpointCell::Converted(node.clone())), converted);
        assert_eq!(behind(world, question, &TouchpointCell::Entry(node.clone())), entry);
        assert_eq!(behind(world, question, &TouchpointCell::Exit(node.clone())), exit);
    }
    let mut links: BTreeMap<(String, String), (BTreeSet<u32>, u64)> = BTreeMap::new();
    for (person, visits) in &all {
        for pair in visits.windows(2) {
            let own = links.entry((pair[0].0.clone(), pair[1].0.clone())).or_default();
            own.0.insert(*person);
            own.1 += 1;
        }
    }
    let expected: BTreeMap<_, _> =
        links.iter().map(|(link, (people, times))| (link.clone(), (people.len() as u64, *times))).collect();
    assert_eq!(partial.links.into_iter().collect::<BTreeMap<_, _>>(), expected);
    for ((from, to), (people, _)) in links.into_iter().take(10) {
        assert_eq!(behind(world, question, &TouchpointCell::Link { from, to }), people.into_iter().collect::<Vec<_>>());
    }
}
