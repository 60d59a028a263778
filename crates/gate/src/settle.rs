//! What became of what was let through.

use crate::model::{Candidate, Class, Consent, FAILED, GOING, SENT, SKIPPED, WAITING};
use crate::{Gate, touch};
use rustc_hash::FxHashMap;
use siyu_db::{Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time, Zone};
use std::collections::BTreeMap;

/// What a touch that was open becomes.
#[derive(Clone, Copy)]
enum Recall {
    Sent(Time),
    Full(Time),
    Nothing,
}

impl Gate {
    /// People of a run have been sent the message at this instant. Answers who had not come to an end before.
    pub fn sent(&self, tx: &mut Tx<'_>, run: &str, nums: &[PersonNum], at: Time) -> Result<Vec<PersonNum>, Refusal> {
        self.ended(tx, run, nums, SENT, "", at)
    }
    /// It did not reach them, for this reason: what they may have is theirs again.
    pub fn failed(
        &self,
        tx: &mut Tx<'_>,
        run: &str,
        nums: &[PersonNum],
        reason: &str,
        at: Time,
    ) -> Result<Vec<PersonNum>, Refusal> {
        self.ended(tx, run, nums, FAILED, reason, at)
    }
    /// It was never tried.
    pub fn skipped(
        &self,
        tx: &mut Tx<'_>,
        run: &str,
        nums: &[PersonNum],
        reason: &str,
        at: Time,
    ) -> Result<Vec<PersonNum>, Refusal> {
        self.ended(tx, run, nums, SKIPPED, reason, at)
    }
    fn ended(
        &self,
        tx: &mut Tx<'_>,
        run: &str,
        nums: &[PersonNum],
        state: i64,
        reason: &str,
        at: Time,
    ) -> Result<Vec<PersonNum>, Refusal> {
        if nums.is_empty() {
            return Ok(Vec::new());
        }
        self.lock(tx)?;
        let run = self.run(tx, run)?.num;
        let mut all = Vec::new();
        for some in nums.chunks(1_000) {
            all.extend(self.settle(tx, run, some, state, reason, at)?);
        }
        Ok(all)
    }

    /// Rows, memories and tallies together. Who was released may be free for what they wait for.
    pub(crate) fn settle(
        &self,
        tx: &mut Tx<'_>,
        run: u32,
        nums: &[PersonNum],
        state: i64,
        reason: &str,
        at: Time,
    ) -> Result<Vec<PersonNum>, Refusal> {
        let list: Vec<i64> = nums.iter().map(|num| i64::from(*num)).collect();
        let sql = format!(
            "SELECT num, root, state, reason FROM gate_decision WHERE run = $1 AND state IN ({WAITING}, {GOING}) AND {} ORDER BY num",
            tx.any("num", 2)
        );
        let found: Vec<(PersonNum, PersonNum, i64, String)> =
            tx.query(&sql, params![run, &list], |row| Ok((row.num(0)?, row.num(1)?, row.int(2)?, row.text(3)?)))?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let list: Vec<i64> = found.iter().map(|(num, ..)| i64::from(*num)).collect();
        let sql = format!(
            "UPDATE gate_decision SET state = $3, reason = $4, at = $5 WHERE run = $1 AND {}",
            tx.any("num", 2)
        );
        tx.execute(&sql, params![run, &list, state, reason, at])?;
        let mut changes: BTreeMap<(i64, &str), i64> = BTreeMap::new();
        for (_, _, before, why) in &found {
            *changes.entry((*before, why)).or_default() -= 1;
            *changes.entry((state, reason)).or_default() += 1;
        }
        self.tally(tx, run, &changes)?;
        let going = found.iter().filter(|(_, _, before, _)| *before == GOING);
        let mut roots: Vec<i64> = going.map(|(_, root, ..)| i64::from(*root)).collect();
        roots.sort_unstable();
        roots.dedup();
        let recall = match (state, reason) {
            (SENT, _) => Recall::Sent(at),
            // It may have come: it counts as if it had.
            (FAILED, "outcome_unknown") => Recall::Sent(at),
            (FAILED, "limit_reached") => Recall::Full(at),
            _ => Recall::Nothing,
        };
        self.recall(tx, run, &roots, recall)?;
        let sql =
            format!("UPDATE gate_decision SET until = $2 WHERE state = 0 AND until > $2 AND {}", tx.any("num", 1));
        tx.execute(&sql, params![&roots, at])?;
        self.close_if_done(tx, run, at)?;
        Ok(found.into_iter().map(|(num, ..)| num).collect())
    }

