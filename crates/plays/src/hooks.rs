//! Webhooks of journeys: an address is told that somebody has come to a node. Receivers are told beside each other: one that is slow, or fails, holds up
//! its own work and nobody else's.

use crate::Plays;
use crate::flights::{Flight, Sky, fly};
use crate::said::{HookSaid, parse};
use crate::world::failed;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_contacts::Ran;
use siyu_db::{Tx, params};
use siyu_journeys::{Answer, Effect, EffectKey, Outcome, Told, told};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_webhook::{Attempt, Guard, Hook, Key, Retry, Schedule, payload};
use std::sync::atomic::Ordering::Relaxed;

const TYPE: &str = "journey.step";
/// After so many failures in a row a receiver is asked with one at a time, after these pauses in seconds; its other work waits and counts no failure.
const FAILURES: i64 = 5;
const PAUSES: [i64; 5] = [30, 120, 600, 1_800, 3_600];
/// Who takes longer is slow.
const SLOW_MILLIS: u64 = 3_000;
/// Receivers looked at in one round.
const HOSTS: usize = 500;
/// How long those that answer at once are waited for, so that nobody looks again and again meanwhile.
const PATIENCE_MILLIS: u64 = 250;
/// What became of them is kept so long; thrown away some thousand at a time, now and then.
const KEPT_DAYS: i64 = 7;
const TIDY_SECONDS: i64 = 60;
const TIDIED: i64 = 2_000;
/// The last tries that are kept of each.
const TRIED: usize = 10;
/// So long both the old and the new key sign.
const KEYS_DAYS: i64 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookState {
    Waiting,
    Taken,
    GivenUp,
    /// The journey did not wait for it any more.
    TakenBack,
}

impl HookState {
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Taken, Self::GivenUp, Self::TakenBack];
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Taken => "delivered",
            Self::GivenUp => "failed",
            Self::TakenBack => "withdrawn",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == name)
    }
    fn of(code: i64) -> Self {
        usize::try_from(code).ok().and_then(|at| Self::ALL.get(at)).copied().unwrap_or(Self::Waiting)
    }
}

/// One try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// Microseconds.
    pub at: i64,
    pub millis: u64,
    pub status: Option<u16>,
    /// A code of [`siyu_webhook::Kind`]; empty when it was taken.
    pub error: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub key: EffectKey,
    pub node: String,
    pub url: String,
    pub state: HookState,
    pub at: Time,
    pub attempts: i64,
    /// When it is tried next, of one that waits.
    pub next_at: Option<Time>,
    /// The newest last.
    pub tried: Vec<Tried>,
}

/// Of a journey; every condition that is given.
#[derive(Clone, Debug, Default)]
pub struct DeliveryQuery {
    pub node: Option<String>,
    pub state: Option<HookState>,
    /// Older than (decided, person, entry, step).
    pub before: Option<(Time, PersonNum, u32, u32)>,
}

/// A receiver that has failed lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub host: String,
    /// In a row.
    pub failures: i64,
    pub since: Time,
    /// When it is asked next; its work waits until then.
    pub next_at: Option<Time>,
    pub error: String,
    pub status: Option<i64>,
    pub waiting: i64,
}

/// What webhooks are signed with.
pub struct HookKeys {
    pub current: Key,
    /// The one before, and until when it signs as well.
    pub previous: Option<(Key, Time)>,
}

struct Due {
    key: EffectKey,
    host: String,
    url: String,
    body: Vec<u8>,
    tries: i64,
    tried: String,
    /// The receiver has failed at the last try.
    fails: bool,
}

impl Plays {
    /// What receivers check signatures with: the same for all journeys of the workspace.
    pub fn hook_keys(&self, tx: &mut Tx<'_>) -> Result<HookKeys, Refusal> {
        let sql = "SELECT num, at FROM play_hook_key ORDER BY num DESC LIMIT 1";
        let Some((num, at)) = tx.opt(sql, &[], |row| Ok((row.int(0)?, row.time(1)?)))? else {
            return Ok(HookKeys { current: self.hook_key(0), previous: None });
        };
        let until = at.plus_days(KEYS_DAYS);
        let previous = (self.now() < until).then(|| (self.hook_key(num - 1), until));
        Ok(HookKeys { current: self.hook_key(num), previous })
    }
    /// A new key from now on; for some days both sign.
    pub fn rotate_hook_key(&self, tx: &mut Tx<'_>) -> Result<HookKeys, Refusal> {
        let last = tx.one("SELECT COALESCE(MAX(num), 0) FROM play_hook_key", &[], |row| row.int(0))?;
        tx.execute("INSERT INTO play_hook_key (num, at) VALUES ($1, $2)", params![last + 1, self.now()])?;
        self.hook_keys(tx)
    }
    fn hook_key(&self, num: i64) -> Key {
        let name = if num == 0 { "key".to_owned() } else { format!("key:{num}") };
        Key::Shared(self.inner.vault.sign("journey-webhooks", name.as_bytes()).to_vec())
    }

