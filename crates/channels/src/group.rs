//! Live codes of customer groups: one QR for each store or city, leading to the next group when one is full.

use crate::channel::{label, part};
use crate::pictures::QrRow;
use crate::{Channels, pulse, refuse};
use rustc_hash::FxHashMap;
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time, new_id};
use std::collections::BTreeSet;

/// WeCom's own door closes at so many members; who comes later must be invited.
pub const DOOR_MAX: i64 = 200;
/// Groups a code of WeCom's leads to at a time.
pub(crate) const CHATS_AT_ONCE: usize = 5;
const CHATS_MAX: usize = 200;
const VARIANTS_MAX: usize = 300;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VariantIn {
    /// Empty: for everybody; else the code of a store, or the name of a city.
    pub variant: String,
    /// Ids of groups, in the order in which they are filled.
    pub chats: Vec<String>,
    /// What WeCom calls the groups it opens; with a number behind.
    pub base_name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupCodeIn {
    /// A channel's id.
    pub channel: String,
    pub name: String,
    /// Members at which the next group's turn comes, 10 to 200.
    pub full_at: i64,
    /// WeCom opens further groups when all are full.
    pub auto_create: bool,
    pub variants: Vec<VariantIn>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupCodeChange {
    pub name: Option<String>,
    pub full_at: Option<i64>,
    pub auto_create: Option<bool>,
    pub variants: Option<Vec<VariantIn>>,
    pub version: Option<i64>,
}

#[derive(Clone, Debug, Default)]
pub struct GroupCodeQuery {
    pub channel: Option<String>,
    pub text: Option<String>,
    pub archived: bool,
    pub after: Option<String>,
    pub limit: i64,
}

/// A group of a code as the mirror has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    pub chat: String,
    pub name: String,
    pub members: i64,
    /// It is there, and not dismissed.
    pub alive: bool,
}

#[derive(Clone, Debug)]
pub struct GroupWayRow {
    pub variant: String,
    pub rooms: Vec<Room>,
    pub base_name: String,
    pub base_id: i64,
    pub wecom_state: String,
    pub config_id: Option<String>,
    pub qr: QrRow,
    /// Ids of the groups it leads to, as WeCom was last told.
    pub chats: Vec<String>,
    pub(crate) told: String,
    /// `open`; `last`: one group has room; `auto`: WeCom opens the next; `none`: nobody can come in.
    pub room: String,
    pub state: String,
    pub error: Option<String>,
    pub tries: i64,
    pub due_at: Time,
    pub told_at: Option<Time>,
}

#[derive(Clone, Debug)]
pub struct GroupCodeRow {
    pub id: String,
    pub channel: String,
    pub channel_code: String,
    pub channel_name: String,
    pub name: String,
    pub full_at: i64,
    pub auto_create: bool,
    pub created_at: Time,
    pub created_by: String,
    pub archived_at: Option<Time>,
    pub version: i64,
    pub ways: Vec<GroupWayRow>,
    /// Members who came in by it and are in a group now.
    pub members: i64,
    pub visits: i64,
}

impl GroupCodeRow {
    /// Whether somebody has to look at it.
    pub fn troubled(&self) -> bool {
        let bad = |way: &GroupWayRow| matches!(way.state.as_str(), "failed" | "dead") || way.room == "none";
        self.archived_at.is_none() && self.ways.iter().any(bad)
    }
}

/// Which groups a code leads to: the first five that are there and not full. When none is left it stays with the last one that is there, for
/// WeCom takes no empty code.
pub(crate) fn open_rooms(rooms: &[Room], full_at: i64, auto_create: bool) -> (Vec<String>, &'static str) {
    let alive: Vec<&Room> = rooms.iter().filter(|room| room.alive).collect();
    let open: Vec<&Room> = alive.iter().copied().filter(|room| room.members < full_at.min(DOOR_MAX)).collect();
    let word = match (open.len(), auto_create) {
        (0, true) => "auto",
        (0, false) => "none",
        (1, false) => "last",
        _ => "open",
    };
    let led: Vec<&Room> = if open.is_empty() { alive.last().copied().into_iter().collect() } else { open };
    (led.into_iter().take(CHATS_AT_ONCE).map(|room| room.chat.clone()).collect(), word)
}

const COLUMNS: &str = "SELECT g.id, g.channel, c.code, c.name, g.name, g.full_at, g.auto_create, g.created_at, g.created_by, g.archived_at, g.version
  FROM channel_group g JOIN channel c ON c.id = g.channel";

fn group_row(row: RowRef<'_>) -> Result<GroupCodeRow, DbError> {
    Ok(GroupCodeRow {
        id: row.text(0)?,
        channel: row.text(1)?,
        channel_code: row.text(2)?,
        channel_name: row.text(3)?,
        name: row.text(4)?,
        full_at: row.int(5)?,
        auto_create: row.flag(6)?,
        created_at: row.time(7)?,
        created_by: row.text(8)?,
        archived_at: row.opt_time(9)?,
        version: row.int(10)?,
        ways: Vec::new(),
        members: 0,
        visits: 0,
    })
}

impl Channels {
    /// Errors: `channel_unknown`, `channel_archived`, `group_code_field`.
    pub fn create_group_code(
        &self,
        tx: &mut Tx<'_>,
        input: &GroupCodeIn,
        by: &str,
        now: Time,
    ) -> Result<GroupCodeRow, Refusal> {
        let channel = self.find(tx, &input.channel)?;
        if channel.archived_at.is_some() {
            return Err(refuse::channel_archived());
        }
        let input = checked(tx, input)?;
        tx.execute("UPDATE channel SET version = version WHERE id = $1", params![&channel.id])?;
        let number = "SELECT COALESCE(MAX(number), 0) + 1 FROM channel_group WHERE channel = $1";
        let number = tx.one(number, params![&channel.id], |row| row.int(0))?;
        let id = new_id("gcd", now, &self.inner.chance);
        tx.execute(
            "INSERT INTO channel_group (id, channel, number, name, full_at, auto_create, created_at, created_by, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)",
            params![&id, &channel.id, number, &input.name, input.full_at, input.auto_create, now, by],
        )?;
        put_variants(tx, &id, (&channel.id, &channel.code, number), &input.variants, now)?;
        pulse(tx)?;
        self.group_code(tx, &id)
    }

    /// Errors: `code_unknown`, `code_archived`, `channel_changed`, `group_code_field`.
    pub fn change_group_code(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        change: &GroupCodeChange,
        now: Time,
    ) -> Result<GroupCodeRow, Refusal> {
        let old = self.group_code(tx, id)?;
        if old.archived_at.is_some() {
            return Err(refuse::code_archived());
        }
        if change.version.is_some_and(|version| version != old.version) {
            return Err(refuse::channel_changed());
        }
        let variant = |way: &GroupWayRow| VariantIn {
            variant: way.variant.clone(),
            chats: way.rooms.iter().map(|room| room.chat.clone()).collect(),
            base_name: way.base_name.clone(),
        };
        let input = GroupCodeIn {
            channel: old.channel.clone(),
            name: change.name.clone().unwrap_or(old.name),
            full_at: change.full_at.unwrap_or(old.full_at),
            auto_create: change.auto_create.unwrap_or(old.auto_create),
            variants: change
                .variants
                .clone()
                .unwrap_or_else(|| old.ways.iter().filter(|way| way.state != "closing").map(variant).collect()),
        };
        let input = checked(tx, &input)?;
        tx.execute(
            "UPDATE channel_group SET name = $2, full_at = $3, auto_create = $4, version = version + 1 WHERE id = $1",
            params![id, &input.name, input.full_at, input.auto_create],
        )?;
        let number = tx.one("SELECT number FROM channel_group WHERE id = $1", params![id], |row| row.int(0))?;
        put_variants(tx, id, (&old.channel, &old.channel_code, number), &input.variants, now)?;
        pulse(tx)?;
        self.group_code(tx, id)
    }

    /// Its QRs lead nowhere any more. Errors: `code_unknown`, `code_archived`.
    pub fn archive_group_code(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<GroupCodeRow, Refusal> {
        if self.group_code(tx, id)?.archived_at.is_some() {
            return Err(refuse::code_archived());
        }
        tx.execute("UPDATE channel_group SET archived_at = $2, version = version + 1 WHERE id = $1", params![id, now])?;
        close(tx, id, &[], now)?;
        pulse(tx)?;
        self.group_code(tx, id)
    }

    /// Errors: `code_unknown`.
    pub fn group_code(&self, tx: &mut Tx<'_>, id: &str) -> Result<GroupCodeRow, Refusal> {
        let row =
            tx.opt(&format!("{COLUMNS} WHERE g.id = $1"), params![id], group_row)?.ok_or_else(refuse::code_unknown)?;
        Ok(with_ways(tx, vec![row], true)?.remove(0))
    }
    /// The newest first.
    pub fn group_codes(&self, tx: &mut Tx<'_>, query: &GroupCodeQuery) -> Result<Vec<GroupCodeRow>, Refusal> {
        let sql = format!(
            "{COLUMNS} WHERE g.id < $1 AND ($2 = '' OR g.channel = $2) AND (LOWER(g.name) LIKE $3 ESCAPE '\\' OR LOWER(c.name) LIKE $3 ESCAPE '\\')
               AND ($4 = 1 OR g.archived_at IS NULL) ORDER BY g.id DESC LIMIT $5"
        );
        let after = query.after.clone().unwrap_or_else(|| "~".to_owned());
        let (channel, text) = (query.channel.clone().unwrap_or_default(), part(&query.text));
        let rows = tx.query(
            &sql,
            params![&after, &channel, &text, i64::from(query.archived), query.limit.clamp(1, 100_000)],
            group_row,
        )?;
        with_ways(tx, rows, true)
    }
    /// Every code with its ways, without the figures that a page shows.
    pub(crate) fn followed(&self, tx: &mut Tx<'_>) -> Result<Vec<GroupCodeRow>, Refusal> {
        let rows = tx.query(&format!("{COLUMNS} ORDER BY g.id DESC"), &[], group_row)?;
        with_ways(tx, rows, false)
    }
    /// What the QR of a variant says, and what the code is called. Errors: `code_unknown`, `code_not_ready`.
    pub fn group_qr_of(&self, tx: &mut Tx<'_>, id: &str, variant: &str) -> Result<(String, String), Refusal> {
        let sql = "SELECT g.name, (SELECT COALESCE(w.qr_text, w.qr_code) FROM channel_group_way w WHERE w.code = g.id AND w.variant = $2 AND w.state NOT IN ('dead', 'closing', 'closed'))
            FROM channel_group g WHERE g.id = $1";
        let found = tx.opt(sql, params![id, variant], |row| Ok((row.text(0)?, row.opt_text(1)?)))?;
        let (name, text) = found.ok_or_else(refuse::code_unknown)?;
        Ok((text.ok_or_else(refuse::not_ready)?, name))
    }
}

fn with_ways(tx: &mut Tx<'_>, mut rows: Vec<GroupCodeRow>, figures: bool) -> Result<Vec<GroupCodeRow>, Refusal> {
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let sql = format!(
        "SELECT w.code, w.variant, w.chats, w.base_name, w.base_id, w.wecom_state, w.config_id, w.told, w.room, w.state, w.error, w.tries, w.due_at, w.told_at, {}
         FROM channel_group_way w LEFT JOIN channel_picture p ON p.address = w.qr_code WHERE {} AND w.state <> 'closed' ORDER BY w.number",
        QrRow::COLUMNS,
        tx.any("w.code", 1)
    );
    let ways = tx.query(&sql, params![&ids], |row| {
        let told = row.text(7)?;
        let led = serde_json::from_str::<crate::group_job::Led>(&told).unwrap_or_default().chats;
        let way = GroupWayRow {
            variant: row.text(1)?,
            rooms: Vec::new(),
            base_name: row.text(3)?,
            base_id: row.int(4)?,
            wecom_state: row.text(5)?,
            config_id: row.opt_text(6)?,
            qr: QrRow::read(&row, 14)?,
            chats: led,
            told,
            room: row.text(8)?,
            state: row.text(9)?,
            error: row.opt_text(10)?,
            tries: row.int(11)?,
            due_at: row.time(12)?,
            told_at: row.opt_time(13)?,
        };
        Ok((row.text(0)?, way, serde_json::from_str::<Vec<String>>(&row.text(2)?).unwrap_or_default()))
    })?;
    let chats: Vec<String> =
        ways.iter().flat_map(|(_, _, chats)| chats.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let rooms = rooms(tx, &chats)?;
    let shown: &[String] = if figures { &ids } else { &[] };
    let sql = format!(
        "SELECT s.code, COUNT(*) FROM channel_state s JOIN wecom_member m ON m.state = s.state AND m.left_at IS NULL WHERE {} GROUP BY s.code",
        tx.any("s.code", 1)
    );
    let members: FxHashMap<String, i64> =
        tx.query(&sql, params![shown], |row| Ok((row.text(0)?, row.int(1)?)))?.into_iter().collect();
    let sql = format!(
        "SELECT code, CAST(SUM(visits) AS BIGINT) FROM channel_visit WHERE {} GROUP BY code",
        tx.any("code", 1)
    );
    let visits: FxHashMap<String, i64> =
        tx.query(&sql, params![shown], |row| Ok((row.text(0)?, row.int(1)?)))?.into_iter().collect();
    for (code, mut way, chats) in ways {
        let gone = |chat: &String| Room { chat: chat.clone(), name: String::new(), members: 0, alive: false };
        way.rooms = chats.iter().map(|chat| rooms.get(chat).cloned().unwrap_or_else(|| gone(chat))).collect();
        if let Some(row) = rows.iter_mut().find(|row| row.id == code) {
            row.ways.push(way);
        }
    }
    for row in &mut rows {
        row.members = members.get(&row.id).copied().unwrap_or(0);
        row.visits = visits.get(&row.id).copied().unwrap_or(0);
    }
    Ok(rows)
}

/// These groups with how many are in them now.
fn rooms(tx: &mut Tx<'_>, chats: &[String]) -> Result<FxHashMap<String, Room>, Refusal> {
    let sql = format!(
        "SELECT g.id, g.name, g.dismissed_at, (SELECT COUNT(*) FROM wecom_member m WHERE m.chat = g.id AND m.left_at IS NULL) FROM wecom_group g WHERE {}",
        tx.any("g.id", 1)
    );
    let rows = tx.query(&sql, params![chats], |row| {
        let chat = row.text(0)?;
        Ok((chat.clone(), Room { chat, name: row.text(1)?, alive: row.opt_time(2)?.is_none(), members: row.int(3)? }))
    })?;
    Ok(rows.into_iter().collect())
}

fn checked(tx: &mut Tx<'_>, input: &GroupCodeIn) -> Result<GroupCodeIn, Refusal> {
    let name = label(&input.name, 30).filter(|name| !name.is_empty());
    let name =
        name.ok_or_else(|| refuse::group_code("name", "A name has 1 to 30 characters.", "名称为 1 到 30 个字。"))?;
    if !(10..=DOOR_MAX).contains(&input.full_at) {
        return Err(refuse::group_code(
            "full_at",
            "A group is full at 10 to 200 members; WeCom's own door closes at 200.",
            "满员人数为 10 到 200，企业微信扫码入群上限为 200 人。",
        ));
    }
    if input.variants.is_empty() || input.variants.len() > VARIANTS_MAX {
        return Err(refuse::group_code("variants", "Name 1 to 300 variants.", "请设置 1 到 300 个分支。"));
    }
    let mut variants: Vec<VariantIn> = Vec::new();
    for (at, own) in input.variants.iter().enumerate() {
        let field = |name: &str| format!("variants[{at}].{name}");
        let variant = label(&own.variant, 40).ok_or_else(|| {
            refuse::group_code(field("variant"), "A variant has up to 40 characters.", "分支名称最长 40 个字。")
        })?;
        if variants.iter().any(|other| other.variant == variant) {
            return Err(refuse::group_code(field("variant"), "This variant is there already.", "已有相同的分支。"));
        }
        let base_name = label(&own.base_name, 40).ok_or_else(|| {
            refuse::group_code(field("base_name"), "A base name has up to 40 characters.", "群名前缀最长 40 个字。")
        })?;
        if input.auto_create && base_name.is_empty() {
            return Err(refuse::group_code(
                field("base_name"),
                "Say what further groups are called.",
                "自动建群时请填写群名前缀。",
            ));
        }
        let mut chats: Vec<String> = Vec::new();
        for chat in &own.chats {
            if !chats.contains(chat) {
                chats.push(chat.clone());
            }
        }
        if chats.is_empty() || chats.len() > CHATS_MAX {
            return Err(refuse::group_code(field("chats"), "Name 1 to 200 groups.", "每个分支请选择 1 到 200 个群。"));
        }
        let known = rooms(tx, &chats)?;
        if chats.iter().any(|chat| !known.contains_key(chat)) {
            return Err(refuse::group_code(
                field("chats"),
                "One of these groups is not known.",
                "所选的群不存在，请先同步。",
            ));
        }
        variants.push(VariantIn { variant, chats, base_name });
    }
    Ok(GroupCodeIn { name, variants, ..input.clone() })
}

fn put_variants(
    tx: &mut Tx<'_>,
    id: &str,
    (channel, code, number): (&str, &str, i64),
    variants: &[VariantIn],
    now: Time,
) -> Result<(), Refusal> {
    for own in variants {
        let chats = serde_json::to_string(&own.chats).map_err(Refusal::internal)?;
        let again = "UPDATE channel_group_way SET chats = $3, base_name = $4, due_at = $5, tries = 0,
            state = CASE state WHEN 'closed' THEN 'new' WHEN 'closing' THEN 'good' ELSE state END, config_id = CASE state WHEN 'closed' THEN NULL ELSE config_id END,
            told = CASE WHEN state IN ('closed', 'closing') THEN '' ELSE told END WHERE code = $1 AND variant = $2";
        if tx.execute(again, params![id, &own.variant, &chats, &own.base_name, now])? > 0 {
            continue;
        }
        let next = "SELECT COALESCE(MAX(number), 0) + 1 FROM channel_group_way WHERE code = $1";
        let next = tx.one(next, params![id], |row| row.int(0))?;
        let mark = if next == 1 { String::new() } else { format!("v{next}") };
        let state = format!("{code}.g{number}{mark}");
        tx.execute(
            "INSERT INTO channel_group_way (code, variant, number, chats, base_name, base_id, wecom_state, told, room, state, due_at) VALUES ($1, $2, $3, $4, $5, 1, $6, '', '', 'new', $7)",
            params![id, &own.variant, next, &chats, &own.base_name, &state, now],
        )?;
        tx.execute(
            "INSERT INTO channel_state (state, channel, code, pool) VALUES ($1, $2, $3, $4)",
            params![&state, channel, id, &own.variant],
        )?;
    }
    let wanted: Vec<String> = variants.iter().map(|own| own.variant.clone()).collect();
    close(tx, id, &wanted, now)
}

fn close(tx: &mut Tx<'_>, id: &str, wanted: &[String], now: Time) -> Result<(), Refusal> {
    let other = format!("NOT ({})", tx.any("variant", 2));
    let wanted = wanted.to_vec();
    tx.execute(
        &format!("UPDATE channel_group_way SET state = 'closed' WHERE code = $1 AND {other} AND config_id IS NULL"),
        params![id, &wanted],
    )?;
    tx.execute(
        &format!("UPDATE channel_group_way SET state = 'closing', tries = 0, error = NULL, due_at = $3 WHERE code = $1 AND {other} AND state NOT IN ('closing', 'closed')"),
        params![id, &wanted, now],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_group_comes_when_one_is_full() {
        let check = |rooms: &str, full_at: i64, auto: bool| {
            let rooms: Vec<Room> = rooms
                .split_whitespace()
                .map(|text| {
                    let (chat, members) = text.split_once(':').unwrap();
                    let alive = !members.ends_with('x');
                    let members = members.trim_end_matches('x').parse().unwrap();
                    Room { chat: chat.to_owned(), name: String::new(), members, alive }
                })
                .collect();
            let (led, word) = open_rooms(&rooms, full_at, auto);
            format!("{word} {}", led.join(","))
        };
        for (rooms, full_at, auto, want) in [
            ("a:10 b:0", 100, false, "open a,b"),
            ("a:100 b:0 c:0", 100, false, "open b,c"),
            ("a:100 b:99", 100, false, "last b"),
            ("a:100 b:99", 100, true, "open b"),
            ("a:100 b:100", 100, false, "none b"),
            ("a:100 b:100", 100, true, "auto b"),
            ("a:3x b:4", 100, false, "last b"),
            // WeCom's own door closes at two hundred.
            ("a:200 b:1 c:1", 200, false, "open b,c"),
            ("a:1 b:1 c:1 d:1 e:1 f:1", 50, false, "open a,b,c,d,e"),
            ("a:3x", 100, false, "none "),
        ] {
            assert_eq!(check(rooms, full_at, auto), want, "{rooms}");
        }
    }
}
