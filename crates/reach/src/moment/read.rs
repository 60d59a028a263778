//! Reading back: who has published, who can see it, who liked it and who said something.

use super::lists::{MomentRow, MomentTaskRow};
use super::{ASKED, OVER, PUBLISHED, RUNNING, STOPPED};
use crate::Reach;
use crate::events::{Happening, names};
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_wecom::{Client, Error, MomentComments, MomentCustomer, MomentTask, Retry};
use std::collections::BTreeMap;

const FIRST_SECONDS: i64 = 60;
const SLOWEST_SECONDS: i64 = 1_800;
/// What staff have not published by then, they will not; WeCom lists moments for as long.
const OPEN_DAYS: i64 = 30;
/// A published one is looked at for so long.
const WATCHED_DAYS: i64 = 14;
const WATCH_SLOWEST_SECONDS: i64 = 6 * 3_600;
/// Later than any clock.
const NEVER: Time = Time(9_000_000_000_000_000);
const AT_ONCE: usize = 1_000;

impl Reach {
    pub(super) fn moment_read(&self, client: &Client, own: &MomentRow) -> Result<(), Refusal> {
        let tasks = match client.moment_tasks(&own.moment).all() {
            Ok(tasks) => tasks,
            Err(error) => return self.moment_later(own, &error),
        };
        let (reach, own, now) = (self.clone(), own.clone(), self.now());
        self.parts().db.transact(move |tx| {
            reach.moment_take(tx, &own, &tasks, now)?;
            let made = own.made_at.unwrap_or(now);
            let pause = ((now.0 - made.0) / 10_000_000).clamp(FIRST_SECONDS, SLOWEST_SECONDS);
            let asked = "SELECT COUNT(*) FROM moment_task WHERE moment = $1 AND state = $2";
            let asked = tx.one(asked, params![&own.id, ASKED], |row| row.int(0))?;
            // Nobody is left who may publish it; a list that is empty yet may still be on its way.
            let late = now >= made.plus_days(OPEN_DAYS);
            let over = late || asked == 0 && !tasks.is_empty();
            if late {
                let sql = "UPDATE moment_task SET state = $2 WHERE moment = $1 AND state = $3";
                tx.execute(sql, params![&own.id, STOPPED, ASKED])?;
            }
            tx.execute(
                "UPDATE moment SET read_at = $2, due_at = $3, tries = 0, error = NULL, state = $4, ended_at = $5 WHERE id = $1 AND wish = 0 AND state = $6",
                params![
                    &own.id,
                    now,
                    now.plus_seconds(pause),
                    if over { OVER } else { RUNNING },
                    over.then_some(now),
                    RUNNING
                ],
            )?;
            Ok(())
        })
    }

