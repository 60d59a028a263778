//! What became of what was asked: by WeCom's own record of the pair.

use super::job::close;
use super::send::{Fate, Item, LOOK_SECONDS, Pair, items_in, put_off};
use crate::client::Line;
use crate::mirror::{CustomerRead, Hint, Hints, Scope};
use crate::rows::{places, time};
use crate::{Contacts, Ran};
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::{Error, GroupChat, Retry, TransferState};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who gave a customer to somebody, and why.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub from: String,
    pub why: String,
    pub job: String,
    pub sent_at: Time,
}

/// What WeCom's record says of one customer of a pair. A later request hides an earlier one.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    waiting: Option<Time>,
    done: Option<Time>,
    refused: bool,
    full: bool,
    other: bool,
}

/// WeCom's clock and ours may differ by so much.
const SLACK_SECONDS: i64 = 60;
const AGAIN_SECONDS: i64 = 600;
/// A request is looked after at least so often while it waits.
const LOOK_EVERY_SECONDS: i64 = 6 * 3_600;
/// After so long without a record there will be none.
const GIVE_UP_SECONDS: i64 = 48 * 3_600;
const DONE_BATCH: usize = 50;

impl Contacts {
    /// Reads WeCom's record of a pair and settles what it tells.
    pub(super) fn settle(&self, line: &Line, pair: &Pair) -> Result<Ran, Refusal> {
        let items = self.inner.db.read(|tx| Ok(items_in(tx, pair.id, "('sent', 'waiting')")?))?;
        if items.is_empty() {
            let (id, job, now) = (pair.id, pair.job, self.now());
            // Put off meanwhile (a day's limit), or nothing is left.
            let left = "UPDATE handover_pair SET due_at = NULL WHERE id = $1 AND due_at <= $2";
            self.inner.db.transact(move |tx| {
                tx.execute(left, params![id, now])?;
                Ok(close(tx, job, now)?)
            })?;
            return Ok(Ran::Went);
        }
        if pair.groups {
            return self.settle_groups(line, pair, items);
        }
        let asked = self.now();
        let records = match self.records(line, pair) {
            Ok(records) => records,
            Err(error) => return self.cannot_look(pair, &error),
        };
        let mut done: Vec<(Item, Time)> = Vec::new();
        let mut fates: Vec<(Fate, Item, Option<Time>)> = Vec::new();
        for item in items {
            match fate_of(&item, records.get(&item.target), asked) {
                Told::Nothing => {}
                Told::Done(at) => done.push((item, at)),
                Told::Waits(until) => {
                    fates.push((Fate { state: "waiting", code: None, wecom: None }, item, Some(until)));
                }
                Told::Not(code, wecom) => fates.push((Fate { state: "refused", code: Some(code), wecom }, item, None)),
            }
        }
        self.save_told(pair, fates)?;
        for part in done.chunks(DONE_BATCH) {
            if let Err(error) = self.take_over(line, pair, part)? {
                return self.cannot_look(pair, &error);
            }
        }
        self.look_again(pair)
    }

    fn records(&self, line: &Line, pair: &Pair) -> Result<BTreeMap<String, Record>, Error> {
        let names = self.inner.db.read(|tx| Ok(places(tx, &[pair.handover.clone(), pair.takeover.clone()])?));
        let names = names.unwrap_or_default();
        let userid = |key: &String| names.get(key).map_or_else(|| key.clone(), |own| own.userid.clone());
        let (from, to) = (userid(&pair.handover), userid(&pair.takeover));
        let pages = match pair.has_left {
            true => line.customer.transfer_results_of_leaver(&from, &to),
            false => line.customer.transfer_results(&from, &to),
        };
        let mut all: BTreeMap<String, Record> = BTreeMap::new();
        for row in pages.items() {
            let row = row?;
            let record = all.entry(row.external_userid.clone()).or_default();
            let at = time(row.takeover_time);
            match row.state() {
                TransferState::Done => record.done = record.done.max(Some(at)),
                TransferState::Waiting => record.waiting = record.waiting.max(Some(at)),
                TransferState::CustomerRefused => record.refused = true,
                TransferState::TakeoverFull => record.full = true,
                TransferState::NoRecord => {}
                TransferState::Other(_) => record.other = true,
            }
        }
        Ok(all)
    }

