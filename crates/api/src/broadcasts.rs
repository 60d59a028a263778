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
use siyu_reach::{
    BroadcastIn, BroadcastRow, Care, ContentTest, ContentTestIn, Goal, MessageIn, TaskRow, TestNumbers, VariantSums,
};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(create, plan, get, approve, choose, pause, resume, cancel)
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
    /// A part of the people gets each content at once; the rest waits for the winner.
    test: Option<BroadcastTestNew>,
    /// As for messages.
    nudge_after_hours: Option<i64>,
    /// As for messages.
    reassign_after_hours: Option<i64>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BroadcastTestNew {
    /// Of all people: who gets each content at once. 5 to 50, all contents together 90 at most.
    percent: i64,
    /// 1 to 720: so long after the last of them had their turn it is decided.
    hours: i64,
    /// What the winner is best at: `bought` (people with an order), `revenue` (what each spends) or `lost` (friends lost, fewest).
    goal: String,
}

/// One content of a test.
#[derive(Serialize, ToSchema)]
struct BroadcastTestContent {
    /// Who was let through with it during the test.
    people: i64,
    /// Who did it; of `revenue`: of whom there is an amount.
    count: i64,
    /// The share of the people, 0 to 1; of `revenue` how much each spent, in minor units of the workspace's currency.
    value: f64,
}

/// The best content against another one.
#[derive(Serialize, ToSchema)]
struct BroadcastTestAgainst {
    /// The other one's place.
    content: i64,
    /// The best one's figure less the other's. Null where there is nothing to compare.
    difference: Option<f64>,
    /// Of the difference: 95 %.
    low: Option<f64>,
    high: Option<f64>,
    /// How often chance alone gives as large a difference, times all pairs of contents. It wins below 0.05.
    p: Option<f64>,
}

#[derive(Serialize, ToSchema)]
struct BroadcastTestNumbers {
    /// Until when things were counted.
    #[schema(value_type = String, format = DateTime)]
    until: Time,
    /// The place of the content with the best figure.
    best: i64,
    /// `shown`, `no_difference`, `too_small` or `mismatch`: what these figures say.
    says: String,
    contents: Vec<BroadcastTestContent>,
    against: Vec<BroadcastTestAgainst>,
}
impl From<TestNumbers> for BroadcastTestNumbers {
    fn from(own: TestNumbers) -> Self {
        let content = |own: siyu_reach::ContentFigure| BroadcastTestContent {
            people: own.people,
            count: own.count,
            value: own.value,
        };
        let against = |own: siyu_reach::ContentAgainst| BroadcastTestAgainst {
            content: own.content,
            difference: own.difference,
            low: own.low,
            high: own.high,
            p: own.p,
        };
        Self {
            until: own.until,
            best: own.best,
            says: own.why,
            contents: own.contents.into_iter().map(content).collect(),
            against: own.against.into_iter().map(against).collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct BroadcastTest {
    percent: i64,
    hours: i64,
    goal: &'static str,
    /// When the last of its people had their turn. Null: not yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    begun_at: Option<Time>,
    /// When it is decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Time>,
    /// The place of the content that goes to the rest; 0 is the broadcast's own. Null: not decided yet.
    winner: Option<i64>,
    /// `shown`: it beats every other one; `no_difference`, `too_small`, `mismatch`: none is shown to, so the first one goes; `by_hand`.
    reason: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Time>,
    /// Who chose. Null: the figures did.
    decided_by: Option<String>,
    /// The figures it was decided with. Null before, and for whoever sees a part of the people.
    numbers: Option<BroadcastTestNumbers>,
}
impl From<ContentTest> for BroadcastTest {
    fn from(own: ContentTest) -> Self {
        Self {
            percent: own.percent,
            hours: own.hours,
            goal: own.goal.name(),
            begun_at: own.begun_at,
            ends_at: own.ends_at,
            winner: own.winner,
            reason: own.reason,
            decided_at: own.decided_at,
            decided_by: own.decided_by.filter(|by| !by.is_empty()),
            numbers: own.numbers.map(BroadcastTestNumbers::from),
        }
    }
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BroadcastChoice {
    /// The place of the content: 0 is the broadcast's own.
    content: i64,
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
    /// It was paused by itself: `error_rate`, too much of it failed; `complaint_rate`, too many people deleted the member after it.
    stopped: Option<String>,
    /// By content, its own first: those who were let through.
    variants: Vec<BroadcastVariant>,
    test: Option<BroadcastTest>,
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
            test: row.test.map(BroadcastTest::from),
        }
    }
}

fn test_of(own: &BroadcastTestNew) -> Result<ContentTestIn, Refusal> {
    let goal = Goal::parse(&own.goal).ok_or_else(|| {
        let (en, zh) = ("A goal is bought, revenue or lost.", "目标为 bought、revenue 或 lost。");
        Refusal::invalid("broadcast_invalid", en, zh).field("test.goal")
    });
    Ok(ContentTestIn { percent: own.percent, hours: own.hours, goal: goal? })
}

fn given(app: &App, tx: &mut Tx<'_>, caller: &Caller, input: &BroadcastNew) -> Result<(BroadcastIn, Said), Refusal> {
    let message = MessageNew {
        name: input.name.clone(),
        content: input.content.clone(),
        material: input.material.clone(),
        audience: input.audience.clone(),
        people: input.people.clone(),
        nudge_after_hours: input.nudge_after_hours,
        reassign_after_hours: input.reassign_after_hours,
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
        test: input.test.as_ref().map(test_of).transpose()?,
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
        let care = Care { nudge_hours: input.nudge_after_hours, reassign_hours: input.reassign_after_hours };
        write(app, move |app, tx| {
            let id = app.reach.once(tx, once.as_ref(), app.now(), |tx| {
                let message = &broadcast.message;
                let sent = MessageIn { content: said.sent(app, tx)?, ..message.clone() };
                let row =
                    app.reach.create_broadcast(tx, &BroadcastIn { message: sent, ..broadcast.clone() }, app.now())?;
                app.reach.set_care(tx, &row.id, care)?;
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
    // Half of a group is no group.
    if let Some(test) = &mut row.test {
        test.numbers = None;
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

/// Chooses the content that goes to the rest before the test is over. How the test stood then is kept.
///
/// 提前人工选定优胜内容，其余客户随即接收该内容。
///
/// Errors: `broadcast_unknown`, `broadcast_test`, `broadcast_invalid`, `message_over`, `message_part`.
#[utoipa::path(post, path = "/broadcasts/{id}/winner", tag = "Reach", params(("id" = String, Path)), request_body = BroadcastChoice, responses((status = 200, body = BroadcastOut)))]
async fn choose(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<BroadcastChoice>,
) -> Answer<Json<BroadcastOut>> {
    let caller = may.caller;
    let row = app.run(move |app| {
        let numbers = read(app, |tx| {
            must_be_whole_broadcast(app, tx, &caller, &id)?;
            app.reach.test_numbers(tx, &id, app.now())
        })?;
        write(app, move |app, tx| {
            must_be_whole_broadcast(app, tx, &caller, &id)?;
            let row = app.reach.choose_content(tx, &id, input.content, &by(&caller), &numbers, app.now())?;
            note(app, tx, &caller, "broadcast.choose", &id, &json!({ "content": input.content }))?;
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
