//! The outbox: an effect on the outside world is a row, written with the decision; a worker carries it out afterwards, at least once, and
//! its key makes it once.

use crate::{DbError, Engine, Tx, params};
use siyu_kernel::Time;

/// An effect to be carried out not before `due`.
pub struct Outgoing<'a> {
    pub topic: &'a str,
    /// Names the decision (reaction, event, person). A second row with the same key is not written.
    pub dedupe: &'a str,
    pub payload: &'a [u8],
    pub due: Time,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxItem {
    pub id: i64,
    pub dedupe: String,
    pub payload: Vec<u8>,
    /// How often it was tried before.
    pub attempts: i64,
}

/// True when the row is new.
pub fn put(tx: &mut Tx<'_>, item: &Outgoing<'_>) -> Result<bool, DbError> {
    let written = tx.execute(
        "INSERT INTO outbox (topic, dedupe, payload, due_at) VALUES ($1, $2, $3, $4) ON CONFLICT (dedupe) DO NOTHING",
        params![item.topic, item.dedupe, item.payload, item.due],
    )?;
    Ok(written == 1)
}

/// Takes up to `limit` due items for `seconds`; a worker that dies leaves them to be taken again.
pub fn claim(tx: &mut Tx<'_>, topic: &str, now: Time, seconds: i64, limit: i64) -> Result<Vec<OutboxItem>, DbError> {
    let lock = if tx.engine() == Engine::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE outbox SET claimed_until = $1, attempts = attempts + 1 WHERE id IN (
           SELECT id FROM outbox WHERE topic = $2 AND state = 'waiting' AND due_at <= $3 AND claimed_until <= $3 ORDER BY due_at, id LIMIT $4 {lock})
         RETURNING id, dedupe, payload, attempts"
    );
    let mut items = tx.query(&sql, params![now.plus_seconds(seconds), topic, now, limit], |row| {
        Ok(OutboxItem { id: row.int(0)?, dedupe: row.text(1)?, payload: row.blob(2)?, attempts: row.int(3)? - 1 })
    })?;
    items.sort_by_key(|item| item.id);
    Ok(items)
}

pub fn done(tx: &mut Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("UPDATE outbox SET state = 'done', last_error = NULL WHERE id = $1 AND state = 'waiting'", params![id])
        .map(drop)
}

/// Tries again at `again`, or never when `None`.
pub fn failed(tx: &mut Tx<'_>, id: i64, error: &str, again: Option<Time>) -> Result<(), DbError> {
    let state = if again.is_some() { "waiting" } else { "failed" };
    tx.execute(
        "UPDATE outbox SET state = $1, last_error = $2, claimed_until = 0, due_at = COALESCE($3, due_at) WHERE id = $4 AND state = 'waiting'",
        params![state, error, again, id],
    )
    .map(drop)
}

/// How many rows are in each state.
pub fn counts(tx: &mut Tx<'_>, topic: &str) -> Result<Vec<(String, i64)>, DbError> {
    tx.query(
        "SELECT state, COUNT(*) FROM outbox WHERE topic = $1 GROUP BY state ORDER BY state",
        params![topic],
        |row| Ok((row.text(0)?, row.int(1)?)),
    )
}
