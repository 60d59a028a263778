//! Pictures that posters show: kept sealed.

use crate::channel::label;
use crate::{Channels, refuse};
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time, new_id};
use siyu_pictures::{Design, Fault, Limits, Pictures, Raster};

const PICTURES_MAX: i64 = 500;
/// A photo of a phone has 12 million pixels: 48 MB of memory while it is drawn.
const LIMITS: Limits = Limits { bytes: 5 << 20, side: 6_000, pixels: 12_500_000 };

#[derive(Clone, Debug)]
pub struct PosterPictureIn {
    pub name: String,
    pub body: Vec<u8>,
    pub by: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PosterPicture {
    pub id: String,
    pub name: String,
    /// Media type.
    pub type_: String,
    pub width: i64,
    pub height: i64,
    pub bytes: i64,
    pub created_at: Time,
    pub created_by: String,
}

const COLUMNS: &str = "SELECT id, name, type, width, height, bytes, created_at, created_by FROM poster_picture";

fn row(row: RowRef<'_>) -> Result<PosterPicture, DbError> {
    Ok(PosterPicture {
        id: row.text(0)?,
        name: row.text(1)?,
        type_: row.text(2)?,
        width: row.int(3)?,
        height: row.int(4)?,
        bytes: row.int(5)?,
        created_at: row.time(6)?,
        created_by: row.text(7)?,
    })
}

impl Channels {
    /// The largest body [`Channels::measure_poster_picture`] takes.
    pub const POSTER_PICTURE_MAX: usize = LIMITS.bytes;

    /// Whether it can be drawn: width and height. Not in a unit, for it takes a while.
    ///
    /// Errors: `poster_picture`, `busy`.
    pub fn measure_poster_picture(&self, body: &[u8]) -> Result<(u32, u32), Refusal> {
        let _one = self.inner.drawing.turn()?;
        Raster::decode(body, LIMITS).map(|own| (own.width, own.height)).map_err(|fault| match fault {
            Fault::TooLarge => refuse::poster_picture(
                "A picture has up to 5 MB and 12 million pixels.",
                "图片最大 5 MB、1200 万像素。",
            ),
            Fault::Unknown => refuse::poster_picture("Pictures are PNG or JPEG.", "图片须为 PNG 或 JPEG 格式。"),
            Fault::Broken => refuse::poster_picture("The picture is broken.", "图片已损坏，无法打开。"),
        })
    }
    /// Keeps a picture that was measured.
    ///
    /// Errors: `poster_limit`.
    pub fn add_poster_picture(
        &self,
        tx: &mut Tx<'_>,
        input: &PosterPictureIn,
        (width, height): (u32, u32),
        now: Time,
    ) -> Result<PosterPicture, Refusal> {
        if tx.one("SELECT COUNT(*) FROM poster_picture", &[], |row| row.int(0))? >= PICTURES_MAX {
            return Err(refuse::poster_limit(PICTURES_MAX));
        }
        let id = new_id("ppc", now, &self.inner.chance);
        let name = label(&input.name, 100).unwrap_or_default();
        let type_ = if input.body.starts_with(&[0x89]) { "image/png" } else { "image/jpeg" };
        tx.execute(
            "INSERT INTO poster_picture (id, name, type, width, height, bytes, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            params![&id, &name, type_, i64::from(width), i64::from(height), input.body.len() as i64, now, &input.by],
        )?;
        let sealed = self.inner.vault.seal(&input.body);
        tx.execute("INSERT INTO poster_picture_body (picture, body) VALUES ($1, $2)", params![&id, &sealed])?;
        self.poster_picture(tx, &id)
    }
    /// Errors: `poster_picture_unknown`.
    pub fn poster_picture(&self, tx: &mut Tx<'_>, id: &str) -> Result<PosterPicture, Refusal> {
        tx.opt(&format!("{COLUMNS} WHERE id = $1"), params![id], row)?.ok_or_else(refuse::poster_picture_unknown)
    }
    /// The newest first, those before `before`.
    pub fn poster_pictures(
        &self,
        tx: &mut Tx<'_>,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<PosterPicture>, Refusal> {
        let sql = format!("{COLUMNS} WHERE id < $1 ORDER BY id DESC LIMIT $2");
        Ok(tx.query(&sql, params![before.unwrap_or("~"), limit.clamp(1, 200)], row)?)
    }
    /// Errors: `poster_picture_unknown`.
    pub fn poster_picture_body(&self, tx: &mut Tx<'_>, id: &str) -> Result<(String, Vec<u8>), Refusal> {
        let type_ = self.poster_picture(tx, id)?.type_;
        let sql = "SELECT body FROM poster_picture_body WHERE picture = $1";
        let sealed = tx.opt(sql, params![id], |row| row.blob(0))?.ok_or_else(refuse::poster_picture_unknown)?;
        Ok((type_, self.inner.vault.open(&sealed).map_err(Refusal::internal)?))
    }
    /// Errors: `poster_picture_unknown`, `poster_picture_used`.
    pub fn delete_poster_picture(&self, tx: &mut Tx<'_>, id: &str) -> Result<(), Refusal> {
        self.poster_picture(tx, id)?;
        let lists = tx.query("SELECT pictures FROM poster", &[], |row| row.text(0))?;
        let used =
            |list: &String| serde_json::from_str::<Vec<String>>(list).is_ok_and(|own| own.iter().any(|own| own == id));
        if lists.iter().any(used) {
            return Err(refuse::poster_picture_used());
        }
        tx.execute("DELETE FROM poster_picture WHERE id = $1", params![id])?;
        tx.execute("DELETE FROM poster_picture_body WHERE picture = $1", params![id])?;
        Ok(())
    }
    /// The bodies of the pictures that a design shows.
    pub(crate) fn bodies(&self, tx: &mut Tx<'_>, design: &Design) -> Result<Vec<(String, Vec<u8>)>, Refusal> {
        let all = design.pictures_used().into_iter();
        all.map(|id| Ok((id.to_owned(), self.poster_picture_body(tx, id)?.1))).collect()
    }
}

pub(crate) fn unpacked(bodies: Vec<(String, Vec<u8>)>) -> Pictures {
    let mut all = Pictures::default();
    for (id, body) in bodies {
        // What was taken once is taken again: a picture that is not is left out.
        if let Ok(raster) = Raster::decode(&body, LIMITS) {
            all.add(&id, raster);
        }
    }
    all
}
