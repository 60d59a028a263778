//! Reading: lists, pages, catalogue, days.
#![allow(clippy::unwrap_used)]

mod common;

use common::{DAY, NOW, line, order, put, refund, sound};
use siyu_commerce::{
    CustomerQuery, CustomerSort, MIGRATIONS, OrderIn, OrderQuery, ProductIn, ProductQuery, Status, StoreIn, StoreQuery,
    category_counts, customers, daily, in_stores, order as read_order, orders, orders_of, person_stores, products,
    put_products, put_stores, stores,
};
use siyu_kernel::{Currency, Time, Zone};
use siyu_testkit::{TestDb, contract};

contract!(MIGRATIONS;
    orders_page_newest_first, orders_are_filtered, a_persons_orders_have_lines, the_catalogue_is_upserted, products_tell_what_was_sold,
    stores_tell_what_they_sold, customers_page_by_each_sort, days_follow_the_zone);

fn at(no: &str, person: u32, store: &str, days_ago: i64, amount: i64) -> OrderIn {
    OrderIn {
        at: Time(NOW.0 - days_ago * DAY),
        store: Some(store.into()),
        ..order(no, Some(person), vec![line("x", 1, amount)])
    }
}
fn numbers(test: &TestDb, query: &OrderQuery<'_>) -> Vec<String> {
    test.db().read(|tx| orders(tx, query)).unwrap().items.into_iter().map(|row| row.order_no).collect()
}

