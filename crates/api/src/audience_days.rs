//! Who is in an audience, now and on any day, and how that changed.

use crate::audiences::wrong_page;
use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::PeopleRead;
use crate::people_out::{PersonRow, rows};
use crate::people_reader::{Reader, read};
use crate::{App, At, Endpoints, May, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use siyu_audience::{Audience, Ctx};
use siyu_db::Tx;
use siyu_insight::{parse_day, show_day};
use siyu_kernel::Refusal;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(people, history, difference)
}

/// Days of a history whose beginning is not said.
const HISTORY_DAYS: i32 = 30;

#[derive(Serialize, ToSchema)]
struct AudiencePeople {
    items: Vec<PersonRow>,
    /// Give it back as `after` to get the following page; null at the end.
    next: Option<String>,
    total: u64,
}

#[derive(Serialize, ToSchema)]
struct AudienceHistory {
    /// Each day since the audience was made, oldest first.
    items: Vec<AudienceOnDay>,
}

#[derive(Serialize, ToSchema)]
struct AudienceOnDay {
    #[schema(format = Date)]
    day: String,
    /// At its end.
    people: u64,
    /// How often somebody came. Readers limited to stores count who was not there the day before.
    entered: u64,
    left: u64,
}

#[derive(Serialize, ToSchema)]
struct AudienceDifference {
    entered: u64,
    left: u64,
    stayed: u64,
    /// With `side`: the people of that side, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<PersonRow>>,
    next: Option<String>,
    /// How many people the side has.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AudienceDayQuery {
    /// As it was at the end of this day; now when absent.
    #[param(value_type = Option<String>, format = Date)]
    day: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AudienceSpanQuery {
    /// 30 days back when absent.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<String>,
    /// Today when absent.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AudienceDaysQuery {
    /// The end of this day is compared …
    #[param(value_type = String, format = Date)]
    from: String,
    /// … with that of this one.
    #[param(value_type = String, format = Date)]
    to: String,
    /// entered, left or stayed: gives the people of it.
    side: Option<String>,
}

/// Errors: `day_invalid`.
pub(crate) fn day(text: &str, field: &str) -> Result<i32, Refusal> {
    parse_day(text).ok_or_else(|| {
        Refusal::invalid("day_invalid", "A day is written as 2026-03-31.", "日期格式为 2026-03-31。").field(field)
    })
}

/// Both ends, with what they are when nothing is said.
fn span(query: &AudienceSpanQuery, ctx: &Ctx) -> Result<(i32, i32), Refusal> {
    let to = query.to.as_deref().map_or(Ok(ctx.zone.day(ctx.now)), |text| day(text, "to"))?;
    let from = query.from.as_deref().map_or(Ok(to - HISTORY_DAYS + 1), |text| day(text, "from"))?;
    Ok((from, to))
}

fn page(
    app: &App,
    tx: &mut Tx<'_>,
    reader: &Reader,
    people: &RoaringBitmap,
    page: &Paging,
) -> Result<AudiencePeople, Refusal> {
    let found = Audience::page_of(people, page.after.as_deref(), page.limit).map_err(|_| wrong_page())?;
    Ok(AudiencePeople { items: rows(app, tx, reader, &found.people)?, next: found.next, total: found.total })
}

/// Lists the people of an audience, now or at the end of a day, newest first.
///
/// 查看人群包中的客户，可指定过去某一天。
///
/// People of a past day who were merged since are shown as who they are now; those erased since are left out. Errors: `audience_unknown`,
/// `audience_day` before it was made, `day_invalid`, `page_token`.
#[utoipa::path(get, path = "/audiences/{id}/people", tag = "Audiences", params(("id" = String, Path), AudienceDayQuery, PagingParams), responses((status = 200, body = AudiencePeople)))]
async fn people(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(query): Query<AudienceDayQuery>,
    paging: Paging,
    State(app): State<App>,
) -> Answer<Json<AudiencePeople>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let on = query.day.as_deref().map(|text| day(text, "day")).transpose()?;
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let own = app.audience.stored(tx, &id)?;
            let people = app.audience.people_of(tx, &own, on, &reader.scope, &reader.ctx)?;
            page(app, tx, &reader, &people, &paging)
        })
    });
    answer.await.map(Json)
}

/// Shows how many people an audience had on each day, and how many came and went.
///
/// 人群包每天的人数与进出。
///
/// Errors: `audience_unknown`, `audience_span`, `day_invalid`.
#[utoipa::path(get, path = "/audiences/{id}/history", tag = "Audiences", params(("id" = String, Path), AudienceSpanQuery), responses((status = 200, body = AudienceHistory)))]
async fn history(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(query): Query<AudienceSpanQuery>,
    State(app): State<App>,
) -> Answer<Json<AudienceHistory>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let span = span(&query, &reader.ctx)?;
            let own = app.audience.stored(tx, &id)?;
            let days = app.audience.history_within(tx, &own, span, &reader.scope, &reader.ctx)?;
            let items = days.into_iter().map(|own| AudienceOnDay {
                day: show_day(own.day),
                people: own.people,
                entered: own.entered,
                left: own.left,
            });
            Ok(AudienceHistory { items: items.collect() })
        })
    });
    answer.await.map(Json)
}

/// Compares an audience at the ends of two days.
///
/// 比较人群包在两天结束时的差异：进入、离开与留存的客户。
///
/// Errors: `audience_unknown`, `audience_day`, `audience_side`, `day_invalid`, `page_token`.
#[utoipa::path(get, path = "/audiences/{id}/difference", tag = "Audiences", params(("id" = String, Path), AudienceDaysQuery, PagingParams), responses((status = 200, body = AudienceDifference)))]
async fn difference(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(query): Query<AudienceDaysQuery>,
    paging: Paging,
    State(app): State<App>,
) -> Answer<Json<AudienceDifference>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let (from, to) = (day(&query.from, "from")?, day(&query.to, "to")?);
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let own = app.audience.stored(tx, &id)?;
            let found = app.audience.difference(tx, &own, (from, to), &reader.scope, &reader.ctx)?;
            let side = match query.side.as_deref() {
                None => None,
                Some("entered") => Some(&found.entered),
                Some("left") => Some(&found.left),
                Some("stayed") => Some(&found.stayed),
                Some(_) => return Err(wrong_side()),
            };
            let mut out = AudienceDifference {
                entered: found.entered.len(),
                left: found.left.len(),
                stayed: found.stayed.len(),
                items: None,
                next: None,
                total: None,
            };
            if let Some(side) = side {
                let found = page(app, tx, &reader, side, &paging)?;
                (out.items, out.next, out.total) = (Some(found.items), found.next, Some(found.total));
            }
            Ok(out)
        })
    });
    answer.await.map(Json)
}

fn wrong_side() -> Refusal {
    let en = "A side is entered, left or stayed.";
    Refusal::invalid("audience_side", en, "side 为 entered、left 或 stayed。").field("side")
}
