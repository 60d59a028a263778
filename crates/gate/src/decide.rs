//! Deciding some thousand people of a run in one unit: what is due, the facts, the verdicts, the rows.

use crate::facts::Facts;
use crate::judge::{Case, Rival, judge};
use crate::model::{Candidate, Channel, Class, GOING, Judged, SKIPPED, Spec, Touch, Verdict, WAITING};
use crate::rules::{Rules, Whose};
use crate::runs::{COLUMNS, RunRow, pace, run_row, unpack};
use crate::{Gate, among, salted, shelf, touch};
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_db::{DbError, Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time, Zone};
use std::collections::BTreeMap;

/// Waiting people looked at again in one unit.
const AGAIN: i64 = 4_000;

/// What is to be decided next.
#[derive(Clone, Debug, PartialEq)]
pub enum Due {
    /// A part of this run.
    Part(String),
    /// People of this run who have waited.
    Again(String),
    /// Nothing before then.
    Later(Time),
    Nothing,
}

/// People of a run taken up to be decided in this unit.
#[derive(Clone, Debug)]
pub struct Taken {
    pub run: RunRow,
    pub nums: Vec<PersonNum>,
    /// Nobody is let through any more, for this reason.
    pub closing: Option<&'static str>,
    /// Of those who waited: for what.
    waited: FxHashMap<PersonNum, String>,
    again: bool,
}

impl Gate {
    /// Of the runs on these channels. Runs worth more come first.
    pub fn due(&self, tx: &mut Tx<'_>, on: impl Fn(Channel) -> bool, now: Time) -> Result<Due, Refusal> {
        let mut later: Option<Time> = None;
        let mut wait = |at: Time| later = Some(later.map_or(at, |own| own.min(at)));
        for run in tx.query(&format!("{COLUMNS} WHERE ended_at IS NULL ORDER BY worth DESC, num"), &[], run_row)? {
            if !on(run.channel) {
                continue;
            }
            let closing = run.closing(now).is_some();
            let active = run.state == "running";
            if run.undecided > if closing { 0 } else { run.held } {
                if closing || (active && run.due <= now) {
                    return Ok(Due::Part(run.id));
                }
                wait(if active { run.due.min(run.expires) } else { run.expires });
            } else if run.held > 0 {
                wait(run.expires);
            }
            let next = "SELECT until FROM gate_decision WHERE run = $1 AND state = 0 ORDER BY until LIMIT 1";
            if let Some(until) = tx.opt(next, params![run.num], |row| row.time(0))? {
                if closing || (active && until <= now) {
                    return Ok(Due::Again(run.id));
                }
                wait(if active { until.min(run.expires) } else { run.expires });
            }
        }
        Ok(later.map_or(Due::Nothing, Due::Later))
    }

    /// Takes up what is due, in the unit that decides it; `None` when another process has, or the run stands still by now.
    pub fn take(&self, tx: &mut Tx<'_>, due: &Due, now: Time) -> Result<Option<Taken>, Refusal> {
        self.lock(tx)?;
        let (id, again) = match due {
            Due::Part(id) => (id, false),
            Due::Again(id) => (id, true),
            Due::Later(_) | Due::Nothing => return Ok(None),
        };
        let run = self.run(tx, id)?;
        let closing = run.closing(now);
        if closing.is_none() && run.state != "running" {
            return Ok(None);
        }
        if again {
            let until = if closing.is_some() { Time::MAX } else { now };
            let sql = "SELECT num, reason FROM gate_decision WHERE run = $1 AND state = 0 AND until <= $2 ORDER BY until, num LIMIT $3";
            let mut waited: Vec<(PersonNum, String)> =
                tx.query(sql, params![run.num, until, AGAIN], |row| Ok((row.num(0)?, row.text(1)?)))?;
            waited.sort_unstable();
            let nums: Vec<PersonNum> = waited.iter().map(|(num, _)| *num).collect();
            return Ok((!nums.is_empty()).then(|| Taken {
                run,
                nums,
                closing,
                waited: waited.into_iter().collect(),
                again,
            }));
        }
        if closing.is_none() && run.due > now {
            return Ok(None);
        }
        // Who is held back comes to an end with the run, too.
        let most = i64::from(closing.is_some());
        let first = "DELETE FROM gate_part WHERE run = $1 AND part = (SELECT MIN(part) FROM gate_part WHERE run = $1 AND held <= $2) RETURNING nums, held";
        let found = tx.opt(first, params![run.num, most], |row| Ok((row.blob(0)?, row.int(1)?)))?;
        let Some((packed, held)) = found else { return Ok(None) };
        let nums = unpack(&packed);
        let due = match run.per_hour {
            0 => run.due,
            per_hour => now.plus_seconds((nums.len() as i64 * 3_600 + per_hour - 1) / per_hour),
        };
        tx.execute(
            "UPDATE gate_run SET undecided = undecided - $2, held = held - $4, due_at = $3 WHERE num = $1",
            params![run.num, nums.len() as i64, due, held * nums.len() as i64],
        )?;
        Ok(Some(Taken { run, nums, closing, waited: FxHashMap::default(), again }))
    }

