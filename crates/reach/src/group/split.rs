//! Which owner sends to which groups.

use super::{SKIPPED, TASK_MAX, WAITING, class_name};
use crate::content::Content;
use crate::gate::{Ask, Class, Verdict};
use crate::{Reach, refuse};
use siyu_db::{Param, Tx, params};
use siyu_kernel::{Refusal, Time, Zone, new_id};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
pub struct GroupMessageIn {
    pub name: String,
    pub content: Content,
    /// Ids of groups.
    pub groups: Vec<String>,
    pub class: Class,
    pub by: String,
}

/// What a message would become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupSplit {
    pub groups: usize,
    /// Customers in the groups that are reached; who is in two is counted once.
    pub members: i64,
    pub owners: Vec<GroupShare>,
    /// By reason.
    pub skipped: BTreeMap<String, usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupShare {
    pub userid: String,
    pub name: String,
    pub store: String,
    pub groups: usize,
}

const GROUPS_MAX: usize = 200_000;
const AT_ONCE: usize = 1_000;

/// When the month began, and how many days it has.
fn month(zone: &Zone, now: Time) -> (Time, i64) {
    let date = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default().to_zoned(zone.time_zone().clone()).date();
    (zone.start_of_day(zone.day(now) - i32::from(date.day()) + 1), i64::from(date.days_in_month()))
}

/// A group with how many customers are in it: the owner who sends, or why nobody does.
struct Way {
    chat: String,
    members: i64,
    owner: Result<String, &'static str>,
}

impl Reach {
    /// What it would become; nothing is kept. Errors: those of the content, `group_message_groups`, `message_name`, `group_variable`.
    pub fn split_group_message(
        &self,
        tx: &mut Tx<'_>,
        input: &GroupMessageIn,
        now: Time,
    ) -> Result<GroupSplit, Refusal> {
        self.check_group_message(tx, input)?;
        let ways = self.group_ways(tx, input, "", now)?;
        let mut split = GroupSplit { groups: ways.len(), ..GroupSplit::default() };
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut reached = Vec::new();
        for way in ways {
            match way.owner {
                Ok(owner) => {
                    *counts.entry(owner).or_default() += 1;
                    reached.push(way.chat);
                }
                Err(reason) => *split.skipped.entry(reason.to_owned()).or_default() += 1,
            }
        }
        for (owner, groups) in counts {
            let own = self.parts().contacts.colleague(tx, &owner)?;
            split.owners.push(GroupShare { userid: own.userid, name: own.name, store: own.store, groups });
        }
        let mut people = BTreeSet::new();
        for some in reached.chunks(AT_ONCE) {
            let sql =
                format!("SELECT userid FROM wecom_member WHERE kind = 2 AND left_at IS NULL AND {}", tx.any("chat", 1));
            people.extend(tx.query(&sql, params![some], |row| row.text(0))?);
        }
        split.members = people.len() as i64;
        Ok(split)
    }

