//! Programmes as they are kept: made, changed, paused, ended.

use crate::programme::{self, Anchor, Kind, Rule, Step};
use crate::{Sops, refuse};
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time, new_id};

#[derive(Clone, Debug)]
pub struct ProgrammeIn {
    pub name: String,
    pub kind: Kind,
    pub anchor: Anchor,
    pub steps: Vec<Step>,
    pub rule: Option<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgrammeRow {
    pub id: String,
    pub name: String,
    pub kind: Kind,
    pub anchor: Anchor,
    /// `running`, `paused` or `ended`.
    pub state: String,
    pub version: i64,
    pub rule: Option<Rule>,
    pub(crate) rule_since: Option<Time>,
    pub created_at: Time,
    pub created_by: String,
    pub changed_at: Time,
    pub changed_by: String,
    pub ended_at: Option<Time>,
    /// Who is in it now.
    pub subjects: i64,
}

const COLUMNS: &str = "SELECT id, name, kind, anchor, state, version, rule, rule_since, created_at, created_by, changed_at, changed_by, ended_at,
    (SELECT COUNT(*) FROM sop_subject u WHERE u.sop = sop.id AND u.out_at IS NULL) FROM sop";

fn programme(row: RowRef<'_>) -> Result<ProgrammeRow, DbError> {
    let rule = row.opt_text(6)?.map(|text| serde_json::from_str(&text)).transpose();
    Ok(ProgrammeRow {
        id: row.text(0)?,
        name: row.text(1)?,
        kind: Kind::named(&row.text(2)?),
        anchor: Anchor::named(&row.text(3)?),
        state: row.text(4)?,
        version: row.int(5)?,
        rule: rule.map_err(|error| DbError::Decode(error.to_string()))?,
        rule_since: row.opt_time(7)?,
        created_at: row.time(8)?,
        created_by: row.text(9)?,
        changed_at: row.time(10)?,
        changed_by: row.text(11)?,
        ended_at: row.opt_time(12)?,
        subjects: row.int(13)?,
    })
}

impl Sops {
    /// Errors: `sop_name`, `sop_steps`, `sop_step`, and those of contents.
    pub fn create(&self, tx: &mut Tx<'_>, input: &ProgrammeIn, by: &str, now: Time) -> Result<String, Refusal> {
        let id = new_id("sop", now, &self.inner.chance);
        let name = checked(input)?;
        let rule = rule_text(input.rule.as_ref())?;
        let since = input.rule.as_ref().map(|_| now);
        tx.execute(
            "INSERT INTO sop (id, name, kind, anchor, state, version, rule, rule_since, look_at, created_at, created_by, changed_at, changed_by) VALUES ($1, $2, $3, $4, 'running', 1, $5, $6, $6, $7, $8, $7, $8)",
            &[
                (&id).into(),
                name.into(),
                input.kind.name().into(),
                input.anchor.name().into(),
                (&rule).into(),
                since.into(),
                now.into(),
                by.into(),
            ],
        )?;
        self.keep_steps(tx, &id, 1, &input.steps, (by, now))?;
        Ok(id)
    }
    /// Saves a new version: whoever is inside goes on with its steps that are still ahead. Kind and anchor stay. Errors: as [`Sops::create`],
    /// `sop_unknown`, `sop_over`, `sop_changed` when `version` is not the one in force.
    pub fn edit(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        version: i64,
        input: &ProgrammeIn,
        by: &str,
        now: Time,
    ) -> Result<i64, Refusal> {
        let name = checked(input)?;
        let before = self.living(tx, id)?;
        let rule = rule_text(input.rule.as_ref())?;
        // A rule that was there goes on from where it began.
        let since = input.rule.as_ref().map(|_| before.rule_since.unwrap_or(now));
        let sql = "UPDATE sop SET name = $3, rule = $4, rule_since = $5, look_at = $5, version = version + 1, changed_at = $6, changed_by = $7 WHERE id = $1 AND version = $2";
        let values = [id.into(), version.into(), name.into(), (&rule).into(), since.into(), now.into(), by.into()];
        if tx.execute(sql, &values)? == 0 {
            return Err(refuse::changed());
        }
        let version = version + 1;
        self.keep_steps(tx, id, version, &input.steps, (by, now))?;
        let sql = "DELETE FROM sop_step WHERE sop = $1 AND state = 'planned' AND due_at > $2";
        tx.execute(sql, params![id, now])?;
        let inside = tx.query(
            "SELECT subject, since FROM sop_subject WHERE sop = $1 AND out_at IS NULL ORDER BY subject",
            params![id],
            |row| Ok((row.text(0)?, row.time(1)?)),
        )?;
        let zone = self.inner.around.zone(tx)?;
        let programme = ProgrammeRow { version, ..before };
        for (subject, since) in inside {
            let staff = staff_of(tx, programme.kind, &subject)?;
            crate::enrol::plan(tx, &programme, &input.steps, (&subject, since, &staff), now, &zone)?;
        }
        Ok(version)
    }
    /// Nothing is asked until it goes on. Errors: `sop_unknown`, `sop_over`.
    pub fn pause(&self, tx: &mut Tx<'_>, id: &str, by: &str, now: Time) -> Result<(), Refusal> {
        self.turn(tx, id, "paused", by, now)
    }
    /// What came due meanwhile and is within its grace is asked now; the rest is missed. Errors: `sop_unknown`, `sop_over`.
    pub fn resume(&self, tx: &mut Tx<'_>, id: &str, by: &str, now: Time) -> Result<(), Refusal> {
        self.turn(tx, id, "running", by, now)
    }
    /// What is planned is skipped; what was asked goes its way. Errors: `sop_unknown`, `sop_over`.
    pub fn end(&self, tx: &mut Tx<'_>, id: &str, by: &str, now: Time) -> Result<(), Refusal> {
        self.turn(tx, id, "ended", by, now)?;
        tx.execute("UPDATE sop SET ended_at = $2, look_at = NULL WHERE id = $1", params![id, now])?;
        let sql =
            "UPDATE sop_step SET state = 'skipped', reason = 'ended', at = $2 WHERE sop = $1 AND state = 'planned'";
        tx.execute(sql, params![id, now])?;
        Ok(())
    }
    fn turn(&self, tx: &mut Tx<'_>, id: &str, state: &str, by: &str, now: Time) -> Result<(), Refusal> {
        self.living(tx, id)?;
        let sql = "UPDATE sop SET state = $2, changed_at = $3, changed_by = $4 WHERE id = $1";
        tx.execute(sql, params![id, state, now, by])?;
        Ok(())
    }

