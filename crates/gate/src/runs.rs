//! Runs: a message and the people it is for, frozen when it is made; and how they stand.

use crate::model::{Channel, Class, End, GOING, SKIPPED, Spec, WAITING};
use crate::{Gate, refuse};
use siyu_db::{DbError, Param, RowRef, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use std::collections::BTreeMap;

/// People decided in one unit: others who write wait for no more than this.
const PART: usize = 4_000;

/// Of a throttled run: an hour's number is spread over the hour, but not so thinly that each member of staff is asked for one person at a time.
const PART_LEAST: usize = 10;

/// What those who are held back wait for.
pub(crate) const HELD: &str = "test_cell";

fn part_size(per_hour: i64) -> usize {
    let hour = usize::try_from(per_hour).unwrap_or(0);
    if hour == 0 { PART } else { (hour / 12).max(PART_LEAST.min(hour)).min(PART) }
}
/// Seconds from one whole part of a throttled run to the next.
pub(crate) fn pace(per_hour: i64) -> Option<i64> {
    (per_hour > 0).then(|| (part_size(per_hour) as i64 * 3_600 + per_hour - 1) / per_hour)
}

/// A run as it is made.
#[derive(Clone, Debug)]
pub struct RunIn {
    /// Of what it is a run: the message's id.
    pub id: String,
    pub kind: &'static str,
    pub name: String,
    pub class: Class,
    pub channel: Channel,
    pub worth: f64,
    /// Per cent.
    pub holdout: f64,
    /// People let through in an hour; 0 is as fast as it goes.
    pub per_hour: i64,
    pub start: Time,
    pub expires: Time,
    pub by: String,
}

/// People = waiting + sent + skipped + failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub people: i64,
    pub waiting: i64,
    pub sent: i64,
    pub skipped: i64,
    pub failed: i64,
}

impl Sums {
    pub(crate) fn add(&mut self, end: End, people: i64) {
        let place = match end {
            End::Waiting => &mut self.waiting,
            End::Sent => &mut self.sent,
            End::Skipped => &mut self.skipped,
            End::Failed => &mut self.failed,
        };
        *place += people;
        self.people += people;
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    pub num: u32,
    pub id: String,
    pub kind: String,
    pub name: String,
    pub class: Class,
    pub channel: Channel,
    pub worth: f64,
    pub holdout: f64,
    pub per_hour: i64,
    pub start: Time,
    pub expires: Time,
    pub(crate) due: Time,
    /// `running`, `paused`, `cancelled`, `ended`.
    pub state: String,
    pub people: i64,
    pub undecided: i64,
    /// Of those: who waits until they are released ([`Gate::release`]).
    pub held: i64,
    pub created_at: Time,
    pub created_by: String,
    pub ended_at: Option<Time>,
}

impl RunRow {
    pub fn spec(&self) -> Spec {
        Spec {
            run: self.num,
            class: self.class,
            channel: self.channel,
            worth: self.worth,
            holdout: self.holdout,
            expires: self.expires,
        }
    }
    /// Why nobody is let through any more.
    pub(crate) fn closing(&self, now: Time) -> Option<&'static str> {
        match self.state.as_str() {
            "cancelled" => Some("cancelled"),
            _ if now >= self.expires => Some("expired"),
            _ => None,
        }
    }
}

/// What an operator does to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunChange {
    Pause,
    Resume,
    Cancel,
}

pub(crate) const COLUMNS: &str = "SELECT num, id, kind, name, class, channel, worth, holdout, per_hour, start_at, expires_at, due_at, state, people, undecided, created_at, created_by, ended_at, held FROM gate_run";

pub(crate) fn run_row(row: RowRef<'_>) -> Result<RunRow, DbError> {
    Ok(RunRow {
        num: row.num(0)?,
        id: row.text(1)?,
        kind: row.text(2)?,
        name: row.text(3)?,
        class: Class::of(row.int(4)?),
        channel: Channel::of(row.int(5)?),
        worth: row.real(6)?,
        holdout: row.real(7)?,
        per_hour: row.int(8)?,
        start: row.time(9)?,
        expires: row.time(10)?,
        due: row.time(11)?,
        state: row.text(12)?,
        people: row.int(13)?,
        undecided: row.int(14)?,
        created_at: row.time(15)?,
        created_by: row.text(16)?,
        ended_at: row.opt_time(17)?,
        held: row.int(18)?,
    })
}

