//! Asking WeCom, one pair at a time.

use super::job::close;
use super::plan::GROUPS_A_DAY;
use crate::client::Line;
use crate::events::{Happening, names};
use crate::rows::{Place, places};
use crate::{Contacts, Ran};
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_wecom::{Error, Retry, Transfer, codes};
use std::collections::BTreeMap;

/// Who gives and who takes, and for which job.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub id: i64,
    pub job: i64,
    pub job_id: String,
    pub groups: bool,
    pub reason: String,
    pub message: String,
    pub handover: String,
    pub takeover: String,
    pub has_left: bool,
    pub tries: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub id: i64,
    pub target: String,
    pub num: Option<PersonNum>,
    pub sent_at: Time,
    pub code: Option<String>,
}

/// What became of an item.
pub(super) struct Fate {
    pub state: &'static str,
    pub code: Option<&'static str>,
    pub wecom: Option<i64>,
}

const BATCH: i64 = 100;
/// Before WeCom's record of a request is believed to be there.
pub(super) const LOOK_SECONDS: i64 = 30;
/// The first look at what WeCom made of a request.
const FIRST_LOOK_SECONDS: i64 = 60;
const TRIES_MAX: i64 = 12;

impl Contacts {
    /// One step of hand-overs: reads who was left behind, asks WeCom, or reads what became of it. The caller holds the lease.
    ///
    /// Errors: those of the database; what WeCom says puts a pair off.
    pub fn work_handovers(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let read_due = self.leavers_due()?;
        if read_due <= now {
            return self.read_leavers();
        }
        let Some(pair) = self.inner.db.read(|tx| Ok(due_pair(tx, now)?))? else {
            let next = "SELECT MIN(due_at) FROM handover_pair";
            let next = self.inner.db.read(|tx| Ok(tx.one(next, &[], |row| row.opt_time(0))?))?;
            return Ok(Ran::Waits(next.map_or(read_due, |next| next.min(read_due))));
        };
        let line = self.line()?;
        let unsure = self.inner.db.read(|tx| Ok(items_in(tx, pair.id, "('sending')")?))?;
        if !unsure.is_empty() {
            return self.look_up(&line, &pair, unsure);
        }
        let claimed = self.claim_items(&pair)?;
        if claimed.is_empty() {
            return self.settle(&line, &pair);
        }
        let names = self.inner.db.read(|tx| Ok(places(tx, &[pair.handover.clone(), pair.takeover.clone()])?))?;
        match pair.groups {
            true => self.send_groups(&line, &pair, &names[&pair.takeover], claimed),
            false => self.send_customers(&line, &pair, &names[&pair.handover], &names[&pair.takeover], claimed),
        }
    }

    /// Marks what is sent next, so that a crash leaves a trace of it. Those who have gone meanwhile are refused here.
    fn claim_items(&self, pair: &Pair) -> Result<Vec<Item>, Refusal> {
        let (contacts, pair, now) = (self.clone(), pair.clone(), self.now());
        self.inner.db.transact(move |tx| {
            let mut most = BATCH;
            if pair.groups && !pair.has_left {
                let sql = "SELECT COUNT(*), MIN(i.sent_at) FROM handover_item i JOIN handover_pair p ON p.id = i.pair JOIN handover_job j ON j.num = p.job
                    WHERE p.handover = $1 AND p.has_left = 0 AND j.what = 'groups' AND i.sent_at > $2";
                let (sent, first) = tx.one(sql, params![&pair.handover, now.plus_days(-1)], |row| Ok((row.int(0)?, row.opt_time(1)?)))?;
                most = most.min(GROUPS_A_DAY - sent);
                let waits = "SELECT 1 FROM handover_item WHERE pair = $1 AND state = 'planned' LIMIT 1";
                if most <= 0 && tx.opt(waits, params![pair.id], |row| row.int(0))?.is_some() {
                    let due = first.unwrap_or(now).plus_days(1).plus_seconds(60);
                    put_off(tx, pair.id, due, Some("groups_a_day"))?;
                    return Ok(Vec::new());
                }
            }
            let mut items = planned(tx, pair.id, most.max(0))?;
            if !pair.groups && !pair.has_left {
                let targets: Vec<String> = items.iter().map(|item| item.target.clone()).collect();
                let sql = format!("SELECT contact FROM wecom_follow WHERE staff = $1 AND status = 0 AND {}", tx.any("contact", 2));
                let friends: rustc_hash::FxHashSet<String> =
                    tx.query(&sql, params![&pair.handover, &targets], |row| row.text(0))?.into_iter().collect();
                let (here, gone): (Vec<Item>, Vec<Item>) =
                    items.into_iter().partition(|item| friends.contains(&item.target));
                for item in &gone {
                    contacts.end_item(tx, &pair, item, &Fate { state: "refused", code: Some("not_friends"), wecom: None }, now)?;
                }
                items = here;
            }
            let ids: Vec<i64> = items.iter().map(|item| item.id).collect();
            let sql = format!("UPDATE handover_item SET state = 'sending', sent_at = $2, code = NULL, wecom = NULL WHERE state = 'planned' AND {}", tx.any("id", 1));
            tx.execute(&sql, params![&ids, now])?;
            close(tx, pair.job, now)?;
            Ok(items.into_iter().map(|item| Item { sent_at: now, ..item }).collect())
        })
    }

