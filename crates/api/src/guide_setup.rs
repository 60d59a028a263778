//! What headquarters sets for guides: the pages' address, verification files, who is whom, stages, scripts, tasks.

use crate::error::Answer;
use crate::gate::{GuidesWrite, SettingsWrite};
use crate::guide_shapes::{GuideBoard, GuideFolder, GuideScript, GuideStage, GuideTask};
use crate::people_reader::{by, note, read, write};
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, Query, Workspace, endpoints};
use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use siyu_guides::{ScriptBody, ScriptIn, ScriptKind, ScriptPatch, ScriptQuery, SettingsIn, Span, TaskIn};
use siyu_kernel::{Refusal, Time, Zone};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(
        settings,
        change,
        put_file,
        drop_file,
        stages,
        set_stages,
        scripts,
        add_folder,
        rename_folder,
        drop_folder,
        add_script,
        change_script,
        drop_script,
        image,
        give,
        boards
    )
}

#[derive(Serialize, ToSchema)]
struct GuideSettings {
    /// Of the guides' pages; its host is the app's trusted domain. Empty until it is set.
    address: String,
    /// Whence WeCom's authorisation page and JS-SDK come; empty for WeCom's own hosts.
    pages: String,
    /// A page where staff chat in a browser, shown as a link; empty for none.
    client: String,
    /// What to enter in WeCom's console: the app's home page and the page of the chat toolbar. Empty until the address is set.
    home_page: String,
    side_page: String,
    files: Vec<GuideFile>,
}

#[derive(Serialize, ToSchema)]
struct GuideFile {
    name: String,
    content: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
}

/// Fields that are absent stay as they are; an empty text clears one.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideSettingsIn {
    address: Option<String>,
    pages: Option<String>,
    client: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideFileIn {
    content: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideStagesIn {
    /// All of them, in their order. Those with an id keep their people.
    stages: Vec<GuideStageName>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideStageName {
    #[serde(default)]
    id: Option<String>,
    /// 1 to 20 characters.
    name: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GuideSetupQuery {
    q: Option<String>,
    folder: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct GuideScripts {
    folders: Vec<GuideFolder>,
    /// The most used first, at most 200.
    items: Vec<GuideScript>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideFolderIn {
    /// 1 to 20 characters.
    name: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideScriptIn {
    folder: String,
    /// `text`, `image`, `link` or `miniprogram`.
    kind: String,
    title: String,
    #[serde(default)]
    body: GuideScriptBody,
    /// The next action it is for.
    #[serde(default)]
    action: Option<String>,
    /// Of an image: JPG or PNG of at most 700 KB, in base64.
    #[serde(default)]
    image: Option<String>,
}

/// What each kind says; the fields of other kinds are left out.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct GuideScriptBody {
    /// Of a text, at most 1300 characters. Variables: {称呼} {导购} {门店} {最近购买} {天数}, with a fallback as {称呼|亲}.
    text: String,
    url: String,
    description: String,
    picture_url: String,
    appid: String,
    page: String,
}

impl From<GuideScriptBody> for ScriptBody {
    fn from(own: GuideScriptBody) -> Self {
        let GuideScriptBody { text, url, description, picture_url, appid, page } = own;
        Self { text, url, description, picture_url, appid, page }
    }
}

/// Fields that are absent stay as they are.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideScriptPatch {
    #[serde(default)]
    folder: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    body: Option<GuideScriptBody>,
    /// null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    action: Option<Option<String>>,
}

/// Tells null from absent.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideOrderIn {
    /// Userids, at most 500: each gets a task of their own.
    staff: Vec<String>,
    /// `follow_up`, `message`, `call`, `invite`, `group` or `other`.
    kind: String,
    /// 1 to 500 characters.
    text: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Time>,
    /// A name of this order: asked for again, nobody gets the task twice.
    #[serde(default)]
    origin: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GuideBoardQuery {
    /// Calendar days, today the last; 7 when absent.
    days: Option<i64>,
}

fn shown(app: &App) -> Result<GuideSettings, Refusal> {
    app.db.read(|tx| {
        let own = app.guides.settings(tx)?;
        let files = app.guides.files(tx)?.into_iter();
        let page = |to: &str| match own.address.as_str() {
            "" => String::new(),
            address => format!("{address}/guide/enter?to={to}"),
        };
        Ok(GuideSettings {
            home_page: page("work"),
            side_page: page("side"),
            address: own.address,
            pages: own.pages,
            client: own.client,
            files: files.map(|own| GuideFile { name: own.name, content: own.content, at: own.at }).collect(),
        })
    })
}

/// Shows where the guides' pages are reached, and what to enter in WeCom's console.
///
/// 导购页面接入设置，以及需填入企业微信后台的地址。
#[utoipa::path(get, path = "/guide/setup", tag = "Guide", responses((status = 200, body = GuideSettings)))]
async fn settings(_: May<GuidesWrite>, State(app): State<App>) -> Answer<Json<GuideSettings>> {
    app.run(shown).await.map(Json)
}

/// Changes the addresses of the guides' pages.
///
/// 修改导购页面接入设置。
///
/// Errors: `guide_address`.
#[utoipa::path(patch, path = "/guide/setup", tag = "Guide", request_body = GuideSettingsIn, responses((status = 200, body = GuideSettings)))]
async fn change(
    may: May<SettingsWrite>,
    State(app): State<App>,
    Body(input): Body<GuideSettingsIn>,
) -> Answer<Json<GuideSettings>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let GuideSettingsIn { address, pages, client } = input.clone();
            let named = [("address", address.is_some()), ("pages", pages.is_some()), ("client", client.is_some())];
            let own = app.guides.set(tx, &SettingsIn { address, pages, client }, app.now())?;
            let names: Vec<&str> = named.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
            note(app, tx, &caller, "guide.setup", &own.address, &json!({ "changed": names }))
        })?;
        shown(app)
    });
    answer.await.map(Json)
}

