//! The library: materials, their versions and approvals, what they went into, who opened them.

use crate::auth::Caller;
use crate::error::Answer;
use crate::gate::{MessagesWrite, PeopleRead, SettingsWrite};
use crate::material_shapes::{
    MaterialChange, MaterialNew, MaterialNo, MaterialOut, MaterialRadar, MaterialReader, MaterialStep, MaterialTried,
    MaterialTry, MaterialVersionOut, MaterialWhole,
};
use crate::part::{message_part, within};
use crate::people_reader::{Reader, audience, by, note, read, reason, write};
use crate::people_tags::number_after;
use crate::{App, At, Body, Created, Endpoints, Items, May, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_db::Tx;
use siyu_kernel::{Class, Refusal};
use siyu_reach::content::Content;
use siyu_reach::{MaterialIn, MaterialQuery, MaterialRow, MaterialShowIn, MaterialState, MaterialUse, Radar, Writer};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(
        pages, set_pages, list, add, places, get, change, submit, approve, reject, retire, versions, preview, radar
    )
}

#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MaterialListQuery {
    /// Part of the name, or a label.
    q: Option<String>,
    label: Option<String>,
    folder: Option<String>,
    /// `text`, `image`, `link`, `miniprogram`, `video` or `file`.
    kind: Option<String>,
    /// `draft`, `review`, `approved`, `rejected` or `retired`; absent: all but retired ones.
    state: Option<String>,
    /// Only those of which a version is in use.
    usable: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

/// Lists materials, newest first.
///
/// 素材库列表，新的在前；已停用的仅在筛选时显示。
///
/// Errors: `material_state`.
#[utoipa::path(get, path = "/materials", tag = "Library", params(MaterialListQuery), responses((status = 200, body = Items<MaterialOut>)))]
async fn list(
    _: May<PeopleRead>,
    Query(q): Query<MaterialListQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<MaterialOut>>> {
    let limit = page.limit;
    let state = q.state.as_deref().filter(|text| !text.is_empty()).map(MaterialState::parse).transpose()?;
    let query = MaterialQuery {
        text: q.q.unwrap_or_default(),
        label: q.label.unwrap_or_default(),
        folder: q.folder.unwrap_or_default(),
        kind: q.kind.unwrap_or_default(),
        state,
        usable: q.usable.unwrap_or(false),
        after: page.after,
        limit: limit as i64,
    };
    let rows = app.run(move |app| app.db.read(|tx| app.reach.materials(tx, &query))).await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.id.clone());
    Ok(Json(Items::new(rows.into_iter().map(MaterialOut::from).collect(), next)))
}

#[derive(Serialize, ToSchema)]
struct MaterialPlaces {
    folders: Vec<String>,
    labels: Vec<String>,
}