    /// Decides those taken up and writes it down. `unreachable`: by number, why the channel cannot reach somebody. `zone`: the brand's.
    pub fn decide(
        &self,
        tx: &mut Tx<'_>,
        taken: &Taken,
        candidates: &[Candidate],
        zone: &Zone,
        now: Time,
    ) -> Result<Vec<Judged>, Refusal> {
        let rules = self.rules(tx)?;
        let spec = taken.run.spec();
        let facts = self.facts(tx, candidates, spec.class, spec.channel, zone)?;
        let judged = match taken.closing {
            Some(reason) => candidates
                .iter()
                .zip(&facts.who)
                .map(|(own, at)| Judged { num: own.num, root: facts.people[*at].root, verdict: Verdict::Skip(reason) })
                .collect(),
            None => self.judged(tx, &spec, candidates, &facts, &rules.rules, now)?,
        };
        self.keep(tx, taken, &judged, &facts, &rules, now)?;
        Ok(judged)
    }

    /// What the gate would say now; nothing is kept.
    pub fn look(
        &self,
        tx: &mut Tx<'_>,
        spec: &Spec,
        candidates: &[Candidate],
        zone: &Zone,
        now: Time,
    ) -> Result<Vec<Judged>, Refusal> {
        let rules = self.rules(tx)?;
        let facts = self.facts(tx, candidates, spec.class, spec.channel, zone)?;
        self.judged(tx, spec, candidates, &facts, &rules.rules, now)
    }

    fn judged(
        &self,
        tx: &mut Tx<'_>,
        spec: &Spec,
        candidates: &[Candidate],
        facts: &Facts,
        rules: &Rules,
        now: Time,
    ) -> Result<Vec<Judged>, Refusal> {
        let elsewhere = self.decided_elsewhere(tx, spec, facts)?;
        let rivals = self.rivals(tx, spec, facts, rules, now)?;
        let salt = salted(&rules.holdout.salt);
        let personal = rules.quiet.as_ref().is_none_or(|quiet| quiet.zone == Whose::Person);
        let mut seen = FxHashSet::default();
        let mut judged = Vec::with_capacity(candidates.len());
        for (own, at) in candidates.iter().zip(&facts.who) {
            let person = &facts.people[*at];
            let here = !seen.insert(*at);
            let case = Case {
                now,
                zone: &facts.zones[if personal { person.zone } else { 0 }],
                duplicate: here || elsewhere.get(at).is_some_and(|first| *first != own.num),
                erased: person.erased,
                consent: person.consent,
                unreachable: own.unreachable,
                touches: &person.touches,
                rivals: rivals.get(at).map_or(&[], Vec::as_slice),
                held_out: self.is_held_out(person.root, salt, rules.holdout.percent)
                    || self.is_held_out(person.root, u64::from(spec.run).wrapping_add(1), spec.holdout),
            };
            judged.push(Judged { num: own.num, root: person.root, verdict: judge(rules, spec, &case) });
        }
        Ok(judged)
    }

    /// Of people with several identities: the one that this run has let through already, or decides first. One that was skipped has had nothing.
    fn decided_elsewhere(
        &self,
        tx: &mut Tx<'_>,
        spec: &Spec,
        facts: &Facts,
    ) -> Result<FxHashMap<usize, PersonNum>, DbError> {
        let mut nodes: Vec<i64> = facts
            .of_node
            .iter()
            .filter(|(_, at)| facts.people[**at].merged)
            .map(|(node, _)| i64::from(*node))
            .collect();
        nodes.sort_unstable();
        let mut first: FxHashMap<usize, (bool, PersonNum)> = FxHashMap::default();
        if spec.run == 0 || nodes.is_empty() {
            return Ok(FxHashMap::default());
        }
        let sql = format!(
            "SELECT num, state FROM gate_decision WHERE run = $1 AND state <> {SKIPPED} AND {} ORDER BY num",
            tx.any("num", 2)
        );
        tx.each(&sql, params![spec.run, &nodes], |row| {
            let (num, waits) = (row.num(0)?, row.int(1)? == WAITING);
            if let Some(at) = facts.of_node.get(&num) {
                // One that is decided stands before those that wait.
                let own = first.entry(*at).or_insert((waits, num));
                if own.0 && !waits {
                    *own = (waits, num);
                }
            }
            Ok(())
        })?;
        Ok(first.into_iter().map(|(at, (_, num))| (at, num)).collect())
    }