    fn send_customers(
        &self,
        line: &Line,
        pair: &Pair,
        from: &Place,
        to: &Place,
        items: Vec<Item>,
    ) -> Result<Ran, Refusal> {
        let message = pair.message.trim();
        let transfer = Transfer {
            handover_userid: from.userid.clone(),
            takeover_userid: to.userid.clone(),
            external_userid: items.iter().map(|item| item.target.clone()).collect(),
            transfer_success_msg: (!message.is_empty()).then(|| message.to_owned()),
        };
        let asked = match pair.has_left {
            true => line.customer.transfer_customers_of_leaver(&transfer),
            false => line.customer.transfer_customers(&transfer),
        };
        let answers = match asked {
            Ok(answers) => answers,
            Err(error) => return self.not_sent(pair, items, &error),
        };
        let answers: BTreeMap<String, (i64, bool)> =
            answers.into_iter().map(|own| (own.external_userid.clone(), (own.errcode, own.is_taken()))).collect();
        let fate = |item: &Item| match answers.get(&item.target) {
            Some((_, true)) => Fate { state: "sent", code: None, wecom: None },
            // Somebody else may have asked for it before us: WeCom's record of this pair tells.
            Some((40100, _)) => Fate { state: "sent", code: Some("already_in_transfer"), wecom: Some(40100) },
            Some((-1 | 45009 | 45033 | 45035, _)) if pair.tries < TRIES_MAX => {
                Fate { state: "planned", code: None, wecom: None }
            }
            Some((code, _)) => Fate { state: "refused", code: Some(codes::of(*code).name), wecom: Some(*code) },
            // Not in the answer at all: whether it was taken shows in the record.
            None => Fate { state: "sent", code: None, wecom: None },
        };
        let fates = items.into_iter().map(|item| (fate(&item), item)).collect();
        self.save_fates(pair, fates)
    }

    fn send_groups(&self, line: &Line, pair: &Pair, to: &Place, items: Vec<Item>) -> Result<Ran, Refusal> {
        let ids: Vec<String> = items.iter().map(|item| item.target.clone()).collect();
        let asked = match pair.has_left {
            true => line.customer.transfer_groups_of_leaver(&ids, &to.userid),
            false => line.customer.transfer_groups(&ids, &to.userid),
        };
        let failed: BTreeMap<String, i64> = match asked {
            Ok(failed) => failed.into_iter().map(|own| (own.chat_id, own.errcode)).collect(),
            Err(error) => return self.not_sent(pair, items, &error),
        };
        let fate = |item: &Item| match failed.get(&item.target) {
            None => Fate { state: "sent", code: None, wecom: None },
            Some(-1 | 45033 | 45035) if pair.tries < TRIES_MAX => Fate { state: "planned", code: None, wecom: None },
            Some(code) => Fate { state: "refused", code: Some(codes::of(*code).name), wecom: Some(*code) },
        };
        let fates = items.into_iter().map(|item| (fate(&item), item)).collect();
        self.save_fates(pair, fates)
    }

    /// Saves what WeCom answered, and when the pair is looked at again.
    fn save_fates(&self, pair: &Pair, fates: Vec<(Fate, Item)>) -> Result<Ran, Refusal> {
        let (contacts, pair, now) = (self.clone(), pair.clone(), self.now());
        let again = fates.iter().any(|(fate, _)| fate.state == "planned");
        self.inner.db.transact(move |tx| {
            for (fate, item) in &fates {
                contacts.end_item(tx, &pair, item, fate, now)?;
            }
            let more = "SELECT 1 FROM handover_item WHERE pair = $1 AND state = 'planned' LIMIT 1";
            let more = tx.opt(more, params![pair.id], |row| row.int(0))?.is_some();
            let due = match (again, more) {
                (true, _) => now.plus_seconds(1 << pair.tries.clamp(1, 9)),
                (_, true) => now,
                (_, false) => now.plus_seconds(if pair.groups { 5 } else { FIRST_LOOK_SECONDS }),
            };
            let tries = if again { pair.tries + 1 } else { 0 };
            let sql = "UPDATE handover_pair SET due_at = $2, tries = $3, error = NULL WHERE id = $1";
            tx.execute(sql, params![pair.id, due, tries])?;
            Ok(close(tx, pair.job, now)?)
        })?;
        Ok(Ran::Went)
    }

