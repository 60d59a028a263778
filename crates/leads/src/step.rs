//! What happens by the clock: leads go back, are given out, are found to be friends or buyers, and come into the pool. Small units, each safe to repeat.

use crate::events::Move;
use crate::model::{COLUMNS, FROM, read};
use crate::refuse::went;
use crate::rules::runs_out;
use crate::{Leads, State};
use siyu_contacts::Ran;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Stopwatch, Time};

const BATCH: i64 = 100;
/// How often it is looked for what no unit has told.
const SWEEP_SECONDS: i64 = 60;
const SWEEP: &str = "sweep";
/// A sweep takes at most one part in so many of a processor.
const SWEEP_SHARE: i64 = 40;
/// A walk that has been due for so long goes before the rules.
const LATE_SECONDS: i64 = 60;

impl Leads {
    /// One step of what is due.
    pub fn step(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let own = self.clone();
        // Looking costs a reading unit; writing ones are taken when something is due.
        let due = self.inner.db.read(|tx| own.due(tx, now))?;
        let Some(what) = due else { return Ok(Ran::Nothing) };
        match what {
            Due::Times => self.inner.db.transact(move |tx| own.times(tx))?,
            Due::Back => self.inner.db.transact(move |tx| own.recycle(tx, now).map(drop))?,
            Due::Rules => self.inner.db.transact(move |tx| own.run_rules(tx, now).map(drop))?,
            Due::Sweep => self.swept(now)?,
            Due::Walk => self.walked(now)?,
        }
        Ok(Ran::Went)
    }

    fn due(&self, tx: &mut Tx<'_>, now: Time) -> Result<Option<Due>, Refusal> {
        let any = |tx: &mut Tx<'_>, sql: &str| Ok::<_, Refusal>(tx.opt(sql, params![now], |row| row.int(0))?.is_some());
        // Before anything goes back by a time that holds no more.
        if self.times_left(tx)? {
            return Ok(Some(Due::Times));
        }
        if any(tx, "SELECT 1 FROM lead WHERE due_at <= $1 LIMIT 1")? {
            return Ok(Some(Due::Back));
        }
        let swept = tx.opt("SELECT due_at FROM lead_walk WHERE name = $1", params![SWEEP], |row| row.time(0))?;
        if swept.is_none_or(|at| at <= now) {
            return Ok(Some(Due::Sweep));
        }
        let walks = self.settings(tx)?.walks;
        let sql = format!("SELECT MIN(due_at) FROM lead_walk WHERE due_at <= $1 AND {}", tx.any("name", 2));
        let walk = tx.one(&sql, params![now, &walks], |row| row.opt_time(0))?;
        // A pool that is given out all day long must not keep the walks from going on.
        if walk.is_some_and(|at| at.plus_seconds(LATE_SECONDS) <= now) {
            return Ok(Some(Due::Walk));
        }
        if any(tx, "SELECT 1 FROM lead WHERE next_at <= $1 LIMIT 1")? && self.rules(tx)?.iter().any(|own| own.active) {
            return Ok(Some(Due::Rules));
        }
        Ok(walk.map(|_| Due::Walk))
    }

    /// Leads whose time has run out go back to the pool; those tried often enough are given up. Answers how many.
    pub(crate) fn recycle(&self, tx: &mut Tx<'_>, now: Time) -> Result<usize, Refusal> {
        let settings = self.settings(tx)?;
        let sql = format!("SELECT {COLUMNS} {FROM} WHERE l.due_at <= $1 ORDER BY l.id LIMIT $2");
        let rows = tx.query(&sql, params![now, BATCH], read)?;
        let count = rows.len();
        for row in rows {
            let lead = self.opened(row)?;
            let reason = if lead.state == State::Contacted { "not_followed_up" } else { "not_contacted" };
            let done = if runs_out(lead.round + 1, &settings) {
                let own = Move { what: "lost", staff: "", how: "clock", reason: "rounds", ..Move::default() };
                self.end(tx, &lead, State::Lost, &own, now)
            } else {
                self.back(tx, &lead, &Move { how: "clock", reason, ..Move::default() }, now)
            };
            went(done)?;
        }
        // Rows of people who are gone are never read again.
        Ok(count)
    }

    /// Looking goes through everything that is open, in a reading unit; what was found is moved in one that writes. The more there is to look
    /// through, the longer the pause.
    fn swept(&self, now: Time) -> Result<(), Refusal> {
        let watch = Stopwatch::start();
        let found = self.inner.db.read(|tx| self.unseen(tx, now))?;
        let pause = SWEEP_SECONDS.max(watch.seconds() as i64 * SWEEP_SHARE);
        let own = self.clone();
        self.inner.db.transact(move |tx| {
            let moved = own.sweep(tx, &found, now)?;
            // What was full goes on at once.
            let due = if moved >= 100 { now } else { now.plus_seconds(pause) };
            tx.execute(
                "INSERT INTO lead_walk (name, place, due_at) VALUES ($1, '', $2) ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at",
                params![SWEEP, due],
            )?;
            Ok(())
        })
    }

    /// As with sweeping: people are looked for in a reading unit and put in by one that writes.
    fn walked(&self, now: Time) -> Result<(), Refusal> {
        let Some(turn) = self.inner.db.read(|tx| self.look(tx, now))? else { return Ok(()) };
        let own = self.clone();
        self.inner.db.transact(move |tx| own.fill(tx, &turn, now))
    }
}

enum Due {
    Times,
    Back,
    Rules,
    Sweep,
    Walk,
}
