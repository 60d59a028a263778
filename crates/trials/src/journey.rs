//! Of a journey: the arms of its tests by the goals they reached.

use crate::figures::Share;
use crate::trial::{Arm, Kind, Outcome, Trial, What};
use crate::verdict::{Figures, ratio};
use siyu_journeys::definition::{Act, Arm as Way, Node};
use siyu_journeys::{Definition, NodeNumbers, Numbers, Port};
use std::collections::BTreeMap;

/// A test of a journey.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeTest {
    pub node: String,
    /// As it was named last.
    pub name: String,
    /// Those that count together, the newest first: the arms have the same names and weights, and one goal. They have to: whoever is moved to another
    /// version after the test reaches the goal there.
    pub versions: Vec<u32>,
    pub within_days: u32,
    pub trial: Trial,
}

/// The tests that anybody has come to, those of the newest version first. Who passes a node twice counts twice; who has passed it and has time left for
/// the goal counts as not having reached it yet.
pub fn of_journey(numbers: &Numbers, versions: &[(u32, Definition)], lift: f64) -> Vec<NodeTest> {
    let mut newest: Vec<&(u32, Definition)> = versions.iter().collect();
    newest.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let mut found: Vec<(&Node, Vec<u32>)> = Vec::new();
    for (version, own) in newest {
        for node in own.nodes.iter().filter(|node| matches!(node.act, Act::Ab { .. })) {
            match found.iter_mut().find(|(known, _)| known.id == node.id && is_same(&known.act, &node.act)) {
                Some((_, versions)) => versions.push(*version),
                None => found.push((node, vec![*version])),
            }
        }
    }
    found.into_iter().filter_map(|(node, versions)| test(numbers, node, versions, lift)).collect()
}

fn is_same(one: &Act, two: &Act) -> bool {
    let drawn = |arms: &[Way]| arms.iter().map(|arm| (arm.name.clone(), arm.weight)).collect::<Vec<_>>();
    match (one, two) {
        (Act::Ab { arms: a, goal: aims, within_days: days }, Act::Ab { arms: b, goal: aimed, within_days: other }) => {
            (aims, days, drawn(a)) == (aimed, other, drawn(b))
        }
        _ => false,
    }
}

fn test(numbers: &Numbers, node: &Node, versions: Vec<u32>, lift: f64) -> Option<NodeTest> {
    let Act::Ab { arms, within_days, .. } = &node.act else { return None };
    let own = versions.iter().filter_map(|version| numbers.nodes.get(&(*version, node.id.clone())));
    let own: Vec<&NodeNumbers> = own.filter(|own| own.came > 0).collect();
    if own.is_empty() {
        return None;
    }
    let trial = trial(arms, &own, lift);
    Some(NodeTest { node: node.id.clone(), name: node.name.clone(), versions, within_days: *within_days, trial })
}

fn trial(arms: &[Way], own: &[&NodeNumbers], lift: f64) -> Trial {
    let sum = |of: fn(&NodeNumbers) -> &BTreeMap<String, i64>, at: usize| -> i64 {
        own.iter().filter_map(|own| of(own).get(&Port::Arm(at as u8).name())).sum()
    };
    let share = |at: usize| {
        let people = sum(|own| &own.passed, at);
        // Somebody who was moved here from a version with another test brings a goal and no passage.
        Share::new(sum(|own| &own.goals, at).min(people), people)
    };
    let shares: Vec<Share> = (0..arms.len()).map(share).collect();
    let weights: Vec<f64> = arms.iter().map(|arm| f64::from(arm.weight)).collect();
    let (people, all): (Vec<i64>, f64) = (shares.iter().map(|own| own.people).collect(), weights.iter().sum());
    let ratio = ratio(&people, &weights);
    let arm = |(at, way): (usize, &Way)| Arm {
        name: way.name.clone(),
        people: people[at],
        drawn: (all > 0.0).then(|| weights[at] / all),
    };
    let mismatch = ratio.is_some_and(|own| own.mismatch);
    Trial {
        kind: Kind::Arms,
        arms: arms.iter().enumerate().map(arm).collect(),
        ratio,
        outcomes: vec![Outcome::of(What::Goal, Figures::Shares(shares), lift, mismatch)],
    }
}
