//! However a file is cut and shuffled, and however often it comes: the same picture.
#![allow(clippy::unwrap_used)]

mod common;

use common::{DAY, NOW, line, numbered, order, picture, put, refund, sound};
use proptest::prelude::*;
use siyu_commerce::{MIGRATIONS, OrderIn};
use siyu_db::Engine;
use siyu_kernel::Time;
use siyu_testkit::TestDb;

/// One row of a file. Everything about an order but its lines follows from its number.
#[derive(Clone, Debug)]
struct Row {
    order: u8,
    sku: u8,
    pieces: i64,
    refund_of: Option<u8>,
}

fn row() -> impl Strategy<Value = Row> {
    let refund_of = prop_oneof![3 => Just(None), 1 => (0u8..8).prop_map(Some)];
    (0u8..6, 0u8..3, prop_oneof![4 => 1i64..3, 1 => -2i64..0], refund_of)
        .prop_map(|(order, sku, pieces, refund_of)| Row { order, sku, pieces, refund_of })
}

fn as_order(number: usize, row: &Row) -> OrderIn {
    let amount = row.pieces * 100 * i64::from(row.sku + 1);
    let sku = format!("sku{}", row.sku);
    let line = match row.refund_of {
        Some(of) => refund(&format!("A{of}"), &sku, amount.abs()),
        // Orders with an odd number come from a system that numbers its lines.
        None if row.order % 2 == 1 => numbered(number as i64, &sku, row.pieces, amount),
        None => line(&sku, row.pieces, amount),
    };
    let person = (row.order > 0).then(|| u32::from(row.order % 4));
    OrderIn {
        at: Time(NOW.0 - i64::from(row.order) * DAY),
        store: (row.order > 1).then(|| format!("S{}", row.order % 3)),
        ..order(&format!("A{}", row.order), person, vec![line])
    }
}

fn import(test: &TestDb, rows: &[OrderIn], cuts: &[usize], import: i64) {
    let mut rest = rows;
    for cut in cuts.iter().cycle() {
        let (now, later) = rest.split_at((*cut).min(rest.len()));
        put(test.db(), now.to_vec(), import);
        if later.is_empty() {
            return;
        }
        rest = later;
    }
}

fn check(engine: Engine, cases: u32) {
    let strategy = (proptest::collection::vec(row(), 1..24), 0u8..6).prop_flat_map(|(rows, _)| {
        let orders: Vec<OrderIn> = rows.iter().enumerate().map(|(number, row)| as_order(number, row)).collect();
        let cuts = proptest::collection::vec(1usize..9, 1..5);
        (Just(orders.clone()), Just(orders).prop_shuffle(), cuts.clone(), cuts)
    });
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&strategy, |(file, shuffled, cuts, other_cuts)| {
            let Some(one) = TestDb::open(engine, MIGRATIONS) else { return Ok(()) };
            put(one.db(), file.clone(), 1);
            sound(one.db());
            let once = picture(one.db());
            import(&one, &shuffled, &cuts, 2);
            sound(one.db());
            prop_assert_eq!(&picture(one.db()), &once, "again, shuffled and cut");
            let two = TestDb::open(engine, MIGRATIONS).unwrap();
            import(&two, &shuffled, &other_cuts, 1);
            sound(two.db());
            prop_assert_eq!(&picture(two.db()), &once, "from the start, shuffled and cut");
            Ok(())
        })
        .unwrap();
}

#[test]
fn any_order_and_any_cut_give_the_same_picture_on_sqlite() {
    check(Engine::Sqlite, 40);
}

#[test]
fn any_order_and_any_cut_give_the_same_picture_on_postgres() {
    check(Engine::Postgres, 8);
}
