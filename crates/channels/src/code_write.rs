//! Live codes made, changed, put away.

use crate::channel::label;
use crate::code::{CodeChange, CodeIn, CodeRow, POOLS, STORE, SeatIn, members};
use crate::remark::unknown_hole;
use crate::rota::{Rota, Slot};
use crate::{Channels, pulse, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time, new_id};
use siyu_people::TagKind;
use std::collections::{BTreeMap, BTreeSet};

/// Members of one pool that are kept; those in the code at a time are [`crate::MEMBERS_MAX`].
const SEATS_MAX: usize = 1_000;
const BACKUP_MAX: usize = 20;
const TAGS_MAX: usize = 20;
const TEMPLATE_MAX: usize = 60;
const CAP_MAX: i64 = 10_000;

/// What was asked for, in one spelling.
struct Checked {
    name: String,
    pools: BTreeMap<String, Vec<(String, Seat)>>,
    backup: Vec<String>,
    tags: Vec<String>,
    remark: String,
    welcome: Option<String>,
    stores: BTreeSet<String>,
}
struct Seat {
    weight: i64,
    cap: Option<i64>,
    rota: Rota,
}

fn json(list: &[String]) -> Result<String, Refusal> {
    serde_json::to_string(list).map_err(Refusal::internal)
}

impl Channels {
    /// The QR is asked of WeCom by the work beside ([`Channels::step`]).
    ///
    /// Errors: `channel_unknown`, `channel_archived`, `code_field`, `code_rota`, `code_staff`, `code_tag`, `code_backup_needed`.
    pub fn create_code(&self, tx: &mut Tx<'_>, input: &CodeIn, by: &str, now: Time) -> Result<CodeRow, Refusal> {
        let channel = self.find(tx, &input.channel)?;
        if channel.archived_at.is_some() {
            return Err(refuse::channel_archived());
        }
        let own = self.checked(tx, input, None)?;
        // Two at once: the second waits here, and takes the next number.
        tx.execute("UPDATE channel SET version = version WHERE id = $1", params![&channel.id])?;
        let number = "SELECT COALESCE(MAX(number), 0) + 1 FROM channel_code WHERE channel = $1";
        let number = tx.one(number, params![&channel.id], |row| row.int(0))?;
        let id = new_id("cde", now, &self.inner.chance);
        tx.execute(
            "INSERT INTO channel_code (id, channel, number, name, skip_verify, is_exclusive, by_store, backup, tags, remark, welcome, created_at, created_by, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1)",
            params![
                &id, &channel.id, number, &own.name, input.skip_verify, input.exclusive, input.by_store, &json(&own.backup)?, &json(&own.tags)?,
                &own.remark, &own.welcome, now, by
            ],
        )?;
        self.put_seats(tx, &id, &own)?;
        self.put_ways(tx, &id, (&channel.id, &channel.code, number), &own, now)?;
        pulse(tx)?;
        self.code(tx, &id)
    }

    /// Errors: `code_unknown`, `code_archived`, `channel_changed`, and those of making one.
    pub fn change_code(&self, tx: &mut Tx<'_>, id: &str, change: &CodeChange, now: Time) -> Result<CodeRow, Refusal> {
        let old = self.code(tx, id)?;
        if old.archived_at.is_some() {
            return Err(refuse::code_archived());
        }
        if change.version.is_some_and(|version| version != old.version) {
            return Err(refuse::channel_changed());
        }
        let input = CodeIn {
            channel: old.channel.clone(),
            name: change.name.clone().unwrap_or_else(|| old.name.clone()),
            skip_verify: change.skip_verify.unwrap_or(old.skip_verify),
            exclusive: old.exclusive,
            by_store: change.by_store.unwrap_or(old.by_store),
            pools: change.pools.clone().unwrap_or_else(|| seats_of(&old)),
            backup: change.backup.clone().unwrap_or_else(|| old.backup.iter().map(|own| own.userid.clone()).collect()),
            tags: change.tags.clone().unwrap_or_else(|| old.tags.clone()),
            remark: change.remark.clone().unwrap_or_else(|| old.remark.clone()),
            welcome: change.welcome.clone().unwrap_or_else(|| old.welcome.clone()),
        };
        let own = self.checked(tx, &input, Some(&old))?;
        tx.execute(
            "UPDATE channel_code SET name = $2, skip_verify = $3, by_store = $4, backup = $5, tags = $6, remark = $7, welcome = $8, version = version + 1 WHERE id = $1",
            params![id, &own.name, input.skip_verify, input.by_store, &json(&own.backup)?, &json(&own.tags)?, &own.remark, &own.welcome],
        )?;
        tx.execute("DELETE FROM channel_seat WHERE code = $1", params![id])?;
        self.put_seats(tx, id, &own)?;
        let number = tx.one("SELECT number FROM channel_code WHERE id = $1", params![id], |row| row.int(0))?;
        self.put_ways(tx, id, (&old.channel, &old.channel_code, number), &own, now)?;
        pulse(tx)?;
        self.code(tx, id)
    }

