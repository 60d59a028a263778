//! What placing orders keeps, on either engine.
#![allow(clippy::unwrap_used)]

mod common;

use common::{DAY, NOW, line, numbered, order, picture, put, refund, sound, try_put};
use siyu_commerce::{
    LineIn, MIGRATIONS, OrderIn, Status, customer_totals, detach, forget, order as read_order, person_stores, recount,
    totals,
};
use siyu_kernel::{Currency, PersonNum, Time};
use siyu_testkit::{TestDb, contract};

contract!(MIGRATIONS;
    the_same_file_again_changes_nothing, equal_rows_of_one_file_are_two_lines, live_calls_repeat_without_effect, an_update_removes_what_it_no_longer_names,
    numbered_lines_are_corrected, an_unnumbered_line_takes_a_number_later, a_refund_may_come_before_its_order, a_refund_of_an_unknown_order_counts_for_its_customer,
    currencies_are_never_added, a_late_person_is_attached_and_the_first_one_stays, an_earlier_instant_moves_the_first_and_last_order,
    merges_and_unmerges_move_totals, erasure_leaves_the_money, wrong_input_is_refused_by_name, the_same_order_twice_in_one_call,
    two_at_once_end_in_one_result, refunds_and_orders_at_once_lose_nothing);

fn customers(test: &TestDb, roots: &[PersonNum]) -> Vec<(PersonNum, &'static str, i64, i64, i64)> {
    let found = test.db().read(|tx| customer_totals(tx, roots)).unwrap();
    found
        .iter()
        .map(|c| (c.root, if c.currency == Currency::CNY { "CNY" } else { "other" }, c.orders, c.amount, c.refunded))
        .collect()
}
fn refunded(test: &TestDb, no: &str) -> (i64, i64, Status) {
    let row = test.db().read(|tx| read_order(tx, no, None)).unwrap().unwrap();
    (row.amount, row.refunded, row.status)
}

fn the_same_file_again_changes_nothing(test: TestDb) {
    let file = || {
        vec![
            order("A1", Some(7), vec![line("x", 1, 100), line("x", 1, 100), numbered(3, "y", 2, 50)]),
            order("A2", Some(8), vec![line("y", 1, 25), line("", 1, 10), line("x", -1, -100)]),
        ]
    };
    let first = put(test.db(), file(), 1);
    assert_eq!(
        first.iter().map(|p| (p.new_order, p.new_lines, p.amount_added, p.refund_added)).collect::<Vec<_>>(),
        [(true, 3, 250, 0), (true, 3, 35, 100)]
    );
    let before = picture(test.db());
    for import in [2, 3] {
        for placed in put(test.db(), file(), import) {
            assert_eq!(
                (placed.new_order, placed.new_lines, placed.changed_lines, placed.unchanged_lines, placed.amount_added),
                (false, 0, 0, 3, 0)
            );
        }
        assert_eq!(picture(test.db()), before);
    }
    let sums = test.db().read(totals).unwrap();
    assert_eq!(sums.iter().map(|t| (t.orders, t.revenue, t.refunded)).collect::<Vec<_>>(), [(2, 285, 100)]);
    sound(test.db());
}

fn equal_rows_of_one_file_are_two_lines(test: TestDb) {
    let row = || vec![order("A1", Some(7), vec![line("x", 1, 100)])];
    for import in 1..=3 {
        let new: Vec<i64> = (0..3).map(|_| put(test.db(), row(), import)[0].new_lines).collect();
        assert_eq!(new, if import == 1 { [1, 1, 1] } else { [0, 0, 0] });
    }
    assert_eq!(put(test.db(), row(), 3)[0].new_lines, 1, "a fourth row of the third file is a fourth line");
    assert_eq!(customers(&test, &[7]), [(7, "CNY", 1, 400, 0)]);
    sound(test.db());
}

fn live_calls_repeat_without_effect(test: TestDb) {
    let call = |whole| {
        vec![OrderIn { whole, ..order("L1", Some(7), vec![line("x", 1, 100), line("x", 1, 100), line("y", 1, 5)]) }]
    };
    put(test.db(), call(true), 0);
    let before = picture(test.db());
    for whole in [true, false, true] {
        assert_eq!(put(test.db(), call(whole), 0)[0].unchanged_lines, 3);
        assert_eq!(picture(test.db()), before);
    }
    assert_eq!(put(test.db(), call(false), 1)[0].new_lines, 0, "the file of the same day finds them as well");
    sound(test.db());
}

