//! What became of steps: numbers for managers, and the list behind each.
//!
//! Steps are counted where they lie: what is read is a row for each guide of a programme, and a page of the list.

use crate::{Sops, refuse};
use siyu_db::{DbError, Param, RowRef, Tx};
use siyu_kernel::{Refusal, Time};
use std::collections::BTreeMap;

/// Steps that were planned for `[from, to)`.
#[derive(Clone, Debug, Default)]
pub struct BoardQuery {
    pub from: Time,
    pub to: Time,
    pub sop: Option<String>,
    /// Keys of whoever is asked; `None`: everybody.
    pub staff: Option<Vec<String>>,
    /// Tasks that journeys gave for customers count, too; each journey is one programme by its name.
    pub customers: bool,
}

/// What a step is, each one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Its time has not come.
    Planned,
    /// Asked, and there is time.
    Asked,
    /// Asked, not done, and the deadline has passed.
    Overdue,
    OnTime,
    Late,
    /// Nobody could be asked in time, or WeCom's task was never confirmed.
    Missed,
    Skipped,
}

impl End {
    const ALL: [Self; 7] =
        [Self::Planned, Self::Asked, Self::Overdue, Self::OnTime, Self::Late, Self::Missed, Self::Skipped];

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == name)
    }
    fn of(code: i64) -> Self {
        usize::try_from(code).ok().and_then(|at| Self::ALL.get(at)).copied().unwrap_or(Self::Skipped)
    }
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Asked => "asked",
            Self::Overdue => "overdue",
            Self::OnTime => "on_time",
            Self::Late => "late",
            Self::Missed => "missed",
            Self::Skipped => "skipped",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// Of a programme its id, of a journey's task the journey's name.
    pub sop: String,
    /// A group, a member of staff, or empty for a customer.
    pub subject: String,
    pub step: String,
    pub due_at: Time,
    pub deadline: Time,
    /// Key and store of whoever is asked.
    pub staff: String,
    pub store: String,
    pub end: End,
    pub reason: String,
    pub done_at: Option<Time>,
    /// Hand it back as `after`.
    pub token: String,
}

/// Which of them are listed.
#[derive(Clone, Debug, Default)]
pub struct StepFilter {
    pub end: Option<End>,
    /// A store's code, and a key of staff.
    pub store: Option<String>,
    pub staff: Option<String>,
    pub after: Option<String>,
    pub limit: usize,
}

/// steps = planned + asked + overdue + on_time + late + missed + skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    pub steps: i64,
    pub planned: i64,
    pub asked: i64,
    pub overdue: i64,
    pub on_time: i64,
    pub late: i64,
    pub missed: i64,
    pub skipped: i64,
    /// Of those that are late, in seconds behind the deadline.
    pub late_median_seconds: Option<i64>,
}

impl Sums {
    /// Done on time, of all whose deadline decides: on time, late, overdue, missed. `None`: there are none.
    pub fn rate(&self) -> Option<f64> {
        let all = self.on_time + self.late + self.overdue + self.missed;
        (all > 0).then(|| self.on_time as f64 / all as f64)
    }
}

/// The sums of one programme, store or guide.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    pub key: String,
    pub sums: Sums,
}

/// Each list by its key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    pub all: Sums,
    pub programmes: Vec<Share>,
    pub stores: Vec<Share>,
    pub staff: Vec<Share>,
}

const STEPS: &str = "SELECT r.sop AS sop, r.subject AS subject, r.step AS step, r.occasion AS occasion, r.due_at AS due_at, r.deadline AS deadline, r.staff AS staff,
    COALESCE(s.store, '') AS store, r.state AS state, r.reason AS reason, COALESCE(t.state, '') AS task, COALESCE(g.state, -1) AS sent, COALESCE(g.reason, '') AS unsent,
    CASE WHEN m.state = 2 OR o.state IN (4, 5) THEN 1 ELSE 0 END AS stopped,
    CASE WHEN t.state = 'done' THEN t.ended_at WHEN g.state = 1 THEN g.at WHEN m.state = 1 THEN m.seen_at END AS done_at, '' AS id
  FROM sop_step r LEFT JOIN wecom_staff s ON s.key = r.staff
    LEFT JOIN guide_task t ON r.way = 1 AND t.origin = r.made
    LEFT JOIN group_message_group g ON r.way = 2 AND g.message = r.made AND g.chat = r.subject
    LEFT JOIN moment_task m ON r.way = 3 AND m.moment = r.made AND m.staff = r.subject
    LEFT JOIN moment o ON r.way = 3 AND o.id = r.made
  WHERE r.due_at >= $1 AND r.due_at < $2 AND ($3 = '' OR r.sop = $3)";

