//! Who comes into a programme, and who is taken out.

use crate::keep::{ProgrammeRow, staff_of};
use crate::programme::{Anchor, Kind, Rule, Step};
use crate::{Sops, due, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time, Zone};

/// How often rules are looked at.
const LOOK_SECONDS: i64 = 60;

impl Sops {
    /// Brings in groups by id, or members of staff by userid. Who is in already stays as they are; who was taken out begins again, without the steps
    /// they have had. Answers how many came in.
    ///
    /// Errors: `sop_unknown`, `sop_over`, `sop_subject`.
    pub fn enrol(&self, tx: &mut Tx<'_>, id: &str, subjects: &[String], now: Time) -> Result<usize, Refusal> {
        let programme = self.living(tx, id)?;
        let mut came = 0;
        for subject in subjects {
            let key = if programme.kind == Kind::Moment { subject.trim().to_lowercase() } else { subject.clone() };
            let created = born(tx, programme.kind, &key)?.ok_or_else(refuse::subject)?;
            came += usize::from(self.bring_in(tx, &programme, &key, created, true, now)?);
        }
        Ok(came)
    }
    /// Those that a rule names and that are there now. Errors: `sop_unknown`, `sop_over`.
    pub fn enrol_by(&self, tx: &mut Tx<'_>, id: &str, rule: &Rule, now: Time) -> Result<usize, Refusal> {
        let programme = self.living(tx, id)?;
        self.enrol_named(tx, &programme, rule, None, now)
    }
    /// Takes one out: what is planned is skipped. Errors: `sop_unknown`, `sop_subject` when it is not inside.
    pub fn take_out(&self, tx: &mut Tx<'_>, id: &str, subject: &str, now: Time) -> Result<(), Refusal> {
        self.programme(tx, id)?;
        let sql = "UPDATE sop_subject SET out_at = $3 WHERE sop = $1 AND subject = $2 AND out_at IS NULL";
        if tx.execute(sql, params![id, subject, now])? == 0 {
            return Err(refuse::subject());
        }
        let sql = "UPDATE sop_step SET state = 'skipped', reason = 'taken_out', at = $3 WHERE sop = $1 AND subject = $2 AND state = 'planned'";
        tx.execute(sql, params![id, subject, now])?;
        Ok(())
    }

    /// Looks once at each rule that is due.
    pub(crate) fn work_rules(&self, tx: &mut Tx<'_>, now: Time) -> Result<usize, Refusal> {
        let (due, _) = self.looks(tx, now)?;
        for programme in &due {
            let next = "UPDATE sop SET look_at = $2 WHERE id = $1";
            tx.execute(next, params![&programme.id, now.plus_seconds(LOOK_SECONDS)])?;
            if let (Some(rule), Some(since)) = (&programme.rule, programme.rule_since) {
                self.enrol_named(tx, programme, rule, Some(since), now)?;
            }
        }
        Ok(due.len())
    }

    fn enrol_named(
        &self,
        tx: &mut Tx<'_>,
        programme: &ProgrammeRow,
        rule: &Rule,
        created_since: Option<Time>,
        now: Time,
    ) -> Result<usize, Refusal> {
        let all = match programme.kind {
            Kind::Group => {
                "SELECT g.id, LOWER(g.owner), COALESCE(s.store, ''), g.created_at FROM wecom_group g LEFT JOIN wecom_staff s ON s.key = LOWER(g.owner) WHERE g.dismissed_at IS NULL AND g.created_at >= $1"
            }
            // The mirror does not say since when somebody works here: a rule looks at all.
            Kind::Moment => {
                "SELECT s.key, s.key, s.store, CAST($1 AS BIGINT) FROM wecom_staff s WHERE s.serves = 1 AND s.status = 1 AND s.gone_at IS NULL"
            }
        };
        let rows = tx.query(all, params![created_since.unwrap_or(Time(0))], |row| {
            Ok((row.text(0)?, row.text(1)?, row.text(2)?, row.time(3)?))
        })?;
        let known = "SELECT subject FROM sop_subject WHERE sop = $1";
        let known: std::collections::BTreeSet<String> =
            tx.query(known, params![&programme.id], |row| row.text(0))?.into_iter().collect();
        let mut came = 0;
        for (subject, owner, store, created) in rows {
            if fits(&rule.owners, &owner) && fits(&rule.stores, &store) && !known.contains(&subject) {
                came += usize::from(self.bring_in(tx, programme, &subject, created, false, now)?);
            }
        }
        Ok(came)
    }
    fn bring_in(
        &self,
        tx: &mut Tx<'_>,
        programme: &ProgrammeRow,
        subject: &str,
        created: Time,
        again: bool,
        now: Time,
    ) -> Result<bool, Refusal> {
        let since = if programme.anchor == Anchor::Created && programme.kind == Kind::Group { created } else { now };
        let sql = "INSERT INTO sop_subject (sop, subject, since, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        let mut new = tx.execute(sql, params![&programme.id, subject, since, now])? == 1;
        if !new && again {
            let sql = "UPDATE sop_subject SET out_at = NULL, since = $3, at = $4 WHERE sop = $1 AND subject = $2 AND out_at IS NOT NULL";
            new = tx.execute(sql, params![&programme.id, subject, since, now])? == 1;
            // They were never asked for these.
            let sql = "DELETE FROM sop_step WHERE sop = $1 AND subject = $2 AND reason = 'taken_out'";
            if new {
                tx.execute(sql, params![&programme.id, subject])?;
            }
        }
        if new {
            let (steps, zone) = (self.steps(tx, &programme.id, programme.version)?, self.inner.around.zone(tx)?);
            let staff = staff_of(tx, programme.kind, subject)?;
            plan(tx, programme, &steps, (subject, since, &staff), now, &zone)?;
        }
        Ok(new)
    }
}

fn fits(list: &[String], own: &str) -> bool {
    list.is_empty() || list.iter().any(|one| one.eq_ignore_ascii_case(own))
}
/// When a subject came to be; `None`: it is not there.
fn born(tx: &mut Tx<'_>, kind: Kind, subject: &str) -> Result<Option<Time>, Refusal> {
    let sql = match kind {
        Kind::Group => "SELECT created_at FROM wecom_group WHERE id = $1 AND dismissed_at IS NULL",
        Kind::Moment => "SELECT 0 FROM wecom_staff WHERE key = $1 AND serves = 1 AND status = 1 AND gone_at IS NULL",
    };
    Ok(tx.opt(sql, params![subject], |row| Ok(Time(row.int(0)?)))?)
}

/// Writes down what lies ahead of a subject; what it has had, or has before it, stays.
pub(crate) fn plan(
    tx: &mut Tx<'_>,
    programme: &ProgrammeRow,
    steps: &[Step],
    (subject, since, staff): (&str, Time, &str),
    from: Time,
    zone: &Zone,
) -> Result<(), Refusal> {
    for step in steps {
        let Some(due) = due::next(step, since, from, zone) else { continue };
        let deadline = due.at.plus_seconds(i64::from(step.grace_hours) * 3_600);
        tx.execute(
            "INSERT INTO sop_step (sop, subject, step, occasion, version, due_at, deadline, staff, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'planned') ON CONFLICT DO NOTHING",
            params![&programme.id, subject, &step.key, due.occasion, programme.version, due.at, deadline, staff],
        )?;
    }
    Ok(())
}