    /// Its QR leads nowhere any more. What came by it stays counted.
    ///
    /// Errors: `code_unknown`, `code_archived`.
    pub fn archive_code(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<CodeRow, Refusal> {
        if self.code(tx, id)?.archived_at.is_some() {
            return Err(refuse::code_archived());
        }
        tx.execute("UPDATE channel_code SET archived_at = $2, version = version + 1 WHERE id = $1", params![id, now])?;
        close(tx, id, &[], now)?;
        pulse(tx)?;
        self.code(tx, id)
    }

    /// A new QR in the place of one that WeCom does not know any more.
    ///
    /// Errors: `code_unknown`, `code_archived`, `code_alive`.
    pub fn renew_way(&self, tx: &mut Tx<'_>, id: &str, pool: &str, now: Time) -> Result<CodeRow, Refusal> {
        if self.code(tx, id)?.archived_at.is_some() {
            return Err(refuse::code_archived());
        }
        let renewed = tx.execute(
            "UPDATE channel_way SET state = 'new', config_id = NULL, qr_code = NULL, qr_text = NULL, told = '', error = NULL, tries = 0, due_at = $3 WHERE code = $1 AND pool = $2 AND state = 'dead'",
            params![id, pool, now],
        )?;
        if renewed == 0 {
            return Err(refuse::code_alive());
        }
        pulse(tx)?;
        self.code(tx, id)
    }

    fn put_seats(&self, tx: &mut Tx<'_>, id: &str, own: &Checked) -> Result<(), Refusal> {
        for (pool, seats) in &own.pools {
            for (staff, seat) in seats {
                tx.execute(
                    "INSERT INTO channel_seat (code, pool, staff, weight, cap, rota) VALUES ($1, $2, $3, $4, $5, $6)",
                    params![id, pool, staff, seat.weight, seat.cap, &seat.rota.text()],
                )?;
            }
        }
        Ok(())
    }

    /// A way for each pool, and none for pools that are no more.
    fn put_ways(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        (channel, code, number): (&str, &str, i64),
        own: &Checked,
        now: Time,
    ) -> Result<(), Refusal> {
        let mut wanted: Vec<String> =
            POOLS.iter().filter(|pool| own.pools.contains_key(**pool)).map(|pool| (*pool).to_owned()).collect();
        wanted.extend(own.stores.iter().map(|store| format!("{STORE}{store}")));
        for pool in &wanted {
            // One that was closed begins anew, with the state it had.
            let again = "UPDATE channel_way SET state = CASE WHEN state = 'closing' THEN 'good' ELSE 'new' END, config_id = CASE WHEN state = 'closing' THEN config_id END,
                told = '', error = NULL, tries = 0, due_at = $3 WHERE code = $1 AND pool = $2 AND state IN ('closing', 'closed')";
            tx.execute(again, params![id, pool, now])?;
            if tx
                .opt("SELECT 1 FROM channel_way WHERE code = $1 AND pool = $2", params![id, pool], |row| row.int(0))?
                .is_some()
            {
                continue;
            }
            let next = "SELECT COALESCE(MAX(number), 0) + 1 FROM channel_way WHERE code = $1";
            let next = tx.one(next, params![id], |row| row.int(0))?;
            let mark = match pool.as_str() {
                "general" => String::new(),
                "buyer" => "b".to_owned(),
                "prospect" => "p".to_owned(),
                _ => format!("s{next}"),
            };
            let state = format!("{code}.{number}{mark}");
            tx.execute(
                "INSERT INTO channel_way (code, pool, number, wecom_state, why, told, state, due_at) VALUES ($1, $2, $3, $4, '', '', 'new', $5)",
                params![id, pool, next, &state, now],
            )?;
            tx.execute(
                "INSERT INTO channel_state (state, channel, code, pool) VALUES ($1, $2, $3, $4)",
                params![&state, channel, id, pool],
            )
            .map_err(Refusal::from)?;
        }
        close(tx, id, &wanted, now)
    }

    fn checked(&self, tx: &mut Tx<'_>, input: &CodeIn, old: Option<&CodeRow>) -> Result<Checked, Refusal> {
        let wrong = |field: &str, en: &str, zh: &str| refuse::code_field(field, en, zh);
        let name = label(&input.name, 30).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| wrong("name", "A name has 1 to 30 characters.", "名称为 1 到 30 个字。"))?;
        let pools = self.checked_pools(tx, input, old)?;
        let backup = self.checked_backup(tx, input, old)?;
        for (pool, seats) in &pools {
            let open = seats.iter().fold(Rota::default(), |all, (_, seat)| all.or(seat.rota));
            let gaps = Slot::all().any(|slot| !open.is_on(slot));
            let capped = seats.iter().all(|(_, seat)| seat.cap.is_some());
            if backup.is_empty() && (gaps || capped) {
                return Err(refuse::backup_needed(pool));
            }
        }
        let mut tags: Vec<String> = Vec::new();
        for tag in &input.tags {
            let known = self.inner.people.tag(tx, tag).ok().filter(|own| own.kind != TagKind::Rule);
            let stays = old.is_some_and(|old| old.tags.contains(tag));
            if known.is_none() && !stays {
                return Err(refuse::tag_unknown(tag));
            }
            if known.is_some() && !tags.contains(tag) {
                tags.push(tag.clone());
            }
        }
        if tags.len() > TAGS_MAX {
            return Err(wrong("tags", "Up to 20 tags.", "标签最多 20 个。"));
        }
        let remark = label(&input.remark, TEMPLATE_MAX)
            .ok_or_else(|| wrong("remark", "A remark's template has up to 60 characters.", "备注模板最长 60 个字。"))?;
        if let Some(hole) = unknown_hole(&remark) {
            let en = format!("{{{hole}}} is unknown; there are {{name}}, {{channel}}, {{staff}} and {{date}}.");
            let zh =
                format!("备注模板中的 {{{hole}}} 无法识别，可用变量：{{name}}、{{channel}}、{{staff}}、{{date}}。");
            return Err(refuse::code_field("remark", en, zh));
        }
        let welcome = input.welcome.clone().filter(|own| !own.trim().is_empty());
        if welcome.as_ref().is_some_and(|own| own.len() > 64 || own.chars().any(char::is_control)) {
            return Err(wrong("welcome", "This is no id of a welcome.", "欢迎语编号不正确。"));
        }
        let mut stores = BTreeSet::new();
        if input.by_store {
            let general = pools.get("general").map(Vec::as_slice).unwrap_or_default();
            let keys: Vec<String> = general.iter().map(|(staff, _)| staff.clone()).collect();
            stores.extend(members(tx, &keys)?.into_values().map(|own| own.store).filter(|store| !store.is_empty()));
            if stores.len() < 2 {
                let en = "Leading people to their store needs members of at least two stores.";
                return Err(wrong("by_store", en, "按门店分流需要至少两家门店的员工。"));
            }
        }
        Ok(Checked { name, pools, backup, tags, remark, welcome, stores })
    }

