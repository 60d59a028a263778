//! The mirror, as pages of rows.

use crate::rows::key;
use crate::{Contacts, refuse};
use rustc_hash::FxHashMap;
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

#[derive(Clone, Debug)]
pub struct DepartmentRow {
    pub id: i64,
    pub name: String,
    pub parent: i64,
    pub leaders: Vec<String>,
    /// The store's code: as somebody chose it, else of the store that has this name or code.
    pub store: Option<String>,
    /// Whether somebody chose it.
    pub chosen: bool,
    /// Members of staff in it, those below not counted.
    pub staff: i64,
}

#[derive(Clone, Debug, Default)]
pub struct StaffQuery {
    pub department: Option<i64>,
    /// Part of a name or userid.
    pub text: Option<String>,
    /// Only those who may have customers.
    pub serving: bool,
    /// Those who have left, too.
    pub gone: bool,
    /// Only these keys; all when `None`.
    pub only: Option<Vec<String>>,
    /// The key of the last row of the page before.
    pub after: Option<String>,
    pub limit: i64,
}

#[derive(Clone, Debug)]
pub struct StaffRow {
    pub key: String,
    pub userid: String,
    pub name: String,
    pub departments: Vec<i64>,
    pub position: String,
    /// 1 active, 2 disabled, 4 not activated, 5 left.
    pub status: i64,
    pub serves: bool,
    pub gone_at: Option<Time>,
    pub store: Option<String>,
    pub customers: i64,
    pub lost: i64,
}

#[derive(Clone, Debug)]
pub struct ContactRow {
    pub id: String,
    pub num: PersonNum,
    pub unionid: String,
    pub name: String,
    pub avatar: String,
    /// 1 WeChat, 2 WeCom of another corp.
    pub kind: i64,
    pub corp_name: String,
    pub follows: Vec<FollowRow>,
    pub groups: Vec<MembershipRow>,
}

#[derive(Clone, Debug)]
pub struct MembershipRow {
    pub chat: String,
    pub name: String,
    pub join_at: Time,
    pub state: String,
    pub left_at: Option<Time>,
}

#[derive(Clone, Debug)]
pub struct FollowRow {
    pub staff: String,
    pub userid: String,
    pub staff_name: String,
    pub remark: String,
    pub description: String,
    pub company: String,
    pub mobiles: Vec<String>,
    pub add_way: i64,
    pub state: String,
    pub created_at: Time,
    /// `friends`, `half` or `lost`.
    pub status: &'static str,
    pub lost_at: Option<Time>,
    pub lost_by: Option<String>,
    pub tags: Vec<TagRow>,
    /// Whether a change made here has yet to reach WeCom.
    pub pending: bool,
}