    /// Keeps a message, its tasks and its groups in one unit; the tasks are made at WeCom behind it.
    ///
    /// Errors: as [`Reach::split_group_message`], `group_message_nobody`.
    pub fn create_group_message(&self, tx: &mut Tx<'_>, input: &GroupMessageIn, now: Time) -> Result<String, Refusal> {
        self.check_group_message(tx, input)?;
        let id = new_id("gms", now, &self.parts().chance);
        let ways = self.group_ways(tx, input, &id, now)?;
        let mut by_owner: BTreeMap<&str, Vec<&Way>> = BTreeMap::new();
        for way in &ways {
            if let Ok(owner) = &way.owner {
                by_owner.entry(owner).or_default().push(way);
            }
        }
        if by_owner.is_empty() {
            return Err(refuse::group_nobody());
        }
        let files = serde_json::to_string(&input.content.files()).map_err(Refusal::internal)?;
        tx.execute(
            "INSERT INTO group_message (id, name, content, files, class, state, created_at, created_by) VALUES ($1, $2, $3, $4, $5, 'running', $6, $7)",
            params![&id, input.name.trim(), &self.seal(&input.content)?, &files, class_name(input.class), now, &input.by],
        )?;
        let mut rows: Vec<(&Way, i64, i64, &str)> = Vec::with_capacity(ways.len());
        for (owner, groups) in &by_owner {
            let own = self.parts().contacts.colleague(tx, owner)?;
            for groups in groups.chunks(TASK_MAX) {
                let task = tx.one(
                    "INSERT INTO group_message_task (message, owner, userid, store, due_at) VALUES ($1, $2, $3, $4, $5) RETURNING id",
                    params![&id, *owner, &own.userid, &own.store, now],
                    |row| row.int(0),
                )?;
                rows.extend(groups.iter().map(|way| (*way, task, WAITING, "")));
            }
        }
        rows.extend(ways.iter().filter_map(|way| Some((way, 0, SKIPPED, way.owner.as_ref().err().copied()?))));
        let values: Vec<[Param<'_>; 7]> = rows
            .iter()
            .map(|(way, task, state, reason)| {
                let chat: &str = &way.chat;
                [
                    (&id).into(),
                    chat.into(),
                    (*task).into(),
                    way.members.into(),
                    (*state).into(),
                    (*reason).into(),
                    now.into(),
                ]
            })
            .collect();
        tx.bulk("INSERT INTO group_message_group (message, chat, task, members, state, reason, at)", "", &values)?;
        Ok(id)
    }

    /// Ids of groups that are there: of these owners, of owners of these stores; each only when given.
    pub fn groups_of(
        &self,
        tx: &mut Tx<'_>,
        owners: Option<&[String]>,
        stores: Option<&[String]>,
    ) -> Result<Vec<String>, Refusal> {
        let sql = "SELECT g.id, LOWER(g.owner), COALESCE(s.store, '') FROM wecom_group g LEFT JOIN wecom_staff s ON s.key = LOWER(g.owner) WHERE g.dismissed_at IS NULL ORDER BY g.id";
        let rows = tx.query(sql, &[], |row| Ok((row.text(0)?, row.text(1)?, row.text(2)?)))?;
        let fits = |(_, owner, store): &(String, String, String)| {
            owners.is_none_or(|own| own.contains(owner)) && stores.is_none_or(|own| own.contains(store))
        };
        Ok(rows.into_iter().filter(fits).map(|(id, ..)| id).collect())
    }

    fn check_group_message(&self, tx: &mut Tx<'_>, input: &GroupMessageIn) -> Result<(), Refusal> {
        let chars = input.name.trim().chars().count();
        if !(1..=60).contains(&chars) || input.name.chars().any(char::is_control) {
            return Err(refuse::message_name());
        }
        if input.groups.is_empty() || input.groups.len() > GROUPS_MAX {
            return Err(refuse::group_groups(GROUPS_MAX));
        }
        self.check_group_content(tx, &input.content)
    }
    pub(crate) fn check_group_content(&self, tx: &mut Tx<'_>, content: &Content) -> Result<(), Refusal> {
        self.check_for_many(tx, content, &["customer.", "channel"])
    }

    /// Each group once.
    fn group_ways(&self, tx: &mut Tx<'_>, input: &GroupMessageIn, of: &str, now: Time) -> Result<Vec<Way>, Refusal> {
        let (_, zone) = self.parts().beside.brand(tx)?;
        let (today, (month, days)) = (zone.start_of_day(zone.day(now)), month(&zone, now));
        let all: Vec<String> = input.groups.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let mut ways = Vec::with_capacity(all.len());
        for some in all.chunks(AT_ONCE) {
            let sql = format!(
                "SELECT g.id, g.owner, g.dismissed_at, COALESCE(s.serves, 0), COALESCE(s.status, 0), s.gone_at,
                   (SELECT COUNT(*) FROM wecom_member m WHERE m.chat = g.id AND m.kind = 2 AND m.left_at IS NULL)
                 FROM wecom_group g LEFT JOIN wecom_staff s ON s.key = LOWER(g.owner) WHERE {}",
                tx.any("g.id", 1)
            );
            let rows = tx.query(&sql, params![some], |row| {
                let able = row.flag(3)? && row.int(4)? == 1 && row.opt_time(5)?.is_none();
                Ok((row.text(0)?, (row.text(1)?.to_lowercase(), row.opt_time(2)?.is_some(), able, row.int(6)?)))
            })?;
            let found: BTreeMap<String, (String, bool, bool, i64)> = rows.into_iter().collect();
            // What groups have had of ours today and in this month, and what their owners have yet to confirm.
            let sql = format!(
                "SELECT chat, SUM(CASE WHEN at >= $3 THEN 1 ELSE 0 END), COUNT(*) FROM group_message_group WHERE state IN (0, 1) AND at >= $2 AND {} GROUP BY chat",
                tx.any("chat", 1)
            );
            let had: BTreeMap<String, (i64, i64)> = tx
                .query(&sql, params![some, month, today], |row| Ok((row.text(0)?, (row.int(1)?, row.int(2)?))))?
                .into_iter()
                .collect();
            let ask = || Ask { person: None, class: input.class, way: "group", of: of.to_owned(), at: now };
            let verdicts = self.pass(tx, &some.iter().map(|_| ask()).collect::<Vec<_>>())?;
            for (chat, verdict) in some.iter().zip(verdicts) {
                let (had_today, had_month) = had.get(chat).copied().unwrap_or_default();
                let own = found.get(chat);
                // WeCom lets a group have one mass message a day. Who is waited for is left to WeCom to decide.
                let limited = input.class == Class::Marketing;
                let owner = match (own, verdict) {
                    (None, _) => Err("group_unknown"),
                    (Some((_, true, ..)), _) => Err("group_gone"),
                    (Some((_, _, false, _)), _) => Err("owner_cannot_send"),
                    (_, Verdict::Skip(reason)) => Err(reason),
                    _ if limited && had_today > 0 => Err("group_had_today"),
                    _ if limited && had_month >= days => Err("group_had_month"),
                    (Some((owner, ..)), Verdict::Go) => Ok(owner.clone()),
                };
                ways.push(Way { chat: chat.clone(), members: own.map_or(0, |own| own.3), owner });
            }
        }
        Ok(ways)
    }
}
