//! Scripts and materials: what is ready to be sent, in folders.

use crate::events::{Happening, names};
use crate::texts::{checked, part};
use crate::{Customer, Guides, Seat, Words, fill, refuse};
use base64::Engine;
use serde::{Deserialize, Serialize};
use siyu_db::{DbError, Param, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::MediaKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptKind {
    Text,
    Image,
    Link,
    MiniProgram,
}

impl ScriptKind {
    pub fn name(self) -> &'static str {
        match self {
            ScriptKind::Text => "text",
            ScriptKind::Image => "image",
            ScriptKind::Link => "link",
            ScriptKind::MiniProgram => "miniprogram",
        }
    }
    /// Errors: `script_body`.
    pub fn parse(name: &str) -> Result<Self, Refusal> {
        let all = [ScriptKind::Text, ScriptKind::Image, ScriptKind::Link, ScriptKind::MiniProgram];
        all.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            refuse::script(
                "kind",
                "`kind` is text, image, link or miniprogram.",
                "kind 可用：text、image、link、miniprogram。",
            )
        })
    }
}

/// What each kind says; fields of other kinds are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScriptBody {
    pub text: String,
    pub url: String,
    pub description: String,
    pub picture_url: String,
    pub appid: String,
    pub page: String,
}

#[derive(Clone, Debug)]
pub struct Folder {
    pub id: String,
    pub name: String,
    pub scripts: i64,
}

#[derive(Clone, Debug)]
pub struct Script {
    pub id: String,
    pub folder: String,
    pub kind: ScriptKind,
    pub title: String,
    pub body: ScriptBody,
    pub action: Option<String>,
    pub has_image: bool,
    pub uses: i64,
    pub used_at: Option<Time>,
    pub updated_at: Time,
}

#[derive(Clone, Debug)]
pub struct ScriptIn {
    /// A folder's id.
    pub folder: String,
    pub kind: ScriptKind,
    pub title: String,
    pub body: ScriptBody,
    /// The code of the next action it is for.
    pub action: Option<String>,
    /// Of an image: JPG or PNG.
    pub image: Option<Vec<u8>>,
    pub by: String,
}

/// `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub struct ScriptPatch {
    pub folder: Option<String>,
    pub title: Option<String>,
    pub body: Option<ScriptBody>,
    pub action: Option<Option<String>>,
}

#[derive(Clone, Debug, Default)]
pub struct ScriptQuery {
    pub folder: Option<String>,
    /// Part of title or text.
    pub text: Option<String>,
    pub action: Option<String>,
    pub limit: i64,
}

/// A script as the client's `sendChatMessage` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sendable {
    Text { content: String },
    Image { media_id: String },
    News { link: String, title: String, desc: String, img_url: String },
    MiniProgram { appid: String, title: String, img_url: String, page: String },
}

const TITLE_MAX: usize = 60;
const TEXT_MAX: usize = 1300;
const PICTURE_MAX: usize = 700 * 1024;
const FOLDERS_MAX: i64 = 200;
const SCRIPTS_MAX: i64 = 10_000;
/// WeCom keeps it for three days.
const MEDIA_SECONDS: i64 = 3 * 86_400 - 3_600;

/// A picture that came as base64 text, with or without the head of a data URL. Errors: `script_picture`.
pub fn picture_of(text: &str) -> Result<Vec<u8>, Refusal> {
    let text = text.split_once(";base64,").map_or(text, |(_, rest)| rest);
    if text.len() > PICTURE_MAX * 4 / 3 + 4 {
        return Err(refuse::picture());
    }
    base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| refuse::picture())
}

fn picture_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        _ => None,
    }
}