    /// Members who are asked, and those of them who have published.
    pub(super) fn moment_take(
        &self,
        tx: &mut Tx<'_>,
        own: &MomentRow,
        tasks: &[MomentTask],
        now: Time,
    ) -> Result<(), Refusal> {
        let known = self.moment_tasks(tx, &own.id)?;
        let known: BTreeMap<&str, &MomentTaskRow> = known.iter().map(|own| (own.staff.as_str(), own)).collect();
        for task in tasks {
            let key = task.userid.to_lowercase();
            let published = task.publish_status == 1;
            match known.get(key.as_str()) {
                None => {
                    let staff = self.parts().contacts.colleague(tx, &task.userid)?;
                    tx.execute(
                        "INSERT INTO moment_task (moment, staff, userid, store, state, seen_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                        params![
                            &own.id,
                            &key,
                            &task.userid,
                            &staff.store,
                            if published { PUBLISHED } else { ASKED },
                            published.then_some(now),
                            if published { now } else { NEVER }
                        ],
                    )?;
                }
                Some(row) if published && row.state != "published" => {
                    let sql =
                        "UPDATE moment_task SET state = $3, seen_at = $4, due_at = $4 WHERE moment = $1 AND staff = $2";
                    tx.execute(sql, params![&own.id, &key, PUBLISHED, now])?;
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// One member's part: who can see it, and what they did.
    pub(super) fn moment_watch(&self, client: &Client, own: &MomentTaskRow) -> Result<(), Refusal> {
        let read = client
            .moment_results(&own.at_wecom, &own.userid)
            .all()
            .and_then(|seen| Ok((seen, client.moment_comments(&own.at_wecom, &own.userid)?)));
        let (seen, said) = match read {
            Ok(read) => read,
            Err(error) => return self.moment_watch_later(own, &error),
        };
        let (reach, own, now) = (self.clone(), own.clone(), self.now());
        self.parts().db.transact(move |tx| {
            reach.moment_watchers_are(tx, &own, &seen, &said, now)?;
            let since = own.seen_at.unwrap_or(now);
            let pause = ((now.0 - since.0) / 4_000_000).clamp(FIRST_SECONDS, WATCH_SLOWEST_SECONDS);
            let due = if now < since.plus_days(WATCHED_DAYS) { now.plus_seconds(pause) } else { NEVER };
            let customers = |list: &[siyu_wecom::MomentReaction]| {
                list.iter().filter(|own| own.external_userid.is_some()).count() as i64
            };
            tx.execute(
                "UPDATE moment_task SET visible = $3, likes = $4, comments = $5, read_at = $6, due_at = $7, tries = 0, error = NULL WHERE moment = $1 AND staff = $2",
                params![
                    &own.moment,
                    &own.staff,
                    seen.len() as i64,
                    customers(&said.like_list),
                    customers(&said.comment_list),
                    now,
                    due
                ],
            )?;
            Ok(())
        })
    }
    fn moment_watch_later(&self, own: &MomentTaskRow, error: &Error) -> Result<(), Refusal> {
        let now = self.now();
        let due = match error.retry {
            Retry::At(at) => at.max(now.plus_seconds(1)),
            _ => now.plus_seconds(30 << own.tries.clamp(0, 8)),
        };
        let (moment, staff, name) = (own.moment.clone(), own.staff.clone(), error.name());
        self.parts().db.transact(move |tx| {
            let sql =
                "UPDATE moment_task SET tries = tries + 1, error = $3, due_at = $4 WHERE moment = $1 AND staff = $2";
            tx.execute(sql, params![&moment, &staff, name, due]).map(drop).map_err(Refusal::from)
        })
    }

    /// Rows and events in one unit; who was there stays. Customers the mirror does not know yet come with a later look.
    fn moment_watchers_are(
        &self,
        tx: &mut Tx<'_>,
        own: &MomentTaskRow,
        seen: &[MomentCustomer],
        said: &MomentComments,
        now: Time,
    ) -> Result<(), Refusal> {
        let first = |list: &[siyu_wecom::MomentReaction]| {
            let mut all: BTreeMap<String, Time> = BTreeMap::new();
            for one in list {
                let Some(contact) = &one.external_userid else { continue };
                let at = Time(one.create_time.saturating_mul(1_000_000)).in_range().unwrap_or(now);
                all.entry(contact.clone()).and_modify(|own| *own = at.min(*own)).or_insert(at);
            }
            all
        };
        let (likes, comments) = (first(&said.like_list), first(&said.comment_list));
        let mut contacts: Vec<String> = seen.iter().map(|own| own.external_userid.clone()).collect();
        contacts.extend(likes.keys().cloned());
        contacts.extend(comments.keys().cloned());
        contacts.sort_unstable();
        contacts.dedup();
        let name = tx.one("SELECT name FROM moment WHERE id = $1", params![&own.moment], |row| row.text(0))?;
        let mut happenings = Vec::new();
        for some in contacts.chunks(AT_ONCE) {
            let sql = format!("SELECT id, num FROM wecom_contact WHERE {}", tx.any("id", 1));
            let known = tx.query(&sql, params![some], |row| Ok((row.text(0)?, row.num(1)?)))?;
            for (contact, num) in known {
                let (liked, commented) = (likes.get(&contact).copied(), comments.get(&contact).copied());
                tx.execute(
                    "INSERT INTO moment_customer (moment, num, staff, at, liked_at, commented_at) VALUES ($1, $2, $3, $4, $5, $6)
                     ON CONFLICT (moment, num, staff) DO UPDATE SET liked_at = COALESCE(moment_customer.liked_at, excluded.liked_at), commented_at = COALESCE(moment_customer.commented_at, excluded.commented_at)",
                    params![&own.moment, num, &own.staff, now, liked, commented],
                )?;
                let mut tell = |what, at: Time, word: &str| happenings.push(happening(own, &name, what, num, at, word));
                tell(names::MOMENT_SHOWN, own.seen_at.unwrap_or(now), "shown");
                if let Some(at) = liked {
                    tell(names::MOMENT_LIKED, at, "liked");
                }
                if let Some(at) = commented {
                    tell(names::MOMENT_COMMENTED, at, "commented");
                }
            }
        }
        self.append(tx, happenings, now)?;
        Ok(())
    }
}

/// A moment is shown to a person once, whoever published it.
fn happening(own: &MomentTaskRow, name: &str, what: &'static str, num: PersonNum, at: Time, word: &str) -> Happening {
    Happening::new(what, num, at, &format!("moment:{}:{num}:{word}", own.moment))
        .with("moment", &own.moment)
        .with("moment_name", name)
        .with("staff", &own.userid)
        .with("store", &own.store)
}
