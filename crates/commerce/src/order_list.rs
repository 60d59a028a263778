//! Reading orders.

use crate::book::currency;
use crate::order::Status;
use crate::page::{Page, Where, limit, parse, token};
use rustc_hash::FxHashMap;
use serde::Serialize;
use siyu_db::{DbError, Engine, RowRef, Tx, params};
use siyu_kernel::{Currency, PersonNum, Refusal, Time};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreRef {
    pub code: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OrderRow {
    pub id: i64,
    pub order_no: String,
    pub at: Time,
    /// The number the order came in with.
    pub person: Option<PersonNum>,
    /// The person it counts for now.
    pub root: Option<PersonNum>,
    pub store: Option<StoreRef>,
    pub currency: Currency,
    /// Sum of the sale lines.
    pub amount: i64,
    /// Money given back for this order, by its own lines or other orders'. Of an order with refund lines only: the sum of these.
    pub refunded: i64,
    pub status: Status,
    pub source: String,
    /// Only where one asks for them.
    pub lines: Option<Vec<LineRow>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LineRow {
    pub line_no: Option<i64>,
    pub sku: String,
    pub title: String,
    pub quantity_milli: i64,
    pub price_minor: Option<i64>,
    pub amount_minor: i64,
    pub refund: bool,
    pub refund_of: Option<String>,
    pub at: Time,
}

#[derive(Clone, Debug, Default)]
pub struct OrderQuery<'a> {
    /// The beginning of the order number.
    pub q: Option<&'a str>,
    pub store: Option<&'a str>,
    pub from: Option<Time>,
    /// Exclusive.
    pub to: Option<Time>,
    pub status: Option<Status>,
    /// Numbers orders came in with: all numbers of a person.
    pub persons: Option<&'a [PersonNum]>,
    /// What the reader may see: orders of these stores only.
    pub stores: Option<&'a [String]>,
    pub limit: usize,
    pub after: Option<&'a str>,
}

const COLUMNS: &str = "o.id, o.order_no, o.at, o.person, o.root, s.code, s.name, o.currency, o.amount, o.refunded, o.refund_lines, o.sales, o.source
    FROM orders o LEFT JOIN store s ON s.id = o.store";

/// One order with its lines. `scope`: what the reader may see, as in [`OrderQuery::stores`].
pub fn order(tx: &mut Tx<'_>, order_no: &str, scope: Option<&[String]>) -> Result<Option<OrderRow>, Refusal> {
    let sql = format!("SELECT {COLUMNS} WHERE o.stub = 0 AND o.order_no = $1");
    let found = tx.opt(&sql, params![order_no], order_row)?.filter(|row| match scope {
        Some(codes) => row.store.as_ref().is_some_and(|store| codes.contains(&store.code)),
        None => true,
    });
    let mut rows: Vec<OrderRow> = found.into_iter().collect();
    add_lines(tx, &mut rows)?;
    Ok(rows.pop())
}

/// Newest first, without lines.
///
/// Errors: `page_token`.
pub fn orders(tx: &mut Tx<'_>, query: &OrderQuery<'_>) -> Result<Page<OrderRow>, Refusal> {
    let persons: Vec<i64> = query.persons.unwrap_or_default().iter().map(|person| i64::from(*person)).collect();
    let until = query.q.and_then(after_prefix);
    let mut filter = Where::default();
    filter.and("o.stub = 0");
    if let Some(q) = query.q.filter(|q| !q.is_empty()) {
        // Texts are ordered by bytes on SQLite only; there the prefix is a range of the index.
        match (tx.engine(), &until) {
            (Engine::Sqlite, Some(until)) => {
                let (from, until) = (filter.bind(q), filter.bind(until));
                filter.and(format!("o.order_no >= ${from} AND o.order_no < ${until}"));
            }
            (Engine::Sqlite, None) => {
                let from = filter.bind(q);
                filter.and(format!("o.order_no >= ${from}"));
            }
            (Engine::Postgres, _) => {
                let from = filter.bind(q);
                filter.and(format!("starts_with(o.order_no, ${from})"));
            }
        }
    }
    if let Some(code) = query.store {
        let at = filter.bind(code);
        filter.and(format!("o.store = (SELECT id FROM store WHERE code = ${at})"));
    }
    if let Some(from) = query.from {
        let at = filter.bind(from);
        filter.and(format!("o.at >= ${at}"));
    }
    if let Some(to) = query.to {
        let at = filter.bind(to);
        filter.and(format!("o.at < ${at}"));
    }
    if let Some(status) = query.status {
        filter.and(status.condition());
    }
    if query.persons.is_some() {
        let at = filter.bind(&persons);
        filter.and(tx.any("o.person", at));
    }
    if let Some(codes) = query.stores {
        let at = filter.bind(codes);
        filter.and(format!("o.store IN (SELECT id FROM store WHERE {})", tx.any("code", at)));
    }
    if let Some(after) = query.after {
        let (at, id) = parse(after)?;
        let (at, id) = (filter.bind(at), filter.bind(id));
        filter.and(format!("o.at <= ${at} AND (o.at < ${at} OR o.id < ${id})"));
    }
    let limit = limit(query.limit);
    let sql = format!("SELECT {COLUMNS} {} ORDER BY o.at DESC, o.id DESC LIMIT {}", filter.sql(), limit + 1);
    let rows = tx.query(&sql, &filter.params, order_row)?;
    Ok(Page::cut(rows, limit, |row| token(row.at.0, row.id)))
}

/// The orders of a person (all its numbers), newest first, with lines.
pub fn orders_of(
    tx: &mut Tx<'_>,
    nodes: &[PersonNum],
    limit: usize,
    after: Option<&str>,
) -> Result<Page<OrderRow>, Refusal> {
    let mut page = orders(tx, &OrderQuery { persons: Some(nodes), limit, after, ..OrderQuery::default() })?;
    add_lines(tx, &mut page.items)?;
    Ok(page)
}

/// The smallest text that no text with this prefix reaches; none when the prefix ends in the last character there is.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        if let Some(next) = (last as u32 + 1..=char::MAX as u32).find_map(char::from_u32) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

fn person(row: RowRef<'_>, at: usize) -> Result<Option<PersonNum>, DbError> {
    row.opt_int(at)?.map(|_| row.num(at)).transpose()
}

fn order_row(row: RowRef<'_>) -> Result<OrderRow, DbError> {
    let store = match row.opt_text(5)? {
        Some(code) => Some(StoreRef { code, name: row.text(6)? }),
        None => None,
    };
    let (amount, refunded, sales) = (row.int(8)?, row.int(9)?, row.int(11)?);
    Ok(OrderRow {
        id: row.int(0)?,
        order_no: row.text(1)?,
        at: row.time(2)?,
        person: person(row, 3)?,
        root: person(row, 4)?,
        store,
        currency: currency(row, 7)?,
        amount,
        refunded: if sales == 0 { row.int(10)? } else { refunded },
        status: Status::of(sales, amount, refunded),
        source: row.text(12)?,
        lines: None,
    })
}

fn add_lines(tx: &mut Tx<'_>, rows: &mut [OrderRow]) -> Result<(), Refusal> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let places: FxHashMap<i64, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    rows.iter_mut().for_each(|row| row.lines = Some(Vec::new()));
    let sql = format!(
        "SELECT l.orders, l.line_no, p.sku, COALESCE(l.title, p.title, ''), l.quantity, l.price_minor, l.amount_minor, l.refund_of, l.at
         FROM order_line l LEFT JOIN product p ON p.id = l.product WHERE {} ORDER BY l.orders, l.no",
        tx.any("l.orders", 1)
    );
    tx.each(&sql, params![&ids], |row| {
        let (quantity_milli, amount_minor, refund_of) = (row.int(4)?, row.int(6)?, row.opt_text(7)?);
        let line = LineRow {
            line_no: row.opt_int(1)?,
            sku: row.opt_text(2)?.unwrap_or_default(),
            title: row.text(3)?,
            quantity_milli,
            price_minor: row.opt_int(5)?,
            amount_minor,
            refund: quantity_milli < 0 || amount_minor < 0 || refund_of.is_some(),
            refund_of,
            at: row.time(8)?,
        };
        if let Some(lines) = places.get(&row.int(0)?).and_then(|at| rows[*at].lines.as_mut()) {
            lines.push(line);
        }
        Ok(())
    })?;
    Ok(())
}
