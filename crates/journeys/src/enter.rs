//! Coming in: who may, and those a schedule lets in.

use crate::batch::Batch;
use crate::definition::{Again, Entry};
use crate::folk::{Folk, brand_zone};
use crate::model::{End, MERGED};
use crate::rows::{JourneyRow, JourneyState, pack, unpack};
use crate::run::UNIT;
use crate::step::Input;
use crate::{Journeys, refuse};
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

/// Somebody's earlier entries, under whatever identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    pub inside: bool,
    pub last: Option<Time>,
    /// The highest number of an entry.
    pub entries: u32,
}

impl Past {
    pub(crate) fn add(&mut self, end: Option<&End>, entered_at: Time, entry: u32) {
        self.inside |= end.is_none();
        self.entries = self.entries.max(entry);
        // One that ended because another went on is no time of its own: who turns out to be somebody else after all has not been in.
        if !matches!(end, Some(End::Exited(reason)) if reason == MERGED) {
            self.last = Some(self.last.map_or(entered_at, |last| last.max(entered_at)));
        }
    }
    pub fn may_enter(&self, again: Again, now: Time) -> bool {
        match (self.inside, self.last, again) {
            (true, ..) => false,
            (false, None, _) | (false, _, Again::Always) => true,
            (false, Some(_), Again::Never) => false,
            (false, Some(last), Again::AfterDays(days)) => last.plus_days(i64::from(days)) <= now,
        }
    }
}

fn pasts(
    tx: &mut Tx<'_>,
    journey: u32,
    folk: &Folk,
    roots: &[PersonNum],
) -> Result<FxHashMap<PersonNum, Past>, DbError> {
    let nodes = folk.all_nodes(roots.iter().copied());
    let sql = format!(
        "SELECT num, state, reason, entered_at, entry FROM journey_person WHERE journey = $1 AND {}",
        tx.any("num", 2)
    );
    let mut out: FxHashMap<PersonNum, Past> = FxHashMap::default();
    tx.each(&sql, params![journey, &nodes], |row| {
        let own = out.entry(folk.root(row.num(0)?)).or_default();
        own.add(End::of(row.int(1)?, row.text(2)?).as_ref(), row.time(3)?, row.num(4)?);
        Ok(())
    })?;
    Ok(out)
}

impl Journeys {
    /// People are to come in: kept in this unit, let in some thousand at a time. Those who may not are passed over then.
    ///
    /// Errors: `journey_unknown`, `journey_state` when it is not published.
    pub fn let_in(&self, tx: &mut Tx<'_>, id: &str, people: &[PersonNum]) -> Result<(), Refusal> {
        self.lock(tx)?;
        let own = self.journey(tx, id)?;
        if !own.state.is_alive() {
            return Err(refuse::state());
        }
        Ok(keep_parts(tx, own.num, people)?)
    }

    /// A schedule whose time has come: its people are kept, and the next time is set, in one unit.
    pub(crate) fn on_schedule(&self, num: u32, now: Time) -> Result<(), Refusal> {
        let looked = self.inner.db.read(|tx| {
            let row = self.by_num(tx, num)?;
            let Some(audience) = self.scheduled(tx, &row, now)? else { return Ok(None) };
            let people = match self.world().members(tx, &audience, now) {
                Ok(people) => people,
                // The audience is gone: nobody comes in, and the next time is another.
                Err(refusal) if refusal.class == siyu_kernel::Class::NotFound => Vec::new(),
                Err(refusal) => return Err(refusal),
            };
            Ok(Some((row.next_at, people)))
        })?;
        let Some((next_at, people)) = looked else { return Ok(()) };
        let own = self.clone();
        self.inner.db.transact(move |tx| {
            own.lock(tx)?;
            let row = own.by_num(tx, num)?;
            if row.next_at != next_at || own.scheduled(tx, &row, now)?.is_none() {
                return Ok(());
            }
            let plan = own.plan(tx, num, row.version)?;
            let next = match &plan.definition.entry {
                Entry::Schedule { schedule, .. } => schedule.next(&brand_zone(tx)?, now),
                Entry::Trigger { .. } => None,
            };
            tx.execute("UPDATE journey SET next_at = $2 WHERE num = $1", params![num, next])?;
            Ok(keep_parts(tx, num, &people)?)
        })
    }
    /// The audience of a schedule that is due.
    fn scheduled(&self, tx: &mut Tx<'_>, row: &JourneyRow, now: Time) -> Result<Option<String>, Refusal> {
        if row.state != JourneyState::Running || row.next_at.is_none_or(|at| at > now) {
            return Ok(None);
        }
        let plan = self.plan(tx, row.num, row.version)?;
        Ok(match &plan.definition.entry {
            Entry::Schedule { audience, .. } => Some(audience.clone()),
            Entry::Trigger { .. } => None,
        })
    }

