//! Kits: today's materials for guides and owners of groups, and what they have sent of them.

use crate::content::Composed;
use crate::events::{Happening, names};
use crate::library::Track;
use crate::welcome::Who;
use crate::{Reach, refuse};
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time, new_id};

/// A kit as it is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KitIn {
    pub name: String,
    /// Days since 1970 in the brand's zone.
    pub day: i32,
    /// How to use it: up to 500 characters.
    pub how: String,
    /// Ids, in the order they are shown.
    pub materials: Vec<String>,
    /// Userids …
    pub staff: Vec<String>,
    /// … codes of stores …
    pub stores: Vec<String>,
    /// … and whoever owns a customer group. Nobody named: everybody.
    pub owners: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KitRow {
    pub id: String,
    pub input: KitIn,
    pub version: i64,
    pub created_at: Time,
    pub created_by: String,
    pub changed_at: Time,
    pub changed_by: String,
    /// How often something of it was sent.
    pub sends: i64,
}

/// What a member of staff has sent of a kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KitSend {
    pub staff: String,
    pub staff_name: String,
    pub material: String,
    pub sends: i64,
    pub last_at: Time,
}

/// Whose kits.
#[derive(Clone, Copy, Debug)]
pub struct KitSeat<'a> {
    pub userid: &'a str,
    /// Code of their store; empty: none.
    pub store: &'a str,
}

const MATERIALS_MAX: usize = 20;
const NAMED_MAX: usize = 1_000;
const HOW_MAX: usize = 500;
const KITS_MAX: i64 = 50;

const COLUMNS: &str = "SELECT k.id, k.name, k.day, k.how, k.materials, k.staff, k.stores, k.owners, k.version, k.created_at, k.created_by, k.changed_at, k.changed_by,
    CAST(COALESCE((SELECT SUM(s.sends) FROM material_kit_send s WHERE s.kit = k.id), 0) AS BIGINT) FROM material_kit k";

fn row(row: RowRef<'_>) -> Result<KitRow, DbError> {
    let list = |text: String| {
        serde_json::from_str::<Vec<String>>(&text).map_err(|_| DbError::Decode("a kit with another list".into()))
    };
    let input = KitIn {
        name: row.text(1)?,
        day: i32::try_from(row.int(2)?).map_err(|_| DbError::Decode("a kit of another day".into()))?,
        how: row.text(3)?,
        materials: list(row.text(4)?)?,
        staff: list(row.text(5)?)?,
        stores: list(row.text(6)?)?,
        owners: row.flag(7)?,
    };
    Ok(KitRow {
        id: row.text(0)?,
        input,
        version: row.int(8)?,
        created_at: row.time(9)?,
        created_by: row.text(10)?,
        changed_at: row.time(11)?,
        changed_by: row.text(12)?,
        sends: row.int(13)?,
    })
}

fn json(list: &[String]) -> Result<String, Refusal> {
    serde_json::to_string(list).map_err(Refusal::internal)
}

fn each_once(list: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for own in list.iter().map(|own| own.trim()).filter(|own| !own.is_empty()) {
        if !out.iter().any(|known| known == own) {
            out.push(own.to_owned());
        }
    }
    out
}

