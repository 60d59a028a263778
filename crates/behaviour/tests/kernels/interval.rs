//! The reference looks back from each later event for its partner.

use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::kernels::*;
use std::collections::BTreeSet;

proptest! {
    #[test]
    fn from_one_to_the_next(world in worlds(), before in selects(), after in selects(), same in any::<bool>(), hours in 0i64..300, (from, to) in spans()) {
        let after = if same { before.clone() } else { after };
        let question = Interval { before, after, within: hours * HOUR, from, to };
        check(&world, &question);
    }
}

/// Against the reference.
pub fn check(world: &World, question: &Interval) {
    let (from, to) = (question.from, question.to);
    let steps = [question.before.clone(), question.after.clone()];
    let mut gaps: Vec<(u32, u32)> = Vec::new();
    for person in world.people() {
        let mut events = world.history(person);
        events.sort_by(|a, b| question_key(&steps, a).cmp(&question_key(&steps, b)));
        for (at, event) in events.iter().enumerate().filter(|(_, event)| matches(&question.after, event.fact)) {
            // The last one ahead, unless another "after" has used it.
            let Some(back) = events[..at].iter().rposition(|own| matches(&question.before, own.fact)) else { continue };
            if events[back + 1..at].iter().any(|own| matches(&question.after, own.fact)) {
                continue;
            }
            let start = events[back].fact.at;
            if start >= from && start < to && event.fact.at - start <= question.within {
                gaps.push((((event.fact.at - start) / 1_000_000) as u32, person));
            }
        }
    }
    gaps.sort_unstable();
    let partial = run(world, question);
    let flat: Vec<u32> = partial.seconds.iter().flat_map(|(gap, times)| vec![*gap; *times as usize]).collect();
    assert_eq!(flat, gaps.iter().map(|(gap, _)| *gap).collect::<Vec<_>>());
    assert_eq!(partial.count(), gaps.len() as u64);
    assert_eq!(partial.people, gaps.iter().map(|(_, person)| person).collect::<BTreeSet<_>>().len() as u64);
    let edges = [0u32, 1, 86_400, 7 * 86_400];
    let bins = partial.bins(&edges);
    for (at, low) in edges.iter().enumerate() {
        let high = edges.get(at + 1).copied().unwrap_or(u32::MAX);
        let own: Vec<_> = gaps.iter().filter(|(gap, _)| gap >= low && *gap < high).collect();
        assert_eq!(bins[at], own.len() as u64);
        let people: BTreeSet<u32> = own.iter().map(|(_, person)| *person).collect();
        let cell = IntervalCell { from_seconds: *low, to_seconds: high };
        assert_eq!(behind(world, question, &cell), people.into_iter().collect::<Vec<_>>());
    }
}
