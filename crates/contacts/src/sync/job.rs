//! The row of a sync: begun, looked at, stopped.

use super::Cursor;
use crate::rows::json;
use crate::{Contacts, refuse};
use serde::{Deserialize, Serialize};
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time, new_id};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncState {
    Running,
    Done,
    Failed,
    Cancelled,
}

impl SyncState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
    fn parse(name: &str) -> Self {
        [Self::Running, Self::Done, Self::Cancelled].into_iter().find(|own| own.name() == name).unwrap_or(Self::Failed)
    }
}

/// What has been read so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncCounts {
    pub departments: i64,
    pub staff: i64,
    pub tags: i64,
    /// Relations between customers and staff.
    pub relations: i64,
    pub lost: i64,
    pub groups: i64,
    pub members: i64,
    /// Members of staff and groups that could not be read.
    pub skipped: i64,
}

#[derive(Clone, Debug)]
pub struct SyncRow {
    pub number: i64,
    pub id: String,
    pub state: SyncState,
    pub phase: String,
    /// Of the phase: steps done and known.
    pub done: i64,
    pub total: i64,
    pub counts: SyncCounts,
    pub started_at: Time,
    pub started_by: String,
    pub ended_at: Option<Time>,
    /// When it goes on, while it waits.
    pub due_at: Time,
    pub tries: i64,
    /// The code of what it waits for, or failed of.
    pub error: Option<String>,
    pub(crate) cursor: Cursor,
}

const COLUMNS: &str = "SELECT number, id, state, phase, done, total, cursor, counts, started_at, started_by, ended_at, due_at, tries, error FROM wecom_sync";

fn sync_row(row: RowRef<'_>) -> Result<SyncRow, DbError> {
    let broken = |error: serde_json::Error| DbError::Decode(format!("a sync's cursor: {error}"));
    Ok(SyncRow {
        number: row.int(0)?,
        id: row.text(1)?,
        state: SyncState::parse(&row.text(2)?),
        phase: row.text(3)?,
        done: row.int(4)?,
        total: row.int(5)?,
        cursor: serde_json::from_str(&row.text(6)?).map_err(broken)?,
        counts: serde_json::from_str(&row.text(7)?).map_err(broken)?,
        started_at: row.time(8)?,
        started_by: row.text(9)?,
        ended_at: row.opt_time(10)?,
        due_at: row.time(11)?,
        tries: row.int(12)?,
        error: row.opt_text(13)?,
    })
}

impl Contacts {
    /// Begins a full sync; it is carried out by whoever holds the lease ([`Contacts::sync_step`]).
    ///
    /// Errors: `wecom_not_connected`, `wecom_sync_running`.
    pub fn start_sync(&self, tx: &mut Tx<'_>, by: &str, now: Time) -> Result<SyncRow, Refusal> {
        self.connected(tx)?;
        // On PostgreSQL two could start at once: the second waits here and then finds the first.
        tx.execute("UPDATE wecom_connection SET version = version WHERE id = 1", &[])?;
        if self.running_sync(tx)?.is_some() {
            return Err(refuse::sync_running());
        }
        let id = new_id("wsy", now, &self.inner.chance);
        let (cursor, counts) = (json(&Cursor::Departments)?, json(&SyncCounts::default())?);
        tx.execute(
            "INSERT INTO wecom_sync (id, state, phase, done, total, cursor, counts, started_at, started_by, due_at) VALUES ($1, 'running', 'departments', 0, 0, $2, $3, $4, $5, $4)",
            params![&id, &cursor, &counts, now, by],
        )?;
        // A history of the last hundred is enough.
        tx.execute(
            "DELETE FROM wecom_sync WHERE state <> 'running' AND number < (SELECT MAX(number) FROM wecom_sync) - 100",
            &[],
        )?;
        self.sync(tx, &id)
    }
    pub fn sync(&self, tx: &mut Tx<'_>, id: &str) -> Result<SyncRow, Refusal> {
        tx.opt(&format!("{COLUMNS} WHERE id = $1"), params![id], sync_row)?.ok_or_else(refuse::sync_unknown)
    }
    /// The newest first.
    pub fn syncs(&self, tx: &mut Tx<'_>, limit: i64) -> Result<Vec<SyncRow>, Refusal> {
        Ok(tx.query(&format!("{COLUMNS} ORDER BY number DESC LIMIT $1"), params![limit.clamp(1, 100)], sync_row)?)
    }
    pub fn running_sync(&self, tx: &mut Tx<'_>) -> Result<Option<SyncRow>, Refusal> {
        Ok(tx.opt(&format!("{COLUMNS} WHERE state = 'running' ORDER BY number"), &[], sync_row)?)
    }
    /// What is saved stays; the next sync begins anew.
    pub fn cancel_sync(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<SyncRow, Refusal> {
        let stopped = tx.execute(
            "UPDATE wecom_sync SET state = 'cancelled', ended_at = $2 WHERE id = $1 AND state = 'running'",
            params![id, now],
        )?;
        let row = self.sync(tx, id)?;
        if stopped == 0 { Err(refuse::sync_over()) } else { Ok(row) }
    }
    /// The number that rows read from now on carry.
    pub(crate) fn seen(&self, tx: &mut Tx<'_>) -> Result<i64, DbError> {
        tx.one("SELECT COALESCE(MAX(number), 0) FROM wecom_sync", &[], |row| row.int(0))
    }

    /// Saves how far the sync has come. False when it was cancelled, or another process went on with it: nothing of this step may stay.
    pub(crate) fn save_step(&self, tx: &mut Tx<'_>, old: &SyncRow, new: &SyncRow, now: Time) -> Result<(), Refusal> {
        let ended = new.cursor == Cursor::Done;
        let state = if ended { SyncState::Done } else { SyncState::Running };
        let saved = tx.execute(
            "UPDATE wecom_sync SET state = $1, phase = $2, done = $3, total = $4, cursor = $5, counts = $6, ended_at = $7, due_at = $8, tries = 0, error = NULL
             WHERE number = $9 AND state = 'running' AND cursor = $10",
            params![
                state.name(), new.cursor.phase().name(), new.done, new.total, &json(&new.cursor)?, &json(&new.counts)?,
                ended.then_some(now), now, old.number, &json(&old.cursor)?
            ],
        )?;
        if saved == 0 { Err(refuse::sync_over()) } else { Ok(()) }
    }
    pub(crate) fn save_wait(&self, tx: &mut Tx<'_>, number: i64, error: &str, due: Time) -> Result<(), DbError> {
        tx.execute(
            "UPDATE wecom_sync SET tries = tries + 1, error = $2, due_at = $3 WHERE number = $1 AND state = 'running'",
            params![number, error, due],
        )
        .map(drop)
    }
    pub(crate) fn save_failed(&self, tx: &mut Tx<'_>, number: i64, error: &str, now: Time) -> Result<(), DbError> {
        tx.execute(
            "UPDATE wecom_sync SET state = 'failed', error = $2, ended_at = $3 WHERE number = $1 AND state = 'running'",
            params![number, error, now],
        )
        .map(drop)
    }
}