/// A journey's task has its deadline alone: it is its time, too.
const TASKS: &str = "SELECT t.created_by AS sop, '' AS subject, '' AS step, 0 AS occasion, t.due_at AS due_at, t.due_at AS deadline, t.staff AS staff,
    COALESCE(s.store, '') AS store, 'asked' AS state, '' AS reason, t.state AS task, -1 AS sent,
    CASE WHEN t.state <> 'skipped' OR COALESCE(t.ended_by, '-') <> '' THEN '' WHEN t.ended_at >= t.due_at THEN 'not_done' ELSE 'withdrawn' END AS unsent, 0 AS stopped,
    CASE WHEN t.state = 'done' THEN t.ended_at END AS done_at, t.id AS id
  FROM guide_task t LEFT JOIN wecom_staff s ON s.key = t.staff WHERE t.source = 'journey' AND t.due_at >= $1 AND t.due_at < $2 AND ($3 = '' OR t.created_by = $3)";

/// The place in [`End::ALL`] of what a step is at $4. What was taken back unanswered was missed: a message by WeCom, a task by its journey at the deadline.
const ENDING: &str = "CASE WHEN state = 'planned' THEN 0 WHEN state = 'missed' THEN 5 WHEN state = 'skipped' THEN 6
    WHEN done_at IS NOT NULL THEN CASE WHEN done_at <= deadline THEN 3 ELSE 4 END
    WHEN unsent IN ('unconfirmed', 'not_done') THEN 5 WHEN sent >= 2 OR task = 'skipped' OR stopped = 1 THEN 6
    WHEN deadline >= $4 THEN 1 ELSE 2 END";
/// Its reason, beside.
const REASON: &str = "CASE WHEN state IN ('missed', 'skipped') THEN reason WHEN state = 'planned' OR done_at IS NOT NULL THEN ''
    WHEN unsent IN ('unconfirmed', 'not_done', 'withdrawn') OR sent >= 2 THEN unsent WHEN task = 'skipped' THEN 'task_skipped' WHEN stopped = 1 THEN 'moment_stopped' ELSE '' END";

/// What steps are counted by: nothing, their programme, store and guide.
type Keyed<T> = [BTreeMap<String, T>; 4];

/// A statement as it grows, and its values.
struct Statement<'q> {
    sql: String,
    values: Vec<Param<'q>>,
}

impl<'q> Statement<'q> {
    fn and(&mut self, text: &str, value: impl Into<Param<'q>>) {
        self.values.push(value.into());
        self.sql.push_str(&text.replace('?', &format!("${}", self.values.len())));
    }
}

/// `select` from those of the question that lie in `from`; ends inside WHERE.
fn asked<'q>(tx: &Tx<'_>, select: &str, from: &str, query: &'q BoardQuery, now: Time) -> Statement<'q> {
    let sql = format!("SELECT {select} FROM (SELECT l.*, {ENDING} AS ending FROM ({from}) l) e WHERE 1 = 1");
    let sop = query.sop.as_deref().unwrap_or_default();
    let values = vec![query.from.into(), query.to.into(), sop.into(), now.into()];
    let mut own = Statement { sql, values };
    if let Some(staff) = &query.staff {
        let any = tx.any("staff", own.values.len() + 1);
        own.sql.push_str(&format!(" AND {any}"));
        own.values.push(staff.into());
    }
    own
}