    fn checked_pools(
        &self,
        tx: &mut Tx<'_>,
        input: &CodeIn,
        old: Option<&CodeRow>,
    ) -> Result<BTreeMap<String, Vec<(String, Seat)>>, Refusal> {
        let keys: Vec<String> = input.pools.values().flatten().map(|seat| key(&seat.staff)).collect();
        let known = members(tx, &keys)?;
        let mut pools = BTreeMap::new();
        for (pool, seats) in input.pools.iter().filter(|(pool, seats)| !seats.is_empty() || pool.as_str() == "general")
        {
            let field = |at: usize, name: &str| format!("pools.{pool}[{at}].{name}");
            if !POOLS.contains(&pool.as_str()) {
                return Err(refuse::code_field(
                    format!("pools.{pool}"),
                    "A pool is general, buyer or prospect.",
                    "分组只能是通用、已购客户或未购好友。",
                ));
            }
            if seats.len() > SEATS_MAX {
                return Err(refuse::code_field(
                    format!("pools.{pool}"),
                    "A pool has up to 1,000 members.",
                    "每组最多 1000 名员工。",
                ));
            }
            let mut out: Vec<(String, Seat)> = Vec::new();
            for (at, seat) in seats.iter().enumerate() {
                let staff = key(&seat.staff);
                // Who was in it stays in it when they have left: the plan passes them over.
                let stays =
                    old.and_then(|old| old.pools.get(pool)).is_some_and(|own| own.iter().any(|own| own.staff == staff));
                if !stays && !known.get(&staff).is_some_and(|own| own.able) {
                    return Err(refuse::staff_unknown(field(at, "staff"), &seat.staff));
                }
                if out.iter().any(|(own, _)| *own == staff) {
                    return Err(refuse::code_field(
                        field(at, "staff"),
                        "This member is in the pool already.",
                        "该员工已在此分组中。",
                    ));
                }
                if !(1..=100).contains(&seat.weight) {
                    return Err(refuse::code_field(field(at, "weight"), "A weight is 1 to 100.", "权重为 1 到 100。"));
                }
                if seat.cap.is_some_and(|cap| !(1..=CAP_MAX).contains(&cap)) {
                    return Err(refuse::code_field(
                        field(at, "cap"),
                        "A cap is 1 to 10,000 a day, or none.",
                        "每日上限为 1 到 10000，或不限。",
                    ));
                }
                let rota = if seat.rota.is_empty() {
                    Rota::ALWAYS
                } else {
                    Rota::parse(&seat.rota).map_err(|own| own.field(field(at, "rota")))?
                };
                out.push((staff, Seat { weight: seat.weight, cap: seat.cap, rota }));
            }
            pools.insert(pool.clone(), out);
        }
        if pools.get("general").is_none_or(Vec::is_empty) {
            return Err(refuse::code_field("pools.general", "Name at least one member.", "请至少选择一名员工。"));
        }
        Ok(pools)
    }

