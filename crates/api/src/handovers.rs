//! Hand-overs of customers and groups: the forecast, the job, everybody in it.

use crate::error::Answer;
use crate::gate::{HandoverRun, PeopleRead};
use crate::people_reader::{Reader, audience, by, note, read, sees, write};
use crate::people_tags::number_after;
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_audience::{Rule, Scope};
use siyu_contacts::{Forecast, HandoverIn, HandoverItem, HandoverJob, ItemQuery, Only, TakerIn, What, handover_reason};
use siyu_db::Tx;
use siyu_kernel::{Refusal, Time};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, forecast, add, one, items, cancel, leavers, read_leavers)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HandoverTaker {
    /// A userid.
    staff: String,
    /// Shares follow the weights, 1 to 100; 1 when absent.
    weight: Option<i64>,
}

/// Of `ids`, `people`, `tag` and `audience` one at most; without any all customers or groups of those who hand over.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HandoverNew {
    /// `customers` or `groups`.
    what: String,
    /// Userids of those who hand over, at work or gone.
    from: Vec<String>,
    to: Vec<HandoverTaker>,
    /// Customers go to those of the store they bought in last, when there are some.
    #[serde(default)]
    by_store: bool,
    /// WeCom's ids of customers or groups.
    ids: Option<Vec<String>>,
    /// `psn_…`
    people: Option<Vec<String>>,
    /// A tag's id.
    tag: Option<String>,
    /// An audience's id.
    audience: Option<String>,
    /// Why; it stands in the customers' history.
    reason: String,
    /// What customers of somebody at work are told, at most 200 characters; WeCom's own words when absent.
    message: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct HandoverWhy {
    code: String,
    /// In the reader's language.
    label: String,
    /// WeCom's number for it.
    wecom: Option<i64>,
    count: i64,
}

#[derive(Serialize, ToSchema)]
struct HandoverShare {
    staff: String,
    name: String,
    store: String,
    /// Customers now.
    has: i64,
    gets: i64,
}

#[derive(Serialize, ToSchema)]
struct HandoverForecast {
    total: i64,
    ready: i64,
    not: Vec<HandoverWhy>,
    to: Vec<HandoverShare>,
    /// Days it takes to send all.
    days: i64,
    /// Whether customers have a day to refuse.
    at_work: bool,
}

#[derive(Serialize, ToSchema)]
struct HandoverCountsOut {
    total: i64,
    planned: i64,
    sending: i64,
    sent: i64,
    waiting: i64,
    done: i64,
    refused: i64,
    skipped: i64,
    cancelled: i64,
}

