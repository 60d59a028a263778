//! The corp's tags, each with a tag of ours that stands for it.

use crate::Contacts;
use crate::events::SOURCE;
use crate::rows::{clean, time};
use rustc_hash::FxHashMap;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_people::{TagIn, TagKind, TagMark, TagPatch};
use siyu_wecom::TagGroup;

/// In front of the names of groups that came from WeCom, so that they are told from groups made here.
const PREFIX: &str = "企微·";

struct Mirrored {
    name: String,
    local: Option<i64>,
    local_id: Option<String>,
    gone: bool,
}

impl Contacts {
    /// Makes the library equal to what was read: all of it when `whole`.
    pub(crate) fn put_tags(&self, tx: &mut Tx<'_>, groups: &[TagGroup], whole: bool, now: Time) -> Result<(), Refusal> {
        for group in groups.iter().filter(|group| !group.group_id.is_empty()) {
            let local = self.local_group(tx, group, now)?;
            tx.execute(
                "INSERT INTO wecom_tag_group (id, name, sort, created_at, local) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, sort = excluded.sort, created_at = excluded.created_at, local = excluded.local, gone_at = NULL",
                params![&group.group_id, &clean(&group.group_name, 128), group.order, time(group.create_time), &local],
            )?;
            for tag in group.tag.iter().filter(|tag| !tag.id.is_empty() && !tag.deleted.unwrap_or(false)) {
                self.put_tag(tx, group, tag, local.as_deref(), now)?;
            }
        }
        if whole {
            let tags: Vec<String> = groups.iter().flat_map(|group| &group.tag).map(|tag| tag.id.clone()).collect();
            let ids: Vec<String> = groups.iter().map(|group| group.group_id.clone()).collect();
            for (table, kept) in [("wecom_tag", &tags), ("wecom_tag_group", &ids)] {
                let sql =
                    format!("UPDATE {table} SET gone_at = $2 WHERE gone_at IS NULL AND NOT ({})", tx.any("id", 1));
                tx.execute(&sql, params![kept, now])?;
            }
        }
        Ok(())
    }

    /// Our group for one of WeCom's; `None` when its name cannot be a group's here.
    fn local_group(&self, tx: &mut Tx<'_>, group: &TagGroup, now: Time) -> Result<Option<String>, Refusal> {
        let people = &self.inner.people;
        let name = clean(&format!("{PREFIX}{}", group.group_name.trim()), 40);
        let known = tx.opt(
            "SELECT g.id, g.name FROM wecom_tag_group w JOIN tag_group g ON g.id = w.local WHERE w.id = $1",
            params![&group.group_id],
            |row| Ok((row.text(0)?, row.text(1)?)),
        )?;
        if let Some((id, old)) = known {
            // A name that is taken by another group stays as it was: what counts is which tags are in it.
            if old != name && people.rename_group(tx, &id, &name).is_err() {
                tracing::debug!("a tag group of WeCom keeps its old name here: the new one is taken");
            }
            return Ok(Some(id));
        }
        let taken = tx.opt("SELECT id FROM tag_group WHERE name = $1", params![&name], |row| row.text(0))?;
        match taken {
            Some(id) => Ok(Some(id)),
            None => Ok(people.create_group(tx, &name, now).ok().map(|made| made.id)),
        }
    }

