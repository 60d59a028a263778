//! The work beside: WeCom's codes follow the plan.

use crate::code::{CodeRow, STORE, SeatRow, WayRow};
use crate::plan::{Plan, Seat, plan};
use crate::rota::Slot;
use crate::told::note;
use crate::wecom::Wanted;
use crate::{Channels, zone};
use siyu_contacts::Ran;
use siyu_db::params;
use siyu_kernel::{Refusal, Time};
use siyu_wecom::{Client, ContactWay, Error, Retry};
use std::collections::BTreeMap;

/// How long before a change of the rota the code is changed: who scans at the hour meets those on duty.
pub(crate) const LEAD_SECONDS: i64 = 30;
/// Calls of one step, so that other work of the thread has its turn.
const CALLS: usize = 20;
/// How often it is looked whether WeCom still has what it was told.
const CHECK_SECONDS: i64 = 6 * 3_600;
/// What WeCom refuses for a member's sake: who may serve is asked anew before the next attempt.
const MEMBER_CODES: [i64; 9] = [40003, 40098, 40099, 41054, 50002, 60011, 60111, 84074, 84084];
const GONE: i64 = 41044;

/// What was found when nothing was to be done, so that the next look is short.
#[derive(Default)]
pub(crate) struct Looked {
    codes: (Option<i64>, Time),
    groups: (Option<i64>, Time),
    /// When pictures are looked at next.
    pictures: Time,
}

impl Looked {
    fn is_fresh((seen, until): (Option<i64>, Time), pulse: i64, now: Time) -> Option<Time> {
        (seen == Some(pulse) && now < until).then_some(until)
    }
}