/// Puts a file by which WeCom makes sure that the domain is yours; it is served at the root.
///
/// 上传企业微信可信域名校验文件，将在域名根目录提供。
///
/// Errors: `guide_file`.
#[utoipa::path(put, path = "/guide/setup/files/{name}", tag = "Guide", params(("name" = String, Path)), request_body = GuideFileIn, responses((status = 200, body = GuideSettings)))]
async fn put_file(
    may: May<SettingsWrite>,
    At(name): At<String>,
    State(app): State<App>,
    Body(input): Body<GuideFileIn>,
) -> Answer<Json<GuideSettings>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            app.guides.put_file(tx, &name, &input.content, app.now())?;
            note(app, tx, &caller, "guide.file", &name, &json!({}))
        })?;
        shown(app)
    });
    answer.await.map(Json)
}

/// Takes a verification file away.
///
/// 删除校验文件。
#[utoipa::path(delete, path = "/guide/setup/files/{name}", tag = "Guide", params(("name" = String, Path)), responses((status = 200, body = GuideSettings)))]
async fn drop_file(
    may: May<SettingsWrite>,
    At(name): At<String>,
    State(app): State<App>,
) -> Answer<Json<GuideSettings>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| match app.guides.drop_file(tx, &name)? {
            true => note(app, tx, &caller, "guide.file_drop", &name, &json!({})),
            false => Ok(()),
        })?;
        shown(app)
    });
    answer.await.map(Json)
}

/// Lists the follow-up stages with how many people stand there.
///
/// 跟进阶段与人数。
#[utoipa::path(get, path = "/guide/setup/stages", tag = "Guide", responses((status = 200, body = Items<GuideStage>)))]
async fn stages(_: May<GuidesWrite>, State(app): State<App>) -> Answer<Json<Items<GuideStage>>> {
    let rows = app.run(|app| app.db.read(|tx| app.guides.stages(tx))).await?;
    Ok(Json(Items::all(rows.into_iter().map(stage_out).collect())))
}

fn stage_out(own: siyu_guides::Stage) -> GuideStage {
    GuideStage { id: own.id, name: own.name, people: own.people }
}

/// Replaces the follow-up stages.
///
/// 设置跟进阶段及顺序；已删除阶段上的客户保留原阶段直至再次变更。
///
/// Errors: `stage_list`, `stage_unknown`, `guide_text`.
#[utoipa::path(put, path = "/guide/setup/stages", tag = "Guide", request_body = GuideStagesIn, responses((status = 200, body = Items<GuideStage>)))]
async fn set_stages(
    may: May<GuidesWrite>,
    State(app): State<App>,
    Body(input): Body<GuideStagesIn>,
) -> Answer<Json<Items<GuideStage>>> {
    let caller = may.caller;
    let rows = app.run(move |app| {
        write(app, move |app, tx| {
            let wanted: Vec<_> = input.stages.iter().map(|own| (own.id.clone(), own.name.clone())).collect();
            let rows = app.guides.set_stages(tx, &wanted, app.now())?;
            note(app, tx, &caller, "guide.stages", "stages", &json!({ "count": rows.len() }))?;
            Ok(rows)
        })
    });
    Ok(Json(Items::all(rows.await?.into_iter().map(stage_out).collect())))
}