    fn save_told(&self, pair: &Pair, fates: Vec<(Fate, Item, Option<Time>)>) -> Result<(), Refusal> {
        if fates.is_empty() {
            return Ok(());
        }
        let (contacts, pair, now) = (self.clone(), pair.clone(), self.now());
        self.inner.db.transact(move |tx| {
            for (fate, item, until) in &fates {
                contacts.end_item(tx, &pair, item, fate, now)?;
                if until.is_some() {
                    tx.execute("UPDATE handover_item SET due_at = $2 WHERE id = $1", params![item.id, *until])?;
                }
            }
            Ok(close(tx, pair.job, now)?)
        })
    }

    /// Customers who have gone over: they are read anew, and the mirror, their events and the items change in one unit.
    fn take_over(&self, line: &Line, pair: &Pair, part: &[(Item, Time)]) -> Result<Result<(), Error>, Refusal> {
        let read_at = self.now();
        let mut reads: Vec<CustomerRead> = Vec::new();
        let mut hints: Hints = FxHashMap::default();
        for (item, at) in part {
            match crate::work::read_customer(line, &item.target) {
                Ok(read) => reads.push(read),
                Err(error) => return Ok(Err(error)),
            }
            let hint = Hint::Lost { by: "transfer", at: *at };
            hints.insert((item.target.clone(), pair.handover.clone()), hint);
        }
        let (contacts, pair, match_phones) = (self.clone(), pair.clone(), line.connection.match_phones);
        let (part, reads, hints) = (part.to_vec(), Arc::new(reads), Arc::new(hints));
        let now = self.now();
        self.inner.db.transact(move |tx| {
            let seen = contacts.seen(tx)?;
            let scope = Scope { read_at, seen, whole: true, match_phones, hints: &hints };
            contacts.put_customers(tx, &reads, &scope, now)?;
            for (item, at) in &part {
                tx.execute(
                    "UPDATE handover_item SET state = 'done', code = NULL, wecom = NULL, due_at = NULL, settled_at = $2 WHERE id = $1 AND state IN ('sent', 'waiting')",
                    params![item.id, *at],
                )?;
                tx.execute(
                    "DELETE FROM wecom_unassigned WHERE staff = $1 AND contact = $2",
                    params![&pair.handover, &item.target],
                )?;
            }
            Ok(close(tx, pair.job, now)?)
        })?;
        Ok(Ok(()))
    }

    /// A group has its new owner as soon as WeCom shows it so.
    fn settle_groups(&self, line: &Line, pair: &Pair, items: Vec<Item>) -> Result<Ran, Refusal> {
        for item in items {
            let read_at = self.now();
            let group = match line.customer.group(&item.target) {
                Ok(group) => Some(group),
                Err(error) if matches!(error.code(), Some(86001 | 86003)) => None,
                Err(error) => return self.cannot_look(pair, &error),
            };
            let (contacts, pair, now) = (self.clone(), pair.clone(), self.now());
            let late = now > item.sent_at.plus_seconds(GIVE_UP_SECONDS);
            self.inner.db.transact(move |tx| {
                let Some(group) = &group else {
                    contacts.dismiss_group(tx, &item.target, read_at, now)?;
                    let fate = Fate { state: "refused", code: Some("group_dismissed"), wecom: None };
                    contacts.end_item(tx, &pair, &item, &fate, now)?;
                    return Ok(close(tx, pair.job, now)?);
                };
                let group = GroupChat { chat_id: item.target.clone(), ..group.clone() };
                let seen = contacts.seen(tx)?;
                contacts.put_group(tx, &group, seen, read_at, "unknown", now)?;
                let fate = match crate::rows::key(&group.owner) == pair.takeover {
                    true => Fate { state: "done", code: None, wecom: None },
                    false if late => Fate { state: "refused", code: Some("no_record"), wecom: None },
                    false => return Ok(()),
                };
                contacts.end_item(tx, &pair, &item, &fate, now)?;
                Ok(close(tx, pair.job, now)?)
            })?;
        }
        self.look_again(pair)
    }

