//! Live codes of staff: made, changed, put away; their pictures and what WeCom was told.

use crate::channel_out::CodeOut;
use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{ChannelsWrite, PeopleRead, PeopleWrite};
use crate::people_files::attachment;
use crate::people_reader::{Reader, by, note, read, write};
use crate::people_tags::number_after;
use crate::{App, At, Body, Created, Endpoints, Items, May, Paging, Query, endpoints};
use axum::Json;
use axum::body::Body as Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siyu_channels::{CodeChange, CodeIn, CodeQuery, SeatIn};
use siyu_kernel::{Refusal, Time};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, add, get, change, archive, renew, told, qr, link)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CodeParams {
    /// A channel's id.
    channel: Option<String>,
    /// Part of the name of the code or its channel.
    q: Option<String>,
    /// A userid: codes with this member in a pool.
    staff: Option<String>,
    /// Those that are archived, too.
    archived: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

/// Lists live codes of staff, the newest first.
///
/// 渠道活码列表，新的在前。
#[utoipa::path(get, path = "/live-codes", tag = "Channels", params(CodeParams), responses((status = 200, body = Items<CodeOut>)))]
async fn list(
    _: May<PeopleRead>,
    Query(q): Query<CodeParams>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<CodeOut>>> {
    let query = CodeQuery {
        channel: q.channel,
        text: q.q,
        staff: q.staff,
        archived: q.archived.unwrap_or(false),
        after: page.after,
        limit: page.limit as i64,
    };
    let rows = app.run(move |app| read(app, |tx| app.channels.codes(tx, &query))).await?;
    let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.id.clone());
    Ok(Json(Items::new(rows.into_iter().map(CodeOut::from).collect(), next)))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CodeSeatIn {
    /// A userid of somebody who may have customers.
    staff: String,
    /// 1 to 100; 1 when absent.
    weight: Option<i64>,
    /// Adds a day; any number when absent.
    cap: Option<i64>,
    /// Seven days of 24 marks, Monday first, 1 on duty; always when absent.
    #[serde(default)]
    rota: Vec<String>,
}

fn seats(pools: BTreeMap<String, Vec<CodeSeatIn>>) -> BTreeMap<String, Vec<SeatIn>> {
    let seat =
        |own: CodeSeatIn| SeatIn { staff: own.staff, weight: own.weight.unwrap_or(1), cap: own.cap, rota: own.rota };
    pools.into_iter().map(|(pool, seats)| (pool, seats.into_iter().map(seat).collect())).collect()
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CodeNew {
    /// A channel's id.
    channel: String,
    name: String,
    /// Customers are added without confirmation; true when absent.
    skip_verify: Option<bool>,
    /// A customer may add only one of the members. Cannot be changed later.
    #[serde(default)]
    exclusive: bool,
    /// The code's page leads visitors to the members of their store.
    #[serde(default)]
    by_store: bool,
    /// Seats by pool: `general` is needed; `buyer`, `prospect` are shown to those visitors of the code's page.
    pools: BTreeMap<String, Vec<CodeSeatIn>>,
    /// Userids of those who take over when nobody is on duty or everybody has had as many as they take.
    #[serde(default)]
    backup: Vec<String>,
    /// Ids of tags that are given, here and (where they are WeCom's, too) at WeCom.
    #[serde(default)]
    tags: Vec<String>,
    /// A template with `{name}`, `{channel}`, `{staff}`, `{date}`; cut to 20 characters. Empty: WeCom's own remark stays.
    #[serde(default)]
    remark: String,
    welcome: Option<String>,
}

/// Makes a live code. Its QR is there once WeCom has answered, usually within seconds.
///
/// 新建渠道活码，二维码由企业微信生成，通常几秒内可用。
///
/// Errors: `channel_unknown`, `channel_archived`, `code_field`, `code_rota`, `code_staff`, `code_tag`, `code_backup_needed`.
#[utoipa::path(post, path = "/live-codes", tag = "Channels", request_body = CodeNew, responses((status = 201, body = CodeOut)))]
async fn add(may: May<ChannelsWrite>, State(app): State<App>, Body(input): Body<CodeNew>) -> Answer<Created<CodeOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let own = input.clone();
            let wanted = CodeIn {
                channel: own.channel,
                name: own.name,
                skip_verify: own.skip_verify.unwrap_or(true),
                exclusive: own.exclusive,
                by_store: own.by_store,
                pools: seats(own.pools),
                backup: own.backup,
                tags: own.tags,
                remark: own.remark,
                welcome: own.welcome,
            };
            let row = app.channels.create_code(tx, &wanted, &by(&caller), app.now())?;
            note(app, tx, &caller, "code.create", &row.id, &json!({ "name": row.name, "channel": row.channel_code }))?;
            Ok(CodeOut::from(row))
        })
    });
    answer.await.map(Created)
}

