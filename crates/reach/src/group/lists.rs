//! Messages for groups, their tasks and groups, as rows.

use super::{CANCELLED, CONFIRMED, MADE, REFUSED};
use crate::content::Content;
use crate::message::{PersonState, Sums, TaskState};
use crate::{Reach, refuse};
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time};

#[derive(Clone, Debug)]
pub struct GroupMessageRow {
    pub id: String,
    pub name: String,
    pub content: Content,
    /// `service` or `marketing`.
    pub class: String,
    /// `running`, `ended` or `cancelled`.
    pub state: String,
    pub created_at: Time,
    pub created_by: String,
    pub ended_at: Option<Time>,
    /// Of groups.
    pub sums: Sums,
    pub tasks: i64,
    pub confirmed: i64,
    /// Customers in the groups it was sent to, counted in each.
    pub members: i64,
}

/// What one owner is asked to send.
#[derive(Clone, Debug)]
pub struct GroupTask {
    pub id: i64,
    pub message: String,
    pub userid: String,
    pub staff_name: String,
    pub store: String,
    pub msgid: String,
    pub state: TaskState,
    pub(super) raw: i64,
    pub(super) wish: i64,
    pub begun_at: Option<Time>,
    pub made_at: Option<Time>,
    pub confirmed_at: Option<Time>,
    pub reminded_at: Option<Time>,
    pub read_at: Option<Time>,
    pub(super) due_at: Time,
    pub(super) tries: i64,
    pub error: Option<String>,
    pub sums: Sums,
}

