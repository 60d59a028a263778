//! Keeping materials: written, asked for, approved, rejected, retired.

use super::material::{MaterialIn, MaterialRow, MaterialState, Writer, kind_of};
use crate::content::Content;
use crate::{Reach, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time, new_id};

const MATERIALS_MAX: i64 = 10_000;
const VERSIONS_MAX: i64 = 1_000;

impl Reach {
    /// A draft.
    ///
    /// Errors: `material_invalid`, `material_limit`, and those of contents.
    pub fn add_material(
        &self,
        tx: &mut Tx<'_>,
        input: &MaterialIn,
        by: Writer<'_>,
        now: Time,
    ) -> Result<MaterialRow, Refusal> {
        let input = input.clone().checked()?;
        self.check_files(tx, &input.content, "content")?;
        if tx.one("SELECT COUNT(*) FROM material", &[], |row| row.int(0))? >= MATERIALS_MAX {
            return Err(refuse::material_limit(MATERIALS_MAX));
        }
        let id = new_id("mat", now, &self.parts().chance);
        tx.execute(
            "INSERT INTO material (id, name, folder, kind, state, version, created_at, created_by, changed_at, changed_by) VALUES ($1, $2, $3, $4, 'draft', 1, $5, $6, $5, $6)",
            params![&id, &input.name, &input.folder, kind_of(&input.content), now, by.name],
        )?;
        self.label(tx, &id, &input.labels)?;
        self.write(tx, &id, 1, &input.content, by, now)?;
        self.material(tx, &id)
    }
    /// Another content is the next version, a draft; what was approved stays in use until that one is. Name, folder and labels have no versions. A retired
    /// one comes back as a draft, and what was approved of it does not. `version`: the newest one that the caller has seen.
    ///
    /// Errors: as for adding one, `material_unknown`, `material_changed`.
    pub fn change_material(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        input: &MaterialIn,
        version: i64,
        by: Writer<'_>,
        now: Time,
    ) -> Result<MaterialRow, Refusal> {
        let input = input.clone().checked()?;
        let old = self.newest(tx, id, Some(version))?;
        let was = self.material_version(tx, id, old.version)?;
        let back = old.state == MaterialState::Retired;
        if back || was.content != input.content {
            self.check_files(tx, &input.content, "content")?;
            if old.version >= VERSIONS_MAX {
                return Err(refuse::material_limit(VERSIONS_MAX));
            }
            self.write(tx, id, old.version + 1, &input.content, by, now)?;
            tx.execute(
                "UPDATE material SET version = version + 1, state = 'draft', kind = $2, approved = CASE WHEN state = 'retired' THEN NULL ELSE approved END WHERE id = $1",
                params![id, kind_of(&input.content)],
            )?;
        }
        tx.execute(
            "UPDATE material SET name = $2, folder = $3, changed_at = $4, changed_by = $5 WHERE id = $1",
            params![id, &input.name, &input.folder, now, by.name],
        )?;
        tx.execute("DELETE FROM material_label WHERE material = $1", params![id])?;
        self.label(tx, id, &input.labels)?;
        self.material(tx, id)
    }
    fn write(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        version: i64,
        content: &Content,
        by: Writer<'_>,
        now: Time,
    ) -> Result<(), Refusal> {
        let files = serde_json::to_string(&content.files()).map_err(Refusal::internal)?;
        tx.execute(
            "INSERT INTO material_version (material, version, content, files, state, writer, written_at, written_by) VALUES ($1, $2, $3, $4, 'draft', $5, $6, $7)",
            params![id, version, &self.seal(content)?, &files, by.id, now, by.name],
        )?;
        Ok(())
    }
    fn label(&self, tx: &mut Tx<'_>, id: &str, labels: &[String]) -> Result<(), Refusal> {
        for label in labels {
            tx.execute("INSERT INTO material_label (label, material) VALUES ($1, $2)", params![label, id])?;
        }
        Ok(())
    }
    /// The material, when its newest version is the one the caller has seen. Errors: `material_unknown`, `material_changed`.
    fn newest(&self, tx: &mut Tx<'_>, id: &str, version: Option<i64>) -> Result<MaterialRow, Refusal> {
        // Held to the end of the unit: two who decide at the same time do it one after the other.
        tx.execute("UPDATE material SET version = version WHERE id = $1", params![id])?;
        let row = self.material(tx, id)?;
        if version.is_some_and(|seen| seen != row.version) {
            return Err(refuse::material_changed());
        }
        Ok(row)
    }

