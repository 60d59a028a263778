//! Steps whose time has come: asked for, missed, or skipped with the reason.

use crate::keep::{ProgrammeRow, staff_of};
use crate::programme::{Deed, Kind, Step, When};
use crate::{Grade, Sops};
use siyu_contacts::Ran;
use siyu_db::{RowRef, Tx, params};
use siyu_guides::TaskIn;
use siyu_kernel::{Class, Refusal, Time, Zone};
use siyu_reach::content::Content;
use siyu_reach::{GroupMessageIn, MomentIn};
use std::collections::BTreeMap;

const AT_ONCE: i64 = 500;
const TASK: i64 = 1;
const MESSAGE: i64 = 2;
const MOMENT: i64 = 3;

/// A step of a subject that is due.
#[derive(Clone, Debug)]
struct Row {
    sop: String,
    subject: String,
    step: String,
    occasion: i64,
    version: i64,
    due: Time,
    deadline: Time,
}

/// What came of looking at a row.
enum Turn {
    Missed(&'static str),
    Skipped(String),
    Task(String),
    /// To be sent together with others of the same step and time.
    Send(Content),
}

/// Those of one step that are sent together: programme, version, step, time.
type Batch = (String, i64, String, Time);

/// Read once in a unit.
struct Known {
    zone: Zone,
    grades: BTreeMap<String, Grade>,
    programmes: BTreeMap<String, ProgrammeRow>,
    steps: BTreeMap<(String, i64), Vec<Step>>,
}

impl Sops {
    /// One unit of what is due: rules that are looked at, steps that are asked for. The caller holds the lease.
    pub fn work(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let (looks, next) = self.inner.db.read(|tx| Ok((self.looks(tx, now)?.1, next(tx)?)))?;
        if [looks, next].into_iter().flatten().any(|at| at <= now) {
            let own = self.clone();
            self.inner.db.transact(move |tx| own.unit(tx, now))?;
            return Ok(Ran::Went);
        }
        Ok([looks, next].into_iter().flatten().min().map_or(Ran::Nothing, Ran::Waits))
    }

    fn unit(&self, tx: &mut Tx<'_>, now: Time) -> Result<(), Refusal> {
        self.work_rules(tx, now)?;
        let due = tx.query(
            "SELECT r.sop, r.subject, r.step, r.occasion, r.version, r.due_at, r.deadline FROM sop_step r JOIN sop p ON p.id = r.sop
             WHERE r.state = 'planned' AND p.state = 'running' AND r.due_at <= $1 ORDER BY r.due_at, r.sop, r.subject, r.step LIMIT $2",
            params![now, AT_ONCE],
            row,
        )?;
        let mut known = Known {
            zone: self.inner.around.zone(tx)?,
            grades: self.grades(tx)?,
            programmes: BTreeMap::new(),
            steps: BTreeMap::new(),
        };
        let mut batches: BTreeMap<Batch, (Content, Vec<(Row, String)>)> = BTreeMap::new();
        for row in due {
            let (programme, step) = self.known(tx, &mut known, &row)?;
            // Two processes at once: the row waits for the first, and is not planned any more.
            let sql = "UPDATE sop_step SET state = 'asked', at = $5 WHERE sop = $1 AND subject = $2 AND step = $3 AND occasion = $4 AND state = 'planned'";
            if tx.execute(sql, params![&row.sop, &row.subject, &row.step, row.occasion, now])? == 0 {
                continue;
            }
            self.plan_next(tx, &mut known, &row)?;
            let staff = staff_of(tx, programme.kind, &row.subject)?;
            match self.turn_of(tx, &known, &programme, &step, &row, &staff, now)? {
                Turn::Missed(reason) => set(tx, &row, ("missed", reason), (0, ""), &staff)?,
                Turn::Skipped(reason) => set(tx, &row, ("skipped", &reason), (0, ""), &staff)?,
                Turn::Task(origin) => set(tx, &row, ("asked", ""), (TASK, &origin), &staff)?,
                Turn::Send(content) => {
                    let key = (row.sop.clone(), row.version, row.step.clone(), row.due);
                    batches.entry(key).or_insert_with(|| (content, Vec::new())).1.push((row, staff));
                }
            }
        }
        for ((sop, _, _, _), (content, rows)) in &batches {
            let programme = &known.programmes[sop];
            match programme.kind {
                Kind::Group => self.send_groups(tx, programme, content, rows, now)?,
                Kind::Moment => self.send_moment(tx, programme, content, rows, now)?,
            }
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "what is known of one step at one instant")]
    fn turn_of(
        &self,
        tx: &mut Tx<'_>,
        known: &Known,
        programme: &ProgrammeRow,
        step: &Step,
        row: &Row,
        staff: &str,
        now: Time,
    ) -> Result<Turn, Refusal> {
        if now > row.deadline {
            return Ok(Turn::Missed("not_asked"));
        }
        if programme.kind == Kind::Group && is_gone(tx, &row.subject)? {
            return Ok(Turn::Skipped("group_gone".into()));
        }
        if self.inner.reach.serving(tx, &[staff.to_owned()])?.is_empty() {
            return Ok(Turn::Skipped("owner_cannot_send".into()));
        }
        if !step.depth.is_for(known.grades.get(staff).copied().unwrap_or_default()) {
            return Ok(Turn::Skipped("grade".into()));
        }
        let text = match &step.deed {
            Deed::Send { content } => return Ok(Turn::Send(content.clone())),
            Deed::Task { text } => text,
        };
        let is_group = programme.kind == Kind::Group;
        let origin = format!("sop/{}/{}/{}/{}", row.sop, row.step, row.occasion, row.subject);
        let task = TaskIn {
            staff: staff.to_owned(),
            kind: if is_group { "group" } else { "other" }.to_owned(),
            num: None,
            chat: is_group.then(|| row.subject.clone()),
            text: text.clone(),
            due_at: Some(row.deadline),
            source: "sop".to_owned(),
            origin: Some(origin.clone()),
            by: programme.name.clone(),
        };
        match self.inner.guides.give(tx, &task) {
            Ok(_) => Ok(Turn::Task(origin)),
            Err(refusal) => Ok(Turn::Skipped(said(refusal)?.to_owned())),
        }
    }