/// Lists the folders and labels in use.
///
/// 素材库的文件夹与标签。
#[utoipa::path(get, path = "/materials/places", tag = "Library", responses((status = 200, body = MaterialPlaces)))]
async fn places(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<MaterialPlaces>> {
    let (folders, labels) = app.run(|app| app.db.read(|tx| app.reach.material_places(tx))).await?;
    Ok(Json(MaterialPlaces { folders, labels }))
}

/// Whoever writes: a program is its key.
fn writer<'a>(caller: &'a Caller, name: &'a str) -> Writer<'a> {
    Writer { id: caller.id(), name }
}

/// Adds a material: a draft.
///
/// 新建素材（草稿）。
///
/// Errors: `material_invalid` with its field, `material_limit`, `content_invalid`, `content_template`, `content_variable`.
#[utoipa::path(post, path = "/materials", tag = "Library", request_body = MaterialNew, responses((status = 201, body = MaterialOut)))]
async fn add(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<MaterialNew>,
) -> Answer<Created<MaterialOut>> {
    let (caller, input) = (may.caller, MaterialIn::from(input));
    let row = app.run(move |app| {
        write(app, move |app, tx| {
            let row = app.reach.add_material(tx, &input, writer(&caller, &by(&caller)), app.now())?;
            note(app, tx, &caller, "material.add", &row.id, &json!({ "name": row.name }))?;
            Ok(row)
        })
    });
    Ok(Created(row.await?.into()))
}

fn whole(app: &App, tx: &mut Tx<'_>, caller: &Caller, id: &str) -> Result<MaterialWhole, Refusal> {
    let row = app.reach.material(tx, id)?;
    let newest = app.reach.material_version(tx, id, row.version)?;
    let in_use = match app.reach.approved_material(tx, id) {
        Ok((_, content)) => Some(content.into()),
        Err(refusal) if refusal.code == "material_unapproved" => None,
        Err(refusal) => return Err(refusal),
    };
    let mut used = app.reach.material_uses(tx, id, 100)?;
    if let Some(staff) = Reader::new(app, tx, caller)?.staff(tx)? {
        let mut kept = Vec::with_capacity(used.len());
        for own in used {
            if is_theirs(app, tx, &staff, &own)? {
                kept.push(own);
            }
        }
        used = kept;
    }
    Ok(MaterialWhole {
        row: row.into(),
        newest: MaterialVersionOut::new(newest, caller),
        in_use,
        used: used.into_iter().map(Into::into).collect(),
    })
}

/// Whether somebody who looks after some of the staff sees what a material went into: messages that these are asked to send, and welcomes.
fn is_theirs(app: &App, tx: &mut Tx<'_>, staff: &[String], own: &MaterialUse) -> Result<bool, Refusal> {
    let seen = match own.what.as_str() {
        "message" | "broadcast" => app.reach.message_of(tx, staff, &own.used).map(drop),
        "group_message" => app.reach.group_message(tx, Some(staff), &own.used).map(drop),
        "moment" => app.reach.moment_of(tx, staff, &own.used).map(drop),
        _ => Ok(()),
    };
    match seen {
        Err(refusal) if refusal.class == Class::NotFound => Ok(false),
        seen => seen.map(|()| true),
    }
}

/// Shows a material: its newest version, and what it went into; of messages those whose senders the reader looks after.
///
/// 素材详情：最新版本与使用记录；仅看部分员工的用户只看到本范围员工参与的群发。
///
/// Errors: `material_unknown`.
#[utoipa::path(get, path = "/materials/{id}", tag = "Library", params(("id" = String, Path)), responses((status = 200, body = MaterialWhole)))]
async fn get(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<MaterialWhole>> {
    let caller = may.caller;
    app.run(move |app| read(app, |tx| whole(app, tx, &caller, &id))).await.map(Json)
}

/// Changes a material. Another content becomes the next version, a draft; what was approved stays in use until that one is. A retired one comes
/// back as a draft.
///
/// 修改素材：内容变化会生成新版本（草稿），原已通过的版本继续使用，直到新版本通过审批；已停用的素材恢复为草稿。
///
/// Errors: as for adding one; `material_unknown`, `material_changed`.
#[utoipa::path(put, path = "/materials/{id}", tag = "Library", params(("id" = String, Path)), request_body = MaterialChange, responses((status = 200, body = MaterialWhole)))]
async fn change(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<MaterialChange>,
) -> Answer<Json<MaterialWhole>> {
    let (caller, version) = (may.caller, input.version);
    let MaterialChange { name, folder, labels, content, .. } = input;
    let input = MaterialIn { name, folder, labels, content: content.into() };
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let name = by(&caller);
            let row = app.reach.change_material(tx, &id, &input, version, writer(&caller, &name), app.now())?;
            note(app, tx, &caller, "material.change", &id, &json!({ "name": row.name, "version": row.version }))?;
            whole(app, tx, &caller, &id)
        })
    });
    answer.await.map(Json)
}

/// Puts the newest version forward for approval.
///
/// 提交审批。
///
/// Errors: `material_unknown`, `material_changed`, `material_step`.
#[utoipa::path(post, path = "/materials/{id}/submit", tag = "Library", params(("id" = String, Path)), request_body = MaterialStep, responses((status = 200, body = MaterialWhole)))]
async fn submit(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<MaterialStep>,
) -> Answer<Json<MaterialWhole>> {
    step(may.caller, app, id, "material.submit", move |app, tx, id, _| app.reach.submit_material(tx, id, input.version))
        .await
}

/// Approves the version that was put forward: it goes into use. Somebody else than who wrote it does, signed in.
///
/// 审批通过（须由撰写人以外的同事登录操作），该版本开始使用。
///
/// Errors: `material_unknown`, `material_changed`, `material_step`, `material_own`, `material_person`, `content_invalid` (a file of it has gone).
#[utoipa::path(post, path = "/materials/{id}/approve", tag = "Library", params(("id" = String, Path)), request_body = MaterialStep, responses((status = 200, body = MaterialWhole)))]
async fn approve(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<MaterialStep>,
) -> Answer<Json<MaterialWhole>> {
    step(may.caller, app, id, "material.approve", move |app, tx, id, caller| {
        app.reach.material(tx, id)?;
        must_be_somebody(caller)?;
        app.reach.approve_material(tx, id, input.version, writer(caller, &by(caller)), app.now())
    })
    .await
}

