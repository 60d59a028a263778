//! Tasks on their way to WeCom: made once, reminded, cancelled.

use super::lists::TaskRow;
use super::{
    CANCELLED, MADE, MAKING, PERHAPS, REFUSED, SKIPPED, TO_MAKE, WAITING, WISH_CANCEL, WISH_MOVE, WISH_REMIND,
};
use crate::Reach;
use crate::content::{Content, Values};
use crate::events::{Happening, names};
use crate::mass::{self, LOOK_SECONDS, Wanted};
use siyu_contacts::Ran;
use siyu_db::{Param, Tx, params};
use siyu_gate::End;
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_wecom::{Client, Error, MassMessage, Retry};

/// A task that was begun and has no end by then belongs to a process that has ended. Its last call arrived a minute ago at the latest, so that WeCom's
/// list shows what came of it.
const BEGUN_SECONDS: i64 = 120;
pub(super) const FIRST_READ_SECONDS: i64 = 60;

impl Reach {
    /// One step for the task that is next: made, looked for, reminded, cancelled or read. The caller holds the lease.
    pub fn work_messages(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let due = self.parts().db.read(|tx| self.task_due(tx, now))?;
        let Some(task) = due else { return Ok(Ran::Nothing) };
        if task.due_at > now {
            return Ok(Ran::Waits(task.due_at));
        }
        let client = self.parts().contacts.client_lately()?;
        match (task.raw, task.wish) {
            (TO_MAKE, WISH_CANCEL) => self.unmake(&task)?,
            (TO_MAKE, _) => self.make(&client, &task)?,
            (MAKING, _) => self.to(&task, PERHAPS, now)?,
            (PERHAPS, _) => self.look(&client)?,
            (_, WISH_REMIND) => self.remind(&client, &task)?,
            (_, WISH_CANCEL) => self.cancel(&client, &task)?,
            (_, WISH_MOVE) => self.take_back_task(&client, &task)?,
            _ => self.read_task(&client, &task)?,
        }
        Ok(Ran::Went)
    }

