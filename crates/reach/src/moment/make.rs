//! A moment on its way to WeCom: made once, cancelled.

use super::lists::MomentRow;
use super::{ASKED, CANCELLED, JOB, MAKING, OVER, PERHAPS, REFUSED, RUNNING, STOPPED, TO_MAKE, WISH_CANCEL};
use crate::content::{Content, Piece, Values};
use crate::{Reach, refuse};
use siyu_contacts::Ran;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time, new_id};
use siyu_wecom::{
    Attachment, AttachmentUse, Client, Error, Link, MediaKind, Moment, MomentQuery, MomentTags, Retry, SenderList,
    Text, VisibleRange,
};

const BEGUN_SECONDS: i64 = 180;
const LOOK_SECONDS: i64 = 60;
/// WeCom forgets the job after a day.
const JOB_SECONDS: i64 = 86_400;
const SENDERS_MAX: usize = 10_000;
const TAGS_MAX: usize = 100;
/// WeCom's 2,000, less what the brand's name may need.
const TEXT_CHARS_MAX: usize = 1_950;
const TITLE_CHARS_MAX: usize = 64;
const PICTURES_MAX: usize = 9;
const FILE_MAX: i64 = 10 << 20;

#[derive(Clone, Debug)]
pub struct MomentIn {
    pub name: String,
    /// A text; and one to nine pictures, or a video, or a link with one picture as its cover.
    pub content: Content,
    /// Userids; empty: everybody who may have customers.
    pub senders: Vec<String>,
    /// Ids of tags here that are WeCom's, too: customers with one of them. Empty: all.
    pub tags: Vec<String>,
    pub by: String,
}

impl Reach {
    /// Keeps a moment; it is made at WeCom behind it.
    ///
    /// Errors: `message_name`, `moment_content`, `group_variable`, `moment_senders`, `moment_tag`, and those of contents.
    pub fn create_moment(&self, tx: &mut Tx<'_>, input: &MomentIn, now: Time) -> Result<String, Refusal> {
        let chars = input.name.trim().chars().count();
        if !(1..=60).contains(&chars) || input.name.chars().any(char::is_control) {
            return Err(refuse::message_name());
        }
        self.check_moment(tx, &input.content)?;
        let senders = checked_senders(self, tx, &input.senders)?;
        wecom_tags(tx, &input.tags)?;
        let id = new_id("mmt", now, &self.parts().chance);
        let (files, senders, tags) = (
            serde_json::to_string(&input.content.files()).map_err(Refusal::internal)?,
            serde_json::to_string(&senders).map_err(Refusal::internal)?,
            serde_json::to_string(&input.tags).map_err(Refusal::internal)?,
        );
        tx.execute(
            "INSERT INTO moment (id, name, content, files, senders, tags, due_at, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
            params![
                &id,
                input.name.trim(),
                &self.seal(&input.content)?,
                &files,
                &senders,
                &tags,
                now,
                &input.by
            ],
        )?;
        Ok(id)
    }

