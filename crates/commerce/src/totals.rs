//! The workspace's totals.

use crate::book::currency;
use serde::Serialize;
use siyu_db::Tx;
use siyu_kernel::{Currency, Refusal};

/// Of one currency. `orders` counts orders with a sale line; `revenue` is gross; net is `revenue - refunded`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub currency: Currency,
    pub orders: i64,
    pub revenue: i64,
    pub refunded: i64,
}

/// One entry for each currency that has orders, the largest number of orders first. Reads one row per store, currency and shard, whatever
/// the number of orders.
pub fn totals(tx: &mut Tx<'_>) -> Result<Vec<Totals>, Refusal> {
    let sql = "SELECT currency, CAST(SUM(orders) AS BIGINT), CAST(SUM(amount) AS BIGINT), CAST(SUM(refunded) AS BIGINT)
        FROM sales_total GROUP BY currency
        HAVING SUM(orders) <> 0 OR SUM(amount) <> 0 OR SUM(refunded) <> 0 ORDER BY 2 DESC, currency";
    Ok(tx.query(sql, &[], |row| {
        Ok(Totals { currency: currency(row, 0)?, orders: row.int(1)?, revenue: row.int(2)?, refunded: row.int(3)? })
    })?)
}
