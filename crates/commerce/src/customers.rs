//! What people bought, added up.

use crate::book::currency;
use crate::page::{Page, Where, limit, parse, token};
use crate::recount::{TOTALS, orders_of_roots};
use serde::Serialize;
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Currency, PersonNum, Refusal, Time};

/// The totals of a person as merged now, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Customer {
    pub root: PersonNum,
    pub currency: Currency,
    /// Orders with a sale line.
    pub orders: i64,
    pub amount: i64,
    pub refunded: i64,
    /// None when there are refunds only.
    pub first_at: Option<Time>,
    pub last_at: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreVisit {
    pub root: PersonNum,
    pub code: String,
    pub name: String,
    pub orders: i64,
    pub last_at: Time,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CustomerSort {
    /// By number, ascending: for walking over all of them.
    #[default]
    Root,
    /// The largest first; then by number, descending.
    Amount,
    Orders,
    LastAt,
}

/// Bounds are inclusive.
#[derive(Clone, Copy, Debug)]
pub struct CustomerQuery<'a> {
    pub currency: Currency,
    pub sort: CustomerSort,
    pub orders_min: Option<i64>,
    pub orders_max: Option<i64>,
    pub amount_min: Option<i64>,
    pub amount_max: Option<i64>,
    pub last_from: Option<Time>,
    pub last_to: Option<Time>,
    /// With an order in one of these stores.
    pub stores: Option<&'a [String]>,
    pub limit: usize,
    pub after: Option<&'a str>,
}

impl CustomerQuery<'_> {
    pub fn all(currency: Currency, sort: CustomerSort, limit: usize) -> Self {
        Self {
            currency,
            sort,
            orders_min: None,
            orders_max: None,
            amount_min: None,
            amount_max: None,
            last_from: None,
            last_to: None,
            stores: None,
            limit,
            after: None,
        }
    }
}

const COLUMNS: &str = "c.root, c.currency, c.orders, c.amount, c.refunded, c.first_at, c.last_at FROM customer c";

fn customer(row: RowRef<'_>) -> Result<Customer, DbError> {
    Ok(Customer {
        root: row.num(0)?,
        currency: currency(row, 1)?,
        orders: row.int(2)?,
        amount: row.int(3)?,
        refunded: row.int(4)?,
        first_at: row.opt_time(5)?,
        last_at: row.opt_time(6)?,
    })
}

fn numbers(roots: &[PersonNum]) -> Vec<i64> {
    roots.iter().map(|root| i64::from(*root)).collect()
}

/// All currencies of these people; somebody without an order is not among them.
pub fn customer_totals(tx: &mut Tx<'_>, roots: &[PersonNum]) -> Result<Vec<Customer>, Refusal> {
    let sql = format!("SELECT {COLUMNS} WHERE {} ORDER BY c.root, c.currency", tx.any("c.root", 1));
    Ok(tx.query(&sql, params![&numbers(roots)], customer)?)
}

/// The same of their orders in these stores: what somebody limited to them may know.
pub fn customer_totals_in(tx: &mut Tx<'_>, roots: &[PersonNum], codes: &[String]) -> Result<Vec<Customer>, Refusal> {
    let orders = orders_of_roots(tx, 1, "root, currency, store, at, sales, amount, refunded");
    let sql = format!(
        "{TOTALS} FROM {orders} WHERE store IN (SELECT id FROM store WHERE {}) GROUP BY root, currency ORDER BY root, currency",
        tx.any("code", 2)
    );
    Ok(tx.query(&sql, params![&numbers(roots), codes], customer)?)
}

