//! A broadcast pauses by itself: when too much of it fails, and when too many people leave because of it.

use crate::{Reach, refuse};
use siyu_db::{Tx, params};
use siyu_gate::{RunChange, RunRow};
use siyu_kernel::{Refusal, Time};
use std::collections::BTreeMap;

/// Fewer outcomes say nothing about a rate.
const BREAKER_LEAST: i64 = 50;
/// As many have to leave at least: of few people one alone would be a high rate.
const COMPLAINTS_LEAST: i64 = 3;
/// Who leaves later had other reasons.
const COMPLAINT_SECONDS: i64 = 86_400;

impl Reach {
    /// Something of it has failed: pauses a broadcast of which too much has.
    pub(crate) fn trip(&self, tx: &mut Tx<'_>, message: &str, now: Time) -> Result<(), Refusal> {
        let sql = "SELECT breaker FROM broadcast WHERE message = $1 AND stopped IS NULL";
        let Some(breaker) = tx.opt(sql, params![message], |row| row.real(0))? else { return Ok(()) };
        let run = self.gate().run(tx, message)?;
        let sums = self.gate().sums(tx, &run)?;
        let ended = sums.sent + sums.failed;
        if ended >= BREAKER_LEAST && (sums.failed as f64) >= breaker / 100.0 * ended as f64 {
            self.stop_by_itself(tx, &run, "error_rate", sums.failed, ended, now)?;
        }
        Ok(())
    }
    /// More is about to go out, or something went: pauses a broadcast after which too many people have deleted the member who sent it.
    pub(crate) fn trip_complaints(&self, tx: &mut Tx<'_>, message: &str, now: Time) -> Result<(), Refusal> {
        let sql = "SELECT complaints FROM broadcast WHERE message = $1 AND stopped IS NULL AND complaints <= 100.0";
        let Some(most) = tx.opt(sql, params![message], |row| row.real(0))? else { return Ok(()) };
        let run = self.gate().run(tx, message)?;
        let sent = self.gate().sums(tx, &run)?.sent;
        if sent < BREAKER_LEAST {
            return Ok(());
        }
        let left = self.complaints(tx, &run)?;
        if left >= COMPLAINTS_LEAST && left as f64 >= most / 100.0 * sent as f64 {
            self.stop_by_itself(tx, &run, "complaint_rate", left, sent, now)?;
        }
        Ok(())
    }
    /// People who have deleted or blocked the member within a day after they were sent it. From the losses, which are few.
    fn complaints(&self, tx: &mut Tx<'_>, run: &RunRow) -> Result<i64, Refusal> {
        let sql = "SELECT t.id, f.contact, f.lost_at FROM wecom_follow f JOIN message_task t ON t.message = $1 AND t.staff = f.staff AND t.sent > 0
            WHERE f.status = 2 AND f.lost_at >= $2 AND f.lost_by = 'customer'";
        let mut lost: BTreeMap<i64, BTreeMap<String, Time>> = BTreeMap::new();
        tx.each(sql, params![&run.id, run.start], |row| {
            lost.entry(row.int(0)?).or_default().insert(row.text(1)?, row.time(2)?);
            Ok(())
        })?;
        let mut complaints = 0;
        for (task, lost) in lost {
            let contacts: Vec<String> = lost.keys().cloned().collect();
            let soon = |(contact, at): (&String, &Time)| {
                lost.get(contact).is_some_and(|gone| (0..COMPLAINT_SECONDS * 1_000_000).contains(&(gone.0 - at.0)))
            };
            complaints += self.sent_at(tx, &run.id, task, &contacts)?.iter().filter(|own| soon(*own)).count() as i64;
        }
        Ok(complaints)
    }
    fn stop_by_itself(
        &self,
        tx: &mut Tx<'_>,
        run: &RunRow,
        why: &'static str,
        of: i64,
        ended: i64,
        now: Time,
    ) -> Result<(), Refusal> {
        if run.ended_at.is_some() || run.state != "running" {
            return Ok(());
        }
        tracing::warn!(message = run.id, why, of, ended, "a broadcast is paused by itself");
        self.gate().change_run(tx, &run.id, RunChange::Pause, now)?;
        tx.execute("UPDATE broadcast SET stopped = $2 WHERE message = $1", params![&run.id, why])?;
        Ok(())
    }
    /// Somebody has looked at it and lets it go on all the same: it does not stop for the same reason a second time.
    pub(super) fn heed(&self, tx: &mut Tx<'_>, message: &str) -> Result<(), Refusal> {
        let sql = "UPDATE broadcast SET breaker = CASE WHEN stopped = 'error_rate' THEN 101.0 ELSE breaker END,
            complaints = CASE WHEN stopped = 'complaint_rate' THEN 101.0 ELSE complaints END, stopped = NULL WHERE message = $1";
        if tx.execute(sql, params![message])? == 0 {
            return Err(refuse::broadcast_unknown());
        }
        Ok(())
    }
}
