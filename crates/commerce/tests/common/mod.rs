//! Short words for orders and lines.
#![allow(clippy::unwrap_used, dead_code)]

use siyu_commerce::{Drift, LineIn, OrderIn, Placed, drift, place};
use siyu_db::Db;
use siyu_kernel::{Currency, Refusal, Time};

pub const NOW: Time = Time(1_772_424_000_000_000);
pub const DAY: i64 = 86_400_000_000;

pub fn line(sku: &str, pieces: i64, amount: i64) -> LineIn {
    LineIn {
        line_no: None,
        sku: sku.into(),
        title: Some(format!("Title of {sku}")),
        quantity_milli: pieces * 1_000,
        price_minor: Some(amount.abs() / pieces.abs().max(1)),
        amount_minor: amount,
        refund_of: None,
    }
}
pub fn numbered(no: i64, sku: &str, pieces: i64, amount: i64) -> LineIn {
    LineIn { line_no: Some(no), ..line(sku, pieces, amount) }
}
pub fn refund(of: &str, sku: &str, amount: i64) -> LineIn {
    LineIn { refund_of: Some(of.into()), ..line(sku, -1, -amount) }
}
pub fn order(no: &str, person: Option<u32>, lines: Vec<LineIn>) -> OrderIn {
    OrderIn {
        order_no: no.into(),
        at: Time(NOW.0 - DAY),
        store: Some("S1".into()),
        currency: Currency::CNY,
        person,
        root: person,
        lines,
        source: "test".into(),
        whole: false,
    }
}
pub fn try_put(db: &Db, orders: Vec<OrderIn>, import: i64) -> Result<Vec<Placed>, Refusal> {
    db.transact(move |tx| place(tx, &orders, import, NOW))
}
pub fn put(db: &Db, orders: Vec<OrderIn>, import: i64) -> Vec<Placed> {
    try_put(db, orders, import).unwrap()
}
/// Every total equals the sum of its lines.
pub fn sound(db: &Db) {
    let found: Vec<Drift> = db.read(drift).unwrap().into_iter().filter(|part| part.rows != 0).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// All that a reader can see of money, without the numbers the database gave out.
pub fn picture(db: &Db) -> Vec<String> {
    const QUERIES: [(&str, usize); 6] = [
        (
            "SELECT order_no, stub, person, root, at, currency, amount, refunded, refund_lines, sales, lines FROM orders WHERE stub = 0",
            11,
        ),
        ("SELECT root, currency, orders, amount, refunded, first_at, last_at FROM customer", 7),
        ("SELECT v.root, s.code, v.orders, v.last_at FROM person_store v JOIN store s ON s.id = v.store", 4),
        (
            "SELECT s.code, t.currency, CAST(SUM(t.orders) AS BIGINT), CAST(SUM(t.amount) AS BIGINT), CAST(SUM(t.refunded) AS BIGINT) FROM sales_total t LEFT JOIN store s ON s.id = t.store GROUP BY s.code, t.currency HAVING SUM(t.orders) <> 0 OR SUM(t.amount) <> 0 OR SUM(t.refunded) <> 0",
            5,
        ),
        (
            "SELECT p.sku, t.currency, CAST(SUM(t.sold) AS BIGINT), CAST(SUM(t.revenue) AS BIGINT), CAST(SUM(t.returned) AS BIGINT), CAST(SUM(t.refunded) AS BIGINT) FROM product_total t JOIN product p ON p.id = t.product GROUP BY p.sku, t.currency HAVING SUM(t.sold) <> 0 OR SUM(t.revenue) <> 0 OR SUM(t.returned) <> 0 OR SUM(t.refunded) <> 0",
            6,
        ),
        (
            "SELECT o.order_no, l.line_no, p.sku, l.quantity, l.price_minor, l.amount_minor, l.refund_of, l.at FROM order_line l JOIN orders o ON o.id = l.orders LEFT JOIN product p ON p.id = l.product",
            8,
        ),
    ];
    let mut rows = db
        .read(|tx| {
            let mut rows = Vec::new();
            for (at, (sql, width)) in QUERIES.iter().enumerate() {
                tx.each(sql, &[], |row| {
                    let cells: Vec<String> = (0..*width)
                        .map(|i| row.opt_text(i).or_else(|_| Ok(row.opt_int(i)?.map(|n| n.to_string()))))
                        .map(|cell: Result<_, siyu_db::DbError>| cell.unwrap().unwrap_or_else(|| "-".into()))
                        .collect();
                    rows.push(format!("{at}: {}", cells.join(" ")));
                    Ok(())
                })?;
            }
            Ok(rows)
        })
        .unwrap();
    rows.sort_unstable();
    rows
}
