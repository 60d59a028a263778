//! The schema registry and the quarantine.

use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{EventsRead, SchemaWrite};
use crate::people_reader::mask_event;
use crate::{App, At, Body, Endpoints, Items, May, NoContent, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siyu_access::{Locale, Permission, audit};
use siyu_intake::{EventPatch, EventRow, PropertyPatch, Quarantined};
use siyu_kernel::{Refusal, Time};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, change, quarantined, retry_one, retry_many, discard)
}

#[derive(Serialize, ToSchema)]
struct SchemaProperty {
    name: String,
    /// JSON types seen.
    types: Vec<&'static str>,
    locked_type: Option<String>,
    required: bool,
    /// The first value seen, shortened; null for readers who may not see personal data.
    sample: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct SchemaEvent {
    r#type: String,
    name: String,
    count: i64,
    #[schema(value_type = String, format = DateTime)]
    first_seen_at: Time,
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Time,
    /// While locked, violating messages are quarantined.
    locked: bool,
    /// What happens to properties nobody has listed: allow or quarantine.
    #[schema(value_type = crate::words::UnknownName)]
    unknown: String,
    properties: Vec<SchemaProperty>,
}

fn shown(row: EventRow, samples: bool) -> SchemaEvent {
    let properties = row.properties.into_iter().map(|p| SchemaProperty {
        name: p.name,
        types: p.types,
        locked_type: p.locked_type,
        required: p.required,
        sample: p.sample.filter(|_| samples),
    });
    SchemaEvent {
        r#type: row.kind,
        name: row.name,
        count: row.count,
        first_seen_at: row.first_at,
        last_seen_at: row.last_at,
        locked: row.locked,
        unknown: row.unknown,
        properties: properties.collect(),
    }
}

/// Lists the events seen so far with their properties and types, the most frequent first.
///
/// 事件规范：已见到的事件、属性与类型。
#[utoipa::path(get, path = "/schema", tag = "Events", responses((status = 200, body = Items<SchemaEvent>)))]
async fn list(may: May<EventsRead>, State(app): State<App>) -> Answer<Json<Items<SchemaEvent>>> {
    let samples = may.may(Permission::PeopleUnmask);
    let rows = app.run(|app| app.db.read(|tx| Ok(app.intake.schema(tx)?))).await?;
    Ok(Json(Items::all(rows.into_iter().map(|row| shown(row, samples)).collect())))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SchemaPropertyIn {
    name: String,
    /// string, number, boolean, object, array; null takes the lock away.
    locked_type: Option<String>,
    #[serde(default)]
    required: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SchemaIn {
    locked: Option<bool>,
    /// allow or quarantine.
    #[schema(value_type = Option<crate::words::UnknownName>)]
    unknown: Option<String>,
    #[serde(default)]
    properties: Vec<SchemaPropertyIn>,
}

/// Locks an event's schema, or changes what is locked.
///
/// 锁定或修改事件规范，违规消息会进入隔离区。
///
/// Errors: `event_unknown`, `invalid_policy`, `invalid_type`.
#[utoipa::path(patch, path = "/schema/{type}/{name}", tag = "Events", params(("type" = String, Path), ("name" = String, Path)), request_body = SchemaIn, responses((status = 200, body = SchemaEvent)))]
async fn change(
    may: May<SchemaWrite>,
    At((kind, name)): At<(String, String)>,
    State(app): State<App>,
    Body(input): Body<SchemaIn>,
) -> Answer<Json<SchemaEvent>> {
    let actor = may.actor.clone();
    app.run(move |app| {
        let properties = input
            .properties
            .into_iter()
            .map(|p| PropertyPatch { name: p.name, locked_type: p.locked_type, required: p.required })
            .collect();
        let patch = EventPatch { locked: input.locked, unknown: input.unknown, properties };
        let (intake, now) = (app.intake.clone(), app.now());
        let row = app.db.transact(move |tx| {
            intake.patch_schema(tx, &kind, &name, &patch)?;
            audit::record(
                tx,
                now,
                &actor,
                "schema.change",
                Some(&format!("{kind}/{name}")),
                &json!({ "locked": patch.locked }),
            )?;
            Ok(intake.schema(tx)?.into_iter().find(|row| row.kind == kind && row.name == name))
        })?;
        row.map(|row| shown(row, true))
            .ok_or_else(|| Refusal::not_found("event_unknown", "No such event has been seen.", "没有该事件。"))
    })
    .await
    .map(Json)
}

#[derive(Serialize, ToSchema)]
struct QuarantineReason {
    code: String,
    message: String,
    field: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct QuarantineRow {
    id: String,
    message_id: String,
    r#type: String,
    name: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    reason: QuarantineReason,
    /// The message as it came; text when it is not JSON.
    #[schema(value_type = Object)]
    body: Value,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct QuarantineQuery {
    /// Only messages of this event.
    name: Option<String>,
}

fn quarantine_row(app: &App, row: Quarantined, locale: Locale, masked: bool) -> QuarantineRow {
    let mut body = serde_json::from_str(&row.text).unwrap_or(Value::String(row.text));
    if masked {
        mask_event(&app.people, &mut body);
    }
    let message = if locale == Locale::Zh { row.zh } else { row.en };
    QuarantineRow {
        id: row.id.to_string(),
        message_id: row.message_id,
        r#type: row.kind,
        name: row.name,
        at: row.at,
        reason: QuarantineReason { code: row.code, message, field: row.field },
        body,
    }
}

/// Lists messages kept aside, newest first, with the reason.
///
/// 隔离区：未通过规范的消息及原因。
#[utoipa::path(get, path = "/quarantine", tag = "Events", params(QuarantineQuery, PagingParams), responses((status = 200, body = Items<QuarantineRow>)))]
async fn quarantined(
    may: May<EventsRead>,
    Query(query): Query<QuarantineQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<QuarantineRow>>> {
    let (masked, locale) = (!may.may(Permission::PeopleUnmask), may.locale);
    app.run(move |app| {
        let before = page.after.as_deref().map(str::parse::<i64>).transpose().map_err(|_| bad_id("after"))?;
        let rows =
            app.db.read(|tx| Ok(app.intake.quarantined(tx, query.name.as_deref(), before, page.limit as i64)?))?;
        let next = (rows.len() == page.limit).then(|| rows.last().map(|row| row.id.to_string())).flatten();
        Ok(Items::new(rows.into_iter().map(|row| quarantine_row(app, row, locale, masked)).collect(), next))
    })
    .await
    .map(Json)
}

fn bad_id(field: &str) -> Refusal {
    Refusal::invalid("invalid_id", "This is no id of a quarantined message.", "这不是隔离消息的编号。").field(field)
}

#[derive(Serialize, ToSchema)]
struct RetryOut {
    accepted: usize,
    rejected: usize,
}

/// Tries a kept message again, now that the schema or the rules have changed.
///
/// 重试一条隔离消息。
#[utoipa::path(post, path = "/quarantine/{id}/retry", tag = "Events", params(("id" = String, Path)), responses((status = 200, body = RetryOut)))]
async fn retry_one(may: May<SchemaWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<RetryOut>> {
    let _ = may;
    app.run(move |app| {
        let id = id.parse().map_err(|_| bad_id("id"))?;
        let refused = retry(app, id)?;
        Ok(RetryOut { accepted: usize::from(!refused), rejected: usize::from(refused) })
    })
    .await
    .map(Json)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RetryIn {
    /// Only messages of this event; all when absent.
    name: Option<String>,
}

/// Tries kept messages again, all or those of one event, at most 5,000 a call.
///
/// 批量重试隔离消息。
#[utoipa::path(post, path = "/quarantine/retry", tag = "Events", request_body = RetryIn, responses((status = 200, body = RetryOut)))]
async fn retry_many(
    may: May<SchemaWrite>,
    State(app): State<App>,
    Body(input): Body<RetryIn>,
) -> Answer<Json<RetryOut>> {
    let _ = may;
    app.run(move |app| {
        let (mut out, mut before) = (RetryOut { accepted: 0, rejected: 0 }, None);
        for _ in 0..50 {
            let rows = app.db.read(|tx| Ok(app.intake.quarantined(tx, input.name.as_deref(), before, 100)?))?;
            for row in &rows {
                if retry(app, row.id)? { out.rejected += 1 } else { out.accepted += 1 }
            }
            before = rows.last().map(|row| row.id);
            if before.is_none() {
                break;
            }
        }
        Ok(out)
    })
    .await
    .map(Json)
}

/// True when it is still refused.
fn retry(app: &App, id: i64) -> Result<bool, Refusal> {
    let (intake, now) = (app.intake.clone(), app.now());
    Ok(app.db.transact(move |tx| intake.retry(tx, id, now))?.is_some())
}

/// Discards a kept message for good.
///
/// 丢弃一条隔离消息。
#[utoipa::path(delete, path = "/quarantine/{id}", tag = "Events", params(("id" = String, Path)), responses((status = 204)))]
async fn discard(may: May<SchemaWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let actor = may.actor.clone();
    app.run(move |app| {
        let number = id.parse().map_err(|_| bad_id("id"))?;
        let (intake, now) = (app.intake.clone(), app.now());
        app.db.transact(move |tx| {
            intake.discard(tx, number)?;
            audit::record(tx, now, &actor, "quarantine.discard", Some(&id), &json!({}))?;
            Ok(())
        })
    })
    .await?;
    Ok(NoContent)
}