    /// For each person: messages of more worth that want them within the contest, the best first.
    fn rivals(
        &self,
        tx: &mut Tx<'_>,
        spec: &Spec,
        facts: &Facts,
        rules: &Rules,
        now: Time,
    ) -> Result<FxHashMap<usize, Vec<Rival>>, Refusal> {
        let mut rivals: FxHashMap<usize, Vec<Rival>> = FxHashMap::default();
        if spec.class == Class::Service || facts.nodes.is_empty() {
            return Ok(rivals);
        }
        let until = now.plus_seconds(i64::from(rules.contest_minutes) * 60);
        let sql =
            format!("{COLUMNS} WHERE ended_at IS NULL AND state = 'running' AND num <> $1 ORDER BY worth DESC, num");
        let mut better = tx.query(&sql, params![spec.run], run_row)?;
        better.retain(|own| {
            let ahead = own.worth > spec.worth || (own.worth == spec.worth && own.num < spec.run);
            own.class == Class::Marketing && ahead && own.expires > now && own.start <= until
        });
        let (lo, hi) = (facts.nodes[0], facts.nodes[facts.nodes.len() - 1]);
        for run in &better {
            let mut wants = |num: PersonNum, at: Time| {
                if let Some(person) = facts.of_node.get(&num) {
                    let list = rivals.entry(*person).or_default();
                    if list.iter().all(|own| own.run != run.num) {
                        list.push(Rival { run: run.num, at, channel: run.channel, class: run.class });
                    }
                }
            };
            if run.undecided > run.held && run.due <= until {
                // Of a throttled one only those whose turn comes by then: who is let through next week holds nobody down today.
                let next = run.due.max(now);
                let first = "SELECT COALESCE(MIN(part), 0) FROM gate_part WHERE run = $1";
                let first = tx.one(first, params![run.num], |row| row.int(0))?;
                let reach = match pace(run.per_hour) {
                    None => i64::MAX,
                    Some(seconds) => first + 1 + (until.0 - next.0).max(0) / (seconds * 1_000_000),
                };
                let parts = "SELECT nums, part FROM gate_part WHERE run = $1 AND lo <= $2 AND hi >= $3 AND part < $4 AND held = 0";
                for (packed, part) in
                    tx.query(parts, params![run.num, hi, lo, reach], |row| Ok((row.blob(0)?, row.int(1)?)))?
                {
                    let at = next.plus_seconds(pace(run.per_hour).map_or(0, |seconds| seconds * (part - first)));
                    unpack(&packed).into_iter().for_each(|num| wants(num, at));
                }
            }
            let mut params = params![run.num, until].to_vec();
            let sql = format!(
                "SELECT num, until FROM gate_decision WHERE state = 0 AND run = $1 AND until <= $2 AND {}",
                among(tx, "num", &facts.nodes, &mut params)
            );
            for (num, at) in tx.query(&sql, &params, |row| Ok((row.num(0)?, row.time(1)?)))? {
                wants(num, at.max(now));
            }
        }
        Ok(rivals)
    }

    fn keep(
        &self,
        tx: &mut Tx<'_>,
        taken: &Taken,
        judged: &[Judged],
        facts: &Facts,
        rules: &shelf::RulesRow,
        now: Time,
    ) -> Result<(), Refusal> {
        let run = taken.run.num;
        let since = now.plus_seconds(-rules.rules.horizon_seconds());
        let mut changes: BTreeMap<(i64, &str), i64> = BTreeMap::new();
        let mut rows: Vec<[Param<'_>; 9]> = Vec::with_capacity(judged.len());
        let mut memories: Vec<(PersonNum, Vec<u8>)> = Vec::new();
        for (own, at) in judged.iter().zip(&facts.who) {
            let (state, reason, until) = match own.verdict {
                Verdict::Go { by } => (GOING, "", by),
                Verdict::Wait { until, because } => (WAITING, because, until),
                Verdict::Skip(reason) => (SKIPPED, reason, now),
            };
            if state == GOING {
                let person = &facts.people[*at];
                let mut touches = person.touches[..person.own].to_vec();
                touch::prune(&mut touches, since);
                let (channel, class) = (taken.run.channel, taken.run.class);
                touches.push(Touch { run, at: now, channel, class, open: true });
                memories.push((person.root, touch::encode(&touches)));
            }
            *changes.entry((state, reason)).or_default() += 1;
            if let Some(before) = taken.waited.get(&own.num) {
                *changes.entry((WAITING, before)).or_default() -= 1;
            }
            rows.push([
                run.into(),
                own.num.into(),
                own.root.into(),
                state.into(),
                reason.into(),
                now.into(),
                now.into(),
                until.into(),
                rules.version.into(),
            ]);
        }
        let insert = "INSERT INTO gate_decision (run, num, root, state, reason, asked_at, at, until, rules)";
        let tail = match taken.again {
            false => "",
            true => {
                "ON CONFLICT (run, num) DO UPDATE SET root = excluded.root, state = excluded.state, reason = excluded.reason, at = excluded.at, until = excluded.until, rules = excluded.rules"
            }
        };
        tx.bulk(insert, tail, &rows)?;
        memories.sort_unstable_by_key(|(num, _)| *num);
        let rows: Vec<[Param<'_>; 2]> = memories.iter().map(|(num, bytes)| [(*num).into(), bytes.into()]).collect();
        tx.bulk(
            "INSERT INTO gate_person (num, touches)",
            "ON CONFLICT (num) DO UPDATE SET touches = excluded.touches",
            &rows,
        )?;
        self.tally(tx, run, &changes)?;
        self.close_if_done(tx, run, now)?;
        Ok(())
    }
}