fn address(field: &str, text: &str, needed: bool) -> Result<(), Refusal> {
    let fits = text.len() <= 2048 && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    let whole = text.strip_prefix("https://").or(text.strip_prefix("http://")).is_some_and(|rest| !rest.is_empty());
    if fits && (whole || (text.is_empty() && !needed)) {
        return Ok(());
    }
    Err(refuse::script(
        field,
        "This is no web address of at most 2048 bytes.",
        "请填写以 http:// 或 https:// 开头的网址，最长 2048 字节。",
    ))
}

fn check_body(kind: ScriptKind, title: &str, body: &ScriptBody) -> Result<ScriptBody, Refusal> {
    let mut out = ScriptBody::default();
    match kind {
        ScriptKind::Text => {
            out.text = checked("text", &body.text, TEXT_MAX)?;
            fill::check(&out.text)?;
        }
        ScriptKind::Image => {}
        ScriptKind::Link => {
            address("url", &body.url, true)?;
            address("picture_url", &body.picture_url, false)?;
            out = ScriptBody { url: body.url.clone(), picture_url: body.picture_url.clone(), ..out };
            if !body.description.trim().is_empty() {
                out.description = checked("description", &body.description, 170)?;
            }
        }
        ScriptKind::MiniProgram => {
            address("picture_url", &body.picture_url, true)?;
            let word =
                |text: &str| !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric());
            if !word(&body.appid) {
                return Err(refuse::script(
                    "appid",
                    "An appid looks like wx1234567890abcdef.",
                    "appid 形如 wx1234567890abcdef。",
                ));
            }
            if title.len() > 64 {
                return Err(refuse::script(
                    "title",
                    "The title of a mini-program has up to 64 bytes.",
                    "小程序标题最长 64 字节。",
                ));
            }
            let page = checked("page", &body.page, 500)?;
            out = ScriptBody { appid: body.appid.clone(), page, picture_url: body.picture_url.clone(), ..out };
        }
    }
    Ok(out)
}

const COLUMNS: &str =
    "id, folder, kind, title, body, action, CASE WHEN image IS NULL THEN 0 ELSE 1 END, uses, used_at, updated_at";

fn read(row: RowRef<'_>) -> Result<Script, DbError> {
    let wrong = |what: &str| DbError::Decode(format!("a script with another {what}"));
    Ok(Script {
        id: row.text(0)?,
        folder: row.text(1)?,
        kind: ScriptKind::parse(&row.text(2)?).map_err(|_| wrong("kind"))?,
        title: row.text(3)?,
        body: serde_json::from_str(&row.text(4)?).map_err(|_| wrong("body"))?,
        action: row.opt_text(5)?,
        has_image: row.flag(6)?,
        uses: row.int(7)?,
        used_at: row.opt_time(8)?,
        updated_at: row.time(9)?,
    })
}

fn action(code: &Option<String>) -> Result<(), Refusal> {
    match code {
        Some(code) if !crate::actions::CODES.contains(&code.as_str()) => {
            let all = crate::actions::CODES.join(", ");
            Err(refuse::script("action", &format!("`action` is one of: {all}."), &format!("action 可用：{all}。")))
        }
        _ => Ok(()),
    }
}

