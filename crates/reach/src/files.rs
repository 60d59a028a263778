//! Files that go out with messages, and their ids at WeCom, which live three days. A job renews them ahead of time, so that nothing that is in
//! a hurry has to upload.

use crate::content::{Content, Kind};
use crate::{Reach, refuse};
use siyu_contacts::Ran;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time, new_id};
use siyu_wecom::{Error, MediaKind, Retry};
use std::collections::BTreeMap;

pub use crate::content::Kind as FileKind;

const FILES_MAX: i64 = 2_000;
const MB: usize = 1 << 20;
/// An id is renewed when it has less than this left of its three days.
const RENEWED_BEFORE_SECONDS: i64 = 24 * 3_600;
/// WeCom's documented life of an id.
const LIFE_SECONDS: i64 = 3 * 24 * 3_600;
/// Nothing is sent with an id that ends so soon.
const MARGIN_SECONDS: i64 = 600;

/// A file as it is given.
#[derive(Clone, Debug)]
pub struct FileIn {
    pub name: String,
    pub body: Vec<u8>,
    pub by: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    pub id: String,
    pub name: String,
    pub kind: Kind,
    /// Media type.
    pub type_: String,
    pub bytes: i64,
    pub created_at: Time,
    pub created_by: String,
    /// Until when WeCom has it; `None` while it has not.
    pub ready_until: Option<Time>,
    /// Why WeCom does not have it yet.
    pub error: Option<String>,
    pub used: bool,
}

const COLUMNS: &str = "SELECT f.id, f.name, f.kind, f.type, f.bytes, f.created_at, f.created_by, f.media, f.expires_at, f.error FROM reach_file f";

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Image => "image",
        Kind::Video => "video",
        Kind::File => "file",
    }
}
fn kind_of(name: &str) -> Kind {
    match name {
        "image" => Kind::Image,
        "video" => Kind::Video,
        _ => Kind::File,
    }
}

/// What the bytes are, by what they begin with; anything WeCom does not show is sent as a document.
fn look(body: &[u8]) -> (Kind, &'static str) {
    match body {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => (Kind::Image, "image/png"),
        [0xff, 0xd8, 0xff, ..] => (Kind::Image, "image/jpeg"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => (Kind::Video, "video/mp4"),
        [b'%', b'P', b'D', b'F', ..] => (Kind::File, "application/pdf"),
        _ => (Kind::File, "application/octet-stream"),
    }
}

/// A name without path and control characters, of at most 100 characters; its ending stays.
fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: Vec<char> = last.chars().filter(|c| !c.is_control() && !"\"<>|:*?".contains(*c)).collect();
    let start = kept.len().saturating_sub(100);
    let name: String = kept[start..].iter().collect();
    let name = name.trim().trim_start_matches('.').to_owned();
    if name.is_empty() { "file".to_owned() } else { name }
}

