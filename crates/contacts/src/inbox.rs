//! Callbacks that were kept: what waits, and what was set aside.

use crate::{Contacts, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::callback::Event;

/// How long done callbacks are remembered, so that a repeated one is known.
const KEPT_DAYS: i64 = 7;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InboxCounts {
    pub waiting: i64,
    pub aside: i64,
    /// When the last callback came, of those that are remembered.
    pub last_at: Option<Time>,
}

/// A callback nobody could do anything with.
#[derive(Clone, Debug)]
pub struct Aside {
    pub id: i64,
    pub name: String,
    pub received_at: Time,
    pub reason: String,
    /// The decrypted message.
    pub body: String,
}

/// A delivery that was not let in.
#[derive(Clone, Debug)]
pub struct Refused {
    pub id: i64,
    pub at: Time,
    pub reason: String,
    pub detail: String,
    pub bytes: i64,
}

/// A callback that waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub id: i64,
    pub tries: i64,
    pub event: Option<Event>,
}

impl Contacts {
    pub fn inbox(&self, tx: &mut Tx<'_>) -> Result<InboxCounts, Refusal> {
        Ok(InboxCounts {
            waiting: tx.one("SELECT COUNT(*) FROM wecom_inbox WHERE state = 0", &[], |row| row.int(0))?,
            aside: tx.one("SELECT COUNT(*) FROM wecom_inbox WHERE state = 2", &[], |row| row.int(0))?,
            last_at: tx.one("SELECT MAX(received_at) FROM wecom_inbox", &[], |row| row.opt_time(0))?,
        })
    }
    /// The newest first, those before `before`.
    pub fn aside(&self, tx: &mut Tx<'_>, before: Option<i64>, limit: i64) -> Result<Vec<Aside>, Refusal> {
        let rows = tx.query(
            "SELECT id, name, received_at, COALESCE(reason, ''), body FROM wecom_inbox WHERE state = 2 AND id < $1 ORDER BY id DESC LIMIT $2",
            params![before.unwrap_or(i64::MAX), limit.clamp(1, 200)],
            |row| Ok((row.int(0)?, row.text(1)?, row.time(2)?, row.text(3)?, row.blob(4)?)),
        )?;
        rows.into_iter()
            .map(|(id, name, received_at, reason, sealed)| {
                let body = String::from_utf8_lossy(&self.unseal(&sealed)?).into_owned();
                Ok(Aside { id, name, received_at, reason, body })
            })
            .collect()
    }
    pub fn refused(&self, tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Refused>, Refusal> {
        Ok(tx.query(
            "SELECT id, at, reason, detail, bytes FROM wecom_refused ORDER BY id DESC LIMIT $1",
            params![limit.clamp(1, 500)],
            |row| {
                Ok(Refused {
                    id: row.int(0)?,
                    at: row.time(1)?,
                    reason: row.text(2)?,
                    detail: row.text(3)?,
                    bytes: row.int(4)?,
                })
            },
        )?)
    }
    /// Puts a callback that was set aside back among those that wait.
    pub fn retry_aside(&self, tx: &mut Tx<'_>, id: i64, now: Time) -> Result<(), Refusal> {
        let back = tx.execute(
            "UPDATE wecom_inbox SET state = 0, tries = 0, due_at = $2, reason = NULL WHERE id = $1 AND state = 2",
            params![id, now],
        )?;
        if back == 0 { Err(refuse::inbox_unknown()) } else { Ok(()) }
    }

    pub(crate) fn claim(&self, tx: &mut Tx<'_>, now: Time, limit: i64) -> Result<Vec<Waiting>, Refusal> {
        let rows = tx.query(
            "SELECT id, tries, body FROM wecom_inbox WHERE state = 0 AND due_at <= $1 ORDER BY id LIMIT $2",
            params![now, limit],
            |row| Ok((row.int(0)?, row.int(1)?, row.blob(2)?)),
        )?;
        let read = |sealed: &[u8]| self.inner.vault.open(sealed).ok().and_then(|plain| Event::read(&plain).ok());
        Ok(rows.into_iter().map(|(id, tries, sealed)| Waiting { id, tries, event: read(&sealed) }).collect())
    }
    pub(crate) fn finish(&self, tx: &mut Tx<'_>, ids: &[i64]) -> Result<(), Refusal> {
        // Its identity is enough to know it again; its content names customers.
        let sql = format!("UPDATE wecom_inbox SET state = 1, reason = NULL, body = $2 WHERE {}", tx.any("id", 1));
        tx.execute(&sql, params![ids, &[0u8; 0]])?;
        Ok(())
    }
    pub(crate) fn set_aside(&self, tx: &mut Tx<'_>, id: i64, reason: &str) -> Result<(), Refusal> {
        tx.execute("UPDATE wecom_inbox SET state = 2, reason = $2 WHERE id = $1", params![id, reason])?;
        Ok(())
    }
    pub(crate) fn put_back(&self, tx: &mut Tx<'_>, ids: &[i64], reason: &str, due: Time) -> Result<(), Refusal> {
        let sql =
            format!("UPDATE wecom_inbox SET tries = tries + 1, reason = $2, due_at = $3 WHERE {}", tx.any("id", 1));
        tx.execute(&sql, params![ids, reason, due])?;
        Ok(())
    }
    /// Forgets callbacks that were done long ago, and changes that were sent.
    pub fn tidy(&self) -> Result<(), Refusal> {
        let now = self.now();
        let old = "SELECT 1 FROM wecom_inbox WHERE received_at < $1 AND state = 1 LIMIT 1";
        let due =
            self.inner.db.read(|tx| Ok(tx.opt(old, params![now.plus_days(-KEPT_DAYS - 1)], |row| row.int(0))?))?;
        // A day's worth at once, once a day: looking costs a read, deleting a write.
        if due.is_none() {
            return Ok(());
        }
        let contacts = self.clone();
        self.inner.db.transact(move |tx| {
            tx.execute(
                "DELETE FROM wecom_outgoing WHERE state = 'done' AND created_at < $1",
                params![now.plus_days(-KEPT_DAYS)],
            )?;
            contacts.tidy_inbox(tx, now, 2_000)
        })?;
        Ok(())
    }
    fn tidy_inbox(&self, tx: &mut Tx<'_>, now: Time, limit: i64) -> Result<u64, Refusal> {
        Ok(tx.execute(
            "DELETE FROM wecom_inbox WHERE id IN (SELECT id FROM wecom_inbox WHERE received_at < $1 AND state = 1 ORDER BY received_at LIMIT $2)",
            params![now.plus_days(-KEPT_DAYS), limit],
        )?)
    }
}
