//! A test of contents: a part of the people gets each of them at once, the rest waits at the gate, and gets the one that is shown to do best.
//!
//! - Who is in the test is drawn by person and message; which content they get as in every broadcast.
//! - It is decided once: the choice, its figures and the release of the rest are one unit.
//! - Nothing is chosen on a guess: where none is shown to beat all others the broadcast's own content goes, and the reason says so.

use super::BroadcastIn;
use crate::message::{Split, Terms};
use crate::{Reach, refuse};
use serde::{Deserialize, Serialize};
use siyu_contacts::Ran;
use siyu_db::{Tx, params};
use siyu_gate::{Channel, RunRow};
use siyu_kernel::{PersonNum, Refusal, Time, Vault};

/// What the best content is best at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// People with an order.
    Bought,
    /// What each person spends.
    Revenue,
    /// People who are lost as friends: fewest.
    Lost,
}

impl Goal {
    pub const ALL: [Self; 3] = [Self::Bought, Self::Revenue, Self::Lost];
    pub fn name(self) -> &'static str {
        match self {
            Self::Bought => "bought",
            Self::Revenue => "revenue",
            Self::Lost => "lost",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == name)
    }
}

/// A test as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentTestIn {
    /// Of all people: who gets each content at once.
    pub percent: i64,
    /// So long after the last of them had their turn it is decided.
    pub hours: i64,
    pub goal: Goal,
}

/// One content of a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContentFigure {
    pub people: i64,
    /// Who did it; of `revenue`: of whom there is an amount.
    pub count: i64,
    /// The share of the people, 0 to 1; of `revenue` how much each spent, in minor units.
    pub value: f64,
}

/// The best one against another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContentAgainst {
    pub content: i64,
    pub difference: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub p: Option<f64>,
}

/// What a test shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestNumbers {
    /// Until when things were counted.
    pub until: Time,
    pub best: i64,
    /// `None`: none is shown to beat all others.
    pub winner: Option<i64>,
    /// `shown`, `no_difference`, `too_small` or `mismatch`.
    pub why: String,
    pub contents: Vec<ContentFigure>,
    pub against: Vec<ContentAgainst>,
}

