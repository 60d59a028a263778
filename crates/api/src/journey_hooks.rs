//! Webhooks of journeys: what they are signed with, what became of each, and the receivers that fail.

use crate::error::Answer;
use crate::gate::{MessagesWrite, PeopleRead, SettingsWrite};
use crate::part::must_see_all;
use crate::people_reader::{note, read, write};
use crate::{App, At, Endpoints, May, NoContent, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_db::Tx;
use siyu_journeys::EffectKey;
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_plays::{Delivery, DeliveryQuery, Endpoint, HookKeys, HookState, Tried};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(hook_key, rotate, list, again)
}

#[derive(Serialize, ToSchema)]
struct JourneyHookKey {
    /// As in Standard Webhooks: `whsec_…`.
    key: String,
    /// The one before it, as long as both sign.
    previous: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_until: Option<Time>,
}
impl From<HookKeys> for JourneyHookKey {
    fn from(own: HookKeys) -> Self {
        let (previous, previous_until) = own.previous.map(|(key, until)| (key.reveal(), until)).unzip();
        Self { key: own.current.reveal(), previous, previous_until }
    }
}

/// Shows what receivers of journeys' webhooks check signatures with (Standard Webhooks, `v1`).
///
/// 旅程 Webhook 的签名密钥。
#[utoipa::path(get, path = "/journeys/webhook-key", tag = "Reach", responses((status = 200, body = JourneyHookKey)))]
async fn hook_key(may: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<JourneyHookKey>> {
    let caller = may.caller;
    let key = app.run(move |app| {
        app.access.record(app.now(), &caller.actor, "journey.webhook_key", None, &json!({}))?;
        read(app, |tx| app.plays.hook_keys(tx))
    });
    Ok(Json(key.await?.into()))
}

/// Makes a new key. For three days webhooks carry two signatures, by the new key and by the old one, so that receivers can change over.
///
/// 轮换旅程 Webhook 签名密钥：三天内新旧密钥同时签名。
#[utoipa::path(post, path = "/journeys/webhook-key/rotate", tag = "Reach", responses((status = 200, body = JourneyHookKey)))]
async fn rotate(may: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<JourneyHookKey>> {
    let caller = may.caller;
    let key = app.run(move |app| {
        write(app, move |app, tx| {
            let keys = app.plays.rotate_hook_key(tx)?;
            note(app, tx, &caller, "journey.webhook_rotate", "", &json!({}))?;
            Ok(keys)
        })
    });
    Ok(Json(key.await?.into()))
}

#[derive(Serialize, ToSchema)]
struct JourneyDeliveryTry {
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    millis: u64,
    /// Null when no answer came.
    status: Option<u16>,
    /// `webhook_…`; empty when it was taken.
    error: String,
}
impl From<Tried> for JourneyDeliveryTry {
    fn from(own: Tried) -> Self {
        Self { at: Time(own.at), millis: own.millis, status: own.status, error: own.error }
    }
}

#[derive(Serialize, ToSchema)]
struct JourneyDelivery {
    /// The id that it carries at every try.
    id: String,
    node: String,
    url: String,
    person: String,
    person_name: String,
    /// `waiting`, `delivered`, `failed`, or `withdrawn` when the journey did not wait for it any more.
    state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    decided_at: Time,
    attempts: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Time>,
    /// The last ten tries, the newest last.
    tries: Vec<JourneyDeliveryTry>,
}

/// A receiver that has failed at the last try.
#[derive(Serialize, ToSchema)]
struct JourneyEndpoint {
    host: String,
    /// In a row.
    failures: i64,
    #[schema(value_type = String, format = DateTime)]
    since: Time,
    /// It fails again and again: it is asked with one at a time, and the rest waits.
    down: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Time>,
    /// `webhook_…`
    error: String,
    status: Option<i64>,
    /// Of this journey.
    waiting: i64,
}
impl From<Endpoint> for JourneyEndpoint {
    fn from(own: Endpoint) -> Self {
        Self {
            down: own.is_down(),
            host: own.host,
            failures: own.failures,
            since: own.since,
            next_at: own.next_at,
            error: own.error,
            status: own.status,
            waiting: own.waiting,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct JourneyDeliveries {
    items: Vec<JourneyDelivery>,
    next: Option<String>,
    /// Receivers of this journey that fail.
    failing: Vec<JourneyEndpoint>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct JourneyDeliveryQuery {
    node: Option<String>,
    /// `waiting`, `delivered`, `failed` or `withdrawn`.
    state: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

fn shown(app: &App, tx: &mut Tx<'_>, own: Delivery) -> Result<JourneyDelivery, Refusal> {
    let root = app.people.roots(tx, &[own.key.num])?.first().copied().unwrap_or(own.key.num);
    Ok(JourneyDelivery {
        id: own.key.show(),
        node: own.node,
        url: own.url,
        person: app.people.id(own.key.num),
        person_name: app.people.profile(tx, root)?.name().unwrap_or_default(),
        state: own.state.name(),
        decided_at: own.at,
        attempts: own.attempts,
        next_at: own.next_at,
        tries: own.tried.into_iter().map(JourneyDeliveryTry::from).collect(),
    })
}

fn place(after: &str) -> Option<(Time, PersonNum, u32, u32)> {
    let mut parts = after.split('.');
    let at = parts.next()?.parse().ok()?;
    let own = (Time(at), parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(own)
}

/// Lists the webhooks of a journey, the newest first, each with its last tries, and the receivers that fail. They are kept for seven days after their end.
///
/// 旅程 Webhook 投递记录：最近几次尝试、状态、耗时、下次重试，以及持续失败的接收方。
///
/// Errors: `journey_unknown`, `delivery_state`, `page_token`, `scope_needed`.
#[utoipa::path(get, path = "/journeys/{id}/deliveries", tag = "Reach", params(("id" = String, Path), JourneyDeliveryQuery), responses((status = 200, body = JourneyDeliveries)))]
async fn list(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<JourneyDeliveryQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<JourneyDeliveries>> {
    let caller = may.caller;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let state = match given(q.state) {
        Some(text) => Some(HookState::parse(&text).ok_or_else(|| {
            let en = "It is waiting, delivered, failed or withdrawn.";
            let zh = "state 为 waiting、delivered、failed 或 withdrawn。";
            Refusal::invalid("delivery_state", en, zh).field("state")
        })?),
        None => None,
    };
    let before = match page.after.as_deref() {
        Some(after) => Some(place(after).ok_or_else(|| {
            let en = "This page token is not one we gave out; start from the first page.";
            Refusal::invalid("page_token", en, "分页标记无效，请从第一页重新开始。").field("after")
        })?),
        None => None,
    };
    let query = DeliveryQuery { node: given(q.node), state, before };
    let answer = app.run(move |app| {
        read(app, |tx| {
            must_see_all(app, tx, &caller)?;
            let row = app.journeys.journey(tx, &id)?;
            let found = app.plays.deliveries(tx, row.num, &query, page.limit)?;
            let next = found.last().filter(|_| found.len() == page.limit).map(|own| {
                let EffectKey { num, entry, step, .. } = own.key;
                format!("{}.{num}.{entry}.{step}", own.at.0)
            });
            let failing = app.plays.failing_endpoints(tx, Some(row.num))?.into_iter().map(Into::into).collect();
            let items: Result<Vec<_>, Refusal> = found.into_iter().map(|own| shown(app, tx, own)).collect();
            Ok(JourneyDeliveries { items: items?, next, failing })
        })
    });
    answer.await.map(Json)
}

/// Sends a webhook again, at once and with the same id: one that waits, was given up, or was delivered. The person's way in the journey stays as it is.
///
/// 立即重新投递（编号不变，接收方可去重）。
///
/// Errors: `journey_unknown`, `delivery_unknown`, `scope_needed`.
#[utoipa::path(post, path = "/journeys/{id}/deliveries/{delivery}/again", tag = "Reach", params(("id" = String, Path), ("delivery" = String, Path)), responses((status = 204)))]
async fn again(
    may: May<MessagesWrite>,
    At((id, delivery)): At<(String, String)>,
    State(app): State<App>,
) -> Answer<NoContent> {
    let caller = may.caller;
    app.run(move |app| {
        write(app, move |app, tx| {
            must_see_all(app, tx, &caller)?;
            let row = app.journeys.journey(tx, &id)?;
            let key = EffectKey::parse(&delivery).filter(|key| key.journey == row.num);
            let sent = match key {
                Some(key) => app.plays.send_again(tx, key)?,
                None => false,
            };
            if !sent {
                let (en, zh) = ("This webhook is not kept (any more).", "没有该投递记录，或已过保留期。");
                return Err(Refusal::not_found("delivery_unknown", en, zh));
            }
            note(app, tx, &caller, "journey.webhook_again", &id, &json!({ "delivery": delivery }))
        })
    })
    .await?;
    Ok(NoContent)
}
