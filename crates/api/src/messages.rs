//! Mass messages through staff: what one would become, who has confirmed, what became of each customer.

use crate::auth::Caller;
use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{MessagesWrite, PeopleRead};
use crate::part::{OnceKey, OnceParams, must_be_whole_message, seen_part, within};
use crate::people_reader::{Reader, audience, by, note, read, write};
use crate::people_tags::number_after;
use crate::said::{MaterialRef, Said, made_of};
use crate::welcome_shapes::MessageContent;
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_db::Tx;
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_reach::{Care, MessageIn, MessageRow, PersonQuery, PersonState, Split, Sums, TaskRow};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, create, plan, get, people, remind, reassign, cancel)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageNew {
    pub name: String,
    #[serde(default)]
    pub content: MessageContent,
    /// A material's id, instead of `content`: its approved version is sent.
    #[serde(default)]
    pub material: Option<String>,
    /// An audience's id: whoever is in it now …
    #[serde(default)]
    pub audience: Option<String>,
    /// … or these: up to 20,000 ids of people.
    #[serde(default)]
    pub people: Vec<String>,
    /// 1 to 720: who has not confirmed so many hours after their task was made is reminded once, between 9 and 21 o'clock.
    #[serde(default)]
    pub nudge_after_hours: Option<i64>,
    /// 1 to 720: after so many hours a task is taken back, and its people go through other friends of theirs.
    #[serde(default)]
    pub reassign_after_hours: Option<i64>,
}
impl MessageNew {
    pub fn care(&self) -> Care {
        Care { nudge_hours: self.nudge_after_hours, reassign_hours: self.reassign_after_hours }
    }
}

const PEOPLE_MAX: usize = 20_000;

/// People meant = waiting + sent + skipped + failed, at every instant.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageSums {
    people: i64,
    waiting: i64,
    sent: i64,
    skipped: i64,
    failed: i64,
}
impl From<Sums> for MessageSums {
    fn from(own: Sums) -> Self {
        Self { people: own.people, waiting: own.waiting, sent: own.sent, skipped: own.skipped, failed: own.failed }
    }
}