/// Lists folders, and scripts as they are written.
///
/// 话术与素材库。
#[utoipa::path(get, path = "/guide/setup/scripts", tag = "Guide", params(GuideSetupQuery), responses((status = 200, body = GuideScripts)))]
async fn scripts(
    _: May<GuidesWrite>,
    Query(query): Query<GuideSetupQuery>,
    State(app): State<App>,
) -> Answer<Json<GuideScripts>> {
    let answer = app.run(move |app| {
        read(app, |tx| {
            let asked = ScriptQuery { folder: query.folder.clone(), text: query.q.clone(), action: None, limit: 200 };
            let items = app.guides.scripts(tx, &asked)?.into_iter();
            let folders = app.guides.folders(tx)?.into_iter();
            Ok(GuideScripts {
                folders: folders.map(|own| GuideFolder { id: own.id, name: own.name, scripts: own.scripts }).collect(),
                items: items.map(|own| GuideScript::of(own, "/api/v1/guide/setup/scripts")).collect(),
            })
        })
    });
    answer.await.map(Json)
}

/// Adds a folder of scripts.
///
/// 新建话术分类。
///
/// Errors: `guide_text`, `folder_taken`.
#[utoipa::path(post, path = "/guide/setup/folders", tag = "Guide", request_body = GuideFolderIn, responses((status = 201, body = GuideFolder)))]
async fn add_folder(
    may: May<GuidesWrite>,
    State(app): State<App>,
    Body(input): Body<GuideFolderIn>,
) -> Answer<Created<GuideFolder>> {
    let caller = may.caller;
    let own = app.run(move |app| {
        write(app, move |app, tx| {
            let own = app.guides.add_folder(tx, &input.name)?;
            note(app, tx, &caller, "script.folder", &own.id, &json!({}))?;
            Ok(GuideFolder { id: own.id, name: own.name, scripts: own.scripts })
        })
    });
    own.await.map(Created)
}

/// Renames a folder.
///
/// 重命名话术分类。
///
/// Errors: `folder_unknown`, `folder_taken`, `guide_text`.
#[utoipa::path(patch, path = "/guide/setup/folders/{id}", tag = "Guide", params(("id" = String, Path)), request_body = GuideFolderIn, responses((status = 204)))]
async fn rename_folder(
    may: May<GuidesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<GuideFolderIn>,
) -> Answer<NoContent> {
    let caller = may.caller;
    app.run(move |app| {
        write(app, move |app, tx| {
            app.guides.rename_folder(tx, &id, &input.name)?;
            note(app, tx, &caller, "script.folder", &id, &json!({}))
        })
    })
    .await?;
    Ok(NoContent)
}

/// Takes an empty folder away.
///
/// 删除空的话术分类。
///
/// Errors: `folder_unknown`, `folder_used`.
#[utoipa::path(delete, path = "/guide/setup/folders/{id}", tag = "Guide", params(("id" = String, Path)), responses((status = 204)))]
async fn drop_folder(may: May<GuidesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    app.run(move |app| {
        write(app, move |app, tx| {
            app.guides.drop_folder(tx, &id)?;
            note(app, tx, &caller, "script.folder_drop", &id, &json!({}))
        })
    })
    .await?;
    Ok(NoContent)
}

/// Adds a script or material.
///
/// 新建话术或素材。
///
/// Errors: `folder_unknown`, `guide_text`, `script_body`, `script_variable`, `script_picture`.
#[utoipa::path(post, path = "/guide/setup/scripts", tag = "Guide", request_body = GuideScriptIn, responses((status = 201, body = GuideScript)))]
async fn add_script(
    may: May<GuidesWrite>,
    State(app): State<App>,
    Body(input): Body<GuideScriptIn>,
) -> Answer<Created<GuideScript>> {
    let caller = may.caller;
    let kind = ScriptKind::parse(&input.kind)?;
    let image = input.image.as_deref().map(siyu_guides::picture_of).transpose()?;
    let own = app.run(move |app| {
        write(app, move |app, tx| {
            let script = ScriptIn {
                folder: input.folder.clone(),
                kind,
                title: input.title.clone(),
                body: input.body.clone().into(),
                action: input.action.clone(),
                image: image.clone(),
                by: by(&caller),
            };
            let own = app.guides.add_script(tx, &script)?;
            note(app, tx, &caller, "script.add", &own.id, &json!({ "kind": own.kind.name() }))?;
            Ok(GuideScript::of(own, "/api/v1/guide/setup/scripts"))
        })
    });
    own.await.map(Created)
}

