//! Moments: WeCom asks members of staff to publish one; who did, who can see it, who liked it.

use crate::auth::Caller;
use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{MessagesWrite, PeopleRead};
use crate::part::{OnceKey, OnceParams, message_part, must_be_whole, within};
use crate::people_reader::{Reader, audience, by, note, read, write};
use crate::people_tags::number_after;
use crate::said::{MaterialRef, Said, made_of};
use crate::welcome_shapes::MessageContent;
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_db::Tx;
use siyu_kernel::{Refusal, Time};
use siyu_reach::{MomentIn, MomentRow, MomentSums, MomentTaskRow, WatcherQuery};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, create, get, people, stop)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MomentNew {
    name: String,
    /// A text; and one to nine pictures, or one video, or one link with one picture as its cover. Of variables `brand.name`.
    #[serde(default)]
    content: MessageContent,
    /// A material's id, instead of `content`: its approved version is shown.
    #[serde(default)]
    material: Option<String>,
    /// Userids of those who are asked; everybody who may have customers when empty.
    #[serde(default)]
    senders: Vec<String>,
    /// Ids of tags that WeCom has, too: customers with one of them see it. All when empty.
    #[serde(default)]
    tags: Vec<String>,
}

/// Members asked = waiting + published + cancelled, at every instant.
#[derive(Serialize, ToSchema)]
struct MomentSumsOut {
    members: i64,
    waiting: i64,
    published: i64,
    cancelled: i64,
    /// As WeCom counts them for each member: a customer of two is counted twice.
    visible: i64,
    likes: i64,
    comments: i64,
    /// Known people who can see it, each once.
    people: i64,
}
impl From<MomentSums> for MomentSumsOut {
    fn from(own: MomentSums) -> Self {
        Self {
            members: own.members,
            waiting: own.waiting,
            published: own.published,
            cancelled: own.cancelled,
            visible: own.visible,
            likes: own.likes,
            comments: own.comments,
            people: own.people,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct MomentOut {
    id: String,
    name: String,
    /// `making`, `running`, `over`, `cancelled` or `refused`.
    state: &'static str,
    error: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    made_at: Option<Time>,
    /// When WeCom was last asked who has published.
    #[schema(value_type = Option<String>, format = DateTime)]
    read_at: Option<Time>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Time>,
    sums: MomentSumsOut,
}
impl From<MomentRow> for MomentOut {
    fn from(row: MomentRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            state: row.state.name(),
            error: row.error,
            made_at: row.made_at,
            read_at: row.read_at,
            created_at: row.created_at,
            created_by: row.created_by,
            ended_at: row.ended_at,
            sums: row.sums.into(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct MomentWhole {
    #[serde(flatten)]
    row: MomentOut,
    content: MessageContent,
    /// The material it was made of.
    material: Option<MaterialRef>,
    senders: Vec<String>,
    tags: Vec<String>,
    staff: Vec<MomentTaskOut>,
}
#[derive(Serialize, ToSchema)]
struct MomentTaskOut {
    staff: String,
    staff_name: String,
    store: String,
    /// `waiting`, `published` or `cancelled`.
    state: &'static str,
    /// When it was first seen published.
    #[schema(value_type = Option<String>, format = DateTime)]
    seen_at: Option<Time>,
    visible: i64,
    likes: i64,
    comments: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    read_at: Option<Time>,
    error: Option<String>,
}
impl From<MomentTaskRow> for MomentTaskOut {
    fn from(row: MomentTaskRow) -> Self {
        Self {
            staff: row.userid,
            staff_name: row.staff_name,
            store: row.store,
            state: row.state,
            seen_at: row.seen_at,
            visible: row.visible,
            likes: row.likes,
            comments: row.comments,
            read_at: row.read_at,
            error: row.error,
        }
    }
}

/// Lists moments, newest first.
///
/// 朋友圈任务列表，新的在前。
#[utoipa::path(get, path = "/wecom/moments", tag = "WeCom", params(PagingParams), responses((status = 200, body = Items<MomentOut>)))]
async fn list(may: May<PeopleRead>, page: Paging, State(app): State<App>) -> Answer<Json<Items<MomentOut>>> {
    let (caller, limit) = (may.caller, page.limit);
    let answer = app.run(move |app| {
        read(app, |tx| {
            let staff = Reader::new(app, tx, &caller)?.staff(tx)?;
            let rows = app.reach.moments(tx, page.after.as_deref(), limit as i64)?;
            let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.id.clone());
            let mut out = Vec::with_capacity(rows.len());
            for row in rows {
                match part(app, tx, staff.as_deref(), row) {
                    Ok(row) => out.push(row.into()),
                    Err(refusal) if refusal.code == "moment_unknown" => {}
                    Err(refusal) => return Err(refusal),
                }
            }
            Ok(Items::new(out, next))
        })
    });
    answer.await.map(Json)
}

/// All of it, or the part of the reader's staff. Errors: `moment_unknown`.
fn part(app: &App, tx: &mut Tx<'_>, staff: Option<&[String]>, row: MomentRow) -> Result<MomentRow, Refusal> {
    match staff {
        None => Ok(row),
        Some(staff) => app.reach.moment_of(tx, staff, &row.id),
    }
}

/// Makes a moment: WeCom asks members of staff to publish it; nothing is shown before they do.
///
/// 创建朋友圈任务：员工在企业微信发表后客户才能看到。
///
/// Errors: `message_name`, `moment_content`, `group_variable`, `moment_senders`, `moment_tag`, `message_part`, `material_or_content`, `material_unknown`,
/// `material_unapproved`, `idempotency_key`, `idempotency_reused`, and those of contents.
#[utoipa::path(post, path = "/wecom/moments", tag = "WeCom", params(OnceParams), request_body = MomentNew, responses((status = 201, body = MomentOut)))]
async fn create(
    may: May<MessagesWrite>,
    once: OnceKey,
    State(app): State<App>,
    Body(input): Body<MomentNew>,
) -> Answer<Created<MomentOut>> {
    let caller = may.caller;
    let once = once.of(&caller, "moment");
    let row = app.run(move |app| {
        write(app, move |app, tx| {
            let mut own = input.clone();
            own.senders = senders(app, tx, &caller, own.senders)?;
            let said = Said::of(app, tx, &own.content, own.material.as_ref())?;
            let wanted = MomentIn {
                name: own.name,
                content: said.sent(app, tx)?,
                senders: own.senders,
                tags: own.tags,
                by: by(&caller),
            };
            let id = app.reach.once(tx, once.as_ref(), app.now(), |tx| {
                let id = app.reach.create_moment(tx, &wanted, app.now())?;
                said.used(app, tx, "moment", &id)?;
                note(app, tx, &caller, "moment.create", &id, &json!({ "name": wanted.name }))?;
                Ok(id)
            })?;
            app.reach.moment(tx, &id)
        })
    });
    Ok(Created(row.await?.into()))
}

/// Who is asked to publish: for somebody who looks after some of the staff those, or of these whom they name.
///
/// Errors: `message_part`.
fn senders(app: &App, tx: &mut Tx<'_>, caller: &Caller, named: Vec<String>) -> Result<Vec<String>, Refusal> {
    let Some(only) = Reader::new(app, tx, caller)?.staff(tx)? else { return Ok(named) };
    let own = if named.is_empty() { app.reach.serving(tx, &only)? } else { named };
    if own.is_empty() || own.iter().any(|userid| !within(Some(&only), userid.trim())) {
        return Err(message_part());
    }
    Ok(own)
}

/// Shows a moment: each member's part, how many customers can see it, likes and comments.
///
/// 朋友圈任务详情：各员工发表情况、可见客户、点赞与评论数。
///
/// Errors: `moment_unknown`.
#[utoipa::path(get, path = "/wecom/moments/{id}", tag = "WeCom", params(("id" = String, Path)), responses((status = 200, body = MomentWhole)))]
async fn get(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<MomentWhole>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let staff = Reader::new(app, tx, &caller)?.staff(tx)?;
            let row = app.reach.moment(tx, &id)?;
            let row = part(app, tx, staff.as_deref(), row)?;
            let mut tasks = app.reach.moment_tasks(tx, &id)?;
            tasks.retain(|own| within(staff.as_deref(), &own.userid));
            Ok(MomentWhole {
                content: row.content.clone().into(),
                material: made_of(app, tx, "moment", &id)?,
                senders: row.senders.iter().filter(|own| within(staff.as_deref(), own)).cloned().collect(),
                tags: row.tags.clone(),
                staff: tasks.into_iter().map(MomentTaskOut::from).collect(),
                row: row.into(),
            })
        })
    });
    answer.await.map(Json)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MomentPeopleQuery {
    /// Only those who liked it.
    liked: Option<bool>,
    /// Only those who said something.
    commented: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct MomentPerson {
    id: String,
    name: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    liked_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    commented_at: Option<Time>,
}

/// Lists the people who can see a moment; those the reader may see.
///
/// 朋友圈可见客户及其点赞、评论。
///
/// Errors: `moment_unknown`.
#[utoipa::path(get, path = "/wecom/moments/{id}/people", tag = "WeCom", params(("id" = String, Path), MomentPeopleQuery), responses((status = 200, body = Items<MomentPerson>)))]
async fn people(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<MomentPeopleQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<MomentPerson>>> {
    let (caller, limit) = (may.caller, page.limit);
    let after = number_after(page.after.as_deref())?;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (staff, row) = (reader.staff(tx)?, app.reach.moment(tx, &id)?);
            part(app, tx, staff.as_deref(), row)?;
            let (liked, commented) = (q.liked.unwrap_or(false), q.commented.unwrap_or(false));
            let query = WatcherQuery { moment: id.clone(), liked, commented, after, limit: limit as i64 };
            let rows = app.reach.moment_watchers(tx, &query)?;
            let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.num.to_string());
            let mut out = Vec::with_capacity(rows.len());
            for row in rows {
                let root = app.people.roots(tx, &[row.num])?.first().copied().unwrap_or(row.num);
                if audience(app).visible(tx, root, &reader.scope)? {
                    out.push(MomentPerson {
                        id: app.people.id(row.num),
                        name: row.name,
                        liked_at: row.liked_at,
                        commented_at: row.commented_at,
                    });
                }
            }
            Ok(Items::new(out, next))
        })
    });
    answer.await.map(Json)
}

/// Stops what is not published yet; what was published stays.
///
/// 取消尚未发表的部分，已发表的不受影响。
///
/// Errors: `moment_unknown`, `moment_over`, `message_part`.
#[utoipa::path(post, path = "/wecom/moments/{id}/cancel", tag = "WeCom", params(("id" = String, Path)), responses((status = 204)))]
async fn stop(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            let row = app.reach.moment(tx, &id)?;
            let tasks = app.reach.moment_tasks(tx, &id)?;
            let asked = tasks.iter().map(|own| own.userid.as_str()).chain(row.senders.iter().map(String::as_str));
            must_be_whole(app, tx, &caller, asked, siyu_reach::moment_unknown())?;
            app.reach.stop_moment(tx, &id, app.now())?;
            note(app, tx, &caller, "moment.cancel", &id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}
