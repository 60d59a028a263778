//! Material for the welcomes of groups. WeCom keeps it; owners choose it for their groups in their client.

use crate::content::{Content, Piece};
use crate::{Reach, refuse};
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Refusal, Time, new_id};
use siyu_wecom::{Attachment, Client, Error, GroupWelcome, Retry};

/// WeCom takes so many.
const MAX: i64 = 100;
/// WeCom's limit, less what the brand's name may need.
const TEXT_MAX: usize = 2_900;
const BEGUN_SECONDS: i64 = 120;

#[derive(Clone, Debug)]
pub struct GroupWelcomeIn {
    pub name: String,
    /// A text, in which `%NICKNAME%` stands for the newcomer's name, and at most one attachment.
    pub content: Content,
    /// Owners are told of it when it is made.
    pub notify: bool,
}

#[derive(Clone, Debug)]
pub struct GroupWelcomeRow {
    pub id: String,
    pub name: String,
    pub content: Content,
    pub notify: bool,
    /// Its id at WeCom; empty: none yet.
    pub template: String,
    /// `new`, `making`, `unsure`, `good`, `changed` or `closing`.
    pub state: String,
    pub told_at: Option<Time>,
    pub error: Option<String>,
    pub(super) tries: i64,
    pub(super) due_at: Time,
    pub version: i64,
    pub created_at: Time,
    pub created_by: String,
    pub changed_at: Time,
    pub changed_by: String,
}

const COLUMNS: &str = "SELECT id, name, content, notify, template, state, told_at, error, tries, due_at, version, created_at, created_by, changed_at, changed_by FROM group_welcome";

impl Reach {
    fn group_welcome_row(&self, row: RowRef<'_>) -> Result<(GroupWelcomeRow, Vec<u8>), DbError> {
        let own = GroupWelcomeRow {
            id: row.text(0)?,
            name: row.text(1)?,
            content: Content::default(),
            notify: row.flag(3)?,
            template: row.text(4)?,
            state: row.text(5)?,
            told_at: row.opt_time(6)?,
            error: row.opt_text(7)?,
            tries: row.int(8)?,
            due_at: row.time(9)?,
            version: row.int(10)?,
            created_at: row.time(11)?,
            created_by: row.text(12)?,
            changed_at: row.time(13)?,
            changed_by: row.text(14)?,
        };
        Ok((own, row.blob(2)?))
    }
    fn opened(&self, (row, sealed): (GroupWelcomeRow, Vec<u8>)) -> Result<GroupWelcomeRow, Refusal> {
        Ok(GroupWelcomeRow { content: self.unseal(&sealed)?, ..row })
    }

