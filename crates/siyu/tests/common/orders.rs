//! A file of orders in which every beginning has its own sum.

use std::collections::BTreeSet;

pub const ROWS: usize = 24_000;
const LINES: usize = 3;
pub const MAP: [&str; 7] = [
    "--map",
    "order_no=order_no",
    "at=at",
    "person.member_no=member_no",
    "sku=sku",
    "quantity=quantity",
    "amount=amount",
];

/// A file of orders of three lines, every amount another one; and (orders, revenue) after each row.
pub fn order_file() -> (String, BTreeSet<(i64, i64)>) {
    let mut text = String::from("order_no,at,member_no,sku,quantity,amount\n");
    let (mut sums, mut revenue) = (BTreeSet::from([(0, 0)]), 0);
    for row in 0..ROWS {
        let (order, cents) = (row / LINES, row % 97 + 1);
        text.push_str(&format!(
            "K{order},2026-01-{:02}T10:00:00Z,M{},S{},1,1.{cents:02}\n",
            order % 28 + 1,
            order % 500,
            row % 40
        ));
        revenue += 100 + cents as i64;
        sums.insert((order as i64 + 1, revenue));
    }
    (text, sums)
}
