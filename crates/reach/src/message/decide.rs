//! From the gate's decisions to tasks: whoever is let through is gathered by member of staff, and a wave of them becomes tasks together.

use super::split::candidates;
use super::{CANCELLED, CONFIRMED, GATHERING, MADE, SKIPPED, TASK_MAX, TO_MAKE, WAITING, WISH_CANCEL};
use crate::events::{Happening, names};
use crate::{Reach, refuse};
use siyu_contacts::Ran;
use siyu_db::{Param, Tx, params};
use siyu_gate::{Channel, Due, End, Judged, RunChange, RunRow, Verdict};
use siyu_kernel::{PersonNum, Refusal, Time};
use std::collections::{BTreeMap, HashMap};

/// One round of splitmix: neighbours do not get the same.
pub(crate) fn spread(seed: u64, num: PersonNum) -> u64 {
    let mut z = seed.wrapping_add(u64::from(num)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Of each person who can be sent to: the customer and the member of staff it goes through.
pub(super) type Ways = HashMap<PersonNum, (String, String)>;

/// Mail and SMS are decided where they are sent.
fn through_staff(channel: Channel) -> bool {
    !channel.is_direct()
}

impl Reach {
    /// One unit of what the gate has to decide: a part of a run, or those who have waited. The caller holds the lease.
    pub fn work_gate(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let next = match self.work_tests(through_staff)? {
            Ran::Went => return Ok(Ran::Went),
            Ran::Waits(at) => Some(at),
            Ran::Nothing => None,
        };
        let (due, expired) =
            self.parts().db.read(|tx| Ok((self.parts().gate.due(tx, through_staff, now)?, self.expired(tx, now)?)))?;
        if let Some(id) = expired {
            let reach = self.clone();
            self.parts().db.transact(move |tx| reach.stop_tasks(tx, &id, "unconfirmed", now))?;
            return Ok(Ran::Went);
        }
        match due {
            Due::Nothing => Ok(next.map_or(Ran::Nothing, Ran::Waits)),
            Due::Later(at) => Ok(Ran::Waits(next.map_or(at, |own| own.min(at)))),
            due => {
                let reach = self.clone();
                self.parts().db.transact(move |tx| {
                    if let Due::Part(id) | Due::Again(id) = &due {
                        reach.trip_complaints(tx, id, now)?;
                    }
                    reach.decide_due(tx, &due, now)?;
                    if let Due::Part(id) | Due::Again(id) = &due {
                        let more = matches!(reach.parts().gate.due(tx, through_staff, now)?, Due::Part(next) | Due::Again(next) if next == *id);
                        if !more {
                            reach.gathered(tx, id, now)?;
                        }
                    }
                    Ok(())
                })?;
                Ok(Ran::Went)
            }
        }
    }

    /// Decides what is due, gathers those who are let through, and tells of those who are not.
    pub(super) fn decide_due(&self, tx: &mut Tx<'_>, due: &Due, now: Time) -> Result<Vec<Judged>, Refusal> {
        let gate = &self.parts().gate;
        let Some(taken) = gate.take(tx, due, now)? else { return Ok(Vec::new()) };
        let (_, zone) = self.parts().beside.brand(tx)?;
        let (ways, spent) = match taken.closing {
            Some(_) => Default::default(),
            None => self.ways_but(tx, &taken.run.id, &taken.nums, None)?,
        };
        let mut each = candidates(&taken.nums, &ways);
        // All of their friends have been asked, and none has confirmed.
        each.iter_mut().filter(|own| spent.contains(&own.num)).for_each(|own| own.unreachable = Some("unconfirmed"));
        let judged = gate.decide(tx, &taken, &each, &zone, now)?;
        self.gather(tx, &taken.run, &judged, &ways, now)?;
        let skipped = judged.iter().filter_map(|own| match own.verdict {
            Verdict::Skip(reason) => Some((own.num, End::Skipped, reason)),
            _ => None,
        });
        let skipped: Vec<_> = skipped.collect();
        if !skipped.is_empty() {
            self.parts().ends.ended(tx, &taken.run.id, &skipped)?;
        }
        let events = skipped.into_iter().map(|(num, _, reason)| {
            Happening::new(names::MESSAGE_SKIPPED, num, now, &format!("message:{}:{num}", taken.run.id))
                .with("message", &taken.run.id)
                .with("message_name", &taken.run.name)
                .with("reason", reason)
        });
        let events: Vec<Happening> = events.collect();
        self.append(tx, events, now)?;
        Ok(judged)
    }

    pub(super) fn ways(&self, tx: &mut Tx<'_>, nums: &[PersonNum]) -> Result<Ways, Refusal> {
        // Some have become one with others since the run was made: their friends are found under the person they are now.
        let roots = self.parts().people.roots(tx, nums)?;
        let mut each = roots.clone();
        each.sort_unstable();
        each.dedup();
        let friends = self.parts().contacts.last_friends(tx, &each)?;
        let way = |(num, root): (&PersonNum, &PersonNum)| Some((*num, friends.get(root)?.clone()));
        Ok(nums.iter().zip(&roots).filter_map(way).collect())
    }

    /// Puts those who go into tasks that gather: one for each member of staff, another when it is full.
    fn gather(&self, tx: &mut Tx<'_>, run: &RunRow, judged: &[Judged], ways: &Ways, now: Time) -> Result<(), Refusal> {
        let mut by_staff: BTreeMap<(&str, i64), Vec<(PersonNum, &str)>> = BTreeMap::new();
        let variants = self.variants(tx, &run.id)?;
        let chosen = crate::chosen_content(tx, &run.id)?;
        let after_test = i64::from(chosen.is_some());
        for own in judged.iter().filter(|own| matches!(own.verdict, Verdict::Go { .. })) {
            if let Some((contact, staff)) = ways.get(&own.num) {
                let variant = chosen.unwrap_or_else(|| self.variant_of(run.num, own.root, variants));
                by_staff.entry((staff, variant)).or_default().push((own.num, contact));
            }
        }
        if by_staff.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "SELECT staff, variant, id, people FROM message_task WHERE message = $1 AND state = {GATHERING} AND people < {TASK_MAX} AND rest = $2"
        );
        let mut open: BTreeMap<(String, i64), (i64, usize)> = tx
            .query(&sql, params![&run.id, after_test], |row| {
                Ok(((row.text(0)?, row.int(1)?), (row.int(2)?, row.int(3)? as usize)))
            })?
            .into_iter()
            .collect();
        let mut rows: Vec<(PersonNum, &str, i64)> = Vec::with_capacity(judged.len());
        let mut grown: BTreeMap<i64, i64> = BTreeMap::new();
        for ((staff, variant), people) in &by_staff {
            let mut rest = people.as_slice();
            while !rest.is_empty() {
                let key = ((*staff).to_owned(), *variant);
                let (task, held) = match open.get(&key).copied() {
                    Some((task, held)) if held < TASK_MAX => (task, held),
                    _ => (self.new_task(tx, &run.id, staff, *variant, after_test)?, 0),
                };
                let (now_in, later) = rest.split_at(rest.len().min(TASK_MAX - held));
                rows.extend(now_in.iter().map(|(num, contact)| (*num, *contact, task)));
                *grown.entry(task).or_default() += now_in.len() as i64;
                open.insert(key, (task, held + now_in.len()));
                rest = later;
            }
        }
        for (task, more) in grown {
            tx.execute("UPDATE message_task SET people = people + $2 WHERE id = $1", params![task, more])?;
        }
        rows.sort_unstable();
        let values: Vec<[Param<'_>; 7]> = rows
            .iter()
            .map(|(num, contact, task)| {
                let (message, reason) = ((&run.id).into(), "".into());
                [message, (*num).into(), (*contact).into(), (*task).into(), WAITING.into(), reason, now.into()]
            })
            .collect();
        tx.bulk(
            "INSERT INTO message_person (message, num, contact, task, state, reason, at)",
            "ON CONFLICT (message, num) DO UPDATE SET contact = excluded.contact, task = excluded.task, state = excluded.state, reason = excluded.reason, at = excluded.at",
            &values,
        )?;
        self.put_in(tx, &run.id, &rows)
    }
    pub(super) fn new_task(
        &self,
        tx: &mut Tx<'_>,
        message: &str,
        staff: &str,
        variant: i64,
        rest: i64,
    ) -> Result<i64, Refusal> {
        let own = self.parts().contacts.colleague(tx, staff)?;
        // Part 0 was the first of a member before there were waves.
        Ok(tx.one(
            "INSERT INTO message_task (message, staff, userid, store, part, state, variant, due_at, rest) VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8) RETURNING id",
            params![message, staff, &own.userid, &own.store, GATHERING, variant, Time::MAX, rest],
            |row| row.int(0),
        )?)
    }
    /// A wave is complete: its tasks are made at WeCom.
    pub(super) fn gathered(&self, tx: &mut Tx<'_>, message: &str, now: Time) -> Result<(), Refusal> {
        let sql = "UPDATE message_task SET state = $2, due_at = $3 WHERE message = $1 AND state = $4";
        tx.execute(sql, params![message, TO_MAKE, now, GATHERING])?;
        self.lay_out(tx, message)
    }
    fn variants(&self, tx: &mut Tx<'_>, message: &str) -> Result<i64, Refusal> {
        Ok(tx.one("SELECT COUNT(*) FROM message_variant WHERE message = $1", params![message], |row| row.int(0))?)
    }
    /// The same person gets the same content in every process: drawn by number.
    fn variant_of(&self, run: u32, root: PersonNum, variants: i64) -> i64 {
        if variants == 0 {
            return 0;
        }
        let drawn = spread(self.parts().vault.derived64(&format!("variant:{run}")), root);
        ((u128::from(drawn) * (variants as u128 + 1)) >> 64) as i64
    }

    /// A message whose time is over and that has tasks nobody has confirmed.
    fn expired(&self, tx: &mut Tx<'_>, now: Time) -> Result<Option<String>, Refusal> {
        let sql = format!(
            "SELECT r.id FROM gate_run r JOIN message_task t ON t.message = r.id
             WHERE r.ended_at IS NULL AND r.expires_at <= $1 AND t.finished = 0 AND t.wish <> {WISH_CANCEL} AND t.state IN ({TO_MAKE}, {MADE}, {GATHERING}) LIMIT 1"
        );
        Ok(tx.opt(&sql, params![now], |row| row.text(0))?)
    }
    /// Stops what is not sent: tasks WeCom does not know of at once, the others when it has been told.
    pub(super) fn stop_tasks(&self, tx: &mut Tx<'_>, id: &str, reason: &str, now: Time) -> Result<(), Refusal> {
        self.lay_out(tx, id)?;
        let unmade = self.message_tasks(tx, id)?.into_iter().filter(|task| [TO_MAKE, GATHERING].contains(&task.raw));
        for task in unmade.collect::<Vec<_>>() {
            tx.execute("UPDATE message_task SET state = $2, finished = 1 WHERE id = $1", params![task.id, CANCELLED])?;
            let reason = if reason == "unconfirmed" { "expired" } else { reason };
            self.end_people(tx, &task, None, SKIPPED, reason, now)?;
        }
        // A member who has confirmed is sending: only who cancels stops that.
        let confirmed = if reason == "cancelled" { CONFIRMED } else { MADE };
        let sql = "UPDATE message_task SET wish = $2, due_at = CASE WHEN state IN ($3, $4) THEN $5 ELSE due_at END WHERE message = $1 AND finished = 0 AND state <> $6";
        let keep = if reason == "cancelled" { -1 } else { CONFIRMED };
        tx.execute(sql, params![id, WISH_CANCEL, MADE, confirmed, now, keep])?;
        Ok(())
    }

    /// Stops what is not sent yet. Errors: `message_unknown`, `message_over`.
    pub fn cancel_message(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<(), Refusal> {
        self.running(tx, id)?;
        self.parts().gate.change_run(tx, id, RunChange::Cancel, now)?;
        self.stop_tasks(tx, id, "cancelled", now)
    }
    /// While it stands still nobody is decided and no task is made; what WeCom has already goes on. Errors: as for cancelling.
    pub fn pause_message(&self, tx: &mut Tx<'_>, id: &str, pause: bool, now: Time) -> Result<(), Refusal> {
        self.running(tx, id)?;
        let change = if pause { RunChange::Pause } else { RunChange::Resume };
        self.parts().gate.change_run(tx, id, change, now)?;
        Ok(())
    }
    pub(crate) fn running(&self, tx: &mut Tx<'_>, id: &str) -> Result<RunRow, Refusal> {
        let run = self.message_run(tx, id)?;
        if run.ended_at.is_some() || run.state == "cancelled" { Err(refuse::message_over()) } else { Ok(run) }
    }
    pub(super) fn message_run(&self, tx: &mut Tx<'_>, id: &str) -> Result<RunRow, Refusal> {
        let known = tx.opt("SELECT 1 FROM message WHERE id = $1", params![id], |row| row.int(0))?;
        known.ok_or_else(refuse::message_unknown)?;
        self.parts().gate.run(tx, id)
    }
}
