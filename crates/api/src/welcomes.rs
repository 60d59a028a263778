//! Welcomes: rules in their order, what they have done, and trying them.

use crate::error::Answer;
use crate::gate::{MessagesWrite, PeopleRead};
use crate::people_reader::{Reader, audience, by, note, read, write};
use crate::people_tags::number_after;
use crate::said::{Said, made_of};
use crate::welcome_shapes::{
    MessageContent, MessageShown, WelcomeHistory, WelcomeIn, WelcomeNumbers, WelcomeOut, histories, numbers,
};
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_db::Tx;
use siyu_kernel::{Refusal, Time};
use siyu_reach::content::{Content, NAMES, Values};
use siyu_reach::{Outcome, OutcomeQuery, RuleIn, TestIn};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, add, order, try_out, preview, variables, arrivals, get, change, delete)
}

const DAYS: i64 = 30;
const DAYS_MAX: i64 = 366;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WelcomeDays {
    /// Numbers of the last so many days (30 when absent).
    #[param(minimum = 1, maximum = 366)]
    days: Option<i64>,
}

fn since(days: Option<i64>, now: Time) -> Time {
    now.plus_days(-days.unwrap_or(DAYS).clamp(1, DAYS_MAX))
}

#[derive(Serialize, ToSchema)]
struct WelcomeList {
    /// In the order they are tried: the first that fits greets.
    items: Vec<WelcomeOut>,
    /// Arrivals that no rule was found for, or that came without a welcome code.
    without_rule: WelcomeNumbers,
    /// All arrivals, those greeted by welcomes that were deleted included.
    total: WelcomeNumbers,
}

/// Lists welcomes in the order they are tried, with what each has done.
///
/// 欢迎语列表（按匹配顺序）及各自的发送情况。
#[utoipa::path(get, path = "/wecom/welcomes", tag = "WeCom", params(WelcomeDays), responses((status = 200, body = WelcomeList)))]
async fn list(may: May<PeopleRead>, Query(q): Query<WelcomeDays>, State(app): State<App>) -> Answer<Json<WelcomeList>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let tallies = app.reach.welcome_tallies(tx, since(q.days, app.now()), reader.stores())?;
            let mut total = WelcomeNumbers::default();
            tallies.iter().for_each(|tally| total.add(tally));
            let mut own = numbers(&tallies);
            let rows = app.reach.welcomes(tx)?;
            let mut items = Vec::with_capacity(rows.len());
            for row in rows {
                let (numbers, material) = (own.remove(&row.id).unwrap_or_default(), made_of(app, tx, USE, &row.id)?);
                items.push(WelcomeOut::new(row, numbers, material));
            }
            Ok(WelcomeList { items, without_rule: own.remove("").unwrap_or_default(), total })
        })
    });
    answer.await.map(Json)
}

/// Adds a welcome behind all others.
///
/// 新增欢迎语，排在最后。
///
/// Errors: `welcome_rule`, `welcome_limit`, `material_or_content`, `material_unknown`, `material_unapproved`, `content_invalid`, `content_template`, `content_variable`.
#[utoipa::path(post, path = "/wecom/welcomes", tag = "WeCom", request_body = WelcomeIn, responses((status = 201, body = WelcomeOut)))]
async fn add(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<WelcomeIn>,
) -> Answer<Created<WelcomeOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let (rule, said) = given(app, tx, &input)?;
            let row = app.reach.add_welcome(tx, &rule, &by(&caller), app.now())?;
            said.used(app, tx, USE, &row.id)?;
            note(app, tx, &caller, "welcome.add", &row.id, &json!({ "name": row.name }))?;
            let material = made_of(app, tx, USE, &row.id)?;
            Ok(WelcomeOut::new(row, WelcomeNumbers::default(), material))
        })
    });
    answer.await.map(Created)
}

/// What uses of materials call a welcome.
const USE: &str = "welcome";

/// The rule, with what its material says; links of that count who comes.
fn given(app: &App, tx: &mut Tx<'_>, input: &WelcomeIn) -> Result<(RuleIn, Said), Refusal> {
    let said = Said::of(app, tx, &input.content, input.material.as_ref())?;
    let content = said.sent(app, tx)?;
    Ok((RuleIn { content, ..RuleIn::from(input.clone()) }, said))
}

/// Shows one welcome.
///
/// 欢迎语详情。
///
/// Errors: `welcome_unknown`.
#[utoipa::path(get, path = "/wecom/welcomes/{id}", tag = "WeCom", params(("id" = String, Path), WelcomeDays), responses((status = 200, body = WelcomeOut)))]
async fn get(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<WelcomeDays>,
    State(app): State<App>,
) -> Answer<Json<WelcomeOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            shown(app, tx, &reader, &id, q.days)
        })
    });
    answer.await.map(Json)
}

fn shown(
    app: &App,
    tx: &mut siyu_db::Tx<'_>,
    reader: &Reader,
    id: &str,
    days: Option<i64>,
) -> Result<WelcomeOut, Refusal> {
    let row = app.reach.welcome(tx, id)?;
    let tallies = app.reach.welcome_tallies(tx, since(days, app.now()), reader.stores())?;
    let numbers = numbers(&tallies).remove(id).unwrap_or_default();
    let material = made_of(app, tx, USE, id)?;
    Ok(WelcomeOut::new(row, numbers, material))
}