impl Reach {
    /// Errors: `kit_invalid` with its field, `material_unknown`, `material_unapproved`.
    fn checked_kit(&self, tx: &mut Tx<'_>, input: &KitIn) -> Result<KitIn, Refusal> {
        let mut own = input.clone();
        own.name = own.name.trim().to_owned();
        if !(1..=60).contains(&own.name.chars().count()) || own.name.chars().any(char::is_control) {
            return Err(refuse::kit("name", "A name has 1 to 60 characters.", "名称须为 1 到 60 个字符。"));
        }
        own.how = own.how.trim().to_owned();
        if own.how.chars().count() > HOW_MAX {
            return Err(refuse::kit("how", "Up to 500 characters.", "最多 500 个字符。"));
        }
        (own.materials, own.staff, own.stores) =
            (each_once(&own.materials), each_once(&own.staff), each_once(&own.stores));
        if !(1..=MATERIALS_MAX).contains(&own.materials.len()) {
            return Err(refuse::kit("materials", "A kit has 1 to 20 materials.", "每个素材包须有 1 到 20 个素材。"));
        }
        if own.staff.len() > NAMED_MAX || own.stores.len() > NAMED_MAX {
            return Err(refuse::kit(
                "staff",
                "Name up to 1,000 members and 1,000 stores.",
                "最多指定 1000 名员工和 1000 家门店。",
            ));
        }
        for id in &own.materials {
            self.approved_material(tx, id).map_err(|refusal| refusal.field("materials"))?;
        }
        Ok(own)
    }
    /// Errors: `kit_invalid`, `kit_limit`, `material_unknown`, `material_unapproved`.
    pub fn add_kit(&self, tx: &mut Tx<'_>, input: &KitIn, by: &str, now: Time) -> Result<KitRow, Refusal> {
        let own = self.checked_kit(tx, input)?;
        let sql = "SELECT COUNT(*) FROM material_kit WHERE day = $1";
        if tx.one(sql, params![i64::from(own.day)], |row| row.int(0))? >= KITS_MAX {
            return Err(refuse::kit_limit(KITS_MAX));
        }
        let id = new_id("kit", now, &self.parts().chance);
        let (materials, staff, stores) = (json(&own.materials)?, json(&own.staff)?, json(&own.stores)?);
        tx.execute(
            "INSERT INTO material_kit (id, name, day, how, materials, staff, stores, owners, version, created_at, created_by, changed_at, changed_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $9, $10)",
            params![&id, &own.name, i64::from(own.day), &own.how, &materials, &staff, &stores, own.owners, now, by],
        )?;
        self.kit(tx, &id)
    }
    /// `version`: of the kit that was changed; without it the last one to write wins.
    ///
    /// Errors: `kit_unknown`, `kit_changed`, and those of adding one.
    pub fn change_kit(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        input: &KitIn,
        version: Option<i64>,
        by: &str,
        now: Time,
    ) -> Result<KitRow, Refusal> {
        let old = self.kit(tx, id)?;
        let own = self.checked_kit(tx, input)?;
        let (materials, staff, stores) = (json(&own.materials)?, json(&own.staff)?, json(&own.stores)?);
        let changed = tx.execute(
            "UPDATE material_kit SET name = $2, day = $3, how = $4, materials = $5, staff = $6, stores = $7, owners = $8, version = version + 1, changed_at = $9, changed_by = $10
             WHERE id = $1 AND version = $11",
            params![
                id,
                &own.name,
                i64::from(own.day),
                &own.how,
                &materials,
                &staff,
                &stores,
                own.owners,
                now,
                by,
                version.unwrap_or(old.version)
            ],
        )?;
        if changed == 0 { Err(refuse::kit_changed()) } else { self.kit(tx, id) }
    }
    /// Errors: `kit_unknown`.
    pub fn drop_kit(&self, tx: &mut Tx<'_>, id: &str) -> Result<KitRow, Refusal> {
        let old = self.kit(tx, id)?;
        tx.execute("DELETE FROM material_kit_send WHERE kit = $1", params![id])?;
        tx.execute("DELETE FROM material_kit WHERE id = $1", params![id])?;
        Ok(old)
    }
    /// Errors: `kit_unknown`.
    pub fn kit(&self, tx: &mut Tx<'_>, id: &str) -> Result<KitRow, Refusal> {
        tx.opt(&format!("{COLUMNS} WHERE k.id = $1"), params![id], row)?.ok_or_else(refuse::kit_unknown)
    }
    /// From this day to that one, the latest day first; at most 500.
    pub fn kits(&self, tx: &mut Tx<'_>, from: i32, to: i32) -> Result<Vec<KitRow>, Refusal> {
        let sql = format!("{COLUMNS} WHERE k.day >= $1 AND k.day <= $2 ORDER BY k.day DESC, k.id DESC LIMIT 500");
        Ok(tx.query(&sql, params![i64::from(from), i64::from(to)], row)?)
    }
    /// Those of a day for one member of staff, in the order they were made.
    pub fn kits_of(&self, tx: &mut Tx<'_>, seat: KitSeat<'_>, day: i32) -> Result<Vec<KitRow>, Refusal> {
        let key = seat.userid.to_lowercase();
        let sql = "SELECT 1 FROM wecom_group WHERE owner = $1 AND dismissed_at IS NULL LIMIT 1";
        let owns = tx.opt(sql, params![&key], |row| row.int(0))?.is_some();
        let mut all = self.kits(tx, day, day)?;
        all.retain(|own| {
            let KitIn { staff, stores, owners, .. } = &own.input;
            (staff.is_empty() && stores.is_empty() && !owners)
                || staff.iter().any(|own| own.to_lowercase() == key)
                || stores.iter().any(|own| own == seat.store)
                || (*owners && owns)
        });
        all.reverse();
        Ok(all)
    }
    /// The kit, when this member has it and it holds this material. Errors: `kit_unknown`, `material_unknown`.
    fn kit_material(&self, tx: &mut Tx<'_>, seat: KitSeat<'_>, kit: &str, material: &str) -> Result<KitRow, Refusal> {
        let day = self.kit(tx, kit)?.input.day;
        let own = self.kits_of(tx, seat, day)?.into_iter().find(|own| own.id == kit).ok_or_else(refuse::kit_unknown)?;
        if own.input.materials.iter().any(|id| id == material) { Ok(own) } else { Err(refuse::material_unknown()) }
    }