    pub(crate) fn check_moment(&self, tx: &mut Tx<'_>, content: &Content) -> Result<(), Refusal> {
        content.check("content")?;
        if ["customer.", "staff.", "store.", "channel"].iter().any(|own| content.mentions(own)) {
            return Err(refuse::group_variable());
        }
        if content.text.chars().count() > TEXT_CHARS_MAX {
            return Err(refuse::moment(
                "content.text",
                "A moment has up to 1,950 characters.",
                "朋友圈文字最多 1950 字。",
            ));
        }
        let count = |kind: fn(&Piece) -> bool| content.attachments.iter().filter(|own| kind(own)).count();
        let all = content.attachments.len();
        let pictures = count(|own| matches!(own, Piece::Image { .. }));
        let videos = count(|own| matches!(own, Piece::Video { .. }));
        let links = count(|own| matches!(own, Piece::Link { .. }));
        let fits = match (pictures, videos, links) {
            (pictures, 0, 0) => pictures == all && pictures <= PICTURES_MAX,
            (0, 1, 0) => all == 1,
            (1, 0, 1) => all == 2,
            _ => false,
        };
        if !fits {
            return Err(refuse::moment(
                "content.attachments",
                "A moment has up to nine pictures, or one video, or one link with one picture as its cover.",
                "朋友圈可带最多 9 张图片，或 1 个视频，或 1 个链接加 1 张封面图。",
            ));
        }
        for piece in &content.attachments {
            if matches!(piece, Piece::Link { title, .. } if title.chars().count() > TITLE_CHARS_MAX) {
                return Err(refuse::moment(
                    "content.attachments",
                    "A link's title in a moment has up to 64 characters.",
                    "朋友圈链接标题最多 64 个字。",
                ));
            }
        }
        self.check_files(tx, content, "content")?;
        let ids = content.files();
        let sql = format!("SELECT COUNT(*) FROM reach_file WHERE bytes > $2 AND {}", tx.any("id", 1));
        if tx.one(&sql, params![&ids, FILE_MAX], |row| row.int(0))? > 0 {
            return Err(refuse::moment(
                "content.attachments",
                "A file in a moment has up to 10 MB.",
                "朋友圈文件最大 10 MB。",
            ));
        }
        Ok(())
    }

    /// One step for the moment, or the member's part of one, that is due first. The caller holds the lease.
    pub fn work_moments(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let (moment, task) = self.parts().db.read(|tx| Ok((self.moment_due(tx)?, self.moment_task_due(tx)?)))?;
        if let Some(own) = moment.as_ref().filter(|own| own.due_at <= now) {
            let client = self.parts().contacts.client_lately()?;
            match (own.raw, own.wish) {
                (TO_MAKE, WISH_CANCEL) => self.moment_never(own)?,
                (TO_MAKE, _) => self.moment_make(&client, own)?,
                (MAKING, _) => self.moment_to(own, PERHAPS, now.plus_seconds(LOOK_SECONDS))?,
                (PERHAPS, _) => self.moment_look(&client, own)?,
                (JOB, _) => self.moment_job(&client, own)?,
                (_, WISH_CANCEL) => self.moment_cancel(&client, own)?,
                _ => self.moment_read(&client, own)?,
            }
            return Ok(Ran::Went);
        }
        if let Some(own) = task.as_ref().filter(|own| own.due_at <= now) {
            let client = self.parts().contacts.client_lately()?;
            self.moment_watch(&client, own)?;
            return Ok(Ran::Went);
        }
        let next = [moment.map(|own| own.due_at), task.map(|own| own.due_at)].into_iter().flatten().min();
        Ok(next.map_or(Ran::Nothing, Ran::Waits))
    }

