//! Messages as somebody sees them who looks after some of the staff: their own, whole, as everybody it is for was one they may see; and of others what
//! these members are asked to send.

use super::PersonState;
use super::lists::{MessageRow, Sums};
use crate::{Reach, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::Refusal;

impl Reach {
    /// Keeps who made it, in the unit that makes it.
    pub fn made_by(&self, tx: &mut Tx<'_>, message: &str, maker: &str) -> Result<(), Refusal> {
        tx.execute("INSERT INTO message_maker (message, maker) VALUES ($1, $2)", params![message, maker])?;
        Ok(())
    }
    pub fn is_made_by(&self, tx: &mut Tx<'_>, message: &str, maker: &str) -> Result<bool, Refusal> {
        let sql = "SELECT 1 FROM message_maker WHERE message = $1 AND maker = $2";
        Ok(tx.opt(sql, params![message, maker], |row| row.int(0))?.is_some())
    }
    /// Whether nobody waits of whom it is not known yet who will be asked to send to them.
    pub fn is_shared_out(&self, tx: &mut Tx<'_>, message: &str) -> Result<bool, Refusal> {
        let (gate, run) = (&self.parts().gate, self.message_run(tx, message)?);
        let open = |(end, reason, _): &(PersonState, String, i64)| {
            *end == PersonState::Waiting && reason.as_str() != "on_its_way"
        };
        Ok(!gate.reasons(tx, &run)?.iter().any(open))
    }
    /// The newest first, those before `before`: those of `maker`, and the part of `staff` (keys) in others.
    pub fn messages_of(
        &self,
        tx: &mut Tx<'_>,
        maker: &str,
        staff: &[String],
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<MessageRow>, Refusal> {
        let sql = format!(
            "SELECT m.id FROM message m WHERE m.id < $1 AND (EXISTS (SELECT 1 FROM message_task t WHERE t.message = m.id AND {})
               OR EXISTS (SELECT 1 FROM message_maker k WHERE k.message = m.id AND k.maker = $4)) ORDER BY m.id DESC LIMIT $3",
            tx.any("t.staff", 2)
        );
        let params = params![before.unwrap_or("~"), staff, limit.clamp(1, 200), maker];
        let ids = tx.query(&sql, params, |row| row.text(0))?;
        let own = |id: &String| match self.is_made_by(tx, id, maker)? {
            true => self.message(tx, id),
            false => self.message_of(tx, staff, id),
        };
        ids.iter().map(own).collect()
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