#[derive(Serialize, ToSchema)]
struct HandoverOut {
    id: String,
    /// `customers` or `groups`.
    what: String,
    /// `running`, `done` or `cancelled`.
    state: String,
    reason: String,
    message: String,
    /// Names of those who hand over.
    from: Vec<String>,
    to: Vec<String>,
    /// They add up to the total at every instant.
    counts: HandoverCountsOut,
    /// Why not, the most frequent first; in a list empty.
    not: Vec<HandoverWhy>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Time>,
    /// When WeCom is asked next.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Time>,
    /// The code of what it waits for.
    error: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct HandoverItemOut {
    id: String,
    /// WeCom's id of the customer or group.
    target: String,
    /// Only of people the reader may see.
    person: Option<String>,
    name: String,
    from: String,
    from_name: String,
    to: String,
    to_name: String,
    /// `planned`, `sending`, `sent`, `waiting`, `done`, `refused`, `skipped` or `cancelled`.
    state: String,
    code: Option<String>,
    /// Why not, in the reader's language.
    label: Option<String>,
    wecom: Option<i64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Time>,
    /// When a transfer that waits takes effect.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    settled_at: Option<Time>,
}

#[derive(Serialize, ToSchema)]
struct HandoverLeaver {
    staff: String,
    name: String,
    store: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    left_at: Option<Time>,
    /// Customers without a guide.
    customers: i64,
    /// Of them those in a hand-over.
    on_the_way: i64,
    groups: i64,
}

/// A sentence for why somebody is not handed over: ours, or that of WeCom's code.
pub(crate) fn label(code: &str, wecom: Option<i64>, zh: bool) -> String {
    let pick = |(en, zh_text): (&'static str, &'static str)| (if zh { zh_text } else { en }).to_owned();
    match (handover_reason(code), wecom) {
        (Some(own), _) => pick(own),
        (None, Some(number)) => {
            let entry = siyu_wecom::codes::of(number);
            pick((entry.en, entry.zh))
        }
        (None, None) => {
            let entry = siyu_wecom::codes::all().iter().find(|own| own.name == code);
            entry.map_or_else(|| code.to_owned(), |own| pick((own.en, own.zh)))
        }
    }
}

fn why(code: &str, wecom: Option<i64>, count: i64, zh: bool) -> HandoverWhy {
    HandoverWhy { code: code.to_owned(), label: label(code, wecom, zh), wecom, count }
}

fn shown(job: HandoverJob, not: Vec<HandoverWhy>) -> HandoverOut {
    let own = job.counts;
    HandoverOut {
        id: job.id,
        what: job.what,
        state: job.state,
        reason: job.reason,
        message: job.message,
        from: job.from,
        to: job.to,
        counts: HandoverCountsOut {
            total: own.total(),
            planned: own.planned,
            sending: own.sending,
            sent: own.sent,
            waiting: own.waiting,
            done: own.done,
            refused: own.refused,
            skipped: own.skipped,
            cancelled: own.cancelled,
        },
        not,
        created_at: job.created_at,
        created_by: job.created_by,
        ended_at: job.ended_at,
        due_at: job.due_at,
        error: job.error,
    }
}

fn predicted(own: Forecast, zh: bool) -> HandoverForecast {
    HandoverForecast {
        total: own.total,
        ready: own.ready,
        not: own.not.into_iter().map(|(code, count)| why(code, None, count, zh)).collect(),
        to: own
            .takers
            .into_iter()
            .map(|one| HandoverShare {
                staff: one.userid,
                name: one.name,
                store: one.store,
                has: one.has,
                gets: one.gets,
            })
            .collect(),
        days: own.days,
        at_work: own.at_work,
    }
}

/// What was asked for, with its people found among those the caller may see.
fn meant(app: &App, tx: &mut Tx<'_>, reader: &Reader, own: &HandoverNew) -> Result<HandoverIn, Refusal> {
    let wrong = |field: &str, en: &str, zh: &str| Refusal::invalid("handover_input", en, zh).field(field);
    let what = What::parse(&own.what);
    let what = what.ok_or_else(|| wrong("what", "`what` is customers or groups.", "what 为 customers 或 groups。"))?;
    let given = [own.ids.is_some(), own.people.is_some(), own.tag.is_some(), own.audience.is_some()];
    if given.iter().filter(|given| **given).count() > 1 {
        return Err(wrong(
            "ids",
            "Give one of ids, people, tag and audience.",
            "ids、people、tag、audience 只能填一个。",
        ));
    }
    if what == What::Groups && own.ids.is_none() && given.contains(&true) {
        return Err(wrong("ids", "Groups are named by their ids.", "交接群时请用 ids 指定。"));
    }
    let rule = match (&own.tag, &own.audience) {
        (Some(tag), _) => Some(("tag", tag)),
        (_, Some(audience)) => Some(("audience", audience)),
        _ => None,
    };
    let only = if let Some((field, id)) = rule {
        let rule = Rule::parse(&json!({ "field": field, "op": "eq", "value": id }))?;
        let plan = audience(app).plan(tx, &rule, None, &reader.ctx)?;
        Only::People(audience(app).members(tx, &plan, &reader.scope, &reader.ctx)?.into_iter().collect())
    } else if let Some(people) = &own.people {
        let found = people.iter().map(|id| Ok(reader.find(app, tx, id)?.1)).collect::<Result<_, Refusal>>()?;
        Only::People(found)
    } else {
        own.ids.clone().map_or(Only::All, Only::Ids)
    };
    Ok(HandoverIn {
        what,
        from: own.from.clone(),
        to: own.to.iter().map(|one| TakerIn { staff: one.staff.clone(), weight: one.weight.unwrap_or(1) }).collect(),
        by_store: own.by_store,
        only,
        reason: own.reason.clone(),
        message: own.message.clone().unwrap_or_default(),
    })
}

/// A hand-over reaches no further than its reader: everybody concerned must belong to the reader's stores. It is no business of guides.
fn within(reader: &Reader, stores: &[String]) -> bool {
    match &reader.scope {
        Scope::All => true,
        Scope::Stores(codes) => stores.iter().all(|own| !own.is_empty() && codes.contains(own)),
        Scope::Staff { .. } => false,
    }
}
fn out_of_scope() -> Refusal {
    Refusal::forbidden(
        "handover_scope",
        "You may hand over between the staff of your own stores only.",
        "只能在本门店的员工之间交接。",
    )
}
pub(crate) fn find(app: &App, tx: &mut Tx<'_>, reader: &Reader, id: &str) -> Result<HandoverJob, Refusal> {
    let job = app.contacts.handover(tx, id)?;
    if within(reader, job.stores()) { Ok(job) } else { Err(siyu_contacts::handover_unknown()) }
}

/// Lists hand-overs, newest first. Readers limited to some stores see those between their own staff.
///
/// 交接任务列表，新的在前；仅看部分门店的用户只看到本门店员工之间的交接。
#[utoipa::path(get, path = "/handovers", tag = "Staff", params(crate::extract::PagingParams), responses((status = 200, body = Items<HandoverOut>)))]
async fn list(may: May<PeopleRead>, page: Paging, State(app): State<App>) -> Answer<Json<Items<HandoverOut>>> {
    let (caller, before) = (may.caller, number_after(page.after.as_deref())?);
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let rows = app.contacts.handovers(tx, before, page.limit as i64)?;
            let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.num.to_string());
            let seen = |row: &HandoverJob| within(&reader, row.stores());
            let out = rows.into_iter().filter(seen).map(|row| shown(row, Vec::new()));
            Ok(Items::new(out.collect(), next))
        })
    });
    answer.await.map(Json)
}

