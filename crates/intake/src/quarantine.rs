//! Messages kept aside: shown with the reason, tried again, or discarded. Never lost by themselves.

use crate::Intake;
use crate::message::Rejected;
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time};

#[derive(Clone, Debug)]
pub struct Quarantined {
    pub id: i64,
    pub message_id: String,
    pub kind: String,
    pub name: String,
    pub at: Time,
    pub code: String,
    pub en: String,
    pub zh: String,
    pub field: Option<String>,
    pub source: String,
    /// The message as it came.
    pub text: String,
}

const ROW: &str = "SELECT id, message_id, type, name, at, code, en, zh, field, source, body FROM quarantine";

impl Intake {
    pub(crate) fn keep_aside(
        &self,
        tx: &mut Tx<'_>,
        rejected: &Rejected,
        source: &str,
        now: Time,
    ) -> Result<bool, DbError> {
        let sealed = self.inner.vault.seal(rejected.text.as_bytes());
        let digest = self.inner.log.digest(&rejected.message_id) as i64;
        let written = tx.execute(
            "INSERT INTO quarantine (digest, message_id, type, name, at, code, en, zh, field, source, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (digest) DO NOTHING",
            params![digest, &rejected.message_id, rejected.kind.name(), &rejected.name, now, rejected.reason.code, &rejected.reason.en, &rejected.reason.zh, &rejected.reason.field, source, &sealed],
        )?;
        Ok(written == 1)
    }
    /// Newest first, before `before`.
    pub fn quarantined(
        &self,
        tx: &mut Tx<'_>,
        name: Option<&str>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Quarantined>, DbError> {
        tx.query(
            &format!("{ROW} WHERE id < $1 AND ($2 = '' OR name = $2) ORDER BY id DESC LIMIT $3"),
            params![before.unwrap_or(i64::MAX), name.unwrap_or(""), limit],
            |row| self.row(row),
        )
    }
    pub fn quarantine_count(&self, tx: &mut Tx<'_>) -> Result<i64, DbError> {
        tx.one("SELECT COUNT(*) FROM quarantine", &[], |row| row.int(0))
    }
    pub fn quarantined_one(&self, tx: &mut Tx<'_>, id: i64) -> Result<Quarantined, Refusal> {
        tx.opt(&format!("{ROW} WHERE id = $1"), params![id], |row| self.row(row))?.ok_or_else(|| {
            Refusal::not_found("quarantine_unknown", "There is no such message in quarantine.", "隔离区没有该消息。")
        })
    }
    pub fn discard(&self, tx: &mut Tx<'_>, id: i64) -> Result<(), Refusal> {
        match tx.execute("DELETE FROM quarantine WHERE id = $1", params![id])? {
            0 => Err(Refusal::not_found(
                "quarantine_unknown",
                "There is no such message in quarantine.",
                "隔离区没有该消息。",
            )),
            _ => Ok(()),
        }
    }
    fn row(&self, row: RowRef<'_>) -> Result<Quarantined, DbError> {
        let sealed = row.blob(10)?;
        let bytes = self
            .inner
            .vault
            .open(&sealed)
            .map_err(|_| DbError::Decode("a quarantined message cannot be read with this key".into()))?;
        Ok(Quarantined {
            id: row.int(0)?,
            message_id: row.text(1)?,
            kind: row.text(2)?,
            name: row.text(3)?,
            at: row.time(4)?,
            code: row.text(5)?,
            en: row.text(6)?,
            zh: row.text(7)?,
            field: row.opt_text(8)?,
            source: row.text(9)?,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }
}

impl Intake {
    /// Tries a message again, now that the schema or the rules have changed. `None` when it is in; otherwise why not, and it stays.
    pub fn retry(&self, tx: &mut Tx<'_>, id: i64, now: Time) -> Result<Option<Refusal>, Refusal> {
        let item = self.quarantined_one(tx, id)?;
        let body = format!("{{\"batch\":[{}]}}", item.text);
        let parsed = match crate::message::parse(crate::Endpoint::Import, body.as_bytes(), item.at, || {
            item.message_id.clone()
        }) {
            Ok(parsed) => parsed,
            Err(refusal) => return Ok(Some(refusal)),
        };
        let mut prepared = self.prepare_messages(parsed.good, parsed.bad, &item.source, now, |_| item.text.clone());
        if let Some(reason) = prepared.reason() {
            return Ok(Some(reason));
        }
        self.write(tx, &prepared)?;
        self.discard(tx, id)?;
        Ok(None)
    }
}
