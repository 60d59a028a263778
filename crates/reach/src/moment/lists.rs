//! Moments, members' parts and those who see them, as rows.

use super::{ASKED, CANCELLED, JOB, MAKING, PERHAPS, PUBLISHED, REFUSED, RUNNING, TO_MAKE};
use crate::content::Content;
use crate::{Reach, refuse};
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentState {
    /// Not at WeCom yet, or not certainly, or WeCom works on it.
    Making,
    Running,
    Over,
    Cancelled,
    Refused,
}

impl MomentState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Making => "making",
            Self::Running => "running",
            Self::Over => "over",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
        }
    }
}

/// Members asked = waiting + published + cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MomentSums {
    pub members: i64,
    pub waiting: i64,
    pub published: i64,
    pub cancelled: i64,
    /// As WeCom counts them for each member: a customer of two is counted twice.
    pub visible: i64,
    pub likes: i64,
    pub comments: i64,
    /// Known people who can see it, each once.
    pub people: i64,
}

#[derive(Clone, Debug)]
pub struct MomentRow {
    pub id: String,
    pub name: String,
    pub content: Content,
    pub senders: Vec<String>,
    pub tags: Vec<String>,
    pub state: MomentState,
    pub(super) raw: i64,
    pub(super) wish: i64,
    pub(super) jobid: String,
    /// Its id at WeCom.
    pub moment: String,
    pub begun_at: Option<Time>,
    pub made_at: Option<Time>,
    pub read_at: Option<Time>,
    pub(super) due_at: Time,
    pub(super) tries: i64,
    pub error: Option<String>,
    pub created_at: Time,
    pub created_by: String,
    pub ended_at: Option<Time>,
    pub sums: MomentSums,
}

#[derive(Clone, Debug)]
pub struct MomentTaskRow {
    pub moment: String,
    pub(super) at_wecom: String,
    pub(super) staff: String,
    pub userid: String,
    pub staff_name: String,
    pub store: String,
    /// `waiting`, `published` or `cancelled`.
    pub state: &'static str,
    /// When it was first seen published.
    pub seen_at: Option<Time>,
    pub visible: i64,
    pub likes: i64,
    pub comments: i64,
    pub read_at: Option<Time>,
    pub(super) due_at: Time,
    pub(super) tries: i64,
    pub error: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct WatcherQuery {
    pub moment: String,
    /// Only those who liked it, or said something.
    pub liked: bool,
    pub commented: bool,
    pub after: Option<i64>,
    pub limit: i64,
}

/// A person who can see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watcher {
    pub num: PersonNum,
    pub name: String,
    pub liked_at: Option<Time>,
    pub commented_at: Option<Time>,
}

const COLUMNS: &str = "SELECT id, name, content, senders, tags, state, wish, jobid, moment, begun_at, made_at, read_at, due_at, tries, error, created_at, created_by, ended_at FROM moment";

fn moment_row(row: RowRef<'_>) -> Result<(MomentRow, Vec<u8>), DbError> {
    let raw = row.int(5)?;
    let own = MomentRow {
        id: row.text(0)?,
        name: row.text(1)?,
        content: Content::default(),
        senders: serde_json::from_str(&row.text(3)?).unwrap_or_default(),
        tags: serde_json::from_str(&row.text(4)?).unwrap_or_default(),
        state: match raw {
            TO_MAKE | MAKING | JOB | PERHAPS => MomentState::Making,
            RUNNING => MomentState::Running,
            CANCELLED => MomentState::Cancelled,
            REFUSED => MomentState::Refused,
            _ => MomentState::Over,
        },
        raw,
        wish: row.int(6)?,
        jobid: row.text(7)?,
        moment: row.text(8)?,
        begun_at: row.opt_time(9)?,
        made_at: row.opt_time(10)?,
        read_at: row.opt_time(11)?,
        due_at: row.time(12)?,
        tries: row.int(13)?,
        error: row.opt_text(14)?,
        created_at: row.time(15)?,
        created_by: row.text(16)?,
        ended_at: row.opt_time(17)?,
        sums: MomentSums::default(),
    };
    Ok((own, row.blob(2)?))
}

const TASK: &str = "SELECT t.moment, m.moment, t.staff, t.userid, COALESCE(s.name, ''), t.store, t.state, t.seen_at, t.visible, t.likes, t.comments, t.read_at, t.due_at, t.tries, t.error
  FROM moment_task t JOIN moment m ON m.id = t.moment LEFT JOIN wecom_staff s ON s.key = t.staff";

fn task_row(row: RowRef<'_>) -> Result<MomentTaskRow, DbError> {
    Ok(MomentTaskRow {
        moment: row.text(0)?,
        at_wecom: row.text(1)?,
        staff: row.text(2)?,
        userid: row.text(3)?,
        staff_name: row.text(4)?,
        store: row.text(5)?,
        state: match row.int(6)? {
            ASKED => "waiting",
            PUBLISHED => "published",
            _ => "cancelled",
        },
        seen_at: row.opt_time(7)?,
        visible: row.int(8)?,
        likes: row.int(9)?,
        comments: row.int(10)?,
        read_at: row.opt_time(11)?,
        due_at: row.time(12)?,
        tries: row.int(13)?,
        error: row.opt_text(14)?,
    })
}

