//! Live codes of customer groups: made, changed, put away; their pictures and what WeCom was told.

use crate::channel_out::CodeQr;
use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{ChannelsWrite, PeopleRead};
use crate::live_codes::{CodeTold, QrParams, picture, shown_told};
use crate::people_reader::{by, note, read, write};
use crate::people_tags::number_after;
use crate::{App, At, Body, Created, Endpoints, Items, May, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_channels::{GroupCodeChange, GroupCodeIn, GroupCodeQuery, GroupCodeRow, VariantIn};
use siyu_kernel::Time;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, add, get, change, archive, told, qr)
}

#[derive(Serialize, ToSchema)]
struct GroupRoom {
    /// The group's id.
    group: String,
    name: String,
    members: i64,
    /// It is there, and not dismissed.
    alive: bool,
}

/// The QR of one variant at WeCom.
#[derive(Serialize, ToSchema)]
struct GroupCodeWay {
    /// Empty: for everybody; else the code of a store, or a city.
    variant: String,
    rooms: Vec<GroupRoom>,
    base_name: String,
    wecom_state: String,
    config_id: Option<String>,
    qr: CodeQr,
    /// Ids of the groups it leads to now.
    led_to: Vec<String>,
    /// open, last (one group has room), auto (WeCom opens the next) or none (nobody can come in).
    room: String,
    /// new, good, failed, dead or closing.
    state: String,
    error: Option<String>,
    tries: i64,
    #[schema(value_type = String, format = DateTime)]
    due_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    told_at: Option<Time>,
}

#[derive(Serialize, ToSchema)]
struct GroupCodeOut {
    id: String,
    channel: String,
    channel_code: String,
    channel_name: String,
    name: String,
    full_at: i64,
    auto_create: bool,
    variants: Vec<GroupCodeWay>,
    /// Members who came in by it and are in a group now.
    members: i64,
    /// Visits of its page.
    visits: i64,
    /// Whether somebody has to look at it: no group has room, or WeCom refuses.
    troubled: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    archived_at: Option<Time>,
    version: i64,
}

impl From<GroupCodeRow> for GroupCodeOut {
    fn from(row: GroupCodeRow) -> Self {
        let troubled = row.troubled();
        let variants = row.ways.into_iter().map(|way| GroupCodeWay {
            variant: way.variant,
            rooms: way
                .rooms
                .into_iter()
                .map(|room| GroupRoom { group: room.chat, name: room.name, members: room.members, alive: room.alive })
                .collect(),
            base_name: way.base_name,
            wecom_state: way.wecom_state,
            config_id: way.config_id,
            qr: way.qr.into(),
            led_to: way.chats,
            room: way.room,
            state: way.state,
            error: way.error,
            tries: way.tries,
            due_at: way.due_at,
            told_at: way.told_at,
        });
        Self {
            variants: variants.collect(),
            id: row.id,
            channel: row.channel,
            channel_code: row.channel_code,
            channel_name: row.channel_name,
            name: row.name,
            full_at: row.full_at,
            auto_create: row.auto_create,
            members: row.members,
            visits: row.visits,
            troubled,
            created_at: row.created_at,
            created_by: row.created_by,
            archived_at: row.archived_at,
            version: row.version,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GroupCodeParams {
    /// A channel's id.
    channel: Option<String>,
    /// Part of the name of the code or its channel.
    q: Option<String>,
    /// Those that are archived, too.
    archived: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

/// Lists live codes of groups, the newest first.
///
/// 群活码列表，新的在前。
#[utoipa::path(get, path = "/group-codes", tag = "Channels", params(GroupCodeParams), responses((status = 200, body = Items<GroupCodeOut>)))]
async fn list(
    _: May<PeopleRead>,
    Query(q): Query<GroupCodeParams>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<GroupCodeOut>>> {
    let query = GroupCodeQuery {
        channel: q.channel,
        text: q.q,
        archived: q.archived.unwrap_or(false),
        after: page.after,
        limit: page.limit as i64,
    };
    let rows = app.run(move |app| read(app, |tx| app.channels.group_codes(tx, &query))).await?;
    let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.id.clone());
    Ok(Json(Items::new(rows.into_iter().map(GroupCodeOut::from).collect(), next)))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupVariantIn {
    /// Empty: for everybody; else the code of a store, or the name of a city.
    #[serde(default)]
    variant: String,
    /// Ids of groups, in the order in which they are filled.
    groups: Vec<String>,
    /// What WeCom calls the groups it opens, with a number behind; needed with `auto_create`.
    #[serde(default)]
    base_name: String,
}

fn variants(own: Vec<GroupVariantIn>) -> Vec<VariantIn> {
    own.into_iter().map(|own| VariantIn { variant: own.variant, chats: own.groups, base_name: own.base_name }).collect()
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupCodeNew {
    /// A channel's id.
    channel: String,
    name: String,
    /// Members at which the next group's turn comes, 10 to 200; 200 when absent.
    full_at: Option<i64>,
    /// WeCom opens further groups when all are full.
    #[serde(default)]
    auto_create: bool,
    variants: Vec<GroupVariantIn>,
}

/// Makes a live code of groups.
///
/// 新建群活码。
///
/// Errors: `channel_unknown`, `channel_archived`, `group_code_field`.
#[utoipa::path(post, path = "/group-codes", tag = "Channels", request_body = GroupCodeNew, responses((status = 201, body = GroupCodeOut)))]
async fn add(
    may: May<ChannelsWrite>,
    State(app): State<App>,
    Body(input): Body<GroupCodeNew>,
) -> Answer<Created<GroupCodeOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let own = input.clone();
            let wanted = GroupCodeIn {
                channel: own.channel,
                name: own.name,
                full_at: own.full_at.unwrap_or(siyu_channels::DOOR_MAX),
                auto_create: own.auto_create,
                variants: variants(own.variants),
            };
            let row = app.channels.create_group_code(tx, &wanted, &by(&caller), app.now())?;
            note(
                app,
                tx,
                &caller,
                "group_code.create",
                &row.id,
                &json!({ "name": row.name, "channel": row.channel_code }),
            )?;
            Ok(GroupCodeOut::from(row))
        })
    });
    answer.await.map(Created)
}

/// Shows one live code of groups: how full each group is, and where the QR leads now.
///
/// 群活码详情：各群人数与当前入口。
///
/// Errors: `code_unknown`.
#[utoipa::path(get, path = "/group-codes/{id}", tag = "Channels", params(("id" = String, Path)), responses((status = 200, body = GroupCodeOut)))]
async fn get(_: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<GroupCodeOut>> {
    let row = app.run(move |app| read(app, |tx| app.channels.group_code(tx, &id))).await?;
    Ok(Json(row.into()))
}

/// Fields that are absent stay as they are.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupCodePatch {
    name: Option<String>,
    full_at: Option<i64>,
    auto_create: Option<bool>,
    /// All variants anew.
    variants: Option<Vec<GroupVariantIn>>,
    version: Option<i64>,
}

/// Changes a live code of groups. The QRs stay the same.
///
/// 修改群活码，二维码不变。
///
/// Errors: `code_unknown`, `code_archived`, `channel_changed`, `group_code_field`.
#[utoipa::path(patch, path = "/group-codes/{id}", tag = "Channels", params(("id" = String, Path)), request_body = GroupCodePatch, responses((status = 200, body = GroupCodeOut)))]
async fn change(
    may: May<ChannelsWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<GroupCodePatch>,
) -> Answer<Json<GroupCodeOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let own = input.clone();
            let wanted = GroupCodeChange {
                name: own.name,
                full_at: own.full_at,
                auto_create: own.auto_create,
                variants: own.variants.map(variants),
                version: own.version,
            };
            let row = app.channels.change_group_code(tx, &id, &wanted, app.now())?;
            note(app, tx, &caller, "group_code.change", &row.id, &json!({ "name": row.name }))?;
            Ok(GroupCodeOut::from(row))
        })
    });
    answer.await.map(Json)
}

