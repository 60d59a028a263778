//! The row of a hand-over and its items: begun, looked at, stopped.

use super::LIVE;
use super::plan::{HandoverIn, Plan};
use crate::rows::{clean, json};
use crate::{Contacts, refuse};
use siyu_db::{DbError, Param, RowRef, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time, new_id};
use std::collections::BTreeMap;

/// How many items of a job are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HandoverCounts {
    pub planned: i64,
    /// WeCom is being asked, or may have been when a process ended.
    pub sending: i64,
    /// WeCom has taken the request.
    pub sent: i64,
    /// The customer has a day to refuse.
    pub waiting: i64,
    pub done: i64,
    pub refused: i64,
    /// Could not be handed over when the job was made.
    pub skipped: i64,
    pub cancelled: i64,
}

impl HandoverCounts {
    pub fn total(&self) -> i64 {
        self.live() + self.done + self.refused + self.skipped + self.cancelled
    }
    pub fn live(&self) -> i64 {
        self.planned + self.sending + self.sent + self.waiting
    }
    fn add(&mut self, state: &str, n: i64) {
        match state {
            "planned" => self.planned += n,
            "sending" => self.sending += n,
            "sent" => self.sent += n,
            "waiting" => self.waiting += n,
            "done" => self.done += n,
            "refused" => self.refused += n,
            "skipped" => self.skipped += n,
            _ => self.cancelled += n,
        }
    }
}

#[derive(Clone, Debug)]
pub struct HandoverJob {
    pub num: i64,
    pub id: String,
    /// `customers` or `groups`.
    pub what: String,
    pub reason: String,
    pub message: String,
    /// `running`, `done` or `cancelled`.
    pub state: String,
    pub created_at: Time,
    pub created_by: String,
    pub ended_at: Option<Time>,
    pub counts: HandoverCounts,
    /// Names of those who hand over and take over.
    pub from: Vec<String>,
    pub to: Vec<String>,
    /// What it waits for, by its code, and until when.
    pub error: Option<String>,
    pub due_at: Option<Time>,
    pub(crate) stores: Vec<String>,
}

impl HandoverJob {
    /// Stores of everybody concerned; "" for somebody without one.
    pub fn stores(&self) -> &[String] {
        &self.stores
    }
}

#[derive(Clone, Debug, Default)]
pub struct ItemQuery {
    /// Any when empty.
    pub state: String,
    /// Why not, by its name; any when empty.
    pub code: String,
    pub after: i64,
    pub limit: i64,
}

#[derive(Clone, Debug)]
pub struct HandoverItem {
    pub id: i64,
    pub target: String,
    pub num: Option<PersonNum>,
    pub name: String,
    pub from: String,
    pub from_name: String,
    pub to: String,
    pub to_name: String,
    pub state: String,
    pub code: Option<String>,
    /// WeCom's number for it.
    pub wecom: Option<i64>,
    pub sent_at: Option<Time>,
    pub due_at: Option<Time>,
    pub settled_at: Option<Time>,
}

const COLUMNS: &str =
    "SELECT num, id, what, reason, message, state, stores, created_at, created_by, ended_at FROM handover_job";

fn job_row(row: RowRef<'_>) -> Result<HandoverJob, DbError> {
    Ok(HandoverJob {
        num: row.int(0)?,
        id: row.text(1)?,
        what: row.text(2)?,
        reason: row.text(3)?,
        message: row.text(4)?,
        state: row.text(5)?,
        stores: serde_json::from_str(&row.text(6)?).unwrap_or_else(|_| vec![String::new()]),
        created_at: row.time(7)?,
        created_by: row.text(8)?,
        ended_at: row.opt_time(9)?,
        counts: HandoverCounts::default(),
        from: Vec::new(),
        to: Vec::new(),
        error: None,
        due_at: None,
    })
}

fn item_row(row: RowRef<'_>) -> Result<HandoverItem, DbError> {
    Ok(HandoverItem {
        id: row.int(0)?,
        target: row.text(1)?,
        num: row.opt_int(2)?.and_then(|num| PersonNum::try_from(num).ok()),
        name: row.text(3)?,
        from: row.text(4)?,
        from_name: row.text(5)?,
        to: row.text(6)?,
        to_name: row.text(7)?,
        state: row.text(8)?,
        code: row.opt_text(9)?,
        wecom: row.opt_int(10)?,
        sent_at: row.opt_time(11)?,
        due_at: row.opt_time(12)?,
        settled_at: row.opt_time(13)?,
    })
}

