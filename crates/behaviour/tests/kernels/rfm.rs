//! The reference sorts.

use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::kernels::*;
use siyu_behaviour::{Fact, Select, Value};
use std::collections::BTreeSet;

/// (person, days, orders, value)
type Buyer = (u32, i64, i64, i64);

fn ranked(buyers: &[Buyer], key: impl Fn(&Buyer) -> i64, score: impl Fn(usize, usize) -> usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..buyers.len()).collect();
    order.sort_by_key(|at| (key(&buyers[*at]), buyers[*at].0));
    let mut scores = vec![0; buyers.len()];
    for (rank, at) in order.iter().enumerate() {
        scores[*at] = score(rank, buyers.len());
    }
    scores
}

pub fn scores(buyers: &[Buyer], method: &Method) -> Vec<(u8, u8, u8)> {
    let three = |r: Vec<usize>, f: Vec<usize>, m: Vec<usize>| {
        (0..buyers.len()).map(|at| (r[at] as u8, f[at] as u8, m[at] as u8)).collect()
    };
    match method {
        Method::Quantile(n) => {
            let n = usize::from(*n);
            let score = |rank: usize, all: usize| 1 + n * rank / all;
            three(
                ranked(buyers, |b| b.1, |rank, all| n + 1 - score(rank, all)),
                ranked(buyers, |b| b.2, score),
                ranked(buyers, |b| b.3, score),
            )
        }
        Method::Tiles(n) => {
            let n = usize::from(*n);
            let tile = |rank: usize, all: usize| {
                let sizes = (0..n).map(|tile| all / n + usize::from(tile < all % n));
                let mut left = rank;
                for (tile, size) in sizes.enumerate() {
                    if left < size {
                        return tile + 1;
                    }
                    left -= size;
                }
                unreachable!()
            };
            three(ranked(buyers, |b| -b.1, tile), ranked(buyers, |b| b.2, tile), ranked(buyers, |b| b.3, tile))
        }
        Method::Fixed(bounds) => buyers
            .iter()
            .map(|(_, days, orders, value)| {
                let r = 1 + bounds.recency_days.iter().filter(|most| *days <= i64::from(**most)).count();
                let f = 1 + bounds.frequency.iter().filter(|least| *orders >= i64::from(**least)).count();
                let m = 1 + bounds.value.iter().filter(|least| value >= least).count();
                (r as u8, f as u8, m as u8)
            })
            .collect(),
    }
}

fn buyers(world: &World, rfm: &Rfm) -> Vec<Buyer> {
    let day = |seen: &Seen<'_>| rfm.calendar.day(seen.fact.at);
    let inside = |seen: &Seen<'_>| day(seen) <= rfm.as_of && day(seen) >= rfm.since;
    let mut all = Vec::new();
    for person in world.people() {
        let orders: Vec<_> = world.of(person, &rfm.orders).into_iter().filter(inside).collect();
        let Some(last) = orders.last() else { continue };
        let frequency = match &rfm.frequency {
            Frequency::Events => orders.len(),
            Frequency::Days => orders.iter().map(day).collect::<BTreeSet<_>>().len(),
            Frequency::Distinct(name) => {
                let named: BTreeSet<_> = orders.iter().filter_map(|seen| groups(seen.fact, name).remove(0)).collect();
                named.len() + orders.iter().filter(|seen| property(seen.fact, name).is_none()).count()
            }
        };
        let mut value: i64 = orders.iter().map(|seen| whole(seen.fact, &rfm.value)).sum();
        if let Some(refunds) = &rfm.refunds {
            let own = world.of(person, refunds);
            value += own.iter().filter(|seen| inside(seen)).map(|seen| whole(seen.fact, &rfm.value)).sum::<i64>();
        }
        all.push((person, i64::from(rfm.as_of - day(last)), frequency as i64, value));
    }
    all
}

fn flat(scored: &RfmScores) -> Vec<(Buyer, (u8, u8, u8))> {
    let mut all = Vec::new();
    for own in &scored.buyers {
        for at in 0..own.slots.len() {
            let person = u32::from(own.bucket) << 16 | u32::from(own.slots[at]);
            let buyer = (person, i64::from(own.recency_days[at]), i64::from(own.orders[at]), own.value[at]);
            all.push((buyer, scored.of(person).unwrap()));
        }
    }
    all
}

fn methods() -> impl Strategy<Value = Method> {
    let bounds = (-20i32..20, 1u32..4, -50i64..100).prop_map(|(days, orders, value)| {
        Method::Fixed(Bounds {
            recency_days: vec![days, days + 7],
            frequency: vec![orders, orders + 2],
            value: vec![value, value + 60],
        })
    });
    prop_oneof![3 => (2u8..=6).prop_map(Method::Quantile), 2 => (2u8..=6).prop_map(Method::Tiles), 1 => bounds]
}

