//! The job's row: what is to be done, how far it is, what came of it.

use super::plan::{ImportKind, ImportOptions};
use crate::Intake;
use serde::{Deserialize, Serialize};
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time, new_id};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    Uploaded,
    Running,
    Paused,
    Done,
    Failed,
    Cancelled,
}

impl JobState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
    fn parse(name: &str) -> Self {
        [Self::Uploaded, Self::Running, Self::Paused, Self::Done, Self::Cancelled]
            .into_iter()
            .find(|state| state.name() == name)
            .unwrap_or(Self::Failed)
    }
}

/// What an import did so far. Money in minor units of the workspace's currency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    pub rows: u64,
    /// Rows that brought something new or corrected something.
    pub imported: u64,
    pub rejected: u64,
    /// Rows that were here before.
    pub unchanged: u64,
    pub people_new: u64,
    pub people_merged: u64,
    /// People who came into the pool of leads.
    pub leads: u64,
    /// Orders (with a sale line) seen for the first time.
    pub orders: u64,
    pub revenue: i64,
    pub refunded: i64,
    pub seconds: f64,
}

#[derive(Clone, Debug)]
pub struct Job {
    pub num: i64,
    pub id: String,
    pub kind: ImportKind,
    pub file: String,
    pub size: i64,
    /// Where the bytes lie; `None` once they are in and deleted.
    pub path: Option<String>,
    pub state: JobState,
    pub format: Option<String>,
    pub encoding: Option<String>,
    /// The file's columns, once it was read.
    pub columns: Vec<String>,
    pub mapping: BTreeMap<String, String>,
    pub options: ImportOptions,
    pub dry_run: bool,
    pub done: i64,
    pub bytes_done: i64,
    pub bytes_total: i64,
    pub summary: Summary,
    /// `{code, en, zh}` of what ended it.
    pub error: Option<(String, String, String)>,
    pub created_at: Time,
    pub finished_at: Option<Time>,
    pub by: String,
}

pub struct NewJob<'a> {
    pub kind: ImportKind,
    pub file: &'a str,
    pub size: i64,
    pub path: &'a str,
    pub by: &'a str,
}

#[derive(Clone, Debug)]
pub struct Reject {
    pub line: i64,
    pub code: String,
    pub en: String,
    pub zh: String,
    pub field: Option<String>,
    pub cells: Vec<String>,
}

const JOB: &str = "SELECT num, id, kind, file, size, path, state, format, encoding, mapping, options, dry_run, done, bytes_done, bytes_total, summary, error, created_at, finished_at, by_actor, columns FROM import_job";