    fn send_groups(
        &self,
        tx: &mut Tx<'_>,
        programme: &ProgrammeRow,
        content: &Content,
        rows: &[(Row, String)],
        now: Time,
    ) -> Result<(), Refusal> {
        let groups = rows.iter().map(|(row, _)| row.subject.clone()).collect();
        let class = siyu_reach::Class::Marketing;
        let mut input = GroupMessageIn {
            name: programme.name.clone(),
            content: content.clone(),
            groups,
            class,
            by: programme.id.clone(),
        };
        let error = match self.inner.reach.create_group_message(tx, &input, now) {
            Ok(id) => {
                return rows.iter().try_for_each(|(row, staff)| set(tx, row, ("asked", ""), (MESSAGE, &id), staff));
            }
            Err(refusal) => said(refusal)?,
        };
        for (row, staff) in rows {
            // Nobody is asked: each group's own reason is told.
            input.groups = vec![row.subject.clone()];
            let reason = match self.inner.reach.split_group_message(tx, &input, now) {
                Ok(split) => split.skipped.into_keys().next().unwrap_or_else(|| error.to_owned()),
                Err(refusal) => said(refusal)?.to_owned(),
            };
            set(tx, row, ("skipped", &reason), (0, ""), staff)?;
        }
        Ok(())
    }
    fn send_moment(
        &self,
        tx: &mut Tx<'_>,
        programme: &ProgrammeRow,
        content: &Content,
        rows: &[(Row, String)],
        now: Time,
    ) -> Result<(), Refusal> {
        let senders = rows.iter().map(|(row, _)| row.subject.clone()).collect();
        let input = MomentIn {
            name: programme.name.clone(),
            content: content.clone(),
            senders,
            tags: Vec::new(),
            by: programme.id.clone(),
        };
        match self.inner.reach.create_moment(tx, &input, now) {
            Ok(id) => rows.iter().try_for_each(|(row, staff)| set(tx, row, ("asked", ""), (MOMENT, &id), staff)),
            Err(refusal) => {
                let reason = said(refusal)?;
                rows.iter().try_for_each(|(row, staff)| set(tx, row, ("skipped", reason), (0, ""), staff))
            }
        }
    }