/// One thing to tell.
struct Task {
    code: String,
    pool: String,
    way: WayRow,
    exclusive: bool,
    kind: Kind,
}
enum Kind {
    Make(Wanted, &'static str),
    Find(Wanted, &'static str),
    Change(Wanted, &'static str),
    Check(Wanted),
    /// WeCom has it right already; only the reason is another one now.
    Note(&'static str),
    Close,
}

impl Channels {
    /// Tells WeCom what it does not know yet, a few calls. The caller holds the lease.
    pub fn step(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let pulse =
            self.inner.db.read(|tx| Ok(tx.one("SELECT n FROM channel_pulse WHERE id = 1", &[], |row| row.int(0))?))?;
        let looked = || self.inner.looked.lock().unwrap_or_else(|broken| broken.into_inner());
        let (codes, groups) = {
            let looked = looked();
            (Looked::is_fresh(looked.codes, pulse, now), Looked::is_fresh(looked.groups, pulse, now))
        };
        // Both have their turn, so that neither waits for the other.
        let groups = match groups {
            Some(until) => Ran::Waits(until),
            None => self.step_groups()?,
        };
        if let Ran::Waits(until) = groups {
            looked().groups = (Some(pulse), until);
        }
        let codes = match codes {
            Some(until) => Ran::Waits(until),
            None => self.step_codes(now)?,
        };
        if let Ran::Waits(until) = codes {
            looked().codes = (Some(pulse), until);
        }
        // Pictures come after what people wait for, and what was told may have brought new ones.
        let told = [groups, codes].contains(&Ran::Went);
        let due = looked().pictures;
        let pictures = if told || due <= now { self.step_pictures()? } else { Ran::Waits(due) };
        looked().pictures = if let Ran::Waits(until) = pictures { until } else { now };
        let waits = [groups, codes, pictures].into_iter().filter_map(|ran| match ran {
            Ran::Waits(at) => Some(at),
            _ => None,
        });
        Ok(match (told || pictures == Ran::Went, waits.min()) {
            (true, _) => Ran::Went,
            (false, Some(at)) => Ran::Waits(at),
            (false, None) => Ran::Nothing,
        })
    }

    fn step_codes(&self, now: Time) -> Result<Ran, Refusal> {
        let (mut tasks, next) = self.tasks(now)?;
        if tasks.is_empty() {
            return Ok(Ran::Waits(next));
        }
        tasks.truncate(CALLS);
        let client = self.inner.contacts.client()?;
        for task in tasks {
            self.carry_out(&client, task)?;
        }
        Ok(Ran::Went)
    }

    /// What is due now, and when to look again at the latest.
    fn tasks(&self, now: Time) -> Result<(Vec<Task>, Time), Refusal> {
        let (codes, zone) = self.inner.db.read(|tx| Ok((self.plannable(tx)?, zone(tx)?)))?;
        let ahead = now.plus_seconds(LEAD_SECONDS);
        let slot = Slot::at(&zone, ahead);
        let mut next = next_minute(now);
        let mut tasks = Vec::new();
        for code in &codes {
            for way in &code.ways {
                let Some(kind) = kind(code, way, slot, now) else { continue };
                if way.due_at > now && !matches!(kind, Kind::Check(_)) {
                    next = next.min(way.due_at);
                    continue;
                }
                tasks.push(Task {
                    code: code.id.clone(),
                    pool: way.pool.clone(),
                    way: way.clone(),
                    exclusive: code.exclusive,
                    kind,
                });
            }
        }
        // What people wait for comes before what is only looked after.
        tasks.sort_by_key(|task| match task.kind {
            Kind::Change(..) => 0,
            Kind::Make(..) | Kind::Find(..) => 1,
            Kind::Note(_) => 2,
            Kind::Close => 3,
            Kind::Check(_) => 4,
        });
        Ok((tasks, next))
    }

    fn carry_out(&self, client: &Client, task: Task) -> Result<(), Refusal> {
        let Task { code, pool, way, exclusive, kind } = task;
        let own = (code.as_str(), pool.as_str());
        let config = way.config_id.as_deref().unwrap_or_default();
        match kind {
            Kind::Make(wanted, why) => {
                // From here on it may exist at WeCom, whatever becomes of us.
                self.mark_making(own)?;
                let body = wanted.to_make(exclusive);
                match client.add_contact_way(&body) {
                    Ok(made) => self.is_made(own, &wanted, why, &body, made.config_id, made.qr_code),
                    // Nothing was made: it is asked for again.
                    Err(error) => {
                        self.is_refused(own, if error.retry == Retry::LookFirst { "making" } else { "new" }, &error)
                    }
                }
            }
            Kind::Find(wanted, why) => match self.made_before(client, &way) {
                Ok(Some(found)) => {
                    let body = wanted.to_make(exclusive);
                    let config = found.config_id.clone().unwrap_or_default();
                    self.is_made(own, &Wanted::default(), why, &body, config, found.qr_code)
                }
                Ok(None) => self.set_state(own, "new"),
                Err(error) => self.is_refused(own, "making", &error),
            },
            Kind::Change(wanted, why) => match client.update_contact_way(&wanted.to_change(config)) {
                Ok(()) => self.is_told(own, "changed", &wanted, why, &wanted.to_change(config)),
                Err(error) if error.code() == Some(GONE) => self.is_dead(own),
                Err(error) => self.is_refused(own, "failed", &error),
            },
            Kind::Check(wanted) => match client.contact_way(config) {
                Ok(shown) if wanted.is_shown_by(&shown) => self.is_checked(own, None),
                Ok(shown) => self.is_checked(own, Some(&shown)),
                Err(error) if error.code() == Some(GONE) => self.is_dead(own),
                // It works as far as anybody knows; looking again comes later.
                Err(_) => self.is_checked(own, None),
            },
            Kind::Note(why) => {
                let (code, pool) = (code.clone(), pool.clone());
                self.act(move |tx| {
                    let sql = "UPDATE channel_way SET why = $3 WHERE code = $1 AND pool = $2";
                    tx.execute(sql, params![&code, &pool, why]).map(drop).map_err(Refusal::from)
                })
            }
            Kind::Close => match client.delete_contact_way(config) {
                Ok(()) => self.is_closed(own, config),
                Err(error) if error.code() == Some(GONE) => self.is_closed(own, config),
                Err(error) => self.is_refused(own, "closing", &error),
            },
        }
    }

    /// A way with this state that WeCom has made since we began.
    fn made_before(&self, client: &Client, way: &WayRow) -> Result<Option<ContactWay>, Error> {
        let begun = way.due_at.0.min(self.now().0) / 1_000_000 - 86_400;
        for page in client.contact_ways(Some(begun), None) {
            for id in page? {
                let found = client.contact_way(&id)?;
                if found.state.as_deref() == Some(&way.wecom_state) {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    fn act(
        &self,
        work: impl FnMut(&mut siyu_db::Tx<'_>) -> Result<(), Refusal> + Send + 'static,
    ) -> Result<(), Refusal> {
        self.inner.db.transact(work)
    }
    fn mark_making(&self, (code, pool): (&str, &str)) -> Result<(), Refusal> {
        let (code, pool, now) = (code.to_owned(), pool.to_owned(), self.now());
        self.act(move |tx| {
            let sql = "UPDATE channel_way SET state = 'making', begun_at = $3 WHERE code = $1 AND pool = $2";
            tx.execute(sql, params![&code, &pool, now]).map(drop).map_err(Refusal::from)
        })
    }
    fn set_state(&self, (code, pool): (&str, &str), state: &'static str) -> Result<(), Refusal> {
        let (code, pool, now) = (code.to_owned(), pool.to_owned(), self.now());
        self.act(move |tx| {
            let sql = "UPDATE channel_way SET state = $3, due_at = $4 WHERE code = $1 AND pool = $2";
            tx.execute(sql, params![&code, &pool, state, now]).map(drop).map_err(Refusal::from)
        })
    }
    /// A code that was found keeps what was told empty: the next step tells it all.
    fn is_made(
        &self,
        (code, pool): (&str, &str),
        wanted: &Wanted,
        why: &'static str,
        body: &ContactWay,
        config: String,
        qr: Option<String>,
    ) -> Result<(), Refusal> {
        metrics::counter!("siyu_channel_codes_told_total", "what" => "made").increment(1);
        let told = if wanted.users.is_empty() { String::new() } else { wanted.text() };
        let sent = ContactWay { config_id: Some(config.clone()), ..body.clone() };
        let body = serde_json::to_string(&sent).map_err(Refusal::internal)?;
        let (code, pool, now) = (code.to_owned(), pool.to_owned(), self.now());
        self.act(move |tx| {
            tx.execute(
                "UPDATE channel_way SET state = 'good', config_id = $3, qr_code = $4, qr_text = CASE WHEN qr_code = $4 THEN qr_text END, told = $5, why = $6, error = NULL, tries = 0, told_at = $7, checked_at = $7, due_at = $7 WHERE code = $1 AND pool = $2",
                params![&code, &pool, &config, &qr, &told, why, now],
            )?;
            note(tx, (&code, &pool), "made", why, &body, now)
        })
    }
    fn is_told(
        &self,
        (code, pool): (&str, &str),
        what: &'static str,
        wanted: &Wanted,
        why: &'static str,
        body: &ContactWay,
    ) -> Result<(), Refusal> {
        metrics::counter!("siyu_channel_codes_told_total", "what" => what).increment(1);
        let (told, body) = (wanted.text(), serde_json::to_string(body).map_err(Refusal::internal)?);
        let (code, pool, now) = (code.to_owned(), pool.to_owned(), self.now());
        self.act(move |tx| {
            tx.execute(
                "UPDATE channel_way SET state = 'good', told = $3, why = $4, error = NULL, tries = 0, told_at = $5, due_at = $5 WHERE code = $1 AND pool = $2",
                params![&code, &pool, &told, why, now],
            )?;
            note(tx, (&code, &pool), what, why, &body, now)
        })
    }
    /// What is found to differ is told anew.
    fn is_checked(&self, (code, pool): (&str, &str), differs: Option<&ContactWay>) -> Result<(), Refusal> {
        let found = differs.map(serde_json::to_string).transpose().map_err(Refusal::internal)?;
        let (code, pool, now) = (code.to_owned(), pool.to_owned(), self.now());
        self.act(move |tx| {
            tx.execute(
                "UPDATE channel_way SET checked_at = $3 WHERE code = $1 AND pool = $2",
                params![&code, &pool, now],
            )?;
            if let Some(found) = &found {
                tx.execute("UPDATE channel_way SET told = '' WHERE code = $1 AND pool = $2", params![&code, &pool])?;
                note(tx, (&code, &pool), "differs", "", found, now)?;
            }
            Ok(())
        })
    }
    fn is_closed(&self, (code, pool): (&str, &str), config: &str) -> Result<(), Refusal> {
        let body = serde_json::json!({ "config_id": config }).to_string();
        let (code, pool, now) = (code.to_owned(), pool.to_owned(), self.now());
        self.act(move |tx| {
            tx.execute(
                "UPDATE channel_way SET state = 'closed', error = NULL, told_at = $3 WHERE code = $1 AND pool = $2",
                params![&code, &pool, now],
            )?;
            note(tx, (&code, &pool), "closed", "", &body, now)
        })
    }
    /// WeCom does not know it any more: what is printed leads nowhere, and only people can decide what to print instead.
    fn is_dead(&self, (code, pool): (&str, &str)) -> Result<(), Refusal> {
        tracing::warn!(code, pool, "WeCom does not know a live code any more");
        let (code, pool, now) = (code.to_owned(), pool.to_owned(), self.now());
        self.act(move |tx| {
            tx.execute(
                "UPDATE channel_way SET state = 'dead', error = 'config_id_invalid', told = '' WHERE code = $1 AND pool = $2",
                params![&code, &pool],
            )?;
            note(tx, (&code, &pool), "dead", "", "{}", now)
        })
    }
    fn is_refused(&self, (code, pool): (&str, &str), state: &'static str, error: &Error) -> Result<(), Refusal> {
        let now = self.now();
        tracing::warn!(code, pool, call = error.call, error = error.name(), detail = %error.detail, "a live code could not be told to WeCom");
        metrics::counter!("siyu_channel_codes_failed_total").increment(1);
        if error.code().is_some_and(|code| MEMBER_CODES.contains(&code)) {
            // What comes of it shows in the next plan; when it cannot be asked, that is told by what asks next.
            let _ = self.inner.contacts.refresh_serving();
        }
        let (name, retry, hand) = (error.name(), error.retry, error.needs_a_hand());
        let (code, pool) = (code.to_owned(), pool.to_owned());
        self.act(move |tx| {
            let tries = "SELECT tries FROM channel_way WHERE code = $1 AND pool = $2";
            let tries = tx.opt(tries, params![&code, &pool], |row| row.int(0))?.unwrap_or(0);
            let due = match retry {
                Retry::At(at) => at.max(now.plus_seconds(1)),
                _ if hand => now.plus_seconds(60),
                _ => now.plus_seconds(2 << tries.clamp(0, 10)),
            };
            tx.execute(
                "UPDATE channel_way SET state = $3, error = $4, tries = tries + 1, due_at = $5 WHERE code = $1 AND pool = $2",
                params![&code, &pool, state, name, due],
            )
            .map(drop)
            .map_err(Refusal::from)
        })
    }
}

/// What is to be done about a way, if anything.
fn kind(code: &CodeRow, way: &WayRow, slot: Slot, now: Time) -> Option<Kind> {
    match way.state.as_str() {
        "closing" => return Some(Kind::Close),
        "closed" | "dead" => return None,
        _ if code.archived_at.is_some() => return None,
        _ => {}
    }
    let Plan { staff, why } = planned(code, &way.pool, slot);
    let users: BTreeMap<&str, &str> = code
        .pools
        .values()
        .flatten()
        .map(|seat| (seat.staff.as_str(), seat.userid.as_str()))
        .chain(code.backup.iter().map(|own| (own.staff.as_str(), own.userid.as_str())))
        .collect();
    let mut users: Vec<String> =
        staff.iter().map(|own| users.get(own.as_str()).copied().unwrap_or(own).to_owned()).collect();
    users.sort_unstable();
    let wanted =
        Wanted { users, skip_verify: code.skip_verify, remark: code.name.clone(), state: way.wecom_state.clone() };
    // Nobody can serve: a new one cannot be made, and another one stays as it is. WeCom takes no empty code.
    if wanted.users.is_empty() {
        return (way.why != why.name()).then_some(Kind::Note(why.name()));
    }
    match way.state.as_str() {
        "new" => Some(Kind::Make(wanted, why.name())),
        "making" => Some(Kind::Find(wanted, why.name())),
        _ if way.told != wanted.text() => Some(Kind::Change(wanted, why.name())),
        _ if way.why != why.name() => Some(Kind::Note(why.name())),
        _ if way.checked_at.is_none_or(|at| at.plus_seconds(CHECK_SECONDS) <= now) => Some(Kind::Check(wanted)),
        _ => None,
    }
}

/// Who is in a pool of a code in an hour. A store without anybody of its own left is served by the general pool.
pub(crate) fn planned(code: &CodeRow, pool: &str, slot: Slot) -> Plan {
    let seat = |own: &SeatRow| Seat {
        staff: own.staff.clone(),
        weight: own.weight.clamp(1, 100) as u32,
        cap: own.cap.map(|cap| cap.clamp(1, i64::from(u32::MAX)) as u32),
        rota: own.rota,
        able: own.able,
        adds: own.adds.clamp(0, i64::from(u32::MAX)) as u32,
    };
    let general = || code.pools.get("general").map(Vec::as_slice).unwrap_or_default();
    let store = pool.strip_prefix(STORE);
    let own: Vec<Seat> = match store {
        Some(store) => general().iter().filter(|own| own.store == store).map(seat).collect(),
        None => code.pools.get(pool).map(Vec::as_slice).unwrap_or_default().iter().map(seat).collect(),
    };
    let backup: Vec<(String, bool)> = code.backup.iter().map(|own| (own.staff.clone(), own.able)).collect();
    match store {
        // Members of the store who are not on duty come after the brand's others who are.
        Some(_) => {
            let here = plan(&own, &[], slot);
            let there = || plan(&general().iter().map(seat).collect::<Vec<_>>(), &backup, slot);
            if here.why.is_trouble() { there() } else { here }
        }
        None => plan(&own, &backup, slot),
    }
}

/// The next half minute before a minute begins.
fn next_minute(now: Time) -> Time {
    let minute = Time(now.0.div_euclid(60_000_000) * 60_000_000);
    let here = minute.plus_seconds(60 - LEAD_SECONDS);
    if here > now { here } else { here.plus_seconds(60) }
}
