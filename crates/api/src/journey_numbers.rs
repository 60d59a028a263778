//! What became of the people of a journey: counts of each node, the people behind them, and the way each went.

use crate::error::Answer;
use crate::gate::{MessagesWrite, PeopleRead};
use crate::journey_shapes::JourneyNumbersOut;
use crate::journeys::numbers_of;
use crate::part::{must_see_all, own_nodes};
use crate::people_reader::{Reader, note, read, write};
use crate::{App, At, Endpoints, Items, May, NoContent, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_db::Tx;
use siyu_journeys::{PersonQuery, PersonRow, Stand};
use siyu_kernel::{PersonNum, Refusal, Time};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(numbers, people, ways, remove)
}

/// Counts a journey's people, in all and at each node of each version, from one moment. For somebody who sees a part of the customers these alone are
/// counted, each in the version they walk by now.
///
/// 旅程各节点人数；只能查看部分客户的用户只统计自己的客户。
///
/// Errors: `journey_unknown`.
#[utoipa::path(get, path = "/journeys/{id}/numbers", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = JourneyNumbersOut)))]
async fn numbers(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<JourneyNumbersOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let (_, only) = own_nodes(app, tx, &caller)?;
            let row = app.journeys.journey(tx, &id)?;
            numbers_of(app, tx, &row, only.as_deref())
        })
    });
    Ok(Json(answer.await?.into()))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct JourneyPeopleQuery {
    /// `inside`, `finished` or `exited`.
    stand: Option<String>,
    /// Of those who finished or left.
    reason: Option<String>,
    /// They are at this node, or ended there …
    node: Option<String>,
    /// … or passed it by this way, wherever they are now.
    passed: Option<String>,
    version: Option<u32>,
    /// Those who were drawn to be left alone, or all the others.
    control: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct JourneyPerson {
    id: String,
    name: String,
    /// Their how manieth time in this journey.
    entry: u32,
    version: u32,
    /// Empty for one of the control.
    node: String,
    /// Was drawn to be left alone: nothing is done, and they are watched.
    control: bool,
    /// `inside`, `finished` or `exited`.
    stand: &'static str,
    reason: String,
    /// When they came to the node.
    #[schema(value_type = String, format = DateTime)]
    since: Time,
    /// When they are looked at next.
    #[schema(value_type = Option<String>, format = DateTime)]
    due: Option<Time>,
    #[schema(value_type = String, format = DateTime)]
    entered_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Time>,
}

fn person(app: &App, tx: &mut Tx<'_>, row: PersonRow) -> Result<JourneyPerson, Refusal> {
    let root = app.people.roots(tx, &[row.num])?.first().copied().unwrap_or(row.num);
    Ok(JourneyPerson {
        id: app.people.id(row.num),
        name: app.people.profile(tx, root)?.name().unwrap_or_default(),
        entry: row.entry,
        version: row.version,
        node: row.node,
        control: row.is_control,
        stand: row.stand.name(),
        reason: row.reason,
        since: row.since,
        due: row.due,
        entered_at: row.entered_at,
        ended_at: row.ended_at,
    })
}

fn place(after: Option<&str>) -> Result<Option<(PersonNum, u32)>, Refusal> {
    let Some(after) = after else { return Ok(None) };
    let read = || Some((after.split_once('.')?.0.parse().ok()?, after.split_once('.')?.1.parse().ok()?));
    read().map(Some).ok_or_else(|| {
        let en = "This page token is not one we gave out; start from the first page.";
        Refusal::invalid("page_token", en, "分页标记无效，请从第一页重新开始。").field("after")
    })
}

/// Lists the people behind a number. A page may be short although more follow: go on as long as there is `next`.
///
/// 某节点或某结果背后的客户。
///
/// Errors: `journey_unknown`, `journey_stand`, `page_token`.
#[utoipa::path(get, path = "/journeys/{id}/people", tag = "Reach", params(("id" = String, Path), JourneyPeopleQuery), responses((status = 200, body = Items<JourneyPerson>)))]
async fn people(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<JourneyPeopleQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<JourneyPerson>>> {
    let caller = may.caller;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let stand = match given(q.stand) {
        Some(text) => Some(Stand::parse(&text).ok_or_else(|| {
            let (en, zh) = ("It is inside, finished or exited.", "stand 为 inside、finished 或 exited。");
            Refusal::invalid("journey_stand", en, zh).field("stand")
        })?),
        None => None,
    };
    let after = place(page.after.as_deref())?;
    let query = PersonQuery {
        stand,
        reason: given(q.reason),
        node: given(q.node),
        passed: given(q.passed),
        version: q.version,
        control: q.control,
        after,
        only: None,
    };
    let answer = app.run(move |app| {
        read(app, |tx| {
            let (_, only) = own_nodes(app, tx, &caller)?;
            let row = app.journeys.journey(tx, &id)?;
            let query = PersonQuery { only, ..query.clone() };
            let (rows, next) = app.journeys.people_of(tx, &row, &query, page.limit)?;
            let mut items = Vec::with_capacity(rows.len());
            for row in rows {
                items.push(person(app, tx, row)?);
            }
            Ok(Items::new(items, next.map(|(num, entry)| format!("{num}.{entry}"))))
        })
    });
    answer.await.map(Json)
}

#[derive(Serialize, ToSchema)]
struct JourneyWay {
    /// Where they are, or how it ended.
    entry: JourneyPerson,
    steps: Vec<JourneyWayStep>,
}
#[derive(Serialize, ToSchema)]
struct JourneyWayStep {
    node: String,
    /// The way they left it by; `goal` for a goal that was reached.
    way: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    reason: String,
}

/// Shows the way somebody went through a journey, each time they were in it, the newest first.
///
/// 某客户在旅程中的路径。
///
/// Errors: `journey_unknown`, `person_unknown`, `person_erased`.
#[utoipa::path(get, path = "/journeys/{id}/people/{person}", tag = "Reach", params(("id" = String, Path), ("person" = String, Path)), responses((status = 200, body = Items<JourneyWay>)))]
async fn ways(
    may: May<PeopleRead>,
    At((id, who)): At<(String, String)>,
    State(app): State<App>,
) -> Answer<Json<Items<JourneyWay>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let row = app.journeys.journey(tx, &id)?;
            let (_, root) = reader.find(app, tx, &who)?;
            let nodes = app.people.nodes(tx, root)?;
            let mut items = Vec::new();
            for (entry, steps) in app.journeys.paths(tx, &row, &nodes)? {
                let steps = steps.into_iter().map(|own| JourneyWayStep {
                    node: own.node,
                    way: own.way,
                    at: own.at,
                    reason: own.reason,
                });
                items.push(JourneyWay { steps: steps.collect(), entry: person(app, tx, entry)? });
            }
            Ok(Items::all(items))
        })
    });
    answer.await.map(Json)
}

/// Takes somebody out of a journey. What nobody has been asked for yet is taken back.
///
/// 将客户移出旅程。
///
/// Errors: `journey_unknown`, `journey_person`, `person_unknown`, `person_erased`, `scope_needed`.
#[utoipa::path(delete, path = "/journeys/{id}/people/{person}", tag = "Reach", params(("id" = String, Path), ("person" = String, Path)), responses((status = 204)))]
async fn remove(
    may: May<MessagesWrite>,
    At((id, who)): At<(String, String)>,
    State(app): State<App>,
) -> Answer<NoContent> {
    let caller = may.caller;
    app.run(move |app| {
        write(app, move |app, tx| {
            let reader: Reader = must_see_all(app, tx, &caller)?;
            let (_, root) = reader.find(app, tx, &who)?;
            if !app.journeys.remove(tx, &id, root)? {
                let (en, zh) = ("This person is not inside the journey.", "该客户不在此旅程中。");
                return Err(Refusal::not_found("journey_person", en, zh));
            }
            note(app, tx, &caller, "journey.remove", &id, &json!({ "person": who }))
        })
    })
    .await?;
    Ok(NoContent)
}