    fn known(&self, tx: &mut Tx<'_>, known: &mut Known, row: &Row) -> Result<(ProgrammeRow, Step), Refusal> {
        if !known.programmes.contains_key(&row.sop) {
            known.programmes.insert(row.sop.clone(), self.programme(tx, &row.sop)?);
        }
        let steps = self.steps_of(tx, known, &row.sop, row.version)?;
        let step = steps.into_iter().find(|own| own.key == row.step);
        let step = step.ok_or_else(|| Refusal::internal(format!("{} has no step {}", row.sop, row.step)))?;
        Ok((known.programmes[&row.sop].clone(), step))
    }
    fn steps_of(&self, tx: &mut Tx<'_>, known: &mut Known, sop: &str, version: i64) -> Result<Vec<Step>, Refusal> {
        let key = (sop.to_owned(), version);
        if let Some(steps) = known.steps.get(&key) {
            return Ok(steps.clone());
        }
        let steps = self.steps(tx, sop, version)?;
        known.steps.insert(key, steps.clone());
        Ok(steps)
    }
    /// A weekly step comes again, as the version in force has it. Weeks in which nobody could be asked are planned, too: they are told as missed.
    fn plan_next(&self, tx: &mut Tx<'_>, known: &mut Known, row: &Row) -> Result<(), Refusal> {
        let programme = known.programmes[&row.sop].clone();
        let steps = self.steps_of(tx, known, &row.sop, programme.version)?;
        let Some(step) = steps.into_iter().find(|own| own.key == row.step) else { return Ok(()) };
        if matches!(step.when, When::Day { .. }) {
            return Ok(());
        }
        let sql = "SELECT since, (SELECT COUNT(*) FROM sop_step r WHERE r.sop = u.sop AND r.subject = u.subject AND r.step = $3 AND r.state = 'planned') FROM sop_subject u WHERE sop = $1 AND subject = $2 AND out_at IS NULL";
        let own = tx.opt(sql, params![&row.sop, &row.subject, &row.step], |row| Ok((row.time(0)?, row.int(1)?)))?;
        let Some((since, 0)) = own else { return Ok(()) };
        let staff = staff_of(tx, programme.kind, &row.subject)?;
        let from = Time(row.due.0 + 1);
        crate::enrol::plan(tx, &programme, &[step], (&row.subject, since, &staff), from, &known.zone)
    }
}

fn row(row: RowRef<'_>) -> Result<Row, siyu_db::DbError> {
    Ok(Row {
        sop: row.text(0)?,
        subject: row.text(1)?,
        step: row.text(2)?,
        occasion: row.int(3)?,
        version: row.int(4)?,
        due: row.time(5)?,
        deadline: row.time(6)?,
    })
}
fn next(tx: &mut Tx<'_>) -> Result<Option<Time>, Refusal> {
    let sql = "SELECT MIN(r.due_at) FROM sop_step r JOIN sop p ON p.id = r.sop WHERE r.state = 'planned' AND p.state = 'running'";
    Ok(tx.one(sql, &[], |row| row.opt_time(0))?)
}
fn is_gone(tx: &mut Tx<'_>, chat: &str) -> Result<bool, Refusal> {
    let sql = "SELECT 1 FROM wecom_group WHERE id = $1 AND dismissed_at IS NULL";
    Ok(tx.opt(sql, params![chat], |row| row.int(0))?.is_none())
}
/// The code of what is refused for good; what passes is passed on, so that the unit is run again.
fn said(refusal: Refusal) -> Result<&'static str, Refusal> {
    match refusal.class {
        Class::Busy | Class::Unavailable | Class::Internal => Err(refusal),
        _ if siyu_db::is_passing(&refusal) => Err(refusal),
        _ => Ok(refusal.code),
    }
}
fn set(
    tx: &mut Tx<'_>,
    row: &Row,
    (state, reason): (&str, &str),
    (way, made): (i64, &str),
    staff: &str,
) -> Result<(), Refusal> {
    let sql = "UPDATE sop_step SET state = $5, reason = $6, way = $7, made = $8, staff = $9 WHERE sop = $1 AND subject = $2 AND step = $3 AND occasion = $4";
    let values = params![&row.sop, &row.subject, &row.step, row.occasion, state, reason, way, made, staff];
    tx.execute(sql, values)?;
    Ok(())
}
