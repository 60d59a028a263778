//! Tasks on their way to WeCom: made once, reminded, cancelled.

use super::lists::TaskRow;
use super::{
    CANCELLED, CONFIRMED, MADE, MAKING, PERHAPS, REFUSED, SKIPPED, TO_MAKE, WAITING, WISH_CANCEL, WISH_REMIND,
};
use crate::content::{Content, Values};
use crate::events::{Happening, names};
use crate::{Reach, refuse};
use siyu_contacts::Ran;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_wecom::{Client, Error, MassMessage, MassQuery, Retry};

/// A task that was begun and has no end by then belongs to a process that has ended.
const BEGUN_SECONDS: i64 = 120;
/// After an unknown outcome WeCom's own list is looked at: so long until it shows what was made.
const LOOK_SECONDS: i64 = 60;
pub(super) const FIRST_READ_SECONDS: i64 = 60;

impl Reach {
    /// One step for the task that is due first: made, looked for, reminded, cancelled or read. The caller holds the lease.
    pub fn work_messages(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let due = self.parts().db.read(|tx| self.task_due(tx))?;
        let Some(task) = due else { return Ok(Ran::Nothing) };
        if task.due_at > now {
            return Ok(Ran::Waits(task.due_at));
        }
        let client = self.parts().contacts.client_lately()?;
        match (task.raw, task.wish) {
            (TO_MAKE, _) => self.make(&client, &task)?,
            (MAKING, _) => self.to(&task, PERHAPS, now.plus_seconds(LOOK_SECONDS))?,
            (PERHAPS, _) => self.look(&client, &task)?,
            (_, WISH_REMIND) => self.remind(&client, &task)?,
            (_, WISH_CANCEL) => self.cancel(&client, &task)?,
            _ => self.read_task(&client, &task)?,
        }
        Ok(Ran::Went)
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
        let marked = self.parts().db.transact(move |tx| {
            let sql = "UPDATE message_task SET state = $2, begun_at = $3, due_at = $4 WHERE id = $1 AND state = $5 AND wish <> $6";
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
        match client.create_mass(&message) {
            Ok(made) => self.is_made(task, &made.msgid, made.fail_list),
            Err(error) => self.is_not_made(task, &error),
        }
    }
    fn mass_of(&self, tx: &mut Tx<'_>, task: &TaskRow, now: Time) -> Result<(MassMessage, bool), Refusal> {
        let sealed = tx.one("SELECT content FROM message WHERE id = $1", params![&task.message], |row| row.blob(0))?;
        let content: Content = self.unseal(&sealed)?;
        let contacts = tx.query(
            "SELECT contact FROM message_person WHERE task = $1 AND state = 0 AND contact <> '' ORDER BY contact",
            params![task.id],
            |row| row.text(0),
        )?;
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
            reach.close_if_done(tx, &task, now)
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
            reach.close_if_done(tx, &task, now)
        })
    }

