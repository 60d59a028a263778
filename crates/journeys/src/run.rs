//! What happens by the clock. A step reads a part of the log, and does one unit of each thing that is due in one journey; journeys take turns.

use crate::Journeys;
use crate::batch::Batch;
use crate::folk::Folk;
use crate::publish::can_move;
use crate::rows::{self, JOURNEY, JourneyRow, JourneyState, PERSON, journey_row, traveller};
use crate::step::Input;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use std::sync::atomic::Ordering::Relaxed;

/// People moved in one unit: others who write wait for no more than this.
pub(crate) const UNIT: usize = 3_000;

/// What a step found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// Something was due; there may be more.
    Went,
    /// Nothing before then, unless something happens.
    Later(Time),
    Nothing,
}

/// What can be due in a journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Hear,
    Schedule,
    LetIn,
    Due,
    Move,
    LeadOut,
    HandOn,
}

impl Journeys {
    /// One step of what is due. Safe in several processes at once; one is enough. What fails is told after the rest was done: neither the log nor one
    /// journey keeps the others from their turn.
    pub fn step(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let fed = self.feed(now);
        let turn = self.inner.turn.load(Relaxed);
        let (next, later) = self.inner.db.read(|tx| self.due(tx, turn, now))?;
        let Some((journey, works)) = next else {
            return Ok(match (fed?, later) {
                (Ran::Went, _) => Ran::Went,
                (Ran::Later(at), other) => Ran::Later(other.map_or(at, |other| other.min(at))),
                (Ran::Nothing, Some(at)) => Ran::Later(at),
                (Ran::Nothing, None) => Ran::Nothing,
            });
        };
        self.inner.turn.store(journey, Relaxed);
        let mut failed = fed.err();
        for work in works {
            if let Err(refusal) = self.unit(work, journey, now) {
                failed.get_or_insert(refusal);
            }
        }
        failed.map_or(Ok(Ran::Went), Err)
    }
    fn unit(&self, work: Work, journey: u32, now: Time) -> Result<(), Refusal> {
        let act: fn(&Self, &mut Tx<'_>, u32, Time) -> Result<(), Refusal> = match work {
            // Whom it lets in is read outside of the writing unit.
            Work::Schedule => return self.on_schedule(journey, now),
            Work::Hear => Self::hear,
            Work::LetIn => Self::let_in_part,
            Work::Due => Self::move_on,
            Work::Move => Self::move_some,
            Work::LeadOut => Self::lead_out,
            Work::HandOn => Self::hand_on,
        };
        let own = self.clone();
        self.inner.db.transact(move |tx| act(&own, tx, journey, now))
    }

    /// The next journey after `turn` with something to do; else when there will be.
    #[allow(clippy::type_complexity, reason = "a journey and its works, or a time")]
    fn due(&self, tx: &mut Tx<'_>, turn: u32, now: Time) -> Result<(Option<(u32, Vec<Work>)>, Option<Time>), Refusal> {
        let sql = format!("{JOURNEY} WHERE ended_at IS NULL AND state <> 'draft' ORDER BY num");
        let mut open = tx.query(&sql, &[], journey_row)?;
        let first = open.partition_point(|row| row.num <= turn);
        open.rotate_left(first);
        let mut later: Option<Time> = None;
        for row in open {
            let works = self.works(tx, &row, now, &mut later)?;
            if !works.is_empty() {
                return Ok((Some((row.num, works)), None));
            }
        }
        Ok((None, later))
    }
    fn works(
        &self,
        tx: &mut Tx<'_>,
        row: &JourneyRow,
        now: Time,
        later: &mut Option<Time>,
    ) -> Result<Vec<Work>, Refusal> {
        let mut works = Vec::new();
        let any =
            |tx: &mut Tx<'_>, sql: &str| Ok::<_, Refusal>(tx.opt(sql, params![row.num], |row| row.int(0))?.is_some());
        let mut wait = |at: Time| *later = Some(later.map_or(at, |own: Time| own.min(at)));
        if any(tx, "SELECT 1 FROM journey_told WHERE journey = $1 LIMIT 1")? {
            works.push(Work::Hear);
        }
        if row.state == JourneyState::Running {
            match row.next_at {
                Some(at) if at <= now => works.push(Work::Schedule),
                Some(at) => wait(at),
                None => {}
            }
            if any(tx, "SELECT 1 FROM journey_part WHERE journey = $1 LIMIT 1")? {
                works.push(Work::LetIn);
            }
            let next =
                "SELECT due_at FROM journey_person WHERE journey = $1 AND due_at IS NOT NULL ORDER BY due_at LIMIT 1";
            match tx.opt(next, params![row.num], |row| row.time(0))? {
                Some(at) if at <= now => works.push(Work::Due),
                Some(at) => wait(at),
                None => {}
            }
        }
        if row.moving > 0 {
            works.push(Work::Move);
        }
        if row.state == JourneyState::Ending {
            works.push(Work::LeadOut);
        }
        if row.state != JourneyState::Paused
            && any(tx, "SELECT 1 FROM journey_effect WHERE journey = $1 AND state = 0 ORDER BY at LIMIT 1")?
        {
            works.push(Work::HandOn);
        }
        Ok(works)
    }