/// Whoever knows what became of people: what the contents of a run did until now.
pub trait Judges: Send + Sync {
    fn judge(&self, tx: &mut Tx<'_>, run: &RunRow, goal: Goal, until: Time) -> Result<TestNumbers, Refusal>;
}

/// Nobody knows anything.
pub struct NoJudges;
impl Judges for NoJudges {
    fn judge(&self, _: &mut Tx<'_>, _: &RunRow, _: Goal, until: Time) -> Result<TestNumbers, Refusal> {
        let why = "too_small".to_owned();
        Ok(TestNumbers { until, best: 0, winner: None, why, contents: Vec::new(), against: Vec::new() })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ContentTest {
    pub percent: i64,
    pub hours: i64,
    pub goal: Goal,
    /// When the last of its people had their turn.
    pub begun_at: Option<Time>,
    pub ends_at: Option<Time>,
    /// The content that goes to the rest; 0 is the broadcast's own.
    pub winner: Option<i64>,
    /// What the numbers say, or `by_hand`.
    pub reason: Option<String>,
    pub decided_at: Option<Time>,
    /// Empty: by its numbers.
    pub decided_by: Option<String>,
    /// Those it was decided with.
    pub numbers: Option<TestNumbers>,
}

/// What has to happen to a test now, or when.
enum TestDue {
    Begins(String),
    Ends(String),
    Later(Time),
    Nothing,
}

const PERCENT: std::ops::RangeInclusive<i64> = 5..=50;
/// Somebody has to be left for the winner.
const PERCENT_ALL_MAX: i64 = 90;
const HOURS: std::ops::RangeInclusive<i64> = 1..=720;
/// Fewer people with a content are no ground for a word.
const PEOPLE_LEAST: i64 = 30;
/// The least time that the rest has between the decision and the end of the message.
const REST_SECONDS: i64 = 3_600;

impl ContentTestIn {
    /// Which part of the people is in the test.
    pub fn share(self, contents: usize) -> f64 {
        (self.percent * contents as i64) as f64 / 100.0
    }
    pub(super) fn check(self, contents: usize, people: usize, terms: &Terms) -> Result<(), Refusal> {
        let (contents, people) = (contents as i64, people as i64);
        if contents < 2 {
            let en = "A test compares at least two contents: add another one.";
            return Err(refuse::broadcast("variants", en, "A/B 测试至少需要两个内容：请再添加一个。"));
        }
        if !PERCENT.contains(&self.percent) || self.percent * contents > PERCENT_ALL_MAX {
            let en = "Of a test each content gets 5 to 50 per cent of the people, and all together 90 at most: the rest gets the winner.";
            let zh = "每个内容的测试比例须为 5% 到 50%，合计不超过 90%：其余客户接收优胜内容。";
            return Err(refuse::broadcast("test.percent", en, zh));
        }
        if !HOURS.contains(&self.hours) {
            return Err(refuse::broadcast(
                "test.hours",
                "A test lasts 1 to 720 hours.",
                "测试时长须为 1 到 720 小时。",
            ));
        }
        if people * self.percent / 100 < PEOPLE_LEAST {
            let en = format!("A test needs at least {PEOPLE_LEAST} people for each content: fewer say nothing.");
            let zh = format!("每个内容至少需要 {PEOPLE_LEAST} 人参与测试，否则无法得出结论。");
            return Err(refuse::broadcast("test.percent", en, zh));
        }
        let seconds = |people: i64| if terms.per_hour == 0 { 0 } else { people * 3_600 / terms.per_hour };
        let tested = people * self.percent * contents / 100;
        let needs = seconds(tested) + self.hours * 3_600 + seconds(people - tested).max(REST_SECONDS);
        if terms.start.plus_seconds(needs) > terms.expires {
            let en = "The broadcast would expire before the test is over and the rest has had its turn: shorten the test, or let the broadcast expire later.";
            let zh = "测试结束并轮到其余客户之前，群发就会过期：请缩短测试，或推迟过期时间。";
            return Err(refuse::broadcast("test.hours", en, zh));
        }
        Ok(())
    }
}

/// Of these people those who are in the test of a message, and the rest.
pub fn split_for_test(
    vault: &Vault,
    message: &str,
    people: Vec<PersonNum>,
    share: f64,
) -> (Vec<PersonNum>, Vec<PersonNum>) {
    let seed = vault.derived64(&format!("test:{message}"));
    let drawn = |num: &PersonNum| (crate::message::spread(seed, *num) as f64) < share * u64::MAX as f64;
    people.into_iter().partition(drawn)
}

pub fn keep_test(tx: &mut Tx<'_>, message: &str, test: ContentTestIn) -> Result<(), Refusal> {
    let sql = "INSERT INTO broadcast_test (message, percent, hours, goal) VALUES ($1, $2, $3, $4)";
    tx.execute(sql, params![message, test.percent, test.hours, test.goal.name()])?;
    Ok(())
}

pub fn content_test(tx: &mut Tx<'_>, message: &str) -> Result<Option<ContentTest>, Refusal> {
    let sql = "SELECT percent, hours, goal, begun_at, ends_at, winner, reason, decided_at, decided_by, numbers FROM broadcast_test WHERE message = $1";
    let found = tx.opt(sql, params![message], |row| {
        let test = ContentTest {
            percent: row.int(0)?,
            hours: row.int(1)?,
            goal: Goal::parse(&row.text(2)?).unwrap_or(Goal::Bought),
            begun_at: row.opt_time(3)?,
            ends_at: row.opt_time(4)?,
            winner: row.opt_int(5)?,
            reason: row.opt_text(6)?,
            decided_at: row.opt_time(7)?,
            decided_by: row.opt_text(8)?,
            numbers: None,
        };
        Ok((test, row.opt_text(9)?))
    })?;
    let Some((test, numbers)) = found else { return Ok(None) };
    let numbers = numbers.map(|own| serde_json::from_str(&own)).transpose().map_err(Refusal::internal)?;
    Ok(Some(ContentTest { numbers, ..test }))
}

/// The content that goes to whoever is let through from now on; `None`: each gets the one they are drawn for.
pub fn chosen_content(tx: &mut Tx<'_>, message: &str) -> Result<Option<i64>, Refusal> {
    let sql = "SELECT winner FROM broadcast_test WHERE message = $1 AND decided_at IS NOT NULL";
    Ok(tx.opt(sql, params![message], |row| row.int(0))?)
}

impl Reach {
    /// The forecast of a broadcast with a test: at its start only those of the test are decided.
    pub(super) fn plan_test(
        &self,
        tx: &mut Tx<'_>,
        input: &BroadcastIn,
        test: ContentTestIn,
        terms: &Terms,
        now: Time,
    ) -> Result<Split, Refusal> {
        let people = self.whom(tx, &input.message.people)?;
        let (first, rest) = split_for_test(&self.parts().vault, "plan", people, test.share(input.variants.len() + 1));
        let message = crate::MessageIn { people: first, ..input.message.clone() };
        let mut split = self.split_by(tx, &message, terms, now)?;
        split.people += rest.len();
        if !rest.is_empty() {
            split.waiting.insert("test_cell".to_owned(), rest.len());
        }
        Ok(split)
    }
    /// Begins or ends one test that is due, of messages on the channels that are meant. The caller holds the lease.
    pub fn work_tests(&self, meant: fn(Channel) -> bool) -> Result<Ran, Refusal> {
        let now = self.now();
        Ok(match self.parts().db.read(|tx| self.test_due(tx, meant, now))? {
            TestDue::Begins(id) => {
                let reach = self.clone();
                self.parts().db.transact(move |tx| reach.begin_test(tx, &id, now))?;
                Ran::Went
            }
            TestDue::Ends(id) => {
                self.end_test(&id, now)?;
                Ran::Went
            }
            TestDue::Later(at) => Ran::Waits(at),
            TestDue::Nothing => Ran::Nothing,
        })
    }
    fn test_due(&self, tx: &mut Tx<'_>, meant: fn(Channel) -> bool, now: Time) -> Result<TestDue, Refusal> {
        let sql = "SELECT t.message, t.ends_at, r.state, r.undecided - r.held, r.channel FROM broadcast_test t JOIN gate_run r ON r.id = t.message
            WHERE t.decided_at IS NULL AND r.ended_at IS NULL AND r.state <> 'cancelled' AND r.start_at <= $1 ORDER BY t.message";
        let each = tx.query(sql, params![now], |row| {
            Ok((row.text(0)?, row.opt_time(1)?, row.text(2)?, row.int(3)?, row.int(4)?))
        })?;
        let mut later: Option<Time> = None;
        for (message, ends, state, turns, channel) in each {
            if !meant(Channel::of(channel)) {
                continue;
            }
            match ends {
                Some(at) if at <= now => return Ok(TestDue::Ends(message)),
                Some(at) => later = Some(later.map_or(at, |own| own.min(at))),
                None if state == "running" && turns == 0 => return Ok(TestDue::Begins(message)),
                None => {}
            }
        }
        Ok(later.map_or(TestDue::Nothing, TestDue::Later))
    }
    /// Everybody of the test has had their turn: its hours run.
    fn begin_test(&self, tx: &mut Tx<'_>, message: &str, now: Time) -> Result<(), Refusal> {
        let expires = self.gate().run(tx, message)?.expires;
        let sql = "SELECT hours FROM broadcast_test WHERE message = $1";
        let hours = tx.one(sql, params![message], |row| row.int(0))?;
        // Approved late or paused for long it is cut short: the rest has to have its turn.
        let ends = now.plus_seconds(hours * 3_600).min(expires.plus_seconds(-REST_SECONDS)).max(now);
        let sql = "UPDATE broadcast_test SET begun_at = $2, ends_at = $3 WHERE message = $1 AND begun_at IS NULL";
        tx.execute(sql, params![message, now, ends])?;
        Ok(())
    }
    /// The hours of a test are over. The figures are read before the unit, which holds up everybody who writes.
    fn end_test(&self, message: &str, now: Time) -> Result<(), Refusal> {
        let numbers = self.parts().db.read(|tx| self.test_numbers(tx, message, now))?;
        let (reach, message) = (self.clone(), message.to_owned());
        self.parts().db.transact(move |tx| {
            let winner = numbers.winner.unwrap_or(0);
            reach.decide_test(tx, &message, winner, &numbers.why, "", &numbers, now).map(drop)
        })
    }
    /// What the contents have done until now. Errors: `broadcast_unknown`, `broadcast_test`.
    pub fn test_numbers(&self, tx: &mut Tx<'_>, message: &str, now: Time) -> Result<TestNumbers, Refusal> {
        let run = match self.gate().run(tx, message) {
            Err(refusal) if refusal.code == "run_unknown" => return Err(refuse::broadcast_unknown()),
            run => run?,
        };
        let test = content_test(tx, message)?.ok_or_else(refuse::broadcast_test)?;
        self.parts().judges.judge(tx, &run, test.goal, now)
    }
    /// Answers whether it was this that decided: the first one counts.
    #[allow(clippy::too_many_arguments, reason = "what is kept of a decision")]
    fn decide_test(
        &self,
        tx: &mut Tx<'_>,
        message: &str,
        winner: i64,
        reason: &str,
        by: &str,
        numbers: &TestNumbers,
        now: Time,
    ) -> Result<bool, Refusal> {
        // This takes the gate's lock: nobody is let through in between.
        self.gate().release(tx, message, now)?;
        let numbers = serde_json::to_string(numbers).map_err(Refusal::internal)?;
        let sql = "UPDATE broadcast_test SET winner = $2, reason = $3, decided_by = $4, numbers = $5, decided_at = $6 WHERE message = $1 AND decided_at IS NULL";
        let decided = tx.execute(sql, params![message, winner, reason, by, &numbers, now])? == 1;
        if decided {
            tracing::info!(message, winner, reason, "the content for the rest of a broadcast is chosen");
        }
        Ok(decided)
    }
    /// Somebody chooses one of so many `contents` before the test is over. `numbers`: how it stood then ([`Reach::test_numbers`]).
    ///
    /// Errors: `message_over`, `broadcast_test` (there is none, or it is decided), `broadcast_invalid`.
    #[allow(clippy::too_many_arguments, reason = "what is kept of a decision")]
    pub fn choose_content(
        &self,
        tx: &mut Tx<'_>,
        message: &str,
        contents: usize,
        content: i64,
        by: &str,
        numbers: &TestNumbers,
        now: Time,
    ) -> Result<(), Refusal> {
        let run = self.gate().run(tx, message)?;
        if run.ended_at.is_some() || run.state == "cancelled" {
            return Err(refuse::message_over());
        }
        if content_test(tx, message)?.is_none_or(|own| own.decided_at.is_some()) {
            return Err(refuse::broadcast_test());
        }
        if !(0..contents as i64).contains(&content) {
            return Err(refuse::broadcast("content", "There is no such content.", "没有该内容。"));
        }
        let decided = self.decide_test(tx, message, content, "by_hand", by, numbers, now)?;
        if decided { Ok(()) } else { Err(refuse::broadcast_test()) }
    }
}
