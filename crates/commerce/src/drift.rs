//! Compares every total with the sum it stands for.

use serde::Serialize;
use siyu_db::Tx;
use siyu_kernel::Refusal;

/// Rows of one kind of total that differ from the sum; all zero unless something is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    pub of: &'static str,
    pub rows: i64,
}

const ORDERS: &str = "SELECT COUNT(*) FROM orders o LEFT JOIN (
    SELECT orders, COUNT(*) AS n, SUM(CASE WHEN refund = 0 THEN 1 ELSE 0 END) AS sales, SUM(CASE WHEN refund = 0 THEN amount_minor ELSE 0 END) AS amount,
      SUM(CASE WHEN refund = 1 THEN -amount_minor ELSE 0 END) AS refund_lines
    FROM (SELECT orders, amount_minor, CASE WHEN quantity < 0 OR amount_minor < 0 OR refund_of IS NOT NULL THEN 1 ELSE 0 END AS refund FROM order_line) AS l
    GROUP BY orders) AS t ON t.orders = o.id
  WHERE o.lines <> COALESCE(t.n, 0) OR o.sales <> COALESCE(t.sales, 0) OR o.amount <> COALESCE(t.amount, 0) OR o.refund_lines <> COALESCE(t.refund_lines, 0)";

// Sums that must cancel out: a full join of two sums has no index to go by, and compares every row with every other.
const REFUNDED: &str = "SELECT COUNT(*) FROM (SELECT target FROM (
    SELECT COALESCE(t.id, r.id) AS target, -l.amount_minor AS refunded
    FROM order_line l JOIN orders r ON r.id = l.orders LEFT JOIN orders t ON t.order_no = l.refund_of AND t.stub = 0 AND t.currency = r.currency
    WHERE l.quantity < 0 OR l.amount_minor < 0 OR l.refund_of IS NOT NULL
    UNION ALL SELECT id, -refunded FROM orders) AS x
  GROUP BY target HAVING SUM(refunded) <> 0) AS d";

const CUSTOMERS: &str = "SELECT COUNT(*) FROM (
    SELECT root, currency, SUM(CASE WHEN sales > 0 THEN 1 ELSE 0 END) AS orders, SUM(amount) AS amount, SUM(refunded) AS refunded,
      MIN(CASE WHEN sales > 0 THEN at END) AS first_at, MAX(CASE WHEN sales > 0 THEN at END) AS last_at
    FROM orders WHERE root IS NOT NULL AND stub = 0 GROUP BY root, currency) AS s
  FULL JOIN customer c ON c.root = s.root AND c.currency = s.currency
  WHERE COALESCE(s.orders, -1) <> COALESCE(c.orders, -1) OR COALESCE(s.amount, -1) <> COALESCE(c.amount, -1)
    OR COALESCE(s.refunded, -1) <> COALESCE(c.refunded, -1) OR COALESCE(s.first_at, -1) <> COALESCE(c.first_at, -1)
    OR COALESCE(s.last_at, -1) <> COALESCE(c.last_at, -1)";

const VISITS: &str = "SELECT COUNT(*) FROM (
    SELECT root, store, COUNT(*) AS orders, MAX(at) AS last_at FROM orders
    WHERE root IS NOT NULL AND store IS NOT NULL AND stub = 0 AND sales > 0 GROUP BY root, store) AS s
  FULL JOIN person_store v ON v.root = s.root AND v.store = s.store
  WHERE COALESCE(s.orders, -1) <> COALESCE(v.orders, -1) OR COALESCE(s.last_at, -1) <> COALESCE(v.last_at, -1)";

const SALES: &str = "SELECT COUNT(*) FROM (
    SELECT COALESCE(store, 0) AS store, currency, SUM(CASE WHEN sales > 0 THEN 1 ELSE 0 END) AS orders, SUM(amount) AS amount, SUM(refunded) AS refunded
    FROM orders WHERE stub = 0 GROUP BY COALESCE(store, 0), currency) AS s
  FULL JOIN (SELECT store, currency, SUM(orders) AS orders, SUM(amount) AS amount, SUM(refunded) AS refunded FROM sales_total GROUP BY store, currency) AS t
    ON t.store = s.store AND t.currency = s.currency
  WHERE COALESCE(s.orders, 0) <> COALESCE(t.orders, 0) OR COALESCE(s.amount, 0) <> COALESCE(t.amount, 0)
    OR COALESCE(s.refunded, 0) <> COALESCE(t.refunded, 0)";

const PRODUCTS: &str = "SELECT COUNT(*) FROM (SELECT product FROM (
    SELECT l.product AS product, o.currency AS currency, CASE WHEN refund = 0 THEN quantity ELSE 0 END AS sold,
      CASE WHEN refund = 0 THEN amount_minor ELSE 0 END AS revenue, CASE WHEN refund = 1 THEN -quantity ELSE 0 END AS returned,
      CASE WHEN refund = 1 THEN -amount_minor ELSE 0 END AS refunded
    FROM (SELECT orders, product, quantity, amount_minor, CASE WHEN quantity < 0 OR amount_minor < 0 OR refund_of IS NOT NULL THEN 1 ELSE 0 END AS refund
      FROM order_line WHERE product IS NOT NULL) AS l JOIN orders o ON o.id = l.orders
    UNION ALL SELECT product, currency, -sold, -revenue, -returned, -refunded FROM product_total) AS x
  GROUP BY product, currency HAVING SUM(sold) <> 0 OR SUM(revenue) <> 0 OR SUM(returned) <> 0 OR SUM(refunded) <> 0) AS d";

/// Reads everything; for the doctor and for tests.
pub fn drift(tx: &mut Tx<'_>) -> Result<Vec<Drift>, Refusal> {
    let checks = [
        ("orders", ORDERS),
        ("refunds", REFUNDED),
        ("customers", CUSTOMERS),
        ("store visits", VISITS),
        ("sales", SALES),
        ("products", PRODUCTS),
    ];
    checks.into_iter().map(|(of, sql)| Ok(Drift { of, rows: tx.one(sql, &[], |row| row.int(0))? })).collect()
}