    /// The newest first. Errors: those of the database.
    pub fn group_welcomes(&self, tx: &mut Tx<'_>) -> Result<Vec<GroupWelcomeRow>, Refusal> {
        let sql = format!("{COLUMNS} WHERE state <> 'closed' ORDER BY id DESC");
        let rows = tx.query(&sql, &[], |row| self.group_welcome_row(row))?;
        rows.into_iter().map(|row| self.opened(row)).collect()
    }
    /// Errors: `group_welcome_unknown`.
    pub fn group_welcome(&self, tx: &mut Tx<'_>, id: &str) -> Result<GroupWelcomeRow, Refusal> {
        let sql = format!("{COLUMNS} WHERE id = $1 AND state <> 'closed'");
        let row = tx.opt(&sql, params![id], |row| self.group_welcome_row(row))?;
        self.opened(row.ok_or_else(refuse::group_welcome_unknown)?)
    }
    /// Errors: `message_name`, `group_variable`, `group_welcome_content`, `group_welcome_limit`, and those of contents.
    pub fn add_group_welcome(
        &self,
        tx: &mut Tx<'_>,
        input: &GroupWelcomeIn,
        by: &str,
        now: Time,
    ) -> Result<GroupWelcomeRow, Refusal> {
        let files = self.check_group_welcome(tx, input)?;
        let sql = "SELECT COUNT(*) FROM group_welcome WHERE state <> 'closed'";
        if tx.one(sql, &[], |row| row.int(0))? >= MAX {
            return Err(refuse::group_welcome_limit(MAX));
        }
        let id = new_id("gwl", now, &self.parts().chance);
        tx.execute(
            "INSERT INTO group_welcome (id, name, content, files, notify, state, due_at, version, created_at, created_by, changed_at, changed_by)
             VALUES ($1, $2, $3, $4, $5, 'new', $6, 1, $6, $7, $6, $7)",
            params![&id, input.name.trim(), &self.seal(&input.content)?, &files, input.notify, now, by],
        )?;
        self.group_welcome(tx, &id)
    }
    /// With `version` an edit by somebody else meanwhile is refused. Groups that use it follow: WeCom keeps one for all of them.
    ///
    /// Errors: `group_welcome_unknown`, `welcome_changed`, and those of adding one.
    pub fn change_group_welcome(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        input: &GroupWelcomeIn,
        version: Option<i64>,
        by: &str,
        now: Time,
    ) -> Result<GroupWelcomeRow, Refusal> {
        let old = self.group_welcome(tx, id)?;
        if version.is_some_and(|version| version != old.version) {
            return Err(refuse::rule_changed());
        }
        let files = self.check_group_welcome(tx, input)?;
        tx.execute(
            "UPDATE group_welcome SET name = $2, content = $3, files = $4, notify = $5, version = version + 1, changed_at = $6, changed_by = $7, tries = 0, error = NULL,
               state = CASE WHEN state IN ('good', 'changed') THEN 'changed' ELSE state END, due_at = CASE WHEN state = 'making' THEN due_at ELSE $6 END WHERE id = $1",
            params![id, input.name.trim(), &self.seal(&input.content)?, &files, input.notify, now, by],
        )?;
        self.group_welcome(tx, id)
    }
    /// It is taken from WeCom, too. Errors: `group_welcome_unknown`.
    pub fn delete_group_welcome(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<(), Refusal> {
        let old = self.group_welcome(tx, id)?;
        let state = if old.template.is_empty() { "closed" } else { "closing" };
        let sql = "UPDATE group_welcome SET state = $2, files = '[]', due_at = $3, tries = 0 WHERE id = $1";
        tx.execute(sql, params![id, state, now])?;
        Ok(())
    }
    /// Makes it once more, after WeCom's answer was lost: somebody has looked whether it is there. Errors: `group_welcome_unknown`, `group_welcome_sure`.
    pub fn retry_group_welcome(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<GroupWelcomeRow, Refusal> {
        self.group_welcome(tx, id)?;
        let sql = "UPDATE group_welcome SET state = 'new', tries = 0, error = NULL, due_at = $2 WHERE id = $1 AND state = 'unsure'";
        if tx.execute(sql, params![id, now])? == 0 {
            return Err(refuse::group_welcome_sure());
        }
        self.group_welcome(tx, id)
    }

    /// Answers the ids of its files as JSON.
    fn check_group_welcome(&self, tx: &mut Tx<'_>, input: &GroupWelcomeIn) -> Result<String, Refusal> {
        let chars = input.name.trim().chars().count();
        if !(1..=60).contains(&chars) || input.name.chars().any(char::is_control) {
            return Err(refuse::message_name());
        }
        self.check_group_welcome_content(tx, &input.content)?;
        serde_json::to_string(&input.content.files()).map_err(Refusal::internal)
    }
    pub(crate) fn check_group_welcome_content(&self, tx: &mut Tx<'_>, content: &Content) -> Result<(), Refusal> {
        self.check_for_many(tx, content, &["customer.", "staff.", "store.", "channel"])?;
        if content.attachments.len() > 1 || content.text.len() > TEXT_MAX {
            return Err(refuse::group_welcome_content());
        }
        if matches!(content.attachments.first(), Some(Piece::Link { picture, .. }) if picture.contains("{{")) {
            return Err(refuse::group_variable());
        }
        Ok(())
    }

    pub(super) fn group_welcome_due(&self, tx: &mut Tx<'_>) -> Result<Option<GroupWelcomeRow>, Refusal> {
        let sql =
            format!("{COLUMNS} WHERE state IN ('new', 'making', 'changed', 'closing') ORDER BY due_at, id LIMIT 1");
        let row = tx.opt(&sql, &[], |row| self.group_welcome_row(row))?;
        row.map(|row| self.opened(row)).transpose()
    }

    pub(super) fn work_group_welcome(&self, own: &GroupWelcomeRow) -> Result<(), Refusal> {
        let now = self.now();
        if own.state == "making" {
            // A process that has ended: WeCom lists no material, so only people can look whether it is there.
            return self.group_welcome_is(own, "unsure", Some("outcome_unknown"), None, now);
        }
        let client = self.parts().contacts.client_lately()?;
        if own.state == "closing" {
            return match client.delete_group_welcome(&own.template) {
                Ok(()) => self.group_welcome_is(own, "closed", None, None, now),
                Err(error) if is_gone(&error) => self.group_welcome_is(own, "closed", None, None, now),
                Err(error) => self.group_welcome_later(own, &own.state, &error),
            };
        }
        let composed = self.parts().db.read(|tx| self.composed_for(tx, &own.content, None, now))?;
        if !composed.missing.is_empty() {
            return self.group_welcome_is(own, &own.state, Some("files_not_ready"), None, now.plus_seconds(10));
        }
        let body = body(own, composed.text, composed.attachments.into_iter().next());
        if own.state == "changed" {
            return match client.edit_group_welcome(&body) {
                Ok(()) => self.group_welcome_is(own, "good", None, None, now),
                Err(error) => self.group_welcome_later(own, "changed", &error),
            };
        }
        self.make_group_welcome(&client, own, &body)
    }

    /// Marked first: whatever becomes of us, it is not made a second time by itself.
    fn make_group_welcome(&self, client: &Client, own: &GroupWelcomeRow, body: &GroupWelcome) -> Result<(), Refusal> {
        let (id, version, until) = (own.id.clone(), own.version, self.now().plus_seconds(BEGUN_SECONDS));
        let marked = self.parts().db.transact(move |tx| {
            let sql = "UPDATE group_welcome SET state = 'making', due_at = $3 WHERE id = $1 AND state = 'new' AND version = $2";
            Ok(tx.execute(sql, params![&id, version, until])? == 1)
        })?;
        if !marked {
            return Ok(());
        }
        match client.add_group_welcome(body) {
            Ok(template) => self.group_welcome_is(own, "good", None, Some(&template), self.now()),
            Err(error) if error.retry == Retry::LookFirst => {
                self.group_welcome_is(own, "unsure", Some("outcome_unknown"), None, self.now())
            }
            Err(error) => self.group_welcome_later(own, "new", &error),
        }
    }

    /// What was changed meanwhile is told next.
    fn group_welcome_is(
        &self,
        own: &GroupWelcomeRow,
        state: &str,
        error: Option<&'static str>,
        template: Option<&str>,
        due: Time,
    ) -> Result<(), Refusal> {
        let (id, version, now) = (own.id.clone(), own.version, self.now());
        let (state, template) = (state.to_owned(), template.map(str::to_owned));
        self.parts().db.transact(move |tx| {
            // Deleted while it was made: it is taken from WeCom again.
            let sql = "UPDATE group_welcome SET template = COALESCE($6, template), error = $4, tries = 0, due_at = $5,
                 told_version = CASE WHEN $3 = 'good' THEN $2 ELSE told_version END, told_at = CASE WHEN $3 = 'good' THEN $7 ELSE told_at END,
                 state = CASE WHEN state IN ('closed', 'closing') AND $3 <> 'closed' THEN CASE WHEN COALESCE($6, template) = '' THEN 'closed' ELSE 'closing' END
                   WHEN $3 = 'good' AND version <> $2 THEN 'changed' ELSE $3 END WHERE id = $1";
            tx.execute(sql, params![&id, version, &state, error, due, &template, now])?;
            Ok(())
        })
    }
    fn group_welcome_later(&self, own: &GroupWelcomeRow, state: &str, error: &Error) -> Result<(), Refusal> {
        tracing::warn!(call = error.call, code = error.name(), detail = %error.detail, "material for a group's welcome waits");
        let now = self.now();
        let due = match error.retry {
            Retry::At(at) => at.max(now.plus_seconds(1)),
            _ if error.is_retryable() => now.plus_seconds(2 << own.tries.clamp(0, 9)),
            _ => now.plus_seconds(60 << own.tries.clamp(0, 6)),
        };
        let (id, state, name) = (own.id.clone(), state.to_owned(), error.name());
        self.parts().db.transact(move |tx| {
            let sql = "UPDATE group_welcome SET state = CASE WHEN state IN ('making', 'new') THEN $2 ELSE state END, error = $3, tries = tries + 1, due_at = $4 WHERE id = $1";
            tx.execute(sql, params![&id, &state, name, due])?;
            Ok(())
        })
    }
}

/// WeCom says of an id that it does not know only that it is invalid.
fn is_gone(error: &Error) -> bool {
    error.code() == Some(40_058)
}

fn body(own: &GroupWelcomeRow, text: Option<siyu_wecom::Text>, attachment: Option<Attachment>) -> GroupWelcome {
    let attachment = attachment.unwrap_or_default();
    GroupWelcome {
        template_id: Some(own.template.clone()).filter(|id| !id.is_empty()),
        text,
        image: attachment.image,
        link: attachment.link,
        miniprogram: attachment.miniprogram,
        file: attachment.file,
        video: attachment.video,
        agentid: None,
        notify: Some(i64::from(own.notify)),
    }
}
