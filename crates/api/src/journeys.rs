//! Journeys: drawn, checked, tried on the past, published, paused and ended. What becomes of people is in `journey_numbers`.

use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{MessagesWrite, PeopleRead};
use crate::journey_shapes::{JourneyNumbersOut, JourneyProblem, JourneyRowOut, problems_out};
use crate::messages::whom;
use crate::part::{must_see_all, own_nodes};
use crate::people_reader::{by, note, read, write};
use crate::people_tags::number_after;
use crate::{App, At, Body, Created, Endpoints, Items, May, Paging, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siyu_access::Locale;
use siyu_db::Tx;
use siyu_journeys::{Change, Definition, Inside, JourneyRow, Numbers};
use siyu_kernel::{PersonNum, Refusal, Time};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(
        list, create, templates, check, get, change, simulate, moves, publish, pause, resume, end, enter, versions,
        version
    )
}

/// A definition as it comes in. Errors: `journey_json`, `journey_format`.
pub(crate) fn drawn(definition: &Value) -> Result<Definition, Refusal> {
    Definition::from_text(&definition.to_string())
}
fn shown(definition: &Definition) -> Result<Value, Refusal> {
    serde_json::from_str(&definition.to_text()).map_err(Refusal::internal)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JourneyNew {
    /// Up to 100 characters.
    name: String,
    /// Of form 1; it may be unfinished.
    #[schema(value_type = Object)]
    definition: Value,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JourneyChange {
    name: String,
    #[schema(value_type = Object)]
    definition: Value,
    /// Of the journey as it was loaded.
    edits: i64,
}

#[derive(Serialize, ToSchema)]
struct JourneyOut {
    #[serde(flatten)]
    journey: JourneyRowOut,
    /// The draft.
    #[schema(value_type = Object)]
    definition: Value,
    /// What keeps the draft from being published.
    problems: Vec<JourneyProblem>,
    /// The draft is what was published last.
    published: bool,
}

/// Of all people, or of those the reader sees.
pub(crate) fn numbers_of(
    app: &App,
    tx: &mut Tx<'_>,
    row: &JourneyRow,
    only: Option<&[PersonNum]>,
) -> Result<Numbers, Refusal> {
    match only {
        None => app.journeys.numbers(tx, row),
        Some(nodes) => app.journeys.numbers_of_part(tx, row, nodes),
    }
}
fn out(app: &App, tx: &mut Tx<'_>, row: JourneyRow, zh: bool) -> Result<JourneyOut, Refusal> {
    out_of(app, tx, row, None, zh)
}
fn out_of(
    app: &App,
    tx: &mut Tx<'_>,
    row: JourneyRow,
    only: Option<&[PersonNum]>,
    zh: bool,
) -> Result<JourneyOut, Refusal> {
    let draft = app.journeys.draft(tx, &row)?;
    let problems = problems_out(app.journeys.check(tx, &draft)?, zh);
    let published = row.version > 0 && app.journeys.version(tx, &row, row.version)? == draft;
    let sums = numbers_of(app, tx, &row, only)?.sums;
    let journey = JourneyRowOut::of(row, sums, only.is_some());
    Ok(JourneyOut { definition: shown(&draft)?, problems, published, journey })
}

/// Lists journeys, the newest first, each with its people; somebody who sees a part of the customers sees theirs counted.
///
/// 旅程列表；只能查看部分客户的用户看到的是自己客户的人数。
#[utoipa::path(get, path = "/journeys", tag = "Reach", params(PagingParams), responses((status = 200, body = Items<JourneyRowOut>)))]
async fn list(may: May<PeopleRead>, page: Paging, State(app): State<App>) -> Answer<Json<Items<JourneyRowOut>>> {
    let caller = may.caller;
    let before = number_after(page.after.as_deref())?.map(|num| u32::try_from(num).unwrap_or(u32::MAX));
    let answer = app.run(move |app| {
        read(app, |tx| {
            let (_, only) = own_nodes(app, tx, &caller)?;
            let rows = app.journeys.journeys(tx, before, page.limit as i64)?;
            let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.num.to_string());
            let mut items = Vec::with_capacity(rows.len());
            for row in rows {
                let sums = numbers_of(app, tx, &row, only.as_deref())?.sums;
                items.push(JourneyRowOut::of(row, sums, only.is_some()));
            }
            Ok(Items::new(items, next))
        })
    });
    answer.await.map(Json)
}

/// Makes a draft of a journey.
///
/// 新建旅程草稿。
///
/// Errors: `journey_name`, `journey_json`, `journey_format`, `journey_size`, `journey_limit`, `scope_needed`.
#[utoipa::path(post, path = "/journeys", tag = "Reach", request_body = JourneyNew, responses((status = 201, body = JourneyOut)))]
async fn create(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<JourneyNew>,
) -> Answer<Created<JourneyOut>> {
    let caller = may.caller;
    let zh = caller.locale == Locale::Zh;
    let made = app.run(move |app| {
        write(app, move |app, tx| {
            must_see_all(app, tx, &caller)?;
            let row = app.journeys.create(tx, &input.name, &input.definition.to_string(), &by(&caller))?;
            note(app, tx, &caller, "journey.create", &row.id, &json!({ "name": row.name }))?;
            out(app, tx, row, zh)
        })
    });
    Ok(Created(made.await?))
}

#[derive(Serialize, ToSchema)]
struct JourneyTemplate {
    id: String,
    name: String,
    about: String,
    #[schema(value_type = Object)]
    definition: Value,
}

/// Lists journeys to begin with, in the reader's language. What names an audience, a tag or a text of the brand is left to be filled in.
///
/// 旅程模板：欢迎、首购、复购提醒、生日、关怀、召回、训练营、直播后跟进、高客单培育。
#[utoipa::path(get, path = "/journeys/templates", tag = "Reach", responses((status = 200, body = Items<JourneyTemplate>)))]
async fn templates(may: May<PeopleRead>) -> Answer<Json<Items<JourneyTemplate>>> {
    let zh = may.caller.locale == Locale::Zh;
    let all = crate::journey_templates::all(zh).into_iter().map(|own| JourneyTemplate {
        id: own.id.to_owned(),
        name: own.name,
        about: own.about,
        definition: own.definition,
    });
    Ok(Json(Items::all(all.collect())))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JourneyCheckIn {
    #[schema(value_type = Object)]
    definition: Value,
}
#[derive(Serialize, ToSchema)]
struct JourneyChecked {
    /// None: it can be published.
    problems: Vec<JourneyProblem>,
}

/// Says everything that keeps a definition from being published. Nothing is kept.
///
/// 检查旅程：一次列出全部问题，不保存。
///
/// Errors: `journey_json`, `journey_format`, `scope_needed`.
#[utoipa::path(post, path = "/journeys/check", tag = "Reach", request_body = JourneyCheckIn, responses((status = 200, body = JourneyChecked)))]
async fn check(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<JourneyCheckIn>,
) -> Answer<Json<JourneyChecked>> {
    let caller = may.caller;
    let zh = caller.locale == Locale::Zh;
    let problems = app.run(move |app| {
        read(app, |tx| {
            must_see_all(app, tx, &caller)?;
            app.journeys.check(tx, &drawn(&input.definition)?)
        })
    });
    Ok(Json(JourneyChecked { problems: problems_out(problems.await?, zh) }))
}

/// Shows a journey with its draft and what keeps that from being published.
///
/// 查看旅程。
///
/// Errors: `journey_unknown`.
#[utoipa::path(get, path = "/journeys/{id}", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = JourneyOut)))]
async fn get(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<JourneyOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let (_, only) = own_nodes(app, tx, &caller)?;
            let row = app.journeys.journey(tx, &id)?;
            out_of(app, tx, row, only.as_deref(), caller.locale == Locale::Zh)
        })
    });
    answer.await.map(Json)
}