impl Contacts {
    /// Begins a hand-over; it is carried out by whoever holds the lease ([`Contacts::work_handovers`]).
    ///
    /// Errors: `wecom_not_connected`, `handover_input` with the field, `handover_empty`.
    pub fn start_handover(
        &self,
        tx: &mut Tx<'_>,
        input: &HandoverIn,
        by: &str,
        now: Time,
    ) -> Result<HandoverJob, Refusal> {
        self.connected(tx)?;
        // On PostgreSQL two could plan the same customers at once: the second waits here and then finds them on their way.
        tx.execute("UPDATE wecom_connection SET version = version WHERE id = 1", &[])?;
        let plan = self.plan_handover(tx, input, now)?;
        if plan.items.iter().all(|item| item.code.is_some()) {
            return Err(refuse::handover_empty());
        }
        let id = new_id("hov", now, &self.inner.chance);
        let reason = clean(input.reason.trim(), 200);
        let num = tx.one(
            "INSERT INTO handover_job (id, what, reason, message, state, stores, created_at, created_by) VALUES ($1, $2, $3, $4, 'running', $5, $6, $7) RETURNING num",
            params![&id, input.what.name(), &reason, input.message.trim(), &json(&plan.stores)?, now, by],
            |row| row.int(0),
        )?;
        save_items(tx, num, &plan, now)?;
        self.handover(tx, &id)
    }

