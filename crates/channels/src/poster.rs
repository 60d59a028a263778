//! Templates of posters: kept, changed, put away.

use crate::channel::label;
use crate::{Channels, refuse};
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time, new_id};
use siyu_pictures::Design;

const POSTERS_MAX: i64 = 500;
/// Of all pictures of a design: four bytes of memory each while it is drawn.
const PIXELS_MAX: i64 = 20_000_000;
const NAME_MAX: usize = 40;

#[derive(Clone, Debug, PartialEq)]
pub struct PosterIn {
    pub name: String,
    pub design: Design,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PosterRow {
    pub id: String,
    pub name: String,
    pub design: Design,
    pub version: i64,
    pub created_at: Time,
    pub created_by: String,
    pub changed_at: Time,
    pub changed_by: String,
    pub archived_at: Option<Time>,
}

const COLUMNS: &str =
    "SELECT id, name, design, version, created_at, created_by, changed_at, changed_by, archived_at FROM poster";

fn row(row: RowRef<'_>) -> Result<Option<PosterRow>, DbError> {
    let Ok(design) = serde_json::from_str(&row.text(2)?) else { return Ok(None) };
    Ok(Some(PosterRow {
        id: row.text(0)?,
        name: row.text(1)?,
        design,
        version: row.int(3)?,
        created_at: row.time(4)?,
        created_by: row.text(5)?,
        changed_at: row.time(6)?,
        changed_by: row.text(7)?,
        archived_at: row.opt_time(8)?,
    }))
}

impl Channels {
    /// Errors: `poster_field`, `poster_limit`, `poster_picture_unknown`.
    pub fn create_poster(&self, tx: &mut Tx<'_>, input: &PosterIn, by: &str, now: Time) -> Result<PosterRow, Refusal> {
        let (name, design, pictures) = checked(tx, input)?;
        if tx.one("SELECT COUNT(*) FROM poster WHERE archived_at IS NULL", &[], |row| row.int(0))? >= POSTERS_MAX {
            return Err(refuse::poster_limit(POSTERS_MAX));
        }
        let id = new_id("pst", now, &self.inner.chance);
        tx.execute(
            "INSERT INTO poster (id, name, design, pictures, version, created_at, created_by, changed_at, changed_by) VALUES ($1, $2, $3, $4, 1, $5, $6, $5, $6)",
            params![&id, &name, &design, &pictures, now, by],
        )?;
        self.poster(tx, &id)
    }
    /// With `version` an edit by somebody else meanwhile is refused.
    ///
    /// Errors: `poster_unknown`, `channel_changed`, and those of making one.
    pub fn change_poster(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        input: &PosterIn,
        version: Option<i64>,
        by: &str,
        now: Time,
    ) -> Result<PosterRow, Refusal> {
        let old = self.poster(tx, id)?;
        if version.is_some_and(|version| version != old.version) {
            return Err(refuse::channel_changed());
        }
        let (name, design, pictures) = checked(tx, input)?;
        tx.execute(
            "UPDATE poster SET name = $2, design = $3, pictures = $4, version = version + 1, changed_at = $5, changed_by = $6 WHERE id = $1",
            params![id, &name, &design, &pictures, now, by],
        )?;
        self.poster(tx, id)
    }
    /// Puts one away, or takes it back. Errors: `poster_unknown`.
    pub fn archive_poster(&self, tx: &mut Tx<'_>, id: &str, away: bool, now: Time) -> Result<PosterRow, Refusal> {
        self.poster(tx, id)?;
        let sql = "UPDATE poster SET archived_at = $2, version = version + 1 WHERE id = $1";
        tx.execute(sql, params![id, away.then_some(now)])?;
        self.poster(tx, id)
    }
    /// Errors: `poster_unknown`.
    pub fn poster(&self, tx: &mut Tx<'_>, id: &str) -> Result<PosterRow, Refusal> {
        tx.opt(&format!("{COLUMNS} WHERE id = $1"), params![id], row)?.flatten().ok_or_else(refuse::poster_unknown)
    }
    /// The newest first, those before `before`.
    pub fn posters(
        &self,
        tx: &mut Tx<'_>,
        archived: bool,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<PosterRow>, Refusal> {
        let sql = format!("{COLUMNS} WHERE id < $1 AND ($2 = 1 OR archived_at IS NULL) ORDER BY id DESC LIMIT $3");
        let rows = tx.query(&sql, params![before.unwrap_or("~"), i64::from(archived), limit.clamp(1, 200)], row)?;
        Ok(rows.into_iter().flatten().collect())
    }
}

/// Whether a design can be drawn, and its pictures are there. Errors: `poster_field`, `poster_picture_unknown`.
pub(crate) fn check_design(tx: &mut Tx<'_>, design: &Design) -> Result<(), Refusal> {
    design.check().map_err(|wrong| refuse::poster(wrong.field, wrong.en, wrong.zh))?;
    let mut pixels = 0;
    for id in design.pictures_used() {
        let size = "SELECT width * height FROM poster_picture WHERE id = $1";
        pixels += tx.opt(size, params![id], |row| row.int(0))?.ok_or_else(refuse::poster_picture_unknown)?;
    }
    if pixels > PIXELS_MAX {
        return Err(refuse::poster(
            "pictures",
            "The pictures of a poster have up to 20 million pixels together. Take smaller ones.",
            "一张海报所用图片合计最多 2000 万像素，请换用较小的图片。",
        ));
    }
    Ok(())
}

fn checked(tx: &mut Tx<'_>, input: &PosterIn) -> Result<(String, String, String), Refusal> {
    let name = label(&input.name, NAME_MAX).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| refuse::poster("name", "A name has 1 to 40 characters.", "名称为 1 到 40 个字。"))?;
    check_design(tx, &input.design)?;
    let design = serde_json::to_string(&input.design).map_err(Refusal::internal)?;
    let pictures = serde_json::to_string(&input.design.pictures_used()).map_err(Refusal::internal)?;
    Ok((name, design, pictures))
}