#[derive(Serialize, ToSchema)]
struct MessageRowOut {
    id: String,
    /// `message` or `broadcast`.
    kind: String,
    name: String,
    audience: Option<String>,
    /// `running`, `paused`, `ended` or `cancelled`.
    state: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Time>,
    /// Members of staff who are asked to send, and how many have confirmed.
    tasks: i64,
    confirmed: i64,
    sums: MessageSums,
}
impl From<MessageRow> for MessageRowOut {
    fn from(row: MessageRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            name: row.name,
            audience: Some(row.audience).filter(|id| !id.is_empty()),
            state: row.state,
            created_at: row.created_at,
            created_by: row.created_by,
            ended_at: row.ended_at,
            tasks: row.tasks,
            confirmed: row.confirmed,
            sums: row.sums.into(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct MessageOut {
    #[serde(flatten)]
    row: MessageRowOut,
    content: MessageContent,
    /// The material it was made of.
    material: Option<MaterialRef>,
    /// So many hours after their task was made, who has not confirmed is reminded by itself. Null: never.
    nudge_after_hours: Option<i64>,
    /// So many hours after it was made a task is taken back by itself. Null: never.
    reassign_after_hours: Option<i64>,
    reasons: Vec<MessageReason>,
    staff: Vec<MessageTask>,
}
#[derive(Serialize, ToSchema)]
struct MessageReason {
    /// `waiting`, `sent`, `skipped` or `failed`.
    state: &'static str,
    reason: String,
    people: i64,
}
#[derive(Serialize, ToSchema)]
struct MessageTask {
    id: String,
    staff: String,
    staff_name: String,
    store: String,
    /// `making`, `unconfirmed`, `confirmed`, `cancelled` or `refused`.
    state: &'static str,
    #[schema(value_type = Option<String>, format = DateTime)]
    made_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    confirmed_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    reminded_at: Option<Time>,
    /// When WeCom was last asked what became of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    read_at: Option<Time>,
    error: Option<String>,
    /// It is being taken back, so that its people go through other friends.
    leaving: bool,
    /// People who went on through other friends; they are counted there.
    moved: i64,
    sums: MessageSums,
}
impl From<TaskRow> for MessageTask {
    fn from(row: TaskRow) -> Self {
        Self {
            id: row.id.to_string(),
            staff: row.userid,
            staff_name: row.staff_name,
            store: row.store,
            state: row.state.name(),
            made_at: row.made_at,
            confirmed_at: row.confirmed_at,
            reminded_at: row.reminded_at,
            read_at: row.read_at,
            error: row.error,
            leaving: row.leaving,
            moved: row.moved,
            sums: row.sums.into(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MessagePlan {
    people: usize,
    /// Who can be sent to.
    reached: usize,
    /// Had a mass message already, and WeCom lets them have no other one now.
    had_today: usize,
    /// Held by the gate now, and asked again while the message lives.
    waiting: Vec<MessageSkip>,
    skipped: Vec<MessageSkip>,
    staff: Vec<MessageShare>,
    /// Of SMS: what one would be billed as; 0 of others.
    parts_each: usize,
    /// What all who can be sent to would be billed as.
    parts: usize,
}
#[derive(Serialize, ToSchema)]
struct MessageSkip {
    reason: String,
    people: usize,
}
#[derive(Serialize, ToSchema)]
struct MessageShare {
    staff: String,
    staff_name: String,
    store: String,
    people: usize,
}
impl From<siyu_direct::Plan> for MessagePlan {
    fn from(own: siyu_direct::Plan) -> Self {
        let (reached, parts_each, parts) = (own.go, own.parts_each, own.parts);
        Self { reached, parts_each, parts, ..own.split.into() }
    }
}
impl From<Split> for MessagePlan {
    fn from(own: Split) -> Self {
        let share = |own: siyu_reach::Share| MessageShare {
            staff: own.userid,
            staff_name: own.name,
            store: own.store,
            people: own.people,
        };
        Self {
            people: own.people,
            reached: own.staff.iter().map(|own| own.people).sum(),
            had_today: own.had_today,
            waiting: own.waiting.into_iter().map(|(reason, people)| MessageSkip { reason, people }).collect(),
            skipped: own.skipped.into_iter().map(|(reason, people)| MessageSkip { reason, people }).collect(),
            staff: own.staff.into_iter().map(share).collect(),
            parts_each: 0,
            parts: 0,
        }
    }
}

/// The people of an audience, or those named, as far as the caller may see them.
///
/// Errors: `audience_unknown`, `person_unknown`, `message_ids`.
pub(crate) fn whom(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
    audience: Option<&str>,
    people: &[String],
) -> Result<Vec<PersonNum>, Refusal> {
    let reader = Reader::new(app, tx, caller)?;
    if let Some(id) = audience {
        let own = app.audience.stored(tx, id)?;
        app.audience.catch_up(tx, &reader.ctx)?;
        return Ok(app.audience.people_of(tx, &own, None, &reader.scope, &reader.ctx)?.iter().collect());
    }
    if people.len() > PEOPLE_MAX {
        return Err(Refusal::invalid(
            "message_ids",
            format!("Name up to {PEOPLE_MAX} people; make an audience of more."),
            format!("最多指定 {PEOPLE_MAX} 人，更多请先建人群包。"),
        )
        .field("people"));
    }
    people.iter().map(|id| Ok(reader.find(app, tx, id)?.1)).collect()
}

pub(crate) fn meant(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
    input: &MessageNew,
) -> Result<(MessageIn, Said), Refusal> {
    let people = whom(app, tx, caller, input.audience.as_deref(), &input.people)?;
    let said = Said::of(app, tx, &input.content, input.material.as_ref())?;
    let message = MessageIn {
        name: input.name.clone(),
        content: said.content.clone(),
        people,
        audience: input.audience.clone().unwrap_or_default(),
        by: by(caller),
    };
    Ok((message, said))
}

/// Says what a message would become: which member of staff is asked to send to how many, and who cannot be sent to. Nothing is kept.
///
/// 群发前预估：按员工拆分的任务数、无法触达的人数及原因，不会创建。
///
/// Errors: `message_name`, `message_people`, `message_ids`, `message_variable`, `audience_unknown`, `person_unknown`, `material_or_content`, `material_unknown`,
/// `material_unapproved`, and those of contents.
#[utoipa::path(post, path = "/wecom/messages/plan", tag = "WeCom", request_body = MessageNew, responses((status = 200, body = MessagePlan)))]
async fn plan(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<MessageNew>,
) -> Answer<Json<MessagePlan>> {
    let caller = may.caller;
    let split = app.run(move |app| {
        read(app, |tx| {
            let (message, _) = meant(app, tx, &caller, &input)?;
            app.reach.split_message(tx, &message, app.now())
        })
    });
    Ok(Json(split.await?.into()))
}

/// Makes a message: tasks of staff at WeCom, who send once they confirm. The same is said to everybody; texts may hold the member, the store and the brand.
///
/// 创建群发：按最近添加的员工拆成任务，员工在企业微信确认后才会发出。
///
/// Errors: as for planning one, `message_nobody`, `idempotency_key`, `idempotency_reused`, `message_size` (more people than one may write to without approval: make a broadcast).
#[utoipa::path(post, path = "/wecom/messages", tag = "WeCom", params(OnceParams), request_body = MessageNew, responses((status = 201, body = MessageRowOut)))]
async fn create(
    may: May<MessagesWrite>,
    once: OnceKey,
    State(app): State<App>,
    Body(input): Body<MessageNew>,
) -> Answer<Created<MessageRowOut>> {
    let caller = may.caller;
    let once = once.of(&caller, "message");
    let row = app.run(move |app| {
        // Whom it means is worked out before the unit, which holds up everybody who writes.
        let (message, said) = read(app, |tx| meant(app, tx, &caller, &input))?;
        let care = input.care();
        write(app, move |app, tx| {
            let most = app.reach.gate().rules(tx)?.rules.approval_above;
            if message.people.len() > most as usize {
                return Err(needs_approval(most));
            }
            let id = app.reach.once(tx, once.as_ref(), app.now(), |tx| {
                let content = said.sent(app, tx)?;
                let id = app.reach.create_message(tx, &MessageIn { content, ..message.clone() }, app.now())?;
                app.reach.set_care(tx, &id, care)?;
                said.used(app, tx, "message", &id)?;
                let detail =
                    json!({ "name": message.name, "people": message.people.len(), "audience": message.audience });
                app.reach.made_by(tx, &id, caller.id())?;
                note(app, tx, &caller, "message.create", &id, &detail)?;
                Ok(id)
            })?;
            app.reach.message(tx, &id)
        })
    });
    Ok(Created(row.await?.into()))
}

/// Lists messages, newest first. Whoever looks after some of the staff sees those these members send, with the sums of their part.
///
/// 群发列表，新的在前；仅看部分门店或自己客户的用户，只看到本范围员工参与的群发及其部分的数字。
#[utoipa::path(get, path = "/wecom/messages", tag = "WeCom", params(PagingParams), responses((status = 200, body = Items<MessageRowOut>)))]
async fn list(may: May<PeopleRead>, page: Paging, State(app): State<App>) -> Answer<Json<Items<MessageRowOut>>> {
    let (caller, limit) = (may.caller, page.limit);
    let rows = app.run(move |app| {
        read(app, |tx| {
            let (staff, after) = (Reader::new(app, tx, &caller)?.staff(tx)?, page.after.as_deref());
            match staff {
                None => app.reach.messages(tx, after, limit as i64),
                Some(staff) => app.reach.messages_of(tx, caller.id(), &staff, after, limit as i64),
            }
        })
    });
    let rows = rows.await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.id.clone());
    Ok(Json(Items::new(rows.into_iter().map(MessageRowOut::from).collect(), next)))
}

/// Shows a message: each member's part, and people by end and reason.
///
/// 群发详情：各员工进度与结果。
///
/// Errors: `message_unknown`.
#[utoipa::path(get, path = "/wecom/messages/{id}", tag = "WeCom", params(("id" = String, Path)), responses((status = 200, body = MessageOut)))]
async fn get(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<MessageOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let only = seen_part(app, tx, &caller, &id)?;
            let (row, reasons) = match &only {
                None => (app.reach.message(tx, &id)?, app.reach.message_reasons(tx, &id)?),
                Some(staff) => (app.reach.message_of(tx, staff, &id)?, app.reach.message_reasons_of(tx, staff, &id)?),
            };
            let (reasons, mut tasks) = (reasons.into_iter(), app.reach.message_tasks(tx, &id)?);
            tasks.retain(|own| within(only.as_deref(), &own.userid));
            let care = app.reach.care(tx, &id)?;
            Ok(MessageOut {
                nudge_after_hours: care.nudge_hours,
                reassign_after_hours: care.reassign_hours,
                content: row.content.clone().into(),
                material: made_of(app, tx, &row.kind, &id)?,
                row: row.into(),
                reasons: reasons
                    .map(|(state, reason, people)| MessageReason { state: state.name(), reason, people })
                    .collect(),
                staff: tasks.into_iter().map(MessageTask::from).collect(),
            })
        })
    });
    answer.await.map(Json)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MessagePeopleQuery {
    /// `waiting`, `sent`, `skipped` or `failed`.
    state: Option<String>,
    reason: Option<String>,
    /// Of one member's part: its id.
    task: Option<i64>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct MessagePerson {
    id: String,
    name: String,
    staff: String,
    state: &'static str,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
}

/// Lists the people of a message and what became of each; those the reader may see.
///
/// 群发对象及结果。
///
/// Errors: `message_unknown`, `message_state`.
#[utoipa::path(get, path = "/wecom/messages/{id}/people", tag = "WeCom", params(("id" = String, Path), MessagePeopleQuery), responses((status = 200, body = Items<MessagePerson>)))]
async fn people(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<MessagePeopleQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<MessagePerson>>> {
    let (caller, limit) = (may.caller, page.limit);
    let after = number_after(page.after.as_deref())?;
    let state = match q.state.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => Some(PersonState::parse(text).ok_or_else(wrong_state)?),
        None => None,
    };
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let only = seen_part(app, tx, &caller, &id)?;
            match &only {
                None => drop(app.reach.message(tx, &id)?),
                Some(staff) => drop(app.reach.message_of(tx, staff, &id)?),
            }
            let query = PersonQuery {
                message: id.clone(),
                state,
                reason: q.reason.clone(),
                task: q.task,
                after,
                limit: limit as i64,
            };
            let rows = app.reach.message_people(tx, &query)?;
            let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.num.to_string());
            let mut out = Vec::with_capacity(rows.len());
            for row in rows {
                if !within(only.as_deref(), &row.userid) {
                    continue;
                }
                let root = app.people.roots(tx, &[row.num])?.first().copied().unwrap_or(row.num);
                if !audience(app).visible(tx, root, &reader.scope)? {
                    continue;
                }
                out.push(MessagePerson {
                    id: app.people.id(row.num),
                    name: row.name,
                    staff: row.userid,
                    state: row.state.name(),
                    reason: row.reason,
                    at: row.at,
                });
            }
            Ok(Items::new(out, next))
        })
    });
    answer.await.map(Json)
}