    /// To be stopped, and WeCom does not know of it.
    fn unmake(&self, task: &TaskRow) -> Result<(), Refusal> {
        let (reach, task, now) = (self.clone(), task.clone(), self.now());
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE message_task SET state = $2, finished = 1 WHERE id = $1 AND state = $3";
            if tx.execute(sql, params![task.id, CANCELLED, TO_MAKE])? == 0 {
                return Ok(());
            }
            let cancelled = reach.message_run(tx, &task.message)?.state == "cancelled";
            reach.end_people(tx, &task, None, SKIPPED, if cancelled { "cancelled" } else { "expired" }, now)
        })
    }
    fn to(&self, task: &TaskRow, state: i64, due: Time) -> Result<(), Refusal> {
        let (id, from) = (task.id, task.raw);
        self.parts().db.transact(move |tx| {
            tx.execute(
                "UPDATE message_task SET state = $3, due_at = $4 WHERE id = $1 AND state = $2",
                params![id, from, state, due],
            )?;
            Ok(())
        })
    }

    /// Marks the task, then makes it: what is marked is never made again before WeCom's list has been looked at.
    fn make(&self, client: &Client, task: &TaskRow) -> Result<(), Refusal> {
        let (now, id) = (self.now(), task.id);
        let until = now.plus_seconds(BEGUN_SECONDS);
        let (reach, own) = (self.clone(), task.clone());
        let marked = self.parts().db.transact(move |tx| {
            reach.trip_complaints(tx, &own.message, now)?;
            if !reach.still_going(tx, &own, now)? {
                return Ok(false);
            }
            let sql = "UPDATE message_task SET state = $2, begun_at = $3, due_at = $4 WHERE id = $1 AND state = $5 AND wish <> $6
                AND NOT EXISTS (SELECT 1 FROM gate_run r WHERE r.id = message_task.message AND r.state = 'paused' AND r.ended_at IS NULL)";
            Ok(tx.execute(sql, params![id, MAKING, now, until, TO_MAKE, WISH_CANCEL])? == 1)
        })?;
        if !marked {
            return Ok(());
        }
        let (message, missing) = self.parts().db.read(|tx| self.mass_of(tx, task, now))?;
        if missing {
            // Its files are on their way to WeCom.
            return self.again(task, "files_not_ready", now.plus_seconds(10));
        }
        if message.external_userid.as_ref().is_none_or(Vec::is_empty) {
            return self.emptied(task);
        }
        match client.create_mass(&message) {
            Ok(made) => self.is_made(task, &made.msgid, made.fail_list),
            Err(error) => self.is_not_made(task, &error),
        }
    }
    /// Everybody it was for has been erased since: WeCom is not asked, for a task for nobody would be one for all customers of the member.
    fn emptied(&self, task: &TaskRow) -> Result<(), Refusal> {
        let (reach, task, now) = (self.clone(), task.clone(), self.now());
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE message_task SET state = $2 WHERE id = $1 AND state = $3";
            if tx.execute(sql, params![task.id, CANCELLED, MAKING])? == 1 {
                reach.end_people(tx, &task, None, SKIPPED, "erased", now)?;
                reach.close_if_done(tx, &task)?;
            }
            Ok(())
        })
    }
    /// The last look before it is made: who has withdrawn since, and whose time is over. Answers whether anybody is left.
    fn still_going(&self, tx: &mut Tx<'_>, task: &TaskRow, now: Time) -> Result<bool, Refusal> {
        let held = self.waiting(tx, task)?;
        let nums: Vec<PersonNum> = held.iter().map(|(num, _)| *num).collect();
        let (_, zone) = self.parts().beside.brand(tx)?;
        let gate = &self.parts().gate;
        let late: Vec<i64> = gate.take_back(tx, &task.message, &nums, now)?.into_iter().map(i64::from).collect();
        if !late.is_empty() {
            let sql = format!("DELETE FROM message_person WHERE message = $1 AND {}", tx.any("num", 2));
            let gone = tx.execute(&sql, params![&task.message, &late])? as i64;
            tx.execute("UPDATE message_task SET people = people - $2 WHERE id = $1", params![task.id, gone])?;
            self.leave(tx, task.id, &late.into_iter().collect())?;
        }
        let withdrawn = gate.withdrawn(tx, &task.message, &nums, &zone)?;
        let contacts: Vec<String> =
            held.into_iter().filter(|(num, _)| withdrawn.contains(num)).map(|(_, contact)| contact).collect();
        self.end_people(tx, task, Some(&contacts), SKIPPED, "consent_withdrawn", now)?;
        let left = "SELECT people - sent - skipped - failed FROM message_task WHERE id = $1";
        if tx.one(left, params![task.id], |row| row.int(0))? > 0 {
            return Ok(true);
        }
        let sql = "UPDATE message_task SET state = $2, finished = 1 WHERE id = $1 AND state = $3";
        tx.execute(sql, params![task.id, super::CANCELLED, TO_MAKE])?;
        Ok(false)
    }
    fn mass_of(&self, tx: &mut Tx<'_>, task: &TaskRow, now: Time) -> Result<(MassMessage, bool), Refusal> {
        let content = self.content_of(tx, task)?;
        let mut contacts: Vec<String> = self.waiting(tx, task)?.into_iter().map(|(_, contact)| contact).collect();
        contacts.retain(|own| !own.is_empty());
        contacts.sort_unstable();
        let composed = self.composed(tx, &content, &task.userid, now)?;
        let missing = !composed.missing.is_empty();
        let message = MassMessage {
            chat_type: "single".to_owned(),
            external_userid: Some(contacts),
            sender: Some(task.userid.clone()),
            text: composed.text,
            attachments: composed.attachments,
            ..MassMessage::default()
        };
        Ok((message, missing))
    }
    fn content_of(&self, tx: &mut Tx<'_>, task: &TaskRow) -> Result<Content, Refusal> {
        let sql = "SELECT COALESCE((SELECT v.content FROM message_variant v WHERE v.message = m.id AND v.variant = $2), m.content) FROM message m WHERE m.id = $1";
        let sealed = tx.one(sql, params![&task.message, task.variant], |row| row.blob(0))?;
        self.unseal(&sealed)
    }
    fn composed(
        &self,
        tx: &mut Tx<'_>,
        content: &Content,
        userid: &str,
        now: Time,
    ) -> Result<crate::content::Composed, Refusal> {
        let staff = self.parts().contacts.colleague(tx, userid)?;
        let (brand, _) = self.parts().beside.brand(tx)?;
        let values = Values::default()
            .with("staff.name", &staff.name)
            .with("store.name", &staff.store_name)
            .with("brand.name", &brand);
        let media = self.media_of(tx, &content.files(), now)?;
        content.compose(&values, &media)
    }

    fn is_made(&self, task: &TaskRow, msgid: &str, failed: Vec<String>) -> Result<(), Refusal> {
        let (reach, task, msgid, now) = (self.clone(), task.clone(), msgid.to_owned(), self.now());
        self.parts().db.transact(move |tx| {
            tx.execute(
                "UPDATE message_task SET state = $2, msgid = $3, made_at = $4, due_at = $5, tries = 0, error = NULL WHERE id = $1",
                params![task.id, MADE, &msgid, now, now.plus_seconds(FIRST_READ_SECONDS)],
            )?;
            reach.end_people(tx, &task, Some(&failed), super::FAILED, "not_reachable", now)?;
            reach.close_if_done(tx, &task)
        })
    }
    fn is_not_made(&self, task: &TaskRow, error: &Error) -> Result<(), Refusal> {
        tracing::warn!(call = error.call, code = error.name(), detail = %error.detail, "a task of a message was not made");
        let now = self.now();
        match error.retry {
            Retry::LookFirst => {
                self.to(&TaskRow { raw: MAKING, ..task.clone() }, PERHAPS, now.plus_seconds(LOOK_SECONDS))
            }
            Retry::At(at) => self.again(task, error.name(), at.max(now.plus_seconds(1))),
            _ if error.is_retryable() => self.again(task, error.name(), now.plus_seconds(1 << task.tries.min(9))),
            _ if error.needs_a_hand() => self.again(task, error.name(), now.plus_seconds(60)),
            _ => self.refused(task, error.name()),
        }
    }
    fn again(&self, task: &TaskRow, error: &'static str, due: Time) -> Result<(), Refusal> {
        let id = task.id;
        self.parts().db.transact(move |tx| {
            tx.execute(
                "UPDATE message_task SET state = CASE WHEN state = $4 THEN $5 ELSE state END, tries = tries + 1, error = $2, due_at = $3 WHERE id = $1",
                params![id, error, due, MAKING, TO_MAKE],
            )?;
            Ok(())
        })
    }
    /// WeCom will never make it: its people have failed.
    fn refused(&self, task: &TaskRow, error: &'static str) -> Result<(), Refusal> {
        let (reach, task, now) = (self.clone(), task.clone(), self.now());
        self.parts().db.transact(move |tx| {
            tx.execute(
                "UPDATE message_task SET state = $2, error = $3 WHERE id = $1",
                params![task.id, REFUSED, error],
            )?;
            reach.end_people(tx, &task, None, super::FAILED, error, now)?;
            reach.close_if_done(tx, &task)
        })
    }

    /// Whether WeCom has what was begun after all, for every task that may be looked for now.
    fn look(&self, client: &Client) -> Result<(), Refusal> {
        let now = self.now();
        let (tasks, wanted, known) = self.parts().db.read(|tx| {
            let tasks = self.tasks_perhaps(tx, now)?;
            let wanted = tasks.iter().map(|task| {
                let (message, _) = self.mass_of(tx, task, now)?;
                Ok(Wanted { id: task.id, begun: task.begun_at.unwrap_or(now), message })
            });
            let wanted = wanted.collect::<Result<Vec<_>, Refusal>>()?;
            // Clocks differ: one that was taken back a moment ago has the same words and the same people.
            let known = |since: Time| since.plus_days(-1);
            let sql = "SELECT msgid FROM message_task WHERE msgid <> '' AND made_at >= $1";
            let known = tx.query(sql, params![mass::since(&wanted).map(known)], |row| row.text(0))?;
            Ok((tasks, wanted, known.into_iter().collect()))
        })?;
        let found = match mass::look(client, &wanted, &known, now) {
            Ok(found) => found,
            Err(error) => {
                let due = if let Retry::At(at) = error.retry { at } else { self.now().plus_seconds(LOOK_SECONDS) };
                return tasks.iter().try_for_each(|task| self.to(task, PERHAPS, due));
            }
        };
        tasks.iter().try_for_each(|task| match found.get(&task.id) {
            Some(msgid) => self.is_made(task, msgid, Vec::new()),
            // It is not there: making it cannot do it twice.
            None => self.to(task, TO_MAKE, now),
        })
    }

    fn remind(&self, client: &Client, task: &TaskRow) -> Result<(), Refusal> {
        let error = client.remind_mass(&task.msgid).err().map(|error| error.name());
        let (id, now) = (task.id, self.now());
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE message_task SET wish = 0, error = $2, reminded_at = CASE WHEN $3 = 1 THEN $4 ELSE reminded_at END, due_at = $5 WHERE id = $1 AND wish = $6";
            tx.execute(sql, params![id, error, error.is_none(), now, now.plus_seconds(FIRST_READ_SECONDS), WISH_REMIND])?;
            Ok(())
        })
    }
    /// What is not confirmed is stopped; what was sent before that is read first.
    fn cancel(&self, client: &Client, task: &TaskRow) -> Result<(), Refusal> {
        if let Err(error) = client.cancel_mass(&task.msgid) {
            let due = self.now().plus_seconds(1 << task.tries.min(9));
            return self.again(task, error.name(), due);
        }
        let results = match self.results(client, task) {
            Ok(results) => results,
            Err(error) => return self.again(task, error.name(), self.now().plus_seconds(30)),
        };
        let (reach, task, now) = (self.clone(), task.clone(), self.now());
        self.parts().db.transact(move |tx| {
            reach.take_results(tx, &task, &results, now)?;
            let run = reach.message_run(tx, &task.message)?;
            let reason = if run.state == "cancelled" { "cancelled" } else { "unconfirmed" };
            reach.end_people(tx, &task, None, SKIPPED, reason, now)?;
            tx.execute(
                "UPDATE message_task SET state = $2, wish = 0, error = NULL WHERE id = $1",
                params![task.id, CANCELLED],
            )?;
            reach.close_if_done(tx, &task)
        })
    }

    /// Asks members who have not confirmed again. WeCom takes three reminders of a task in a day. Answers how many tasks.
    ///
    /// Errors: `message_unknown`, `message_over`.
    pub fn remind_message(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<u64, Refusal> {
        self.running(tx, id)?;
        let sql = "UPDATE message_task SET wish = $2, due_at = $3 WHERE message = $1 AND state = $4 AND finished = 0 AND wish = 0";
        Ok(tx.execute(sql, params![id, WISH_REMIND, now, MADE])?)
    }
    /// Ends people of a task who wait: all, or those named. Rows and events in one unit.
    pub(super) fn end_people(
        &self,
        tx: &mut Tx<'_>,
        task: &TaskRow,
        only: Option<&[String]>,
        state: i64,
        reason: &str,
        at: Time,
    ) -> Result<(), Refusal> {
        if only.is_some_and(<[String]>::is_empty) {
            return Ok(());
        }
        let among = self.among(tx, task.id, only)?;
        let mut params = params![&task.message, task.id, state, reason, at, WAITING].to_vec();
        let mut narrowed = String::new();
        for (column, list) in [("num", among.as_deref().map(Param::from)), ("contact", only.map(Param::from))] {
            if let Some(list) = list {
                params.push(list);
                narrowed += &format!(" AND {}", tx.any(column, params.len()));
            }
        }
        let sql = format!(
            "UPDATE message_person SET state = $3, reason = $4, at = $5 WHERE message = $1 AND task = $2 AND state = $6{narrowed} RETURNING num"
        );
        let nums: Vec<PersonNum> = tx.query(&sql, &params, |row| row.num(0))?;
        let ended = match state {
            super::SENT => "sent",
            SKIPPED => "skipped",
            _ => "failed",
        };
        let sql = format!("UPDATE message_task SET {ended} = {ended} + $2 WHERE id = $1");
        tx.execute(&sql, params![task.id, nums.len() as i64])?;
        let gate = &self.parts().gate;
        match state {
            super::SENT => gate.sent(tx, &task.message, &nums, at)?,
            SKIPPED => gate.skipped(tx, &task.message, &nums, reason, at)?,
            _ => gate.failed(tx, &task.message, &nums, reason, at)?,
        };
        let name = tx.one("SELECT name FROM message WHERE id = $1", params![&task.message], |row| row.text(0))?;
        let (what, end) = match state {
            super::SENT => (names::MESSAGE_SENT, End::Sent),
            SKIPPED => (names::MESSAGE_SKIPPED, End::Skipped),
            _ => (names::MESSAGE_FAILED, End::Failed),
        };
        let ends: Vec<_> = nums.iter().map(|num| (*num, end, reason)).collect();
        self.parts().ends.ended(tx, &task.message, &ends)?;
        let events = nums.into_iter().map(|num| {
            Happening::new(what, num, at, &format!("message:{}:{num}", task.message))
                .with("message", &task.message)
                .with("message_name", &name)
                .with("reason", reason)
                .with("staff", &task.userid)
                .with("store", &task.store)
        });
        let events = events.collect();
        self.append(tx, events, self.now())?;
        if state == super::FAILED { self.trip(tx, &task.message, self.now()) } else { Ok(()) }
    }
    /// Nobody waits any more: the task has ended. The message ends with the last of its people.
    pub(super) fn close_if_done(&self, tx: &mut Tx<'_>, task: &TaskRow) -> Result<(), Refusal> {
        let sql = "UPDATE message_task SET finished = 1 WHERE id = $1 AND people = sent + skipped + failed";
        tx.execute(sql, params![task.id])?;
        Ok(())
    }
}
