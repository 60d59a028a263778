//! Broadcasts: a message to an audience with a time, a pace, several contents, an approval and a breaker. Its people and their ends are a run of the
//! gate, its tasks are those of a message.
//!
//! - A broadcast of marketing begins no sooner than the contest lets it: what competes with it is ranked by worth.
//! - Above a size somebody else has to approve it; until then nobody is decided.
//! - When too much of it fails, or too many people leave after it, it pauses by itself and says so.
//! - With a test the best content goes to the rest ([`ContentTest`]).

mod breaker;
mod winner;

pub use winner::{ContentAgainst, ContentFigure, ContentTest, ContentTestIn, Goal, Judges, NoJudges, TestNumbers};
pub use winner::{chosen_content, content_test, keep_test, split_for_test};

use crate::content::Content;
use crate::message::{MessageIn, Split, Terms};
use crate::{Reach, refuse};
use siyu_db::{Tx, params};
use siyu_gate::{Class, RunChange};
use siyu_kernel::{Refusal, Time};

/// A broadcast as it is given.
#[derive(Clone, Debug)]
pub struct BroadcastIn {
    pub message: MessageIn,
    /// Said instead of the message's content to equal parts of the people.
    pub variants: Vec<Content>,
    pub class: Class,
    pub worth: f64,
    /// Per cent.
    pub holdout: f64,
    /// 0 is as fast as it goes.
    pub per_hour: i64,
    /// As soon as it may when absent.
    pub start: Option<Time>,
    /// Three days after its start when absent.
    pub expires: Option<Time>,
    /// Of whoever makes it: another one approves.
    pub asked_by: String,
    /// The rest waits for the winner.
    pub test: Option<ContentTestIn>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BroadcastRow {
    pub id: String,
    /// `none`, `needed` or `given`.
    pub approval: String,
    pub asked_by: String,
    pub approved_by: Option<String>,
    pub approved_at: Option<Time>,
    /// Per cent of failures that pauses it.
    pub breaker: f64,
    /// Why it was paused by itself.
    pub stopped: Option<String>,
    /// By content, the message's own first.
    pub variants: Vec<VariantSums>,
    pub test: Option<ContentTest>,
}

/// What became of those who were let through with one content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VariantSums {
    pub people: i64,
    pub waiting: i64,
    pub sent: i64,
    pub skipped: i64,
    pub failed: i64,
}

const VARIANTS_MAX: usize = 4;
const EXPIRES_DAYS_MAX: i64 = 30;

impl Reach {
    /// What it would become at its start, with what people have had until now. Errors: as [`Reach::create_broadcast`].
    pub fn plan_broadcast(&self, tx: &mut Tx<'_>, input: &BroadcastIn, now: Time) -> Result<Split, Refusal> {
        let terms = self.broadcast_terms(tx, input, now)?;
        match input.test {
            Some(test) => self.plan_test(tx, input, test, &terms, now),
            None => self.split_by(tx, &input.message, &terms, now),
        }
    }

    /// Errors: those of messages, `broadcast_invalid` with the field.
    pub fn create_broadcast(&self, tx: &mut Tx<'_>, input: &BroadcastIn, now: Time) -> Result<BroadcastRow, Refusal> {
        let terms = self.broadcast_terms(tx, input, now)?;
        let rules = self.gate().rules(tx)?.rules;
        let needs = input.message.people.len() > rules.approval_above as usize;
        // Nobody is decided in this unit when somebody has to say yes first.
        let terms = if needs { Terms { start: terms.start.max(now.plus_seconds(1)), ..terms } } else { terms };
        let id = self.message_id(now);
        let nobody = match input.test {
            Some(test) => {
                keep_test(tx, &id, test)?;
                let share = test.share(input.variants.len() + 1);
                self.create_message_testing(tx, &id, &input.message, &input.variants, &terms, share, now)?
            }
            None => self.create_message_as(tx, &id, &input.message, &input.variants, &terms, now)?,
        };
        if nobody {
            return Err(refuse::nobody());
        }
        if needs {
            self.gate().change_run(tx, &id, RunChange::Pause, now)?;
        }
        tx.execute(
            "INSERT INTO broadcast (message, approval, asked_by, breaker, complaints) VALUES ($1, $2, $3, $4, $5)",
            params![
                &id,
                if needs { "needed" } else { "none" },
                &input.asked_by,
                rules.breaker_percent,
                rules.complaint_percent
            ],
        )?;
        self.broadcast(tx, &id)
    }