fn an_update_removes_what_it_no_longer_names(test: TestDb) {
    let whole = |lines| vec![OrderIn { whole: true, ..order("L1", Some(7), lines) }];
    put(test.db(), whole(vec![line("x", 1, 100), line("x", 1, 100), line("y", 1, 5)]), 0);
    put(test.db(), vec![order("L1", Some(7), vec![refund("L1", "x", 100)])], 0);
    let later = whole(vec![line("x", 1, 100), line("z", 1, 7)]);
    let placed = put(test.db(), vec![OrderIn { at: Time(NOW.0), ..later[0].clone() }], 0);
    assert_eq!(
        (placed[0].new_lines, placed[0].unchanged_lines, placed[0].removed_lines, placed[0].amount_added),
        (1, 1, 2, -98)
    );
    assert_eq!(refunded(&test, "L1"), (107, 100, Status::PartlyRefunded));
    put(test.db(), whole(vec![]), 0);
    assert_eq!(refunded(&test, "L1").0, 107, "an update without lines says nothing about lines");
    sound(test.db());
}

fn numbered_lines_are_corrected(test: TestDb) {
    put(test.db(), vec![order("A1", Some(7), vec![numbered(1, "x", 1, 100), numbered(2, "x", 1, 100)])], 1);
    let placed = put(test.db(), vec![order("A1", Some(7), vec![numbered(2, "y", 3, 60), numbered(1, "x", 1, 100)])], 2);
    assert_eq!(
        (placed[0].new_lines, placed[0].changed_lines, placed[0].unchanged_lines, placed[0].amount_added),
        (0, 1, 1, -40)
    );
    assert_eq!(customers(&test, &[7]), [(7, "CNY", 1, 160, 0)]);
    let placed =
        put(test.db(), vec![order("A1", None, vec![numbered(1, "x", -1, -100), numbered(2, "y", -3, -60)])], 3);
    assert!(!placed[0].is_sale);
    assert_eq!(customers(&test, &[7]), [(7, "CNY", 0, 0, 160)]);
    assert_eq!(refunded(&test, "A1"), (0, 160, Status::RefundOnly));
    assert_eq!(test.db().read(|tx| person_stores(tx, &[7])).unwrap(), []);
    sound(test.db());
}

fn an_unnumbered_line_takes_a_number_later(test: TestDb) {
    put(
        test.db(),
        vec![OrderIn { whole: true, ..order("A1", Some(7), vec![line("x", 1, 100), line("x", 1, 100)]) }],
        0,
    );
    let placed =
        put(test.db(), vec![order("A1", Some(7), vec![numbered(1, "x", 1, 100), numbered(2, "x", 1, 100)])], 1);
    assert_eq!((placed[0].new_lines, placed[0].unchanged_lines), (0, 2));
    let placed = put(test.db(), vec![order("A1", Some(7), vec![numbered(2, "x", 1, 90)])], 2);
    assert_eq!((placed[0].changed_lines, placed[0].amount_added), (1, -10));
    sound(test.db());
}

fn a_refund_may_come_before_its_order(test: TestDb) {
    let sale = || order("A1", Some(7), vec![line("x", 2, 300)]);
    let back = || order("R1", Some(8), vec![refund("A1", "x", 100)]);
    put(test.db(), vec![back()], 1);
    assert!(test.db().read(|tx| read_order(tx, "A1", None)).unwrap().is_none(), "nobody placed it yet");
    put(test.db(), vec![sale()], 1);
    let refund_first = picture(test.db());
    assert_eq!(refunded(&test, "A1"), (300, 100, Status::PartlyRefunded));
    assert_eq!(refunded(&test, "R1"), (0, 100, Status::RefundOnly));
    assert_eq!(customers(&test, &[7, 8]), [(7, "CNY", 1, 300, 100), (8, "CNY", 0, 0, 0)]);
    sound(test.db());
    for calls in [vec![vec![sale()], vec![back()]], vec![vec![back(), sale()]], vec![vec![sale(), back()]]] {
        let other = TestDb::open(test.engine, MIGRATIONS).unwrap();
        calls.into_iter().for_each(|call| drop(put(other.db(), call, 1)));
        assert_eq!(picture(other.db()), refund_first);
    }
    put(test.db(), vec![order("R2", None, vec![refund("A1", "x", 200)])], 2);
    assert_eq!(refunded(&test, "A1"), (300, 300, Status::Refunded));
    put(test.db(), vec![back(), order("R2", None, vec![refund("A1", "x", 200)])], 3);
    assert_eq!(refunded(&test, "A1"), (300, 300, Status::Refunded));
    sound(test.db());
}