impl Reach {
    /// Keeps a file. Pictures (JPG, PNG) and videos (MP4) of up to 10 MB are known by their beginning; anything else is a document of up to 20 MB.
    ///
    /// Errors: `reach_file`, `reach_file_limit`.
    pub fn add_file(&self, tx: &mut Tx<'_>, input: &FileIn, now: Time) -> Result<FileRow, Refusal> {
        let (kind, type_) = look(&input.body);
        let max = if kind == Kind::File { 20 * MB } else { 10 * MB };
        if input.body.len() <= 5 {
            return Err(refuse::file("The file is empty.", "文件为空。"));
        }
        if input.body.len() > max {
            return Err(refuse::file(
                "A picture or video has up to 10 MB, a document up to 20 MB.",
                "图片和视频最大 10 MB，文件最大 20 MB。",
            ));
        }
        if tx.one("SELECT COUNT(*) FROM reach_file", &[], |row| row.int(0))? >= FILES_MAX {
            return Err(refuse::file_limit(FILES_MAX));
        }
        let id = new_id("fil", now, &self.parts().chance);
        let sealed = self.parts().vault.seal(&input.body);
        tx.execute(
            "INSERT INTO reach_file (id, name, kind, type, bytes, created_at, created_by, media, due_at, tries) VALUES ($1, $2, $3, $4, $5, $6, $7, '', $6, 0)",
            params![&id, &clean(&input.name), kind_name(kind), type_, input.body.len() as i64, now, &input.by],
        )?;
        tx.execute("INSERT INTO reach_file_body (file, body) VALUES ($1, $2)", params![&id, &sealed])?;
        self.file(tx, &id, now)
    }
    /// Errors: `reach_file_unknown`.
    pub fn file(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<FileRow, Refusal> {
        self.file_rows(tx, &format!("{COLUMNS} WHERE f.id = $1"), &[id.into()], now)?
            .pop()
            .ok_or_else(refuse::file_unknown)
    }
    /// The newest first, those before `before`.
    pub fn files(&self, tx: &mut Tx<'_>, before: Option<&str>, limit: i64, now: Time) -> Result<Vec<FileRow>, Refusal> {
        let sql = format!("{COLUMNS} WHERE f.id < $1 ORDER BY f.id DESC LIMIT $2");
        self.file_rows(tx, &sql, params![before.unwrap_or("~"), limit.clamp(1, 200)], now)
    }
    fn file_rows(
        &self,
        tx: &mut Tx<'_>,
        sql: &str,
        params: &[siyu_db::Param<'_>],
        now: Time,
    ) -> Result<Vec<FileRow>, Refusal> {
        let used = self.used_files(tx)?;
        Ok(tx.query(sql, params, |row| {
            let (id, media, expires) = (row.text(0)?, row.text(7)?, row.opt_time(8)?);
            Ok(FileRow {
                used: used.contains(&id),
                id,
                name: row.text(1)?,
                kind: kind_of(&row.text(2)?),
                type_: row.text(3)?,
                bytes: row.int(4)?,
                created_at: row.time(5)?,
                created_by: row.text(6)?,
                ready_until: expires.filter(|at| !media.is_empty() && *at > now),
                error: row.opt_text(9)?,
            })
        })?)
    }
    /// Name, media type and bytes. Errors: `reach_file_unknown`.
    pub fn file_body(&self, tx: &mut Tx<'_>, id: &str) -> Result<(String, String, Vec<u8>), Refusal> {
        let sql =
            "SELECT f.name, f.type, b.body FROM reach_file f JOIN reach_file_body b ON b.file = f.id WHERE f.id = $1";
        let row = tx.opt(sql, params![id], |row| Ok((row.text(0)?, row.text(1)?, row.blob(2)?)))?;
        let (name, type_, sealed) = row.ok_or_else(refuse::file_unknown)?;
        Ok((name, type_, self.parts().vault.open(&sealed).map_err(Refusal::internal)?))
    }
    /// Errors: `reach_file_unknown`, `reach_file_used`.
    pub fn delete_file(&self, tx: &mut Tx<'_>, id: &str) -> Result<(), Refusal> {
        if self.used_files(tx)?.iter().any(|used| used == id) {
            return Err(refuse::file_used());
        }
        tx.execute("DELETE FROM reach_file_body WHERE file = $1", params![id])?;
        if tx.execute("DELETE FROM reach_file WHERE id = $1", params![id])? == 0 {
            return Err(refuse::file_unknown());
        }
        Ok(())
    }
    /// Whether all files of a content are there and of the kind they are used as. Errors: `content_invalid`.
    pub(crate) fn check_files(&self, tx: &mut Tx<'_>, content: &Content, place: &str) -> Result<(), Refusal> {
        let ids = content.files();
        let sql = format!("SELECT id, kind FROM reach_file WHERE {}", tx.any("id", 1));
        let kinds: BTreeMap<String, String> =
            tx.query(&sql, params![&ids], |row| Ok((row.text(0)?, row.text(1)?)))?.into_iter().collect();
        for (at, piece) in content.attachments.iter().enumerate() {
            let Some((file, wanted)) = piece.file() else { continue };
            let field = format!("{place}.attachments[{at}].file");
            let Some(kind) = kinds.get(file) else {
                return Err(refuse::content(field, "Upload the file first.", "请先上传文件。"));
            };
            // A picture or a video may go as a document, but not the other way round.
            if wanted != Kind::File && kind_of(kind) != wanted {
                let (en, zh) = match wanted {
                    Kind::Image => ("A picture is needed here: JPG or PNG.", "此处需要图片：JPG 或 PNG。"),
                    _ => ("A video is needed here: MP4.", "此处需要视频：MP4。"),
                };
                return Err(refuse::content(field, en, zh));
            }
        }
        Ok(())
    }

    /// Ids at WeCom of these files, as far as they live long enough for a call.
    pub(crate) fn media_of(
        &self,
        tx: &mut Tx<'_>,
        files: &[String],
        now: Time,
    ) -> Result<BTreeMap<String, String>, Refusal> {
        if files.is_empty() {
            return Ok(BTreeMap::new());
        }
        let sql =
            format!("SELECT id, media FROM reach_file WHERE expires_at > $2 AND media <> '' AND {}", tx.any("id", 1));
        let rows =
            tx.query(&sql, params![files, now.plus_seconds(MARGIN_SECONDS)], |row| Ok((row.text(0)?, row.text(1)?)))?;
        Ok(rows.into_iter().collect())
    }
    /// WeCom does not know these ids any more: they are fetched again at once.
    pub(crate) fn spoil_files(&self, files: &[String]) -> Result<(), Refusal> {
        let (files, now) = (files.to_vec(), self.now());
        self.parts().db.transact(move |tx| {
            let sql = format!("UPDATE reach_file SET media = '', due_at = $2 WHERE {}", tx.any("id", 1));
            Ok(tx.execute(&sql, params![&files, now])?)
        })?;
        Ok(())
    }

    /// Fetches or renews the id of one file that is due. The caller holds the lease.
    pub fn work_files(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let due = self.parts().db.read(|tx| {
            let used: Vec<String> = self.used_files(tx)?;
            // Those in use, and those just uploaded, for a content that is being written.
            let sql = format!(
                "SELECT id, kind, due_at FROM reach_file WHERE ({} OR created_at > $2) AND due_at <= $3 ORDER BY due_at LIMIT 1",
                tx.any("id", 1)
            );
            let fresh = now.plus_seconds(-24 * 3_600);
            Ok(tx.opt(&sql, params![&used, fresh, now], |row| Ok((row.text(0)?, row.text(1)?)))?)
        })?;
        let Some((id, kind)) = due else { return Ok(Ran::Nothing) };
        let body = self.parts().db.read(|tx| self.file_body(tx, &id));
        let (name, _, body) = match body {
            // Deleted meanwhile.
            Err(refusal) if refusal.code == "reach_file_unknown" => return Ok(Ran::Went),
            body => body?,
        };
        let kind = match kind_of(&kind) {
            Kind::Image => MediaKind::Image,
            Kind::Video => MediaKind::Video,
            Kind::File => MediaKind::File,
        };
        let uploaded = self.parts().contacts.client_lately()?.upload_media(kind, &name, &body);
        match uploaded {
            Ok(media) => self.has_id(&id, media.media_id, now)?,
            Err(error) => return self.has_no_id(&id, &error),
        }
        Ok(Ran::Went)
    }
    fn has_id(&self, id: &str, media: String, now: Time) -> Result<(), Refusal> {
        let id = id.to_owned();
        let (until, due) = (now.plus_seconds(LIFE_SECONDS), now.plus_seconds(LIFE_SECONDS - RENEWED_BEFORE_SECONDS));
        metrics::counter!("siyu_reach_files_total", "outcome" => "fetched").increment(1);
        self.parts().db.transact(move |tx| {
            tx.execute(
                "UPDATE reach_file SET media = $2, expires_at = $3, due_at = $4, tries = 0, error = NULL WHERE id = $1",
                params![&id, &media, until, due],
            )?;
            Ok(())
        })?;
        self.inner.plan.forget();
        Ok(())
    }
    /// Tried again with growing pauses; an id that still lives stays in use.
    fn has_no_id(&self, id: &str, error: &Error) -> Result<Ran, Refusal> {
        tracing::warn!(call = error.call, code = error.name(), detail = %error.detail, "a file waits for its id at WeCom");
        metrics::counter!("siyu_reach_files_total", "outcome" => error.name()).increment(1);
        let (id, name, retry, now) = (id.to_owned(), error.name(), error.retry, self.now());
        let due = self.parts().db.transact(move |tx| {
            let tries =
                tx.opt("SELECT tries FROM reach_file WHERE id = $1", params![&id], |row| row.int(0))?.unwrap_or(0);
            let due = match retry {
                Retry::At(at) => at.max(now.plus_seconds(1)),
                _ => now.plus_seconds(1 << tries.min(9)),
            };
            tx.execute(
                "UPDATE reach_file SET tries = tries + 1, error = $2, due_at = $3 WHERE id = $1",
                params![&id, name, due],
            )?;
            Ok(due)
        })?;
        Ok(Ran::Waits(due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_beginning_and_named_safely() {
        assert_eq!(look(b"\x89PNG\r\n\x1a\nrest").0, Kind::Image);
        assert_eq!(look(b"\xff\xd8\xff\xe0rest").0, Kind::Image);
        assert_eq!(look(b"\0\0\0\x18ftypmp42").0, Kind::Video);
        assert_eq!(look(b"<svg onload=x>").0, Kind::File);
        assert_eq!(clean("../../etc/pass\nwd"), "passwd");
        assert_eq!(clean("C:\\a\\价目表.pdf"), "价目表.pdf");
        assert_eq!(clean("..."), "file");
        assert!(clean(&("长".repeat(300) + ".pdf")).ends_with(".pdf"));
    }
}