impl Sops {
    /// The sums of all, and of each programme, store and guide. Errors: none of its own.
    pub fn board(&self, tx: &mut Tx<'_>, query: &BoardQuery, now: Time) -> Result<Board, Refusal> {
        let mut sums = Keyed::<Sums>::default();
        for from in sources(query) {
            let mut own = asked(tx, "sop, store, staff, ending, COUNT(*)", from, query, now);
            own.sql.push_str(" GROUP BY sop, store, staff, ending");
            tx.each(&own.sql, &own.values, |row| {
                let (end, steps) = (End::of(row.int(3)?), row.int(4)?);
                for (keyed, key) in sums.iter_mut().zip(keys(row)?) {
                    keyed.entry(key).or_default().add(end, steps);
                }
                Ok(())
            })?;
        }
        late_medians(tx, &mut sums, query, now)?;
        let [all, programmes, stores, staff] = sums;
        let shares = |own: BTreeMap<String, Sums>| own.into_iter().map(|(key, sums)| Share { key, sums }).collect();
        Ok(Board {
            all: all.into_values().next().unwrap_or_default(),
            programmes: shares(programmes),
            stores: shares(stores),
            staff: shares(staff),
        })
    }

    /// The steps of the question by time, a page of them; the last one's token is given where there are more. Errors: `page_token`.
    pub fn board_steps(
        &self,
        tx: &mut Tx<'_>,
        query: &BoardQuery,
        filter: &StepFilter,
        now: Time,
    ) -> Result<(Vec<StepRow>, Option<String>), Refusal> {
        let after = filter.after.as_deref().map(|token| After::parse(token).ok_or_else(refuse::page));
        let after = after.transpose()?;
        let mut rows = Vec::new();
        for from in sources(query) {
            rows.extend(page(tx, from, query, filter, after.as_ref(), now)?);
        }
        // Each of the two is in its order: what a page of both leaves out comes behind it.
        rows.sort_by_key(|(due, is_task, _)| (*due, *is_task));
        let more = rows.len() > filter.limit;
        rows.truncate(filter.limit);
        let rows: Vec<StepRow> = rows.into_iter().map(|(.., row)| row).collect();
        let next = rows.last().filter(|_| more).map(|row| row.token.clone());
        Ok((rows, next))
    }
}

fn sources(query: &BoardQuery) -> impl Iterator<Item = &'static str> + use<> {
    [Some(STEPS), query.customers.then_some(TASKS)].into_iter().flatten()
}
fn keys(row: RowRef<'_>) -> Result<[String; 4], DbError> {
    Ok([String::new(), row.text(0)?, row.text(1)?, row.text(2)?])
}

/// Those that are late, by how late they are: the middle of each is met when half of its own have gone by. Nothing but counts is kept.
fn late_medians(tx: &mut Tx<'_>, sums: &mut Keyed<Sums>, query: &BoardQuery, now: Time) -> Result<(), Refusal> {
    if sums[0].values().all(|own| own.late == 0) {
        return Ok(());
    }
    let from = sources(query).collect::<Vec<_>>().join(" UNION ALL ");
    let mut own = asked(tx, "sop, store, staff, done_at - deadline", &from, query, now);
    own.sql.push_str(" AND state = 'asked' AND ending = 4 ORDER BY done_at - deadline");
    let mut gone = Keyed::<i64>::default();
    tx.each(&own.sql, &own.values, |row| {
        let seconds = row.int(3)? / 1_000_000;
        for ((sums, gone), key) in sums.iter_mut().zip(&mut gone).zip(keys(row)?) {
            let Some(sums) = sums.get_mut(&key) else { continue };
            let gone = gone.entry(key).or_default();
            sums.met(*gone, seconds);
            *gone += 1;
        }
        Ok(())
    })?;
    Ok(())
}

impl Sums {
    fn add(&mut self, end: End, steps: i64) {
        self.steps += steps;
        *match end {
            End::Planned => &mut self.planned,
            End::Asked => &mut self.asked,
            End::Overdue => &mut self.overdue,
            End::OnTime => &mut self.on_time,
            End::Late => &mut self.late,
            End::Missed => &mut self.missed,
            End::Skipped => &mut self.skipped,
        } += steps;
    }
    /// The late one with `gone` before it; of an even number the two in the middle are met one after the other.
    fn met(&mut self, gone: i64, seconds: i64) {
        if gone == (self.late - 1) / 2 {
            self.late_median_seconds = Some(seconds);
        } else if gone == self.late / 2 {
            self.late_median_seconds = self.late_median_seconds.map(|own| (own + seconds) / 2);
        }
    }
}