    /// When the pair is looked at next.
    fn look_again(&self, pair: &Pair) -> Result<Ran, Refusal> {
        let (id, now) = (pair.id, self.now());
        self.inner.db.transact(move |tx| {
            let sql = "SELECT COUNT(*), MIN(CASE WHEN state = 'waiting' THEN due_at END), SUM(CASE WHEN state <> 'waiting' THEN 1 ELSE 0 END)
                FROM handover_item WHERE pair = $1 AND state IN ('planned', 'sending', 'sent', 'waiting')";
            let (left, until, soon) = tx.one(sql, params![id], |row| Ok((row.int(0)?, row.opt_time(1)?, row.opt_int(2)?.unwrap_or(0))))?;
            let due = (left > 0).then(|| {
                let by_now = if soon > 0 { AGAIN_SECONDS } else { LOOK_EVERY_SECONDS };
                let due = until.map_or(Time::MAX, |until| until.plus_seconds(SLACK_SECONDS));
                let floor = if until.is_some_and(|until| until <= now) { AGAIN_SECONDS } else { SLACK_SECONDS };
                due.min(now.plus_seconds(by_now)).max(now.plus_seconds(floor))
            });
            let sql = "UPDATE handover_pair SET due_at = $2, tries = 0, error = NULL WHERE id = $1";
            Ok(tx.execute(sql, params![id, due])?)
        })?;
        Ok(Ran::Went)
    }

    fn cannot_look(&self, pair: &Pair, error: &Error) -> Result<Ran, Refusal> {
        let (contacts, id, now) = (self.clone(), pair.id, self.now());
        let (name, hand) = (error.name(), error.needs_a_hand());
        let due = match error.retry {
            Retry::At(at) => at.max(now.plus_seconds(1)),
            _ if hand => now.plus_seconds(60),
            _ => now.plus_seconds(2 << pair.tries.clamp(0, 10)),
        };
        tracing::warn!(call = error.call, code = name, detail = %error.detail, "what became of a hand-over could not be read");
        self.inner.db.transact(move |tx| {
            if hand {
                contacts.note_trouble(tx, Some(name), now)?;
            }
            Ok(put_off(tx, id, due, Some(name))?)
        })?;
        Ok(Ran::Waits(due))
    }

    /// Requests that a process may have made before it ended: WeCom's record tells which; the others are made again.
    pub(super) fn look_up(&self, line: &Line, pair: &Pair, items: Vec<Item>) -> Result<Ran, Refusal> {
        let now = self.now();
        let ready = items.iter().map(|item| item.sent_at.plus_seconds(LOOK_SECONDS)).max().unwrap_or(now);
        if ready > now {
            let id = pair.id;
            self.inner.db.transact(move |tx| Ok(put_off(tx, id, ready, None)?))?;
            return Ok(Ran::Waits(ready));
        }
        let asked: Vec<bool> = if pair.groups {
            // Giving a group to its owner changes nothing: asking again is safe.
            items.iter().map(|_| false).collect()
        } else {
            let records = match self.records(line, pair) {
                Ok(records) => records,
                Err(error) => return self.cannot_look(pair, &error),
            };
            items.iter().map(|item| was_asked(item, records.get(&item.target))).collect()
        };
        let (contacts, pair) = (self.clone(), pair.clone());
        self.inner.db.transact(move |tx| {
            for (item, asked) in items.iter().zip(&asked) {
                let state = if *asked { "sent" } else { "planned" };
                contacts.end_item(tx, &pair, item, &Fate { state, code: None, wecom: None }, now)?;
            }
            let sql = "UPDATE handover_pair SET due_at = $2, error = NULL WHERE id = $1";
            Ok(tx.execute(sql, params![pair.id, now])?)
        })?;
        Ok(Ran::Went)
    }