fn orders_page_newest_first(test: TestDb) {
    put(test.db(), (0..25).map(|n| at(&format!("A{n:02}"), n, "S1", i64::from(n) / 5, 10)).collect(), 1);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = test
            .db()
            .read(|tx| orders(tx, &OrderQuery { limit: 4, after: after.as_deref(), ..OrderQuery::default() }))
            .unwrap();
        seen.extend(page.items.into_iter().map(|row| (row.at, row.id)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let mut sorted = seen.clone();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted.dedup();
    assert_eq!((seen.len(), sorted), (25, seen));
    let wrong = test.db().read(|tx| orders(tx, &OrderQuery { after: Some("x"), ..OrderQuery::default() })).unwrap_err();
    assert_eq!(wrong.code, "page_token");
}

fn orders_are_filtered(test: TestDb) {
    put(
        test.db(),
        vec![
            at("AB1", 1, "S1", 1, 10),
            at("AB2", 2, "S2", 2, 10),
            at("AC%", 3, "S2", 3, 10),
            order("R1", Some(3), vec![refund("AB2", "x", 4)]),
            order("R2", None, vec![refund("AC%", "x", 10)]),
            order("R3", None, vec![refund("NONE", "x", 10)]),
        ],
        1,
    );
    let all = OrderQuery { limit: 50, ..OrderQuery::default() };
    assert_eq!(numbers(&test, &OrderQuery { q: Some("AB"), ..all.clone() }), ["AB1", "AB2"]);
    assert_eq!(numbers(&test, &OrderQuery { q: Some("%"), ..all.clone() }).len(), 0);
    assert_eq!(numbers(&test, &OrderQuery { store: Some("S2"), ..all.clone() }), ["AB2", "AC%"]);
    assert_eq!(numbers(&test, &OrderQuery { store: Some("S9"), ..all.clone() }).len(), 0);
    assert_eq!(numbers(&test, &OrderQuery { stores: Some(&["S2".into()]), q: Some("AB"), ..all.clone() }), ["AB2"]);
    assert_eq!(numbers(&test, &OrderQuery { stores: Some(&[]), ..all.clone() }).len(), 0);
    assert_eq!(
        numbers(&test, &OrderQuery { from: Some(Time(NOW.0 - 2 * DAY)), to: Some(Time(NOW.0 - DAY)), ..all.clone() }),
        ["AB2"]
    );
    assert_eq!(numbers(&test, &OrderQuery { persons: Some(&[1, 2]), ..all.clone() }), ["AB1", "AB2"]);
    for (status, want) in [
        (Status::Paid, vec!["AB1"]),
        (Status::PartlyRefunded, vec!["AB2"]),
        (Status::Refunded, vec!["AC%"]),
        (Status::RefundOnly, vec!["R3", "R2", "R1"]),
    ] {
        assert_eq!(numbers(&test, &OrderQuery { status: Some(status), ..all.clone() }), want);
        assert_eq!(Status::parse(status.name()), Some(status));
    }
    let seen = |scope: &[String]| test.db().read(|tx| read_order(tx, "AB2", Some(scope))).unwrap().is_some();
    assert_eq!((seen(&["S2".into()]), seen(&["S1".into()]), seen(&[])), (true, false, false));
}

fn a_persons_orders_have_lines(test: TestDb) {
    put(test.db(), vec![at("A1", 1, "S1", 1, 10), at("A2", 2, "S1", 2, 20), at("A3", 3, "S1", 3, 30)], 1);
    let page = test.db().read(|tx| orders_of(tx, &[1, 2], 1, None)).unwrap();
    let rest = test.db().read(|tx| orders_of(tx, &[1, 2], 9, page.next.as_deref())).unwrap();
    let lines = |rows: &[siyu_commerce::OrderRow]| {
        rows.iter().map(|row| (row.order_no.clone(), row.lines.as_ref().unwrap()[0].amount_minor)).collect::<Vec<_>>()
    };
    assert_eq!((lines(&page.items), lines(&rest.items)), (vec![("A1".into(), 10)], vec![("A2".into(), 20)]));
    assert!(rest.next.is_none());
}

fn product(sku: &str, title: Option<&str>, category: Option<&str>) -> ProductIn {
    ProductIn {
        sku: sku.into(),
        title: title.map(Into::into),
        category: category.map(Into::into),
        ..ProductIn::default()
    }
}

fn the_catalogue_is_upserted(test: TestDb) {
    let put = |products: Vec<ProductIn>| {
        test.db()
            .transact(move |tx| put_products(tx, &products, NOW))
            .map(|done| (done.new, done.changed, done.unchanged))
    };
    let priced = ProductIn {
        price_minor: Some(990),
        currency: Some(Currency::CNY),
        properties: Some(serde_json::from_str(r#"{"ml":50}"#).unwrap()),
        ..product("x", Some("Cream"), Some("care"))
    };
    assert_eq!(put(vec![priced.clone(), product("y", None, None)]).unwrap(), (2, 0, 0));
    assert_eq!(put(vec![priced, product("y", None, None)]).unwrap(), (0, 0, 2));
    assert_eq!(
        put(vec![product("x", None, None), product("y", Some("Soap"), None), product("y", None, Some("care"))])
            .unwrap(),
        (0, 1, 1)
    );
    assert_eq!(
        put(vec![product("z", None, None), product(" ", None, None)]).unwrap_err().field.as_deref(),
        Some("products[1].sku")
    );
    let page = test
        .db()
        .read(|tx| {
            products(
                tx,
                &ProductQuery { currency: Currency::CNY, q: None, category: Some("care"), limit: 9, after: None },
            )
        })
        .unwrap();
    assert_eq!(
        page.items.iter().map(|p| (p.title.as_str(), p.price_minor)).collect::<Vec<_>>(),
        [("Cream", Some(990)), ("Soap", None)]
    );
    let put = |stores: Vec<StoreIn>| {
        test.db().transact(move |tx| put_stores(tx, &stores, NOW)).map(|done| (done.new, done.changed, done.unchanged))
    };
    let store = |code: &str, region: Option<&str>| StoreIn {
        code: code.into(),
        name: Some("静安店".into()),
        region: region.map(Into::into),
    };
    assert_eq!(put(vec![store("S1", None), store("S2", Some("East"))]).unwrap(), (2, 0, 0));
    assert_eq!(put(vec![store("S1", Some("East")), store("S2", None)]).unwrap(), (0, 1, 1));
    assert_eq!(put(vec![store("", None)]).unwrap_err().code, "store_code");
}

fn products_tell_what_was_sold(test: TestDb) {
    put(
        test.db(),
        vec![
            order("A1", Some(7), vec![line("x", 2, 100), line("y_1", 1, 5), line("x", -1, -50)]),
            order("A2", Some(8), vec![line("x", 1, 50)]),
        ],
        1,
    );
    test.db()
        .transact(|tx| {
            put_products(tx, &[product("x", Some("Rose Cream"), Some("care")), product("y_1", None, Some("soap"))], NOW)
        })
        .unwrap();
    let list = |q: Option<&str>| {
        let page = test
            .db()
            .read(|tx| {
                products(tx, &ProductQuery { currency: Currency::CNY, q, category: None, limit: 1, after: None })
            })
            .unwrap();
        (page.items.iter().map(|p| (p.sku.clone(), p.sold_milli, p.revenue)).collect::<Vec<_>>(), page.next)
    };
    assert_eq!(list(Some("rose")), (vec![("x".into(), 3_000, 150)], None));
    assert_eq!(list(Some("Y_")), (vec![("y_1".into(), 1_000, 5)], None));
    assert_eq!(list(None).1.as_deref(), Some("x"));
    let counts = test.db().read(|tx| category_counts(tx, &[7, 8, 9])).unwrap();
    assert_eq!(counts, [(7, "care".into(), 1), (7, "soap".into(), 1), (8, "care".into(), 1)]);
}

fn stores_tell_what_they_sold(test: TestDb) {
    put(
        test.db(),
        vec![
            at("A1", 1, "S1", 3, 10),
            at("A2", 1, "S2", 2, 20),
            at("A3", 2, "S2", 1, 30),
            OrderIn { store: None, ..at("A4", 3, "", 1, 5) },
        ],
        1,
    );
    let query = StoreQuery { currency: Currency::CNY, q: None, region: None, stores: None, limit: 9, after: None };
    let list = |query: StoreQuery<'_>| {
        let page = test.db().read(|tx| stores(tx, &query)).unwrap();
        page.items.into_iter().map(|s| (s.code, s.orders, s.revenue, s.people)).collect::<Vec<_>>()
    };
    assert_eq!(list(query), [("S1".into(), 1, 10, 1), ("S2".into(), 2, 50, 2)]);
    assert_eq!(list(StoreQuery { q: Some("s2"), ..query }).len(), 1);
    assert_eq!(list(StoreQuery { stores: Some(&["S1".into()]), ..query }).len(), 1);
    assert_eq!(list(StoreQuery { after: Some("S1"), ..query }).len(), 1);
    let visits = test.db().read(|tx| person_stores(tx, &[1])).unwrap();
    assert_eq!(visits.iter().map(|v| (v.code.as_str(), v.orders)).collect::<Vec<_>>(), [("S2", 1), ("S1", 1)]);
    assert_eq!(test.db().read(|tx| in_stores(tx, &[1, 2, 3], &["S1".into()])).unwrap(), [1]);
    sound(test.db());
}

fn customers_page_by_each_sort(test: TestDb) {
    put(
        test.db(),
        (0..30).map(|n| at(&format!("A{n}"), n % 12, "S1", i64::from(n % 5), i64::from(n % 4))).collect(),
        1,
    );
    for sort in [CustomerSort::Root, CustomerSort::Amount, CustomerSort::Orders, CustomerSort::LastAt] {
        let all = test.db().read(|tx| customers(tx, &CustomerQuery::all(Currency::CNY, sort, 100))).unwrap();
        assert_eq!((all.items.len(), all.next), (12, None));
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = test
                .db()
                .read(|tx| {
                    customers(
                        tx,
                        &CustomerQuery { after: after.as_deref(), ..CustomerQuery::all(Currency::CNY, sort, 5) },
                    )
                })
                .unwrap();
            seen.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, all.items, "{sort:?}");
    }
    let query = CustomerQuery {
        orders_min: Some(3),
        amount_max: Some(6),
        last_from: Some(Time(NOW.0 - DAY)),
        stores: Some(&["S1".into()]),
        ..CustomerQuery::all(Currency::CNY, CustomerSort::Amount, 50)
    };
    let some = test.db().read(|tx| customers(tx, &query)).unwrap();
    assert!(
        !some.items.is_empty()
            && some.items.iter().all(|c| c.orders >= 3 && c.amount <= 6 && c.last_at.unwrap().0 >= NOW.0 - DAY)
    );
}

fn days_follow_the_zone(test: TestDb) {
    let when =
        |no: &str, text: &str| OrderIn { at: Time::parse(text).unwrap(), ..order(no, None, vec![line("x", 1, 10)]) };
    put(
        test.db(),
        vec![
            when("A1", "2026-03-01T15:59:59Z"),
            when("A2", "2026-03-01T16:00:00Z"),
            when("A3", "2026-03-02T03:00:00Z"),
            when("A4", "2026-01-15T00:00:00Z"),
            order("R1", None, vec![refund("A3", "x", 10)]),
        ],
        1,
    );
    let days = test.db().read(|tx| daily(tx, Currency::CNY, &Zone::shanghai(), 30, NOW)).unwrap();
    assert_eq!((days.len(), days[0].orders), (30, 0));
    assert_eq!(days[28..].iter().map(|d| (d.orders, d.revenue)).collect::<Vec<_>>(), [(1, 10), (2, 20)]);
    assert_eq!(days[29].day, Zone::shanghai().day(NOW));
}