impl Intake {
    pub fn create_job(&self, tx: &mut Tx<'_>, job: &NewJob<'_>, now: Time) -> Result<Job, Refusal> {
        let id = new_id("imp", now, &self.inner.chance);
        let file: String = job.file.chars().filter(|c| !c.is_control()).take(200).collect();
        tx.execute(
            "INSERT INTO import_job (id, kind, file, size, path, state, mapping, options, dry_run, bytes_total, created_at, by_actor) VALUES ($1, $2, $3, $4, $5, 'uploaded', '{}', '{}', 0, $4, $6, $7)",
            params![&id, job.kind.name(), &file, job.size, job.path, now, job.by],
        )?;
        self.job(tx, &id)
    }
    pub fn job(&self, tx: &mut Tx<'_>, id: &str) -> Result<Job, Refusal> {
        tx.opt(&format!("{JOB} WHERE id = $1"), params![id], |row| self.job_row(row))?
            .ok_or_else(|| Refusal::not_found("import_unknown", "There is no such import.", "没有该导入任务。"))
    }
    pub fn jobs(&self, tx: &mut Tx<'_>, before: Option<&str>, limit: i64) -> Result<Vec<Job>, DbError> {
        tx.query(
            &format!("{JOB} WHERE id < $1 ORDER BY id DESC LIMIT $2"),
            params![before.unwrap_or("~"), limit],
            |row| self.job_row(row),
        )
    }
    /// The files that jobs have yet to read, or may have to read again.
    pub fn files(&self, tx: &mut Tx<'_>) -> Result<Vec<String>, DbError> {
        tx.query("SELECT path FROM import_job WHERE path IS NOT NULL ORDER BY num", &[], |row| row.text(0))
    }
    /// Jobs with rows that were not taken.
    pub(crate) fn rejecting(&self, tx: &mut Tx<'_>) -> Result<Vec<Job>, DbError> {
        let sql =
            format!("{JOB} WHERE EXISTS (SELECT 1 FROM import_reject r WHERE r.job = import_job.num) ORDER BY num");
        tx.query(&sql, &[], |row| self.job_row(row))
    }
    /// Jobs that a stopped server left in the middle.
    pub fn interrupted(&self, tx: &mut Tx<'_>) -> Result<Vec<Job>, DbError> {
        tx.query(&format!("{JOB} WHERE state = 'running' ORDER BY num"), &[], |row| self.job_row(row))
    }
    /// Sets it going. Options and mapping hold from here on, also after a restart.
    pub fn start_job(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        mapping: &BTreeMap<String, String>,
        options: &ImportOptions,
        dry_run: bool,
    ) -> Result<Job, Refusal> {
        let job = self.job(tx, id)?;
        let was_dry = job.state == JobState::Done && job.dry_run;
        if !(matches!(job.state, JobState::Uploaded | JobState::Failed | JobState::Cancelled) || was_dry) {
            return Err(Refusal::conflict(
                "import_state",
                format!("This import is {}; it cannot be started.", job.state.name()),
                format!("该导入任务状态为 {}，不能启动。", job.state.name()),
            ));
        }
        if job.path.is_none() {
            return Err(Refusal::conflict(
                "import_file_gone",
                "The uploaded file has been deleted; upload it again.",
                "上传的文件已删除，请重新上传。",
            ));
        }
        let (mapping, options) = (
            serde_json::to_string(mapping).map_err(Refusal::internal)?,
            serde_json::to_string(options).map_err(Refusal::internal)?,
        );
        tx.execute(
            "UPDATE import_job SET state = 'running', mapping = $1, options = $2, dry_run = $3, done = 0, bytes_done = 0, summary = NULL, error = NULL, finished_at = NULL WHERE id = $4",
            params![&mapping, &options, dry_run, id],
        )?;
        tx.execute("DELETE FROM import_reject WHERE job = $1", params![job.num])?;
        self.job(tx, id)
    }
    /// Moves between running, paused and cancelled. The running job sees it before its next chunk.
    pub fn set_job_state(&self, tx: &mut Tx<'_>, id: &str, from: &[JobState], to: JobState) -> Result<Job, Refusal> {
        let job = self.job(tx, id)?;
        if !from.contains(&job.state) {
            return Err(Refusal::conflict(
                "import_state",
                format!("This import is {}.", job.state.name()),
                format!("该导入任务状态为 {}。", job.state.name()),
            ));
        }
        tx.execute("UPDATE import_job SET state = $1 WHERE id = $2", params![to.name(), id])?;
        self.job(tx, id)
    }
    /// Writes down how a job ended. One that was cancelled or paused while its last unit was saved stays so, as was answered: resumed, it
    /// finds nothing left to do and is done.
    pub fn finish_job(
        &self,
        tx: &mut Tx<'_>,
        job: i64,
        state: JobState,
        error: Option<&Refusal>,
        now: Time,
    ) -> Result<(), Refusal> {
        let error = error.map(|refusal| serde_json::json!([refusal.code, refusal.en, refusal.zh]).to_string());
        let still = if state == JobState::Done { " AND state = 'running'" } else { "" };
        tx.execute(
            &format!("UPDATE import_job SET state = $1, error = $2, finished_at = $3 WHERE num = $4{still}"),
            params![state.name(), &error, now, job],
        )?;
        Ok(())
    }
    pub fn delete_job(&self, tx: &mut Tx<'_>, id: &str) -> Result<Job, Refusal> {
        let job = self.job(tx, id)?;
        if job.state == JobState::Running {
            return Err(Refusal::conflict(
                "import_state",
                "A running import must be cancelled first.",
                "请先取消正在进行的导入。",
            ));
        }
        tx.execute("DELETE FROM import_reject WHERE job = $1", params![job.num])?;
        tx.execute("DELETE FROM import_job WHERE num = $1", params![job.num])?;
        Ok(job)
    }
    /// The columns are kept sealed: of a file without a header they are its first row. They outlive the file, for the rows not taken.
    pub(crate) fn write_columns(&self, tx: &mut Tx<'_>, job: i64, columns: &[String]) -> Result<(), Refusal> {
        let sealed = self.inner.vault.seal(serde_json::to_string(columns).map_err(Refusal::internal)?.as_bytes());
        tx.execute("UPDATE import_job SET columns = $1 WHERE num = $2", params![&sealed, job])?;
        Ok(())
    }
    /// The job no longer has a file.
    pub fn forget_file(&self, tx: &mut Tx<'_>, job: i64) -> Result<(), DbError> {
        tx.execute("UPDATE import_job SET path = NULL WHERE num = $1", params![job]).map(drop)
    }
    pub(crate) fn write_progress(
        &self,
        tx: &mut Tx<'_>,
        job: i64,
        summary: &Summary,
        bytes: (u64, u64),
        found: (&str, Option<&str>),
    ) -> Result<bool, Refusal> {
        let text = serde_json::to_string(summary).map_err(Refusal::internal)?;
        let changed = tx.execute(
            "UPDATE import_job SET done = $1, bytes_done = $2, bytes_total = $3, summary = $4, format = $5, encoding = $6 WHERE num = $7 AND state = 'running'",
            params![summary.rows as i64, bytes.0 as i64, bytes.1 as i64, &text, found.0, found.1, job],
        )?;
        Ok(changed == 1)
    }
    pub(crate) fn write_rejects(
        &self,
        tx: &mut Tx<'_>,
        job: i64,
        rejects: &[(u64, Refusal, Vec<String>)],
    ) -> Result<(), DbError> {
        for (line, refusal, cells) in rejects {
            let sealed = self.inner.vault.seal(serde_json::to_string(cells).unwrap_or_default().as_bytes());
            tx.execute(
                "INSERT INTO import_reject (job, line, code, en, zh, field, cells) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (job, line) DO NOTHING",
                params![job, *line as i64, refusal.code, &refusal.en, &refusal.zh, &refusal.field, &sealed],
            )?;
        }
        Ok(())
    }
    /// Rows that were not taken, in file order, after `after`.
    pub fn rejects(&self, tx: &mut Tx<'_>, job: i64, after: i64, limit: i64) -> Result<Vec<Reject>, DbError> {
        tx.query("SELECT line, code, en, zh, field, cells FROM import_reject WHERE job = $1 AND line > $2 ORDER BY line LIMIT $3", params![job, after, limit], |row| {
            let cells = self.inner.vault.open(&row.blob(5)?).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
            Ok(Reject { line: row.int(0)?, code: row.text(1)?, en: row.text(2)?, zh: row.text(3)?, field: row.opt_text(4)?, cells })
        })
    }
}

