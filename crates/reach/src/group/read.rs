//! Reading back: has the owner confirmed, and what became of each group.

use super::lists::GroupTask;
use super::work::{FIRST_READ_SECONDS, end_groups};
use super::{CONFIRMED, FAILED, MADE, SENT};
use crate::Reach;
use crate::message::UNREPORTED_SECONDS;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::{Client, Delivery, Error, MassResult, Retry};
use std::collections::BTreeMap;

/// Asked for every minute at first, then less often the older the task is.
const SLOWEST_SECONDS: i64 = 1_800;

impl Reach {
    pub(super) fn group_read(&self, client: &Client, task: &GroupTask) -> Result<(), Refusal> {
        let now = self.now();
        let (confirmed, results) = match read(client, task, now) {
            Ok(read) => read,
            Err(error) => {
                let due = match error.retry {
                    Retry::At(at) => at.max(now.plus_seconds(1)),
                    _ => now.plus_seconds(30 << task.tries.min(6)),
                };
                return self.group_again(task, error.name(), due);
            }
        };
        let (reach, task) = (self.clone(), task.clone());
        self.parts().db.transact(move |tx| {
            take(tx, &task, &results, now)?;
            if let Some(at) = task.confirmed_at.filter(|at| at.plus_seconds(UNREPORTED_SECONDS) <= now) {
                end_groups(tx, &task, None, FAILED, "outcome_unknown", at)?;
            }
            let age = (now.0 - task.made_at.unwrap_or(now).0) / 1_000_000;
            let pause = (age / 10).clamp(FIRST_READ_SECONDS, SLOWEST_SECONDS);
            let state = if confirmed.is_some() { CONFIRMED } else { MADE };
            tx.execute(
                "UPDATE group_message_task SET state = $2, confirmed_at = COALESCE(confirmed_at, $3), read_at = $4, due_at = $5, tries = 0, error = NULL WHERE id = $1 AND wish = 0",
                params![task.id, state, confirmed, now, now.plus_seconds(pause)],
            )?;
            reach.group_close(tx, &task, now)
        })
    }
}

fn instant(seconds: Option<i64>, now: Time) -> Time {
    seconds.map_or(now, |at| Time(at.saturating_mul(1_000_000)))
}

/// When the owner has confirmed (`None` while not), and what became of the groups.
fn read(client: &Client, task: &GroupTask, now: Time) -> Result<(Option<Time>, Vec<MassResult>), Error> {
    let tasks = client.mass_tasks(&task.msgid).all()?;
    let own = tasks.iter().find(|own| own.is_sent() && own.userid.eq_ignore_ascii_case(&task.userid));
    Ok((own.map(|own| instant(own.send_time, now)), client.mass_results(&task.msgid, &task.userid).all()?))
}

pub(super) fn take(tx: &mut Tx<'_>, task: &GroupTask, results: &[MassResult], now: Time) -> Result<(), Refusal> {
    let mut sent: BTreeMap<Time, Vec<String>> = BTreeMap::new();
    let (mut gone, mut full) = (Vec::new(), Vec::new());
    for own in results {
        let Some(chat) = own.chat_id.clone() else { continue };
        match own.delivery() {
            Delivery::Sent => sent.entry(instant(own.send_time, now)).or_default().push(chat),
            Delivery::NotFriends => gone.push(chat),
            Delivery::LimitReached => full.push(chat),
            Delivery::Waiting | Delivery::Other(_) => {}
        }
    }
    for (at, chats) in sent {
        end_groups(tx, task, Some(&chats), SENT, "", at)?;
    }
    end_groups(tx, task, Some(&gone), FAILED, "group_gone", now)?;
    end_groups(tx, task, Some(&full), FAILED, "limit_reached", now)
}
