//! The reference counts day by day, and finds out when an answer changes by asking for every following day.

use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::kernels::*;
use siyu_behaviour::{Calendar, Select};

fn windows() -> impl Strategy<Value = Window> {
    prop_oneof![
        1 => Just(Window::Ever),
        4 => (0u32..25).prop_map(Window::LastDays),
        3 => (-5i32..45, 0i32..20).prop_map(|(from, length)| Window::Days { from: FIRST_DAY + from, to: FIRST_DAY + from + length }),
    ]
}

fn compares() -> impl Strategy<Value = Compare> {
    prop_oneof![
        Just(Compare::Eq),
        Just(Compare::Ne),
        Just(Compare::Gt),
        Just(Compare::Gte),
        Just(Compare::Lt),
        Just(Compare::Lte)
    ]
}

fn conditions() -> impl Strategy<Value = Condition> {
    let count = prop_oneof![2 => Just(Count::Times), 1 => Just(Count::Days), 1 => Just(Count::Sum("n".into())), 1 => Just(Count::Sum("amount".into()))];
    let value = prop_oneof![3 => (0i32..4).prop_map(f64::from), 1 => (-20i32..150).prop_map(|n| f64::from(n) / 2.0)];
    prop_oneof![
        5 => (selects(), count, compares(), value, windows()).prop_map(|(select, count, op, value, window)| Condition::Did { select, count, op, value, window }),
        1 => (selects(), windows()).prop_map(|(select, window)| Condition::First { select, window }),
        1 => (selects(), windows()).prop_map(|(select, window)| Condition::Last { select, window }),
        3 => (proptest::collection::vec(selects(), 1..4), 0i64..200, windows())
            .prop_map(|(steps, hours, window)| Condition::Sequence { steps, within: hours * HOUR, window }),
    ]
}

fn inside(window: Window, day: i32, today: i32) -> bool {
    day <= today
        && match window {
            Window::Ever => true,
            Window::LastDays(days) => day > today - days as i32,
            Window::Days { from, to } => (from..=to).contains(&day),
        }
}

fn compares_to(op: Compare, own: f64, value: f64) -> bool {
    match op {
        Compare::Eq => own == value,
        Compare::Ne => own != value,
        Compare::Gt => own > value,
        Compare::Gte => own >= value,
        Compare::Lt => own < value,
        Compare::Lte => own <= value,
    }
}

pub fn holds(world: &World, calendar: &Calendar, condition: &Condition, person: u32, today: i32) -> bool {
    let day = |seen: &Seen<'_>| calendar.day(seen.fact.at);
    let of = |select: &Select| world.of(person, select);
    match condition {
        Condition::Did { select, count, op, value, window } => {
            let rows: Vec<_> = of(select).into_iter().filter(|seen| inside(*window, day(seen), today)).collect();
            let own = match count {
                Count::Times => rows.len() as f64,
                Count::Days => rows.iter().map(day).collect::<std::collections::BTreeSet<_>>().len() as f64,
                // Halves add exactly.
                Count::Sum(name) => rows.iter().filter_map(|seen| millionths(seen.fact, name)).map(Sum::number).sum(),
            };
            compares_to(*op, own, *value)
        }
        Condition::First { select, window } => of(select).first().is_some_and(|seen| inside(*window, day(seen), today)),
        Condition::Last { select, window } => {
            of(select).iter().rfind(|seen| day(seen) <= today).is_some_and(|seen| inside(*window, day(seen), today))
        }
        Condition::Sequence { steps, within, window } => {
            let events: Vec<_> =
                world.history(person).into_iter().filter(|seen| inside(*window, day(seen), today)).collect();
            fn from(
                steps: &[Select],
                at: usize,
                within: i64,
                events: &[Seen<'_>],
                first: i64,
                last: Option<&Seen<'_>>,
            ) -> bool {
                at == steps.len()
                    || events.iter().any(|event| {
                        let first = if at == 0 { event.fact.at } else { first };
                        matches(&steps[at], event.fact)
                            && last.is_none_or(|last| question_key(steps, event) > question_key(steps, last))
                            && event.fact.at - first <= within
                            && from(steps, at + 1, within, events, first, Some(event))
                    })
            }
            from(steps, 0, *within, &events, 0, None)
        }
    }
}

proptest! {
    #[test]
    fn sets_and_single_people_agree_with_counting(world in worlds(), condition in conditions(), today in -3i32..44) {
        let calendar = world.calendar();
        let today = FIRST_DAY + today;
        check(&world, &calendar, &condition, today, FIRST_DAY + 90, &world.people);
    }
}

/// Against the reference, for some people; days from `last` on are not looked at.
pub fn check(world: &World, calendar: &Calendar, condition: &Condition, today: i32, last: i32, asked: &[u32]) {
    let expected: Vec<u32> =
        asked.iter().copied().filter(|person| holds(world, calendar, condition, *person, today)).collect();
    let snapshot = world.snapshot();
    let members = Members { condition, calendar, today };
    let people: Vec<u32> = snapshot.run(&members, Some(&asked.iter().copied().collect()), 1).0.iter().collect();
    // People of a bucket without any part are not asked about.
    let known: Vec<u32> = expected.into_iter().filter(|person| snapshot.view_of(*person).is_some()).collect();
    assert_eq!(people, known);
    let few = snapshot.views.iter().flat_map(|view| {
        let own: roaring::RoaringBitmap =
            asked.iter().copied().filter(|own| (own >> 16) as u16 == view.bucket).collect();
        let among = siyu_behaviour::Bits::of_people(&own, view.bucket);
        condition.people_of_few(view, &among, calendar, today).to_people(view.bucket)
    });
    assert_eq!(few.collect::<Vec<u32>>(), known, "by their rows");
    if let Condition::Sequence { steps, within, window } = condition {
        let ways = Ways::all(steps, &snapshot, usize::MAX, 2).expect("no limit");
        let mut people = ways.people(*within, *window, calendar, today, 2);
        people &= asked.iter().copied().collect::<roaring::RoaringBitmap>();
        assert_eq!(people.iter().collect::<Vec<u32>>(), known, "laid out");
        let laid = ways.bytes() / 18;
        assert!(laid == 0 || Ways::all(steps, &snapshot, laid - 1, 1).is_none(), "more than allowed");
    }
    for person in asked.iter().copied() {
        let Some(view) = snapshot.view_of(person) else { continue };
        let standing = condition.bind(view, calendar, today).standing(person as u16);
        // Later changes are not looked for.
        let until_day = if standing.until_day >= last { i32::MAX } else { standing.until_day };
        let standing = Standing { until_day, ..standing };
        let now = holds(world, calendar, condition, person, today);
        let change = (today + 1..last).find(|day| holds(world, calendar, condition, person, *day) != now);
        assert_eq!(standing, Standing { holds: now, until_day: change.unwrap_or(i32::MAX) }, "person {}", person);
    }
}
