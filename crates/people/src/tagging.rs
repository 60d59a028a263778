//! Giving and taking tags, with lineage and expiry.

use crate::People;
use rustc_hash::FxHashSet;
use siyu_db::{DbError, Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use std::collections::BTreeSet;

/// Who does it and why: the lineage of every tag.
#[derive(Clone, Debug)]
pub struct TagMark<'a> {
    pub by: &'a str,
    pub source: &'a str,
    pub why: &'a str,
    pub expires_at: Option<Time>,
}

/// One line of a person's tag history.
#[derive(Clone, Debug)]
pub struct TagChange {
    pub id: i64,
    pub tag: String,
    pub action: String,
    pub at: Time,
    pub by: String,
    pub source: String,
    pub why: String,
}

impl People {
    /// Gives a tag. Those who have it keep their lineage; only a later expiry is taken over. Returns who is new.
    pub fn give_tag(
        &self,
        tx: &mut Tx<'_>,
        tag: i64,
        people: &[PersonNum],
        mark: &TagMark<'_>,
        now: Time,
    ) -> Result<Vec<PersonNum>, Refusal> {
        let (name, ttl) = tx
            .opt("SELECT name, ttl_days FROM tag WHERE num = $1", params![tag], |row| {
                Ok((row.text(0)?, row.opt_int(1)?))
            })?
            .ok_or_else(|| Refusal::not_found("tag_unknown", "There is no such tag.", "没有该标签。"))?;
        let expires = mark.expires_at.or_else(|| ttl.map(|days| now.plus_days(days)));
        if expires.is_some_and(|at| at <= now) {
            return Err(Refusal::invalid("expiry_past", "The expiry must lie in the future.", "到期时间须晚于现在。")
                .field("expires_at"));
        }
        let held = self.holders(tx, tag, people)?;
        let known: FxHashSet<PersonNum> = held.iter().copied().collect();
        let fresh: Vec<PersonNum> =
            people.iter().copied().filter(|num| !known.contains(num)).collect::<BTreeSet<_>>().into_iter().collect();
        let rows: Vec<[Param<'_>; 7]> = fresh
            .iter()
            .map(|num| {
                [
                    (*num).into(),
                    tag.into(),
                    now.into(),
                    mark.by.into(),
                    mark.source.into(),
                    mark.why.into(),
                    expires.into(),
                ]
            })
            .collect();
        let given = tx.bulk(
            "INSERT INTO person_tag (num, tag, at, by_actor, source, why, expires_at)",
            "ON CONFLICT (tag, num) DO NOTHING",
            &rows,
        )?;
        if given != rows.len() as u64 {
            return Err(DbError::Conflict("the tag was given by another unit".into()).into());
        }
        if let Some(expires) = expires {
            let list: Vec<i64> = held.iter().map(|num| i64::from(*num)).collect();
            let sql = format!(
                "UPDATE person_tag SET expires_at = $2 WHERE tag = $3 AND {} AND (expires_at IS NULL OR expires_at < $2) RETURNING num",
                tx.any("num", 1)
            );
            for num in tx.query(&sql, params![&list, expires, tag], |row| row.num(0))? {
                let id = format!("tag:extended:{tag}:{num}:{}", expires.0);
                let said = serde_json::json!({ "tag": name, "source": mark.source, "why": mark.why, "until": expires });
                self.note(tx, &id, "Tag Extended", num, now, said);
            }
        }
        self.write_history(tx, (tag, &name), &fresh, "added", mark, now)?;
        Ok(fresh)
    }
    /// Takes a tag from these people, on whichever of their nodes it lies. Returns from how many nodes.
    pub fn take_tag(
        &self,
        tx: &mut Tx<'_>,
        tag: i64,
        people: &[PersonNum],
        mark: &TagMark<'_>,
        now: Time,
    ) -> Result<usize, Refusal> {
        let name = tx.opt("SELECT name FROM tag WHERE num = $1", params![tag], |row| row.text(0))?.unwrap_or_default();
        let held = self.holders(tx, tag, people)?;
        self.remove(tx, (tag, &name), &held, "removed", mark, now)?;
        Ok(held.len())
    }
    fn holders(&self, tx: &mut Tx<'_>, tag: i64, people: &[PersonNum]) -> Result<Vec<PersonNum>, DbError> {
        let list: Vec<i64> = people.iter().map(|num| i64::from(*num)).collect();
        tx.query(
            &format!("SELECT num FROM person_tag WHERE tag = $2 AND {}", tx.any("num", 1)),
            params![&list, tag],
            |row| row.num(0),
        )
    }
    /// Takes away what has run out by now; at most `limit` a call, so that a unit stays short. Returns how many.
    pub fn expire_tags(&self, tx: &mut Tx<'_>, now: Time, limit: i64) -> Result<usize, Refusal> {
        let due = tx.query(
            "SELECT pt.tag, pt.num, t.name FROM person_tag pt JOIN tag t ON t.num = pt.tag WHERE pt.expires_at IS NOT NULL AND pt.expires_at <= $1 ORDER BY pt.expires_at LIMIT $2",
            params![now, limit],
            |row| Ok((row.int(0)?, row.num(1)?, row.text(2)?)),
        )?;
        let mark = TagMark { by: "system", source: "expiry", why: "", expires_at: None };
        for (tag, num, name) in &due {
            self.remove(tx, (*tag, name), &[*num], "expired", &mark, now)?;
        }
        Ok(due.len())
    }
    fn remove(
        &self,
        tx: &mut Tx<'_>,
        tag: (i64, &str),
        nodes: &[PersonNum],
        action: &str,
        mark: &TagMark<'_>,
        now: Time,
    ) -> Result<(), DbError> {
        let list: Vec<i64> = nodes.iter().map(|num| i64::from(*num)).collect();
        tx.execute(&format!("DELETE FROM person_tag WHERE tag = $2 AND {}", tx.any("num", 1)), params![&list, tag.0])?;
        self.write_history(tx, tag, nodes, action, mark, now)
    }
    fn write_history(
        &self,
        tx: &mut Tx<'_>,
        (tag, name): (i64, &str),
        people: &[PersonNum],
        action: &str,
        mark: &TagMark<'_>,
        now: Time,
    ) -> Result<(), DbError> {
        let rows: Vec<[Param<'_>; 8]> = people
            .iter()
            .map(|num| {
                [
                    (*num).into(),
                    tag.into(),
                    name.into(),
                    action.into(),
                    now.into(),
                    mark.by.into(),
                    mark.source.into(),
                    mark.why.into(),
                ]
            })
            .collect();
        tx.bulk("INSERT INTO tag_history (num, tag, tag_name, action, at, by_actor, source, why)", "", &rows)?;
        let event = match action {
            "added" => "Tag Added",
            "expired" => "Tag Expired",
            _ => "Tag Removed",
        };
        for num in people {
            let id = format!("tag:{action}:{tag}:{num}:{}", now.0);
            self.note(
                tx,
                &id,
                event,
                *num,
                now,
                serde_json::json!({ "tag": name, "source": mark.source, "why": mark.why }),
            );
        }
        Ok(())
    }
    pub fn tag_history(
        &self,
        tx: &mut Tx<'_>,
        nodes: &[PersonNum],
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<TagChange>, DbError> {
        let list: Vec<i64> = nodes.iter().map(|num| i64::from(*num)).collect();
        let sql = format!(
            "SELECT id, tag_name, action, at, by_actor, source, why FROM tag_history WHERE {} AND id < $2 ORDER BY id DESC LIMIT $3",
            tx.any("num", 1)
        );
        tx.query(&sql, params![&list, before.unwrap_or(i64::MAX), limit], |row| {
            Ok(TagChange {
                id: row.int(0)?,
                tag: row.text(1)?,
                action: row.text(2)?,
                at: row.time(3)?,
                by: row.text(4)?,
                source: row.text(5)?,
                why: row.text(6)?,
            })
        })
    }
    pub fn expiring_tags(&self, tx: &mut Tx<'_>, until: Time) -> Result<i64, DbError> {
        tx.one(
            "SELECT COUNT(*) FROM person_tag WHERE expires_at IS NOT NULL AND expires_at <= $1",
            params![until],
            |row| row.int(0),
        )
    }
}
