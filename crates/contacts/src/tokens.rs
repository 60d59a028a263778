//! Tokens of WeCom in the workspace's database: whichever process fetched one, all use it.

use siyu_db::{Db, params};
use siyu_kernel::{Refusal, Time, Vault};
use siyu_wecom::{Held, StoreError, TokenStore};

/// Tokens are sealed. Who may fetch is a lease of the database.
pub struct DbTokens {
    db: Db,
    vault: Vault,
}

impl DbTokens {
    pub fn new(db: Db, vault: Vault) -> Self {
        Self { db, vault }
    }
}

fn told(refusal: Refusal) -> StoreError {
    StoreError(refusal.to_string())
}

/// Clocks of two processes are not further apart.
const AHEAD_SECONDS: i64 = 300;

fn lease_name(key: &str) -> String {
    format!("token/{key}")
}

impl TokenStore for DbTokens {
    fn get(&self, key: &str) -> Result<Option<Held>, StoreError> {
        let row = self.db.read(|tx| {
            Ok(tx.opt("SELECT sealed, fetched, expires FROM wecom_token WHERE key = $1", params![key], |row| {
                Ok((row.blob(0)?, row.time(1)?, row.time(2)?))
            })?)
        });
        let Some((sealed, fetched, expires)) = row.map_err(told)? else { return Ok(None) };
        // A token that cannot be read is fetched anew: it was sealed with another key.
        let value = self.vault.open(&sealed).ok().and_then(|plain| String::from_utf8(plain).ok());
        Ok(value.map(|value| Held { value, fetched, expires }))
    }
    fn put(&self, key: &str, held: &Held) -> Result<(), StoreError> {
        let (key, sealed, fetched, expires) =
            (key.to_owned(), self.vault.seal(held.value.as_bytes()), held.fetched, held.expires);
        let written = self.db.transact(move |tx| {
            tx.execute(
                "INSERT INTO wecom_token (key, sealed, fetched, expires) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (key) DO UPDATE SET sealed = excluded.sealed, fetched = excluded.fetched, expires = excluded.expires WHERE wecom_token.fetched <= excluded.fetched",
                params![&key, &sealed, fetched, expires],
            )?;
            // Of secrets that were changed nothing is kept for ever.
            tx.execute("DELETE FROM wecom_token WHERE expires < $1", params![fetched.plus_days(-2)])?;
            Ok(())
        });
        written.map_err(told)
    }
    fn lease(&self, key: &str, holder: &str, now: Time, until: Time) -> Result<bool, StoreError> {
        let (name, holder) = (lease_name(key), holder.to_owned());
        let seconds = until.0.saturating_sub(now.0).div_euclid(1_000_000).max(1);
        let taken = self.db.transact(move |tx| {
            // Of a process that ended before the clock was set back: nobody waits for the length of the jump, and two who fetch do no harm.
            let ahead = now.plus_seconds(seconds + AHEAD_SECONDS);
            tx.execute("DELETE FROM lease WHERE name = $1 AND until > $2", params![&name, ahead])?;
            Ok(siyu_db::acquire(tx, &name, &holder, now, seconds)?.is_some())
        });
        taken.map_err(told)
    }
    fn release(&self, key: &str, holder: &str) -> Result<(), StoreError> {
        let lease = siyu_db::Lease { name: lease_name(key), holder: holder.to_owned(), until: Time::default() };
        self.db.transact(move |tx| Ok(siyu_db::release(tx, &lease)?)).map_err(told)
    }
}
