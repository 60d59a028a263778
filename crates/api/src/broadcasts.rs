//! Broadcasts: a message to an audience with a time, a pace, several contents, an approval and a breaker. How it stands is its run.

use crate::auth::Caller;
use crate::direct::{MailSaid, SmsSaid, said};
use crate::error::Answer;
use crate::gate::{MessagesWrite, PeopleRead};
use crate::messages::{MessageNew, MessagePlan, meant, whom};
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
use siyu_direct::{Content, Delivery, DirectIn, DirectRow};
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
    /// `wecom` (through staff) when absent, `email` or `sms`.
    #[serde(default)]
    channel: Option<String>,
    /// By `email`, instead of `content`.
    #[serde(default)]
    mail: Option<MailSaid>,
    /// By `sms`, instead of `content`.
    #[serde(default)]
    sms: Option<SmsSaid>,
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

/// What carriers of mail and SMS said of those who were let through.
#[derive(Serialize, ToSchema)]
struct BroadcastDelivery {
    /// Taken by a carrier, whatever came of it then.
    taken: i64,
    delivered: i64,
    /// Taken, and it did not arrive.
    bounced: i64,
    complained: i64,
    /// Nobody knows whether it went out; it is not sent again.
    unknown: i64,
    /// Of SMS: what was billed, as far as the carrier said.
    parts: i64,
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
    /// `wecom`, `email` or `sms`.
    channel: &'static str,
    /// Of mail and SMS.
    delivery: Option<BroadcastDelivery>,
    mail: Option<MailSaid>,
    sms: Option<SmsSaid>,
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
            channel: "wecom",
            delivery: None,
            mail: None,
            sms: None,
        }
    }
}
impl From<DirectRow> for BroadcastOut {
    fn from(row: DirectRow) -> Self {
        let Delivery { taken, delivered, bounced, complained, unknown, parts } = row.delivery;
        let (mut mail, mut sms) = (None, None);
        match row.contents.into_iter().next() {
            Some(Content::Mail(own)) => mail = Some(own.into()),
            Some(Content::Sms(own)) => sms = Some(own.into()),
            None => {}
        }
        Self {
            channel: row.channel.name(),
            delivery: Some(BroadcastDelivery { taken, delivered, bounced, complained, unknown, parts }),
            mail,
            sms,
            ..Self::from(row.broadcast)
        }
    }
}

/// However it goes out. Errors: `broadcast_unknown`.
fn row(app: &App, tx: &mut Tx<'_>, id: &str) -> Result<BroadcastOut, Refusal> {
    if app.direct.knows(tx, id)? {
        return app.direct.row(tx, id).map(Into::into);
    }
    app.reach.broadcast(tx, id).map(Into::into)
}

/// What is asked for, by the way it goes out.
#[derive(Clone)]
enum Asked {
    Staff(BroadcastIn, Said),
    /// With what the terms are made of.
    Direct(BroadcastIn, DirectIn),
}

fn asked(app: &App, tx: &mut Tx<'_>, caller: &Caller, input: &BroadcastNew) -> Result<Asked, Refusal> {
    let Some(content) = said(input.channel.as_deref(), input.mail.as_ref(), input.sms.as_ref())? else {
        return given(app, tx, caller, input).map(|(broadcast, said)| Asked::Staff(broadcast, said));
    };
    let (none, no_material) = (MessageContent::default(), input.material.as_deref().is_none_or(str::is_empty));
    if siyu_reach::content::Content::from(input.content.clone()) != none.into()
        || !no_material
        || !input.variants.is_empty()
    {
        return Err(Refusal::invalid(
            "direct_channel",
            "Contents, materials and variants are for broadcasts through staff; a mail or an SMS says one thing.",
            "content、material 与 variants 仅用于经员工发送的群发；邮件与短信只有一份内容。",
        )
        .field("channel"));
    }
    let people = whom(app, tx, caller, input.audience.as_deref(), &input.people)?;
    let audience = input.audience.clone().unwrap_or_default();
    let message = MessageIn {
        name: input.name.clone(),
        content: Default::default(),
        people: people.clone(),
        audience: audience.clone(),
        by: by(caller),
    };
    let (name, by, asked_by) = (input.name.clone(), by(caller), caller.id().to_owned());
    let direct = DirectIn { name, contents: vec![content], people, audience, by, asked_by };
    Ok(Asked::Direct(with_terms(caller, input, message), direct))
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
    let broadcast = with_terms(caller, input, message);
    Ok((broadcast, said))
}

/// A message with the terms it goes out by.
fn with_terms(caller: &Caller, input: &BroadcastNew, message: MessageIn) -> BroadcastIn {
    BroadcastIn {
        message,
        variants: input.variants.iter().cloned().map(Into::into).collect(),
        class: if input.service { Class::Service } else { Class::Marketing },
        worth: input.worth.unwrap_or(1.0),
        holdout: input.holdout_percent.unwrap_or(0.0),
        per_hour: input.per_hour.unwrap_or(0),
        start: input.start_at,
        expires: input.expires_at,
        asked_by: caller.id().to_owned(),
    }
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
        read(app, |tx| match asked(app, tx, &caller, &input)? {
            Asked::Staff(broadcast, _) => app.reach.plan_broadcast(tx, &broadcast, app.now()).map(MessagePlan::from),
            Asked::Direct(broadcast, direct) => {
                let terms = app.reach.broadcast_terms(tx, &broadcast, app.now())?;
                app.direct.plan(tx, &direct, &terms, app.now()).map(MessagePlan::from)
            }
        })
    });
    split.await.map(Json)
}

