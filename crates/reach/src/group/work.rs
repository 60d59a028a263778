//! Tasks of owners on their way to WeCom: made once, reminded, cancelled.

use super::lists::GroupTask;
use super::{
    CANCELLED, CONFIRMED, FAILED, MADE, MAKING, PERHAPS, REFUSED, SKIPPED, TO_MAKE, WAITING, WISH_CANCEL, WISH_REMIND,
};
use crate::content::Content;
use crate::mass::{self, LOOK_SECONDS, Wanted};
use crate::{Reach, refuse};
use siyu_contacts::Ran;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::{Client, Error, MassMessage, Retry};

/// A task that was begun and has no end by then belongs to a process that has ended. Its last call arrived a minute ago at the latest, so that WeCom's
/// list shows what came of it.
const BEGUN_SECONDS: i64 = 120;
pub(super) const FIRST_READ_SECONDS: i64 = 60;
/// Whoever has not confirmed for so long will not: the task is taken back, or it would be asked about for ever.
const UNCONFIRMED_SECONDS: i64 = 3 * 86_400;

impl Reach {
    /// One step for what is due first: of a task, of material for welcomes. The caller holds the lease.
    pub fn work_groups(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let welcome = self.parts().db.read(|tx| self.group_welcome_due(tx))?;
        if let Some(own) = welcome.as_ref().filter(|own| own.due_at <= now) {
            self.work_group_welcome(own)?;
            return Ok(Ran::Went);
        }
        let due = self.parts().db.read(|tx| self.group_task_due(tx, now))?;
        let next = [welcome.map(|own| own.due_at), due.as_ref().map(|own| own.due_at)].into_iter().flatten().min();
        let Some(task) = due.filter(|own| own.due_at <= now) else {
            return Ok(next.map_or(Ran::Nothing, Ran::Waits));
        };
        let client = self.parts().contacts.client_lately()?;
        match (task.raw, task.wish) {
            (TO_MAKE, WISH_CANCEL) => self.group_never(&task)?,
            (TO_MAKE, _) => self.group_make(&client, &task)?,
            (MAKING, _) => self.group_to(&task, PERHAPS, now)?,
            (PERHAPS, _) => self.group_look(&client)?,
            (_, WISH_CANCEL) => self.group_cancel(&client, &task, "cancelled")?,
            (MADE, _) if task.made_at.is_some_and(|at| at.plus_seconds(UNCONFIRMED_SECONDS) <= now) => {
                self.group_cancel(&client, &task, "unconfirmed")?;
            }
            (_, WISH_REMIND) => self.group_remind(&client, &task)?,
            _ => self.group_read(&client, &task)?,
        }
        Ok(Ran::Went)
    }

