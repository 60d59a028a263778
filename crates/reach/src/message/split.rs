//! Who sends to whom: each person gets a message once, through the member of staff who was added last.

use super::{SKIPPED, TASK_MAX, WAITING};
use crate::content::Content;
use crate::events::{Happening, names};
use crate::gate::{Ask, Class, Verdict};
use crate::{Reach, refuse};
use siyu_db::{Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time, new_id};
use std::collections::{BTreeMap, BTreeSet};

/// A message as it is given.
#[derive(Clone, Debug)]
pub struct MessageIn {
    pub name: String,
    pub content: Content,
    /// By the number each has now.
    pub people: Vec<PersonNum>,
    /// Where they come from: an audience's id, or nothing.
    pub audience: String,
    pub by: String,
}

/// What a message would become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    pub people: usize,
    pub staff: Vec<Share>,
    /// By reason: those nobody can send to, and those the gate holds.
    pub skipped: BTreeMap<String, usize>,
    /// Of those who can be sent to: had a mass message of ours since the day began. WeCom lets a customer have one a day.
    pub had_today: usize,
}

/// What one member of staff would be asked to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub userid: String,
    pub name: String,
    pub store: String,
    pub people: usize,
}

const PEOPLE_MAX: usize = 1_000_000;
const AT_ONCE: usize = 1_000;