/// The row that a page comes behind.
struct After {
    due: Time,
    is_task: bool,
    occasion: i64,
    sop: String,
    step: String,
    subject: String,
    id: String,
}

impl After {
    /// A userid may have dots: it stands last.
    fn parse(token: &str) -> Option<Self> {
        let (due, rest) = token.split_once('.')?;
        let due = Time(due.parse().ok()?);
        let mut own = Self {
            due,
            is_task: true,
            occasion: 0,
            sop: String::new(),
            step: String::new(),
            subject: String::new(),
            id: String::new(),
        };
        match rest.split_once('.')? {
            ("task", id) => own.id = id.to_owned(),
            (occasion, rest) => {
                let mut parts = rest.splitn(3, '.').map(str::to_owned);
                own.is_task = false;
                own.occasion = occasion.parse().ok()?;
                (own.sop, own.step, own.subject) = (parts.next()?, parts.next()?, parts.next()?);
            }
        }
        Some(own)
    }
}

fn page(
    tx: &mut Tx<'_>,
    from: &str,
    query: &BoardQuery,
    filter: &StepFilter,
    after: Option<&After>,
    now: Time,
) -> Result<Vec<(Time, bool, StepRow)>, Refusal> {
    let is_task = from == TASKS;
    // What lies before the page is not read.
    let query = BoardQuery { from: after.map_or(query.from, |own| own.due.max(query.from)), ..query.clone() };
    let select = format!("sop, subject, step, due_at, deadline, staff, store, ending, {REASON}, done_at, occasion, id");
    let mut own = asked(tx, &select, from, &query, now);
    if let Some(end) = filter.end {
        own.sql.push_str(&format!(" AND ending = {}", end as u8));
    }
    if let Some(store) = &filter.store {
        own.and(" AND store = ?", store);
    }
    if let Some(staff) = &filter.staff {
        own.and(" AND staff = ?", staff);
    }
    if let Some(after) = after {
        // At one instant steps come before tasks.
        own.and(" AND (due_at > ?", after.due);
        match (after.is_task, is_task) {
            (false, true) => own.and(" OR due_at = ?)", after.due),
            (true, false) => own.sql.push(')'),
            (true, true) => {
                own.and(" OR due_at = ?", after.due);
                own.and(" AND id > ?)", &after.id);
            }
            (false, false) => {
                own.and(" OR due_at = ?", after.due);
                own.and(" AND (sop, subject, step, occasion) > (?", &after.sop);
                own.and(", ?", &after.subject);
                own.and(", ?", &after.step);
                own.and(", ?))", after.occasion);
            }
        }
    }
    let order = if is_task { "due_at, id" } else { "due_at, sop, subject, step, occasion" };
    own.sql.push_str(&format!(" ORDER BY {order} LIMIT {}", filter.limit.saturating_add(1)));
    Ok(tx.query(&own.sql, &own.values, |row| step(row, is_task))?)
}

fn step(row: RowRef<'_>, is_task: bool) -> Result<(Time, bool, StepRow), DbError> {
    let (sop, subject, step, due_at) = (row.text(0)?, row.text(1)?, row.text(2)?, row.time(3)?);
    let token = if is_task {
        format!("{}.task.{}", due_at.0, row.text(11)?)
    } else {
        format!("{}.{}.{sop}.{step}.{subject}", due_at.0, row.int(10)?)
    };
    let own = StepRow {
        sop,
        subject,
        step,
        due_at,
        deadline: row.time(4)?,
        staff: row.text(5)?,
        store: row.text(6)?,
        end: End::of(row.int(7)?),
        reason: row.text(8)?,
        done_at: row.opt_time(9)?,
        token,
    };
    Ok((due_at, is_task, own))
}
