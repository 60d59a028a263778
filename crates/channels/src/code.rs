//! Live codes of staff, as they are read.

use crate::channel::part;
use crate::pictures::QrRow;
use crate::rota::Rota;
use crate::wecom::Wanted;
use crate::{Channels, refuse, zone};
use rustc_hash::FxHashMap;
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time};
use std::collections::BTreeMap;

/// Whom a visitor is led to: everybody; those who have bought; friends who have not.
pub const POOLS: [&str; 3] = ["general", "buyer", "prospect"];
/// Pools of the members of one store, made from the general one: `store:` and the store's code.
pub(crate) const STORE: &str = "store:";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatIn {
    /// A userid.
    pub staff: String,
    /// 1 to 100; 1 when all count the same.
    pub weight: i64,
    /// Adds a day; `None`: any number.
    pub cap: Option<i64>,
    /// Seven days of 24 marks; empty: always.
    pub rota: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeIn {
    /// A channel's id.
    pub channel: String,
    pub name: String,
    /// Customers are added without confirmation.
    pub skip_verify: bool,
    /// A customer may add only one of the members. Only when it is made: WeCom cannot change it.
    pub exclusive: bool,
    /// The page leads to the members of the visitor's store.
    pub by_store: bool,
    /// Seats by pool; the general one is needed.
    pub pools: BTreeMap<String, Vec<SeatIn>>,
    /// Userids.
    pub backup: Vec<String>,
    /// Ids of tags.
    pub tags: Vec<String>,
    pub remark: String,
    /// The content that greets, kept elsewhere.
    pub welcome: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeChange {
    pub name: Option<String>,
    pub skip_verify: Option<bool>,
    pub by_store: Option<bool>,
    pub pools: Option<BTreeMap<String, Vec<SeatIn>>>,
    pub backup: Option<Vec<String>>,
    pub tags: Option<Vec<String>>,
    pub remark: Option<String>,
    pub welcome: Option<Option<String>>,
    pub version: Option<i64>,
}

#[derive(Clone, Debug, Default)]
pub struct CodeQuery {
    /// A channel's id.
    pub channel: Option<String>,
    /// Part of the name of the code or its channel.
    pub text: Option<String>,
    /// A userid: codes with this member in a pool.
    pub staff: Option<String>,
    pub archived: bool,
    /// The id of the last row of the page before.
    pub after: Option<String>,
    pub limit: i64,
}

#[derive(Clone, Debug)]
pub struct SeatRow {
    pub staff: String,
    pub userid: String,
    pub name: String,
    pub store: String,
    pub able: bool,
    pub weight: i64,
    pub cap: Option<i64>,
    pub rota: Rota,
    /// Through this code today.
    pub adds: i64,
}

#[derive(Clone, Debug)]
pub struct BackupRow {
    pub staff: String,
    pub userid: String,
    pub name: String,
    pub able: bool,
}

#[derive(Clone, Debug)]
pub struct WayRow {
    pub pool: String,
    pub wecom_state: String,
    pub config_id: Option<String>,
    pub qr: QrRow,
    /// Userids of those in it, as WeCom was last told.
    pub users: Vec<String>,
    pub(crate) told: String,
    /// See [`crate::Why`].
    pub why: String,
    /// `new`, `making`, `good`, `failed`, `dead`, `closing` or `closed`.
    pub state: String,
    pub error: Option<String>,
    pub tries: i64,
    pub due_at: Time,
    pub told_at: Option<Time>,
    pub checked_at: Option<Time>,
}

#[derive(Clone, Debug)]
pub struct CodeRow {
    pub id: String,
    pub channel: String,
    pub channel_code: String,
    pub channel_name: String,
    pub name: String,
    pub skip_verify: bool,
    pub exclusive: bool,
    pub by_store: bool,
    pub backup: Vec<BackupRow>,
    pub tags: Vec<String>,
    pub remark: String,
    pub welcome: Option<String>,
    pub created_at: Time,
    pub created_by: String,
    pub archived_at: Option<Time>,
    pub version: i64,
    pub pools: BTreeMap<String, Vec<SeatRow>>,
    pub ways: Vec<WayRow>,
    pub adds_today: i64,
    pub adds: i64,
    pub visits: i64,
}

impl CodeRow {
    /// Whether somebody has to look at it.
    pub fn troubled(&self) -> bool {
        let bad = |way: &WayRow| {
            matches!(way.state.as_str(), "failed" | "dead")
                || crate::Why::ALL.iter().any(|why| why.is_trouble() && why.name() == way.why)
        };
        self.archived_at.is_none() && self.ways.iter().any(bad)
    }
}

const COLUMNS: &str = "SELECT l.id, l.channel, c.code, c.name, l.name, l.skip_verify, l.is_exclusive, l.by_store, l.backup, l.tags, l.remark, l.welcome,
    l.created_at, l.created_by, l.archived_at, l.version FROM channel_code l JOIN channel c ON c.id = l.channel";

fn code_row(row: RowRef<'_>) -> Result<CodeRow, DbError> {
    let list = |at| Ok::<Vec<String>, DbError>(serde_json::from_str(&row.text(at)?).unwrap_or_default());
    let backup =
        list(8)?.into_iter().map(|staff| BackupRow { userid: staff.clone(), name: String::new(), able: false, staff });
    Ok(CodeRow {
        id: row.text(0)?,
        channel: row.text(1)?,
        channel_code: row.text(2)?,
        channel_name: row.text(3)?,
        name: row.text(4)?,
        skip_verify: row.flag(5)?,
        exclusive: row.flag(6)?,
        by_store: row.flag(7)?,
        backup: backup.collect(),
        tags: list(9)?,
        remark: row.text(10)?,
        welcome: row.opt_text(11)?,
        created_at: row.time(12)?,
        created_by: row.text(13)?,
        archived_at: row.opt_time(14)?,
        version: row.int(15)?,
        pools: BTreeMap::new(),
        ways: Vec::new(),
        adds_today: 0,
        adds: 0,
        visits: 0,
    })
}

/// A member of staff as codes see them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Member {
    pub userid: String,
    pub name: String,
    pub store: String,
    pub able: bool,
}

/// These members of staff, by their keys; those unknown are not in it.
pub(crate) fn members(tx: &mut Tx<'_>, keys: &[String]) -> Result<FxHashMap<String, Member>, Refusal> {
    let sql = format!(
        "SELECT key, userid, name, status, serves, gone_at, main_department, departments FROM wecom_staff WHERE {}",
        tx.any("key", 1)
    );
    let rows = tx.query(&sql, params![keys], |row| {
        let able = row.int(3)? == 1 && row.flag(4)? && row.opt_time(5)?.is_none();
        let member = Member { userid: row.text(1)?, name: row.text(2)?, store: String::new(), able };
        let mut departments: Vec<i64> = vec![row.int(6)?];
        departments.extend(serde_json::from_str::<Vec<i64>>(&row.text(7)?).unwrap_or_default());
        Ok((row.text(0)?, member, departments))
    })?;
    let mut ids: Vec<i64> = rows.iter().flat_map(|(_, _, departments)| departments.iter().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    let sql = format!("SELECT id, store FROM wecom_department WHERE store IS NOT NULL AND {}", tx.any("id", 1));
    let stores: FxHashMap<i64, String> =
        tx.query(&sql, params![&ids], |row| Ok((row.int(0)?, row.text(1)?)))?.into_iter().collect();
    let placed = |(key, mut member, departments): (String, Member, Vec<i64>)| {
        member.store = departments.iter().find_map(|id| stores.get(id)).cloned().unwrap_or_default();
        (key, member)
    };
    Ok(rows.into_iter().map(placed).collect())
}

pub(crate) fn way_row(row: RowRef<'_>) -> Result<(String, WayRow), DbError> {
    let told = row.text(5)?;
    let users = serde_json::from_str::<Wanted>(&told).unwrap_or_default().users;
    let way = WayRow {
        told,
        pool: row.text(1)?,
        wecom_state: row.text(2)?,
        config_id: row.opt_text(3)?,
        qr: QrRow::read(&row, 12)?,
        why: row.text(4)?,
        users,
        state: row.text(6)?,
        error: row.opt_text(7)?,
        tries: row.int(8)?,
        due_at: row.time(9)?,
        told_at: row.opt_time(10)?,
        checked_at: row.opt_time(11)?,
    };
    Ok((row.text(0)?, way))
}
const WAYS: &str = "SELECT w.code, w.pool, w.wecom_state, w.config_id, w.why, w.told, w.state, w.error, w.tries, w.due_at, w.told_at, w.checked_at, {QR}
  FROM channel_way w LEFT JOIN channel_picture p ON p.address = w.qr_code";

/// Adds grow with the brand; the plan is made every minute.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Adds {
    All,
    Today,
}

impl Channels {
    /// Errors: `code_unknown`.
    pub fn code(&self, tx: &mut Tx<'_>, id: &str) -> Result<CodeRow, Refusal> {
        let row =
            tx.opt(&format!("{COLUMNS} WHERE l.id = $1"), params![id], code_row)?.ok_or_else(refuse::code_unknown)?;
        Ok(self.filled(tx, vec![row], Adds::All)?.remove(0))
    }
    /// The newest first.
    pub fn codes(&self, tx: &mut Tx<'_>, query: &CodeQuery) -> Result<Vec<CodeRow>, Refusal> {
        let sql = format!(
            "{COLUMNS} WHERE l.id < $1 AND ($2 = '' OR l.channel = $2) AND (LOWER(l.name) LIKE $3 ESCAPE '\\' OR LOWER(c.name) LIKE $3 ESCAPE '\\')
               AND ($4 = '' OR EXISTS (SELECT 1 FROM channel_seat s WHERE s.code = l.id AND s.staff = $4)) AND ($5 = 1 OR l.archived_at IS NULL) ORDER BY l.id DESC LIMIT $6"
        );
        let after = query.after.clone().unwrap_or_else(|| "~".to_owned());
        let channel = query.channel.clone().unwrap_or_default();
        let staff = query.staff.as_deref().map(|own| own.trim().to_lowercase()).unwrap_or_default();
        let text = part(&query.text);
        let rows = tx.query(
            &sql,
            params![&after, &channel, &text, &staff, i64::from(query.archived), query.limit.clamp(1, 100_000)],
            code_row,
        )?;
        self.filled(tx, rows, Adds::All)
    }
    /// What the plan of every code is made from; figures are those of today.
    pub(crate) fn plannable(&self, tx: &mut Tx<'_>) -> Result<Vec<CodeRow>, Refusal> {
        let rows = tx.query(&format!("{COLUMNS} ORDER BY l.id DESC"), &[], code_row)?;
        self.filled(tx, rows, Adds::Today)
    }

    /// Rows with their seats, ways and figures.
    fn filled(&self, tx: &mut Tx<'_>, mut rows: Vec<CodeRow>, which: Adds) -> Result<Vec<CodeRow>, Refusal> {
        let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
        let today = zone(tx)?.day(self.now());
        let sql = format!(
            "SELECT code, pool, staff, weight, cap, rota FROM channel_seat WHERE {} ORDER BY staff",
            tx.any("code", 1)
        );
        let seats = tx.query(&sql, params![&ids], |row| {
            Ok((row.text(0)?, row.text(1)?, row.text(2)?, row.int(3)?, row.opt_int(4)?, row.text(5)?))
        })?;
        let mut keys: Vec<String> = seats.iter().map(|seat| seat.2.clone()).collect();
        keys.extend(rows.iter().flat_map(|row| row.backup.iter().map(|own| own.staff.clone())));
        keys.sort_unstable();
        keys.dedup();
        let members = members(tx, &keys)?;
        let sql = format!(
            "SELECT code, staff, COUNT(*), SUM(CASE WHEN day = $2 THEN 1 ELSE 0 END) FROM channel_add WHERE {}{} GROUP BY code, staff",
            tx.any("code", 1),
            if which == Adds::Today { " AND day = $2" } else { "" }
        );
        let mut adds: FxHashMap<(String, String), (i64, i64)> = FxHashMap::default();
        tx.each(&sql, params![&ids, today], |row| {
            adds.insert((row.text(0)?, row.text(1)?), (row.int(2)?, row.int(3)?));
            Ok(())
        })?;
        // What a page shows, and the plan does not ask for.
        let shown: &[String] = if which == Adds::Today { &[] } else { &ids };
        let sql = format!(
            "SELECT code, CAST(SUM(visits) AS BIGINT) FROM channel_visit WHERE {} GROUP BY code",
            tx.any("code", 1)
        );
        let visits: FxHashMap<String, i64> =
            tx.query(&sql, params![shown], |row| Ok((row.text(0)?, row.int(1)?)))?.into_iter().collect();
        let ways = WAYS.replace("{QR}", QrRow::COLUMNS);
        let sql = format!("{ways} WHERE {} ORDER BY w.number", tx.any("w.code", 1));
        let ways = tx.query(&sql, params![&ids], way_row)?;
        let places: FxHashMap<String, usize> = ids.iter().enumerate().map(|(at, id)| (id.clone(), at)).collect();
        for (code, pool, staff, weight, cap, rota) in seats {
            let Some(row) = places.get(&code).and_then(|at| rows.get_mut(*at)) else { continue };
            let member = members.get(&staff).cloned().unwrap_or_default();
            let today = adds.get(&(code, staff.clone())).map_or(0, |own| own.1);
            row.pools.entry(pool).or_default().push(SeatRow {
                userid: if member.userid.is_empty() { staff.clone() } else { member.userid },
                name: member.name,
                store: member.store,
                able: member.able,
                staff,
                weight,
                cap,
                rota: Rota::from_text(&rota),
                adds: today,
            });
        }
        for (code, way) in ways {
            let Some(row) = places.get(&code).and_then(|at| rows.get_mut(*at)) else { continue };
            if way.state != "closed" || row.archived_at.is_some() {
                row.ways.push(way);
            }
        }
        for ((code, _), (all, today)) in adds {
            let Some(row) = places.get(&code).and_then(|at| rows.get_mut(*at)) else { continue };
            (row.adds, row.adds_today) = (row.adds + all, row.adds_today + today);
        }
        for row in &mut rows {
            row.visits = visits.get(&row.id).copied().unwrap_or(0);
            for own in &mut row.backup {
                if let Some(member) = members.get(&own.staff) {
                    (own.userid, own.name, own.able) = (member.userid.clone(), member.name.clone(), member.able);
                }
            }
        }
        Ok(rows)
    }
}
