//! The reference sorts; and public purchases whose scores others have worked out.

use crate::world::*;
use proptest::prelude::*;
use siyu_behaviour::kernels::*;
use siyu_behaviour::{Fact, Held, Select, Snapshot, Value, View, build};
use siyu_kernel::Zone;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

fn questions() -> impl Strategy<Value = (Rfm, Method)> {
    let frequency = prop_oneof![
        Just(Frequency::Events),
        Just(Frequency::Days),
        Just(Frequency::Distinct("order".into())),
        Just(Frequency::Distinct("n".into()))
    ];
    let method = prop_oneof![
        (2u8..8).prop_map(Method::Quantile),
        (2u8..8).prop_map(Method::Tiles),
        Just(Method::Fixed(Bounds {
            recency_days: vec![3, 9, 20],
            frequency: vec![2, 3, 5],
            value: vec![10, 60, 150]
        })),
    ];
    let since = prop_oneof![2 => Just(i32::MIN), 1 => FIRST_DAY..FIRST_DAY + 20];
    (selects(), proptest::option::of(selects()), frequency, -2i32..45, since, method).prop_map(
        |(orders, refunds, frequency, as_of, since, method)| {
            let calendar = Arc::new(siyu_behaviour::Calendar::new(&Zone::utc(), FIRST_DAY, FIRST_DAY));
            let as_of = FIRST_DAY + as_of;
            (Rfm { orders, refunds, value: "amount".into(), frequency, as_of, since, calendar }, method)
        },
    )
}

/// (person, days since, orders, value), by rising person.
fn buyers(world: &World, rfm: &Rfm) -> Vec<(u32, i32, u32, i64)> {
    let inside = |seen: &Seen<'_>| {
        let day = rfm.calendar.day(seen.fact.at);
        day <= rfm.as_of && (rfm.since == i32::MIN || day >= rfm.since)
    };
    let mut found = Vec::new();
    for person in PEOPLE {
        let orders: Vec<_> = world.of(person, &rfm.orders).into_iter().filter(inside).collect();
        let Some(last) = orders.last() else { continue };
        let back = rfm.refunds.as_ref().map(|select| world.of(person, select)).unwrap_or_default();
        let value = orders.iter().chain(back.iter().filter(|seen| inside(seen))).map(|s| whole(s.fact, "amount")).sum();
        let count = match &rfm.frequency {
            Frequency::Events => orders.len(),
            Frequency::Days => orders.iter().map(|s| rfm.calendar.day(s.fact.at)).collect::<BTreeSet<_>>().len(),
            Frequency::Distinct(name) => {
                let values: Vec<_> = orders.iter().map(|s| groups(s.fact, name).remove(0)).collect();
                let named: BTreeSet<_> = values.iter().flatten().collect();
                named.len() + values.iter().filter(|v| v.is_none()).count()
            }
        };
        found.push((person, rfm.as_of - rfm.calendar.day(last.fact.at), count as u32, value));
    }
    found
}

/// Scores of 1..=n of values in this order.
fn scored(values: &[i64], n: usize, tiles: bool) -> Vec<u8> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|at| values[*at]);
    let mut scores = vec![0; values.len()];
    let (size, larger) = (values.len() / n, values.len() % n);
    for (rank, at) in order.into_iter().enumerate() {
        scores[at] = if !tiles {
            n * rank / values.len()
        } else if rank < larger * (size + 1) {
            rank / (size + 1)
        } else {
            larger + (rank - larger * (size + 1)) / size
        } as u8
            + 1;
    }
    scores
}