/// Ascending numbers as differences.
pub(crate) fn pack(nums: &[PersonNum]) -> Vec<u8> {
    let (mut out, mut last) = (Vec::with_capacity(nums.len() * 2), 0);
    for num in nums {
        let mut rest = num - last;
        last = *num;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }
    out
}
pub(crate) fn unpack(bytes: &[u8]) -> Vec<PersonNum> {
    let (mut out, mut last, mut value, mut shift) = (Vec::new(), 0_u32, 0_u32, 0);
    for byte in bytes {
        value |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        shift += 7;
        if byte & 0x80 == 0 {
            last = last.wrapping_add(value);
            out.push(last);
            (value, shift) = (0, 0);
        }
    }
    out
}

impl Gate {
    /// Keeps a run and its people; nobody is decided yet. `people` need no order and may repeat; each is a root.
    pub fn create_run(
        &self,
        tx: &mut Tx<'_>,
        input: &RunIn,
        people: &[PersonNum],
        now: Time,
    ) -> Result<RunRow, Refusal> {
        self.create_run_holding(tx, input, people, &[], now)
    }
    /// As [`Gate::create_run`]; the turn of `held`, who are not among `people`, comes when they are released.
    pub fn create_run_holding(
        &self,
        tx: &mut Tx<'_>,
        input: &RunIn,
        people: &[PersonNum],
        held: &[PersonNum],
        now: Time,
    ) -> Result<RunRow, Refusal> {
        let sorted = |people: &[PersonNum]| {
            let mut nums = people.to_vec();
            nums.sort_unstable();
            nums.dedup();
            nums
        };
        let (nums, held) = (sorted(people), sorted(held));
        let num = tx.one(
            "INSERT INTO gate_run (id, kind, name, class, channel, worth, holdout, per_hour, start_at, expires_at, due_at, state, people, undecided, created_at, created_by, held)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, 'running', $11, $11, $12, $13, $14) RETURNING num",
            params![
                &input.id,
                input.kind,
                &input.name,
                input.class.number(),
                input.channel.number(),
                input.worth,
                input.holdout,
                input.per_hour,
                input.start,
                input.expires,
                (nums.len() + held.len()) as i64,
                now,
                &input.by,
                held.len() as i64
            ],
            |row| row.int(0),
        )?;
        let size = part_size(input.per_hour);
        let parts = nums.chunks(size).map(|some| (0_i64, some)).chain(held.chunks(size).map(|some| (1, some)));
        let packed: Vec<(i64, &[PersonNum], Vec<u8>)> = parts.map(|(held, some)| (held, some, pack(some))).collect();
        let rows: Vec<[Param<'_>; 7]> = packed
            .iter()
            .enumerate()
            .map(|(part, (held, some, bytes))| {
                let (lo, hi) = (i64::from(some[0]), i64::from(some[some.len() - 1]));
                let (part, count) = (part as i64, some.len() as i64);
                [num.into(), part.into(), lo.into(), hi.into(), count.into(), bytes.into(), (*held).into()]
            })
            .collect();
        tx.bulk("INSERT INTO gate_part (run, part, lo, hi, people, nums, held)", "", &rows)?;
        self.run(tx, &input.id)
    }
    /// Errors: `run_unknown`.
    pub fn run(&self, tx: &mut Tx<'_>, id: &str) -> Result<RunRow, Refusal> {
        tx.opt(&format!("{COLUMNS} WHERE id = $1"), params![id], run_row)?.ok_or_else(refuse::run_unknown)
    }
    /// Runs of one kind, or all; the newest first, those made before `before`.
    pub fn runs(
        &self,
        tx: &mut Tx<'_>,
        kind: Option<&str>,
        before: Option<u32>,
        limit: i64,
    ) -> Result<Vec<RunRow>, Refusal> {
        let sql = format!("{COLUMNS} WHERE num < $1 AND ($2 = '' OR kind = $2) ORDER BY num DESC LIMIT $3");
        let before = before.map_or(i64::MAX, i64::from);
        Ok(tx.query(&sql, params![before, kind.unwrap_or_default(), limit.clamp(1, 201)], run_row)?)
    }

    /// By end and reason: how many. Those who are not decided yet wait (`undecided`), or are skipped with a run that was cancelled.
    pub fn reasons(&self, tx: &mut Tx<'_>, run: &RunRow) -> Result<Vec<(End, String, i64)>, Refusal> {
        let sql = "SELECT state, reason, people FROM gate_tally WHERE run = $1 AND people <> 0";
        let rows = tx.query(sql, params![run.num], |row| Ok((row.int(0)?, row.text(1)?, row.int(2)?)))?;
        let mut all: BTreeMap<(End, String), i64> = BTreeMap::new();
        let cancelled = run.state == "cancelled";
        for (state, reason, people) in rows {
            let (end, reason) = match state {
                WAITING if cancelled => (End::Skipped, "cancelled".to_owned()),
                GOING => (End::Waiting, "on_its_way".to_owned()),
                state => (End::of(state), reason),
            };
            *all.entry((end, reason)).or_default() += people;
        }
        for (people, waits_for) in [(run.undecided - run.held, "undecided"), (run.held, HELD)] {
            let (end, reason) = if cancelled { (End::Skipped, "cancelled") } else { (End::Waiting, waits_for) };
            if people > 0 {
                *all.entry((end, reason.to_owned())).or_default() += people;
            }
        }
        Ok(all.into_iter().map(|((end, reason), people)| (end, reason, people)).collect())
    }
    pub fn sums(&self, tx: &mut Tx<'_>, run: &RunRow) -> Result<Sums, Refusal> {
        let mut sums = Sums::default();
        for (end, _, people) in self.reasons(tx, run)? {
            sums.add(end, people);
        }
        Ok(sums)
    }

    /// Those who were held back are undecided like others from this instant on. Harmless when nobody is.
    ///
    /// Errors: `run_unknown`.
    pub fn release(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<(), Refusal> {
        self.lock(tx)?;
        let run = self.run(tx, id)?;
        tx.execute("UPDATE gate_part SET held = 0 WHERE run = $1 AND held = 1", params![run.num])?;
        let sql = "UPDATE gate_run SET held = 0, due_at = CASE WHEN due_at < $2 THEN $2 ELSE due_at END WHERE num = $1 AND held > 0";
        tx.execute(sql, params![run.num, now])?;
        Ok(())
    }

    /// Errors: `run_unknown`, `run_over`.
    pub fn change_run(&self, tx: &mut Tx<'_>, id: &str, change: RunChange, now: Time) -> Result<RunRow, Refusal> {
        self.lock(tx)?;
        let run = self.run(tx, id)?;
        if run.ended_at.is_some() || run.state == "cancelled" {
            return Err(refuse::run_over());
        }
        let state = match change {
            RunChange::Pause => "paused",
            RunChange::Resume => "running",
            RunChange::Cancel => "cancelled",
        };
        tx.execute("UPDATE gate_run SET state = $2 WHERE num = $1", params![run.num, state])?;
        self.close_if_done(tx, run.num, now)?;
        self.run(tx, id)
    }

    /// Nobody waits any more and nothing is on its way: the run has ended.
    pub(crate) fn close_if_done(&self, tx: &mut Tx<'_>, run: u32, now: Time) -> Result<(), DbError> {
        let open = "SELECT 1 FROM gate_tally WHERE run = $1 AND state IN (0, 1) AND people <> 0 LIMIT 1";
        if tx.opt(open, params![run], |row| row.int(0))?.is_none() {
            tx.execute(
                "UPDATE gate_run SET ended_at = $2, state = CASE WHEN state = 'cancelled' THEN state ELSE 'ended' END WHERE num = $1 AND undecided = 0 AND ended_at IS NULL",
                params![run, now],
            )?;
        }
        Ok(())
    }

    pub(crate) fn tally(&self, tx: &mut Tx<'_>, run: u32, changes: &BTreeMap<(i64, &str), i64>) -> Result<(), DbError> {
        let rows: Vec<[Param<'_>; 4]> = changes
            .iter()
            .filter(|(_, people)| **people != 0)
            .map(|((state, reason), people)| [run.into(), (*state).into(), (*reason).into(), (*people).into()])
            .collect();
        tx.bulk(
            "INSERT INTO gate_tally (run, state, reason, people)",
            "ON CONFLICT (run, state, reason) DO UPDATE SET people = gate_tally.people + excluded.people",
            &rows,
        )
        .map(drop)
    }

    /// Somebody is erased: nothing more goes to them, and what they had is forgotten. Their rows stay counted.
    pub fn forget(&self, tx: &mut Tx<'_>, nodes: &[PersonNum], now: Time) -> Result<(), Refusal> {
        self.lock(tx)?;
        let nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let sql = format!("SELECT run, num FROM gate_decision WHERE state IN (0, 1) AND {}", tx.any("num", 1));
        let open = tx.query(&sql, params![&nums], |row| Ok((row.num(0)?, row.num(1)?)))?;
        for (run, num) in open {
            self.settle(tx, run, &[num], SKIPPED, "erased", now)?;
        }
        tx.execute(&format!("DELETE FROM gate_person WHERE {}", tx.any("num", 1)), params![&nums])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let nums = [1, 2, 300, 70_000, u32::MAX - 1, u32::MAX];
        assert_eq!(unpack(&pack(&nums)), nums);
        assert_eq!(unpack(&[]), Vec::<u32>::new());
    }
}