/// Each person: the customer and member of staff it goes through, or why it does not.
type Way = (PersonNum, Result<(String, String), &'static str>);

impl Reach {
    /// What it would become; nothing is kept. Errors: those of the content, `message_people`, `message_name`.
    pub fn split_message(&self, tx: &mut Tx<'_>, input: &MessageIn, now: Time) -> Result<Split, Refusal> {
        self.check_message(tx, input)?;
        let ways = self.ways(tx, &input.people, "", now)?;
        let mut split = Split { people: ways.len(), ..Split::default() };
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut reached = Vec::new();
        for (num, way) in ways {
            match way {
                Ok((_, staff)) => {
                    *counts.entry(staff).or_default() += 1;
                    reached.push(i64::from(num));
                }
                Err(reason) => *split.skipped.entry(reason.to_owned()).or_default() += 1,
            }
        }
        for (staff, people) in counts {
            let own = self.parts().contacts.colleague(tx, &staff)?;
            split.staff.push(Share { userid: own.userid, name: own.name, store: own.store, people });
        }
        split.had_today = self.had_today(tx, &reached, now)?;
        Ok(split)
    }

    /// Keeps a message, its tasks and its people in one unit; the tasks are made at WeCom behind it.
    ///
    /// Errors: as [`Reach::split_message`], `message_nobody`.
    pub fn create_message(&self, tx: &mut Tx<'_>, input: &MessageIn, now: Time) -> Result<String, Refusal> {
        self.check_message(tx, input)?;
        let id = new_id("msg", now, &self.parts().chance);
        let ways = self.ways(tx, &input.people, &id, now)?;
        let mut by_staff: BTreeMap<&str, Vec<(PersonNum, &str)>> = BTreeMap::new();
        for (num, way) in &ways {
            if let Ok((contact, staff)) = way {
                by_staff.entry(staff).or_default().push((*num, contact));
            }
        }
        if by_staff.is_empty() {
            return Err(refuse::nobody());
        }
        let files = serde_json::to_string(&input.content.files()).map_err(Refusal::internal)?;
        tx.execute(
            "INSERT INTO message (id, name, content, files, audience, state, created_at, created_by) VALUES ($1, $2, $3, $4, $5, 'running', $6, $7)",
            params![&id, input.name.trim(), &self.seal(&input.content)?, &files, &input.audience, now, &input.by],
        )?;
        let mut rows: Vec<(PersonNum, &str, i64, i64, &str)> = Vec::with_capacity(ways.len());
        for (staff, people) in &by_staff {
            let own = self.parts().contacts.colleague(tx, staff)?;
            for (part, people) in people.chunks(TASK_MAX).enumerate() {
                let task = tx.one(
                    "INSERT INTO message_task (message, staff, userid, store, part, due_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
                    params![&id, *staff, &own.userid, &own.store, part as i64, now],
                    |row| row.int(0),
                )?;
                rows.extend(people.iter().map(|(num, contact)| (*num, *contact, task, WAITING, "")));
            }
        }
        let mut happenings = Vec::new();
        for (num, way) in &ways {
            if let Err(reason) = way {
                rows.push((*num, "", 0, SKIPPED, reason));
                let event = Happening::new(names::MESSAGE_SKIPPED, *num, now, &format!("message:{id}:{num}"));
                happenings
                    .push(event.with("message", &id).with("message_name", input.name.trim()).with("reason", reason));
            }
        }
        let values: Vec<[Param<'_>; 7]> = rows
            .iter()
            .map(|(num, contact, task, state, reason)| {
                [
                    (&id).into(),
                    (*num).into(),
                    (*contact).into(),
                    (*task).into(),
                    (*state).into(),
                    (*reason).into(),
                    now.into(),
                ]
            })
            .collect();
        tx.bulk("INSERT INTO message_person (message, num, contact, task, state, reason, at)", "", &values)?;
        self.append(tx, happenings, now)?;
        Ok(id)
    }

    fn check_message(&self, tx: &mut Tx<'_>, input: &MessageIn) -> Result<(), Refusal> {
        let chars = input.name.trim().chars().count();
        if !(1..=60).contains(&chars) || input.name.chars().any(char::is_control) {
            return Err(refuse::message_name());
        }
        if input.people.is_empty() || input.people.len() > PEOPLE_MAX {
            return Err(refuse::message_people(PEOPLE_MAX));
        }
        input.content.check("content")?;
        // A task says the same to all of its customers.
        for beginning in ["customer.", "channel"] {
            if input.content.mentions(beginning) {
                return Err(refuse::message_variable());
            }
        }
        self.check_files(tx, &input.content, "content")
    }

    /// Each person once, by number.
    fn ways(&self, tx: &mut Tx<'_>, people: &[PersonNum], of: &str, now: Time) -> Result<Vec<Way>, Refusal> {
        let mut roots: Vec<PersonNum> = Vec::with_capacity(people.len());
        for some in people.chunks(AT_ONCE) {
            roots.extend(self.parts().people.roots(tx, some)?);
        }
        let roots: Vec<PersonNum> = roots.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        let mut ways = Vec::with_capacity(roots.len());
        for some in roots.chunks(AT_ONCE) {
            let mut found = self.parts().contacts.last_friends(tx, some)?;
            let asks: Vec<Ask> = some
                .iter()
                .map(|num| Ask {
                    person: Some(*num),
                    class: Class::Marketing,
                    way: "message",
                    of: of.to_owned(),
                    at: now,
                })
                .collect();
            let verdicts = self.pass(tx, &asks)?;
            for (num, verdict) in some.iter().zip(verdicts) {
                let way = match (found.remove(num), verdict) {
                    (None, _) => Err("no_friend"),
                    (Some(_), Verdict::Skip(reason)) => Err(reason),
                    (Some(pair), Verdict::Go) => Ok(pair),
                };
                ways.push((*num, way));
            }
        }
        Ok(ways)
    }

    fn had_today(&self, tx: &mut Tx<'_>, nums: &[i64], now: Time) -> Result<usize, Refusal> {
        let (_, zone) = self.parts().beside.brand(tx)?;
        let since = zone.start_of_day(zone.day(now));
        let mut had = 0;
        for some in nums.chunks(AT_ONCE) {
            let sql = format!(
                "SELECT COUNT(DISTINCT num) FROM message_person WHERE state = 1 AND at >= $2 AND {}",
                tx.any("num", 1)
            );
            had += tx.one(&sql, params![some, since], |row| row.int(0))? as usize;
        }
        Ok(had)
    }
}
