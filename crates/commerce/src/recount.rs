//! What the layer above calls when people merge, part again, or are erased.

use siyu_db::{DbError, Engine, Tx, params};
use siyu_kernel::{PersonNum, Refusal};

/// After a merge or an un-merge: `nodes` are all numbers that belong to the person `root` now (the root itself included). Their orders
/// count for `root` from here on; so that nobody counts them twice, the people they were taken from are counted anew as well.
pub fn recount(tx: &mut Tx<'_>, root: PersonNum, nodes: &[PersonNum]) -> Result<(), Refusal> {
    recount_all(tx, &[(root, nodes.to_vec())])
}

/// [`recount`] for several people; one statement tells that none of them ever bought anything.
pub fn recount_all(tx: &mut Tx<'_>, people: &[(PersonNum, Vec<PersonNum>)]) -> Result<(), Refusal> {
    let all: Vec<i64> = people.iter().flat_map(|(_, nodes)| nodes).map(|node| i64::from(*node)).collect();
    let mut touched = roots_of(tx, &all)?;
    if touched.is_empty() {
        return Ok(());
    }
    for (root, nodes) in people {
        let nodes: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let sql = format!("UPDATE orders SET root = $2 WHERE root <> $2 AND {}", tx.any("person", 1));
        tx.execute(&sql, params![&nodes, *root])?;
    }
    touched.extend(people.iter().map(|(root, _)| i64::from(*root)));
    refresh(tx, &touched)
}

/// Deletes the totals of a number that is no person any more (its orders were recounted to another root).
pub fn forget(tx: &mut Tx<'_>, root: PersonNum) -> Result<(), Refusal> {
    tx.execute("DELETE FROM customer WHERE root = $1", params![root])?;
    tx.execute("DELETE FROM person_store WHERE root = $1", params![root])?;
    Ok(())
}

/// For erasure: the orders of these numbers keep money and goods, and belong to nobody. Answers how many there were.
pub fn detach(tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<u64, Refusal> {
    let nodes: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
    let roots = roots_of(tx, &nodes)?;
    if roots.is_empty() {
        return Ok(0);
    }
    let sql = format!("UPDATE orders SET person = NULL, root = NULL WHERE {}", tx.any("person", 1));
    let count = tx.execute(&sql, params![&nodes])?;
    refresh(tx, &roots)?;
    Ok(count)
}

fn roots_of(tx: &mut Tx<'_>, nodes: &[i64]) -> Result<Vec<i64>, Refusal> {
    let sql = format!("SELECT DISTINCT root FROM orders WHERE root IS NOT NULL AND {}", tx.any("person", 1));
    Ok(tx.query(&sql, params![&nodes.to_vec()], |row| row.int(0))?)
}

/// A row of `customer`, of orders grouped by person and currency.
pub(crate) const TOTALS: &str = "SELECT root, currency, CAST(SUM(CASE WHEN sales > 0 THEN 1 ELSE 0 END) AS BIGINT), CAST(SUM(amount) AS BIGINT), CAST(SUM(refunded) AS BIGINT),
  MIN(CASE WHEN sales > 0 THEN at END), MAX(CASE WHEN sales > 0 THEN at END)";

/// Computes the totals of these people from their orders.
pub(crate) fn refresh(tx: &mut Tx<'_>, roots: &[i64]) -> Result<(), Refusal> {
    if roots.is_empty() {
        return Ok(());
    }
    let these = tx.any("root", 1);
    for table in ["customer", "person_store"] {
        tx.execute(&format!("DELETE FROM {table} WHERE {these}"), params![roots])?;
    }
    let orders = orders_of_roots(tx, 1, "root, currency, store, at, sales, amount, refunded");
    let customers = format!("{TOTALS} FROM {orders} WHERE TRUE GROUP BY root, currency");
    insert(tx, "customer (root, currency, orders, amount, refunded, first_at, last_at)", &customers, roots)?;
    let visits = format!(
        "SELECT root, store, COUNT(*), MAX(at) FROM {orders} WHERE sales > 0 AND store IS NOT NULL GROUP BY root, store"
    );
    insert(tx, "person_store (root, store, orders, last_at)", &visits, roots)
}

/// The orders that count for the people bound at `$at`, as a table named `o`: their own by the person they came in with, those that came
/// by a merge through the small index of such orders.
pub(crate) fn orders_of_roots(tx: &Tx<'_>, at: usize, columns: &str) -> String {
    format!(
        "(SELECT {columns} FROM orders WHERE stub = 0 AND root = person AND {}
          UNION ALL SELECT {columns} FROM orders WHERE stub = 0 AND root <> person AND {}) AS o",
        tx.any("person", at),
        tx.any("root", at)
    )
}

/// A unit that ran at the same time may have written the first row of one of these people; then this one runs again and sees it.
fn insert(tx: &mut Tx<'_>, into: &str, select: &str, roots: &[i64]) -> Result<(), Refusal> {
    let written = tx.execute(&format!("INSERT INTO {into} {select} ON CONFLICT DO NOTHING"), params![roots])?;
    if tx.engine() == Engine::Postgres {
        let wanted = tx.one(&format!("SELECT COUNT(*) FROM ({select}) AS wanted"), params![roots], |row| row.int(0))?;
        if wanted as u64 != written {
            return Err(DbError::Conflict("the totals of a person were written at the same time".into()).into());
        }
    }
    Ok(())
}
