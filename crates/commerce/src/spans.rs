//! What each person bought within a time.

use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Currency, PersonNum, Refusal, Time};

/// What a person, as merged now, ordered in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    pub root: PersonNum,
    /// Orders with a sale line, whatever their currency.
    pub orders: i64,
    /// Of their orders in the currency asked for: what was paid less all that was given back for them, whenever that was.
    pub net: i64,
}

/// Everybody who has an order from `from` on and before `until`, one after the other in no order: an order belongs to the instant it was made at.
pub fn spent_between(
    tx: &mut Tx<'_>,
    currency: Currency,
    from: Time,
    until: Time,
    mut each: impl FnMut(Spent),
) -> Result<(), Refusal> {
    let sql = "SELECT root, CAST(SUM(CASE WHEN sales > 0 THEN 1 ELSE 0 END) AS BIGINT),
          CAST(SUM(CASE WHEN currency = $3 THEN amount - refunded ELSE 0 END) AS BIGINT)
        FROM orders WHERE at >= $1 AND at < $2 AND stub = 0 AND root IS NOT NULL GROUP BY root";
    tx.each(sql, params![from, until, currency.code()], |row| -> Result<(), DbError> {
        each(Spent { root: row.num(0)?, orders: row.int(1)?, net: row.int(2)? });
        Ok(())
    })?;
    Ok(())
}

/// One order of a person, as merged now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bought {
    pub root: PersonNum,
    pub at: Time,
    /// It has a sale line, whatever its currency.
    pub is_sale: bool,
    /// In the currency asked for: what was paid less all that was given back for it, whenever that was.
    pub net: i64,
}

/// Orders from `from` on and before `until`, one after the other in no order: for whoever has another time for each person.
pub fn bought_between(
    tx: &mut Tx<'_>,
    currency: Currency,
    from: Time,
    until: Time,
    each: impl FnMut(Bought),
) -> Result<(), Refusal> {
    bought_between_in(tx, currency, None, from, until, each)
}
/// Those of the stores with these codes; `None`: all.
pub fn bought_between_in(
    tx: &mut Tx<'_>,
    currency: Currency,
    stores: Option<&[String]>,
    from: Time,
    until: Time,
    mut each: impl FnMut(Bought),
) -> Result<(), Refusal> {
    let mut sql = "SELECT root, at, sales, CASE WHEN currency = $3 THEN amount - refunded ELSE 0 END
        FROM orders WHERE at >= $1 AND at < $2 AND stub = 0 AND root IS NOT NULL"
        .to_owned();
    let mut values = params![from, until, currency.code()].to_vec();
    if let Some(codes) = stores {
        sql.push_str(&format!(" AND store IN (SELECT id FROM store WHERE {})", tx.any("code", 4)));
        values.push(codes.into());
    }
    tx.each(&sql, &values, |row| -> Result<(), DbError> {
        each(Bought { root: row.num(0)?, at: row.time(1)?, is_sale: row.int(2)? > 0, net: row.int(3)? });
        Ok(())
    })?;
    Ok(())
}