/// Changes name and draft. What is published stays until the draft is published.
///
/// 修改旅程草稿。
///
/// Errors: as for making one, and `journey_unknown`, `journey_changed`, `journey_over`.
#[utoipa::path(put, path = "/journeys/{id}", tag = "Reach", params(("id" = String, Path)), request_body = JourneyChange, responses((status = 200, body = JourneyOut)))]
async fn change(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<JourneyChange>,
) -> Answer<Json<JourneyOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            must_see_all(app, tx, &caller)?;
            let row = app.journeys.edit(tx, &id, input.edits, &input.name, &input.definition.to_string())?;
            note(app, tx, &caller, "journey.change", &id, &json!({ "name": row.name }))?;
            out(app, tx, row, caller.locale == Locale::Zh)
        })
    });
    answer.await.map(Json)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JourneyTry {
    /// The draft when absent.
    #[schema(value_type = Option<Object>)]
    definition: Option<Value>,
    /// How far back, 1 to 90; 90 when absent.
    days: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct JourneyTried {
    days: i64,
    /// Of all people this share was walked: 1, or a half, a quarter … where too much happened to hold.
    share: f64,
    /// Events that meant something.
    events: u64,
    /// Messages that would have been handed to the gate …
    messages: i64,
    /// … to so many people, …
    people: i64,
    /// … the most to one of them.
    most: i64,
    /// Of these messages: not the first of this journey's for somebody on one day (WeCom lets one through).
    same_day: i64,
    /// Of these messages: on a day on which somebody was in fact sent another one.
    collisions: i64,
    /// Tasks given to staff.
    tasks: i64,
    /// Of the people walked.
    numbers: JourneyNumbersOut,
}

/// Says what a definition would have done in the last days: how many would have come in, gone which way, and been written to. Nothing is kept.
///
/// 用最近 90 天的真实行为试跑旅程，不保存、不触达。
///
/// Errors: `journey_unknown`, `journey_days`, `scope_needed`, and the first of what keeps it from being published.
#[utoipa::path(post, path = "/journeys/{id}/simulate", tag = "Reach", params(("id" = String, Path)), request_body = JourneyTry, responses((status = 200, body = JourneyTried)))]
async fn simulate(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<JourneyTry>,
) -> Answer<Json<JourneyTried>> {
    let caller = may.caller;
    let days = input.days.unwrap_or(siyu_journeys::DAYS);
    if !(1..=siyu_journeys::DAYS).contains(&days) {
        let refusal = Refusal::invalid("journey_days", "Days looked back are 1 to 90.", "回看天数须为 1 到 90。");
        return Err(refusal.field("days").into());
    }
    let answer = app.run(move |app| {
        read(app, |tx| {
            must_see_all(app, tx, &caller)?;
            let row = app.journeys.journey(tx, &id)?;
            let own = match &input.definition {
                Some(definition) => drawn(definition)?,
                None => app.journeys.draft(tx, &row)?,
            };
            let found = app.journeys.simulate(tx, &row, &own, days)?;
            let came = |kind: &str| -> i64 {
                let is_kind = |id: &str| own.node(id).is_some_and(|node| node.act.type_name() == kind);
                found.numbers.nodes.iter().filter(|((_, id), _)| is_kind(id)).map(|(_, own)| own.came).sum()
            };
            Ok(JourneyTried {
                days,
                share: found.share,
                events: found.events,
                messages: found.load.messages,
                people: found.load.people,
                most: found.load.most,
                same_day: found.load.same_day,
                collisions: found.load.collisions,
                tasks: came("task"),
                numbers: found.numbers.into(),
            })
        })
    });
    answer.await.map(Json)
}

#[derive(Serialize, ToSchema)]
struct JourneyMoves {
    /// People inside who could go on by the draft.
    can: i64,
    /// Those who would finish the version they came in by.
    cannot: i64,
    cannot_at: Vec<JourneyMovesAt>,
}
#[derive(Serialize, ToSchema)]
struct JourneyMovesAt {
    version: u32,
    node: String,
    people: i64,
}

/// Says how many of those inside could go on by the draft, were it published.
///
/// 发布前预览：当前在途客户有多少能转入新版本。
///
/// Errors: `journey_unknown`, `scope_needed`.
#[utoipa::path(get, path = "/journeys/{id}/moves", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = JourneyMoves)))]
async fn moves(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<JourneyMoves>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            must_see_all(app, tx, &caller)?;
            let row = app.journeys.journey(tx, &id)?;
            let draft = app.journeys.draft(tx, &row)?;
            app.journeys.moves(tx, &row, &draft)
        })
    });
    let own = answer.await?;
    let at = own.where_not.into_iter().map(|(version, node, people)| JourneyMovesAt { version, node, people });
    Ok(Json(JourneyMoves { can: own.can, cannot: own.cannot, cannot_at: at.collect() }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JourneyPublish {
    /// Of the journey as it was loaded.
    edits: i64,
    /// What becomes of those inside: `finish` the version they came in by (as when absent), or `move` on by this one.
    #[serde(default)]
    inside: JourneyInside,
    /// What is new, up to 200 characters.
    #[serde(default)]
    note: String,
}
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum JourneyInside {
    #[default]
    Finish,
    Move,
}

/// Publishes the draft as a new version. The first one starts the journey.
///
/// 发布旅程：首次发布即启动；再次发布可选在途客户走完旧版本或转入新版本。
///
/// Errors: `journey_unknown`, `journey_changed`, `journey_over`, `scope_needed`, and the first of what keeps it from being published.
#[utoipa::path(post, path = "/journeys/{id}/publish", tag = "Reach", params(("id" = String, Path)), request_body = JourneyPublish, responses((status = 200, body = JourneyOut)))]
async fn publish(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<JourneyPublish>,
) -> Answer<Json<JourneyOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            must_see_all(app, tx, &caller)?;
            let inside = match input.inside {
                JourneyInside::Finish => Inside::Finish,
                JourneyInside::Move => Inside::Move,
            };
            let row = app.journeys.publish(tx, &id, input.edits, inside, &input.note, &by(&caller))?;
            let detail = json!({ "name": row.name, "version": row.version, "move": inside == Inside::Move });
            note(app, tx, &caller, "journey.publish", &id, &detail)?;
            out(app, tx, row, caller.locale == Locale::Zh)
        })
    });
    answer.await.map(Json)
}

