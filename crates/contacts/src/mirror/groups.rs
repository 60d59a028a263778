//! Customer groups and who is in them.

use crate::Contacts;
use crate::events::{Happening, SOURCE, names};
use crate::forget::is_after;
use crate::rows::{clean, json, key, places, text, time};
use rustc_hash::FxHashMap;
use siyu_db::{Param, Tx, params};
use siyu_kernel::{Identifier, Kind, PersonNum, Refusal, Time};
use siyu_wecom::{GroupChat, GroupMember, GroupRow};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    kind: i64,
    num: Option<PersonNum>,
    unionid: String,
    name: String,
    nickname: String,
    join: Time,
    scene: i64,
    invitor: String,
    state: String,
    left: Option<Time>,
}

/// WeCom's ids of people outside are told from userids by the case of their letters: only those of staff are folded.
fn member_key(member: &GroupMember) -> String {
    if member.kind == 1 { key(&member.userid) } else { member.userid.clone() }
}

impl Contacts {
    /// A page of the list: what is there, to be read one by one by the sync `seen`.
    pub(crate) fn list_groups(&self, tx: &mut Tx<'_>, page: &[GroupRow], seen: i64) -> Result<(), Refusal> {
        let once: BTreeMap<&str, i64> =
            page.iter().filter(|own| !own.chat_id.is_empty()).map(|own| (own.chat_id.as_str(), own.status)).collect();
        let rows: Vec<[Param<'_>; 4]> =
            once.iter().map(|(id, status)| [(*id).into(), (*status).into(), seen.into(), seen.into()]).collect();
        let rows: Vec<[Param<'_>; 11]> = rows
            .into_iter()
            .map(|[id, status, seen, due]| {
                let none = Param::Text("");
                [id, none, none, none, Param::Text("[]"), none, status, 0i64.into(), 0i64.into(), seen, due]
            })
            .collect();
        tx.bulk(
            "INSERT INTO wecom_group (id, name, owner, notice, admins, version, status, created_at, read_at, seen, due)",
            "ON CONFLICT (id) DO UPDATE SET status = excluded.status, seen = excluded.seen, due = excluded.due, dismissed_at = NULL",
            &rows,
        )?;
        Ok(())
    }

    /// Makes a group equal to what was read at `read_at`. `gone_by`: how members went whom this reading misses, when a callback said so.
    pub(crate) fn put_group(
        &self,
        tx: &mut Tx<'_>,
        group: &GroupChat,
        seen: i64,
        read_at: Time,
        gone_by: &str,
        now: Time,
    ) -> Result<(), Refusal> {
        let gone = self.forgotten(tx, group.member_list.iter().map(|own| own.userid.as_str()))?;
        let mut group = group.clone();
        group.member_list.retain(|own| is_after(own.join_time, gone.get(&own.userid)));
        let (group, id) = (&group, &group.chat_id);
        let old = tx.opt("SELECT read_at FROM wecom_group WHERE id = $1", params![id], |row| row.time(0))?;
        if old.is_some_and(|old| old > read_at) {
            tx.execute("UPDATE wecom_group SET due = NULL WHERE id = $1", params![id])?;
            return Ok(());
        }
        let owner = key(&group.owner);
        let admins: Vec<String> = group.admin_list.iter().map(|own| key(&own.userid)).collect();
        tx.execute(
            "INSERT INTO wecom_group (id, name, owner, notice, admins, version, status, created_at, read_at, seen) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, owner = excluded.owner, notice = excluded.notice, admins = excluded.admins, version = excluded.version,
               created_at = excluded.created_at, read_at = excluded.read_at, seen = excluded.seen, dismissed_at = NULL, due = NULL",
            params![id, &clean(&group.name, 128), &owner, &clean(&text(&group.notice), 2048), &json(&admins)?, &text(&group.member_version), time(group.create_time), read_at, seen],
        )?;
        let before = members(tx, id)?;
        let nums = self.member_people(tx, group, &before, now)?;
        let store = places(tx, std::slice::from_ref(&owner))?.remove(&owner).unwrap_or_default();
        let (mut rows, mut events, mut told) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        for own in group.member_list.iter().filter(|own| !own.userid.is_empty()) {
            let userid = member_key(own);
            told.insert(userid.clone());
            let new = Member {
                kind: own.kind,
                num: nums.get(&userid).copied(),
                unionid: text(&own.unionid),
                name: clean(&text(&own.name), 128),
                nickname: clean(&text(&own.group_nickname), 128),
                join: time(own.join_time),
                scene: own.join_scene,
                invitor: own.invitor.as_ref().map(|own| key(&own.userid)).unwrap_or_default(),
                state: text(&own.state),
                left: None,
            };
            let old = before.get(&userid);
            if old == Some(&new) {
                continue;
            }
            if let Some(old) = old.filter(|old| old.left.is_none() && old.join < new.join) {
                events.extend(left_event(group, &userid, old, &store.store, "unknown", new.join));
            }
            if let Some(person) = new.num.filter(|_| old.is_none_or(|old| old.left.is_some() || old.join < new.join)) {
                let event = Happening::new(names::JOINED, person, new.join, &[id, &userid, &new.join.0.to_string()]);
                events.push(
                    event
                        .with("group", id)
                        .with("group_name", &group.name)
                        .with("channel", &new.state)
                        .with("staff", if new.invitor.is_empty() { &store.userid } else { &new.invitor })
                        .with("store", &store.store)
                        .with(
                            "scene",
                            match new.scene {
                                1 => "invited",
                                2 => "link",
                                3 => "code",
                                _ => "",
                            },
                        ),
                );
            }
            rows.insert(userid, new);
        }
        for (userid, old) in before.iter().filter(|(userid, old)| old.left.is_none() && !told.contains(*userid)) {
            events.extend(left_event(group, userid, old, &store.store, gone_by, now));
            rows.insert(userid.clone(), Member { left: Some(now), ..old.clone() });
        }
        put_members(tx, id, &rows)?;
        self.append(tx, events, now)?;
        Ok(())
    }

    /// A group that is no more: everybody in it has left.
    pub(crate) fn dismiss_group(&self, tx: &mut Tx<'_>, id: &str, at: Time, now: Time) -> Result<(), Refusal> {
        let row =
            tx.opt("SELECT name, owner FROM wecom_group WHERE id = $1 AND dismissed_at IS NULL", params![id], |row| {
                Ok((row.text(0)?, row.text(1)?))
            })?;
        let Some((name, owner)) = row else {
            tx.execute("UPDATE wecom_group SET due = NULL WHERE id = $1", params![id])?;
            return Ok(());
        };
        tx.execute(
            "UPDATE wecom_group SET dismissed_at = $2, due = NULL, read_at = $3 WHERE id = $1",
            params![id, at, now],
        )?;
        let group = GroupChat { chat_id: id.to_owned(), name, owner: owner.clone(), ..GroupChat::default() };
        let store = places(tx, std::slice::from_ref(&owner))?.remove(&owner).unwrap_or_default();
        let mut rows = BTreeMap::new();
        let mut events = Vec::new();
        for (userid, old) in members(tx, id)?.into_iter().filter(|(_, old)| old.left.is_none()) {
            events.extend(left_event(&group, &userid, &old, &store.store, "dismissed", at));
            rows.insert(userid, Member { left: Some(at), ..old });
        }
        put_members(tx, id, &rows)?;
        self.append(tx, events, now)?;
        Ok(())
    }

    /// The people of members from outside, by their ids.
    fn member_people(
        &self,
        tx: &mut Tx<'_>,
        group: &GroupChat,
        before: &BTreeMap<String, Member>,
        now: Time,
    ) -> Result<FxHashMap<String, PersonNum>, Refusal> {
        let mut nums: FxHashMap<String, PersonNum> = FxHashMap::default();
        let (mut asked, mut incoming) = (Vec::new(), Vec::new());
        for own in group.member_list.iter().filter(|own| own.kind == 2 && !own.userid.is_empty()) {
            let old = before.get(&own.userid);
            if let Some((num, old)) = old.and_then(|old| Some((old.num?, old))) {
                nums.insert(own.userid.clone(), num);
                if old.unionid == text(&own.unionid) {
                    continue;
                }
            }
            let mut all = vec![Identifier::new(Kind::ExternalUserId, &own.userid)];
            all.extend(own.unionid.as_deref().map(|own| Identifier::new(Kind::UnionId, own)));
            incoming.push(self.inner.people.prepare(all.into_iter().flatten(), time(own.join_time)));
            asked.push(own);
        }
        let resolved = self.inner.people.resolve(tx, &incoming, SOURCE, now)?;
        let (mut merges, mut traits) = (Vec::new(), Vec::new());
        for (own, resolved) in asked.into_iter().zip(resolved) {
            let Some(resolved) = resolved else { continue };
            merges.extend(resolved.merges);
            let name = clean(&text(&own.name), 128);
            if resolved.created && !name.is_empty() {
                traits.push(siyu_people::TraitIn {
                    num: resolved.node,
                    name: "name".to_owned(),
                    value: name.into(),
                    at: time(own.join_time),
                });
            }
            nums.entry(own.userid.clone()).or_insert(resolved.node);
        }
        if !merges.is_empty() {
            self.inner.around.merged(tx, &merges)?;
        }
        self.inner.people.set_traits(tx, &traits, SOURCE, now)?;
        Ok(nums)
    }
}

fn left_event(group: &GroupChat, userid: &str, old: &Member, store: &str, by: &str, at: Time) -> Option<Happening> {
    let event = Happening::new(names::LEFT, old.num?, at, &[&group.chat_id, userid, &old.join.0.to_string()]);
    let days = at.0.saturating_sub(old.join.0).max(0) / 86_400_000_000;
    Some(
        event
            .with("group", &group.chat_id)
            .with("group_name", &group.name)
            .with("channel", &old.state)
            .with("store", store)
            .with("by", by)
            .number("days", days),
    )
}

fn members(tx: &mut Tx<'_>, chat: &str) -> Result<BTreeMap<String, Member>, Refusal> {
    let rows = tx.query(
        "SELECT userid, kind, num, unionid, name, nickname, join_at, join_scene, invitor, state, left_at FROM wecom_member WHERE chat = $1",
        params![chat],
        |row| {
            let member = Member {
                kind: row.int(1)?,
                num: row.opt_int(2)?.and_then(|num| PersonNum::try_from(num).ok()),
                unionid: row.text(3)?,
                name: row.text(4)?,
                nickname: row.text(5)?,
                join: row.time(6)?,
                scene: row.int(7)?,
                invitor: row.text(8)?,
                state: row.text(9)?,
                left: row.opt_time(10)?,
            };
            Ok((row.text(0)?, member))
        },
    )?;
    Ok(rows.into_iter().collect())
}

fn put_members(tx: &mut Tx<'_>, chat: &str, rows: &BTreeMap<String, Member>) -> Result<(), Refusal> {
    let rows: Vec<[Param<'_>; 12]> = rows
        .iter()
        .map(|(userid, own)| {
            [
                chat.into(),
                userid.into(),
                own.kind.into(),
                own.num.into(),
                (&own.unionid).into(),
                (&own.name).into(),
                (&own.nickname).into(),
                own.join.into(),
                own.scene.into(),
                (&own.invitor).into(),
                (&own.state).into(),
                own.left.into(),
            ]
        })
        .collect();
    tx.bulk(
        "INSERT INTO wecom_member (chat, userid, kind, num, unionid, name, nickname, join_at, join_scene, invitor, state, left_at)",
        "ON CONFLICT (chat, userid) DO UPDATE SET kind = excluded.kind, num = excluded.num, unionid = excluded.unionid, name = excluded.name, nickname = excluded.nickname,
           join_at = excluded.join_at, join_scene = excluded.join_scene, invitor = excluded.invitor, state = excluded.state, left_at = excluded.left_at",
        &rows,
    )?;
    Ok(())
}
