//! Arrivals that no lane has in memory: those of a process that has ended, of a full queue, and those nobody greeted in time.

use super::lane::Job;
use super::{FAILED, SENDING, SKIPPED, WAITING};
use crate::Reach;
use siyu_contacts::Ran;
use siyu_db::{Param, params};
use siyu_kernel::Refusal;

/// The lane that took the callback has this long for itself.
const OWN_MILLIS: i64 = 1_500;
/// After the time is over, whoever was sending has certainly heard or will never.
const UNKNOWN_AFTER_SECONDS: i64 = 30;

impl Reach {
    /// Offers arrivals that wait on disk and ends those whose time is over. Every process may do it.
    pub fn sweep_welcomes(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let room = self.inner.lane.room().min(1_000) as i64;
        let old = siyu_kernel::Time(now.0 - OWN_MILLIS * 1_000);
        let (jobs, over) = self.parts().db.read(|tx| {
            let sql = format!(
                "SELECT hash, contact, userid, channel, code, at, until FROM welcome WHERE state = {WAITING} AND state < 2 AND at <= $1 AND until > $2 ORDER BY id LIMIT $3"
            );
            let jobs = tx.query(&sql, params![old, now, room], |row| {
                let sealed = row.blob(4)?;
                let job = Job {
                    hash: row.text(0)?,
                    contact: row.text(1)?,
                    userid: row.text(2)?,
                    channel: row.text(3)?,
                    code: String::new(),
                    at: row.time(5)?,
                    until: row.time(6)?,
                };
                Ok((job, sealed))
            })?;
            let sql = format!(
                "SELECT 1 FROM welcome WHERE state < 2 AND ((state = {WAITING} AND until <= $1) OR (state = {SENDING} AND until <= $2)) LIMIT 1"
            );
            let unknown = now.plus_seconds(-UNKNOWN_AFTER_SECONDS);
            Ok((jobs, tx.opt(&sql, params![now, unknown], |row| row.int(0))?.is_some()))
        })?;
        for (mut job, sealed) in jobs {
            let plain = self.parts().vault.open(&sealed).map_err(Refusal::internal)?;
            job.code = String::from_utf8(plain).map_err(Refusal::internal)?;
            self.offer(job);
        }
        if over {
            self.end_overdue()?;
        }
        Ok(Ran::Nothing)
    }

    /// Nobody began in time: skipped. Begun without an end: whether it was sent is not known, and it is not sent again.
    fn end_overdue(&self) -> Result<(), Refusal> {
        let now = self.now();
        let (late, unknown) = self.parts().db.transact(move |tx| {
            let end = |from: i64, to: i64| {
                format!("UPDATE welcome SET state = {to}, reason = $1, ended_at = $2, code = $3 WHERE state < 2 AND state = {from} AND until <= $4")
            };
            let with = |reason: &'static str, before: siyu_kernel::Time| {
                [Param::from(reason), now.into(), Param::Blob(b""), before.into()]
            };
            let late = tx.execute(&end(WAITING, SKIPPED), &with("late", now))?;
            let before = now.plus_seconds(-UNKNOWN_AFTER_SECONDS);
            let unknown = tx.execute(&end(SENDING, FAILED), &with("outcome_unknown", before))?;
            Ok((late, unknown))
        })?;
        for (count, outcome, reason) in [(late, "skipped", "late"), (unknown, "failed", "outcome_unknown")] {
            if count > 0 {
                tracing::warn!(count, reason, "customers were not welcomed");
                metrics::counter!("siyu_welcome_total", "outcome" => outcome, "reason" => reason).increment(count);
            }
        }
        Ok(())
    }
}