    fn checked_backup(&self, tx: &mut Tx<'_>, input: &CodeIn, old: Option<&CodeRow>) -> Result<Vec<String>, Refusal> {
        let mut backup: Vec<String> = Vec::new();
        for staff in input.backup.iter().map(|own| key(own)) {
            if !backup.contains(&staff) {
                backup.push(staff);
            }
        }
        if backup.len() > BACKUP_MAX {
            return Err(refuse::code_field("backup", "Up to 20 backup members.", "备用员工最多 20 名。"));
        }
        let known = members(tx, &backup)?;
        for (at, staff) in backup.iter().enumerate() {
            let stays = old.is_some_and(|old| old.backup.iter().any(|own| own.staff == *staff));
            if !stays && !known.get(staff).is_some_and(|own| own.able) {
                return Err(refuse::staff_unknown(format!("backup[{at}]"), staff));
            }
        }
        Ok(backup)
    }
}

/// WeCom does not distinguish the case of a userid.
fn key(userid: &str) -> String {
    userid.trim().to_lowercase()
}

fn seats_of(row: &CodeRow) -> BTreeMap<String, Vec<SeatIn>> {
    let seat = |own: &crate::SeatRow| SeatIn {
        staff: own.userid.clone(),
        weight: own.weight,
        cap: own.cap,
        rota: own.rota.days(),
    };
    row.pools.iter().map(|(pool, seats)| (pool.clone(), seats.iter().map(seat).collect())).collect()
}

/// Ways of pools that are not wanted any more. One that WeCom never made is closed at once.
fn close(tx: &mut Tx<'_>, id: &str, wanted: &[String], now: Time) -> Result<(), Refusal> {
    let other = format!("NOT ({})", tx.any("pool", 2));
    let wanted = wanted.to_vec();
    tx.execute(
        &format!("UPDATE channel_way SET state = 'closed' WHERE code = $1 AND {other} AND state IN ('new', 'dead') AND config_id IS NULL"),
        params![id, &wanted],
    )?;
    tx.execute(
        &format!("UPDATE channel_way SET state = 'closing', tries = 0, error = NULL, due_at = $3 WHERE code = $1 AND {other} AND state NOT IN ('closing', 'closed')"),
        params![id, &wanted, now],
    )?;
    Ok(())
}
