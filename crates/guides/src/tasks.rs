//! What somebody is to do: for a customer, for a group, or alone.

use crate::events::{Happening, names};
use crate::texts::{checked, key, token};
use crate::{Guides, Seat, refuse};
use siyu_db::{DbError, Param, RowRef, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

pub const TASK_KINDS: [&str; 6] = ["follow_up", "message", "call", "invite", "group", "other"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    Open,
    /// Open, and its time has passed.
    Late,
    Done,
    Skipped,
}

impl TaskState {
    pub fn name(self) -> &'static str {
        match self {
            TaskState::Open => "open",
            TaskState::Late => "late",
            TaskState::Done => "done",
            TaskState::Skipped => "skipped",
        }
    }
}

/// A task before it is one.
#[derive(Clone, Debug, Default)]
pub struct TaskIn {
    /// Whose it is, by userid.
    pub staff: String,
    /// One of [`TASK_KINDS`].
    pub kind: String,
    pub num: Option<PersonNum>,
    pub chat: Option<String>,
    pub text: String,
    pub due_at: Option<Time>,
    /// Which part of the platform gives it: `guide`, `console`, …
    pub source: String,
    /// What it follows from. With one, it is given once however often it is asked for.
    pub origin: Option<String>,
    /// Who gives it, by name.
    pub by: String,
}

#[derive(Clone, Debug)]
pub struct Task {
    pub id: String,
    /// Userid and name.
    pub staff: String,
    pub staff_name: String,
    pub kind: String,
    pub num: Option<PersonNum>,
    /// WeCom's id of the customer, as the row's identity has it, and their name.
    pub contact: Option<String>,
    pub customer: Option<String>,
    pub chat: Option<String>,
    pub group: Option<String>,
    pub text: String,
    pub due_at: Option<Time>,
    pub source: String,
    pub state: TaskState,
    pub result: Option<String>,
    pub created_at: Time,
    pub created_by: String,
    pub ended_at: Option<Time>,
    /// Ended after its time.
    pub ended_late: bool,
    /// The member was reminded last.
    pub nudged_at: Option<Time>,
    /// Hand it back as `after`.
    pub token: String,
}

#[derive(Clone, Debug, Default)]
pub struct TaskQuery {
    /// `open` (late ones among them, the most urgent first), `late`, or `ended` (the newest first).
    pub state: String,
    /// A member of staff the seat sees; the seat's own when absent, all it sees when empty.
    pub staff: Option<String>,
    pub nodes: Option<Vec<PersonNum>>,
    pub chat: Option<String>,
    pub after: Option<String>,
    pub limit: i64,
}

/// Tasks of one member of staff, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    pub staff: String,
    pub name: String,
    pub open: i64,
    pub late: i64,
    pub done: i64,
    /// Of those done: after their time.
    pub done_late: i64,
    pub skipped: i64,
}

const TEXT_MAX: usize = 500;
const NEVER: i64 = i64::MAX;

struct Row {
    task: Task,
    body: Vec<u8>,
    result: Option<Vec<u8>>,
}

const COLUMNS: &str = "t.id, COALESCE(s.userid, t.staff), COALESCE(s.name, ''), t.kind, t.num, (SELECT MIN(c.id) FROM wecom_contact c WHERE c.num = t.num),
    (SELECT MIN(c.name) FROM wecom_contact c WHERE c.num = t.num), t.chat, g.name, t.body, t.due_at, t.source, t.state, t.result, t.created_at, t.created_by, t.ended_at, t.nudged_at";
const FROM: &str =
    "FROM guide_task t LEFT JOIN wecom_staff s ON s.key = t.staff LEFT JOIN wecom_group g ON g.id = t.chat";

fn read(row: RowRef<'_>, now: Time) -> Result<Row, DbError> {
    let (due_at, ended_at) = (row.opt_time(10)?, row.opt_time(16)?);
    let state = match row.text(12)?.as_str() {
        "done" => TaskState::Done,
        "skipped" => TaskState::Skipped,
        _ if due_at.is_some_and(|at| at < now) => TaskState::Late,
        _ => TaskState::Open,
    };
    let id = row.text(0)?;
    let order = ended_at.map_or_else(|| due_at.map_or(NEVER, |at| at.0), |at| at.0);
    let task = Task {
        token: format!("{order}.{id}"),
        id,
        staff: row.text(1)?,
        staff_name: row.text(2)?,
        kind: row.text(3)?,
        num: row.opt_int(4)?.and_then(|num| PersonNum::try_from(num).ok()),
        contact: row.opt_text(5)?,
        customer: row.opt_text(6)?,
        chat: row.opt_text(7)?,
        group: row.opt_text(8)?,
        text: String::new(),
        due_at,
        source: row.text(11)?,
        state,
        result: None,
        created_at: row.time(14)?,
        created_by: row.text(15)?,
        ended_at,
        nudged_at: row.opt_time(17)?,
        ended_late: due_at.zip(ended_at).is_some_and(|(due, ended)| ended > due),
    };
    Ok(Row { task, body: row.blob(9)?, result: row.opt_blob(13)? })
}

