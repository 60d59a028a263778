//! Leases: at most one process does a job at a time, and a dead one's job is taken over.

use crate::{DbError, Tx, params};
use siyu_kernel::Time;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub name: String,
    pub holder: String,
    pub until: Time,
}

/// Takes or renews the lease; `None` while another holder's time has not run out. Time is the caller's clock.
pub fn acquire(tx: &mut Tx<'_>, name: &str, holder: &str, now: Time, seconds: i64) -> Result<Option<Lease>, DbError> {
    let until = now.plus_seconds(seconds);
    let taken = tx.execute(
        "INSERT INTO lease (name, holder, until) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until WHERE lease.holder = excluded.holder OR lease.until <= $4",
        params![name, holder, until, now],
    )?;
    Ok((taken == 1).then(|| Lease { name: name.into(), holder: holder.into(), until }))
}

/// Gives it up early. Releasing what another holds does nothing.
pub fn release(tx: &mut Tx<'_>, lease: &Lease) -> Result<(), DbError> {
    tx.execute("DELETE FROM lease WHERE name = $1 AND holder = $2", params![&lease.name, &lease.holder]).map(drop)
}
