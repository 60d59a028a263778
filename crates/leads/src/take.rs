//! How a lead comes to somebody: one way for all of them.

use crate::events::Move;
use crate::model::HELD;
use crate::rules::{Held, due, room};
use crate::{Lead, Leads, Settings, State, key, refuse, zone};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};

/// What is written of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Giving<'a> {
    /// claim, assign or rule.
    pub how: &'a str,
    pub rule: &'a str,
    pub by: &'a str,
    pub reason: &'a str,
}

impl Leads {
    /// Holds the desks of these members of staff until the unit ends: limits are counted and used by one unit at a time. In one order, so that
    /// two units never wait for each other.
    pub(crate) fn hold(&self, tx: &mut Tx<'_>, staff: &[&str]) -> Result<(), Refusal> {
        let mut keys = staff.to_vec();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let sql =
                "INSERT INTO lead_desk (staff, n) VALUES ($1, 1) ON CONFLICT (staff) DO UPDATE SET n = lead_desk.n + 1";
            tx.execute(sql, params![key])?;
        }
        Ok(())
    }

    /// What somebody holds, and took or was given since the day began.
    pub fn held(&self, tx: &mut Tx<'_>, staff: &str, now: Time) -> Result<Held, Refusal> {
        let zone = zone(tx)?;
        let since = zone.start_of_day(zone.day(now));
        let sql = format!(
            "SELECT (SELECT COUNT(*) FROM lead WHERE staff = $1 AND state IN {HELD}),
                    (SELECT COUNT(*) FROM lead_move WHERE staff = $1 AND what = 'claimed' AND at >= $2)"
        );
        Ok(tx.one(&sql, params![staff, since], |row| Ok(Held { now: row.int(0)?, today: row.int(1)? }))?)
    }

    /// Gives a lead of the pool to a member of staff whose desk is held. Errors: `lead_daily_full`, `lead_held_full`, `lead_taken`.
    pub(crate) fn take(
        &self,
        tx: &mut Tx<'_>,
        lead: &Lead,
        staff: &str,
        giving: Giving<'_>,
        settings: &Settings,
        now: Time,
    ) -> Result<(), Refusal> {
        let held = self.held(tx, staff, now)?;
        if room(held, settings) == 0 {
            let daily = settings.daily_max > 0 && held.today >= settings.daily_max;
            return Err(if daily {
                refuse::daily_full(settings.daily_max)
            } else {
                refuse::held_full(settings.held_max)
            });
        }
        let taken = tx.execute(
            "UPDATE lead SET state = 'claimed', reason = $6, staff = $2, taken_at = $3, moved_at = $3, contacted_at = NULL, due_at = $4, next_at = NULL
             WHERE id = $1 AND state IN ('new', 'recycled') AND staff = '' AND round = $5",
            params![&lead.id, staff, now, due(State::Claimed, now, settings), lead.round, giving.reason],
        )?;
        if taken == 0 {
            return Err(refuse::taken());
        }
        let Giving { how, rule, by, reason } = giving;
        self.record(tx, lead, "claimed", Move { what: "claimed", staff, how, rule, reason, by, ..Move::default() }, now)
    }

    /// Whether a member of staff had this lead lately and lost it: by the clock, by giving it back, or by not talking to the friend it was.
    pub(crate) fn barred(
        &self,
        tx: &mut Tx<'_>,
        lead: &Lead,
        settings: &Settings,
        now: Time,
    ) -> Result<Vec<String>, Refusal> {
        if settings.again_days == 0 {
            return Ok(Vec::new());
        }
        let since = now.plus_days(-settings.again_days);
        let sql = "SELECT DISTINCT from_staff FROM lead_move WHERE lead = $1 AND what = 'recycled' AND at > $2 AND from_staff <> ''";
        let mut all = tx.query(sql, params![&lead.id, since], |row| row.text(0))?;
        if !lead.before.is_empty() && lead.pooled_at > since {
            all.push(lead.before.clone());
        }
        Ok(all)
    }

    /// The key of a member of staff who may have customers. Errors: `lead_staff`.
    pub(crate) fn server(&self, tx: &mut Tx<'_>, userid: &str) -> Result<String, Refusal> {
        let wanted = key(userid);
        let sql = "SELECT 1 FROM wecom_staff WHERE key = $1 AND gone_at IS NULL AND status IN (1, 4) AND serves = 1";
        let there = tx.opt(sql, params![&wanted], |row| row.int(0))?.is_some();
        if there { Ok(wanted) } else { Err(refuse::staff(userid)) }
    }
}