/// Shows one live code with its seats, and what WeCom has of it.
///
/// 渠道活码详情：排班、当前接待员工与企业微信侧状态。
///
/// Errors: `code_unknown`.
#[utoipa::path(get, path = "/live-codes/{id}", tag = "Channels", params(("id" = String, Path)), responses((status = 200, body = CodeOut)))]
async fn get(_: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<CodeOut>> {
    let row = app.run(move |app| read(app, |tx| app.channels.code(tx, &id))).await?;
    Ok(Json(row.into()))
}

/// Fields that are absent stay as they are.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CodePatch {
    name: Option<String>,
    skip_verify: Option<bool>,
    by_store: Option<bool>,
    /// All pools anew.
    pools: Option<BTreeMap<String, Vec<CodeSeatIn>>>,
    backup: Option<Vec<String>>,
    tags: Option<Vec<String>>,
    remark: Option<String>,
    /// Empty: none.
    welcome: Option<String>,
    version: Option<i64>,
}

/// Changes a live code. The QR stays the same; WeCom learns of it within seconds.
///
/// 修改渠道活码，二维码不变，几秒内在企业微信生效。
///
/// Errors: `code_unknown`, `code_archived`, `channel_changed`, and those of making one.
#[utoipa::path(patch, path = "/live-codes/{id}", tag = "Channels", params(("id" = String, Path)), request_body = CodePatch, responses((status = 200, body = CodeOut)))]
async fn change(
    may: May<ChannelsWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<CodePatch>,
) -> Answer<Json<CodeOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let own = input.clone();
            let wanted = CodeChange {
                name: own.name,
                skip_verify: own.skip_verify,
                by_store: own.by_store,
                pools: own.pools.map(seats),
                backup: own.backup,
                tags: own.tags,
                remark: own.remark,
                welcome: own.welcome.map(|own| Some(own).filter(|own| !own.is_empty())),
                version: own.version,
            };
            let row = app.channels.change_code(tx, &id, &wanted, app.now())?;
            note(app, tx, &caller, "code.change", &row.id, &json!({ "name": row.name }))?;
            Ok(CodeOut::from(row))
        })
    });
    answer.await.map(Json)
}

/// Puts a live code away: its QR leads nowhere any more, for good. Who came by it stays counted.
///
/// 归档渠道活码，其二维码将永久失效；历史数据保留。
///
/// Errors: `code_unknown`, `code_archived`.
#[utoipa::path(post, path = "/live-codes/{id}/archive", tag = "Channels", params(("id" = String, Path)), responses((status = 200, body = CodeOut)))]
async fn archive(may: May<ChannelsWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<CodeOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let row = app.channels.archive_code(tx, &id, app.now())?;
            note(app, tx, &caller, "code.archive", &row.id, &json!({ "name": row.name }))?;
            Ok(CodeOut::from(row))
        })
    });
    answer.await.map(Json)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CodeRenew {
    pool: String,
}

/// Asks WeCom for a new QR in the place of one that it does not know any more. What is printed of the old one leads nowhere.
///
/// 为已失效的活码重新生成二维码（旧二维码无法恢复）。
///
/// Errors: `code_unknown`, `code_archived`, `code_alive`.
#[utoipa::path(post, path = "/live-codes/{id}/renew", tag = "Channels", params(("id" = String, Path)), request_body = CodeRenew, responses((status = 200, body = CodeOut)))]
async fn renew(
    may: May<ChannelsWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<CodeRenew>,
) -> Answer<Json<CodeOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let row = app.channels.renew_way(tx, &id, &input.pool, app.now())?;
            note(app, tx, &caller, "code.renew", &row.id, &json!({ "pool": input.pool }))?;
            Ok(CodeOut::from(row))
        })
    });
    answer.await.map(Json)
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CodeTold {
    pub id: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// The pool, or the variant of a group code.
    pub pool: String,
    /// made, changed, closed, differs (WeCom had something else than it was told) or dead.
    pub what: String,
    pub why: String,
    /// What was sent, or found.
    #[schema(value_type = Object)]
    pub body: Value,
}

