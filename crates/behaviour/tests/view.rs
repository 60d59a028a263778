//! Many parts read as one history: against a plain sorted list.

use proptest::prelude::*;
use siyu_behaviour::{Bits, Fact, Held, Operand, Scratch, Select, Test, TestOp, Value, View, build};
use siyu_kernel::Zone;
use std::sync::Arc;

fn fact(person: u32, at: i64, kind: u8, n: i64) -> Fact {
    let properties = match n % 4 {
        0 => vec![("n".to_owned(), Value::Int(n))],
        1 => vec![("n".to_owned(), Value::Float(n as f64)), ("w".to_owned(), Value::Text(format!("词{}", n % 5)))],
        2 => vec![("w".to_owned(), Value::Text(format!("词{}", n % 5)))],
        _ => Vec::new(),
    };
    Fact { person, origin: person, at, event: format!("e{kind}"), properties }
}

/// The parts of `cuts` as views, with the people of `hidden` left out of the first part.
fn view(parts: &[Vec<Fact>], hidden: &[u16]) -> View {
    let zone = Zone::utc();
    let held = |(at, facts): (usize, &Vec<Fact>)| {
        let part = build(facts, &zone).pop()?;
        Some(Held {
            part: Arc::new(part),
            hidden: (at == 0 && !hidden.is_empty()).then(|| Arc::new(hidden.iter().copied().collect::<Bits>())),
        })
    };
    View { bucket: 0, parts: parts.iter().enumerate().filter_map(held).collect() }
}

type Expected = Vec<(i64, String, Vec<(String, Value)>)>;

fn of(parts: &[Vec<Fact>], hidden: &[u16], person: u32, keep: impl Fn(&Fact) -> bool) -> Expected {
    let mut rows: Vec<&Fact> = parts
        .iter()
        .enumerate()
        .flat_map(|(at, facts)| facts.iter().filter(move |f| at > 0 || !hidden.contains(&(f.person as u16))))
        .filter(|fact| fact.person == person && keep(fact))
        .collect();
    rows.sort_by_key(|fact| fact.at);
    rows.iter().map(|fact| (fact.at, fact.event.clone(), fact.properties.clone())).collect()
}

proptest! {
    #[test]
    fn parts_read_as_one_history(
        rows in proptest::collection::vec((0u32..6, 0i64..40, 0u8..3, 0i64..20, 0usize..3), 0..120),
        hidden in proptest::collection::vec(0u16..6, 0..3),
    ) {
        let mut parts = vec![Vec::new(); 3];
        for (person, at, kind, n, part) in rows {
            parts[part].push(fact(person, at, kind, n));
        }
        let view = view(&parts, &hidden);
        for person in 0..6u32 {
            let slot = person as u16;
            let mut walked: Expected = Vec::new();
            view.walk(slot, |part, row, at| {
                let mut properties: Vec<_> = part.columns.iter().filter_map(|(name, c)| c.value(row).map(|v| (name.clone(), v))).collect();
                properties.sort_by(|a, b| a.0.cmp(&b.0));
                walked.push((at, part.event.clone(), properties));
            });
            let all = of(&parts, &hidden, person, |_| true);
            prop_assert_eq!(&walked, &all);
            prop_assert_eq!(view.people().contains(slot), !all.is_empty());

            let test = Test { property: "n".into(), op: TestOp::Gte, value: Operand::Number(5.0) };
            let big = |f: &Fact| f.properties.iter().any(|(name, v)| name == "n" && match v { Value::Int(n) => *n >= 5, Value::Float(n) => *n >= 5.0, _ => false });
            for (select, keep) in [
                (Select::of("e1"), Box::new(|f: &Fact| f.event == "e1") as Box<dyn Fn(&Fact) -> bool>),
                (Select { events: vec!["e0".into(), "e1".into()], tests: vec![test.clone()] }, Box::new(move |f: &Fact| f.event != "e2" && big(f))),
                (Select { events: vec!["e2".into()], tests: vec![Test { op: TestOp::Lt, ..test.clone() }] }, Box::new(move |f: &Fact| f.event == "e2" && f.properties.iter().any(|(n, _)| n == "n") && !big(f))),
            ] {
                let selection = view.select(&select);
                let mut scratch = Scratch::default();
                let rows = selection.rows(slot, &mut scratch);
                let expected: Vec<i64> = of(&parts, &hidden, person, keep).iter().map(|(at, _, _)| *at).collect();
                prop_assert_eq!(rows.times, expected.as_slice());
                for i in 0..rows.len() {
                    let (list, row) = rows.place(i);
                    prop_assert_eq!(selection.lists[list].part.times[row], rows.times[i]);
                }
                let middle = rows.between(10, 30);
                prop_assert!(middle.times.iter().all(|at| (10..30).contains(at)));
            }
        }
    }
}