impl Guides {
    fn opened(&self, row: Row) -> Result<Task, Refusal> {
        let mut task = row.task;
        task.text = self.unseal(&row.body)?;
        task.result = row.result.map(|sealed| self.unseal(&sealed)).transpose()?;
        Ok(task)
    }

    /// Gives a task. One with an origin that exists already is answered as it stands.
    ///
    /// Errors: `guide_text`, `task_kind`, `task_about`, `guide_staff_unknown`, `guide_group_unknown`.
    pub fn give(&self, tx: &mut Tx<'_>, input: &TaskIn) -> Result<Task, Refusal> {
        let (text, now) = (checked("text", &input.text, TEXT_MAX)?, self.now());
        if !TASK_KINDS.contains(&input.kind.as_str()) {
            return Err(refuse::task_kind(&TASK_KINDS));
        }
        if input.num.is_some() && input.chat.is_some() {
            return Err(refuse::task_about());
        }
        let staff = key(&input.staff);
        let sql = "SELECT 1 FROM wecom_staff WHERE key = $1 AND gone_at IS NULL";
        tx.opt(sql, params![&staff], |row| row.int(0))?.ok_or_else(refuse::staff_unknown)?;
        if let Some(chat) = &input.chat {
            let sql = "SELECT 1 FROM wecom_group WHERE id = $1 AND dismissed_at IS NULL";
            tx.opt(sql, params![chat], |row| row.int(0))?.ok_or_else(refuse::group_unknown)?;
        }
        let (id, sealed) = (self.id("tsk"), self.seal(&text));
        let num: Param<'_> = input.num.map(i64::from).map_or(Param::Null, Into::into);
        let new = tx.execute(
            "INSERT INTO guide_task (id, staff, kind, num, chat, body, due_at, source, origin, state, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', $10, $11)
             ON CONFLICT (origin) DO NOTHING",
            &[
                (&id).into(),
                (&staff).into(),
                (&input.kind).into(),
                num,
                (&input.chat).into(),
                (&sealed).into(),
                input.due_at.into(),
                (&input.source).into(),
                (&input.origin).into(),
                now.into(),
                (&input.by).into(),
            ],
        )?;
        let id = if new == 1 {
            id
        } else {
            tx.one("SELECT id FROM guide_task WHERE origin = $1", params![&input.origin], |row| row.text(0))?
        };
        let task = self.task(tx, &id)?;
        if let Some(num) = input.num.filter(|_| new == 1) {
            let event = Happening::new(names::TASK_GIVEN, num, &[&id]).with("task", &id).with("task_kind", &task.kind);
            self.tell(tx, event.with("staff", &task.staff).with("by", &input.source), now)?;
        }
        Ok(task)
    }

    pub(crate) fn task(&self, tx: &mut Tx<'_>, id: &str) -> Result<Task, Refusal> {
        let now = self.now();
        let sql = format!("SELECT {COLUMNS} {FROM} WHERE t.id = $1");
        let row = tx.opt(&sql, params![id], |row| read(row, now))?.ok_or_else(refuse::task_unknown)?;
        self.opened(row)
    }
    /// One the seat's staff have. Errors: `task_unknown`.
    pub fn task_of(&self, tx: &mut Tx<'_>, seat: &Seat, id: &str) -> Result<Task, Refusal> {
        let task = self.task(tx, id)?;
        if seat.covers(&key(&task.staff)) { Ok(task) } else { Err(refuse::task_unknown()) }
    }

    /// Ends a task of the seat's own as done, or as skipped with the reason.
    ///
    /// Errors: `task_unknown`, `task_over`, `task_reason`, `guide_text`.
    pub fn end_task(
        &self,
        tx: &mut Tx<'_>,
        seat: &Seat,
        id: &str,
        done: bool,
        result: Option<&str>,
    ) -> Result<Task, Refusal> {
        let (task, now) = (self.task_of(tx, seat, id)?, self.now());
        let result = result.map(str::trim).filter(|text| !text.is_empty());
        if !done && result.is_none() {
            return Err(refuse::task_reason());
        }
        let sealed = result.map(|text| checked("result", text, TEXT_MAX)).transpose()?.map(|text| self.seal(&text));
        let state = if done { "done" } else { "skipped" };
        let sealed: Param<'_> = sealed.as_ref().map_or(Param::Null, Into::into);
        let ended = tx.execute(
            "UPDATE guide_task SET state = $2, result = $3, ended_at = $4, ended_by = $5 WHERE id = $1 AND state = 'open'",
            &[id.into(), state.into(), sealed, now.into(), (&seat.key).into()],
        )?;
        if ended == 0 {
            return Err(refuse::task_over());
        }
        let origin = tx.one("SELECT origin FROM guide_task WHERE id = $1", params![id], |row| row.opt_text(0))?;
        if let Some(origin) = origin {
            self.inner.ends.ended(tx, &origin, done)?;
        }
        if let Some(num) = task.num {
            let name = if done { names::TASK_DONE } else { names::TASK_SKIPPED };
            let late = task.due_at.is_some_and(|due| now > due);
            let event = Happening::new(name, num, &[id]).with("task", id).with("task_kind", &task.kind);
            self.tell(tx, event.flag("late", late).by(seat), now)?;
        }
        self.task(tx, id)
    }

