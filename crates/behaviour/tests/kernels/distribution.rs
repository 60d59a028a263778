//! The reference lists all values.

use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::kernels::*;
use std::collections::BTreeSet;

proptest! {
    #[test]
    fn how_often_and_how_much(
        world in worlds(),
        event in selects(),
        spread in prop_oneof![Just(Spread::Count), Just(Spread::Days), Just(Spread::Sum("amount".into())), Just(Spread::Value("n".into()))],
        (from, to) in spans(),
    ) {
        let question = Distribution { event, spread, from, to, calendar: world.calendar() };
        check(&world, &question);
    }
}

/// Against the reference.
pub fn check(world: &World, question: &Distribution) {
    let (from, to) = (question.from, question.to);
    let mut values: Vec<(Sum, u32)> = Vec::new();
    for person in world.people() {
        let rows: Vec<_> = world
            .of(person, &question.event)
            .into_iter()
            .filter(|seen| seen.fact.at >= from && seen.fact.at < to)
            .collect();
        if rows.is_empty() {
            continue;
        }
        let numbers = |name: &str| -> Vec<Sum> { rows.iter().filter_map(|seen| millionths(seen.fact, name)).collect() };
        match &question.spread {
            Spread::Count => values.push((Sum::of_whole(rows.len() as i64), person)),
            Spread::Days => {
                let days: BTreeSet<i32> = rows.iter().map(|seen| question.calendar.day(seen.fact.at)).collect();
                values.push((Sum::of_whole(days.len() as i64), person));
            }
            Spread::Sum(name) => values.push((Sum(numbers(name).iter().map(|sum| sum.0).sum()), person)),
            Spread::Value(name) => values.extend(numbers(name).into_iter().map(|value| (value, person))),
        }
    }
    values.sort();
    let partial = run(world, question);
    let flat: Vec<Sum> = partial.values.iter().flat_map(|(value, times)| vec![*value; *times as usize]).collect();
    assert_eq!(&flat, &values.iter().map(|(value, _)| *value).collect::<Vec<_>>());
    assert_eq!(partial.people, values.iter().map(|(_, person)| person).collect::<BTreeSet<_>>().len() as u64);
    assert_eq!(partial.count(), values.len() as u64);
    assert_eq!(partial.total().0, values.iter().map(|(value, _)| value.0).sum::<i128>());
    for share in [0.0, 0.1, 0.5, 0.9, 1.0] {
        let found = (0..values.len()).find(|at| (at + 1) as f64 >= share * values.len() as f64);
        assert_eq!(partial.quantile(share), found.map(|at| values[at].0));
    }
    let edges = [-10.0, 0.0, 1.0, 2.5, 20.0];
    let bins = partial.bins(&edges);
    for (at, edge) in edges.iter().enumerate() {
        let (low, high) = (*edge, edges.get(at + 1).copied());
        let inside = |value: Sum| value.number() >= low && high.is_none_or(|high| value.number() < high);
        assert_eq!(bins[at], values.iter().filter(|(value, _)| inside(*value)).count() as u64);
        let people: BTreeSet<u32> =
            values.iter().filter(|(value, _)| inside(*value)).map(|(_, person)| *person).collect();
        let cell = DistributionCell { from: Some(low), to: high };
        assert_eq!(behind(world, question, &cell), people.into_iter().collect::<Vec<_>>());
    }
}
