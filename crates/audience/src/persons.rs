//! Conditions on identifiers, tags, and where and when somebody was first seen.

use crate::eval::Eval;
use crate::set::Set;
use roaring::RoaringBitmap;
use siyu_db::{DbError, Param, params};
use siyu_kernel::{Kind, Refusal, Time};

impl Eval<'_, '_> {
    /// Rows give node numbers; the set has their roots.
    fn nodes(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Set, DbError> {
        let merges = self.merges()?;
        let mut roots = RoaringBitmap::new();
        self.tx.each(sql, params, |row| {
            roots.insert(merges.root(row.num(0)?));
            Ok(())
        })?;
        Ok(Set::These(roots))
    }
    pub(crate) fn has(&mut self, kind: &Kind) -> Result<Set, Refusal> {
        Ok(self.nodes("SELECT num FROM identifier WHERE kind = $1", params![&kind.name()])?)
    }
    /// Who carries one of these tags now; no numbers = any tag. What has run out counts no more, swept or not.
    pub(crate) fn tagged(&mut self, tags: &[i64]) -> Result<Set, Refusal> {
        let valid = "(expires_at IS NULL OR expires_at > $1)";
        if tags.is_empty() {
            return Ok(self.nodes(&format!("SELECT num FROM person_tag WHERE {valid}"), params![self.ctx.now])?);
        }
        let sql = format!("SELECT num FROM person_tag WHERE {} AND {valid}", self.tx.any("tag", 2));
        Ok(self.nodes(&sql, params![self.ctx.now, tags])?)
    }
    /// Who carries a tag that still holds and runs out up to `until`.
    pub(crate) fn tag_expiring(&mut self, until: Time) -> Result<Set, Refusal> {
        let sql = "SELECT num FROM person_tag WHERE expires_at > $1 AND expires_at <= $2";
        Ok(self.nodes(sql, params![self.ctx.now, until])?)
    }
    /// Survivors of a merge that holds.
    pub(crate) fn merged(&mut self) -> Result<Set, Refusal> {
        let sql =
            "SELECT p.num FROM merge_edge e JOIN person p ON p.num = e.kept WHERE e.undone_at IS NULL AND p.state = 0";
        Ok(self.nodes(sql, &[])?)
    }
    pub(crate) fn in_conflict(&mut self) -> Result<Set, Refusal> {
        Ok(self.nodes("SELECT num FROM identity_conflict", &[])?)
    }

    /// First seen from, and up to but not including. A person is first seen with the oldest of its nodes.
    pub(crate) fn created_between(&mut self, range: (i64, i64)) -> Result<Set, Refusal> {
        let sql = "SELECT num, root FROM person WHERE state = 0 AND created_at >= $1 AND created_at < $2";
        Ok(self.oldest_nodes(sql, params![range.0, range.1])?)
    }
    pub(crate) fn source_in(&mut self, sources: &[String]) -> Result<Set, Refusal> {
        let sql = format!("SELECT num, root FROM person WHERE state = 0 AND {}", self.tx.any("source", 1));
        Ok(self.oldest_nodes(&sql, params![sources])?)
    }
    /// `part` in lower case.
    pub(crate) fn source_contains(&mut self, part: &str) -> Result<Set, Refusal> {
        let mut sources = self.tx.query("SELECT DISTINCT source FROM person", &[], |row| row.text(0))?;
        sources.retain(|source| source.to_lowercase().contains(part));
        self.source_in(&sources)
    }
    fn oldest_nodes(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Set, DbError> {
        let merges = self.merges()?;
        let mut roots = RoaringBitmap::new();
        self.tx.each(sql, params, |row| {
            let (num, root) = (row.num(0)?, row.num(1)?);
            if merges.oldest(root) == num {
                roots.insert(root);
            }
            Ok(())
        })?;
        Ok(Set::These(roots))
    }
}
