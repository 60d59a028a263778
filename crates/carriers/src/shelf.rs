//! Accounts as they are kept: one row in force, one for each save.

use crate::{Accounts, refuse};
use serde::Serialize;
use serde::de::DeserializeOwned;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Mail,
    Sms,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
        }
    }
}

/// What is in force.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub version: i64,
    pub body: String,
    pub secrets: Vec<u8>,
    pub changed_at: Time,
    pub changed_by: String,
    pub trouble: Option<String>,
    pub trouble_at: Option<Time>,
    pub checked_at: Option<Time>,
}

impl Row {
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_str(&self.body).map_err(Refusal::internal)
    }
    /// The same settings, whatever was found since.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.version, &self.body, &self.secrets) == (other.version, &other.body, &other.secrets)
    }
}

/// One save.
#[derive(Clone, Debug)]
pub struct Revision {
    pub version: i64,
    /// JSON; empty: the account was removed.
    pub body: String,
    /// Which secrets were set with it.
    pub secrets: Vec<String>,
    pub at: Time,
    pub by: String,
}

impl Accounts {
    pub(crate) fn row(&self, tx: &mut Tx<'_>, kind: Kind) -> Result<Option<Row>, Refusal> {
        let sql = "SELECT version, body, secrets, changed_at, changed_by, trouble, trouble_at, checked_at FROM carrier_account WHERE kind = $1";
        Ok(tx.opt(sql, params![kind.name()], |row| {
            Ok(Row {
                version: row.int(0)?,
                body: row.text(1)?,
                secrets: row.blob(2)?,
                changed_at: row.time(3)?,
                changed_by: row.text(4)?,
                trouble: row.opt_text(5)?,
                trouble_at: row.opt_time(6)?,
                checked_at: row.opt_time(7)?,
            })
        })?)
    }
    pub(crate) fn secrets<T: DeserializeOwned + Default>(&self, row: Option<&Row>) -> Result<T, Refusal> {
        let Some(row) = row else { return Ok(T::default()) };
        let plain = self.parts().vault.open(&row.secrets).map_err(Refusal::internal)?;
        serde_json::from_slice(&plain).map_err(Refusal::internal)
    }
    /// A new version, in force with the unit: what was wrong with the one before is forgotten.
    #[allow(clippy::too_many_arguments, reason = "each is a column")]
    pub(crate) fn put(
        &self,
        tx: &mut Tx<'_>,
        kind: Kind,
        body: &impl Serialize,
        secrets: &impl Serialize,
        set: &[&str],
        by: &str,
        now: Time,
    ) -> Result<(), Refusal> {
        let body = serde_json::to_string(body).map_err(Refusal::internal)?;
        let sealed = self.parts().vault.seal(&serde_json::to_vec(secrets).map_err(Refusal::internal)?);
        let version = self.revise(tx, kind, &body, set, by, now)?;
        tx.execute(
            "INSERT INTO carrier_account (kind, version, body, secrets, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (kind) DO UPDATE SET version = excluded.version, body = excluded.body, secrets = excluded.secrets, changed_at = excluded.changed_at,
               changed_by = excluded.changed_by, trouble = NULL, trouble_at = NULL, checked_at = NULL",
            params![kind.name(), version, &body, &sealed, now, by],
        )?;
        Ok(())
    }
    pub(crate) fn remove(&self, tx: &mut Tx<'_>, kind: Kind, by: &str, now: Time) -> Result<(), Refusal> {
        self.lock(tx)?;
        if tx.execute("DELETE FROM carrier_account WHERE kind = $1", params![kind.name()])? == 0 {
            return Err(if kind == Kind::Mail { refuse::mail_unset() } else { refuse::sms_unset() });
        }
        self.revise(tx, kind, "", &[], by, now).map(drop)
    }
    fn revise(
        &self,
        tx: &mut Tx<'_>,
        kind: Kind,
        body: &str,
        set: &[&str],
        by: &str,
        now: Time,
    ) -> Result<i64, Refusal> {
        let set = serde_json::to_string(set).map_err(Refusal::internal)?;
        let last = "SELECT COALESCE(MAX(version), 0) FROM carrier_revision WHERE kind = $1";
        let version = tx.one(last, params![kind.name()], |row| row.int(0))? + 1;
        tx.execute(
            "INSERT INTO carrier_revision (kind, version, body, secrets, at, by_actor) VALUES ($1, $2, $3, $4, $5, $6)",
            params![kind.name(), version, body, &set, now, by],
        )?;
        Ok(version)
    }
    /// The saves of an account, newest first.
    pub fn revisions(&self, tx: &mut Tx<'_>, kind: Kind, limit: i64) -> Result<Vec<Revision>, Refusal> {
        let sql = "SELECT version, body, secrets, at, by_actor FROM carrier_revision WHERE kind = $1 ORDER BY version DESC LIMIT $2";
        let rows = tx.query(sql, params![kind.name(), limit.clamp(1, 200)], |row| {
            Ok((row.int(0)?, row.text(1)?, row.text(2)?, row.time(3)?, row.text(4)?))
        })?;
        rows.into_iter()
            .map(|(version, body, set, at, by)| {
                let secrets = serde_json::from_str(&set).map_err(Refusal::internal)?;
                Ok(Revision { version, body, secrets, at, by })
            })
            .collect()
    }
    /// Remembers what the last use found: the code of what has to be put right, or that all is well.
    pub(crate) fn note(
        &self,
        tx: &mut Tx<'_>,
        kind: Kind,
        version: i64,
        trouble: Option<&str>,
        now: Time,
    ) -> Result<(), Refusal> {
        let sql = match trouble {
            Some(_) => "UPDATE carrier_account SET trouble = $3, trouble_at = $4 WHERE kind = $1 AND version = $2",
            None => {
                "UPDATE carrier_account SET trouble = $3, trouble_at = NULL, checked_at = $4 WHERE kind = $1 AND version = $2"
            }
        };
        let trouble = trouble.map_or(siyu_db::Param::Null, siyu_db::Param::from);
        tx.execute(sql, &[kind.name().into(), version.into(), trouble, now.into()])?;
        Ok(())
    }
}