impl Guides {
    pub fn folders(&self, tx: &mut Tx<'_>) -> Result<Vec<Folder>, Refusal> {
        let sql = "SELECT f.id, f.name, (SELECT COUNT(*) FROM guide_script s WHERE s.folder = f.id AND s.gone_at IS NULL) FROM guide_folder f ORDER BY f.sort, f.id";
        Ok(tx.query(sql, &[], |row| Ok(Folder { id: row.text(0)?, name: row.text(1)?, scripts: row.int(2)? }))?)
    }
    /// Errors: `guide_text`, `folder_taken`.
    pub fn add_folder(&self, tx: &mut Tx<'_>, name: &str) -> Result<Folder, Refusal> {
        let (name, id) = (checked("name", name, 20)?, self.id("fld"));
        let count = tx.one("SELECT COUNT(*) FROM guide_folder", &[], |row| row.int(0))?;
        let sql = "INSERT INTO guide_folder (id, name, sort) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING";
        if count >= FOLDERS_MAX || tx.execute(sql, params![&id, &name, count])? == 0 {
            return Err(refuse::folder_taken());
        }
        Ok(Folder { id, name, scripts: 0 })
    }
    /// Errors: `folder_unknown`, `folder_taken`, `guide_text`.
    pub fn rename_folder(&self, tx: &mut Tx<'_>, id: &str, name: &str) -> Result<(), Refusal> {
        let name = checked("name", name, 20)?;
        let taken = "SELECT 1 FROM guide_folder WHERE name = $1 AND id <> $2";
        if tx.opt(taken, params![&name, id], |row| row.int(0))?.is_some() {
            return Err(refuse::folder_taken());
        }
        let done = tx.execute("UPDATE guide_folder SET name = $2 WHERE id = $1", params![id, &name])?;
        if done == 1 { Ok(()) } else { Err(refuse::folder_unknown()) }
    }
    /// Errors: `folder_unknown`, `folder_used`.
    pub fn drop_folder(&self, tx: &mut Tx<'_>, id: &str) -> Result<(), Refusal> {
        let used = "SELECT 1 FROM guide_script WHERE folder = $1 AND gone_at IS NULL LIMIT 1";
        if tx.opt(used, params![id], |row| row.int(0))?.is_some() {
            return Err(refuse::folder_used());
        }
        let done = tx.execute("DELETE FROM guide_folder WHERE id = $1", params![id])?;
        if done == 1 { Ok(()) } else { Err(refuse::folder_unknown()) }
    }
    fn folder_exists(&self, tx: &mut Tx<'_>, id: &str) -> Result<(), Refusal> {
        let found = tx.opt("SELECT 1 FROM guide_folder WHERE id = $1", params![id], |row| row.int(0))?;
        found.map(drop).ok_or_else(refuse::folder_unknown)
    }