    /// Whether WeCom has it after all: a record of ours with the same words, for this member, made since, that no other task is.
    fn look(&self, client: &Client, task: &TaskRow) -> Result<(), Refusal> {
        let now = self.now();
        let (wanted, known) = self.parts().db.read(|tx| {
            let (message, _) = self.mass_of(tx, task, now)?;
            let known = tx.query("SELECT msgid FROM message_task WHERE msgid <> ''", &[], |row| row.text(0))?;
            Ok((message, known))
        })?;
        let begun = task.begun_at.unwrap_or(now);
        let query = MassQuery {
            chat_type: "single".to_owned(),
            start_time: begun.0 / 1_000_000 - 60,
            end_time: now.0 / 1_000_000 + 1,
            filter_type: Some(0),
            ..MassQuery::default()
        };
        let words =
            |text: &Option<siyu_wecom::Text>| text.as_ref().map(|text| text.content.clone()).unwrap_or_default();
        let found = client.mass_messages(&query).items().find_map(|record| match record {
            Err(error) => Some(Err(error)),
            Ok(record) if known.contains(&record.msgid) || words(&record.text) != words(&wanted.text) => None,
            Ok(record) => match client.mass_tasks(&record.msgid).all() {
                Ok(tasks) => {
                    tasks.iter().any(|own| own.userid.eq_ignore_ascii_case(&task.userid)).then_some(Ok(record.msgid))
                }
                Err(error) => Some(Err(error)),
            },
        });
        match found {
            Some(Ok(msgid)) => self.is_made(task, &msgid, Vec::new()),
            Some(Err(error)) => {
                let due = match error.retry {
                    Retry::At(at) => at,
                    _ => now.plus_seconds(LOOK_SECONDS),
                };
                self.to(task, PERHAPS, due)
            }
            // It is not there: making it cannot do it twice.
            None => self.to(task, TO_MAKE, now),
        }
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
            reach.end_people(tx, &task, None, SKIPPED, "cancelled", now)?;
            tx.execute(
                "UPDATE message_task SET state = $2, wish = 0, error = NULL WHERE id = $1",
                params![task.id, CANCELLED],
            )?;
            reach.close_if_done(tx, &task, now)
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
    /// Stops what is not sent yet. Errors: `message_unknown`, `message_over`.
    pub fn cancel_message(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<(), Refusal> {
        self.running(tx, id)?;
        tx.execute("UPDATE message SET state = 'cancelled', ended_at = $2 WHERE id = $1", params![id, now])?;
        // Nobody at WeCom knows of these.
        for task in self.message_tasks(tx, id)?.into_iter().filter(|task| task.raw == TO_MAKE) {
            tx.execute("UPDATE message_task SET state = $2, finished = 1 WHERE id = $1", params![task.id, CANCELLED])?;
            self.end_people(tx, &task, None, SKIPPED, "cancelled", now)?;
        }
        let sql = "UPDATE message_task SET wish = $2, due_at = CASE WHEN state IN ($3, $4) THEN $5 ELSE due_at END WHERE message = $1 AND finished = 0";
        tx.execute(sql, params![id, WISH_CANCEL, MADE, CONFIRMED, now])?;
        Ok(())
    }
    fn running(&self, tx: &mut Tx<'_>, id: &str) -> Result<(), Refusal> {
        let state = tx.opt("SELECT state FROM message WHERE id = $1", params![id], |row| row.text(0))?;
        match state.as_deref() {
            None => Err(refuse::message_unknown()),
            Some("running") => Ok(()),
            Some(_) => Err(refuse::message_over()),
        }
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
        let named = if only.is_some() { format!("AND {}", tx.any("contact", 6)) } else { String::new() };
        let sql = format!(
            "UPDATE message_person SET state = $2, reason = $3, at = $4 WHERE task = $1 AND state = $5 {named} RETURNING num"
        );
        let list = only.unwrap_or_default();
        let mut params = params![task.id, state, reason, at, WAITING].to_vec();
        if only.is_some() {
            params.push(list.into());
        }
        let nums: Vec<PersonNum> = tx.query(&sql, &params, |row| row.num(0))?;
        let name = tx.one("SELECT name FROM message WHERE id = $1", params![&task.message], |row| row.text(0))?;
        let what = match state {
            super::SENT => names::MESSAGE_SENT,
            SKIPPED => names::MESSAGE_SKIPPED,
            _ => names::MESSAGE_FAILED,
        };
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
        Ok(())
    }
    /// Nobody waits any more: the task has ended, and with its last task the message.
    pub(super) fn close_if_done(&self, tx: &mut Tx<'_>, task: &TaskRow, now: Time) -> Result<(), Refusal> {
        let waits = "SELECT 1 FROM message_person WHERE task = $1 AND state = 0 LIMIT 1";
        if tx.opt(waits, params![task.id], |row| row.int(0))?.is_none() {
            tx.execute("UPDATE message_task SET finished = 1 WHERE id = $1", params![task.id])?;
        }
        let open = "SELECT 1 FROM message_task WHERE message = $1 AND finished = 0 LIMIT 1";
        if tx.opt(open, params![&task.message], |row| row.int(0))?.is_none() {
            tx.execute(
                "UPDATE message SET state = 'ended', ended_at = $2 WHERE id = $1 AND state = 'running'",
                params![&task.message, now],
            )?;
        }
        Ok(())
    }
}