impl Intake {
    fn job_row(&self, row: RowRef<'_>) -> Result<Job, DbError> {
        let parsed = |text: Option<String>| text.unwrap_or_default();
        let columns = row.opt_blob(20)?.and_then(|sealed| self.inner.vault.open(&sealed).ok());
        Ok(Job {
            num: row.int(0)?,
            id: row.text(1)?,
            kind: ImportKind::parse(&row.text(2)?).unwrap_or(ImportKind::People),
            file: row.text(3)?,
            size: row.int(4)?,
            path: row.opt_text(5)?,
            state: JobState::parse(&row.text(6)?),
            format: row.opt_text(7)?,
            encoding: row.opt_text(8)?,
            columns: columns.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default(),
            mapping: serde_json::from_str(&row.text(9)?).unwrap_or_default(),
            options: serde_json::from_str(&row.text(10)?).unwrap_or_default(),
            dry_run: row.flag(11)?,
            done: row.int(12)?,
            bytes_done: row.int(13)?,
            bytes_total: row.int(14)?,
            summary: serde_json::from_str(&parsed(row.opt_text(15)?)).unwrap_or_default(),
            error: serde_json::from_str(&parsed(row.opt_text(16)?)).ok(),
            created_at: row.time(17)?,
            finished_at: row.opt_time(18)?,
            by: row.text(19)?,
        })
    }
}