/// Replaces a welcome's rule and content. A change works within a second.
///
/// 修改欢迎语，一秒内生效。
///
/// Errors: as for adding one; `welcome_unknown`, `welcome_changed`.
#[utoipa::path(put, path = "/wecom/welcomes/{id}", tag = "WeCom", params(("id" = String, Path)), request_body = WelcomeIn, responses((status = 200, body = WelcomeOut)))]
async fn change(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<WelcomeIn>,
) -> Answer<Json<WelcomeOut>> {
    let (caller, version) = (may.caller, input.version);
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let (rule, said) = given(app, tx, &input)?;
            let row = app.reach.change_welcome(tx, &id, &rule, version, &by(&caller), app.now())?;
            said.used(app, tx, USE, &id)?;
            note(app, tx, &caller, "welcome.change", &id, &json!({ "name": row.name, "active": row.active }))?;
            let reader = Reader::new(app, tx, &caller)?;
            shown(app, tx, &reader, &id, None)
        })
    });
    answer.await.map(Json)
}

/// Deletes a welcome. What it has sent stays on record.
///
/// 删除欢迎语，发送记录保留。
///
/// Errors: `welcome_unknown`.
#[utoipa::path(delete, path = "/wecom/welcomes/{id}", tag = "WeCom", params(("id" = String, Path)), responses((status = 204)))]
async fn delete(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            let row = app.reach.delete_welcome(tx, &id)?;
            note(app, tx, &caller, "welcome.delete", &id, &json!({ "name": row.name }))
        })
    });
    done.await?;
    Ok(NoContent)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WelcomeOrder {
    /// The ids of all welcomes.
    order: Vec<String>,
}

/// Puts welcomes into an order: the first that fits greets.
///
/// 调整欢迎语的匹配顺序。
///
/// Errors: `welcome_order`.
#[utoipa::path(put, path = "/wecom/welcomes/order", tag = "WeCom", request_body = WelcomeOrder, responses((status = 204)))]
async fn order(may: May<MessagesWrite>, State(app): State<App>, Body(input): Body<WelcomeOrder>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            app.reach.order_welcomes(tx, &input.order)?;
            note(app, tx, &caller, "welcome.order", "", &json!({ "order": input.order }))
        })
    });
    done.await?;
    Ok(NoContent)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WelcomeTry {
    /// Somebody known; absent: somebody nobody knows.
    #[serde(default)]
    person: Option<String>,
    /// The userid of whom they add.
    staff: String,
    /// `state` of the code they come by; empty: none.
    #[serde(default)]
    channel: String,
    /// Now when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Time>,
}

#[derive(Serialize, ToSchema)]
struct WelcomeTried {
    /// The welcome that would greet; null: none.
    welcome: Option<String>,
    name: Option<String>,
    /// Whether it is silent.
    silent: bool,
    /// What was looked at, in order. The last one greets when it fits.
    steps: Vec<WelcomeStep>,
    /// What is known of whoever comes.
    history: Vec<WelcomeHistory>,
    store: String,
    shown: Option<MessageShown>,
}
#[derive(Serialize, ToSchema)]
struct WelcomeStep {
    welcome: String,
    name: String,
    fits: bool,
    /// `fits`, `named` (by the live code), or what it fails by: `inactive`, `channel`, `staff`, `store`, `department`, `history`, `tags`, `hours`.
    because: String,
}

/// Says which welcome somebody would get, and why.
///
/// 试一试：某人从某渠道添加某员工会收到哪条欢迎语，以及原因。
///
/// Errors: `person_unknown`.
#[utoipa::path(post, path = "/wecom/welcomes/test", tag = "WeCom", request_body = WelcomeTry, responses((status = 200, body = WelcomeTried)))]
async fn try_out(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<WelcomeTry>,
) -> Answer<Json<WelcomeTried>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let person = input.person.as_deref().map(|id| reader.find(app, tx, id)).transpose()?;
            let test = TestIn {
                person: person.map(|(_, root)| root),
                staff: input.staff.clone(),
                channel: input.channel.clone(),
                at: input.at,
            };
            let tested = app.reach.test_welcomes(tx, &test, app.now())?;
            let silent = tested.rule.as_ref().is_some_and(|rule| rule.kind == siyu_reach::RuleKind::Silent);
            let steps = tested.decision.steps.into_iter().map(|step| WelcomeStep {
                welcome: step.rule,
                name: step.name,
                fits: step.fits,
                because: step.because.to_owned(),
            });
            Ok(WelcomeTried {
                steps: steps.collect(),
                history: histories(tested.facts.history),
                store: tested.facts.staff.store,
                shown: (tested.rule.is_some() && !silent).then(|| tested.composed.into()),
                silent,
                welcome: tested.rule.as_ref().map(|rule| rule.id.clone()),
                name: tested.rule.map(|rule| rule.name),
            })
        })
    });
    answer.await.map(Json)
}

