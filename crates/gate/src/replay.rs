//! What other rules would have done with the messages of the last days.

use crate::Gate;
use crate::judge::{Case, judge};
use crate::model::{Channel, Class, Consent, Spec, Touch, Verdict};
use crate::rules::Rules;
use rustc_hash::FxHashMap;
use serde::Serialize;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time, Zone};
use std::collections::BTreeMap;

/// How it came out: by reason, how many messages; and how they were spread over people.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Load {
    pub sent: u64,
    /// Sent, but later than they were asked for.
    pub delayed: u64,
    pub skipped: BTreeMap<String, u64>,
    /// People who got at least one.
    pub reached: u64,
    /// Messages of those who got one, on average.
    pub each: f64,
    /// The most that anybody got.
    pub most: u64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    /// Messages looked at, of how many people.
    pub asks: u64,
    pub people: u64,
    /// Only these: there were more.
    pub cut: bool,
    pub before: Load,
    pub after: Load,
}

/// One message that wanted one person.
#[derive(Clone, Debug)]
struct Wanted {
    run: u32,
    asked: Time,
    expires: Time,
    worth: f64,
    class: Class,
    channel: Channel,
    /// What no rule decides.
    outside: Option<String>,
}

/// What the rules decide; everything else stays as it was.
const RULED: &[&str] = &["quota", "cap", "quiet_hours", "fatigue", "outranked", "holdout", "expired"];
const ASKS_MAX: usize = 400_000;

impl Gate {
    /// Replays what was asked since an instant, once by the rules in force and once by others, each from an empty memory, so that the two are alike.
    pub fn replay(&self, tx: &mut Tx<'_>, rules: &Rules, since: Time, zone: &Zone) -> Result<Replay, Refusal> {
        let rules = rules.clone().checked()?;
        let current = self.rules(tx)?.rules;
        let mut all: FxHashMap<PersonNum, Vec<Wanted>> = FxHashMap::default();
        let mut replay = Replay::default();
        let sql = "SELECT d.root, d.run, d.asked_at, r.expires_at, r.worth, r.class, r.channel, d.state, d.reason
            FROM gate_run r JOIN gate_decision d ON d.run = r.num WHERE r.expires_at >= $1 AND d.asked_at >= $1 ORDER BY r.num DESC, d.num LIMIT $2";
        tx.each(sql, params![since, ASKS_MAX as i64 + 1], |row| {
            replay.asks += 1;
            let (state, reason) = (row.int(7)?, row.text(8)?);
            let outside = state == crate::model::SKIPPED && !RULED.contains(&reason.as_str());
            all.entry(row.num(0)?).or_default().push(Wanted {
                run: row.num(1)?,
                asked: row.time(2)?,
                expires: row.time(3)?,
                worth: row.real(4)?,
                class: Class::of(row.int(5)?),
                channel: Channel::of(row.int(6)?),
                outside: outside.then_some(reason),
            });
            Ok(())
        })?;
        replay.cut = replay.asks > ASKS_MAX as u64;
        replay.people = all.len() as u64;
        for (root, wanted) in &mut all {
            wanted.sort_by(|a, b| {
                (a.asked, b.worth).partial_cmp(&(b.asked, a.worth)).unwrap_or(std::cmp::Ordering::Equal)
            });
            self.live(&current, *root, wanted, zone, &mut replay.before);
            self.live(&rules, *root, wanted, zone, &mut replay.after);
        }
        for load in [&mut replay.before, &mut replay.after] {
            load.each = if load.reached > 0 { load.sent as f64 / load.reached as f64 } else { 0.0 };
        }
        Ok(replay)
    }

    /// One person's messages in the order they were asked for; whoever waits comes again when the way is free.
    fn live(&self, rules: &Rules, root: PersonNum, wanted: &[Wanted], zone: &Zone, load: &mut Load) {
        let held_out = self.is_held_out(root, crate::salted(&rules.holdout.salt), rules.holdout.percent);
        let mut touches: Vec<Touch> = Vec::new();
        // (when, index): few a person.
        let mut line: Vec<(Time, usize)> = wanted.iter().enumerate().map(|(at, own)| (own.asked, at)).collect();
        let mut sent = 0;
        let mut rounds = 0;
        while let Some(next) = line
            .iter()
            .enumerate()
            .min_by(|(_, a), (_, b)| {
                a.0.cmp(&b.0).then(wanted[b.1].worth.total_cmp(&wanted[a.1].worth)).then(a.1.cmp(&b.1))
            })
            .map(|(at, _)| at)
        {
            let (now, at) = line.swap_remove(next);
            let own = &wanted[at];
            rounds += 1;
            if let Some(reason) = &own.outside {
                *load.skipped.entry(reason.clone()).or_default() += 1;
                continue;
            }
            let spec = Spec {
                run: own.run,
                class: own.class,
                channel: own.channel,
                worth: own.worth,
                holdout: 0.0,
                expires: own.expires,
            };
            let case = Case {
                now,
                zone,
                duplicate: false,
                erased: false,
                consent: Consent::Given,
                unreachable: None,
                touches: &touches,
                rivals: &[],
                held_out,
            };
            match judge(rules, &spec, &case) {
                Verdict::Go { .. } => {
                    touches.push(Touch { run: own.run, at: now, channel: own.channel, class: own.class, open: false });
                    sent += 1;
                    load.delayed += u64::from(now > own.asked);
                }
                Verdict::Wait { until, .. } if rounds < 64 * wanted.len() => line.push((until, at)),
                Verdict::Wait { because: reason, .. } | Verdict::Skip(reason) => {
                    *load.skipped.entry(reason.to_owned()).or_default() += 1;
                }
            }
        }
        load.sent += sent;
        load.reached += u64::from(sent > 0);
        load.most = load.most.max(sent);
    }
}
