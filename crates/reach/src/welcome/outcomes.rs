//! What became of arrivals: written down, counted, and told as events of the people once those are known.

use super::lane::Done;
use super::{FAILED, SENDING, SENT, SKIPPED};
use crate::Reach;
use crate::events::{Happening, names};
use siyu_contacts::Ran;
use siyu_db::{Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Waiting,
    Sent,
    Skipped,
    Failed,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Sent, Self::Skipped, Self::Failed].into_iter().find(|own| own.name() == name)
    }
    fn state(self) -> i64 {
        match self {
            Self::Waiting => SENDING,
            Self::Sent => SENT,
            Self::Skipped => SKIPPED,
            Self::Failed => FAILED,
        }
    }
    fn of(state: i64) -> Self {
        match state {
            SENT => Self::Sent,
            SKIPPED => Self::Skipped,
            FAILED => Self::Failed,
            _ => Self::Waiting,
        }
    }
}

/// How many arrivals of one rule came to one end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Empty where no rule was found.
    pub rule: String,
    pub outcome: Outcome,
    pub reason: String,
    pub arrivals: i64,
}

/// Which arrivals; `None` leaves a condition out.
#[derive(Clone, Debug, Default)]
pub struct OutcomeQuery {
    /// `""`: those without a rule.
    pub rule: Option<String>,
    pub outcome: Option<Outcome>,
    pub reason: Option<String>,
    pub since: Time,
    /// Codes; arrivals at other stores are not shown.
    pub stores: Option<Vec<String>>,
    /// The id of the last row of the page before.
    pub before: Option<i64>,
    pub limit: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeRow {
    pub id: i64,
    /// Somebody who is mirrored: their identity and name.
    pub num: Option<PersonNum>,
    pub name: String,
    pub userid: String,
    pub staff_name: String,
    pub store: String,
    pub channel: String,
    pub rule: String,
    pub outcome: Outcome,
    pub reason: String,
    pub at: Time,
    pub ended_at: Option<Time>,
}

const TOLD_MAX: i64 = 500;
/// Somebody who is not mirrored by then is nobody.
const UNTOLD_DAYS: i64 = 7;

impl Reach {
    pub(super) fn write_outcomes(&self, all: &Arc<Vec<Done>>) -> Result<(), Refusal> {
        let rows = Arc::clone(all);
        self.parts().db.transact(move |tx| {
            let values: Vec<[Param<'_>; 6]> = rows
                .iter()
                .map(|done| {
                    [
                        (&done.hash).into(),
                        done.outcome.state().into(),
                        (&done.store).into(),
                        (&done.rule).into(),
                        (&done.reason).into(),
                        done.at.into(),
                    ]
                })
                .collect();
            let sql = format!(
                "UPDATE welcome SET state = $2, store = $3, rule = $4, reason = $5, ended_at = $6, code = $7 WHERE hash = $1 AND state = {SENDING}"
            );
            for own in &values {
                let mut own = own.to_vec();
                own.push(Param::Blob(b""));
                tx.execute(&sql, &own)?;
            }
            Ok(())
        })?;
        for done in all.iter() {
            let reason = if done.reason.is_empty() { "ok".to_owned() } else { done.reason.clone() };
            metrics::counter!("siyu_welcome_total", "outcome" => done.outcome.name(), "reason" => reason).increment(1);
        }
        Ok(())
    }

    /// Counts by rule, end and reason since an instant, in the stores named (all when `None`).
    pub fn welcome_tallies(
        &self,
        tx: &mut Tx<'_>,
        since: Time,
        stores: Option<&[String]>,
    ) -> Result<Vec<Tally>, Refusal> {
        let (within, list) = within(tx, stores, 2);
        let sql = format!(
            "SELECT rule, CASE WHEN state < 2 THEN 1 ELSE state END AS ended, reason, COUNT(*) FROM welcome WHERE at >= $1 AND {within} GROUP BY rule, ended, reason ORDER BY rule, ended, reason"
        );
        Ok(tx.query(&sql, params![since, &list], |row| {
            Ok(Tally {
                rule: row.text(0)?,
                outcome: Outcome::of(row.int(1)?),
                reason: row.text(2)?,
                arrivals: row.int(3)?,
            })
        })?)
    }

    /// The newest first.
    pub fn welcome_outcomes(&self, tx: &mut Tx<'_>, query: &OutcomeQuery) -> Result<Vec<OutcomeRow>, Refusal> {
        let (within, list) = within(tx, query.stores.as_deref(), 8);
        let states = match query.outcome {
            None => "w.state >= 0",
            Some(Outcome::Waiting) => "w.state < 2",
            Some(Outcome::Sent) => "w.state = 2",
            Some(Outcome::Skipped) => "w.state = 3",
            Some(Outcome::Failed) => "w.state = 4",
        };
        let within = within.replace("store", "w.store");
        let sql = format!(
            "SELECT w.id, c.num, COALESCE(c.name, ''), w.userid, COALESCE(s.name, ''), w.store, w.channel, w.rule, w.state, w.reason, w.at, w.ended_at
             FROM welcome w LEFT JOIN wecom_contact c ON c.id = w.contact LEFT JOIN wecom_staff s ON s.key = w.staff
             WHERE w.at >= $1 AND w.id < $2 AND ($3 = 0 OR w.rule = $4) AND ($5 = 0 OR w.reason = $6) AND {states} AND {within} ORDER BY w.id DESC LIMIT $7"
        );
        let (rule, reason) = (query.rule.clone().unwrap_or_default(), query.reason.clone().unwrap_or_default());
        let params = params![
            query.since,
            query.before.unwrap_or(i64::MAX),
            query.rule.is_some(),
            &rule,
            query.reason.is_some(),
            &reason,
            query.limit.clamp(1, 201),
            &list
        ];
        Ok(tx.query(&sql, params, |row| {
            Ok(OutcomeRow {
                id: row.int(0)?,
                num: row.opt_int(1)?.and_then(|num| PersonNum::try_from(num).ok()),
                name: row.text(2)?,
                userid: row.text(3)?,
                staff_name: row.text(4)?,
                store: row.text(5)?,
                channel: row.text(6)?,
                rule: row.text(7)?,
                outcome: Outcome::of(row.int(8)?),
                reason: row.text(9)?,
                at: row.time(10)?,
                ended_at: row.opt_time(11)?,
            })
        })?)
    }

    /// Tells what became of arrivals whose people are known by now, as their events. Answers whether there was anything.
    pub fn tell_welcomes(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let known = "SELECT w.id, w.state, w.rule, COALESCE(r.name, ''), w.reason, w.userid, w.store, w.channel, w.ended_at, w.hash, c.num
            FROM welcome w JOIN wecom_contact c ON c.id = w.contact LEFT JOIN welcome_rule r ON r.id = w.rule
            WHERE w.state > 1 AND w.told = 0 ORDER BY w.id LIMIT $1";
        let untold = "SELECT 1 FROM welcome WHERE state > 1 AND told = 0 LIMIT 1";
        let looks = self.parts().db.read(|tx| {
            if tx.opt(untold, &[], |row| row.int(0))?.is_none() {
                return Ok(false);
            }
            let old = "SELECT 1 FROM welcome WHERE state > 1 AND told = 0 AND at < $1 LIMIT 1";
            Ok(tx.opt(known, params![1], |row| row.int(0))?.is_some()
                || tx.opt(old, params![now.plus_days(-UNTOLD_DAYS)], |row| row.int(0))?.is_some())
        })?;
        if !looks {
            return Ok(Ran::Nothing);
        }
        let reach = self.clone();
        self.parts().db.transact(move |tx| {
            let (mut ids, mut happenings, mut states) = (Vec::new(), Vec::new(), Vec::new());
            tx.each(known, params![TOLD_MAX], |row| {
                let name = match row.int(1)? {
                    SENT => names::WELCOME_SENT,
                    SKIPPED => names::WELCOME_SKIPPED,
                    _ => names::WELCOME_FAILED,
                };
                ids.push(row.int(0)?);
                let at = row.opt_time(8)?.unwrap_or(now);
                happenings.push(
                    Happening::new(name, row.num(10)?, at, &format!("welcome:{}", row.text(9)?))
                        .with("welcome", &row.text(2)?)
                        .with("welcome_name", &row.text(3)?)
                        .with("reason", &row.text(4)?)
                        .with("staff", &row.text(5)?)
                        .with("store", &row.text(6)?),
                );
                states.push(row.text(7)?);
                Ok(())
            })?;
            // As the mirror's events say it: by the channel where one counts the state.
            let mut told = Vec::with_capacity(happenings.len());
            for (happening, state) in happenings.into_iter().zip(states) {
                let entrance = reach.parts().entrances.entrance(tx, &state)?;
                told.push(happening.with("channel", &entrance.map_or(state, |own| own.channel)));
            }
            reach.append(tx, told, now)?;
            tx.execute(&format!("UPDATE welcome SET told = 1 WHERE {}", tx.any("id", 1)), params![&ids])?;
            let old = "UPDATE welcome SET told = 2 WHERE state > 1 AND told = 0 AND at < $1";
            tx.execute(old, params![now.plus_days(-UNTOLD_DAYS)])?;
            Ok(())
        })?;
        Ok(Ran::Went)
    }

    /// Somebody is erased: what became of their arrivals stays counted and leads to nobody. Before the mirror forgets them.
    pub fn forget(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<(), Refusal> {
        let nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let sql = format!(
            "UPDATE welcome SET contact = '', code = $2, told = 2 WHERE contact IN (SELECT id FROM wecom_contact WHERE {})",
            tx.any("num", 1)
        );
        tx.execute(&sql, &[(&nums).into(), Param::Blob(b"")])?;
        self.parts().gate.forget(tx, nodes, self.now())?;
        let sql =
            format!("SELECT task, COUNT(*) FROM message_person WHERE state = 0 AND {} GROUP BY task", tx.any("num", 1));
        for (task, gone) in tx.query(&sql, params![&nums], |row| Ok((row.int(0)?, row.int(1)?)))? {
            tx.execute("UPDATE message_task SET skipped = skipped + $2 WHERE id = $1", params![task, gone])?;
        }
        self.forget_members(tx, &nums)?;
        let sql = format!(
            "UPDATE message_person SET contact = '', state = CASE WHEN state = 0 THEN 2 ELSE state END, reason = CASE WHEN state = 0 THEN 'erased' ELSE reason END WHERE {}",
            tx.any("num", 1)
        );
        tx.execute(&sql, params![&nums])?;
        tx.execute(&format!("DELETE FROM moment_customer WHERE {}", tx.any("num", 1)), params![&nums])?;
        self.forget_links(tx, &nums)
    }

    /// Sums of all rules: for tests and the page's head.
    pub fn welcome_sums(&self, tx: &mut Tx<'_>) -> Result<BTreeMap<&'static str, i64>, Refusal> {
        let mut all = BTreeMap::new();
        for tally in self.welcome_tallies(tx, Time(0), None)? {
            *all.entry(tally.outcome.name()).or_default() += tally.arrivals;
        }
        Ok(all)
    }
}

/// A condition on `store`, with the list it needs at `$at`.
fn within(tx: &Tx<'_>, stores: Option<&[String]>, at: usize) -> (String, Vec<String>) {
    match stores {
        None => (format!("(1 = 1 OR {})", tx.any("store", at)), Vec::new()),
        Some(stores) => (tx.any("store", at), stores.to_vec()),
    }
}
