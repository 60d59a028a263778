//! Orders and revenue by calendar day.

use serde::Serialize;
use siyu_db::{Tx, params};
use siyu_kernel::{Currency, Refusal, Time, Zone};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DayTotal {
    /// Days since 1970-01-01, in the zone asked for.
    pub day: i32,
    pub orders: i64,
    pub revenue: i64,
}

/// The last `days` days up to today, oldest first, days without orders included.
pub fn daily(tx: &mut Tx<'_>, currency: Currency, zone: &Zone, days: u16, now: Time) -> Result<Vec<DayTotal>, Refusal> {
    let today = zone.day(now);
    let days: Vec<i32> = (0..i32::from(days.clamp(1, 400))).rev().map(|back| today - back).collect();
    // Each day is a range of the index by instant. The numbers come from the calendar, not from a caller.
    let ranges: Vec<String> = days
        .iter()
        .map(|day| format!("({day}, {}, {})", zone.start_of_day(*day).0, zone.start_of_day(day + 1).0))
        .collect();
    let sql = format!(
        "WITH day (no, lo, hi) AS (VALUES {})
         SELECT CAST(day.no AS BIGINT), COUNT(o.id), CAST(COALESCE(SUM(o.amount), 0) AS BIGINT)
         FROM day LEFT JOIN orders o ON o.at >= day.lo AND o.at < day.hi AND o.currency = $1 AND o.stub = 0 AND o.sales > 0
         GROUP BY day.no ORDER BY day.no",
        ranges.join(",")
    );
    let found = tx.query(&sql, params![currency.code()], |row| {
        Ok(DayTotal { day: row.int(0)? as i32, orders: row.int(1)?, revenue: row.int(2)? })
    })?;
    Ok(found)
}