impl Reach {
    pub(super) fn moment_due(&self, tx: &mut Tx<'_>) -> Result<Option<MomentRow>, Refusal> {
        let row = tx.opt(&format!("{COLUMNS} WHERE ended_at IS NULL ORDER BY due_at, id LIMIT 1"), &[], moment_row)?;
        row.map(|row| self.whole(tx, row)).transpose()
    }
    pub(super) fn moment_task_due(&self, tx: &mut Tx<'_>) -> Result<Option<MomentTaskRow>, Refusal> {
        let sql = format!("{TASK} WHERE t.state = 1 AND t.due_at < 9000000000000000 ORDER BY t.due_at LIMIT 1");
        Ok(tx.opt(&sql, &[], task_row)?)
    }
    fn whole(&self, tx: &mut Tx<'_>, (row, sealed): (MomentRow, Vec<u8>)) -> Result<MomentRow, Refusal> {
        let sql = "SELECT state, COUNT(*), CAST(SUM(visible) AS BIGINT), CAST(SUM(likes) AS BIGINT), CAST(SUM(comments) AS BIGINT) FROM moment_task WHERE moment = $1 GROUP BY state";
        let mut sums = MomentSums::default();
        let rows = tx.query(sql, params![&row.id], |row| {
            Ok((row.int(0)?, row.int(1)?, [row.int(2)?, row.int(3)?, row.int(4)?]))
        })?;
        for (state, count, [visible, likes, comments]) in rows {
            sums.members += count;
            match state {
                ASKED => sums.waiting += count,
                PUBLISHED => sums.published += count,
                _ => sums.cancelled += count,
            }
            (sums.visible, sums.likes, sums.comments) =
                (sums.visible + visible, sums.likes + likes, sums.comments + comments);
        }
        let sql = "SELECT COUNT(DISTINCT num) FROM moment_customer WHERE moment = $1";
        sums.people = tx.one(sql, params![&row.id], |row| row.int(0))?;
        Ok(MomentRow { content: self.unseal(&sealed)?, sums, ..row })
    }
    /// Errors: `moment_unknown`.
    pub fn moment(&self, tx: &mut Tx<'_>, id: &str) -> Result<MomentRow, Refusal> {
        let row = tx.opt(&format!("{COLUMNS} WHERE id = $1"), params![id], moment_row)?;
        self.whole(tx, row.ok_or_else(refuse::moment_unknown)?)
    }
    /// The newest first, those before `before`.
    pub fn moments(&self, tx: &mut Tx<'_>, before: Option<&str>, limit: i64) -> Result<Vec<MomentRow>, Refusal> {
        let sql = format!("{COLUMNS} WHERE id < $1 ORDER BY id DESC LIMIT $2");
        let rows = tx.query(&sql, params![before.unwrap_or("~"), limit.clamp(1, 200)], moment_row)?;
        rows.into_iter().map(|row| self.whole(tx, row)).collect()
    }
    /// The part of some staff. Errors: `moment_unknown`, also when none of them is asked to publish it.
    pub fn moment_of(&self, tx: &mut Tx<'_>, staff: &[String], id: &str) -> Result<MomentRow, Refusal> {
        let mut row = self.moment(tx, id)?;
        let own = |task: &MomentTaskRow| staff.contains(&task.staff);
        let tasks: Vec<MomentTaskRow> = self.moment_tasks(tx, id)?.into_iter().filter(own).collect();
        // WeCom has not asked anybody yet: it is theirs when nobody else is meant.
        let meant = |userid: &String| staff.contains(&userid.to_lowercase());
        if tasks.is_empty() && row.sums.members == 0 && !row.senders.is_empty() && row.senders.iter().all(meant) {
            return Ok(row);
        }
        if tasks.is_empty() {
            return Err(refuse::moment_unknown());
        }
        let sql =
            format!("SELECT COUNT(DISTINCT num) FROM moment_customer WHERE moment = $1 AND {}", tx.any("staff", 2));
        let mut sums =
            MomentSums { people: tx.one(&sql, params![id, staff], |row| row.int(0))?, ..MomentSums::default() };
        for task in tasks {
            sums.members += 1;
            *match task.state {
                "waiting" => &mut sums.waiting,
                "published" => &mut sums.published,
                _ => &mut sums.cancelled,
            } += 1;
            (sums.visible, sums.likes, sums.comments) =
                (sums.visible + task.visible, sums.likes + task.likes, sums.comments + task.comments);
        }
        row.sums = sums;
        Ok(row)
    }
    /// In the order of their userids.
    pub fn moment_tasks(&self, tx: &mut Tx<'_>, moment: &str) -> Result<Vec<MomentTaskRow>, Refusal> {
        Ok(tx.query(&format!("{TASK} WHERE t.moment = $1 ORDER BY t.staff"), params![moment], task_row)?)
    }
    /// People who can see it, in the order of their numbers.
    pub fn moment_watchers(&self, tx: &mut Tx<'_>, query: &WatcherQuery) -> Result<Vec<Watcher>, Refusal> {
        let sql = "SELECT w.num, COALESCE(MIN(c.name), ''), MIN(w.liked_at), MIN(w.commented_at) FROM moment_customer w LEFT JOIN wecom_contact c ON c.num = w.num
            WHERE w.moment = $1 AND w.num > $2 GROUP BY w.num
            HAVING ($3 = 0 OR MIN(w.liked_at) IS NOT NULL) AND ($4 = 0 OR MIN(w.commented_at) IS NOT NULL) ORDER BY w.num LIMIT $5";
        let params = params![
            &query.moment,
            query.after.unwrap_or(-1),
            i64::from(query.liked),
            i64::from(query.commented),
            query.limit.clamp(1, 200)
        ];
        Ok(tx.query(sql, params, |row| {
            Ok(Watcher {
                num: row.num(0)?,
                name: row.text(1)?,
                liked_at: row.opt_time(2)?,
                commented_at: row.opt_time(3)?,
            })
        })?)
    }
}