proptest! {
    #[test]
    fn buyers_are_scored(
        world in worlds(),
        orders in selects(),
        refunds in proptest::option::of(selects()),
        frequency in prop_oneof![Just(Frequency::Events), Just(Frequency::Days), Just(Frequency::Distinct("order".into()))],
        (as_of, since) in (-2i32..45, proptest::option::of(0i32..30)),
        method in methods(),
    ) {
        let rfm = Rfm {
            orders,
            refunds,
            value: "amount".into(),
            frequency,
            as_of: FIRST_DAY + as_of,
            since: since.map_or(i32::MIN, |day| FIRST_DAY + day),
            calendar: world.calendar(),
        };
        check(&world, &rfm, &method);
    }

    /// Thousands of buyers with values over many orders of size: bins, ties and several buckets.
    #[test]
    fn many_buyers_are_scored(seed in any::<u64>(), people in 1usize..4_000, spread in 1u32..40, method in methods()) {
        let mut state = seed | 1;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let mut facts = Vec::new();
        for _ in 0..people {
            let person = (next() % 140_000) as u32;
            let size = 1u64 << (next() % u64::from(spread));
            let value = (next() % size) as i64 * if next() % 9 == 0 { -1 } else { 1 };
            let at = i64::from(FIRST_DAY) * 24 * HOUR + (next() % (40 * 24)) as i64 * HOUR;
            let properties = vec![("amount".to_owned(), Value::Int(value))];
            facts.push(Fact { person, origin: person, at, event: "e0".into(), properties });
        }
        let world = World::new(vec![facts], Vec::new(), "Asia/Shanghai", Vec::new());
        let rfm = Rfm {
            orders: Select::of("e0"),
            refunds: None,
            value: "amount".into(),
            frequency: Frequency::Events,
            as_of: FIRST_DAY + 41,
            since: i32::MIN,
            calendar: world.calendar(),
        };
        let views = siyu_behaviour::build(&world.parts[0], &world.zone()).into_iter().map(|part| siyu_behaviour::View {
            bucket: part.bucket,
            parts: vec![siyu_behaviour::Held { part: std::sync::Arc::new(part), hidden: None }],
        });
        let snapshot = siyu_behaviour::Snapshot { views: views.collect() };
        let scored = flat(&snapshot.run(&rfm, None, 2).scores(&method, 2));
        let buyers: Vec<Buyer> = scored.iter().map(|(buyer, _)| *buyer).collect();
        let expected: Vec<_> = buyers.iter().copied().zip(scores(&buyers, &method)).collect();
        prop_assert_eq!(scored, expected);
    }
}

#[test]
fn segments_are_those_of_the_reference() {
    // The patterns of the reference, in its order: the first that fits.
    let patterns: [(&str, &[u8], &[u8]); 10] = [
        ("hibernating", &[1, 2], &[1, 2]),
        ("at_risk", &[1, 2], &[3, 4]),
        ("cant_lose", &[1, 2], &[5]),
        ("about_to_sleep", &[3], &[1, 2]),
        ("need_attention", &[3], &[3]),
        ("loyal_customers", &[3, 4], &[4, 5]),
        ("promising", &[4], &[1]),
        ("new_customers", &[5], &[1]),
        ("potential_loyalists", &[4, 5], &[2, 3]),
        ("champions", &[5], &[4, 5]),
    ];
    for r in 1..=5 {
        for f in 1..=5 {
            let expected = patterns.iter().find(|(_, rs, fs)| rs.contains(&r) && fs.contains(&f)).unwrap().0;
            assert_eq!(segment_of(r, f), expected, "{r}{f}");
        }
    }
}

/// Against the reference.
pub fn check(world: &World, rfm: &Rfm, method: &Method) -> RfmScores {
    let expected = buyers(world, rfm);
    let scored = run(world, rfm).scores(method, 2);
    let expected: Vec<_> = expected.iter().copied().zip(scores(&expected, method)).collect();
    assert_eq!(flat(&scored), expected.clone());
    // What is shown adds up to it.
    let n = usize::from(scored.scores);
    let grid = scored.grid();
    for r in 1..=n as u8 {
        for f in 1..=n as u8 {
            let part = RfmCell { r: Some(r), f: Some(f), ..RfmCell::default() };
            let people: Vec<u32> =
                expected.iter().filter(|(_, own)| (own.0, own.1) == (r, f)).map(|(buyer, _)| buyer.0).collect();
            assert_eq!(grid[usize::from(r) - 1][usize::from(f) - 1], people.len() as u64);
            assert_eq!(scored.count(&part), people.len() as u64);
            assert_eq!(scored.people(&part).iter().collect::<Vec<_>>(), people);
        }
    }
    for cell in scored.cells() {
        let own = expected.iter().filter(|(_, own)| *own == (cell.r, cell.f, cell.m));
        assert_eq!((own.clone().count() as u64, own.map(|(buyer, _)| buyer.3).sum::<i64>()), (cell.people, cell.value));
    }
    for segment in scored.segments() {
        let own: Vec<_> = expected.iter().filter(|(_, own)| segment_of(own.0, own.1) == segment.name).collect();
        assert_eq!(segment.people, own.len() as u64);
        assert_eq!(segment.value, own.iter().map(|(buyer, _)| buyer.3).sum::<i64>());
        assert_eq!(segment.orders, own.iter().map(|(buyer, _)| buyer.2 as u64).sum::<u64>());
        assert_eq!(segment.recency_days, own.iter().map(|(buyer, _)| buyer.1).sum::<i64>());
    }
    scored
}
