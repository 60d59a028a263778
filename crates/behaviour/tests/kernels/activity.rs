//! The reference asks for every day who was there.

use crate::retention::grains;
use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::kernels::*;
use siyu_kernel::Time;
use std::collections::BTreeSet;

proptest! {
    #[test]
    fn who_is_there(world in worlds(), grain in grains(), (from, length) in (-5i32..40, 0i32..45), detail in any::<bool>()) {
        let calendar = world.calendar();
        let (from_day, to_day) = (FIRST_DAY + from, FIRST_DAY + from + length);
        let question = Activity { grain, from_day, to_day, detail, calendar: calendar.clone() };
        check(&world, &question);
    }
}

/// Against the reference.
pub fn check(world: &World, question: &Activity) {
    let (calendar, grain, from_day, to_day, detail) =
        (question.calendar.clone(), question.grain, question.from_day, question.to_day, question.detail);
    let partial = run(world, question);
    if world.snapshot().views.is_empty() {
        return;
    }
    let days = |person: u32| -> BTreeSet<i32> {
        world.history(person).iter().map(|seen| calendar.day(seen.fact.at)).collect()
    };
    let people = |fits: &dyn Fn(&BTreeSet<i32>) -> bool| -> Vec<u32> {
        world.people().into_iter().filter(|person| fits(&days(*person))).collect()
    };
    let (first, last) = (grain.of_day(from_day), grain.of_day(to_day));
    for period in first..=last {
        let at = (period - first) as usize;
        let inside = |day: &i32| (from_day..=to_day).contains(day) && grain.of_day(*day) == period;
        let active = people(&|days| days.iter().any(inside));
        let new = people(&|days| days.first().is_some_and(inside));
        let returning: Vec<u32> = active.iter().copied().filter(|person| !new.contains(person)).collect();
        assert_eq!((partial.active[at], partial.new[at]), (active.len() as u64, new.len() as u64));
        assert_eq!(behind(world, question, &ActivityCell::Active(period)), active);
        assert_eq!(behind(world, question, &ActivityCell::New(period)), new);
        assert_eq!(behind(world, question, &ActivityCell::Returning(period)), returning);
        if detail {
            let events = world
                .people()
                .into_iter()
                .flat_map(|person| world.history(person))
                .filter(|seen| inside(&calendar.day(seen.fact.at)));
            assert_eq!(partial.events[at], events.count() as u64);
        }
    }
    let lately = |length: i32| people(&|days| days.iter().any(|day| *day <= to_day && *day > to_day - length));
    for (length, count) in [(1, partial.day), (7, partial.week), (30, partial.month)] {
        assert_eq!(count, lately(length).len() as u64);
        assert_eq!(behind(world, question, &ActivityCell::Last(length as u32)), lately(length));
    }
    let sum: usize = (to_day - 29..=to_day).map(|day| people(&|days| days.contains(&day)).len()).sum();
    assert_eq!(partial.day_sum, sum as u64);
    assert_eq!(partial.people, people(&|days| days.iter().any(|day| (from_day..=to_day).contains(day))).len() as u64);
    if detail {
        let zone = world.zone();
        let mut hours = vec![0u64; 168];
        for event in ["e0", "e1", "e2", "e3"] {
            let (mut count, mut who) = (0, BTreeSet::new());
            for person in world.people() {
                for seen in world.history(person) {
                    let at = Time(seen.fact.at);
                    if seen.fact.event == event && (from_day..=to_day).contains(&zone.day(at)) {
                        count += 1;
                        who.insert(person);
                        let hour: usize = zone.local(at)[11..13].parse().unwrap();
                        hours[(zone.day(at) - zone.week(at)) as usize * 24 + hour] += 1;
                    }
                }
            }
            let own = partial.by_event.get(event).copied().unwrap_or_default();
            assert_eq!(own, (who.len() as u64, count));
            assert_eq!(
                behind(world, question, &ActivityCell::Event(event.into())),
                who.into_iter().collect::<Vec<_>>()
            );
        }
        assert_eq!(&partial.by_hour, &hours);
    }
}
