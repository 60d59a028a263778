//! Decisions as people read them: by person, and by run and reason.

use crate::judge::used;
use crate::model::{Channel, Class, End, GOING, Touch};
use crate::{Gate, touch};
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRow {
    pub num: PersonNum,
    pub run: u32,
    pub run_id: String,
    pub run_kind: String,
    pub run_name: String,
    pub class: Class,
    pub channel: Channel,
    pub end: End,
    pub reason: String,
    pub asked_at: Time,
    pub at: Time,
    /// When it is asked again, or has to be sent by.
    pub until: Option<Time>,
    /// The version of the rules.
    pub rules: i64,
}

#[derive(Clone, Debug, Default)]
pub struct DecisionQuery {
    pub run: u32,
    pub end: Option<End>,
    pub reason: Option<String>,
    /// The number of the last row of the page before.
    pub after: Option<i64>,
    pub limit: i64,
}

/// What the gate remembers of somebody.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    pub touches: Vec<Touch>,
    /// Of the fatigue budget, and the budget; `None` where no fatigue is looked at.
    pub fatigue: Option<(f64, f64)>,
}

const COLUMNS: &str = "SELECT d.num, d.run, r.id, r.kind, r.name, r.class, r.channel, d.state, d.reason, d.asked_at, d.at, d.until, d.rules
    FROM gate_decision d JOIN gate_run r ON r.num = d.run";

fn decision(row: RowRef<'_>) -> Result<DecisionRow, DbError> {
    let (state, reason) = (row.int(7)?, row.text(8)?);
    let end = End::of(state);
    Ok(DecisionRow {
        num: row.num(0)?,
        run: row.num(1)?,
        run_id: row.text(2)?,
        run_kind: row.text(3)?,
        run_name: row.text(4)?,
        class: Class::of(row.int(5)?),
        channel: Channel::of(row.int(6)?),
        end,
        reason: if state == GOING { "on_its_way".to_owned() } else { reason },
        asked_at: row.time(9)?,
        at: row.time(10)?,
        until: Some(row.time(11)?).filter(|_| end == End::Waiting),
        rules: row.int(12)?,
    })
}

impl Gate {
    /// Of one person, whatever identity each was made under; the newest run first, runs before `before`.
    pub fn decisions_of(
        &self,
        tx: &mut Tx<'_>,
        nodes: &[PersonNum],
        before: Option<u32>,
        limit: i64,
    ) -> Result<Vec<DecisionRow>, Refusal> {
        let nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let sql = format!("{COLUMNS} WHERE {} AND d.run < $2 ORDER BY d.run DESC, d.num LIMIT $3", tx.any("d.num", 1));
        let before = before.map_or(i64::MAX, i64::from);
        Ok(tx.query(&sql, params![&nums, before, limit.clamp(1, 201)], decision)?)
    }

    /// Of one run, in the order of people's numbers. Those who are not decided yet are not among them: see [`Gate::undecided`].
    pub fn decisions(&self, tx: &mut Tx<'_>, query: &DecisionQuery) -> Result<Vec<DecisionRow>, Refusal> {
        let states = match (query.end, query.reason.as_deref()) {
            (None | Some(End::Waiting), Some("on_its_way")) => "d.state = 1",
            (Some(_), Some("on_its_way")) => "0 = 1",
            (None, _) => "0 = 0",
            (Some(End::Waiting), Some(_)) => "d.state = 0",
            (Some(End::Waiting), None) => "d.state IN (0, 1)",
            (Some(End::Sent), _) => "d.state = 2",
            (Some(End::Skipped), _) => "d.state = 3",
            (Some(End::Failed), _) => "d.state = 4",
        };
        let reason = query.reason.as_deref().filter(|own| *own != "on_its_way");
        let sql = format!(
            "{COLUMNS} WHERE d.run = $1 AND d.num > $2 AND {states} AND ($3 = 0 OR d.reason = $4) ORDER BY d.num LIMIT $5"
        );
        let (after, limit) = (query.after.unwrap_or(-1), query.limit.clamp(1, 201));
        let params = params![query.run, after, reason.is_some(), reason.unwrap_or_default(), limit];
        Ok(tx.query(&sql, params, decision)?)
    }

    /// People of a run whose turn has not come, in the order of their numbers: those who are held back, or the others.
    pub fn undecided(
        &self,
        tx: &mut Tx<'_>,
        run: u32,
        held: bool,
        after: i64,
        limit: usize,
    ) -> Result<Vec<PersonNum>, Refusal> {
        // A part at a time: there may be hundreds. They are in the order of people's numbers but for those who were held back once, and stand behind.
        let sql = "SELECT part, lo, nums FROM gate_part WHERE run = $1 AND held = $2 AND hi > $3 AND (lo > $4 OR (lo = $4 AND part > $5)) ORDER BY lo, part LIMIT 1";
        let (mut found, mut last): (Vec<PersonNum>, _) = (Vec::new(), (-1_i64, -1_i64));
        loop {
            let params = params![run, i64::from(held), after, last.0, last.1];
            let next = tx.opt(sql, params, |row| Ok((row.int(0)?, row.int(1)?, row.blob(2)?)))?;
            let Some((part, lo, nums)) = next else { break };
            if found.len() >= limit && found.last().is_some_and(|most| i64::from(*most) < lo) {
                break;
            }
            found.extend(crate::runs::unpack(&nums).into_iter().filter(|num| i64::from(*num) > after));
            found.sort_unstable();
            found.truncate(limit);
            last = (lo, part);
        }
        Ok(found)
    }

    pub fn memory(&self, tx: &mut Tx<'_>, nodes: &[PersonNum], now: Time) -> Result<Memory, Refusal> {
        let nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let sql = format!("SELECT touches FROM gate_person WHERE {} ORDER BY num", tx.any("num", 1));
        let mut touches = Vec::new();
        tx.each(&sql, params![&nums], |row| {
            touch::decode(&row.blob(0)?, &mut touches);
            Ok(())
        })?;
        touches.sort_by_key(|own| own.at);
        let fatigue = self.rules(tx)?.rules.fatigue.map(|own| (used(&own, &touches, now), own.budget));
        Ok(Memory { touches, fatigue })
    }
}
