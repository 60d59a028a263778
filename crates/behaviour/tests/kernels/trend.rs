//! The reference looks at every event of every person.

use crate::retention::grains;
use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::Select;
use siyu_behaviour::kernels::*;
use std::collections::{BTreeMap, BTreeSet};

type Events<'w> = Vec<(u32, i32, Seen<'w>, Vec<Option<String>>)>;

/// (person, day, event, groups) of the span.
fn events<'w>(world: &'w World, question: &Trend, select: &Select) -> Events<'w> {
    let mut all = Vec::new();
    for person in world.people() {
        for seen in world.of(person, select) {
            let day = question.calendar.day(seen.fact.at);
            if (question.from_day..=question.to_day).contains(&day) {
                all.push((person, day, seen, groups_of(&question.by, person, seen.fact)));
            }
        }
    }
    all
}

fn points<'e, 'w: 'e>(
    question: &Trend,
    events: impl Iterator<Item = &'e (u32, i32, Seen<'w>, Vec<Option<String>>)>,
) -> Vec<Sum> {
    let first = question.grain.of_day(question.from_day);
    let periods = (question.grain.of_day(question.to_day) - first + 1) as usize;
    let mut sums = vec![Sum(0); periods];
    let mut people = vec![BTreeSet::new(); periods];
    for (person, day, seen, _) in events {
        let at = (question.grain.of_day(*day) - first) as usize;
        sums[at] += match &question.measure {
            Measure::Count => Sum::of_whole(1),
            Measure::People => Sum::of_whole(i64::from(people[at].insert(*person))),
            Measure::Sum(name) => millionths(seen.fact, name).unwrap_or_default(),
        };
    }
    sums
}

proptest! {
    #[test]
    fn numbers_over_time(
        world in worlds(),
        selects in proptest::collection::vec(selects(), 1..3),
        grain in grains(),
        measure in prop_oneof![Just(Measure::Count), Just(Measure::People), Just(Measure::Sum("n".into()))],
        (from, length) in (-5i32..40, 0i32..40),
        by in bys(),
    ) {
        let question = Trend {
            events: selects,
            grain,
            measure,
            from_day: FIRST_DAY + from,
            to_day: FIRST_DAY + from + length,
            by,
            calendar: world.calendar(),
        };
        check(&world, &question);
    }
}

/// Against the reference.
pub fn check(world: &World, question: &Trend) {
    let grain = question.grain;
    let series: Vec<Events<'_>> = question.events.iter().map(|select| events(world, question, select)).collect();
    let mut partial = run(world, question);
    if world.snapshot().views.is_empty() {
        return;
    }
    let expected: Vec<Vec<Sum>> = series.iter().map(|own| points(question, own.iter())).collect();
    assert_eq!(&partial.all, &expected);
    let mut groups: BTreeMap<Option<String>, Vec<Vec<Sum>>> = BTreeMap::new();
    for (at, own) in series.iter().enumerate() {
        let names: BTreeSet<_> = own.iter().flat_map(|(.., groups)| groups.clone()).collect();
        for name in names {
            let points = points(question, own.iter().filter(|(.., groups)| groups.contains(&name)));
            groups.entry(name).or_insert_with(|| vec![Vec::new(); series.len()])[at] = points;
        }
        let people: BTreeSet<_> = own.iter().map(|(person, ..)| *person).collect();
        assert_eq!(partial.people[at], people.len() as u64);
    }
    // Sums of nothing are not told apart from nothing.
    let nothing = |points: &mut Vec<Vec<Sum>>| {
        points.iter_mut().filter(|own| own.iter().all(|sum| *sum == Sum(0))).for_each(Vec::clear);
        points.iter().any(|own| !own.is_empty())
    };
    groups.retain(|_, own| nothing(own));
    partial.groups.0.retain(|_, own| nothing(own));
    assert_eq!(&partial.groups.0, &groups);
    for (at, own) in series.iter().enumerate() {
        let last = grain.of_day(question.to_day);
        for period in [None, Some(grain.of_day(question.from_day)), Some(last), Some(last + 1)] {
            for group in [None].into_iter().chain(groups.keys().cloned().map(Some)) {
                let fits = |(_, day, _, groups): &&(u32, i32, Seen<'_>, Vec<Option<String>>)| {
                    period.is_none_or(|period| grain.of_day(*day) == period)
                        && group.as_ref().is_none_or(|group| groups.contains(group))
                };
                let people: BTreeSet<u32> = own.iter().filter(fits).map(|(person, ..)| *person).collect();
                let cell = TrendCell { series: at, period, group: group.clone() };
                assert_eq!(behind(world, question, &cell), people.into_iter().collect::<Vec<_>>());
            }
        }
    }
}
