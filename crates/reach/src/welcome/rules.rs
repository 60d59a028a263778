//! Keeping the rules: added, changed, ordered, deleted.

use super::rule::{RuleIn, RuleKind, RuleRow, When};
use crate::content::Content;
use crate::{Reach, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time, new_id};
use std::collections::BTreeSet;

const RULES_MAX: i64 = 200;
const COLUMNS: &str = "SELECT id, name, active, kind, conditions, content, version, created_at, created_by, changed_at, changed_by FROM welcome_rule";

impl Reach {
    /// In the order they are tried.
    pub fn welcomes(&self, tx: &mut Tx<'_>) -> Result<Vec<RuleRow>, Refusal> {
        self.rule_rows(tx, &format!("{COLUMNS} ORDER BY sort, id"), &[])
    }
    /// Errors: `welcome_unknown`.
    pub fn welcome(&self, tx: &mut Tx<'_>, id: &str) -> Result<RuleRow, Refusal> {
        self.rule_rows(tx, &format!("{COLUMNS} WHERE id = $1"), params![id])?.pop().ok_or_else(refuse::rule_unknown)
    }
    fn rule_rows(&self, tx: &mut Tx<'_>, sql: &str, params: &[siyu_db::Param<'_>]) -> Result<Vec<RuleRow>, Refusal> {
        let rows = tx.query(sql, params, |row| {
            let rule = RuleRow {
                id: row.text(0)?,
                name: row.text(1)?,
                active: row.flag(2)?,
                kind: RuleKind::parse(&row.text(3)?).unwrap_or(RuleKind::Silent),
                when: When::default(),
                content: Content::default(),
                version: row.int(6)?,
                created_at: row.time(7)?,
                created_by: row.text(8)?,
                changed_at: row.time(9)?,
                changed_by: row.text(10)?,
            };
            Ok((rule, row.text(4)?, row.blob(5)?))
        })?;
        let whole = rows.into_iter().map(|(mut rule, when, content)| {
            rule.when = serde_json::from_str(&when).map_err(Refusal::internal)?;
            rule.content = self.unseal(&content)?;
            Ok(rule)
        });
        whole.collect()
    }

    /// Behind all others. Errors: `welcome_rule`, `welcome_limit`, `content_invalid`, `content_template`, `content_variable`.
    pub fn add_welcome(&self, tx: &mut Tx<'_>, input: &RuleIn, by: &str, now: Time) -> Result<RuleRow, Refusal> {
        let input = input.clone().checked()?;
        self.check_files(tx, &input.content, "content")?;
        let (count, last) = tx.one("SELECT COUNT(*), COALESCE(MAX(sort), 0) FROM welcome_rule", &[], |row| {
            Ok((row.int(0)?, row.int(1)?))
        })?;
        if count >= RULES_MAX {
            return Err(refuse::rule_limit(RULES_MAX));
        }
        let id = new_id("wel", now, &self.parts().chance);
        let (when, content, files) = self.stored(&input)?;
        tx.execute(
            "INSERT INTO welcome_rule (id, name, sort, active, kind, conditions, content, files, version, created_at, created_by, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $9, $10)",
            params![&id, &input.name, last + 1, input.active, input.kind.name(), &when, &content, &files, now, by],
        )?;
        self.inner.plan.forget();
        self.welcome(tx, &id)
    }
    /// `version`: of the rule that was changed; without it the last one to write wins.
    ///
    /// Errors: as for adding one, `welcome_unknown`, `welcome_changed`.
    pub fn change_welcome(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        input: &RuleIn,
        version: Option<i64>,
        by: &str,
        now: Time,
    ) -> Result<RuleRow, Refusal> {
        let input = input.clone().checked()?;
        self.check_files(tx, &input.content, "content")?;
        let old = self.welcome(tx, id)?;
        let version = version.unwrap_or(old.version);
        let (when, content, files) = self.stored(&input)?;
        let changed = tx.execute(
            "UPDATE welcome_rule SET name = $2, active = $3, kind = $4, conditions = $5, content = $6, files = $7, version = version + 1, changed_at = $8, changed_by = $9 WHERE id = $1 AND version = $10",
            params![id, &input.name, input.active, input.kind.name(), &when, &content, &files, now, by, version],
        )?;
        if changed == 0 {
            return Err(refuse::rule_changed());
        }
        self.inner.plan.forget();
        self.welcome(tx, id)
    }
    fn stored(&self, input: &RuleIn) -> Result<(String, Vec<u8>, String), Refusal> {
        let when = serde_json::to_string(&input.when).map_err(Refusal::internal)?;
        let files = serde_json::to_string(&input.content.files()).map_err(Refusal::internal)?;
        Ok((when, self.seal(&input.content)?, files))
    }
    /// What it has sent stays on record. Errors: `welcome_unknown`.
    pub fn delete_welcome(&self, tx: &mut Tx<'_>, id: &str) -> Result<RuleRow, Refusal> {
        let old = self.welcome(tx, id)?;
        tx.execute("DELETE FROM welcome_rule WHERE id = $1", params![id])?;
        self.inner.plan.forget();
        Ok(old)
    }
    /// Errors: `welcome_order`.
    pub fn order_welcomes(&self, tx: &mut Tx<'_>, order: &[String]) -> Result<(), Refusal> {
        let all: BTreeSet<String> =
            tx.query("SELECT id FROM welcome_rule", &[], |row| row.text(0))?.into_iter().collect();
        if order.len() != all.len() || order.iter().cloned().collect::<BTreeSet<_>>() != all {
            return Err(refuse::order());
        }
        for (at, id) in order.iter().enumerate() {
            tx.execute("UPDATE welcome_rule SET sort = $2 WHERE id = $1", params![id, at as i64 + 1])?;
        }
        self.inner.plan.forget();
        Ok(())
    }
    /// Files that rules, active or not, running messages, and materials name (in their newest version and the one in use).
    pub(crate) fn used_files(&self, tx: &mut Tx<'_>) -> Result<Vec<String>, Refusal> {
        let sql = "SELECT files FROM welcome_rule WHERE files <> '[]'
            UNION ALL SELECT m.files FROM message m JOIN gate_run r ON r.id = m.id WHERE m.files <> '[]' AND r.ended_at IS NULL
            UNION ALL SELECT files FROM group_message WHERE files <> '[]' AND state = 'running' UNION ALL SELECT files FROM group_welcome WHERE files <> '[]'
            UNION ALL SELECT files FROM moment WHERE files <> '[]' AND ended_at IS NULL
            UNION ALL SELECT v.files FROM material_version v JOIN material m ON m.id = v.material WHERE v.files <> '[]' AND m.state <> 'retired' AND (v.version = m.version OR v.version = m.approved)";
        let lists = tx.query(sql, &[], |row| row.text(0))?;
        let mut all: Vec<String> =
            lists.iter().flat_map(|list| serde_json::from_str::<Vec<String>>(list).unwrap_or_default()).collect();
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }
}