/// Rejects the version that was put forward, with what has to be different. Whoever wrote it takes it back in the same way.
///
/// 驳回并说明原因；撰写人也可撤回自己的提交。
///
/// Errors: `material_unknown`, `material_changed`, `material_step`, `material_person`, `reason_needed`.
#[utoipa::path(post, path = "/materials/{id}/reject", tag = "Library", params(("id" = String, Path)), request_body = MaterialNo, responses((status = 200, body = MaterialWhole)))]
async fn reject(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<MaterialNo>,
) -> Answer<Json<MaterialWhole>> {
    step(may.caller, app, id, "material.reject", move |app, tx, id, caller| {
        app.reach.material(tx, id)?;
        must_be_somebody(caller)?;
        let why = reason(&input.reason)?;
        app.reach.reject_material(tx, id, input.version, &why, writer(caller, &by(caller)), app.now())
    })
    .await
}

/// Retires a material: it is hidden, and nothing new uses it. What went out stays.
///
/// 停用素材：不再显示，也不能再被使用；已发出的不受影响。
///
/// Errors: `material_unknown`, `material_step`.
#[utoipa::path(post, path = "/materials/{id}/retire", tag = "Library", params(("id" = String, Path)), responses((status = 200, body = MaterialWhole)))]
async fn retire(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<MaterialWhole>> {
    step(may.caller, app, id, "material.retire", |app, tx, id, caller| {
        app.reach.retire_material(tx, id, writer(caller, &by(caller)), app.now())
    })
    .await
}

/// One step of a material, noted.
async fn step(
    caller: Caller,
    app: App,
    id: String,
    what: &'static str,
    work: impl Fn(&App, &mut Tx<'_>, &str, &Caller) -> Result<MaterialRow, Refusal> + Send + 'static,
) -> Answer<Json<MaterialWhole>> {
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let row = work(app, tx, &id, &caller)?;
            note(app, tx, &caller, what, &id, &json!({ "name": row.name, "version": row.version }))?;
            whole(app, tx, &caller, &id)
        })
    });
    answer.await.map(Json)
}

fn must_be_somebody(caller: &Caller) -> Result<(), Refusal> {
    if caller.session.is_some() {
        return Ok(());
    }
    // Nobody knows whose key it is: it may be that of whoever wrote it.
    let en = "Somebody has to decide it who has signed in: a key is nobody in particular.";
    Err(Refusal::forbidden("material_person", en, "须由登录的同事审批，不能使用密钥。"))
}

/// Lists a material's versions, newest first.
///
/// 素材的历史版本，新的在前。
///
/// Errors: `material_unknown`.
#[utoipa::path(get, path = "/materials/{id}/versions", tag = "Library", params(("id" = String, Path), crate::extract::PagingParams), responses((status = 200, body = Items<MaterialVersionOut>)))]
async fn versions(
    may: May<PeopleRead>,
    At(id): At<String>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<MaterialVersionOut>>> {
    let (caller, limit) = (may.caller, page.limit);
    let before = number_after(page.after.as_deref())?;
    let rows = app.run(move |app| app.db.read(|tx| app.reach.material_versions(tx, &id, before, limit as i64))).await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.version.to_string());
    Ok(Json(Items::new(rows.into_iter().map(|own| MaterialVersionOut::new(own, &caller)).collect(), next)))
}