fn a_refund_of_an_unknown_order_counts_for_its_customer(test: TestDb) {
    put(test.db(), vec![order("R1", Some(8), vec![refund("LONG-AGO", "x", 100)])], 1);
    assert_eq!(customers(&test, &[8]), [(8, "CNY", 0, 0, 100)]);
    let sums = test.db().read(totals).unwrap();
    assert_eq!((sums[0].orders, sums[0].refunded), (0, 100));
    sound(test.db());
}

fn currencies_are_never_added(test: TestDb) {
    let usd = Currency::parse("USD").unwrap();
    put(
        test.db(),
        vec![
            order("A1", Some(7), vec![line("x", 1, 100)]),
            OrderIn { currency: usd, ..order("A2", Some(7), vec![line("x", 1, 15)]) },
        ],
        1,
    );
    let placed = put(
        test.db(),
        vec![
            OrderIn { currency: usd, ..order("A1", Some(7), vec![line("x", 1, 1)]) },
            order("A3", Some(7), vec![line("x", 1, 1)]),
        ],
        1,
    );
    assert_eq!(placed[0].refused.as_ref().unwrap().code, "order_currency");
    assert!(placed[1].refused.is_none());
    // A refund in another currency cannot be taken off the order it names.
    put(test.db(), vec![OrderIn { currency: usd, ..order("R1", Some(8), vec![refund("A1", "x", 3)]) }], 1);
    assert_eq!(customers(&test, &[7, 8]), [(7, "CNY", 2, 101, 0), (7, "other", 1, 15, 0), (8, "other", 0, 0, 3)]);
    sound(test.db());
}

fn a_late_person_is_attached_and_the_first_one_stays(test: TestDb) {
    let with = |person| vec![order("A1", person, vec![numbered(1, "x", 1, 100)])];
    put(test.db(), with(None), 1);
    put(test.db(), vec![order("R1", None, vec![refund("A1", "x", 30)])], 1);
    assert_eq!(customers(&test, &[7]), []);
    assert!(!put(test.db(), with(Some(7)), 2)[0].person_conflict);
    assert_eq!(customers(&test, &[7]), [(7, "CNY", 1, 100, 30)]);
    assert!(put(test.db(), with(Some(9)), 3)[0].person_conflict);
    assert_eq!(customers(&test, &[7, 9]), [(7, "CNY", 1, 100, 30)]);
    sound(test.db());
}

fn an_earlier_instant_moves_the_first_and_last_order(test: TestDb) {
    put(test.db(), vec![order("A1", Some(7), vec![line("x", 1, 100)])], 1);
    put(test.db(), vec![OrderIn { at: Time(NOW.0 - 9 * DAY), ..order("A1", Some(7), vec![line("y", 1, 1)]) }], 1);
    let found = test.db().read(|tx| customer_totals(tx, &[7])).unwrap();
    assert_eq!(
        (found[0].first_at, found[0].last_at, found[0].amount),
        (Some(Time(NOW.0 - 9 * DAY)), Some(Time(NOW.0 - 9 * DAY)), 101)
    );
    sound(test.db());
}

fn merges_and_unmerges_move_totals(test: TestDb) {
    put(
        test.db(),
        vec![
            order("A1", Some(7), vec![line("x", 1, 100)]),
            order("A2", Some(8), vec![line("x", 1, 50)]),
            order("A3", Some(9), vec![line("x", 1, 1)]),
        ],
        1,
    );
    let before = picture(test.db());
    test.db()
        .transact(|tx| {
            recount(tx, 7, &[7, 8])?;
            forget(tx, 8)
        })
        .unwrap();
    assert_eq!(customers(&test, &[7, 8, 9]), [(7, "CNY", 2, 150, 0), (9, "CNY", 1, 1, 0)]);
    sound(test.db());
    // A refund that names the merged person's order finds the person it counts for now.
    put(test.db(), vec![order("R1", None, vec![refund("A2", "x", 20)])], 0);
    assert_eq!(customers(&test, &[7]), [(7, "CNY", 2, 150, 20)]);
    test.db()
        .transact(|tx| {
            recount(tx, 7, &[7])?;
            recount(tx, 8, &[8])
        })
        .unwrap();
    assert_eq!(customers(&test, &[7, 8]), [(7, "CNY", 1, 100, 0), (8, "CNY", 1, 50, 20)]);
    sound(test.db());
    assert_ne!(picture(test.db()), before);
}