    pub(crate) fn hook(&self, tx: &mut Tx<'_>, own: &Effect, now: Time) -> Result<Answer, Refusal> {
        self.keep_hook(tx, own, now).or_else(failed)
    }
    fn keep_hook(&self, tx: &mut Tx<'_>, own: &Effect, now: Time) -> Result<Answer, Refusal> {
        let said: HookSaid = parse(&own.with)?;
        let data = json!({
            "journey": own.journey, "journey_name": own.journey_name, "version": own.version, "node": own.node,
            "person": self.inner.people.id(own.root), "decided_at": own.decided_at,
        });
        let body = payload(TYPE, now, &data).map_err(Refusal::internal)?;
        let EffectKey { journey, num, entry, step } = own.key;
        let host = host_of(&said.url);
        tx.execute(
            "INSERT INTO play_hook (journey, num, entry, step, url, body, due_at, tries, of, node, host, at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $7)",
            params![journey, num, entry, step, &said.url, &self.inner.vault.seal(&body), now, &own.journey, &own.node, &host],
        )?;
        Ok(Answer::Later)
    }
    /// One that is on its way may arrive.
    pub(crate) fn withdraw_hooks<'e>(
        &self,
        tx: &mut Tx<'_>,
        effects: impl Iterator<Item = &'e Effect>,
        now: Time,
    ) -> Result<(), Refusal> {
        for own in effects {
            end(tx, own.about, HookState::TakenBack, now)?;
        }
        Ok(())
    }
    /// Nothing is kept of people who are erased.
    pub fn forget(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<(), Refusal> {
        let nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        tx.execute(&format!("DELETE FROM play_hook WHERE {}", tx.any("num", 1)), params![&nums])?;
        Ok(())
    }

    /// Sends what is due and may be sent, each in a thread of its own; answers soon, whatever receivers do. The caller holds the lease; an attempt that
    /// nobody wrote down is made again, with the same id.
    pub fn work_hooks(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let sky = self.flights.sky();
        let (chosen, keys, later) = self.inner.db.read(|tx| {
            let (chosen, later) = self.choose(tx, &sky, now)?;
            let keys = if chosen.is_empty() { None } else { Some(self.hook_keys(tx)?) };
            Ok((chosen, keys, later))
        })?;
        let keys: Vec<Key> =
            keys.into_iter().flat_map(|own| [Some(own.current), own.previous.map(|(key, _)| key)]).flatten().collect();
        let begun = chosen.len();
        for due in chosen {
            let (plays, keys) = (self.clone(), keys.clone());
            let flight = self.flights.begin(&due.host, due.key.num, now);
            fly(move || plays.send_hook(due, &keys, flight))?;
        }
        let (ended, flying) = self.flights.wait(sky.ended(), PATIENCE_MILLIS);
        if begun > 0 || ended {
            return Ok(Ran::Went);
        }
        if self.tidy_hooks(now)? {
            return Ok(Ran::Went);
        }
        Ok(match later {
            _ if flying => Ran::Waits(now),
            Some(at) => Ran::Waits(at),
            None => Ran::Nothing,
        })
    }
    /// What may be sent now, receiver by receiver, those behind the one that had its turn first; else when something is due.
    fn choose(&self, tx: &mut Tx<'_>, sky: &Sky, now: Time) -> Result<(Vec<Due>, Option<Time>), Refusal> {
        let (mut chosen, mut later): (Vec<Due>, Option<Time>) = (Vec::new(), None);
        let mut wait = |at: Time| later = Some(later.map_or(at, |own: Time| own.min(at)));
        let mut room = sky.room();
        for host in hosts(tx, sky.turn())? {
            if room == 0 {
                break;
            }
            let sql = "SELECT failures, open_at FROM play_endpoint WHERE host = $1";
            let found = tx.opt(sql, params![&host], |row| Ok((row.int(0)?, row.time(1)?)))?;
            if let Some((_, open_at)) = found
                && open_at > now
            {
                wait(open_at);
                continue;
            }
            if let Some(until) = sky.rests(&host, now) {
                wait(until);
                continue;
            }
            let fails = found.is_some_and(|(failures, _)| failures >= FAILURES);
            let (free, flying) = sky.room_at(&host, fails);
            let free = free.min(room);
            if free == 0 {
                continue;
            }
            let limit = (free + flying.len()) as i64;
            for (own, due_at) in due_at(tx, &host, found.is_some(), limit)? {
                if due_at > now {
                    wait(due_at);
                    break;
                }
                let taken = chosen.iter().any(|other| other.host == host && other.key.num == own.key.num);
                if taken || flying.contains(&own.key.num) {
                    continue;
                }
                if chosen.iter().filter(|other| other.host == host).count() < free {
                    chosen.push(own);
                    room -= 1;
                }
            }
        }
        Ok((chosen, later))
    }
    fn send_hook(&self, due: Due, keys: &[Key], flight: Flight) {
        let tried = self.inner.vault.open(&due.body).map_err(Refusal::internal).and_then(|body| {
            let attempt = self.inner.sender.send(&Hook { url: &due.url, keys }, &due.key.show(), &body);
            self.flights.saw(&due.host, attempt.took_ms >= SLOW_MILLIS);
            let plays = self.clone();
            self.inner.db.transact(move |tx| plays.tried(tx, &due, &attempt))
        });
        // What could not be written down is due still, and is sent again with the same id.
        if tried.is_ok() {
            flight.landed();
        }
    }
    fn tried(&self, tx: &mut Tx<'_>, due: &Due, attempt: &Attempt) -> Result<(), Refusal> {
        let (now, key) = (self.now(), due.key);
        let tried = with_try(&due.tried, attempt);
        let EffectKey { journey, num, entry, step } = key;
        let sql = "UPDATE play_hook SET attempts = attempts + 1, tried = $5 WHERE journey = $1 AND num = $2 AND entry = $3 AND step = $4";
        tx.execute(sql, params![journey, num, entry, step, &tried])?;
        let error = match &attempt.outcome {
            Ok(()) => {
                if due.fails {
                    tx.execute("DELETE FROM play_endpoint WHERE host = $1", params![&due.host])?;
                }
                return self.over(tx, key, HookState::Taken, Outcome::Done, now);
            }
            Err(error) => error,
        };
        if !error.is_retryable() {
            return self.over(tx, key, HookState::GivenUp, Outcome::Failed(error.name().to_owned()), now);
        }
        let asked = match error.retry {
            Retry::NotBefore(at) => Some(at),
            _ => None,
        };
        // That the whole receiver fails is not this one's failure: it waits, and is there when the receiver is again.
        let failures = self.failed_at(tx, &due.host, error.name(), attempt.status, now)?;
        let again = |at: Time, more: i64, tx: &mut Tx<'_>| {
            let sql = "UPDATE play_hook SET due_at = $5, tries = tries + $6 WHERE journey = $1 AND num = $2 AND entry = $3 AND step = $4 AND state = 0";
            tx.execute(sql, params![journey, num, entry, step, at, more]).map(drop)
        };
        if failures > FAILURES {
            return Ok(again(asked.map_or(now, |at| at.min(now.plus_days(1))), 0, tx)?);
        }
        let count = usize::try_from(due.tries + 1).unwrap_or(usize::MAX);
        match Schedule::default().next(count, now, asked, &self.inner.chance) {
            Some(at) => Ok(again(at, 1, tx)?),
            None => self.over(tx, key, HookState::GivenUp, Outcome::Failed(error.name().to_owned()), now),
        }
    }
    /// One more failure in a row of a receiver. Answers how many there are.
    fn failed_at(
        &self,
        tx: &mut Tx<'_>,
        host: &str,
        error: &str,
        status: Option<u16>,
        now: Time,
    ) -> Result<i64, Refusal> {
        let status = status.map(i64::from);
        let sql = "INSERT INTO play_endpoint (host, failures, since, open_at, error, status) VALUES ($1, 1, $2, 0, $3, $4)
            ON CONFLICT (host) DO UPDATE SET failures = play_endpoint.failures + 1, error = excluded.error, status = excluded.status RETURNING failures";
        let failures = tx.one(sql, params![host, now, error, status], |row| row.int(0))?;
        if failures >= FAILURES {
            let at = usize::try_from(failures - FAILURES).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
            let open_at = now.plus_seconds(PAUSES[at]);
            tx.execute("UPDATE play_endpoint SET open_at = $2 WHERE host = $1", params![host, open_at])?;
        }
        Ok(failures)
    }
    fn over(
        &self,
        tx: &mut Tx<'_>,
        key: EffectKey,
        state: HookState,
        outcome: Outcome,
        now: Time,
    ) -> Result<(), Refusal> {
        // Taken back meanwhile: nobody waits for it.
        if end(tx, key, state, now)? { told(tx, &[Told { key, outcome }]) } else { Ok(()) }
    }
    /// Throws away what is old. Answers whether there may be more.
    fn tidy_hooks(&self, now: Time) -> Result<bool, Refusal> {
        let last = self.tidied.load(Relaxed);
        if (last..last.saturating_add(TIDY_SECONDS * 1_000_000)).contains(&now.0) {
            return Ok(false);
        }
        let until = now.plus_days(-KEPT_DAYS);
        let old = "SELECT 1 FROM play_hook WHERE state <> 0 AND ended_at < $1 LIMIT 1";
        let any = self.inner.db.read(|tx| Ok(tx.opt(old, params![until], |row| row.int(0))?.is_some()))?;
        let gone = if any {
            let sql = "DELETE FROM play_hook WHERE (journey, num, entry, step) IN
                (SELECT journey, num, entry, step FROM play_hook WHERE state <> 0 AND ended_at < $1 ORDER BY ended_at LIMIT $2)";
            self.inner.db.transact(move |tx| Ok(tx.execute(sql, params![until, TIDIED])?))?
        } else {
            0
        };
        let more = gone as i64 >= TIDIED;
        if !more {
            self.tidied.store(now.0, Relaxed);
        }
        Ok(more)
    }

    /// What became of the webhooks of a journey, the newest first.
    pub fn deliveries(
        &self,
        tx: &mut Tx<'_>,
        journey: u32,
        query: &DeliveryQuery,
        limit: usize,
    ) -> Result<Vec<Delivery>, Refusal> {
        let sql = "SELECT num, entry, step, node, url, state, at, attempts, due_at, tried FROM play_hook
            WHERE journey = $1 AND (at, num, entry, step) < ($2, $3, $4, $5) AND ($6 = '' OR node = $6) AND ($7 < 0 OR state = $7)
            ORDER BY at DESC, num DESC, entry DESC, step DESC LIMIT $8";
        let (at, num, entry, step) =
            query.before.map_or((i64::MAX, 0, 0, 0), |(at, num, entry, step)| (at.0, i64::from(num), entry, step));
        let state = query.state.map_or(-1, |own| own as i64);
        let node = query.node.as_deref().unwrap_or_default();
        let bounds = params![journey, at, num, entry, step, node, state, limit as i64];
        Ok(tx.query(sql, bounds, |row| {
            let state = HookState::of(row.int(5)?);
            let next_at = Some(row.time(8)?).filter(|_| state == HookState::Waiting);
            Ok(Delivery {
                key: EffectKey { journey, num: row.num(0)?, entry: row.num(1)?, step: row.num(2)? },
                node: row.text(3)?,
                url: row.text(4)?,
                state,
                at: row.time(6)?,
                attempts: row.int(7)?,
                next_at,
                tried: serde_json::from_str(&row.text(9)?).unwrap_or_default(),
            })
        })?)
    }
    /// Sends one again, now: one that waits, and one that was taken or given up, with the same id. The way of the journey stays. Answers whether there is
    /// such a one.
    pub fn send_again(&self, tx: &mut Tx<'_>, key: EffectKey) -> Result<bool, Refusal> {
        let EffectKey { journey, num, entry, step } = key;
        let sql = "UPDATE play_hook SET state = 0, tries = 0, due_at = $5, ended_at = NULL WHERE journey = $1 AND num = $2 AND entry = $3 AND step = $4 RETURNING host";
        let host = tx.opt(sql, params![journey, num, entry, step, self.now()], |row| row.text(0))?;
        if let Some(host) = &host {
            tx.execute("UPDATE play_endpoint SET open_at = 0 WHERE host = $1", params![host])?;
        }
        Ok(host.is_some())
    }
    /// Receivers that have failed at the last try; `journey`: those of one journey alone.
    pub fn failing_endpoints(&self, tx: &mut Tx<'_>, journey: Option<u32>) -> Result<Vec<Endpoint>, Refusal> {
        let sql = "SELECT host, failures, since, open_at, error, status,
              (SELECT COUNT(*) FROM play_hook h WHERE h.host = e.host AND h.state = 0 AND ($1 < 0 OR h.journey = $1))
            FROM play_endpoint e ORDER BY since, host LIMIT 100";
        let (all, now) = (journey.map_or(-1, i64::from), self.now());
        let rows = tx.query(sql, params![all], |row| {
            Ok(Endpoint {
                host: row.text(0)?,
                failures: row.int(1)?,
                since: row.time(2)?,
                next_at: Some(row.time(3)?).filter(|at| *at > now),
                error: row.text(4)?,
                status: row.opt_int(5)?,
                waiting: row.int(6)?,
            })
        })?;
        Ok(rows.into_iter().filter(|own| journey.is_none() || own.waiting > 0).collect())
    }
}

