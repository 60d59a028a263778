//! Tags and their groups.

use crate::People;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use siyu_db::{DbError, Engine, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time, new_id};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TagKind {
    Manual,
    /// Given and taken by its rule; people cannot change it by hand.
    Rule,
    Imported,
}

#[derive(Clone, Debug)]
pub struct TagGroup {
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug)]
pub struct Tag {
    pub id: String,
    pub num: i64,
    pub group_id: String,
    pub group: String,
    pub name: String,
    pub color: String,
    pub kind: TagKind,
    pub description: String,
    /// JSON text; the layer above knows its language.
    pub rule: Option<String>,
    pub ttl_days: Option<i64>,
    pub evaluated_at: Option<Time>,
}

#[derive(Clone, Debug)]
pub struct TagIn {
    /// A group's id, or the name of one (made when missing).
    pub group: String,
    pub name: String,
    pub color: String,
    pub kind: TagKind,
    pub description: String,
    pub rule: Option<String>,
    pub ttl_days: Option<i64>,
}

#[derive(Clone, Debug, Default)]
pub struct TagPatch {
    pub group: Option<String>,
    pub name: Option<String>,
    pub color: Option<String>,
    pub description: Option<String>,
    pub rule: Option<String>,
    pub ttl_days: Option<Option<i64>>,
}

impl TagKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Rule => "rule",
            Self::Imported => "imported",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Manual, Self::Rule, Self::Imported].into_iter().find(|kind| kind.name() == name)
    }
}

const TAG: &str = "SELECT t.id, t.num, t.group_id, g.name, t.name, t.color, t.kind, t.description, t.rule, t.ttl_days, t.evaluated_at FROM tag t JOIN tag_group g ON g.id = t.group_id";
/// Rows that a merged person has beyond the first: only they make rows and people two numbers, and they are few.
const MERGED_TWICE: &str = "COUNT(*) - COUNT(DISTINCT p.root) FROM person p";
const OF_MERGED: &str =
    "WHERE p.num IN (SELECT num FROM person WHERE root <> num UNION SELECT root FROM person WHERE root <> num)";
const COLORS: [&str; 12] =
    ["default", "red", "volcano", "orange", "gold", "lime", "green", "cyan", "blue", "geekblue", "purple", "magenta"];