fn erasure_leaves_the_money(test: TestDb) {
    put(
        test.db(),
        vec![order("A1", Some(7), vec![line("x", 1, 100)]), order("A2", Some(8), vec![line("x", 1, 50)])],
        1,
    );
    test.db().transact(|tx| recount(tx, 7, &[7, 8])).unwrap();
    assert_eq!(test.db().transact(|tx| detach(tx, &[7, 8])).unwrap(), 2);
    assert_eq!(test.db().transact(|tx| detach(tx, &[7, 8])).unwrap(), 0);
    assert_eq!(customers(&test, &[7, 8]), []);
    let row = test.db().read(|tx| read_order(tx, "A1", None)).unwrap().unwrap();
    assert_eq!(
        (row.person, row.root, row.amount, row.lines.unwrap()[0].title.as_str()),
        (None, None, 100, "Title of x")
    );
    assert_eq!(test.db().read(totals).unwrap()[0].revenue, 150);
    sound(test.db());
}

fn wrong_input_is_refused_by_name(test: TestDb) {
    let with = |line: LineIn| order("A1", None, vec![line]);
    let cases = [
        (order(" ", None, vec![]), "order_no_empty", "orders[1].order_no"),
        (order(&"9".repeat(129), None, vec![]), "order_no_long", "orders[1].order_no"),
        (order("A1", None, vec![line("x", 1, 1); 10_001]), "too_many_lines", "orders[1].lines"),
        (with(LineIn { quantity_milli: i64::MIN, ..line("x", 1, 1) }), "quantity_range", "orders[1].lines[0].quantity"),
        (with(LineIn { amount_minor: i64::MAX, ..line("x", 1, 1) }), "amount_overflow", "orders[1].lines[0].amount"),
        (
            with(LineIn { price_minor: Some(i64::MIN), ..line("x", 1, 1) }),
            "amount_overflow",
            "orders[1].lines[0].price",
        ),
        (order("A1", None, vec![line("x", 1, 60_000_000_000_000); 2]), "amount_overflow", "orders[1].lines"),
        (with(refund("", "x", 1)), "order_no_empty", "orders[1].lines[0].refund_of"),
    ];
    for (wrong, code, field) in cases {
        let refusal = try_put(test.db(), vec![order("OK", None, vec![line("x", 1, 1)]), wrong], 1).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), (code, Some(field)));
    }
    assert!(picture(test.db()).is_empty());
    let big = |import| {
        put(test.db(), vec![order("B", None, vec![line("x", 1, 90_000_000_000_000)])], import)
            .remove(0)
            .refused
            .map(|r| r.code)
    };
    assert_eq!((big(1), big(2), big(2), big(2)), (None, None, None, Some("amount_overflow")));
    sound(test.db());
}

fn the_same_order_twice_in_one_call(test: TestDb) {
    let row = || order("A1", Some(7), vec![line("x", 1, 100)]);
    let placed = put(test.db(), vec![row(), order("A2", None, vec![]), row()], 1);
    assert_eq!(
        placed.iter().map(|p| (p.order_no.as_str(), p.new_lines, p.amount_added)).collect::<Vec<_>>(),
        [("A1", 2, 200), ("A2", 0, 0)]
    );
    assert_eq!(put(test.db(), vec![row(), row()], 2)[0].unchanged_lines, 2);
    let whole = |sku: &str| OrderIn { whole: true, ..order("A1", Some(7), vec![line(sku, 1, 10)]) };
    put(test.db(), vec![whole("y"), whole("z")], 0);
    let row = test.db().read(|tx| read_order(tx, "A1", None)).unwrap().unwrap();
    assert_eq!(row.lines.unwrap().iter().map(|l| l.sku.clone()).collect::<Vec<_>>(), ["z"], "the later update stands");
    sound(test.db());
}

fn two_at_once_end_in_one_result(test: TestDb) {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..12 {
                    let lines = vec![line("x", 1, 100), line("y", 1, 20)];
                    put(test.db(), vec![OrderIn { whole: true, ..order(&format!("A{n}"), Some(7), lines) }], 0);
                }
            });
        }
    });
    assert_eq!(customers(&test, &[7]), [(7, "CNY", 12, 1_440, 0)]);
    sound(test.db());
}

fn refunds_and_orders_at_once_lose_nothing(test: TestDb) {
    std::thread::scope(|scope| {
        let db = test.db();
        scope.spawn(move || {
            (0..20).for_each(|n| drop(put(db, vec![order(&format!("A{n}"), Some(7), vec![line("x", 1, 100)])], 0)))
        });
        scope.spawn(move || {
            (0..20).for_each(|n| {
                drop(put(db, vec![order(&format!("R{n}"), Some(8), vec![refund(&format!("A{n}"), "x", 30)])], 0))
            })
        });
    });
    assert_eq!(customers(&test, &[7, 8]), [(7, "CNY", 20, 2_000, 600), (8, "CNY", 0, 0, 0)]);
    sound(test.db());
}