    /// Errors: `handover_unknown`.
    pub fn handover(&self, tx: &mut Tx<'_>, id: &str) -> Result<HandoverJob, Refusal> {
        let job = tx.opt(&format!("{COLUMNS} WHERE id = $1"), params![id], job_row)?;
        let mut jobs = vec![job.ok_or_else(refuse::handover_unknown)?];
        fill(tx, &mut jobs)?;
        Ok(jobs.remove(0))
    }
    /// The newest first, those before the number `before`.
    pub fn handovers(&self, tx: &mut Tx<'_>, before: Option<i64>, limit: i64) -> Result<Vec<HandoverJob>, Refusal> {
        let sql = format!("{COLUMNS} WHERE num < $1 ORDER BY num DESC LIMIT $2");
        let mut jobs = tx.query(&sql, params![before.unwrap_or(i64::MAX), limit.clamp(1, 200)], job_row)?;
        fill(tx, &mut jobs)?;
        Ok(jobs)
    }
    /// In the order they were planned.
    pub fn handover_items(&self, tx: &mut Tx<'_>, job: i64, query: &ItemQuery) -> Result<Vec<HandoverItem>, Refusal> {
        Ok(tx.query(
            "SELECT i.id, i.target, i.num, COALESCE(c.name, g.name, ''), COALESCE(s.userid, p.handover), COALESCE(s.name, ''), COALESCE(t.userid, p.takeover), COALESCE(t.name, ''),
               i.state, i.code, i.wecom, i.sent_at, i.due_at, i.settled_at
             FROM handover_item i JOIN handover_pair p ON p.id = i.pair
             LEFT JOIN wecom_contact c ON c.id = i.target LEFT JOIN wecom_group g ON g.id = i.target
             LEFT JOIN wecom_staff s ON s.key = p.handover LEFT JOIN wecom_staff t ON t.key = p.takeover
             WHERE i.job = $1 AND ($2 = '' OR i.state = $2) AND ($3 = '' OR i.code = $3) AND i.id > $4 ORDER BY i.id LIMIT $5",
            params![job, &query.state, &query.code, query.after, query.limit.clamp(1, 10_000)],
            item_row,
        )?)
    }
    /// How many of a job's items were refused or skipped, by why.
    pub fn handover_reasons(&self, tx: &mut Tx<'_>, job: i64) -> Result<Vec<(String, i64, Option<i64>)>, Refusal> {
        Ok(tx.query(
            "SELECT code, COUNT(*), MAX(wecom) FROM handover_item WHERE job = $1 AND code IS NOT NULL AND state IN ('refused', 'skipped', 'cancelled') GROUP BY code ORDER BY COUNT(*) DESC, code",
            params![job],
            |row| Ok((row.text(0)?, row.int(1)?, row.opt_int(2)?)),
        )?)
    }
    /// What has not been sent will not be. What WeCom has taken goes on.
    ///
    /// Errors: `handover_unknown`, `handover_over`.
    pub fn cancel_handover(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<HandoverJob, Refusal> {
        let job = self.handover(tx, id)?;
        let stopped = tx.execute(
            "UPDATE handover_item SET state = 'cancelled', settled_at = $2 WHERE job = $1 AND state = 'planned'",
            params![job.num, now],
        )?;
        if stopped == 0 {
            return Err(refuse::handover_over());
        }
        tx.execute("UPDATE handover_job SET state = 'cancelled' WHERE num = $1", params![job.num])?;
        close(tx, job.num, now)?;
        self.handover(tx, id)
    }
}

fn save_items(tx: &mut Tx<'_>, job: i64, plan: &Plan, now: Time) -> Result<(), Refusal> {
    let mut pairs: BTreeMap<(&str, usize, bool), i64> = BTreeMap::new();
    for item in &plan.items {
        // Somebody nobody takes is shown beside the first who was asked.
        let taker = item.taker.unwrap_or(0);
        if let std::collections::btree_map::Entry::Vacant(place) =
            pairs.entry((item.handover.as_str(), taker, item.has_left))
        {
            let id = tx.one(
                "INSERT INTO handover_pair (job, handover, takeover, has_left, due_at) VALUES ($1, $2, $3, $4, $5) RETURNING id",
                params![job, &item.handover, &plan.takers[taker].staff, i64::from(item.has_left), now],
                |row| row.int(0),
            )?;
            place.insert(id);
        }
    }
    let rows: Vec<[Param<'_>; 7]> = plan
        .items
        .iter()
        .map(|item| {
            let pair = pairs[&(item.handover.as_str(), item.taker.unwrap_or(0), item.has_left)];
            let state = if item.code.is_some() { "skipped" } else { "planned" };
            let settled = item.code.map(|_| now);
            [
                job.into(),
                pair.into(),
                (&item.target).into(),
                item.num.into(),
                state.into(),
                item.code.into(),
                settled.into(),
            ]
        })
        .collect();
    tx.bulk("INSERT INTO handover_item (job, pair, target, num, state, code, settled_at)", "", &rows)?;
    Ok(())
}

/// Counts, names and what is waited for.
fn fill(tx: &mut Tx<'_>, jobs: &mut [HandoverJob]) -> Result<(), Refusal> {
    let nums: Vec<i64> = jobs.iter().map(|job| job.num).collect();
    let at = |jobs: &[HandoverJob], num: i64| jobs.iter().position(|job| job.num == num);
    let sql = format!("SELECT job, state, COUNT(*) FROM handover_item WHERE {} GROUP BY job, state", tx.any("job", 1));
    for (num, state, n) in tx.query(&sql, params![&nums], |row| Ok((row.int(0)?, row.text(1)?, row.int(2)?)))? {
        if let Some(at) = at(jobs, num) {
            jobs[at].counts.add(&state, n);
        }
    }
    let sql = format!(
        "SELECT p.job, COALESCE(NULLIF(s.name, ''), p.handover), COALESCE(NULLIF(t.name, ''), p.takeover), p.due_at, p.error FROM handover_pair p
         LEFT JOIN wecom_staff s ON s.key = p.handover LEFT JOIN wecom_staff t ON t.key = p.takeover WHERE {} ORDER BY p.id",
        tx.any("p.job", 1)
    );
    let rows = tx.query(&sql, params![&nums], |row| {
        Ok((row.int(0)?, row.text(1)?, row.text(2)?, row.opt_time(3)?, row.opt_text(4)?))
    })?;
    for (num, from, to, due, error) in rows {
        let Some(at) = at(jobs, num) else { continue };
        let job = &mut jobs[at];
        for (list, name) in [(&mut job.from, from), (&mut job.to, to)] {
            if !list.contains(&name) {
                list.push(name);
            }
        }
        if let Some(due) = due {
            job.due_at = Some(job.due_at.map_or(due, |old| old.min(due)));
            job.error = job.error.take().or(error);
        }
    }
    Ok(())
}

/// Ends a job of which nothing is on its way any more.
pub(super) fn close(tx: &mut Tx<'_>, job: i64, now: Time) -> Result<(), DbError> {
    let sql = format!(
        "UPDATE handover_job SET ended_at = $2, state = CASE WHEN state = 'running' THEN 'done' ELSE state END
         WHERE num = $1 AND ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM handover_item WHERE job = $1 AND state IN {LIVE})"
    );
    if tx.execute(&sql, params![job, now])? > 0 {
        tx.execute("UPDATE handover_pair SET due_at = NULL, error = NULL WHERE job = $1", params![job])?;
    }
    Ok(())
}
