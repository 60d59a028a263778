//! Tasks as whoever gave them follows them up: reminded, passed on to somebody else, taken back. Known by their origin.

use crate::events::{Happening, names};
use crate::{Guides, refuse};
use siyu_contacts::Ran;
use siyu_db::{DbError, Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_wecom::{Retry, StaffMessage};

/// The longest WeCom remembers a message: repeating one within it reaches nobody twice.
const REMEMBERED_SECONDS: i64 = 14_400;
const TRIES_MAX: i64 = 6;

struct Open {
    id: String,
    staff: String,
    kind: String,
    num: Option<PersonNum>,
}

/// What a reminder says.
struct Nudge {
    userid: String,
    text: String,
    tries: i64,
}

impl Guides {
    /// Reminds whoever has the task: on their page, and by a message in WeCom. One that is over reminds nobody.
    pub fn nudge(&self, tx: &mut Tx<'_>, origin: &str, now: Time) -> Result<(), Refusal> {
        let Some(open) = self.open_of(tx, origin)? else { return Ok(()) };
        tx.execute("UPDATE guide_task SET nudged_at = $2 WHERE id = $1", params![&open.id, now])?;
        let sql = "INSERT INTO guide_nudge (task, due_at, tries) VALUES ($1, $2, 0) ON CONFLICT (task) DO UPDATE SET due_at = excluded.due_at, tries = 0";
        tx.execute(sql, params![&open.id, now])?;
        Ok(())
    }
    /// Gives the task to somebody else: another friend of the customer's, else a leader of the store, else a colleague there with the fewest to do.
    /// Only those count who are fit for it. Answers who has it now; where there is nobody else it stays, with the new time.
    pub fn pass_on(
        &self,
        tx: &mut Tx<'_>,
        origin: &str,
        due: Option<Time>,
        fits: impl Fn(&mut Tx<'_>, &str) -> Result<bool, Refusal>,
        now: Time,
    ) -> Result<Option<String>, Refusal> {
        let Some(open) = self.open_of(tx, origin)? else { return Ok(None) };
        let to = self.somebody_else(tx, &open, &fits)?.unwrap_or_else(|| open.staff.clone());
        let due: Param<'_> = due.into();
        let sql = "UPDATE guide_task SET staff = $2, due_at = COALESCE($3, due_at), nudged_at = NULL WHERE id = $1";
        tx.execute(sql, &[(&open.id).into(), (&to).into(), due])?;
        tx.execute("DELETE FROM guide_nudge WHERE task = $1", params![&open.id])?;
        if let Some(num) = open.num.filter(|_| to != open.staff) {
            let at = now.0.to_string();
            let event = Happening::new(names::TASK_PASSED_ON, num, &[&open.id, &at])
                .with("task", &open.id)
                .with("task_kind", &open.kind);
            self.tell(tx, event.with("from", &open.staff).with("staff", &to), now)?;
        }
        Ok(Some(to))
    }
    /// Nobody waits for it any more: it is taken from the list. One that is over stays as it ended.
    pub fn take_back(&self, tx: &mut Tx<'_>, origin: &str, now: Time) -> Result<(), Refusal> {
        let Some(open) = self.open_of(tx, origin)? else { return Ok(()) };
        let sql = "UPDATE guide_task SET state = 'skipped', ended_at = $2, ended_by = '' WHERE id = $1";
        tx.execute(sql, params![&open.id, now])?;
        tx.execute("DELETE FROM guide_nudge WHERE task = $1", params![&open.id])?;
        if let Some(num) = open.num {
            let event = Happening::new(names::TASK_SKIPPED, num, &[&open.id]).with("task", &open.id);
            self.tell(tx, event.with("task_kind", &open.kind).with("by", "taken_back"), now)?;
        }
        Ok(())
    }

    fn open_of(&self, tx: &mut Tx<'_>, origin: &str) -> Result<Option<Open>, DbError> {
        let sql = "SELECT id, staff, kind, num FROM guide_task WHERE origin = $1 AND state = 'open'";
        tx.opt(sql, params![origin], |row| {
            let num = row.opt_int(3)?.and_then(|num| PersonNum::try_from(num).ok());
            Ok(Open { id: row.text(0)?, staff: row.text(1)?, kind: row.text(2)?, num })
        })
    }
    fn somebody_else(&self, tx: &mut Tx<'_>, open: &Open, fits: Fits<'_>) -> Result<Option<String>, Refusal> {
        if let Some(num) = open.num {
            let root = self.inner.people.roots(tx, &[num])?[0];
            let nodes = self.inner.people.nodes_of(tx, &[root])?;
            let nodes: Vec<i64> = nodes.into_iter().map(|(node, _)| i64::from(node)).collect();
            let sql = format!(
                "SELECT f.staff FROM wecom_contact c JOIN wecom_follow f ON f.contact = c.id AND f.status = 0 JOIN wecom_staff s ON s.key = f.staff AND s.serves = 1 AND s.gone_at IS NULL
                 WHERE f.staff <> $1 AND {} ORDER BY f.created_at DESC, f.staff",
                tx.any("c.num", 2)
            );
            let friends = tx.query(&sql, params![&open.staff, &nodes], |row| row.text(0))?;
            if let Some(staff) = first(tx, friends, fits)? {
                return Ok(Some(staff));
            }
        }
        let place = "SELECT COALESCE(store, ''), main_department FROM wecom_staff WHERE key = $1";
        let place = tx.opt(place, params![&open.staff], |row| Ok((row.text(0)?, row.int(1)?)))?;
        let Some((store, department)) = place else { return Ok(None) };
        if let Some(leader) = self.leader(tx, (&store, department), &open.staff, fits)? {
            return Ok(Some(leader));
        }
        let sql = format!(
            "SELECT s.key FROM wecom_staff s WHERE {} AND s.key <> $3 AND s.serves = 1 AND s.gone_at IS NULL
             ORDER BY (SELECT COUNT(*) FROM guide_task t WHERE t.staff = s.key AND t.state = 'open'), s.key",
            beside("s.store", "s.main_department")
        );
        let colleagues = tx.query(&sql, params![&store, department, &open.staff], |row| row.text(0))?;
        first(tx, colleagues, fits)
    }
    fn leader(
        &self,
        tx: &mut Tx<'_>,
        (store, department): (&str, i64),
        but: &str,
        fits: Fits<'_>,
    ) -> Result<Option<String>, Refusal> {
        let sql = format!("SELECT leaders FROM wecom_department WHERE {} ORDER BY id", beside("store", "id"));
        for list in tx.query(&sql, params![store, department], |row| row.text(0))? {
            let names: Vec<String> = serde_json::from_str(&list).unwrap_or_default();
            for name in names.iter().map(|name| crate::texts::key(name)).filter(|key| key != but) {
                let here = "SELECT 1 FROM wecom_staff WHERE key = $1 AND serves = 1 AND gone_at IS NULL";
                if tx.opt(here, params![&name], |row| row.int(0))?.is_some() && fits(tx, &name)? {
                    return Ok(Some(name));
                }
            }
        }
        Ok(None)
    }

    /// Tells one reminder that is due in WeCom. The caller holds the lease.
    pub fn work_nudges(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let next = "SELECT task, due_at FROM guide_nudge ORDER BY due_at, task LIMIT 1";
        let next = self.inner.db.read(|tx| Ok(tx.opt(next, &[], |row| Ok((row.text(0)?, row.time(1)?)))?))?;
        let Some((task, due)) = next else { return Ok(Ran::Nothing) };
        if due > now {
            return Ok(Ran::Waits(due));
        }
        let Some(nudge) = self.inner.db.read(|tx| self.nudge_of(tx, &task))? else {
            self.end_nudge(&task)?;
            return Ok(Ran::Went);
        };
        let message = StaffMessage::text(&[&nudge.userid], nudge.text.clone()).once_in(REMEMBERED_SECONDS);
        let Err(error) = self.inner.contacts.client()?.send_to_staff(&message) else {
            self.end_nudge(&task)?;
            return Ok(Ran::Went);
        };
        tracing::warn!(call = error.call, code = error.name(), detail = %error.detail, "a reminder could not be told");
        let passes = error.is_retryable() || error.retry == Retry::LookFirst || error.needs_a_hand();
        if !passes || nudge.tries >= TRIES_MAX {
            self.end_nudge(&task)?;
            return Ok(Ran::Went);
        }
        let due = now.plus_seconds(30 << nudge.tries.clamp(0, 8));
        self.inner.db.transact(move |tx| {
            let sql = "UPDATE guide_nudge SET due_at = $2, tries = tries + 1 WHERE task = $1";
            tx.execute(sql, params![&task, due])?;
            Ok(())
        })?;
        Ok(Ran::Went)
    }
    fn end_nudge(&self, task: &str) -> Result<(), Refusal> {
        let task = task.to_owned();
        self.inner.db.transact(move |tx| {
            tx.execute("DELETE FROM guide_nudge WHERE task = $1", params![&task])?;
            Ok(())
        })
    }
    /// `None`: the task is over.
    fn nudge_of(&self, tx: &mut Tx<'_>, id: &str) -> Result<Option<Nudge>, Refusal> {
        let task = match self.task(tx, id) {
            Ok(task) if task.ended_at.is_none() => task,
            Ok(_) => return Ok(None),
            Err(refusal) if refusal.code == refuse::task_unknown().code => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let tries = tx.opt("SELECT tries FROM guide_nudge WHERE task = $1", params![id], |row| row.int(0))?;
        let whom = task.customer.as_deref().filter(|name| !name.is_empty());
        let about = whom.map(|name| format!("（客户：{name}）")).unwrap_or_default();
        let text = format!("提醒：有一项任务待完成{about}\n{}", task.text);
        Ok(tries.map(|tries| Nudge { userid: task.staff, text, tries }))
    }
}

/// Whether a task may go to somebody, by key.
type Fits<'f> = &'f dyn Fn(&mut Tx<'_>, &str) -> Result<bool, Refusal>;

fn first(tx: &mut Tx<'_>, staff: Vec<String>, fits: Fits<'_>) -> Result<Option<String>, Refusal> {
    for key in staff {
        if fits(tx, &key)? {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

/// Of the same store ($1); where departments are no stores, of the same department ($2).
fn beside(store: &str, department: &str) -> String {
    format!("(({store} = $1 AND $1 <> '') OR ($1 = '' AND {department} = $2))")
}