pub(crate) fn shown_told(row: siyu_channels::Told) -> CodeTold {
    let body = serde_json::from_str(&row.body).unwrap_or(Value::Null);
    CodeTold { id: row.id.to_string(), at: row.at, pool: row.pool, what: row.what, why: row.why, body }
}

/// Lists what WeCom was told of a live code, newest first: who was put in, when and why.
///
/// 活码在企业微信侧的变更记录，新的在前。
///
/// Errors: `code_unknown`.
#[utoipa::path(get, path = "/live-codes/{id}/told", tag = "Channels", params(("id" = String, Path), PagingParams), responses((status = 200, body = Items<CodeTold>)))]
async fn told(
    _: May<PeopleRead>,
    At(id): At<String>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<CodeTold>>> {
    let (before, limit) = (number_after(page.after.as_deref())?, page.limit as i64);
    let rows = app.run(move |app| {
        read(app, |tx| {
            app.channels.code(tx, &id)?;
            app.channels.told(tx, &id, before, limit)
        })
    });
    let rows = rows.await?;
    let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.id.to_string());
    Ok(Json(Items::new(rows.into_iter().map(shown_told).collect(), next)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct QrParams {
    /// general when absent; of a group code the variant.
    pub pool: Option<String>,
    /// `png` or `svg`.
    pub format: Option<String>,
    /// Pixels a side of a PNG, 120 to 2,000; 600 when absent. It is as many or a little more: a whole number for each module.
    pub size: Option<u32>,
}

/// A QR as a file.
pub(crate) fn picture(text: &str, name: &str, q: &QrParams) -> Result<Response, Refusal> {
    if q.format.as_deref() == Some("svg") {
        let svg = siyu_channels::svg(text)?;
        return Ok(attachment("image/svg+xml", "code.svg", &format!("{name}.svg"), Bytes::from(svg)));
    }
    let png = siyu_channels::png(text, q.size.unwrap_or(600))?;
    Ok(attachment("image/png", "code.png", &format!("{name}.png"), Bytes::from(png)))
}

/// Downloads the QR of a live code.
///
/// 下载活码二维码（PNG 或 SVG）。
///
/// Errors: `code_unknown`, `code_not_ready`, `qr_size`, `qr_text`.
#[utoipa::path(get, path = "/live-codes/{id}/qr", tag = "Channels", params(("id" = String, Path), QrParams), responses((status = 200, description = "The picture", content_type = "image/png")))]
async fn qr(
    _: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<QrParams>,
    State(app): State<App>,
) -> Answer<Response> {
    app.run(move |app| {
        let pool = q.pool.clone().unwrap_or_else(|| "general".to_owned());
        let (text, name) = read(app, |tx| app.channels.qr_of(tx, &id, &pool))?;
        picture(&text, &name, &q)
    })
    .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CodeLinkIn {
    /// `psn_…`
    person: String,
}

#[derive(Serialize, ToSchema)]
struct CodeLink {
    /// The path of the code's page on this server, which knows by it who looks.
    path: String,
}

/// Makes a personal link to the code's page: whoever opens it is taken for this person and led to the pool that fits them.
///
/// 生成某位客户的专属落地页链接，打开后按其购买情况与所属门店展示对应二维码。
///
/// Errors: `code_unknown`, `person_unknown`.
#[utoipa::path(post, path = "/live-codes/{id}/links", tag = "Channels", params(("id" = String, Path)), request_body = CodeLinkIn, responses((status = 200, body = CodeLink)))]
async fn link(
    may: May<PeopleWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<CodeLinkIn>,
) -> Answer<Json<CodeLink>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (_, root) = reader.find(app, tx, &input.person)?;
            app.channels.code(tx, &id)?;
            Ok(CodeLink { path: format!("/c/{id}?v={}", app.channels.link_mark(&id, root)) })
        })
    });
    answer.await.map(Json)
}