    /// Asks somebody else to approve the newest version. Errors: `material_unknown`, `material_changed`, `material_step`.
    pub fn submit_material(&self, tx: &mut Tx<'_>, id: &str, version: Option<i64>) -> Result<MaterialRow, Refusal> {
        let row = self.newest(tx, id, version)?;
        if !matches!(row.state, MaterialState::Draft | MaterialState::Rejected) {
            return Err(refuse::material_step());
        }
        self.turn(tx, &row, MaterialState::Review)?;
        self.material(tx, id)
    }
    /// The newest version goes into use. Errors: `material_unknown`, `material_changed`, `material_step`, `material_own`.
    pub fn approve_material(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        version: Option<i64>,
        by: Writer<'_>,
        now: Time,
    ) -> Result<MaterialRow, Refusal> {
        let row = self.asked(tx, id, version)?;
        let own = self.material_version(tx, id, row.version)?;
        if own.writer == by.id {
            return Err(refuse::material_own());
        }
        // A file of it may have gone since it was written.
        self.check_files(tx, &own.content, "content")?;
        self.turn(tx, &row, MaterialState::Approved)?;
        tx.execute("UPDATE material SET approved = version WHERE id = $1", params![id])?;
        self.decided(tx, &row, by, "", now)?;
        self.material(tx, id)
    }
    /// Whoever wrote it takes it back in the same way. Errors: `material_unknown`, `material_changed`, `material_step`.
    pub fn reject_material(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        version: Option<i64>,
        reason: &str,
        by: Writer<'_>,
        now: Time,
    ) -> Result<MaterialRow, Refusal> {
        let row = self.asked(tx, id, version)?;
        self.turn(tx, &row, MaterialState::Rejected)?;
        self.decided(tx, &row, by, reason, now)?;
        self.material(tx, id)
    }
    fn asked(&self, tx: &mut Tx<'_>, id: &str, version: Option<i64>) -> Result<MaterialRow, Refusal> {
        let row = self.newest(tx, id, version)?;
        if row.state == MaterialState::Review { Ok(row) } else { Err(refuse::material_step()) }
    }
    fn turn(&self, tx: &mut Tx<'_>, row: &MaterialRow, state: MaterialState) -> Result<(), Refusal> {
        tx.execute("UPDATE material SET state = $2 WHERE id = $1", params![&row.id, state.name()])?;
        let sql = "UPDATE material_version SET state = $3 WHERE material = $1 AND version = $2";
        tx.execute(sql, params![&row.id, row.version, state.name()])?;
        Ok(())
    }
    fn decided(
        &self,
        tx: &mut Tx<'_>,
        row: &MaterialRow,
        by: Writer<'_>,
        reason: &str,
        now: Time,
    ) -> Result<(), Refusal> {
        tx.execute(
            "UPDATE material_version SET decided_at = $3, decided_by = $4, reason = $5 WHERE material = $1 AND version = $2",
            params![&row.id, row.version, now, by.name, reason],
        )?;
        Ok(())
    }
    /// Nothing new uses it any more; what went out stays. Errors: `material_unknown`, `material_step`.
    pub fn retire_material(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        by: Writer<'_>,
        now: Time,
    ) -> Result<MaterialRow, Refusal> {
        let row = self.newest(tx, id, None)?;
        if row.state == MaterialState::Retired {
            return Err(refuse::material_step());
        }
        tx.execute(
            "UPDATE material SET state = 'retired', changed_at = $2, changed_by = $3 WHERE id = $1",
            params![id, now, by.name],
        )?;
        self.material(tx, id)
    }
}