    /// Errors: `folder_unknown`, `guide_text`, `script_body`, `script_variable`, `script_picture`.
    pub fn add_script(&self, tx: &mut Tx<'_>, input: &ScriptIn) -> Result<Script, Refusal> {
        let now = self.now();
        self.folder_exists(tx, &input.folder)?;
        let title = checked("title", &input.title, TITLE_MAX)?;
        let body = check_body(input.kind, &title, &input.body)?;
        action(&input.action)?;
        let image = match (input.kind, &input.image) {
            (ScriptKind::Image, Some(bytes)) if bytes.len() <= PICTURE_MAX => {
                Some((bytes, picture_type(bytes).ok_or_else(refuse::picture)?))
            }
            (ScriptKind::Image, _) => return Err(refuse::picture()),
            _ => None,
        };
        let count = tx.one("SELECT COUNT(*) FROM guide_script WHERE gone_at IS NULL", &[], |row| row.int(0))?;
        if count >= SCRIPTS_MAX {
            return Err(refuse::script("folder", "There may be at most 10,000 scripts.", "话术与素材最多 10000 条。"));
        }
        let (id, body) = (self.id("scr"), serde_json::to_string(&body).map_err(Refusal::internal)?);
        let bytes: Param<'_> = image.map_or(Param::Null, |(bytes, _)| bytes.into());
        tx.execute(
            "INSERT INTO guide_script (id, folder, kind, title, body, action, image, image_type, created_at, created_by, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9)",
            &[
                (&id).into(),
                (&input.folder).into(),
                input.kind.name().into(),
                (&title).into(),
                (&body).into(),
                (&input.action).into(),
                bytes,
                image.map(|(_, kind)| kind).into(),
                now.into(),
                (&input.by).into(),
            ],
        )?;
        self.script(tx, &id)
    }
    /// Errors: as [`Guides::add_script`], and `script_unknown`.
    pub fn change_script(&self, tx: &mut Tx<'_>, id: &str, patch: &ScriptPatch) -> Result<Script, Refusal> {
        let own = self.script(tx, id)?;
        let folder = patch.folder.clone().unwrap_or(own.folder);
        self.folder_exists(tx, &folder)?;
        let title = checked("title", patch.title.as_deref().unwrap_or(&own.title), TITLE_MAX)?;
        let body = check_body(own.kind, &title, patch.body.as_ref().unwrap_or(&own.body))?;
        let wanted = patch.action.clone().unwrap_or(own.action);
        action(&wanted)?;
        let body = serde_json::to_string(&body).map_err(Refusal::internal)?;
        tx.execute(
            "UPDATE guide_script SET folder = $2, title = $3, body = $4, action = $5, updated_at = $6 WHERE id = $1",
            params![id, &folder, &title, &body, &wanted, self.now()],
        )?;
        self.script(tx, id)
    }
    /// It is no longer offered; what was sent stays counted. Errors: `script_unknown`.
    pub fn drop_script(&self, tx: &mut Tx<'_>, id: &str) -> Result<(), Refusal> {
        self.script(tx, id)?;
        tx.execute(
            "UPDATE guide_script SET gone_at = $2, image = NULL, media = NULL WHERE id = $1",
            params![id, self.now()],
        )?;
        Ok(())
    }
    /// Errors: `script_unknown`.
    pub fn script(&self, tx: &mut Tx<'_>, id: &str) -> Result<Script, Refusal> {
        let sql = format!("SELECT {COLUMNS} FROM guide_script WHERE id = $1 AND gone_at IS NULL");
        tx.opt(&sql, params![id], read)?.ok_or_else(refuse::script_unknown)
    }
    /// The most used first.
    pub fn scripts(&self, tx: &mut Tx<'_>, query: &ScriptQuery) -> Result<Vec<Script>, Refusal> {
        let given = |text: &Option<String>| text.as_deref().map(str::trim).unwrap_or_default().to_owned();
        let (folder, text, action) = (given(&query.folder), given(&query.text), given(&query.action));
        let like = part(&text);
        let sql = format!(
            "SELECT {COLUMNS} FROM guide_script WHERE gone_at IS NULL AND ($1 = '' OR folder = $1) AND ($2 = '' OR LOWER(title) LIKE $3 ESCAPE '\\' OR LOWER(body) LIKE $3 ESCAPE '\\')
               AND ($4 = '' OR action = $4) ORDER BY uses DESC, id LIMIT $5"
        );
        Ok(tx.query(&sql, params![&folder, &text, &like, &action, query.limit.clamp(1, 200)], read)?)
    }
    /// Its picture and the type of it. Errors: `script_unknown`.
    pub fn picture(&self, tx: &mut Tx<'_>, id: &str) -> Result<(Vec<u8>, String), Refusal> {
        let sql = "SELECT image, image_type FROM guide_script WHERE id = $1 AND gone_at IS NULL AND image IS NOT NULL";
        let found = tx.opt(sql, params![id], |row| Ok((row.blob(0)?, row.text(1)?)))?;
        found.ok_or_else(refuse::script_unknown)
    }