    /// Errors: `guide_staff_unknown`, `page_token`.
    pub fn tasks(&self, tx: &mut Tx<'_>, seat: &Seat, query: &TaskQuery) -> Result<Vec<Task>, Refusal> {
        let now = self.now();
        let keys = match query.staff.as_deref() {
            None => Some(vec![seat.key.clone()]),
            Some("") => seat.keys(),
            Some(userid) => Some(vec![self.colleague(tx, seat, userid)?]),
        };
        let nodes: Option<Vec<i64>> =
            query.nodes.as_ref().map(|nodes| nodes.iter().map(|node| i64::from(*node)).collect());
        let chat = query.chat.clone().unwrap_or_default();
        let staff = if keys.is_some() { tx.any("t.staff", 1) } else { "$1 = ''".to_owned() };
        let about = if nodes.is_some() { tx.any("t.num", 2) } else { "$2 = ''".to_owned() };
        let after = token(query.after.as_deref())?;
        let order = format!("COALESCE(t.due_at, {NEVER})");
        let (state, beyond, sort, first) = match query.state.as_str() {
            "ended" => (
                "t.state <> 'open' AND CAST($4 AS BIGINT) IS NOT NULL",
                "(t.ended_at < $5 OR (t.ended_at = $5 AND t.id > $6))".to_owned(),
                "t.ended_at DESC".to_owned(),
                NEVER,
            ),
            "late" => (
                "t.state = 'open' AND t.due_at < $4",
                format!("({order} > $5 OR ({order} = $5 AND t.id > $6))"),
                order.clone(),
                i64::MIN,
            ),
            _ => (
                "t.state = 'open' AND CAST($4 AS BIGINT) IS NOT NULL",
                format!("({order} > $5 OR ({order} = $5 AND t.id > $6))"),
                order.clone(),
                i64::MIN,
            ),
        };
        let (at, id) = after.unwrap_or((first, String::new()));
        let sql = format!(
            "SELECT {COLUMNS} {FROM} WHERE {staff} AND {about} AND ($3 = '' OR t.chat = $3) AND {state} AND {beyond} ORDER BY {sort}, t.id LIMIT $7"
        );
        let binds: [Param<'_>; 7] = [
            keys.as_ref().map_or("".into(), Into::into),
            nodes.as_ref().map_or("".into(), Into::into),
            (&chat).into(),
            now.into(),
            at.into(),
            (&id).into(),
            query.limit.clamp(1, 201).into(),
        ];
        let rows = tx.query(&sql, &binds, |row| read(row, now))?;
        rows.into_iter().map(|row| self.opened(row)).collect()
    }

    /// [`Guides::boards`] of the staff a seat sees.
    pub fn boards_of(&self, tx: &mut Tx<'_>, seat: &Seat, since: Time) -> Result<Vec<Board>, Refusal> {
        self.boards(tx, seat.keys().as_deref(), since)
    }
    /// Tasks given since an instant and those still open, per member of staff (these, or all); who has none is left out.
    pub fn boards(&self, tx: &mut Tx<'_>, keys: Option<&[String]>, since: Time) -> Result<Vec<Board>, Refusal> {
        let staff = if keys.is_some() { tx.any("t.staff", 1) } else { "$1 = ''".to_owned() };
        let sum = |when: &str| format!("CAST(SUM(CASE WHEN {when} THEN 1 ELSE 0 END) AS BIGINT)");
        let sql = format!(
            "SELECT COALESCE(s.userid, t.staff), COALESCE(s.name, ''), {}, {}, {}, {}, {} FROM guide_task t LEFT JOIN wecom_staff s ON s.key = t.staff
             WHERE {staff} AND (t.state = 'open' OR t.created_at >= $2) GROUP BY t.staff, s.userid, s.name ORDER BY t.staff",
            sum("t.state = 'open'"),
            sum("t.state = 'open' AND t.due_at < $3"),
            sum("t.state = 'done'"),
            sum("t.state = 'done' AND t.due_at < t.ended_at"),
            sum("t.state = 'skipped'"),
        );
        let first: Param<'_> = keys.map_or("".into(), Into::into);
        Ok(tx.query(&sql, &[first, since.into(), self.now().into()], |row| {
            Ok(Board {
                staff: row.text(0)?,
                name: row.text(1)?,
                open: row.int(2)?,
                late: row.int(3)?,
                done: row.int(4)?,
                done_late: row.int(5)?,
                skipped: row.int(6)?,
            })
        })?)
    }
}