/// Shows what somebody would read, which variables fall back, and by which ways it may go out.
///
/// 以指定客户预览素材：变量取值、哪些使用了备用值、可用于哪些渠道。
///
/// Errors: `material_unknown`, `material_version_unknown`, `person_unknown`, `message_part` (a member of staff the reader does not look after), and
/// those of contents.
#[utoipa::path(post, path = "/materials/{id}/preview", tag = "Library", params(("id" = String, Path)), request_body = MaterialTry, responses((status = 200, body = MaterialTried)))]
async fn preview(
    may: May<PeopleRead>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<MaterialTry>,
) -> Answer<Json<MaterialTried>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let row = app.reach.material(tx, &id)?;
            let content = match &input.content {
                Some(content) => Content::from(content.clone()),
                None => app.reach.material_version(tx, &id, input.version.unwrap_or(row.version))?.content,
            };
            let reader = Reader::new(app, tx, &caller)?;
            let person = input.person.as_deref().filter(|id| !id.is_empty());
            let person = person.map(|id| reader.find(app, tx, id)).transpose()?;
            if let (Some(only), Some(staff)) = (reader.staff(tx)?, input.staff.as_deref().filter(|own| !own.is_empty()))
                && !within(Some(&only), staff)
            {
                return Err(message_part());
            }
            let show = MaterialShowIn {
                person: person.map(|(_, root)| root),
                staff: input.staff.clone().unwrap_or_default(),
                channel: input.channel.clone(),
            };
            let shown = app.reach.show_content(tx, &content, &show, app.now())?;
            Ok(MaterialTried::new(shown, caller.locale))
        })
    });
    answer.await.map(Json)
}

/// Hosts of pages of the brand's own that carry the script.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MaterialPages {
    /// Up to 20 names such as `shop.example.com`.
    hosts: Vec<String>,
}

/// Shows on which hosts links count how long somebody stays.
///
/// 统计停留时长的自有页面域名。
#[utoipa::path(get, path = "/material-pages", tag = "Library", responses((status = 200, body = MaterialPages)))]
async fn pages(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<MaterialPages>> {
    let answer = app.run(|app| read(app, |tx| Ok(MaterialPages { hosts: app.reach.own_pages(tx)? })));
    answer.await.map(Json)
}

/// Sets them all. Their pages have to carry the script `/l/stay.js`; links that lead there bring one more parameter, `siyu_visit`.
///
/// 设置统计停留时长的自有页面域名；页面须引入 /l/stay.js，跳转时会带上 siyu_visit 参数。
///
/// Errors: `material_pages`.
#[utoipa::path(put, path = "/material-pages", tag = "Library", request_body = MaterialPages, responses((status = 200, body = MaterialPages)))]
async fn set_pages(
    may: May<SettingsWrite>,
    State(app): State<App>,
    Body(input): Body<MaterialPages>,
) -> Answer<Json<MaterialPages>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let hosts = app.reach.set_own_pages(tx, &input.hosts)?;
            note(app, tx, &caller, "material.pages", "pages", &json!({ "hosts": hosts }))?;
            Ok(MaterialPages { hosts })
        })
    });
    answer.await.map(Json)
}

/// People whose opens are added up for a reader who does not see everybody.
const PART_MAX: i64 = 5_000;
const READERS_MAX: usize = 200;

/// Shows who opened a material's links; of whoever looks after some customers, these customers.
///
/// 素材雷达：打开次数、人数与最近打开的客户；仅看部分客户的用户只统计本范围客户。
///
/// Errors: `material_unknown`.
#[utoipa::path(get, path = "/materials/{id}/radar", tag = "Library", params(("id" = String, Path)), responses((status = 200, body = MaterialRadar)))]
async fn radar(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<MaterialRadar>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let part = reader.staff(tx)?.is_some();
            let mut own = app.reach.radar(tx, &id)?;
            let mut rows = app.reach.radar_people(tx, &id, if part { PART_MAX } else { READERS_MAX as i64 })?;
            if part {
                let mut kept = Vec::new();
                for row in rows {
                    if audience(app).visible(tx, row.root, &reader.scope)? {
                        kept.push(row);
                    }
                }
                rows = kept;
                own = Radar {
                    opens: rows.iter().map(|row| row.opens).sum(),
                    people: rows.len() as i64,
                    passed_on: rows.iter().filter(|row| row.browsers > 1).count() as i64,
                    last_at: rows.iter().map(|row| row.last_at).max(),
                    ..Radar::default()
                };
            }
            let mut items = Vec::with_capacity(rows.len().min(READERS_MAX));
            for row in rows.into_iter().take(READERS_MAX) {
                items.push(MaterialReader {
                    id: app.people.id(row.root),
                    name: app.people.profile(tx, row.root)?.name(),
                    opens: row.opens,
                    browsers: row.browsers,
                    seconds: row.seconds,
                    first_at: row.first_at,
                    last_at: row.last_at,
                });
            }
            Ok(MaterialRadar::new(own, items))
        })
    });
    answer.await.map(Json)
}