    /// A material of a kit, filled for one customer (`contact`) or for nobody in particular; its links count who comes. `base`: our address.
    ///
    /// Errors: `kit_unknown`, `material_unknown`, `material_unapproved`.
    #[allow(clippy::too_many_arguments, reason = "who sends what to whom, from where")]
    pub fn ready_material(
        &self,
        tx: &mut Tx<'_>,
        seat: KitSeat<'_>,
        kit: &str,
        material: &str,
        contact: &str,
        base: &str,
        now: Time,
    ) -> Result<Composed, Refusal> {
        self.kit_material(tx, seat, kit, material)?;
        let (version, content) = self.approved_material(tx, material)?;
        let who = Who { contact, userid: seat.userid, channel: "", at: now };
        let facts = self.facts(tx, &who, None, now)?;
        let values = facts.values();
        let person = facts.person.filter(|_| !contact.is_empty());
        let staff = if person.is_some() { seat.userid } else { "" };
        let track = Track { material, version, base, person, staff };
        let sent = self.tracked(tx, &content, &track, Some(&values), now)?;
        let media = self.media_of(tx, &sent.files(), now)?;
        sent.compose(&values, &media)
    }
    /// The client says that it was sent; `send` names this sending: told twice of a customer, it counts once. `person`: `None` for a group.
    ///
    /// Errors: `kit_unknown`, `kit_invalid`, `material_unknown`.
    #[allow(clippy::too_many_arguments, reason = "who has sent what to whom")]
    pub fn material_sent(
        &self,
        tx: &mut Tx<'_>,
        seat: KitSeat<'_>,
        kit: &str,
        material: &str,
        person: Option<PersonNum>,
        send: &str,
        now: Time,
    ) -> Result<(), Refusal> {
        if !(1..=64).contains(&send.len()) || !send.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refuse::kit(
                "send",
                "A sending is named by 1 to 64 visible ASCII characters.",
                "send 须为 1 到 64 个可见 ASCII 字符。",
            ));
        }
        let kit = self.kit_material(tx, seat, kit, material)?;
        let own = self.material(tx, material)?;
        let key = seat.userid.to_lowercase();
        if let Some(num) = person {
            let id = format!("sent:{key}:{send}");
            let digest = self.parts().log.digest(&format!("reach:{id}"));
            if !self.parts().log.digest_is_new(tx, digest)? {
                return Ok(());
            }
            let event = Happening::new(names::MATERIAL_SENT, num, now, &id)
                .by_source("material")
                .with("material", material)
                .with("material_name", &own.name)
                .with("kit", &kit.id)
                .with("kit_name", &kit.input.name)
                .with("staff", seat.userid)
                .with("store", seat.store);
            self.append(tx, vec![event], now)?;
        }
        tx.execute(
            "INSERT INTO material_kit_send (kit, material, staff, sends, last_at) VALUES ($1, $2, $3, 1, $4)
             ON CONFLICT (kit, material, staff) DO UPDATE SET sends = material_kit_send.sends + 1, last_at = excluded.last_at",
            params![&kit.id, material, &key, now],
        )?;
        Ok(())
    }
    /// Who has sent what of a kit, the last one first. Errors: `kit_unknown`.
    pub fn kit_sends(&self, tx: &mut Tx<'_>, id: &str) -> Result<Vec<KitSend>, Refusal> {
        self.kit(tx, id)?;
        let sql = "SELECT COALESCE(w.userid, s.staff), COALESCE(w.name, ''), s.material, s.sends, s.last_at FROM material_kit_send s
            LEFT JOIN wecom_staff w ON w.key = s.staff WHERE s.kit = $1 ORDER BY s.last_at DESC, s.staff, s.material LIMIT 1000";
        let rows = tx.query(sql, params![id], |row| {
            Ok(KitSend {
                staff: row.text(0)?,
                staff_name: row.text(1)?,
                material: row.text(2)?,
                sends: row.int(3)?,
                last_at: row.time(4)?,
            })
        })?;
        Ok(rows)
    }
}
