//! What WeCom was told of codes.

use crate::Channels;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};

/// One telling. The list of them makes a WeCom's codes again as they were at any moment.
#[derive(Clone, Debug)]
pub struct Told {
    pub id: i64,
    pub at: Time,
    pub code: String,
    /// The pool, or the variant of a group code.
    pub pool: String,
    /// `made`, `changed`, `closed`; `differs`: WeCom had something else than it was told; `group_…` the same of group codes.
    pub what: String,
    pub why: String,
    /// What was sent, or found: JSON.
    pub body: String,
}

impl Channels {
    /// Of a code, the newest first, before `before`.
    pub fn told(&self, tx: &mut Tx<'_>, code: &str, before: Option<i64>, limit: i64) -> Result<Vec<Told>, Refusal> {
        let sql = "SELECT id, at, code, pool, what, why, body FROM channel_told WHERE code = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
        Ok(tx.query(sql, params![code, before.unwrap_or(i64::MAX), limit.clamp(1, 200)], row)?)
    }
    /// Of all codes, the oldest first, behind `after`.
    pub fn all_told(&self, tx: &mut Tx<'_>, after: i64, limit: i64) -> Result<Vec<Told>, Refusal> {
        let sql = "SELECT id, at, code, pool, what, why, body FROM channel_told WHERE id > $1 ORDER BY id LIMIT $2";
        Ok(tx.query(sql, params![after, limit.clamp(1, 10_000)], row)?)
    }
}

fn row(row: siyu_db::RowRef<'_>) -> Result<Told, siyu_db::DbError> {
    Ok(Told {
        id: row.int(0)?,
        at: row.time(1)?,
        code: row.text(2)?,
        pool: row.text(3)?,
        what: row.text(4)?,
        why: row.text(5)?,
        body: row.text(6)?,
    })
}

pub(crate) fn note(
    tx: &mut Tx<'_>,
    (code, pool): (&str, &str),
    what: &str,
    why: &str,
    body: &str,
    now: Time,
) -> Result<(), Refusal> {
    tx.execute(
        "INSERT INTO channel_told (at, code, pool, what, why, body) VALUES ($1, $2, $3, $4, $5, $6)",
        params![now, code, pool, what, why, body],
    )?;
    Ok(())
}