/// Checks a content and fills it in with samples, as its reader would see it.
///
/// 校验内容并以示例变量预览。
///
/// Errors: `content_invalid`, `content_template`, `content_variable`.
#[utoipa::path(post, path = "/wecom/content/preview", tag = "WeCom", request_body = MessageContent, responses((status = 200, body = MessageShown)))]
async fn preview(
    _: May<PeopleRead>,
    State(app): State<App>,
    Body(input): Body<MessageContent>,
) -> Answer<Json<MessageShown>> {
    let answer = app.run(move |app| {
        let content = Content::from(input);
        content.check("content")?;
        let values = app.db.read(|tx| {
            let brand = crate::workspace::Workspace::load(tx)?.name;
            Ok(if brand.is_empty() { Values::samples() } else { Values::samples().with("brand.name", &brand) })
        })?;
        // Files are shown by the page itself.
        let media: BTreeMap<String, String> = content.files().into_iter().map(|file| (file, "-".to_owned())).collect();
        Ok(MessageShown::from(content.compose(&values, &media)?))
    });
    answer.await.map(Json)
}

#[derive(Serialize, ToSchema)]
struct MessageVariable {
    #[schema(example = "customer.name")]
    name: &'static str,
    /// In the reader's language.
    label: &'static str,
    sample: &'static str,
}

/// Lists the variables that texts may hold.
///
/// 可用变量。
#[utoipa::path(get, path = "/wecom/content/variables", tag = "WeCom", responses((status = 200, body = Items<MessageVariable>)))]
async fn variables(may: May<PeopleRead>) -> Answer<Json<Items<MessageVariable>>> {
    let zh = may.locale == siyu_access::Locale::Zh;
    let all = NAMES.iter().map(|own| MessageVariable {
        name: own.name,
        label: if zh { own.zh } else { own.en },
        sample: own.sample,
    });
    Ok(Json(Items::all(all.collect())))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WelcomeArrivalQuery {
    /// A welcome's id; `none`: those without one.
    welcome: Option<String>,
    /// `waiting`, `sent`, `skipped` or `failed`.
    outcome: Option<String>,
    reason: Option<String>,
    /// Of the last so many days (30 when absent).
    #[param(minimum = 1, maximum = 366)]
    days: Option<i64>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct WelcomeArrival {
    id: String,
    /// Only of people the reader may see; null while nobody knows yet who it is.
    person: Option<String>,
    name: String,
    staff: String,
    staff_name: String,
    store: String,
    channel: String,
    welcome: String,
    outcome: &'static str,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// From the callback to what became of it.
    took_ms: Option<i64>,
}

/// Lists customers who came and what became of their welcome, newest first. Readers limited to stores see those who came to these stores.
///
/// 新好友及其欢迎语结果，新的在前；门店范围内的账号只看到本店员工的。
///
/// Errors: `welcome_outcome`.
#[utoipa::path(get, path = "/wecom/welcomes/arrivals", tag = "WeCom", params(WelcomeArrivalQuery), responses((status = 200, body = Items<WelcomeArrival>)))]
async fn arrivals(
    may: May<PeopleRead>,
    Query(q): Query<WelcomeArrivalQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<WelcomeArrival>>> {
    let (caller, limit) = (may.caller, page.limit);
    let before = number_after(page.after.as_deref())?;
    let outcome = match q.outcome.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => Some(Outcome::parse(text).ok_or_else(wrong_outcome)?),
        None => None,
    };
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let query = OutcomeQuery {
                rule: q
                    .welcome
                    .clone()
                    .filter(|id| !id.is_empty())
                    .map(|id| if id == "none" { String::new() } else { id }),
                outcome,
                reason: q.reason.clone(),
                since: since(q.days, app.now()),
                stores: reader.stores().map(<[String]>::to_vec),
                before,
                limit: limit as i64,
            };
            let rows = app.reach.welcome_outcomes(tx, &query)?;
            let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.id.to_string());
            let mut out = Vec::with_capacity(rows.len());
            for row in rows {
                let seen = match row.num {
                    Some(num) => {
                        let root = app.people.roots(tx, &[num])?.first().copied().unwrap_or(num);
                        audience(app).visible(tx, root, &reader.scope)?.then(|| app.people.id(num))
                    }
                    None => None,
                };
                out.push(WelcomeArrival {
                    id: row.id.to_string(),
                    name: if seen.is_some() { row.name } else { String::new() },
                    person: seen,
                    staff: row.userid,
                    staff_name: row.staff_name,
                    store: row.store,
                    channel: row.channel,
                    welcome: row.rule,
                    outcome: row.outcome.name(),
                    reason: row.reason,
                    at: row.at,
                    took_ms: row.ended_at.map(|ended| (ended.0 - row.at.0).max(0) / 1_000),
                });
            }
            Ok(Items::new(out, next))
        })
    });
    answer.await.map(Json)
}

fn wrong_outcome() -> Refusal {
    Refusal::invalid(
        "welcome_outcome",
        "An outcome is waiting, sent, skipped or failed.",
        "结果为 waiting、sent、skipped 或 failed。",
    )
    .field("outcome")
}
