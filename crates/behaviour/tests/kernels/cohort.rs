//! The reference adds up person by person.

use crate::retention::grains;
use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::kernels::*;
use std::collections::BTreeMap;

proptest! {
    #[test]
    fn what_people_bring(
        world in worlds(),
        start in prop_oneof![1 => Just(siyu_behaviour::Select::default()), 2 => selects()],
        value in selects(),
        grain in grains(),
        periods in 1usize..15,
        (from, length, today) in (-5i32..40, 0i32..50, -5i32..60),
        by in bys(),
    ) {
        let calendar = world.calendar();
        let question = CohortValue {
            start, value, property: "amount".into(), grain, periods,
            from_day: FIRST_DAY + from, to_day: FIRST_DAY + from + length, today: FIRST_DAY + today,
            by, calendar: calendar.clone(),
        };
        check(&world, &question);
    }
}

/// Against the reference.
pub fn check(world: &World, question: &CohortValue) {
    let (calendar, grain, periods) = (question.calendar.clone(), question.grain, question.periods);
    let day = |seen: &Seen<'_>| calendar.day(seen.fact.at);
    let mut expected = CohortValuePartial::default();
    let mut people = Vec::new();
    for person in world.people() {
        let starts = world.of(person, &question.start);
        let Some(start) = starts.first() else { continue };
        if day(start) < question.from_day || day(start) > question.to_day || day(start) > question.today {
            continue;
        }
        let cohort = grain.of_day(day(start));
        let columns = (grain.of_day(question.today) - cohort + 1).min(periods as i32) as usize;
        let brought: Vec<_> = world
            .of(person, &question.value)
            .into_iter()
            .filter(|seen| seen.fact.at >= start.fact.at && day(seen) <= question.today)
            .collect();
        let mut sums = vec![Sum(0); columns];
        for seen in &brought {
            let k = (grain.of_day(day(seen)) - cohort) as usize;
            if k < columns {
                sums[k] += millionths(seen.fact, "amount").unwrap_or_default();
            }
        }
        let groups = groups_of(&question.by, person, start.fact);
        let count = |cohorts: &mut BTreeMap<i32, ValueCohort>| {
            let own = cohorts.entry(cohort).or_default();
            own.people += 1;
            own.buyers += u64::from(!brought.is_empty());
            own.value.resize(columns, Sum(0));
            (0..columns).for_each(|k| own.value[k] += sums[k]);
        };
        count(&mut expected.all);
        groups.iter().for_each(|group| count(expected.groups.0.entry(group.clone()).or_default()));
        people.push((person, cohort, !brought.is_empty(), groups));
    }
    let partial = run(world, question);
    assert_eq!(&partial, &expected);
    for cohort in expected.all.keys().take(3) {
        for buyers in [false, true] {
            for group in [None].into_iter().chain(expected.groups.0.keys().take(5).cloned().map(Some)) {
                let cell = CohortCell { cohort: *cohort, buyers, group: group.clone() };
                let own: Vec<u32> = people
                    .iter()
                    .filter(|(_, own, buyer, groups)| {
                        own == cohort
                            && (*buyer || !buyers)
                            && group.as_ref().is_none_or(|group| groups.contains(group))
                    })
                    .map(|(person, ..)| *person)
                    .collect();
                assert_eq!(behind(world, question, &cell), own);
            }
        }
    }
}
