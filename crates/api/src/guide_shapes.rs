//! What the guides' endpoints have in common.

use crate::App;
use crate::guide_seat::Staff;
use serde::Serialize;
use siyu_guides::{Note, Script, ScriptBody, Task};
use siyu_kernel::Time;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct GuideTask {
    pub id: String,
    /// Whose it is.
    pub staff: String,
    pub staff_name: String,
    /// `follow_up`, `message`, `call`, `invite`, `group` or `other`.
    pub kind: String,
    pub external_userid: Option<String>,
    pub customer_name: Option<String>,
    pub chat_id: Option<String>,
    pub group_name: Option<String>,
    pub text: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Time>,
    /// What gave it: `guide`, `console`, …
    pub source: String,
    /// `open`, `late` (open, and its time has passed), `done` or `skipped`.
    pub state: &'static str,
    pub result: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    pub created_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Time>,
    /// Ended after its time.
    pub ended_late: bool,
    /// When the member was reminded last.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub nudged_at: Option<Time>,
}

impl From<Task> for GuideTask {
    fn from(own: Task) -> Self {
        Self {
            id: own.id,
            staff: own.staff,
            staff_name: own.staff_name,
            kind: own.kind,
            external_userid: own.contact,
            customer_name: own.customer,
            chat_id: own.chat,
            group_name: own.group,
            text: own.text,
            due_at: own.due_at,
            source: own.source,
            state: own.state.name(),
            result: own.result,
            created_at: own.created_at,
            created_by: own.created_by,
            ended_at: own.ended_at,
            ended_late: own.ended_late,
            nudged_at: own.nudged_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct GuideNote {
    pub id: String,
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    pub text: String,
    /// Whether the caller wrote it, and may take it back.
    pub mine: bool,
}

impl From<Note> for GuideNote {
    fn from(own: Note) -> Self {
        Self { id: own.id, by: own.by, at: own.at, text: own.text, mine: own.mine }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct GuideScript {
    pub id: String,
    pub folder: String,
    /// `text`, `image`, `link` or `miniprogram`.
    pub kind: &'static str,
    pub title: String,
    /// Of a text: with its variables; beside a customer it is filled.
    pub text: String,
    pub url: String,
    pub description: String,
    pub picture_url: String,
    pub appid: String,
    pub page: String,
    /// The next action it is for.
    pub action: Option<String>,
    /// Of an image: where it is shown from.
    pub image: Option<String>,
    pub uses: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub used_at: Option<Time>,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Time,
}

impl GuideScript {
    pub fn of(own: Script, pictures: &str) -> Self {
        let ScriptBody { text, url, description, picture_url, appid, page } = own.body;
        Self {
            image: own.has_image.then(|| format!("{pictures}/{}/image", own.id)),
            id: own.id,
            folder: own.folder,
            kind: own.kind.name(),
            title: own.title,
            text,
            url,
            description,
            picture_url,
            appid,
            page,
            action: own.action,
            uses: own.uses,
            used_at: own.used_at,
            updated_at: own.updated_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct GuideFolder {
    pub id: String,
    pub name: String,
    pub scripts: i64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct GuideStage {
    pub id: String,
    pub name: String,
    /// People who stand there.
    pub people: i64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct GuideBoard {
    pub staff: String,
    pub name: String,
    /// Open now, late ones among them.
    pub open: i64,
    pub late: i64,
    /// Of the tasks given in the span: done, of these after their time; skipped.
    pub done: i64,
    pub done_late: i64,
    pub skipped: i64,
}

impl From<siyu_guides::Board> for GuideBoard {
    fn from(own: siyu_guides::Board) -> Self {
        let siyu_guides::Board { staff, name, open, late, done, done_late, skipped } = own;
        Self { staff, name, open, late, done, done_late, skipped }
    }
}

/// Runs a unit of a guide's.
pub(crate) fn unit<T: Send + 'static>(
    app: &App,
    me: &Staff,
    mut work: impl FnMut(&App, &mut siyu_db::Tx<'_>, &Staff) -> Result<T, siyu_kernel::Refusal> + Send + 'static,
) -> Result<T, siyu_kernel::Refusal> {
    let (own, me) = (app.clone(), me.clone());
    app.db.transact(move |tx| work(&own, tx, &me))
}