/// Foresees a hand-over: how many can be handed over, how many not and why, and who gets how many. Nothing is sent.
///
/// 交接预测：可交接多少、不可交接多少及原因、每位接手人分到多少；不会发出任何请求。
///
/// Errors: `handover_input`, `handover_scope`, `person_unknown`, and those of rules.
#[utoipa::path(post, path = "/handovers/forecast", tag = "Staff", request_body = HandoverNew, responses((status = 200, body = HandoverForecast)))]
async fn forecast(
    may: May<HandoverRun>,
    State(app): State<App>,
    Body(input): Body<HandoverNew>,
) -> Answer<Json<HandoverForecast>> {
    let caller = may.caller;
    let zh = caller.locale == siyu_access::Locale::Zh;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let input = meant(app, tx, &reader, &input)?;
            let forecast = app.contacts.forecast_handover(tx, &input, app.now())?;
            if within(&reader, &forecast.stores) { Ok(predicted(forecast, zh)) } else { Err(out_of_scope()) }
        })
    });
    answer.await.map(Json)
}

/// Begins a hand-over. Customers of somebody at work have a day to refuse.
///
/// 发起交接；在职员工的客户 24 小时内可拒绝。
///
/// Errors: `wecom_not_connected`, `handover_input`, `handover_empty`, `handover_scope`, `person_unknown`, and those of rules.
#[utoipa::path(post, path = "/handovers", tag = "Staff", request_body = HandoverNew, responses((status = 201, body = HandoverOut)))]
async fn add(
    may: May<HandoverRun>,
    State(app): State<App>,
    Body(input): Body<HandoverNew>,
) -> Answer<Created<HandoverOut>> {
    let caller = may.caller;
    let zh = caller.locale == siyu_access::Locale::Zh;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let input = meant(app, tx, &reader, &input)?;
            let job = app.contacts.start_handover(tx, &input, &by(&caller), app.now())?;
            if !within(&reader, job.stores()) {
                return Err(out_of_scope());
            }
            let detail = json!({ "what": job.what, "from": input.from, "to": job.to.len(), "items": job.counts.total(), "reason": job.reason });
            note(app, tx, &caller, "handover.begin", &job.id, &detail)?;
            let not = reasons(app, tx, &job, zh)?;
            Ok(shown(job, not))
        })
    });
    answer.await.map(Created)
}

fn reasons(app: &App, tx: &mut Tx<'_>, job: &HandoverJob, zh: bool) -> Result<Vec<HandoverWhy>, Refusal> {
    let rows = app.contacts.handover_reasons(tx, job.num)?;
    Ok(rows.into_iter().map(|(code, count, wecom)| why(&code, wecom, count, zh)).collect())
}

