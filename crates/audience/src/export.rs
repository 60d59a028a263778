//! Exports of people out of the platform: asked for by one, approved by another, and every file told of.
//!
//! The people are those of the moment of asking; whoever decides decides about this very set. When the file is written, those erased
//! since are left out, and those the reader may no longer see.

use crate::members;
use crate::stored::AudienceRow;
use crate::{Audience, Ctx, Scope, refuse};
use roaring::RoaringBitmap;
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time};

/// A file may be fetched for so long after it was approved.
pub const EXPORT_DAYS: i64 = 7;
const REASON_CHARS_MAX: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportState {
    Waiting,
    Approved,
    Rejected,
    /// The file was fetched at least once.
    Done,
}

impl ExportState {
    const ALL: [Self; 4] = [Self::Waiting, Self::Approved, Self::Rejected, Self::Done];
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Done => "done",
        }
    }
}

#[derive(Clone, Debug)]
pub struct ExportRow {
    pub id: String,
    /// `aud_…`; the audience may be deleted meanwhile.
    pub audience_id: String,
    pub audience_name: String,
    pub state: ExportState,
    pub reason: String,
    pub columns: Vec<String>,
    pub people: u64,
    /// Whoever asked may see phone numbers in full.
    pub unmasked: bool,
    pub asked_by: String,
    pub asked_name: String,
    pub asked_at: Time,
    pub decided_by: Option<String>,
    pub decided_name: Option<String>,
    pub decided_at: Option<Time>,
    /// What the one who decided said.
    pub decision: Option<String>,
    pub done_at: Option<Time>,
    pub downloads: u64,
}

/// Who wants what.
#[derive(Clone, Debug)]
pub struct ExportIn {
    pub reason: String,
    pub columns: Vec<String>,
    pub unmasked: bool,
    /// (id, name)
    pub by: (String, String),
}

/// Who decides.
#[derive(Clone, Debug)]
pub struct Decision {
    pub by: (String, String),
    pub approve: bool,
    pub reason: Option<String>,
    /// May decide about a wish of his own: nobody else could.
    pub alone: bool,
}

const ROW: &str = "SELECT id, audience_id, audience_name, state, reason, columns, people, unmasked, asked_by, asked_name, asked_at, decided_by, decided_name, decided_at, decision, done_at, downloads FROM audience_export";

fn row(row: RowRef<'_>) -> Result<ExportRow, DbError> {
    let state = row.text(3)?;
    let known = ExportState::ALL.into_iter().find(|own| own.name() == state);
    Ok(ExportRow {
        id: row.text(0)?,
        audience_id: row.text(1)?,
        audience_name: row.text(2)?,
        state: known.ok_or_else(|| DbError::Decode(format!("an export in the state {state}")))?,
        reason: row.text(4)?,
        columns: row.text(5)?.split('\n').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        people: row.int(6)?.max(0) as u64,
        unmasked: row.flag(7)?,
        asked_by: row.text(8)?,
        asked_name: row.text(9)?,
        asked_at: row.time(10)?,
        decided_by: row.opt_text(11)?,
        decided_name: row.opt_text(12)?,
        decided_at: row.opt_time(13)?,
        decision: row.opt_text(14)?,
        done_at: row.opt_time(15)?,
        downloads: row.int(16)?.max(0) as u64,
    })
}

fn reason(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if (1..=REASON_CHARS_MAX).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    Err(refuse::reason_needed())
}

impl Audience {
    /// Asks for a file of these people. Errors: `reason_needed`.
    pub fn ask_export(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        own: &AudienceRow,
        people: &RoaringBitmap,
        input: &ExportIn,
        now: Time,
    ) -> Result<ExportRow, Refusal> {
        let reason = reason(&input.reason)?;
        let (body, columns) = (members::stored(people), input.columns.join("\n"));
        tx.execute(
            "INSERT INTO audience_export (id, audience, audience_id, audience_name, state, reason, columns, body, people, unmasked, asked_by, asked_name, asked_at, downloads)
             VALUES ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8, $9, $10, $11, $12, 0)",
            params![id, own.num, &own.id, &own.name, &reason, &columns, &body, people.len() as i64, input.unmasked, &input.by.0, &input.by.1, now],
        )?;
        self.find_export(tx, id)
    }
    /// Errors: `export_unknown`.
    pub fn find_export(&self, tx: &mut Tx<'_>, id: &str) -> Result<ExportRow, Refusal> {
        tx.opt(&format!("{ROW} WHERE id = $1"), params![id], row)?.ok_or_else(refuse::export_unknown)
    }
    /// Newest first; of one who asked, or of everybody.
    pub fn exports(
        &self,
        tx: &mut Tx<'_>,
        of: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ExportRow>, Option<String>), DbError> {
        // Ids rise with time.
        let sql = format!("{ROW} WHERE id < $1 AND (asked_by = $2 OR $3 = 1) ORDER BY id DESC LIMIT $4");
        let all = i64::from(of.is_none());
        let mut rows =
            tx.query(&sql, params![after.unwrap_or("~"), of.unwrap_or_default(), all, limit as i64 + 1], row)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| row.id.clone());
        Ok((rows, next))
    }
    /// Errors: `export_unknown`, `export_own` when nobody may decide about his own wish, `export_decided` when it was decided before,
    /// `reason_needed` when what is said is too long.
    pub fn decide_export(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        decision: &Decision,
        now: Time,
    ) -> Result<ExportRow, Refusal> {
        let own = self.find_export(tx, id)?;
        if own.asked_by == decision.by.0 && !decision.alone {
            return Err(refuse::export_own());
        }
        let said = decision.reason.as_deref().filter(|text| !text.trim().is_empty()).map(reason).transpose()?;
        let state = if decision.approve { ExportState::Approved } else { ExportState::Rejected };
        let sql = "UPDATE audience_export SET state = $1, decided_by = $2, decided_name = $3, decided_at = $4, decision = $5 WHERE id = $6 AND state = 'waiting'";
        let (by, name) = &decision.by;
        if tx.execute(sql, params![state.name(), by, name, now, said.as_deref(), id])? == 0 {
            return Err(refuse::export_decided());
        }
        self.find_export(tx, id)
    }
    /// The people of an approved export, as they are now, for whoever asked for it.
    ///
    /// Errors: `export_not_yours`, `export_waiting`, `export_rejected`, `export_expired`.
    pub fn export_people(
        &self,
        tx: &mut Tx<'_>,
        own: &ExportRow,
        by: &str,
        scope: &Scope,
        ctx: &Ctx,
    ) -> Result<RoaringBitmap, Refusal> {
        if own.asked_by != by {
            return Err(refuse::export_not_yours());
        }
        match own.state {
            ExportState::Waiting => return Err(refuse::export_waiting()),
            ExportState::Rejected => return Err(refuse::export_rejected()),
            ExportState::Approved | ExportState::Done => {}
        }
        if own.decided_at.is_none_or(|at| ctx.now > at.plus_days(EXPORT_DAYS)) {
            return Err(refuse::export_expired(EXPORT_DAYS));
        }
        let body = tx.one("SELECT body FROM audience_export WHERE id = $1", params![&own.id], |row| row.blob(0))?;
        self.visible_of(tx, &members::read(&body)?, scope, ctx)
    }
    /// A file was fetched.
    pub fn exported(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<(), DbError> {
        let sql = "UPDATE audience_export SET state = 'done', done_at = COALESCE(done_at, $1), downloads = downloads + 1 WHERE id = $2 AND state IN ('approved', 'done')";
        tx.execute(sql, params![now, id]).map(drop)
    }
}