impl Endpoint {
    /// Its work waits.
    pub fn is_down(&self) -> bool {
        self.failures >= FAILURES
    }
}

/// Name and port: what is asked a few times at once.
fn host_of(url: &str) -> String {
    Guard::default().target(url).map(|own| format!("{}:{}", own.host, own.port)).unwrap_or_default()
}

/// Receivers for whom something waits: those behind `turn`, then the others.
fn hosts(tx: &mut Tx<'_>, turn: &str) -> Result<Vec<String>, Refusal> {
    let mut found: Vec<String> = Vec::new();
    let next = "SELECT host FROM play_hook WHERE state = 0 AND host > $1 ORDER BY host LIMIT 1";
    let first = "SELECT host FROM play_hook WHERE state = 0 ORDER BY host LIMIT 1";
    let mut last = turn.to_owned();
    // Each is one look into the index, however many wait for it.
    while found.len() < HOSTS
        && let Some(host) = tx.opt(next, params![&last], |row| row.text(0))?
    {
        last.clone_from(&host);
        found.push(host);
    }
    let mut host = tx.opt(first, &[], |row| row.text(0))?;
    while let Some(own) = host.filter(|own| own.as_str() <= turn && found.len() < HOSTS) {
        host = tx.opt(next, params![&own], |row| row.text(0))?;
        found.push(own);
    }
    Ok(found)
}

