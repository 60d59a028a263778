//! Attempts to guess a password, counted in the database so that a restart or a second process does not reset them.

use crate::refuse;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Refusal, Time};
use std::fmt;

pub const WINDOW_SECONDS: i64 = 15 * 60;
pub const PER_ACCOUNT_MAX: i64 = 5;
/// An office shares one address; guessing over many accounts is what this stops.
pub const PER_ADDRESS_MAX: i64 = 30;

/// The `source` of a refusal that names a delay in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter(pub i64);

impl fmt::Display for RetryAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "retry after {} s", self.0)
    }
}
impl std::error::Error for RetryAfter {}

/// Counts one attempt before the password is looked at, so that parallel guesses cannot slip through together.
/// Errors: `too_many_attempts`, which must not roll the counting back: call this in a unit that ends in `Ok`.
pub fn count(tx: &mut Tx<'_>, subject: &str, max: i64, now: Time) -> Result<Result<(), Refusal>, DbError> {
    let (n, since) = tx.one(
        "INSERT INTO access_attempt (subject, since, n) VALUES ($1, $2, 1)
         ON CONFLICT (subject) DO UPDATE SET
           n = CASE WHEN access_attempt.since <= $3 THEN 1 ELSE access_attempt.n + 1 END,
           since = CASE WHEN access_attempt.since <= $3 THEN excluded.since ELSE access_attempt.since END
         RETURNING n, since",
        params![subject, now, now.plus_seconds(-WINDOW_SECONDS)],
        |row| Ok((row.int(0)?, row.time(1)?)),
    )?;
    if n <= max {
        return Ok(Ok(()));
    }
    let left = (since.plus_seconds(WINDOW_SECONDS).0 - now.0) / 1_000_000;
    Ok(Err(refuse::too_many_attempts(left.clamp(1, WINDOW_SECONDS))))
}

/// The password was right: the account starts afresh.
pub fn forget(tx: &mut Tx<'_>, subject: &str) -> Result<(), DbError> {
    tx.execute("DELETE FROM access_attempt WHERE subject = $1", params![subject]).map(drop)
}

/// Takes back one count of an address whose attempt was no guess.
pub fn uncount(tx: &mut Tx<'_>, subject: &str) -> Result<(), DbError> {
    tx.execute("UPDATE access_attempt SET n = n - 1 WHERE subject = $1 AND n > 0", params![subject]).map(drop)
}

/// Windows that are over.
pub fn sweep(tx: &mut Tx<'_>, now: Time) -> Result<(), DbError> {
    tx.execute("DELETE FROM access_attempt WHERE since <= $1", params![now.plus_seconds(-WINDOW_SECONDS)]).map(drop)
}
