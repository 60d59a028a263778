//! Messages as somebody sees them who looks after some of the staff: those these members are asked to send, and of them their part alone.

use super::PersonState;
use super::lists::{MessageRow, Sums};
use crate::{Reach, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::Refusal;

impl Reach {
    /// The newest first, those before `before`. `staff`: keys.
    pub fn messages_of(
        &self,
        tx: &mut Tx<'_>,
        staff: &[String],
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<MessageRow>, Refusal> {
        let sql = format!(
            "SELECT m.id FROM message m WHERE m.id < $1 AND EXISTS (SELECT 1 FROM message_task t WHERE t.message = m.id AND {}) ORDER BY m.id DESC LIMIT $3",
            tx.any("t.staff", 2)
        );
        let ids = tx.query(&sql, params![before.unwrap_or("~"), staff, limit.clamp(1, 200)], |row| row.text(0))?;
        ids.iter().map(|id| self.message_of(tx, staff, id)).collect()
    }
    /// With the sums of their part. Errors: `message_unknown`, also when none of them is asked to send it.
    pub fn message_of(&self, tx: &mut Tx<'_>, staff: &[String], id: &str) -> Result<MessageRow, Refusal> {
        let mut message = self.message(tx, id)?;
        let sql = format!(
            "SELECT COUNT(*), COUNT(t.confirmed_at) FROM message_task t WHERE t.message = $1 AND {}",
            tx.any("t.staff", 2)
        );
        (message.tasks, message.confirmed) = tx.one(&sql, params![id, staff], |row| Ok((row.int(0)?, row.int(1)?)))?;
        if message.tasks == 0 {
            return Err(refuse::message_unknown());
        }
        let mut sums = Sums::default();
        for (state, _, count) in self.message_reasons_of(tx, staff, id)? {
            sums.people += count;
            *match state {
                PersonState::Waiting => &mut sums.waiting,
                PersonState::Sent => &mut sums.sent,
                PersonState::Skipped => &mut sums.skipped,
                PersonState::Failed => &mut sums.failed,
            } += count;
        }
        message.sums = sums;
        Ok(message)
    }
    /// By end and reason: how many of their part.
    pub fn message_reasons_of(
        &self,
        tx: &mut Tx<'_>,
        staff: &[String],
        id: &str,
    ) -> Result<Vec<(PersonState, String, i64)>, Refusal> {
        let reason = "CASE WHEN d.state = 1 THEN 'on_its_way' ELSE d.reason END";
        let sql = format!(
            "SELECT d.state, {reason}, COUNT(*) AS n FROM message_person p JOIN message_task t ON t.id = p.task JOIN gate_run r ON r.id = p.message
              JOIN gate_decision d ON d.run = r.num AND d.num = p.num
            WHERE p.message = $1 AND {} GROUP BY d.state, {reason} ORDER BY d.state, n DESC",
            tx.any("t.staff", 2)
        );
        let of = PersonState::of;
        Ok(tx.query(&sql, params![id, staff], |row| Ok((of(row.int(0)?), row.text(1)?, row.int(2)?)))?)
    }
}