async fn changed(
    may: May<MessagesWrite>,
    id: String,
    app: App,
    change: Change,
    name: &'static str,
) -> Answer<Json<JourneyOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            must_see_all(app, tx, &caller)?;
            let row = app.journeys.change(tx, &id, change)?;
            note(app, tx, &caller, name, &id, &json!({ "name": row.name }))?;
            out(app, tx, row, caller.locale == Locale::Zh)
        })
    });
    answer.await.map(Json)
}

/// Pauses a journey: nobody takes a step; what happens to people meanwhile is taken in.
///
/// 暂停旅程：在途客户停在原地，期间的行为照常记录。
///
/// Errors: `journey_unknown`, `journey_over`, `journey_state`, `scope_needed`.
#[utoipa::path(post, path = "/journeys/{id}/pause", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = JourneyOut)))]
async fn pause(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<JourneyOut>> {
    changed(may, id, app, Change::Pause, "journey.pause").await
}

/// Lets a paused journey go on, from where everybody was.
///
/// 继续旅程：不丢人、不重发。
///
/// Errors: `journey_unknown`, `journey_over`, `journey_state`, `scope_needed`.
#[utoipa::path(post, path = "/journeys/{id}/resume", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = JourneyOut)))]
async fn resume(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<JourneyOut>> {
    changed(may, id, app, Change::Resume, "journey.resume").await
}

/// Ends a journey for good: nobody comes in any more, those inside are led out, and what nobody has been asked for yet is taken back.
///
/// 结束旅程：不可恢复。
///
/// Errors: `journey_unknown`, `journey_over`, `scope_needed`.
#[utoipa::path(post, path = "/journeys/{id}/end", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = JourneyOut)))]
async fn end(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<JourneyOut>> {
    changed(may, id, app, Change::End, "journey.end").await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JourneyEnter {
    /// An audience's id: whoever is in it now …
    #[serde(default)]
    audience: Option<String>,
    /// … or these: up to 20,000 ids of people.
    #[serde(default)]
    people: Vec<String>,
}
#[derive(Serialize, ToSchema)]
struct JourneyEntering {
    /// People who are to come in. Those who may not (they are inside, or were not long ago) are passed over.
    people: usize,
}

/// Lets people in by hand: those of an audience, or those named.
///
/// 手动让客户进入旅程（人群包或指定客户）。
///
/// Errors: `journey_unknown`, `journey_state`, `audience_unknown`, `person_unknown`, `message_ids`, `scope_needed`.
#[utoipa::path(post, path = "/journeys/{id}/enter", tag = "Reach", params(("id" = String, Path)), request_body = JourneyEnter, responses((status = 200, body = JourneyEntering)))]
async fn enter(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<JourneyEnter>,
) -> Answer<Json<JourneyEntering>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        // Whom it means is worked out before the unit, which holds up everybody who writes.
        let people = read(app, |tx| {
            must_see_all(app, tx, &caller)?;
            whom(app, tx, &caller, input.audience.as_deref(), &input.people)
        })?;
        let many = people.len();
        write(app, move |app, tx| {
            app.journeys.let_in(tx, &id, &people)?;
            note(app, tx, &caller, "journey.enter", &id, &json!({ "people": many }))?;
            Ok(JourneyEntering { people: many })
        })
    });
    answer.await.map(Json)
}

#[derive(Serialize, ToSchema)]
struct JourneyVersionRow {
    version: u32,
    note: String,
    #[schema(value_type = String, format = DateTime)]
    published_at: Time,
    published_by: String,
    /// People inside who walk by it.
    inside: i64,
}

/// Lists what was published, the newest first.
///
/// 旅程的历史版本。
///
/// Errors: `journey_unknown`.
#[utoipa::path(get, path = "/journeys/{id}/versions", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = Items<JourneyVersionRow>)))]
async fn versions(
    may: May<PeopleRead>,
    At(id): At<String>,
    State(app): State<App>,
) -> Answer<Json<Items<JourneyVersionRow>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let (_, only) = own_nodes(app, tx, &caller)?;
            let row = app.journeys.journey(tx, &id)?;
            let mut all = app.journeys.versions(tx, &row)?;
            if let Some(nodes) = &only {
                let inside = app.journeys.inside_of_part(tx, &row, nodes)?;
                all.iter_mut().for_each(|own| own.inside = inside.get(&own.version).copied().unwrap_or(0));
            }
            Ok(all)
        })
    });
    let rows = answer.await?.into_iter().map(|own| JourneyVersionRow {
        version: own.version,
        note: own.note,
        published_at: own.published_at,
        published_by: own.published_by,
        inside: own.inside,
    });
    Ok(Json(Items::all(rows.collect())))
}

#[derive(Serialize, ToSchema)]
struct JourneyVersionOut {
    version: u32,
    #[schema(value_type = Object)]
    definition: Value,
}

/// Shows a version that was published.
///
/// 查看旅程的某个版本。
///
/// Errors: `journey_unknown`, `journey_version_unknown`.
#[utoipa::path(get, path = "/journeys/{id}/versions/{version}", tag = "Reach", params(("id" = String, Path), ("version" = u32, Path)), responses((status = 200, body = JourneyVersionOut)))]
async fn version(
    may: May<PeopleRead>,
    At((id, version)): At<(String, u32)>,
    State(app): State<App>,
) -> Answer<Json<JourneyVersionOut>> {
    let _ = may;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let row = app.journeys.journey(tx, &id)?;
            shown(&app.journeys.version(tx, &row, version)?)
        })
    });
    Ok(Json(JourneyVersionOut { version, definition: answer.await? }))
}