#[derive(Clone, Debug, Default)]
pub struct GroupQuery {
    pub message: String,
    pub state: Option<PersonState>,
    /// Keys of owners; `None`: everybody's groups.
    pub staff: Option<Vec<String>>,
    /// The id of the last group of the page before.
    pub after: Option<String>,
    pub limit: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupResult {
    pub chat: String,
    pub name: String,
    pub members: i64,
    pub userid: String,
    pub state: PersonState,
    pub reason: String,
    pub at: Time,
}

const TASK: &str = "SELECT t.id, t.message, t.userid, COALESCE(s.name, ''), t.store, t.msgid, t.state, t.wish, t.begun_at, t.made_at, t.confirmed_at, t.reminded_at, t.read_at, t.due_at, t.tries, t.error,
    (SELECT COUNT(*) FROM group_message_group p WHERE p.task = t.id AND p.state = 0), (SELECT COUNT(*) FROM group_message_group p WHERE p.task = t.id AND p.state = 1),
    (SELECT COUNT(*) FROM group_message_group p WHERE p.task = t.id AND p.state = 2), (SELECT COUNT(*) FROM group_message_group p WHERE p.task = t.id AND p.state = 3)
  FROM group_message_task t LEFT JOIN wecom_staff s ON s.key = t.owner";

fn task(row: RowRef<'_>) -> Result<GroupTask, DbError> {
    let raw = row.int(6)?;
    let (waiting, sent, skipped, failed) = (row.int(16)?, row.int(17)?, row.int(18)?, row.int(19)?);
    Ok(GroupTask {
        id: row.int(0)?,
        message: row.text(1)?,
        userid: row.text(2)?,
        staff_name: row.text(3)?,
        store: row.text(4)?,
        msgid: row.text(5)?,
        state: match raw {
            MADE => TaskState::Unconfirmed,
            CONFIRMED => TaskState::Confirmed,
            CANCELLED => TaskState::Cancelled,
            REFUSED => TaskState::Refused,
            _ => TaskState::Making,
        },
        raw,
        wish: row.int(7)?,
        begun_at: row.opt_time(8)?,
        made_at: row.opt_time(9)?,
        confirmed_at: row.opt_time(10)?,
        reminded_at: row.opt_time(11)?,
        read_at: row.opt_time(12)?,
        due_at: row.time(13)?,
        tries: row.int(14)?,
        error: row.opt_text(15)?,
        sums: Sums { people: waiting + sent + skipped + failed, waiting, sent, skipped, failed },
    })
}

/// Of the `state` of a group in a message.
fn end(state: i64) -> PersonState {
    PersonState::ALL[usize::try_from(state).unwrap_or(0).min(3)]
}

/// A condition on the owner of a task, with the list it needs at `$at`.
fn within(tx: &Tx<'_>, staff: Option<&[String]>, at: usize) -> (String, Vec<String>) {
    match staff {
        None => (format!("(1 = 1 OR {})", tx.any("t.owner", at)), Vec::new()),
        Some(staff) => (tx.any("t.owner", at), staff.to_vec()),
    }
}

impl Reach {
    /// The task that is next, as of messages to customers.
    pub(super) fn group_task_due(&self, tx: &mut Tx<'_>, now: Time) -> Result<Option<GroupTask>, Refusal> {
        let sql = format!("{TASK} WHERE {} AND t.due_at <= $1 ORDER BY t.due_at, t.id LIMIT 1", crate::mass::DEED);
        if let Some(own) = tx.opt(&sql, params![now], task)? {
            return Ok(Some(own));
        }
        Ok(tx.opt(&format!("{TASK} WHERE t.finished = 0 ORDER BY t.due_at, t.id LIMIT 1"), &[], task)?)
    }
    /// Those that WeCom may have, and that may be looked for now.
    pub(super) fn group_tasks_perhaps(&self, tx: &mut Tx<'_>, now: Time) -> Result<Vec<GroupTask>, Refusal> {
        let sql =
            format!("{TASK} WHERE t.finished = 0 AND t.state = 6 AND t.due_at <= $1 ORDER BY t.due_at, t.id LIMIT $2");
        Ok(tx.query(&sql, params![now, crate::mass::LOOKED_AT_ONCE], task)?)
    }
    pub fn group_message_tasks(&self, tx: &mut Tx<'_>, message: &str) -> Result<Vec<GroupTask>, Refusal> {
        Ok(tx.query(&format!("{TASK} WHERE t.message = $1 ORDER BY t.id"), params![message], task)?)
    }
    /// The newest first, those before `before`. `staff`: keys of owners; those that none of them is asked to send are left out, and of the others
    /// their part is counted alone.
    pub fn group_messages(
        &self,
        tx: &mut Tx<'_>,
        staff: Option<&[String]>,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<GroupMessageRow>, Refusal> {
        let (own, list) = within(tx, staff, 3);
        let asked = if staff.is_some() { "1 = 0" } else { "1 = 1" };
        let sql = format!(
            "SELECT m.id FROM group_message m WHERE m.id < $1 AND ({asked} OR EXISTS (SELECT 1 FROM group_message_task t WHERE t.message = m.id AND {own})) ORDER BY m.id DESC LIMIT $2"
        );
        let ids = tx.query(&sql, params![before.unwrap_or("~"), limit.clamp(1, 200), &list], |row| row.text(0))?;
        ids.iter().map(|id| self.group_message(tx, staff, id)).collect()
    }
    /// Errors: `message_unknown`, also when none of `staff` is asked to send it.
    pub fn group_message(
        &self,
        tx: &mut Tx<'_>,
        staff: Option<&[String]>,
        id: &str,
    ) -> Result<GroupMessageRow, Refusal> {
        let (own, list) = within(tx, staff, 2);
        let sql = format!(
            "SELECT name, content, class, state, created_at, created_by, ended_at,
            (SELECT COUNT(*) FROM group_message_task t WHERE t.message = m.id AND {own}), (SELECT COUNT(*) FROM group_message_task t WHERE t.message = m.id AND t.confirmed_at IS NOT NULL AND {own})
            FROM group_message m WHERE id = $1"
        );
        let row = tx.opt(&sql, params![id, &list], |row| {
            let message = GroupMessageRow {
                id: id.to_owned(),
                name: row.text(0)?,
                content: Content::default(),
                class: row.text(2)?,
                state: row.text(3)?,
                created_at: row.time(4)?,
                created_by: row.text(5)?,
                ended_at: row.opt_time(6)?,
                sums: Sums::default(),
                tasks: row.int(7)?,
                confirmed: row.int(8)?,
                members: 0,
            };
            Ok((message, row.blob(1)?))
        })?;
        let (mut message, sealed) = row.ok_or_else(refuse::message_unknown)?;
        if staff.is_some() && message.tasks == 0 {
            return Err(refuse::message_unknown());
        }
        message.content = self.unseal(&sealed)?;
        let sql = format!(
            "SELECT p.state, COUNT(*), CAST(SUM(p.members) AS BIGINT) FROM group_message_group p LEFT JOIN group_message_task t ON t.id = p.task WHERE p.message = $1 AND {own} GROUP BY p.state"
        );
        let counts = tx.query(&sql, params![id, &list], |row| Ok((row.int(0)?, row.int(1)?, row.int(2)?)))?;
        for (state, count, members) in counts {
            let sums = &mut message.sums;
            sums.people += count;
            match end(state) {
                PersonState::Waiting => sums.waiting += count,
                PersonState::Sent => (sums.sent, message.members) = (sums.sent + count, members),
                PersonState::Skipped => sums.skipped += count,
                PersonState::Failed => sums.failed += count,
            }
        }
        Ok(message)
    }
    /// By end and reason: how many groups.
    pub fn group_message_reasons(
        &self,
        tx: &mut Tx<'_>,
        staff: Option<&[String]>,
        id: &str,
    ) -> Result<Vec<(PersonState, String, i64)>, Refusal> {
        let (own, list) = within(tx, staff, 2);
        let sql = format!(
            "SELECT p.state, p.reason, COUNT(*) AS n FROM group_message_group p LEFT JOIN group_message_task t ON t.id = p.task WHERE p.message = $1 AND {own} GROUP BY p.state, p.reason ORDER BY p.state, n DESC, p.reason"
        );
        Ok(tx.query(&sql, params![id, &list], |row| Ok((end(row.int(0)?), row.text(1)?, row.int(2)?)))?)
    }
    /// In the order of their ids.
    pub fn group_message_groups(&self, tx: &mut Tx<'_>, query: &GroupQuery) -> Result<Vec<GroupResult>, Refusal> {
        let (own, list) = within(tx, query.staff.as_deref(), 5);
        let sql = format!(
            "SELECT p.chat, COALESCE(g.name, ''), p.members, COALESCE(t.userid, g.owner, ''), p.state, p.reason, p.at
            FROM group_message_group p LEFT JOIN wecom_group g ON g.id = p.chat LEFT JOIN group_message_task t ON t.id = p.task
            WHERE p.message = $1 AND p.chat > $2 AND ($3 < 0 OR p.state = $3) AND {own} ORDER BY p.chat LIMIT $4"
        );
        let state = query.state.map_or(-1, |own| own as i64);
        let after = query.after.clone().unwrap_or_default();
        Ok(tx.query(&sql, params![&query.message, &after, state, query.limit.clamp(1, 200), &list], |row| {
            Ok(GroupResult {
                chat: row.text(0)?,
                name: row.text(1)?,
                members: row.int(2)?,
                userid: row.text(3)?,
                state: end(row.int(4)?),
                reason: row.text(5)?,
                at: row.time(6)?,
            })
        })?)
    }
}
