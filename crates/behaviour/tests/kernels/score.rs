//! The reference works in fractions.

use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::kernels::*;
use std::collections::BTreeSet;
use std::sync::Arc;

proptest! {
    #[test]
    fn parts_are_what_the_table_says(
        world in worlds(),
        (orders, refunds) in (selects(), proptest::option::of(selects())),
        on in -2i32..45,
        full in (1u32..30, 1u32..5, 1i64..200, 1u32..6, 1u32..4),
        super_vip in 0u32..60_000,
    ) {
        let calendar = world.calendar();
        let on = FIRST_DAY + on;
        let loyal = Loyal { select: orders.clone(), orders: 2, days: 10, before: true, on, calendar: calendar.clone() };
        let referrals = vec![(0, 2), (63, 9), (65_541, 1)];
        let question = Score {
            orders: orders.clone(), refunds: refunds.clone(), value: "amount".into(), weights: Weights { recency: 20, frequency: 20, money: 25, engagement: 25, referral: 10 },
            recency_days: full.0, frequency_orders: full.1, money_full: full.2, active_days: full.3, referrals_full: full.4,
            referrals: Arc::new(referrals.clone()), loyal: loyal.clone(), super_vip, on, calendar: calendar.clone(),
        };
        check(&world, &question);
    }
}

/// Against the reference.
pub fn check(world: &World, question: &Score) {
    let (calendar, on, orders, refunds, super_vip) =
        (question.calendar.clone(), question.on, question.orders.clone(), question.refunds.clone(), question.super_vip);
    let loyal = question.loyal.clone();
    let full = (
        question.recency_days,
        question.frequency_orders,
        question.money_full,
        question.active_days,
        question.referrals_full,
    );
    let referrals = question.referrals.to_vec();
    let loyal = run(world, &loyal).0;
    let part = |weight: u32, has: f64, full: f64| {
        (f64::from(weight) * 1_000.0 * (has / full).clamp(0.0, 1.0) + 1e-7).floor() as u32
    };
    let mut expected = Vec::new();
    for person in world.people() {
        let days = |select: &siyu_behaviour::Select| -> Vec<(i32, i64)> {
            world
                .of(person, select)
                .iter()
                .map(|seen| (calendar.day(seen.fact.at), whole(seen.fact, "amount")))
                .filter(|(day, _)| *day <= on)
                .collect()
        };
        let any: BTreeSet<i32> = days(&siyu_behaviour::Select::default()).into_iter().map(|(day, _)| day).collect();
        if any.is_empty() {
            continue;
        }
        let bought = days(&orders);
        let back = refunds.as_ref().map(&days).unwrap_or_default();
        let money: i64 = bought.iter().chain(&back).map(|(_, amount)| amount).sum();
        let recency = bought.last().map_or(0, |(day, _)| i64::from(full.0) - i64::from(on - day));
        let referred = referrals.iter().find(|(own, _)| *own == person).map_or(0, |(_, count)| *count);
        let weights = &question.weights;
        let parts = ScoreParts {
            recency: part(weights.recency, recency as f64, f64::from(full.0)),
            frequency: part(weights.frequency, bought.len() as f64, f64::from(full.1)),
            money: part(weights.money, money as f64, full.2 as f64),
            engagement: part(
                weights.engagement,
                any.iter().filter(|day| **day > on - 30).count() as f64,
                f64::from(full.3),
            ),
            referral: part(weights.referral, f64::from(referred), f64::from(full.4)),
        };
        let sum = parts.recency + parts.frequency + parts.money + parts.engagement + parts.referral;
        assert_eq!(parts.total(), sum);
        assert!(sum <= 100_000);
        let tier = if sum >= super_vip {
            Tier::SuperVip
        } else if loyal.contains(person) {
            Tier::Loyal
        } else {
            Tier::Ordinary
        };
        expected.push((person, parts, tier));
    }
    assert_eq!(run(world, question).0, expected);
}
