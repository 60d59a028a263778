//! Finding materials.

use super::material::{MaterialRow, MaterialState, MaterialVersion};
use crate::content::Content;
use crate::{Reach, refuse};
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::Refusal;
use std::collections::BTreeMap;

/// Empty parts ask for nothing.
#[derive(Clone, Debug, Default)]
pub struct MaterialQuery {
    /// Part of the name, or a whole label.
    pub text: String,
    pub label: String,
    pub folder: String,
    pub kind: String,
    /// Retired ones are shown when they are asked for, and not otherwise.
    pub state: Option<MaterialState>,
    /// Only those of which a version is in use.
    pub usable: bool,
    pub after: Option<String>,
    pub limit: i64,
}

const COLUMNS: &str = "SELECT m.id, m.name, m.folder, m.kind, m.state, m.version, m.approved, m.created_at, m.created_by, m.changed_at, m.changed_by,
    (SELECT COUNT(*) FROM material_use u WHERE u.material = m.id) FROM material m";
const VERSIONS: &str = "SELECT version, state, content, writer, written_at, written_by, decided_at, decided_by, reason FROM material_version";

fn state(name: &str) -> Result<MaterialState, DbError> {
    MaterialState::parse(name).map_err(|_| DbError::Decode(format!("a material in the state {name}")))
}

fn row(row: RowRef<'_>) -> Result<MaterialRow, DbError> {
    Ok(MaterialRow {
        id: row.text(0)?,
        name: row.text(1)?,
        folder: row.text(2)?,
        labels: Vec::new(),
        kind: row.text(3)?,
        state: state(&row.text(4)?)?,
        version: row.int(5)?,
        approved: row.opt_int(6)?,
        created_at: row.time(7)?,
        created_by: row.text(8)?,
        changed_at: row.time(9)?,
        changed_by: row.text(10)?,
        uses: row.int(11)?,
    })
}

fn like(text: &str) -> String {
    let safe = text.trim().to_lowercase();
    format!("%{}%", safe.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

impl Reach {
    /// Errors: `material_unknown`.
    pub fn material(&self, tx: &mut Tx<'_>, id: &str) -> Result<MaterialRow, Refusal> {
        let rows = tx.query(&format!("{COLUMNS} WHERE m.id = $1"), params![id], row)?;
        self.labelled(tx, rows)?.pop().ok_or_else(refuse::material_unknown)
    }
    /// The newest first.
    pub fn materials(&self, tx: &mut Tx<'_>, query: &MaterialQuery) -> Result<Vec<MaterialRow>, Refusal> {
        let sql = format!(
            "{COLUMNS} WHERE m.id < $1 AND ($2 = '' OR LOWER(m.name) LIKE $3 ESCAPE '\\' OR EXISTS (SELECT 1 FROM material_label l WHERE l.material = m.id AND l.label = $2))
               AND ($4 = '' OR EXISTS (SELECT 1 FROM material_label l WHERE l.material = m.id AND l.label = $4))
               AND ($5 = '' OR m.folder = $5) AND ($6 = '' OR m.kind = $6) AND (($7 = '' AND m.state <> 'retired') OR m.state = $7)
               AND ($9 = CAST(0 AS BIGINT) OR (m.approved IS NOT NULL AND m.state <> 'retired')) ORDER BY m.id DESC LIMIT $8"
        );
        let (after, state) = (query.after.as_deref().unwrap_or("~"), query.state.map_or("", MaterialState::name));
        let (text, label, folder) = (query.text.trim(), query.label.trim(), query.folder.trim());
        let limit = query.limit.clamp(1, 200);
        let rows = tx.query(
            &sql,
            params![after, text, &like(text), label, folder, query.kind.trim(), state, limit, query.usable],
            row,
        )?;
        self.labelled(tx, rows)
    }
    fn labelled(&self, tx: &mut Tx<'_>, mut rows: Vec<MaterialRow>) -> Result<Vec<MaterialRow>, Refusal> {
        let ids: Vec<String> = rows.iter().map(|own| own.id.clone()).collect();
        let sql = format!("SELECT material, label FROM material_label WHERE {} ORDER BY label", tx.any("material", 1));
        let mut labels: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, label) in tx.query(&sql, params![&ids], |row| Ok((row.text(0)?, row.text(1)?)))? {
            labels.entry(id).or_default().push(label);
        }
        rows.iter_mut().for_each(|own| own.labels = labels.remove(&own.id).unwrap_or_default());
        Ok(rows)
    }
    /// Folders and labels of those that are not retired, in order, for whoever files another one.
    pub fn material_places(&self, tx: &mut Tx<'_>) -> Result<(Vec<String>, Vec<String>), Refusal> {
        let sql = "SELECT DISTINCT folder FROM material WHERE folder <> '' AND state <> 'retired' ORDER BY folder";
        let folders = tx.query(sql, &[], |row| row.text(0))?;
        let sql = "SELECT DISTINCT l.label FROM material_label l JOIN material m ON m.id = l.material WHERE m.state <> 'retired' ORDER BY l.label";
        Ok((folders, tx.query(sql, &[], |row| row.text(0))?))
    }

    /// The newest first, those before `before`. Errors: `material_unknown`.
    pub fn material_versions(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<MaterialVersion>, Refusal> {
        self.material(tx, id)?;
        let sql = format!("{VERSIONS} WHERE material = $1 AND version < $2 ORDER BY version DESC LIMIT $3");
        self.version_rows(tx, &sql, params![id, before.unwrap_or(i64::MAX), limit.clamp(1, 200)])
    }
    /// Errors: `material_version_unknown`.
    pub fn material_version(&self, tx: &mut Tx<'_>, id: &str, version: i64) -> Result<MaterialVersion, Refusal> {
        let sql = format!("{VERSIONS} WHERE material = $1 AND version = $2");
        self.version_rows(tx, &sql, params![id, version])?.pop().ok_or_else(refuse::material_version_unknown)
    }
    fn version_rows(
        &self,
        tx: &mut Tx<'_>,
        sql: &str,
        params: &[siyu_db::Param<'_>],
    ) -> Result<Vec<MaterialVersion>, Refusal> {
        let rows = tx.query(sql, params, |row| {
            let own = MaterialVersion {
                version: row.int(0)?,
                state: state(&row.text(1)?)?,
                content: Content::default(),
                writer: row.text(3)?,
                written_at: row.time(4)?,
                written_by: row.text(5)?,
                decided_at: row.opt_time(6)?,
                decided_by: row.opt_text(7)?,
                reason: row.text(8)?,
            };
            Ok((own, row.blob(2)?))
        })?;
        rows.into_iter().map(|(own, sealed)| Ok(MaterialVersion { content: self.unseal(&sealed)?, ..own })).collect()
    }
}