    fn put_tag(
        &self,
        tx: &mut Tx<'_>,
        group: &TagGroup,
        tag: &siyu_wecom::Tag,
        local_group: Option<&str>,
        now: Time,
    ) -> Result<(), Refusal> {
        let people = &self.inner.people;
        let name = clean(tag.name.trim(), 40);
        let old =
            tx.opt("SELECT name, local, local_id, gone_at FROM wecom_tag WHERE id = $1", params![&tag.id], |row| {
                Ok(Mirrored {
                    name: row.text(0)?,
                    local: row.opt_int(1)?,
                    local_id: row.opt_text(2)?,
                    gone: row.opt_int(3)?.is_some(),
                })
            })?;
        let standing = match old.as_ref().and_then(|old| old.local_id.clone()) {
            Some(id) => people.tag(tx, &id).ok().map(|own| (id, own.num)),
            None => None,
        };
        let linked = match (&standing, local_group) {
            (Some((id, num)), _) => {
                let renamed = old.as_ref().is_some_and(|old| old.name != name);
                let patch = TagPatch { name: Some(name.clone()), ..TagPatch::default() };
                if renamed {
                    self.give_way(tx, &tag.id, now)?;
                }
                if renamed && people.patch_tag(tx, id, &patch, now).is_err() {
                    tracing::debug!("a tag of WeCom keeps its old name here: the new one is taken");
                }
                Some((id.clone(), *num))
            }
            (None, Some(local_group)) => self.link_tag(tx, local_group, &name, now)?,
            (None, None) => None,
        };
        let (local_id, local) = linked.map_or((None, None), |(id, num)| (Some(id), Some(num)));
        tx.execute(
            "INSERT INTO wecom_tag (id, group_id, name, sort, created_at, local, local_id) VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (id) DO UPDATE SET group_id = excluded.group_id, name = excluded.name, sort = excluded.sort, created_at = excluded.created_at,
               local = excluded.local, local_id = excluded.local_id, gone_at = NULL",
            params![&tag.id, &group.group_id, &name, tag.order, time(tag.create_time), local, &local_id],
        )?;
        let was = old.filter(|old| !old.gone).and_then(|old| old.local);
        match local {
            Some(local) if was != Some(local) => self.fill_tag(tx, &tag.id, local, now),
            _ => Ok(()),
        }
    }
    /// A tag of ours with this name, made when there is none. A rule's tag is given by its rule alone and cannot stand for another.
    fn link_tag(&self, tx: &mut Tx<'_>, group: &str, name: &str, now: Time) -> Result<Option<(String, i64)>, Refusal> {
        let sql = "SELECT id, num, kind FROM tag WHERE group_id = $1 AND name = $2";
        let taken = tx.opt(sql, params![group, name], |row| Ok((row.text(0)?, row.int(1)?, row.text(2)?)))?;
        if let Some((id, num, kind)) = taken {
            return Ok((kind != TagKind::Rule.name()).then_some((id, num)));
        }
        let tag = TagIn {
            group: group.to_owned(),
            name: name.to_owned(),
            color: "blue".to_owned(),
            kind: TagKind::Manual,
            description: "企业微信标签".to_owned(),
            rule: None,
            ttl_days: None,
        };
        Ok(self.inner.people.create_tag(tx, &tag, now).ok().map(|made| (made.id, made.num)))
    }
    /// Gives a tag that has just been linked to those whose relations have carried it already.
    fn fill_tag(&self, tx: &mut Tx<'_>, tag: &str, local: i64, now: Time) -> Result<(), Refusal> {
        let people: Vec<PersonNum> = tx.query(
            "SELECT DISTINCT c.num FROM wecom_follow_tag t JOIN wecom_follow f ON f.contact = t.contact AND f.staff = t.staff AND f.status = 0
             JOIN wecom_contact c ON c.id = t.contact WHERE t.tag = $1",
            params![tag],
            |row| row.num(0),
        )?;
        let mark = TagMark { by: SOURCE, source: SOURCE, why: "", expires_at: None };
        self.inner.people.give_tag(tx, local, &people, &mark, now).map(drop)
    }

    /// Takes marks of tags that WeCom has deleted from relations and people, at most `limit`. Answers how many.
    pub(crate) fn drop_gone_marks(&self, tx: &mut Tx<'_>, limit: i64, now: Time) -> Result<usize, Refusal> {
        let rows = tx.query(
            "SELECT f.contact, f.staff, f.tag, w.local, c.num FROM wecom_tag w JOIN wecom_follow_tag f ON f.tag = w.id JOIN wecom_contact c ON c.id = f.contact
             WHERE w.gone_at IS NOT NULL ORDER BY f.tag, f.contact LIMIT $1",
            params![limit],
            |row| Ok((row.text(0)?, row.text(1)?, row.text(2)?, row.opt_int(3)?, row.num(4)?)),
        )?;
        let mut people: FxHashMap<i64, Vec<PersonNum>> = FxHashMap::default();
        for (contact, staff, tag, local, num) in &rows {
            tx.execute(
                "DELETE FROM wecom_follow_tag WHERE contact = $1 AND staff = $2 AND tag = $3",
                params![contact, staff, tag],
            )?;
            if let Some(local) = local {
                people.entry(*local).or_default().push(*num);
            }
        }
        let mark = TagMark { by: SOURCE, source: SOURCE, why: "deleted in WeCom", expires_at: None };
        for (tag, nums) in people {
            let roots = self.inner.people.roots(tx, &nums)?;
            let nodes: Vec<PersonNum> =
                self.inner.people.nodes_of(tx, &roots)?.into_iter().map(|(node, _)| node).collect();
            self.inner.people.take_tag(tx, tag, &nodes, &mark, now)?;
        }
        if (rows.len() as i64) < limit {
            // From here on the tag of ours is one like any other.
            tx.execute(
                "UPDATE wecom_tag SET local = NULL, local_id = NULL WHERE gone_at IS NOT NULL AND local IS NOT NULL",
                &[],
            )?;
        }
        Ok(rows.len())
    }
}
