//! A request that is sent twice makes one thing: whoever may repeat gives it a key.

use crate::{Reach, refuse};
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Refusal, Time};

/// How long a key is remembered.
const KEPT_DAYS: i64 = 7;

/// Whose key, and of what.
#[derive(Clone, Debug)]
pub struct Once {
    pub caller: String,
    pub key: String,
    /// `message`, `broadcast`, `group_message`, `moment`.
    pub what: &'static str,
}

impl Reach {
    /// What `make` has made, or what it made when the same caller gave the same key before. In the unit that makes it.
    ///
    /// Errors: `idempotency_reused`, and those of `make`.
    pub fn once(
        &self,
        tx: &mut Tx<'_>,
        once: Option<&Once>,
        now: Time,
        make: impl FnOnce(&mut Tx<'_>) -> Result<String, Refusal>,
    ) -> Result<String, Refusal> {
        let Some(own) = once else { return make(tx) };
        let sql = "SELECT what, id FROM reach_once WHERE caller = $1 AND key = $2 AND at >= $3";
        let since = now.plus_days(-KEPT_DAYS);
        let made = tx.opt(sql, params![&own.caller, &own.key, since], |row| Ok((row.text(0)?, row.text(1)?)))?;
        if let Some((what, id)) = made {
            return if what == own.what { Ok(id) } else { Err(refuse::idempotency_reused()) };
        }
        tx.execute("DELETE FROM reach_once WHERE at < $1", params![since])?;
        let id = make(tx)?;
        let sql =
            "INSERT INTO reach_once (caller, key, what, id, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        if tx.execute(sql, params![&own.caller, &own.key, own.what, &id, now])? == 0 {
            // Somebody else's unit with this key has just been saved: run again, this one finds it.
            return Err(DbError::Conflict("the same key at the same time".to_owned()).into());
        }
        Ok(id)
    }
}