/// Changes a script.
///
/// 修改话术或素材。
///
/// Errors: `script_unknown`, `folder_unknown`, `guide_text`, `script_body`, `script_variable`.
#[utoipa::path(patch, path = "/guide/setup/scripts/{id}", tag = "Guide", params(("id" = String, Path)), request_body = GuideScriptPatch, responses((status = 200, body = GuideScript)))]
async fn change_script(
    may: May<GuidesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<GuideScriptPatch>,
) -> Answer<Json<GuideScript>> {
    let caller = may.caller;
    let own = app.run(move |app| {
        write(app, move |app, tx| {
            let GuideScriptPatch { folder, title, body, action } = input.clone();
            let patch = ScriptPatch { folder, title, body: body.map(ScriptBody::from), action };
            let own = app.guides.change_script(tx, &id, &patch)?;
            note(app, tx, &caller, "script.change", &own.id, &json!({}))?;
            Ok(GuideScript::of(own, "/api/v1/guide/setup/scripts"))
        })
    });
    own.await.map(Json)
}

/// Takes a script out of the library. What was sent stays in the customers' histories.
///
/// 删除话术或素材，历史发送记录保留。
///
/// Errors: `script_unknown`.
#[utoipa::path(delete, path = "/guide/setup/scripts/{id}", tag = "Guide", params(("id" = String, Path)), responses((status = 204)))]
async fn drop_script(may: May<GuidesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    app.run(move |app| {
        write(app, move |app, tx| {
            app.guides.drop_script(tx, &id)?;
            note(app, tx, &caller, "script.drop", &id, &json!({}))
        })
    })
    .await?;
    Ok(NoContent)
}

/// Shows the picture of an image script.
///
/// 图片素材预览。
///
/// Errors: `script_unknown`.
#[utoipa::path(get, path = "/guide/setup/scripts/{id}/image", tag = "Guide", params(("id" = String, Path)), responses((status = 200, content_type = "image/png")))]
async fn image(_: May<GuidesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<impl IntoResponse> {
    let (bytes, kind) = app.run(move |app| app.db.read(|tx| app.guides.picture(tx, &id))).await?;
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "private, max-age=3600".to_owned())], bytes))
}

/// Gives members of staff a task each.
///
/// 总部下发任务：为每位成员各建一条；同一 origin 不会重复下发。
///
/// Errors: `guide_text`, `task_kind`, `guide_staff_unknown`.
#[utoipa::path(post, path = "/guide/setup/tasks", tag = "Guide", request_body = GuideOrderIn, responses((status = 200, body = Items<GuideTask>)))]
async fn give(
    may: May<GuidesWrite>,
    State(app): State<App>,
    Body(input): Body<GuideOrderIn>,
) -> Answer<Json<Items<GuideTask>>> {
    let caller = may.caller;
    if !(1..=500).contains(&input.staff.len()) {
        let refusal =
            Refusal::invalid("guide_text", "`staff` names 1 to 500 members.", "staff 须包含 1 到 500 位成员。");
        return Err(refusal.field("staff").into());
    }
    let rows = app.run(move |app| {
        write(app, move |app, tx| {
            let mut rows = Vec::with_capacity(input.staff.len());
            for staff in &input.staff {
                let own = TaskIn {
                    staff: staff.clone(),
                    kind: input.kind.clone(),
                    text: input.text.clone(),
                    due_at: input.due_at,
                    source: "console".into(),
                    origin: input
                        .origin
                        .as_ref()
                        .map(|origin| format!("console:{origin}:{}", staff.trim().to_lowercase())),
                    by: by(&caller),
                    ..TaskIn::default()
                };
                rows.push(GuideTask::from(app.guides.give(tx, &own)?));
            }
            note(app, tx, &caller, "task.give", "tasks", &json!({ "count": rows.len(), "kind": input.kind }))?;
            Ok(rows)
        })
    });
    Ok(Json(Items::all(rows.await?)))
}

/// Counts tasks per member of staff.
///
/// 各成员任务完成情况。
///
/// Errors: `guide_span`.
#[utoipa::path(get, path = "/guide/setup/board", tag = "Guide", params(GuideBoardQuery), responses((status = 200, body = Items<GuideBoard>)))]
async fn boards(
    _: May<GuidesWrite>,
    Query(query): Query<GuideBoardQuery>,
    State(app): State<App>,
) -> Answer<Json<Items<GuideBoard>>> {
    let answer = app.run(move |app| {
        read(app, |tx| {
            let workspace = Workspace::load(tx)?;
            let zone = Zone::named(&workspace.timezone).map_err(Refusal::internal)?;
            let span = Span::last(query.days.unwrap_or(7), &zone, app.now())?;
            let rows = app.guides.boards(tx, None, span.from)?;
            Ok(Items::all(rows.into_iter().map(GuideBoard::from).collect()))
        })
    });
    answer.await.map(Json)
}
