//! A person's amounts in the columns are what the books say, to the cent: whatever order the events come in, and whoever they come from.

mod common;

use common::{ALL, World};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use siyu_behaviour::{ColumnKind, Snapshot};
use siyu_files::Source;
use siyu_intake::import::{ImportKind, ImportOptions, NewJob, Patience, Run};
use siyu_kernel::{Clock, Zone};
use siyu_projection::{AMOUNT, MONEY_EVENTS};
use siyu_testkit::{TestDb, contract};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

contract!(&ALL; amounts_are_the_books, the_retail_example_reconciles);

type Line = (u8, Option<u8>, i8, i16, Option<u8>);

#[derive(Clone, Debug)]
enum Act {
    /// name, order, person, product prices, stated total
    Order(&'static str, u8, u8, Vec<u16>, Option<u16>),
    Refund(u8, u8, Option<u16>, Option<u8>),
    Cancel(u8, u8),
    /// rows: order, person (none: nobody), quantity, amount, refund of
    Import(Vec<Line>),
    Merge(u8, u8),
    Split,
    Erase(u8),
}

fn act() -> impl Strategy<Value = Act> {
    let name = prop::sample::select(vec!["Order Completed", "Order Paid", "Order Updated"]);
    let (order, person) = (0u8..6, 0u8..4);
    let row = (
        order.clone(),
        prop::option::weighted(0.8, person.clone()),
        prop::sample::select(vec![1i8, 2, -1]),
        0i16..900,
        prop::option::weighted(0.2, order.clone()),
    );
    prop_oneof![
        5 => (name, order.clone(), person.clone(), prop::collection::vec(1u16..500, 0..4), prop::option::of(1u16..1000)).prop_map(|(n, o, p, l, t)| Act::Order(n, o, p, l, t)),
        3 => (order.clone(), person.clone(), prop::option::of(1u16..400), prop::option::of(0u8..3)).prop_map(|(o, p, a, id)| Act::Refund(o, p, a, id)),
        2 => (order.clone(), person.clone()).prop_map(|(o, p)| Act::Cancel(o, p)),
        3 => prop::collection::vec(row, 1..8).prop_map(Act::Import),
        1 => (person.clone(), person.clone()).prop_map(|(a, b)| Act::Merge(a, b)),
        1 => Just(Act::Split),
        1 => person.prop_map(Act::Erase),
    ]
}

/// What the columns say people brought in, by person and currency.
fn amounts(snapshot: &Snapshot) -> BTreeMap<(u32, String), i64> {
    let mut sums = BTreeMap::new();
    for view in snapshot.views.iter() {
        for slot in view.people().iter() {
            let person = u32::from(view.bucket) << 16 | u32::from(slot);
            view.walk(slot, |part, row, _| {
                let Some(amount) = part.column(AMOUNT, ColumnKind::Int).and_then(|column| column.value(row)) else {
                    return;
                };
                let currency = part.column("currency", ColumnKind::Text).and_then(|column| column.value(row));
                match (amount, currency) {
                    (siyu_behaviour::Value::Int(amount), Some(siyu_behaviour::Value::Text(currency))) => {
                        assert!(MONEY_EVENTS.contains(&part.event.as_str()), "{}", part.event);
                        *sums.entry((person, currency)).or_default() += amount;
                    }
                    other => panic!("money without a currency: {other:?}"),
                }
            });
        }
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}
fn books(world: &World) -> BTreeMap<(u32, String), i64> {
    let rows = world.read(|tx| {
        Ok(tx.query("SELECT root, currency, amount - refunded FROM customer", &[], |row| {
            Ok(((row.num(0)?, row.text(1)?), row.int(2)?))
        })?)
    });
    rows.into_iter().filter(|(_, net)| *net != 0).collect()
}

fn import(world: &World, path: &Path, columns: &[(&str, &str)]) {
    let (intake, now, file) = (world.intake.clone(), world.test.clock.now(), path.to_string_lossy().into_owned());
    let mapping: BTreeMap<String, String> =
        columns.iter().map(|(field, column)| ((*field).to_owned(), (*column).to_owned())).collect();
    let job = world.test.db().transact(move |tx| {
        let new = NewJob { kind: ImportKind::Orders, file: "orders.csv", size: 1, path: &file, by: "test" };
        let job = intake.create_job(tx, &new, now)?;
        intake.start_job(tx, &job.id, &mapping, &ImportOptions::default(), false)
    });
    let run = Run {
        intake: &world.intake,
        db: world.test.db(),
        clock: world.test.clock.clone(),
        zone: Zone::shanghai(),
        patience: Patience::Seconds(0),
    };
    run.run(&job.unwrap(), Source::path(path).unwrap(), &mut |_| {}).unwrap();
}

fn live(world: &World, acts: &[Act], file: &mut u32) {
    let mut edges = Vec::new();
    let mut sent = 0;
    let mut send = |event: &str, person: u8, properties: String| {
        sent += 1;
        world.test.clock.advance_seconds(1);
        let at = world.test.clock.now();
        world.send(&format!(r#"{{"batch":[{{"type":"track","messageId":"m{sent}","userId":"u{person}","event":"{event}","timestamp":"{at}","properties":{properties}}}]}}"#));
    };
    let exists = |person: u8| {
        let found =
            world.read(|tx| Ok(world.people.by_identifier(tx, World::identifier(&format!("user_id:u{person}")))?));
        found.map(|(_, root)| root)
    };
    let alive = |root: u32| {
        world
            .read(|tx| Ok(tx.one("SELECT state FROM person WHERE num = $1", siyu_db::params![root], |row| row.int(0))?))
            == 0
    };
    for act in acts {
        match act {
            Act::Order(name, order, person, lines, total) => {
                let products: Vec<String> = lines
                    .iter()
                    .enumerate()
                    .map(|(at, price)| format!(r#"{{"sku":"S{at}","price":{price}.5,"quantity":2}}"#))
                    .collect();
                let total = total.map_or(String::new(), |total| format!(r#","total":"{total}.07""#));
                send(name, *person, format!(r#"{{"order_id":"O{order}","products":[{}]{total}}}"#, products.join(",")));
            }
            Act::Refund(order, person, amount, id) => {
                let amount = amount.map_or(String::new(), |amount| format!(r#","total":{amount}.13"#));
                let id = id.map_or(String::new(), |id| format!(r#","refund_id":"R{id}""#));
                send("Order Refunded", *person, format!(r#"{{"order_id":"O{order}"{amount}{id}}}"#));
            }
            Act::Cancel(order, person) => send("Order Cancelled", *person, format!(r#"{{"order_id":"O{order}"}}"#)),
            Act::Import(rows) => {
                *file += 1;
                let path = world.test.folder().join(format!("orders{file}.csv"));
                let mut text = String::from("order_no,at,quantity,amount,sku,refund_of,user_id\n");
                for (order, person, quantity, amount, of) in rows {
                    let person = person.map_or(String::new(), |person| format!("u{person}"));
                    let of = of.map_or(String::new(), |of| format!("O{of}"));
                    text +=
                        &format!("O{order},2026-02-0{} 10:00:00,{quantity},{amount}.25,S1,{of},{person}\n", order + 1);
                }
                std::fs::write(&path, text).unwrap();
                let mut columns =
                    ["order_no", "at", "quantity", "amount", "sku", "refund_of"].map(|name| (name, name)).to_vec();
                columns.push(("person.user_id", "user_id"));
                import(world, &path, &columns);
            }
            Act::Merge(a, b) => {
                if let (Some(a), Some(b)) = (exists(*a), exists(*b))
                    && a != b
                    && alive(a)
                    && alive(b)
                {
                    edges.push(world.merge(a, b));
                }
            }
            Act::Split => {
                if let Some(edge) = edges.pop() {
                    let node = world.read(|tx| Ok(world.people.edge(tx, edge)?.node_a));
                    if alive(node) {
                        world.split(edge);
                    }
                }
            }
            Act::Erase(person) => {
                if let Some(root) = exists(*person).filter(|root| alive(*root)) {
                    world.erase(root);
                }
            }
        }
        world.projection.catch_up().unwrap();
        assert_eq!(amounts(&world.projection.snapshot().unwrap()), books(world), "after {act:?}");
    }
}

/// Each case has a database of its own.
fn amounts_are_the_books(test: TestDb) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    let mut runner = TestRunner::new(Config::default());
    let mut engine = Some(test);
    for _ in 0..cases {
        let Some(test) = engine.take() else { return };
        let acts = prop::collection::vec(act(), 1..40).new_tree(&mut runner).unwrap().current();
        let kind = test.engine;
        let world = World::new(test);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| live(&world, &acts, &mut 0)));
        assert!(result.is_ok(), "{acts:#?}");
        drop(world);
        engine = TestDb::open(kind, &ALL);
    }
}

fn the_retail_example_reconciles(test: TestDb) {
    if test.engine == siyu_db::Engine::Postgres {
        return;
    }
    let world = World::new(test);
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/retail/orders.csv.gz");
    import(
        &world,
        &path,
        &[
            ("order_no", "basket_id"),
            ("at", "transaction_timestamp"),
            ("sku", "product_id"),
            ("quantity", "quantity"),
            ("amount", "sales_value"),
            ("store", "store_id"),
            ("person.member_no", "household_id"),
        ],
    );
    world.projection.catch_up().unwrap();
    let (sums, books) = (amounts(&world.projection.snapshot().unwrap()), books(&world));
    assert!(books.len() > 400, "{}", books.len());
    assert_eq!(sums, books);
    let total = world.read(siyu_commerce::totals)[0];
    assert_eq!(sums.values().sum::<i64>(), total.revenue - total.refunded);
}