    fn group_to(&self, task: &GroupTask, state: i64, due: Time) -> Result<(), Refusal> {
        let (id, from) = (task.id, task.raw);
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE group_message_task SET state = $3, due_at = $4 WHERE id = $1 AND state = $2";
            tx.execute(sql, params![id, from, state, due]).map(drop).map_err(Refusal::from)
        })
    }

    /// Marks the task, then makes it: what is marked is never made again before WeCom's list has been looked at.
    fn group_make(&self, client: &Client, task: &GroupTask) -> Result<(), Refusal> {
        let (now, id) = (self.now(), task.id);
        let until = now.plus_seconds(BEGUN_SECONDS);
        let marked = self.parts().db.transact(move |tx| {
            let sql = "UPDATE group_message_task SET state = $2, begun_at = $3, due_at = $4 WHERE id = $1 AND state = $5 AND wish <> $6";
            Ok(tx.execute(sql, params![id, MAKING, now, until, TO_MAKE, WISH_CANCEL])? == 1)
        })?;
        if !marked {
            return Ok(());
        }
        let (message, missing) = self.parts().db.read(|tx| self.group_mass(tx, task, now))?;
        if missing {
            return self.group_again(task, "files_not_ready", now.plus_seconds(10));
        }
        // A task for no group would be one for all groups of the owner.
        if message.chat_id_list.as_ref().is_none_or(Vec::is_empty) {
            return self.group_emptied(task);
        }
        match client.create_mass(&message) {
            Ok(made) => self.group_made(task, &made.msgid, made.fail_list),
            Err(error) => self.group_not_made(task, &error),
        }
    }
    fn group_emptied(&self, task: &GroupTask) -> Result<(), Refusal> {
        let (reach, task, now) = (self.clone(), task.clone(), self.now());
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE group_message_task SET state = $2 WHERE id = $1 AND state = $3";
            tx.execute(sql, params![task.id, CANCELLED, MAKING])?;
            reach.group_close(tx, &task, now)
        })
    }
    fn group_mass(&self, tx: &mut Tx<'_>, task: &GroupTask, now: Time) -> Result<(MassMessage, bool), Refusal> {
        let sql = "SELECT content FROM group_message WHERE id = $1";
        let sealed = tx.one(sql, params![&task.message], |row| row.blob(0))?;
        let content: Content = self.unseal(&sealed)?;
        let sql = "SELECT chat FROM group_message_group WHERE task = $1 AND state = 0 ORDER BY chat";
        let chats = tx.query(sql, params![task.id], |row| row.text(0))?;
        let composed = self.composed_for(tx, &content, Some(&task.userid), now)?;
        let missing = !composed.missing.is_empty();
        let message = MassMessage {
            chat_type: "group".to_owned(),
            chat_id_list: Some(chats),
            sender: Some(task.userid.clone()),
            text: composed.text,
            attachments: composed.attachments,
            ..MassMessage::default()
        };
        Ok((message, missing))
    }

    fn group_made(&self, task: &GroupTask, msgid: &str, failed: Vec<String>) -> Result<(), Refusal> {
        let (reach, task, msgid, now) = (self.clone(), task.clone(), msgid.to_owned(), self.now());
        self.parts().db.transact(move |tx| {
            tx.execute(
                "UPDATE group_message_task SET state = $2, msgid = $3, made_at = $4, due_at = $5, tries = 0, error = NULL WHERE id = $1",
                params![task.id, MADE, &msgid, now, now.plus_seconds(FIRST_READ_SECONDS)],
            )?;
            end_groups(tx, &task, Some(&failed), FAILED, "not_reachable", now)?;
            reach.group_close(tx, &task, now)
        })
    }
    fn group_not_made(&self, task: &GroupTask, error: &Error) -> Result<(), Refusal> {
        tracing::warn!(call = error.call, code = error.name(), detail = %error.detail, "a task of a message for groups was not made");
        let now = self.now();
        match error.retry {
            Retry::LookFirst => {
                self.group_to(&GroupTask { raw: MAKING, ..task.clone() }, PERHAPS, now.plus_seconds(LOOK_SECONDS))
            }
            Retry::At(at) => self.group_again(task, error.name(), at.max(now.plus_seconds(1))),
            _ if error.is_retryable() => self.group_again(task, error.name(), now.plus_seconds(1 << task.tries.min(9))),
            _ if error.needs_a_hand() => self.group_again(task, error.name(), now.plus_seconds(60)),
            _ => self.group_refused(task, error.name()),
        }
    }
    pub(super) fn group_again(&self, task: &GroupTask, error: &'static str, due: Time) -> Result<(), Refusal> {
        let id = task.id;
        self.parts().db.transact(move |tx| {
            tx.execute(
                "UPDATE group_message_task SET state = CASE WHEN state = $4 THEN $5 ELSE state END, tries = tries + 1, error = $2, due_at = $3 WHERE id = $1",
                params![id, error, due, MAKING, TO_MAKE],
            )
            .map(drop)
            .map_err(Refusal::from)
        })
    }
    /// WeCom will never make it: its groups have failed.
    fn group_refused(&self, task: &GroupTask, error: &'static str) -> Result<(), Refusal> {
        let (reach, task, now) = (self.clone(), task.clone(), self.now());
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE group_message_task SET state = $2, error = $3 WHERE id = $1";
            tx.execute(sql, params![task.id, REFUSED, error])?;
            end_groups(tx, &task, None, FAILED, error, now)?;
            reach.group_close(tx, &task, now)
        })
    }

    /// Cancelled while it was not certain whether WeCom has it, and WeCom has not.
    fn group_never(&self, task: &GroupTask) -> Result<(), Refusal> {
        let (reach, task, now) = (self.clone(), task.clone(), self.now());
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE group_message_task SET state = $2, wish = 0, error = NULL WHERE id = $1 AND state = $3";
            if tx.execute(sql, params![task.id, CANCELLED, TO_MAKE])? == 1 {
                end_groups(tx, &task, None, SKIPPED, "cancelled", now)?;
                reach.group_close(tx, &task, now)?;
            }
            Ok(())
        })
    }

    /// Whether WeCom has what was begun after all, for every task that may be looked for now.
    fn group_look(&self, client: &Client) -> Result<(), Refusal> {
        let now = self.now();
        let (tasks, wanted, known) = self.parts().db.read(|tx| {
            let tasks = self.group_tasks_perhaps(tx, now)?;
            let wanted = tasks.iter().map(|task| {
                let (message, _) = self.group_mass(tx, task, now)?;
                Ok(Wanted { id: task.id, begun: task.begun_at.unwrap_or(now), message })
            });
            let wanted = wanted.collect::<Result<Vec<_>, Refusal>>()?;
            let sql = "SELECT msgid FROM group_message_task WHERE msgid <> '' AND made_at >= $1";
            let known = tx.query(sql, params![mass::since(&wanted)], |row| row.text(0))?;
            Ok((tasks, wanted, known.into_iter().collect()))
        })?;
        let found = match mass::look(client, &wanted, &known, now) {
            Ok(found) => found,
            Err(error) => {
                let due = if let Retry::At(at) = error.retry { at } else { self.now().plus_seconds(LOOK_SECONDS) };
                return tasks.iter().try_for_each(|task| self.group_to(task, PERHAPS, due));
            }
        };
        tasks.iter().try_for_each(|task| match found.get(&task.id) {
            Some(msgid) => self.group_made(task, msgid, Vec::new()),
            // It is not there: making it cannot do it twice.
            None => self.group_to(task, TO_MAKE, now),
        })
    }

    fn group_remind(&self, client: &Client, task: &GroupTask) -> Result<(), Refusal> {
        let error = client.remind_mass(&task.msgid).err().map(|error| error.name());
        let (id, now) = (task.id, self.now());
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE group_message_task SET wish = 0, error = $2, reminded_at = CASE WHEN $3 = 1 THEN $4 ELSE reminded_at END, due_at = $5 WHERE id = $1 AND wish = $6";
            let due = now.plus_seconds(FIRST_READ_SECONDS);
            tx.execute(sql, params![id, error, i64::from(error.is_none()), now, due, WISH_REMIND])?;
            Ok(())
        })
    }
    /// What is not confirmed is stopped; what was sent before that is read first.
    fn group_cancel(&self, client: &Client, task: &GroupTask, reason: &'static str) -> Result<(), Refusal> {
        if let Err(error) = client.cancel_mass(&task.msgid) {
            return self.group_again(task, error.name(), self.now().plus_seconds(1 << task.tries.min(9)));
        }
        let results = match client.mass_results(&task.msgid, &task.userid).all() {
            Ok(results) => results,
            Err(error) => return self.group_again(task, error.name(), self.now().plus_seconds(30)),
        };
        let (reach, task, now) = (self.clone(), task.clone(), self.now());
        self.parts().db.transact(move |tx| {
            super::read::take(tx, &task, &results, now)?;
            end_groups(tx, &task, None, SKIPPED, reason, now)?;
            let sql = "UPDATE group_message_task SET state = $2, wish = 0, error = NULL WHERE id = $1";
            tx.execute(sql, params![task.id, CANCELLED])?;
            reach.group_close(tx, &task, now)
        })
    }

    /// Asks owners who have not confirmed again. Answers how many tasks. Errors: `message_unknown`, `message_over`.
    pub fn remind_group_message(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<u64, Refusal> {
        group_running(tx, id)?;
        let sql = "UPDATE group_message_task SET wish = $2, due_at = $3 WHERE message = $1 AND state = $4 AND finished = 0 AND wish = 0";
        Ok(tx.execute(sql, params![id, WISH_REMIND, now, MADE])?)
    }
    /// Stops what is not sent yet. Errors: `message_unknown`, `message_over`.
    pub fn cancel_group_message(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<(), Refusal> {
        group_running(tx, id)?;
        tx.execute("UPDATE group_message SET state = 'cancelled', ended_at = $2 WHERE id = $1", params![id, now])?;
        // Nobody at WeCom knows of these.
        for task in self.group_message_tasks(tx, id)?.into_iter().filter(|task| task.raw == TO_MAKE) {
            let sql = "UPDATE group_message_task SET state = $2, finished = 1 WHERE id = $1";
            tx.execute(sql, params![task.id, CANCELLED])?;
            end_groups(tx, &task, None, SKIPPED, "cancelled", now)?;
        }
        let sql = "UPDATE group_message_task SET wish = $2, due_at = CASE WHEN state IN ($3, $4) THEN $5 ELSE due_at END WHERE message = $1 AND finished = 0";
        tx.execute(sql, params![id, WISH_CANCEL, MADE, CONFIRMED, now])?;
        Ok(())
    }

    /// No group waits any more: the task has ended, and with its last task the message.
    pub(super) fn group_close(&self, tx: &mut Tx<'_>, task: &GroupTask, now: Time) -> Result<(), Refusal> {
        let waits = "SELECT 1 FROM group_message_group WHERE task = $1 AND state = 0 LIMIT 1";
        if tx.opt(waits, params![task.id], |row| row.int(0))?.is_none() {
            tx.execute("UPDATE group_message_task SET finished = 1 WHERE id = $1", params![task.id])?;
        }
        let open = "SELECT 1 FROM group_message_task WHERE message = $1 AND finished = 0 LIMIT 1";
        if tx.opt(open, params![&task.message], |row| row.int(0))?.is_none() {
            let sql = "UPDATE group_message SET state = 'ended', ended_at = $2 WHERE id = $1 AND state = 'running'";
            tx.execute(sql, params![&task.message, now])?;
        }
        Ok(())
    }
}

fn group_running(tx: &mut Tx<'_>, id: &str) -> Result<(), Refusal> {
    let state = tx.opt("SELECT state FROM group_message WHERE id = $1", params![id], |row| row.text(0))?;
    match state.as_deref() {
        None => Err(refuse::message_unknown()),
        Some("running") => Ok(()),
        Some(_) => Err(refuse::message_over()),
    }
}

/// Ends groups of a task that wait: all, or those named.
pub(super) fn end_groups(
    tx: &mut Tx<'_>,
    task: &GroupTask,
    only: Option<&[String]>,
    state: i64,
    reason: &str,
    at: Time,
) -> Result<(), Refusal> {
    if only.is_some_and(<[String]>::is_empty) {
        return Ok(());
    }
    let named = if only.is_some() { format!("AND {}", tx.any("chat", 6)) } else { String::new() };
    let sql = format!(
        "UPDATE group_message_group SET state = $2, reason = $3, at = $4 WHERE task = $1 AND state = $5 {named}"
    );
    let list = only.unwrap_or_default();
    let mut params = params![task.id, state, reason, at, WAITING].to_vec();
    if only.is_some() {
        params.push(list.into());
    }
    tx.execute(&sql, &params)?;
    Ok(())
}