    /// The next of those who are to come in.
    pub(crate) fn let_in_part(&self, tx: &mut Tx<'_>, num: u32, now: Time) -> Result<(), Refusal> {
        self.lock(tx)?;
        let row = self.by_num(tx, num)?;
        if row.state != JourneyState::Running {
            return Ok(());
        }
        let first = "DELETE FROM journey_part WHERE journey = $1 AND part = (SELECT MIN(part) FROM journey_part WHERE journey = $1) RETURNING nums";
        let Some(packed) = tx.opt(first, params![num], |row| row.blob(0))? else { return Ok(()) };
        let nums = unpack(&packed);
        let plan = self.plan(tx, num, row.version)?;
        let mut folk = Folk::of(tx, nums.iter().copied())?;
        let known = nums.iter().filter(|num| folk.is_known(**num));
        let mut roots: Vec<PersonNum> =
            known.map(|num| folk.root(*num)).filter(|root| !folk.is_erased(*root)).collect();
        roots.sort_unstable();
        roots.dedup();
        let pasts = pasts(tx, num, &folk, &roots)?;
        if plan.zoned {
            folk.read_zones(tx, &roots)?;
        }
        let mut batch = Batch::new(tx, row, folk, now)?;
        let mut works = Vec::with_capacity(roots.len());
        for root in roots {
            let past = pasts.get(&root).copied().unwrap_or_default();
            if past.may_enter(plan.definition.again, now) {
                works.push((batch.enter(self.key(), root, past.entries + 1, &plan, now), Input::Arrive));
            }
        }
        batch.walk(self, tx, works)?;
        batch.save(tx)
    }
}

fn keep_parts(tx: &mut Tx<'_>, journey: u32, people: &[PersonNum]) -> Result<(), DbError> {
    let mut nums = people.to_vec();
    nums.sort_unstable();
    nums.dedup();
    let last = "SELECT COALESCE(MAX(part), 0) FROM journey_part WHERE journey = $1";
    let last = tx.one(last, params![journey], |row| row.int(0))?;
    let packed: Vec<(i64, i64, Vec<u8>)> =
        nums.chunks(UNIT).zip(last + 1..).map(|(some, part)| (part, some.len() as i64, pack(some))).collect();
    let rows: Vec<[Param<'_>; 4]> = packed
        .iter()
        .map(|(part, people, bytes)| [journey.into(), (*part).into(), (*people).into(), bytes.into()])
        .collect();
    tx.bulk("INSERT INTO journey_part (journey, part, people, nums)", "", &rows)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_come_in_again() {
        let day = |n: i64| Time(0).plus_days(n);
        let past = |inside, last: Option<i64>| Past { inside, last: last.map(day), entries: 1 };
        for (past, again, now, may) in [
            (Past::default(), Again::Never, 0, true),
            (past(false, Some(0)), Again::Never, 900, false),
            (past(false, Some(0)), Again::AfterDays(30), 29, false),
            (past(false, Some(0)), Again::AfterDays(30), 30, true),
            (past(false, Some(0)), Again::Always, 0, true),
            (past(true, Some(0)), Again::Always, 900, false),
            (past(true, Some(0)), Again::AfterDays(1), 900, false),
        ] {
            assert_eq!(past.may_enter(again, day(now)), may, "{past:?} {again:?} {now}");
        }
    }
}
