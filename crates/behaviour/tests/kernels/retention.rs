//! The reference asks for every person, cohort and period whether there is such an event.

use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::Grain;
use siyu_behaviour::kernels::*;
use std::collections::BTreeMap;

pub fn grains() -> impl Strategy<Value = Grain> {
    prop_oneof![
        Just(Grain::DAY),
        Just(Grain::WEEK),
        Just(Grain::Month),
        Just(Grain::Days { length: 7, anchor: FIRST_DAY + 2 })
    ]
}

fn retentions() -> impl Strategy<Value = Retention> {
    let same = prop_oneof![Just(true), Just(false)];
    (
        (selects(), selects(), same),
        grains(),
        1usize..20,
        (any::<bool>(), any::<bool>()),
        (-5i32..40, 0i32..50, -5i32..60),
        bys(),
    )
        .prop_map(|((start, back, same), grain, periods, (rolling, first), (from, length, today), by)| Retention {
            back: if same { start.clone() } else { back },
            start,
            grain,
            periods,
            mode: if rolling { Mode::Rolling } else { Mode::On },
            first,
            from_day: FIRST_DAY + from,
            to_day: FIRST_DAY + from + length,
            today: FIRST_DAY + today,
            by,
            calendar: std::sync::Arc::new(siyu_behaviour::Calendar::new(&siyu_kernel::Zone::utc(), 0, 0)),
        })
}

/// For a person: (cohort, columns, start event).
fn cohorts<'w>(world: &'w World, question: &Retention, person: u32) -> Vec<(i32, Vec<bool>, Seen<'w>)> {
    let calendar = &question.calendar;
    let day = |seen: &Seen<'_>| calendar.day(seen.fact.at);
    let period = |seen: &Seen<'_>| question.grain.of_day(day(seen));
    let starts = world.of(person, &question.start);
    let backs: Vec<_> =
        world.of(person, &question.back).into_iter().filter(|seen| day(seen) <= question.today).collect();
    let inside =
        |seen: &Seen<'_>| day(seen) >= question.from_day && day(seen) <= question.to_day && day(seen) <= question.today;
    let mut all: Vec<(i32, Vec<bool>, Seen<'w>)> = Vec::new();
    for start in starts.iter().take(if question.first { 1 } else { usize::MAX }).filter(|seen| inside(seen)) {
        let cohort = period(start);
        if all.iter().any(|(own, ..)| *own == cohort) {
            continue;
        }
        let mut columns = Vec::new();
        for k in 0..question.periods as i32 {
            if cohort + k > question.grain.of_day(question.today) {
                break;
            }
            columns.push(backs.iter().any(|back| {
                back.fact.at >= start.fact.at
                    && match question.mode {
                        Mode::On => period(back) == cohort + k,
                        Mode::Rolling => period(back) >= cohort + k,
                    }
            }));
        }
        all.push((cohort, columns, *start));
    }
    all
}

fn count(cohorts: &mut BTreeMap<i32, Cohort>, cohort: i32, columns: &[bool]) {
    let own = cohorts.entry(cohort).or_default();
    own.people += 1;
    own.returned.resize(columns.len(), 0);
    own.returned.iter_mut().zip(columns).for_each(|(own, holds)| *own += u64::from(*holds));
}

proptest! {
    #[test]
    fn cohorts_come_back(world in worlds(), question in retentions()) {
        let question = Retention { calendar: world.calendar(), ..question };
        check(&world, &question);
    }
}

/// Against the reference.
pub fn check(world: &World, question: &Retention) {
    let mut expected = RetentionPartial::default();
    let mut people = Vec::new();
    for person in world.people() {
        for (cohort, columns, start) in cohorts(world, question, person) {
            count(&mut expected.all, cohort, &columns);
            let groups = groups_of(&question.by, person, start.fact);
            for group in &groups {
                count(expected.groups.0.entry(group.clone()).or_default(), cohort, &columns);
            }
            people.push((person, cohort, columns, groups));
        }
    }
    let partial = run(world, question);
    assert_eq!(&partial, &expected);
    let groups: Vec<_> = [None].into_iter().chain(expected.groups.0.keys().cloned().map(Some)).collect();
    for (cohort, own) in expected.all.iter().take(3) {
        for period in [None].into_iter().chain((0..own.returned.len() + 1).map(Some)) {
            for group in &groups {
                let cell = RetentionCell { cohort: *cohort, period, group: group.clone() };
                let expected: Vec<u32> = people
                    .iter()
                    .filter(|(_, own, columns, groups)| {
                        own == cohort
                            && period.is_none_or(|k| columns.get(k) == Some(&true))
                            && group.as_ref().is_none_or(|group| groups.contains(group))
                    })
                    .map(|(person, ..)| *person)
                    .collect();
                assert_eq!(behind(world, question, &cell), expected);
            }
        }
    }
}
