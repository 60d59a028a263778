//! Messages, their tasks and people, as rows.

use super::{CANCELLED, CONFIRMED, MADE, REFUSED};
use crate::Reach;
use crate::content::Content;
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_gate::End;
pub use siyu_gate::Sums;
use siyu_kernel::{PersonNum, Refusal, Time};

#[derive(Clone, Debug)]
pub struct MessageRow {
    pub id: String,
    /// `message` or `broadcast`.
    pub kind: String,
    pub name: String,
    pub content: Content,
    pub audience: String,
    /// `running`, `paused`, `ended` or `cancelled`.
    pub state: String,
    pub created_at: Time,
    pub created_by: String,
    pub ended_at: Option<Time>,
    pub sums: Sums,
    pub tasks: i64,
    pub confirmed: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// Not at WeCom yet, or not certainly.
    Making,
    Unconfirmed,
    Confirmed,
    Cancelled,
    Refused,
}

impl TaskState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Making => "making",
            Self::Unconfirmed => "unconfirmed",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
        }
    }
}

#[derive(Clone, Debug)]
pub struct TaskRow {
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
    /// Which content: 0 is the message's own.
    pub variant: i64,
    /// When WeCom stopped it, so that its people go through others.
    pub(super) recalled_at: Option<Time>,
    /// People who went on through others.
    pub moved: i64,
    /// It is being taken back.
    pub leaving: bool,
}

#[derive(Clone, Debug, Default)]
pub struct PersonQuery {
    pub message: String,
    pub state: Option<End>,
    pub reason: Option<String>,
    pub task: Option<i64>,
    /// The number of the last row of the page before.
    pub after: Option<i64>,
    pub limit: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    pub num: PersonNum,
    pub name: String,
    pub userid: String,
    pub state: End,
    pub reason: String,
    pub at: Time,
}

const TASK: &str = "SELECT t.id, t.message, t.userid, COALESCE(s.name, ''), t.store, t.msgid, t.state, t.wish, t.begun_at, t.made_at, t.confirmed_at, t.reminded_at, t.read_at, t.due_at, t.tries, t.error,
    t.people, t.sent, t.skipped, t.failed, t.variant, t.recalled_at, t.moved
  FROM message_task t LEFT JOIN wecom_staff s ON s.key = t.staff";

fn sums(row: RowRef<'_>, at: usize) -> Result<Sums, DbError> {
    let (people, sent, skipped, failed) = (row.int(at)?, row.int(at + 1)?, row.int(at + 2)?, row.int(at + 3)?);
    Ok(Sums { people, waiting: people - sent - skipped - failed, sent, skipped, failed })
}

fn task(row: RowRef<'_>) -> Result<TaskRow, DbError> {
    let raw = row.int(6)?;
    Ok(TaskRow {
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
        sums: sums(row, 16)?,
        variant: row.int(20)?,
        recalled_at: row.opt_time(21)?,
        moved: row.int(22)?,
        leaving: row.int(7)? == super::WISH_MOVE,
    })
}