    fn moment_to(&self, own: &MomentRow, state: i64, due: Time) -> Result<(), Refusal> {
        let (id, from) = (own.id.clone(), own.raw);
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE moment SET state = $3, due_at = $4 WHERE id = $1 AND state = $2";
            tx.execute(sql, params![&id, from, state, due]).map(drop).map_err(Refusal::from)
        })
    }
    pub(super) fn moment_again(&self, own: &MomentRow, error: &'static str, due: Time) -> Result<(), Refusal> {
        let id = own.id.clone();
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE moment SET state = CASE WHEN state = $4 THEN $5 ELSE state END, tries = tries + 1, error = $2, due_at = $3 WHERE id = $1";
            tx.execute(sql, params![&id, error, due, MAKING, TO_MAKE]).map(drop).map_err(Refusal::from)
        })
    }
    pub(super) fn moment_later(&self, own: &MomentRow, error: &Error) -> Result<(), Refusal> {
        tracing::warn!(call = error.call, code = error.name(), detail = %error.detail, "a moment waits");
        let now = self.now();
        match error.retry {
            Retry::LookFirst if own.raw == TO_MAKE => {
                self.moment_to(&MomentRow { raw: MAKING, ..own.clone() }, PERHAPS, now.plus_seconds(LOOK_SECONDS))
            }
            Retry::At(at) => self.moment_again(own, error.name(), at.max(now.plus_seconds(1))),
            _ if error.needs_a_hand() => self.moment_again(own, error.name(), now.plus_seconds(60)),
            _ if error.is_retryable() || own.raw != TO_MAKE => {
                self.moment_again(own, error.name(), now.plus_seconds(2 << own.tries.clamp(0, 9)))
            }
            _ => self.moment_refused(own, error.name()),
        }
    }
    /// WeCom is still at it; that is no error.
    fn moment_wait(&self, own: &MomentRow, due: Time) -> Result<(), Refusal> {
        let id = own.id.clone();
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE moment SET tries = tries + 1, error = NULL, due_at = $2 WHERE id = $1";
            tx.execute(sql, params![&id, due]).map(drop).map_err(Refusal::from)
        })
    }
    /// Cancelled while it was not certain whether WeCom has it, and WeCom has not.
    fn moment_never(&self, own: &MomentRow) -> Result<(), Refusal> {
        let (id, now) = (own.id.clone(), self.now());
        self.parts().db.transact(move |tx| {
            let sql =
                "UPDATE moment SET state = $2, wish = 0, error = NULL, ended_at = $3 WHERE id = $1 AND state = $4";
            tx.execute(sql, params![&id, CANCELLED, now, TO_MAKE]).map(drop).map_err(Refusal::from)
        })
    }
    fn moment_refused(&self, own: &MomentRow, error: &str) -> Result<(), Refusal> {
        let (id, error, now) = (own.id.clone(), error.to_owned(), self.now());
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE moment SET state = $2, error = $3, ended_at = $4 WHERE id = $1";
            tx.execute(sql, params![&id, REFUSED, &error, now]).map(drop).map_err(Refusal::from)
        })
    }

    /// Marks it, uploads what it shows, then makes it: what is marked is never made again before WeCom's list has been looked at.
    fn moment_make(&self, client: &Client, own: &MomentRow) -> Result<(), Refusal> {
        let (id, now) = (own.id.clone(), self.now());
        let until = now.plus_seconds(BEGUN_SECONDS);
        let marked = self.parts().db.transact(move |tx| {
            let sql =
                "UPDATE moment SET state = $2, begun_at = $3, due_at = $4 WHERE id = $1 AND state = $5 AND wish <> $6";
            Ok(tx.execute(sql, params![&id, MAKING, now, until, TO_MAKE, WISH_CANCEL])? == 1)
        })?;
        if !marked {
            return Ok(());
        }
        let made = self.moment_body(client, own)?.and_then(|moment| client.create_moment(&moment));
        match made {
            Ok(jobid) => {
                let (id, now) = (own.id.clone(), self.now());
                self.parts().db.transact(move |tx| {
                    let sql =
                        "UPDATE moment SET state = $2, jobid = $3, due_at = $4, tries = 0, error = NULL WHERE id = $1";
                    tx.execute(sql, params![&id, JOB, &jobid, now.plus_seconds(2)]).map(drop).map_err(Refusal::from)
                })
            }
            Err(error) => self.moment_later(own, &error),
        }
    }

    /// Moments take files of their own, which are not those of messages.
    fn moment_body(&self, client: &Client, own: &MomentRow) -> Result<Result<Moment, Error>, Refusal> {
        let db = &self.parts().db;
        let (brand, tags) = db.read(|tx| Ok((self.parts().beside.brand(tx)?.0, wecom_tags(tx, &own.tags)?)))?;
        let mut media = std::collections::BTreeMap::new();
        for id in own.content.files() {
            let (name, kind, body) = db.read(|tx| self.file_body(tx, &id))?;
            let kind = if kind.starts_with("video/") { MediaKind::Video } else { MediaKind::Image };
            match client.upload_attachment(kind, AttachmentUse::Moment, &name, &body) {
                Ok(uploaded) => media.insert(id, uploaded.media_id),
                Err(error) => return Ok(Err(error)),
            };
        }
        let composed = own.content.compose(&Values::default().with("brand.name", &brand), &media)?;
        let cover = composed.attachments.iter().find_map(|one| one.image.as_ref()?.media_id.clone());
        let link = composed.attachments.iter().find_map(|one| one.link.clone());
        let attachments = match link {
            Some(link) => {
                vec![Attachment::link(Link { title: link.title, url: link.url, media_id: cover, ..Link::default() })]
            }
            None => composed.attachments,
        };
        let senders = SenderList { user_list: own.senders.clone(), department_list: Vec::new() };
        let range = VisibleRange {
            sender_list: (!own.senders.is_empty()).then_some(senders),
            external_contact_list: (!tags.is_empty()).then_some(MomentTags { tag_list: tags }),
        };
        let visible_range = (range != VisibleRange::default()).then_some(range);
        Ok(Ok(Moment { text: composed.text, attachments, visible_range }))
    }

    /// Whether WeCom has it after all: one of the corp's with the same words, made since, that none of ours is.
    fn moment_look(&self, client: &Client, own: &MomentRow) -> Result<(), Refusal> {
        let now = self.now();
        let (brand, known) = self.parts().db.read(|tx| {
            let known = tx.query("SELECT moment FROM moment WHERE moment <> ''", &[], |row| row.text(0))?;
            Ok((self.parts().beside.brand(tx)?.0, known))
        })?;
        let composed = own.content.compose(&Values::default().with("brand.name", &brand), &Default::default())?;
        let words = |text: &Option<Text>| text.as_ref().map(|own| own.content.clone()).unwrap_or_default();
        let begun = own.begun_at.unwrap_or(now);
        let query = MomentQuery {
            start_time: begun.0 / 1_000_000 - 60,
            end_time: now.0 / 1_000_000 + 1,
            creator: None,
            filter_type: Some(0),
        };
        let found = client.moments(&query).items().find_map(|record| match record {
            Err(error) => Some(Err(error)),
            Ok(record) => {
                let ours = !known.contains(&record.moment_id) && words(&record.text) == words(&composed.text);
                ours.then_some(Ok(record.moment_id))
            }
        });
        match found {
            Some(Ok(moment)) => self.moment_is(own, &moment),
            Some(Err(error)) => {
                let due = if let Retry::At(at) = error.retry { at } else { now.plus_seconds(LOOK_SECONDS) };
                self.moment_to(own, PERHAPS, due)
            }
            None => self.moment_to(own, TO_MAKE, now),
        }
    }

    /// WeCom works on it in the background.
    fn moment_job(&self, client: &Client, own: &MomentRow) -> Result<(), Refusal> {
        let now = self.now();
        let job = match client.moment_job(&own.jobid) {
            Ok(job) => job,
            Err(_) if own.begun_at.is_some_and(|at| at.plus_seconds(JOB_SECONDS) < now) => {
                return self.moment_to(own, PERHAPS, now);
            }
            Err(error) => return self.moment_later(own, &error),
        };
        let result = job.result.unwrap_or_default();
        match (job.status, result.errcode) {
            (3, 0) if !result.moment_id.is_empty() => self.moment_is(own, &result.moment_id),
            (3, code) => self.moment_refused(own, &format!("wecom_{code}")),
            _ => self.moment_wait(own, now.plus_seconds((2 << own.tries.clamp(0, 5)).min(60))),
        }
    }
    fn moment_is(&self, own: &MomentRow, moment: &str) -> Result<(), Refusal> {
        let (id, moment, now) = (own.id.clone(), moment.to_owned(), self.now());
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE moment SET state = $2, moment = $3, made_at = $4, due_at = $4, tries = 0, error = NULL WHERE id = $1";
            tx.execute(sql, params![&id, RUNNING, &moment, now]).map(drop).map_err(Refusal::from)
        })
    }

    /// Stops what is not published; what was published before that is read first.
    fn moment_cancel(&self, client: &Client, own: &MomentRow) -> Result<(), Refusal> {
        if let Err(error) = client.cancel_moment(&own.moment) {
            return self.moment_later(own, &error);
        }
        let tasks = match client.moment_tasks(&own.moment).all() {
            Ok(tasks) => tasks,
            Err(error) => return self.moment_later(own, &error),
        };
        let (reach, own, now) = (self.clone(), own.clone(), self.now());
        self.parts().db.transact(move |tx| {
            reach.moment_take(tx, &own, &tasks, now)?;
            let sql = "UPDATE moment_task SET state = $2 WHERE moment = $1 AND state = $3";
            tx.execute(sql, params![&own.id, STOPPED, ASKED])?;
            let sql = "UPDATE moment SET state = $2, wish = 0, error = NULL, ended_at = $3 WHERE id = $1";
            tx.execute(sql, params![&own.id, CANCELLED, now]).map(drop).map_err(Refusal::from)
        })
    }
    /// Stops what is not published yet. Errors: `moment_unknown`, `moment_over`.
    pub fn stop_moment(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<(), Refusal> {
        let own = self.moment(tx, id)?;
        match own.raw {
            CANCELLED | REFUSED | OVER => Err(refuse::moment_over()),
            // Nobody at WeCom knows of it.
            TO_MAKE => {
                let sql = "UPDATE moment SET state = $2, ended_at = $3 WHERE id = $1 AND state = $4";
                tx.execute(sql, params![id, CANCELLED, now, TO_MAKE]).map(drop).map_err(Refusal::from)
            }
            state => {
                let due = (state == RUNNING).then_some(now);
                let sql = "UPDATE moment SET wish = $2, due_at = COALESCE($3, due_at) WHERE id = $1";
                tx.execute(sql, params![id, WISH_CANCEL, due]).map(drop).map_err(Refusal::from)
            }
        }
    }
}

