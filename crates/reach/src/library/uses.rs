//! What materials went into.

use crate::content::Content;
use crate::{Reach, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaterialUse {
    /// `message`, `broadcast`, `group_message`, `moment` or `welcome`.
    pub what: String,
    /// Its id.
    pub used: String,
    /// What it is called; empty once it is deleted.
    pub name: String,
    pub version: i64,
    pub at: Time,
}

impl Reach {
    /// The version in use and what it says. Errors: `material_unknown`, `material_unapproved`.
    pub fn approved_material(&self, tx: &mut Tx<'_>, id: &str) -> Result<(i64, Content), Refusal> {
        let row = self.material(tx, id)?;
        let approved = row.approved.filter(|_| row.state != super::MaterialState::Retired);
        let version = approved.ok_or_else(refuse::material_unapproved)?;
        Ok((version, self.material_version(tx, id, version)?.content))
    }
    /// Something uses a version of it, instead of what it used before; `None`: it says something of its own now.
    pub fn material_used(
        &self,
        tx: &mut Tx<'_>,
        material: Option<(&str, i64)>,
        what: &str,
        used: &str,
        now: Time,
    ) -> Result<(), Refusal> {
        tx.execute("DELETE FROM material_use WHERE what = $1 AND used = $2", params![what, used])?;
        if let Some((id, version)) = material {
            let sql = "INSERT INTO material_use (what, used, material, version, at) VALUES ($1, $2, $3, $4, $5)";
            tx.execute(sql, params![what, used, id, version, now])?;
        }
        Ok(())
    }
    /// The material that something uses: its id, the version, and what it is called.
    pub fn material_in(
        &self,
        tx: &mut Tx<'_>,
        what: &str,
        used: &str,
    ) -> Result<Option<(String, i64, String)>, Refusal> {
        let sql = "SELECT u.material, u.version, m.name FROM material_use u JOIN material m ON m.id = u.material WHERE u.what = $1 AND u.used = $2";
        Ok(tx.opt(sql, params![what, used], |row| Ok((row.text(0)?, row.int(1)?, row.text(2)?)))?)
    }
    /// The newest first, at most `limit`. Errors: `material_unknown`.
    pub fn material_uses(&self, tx: &mut Tx<'_>, id: &str, limit: i64) -> Result<Vec<MaterialUse>, Refusal> {
        self.material(tx, id)?;
        let sql = "SELECT u.what, u.used, u.version, u.at, COALESCE((SELECT name FROM message WHERE id = u.used), (SELECT name FROM welcome_rule WHERE id = u.used),
              (SELECT name FROM group_message WHERE id = u.used), (SELECT name FROM moment WHERE id = u.used), '')
            FROM material_use u WHERE u.material = $1 ORDER BY u.at DESC, u.used DESC LIMIT $2";
        let rows = tx.query(sql, params![id, limit.clamp(1, 500)], |row| {
            Ok(MaterialUse {
                what: row.text(0)?,
                used: row.text(1)?,
                version: row.int(2)?,
                at: row.time(3)?,
                name: row.text(4)?,
            })
        })?;
        Ok(rows)
    }
}