fn needs_approval(most: u32) -> Refusal {
    Refusal::conflict(
        "message_size",
        format!("More than {most} people need somebody else's approval: make a broadcast of it."),
        format!("超过 {most} 人的群发须经另一位同事审批，请改用营销群发。"),
    )
}

/// For what concerns all who are asked to send a message. Errors: `message_unknown`, `message_part`.
fn whole(app: &App, tx: &mut Tx<'_>, caller: &Caller, id: &str) -> Result<(), Refusal> {
    app.reach.message(tx, id)?;
    must_be_whole_message(app, tx, caller, id, siyu_reach::message_unknown())
}

pub(crate) fn wrong_state() -> Refusal {
    Refusal::invalid(
        "message_state",
        "A state is waiting, sent, skipped or failed.",
        "状态为 waiting、sent、skipped 或 failed。",
    )
    .field("state")
}

/// Asks members who have not confirmed again. WeCom takes three reminders of a task in 24 hours.
///
/// 提醒未确认的员工，每个任务 24 小时内最多 3 次。
///
/// Errors: `message_unknown`, `message_over`, `message_part`.
#[utoipa::path(post, path = "/wecom/messages/{id}/remind", tag = "WeCom", params(("id" = String, Path)), responses((status = 204)))]
async fn remind(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            whole(app, tx, &caller, &id)?;
            let tasks = app.reach.remind_message(tx, &id, app.now())?;
            note(app, tx, &caller, "message.remind", &id, &json!({ "tasks": tasks }))
        })
    });
    done.await?;
    Ok(NoContent)
}