/// Shows one hand-over and how far it has come.
///
/// 交接任务详情与进度。
///
/// Errors: `handover_unknown`.
#[utoipa::path(get, path = "/handovers/{id}", tag = "Staff", params(("id" = String, Path)), responses((status = 200, body = HandoverOut)))]
async fn one(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<HandoverOut>> {
    let caller = may.caller;
    let zh = caller.locale == siyu_access::Locale::Zh;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let job = find(app, tx, &reader, &id)?;
            let not = reasons(app, tx, &job, zh)?;
            Ok(shown(job, not))
        })
    });
    answer.await.map(Json)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct HandoverItemParams {
    /// `planned`, `sending`, `sent`, `waiting`, `done`, `refused`, `skipped` or `cancelled`.
    state: Option<String>,
    /// Why not, by its code.
    code: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

/// Lists the customers or groups of a hand-over, each with what became of it.
///
/// 交接任务的客户或群，逐一列出结果。
///
/// Errors: `handover_unknown`, `page_token`.
#[utoipa::path(get, path = "/handovers/{id}/items", tag = "Staff", params(("id" = String, Path), HandoverItemParams), responses((status = 200, body = Items<HandoverItemOut>)))]
async fn items(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<HandoverItemParams>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<HandoverItemOut>>> {
    let (caller, after) = (may.caller, number_after(page.after.as_deref())?);
    let query = ItemQuery {
        state: q.state.unwrap_or_default(),
        code: q.code.unwrap_or_default(),
        after: after.unwrap_or(0),
        limit: page.limit as i64,
    };
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let job = find(app, tx, &reader, &id)?;
            let rows = app.contacts.handover_items(tx, job.num, &query)?;
            let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.id.to_string());
            let zh = caller.locale == siyu_access::Locale::Zh;
            let out = rows.into_iter().map(|row| item(app, tx, &reader, row, zh)).collect::<Result<_, _>>()?;
            Ok(Items::new(out, next))
        })
    });
    answer.await.map(Json)
}

/// Whether the reader may see whose name it is; groups are open to whoever sees the hand-over.
pub(crate) fn may_name(app: &App, tx: &mut Tx<'_>, reader: &Reader, row: &HandoverItem) -> Result<bool, Refusal> {
    row.num.map_or(Ok(true), |num| sees(app, tx, reader, num))
}

fn item(app: &App, tx: &mut Tx<'_>, reader: &Reader, row: HandoverItem, zh: bool) -> Result<HandoverItemOut, Refusal> {
    let open = may_name(app, tx, reader, &row)?;
    Ok(HandoverItemOut {
        id: row.id.to_string(),
        person: row.num.filter(|_| open).map(|num| app.people.id(num)),
        name: if open { row.name } else { String::new() },
        target: row.target,
        from: row.from,
        from_name: row.from_name,
        to: row.to,
        to_name: row.to_name,
        state: row.state,
        label: row.code.as_deref().map(|code| label(code, row.wecom, zh)),
        code: row.code,
        wecom: row.wecom,
        sent_at: row.sent_at,
        due_at: row.due_at,
        settled_at: row.settled_at,
    })
}

/// Stops what has not been sent. What WeCom has taken goes on.
///
/// 取消未发出的部分；企业微信已受理的继续。
///
/// Errors: `handover_unknown`, `handover_over`.
#[utoipa::path(post, path = "/handovers/{id}/cancel", tag = "Staff", params(("id" = String, Path)), responses((status = 200, body = HandoverOut)))]
async fn cancel(may: May<HandoverRun>, At(id): At<String>, State(app): State<App>) -> Answer<Json<HandoverOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let reader = Reader::new(app, tx, &caller)?;
            find(app, tx, &reader, &id)?;
            let job = app.contacts.cancel_handover(tx, &id, app.now())?;
            note(app, tx, &caller, "handover.cancel", &job.id, &json!({ "cancelled": job.counts.cancelled }))?;
            Ok(shown(job, Vec::new()))
        })
    });
    answer.await.map(Json)
}

/// Lists staff who have left and whose customers or groups wait, the most first.
///
/// 已离职且仍有待交接客户或群的员工，多的在前。
#[utoipa::path(get, path = "/handovers/leavers", tag = "Staff", responses((status = 200, body = Items<HandoverLeaver>)))]
async fn leavers(may: May<PeopleRead>, State(app): State<App>) -> Answer<Json<Items<HandoverLeaver>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let rows = app.contacts.leavers(tx)?;
            let seen = rows.into_iter().filter(|row| within(&reader, std::slice::from_ref(&row.store)));
            let out = seen.map(|row| HandoverLeaver {
                staff: row.userid,
                name: row.name,
                store: row.store,
                left_at: row.left_at,
                customers: row.customers,
                on_the_way: row.on_the_way,
                groups: row.groups,
            });
            Ok(Items::all(out.collect()))
        })
    });
    answer.await.map(Json)
}

/// Has WeCom's list of customers whose guide has left read again, within seconds.
///
/// 重新读取企业微信的待分配客户列表。
///
/// Errors: `wecom_not_connected`.
#[utoipa::path(post, path = "/handovers/leavers/read", tag = "Staff", responses((status = 204)))]
async fn read_leavers(_: May<HandoverRun>, State(app): State<App>) -> Answer<NoContent> {
    let done = app.run(|app| {
        write(app, |app, tx| {
            app.contacts.connected(tx)?;
            Ok(app.contacts.read_leavers_soon(tx, app.now())?)
        })
    });
    done.await?;
    Ok(NoContent)
}
