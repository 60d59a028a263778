//! What WeCom and this workspace did not agree on, and callbacks that were set aside or not let in.

use crate::error::Answer;
use crate::gate::{SettingsWrite, TagsWrite};
use crate::people_reader::{Reader, note, read, sees, write};
use crate::people_tags::number_after;
use crate::reply::page_of;
use crate::{App, At, Endpoints, Items, May, NoContent, Paging, endpoints};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::json;
use siyu_kernel::Time;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(conflicts, aside, retry, refused)
}

#[derive(Serialize, ToSchema)]
struct WecomConflict {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// `tag`, `untag`, `remark` or `tag_name`.
    kind: String,
    external_userid: String,
    name: String,
    staff: String,
    tag: String,
    /// `here` or `wecom`.
    winner: String,
    reason: String,
    detail: String,
}

/// Lists changes on which this workspace and WeCom did not agree, and who won.
///
/// 双向同步冲突记录：哪一方为准及原因。
#[utoipa::path(get, path = "/wecom/conflicts", tag = "WeCom", params(crate::extract::PagingParams), responses((status = 200, body = Items<WecomConflict>)))]
async fn conflicts(may: May<TagsWrite>, page: Paging, State(app): State<App>) -> Answer<Json<Items<WecomConflict>>> {
    let (caller, before) = (may.caller, number_after(page.after.as_deref())?);
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let mut rows = app.contacts.conflicts(tx, before, page.limit as i64)?;
            let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.id.to_string());
            let mut shown = Vec::with_capacity(rows.len());
            for row in rows.drain(..) {
                let open = match row.num {
                    Some(num) => sees(app, tx, &reader, num)?,
                    // Of a tag alone, or of somebody who is not mirrored any more.
                    None => row.contact.is_empty() || reader.stores().is_none(),
                };
                if open {
                    shown.push(row);
                }
            }
            Ok(page_of(shown, next, |row| WecomConflict {
                id: row.id.to_string(),
                at: row.at,
                kind: row.kind,
                external_userid: row.contact,
                name: row.name,
                staff: row.staff,
                tag: row.tag,
                winner: row.winner,
                reason: row.reason,
                detail: row.detail,
            }))
        })
    });
    answer.await.map(Json)
}

#[derive(Serialize, ToSchema)]
struct WecomAside {
    id: String,
    name: String,
    #[schema(value_type = String, format = DateTime)]
    received_at: Time,
    reason: String,
    /// The decrypted message.
    body: String,
}

/// Lists callbacks that nobody could do anything with, newest first. Recorded: they may name customers.
///
/// 搁置的回调及原因，新的在前；查看会记入审计。
#[utoipa::path(get, path = "/wecom/inbox/aside", tag = "WeCom", params(crate::extract::PagingParams), responses((status = 200, body = Items<WecomAside>)))]
async fn aside(may: May<SettingsWrite>, page: Paging, State(app): State<App>) -> Answer<Json<Items<WecomAside>>> {
    let before = number_after(page.after.as_deref())?;
    let (caller, limit) = (may.caller, page.limit as i64);
    let rows = app.run(move |app| {
        app.access.record(app.now(), &caller.actor, "wecom.inbox_read", None, &json!({}))?;
        app.db.read(|tx| app.contacts.aside(tx, before, limit))
    });
    let rows = rows.await?;
    let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.id.to_string());
    let out = rows.into_iter().map(|row| WecomAside {
        id: row.id.to_string(),
        name: row.name,
        received_at: row.received_at,
        reason: row.reason,
        body: row.body,
    });
    Ok(Json(Items::new(out.collect(), next)))
}

/// Puts a callback that was set aside back among those that wait.
///
/// 重新处理搁置的回调。
///
/// Errors: `wecom_callback_unknown`.
#[utoipa::path(post, path = "/wecom/inbox/aside/{id}/retry", tag = "WeCom", params(("id" = String, Path)), responses((status = 204)))]
async fn retry(may: May<SettingsWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let number = id.parse::<i64>().unwrap_or(-1);
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            app.contacts.retry_aside(tx, number, app.now())?;
            note(app, tx, &caller, "wecom.inbox_retry", &id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}

#[derive(Serialize, ToSchema)]
struct WecomRefused {
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// `signature_wrong`, `stale` and so on.
    reason: String,
    detail: String,
    bytes: i64,
}

/// Lists deliveries that were not let in, newest first: at most one a second for each reason is written down.
///
/// 被拒绝的回调（签名错误、时间戳过期等），每种原因每秒最多记录一条。
#[utoipa::path(get, path = "/wecom/inbox/refused", tag = "WeCom", responses((status = 200, body = Items<WecomRefused>)))]
async fn refused(_: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<Items<WecomRefused>>> {
    let rows = app.run(|app| app.db.read(|tx| app.contacts.refused(tx, 200))).await?;
    let out = rows.into_iter().map(|row| WecomRefused {
        at: row.at,
        reason: row.reason,
        detail: row.detail,
        bytes: row.bytes,
    });
    Ok(Json(Items::all(out.collect())))
}