/// Takes the task of a member back who does not confirm: WeCom stops it, and whoever it then says to be unsent goes through another friend of theirs.
///
/// 收回员工未确认的任务：先在企业微信取消，确认未发送的客户改由其另一位员工好友发送，不会重复发送。
///
/// Errors: `message_unknown`, `message_over`, `message_part`, `message_task_unknown`, `message_task_state`, `message_task_alone`.
#[utoipa::path(post, path = "/wecom/messages/{id}/tasks/{task}/reassign", tag = "WeCom", params(("id" = String, Path), ("task" = String, Path)), responses((status = 204)))]
async fn reassign(
    may: May<MessagesWrite>,
    At((id, task)): At<(String, String)>,
    State(app): State<App>,
) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            whole(app, tx, &caller, &id)?;
            app.reach.reassign_task(tx, &id, task.parse().unwrap_or(-1), app.now())?;
            note(app, tx, &caller, "message.reassign", &id, &json!({ "task": task }))
        })
    });
    done.await?;
    Ok(NoContent)
}

/// Stops what is not sent yet; what was sent cannot be called back.
///
/// 取消尚未发送的部分，已发送的不能撤回。
///
/// Errors: `message_unknown`, `message_over`, `message_part`.
#[utoipa::path(post, path = "/wecom/messages/{id}/cancel", tag = "WeCom", params(("id" = String, Path)), responses((status = 204)))]
async fn cancel(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            whole(app, tx, &caller, &id)?;
            app.reach.cancel_message(tx, &id, app.now())?;
            note(app, tx, &caller, "message.cancel", &id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}