impl People {
    pub fn tag_groups(&self, tx: &mut Tx<'_>) -> Result<Vec<TagGroup>, DbError> {
        tx.query("SELECT id, name FROM tag_group ORDER BY created_at, id", &[], |row| {
            Ok(TagGroup { id: row.text(0)?, name: row.text(1)? })
        })
    }
    pub fn tags(&self, tx: &mut Tx<'_>) -> Result<Vec<Tag>, DbError> {
        tx.query(&format!("{TAG} ORDER BY g.created_at, t.created_at, t.num"), &[], tag_row)
    }
    pub fn tag(&self, tx: &mut Tx<'_>, id: &str) -> Result<Tag, Refusal> {
        let found = tx.opt(&format!("{TAG} WHERE t.id = $1"), params![id], tag_row)?;
        found.ok_or_else(|| Refusal::not_found("tag_unknown", "There is no such tag.", "没有该标签。"))
    }
    pub fn tag_named(&self, tx: &mut Tx<'_>, name: &str) -> Result<Option<Tag>, DbError> {
        tx.opt(&format!("{TAG} WHERE t.name = $1 ORDER BY t.num"), params![name], tag_row)
    }
    /// People who carry each tag: (tag's number, people). Reads every row.
    pub fn tag_counts(&self, tx: &mut Tx<'_>) -> Result<Vec<(i64, i64)>, DbError> {
        let all = tx.query("SELECT tag, COUNT(*) FROM person_tag GROUP BY tag ORDER BY tag", &[], |row| {
            Ok((row.int(0)?, row.int(1)?))
        })?;
        let more = tx.query(
            &format!("SELECT t.tag, {MERGED_TWICE} JOIN person_tag t ON t.num = p.num {OF_MERGED} GROUP BY t.tag"),
            &[],
            |row| Ok((row.int(0)?, row.int(1)?)),
        )?;
        Ok(once(all, more))
    }
    /// People who have a value of each field: (its name, people). Reads every row.
    pub fn field_counts(&self, tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>, DbError> {
        let all = match tx.engine() {
            // Grouping sorts millions of rows here, while there are few names.
            Engine::Sqlite => {
                let mut counts = FxHashMap::<String, i64>::default();
                tx.each("SELECT name FROM person_trait", &[], |row| {
                    *counts.entry(row.text(0)?).or_default() += 1;
                    Ok(())
                })?;
                counts.into_iter().collect()
            }
            Engine::Postgres => tx.query("SELECT name, COUNT(*) FROM person_trait GROUP BY name", &[], |row| {
                Ok((row.text(0)?, row.int(1)?))
            })?,
        };
        let sql =
            format!("SELECT t.name, {MERGED_TWICE} JOIN person_trait t ON t.num = p.num {OF_MERGED} GROUP BY t.name");
        let more = tx.query(&sql, &[], |row| Ok((row.text(0)?, row.int(1)?)))?;
        Ok(once(all, more))
    }

    pub fn create_group(&self, tx: &mut Tx<'_>, name: &str, now: Time) -> Result<TagGroup, Refusal> {
        let name = checked_name(name, "name")?;
        let id = new_id("tgp", now, &self.inner.chance);
        let new = tx.execute(
            "INSERT INTO tag_group (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
            params![&id, &name, now],
        )?;
        if new == 1 {
            Ok(TagGroup { id, name })
        } else {
            Err(Refusal::conflict("group_exists", "A tag group of this name exists.", "同名标签组已存在。")
                .field("name"))
        }
    }
    pub fn rename_group(&self, tx: &mut Tx<'_>, id: &str, name: &str) -> Result<(), Refusal> {
        let name = checked_name(name, "name")?;
        let taken =
            tx.opt("SELECT id FROM tag_group WHERE name = $1 AND id <> $2", params![&name, id], |row| row.text(0))?;
        if taken.is_some() {
            return Err(Refusal::conflict("group_exists", "A tag group of this name exists.", "同名标签组已存在。")
                .field("name"));
        }
        match tx.execute("UPDATE tag_group SET name = $1 WHERE id = $2", params![&name, id])? {
            0 => Err(unknown_group()),
            _ => Ok(()),
        }
    }
    pub fn delete_group(&self, tx: &mut Tx<'_>, id: &str) -> Result<(), Refusal> {
        let used = tx.one("SELECT COUNT(*) FROM tag WHERE group_id = $1", params![id], |row| row.int(0))?;
        if used > 0 {
            return Err(Refusal::conflict(
                "group_not_empty",
                format!("The group still holds {used} tag(s)."),
                format!("该组内还有 {used} 个标签。"),
            ));
        }
        match tx.execute("DELETE FROM tag_group WHERE id = $1", params![id])? {
            0 => Err(unknown_group()),
            _ => Ok(()),
        }
    }
    fn group_id(&self, tx: &mut Tx<'_>, group: &str, now: Time) -> Result<String, Refusal> {
        const KNOWN: &str = "SELECT id FROM tag_group WHERE id = $1 OR name = $1";
        if let Some(id) = tx.opt(KNOWN, params![group.trim()], |row| row.text(0))? {
            return Ok(id);
        }
        match self.create_group(tx, group, now) {
            // Another unit made it between our look and our insert: it is the group that was asked for.
            Err(refusal) if refusal.code == "group_exists" => {
                Ok(tx.one(KNOWN, params![group.trim()], |row| row.text(0))?)
            }
            made => Ok(made?.id),
        }
    }

    pub fn create_tag(&self, tx: &mut Tx<'_>, tag: &TagIn, now: Time) -> Result<Tag, Refusal> {
        let name = checked_name(&tag.name, "name")?;
        checked_look(&tag.color, tag.ttl_days)?;
        if (tag.kind == TagKind::Rule) != tag.rule.is_some() {
            return Err(Refusal::invalid(
                "tag_needs_rule",
                "A rule tag needs a rule, and only a rule tag has one.",
                "规则标签须有规则，其他标签不能有规则。",
            )
            .field("rule"));
        }
        let group = self.group_id(tx, &tag.group, now)?;
        let id = new_id("tag", now, &self.inner.chance);
        let new = tx.execute(
            "INSERT INTO tag (id, group_id, name, color, kind, description, rule, ttl_days, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (group_id, name) DO NOTHING",
            params![&id, &group, &name, &tag.color, tag.kind.name(), &tag.description, &tag.rule, tag.ttl_days, now],
        )?;
        if new == 0 {
            return Err(Refusal::conflict("tag_exists", "The group has a tag of this name.", "该组内已有同名标签。")
                .field("name"));
        }
        self.tag(tx, &id)
    }
    pub fn patch_tag(&self, tx: &mut Tx<'_>, id: &str, patch: &TagPatch, now: Time) -> Result<Tag, Refusal> {
        let mut tag = self.tag(tx, id)?;
        if let Some(group) = &patch.group {
            tag.group_id = self.group_id(tx, group, now)?;
        }
        if let Some(name) = &patch.name {
            tag.name = checked_name(name, "name")?;
        }
        tag.color = patch.color.clone().unwrap_or(tag.color);
        tag.description = patch.description.clone().unwrap_or(tag.description);
        tag.ttl_days = patch.ttl_days.unwrap_or(tag.ttl_days);
        checked_look(&tag.color, tag.ttl_days)?;
        if patch.rule.is_some() {
            if tag.kind != TagKind::Rule {
                return Err(Refusal::invalid(
                    "tag_needs_rule",
                    "Only a rule tag has a rule.",
                    "只有规则标签可以设置规则。",
                )
                .field("rule"));
            }
            tag.rule.clone_from(&patch.rule);
        }
        let taken = tx.opt(
            "SELECT id FROM tag WHERE group_id = $1 AND name = $2 AND id <> $3",
            params![&tag.group_id, &tag.name, id],
            |row| row.text(0),
        )?;
        if taken.is_some() {
            return Err(Refusal::conflict("tag_exists", "The group has a tag of this name.", "该组内已有同名标签。")
                .field("name"));
        }
        tx.execute(
            "UPDATE tag SET group_id = $1, name = $2, color = $3, description = $4, rule = $5, ttl_days = $6 WHERE id = $7",
            params![&tag.group_id, &tag.name, &tag.color, &tag.description, &tag.rule, tag.ttl_days, id],
        )?;
        self.tag(tx, id)
    }
    /// Takes the tag from everybody; the history stays.
    pub fn delete_tag(&self, tx: &mut Tx<'_>, id: &str) -> Result<u64, Refusal> {
        let tag = self.tag(tx, id)?;
        let people = tx.execute("DELETE FROM person_tag WHERE tag = $1", params![tag.num])?;
        tx.execute("DELETE FROM tag WHERE id = $1", params![id])?;
        Ok(people)
    }
    pub fn mark_evaluated(&self, tx: &mut Tx<'_>, tag: i64, now: Time) -> Result<(), DbError> {
        tx.execute("UPDATE tag SET evaluated_at = $1 WHERE num = $2", params![now, tag]).map(drop)
    }
}

/// `all` less what was counted more than once.
fn once<K: PartialEq>(all: Vec<(K, i64)>, more: Vec<(K, i64)>) -> Vec<(K, i64)> {
    let less = |key: &K| more.iter().find(|(other, _)| other == key).map_or(0, |(_, n)| *n);
    all.into_iter().map(|(key, n)| (less(&key), key, n)).map(|(less, key, n)| (key, n - less)).collect()
}

fn tag_row(row: RowRef<'_>) -> Result<Tag, DbError> {
    Ok(Tag {
        id: row.text(0)?,
        num: row.int(1)?,
        group_id: row.text(2)?,
        group: row.text(3)?,
        name: row.text(4)?,
        color: row.text(5)?,
        kind: TagKind::parse(&row.text(6)?).unwrap_or(TagKind::Manual),
        description: row.text(7)?,
        rule: row.opt_text(8)?,
        ttl_days: row.opt_int(9)?,
        evaluated_at: row.opt_time(10)?,
    })
}

fn unknown_group() -> Refusal {
    Refusal::not_found("group_unknown", "There is no such tag group.", "没有该标签组。")
}
fn checked_name(name: &str, field: &str) -> Result<String, Refusal> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 40 || name.chars().any(char::is_control) {
        return Err(Refusal::invalid(
            "name_invalid",
            "The name must have 1 to 40 characters.",
            "名称须为 1 到 40 个字符。",
        )
        .field(field));
    }
    Ok(name.to_owned())
}
fn checked_look(color: &str, ttl_days: Option<i64>) -> Result<(), Refusal> {
    if !COLORS.contains(&color) {
        return Err(Refusal::invalid(
            "invalid_color",
            format!("The colour must be one of: {}.", COLORS.join(", ")),
            format!("颜色须为以下之一：{}。", COLORS.join("、")),
        )
        .field("color"));
    }
    if ttl_days.is_some_and(|days| !(1..=3650).contains(&days)) {
        return Err(Refusal::invalid(
            "invalid_ttl",
            "Days until expiry must be between 1 and 3650.",
            "有效天数须在 1 到 3650 之间。",
        )
        .field("ttl_days"));
    }
    Ok(())
}
