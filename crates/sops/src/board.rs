//! What became of steps: numbers for managers, and the list behind each.

use crate::Sops;
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time};
use std::collections::BTreeMap;

/// Steps that were planned for `[from, to)`.
#[derive(Clone, Debug, Default)]
pub struct BoardQuery {
    pub from: Time,
    pub to: Time,
    pub sop: Option<String>,
    /// Keys of whoever is asked; `None`: everybody.
    pub staff: Option<Vec<String>>,
    /// Tasks that journeys gave for customers count, too; each journey is one programme by its name.
    pub customers: bool,
}

/// What a step is, each one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Its time has not come.
    Planned,
    /// Asked, and there is time.
    Asked,
    /// Asked, not done, and the deadline has passed.
    Overdue,
    OnTime,
    Late,
    /// Nobody could be asked in time, or WeCom's task was never confirmed.
    Missed,
    Skipped,
}

impl End {
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Asked => "asked",
            Self::Overdue => "overdue",
            Self::OnTime => "on_time",
            Self::Late => "late",
            Self::Missed => "missed",
            Self::Skipped => "skipped",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// Of a programme its id, of a journey's task the journey's name.
    pub sop: String,
    /// A group, a member of staff, or empty for a customer.
    pub subject: String,
    pub step: String,
    pub due_at: Time,
    pub deadline: Time,
    /// Key and store of whoever is asked.
    pub staff: String,
    pub store: String,
    pub end: End,
    pub reason: String,
    pub done_at: Option<Time>,
}

/// steps = planned + asked + overdue + on_time + late + missed + skipped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sums {
    pub steps: i64,
    pub planned: i64,
    pub asked: i64,
    pub overdue: i64,
    pub on_time: i64,
    pub late: i64,
    pub missed: i64,
    pub skipped: i64,
    /// Of those that are late, in seconds behind the deadline.
    pub late_median_seconds: Option<i64>,
}

impl Sums {
    /// Done on time, of all whose deadline decides: on time, late, overdue, missed. `None`: there are none.
    pub fn rate(&self) -> Option<f64> {
        let all = self.on_time + self.late + self.overdue + self.missed;
        (all > 0).then(|| self.on_time as f64 / all as f64)
    }
}

/// The sums of one programme, store or guide.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    pub key: String,
    pub sums: Sums,
}

const STEPS: &str = "SELECT r.sop, r.subject, r.step, r.due_at, r.deadline, r.staff, COALESCE(s.store, ''), r.state, r.reason, COALESCE(t.state, ''), t.ended_at, COALESCE(g.state, -1), COALESCE(g.reason, ''), g.at,
    COALESCE(m.state, -1), m.seen_at, COALESCE(o.state, -1)
  FROM sop_step r LEFT JOIN wecom_staff s ON s.key = r.staff
    LEFT JOIN guide_task t ON r.way = 1 AND t.origin = r.made
    LEFT JOIN group_message_group g ON r.way = 2 AND g.message = r.made AND g.chat = r.subject
    LEFT JOIN moment_task m ON r.way = 3 AND m.moment = r.made AND m.staff = r.subject
    LEFT JOIN moment o ON r.way = 3 AND o.id = r.made
  WHERE r.due_at >= $1 AND r.due_at < $2 AND ($3 = '' OR r.sop = $3)";

/// A journey's task has its deadline alone: it is its time, too.
const TASKS: &str = "SELECT t.created_by, '', '', t.due_at, t.due_at, t.staff, COALESCE(s.store, ''), 'asked', '', t.state, t.ended_at, -1, '', t.ended_at, -1, t.ended_at, -1
  FROM guide_task t LEFT JOIN wecom_staff s ON s.key = t.staff WHERE t.source = 'journey' AND t.due_at >= $1 AND t.due_at < $2 AND ($3 = '' OR t.created_by = $3)";