impl Reach {
    /// Those of some staff who can be asked, in WeCom's spelling.
    pub fn serving(&self, tx: &mut Tx<'_>, keys: &[String]) -> Result<Vec<String>, Refusal> {
        let sql = format!(
            "SELECT userid FROM wecom_staff WHERE serves = 1 AND status = 1 AND gone_at IS NULL AND {} ORDER BY key",
            tx.any("key", 1)
        );
        Ok(tx.query(&sql, params![keys], |row| row.text(0))?)
    }
}

/// In WeCom's spelling, each once.
fn checked_senders(reach: &Reach, tx: &mut Tx<'_>, senders: &[String]) -> Result<Vec<String>, Refusal> {
    let mut keys: Vec<String> = senders.iter().map(|own| own.trim().to_lowercase()).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() > SENDERS_MAX {
        return Err(refuse::moment_senders(SENDERS_MAX));
    }
    let found = reach.serving(tx, &keys)?;
    if found.len() == keys.len() { Ok(found) } else { Err(refuse::moment_senders(SENDERS_MAX)) }
}

/// WeCom's ids of tags here. Errors: `moment_tag`.
fn wecom_tags(tx: &mut Tx<'_>, tags: &[String]) -> Result<Vec<String>, Refusal> {
    if tags.len() > TAGS_MAX {
        return Err(refuse::moment_tag());
    }
    let sql =
        format!("SELECT local_id, id FROM wecom_tag WHERE gone_at IS NULL AND {} ORDER BY id", tx.any("local_id", 1));
    let found = tx.query(&sql, params![tags], |row| Ok((row.text(0)?, row.text(1)?)))?;
    if tags.iter().any(|tag| !found.iter().any(|(local, _)| local == tag)) {
        return Err(refuse::moment_tag());
    }
    Ok(found.into_iter().map(|(_, id)| id).collect())
}