    /// Callbacks told something of these customers: their transfers are looked at within seconds.
    pub(crate) fn hasten_handovers(&self, tx: &mut Tx<'_>, contacts: &[String], now: Time) -> Result<(), DbError> {
        if contacts.is_empty() {
            return Ok(());
        }
        let soon = now.plus_seconds(5);
        let sql = format!(
            "UPDATE handover_pair SET due_at = $2 WHERE due_at > $2 AND id IN (SELECT pair FROM handover_item WHERE state IN ('sent', 'waiting') AND {})",
            tx.any("target", 1)
        );
        tx.execute(&sql, params![contacts, soon]).map(drop)
    }
    /// Whether a transfer that failed, as a callback tells, is one of ours: then it is told with its job.
    pub(crate) fn is_ours(&self, tx: &mut Tx<'_>, contact: &str, takeover: &str, at: Time) -> Result<bool, DbError> {
        let sql = "SELECT 1 FROM handover_item i JOIN handover_pair p ON p.id = i.pair
            WHERE i.target = $1 AND p.takeover = $2 AND i.sent_at <= $3 AND (i.settled_at IS NULL OR i.settled_at >= $4) LIMIT 1";
        let params = params![contact, takeover, at.plus_seconds(SLACK_SECONDS), at.plus_days(-1)];
        Ok(tx.opt(sql, params, |row| row.int(0))?.is_some())
    }
    /// By customer and who took over: the newest hand-over of ours.
    pub(crate) fn given(
        &self,
        tx: &mut Tx<'_>,
        contacts: &[String],
    ) -> Result<FxHashMap<(String, String), Given>, DbError> {
        let sql = format!(
            "SELECT i.target, p.takeover, COALESCE(s.userid, p.handover), j.reason, j.id, i.sent_at FROM handover_item i JOIN handover_pair p ON p.id = i.pair
             JOIN handover_job j ON j.num = i.job LEFT JOIN wecom_staff s ON s.key = p.handover
             WHERE i.sent_at IS NOT NULL AND i.state IN ('sending', 'sent', 'waiting', 'done') AND {} ORDER BY i.id",
            tx.any("i.target", 1)
        );
        let rows = tx.query(&sql, params![contacts], |row| {
            let given = Given { from: row.text(2)?, why: row.text(3)?, job: row.text(4)?, sent_at: row.time(5)? };
            Ok(((row.text(0)?, row.text(1)?), given))
        })?;
        Ok(rows.into_iter().collect())
    }
}

enum Told {
    Nothing,
    Waits(Time),
    Done(Time),
    Not(&'static str, Option<i64>),
}

fn fate_of(item: &Item, record: Option<&Record>, now: Time) -> Told {
    let record = record.copied().unwrap_or_default();
    let given_up = now > item.sent_at.plus_seconds(GIVE_UP_SECONDS);
    let ours = |at: &Time| *at >= item.sent_at.plus_seconds(-SLACK_SECONDS);
    if let Some(until) = record.waiting {
        return Told::Waits(until);
    }
    if let Some(at) = record.done.filter(ours) {
        return Told::Done(at);
    }
    // Somebody else asked, for another pair: this one has no record and never will.
    if item.code.as_deref() == Some("already_in_transfer") && !record.refused && !record.full {
        return Told::Not("already_in_transfer", Some(40100));
    }
    match (record.full, record.refused, record.other) {
        (true, ..) => Told::Not("takeover_full", None),
        (_, true, _) => Told::Not("customer_refused", None),
        (.., true) if given_up => Told::Not("unknown_status", None),
        _ if given_up => Told::Not("no_record", None),
        _ => Told::Nothing,
    }
}

/// Whether the record can only come from a request made when the item was marked. An older refusal looks the same: then it counts as
/// ours, for nobody is to be asked twice.
fn was_asked(item: &Item, record: Option<&Record>) -> bool {
    let ours = |at: Time| at >= item.sent_at.plus_seconds(-SLACK_SECONDS);
    record
        .is_some_and(|own| own.waiting.is_some() || own.done.is_some_and(ours) || own.refused || own.full || own.other)
}