    /// Of these people those whom nothing may go to any more, though they were let through: they have withdrawn their consent since.
    pub fn withdrawn(
        &self,
        tx: &mut Tx<'_>,
        run: &str,
        nums: &[PersonNum],
        zone: &Zone,
    ) -> Result<Vec<PersonNum>, Refusal> {
        let run = self.run(tx, run)?;
        let candidates: Vec<Candidate> = nums.iter().map(|num| Candidate { num: *num, unreachable: None }).collect();
        let facts = self.facts(tx, &candidates, run.class, run.channel, zone)?;
        let gone = |at: &usize| facts.people[*at].erased || facts.people[*at].consent == Consent::Withdrawn;
        Ok(nums.iter().zip(&facts.who).filter(|(_, at)| gone(at)).map(|(num, _)| *num).collect())
    }

    /// Of people who were let through and are not on their way yet those whose time is over: they wait again, to be decided anew at once.
    pub fn take_back(
        &self,
        tx: &mut Tx<'_>,
        run: &str,
        nums: &[PersonNum],
        now: Time,
    ) -> Result<Vec<PersonNum>, Refusal> {
        self.lock(tx)?;
        let run = self.run(tx, run)?.num;
        let list: Vec<i64> = nums.iter().map(|num| i64::from(*num)).collect();
        let sql = format!(
            "UPDATE gate_decision SET state = {WAITING}, reason = 'late', at = $2, until = $2 WHERE run = $1 AND state = {GOING} AND until <= $2 AND {} RETURNING num, root",
            tx.any("num", 3)
        );
        let found: Vec<(PersonNum, i64)> =
            tx.query(&sql, params![run, now, &list], |row| Ok((row.num(0)?, row.int(1)?)))?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let many = found.len() as i64;
        self.tally(tx, run, &BTreeMap::from([((GOING, ""), -many), ((WAITING, "late"), many)]))?;
        let mut roots: Vec<i64> = found.iter().map(|(_, root)| *root).collect();
        roots.sort_unstable();
        roots.dedup();
        self.recall(tx, run, &roots, Recall::Nothing)?;
        Ok(found.into_iter().map(|(num, _)| num).collect())
    }

    /// The touch of this run in these memories.
    fn recall(&self, tx: &mut Tx<'_>, run: u32, roots: &[i64], recall: Recall) -> Result<(), Refusal> {
        let sql = format!("SELECT num, touches FROM gate_person WHERE {} ORDER BY num", tx.any("num", 1));
        let held: FxHashMap<i64, Vec<u8>> =
            tx.query(&sql, params![&roots.to_vec()], |row| Ok((row.int(0)?, row.blob(1)?)))?.into_iter().collect();
        let mut changed: Vec<(i64, Vec<u8>)> = Vec::with_capacity(held.len());
        for (num, bytes) in held {
            let mut touches = Vec::new();
            touch::decode(&bytes, &mut touches);
            let mut own = touches.iter_mut().filter(|own| own.run == run && own.open);
            match recall {
                // Nothing arrives before it was let through, whatever a clock says.
                Recall::Sent(at) => own.for_each(|own| (own.open, own.at) = (false, at.max(own.at))),
                // Somebody else has used up what WeCom lets them have: it counts there, and is no marketing of ours.
                Recall::Full(at) => own.for_each(|own| (own.open, own.at, own.class) = (false, at, Class::Service)),
                Recall::Nothing => {
                    if own.next().is_some() {
                        touches.retain(|own| own.run != run || !own.open);
                    }
                }
            }
            changed.push((num, touch::encode(&touches)));
        }
        changed.sort_unstable();
        let rows: Vec<[Param<'_>; 2]> = changed.iter().map(|(num, bytes)| [(*num).into(), bytes.into()]).collect();
        tx.bulk(
            "INSERT INTO gate_person (num, touches)",
            "ON CONFLICT (num) DO UPDATE SET touches = excluded.touches",
            &rows,
        )?;
        Ok(())
    }
}