    /// Errors: `sop_unknown`.
    pub fn programme(&self, tx: &mut Tx<'_>, id: &str) -> Result<ProgrammeRow, Refusal> {
        tx.opt(&format!("{COLUMNS} WHERE id = $1"), params![id], programme)?.ok_or_else(refuse::unknown)
    }
    /// The newest first.
    pub fn programmes(&self, tx: &mut Tx<'_>) -> Result<Vec<ProgrammeRow>, Refusal> {
        Ok(tx.query(&format!("{COLUMNS} ORDER BY id DESC"), &[], programme)?)
    }
    /// Errors: `sop_unknown`.
    pub fn steps(&self, tx: &mut Tx<'_>, id: &str, version: i64) -> Result<Vec<Step>, Refusal> {
        let sql = "SELECT steps FROM sop_version WHERE sop = $1 AND version = $2";
        let sealed = tx.opt(sql, params![id, version], |row| row.blob(0))?.ok_or_else(refuse::unknown)?;
        let plain = self.inner.vault.open(&sealed).map_err(Refusal::internal)?;
        serde_json::from_slice(&plain).map_err(Refusal::internal)
    }
    pub(crate) fn living(&self, tx: &mut Tx<'_>, id: &str) -> Result<ProgrammeRow, Refusal> {
        let row = self.programme(tx, id)?;
        if row.state == "ended" { Err(refuse::over()) } else { Ok(row) }
    }
    /// Programmes whose rule is to be looked at, and when the next is.
    pub(crate) fn looks(&self, tx: &mut Tx<'_>, now: Time) -> Result<(Vec<ProgrammeRow>, Option<Time>), Refusal> {
        let next = "SELECT MIN(look_at) FROM sop WHERE state = 'running'";
        let next = tx.one(next, &[], |row| row.opt_time(0))?;
        let due = format!("{COLUMNS} WHERE state = 'running' AND look_at <= $1 ORDER BY look_at, id LIMIT 20");
        Ok((tx.query(&due, params![now], programme)?, next))
    }
    fn keep_steps(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        version: i64,
        steps: &[Step],
        (by, now): (&str, Time),
    ) -> Result<(), Refusal> {
        let sealed = self.inner.vault.seal(&serde_json::to_vec(steps).map_err(Refusal::internal)?);
        let sql = "INSERT INTO sop_version (sop, version, steps, at, by) VALUES ($1, $2, $3, $4, $5)";
        tx.execute(sql, params![id, version, &sealed, now, by])?;
        Ok(())
    }
}

fn checked(input: &ProgrammeIn) -> Result<&str, Refusal> {
    let name = input.name.trim();
    if !(1..=60).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(refuse::name());
    }
    programme::check(&input.steps)?;
    Ok(name)
}
fn rule_text(rule: Option<&Rule>) -> Result<Option<String>, Refusal> {
    rule.map(|own| serde_json::to_string(own).map_err(Refusal::internal)).transpose()
}
/// The key of whoever is asked for a subject; empty when there is nobody.
pub(crate) fn staff_of(tx: &mut Tx<'_>, kind: Kind, subject: &str) -> Result<String, Refusal> {
    if kind == Kind::Moment {
        return Ok(subject.to_owned());
    }
    let sql = "SELECT LOWER(owner) FROM wecom_group WHERE id = $1";
    Ok(tx.opt(sql, params![subject], |row| row.text(0))?.unwrap_or_default())
}
