//! Material for the welcomes of customer groups.

use crate::error::Answer;
use crate::gate::{MessagesWrite, PeopleRead};
use crate::people_reader::{by, note, write};
use crate::welcome_shapes::MessageContent;
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_kernel::Time;
use siyu_reach::{GroupWelcomeIn, GroupWelcomeRow};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(list, add, get, change, delete, retry)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupWelcomeNew {
    name: String,
    /// A text of up to 2,900 bytes, in which `%NICKNAME%` stands for the newcomer's name, and at most one attachment. Of variables `brand.name`.
    content: MessageContent,
    /// Group owners are told of it when it is made; true when absent.
    notify: Option<bool>,
    /// Of the row that is changed.
    version: Option<i64>,
}
impl GroupWelcomeNew {
    fn input(&self) -> GroupWelcomeIn {
        GroupWelcomeIn {
            name: self.name.clone(),
            content: self.content.clone().into(),
            notify: self.notify.unwrap_or(true),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct GroupWelcomeOut {
    id: String,
    name: String,
    content: MessageContent,
    notify: bool,
    /// Its id at WeCom; null while it has none.
    template: Option<String>,
    /// new, making, unsure (WeCom's answer was lost: look in the client before it is made again), good, changed or closing.
    state: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    told_at: Option<Time>,
    error: Option<String>,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    #[schema(value_type = String, format = DateTime)]
    changed_at: Time,
    changed_by: String,
}
impl From<GroupWelcomeRow> for GroupWelcomeOut {
    fn from(row: GroupWelcomeRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            content: row.content.into(),
            notify: row.notify,
            template: Some(row.template).filter(|id| !id.is_empty()),
            state: row.state,
            told_at: row.told_at,
            error: row.error,
            version: row.version,
            created_at: row.created_at,
            created_by: row.created_by,
            changed_at: row.changed_at,
            changed_by: row.changed_by,
        }
    }
}

/// Lists welcomes for groups, newest first.
///
/// 入群欢迎语列表，新的在前。
#[utoipa::path(get, path = "/wecom/group-welcomes", tag = "WeCom", responses((status = 200, body = Items<GroupWelcomeOut>)))]
async fn list(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<Items<GroupWelcomeOut>>> {
    let rows = app.run(move |app| app.db.read(|tx| app.reach.group_welcomes(tx))).await?;
    Ok(Json(Items::new(rows.into_iter().map(GroupWelcomeOut::from).collect(), None)))
}

/// Makes a welcome for groups. WeCom keeps it; group owners choose it for their groups in their client.
///
/// 新建入群欢迎语素材，同步到企业微信后由群主在客户端为群设置。
///
/// Errors: `message_name`, `group_variable`, `group_welcome_content`, `group_welcome_limit`, and those of contents.
#[utoipa::path(post, path = "/wecom/group-welcomes", tag = "WeCom", request_body = GroupWelcomeNew, responses((status = 201, body = GroupWelcomeOut)))]
async fn add(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<GroupWelcomeNew>,
) -> Answer<Created<GroupWelcomeOut>> {
    let caller = may.caller;
    let row = app.run(move |app| {
        write(app, move |app, tx| {
            let row = app.reach.add_group_welcome(tx, &input.input(), &by(&caller), app.now())?;
            note(app, tx, &caller, "group_welcome.create", &row.id, &json!({ "name": row.name }))?;
            Ok(row)
        })
    });
    Ok(Created(row.await?.into()))
}

/// Shows a welcome for groups.
///
/// 入群欢迎语详情。
///
/// Errors: `group_welcome_unknown`.
#[utoipa::path(get, path = "/wecom/group-welcomes/{id}", tag = "WeCom", params(("id" = String, Path)), responses((status = 200, body = GroupWelcomeOut)))]
async fn get(_: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<GroupWelcomeOut>> {
    let row = app.run(move |app| app.db.read(|tx| app.reach.group_welcome(tx, &id))).await?;
    Ok(Json(row.into()))
}

/// Changes a welcome for groups; groups that use it follow.
///
/// 修改入群欢迎语，已使用它的群随之更新。
///
/// Errors: `group_welcome_unknown`, `welcome_changed`, and those of making one.
#[utoipa::path(put, path = "/wecom/group-welcomes/{id}", tag = "WeCom", params(("id" = String, Path)), request_body = GroupWelcomeNew, responses((status = 200, body = GroupWelcomeOut)))]
async fn change(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<GroupWelcomeNew>,
) -> Answer<Json<GroupWelcomeOut>> {
    let caller = may.caller;
    let row = app.run(move |app| {
        write(app, move |app, tx| {
            let (own, version) = (input.input(), input.version);
            let row = app.reach.change_group_welcome(tx, &id, &own, version, &by(&caller), app.now())?;
            note(app, tx, &caller, "group_welcome.change", &row.id, &json!({ "name": row.name }))?;
            Ok(row)
        })
    });
    Ok(Json(row.await?.into()))
}

/// Deletes a welcome for groups, here and at WeCom: groups that use it greet nobody any more.
///
/// 删除入群欢迎语，企业微信侧同步删除，使用它的群将不再发送。
///
/// Errors: `group_welcome_unknown`.
#[utoipa::path(delete, path = "/wecom/group-welcomes/{id}", tag = "WeCom", params(("id" = String, Path)), responses((status = 204)))]
async fn delete(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            app.reach.delete_group_welcome(tx, &id, app.now())?;
            note(app, tx, &caller, "group_welcome.delete", &id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}

/// Makes one once more whose outcome is not known, after somebody has looked in WeCom that it is not there.
///
/// 结果未知的入群欢迎语，确认企业微信中没有后重新创建。
///
/// Errors: `group_welcome_unknown`, `group_welcome_sure`.
#[utoipa::path(post, path = "/wecom/group-welcomes/{id}/retry", tag = "WeCom", params(("id" = String, Path)), responses((status = 200, body = GroupWelcomeOut)))]
async fn retry(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<GroupWelcomeOut>> {
    let caller = may.caller;
    let row = app.run(move |app| {
        write(app, move |app, tx| {
            let row = app.reach.retry_group_welcome(tx, &id, app.now())?;
            note(app, tx, &caller, "group_welcome.retry", &id, &json!({}))?;
            Ok(row)
        })
    });
    Ok(Json(row.await?.into()))
}