impl Sops {
    /// Every step of the question, by time. Errors: none of its own.
    pub fn board_rows(&self, tx: &mut Tx<'_>, query: &BoardQuery, now: Time) -> Result<Vec<StepRow>, Refusal> {
        let mut rows = Vec::new();
        for sql in [Some(STEPS), query.customers.then_some(TASKS)].into_iter().flatten() {
            let sop = query.sop.as_deref().unwrap_or_default();
            rows.extend(tx.query(sql, params![query.from, query.to, sop], |row| step(row, now))?);
        }
        if let Some(staff) = &query.staff {
            rows.retain(|row| staff.contains(&row.staff));
        }
        rows.sort_by(|a, b| (a.due_at, &a.sop, &a.subject, &a.step).cmp(&(b.due_at, &b.sop, &b.subject, &b.step)));
        Ok(rows)
    }
}

/// The sums of all, and of each key in its order.
impl Share {
    pub fn of<'a>(rows: &'a [StepRow], key: impl Fn(&'a StepRow) -> &'a str) -> Vec<Share> {
        let mut parts: BTreeMap<&str, Vec<&StepRow>> = BTreeMap::new();
        for row in rows {
            parts.entry(key(row)).or_default().push(row);
        }
        parts.into_iter().map(|(key, rows)| Share { key: key.to_owned(), sums: Sums::of(rows) }).collect()
    }
}

impl Sums {
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a StepRow>) -> Self {
        let (mut sums, mut late) = (Self::default(), Vec::new());
        for row in rows {
            sums.steps += 1;
            *match row.end {
                End::Planned => &mut sums.planned,
                End::Asked => &mut sums.asked,
                End::Overdue => &mut sums.overdue,
                End::OnTime => &mut sums.on_time,
                End::Late => &mut sums.late,
                End::Missed => &mut sums.missed,
                End::Skipped => &mut sums.skipped,
            } += 1;
            if row.end == End::Late {
                late.extend(row.done_at.map(|at| (at.0 - row.deadline.0) / 1_000_000));
            }
        }
        late.sort_unstable();
        let middle = late.len() / 2;
        sums.late_median_seconds = match late.len() {
            0 => None,
            len if len % 2 == 1 => Some(late[middle]),
            _ => Some((late[middle - 1] + late[middle]) / 2),
        };
        sums
    }
}

fn step(row: RowRef<'_>, now: Time) -> Result<StepRow, DbError> {
    let deadline = row.time(4)?;
    let (state, task) = (row.text(7)?, row.text(9)?);
    let (group, group_reason) = (row.int(11)?, row.text(12)?);
    let done_at = match (task.as_str(), group, row.int(14)?) {
        ("done", ..) => row.opt_time(10)?,
        (_, 1, _) => row.opt_time(13)?,
        (_, _, 1) => row.opt_time(15)?,
        _ => None,
    };
    let stopped = |reason: &str| (End::Skipped, reason.to_owned());
    let (end, reason) = match (state.as_str(), done_at) {
        ("planned", _) => (End::Planned, String::new()),
        ("missed", _) => (End::Missed, row.text(8)?),
        ("skipped", _) => (End::Skipped, row.text(8)?),
        (_, Some(at)) => (if at <= deadline { End::OnTime } else { End::Late }, String::new()),
        // WeCom's task was taken back unanswered.
        _ if group_reason == "unconfirmed" => (End::Missed, group_reason),
        _ if group >= 2 => stopped(&group_reason),
        _ if task == "skipped" => stopped("task_skipped"),
        _ if row.int(14)? == 2 || matches!(row.int(16)?, 4 | 5) => stopped("moment_stopped"),
        _ => (if now <= deadline { End::Asked } else { End::Overdue }, String::new()),
    };
    Ok(StepRow {
        sop: row.text(0)?,
        subject: row.text(1)?,
        step: row.text(2)?,
        due_at: row.time(3)?,
        deadline,
        staff: row.text(5)?,
        store: row.text(6)?,
        end,
        reason,
        done_at,
    })
}