/// Of a receiver what is due first, and of each person what was decided first.
fn due_at(tx: &mut Tx<'_>, host: &str, fails: bool, limit: i64) -> Result<Vec<(Due, Time)>, Refusal> {
    let sql = "SELECT journey, num, entry, step, url, body, tries, tried, due_at FROM play_hook h WHERE host = $1 AND state = 0
          AND NOT EXISTS (SELECT 1 FROM play_hook e WHERE e.num = h.num AND e.host = h.host AND e.state = 0
            AND (e.at, e.journey, e.entry, e.step) < (h.at, h.journey, h.entry, h.step))
        ORDER BY due_at, journey, num, entry, step LIMIT $2";
    Ok(tx.query(sql, params![host, limit], |row| {
        let key = EffectKey { journey: row.num(0)?, num: row.num(1)?, entry: row.num(2)?, step: row.num(3)? };
        let due = Due {
            key,
            host: host.to_owned(),
            url: row.text(4)?,
            body: row.blob(5)?,
            tries: row.int(6)?,
            tried: row.text(7)?,
            fails,
        };
        Ok((due, row.time(8)?))
    })?)
}

/// The last tries with one more.
fn with_try(tried: &str, attempt: &Attempt) -> String {
    let mut all: Vec<Tried> = serde_json::from_str(tried).unwrap_or_default();
    all.push(Tried {
        at: attempt.at.0,
        millis: attempt.took_ms,
        status: attempt.status,
        error: attempt.outcome.as_ref().err().map(|error| error.name().to_owned()).unwrap_or_default(),
    });
    let from = all.len().saturating_sub(TRIED);
    serde_json::to_string(&all[from..]).unwrap_or_else(|_| "[]".to_owned())
}

fn end(tx: &mut Tx<'_>, key: EffectKey, state: HookState, now: Time) -> Result<bool, Refusal> {
    let EffectKey { journey, num, entry, step } = key;
    let sql = "UPDATE play_hook SET state = $5, ended_at = $6 WHERE journey = $1 AND num = $2 AND entry = $3 AND step = $4 AND state = 0";
    Ok(tx.execute(sql, params![journey, num, entry, step, state as i64, now])? > 0)
}