    /// The call as a whole did not go through.
    fn not_sent(&self, pair: &Pair, items: Vec<Item>, error: &Error) -> Result<Ran, Refusal> {
        let (contacts, pair, now) = (self.clone(), pair.clone(), self.now());
        let (name, hand, wecom) = (error.name(), error.needs_a_hand(), error.code());
        let unsure = error.maybe_before || error.retry == Retry::LookFirst;
        let again = hand || unsure || (error.is_retryable() && pair.tries < TRIES_MAX);
        let due = match error.retry {
            Retry::At(at) => at.max(now.plus_seconds(1)),
            _ if hand => now.plus_seconds(60),
            _ if unsure => now.plus_seconds(LOOK_SECONDS),
            _ => now.plus_seconds(1 << pair.tries.clamp(1, 10)),
        };
        tracing::warn!(call = error.call, code = name, detail = %error.detail, again, "a hand-over could not be told to WeCom");
        self.inner.db.transact(move |tx| {
            if hand {
                contacts.note_trouble(tx, Some(name), now)?;
            }
            if !again {
                // It would be the same for all that wait.
                let more = planned(tx, pair.id, i64::MAX)?;
                for item in items.iter().chain(&more) {
                    contacts.end_item(tx, &pair, item, &Fate { state: "refused", code: Some(name), wecom }, now)?;
                }
                return Ok(close(tx, pair.job, now)?);
            }
            if !unsure {
                let ids: Vec<i64> = items.iter().map(|item| item.id).collect();
                let sql = format!(
                    "UPDATE handover_item SET state = 'planned', sent_at = NULL WHERE state = 'sending' AND {}",
                    tx.any("id", 1)
                );
                tx.execute(&sql, params![&ids])?;
            }
            Ok(put_off(tx, pair.id, due, Some(name))?)
        })?;
        Ok(Ran::Waits(due))
    }

    /// Puts an item into a state and tells its person.
    pub(super) fn end_item(
        &self,
        tx: &mut Tx<'_>,
        pair: &Pair,
        item: &Item,
        fate: &Fate,
        now: Time,
    ) -> Result<(), Refusal> {
        let settled = matches!(fate.state, "refused" | "done").then_some(now);
        let changed = tx.execute(
            "UPDATE handover_item SET state = $2, code = $3, wecom = $4, settled_at = $5, due_at = CASE WHEN $2 IN ('refused', 'done') THEN NULL ELSE due_at END,
               sent_at = CASE WHEN $2 = 'planned' THEN NULL ELSE sent_at END
             WHERE id = $1 AND state IN ('planned', 'sending', 'sent', 'waiting')",
            params![item.id, fate.state, fate.code, fate.wecom, settled],
        )?;
        let name = match fate.state {
            "sent" => names::TRANSFER_ASKED,
            "refused" => names::TRANSFER_FAILED,
            _ => return Ok(()),
        };
        let Some(num) = item.num.filter(|_| changed > 0) else { return Ok(()) };
        let places = places(tx, &[pair.handover.clone(), pair.takeover.clone()])?;
        let (from, to) = (&places[&pair.handover], &places[&pair.takeover]);
        let event = Happening::new(name, num, now, &[&item.target, "handover", &item.id.to_string()])
            .with("staff", &to.userid)
            .with("store", &to.store)
            .with("from", &from.userid)
            .with("why", &pair.reason)
            .with("handover", &pair.job_id)
            .with("reason", fate.code.unwrap_or_default());
        self.append(tx, vec![event], now)?;
        Ok(())
    }
}

pub(super) fn due_pair(tx: &mut Tx<'_>, now: Time) -> Result<Option<Pair>, DbError> {
    tx.opt(
        "SELECT p.id, p.job, j.id, j.what, j.reason, j.message, p.handover, p.takeover, p.has_left, p.tries
         FROM handover_pair p JOIN handover_job j ON j.num = p.job WHERE p.due_at <= $1 ORDER BY p.due_at, p.id LIMIT 1",
        params![now],
        |row| {
            Ok(Pair {
                id: row.int(0)?,
                job: row.int(1)?,
                job_id: row.text(2)?,
                groups: row.text(3)? == "groups",
                reason: row.text(4)?,
                message: row.text(5)?,
                handover: row.text(6)?,
                takeover: row.text(7)?,
                has_left: row.flag(8)?,
                tries: row.int(9)?,
            })
        },
    )
}

fn item(row: siyu_db::RowRef<'_>) -> Result<Item, DbError> {
    Ok(Item {
        id: row.int(0)?,
        target: row.text(1)?,
        num: row.opt_int(2)?.and_then(|num| PersonNum::try_from(num).ok()),
        sent_at: row.opt_time(3)?.unwrap_or_default(),
        code: row.opt_text(4)?,
    })
}
const ITEM: &str = "SELECT id, target, num, sent_at, code FROM handover_item WHERE pair = $1 AND state";

fn planned(tx: &mut Tx<'_>, pair: i64, limit: i64) -> Result<Vec<Item>, DbError> {
    tx.query(&format!("{ITEM} = 'planned' ORDER BY id LIMIT $2"), params![pair, limit], item)
}
pub(super) fn items_in(tx: &mut Tx<'_>, pair: i64, states: &str) -> Result<Vec<Item>, DbError> {
    tx.query(&format!("{ITEM} IN {states} ORDER BY id"), params![pair], item)
}
pub(super) fn put_off(tx: &mut Tx<'_>, pair: i64, due: Time, error: Option<&str>) -> Result<(), DbError> {
    let sql = "UPDATE handover_pair SET due_at = $2, error = $3, tries = tries + 1 WHERE id = $1";
    tx.execute(sql, params![pair, due, error]).map(drop)
}
