//! The list of products with what was sold.

use crate::page::{Page, Where, containing, limit};
use serde::Serialize;
use siyu_db::Tx;
use siyu_kernel::{Currency, Refusal};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProductRow {
    pub sku: String,
    pub title: String,
    pub category: Option<String>,
    pub brand: Option<String>,
    pub price_minor: Option<i64>,
    /// Of the price.
    pub currency: Option<String>,
    pub url: Option<String>,
    pub image: Option<String>,
    /// Thousandths of a piece, gross: what came back is not taken off.
    pub sold_milli: i64,
    /// Gross, of the currency asked for.
    pub revenue: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct ProductQuery<'a> {
    /// Which sales to add up.
    pub currency: Currency,
    /// A part of sku or title.
    pub q: Option<&'a str>,
    pub category: Option<&'a str>,
    pub limit: usize,
    pub after: Option<&'a str>,
}

/// By sku.
pub fn products(tx: &mut Tx<'_>, query: &ProductQuery<'_>) -> Result<Page<ProductRow>, Refusal> {
    let pattern = query.q.map(containing);
    let mut filter = Where::default();
    let currency = filter.bind(query.currency.code());
    if let Some(pattern) = &pattern {
        let at = filter.bind(pattern);
        filter.and(format!("(LOWER(p.sku) LIKE ${at} ESCAPE '!' OR LOWER(p.title) LIKE ${at} ESCAPE '!')"));
    }
    if let Some(category) = query.category {
        let at = filter.bind(category);
        filter.and(format!("p.category = ${at}"));
    }
    if let Some(after) = query.after {
        let at = filter.bind(after);
        filter.and(format!("p.sku > ${at}"));
    }
    let limit = limit(query.limit);
    let sql = format!(
        "SELECT p.sku, p.title, p.category, p.brand, p.price_minor, p.currency, p.url, p.image,
           (SELECT CAST(COALESCE(SUM(t.sold), 0) AS BIGINT) FROM product_total t WHERE t.product = p.id),
           (SELECT CAST(COALESCE(SUM(t.revenue), 0) AS BIGINT) FROM product_total t WHERE t.product = p.id AND t.currency = ${currency})
         FROM product p {} ORDER BY p.sku LIMIT {}",
        filter.sql(),
        limit + 1
    );
    let rows = tx.query(&sql, &filter.params, |row| {
        Ok(ProductRow {
            sku: row.text(0)?,
            title: row.text(1)?,
            category: row.opt_text(2)?,
            brand: row.opt_text(3)?,
            price_minor: row.opt_int(4)?,
            currency: row.opt_text(5)?,
            url: row.opt_text(6)?,
            image: row.opt_text(7)?,
            sold_milli: row.int(8)?,
            revenue: row.int(9)?,
        })
    })?;
    Ok(Page::cut(rows, limit, |row| row.sku.clone()))
}
