//! Messages to customer groups through their owners: what one would become, who has confirmed, what became of each group.

use crate::auth::Caller;
use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{MessagesWrite, PeopleRead};
use crate::messages::{MessageSums, wrong_state};
use crate::part::{OnceKey, OnceParams, must_be_whole, within};
use crate::people_reader::{Reader, by, note, read, write};
use crate::said::{MaterialRef, Said, made_of};
use crate::welcome_shapes::MessageContent;
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_db::Tx;
use siyu_kernel::{Refusal, Time};
use siyu_reach::{Class, GroupMessageIn, GroupMessageRow, GroupQuery, GroupSplit, GroupTask, PersonState};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, create, plan, get, groups, remind, cancel)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupMessageNew {
    name: String,
    #[serde(default)]
    content: MessageContent,
    /// A material's id, instead of `content`: its approved version is sent.
    #[serde(default)]
    material: Option<String>,
    /// Ids of groups …
    #[serde(default)]
    groups: Vec<String>,
    /// … or all groups whose owners belong to one of these stores, by their codes …
    #[serde(default)]
    stores: Vec<String>,
    /// … or all groups of these owners, by userid …
    #[serde(default)]
    owners: Vec<String>,
    /// … or every group.
    #[serde(default)]
    everywhere: bool,
    /// `marketing` (when absent) or `service`: what members wait for is not held back by limits of ours.
    class: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct GroupMessageOut {
    id: String,
    name: String,
    class: String,
    /// `running`, `ended` or `cancelled`.
    state: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Time>,
    /// Owners who are asked to send, and how many have confirmed.
    tasks: i64,
    confirmed: i64,
    /// Customers in the groups it was sent to, counted in each.
    members: i64,
    /// Of groups: `people` is how many are meant.
    sums: MessageSums,
}
impl From<GroupMessageRow> for GroupMessageOut {
    fn from(row: GroupMessageRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            class: row.class,
            state: row.state,
            created_at: row.created_at,
            created_by: row.created_by,
            ended_at: row.ended_at,
            tasks: row.tasks,
            confirmed: row.confirmed,
            members: row.members,
            sums: row.sums.into(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct GroupMessageWhole {
    #[serde(flatten)]
    row: GroupMessageOut,
    content: MessageContent,
    /// The material it was made of.
    material: Option<MaterialRef>,
    reasons: Vec<GroupMessageReason>,
    owners: Vec<GroupMessageTask>,
}
#[derive(Serialize, ToSchema)]
struct GroupMessageReason {
    /// `waiting`, `sent`, `skipped` or `failed`.
    state: &'static str,
    reason: String,
    groups: i64,
}
#[derive(Serialize, ToSchema)]
struct GroupMessageTask {
    id: String,
    owner: String,
    owner_name: String,
    store: String,
    /// `making`, `unconfirmed`, `confirmed`, `cancelled` or `refused`.
    state: &'static str,
    #[schema(value_type = Option<String>, format = DateTime)]
    made_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    confirmed_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    reminded_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    read_at: Option<Time>,
    error: Option<String>,
    sums: MessageSums,
}
impl From<GroupTask> for GroupMessageTask {
    fn from(row: GroupTask) -> Self {
        Self {
            id: row.id.to_string(),
            owner: row.userid,
            owner_name: row.staff_name,
            store: row.store,
            state: row.state.name(),
            made_at: row.made_at,
            confirmed_at: row.confirmed_at,
            reminded_at: row.reminded_at,
            read_at: row.read_at,
            error: row.error,
            sums: row.sums.into(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct GroupMessagePlan {
    groups: usize,
    reached: usize,
    /// Customers in the groups that are reached, each once.
    members: i64,
    skipped: Vec<GroupMessageSkip>,
    owners: Vec<GroupMessageShare>,
}
#[derive(Serialize, ToSchema)]
struct GroupMessageSkip {
    /// group_unknown, group_gone, owner_cannot_send, group_had_today, group_had_month, or a code of the gate's.
    reason: String,
    groups: usize,
}
#[derive(Serialize, ToSchema)]
struct GroupMessageShare {
    owner: String,
    owner_name: String,
    store: String,
    groups: usize,
}
impl From<GroupSplit> for GroupMessagePlan {
    fn from(own: GroupSplit) -> Self {
        let share = |own: siyu_reach::GroupShare| GroupMessageShare {
            owner: own.userid,
            owner_name: own.name,
            store: own.store,
            groups: own.groups,
        };
        Self {
            groups: own.groups,
            reached: own.owners.iter().map(|own| own.groups).sum(),
            members: own.members,
            skipped: own.skipped.into_iter().map(|(reason, groups)| GroupMessageSkip { reason, groups }).collect(),
            owners: own.owners.into_iter().map(share).collect(),
        }
    }
}

/// The groups it is meant for, as far as the caller may see their owners.
fn meant(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
    input: &GroupMessageNew,
) -> Result<(GroupMessageIn, Said), Refusal> {
    let class = match input.class.as_deref() {
        None | Some("marketing") => Class::Marketing,
        Some("service") => Class::Service,
        Some(_) => {
            let en = "A class is marketing or service.";
            return Err(Refusal::invalid("message_class", en, "类别为 marketing 或 service。").field("class"));
        }
    };
    let reader = Reader::new(app, tx, caller)?;
    let seen = reader.staff(tx)?;
    let mut owners: Option<Vec<String>> =
        (!input.owners.is_empty()).then(|| input.owners.iter().map(|own| own.to_lowercase()).collect());
    if let Some(seen) = &seen {
        owners = Some(match owners {
            Some(own) => own.into_iter().filter(|own| seen.contains(own)).collect(),
            None => seen.clone(),
        });
    }
    let stores = (!input.stores.is_empty()).then_some(input.stores.as_slice());
    let picked = !input.owners.is_empty() || stores.is_some() || input.everywhere;
    let groups = if !picked && seen.is_none() {
        input.groups.clone()
    } else {
        let all = app.reach.groups_of(tx, owners.as_deref(), stores)?;
        if picked { all } else { all.into_iter().filter(|own| input.groups.contains(own)).collect() }
    };
    let said = Said::of(app, tx, &input.content, input.material.as_ref())?;
    let message =
        GroupMessageIn { name: input.name.clone(), content: said.content.clone(), groups, class, by: by(caller) };
    Ok((message, said))
}

/// Says what a message to groups would become: which owner is asked to send to how many, and which groups are left out. Nothing is kept.
///
/// 群发到群前预估：按群主拆分的任务数、无法发送的群及原因，不会创建。
///
/// Errors: `message_name`, `message_class`, `group_message_groups`, `group_variable`, `material_or_content`, `material_unknown`, `material_unapproved`, and
/// those of contents.
#[utoipa::path(post, path = "/wecom/group-messages/plan", tag = "WeCom", request_body = GroupMessageNew, responses((status = 200, body = GroupMessagePlan)))]
async fn plan(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<GroupMessageNew>,
) -> Answer<Json<GroupMessagePlan>> {
    let caller = may.caller;
    let split = app.run(move |app| {
        read(app, |tx| {
            let (message, _) = meant(app, tx, &caller, &input)?;
            app.reach.split_group_message(tx, &message, app.now())
        })
    });
    Ok(Json(split.await?.into()))
}

/// Makes a message to groups: tasks of their owners at WeCom, who send once they confirm.
///
/// 创建群发到群：按群主拆成任务，群主在企业微信确认后才会发出。
///
/// Errors: as for planning one, `group_message_nobody`, `idempotency_key`, `idempotency_reused`.
#[utoipa::path(post, path = "/wecom/group-messages", tag = "WeCom", params(OnceParams), request_body = GroupMessageNew, responses((status = 201, body = GroupMessageOut)))]
async fn create(
    may: May<MessagesWrite>,
    once: OnceKey,
    State(app): State<App>,
    Body(input): Body<GroupMessageNew>,
) -> Answer<Created<GroupMessageOut>> {
    let caller = may.caller;
    let once = once.of(&caller, "group_message");
    let row = app.run(move |app| {
        let (message, said) = read(app, |tx| meant(app, tx, &caller, &input))?;
        write(app, move |app, tx| {
            let id = app.reach.once(tx, once.as_ref(), app.now(), |tx| {
                let content = said.sent(app, tx)?;
                let sent = GroupMessageIn { content, ..message.clone() };
                let id = app.reach.create_group_message(tx, &sent, app.now())?;
                said.used(app, tx, "group_message", &id)?;
                let detail = json!({ "name": message.name, "groups": message.groups.len() });
                note(app, tx, &caller, "group_message.create", &id, &detail)?;
                Ok(id)
            })?;
            app.reach.group_message(tx, None, &id)
        })
    });
    Ok(Created(row.await?.into()))
}

/// Lists messages to groups, newest first.
///
/// 群发到群列表，新的在前。
#[utoipa::path(get, path = "/wecom/group-messages", tag = "WeCom", params(PagingParams), responses((status = 200, body = Items<GroupMessageOut>)))]
async fn list(may: May<PeopleRead>, page: Paging, State(app): State<App>) -> Answer<Json<Items<GroupMessageOut>>> {
    let (caller, limit) = (may.caller, page.limit);
    let rows = app.run(move |app| {
        read(app, |tx| {
            let staff = Reader::new(app, tx, &caller)?.staff(tx)?;
            app.reach.group_messages(tx, staff.as_deref(), page.after.as_deref(), limit as i64)
        })
    });
    let rows = rows.await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.id.clone());
    Ok(Json(Items::new(rows.into_iter().map(GroupMessageOut::from).collect(), next)))
}

/// Shows a message to groups: each owner's part, and groups by end and reason.
///
/// 群发到群详情：各群主进度与结果。
///
/// Errors: `message_unknown`.
#[utoipa::path(get, path = "/wecom/group-messages/{id}", tag = "WeCom", params(("id" = String, Path)), responses((status = 200, body = GroupMessageWhole)))]
async fn get(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<GroupMessageWhole>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let staff = Reader::new(app, tx, &caller)?.staff(tx)?;
            let row = app.reach.group_message(tx, staff.as_deref(), &id)?;
            let reasons = app.reach.group_message_reasons(tx, staff.as_deref(), &id)?.into_iter();
            let mut tasks = app.reach.group_message_tasks(tx, &id)?;
            tasks.retain(|own| within(staff.as_deref(), &own.userid));
            Ok(GroupMessageWhole {
                content: row.content.clone().into(),
                material: made_of(app, tx, "group_message", &id)?,
                row: row.into(),
                reasons: reasons
                    .map(|(state, reason, groups)| GroupMessageReason { state: state.name(), reason, groups })
                    .collect(),
                owners: tasks.into_iter().map(GroupMessageTask::from).collect(),
            })
        })
    });
    answer.await.map(Json)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GroupMessageQuery {
    /// `waiting`, `sent`, `skipped` or `failed`.
    state: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct GroupMessageGroup {
    group: String,
    name: String,
    /// Customers in it when the message was made.
    members: i64,
    owner: String,
    state: &'static str,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
}

/// Lists the groups of a message and what became of each.
///
/// 群发到群的各群结果。
///
/// Errors: `message_unknown`, `message_state`.
#[utoipa::path(get, path = "/wecom/group-messages/{id}/groups", tag = "WeCom", params(("id" = String, Path), GroupMessageQuery), responses((status = 200, body = Items<GroupMessageGroup>)))]
async fn groups(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<GroupMessageQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<GroupMessageGroup>>> {
    let (caller, limit) = (may.caller, page.limit);
    let state = match q.state.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => Some(PersonState::parse(text).ok_or_else(wrong_state)?),
        None => None,
    };
    let rows = app.run(move |app| {
        read(app, |tx| {
            let staff = Reader::new(app, tx, &caller)?.staff(tx)?;
            app.reach.group_message(tx, staff.as_deref(), &id)?;
            let (message, after) = (id.clone(), page.after.clone());
            let query = GroupQuery { message, state, staff, after, limit: limit as i64 };
            app.reach.group_message_groups(tx, &query)
        })
    });
    let rows = rows.await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.chat.clone());
    let shown = |row: siyu_reach::GroupResult| GroupMessageGroup {
        group: row.chat,
        name: row.name,
        members: row.members,
        owner: row.userid,
        state: row.state.name(),
        reason: row.reason,
        at: row.at,
    };
    Ok(Json(Items::new(rows.into_iter().map(shown).collect(), next)))
}

/// Asks owners who have not confirmed again. WeCom takes three reminders of a task in 24 hours.
///
/// 提醒未确认的群主，每个任务 24 小时内最多 3 次。
///
/// Errors: `message_unknown`, `message_over`, `message_part`.
#[utoipa::path(post, path = "/wecom/group-messages/{id}/remind", tag = "WeCom", params(("id" = String, Path)), responses((status = 204)))]
async fn remind(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            whole(app, tx, &caller, &id)?;
            let tasks = app.reach.remind_group_message(tx, &id, app.now())?;
            note(app, tx, &caller, "group_message.remind", &id, &json!({ "tasks": tasks }))
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
#[utoipa::path(post, path = "/wecom/group-messages/{id}/cancel", tag = "WeCom", params(("id" = String, Path)), responses((status = 204)))]
async fn cancel(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            whole(app, tx, &caller, &id)?;
            app.reach.cancel_group_message(tx, &id, app.now())?;
            note(app, tx, &caller, "group_message.cancel", &id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}

/// For what concerns all who are asked to send a message. Errors: `message_unknown`, `message_part`.
fn whole(app: &App, tx: &mut Tx<'_>, caller: &Caller, id: &str) -> Result<(), Refusal> {
    app.reach.group_message(tx, None, id)?;
    let tasks = app.reach.group_message_tasks(tx, id)?;
    must_be_whole(app, tx, caller, tasks.iter().map(|own| own.userid.as_str()), siyu_reach::message_unknown())
}