/// Puts a live code of groups away: its QRs lead nowhere any more, for good.
///
/// 归档群活码，其二维码将永久失效。
///
/// Errors: `code_unknown`, `code_archived`.
#[utoipa::path(post, path = "/group-codes/{id}/archive", tag = "Channels", params(("id" = String, Path)), responses((status = 200, body = GroupCodeOut)))]
async fn archive(may: May<ChannelsWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<GroupCodeOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let row = app.channels.archive_group_code(tx, &id, app.now())?;
            note(app, tx, &caller, "group_code.archive", &row.id, &json!({ "name": row.name }))?;
            Ok(GroupCodeOut::from(row))
        })
    });
    answer.await.map(Json)
}

/// Lists what WeCom was told of a live code of groups, newest first.
///
/// 群活码在企业微信侧的变更记录，新的在前。
///
/// Errors: `code_unknown`.
#[utoipa::path(get, path = "/group-codes/{id}/told", tag = "Channels", params(("id" = String, Path), PagingParams), responses((status = 200, body = Items<CodeTold>)))]
async fn told(
    _: May<PeopleRead>,
    At(id): At<String>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<CodeTold>>> {
    let (before, limit) = (number_after(page.after.as_deref())?, page.limit as i64);
    let rows = app.run(move |app| {
        read(app, |tx| {
            app.channels.group_code(tx, &id)?;
            app.channels.told(tx, &id, before, limit)
        })
    });
    let rows = rows.await?;
    let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.id.to_string());
    Ok(Json(Items::new(rows.into_iter().map(shown_told).collect(), next)))
}

/// Downloads the QR of a variant; `pool` names it.
///
/// 下载群活码二维码（PNG 或 SVG），pool 为分支。
///
/// Errors: `code_unknown`, `code_not_ready`, `qr_size`, `qr_text`.
#[utoipa::path(get, path = "/group-codes/{id}/qr", tag = "Channels", params(("id" = String, Path), QrParams), responses((status = 200, description = "The picture", content_type = "image/png")))]
async fn qr(
    _: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<QrParams>,
    State(app): State<App>,
) -> Answer<Response> {
    app.run(move |app| {
        let variant = q.pool.clone().unwrap_or_default();
        let (text, name) = read(app, |tx| app.channels.group_qr_of(tx, &id, &variant))?;
        picture(&text, &name, &q)
    })
    .await
}
