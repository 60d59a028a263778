//! The rules as they are kept: a row for each version.

use crate::rules::Rules;
use crate::{Gate, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};

#[derive(Clone, Debug, PartialEq)]
pub struct RulesRow {
    /// 0: those a workspace starts with.
    pub version: i64,
    pub rules: Rules,
    pub note: String,
    pub created_at: Time,
    pub created_by: String,
}

impl Gate {
    /// Those in force.
    pub fn rules(&self, tx: &mut Tx<'_>) -> Result<RulesRow, Refusal> {
        let found = self.rules_rows(tx, 1)?.pop();
        Ok(found.unwrap_or_else(|| RulesRow {
            version: 0,
            rules: Rules::default(),
            note: String::new(),
            created_at: Time(0),
            created_by: String::new(),
        }))
    }
    /// The newest first.
    pub fn rules_rows(&self, tx: &mut Tx<'_>, limit: i64) -> Result<Vec<RulesRow>, Refusal> {
        let sql = "SELECT version, body, note, created_at, created_by FROM gate_rules ORDER BY version DESC LIMIT $1";
        let rows = tx.query(sql, params![limit.clamp(1, 200)], |row| {
            Ok((row.int(0)?, row.text(1)?, row.text(2)?, row.time(3)?, row.text(4)?))
        })?;
        rows.into_iter()
            .map(|(version, body, note, created_at, created_by)| {
                let rules = serde_json::from_str(&body).map_err(Refusal::internal)?;
                Ok(RulesRow { version, rules, note, created_at, created_by })
            })
            .collect()
    }
    /// A new version, in force with the unit. `version`: of the rules that were changed.
    ///
    /// Errors: `gate_rules`, `gate_rules_changed`.
    pub fn save_rules(
        &self,
        tx: &mut Tx<'_>,
        rules: &Rules,
        version: Option<i64>,
        note: &str,
        by: &str,
        now: Time,
    ) -> Result<RulesRow, Refusal> {
        self.lock(tx)?;
        let rules = rules.clone().checked()?;
        if note.chars().count() > 200 {
            return Err(refuse::rules("note", "A note has up to 200 characters.", "备注最长 200 个字符。"));
        }
        let old = self.rules(tx)?;
        if version.is_some_and(|own| own != old.version) {
            return Err(refuse::rules_changed());
        }
        let body = serde_json::to_string(&rules).map_err(Refusal::internal)?;
        tx.execute(
            "INSERT INTO gate_rules (version, body, note, created_at, created_by) VALUES ($1, $2, $3, $4, $5)",
            params![old.version + 1, &body, note, now, by],
        )?;
        // Whoever waits is looked at again: the way may be free by the new rules.
        tx.execute("UPDATE gate_decision SET until = $1 WHERE state = 0 AND until > $1", params![now])?;
        self.rules(tx)
    }
}
