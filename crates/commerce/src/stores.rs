//! The list of stores with what they sold.

use crate::page::{Page, Where, containing, limit};
use serde::Serialize;
use siyu_db::Tx;
use siyu_kernel::{Currency, Refusal};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreRow {
    pub code: String,
    pub name: String,
    pub region: Option<String>,
    /// Orders with a sale line, of every currency.
    pub orders: i64,
    /// Gross, of the currency asked for.
    pub revenue: i64,
    pub refunded: i64,
    /// People with an order here.
    pub people: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct StoreQuery<'a> {
    pub currency: Currency,
    /// A part of code or name.
    pub q: Option<&'a str>,
    pub region: Option<&'a str>,
    /// What the reader may see.
    pub stores: Option<&'a [String]>,
    pub limit: usize,
    pub after: Option<&'a str>,
}

/// By code.
pub fn stores(tx: &mut Tx<'_>, query: &StoreQuery<'_>) -> Result<Page<StoreRow>, Refusal> {
    let pattern = query.q.map(containing);
    let mut filter = Where::default();
    let currency = filter.bind(query.currency.code());
    if let Some(pattern) = &pattern {
        let at = filter.bind(pattern);
        filter.and(format!("(LOWER(s.code) LIKE ${at} ESCAPE '!' OR LOWER(s.name) LIKE ${at} ESCAPE '!')"));
    }
    if let Some(region) = query.region {
        let at = filter.bind(region);
        filter.and(format!("s.region = ${at}"));
    }
    if let Some(codes) = query.stores {
        let at = filter.bind(codes);
        filter.and(tx.any("s.code", at));
    }
    if let Some(after) = query.after {
        let at = filter.bind(after);
        filter.and(format!("s.code > ${at}"));
    }
    let limit = limit(query.limit);
    let sql = format!(
        "SELECT s.code, s.name, s.region,
           (SELECT CAST(COALESCE(SUM(t.orders), 0) AS BIGINT) FROM sales_total t WHERE t.store = s.id),
           (SELECT CAST(COALESCE(SUM(t.amount), 0) AS BIGINT) FROM sales_total t WHERE t.store = s.id AND t.currency = ${currency}),
           (SELECT CAST(COALESCE(SUM(t.refunded), 0) AS BIGINT) FROM sales_total t WHERE t.store = s.id AND t.currency = ${currency}),
           (SELECT COUNT(*) FROM person_store v WHERE v.store = s.id)
         FROM store s {} ORDER BY s.code LIMIT {}",
        filter.sql(),
        limit + 1
    );
    let rows = tx.query(&sql, &filter.params, |row| {
        Ok(StoreRow {
            code: row.text(0)?,
            name: row.text(1)?,
            region: row.opt_text(2)?,
            orders: row.int(3)?,
            revenue: row.int(4)?,
            refunded: row.int(5)?,
            people: row.int(6)?,
        })
    })?;
    Ok(Page::cut(rows, limit, |row| row.code.clone()))
}
