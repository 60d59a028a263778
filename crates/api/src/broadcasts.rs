//! Broadcasts: a message to an audience with a time, a pace, several contents, an approval and a breaker. How it stands is its run.

use crate::auth::Caller;
use crate::error::Answer;
use crate::gate::{MessagesWrite, PeopleRead};
use crate::messages::{MessageNew, MessagePlan, meant};
use crate::part::{OnceKey, OnceParams, must_be_whole_message, seen_part, within};
use crate::people_reader::{by, note, read, write};
use crate::said::Said;
use crate::welcome_shapes::MessageContent;
use crate::{App, At, Body, Created, Endpoints, May, NoContent, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_db::Tx;
use siyu_gate::Class;
use siyu_kernel::{Refusal, Time};
use siyu_reach::{BroadcastIn, BroadcastRow, MessageIn, TaskRow, VariantSums};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(create, plan, get, approve, pause, resume, cancel)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BroadcastNew {
    name: String,
    #[serde(default)]
    content: MessageContent,
    /// A material's id, instead of `content`: its approved version is sent.
    #[serde(default)]
    material: Option<String>,
    /// Up to four contents that are said instead to equal parts of the people.
    #[serde(default)]
    variants: Vec<MessageContent>,
    /// An audience's id: whoever is in it now …
    #[serde(default)]
    audience: Option<String>,
    /// … or these: up to 20,000 ids of people.
    #[serde(default)]
    people: Vec<String>,
    /// A message somebody waits for is held by no rule of marketing.
    #[serde(default)]
    service: bool,
    /// What reaching somebody is worth; 1 when absent. Messages that compete are ranked by it.
    worth: Option<f64>,
    /// Left out to measure the effect; none when absent.
    holdout_percent: Option<f64>,
    /// People let through in an hour; absent or 0: as fast as it goes.
    per_hour: Option<i64>,
    /// As soon as the contest lets it when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    start_at: Option<Time>,
    /// Three days after its start when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Time>,
}

#[derive(Serialize, ToSchema)]
struct BroadcastVariant {
    people: i64,
    waiting: i64,
    sent: i64,
    skipped: i64,
    failed: i64,
}
impl From<VariantSums> for BroadcastVariant {
    fn from(own: VariantSums) -> Self {
        let VariantSums { people, waiting, sent, skipped, failed } = own;
        Self { people, waiting, sent, skipped, failed }
    }
}

#[derive(Serialize, ToSchema)]
struct BroadcastOut {
    /// Of its run and its message, too.
    id: String,
    /// `none`, `needed` or `given`.
    approval: String,
    approved_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    approved_at: Option<Time>,
    /// `error_rate`: it was paused by itself, because too much of it failed.
    stopped: Option<String>,
    /// By content, its own first: those who were let through.
    variants: Vec<BroadcastVariant>,
}
impl From<BroadcastRow> for BroadcastOut {
    fn from(row: BroadcastRow) -> Self {
        Self {
            id: row.id,
            approval: row.approval,
            approved_by: row.approved_by,
            approved_at: row.approved_at,
            stopped: row.stopped,
            variants: row.variants.into_iter().map(BroadcastVariant::from).collect(),
        }
    }
}

fn given(app: &App, tx: &mut Tx<'_>, caller: &Caller, input: &BroadcastNew) -> Result<(BroadcastIn, Said), Refusal> {
    let message = MessageNew {
        name: input.name.clone(),
        content: input.content.clone(),
        material: input.material.clone(),
        audience: input.audience.clone(),
        people: input.people.clone(),
    };
    let (message, said) = meant(app, tx, caller, &message)?;
    let broadcast = BroadcastIn {
        message,
        variants: input.variants.iter().cloned().map(Into::into).collect(),
        class: if input.service { Class::Service } else { Class::Marketing },
        worth: input.worth.unwrap_or(1.0),
        holdout: input.holdout_percent.unwrap_or(0.0),
        per_hour: input.per_hour.unwrap_or(0),
        start: input.start_at,
        expires: input.expires_at,
        asked_by: caller.id().to_owned(),
    };
    Ok((broadcast, said))
}

/// Forecasts a broadcast: of its people who would be let through at its start, who would wait and who would be skipped, each with the reason. Nothing is kept.
///
/// 营销群发预估：多少人可触达，多少人等待或跳过及原因，不会创建。
///
/// Errors: as for making one.
#[utoipa::path(post, path = "/broadcasts/plan", tag = "Reach", request_body = BroadcastNew, responses((status = 200, body = MessagePlan)))]
async fn plan(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<BroadcastNew>,
) -> Answer<Json<MessagePlan>> {
    let caller = may.caller;
    let split = app.run(move |app| {
        read(app, |tx| {
            let (broadcast, _) = given(app, tx, &caller, &input)?;
            app.reach.plan_broadcast(tx, &broadcast, app.now())
        })
    });
    Ok(Json(split.await?.into()))
}

/// Makes a broadcast. One to more people than the rules say waits for the approval of somebody else.
///
/// 创建营销群发：定时、限速、多内容；超过规模须由另一位同事审批。
///
/// Errors: as for messages, `broadcast_invalid` with its field, `idempotency_key`, `idempotency_reused`.
#[utoipa::path(post, path = "/broadcasts", tag = "Reach", params(OnceParams), request_body = BroadcastNew, responses((status = 201, body = BroadcastOut)))]
async fn create(
    may: May<MessagesWrite>,
    once: OnceKey,
    State(app): State<App>,
    Body(input): Body<BroadcastNew>,
) -> Answer<Created<BroadcastOut>> {
    let caller = may.caller;
    let once = once.of(&caller, "broadcast");
    let row = app.run(move |app| {
        // Whom it means is worked out before the unit, which holds up everybody who writes.
        let (broadcast, said) = read(app, |tx| given(app, tx, &caller, &input))?;
        write(app, move |app, tx| {
            let id = app.reach.once(tx, once.as_ref(), app.now(), |tx| {
                let message = &broadcast.message;
                let sent = MessageIn { content: said.sent(app, tx)?, ..message.clone() };
                let row =
                    app.reach.create_broadcast(tx, &BroadcastIn { message: sent, ..broadcast.clone() }, app.now())?;
                said.used(app, tx, "broadcast", &row.id)?;
                let detail = json!({ "name": message.name, "people": message.people.len(), "approval": row.approval });
                app.reach.made_by(tx, &row.id, caller.id())?;
                note(app, tx, &caller, "broadcast.create", &row.id, &detail)?;
                Ok(row.id)
            })?;
            app.reach.broadcast(tx, &id)
        })
    });
    Ok(Created(row.await?.into()))
}

/// Shows what a broadcast has beside its run: approval, breaker, and its contents side by side.
///
/// 营销群发的审批、熔断与各内容效果。
///
/// Errors: `broadcast_unknown`.
#[utoipa::path(get, path = "/broadcasts/{id}", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = BroadcastOut)))]
async fn get(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<BroadcastOut>> {
    let caller = may.caller;
    let row = app.run(move |app| {
        read(app, |tx| {
            let mut row = app.reach.broadcast(tx, &id)?;
            if let Some(staff) = seen_part(app, tx, &caller, &id)? {
                narrow(&mut row, &app.reach.message_tasks(tx, &id)?, &staff)?;
            }
            Ok(row)
        })
    });
    Ok(Json(row.await?.into()))
}

/// The part of some staff. Errors: `broadcast_unknown` when they have none.
fn narrow(row: &mut BroadcastRow, tasks: &[TaskRow], staff: &[String]) -> Result<(), Refusal> {
    let own: Vec<&TaskRow> = tasks.iter().filter(|task| within(Some(staff), &task.userid)).collect();
    if own.is_empty() {
        return Err(siyu_reach::broadcast_unknown());
    }
    for (at, sums) in row.variants.iter_mut().enumerate() {
        *sums = VariantSums::default();
        for task in own.iter().filter(|task| task.variant == at as i64) {
            sums.people += task.sums.people;
            sums.waiting += task.sums.waiting;
            sums.sent += task.sums.sent;
            sums.skipped += task.sums.skipped;
            sums.failed += task.sums.failed;
        }
    }
    Ok(())
}

/// Errors: `broadcast_unknown`, `message_part`.
fn must_be_whole_broadcast(app: &App, tx: &mut Tx<'_>, caller: &Caller, id: &str) -> Result<(), Refusal> {
    app.reach.broadcast(tx, id)?;
    must_be_whole_message(app, tx, caller, id, siyu_reach::broadcast_unknown())
}

/// Approves a broadcast that somebody else has made; it begins.
///
/// 审批营销群发（不能审批自己创建的）。
///
/// Errors: `broadcast_unknown`, `broadcast_approval`, `broadcast_own`, `broadcast_person`, `message_over`, `message_part`.
#[utoipa::path(post, path = "/broadcasts/{id}/approve", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = BroadcastOut)))]
async fn approve(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<BroadcastOut>> {
    let caller = may.caller;
    let row = app.run(move |app| {
        write(app, move |app, tx| {
            must_be_whole_broadcast(app, tx, &caller, &id)?;
            if caller.session.is_none() {
                // Nobody knows whose key it is: it may be that of whoever made the broadcast.
                let en = "Somebody has to approve it who has signed in: a key is nobody in particular.";
                return Err(Refusal::forbidden("broadcast_person", en, "须由登录的同事审批，不能使用密钥。"));
            }
            let row = app.reach.approve_broadcast(tx, &id, caller.id(), &by(&caller), app.now())?;
            note(app, tx, &caller, "broadcast.approve", &id, &json!({}))?;
            Ok(row)
        })
    });
    Ok(Json(row.await?.into()))
}

/// Pauses a broadcast: nobody is decided and no task is made until it is resumed.
///
/// 暂停营销群发。
///
/// Errors: `broadcast_unknown`, `message_over`.
#[utoipa::path(post, path = "/broadcasts/{id}/pause", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = BroadcastOut)))]
async fn pause(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<BroadcastOut>> {
    hold(may.caller, app, id, true).await
}

/// Goes on with a broadcast that was paused.
///
/// 继续营销群发。
///
/// Errors: `broadcast_unknown`, `message_over`, `broadcast_unapproved`.
#[utoipa::path(post, path = "/broadcasts/{id}/resume", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = BroadcastOut)))]
async fn resume(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<BroadcastOut>> {
    hold(may.caller, app, id, false).await
}

async fn hold(caller: Caller, app: App, id: String, pause: bool) -> Answer<Json<BroadcastOut>> {
    let row = app.run(move |app| {
        write(app, move |app, tx| {
            must_be_whole_broadcast(app, tx, &caller, &id)?;
            let row = app.reach.pause_broadcast(tx, &id, pause, app.now())?;
            let what = if pause { "broadcast.pause" } else { "broadcast.resume" };
            note(app, tx, &caller, what, &id, &json!({}))?;
            Ok(row)
        })
    });
    Ok(Json(row.await?.into()))
}

/// Stops what is not sent yet; what was sent cannot be called back.
///
/// 取消营销群发尚未发送的部分。
///
/// Errors: `broadcast_unknown`, `message_over`.
#[utoipa::path(post, path = "/broadcasts/{id}/cancel", tag = "Reach", params(("id" = String, Path)), responses((status = 204)))]
async fn cancel(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            must_be_whole_broadcast(app, tx, &caller, &id)?;
            app.reach.cancel_message(tx, &id, app.now())?;
            note(app, tx, &caller, "broadcast.cancel", &id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}
