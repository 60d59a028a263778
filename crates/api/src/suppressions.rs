//! Addresses that get nothing more.

use crate::error::Answer;
use crate::extract::{PagingParams, whole};
use crate::gate::{Caller, MessagesWrite};
use crate::part::must_see_all;
use crate::people_reader::{by, note, reason, write};
use crate::people_tags::number_after;
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_carriers::{AloneIn, AloneQuery, AloneRow};
use siyu_gate::Channel;
use siyu_kernel::{Class, Refusal, Time};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, counts, add, import, let_again)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SuppressionQuery {
    /// `email` or `sms`
    channel: Option<String>,
    reason: Option<String>,
    /// A whole address. Addresses are sealed: parts of one cannot be looked for.
    address: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Suppression {
    id: String,
    channel: String,
    /// Empty once its owner was erased.
    masked: String,
    /// A code: `mail_no_mailbox`, `mail_complaint`, `sms_blacklisted`, `opted_out`, `by_hand`, `imported` …
    reason: String,
    /// Our id of the message it came from; empty when none.
    message: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    by: String,
}

#[derive(Serialize, ToSchema)]
struct SuppressionCount {
    channel: String,
    reason: String,
    count: i64,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SuppressionIn {
    /// `email` or `sms`
    channel: String,
    address: String,
}

#[derive(Serialize, ToSchema)]
struct SuppressionAdded {
    /// Whether it was not left alone before.
    added: bool,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SuppressionFile {
    /// `email` or `sms`
    channel: String,
}

#[derive(Serialize, ToSchema)]
struct SuppressionsImported {
    added: u64,
    /// They were left alone before.
    known: u64,
    /// Lines that hold no address of the channel.
    refused: u64,
    /// The first of these lines.
    lines: Vec<u64>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SuppressionEnd {
    /// Why; it is recorded.
    why: String,
}

impl From<AloneRow> for Suppression {
    fn from(own: AloneRow) -> Self {
        let AloneRow { id, channel, masked, reason, message, at, by } = own;
        Self { id: id.to_string(), channel, masked, reason, message, at, by }
    }
}

/// Addresses are the whole brand's. Errors: `scope_needed`.
pub(crate) async fn whole_brand(app: &App, caller: &Caller) -> Answer<()> {
    let caller = caller.clone();
    app.run(move |app| app.db.read(|tx| must_see_all(app, tx, &caller).map(drop))).await
}

fn channel(name: &str) -> Result<Channel, Refusal> {
    match name {
        "email" => Ok(Channel::Email),
        "sms" => Ok(Channel::Sms),
        _ => Err(Refusal::invalid("suppression_channel", "The channel is email or sms.", "渠道须为 email 或 sms。")
            .field("channel")),
    }
}

/// Lists the addresses that get nothing more, newest first, hidden but for their ends.
///
/// 免打扰名单（退信、投诉、退订、手动添加），新的在前，地址已脱敏。
///
/// Errors: `suppression_channel`.
#[utoipa::path(get, path = "/suppressions", tag = "Mail and SMS", params(SuppressionQuery, PagingParams), responses((status = 200, body = Items<Suppression>)))]
async fn list(
    may: May<MessagesWrite>,
    Query(q): Query<SuppressionQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<Suppression>>> {
    whole_brand(&app, &may.caller).await?;
    let query = AloneQuery {
        channel: q.channel.as_deref().filter(|own| !own.is_empty()).map(channel).transpose()?,
        reason: q.reason.filter(|own| !own.is_empty()),
        address: q.address.filter(|own| !own.is_empty()),
        before: number_after(page.after.as_deref())?,
        limit: page.limit as i64 + 1,
    };
    let mut rows = app.run(move |app| app.db.read(|tx| app.carriers.alone(tx, &query))).await?;
    let more = rows.len() > page.limit;
    rows.truncate(page.limit);
    let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
    Ok(Json(Items::new(rows.into_iter().map(Suppression::from).collect(), next)))
}

/// Counts the addresses that get nothing more, by channel and reason.
///
/// 免打扰名单按渠道与原因统计。
#[utoipa::path(get, path = "/suppressions/counts", tag = "Mail and SMS", responses((status = 200, body = Items<SuppressionCount>)))]
async fn counts(may: May<MessagesWrite>, State(app): State<App>) -> Answer<Json<Items<SuppressionCount>>> {
    whole_brand(&app, &may.caller).await?;
    let rows = app.run(|app| app.db.read(|tx| app.carriers.alone_counts(tx))).await?;
    let out = rows.into_iter().map(|(channel, reason, count)| SuppressionCount { channel, reason, count });
    Ok(Json(Items::all(out.collect())))
}

/// Leaves an address alone from here on.
///
/// 手动加入免打扰名单。
///
/// Errors: `suppression_channel`, `suppression_address`.
#[utoipa::path(post, path = "/suppressions", tag = "Mail and SMS", request_body = SuppressionIn, responses((status = 201, body = SuppressionAdded)))]
async fn add(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<SuppressionIn>,
) -> Answer<Created<SuppressionAdded>> {
    let caller = may.caller;
    whole_brand(&app, &caller).await?;
    let own = AloneIn {
        channel: channel(&input.channel)?,
        address: input.address,
        reason: "by_hand".into(),
        message: String::new(),
    };
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let added = app.carriers.add_alone(tx, &own, &by(&caller), app.now())?;
            // The address stays out of the record.
            note(app, tx, &caller, "suppression.add", own.channel.name(), &json!({ "added": added }))?;
            Ok(SuppressionAdded { added })
        })
    });
    answer.await.map(Created)
}

/// Takes a CSV of addresses that get nothing more: those of its first column. Given again, it changes nothing.
///
/// 导入免打扰名单：CSV 首列为邮箱或手机号，重复导入不会重复计入。
///
/// Errors: `suppression_channel`, `suppression_file`, `suppression_size`.
#[utoipa::path(post, path = "/suppressions/import", tag = "Mail and SMS", params(SuppressionFile), request_body(content = String, content_type = "text/csv"), responses((status = 200, body = SuppressionsImported)))]
async fn import(
    may: May<MessagesWrite>,
    Query(q): Query<SuppressionFile>,
    State(app): State<App>,
    request: axum::extract::Request,
) -> Answer<Json<SuppressionsImported>> {
    let caller = may.caller;
    whole_brand(&app, &caller).await?;
    let channel = channel(&q.channel)?;
    let text = whole(request.into_body(), FILE_BYTES_MAX, too_large).await?;
    let done = app.run(move |app| {
        let done = app.carriers.import_alone(channel, &text, &by(&caller), app.now())?;
        let detail = json!({ "added": done.added, "known": done.known, "refused": done.refused });
        app.access.record(app.now(), &caller.actor, "suppression.import", Some(channel.name()), &detail)?;
        Ok(done)
    });
    let done = done.await?;
    Ok(Json(SuppressionsImported { added: done.added, known: done.known, refused: done.refused, lines: done.lines }))
}

const FILE_BYTES_MAX: usize = 8 << 20;
fn too_large() -> Refusal {
    Refusal::new(Class::TooLarge, "suppression_size", "A list has at most 8 MB.", "名单文件最大 8 MB。")
}

/// Lets an address get messages again. Who did it and why is recorded.
///
/// 移出免打扰名单，操作人与原因会被记录。
///
/// Errors: `suppression_unknown`, `reason_needed`.
#[utoipa::path(delete, path = "/suppressions/{id}", tag = "Mail and SMS", params(("id" = String, Path), SuppressionEnd), responses((status = 204)))]
async fn let_again(
    may: May<MessagesWrite>,
    At(id): At<String>,
    Query(q): Query<SuppressionEnd>,
    State(app): State<App>,
) -> Answer<NoContent> {
    let caller = may.caller;
    whole_brand(&app, &caller).await?;
    let why = reason(&q.why)?;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            // What is no number is the id of none.
            let (channel, because) = app.carriers.let_again(tx, id.parse().unwrap_or_default())?;
            let detail = json!({ "channel": channel, "was": because, "reason": why });
            note(app, tx, &caller, "suppression.remove", &id, &detail)
        })
    });
    done.await?;
    Ok(NoContent)
}