impl Reach {
    /// The task that is next: of those that are due one with which something is to be done, before those that are read, however long these have
    /// been waiting; where WeCom lets little through, messages go first. Of none that is due the first.
    pub(super) fn task_due(&self, tx: &mut Tx<'_>, now: Time) -> Result<Option<TaskRow>, Refusal> {
        const GOES: &str = "(t.state <> 0 OR NOT EXISTS (SELECT 1 FROM gate_run r WHERE r.id = t.message AND r.state = 'paused' AND r.ended_at IS NULL))";
        let sql =
            format!("{TASK} WHERE {} AND t.due_at <= $1 AND {GOES} ORDER BY t.due_at, t.id LIMIT 1", crate::mass::DEED);
        if let Some(own) = tx.opt(&sql, params![now], task)? {
            return Ok(Some(own));
        }
        let sql = format!("{TASK} WHERE t.finished = 0 AND t.state <> 7 AND {GOES} ORDER BY t.due_at, t.id LIMIT 1");
        Ok(tx.opt(&sql, &[], task)?)
    }
    /// Those that WeCom may have, and that may be looked for now.
    pub(super) fn tasks_perhaps(&self, tx: &mut Tx<'_>, now: Time) -> Result<Vec<TaskRow>, Refusal> {
        let sql =
            format!("{TASK} WHERE t.finished = 0 AND t.state = 6 AND t.due_at <= $1 ORDER BY t.due_at, t.id LIMIT $2");
        Ok(tx.query(&sql, params![now, crate::mass::LOOKED_AT_ONCE], task)?)
    }
    pub fn message_tasks(&self, tx: &mut Tx<'_>, message: &str) -> Result<Vec<TaskRow>, Refusal> {
        Ok(tx.query(&format!("{TASK} WHERE t.message = $1 ORDER BY t.id"), params![message], task)?)
    }
    /// The newest first, those before `before`.
    pub fn messages(&self, tx: &mut Tx<'_>, before: Option<&str>, limit: i64) -> Result<Vec<MessageRow>, Refusal> {
        let sql = "SELECT id FROM message WHERE id < $1 ORDER BY id DESC LIMIT $2";
        let ids = tx.query(sql, params![before.unwrap_or("~"), limit.clamp(1, 200)], |row| row.text(0))?;
        ids.iter().map(|id| self.message(tx, id)).collect()
    }
    /// Errors: `message_unknown`.
    pub fn message(&self, tx: &mut Tx<'_>, id: &str) -> Result<MessageRow, Refusal> {
        let run = self.message_run(tx, id)?;
        let sql = "SELECT name, content, audience, created_at, created_by,
            (SELECT COUNT(*) FROM message_task t WHERE t.message = m.id), (SELECT COUNT(*) FROM message_task t WHERE t.message = m.id AND t.confirmed_at IS NOT NULL)
            FROM message m WHERE id = $1";
        let sums = self.parts().gate.sums(tx, &run)?;
        let (mut message, sealed) = tx.one(sql, params![id], |row| {
            let message = MessageRow {
                id: id.to_owned(),
                kind: run.kind.clone(),
                name: row.text(0)?,
                content: Content::default(),
                audience: row.text(2)?,
                state: run.state.clone(),
                created_at: row.time(3)?,
                created_by: row.text(4)?,
                ended_at: run.ended_at,
                sums,
                tasks: row.int(5)?,
                confirmed: row.int(6)?,
            };
            Ok((message, row.blob(1)?))
        })?;
        message.content = self.unseal(&sealed)?;
        Ok(message)
    }
    /// By end and reason: how many.
    pub fn message_reasons(&self, tx: &mut Tx<'_>, id: &str) -> Result<Vec<(End, String, i64)>, Refusal> {
        let run = self.message_run(tx, id)?;
        self.parts().gate.reasons(tx, &run)
    }
    /// In the order of their numbers; those who are decided.
    pub fn message_people(&self, tx: &mut Tx<'_>, query: &PersonQuery) -> Result<Vec<PersonRow>, Refusal> {
        let run = self.message_run(tx, &query.message)?;
        let states = match query.state {
            None => "d.state >= 0",
            Some(End::Waiting) => "d.state IN (0, 1)",
            Some(End::Sent) => "d.state = 2",
            Some(End::Skipped) => "d.state = 3",
            Some(End::Failed) => "d.state = 4",
        };
        let sql = format!(
            "SELECT d.num, COALESCE(c.name, ''), COALESCE(t.userid, ''), d.state, d.reason, d.at
            FROM gate_decision d LEFT JOIN message_person p ON p.message = $1 AND p.num = d.num
              LEFT JOIN wecom_contact c ON c.id = p.contact LEFT JOIN message_task t ON t.id = p.task
            WHERE d.run = $2 AND d.num > $3 AND {states} AND ($4 = 0 OR d.reason = $5) AND ($6 = 0 OR p.task = $6) ORDER BY d.num LIMIT $7"
        );
        let reason = query.reason.clone().filter(|own| own != "on_its_way");
        let params = params![
            &query.message,
            run.num,
            query.after.unwrap_or(-1),
            reason.is_some(),
            reason.as_deref().unwrap_or_default(),
            query.task.unwrap_or(0),
            query.limit.clamp(1, 200)
        ];
        Ok(tx.query(&sql, params, |row| {
            let state = row.int(3)?;
            Ok(PersonRow {
                num: row.num(0)?,
                name: row.text(1)?,
                userid: row.text(2)?,
                state: match state {
                    2 => End::Sent,
                    3 => End::Skipped,
                    4 => End::Failed,
                    _ => End::Waiting,
                },
                reason: if state == 1 { "on_its_way".to_owned() } else { row.text(4)? },
                at: row.time(5)?,
            })
        })?)
    }
}