/// Makes a broadcast. One to more people than the rules say waits for the approval of somebody else.
///
/// 创建营销群发：定时、限速、多内容；超过规模须由另一位同事审批。
///
/// By mail or SMS it goes out with nobody of staff in between, to those who have agreed to it.
///
/// Errors: as for messages, `broadcast_invalid` with its field, `direct_channel`, `direct_content`, `direct_variable`, `sms_template_unknown`, `idempotency_key`, `idempotency_reused`.
#[utoipa::path(post, path = "/broadcasts", tag = "Reach", params(OnceParams), request_body = BroadcastNew, responses((status = 201, body = BroadcastOut)))]
async fn create(
    may: May<MessagesWrite>,
    once: OnceKey,
    State(app): State<App>,
    Body(input): Body<BroadcastNew>,
) -> Answer<Created<BroadcastOut>> {
    let caller = may.caller;
    let once = once.of(&caller, "broadcast");
    let made = app.run(move |app| {
        // Whom it means is worked out before the unit, which holds up everybody who writes.
        let asked = read(app, |tx| asked(app, tx, &caller, &input))?;
        write(app, move |app, tx| {
            let id = app.reach.once(tx, once.as_ref(), app.now(), |tx| match &asked {
                Asked::Staff(broadcast, said) => make(app, tx, &caller, broadcast, said),
                Asked::Direct(broadcast, direct) => make_direct(app, tx, &caller, broadcast, direct),
            })?;
            row(app, tx, &id)
        })
    });
    Ok(Created(made.await?))
}

fn make(app: &App, tx: &mut Tx<'_>, caller: &Caller, broadcast: &BroadcastIn, said: &Said) -> Result<String, Refusal> {
    let message = &broadcast.message;
    let sent = MessageIn { content: said.sent(app, tx)?, ..message.clone() };
    let row = app.reach.create_broadcast(tx, &BroadcastIn { message: sent, ..broadcast.clone() }, app.now())?;
    said.used(app, tx, "broadcast", &row.id)?;
    let detail = json!({ "name": message.name, "people": message.people.len(), "approval": row.approval });
    app.reach.made_by(tx, &row.id, caller.id())?;
    note(app, tx, caller, "broadcast.create", &row.id, &detail)?;
    Ok(row.id)
}
fn make_direct(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
    broadcast: &BroadcastIn,
    direct: &DirectIn,
) -> Result<String, Refusal> {
    let (now, id) = (app.now(), app.reach.message_id(app.now()));
    let terms = app.reach.broadcast_terms(tx, broadcast, now)?;
    app.direct.create(tx, &id, direct, &terms, now)?;
    app.reach.made_by(tx, &id, caller.id())?;
    let own = app.direct.row(tx, &id)?;
    let detail = json!({ "name": direct.name, "people": direct.people.len(), "approval": own.broadcast.approval, "channel": own.channel.name() });
    note(app, tx, caller, "broadcast.create", &id, &detail)?;
    Ok(id)
}

/// Shows what a broadcast has beside its run: approval, breaker, and its contents side by side.
///
/// 营销群发的审批、熔断与各内容效果。
///
/// Errors: `broadcast_unknown`.
#[utoipa::path(get, path = "/broadcasts/{id}", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = BroadcastOut)))]
async fn get(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<BroadcastOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            if app.direct.knows(tx, &id)? {
                // Nobody of staff has a part in it: who sees some customers only sees those they have made.
                return match seen_part(app, tx, &caller, &id)? {
                    None => row(app, tx, &id),
                    Some(_) => Err(siyu_reach::broadcast_unknown()),
                };
            }
            let mut row = app.reach.broadcast(tx, &id)?;
            if let Some(staff) = seen_part(app, tx, &caller, &id)? {
                narrow(&mut row, &app.reach.message_tasks(tx, &id)?, &staff)?;
            }
            Ok(row.into())
        })
    });
    answer.await.map(Json)
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
    if app.direct.knows(tx, id)? {
        return if seen_part(app, tx, caller, id)?.is_none() { Ok(()) } else { Err(siyu_reach::broadcast_unknown()) };
    }
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
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            must_be_whole_broadcast(app, tx, &caller, &id)?;
            if caller.session.is_none() {
                // Nobody knows whose key it is: it may be that of whoever made the broadcast.
                let en = "Somebody has to approve it who has signed in: a key is nobody in particular.";
                return Err(Refusal::forbidden("broadcast_person", en, "须由登录的同事审批，不能使用密钥。"));
            }
            if app.direct.knows(tx, &id)? {
                app.direct.approve(tx, &id, caller.id(), &by(&caller), app.now())?;
            } else {
                app.reach.approve_broadcast(tx, &id, caller.id(), &by(&caller), app.now())?;
            }
            note(app, tx, &caller, "broadcast.approve", &id, &json!({}))?;
            row(app, tx, &id)
        })
    });
    answer.await.map(Json)
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
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            must_be_whole_broadcast(app, tx, &caller, &id)?;
            if app.direct.knows(tx, &id)? {
                app.direct.pause(tx, &id, pause, app.now())?;
            } else {
                app.reach.pause_broadcast(tx, &id, pause, app.now())?;
            }
            let what = if pause { "broadcast.pause" } else { "broadcast.resume" };
            note(app, tx, &caller, what, &id, &json!({}))?;
            row(app, tx, &id)
        })
    });
    answer.await.map(Json)
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
            if app.direct.knows(tx, &id)? {
                app.direct.cancel(tx, &id, app.now())?;
            } else {
                app.reach.cancel_message(tx, &id, app.now())?;
            }
            note(app, tx, &caller, "broadcast.cancel", &id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}