#[derive(Clone, Debug)]
pub struct TagRow {
    pub id: String,
    pub name: String,
    /// The tag of ours.
    pub local_id: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct GroupQuery {
    pub owner: Option<String>,
    /// Only groups of these owners' keys; all when `None`.
    pub owners: Option<Vec<String>>,
    /// Part of the name.
    pub text: Option<String>,
    pub dismissed: bool,
    pub after: Option<String>,
    pub limit: i64,
}

#[derive(Clone, Debug)]
pub struct GroupRow {
    pub id: String,
    pub name: String,
    pub owner: String,
    pub owner_name: String,
    pub notice: String,
    pub status: i64,
    pub created_at: Time,
    pub dismissed_at: Option<Time>,
    pub members: i64,
    /// Members from outside.
    pub customers: i64,
}

#[derive(Clone, Debug)]
pub struct MemberRow {
    pub userid: String,
    /// 1 staff, 2 from outside.
    pub kind: i64,
    pub num: Option<PersonNum>,
    pub name: String,
    pub nickname: String,
    pub join_at: Time,
    pub join_scene: i64,
    pub invitor: String,
    pub state: String,
    pub left_at: Option<Time>,
}

#[derive(Clone, Debug)]
pub struct ConflictRow {
    pub id: i64,
    pub at: Time,
    pub kind: String,
    pub contact: String,
    pub num: Option<PersonNum>,
    pub name: String,
    pub staff: String,
    pub tag: String,
    /// `here` or `wecom`.
    pub winner: String,
    pub reason: String,
    pub detail: String,
}

fn part(text: &Option<String>) -> String {
    let safe = text.as_deref().unwrap_or_default().trim().to_lowercase();
    format!("%{}%", safe.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

fn group_row(row: RowRef<'_>) -> Result<GroupRow, DbError> {
    Ok(GroupRow {
        id: row.text(0)?,
        name: row.text(1)?,
        owner: row.text(2)?,
        owner_name: row.text(3)?,
        notice: row.text(4)?,
        status: row.int(5)?,
        created_at: row.time(6)?,
        dismissed_at: row.opt_time(7)?,
        members: row.int(8)?,
        customers: row.int(9)?,
    })
}

const GROUP: &str = "SELECT g.id, g.name, COALESCE(s.userid, g.owner), COALESCE(s.name, ''), g.notice, g.status, g.created_at, g.dismissed_at,
    (SELECT COUNT(*) FROM wecom_member m WHERE m.chat = g.id AND m.left_at IS NULL),
    (SELECT COUNT(*) FROM wecom_member m WHERE m.chat = g.id AND m.left_at IS NULL AND m.kind = 2)
  FROM wecom_group g LEFT JOIN wecom_staff s ON s.key = g.owner";

impl Contacts {
    pub fn departments(&self, tx: &mut Tx<'_>) -> Result<Vec<DepartmentRow>, Refusal> {
        let mut counts: FxHashMap<i64, i64> = FxHashMap::default();
        tx.each("SELECT departments FROM wecom_staff WHERE gone_at IS NULL", &[], |row| {
            let all: Vec<i64> = serde_json::from_str(&row.text(0)?).unwrap_or_default();
            all.into_iter().for_each(|id| *counts.entry(id).or_default() += 1);
            Ok(())
        })?;
        Ok(tx.query(
            "SELECT id, name, parent, leaders, store, chosen FROM wecom_department WHERE gone_at IS NULL ORDER BY parent, sort DESC, id",
            &[],
            |row| {
                let id = row.int(0)?;
                Ok(DepartmentRow {
                    id,
                    name: row.text(1)?,
                    parent: row.int(2)?,
                    leaders: serde_json::from_str(&row.text(3)?).unwrap_or_default(),
                    store: row.opt_text(4)?,
                    chosen: row.opt_text(5)?.is_some(),
                    staff: counts.get(&id).copied().unwrap_or(0),
                })
            },
        )?)
    }

    pub fn has_staff(&self, tx: &mut Tx<'_>, userid: &str) -> Result<bool, Refusal> {
        let sql = "SELECT 1 FROM wecom_staff WHERE key = $1 AND gone_at IS NULL";
        Ok(tx.opt(sql, params![&key(userid)], |row| row.int(0))?.is_some())
    }
    /// In the order of their keys.
    pub fn staff(&self, tx: &mut Tx<'_>, query: &StaffQuery) -> Result<Vec<StaffRow>, Refusal> {
        let department = query.department.map_or_else(String::new, |id| id.to_string());
        let within = match tx.engine() {
            siyu_db::Engine::Sqlite => {
                "EXISTS (SELECT 1 FROM json_each(s.departments) d WHERE d.value = CAST($4 AS BIGINT))"
            }
            siyu_db::Engine::Postgres => "s.departments::jsonb @> jsonb_build_array(CAST(NULLIF($4, '') AS BIGINT))",
        };
        let sql = format!(
            "SELECT s.key, s.userid, s.name, s.departments, s.position, s.status, s.serves, s.gone_at, s.store,
               (SELECT COUNT(*) FROM wecom_follow f WHERE f.staff = s.key AND f.status = 0), (SELECT COUNT(*) FROM wecom_follow f WHERE f.staff = s.key AND f.status = 2)
             FROM wecom_staff s WHERE s.key > $1 AND (LOWER(s.name) LIKE $2 ESCAPE '\\' OR s.key LIKE $2 ESCAPE '\\') AND ($3 = 0 OR s.serves = 1)
               AND ($4 = '' OR {within}) AND ($5 = 1 OR s.gone_at IS NULL) AND ($7 = 0 OR {}) ORDER BY s.key LIMIT $6",
            tx.any("s.key", 8)
        );
        let only = query.only.clone().unwrap_or_default();
        let after = query.after.clone().unwrap_or_default();
        let text = part(&query.text);
        let params = params![
            &after,
            &text,
            i64::from(query.serving),
            &department,
            i64::from(query.gone),
            query.limit.clamp(1, 200),
            i64::from(query.only.is_some()),
            &only
        ];
        let rows = tx.query(&sql, params, |row| {
            let departments: Vec<i64> = serde_json::from_str(&row.text(3)?).unwrap_or_default();
            Ok(StaffRow {
                key: row.text(0)?,
                userid: row.text(1)?,
                name: row.text(2)?,
                departments,
                position: row.text(4)?,
                status: row.int(5)?,
                serves: row.flag(6)?,
                gone_at: row.opt_time(7)?,
                store: Some(row.text(8)?).filter(|store| !store.is_empty()),
                customers: row.int(9)?,
                lost: row.int(10)?,
            })
        })?;
        Ok(rows)
    }

    /// The customers a person is, with their relations, those that are lost included.
    pub fn contacts_of(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<Vec<ContactRow>, Refusal> {
        let nodes: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let sql = format!(
            "SELECT id, num, unionid, name, avatar, kind, corp_name FROM wecom_contact WHERE {} ORDER BY id",
            tx.any("num", 1)
        );
        let mut contacts = tx.query(&sql, params![&nodes], |row| {
            Ok(ContactRow {
                id: row.text(0)?,
                num: row.num(1)?,
                unionid: row.text(2)?,
                name: row.text(3)?,
                avatar: row.text(4)?,
                kind: row.int(5)?,
                corp_name: row.text(6)?,
                follows: Vec::new(),
                groups: Vec::new(),
            })
        })?;
        for contact in &mut contacts {
            contact.follows = self.follows_of(tx, &contact.id)?;
            contact.groups = tx.query(
                "SELECT m.chat, g.name, m.join_at, m.state, m.left_at FROM wecom_member m JOIN wecom_group g ON g.id = m.chat WHERE m.userid = $1 ORDER BY m.join_at, m.chat",
                params![&contact.id],
                |row| {
                    Ok(MembershipRow {
                        chat: row.text(0)?,
                        name: row.text(1)?,
                        join_at: row.time(2)?,
                        state: row.text(3)?,
                        left_at: row.opt_time(4)?,
                    })
                },
            )?;
        }
        Ok(contacts)
    }
    fn follows_of(&self, tx: &mut Tx<'_>, contact: &str) -> Result<Vec<FollowRow>, Refusal> {
        let rows = tx.query(
            "SELECT f.staff, COALESCE(s.userid, f.staff), COALESCE(s.name, ''), f.remark, f.description, f.company, f.mobiles, f.add_way, f.state, f.created_at, f.status, f.lost_at, f.lost_by,
               EXISTS (SELECT 1 FROM wecom_outgoing o WHERE o.contact = f.contact AND o.staff = f.staff AND o.state = 'waiting')
             FROM wecom_follow f LEFT JOIN wecom_staff s ON s.key = f.staff WHERE f.contact = $1 ORDER BY f.status, f.created_at, f.staff",
            params![contact],
            |row| {
                let follow = FollowRow {
                    staff: row.text(0)?,
                    userid: row.text(1)?,
                    staff_name: row.text(2)?,
                    remark: row.text(3)?,
                    description: row.text(4)?,
                    company: row.text(5)?,
                    mobiles: Vec::new(),
                    add_way: row.int(7)?,
                    state: row.text(8)?,
                    created_at: row.time(9)?,
                    status: ["friends", "half", "lost"].get(row.int(10)? as usize).copied().unwrap_or("lost"),
                    lost_at: row.opt_time(11)?,
                    lost_by: row.opt_text(12)?,
                    tags: Vec::new(),
                    pending: row.flag(13)?,
                };
                Ok((follow, row.opt_blob(6)?))
            },
        )?;
        let tags = tx.query(
            "SELECT t.staff, t.tag, COALESCE(w.name, ''), w.local_id FROM wecom_follow_tag t LEFT JOIN wecom_tag w ON w.id = t.tag WHERE t.contact = $1 ORDER BY t.tag",
            params![contact],
            |row| Ok((row.text(0)?, TagRow { id: row.text(1)?, name: row.text(2)?, local_id: row.opt_text(3)? })),
        )?;
        rows.into_iter()
            .map(|(mut follow, sealed)| {
                if let Some(sealed) = sealed {
                    follow.mobiles = self.opened_mobiles(&sealed)?;
                }
                follow.tags =
                    tags.iter().filter(|(staff, _)| *staff == follow.staff).map(|(_, tag)| tag.clone()).collect();
                Ok(follow)
            })
            .collect()
    }

    /// In the order of their ids.
    pub fn groups(&self, tx: &mut Tx<'_>, query: &GroupQuery) -> Result<Vec<GroupRow>, Refusal> {
        let sql = format!(
            "{GROUP} WHERE g.id > $1 AND ($2 = '' OR g.owner = $2) AND LOWER(g.name) LIKE $3 ESCAPE '\\' AND ($4 = 1 OR g.dismissed_at IS NULL) AND ($6 = 0 OR {}) ORDER BY g.id LIMIT $5",
            tx.any("g.owner", 7)
        );
        let owners = query.owners.clone().unwrap_or_default();
        let after = query.after.clone().unwrap_or_default();
        let owner = query.owner.as_deref().map(key).unwrap_or_default();
        let text = part(&query.text);
        let params = params![
            &after,
            &owner,
            &text,
            i64::from(query.dismissed),
            query.limit.clamp(1, 200),
            i64::from(query.owners.is_some()),
            &owners
        ];
        Ok(tx.query(&sql, params, group_row)?)
    }
    pub fn group(&self, tx: &mut Tx<'_>, id: &str) -> Result<GroupRow, Refusal> {
        tx.opt(&format!("{GROUP} WHERE g.id = $1"), params![id], group_row)?.ok_or_else(refuse::group_unknown)
    }
    /// In the order of their ids; those who have left when `left`.
    pub fn members(
        &self,
        tx: &mut Tx<'_>,
        chat: &str,
        left: bool,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<MemberRow>, Refusal> {
        self.group(tx, chat)?;
        Ok(tx.query(
            "SELECT m.userid, m.kind, m.num, CASE WHEN m.name = '' THEN COALESCE(s.name, '') ELSE m.name END, m.nickname, m.join_at, m.join_scene, m.invitor, m.state, m.left_at
             FROM wecom_member m LEFT JOIN wecom_staff s ON s.key = m.userid WHERE m.chat = $1 AND m.userid > $2 AND ($3 = 1 OR m.left_at IS NULL) ORDER BY m.userid LIMIT $4",
            params![chat, after.unwrap_or_default(), i64::from(left), limit.clamp(1, 500)],
            |row| {
                Ok(MemberRow {
                    userid: row.text(0)?,
                    kind: row.int(1)?,
                    num: row.opt_int(2)?.and_then(|num| PersonNum::try_from(num).ok()),
                    name: row.text(3)?,
                    nickname: row.text(4)?,
                    join_at: row.time(5)?,
                    join_scene: row.int(6)?,
                    invitor: row.text(7)?,
                    state: row.text(8)?,
                    left_at: row.opt_time(9)?,
                })
            },
        )?)
    }
    /// The newest first, those before `before`.
    pub fn conflicts(&self, tx: &mut Tx<'_>, before: Option<i64>, limit: i64) -> Result<Vec<ConflictRow>, Refusal> {
        Ok(tx.query(
            "SELECT k.id, k.at, k.kind, k.contact, COALESCE(c.name, ''), COALESCE(s.userid, k.staff), COALESCE(t.name, ''), k.winner, k.reason, k.detail, c.num
             FROM wecom_conflict k LEFT JOIN wecom_contact c ON c.id = k.contact LEFT JOIN wecom_staff s ON s.key = k.staff LEFT JOIN wecom_tag t ON t.id = k.tag
             WHERE k.id < $1 ORDER BY k.id DESC LIMIT $2",
            params![before.unwrap_or(i64::MAX), limit.clamp(1, 200)],
            |row| {
                Ok(ConflictRow {
                    id: row.int(0)?,
                    at: row.time(1)?,
                    kind: row.text(2)?,
                    contact: row.text(3)?,
                    name: row.text(4)?,
                    staff: row.text(5)?,
                    tag: row.text(6)?,
                    winner: row.text(7)?,
                    reason: row.text(8)?,
                    detail: row.text(9)?,
                    num: row.opt_int(10)?.and_then(|num| PersonNum::try_from(num).ok()),
                })
            },
        )?)
    }
}