fn reference(buyers: &[(u32, i32, u32, i64)], method: &Method) -> Vec<(u32, u8, u8, u8)> {
    let column = |pick: fn(&(u32, i32, u32, i64)) -> i64| buyers.iter().map(pick).collect::<Vec<_>>();
    let (days, orders, value) = (column(|b| i64::from(b.1)), column(|b| i64::from(b.2)), column(|b| b.3));
    let (r, f, m): (Vec<u8>, Vec<u8>, Vec<u8>) = match method {
        Method::Quantile(n) => {
            let turned = scored(&days, usize::from(*n), false).into_iter().map(|score| n + 1 - score).collect();
            (turned, scored(&orders, usize::from(*n), false), scored(&value, usize::from(*n), false))
        }
        Method::Tiles(n) => {
            let oldest: Vec<i64> = days.iter().map(|days| -days).collect();
            (
                scored(&oldest, usize::from(*n), true),
                scored(&orders, usize::from(*n), true),
                scored(&value, usize::from(*n), true),
            )
        }
        Method::Fixed(bounds) => {
            let n = bounds.value.len() as u8 + 1;
            let up = |own: &[i64], bounds: Vec<i64>| {
                own.iter().map(|v| 1 + bounds.iter().filter(|b| v >= b).count() as u8).collect::<Vec<_>>()
            };
            let recent = |days: &i64| n - bounds.recency_days.iter().filter(|b| *days > i64::from(**b)).count() as u8;
            (
                days.iter().map(recent).collect(),
                up(&orders, bounds.frequency.iter().map(|b| i64::from(*b)).collect()),
                up(&value, bounds.value.clone()),
            )
        }
    };
    buyers.iter().enumerate().map(|(at, buyer)| (buyer.0, r[at], f[at], m[at])).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn scores_are_those_of_sorting(world in worlds(), (rfm, method) in questions()) {
        let rfm = Rfm { calendar: world.calendar(), ..rfm };
        let expected = buyers(&world, &rfm);
        let wanted = reference(&expected, &method);
        for threads in [1, 2] {
            let partial = run(&world, &rfm);
            prop_assert_eq!(partial.people(), expected.len() as u64);
            let scores = partial.scores(&method, rfm.as_of, threads);
            let mut found = Vec::new();
            for (own, cells) in scores.buyers.iter().zip(&scores.cells) {
                for (at, slot) in own.slots.iter().enumerate() {
                    let person = u32::from(own.bucket) << 16 | u32::from(*slot);
                    let (r, f, m) = scores.split(cells[at]);
                    found.push((person, r, f, m));
                    let facts = expected.iter().find(|b| b.0 == person).copied();
                    prop_assert_eq!(facts, Some((person, rfm.as_of - own.last[at], own.orders[at], own.value[at])));
                }
            }
            prop_assert_eq!(&found, &wanted);
            prop_assert_eq!(scores.grid().iter().sum::<u64>(), expected.len() as u64);
            for cell in [
                RfmCell::default(),
                RfmCell { r: Some(1), ..RfmCell::default() },
                RfmCell { f: Some(2), m: Some(2), ..RfmCell::default() },
                RfmCell { segment: Some("champions".into()), ..RfmCell::default() },
            ] {
                let fits = |wanted: Option<u8>, own: u8| wanted.is_none_or(|wanted| wanted == own);
                let people: Vec<u32> = wanted
                    .iter()
                    .filter(|(_, r, f, m)| fits(cell.r, *r) && fits(cell.f, *f) && fits(cell.m, *m))
                    .filter(|(_, r, f, _)| cell.segment.as_deref().is_none_or(|name| scores.scores == 5 && segment_of(*r, *f) == name))
                    .map(|(person, ..)| *person)
                    .collect();
                prop_assert_eq!(scores.count(&cell), people.len() as u64);
                prop_assert_eq!(scores.people(&cell).iter().collect::<Vec<_>>(), people);
            }
            let segments = scores.segments();
            if scores.scores == 5 {
                prop_assert_eq!(segments.iter().map(|s| s.value).sum::<i64>(), expected.iter().map(|b| b.3).sum::<i64>());
                prop_assert_eq!(segments.iter().map(|s| s.people).sum::<u64>(), expected.len() as u64);
            }
        }
    }
}

fn lines(path: &Path) -> Vec<Vec<String>> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// CDNOW, scored by pandas: every customer's numbers, scores and segment, and the sizes that were published with it.
#[test]
fn cdnow_comes_out_as_its_reference() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cdnow");
    if !folder.exists() {
        eprintln!("SKIPPED: {} is not here", folder.display());
        return;
    }
    let day_of = |text: &str| {
        let parts: Vec<i32> = text.split('-').map(|part| part.parse().unwrap()).collect();
        siyu_behaviour::day_of(parts[0], parts[1] as u32, parts[2] as u32)
    };
    let cents = |text: &str| {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        whole.parse::<i64>().unwrap() * 100 + format!("{part:0<2}").parse::<i64>().unwrap()
    };
    let fact = |line: Vec<String>| {
        let person: u32 = line[0].parse().unwrap();
        let at = i64::from(day_of(&line[2])) * 24 * HOUR;
        let properties = vec![("amount".to_owned(), Value::Int(cents(&line[4])))];
        Fact { person, origin: person, at, event: "Order Completed".into(), properties }
    };
    let facts: Vec<Fact> = lines(&folder.join("transactions.csv.gz")).into_iter().map(fact).collect();
    let parts = build(&facts, &Zone::utc());
    let view = |part: siyu_behaviour::Part| View {
        bucket: part.bucket,
        parts: vec![Held { part: Arc::new(part), hidden: None }],
    };
    let snapshot = Snapshot { views: parts.into_iter().map(view).collect() };
    let as_of = day_of("1998-07-01");
    let rfm = Rfm {
        orders: Select::of("Order Completed"),
        refunds: None,
        value: "amount".into(),
        frequency: Frequency::Days,
        as_of,
        since: i32::MIN,
        calendar: Arc::new(siyu_behaviour::Calendar::new(&Zone::utc(), as_of - 600, as_of)),
    };
    let scores = snapshot.run(&rfm, None, 2).scores(&Method::Quantile(5), as_of, 2);
    let (own, cells) = (&scores.buyers[0], &scores.cells[0]);
    let found: Vec<String> = (0..own.slots.len())
        .map(|at| {
            let (r, f, m) = scores.split(cells[at]);
            let days = as_of - own.last[at];
            format!("{},{},{},{days},{r},{f},{m},{}", own.slots[at], own.orders[at], own.value[at], segment_of(r, f))
        })
        .collect();
    let expected: Vec<String> = lines(&folder.join("reference_rfm_customers.csv.gz"))
        .into_iter()
        .map(|line| {
            let value = (line[2].parse::<f64>().unwrap() * 100.0).round() as i64;
            format!("{},{},{value},{},{},{},{},{}", line[0], line[1], line[3], line[4], line[5], line[6], line[7])
        })
        .collect();
    assert_eq!(found.len(), 2_357);
    assert_eq!(found, expected);
    let sizes: Vec<u64> = scores.segments().iter().map(|segment| segment.people).collect();
    // In the order of SEGMENTS: champions first, hibernating last.
    assert_eq!(sizes, [449, 474, 103, 0, 0, 306, 83, 79, 3, 860]);
    let best = RfmCell { r: Some(5), f: Some(5), m: Some(5), segment: None };
    assert_eq!(scores.count(&best), 247);
}
