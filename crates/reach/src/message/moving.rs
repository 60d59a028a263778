//! Tasks that a member does not confirm: asked again by themselves, and taken back so that their people go through another friend.
//!
//! Nobody gets a message twice. So the order is: WeCom is told to stop the task, until it has said that it did; a minute later, when its lists show what
//! came before that, it is asked who has confirmed and what became of each customer; and only whom it then says to be unsent, of a member who has not
//! confirmed, goes on, in one unit with the row of the old task. Of whom it says nothing nobody knows, and they are not sent it again.
//!
//! At the gate nothing changes: who was let through stays let through, with the same touch, until it is known what became of it.

use super::decide::Ways;
use super::lists::TaskRow;
use super::make::FIRST_READ_SECONDS;
use super::{CANCELLED, CONFIRMED, FAILED, MADE, SKIPPED, TASK_MAX, TO_MAKE, WAITING, WISH_MOVE, WISH_REMIND};
use crate::mass::LOOK_SECONDS;
use crate::{Reach, refuse};
use siyu_db::{Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_wecom::{Client, Delivery, Error, MassResult, Retry};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is done by itself for tasks that nobody confirms: so many hours after each was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Care {
    /// The member is reminded, once.
    pub nudge_hours: Option<i64>,
    /// The task is taken back, where somebody of it has another friend.
    pub reassign_hours: Option<i64>,
}

const HOURS: std::ops::RangeInclusive<i64> = 1..=720;
/// What WeCom refuses to stop as often as this stays as it is.
const REFUSED_MAX: i64 = 5;
/// Nobody is reminded by itself outside of these hours of the brand.
const AWAKE: std::ops::Range<i64> = 9..21;
const AT_ONCE: usize = 1_000;

/// What WeCom says of a member's task.
enum Standing {
    Unconfirmed,
    Confirmed(Time),
    /// It does not list it.
    Unknown,
}

impl Reach {
    /// Errors: `message_care`.
    pub fn set_care(&self, tx: &mut Tx<'_>, message: &str, care: Care) -> Result<(), Refusal> {
        for (field, hours) in [("nudge_after_hours", care.nudge_hours), ("reassign_after_hours", care.reassign_hours)] {
            if hours.is_some_and(|own| !HOURS.contains(&own)) {
                return Err(refuse::message_care(field));
            }
        }
        if care == Care::default() {
            return Ok(());
        }
        let sql = "INSERT INTO message_care (message, nudge, reassign) VALUES ($1, $2, $3)";
        tx.execute(sql, params![message, care.nudge_hours, care.reassign_hours])?;
        Ok(())
    }
    pub fn care(&self, tx: &mut Tx<'_>, message: &str) -> Result<Care, Refusal> {
        let sql = "SELECT nudge, reassign FROM message_care WHERE message = $1";
        let found = tx.opt(sql, params![message], |row| {
            Ok(Care { nudge_hours: row.opt_int(0)?, reassign_hours: row.opt_int(1)? })
        })?;
        Ok(found.unwrap_or_default())
    }
    /// Once a task was read and is not confirmed: what has come due for it.
    pub(super) fn attend(&self, tx: &mut Tx<'_>, task: &TaskRow, now: Time) -> Result<(), Refusal> {
        let (care, Some(made)) = (self.care(tx, &task.message)?, task.made_at) else { return Ok(()) };
        if care == Care::default() || self.message_run(tx, &task.message)?.state != "running" {
            return Ok(());
        }
        let at = |hours: Option<i64>| hours.map(|own| made.plus_seconds(own * 3_600));
        if at(care.reassign_hours).is_some_and(|at| at <= now) && !self.others(tx, task)?.is_empty() {
            self.wish(tx, task, WISH_MOVE, now)?;
            return Ok(());
        }
        let (_, zone) = self.parts().beside.brand(tx)?;
        if at(care.nudge_hours).is_some_and(|at| at <= now)
            && task.reminded_at.is_none()
            && AWAKE.contains(&i64::from(zone.hour(now)))
        {
            self.wish(tx, task, WISH_REMIND, now)?;
            return Ok(());
        }
        // Read no later than the next of the two.
        let next = [at(care.nudge_hours).filter(|_| task.reminded_at.is_none()), at(care.reassign_hours)];
        if let Some(next) = next.into_iter().flatten().filter(|at| *at > now).min() {
            let sql = "UPDATE message_task SET due_at = $2 WHERE id = $1 AND due_at > $2 AND wish = 0";
            tx.execute(sql, params![task.id, next])?;
        }
        Ok(())
    }
    /// Answers whether the task waits for its member and nobody wants anything else of it.
    fn wish(&self, tx: &mut Tx<'_>, task: &TaskRow, wish: i64, now: Time) -> Result<bool, Refusal> {
        let sql = "UPDATE message_task SET wish = $2, recalled_at = NULL, tries = 0, due_at = $3 WHERE id = $1 AND state = $4 AND finished = 0 AND wish IN (0, $5)";
        Ok(tx.execute(sql, params![task.id, wish, now, MADE, WISH_REMIND])? == 1)
    }

    /// Takes a task back, so that its people go through other friends of theirs.
    ///
    /// Errors: `message_unknown`, `message_over`, `message_task_unknown`, `message_task_state` (the member has confirmed, or WeCom does not have it),
    /// `message_task_alone` (nobody of it has another friend).
    pub fn reassign_task(&self, tx: &mut Tx<'_>, message: &str, task: i64, now: Time) -> Result<(), Refusal> {
        self.running(tx, message)?;
        let found = self.message_tasks(tx, message)?.into_iter().find(|own| own.id == task);
        let task = found.ok_or_else(refuse::message_task_unknown)?;
        if task.raw != MADE {
            return Err(refuse::message_task_state());
        }
        if self.others(tx, &task)?.is_empty() {
            return Err(refuse::message_task_alone());
        }
        if self.wish(tx, &task, WISH_MOVE, now)? { Ok(()) } else { Err(refuse::message_task_state()) }
    }

    /// Of each who waits in this task and has another friend among staff, through whom they have not been tried yet: the way through the last of those.
    fn others(&self, tx: &mut Tx<'_>, task: &TaskRow) -> Result<Ways, Refusal> {
        let reachable = |(num, contact): (PersonNum, String)| (!contact.is_empty()).then_some(num);
        let nums: Vec<PersonNum> = self.waiting(tx, task)?.into_iter().filter_map(reachable).collect();
        let own = task.userid.to_lowercase();
        let mut all = Ways::default();
        for some in nums.chunks(AT_ONCE) {
            all.extend(self.ways_but(tx, &task.message, some, Some(&own))?.0);
        }
        Ok(all)
    }
    /// Ways through friends by whom this message has not been taken back from the person, nor `but`; and those who have friends, but none such.
    pub(super) fn ways_but(
        &self,
        tx: &mut Tx<'_>,
        message: &str,
        nums: &[PersonNum],
        but: Option<&str>,
    ) -> Result<(Ways, BTreeSet<PersonNum>), Refusal> {
        let tried = self.tried(tx, message, nums)?;
        if tried.is_empty() && but.is_none() {
            return Ok((self.ways(tx, nums)?, BTreeSet::new()));
        }
        let friends = self.friends(tx, nums)?;
        let (mut ways, mut spent) = (Ways::default(), BTreeSet::new());
        for num in nums {
            let Some(own) = friends.get(num) else { continue };
            let free = |(_, staff): &&(String, String)| {
                but != Some(staff.as_str()) && !tried.get(num).is_some_and(|all| all.contains(staff))
            };
            match own.iter().rev().find(free) {
                Some(way) => drop(ways.insert(*num, way.clone())),
                None => drop(spent.insert(*num)),
            }
        }
        Ok((ways, spent))
    }
    fn tried(
        &self,
        tx: &mut Tx<'_>,
        message: &str,
        nums: &[PersonNum],
    ) -> Result<BTreeMap<PersonNum, BTreeSet<String>>, Refusal> {
        let list: Vec<i64> = nums.iter().map(|num| i64::from(*num)).collect();
        let sql = format!("SELECT num, staff FROM message_moved WHERE message = $1 AND {}", tx.any("num", 2));
        let mut all: BTreeMap<PersonNum, BTreeSet<String>> = BTreeMap::new();
        for (num, staff) in tx.query(&sql, params![message, &list], |row| Ok((row.num(0)?, row.text(1)?)))? {
            all.entry(num).or_default().insert(staff);
        }
        Ok(all)
    }
    /// By number: customer and member of every friendship, whoever was added last at the end.
    fn friends(
        &self,
        tx: &mut Tx<'_>,
        nums: &[PersonNum],
    ) -> Result<HashMap<PersonNum, Vec<(String, String)>>, Refusal> {
        let roots = self.parts().people.roots(tx, nums)?;
        let mut each = roots.clone();
        each.sort_unstable();
        each.dedup();
        let friends = self.parts().contacts.friends(tx, &each)?;
        let of = |(num, root): (&PersonNum, &PersonNum)| Some((*num, friends.get(root)?.clone()));
        Ok(nums.iter().zip(&roots).filter_map(of).collect())
    }

    /// One step of taking a task back: WeCom stops it; a minute later it is read, and its people go on.
    pub(super) fn take_back_task(&self, client: &Client, task: &TaskRow) -> Result<(), Refusal> {
        if task.recalled_at.is_none() {
            return self.recall_task(client, task);
        }
        let read = self.standing(client, task).and_then(|own| Ok((own, self.results(client, task)?)));
        match read {
            Ok((standing, results)) => self.move_people(task, &standing, &results),
            // WeCom has stopped it; what it was like is asked again.
            Err(error) => self.read_again(task, &error),
        }
    }
    /// Stopping twice is stopping: a lost answer is asked for again.
    fn recall_task(&self, client: &Client, task: &TaskRow) -> Result<(), Refusal> {
        let stopped = client.cancel_mass(&task.msgid);
        if let Err(error) = &stopped {
            if error.is_retryable() || error.retry == Retry::LookFirst || task.tries < REFUSED_MAX {
                return self.read_again(task, error);
            }
            tracing::warn!(task = task.id, code = error.name(), "a task could not be taken back; it stays");
        }
        let (id, now) = (task.id, self.now());
        let (wish, recalled) = if stopped.is_ok() { (WISH_MOVE, Some(now)) } else { (0, None) };
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE message_task SET wish = $2, recalled_at = $3, due_at = $4, tries = 0 WHERE id = $1 AND wish = $5";
            tx.execute(sql, params![id, wish, recalled, now.plus_seconds(LOOK_SECONDS), WISH_MOVE])?;
            Ok(())
        })
    }
    fn read_again(&self, task: &TaskRow, error: &Error) -> Result<(), Refusal> {
        let (id, name, now) = (task.id, error.name(), self.now());
        let due = match error.retry {
            Retry::At(at) => at.max(now.plus_seconds(1)),
            _ => now.plus_seconds(5 << task.tries.clamp(0, 7)),
        };
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE message_task SET tries = tries + 1, error = $2, due_at = $3 WHERE id = $1";
            tx.execute(sql, params![id, name, due])?;
            Ok(())
        })
    }
    fn standing(&self, client: &Client, task: &TaskRow) -> Result<Standing, Error> {
        let mut standing = Standing::Unknown;
        for own in client.mass_tasks(&task.msgid).items() {
            let own = own?;
            if own.userid.eq_ignore_ascii_case(&task.userid) {
                if own.is_sent() {
                    let at = own.send_time.map_or(self.now(), |at| Time(at.saturating_mul(1_000_000)));
                    return Ok(Standing::Confirmed(at));
                }
                standing = Standing::Unconfirmed;
            }
        }
        Ok(standing)
    }

    fn move_people(&self, task: &TaskRow, standing: &Standing, results: &[MassResult]) -> Result<(), Refusal> {
        let now = self.now();
        let unsent: BTreeSet<String> = match standing {
            Standing::Unconfirmed => {
                let waiting = results.iter().filter(|own| matches!(own.delivery(), Delivery::Waiting));
                waiting.filter_map(|own| own.external_userid.clone()).collect()
            }
            Standing::Confirmed(_) | Standing::Unknown => BTreeSet::new(),
        };
        let confirmed = if let Standing::Confirmed(at) = standing { Some(*at) } else { None };
        let (reach, task, results) = (self.clone(), task.clone(), results.to_vec());
        self.parts().db.transact(move |tx| {
            // Whoever has cancelled the message meanwhile comes first.
            reach.gate().stand_in_line(tx)?;
            let wish = "SELECT wish FROM message_task WHERE id = $1";
            if tx.one(wish, params![task.id], |row| row.int(0))? != WISH_MOVE {
                return Ok(());
            }
            reach.take_results(tx, &task, &results, now)?;
            if let Some(at) = confirmed {
                // The member was faster: whoever is not reported yet may have it. It is read on.
                let sql = "UPDATE message_task SET state = $2, confirmed_at = COALESCE(confirmed_at, $3), wish = 0, recalled_at = NULL, tries = 0, error = NULL, read_at = $4, due_at = $5 WHERE id = $1";
                tx.execute(sql, params![task.id, CONFIRMED, at, now, now.plus_seconds(FIRST_READ_SECONDS)])?;
                return reach.close_if_done(tx, &task);
            }
            let moved = reach.move_unsent(tx, &task, &unsent, now)?;
            let sql = "UPDATE message_task SET state = $2, wish = 0, error = NULL, moved = $3, read_at = $4 WHERE id = $1";
            tx.execute(sql, params![task.id, CANCELLED, moved, now])?;
            reach.close_if_done(tx, &task)
        })
    }
    /// Puts whoever is unsent into tasks of other friends; answers how many. Nobody waits in the old one afterwards.
    fn move_unsent(
        &self,
        tx: &mut Tx<'_>,
        task: &TaskRow,
        unsent: &BTreeSet<String>,
        now: Time,
    ) -> Result<i64, Refusal> {
        let rows = self.waiting(tx, task)?;
        let (free, doubtful): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, own)| unsent.contains(own));
        let names = |some: &[(PersonNum, String)]| some.iter().map(|(_, own)| own.clone()).collect::<Vec<_>>();
        let (erased, doubtful): (Vec<_>, Vec<_>) = doubtful.into_iter().partition(|(_, own)| own.is_empty());
        self.end_people(tx, task, Some(&names(&erased)), SKIPPED, "erased", now)?;
        self.end_people(tx, task, Some(&names(&doubtful)), FAILED, "outcome_unknown", now)?;
        let run = self.message_run(tx, &task.message)?;
        if run.state == "cancelled" || run.expires <= now {
            let reason = if run.state == "cancelled" { "cancelled" } else { "unconfirmed" };
            self.end_people(tx, task, Some(&names(&free)), SKIPPED, reason, now)?;
            return Ok(0);
        }
        // Two of the message's people may have become one since: one of them has it, or gets it.
        let nums: Vec<PersonNum> = free.iter().map(|(num, _)| *num).collect();
        let twice = self.twice(tx, task, &nums)?;
        let (twice, free): (Vec<_>, Vec<_>) = free.into_iter().partition(|(num, _)| twice.contains(num));
        self.end_people(tx, task, Some(&names(&twice)), SKIPPED, "duplicate", now)?;

        let own = task.userid.to_lowercase();
        let others = self.others(tx, task)?;
        let mut by_staff: BTreeMap<String, Vec<(PersonNum, String)>> = BTreeMap::new();
        let (mut alone, mut left) = (Vec::new(), Vec::new());
        for (num, contact) in free {
            match others.get(&num) {
                Some((contact, staff)) => {
                    left.push(num);
                    by_staff.entry(staff.clone()).or_default().push((num, contact.clone()));
                }
                None => alone.push((num, contact)),
            }
        }
        // Who has nobody else stays with the member, in a task of their own, as long as they are friends.
        let nums: Vec<PersonNum> = alone.iter().map(|(num, _)| *num).collect();
        let mut friends = HashMap::new();
        for some in nums.chunks(AT_ONCE) {
            friends.extend(self.friends(tx, some)?);
        }
        let stays = |(num, contact): &(PersonNum, String)| {
            friends.get(num).is_some_and(|all| all.iter().any(|(one, staff)| one == contact && *staff == own))
        };
        let (stay, gone): (Vec<_>, Vec<_>) = alone.into_iter().partition(stays);
        self.end_people(tx, task, Some(&names(&gone)), SKIPPED, "no_friend", now)?;
        if !stay.is_empty() {
            by_staff.insert(own.clone(), stay);
        }
        for (staff, people) in by_staff {
            for some in people.chunks(TASK_MAX) {
                self.hand_over(tx, task, &staff, some, now)?;
            }
        }
        let rows: Vec<[Param<'_>; 4]> =
            left.iter().map(|num| [(&task.message).into(), (*num).into(), own.as_str().into(), now.into()]).collect();
        tx.bulk(
            "INSERT INTO message_moved (message, num, staff, at)",
            "ON CONFLICT (message, num, staff) DO NOTHING",
            &rows,
        )?;
        Ok(left.len() as i64)
    }
    /// A new task of this member for people of an old one, with the same content.
    fn hand_over(
        &self,
        tx: &mut Tx<'_>,
        old: &TaskRow,
        staff: &str,
        people: &[(PersonNum, String)],
        now: Time,
    ) -> Result<(), Refusal> {
        let rest = "SELECT rest FROM message_task WHERE id = $1";
        let rest = tx.one(rest, params![old.id], |row| row.int(0))?;
        let task = self.new_task(tx, &old.message, staff, old.variant, rest)?;
        let many = people.len() as i64;
        let sql = "UPDATE message_task SET state = $2, due_at = $3, people = $4 WHERE id = $1";
        tx.execute(sql, params![task, TO_MAKE, now, many])?;
        tx.execute("UPDATE message_task SET people = people - $2 WHERE id = $1", params![old.id, many])?;
        let rows: Vec<[Param<'_>; 7]> = people
            .iter()
            .map(|(num, contact)| {
                let (message, reason) = ((&old.message).into(), "".into());
                [message, (*num).into(), contact.into(), task.into(), WAITING.into(), reason, now.into()]
            })
            .collect();
        tx.bulk(
            "INSERT INTO message_person (message, num, contact, task, state, reason, at)",
            "ON CONFLICT (message, num) DO UPDATE SET contact = excluded.contact, task = excluded.task, at = excluded.at",
            &rows,
        )?;
        self.list(tx, task, people)?;
        self.leave(tx, old.id, &people.iter().map(|(num, _)| i64::from(*num)).collect())
    }
    /// Of these, who are people of a task, those who are somebody that has the message already, waits for it elsewhere, or stands earlier among them.
    fn twice(&self, tx: &mut Tx<'_>, task: &TaskRow, nums: &[PersonNum]) -> Result<BTreeSet<PersonNum>, Refusal> {
        let mut twice = BTreeSet::new();
        let mut seen: BTreeSet<PersonNum> = BTreeSet::new();
        for some in nums.chunks(AT_ONCE) {
            let roots = self.parts().people.roots(tx, some)?;
            let mut each = roots.clone();
            each.sort_unstable();
            each.dedup();
            let nodes = self.parts().people.nodes_of(tx, &each)?;
            let root_of: BTreeMap<PersonNum, PersonNum> = nodes.iter().copied().collect();
            let list: Vec<i64> = nodes.iter().map(|(node, _)| i64::from(*node)).collect();
            let sql = format!(
                "SELECT num FROM message_person WHERE message = $1 AND task <> $2 AND (state IN (0, 1) OR (state = 3 AND reason = 'outcome_unknown')) AND {}",
                tx.any("num", 3)
            );
            let elsewhere: Vec<PersonNum> = tx.query(&sql, params![&task.message, task.id, &list], |row| row.num(0))?;
            let elsewhere: BTreeSet<PersonNum> = elsewhere.iter().filter_map(|num| root_of.get(num).copied()).collect();
            // Of the same task who was sent, or nobody knows.
            let sql = format!(
                "SELECT num FROM message_person WHERE message = $1 AND task = $2 AND (state = 1 OR (state = 3 AND reason = 'outcome_unknown')) AND {}",
                tx.any("num", 3)
            );
            let here: Vec<PersonNum> = tx.query(&sql, params![&task.message, task.id, &list], |row| row.num(0))?;
            let here: BTreeSet<PersonNum> = here.iter().filter_map(|num| root_of.get(num).copied()).collect();
            for (num, root) in some.iter().zip(&roots) {
                if elsewhere.contains(root) || here.contains(root) || !seen.insert(*root) {
                    twice.insert(*num);
                }
            }
        }
        Ok(twice)
    }
}
