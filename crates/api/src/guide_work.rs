//! A guide's tasks and numbers.

use crate::error::Answer;
use crate::extract::PagingParams;
use crate::guide_seat::Staff;
use crate::guide_shapes::{GuideBoard, GuideTask, unit};
use crate::people_reader::{by, note, read};
use crate::{App, At, Body, Endpoints, Items, Paging, Query, Workspace, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_access::Permission;
use siyu_guides::{Counts, Figures, TaskIn, TaskQuery};
use siyu_kernel::{Refusal, Time, Zone};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(tasks, give, done, skip, boards, numbers)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GuideTaskQuery {
    /// `open` (when absent; late ones among them, the most urgent first), `late`, or `ended` (the newest first).
    state: Option<String>,
    /// A member of staff the caller looks after; empty for all of them; the caller when absent.
    staff: Option<String>,
    /// Tasks about this group only.
    chat_id: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideTaskIn {
    /// `follow_up`, `message`, `call`, `invite`, `group` or `other`.
    kind: String,
    /// 1 to 500 characters.
    text: String,
    /// Whose it is; the caller when absent.
    staff: Option<String>,
    external_userid: Option<String>,
    chat_id: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Time>,
}

#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct GuideResultIn {
    /// What came of it; why it was skipped.
    result: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GuideSpanQuery {
    /// Calendar days, today the last; 7 when absent.
    days: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct GuideNumbers {
    days: i64,
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    currency: String,
    mine: GuideCounts,
    /// Null for whoever belongs to no store.
    store: Option<GuideCounts>,
    /// What WeCom counts, up to yesterday; null when it could not be asked.
    figures: Option<GuideFigures>,
    store_figures: Option<GuideFigures>,
    /// The code of why not.
    figures_missing: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct GuideCounts {
    /// Members of staff that are counted.
    staff: i64,
    customers: i64,
    /// Friends, and whoever shares a customer group.
    assets: i64,
    added: i64,
    lost: i64,
    lost_by_customer: i64,
    buyers: i64,
    orders: i64,
    /// Gross, in minor units.
    amount: i64,
    refunded: i64,
    tasks_done: i64,
    tasks_done_late: i64,
    tasks_open: i64,
    tasks_late: i64,
}

impl From<Counts> for GuideCounts {
    fn from(own: Counts) -> Self {
        Self {
            staff: own.staff,
            customers: own.customers,
            assets: own.assets,
            added: own.added,
            lost: own.lost,
            lost_by_customer: own.lost_by_customer,
            buyers: own.buyers,
            orders: own.orders,
            amount: own.amount,
            refunded: own.refunded,
            tasks_done: own.tasks_done,
            tasks_done_late: own.tasks_done_late,
            tasks_open: own.tasks_open,
            tasks_late: own.tasks_late,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct GuideFigures {
    /// Days WeCom has counted, of those asked for.
    days: i64,
    chats: i64,
    messages: i64,
    /// Percent; null when there was no chat.
    answered: Option<f64>,
    /// To the first answer.
    minutes: Option<f64>,
    negative: i64,
}

impl From<Figures> for GuideFigures {
    fn from(own: Figures) -> Self {
        let Figures { days, chats, messages, answered, minutes, negative } = own;
        Self { days, chats, messages, answered, minutes, negative }
    }
}

/// Lists tasks: the caller's own, or those of staff the caller looks after.
///
/// 我的任务；店长可查看所管成员的任务。
///
/// Errors: `guide_staff_unknown`, `page_token`.
#[utoipa::path(get, path = "/guide/tasks", tag = "Guide", params(GuideTaskQuery, PagingParams), responses((status = 200, body = Items<GuideTask>)))]
async fn tasks(
    me: Staff,
    Query(query): Query<GuideTaskQuery>,
    paging: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<GuideTask>>> {
    let answer = app.run(move |app| {
        read(app, |tx| {
            let asked = TaskQuery {
                state: query.state.clone().unwrap_or_default(),
                staff: query.staff.clone(),
                nodes: None,
                chat: query.chat_id.clone(),
                after: paging.after.clone(),
                limit: paging.limit as i64 + 1,
            };
            let mut rows = app.guides.tasks(tx, &me.seat, &asked)?;
            let more = rows.len() > paging.limit;
            rows.truncate(paging.limit);
            let next = rows.last().filter(|_| more).map(|row| row.token.clone());
            Ok(Items::new(rows.into_iter().map(GuideTask::from).collect(), next))
        })
    });
    answer.await.map(Json)
}

/// Gives a task: to oneself, or to staff the caller looks after.
///
/// 新建任务：给自己或所管成员，可关联客户或群。
///
/// Errors: `guide_text`, `task_kind`, `task_about`, `guide_staff_unknown`, `guide_customer_unknown`, `guide_group_unknown`.
#[utoipa::path(post, path = "/guide/tasks", tag = "Guide", request_body = GuideTaskIn, responses((status = 200, body = GuideTask)))]
async fn give(me: Staff, State(app): State<App>, Body(input): Body<GuideTaskIn>) -> Answer<Json<GuideTask>> {
    let answer = app.run(move |app| {
        unit(app, &me, move |app, tx, me| {
            me.caller.must(Permission::PeopleWrite)?;
            let staff = input.staff.clone().unwrap_or_else(|| me.seat.userid.clone());
            if !me.seat.covers(&staff.trim().to_lowercase()) {
                return Err(staff_unknown());
            }
            let num = match &input.external_userid {
                None => None,
                Some(id) => Some(app.guides.customer(tx, &me.seat, id)?.num),
            };
            if let Some(chat) = &input.chat_id {
                app.guides.group(tx, &me.seat, chat)?;
            }
            let task = TaskIn {
                staff,
                kind: input.kind.clone(),
                num,
                chat: input.chat_id.clone(),
                text: input.text.clone(),
                due_at: input.due_at,
                source: "guide".into(),
                origin: None,
                by: by(&me.caller),
            };
            let task = app.guides.give(tx, &task)?;
            note(app, tx, &me.caller, "task.give", &task.id, &json!({ "staff": task.staff, "kind": task.kind }))?;
            Ok(task)
        })
    });
    Ok(Json(answer.await?.into()))
}

fn staff_unknown() -> Refusal {
    Refusal::not_found(
        "guide_staff_unknown",
        "There is no such member of staff among those you look after.",
        "您管理的成员中没有该成员。",
    )
}

fn end(app: &App, me: &Staff, id: String, done: bool, result: Option<String>) -> Result<GuideTask, Refusal> {
    unit(app, me, move |app, tx, me| {
        me.caller.must(Permission::PeopleWrite)?;
        Ok(app.guides.end_task(tx, &me.seat, &id, done, result.as_deref())?.into())
    })
}

/// Ends a task as done, with what came of it.
///
/// 完成任务。
///
/// Errors: `task_unknown`, `task_over`, `guide_text`.
#[utoipa::path(post, path = "/guide/tasks/{id}/done", tag = "Guide", params(("id" = String, Path)), request_body = GuideResultIn, responses((status = 200, body = GuideTask)))]
async fn done(
    me: Staff,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<GuideResultIn>,
) -> Answer<Json<GuideTask>> {
    app.run(move |app| end(app, &me, id, true, input.result)).await.map(Json)
}

/// Ends a task as skipped, with the reason.
///
/// 跳过任务，须填写原因。
///
/// Errors: `task_unknown`, `task_over`, `task_reason`, `guide_text`.
#[utoipa::path(post, path = "/guide/tasks/{id}/skip", tag = "Guide", params(("id" = String, Path)), request_body = GuideResultIn, responses((status = 200, body = GuideTask)))]
async fn skip(
    me: Staff,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<GuideResultIn>,
) -> Answer<Json<GuideTask>> {
    app.run(move |app| end(app, &me, id, false, input.result)).await.map(Json)
}

/// Counts tasks per member of staff the caller looks after.
///
/// 所管成员的任务完成情况。
///
/// Errors: `guide_span`.
#[utoipa::path(get, path = "/guide/board", tag = "Guide", params(GuideSpanQuery), responses((status = 200, body = Items<GuideBoard>)))]
async fn boards(
    me: Staff,
    Query(query): Query<GuideSpanQuery>,
    State(app): State<App>,
) -> Answer<Json<Items<GuideBoard>>> {
    let answer = app.run(move |app| {
        read(app, |tx| {
            let workspace = Workspace::load(tx)?;
            let zone = Zone::named(&workspace.timezone).map_err(Refusal::internal)?;
            let span = siyu_guides::Span::last(query.days.unwrap_or(7), &zone, app.now())?;
            let rows = app.guides.boards_of(tx, &me.seat, span.from)?;
            Ok(Items::all(rows.into_iter().map(GuideBoard::from).collect()))
        })
    });
    answer.await.map(Json)
}

/// Shows the caller's numbers beside those of their store.
///
/// 我的数据：新增好友、流失、订单与销售额、任务、消息，并与本店对比。
///
/// Errors: `guide_span`.
#[utoipa::path(get, path = "/guide/numbers", tag = "Guide", params(GuideSpanQuery), responses((status = 200, body = GuideNumbers)))]
async fn numbers(me: Staff, Query(query): Query<GuideSpanQuery>, State(app): State<App>) -> Answer<Json<GuideNumbers>> {
    let answer = app.run(move |app| {
        me.caller.must(Permission::OrdersRead)?;
        let workspace = app.db.read(|tx| Ok(Workspace::load(tx)?))?;
        let zone = Zone::named(&workspace.timezone).map_err(Refusal::internal)?;
        let own = app.guides.numbers(&me.seat, query.days.unwrap_or(7), &zone, &workspace.currency)?;
        Ok(GuideNumbers {
            days: own.span.days,
            from: own.span.from,
            currency: workspace.currency,
            mine: own.mine.into(),
            store: own.store.map(GuideCounts::from),
            figures: own.figures.map(GuideFigures::from),
            store_figures: own.store_figures.map(GuideFigures::from),
            figures_missing: own.figures_missing.map(str::to_owned),
        })
    });
    answer.await.map(Json)
}
