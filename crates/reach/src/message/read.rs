//! Reading back: has the member confirmed, and what became of each customer.

use super::lists::TaskRow;
use super::make::FIRST_READ_SECONDS;
use super::{CONFIRMED, FAILED, MADE, SENT};
use crate::Reach;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::{Client, Delivery, Error, MassResult, Retry};

/// Asked for every minute at first, then less often the older the task is.
const SLOWEST_SECONDS: i64 = 1_800;

/// What WeCom has not reported so long after the member confirmed it never will.
pub(crate) const UNREPORTED_SECONDS: i64 = 3 * 86_400;

impl Reach {
    pub(super) fn read_task(&self, client: &Client, task: &TaskRow) -> Result<(), Refusal> {
        let now = self.now();
        let read = self.confirmed(client, task).and_then(|confirmed| Ok((confirmed, self.results(client, task)?)));
        let (confirmed, results) = match read {
            Ok(read) => read,
            Err(error) => return self.read_later(task, &error),
        };
        let (reach, task) = (self.clone(), task.clone());
        self.parts().db.transact(move |tx| {
            reach.take_results(tx, &task, &results, now)?;
            reach.trip_complaints(tx, &task.message, now)?;
            if let Some(at) = task.confirmed_at.filter(|at| at.plus_seconds(UNREPORTED_SECONDS) <= now) {
                reach.end_people(tx, &task, None, FAILED, "outcome_unknown", at)?;
            }
            let age = (now.0 - task.made_at.unwrap_or(now).0) / 1_000_000;
            let pause = (age / 10).clamp(FIRST_READ_SECONDS, SLOWEST_SECONDS);
            let state = if confirmed.is_some() { CONFIRMED } else { MADE };
            tx.execute(
                "UPDATE message_task SET state = $2, confirmed_at = COALESCE(confirmed_at, $3), read_at = $4, due_at = $5, tries = 0, error = NULL WHERE id = $1 AND wish = 0",
                params![task.id, state, confirmed, now, now.plus_seconds(pause)],
            )?;
            if confirmed.is_none() {
                reach.attend(tx, &task, now)?;
            }
            reach.close_if_done(tx, &task)
        })
    }
    fn read_later(&self, task: &TaskRow, error: &Error) -> Result<(), Refusal> {
        let (id, name, now) = (task.id, error.name(), self.now());
        let due = match error.retry {
            Retry::At(at) => at.max(now.plus_seconds(1)),
            _ => now.plus_seconds(30 << task.tries.min(6)),
        };
        self.parts().db.transact(move |tx| {
            tx.execute(
                "UPDATE message_task SET tries = tries + 1, error = $2, due_at = $3 WHERE id = $1",
                params![id, name, due],
            )?;
            Ok(())
        })
    }

    /// When the member has confirmed; `None` while not.
    fn confirmed(&self, client: &Client, task: &TaskRow) -> Result<Option<Time>, Error> {
        for own in client.mass_tasks(&task.msgid).items() {
            let own = own?;
            if own.is_sent() && own.userid.eq_ignore_ascii_case(&task.userid) {
                return Ok(Some(own.send_time.map_or(self.now(), |at| Time(at.saturating_mul(1_000_000)))));
            }
        }
        Ok(None)
    }
    /// All pages.
    pub(super) fn results(&self, client: &Client, task: &TaskRow) -> Result<Vec<MassResult>, Error> {
        client.mass_results(&task.msgid, &task.userid).all()
    }

    pub(super) fn take_results(
        &self,
        tx: &mut Tx<'_>,
        task: &TaskRow,
        results: &[MassResult],
        now: Time,
    ) -> Result<(), Refusal> {
        let mut sent: std::collections::BTreeMap<Time, Vec<String>> = Default::default();
        let (mut strangers, mut full) = (Vec::new(), Vec::new());
        for own in results {
            let Some(contact) = own.external_userid.clone() else { continue };
            match own.delivery() {
                Delivery::Sent => {
                    let at = own.send_time.map_or(now, |at| Time(at.saturating_mul(1_000_000)));
                    sent.entry(at).or_default().push(contact);
                }
                Delivery::NotFriends => strangers.push(contact),
                Delivery::LimitReached => full.push(contact),
                Delivery::Waiting | Delivery::Other(_) => {}
            }
        }
        for (at, contacts) in sent {
            self.end_people(tx, task, Some(&contacts), SENT, "", at)?;
        }
        self.end_people(tx, task, Some(&strangers), FAILED, "not_friends", now)?;
        self.end_people(tx, task, Some(&full), FAILED, "limit_reached", now)
    }
}