    /// A script as the client takes it, filled for one customer. A picture WeCom does not have any more is sent there first.
    ///
    /// Errors: `script_unknown`, and what WeCom answers.
    pub fn sendable(&self, id: &str, words: &Words) -> Result<Sendable, Refusal> {
        let script = self.inner.db.read(|tx| self.script(tx, id))?;
        let ScriptBody { text, url, description, picture_url, appid, page } = script.body;
        Ok(match script.kind {
            ScriptKind::Text => Sendable::Text { content: fill::fill(&text, words) },
            ScriptKind::Image => Sendable::Image { media_id: self.media(id)? },
            ScriptKind::Link => {
                Sendable::News { link: url, title: script.title, desc: description, img_url: picture_url }
            }
            ScriptKind::MiniProgram => {
                // The client wants the suffix, also where the program's own pages have none.
                let page = if page.split('?').next().is_some_and(|path| path.ends_with(".html")) {
                    page
                } else {
                    suffixed(&page)
                };
                Sendable::MiniProgram { appid, title: script.title, img_url: picture_url, page }
            }
        })
    }
    fn media(&self, id: &str) -> Result<String, Refusal> {
        let now = self.now();
        let sql = "SELECT media, media_until FROM guide_script WHERE id = $1 AND media IS NOT NULL";
        let known = self.inner.db.read(|tx| Ok(tx.opt(sql, params![id], |row| Ok((row.text(0)?, row.time(1)?)))?))?;
        if let Some((media, _)) = known.filter(|(_, until)| *until > now) {
            return Ok(media);
        }
        let (bytes, kind) = self.inner.db.read(|tx| self.picture(tx, id))?;
        let name = if kind == "image/png" { "picture.png" } else { "picture.jpg" };
        let sent = self.inner.contacts.client()?.upload_media(MediaKind::Image, name, &bytes)?;
        let (own, media) = (id.to_owned(), sent.media_id.clone());
        self.inner.db.transact(move |tx| {
            let sql = "UPDATE guide_script SET media = $2, media_until = $3 WHERE id = $1";
            Ok(tx.execute(sql, params![&own, &media, now.plus_seconds(MEDIA_SECONDS)])?)
        })?;
        Ok(sent.media_id)
    }

    /// The client says that it was sent. `send` names this sending: told twice, it counts once. Answers whether it was new.
    ///
    /// Errors: `script_unknown`, `guide_text`.
    pub fn sent(
        &self,
        tx: &mut Tx<'_>,
        seat: &Seat,
        script: &str,
        customer: &Customer,
        send: &str,
    ) -> Result<bool, Refusal> {
        let (own, now) = (self.script(tx, script)?, self.now());
        let send = checked("send", send, 64)?;
        let event = Happening::new(names::SENT, customer.num, &[&seat.key, &customer.contact, &send])
            .with("script", &own.id)
            .with("script_title", &own.title)
            .with("script_kind", own.kind.name())
            .with("action", own.action.as_deref().unwrap_or_default())
            .by(seat);
        let new = self.tell(tx, event, now)?;
        if new {
            self.count_use(tx, script, now)?;
        }
        Ok(new)
    }
    /// A sending to a group: counted for the script, and nobody's event. Errors: `script_unknown`.
    pub fn count_use(&self, tx: &mut Tx<'_>, script: &str, now: Time) -> Result<(), Refusal> {
        let sql = "UPDATE guide_script SET uses = uses + 1, used_at = $2 WHERE id = $1 AND gone_at IS NULL";
        if tx.execute(sql, params![script, now])? == 1 { Ok(()) } else { Err(refuse::script_unknown()) }
    }
}

fn suffixed(page: &str) -> String {
    match page.split_once('?') {
        Some((path, query)) => format!("{path}.html?{query}"),
        None => format!("{page}.html"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_mini_programs_get_their_suffix() {
        assert_eq!(suffixed("pages/index"), "pages/index.html");
        assert_eq!(suffixed("pages/item?id=3"), "pages/item.html?id=3");
    }

    #[test]
    fn bodies_are_checked_by_their_kind() {
        let body = |url: &str| ScriptBody { url: url.into(), text: "不要的".into(), ..ScriptBody::default() };
        let link = check_body(ScriptKind::Link, "t", &body("https://a.example/x")).unwrap();
        assert_eq!((link.url.as_str(), link.text.as_str()), ("https://a.example/x", ""));
        for bad in ["", "javascript:alert(1)", "https://", "https://a b"] {
            assert_eq!(check_body(ScriptKind::Link, "t", &body(bad)).unwrap_err().code, "script_body", "{bad}");
        }
        assert_eq!(picture_type(&[0xff, 0xd8, 0xff, 0xe0]), Some("image/jpeg"));
        assert_eq!(picture_type(b"<svg/>"), None);
    }
}
