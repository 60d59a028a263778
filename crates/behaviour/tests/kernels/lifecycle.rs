//! The reference looks at everybody's order days.

use crate::world::*;
use proptest::prelude::*;
use roaring::RoaringBitmap;
use siyu_behaviour::kernels::*;
use std::collections::BTreeMap;

fn stage(days: &[i32], stages: Stages, on: i32) -> Stage {
    let days: Vec<i32> = days.iter().copied().filter(|day| *day <= on).collect();
    let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) else { return Stage::Prospect };
    let (old, age) = ((on - first) as u32, (on - last) as u32);
    if old <= stages.new_days {
        Stage::New
    } else if age <= stages.active_days {
        Stage::Active
    } else if age <= stages.risk_days {
        Stage::AtRisk
    } else {
        Stage::Lost
    }
}

proptest! {
    #[test]
    fn stages_and_cycle(
        world in worlds(),
        orders in selects(),
        (on, against) in (-2i32..50, proptest::option::of(-2i32..50)),
        days in (0u32..12, 0u32..12, 0u32..12),
    ) {
        let calendar = world.calendar();
        let stages = Stages { new_days: days.0, active_days: days.1, risk_days: days.1 + days.2 };
        let (on, against) = (FIRST_DAY + on, against.map(|day| FIRST_DAY + day));
        let question = Lifecycle { orders: orders.clone(), stages, on, against, calendar: calendar.clone() };
        check(&world, &question);
        let cycle = Cycle { orders, from_day: FIRST_DAY + 2, to_day: on, calendar };
        check_cycle(&world, &cycle);
    }

    #[test]
    fn pirate_stages_and_loyalty(
        world in worlds(),
        selects in (selects(), selects(), selects()),
        (on, days) in (-2i32..50, 0u32..20),
        (orders, before) in (1u32..4, any::<bool>()),
    ) {
        let calendar = world.calendar();
        let on = FIRST_DAY + on;
        let (activation, revenue, referral) = selects;
        let referrers: RoaringBitmap = [1, 2, 65_541].into_iter().collect();
        let question = Aarrr {
            activation, retention_days: days, revenue, referral, referrers: referrers.clone(), on, calendar: calendar.clone(),
        };
        let mut partial = AarrrPartial::default();
        let mut all = Vec::new();
        for person in world.people().into_iter().filter(|person| world.snapshot().view_of(*person).is_some()) {
            let of = |select: &siyu_behaviour::Select| -> Vec<i32> {
                world.of(person, select).iter().map(|seen| calendar.day(seen.fact.at)).filter(|day| *day <= on).collect()
            };
            let any = of(&siyu_behaviour::Select::default());
            let own = [
                !any.is_empty(),
                !of(&question.activation).is_empty(),
                any.iter().any(|day| *day > on - days as i32) && any.iter().any(|day| *day <= on - days as i32),
                !of(&question.revenue).is_empty(),
                !of(&question.referral).is_empty() || referrers.contains(person),
            ];
            let last = own.iter().rposition(|holds| *holds);
            (0..5).for_each(|stage| partial.reached[stage] += u64::from(own[stage]));
            if let Some(last) = last {
                partial.stage[last] += 1;
            }
            all.push((person, own, last));
        }
        let among: RoaringBitmap = world.people().into_iter().collect();
        prop_assert_eq!(world.snapshot().run(&question, Some(&among), 2), partial);
        for stage in 0..5 {
            let own: Vec<u32> = all.iter().filter(|(_, own, _)| own[stage]).map(|(person, ..)| *person).collect();
            prop_assert_eq!(behind(&world, &question, &AarrrCell::Reached(stage)), own);
            let own: Vec<u32> = all.iter().filter(|(_, _, last)| *last == Some(stage)).map(|(person, ..)| *person).collect();
            prop_assert_eq!(behind(&world, &question, &AarrrCell::Stage(stage)), own);
        }
        let loyal = Loyal { select: question.revenue.clone(), orders, days, before, on, calendar: calendar.clone() };
        let expected: Vec<u32> = world.people().into_iter().filter(|person| {
            let own: Vec<i32> = world.of(*person, &loyal.select).iter().map(|seen| calendar.day(seen.fact.at)).filter(|day| *day <= on).collect();
            let lately = own.iter().filter(|day| **day > on - days as i32).count();
            lately >= orders as usize && (!before || lately < own.len())
        }).collect();
        prop_assert_eq!(run(&world, &loyal).0.iter().collect::<Vec<_>>(), expected);
    }
}

/// Against the reference.
pub fn check(world: &World, question: &Lifecycle) {
    let (calendar, stages, on, against, orders) =
        (question.calendar.clone(), question.stages, question.on, question.against, question.orders.clone());
    let exists: RoaringBitmap =
        world.people().into_iter().filter(|person| world.snapshot().view_of(*person).is_some()).collect();
    let of =
        |person: u32| -> Vec<i32> { world.of(person, &orders).iter().map(|seen| calendar.day(seen.fact.at)).collect() };
    let mut flow = [[0u64; 5]; 5];
    let mut all = Vec::new();
    for person in &exists {
        let (now, before) = (stage(&of(person), stages, on), stage(&of(person), stages, against.unwrap_or(on)));
        flow[before as usize][now as usize] += 1;
        all.push((person, before, now));
    }
    assert_eq!(world.snapshot().run(question, Some(&exists), 2).flow, flow);
    for from in [None].into_iter().chain(Stage::ALL.map(Some)) {
        for to in [None].into_iter().chain(Stage::ALL.map(Some)) {
            let own: Vec<u32> = all
                .iter()
                .filter(|(_, before, now)| from.is_none_or(|from| from == *before) && to.is_none_or(|to| to == *now))
                .map(|(person, ..)| *person)
                .collect();
            assert_eq!(behind(world, question, &LifecycleCell { from, to }), own);
        }
    }
}

/// Against the reference.
pub fn check_cycle(world: &World, cycle: &Cycle) -> CyclePartial {
    let calendar = cycle.calendar.clone();
    let of = |person: u32| -> Vec<i32> {
        world.of(person, &cycle.orders).iter().map(|seen| calendar.day(seen.fact.at)).collect()
    };
    let mut gaps: BTreeMap<u32, u64> = BTreeMap::new();
    for person in world.people() {
        let mut days: Vec<i32> =
            of(person).into_iter().filter(|day| (cycle.from_day..=cycle.to_day).contains(day)).collect();
        days.dedup();
        days.windows(2).for_each(|pair| *gaps.entry((pair[1] - pair[0]) as u32).or_default() += 1);
    }
    let partial = run(world, cycle);
    assert_eq!(&partial.0, &gaps.iter().map(|(days, times)| (*days, *times)).collect::<Vec<_>>());
    let mut flat: Vec<u32> = gaps.iter().flat_map(|(days, times)| vec![*days; *times as usize]).collect();
    flat.sort_unstable();
    assert_eq!(partial.median(), flat.get(flat.len().saturating_sub(1) / 2).copied());
    partial
}