/// People by what they bought in one currency. Keyset pages; up to 200 a page, or 5,000 when walking by number.
///
/// Errors: `page_token`.
pub fn customers(tx: &mut Tx<'_>, query: &CustomerQuery<'_>) -> Result<Page<Customer>, Refusal> {
    let column = match query.sort {
        CustomerSort::Root => "c.root",
        CustomerSort::Amount => "c.amount",
        CustomerSort::Orders => "c.orders",
        CustomerSort::LastAt => "c.last_at",
    };
    let mut filter = Where::default();
    let at = filter.bind(query.currency.code());
    filter.and(format!("c.currency = ${at}"));
    let bounds = [
        ("c.orders >=", query.orders_min),
        ("c.orders <=", query.orders_max),
        ("c.amount >=", query.amount_min),
        ("c.amount <=", query.amount_max),
        ("c.last_at >=", query.last_from.map(|at| at.0)),
        ("c.last_at <=", query.last_to.map(|at| at.0)),
    ];
    for (condition, bound) in bounds.into_iter().filter_map(|(condition, bound)| Some((condition, bound?))) {
        let at = filter.bind(bound);
        filter.and(format!("{condition} ${at}"));
    }
    if query.sort == CustomerSort::LastAt {
        filter.and("c.last_at IS NOT NULL");
    }
    if let Some(codes) = query.stores {
        let at = filter.bind(codes);
        filter.and(format!(
            "EXISTS (SELECT 1 FROM person_store v WHERE v.root = c.root AND v.store IN (SELECT id FROM store WHERE {}))",
            tx.any("code", at)
        ));
    }
    if let Some(after) = query.after {
        let (value, root) = parse(after)?;
        let root = filter.bind(root);
        if query.sort == CustomerSort::Root {
            filter.and(format!("c.root > ${root}"));
        } else {
            let value = filter.bind(value);
            filter.and(format!("{column} <= ${value} AND ({column} < ${value} OR c.root < ${root})"));
        }
    }
    let (order, limit) = match query.sort {
        CustomerSort::Root => ("c.root".to_owned(), query.limit.clamp(1, 5_000)),
        _ => (format!("{column} DESC, c.root DESC"), limit(query.limit)),
    };
    let sql = format!("SELECT {COLUMNS} {} ORDER BY {order} LIMIT {}", filter.sql(), limit + 1);
    let rows = tx.query(&sql, &filter.params, customer)?;
    Ok(Page::cut(rows, limit, |row| {
        let value = match query.sort {
            CustomerSort::Root => 0,
            CustomerSort::Amount => row.amount,
            CustomerSort::Orders => row.orders,
            CustomerSort::LastAt => row.last_at.map_or(0, |at| at.0),
        };
        token(value, i64::from(row.root))
    }))
}

/// The stores these people bought in, the latest first for each person.
pub fn person_stores(tx: &mut Tx<'_>, roots: &[PersonNum]) -> Result<Vec<StoreVisit>, Refusal> {
    let sql = format!(
        "SELECT v.root, s.code, s.name, v.orders, v.last_at FROM person_store v JOIN store s ON s.id = v.store WHERE {}
         ORDER BY v.root, v.last_at DESC, s.code",
        tx.any("v.root", 1)
    );
    Ok(tx.query(&sql, params![&numbers(roots)], |row| {
        Ok(StoreVisit {
            root: row.num(0)?,
            code: row.text(1)?,
            name: row.text(2)?,
            orders: row.int(3)?,
            last_at: row.time(4)?,
        })
    })?)
}

/// Those of the people who have an order in one of the stores: what a store manager may see.
pub fn in_stores(tx: &mut Tx<'_>, roots: &[PersonNum], codes: &[String]) -> Result<Vec<PersonNum>, Refusal> {
    let sql = format!(
        "SELECT DISTINCT v.root FROM person_store v WHERE {} AND v.store IN (SELECT id FROM store WHERE {}) ORDER BY v.root",
        tx.any("v.root", 1),
        tx.any("code", 2)
    );
    Ok(tx.query(&sql, params![&numbers(roots), codes], |row| row.num(0))?)
}

/// How many sale lines of each product category these people have. Lines of products without a category are not counted.
pub fn category_counts(tx: &mut Tx<'_>, roots: &[PersonNum]) -> Result<Vec<(PersonNum, String, i64)>, Refusal> {
    let orders = orders_of_roots(tx, 1, "id, root");
    let sql = format!(
        "SELECT o.root, p.category, COUNT(*) FROM {orders} JOIN order_line l ON l.orders = o.id JOIN product p ON p.id = l.product
         WHERE p.category IS NOT NULL AND l.quantity >= 0 AND l.amount_minor >= 0 AND l.refund_of IS NULL
         GROUP BY o.root, p.category ORDER BY o.root, p.category"
    );
    Ok(tx.query(&sql, params![&numbers(roots)], |row| Ok((row.num(0)?, row.text(1)?, row.int(2)?)))?)
}