    /// When, how fast and to how many it goes. Errors: `broadcast_invalid` with the field.
    pub fn broadcast_terms(&self, tx: &mut Tx<'_>, input: &BroadcastIn, now: Time) -> Result<Terms, Refusal> {
        if input.variants.len() > VARIANTS_MAX {
            return Err(refuse::broadcast(
                "variants",
                "A broadcast has up to four contents beside its own.",
                "除主内容外最多 4 个变体。",
            ));
        }
        if !input.worth.is_finite() || !(0.0..=1_000_000.0).contains(&input.worth) {
            return Err(refuse::broadcast("worth", "What it is worth is 0 to 1,000,000.", "价值须为 0 到 1000000。"));
        }
        if !(0.0..=50.0).contains(&input.holdout) {
            return Err(refuse::broadcast(
                "holdout_percent",
                "0 to 50 per cent are held out.",
                "对照组比例须为 0 到 50%。",
            ));
        }
        if !(0..=10_000_000).contains(&input.per_hour) {
            return Err(refuse::broadcast("per_hour", "A pace is 0 to 10,000,000 an hour.", "每小时 0 到 1000 万人。"));
        }
        let contest = i64::from(self.gate().rules(tx)?.rules.contest_minutes) * 60;
        let soonest = if input.class == Class::Marketing { now.plus_seconds(contest) } else { now };
        let start = input.start.unwrap_or(soonest).max(soonest);
        if start > now.plus_days(365) {
            return Err(refuse::broadcast("start_at", "A broadcast starts within a year.", "开始时间须在一年之内。"));
        }
        let expires = input.expires.unwrap_or_else(|| start.plus_days(3));
        if expires <= start || expires > start.plus_days(EXPIRES_DAYS_MAX) {
            return Err(refuse::broadcast(
                "expires_at",
                "A broadcast expires after its start, within 30 days.",
                "过期时间须晚于开始，且不超过 30 天。",
            ));
        }
        let hours = (expires.0 - start.0).max(0) / 3_600_000_000 + 1;
        if input.per_hour > 0 && input.per_hour.saturating_mul(hours) < input.message.people.len() as i64 {
            return Err(refuse::broadcast(
                "per_hour",
                "At this pace the broadcast would expire before everybody's turn has come: raise the pace, or let it expire later.",
                "按此速度，到过期时仍有人轮不到：请提高每小时人数，或推迟过期时间。",
            ));
        }
        let (class, worth, holdout, per_hour) = (input.class, input.worth, input.holdout, input.per_hour);
        let terms = Terms { kind: "broadcast", class, worth, holdout, per_hour, start, expires };
        input.test.map_or(Ok(()), |test| test.check(input.variants.len() + 1, input.message.people.len(), &terms))?;
        Ok(terms)
    }

    /// Errors: `broadcast_unknown`.
    pub fn broadcast(&self, tx: &mut Tx<'_>, id: &str) -> Result<BroadcastRow, Refusal> {
        let sql =
            "SELECT approval, asked_by, approved_by, approved_at, breaker, stopped FROM broadcast WHERE message = $1";
        let row = tx.opt(sql, params![id], |row| {
            Ok(BroadcastRow {
                id: id.to_owned(),
                approval: row.text(0)?,
                asked_by: row.text(1)?,
                approved_by: row.opt_text(2)?,
                approved_at: row.opt_time(3)?,
                breaker: row.real(4)?,
                stopped: row.opt_text(5)?,
                variants: Vec::new(),
                test: None,
            })
        })?;
        let mut row = row.ok_or_else(refuse::broadcast_unknown)?;
        row.test = content_test(tx, id)?;
        let sql = "SELECT COUNT(*) FROM message_variant WHERE message = $1";
        let variants = tx.one(sql, params![id], |row| row.int(0))? + 1;
        row.variants = vec![VariantSums::default(); variants as usize];
        let sql = "SELECT variant, CAST(SUM(people) AS BIGINT), CAST(SUM(sent) AS BIGINT), CAST(SUM(skipped) AS BIGINT), CAST(SUM(failed) AS BIGINT)
            FROM message_task WHERE message = $1 GROUP BY variant";
        let counted = tx.query(sql, params![id], |row| {
            let (people, sent, skipped, failed) = (row.int(1)?, row.int(2)?, row.int(3)?, row.int(4)?);
            let waiting = people - sent - skipped - failed;
            Ok((row.int(0)?, VariantSums { people, waiting, sent, skipped, failed }))
        })?;
        for (variant, sums) in counted {
            if let Some(own) = usize::try_from(variant).ok().and_then(|at| row.variants.get_mut(at)) {
                *own = sums;
            }
        }
        Ok(row)
    }

    /// Lets a large one begin. Errors: `broadcast_unknown`, `broadcast_approval` (nothing to approve), `broadcast_own`, `message_over`.
    pub fn approve_broadcast(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        by: &str,
        name: &str,
        now: Time,
    ) -> Result<BroadcastRow, Refusal> {
        let row = self.broadcast(tx, id)?;
        if row.approval != "needed" {
            return Err(refuse::broadcast_approval());
        }
        if row.asked_by == by {
            return Err(refuse::broadcast_own());
        }
        tx.execute(
            "UPDATE broadcast SET approval = 'given', approved_by = $2, approved_at = $3 WHERE message = $1",
            params![id, name, now],
        )?;
        self.pause_message(tx, id, false, now)?;
        self.broadcast(tx, id)
    }
    /// Errors: `broadcast_unknown`, `message_over`; resuming: `broadcast_unapproved`.
    pub fn pause_broadcast(&self, tx: &mut Tx<'_>, id: &str, pause: bool, now: Time) -> Result<BroadcastRow, Refusal> {
        let row = self.broadcast(tx, id)?;
        if !pause && row.approval == "needed" {
            return Err(refuse::broadcast_unapproved());
        }
        self.pause_message(tx, id, pause, now)?;
        if !pause {
            self.heed(tx, id)?;
        }
        self.broadcast(tx, id)
    }
}
