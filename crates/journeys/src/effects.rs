//! Effects handed on, and their outcomes coming back.

use crate::batch::{Batch, delete, delete_effects};
use crate::folk::Folk;
use crate::model::Outcome;
use crate::rows::{JourneyState, PERSON, traveller};
use crate::run::UNIT;
use crate::step::{Input, Order};
use crate::trail::cut;
use crate::world::{Answer, Effect, EffectKey};
use crate::{Journeys, Traveller};
use rustc_hash::FxHashMap;
use siyu_db::{Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

/// What became of an effect that was handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub key: EffectKey,
    pub outcome: Outcome,
}

/// Effects handed on in one unit: whoever takes them has more to do with each than a step has.
const HANDED: i64 = 1_000;

struct Row {
    num: PersonNum,
    entry: u32,
    step: u32,
    version: u32,
    node: u32,
    order: Order,
    about: u32,
    at: Time,
}

/// Takes down outcomes, in the unit of whoever knows them; people move on in units of their own. Telling one again changes nothing.
pub fn told(tx: &mut Tx<'_>, list: &[Told]) -> Result<(), Refusal> {
    let mut list: Vec<&Told> = list.iter().collect();
    list.sort_by_key(|own| own.key);
    list.dedup_by_key(|own| own.key);
    // Nobody would ever read what is told of a journey that has ended.
    let mut journeys: Vec<i64> = list.iter().map(|own| i64::from(own.key.journey)).collect();
    journeys.dedup();
    let sql = format!("SELECT num FROM journey WHERE ended_at IS NULL AND {} ORDER BY num", tx.any("num", 1));
    let open = tx.query(&sql, params![&journeys], |row| row.num(0))?;
    list.retain(|own| open.binary_search(&own.key.journey).is_ok());
    let rows: Vec<[Param<'_>; 6]> = list
        .iter()
        .map(|own| {
            let EffectKey { journey, num, entry, step } = own.key;
            let reason = cut(own.outcome.reason());
            [journey.into(), num.into(), entry.into(), step.into(), own.outcome.code().into(), reason.into()]
        })
        .collect();
    tx.bulk(
        "INSERT INTO journey_told (journey, num, entry, step, outcome, reason)",
        "ON CONFLICT (journey, num, entry, step) DO NOTHING",
        &rows,
    )?;
    Ok(())
}

impl Journeys {
    /// People whose outcomes were told move on.
    pub(crate) fn hear(&self, tx: &mut Tx<'_>, num: u32, now: Time) -> Result<(), Refusal> {
        self.lock(tx)?;
        let sql = "SELECT num, entry, step, outcome, reason FROM journey_told WHERE journey = $1 ORDER BY num, entry, step LIMIT $2";
        let told = tx.query(sql, params![num, UNIT as i64], |row| {
            let key = (row.num(0)?, row.num(1)?, row.num(2)?);
            Ok((key, Outcome::of(row.int(3)?, row.text(4)?)))
        })?;
        if told.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = told.iter().map(|(key, _)| *key).collect();
        delete(tx, "journey_told", num, &keys)?;
        let mut people = self.travellers(tx, num, keys.iter().map(|(num, ..)| *num))?;
        let folk = Folk::of(tx, people.keys().map(|(num, _)| *num))?;
        let mut batch = self.batch(tx, num, folk, now)?;
        let mut works = Vec::with_capacity(told.len());
        for ((num, entry, step), outcome) in told {
            // Who has two outcomes to hear of is taken once: the second finds them further on, or is about nothing.
            let Some(own) = people.remove(&(num, entry)) else { continue };
            works.push((batch.add(own), Input::Told { step, outcome }));
        }
        batch.walk(self, tx, works)?;
        batch.save(tx)
    }

    /// Hands on what was decided. Answered at once, people move on in the same unit.
    pub(crate) fn hand_on(&self, tx: &mut Tx<'_>, num: u32, now: Time) -> Result<(), Refusal> {
        self.lock(tx)?;
        let journey = self.by_num(tx, num)?;
        if journey.state == JourneyState::Paused {
            return Ok(());
        }
        let sql = "SELECT num, entry, step, version, node, order_code, about, at FROM journey_effect WHERE journey = $1 AND state = 0 ORDER BY at, num, entry, step LIMIT $2";
        let found = tx.query(sql, params![num, HANDED], |row| {
            Ok(Row {
                num: row.num(0)?,
                entry: row.num(1)?,
                step: row.num(2)?,
                version: row.num(3)?,
                node: row.num(4)?,
                order: Order::of(row.int(5)?),
                about: row.num(6)?,
                at: row.time(7)?,
            })
        })?;
        if found.is_empty() {
            return Ok(());
        }
        let mut people = self.travellers(tx, num, found.iter().map(|own| own.num))?;
        let folk = Folk::of(tx, found.iter().map(|own| own.num))?;
        let mut batch = self.batch(tx, num, folk, now)?;
        batch.leaves_conditions = true;
        let (mut gone, mut kept, mut effects) = (Vec::new(), Vec::new(), Vec::new());
        let (mut works, mut later) = (Vec::new(), Vec::new());
        for row in found {
            if row.order == Order::Do && batch.folk.is_erased(batch.folk.root(row.num)) {
                let own = people.remove(&(row.num, row.entry));
                works.extend(own.map(|own| (batch.add(own), Input::Leave("erased".into()))));
                continue;
            }
            let open = people.get(&(row.num, row.entry)).map_or(0, |own| own.state.open);
            // A reminder of a task that is done by now reminds nobody.
            let wanted = row.order == Order::Withdraw || open == row.about;
            let plan = batch.plan(self, tx, row.version)?;
            match plan.node(row.node).filter(|_| wanted) {
                Some(node) => {
                    let key = |step| EffectKey { journey: num, num: row.num, entry: row.entry, step };
                    let root = batch.folk.root(row.num);
                    effects.push(Effect {
                        key: key(row.step),
                        journey: batch.journey.id.clone(),
                        journey_name: batch.journey.name.clone(),
                        version: row.version,
                        node: node.id.clone(),
                        node_name: node.name.clone(),
                        kind: node.act.type_name(),
                        order: row.order,
                        about: key(row.about),
                        root,
                        with: node.act.with().cloned().unwrap_or_default(),
                        decided_at: row.at,
                        deadline: node.act.deadline().map(|span| span.after(batch.zone(root), row.at)),
                    });
                    kept.push(row);
                }
                None => gone.push((row.num, row.entry, row.step)),
            }
        }
        let answers = if effects.is_empty() { Vec::new() } else { self.world().hand(tx, &effects, now)? };
        if answers.len() != effects.len() {
            return Err(Refusal::internal("as many answers as effects are expected"));
        }
        for (row, answer) in kept.into_iter().zip(answers) {
            match (row.order, answer) {
                (Order::Do, Answer::Later) => later.push(row),
                (Order::Do, Answer::Now(outcome)) => {
                    if let Some(own) = people.remove(&(row.num, row.entry)) {
                        works.push((batch.add(own), Input::Told { step: row.step, outcome }));
                    }
                }
                _ => gone.push((row.num, row.entry, row.step)),
            }
        }
        delete_effects(tx, num, &gone)?;
        handed(tx, num, &later)?;
        batch.walk(self, tx, works)?;
        batch.save(tx)
    }

    fn batch(&self, tx: &mut Tx<'_>, num: u32, mut folk: Folk, now: Time) -> Result<Batch, Refusal> {
        let row = self.by_num(tx, num)?;
        let roots = folk.roots();
        folk.read_zones(tx, &roots)?;
        Batch::new(tx, row, folk, now)
    }
    /// Those of these who are inside.
    fn travellers(
        &self,
        tx: &mut Tx<'_>,
        journey: u32,
        nums: impl Iterator<Item = PersonNum>,
    ) -> Result<FxHashMap<(PersonNum, u32), Traveller>, Refusal> {
        let mut nums: Vec<i64> = nums.map(i64::from).collect();
        nums.sort_unstable();
        nums.dedup();
        let sql =
            format!("SELECT {PERSON} FROM journey_person WHERE journey = $1 AND state = 0 AND {}", tx.any("num", 2));
        let rows = tx.query(&sql, params![journey, &nums], traveller)?;
        Ok(rows.into_iter().map(|own| ((own.num, own.entry), own)).collect())
    }
}

/// These are with whoever took them.
fn handed(tx: &mut Tx<'_>, journey: u32, rows: &[Row]) -> Result<(), Refusal> {
    let rows: Vec<[Param<'_>; 10]> = rows
        .iter()
        .map(|own| {
            [
                journey.into(),
                own.num.into(),
                own.entry.into(),
                own.step.into(),
                own.version.into(),
                own.node.into(),
                (own.order as u8).into(),
                own.about.into(),
                1_i64.into(),
                own.at.into(),
            ]
        })
        .collect();
    tx.bulk(
        "INSERT INTO journey_effect (journey, num, entry, step, version, node, order_code, about, state, at)",
        "ON CONFLICT (journey, num, entry, step) DO UPDATE SET state = excluded.state",
        &rows,
    )?;
    Ok(())
}