    /// People whose time has come.
    fn move_on(&self, tx: &mut Tx<'_>, num: u32, now: Time) -> Result<(), Refusal> {
        self.lock(tx)?;
        let row = self.by_num(tx, num)?;
        if row.state != JourneyState::Running {
            return Ok(());
        }
        let sql = format!(
            "SELECT {PERSON} FROM journey_person WHERE journey = $1 AND due_at <= $2 ORDER BY due_at, num, entry LIMIT $3"
        );
        let people = tx.query(&sql, params![num, now, UNIT as i64], traveller)?;
        let mut folk = Folk::of(tx, people.iter().map(|own| own.num))?;
        let roots = folk.roots();
        folk.read_zones(tx, &roots)?;
        let mut batch = Batch::new(tx, row, folk, now)?;
        let mut works = Vec::with_capacity(people.len());
        for own in people {
            let erased = batch.folk.is_erased(batch.folk.root(own.num));
            let input = if erased { Input::Leave("erased".into()) } else { Input::Due };
            works.push((batch.add(own), input));
        }
        batch.unite(self, tx, &roots)?;
        batch.walk(self, tx, works)?;
        batch.save(tx)
    }

    /// People inside go over to the version that was chosen, those with smaller numbers first.
    fn move_some(&self, tx: &mut Tx<'_>, num: u32, now: Time) -> Result<(), Refusal> {
        self.lock(tx)?;
        let row = self.by_num(tx, num)?;
        if row.moving == 0 {
            return Ok(());
        }
        let (people, last) = self.next_inside(tx, &row)?;
        let (to, old) = (row.moving, row.moved_num);
        let mut batch = Batch::new(tx, row, Folk::default(), now)?;
        let plan = batch.plan(self, tx, to)?;
        for own in people {
            let (version, node) = (own.state.version, own.state.node);
            if version < to && can_move(&*batch.plan(self, tx, version)?, &plan, node) {
                let at = batch.add(own);
                batch.move_to(at, to);
            }
        }
        batch.save(tx)?;
        match last {
            Some(last) => tx.execute("UPDATE journey SET moved_num = $2 WHERE num = $1", params![num, last])?,
            None => tx.execute("UPDATE journey SET moving = 0, moved_num = $2 WHERE num = $1", params![num, old])?,
        };
        Ok(())
    }

    /// A journey is ending: people inside leave. It has ended when nobody is left and everything decided is handed on.
    fn lead_out(&self, tx: &mut Tx<'_>, num: u32, now: Time) -> Result<(), Refusal> {
        self.lock(tx)?;
        let row = self.by_num(tx, num)?;
        if row.state != JourneyState::Ending {
            return Ok(());
        }
        let (people, last) = self.next_inside(tx, &row)?;
        let mut batch = Batch::new(tx, row, Folk::default(), now)?;
        let works = people.into_iter().map(|own| (batch.add(own), Input::Leave("stopped".into()))).collect::<Vec<_>>();
        batch.walk(self, tx, works)?;
        batch.save(tx)?;
        if let Some(last) = last {
            tx.execute("UPDATE journey SET moved_num = $2 WHERE num = $1", params![num, last])?;
            return Ok(());
        }
        let open = "SELECT 1 FROM journey_effect WHERE journey = $1 AND state = 0 ORDER BY at LIMIT 1";
        if tx.opt(open, params![num], |row| row.int(0))?.is_none() {
            tx.execute("DELETE FROM journey_effect WHERE journey = $1", params![num])?;
            tx.execute("DELETE FROM journey_told WHERE journey = $1", params![num])?;
            tx.execute("UPDATE journey SET state = 'ended', ended_at = $2 WHERE num = $1", params![num, now])?;
        }
        Ok(())
    }

    /// People inside beyond the number come to so far, and the number come to now; `None` at the end.
    fn next_inside(&self, tx: &mut Tx<'_>, row: &JourneyRow) -> Result<(Vec<crate::Traveller>, Option<i64>), Refusal> {
        // Those who have ended are passed over here, a bounded number a unit, and not by the database for as long as it takes.
        let sql = "SELECT num, MIN(state) FROM journey_person WHERE journey = $1 AND num > $2 GROUP BY num ORDER BY num LIMIT $3";
        let limit = 2 * UNIT as i64;
        let seen: Vec<(PersonNum, bool)> =
            tx.query(sql, params![row.num, row.moved_num, limit], |row| Ok((row.num(0)?, row.int(1)? == 0)))?;
        let more = seen.len() as i64 == limit;
        let inside: Vec<i64> = seen.iter().filter(|(_, inside)| *inside).map(|(num, _)| i64::from(*num)).collect();
        let inside = &inside[..inside.len().min(UNIT)];
        let people = rows::of_nodes(tx, row.num, inside, true)?;
        let last = if inside.len() == UNIT {
            inside.last().copied()
        } else {
            seen.last().map(|(num, _)| i64::from(*num)).filter(|_| more)
        };
        Ok((people, last))
    }
}
